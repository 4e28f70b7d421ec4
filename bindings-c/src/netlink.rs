//! A handle on the kernel's view of one network namespace.

use std::ffi::{c_char, c_int};
use std::os::fd::{BorrowedFd, IntoRawFd};
use std::ptr;
use std::sync::Arc;

use netshoot_core::namespace::Namespace;
use netshoot_core::netlink::Netlink;
use netshoot_core::{Error, ErrorKind, Result};

use crate::error::{guard, netshoot_error_t};
use crate::pointer;

/// The kernel's own view of one network namespace, which is asked time and again. Nothing is ever changed by it.
#[derive(Debug)]
pub struct netshoot_netlink_t {
    pub(crate) netlink: Arc<Netlink>,
}

/// Opens a network namespace: by the name that ip netns gave it, by the path of its file, such as "/proc/1234/ns/net", by
/// the number of a process as text, or the caller's own if it is NULL.
///
/// The caller's own needs no rights, another needs CAP_SYS_ADMIN. The caller's threads stay where they are. Returns NULL if
/// the namespace cannot be entered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_netlink_open(
    namespace_name: *const c_char,
    err: *mut netshoot_error_t,
) -> *mut netshoot_netlink_t {
    let body = || {
        if namespace_name.is_null() {
            return open(&Namespace::current()?);
        }
        // SAFETY: the caller lends a string.
        let word = unsafe { pointer::path(namespace_name) }?;
        open(&match word.to_str() {
            Some(word) => Namespace::find(word)?,
            None => Namespace::from_path(word)?,
        })
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// Opens the network namespace of a process; see netshoot_netlink_open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_netlink_open_pid(pid: u32, err: *mut netshoot_error_t) -> *mut netshoot_netlink_t {
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), || open(&Namespace::of_process(pid)?)) }
}

/// Opens the network namespace that fd is a descriptor of, or that the process is in which fd is a pidfd of. The
/// descriptor stays the caller's; see netshoot_netlink_open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_netlink_open_fd(fd: c_int, err: *mut netshoot_error_t) -> *mut netshoot_netlink_t {
    let body = || {
        let copy = || {
            if fd < 0 {
                return Err(Error::new(ErrorKind::InvalidInput, "read arguments").with_detail("fd is negative"));
            }
            // SAFETY: not negative; one that is not open is refused by the system, and the caller keeps it open meanwhile.
            let lent = unsafe { BorrowedFd::borrow_raw(fd) };
            lent.try_clone_to_owned().map_err(|error| Error::io("duplicate the descriptor", error))
        };
        match Namespace::from_descriptor(copy()?) {
            Ok(namespace) => open(&namespace),
            Err(error) if error.kind() == ErrorKind::InvalidInput => open(&Namespace::of_pidfd(copy()?)?),
            Err(error) => Err(error),
        }
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// Makes a socket in the namespace, as socket() does in the caller's own; it stays there wherever it is used. Returns its
/// descriptor, which is the caller's and is closed by exec, or -1 if the system refuses: raw and packet sockets need
/// CAP_NET_RAW.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_netlink_socket(
    netlink: *const netshoot_netlink_t,
    domain: c_int,
    socket_type: c_int,
    protocol: c_int,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a handle or null.
        let namespace = unsafe { pointer::lent(netlink, "netlink") }?.netlink.namespace();
        let protocol = (protocol != 0).then(|| protocol.into());
        Ok(namespace.socket(domain.into(), socket_type.into(), protocol)?.into_raw_fd())
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, -1, body) }
}

/// Frees a handle; listings made with it stay. Accepts NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_netlink_free(netlink: *mut netshoot_netlink_t) {
    // SAFETY: the caller gives back a handle or null.
    unsafe { pointer::free(netlink) }
}

fn open(namespace: &Namespace) -> Result<*mut netshoot_netlink_t> {
    Ok(pointer::give(netshoot_netlink_t { netlink: Arc::new(Netlink::open(namespace)?) }))
}
