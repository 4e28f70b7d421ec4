//! The names of links by their index: what everything that refers to a link needs to be shown.

use std::os::fd::AsFd;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::{ByteString, Link, LinkFilter, Netlink};
use crate::error::{Error, Result};
use crate::sys;

/// The names of a namespace's links, by index.
///
/// Made from one dump, however many objects refer to links; or of a few links, each asked for once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkNames(HashMap<u32, ByteString, RandomState>);

impl LinkNames {
    /// The name of the link with index `ifindex`.
    #[must_use]
    pub fn get(&self, ifindex: u32) -> Option<&ByteString> {
        self.0.get(&ifindex)
    }

    /// The index of the link with this name.
    #[must_use]
    pub fn index(&self, name: &[u8]) -> Option<u32> {
        self.0.iter().find(|(_, known)| known.as_bytes() == name).map(|(index, _)| *index)
    }

    /// The index of the link of this name or, where there is none, of the one whose name is shown as this text.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<u32> {
        let shown = || self.index(ByteString::from_escaped(name)?.as_bytes());
        self.index(name.as_bytes()).or_else(shown)
    }

    /// The name or, for a link that is not there, `if` with its index, as iproute2 has it.
    #[must_use]
    pub fn name(&self, ifindex: u32) -> ByteString {
        self.get(ifindex).cloned().unwrap_or_else(|| ByteString::from(format!("if{ifindex}").as_str()))
    }
}

impl FromIterator<(u32, ByteString)> for LinkNames {
    fn from_iter<I: IntoIterator<Item = (u32, ByteString)>>(names: I) -> Self {
        Self(names.into_iter().collect())
    }
}

impl Extend<(u32, ByteString)> for LinkNames {
    fn extend<I: IntoIterator<Item = (u32, ByteString)>>(&mut self, names: I) {
        self.0.extend(names);
    }
}

impl<'a> FromIterator<&'a Link> for LinkNames {
    fn from_iter<I: IntoIterator<Item = &'a Link>>(links: I) -> Self {
        Self(links.into_iter().map(|link| (link.ifindex, link.ifname.clone())).collect())
    }
}

impl Netlink {
    /// The names of all links.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn link_names(&self) -> Result<LinkNames> {
        Ok(self.list::<Link>(&LinkFilter::default())?.iter().collect())
    }

    /// The name of one link, `None` when it is not there: asked for alone, which takes the kernel a thousandth of what a
    /// dump of a thousand links does.
    ///
    /// # Errors
    /// What the system says, other than that there is no such link.
    pub fn link_name(&self, ifindex: u32) -> Result<Option<ByteString>> {
        match sys::netlink::link_name(self.names.as_fd(), ifindex) {
            Ok(name) => Ok(Some(name.split(|octet| *octet == 0).next().unwrap_or_default().into())),
            Err(error) if matches!(error.raw_os_error(), Some(libc::ENODEV | libc::ENXIO)) => Ok(None),
            Err(error) => Err(Error::io(format!("ask for the name of link {ifindex}"), error)),
        }
    }
}
