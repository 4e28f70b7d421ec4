//! Rules, neighbours, forwarding entries and queueing disciplines of a namespace.

use std::ffi::{c_char, c_int};

use netshoot_core::netlink::{FdbEntry, FdbQuery, LinkLayerAddress, Neighbor, NeighborQuery, Qdisc, Rule};

use crate::address::netshoot_address_t;
use crate::error::{guard, netshoot_error_t};
use crate::filter::netshoot_filter_t;
use crate::listing::{Listed, list_some, netshoot_listing_t, tell};
use crate::netlink::netshoot_netlink_t;
use crate::pointer;

/// A rule of policy routing. Other selectors than these are in the listing's JSON.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_rule_t {
    /// The link that packets come in by; NULL for any.
    pub in_link: *const c_char,
    /// The link that packets leave by; NULL for any.
    pub out_link: *const c_char,
    /// Source; version 0 is any.
    pub source: netshoot_address_t,
    /// Destination; version 0 is any.
    pub destination: netshoot_address_t,
    /// Rules are tried from the lowest number to the highest.
    pub priority: u32,
    /// The table that is looked up; 0 is none.
    pub table: u32,
    /// FIB_RULE_… of <linux/fib_rules.h>.
    pub flags: u32,
    /// Firewall mark.
    pub mark: u32,
    /// How much of it counts; 0 for none.
    pub mark_mask: u32,
    /// AF_INET or AF_INET6.
    pub family: u8,
    /// FR_ACT_… of <linux/fib_rules.h>: 1 looks up the table.
    pub action: u8,
    /// Length of source in bits.
    pub source_length: u8,
    /// Length of destination in bits.
    pub destination_length: u8,
    /// Type of service; 0 is any.
    pub tos: u8,
    /// IP protocol; 0 is any.
    pub ip_protocol: u8,
}

/// A neighbour or a proxy.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_neighbor_t {
    /// Its address; version 0 if it has none.
    pub address: netshoot_address_t,
    /// Index of the link that it is on.
    pub link_index: u32,
    /// NUD_… of <linux/neighbour.h>: 2 reachable, 4 stale, 32 failed.
    pub state: u16,
    /// NTF_… of <linux/neighbour.h>: 8 is a proxy.
    pub flags: u8,
    /// Octets of hardware_address that count; 0 if it is not known.
    pub hardware_address_length: u8,
    /// Its hardware address.
    pub hardware_address: [u8; 32],
}

/// An entry of a forwarding database.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_fdb_entry_t {
    /// The other end of a tunnel; version 0 if there is none.
    pub destination: netshoot_address_t,
    /// Index of the port or tunnel.
    pub link_index: u32,
    /// Index of the bridge; 0 if none.
    pub master: u32,
    /// VXLAN network identifier; 0 if none.
    pub vni: u32,
    /// The next hop object; 0 if none.
    pub next_hop_id: u32,
    /// VLAN identifier; 0 if none.
    pub vlan: u16,
    /// NUD_… of <linux/neighbour.h>: 64 static, 128 permanent.
    pub state: u16,
    /// NTF_… of <linux/neighbour.h>: 2 of the device itself, 4 of the bridge.
    pub flags: u8,
    /// The hardware address.
    pub hardware_address: [u8; 6],
}

/// A queueing discipline, with its counters.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_qdisc_t {
    /// Octets sent.
    pub bytes: u64,
    /// Packets sent.
    pub packets: u64,
    /// Its kind: "fq_codel", "htb".
    pub kind: *const c_char,
    /// Index of the link that it queues for.
    pub link_index: u32,
    /// Its number, the major half above the minor.
    pub handle: u32,
    /// What it is part of; UINT32_MAX is the link.
    pub parent: u32,
    /// Packets dropped.
    pub drops: u32,
    /// How often a limit was passed.
    pub overlimits: u32,
    /// How often a packet was put back.
    pub requeues: u32,
    /// Octets that wait.
    pub backlog: u32,
    /// Packets that wait.
    pub queue_length: u32,
}

/// Lists the rules that filter wants: family, table, priority. Returns NULL if the kernel refuses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_rules_list(
    netlink: *const netshoot_netlink_t,
    filter: *const netshoot_filter_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_listing_t {
    // SAFETY: the caller lends a handle, a filter and an error struct, or null.
    unsafe { list_some::<Rule>(netlink, filter, err) }
}

/// Lists the neighbours and proxies that filter wants: family, link_index, master, states. Returns NULL if the kernel
/// refuses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_neighbors_list(
    netlink: *const netshoot_netlink_t,
    filter: *const netshoot_filter_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_listing_t {
    // SAFETY: the caller lends a handle, a filter and an error struct, or null.
    unsafe { list_some::<Neighbor>(netlink, filter, err) }
}

/// Lists the forwarding entries of bridges and tunnels that filter wants: link_index, master, vlan, states. Returns
/// NULL if the kernel refuses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_fdb_list(
    netlink: *const netshoot_netlink_t,
    filter: *const netshoot_filter_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_listing_t {
    // SAFETY: the caller lends a handle, a filter and an error struct, or null.
    unsafe { list_some::<FdbEntry>(netlink, filter, err) }
}

/// Lists the queueing disciplines that filter wants: link_index, parent. Returns NULL if the kernel refuses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_qdiscs_list(
    netlink: *const netshoot_netlink_t,
    filter: *const netshoot_filter_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_listing_t {
    // SAFETY: the caller lends a handle, a filter and an error struct, or null.
    unsafe { list_some::<Qdisc>(netlink, filter, err) }
}

/// Looks up one neighbour, or one proxy, by its address and its link. Returns 1, 0 if there is none, or -1 if an argument is
/// NULL, there is no address, or the kernel refuses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_neighbor_get(
    netlink: *const netshoot_netlink_t,
    address: *const netshoot_address_t,
    link_index: u32,
    proxy: bool,
    out: *mut netshoot_neighbor_t,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a handle or null.
        let netlink = &unsafe { pointer::lent(netlink, "netlink") }?.netlink;
        // SAFETY: the caller lends a struct or null.
        let address = unsafe { pointer::lent(address, "address") }?.ip().ok_or_else(|| pointer::null("address"))?;
        let mut query = NeighborQuery::new(address, link_index);
        query.proxy = proxy;
        let Some(neighbor) = netlink.neighbor(&query)? else { return Ok(0) };
        // SAFETY: the caller lends a struct or null.
        unsafe { pointer::write(out, plain_neighbor(&neighbor)) }.map(|()| 1)
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, -1, body) }
}

/// Looks up the forwarding entry of the six octets at hardware_address, of the port or tunnel, of the bridge, and of the
/// VLAN; each is 0 where it is open, but one of the first two. Returns as netshoot_neighbor_get.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_fdb_get(
    netlink: *const netshoot_netlink_t,
    hardware_address: *const u8,
    link_index: u32,
    master: u32,
    vlan: u16,
    out: *mut netshoot_fdb_entry_t,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a handle or null.
        let netlink = &unsafe { pointer::lent(netlink, "netlink") }?.netlink;
        // SAFETY: the caller lends six octets or null.
        let mac = unsafe { pointer::slice(hardware_address, 6, "bytes") }?;
        let mut query = FdbQuery::new(LinkLayerAddress::new(mac).unwrap_or_default());
        query.ifindex = (link_index != 0).then_some(link_index);
        query.master = (master != 0).then_some(master);
        query.vlan = (vlan != 0).then_some(vlan);
        let Some(entry) = netlink.fdb_entry(&query)? else { return Ok(0) };
        // SAFETY: the caller lends a struct or null.
        unsafe { pointer::write(out, plain_fdb_entry(&entry)) }.map(|()| 1)
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, -1, body) }
}

/// Tells of the rule at index; see netshoot_listing_link.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_listing_rule(
    listing: *const netshoot_listing_t,
    index: usize,
    out: *mut netshoot_rule_t,
) -> c_int {
    let plain = |rule: &Rule, [in_link, out_link, ..]: [*const c_char; 4]| {
        Ok(netshoot_rule_t {
            in_link,
            out_link,
            source: rule.src.into(),
            destination: rule.dst.into(),
            priority: rule.priority,
            table: rule.table,
            flags: rule.flags.0,
            mark: rule.fwmark.unwrap_or(0),
            mark_mask: rule.fwmask.unwrap_or(0),
            family: rule.family.0,
            action: rule.action.0,
            source_length: rule.src_len,
            destination_length: rule.dst_len,
            tos: rule.tos,
            ip_protocol: rule.ip_proto.unwrap_or(0),
        })
    };
    // SAFETY: the caller lends a listing and a struct, or null.
    unsafe { tell(listing, index, out, plain) }
}

/// Tells of the neighbour at index; see netshoot_listing_link.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_listing_neighbor(
    listing: *const netshoot_listing_t,
    index: usize,
    out: *mut netshoot_neighbor_t,
) -> c_int {
    // SAFETY: the caller lends a listing and a struct, or null.
    unsafe { tell(listing, index, out, |neighbor, _| Ok(plain_neighbor(neighbor))) }
}

/// Tells of the forwarding entry at index; see netshoot_listing_link.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_listing_fdb_entry(
    listing: *const netshoot_listing_t,
    index: usize,
    out: *mut netshoot_fdb_entry_t,
) -> c_int {
    // SAFETY: the caller lends a listing and a struct, or null.
    unsafe { tell(listing, index, out, |entry, _| Ok(plain_fdb_entry(entry))) }
}

/// Tells of the queueing discipline at index; see netshoot_listing_link.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_listing_qdisc(
    listing: *const netshoot_listing_t,
    index: usize,
    out: *mut netshoot_qdisc_t,
) -> c_int {
    let plain = |qdisc: &Qdisc, [kind, ..]: [*const c_char; 4]| {
        let stats = qdisc.stats.as_ref();
        let count = |read: fn(&netshoot_core::netlink::QdiscStats) -> u32| stats.map_or(0, read);
        Ok(netshoot_qdisc_t {
            bytes: stats.map_or(0, |stats| stats.bytes),
            packets: stats.map_or(0, |stats| stats.packets),
            kind,
            link_index: qdisc.ifindex,
            handle: qdisc.handle.0,
            parent: qdisc.parent.0,
            drops: count(|stats| stats.drops),
            overlimits: count(|stats| stats.overlimits),
            requeues: count(|stats| stats.requeues),
            backlog: count(|stats| stats.backlog),
            queue_length: count(|stats| stats.qlen),
        })
    };
    // SAFETY: the caller lends a listing and a struct, or null.
    unsafe { tell(listing, index, out, plain) }
}

impl Listed for Rule {
    fn texts(&self) -> [Option<&[u8]>; 4] {
        let [iif, oif] = [&self.iifname, &self.oifname].map(|name| name.as_ref().map(|name| name.as_bytes()));
        [iif, oif, None, None]
    }
}

impl Listed for Neighbor {
    fn texts(&self) -> [Option<&[u8]>; 4] {
        [None; 4]
    }
}

impl Listed for FdbEntry {
    fn texts(&self) -> [Option<&[u8]>; 4] {
        [None; 4]
    }
}

impl Listed for Qdisc {
    fn texts(&self) -> [Option<&[u8]>; 4] {
        [Some(self.kind.as_bytes()), None, None, None]
    }
}

fn plain_neighbor(neighbor: &Neighbor) -> netshoot_neighbor_t {
    let (hardware_address, length) = octets(neighbor.lladdr);
    netshoot_neighbor_t {
        address: neighbor.dst.into(),
        link_index: neighbor.ifindex,
        state: neighbor.state.0,
        flags: neighbor.flags.0,
        hardware_address_length: length,
        hardware_address,
    }
}

fn plain_fdb_entry(entry: &FdbEntry) -> netshoot_fdb_entry_t {
    let (hardware_address, _) = octets(entry.mac);
    netshoot_fdb_entry_t {
        destination: entry.dst.into(),
        link_index: entry.ifindex,
        master: entry.master.unwrap_or(0),
        vni: entry.vni.unwrap_or(0),
        next_hop_id: entry.nhid.unwrap_or(0),
        vlan: entry.vlan.unwrap_or(0),
        state: entry.state.0,
        flags: entry.flags.0,
        hardware_address,
    }
}

/// The octets with zeros behind them, cut at `N`, and how many there are.
fn octets<const N: usize>(address: Option<LinkLayerAddress>) -> ([u8; N], u8) {
    let mut array = [0; N];
    let octets = address.as_ref().map_or(&[][..], |address| address.as_bytes());
    for (to, from) in array.iter_mut().zip(octets) {
        *to = *from;
    }
    (array, u8::try_from(octets.len()).unwrap_or(0))
}
