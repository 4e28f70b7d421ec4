//! Reading the counters of a namespace.

use std::fs::File;
use std::io::{self, Read};
use std::time::{Instant, SystemTime};

use super::{Counter, Counters, Source, Unavailable, parse};
use crate::error::{Error, ErrorKind, Result};
use crate::netlink::Netlink;

impl Netlink {
    /// Reads all counters of the namespace.
    ///
    /// # Errors
    /// When the namespace may not be entered. A source that is not there, or may not be read, is not an error: see
    /// [`Counters::unavailable`].
    ///
    /// # Examples
    /// ```
    /// # fn main() -> netshoot_core::Result<()> {
    /// use netshoot_core::namespace::Namespace;
    /// use netshoot_core::netlink::Netlink;
    ///
    /// let netlink = Netlink::open(&Namespace::current()?)?;
    /// let before = netlink.counters()?;
    /// let delta = netlink.counters()?.delta(&before);
    /// for change in delta.changes.iter().filter(|change| !change.difference.is_zero()) {
    ///     println!("{} {} ({:.1}/s)", change.counter.name, change.difference, change.rate);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn counters(&self) -> Result<Counters> {
        self.counters_of(Source::ALL)
    }

    /// Reads the counters of some sources, in the order given.
    ///
    /// # Errors
    /// As [`counters`](Self::counters).
    pub fn counters_of(&self, sources: &[Source]) -> Result<Counters> {
        let paths: Vec<&str> = sources.iter().map(|source| source.path()).collect();
        let files = self.namespace().open_proc_net_files(&paths)?;
        let mut counters = Counters::from_texts(SystemTime::now(), []);
        counters.namespace = Some(self.namespace().id());
        counters.instant = Some(Instant::now());
        let mut buffer = vec![0; BUFFER_LENGTH];
        for (source, file) in sources.iter().zip(files) {
            match file.and_then(|file| read(file, &mut buffer)) {
                Ok(text) => counters.add(parse(*source, text)),
                Err(error) => self.do_without(*source, error, &mut counters),
            }
            if *source == Source::Conntrack {
                counters.counters.extend(self.conntrack_setting("max", LIMIT));
            }
        }
        Ok(counters)
    }

    /// Where there is no file: connection tracking may be asked otherwise.
    fn do_without(&self, source: Source, error: io::Error, counters: &mut Counters) {
        let missing = error.kind() == io::ErrorKind::NotFound;
        let mut error = Error::io(format!("read /proc/net/{}", source.path()), error);
        if source == Source::Conntrack && missing && self.has_conntrack() {
            match self.conntrack_statistics() {
                Ok(found) => {
                    counters.counters.extend(self.conntrack_setting("entries", COUNT));
                    return counters.counters.extend(found);
                }
                Err(refused) => error = refused,
            }
        }
        let error = if error.kind() == ErrorKind::PermissionDenied && error.hint().is_none() {
            error.with_hint("needs CAP_NET_ADMIN in the namespace's user namespace, or to be root")
        } else {
            error
        };
        counters.unavailable.push(Unavailable { source, kind: error.kind(), text: error.to_string() });
    }

    /// How many connections there are, or may be, where that can be read.
    fn conntrack_setting(&self, field: &str, path: &str) -> Option<Counter> {
        let text = self.setting(path)?;
        Counter::new(Source::Conntrack, b"conntrack", None, field.as_bytes(), text.trim().parse().ok()?)
    }

    fn has_conntrack(&self) -> bool {
        self.setting(LIMIT).is_some()
    }

    /// `/proc/sys/net` shows the namespace of the thread that opens the file.
    fn setting(&self, path: &str) -> Option<String> {
        self.namespace().run(|| std::fs::read_to_string(path)).ok()?.ok()
    }
}

/// The whole file. It is made when the first octets are asked for, so that a large buffer gets it of one moment.
fn read(mut file: File, buffer: &mut Vec<u8>) -> io::Result<&[u8]> {
    let mut length = 0;
    loop {
        if length == buffer.len() {
            if length >= FILE_LIMIT {
                return Err(io::Error::other("the file is too long"));
            }
            buffer.resize(length * 2, 0);
        }
        match file.read(buffer.get_mut(length..).unwrap_or_default()) {
            Ok(0) => return Ok(buffer.get(..length).unwrap_or_default()),
            Ok(count) => length += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

const BUFFER_LENGTH: usize = 64 * 1024;
/// A million interfaces.
const FILE_LIMIT: usize = 256 * 1024 * 1024;
const COUNT: &str = "/proc/sys/net/netfilter/nf_conntrack_count";
const LIMIT: &str = "/proc/sys/net/netfilter/nf_conntrack_max";
