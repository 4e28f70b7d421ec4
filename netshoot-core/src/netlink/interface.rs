//! Interfaces: links with their addresses, what `ip address` shows.

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::{Address, Link, LinkFilter, Listing, Netlink};
use crate::error::Result;

/// A link and the addresses that it has.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Interface {
    /// The link.
    pub link: Link,
    /// Its addresses: IPv4 before IPv6, each in the kernel's order.
    pub addresses: Vec<Address>,
}

impl Netlink {
    /// Lists links with their addresses.
    ///
    /// The kernel is asked twice. An address whose link appeared between the two answers is left out, and a link that
    /// went is there without addresses; either is also marked as `interrupted` when the kernel noticed.
    ///
    /// # Errors
    /// As [`links`](Self::links).
    pub fn interfaces(&self) -> Result<Listing<Interface>> {
        self.interfaces_matching(&LinkFilter::default())
    }

    /// Lists the links that `filter` wants, with their addresses.
    ///
    /// # Errors
    /// As [`links`](Self::links).
    pub fn interfaces_matching(&self, filter: &LinkFilter) -> Result<Listing<Interface>> {
        let links = self.links_matching(filter)?;
        let addresses = self.addresses()?;
        Ok(Listing {
            interrupted: links.interrupted || addresses.interrupted,
            retries: links.retries + addresses.retries,
            notes: [links.notes, addresses.notes].concat(),
            unsupported: links.unsupported,
            consistency: links.consistency,
            namespace: links.namespace,
            taken_at: links.taken_at,
            items: join(links.items, addresses.items),
        })
    }
}

fn join(links: Vec<Link>, addresses: Vec<Address>) -> Vec<Interface> {
    let mut of_link: HashMap<u32, Vec<Address>, RandomState> =
        HashMap::with_capacity_and_hasher(links.len(), RandomState::default());
    for address in addresses {
        of_link.entry(address.ifindex).or_default().push(address);
    }
    let with_addresses = |link: Link| Interface { addresses: of_link.remove(&link.ifindex).unwrap_or_default(), link };
    links.into_iter().map(with_addresses).collect()
}
