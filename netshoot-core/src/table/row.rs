//! A packet as a row: what the columns of the packet table read, without reference to the frame's octets.

use std::net::IpAddr;

use crate::analysis::{self, Observation};
use crate::capture::{Frame, Timestamp};
use crate::packet::{IpProtocol, Layer, Packet, TcpFlags};

#[derive(Clone, Copy)]
pub(super) struct Row {
    pub(super) frame: u32,
    pub(super) time: Option<Timestamp>,
    pub(super) section: u32,
    pub(super) interface: u32,
    /// The place of the interface's name in the builder's list.
    pub(super) interface_name: Option<u32>,
    pub(super) captured: u32,
    pub(super) original: u32,
    pub(super) offset: u64,
    pub(super) ether_type: u16,
    pub(super) vlan: Option<u16>,
    pub(super) ip: Option<IpFields>,
    pub(super) ports: Option<(u16, u16)>,
    pub(super) payload: u32,
    pub(super) tcp: Option<TcpFields>,
    pub(super) protocol: &'static str,
    pub(super) observation: Observation,
    /// The innermost packet's application.
    pub(super) application: Option<&'static str>,
    /// Where the line of what it says begins and ends among those of the run.
    pub(super) line: Option<(usize, usize)>,
}

#[derive(Clone, Copy)]
pub(super) struct IpFields {
    pub(super) version: u8,
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) protocol: IpProtocol,
    pub(super) hop_limit: u8,
    /// IPv4 only.
    pub(super) identification: Option<u16>,
    pub(super) dscp: u8,
    pub(super) ecn: u8,
    /// IPv4 only.
    pub(super) dont_fragment: Option<bool>,
    pub(super) fragment: bool,
}

#[derive(Clone, Copy)]
pub(super) struct TcpFields {
    pub(super) flags: TcpFlags,
    pub(super) sequence: u32,
    pub(super) acknowledgment: u32,
    pub(super) window: u16,
}

impl Row {
    /// The row of `frame`, whose number is `number`.
    #[inline]
    pub(super) fn new(number: u32, frame: &Frame<'_>, packet: &Packet<'_>, observation: &Observation) -> Self {
        Self {
            frame: number,
            time: frame.timestamp,
            section: frame.section,
            interface: frame.interface,
            interface_name: None,
            captured: saturate(frame.bytes.len()),
            original: packet.original_length(),
            offset: frame.offset,
            ether_type: packet.layout().ether_type.0,
            vlan: vlan(packet),
            ip: ip(packet),
            ports: packet.ports(),
            payload: saturate(packet.payload().reported_len),
            tcp: tcp(packet),
            protocol: analysis::protocol_name(packet),
            observation: *observation,
            application: None,
            line: None,
        }
    }
}

#[inline]
fn vlan(packet: &Packet<'_>) -> Option<u16> {
    if packet.layout().vlan_count == 0 { None } else { packet.vlans().next().map(|tag| tag.id()) }
}

#[inline]
fn ip(packet: &Packet<'_>) -> Option<IpFields> {
    let protocol = packet.layout().ip_protocol;
    let fragment = packet.layout().is_fragment();
    match packet.layout().network_layer()? {
        Layer::Ipv4 => packet.ipv4().map(|ip| IpFields {
            version: 4,
            source: ip.source().into(),
            destination: ip.destination().into(),
            protocol,
            hop_limit: ip.time_to_live(),
            identification: Some(ip.identification()),
            dscp: ip.dscp(),
            ecn: ip.ecn(),
            dont_fragment: Some(ip.dont_fragment()),
            fragment,
        }),
        Layer::Ipv6 => packet.ipv6().map(|ip| IpFields {
            version: 6,
            source: ip.source().into(),
            destination: ip.destination().into(),
            protocol,
            hop_limit: ip.hop_limit(),
            identification: None,
            dscp: ip.dscp(),
            ecn: ip.ecn(),
            dont_fragment: None,
            fragment,
        }),
        _ => None,
    }
}

#[inline]
fn tcp(packet: &Packet<'_>) -> Option<TcpFields> {
    packet.tcp().map(|tcp| TcpFields {
        flags: tcp.flags(),
        sequence: tcp.sequence_number(),
        acknowledgment: tcp.acknowledgment_number(),
        window: tcp.window(),
    })
}

fn saturate(octets: usize) -> u32 {
    u32::try_from(octets).unwrap_or(u32::MAX)
}
