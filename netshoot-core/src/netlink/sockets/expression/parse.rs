//! Reads expressions in the words of `ss`.

use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use super::super::super::ByteString;
use super::super::super::iproute2::{frame_number, inet_address, inet_number as number, netlink_number, prefix_length};
use super::super::super::pattern;
use super::words::{Word, words};
use super::{SocketEnd, SocketExpression, SocketFamily, SocketNames};

/// Why a text is no filter of sockets.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SocketExpressionError {
    /// Where in the text, in octets from its beginning.
    pub position: usize,
    /// The word there, or its beginning; empty at the end of the text.
    pub word: String,
    /// What is wrong with it.
    pub problem: String,
}

impl SocketExpressionError {
    pub(super) fn problem_at(&self) -> String {
        let Self { position, word, problem } = self;
        if word.is_empty() {
            format!("at its end: {problem}")
        } else {
            format!("at octet {position}: \"{}\" {problem}", ByteString::from(word.as_str()).shortened())
        }
    }
}

impl fmt::Display for SocketExpressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "read socket filter: {}", self.problem_at())
    }
}

impl std::error::Error for SocketExpressionError {}

type Read<T> = Result<T, SocketExpressionError>;

pub(super) struct Reader<'t> {
    words: Vec<Word<'t>>,
    place: usize,
    length: usize,
    depth: usize,
    /// Between `and` and `or` without parentheses, each of which makes the tree deeper.
    changes: usize,
    conditions: usize,
    names: &'t SocketNames<'t>,
    /// The last family that a word named: the only one that is wanted.
    named: Option<SocketFamily>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str, names: &'t SocketNames<'t>) -> Read<Self> {
        let problem = format!("the text is longer than {LONGEST} octets");
        if text.len() > LONGEST {
            return Err(SocketExpressionError { position: LONGEST, word: String::new(), problem });
        }
        let words = words(text);
        Ok(Self { words, place: 0, length: text.len(), depth: 0, changes: 0, conditions: 0, names, named: None })
    }

    /// What is left; `None` when that is nothing.
    pub(super) fn all(mut self) -> Read<Option<SocketExpression>> {
        if self.peek().is_none() {
            return Ok(None);
        }
        let expression = self.list()?;
        if self.peek().is_some() {
            return Err(self.fault("closes nothing"));
        }
        Ok(Some(match self.named {
            Some(family) if expression.family() != Some(family) => {
                SocketExpression::And(Box::new(expression), Box::new(SocketExpression::Family(family)))
            }
            _ => expression,
        }))
    }

    pub(super) fn peek(&self) -> Option<&str> {
        self.words.get(self.place).map(|word| word.plain.as_ref())
    }

    pub(super) fn next(&mut self) -> Read<Cow<'t, str>> {
        let word = self.words.get(self.place).ok_or_else(|| self.fault("something is missing"))?.plain.clone();
        self.place += 1;
        Ok(word)
    }

    fn skip(&mut self, words: &[&str]) -> bool {
        let found = self.peek().is_some_and(|word| words.contains(&word));
        self.place += usize::from(found);
        found
    }

    /// At the word that comes next.
    fn fault(&self, problem: impl Into<String>) -> SocketExpressionError {
        self.fault_at(self.place, problem.into())
    }

    /// At the word that was read last.
    pub(super) fn wrong(&self, problem: impl Into<String>) -> SocketExpressionError {
        self.fault_at(self.place.saturating_sub(1), problem.into())
    }

    fn fault_at(&self, place: usize, problem: String) -> SocketExpressionError {
        let (position, word) = self.words.get(place).map_or((self.length, ""), |word| (word.begin, &word.plain));
        SocketExpressionError { position, word: word.chars().take(SHOWN).collect(), problem }
    }

    /// Terms from left to right: each run of one operator is a tree as flat as can be.
    fn list(&mut self) -> Read<SocketExpression> {
        let mut run = vec![self.term()?];
        let mut is_or = false;
        while self.peek().is_some_and(|word| word != ")") {
            let or = self.skip(&["or", "|", "||"]);
            if !or {
                self.skip(&["and", "&", "&&"]);
            }
            if or != is_or && run.len() > 1 {
                run = vec![tree(run, is_or)];
                self.changes += 1;
                if self.changes > DEEPEST {
                    return Err(self.wrong("changes between and and or too often; parentheses help"));
                }
            }
            is_or = or;
            run.push(self.term()?);
        }
        Ok(tree(run, is_or))
    }

    fn deepen(&mut self) -> Read<()> {
        self.depth += 1;
        if self.depth > DEEPEST { Err(self.wrong("is nested too deep")) } else { Ok(()) }
    }

    fn term(&mut self) -> Read<SocketExpression> {
        let word = self.next()?;
        match word.as_ref() {
            "(" => {
                self.deepen()?;
                let inner = self.list()?;
                self.depth -= 1;
                if self.skip(&[")"]) { Ok(inner) } else { Err(self.fault("a parenthesis is not closed")) }
            }
            "!" | "not" => {
                self.deepen()?;
                let inner = self.term()?;
                self.depth -= 1;
                Ok(negated(inner))
            }
            _ => {
                self.conditions += 1;
                if self.conditions > MOST_CONDITIONS {
                    return Err(self.wrong(format!("is one condition too many: there may be {MOST_CONDITIONS}")));
                }
                self.condition(&word)
            }
        }
    }

    fn condition(&mut self, word: &str) -> Read<SocketExpression> {
        if word == "autobound" {
            return Ok(SocketExpression::Autobound(self.names.ephemeral()));
        }
        if ["state", "exclude", "excl"].contains(&word) {
            return Err(self.wrong("stands before any expression"));
        }
        if !["src", "dst", "sport", "dport", "dev", "fwmark", "cgroup"].contains(&word) {
            return Err(self.wrong("is no condition; words are divided by spaces"));
        }
        let comparison = self.peek().and_then(comparison);
        self.place += usize::from(comparison.is_some());
        let comparison = comparison.unwrap_or("=");
        let refused = match word {
            "sport" | "dport" => false,
            "src" | "dst" => comparison != "=",
            _ => !matches!(comparison, "=" | "!="),
        };
        if refused {
            return Err(self.wrong(format!("does not go with {word}")));
        }
        let end = if word.starts_with('s') { SocketEnd::Source } else { SocketEnd::Destination };
        let value = self.next()?;
        let equal = match word {
            "sport" | "dport" => return self.port(end, comparison, &value),
            "src" | "dst" => self.host(end, &value)?,
            "dev" => SocketExpression::Device(self.device(&value).ok_or_else(|| self.wrong("is no link"))?),
            "fwmark" => mark(&value).ok_or_else(|| self.wrong("is no mark"))?,
            _ => {
                let found = (self.names.cgroup)(&value).or_else(|| value.parse().ok());
                SocketExpression::Cgroup(found.ok_or_else(|| self.wrong("is no control group"))?)
            }
        };
        Ok(if comparison == "!=" { negated(equal) } else { equal })
    }

    /// A link by its name, by the word as it is written, or by its number.
    fn device(&self, name: &str) -> Option<u32> {
        let word = self.words.get(self.place.saturating_sub(1));
        // No name of a link has a colon.
        let written = || (self.names.link)(word?.written.rsplit(':').next()?);
        (self.names.link)(name).or_else(written).or_else(|| number(name))
    }

    /// The name of a unix socket. A star alone asks for the family, and nothing more.
    fn name(&self, end: SocketEnd, text: &str) -> SocketExpression {
        if text == "*" {
            return SocketExpression::Family(SocketFamily::Unix);
        }
        // As it is shown, in which a backslash is none that escapes.
        let word = self.words.get(self.place.saturating_sub(1));
        let written = word.map(|word| word.written.strip_prefix("unix:").unwrap_or(word.written));
        let pattern = written.filter(|written| pattern::octets(written).is_some()).unwrap_or(text);
        SocketExpression::Name { end, pattern: pattern.to_owned() }
    }

    /// Takes the word of the family from the front of an end.
    fn family_of<'w>(&mut self, text: &'w str) -> (&'w str, Option<SocketFamily>) {
        let named = text.split_once(':').and_then(|(word, rest)| Some((rest, SocketFamily::from_word(word)?)));
        let (text, family) = named.map_or((text, self.names.family), |(rest, family)| (rest, Some(family)));
        self.named = family.or(self.named);
        (text, family)
    }

    fn port(&mut self, end: SocketEnd, comparison: &str, value: &str) -> Read<SocketExpression> {
        let (text, family) = self.family_of(value);
        if family == Some(SocketFamily::Unix) {
            return match comparison {
                "=" => Ok(self.name(end, text)),
                "!=" => Ok(negated(self.name(end, text))),
                _ => Err(self.wrong("has no order")),
            };
        }
        let port = self.port_number(text.strip_prefix(':').unwrap_or(text), family)?;
        let Some(port) = port.filter(|port| *port != NO_PORT || !["=", "!="].contains(&comparison)) else {
            return match comparison {
                "=" => Ok(SocketExpression::Any),
                "!=" => Ok(negated(SocketExpression::Any)),
                _ => Err(self.wrong("has no order")),
            };
        };
        Ok(match comparison {
            ">=" => SocketExpression::PortAtLeast(end, port),
            "<=" => SocketExpression::PortAtMost(end, port),
            ">" => negated(SocketExpression::PortAtMost(end, port)),
            "<" => negated(SocketExpression::PortAtLeast(end, port)),
            "!=" => negated(SocketExpression::Port(end, port)),
            _ => SocketExpression::Port(end, port),
        })
    }

    /// `None` is any port.
    fn port_number(&self, text: &str, family: Option<SocketFamily>) -> Read<Option<i64>> {
        let known = match family {
            _ if text.is_empty() || text.starts_with('*') => return Ok(None),
            Some(SocketFamily::Packet) => self.device(text).map(i64::from),
            Some(SocketFamily::Netlink) if text == "kernel" => Some(0),
            Some(SocketFamily::Netlink | SocketFamily::Vsock) => signed(text),
            _ => {
                let port = signed(text).or_else(|| (self.names.service)(text).map(i64::from));
                let is_number = text.bytes().all(|octet| octet.is_ascii_digit());
                if port.map_or(is_number, |port| !(NO_PORT..=HIGHEST_PORT).contains(&port)) {
                    return Err(self.wrong(format!("has a port that cannot be: the highest is {HIGHEST_PORT}")));
                }
                port
            }
        };
        known.map(Some).ok_or_else(|| self.wrong("has neither a port nor the name of one"))
    }

    /// An address with or without a port, or a port alone.
    fn host(&mut self, end: SocketEnd, text: &str) -> Read<SocketExpression> {
        let (text, family) = self.family_of(text);
        let (address, port) = match family {
            Some(SocketFamily::Unix) => return Ok(self.name(end, text)),
            Some(family @ (SocketFamily::Packet | SocketFamily::Netlink | SocketFamily::Vsock)) => {
                let (protocol, port) = text.split_once(':').unwrap_or((text, ""));
                (self.protocol(end, protocol, family)?, port)
            }
            _ => {
                let (address, port) = split_host(text).ok_or_else(|| self.wrong("has a bracket without an end"))?;
                (self.address(end, &address, family)?, port)
            }
        };
        let port = self.port_number(port, family)?.filter(|port| *port != NO_PORT);
        let port = port.map(|port| SocketExpression::Port(end, port));
        Ok(match (address, port) {
            (Some(address), Some(port)) => SocketExpression::And(Box::new(address), Box::new(port)),
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => family.map_or(SocketExpression::Any, SocketExpression::Family),
        })
    }

    fn protocol(&self, end: SocketEnd, text: &str, family: SocketFamily) -> Read<Option<SocketExpression>> {
        if text.is_empty() || text == "*" {
            return Ok(None);
        }
        let known = match family {
            SocketFamily::Packet => frame_number(text).map(u32::from),
            SocketFamily::Netlink => netlink_number(text).map(u32::from),
            _ => None,
        };
        let number = known.or_else(|| number(text)).ok_or_else(|| self.wrong("has no protocol of this name"))?;
        Ok(Some(SocketExpression::Protocol { end, family, number }))
    }

    fn address(&self, end: SocketEnd, text: &str, family: Option<SocketFamily>) -> Read<Option<SocketExpression>> {
        if text.is_empty() || text.starts_with('*') || ["any", "all", "default"].contains(&text) {
            return Ok(None);
        }
        let fits = |address: &IpAddr| match family {
            Some(SocketFamily::Inet) => address.is_ipv4(),
            Some(SocketFamily::Inet6) => address.is_ipv6(),
            _ => true,
        };
        let leaf = |address, prefixlen| SocketExpression::Address { end, address, prefixlen };
        let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
        let Some(address) = inet_address(address) else {
            let Some(host) = self.names.host else {
                return Err(self.wrong("has no address; names of hosts are not looked up"));
            };
            let found: Vec<_> = host(text).into_iter().filter(fits).take(MOST_ADDRESSES).collect();
            if found.is_empty() {
                return Err(self.wrong("is a host without an address"));
            }
            let full = |address: IpAddr| leaf(address, bits(&address));
            return Ok(Some(tree(found.into_iter().map(full).collect(), true)));
        };
        if !fits(&address) {
            return Err(self.wrong("has an address of another family"));
        }
        let most = bits(&address);
        let length = length.map_or(Some(most), |length| prefix_length(length).filter(|length| *length <= most));
        let length = length.ok_or_else(|| self.wrong(format!("has a prefix of more than {most} bits, or none")))?;
        Ok(Some(leaf(address, length)))
    }
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

/// Joins terms in a tree whose depth is the logarithm of their number. There is at least one.
fn tree(mut terms: Vec<SocketExpression>, is_or: bool) -> SocketExpression {
    let half = terms.len().div_ceil(2);
    if half == terms.len() {
        return terms.pop().unwrap_or(SocketExpression::Any);
    }
    let right = Box::new(tree(terms.split_off(half), is_or));
    let left = Box::new(tree(terms, is_or));
    if is_or { SocketExpression::Or(left, right) } else { SocketExpression::And(left, right) }
}

fn negated(expression: SocketExpression) -> SocketExpression {
    SocketExpression::Not(Box::new(expression))
}

/// Address and port: `[ADDRESS]:PORT`, `[ADDRESS]/LENGTH:PORT`, `ADDRESS/LENGTH:PORT`, `*:PORT`, `:PORT`; the last colon
/// divides, unless what is before it is no address, but the whole is.
fn split_host(text: &str) -> Option<(Cow<'_, str>, &str)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (address, rest) = rest.split_once(']')?;
        if let Some(length) = rest.strip_prefix('/') {
            let (length, port) = length.split_once(':').unwrap_or((length, ""));
            return Some((Cow::Owned(format!("{address}/{length}")), port));
        }
        return Some((address.into(), rest.strip_prefix(':').unwrap_or(rest)));
    }
    if let Some(port) = text.strip_prefix('*') {
        return Some(("*".into(), port.strip_prefix(':').unwrap_or(port)));
    }
    if let Some((address, rest)) = text.split_once('/') {
        let length = rest.split(':').next().unwrap_or_default();
        let whole = text.get(..address.len() + 1 + length.len())?;
        return Some((whole.into(), rest.get(length.len() + 1..).unwrap_or_default()));
    }
    let is_address = |text: &str| text.parse::<Ipv6Addr>().is_ok();
    match text.rsplit_once(':') {
        Some((address, port)) if is_address(text) && (!is_address(address) || port.contains('.')) => {
            Some((text.into(), ""))
        }
        Some((address, port)) => Some((address.into(), port)),
        None => Some((text.into(), "")),
    }
}

fn bits(address: &IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn mark(text: &str) -> Option<SocketExpression> {
    let (mark, mask) = text.split_once('/').map_or((text, None), |(mark, mask)| (mark, Some(mask)));
    Some(SocketExpression::Mark { mark: number(mark)?, mask: mask.map_or(Some(u32::MAX), number)? })
}

fn signed(text: &str) -> Option<i64> {
    match text.strip_prefix('-') {
        Some(digits) => Some(-i64::from(number(digits)?)),
        None => number(text.strip_prefix('+').unwrap_or(text)).map(i64::from),
    }
}

/// By which `ss` means that none was said.
pub(super) const NO_PORT: i64 = -1;
/// Of TCP and UDP.
pub(super) const HIGHEST_PORT: i64 = 65_535;
/// Octets of a text.
const LONGEST: usize = 1 << 20;
/// Parentheses and negations within each other; and changes between `and` and `or`.
const DEEPEST: usize = 200;
const MOST_CONDITIONS: usize = 4096;
/// Of one host.
const MOST_ADDRESSES: usize = 16;
/// Letters of a word in a message.
const SHOWN: usize = 40;
