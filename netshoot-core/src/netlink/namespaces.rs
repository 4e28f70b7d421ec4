//! Names for the numbers by which a namespace knows others.

use std::collections::HashMap;
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;

use super::attribute::{self, Notes};
use super::{ByteString, Link, Netlink, request};
use crate::error::Result;
use crate::namespace::DIRECTORY;

impl Netlink {
    /// Fills in [`Link::link_netns`]; asks nothing when no link has its other end in another namespace.
    pub(super) fn name_namespaces(&self, links: &mut [Link]) -> Result<()> {
        if links.iter().all(|link| link.link_netnsid.is_none()) {
            return Ok(());
        }
        let names = self.names_by_number()?;
        for link in links {
            link.link_netns = link.link_netnsid.and_then(|number| names.get(&number)).cloned();
        }
        Ok(())
    }

    /// The numbers, in this namespace, of the namespaces named under `/run/netns`. Most have none.
    fn names_by_number(&self) -> Result<HashMap<i32, ByteString>> {
        let mut names = HashMap::new();
        for entry in fs::read_dir(DIRECTORY).into_iter().flatten().flatten().take(NAMES_LIMIT) {
            // A name that vanished, or that this user may not read, stays a number.
            let Ok(file) = File::open(entry.path()) else { continue };
            if let Ok(Some(number)) = self.number_of(&file) {
                names.insert(number, ByteString::from(entry.file_name().as_bytes()));
            }
        }
        Ok(names)
    }

    fn number_of(&self, file: &File) -> Result<Option<i32>> {
        let request = request::namespace_number(file.as_raw_fd().unsigned_abs());
        let mut number = None;
        self.ask("ask for a namespace's number", request, |message| {
            let attributes = message.payload.get(HEADER_LENGTH..).unwrap_or_default();
            attribute::each("nsid", attributes, HEADER_LENGTH, &mut Notes::default(), |attribute, notes| {
                if attribute.number == NETNSA_NSID {
                    number = attribute.i32(notes).filter(|number| *number >= 0);
                }
            });
        })?;
        Ok(number)
    }
}

/// `struct rtgenmsg`, padded.
const HEADER_LENGTH: usize = 4;
/// linux/net_namespace.h
const NETNSA_NSID: u16 = 1;
const NAMES_LIMIT: usize = 65_536;
