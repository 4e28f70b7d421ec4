//! One line for a packet, in tcpdump's words (`tcpdump -n -S`).
//!
//! With `{:#}` it has what tcpdump adds with `-v`, still in one line: fields of IP, and whether checksums are right.
//!
//! What tcpdump knows only from earlier packets is left out: sequence numbers are absolute here. VLAN tags, which tcpdump
//! shows with `-e` only, are always named.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr};

use super::dns::Value;
use super::{
    Arp, EtherType, Icmp, IpProtocol, Layer, Limit, Packet, Tcp, TcpFlags, TcpOption, TcpOptions, Tunnels, dns,
};

/// The line of a packet with names in place of addresses where there are some: `tcpdump -S` without `-n`, but for ports. From
/// [`Packet::named`].
#[derive(Clone, Copy)]
pub struct Named<'a, 'n> {
    packet: Packet<'a>,
    names: &'n Names<'n>,
}

/// What gives an address its name, if it has one.
pub(crate) type Names<'n> = dyn Fn(IpAddr) -> Option<&'n str> + 'n;

/// How lines are written.
#[derive(Clone, Copy)]
pub(crate) struct Style<'t, 'n> {
    pub(crate) tunnels: Tunnels<'t>,
    pub(crate) names: &'n Names<'n>,
}

impl Default for Style<'_, '_> {
    fn default() -> Self {
        Self { tunnels: Tunnels::default(), names: &|_| None }
    }
}

impl fmt::Display for Packet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_by(f, &Style::default())
    }
}

impl fmt::Display for Named<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.packet.write_by(f, &Style { names: self.names, ..Style::default() })
    }
}

impl fmt::Debug for Named<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Named").field("packet", &self.packet).finish_non_exhaustive()
    }
}

impl<'a> Packet<'a> {
    /// What prints the packet's line with names, as `names` gives them, in place of addresses.
    #[must_use]
    pub fn named<'n>(self, names: &'n (dyn Fn(IpAddr) -> Option<&'n str> + 'n)) -> Named<'a, 'n> {
        Named { packet: self, names }
    }
}

impl Packet<'_> {
    /// The line, with the packets inside.
    pub(crate) fn write_by(&self, f: &mut fmt::Formatter<'_>, style: &Style<'_, '_>) -> fmt::Result {
        if self.layout().depth == 0 {
            for tag in self.vlans() {
                write!(f, "vlan {}, p {}, ", tag.id(), tag.priority())?;
            }
        }
        if let Some(pppoe) = self.pppoe() {
            write!(f, "PPPoE  [ses 0x{:x}] ", pppoe.session_id())?;
        }
        let mut before = "MPLS ";
        for label in self.mpls() {
            let (number, class) = (label.label(), label.traffic_class());
            let bottom = if label.is_bottom() { ", [S]" } else { "" };
            write!(f, "{before}(label {number}, tc {class}{bottom}, ttl {})", label.time_to_live())?;
            before = " ";
        }
        if before == " " {
            f.write_str(" ")?;
        }
        match self.layout().network_layer() {
            Some(Layer::Arp) => self.write_arp(f, style.names)?,
            Some(layer @ (Layer::Ipv4 | Layer::Ipv6)) => {
                f.write_str(if layer == Layer::Ipv4 { "IP " } else { "IP6 " })?;
                if f.alternate() {
                    self.write_ip_fields(f)?;
                }
                self.write_ip(f, style.names)?;
            }
            Some(layer) => write!(f, "{}, length {}", named_alone(layer), self.length_from(self.layout().network))?,
            None => self.write_link(f)?,
        }
        match self.stopped() {
            Some(stop) if !matches!(stop.limit, Limit::Fragment | Limit::UnknownProtocol) => write!(f, " [|{stop}]"),
            _ => Ok(()),
        }?;
        let Some(inner) = self.inner_by(&style.tunnels) else { return Ok(()) };
        if self.layout().transport_layer().is_some() || self.layout().network_layer().is_none() {
            f.write_str(": ")?;
        }
        inner.write_inside(f, style, self.payload().reported_len)
    }

    /// The tunnel's header and the packet itself, which is one of `length` octets together.
    fn write_inside(&self, f: &mut fmt::Formatter<'_>, style: &Style<'_, '_>, length: usize) -> fmt::Result {
        if let Some(gre) = self.gre() {
            write!(f, "GREv{}", gre.version())?;
            if let Some(key) = gre.key() {
                write!(f, ", key=0x{key:x}")?;
            }
            if let Some(number) = gre.sequence_number() {
                write!(f, ", seq {number}")?;
            }
            write!(f, ", length {length}: ")?;
        } else if let Some(vxlan) = self.vxlan() {
            write!(f, "VXLAN, vni {}: ", vxlan.vni())?;
        } else if let Some(geneve) = self.geneve() {
            write!(f, "Geneve, vni 0x{:x}: ", geneve.vni())?;
        } else if let Some(gtp) = self.gtp() {
            write!(f, "GTP, teid 0x{:x}: ", gtp.teid())?;
        } else if self.layout().tunnel_layer() == Some(Layer::Teredo) {
            f.write_str("Teredo: ")?;
        }
        self.write_by(f, style)
    }

    fn write_link(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(ethernet) = self.ethernet() {
            write!(f, "{} > {}, ", ethernet.source(), ethernet.destination())?;
        } else if self.layout().link_layer().is_none() && self.layout().depth == 0 {
            write!(f, "link type {}, ", self.layout().link_type)?;
        }
        if self.layout().has_llc() {
            f.write_str("802.3 LLC, ")?;
        }
        if self.layout().ether_type != EtherType(0) {
            write!(f, "ethertype {}, ", self.layout().ether_type)?;
        }
        match (self.layout().depth, self.layout().link_layer()) {
            (0, _) => write!(f, "length {}", self.original_length()),
            (_, Some(_)) => write!(f, "length {}", self.length_from(self.layout().link)),
            (_, None) => write!(f, "length {}", self.payload().reported_len),
        }
    }

    /// Octets on the wire from `offset` to the end of what the packet is, without padding.
    fn length_from(&self, offset: u16) -> u32 {
        self.layout().reported_end.saturating_sub(offset.into())
    }

    fn write_arp(&self, f: &mut fmt::Formatter<'_>, names: &Names<'_>) -> fmt::Result {
        f.write_str("ARP, ")?;
        let Some(arp) = self.arp() else { return Ok(()) };
        let host = |address: Option<Ipv4Addr>| address.map(|address| Host::of(address.into(), names));
        match (arp.operation(), host(arp.sender_ipv4()), host(arp.target_ipv4())) {
            (1, Some(sender), Some(target)) => write!(f, "Request who-has {target} tell {sender}")?,
            (2, Some(sender), Some(_)) => {
                write!(f, "Reply {sender} is-at ")?;
                write_hardware_address(f, &arp)?;
            }
            (operation, _, _) => write!(f, "operation {operation}, protocol {}", arp.protocol_type())?,
        }
        let end = self.layout().reported_end as usize + self.trailer().len();
        write!(f, ", length {}", end.saturating_sub(usize::from(self.layout().network)))
    }

    fn write_ip(&self, f: &mut fmt::Formatter<'_>, names: &Names<'_>) -> fmt::Result {
        let Some((source, destination)) = self.ip_addresses() else { return Ok(()) };
        let (source, destination) = (Host::of(source, names), Host::of(destination, names));
        match self.ports() {
            Some((from, to)) => write!(f, "{source}.{from} > {destination}.{to}: ")?,
            None => write!(f, "{source} > {destination}: ")?,
        }
        if let Some(tcp) = self.tcp() {
            return self.write_tcp(f, &tcp);
        }
        if f.alternate() && self.udp().is_some() {
            self.write_bracketed_sum(f, Layer::Udp, "udp")?;
        }
        if let Some(message) = self.dns() {
            let multicast = self.ports().is_some_and(|(from, to)| from == MDNS_PORT || to == MDNS_PORT);
            return write_dns(f, &message, multicast, self.payload().reported_len);
        }
        if let Some(message) = self.dhcp() {
            return message.write_line(f, self.payload().reported_len);
        }
        if let Some(icmp) = self.icmpv4() {
            self.write_icmp(f, &icmp, icmpv4_name(icmp.message_type(), icmp.code()), "ICMP")?;
            return if f.alternate() { self.write_wrong_icmp_sum(f) } else { Ok(()) };
        }
        if let Some(icmp) = self.icmpv6() {
            if f.alternate() {
                self.write_bracketed_sum(f, Layer::Icmpv6, "icmp6")?;
            }
            return self.write_icmp(f, &icmp, icmpv6_name(icmp.message_type(), icmp.code()), "ICMP6,");
        }
        if self.udp().is_some() {
            return write!(f, "UDP, length {}", self.payload().reported_len);
        }
        self.write_other(f)
    }

    fn write_other(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layout = self.layout();
        if layout.transport_layer().is_none() && self.inner().is_some() {
            return Ok(());
        }
        let length = self.payload().reported_len;
        let offset = u32::from(layout.fragment_offset) * 8;
        match layout.ip_protocol {
            protocol if offset != 0 => {
                let more = if layout.more_fragments() { "+" } else { "" };
                write!(f, "{protocol} frag ({offset}:{length}{more}), length {length}")
            }
            IpProtocol::NO_NEXT_HEADER => f.write_str("no next header"),
            protocol => match protocol.name() {
                Some(name) => write!(f, "{name}, length {length}"),
                None => write!(f, "ip-proto-{}, length {length}", protocol.0),
            },
        }
    }

    fn write_tcp(&self, f: &mut fmt::Formatter<'_>, tcp: &Tcp<'_>) -> fmt::Result {
        let length = u32::try_from(self.payload().reported_len).unwrap_or(u32::MAX);
        let (flags, sequence) = (tcp.flags(), tcp.sequence_number());
        write!(f, "Flags [{flags}]")?;
        if f.alternate() {
            self.write_tcp_sum(f)?;
        }
        if length > 0 {
            write!(f, ", seq {sequence}:{}", sequence.wrapping_add(length))?;
        } else if flags.intersects(TcpFlags::SYN | TcpFlags::FIN | TcpFlags::RST) {
            write!(f, ", seq {sequence}")?;
        }
        if flags.contains(TcpFlags::ACK) {
            write!(f, ", ack {}", tcp.acknowledgment_number())?;
        }
        write!(f, ", win {}", tcp.window())?;
        if flags.contains(TcpFlags::URG) {
            write!(f, ", urg {}", tcp.urgent_pointer())?;
        }
        if !tcp.option_bytes().is_empty() {
            write_tcp_options(f, tcp.options())?;
        }
        write!(f, ", length {length}")
    }

    fn write_icmp(
        &self,
        f: &mut fmt::Formatter<'_>,
        icmp: &Icmp<'_>,
        name: Option<&str>,
        protocol: &str,
    ) -> fmt::Result {
        let length = self.payload().reported_len + Icmp::HEADER_LEN;
        match name {
            Some(name) => write!(f, "{protocol} {name}")?,
            None => write!(f, "{protocol} type {}, code {}", icmp.message_type(), icmp.code())?,
        }
        if name.is_some_and(|name| name.starts_with("echo")) {
            write!(f, ", id {}, seq {}", icmp.identifier(), icmp.sequence_number())?;
        }
        write!(f, ", length {length}")
    }
}

/// What stands for a layer that is known by name alone.
fn named_alone(layer: Layer) -> &'static str {
    match layer {
        Layer::Lldp => "LLDP",
        Layer::Stp => "STP",
        Layer::Macsec => "MACsec",
        Layer::Slow => "802.3 slow protocol",
        other => other.name(),
    }
}

/// An address, or its name.
struct Host<'n>(IpAddr, Option<&'n str>);

impl<'n> Host<'n> {
    fn of(address: IpAddr, names: &Names<'n>) -> Self {
        Self(address, names(address))
    }
}

impl fmt::Display for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Some(name) => f.write_str(name),
            None => write!(f, "{}", self.0),
        }
    }
}

fn write_hardware_address(f: &mut fmt::Formatter<'_>, arp: &Arp<'_>) -> fmt::Result {
    match (arp.sender_mac(), arp.sender_hardware_address()) {
        (Some(mac), _) => write!(f, "{mac}"),
        (None, octets) => octets.unwrap_or_default().iter().try_for_each(|octet| write!(f, "{octet:02x}")),
    }
}

fn write_tcp_options(f: &mut fmt::Formatter<'_>, options: TcpOptions<'_>) -> fmt::Result {
    f.write_str(", options [")?;
    for (i, option) in options.enumerate() {
        if i > 0 {
            f.write_str(",")?;
        }
        match option {
            Ok(TcpOption::EndOfOptions) => f.write_str("eol")?,
            Ok(TcpOption::NoOperation) => f.write_str("nop")?,
            Ok(TcpOption::MaximumSegmentSize(mss)) => write!(f, "mss {mss}")?,
            Ok(TcpOption::WindowScale(shift)) => write!(f, "wscale {shift}")?,
            Ok(TcpOption::SackPermitted) => f.write_str("sackOK")?,
            Ok(TcpOption::Sack(blocks)) => {
                write!(f, "sack {} ", blocks.count())?;
                blocks.into_iter().try_for_each(|(left, right)| write!(f, "{{{left}:{right}}}"))?;
            }
            Ok(TcpOption::Timestamps { value, echo_reply }) => write!(f, "TS val {value} ecr {echo_reply}")?,
            Ok(TcpOption::Unknown { kind, .. }) => write!(f, "unknown-{kind}")?,
            Err(bad) => write!(f, "bad {}", bad.kind)?,
        }
    }
    f.write_str("]")
}

/// `12345+ A? example.com. (29)`, or `12345 NXDomain 0/1/0 (88)`.
///
/// Questions of multicast DNS say whether the answer may come by multicast (`QM`) or should not (`QU`; RFC 6762 section
/// 5.4).
fn write_dns(f: &mut fmt::Formatter<'_>, message: &dns::Message<'_>, multicast: bool, length: usize) -> fmt::Result {
    write!(f, "{}", message.id())?;
    if message.is_response() {
        if message.response_code() != dns::ResponseCode::NO_ERROR {
            write!(f, " {}", message.response_code())?;
        }
        let flags = [
            (message.authoritative(), "*"),
            (!message.recursion_available(), "-"),
            (message.truncated(), "|"),
            (message.authentic_data(), "$"),
        ];
        flags.iter().filter(|(set, _)| *set).try_for_each(|(_, mark)| f.write_str(mark))?;
        write!(f, " {}/{}/{}", message.answer_count(), message.authority_count(), message.additional_count())?;
        write_answers(f, message)?;
    } else {
        f.write_str(if message.recursion_desired() { "+" } else { "" })?;
        f.write_str(if message.checking_disabled() { "%" } else { "" })?;
        for question in message.questions().flatten().take(MAX_QUESTIONS) {
            let reply = match (multicast, question.class & 0x8000) {
                (false, _) => "",
                (true, 0) => " (QM)",
                (true, _) => " (QU)",
            };
            write!(f, " {}{reply}? {}.", question.record_type, RootAsEmpty(question.name))?;
        }
    }
    write!(f, " ({length})")
}

fn write_answers(f: &mut fmt::Formatter<'_>, message: &dns::Message<'_>) -> fmt::Result {
    let answers = message.records().flatten().take_while(|record| record.section == dns::Section::Answer);
    for (i, record) in answers.enumerate() {
        if i == MAX_ANSWERS {
            return f.write_str(",…");
        }
        write!(f, "{} {}", if i > 0 { "," } else { "" }, record.record_type)?;
        match record.value() {
            Ok(Value::Address(address)) => write!(f, " {address}")?,
            Ok(Value::Name(name)) => write!(f, " {}.", RootAsEmpty(name))?,
            Ok(Value::MailExchange { preference, exchange }) => write!(f, " {}. {preference}", RootAsEmpty(exchange))?,
            Ok(Value::Service { priority, weight, port, target }) => {
                write!(f, " {}.:{port} {priority} {weight}", RootAsEmpty(target))?;
            }
            Ok(text @ Value::Text(_)) => write!(f, " {text}")?,
            _ => {}
        }
    }
    Ok(())
}

/// The line that a packet has for it.
impl fmt::Display for dns::Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_dns(f, self, false, self.bytes().len())
    }
}

/// A name in front of the final dot that tcpdump writes.
struct RootAsEmpty<'a>(dns::Name<'a>);

impl fmt::Display for RootAsEmpty<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.labels().next().is_none() { Ok(()) } else { write!(f, "{}", self.0) }
    }
}

const MDNS_PORT: u16 = 5353;
/// Questions and answers that are written: names can share octets, so that a message of 64 KiB could fill megabytes.
const MAX_QUESTIONS: usize = 16;
const MAX_ANSWERS: usize = 64;

fn icmpv4_name(message_type: u8, code: u8) -> Option<&'static str> {
    Some(match (message_type, code) {
        (0, _) => "echo reply",
        (3, 0) => "network unreachable",
        (3, 1) => "host unreachable",
        (3, 2) => "protocol unreachable",
        (3, 3) => "port unreachable",
        (3, 4) => "unreachable - need to frag",
        (3, 9 | 10 | 13) => "unreachable - admin prohibited",
        (3, _) => "unreachable",
        (4, _) => "source quench",
        (5, _) => "redirect",
        (8, _) => "echo request",
        (9, _) => "router advertisement",
        (10, _) => "router solicitation",
        (11, 0) => "time exceeded in-transit",
        (11, _) => "ip reassembly time exceeded",
        (12, _) => "parameter problem",
        (13, _) => "time stamp query",
        (14, _) => "time stamp reply",
        _ => return None,
    })
}

fn icmpv6_name(message_type: u8, code: u8) -> Option<&'static str> {
    Some(match (message_type, code) {
        (1, 0) => "destination unreachable, unreachable route",
        (1, 1) => "destination unreachable, unreachable prohibited",
        (1, 3) => "destination unreachable, unreachable address",
        (1, 4) => "destination unreachable, unreachable port",
        (1, _) => "destination unreachable",
        (2, _) => "packet too big",
        (3, 0) => "time exceeded in-transit",
        (3, _) => "time exceeded in-reassembly",
        (4, _) => "parameter problem",
        (128, _) => "echo request",
        (129, _) => "echo reply",
        (130, _) => "multicast listener query",
        (131, _) => "multicast listener report",
        (132, _) => "multicast listener done",
        (133, _) => "router solicitation",
        (134, _) => "router advertisement",
        (135, _) => "neighbor solicitation",
        (136, _) => "neighbor advertisement",
        (137, _) => "redirect",
        (143, _) => "multicast listener report v2",
        _ => return None,
    })
}
