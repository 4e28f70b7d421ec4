//! Links and addresses of a namespace.

use std::ffi::{c_char, c_int};

use netshoot_core::netlink::{Address, Lifetime, Link};

use crate::address::netshoot_address_t;
use crate::error::netshoot_error_t;
use crate::filter::{self, netshoot_filter_t};
use crate::listing::{Listed, list, list_some, netshoot_listing_t, tell};
use crate::netlink::netshoot_netlink_t;

/// A link, with the counters since it was made. What it has beside is in the listing's JSON.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_link_t {
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
    /// Good received packets dropped.
    pub rx_dropped: u64,
    /// Packets dropped on their way to the wire.
    pub tx_dropped: u64,
    /// The name as the kernel has it: any octets but '/', NUL and white space.
    pub name: *const c_char,
    /// The kind of virtual device, such as "veth"; NULL if it is none.
    pub kind: *const c_char,
    /// A description for people, any octets but NUL; NULL if there is none.
    pub alias: *const c_char,
    /// The root queueing discipline; NULL if unknown.
    pub qdisc: *const c_char,
    /// Index of the link, from 1.
    pub index: u32,
    /// IFF_… of <linux/if.h>.
    pub flags: u32,
    /// Maximum transmission unit in octets; 0 if it has none.
    pub mtu: u32,
    /// Index of the bridge, bond or other link that it is a port of; 0 if none.
    pub master: u32,
    /// Index of the link below, or of the peer; 0 if none.
    pub link: u32,
    /// Hardware type, ARPHRD_… of <linux/if_arp.h>.
    pub hardware_type: u16,
    /// IF_OPER_… of <linux/if.h>, such as 6 for up; 0 if unknown.
    pub operational_state: u8,
    /// Octets of hardware_address that count: 6 for Ethernet, 0 if there is none.
    pub hardware_address_length: u8,
    /// The hardware address.
    pub hardware_address: [u8; 32],
}

/// An IP address of a link.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_link_address_t {
    /// IPv4 label; NULL if there is none.
    pub label: *const c_char,
    /// The address.
    pub address: netshoot_address_t,
    /// The peer's address on a point-to-point link; version 0 if there is none.
    pub peer: netshoot_address_t,
    /// Broadcast address; version 0 if there is none.
    pub broadcast: netshoot_address_t,
    /// Index of the link.
    pub link_index: u32,
    /// IFA_F_… of <linux/if_addr.h>.
    pub flags: u32,
    /// Seconds for which it is valid; UINT32_MAX for ever.
    pub valid_s: u32,
    /// Seconds for which new connections may use it; UINT32_MAX for ever.
    pub preferred_s: u32,
    /// Length of the network prefix in bits.
    pub prefix_length: u8,
    /// RT_SCOPE_… of <linux/rtnetlink.h>: 0 global, 253 link, 254 host.
    pub scope: u8,
}

/// Lists the links that filter wants: link_index, master, kind, only_up. Returns NULL if the kernel refuses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_links_list(
    netlink: *const netshoot_netlink_t,
    filter: *const netshoot_filter_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_listing_t {
    // SAFETY: the caller lends a handle, a filter and an error struct, or null.
    unsafe { list(netlink, err, |netlink| netlink.links_matching(&filter::filter(filter)?)) }
}

/// Lists the addresses that filter wants: family, link_index. Returns NULL if the kernel refuses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_addresses_list(
    netlink: *const netshoot_netlink_t,
    filter: *const netshoot_filter_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_listing_t {
    // SAFETY: the caller lends a handle, a filter and an error struct, or null.
    unsafe { list_some::<Address>(netlink, filter, err) }
}

/// Tells of the link at index, from 0 in the kernel's order. Returns 0, or -1 if an argument is NULL, index is too large or
/// the listing is of another kind.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_listing_link(
    listing: *const netshoot_listing_t,
    index: usize,
    out: *mut netshoot_link_t,
) -> c_int {
    // SAFETY: the caller lends a listing and a struct, or null.
    unsafe { tell(listing, index, out, |link, texts| Ok(plain_link(link, texts))) }
}

/// Tells of the address at index; see netshoot_listing_link.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_listing_address(
    listing: *const netshoot_listing_t,
    index: usize,
    out: *mut netshoot_link_address_t,
) -> c_int {
    // SAFETY: the caller lends a listing and a struct, or null.
    unsafe { tell(listing, index, out, |address, texts| Ok(plain_address(address, texts))) }
}

impl Listed for Link {
    fn texts(&self) -> [Option<&[u8]>; 4] {
        let kind = self.linkinfo.as_ref().and_then(|info| info.kind.as_ref());
        let [kind, alias, qdisc] =
            [kind, self.ifalias.as_ref(), self.qdisc.as_ref()].map(|text| Some(text?.as_bytes()));
        [Some(self.ifname.as_bytes()), kind, alias, qdisc]
    }
}

impl Listed for Address {
    fn texts(&self) -> [Option<&[u8]>; 4] {
        [self.label.as_ref().map(|label| label.as_bytes()), None, None, None]
    }
}

fn plain_link(link: &Link, [name, kind, alias, qdisc]: [*const c_char; 4]) -> netshoot_link_t {
    let stats = link.stats64.unwrap_or_default();
    let octets = link.address.as_ref().map_or(&[][..], |address| address.as_bytes());
    let mut hardware_address = [0; 32];
    for (to, from) in hardware_address.iter_mut().zip(octets) {
        *to = *from;
    }
    netshoot_link_t {
        rx_packets: stats.rx_packets,
        tx_packets: stats.tx_packets,
        rx_bytes: stats.rx_bytes,
        tx_bytes: stats.tx_bytes,
        rx_errors: stats.rx_errors,
        tx_errors: stats.tx_errors,
        rx_dropped: stats.rx_dropped,
        tx_dropped: stats.tx_dropped,
        name,
        kind,
        alias,
        qdisc,
        index: link.ifindex,
        flags: link.flags.0,
        mtu: link.mtu.unwrap_or(0),
        master: link.master.unwrap_or(0),
        link: link.link_index.unwrap_or(0),
        hardware_type: link.link_type.0,
        operational_state: link.operstate.map_or(0, |state| state.0),
        hardware_address_length: u8::try_from(octets.len()).unwrap_or(0),
        hardware_address,
    }
}

fn plain_address(address: &Address, [label, ..]: [*const c_char; 4]) -> netshoot_link_address_t {
    let lifetimes = address.cacheinfo;
    netshoot_link_address_t {
        label,
        address: address.local.into(),
        peer: address.address.into(),
        broadcast: address.broadcast.into(),
        link_index: address.ifindex,
        flags: address.flags.0,
        valid_s: lifetimes.map_or(Lifetime::FOREVER, |times| times.valid).0,
        preferred_s: lifetimes.map_or(Lifetime::FOREVER, |times| times.preferred).0,
        prefix_length: address.prefixlen,
        scope: address.scope.0,
    }
}
