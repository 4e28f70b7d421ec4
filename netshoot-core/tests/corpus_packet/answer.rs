//! tshark's answer for one frame, cut down to what lies within the layers that the parser enters.

use serde_json::Value;

use crate::facts::{Facts, Field, Item};

pub struct Answer {
    pub facts: Facts,
    /// The layers within scope, outermost first.
    pub layers: Vec<String>,
    /// The first protocol that is out of scope: an application, a tunnel, a protocol the parser does not enter.
    pub next: Option<String>,
    /// tshark ran out of octets or found a header malformed, in whatever layer.
    pub cut: bool,
    /// Octets on the wire.
    pub length: u64,
    /// Octets captured.
    pub captured: u64,
}

impl Answer {
    /// `None` for what is no packet: tshark also numbers other records of a file.
    pub fn new(row: &Value) -> Option<Self> {
        row.get("encap")?;
        let protocols = row["protocols"].as_array()?.iter().filter_map(Value::as_str);
        // tshark names IPv4 before it looks at the version, and hands IPv6 on.
        let names: Vec<&str> = protocols.collect();
        let older = row.get("ip").is_some_and(|list| list[0]["v"] == 4) || row.get("ip_id").is_some();
        let handed_on = !older && names.windows(2).any(|pair| pair == ["ip", "ipv6"]);
        let (layers, next) = scope(names.into_iter().filter(|p| !(handed_on && *p == "ip")));
        let mut answer = Self {
            facts: Facts::default(),
            layers,
            next,
            cut: row.get("short").or(row.get("malformed")).is_some(),
            length: row["len"].as_u64()?,
            captured: row["caplen"].as_u64()?,
        };
        answer.link(row);
        answer.network(row);
        answer.transport(row);
        Some(answer)
    }

    pub fn has(&self, layer: &str) -> bool {
        self.layers.iter().any(|l| l == layer)
    }

    fn link(&mut self, row: &Value) {
        if self.has("eth") {
            self.first(row, &[("eth_src", "eth.src"), ("eth_dst", "eth.dst")]);
        }
        let tags = self.layers.iter().filter(|l| *l == "vlan").count();
        self.several(row, &[("vlan_id", "vlan.id"), ("vlan_priority", "vlan.priority")], tags);
    }

    fn network(&mut self, row: &Value) {
        if self.has("arp") {
            let fields = [
                ("arp_opcode", "arp.opcode"),
                ("arp_src_proto_ipv4", "arp.src.proto_ipv4"),
                ("arp_dst_proto_ipv4", "arp.dst.proto_ipv4"),
            ];
            self.first(row, &fields);
        }
        let outermost = row.get("ip").and_then(|list| list.get(0)).filter(|_| self.has("ip") || self.has("ipv6"));
        for (key, field) in [("v", "ip.version"), ("src", "ip.src"), ("dst", "ip.dst"), ("ttl", "ip.ttl")] {
            outermost.iter().for_each(|ip| self.put(field, &ip[key]));
        }
        if self.has("ip") {
            let fields = [
                ("ip_id", "ip.id"),
                ("ip_dsfield", "ip.dsfield"),
                ("ip_frag_offset", "ip.frag_offset"),
                ("ip_flags_mf", "ip.flags.mf"),
                ("ip_flags_df", "ip.flags.df"),
                ("ip_proto", "ip.proto"),
                ("ip_len", "ip.len"),
            ];
            self.first(row, &fields);
        }
        if self.has("ipv6") {
            self.first(row, &[("ipv6_nxt", "ipv6.nxt"), ("ipv6_plen", "ipv6.plen")]);
            let fragments = self.layers.iter().filter(|l| *l == "ipv6.fraghdr").count();
            let fields = [("ipv6_fraghdr_offset", "ipv6.fraghdr.offset"), ("ipv6_fraghdr_more", "ipv6.fraghdr.more")];
            self.several(row, &fields, fragments);
        }
    }

    fn transport(&mut self, row: &Value) {
        match self.layers.last().map(String::as_str) {
            Some("tcp") => self.tcp(row),
            Some("udp") => {
                let fields =
                    [("udp_srcport", "udp.srcport"), ("udp_dstport", "udp.dstport"), ("udp_length", "udp.length")];
                self.first(row, &fields);
                self.dns(row);
            }
            Some("icmp") => self.first(row, &[("icmp_type", "icmp.type"), ("icmp_code", "icmp.code")]),
            Some("icmpv6") => self.first(row, &[("icmpv6_type", "icmpv6.type"), ("icmpv6_code", "icmpv6.code")]),
            _ => {}
        }
    }

    fn tcp(&mut self, row: &Value) {
        let fields = [
            ("tcp_srcport", "tcp.srcport"),
            ("tcp_dstport", "tcp.dstport"),
            ("tcp_seq_raw", "tcp.seq_raw"),
            ("tcp_ack_raw", "tcp.ack_raw"),
            ("tcp_flags", "tcp.flags"),
            ("tcp_len", "tcp.len"),
            ("tcp_hdr_len", "tcp.hdr_len"),
            ("tcp_window_size_value", "tcp.window_size_value"),
        ];
        self.first(row, &fields);
        let options = [
            ("tcp_options_mss_val", "tcp.options.mss_val"),
            ("tcp_options_wscale_shift", "tcp.options.wscale.shift"),
            ("tcp_options_timestamp_tsval", "tcp.options.timestamp.tsval"),
            ("tcp_options_timestamp_tsecr", "tcp.options.timestamp.tsecr"),
            ("tcp_options_sack_le", "tcp.options.sack_le"),
            ("tcp_options_sack_re", "tcp.options.sack_re"),
        ];
        self.several(row, &options, usize::MAX);
    }

    fn dns(&mut self, row: &Value) {
        if !matches!(self.next.as_deref(), Some("dns" | "mdns" | "llmnr")) {
            return;
        }
        let fields = [
            ("dns_id", "dns.id"),
            ("dns_flags_response", "dns.flags.response"),
            ("dns_flags_rcode", "dns.flags.rcode"),
            ("dns_count_answers", "dns.count.answers"),
        ];
        self.first(row, &fields);
        self.several(row, &[("dns_qry_name", "dns.qry.name"), ("dns_qry_type", "dns.qry.type")], usize::MAX);
    }

    fn first(&mut self, row: &Value, fields: &[(&str, Field)]) {
        self.several(row, fields, 1);
    }

    fn several(&mut self, row: &Value, fields: &[(&str, Field)], count: usize) {
        for (key, field) in fields {
            for value in row.get(*key).and_then(Value::as_array).into_iter().flatten().take(count) {
                self.put(field, value);
            }
        }
    }

    fn put(&mut self, field: Field, value: &Value) {
        match value {
            Value::Number(number) => self.facts.add(field, number.as_u64().unwrap()),
            Value::String(text) => self.facts.text(field, text),
            _ => {}
        }
    }
}

/// The layers that the parser enters, and the first protocol behind them.
///
/// Everything behind the first protocol it does not enter is out of scope: a second network layer is a tunnel or quoted in
/// an ICMP error, and behind a transport layer stands an application.
fn scope<'a>(protocols: impl Iterator<Item = &'a str>) -> (Vec<String>, Option<String>) {
    let mut layers: Vec<String> = Vec::new();
    let (mut network, mut closed) = (false, false);
    for protocol in protocols.filter(|p| !matches!(*p, "" | "ethertype")) {
        let name = match protocol {
            "raw" if layers.is_empty() => continue,
            "eth" | "sll" | "null" if layers.is_empty() => protocol,
            // tshark gives a service tag's numbers in other fields.
            "vlan" if !network => protocol,
            "ieee8021ad" if !network => "service tag",
            "llc" if !network => protocol,
            "arp" | "ip" | "ipv6" if !network => protocol,
            "ipv6.hopopts" | "ipv6.routing" | "ipv6.fraghdr" | "ipv6.dstopts" | "ah" | "tcp" | "udp" | "icmp"
            | "icmpv6"
                if network && !closed =>
            {
                protocol
            }
            _ => return (layers, Some(protocol.into())),
        };
        network |= matches!(name, "arp" | "ip" | "ipv6");
        closed |= matches!(name, "arp" | "tcp" | "udp" | "icmp" | "icmpv6");
        layers.push(name.into());
    }
    (layers, None)
}

impl Item {
    pub fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(_) => None,
        }
    }
}
