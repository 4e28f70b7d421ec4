//! `/proc/net` and sysfs as they are in a namespace, whichever one the caller is in.
//!
//! `/proc/net` shows the namespace of the process's first thread, and `/sys/class/net` that of whoever mounted sysfs; both
//! are wrong as soon as another namespace is meant. An opened file goes on showing what it was opened for.

use std::fs::File;
use std::io;
use std::path::Path;

use super::Namespace;
use crate::error::{Error, ErrorKind, Result};

impl Namespace {
    /// Opens a file below `/proc/net` as it is in the namespace, such as `snmp` or `stat/nf_conntrack`.
    ///
    /// # Errors
    /// When the namespace may not be entered, or the file is not there; [`InvalidInput`](ErrorKind::InvalidInput) when
    /// `name` leads elsewhere.
    pub fn open_proc_net(&self, name: &str) -> Result<File> {
        let mut files = self.open_proc_net_files(&[name])?;
        let file = files.pop().unwrap_or_else(|| Err(io::ErrorKind::NotFound.into()));
        file.map_err(|error| Error::io(format!("open /proc/net/{name} in network namespace {self}"), error))
    }

    /// Opens several at once, entering the namespace once.
    pub(crate) fn open_proc_net_files(&self, names: &[&str]) -> Result<Vec<io::Result<File>>> {
        for name in names {
            let parts = Path::new(name).components();
            if name.is_empty() || !parts.into_iter().all(|part| matches!(part, std::path::Component::Normal(_))) {
                return Err(Error::new(ErrorKind::InvalidInput, format!("open {name:?} below /proc/net"))
                    .with_detail("a name has no leading slash and no .."));
            }
        }
        self.run(|| names.iter().map(|name| File::open(Path::new(PROC_NET).join(name))).collect())
    }
}

/// The thread's own; `/proc/net` is that of the process's first thread.
const PROC_NET: &str = "/proc/thread-self/net";
