//! What tcpdump says with `-v`: the fields of IP headers, and whether checksums are right. `{:#}` shows it.

use core::fmt;

use super::{Checksum, ChecksumStatus, IpProtocol, Layer, Packet};

impl Packet<'_> {
    /// `(tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length 60) `, or IPv6's words.
    pub(super) fn write_ip_fields(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(ip) = self.ipv4() {
            write!(f, "(tos 0x{:x}", ip.dscp() << 2 | ip.ecn())?;
            f.write_str(match ip.ecn() {
                1 => ",ECT(1)",
                2 => ",ECT(0)",
                3 => ",CE",
                _ => "",
            })?;
            if ip.time_to_live() > 0 {
                write!(f, ", ttl {}", ip.time_to_live())?;
            }
            let offset = u32::from(ip.fragment_offset()) * 8;
            let flags = match ip.header[6] >> 5 {
                0 => "none",
                1 => "+",
                2 => "DF",
                3 => "+, DF",
                4 => "rsvd",
                5 => "+, rsvd",
                6 => "DF, rsvd",
                _ => "+, DF, rsvd",
            };
            write!(f, ", id {}, offset {offset}, flags [{flags}], proto ", ip.identification())?;
            write_protocol(f, ip.protocol())?;
            write!(f, ", length {}", ip.total_length())?;
            if let Some(Checksum { found, computed: Some(computed), status, .. }) = self.checksum(Layer::Ipv4)
                && status != ChecksumStatus::Valid
            {
                write!(f, ", bad cksum {found:x} (->{computed:x})!")?;
            }
            return f.write_str(") ");
        }
        let Some(ip) = self.ipv6() else { return Ok(()) };
        f.write_str("(")?;
        if ip.traffic_class() != 0 {
            write!(f, "class 0x{:02x}, ", ip.traffic_class())?;
        }
        if ip.flow_label() != 0 {
            write!(f, "flowlabel 0x{:05x}, ", ip.flow_label())?;
        }
        write!(f, "hlim {}, next-header ", ip.hop_limit())?;
        write_protocol(f, ip.next_header())?;
        write!(f, " payload length: {}) ", ip.payload_length())
    }

    /// `[udp sum ok] `, `[bad udp cksum 0x1234 -> 0x5678!] ` or `[no cksum] `.
    pub(super) fn write_bracketed_sum(&self, f: &mut fmt::Formatter<'_>, layer: Layer, name: &str) -> fmt::Result {
        let Some(Checksum { found, computed, status, .. }) = self.checksum(layer) else { return Ok(()) };
        match (status, computed) {
            (ChecksumStatus::Absent, _) => f.write_str("[no cksum] "),
            (ChecksumStatus::Valid, _) => write!(f, "[{name} sum ok] "),
            (_, Some(computed)) => write!(f, "[bad {name} cksum 0x{found:04x} -> 0x{computed:04x}!] "),
            (_, None) => Ok(()),
        }
    }

    /// `, cksum 0x1234 (correct)`.
    pub(super) fn write_tcp_sum(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.checksum(Layer::Tcp) {
            Some(checksum) if checksum.computed.is_some() => write!(f, ", {checksum}"),
            _ => Ok(()),
        }
    }

    /// ` (wrong icmp cksum 1234 (->5678)!)`, if it is.
    pub(super) fn write_wrong_icmp_sum(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.checksum(Layer::Icmpv4) {
            Some(Checksum { found, computed: Some(computed), status, .. }) if status != ChecksumStatus::Valid => {
                write!(f, " (wrong icmp cksum {found:x} (->{computed:x})!)")
            }
            _ => Ok(()),
        }
    }
}

fn write_protocol(f: &mut fmt::Formatter<'_>, protocol: IpProtocol) -> fmt::Result {
    let name = match protocol {
        IpProtocol::HOP_BY_HOP => "Options",
        IpProtocol::ICMP => "ICMP",
        IpProtocol::IGMP => "IGMP",
        IpProtocol::IPIP => "IPIP",
        IpProtocol::TCP => "TCP",
        IpProtocol::UDP => "UDP",
        IpProtocol::DCCP => "DCCP",
        IpProtocol::IPV6 => "IPv6",
        IpProtocol::ROUTING => "Routing",
        IpProtocol::FRAGMENT => "Fragment",
        IpProtocol::GRE => "GRE",
        IpProtocol::ESP => "ESP",
        IpProtocol::AUTHENTICATION => "AH",
        IpProtocol::ICMPV6 => "ICMPv6",
        IpProtocol::OSPF => "OSPF",
        IpProtocol::PIM => "PIM",
        IpProtocol::VRRP => "VRRP",
        IpProtocol::SCTP => "SCTP",
        _ => "unknown",
    };
    let name = if protocol == IpProtocol::NO_NEXT_HEADER { "None" } else { name };
    write!(f, "{name} ({})", protocol.0)
}
