//! A fragment, as both versions of IP have it.

use super::{Key, Refusal};
use crate::packet::{IpProtocol, Packet};

/// A fragment of either version.
pub(super) struct Piece<'a> {
    pub(super) key: Key,
    /// From IP's header on, up to the payload, without the fragment header.
    pub(super) head: (&'a [u8], &'a [u8]),
    pub(super) protocol: IpProtocol,
    pub(super) offset: u64,
    pub(super) more: bool,
    pub(super) octets: &'a [u8],
    pub(super) truncated: bool,
    pub(super) is_ipv4: bool,
}

impl<'a> Piece<'a> {
    pub(super) fn read(packet: &Packet<'a>) -> Option<Self> {
        let layout = packet.layout();
        let start = usize::from(layout.network);
        let (source, destination) = packet.ip_addresses()?;
        let (at, header, identification, protocol, offset, more) = match (packet.ipv4(), packet.ipv6()) {
            (Some(ip), _) => {
                let protocol = ip.protocol();
                let id = u32::from(ip.identification());
                (start + ip.header_len(), 0, id, protocol, ip.fragment_offset(), ip.more_fragments())
            }
            (None, Some(ip)) => {
                let mut at = start + 40;
                let mut extensions = ip.extensions();
                // An atomic fragment (RFC 6946) may stand before the one that counts.
                let (fragment, protocol) = extensions.find_map(|extension| {
                    at += extension.bytes.len();
                    let fragment = extension.fragment().filter(|fragment| fragment.more || fragment.offset != 0)?;
                    Some((fragment, extension.next_header))
                })?;
                (at, 8, fragment.identification, protocol, fragment.offset, fragment.more)
            }
            _ => return None,
        };
        let (captured, reported) = (layout.captured_end as usize, layout.reported_end as usize);
        let is_ipv4 = header == 0;
        let key = Key {
            source,
            destination,
            identification,
            protocol: if is_ipv4 { protocol } else { IpProtocol(0) },
            vlan: packet.vlans().last().map_or(0, |tag| tag.id()),
            tunnel: packet.tunnel_id().unwrap_or_default(),
        };
        let bytes = packet.bytes();
        // What stands in front of IPv6's fragment header, and nothing behind it.
        let head = (bytes.get(start..start + 6)?, bytes.get(start + 6..at - header)?);
        let octets = bytes.get(at..captured.max(at)).unwrap_or_default();
        let truncated = captured < reported || layout.length_exceeds_frame();
        Some(Self { key, head, protocol, offset: u64::from(offset) * 8, more, octets, truncated, is_ipv4 })
    }

    /// The octets that count, if the fragment makes sense.
    pub(super) fn checked(&self) -> Result<&'a [u8], Refusal> {
        if self.truncated {
            return Err(Refusal::Truncated);
        }
        let odd = self.octets.len() % 8;
        let octets = match (self.more, odd) {
            (false, _) | (true, 0) => self.octets,
            // Linux takes whole units of IPv4's, and none of IPv6's (RFC 8200 section 4.5).
            (true, _) if self.is_ipv4 => self.octets.get(..self.octets.len() - odd).unwrap_or_default(),
            (true, _) => return Err(Refusal::Malformed),
        };
        if octets.is_empty() {
            return Err(Refusal::Malformed);
        }
        let head = if self.is_ipv4 { self.head.0.len() + self.head.1.len() } else { 0 };
        if head as u64 + self.offset + octets.len() as u64 > MAX_LENGTH {
            return Err(Refusal::TooLong);
        }
        Ok(octets)
    }
}

/// The longest that IP can state.
const MAX_LENGTH: u64 = 65_535;
