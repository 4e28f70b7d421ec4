//! Names that a capture tells of its addresses.

use std::collections::HashMap;
use std::io::Read;
use std::net::IpAddr;
use std::ops::ControlFlow;

use super::{NameRecords, OtherBlock, Reader};
use crate::{ErrorKind, Result};

/// The names of name resolution blocks, by address.
///
/// At most 65,536 addresses and 4 MiB of names are kept; of an address, the last name that fits (as in Wireshark).
#[derive(Clone, Debug, Default)]
pub struct Names {
    names: HashMap<IpAddr, Box<str>>,
    octets: usize,
    /// Names for which there was no room.
    pub left_out: u64,
}

impl Names {
    /// Reads a capture to its end; damage ends it. `progress` is called now and then with the octets that were read, and can
    /// end it early.
    ///
    /// # Errors
    /// [`ErrorKind::TimedOut`] of a stream that waits.
    pub fn read<R: Read>(reader: &mut Reader<R>, mut progress: impl FnMut(u64) -> ControlFlow<()>) -> Result<Self> {
        reader.keep_names();
        let mut frames = 0_u64;
        loop {
            match reader.next_frame() {
                Ok(Some(_)) => frames += 1,
                Err(error) if error.kind() == ErrorKind::TimedOut => return Err(error),
                Ok(None) | Err(_) => break,
            }
            if frames.is_multiple_of(PROGRESS_FRAMES) && progress(reader.offset()).is_break() {
                break;
            }
        }
        Ok(reader.names().cloned().unwrap_or_default())
    }

    /// Adds the names of a block, if it is one of name resolution.
    pub fn add(&mut self, block: &OtherBlock<'_>) {
        self.take(block.names());
    }

    pub(super) fn take(&mut self, records: NameRecords<'_>) {
        for record in records {
            let old = self.names.get(&record.address).map(|name| name.len());
            let octets = self.octets - old.unwrap_or(0) + record.name.len();
            if old.is_none() && self.names.len() >= COUNT_LIMIT || octets > OCTETS_LIMIT {
                self.left_out += 1;
                continue;
            }
            self.octets = octets;
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

const PROGRESS_FRAMES: u64 = 4096;
const COUNT_LIMIT: usize = 65_536;
const OCTETS_LIMIT: usize = 4 * 1024 * 1024;
