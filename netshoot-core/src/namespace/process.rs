//! Namespaces of processes, and how a process is told from a later one with the same number.

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;

use super::{CURRENT, Namespace, Origin, proc_error};
use crate::error::{Error, ErrorKind, Result};
use crate::sys;

impl Namespace {
    /// The namespace that the process `pid` is in.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when there is no such process, or it ended meanwhile and its number went to
    /// another; [`PermissionDenied`](ErrorKind::PermissionDenied) when it belongs to someone else.
    pub fn of_process(pid: u32) -> Result<Self> {
        Self::of_process_since(pid, start_time(pid).ok())
    }

    /// The namespace that the process `pid` is in, if it is still the one that started at `start_time`, as
    /// [`Process::start_time`](super::Process::start_time) has it.
    ///
    /// # Errors
    /// As [`of_process`](Self::of_process); [`NotFound`](ErrorKind::NotFound) when the number belongs to another process
    /// now.
    pub fn of_process_started(pid: u32, start_time: u64) -> Result<Self> {
        Self::of_process_since(pid, Some(start_time))
    }

    fn of_process_since(pid: u32, started: Option<u64>) -> Result<Self> {
        let origin = Origin::Process(pid);
        let namespace = Self::open(&PathBuf::from(format!("/proc/{pid}/ns/net")), origin.clone())?;
        // Only now, when the descriptor holds the namespace. Where /proc hides who is who, nothing can be compared.
        if let (Some(started), Ok(now)) = (started, start_time(pid))
            && started != now
        {
            return Err(Error::new(ErrorKind::NotFound, format!("open network namespace {origin}"))
                .with_detail("that process has ended, and its number is another's now")
                .with_hint("look the process up again"));
        }
        Ok(namespace)
    }

    /// The namespace that the process is in which a pidfd refers to. No other process can be meant, even when it has
    /// ended and its number was given away.
    ///
    /// Asks the pidfd itself since Linux 6.11, else enters by it since 5.8, else goes by the number in `/proc` and
    /// checks that the process is still there afterwards.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) when the descriptor is no pidfd; [`NotFound`](ErrorKind::NotFound) when
    /// the process has ended; [`PermissionDenied`](ErrorKind::PermissionDenied) when it belongs to someone else.
    pub fn of_pidfd(pidfd: OwnedFd) -> Result<Self> {
        let pid = pid_of(pidfd.as_fd())?;
        let mut refused = None;
        for way in [by_pidfd, by_entering] {
            match way(pidfd.as_fd()) {
                Ok(descriptor) => return Self::check(descriptor, Origin::Process(pid)),
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        let refused = refused.filter(|error| error.raw_os_error() == Some(libc::ESRCH));
        if refused.is_some() || pid == 0 {
            return Err(ended(pid));
        }
        by_number(pidfd.as_fd(), pid)
    }
}

/// Directly, since Linux 6.11.
fn by_pidfd(pidfd: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    sys::namespace::network_namespace_of(pidfd)
}

/// By entering it in a thread of its own; needs `CAP_SYS_ADMIN`.
fn by_entering(pidfd: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let work = || {
        sys::namespace::block_signals();
        sys::namespace::enter_network_namespace(pidfd)?;
        File::open(CURRENT).map(OwnedFd::from)
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("netshoot-netns".to_owned()).spawn_scoped(scope, work)?;
        thread.join().unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))
    })
}

/// By the number: as the pidfd is still of a process afterwards, nobody else had its number meanwhile.
fn by_number(pidfd: BorrowedFd<'_>, pid: u32) -> Result<Namespace> {
    let namespace = Namespace::of_process(pid)?;
    if pid_of(pidfd)? == pid { Ok(namespace) } else { Err(ended(pid)) }
}

/// The number of the process that a pidfd refers to, in the process namespace of this `/proc`.
fn pid_of(pidfd: BorrowedFd<'_>) -> Result<u32> {
    let operation = "open network namespace of a pidfd";
    let path = format!("/proc/thread-self/fdinfo/{}", pidfd.as_raw_fd());
    let text = fs::read_to_string(path).map_err(|error| proc_error(operation, error))?;
    let number = text.lines().find_map(|line| line.strip_prefix("Pid:")).map(str::trim);
    match number.map(str::parse::<i64>) {
        Some(Ok(number)) => u32::try_from(number).map_err(|_| ended(0)),
        _ => Err(Error::new(ErrorKind::InvalidInput, operation).with_detail("the descriptor is no pidfd")),
    }
}

fn ended(pid: u32) -> Error {
    let operation = match pid {
        0 => "open network namespace of a pidfd".to_owned(),
        pid => format!("open network namespace of process {pid}"),
    };
    Error::new(ErrorKind::NotFound, operation).with_detail("the process has ended, or is not of this process namespace")
}

/// When a process started, in clock ticks since the host did: with the number it tells a process from all others.
pub(super) fn start_time(pid: u32) -> io::Result<u64> {
    let text = fs::read(format!("/proc/{pid}/stat"))?;
    start_time_in(&text).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// The 22nd column; the name in the second may hold anything, also spaces and brackets.
fn start_time_in(stat: &[u8]) -> Option<u64> {
    let end = stat.iter().rposition(|octet| *octet == b')')?;
    let rest = std::str::from_utf8(stat.get(end + 1..)?).ok()?;
    rest.split_ascii_whitespace().nth(START_TIME - 3)?.parse().ok()
}

const START_TIME: usize = 22;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_time_behind_a_hostile_name() {
        let rest = "S 1 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 777 1 2 3";
        assert_eq!(start_time_in(format!("12 (a) b) 9 9) {rest}").as_bytes()), Some(777));
        assert_eq!(start_time_in(&[b"12 (\xff\xfe) ", rest.as_bytes()].concat()), Some(777));
        for text in ["", "12", "12 (a)", "12 (a) S 1", ")"] {
            assert_eq!(start_time_in(text.as_bytes()), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_octets_are_read(name: Vec<u8>, rest: Vec<u8>) {
            let columns = " S 1 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 777 1";
            let text = [b"12 (", &name[..], b")", columns.as_bytes()].concat();
            proptest::prop_assert_eq!(start_time_in(&text), Some(777));
            let _ = start_time_in(&rest);
        }
    }

    #[test]
    fn every_way_from_a_pidfd_leads_to_the_same() {
        let here = Namespace::current().unwrap();
        let pid = std::process::id();
        let pidfd = sys::namespace::open_pidfd(pid).unwrap();
        assert_eq!(by_number(pidfd.as_fd(), pid).unwrap(), here);
        for way in [by_pidfd, by_entering] {
            // Older kernels, or missing rights.
            if let Ok(descriptor) = way(pidfd.as_fd()) {
                assert_eq!(Namespace::from_descriptor(descriptor).unwrap(), here);
            }
        }
        assert_eq!(Namespace::of_pidfd(pidfd).unwrap(), here);
        let file = File::open("/proc/self/stat").unwrap();
        assert_eq!(Namespace::of_pidfd(file.into()).unwrap_err().kind(), ErrorKind::InvalidInput);
    }

    /// Where the tests may make namespaces; elsewhere there is no other one to be in.
    #[test]
    fn a_pidfd_leads_elsewhere() {
        let here = Namespace::current().unwrap();
        let mut child = std::process::Command::new("unshare").args(["-n", "sleep", "60"]).spawn().unwrap();
        let pid = child.id();
        let there = (0..500).find_map(|_| {
            std::thread::sleep(std::time::Duration::from_millis(2));
            Namespace::of_process(pid).ok().filter(|there| *there != here)
        });
        if let Some(there) = there {
            let pidfd = sys::namespace::open_pidfd(pid).unwrap();
            assert_eq!(by_number(pidfd.as_fd(), pid).unwrap(), there);
            let entered = by_entering(pidfd.as_fd()).unwrap();
            assert_eq!(Namespace::from_descriptor(entered).unwrap(), there);
            assert_eq!(Namespace::of_pidfd(pidfd).unwrap(), there);
            assert_eq!(Namespace::current().unwrap(), here);
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn an_ended_process_has_no_namespace() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let pidfd = sys::namespace::open_pidfd(child.id()).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let error = Namespace::of_pidfd(pidfd).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    }
}
