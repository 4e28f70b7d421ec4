//! Who holds a socket: one scan of the descriptors of all processes.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::sync::Arc;

use super::super::ByteString;
use super::{InetSocket, NetlinkDiagSocket, PacketSocket, UnixSocket};
use crate::error::{Error, Result};
use crate::namespace::{hides_processes, processes};
use crate::sys::descriptors::LinkScan;

/// A process's descriptor of a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Owner {
    /// The process.
    pub pid: u32,
    /// The process's name, at most 15 octets.
    pub comm: ByteString,
    /// The number of the descriptor.
    pub fd: u32,
    /// The id of the container that the process is in.
    pub container: Option<Box<str>>,
}

/// The sockets of all processes, by inode.
#[derive(Clone, Debug, Default)]
pub struct Owners {
    by_inode: HashMap<u32, Vec<Descriptor>>,
    unreadable: usize,
    refused: Option<Refused>,
}

/// Why a process could not be looked into.
#[derive(Clone, Copy, Debug)]
enum Refused {
    Right(i32),
    System(i32),
}

#[derive(Clone, Debug)]
struct Descriptor {
    process: Arc<Process>,
    fd: u32,
}

#[derive(Debug)]
struct Process {
    pid: u32,
    comm: ByteString,
    container: Option<Box<str>>,
}

/// A socket that processes hold.
pub trait Owned {
    /// Inode of its file; 0 where there is none.
    fn inode(&self) -> u32;
    /// Where its owners belong.
    fn owners_mut(&mut self) -> &mut Vec<Owner>;
}

impl Owners {
    /// Looks through the descriptors of all processes that may be read, with one descriptor of its own at a time.
    ///
    /// A socket keeps its namespace wherever its holder is, so processes of all namespaces are read. Those of other users
    /// need `CAP_SYS_PTRACE`; what could not be read is counted in [`unreadable`](Self::unreadable).
    ///
    /// # Errors
    /// When `/proc` cannot be read.
    pub fn scan() -> Result<Self> {
        let mut owners = Self::default();
        let mut scan = Scan { links: LinkScan::new(), sockets: Vec::new() };
        let pids = processes("look for processes of sockets")?;
        if hides_processes(&pids) {
            owners.refuse(&io::Error::from_raw_os_error(libc::EPERM));
        }
        for pid in pids {
            if let Err(error) = owners.add(pid, &mut scan) {
                owners.refuse(&error);
            }
        }
        Ok(owners)
    }

    /// How many processes could not be looked into: a socket without an owner may be theirs.
    #[must_use]
    pub fn unreadable(&self) -> usize {
        self.unreadable
    }

    /// Why they could not, with their number and what helps; `None` if all were looked into. A failure of the system, such
    /// as too many open files, comes before a want of `CAP_SYS_PTRACE`.
    #[must_use]
    pub fn unreadable_reason(&self) -> Option<Error> {
        let operation = match self.unreadable {
            1 => Cow::Borrowed("look into 1 process for its sockets"),
            count => Cow::Owned(format!("look into {count} processes for their sockets")),
        };
        Some(match self.refused? {
            Refused::Right(number) => Error::io(operation, io::Error::from_raw_os_error(number)).with_hint(
                "needs CAP_SYS_PTRACE in the user namespace of each, and no security module that forbids it",
            ),
            Refused::System(number) => Error::io(operation, io::Error::from_raw_os_error(number)),
        })
    }

    /// The holders of the socket with this inode.
    pub fn of(&self, inode: u32) -> impl Iterator<Item = Owner> {
        let found = self.by_inode.get(&inode).map(Vec::as_slice).unwrap_or_default();
        found.iter().map(|descriptor| Owner {
            pid: descriptor.process.pid,
            comm: descriptor.process.comm.clone(),
            fd: descriptor.fd,
            container: descriptor.process.container.clone(),
        })
    }

    /// Tells each of `sockets` its owners.
    pub fn assign<T: Owned>(&self, sockets: &mut [T]) {
        for socket in sockets {
            if socket.inode() != 0 {
                *socket.owners_mut() = self.of(socket.inode()).collect();
            }
        }
    }

    /// Its directory is closed before the rest of what is told of it is read.
    fn add(&mut self, pid: u32, scan: &mut Scan) -> io::Result<()> {
        let directory = File::open(format!("/proc/{pid}/fd"))?;
        scan.sockets.clear();
        let listed = scan.links.each(&directory, |name, target| {
            scan.sockets.extend(socket_inode(target).zip(number(name)));
        });
        drop(directory);
        if !scan.sockets.is_empty() {
            let process = Arc::new(Process::read(pid)?);
            for (inode, fd) in scan.sockets.drain(..) {
                self.by_inode.entry(inode).or_default().push(Descriptor { process: Arc::clone(&process), fd });
            }
        }
        listed
    }

    /// A process that ended meanwhile has no descriptors.
    fn refuse(&mut self, error: &io::Error) {
        let number = error.raw_os_error().unwrap_or(libc::EIO);
        let refused = match number {
            libc::ENOENT | libc::ESRCH => return,
            libc::EACCES | libc::EPERM => Refused::Right(number),
            _ => Refused::System(number),
        };
        self.unreadable += 1;
        if !matches!(self.refused, Some(Refused::System(_))) {
            self.refused = Some(refused);
        }
    }
}

/// What a scan of many processes uses again.
struct Scan {
    links: LinkScan,
    /// Inodes and descriptors of one process.
    sockets: Vec<(u32, u32)>,
}

impl Process {
    fn read(pid: u32) -> io::Result<Self> {
        let comm = fs::read(format!("/proc/{pid}/comm"))?;
        let groups = match fs::read(format!("/proc/{pid}/cgroup")) {
            Ok(groups) => groups,
            // The kernel may be without control groups.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let container = crate::namespace::container::container_of(&String::from_utf8_lossy(&groups));
        Ok(Self {
            pid,
            comm: ByteString::from(comm.strip_suffix(b"\n").unwrap_or(&comm)),
            container: container.map(String::into_boxed_str),
        })
    }
}

macro_rules! owned {
    ($($type:ident),*) => {
        $(
            impl Owned for $type {
                fn inode(&self) -> u32 {
                    self.inode
                }

                fn owners_mut(&mut self) -> &mut Vec<Owner> {
                    &mut self.owners
                }
            }
        )*
    };
}

owned!(InetSocket, UnixSocket, PacketSocket, NetlinkDiagSocket);

/// The number within `socket:[12345]`.
fn socket_inode(target: &[u8]) -> Option<u32> {
    number(target.strip_prefix(b"socket:[")?.strip_suffix(b"]")?)
}

fn number(digits: &[u8]) -> Option<u32> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn a_socket_of_this_process_is_found() {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let file = File::open(format!("/proc/self/fd/{}", socket.as_raw_fd()));
        assert!(file.is_err(), "a socket cannot be opened by its path");
        let inode = fs::metadata(format!("/proc/self/fd/{}", socket.as_raw_fd())).unwrap().ino();
        let owners = Owners::scan().unwrap();
        let found: Vec<_> = owners.of(u32::try_from(inode).unwrap()).collect();
        let ours = found.iter().find(|owner| owner.pid == std::process::id()).unwrap();
        assert_eq!(i64::from(ours.fd), i64::from(socket.as_raw_fd()));
        assert!(!ours.comm.as_bytes().is_empty());
    }

    #[test]
    fn what_could_not_be_read_is_told_with_the_reason() {
        let mut owners = Owners::default();
        assert!(owners.unreadable_reason().is_none());
        let mut told = |number| {
            owners.refuse(&io::Error::from_raw_os_error(number));
            owners.unreadable_reason().map(|reason| reason.to_string()).unwrap_or_default()
        };
        assert_eq!(told(libc::ESRCH), "", "what has ended is not missed");
        let right = "look into 1 process for its sockets: permission denied; hint: needs CAP_SYS_PTRACE";
        let first = told(libc::EACCES);
        assert!(first.starts_with(right), "{first}");
        let system = told(libc::EMFILE);
        assert!(system.starts_with("look into 2 processes for their sockets: too many open files; hint: "), "{system}");
        assert!(told(libc::EACCES).contains("3 processes for their sockets: too many open files"));
        assert_eq!(owners.unreadable(), 3);
    }

    #[test]
    fn only_sockets_have_the_inode_of_a_socket() {
        assert_eq!(socket_inode(b"socket:[4026531840]"), Some(4_026_531_840));
        for other in ["pipe:[5]", "socket:[", "socket:[x]", "/tmp/socket:[5]", "socket:[5"] {
            assert_eq!(socket_inode(other.as_bytes()), None);
        }
    }
}
