//! The headers of a packet as plain records.

use std::net::{Ipv4Addr, Ipv6Addr};

use netshoot_core::packet;
use pyo3::prelude::*;

records! {
    /// One header: which layer it is and where its octets are.
    Layer {
        /// Name in the words of Wireshark's `frame.protocols`, such as `eth`, `ip`, `tcp`.
        name: String,
        /// Octets from the start of the frame to the header.
        offset: usize,
        /// Octets of the header, as far as they were captured.
        length: usize,
        /// Tunnels around it.
        depth: u8,
    }

    /// Where and why parsing ended early.
    Stop {
        /// The layer that could not be read; for an unknown protocol or a fragment, the one that carries it.
        layer: String,
        /// Octets from the start of the frame to the header or field concerned.
        offset: u32,
        /// Octets needed from `offset` on; 0 where that cannot be said.
        needed: u32,
        /// Octets available from `offset` on.
        available: u32,
        /// Who set the end: `capture_length`, `frame_length`, `length_field`, `malformed`, `unknown_protocol`,
        /// `fragment` or `depth`.
        limit: String,
        /// The same in one sentence.
        text: String,
    }

    /// A checksum, and whether it is right.
    Checksum {
        /// Whose it is, in the words of Wireshark's `frame.protocols`.
        layer: String,
        /// `valid`, `invalid`, `offloaded` (as hosts leave it that let the device compute it), `absent`, or
        /// `unverifiable`.
        status: String,
        /// As sent.
        found: u32,
        /// As it should be; `None` where that cannot be said, or none is needed.
        computed: Option<u32>,
        /// Who cut off octets that it covers, in the words of `Stop.limit`, where it is `unverifiable`.
        limit: Option<String>,
        /// Octets from the start of the frame to the field.
        offset: u32,
        /// Tunnels around the packet.
        depth: u8,
    }

    /// The MAC header of a frame.
    Ethernet {
        /// Destination address, such as `02:00:00:00:00:01`.
        destination: String,
        /// Source address.
        source: String,
        /// EtherType; below 1536 the length of an IEEE 802.3 frame.
        ether_type: u16,
    }

    /// An IEEE 802.1Q or 802.1ad tag.
    Vlan {
        /// EtherType that announced the tag.
        protocol: u16,
        /// Identifier, 0 to 4095.
        id: u16,
        /// Priority code point, 0 to 7.
        priority: u8,
        /// Drop-eligible indicator.
        drop_eligible: bool,
    }

    /// An ARP message. Addresses that are not of Ethernet or IPv4, or that the capture has cut, are `None`.
    Arp {
        /// 1 request, 2 reply; others as registered by IANA.
        operation: u16,
        /// The sender's MAC address.
        sender_mac: Option<String>,
        /// The sender's IPv4 address.
        sender_ip: Option<Ipv4Addr>,
        /// The target's MAC address.
        target_mac: Option<String>,
        /// The target's IPv4 address.
        target_ip: Option<Ipv4Addr>,
    }

    /// An IPv4 header.
    Ipv4 {
        /// Source address.
        source: Ipv4Addr,
        /// Destination address.
        destination: Ipv4Addr,
        /// Number of the protocol of the payload.
        protocol: u8,
        /// Time to live.
        time_to_live: u8,
        /// Identification of the datagram.
        identification: u16,
        /// Octets of header and payload as the header states them.
        total_length: u16,
        /// Octets of the header.
        header_length: usize,
        /// Differentiated services code point, 0 to 63.
        dscp: u8,
        /// Explicit congestion notification, 0 to 3.
        ecn: u8,
        /// Don't fragment.
        dont_fragment: bool,
        /// More fragments follow.
        more_fragments: bool,
        /// Fragment offset in units of eight octets.
        fragment_offset: u16,
        /// Header checksum as sent.
        checksum: u16,
    }

    /// An IPv6 header.
    Ipv6 {
        /// Source address.
        source: Ipv6Addr,
        /// Destination address.
        destination: Ipv6Addr,
        /// Number of the extension header or protocol that follows.
        next_header: u8,
        /// Hop limit.
        hop_limit: u8,
        /// Octets behind this header as it states them.
        payload_length: u16,
        /// Flow label, 20 bits.
        flow_label: u32,
        /// Differentiated services code point, 0 to 63.
        dscp: u8,
        /// Explicit congestion notification, 0 to 3.
        ecn: u8,
    }

    /// A TCP header.
    Tcp {
        /// Source port.
        source_port: u16,
        /// Destination port.
        destination_port: u16,
        /// Sequence number of the first octet of the payload, or of the SYN.
        sequence_number: u32,
        /// The acknowledgment field; it has a meaning only with the flag `ACK`.
        acknowledgment_number: u32,
        /// Names of the control bits that are set: `FIN`, `SYN`, `RST`, `PSH`, `ACK`, `URG`, `ECE`, `CWR`, `AE`.
        flags: Vec<String>,
        /// The window field, unscaled.
        window: u16,
        /// Octets of the header.
        header_length: usize,
        /// Checksum as sent.
        checksum: u16,
        /// Urgent pointer; it has a meaning only with the flag `URG`.
        urgent_pointer: u16,
        /// The options, up to the first that cannot be read.
        options: Vec<TcpOption>,
    }

    /// One TCP option.
    TcpOption {
        /// Option kind.
        kind: u8,
        /// `eol`, `nop`, `mss`, `wscale`, `sackOK`, `sack`, `TS` as tcpdump writes them, `unknown`, or `bad` for a length that
        /// leads beyond the options.
        name: String,
        /// A number for `mss` (octets) and `wscale` (shift), `(value, echo reply)` for `TS`, a list of
        /// `(left edge, right edge)` for `sack`, the octets for `unknown`, else `None`.
        value: Option<OptionValue>,
    }

    /// A UDP header.
    Udp {
        /// Source port.
        source_port: u16,
        /// Destination port.
        destination_port: u16,
        /// Octets of header and payload as the header states them.
        length: u16,
        /// Checksum as sent; 0 means none over IPv4.
        checksum: u16,
    }

    /// The fixed part of an ICMP message.
    Icmp {
        /// 4 for ICMP, 6 for ICMPv6.
        ip_version: u8,
        /// Message type.
        message_type: u8,
        /// Code, whose meaning depends on the type.
        code: u8,
        /// Checksum as sent.
        checksum: u16,
        /// Identifier of an echo message.
        identifier: u16,
        /// Sequence number of an echo message.
        sequence_number: u16,
    }
}

/// What an option says.
#[derive(Clone, Debug, PartialEq, IntoPyObject)]
pub(crate) enum OptionValue {
    Number(u16),
    Pair((u32, u32)),
    Pairs(Vec<(u32, u32)>),
    Octets(Vec<u8>),
}

impl From<packet::Tcp<'_>> for Tcp {
    fn from(tcp: packet::Tcp<'_>) -> Self {
        Self {
            source_port: tcp.source_port(),
            destination_port: tcp.destination_port(),
            sequence_number: tcp.sequence_number(),
            acknowledgment_number: tcp.acknowledgment_number(),
            flags: tcp.flags().names().map(str::to_owned).collect(),
            window: tcp.window(),
            header_length: tcp.header_len(),
            checksum: tcp.checksum(),
            urgent_pointer: tcp.urgent_pointer(),
            options: tcp.options().map(TcpOption::from).collect(),
        }
    }
}

impl From<Result<packet::TcpOption<'_>, packet::BadOption>> for TcpOption {
    fn from(option: Result<packet::TcpOption<'_>, packet::BadOption>) -> Self {
        use packet::TcpOption::{
            EndOfOptions, MaximumSegmentSize, NoOperation, Sack, SackPermitted, Timestamps, Unknown, WindowScale,
        };
        let (kind, name, value) = match option {
            Ok(EndOfOptions) => (0, "eol", None),
            Ok(NoOperation) => (1, "nop", None),
            Ok(MaximumSegmentSize(mss)) => (2, "mss", Some(OptionValue::Number(mss))),
            Ok(WindowScale(shift)) => (3, "wscale", Some(OptionValue::Number(shift.into()))),
            Ok(SackPermitted) => (4, "sackOK", None),
            Ok(Sack(blocks)) => (5, "sack", Some(OptionValue::Pairs(blocks.collect()))),
            Ok(Timestamps { value, echo_reply }) => (8, "TS", Some(OptionValue::Pair((value, echo_reply)))),
            Ok(Unknown { kind, data }) => (kind, "unknown", Some(OptionValue::Octets(data.to_vec()))),
            Ok(_) => (0, "unknown", None),
            Err(bad) => (bad.kind, "bad", None),
        };
        Self { kind, name: name.to_owned(), value }
    }
}

impl From<packet::LayerRef> for Layer {
    fn from(layer: packet::LayerRef) -> Self {
        Self {
            name: layer.layer.name().to_owned(),
            offset: layer.range.start,
            length: layer.range.len(),
            depth: layer.depth,
        }
    }
}

impl From<packet::Checksum> for Checksum {
    fn from(checksum: packet::Checksum) -> Self {
        let packet::Checksum { layer, depth, offset, found, computed, status } = checksum;
        let limit = match status {
            packet::ChecksumStatus::Unverifiable(limit) => Some(limit_name(limit).to_owned()),
            _ => None,
        };
        let (layer, status) = (layer.name().to_owned(), status.name().to_owned());
        Self { layer, status, found, computed, limit, offset, depth }
    }
}

impl From<packet::Stop> for Stop {
    fn from(stop: packet::Stop) -> Self {
        Self {
            layer: stop.layer.name().to_owned(),
            offset: stop.offset,
            needed: stop.needed,
            available: stop.available,
            limit: limit_name(stop.limit).to_owned(),
            text: stop.to_string(),
        }
    }
}

const fn limit_name(limit: packet::Limit) -> &'static str {
    use packet::Limit;
    match limit {
        Limit::CaptureLength => "capture_length",
        Limit::FrameLength => "frame_length",
        Limit::LengthField => "length_field",
        Limit::UnknownProtocol => "unknown_protocol",
        Limit::Fragment => "fragment",
        Limit::Depth => "depth",
        _ => "malformed",
    }
}

impl From<packet::Ethernet<'_>> for Ethernet {
    fn from(header: packet::Ethernet<'_>) -> Self {
        Self {
            destination: header.destination().to_string(),
            source: header.source().to_string(),
            ether_type: header.ether_type().0,
        }
    }
}

impl From<packet::Vlan> for Vlan {
    fn from(tag: packet::Vlan) -> Self {
        Self { protocol: tag.protocol.0, id: tag.id(), priority: tag.priority(), drop_eligible: tag.drop_eligible() }
    }
}

impl From<packet::Arp<'_>> for Arp {
    fn from(arp: packet::Arp<'_>) -> Self {
        Self {
            operation: arp.operation(),
            sender_mac: arp.sender_mac().map(|address| address.to_string()),
            sender_ip: arp.sender_ipv4(),
            target_mac: arp.target_mac().map(|address| address.to_string()),
            target_ip: arp.target_ipv4(),
        }
    }
}

impl From<packet::Ipv4<'_>> for Ipv4 {
    fn from(header: packet::Ipv4<'_>) -> Self {
        Self {
            source: header.source(),
            destination: header.destination(),
            protocol: header.protocol().0,
            time_to_live: header.time_to_live(),
            identification: header.identification(),
            total_length: header.total_length(),
            header_length: header.header_len(),
            dscp: header.dscp(),
            ecn: header.ecn(),
            dont_fragment: header.dont_fragment(),
            more_fragments: header.more_fragments(),
            fragment_offset: header.fragment_offset(),
            checksum: header.checksum(),
        }
    }
}

impl From<packet::Ipv6<'_>> for Ipv6 {
    fn from(header: packet::Ipv6<'_>) -> Self {
        Self {
            source: header.source(),
            destination: header.destination(),
            next_header: header.next_header().0,
            hop_limit: header.hop_limit(),
            payload_length: header.payload_length(),
            flow_label: header.flow_label(),
            dscp: header.dscp(),
            ecn: header.ecn(),
        }
    }
}

impl From<packet::Udp<'_>> for Udp {
    fn from(header: packet::Udp<'_>) -> Self {
        Self {
            source_port: header.source_port(),
            destination_port: header.destination_port(),
            length: header.length(),
            checksum: header.checksum(),
        }
    }
}

impl Icmp {
    pub(super) fn new(ip_version: u8, icmp: packet::Icmp<'_>) -> Self {
        Self {
            ip_version,
            message_type: icmp.message_type(),
            code: icmp.code(),
            checksum: icmp.checksum(),
            identifier: icmp.identifier(),
            sequence_number: icmp.sequence_number(),
        }
    }
}
