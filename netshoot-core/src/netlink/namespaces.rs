//! The numbers by which a namespace knows others, with names for them, and all namespaces of the host with theirs.

use std::collections::HashMap;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::ffi::OsStrExt;
use std::time::SystemTime;
use std::{fs, io};

use super::attribute::{self, Notes};
use super::request::Request;
use super::{AnyChange, ByteString, Event, EventKind, Link, Netlink, request};
use crate::error::{Error, ErrorKind, Result};
use crate::namespace::{Answer, DIRECTORY, Namespace, Namespaces};

/// A name that `ip netns add` gave a network namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct NamespaceName {
    /// The name; that its namespace is still there is not said.
    pub name: ByteString,
    /// The number by which the namespace that was asked knows it; most have none.
    pub id: Option<i32>,
}

/// A number by which a network namespace knows another.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct NamespaceNumber {
    /// The number, in the namespace that the question was about.
    pub nsid: i32,
    /// The number that the namespace which was asked has for the same, if the question was about another; -1 for none.
    pub current_nsid: Option<i32>,
    /// Its name under `/run/netns`.
    pub name: Option<ByteString>,
}

impl Netlink {
    /// All network namespaces of the host, as [`Namespace::list`] has them, with the numbers by which this handle's
    /// namespace knows them.
    ///
    /// # Errors
    /// As [`Namespace::list`]. What may not be read is told item by item.
    pub fn namespaces(&self) -> Result<Namespaces> {
        let mut list = Namespace::list()?;
        for info in &mut list.namespaces {
            let number = info.open().and_then(|namespace| self.number_of(&namespace));
            info.nsid = Answer::of(number, "CAP_SYS_PTRACE", &mut list.denied, || format!("number of {}", info.id));
        }
        Ok(list)
    }

    /// The names under `/run/netns` in the order of the folder, with the numbers that this handle's namespace has for
    /// them. There is no error in a folder that is not there.
    ///
    /// # Errors
    /// When the folder may not be read, or the system has no more descriptors.
    pub fn namespace_names(&self) -> Result<Vec<NamespaceName>> {
        let failed = |error| Error::io(format!("list names in {DIRECTORY}"), error);
        let entries = match fs::read_dir(DIRECTORY) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut names = Vec::new();
        for entry in entries.take(NAMES_LIMIT) {
            let entry = entry.map_err(failed)?;
            let namespace = match Namespace::from_path(entry.path()) {
                Ok(namespace) => Some(namespace),
                // What vanished, what this user may not read, and what is no namespace has no number.
                Err(error) if is_of_one(error.kind()) => None,
                Err(error) => return Err(error),
            };
            let id = namespace.and_then(|namespace| self.number_of(&namespace).ok().flatten());
            names.push(NamespaceName { name: ByteString::from(entry.file_name().as_bytes()), id });
        }
        Ok(names)
    }

    /// The numbers of other namespaces that this handle's namespace has or, with `target`, that the namespace has which
    /// this one knows by that number.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn namespace_numbers(&self, target: Option<i32>) -> Result<Vec<NamespaceNumber>> {
        self.numbers(request::namespace_numbers(target))
    }

    /// What is known of the namespace with one number; as [`namespace_numbers`](Self::namespace_numbers).
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn namespace_number(&self, number: i32, target: Option<i32>) -> Result<Option<NamespaceNumber>> {
        Ok(self.numbers(request::namespace_of_number(number, target))?.pop())
    }

    fn numbers(&self, request: Request) -> Result<Vec<NamespaceNumber>> {
        let mut numbers = Vec::new();
        self.ask("list namespace numbers", request, |message| numbers.extend(number(message.payload)))?;
        let names = self.names_by_number()?;
        for one in &mut numbers {
            one.name = names.get(&one.current_nsid.unwrap_or(one.nsid)).cloned();
        }
        Ok(numbers)
    }

    /// Fills in [`Link::link_netns`]; asks nothing when no link has its other end in another namespace. Where the names
    /// cannot be read, the numbers stand alone.
    pub(super) fn name_namespaces(&self, links: &mut [Link]) {
        if links.iter().all(|link| link.link_netnsid.is_none()) {
            return;
        }
        let names = self.names_by_number().unwrap_or_default();
        for link in links {
            link.link_netns = link.link_netnsid.and_then(|number| names.get(&number)).cloned();
        }
    }

    /// Fills in [`Link::link_netns`] of a change that a watch tells.
    pub(super) fn name_namespace_of(&self, event: &mut Event, known: &mut KnownNames) {
        let EventKind::Change(AnyChange::Link(change)) = &mut event.what else { return };
        for link in [&mut change.old, &mut change.new].into_iter().flatten() {
            // Without an answer the number stands.
            link.link_netns = link.link_netnsid.and_then(|number| known.get(number, self).ok().flatten());
        }
    }

    /// The numbers, in this namespace, of the namespaces named under `/run/netns`. Most have none.
    fn names_by_number(&self) -> Result<HashMap<i32, ByteString>> {
        let mut names = HashMap::new();
        for NamespaceName { name, id } in self.namespace_names()? {
            // The first name stands, as with `ip`.
            if let Some(id) = id {
                names.entry(id).or_insert(name);
            }
        }
        Ok(names)
    }

    fn number_of(&self, file: &impl AsFd) -> Result<Option<i32>> {
        let request = request::namespace_number(file.as_fd().as_raw_fd().unsigned_abs());
        let mut found = None;
        self.ask("ask for a namespace's number", request, |message| {
            found = number(message.payload).map(|number| number.nsid).filter(|number| *number >= 0);
        })?;
        Ok(found)
    }
}

/// Whether an error is that of one name, and says nothing of the others.
fn is_of_one(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::PermissionDenied | ErrorKind::InvalidInput)
}

/// Names that were looked up, and numbers that have none, which hold until a name comes or goes.
#[derive(Debug, Default)]
pub(super) struct KnownNames {
    names: HashMap<i32, Option<ByteString>>,
    changed: Option<SystemTime>,
}

impl KnownNames {
    fn get(&mut self, number: i32, netlink: &Netlink) -> Result<Option<ByteString>> {
        let changed = fs::metadata(DIRECTORY).and_then(|folder| folder.modified()).ok();
        if self.changed != changed {
            (self.names, self.changed) = (HashMap::new(), changed);
        }
        if let Some(name) = self.names.get(&number) {
            return Ok(name.clone());
        }
        self.names.extend(netlink.names_by_number()?.into_iter().map(|(number, name)| (number, Some(name))));
        Ok(self.names.entry(number).or_default().clone())
    }
}

/// Reads an `RTM_NEWNSID`.
fn number(payload: &[u8]) -> Option<NamespaceNumber> {
    let attributes = payload.get(HEADER_LENGTH..)?;
    let (mut nsid, mut current_nsid) = (None, None);
    attribute::each("nsid", attributes, HEADER_LENGTH, &mut Notes::default(), |attribute, notes| {
        match attribute.number {
            NETNSA_NSID => nsid = attribute.i32(notes),
            NETNSA_CURRENT_NSID => current_nsid = attribute.i32(notes),
            _ => {}
        }
    });
    Some(NamespaceNumber { nsid: nsid?, current_nsid, name: None })
}

/// `struct rtgenmsg`, padded.
const HEADER_LENGTH: usize = 4;
/// linux/net_namespace.h
const NETNSA_NSID: u16 = 1;
/// linux/net_namespace.h
const NETNSA_CURRENT_NSID: u16 = 5;
const NAMES_LIMIT: usize = 65_536;
