//! SR-IOV virtual functions, as a link's `IFLA_VFINFO_LIST` describes them.

use super::attribute::{Attribute, Notes};
use super::{LinkLayerAddress, LinkType};

attributes! {
    /// A virtual function of a network card (`IFLA_VF_*`).
    VirtualFunction in "vf" {
        /// Its address, with the function's number before it.
        mac: VirtualFunctionAddress = 1 by VirtualFunctionAddress::read,
        /// VLAN and priority; 0 is none.
        vlan: (u32, u32) = 2 by vlan,
        /// Highest rate of transmission in Mbit/s; 0 is no limit. An older form of `rate`.
        tx_rate: u32 = 3 by value,
        /// Source addresses are checked; -1 is unknown.
        spoofchk: i32 = 4 by setting,
        /// `IFLA_VF_LINK_STATE_*`: 0 that of the card, 1 up, 2 down.
        link_state: u32 = 5 by value,
        /// Lowest and highest rate of transmission in Mbit/s; 0 is no limit.
        rate: (u32, u32) = 6 by rate,
        /// The guest may ask for the card's hash settings; -1 is unknown.
        query_rss_en: i32 = 7 by setting,
        /// Counters.
        stats: VirtualFunctionStats = 8 by read_stats,
        /// The guest is trusted; -1 is unknown.
        trust: i32 = 9 by setting,
        /// InfiniBand node GUID.
        node_guid: u64 = 10 by guid,
        /// InfiniBand port GUID.
        port_guid: u64 = 11 by guid,
        /// VLANs, where there may be several.
        vlan_list: Vec<VirtualFunctionVlan> = 12 by vlans,
        /// Broadcast address.
        broadcast: LinkLayerAddress = 13 by LinkLayerAddress::read,
    }
}

/// `struct ifla_vf_mac`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct VirtualFunctionAddress {
    /// The function's number.
    pub vf: u32,
    /// Its address.
    pub address: LinkLayerAddress,
}

/// `struct ifla_vf_vlan_info`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct VirtualFunctionVlan {
    /// VLAN identifier; 0 is none.
    pub vlan: u32,
    /// Priority.
    pub qos: u32,
    /// EtherType of the tag.
    pub protocol: u16,
}

attributes! {
    /// Counters of a virtual function (`IFLA_VF_STATS_*`).
    VirtualFunctionStats in "vf_stats" {
        /// Packets received.
        rx_packets: u64 = 0 by Attribute::u64,
        /// Packets sent.
        tx_packets: u64 = 1 by Attribute::u64,
        /// Octets received.
        rx_bytes: u64 = 2 by Attribute::u64,
        /// Octets sent.
        tx_bytes: u64 = 3 by Attribute::u64,
        /// Broadcast packets received.
        broadcast: u64 = 4 by Attribute::u64,
        /// Multicast packets received.
        multicast: u64 = 5 by Attribute::u64,
        /// Received packets dropped.
        rx_dropped: u64 = 7 by Attribute::u64,
        /// Packets dropped on their way out.
        tx_dropped: u64 = 8 by Attribute::u64,
    }
}

impl VirtualFunction {
    /// All of a link's. Addresses have room for 32 octets; as many are kept as the kind of link has.
    pub(super) fn read_list(attribute: &Attribute<'_>, link_type: LinkType, notes: &mut Notes) -> Vec<Self> {
        let length = if link_type == LinkType::INFINIBAND { 20 } else { 6 };
        let mut functions = Vec::new();
        attribute.each("vfinfo_list", notes, |function, notes| {
            let mut function = Self::read(&function, notes);
            let addresses = [function.mac.as_mut().map(|mac| &mut mac.address), function.broadcast.as_mut()];
            for address in addresses.into_iter().flatten() {
                *address = address.as_bytes().get(..length).and_then(LinkLayerAddress::new).unwrap_or(*address);
            }
            functions.push(function);
        });
        functions
    }
}

impl VirtualFunctionAddress {
    fn read(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<Self> {
        let octets = attribute.array::<36>(notes)?;
        let (number, address) = octets.split_first_chunk::<4>()?;
        Some(Self { vf: u32::from_ne_bytes(*number), address: LinkLayerAddress::new(address)? })
    }
}

fn vlan(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<(u32, u32)> {
    numbers(attribute, notes).map(|[_, vlan, qos]| (vlan, qos))
}

fn value(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<u32> {
    attribute.array::<8>(notes).map(|[_, _, _, _, a, b, c, d]| u32::from_ne_bytes([a, b, c, d]))
}

fn setting(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<i32> {
    value(attribute, notes).map(u32::cast_signed)
}

fn rate(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<(u32, u32)> {
    numbers(attribute, notes).map(|[_, lowest, highest]| (lowest, highest))
}

fn numbers(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<[u32; 3]> {
    let octets = attribute.array::<12>(notes)?;
    let [a, b, c, d, e, f, g, h, i, j, k, l] = octets;
    Some([[a, b, c, d], [e, f, g, h], [i, j, k, l]].map(u32::from_ne_bytes))
}

/// `struct ifla_vf_guid`, which is 16 octets long where 64 bits are aligned to 8 octets, and else 12.
fn guid(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<u64> {
    attribute.array::<12>(notes)?;
    attribute.payload.last_chunk::<8>().map(|octets| u64::from_ne_bytes(*octets))
}

fn vlans(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<Vec<VirtualFunctionVlan>> {
    let mut vlans = Vec::new();
    attribute.each("vlan_list", notes, |detail, notes| {
        vlans.extend(detail.array::<14>(notes).map(|[_, _, _, _, a, b, c, d, e, f, g, h, i, j]| VirtualFunctionVlan {
            vlan: u32::from_ne_bytes([a, b, c, d]),
            qos: u32::from_ne_bytes([e, f, g, h]),
            protocol: u16::from_be_bytes([i, j]),
        }));
    });
    Some(vlans)
}

fn read_stats(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<VirtualFunctionStats> {
    Some(VirtualFunctionStats::read(attribute, notes))
}
