//! Devices on top of others: macvlan, VLAN, ipvlan, MACsec, HSR, VRF; and netkit, which is a pair.

use crate::netlink::LinkLayerAddress;
use crate::netlink::attribute::{Attribute, Notes};

use super::two_u32;

attributes! {
    /// A macvlan or macvtap (`IFLA_MACVLAN_*`).
    Macvlan in "macvlan" {
        /// `MACVLAN_MODE_*`: 1 private, 2 vepa, 4 bridge, 8 passthru, 16 source.
        mode: u32 = 1 by Attribute::u32,
        /// `MACVLAN_FLAG_*`: 1 no promiscuity, 2 no destination filter.
        flags: u16 = 2 by Attribute::u16,
        /// Source addresses that are let in, in the mode `source`.
        macaddr_data: Vec<LinkLayerAddress> = 5 by link_layer_addresses,
        /// Their number.
        macaddr_count: u32 = 6 by Attribute::u32,
        /// Length wanted for the queue of broadcasts.
        bcqueuelen: u32 = 7 by Attribute::u32,
        /// Length that the queue has.
        usedbcqueuelen: u32 = 8 by Attribute::u32,
        /// Rate of broadcasts above which they are queued.
        bccutoff: i32 = 9 by Attribute::i32,
    }
}

attributes! {
    /// A VLAN (`IFLA_VLAN_*`).
    Vlan in "vlan" {
        /// VLAN identifier.
        id: u16 = 1 by Attribute::u16,
        /// `VLAN_FLAG_*`: 1 reorder headers, 2 GVRP, 4 loose binding, 8 MVRP, 16 bridge binding.
        flags: u32 = 2 by flags_of_mask,
        /// Priorities of received frames, by the priority in the tag.
        ingress_qos: Vec<QosMapping> = 4 by qos_mappings,
        /// Priorities in the tag, by that of the sent packet.
        egress_qos: Vec<QosMapping> = 3 by qos_mappings,
        /// EtherType of the tag.
        protocol: u16 = 5 by Attribute::be16,
    }
}

/// `struct ifla_vlan_qos_mapping`: which priority becomes which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct QosMapping {
    /// The priority before.
    pub from: u32,
    /// The priority after.
    pub to: u32,
}

attributes! {
    /// An ipvlan or ipvtap (`IFLA_IPVLAN_*`).
    Ipvlan in "ipvlan" {
        /// `IPVLAN_MODE_*`: 0 l2, 1 l3, 2 l3s.
        mode: u16 = 1 by Attribute::u16,
        /// `IPVLAN_F_*`: 1 private, 2 vepa; else bridge.
        flags: u16 = 2 by Attribute::u16,
    }
}

attributes! {
    /// A VRF (`IFLA_VRF_*`).
    Vrf in "vrf" {
        /// Its routing table.
        table: u32 = 1 by Attribute::u32,
    }
}

attributes! {
    /// A port of a VRF (`IFLA_VRF_PORT_*`).
    VrfPort in "vrf_slave" {
        /// The VRF's routing table.
        table: u32 = 1 by Attribute::u32,
    }
}

attributes! {
    /// A MACsec device (`IFLA_MACSEC_*`, IEEE 802.1AE).
    Macsec in "macsec" {
        /// Secure channel identifier: a MAC address and a port.
        sci: [u8; 8] = 1 by Attribute::array::<8>,
        /// Octets of the integrity check value.
        icv_len: u8 = 3 by Attribute::u8,
        /// Cipher suite (`MACSEC_CIPHER_ID_*`).
        cipher_suite: u64 = 4 by Attribute::u64,
        /// Size of the replay window.
        window: u32 = 5 by Attribute::u32,
        /// The secure association that is sent with.
        encoding_sa: u8 = 6 by Attribute::u8,
        /// Frames are encrypted, not only authenticated.
        encrypt: bool = 7 by Attribute::bool,
        /// Frames are protected.
        protect: bool = 8 by Attribute::bool,
        /// The channel's identifier is in each frame.
        inc_sci: bool = 9 by Attribute::bool,
        /// End station.
        es: bool = 10 by Attribute::bool,
        /// Single copy broadcast.
        scb: bool = 11 by Attribute::bool,
        /// Replayed frames are dropped.
        replay_protect: bool = 12 by Attribute::bool,
        /// `MACSEC_VALIDATE_*`: 0 disabled, 1 check, 2 strict.
        validation: u8 = 13 by Attribute::u8,
        /// `MACSEC_OFFLOAD_*`: 0 off, 1 phy, 2 mac.
        offload: u8 = 15 by Attribute::u8,
    }
}

attributes! {
    /// A redundant pair of links (`IFLA_HSR_*`, IEC 62439-3).
    Hsr in "hsr" {
        /// Index of the first.
        slave1: u32 = 1 by Attribute::u32,
        /// Index of the second.
        slave2: u32 = 2 by Attribute::u32,
        /// Where supervision frames are sent.
        supervision_addr: LinkLayerAddress = 4 by LinkLayerAddress::read,
        /// Sequence number of the next frame.
        seq_nr: u16 = 5 by Attribute::u16,
        /// Version of the protocol.
        version: u8 = 6 by Attribute::u8,
        /// 0 HSR, 1 PRP.
        proto: u8 = 7 by Attribute::u8,
        /// Index of the link to another ring.
        interlink: u32 = 8 by Attribute::u32,
    }
}

attributes! {
    /// One of a pair of links between namespaces, with programs (`IFLA_NETKIT_*`).
    Netkit in "netkit" {
        /// Whether it is the end that the programs are managed at.
        primary: bool = 2 by Attribute::bool,
        /// What happens without a program: 0 forward, 2 drop (`NETKIT_PASS`, `NETKIT_DROP`).
        policy: i32 = 3 by Attribute::i32,
        /// The same at the other end.
        peer_policy: i32 = 4 by Attribute::i32,
        /// 0 l2, 1 l3.
        mode: u32 = 5 by Attribute::u32,
        /// `NETKIT_SCRUB_*`: 0 none, 1 default.
        scrub: u32 = 6 by Attribute::u32,
        /// The same at the other end.
        peer_scrub: u32 = 7 by Attribute::u32,
        /// Octets kept free before a packet.
        headroom: u16 = 8 by Attribute::u16,
        /// Octets kept free behind it.
        tailroom: u16 = 9 by Attribute::u16,
    }
}

attributes! {
    /// IP over InfiniBand (`IFLA_IPOIB_*`).
    Ipoib in "ipoib" {
        /// Partition key.
        pkey: u16 = 1 by Attribute::u16,
        /// `IPOIB_MODE_*`: 0 datagram, 1 connected.
        mode: u16 = 2 by Attribute::u16,
        /// 1 user space joins multicast groups.
        umcast: u16 = 3 by Attribute::u16,
    }
}

attributes! {
    /// One of several links over a modem (`IFLA_RMNET_*`).
    Rmnet in "rmnet" {
        /// Its number there.
        mux_id: u16 = 1 by Attribute::u16,
        /// `RMNET_FLAGS_*`.
        flags: u32 = 2 by flags_of_mask,
    }
}

attributes! {
    /// A port of a switch (`IFLA_DSA_*`).
    Dsa in "dsa" {
        /// Index of the link between the host and the switch.
        conduit: u32 = 1 by Attribute::u32,
    }
}

attributes! {
    /// A link over a wireless modem (`IFLA_WWAN_*`).
    Wwan in "wwan" {
        /// Its number there.
        link_id: u32 = 1 by Attribute::u32,
    }
}

fn link_layer_addresses(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<Vec<LinkLayerAddress>> {
    let mut addresses = Vec::new();
    attribute.each("macaddr_data", notes, |address, notes| {
        addresses.extend(LinkLayerAddress::read(&address, notes));
    });
    Some(addresses)
}

fn qos_mappings(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<Vec<QosMapping>> {
    let mut mappings = Vec::new();
    attribute.each("qos_map", notes, |mapping, notes| {
        mappings.extend(two_u32(&mapping, notes).map(|(from, to)| QosMapping { from, to }));
    });
    Some(mappings)
}

fn flags_of_mask(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<u32> {
    two_u32(attribute, notes).map(|(flags, _)| flags)
}
