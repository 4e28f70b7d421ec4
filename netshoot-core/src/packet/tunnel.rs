//! Tunnels: which packets carry another packet, and views of the headers between the two.

use super::bytes::{array, range};
use super::layout::{IN_EXCEEDING, IN_FRAGMENT, LENGTH_EXCEEDS};
use super::{EtherType, IpProtocol, Layer, Packet};

/// How packets inside of packets are found.
///
/// The numbers of the IP protocols and EtherTypes are fixed; UDP tunnels are known by their ports, of either direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tunnels<'a> {
    /// So many tunnels are entered: 4 at first.
    pub depth: u8,
    /// Further ports, and the tunnel that each stands for: [`Layer::Vxlan`], [`Layer::VxlanGpe`], [`Layer::Geneve`],
    /// [`Layer::Gtp`], [`Layer::Gre`] or [`Layer::Teredo`]. Any other, such as [`Layer::Frame`], says that a port is of none.
    pub ports: &'a [(u16, Layer)],
}

impl Default for Tunnels<'_> {
    fn default() -> Self {
        Self::with_ports(&[])
    }
}

impl<'a> Tunnels<'a> {
    /// The usual ports, and further ones.
    #[must_use]
    pub const fn with_ports(ports: &'a [(u16, Layer)]) -> Self {
        Self { depth: 4, ports }
    }

    /// As Wireshark has it, the lower of two ports is asked first.
    fn of_ports(&self, (source, destination): (u16, u16)) -> Option<Layer> {
        let (low, high) = if source < destination { (source, destination) } else { (destination, source) };
        let layer = self.of_port(low).or_else(|| self.of_port(high))?;
        (layer != Layer::Frame).then_some(layer)
    }

    fn of_port(&self, port: u16) -> Option<Layer> {
        if let Some((_, layer)) = self.ports.iter().find(|(own, _)| *own == port) {
            return Some(if layer.is_tunnel() { *layer } else { Layer::Frame });
        }
        Some(match port {
            4789 | 8472 => Layer::Vxlan,
            4790 => Layer::VxlanGpe,
            6081 => Layer::Geneve,
            2123 | 2152 | 3386 => Layer::Gtp,
            3544 => Layer::Teredo,
            4754 => Layer::Gre,
            _ => return None,
        })
    }
}

/// What a packet's payload is, where it is another packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inside {
    /// IP of the version that its header states.
    Ip,
    Ipv6,
    /// MPLS in IP.
    Mpls,
    /// A header of this tunnel.
    Header(Layer),
}

impl<'a> Packet<'a> {
    /// The packet inside of this one, for tunnels: IP in IP, GRE with ERSPAN, MPLS pseudo-wires, VXLAN, Geneve, GTP-U and
    /// Teredo.
    ///
    /// Its first layer is the tunnel's header; all offsets count from the start of the frame. Behind four tunnels comes a
    /// packet that has [stopped](Self::stopped) with [`Limit::Depth`](super::Limit::Depth).
    #[inline]
    #[must_use]
    pub fn inner(&self) -> Option<Packet<'a>> {
        self.inner_by(&Tunnels::default())
    }

    /// As [`inner`](Self::inner), with a depth and ports of the caller's.
    #[must_use]
    pub fn inner_by(&self, tunnels: &Tunnels<'_>) -> Option<Packet<'a>> {
        let inside = self.inside(tunnels)?;
        let payload = self.payload();
        let start = usize::from(self.layout.payload);
        let ends = (start + payload.bytes.len(), start + payload.reported_len);
        Some(self.within(inside, start, ends, self.layout.depth < tunnels.depth))
    }

    /// The innermost packet: this one, if it is no tunnel.
    #[inline]
    #[must_use]
    pub fn innermost(&self) -> Packet<'a> {
        self.innermost_by(&Tunnels::default())
    }

    /// As [`innermost`](Self::innermost), with a depth and ports of the caller's.
    #[inline]
    #[must_use]
    pub fn innermost_by(&self, tunnels: &Tunnels<'_>) -> Packet<'a> {
        let mut packet = *self;
        while let Some(inner) = packet.inner_by(tunnels) {
            packet = inner;
        }
        packet
    }

    /// The packet that an ICMP error quotes, as far as it does. What stands behind it in the message (RFC 4884) is not
    /// its part.
    #[must_use]
    pub fn quoted(&self) -> Option<Packet<'a>> {
        let quotes = match (self.icmpv4(), self.icmpv6()) {
            (Some(icmp), _) => matches!(icmp.message_type(), 3 | 4 | 5 | 11 | 12),
            (_, Some(icmp)) => matches!(icmp.message_type(), 1..=4),
            _ => false,
        };
        if !quotes || self.layout.fragment_offset != 0 {
            return None;
        }
        let start = usize::from(self.layout.payload);
        let payload = self.payload();
        let end = self.icmp_quote_len().map_or(payload.reported_len, |length| length.min(payload.reported_len));
        let ends = (start + payload.bytes.len().min(end), start + end);
        Some(self.within(Inside::Ip, start, ends, true))
    }

    /// What the payload is, if it is a packet.
    #[inline]
    fn inside(&self, tunnels: &Tunnels<'_>) -> Option<Inside> {
        if self.layout.stop_limit.is_some() {
            return None;
        }
        match self.layout.transport_kind {
            Some(Layer::Udp) => tunnels.of_ports(self.ports()?).map(Inside::Header),
            Some(_) => None,
            None if self.layout.network_kind.is_none() => {
                (self.layout.shim_kind == Some(Layer::Mpls)).then_some(Inside::Header(Layer::PseudoWire))
            }
            None => match self.layout.ip_protocol {
                IpProtocol::IPIP => Some(Inside::Ip),
                IpProtocol::IPV6 => Some(Inside::Ipv6),
                IpProtocol::GRE => Some(Inside::Header(Layer::Gre)),
                IpProtocol::MPLS => Some(Inside::Mpls),
                _ => None,
            },
        }
    }

    /// The header of GRE that the packet came out of.
    #[must_use]
    pub fn gre(&self) -> Option<Gre<'a>> {
        let at = self.tunnel_header(Layer::Gre)?;
        let header = array::<4>(self.bytes, at)?;
        let length = Gre { header, fields: &[] }.header_len();
        Some(Gre { header, fields: range(self.bytes, at + 4, (at + length).min(self.layout.captured_end as usize)) })
    }

    /// The header of ERSPAN behind that of GRE, of types II and III; type I has none.
    #[must_use]
    pub fn erspan(&self) -> Option<Erspan<'a>> {
        let gre = self.gre()?;
        let at = usize::from(self.layout.tunnel) + gre.header_len();
        (gre.erspan_len(self.bytes.get(at..)?) > 0).then_some(())?;
        Some(Erspan { header: array(self.bytes, at)?, three: gre.protocol() == EtherType::ERSPAN_III })
    }

    /// The header of VXLAN, also with a protocol field (GPE), that the packet came out of.
    #[must_use]
    pub fn vxlan(&self) -> Option<Vxlan<'a>> {
        let at = self.tunnel_header(Layer::Vxlan).or_else(|| self.tunnel_header(Layer::VxlanGpe))?;
        array(self.bytes, at).map(|header| Vxlan { header })
    }

    /// The header of Geneve that the packet came out of.
    #[must_use]
    pub fn geneve(&self) -> Option<Geneve<'a>> {
        let at = self.tunnel_header(Layer::Geneve)?;
        let header = array::<8>(self.bytes, at)?;
        let end = (at + Geneve { header, options: &[] }.header_len()).min(self.layout.captured_end as usize);
        Some(Geneve { header, options: range(self.bytes, at + 8, end) })
    }

    /// The header of GTP-U that the packet came out of, or that stands where none is inside.
    #[must_use]
    pub fn gtp(&self) -> Option<Gtp<'a>> {
        let at = self.tunnel_header(Layer::Gtp)?;
        array(self.bytes, at).map(|header| Gtp { header })
    }

    /// What tells the tunnel that the packet came out of from others between the same ends: the identifier of VXLAN and
    /// Geneve, the endpoint of GTP, the session of ERSPAN, else the key of GRE.
    #[must_use]
    pub fn tunnel_id(&self) -> Option<u32> {
        match self.layout.tunnel_kind? {
            Layer::Vxlan | Layer::VxlanGpe => self.vxlan().map(|vxlan| vxlan.vni()),
            Layer::Geneve => self.geneve().map(|geneve| geneve.vni()),
            Layer::Gtp => self.gtp().map(|gtp| gtp.teid()),
            Layer::Gre => match self.erspan() {
                Some(erspan) => Some(erspan.session_id().into()),
                None => self.gre().and_then(|gre| gre.key()),
            },
            _ => None,
        }
    }

    fn tunnel_header(&self, layer: Layer) -> Option<usize> {
        (self.layout.tunnel_kind == Some(layer)).then_some(usize::from(self.layout.tunnel))
    }

    /// Labels of MPLS, outermost first.
    pub fn mpls(&self) -> impl Iterator<Item = MplsLabel> + use<'a> {
        let bytes = self.bytes;
        // Not beyond those that the parser walked over.
        let end = usize::from(self.layout.payload).min(self.layout.captured_end as usize);
        let mut at = self.first_label();
        core::iter::from_fn(move || {
            let offset = at?;
            let label = MplsLabel(u32::from_be_bytes(*array(bytes.get(..end)?, offset)?));
            at = (!label.is_bottom()).then_some(offset + 4);
            Some(label)
        })
    }

    fn first_label(&self) -> Option<usize> {
        let shim = usize::from(self.layout.shim);
        match self.layout.shim_kind? {
            Layer::Mpls => Some(shim),
            Layer::Pppoe | Layer::Ppp => {
                let ppp = if self.layout.shim_kind == Some(Layer::Pppoe) { shim + PPPOE_LEN } else { shim };
                let (protocol, length) = ppp_protocol(self.bytes.get(ppp..)?)?;
                matches!(protocol, PPP_MPLS | PPP_MPLS_UPSTREAM).then_some(ppp + length)
            }
            _ => None,
        }
    }

    /// The header of PPP over Ethernet.
    #[must_use]
    pub fn pppoe(&self) -> Option<Pppoe<'a>> {
        if self.layout.shim_kind != Some(Layer::Pppoe) {
            return None;
        }
        array(self.bytes, usize::from(self.layout.shim)).map(|header| Pppoe { header })
    }
}

/// A header of generic routing encapsulation (RFC 2784, RFC 2890), version 1 of PPTP (RFC 2637) included.
#[derive(Clone, Copy, Debug)]
pub struct Gre<'a> {
    pub(super) header: &'a [u8; 4],
    pub(super) fields: &'a [u8],
}

impl Gre<'_> {
    /// The version: 0, or 1 in PPTP.
    #[must_use]
    pub fn version(&self) -> u8 {
        self.header[1] & 7
    }

    /// What is inside.
    #[must_use]
    pub fn protocol(&self) -> EtherType {
        EtherType(u16::from_be_bytes([self.header[2], self.header[3]]))
    }

    /// The key, in whose place PPTP has two other fields.
    #[must_use]
    pub fn key(&self) -> Option<u32> {
        if self.is_pptp() { None } else { self.key_field() }
    }

    /// Octets of the payload, in PPTP.
    #[must_use]
    pub fn payload_length(&self) -> Option<u16> {
        if self.is_pptp() { self.key_field().map(|key| (key >> 16) as u16) } else { None }
    }

    /// The call, in PPTP.
    #[must_use]
    pub fn call_id(&self) -> Option<u16> {
        if self.is_pptp() { self.key_field().map(|key| key as u16) } else { None }
    }

    fn is_pptp(&self) -> bool {
        self.version() == 1 && self.protocol() == EtherType::PPP
    }

    fn key_field(&self) -> Option<u32> {
        let at = self.checksum_len();
        self.has(KEY).then(|| array(self.fields, at).copied().map(u32::from_be_bytes)).flatten()
    }

    /// The number of the packet in its tunnel.
    #[must_use]
    pub fn sequence_number(&self) -> Option<u32> {
        let at = self.checksum_len() + if self.has(KEY) { 4 } else { 0 };
        self.has(SEQUENCE).then(|| array(self.fields, at).copied().map(u32::from_be_bytes)).flatten()
    }

    /// The checksum over header and payload.
    #[must_use]
    pub fn checksum(&self) -> Option<u16> {
        self.has(CHECKSUM).then(|| array(self.fields, 0).copied().map(u16::from_be_bytes)).flatten()
    }

    /// What the other end has received, in version 1.
    #[must_use]
    pub fn acknowledgment_number(&self) -> Option<u32> {
        if self.version() != 1 || self.header[1] & ACKNOWLEDGMENT == 0 {
            return None;
        }
        let at = self.checksum_len() + if self.has(KEY) { 4 } else { 0 } + if self.has(SEQUENCE) { 4 } else { 0 };
        array(self.fields, at).copied().map(u32::from_be_bytes)
    }

    /// Octets of the header with its optional fields; source routes (RFC 1701) are not counted.
    #[must_use]
    pub fn header_len(&self) -> usize {
        let fields = usize::from(self.has(KEY)) + usize::from(self.has(SEQUENCE));
        let acknowledgment = self.version() == 1 && self.header[1] & ACKNOWLEDGMENT != 0;
        4 + self.checksum_len() + 4 * (fields + usize::from(acknowledgment))
    }

    /// Whether source routes follow (RFC 1701), which are not entered.
    pub(super) fn has_routes(&self) -> bool {
        self.has(ROUTING)
    }

    /// Octets of the header of ERSPAN in `rest`, which follows; 0 without.
    pub(super) fn erspan_len(&self, rest: &[u8]) -> usize {
        match self.protocol() {
            EtherType::ERSPAN if self.has(SEQUENCE) => 8,
            EtherType::ERSPAN_III => match rest.get(11) {
                Some(last) if last & 1 != 0 => 20,
                _ => 12,
            },
            _ => 0,
        }
    }

    fn has(&self, flag: u8) -> bool {
        self.header[0] & flag != 0
    }

    fn checksum_len(&self) -> usize {
        if self.has(CHECKSUM) || self.has(ROUTING) { 4 } else { 0 }
    }
}

/// A header of ERSPAN, of type II or III.
#[derive(Clone, Copy, Debug)]
pub struct Erspan<'a> {
    header: &'a [u8; 8],
    three: bool,
}

impl Erspan<'_> {
    /// The type: 2 or 3.
    #[must_use]
    pub fn erspan_type(&self) -> u8 {
        if self.three { 3 } else { 2 }
    }

    /// The VLAN that the frame was seen in.
    #[must_use]
    pub fn vlan(&self) -> u16 {
        u16::from_be_bytes([self.header[0], self.header[1]]) & 0x0fff
    }

    /// The session, 10 bits (`spanid` of Wireshark).
    #[must_use]
    pub fn session_id(&self) -> u16 {
        u16::from_be_bytes([self.header[2], self.header[3]]) & 0x03ff
    }

    /// Whether the frame was cut by who mirrored it.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        self.header[2] & 4 != 0
    }
}

/// A header of VXLAN (RFC 7348).
#[derive(Clone, Copy, Debug)]
pub struct Vxlan<'a> {
    header: &'a [u8; 8],
}

impl Vxlan<'_> {
    /// Octets of the header.
    pub const HEADER_LEN: usize = 8;

    /// The flags: 0x08 says that the identifier is there.
    #[must_use]
    pub fn flags(&self) -> u8 {
        self.header[0]
    }

    /// The virtual network's identifier, 24 bits.
    #[must_use]
    pub fn vni(&self) -> u32 {
        u32::from_be_bytes([0, self.header[4], self.header[5], self.header[6]])
    }
}

/// A header of Geneve (RFC 8926).
#[derive(Clone, Copy, Debug)]
pub struct Geneve<'a> {
    pub(super) header: &'a [u8; 8],
    pub(super) options: &'a [u8],
}

impl<'a> Geneve<'a> {
    /// The version, 0.
    #[must_use]
    pub fn version(&self) -> u8 {
        self.header[0] >> 6
    }

    /// Octets of the header with its options.
    #[must_use]
    pub fn header_len(&self) -> usize {
        8 + usize::from(self.header[0] & 0x3f) * 4
    }

    /// What is inside.
    #[must_use]
    pub fn protocol(&self) -> EtherType {
        EtherType(u16::from_be_bytes([self.header[2], self.header[3]]))
    }

    /// The virtual network's identifier, 24 bits.
    #[must_use]
    pub fn vni(&self) -> u32 {
        u32::from_be_bytes([0, self.header[4], self.header[5], self.header[6]])
    }

    /// Whether this is a control packet (O).
    #[must_use]
    pub fn is_control(&self) -> bool {
        self.header[1] & 0x80 != 0
    }

    /// Whether options must be understood (C).
    #[must_use]
    pub fn has_critical_options(&self) -> bool {
        self.header[1] & 0x40 != 0
    }

    /// The options; ends at the first that was cut.
    pub fn options(&self) -> impl Iterator<Item = GeneveOption<'a>> + use<'a> {
        let mut rest = self.options;
        core::iter::from_fn(move || {
            let [class_high, class_low, kind, length] = *array::<4>(rest, 0)?;
            let (octets, after) = rest.split_at_checked(4 + usize::from(length & 0x1f) * 4)?;
            rest = after;
            let class = u16::from_be_bytes([class_high, class_low]);
            Some(GeneveOption { class, kind, data: octets.get(4..).unwrap_or_default() })
        })
    }
}

/// An option of Geneve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GeneveOption<'a> {
    /// The namespace of the type.
    pub class: u16,
    /// The type; 0x80 says that it must be understood.
    pub kind: u8,
    /// The octets.
    pub data: &'a [u8],
}

/// A header of GTP-U (3GPP TS 29.281).
#[derive(Clone, Copy, Debug)]
pub struct Gtp<'a> {
    pub(super) header: &'a [u8; 8],
}

impl Gtp<'_> {
    /// The version, 1.
    #[must_use]
    pub fn version(&self) -> u8 {
        self.header[0] >> 5
    }

    /// The type: 255 is a packet of a user's.
    #[must_use]
    pub fn message_type(&self) -> u8 {
        self.header[1]
    }

    /// Octets behind the first eight.
    #[must_use]
    pub fn length(&self) -> u16 {
        u16::from_be_bytes([self.header[2], self.header[3]])
    }

    /// The tunnel's endpoint identifier.
    #[must_use]
    pub fn teid(&self) -> u32 {
        u32::from_be_bytes([self.header[4], self.header[5], self.header[6], self.header[7]])
    }

    /// Whether four octets more follow: sequence number, N-PDU number and the first extension header's type.
    pub(super) fn has_fields(&self) -> bool {
        self.header[0] & 7 != 0
    }

    pub(super) fn has_extensions(&self) -> bool {
        self.header[0] & 4 != 0
    }
}

/// One label of an MPLS stack (RFC 3032).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MplsLabel(pub u32);

impl MplsLabel {
    /// The label, 20 bits.
    #[must_use]
    pub const fn label(self) -> u32 {
        self.0 >> 12
    }

    /// Traffic class, 0 to 7 (RFC 5462).
    #[must_use]
    pub const fn traffic_class(self) -> u8 {
        (self.0 >> 9) as u8 & 7
    }

    /// Whether this is the last label.
    #[must_use]
    pub const fn is_bottom(self) -> bool {
        self.0 & 0x100 != 0
    }

    /// Time to live.
    #[must_use]
    pub const fn time_to_live(self) -> u8 {
        self.0 as u8
    }
}

/// A header of PPP over Ethernet (RFC 2516).
#[derive(Clone, Copy, Debug)]
pub struct Pppoe<'a> {
    header: &'a [u8; 6],
}

impl Pppoe<'_> {
    /// Octets of the header.
    pub const HEADER_LEN: usize = PPPOE_LEN;

    /// 0 in a session, else the message of discovery.
    #[must_use]
    pub fn code(&self) -> u8 {
        self.header[1]
    }

    /// The session.
    #[must_use]
    pub fn session_id(&self) -> u16 {
        u16::from_be_bytes([self.header[2], self.header[3]])
    }

    /// Octets behind the header.
    #[must_use]
    pub fn length(&self) -> u16 {
        u16::from_be_bytes([self.header[4], self.header[5]])
    }
}

/// Where Ethernet begins in a pseudo-wire's payload (RFC 4448): at once, or behind a control word. The packet does not
/// say; what tells is where an EtherType stands that has a meaning, or a length.
pub(super) fn pseudo_wire(payload: &[u8]) -> Option<usize> {
    let word = payload.first()? >> 4 == 0 && is_ethernet(payload, CONTROL_WORD);
    let bare = is_ethernet(payload, 0);
    match (word, bare) {
        (true, false) => Some(CONTROL_WORD),
        (true, true) if payload.starts_with(&[0, 0]) => Some(CONTROL_WORD),
        (_, true) => Some(0),
        (false, false) => None,
    }
}

fn is_ethernet(payload: &[u8], at: usize) -> bool {
    let Some([high, low]) = array::<2>(payload, at + 12) else { return false };
    match EtherType(u16::from_be_bytes([*high, *low])) {
        EtherType(3..=1500) => true,
        EtherType::IPV4 | EtherType::IPV6 | EtherType::ARP | EtherType::REVERSE_ARP => true,
        EtherType::MPLS | EtherType::MPLS_UPSTREAM | EtherType::PPPOE_DISCOVERY | EtherType::PPPOE_SESSION => true,
        EtherType::LLDP | EtherType::MACSEC | EtherType::SLOW | EtherType::BACKBONE => true,
        other => other.is_vlan(),
    }
}

const CONTROL_WORD: usize = 4;

/// The protocol of PPP, and the octets of what stands before its payload: address and control may be left out, and the
/// protocol's first octet too (RFC 1661 section 6).
pub(super) fn ppp_protocol(bytes: &[u8]) -> Option<(u16, usize)> {
    let skip = if array::<2>(bytes, 0) == Some(&[0xff, 3]) { 2 } else { 0 };
    let first = *bytes.get(skip)?;
    // One octet of 255 begins address and control.
    if first & 1 != 0 && bytes != [0xff] {
        return Some((u16::from(first), skip + 1));
    }
    let [high, low] = *array(bytes, skip)?;
    Some((u16::from_be_bytes([high, low]), skip + 2))
}

pub(super) const PPPOE_LEN: usize = 6;
pub(super) const PPP_IPV4: u16 = 0x0021;
pub(super) const PPP_IPV6: u16 = 0x0057;
pub(super) const PPP_MPLS: u16 = 0x0281;
pub(super) const PPP_MPLS_UPSTREAM: u16 = 0x0283;

const CHECKSUM: u8 = 0x80;
const ROUTING: u8 = 0x40;
const KEY: u8 = 0x20;
const SEQUENCE: u8 = 0x10;
const ACKNOWLEDGMENT: u8 = 0x80;

impl<'a> Packet<'a> {
    /// Parses what lies from `start` to `ends`, the captured and the one on the wire; or says that it lies too deep.
    fn within(&self, inside: Inside, start: usize, ends: (usize, usize), enters: bool) -> Packet<'a> {
        let mut layout = super::Layout::new(self.layout.link_type, clamp(ends.0), clamp(ends.1));
        layout.depth = self.layout.depth.saturating_add(1);
        if self.layout.is_fragment() || self.layout.flags & IN_FRAGMENT != 0 {
            layout.flags |= IN_FRAGMENT;
        }
        if self.layout.flags & (LENGTH_EXCEEDS | IN_EXCEEDING) != 0 {
            layout.flags |= IN_EXCEEDING;
        }
        let (layout, network, transport) = super::parse::inner(self.bytes, layout, inside, start, enters);
        Packet { bytes: self.bytes, original_length: self.original_length, layout, network, transport }
    }
}

fn clamp(end: usize) -> u32 {
    u32::try_from(end).unwrap_or(u32::MAX)
}
