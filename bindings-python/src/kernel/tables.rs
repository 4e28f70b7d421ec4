//! Rules, neighbours and forwarding entries.

use std::net::IpAddr;

use netshoot_core::netlink;

use super::item::{Item, Show};
use super::tree::Tree;

items! {
    /// A rule: selectors, and what to do with packets that match all of them.
    Rule of netlink::Rule {
        /// IPv4 or IPv6; rules of multicast routing are `Family::IPMR` and `Family::IP6MR`.
        family: String,
        /// Rules are tried from the lowest number to the highest.
        priority: u32,
        /// What it does.
        action: String,
        /// State.
        flags: Vec<String>,
        /// The table that is looked up; 0 is none.
        table: u32,
        /// Who made it.
        protocol: Option<String>,
        /// Source address.
        src: Option<IpAddr>,
        /// How much of it counts, in bits.
        src_len: u8,
        /// Destination address.
        dst: Option<IpAddr>,
        /// How much of it counts, in bits.
        dst_len: u8,
        /// Type of service; 0 is any.
        tos: u8,
        /// Differentiated services codepoint; from Linux 6.14.
        dscp: Option<u8>,
        /// How much of it counts.
        dscp_mask: Option<u8>,
        /// IPv6 flow label; from Linux 6.14.
        flowlabel: Option<u32>,
        /// How much of it counts.
        flowlabel_mask: Option<u32>,
        /// Firewall mark.
        fwmark: Option<u32>,
        /// How much of it counts.
        fwmask: Option<u32>,
        /// The link that packets come in by.
        iifname: Option<String>,
        /// The link that packets leave by, to which a socket is bound.
        oifname: Option<String>,
        /// Looks up the table of the VRF that the link belongs to.
        l3mdev: bool,
        /// Users whose sockets send, from the first to the last.
        uid_range: Option<Tree>,
        /// IP protocol.
        ip_proto: Option<u8>,
        /// Source ports.
        sport_range: Option<Tree>,
        /// How much of one source port counts; from Linux 6.15.
        sport_mask: Option<u16>,
        /// Destination ports.
        dport_range: Option<Tree>,
        /// How much of one destination port counts.
        dport_mask: Option<u16>,
        /// Identifier of the tunnel that packets came through.
        tun_id: Option<u64>,
        /// Routes of this prefix length or shorter do not count; `None` is no limit.
        suppress_prefixlen: Option<u32>,
        /// Routes by links of this group do not count.
        suppress_ifgroup: Option<u32>,
        /// The rule to go on at.
        goto: Option<u32>,
        /// Realms that packets get.
        flow: Option<Tree>,
        /// Attributes that could not be read.
        notes: Vec<String>,
    }

    /// A neighbour or a proxy.
    Neighbor of netlink::Neighbor {
        /// IPv4 or IPv6.
        family: String,
        /// The link that it is on.
        ifindex: u32,
        /// Its address.
        dst: Option<IpAddr>,
        /// Its link-layer address.
        lladdr: Option<String>,
        /// How far that is known.
        state: Vec<String>,
        /// Properties.
        flags: Vec<String>,
        /// Further properties.
        ext_flags: Vec<String>,
        /// The kind of address (`RTN_*`): 1 unicast, 2 of this host, 3 broadcast, 5 multicast.
        kind: u8,
        /// Who made it.
        protocol: Option<String>,
        /// How often it was asked in vain.
        probes: Option<u32>,
        /// Ages.
        cacheinfo: Option<Tree>,
        /// Attributes that could not be read.
        notes: Vec<String>,
    }

    /// An entry of a forwarding database.
    FdbEntry of netlink::FdbEntry {
        /// The port, or the tunnel.
        ifindex: u32,
        /// The address.
        mac: Option<String>,
        /// The bridge.
        master: Option<u32>,
        /// VLAN identifier; 0 or `None` is none.
        vlan: Option<u16>,
        /// The other end of a tunnel.
        dst: Option<IpAddr>,
        /// Its UDP port.
        port: Option<u16>,
        /// VXLAN network identifier for what is sent.
        vni: Option<u32>,
        /// VXLAN network identifier of what is received.
        src_vni: Option<u32>,
        /// The link that the tunnel's packets leave by.
        via: Option<u32>,
        /// The namespace of that link, by this namespace's number.
        link_netnsid: Option<i32>,
        /// The next hop object in place of an address.
        nhid: Option<u32>,
        /// State: permanent, static (`NOARP`), stale, or learned (`REACHABLE`).
        state: Vec<String>,
        /// Properties.
        flags: Vec<String>,
        /// Further properties.
        ext_flags: Vec<String>,
        /// Who made it.
        protocol: Option<String>,
        /// `FDB_NOTIFY_*`: what is told of activity.
        activity_notify: Option<u8>,
        /// Ages.
        cacheinfo: Option<Tree>,
        /// Attributes that could not be read.
        notes: Vec<String>,
    }
}
