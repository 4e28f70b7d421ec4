//! The same facts from the parser.

use netshoot_core::packet::{
    EtherType, IpProtocol, Layer, LayerRef, Limit, Packet, SackBlocks, Tcp, TcpOption, dns::Name,
};

use crate::facts::{Facts, Item};

/// What the parser says of a frame, in tshark's words.
pub fn facts(packet: &Packet<'_>) -> Facts {
    let mut facts = Facts::default();
    link(packet, &mut facts);
    tunnel(packet, &mut facts);
    network(packet, &mut facts);
    transport(packet, &mut facts);
    dns(packet, &mut facts);
    facts
}

/// The layers, the one included that could not be read to its end.
pub fn layers(packet: &Packet<'_>) -> Vec<String> {
    let mut tags = packet.vlans();
    let mut extensions = packet.extensions();
    let mut layers: Vec<String> = Vec::new();
    let own = |l: &LayerRef| l.depth == packet.layout().depth && l.layer != Layer::Snap;
    for layer in packet.layers().filter(own).map(|l| l.layer) {
        let name = match layer {
            Layer::LinuxSll2 => "sll",
            Layer::Vlan if tags.next().is_some_and(|tag| tag.protocol == EtherType::SERVICE_VLAN) => "service tag",
            Layer::Extension => extensions.next().map_or("?", |e| extension_name(e.protocol)),
            // tshark names a whole stack once.
            Layer::Mpls if layers.last().is_some_and(|last| last == "mpls") => continue,
            layer => name_of(packet, layer),
        };
        layers.push(name.into());
    }
    if let Some(stop) = packet.stopped() {
        let cut =
            stop.is_truncation() || stop.limit == Limit::Malformed || stop.limit == Limit::Fragment && stop.needed > 0;
        let there = packet.layers().any(|l| l.layer == stop.layer && l.range.start == stop.offset as usize);
        if cut && !there && !matches!(stop.layer, Layer::Frame | Layer::Snap) {
            let name = match (stop.layer, packet.layout().ip_protocol) {
                (Layer::LinuxSll2, _) => "sll",
                (Layer::Extension, protocol) => extension_name(protocol),
                (layer, _) => name_of(packet, layer),
            };
            if !(name == "mpls" && layers.last().is_some_and(|last| last == "mpls")) {
                layers.push(name.into());
            }
        }
    }
    layers
}

fn name_of(packet: &Packet<'_>, layer: Layer) -> &'static str {
    match layer {
        Layer::Pppoe if packet.layout().ether_type == EtherType::PPPOE_DISCOVERY => "pppoed",
        Layer::Pppoe => "pppoes",
        layer => layer.name(),
    }
}

/// What all packets of a frame say together.
pub fn flat(packet: &Packet<'_>, facts: &mut Facts) {
    let mut next = Some(*packet);
    while let Some(packet) = next {
        packet.mpls().for_each(|label| facts.add("mpls.label", label.label()));
        if let Some(key) = packet.gre().and_then(|gre| gre.key()) {
            facts.add("gre.key", key);
        }
        if let Some(erspan) = packet.erspan() {
            facts.add("erspan.spanid", erspan.session_id());
        }
        next = packet.inner();
    }
}

fn extension_name(protocol: IpProtocol) -> &'static str {
    match protocol {
        IpProtocol::HOP_BY_HOP => "ipv6.hopopts",
        IpProtocol::ROUTING => "ipv6.routing",
        IpProtocol::FRAGMENT => "ipv6.fraghdr",
        IpProtocol::DESTINATION_OPTIONS => "ipv6.dstopts",
        IpProtocol::AUTHENTICATION => "ah",
        _ => "ipv6.shim6",
    }
}

fn link(packet: &Packet<'_>, facts: &mut Facts) {
    if let Some(ethernet) = packet.ethernet() {
        facts.text("eth.src", ethernet.source());
        facts.text("eth.dst", ethernet.destination());
    }
    for tag in packet.vlans().filter(|tag| tag.protocol != EtherType::SERVICE_VLAN) {
        facts.add("vlan.id", tag.id());
        facts.add("vlan.priority", tag.priority());
    }
}

fn tunnel(packet: &Packet<'_>, facts: &mut Facts) {
    if let Some(pppoe) = packet.pppoe() {
        facts.add("pppoe.session_id", pppoe.session_id());
    }
    if let Some(vxlan) = packet.vxlan() {
        facts.add("vxlan.vni", vxlan.vni());
    }
    if let Some(geneve) = packet.geneve() {
        facts.add("geneve.vni", geneve.vni());
    }
    if let Some(gtp) = packet.gtp() {
        facts.add("gtp.teid", gtp.teid());
    }
}

fn network(packet: &Packet<'_>, facts: &mut Facts) {
    if let Some(arp) = packet.arp() {
        facts.add("arp.opcode", arp.operation());
        for (field, address) in [("arp.src.proto_ipv4", arp.sender_ipv4()), ("arp.dst.proto_ipv4", arp.target_ipv4())] {
            if let Some(address) = address {
                facts.text(field, address);
            }
        }
    }
    if let Some((source, destination)) = packet.ip_addresses() {
        facts.add("ip.version", if source.is_ipv4() { 4u8 } else { 6 });
        facts.text("ip.src", source);
        facts.text("ip.dst", destination);
        facts.add("ip.ttl", packet.hop_limit().unwrap());
    }
    if let Some(ip) = packet.ipv4() {
        let layout = packet.layout();
        facts.add("ip.id", ip.identification());
        facts.add("ip.dsfield", (ip.dscp() << 2) | ip.ecn());
        facts.add("ip.frag_offset", ip.fragment_offset());
        facts.add("ip.flags.mf", ip.more_fragments());
        facts.add("ip.flags.df", ip.dont_fragment());
        facts.add("ip.proto", ip.protocol().0);
        // For 0 tshark shows the length that it goes by.
        let length = match ip.total_length() {
            0 => layout.reported_end - u32::from(layout.network),
            length => length.into(),
        };
        facts.add("ip.len", length);
    }
    if let Some(ip) = packet.ipv6() {
        facts.add("ipv6.nxt", ip.next_header().0);
        facts.add("ipv6.plen", ip.payload_length());
        for fragment in ip.extensions().filter_map(|e| e.fragment()) {
            facts.add("ipv6.fraghdr.offset", fragment.offset);
            facts.add("ipv6.fraghdr.more", fragment.more);
        }
    }
}

fn transport(packet: &Packet<'_>, facts: &mut Facts) {
    match (packet.layout().transport_layer(), packet.ports()) {
        (Some(Layer::Tcp), Some((source, destination))) => {
            facts.add("tcp.srcport", source);
            facts.add("tcp.dstport", destination);
        }
        (Some(Layer::Sctp), Some((source, destination))) => {
            facts.add("sctp.srcport", source);
            facts.add("sctp.dstport", destination);
        }
        (Some(Layer::Udp), Some((source, destination))) => {
            facts.add("udp.srcport", source);
            facts.add("udp.dstport", destination);
        }
        _ => {}
    }
    if let Some(tcp) = packet.tcp() {
        facts.add("tcp.seq_raw", tcp.sequence_number());
        facts.add("tcp.ack_raw", tcp.acknowledgment_number());
        facts.add("tcp.flags", tcp.flags().0);
        facts.add("tcp.hdr_len", tcp.header_len() as u64);
        facts.add("tcp.window_size_value", tcp.window());
        facts.add("tcp.len", packet.payload().reported_len as u64);
        options(&tcp, facts);
    }
    if let Some(udp) = packet.udp() {
        facts.add("udp.length", udp.length());
    }
    if let Some(icmp) = packet.icmpv4() {
        facts.add("icmp.type", icmp.message_type());
        facts.add("icmp.code", icmp.code());
    }
    if let Some(icmp) = packet.icmpv6() {
        facts.add("icmpv6.type", icmp.message_type());
        facts.add("icmpv6.code", icmp.code());
    }
}

fn options(tcp: &Tcp<'_>, facts: &mut Facts) {
    for option in tcp.options().flatten() {
        match option {
            TcpOption::MaximumSegmentSize(size) => facts.add("tcp.options.mss_val", size),
            TcpOption::WindowScale(shift) => facts.add("tcp.options.wscale.shift", shift),
            TcpOption::Timestamps { value, echo_reply } => {
                facts.add("tcp.options.timestamp.tsval", value);
                facts.add("tcp.options.timestamp.tsecr", echo_reply);
            }
            TcpOption::Sack(blocks) => sack(blocks, facts),
            _ => {}
        }
    }
}

fn sack(blocks: SackBlocks<'_>, facts: &mut Facts) {
    for (left, right) in blocks {
        facts.add("tcp.options.sack_le", left);
        facts.add("tcp.options.sack_re", right);
    }
}

fn dns(packet: &Packet<'_>, facts: &mut Facts) {
    let Some(message) = packet.dns() else { return };
    facts.add("dns.id", message.id());
    facts.add("dns.flags.response", message.is_response());
    if message.is_response() {
        facts.add("dns.flags.rcode", message.response_code().0);
    }
    facts.add("dns.count.answers", message.answer_count());
    for question in message.questions().flatten() {
        facts.0.entry("dns.qry.name").or_default().push(Item::Text(name(&question.name)));
        facts.add("dns.qry.type", question.record_type.0);
    }
}

/// A name as tshark writes it: the root has a name, and nothing in a label is escaped.
fn name(name: &Name<'_>) -> String {
    let labels: Vec<String> =
        name.labels().map_while(Result::ok).map(|label| String::from_utf8_lossy(label).into_owned()).collect();
    if labels.is_empty() { "<Root>".into() } else { labels.join(".") }
}
