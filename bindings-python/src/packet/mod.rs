//! One packet: `netshoot.parse`.

mod applications;
mod control;
mod dhcp;
mod headers;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use netshoot_core::application::{Applications, Message, Summary};
use netshoot_core::packet;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;

use crate::link_type::{self, LinkTypeArgument};

pub(crate) use applications::{
    Dns, DnsRecord, Edns, EdnsOption, Http, Question, QuicPacket, Tls, TlsAlert, TlsHello, TlsRecord,
};
pub(crate) use control::{IcmpExtensions, IcmpInterface, IcmpObject, MplsLabel, NeighborOption, RouterAdvertisement};
pub(crate) use dhcp::{Dhcp, DhcpOption, DhcpSubOption, Dhcpv6};
pub(crate) use headers::{Arp, Checksum, Ethernet, Icmp, Ipv4, Ipv6, Layer, Stop, Tcp, TcpOption, Udp, Vlan};

/// Parses the octets of one frame. Any input gives a packet; `Packet.stop` tells where and why parsing ended early.
///
/// `data` is the frame from its link-layer header on; `bytes` is held by reference, not copied. `link_type` says what the
/// first octet is: a name in the link-type registry or its number. `original_length` is the frame's length on the wire in
/// octets, where the capture has cut it. `ports` says what further ports stand for.
#[pyfunction]
#[pyo3(signature = (data, link_type: "SupportsIndex | str | None" = None, original_length = None, ports = None))]
pub(crate) fn parse(
    data: PyBackedBytes,
    link_type: Option<LinkTypeArgument>,
    original_length: Option<u32>,
    ports: Option<BTreeMap<u16, String>>,
) -> PyResult<Packet> {
    let link_type = link_type.map_or(Ok(packet::LinkType::ETHERNET), |argument| argument.resolve())?;
    let captured = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let original_length = original_length.unwrap_or(captured);
    let ports = layers_of(&ports.unwrap_or_default())?.into();
    Ok(Packet { data, link_type, original_length, ports, depth: 0, quoted_at: None })
}

/// What ports stand for, by the names of tunnels and applications.
pub(crate) fn layers_of(ports: &BTreeMap<u16, String>) -> PyResult<Vec<(u16, packet::Layer)>> {
    let layer = |(port, name): (&u16, &String)| match packet::Layer::of_port_name(name) {
        Some(layer) => Ok((*port, layer)),
        None => {
            let names = packet::Layer::OF_PORTS.map(packet::Layer::port_name).join(", ");
            Err(PyValueError::new_err(format!("port {port} stands for {name:?}, which is none of {names}")))
        }
    };
    ports.iter().map(layer).collect()
}

/// A frame and what parsing it found. `str(packet)` is the line that tcpdump would print, with what the application says.
#[pyclass(frozen, module = "netshoot")]
pub(crate) struct Packet {
    data: PyBackedBytes,
    link_type: packet::LinkType,
    original_length: u32,
    /// What further ports stand for.
    ports: Arc<[(u16, packet::Layer)]>,
    /// Packets around it.
    depth: u8,
    /// The depth of the ICMP error that quotes it, or one around it.
    quoted_at: Option<u8>,
}

impl Packet {
    /// The parse result, made anew for each question: that is cheaper than any Python call.
    pub(crate) fn view(&self) -> packet::Packet<'_> {
        let mut packet = packet::Packet::parse(self.link_type, &self.data, self.original_length);
        let tunnels = self.tunnels();
        for depth in 0..self.depth {
            let inner = if self.quoted_at == Some(depth) { packet.quoted() } else { packet.inner_by(&tunnels) };
            packet = inner.unwrap_or(packet);
        }
        packet
    }

    fn tunnels(&self) -> packet::Tunnels<'_> {
        packet::Tunnels::with_ports(&self.ports)
    }

    fn says(&self) -> Option<Message<'_>> {
        Message::of_by(&self.view(), &Applications::with_ports(&self.ports))
    }

    /// A packet of octets that were made here.
    pub(crate) fn new(data: Bound<'_, PyBytes>, link_type: packet::LinkType) -> PyResult<Self> {
        let original_length = u32::try_from(data.as_bytes().len()).unwrap_or(u32::MAX);
        Self::cut(data, link_type, original_length)
    }

    /// A packet of which there may have been more octets on the wire.
    pub(crate) fn cut(data: Bound<'_, PyBytes>, link_type: packet::LinkType, original_length: u32) -> PyResult<Self> {
        Ok(Self { data: data.extract()?, link_type, original_length, ports: Arc::default(), depth: 0, quoted_at: None })
    }

    fn at(&self, py: Python<'_>, depth: u8) -> Self {
        Self { data: self.data.clone_ref(py), ports: Arc::clone(&self.ports), depth, ..*self }
    }
}

#[pymethods]
impl Packet {
    /// The captured octets of the frame.
    #[getter]
    fn data<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok((&self.data).into_pyobject(py)?.cast_into()?)
    }

    /// What the first octet is: the name in the link-type registry in lower case, or the number as text.
    #[getter]
    fn link_type(&self) -> String {
        link_type::name(self.link_type)
    }

    /// Octets of the frame on the wire.
    #[getter]
    fn original_length(&self) -> u32 {
        self.view().original_length()
    }

    /// The packet inside of this one: IP in IP, GRE with ERSPAN, MPLS pseudo-wires, VXLAN, Geneve, GTP-U, Teredo. Its
    /// offsets count from the start of the frame.
    #[getter]
    fn inner(&self, py: Python<'_>) -> Option<Self> {
        self.view().inner_by(&self.tunnels()).map(|inner| self.at(py, inner.layout().depth))
    }

    /// The innermost packet: this one, if nothing is inside.
    #[getter]
    fn innermost(&self, py: Python<'_>) -> Self {
        self.at(py, self.view().innermost_by(&self.tunnels()).layout().depth)
    }

    /// The packet that an ICMP error quotes, as far as it does. Its offsets count from the start of the frame.
    #[getter]
    fn quoted(&self, py: Python<'_>) -> Option<Self> {
        let view = self.view();
        let depth = view.layout().depth;
        view.quoted().map(|quoted| Self { quoted_at: Some(depth), ..self.at(py, quoted.layout().depth) })
    }

    /// Packets around the packet: 0 for the frame's own.
    #[getter]
    fn depth(&self) -> u8 {
        self.depth
    }

    /// The tunnel that the packet came out of, in Wireshark's words, such as `vxlan`; IP in IP has none.
    #[getter]
    fn tunnel(&self) -> Option<&'static str> {
        self.view().layout().tunnel_layer().map(packet::Layer::name)
    }

    /// What tells the tunnel that the packet came out of from others between the same ends: the identifier (VNI) of VXLAN
    /// and Geneve, the endpoint (TEID) of GTP, the session of ERSPAN, the key of GRE.
    #[getter]
    fn tunnel_id(&self) -> Option<u32> {
        self.view().tunnel_id()
    }

    /// Labels of MPLS, outermost first.
    #[getter]
    fn mpls_labels(&self) -> Vec<u32> {
        self.view().mpls().map(packet::MplsLabel::label).collect()
    }

    /// The session of PPP over Ethernet.
    #[getter]
    fn pppoe_session_id(&self) -> Option<u16> {
        self.view().pppoe().map(|pppoe| pppoe.session_id())
    }

    /// The headers that are there, outermost first, those of the packets inside included.
    #[getter]
    fn layers(&self) -> Vec<Layer> {
        self.view().layers_by(&self.tunnels()).map(Layer::from).collect()
    }

    /// Where and why parsing ended before the payload of a transport layer; `None` if it did not.
    #[getter]
    fn stop(&self) -> Option<Stop> {
        self.view().stopped().map(Stop::from)
    }

    /// The checksums of this packet, outermost first, verified now: GRE of the tunnel that it came out of, IPv4, and the
    /// transport layer's. Those of the packets inside are asked of `inner`.
    #[getter]
    fn checksums(&self) -> Vec<Checksum> {
        self.view().checksums().map(Checksum::from).collect()
    }

    /// The line that tcpdump would print, with what the application says; `verbose` adds the fields of IP headers, whether
    /// checksums are right, and further lines with records of DNS, messages of TLS, fields of HTTP, options of DHCP and of
    /// neighbour discovery, and what ICMP errors quote and add.
    #[pyo3(signature = (verbose = false))]
    fn summary(&self, verbose: bool) -> String {
        let summary = Summary::with_ports(self.view(), &self.ports);
        if verbose { format!("{summary:#}") } else { summary.to_string() }
    }

    /// IP source address.
    #[getter]
    fn source(&self) -> Option<IpAddr> {
        self.view().ip_addresses().map(|(source, _)| source)
    }

    /// IP destination address.
    #[getter]
    fn destination(&self) -> Option<IpAddr> {
        self.view().ip_addresses().map(|(_, destination)| destination)
    }

    /// Source port of TCP, UDP, UDP-Lite, SCTP or DCCP.
    #[getter]
    fn source_port(&self) -> Option<u16> {
        self.view().ports().map(|(source, _)| source)
    }

    /// Destination port of TCP, UDP, UDP-Lite, SCTP or DCCP.
    #[getter]
    fn destination_port(&self) -> Option<u16> {
        self.view().ports().map(|(_, destination)| destination)
    }

    /// Number of the protocol behind the IP header and its extension headers.
    #[getter]
    fn ip_protocol(&self) -> Option<u8> {
        let view = self.view();
        view.ip_addresses().map(|_| view.layout().ip_protocol.0)
    }

    /// Routers that may still be passed: time to live of IPv4, hop limit of IPv6.
    #[getter]
    fn hop_limit(&self) -> Option<u8> {
        self.view().hop_limit()
    }

    /// The innermost EtherType, if the link layer has one.
    #[getter]
    fn ether_type(&self) -> Option<u16> {
        match self.view().layout().ether_type.0 {
            0 => None,
            number => Some(number),
        }
    }

    /// VLAN identifiers, outermost first.
    #[getter]
    fn vlan_ids(&self) -> Vec<u16> {
        self.view().vlans().map(packet::Vlan::id).collect()
    }

    /// VLAN tags, outermost first.
    #[getter]
    fn vlans(&self) -> Vec<Vlan> {
        self.view().vlans().map(Vlan::from).collect()
    }

    /// The MAC header.
    #[getter]
    fn ethernet(&self) -> Option<Ethernet> {
        self.view().ethernet().map(Ethernet::from)
    }

    /// The ARP message.
    #[getter]
    fn arp(&self) -> Option<Arp> {
        self.view().arp().map(Arp::from)
    }

    /// The IPv4 header.
    #[getter]
    fn ipv4(&self) -> Option<Ipv4> {
        self.view().ipv4().map(Ipv4::from)
    }

    /// The IPv6 header.
    #[getter]
    fn ipv6(&self) -> Option<Ipv6> {
        self.view().ipv6().map(Ipv6::from)
    }

    /// The TCP header.
    #[getter]
    fn tcp(&self) -> Option<Tcp> {
        self.view().tcp().map(Tcp::from)
    }

    /// The UDP header.
    #[getter]
    fn udp(&self) -> Option<Udp> {
        self.view().udp().map(Udp::from)
    }

    /// The ICMP header, of either version.
    #[getter]
    fn icmp(&self) -> Option<Icmp> {
        let view = self.view();
        view.icmpv4().map(|icmp| Icmp::new(4, icmp)).or_else(|| view.icmpv6().map(|icmp| Icmp::new(6, icmp)))
    }

    /// The DNS message of port 53, 5353 (mDNS) or 5355 (LLMNR); over TCP the first of the segment.
    #[getter]
    fn dns(&self) -> Option<Dns> {
        match self.says()? {
            Message::Dns(message) => Some(Dns::from(&message)),
            _ => None,
        }
    }

    /// The records of TLS that begin in the segment, of port 443 or another where TLS is usual.
    #[getter]
    fn tls(&self) -> Option<Tls> {
        match self.says()? {
            Message::Tls(records) => Some(Tls::from(records)),
            _ => None,
        }
    }

    /// The head of the HTTP/1 message with which the segment begins, of port 80 or another where HTTP is usual.
    #[getter]
    fn http(&self) -> Option<Http> {
        match self.says()? {
            Message::Http(head) => Some(Http::from(&head)),
            _ => None,
        }
    }

    /// The packets of QUIC in a datagram of port 443 or another where QUIC is usual.
    #[getter]
    fn quic(&self) -> Option<Vec<QuicPacket>> {
        match self.says()? {
            Message::Quic(packets) => Some(packets.flatten().map(QuicPacket::from).collect()),
            _ => None,
        }
    }

    /// The message of DHCP, or of BOOTP, of port 67 or 68.
    #[getter]
    fn dhcp(&self) -> Option<Dhcp> {
        match self.says()? {
            Message::Dhcp(message) => Some(Dhcp::from(&message)),
            _ => None,
        }
    }

    /// The header of a message of DHCP for IPv6, of port 546 or 547; its options are not entered.
    #[getter]
    fn dhcpv6(&self) -> Option<Dhcpv6> {
        match self.says()? {
            Message::Dhcpv6(message) => Some(Dhcpv6::from(message)),
            _ => None,
        }
    }

    /// What a router advertisement says itself.
    #[getter]
    fn router_advertisement(&self) -> Option<RouterAdvertisement> {
        self.view().router_advertisement().map(RouterAdvertisement::from)
    }

    /// The options of a message of neighbour discovery, up to the first that cannot be read.
    #[getter]
    fn neighbor_options(&self) -> Vec<NeighborOption> {
        self.view().neighbor_options().flatten().map(NeighborOption::from).collect()
    }

    /// What a router adds to an ICMP error, or what an extended echo request asks (RFC 8335).
    #[getter]
    fn icmp_extensions(&self) -> Option<IcmpExtensions> {
        self.view().icmp_extensions().map(IcmpExtensions::from)
    }

    /// The captured octets behind the innermost header that was read.
    #[getter]
    fn payload<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.view().payload().bytes)
    }

    /// Octets of the payload on the wire; more than `len(payload)` if the capture has cut it.
    #[getter]
    fn payload_length(&self) -> usize {
        self.view().payload().reported_len
    }

    /// Captured octets behind the datagram: padding, a frame check sequence.
    #[getter]
    fn trailer<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.view().trailer())
    }

    fn __bytes__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.data(py)
    }

    fn __len__(&self) -> usize {
        self.data.len()
    }

    fn __str__(&self) -> String {
        Summary::with_ports(self.view(), &self.ports).to_string()
    }

    fn __repr__(&self) -> String {
        format!("<netshoot.Packet {}>", self.view())
    }
}
