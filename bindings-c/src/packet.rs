//! One packet: its offsets and fields as a plain struct, and its line of text.

use std::ffi::{c_char, c_int};
use std::ptr;

use netshoot_core::application::Summary;
use netshoot_core::packet::{Icmp, Layer, LayerRef, Limit, LinkType, Packet, Tunnels};

use crate::address::netshoot_address_t;
use crate::error::{guard, guard_status, netshoot_error_t};
use crate::look::{Frame, parse};
use crate::ports::{self, netshoot_ports_t};
use crate::{pointer, text};

/// Link type of frames that begin with an Ethernet header: LINKTYPE_ETHERNET, DLT_EN10MB.
///
/// Link types have the numbers of capture files (LINKTYPE_…). What pcap_datalink() returns (DLT_…) may be passed as it
/// is: for all the types below the numbers are equal or both are known, such as 12 and 101 for DLT_RAW and
/// LINKTYPE_RAW. Packets of other types are parsed as frames without known headers.
pub const NETSHOOT_LINK_TYPE_ETHERNET: u16 = 1;
/// BSD loopback, a four-octet address family in the byte order of the capturing host: LINKTYPE_NULL.
pub const NETSHOOT_LINK_TYPE_NULL: u16 = 0;
/// OpenBSD loopback, a four-octet address family in network byte order: LINKTYPE_LOOP.
pub const NETSHOOT_LINK_TYPE_LOOP: u16 = 108;
/// IPv4 or IPv6, told by the version: LINKTYPE_RAW.
pub const NETSHOOT_LINK_TYPE_RAW: u16 = 101;
/// IPv4: LINKTYPE_IPV4.
pub const NETSHOOT_LINK_TYPE_IPV4: u16 = 228;
/// IPv6: LINKTYPE_IPV6.
pub const NETSHOOT_LINK_TYPE_IPV6: u16 = 229;
/// Linux cooked capture, version 1: LINKTYPE_LINUX_SLL.
pub const NETSHOOT_LINK_TYPE_LINUX_SLL: u16 = 113;
/// Linux cooked capture, version 2: LINKTYPE_LINUX_SLL2.
pub const NETSHOOT_LINK_TYPE_LINUX_SLL2: u16 = 276;

/// No layer; in stop_layer, the frame itself.
pub const NETSHOOT_LAYER_NONE: u8 = 0;
/// Ethernet II or the MAC header of IEEE 802.3.
pub const NETSHOOT_LAYER_ETHERNET: u8 = 1;
/// An IEEE 802.1Q or 802.1ad tag.
pub const NETSHOOT_LAYER_VLAN: u8 = 2;
/// IEEE 802.2 logical link control.
pub const NETSHOOT_LAYER_LLC: u8 = 3;
/// Subnetwork access protocol behind LLC.
pub const NETSHOOT_LAYER_SNAP: u8 = 4;
/// Linux cooked capture header, version 1.
pub const NETSHOOT_LAYER_LINUX_SLL: u8 = 5;
/// Linux cooked capture header, version 2.
pub const NETSHOOT_LAYER_LINUX_SLL2: u8 = 6;
/// BSD loopback header.
pub const NETSHOOT_LAYER_NULL: u8 = 7;
/// A header of the kernel's netfilter log.
pub const NETSHOOT_LAYER_NFLOG: u8 = 8;
/// PPP over Ethernet (RFC 2516).
pub const NETSHOOT_LAYER_PPPOE: u8 = 9;
/// Point-to-point protocol (RFC 1661).
pub const NETSHOOT_LAYER_PPP: u8 = 10;
/// A label of MPLS (RFC 3032).
pub const NETSHOOT_LAYER_MPLS: u8 = 11;
/// IEEE 802.1AE, not entered.
pub const NETSHOOT_LAYER_MACSEC: u8 = 12;
/// Link layer discovery protocol, not entered.
pub const NETSHOOT_LAYER_LLDP: u8 = 13;
/// IEEE 802.3 slow protocols, LACP among them, not entered.
pub const NETSHOOT_LAYER_SLOW: u8 = 14;
/// Spanning tree protocol, not entered.
pub const NETSHOOT_LAYER_STP: u8 = 15;
/// Address resolution protocol (RFC 826).
pub const NETSHOOT_LAYER_ARP: u8 = 16;
/// IPv4 (RFC 791).
pub const NETSHOOT_LAYER_IPV4: u8 = 17;
/// IPv6 (RFC 8200).
pub const NETSHOOT_LAYER_IPV6: u8 = 18;
/// An IPv6 extension header or an IP authentication header.
pub const NETSHOOT_LAYER_EXTENSION: u8 = 19;
/// TCP (RFC 9293).
pub const NETSHOOT_LAYER_TCP: u8 = 32;
/// UDP (RFC 768).
pub const NETSHOOT_LAYER_UDP: u8 = 33;
/// ICMP for IPv4 (RFC 792).
pub const NETSHOOT_LAYER_ICMPV4: u8 = 34;
/// ICMP for IPv6 (RFC 4443).
pub const NETSHOOT_LAYER_ICMPV6: u8 = 35;
/// SCTP (RFC 9260).
pub const NETSHOOT_LAYER_SCTP: u8 = 36;
/// UDP-Lite (RFC 3828).
pub const NETSHOOT_LAYER_UDP_LITE: u8 = 37;
/// IGMP (RFC 3376).
pub const NETSHOOT_LAYER_IGMP: u8 = 38;
/// Encapsulating security payload (RFC 4303).
pub const NETSHOOT_LAYER_ESP: u8 = 39;
/// DCCP (RFC 4340), not entered.
pub const NETSHOOT_LAYER_DCCP: u8 = 40;
/// VRRP (RFC 5798), not entered.
pub const NETSHOOT_LAYER_VRRP: u8 = 41;
/// L2TP over IP (RFC 3931) or UDP (RFC 2661), not entered.
pub const NETSHOOT_LAYER_L2TP: u8 = 42;
/// OSPF (RFC 2328), not entered.
pub const NETSHOOT_LAYER_OSPF: u8 = 43;
/// PIM (RFC 7761), not entered.
pub const NETSHOOT_LAYER_PIM: u8 = 44;
/// The extensions of an ICMP error (RFC 4884).
pub const NETSHOOT_LAYER_ICMP_EXTENSION: u8 = 45;
/// A DNS message (RFC 1035).
pub const NETSHOOT_LAYER_DNS: u8 = 48;
/// Records of TLS (RFC 8446).
pub const NETSHOOT_LAYER_TLS: u8 = 49;
/// Packets of QUIC (RFC 9000).
pub const NETSHOOT_LAYER_QUIC: u8 = 50;
/// The head of an HTTP/1 message (RFC 9112).
pub const NETSHOOT_LAYER_HTTP: u8 = 51;
/// A message of DHCP for IPv4 (RFC 2131).
pub const NETSHOOT_LAYER_DHCP: u8 = 52;
/// A message of DHCP for IPv6 (RFC 8415), not entered.
pub const NETSHOOT_LAYER_DHCPV6: u8 = 53;
/// A message of WireGuard, encrypted.
pub const NETSHOOT_LAYER_WIREGUARD: u8 = 54;
/// Generic routing encapsulation (RFC 2784).
pub const NETSHOOT_LAYER_GRE: u8 = 64;
/// A header of ERSPAN behind GRE.
pub const NETSHOOT_LAYER_ERSPAN: u8 = 65;
/// VXLAN (RFC 7348).
pub const NETSHOOT_LAYER_VXLAN: u8 = 66;
/// VXLAN with a protocol field.
pub const NETSHOOT_LAYER_VXLAN_GPE: u8 = 67;
/// Geneve (RFC 8926).
pub const NETSHOOT_LAYER_GENEVE: u8 = 68;
/// GTP-U (3GPP TS 29.281).
pub const NETSHOOT_LAYER_GTP: u8 = 69;
/// Teredo (RFC 4380).
pub const NETSHOOT_LAYER_TEREDO: u8 = 70;
/// The control word of a pseudo-wire (RFC 4448), or nothing.
pub const NETSHOOT_LAYER_PSEUDO_WIRE: u8 = 71;

/// Parsing did not stop early.
pub const NETSHOOT_STOP_NONE: u8 = 0;
/// The capture cut the packet (snap length).
pub const NETSHOOT_STOP_CAPTURE_LENGTH: u8 = 1;
/// The frame ended on the wire before the header was complete.
pub const NETSHOOT_STOP_FRAME_LENGTH: u8 = 2;
/// A length field of an outer header ends the packet here.
pub const NETSHOOT_STOP_LENGTH_FIELD: u8 = 3;
/// A field of the layer's header contradicts the format.
pub const NETSHOOT_STOP_MALFORMED: u8 = 4;
/// The next protocol is not one the parser enters.
pub const NETSHOOT_STOP_UNKNOWN_PROTOCOL: u8 = 5;
/// The rest is in another IP fragment.
pub const NETSHOOT_STOP_FRAGMENT: u8 = 6;
/// Too many headers are nested.
pub const NETSHOOT_STOP_DEPTH: u8 = 7;

/// TCP control bits, in tcp_flags: no more data from the sender.
pub const NETSHOOT_TCP_FIN: u16 = 0x001;
/// Synchronise sequence numbers.
pub const NETSHOOT_TCP_SYN: u16 = 0x002;
/// Reset the connection.
pub const NETSHOOT_TCP_RST: u16 = 0x004;
/// Push.
pub const NETSHOOT_TCP_PSH: u16 = 0x008;
/// The acknowledgment number is significant.
pub const NETSHOOT_TCP_ACK: u16 = 0x010;
/// The urgent pointer is significant.
pub const NETSHOOT_TCP_URG: u16 = 0x020;
/// ECN echo (RFC 3168).
pub const NETSHOOT_TCP_ECE: u16 = 0x040;
/// Congestion window reduced (RFC 3168).
pub const NETSHOOT_TCP_CWR: u16 = 0x080;
/// Accurate ECN (RFC 9768), formerly the nonce sum.
pub const NETSHOOT_TCP_AE: u16 = 0x100;

/// The number of VLAN tags that netshoot_packet_t holds; more are counted.
pub const NETSHOOT_VLAN_TAGS: usize = 4;

/// The number of labels of MPLS that netshoot_packet_t holds; more are counted.
pub const NETSHOOT_MPLS_LABELS: usize = 4;

/// A packet's headers: where they are, and what their fields say.
///
/// All offsets and lengths count octets; offsets start at the first octet of the frame. Numbers are in the host's byte
/// order, addresses as on the wire. A field of a header that is not there, or that was cut off, is 0.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct netshoot_packet_t {
    /// Octets that were captured.
    pub captured_length: u32,
    /// Octets on the wire.
    pub original_length: u32,
    /// End of the captured octets of the IP datagram (or of the frame where there is no IP), without padding.
    pub captured_end: u32,
    /// The same end on the wire: beyond captured_end if the capture cut the packet.
    pub reported_end: u32,
    /// The first octet behind the innermost header that was read.
    pub payload_offset: u32,
    /// Octets of the payload that were captured.
    pub payload_captured_length: u32,
    /// Octets of the payload on the wire.
    pub payload_reported_length: u32,
    /// Captured octets behind the datagram: padding or a frame check sequence. They are the last of the frame.
    pub trailer_length: u32,
    /// Where the header is that could not be read.
    pub stop_offset: u32,
    /// Octets that are needed from stop_offset on; 0 where that cannot be said.
    pub stop_needed: u32,
    /// Octets that are there from stop_offset on.
    pub stop_available: u32,
    /// Sequence number of TCP.
    pub tcp_sequence_number: u32,
    /// Acknowledgment number of TCP.
    pub tcp_acknowledgment_number: u32,
    /// What tells the tunnel that the packet came out of from others between the same ends: the identifier of VXLAN and
    /// Geneve, the endpoint of GTP, the session of ERSPAN, the key of GRE.
    pub tunnel_id: u32,
    /// The labels of MPLS, outermost first.
    pub mpls_label: [u32; NETSHOOT_MPLS_LABELS],
    /// The link type that the frame was parsed as.
    pub link_type: u16,
    /// Where the header of the tunnel is that the packet came out of.
    pub tunnel_offset: u16,
    /// Where the link header is.
    pub link_offset: u16,
    /// The session of PPP over Ethernet.
    pub pppoe_session_id: u16,
    /// The innermost EtherType.
    pub ether_type: u16,
    /// Where the first VLAN tag's control information is.
    pub vlan_offset: u16,
    /// The VLAN tags' control information, outermost first: the identifier in the low 12 bits, the priority in the
    /// high 3.
    pub vlan_control: [u16; NETSHOOT_VLAN_TAGS],
    /// Where the header of IPv4, IPv6 or ARP is.
    pub network_offset: u16,
    /// Where the header of TCP, UDP or ICMP is.
    pub transport_offset: u16,
    /// Fragment offset of IP in units of eight octets.
    pub fragment_offset: u16,
    /// Source port of TCP, UDP, SCTP and what else has ports.
    pub source_port: u16,
    /// Destination port of the same.
    pub destination_port: u16,
    /// Control bits of TCP, NETSHOOT_TCP_….
    pub tcp_flags: u16,
    /// Window of TCP as in the header, not scaled.
    pub tcp_window: u16,
    /// Octets of the transport header with its options, also if they were cut off.
    pub transport_header_length: u16,
    /// Tunnels around the packet: 0 for the frame's own.
    pub depth: u8,
    /// The tunnel that the packet came out of, NETSHOOT_LAYER_…; IP in IP has none.
    pub tunnel_layer: u8,
    /// The number of labels of MPLS.
    pub mpls_count: u8,
    /// Whether tunnel_id is there.
    pub has_tunnel_id: bool,
    /// The link layer, NETSHOOT_LAYER_….
    pub link_layer: u8,
    /// The network layer: NETSHOOT_LAYER_ARP, …_IPV4, …_IPV6, or what stands in its place.
    pub network_layer: u8,
    /// The transport layer, such as NETSHOOT_LAYER_TCP, also where its header was cut off.
    pub transport_layer: u8,
    /// Who ended parsing before the payload of a transport layer, NETSHOOT_STOP_….
    pub stop_limit: u8,
    /// The layer that could not be read or, for an unknown protocol or a fragment, the one that carries it.
    pub stop_layer: u8,
    /// The number of VLAN tags.
    pub vlan_count: u8,
    /// The protocol behind IP and its extension headers (IPPROTO_…).
    pub ip_protocol: u8,
    /// Time to live of IPv4, hop limit of IPv6.
    pub hop_limit: u8,
    /// Type of an ICMP message.
    pub icmp_type: u8,
    /// Code of an ICMP message.
    pub icmp_code: u8,
    /// Whether the fixed part of the transport header was captured whole: without it the fields of TCP and ICMP are 0.
    pub has_transport_header: bool,
    /// Whether the ports were captured.
    pub has_ports: bool,
    /// Whether the datagram is an IP fragment, first or later.
    pub is_fragment: bool,
    /// Whether more fragments follow this one.
    pub more_fragments: bool,
    /// Whether the IP header claims more octets than the frame had on the wire.
    pub length_exceeds_frame: bool,
    /// Whether there are MAC addresses.
    pub has_mac: bool,
    /// Source MAC address.
    pub source_mac: [u8; 6],
    /// Destination MAC address.
    pub destination_mac: [u8; 6],
    /// Source address of IP; in ARP, the sender's.
    pub source: netshoot_address_t,
    /// Destination address of IP; in ARP, the target's.
    pub destination: netshoot_address_t,
}

/// A header of a packet.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_layer_t {
    /// Where it is, in octets from the start of the frame.
    pub offset: u32,
    /// Octets of it that were captured; of a layer that is known by name alone, all that is left.
    pub length: u32,
    /// Which it is, NETSHOOT_LAYER_….
    pub layer: u8,
    /// Tunnels around it.
    pub depth: u8,
    /// Its name in Wireshark's words, such as vlan.
    pub name: [c_char; NETSHOOT_LAYER_NAME],
}

/// Room for the name of a layer, which ends in a NUL.
pub const NETSHOOT_LAYER_NAME: usize = 12;

impl From<LayerRef> for netshoot_layer_t {
    fn from(LayerRef { layer, range, depth }: LayerRef) -> Self {
        let (offset, length) = (length(range.start), length(range.len()));
        Self { offset, length, layer: layer as u8, depth, name: text::inline(layer.name()) }
    }
}

/// Parses a packet into out, which need not have been written before.
///
/// bytes are the length octets that were captured of a frame that starts with a header of type link_type;
/// original_length is the frame's length on the wire, where less than length counts as that. Any octets give a packet:
/// stop_limit says where parsing ended early, and why. Does not allocate.
///
/// Returns 0, or -1 if an argument makes no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_packet_parse(
    link_type: u16,
    bytes: *const u8,
    length: usize,
    original_length: u32,
    out: *mut netshoot_packet_t,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends `length` octets or null.
        let packet = unsafe { parse(link_type, bytes, length, original_length) }?;
        // SAFETY: the caller lends a struct or null.
        unsafe { pointer::write(out, plain(&packet)) }
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard_status(err, body) }
}

/// Parses the packet inside of depth tunnels (IP in IP, GRE with ERSPAN, MPLS pseudo-wires, VXLAN, Geneve, GTP-U, Teredo)
/// into out: 0 is the frame's own, 1 what is inside of that. All offsets count from the start of the frame. ports says what
/// ports stand for, besides the usual ones, or is NULL. The other arguments are those of netshoot_packet_parse.
///
/// Returns 1, or 0 if there is no such packet, which leaves out as it was, or -1 if an argument makes no sense. Behind four
/// tunnels comes a packet with NETSHOOT_STOP_DEPTH.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_packet_parse_inner(
    link_type: u16,
    bytes: *const u8,
    length: usize,
    original_length: u32,
    depth: u8,
    ports: *const netshoot_ports_t,
    out: *mut netshoot_packet_t,
    err: *mut netshoot_error_t,
) -> c_int {
    let frame = Frame { link_type, bytes, length, original_length, depth, ports };
    // SAFETY: the caller lends what the header asks for.
    unsafe { frame.one(out, err, |packet, _| Some(plain(packet))) }
}

/// Goes through the headers of the packet inside of depth tunnels and of those inside of it, outermost first, and writes up to
/// size of them to out. The arguments before it are those of netshoot_packet_parse_inner.
///
/// Returns how many there are, also if size is less; or -1 if an argument makes no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_packet_layers(
    link_type: u16,
    bytes: *const u8,
    length: usize,
    original_length: u32,
    depth: u8,
    ports: *const netshoot_ports_t,
    out: *mut netshoot_layer_t,
    size: usize,
    err: *mut netshoot_error_t,
) -> c_int {
    let frame = Frame { link_type, bytes, length, original_length, depth, ports };
    // SAFETY: the caller lends what the header asks for.
    unsafe {
        frame.list(out, size, err, |packet, ports, room| {
            room.fill(packet.layers_by(&Tunnels::with_ports(ports)).map(Into::into))
        })
    }
}

/// Writes one line about a packet, in the words of `tcpdump -n`, with what the application says, into a buffer of size
/// octets, cut if need be and always with a NUL at the end. ports says what ports stand for, besides the usual ones, or is
/// NULL. The arguments before it are those of netshoot_packet_parse.
///
/// Returns the length of the whole line without the NUL, as snprintf does, or -1 if an argument makes no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_packet_describe(
    link_type: u16,
    bytes: *const u8,
    length: usize,
    original_length: u32,
    ports: *const netshoot_ports_t,
    buffer: *mut c_char,
    size: usize,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends ports, or null.
        let ports = unsafe { ports::read(ports) }?;
        // SAFETY: the caller lends `length` octets or null.
        let packet = unsafe { parse(link_type, bytes, length, original_length) }?;
        // SAFETY: the caller lends a buffer of `size` octets or null.
        Ok(unsafe { text::print(Summary::with_ports(packet, &ports), buffer, size) })
    };
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), -1, body) }
}

pub(crate) fn plain(packet: &Packet<'_>) -> netshoot_packet_t {
    let layout = packet.layout();
    let payload = packet.payload();
    let mut plain = netshoot_packet_t {
        captured_length: length(packet.bytes().len()),
        original_length: packet.original_length(),
        captured_end: layout.captured_end,
        reported_end: layout.reported_end,
        payload_offset: layout.payload.into(),
        payload_captured_length: length(payload.bytes.len()),
        payload_reported_length: length(payload.reported_len),
        trailer_length: length(packet.trailer().len()),
        link_type: layout.link_type.0,
        ether_type: layout.ether_type.0,
        tunnel_id: packet.tunnel_id().unwrap_or(0),
        has_tunnel_id: packet.tunnel_id().is_some(),
        tunnel_offset: layout.tunnel,
        tunnel_layer: number(layout.tunnel_layer()),
        depth: layout.depth,
        link_offset: layout.link,
        pppoe_session_id: packet.pppoe().map_or(0, |pppoe| pppoe.session_id()),
        mpls_count: packet.mpls().count() as u8,
        vlan_offset: layout.vlan,
        network_offset: layout.network,
        transport_offset: layout.transport,
        fragment_offset: layout.fragment_offset,
        link_layer: number(layout.link_layer()),
        network_layer: number(layout.network_layer()),
        transport_layer: number(layout.transport_layer()),
        vlan_count: layout.vlan_count,
        ip_protocol: layout.ip_protocol.0,
        hop_limit: packet.hop_limit().unwrap_or(0),
        is_fragment: layout.is_fragment(),
        more_fragments: layout.more_fragments(),
        length_exceeds_frame: layout.length_exceeds_frame(),
        ..netshoot_packet_t::default()
    };
    for (control, tag) in plain.vlan_control.iter_mut().zip(packet.vlans()) {
        *control = tag.control;
    }
    for (own, label) in plain.mpls_label.iter_mut().zip(packet.mpls()) {
        *own = label.label();
    }
    plain.set_stop(packet);
    plain.set_addresses(packet);
    plain.set_transport(packet);
    plain
}

impl netshoot_packet_t {
    fn set_stop(&mut self, packet: &Packet<'_>) {
        let Some(stop) = packet.stopped() else { return };
        self.stop_offset = stop.offset;
        self.stop_needed = stop.needed;
        self.stop_available = stop.available;
        self.stop_layer = stop.layer as u8;
        self.stop_limit = stop.limit as u8;
    }

    fn set_addresses(&mut self, packet: &Packet<'_>) {
        if let Some(ethernet) = packet.ethernet() {
            self.has_mac = true;
            self.source_mac = ethernet.source().0;
            self.destination_mac = ethernet.destination().0;
        }
        if let Some((source, destination)) = packet.ip_addresses() {
            self.source = source.into();
            self.destination = destination.into();
        } else if let Some(arp) = packet.arp() {
            self.source = arp.sender_ipv4().map(Into::into).into();
            self.destination = arp.target_ipv4().map(Into::into).into();
        }
    }

    fn set_transport(&mut self, packet: &Packet<'_>) {
        if let Some((source, destination)) = packet.ports() {
            (self.has_ports, self.source_port, self.destination_port) = (true, source, destination);
        }
        let mut header_length = None;
        if let Some(tcp) = packet.tcp() {
            self.tcp_sequence_number = tcp.sequence_number();
            self.tcp_acknowledgment_number = tcp.acknowledgment_number();
            self.tcp_flags = tcp.flags().0;
            self.tcp_window = tcp.window();
            header_length = Some(tcp.header_len());
        } else if let Some(icmp) = packet.icmpv4().or_else(|| packet.icmpv6()) {
            self.icmp_type = icmp.message_type();
            self.icmp_code = icmp.code();
            header_length = Some(Icmp::HEADER_LEN);
        } else if packet.udp().is_some() {
            header_length = Some(netshoot_core::packet::Udp::HEADER_LEN);
        }
        self.has_transport_header = header_length.is_some();
        self.transport_header_length = header_length.and_then(|length| u16::try_from(length).ok()).unwrap_or(0);
    }
}

fn number(layer: Option<Layer>) -> u8 {
    layer.map_or(NETSHOOT_LAYER_NONE, |layer| layer as u8)
}

fn length(octets: usize) -> u32 {
    u32::try_from(octets).unwrap_or(u32::MAX)
}

/// The numbers in the header are those of the library.
const _: () = {
    use netshoot_core::packet::TcpFlags;

    assert!(NETSHOOT_LINK_TYPE_ETHERNET == LinkType::ETHERNET.0 && NETSHOOT_LINK_TYPE_NULL == LinkType::NULL.0);
    assert!(NETSHOOT_LINK_TYPE_LOOP == LinkType::LOOP.0 && NETSHOOT_LINK_TYPE_RAW == LinkType::RAW.0);
    assert!(NETSHOOT_LINK_TYPE_IPV4 == LinkType::IPV4.0 && NETSHOOT_LINK_TYPE_IPV6 == LinkType::IPV6.0);
    assert!(NETSHOOT_LINK_TYPE_LINUX_SLL == LinkType::LINUX_SLL.0);
    assert!(NETSHOOT_LINK_TYPE_LINUX_SLL2 == LinkType::LINUX_SLL2.0);
    assert!(NETSHOOT_LAYER_NONE == Layer::Frame as u8 && NETSHOOT_LAYER_ETHERNET == Layer::Ethernet as u8);
    assert!(NETSHOOT_LAYER_VLAN == Layer::Vlan as u8 && NETSHOOT_LAYER_LLC == Layer::Llc as u8);
    assert!(NETSHOOT_LAYER_SNAP == Layer::Snap as u8 && NETSHOOT_LAYER_LINUX_SLL == Layer::LinuxSll as u8);
    assert!(NETSHOOT_LAYER_LINUX_SLL2 == Layer::LinuxSll2 as u8 && NETSHOOT_LAYER_NULL == Layer::Null as u8);
    assert!(NETSHOOT_LAYER_ARP == Layer::Arp as u8 && NETSHOOT_LAYER_IPV4 == Layer::Ipv4 as u8);
    assert!(NETSHOOT_LAYER_IPV6 == Layer::Ipv6 as u8 && NETSHOOT_LAYER_EXTENSION == Layer::Extension as u8);
    assert!(NETSHOOT_LAYER_TCP == Layer::Tcp as u8 && NETSHOOT_LAYER_UDP == Layer::Udp as u8);
    assert!(NETSHOOT_LAYER_ICMPV4 == Layer::Icmpv4 as u8 && NETSHOOT_LAYER_ICMPV6 == Layer::Icmpv6 as u8);
    assert!(NETSHOOT_LAYER_NFLOG == Layer::Nflog as u8 && NETSHOOT_LAYER_PPPOE == Layer::Pppoe as u8);
    assert!(NETSHOOT_LAYER_PPP == Layer::Ppp as u8 && NETSHOOT_LAYER_MPLS == Layer::Mpls as u8);
    assert!(NETSHOOT_LAYER_MACSEC == Layer::Macsec as u8 && NETSHOOT_LAYER_LLDP == Layer::Lldp as u8);
    assert!(NETSHOOT_LAYER_SLOW == Layer::Slow as u8 && NETSHOOT_LAYER_STP == Layer::Stp as u8);
    assert!(NETSHOOT_LAYER_SCTP == Layer::Sctp as u8 && NETSHOOT_LAYER_UDP_LITE == Layer::UdpLite as u8);
    assert!(NETSHOOT_LAYER_IGMP == Layer::Igmp as u8 && NETSHOOT_LAYER_ESP == Layer::Esp as u8);
    assert!(NETSHOOT_LAYER_DCCP == Layer::Dccp as u8 && NETSHOOT_LAYER_VRRP == Layer::Vrrp as u8);
    assert!(NETSHOOT_LAYER_L2TP == Layer::L2tp as u8 && NETSHOOT_LAYER_OSPF == Layer::Ospf as u8);
    assert!(NETSHOOT_LAYER_PIM == Layer::Pim as u8 && NETSHOOT_LAYER_GRE == Layer::Gre as u8);
    assert!(NETSHOOT_LAYER_ERSPAN == Layer::Erspan as u8 && NETSHOOT_LAYER_VXLAN == Layer::Vxlan as u8);
    assert!(NETSHOOT_LAYER_VXLAN_GPE == Layer::VxlanGpe as u8 && NETSHOOT_LAYER_GENEVE == Layer::Geneve as u8);
    assert!(NETSHOOT_LAYER_GTP == Layer::Gtp as u8 && NETSHOOT_LAYER_TEREDO == Layer::Teredo as u8);
    assert!(NETSHOOT_LAYER_DNS == Layer::Dns as u8 && NETSHOOT_LAYER_TLS == Layer::Tls as u8);
    assert!(NETSHOOT_LAYER_QUIC == Layer::Quic as u8 && NETSHOOT_LAYER_HTTP == Layer::Http as u8);
    assert!(NETSHOOT_LAYER_PSEUDO_WIRE == Layer::PseudoWire as u8 && NETSHOOT_LAYER_DHCP == Layer::Dhcp as u8);
    assert!(NETSHOOT_LAYER_DHCPV6 == Layer::Dhcpv6 as u8 && NETSHOOT_LAYER_WIREGUARD == Layer::WireGuard as u8);
    assert!(NETSHOOT_LAYER_ICMP_EXTENSION == Layer::IcmpExtension as u8);
    assert!(NETSHOOT_STOP_CAPTURE_LENGTH == Limit::CaptureLength as u8);
    assert!(NETSHOOT_STOP_FRAME_LENGTH == Limit::FrameLength as u8);
    assert!(NETSHOOT_STOP_LENGTH_FIELD == Limit::LengthField as u8);
    assert!(NETSHOOT_STOP_MALFORMED == Limit::Malformed as u8 && NETSHOOT_STOP_FRAGMENT == Limit::Fragment as u8);
    assert!(NETSHOOT_STOP_UNKNOWN_PROTOCOL == Limit::UnknownProtocol as u8);
    assert!(NETSHOOT_STOP_DEPTH == Limit::Depth as u8 && NETSHOOT_STOP_NONE == 0);
    assert!(NETSHOOT_TCP_FIN == TcpFlags::FIN.0 && NETSHOOT_TCP_SYN == TcpFlags::SYN.0);
    assert!(NETSHOOT_TCP_RST == TcpFlags::RST.0 && NETSHOOT_TCP_PSH == TcpFlags::PSH.0);
    assert!(NETSHOOT_TCP_ACK == TcpFlags::ACK.0 && NETSHOOT_TCP_URG == TcpFlags::URG.0);
    assert!(NETSHOOT_TCP_ECE == TcpFlags::ECE.0 && NETSHOOT_TCP_CWR == TcpFlags::CWR.0);
    assert!(NETSHOOT_TCP_AE == TcpFlags::AE.0);
};
