//! Expressions over internet sockets in the words of `ss`, and the programs that the kernel runs for them.
//!
//! [`SocketExpression::parse`] reads the text, [`bytecode`](SocketExpression::bytecode) is what
//! [`InetSocketFilter::bytecode`](super::InetSocketFilter) takes, [`matches`](SocketExpression::matches) asks the same of a
//! socket that is here already. Written out, an expression is text that reads as the same expression.

use std::fmt;
use std::net::IpAddr;

use super::super::LinkNames;
use super::InetSocket;

/// What is asked of a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SocketExpression {
    /// Both.
    And(Box<Self>, Box<Self>),
    /// At least one.
    Or(Box<Self>, Box<Self>),
    /// The contrary.
    Not(Box<Self>),
    /// The address of an end begins with the first `prefixlen` bits of `address`; IPv4 within IPv6 counts as IPv4.
    Address {
        /// Which end.
        end: SocketEnd,
        /// The address.
        address: IpAddr,
        /// How many bits of it count.
        prefixlen: u8,
    },
    /// The port of an end is this one.
    Port(SocketEnd, u16),
    /// The port of an end is at least this one.
    PortAtLeast(SocketEnd, u16),
    /// The port of an end is at most this one.
    PortAtMost(SocketEnd, u16),
    /// The socket is bound to the link with this index.
    Device(u32),
    /// The firewall mark has this value under a mask; the kernel asks for `CAP_NET_ADMIN`.
    Mark {
        /// The value.
        mark: u32,
        /// The bits that count.
        mask: u32,
    },
    /// The socket belongs to the control group with this number.
    Cgroup(u64),
    /// The program did not choose the port.
    Autobound,
}

/// An end of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SocketEnd {
    /// This one.
    Source,
    /// The other one.
    Destination,
}

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SocketExpressionError {
    /// Where in the text, in octets from its beginning.
    pub position: usize,
    /// What is wrong there.
    pub problem: String,
}

impl fmt::Display for SocketExpressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "read socket expression: at octet {}: {}", self.position, self.problem)
    }
}

impl std::error::Error for SocketExpressionError {}

impl SocketExpression {
    /// Reads an expression. `and` and `or` bind alike, from left to right, as in `ss`; no word between two terms is `and`.
    ///
    /// `service` gives the port of a service's name. Names of hosts are refused: nothing is looked up in the network.
    ///
    /// # Errors
    /// When the text is no expression, with the place.
    pub fn parse(
        text: &str,
        links: &LinkNames,
        service: &dyn Fn(&str) -> Option<u16>,
    ) -> Result<Self, SocketExpressionError> {
        let mut reader = Reader { words: words(text), place: 0, end: text.len(), depth: 0, links, service };
        let expression = reader.list()?;
        match reader.peek() {
            None => Ok(expression),
            Some(word) => Err(reader.fault(format!("{word:?} closes nothing"))),
        }
    }

    /// Whether the socket is asked for, or `None` when that hangs on what the kernel did not tell.
    #[must_use]
    pub fn matches(&self, socket: &InetSocket) -> Option<bool> {
        let port = |end: SocketEnd| match end {
            SocketEnd::Source => socket.source_port,
            SocketEnd::Destination => socket.destination_port,
        };
        Some(match self {
            Self::And(left, right) => match (left.matches(socket), right.matches(socket)) {
                (Some(false), _) | (_, Some(false)) => false,
                (left, right) => return left.and(right),
            },
            Self::Or(left, right) => match (left.matches(socket), right.matches(socket)) {
                (Some(true), _) | (_, Some(true)) => true,
                (left, right) => return left.and(right),
            },
            Self::Not(inner) => !inner.matches(socket)?,
            Self::Address { end: SocketEnd::Source, address, prefixlen } => within(socket.source, *address, *prefixlen),
            Self::Address { address, prefixlen, .. } => within(socket.destination, *address, *prefixlen),
            Self::Port(end, wanted) => port(*end) == *wanted,
            Self::PortAtLeast(end, least) => port(*end) >= *least,
            Self::PortAtMost(end, most) => port(*end) <= *most,
            Self::Device(index) => socket.ifindex == *index,
            Self::Mark { mark, mask } => socket.mark? & mask == *mark,
            Self::Cgroup(number) => socket.cgroup_id? == *number,
            Self::Autobound => return None,
        })
    }

    /// The program for the kernel; `None` when it is longer than the kernel's jumps, 65,535 octets.
    #[must_use]
    pub fn bytecode(&self) -> Option<Vec<u8>> {
        let (mut code, mut fails) = (Vec::new(), Vec::new());
        self.emit(&mut code, &mut fails)?;
        // Past the end by one operation is how a program says no.
        let refused = code.len() + OPERATION;
        patch(&mut code, &fails, refused)?;
        Some(code)
    }

    /// Falls through when true; the places in `fails` are to jump elsewhere when false.
    fn emit(&self, code: &mut Vec<u8>, fails: &mut Vec<usize>) -> Option<()> {
        match self {
            Self::And(left, right) => {
                left.emit(code, fails)?;
                right.emit(code, fails)?;
            }
            Self::Or(left, right) => {
                let (mut otherwise, mut done) = (Vec::new(), Vec::new());
                left.emit(code, &mut otherwise)?;
                operation(code, &mut done, BC_JMP, &[]);
                let here = code.len();
                patch(code, &otherwise, here)?;
                right.emit(code, fails)?;
                let here = code.len();
                patch(code, &done, here)?;
            }
            Self::Not(inner) => {
                let mut otherwise = Vec::new();
                inner.emit(code, &mut otherwise)?;
                operation(code, fails, BC_JMP, &[]);
                let here = code.len();
                patch(code, &otherwise, here)?;
            }
            leaf => leaf.emit_condition(code, fails),
        }
        Some(())
    }

    fn emit_condition(&self, code: &mut Vec<u8>, fails: &mut Vec<usize>) {
        let by_end = |end: SocketEnd, source: u8, destination: u8| match end {
            SocketEnd::Source => source,
            SocketEnd::Destination => destination,
        };
        // The port stands where the next operation has its jump.
        let ordered = |port: u16| [&[0, 0], &port.to_ne_bytes()[..]].concat();
        match self {
            Self::Address { end, address, prefixlen } => {
                let (family, octets) = match address {
                    IpAddr::V4(address) => (libc::AF_INET as u8, address.octets().to_vec()),
                    IpAddr::V6(address) => (libc::AF_INET6 as u8, address.octets().to_vec()),
                };
                let condition = [&[family, *prefixlen, 0, 0][..], &ANY_PORT.to_ne_bytes(), &octets].concat();
                operation(code, fails, by_end(*end, BC_S_COND, BC_D_COND), &condition);
            }
            Self::Port(end, port) => {
                let condition = [[0; 4], i32::from(*port).to_ne_bytes()].concat();
                operation(code, fails, by_end(*end, BC_S_COND, BC_D_COND), &condition);
            }
            Self::PortAtLeast(end, port) => operation(code, fails, by_end(*end, BC_S_GE, BC_D_GE), &ordered(*port)),
            Self::PortAtMost(end, port) => operation(code, fails, by_end(*end, BC_S_LE, BC_D_LE), &ordered(*port)),
            Self::Device(index) => operation(code, fails, BC_DEV_COND, &index.to_ne_bytes()),
            Self::Mark { mark, mask } => {
                operation(code, fails, BC_MARK_COND, &[mark.to_ne_bytes(), mask.to_ne_bytes()].concat());
            }
            Self::Cgroup(number) => operation(code, fails, BC_CGROUP_COND, &number.to_ne_bytes()),
            _ => operation(code, fails, BC_AUTO, &[]),
        }
    }
}

impl fmt::Display for SocketExpression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(left, right) => write!(f, "( {left} and {right} )"),
            Self::Or(left, right) => write!(f, "( {left} or {right} )"),
            Self::Not(inner) => write!(f, "not {inner}"),
            Self::Address { end, address, prefixlen } => write!(f, "{} {address}/{prefixlen}", end.word()),
            Self::Port(end, port) => write!(f, "{} = :{port}", end.port_word()),
            Self::PortAtLeast(end, port) => write!(f, "{} >= :{port}", end.port_word()),
            Self::PortAtMost(end, port) => write!(f, "{} <= :{port}", end.port_word()),
            Self::Device(index) => write!(f, "dev = {index}"),
            Self::Mark { mark, mask } => write!(f, "fwmark = {mark:#x}/{mask:#x}"),
            Self::Cgroup(number) => write!(f, "cgroup = {number}"),
            Self::Autobound => f.write_str("autobound"),
        }
    }
}

impl SocketEnd {
    fn word(self) -> &'static str {
        if self == Self::Source { "src" } else { "dst" }
    }

    fn port_word(self) -> &'static str {
        if self == Self::Source { "sport" } else { "dport" }
    }
}

struct Reader<'t> {
    words: Vec<(usize, &'t str)>,
    place: usize,
    end: usize,
    depth: u32,
    links: &'t LinkNames,
    service: &'t dyn Fn(&str) -> Option<u16>,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<&'t str> {
        self.words.get(self.place).map(|(_, word)| *word)
    }

    fn next(&mut self) -> Result<&'t str, SocketExpressionError> {
        let word = self.peek().ok_or_else(|| self.fault("something is missing".to_owned()))?;
        self.place += 1;
        Ok(word)
    }

    fn skip(&mut self, words: &[&str]) -> bool {
        let found = self.peek().is_some_and(|word| words.contains(&word));
        self.place += usize::from(found);
        found
    }

    /// At the word that comes next.
    fn fault(&self, problem: String) -> SocketExpressionError {
        let position = self.words.get(self.place).map_or(self.end, |(position, _)| *position);
        SocketExpressionError { position, problem }
    }

    /// At the word that was read last.
    fn wrong(&self, problem: String) -> SocketExpressionError {
        let position = self.words.get(self.place.saturating_sub(1)).map_or(self.end, |(position, _)| *position);
        SocketExpressionError { position, problem }
    }

    fn list(&mut self) -> Result<SocketExpression, SocketExpressionError> {
        let mut left = self.term()?;
        while self.peek().is_some_and(|word| word != ")") {
            let or = self.skip(&["or", "|", "||"]);
            if !or {
                self.skip(&["and", "&", "&&"]);
            }
            // A chain is as deep as it is long.
            self.deepen()?;
            let (before, after) = (Box::new(left), Box::new(self.term()?));
            left = if or { SocketExpression::Or(before, after) } else { SocketExpression::And(before, after) };
        }
        Ok(left)
    }

    fn deepen(&mut self) -> Result<(), SocketExpressionError> {
        self.depth += 1;
        if self.depth > MOST_PARTS { Err(self.fault("the expression has too many parts".to_owned())) } else { Ok(()) }
    }

    fn term(&mut self) -> Result<SocketExpression, SocketExpressionError> {
        self.deepen()?;
        match self.next()? {
            "(" => {
                let inner = self.list()?;
                if self.skip(&[")"]) { Ok(inner) } else { Err(self.fault("a parenthesis is not closed".to_owned())) }
            }
            "!" | "not" => Ok(negated(self.term()?)),
            "autobound" => Ok(SocketExpression::Autobound),
            word => self.condition(word),
        }
    }

    fn condition(&mut self, word: &str) -> Result<SocketExpression, SocketExpressionError> {
        if !["src", "dst", "sport", "dport", "dev", "fwmark", "cgroup"].contains(&word) {
            return Err(self.wrong(format!("{word:?} is no condition")));
        }
        let comparison = self.peek().and_then(comparison);
        self.place += usize::from(comparison.is_some());
        let comparison = comparison.unwrap_or("=");
        if comparison != "=" && !(word.ends_with("port") || comparison == "!=") {
            return Err(self.wrong(format!("{word} has no order")));
        }
        let end = if word.starts_with('s') { SocketEnd::Source } else { SocketEnd::Destination };
        let value = self.next()?;
        let equal = match word {
            "sport" | "dport" => return self.port(end, comparison, value),
            "src" | "dst" => self.host(end, value)?,
            "dev" => {
                let index = self.links.index(value.as_bytes()).or_else(|| value.parse().ok());
                SocketExpression::Device(index.ok_or_else(|| self.wrong(format!("there is no link {value:?}")))?)
            }
            "fwmark" => mark(value).ok_or_else(|| self.wrong(format!("{value:?} is no mark")))?,
            _ => SocketExpression::Cgroup(
                cgroup(value).ok_or_else(|| self.wrong(format!("there is no control group {value:?}")))?,
            ),
        };
        Ok(if comparison == "!=" { negated(equal) } else { equal })
    }

    fn port(&self, end: SocketEnd, comparison: &str, value: &str) -> Result<SocketExpression, SocketExpressionError> {
        let port = self.port_number(value.strip_prefix(':').unwrap_or(value))?;
        Ok(match comparison {
            ">=" => SocketExpression::PortAtLeast(end, port),
            "<=" => SocketExpression::PortAtMost(end, port),
            ">" => negated(SocketExpression::PortAtMost(end, port)),
            "<" => negated(SocketExpression::PortAtLeast(end, port)),
            "!=" => negated(SocketExpression::Port(end, port)),
            _ => SocketExpression::Port(end, port),
        })
    }

    fn port_number(&self, text: &str) -> Result<u16, SocketExpressionError> {
        let port = text.parse().ok().or_else(|| (self.service)(text));
        port.ok_or_else(|| self.wrong(format!("{text:?} is neither a port nor a service")))
    }

    /// `10.0.0.0/8`, `10.0.0.1:22`, `[::1]:22`, `::1`, `:22`.
    fn host(&self, end: SocketEnd, text: &str) -> Result<SocketExpression, SocketExpressionError> {
        let (address, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((address, rest)) => match rest.rsplit_once(':') {
                Some((length, port)) => (format!("{address}{length}"), port),
                None => (format!("{address}{rest}"), ""),
            },
            None if text.matches(':').count() == 1 => {
                let (address, port) = text.split_once(':').unwrap_or((text, ""));
                (address.to_owned(), port)
            }
            None => (text.to_owned(), ""),
        };
        let port = match port {
            "" | "*" => None,
            port => Some(SocketExpression::Port(end, self.port_number(port)?)),
        };
        let address = match address.as_str() {
            "" | "*" => None,
            address => Some(self.address(end, address)?),
        };
        match (address, port) {
            (Some(address), Some(port)) => Ok(SocketExpression::And(Box::new(address), Box::new(port))),
            (Some(only), None) | (None, Some(only)) => Ok(only),
            (None, None) => Err(self.wrong(format!("{text:?} asks for nothing"))),
        }
    }

    fn address(&self, end: SocketEnd, text: &str) -> Result<SocketExpression, SocketExpressionError> {
        let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
        let Ok(address) = address.parse::<IpAddr>() else {
            return Err(self.wrong(format!("{address:?} is no address; names of hosts are not looked up")));
        };
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefixlen = length.map_or(Some(most), |length| length.parse().ok().filter(|length| *length <= most));
        let prefixlen = prefixlen.ok_or_else(|| self.wrong(format!("a prefix has at most {most} bits")))?;
        Ok(SocketExpression::Address { end, address, prefixlen })
    }
}

/// Words and where they begin; parentheses are words wherever they stand.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut begin = None;
    let ends = text.char_indices().chain([(text.len(), ' ')]);
    for (place, letter) in ends {
        let alone = matches!(letter, '(' | ')');
        if alone || letter.is_whitespace() {
            let word = begin.take().and_then(|begin| Some((begin, text.get(begin..place)?)));
            words.extend(word);
            words.extend(text.get(place..place + 1).filter(|_| alone).map(|word| (place, word)));
        } else {
            begin = begin.or(Some(place));
        }
    }
    words
}

fn comparison(word: &str) -> Option<&'static str> {
    Some(match word {
        "=" | "==" | "eq" => "=",
        "!=" | "ne" | "neq" => "!=",
        ">=" | "ge" | "geq" => ">=",
        "<=" | "le" | "leq" => "<=",
        ">" | "gt" => ">",
        "<" | "lt" => "<",
        _ => return None,
    })
}

fn negated(expression: SocketExpression) -> SocketExpression {
    SocketExpression::Not(Box::new(expression))
}

fn mark(text: &str) -> Option<SocketExpression> {
    let number = |text: &str| match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    };
    let (mark, mask) = text.split_once('/').map_or((text, None), |(mark, mask)| (mark, Some(mask)));
    Some(SocketExpression::Mark { mark: number(mark)?, mask: mask.map_or(Some(u32::MAX), number)? })
}

/// A number, or a path below the mounted hierarchy.
fn cgroup(text: &str) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    let inode = || Some(std::fs::metadata(format!("/sys/fs/cgroup/{text}")).ok()?.ino());
    text.parse().ok().or_else(inode)
}

/// As the kernel compares: an IPv4 prefix also meets IPv4 within IPv6.
fn within(own: IpAddr, address: IpAddr, prefixlen: u8) -> bool {
    let same = |own: u128, other: u128, bits: u32| {
        let away = bits.saturating_sub(prefixlen.into());
        own.checked_shr(away).unwrap_or_default() == other.checked_shr(away).unwrap_or_default()
    };
    match (own, address) {
        (IpAddr::V4(own), IpAddr::V4(address)) => same(own.to_bits().into(), address.to_bits().into(), 32),
        (IpAddr::V6(own), IpAddr::V6(address)) => same(own.to_bits(), address.to_bits(), 128),
        (IpAddr::V6(own), IpAddr::V4(_)) => {
            own.to_ipv4_mapped().is_some_and(|own| within(own.into(), address, prefixlen))
        }
        (IpAddr::V4(_), IpAddr::V6(_)) => false,
    }
}

/// `struct inet_diag_bc_op` and what belongs to it; where to go when it is false is filled in later.
fn operation(code: &mut Vec<u8>, fails: &mut Vec<usize>, number: u8, condition: &[u8]) {
    fails.push(code.len());
    // At most 28 octets.
    code.extend([number, (OPERATION + condition.len()) as u8, 0, 0]);
    code.extend(condition);
}

fn patch(code: &mut [u8], places: &[usize], target: usize) -> Option<()> {
    for place in places {
        let away = u16::try_from(target - place).ok()?;
        code.get_mut(place + 2..place + OPERATION)?.copy_from_slice(&away.to_ne_bytes());
    }
    Some(())
}

const OPERATION: usize = 4;
const ANY_PORT: i32 = -1;
const MOST_PARTS: u32 = 1000;

// linux/inet_diag.h
const BC_JMP: u8 = 1;
const BC_S_GE: u8 = 2;
const BC_S_LE: u8 = 3;
const BC_D_GE: u8 = 4;
const BC_D_LE: u8 = 5;
const BC_AUTO: u8 = 6;
const BC_S_COND: u8 = 7;
const BC_D_COND: u8 = 8;
const BC_DEV_COND: u8 = 9;
const BC_MARK_COND: u8 = 10;
const BC_CGROUP_COND: u8 = 13;
