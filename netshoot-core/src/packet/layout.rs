//! The table of offsets that parsing leaves behind.

use super::{EtherType, IpProtocol, Layer, Limit, LinkType, Stop};

/// Where each header of a packet is: a small `Copy` table, valid only beside the octets it was made from.
///
/// All offsets count octets from the start of the frame; headers lie in its first 64 KiB. An offset of a layer that is
/// not there is 0, and its kind is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// End of the captured octets of the IP datagram (or of the frame's payload where there is no IP), padding and
    /// trailer excluded.
    pub captured_end: u32,
    /// The same end on the wire; beyond `captured_end` if the capture cut the packet.
    pub reported_end: u32,
    /// End on the wire of what this packet lies in: the frame, or the payload of the packet around it.
    pub(super) outer_end: u32,
    pub(super) stop_offset: u32,
    pub(super) stop_needed: u32,
    pub(super) stop_available: u32,
    /// The header of the tunnel that the packet came out of.
    pub tunnel: u16,
    /// The link header.
    pub link: u16,
    /// The first header between the link layer or its tags and the network layer: PPPoE, PPP or MPLS.
    pub shim: u16,
    /// The first VLAN tag's control information.
    pub vlan: u16,
    /// The network header: IPv4, IPv6 or ARP, or what stands in its place.
    pub network: u16,
    /// The transport header: TCP, UDP, ICMP or another protocol behind IP.
    pub transport: u16,
    /// The first octet behind the innermost header whose fixed part was read; beyond `captured_end` where the capture
    /// cut that header's options.
    pub payload: u16,
    /// The innermost EtherType; 0 where the link layer has none.
    pub ether_type: EtherType,
    /// The link type that the frame was parsed as.
    pub link_type: LinkType,
    /// Fragment offset of the innermost IP header in units of eight octets.
    pub fragment_offset: u16,
    /// Number of VLAN tags.
    pub vlan_count: u8,
    /// The protocol behind the IP header and its extension headers; 0 without IP.
    pub ip_protocol: IpProtocol,
    /// Tunnels around this packet.
    pub depth: u8,
    pub(super) tunnel_kind: Option<Layer>,
    pub(super) link_kind: Option<Layer>,
    pub(super) shim_kind: Option<Layer>,
    pub(super) network_kind: Option<Layer>,
    pub(super) transport_kind: Option<Layer>,
    pub(super) flags: u8,
    pub(super) stop_layer: Layer,
    pub(super) stop_limit: Option<Limit>,
}

/// An IP fragment, first or later.
pub(super) const FRAGMENT: u8 = 1;
/// More fragments follow.
pub(super) const MORE_FRAGMENTS: u8 = 2;
/// The frame has an LLC header behind its link header.
pub(super) const LLC: u8 = 4;
/// The IP header claims more octets than the frame has.
pub(super) const LENGTH_EXCEEDS: u8 = 8;
/// The IP header leaves its length to the frame (0): segmentation offload.
pub(super) const LENGTH_OPEN: u8 = 16;
/// The packet lies in an IP fragment.
pub(super) const IN_FRAGMENT: u8 = 32;
/// The packet lies in a datagram that claims more octets than the frame has.
pub(super) const IN_EXCEEDING: u8 = 64;

const _: () = assert!(size_of::<Layout>() <= 64);

impl Layout {
    pub(super) const fn new(link_type: LinkType, captured: u32, reported: u32) -> Self {
        Self {
            captured_end: captured,
            reported_end: reported,
            outer_end: reported,
            stop_offset: 0,
            stop_needed: 0,
            stop_available: 0,
            tunnel: 0,
            link: 0,
            shim: 0,
            vlan: 0,
            network: 0,
            transport: 0,
            payload: 0,
            ether_type: EtherType(0),
            link_type,
            fragment_offset: 0,
            vlan_count: 0,
            ip_protocol: IpProtocol(0),
            depth: 0,
            tunnel_kind: None,
            link_kind: None,
            shim_kind: None,
            network_kind: None,
            transport_kind: None,
            flags: 0,
            stop_layer: Layer::Frame,
            stop_limit: None,
        }
    }

    /// The tunnel that the packet came out of, for the packets inside of a frame.
    #[must_use]
    pub const fn tunnel_layer(&self) -> Option<Layer> {
        self.tunnel_kind
    }

    /// The first of the headers between the link layer and the network layer: [`Layer::Pppoe`], [`Layer::Ppp`] or
    /// [`Layer::Mpls`].
    #[must_use]
    pub const fn shim_layer(&self) -> Option<Layer> {
        self.shim_kind
    }

    /// The link-layer header, if the parser knows the link type and the header is whole.
    #[must_use]
    pub const fn link_layer(&self) -> Option<Layer> {
        self.link_kind
    }

    /// The network layer: [`Layer::Arp`], [`Layer::Ipv4`] or [`Layer::Ipv6`].
    #[must_use]
    pub const fn network_layer(&self) -> Option<Layer> {
        self.network_kind
    }

    /// The transport layer, also where the capture or a fragment cut its header.
    #[must_use]
    pub const fn transport_layer(&self) -> Option<Layer> {
        self.transport_kind
    }

    /// Whether the datagram is an IP fragment, first or later.
    #[must_use]
    pub const fn is_fragment(&self) -> bool {
        self.flags & FRAGMENT != 0
    }

    /// Whether more fragments follow this one.
    #[must_use]
    pub const fn more_fragments(&self) -> bool {
        self.flags & MORE_FRAGMENTS != 0
    }

    /// Whether the IP header claims more octets than the frame had on the wire.
    #[must_use]
    pub const fn length_exceeds_frame(&self) -> bool {
        self.flags & LENGTH_EXCEEDS != 0
    }

    /// Whether the IP header left its length at 0, as hosts do that let the device cut segments.
    #[must_use]
    pub const fn length_is_open(&self) -> bool {
        self.flags & LENGTH_OPEN != 0
    }

    pub(super) const fn has_llc(&self) -> bool {
        self.flags & LLC != 0
    }

    /// Where and why parsing ended before the payload of a transport layer.
    #[must_use]
    pub fn stop(&self) -> Option<Stop> {
        self.stop_limit.map(|limit| Stop {
            layer: self.stop_layer,
            offset: self.stop_offset,
            needed: self.stop_needed,
            available: self.stop_available,
            limit,
        })
    }
}
