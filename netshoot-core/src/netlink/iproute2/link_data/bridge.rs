//! Bridges and their ports.

use std::fmt::{self, Display};

use super::super::form::Form;
use super::super::link::{Context, Word};
use super::{named, number, tag_protocol, word};
use crate::netlink::{Bridge, BridgePort};

pub(super) fn bridge(form: &mut Form, bridge: &Bridge) {
    numbers!(
        form, bridge: forward_delay "forward_delay", hello_time "hello_time", max_age "max_age",
        ageing_time "ageing_time", stp_state "stp_state", priority "priority", vlan_filtering "vlan_filtering",
    );
    word(form, "vlan_protocol", "vlan_protocol ", bridge.vlan_protocol.map(tag_protocol));
    word(form, "bridge_id", "bridge_id ", bridge.bridge_id);
    word(form, "root_id", "designated_root ", bridge.root_id);
    numbers!(
        form, bridge: root_port "root_port", root_path_cost "root_path_cost", topology_change "topology_change",
        topology_change_detected "topology_change_detected",
    );
    timer(form, "hello_timer", bridge.hello_timer);
    timer(form, "tcn_timer", bridge.tcn_timer);
    timer(form, "topology_change_timer", bridge.topology_change_timer);
    timer(form, "gc_timer", bridge.gc_timer);
    numbers!(
        form, bridge: fdb_n_learned "fdb_n_learned", fdb_max_learned "fdb_max_learned",
        vlan_default_pvid "vlan_default_pvid", vlan_stats_enabled "vlan_stats_enabled",
        vlan_stats_per_port "vlan_stats_per_port",
    );
    word(form, "group_fwd_mask", "group_fwd_mask ", bridge.group_fwd_mask.map(|mask| Word::Hash(mask.into())));
    word(form, "group_addr", "group_address ", bridge.group_addr);
    numbers!(form, bridge: mcast_snooping "mcast_snooping");
    let option = |bit: u32| bridge.boolopt.filter(|(_, known)| known >> bit & 1 != 0).map(|(on, _)| on >> bit & 1);
    number(form, "no_linklocal_learn", "no_linklocal_learn ", option(0));
    number(form, "mcast_vlan_snooping", "mcast_vlan_snooping ", option(1));
    number(form, "mst_enabled", "mst_enabled ", option(2));
    multicast(form, bridge);
    numbers!(
        form, bridge: nf_call_iptables "nf_call_iptables", nf_call_ip6tables "nf_call_ip6tables",
        nf_call_arptables "nf_call_arptables",
    );
}

fn multicast(form: &mut Form, bridge: &Bridge) {
    numbers!(
        form, bridge: mcast_router "mcast_router", mcast_query_use_ifaddr "mcast_query_use_ifaddr",
        mcast_querier "mcast_querier", mcast_hash_elasticity "mcast_hash_elasticity",
        mcast_hash_max "mcast_hash_max", mcast_last_member_cnt "mcast_last_member_count",
        mcast_startup_query_cnt "mcast_startup_query_count",
        mcast_last_member_intvl "mcast_last_member_interval",
        mcast_membership_intvl "mcast_membership_interval", mcast_querier_intvl "mcast_querier_interval",
        mcast_query_intvl "mcast_query_interval",
        mcast_query_response_intvl "mcast_query_response_interval",
        mcast_startup_query_intvl "mcast_startup_query_interval", mcast_stats_enabled "mcast_stats_enabled",
        mcast_igmp_version "mcast_igmp_version", mcast_mld_version "mcast_mld_version",
    );
}

pub(super) fn port(form: &mut Form, port: &BridgePort, context: &Context<'_>) {
    match port.state {
        Some(state @ 0..5) => {
            let names = ["disabled", "listening", "learning", "forwarding", "blocking"];
            form.string("state", "state ", named(&names, state.into(), ""), " ");
        }
        Some(other) => form.number("state_index", "state (", other, ") "),
        None => {}
    }
    numbers!(form, port: priority "priority", cost "cost");
    switches!(
        form, port: hairpin "hairpin", guard "guard", root_block "root_block", fastleave "fastleave",
        learning "learning", flood "flood",
    );
    word(form, "id", "port_id ", port.id.map(|id| Word::Hash(id.into())));
    word(form, "no", "port_no ", port.no.map(|no| Word::Hash(no.into())));
    numbers!(form, port: designated_port "designated_port", designated_cost "designated_cost");
    word(form, "bridge_id", "designated_bridge ", port.bridge_id);
    word(form, "root_id", "designated_root ", port.root_id);
    timer(form, "hold_timer", port.hold_timer);
    timer(form, "message_age_timer", port.message_age_timer);
    timer(form, "forward_delay_timer", port.forward_delay_timer);
    numbers!(form, port: topology_change_ack "topology_change_ack", config_pending "config_pending");
    switches!(form, port: proxy_arp "proxy_arp", proxy_arp_wifi "proxy_arp_wifi");
    numbers!(form, port: multicast_router "mcast_router");
    if let Some(leave) = port.fastleave {
        form.text(format_args!("mcast_fast_leave {} ", if leave { "on" } else { "off" }));
    }
    switches!(
        form, port: mcast_flood "mcast_flood", bcast_flood "bcast_flood", mcast_to_unicast "mcast_to_unicast",
        neigh_suppress "neigh_suppress", neigh_vlan_suppress "neigh_vlan_suppress",
    );
    word(form, "group_fwd_mask", "group_fwd_mask ", port.group_fwd_mask.map(|mask| Word::Hash(mask.into())));
    word(form, "group_fwd_mask_str", "group_fwd_mask_str ", port.group_fwd_mask.map(LinkLocalGroups));
    switches!(form, port: vlan_tunnel "vlan_tunnel", isolated "isolated", locked "locked", mab "mab");
    if let Some(index) = port.backup_port {
        context.reference(form, "backup_port", "backup_port ", index, " ");
    }
    number(form, "backup_nhid", "backup_nhid ", port.backup_nhid.filter(|id| *id != 0));
}

/// A timer: hundredths of a second, shown in seconds.
fn timer(form: &mut Form, key: &str, hundredths: Option<u64>) {
    let Some(hundredths) = hundredths else { return };
    let (seconds, rest) = (hundredths / 100, hundredths % 100);
    form.json(|json| json.key(key).number(format_args!("{seconds}.{rest:02}")));
    form.text(format_args!("{key} {seconds:4}.{rest:02} "));
}

/// The last octet's bit of each link-local group that is forwarded, by name where it has one.
struct LinkLocalGroups(u16);

impl Display for LinkLocalGroups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0x0");
        }
        let mut comma = "";
        for bit in (0..16).map(|bit| 1_u16 << bit).filter(|bit| self.0 & bit != 0) {
            f.write_str(std::mem::replace(&mut comma, ","))?;
            match bit {
                1 => f.write_str("stp"),
                4 => f.write_str("lacp"),
                0x4000 => f.write_str("lldp"),
                other => write!(f, "{other:#x}"),
            }?;
        }
        Ok(())
    }
}
