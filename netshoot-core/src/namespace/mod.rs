//! Network namespaces: run a query, or make a socket, inside another one.
//!
//! The namespace of a process belongs to its threads. This room never moves the caller's thread: work for another
//! namespace runs in a short-lived thread of its own, which ends instead of going back. A socket stays for its whole
//! life in the namespace that it was made in, so what is made here may be used from any thread. This is the one place
//! of the library where sockets are made.
//!
//! An open [`Namespace`] keeps the namespace alive, even when its name is removed and its last process ends.

pub(crate) mod container;
mod files;
mod find;
mod list;
mod mounts;
mod process;

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use socket2::{Domain, Protocol, Socket, Type};

pub use files::Sysfs;
pub use list::{Answer, BindMount, Denied, NamespaceDescriptor, NamespaceInfo, Namespaces, Process, Processes};

use crate::byte_string::ByteString;
use crate::error::{Error, ErrorKind, Result};
use crate::sys;

/// A network namespace, held open.
///
/// Cloning is cheap: clones share one descriptor.
#[derive(Clone, Debug)]
pub struct Namespace {
    descriptor: Arc<OwnedFd>,
    id: NamespaceId,
    origin: Origin,
}

/// What tells one network namespace from another on a running host: device and inode of its file in nsfs.
///
/// The kernel may give the number of a namespace that is gone to a new one; hold a [`Namespace`] to prevent that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct NamespaceId {
    /// Device number of nsfs.
    pub device: u64,
    /// Inode number, the one that `readlink /proc/self/ns/net` shows.
    pub inode: u64,
}

#[derive(Clone, Debug)]
enum Origin {
    Current,
    Name(ByteString),
    Process(u32),
    Path(PathBuf),
    Descriptor,
}

impl Namespace {
    /// The namespace of the calling thread.
    ///
    /// # Errors
    /// When `/proc` is not mounted, and the right to ask a socket instead (`CAP_NET_ADMIN`) is missing.
    pub fn current() -> Result<Self> {
        Self::open(Path::new(CURRENT), Origin::Current).or_else(|error| Self::of_own_socket().ok_or(error))
    }

    fn of_own_socket() -> Option<Self> {
        let socket = Socket::new(Domain::UNIX, Type::DGRAM, None).ok()?;
        let descriptor = sys::namespace::network_namespace_of_socket(socket.as_fd()).ok()?;
        Self::check(descriptor, Origin::Current).ok()
    }

    /// The namespace that `ip netns add` made under `name`, found in `/run/netns`; where there is none of that name, the one
    /// whose name is shown so.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when there is none of that name, or its file is still there but the
    /// namespace is not; [`InvalidInput`](ErrorKind::InvalidInput) when `name` is not a plain file name.
    pub fn named(name: impl AsRef<OsStr>) -> Result<Self> {
        let octets = name.as_ref().as_bytes();
        let shown =
            || ByteString::from_escaped(std::str::from_utf8(octets).ok()?).filter(|name| name.as_bytes() != octets);
        Self::of_name(octets).or_else(|error| match shown() {
            Some(name) if error.kind() == ErrorKind::NotFound => Self::of_name(name.as_bytes()).map_err(|_| error),
            _ => Err(error),
        })
    }

    fn of_name(octets: &[u8]) -> Result<Self> {
        let origin = Origin::Name(octets.into());
        if [&b""[..], b".", b".."].contains(&octets) || octets.iter().any(|octet| matches!(octet, b'/' | 0)) {
            return Err(Error::new(ErrorKind::InvalidInput, format!("open network namespace {origin}"))
                .with_detail("a name has no slash and is not empty"));
        }
        Self::open(&Path::new(DIRECTORY).join(OsStr::from_bytes(octets)), origin)
    }

    /// The namespace that a file stands for, such as `/proc/1/ns/net` or a container runtime's bind mount.
    ///
    /// # Errors
    /// When the file cannot be opened or is not a network namespace; a FIFO is refused like any other file.
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self> {
        Self::open(path.as_ref(), Origin::Path(path.as_ref().to_owned()))
    }

    /// The namespace that an open descriptor refers to.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) when it is not a network namespace.
    pub fn from_descriptor(descriptor: OwnedFd) -> Result<Self> {
        Self::check(descriptor, Origin::Descriptor)
    }

    /// Device and inode number, equal for every handle on the same namespace.
    #[must_use]
    pub fn id(&self) -> NamespaceId {
        self.id
    }

    /// The number that the kernel gives a namespace once and never again until it restarts, since Linux 5.14.
    ///
    /// # Errors
    /// When the namespace may not be entered; [`Unsupported`](ErrorKind::Unsupported) on an older kernel.
    pub fn cookie(&self) -> Result<u64> {
        let socket = self.socket(Domain::UNIX, Type::DGRAM, None)?;
        sys::namespace::cookie(socket.as_fd()).map_err(|error| {
            let operation = format!("ask for the cookie of network namespace {self}");
            match error.raw_os_error() {
                Some(libc::ENOPROTOOPT) => {
                    Error::new(ErrorKind::Unsupported, operation).with_detail("the kernel is older than Linux 5.14")
                }
                _ => Error::io(operation, error),
            }
        })
    }

    /// Runs `work` inside the namespace, in a short-lived thread with all signals blocked, and waits for it.
    ///
    /// Entering a namespace other than the caller's needs `CAP_SYS_ADMIN`; the caller's own needs nothing.
    ///
    /// # Errors
    /// When the thread cannot be started, may not enter, or `work` panics.
    ///
    /// # Examples
    /// ```
    /// # fn main() -> netshoot_core::Result<()> {
    /// use netshoot_core::namespace::Namespace;
    /// let listener = Namespace::current()?.run(|| std::net::TcpListener::bind("127.0.0.1:0"))?;
    /// assert!(listener.is_ok());
    /// # Ok(())
    /// # }
    /// ```
    pub fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T> {
        thread::scope(|scope| {
            let thread = thread::Builder::new()
                .name("netshoot-netns".to_owned())
                .spawn_scoped(scope, || {
                    sys::namespace::block_signals();
                    self.enter().map(|()| work())
                })
                .map_err(|error| {
                    Error::io(format!("start a thread for network namespace {self}"), error)
                        .with_hint("the process or its container is at its limit of threads (ulimit -u, pids.max)")
                })?;
            thread.join().map_err(|_| {
                Error::new(ErrorKind::Io, format!("run in network namespace {self}")).with_detail("the work panicked")
            })?
        })
    }

    /// Makes a socket in the namespace; it may be used from any thread and stays there.
    ///
    /// # Errors
    /// The system's answer; for a raw or packet socket without the right, with the capability named in the hint.
    pub fn socket(&self, domain: Domain, kind: Type, protocol: Option<Protocol>) -> Result<Socket> {
        let made = if self.is_current() {
            Socket::new(domain, kind, protocol)
        } else {
            self.run(|| Socket::new(domain, kind, protocol))?
        };
        made.map_err(|error| self.socket_error(domain, kind, error))
    }

    fn open(path: &Path, origin: Origin) -> Result<Self> {
        // Looked at before it is opened: a FIFO would wait for its writer, and a device may do things when it is opened.
        // What a path within a container leads to is up to the container.
        let file = OpenOptions::new().read(true).custom_flags(libc::O_PATH | libc::O_CLOEXEC).open(path);
        let pinned = file.map_err(|error| open_error(&origin, error))?;
        let metadata = pinned.metadata().map_err(|error| open_error(&origin, error))?;
        let nsfs = nsfs();
        if nsfs.is_some_and(|nsfs| nsfs != metadata.dev()) {
            return Err(not_in_nsfs(&origin, &metadata));
        }
        // Opened by its descriptor, so that it is what was looked at; without /proc by its path again.
        let by_descriptor = PathBuf::from(format!("/proc/thread-self/fd/{}", pinned.as_raw_fd()));
        let path = if nsfs.is_some() { by_descriptor.as_path() } else { path };
        let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC).open(path);
        let file = file.map_err(|error| open_error(&origin, error))?;
        Self::check(file.into(), origin)
    }

    fn check(descriptor: OwnedFd, origin: Origin) -> Result<Self> {
        if !matches!(sys::namespace::is_network_namespace(descriptor.as_fd()), Ok(true)) {
            return Err(not_a_namespace(&origin));
        }
        let file = File::from(descriptor);
        let metadata = file.metadata().map_err(|error| open_error(&origin, error))?;
        let id = NamespaceId { device: metadata.dev(), inode: metadata.ino() };
        Ok(Self { descriptor: Arc::new(file.into()), id, origin })
    }

    /// Whether the calling thread is already there, so that no right is needed to enter.
    fn is_current(&self) -> bool {
        std::fs::metadata(CURRENT).is_ok_and(|now| NamespaceId { device: now.dev(), inode: now.ino() } == self.id)
    }

    fn enter(&self) -> Result<()> {
        if self.is_current() {
            return Ok(());
        }
        sys::namespace::enter_network_namespace(self.as_fd()).map_err(|error| {
            let error = Error::io(format!("enter network namespace {self}"), error);
            match error.kind() {
                ErrorKind::PermissionDenied => error.with_hint(
                    "needs CAP_SYS_ADMIN, both here and in the user namespace that owns the network namespace",
                ),
                _ => error,
            }
        })
    }

    fn socket_error(&self, domain: Domain, kind: Type, error: io::Error) -> Error {
        let family = i32::from(domain);
        let name = match family {
            libc::AF_INET => "AF_INET".to_owned(),
            libc::AF_INET6 => "AF_INET6".to_owned(),
            libc::AF_NETLINK => "AF_NETLINK".to_owned(),
            libc::AF_PACKET => "AF_PACKET".to_owned(),
            libc::AF_UNIX => "AF_UNIX".to_owned(),
            _ => format!("family {family}"),
        };
        let error = Error::io(format!("open {name} socket in network namespace {self}"), error);
        let raw = family == libc::AF_PACKET || (kind == Type::RAW && family != libc::AF_NETLINK);
        match error.kind() {
            ErrorKind::PermissionDenied if raw => error.with_hint("needs CAP_NET_RAW"),
            _ => error,
        }
    }
}

impl AsFd for Namespace {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

impl PartialEq for Namespace {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Namespace {}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Descriptor => write!(f, "{}", self.id),
            origin => write!(f, "{origin}"),
        }
    }
}

impl fmt::Display for NamespaceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "net:[{}]", self.inode)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Current => f.write_str("of this thread"),
            Self::Name(name) => write!(f, "\"{}\"", name.shortened()),
            Self::Process(pid) => write!(f, "of process {pid}"),
            Self::Path(path) => f.write_str(&ByteString::from(path.as_os_str().as_bytes()).shortened()),
            Self::Descriptor => f.write_str("of a descriptor"),
        }
    }
}

/// The numbers of all processes that `/proc` shows; `operation` says in errors what they are looked at for.
pub(crate) fn processes(operation: &'static str) -> Result<Vec<u32>> {
    let entries = std::fs::read_dir("/proc").map_err(|error| proc_error(operation, error))?;
    let pids: Vec<u32> = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    if pids.is_empty() {
        // There would be at least this one.
        let error = Error::new(ErrorKind::NotFound, operation).with_detail("/proc shows no process");
        return Err(error.with_hint(NO_PROC));
    }
    Ok(pids)
}

/// Whether `/proc` hides processes (`hidepid`): the first one is in every namespace of processes.
pub(crate) fn hides_processes(pids: &[u32]) -> bool {
    !pids.contains(&1)
}

/// The device of the file system that namespaces are files of.
fn nsfs() -> Option<u64> {
    std::fs::metadata(CURRENT).ok().map(|metadata| metadata.dev())
}

/// The system's answer to a question about what is below `/proc` whenever that is mounted.
fn proc_error(operation: impl Into<Cow<'static, str>>, error: io::Error) -> Error {
    let error = Error::io(operation, error);
    if error.kind() == ErrorKind::NotFound { error.with_hint(NO_PROC) } else { error }
}

fn open_error(origin: &Origin, error: io::Error) -> Error {
    let system = error.raw_os_error();
    let operation = format!("open network namespace {origin}");
    let is_in_proc = match origin {
        Origin::Current | Origin::Process(_) => true,
        Origin::Path(path) => path.starts_with("/proc"),
        _ => false,
    };
    if is_in_proc && nsfs().is_none() {
        return proc_error(operation, error);
    }
    let error = Error::io(operation, error);
    match (origin, system) {
        (Origin::Process(_), Some(libc::ENOENT)) => error.with_hint("no such process, or it has ended"),
        (Origin::Name(_), Some(libc::ENOENT)) => {
            error.with_hint("`ip netns list` shows the names there are; a container has a pid, not a name")
        }
        (Origin::Process(_) | Origin::Path(_), Some(libc::EACCES | libc::EPERM)) => {
            error.with_hint("needs CAP_SYS_PTRACE, or to be run as the process's user")
        }
        _ => error,
    }
}

fn not_a_namespace(origin: &Origin) -> Error {
    Error::new(ErrorKind::InvalidInput, format!("open network namespace {origin}"))
        .with_detail("not a network namespace")
}

/// What is no file of nsfs: where a name's namespace is gone, the empty file is left that it was mounted upon.
fn not_in_nsfs(origin: &Origin, metadata: &std::fs::Metadata) -> Error {
    if !matches!(origin, Origin::Name(_)) || !metadata.is_file() || metadata.len() > 0 {
        return not_a_namespace(origin);
    }
    Error::new(ErrorKind::NotFound, format!("open network namespace {origin}"))
        .with_detail("its file is there, but the namespace is gone or mounted elsewhere")
        .with_hint("`ip netns add` and `ip netns delete` must run in the same mount namespace as this process")
}

const NO_PROC: &str = "is /proc mounted?";
/// Where `ip netns` binds the namespaces that it names.
pub(crate) const DIRECTORY: &str = "/run/netns";
/// The calling thread's; `/proc/self/ns/net` would be that of the process's first thread.
const CURRENT: &str = "/proc/thread-self/ns/net";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permission_denied_has_the_same_hint_for_a_process_and_its_path() {
        for origin in [Origin::Process(1), Origin::Path("/proc/1/ns/net".into())] {
            for number in [libc::EACCES, libc::EPERM] {
                let error = open_error(&origin, io::Error::from_raw_os_error(number));
                assert_eq!(error.kind(), ErrorKind::PermissionDenied);
                assert_eq!(error.hint(), Some("needs CAP_SYS_PTRACE, or to be run as the process's user"));
            }
        }
    }
}
