//! Bonds and their ports.

use std::net::IpAddr;

use super::super::Shown;
use super::super::form::Form;
use super::super::link::{Context, Word, words_of};
use super::{named, number, word};
use crate::netlink::{Bond, BondAdInfo, BondPort};

pub(super) fn bond(form: &mut Form, bond: &Bond, context: &Context<'_>) {
    let by_name =
        |names: &'static [&'static str], value: Option<u32>| value.map(|value| named(names, value, "UNKNOWN"));
    word(form, "mode", "mode ", by_name(&MODES, bond.mode.map(u32::from)));
    context.reference_if_any(form, "active_slave", "active_slave ", bond.active_slave, " ");
    numbers!(
        form, bond: miimon "miimon", updelay "updelay", downdelay "downdelay", peer_notify_delay "peer_notify_delay",
        use_carrier "use_carrier", arp_interval "arp_interval", arp_missed_max "arp_missed_max",
    );
    targets(form, "arp_ip_target", "arp_ip_target ", bond.arp_ip_target.as_ref());
    targets(form, "ns_ip6_target", "ns_ip6_target ", bond.ns_ip6_target.as_ref());
    match bond.arp_validate {
        Some(0) if form.is_json() => form.json(|json| json.key("arp_validate").null()),
        validate => word(form, "arp_validate", "arp_validate ", by_name(&VALIDATE, validate)),
    }
    word(form, "arp_all_targets", "arp_all_targets ", by_name(&["any", "all"], bond.arp_all_targets));
    context.reference_if_any(form, "primary", "primary ", bond.primary, " ");
    for (key, before, names, value) in [
        ("primary_reselect", "primary_reselect ", &["always", "better", "failure"][..], bond.primary_reselect),
        ("fail_over_mac", "fail_over_mac ", &["none", "active", "follow"], bond.fail_over_mac),
        ("xmit_hash_policy", "xmit_hash_policy ", &HASHES, bond.xmit_hash_policy),
    ] {
        word(form, key, before, by_name(names, value.map(u32::from)));
    }
    numbers!(
        form, bond: resend_igmp "resend_igmp", num_peer_notif "num_grat_arp", all_slaves_active "all_slaves_active",
        min_links "min_links", lp_interval "lp_interval", packets_per_slave "packets_per_slave",
    );
    for (key, before, names, value) in [
        ("ad_lacp_active", "lacp_active ", &["off", "on"][..], bond.ad_lacp_active),
        ("ad_lacp_rate", "lacp_rate ", &["slow", "fast"], bond.ad_lacp_rate),
        ("ad_select", "ad_select ", &["stable", "bandwidth", "count"], bond.ad_select),
    ] {
        word(form, key, before, by_name(names, value.map(u32::from)));
    }
    if let Some(info) = &bond.ad_info {
        form.member("ad_info", |form| aggregator(form, info));
    }
    numbers!(form, bond: ad_actor_sys_prio "ad_actor_sys_prio", ad_user_port_key "ad_user_port_key");
    word(form, "ad_actor_system", "ad_actor_system ", bond.ad_actor_system);
    numbers!(form, bond: tlb_dynamic_lb "tlb_dynamic_lb");
}

fn aggregator(form: &mut Form, info: &BondAdInfo) {
    numbers!(
        form, info: aggregator "ad_aggregator", num_ports "ad_num_ports", actor_key "ad_actor_key",
        partner_key "ad_partner_key",
    );
    word(form, "partner_mac", "ad_partner_mac ", info.partner_mac);
}

fn targets(form: &mut Form, key: &str, before: &str, targets: Option<&Vec<IpAddr>>) {
    let Some(targets) = targets.filter(|targets| !targets.is_empty()) else { return };
    form.array(key, |form| {
        form.text(format_args!("{before}"));
        for (place, target) in targets.iter().enumerate() {
            form.item(if place == 0 { "" } else { "," }, Shown(*target), "");
        }
        form.text(format_args!(" "));
    });
}

pub(super) fn port(form: &mut Form, port: &BondPort) {
    match port.state {
        Some(state @ 0..2) => form.string("state", "state ", named(&["ACTIVE", "BACKUP"], state.into(), ""), " "),
        Some(other) => form.number("state_index", "state ", other, " "),
        None => {}
    }
    match port.mii_status {
        Some(status @ 0..4) => {
            let names = ["UP", "GOING_DOWN", "DOWN", "GOING_BACK"];
            form.string("mii_status", "mii_status ", named(&names, status.into(), ""), " ");
        }
        Some(other) => form.number("mii_status_index", "mii_status ", other, " "),
        None => {}
    }
    numbers!(form, port: link_failure_count "link_failure_count");
    word(form, "perm_hwaddr", "perm_hwaddr ", port.perm_hwaddr);
    numbers!(form, port: queue_id "queue_id", prio "prio", ad_aggregator_id "ad_aggregator_id");
    lacp(
        form,
        "ad_actor_oper_port_state",
        "ad_actor_oper_port_state_str",
        port.ad_actor_oper_port_state.map(u32::from),
    );
    lacp(
        form,
        "ad_partner_oper_port_state",
        "ad_partner_oper_port_state_str",
        port.ad_partner_oper_port_state.map(u32::from),
    );
}

/// The state of LACP: as a number, and in words.
fn lacp(form: &mut Form, key: &str, words_key: &str, state: Option<u32>) {
    let Some(state) = state else { return };
    form.text(format_args!("{key} "));
    number(form, key, "", Some(state));
    form.text(format_args!("{words_key}"));
    let words = LACP.iter().enumerate().filter(|(bit, _)| state >> bit & 1 != 0).map(|(_, word)| Word::Name(word));
    words_of(form, words_key, " <", words, "> ");
}

const MODES: [&str; 7] =
    ["balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb"];
const VALIDATE: [&str; 7] = ["none", "active", "backup", "all", "filter", "filter_active", "filter_backup"];
const HASHES: [&str; 6] = ["layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4", "vlan+srcmac"];
const LACP: [&str; 8] =
    ["active", "short_timeout", "aggregating", "in_sync", "collecting", "distributing", "defaulted", "expired"];
