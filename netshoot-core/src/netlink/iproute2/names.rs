//! Names that the administrator may give to numbers.

use std::fmt;
use std::fs;
use std::hash::Hash;
use std::ops::Deref;
use std::sync::OnceLock;

use foldhash::fast::RandomState;

use super::super::{RouteKind, RouteProtocol, Scope, TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN};

pub(super) type HashMap<K, V> = hashbrown::HashMap<K, V, RandomState>;

/// Names of numbers, from the files that iproute2 reads, each when it is first needed.
///
/// A number that has none is shown as a number, within quotes in JSON, as iproute2 does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    groups: File<u32>,
    scopes: File<u32>,
    tables: File<u32>,
    protocols: File<u32>,
    ip_protocols: File<u32>,
    realms: File<u32>,
    dsfields: File<u32>,
    users: File<u32>,
    user_groups: File<u32>,
    numeric: bool,
}

impl Names {
    /// The system's names: `/etc/iproute2` or, for a file that is missing there, `/usr/share/iproute2`.
    ///
    /// A file that is in neither place leaves the names that the kernel's headers have.
    #[must_use]
    pub fn system() -> Self {
        Self {
            groups: File::new(|| table("group")),
            scopes: File::new(|| table("rt_scopes")),
            tables: File::new(|| table_and_more("rt_tables")),
            protocols: File::new(|| table_and_more("rt_protos")),
            ip_protocols: File::new(|| ip_protocols("/etc/protocols")),
            realms: File::new(|| table("rt_realms")),
            dsfields: File::new(|| table("rt_dsfield")),
            users: File::new(|| accounts("/etc/passwd")),
            user_groups: File::new(|| accounts("/etc/group")),
            numeric: false,
        }
    }

    /// The same names, which are understood but not shown, if `numeric`: `-N`.
    #[must_use]
    pub fn shown_as_numbers(mut self, numeric: bool) -> Self {
        self.numeric = numeric;
        self
    }

    /// The number of the device group with this name, or with this number in digits.
    #[must_use]
    pub fn group_number(&self, name: &str) -> Option<u32> {
        number(&self.groups, name, |name| (name == "default").then_some(0))
    }

    /// The name of a device group.
    pub(super) fn group_name(&self, number: u32) -> Named<'_> {
        self.named(&self.groups, number, || (number == 0).then_some("default"))
    }

    /// The number of the routing table with this name, or with this number in digits.
    #[must_use]
    pub fn table_number(&self, name: &str) -> Option<u32> {
        number(&self.tables, name, |name| TABLES.iter().find(|(_, known)| *known == name).map(|(number, _)| *number))
    }

    /// The number of the routing protocol with this name, or with this number in digits.
    #[must_use]
    pub fn protocol_number(&self, name: &str) -> Option<RouteProtocol> {
        let built_in = |name: &str| RouteProtocol::from_name(name).map(|protocol| protocol.0.into());
        number(&self.protocols, name, built_in).and_then(|number| number.try_into().ok()).map(RouteProtocol)
    }

    /// The number of the scope with this name, or with this number in digits.
    #[must_use]
    pub fn scope_number(&self, name: &str) -> Option<Scope> {
        let built_in = |name: &str| Scope::from_name(name).map(|scope| scope.0.into());
        number(&self.scopes, name, built_in).and_then(|number| number.try_into().ok()).map(Scope)
    }

    /// The number of the realm with this name, or with this number in digits.
    #[must_use]
    pub fn realm_number(&self, name: &str) -> Option<u16> {
        number(&self.realms, name, |name| (name == "unknown").then_some(0)).and_then(|number| number.try_into().ok())
    }

    /// The type of service with this name, or with this number in hexadecimal digits.
    #[must_use]
    pub fn dsfield_number(&self, name: &str) -> Option<u8> {
        let named = self.dsfields.iter().find(|(_, known)| *known == name).map(|(number, _)| *number);
        let digits = name.strip_prefix("0x").unwrap_or(name);
        named.or_else(|| u32::from_str_radix(digits, 16).ok()).and_then(|number| number.try_into().ok())
    }

    /// The number of the IP protocol with this name, or with this number in digits.
    #[must_use]
    pub fn ip_protocol_number(&self, name: &str) -> Option<u8> {
        number(&self.ip_protocols, name, |_| None).and_then(|number| number.try_into().ok())
    }

    /// The name of a routing table.
    pub(super) fn table(&self, number: u32) -> Named<'_> {
        let built_in = || TABLES.iter().find(|(known, _)| *known == number).map(|(_, name)| *name);
        self.named(&self.tables, number, built_in)
    }

    /// The name of an IP protocol or, without one, its number with `ipproto-` in front.
    pub(super) fn ip_protocol(&self, number: u8) -> String {
        let name = self.ip_protocols.get(&u32::from(number)).filter(|_| !self.numeric);
        name.cloned().unwrap_or_else(|| format!("ipproto-{number}"))
    }

    /// The name of a routing protocol.
    pub(super) fn protocol(&self, protocol: RouteProtocol) -> Named<'_> {
        self.named(&self.protocols, protocol.0.into(), || protocol.name())
    }

    /// Whether numbers are shown in place of their names.
    pub(super) fn shows_numbers(&self) -> bool {
        self.numeric
    }

    /// The name of a kind of route.
    pub(super) fn route_kind(&self, kind: RouteKind) -> Named<'_> {
        match kind.name() {
            Some(name) if !self.numeric => Named::Name(name),
            _ => Named::Number(kind.0.into()),
        }
    }

    /// The name of a scope.
    pub(super) fn scope_name(&self, scope: Scope) -> Named<'_> {
        self.named(&self.scopes, scope.0.into(), || scope.name())
    }

    /// The name of a realm.
    pub(super) fn realm(&self, number: u16) -> Named<'_> {
        self.named(&self.realms, number.into(), || (number == 0).then_some("unknown"))
    }

    /// The name of a type of service.
    pub(super) fn dsfield(&self, tos: u8) -> Named<'_> {
        match self.dsfields.get(&u32::from(tos)) {
            Some(name) if !self.numeric => Named::Name(name),
            _ if tos == 0 => Named::Name("0"),
            _ => Named::Octet(tos),
        }
    }

    fn named<'n>(
        &self,
        names: &'n HashMap<u32, String>,
        number: u32,
        built_in: impl FnOnce() -> Option<&'static str>,
    ) -> Named<'n> {
        if self.numeric {
            return Named::Number(number);
        }
        match names.get(&number) {
            Some(name) => Named::Name(name),
            None => built_in().map_or(Named::Number(number), Named::Name),
        }
    }

    pub(super) fn user(&self, number: u32) -> Option<&str> {
        self.users.get(&number).map(String::as_str)
    }

    pub(super) fn user_group(&self, number: u32) -> Option<&str> {
        self.user_groups.get(&number).map(String::as_str)
    }
}

/// What a file says, which is read when first asked for; [`Default`] is an empty file.
#[derive(Clone, Debug, Default)]
pub(super) struct File<K> {
    read: Option<fn() -> HashMap<K, String>>,
    names: OnceLock<HashMap<K, String>>,
}

impl<K> File<K> {
    pub(super) fn new(read: fn() -> HashMap<K, String>) -> Self {
        Self { read: Some(read), names: OnceLock::new() }
    }
}

impl<K> Deref for File<K> {
    type Target = HashMap<K, String>;

    fn deref(&self) -> &HashMap<K, String> {
        self.names.get_or_init(|| self.read.map_or_else(HashMap::default, |read| read()))
    }
}

impl<K> From<HashMap<K, String>> for File<K> {
    fn from(names: HashMap<K, String>) -> Self {
        Self { read: None, names: names.into() }
    }
}

impl<K: Eq + Hash> PartialEq for File<K> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<K: Eq + Hash> Eq for File<K> {}

/// A number's name, or the number: shown without a copy.
#[derive(Clone, Copy, Debug)]
pub(super) enum Named<'a> {
    Name(&'a str),
    Number(u32),
    /// A number that is shown in hexadecimal.
    Octet(u8),
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Number(number) => number.fmt(f),
            Self::Octet(octet) => write!(f, "0x{octet:02x}"),
        }
    }
}

/// The number that a name stands for, or that digits say: decimal, octal after a 0, hexadecimal after 0x.
fn number(names: &HashMap<u32, String>, wanted: &str, built_in: impl FnOnce(&str) -> Option<u32>) -> Option<u32> {
    let named = names.iter().find(|(_, name)| *name == wanted).map(|(number, _)| *number);
    named.or_else(|| built_in(wanted)).or_else(|| {
        match wanted
            .strip_prefix("0x")
            .map(|digits| (digits, 16))
            .or(wanted.strip_prefix('0').map(|digits| (digits, 8)))
        {
            Some(("", _)) | None => wanted.parse().ok(),
            Some((digits, radix)) => u32::from_str_radix(digits, radix).ok(),
        }
    })
}

pub(super) fn table(file: &str) -> HashMap<u32, String> {
    let text = DIRECTORIES.iter().find_map(|directory| fs::read_to_string(format!("{directory}/{file}")).ok());
    text.unwrap_or_default().lines().filter_map(table_line).collect()
}

/// The file, and those named `*.conf` in the folder beside it.
fn table_and_more(file: &str) -> HashMap<u32, String> {
    let mut names = table(file);
    for directory in DIRECTORIES.iter().rev() {
        let mut more: Vec<_> = fs::read_dir(format!("{directory}/{file}.d"))
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .collect();
        more.sort();
        for path in more.iter().filter(|path| path.extension().is_some_and(|extension| extension == "conf")) {
            names.extend(fs::read_to_string(path).unwrap_or_default().lines().filter_map(table_line));
        }
    }
    names
}

/// A number, decimal or hexadecimal, and its name; anything else is a comment.
fn table_line(line: &str) -> Option<(u32, String)> {
    let mut words = line.split_whitespace();
    let (number, name) = (words.next()?, words.next()?);
    let number = match number.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok()?,
        None => number.parse().ok()?,
    };
    Some((number, name.to_owned()))
}

/// A name and its number, and other names after them.
fn ip_protocols(file: &str) -> HashMap<u32, String> {
    let line = |line: &str| {
        let mut words = line.split('#').next()?.split_whitespace();
        let name = words.next()?;
        Some((words.next()?.parse().ok()?, name.to_owned()))
    };
    // Of several names the C library takes the first.
    fs::read_to_string(file).unwrap_or_default().lines().rev().filter_map(line).collect()
}

fn accounts(file: &str) -> HashMap<u32, String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().rev().filter_map(account_line).collect()
}

/// `name:password:number:`, in both files.
fn account_line(line: &str) -> Option<(u32, String)> {
    let mut fields = line.split(':');
    let name = fields.next()?;
    Some((fields.nth(1)?.parse().ok()?, name.to_owned()))
}

const TABLES: [(u32, &str); 3] = [(TABLE_DEFAULT, "default"), (TABLE_MAIN, "main"), (TABLE_LOCAL, "local")];
const DIRECTORIES: [&str; 2] = ["/etc/iproute2", "/usr/share/iproute2"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_both_ways() {
        let tables: HashMap<_, _> = [(100, "blue".to_owned())].into_iter().collect();
        let names = Names { tables: tables.into(), ..Names::default() };
        assert_eq!((names.table_number("blue"), names.table(100).to_string()), (Some(100), "blue".to_owned()));
        assert_eq!((names.table_number("main"), names.table(254).to_string()), (Some(254), "main".to_owned()));
        assert_eq!(
            (names.table_number("0x10"), names.table_number("010"), names.table_number("0")),
            (Some(16), Some(8), Some(0))
        );
        assert_eq!((names.table_number("green"), names.table(7).to_string()), (None, "7".to_owned()));
        assert_eq!(names.protocol_number("bgp"), Some(RouteProtocol::BGP));
        assert_eq!(
            (names.protocol_number("256"), names.protocol(RouteProtocol(77)).to_string()),
            (None, "77".to_owned())
        );
        assert_eq!((names.scope_number("link"), names.realm_number("unknown")), (Some(Scope::LINK), Some(0)));
        assert_eq!((names.dsfield_number("10"), names.dsfield(16).to_string()), (Some(16), "0x10".to_owned()));
    }

    #[test]
    fn lines_of_both_kinds_of_file() {
        assert_eq!(table_line("254 host"), Some((254, "host".to_owned())));
        assert_eq!(table_line("0x10\tupstream # ours"), Some((16, "upstream".to_owned())));
        assert_eq!(table_line("# 1 comment"), None);
        assert_eq!(table_line("#1 comment"), None);
        assert_eq!(account_line("daemon:x:1:1:daemon:/:/bin/sh"), Some((1, "daemon".to_owned())));
        assert_eq!(account_line("tty:x:5:"), Some((5, "tty".to_owned())));
        assert_eq!(account_line("+"), None);
    }
}
