//! Bonds and their ports.

use std::net::IpAddr;

use crate::netlink::LinkLayerAddress;
use crate::netlink::attribute::{Attribute, Notes};

attributes! {
    /// A bond (`IFLA_BOND_*`).
    Bond in "bond" {
        /// `BOND_MODE_*`: 0 balance-rr, 1 active-backup, 2 balance-xor, 3 broadcast, 4 802.3ad, 5 balance-tlb, 6 balance-alb.
        mode: u8 = 1 by Attribute::u8,
        /// Index of the port in use.
        active_slave: u32 = 2 by Attribute::u32,
        /// Milliseconds between looks at the carrier.
        miimon: u32 = 3 by Attribute::u32,
        /// Milliseconds until a port that came up is used.
        updelay: u32 = 4 by Attribute::u32,
        /// Milliseconds until a port that went down is given up.
        downdelay: u32 = 5 by Attribute::u32,
        /// Whether the driver's carrier is believed.
        use_carrier: u8 = 6 by Attribute::u8,
        /// Milliseconds between ARP probes.
        arp_interval: u32 = 7 by Attribute::u32,
        /// Targets of ARP probes.
        arp_ip_target: Vec<IpAddr> = 8 by targets,
        /// `BOND_ARP_VALIDATE_*`: whether probes and answers are checked.
        arp_validate: u32 = 9 by Attribute::u32,
        /// 0 any target must answer, 1 all.
        arp_all_targets: u32 = 10 by Attribute::u32,
        /// Index of the preferred port.
        primary: u32 = 11 by Attribute::u32,
        /// When the preferred port is chosen again: 0 always, 1 better, 2 failure.
        primary_reselect: u8 = 12 by Attribute::u8,
        /// Whose address the bond has after a failure: 0 none, 1 active, 2 follow.
        fail_over_mac: u8 = 13 by Attribute::u8,
        /// What a port is chosen by: 0 layer2, 1 layer3+4, 2 layer2+3, 3 encap2+3, 4 encap3+4, 5 vlan+srcmac.
        xmit_hash_policy: u8 = 14 by Attribute::u8,
        /// Membership reports after a failure.
        resend_igmp: u32 = 15 by Attribute::u32,
        /// Gratuitous ARPs after a failure.
        num_peer_notif: u8 = 16 by Attribute::u8,
        /// Whether frames from ports that are not in use are taken.
        all_slaves_active: u8 = 17 by Attribute::u8,
        /// Fewest ports for a carrier.
        min_links: u32 = 18 by Attribute::u32,
        /// Seconds between learning packets.
        lp_interval: u32 = 19 by Attribute::u32,
        /// Packets to one port before the next.
        packets_per_slave: u32 = 20 by Attribute::u32,
        /// Rate of LACP: 0 slow, 1 fast.
        ad_lacp_rate: u8 = 21 by Attribute::u8,
        /// How an aggregator is chosen: 0 stable, 1 bandwidth, 2 count.
        ad_select: u8 = 22 by Attribute::u8,
        /// The aggregator in use.
        ad_info: BondAdInfo = 23 by read_ad_info,
        /// Priority of this system.
        ad_actor_sys_prio: u16 = 24 by Attribute::u16,
        /// Part of the port key.
        ad_user_port_key: u16 = 25 by Attribute::u16,
        /// Address of this system.
        ad_actor_system: LinkLayerAddress = 26 by LinkLayerAddress::read,
        /// Whether flows are moved between ports.
        tlb_dynamic_lb: u8 = 27 by Attribute::u8,
        /// Milliseconds between notifications.
        peer_notify_delay: u32 = 28 by Attribute::u32,
        /// Whether LACP is begun by this side.
        ad_lacp_active: u8 = 29 by Attribute::u8,
        /// Probes without an answer before a port is down.
        arp_missed_max: u8 = 30 by Attribute::u8,
        /// Targets of neighbour solicitations.
        ns_ip6_target: Vec<IpAddr> = 31 by targets,
        /// Whether collecting and distributing are one state.
        coupled_control: u8 = 32 by Attribute::u8,
        /// Whether neighbour discovery is sent by all ports.
        broadcast_neigh: u8 = 33 by Attribute::u8,
        /// Whether a port without a partner is kept out.
        lacp_strict: u8 = 34 by Attribute::u8,
    }
}

attributes! {
    /// The aggregator of a bond with LACP (`IFLA_BOND_AD_INFO_*`).
    BondAdInfo in "ad_info" {
        /// Its number.
        aggregator: u16 = 1 by Attribute::u16,
        /// Its ports.
        num_ports: u16 = 2 by Attribute::u16,
        /// Key of this side.
        actor_key: u16 = 3 by Attribute::u16,
        /// Key of the other side.
        partner_key: u16 = 4 by Attribute::u16,
        /// Address of the other side.
        partner_mac: LinkLayerAddress = 5 by LinkLayerAddress::read,
    }
}

attributes! {
    /// A port of a bond (`IFLA_BOND_SLAVE_*`).
    BondPort in "bond_slave" {
        /// 0 active, 1 backup.
        state: u8 = 1 by Attribute::u8,
        /// 0 up, 1 going down, 2 down, 3 going back.
        mii_status: u8 = 2 by Attribute::u8,
        /// How often the port failed.
        link_failure_count: u32 = 3 by Attribute::u32,
        /// Address that the port had before.
        perm_hwaddr: LinkLayerAddress = 4 by LinkLayerAddress::read,
        /// Transmit queue of the bond that is bound to the port.
        queue_id: u16 = 5 by Attribute::u16,
        /// The aggregator that the port belongs to.
        ad_aggregator_id: u16 = 6 by Attribute::u16,
        /// State of LACP on this side, a bit each.
        ad_actor_oper_port_state: u8 = 7 by Attribute::u8,
        /// State of LACP on the other side, a bit each.
        ad_partner_oper_port_state: u16 = 8 by Attribute::u16,
        /// Priority when a port is chosen.
        prio: i32 = 9 by Attribute::i32,
        /// Priority of the port in LACP.
        actor_port_prio: u16 = 10 by Attribute::u16,
        /// Churn of this side: 0 monitored, 1 churn, 2 none.
        ad_churn_actor_state: u8 = 11 by Attribute::u8,
        /// Churn of the other side.
        ad_churn_partner_state: u8 = 12 by Attribute::u8,
    }
}

fn targets(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<Vec<IpAddr>> {
    let mut targets = Vec::new();
    attribute.each("targets", notes, |target, notes| targets.extend(target.ip(notes)));
    Some(targets)
}

fn read_ad_info(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<BondAdInfo> {
    Some(BondAdInfo::read(attribute, notes))
}
