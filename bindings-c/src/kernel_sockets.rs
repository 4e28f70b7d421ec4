//! Internet and unix sockets of a namespace.

use std::ffi::{c_char, c_int};
use std::ptr;

use netshoot_core::netlink::{InetSocket, InetSocketFilter, Netlink, SocketProtocol, UnixSocket, UnixSocketFilter};

use crate::address::netshoot_address_t;
use crate::error::netshoot_error_t;
use crate::filter::select_sockets;
use crate::listing::{Listed, list_sockets, netshoot_listing_t, tell};
use crate::netlink::netshoot_netlink_t;

/// An internet socket.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_inet_socket_t {
    /// What tells the socket from all others until the next boot.
    pub cookie: u64,
    /// Number of the control group; 0 if unknown.
    pub cgroup_id: u64,
    /// What TCP knows: struct tcp_info of <linux/tcp.h>, as long as the running kernel made it and of any alignment, so to
    /// be copied; NULL if there is none.
    pub tcp_info: *const u8,
    /// Octets at tcp_info.
    pub tcp_info_length: usize,
    /// The number of owners that netshoot_listing_socket_owner knows.
    pub owner_count: usize,
    /// Congestion control algorithm; NULL if there is none.
    pub congestion: *const c_char,
    /// This end's address.
    pub source: netshoot_address_t,
    /// The other end's address.
    pub destination: netshoot_address_t,
    /// Octets received and not read; of a listener, connections that wait to be accepted.
    pub receive_queue: u32,
    /// Octets sent and not acknowledged; of a listener, most connections that may wait.
    pub send_queue: u32,
    /// Packets that the socket dropped; 0 if unknown.
    pub drops: u32,
    /// The user who made it.
    pub uid: u32,
    /// Inode of its file; 0 where no file is open.
    pub inode: u32,
    /// Index of the link that it is bound to; 0 if none.
    pub link_index: u32,
    /// Firewall mark; 0 if it has none or CAP_NET_ADMIN is missing.
    pub mark: u32,
    /// IPPROTO_…; 255 is raw.
    pub protocol: u16,
    /// This end's port.
    pub source_port: u16,
    /// The other end's port.
    pub destination_port: u16,
    /// TCP_… of <netinet/tcp.h>: 1 established, 10 listen.
    pub state: u8,
}

/// A unix socket.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_unix_socket_t {
    /// What tells the socket from all others until the next boot.
    pub cookie: u64,
    /// The number of owners that netshoot_listing_socket_owner knows.
    pub owner_count: usize,
    /// The path; NULs in it are spaces, also that before a name without a file. NULL if there is none.
    pub name: *const c_char,
    /// Inode of its file.
    pub inode: u32,
    /// Inode of the other end; 0 if none.
    pub peer: u32,
    /// Octets received and not read; of a listener, connections that wait to be accepted.
    pub receive_queue: u32,
    /// Octets sent and not read; of a listener, most connections that may wait.
    pub send_queue: u32,
    /// SOCK_…: 1 stream, 2 datagrams, 5 datagrams in order.
    pub kind: u8,
    /// TCP_… of <netinet/tcp.h>: 1 connected, 7 not, 10 listen.
    pub state: u8,
}

/// Lists internet sockets of one protocol (IPPROTO_…), or of TCP, UDP and raw IP if it is 0, that filter lets through; all
/// if it is NULL. A filter is in the words of ss, first of states, then of ends: "state established dport = :443 and src
/// 10/8"; names of hosts are refused, fwmark needs CAP_NET_ADMIN. With owners, looks for the processes that hold them, which
/// takes longer than the rest; those of other users need CAP_SYS_PTRACE. Returns NULL if the filter makes no sense or the
/// kernel refuses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_inet_sockets_list(
    netlink: *const netshoot_netlink_t,
    protocol: u16,
    filter: *const c_char,
    owners: bool,
    err: *mut netshoot_error_t,
) -> *mut netshoot_listing_t {
    let ask = |netlink: &Netlink| {
        let mut wanted = InetSocketFilter::default();
        if protocol != 0 {
            wanted.protocols = vec![SocketProtocol(protocol)];
        }
        // SAFETY: the caller lends a string or null.
        unsafe { select_sockets(netlink, filter, |selection| wanted.restrict(selection)) }?;
        netlink.list::<InetSocket>(&wanted)
    };
    // SAFETY: the caller lends a handle and an error struct, or null.
    unsafe { list_sockets(netlink, owners, err, ask) }
}

/// Lists unix sockets; see netshoot_inet_sockets_list. A filter may ask for their names: "src unix:/run/*".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_unix_sockets_list(
    netlink: *const netshoot_netlink_t,
    filter: *const c_char,
    owners: bool,
    err: *mut netshoot_error_t,
) -> *mut netshoot_listing_t {
    let ask = |netlink: &Netlink| {
        let mut wanted = UnixSocketFilter::default();
        // SAFETY: the caller lends a string or null.
        unsafe { select_sockets(netlink, filter, |selection| wanted.restrict(selection)) }?;
        netlink.list::<UnixSocket>(&wanted)
    };
    // SAFETY: the caller lends a handle and an error struct, or null.
    unsafe { list_sockets(netlink, owners, err, ask) }
}

/// Tells of the internet socket at index; see netshoot_listing_link.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_listing_inet_socket(
    listing: *const netshoot_listing_t,
    index: usize,
    out: *mut netshoot_inet_socket_t,
) -> c_int {
    // SAFETY: the caller lends a listing and a struct, or null.
    unsafe { tell(listing, index, out, |socket, texts| Ok(plain_inet(socket, texts))) }
}

/// Tells of the unix socket at index; see netshoot_listing_link.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_listing_unix_socket(
    listing: *const netshoot_listing_t,
    index: usize,
    out: *mut netshoot_unix_socket_t,
) -> c_int {
    let plain = |socket: &UnixSocket, [name, ..]: [*const c_char; 4]| {
        Ok(netshoot_unix_socket_t {
            cookie: socket.cookie,
            owner_count: socket.owners.len(),
            name,
            inode: socket.inode,
            peer: socket.peer.unwrap_or(0),
            receive_queue: socket.rqueue.unwrap_or(0),
            send_queue: socket.wqueue.unwrap_or(0),
            kind: socket.kind.0,
            state: socket.state.0,
        })
    };
    // SAFETY: the caller lends a listing and a struct, or null.
    unsafe { tell(listing, index, out, plain) }
}

impl Listed for InetSocket {
    fn texts(&self) -> [Option<&[u8]>; 4] {
        let congestion = self.congestion.as_ref().map(|name| name.as_bytes());
        [congestion, None, None, None]
    }
}

impl Listed for UnixSocket {
    fn texts(&self) -> [Option<&[u8]>; 4] {
        [self.name.as_ref().map(|name| name.as_bytes()), None, None, None]
    }
}

pub(crate) fn plain_inet(socket: &InetSocket, [congestion, ..]: [*const c_char; 4]) -> netshoot_inet_socket_t {
    let info = socket.tcp_info.as_ref().map_or(&[][..], |info| info.as_bytes());
    netshoot_inet_socket_t {
        cookie: socket.cookie,
        cgroup_id: socket.cgroup_id.unwrap_or(0),
        tcp_info: if info.is_empty() { ptr::null() } else { info.as_ptr() },
        tcp_info_length: info.len(),
        owner_count: socket.owners.len(),
        congestion,
        source: socket.source.into(),
        destination: socket.destination.into(),
        receive_queue: socket.rqueue,
        send_queue: socket.wqueue,
        drops: socket.skmem.and_then(|memory| memory.drops).unwrap_or(0),
        uid: socket.uid,
        inode: socket.inode,
        link_index: socket.ifindex,
        mark: socket.mark.unwrap_or(0),
        protocol: socket.protocol.0,
        source_port: socket.source_port,
        destination_port: socket.destination_port,
        state: socket.state.0,
    }
}
