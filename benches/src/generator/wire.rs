//! Frames, built with `pnet_packet` in one buffer that is used again and again: Ethernet, up to two VLAN tags, IPv4
//! or IPv6, and TCP, UDP or ICMP with right lengths and checksums.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use pnet_base::MacAddr;
use pnet_packet::ethernet::{EtherType, EtherTypes, MutableEthernetPacket};
use pnet_packet::icmp::MutableIcmpPacket;
use pnet_packet::ip::{IpNextHeaderProtocol, IpNextHeaderProtocols};
use pnet_packet::ipv4::{self, MutableIpv4Packet};
use pnet_packet::ipv6::MutableIpv6Packet;
use pnet_packet::tcp::{self, MutableTcpPacket};
use pnet_packet::udp::{self, MutableUdpPacket};
use pnet_packet::vlan::MutableVlanPacket;
use pnet_packet::{icmp, icmpv6};

/// Who sends a frame to whom, below the transport.
#[derive(Debug, Clone, Copy)]
pub(super) struct Addresses {
    pub(super) source_mac: MacAddr,
    pub(super) destination_mac: MacAddr,
    /// Outermost first; 0 means no tag.
    pub(super) vlans: [u16; 2],
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) time_to_live: u8,
}

/// A TCP segment as it stands on the wire; `options` is padded to four octets.
#[derive(Debug)]
pub(super) struct TcpFields<'a> {
    pub(super) source_port: u16,
    pub(super) destination_port: u16,
    /// That of the packet, where the sender counts for itself.
    pub(super) identification: Option<u16>,
    pub(super) sequence: u32,
    pub(super) acknowledgment: u32,
    pub(super) flags: u8,
    pub(super) window: u16,
    pub(super) options: &'a [u8],
    pub(super) payload: &'a [u8],
}

/// The frame being built, and the buffer it is built in.
#[derive(Debug, Default)]
pub(super) struct Frame {
    bytes: Vec<u8>,
    network: Range<usize>,
    transport: Range<usize>,
    /// Packets of those who do not count for themselves.
    counted: u16,
    identification: u16,
}

impl Frame {
    /// The finished frame.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The finished frame from its IP header on: what an ICMP error quotes.
    pub(super) fn packet(&self) -> &[u8] {
        self.bytes.get(self.network.start..).unwrap_or_default()
    }

    pub(super) fn tcp(&mut self, addresses: &Addresses, fields: &TcpFields<'_>) -> io::Result<()> {
        let header = 20 + fields.options.len();
        self.begin(addresses, IpNextHeaderProtocols::Tcp, header + fields.payload.len(), fields.identification)?;
        let mut segment = built(MutableTcpPacket::new(self.transport_mut()?))?;
        segment.set_source(fields.source_port);
        segment.set_destination(fields.destination_port);
        segment.set_sequence(fields.sequence);
        segment.set_acknowledgement(fields.acknowledgment);
        segment.set_data_offset(u8::try_from(header / 4).map_err(io::Error::other)?);
        segment.set_flags(fields.flags);
        segment.set_window(fields.window);
        segment.get_options_raw_mut().copy_from_slice(fields.options);
        segment.set_payload(fields.payload);
        let checksum = match (addresses.source, addresses.destination) {
            (IpAddr::V4(from), IpAddr::V4(to)) => tcp::ipv4_checksum(&segment.to_immutable(), &from, &to),
            (from, to) => tcp::ipv6_checksum(&segment.to_immutable(), &v6(from), &v6(to)),
        };
        segment.set_checksum(checksum);
        Ok(())
    }

    pub(super) fn udp(&mut self, addresses: &Addresses, ports: (u16, u16), payload: &[u8]) -> io::Result<()> {
        self.begin(addresses, IpNextHeaderProtocols::Udp, 8 + payload.len(), None)?;
        let mut datagram = built(MutableUdpPacket::new(self.transport_mut()?))?;
        datagram.set_source(ports.0);
        datagram.set_destination(ports.1);
        datagram.set_length(u16::try_from(8 + payload.len()).map_err(io::Error::other)?);
        datagram.set_payload(payload);
        let checksum = match (addresses.source, addresses.destination) {
            (IpAddr::V4(from), IpAddr::V4(to)) => udp::ipv4_checksum(&datagram.to_immutable(), &from, &to),
            (from, to) => udp::ipv6_checksum(&datagram.to_immutable(), &v6(from), &v6(to)),
        };
        // RFC 768: a sum of zero is sent as all ones, since zero says "no checksum".
        datagram.set_checksum(if checksum == 0 { 0xffff } else { checksum });
        Ok(())
    }

    /// An ICMP or ICMPv6 message, by the family of the addresses; `rest` is everything after the checksum.
    pub(super) fn icmp(&mut self, addresses: &Addresses, kind: u8, code: u8, rest: &[u8]) -> io::Result<()> {
        let ends = (addresses.source, addresses.destination);
        let protocol = if ends.0.is_ipv4() { IpNextHeaderProtocols::Icmp } else { IpNextHeaderProtocols::Icmpv6 };
        self.begin(addresses, protocol, 4 + rest.len(), None)?;
        let mut message = built(MutableIcmpPacket::new(self.transport_mut()?))?;
        message.set_icmp_type(icmp::IcmpType(kind));
        message.set_icmp_code(icmp::IcmpCode(code));
        message.set_payload(rest);
        let checksum = match ends {
            (IpAddr::V4(_), _) => icmp::checksum(&message.to_immutable()),
            (from, to) => {
                let whole = pnet_packet::Packet::packet(&message);
                icmpv6::checksum(&built(icmpv6::Icmpv6Packet::new(whole))?, &v6(from), &v6(to))
            }
        };
        message.set_checksum(checksum);
        Ok(())
    }

    fn transport_mut(&mut self) -> io::Result<&mut [u8]> {
        built(self.bytes.get_mut(self.transport.clone()))
    }

    /// Lays out the frame for `length` octets of transport and writes everything below it.
    fn begin(
        &mut self,
        addresses: &Addresses,
        protocol: IpNextHeaderProtocol,
        length: usize,
        identification: Option<u16>,
    ) -> io::Result<()> {
        let tags = addresses.vlans.iter().filter(|tag| **tag != 0).count();
        let start = 14 + 4 * tags;
        let header = if addresses.source.is_ipv4() { 20 } else { 40 };
        self.network = start..start + header;
        self.transport = start + header..start + header + length;
        self.bytes.clear();
        self.bytes.resize(self.transport.end, 0);
        self.link(addresses, tags)?;
        match (addresses.source, addresses.destination) {
            (IpAddr::V4(from), IpAddr::V4(to)) => {
                self.counted = self.counted.wrapping_add(1);
                self.identification = identification.unwrap_or(self.counted);
                self.ipv4(addresses, from, to, protocol, length)
            }
            (from, to) => self.ipv6(addresses, v6(from), v6(to), protocol, length),
        }
    }

    fn link(&mut self, addresses: &Addresses, tags: usize) -> io::Result<()> {
        let network = if addresses.source.is_ipv4() { EtherTypes::Ipv4 } else { EtherTypes::Ipv6 };
        let inner = |behind: usize| match behind {
            0 => network,
            _ => EtherTypes::Vlan,
        };
        let mut ethernet = built(MutableEthernetPacket::new(&mut self.bytes))?;
        ethernet.set_source(addresses.source_mac);
        ethernet.set_destination(addresses.destination_mac);
        ethernet.set_ethertype(if tags == 2 { SERVICE_TAG } else { inner(tags) });
        let used = addresses.vlans.iter().filter(|tag| **tag != 0);
        for (index, tag) in used.enumerate() {
            let at = 14 + 4 * index;
            let mut vlan = built(MutableVlanPacket::new(built(self.bytes.get_mut(at..at + 4))?))?;
            vlan.set_vlan_identifier(*tag);
            vlan.set_ethertype(inner(tags - index - 1));
        }
        Ok(())
    }

    fn ipv4(
        &mut self,
        addresses: &Addresses,
        from: Ipv4Addr,
        to: Ipv4Addr,
        protocol: IpNextHeaderProtocol,
        length: usize,
    ) -> io::Result<()> {
        let mut header = built(MutableIpv4Packet::new(built(self.bytes.get_mut(self.network.clone()))?))?;
        header.set_version(4);
        header.set_header_length(5);
        header.set_total_length(u16::try_from(20 + length).map_err(io::Error::other)?);
        header.set_identification(self.identification);
        header.set_flags(ipv4::Ipv4Flags::DontFragment);
        header.set_ttl(addresses.time_to_live);
        header.set_next_level_protocol(protocol);
        header.set_source(from);
        header.set_destination(to);
        let checksum = ipv4::checksum(&header.to_immutable());
        header.set_checksum(checksum);
        Ok(())
    }

    fn ipv6(
        &mut self,
        addresses: &Addresses,
        from: Ipv6Addr,
        to: Ipv6Addr,
        protocol: IpNextHeaderProtocol,
        length: usize,
    ) -> io::Result<()> {
        let mut header = built(MutableIpv6Packet::new(built(self.bytes.get_mut(self.network.clone()))?))?;
        header.set_version(6);
        header.set_payload_length(u16::try_from(length).map_err(io::Error::other)?);
        header.set_next_header(protocol);
        header.set_hop_limit(addresses.time_to_live);
        header.set_source(from);
        header.set_destination(to);
        Ok(())
    }
}

fn v6(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(four) => four.to_ipv6_mapped(),
        IpAddr::V6(six) => six,
    }
}

/// `pnet_packet` says no by `None`; here that can only mean that the layout above is wrong.
fn built<T>(value: Option<T>) -> io::Result<T> {
    value.ok_or_else(|| io::Error::other("the frame is shorter than its headers"))
}

const SERVICE_TAG: EtherType = EtherType(0x88a8);
