//! Tables of routes and next hops.

use std::fmt::Write;
use std::net::IpAddr;
use std::sync::Arc;

use super::{address, bits, dev, prefix};
use crate::netlink::{Encap, Family, LinkNames, NextHop, NextHopBucket, NextHopMember, Route, Via};
use crate::table::column::{Column, boolean, float64, shown, text, uint8, uint16, uint32};

pub(super) fn routes(names: &Arc<LinkNames>) -> Vec<Column<Route>> {
    let oif = |route: &Route| route.oif.or_else(|| Some(route.nexthops.first()?.oif));
    vec![
        shown("family", |route: &Route| Some(route.family)).always(),
        uint32("table", |route: &Route| Some(route.table)).always(),
        shown("kind", |route: &Route| Some(route.kind)).always(),
        prefix("dst", |route: &Route| Some((anywhere(route.dst, route.family)?, route.dst_len))),
        uint8("dst_len", |route: &Route| Some(route.dst_len)).always(),
        prefix("src", |route: &Route| Some((route.src?, route.src_len))),
        address("gateway", gateway),
        uint32("index", oif),
        dev(names, "dev", oif),
        address("prefsrc", |route: &Route| route.prefsrc),
        uint32("metric", |route: &Route| route.priority),
        shown("proto", |route: &Route| Some(route.protocol)).always(),
        shown("scope", |route: &Route| Some(route.scope)).always(),
        uint8("tos", |route: &Route| Some(route.tos)).always(),
        uint32("flags", |route: &Route| Some(route.flags.0)).always().flags(bits!(RouteFlags, 32)),
        uint32("mtu", |route: &Route| route.metrics.as_ref()?.mtu),
        uint32("nhid", |route: &Route| route.nhid),
        uint32("hops", |route: &Route| u32::try_from(route.nexthops.len()).ok()).always(),
        shown("encap", |route: &Route| encap(route.encap.as_deref())),
    ]
}

pub(super) fn next_hops(names: &Arc<LinkNames>) -> Vec<Column<NextHop>> {
    vec![
        uint32("id", |hop: &NextHop| Some(hop.id)).always(),
        shown("family", |hop: &NextHop| Some(hop.family)).always(),
        address("gateway", |hop: &NextHop| hop.gateway),
        uint32("index", |hop: &NextHop| hop.oif),
        dev(names, "dev", |hop: &NextHop| hop.oif),
        shown("scope", |hop: &NextHop| Some(hop.scope)).always(),
        shown("proto", |hop: &NextHop| Some(hop.protocol)).always(),
        uint32("flags", |hop: &NextHop| Some(hop.flags.0)).always().flags(bits!(RouteFlags, 32)),
        text("group", |hop: &NextHop, out| members(&hop.group, out)),
        shown("group_type", |hop: &NextHop| hop.group_type),
        boolean("blackhole", |hop: &NextHop| Some(hop.blackhole)).always(),
        boolean("fdb", |hop: &NextHop| Some(hop.fdb)).always(),
        shown("encap", |hop: &NextHop| encap(hop.encap.as_deref())),
    ]
}

pub(super) fn next_hop_buckets(_: &Arc<LinkNames>) -> Vec<Column<NextHopBucket>> {
    vec![
        uint32("id", |bucket: &NextHopBucket| Some(bucket.id)).always(),
        uint16("bucket", |bucket: &NextHopBucket| Some(bucket.index)).always(),
        uint32("nhid", |bucket: &NextHopBucket| bucket.nhid),
        float64("idle_ms", |bucket: &NextHopBucket| Some(bucket.idle_time? as f64 * 10.0)),
        uint32("flags", |bucket: &NextHopBucket| Some(bucket.flags.0)).always().flags(bits!(RouteFlags, 32)),
    ]
}

/// Of several next hops, that of the first.
fn gateway(route: &Route) -> Option<IpAddr> {
    let via = |via: &Option<Box<Via>>| via.as_deref().and_then(Via::ip);
    let first = || route.nexthops.first();
    let own = route.gateway.or_else(|| via(&route.via));
    own.or_else(|| first()?.gateway).or_else(|| via(&first()?.via))
}

/// The kernel sends no address where it is all zeros.
fn anywhere(address: Option<IpAddr>, family: Family) -> Option<IpAddr> {
    address.or(match family {
        Family::INET => Some(IpAddr::from([0; 4])),
        Family::INET6 => Some(IpAddr::from([0; 16])),
        _ => None,
    })
}

fn encap(encap: Option<&Encap>) -> Option<crate::netlink::EncapKind> {
    encap.map(Encap::kind)
}

/// As iproute2 has it: `1/2,3` for one share of next hop 1 and three of 2.
fn members(group: &[NextHopMember], out: &mut String) -> bool {
    for (number, member) in group.iter().enumerate() {
        let slash = if number == 0 { "" } else { "/" };
        let _ = write!(out, "{slash}{}", member.id);
        if member.weight != 1 {
            let _ = write!(out, ",{}", member.weight);
        }
    }
    !group.is_empty()
}
