//! The expressions of `ss`, applied to each socket that the kernel gave.

use std::net::{IpAddr, Ipv6Addr};

use netshoot_core::netlink::LinkNames;

use super::selection::Family;
use crate::output::Failure;

/// What an expression can ask of a socket.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends<'a> {
    pub(super) source: End<'a>,
    pub(super) destination: End<'a>,
    pub(super) ifindex: u32,
    pub(super) mark: u32,
    pub(super) cgroup: u64,
    /// Whether nobody chose the own port or name.
    pub(super) autobound: bool,
}

impl Default for Ends<'_> {
    fn default() -> Self {
        let none = End::Number(0, 0);
        Self { source: none, destination: none, ifindex: 0, mark: 0, cgroup: 0, autobound: false }
    }
}

/// One end of a socket.
#[derive(Clone, Copy, Debug)]
pub(super) enum End<'a> {
    Inet(IpAddr, i64),
    /// A name in the file system or, with an at sign for each NUL, without a file.
    Unix(&'a [u8], i64),
    /// The number of a protocol, and a device or a port.
    Number(u32, i64),
}

#[derive(Clone, Debug)]
pub(super) enum Expression {
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
    /// `dst` (or else `src`), or a comparison of its port for equality.
    Host {
        destination: bool,
        host: Host,
    },
    /// A port that is at least, or at most, this one.
    Port {
        destination: bool,
        least: bool,
        port: i64,
    },
    Device(u32),
    Mark {
        mark: u32,
        mask: u32,
    },
    Cgroup(u64),
    Autobound,
}

#[derive(Clone, Debug)]
pub(super) enum Host {
    Unix(Vec<u8>),
    Inet { address: Option<(IpAddr, u8)>, port: Option<i64> },
    Number { protocol: Option<u32>, port: Option<i64> },
}

/// What names in expressions stand for.
pub(super) struct Meaning<'a> {
    pub(super) links: &'a LinkNames,
    /// The family of addresses without a word in front that says it.
    pub(super) family: Option<Family>,
    /// The number of a service, where its name is known.
    pub(super) service: &'a dyn Fn(&str) -> Option<u16>,
    /// The families that the words name are put here.
    pub(super) named: Option<Family>,
}

/// Reads an expression; no words want everything.
pub(super) fn parse(words: &[String], meaning: &mut Meaning<'_>) -> Result<Option<Expression>, Failure> {
    let words: Vec<&str> = words.iter().flat_map(|word| word.split_whitespace()).collect();
    if words.is_empty() {
        return Ok(None);
    }
    let mut reader = Reader { words: &words, meaning, depth: 0 };
    let expression = reader.list()?;
    match reader.words.first() {
        None => Ok(Some(expression)),
        Some(word) => Err(nonsense(word)),
    }
}

struct Reader<'w, 'm, 'l> {
    words: &'w [&'w str],
    meaning: &'m mut Meaning<'l>,
    depth: u32,
}

impl<'w> Reader<'w, '_, '_> {
    fn next(&mut self) -> Option<&'w str> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }

    fn skip(&mut self, words: &[&str]) -> bool {
        let found = self.words.first().is_some_and(|word| words.contains(word));
        if found {
            self.next();
        }
        found
    }

    /// Terms joined by `and`, `or`, or by nothing, which means `and`; from left to right, as in `ss`.
    fn list(&mut self) -> Result<Expression, Failure> {
        self.deepen()?;
        let mut left = self.term()?;
        while self.words.first().is_some_and(|word| *word != ")") {
            let or = self.skip(&["or", "|", "||"]);
            if !or {
                self.skip(&["and", "&", "&&"]);
            }
            let (before, after) = (Box::new(left), Box::new(self.term()?));
            left = if or { Expression::Or(before, after) } else { Expression::And(before, after) };
        }
        self.depth -= 1;
        Ok(left)
    }

    fn deepen(&mut self) -> Result<(), Failure> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Failure::Usage("show sockets: the filter is too deep".to_owned()));
        }
        Ok(())
    }

    fn term(&mut self) -> Result<Expression, Failure> {
        match self.next() {
            Some("(") => {
                let inner = self.list()?;
                if self.skip(&[")"]) { Ok(inner) } else { Err(incomplete()) }
            }
            Some("!" | "not") => {
                self.deepen()?;
                let inner = self.term()?;
                self.depth -= 1;
                Ok(Expression::Not(Box::new(inner)))
            }
            Some("autobound") => Ok(Expression::Autobound),
            Some(word) => self.condition(word),
            None => Err(incomplete()),
        }
    }

    fn condition(&mut self, word: &str) -> Result<Expression, Failure> {
        let comparison = match self.words.first().copied() {
            Some("=" | "==" | "eq") => Some("="),
            Some("!=" | "ne" | "neq") => Some("!="),
            Some(">=" | "ge" | "geq") => Some(">="),
            Some("<=" | "le" | "leq") => Some("<="),
            Some(">" | "gt") => Some(">"),
            Some("<" | "lt") => Some("<"),
            _ => None,
        };
        if comparison.is_some() {
            self.next();
        }
        let comparison = comparison.unwrap_or("=");
        let value = self.next().ok_or_else(incomplete)?;
        let orders = matches!(word, "dport" | "sport");
        if !orders && !matches!(comparison, "=" | "!=") || matches!(word, "dst" | "src") && comparison != "=" {
            return Err(nonsense(comparison));
        }
        let equal = match word {
            "dst" | "src" => Expression::Host { destination: word == "dst", host: self.host(value, false)? },
            "dport" | "sport" => return self.port(word == "dport", comparison, value),
            "dev" => Expression::Device(self.device(value)?),
            "fwmark" => mark(value)?,
            "cgroup" => cgroup(value)?,
            _ => return Err(nonsense(word)),
        };
        Ok(if comparison == "!=" { Expression::Not(Box::new(equal)) } else { equal })
    }

    fn port(&mut self, destination: bool, comparison: &str, value: &str) -> Result<Expression, Failure> {
        let host = self.host(value, true)?;
        let not = |expression| Expression::Not(Box::new(expression));
        let port = match &host {
            Host::Inet { port: Some(port), .. } | Host::Number { port: Some(port), .. } => *port,
            // A port that may be any is not compared.
            _ => -1,
        };
        let ordered = |least| Expression::Port { destination, least, port };
        Ok(match comparison {
            ">=" => ordered(true),
            "<=" => ordered(false),
            ">" => not(ordered(false)),
            "<" => not(ordered(true)),
            "!=" => not(Expression::Host { destination, host }),
            _ => Expression::Host { destination, host },
        })
    }

    fn device(&self, name: &str) -> Result<u32, Failure> {
        let links = self.meaning.links;
        links.index(name.as_bytes()).or_else(|| number(name)).ok_or_else(|| told("there is no interface", name))
    }

    /// An address with or without a port, or a port alone.
    fn host(&mut self, text: &str, port_only: bool) -> Result<Host, Failure> {
        let prefixes = [
            ("unix:", Family::Unix),
            ("link:", Family::Packet),
            ("netlink:", Family::Netlink),
            ("inet:", Family::Inet),
            ("inet6:", Family::Inet6),
        ];
        let named = prefixes.into_iter().find_map(|(prefix, family)| Some((text.strip_prefix(prefix)?, family)));
        let (text, family) = named.map_or((text, self.meaning.family), |(text, family)| (text, Some(family)));
        if family.is_some() {
            self.meaning.named = family;
        }
        match family {
            Some(Family::Unix) => Ok(Host::Unix(text.as_bytes().to_vec())),
            Some(family @ (Family::Packet | Family::Netlink)) => self.number_host(text, family, port_only),
            _ => self.inet_host(text, port_only),
        }
    }

    fn number_host(&self, text: &str, family: Family, port_only: bool) -> Result<Host, Failure> {
        let (protocol, port) = match text.split_once(':') {
            Some((protocol, port)) => (protocol, port),
            None if port_only => ("", text),
            None => (text, ""),
        };
        let port = match port {
            "" | "*" => None,
            "kernel" if family == Family::Netlink => Some(0),
            port => {
                let device = || self.meaning.links.index(port.as_bytes()).filter(|_| family == Family::Packet);
                Some(number(port).or_else(device).ok_or_else(|| told("there is no such port", port))?.into())
            }
        };
        let protocol = match protocol {
            "" | "*" => None,
            name => Some(protocol_number(name, family).ok_or_else(|| told("there is no protocol", name))?),
        };
        Ok(Host::Number { protocol, port })
    }

    fn inet_host(&self, text: &str, port_only: bool) -> Result<Host, Failure> {
        let (address, port) = if port_only {
            ("", text.strip_prefix(':').unwrap_or(text))
        } else {
            split_host(text).ok_or_else(|| told("no address", text))?
        };
        let port = match port {
            "" => None,
            port if port.starts_with('*') => None,
            port => {
                let known = number(port).or_else(|| (self.meaning.service)(port).map(u32::from));
                Some(i64::from(known.ok_or_else(|| told("there is no service", port))?))
            }
        };
        let address = match address {
            "" => None,
            address if address.starts_with('*') => None,
            "any" | "all" | "default" => None,
            address => Some(prefix(address).ok_or_else(|| told("no address", address))?),
        };
        Ok(Host::Inet { address, port })
    }
}

impl Expression {
    pub(super) fn matches(&self, ends: &Ends<'_>) -> bool {
        let end = |destination: bool| if destination { ends.destination } else { ends.source };
        match self {
            Self::And(left, right) => left.matches(ends) && right.matches(ends),
            Self::Or(left, right) => left.matches(ends) || right.matches(ends),
            Self::Not(inner) => !inner.matches(ends),
            Self::Host { destination, host } => host.matches(end(*destination)),
            Self::Port { destination, least: true, port } => end(*destination).port() >= *port,
            Self::Port { destination, least: false, port } => end(*destination).port() <= *port,
            Self::Device(index) => ends.ifindex == *index,
            Self::Mark { mark, mask } => ends.mark & mask == *mark,
            Self::Cgroup(number) => ends.cgroup == *number,
            Self::Autobound => ends.autobound,
        }
    }
}

impl Host {
    fn matches(&self, end: End<'_>) -> bool {
        match (self, end) {
            (Self::Unix(pattern), End::Unix(name, _)) => is_like(pattern, name),
            (Self::Inet { address, port }, End::Inet(own, own_port)) => {
                port.is_none_or(|port| port == own_port)
                    && address.is_none_or(|(address, length)| within(own, address, length))
            }
            (Self::Number { protocol, port }, End::Number(own, own_port)) => {
                port.is_none_or(|port| port == own_port) && protocol.is_none_or(|protocol| protocol == own)
            }
            // A port alone may be that of any family.
            (Self::Inet { address: None, port }, end) => port.is_none_or(|port| port == end.port()),
            _ => false,
        }
    }
}

impl End<'_> {
    fn port(self) -> i64 {
        match self {
            Self::Inet(_, port) | Self::Unix(_, port) | Self::Number(_, port) => port,
        }
    }
}

/// Whether `own` begins with the first bits of `address`. An IPv4 address within IPv6 counts as both.
fn within(own: IpAddr, address: IpAddr, length: u8) -> bool {
    let same = |own: u128, other: u128, bits: u32| {
        let away = bits - u32::from(length).min(bits);
        own.checked_shr(away).unwrap_or_default() == other.checked_shr(away).unwrap_or_default()
    };
    match (own, address) {
        (IpAddr::V4(own), IpAddr::V4(address)) => same(own.to_bits().into(), address.to_bits().into(), 32),
        (IpAddr::V6(own), IpAddr::V6(address)) => same(own.to_bits(), address.to_bits(), 128),
        (IpAddr::V6(own), IpAddr::V4(_)) => own.to_ipv4_mapped().is_some_and(|own| within(own.into(), address, length)),
        (IpAddr::V4(_), IpAddr::V6(_)) => false,
    }
}

/// Whether the name is like the pattern, in the way of the shell, whatever the case of letters. Sets in brackets, which
/// `ss` knows, are plain letters here.
fn is_like(pattern: &[u8], name: &[u8]) -> bool {
    let (mut pattern, mut name) = (pattern, name);
    // After the last star, and where the name is tried next.
    let mut again: Option<(&[u8], &[u8])> = None;
    loop {
        if let Some((b'*', rest)) = pattern.split_first() {
            (pattern, again) = (rest, Some((rest, name)));
            continue;
        }
        match (one(pattern), name.split_first()) {
            (None, None) => return true,
            (Some((wanted, rest)), Some((letter, after)))
                if wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(letter)) =>
            {
                (pattern, name) = (rest, after);
            }
            _ => {
                let Some((rest, [_, after @ ..])) = again else { return false };
                (pattern, name, again) = (rest, after, Some((rest, after)));
            }
        }
    }
}

/// The first letter of a pattern, or `None` for any, and what follows it.
fn one(pattern: &[u8]) -> Option<(Option<u8>, &[u8])> {
    match pattern {
        [] => None,
        [b'?', rest @ ..] => Some((None, rest)),
        [b'\\', letter, rest @ ..] | [letter, rest @ ..] => Some((Some(*letter), rest)),
    }
}

/// Address and port: `[ADDRESS]:PORT`, `ADDRESS/LENGTH:PORT`, `*:PORT`, `:PORT`; the last colon divides, unless what is
/// before it is no address, but the whole is.
fn split_host(text: &str) -> Option<(&str, &str)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        return Some((address, port.strip_prefix(':').unwrap_or(port)));
    }
    if let Some(port) = text.strip_prefix('*') {
        return Some(("*", port.strip_prefix(':').unwrap_or(port)));
    }
    if let Some((address, rest)) = text.split_once('/') {
        let length = rest.split(':').next().unwrap_or_default();
        let whole = text.get(..address.len() + 1 + length.len())?;
        return Some((whole, rest.get(length.len() + 1..).unwrap_or_default()));
    }
    match text.rsplit_once(':') {
        Some((address, _)) if text.parse::<Ipv6Addr>().is_ok() && address.parse::<Ipv6Addr>().is_err() => {
            Some((text, ""))
        }
        Some(divided) => Some(divided),
        None => Some((text, "")),
    }
}

fn prefix(text: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
    let address: IpAddr = address.parse().ok()?;
    let full = if address.is_ipv4() { 32 } else { 128 };
    let length = length.map_or(Some(full), |length| length.parse().ok().filter(|length| *length <= full))?;
    Some((address, length))
}

fn mark(text: &str) -> Result<Expression, Failure> {
    let (mark, mask) = text.split_once('/').map_or((text, "0xffffffff"), |(mark, mask)| (mark, mask));
    match (number(mark), number(mask)) {
        (Some(mark), Some(mask)) => Ok(Expression::Mark { mark, mask }),
        _ => Err(told("no mark", text)),
    }
}

/// A cgroup's number is the inode of its directory.
fn cgroup(path: &str) -> Result<Expression, Failure> {
    use std::os::unix::fs::MetadataExt;
    let below = format!("/sys/fs/cgroup/{}", path.trim_start_matches('/'));
    let found = std::fs::metadata(path).or_else(|_| std::fs::metadata(below));
    found.map(|metadata| Expression::Cgroup(metadata.ino())).map_err(|_| told("there is no cgroup", path))
}

/// Decimal, hexadecimal with `0x`, or octal with `0`, as in C.
fn number(text: &str) -> Option<u32> {
    match (text.strip_prefix("0x"), text.strip_prefix('0')) {
        (Some(digits), _) => u32::from_str_radix(digits, 16).ok(),
        (None, Some(digits)) if !digits.is_empty() => u32::from_str_radix(digits, 8).ok(),
        _ => text.parse().ok(),
    }
}

fn protocol_number(name: &str, family: Family) -> Option<u32> {
    let known: &[(&str, u32)] = if family == Family::Netlink {
        &[
            ("rtnl", 0),
            ("usersock", 2),
            ("tcpdiag", 4),
            ("nflog", 5),
            ("xfrm", 6),
            ("selinux", 7),
            ("audit", 9),
            ("fiblookup", 10),
            ("connector", 11),
            ("nft", 12),
            ("uevent", 15),
            ("genl", 16),
        ]
    } else {
        &[
            ("ip", 0x800),
            ("ipv4", 0x800),
            ("arp", 0x806),
            ("ipv6", 0x86dd),
            ("all", 3),
            ("802.1Q", 0x8100),
            ("LLDP", 0x88cc),
        ]
    };
    known.iter().find(|(word, _)| *word == name).map(|(_, number)| *number).or_else(|| number(name))
}

fn incomplete() -> Failure {
    Failure::Usage("show sockets: the filter is not complete".to_owned())
}

fn nonsense(word: &str) -> Failure {
    Failure::Usage(format!("show sockets: {word:?} makes no sense there; hint: netshoot ss --help shows filters"))
}

fn told(what: &str, word: &str) -> Failure {
    Failure::Usage(format!("show sockets: {what} {word:?}"))
}

/// Brackets and negations within each other.
const DEEPEST: u32 = 100;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<Expression>, Failure> {
        let words: Vec<_> = text.split(' ').map(str::to_owned).collect();
        let links = LinkNames::default();
        let service = |name: &str| (name == "https").then_some(443);
        parse(&words, &mut Meaning { links: &links, family: None, service: &service, named: None })
    }

    fn matches(text: &str, source: (&str, i64), destination: (&str, i64)) -> bool {
        let end = |(address, port): (&str, i64)| End::Inet(address.parse().unwrap(), port);
        let ends = Ends { source: end(source), destination: end(destination), mark: 0x2a, ..Ends::default() };
        read(text).ok().flatten().unwrap().matches(&ends)
    }

    #[test]
    fn addresses_ports_and_marks() {
        let (four, six) = (("10.1.2.3", 443), ("fd00::1", 50_000));
        for (text, expected) in [
            ("src 10.0.0.0/8", true),
            ("src 11.0.0.0/8", false),
            ("src 10.1.2.3:443", true),
            ("src = :https", true),
            ("dst fd00::/16", true),
            ("dst inet6:[fd00::1]:50000", true),
            ("not dst fd00::1", false),
            ("sport = :443 and dport gt :50000", false),
            ("sport 443 dport >= :50000", true),
            ("sport != 443 or fwmark 0x2a/0xff", true),
            ("( sport 1 or dport 50000 ) fwmark = 052", true),
            // From left to right, without precedence.
            ("sport 443 or sport 443 and sport 1", false),
            ("src 0.0.0.0/0", true),
        ] {
            assert_eq!(matches(text, four, six), expected, "{text}");
        }
        assert!(matches("src 127.0.0.1", ("::ffff:127.0.0.1", 1), six));
        assert!(!matches("src ::1", ("127.0.0.1", 1), six));
    }

    #[test]
    fn what_is_no_expression_is_told() {
        let deep = ["(", "not"].map(|word| format!("{word} ").repeat(5000));
        let odd =
            ["sport", "sport =", "( sport 1", "sport 1 )", "and", "src nonsense", "dport = :nonsense", "dev none"];
        for text in odd.into_iter().chain(deep.iter().map(|text| text.trim())) {
            assert!(read(text).is_err(), "{:.40}", text);
        }
    }

    #[test]
    fn patterns_of_names() {
        for (pattern, name, expected) in [
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("/run/*.sock", "/run/User/a.SOCK", true),
            ("/run/?", "/run/ab", false),
            ("@a\\*b", "@a*b", true),
            ("@a\\*b", "@acb", false),
            ("*a*b", "aab", true),
            ("*a*b", "aabc", false),
        ] {
            assert_eq!(is_like(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
        }
        assert!(!is_like("*a".repeat(50).as_bytes(), "a".repeat(49).as_bytes()));
    }
}
