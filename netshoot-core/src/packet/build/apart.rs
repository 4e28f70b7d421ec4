//! Taking a packet apart into headers that can be written again.

use super::super::bytes::{array, range};
use super::super::{Checksum, ChecksumStatus, Layer, LayerRef, Layers, Packet};
use super::{Header, IcmpHeader, Ipv4Header, Ipv6Header, TcpHeader};

impl<'a> Packet<'a> {
    /// The headers of this packet and of all inside it, as [`Builder`](super::Builder) writes them: with
    /// [`body`](Self::body) they give the same octets again.
    ///
    /// A field is `None` where it is as it would come out by itself.
    #[must_use]
    pub fn headers(&self) -> Headers<'a> {
        let layers = self.layers();
        Headers { packet: *self, layers, last: self.innermost(), offset: 0, next: None }
    }

    /// What the innermost header carries, and what stands behind that in the frame.
    #[must_use]
    pub fn body(&self) -> (&'a [u8], &'a [u8]) {
        let (start, end) = self.innermost().body_range();
        (range(self.bytes, start, end), range(self.bytes, end, self.bytes.len()))
    }

    /// Where the payload is; of what was cut, from where nothing is known any more.
    fn body_range(&self) -> (usize, usize) {
        let known = self.layers().last().map_or(0, |layer| layer.range.end);
        let start = usize::from(self.layout.payload).max(known).min(self.bytes.len());
        (start, (start + self.payload_from(start)).min(self.bytes.len()))
    }

    fn payload_from(&self, start: usize) -> usize {
        let end = usize::from(self.layout.payload) + self.payload().bytes.len();
        end.saturating_sub(start)
    }
}

/// Iterator over the headers of a packet, outermost first.
#[derive(Clone, Debug)]
pub struct Headers<'a> {
    /// The packet that the next layer is of.
    packet: Packet<'a>,
    layers: Layers<'a, 'static>,
    last: Packet<'a>,
    /// Where the next header begins.
    offset: usize,
    /// A header that was looked at, and its octets.
    next: Option<(Header<'a>, usize)>,
}

impl<'a> Headers<'a> {
    /// The next header as it stands, and where it ends.
    fn step(&mut self) -> Option<(Header<'a>, usize)> {
        let (body, end) = self.last.body_range();
        loop {
            let Some(layer) = self.layers.clone().next() else {
                // What is left between the last header and the body.
                let rest = range(self.packet.bytes, self.offset, body);
                return (!rest.is_empty()).then_some((Header::Raw(rest), body));
            };
            let LayerRef { range: octets, depth, .. } = layer.clone();
            if octets.start > self.offset {
                return Some((Header::Raw(range(self.packet.bytes, self.offset, octets.start)), octets.start));
            }
            self.layers.next();
            while self.packet.layout().depth < depth {
                self.packet = self.packet.inner()?;
            }
            // Two views of the same octets.
            if octets.end <= self.offset {
                continue;
            }
            let header = self.header(&layer, end).filter(|header| header.header_len() == octets.len());
            let header = header.filter(|_| octets.start == self.offset);
            return Some((
                header.unwrap_or(Header::Raw(range(self.packet.bytes, self.offset, octets.end))),
                octets.end,
            ));
        }
    }

    fn header(&self, layer: &LayerRef, end: usize) -> Option<Header<'a>> {
        let (packet, at) = (&self.packet, layer.range.start);
        let octets = range(packet.bytes, at, layer.range.end);
        let length = |stated: u16, natural: usize| (usize::from(stated) != natural).then_some(stated);
        match layer.layer {
            Layer::Ethernet => {
                let view = packet.ethernet()?;
                let ether_type = Some(view.ether_type());
                Some(Header::Ethernet { source: view.source(), destination: view.destination(), ether_type })
            }
            Layer::Vlan => {
                let tags_before = at.checked_sub(usize::from(packet.layout().vlan))? / 4;
                let tag = packet.vlans().nth(tags_before)?;
                let [_, _, high, low] = *array::<4>(octets, 0)?;
                let ether_type = Some(super::EtherType(u16::from_be_bytes([high, low])));
                Some(Header::Vlan { protocol: tag.protocol, control: tag.control, ether_type })
            }
            Layer::Mpls => {
                let label = super::super::MplsLabel(u32::from_be_bytes(*array(octets, 0)?));
                let (traffic_class, time_to_live) = (label.traffic_class(), label.time_to_live());
                Some(Header::Mpls {
                    label: label.label(),
                    traffic_class,
                    time_to_live,
                    bottom: Some(label.is_bottom()),
                })
            }
            Layer::Ipv4 => {
                // Options that were cut cannot be written.
                let ip = packet.ipv4().filter(|ip| [ip.header_len(), 20 + ip.options().len()] == [octets.len(); 2])?;
                let [_, type_of_service, _, _, _, _, high, low] = *array::<8>(octets, 0)?;
                Some(Header::Ipv4(Ipv4Header {
                    type_of_service,
                    total_length: length(ip.total_length(), end.checked_sub(at)?),
                    identification: ip.identification(),
                    fragment: u16::from_be_bytes([high, low]),
                    time_to_live: ip.time_to_live(),
                    protocol: Some(ip.protocol()),
                    checksum: self.stated16(Layer::Ipv4),
                    source: ip.source(),
                    destination: ip.destination(),
                    options: ip.options(),
                }))
            }
            Layer::Ipv6 => {
                let ip = packet.ipv6()?;
                Some(Header::Ipv6(Ipv6Header {
                    traffic_class: ip.traffic_class(),
                    flow_label: ip.flow_label(),
                    payload_length: length(ip.payload_length(), end.checked_sub(at + 40)?),
                    next_header: Some(ip.next_header()),
                    hop_limit: ip.hop_limit(),
                    source: ip.source(),
                    destination: ip.destination(),
                }))
            }
            Layer::Extension => self.extension(octets),
            Layer::Gre => {
                let gre = packet.gre()?;
                let [flags, version, ..] = *array::<4>(octets, 0)?;
                // Routes and other versions stay as they are, and so does what is reserved.
                let reserved = flags & 0x80 != 0 && array::<2>(octets, 6)? != &[0, 0];
                // A field that was cut cannot be written.
                let is_whole = (flags & 0x80 != 0) == gre.checksum().is_some()
                    && (flags & 0x20 != 0) == gre.key().is_some()
                    && (flags & 0x10 != 0) == gre.sequence_number().is_some();
                (flags & 0x4f == 0 && version == 0 && !reserved && is_whole).then_some(())?;
                Some(Header::Gre {
                    protocol: Some(gre.protocol()),
                    has_checksum: gre.checksum().is_some(),
                    checksum: self.covering(end, self.packet.layout.outer_end as usize, Layer::Gre),
                    key: gre.key(),
                    sequence_number: gre.sequence_number(),
                })
            }
            layer => self.transport(layer, at, octets.len(), end),
        }
    }

    fn transport(&self, layer: Layer, at: usize, header_len: usize, end: usize) -> Option<Header<'a>> {
        let packet = &self.packet;
        let reported = packet.layout().reported_end as usize;
        match layer {
            Layer::Tcp => {
                let tcp =
                    packet.tcp().filter(|tcp| [tcp.header_len(), 20 + tcp.option_bytes().len()] == [header_len; 2])?;
                Some(Header::Tcp(TcpHeader {
                    source_port: tcp.source_port(),
                    destination_port: tcp.destination_port(),
                    sequence_number: tcp.sequence_number(),
                    acknowledgment_number: tcp.acknowledgment_number(),
                    flags: tcp.flags(),
                    window: tcp.window(),
                    checksum: self.covering(end, reported, layer),
                    urgent_pointer: tcp.urgent_pointer(),
                    options: tcp.option_bytes(),
                }))
            }
            Layer::Udp => {
                let udp = packet.udp()?;
                let natural = end.checked_sub(at)?;
                let length = (usize::from(udp.length()) != natural).then_some(udp.length());
                let checksum = if length.is_some() { Some(udp.checksum()) } else { self.stated16(layer) };
                let (source_port, destination_port) = (udp.source_port(), udp.destination_port());
                Some(Header::Udp { source_port, destination_port, length, checksum })
            }
            Layer::Icmpv4 | Layer::Icmpv6 => {
                let icmp = packet.icmpv4().or_else(|| packet.icmpv6())?;
                let header = IcmpHeader {
                    message_type: icmp.message_type(),
                    code: icmp.code(),
                    checksum: self.covering(end, reported, layer),
                    rest_of_header: icmp.rest_of_header(),
                };
                Some(if layer == Layer::Icmpv4 { Header::Icmpv4(header) } else { Header::Icmpv6(header) })
            }
            Layer::Sctp => {
                let sctp = packet.sctp()?;
                let checksum = packet.checksum(layer).filter(|sum| is_natural(sum) && end == reported);
                Some(Header::Sctp {
                    source_port: sctp.source_port(),
                    destination_port: sctp.destination_port(),
                    verification_tag: sctp.verification_tag(),
                    checksum: if checksum.is_some() { None } else { Some(sctp.checksum()) },
                })
            }
            _ => None,
        }
    }

    fn extension(&self, octets: &'a [u8]) -> Option<Header<'a>> {
        let mut extensions = self.packet.extensions();
        let extension = extensions.find(|extension| core::ptr::eq(extension.bytes.as_ptr(), octets.as_ptr()))?;
        Some(Header::Extension { protocol: extension.protocol, octets, next_header: Some(extension.next_header) })
    }

    /// The checksum as it stands, unless it is the one that comes out by itself.
    fn stated16(&self, layer: Layer) -> Option<u16> {
        let checksum = self.packet.checksum(layer)?;
        if is_natural(&checksum) { None } else { Some(checksum.found as u16) }
    }

    /// The same, where the checksum covers all up to `reported`, and what comes out covers all up to `end`.
    fn covering(&self, end: usize, reported: usize, layer: Layer) -> Option<u16> {
        let checksum = self.packet.checksum(layer)?;
        if is_natural(&checksum) && end == reported { None } else { Some(checksum.found as u16) }
    }
}

/// Whether a checksum comes out by itself: zero and all ones are as valid as each other, and only one of them does.
fn is_natural(checksum: &Checksum) -> bool {
    let is_other_zero = match checksum.layer {
        Layer::Sctp => false,
        Layer::Udp => checksum.found == 0,
        _ => checksum.found == 0xffff,
    };
    checksum.status == ChecksumStatus::Valid && !is_other_zero
}

impl<'a> Iterator for Headers<'a> {
    type Item = Header<'a>;

    fn next(&mut self) -> Option<Header<'a>> {
        let (mut header, end) = match self.next.take() {
            Some(next) => next,
            None => self.step()?,
        };
        self.offset = end;
        self.next = self.step();
        let next = self.next.as_ref().map(|(next, _)| next);
        header.leave_out(next);
        Some(header)
    }
}

impl core::iter::FusedIterator for Headers<'_> {}

impl Header<'_> {
    /// Leaves out what comes by itself, given what follows.
    fn leave_out(&mut self, next: Option<&Header<'_>>) {
        match self {
            Self::Ethernet { ether_type, .. }
            | Self::Vlan { ether_type, .. }
            | Self::Gre { protocol: ether_type, .. } => {
                let by_itself = next.and_then(Header::as_ether_type);
                *ether_type = ether_type.filter(|own| Some(*own) != by_itself);
            }
            Self::Ipv4(Ipv4Header { protocol, .. })
            | Self::Ipv6(Ipv6Header { next_header: protocol, .. })
            | Self::Extension { next_header: protocol, .. } => {
                let by_itself = next.and_then(Header::as_protocol);
                *protocol = protocol.filter(|own| Some(*own) != by_itself);
            }
            Self::Mpls { bottom, .. } => {
                let by_itself = !matches!(next, Some(Header::Mpls { .. }));
                *bottom = bottom.filter(|own| *own != by_itself);
            }
            _ => {}
        }
    }
}
