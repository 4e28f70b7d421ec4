//! iproute2's grammar: keywords that may be cut short, most with a value after them.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use netshoot_core::netlink::{ByteString, Family, Link, LinkFilter, Netlink};
use netshoot_core::{Error, ErrorKind};

use crate::output::Failure;

/// The words of one command, read from first to last.
pub(crate) struct Words<'a> {
    operation: &'static str,
    rest: std::slice::Iter<'a, OsString>,
    /// The last that was read.
    current: &'a OsStr,
}

impl<'a> Words<'a> {
    /// `operation` says in errors what was to be done.
    pub(crate) fn new(operation: &'static str, words: &'a [OsString]) -> Self {
        Self { operation, rest: words.iter(), current: OsStr::new("") }
    }

    /// The next word; of one that is no text a sign that is no keyword's, and [`Self::current`] has the octets.
    pub(crate) fn next(&mut self) -> Option<&'a str> {
        self.current = self.rest.next()?;
        Some(self.current.to_str().unwrap_or(NO_TEXT))
    }

    /// The octets of the last word.
    pub(crate) fn current(&self) -> &'a OsStr {
        self.current
    }

    /// The next word, which `keyword` needs.
    pub(crate) fn value(&mut self, keyword: &str) -> Result<&'a str, Failure> {
        self.next().ok_or_else(|| Failure::Usage(format!("{}: nothing follows \"{keyword}\"", self.operation)))
    }

    /// The next word as a name, which may be any octets.
    pub(crate) fn name(&mut self, keyword: &str) -> Result<&'a OsStr, Failure> {
        self.value(keyword)?;
        Ok(self.current)
    }

    /// The next word as a number: decimal, hexadecimal after 0x, octal after 0.
    pub(crate) fn number<T: TryFrom<u32>>(&mut self, keyword: &str) -> Result<T, Failure> {
        let word = self.value(keyword)?;
        let number = number(word).and_then(|number| T::try_from(number).ok());
        number.ok_or_else(|| self.wrong(keyword, word))
    }

    /// `word` is no value of `keyword`.
    pub(crate) fn wrong(&self, keyword: &str, word: &str) -> Failure {
        Failure::Usage(format!("{}: {} is no {keyword}", self.operation, self.quoted(word)))
    }

    /// `-4` and `-6` go with addresses of their own family.
    pub(crate) fn of_family(&self, text: &str, own: Family, wanted: Option<Family>) -> Result<(), Failure> {
        match wanted {
            Some(wanted) if wanted != own => Err(self.wrong(&format!("address of the family {wanted}"), text)),
            _ => Ok(()),
        }
    }

    /// `word` is none that can stand here.
    pub(crate) fn unknown(&self, word: &str, hint: &str) -> Failure {
        Failure::Usage(format!("{}: cannot make sense of {}; hint: {hint}", self.operation, self.quoted(word)))
    }

    /// The first word says nothing that can be done.
    pub(crate) fn no_verb(mut self, hint: &str) -> Failure {
        let first = self.next().unwrap_or_default();
        self.unknown(first, hint)
    }

    fn quoted(&self, word: &str) -> String {
        quoted(if word == NO_TEXT { self.current } else { OsStr::new(word) })
    }
}

/// A number: decimal, hexadecimal after 0x, octal after 0.
pub(crate) fn number(word: &str) -> Option<u32> {
    match (word.strip_prefix("0x"), word.strip_prefix('0')) {
        (Some(digits), _) => u32::from_str_radix(digits, 16),
        (None, Some(digits)) if !digits.is_empty() => u32::from_str_radix(digits, 8),
        _ => word.parse(),
    }
    .ok()
}

/// A word as messages show it.
pub(crate) fn quoted(word: impl AsRef<OsStr>) -> String {
    format!("\"{}\"", ByteString::from(word.as_ref().as_bytes()).shortened())
}

/// Whether `word` is `keyword`, or its beginning.
pub(crate) fn means(word: &str, keyword: &str) -> bool {
    !word.is_empty() && keyword.starts_with(word)
}

/// What the first word says to do, one of `verbs` or else `show`, and what follows; `None` for what is no such word.
///
/// What iproute2 does and this command does not, as it would change something, is told alike for every object.
pub(crate) fn verb<'a>(
    command: &str,
    words: &'a [OsString],
    verbs: &[&'static str],
) -> Result<(Option<&'static str>, &'a [OsString]), Failure> {
    let Some((first, rest)) = words.split_first() else { return Ok((Some("show"), words)) };
    let first = first.to_str().unwrap_or(NO_TEXT);
    let is_one_of = |verbs: &[&'static str]| verbs.iter().copied().find(|verb| means(first, verb));
    if is_one_of(&["list", "show", "lst", "ls"]).is_some() {
        return Ok((Some("show"), rest));
    }
    if let Some(verb) = is_one_of(verbs) {
        return Ok((Some(verb), rest));
    }
    if let Some(verb) = is_one_of(&CHANGING) {
        return Err(changes_nothing(command, verb));
    }
    if MISSING.contains(&first) {
        return Err(Failure::Usage(format!("{command} {first}: not to be had here; hint: {} has it", tool(command))));
    }
    Ok((None, words))
}

/// Why `verb` is not done.
pub(crate) fn changes_nothing(command: &str, verb: &str) -> Failure {
    Failure::Usage(format!("{command} {verb}: netshoot changes nothing; hint: {} itself does it", tool(command)))
}

/// iproute2's program.
fn tool(command: &str) -> &str {
    command.split(' ').next().unwrap_or_default()
}

/// The family of this name.
pub(crate) fn family(name: &str) -> Option<Family> {
    [Family::INET, Family::INET6, Family::MPLS, Family::BRIDGE, Family::PACKET]
        .into_iter()
        .find(|family| family.name() == Some(name))
}

/// The link of this name or alternative name: the octets, else those that are shown as these.
pub(crate) fn find_link<'l>(links: impl Iterator<Item = &'l Link> + Clone, name: &OsStr) -> Option<&'l Link> {
    let named = |name: &ByteString| links.clone().find(|link| link.ifname == *name || link.altnames.contains(name));
    if let Some(link) = named(&ByteString::from(name.as_bytes())) {
        return Some(link);
    }
    let text = name.to_str()?;
    let name = ByteString::from_escaped(text)?;
    // As what is not there is shown, and as iproute2 has it: `if` and the index.
    let index: Option<u32> = text.strip_prefix("if").and_then(|digits| digits.parse().ok());
    let by_index = || links.clone().find(|link| Some(link.ifindex) == index);
    links.clone().find(|link| link.ifname == name || link.altnames.contains(&name)).or_else(by_index)
}

/// The links of a namespace, to be found by name.
pub(crate) struct Links<'a> {
    pub(crate) netlink: &'a Netlink,
}

impl<'a> Links<'a> {
    pub(crate) fn new(netlink: &'a Netlink) -> Self {
        Self { netlink }
    }

    /// The index of the link with this name or alternative name.
    pub(crate) fn index(&self, name: &OsStr) -> Result<u32, Error> {
        let mut filter = LinkFilter::default();
        filter.without_stats = true;
        let links = self.netlink.list::<Link>(&filter)?;
        find_link(links.iter(), name).map(|link| link.ifindex).ok_or_else(|| {
            let name = ByteString::from(name.as_bytes()).shortened();
            Error::new(ErrorKind::NotFound, format!("look for the link {name}")).with_detail("there is no such link")
        })
    }

    /// The index of the VRF that is the next word, and its table.
    pub(crate) fn vrf(&self, words: &mut Words<'_>) -> Result<(u32, u32), Failure> {
        let name = words.value("vrf")?;
        let index = self.index(words.current())?;
        let table = self.netlink.vrf_table(index)?.ok_or_else(|| words.wrong("vrf", name))?;
        Ok((index, table))
    }
}

/// What stands for a word that is not UTF-8.
const NO_TEXT: &str = "\u{fffd}";
/// What changes something, whatever the object; it may be cut short.
const CHANGING: [&str; 11] =
    ["add", "append", "change", "chg", "delete", "flush", "prepend", "replace", "restore", "set", "property"];
/// What also shows something, of some objects; in full, as a link may be called so in part.
const MISSING: [&str; 4] = ["save", "showdump", "xstats", "afstats"];
