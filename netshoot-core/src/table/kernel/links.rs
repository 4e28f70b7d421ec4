//! Tables of links and addresses.

use std::sync::Arc;

use super::{address, bits, dev, display, octets};
use crate::netlink::{Address, Lifetime, Link, LinkNames, Stats64};
use crate::table::column::{Column, shown, text, uint8, uint32, uint64};

pub(super) fn links(names: &Arc<LinkNames>) -> Vec<Column<Link>> {
    let mut columns = vec![
        uint32("index", |link: &Link| Some(link.ifindex)).always(),
        text("name", |link: &Link, out| display(out, Some(&link.ifname))).always(),
        shown("type", |link: &Link| Some(link.link_type)).always(),
        octets("kind", |link: &Link| link.linkinfo.as_ref()?.kind.as_ref()),
        shown("state", |link: &Link| link.operstate),
        uint32("flags", |link: &Link| Some(link.flags.0)).always().flags(bits!(LinkFlags, 32)),
        text("mac", |link: &Link, out| display(out, link.address)),
        uint32("mtu", |link: &Link| link.mtu),
        uint32("master", |link: &Link| link.master),
        dev(names, "master_dev", |link: &Link| link.master),
        uint32("link", |link: &Link| link.link_index),
        octets("link_netns", |link: &Link| link.link_netns.as_ref()),
        octets("qdisc", |link: &Link| link.qdisc.as_ref()),
        uint32("txqlen", |link: &Link| link.txqlen),
        uint32("group", |link: &Link| link.group),
        text("alias", |link: &Link, out| display(out, link.ifalias.as_ref())),
        uint32("carrier_changes", |link: &Link| link.carrier_changes),
    ];
    columns.extend(
        COUNTERS.into_iter().map(|(name, read)| uint64(name, move |link: &Link| link.stats64.as_ref().map(read))),
    );
    columns
}

type Counter = fn(&Stats64) -> u64;

const COUNTERS: [(&str, Counter); 9] = [
    ("rx_bytes", |stats| stats.rx_bytes),
    ("tx_bytes", |stats| stats.tx_bytes),
    ("rx_pkts", |stats| stats.rx_packets),
    ("tx_pkts", |stats| stats.tx_packets),
    ("rx_err", |stats| stats.rx_errors),
    ("tx_err", |stats| stats.tx_errors),
    ("rx_drop", |stats| stats.rx_dropped),
    ("tx_drop", |stats| stats.tx_dropped),
    ("mcast", |stats| stats.multicast),
];

pub(super) fn addresses(names: &Arc<LinkNames>) -> Vec<Column<Address>> {
    let seconds = |lifetime: Lifetime| (lifetime != Lifetime::FOREVER).then_some(lifetime.0);
    vec![
        uint32("index", |address: &Address| Some(address.ifindex)).always(),
        dev(names, "dev", |address: &Address| Some(address.ifindex)),
        shown("family", |address: &Address| Some(address.family)).always(),
        address("ip", |address: &Address| address.local),
        uint8("prefix_len", |address: &Address| Some(address.prefixlen)).always(),
        address("peer", |address: &Address| address.address),
        address("broadcast", |address: &Address| address.broadcast),
        shown("scope", |address: &Address| Some(address.scope)).always(),
        uint32("flags", |address: &Address| Some(address.flags.0)).always().flags(bits!(AddressFlags, 32)),
        octets("label", |address: &Address| address.label.as_ref()),
        uint32("metric", |address: &Address| address.metric),
        shown("proto", |address: &Address| address.protocol),
        uint32("valid_s", move |address: &Address| seconds(address.cacheinfo?.valid)),
        uint32("preferred_s", move |address: &Address| seconds(address.cacheinfo?.preferred)),
    ]
}
