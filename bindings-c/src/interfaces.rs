//! The network interfaces of this host, or of another network namespace.

use std::ffi::{c_char, c_int};
use std::net::IpAddr;
use std::ptr;

use netshoot_core::Result;
use netshoot_core::namespace::Namespace;
use netshoot_core::netlink::{Address, Interface, Netlink};

use crate::address::netshoot_address_t;
use crate::error::{guard, guard_status, netshoot_error_t};
use crate::pointer;

/// The network interfaces of one namespace, as they were when they were listed. It never changes.
#[derive(Debug)]
pub struct netshoot_interfaces_t {
    interfaces: Vec<Interface>,
    interrupted: bool,
}

/// A network interface, with the counters since it was made.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_interface_t {
    /// Packets received.
    pub rx_packets: u64,
    /// Packets sent.
    pub tx_packets: u64,
    /// Octets received.
    pub rx_bytes: u64,
    /// Octets sent.
    pub tx_bytes: u64,
    /// Received packets that were bad.
    pub rx_errors: u64,
    /// Packets that could not be sent.
    pub tx_errors: u64,
    /// Good received packets dropped for want of room, or unwanted.
    pub rx_dropped: u64,
    /// Packets dropped on their way to the wire.
    pub tx_dropped: u64,
    /// The number of addresses that netshoot_interfaces_address knows.
    pub address_count: usize,
    /// Index of the interface, from 1 (if_nametoindex).
    pub index: u32,
    /// IFF_… of <linux/if.h>.
    pub flags: u32,
    /// Maximum transmission unit in octets; 0 if it has none.
    pub mtu: u32,
    /// Index of the bridge, bond or other interface that it is a port of; 0 if none.
    pub master: u32,
    /// The name as the kernel has it, IFNAMSIZ octets with a NUL: any octets but '/', NUL and white space.
    pub name: [c_char; 16],
    /// Hardware type, ARPHRD_… of <linux/if_arp.h>.
    pub hardware_type: u16,
    /// Octets of hardware_address that count: 6 for Ethernet, 0 if there is none.
    pub hardware_address_length: u8,
    /// The hardware address.
    pub hardware_address: [u8; 32],
    /// IF_OPER_… of <linux/if.h>, such as 6 for up; 0 if unknown.
    pub operational_state: u8,
}

/// An address of an interface.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct netshoot_interface_address_t {
    /// The address.
    pub address: netshoot_address_t,
    /// The peer's address on a point-to-point link; version 0 if there is none.
    pub peer: netshoot_address_t,
    /// Broadcast address; version 0 if there is none.
    pub broadcast: netshoot_address_t,
    /// Length of the network prefix in bits.
    pub prefix_length: u8,
    /// RT_SCOPE_… of <linux/rtnetlink.h>: 0 global, 253 link, 254 host.
    pub scope: u8,
    /// IFA_F_… of <linux/if_addr.h>.
    pub flags: u32,
}

/// Lists the network interfaces with their addresses: those of the network namespace whose file is at namespace_path,
/// such as "/run/netns/blue" or "/proc/1234/ns/net", or the caller's own if it is NULL.
///
/// The caller's own needs no rights, another needs CAP_SYS_ADMIN. Nothing is changed; the caller's threads stay where they
/// are. Returns NULL if the namespace cannot be entered or the kernel refuses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_interfaces_list(
    namespace_path: *const c_char,
    err: *mut netshoot_error_t,
) -> *mut netshoot_interfaces_t {
    let body = || {
        let namespace = match namespace_path.is_null() {
            true => Namespace::current()?,
            // SAFETY: the caller lends a string.
            false => Namespace::from_path(unsafe { pointer::path(namespace_path) }?)?,
        };
        let listing = Netlink::open(&namespace)?.interfaces()?;
        Ok(pointer::give(netshoot_interfaces_t { interrupted: listing.interrupted, interfaces: listing.items }))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// The number of interfaces. 0 if interfaces is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_interfaces_count(interfaces: *const netshoot_interfaces_t) -> usize {
    // SAFETY: the caller lends a listing or null.
    let body = || Ok(unsafe { pointer::lent(interfaces, "interfaces") }?.interfaces.len());
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), 0, body) }
}

/// Whether interfaces changed while they were listed, time and again, so that the listing may not be of one instant.
/// False if interfaces is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_interfaces_interrupted(interfaces: *const netshoot_interfaces_t) -> bool {
    // SAFETY: the caller lends a listing or null.
    let body = || Ok(unsafe { pointer::lent(interfaces, "interfaces") }?.interrupted);
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), false, body) }
}

/// Tells of the interface at index, from 0 in the kernel's order. Returns 0, or -1 if an argument is NULL or index too
/// large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_interfaces_interface(
    interfaces: *const netshoot_interfaces_t,
    index: usize,
    out: *mut netshoot_interface_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a listing or null.
        let interface = unsafe { at(interfaces, index) }?;
        // SAFETY: the caller lends a struct or null.
        unsafe { pointer::write(out, plain(interface)) }
    };
    // SAFETY: null is allowed.
    unsafe { guard_status(ptr::null_mut(), body) }
}

/// Tells of an address of the interface at index. Both indices start at 0. Returns 0, or -1 if an argument is NULL or an
/// index too large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_interfaces_address(
    interfaces: *const netshoot_interfaces_t,
    index: usize,
    address_index: usize,
    out: *mut netshoot_interface_address_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a listing or null.
        let interface = unsafe { at(interfaces, index) }?;
        let address = interface.addresses.get(address_index).ok_or_else(|| pointer::out_of_range("address_index"))?;
        // SAFETY: the caller lends a struct or null.
        unsafe { pointer::write(out, plain_address(address)) }
    };
    // SAFETY: null is allowed.
    unsafe { guard_status(ptr::null_mut(), body) }
}

/// Frees a listing. Accepts NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_interfaces_free(interfaces: *mut netshoot_interfaces_t) {
    // SAFETY: the caller gives back a listing or null.
    unsafe { pointer::free(interfaces) }
}

/// # Safety
/// `interfaces` is null or lent by the caller as long as `'a`.
unsafe fn at<'a>(interfaces: *const netshoot_interfaces_t, index: usize) -> Result<&'a Interface> {
    // SAFETY: the caller promises a listing or null.
    let interfaces = unsafe { pointer::lent(interfaces, "interfaces") }?;
    interfaces.interfaces.get(index).ok_or_else(|| pointer::out_of_range("index"))
}

fn plain(interface: &Interface) -> netshoot_interface_t {
    let link = &interface.link;
    let stats = link.stats64.unwrap_or_default();
    let hardware_address = link.address.as_ref().map_or(&[][..], |address| address.as_bytes());
    netshoot_interface_t {
        rx_packets: stats.rx_packets,
        tx_packets: stats.tx_packets,
        rx_bytes: stats.rx_bytes,
        tx_bytes: stats.tx_bytes,
        rx_errors: stats.rx_errors,
        tx_errors: stats.tx_errors,
        rx_dropped: stats.rx_dropped,
        tx_dropped: stats.tx_dropped,
        address_count: interface.addresses.len(),
        index: link.ifindex,
        flags: link.flags.0,
        mtu: link.mtu.unwrap_or(0),
        master: link.master.unwrap_or(0),
        name: padded(link.ifname.as_bytes().get(..15).unwrap_or(link.ifname.as_bytes()))
            .map(|octet: u8| c_char::from_ne_bytes([octet])),
        hardware_type: link.link_type.0,
        hardware_address_length: u8::try_from(hardware_address.len()).unwrap_or(0),
        hardware_address: padded(hardware_address),
        operational_state: link.operstate.map_or(0, |state| state.0),
    }
}

fn plain_address(address: &Address) -> netshoot_interface_address_t {
    // Without IFA_LOCAL, as in most of IPv6, the kernel's IFA_ADDRESS is the address itself and not a peer.
    let peer = |local: IpAddr| address.address.filter(|&peer| peer != local);
    netshoot_interface_address_t {
        address: address.local.or(address.address).into(),
        peer: address.local.and_then(peer).into(),
        broadcast: address.broadcast.into(),
        prefix_length: address.prefixlen,
        scope: address.scope.0,
        flags: address.flags.0,
    }
}

/// The octets with zeros behind them, cut at `N`.
fn padded<const N: usize>(octets: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    for (to, from) in array.iter_mut().zip(octets) {
        *to = *from;
    }
    array
}
