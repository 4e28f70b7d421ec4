//! Checksums, verified when they are asked for; parsing never looks at them.
//!
//! ```
//! use netshoot_core::packet::{ChecksumStatus, Layer, LinkType, Packet};
//!
//! # let frame: &[u8] = &[
//! #     0x45, 0, 0, 0x1c, 0, 1, 0x40, 0, 0x40, 17, 0x26, 0xce, 10, 0, 0, 1, 10, 0, 0, 2, 0x9c, 0x40, 0, 53, 0, 8, 0, 0,
//! # ];
//! let packet = Packet::parse(LinkType::RAW, frame, frame.len() as u32);
//! let ip = packet.checksum(Layer::Ipv4).expect("IPv4 has a checksum");
//! assert_eq!((ip.status, ip.found, ip.computed), (ChecksumStatus::Valid, 0x26ce, Some(0x26ce)));
//! let udp = packet.checksum(Layer::Udp).expect("UDP has a field for one");
//! assert_eq!(udp.status, ChecksumStatus::Absent);
//! ```

use core::fmt;

use super::bytes::range;
use super::layout::{FRAGMENT, IN_EXCEEDING, IN_FRAGMENT, LENGTH_EXCEEDS};
use super::sum::{CRC_START, crc32c, fold, ones_complement};
use super::{IpProtocol, Layer, Limit, Packet, Tunnels};

/// A checksum of a packet, and whether it is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checksum {
    /// Whose checksum it is.
    pub layer: Layer,
    /// Tunnels around the packet.
    pub depth: u8,
    /// Where the field is, in octets from the start of the frame.
    pub offset: u32,
    /// As sent: 16 bits, or 32 of SCTP, read as the octets stand.
    pub found: u32,
    /// As it should be; `None` where that cannot be said, or none is needed.
    pub computed: Option<u32>,
    /// Whether it is right.
    pub status: ChecksumStatus,
}

/// Whether a checksum is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChecksumStatus {
    /// As it should be.
    Valid,
    /// Not as it should be.
    Invalid,
    /// Not as it should be, but as hosts leave it that let the device compute it: 0, or the sum of the pseudo-header
    /// alone (Linux's `CHECKSUM_PARTIAL`). Captured at the sender, that is no fault.
    Offloaded,
    /// None was sent: 0 in UDP, or a protocol's own authentication in its place.
    Absent,
    /// Octets that it covers are missing, and who cut them off; or the lengths contradict each other.
    Unverifiable(Limit),
}

impl ChecksumStatus {
    /// One word, in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Offloaded => "offloaded",
            Self::Absent => "absent",
            Self::Unverifiable(_) => "unverifiable",
        }
    }
}

impl fmt::Display for Checksum {
    /// In tcpdump's words: `cksum 0x1c46 (incorrect -> 0x26cd)`; of one that is left to the device, that is told, too.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { found, status, .. } = *self;
        let width = if self.layer == Layer::Sctp { 10 } else { 6 };
        let computed = self.computed.unwrap_or_default();
        match status {
            ChecksumStatus::Absent => return f.write_str("no cksum"),
            _ => write!(f, "cksum {found:#0width$x} ")?,
        }
        match status {
            ChecksumStatus::Valid => f.write_str("(correct)"),
            ChecksumStatus::Offloaded => write!(f, "(incorrect -> {computed:#0width$x}, left to the device)"),
            ChecksumStatus::Unverifiable(_) => f.write_str("(unverifiable)"),
            _ => write!(f, "(incorrect -> {computed:#0width$x})"),
        }
    }
}

impl Packet<'_> {
    /// The checksums of this packet, outermost first: GRE (of the tunnel that it came out of), IPv4, and the transport
    /// layer's. Those of the packets inside are asked of [`inner`](Packet::inner).
    pub fn checksums(&self) -> impl Iterator<Item = Checksum> {
        let transport = self.layout.transport_kind.unwrap_or(Layer::Frame);
        [Layer::Gre, Layer::Ipv4, transport].into_iter().filter_map(|layer| self.checksum(layer))
    }

    /// The checksum of one layer: GRE, IPv4, TCP, UDP, UDP-Lite, ICMP, ICMPv6, IGMP, SCTP, DCCP, VRRP, OSPF or PIM.
    ///
    /// `None` if this packet has no such layer, or its checksum was not captured.
    #[must_use]
    pub fn checksum(&self, layer: Layer) -> Option<Checksum> {
        match layer {
            Layer::Gre => self.gre_checksum(),
            Layer::Ipv4 => self.ipv4_checksum(),
            _ if self.layout.transport_kind == Some(layer) => self.transport_checksum(layer),
            _ => None,
        }
    }

    fn gre_checksum(&self) -> Option<Checksum> {
        let gre = self.gre()?;
        let (at, found) = (usize::from(self.layout.tunnel), gre.checksum()?);
        let verdict = match (self.layout.flags & IN_FRAGMENT, self.layout.flags & IN_EXCEEDING) {
            (0, 0) => self.octets(at, self.layout.outer_end as usize).map(|octets| Sums::of(octets, 0)),
            (0, _) => Err(Limit::FrameLength),
            _ => Err(Limit::Fragment),
        };
        Some(self.judged(Layer::Gre, at + 4, found, verdict))
    }

    fn ipv4_checksum(&self) -> Option<Checksum> {
        let ip = self.ipv4()?;
        let at = usize::from(self.layout.network);
        let verdict = self.octets(at, at + ip.header_len()).map(|octets| Sums::of(octets, 0));
        Some(self.judged(Layer::Ipv4, at + 10, ip.checksum(), verdict))
    }

    fn transport_checksum(&self, layer: Layer) -> Option<Checksum> {
        let at = usize::from(self.layout.transport);
        let field = at + field_offset(layer, self.captured::<1>(at)?[0])?;
        if layer == Layer::Sctp {
            return self.sctp_checksum(at, field);
        }
        let found = u16::from_be_bytes(*self.captured(field)?);
        if self.has_no_checksum(layer, found) {
            let (depth, offset) = (self.layout.depth, u32::try_from(field).unwrap_or(u32::MAX));
            let found = found.into();
            return Some(Checksum { layer, depth, offset, found, computed: None, status: ChecksumStatus::Absent });
        }
        Some(self.judged(layer, field, found, self.transport_sums(layer, at)))
    }

    /// The sums over what the checksum of the transport layer covers.
    fn transport_sums(&self, layer: Layer, at: usize) -> Result<Sums, Limit> {
        let end = self.datagram_end(layer, at)?;
        let (protocol, length) = (self.layout.ip_protocol, end - at);
        let pseudo = |length: usize| self.pseudo_header(protocol, length);
        match layer {
            Layer::Tcp | Layer::Udp | Layer::Icmpv6 => Ok(Sums::of(self.octets(at, end)?, pseudo(length))),
            Layer::UdpLite => {
                let field = self.captured::<2>(at + 4).map_or(0, |field| u16::from_be_bytes(*field));
                let covered = if field == 0 { length } else { usize::from(field) };
                if covered < 8 || covered > length {
                    return Err(Limit::Malformed);
                }
                Ok(Sums::of(self.octets(at, at + covered)?, pseudo(length)))
            }
            Layer::Dccp => {
                let [offset, coverage] = *self.captured::<2>(at + 4).ok_or(Limit::CaptureLength)?;
                let covered = match coverage & 0x0f {
                    0 => length,
                    words => usize::from(offset) * 4 + (usize::from(words) - 1) * 4,
                };
                Ok(Sums::of(self.octets(at, at + covered.min(length))?, pseudo(length)))
            }
            Layer::Vrrp => {
                let octets = self.octets(at, end)?;
                let version = octets.first().map_or(0, |first| first >> 4);
                Ok(Sums::of(octets, if version < 3 { 0 } else { pseudo(length) }))
            }
            Layer::Pim => {
                let pseudo = if self.ipv6().is_some() { pseudo(length) } else { 0 };
                // Of a register, the packet inside is not covered (RFC 7761 section 4.9); some senders cover it.
                let register = self.captured::<1>(at).is_some_and(|[first]| first & 0x0f == 1);
                let sums = Sums::of(self.octets(at, if register { end.min(at + 8) } else { end })?, pseudo);
                Ok(if register && !sums.are_valid() { sums.or(Sums::of(self.octets(at, end)?, pseudo)) } else { sums })
            }
            Layer::Ospf => self.ospf_sums(at, end),
            _ => Ok(Sums::of(self.octets(at, end)?, 0)),
        }
    }

    /// Version 2 leaves out the eight octets of authentication (RFC 2328 appendix D.4); version 3 has a pseudo-header
    /// (RFC 5340 appendix A.3.1). What lies behind the packet's own length is not covered.
    fn ospf_sums(&self, at: usize, end: usize) -> Result<Sums, Limit> {
        let [version, _, high, low] = *self.captured::<4>(at).ok_or(Limit::CaptureLength)?;
        let length = usize::from(u16::from_be_bytes([high, low]));
        if at + length > end || length < 16 {
            return Err(Limit::Malformed);
        }
        let octets = self.octets(at, at + length)?;
        if version == 3 {
            return Ok(Sums::of(octets, self.pseudo_header(IpProtocol::OSPF, length)));
        }
        let (head, rest) = (range(octets, 0, 16), range(octets, 24, length));
        Ok(Sums::of(head, ones_complement(rest)))
    }

    fn sctp_checksum(&self, at: usize, field: usize) -> Option<Checksum> {
        let found = u32::from_be_bytes(*self.captured(field)?);
        let sum = self.datagram_end(Layer::Sctp, at).and_then(|end| self.octets(at, end)).map(|octets| {
            let crc = crc32c(crc32c(CRC_START, range(octets, 0, 8)), &[0; 4]);
            // The CRC's octets stand lowest first.
            (!crc32c(crc, range(octets, 12, octets.len()))).swap_bytes()
        });
        let status = match sum {
            Ok(computed) if computed == found => ChecksumStatus::Valid,
            Ok(_) if found == 0 => ChecksumStatus::Offloaded,
            Ok(_) => ChecksumStatus::Invalid,
            Err(limit) => ChecksumStatus::Unverifiable(limit),
        };
        let offset = u32::try_from(field).unwrap_or(u32::MAX);
        Some(Checksum { layer: Layer::Sctp, depth: self.layout.depth, offset, found, computed: sum.ok(), status })
    }

    fn judged(&self, layer: Layer, field: usize, found: u16, sums: Result<Sums, Limit>) -> Checksum {
        let (computed, status) = match sums {
            Ok(sums) => sums.judge(layer, found),
            Err(limit) => (None, ChecksumStatus::Unverifiable(limit)),
        };
        let offset = u32::try_from(field).unwrap_or(u32::MAX);
        Checksum { layer, depth: self.layout.depth, offset, found: found.into(), computed, status }
    }

    /// UDP may go without over IPv4, and within IPv6 around a tunnel (RFC 6935); OSPF version 2 with a key has a digest
    /// behind it instead.
    fn has_no_checksum(&self, layer: Layer, found: u16) -> bool {
        match layer {
            Layer::Udp => found == 0 && (self.ipv6().is_none() || self.inner_by(&Tunnels::default()).is_some()),
            Layer::Ospf => {
                let at = usize::from(self.layout.transport);
                self.captured::<1>(at) == Some(&[2]) && self.captured::<2>(at + 14) == Some(&[0, 2])
            }
            _ => false,
        }
    }

    /// The end of what the transport layer's length says, or IP's; or who keeps that from being there.
    fn datagram_end(&self, layer: Layer, at: usize) -> Result<usize, Limit> {
        let (flags, end) = (self.layout.flags, self.layout.reported_end as usize);
        let own_length = self.udp().map_or(0, |udp| usize::from(udp.length()));
        if flags & FRAGMENT != 0 {
            return Err(Limit::Fragment);
        }
        if self.layout.stop().is_some_and(|stop| stop.layer == layer && stop.limit == Limit::Malformed) || end < at {
            return Err(Limit::Malformed);
        }
        if own_length != 0 && at + own_length <= end {
            return Ok(at + own_length);
        }
        if flags & LENGTH_EXCEEDS != 0 {
            return Err(if flags & IN_FRAGMENT != 0 { Limit::Fragment } else { self.outer_limit() });
        }
        if own_length == 0 { Ok(end) } else { Err(Limit::LengthField) }
    }

    /// Who ended a datagram before the length in its header.
    fn outer_limit(&self) -> Limit {
        let whole_frame = self.layout.depth == 0 && self.layout.reported_end == self.layout.outer_end;
        if whole_frame { Limit::FrameLength } else { Limit::LengthField }
    }

    /// The octets of the frame from `start` to `end`, if all were captured.
    fn octets(&self, start: usize, end: usize) -> Result<&[u8], Limit> {
        if end > self.layout.outer_end as usize {
            return Err(if self.layout.depth == 0 { Limit::FrameLength } else { Limit::LengthField });
        }
        self.bytes.get(start..end).ok_or(Limit::CaptureLength)
    }

    /// The sum of addresses, protocol and length (RFC 9293 section 3.1, RFC 8200 section 8.1).
    fn pseudo_header(&self, protocol: IpProtocol, length: usize) -> u16 {
        let addresses = if let Some(ip) = self.ipv4() {
            let destination = ip.final_destination().unwrap_or(ip.destination());
            [ones_complement(&ip.source().octets()), ones_complement(&destination.octets())]
        } else if let Some(ip) = self.ipv6() {
            let source = ip.home_address().unwrap_or(ip.source());
            let destination = ip.final_destination().unwrap_or(ip.destination());
            [ones_complement(&source.octets()), ones_complement(&destination.octets())]
        } else {
            [0, 0]
        };
        let addresses = addresses.into_iter().map(u64::from).sum::<u64>();
        fold(addresses + u64::from(protocol.0) + length as u64)
    }
}

/// The checksum of octets, of which the field itself is 0 (RFC 1071).
#[cfg(feature = "std")]
pub(crate) fn internet_checksum(bytes: &[u8]) -> u16 {
    !ones_complement(bytes)
}

/// Where the field is in the header; `None` for what has none here.
fn field_offset(layer: Layer, first: u8) -> Option<usize> {
    Some(match layer {
        Layer::Tcp => 16,
        Layer::Udp | Layer::UdpLite | Layer::Dccp | Layer::Vrrp => 6,
        Layer::Icmpv4 | Layer::Icmpv6 | Layer::Igmp => 2,
        Layer::Pim if first >> 4 == 2 => 2,
        Layer::Ospf if matches!(first, 2 | 3) => 12,
        Layer::Sctp => 8,
        _ => return None,
    })
}

/// The sum of what is covered, the field itself included, and that of the pseudo-header.
#[derive(Clone, Copy)]
struct Sums {
    octets: u16,
    pseudo: u16,
    /// That of a pseudo-header of length 0, as some hosts leave it whose device cuts the segments.
    without_length: u16,
}

impl Sums {
    fn of(octets: &[u8], pseudo: u16) -> Self {
        let without_length = fold(u64::from(pseudo) + u64::from(!fold(octets.len() as u64)));
        Self { octets: ones_complement(octets), pseudo, without_length }
    }

    /// The complement of the complement: all ones, or nothing at all.
    fn are_valid(self) -> bool {
        matches!(fold(u64::from(self.octets) + u64::from(self.pseudo)), 0xffff)
    }

    fn or(self, other: Self) -> Self {
        if other.are_valid() { other } else { self }
    }

    fn judge(self, layer: Layer, found: u16) -> (Option<u32>, ChecksumStatus) {
        let without = fold(u64::from(self.octets) + u64::from(!found) + u64::from(self.pseudo));
        // 0 means none there (RFC 768), and all ones are the same number.
        let computed = match (layer, !without) {
            (Layer::Udp | Layer::UdpLite, 0) => 0xffff,
            _ if self.octets == 0 && self.pseudo == 0 => 0xffff,
            (_, computed) => computed,
        };
        let status = match found {
            _ if self.are_valid() => ChecksumStatus::Valid,
            _ if self.pseudo != 0 && [self.pseudo, self.without_length].contains(&found) => ChecksumStatus::Offloaded,
            0 if matches!(layer, Layer::Tcp | Layer::Ipv4) => ChecksumStatus::Offloaded,
            _ => ChecksumStatus::Invalid,
        };
        let computed = if status == ChecksumStatus::Valid { found } else { computed };
        (Some(computed.into()), status)
    }
}
