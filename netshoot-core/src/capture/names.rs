//! Names that a capture tells of its addresses.

use std::collections::HashMap;
use std::net::IpAddr;

use super::OtherBlock;

/// The names of name resolution blocks, by address.
///
/// At most 65,536 addresses and 4 MiB of names are kept; the first name of an address stays.
#[derive(Clone, Debug, Default)]
pub struct Names {
    names: HashMap<IpAddr, Box<str>>,
    octets: usize,
    /// Names for which there was no room.
    pub left_out: u64,
}

impl Names {
    /// Adds the names of a block, if it is one of name resolution.
    pub fn add(&mut self, block: &OtherBlock<'_>) {
        for record in block.names() {
            if self.names.contains_key(&record.address) {
                continue;
            }
            if self.names.len() >= COUNT_LIMIT || self.octets + record.name.len() > OCTETS_LIMIT {
                self.left_out += 1;
                continue;
            }
            self.octets += record.name.len();
            self.names.insert(record.address, record.name.into());
        }
    }

    /// The name of an address.
    #[must_use]
    pub fn get(&self, address: IpAddr) -> Option<&str> {
        self.names.get(&address).map(AsRef::as_ref)
    }

    /// Every address with its name, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (IpAddr, &str)> {
        self.names.iter().map(|(address, name)| (*address, name.as_ref()))
    }

    /// How many addresses have a name.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether no address has a name.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

const COUNT_LIMIT: usize = 65_536;
const OCTETS_LIMIT: usize = 4 * 1024 * 1024;
