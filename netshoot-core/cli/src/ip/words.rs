//! iproute2's grammar: keywords that may be cut short, most with a value after them.

use netshoot_core::netlink::{Family, Link, LinkFilter, Netlink};
use netshoot_core::{Error, ErrorKind};

use crate::output::Failure;

/// The words of one command, read from first to last.
pub(crate) struct Words<'a> {
    operation: &'static str,
    rest: std::slice::Iter<'a, String>,
}

impl<'a> Words<'a> {
    /// `operation` says in errors what was to be done.
    pub(crate) fn new(operation: &'static str, words: &'a [String]) -> Self {
        Self { operation, rest: words.iter() }
    }

    /// The next word.
    pub(crate) fn next(&mut self) -> Option<&'a str> {
        self.rest.next().map(String::as_str)
    }

    /// The next word, which `keyword` needs.
    pub(crate) fn value(&mut self, keyword: &str) -> Result<&'a str, Failure> {
        self.next().ok_or_else(|| Failure::Usage(format!("{}: nothing follows \"{keyword}\"", self.operation)))
    }

    /// The next word as a number: decimal, hexadecimal after 0x, octal after 0.
    pub(crate) fn number<T: TryFrom<u32>>(&mut self, keyword: &str) -> Result<T, Failure> {
        let word = self.value(keyword)?;
        let number = match (word.strip_prefix("0x"), word.strip_prefix('0')) {
            (Some(digits), _) => u32::from_str_radix(digits, 16),
            (None, Some(digits)) if !digits.is_empty() => u32::from_str_radix(digits, 8),
            _ => word.parse(),
        };
        let number = number.ok().and_then(|number| T::try_from(number).ok());
        number.ok_or_else(|| self.wrong(keyword, word))
    }

    /// `word` is no value of `keyword`.
    pub(crate) fn wrong(&self, keyword: &str, word: &str) -> Failure {
        Failure::Usage(format!("{}: {word:?} is no {keyword}", self.operation))
    }

    /// `word` is none that can stand here.
    pub(crate) fn unknown(&self, word: &str, hint: &str) -> Failure {
        Failure::Usage(format!("{}: cannot make sense of {word:?}; hint: {hint}", self.operation))
    }
}

/// Whether `word` is `keyword`, or its beginning.
pub(crate) fn means(word: &str, keyword: &str) -> bool {
    !word.is_empty() && keyword.starts_with(word)
}

/// The family of this name.
pub(crate) fn family(name: &str) -> Option<Family> {
    [Family::INET, Family::INET6, Family::MPLS, Family::BRIDGE, Family::PACKET]
        .into_iter()
        .find(|family| family.name() == Some(name))
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
    pub(crate) fn index(&self, name: &str) -> Result<u32, Error> {
        let mut filter = LinkFilter::default();
        filter.without_stats = true;
        let links = self.netlink.list::<Link>(&filter)?;
        let named = |link: &&Link| link.ifname == *name || link.altnames.iter().any(|altname| *altname == *name);
        links.iter().find(named).map(|link| link.ifindex).ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("look for the link {name}")).with_detail("there is no such link")
        })
    }
}
