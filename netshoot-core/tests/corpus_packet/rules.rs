//! The differences that are excused: each rule names what tshark does, and the fields where that shows.

use netshoot_core::packet::{EtherType, IpProtocol, Layer, Limit, LinkType, Packet, Stop, dns};

use crate::answer::Answer;
use crate::facts::{Field, Item};

/// A difference between tshark and the parser.
pub struct Case<'a> {
    pub field: Field,
    pub packet: &'a Packet<'a>,
    pub answer: &'a Answer,
    pub theirs: &'a [Item],
    pub ours: &'a [Item],
}

impl Case<'_> {
    fn stop(&self) -> Option<Stop> {
        self.packet.stopped()
    }

    fn stopped_by(&self, limit: Limit) -> bool {
        self.stop().is_some_and(|stop| stop.limit == limit)
    }

    /// Whether the layer that the field belongs to is the one that could not be read to its end.
    fn layer_is_cut(&self) -> bool {
        let Some(stop) = self.stop() else { return false };
        let cut = stop.is_truncation() || matches!(stop.limit, Limit::Fragment);
        cut && layer_of(self.field).contains(&stop.layer)
    }

    fn layer_is_malformed(&self) -> bool {
        self.stop().is_some_and(|stop| stop.limit == Limit::Malformed && layer_of(self.field).contains(&stop.layer))
    }

    fn layers_end_with(&self, layer: &str) -> bool {
        self.answer.layers.last().is_some_and(|last| last == layer)
    }

    fn text(&self, items: &[Item]) -> String {
        match items {
            [Item::Text(text)] => text.clone(),
            _ => String::new(),
        }
    }
}

/// The layers whose end decides whether a field is there.
fn layer_of(field: Field) -> &'static [Layer] {
    match field.split('.').next() {
        Some("vlan") => &[Layer::Vlan],
        Some("ip" | "ipv6") => &[Layer::Ipv4, Layer::Ipv6, Layer::Extension],
        Some("tcp") => &[Layer::Tcp],
        Some("udp") => &[Layer::Udp],
        Some("icmp" | "icmpv6") => &[Layer::Icmpv4, Layer::Icmpv6],
        Some("arp") => &[Layer::Arp],
        _ => &[],
    }
}

/// What tshark does differently.
pub struct Rule {
    pub says: &'static str,
    /// The fields it concerns; with a final dot, all fields that start so.
    pub fields: &'static [&'static str],
    pub applies: fn(&Case<'_>) -> bool,
}

/// The first rule that excuses a difference.
pub fn excuse(case: &Case<'_>) -> Option<&'static str> {
    let concerns = |rule: &&Rule| {
        rule.fields.iter().any(|f| if f.ends_with('.') { case.field.starts_with(f) } else { *f == case.field })
    };
    RULES.iter().filter(concerns).find(|rule| (rule.applies)(case)).map(|rule| rule.says)
}

/// Why tshark finds a packet that the parser does not.
pub fn fewer(last: &Packet<'_>) -> Option<&'static str> {
    let stop = last.stopped()?;
    match stop.limit {
        Limit::Depth => Some("tshark follows tunnels in tunnels without a limit"),
        _ if stop.layer == Layer::Mpls => Some(WIRE),
        _ => None,
    }
}

const WIRE: &str = "tshark takes anything behind MPLS that is no IP for a pseudo-wire";

/// Why the parser finds a packet that tshark does not.
pub fn more(last: &Packet<'_>, packet: &Packet<'_>) -> Option<&'static str> {
    let stop = packet.stopped();
    let has_port = |port| last.ports().is_some_and(|(a, b)| a == port || b == port);
    match packet.layout().tunnel_layer() {
        Some(Layer::Vxlan) if has_port(8472) => Some("tshark does not know port 8472, Linux's first for VXLAN"),
        Some(Layer::Gtp) if stop.is_some_and(|stop| stop.layer == Layer::Gtp) => {
            Some("tshark declines GTP of a type or version that it does not know")
        }
        None if stop.is_some_and(|stop| stop.layer == Layer::Ipv6 && stop.limit == Limit::Malformed) => {
            Some("tshark takes a packet behind an IPv6 type whose version is not 6 for data")
        }
        _ => None,
    }
}

const FROM_NETWORK: &[&str] = &["arp.", "ip.", "ipv6.", "tcp.", "udp.", "icmp.", "icmpv6.", "dns.", "layers", "stop"];

const RULES: &[Rule] = &[
    Rule {
        says: "tshark shows the fields of a header that was cut, one by one up to the cut",
        fields: &["vlan.", "ip.", "ipv6.", "tcp.", "udp.", "icmp.", "icmpv6."],
        applies: |case| case.ours.is_empty() && case.layer_is_cut(),
    },
    Rule {
        says: "tshark shows nothing behind a header length or total length that cannot be",
        fields: &["ip.", "tcp."],
        applies: |case| case.theirs.is_empty() && case.layer_is_malformed(),
    },
    Rule {
        says: "tshark shows no addresses of an IPv4 header whose options the capture cut",
        fields: &["ip.version", "ip.src", "ip.dst", "ip.ttl"],
        applies: |case| case.theirs.is_empty() && case.layer_is_cut(),
    },
    Rule {
        says: "tshark shows no segment length where a TCP header was cut",
        fields: &["tcp.len"],
        applies: |case| case.theirs.is_empty() && case.layer_is_cut(),
    },
    Rule {
        says: "tshark shows no segment length for the first fragment of a datagram",
        fields: &["tcp.len"],
        applies: |case| case.theirs.is_empty() && case.packet.layout().is_fragment(),
    },
    Rule {
        says: "tshark shows the last address of a source route as the destination",
        fields: &["ip.dst"],
        applies: |case| {
            let routed =
                |ip: netshoot_core::packet::Ipv4<'_>| ip.options().iter().any(|kind| matches!(kind, 131 | 137));
            case.packet.ipv4().is_some_and(routed)
        },
    },
    Rule {
        says: "tshark ends a packet at a malformed IPv4 option",
        fields: FROM_NETWORK,
        applies: |case| {
            let options = case.packet.ipv4().is_some_and(|ip| !ip.options().is_empty());
            options && case.answer.cut && case.answer.next.is_none() && case.layers_end_with("ip")
        },
    },
    Rule {
        says: "tshark takes a packet behind an IPv6 type whose version is not 6 for data",
        fields: &["layers", "stop"],
        applies: |case| {
            let malformed = |stop: Stop| stop.layer == Layer::Ipv6 && stop.limit == Limit::Malformed;
            let inner = case.packet.inner().and_then(|inner| inner.stopped());
            case.stop().or(inner).is_some_and(malformed)
                && case.answer.next.as_deref().is_none_or(|next| next == "data")
        },
    },
    Rule {
        says: "tshark follows extension headers without a limit",
        fields: FROM_NETWORK,
        applies: |case| case.stopped_by(Limit::Depth),
    },
    Rule {
        says: "tshark reads nothing behind the first extension header of an IPv6 packet of length 0 that has no jumbo option",
        fields: FROM_NETWORK,
        applies: |case| case.packet.layout().length_is_open() && case.packet.ipv6().is_some() && case.answer.cut,
    },
    Rule {
        says: "tshark names no protocol where no octet of it is left",
        fields: &["layers", "stop"],
        applies: |case| {
            let empty = case.stop().is_some_and(|stop| stop.available == 0 && stop.is_truncation());
            let (theirs, ours) = (case.text(case.theirs), case.text(case.ours));
            let outer = ours.rsplit_once(':').map_or("", |(outer, _)| outer);
            let nothing = case.answer.next.as_deref().is_none_or(|next| next == "data");
            empty && nothing && (case.field == "stop" || theirs == outer)
        },
    },
    Rule {
        says: "tshark names no protocol where it calls no dissector, or one that declines",
        fields: &["stop"],
        applies: |case| case.stopped_by(Limit::UnknownProtocol) && case.answer.next.is_none(),
    },
    Rule {
        says: "tshark remarks on a length that cannot be, but does not call the packet malformed",
        fields: &["stop"],
        applies: |case| case.stopped_by(Limit::Malformed) && !case.answer.cut,
    },
    Rule {
        says: "tshark does not complain of a header whose rest is in another fragment",
        fields: &["stop"],
        applies: |case| case.stopped_by(Limit::Fragment) && !case.answer.cut,
    },
    Rule {
        says: "tshark calls what follows the last header of IPv6 data, though the header says that nothing follows",
        fields: &["stop"],
        applies: |case| {
            let last = case.packet.layout().ip_protocol == IpProtocol::NO_NEXT_HEADER;
            last && case.answer.next.as_deref() == Some("data")
        },
    },
    Rule {
        says: "tshark knows IPX directly behind an 802.3 length by its checksum of ffff",
        fields: &["layers"],
        applies: |case| {
            let direct = case.packet.stopped().is_some_and(|stop| stop.layer == Layer::Llc);
            direct && case.answer.next.as_deref() == Some("ipx")
        },
    },
    Rule {
        says: "tshark's complaint is of the message behind a whole header",
        fields: &["stop"],
        applies: |case| case.answer.cut && case.answer.next.is_none() && case.stop().is_none(),
    },
    Rule {
        says: "tshark's dissector of service tags reads the tag of a backbone service (802.1ah) in the same layer",
        fields: FROM_NETWORK,
        applies: |case| case.packet.layout().ether_type == EtherType(0x88e7) && case.answer.has("service tag"),
    },
    Rule {
        says: "tshark takes a NULL family that is none in either byte order for an EtherType in its upper half",
        fields: FROM_NETWORK,
        applies: |case| {
            let null = case.packet.layout().link_type == LinkType::NULL;
            null && case.stop().is_some_and(|s| s.layer == Layer::Null && s.limit == Limit::UnknownProtocol)
        },
    },
    Rule {
        says: "tshark finds DNS on other ports by its heuristics",
        fields: &["dns."],
        applies: |case| {
            let known = |(a, b): (u16, u16)| dns::PORTS.contains(&a) || dns::PORTS.contains(&b);
            !case.packet.ports().is_some_and(known)
        },
    },
    Rule {
        says: "tshark shows the fields of a DNS header that was cut, one by one up to the cut",
        fields: &["dns."],
        applies: |case| case.ours.is_empty() && case.packet.payload().bytes.len() < dns::Message::HEADER_LEN,
    },
    Rule {
        says: "tshark describes a DNS name that cannot be read, and ends the message there",
        fields: &["dns.qry.name", "dns.qry.type"],
        applies: |case| {
            let questions = case.packet.dns().into_iter().flat_map(|message| message.questions().flatten());
            questions.into_iter().any(|question| question.name.labels().any(|label| label.is_err()))
        },
    },
    Rule {
        says: "tshark tells a control word by whether it knows the makers of the addresses",
        fields: &["arp.", "ip.", "ipv6.", "tcp.", "udp.", "layers", "stop", "eth.", "pppoe."],
        applies: |case| {
            let wire = case.packet.layout().tunnel_layer() == Some(Layer::PseudoWire);
            wire && case.answer.next.as_deref() == Some("data")
        },
    },
    Rule {
        says: "tshark reads no labels behind a control word that it did not see",
        fields: &["mpls.label"],
        applies: |case| {
            let wire =
                case.packet.inner().is_some_and(|inner| inner.layout().tunnel_layer() == Some(Layer::PseudoWire));
            wire && case.theirs.len() < case.ours.len()
        },
    },
    Rule {
        says: WIRE,
        fields: &["stop"],
        applies: |case| {
            let next = matches!(case.answer.next.as_deref(), Some("pwethheuristic" | "data"));
            next && case.stop().is_some_and(|stop| stop.layer == Layer::Mpls)
        },
    },
    Rule {
        says: "tshark follows tunnels in tunnels without a limit",
        fields: &["eth.", "mpls.", "layers", "stop"],
        applies: |case| case.packet.innermost().stopped().is_some_and(|stop| stop.limit == Limit::Depth),
    },
    Rule {
        says: "tshark names ERSPAN also where it has no header (type I)",
        fields: &["layers"],
        applies: |case| {
            let first = case.packet.gre().is_some_and(|gre| gre.protocol() == EtherType::ERSPAN);
            first
                && case.packet.erspan().is_none()
                && case.text(case.theirs).replace(":erspan", "") == case.text(case.ours)
        },
    },
    Rule {
        says: "tshark's dissector of MACsec declines what is too short for its tag",
        fields: &["layers"],
        applies: |case| {
            let named = case.stop().is_some_and(|stop| stop.layer == Layer::Macsec && stop.available < 22);
            named && case.answer.next.as_deref() == Some("data")
        },
    },
    Rule {
        says: "tshark names no PPP where its protocol is cut",
        fields: &["layers"],
        applies: |case| case.stop().is_some_and(|stop| stop.layer == Layer::Ppp && stop.is_truncation()),
    },
    Rule {
        says: "tshark shows nothing of an SCTP header that was cut",
        fields: &["sctp."],
        applies: |case| case.theirs.is_empty() && case.stop().is_some_and(|stop| stop.layer == Layer::Sctp),
    },
    Rule {
        says: "tshark shows no endpoint of GTP where the protocol type is GTP'",
        fields: &["gtp.teid"],
        applies: |case| case.theirs.is_empty() && case.stop().is_some_and(|stop| stop.layer == Layer::Gtp),
    },
    Rule {
        says: "tshark does not complain of an inner IPv4 header that is cut",
        fields: &["stop"],
        applies: |case| {
            let short = |stop: Stop| stop.layer == Layer::Ipv4 && stop.limit == Limit::FrameLength;
            (case.packet.layout().depth > 0 || case.packet.layout().shim_layer().is_some())
                && case.stop().is_some_and(short)
                && !case.answer.cut
        },
    },
    Rule {
        says: "tshark's dissector of IGMP hands PIM on by the first octet",
        fields: &["stop"],
        applies: |case| {
            case.answer.next.as_deref() == Some("pim") && case.stop().is_some_and(|s| s.layer == Layer::Igmp)
        },
    },
    Rule {
        says: "tshark gives a frame length of 2^31 octets and more as 2^31 - 1",
        fields: &["frame.len"],
        applies: |case| case.theirs == [Item::Number(0x7fff_ffff)],
    },
    Rule {
        says: "tshark reports a frame length below the captured length as it stands",
        fields: &["frame.len"],
        applies: |case| case.answer.length < case.answer.captured,
    },
    Rule {
        says: "tshark takes the pseudo-header of ATM for no part of the frame",
        fields: &["frame.len", "frame.cap_len"],
        applies: |case| case.answer.next.as_deref() == Some("atm"),
    },
];
