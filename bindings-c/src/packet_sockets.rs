//! Packet and netlink sockets of a namespace.

use std::ffi::{c_char, c_int};

use netshoot_core::netlink::{
    Netlink, NetlinkDiagSocket, NetlinkDiagSocketFilter, PacketSocket, PacketSocketFilter, SocketMemory,
};

use crate::error::netshoot_error_t;
use crate::filter::select_sockets;
use crate::listing::{Listed, list_sockets, netshoot_listing_t, tell};
use crate::netlink::netshoot_netlink_t;

/// A packet socket. Its rings and its filter are in the listing's JSON.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_packet_socket_t {
    /// What tells the socket from all others until the next boot.
    pub cookie: u64,
    /// The number of owners that netshoot_listing_socket_owner knows.
    pub owner_count: usize,
    /// Inode of its file.
    pub inode: u32,
    /// Index of the link that it is bound to; 0 if none.
    pub link_index: u32,
    /// The user who made it; 0 also if unknown.
    pub uid: u32,
    /// Octets received and not read.
    pub receive_memory: u32,
    /// Packets that the socket dropped; 0 if unknown.
    pub drops: u32,
    /// The group that shares the load, its number in the low half; 0 also if there is none.
    pub fanout: u32,
    /// EtherType of the frames; 3 is all.
    pub protocol: u16,
    /// SOCK_…: 2 frames without their link-layer header, 3 raw frames.
    pub kind: u8,
}

/// A netlink socket. Its groups are in the listing's JSON.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_netlink_socket_t {
    /// What tells the socket from all others until the next boot.
    pub cookie: u64,
    /// The number of owners that netshoot_listing_socket_owner knows.
    pub owner_count: usize,
    /// Inode of its file.
    pub inode: u32,
    /// Its port; 0 is the kernel's.
    pub port: u32,
    /// The port that it is connected to; 0 is the kernel's.
    pub peer_port: u32,
    /// Octets received and not read.
    pub receive_memory: u32,
    /// Messages that the socket dropped; 0 if unknown.
    pub drops: u32,
    /// NETLINK_… of <linux/netlink.h>: 0 routing, 4 sockets.
    pub protocol: u8,
}

/// Lists packet sockets that filter lets through, with their owners if wanted, as netshoot_inet_sockets_list does. Needs no
/// right, but programs that frames must pass are told only to who has CAP_NET_ADMIN. Returns NULL if the kernel refuses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_packet_sockets_list(
    netlink: *const netshoot_netlink_t,
    filter: *const c_char,
    owners: bool,
    err: *mut netshoot_error_t,
) -> *mut netshoot_listing_t {
    let ask = |netlink: &Netlink| {
        let mut wanted = PacketSocketFilter::default();
        // SAFETY: the caller lends a string or null.
        unsafe { select_sockets(netlink, filter, |selection| wanted.restrict(selection)) }?;
        netlink.list::<PacketSocket>(&wanted)
    };
    // SAFETY: the caller lends a handle and an error struct, or null.
    unsafe { list_sockets(netlink, owners, err, ask) }
}

/// Lists netlink sockets; see netshoot_packet_sockets_list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_netlink_sockets_list(
    netlink: *const netshoot_netlink_t,
    filter: *const c_char,
    owners: bool,
    err: *mut netshoot_error_t,
) -> *mut netshoot_listing_t {
    let ask = |netlink: &Netlink| {
        let mut wanted = NetlinkDiagSocketFilter::default();
        // SAFETY: the caller lends a string or null.
        unsafe { select_sockets(netlink, filter, |selection| wanted.restrict(selection)) }?;
        netlink.list::<NetlinkDiagSocket>(&wanted)
    };
    // SAFETY: the caller lends a handle and an error struct, or null.
    unsafe { list_sockets(netlink, owners, err, ask) }
}

/// Tells of the packet socket at index; see netshoot_listing_link.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_listing_packet_socket(
    listing: *const netshoot_listing_t,
    index: usize,
    out: *mut netshoot_packet_socket_t,
) -> c_int {
    let plain = |socket: &PacketSocket, _: [*const c_char; 4]| {
        let (receive_memory, drops) = memory(socket.skmem);
        Ok(netshoot_packet_socket_t {
            cookie: socket.cookie,
            owner_count: socket.owners.len(),
            inode: socket.inode,
            link_index: socket.ifindex,
            uid: socket.uid.unwrap_or(0),
            receive_memory,
            drops,
            fanout: socket.fanout.unwrap_or(0),
            protocol: socket.protocol,
            kind: socket.kind.0,
        })
    };
    // SAFETY: the caller lends a listing and a struct, or null.
    unsafe { tell(listing, index, out, plain) }
}

/// Tells of the netlink socket at index; see netshoot_listing_link.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_listing_netlink_socket(
    listing: *const netshoot_listing_t,
    index: usize,
    out: *mut netshoot_netlink_socket_t,
) -> c_int {
    let plain = |socket: &NetlinkDiagSocket, _: [*const c_char; 4]| {
        let (receive_memory, drops) = memory(socket.skmem);
        Ok(netshoot_netlink_socket_t {
            cookie: socket.cookie,
            owner_count: socket.owners.len(),
            inode: socket.inode,
            port: socket.portid,
            peer_port: socket.dst_portid,
            receive_memory,
            drops,
            protocol: socket.protocol,
        })
    };
    // SAFETY: the caller lends a listing and a struct, or null.
    unsafe { tell(listing, index, out, plain) }
}

impl Listed for PacketSocket {
    fn texts(&self) -> [Option<&[u8]>; 4] {
        [None; 4]
    }
}

impl Listed for NetlinkDiagSocket {
    fn texts(&self) -> [Option<&[u8]>; 4] {
        [None; 4]
    }
}

/// What waits to be read, and what was dropped.
fn memory(memory: Option<SocketMemory>) -> (u32, u32) {
    memory.map_or((0, 0), |memory| (memory.rmem_alloc, memory.drops.unwrap_or(0)))
}
