//! `linkinfo` in the JSON of `ip -d -j address`: the kind of a virtual device, with its settings.

use std::fmt::Display;

use super::super::{Bridge, BridgePort, LinkData, LinkInfo, Macvlan, Tun, Vlan, Vxlan};
use super::{Context, address_text};
use crate::json::Json;

pub(super) fn write(json: &mut Json, info: &LinkInfo, context: &Context<'_>) {
    json.key("linkinfo").begin_object();
    if let Some(kind) = &info.kind {
        json.key("info_kind").string(kind.as_bytes());
    }
    if let Some(data) = &info.data {
        data_object(json, "info_data", data, context);
    }
    if let Some(kind) = &info.slave_kind {
        json.key("info_slave_kind").string(kind.as_bytes());
    }
    if let Some(data) = &info.slave_data {
        data_object(json, "info_slave_data", data, context);
    }
    json.end_object();
}

/// A kind without a structure has no object: there are only octets to show.
fn data_object(json: &mut Json, key: &str, data: &LinkData, context: &Context<'_>) {
    if matches!(data, LinkData::Other(_)) {
        return;
    }
    json.key(key).begin_object();
    match data {
        LinkData::Bridge(bridge) => bridge_members(json, bridge),
        LinkData::BridgePort(port) => bridge_port_members(json, port, context),
        LinkData::Vxlan(vxlan) => vxlan_members(json, vxlan, context),
        LinkData::Macvlan(macvlan) => macvlan_members(json, macvlan),
        LinkData::Vlan(vlan) => vlan_members(json, vlan),
        LinkData::Tun(tun) => tun_members(json, tun, context),
        LinkData::Other(_) => {}
    }
    json.end_object();
}

/// Members that are numbers, true or false.
macro_rules! numbers {
    ($json:ident, $from:ident: $($field:ident),* $(,)?) => { $(number($json, stringify!($field), $from.$field);)* };
}

/// Members that are only there when they are true.
macro_rules! flags {
    ($json:ident, $from:ident: $($field:ident),* $(,)?) => {
        $(number($json, stringify!($field), $from.$field.filter(|set| *set));)*
    };
}

/// Timers: hundredths of a second, shown in seconds.
macro_rules! timers {
    ($json:ident, $from:ident: $($field:ident),* $(,)?) => {
        $(number($json, stringify!($field), $from.$field.map(seconds));)*
    };
}

fn bridge_members(json: &mut Json, bridge: &Bridge) {
    numbers!(json, bridge: forward_delay, hello_time, max_age, ageing_time, stp_state, priority, vlan_filtering);
    word(json, "vlan_protocol", bridge.vlan_protocol.map(tag_protocol));
    word(json, "bridge_id", bridge.bridge_id);
    word(json, "root_id", bridge.root_id);
    numbers!(json, bridge: root_port, root_path_cost, topology_change, topology_change_detected);
    timers!(json, bridge: hello_timer, tcn_timer, topology_change_timer, gc_timer);
    numbers!(json, bridge: vlan_default_pvid, vlan_stats_enabled, vlan_stats_per_port);
    word(json, "group_fwd_mask", bridge.group_fwd_mask.map(mask));
    word(json, "group_addr", bridge.group_addr);
    numbers!(json, bridge: mcast_snooping);
    number(json, "no_linklocal_learn", bridge.boolopt.map(|bits| bits & 1));
    number(json, "mcast_vlan_snooping", bridge.boolopt.map(|bits| bits >> 1 & 1));
    numbers!(
        json, bridge: mcast_router, mcast_query_use_ifaddr, mcast_querier, mcast_hash_elasticity, mcast_hash_max,
        mcast_last_member_cnt, mcast_startup_query_cnt, mcast_last_member_intvl, mcast_membership_intvl,
        mcast_querier_intvl, mcast_query_intvl, mcast_query_response_intvl, mcast_startup_query_intvl,
        mcast_stats_enabled, mcast_igmp_version, mcast_mld_version, nf_call_iptables, nf_call_ip6tables,
        nf_call_arptables,
    );
}

fn bridge_port_members(json: &mut Json, port: &BridgePort, context: &Context<'_>) {
    word(json, "state", port.state.map(|state| named(&PORT_STATES, state.into())));
    numbers!(json, port: priority, cost);
    numbers!(json, port: hairpin, guard, root_block, fastleave, learning, flood);
    word(json, "id", port.id.map(|id| format!("{id:#x}")));
    word(json, "no", port.no.map(|no| format!("{no:#x}")));
    numbers!(json, port: designated_port, designated_cost);
    word(json, "bridge_id", port.bridge_id);
    word(json, "root_id", port.root_id);
    timers!(json, port: hold_timer, message_age_timer, forward_delay_timer);
    numbers!(json, port: topology_change_ack, config_pending);
    numbers!(json, port: proxy_arp, proxy_arp_wifi);
    numbers!(json, port: multicast_router);
    numbers!(json, port: mcast_flood, bcast_flood, mcast_to_unicast, neigh_suppress);
    word(json, "group_fwd_mask", port.group_fwd_mask.map(mask));
    word(json, "group_fwd_mask_str", port.group_fwd_mask.map(link_local_groups));
    numbers!(json, port: vlan_tunnel, isolated, locked);
    if let Some(index) = port.backup_port {
        json.key("backup_port").string(&context.link_name(index));
    }
}

fn vxlan_members(json: &mut Json, vxlan: &Vxlan, context: &Context<'_>) {
    flags!(json, vxlan: external, vnifilter);
    numbers!(json, vxlan: id);
    if let Some(remote) = vxlan.remote {
        let key = match (remote.is_multicast(), remote.is_ipv6()) {
            (true, false) => "group",
            (true, true) => "group6",
            (false, false) => "remote",
            (false, true) => "remote6",
        };
        json.key(key).display(address_text(remote));
    }
    if let Some(local) = vxlan.local {
        json.key(if local.is_ipv6() { "local6" } else { "local" }).display(address_text(local));
    }
    if let Some(index) = vxlan.link.filter(|index| *index != 0) {
        json.key("link").string(&context.link_name(index));
    }
    if let Some((low, high)) = vxlan.port_range {
        json.key("port_range").begin_object();
        json.key("low").number(low);
        json.key("high").number(high);
        json.end_object();
    }
    numbers!(json, vxlan: port);
    numbers!(json, vxlan: learning);
    flags!(json, vxlan: proxy, rsc, l2miss, l3miss);
    word(json, "tos", vxlan.tos.filter(|tos| *tos != 0).map(|tos| format!("{tos:#x}")));
    number(json, "ttl", vxlan.ttl.filter(|_| vxlan.ttl_inherit != Some(true)));
    word(json, "df", vxlan.df.map(|df| named(&DONT_FRAGMENT, df.into())));
    word(json, "label", vxlan.label.filter(|label| *label != 0).map(|label| format!("{label:#x}")));
    numbers!(json, vxlan: ageing);
    number(json, "limit", vxlan.limit.filter(|limit| *limit != 0));
    numbers!(json, vxlan: udp_csum, udp_zero_csum6_tx, udp_zero_csum6_rx);
    flags!(json, vxlan: remcsum_tx, remcsum_rx, gbp, gpe);
}

fn macvlan_members(json: &mut Json, macvlan: &Macvlan) {
    word(json, "mode", macvlan.mode.map(|mode| named(&MACVLAN_MODES, mode)));
    let no_promiscuity = macvlan.flags.is_some_and(|flags| flags & 1 != 0);
    number(json, "nopromisc", no_promiscuity.then_some(true));
    numbers!(json, macvlan: bcqueuelen, usedbcqueuelen);
    number(json, "macaddr_count", macvlan.macaddr_count.filter(|count| *count != 0));
    if let Some(addresses) = &macvlan.macaddr_data {
        json.key("macaddr_data").begin_array();
        addresses.iter().for_each(|address| json.display(address));
        json.end_array();
    }
}

fn vlan_members(json: &mut Json, vlan: &Vlan) {
    word(json, "protocol", vlan.protocol.map(tag_protocol));
    numbers!(json, vlan: id);
    let Some(flags) = vlan.flags else { return };
    json.key("flags").begin_array();
    for (bit, name) in VLAN_FLAGS {
        if flags & bit != 0 {
            json.display(name);
        }
    }
    json.end_array();
}

fn tun_members(json: &mut Json, tun: &Tun, context: &Context<'_>) {
    word(json, "type", tun.kind.map(|kind| named(&TUN_KINDS, kind.into())));
    numbers!(json, tun: pi, vnet_hdr, multi_queue);
    if tun.multi_queue == Some(true) {
        number(json, "numqueues", tun.num_queues);
        number(json, "numdisabled", tun.num_disabled_queues);
    }
    numbers!(json, tun: persist);
    for (key, account) in [
        ("user", tun.owner.map(|owner| (owner, context.names.user(owner)))),
        ("group", tun.group.map(|group| (group, context.names.user_group(group)))),
    ] {
        match account {
            Some((_, Some(name))) => json.key(key).display(name),
            Some((number, None)) => json.key(key).number(number),
            None => {}
        }
    }
}

fn number(json: &mut Json, key: &str, value: Option<impl Display>) {
    if let Some(value) = value {
        json.key(key).number(value);
    }
}

fn word(json: &mut Json, key: &str, value: Option<impl Display>) {
    if let Some(value) = value {
        json.key(key).display(value);
    }
}

fn seconds(hundredths: u64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// As C's `%#x`, which has no prefix before zero.
fn mask(mask: u16) -> String {
    if mask == 0 { "0".to_owned() } else { format!("{mask:#x}") }
}

/// The last octet's bit of each link-local group that is forwarded, by name where it has one.
fn link_local_groups(mask: u16) -> String {
    let bits = (0..16).map(|bit| 1 << bit).filter(|bit| mask & bit != 0);
    let words: Vec<String> = bits
        .map(|bit: u16| match bit {
            1 => "stp".to_owned(),
            4 => "lacp".to_owned(),
            0x4000 => "lldp".to_owned(),
            other => format!("{other:#x}"),
        })
        .collect();
    if words.is_empty() { "0x0".to_owned() } else { words.join(",") }
}

fn named(names: &[(u32, &str)], number: u32) -> String {
    let found = names.iter().find(|(value, _)| *value == number);
    found.map_or_else(|| number.to_string(), |(_, name)| (*name).to_owned())
}

fn tag_protocol(ether_type: u16) -> String {
    match ether_type {
        0x8100 => "802.1Q".to_owned(),
        0x88a8 => "802.1ad".to_owned(),
        other => format!("[{other}]"),
    }
}

const PORT_STATES: [(u32, &str); 5] =
    [(0, "disabled"), (1, "listening"), (2, "learning"), (3, "forwarding"), (4, "blocking")];
const DONT_FRAGMENT: [(u32, &str); 3] = [(0, "unset"), (1, "set"), (2, "inherit")];
const MACVLAN_MODES: [(u32, &str); 5] = [(1, "private"), (2, "vepa"), (4, "bridge"), (8, "passthru"), (16, "source")];
const VLAN_FLAGS: [(u32, &str); 5] =
    [(1, "REORDER_HDR"), (2, "GVRP"), (4, "LOOSE_BINDING"), (8, "MVRP"), (16, "BRIDGE_BINDING")];
const TUN_KINDS: [(u32, &str); 2] = [(1, "tun"), (2, "tap")];
