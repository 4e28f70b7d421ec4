//! Tunnels over UDP: VXLAN, Geneve, bare UDP, GTP, and automatic multicast tunnelling.

use std::net::IpAddr;

use crate::netlink::attribute::{Attribute, Notes};

attributes! {
    /// A VXLAN tunnel (`IFLA_VXLAN_*`).
    Vxlan in "vxlan" {
        /// Network identifier (VNI).
        id: u32 = 1 by Attribute::u32,
        /// The other end, or the group that stands for all.
        remote: IpAddr = 2 | 16 by Attribute::ip,
        /// The link that packets leave by.
        link: u32 = 3 by Attribute::u32,
        /// This end.
        local: IpAddr = 4 | 17 by Attribute::ip,
        /// Time to live of the outer header; 0 is automatic.
        ttl: u8 = 5 by Attribute::u8,
        /// Type of service of the outer header; 1 is inherited.
        tos: u8 = 6 by Attribute::u8,
        /// Addresses are learned.
        learning: bool = 7 by Attribute::bool,
        /// Seconds until a forwarding entry expires.
        ageing: u32 = 8 by Attribute::u32,
        /// Most forwarding entries; 0 is no limit.
        limit: u32 = 9 by Attribute::u32,
        /// Lowest and highest source port; 0 and 0 is the system's range.
        port_range: (u16, u16) = 10 by port_range,
        /// ARP is answered for others.
        proxy: bool = 11 by Attribute::bool,
        /// Route short circuit.
        rsc: bool = 12 by Attribute::bool,
        /// Missing link-layer addresses are told.
        l2miss: bool = 13 by Attribute::bool,
        /// Missing IP addresses are told.
        l3miss: bool = 14 by Attribute::bool,
        /// Destination port.
        port: u16 = 15 by Attribute::be16,
        /// UDP checksums over IPv4.
        udp_csum: bool = 18 by Attribute::bool,
        /// No UDP checksums over IPv6, sending.
        udp_zero_csum6_tx: bool = 19 by Attribute::bool,
        /// No UDP checksums over IPv6, receiving.
        udp_zero_csum6_rx: bool = 20 by Attribute::bool,
        /// Remote checksum offload, sending.
        remcsum_tx: bool = 21 by Attribute::bool,
        /// Remote checksum offload, receiving.
        remcsum_rx: bool = 22 by Attribute::bool,
        /// Group policy extension.
        gbp: bool = 23 by Attribute::flag,
        /// Remote checksum offload without partial checksums.
        remcsum_nopartial: bool = 24 by Attribute::flag,
        /// The tunnel's ends come with each packet.
        external: bool = 25 by Attribute::bool,
        /// IPv6 flow label.
        label: u32 = 26 by Attribute::be32,
        /// Generic protocol extension.
        gpe: bool = 27 by Attribute::flag,
        /// Time to live is that of the inner header.
        ttl_inherit: bool = 28 by Attribute::bool,
        /// `VXLAN_DF_*`: 0 don't fragment is unset, 1 set, 2 that of the inner header.
        df: u8 = 29 by Attribute::u8,
        /// Network identifiers are filtered.
        vnifilter: bool = 30 by Attribute::bool,
        /// Bypass of the own host.
        localbypass: bool = 31 by Attribute::bool,
        /// `VXLAN_LABEL_*`: 0 the flow label is fixed, 1 that of the inner header.
        label_policy: u32 = 32 by Attribute::u32,
        /// Bits of the header that must be zero.
        reserved_bits: [u8; 8] = 33 by Attribute::array::<8>,
        /// Multicast is routed.
        mcroute: bool = 34 by Attribute::bool,
    }
}

attributes! {
    /// A Geneve tunnel (`IFLA_GENEVE_*`).
    Geneve in "geneve" {
        /// Network identifier (VNI).
        id: u32 = 1 by Attribute::u32,
        /// The other end.
        remote: IpAddr = 2 | 7 by Attribute::ip,
        /// Time to live of the outer header; 0 is automatic.
        ttl: u8 = 3 by Attribute::u8,
        /// Type of service of the outer header; 1 is inherited.
        tos: u8 = 4 by Attribute::u8,
        /// Destination port.
        port: u16 = 5 by Attribute::be16,
        /// The tunnel's ends come with each packet.
        external: bool = 6 by Attribute::flag,
        /// UDP checksums over IPv4.
        udp_csum: bool = 8 by Attribute::bool,
        /// No UDP checksums over IPv6, sending.
        udp_zero_csum6_tx: bool = 9 by Attribute::bool,
        /// No UDP checksums over IPv6, receiving.
        udp_zero_csum6_rx: bool = 10 by Attribute::bool,
        /// IPv6 flow label.
        label: u32 = 11 by Attribute::be32,
        /// Time to live is that of the inner header.
        ttl_inherit: bool = 12 by Attribute::bool,
        /// `GENEVE_DF_*`: 0 don't fragment is unset, 1 set, 2 that of the inner header.
        df: u8 = 13 by Attribute::u8,
        /// The inner protocol is that of the packet, not Ethernet.
        inner_proto_inherit: bool = 14 by Attribute::flag,
        /// Lowest and highest source port.
        port_range: (u16, u16) = 15 by port_range,
        /// Inner packets may be merged with the generic receive offload hint.
        gro_hint: bool = 16 by Attribute::flag,
        /// This end.
        local: IpAddr = 17 | 18 by Attribute::ip,
    }
}

attributes! {
    /// A tunnel of layer 3 protocols over UDP without a header of its own (`IFLA_BAREUDP_*`).
    Bareudp in "bareudp" {
        /// Destination port.
        dstport: u16 = 1 by Attribute::be16,
        /// EtherType of what is within.
        ethertype: u16 = 2 by Attribute::be16,
        /// Lowest source port.
        srcportmin: u16 = 3 by Attribute::u16,
        /// Multicast MPLS beside unicast, or IPv6 beside IPv4.
        multiproto: bool = 4 by Attribute::flag,
    }
}

attributes! {
    /// A GTP-U tunnel of mobile networks (`IFLA_GTP_*`).
    Gtp in "gtp" {
        /// Buckets of the table of contexts.
        hsize: u32 = 3 by Attribute::u32,
        /// 0 GGSN, 1 SGSN.
        role: u32 = 4 by Attribute::u32,
        /// Restart counter.
        restart_count: u8 = 6 by Attribute::u8,
        /// This end.
        local: IpAddr = 7 | 8 by Attribute::ip,
    }
}

attributes! {
    /// An end of automatic multicast tunnelling (`IFLA_AMT_*`, RFC 7450).
    Amt in "amt" {
        /// 0 gateway, 1 relay.
        mode: u32 = 1 by Attribute::u32,
        /// The relay's port.
        relay_port: u16 = 2 by Attribute::be16,
        /// The gateway's port.
        gateway_port: u16 = 3 by Attribute::be16,
        /// The link that packets leave by.
        link: u32 = 4 by Attribute::u32,
        /// This end.
        local: IpAddr = 5 by Attribute::ip,
        /// The other end.
        remote: IpAddr = 6 by Attribute::ip,
        /// Where a relay is looked for.
        discovery: IpAddr = 7 by Attribute::ip,
        /// Most tunnels.
        max_tunnels: u32 = 8 by Attribute::u32,
    }
}

fn port_range(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<(u16, u16)> {
    attribute.array(notes).map(|[a, b, c, d]| (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])))
}
