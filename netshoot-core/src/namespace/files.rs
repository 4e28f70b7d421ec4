//! `/proc/net` and sysfs as they are in a namespace, whichever one the caller is in.
//!
//! `/proc/net` shows the namespace of the process's first thread, and `/sys/class/net` that of whoever mounted sysfs; both
//! are wrong as soon as another namespace is meant. An opened file goes on showing what it was opened for.

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use super::Namespace;
use crate::byte_string::ByteString;
use crate::error::{Error, ErrorKind, Result};
use crate::sys;

/// The sysfs of a network namespace, mounted nowhere and for reading only: no other process sees it, and nothing of the
/// host changes. It is gone when this is.
#[derive(Debug)]
pub struct Sysfs {
    root: OwnedFd,
}

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
            check(name, || format!("open \"{}\" below /proc/net", ByteString::from(*name).shortened()))?;
        }
        self.run(|| names.iter().map(|name| File::open(Path::new(PROC_NET).join(name))).collect())
    }

    /// The sysfs of the namespace: `/sys/class/net` shows the namespace of whoever mounted it, this one shows this.
    ///
    /// Most of what is there is told by netlink, too, without the right that this needs.
    ///
    /// # Errors
    /// [`PermissionDenied`](ErrorKind::PermissionDenied) without `CAP_SYS_ADMIN`;
    /// [`Unsupported`](ErrorKind::Unsupported) before Linux 5.2.
    pub fn sysfs(&self) -> Result<Sysfs> {
        let root = self.run(sys::namespace::mount_sysfs)?.map_err(|error| {
            let operation = format!("mount sysfs of network namespace {self}");
            match error.raw_os_error() {
                Some(libc::EPERM) => Error::io(operation, error)
                    .with_hint("needs CAP_SYS_ADMIN in the user namespace that owns the network namespace"),
                Some(libc::ENOSYS) => {
                    Error::new(ErrorKind::Unsupported, operation).with_detail("the kernel is older than Linux 5.2")
                }
                _ => Error::io(operation, error),
            }
        })?;
        Ok(Sysfs { root })
    }
}

impl Sysfs {
    /// The names of the namespace's links, in order.
    ///
    /// # Errors
    /// As [`entries`](Self::entries).
    pub fn links(&self) -> Result<Vec<ByteString>> {
        // A bonding master's list of all is a file beside the links.
        let path = self.path("class/net")?;
        let mut names = Vec::new();
        for name in self.entries("class/net")? {
            if fs::metadata(path.join(std::ffi::OsStr::from_bytes(name.as_bytes()))).is_ok_and(|entry| entry.is_dir()) {
                names.push(name);
            }
        }
        Ok(names)
    }

    /// The names in a folder such as `class/net`, in order.
    ///
    /// # Errors
    /// When there is no such folder; [`InvalidInput`](ErrorKind::InvalidInput) when `path` leads elsewhere.
    pub fn entries(&self, path: &str) -> Result<Vec<ByteString>> {
        let failed = |error| Error::io(format!("list {path} in sysfs"), error);
        let mut names = Vec::new();
        for entry in fs::read_dir(self.path(path)?).map_err(failed)? {
            names.push(ByteString::from(entry.map_err(failed)?.file_name().as_bytes()));
        }
        names.sort();
        Ok(names)
    }

    /// The octets of a file such as `class/net/eth0/carrier_changes`, without the line feed at its end.
    ///
    /// # Errors
    /// When it is not there or may not be read, or what it would tell is not known;
    /// [`InvalidInput`](ErrorKind::InvalidInput) when `path` leads elsewhere.
    pub fn read(&self, path: &str) -> Result<Vec<u8>> {
        let read = fs::read(self.path(path)?);
        let mut octets = read.map_err(|error| Error::io(format!("read {path} in sysfs"), error))?;
        if octets.last() == Some(&b'\n') {
            octets.pop();
        }
        Ok(octets)
    }

    /// The path to what is at `path` within; through the descriptor, as it is mounted nowhere.
    fn path(&self, path: &str) -> Result<PathBuf> {
        check(path, || format!("open \"{}\" in sysfs", ByteString::from(path).shortened()))?;
        Ok(PathBuf::from(format!("/proc/thread-self/fd/{}/{path}", self.root.as_raw_fd())))
    }
}

impl AsFd for Sysfs {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.root.as_fd()
    }
}

/// Refuses a path that could lead elsewhere.
fn check(path: &str, operation: impl FnOnce() -> String) -> Result<()> {
    if !path.is_empty() && Path::new(path).components().all(|part| matches!(part, Component::Normal(_))) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidInput, operation()).with_detail("a path has no leading slash and no .. or ."))
}

/// The thread's own; `/proc/net` is that of the process's first thread.
const PROC_NET: &str = "/proc/thread-self/net";
