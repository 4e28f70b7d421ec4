//! Sockets as JSON, which `ss` has not: the library's own form, a list for each kind under the keys of a snapshot.

use std::io::{self, Write};
use std::time::SystemTime;

use netshoot_core::namespace::NamespaceId;
use netshoot_core::netlink::{Object, json};
use serde::Serialize;

/// One object, written as the sockets come.
pub(super) struct OwnJson {
    namespace: NamespaceId,
    taken_at: SystemTime,
    /// The kind whose list is open.
    open: Option<&'static str>,
    has_any: bool,
}

impl OwnJson {
    /// An object of sockets that are asked for from now on.
    pub(super) fn new(namespace: NamespaceId) -> Self {
        Self { namespace, taken_at: SystemTime::now(), open: None, has_any: false }
    }

    /// Begins the list of a kind, unless it is open.
    pub(super) fn begin<T: Object>(&mut self, out: &mut impl Write) -> io::Result<()> {
        let kind = T::KIND.name();
        if self.open == Some(kind) {
            return Ok(());
        }
        match self.open.replace(kind) {
            Some(_) => out.write_all(b"]")?,
            None => self.head(out)?,
        }
        self.has_any = false;
        write!(out, ",\"{kind}s\":[")
    }

    /// Adds a socket to the list of its kind.
    pub(super) fn put<T: Object + Serialize>(&mut self, out: &mut impl Write, socket: &T) -> io::Result<()> {
        self.begin::<T>(out)?;
        if std::mem::replace(&mut self.has_any, true) {
            out.write_all(b",")?;
        }
        Ok(serde_json::to_writer(out, socket)?)
    }

    pub(super) fn finish(&mut self, out: &mut impl Write) -> io::Result<()> {
        match self.open.take() {
            Some(_) => out.write_all(b"]")?,
            None => self.head(out)?,
        }
        out.write_all(b"}\n")
    }

    fn head(&self, out: &mut impl Write) -> io::Result<()> {
        let Self { namespace, taken_at, .. } = self;
        write!(
            out,
            "{{\"schema_version\":{},\"kind\":\"sockets\",\"namespace\":{},\"taken_at\":\"{}\"",
            json::SCHEMA_VERSION,
            json::value(namespace),
            json::time(*taken_at)
        )
    }
}
