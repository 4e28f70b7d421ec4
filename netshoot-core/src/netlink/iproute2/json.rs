//! The JSON of `ip -j address`.

use std::io;

use super::super::{Address, ByteString, Interface, Link, LinkFlags, OperState, Stats64};
use super::{
    Context, address_flag_words, address_text, flag_words, is_other_end_down, link_address_text, link_data,
    link_type_text, permanent_address,
};
use crate::json::Json;

/// Writes after each interface, so that memory does not grow with their number.
pub(super) fn write(out: &mut impl io::Write, interfaces: &[Interface], context: &Context<'_>) -> io::Result<()> {
    let mut json = Json::default();
    json.begin_array();
    for interface in interfaces.iter().filter(|interface| context.shows(interface)) {
        object(&mut json, interface, context);
        out.write_all(json.take().as_bytes())?;
    }
    json.end_array();
    out.write_all(json.take().as_bytes())?;
    out.write_all(b"\n")
}

fn object(json: &mut Json, interface: &Interface, context: &Context<'_>) {
    let link = &interface.link;
    json.begin_object();
    head(json, link, context);
    if context.shows_link_layer() {
        link_layer(json, link);
    }
    if let Some(number) = link.link_netnsid.filter(|number| *number >= 0) {
        json.key("link_netnsid").number(number);
    }
    if link.proto_down == Some(true) {
        json.key("proto_down").bool(true);
    }
    if context.options.details {
        details(json, link, context);
    }
    if !link.altnames.is_empty() {
        json.key("altnames").begin_array();
        link.altnames.iter().for_each(|name| json.string(name.as_bytes()));
        json.end_array();
    }
    json.key("addr_info").begin_array();
    for address in interface.addresses.iter().filter(|address| context.shows_address(address)) {
        address_object(json, address, context);
    }
    json.end_array();
    if let Some(stats) = link.stats64.as_ref().filter(|_| context.options.statistics) {
        stats_object(json, stats);
    }
    json.end_object();
}

fn head(json: &mut Json, link: &Link, context: &Context<'_>) {
    json.key("ifindex").number(link.ifindex);
    match link.link_index {
        Some(0) => json.key("link").null(),
        Some(index) if link.link_netnsid.is_some() => json.key("link_index").number(index),
        Some(index) => json.key("link").string(&context.link_name(index)),
        None => {}
    }
    byte_string(json, "ifname", "ifname_hex", &link.ifname);
    json.key("flags").begin_array();
    flag_words(link).for_each(|word| json.display(word));
    if is_other_end_down(link, context) {
        json.string(b"M-DOWN");
    }
    json.end_array();
    optional_number(json, "mtu", link.mtu);
    if let Some(qdisc) = &link.qdisc {
        json.key("qdisc").string(qdisc.as_bytes());
    }
    if let Some(master) = link.master {
        json.key("master").string(&context.link_name(master));
    }
    match link.operstate {
        Some(OperState(number)) if OperState(number).name().is_none() => json.key("operstate_index").number(number),
        Some(state) => json.key("operstate").display(state),
        None => {}
    }
    if let Some(group) = link.group {
        json.key("group").display(context.names.group(group));
    }
    optional_number(json, "txqlen", link.txqlen.filter(|length| *length != 0));
}

fn link_layer(json: &mut Json, link: &Link) {
    json.key("link_type").display(link_type_text(link));
    if let Some(address) = &link.address {
        json.key("address").display(link_address_text(link, address));
    }
    if let Some(broadcast) = &link.broadcast {
        if link.flags.contains(LinkFlags::POINTOPOINT) {
            json.key("link_pointtopoint").bool(true);
        }
        json.key("broadcast").display(link_address_text(link, broadcast));
    }
    if let Some(address) = permanent_address(link) {
        json.key("permaddr").display(link_address_text(link, address));
    }
}

fn details(json: &mut Json, link: &Link, context: &Context<'_>) {
    optional_number(json, "promiscuity", link.promiscuity);
    optional_number(json, "allmulti", link.allmulti);
    optional_number(json, "min_mtu", link.min_mtu);
    optional_number(json, "max_mtu", link.max_mtu);
    if let Some(info) = &link.linkinfo {
        link_data::write(json, info, context);
    }
    optional_number(json, "num_tx_queues", link.num_tx_queues);
    optional_number(json, "num_rx_queues", link.num_rx_queues);
    optional_number(json, "gso_max_size", link.gso_max_size);
    optional_number(json, "gso_max_segs", link.gso_max_segs);
    optional_number(json, "tso_max_size", link.tso_max_size);
    optional_number(json, "tso_max_segs", link.tso_max_segs);
    optional_number(json, "gro_max_size", link.gro_max_size);
    optional_number(json, "gso_ipv4_max_size", link.gso_ipv4_max_size);
    optional_number(json, "gro_ipv4_max_size", link.gro_ipv4_max_size);
    if let Some(name) = &link.phys_port_name {
        json.key("phys_port_name").string(name.as_bytes());
    }
    for (key, octets) in [("phys_port_id", &link.phys_port_id), ("phys_switch_id", &link.phys_switch_id)] {
        if let Some(octets) = octets {
            json.key(key).display(hex(octets));
        }
    }
    for (key, name) in [("parentbus", &link.parentbus), ("parentdev", &link.parentdev)] {
        if let Some(name) = name {
            json.key(key).string(name.as_bytes());
        }
    }
    if let Some(alias) = &link.ifalias {
        byte_string(json, "ifalias", "ifalias_hex", alias);
    }
}

fn address_object(json: &mut Json, address: &Address, context: &Context<'_>) {
    json.begin_object();
    match address.family.name() {
        Some(name) => json.key("family").display(name),
        None => json.key("family_index").number(address.family),
    }
    if let Some(local) = address.local {
        json.key("local").display(address_text(local));
        if let Some(peer) = address.address {
            json.key("address").display(address_text(peer));
        }
        json.key("prefixlen").number(address.prefixlen);
        optional_number(json, "metric", address.metric);
    }
    if let Some(broadcast) = address.broadcast {
        json.key("broadcast").display(address_text(broadcast));
    }
    if let Some(anycast) = address.anycast {
        json.key("anycast").display(address_text(anycast));
    }
    json.key("scope").display(context.names.scope(address.scope));
    address_flag_words(address).for_each(|word| json.key(word).bool(true));
    if address.flags.unknown() != 0 {
        json.key("ifa_flags").display(format_args!("{:02x}", address.flags.unknown()));
    }
    if let Some(protocol) = address.protocol {
        json.key("protocol").display(protocol);
    }
    if let Some(label) = &address.label {
        byte_string(json, "label", "label_hex", label);
    }
    if let Some(cacheinfo) = address.cacheinfo {
        json.key("valid_life_time").number(cacheinfo.valid.0);
        json.key("preferred_life_time").number(cacheinfo.preferred.0);
    }
    json.end_object();
}

fn stats_object(json: &mut Json, stats: &Stats64) {
    json.key("stats64").begin_object();
    json.key("rx").begin_object();
    json.key("bytes").number(stats.rx_bytes);
    json.key("packets").number(stats.rx_packets);
    json.key("errors").number(stats.rx_errors);
    json.key("dropped").number(stats.rx_dropped);
    json.key("over_errors").number(stats.rx_over_errors);
    json.key("multicast").number(stats.multicast);
    optional_number(json, "compressed", Some(stats.rx_compressed).filter(|count| *count != 0));
    json.end_object();
    json.key("tx").begin_object();
    json.key("bytes").number(stats.tx_bytes);
    json.key("packets").number(stats.tx_packets);
    json.key("errors").number(stats.tx_errors);
    json.key("dropped").number(stats.tx_dropped);
    json.key("carrier_errors").number(stats.tx_carrier_errors);
    json.key("collisions").number(stats.collisions);
    optional_number(json, "compressed", Some(stats.tx_compressed).filter(|count| *count != 0));
    json.end_object();
    json.end_object();
}

/// A name and, where JSON cannot hold it as it is, its octets.
fn byte_string(json: &mut Json, key: &str, hex_key: &str, value: &ByteString) {
    json.key(key).string(value.as_bytes());
    if value.to_str().is_none() {
        json.key(hex_key).display(hex(value.as_bytes()));
    }
}

fn optional_number(json: &mut Json, key: &str, value: Option<impl std::fmt::Display>) {
    if let Some(value) = value {
        json.key(key).number(value);
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
