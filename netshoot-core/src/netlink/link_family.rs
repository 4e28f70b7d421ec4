//! `IFLA_AF_SPEC`: a link's settings in IPv4 and IPv6.
//!
//! The kernel sends arrays, which grow at their end. They are kept as they are; names are those of the files under
//! `/proc/sys/net/ipv4/conf` and `/proc/sys/net/ipv6/conf`. IPv6's counters come the same way, but kernels have moved
//! them about in their array, so that an index has no sure meaning: they are left to `/proc/net/dev_snmp6`.

use std::net::IpAddr;

use super::attribute::{Attribute, Notes};

macro_rules! array {
    ($(#[$meta:meta])* $name:ident([$type:ty; $size:literal]) { $($known:literal,)* }) => {
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
                Some(Self(attribute.numbers::<$size>().map(<$type>::from_ne_bytes).collect()))
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
    InetConf([i32; 4]) {
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
    Inet6Conf([i32; 4]) {
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
        "accept_ra_min_lft", "force_forwarding",
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
        /// How link-local addresses are made (`IN6_ADDR_GEN_MODE_*`).
        addr_gen_mode: u8 = 8 by Attribute::u8,
        /// MTU that a router advertised; 0 is none.
        ra_mtu: u32 = 9 by Attribute::u32,
    }
}

/// What `IFLA_AF_SPEC` holds.
#[derive(Debug, Default)]
pub(super) struct Families {
    pub(super) inet_conf: Option<InetConf>,
    pub(super) inet6: Option<Box<Inet6>>,
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
            }
            _ => {}
        });
        families
    }
}

const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;
const IFLA_INET_CONF: u16 = 1;
