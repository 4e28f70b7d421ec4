//! Names that the administrator may give to numbers.

use std::collections::HashMap;
use std::fmt;
use std::fs;

use super::super::Scope;

/// Names of numbers, from the files that iproute2 reads.
///
/// A number that has none is shown as a number, within quotes in JSON, as iproute2 does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    groups: HashMap<u32, String>,
    scopes: HashMap<u32, String>,
    users: HashMap<u32, String>,
    user_groups: HashMap<u32, String>,
}

impl Names {
    /// The system's names: `/etc/iproute2` or, for a file that is missing there, `/usr/share/iproute2`.
    ///
    /// A file that is in neither place leaves the names that the kernel's headers have.
    #[must_use]
    pub fn system() -> Self {
        Self {
            groups: table("group"),
            scopes: table("rt_scopes"),
            users: accounts("/etc/passwd"),
            user_groups: accounts("/etc/group"),
        }
    }

    /// The number of the device group with this name, or with this number in digits.
    #[must_use]
    pub fn group_number(&self, name: &str) -> Option<u32> {
        number(&self.groups, name, |name| (name == "default").then_some(0))
    }

    /// The number of the scope with this name, or with this number in digits.
    #[must_use]
    pub fn scope_number(&self, name: &str) -> Option<Scope> {
        let built_in = |name: &str| Scope::from_name(name).map(|scope| scope.0.into());
        number(&self.scopes, name, built_in).and_then(|number| number.try_into().ok()).map(Scope)
    }

    /// The name of a device group.
    pub(super) fn group_name(&self, number: u32) -> Named<'_> {
        Named::of(&self.groups, number, || (number == 0).then_some("default"))
    }

    /// The name of a scope.
    pub(super) fn scope_name(&self, scope: Scope) -> Named<'_> {
        Named::of(&self.scopes, scope.0.into(), || scope.name())
    }

    pub(super) fn user(&self, number: u32) -> Option<&str> {
        self.users.get(&number).map(String::as_str)
    }

    pub(super) fn user_group(&self, number: u32) -> Option<&str> {
        self.user_groups.get(&number).map(String::as_str)
    }
}

/// A number's name, or the number: shown without a copy.
#[derive(Clone, Copy, Debug)]
pub(super) enum Named<'a> {
    Name(&'a str),
    Number(u32),
}

impl<'a> Named<'a> {
    fn of(names: &'a HashMap<u32, String>, number: u32, built_in: impl FnOnce() -> Option<&'static str>) -> Self {
        match names.get(&number) {
            Some(name) => Self::Name(name),
            None => built_in().map_or(Self::Number(number), Self::Name),
        }
    }
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Number(number) => number.fmt(f),
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

fn table(file: &str) -> HashMap<u32, String> {
    let text = DIRECTORIES.iter().find_map(|directory| fs::read_to_string(format!("{directory}/{file}")).ok());
    text.unwrap_or_default().lines().filter_map(table_line).collect()
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

fn accounts(file: &str) -> HashMap<u32, String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().filter_map(account_line).collect()
}

/// `name:password:number:`, in both files.
fn account_line(line: &str) -> Option<(u32, String)> {
    let mut fields = line.split(':');
    let name = fields.next()?;
    Some((fields.nth(1)?.parse().ok()?, name.to_owned()))
}

const DIRECTORIES: [&str; 2] = ["/etc/iproute2", "/usr/share/iproute2"];

#[cfg(test)]
mod tests {
    use super::*;

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
