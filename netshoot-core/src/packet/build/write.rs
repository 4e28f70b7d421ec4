//! Writing: headers first, from the innermost out then the lengths and sums that depend on what is inside.

use super::super::bytes::{array, range};
use super::super::sum::{CRC_START, crc32c, fold, ones_complement};
use super::super::{EtherType, IpProtocol, Ipv4, Ipv6};
use super::{Builder, Header, IcmpHeader, Ipv4Header, Ipv6Header, TcpHeader};

impl Builder<'_> {
    /// Octets of the whole frame.
    #[must_use]
    pub fn len(&self) -> usize {
        self.payload_offset() + self.payload.len() + self.trailer.len()
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes the frame to the start of `out`, and says how many octets it has.
    ///
    /// `None` if there is no room, or options do not fit their header. Lengths beyond 65,535 octets are written as 0, as
    /// hosts do that leave it to the device to cut segments.
    #[must_use]
    pub fn write_to(&self, out: &mut [u8]) -> Option<usize> {
        let out = out.get_mut(..self.len())?;
        let mut rest = &mut *out;
        for (at, header) in self.headers.iter().enumerate() {
            let (place, behind) = rest.split_at_mut_checked(header.header_len())?;
            place.fill(0);
            header.write(self.headers.get(at + 1), place)?;
            rest = behind;
        }
        let (place, behind) = rest.split_at_mut_checked(self.payload.len())?;
        place.copy_from_slice(self.payload);
        behind.copy_from_slice(self.trailer);
        let end = out.len() - self.trailer.len();
        let mut offset = self.payload_offset();
        for (at, header) in self.headers.iter().enumerate().rev() {
            offset -= header.header_len();
            let ip = self.headers.get(..at).and_then(|before| ip_before(before, offset));
            header.finish(out.get_mut(..end)?, offset, ip)?;
        }
        Some(out.len())
    }

    fn payload_offset(&self) -> usize {
        self.headers.iter().map(Header::header_len).sum()
    }
}

/// Where the IP header is that is right before `offset`, but for extension headers.
fn ip_before(headers: &[Header<'_>], mut offset: usize) -> Option<usize> {
    for header in headers.iter().rev() {
        offset = offset.checked_sub(header.header_len())?;
        match header {
            Header::Extension { .. } => {}
            Header::Ipv4(_) | Header::Ipv6(_) => return Some(offset),
            _ => return None,
        }
    }
    None
}

impl Header<'_> {
    /// Writes what does not depend on what is inside. `out` has the length of the header, and is 0.
    fn write(&self, next: Option<&Header<'_>>, out: &mut [u8]) -> Option<()> {
        let ether_type = |own: Option<EtherType>| own.or_else(|| next?.as_ether_type()).unwrap_or(EtherType(0)).0;
        match self {
            Self::Raw(octets) => out.copy_from_slice(octets),
            Self::Ethernet { source, destination, ether_type: own } => {
                put(out, 0, &destination.0)?;
                put(out, 6, &source.0)?;
                put(out, 12, &ether_type(*own).to_be_bytes())?;
            }
            Self::Vlan { control, ether_type: own, .. } => {
                put(out, 0, &control.to_be_bytes())?;
                put(out, 2, &ether_type(*own).to_be_bytes())?;
            }
            Self::Mpls { label, traffic_class, time_to_live, bottom } => {
                let bottom = bottom.unwrap_or(!matches!(next, Some(Header::Mpls { .. })));
                let class = u32::from(traffic_class & 7) << 9 | u32::from(bottom) << 8;
                put(out, 0, &(label << 12 | class | u32::from(*time_to_live)).to_be_bytes())?;
            }
            Self::Ipv4(ip) => ip.write(next, out)?,
            Self::Ipv6(ip) => ip.write(next, out)?,
            Self::Extension { octets, next_header, .. } => {
                out.copy_from_slice(octets);
                let next = next_header.or_else(|| next?.as_protocol());
                if let (Some(first), Some(next)) = (out.first_mut(), next) {
                    *first = next.0;
                }
            }
            Self::Gre { protocol, has_checksum, key, sequence_number, .. } => {
                let flags = [(*has_checksum, 0x80), (key.is_some(), 0x20), (sequence_number.is_some(), 0x10)];
                put(out, 0, &[flags.iter().filter(|(set, _)| *set).map(|(_, flag)| flag).sum()])?;
                put(out, 2, &ether_type(*protocol).to_be_bytes())?;
                let mut at = if *has_checksum { 8 } else { 4 };
                for field in [key, sequence_number].into_iter().flatten() {
                    put(out, at, &field.to_be_bytes())?;
                    at += 4;
                }
            }
            Self::Tcp(tcp) => tcp.write(out)?,
            Self::Udp { source_port, destination_port, .. } => ports(out, *source_port, *destination_port)?,
            Self::Icmpv4(icmp) | Self::Icmpv6(icmp) => icmp.write(out)?,
            Self::Sctp { source_port, destination_port, verification_tag, .. } => {
                ports(out, *source_port, *destination_port)?;
                put(out, 4, &verification_tag.to_be_bytes())?;
            }
        }
        Some(())
    }

    /// Writes the length and the checksum of the header at `offset`; `out` ends where the payload does.
    fn finish(&self, out: &mut [u8], offset: usize, ip: Option<usize>) -> Option<()> {
        let length = out.len().checked_sub(offset)?;
        match self {
            Self::Ipv4(header) => {
                let total = header.total_length.unwrap_or(u16::try_from(length).unwrap_or(0));
                put(out, offset + 2, &total.to_be_bytes())?;
                let octets = out.get(offset..offset + self.header_len())?;
                let sum = header.checksum.unwrap_or(!ones_complement(octets));
                put(out, offset + 10, &sum.to_be_bytes())
            }
            Self::Ipv6(header) => {
                let payload = header.payload_length.unwrap_or(u16::try_from(length - 40).unwrap_or(0));
                put(out, offset + 4, &payload.to_be_bytes())
            }
            Self::Udp { length: own, checksum, .. } => {
                let stated = own.unwrap_or(u16::try_from(length).unwrap_or(0));
                put(out, offset + 4, &stated.to_be_bytes())?;
                let sum = match checksum {
                    Some(checksum) => *checksum,
                    None => match transport_sum(out, offset, ip, IpProtocol::UDP)? {
                        0 => 0xffff,
                        sum => sum,
                    },
                };
                put(out, offset + 6, &sum.to_be_bytes())
            }
            Self::Tcp(TcpHeader { checksum, .. }) => {
                let sum = checksum.or_else(|| transport_sum(out, offset, ip, IpProtocol::TCP))?;
                put(out, offset + 16, &sum.to_be_bytes())
            }
            Self::Icmpv6(IcmpHeader { checksum, .. }) => {
                let sum = checksum.or_else(|| transport_sum(out, offset, ip, IpProtocol::ICMPV6))?;
                put(out, offset + 2, &sum.to_be_bytes())
            }
            Self::Icmpv4(IcmpHeader { checksum, .. }) => {
                let sum = checksum.or_else(|| Some(!ones_complement(out.get(offset..)?)))?;
                put(out, offset + 2, &sum.to_be_bytes())
            }
            Self::Gre { has_checksum: true, checksum, .. } => {
                let sum = checksum.or_else(|| Some(!ones_complement(out.get(offset..)?)))?;
                put(out, offset + 4, &sum.to_be_bytes())
            }
            Self::Sctp { checksum, .. } => {
                let sum = checksum.unwrap_or((!crc32c(CRC_START, out.get(offset..)?)).swap_bytes());
                put(out, offset + 8, &sum.to_be_bytes())
            }
            _ => Some(()),
        }
    }
}

/// The checksum of what lies from `offset` on, with the pseudo-header of the IP header at `ip`; without one of those,
/// that of the octets alone.
fn transport_sum(out: &[u8], offset: usize, ip: Option<usize>, protocol: IpProtocol) -> Option<u16> {
    let octets = out.get(offset..)?;
    let sum = u64::from(ones_complement(octets));
    let Some(ip) = ip else { return Some(!fold(sum)) };
    let addresses = if out.get(ip)? >> 4 == 4 {
        let header = array::<20>(out, ip)?;
        let view = Ipv4 { header, options: &[] };
        let view = Ipv4 { options: range(out, ip + 20, ip + view.header_len()), ..view };
        let destination = view.final_destination().unwrap_or(view.destination());
        [ones_complement(&view.source().octets()), ones_complement(&destination.octets())]
    } else {
        let view = Ipv6 { header: array(out, ip)?, extensions: range(out, ip + 40, offset) };
        let source = view.home_address().unwrap_or(view.source());
        let destination = view.final_destination().unwrap_or(view.destination());
        [ones_complement(&source.octets()), ones_complement(&destination.octets())]
    };
    let addresses = addresses.into_iter().map(u64::from).sum::<u64>();
    Some(!fold(sum + addresses + u64::from(protocol.0) + octets.len() as u64))
}

impl Ipv4Header<'_> {
    fn write(&self, next: Option<&Header<'_>>, out: &mut [u8]) -> Option<()> {
        let words = u8::try_from(out.len() / 4).ok().filter(|words| *words <= 15)?;
        let protocol = self.protocol.or_else(|| next?.as_protocol()).unwrap_or(IpProtocol::NO_NEXT_HEADER);
        put(out, 0, &[0x40 | words, self.type_of_service])?;
        put(out, 4, &self.identification.to_be_bytes())?;
        put(out, 6, &self.fragment.to_be_bytes())?;
        put(out, 8, &[self.time_to_live, protocol.0])?;
        put(out, 12, &self.source.octets())?;
        put(out, 16, &self.destination.octets())?;
        put(out, 20, self.options)
    }
}

impl Ipv6Header {
    fn write(&self, next: Option<&Header<'_>>, out: &mut [u8]) -> Option<()> {
        let protocol = self.next_header.or_else(|| next?.as_protocol()).unwrap_or(IpProtocol::NO_NEXT_HEADER);
        let word = 6 << 28 | u32::from(self.traffic_class) << 20 | self.flow_label & 0x000f_ffff;
        put(out, 0, &word.to_be_bytes())?;
        put(out, 6, &[protocol.0, self.hop_limit])?;
        put(out, 8, &self.source.octets())?;
        put(out, 24, &self.destination.octets())
    }
}

impl TcpHeader<'_> {
    fn write(&self, out: &mut [u8]) -> Option<()> {
        let words = u16::try_from(out.len() / 4).ok().filter(|words| *words <= 15)?;
        ports(out, self.source_port, self.destination_port)?;
        put(out, 4, &self.sequence_number.to_be_bytes())?;
        put(out, 8, &self.acknowledgment_number.to_be_bytes())?;
        put(out, 12, &(words << 12 | self.flags.0 & 0x0fff).to_be_bytes())?;
        put(out, 14, &self.window.to_be_bytes())?;
        put(out, 18, &self.urgent_pointer.to_be_bytes())?;
        put(out, 20, self.options)
    }
}

impl IcmpHeader {
    fn write(&self, out: &mut [u8]) -> Option<()> {
        put(out, 0, &[self.message_type, self.code])?;
        put(out, 4, &self.rest_of_header)
    }
}

fn ports(out: &mut [u8], source: u16, destination: u16) -> Option<()> {
    put(out, 0, &source.to_be_bytes())?;
    put(out, 2, &destination.to_be_bytes())
}

fn put(out: &mut [u8], at: usize, octets: &[u8]) -> Option<()> {
    out.get_mut(at..at + octets.len())?.copy_from_slice(octets);
    Some(())
}
