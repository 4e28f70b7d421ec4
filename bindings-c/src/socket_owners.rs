//! Who holds a socket of any kind.

use std::ffi::{c_char, c_int};

use netshoot_core::netlink::Owner;
use netshoot_core::{Error, ErrorKind, Result};

use crate::error::guard_status;
use crate::listing::{Objects, netshoot_listing_t};
use crate::pointer;
use crate::text;

/// A process's descriptor of a socket.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_owner_t {
    /// The process.
    pub pid: u32,
    /// The number of the descriptor.
    pub fd: u32,
    /// The process's name.
    pub name: [c_char; 64],
    /// The id of the container that the process is in; empty if none.
    pub container: [c_char; 80],
}

/// Tells of an owner of the socket at index, of whatever kind it is. Returns 0, or -1 if an argument is NULL, an index is
/// too large or the listing is none of sockets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_listing_socket_owner(
    listing: *const netshoot_listing_t,
    index: usize,
    owner_index: usize,
    out: *mut netshoot_owner_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a listing or null.
        let owners = owners(&unsafe { pointer::lent(listing, "listing") }?.objects, index)?;
        let owner = owners.get(owner_index).ok_or_else(|| pointer::out_of_range("owner_index"))?;
        let plain = netshoot_owner_t {
            pid: owner.pid,
            fd: owner.fd,
            name: text::inline(&owner.comm.to_string()),
            container: text::inline(owner.container.as_deref().unwrap_or_default()),
        };
        // SAFETY: the caller lends a struct or null.
        unsafe { pointer::write(out, plain) }
    };
    // SAFETY: null is allowed.
    unsafe { guard_status(std::ptr::null_mut(), body) }
}

fn owners(objects: &Objects, index: usize) -> Result<&[Owner]> {
    let owners = match objects {
        Objects::InetSockets(sockets) => sockets.items.get(index).map(|socket| &socket.owners),
        Objects::UnixSockets(sockets) => sockets.items.get(index).map(|socket| &socket.owners),
        Objects::PacketSockets(sockets) => sockets.items.get(index).map(|socket| &socket.owners),
        Objects::NetlinkSockets(sockets) => sockets.items.get(index).map(|socket| &socket.owners),
        _ => return Err(Error::new(ErrorKind::InvalidInput, "read arguments").with_detail("listing has no sockets")),
    };
    owners.map(Vec::as_slice).ok_or_else(|| pointer::out_of_range("index"))
}
