//! SR-IOV virtual functions, as `ip link` shows them below their card.

use super::super::{Link, LinkFlags, VirtualFunction, VirtualFunctionStats};
use super::form::Form;
use super::link::{Context, Word};
use super::link_data::tag_protocol;

impl Context<'_> {
    pub(super) fn virtual_functions(&self, form: &mut Form, link: &Link) {
        if link.vfinfo_list.is_empty() || link.num_vf.is_none() {
            return;
        }
        form.array("vfinfo_list", |form| {
            for function in &link.vfinfo_list {
                form.object(|form| self.virtual_function(form, link, function));
            }
        });
    }

    fn virtual_function(&self, form: &mut Form, link: &Link, function: &VirtualFunction) {
        form.text(format_args!("{}    ", self.line));
        if let Some(mac) = &function.mac {
            form.number("vf", "vf ", mac.vf, " ");
            form.string("link_type", "    link/", Word::LinkType(link.link_type, self.names.shows_numbers()), " ");
            form.string("address", "", mac.address, "");
        }
        if let Some(broadcast) = function.broadcast {
            let is_peer = link.flags.contains(LinkFlags::POINTOPOINT);
            if is_peer {
                form.json(|json| json.key("link_pointtopoint").bool(true));
            }
            form.string("broadcast", if is_peer { " peer " } else { " brd " }, broadcast, "");
        }
        vlans(form, function);
        if let Some(rate) = function.tx_rate.filter(|rate| *rate != 0) {
            form.number("tx_rate", ", tx rate ", rate, " (Mbps)");
        }
        rates(form, function);
        settings(form, function);
        if let Some(stats) = function.stats.as_ref().filter(|_| self.options.statistics) {
            self.virtual_function_stats(form, stats);
        }
    }

    fn virtual_function_stats(&self, form: &mut Form, stats: &VirtualFunctionStats) {
        let number = |number: Option<u64>| number.unwrap_or_default();
        let (rx_bytes, rx_packets) = (number(stats.rx_bytes), number(stats.rx_packets));
        let (multicast, broadcast) = (number(stats.multicast), number(stats.broadcast));
        let (tx_bytes, tx_packets) = (number(stats.tx_bytes), number(stats.tx_packets));
        form.json(|json| {
            json.key("stats").begin_object();
            json.key("rx").begin_object();
            let rx = [("bytes", rx_bytes), ("packets", rx_packets), ("multicast", multicast), ("broadcast", broadcast)];
            rx.iter().for_each(|(key, value)| json.key(key).number(value));
            stats.rx_dropped.iter().for_each(|dropped| json.key("dropped").number(dropped));
            json.end_object();
            json.key("tx").begin_object();
            [("tx_bytes", tx_bytes), ("tx_packets", tx_packets)]
                .iter()
                .for_each(|(key, value)| json.key(key).number(value));
            stats.tx_dropped.iter().for_each(|dropped| json.key("dropped").number(dropped));
            json.end_object();
            json.end_object();
        });
        let line = self.line;
        let title = |dropped: Option<u64>| if dropped.is_some() { "  dropped " } else { "" };
        form.text(format_args!("{line}    RX: bytes  packets  mcast   bcast {}{line}    ", title(stats.rx_dropped)));
        form.text(format_args!("{rx_bytes:>10} {rx_packets:>8} {multicast:>7} {broadcast:>7} "));
        stats.rx_dropped.iter().for_each(|dropped| form.text(format_args!("{dropped:>8} ")));
        form.text(format_args!("{line}    TX: bytes  packets {}{line}    ", title(stats.tx_dropped)));
        form.text(format_args!("{tx_bytes:>10} {tx_packets:>8} "));
        stats.tx_dropped.iter().for_each(|dropped| form.text(format_args!("{dropped:>8} ")));
    }
}

fn vlans(form: &mut Form, function: &VirtualFunction) {
    let one = |form: &mut Form, vlan: u32, qos: u32| {
        if vlan != 0 {
            form.number("vlan", ", vlan ", vlan, "");
        }
        if qos != 0 {
            form.number("qos", ", qos ", qos, "");
        }
    };
    let Some(vlans) = &function.vlan_list else {
        let (vlan, qos) = function.vlan.unwrap_or_default();
        return one(form, vlan, qos);
    };
    form.array("vlan_list", |form| {
        for vlan in vlans {
            form.object(|form| {
                one(form, vlan.vlan, vlan.qos);
                if vlan.protocol != 0 && vlan.protocol != 0x8100 {
                    form.string("protocol", ", vlan protocol ", tag_protocol(vlan.protocol), "");
                }
            });
        }
    });
}

fn rates(form: &mut Form, function: &VirtualFunction) {
    let Some((lowest, highest)) = function.rate else { return };
    form.json(|json| {
        json.key("rate").begin_object();
        json.key("max_tx").number(highest);
        json.key("min_tx").number(lowest);
        json.end_object();
    });
    for (word, rate) in [("max", highest), ("min", lowest)] {
        if rate != 0 {
            form.text(format_args!(", {word}_tx_rate {rate}Mbps"));
        }
    }
}

fn settings(form: &mut Form, function: &VirtualFunction) {
    let switch = |form: &mut Form, key: &str, words: &str, setting: Option<i32>| {
        if let Some(setting) = setting.filter(|setting| *setting != -1) {
            form.json(|json| json.key(key).bool(setting != 0));
            form.text(format_args!(", {words} {}", if setting != 0 { "on" } else { "off" }));
        }
    };
    switch(form, "spoofchk", "spoof checking", function.spoofchk);
    for (key, word, guid) in
        [("node guid", ", NODE_GUID ", function.node_guid), ("port guid", ", PORT_GUID ", function.port_guid)]
    {
        if let Some(guid) = guid {
            form.string(key, word, Word::Octets(&guid.to_be_bytes()), "");
        }
    }
    if let Some(state) = function.link_state {
        let word = match state {
            0 => "auto",
            1 => "enable",
            _ => "disable",
        };
        form.string("link_state", ", link-state ", word, "");
    }
    switch(form, "trust", "trust", function.trust);
    switch(form, "query_rss_en", "query_rss", function.query_rss_en);
}
