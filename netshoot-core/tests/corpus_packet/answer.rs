//! tshark's answer for one frame, cut down to what lies within the layers that the parser enters.

use serde_json::Value;

use crate::facts::{Facts, Field, Item};

pub struct Answer {
    pub facts: Facts,
    /// The layers within scope, outermost first.
    pub layers: Vec<String>,
    /// The first protocol that is out of scope: an application, a tunnel, a protocol the parser does not enter.
    pub next: Option<String>,
    /// Whether another packet follows.
    tunnel: bool,
    /// The layers of the packets around this one.
    before: Vec<String>,
    /// tshark ran out of octets or found a header malformed, in whatever layer.
    pub cut: bool,
    /// Octets on the wire.
    pub length: u64,
    /// Octets captured.
    pub captured: u64,
}

impl Answer {
    /// One a packet, from the frame's own to the innermost; none for what is no packet: tshark also numbers other records
    /// of a file.
    pub fn all(row: &Value) -> Vec<Self> {
        Self::read(row).unwrap_or_default()
    }

    fn read(row: &Value) -> Option<Vec<Self>> {
        row.get("encap")?;
        let protocols = row["protocols"].as_array()?.iter().filter_map(Value::as_str);
        // tshark names IPv4 before it looks at the version, and hands IPv6 on.
        let names: Vec<&str> = protocols.collect();
        let ip = |index: usize| row.get("ip").and_then(|list| list.get(index)).map(|ip| ip["v"].clone());
        let mut levels = (0..).map(ip);
        let mut kept = Vec::new();
        for (at, name) in names.iter().enumerate() {
            if *name == "ip" && names.get(at + 1) == Some(&"ipv6") {
                let older = levels.next().flatten();
                let whole = row.get("ip_id").and_then(Value::as_array).map_or(0, Vec::len);
                if older == Some(6.into()) || older.is_none() && whole <= kept.iter().filter(|n| **n == "ip").count() {
                    // One header, named twice.
                    continue;
                }
            } else if matches!(*name, "ip" | "ipv6")
                && !(at > 0 && *name == "ipv6" && names[at - 1] == "ip" && kept.last() != Some(&"ip"))
            {
                levels.next();
            }
            kept.push(*name);
        }
        let parts = scope(kept.into_iter());
        let mut answers: Vec<Self> = Vec::new();
        let last = parts.len() - 1;
        for (at, (layers, next)) in parts.into_iter().enumerate() {
            let before: Vec<String> = answers.iter().flat_map(|answer| answer.layers.iter().cloned()).collect();
            let mut answer = Self {
                facts: Facts::default(),
                layers,
                next,
                tunnel: at < last,
                before,
                cut: row.get("short").or(row.get("malformed")).is_some(),
                length: row["len"].as_u64()?,
                captured: row["caplen"].as_u64()?,
            };
            answer.link(row);
            answer.network(row);
            answer.transport(row);
            answers.push(answer);
        }
        let flat = [
            ("mpls", "mpls_label", "mpls.label"),
            ("gre", "gre_key", "gre.key"),
            ("erspan", "erspan_spanid", "erspan.spanid"),
        ];
        for (layer, key, field) in flat {
            let there = answers.iter().filter(|answer| answer.has(layer)).count();
            let count = if layer == "mpls" { there.saturating_mul(usize::MAX) } else { there };
            answers[0].several(row, &[(key, field)], 0, count);
        }
        Some(answers)
    }

    pub fn has(&self, layer: &str) -> bool {
        self.layers.iter().any(|l| l == layer)
    }

    pub fn is_outermost(&self) -> bool {
        self.before.is_empty()
    }

    /// Whether what follows is another packet.
    pub fn is_tunnel(&self) -> bool {
        self.tunnel
    }

    /// How many of `layer` are in the packets around this one.
    fn around(&self, layer: &str) -> usize {
        self.before.iter().filter(|l| *l == layer).count()
    }

    fn link(&mut self, row: &Value) {
        if self.has("eth") {
            self.first(row, "eth", &[("eth_src", "eth.src"), ("eth_dst", "eth.dst")]);
        }
        let tags = self.layers.iter().filter(|l| *l == "vlan").count();
        let around = self.around("vlan");
        self.several(row, &[("vlan_id", "vlan.id"), ("vlan_priority", "vlan.priority")], around, tags);
        for (layer, key, field) in [
            ("pppoes", "pppoe_session_id", "pppoe.session_id"),
            ("pppoed", "pppoe_session_id", "pppoe.session_id"),
            ("vxlan", "vxlan_vni", "vxlan.vni"),
            ("geneve", "geneve_vni", "geneve.vni"),
            ("gtp", "gtp_teid", "gtp.teid"),
        ] {
            if self.has(layer) {
                self.first(row, layer, &[(key, field)]);
            }
        }
    }

    fn network(&mut self, row: &Value) {
        if self.has("arp") {
            let fields = [
                ("arp_opcode", "arp.opcode"),
                ("arp_src_proto_ipv4", "arp.src.proto_ipv4"),
                ("arp_dst_proto_ipv4", "arp.dst.proto_ipv4"),
            ];
            self.first(row, "arp", &fields);
        }
        let level = self.around("ip") + self.around("ipv6");
        let own = row.get("ip").and_then(|list| list.get(level)).filter(|_| self.has("ip") || self.has("ipv6"));
        for (key, field) in [("v", "ip.version"), ("src", "ip.src"), ("dst", "ip.dst"), ("ttl", "ip.ttl")] {
            own.iter().for_each(|ip| self.put(field, &ip[key]));
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
            self.first(row, "ip", &fields);
        }
        if self.has("ipv6") {
            self.first(row, "ipv6", &[("ipv6_nxt", "ipv6.nxt"), ("ipv6_plen", "ipv6.plen")]);
            let fragments = self.layers.iter().filter(|l| *l == "ipv6.fraghdr").count();
            let fields = [("ipv6_fraghdr_offset", "ipv6.fraghdr.offset"), ("ipv6_fraghdr_more", "ipv6.fraghdr.more")];
            let around = self.around("ipv6.fraghdr");
            self.several(row, &fields, around, fragments);
        }
    }

    fn transport(&mut self, row: &Value) {
        match self.layers.last().map(String::as_str) {
            Some("tcp") => self.tcp(row),
            Some("udp") => {
                let fields =
                    [("udp_srcport", "udp.srcport"), ("udp_dstport", "udp.dstport"), ("udp_length", "udp.length")];
                self.first(row, "udp", &fields);
                self.dns(row);
            }
            Some("sctp") => {
                self.first(row, "sctp", &[("sctp_srcport", "sctp.srcport"), ("sctp_dstport", "sctp.dstport")]);
            }
            Some("icmp") => self.first(row, "icmp", &[("icmp_type", "icmp.type"), ("icmp_code", "icmp.code")]),
            Some("icmpv6") => {
                self.first(row, "icmpv6", &[("icmpv6_type", "icmpv6.type"), ("icmpv6_code", "icmpv6.code")]);
            }
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
        self.first(row, "tcp", &fields);
        let options = [
            ("tcp_options_mss_val", "tcp.options.mss_val"),
            ("tcp_options_wscale_shift", "tcp.options.wscale.shift"),
            ("tcp_options_timestamp_tsval", "tcp.options.timestamp.tsval"),
            ("tcp_options_timestamp_tsecr", "tcp.options.timestamp.tsecr"),
            ("tcp_options_sack_le", "tcp.options.sack_le"),
            ("tcp_options_sack_re", "tcp.options.sack_re"),
        ];
        self.several(row, &options, 0, usize::MAX);
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
        self.several(row, &fields, 0, 1);
        self.several(row, &[("dns_qry_name", "dns.qry.name"), ("dns_qry_type", "dns.qry.type")], 0, usize::MAX);
    }

    fn first(&mut self, row: &Value, layer: &str, fields: &[(&str, Field)]) {
        let around = self.around(layer);
        self.several(row, fields, around, 1);
    }

    fn several(&mut self, row: &Value, fields: &[(&str, Field)], skip: usize, count: usize) {
        for (key, field) in fields {
            for value in row.get(*key).and_then(Value::as_array).into_iter().flatten().skip(skip).take(count) {
                self.put(field, value);
            }
        }
    }

    fn put(&mut self, field: Field, value: &Value) {
        match value {
            Value::Number(number) => self.facts.add(field, number.as_u64().unwrap()),
            // tshark writes the last 32 bits of some addresses as IPv4 does.
            Value::String(text) => match text.parse::<std::net::Ipv6Addr>() {
                Ok(address) => self.facts.text(field, address),
                Err(_) => self.facts.text(field, text),
            },
            _ => {}
        }
    }
}

/// The layers that the parser enters, a list for each packet, and the first protocol behind them.
///
/// Everything behind the first protocol it does not enter is out of scope: what an ICMP error quotes, and applications.
fn scope<'a>(protocols: impl Iterator<Item = &'a str>) -> Vec<(Vec<String>, Option<String>)> {
    let mut parts: Vec<(Vec<String>, Option<String>)> = vec![(Vec::new(), None)];
    let (mut network, mut closed, mut link) = (false, false, true);
    for protocol in protocols.filter(|p| !matches!(*p, "" | "ethertype" | "pwethcw" | "pwethnocw")) {
        let layers = &mut parts.last_mut().unwrap().0;
        let udp = layers.last().is_some_and(|last| last == "udp");
        let name = match protocol {
            "raw" if layers.is_empty() => continue,
            "igmp" if layers.last().is_some_and(|last| last == "igmp") => continue,
            "sll" | "null" | "nflog" if layers.is_empty() => protocol,
            "eth" if link => protocol,
            "ppp" if !network => protocol,
            "mpls" | "pppoes" | "pppoed" if !network => protocol,
            // tshark gives a service tag's numbers in other fields.
            "vlan" if !network => protocol,
            "ieee8021ad" if !network => "service tag",
            "llc" if !network => protocol,
            "erspan" if link => protocol,
            "arp" | "ip" | "ipv6" | "lldp" | "macsec" | "slow" | "stp" if !network => protocol,
            "ipv6.hopopts" | "ipv6.routing" | "ipv6.fraghdr" | "ipv6.dstopts" | "ah" | "tcp" | "udp" | "icmp"
            | "icmpv6" | "sctp" | "udplite" | "igmp" | "esp" | "dccp" | "vrrp" | "ospf" | "pim"
                if network && !closed =>
            {
                protocol
            }
            "gre" | "ip" | "ipv6" | "mpls" if network && !closed => "",
            "gre" | "vxlan" | "geneve" | "gtp" | "teredo" | "vxlan_gpe" if udp => "",
            "pwethheuristic" if layers.last().is_some_and(|last| last == "mpls") => "",
            _ => {
                parts.last_mut().unwrap().1 = Some(protocol.into());
                return parts;
            }
        };
        if name.is_empty() {
            let own = if protocol == "pwethheuristic" { "pw" } else { protocol };
            parts.last_mut().unwrap().1 = Some(protocol.into());
            parts.push((vec![own.into()], None));
            (network, closed) = (matches!(protocol, "ip" | "ipv6"), false);
            link = !network;
            continue;
        }
        link &= matches!(name, "erspan");
        network |= matches!(name, "arp" | "ip" | "ipv6" | "lldp" | "macsec" | "slow" | "stp");
        closed |= network && !matches!(name, "ip" | "ipv6" | "ah") && !name.starts_with("ipv6.");
        layers.push(name.into());
    }
    parts
}

impl Item {
    pub fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(_) => None,
        }
    }
}
