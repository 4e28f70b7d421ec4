//! Routes and next hops.

use std::net::IpAddr;

use netshoot_core::netlink;

use super::item::{Item, Show};
use super::tree::Tree;

items! {
    /// A route, or the answer to a lookup.
    ///
    /// Fields are the kernel's attributes in iproute2's words; `None` means that the kernel did not send the attribute.
    /// A plain route takes no memory outside of the structure.
    Route of netlink::Route {
        /// IPv4, IPv6 or MPLS; multicast forwarding entries are `Family::IPMR` and `Family::IP6MR`.
        family: String,
        /// What it does with a packet.
        kind: String,
        /// The destination; `None` with a length of 0 is everywhere.
        dst: Option<IpAddr>,
        /// Length of the destination's prefix in bits.
        dst_len: u8,
        /// The source that a packet must have.
        src: Option<IpAddr>,
        /// Length of the source's prefix in bits.
        src_len: u8,
        /// MPLS: the label that a packet must have.
        label: Option<Tree>,
        /// The type of service that a packet must have; 0 is any.
        tos: u8,
        /// The table.
        table: u32,
        /// Who made it.
        protocol: String,
        /// How far the destination is.
        scope: String,
        /// State.
        flags: Vec<String>,
        /// The gateway, of the route's family.
        gateway: Option<IpAddr>,
        /// The gateway, of another family.
        via: Option<Tree>,
        /// The link out, by its index.
        oif: Option<u32>,
        /// The link in, by its index: in answers and multicast forwarding entries.
        iif: Option<u32>,
        /// The source that packets of this host get.
        prefsrc: Option<IpAddr>,
        /// The metric: of two routes to the same destination, the lower is taken.
        priority: Option<u32>,
        /// What connections begin with.
        metrics: Option<Tree>,
        /// The next hops, where there are several.
        nexthops: Vec<Tree>,
        /// The next hop object that the route refers to; what that says is repeated in the route.
        nhid: Option<u32>,
        /// What is put around packets.
        encap: Option<Tree>,
        /// MPLS: the labels that replace the one that matched.
        newdst: Option<Tree>,
        /// MPLS: whether the time to live of the packet and of the label are one.
        ttl_propagate: Option<bool>,
        /// IPv6: the router's preference.
        pref: Option<String>,
        /// IPv4: realms.
        realms: Option<Tree>,
        /// Use, age and end of life.
        cacheinfo: Option<Tree>,
        /// Counters of a multicast forwarding entry.
        multicast: Option<Tree>,
        /// In an answer: the packet that was asked about.
        lookup: Option<Tree>,
        /// Attributes that could not be read.
        notes: Vec<String>,
    }

    /// A bucket of a resilient group: flows whose hash falls into it take its next hop.
    NextHopBucket of netlink::NextHopBucket {
        /// The number of the group.
        id: u32,
        /// The number of the bucket within the group.
        index: u16,
        /// How long it has been idle, in hundredths of a second.
        idle_time: Option<u64>,
        /// The next hop's number.
        nhid: Option<u32>,
        /// State.
        flags: Vec<String>,
        /// Attributes that could not be read.
        notes: Vec<String>,
    }

    /// A next hop that routes refer to by its number, or a group of such.
    NextHop of netlink::NextHop {
        /// Its number.
        id: u32,
        /// The family of the gateway; that of a group is `Family::UNSPEC`.
        family: String,
        /// How far it is.
        scope: String,
        /// Who made it.
        protocol: String,
        /// State.
        flags: Vec<String>,
        /// The members of a group.
        group: Vec<Tree>,
        /// How a group chooses.
        group_type: Option<String>,
        /// The settings of a resilient group.
        resilient_args: Option<Tree>,
        /// Packets are dropped.
        blackhole: bool,
        /// The link out, by its index.
        oif: Option<u32>,
        /// The gateway.
        gateway: Option<IpAddr>,
        /// What is put around packets.
        encap: Option<Tree>,
        /// For a bridge's forwarding entries, not for routes.
        fdb: bool,
        /// `NHA_OP_FLAG_*`: what the kernel says of its answer.
        op_flags: Option<u32>,
        /// Whether hardware counts the group's packets.
        hw_stats_enable: Option<bool>,
        /// Whether hardware takes part in the counters.
        hw_stats_used: Option<bool>,
        /// Attributes that could not be read.
        notes: Vec<String>,
    }
}
