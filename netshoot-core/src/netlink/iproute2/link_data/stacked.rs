//! Devices on top of others, and netkit.

use super::super::form::{Form, Hex};
use super::super::link::{Context, Word, words_of};
use super::{named, number, tag_protocol, word};
use crate::netlink::{Hsr, Ipoib, Ipvlan, Macsec, Macvlan, Netkit, QosMapping, Vlan};

pub(super) fn macvlan(form: &mut Form, macvlan: &Macvlan) {
    let Some(mode) = macvlan.mode else { return };
    form.string("mode", "mode ", macvlan_mode(mode), " ");
    let flags = macvlan.flags.unwrap_or_default();
    if flags & 1 != 0 {
        form.flag("nopromisc", "nopromisc ");
    }
    if flags & 2 != 0 {
        form.flag("nodst", "nodst ");
    }
    numbers!(form, macvlan: bcqueuelen "bcqueuelen", usedbcqueuelen "usedbcqueuelen");
    number(form, "bclim", "bclim ", macvlan.bccutoff);
    if mode != SOURCE {
        return;
    }
    if let Some(count) = macvlan.macaddr_count {
        form.number("macaddr_count", "remotes (", count, ") ");
    }
    if let Some(addresses) = &macvlan.macaddr_data {
        form.array("macaddr_data", |form| addresses.iter().for_each(|address| form.item("", address, " ")));
    }
}

fn macvlan_mode(mode: u32) -> &'static str {
    match mode {
        1 => "private",
        2 => "vepa",
        4 => "bridge",
        8 => "passthru",
        SOURCE => "source",
        _ => "unknown",
    }
}

pub(super) fn vlan(form: &mut Form, vlan: &Vlan, context: &Context<'_>) {
    match vlan.protocol {
        Some(protocol) => form.string("protocol", "protocol ", tag_protocol(protocol), " "),
        None => form.string("protocol", "protocol ", "802.1q", " "),
    }
    numbers!(form, vlan: id "id");
    if let Some(flags) = vlan.flags {
        let known = VLAN_FLAGS.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, name)| Word::Name(name));
        let unknown = VLAN_FLAGS.iter().fold(flags, |rest, (bit, _)| rest & !bit);
        words_of(form, "flags", "<", known.chain(Some(Word::Bits(unknown)).filter(|_| unknown != 0)), "> ");
    }
    mappings(form, "ingress_qos", "ingress-qos-map", vlan.ingress_qos.as_ref(), context.line);
    mappings(form, "egress_qos", "egress-qos-map", vlan.egress_qos.as_ref(), context.line);
}

fn mappings(form: &mut Form, key: &str, word: &str, mappings: Option<&Vec<QosMapping>>, line: &str) {
    let Some(mappings) = mappings else { return };
    form.array(key, |form| {
        form.text(format_args!("{line}      {word} {{ "));
        for mapping in mappings {
            form.object(|form| {
                form.number("from", "", mapping.from, "");
                form.number("to", ":", mapping.to, " ");
            });
        }
        form.text(format_args!("}} "));
    });
}

pub(super) fn ipvlan(form: &mut Form, ipvlan: &Ipvlan) {
    let mode = ipvlan.mode.map(|mode| named(&["l2", "l3", "l3s"], mode.into(), "unknown"));
    word(form, "mode", " mode ", mode);
    match ipvlan.flags {
        Some(flags) if flags & 1 != 0 => form.flag("private", "private "),
        Some(flags) if flags & 2 != 0 => form.flag("vepa", "vepa "),
        Some(_) => form.flag("bridge", "bridge "),
        None => {}
    }
}

pub(super) fn macsec(form: &mut Form, macsec: &Macsec) {
    if let Some(sci) = &macsec.sci {
        form.string("sci", "sci ", Hex(sci), " ");
    }
    switches!(form, macsec: protect "protect");
    word(form, "cipher_suite", "cipher ", macsec.cipher_suite.map(cipher));
    numbers!(form, macsec: icv_len "icvlen", encoding_sa "encodingsa");
    let unknown = "(unknown)";
    let validation = |number: u8| named(&["disabled", "check", "strict"], number.into(), unknown);
    word(form, "validation", "validate ", macsec.validation.map(validation));
    let offload = |number: u8| named(&["off", "phy", "mac"], number.into(), unknown);
    word(form, "offload", "offload ", macsec.offload.map(offload));
    switches!(
        form, macsec: encrypt "encrypt", inc_sci "send_sci", es "end_station", scb "scb", replay_protect "replay",
    );
    numbers!(form, macsec: window "window");
}

fn cipher(suite: u64) -> &'static str {
    match suite {
        0x0080_0200_0100_0001 | 0x0080_c200_0100_0001 => "GCM-AES-128",
        0x0080_c200_0100_0002 => "GCM-AES-256",
        0x0080_c200_0100_0003 => "GCM-AES-XPN-128",
        0x0080_c200_0100_0004 => "GCM-AES-XPN-256",
        _ => "(unknown)",
    }
}

pub(super) fn hsr(form: &mut Form, hsr: &Hsr, context: &Context<'_>) {
    for (key, before, slave) in [("slave1", "slave1 ", hsr.slave1), ("slave2", "slave2 ", hsr.slave2)] {
        match slave {
            Some(slave) => context.reference(form, key, before, slave, " "),
            None => {
                form.json(|json| json.key(key).null());
                form.text(format_args!("{before}<none> "));
            }
        }
    }
    numbers!(form, hsr: seq_nr "sequence");
    word(form, "supervision_addr", "supervision ", hsr.supervision_addr);
    numbers!(form, hsr: proto "proto");
}

pub(super) fn netkit(form: &mut Form, netkit: &Netkit) {
    word(form, "mode", "mode ", netkit.mode.map(|mode| named(&["l2", "l3"], mode, "unknown")));
    word(form, "type", "type ", netkit.primary.map(|primary| if primary { "primary" } else { "peer" }));
    let policy = |policy: i32| match policy {
        0 => "forward",
        2 => "blackhole",
        _ => "unknown",
    };
    word(form, "policy", "policy ", netkit.policy.map(policy));
    word(form, "peer_policy", "peer policy ", netkit.peer_policy.map(policy));
    let scrub = |scrub: u32| named(&["none", "default"], scrub, "unknown");
    word(form, "scrub", "scrub ", netkit.scrub.map(scrub));
    word(form, "peer_scrub", "peer scrub ", netkit.peer_scrub.map(scrub));
}

pub(super) fn ipoib(form: &mut Form, ipoib: &Ipoib) {
    let Some(key) = ipoib.pkey else { return };
    // As C's `%#.4x`, which has no prefix before zero.
    let prefix = if key == 0 { "" } else { "0x" };
    form.plain("key", "pkey ", format_args!("{prefix}{key:04x}"), " ");
    word(form, "mode", "mode ", ipoib.mode.map(|mode| named(&["datagram", "connected"], mode.into(), "unknown")));
    if let Some(umcast) = ipoib.umcast.filter(|_| ipoib.mode.is_some()) {
        form.plain("umcast", "umcast ", format_args!("{umcast:04x}"), " ");
    }
}

/// `MACVLAN_MODE_SOURCE`.
const SOURCE: u32 = 16;
const VLAN_FLAGS: [(u32, &str); 5] =
    [(1, "REORDER_HDR"), (2, "GVRP"), (8, "MVRP"), (4, "LOOSE_BINDING"), (16, "BRIDGE_BINDING")];
