//! The names of links by their index: what everything that refers to a link needs to be shown.

use std::collections::HashMap;

use super::{ByteString, Link, LinkFilter, Netlink};
use crate::error::Result;

/// The names of a namespace's links, by index.
///
/// Made from one dump, however many objects refer to links.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkNames(HashMap<u32, ByteString>);

impl LinkNames {
    /// The name of the link with index `ifindex`.
    #[must_use]
    pub fn get(&self, ifindex: u32) -> Option<&ByteString> {
        self.0.get(&ifindex)
    }

    /// The name or, for a link that is not there, `if` with its index, as iproute2 has it.
    #[must_use]
    pub fn name(&self, ifindex: u32) -> ByteString {
        self.get(ifindex).cloned().unwrap_or_else(|| ByteString::from(format!("if{ifindex}").as_str()))
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
}
