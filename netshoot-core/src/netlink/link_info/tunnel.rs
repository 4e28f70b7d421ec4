//! Tunnels directly over IP: GRE and ERSPAN, IP in IP, and those of IPsec.

use std::net::IpAddr;

use crate::netlink::attribute::{Attribute, Notes};

attributes! {
    /// A tunnel by GRE over IPv4 or IPv6, of IP or Ethernet, or by ERSPAN (`IFLA_GRE_*`).
    Gre in "gre" {
        /// The link that packets leave by; 0 is any.
        link: u32 = 1 by Attribute::u32,
        /// What received packets have: 0x2000 a key, 0x1000 a sequence number, 0x8000 a checksum.
        iflags: u16 = 2 by Attribute::be16,
        /// What sent packets have.
        oflags: u16 = 3 by Attribute::be16,
        /// Key of received packets.
        ikey: u32 = 4 by Attribute::be32,
        /// Key of sent packets.
        okey: u32 = 5 by Attribute::be32,
        /// This end; unspecified is any.
        local: IpAddr = 6 by Attribute::ip,
        /// The other end; unspecified is any.
        remote: IpAddr = 7 by Attribute::ip,
        /// Time to live or hop limit of the outer header; 0 is inherited.
        ttl: u8 = 8 by Attribute::u8,
        /// Type of service of the outer header; 1 is inherited.
        tos: u8 = 9 by Attribute::u8,
        /// Path MTU discovery.
        pmtudisc: bool = 10 by Attribute::bool,
        /// Most encapsulations within (RFC 2473), over IPv6.
        encap_limit: u8 = 11 by Attribute::u8,
        /// Traffic class and flow label of the outer header, over IPv6.
        flowinfo: u32 = 12 by Attribute::be32,
        /// `IP6_TNL_F_*`.
        flags: u32 = 13 by Attribute::u32,
        /// `TUNNEL_ENCAP_*`: 0 none, 1 FOU, 2 GUE.
        encap_type: u16 = 14 by Attribute::u16,
        /// `TUNNEL_ENCAP_FLAG_*`.
        encap_flags: u16 = 15 by Attribute::u16,
        /// Source port of that encapsulation; 0 is automatic.
        encap_sport: u16 = 16 by Attribute::be16,
        /// Destination port of that encapsulation.
        encap_dport: u16 = 17 by Attribute::be16,
        /// The tunnel's ends come with each packet.
        external: bool = 18 by Attribute::flag,
        /// Don't fragment of inner packets is ignored.
        ignore_df: bool = 19 by Attribute::bool,
        /// Mark of the outer packet.
        fwmark: u32 = 20 by Attribute::u32,
        /// ERSPAN index.
        erspan_index: u32 = 21 by Attribute::u32,
        /// ERSPAN version.
        erspan_ver: u8 = 22 by Attribute::u8,
        /// 0 mirrors what comes in, 1 what goes out.
        erspan_dir: u8 = 23 by Attribute::u8,
        /// ERSPAN hardware identity.
        erspan_hwid: u16 = 24 by Attribute::u16,
    }
}

attributes! {
    /// A tunnel of IP or MPLS in IPv4 or IPv6 (`IFLA_IPTUN_*`).
    IpTunnel in "iptunnel" {
        /// The link that packets leave by; 0 is any.
        link: u32 = 1 by Attribute::u32,
        /// This end; unspecified is any.
        local: IpAddr = 2 by Attribute::ip,
        /// The other end; unspecified is any.
        remote: IpAddr = 3 by Attribute::ip,
        /// Time to live or hop limit of the outer header; 0 is inherited.
        ttl: u8 = 4 by Attribute::u8,
        /// Type of service of the outer header; 1 is inherited.
        tos: u8 = 5 by Attribute::u8,
        /// Most encapsulations within (RFC 2473), over IPv6.
        encap_limit: u8 = 6 by Attribute::u8,
        /// Traffic class and flow label of the outer header, over IPv6.
        flowinfo: u32 = 7 by Attribute::be32,
        /// `IP6_TNL_F_*` over IPv6; `SIT_ISATAP` (1) over IPv4.
        flags: u32 = 8 by u16_or_u32,
        /// Protocol number of what is within; 0 is any.
        proto: u8 = 9 by Attribute::u8,
        /// Path MTU discovery.
        pmtudisc: bool = 10 by Attribute::bool,
        /// IPv6 prefix of 6rd (RFC 5969).
        prefix: IpAddr = 11 by Attribute::ip,
        /// IPv4 prefix of the 6rd relay.
        relay_prefix: IpAddr = 12 by Attribute::ip,
        /// Length of the prefix; 0 is no 6rd.
        prefixlen: u16 = 13 by Attribute::u16,
        /// Length of the relay's prefix.
        relay_prefixlen: u16 = 14 by Attribute::u16,
        /// `TUNNEL_ENCAP_*`: 0 none, 1 FOU, 2 GUE.
        encap_type: u16 = 15 by Attribute::u16,
        /// `TUNNEL_ENCAP_FLAG_*`.
        encap_flags: u16 = 16 by Attribute::u16,
        /// Source port of that encapsulation; 0 is automatic.
        encap_sport: u16 = 17 by Attribute::be16,
        /// Destination port of that encapsulation.
        encap_dport: u16 = 18 by Attribute::be16,
        /// The tunnel's ends come with each packet.
        external: bool = 19 by Attribute::flag,
        /// Mark of the outer packet.
        fwmark: u32 = 20 by Attribute::u32,
    }
}

attributes! {
    /// A virtual tunnel interface of IPsec (`IFLA_VTI_*`).
    Vti in "vti" {
        /// The link that packets leave by; 0 is any.
        link: u32 = 1 by Attribute::u32,
        /// Key of received packets; 0 is none.
        ikey: u32 = 2 by Attribute::be32,
        /// Key of sent packets; 0 is none.
        okey: u32 = 3 by Attribute::be32,
        /// This end.
        local: IpAddr = 4 by Attribute::ip,
        /// The other end.
        remote: IpAddr = 5 by Attribute::ip,
        /// Mark of the outer packet.
        fwmark: u32 = 6 by Attribute::u32,
    }
}

attributes! {
    /// An interface of IPsec (`IFLA_XFRM_*`).
    Xfrm in "xfrm" {
        /// The link that packets leave by.
        link: u32 = 1 by Attribute::u32,
        /// Identity that policies refer to.
        if_id: u32 = 2 by Attribute::u32,
        /// The identity comes with each packet.
        external: bool = 3 by Attribute::flag,
    }
}

/// Sixteen bits over IPv4, thirty-two over IPv6.
fn u16_or_u32(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<u32> {
    if attribute.payload.len() < 4 { attribute.u16(notes).map(u32::from) } else { attribute.u32(notes) }
}
