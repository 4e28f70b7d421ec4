//! Routes and next hops of a namespace, and what the kernel would do with a packet.

use std::ffi::{c_char, c_int};
use std::net::IpAddr;

use netshoot_core::netlink::{NextHop, NextHopBucket, Route, RouteNextHop, RouteQuery, RouteVerdict, Via};

use crate::address::netshoot_address_t;
use crate::error::{guard_status, netshoot_error_t};
use crate::filter::netshoot_filter_t;
use crate::listing::{Listed, list_some, netshoot_listing_t, tell};
use crate::netlink::netshoot_netlink_t;
use crate::pointer;

/// A route.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_route_t {
    /// The number of next hops that netshoot_listing_route_hop knows; 0 where there is one only, which is told here.
    pub hop_count: usize,
    /// The destination; version 0 with a length of 0 is everywhere.
    pub destination: netshoot_address_t,
    /// The source that a packet must have; version 0 is any.
    pub source: netshoot_address_t,
    /// The gateway; version 0 if there is none.
    pub gateway: netshoot_address_t,
    /// The source that packets of this host get; version 0 if it is left open.
    pub preferred_source: netshoot_address_t,
    /// The table: 254 main, 255 local.
    pub table: u32,
    /// Index of the link out; 0 if there is none.
    pub link_index: u32,
    /// The metric: the lower is taken; 0 if there is none.
    pub metric: u32,
    /// RTNH_F_… and RTM_F_… of <linux/rtnetlink.h>.
    pub flags: u32,
    /// Largest packet in octets; 0 if the route does not say.
    pub mtu: u32,
    /// The next hop object; 0 if there is none.
    pub next_hop_id: u32,
    /// AF_INET, AF_INET6 or another.
    pub family: u8,
    /// RTN_… of <linux/rtnetlink.h>: 1 unicast, 2 local, 6 blackhole.
    pub kind: u8,
    /// RTPROT_… of <linux/rtnetlink.h>: 2 kernel, 3 boot, 4 static.
    pub protocol: u8,
    /// RT_SCOPE_… of <linux/rtnetlink.h>.
    pub scope: u8,
    /// The type of service that a packet must have; 0 is any.
    pub tos: u8,
    /// Length of destination in bits.
    pub destination_length: u8,
    /// Length of source in bits.
    pub source_length: u8,
}

/// One of several next hops of a route, or a member of a group.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct netshoot_hop_t {
    /// The gateway; version 0 if there is none.
    pub gateway: netshoot_address_t,
    /// Index of the link out; 0 if it is told elsewhere.
    pub link_index: u32,
    /// Its share, from 1 on.
    pub weight: u32,
    /// RTNH_F_… of <linux/rtnetlink.h>.
    pub flags: u32,
    /// The next hop object, of a member of a group; else 0.
    pub next_hop_id: u32,
}

/// A next hop object, or a group of such.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_next_hop_t {
    /// The number of members that netshoot_listing_next_hop_member knows; 0 for one that is no group.
    pub member_count: usize,
    /// The gateway; version 0 if there is none.
    pub gateway: netshoot_address_t,
    /// Its number.
    pub id: u32,
    /// Index of the link out; 0 if there is none.
    pub link_index: u32,
    /// RTNH_F_… of <linux/rtnetlink.h>.
    pub flags: u32,
    /// AF_INET, AF_INET6; 0 of a group.
    pub family: u8,
    /// RTPROT_… of <linux/rtnetlink.h>.
    pub protocol: u8,
    /// RT_SCOPE_… of <linux/rtnetlink.h>.
    pub scope: u8,
    /// Whether packets are dropped.
    pub blackhole: bool,
    /// Whether it is for a bridge's forwarding entries.
    pub fdb: bool,
}

/// A packet, as far as routing looks at it. Zeroed but for the destination, it is a packet of this host of which nothing
/// else is known.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct netshoot_route_query_t {
    /// Where to.
    pub destination: netshoot_address_t,
    /// Where from; version 0 leaves it open.
    pub source: netshoot_address_t,
    /// Index of the link that it came in by; 0 for a packet of this host.
    pub in_link_index: u32,
    /// Index of the link that its socket is bound to; 0 if none.
    pub out_link_index: u32,
    /// Its mark; 0 if none.
    pub mark: u32,
    /// The user whose socket it is from, if has_uid is set.
    pub uid: u32,
    /// IPv6's flow label; 0 if none.
    pub flow_label: u32,
    /// The port that it is from; 0 leaves it open, as do the next two.
    pub source_port: u16,
    /// The port that it goes to.
    pub destination_port: u16,
    /// IPPROTO_…
    pub ip_protocol: u8,
    /// The type of service.
    pub tos: u8,
    /// Whether uid counts.
    pub has_uid: bool,
}

/// What the kernel would do with a packet.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_route_answer_t {
    /// The source that it would have; version 0 if unknown.
    pub source: netshoot_address_t,
    /// The router that it would go to; version 0 when the destination is on the link, or there is none.
    pub gateway: netshoot_address_t,
    /// Priority of the rule that led to the table, or refused; -1 if unknown.
    pub rule_priority: i64,
    /// What becomes of it, one of NETSHOOT_VERDICT_…; others may be added.
    pub verdict: i32,
    /// The table that decided; 0 if unknown.
    pub table: u32,
    /// Index of the link that it would leave by; 0 if none.
    pub link_index: u32,
    /// Largest packet in octets; 0 if unknown.
    pub mtu: u32,
}

/// Another verdict than this version knows.
pub const NETSHOOT_VERDICT_OTHER: i32 = 0;
/// It is sent on.
pub const NETSHOOT_VERDICT_UNICAST: i32 = 1;
/// It is for this host.
pub const NETSHOOT_VERDICT_LOCAL: i32 = 2;
/// It is sent as a broadcast.
pub const NETSHOOT_VERDICT_BROADCAST: i32 = 3;
/// It is sent as multicast.
pub const NETSHOOT_VERDICT_MULTICAST: i32 = 4;
/// It is dropped without a word.
pub const NETSHOOT_VERDICT_BLACKHOLE: i32 = 5;
/// It is dropped and answered with "host unreachable".
pub const NETSHOOT_VERDICT_UNREACHABLE: i32 = 6;
/// It is dropped and answered with "administratively prohibited".
pub const NETSHOOT_VERDICT_PROHIBIT: i32 = 7;
/// There is no route.
pub const NETSHOOT_VERDICT_NO_ROUTE: i32 = 8;

/// Lists the routes of all tables that filter wants: family, table, link_index, protocol, priority, route_kind. Returns NULL
/// if the kernel refuses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_routes_list(
    netlink: *const netshoot_netlink_t,
    filter: *const netshoot_filter_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_listing_t {
    // SAFETY: the caller lends a handle, a filter and an error struct, or null.
    unsafe { list_some::<Route>(netlink, filter, err) }
}

/// Lists the next hop objects and groups that filter wants: family, id, link_index, master, protocol. Returns NULL if the
/// kernel refuses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_next_hops_list(
    netlink: *const netshoot_netlink_t,
    filter: *const netshoot_filter_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_listing_t {
    // SAFETY: the caller lends a handle, a filter and an error struct, or null.
    unsafe { list_some::<NextHop>(netlink, filter, err) }
}

/// Lists the buckets of resilient groups of next hops that filter wants: id, link_index, master. What they hold is in the
/// listing's JSON. Returns NULL if the kernel refuses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_next_hop_buckets_list(
    netlink: *const netshoot_netlink_t,
    filter: *const netshoot_filter_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_listing_t {
    // SAFETY: the caller lends a handle, a filter and an error struct, or null.
    unsafe { list_some::<NextHopBucket>(netlink, filter, err) }
}

/// Tells of the route at index; see netshoot_listing_link.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_listing_route(
    listing: *const netshoot_listing_t,
    index: usize,
    out: *mut netshoot_route_t,
) -> c_int {
    // SAFETY: the caller lends a listing and a struct, or null.
    unsafe { tell(listing, index, out, |route, _| Ok(plain_route(route))) }
}

/// Tells of one of several next hops of the route at index. Returns 0, or -1 as netshoot_listing_link.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_listing_route_hop(
    listing: *const netshoot_listing_t,
    index: usize,
    hop_index: usize,
    out: *mut netshoot_hop_t,
) -> c_int {
    let plain = |route: &Route, _: [*const c_char; 4]| {
        let hop = route.nexthops.get(hop_index).ok_or_else(|| pointer::out_of_range("hop_index"))?;
        Ok(netshoot_hop_t {
            gateway: gateway_of_hop(hop).into(),
            link_index: hop.oif,
            weight: hop.weight.into(),
            flags: hop.flags.0,
            next_hop_id: 0,
        })
    };
    // SAFETY: the caller lends a listing and a struct, or null.
    unsafe { tell(listing, index, out, plain) }
}

/// Tells of the next hop object at index; see netshoot_listing_link.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_listing_next_hop(
    listing: *const netshoot_listing_t,
    index: usize,
    out: *mut netshoot_next_hop_t,
) -> c_int {
    let plain = |hop: &NextHop, _: [*const c_char; 4]| {
        Ok(netshoot_next_hop_t {
            member_count: hop.group.len(),
            gateway: hop.gateway.into(),
            id: hop.id,
            link_index: hop.oif.unwrap_or(0),
            flags: hop.flags.0,
            family: hop.family.0,
            protocol: hop.protocol.0,
            scope: hop.scope.0,
            blackhole: hop.blackhole,
            fdb: hop.fdb,
        })
    };
    // SAFETY: the caller lends a listing and a struct, or null.
    unsafe { tell(listing, index, out, plain) }
}

/// Tells of a member of the group at index. Returns 0, or -1 as netshoot_listing_link.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_listing_next_hop_member(
    listing: *const netshoot_listing_t,
    index: usize,
    member_index: usize,
    out: *mut netshoot_hop_t,
) -> c_int {
    let plain = |hop: &NextHop, _: [*const c_char; 4]| {
        let member = hop.group.get(member_index).ok_or_else(|| pointer::out_of_range("member_index"))?;
        Ok(netshoot_hop_t { next_hop_id: member.id, weight: member.weight, ..netshoot_hop_t::default() })
    };
    // SAFETY: the caller lends a listing and a struct, or null.
    unsafe { tell(listing, index, out, plain) }
}

/// Asks the kernel what it would do with a packet. That there is no route is an answer. Returns 0, or -1 if an argument is
/// NULL, there is no destination, or the kernel refuses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_route_get(
    netlink: *const netshoot_netlink_t,
    query: *const netshoot_route_query_t,
    out: *mut netshoot_route_answer_t,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a handle or null.
        let netlink = &unsafe { pointer::lent(netlink, "netlink") }?.netlink;
        // SAFETY: the caller lends a struct or null.
        let query = unsafe { pointer::lent(query, "query") }?;
        let mut asked = RouteQuery::new(query.destination.ip().ok_or_else(|| pointer::null("query->destination"))?);
        let some = |number: u32| (number != 0).then_some(number);
        asked.source = query.source.ip();
        (asked.iif, asked.oif) = (some(query.in_link_index), some(query.out_link_index));
        (asked.mark, asked.tos) = (some(query.mark), query.tos);
        (asked.uid, asked.flowlabel) = (query.has_uid.then_some(query.uid), some(query.flow_label));
        let port = |port: u16| (port != 0).then_some(port);
        (asked.sport, asked.dport) = (port(query.source_port), port(query.destination_port));
        asked.ip_proto = (query.ip_protocol != 0).then_some(query.ip_protocol);
        let answer = netlink.route_get(&asked)?;
        let plain = netshoot_route_answer_t {
            source: answer.source.into(),
            gateway: answer.gateway.into(),
            verdict: verdict(answer.verdict),
            rule_priority: answer.rule.as_ref().map_or(-1, |rule| rule.priority.into()),
            table: answer.table.unwrap_or(0),
            link_index: answer.oif.unwrap_or(0),
            mtu: answer.mtu.unwrap_or(0),
        };
        // SAFETY: the caller lends a struct or null.
        unsafe { pointer::write(out, plain) }
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard_status(err, body) }
}

impl Listed for Route {
    fn texts(&self) -> [Option<&[u8]>; 4] {
        [None; 4]
    }
}

impl Listed for NextHop {
    fn texts(&self) -> [Option<&[u8]>; 4] {
        [None; 4]
    }
}

impl Listed for NextHopBucket {
    fn texts(&self) -> [Option<&[u8]>; 4] {
        [None; 4]
    }
}

fn plain_route(route: &Route) -> netshoot_route_t {
    netshoot_route_t {
        hop_count: route.nexthops.len(),
        destination: route.dst.into(),
        source: route.src.into(),
        gateway: route.gateway.or_else(|| ip(&route.via)).into(),
        preferred_source: route.prefsrc.into(),
        table: route.table,
        link_index: route.oif.unwrap_or(0),
        metric: route.priority.unwrap_or(0),
        flags: route.flags.0,
        mtu: route.metrics.as_ref().and_then(|metrics| metrics.mtu).unwrap_or(0),
        next_hop_id: route.nhid.unwrap_or(0),
        family: route.family.0,
        kind: route.kind.0,
        protocol: route.protocol.0,
        scope: route.scope.0,
        tos: route.tos,
        destination_length: route.dst_len,
        source_length: route.src_len,
    }
}

fn gateway_of_hop(hop: &RouteNextHop) -> Option<IpAddr> {
    hop.gateway.or_else(|| ip(&hop.via))
}

fn ip(via: &Option<Box<Via>>) -> Option<IpAddr> {
    via.as_deref().and_then(Via::ip)
}

fn verdict(verdict: RouteVerdict) -> i32 {
    match verdict {
        RouteVerdict::Unicast => NETSHOOT_VERDICT_UNICAST,
        RouteVerdict::Local => NETSHOOT_VERDICT_LOCAL,
        RouteVerdict::Broadcast => NETSHOOT_VERDICT_BROADCAST,
        RouteVerdict::Multicast => NETSHOOT_VERDICT_MULTICAST,
        RouteVerdict::Blackhole => NETSHOOT_VERDICT_BLACKHOLE,
        RouteVerdict::Unreachable => NETSHOOT_VERDICT_UNREACHABLE,
        RouteVerdict::Prohibited => NETSHOOT_VERDICT_PROHIBIT,
        RouteVerdict::NoRoute => NETSHOOT_VERDICT_NO_ROUTE,
        _ => NETSHOOT_VERDICT_OTHER,
    }
}
