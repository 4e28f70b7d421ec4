//! Who holds a socket: one scan of the descriptors of all processes.

use std::collections::HashMap;
use std::fs::{self, File};
use std::sync::Arc;

use super::super::ByteString;
use super::{InetSocket, NetlinkDiagSocket, PacketSocket, UnixSocket};
use crate::error::{Error, Result};
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
    /// Looks through the descriptors of all processes that may be read.
    ///
    /// A socket keeps its namespace wherever its holder is, so processes of all namespaces are read. Those of other users
    /// need `CAP_SYS_PTRACE`; what could not be read is counted in [`unreadable`](Self::unreadable).
    ///
    /// # Errors
    /// When `/proc` cannot be read.
    pub fn scan() -> Result<Self> {
        let mut owners = Self::default();
        let mut scan = LinkScan::new();
        for entry in fs::read_dir("/proc").map_err(|error| Error::io("list processes in /proc", error))? {
            let pid = entry.ok().and_then(|entry| entry.file_name().to_str()?.parse().ok());
            if let Some(pid) = pid {
                owners.add(pid, &mut scan);
            }
        }
        Ok(owners)
    }

    /// How many processes did not let their descriptors be read, for want of `CAP_SYS_PTRACE`.
    #[must_use]
    pub fn unreadable(&self) -> usize {
        self.unreadable
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

    /// A process that ends meanwhile has no descriptors.
    fn add(&mut self, pid: u32, scan: &mut LinkScan) {
        let directory = match File::open(format!("/proc/{pid}/fd")) {
            Ok(directory) => directory,
            Err(error) => {
                self.unreadable += usize::from(error.kind() == std::io::ErrorKind::PermissionDenied);
                return;
            }
        };
        let mut process = None;
        // Ends early only when the process does.
        let _ = scan.each(&directory, |name, target| {
            if let (Some(inode), Some(fd)) = (socket_inode(target), number(name)) {
                let process = process.get_or_insert_with(|| Arc::new(Process::read(pid)));
                self.by_inode.entry(inode).or_default().push(Descriptor { process: Arc::clone(process), fd });
            }
        });
    }
}

impl Process {
    fn read(pid: u32) -> Self {
        let comm = fs::read(format!("/proc/{pid}/comm")).unwrap_or_default();
        let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
        let container = crate::namespace::container::container_of(&groups);
        Self {
            pid,
            comm: ByteString::from(comm.strip_suffix(b"\n").unwrap_or(&comm)),
            container: container.map(String::into_boxed_str),
        }
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
    fn only_sockets_have_the_inode_of_a_socket() {
        assert_eq!(socket_inode(b"socket:[4026531840]"), Some(4_026_531_840));
        for other in ["pipe:[5]", "socket:[", "socket:[x]", "/tmp/socket:[5]", "socket:[5"] {
            assert_eq!(socket_inode(other.as_bytes()), None);
        }
    }
}
