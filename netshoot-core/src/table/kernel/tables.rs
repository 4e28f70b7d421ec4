//! Tables of rules, neighbours, forwarding entries and queueing disciplines.

use std::sync::Arc;

use super::{address, bits, dev, display, octets, prefix};
use crate::netlink::{FdbEntry, LinkNames, Neighbor, Qdisc, QdiscStats, Rule};
use crate::table::column::{Column, boolean, shown, text, uint8, uint16, uint32, uint64};

pub(super) fn rules(_: &Arc<LinkNames>) -> Vec<Column<Rule>> {
    vec![
        shown("family", |rule: &Rule| Some(rule.family)).always(),
        uint32("priority", |rule: &Rule| Some(rule.priority)).always(),
        shown("action", |rule: &Rule| Some(rule.action)).always(),
        uint32("table", |rule: &Rule| (rule.table != 0).then_some(rule.table)),
        prefix("src", |rule: &Rule| Some((rule.src?, rule.src_len))),
        prefix("dst", |rule: &Rule| Some((rule.dst?, rule.dst_len))),
        octets("iif", |rule: &Rule| rule.iifname.as_ref()),
        octets("oif", |rule: &Rule| rule.oifname.as_ref()),
        uint32("fwmark", |rule: &Rule| rule.fwmark),
        uint32("fwmask", |rule: &Rule| rule.fwmask),
        uint8("ip_proto", |rule: &Rule| rule.ip_proto),
        uint32("uid_min", |rule: &Rule| rule.uid_range.as_ref().map(|range| *range.start())),
        uint32("uid_max", |rule: &Rule| rule.uid_range.as_ref().map(|range| *range.end())),
        boolean("l3mdev", |rule: &Rule| Some(rule.l3mdev)).always(),
        uint32("flags", |rule: &Rule| Some(rule.flags.0)).always().flags(bits!(RuleFlags, 32)),
        shown("proto", |rule: &Rule| rule.protocol),
        uint32("goto", |rule: &Rule| rule.goto),
    ]
}

pub(super) fn neighbors(names: &Arc<LinkNames>) -> Vec<Column<Neighbor>> {
    vec![
        shown("family", |neighbor: &Neighbor| Some(neighbor.family)).always(),
        address("ip", |neighbor: &Neighbor| neighbor.dst),
        text("mac", |neighbor: &Neighbor, out| display(out, neighbor.lladdr)),
        uint32("index", |neighbor: &Neighbor| Some(neighbor.ifindex)).always(),
        dev(names, "dev", |neighbor: &Neighbor| Some(neighbor.ifindex)),
        uint16("state", |neighbor: &Neighbor| Some(neighbor.state.0)).always().flags(bits!(NeighborState, 16)),
        uint8("flags", |neighbor: &Neighbor| Some(neighbor.flags.0)).always().flags(bits!(NeighborFlags, 8)),
        shown("proto", |neighbor: &Neighbor| neighbor.protocol),
        uint32("probes", |neighbor: &Neighbor| neighbor.probes),
    ]
}

pub(super) fn fdb(names: &Arc<LinkNames>) -> Vec<Column<FdbEntry>> {
    vec![
        text("mac", |entry: &FdbEntry, out| display(out, entry.mac)),
        uint32("index", |entry: &FdbEntry| Some(entry.ifindex)).always(),
        dev(names, "dev", |entry: &FdbEntry| Some(entry.ifindex)),
        uint32("master", |entry: &FdbEntry| entry.master),
        dev(names, "master_dev", |entry: &FdbEntry| entry.master),
        uint16("vlan", |entry: &FdbEntry| entry.vlan),
        address("dst", |entry: &FdbEntry| entry.dst),
        uint16("port", |entry: &FdbEntry| entry.port),
        uint32("vni", |entry: &FdbEntry| entry.vni),
        uint32("nhid", |entry: &FdbEntry| entry.nhid),
        uint16("state", |entry: &FdbEntry| Some(entry.state.0)).always().flags(bits!(NeighborState, 16)),
        uint8("flags", |entry: &FdbEntry| Some(entry.flags.0)).always().flags(bits!(NeighborFlags, 8)),
    ]
}

pub(super) fn qdiscs(names: &Arc<LinkNames>) -> Vec<Column<Qdisc>> {
    let mut columns = vec![
        uint32("index", |qdisc: &Qdisc| Some(qdisc.ifindex)).always(),
        dev(names, "dev", |qdisc: &Qdisc| Some(qdisc.ifindex)),
        octets("kind", |qdisc: &Qdisc| Some(&qdisc.kind)).always(),
        uint32("handle", |qdisc: &Qdisc| Some(qdisc.handle.0)).always(),
        uint32("parent", |qdisc: &Qdisc| Some(qdisc.parent.0)).always(),
        boolean("offloaded", |qdisc: &Qdisc| Some(qdisc.offloaded)).always(),
        uint64("bytes", |qdisc: &Qdisc| Some(qdisc.stats.as_ref()?.bytes)),
        uint64("pkts", |qdisc: &Qdisc| Some(qdisc.stats.as_ref()?.packets)),
    ];
    let counter = |(name, read): Counter| uint32(name, move |qdisc: &Qdisc| qdisc.stats.as_ref().map(read));
    columns.extend(COUNTERS.into_iter().map(counter));
    columns
}

type Counter = (&'static str, fn(&QdiscStats) -> u32);

const COUNTERS: [Counter; 5] = [
    ("drops", |stats| stats.drops),
    ("overlimits", |stats| stats.overlimits),
    ("requeues", |stats| stats.requeues),
    ("backlog", |stats| stats.backlog),
    ("qlen", |stats| stats.qlen),
];
