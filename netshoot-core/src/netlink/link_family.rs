//! `IFLA_AF_SPEC`: a link's settings and counters in IPv4 and IPv6.
//!
//! The kernel sends arrays, which grow at their end. They are kept as they are; names are those of the files under
//! `/proc/sys/net/ipv4/conf`, `/proc/sys/net/ipv6/conf` and `/proc/net/dev_snmp6`.

use std::net::IpAddr;

use super::attribute::{Attribute, Notes};

macro_rules! array {
    ($(#[$meta:meta])* $name:ident([$type:ty; $size:literal]) from $first:literal { $($known:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $name(
            /// The kernel's array, as long as the running kernel has it.
            pub Box<[$type]>,
        );

        impl $name {
            /// The names of the array's members, as far as this version knows them.
            pub const NAMES: &'static [&'static str] = &[$($known),*];

            /// The member that has this name.
            #[must_use]
            pub fn get(&self, name: &str) -> Option<$type> {
                let place = Self::NAMES.iter().position(|known| *known == name)?;
                self.0.get(place).copied()
            }

            /// The members with their names; those that are newer than this version are left out.
            pub fn iter(&self) -> impl Iterator<Item = (&'static str, $type)> {
                Self::NAMES.iter().copied().zip(self.0.iter().copied())
            }

            fn read(attribute: &Attribute<'_>, _: &mut Notes) -> Option<Self> {
                Some(Self(attribute.numbers::<$size>().skip($first).map(<$type>::from_ne_bytes).collect()))
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.iter())
            }
        }
    };
}

array! {
    /// `IPV4_DEVCONF_*`: how IPv4 treats a link.
    InetConf([i32; 4]) from 0 {
        "forwarding", "mc_forwarding", "proxy_arp", "accept_redirects", "secure_redirects", "send_redirects",
        "shared_media", "rp_filter", "accept_source_route", "bootp_relay", "log_martians", "tag", "arp_filter",
        "medium_id", "disable_xfrm", "disable_policy", "force_igmp_version", "arp_announce", "arp_ignore",
        "promote_secondaries", "arp_accept", "arp_notify", "accept_local", "src_valid_mark", "proxy_arp_pvlan",
        "route_localnet", "igmpv2_unsolicited_report_interval", "igmpv3_unsolicited_report_interval",
        "ignore_routes_with_linkdown", "drop_unicast_in_l2_multicast", "drop_gratuitous_arp", "bc_forwarding",
        "arp_evict_nocarrier",
    }
}

array! {
    /// `DEVCONF_*`: how IPv6 treats a link. Intervals are in milliseconds.
    Inet6Conf([i32; 4]) from 0 {
        "forwarding", "hop_limit", "mtu", "accept_ra", "accept_redirects", "autoconf", "dad_transmits",
        "router_solicitations", "router_solicitation_interval", "router_solicitation_delay", "use_tempaddr",
        "temp_valid_lft", "temp_prefered_lft", "regen_max_retry", "max_desync_factor", "max_addresses",
        "force_mld_version", "accept_ra_defrtr", "accept_ra_pinfo", "accept_ra_rtr_pref", "router_probe_interval",
        "accept_ra_rt_info_max_plen", "proxy_ndp", "optimistic_dad", "accept_source_route", "mc_forwarding",
        "disable_ipv6", "accept_dad", "force_tllao", "ndisc_notify", "mldv1_unsolicited_report_interval",
        "mldv2_unsolicited_report_interval", "suppress_frag_ndisc", "accept_ra_from_local", "use_optimistic",
        "accept_ra_mtu", "stable_secret", "use_oif_addrs_only", "accept_ra_min_hop_limit",
        "ignore_routes_with_linkdown", "drop_unicast_in_l2_multicast", "drop_unsolicited_na", "keep_addr_on_down",
        "router_solicitation_max_interval", "seg6_enabled", "seg6_require_hmac", "enhanced_dad", "addr_gen_mode",
        "disable_policy", "accept_ra_rt_info_min_plen", "ndisc_tclass", "rpl_seg_enabled", "ra_defrtr_metric",
        "ioam6_enabled", "ioam6_id", "ioam6_id_wide", "ndisc_evict_nocarrier", "accept_untracked_na",
        "accept_ra_min_lft",
    }
}

array! {
    /// `IPSTATS_MIB_*`: what IPv6 counts on a link.
    Inet6Stats([u64; 8]) from 1 {
        "Ip6InReceives", "Ip6InOctets", "Ip6InDelivers", "Ip6OutForwDatagrams", "Ip6OutRequests", "Ip6OutOctets",
        "Ip6InHdrErrors", "Ip6InTooBigErrors", "Ip6InNoRoutes", "Ip6InAddrErrors", "Ip6InUnknownProtos",
        "Ip6InTruncatedPkts", "Ip6InDiscards", "Ip6OutDiscards", "Ip6OutNoRoutes", "Ip6ReasmTimeout",
        "Ip6ReasmReqds", "Ip6ReasmOKs", "Ip6ReasmFails", "Ip6FragOKs", "Ip6FragFails", "Ip6FragCreates",
        "Ip6InMcastPkts", "Ip6OutMcastPkts", "Ip6InBcastPkts", "Ip6OutBcastPkts", "Ip6InMcastOctets",
        "Ip6OutMcastOctets", "Ip6InBcastOctets", "Ip6OutBcastOctets", "Ip6InCsumErrors", "Ip6InNoECTPkts",
        "Ip6InECT1Pkts", "Ip6InECT0Pkts", "Ip6InCEPkts", "Ip6ReasmOverlaps", "Ip6OutTransmits",
    }
}

array! {
    /// `ICMP6_MIB_*`: what ICMPv6 counts on a link.
    Icmp6Stats([u64; 8]) from 1 {
        "Icmp6InMsgs", "Icmp6InErrors", "Icmp6OutMsgs", "Icmp6OutErrors", "Icmp6InCsumErrors", "Icmp6OutRateLimitHost",
    }
}

attributes! {
    /// A link in IPv6 (`IFLA_INET6_*`), without its counters.
    Inet6 in "inet6" {
        /// `IF_*`: 0x10 others' routers are managed addresses (0x40, 0x80 in advertisements), 0x80000000 ready.
        flags: u32 = 1 by Attribute::u32,
        /// How IPv6 treats the link.
        conf: Inet6Conf = 2 by Inet6Conf::read,
        /// Interface identifier for automatic addresses; unspecified is none.
        token: IpAddr = 7 by Attribute::ip,
        /// MTU that a router advertised; 0 is none.
        ra_mtu: u32 = 9 by Attribute::u32,
    }
}

/// What `IFLA_AF_SPEC` holds.
#[derive(Debug, Default)]
pub(super) struct Families {
    pub(super) inet_conf: Option<InetConf>,
    pub(super) inet6: Option<Box<Inet6>>,
    pub(super) addr_gen_mode: Option<u8>,
    pub(super) inet6_stats: Option<Inet6Stats>,
    pub(super) icmp6_stats: Option<Icmp6Stats>,
}

impl Families {
    pub(super) fn read(attribute: &Attribute<'_>, notes: &mut Notes) -> Self {
        let mut families = Self::default();
        attribute.each("af_spec", notes, |family, notes| match family.number {
            AF_INET => family.each("inet", notes, |detail, notes| {
                if detail.number == IFLA_INET_CONF {
                    families.inet_conf = InetConf::read(&detail, notes);
                }
            }),
            AF_INET6 => {
                families.inet6 = Some(Box::new(Inet6::read(&family, notes)));
                families.read_inet6(&family, notes);
            }
            _ => {}
        });
        families
    }

    /// The rest of what is sent of IPv6: what a wrong attribute is was told already.
    fn read_inet6(&mut self, family: &Attribute<'_>, notes: &mut Notes) {
        family.each("inet6", &mut Notes::default(), |detail, _| match detail.number {
            IFLA_INET6_STATS => self.inet6_stats = Inet6Stats::read(&detail, notes),
            IFLA_INET6_ICMP6STATS => self.icmp6_stats = Icmp6Stats::read(&detail, notes),
            IFLA_INET6_ADDR_GEN_MODE => self.addr_gen_mode = detail.u8(notes),
            _ => {}
        });
    }
}

const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;
const IFLA_INET_CONF: u16 = 1;
const IFLA_INET6_STATS: u16 = 3;
const IFLA_INET6_ICMP6STATS: u16 = 6;
const IFLA_INET6_ADDR_GEN_MODE: u16 = 8;
