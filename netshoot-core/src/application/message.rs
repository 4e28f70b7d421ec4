//! The application's message in a packet, told by ports and by its first octets.

use std::fmt;
use std::net::IpAddr;

use super::{http, l2tp, quic, tls, wireguard};
use crate::packet::{Layer, Names, Packet, Stop, Style, Tunnels, dhcp, dns};

/// How applications are found.
///
/// They are known by their ports, of either direction; what does not look like the application of the port is none. A port
/// that systems hand out to clients (32768 and above) stands for an application only if it is named here, or for WireGuard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Applications<'a> {
    /// Further ports, and the application that each stands for: [`Layer::Dns`], [`Layer::Tls`], [`Layer::Http`],
    /// [`Layer::Quic`], [`Layer::Dhcp`], [`Layer::Dhcpv6`], [`Layer::WireGuard`] or [`Layer::L2tp`]. [`Layer::Frame`]
    /// says that a port is of none.
    pub ports: &'a [(u16, Layer)],
}

impl<'a> Applications<'a> {
    /// The usual ports, and further ones.
    #[must_use]
    pub const fn with_ports(ports: &'a [(u16, Layer)]) -> Self {
        Self { ports }
    }

    /// As for tunnels, the lower of two ports is asked first.
    fn of_ports(&self, (source, destination): (u16, u16), is_udp: bool) -> Option<Layer> {
        let (low, high) = if source < destination { (source, destination) } else { (destination, source) };
        let layer = self.of_port(low, is_udp).or_else(|| self.of_port(high, is_udp))?;
        (layer != Layer::Frame).then_some(layer)
    }

    fn of_port(&self, port: u16, is_udp: bool) -> Option<Layer> {
        if let Some((_, layer)) = self.ports.iter().find(|(own, _)| *own == port) {
            return Some(*layer);
        }
        match port {
            _ if dns::PORTS.contains(&port) => Some(Layer::Dns),
            _ if is_udp && dhcp::PORTS.contains(&port) => Some(Layer::Dhcp),
            _ if is_udp && dhcp::PORTS6.contains(&port) => Some(Layer::Dhcpv6),
            wireguard::PORT if is_udp => Some(Layer::WireGuard),
            l2tp::PORT if is_udp => Some(Layer::L2tp),
            _ if is_udp => quic::PORTS.contains(&port).then_some(Layer::Quic),
            _ if tls::PORTS.contains(&port) => Some(Layer::Tls),
            _ => http::PORTS.contains(&port).then_some(Layer::Http),
        }
    }
}

/// What an application says in one packet, as far as it lies in it.
///
/// `Display` writes one line; `{:#}` one for each record of DNS, message of TLS, or field of HTTP. What is not printable
/// ASCII is escaped.
///
/// ```
/// use netshoot_core::application::{Applications, Message};
/// use netshoot_core::packet::{Layer, LinkType, Packet};
///
/// # let request = b"GET /health HTTP/1.1\r\nHost: pod\r\n\r\n";
/// # let ip = [0x45, 0, 0, 40 + request.len() as u8, 0, 7, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
/// # let tcp = [0x9c, 0x40, 0x1f, 0x90, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 1, 0, 0, 0, 0, 0];
/// # let frame = [&ip[..], &tcp, request].concat();
/// let packet = Packet::parse(LinkType::RAW, &frame, frame.len() as u32);
/// let message = Message::of(&packet).expect("a message on port 8080");
/// assert_eq!(message.to_string(), "HTTP: GET /health HTTP/1.1");
/// let Message::Http(head) = message else { panic!("no HTTP") };
/// assert_eq!(head.host(), Some(&b"pod"[..]));
///
/// let other = Applications::with_ports(&[(8080, Layer::Dns)]);
/// assert!(Message::of_by(&packet, &other).is_none());
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Message<'a> {
    /// A message of DNS; over TCP the first of the segment.
    Dns(dns::Message<'a>),
    /// Records of TLS: those that begin in the segment.
    Tls(tls::Records<'a>),
    /// The head of an HTTP/1 message with which the segment begins.
    Http(http::Head<'a>),
    /// Packets of QUIC.
    Quic(quic::Packets<'a>),
    /// A message of DHCP or BOOTP.
    Dhcp(dhcp::Message<'a>),
    /// A message of DHCP for IPv6, not entered.
    Dhcpv6(dhcp::Message6<'a>),
    /// A message of WireGuard, encrypted but for its numbers.
    WireGuard(wireguard::Message<'a>),
    /// A message of L2TP over UDP; what it carries is not entered.
    L2tp(l2tp::Message<'a>),
}

impl<'a> Message<'a> {
    /// The message in the payload of a TCP segment or UDP datagram; not in one that is inside of the packet (see
    /// [`Packet::innermost`]).
    #[must_use]
    pub fn of(packet: &Packet<'a>) -> Option<Self> {
        Self::of_by(packet, &Applications::default())
    }

    /// As [`of`](Self::of), with ports of the caller's.
    #[must_use]
    pub fn of_by(packet: &Packet<'a>, applications: &Applications<'_>) -> Option<Self> {
        let is_udp = packet.layout().transport_layer() == Some(Layer::Udp);
        if !is_udp && packet.layout().transport_layer() != Some(Layer::Tcp) || packet.stopped().is_some() {
            return None;
        }
        let layer = applications.of_ports(packet.ports()?, is_udp)?;
        let payload = packet.payload();
        let (bytes, length) = (payload.bytes, payload.reported_len);
        match layer {
            Layer::WireGuard if is_udp => wireguard::Message::parse(bytes, length).map(Self::WireGuard),
            Layer::L2tp if is_udp => l2tp::Message::parse(bytes, length).map(Self::L2tp),
            _ => Self::read(layer, bytes, is_udp),
        }
    }

    fn read(layer: Layer, bytes: &'a [u8], is_udp: bool) -> Option<Self> {
        match layer {
            Layer::Dns if is_udp => dns::Message::parse(bytes).ok().map(Self::Dns),
            Layer::Dns => {
                let (length, rest) = bytes.split_first_chunk()?;
                let message = rest.get(..u16::from_be_bytes(*length).into()).unwrap_or(rest);
                dns::Message::parse(message).ok().filter(is_likely).map(Self::Dns)
            }
            Layer::Tls => {
                let records = tls::Records::new(bytes);
                records.clone().next()?.ok().map(|_| Self::Tls(records))
            }
            Layer::Http => http::Head::parse(bytes).ok().map(Self::Http),
            Layer::Quic => {
                let packets = quic::Packets::new(bytes);
                let first = packets.clone().next()?.ok()?;
                let negotiates = first.version() == Some(quic::Version::NEGOTIATION);
                // Longer ones are allowed in versions to come, and more likely no QUIC.
                let is_short = |id: Option<&[u8]>| id.is_none_or(|id| id.len() <= quic::MAX_ID_LEN.into());
                let is_likely = is_short(first.destination_id()) && is_short(first.source_id());
                (is_likely && (first.fixed_bit() || negotiates)).then_some(Self::Quic(packets))
            }
            Layer::Dhcp if is_udp => dhcp::Message::parse(bytes).ok().map(Self::Dhcp),
            Layer::Dhcpv6 if is_udp => dhcp::Message6::parse(bytes).ok().map(Self::Dhcpv6),
            _ => None,
        }
    }

    /// Which application it is.
    #[must_use]
    pub const fn layer(&self) -> Layer {
        match self {
            Self::Dns(_) => Layer::Dns,
            Self::Tls(_) => Layer::Tls,
            Self::Http(_) => Layer::Http,
            Self::Quic(_) => Layer::Quic,
            Self::Dhcp(_) => Layer::Dhcp,
            Self::Dhcpv6(_) => Layer::Dhcpv6,
            Self::WireGuard(_) => Layer::WireGuard,
            Self::L2tp(_) => Layer::L2tp,
        }
    }
}

/// Whether what a segment begins with can be DNS, rather than the middle of a message.
fn is_likely(message: &dns::Message<'_>) -> bool {
    let malformed = |question: Result<dns::Question<'_>, Stop>| question.is_err_and(|stop| !stop.is_truncation());
    message.question_count() <= MAX_QUESTIONS && !message.questions().any(malformed)
}

/// The line about a packet, and what the application in the innermost one says. With `{:#}` both say more, the application
/// in further lines.
///
/// ```
/// # use netshoot_core::application::Summary;
/// # use netshoot_core::packet::{LinkType, Packet};
/// # let alert = [21, 3, 3, 0, 2, 2, 40];
/// # let ip = [0x45, 0, 0, 47, 0, 7, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
/// # let tcp = [1, 0xbb, 0x9c, 0x40, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 1, 0, 0, 0, 0, 0];
/// # let frame = [&ip[..], &tcp, &alert].concat();
/// let packet = Packet::parse(LinkType::RAW, &frame, frame.len() as u32);
/// assert!(Summary::of(packet).to_string().ends_with("win 256, length 7: TLS: alert fatal handshake_failure"));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Summary<'a> {
    packet: Packet<'a>,
    tunnels: Tunnels<'a>,
    applications: Applications<'a>,
}

impl<'a> Summary<'a> {
    /// Of `packet` and those inside of it.
    #[must_use]
    pub fn of(packet: Packet<'a>) -> Self {
        Self::with_ports(packet, &[])
    }

    /// The same, where `ports` stand for these tunnels and applications; see [`Tunnels::ports`] and
    /// [`Applications::ports`].
    #[must_use]
    pub fn with_ports(packet: Packet<'a>, ports: &'a [(u16, Layer)]) -> Self {
        Self { packet, tunnels: Tunnels::with_ports(ports), applications: Applications::with_ports(ports) }
    }
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, Style::default().names)
    }
}

/// The same with names in place of addresses. From [`Summary::named`].
#[derive(Clone, Copy)]
pub struct NamedSummary<'a, 'n> {
    summary: Summary<'a>,
    names: &'n Names<'n>,
}

impl fmt::Display for NamedSummary<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.summary.write(f, self.names)
    }
}

impl fmt::Debug for NamedSummary<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NamedSummary").field("summary", &self.summary).finish_non_exhaustive()
    }
}

impl<'a> Summary<'a> {
    /// What prints the same with names, as `names` gives them, in place of addresses; messages of the application stay as
    /// they are.
    #[must_use]
    pub fn named<'n>(self, names: &'n (dyn Fn(IpAddr) -> Option<&'n str> + 'n)) -> NamedSummary<'a, 'n> {
        NamedSummary { summary: self, names }
    }

    fn write<'n>(&self, f: &mut fmt::Formatter<'_>, names: &'n Names<'n>) -> fmt::Result {
        self.packet.write_by(f, &Style { tunnels: self.tunnels, names })?;
        let innermost = self.packet.innermost_by(&self.tunnels);
        match Message::of_by(&innermost, &self.applications) {
            // The packet's own line has that.
            Some(Message::Dns(_)) if innermost.dns().is_some() && !f.alternate() => Ok(()),
            Some(Message::Dns(message)) if innermost.dns().is_some() => write_records(f, &message),
            Some(Message::Dhcp(_)) if innermost.dhcp().is_some() && !f.alternate() => Ok(()),
            Some(Message::Dhcp(message)) if innermost.dhcp().is_some() => message.write_options(f),
            Some(message) => {
                f.write_str(": ")?;
                fmt::Display::fmt(&message, f)
            }
            None if f.alternate() => write!(f, "{}", innermost.details()),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(message) => {
                write!(f, "{message}")?;
                if f.alternate() { write_records(f, message) } else { Ok(()) }
            }
            Self::Tls(records) => write_tls(f, records.clone()),
            Self::Http(head) => write_http(f, head),
            Self::Quic(packets) => write_quic(f, packets.clone()),
            Self::Dhcp(message) => fmt::Display::fmt(message, f),
            Self::Dhcpv6(message) => fmt::Display::fmt(message, f),
            Self::WireGuard(message) => fmt::Display::fmt(message, f),
            Self::L2tp(message) => fmt::Display::fmt(message, f),
        }
    }
}

/// Each record in a line of its own.
fn write_records(f: &mut fmt::Formatter<'_>, message: &dns::Message<'_>) -> fmt::Result {
    for record in message.records().take(MAX_LINES) {
        let record = match record {
            Ok(record) => record,
            Err(stop) => return write!(f, "\n\t[|{stop}]"),
        };
        let section = match record.section {
            dns::Section::Answer => "answer",
            dns::Section::Authority => "authority",
            dns::Section::Additional => "additional",
        };
        write!(f, "\n\t{section} {} ", record.name)?;
        if let Some(edns) = dns::Edns::of(&record) {
            write_edns(f, &edns)?;
            continue;
        }
        write!(f, "{} {} ", record.ttl, record.record_type)?;
        match record.value() {
            Ok(value) => write!(f, "{value}")?,
            Err(stop) => write!(f, "[|{stop}]")?,
        }
    }
    Ok(())
}

fn write_edns(f: &mut fmt::Formatter<'_>, edns: &dns::Edns<'_>) -> fmt::Result {
    write!(f, "OPT UDPsize={}{}", edns.payload_size(), if edns.dnssec_ok() { " DO" } else { "" })?;
    for option in edns.options().take(MAX_ITEMS) {
        match option.and_then(|option| Ok((option, option.value()?))) {
            Ok((option, value)) => match option.name() {
                Some(name) => write!(f, " [{name} {value}]")?,
                None => write!(f, " [option {} {value}]", option.code)?,
            },
            Err(stop) => write!(f, " [|{stop}]")?,
        }
    }
    Ok(())
}

fn write_tls(f: &mut fmt::Formatter<'_>, records: tls::Records<'_>) -> fmt::Result {
    f.write_str("TLS:")?;
    let mut items = Items { f, count: 0 };
    for record in records.take(MAX_ITEMS) {
        match record {
            Ok(record) => items.record(&record)?,
            Err(stop) => return write!(items.next()?, "[|{stop}]"),
        }
    }
    Ok(())
}

/// Items of a list, each in a line of its own if there is to be more than one.
struct Items<'f, 'g> {
    f: &'f mut fmt::Formatter<'g>,
    count: usize,
}

impl<'g> Items<'_, 'g> {
    fn next(&mut self) -> Result<&mut fmt::Formatter<'g>, fmt::Error> {
        let first = self.count == 0;
        self.count += 1;
        let separator = match (self.f.alternate(), first) {
            (true, _) => "\n\t",
            (false, true) => " ",
            (false, false) => "; ",
        };
        self.f.write_str(separator)?;
        Ok(self.f)
    }

    fn record(&mut self, record: &tls::Record<'_>) -> fmt::Result {
        let (kind, length) = (record.content_type, record.length);
        if let Some(alert) = record.alert() {
            return write!(self.next()?, "alert {alert}");
        }
        let mut plain = false;
        for message in record.handshakes().flatten().take(MAX_ITEMS) {
            plain = true;
            let f = self.next()?;
            write!(f, "{}", message.message_type)?;
            if let Some(hello) = message.hello() {
                write_hello(f, &hello)?;
            } else if let Some(certificates) = message.certificates() {
                write!(f, " {}", certificates.flatten().count())?;
            }
            if message.is_truncated() {
                f.write_str(" …")?;
            }
        }
        match kind {
            _ if plain => Ok(()),
            tls::ContentType::CHANGE_CIPHER_SPEC => write!(self.next()?, "{kind}"),
            tls::ContentType::HANDSHAKE | tls::ContentType::ALERT => {
                write!(self.next()?, "encrypted {kind}, length {length}")
            }
            _ => write!(self.next()?, "{kind}, length {length}"),
        }
    }
}

fn write_hello(f: &mut fmt::Formatter<'_>, hello: &tls::Hello<'_>) -> fmt::Result {
    if let Some(version) = hello.version() {
        write!(f, " {version}")?;
    }
    if let Some(name) = hello.server_name() {
        write!(f, " {}", name.escape_ascii())?;
    }
    if hello.is_server() {
        hello.cipher_suites().try_for_each(|suite| write!(f, " {suite}"))?;
        hello.selected_group().into_iter().try_for_each(|group| write!(f, " {group}"))?;
    }
    for (at, name) in hello.application_protocols().take(MAX_ITEMS).enumerate() {
        write!(f, "{}{}", if at == 0 { " alpn " } else { "," }, name.escape_ascii())?;
    }
    let marks = [
        (hello.is_retry_request(), " retry"),
        (hello.session_ticket().is_some_and(|ticket| !ticket.is_empty()), " ticket"),
        (hello.has_pre_shared_key(), " psk"),
        (hello.has_early_data(), " early_data"),
    ];
    marks.iter().filter(|(set, _)| *set).try_for_each(|(_, mark)| f.write_str(mark))?;
    if !f.alternate() || hello.is_server() {
        return Ok(());
    }
    f.write_str("\n\t  cipher_suites")?;
    hello.cipher_suites().take(MAX_LINES).try_for_each(|suite| write!(f, " {suite}"))?;
    f.write_str("\n\t  groups")?;
    hello.supported_groups().take(MAX_LINES).try_for_each(|group| write!(f, " {group}"))
}

fn write_http(f: &mut fmt::Formatter<'_>, head: &http::Head<'_>) -> fmt::Result {
    write!(f, "HTTP: {head}")?;
    if !f.alternate() {
        return Ok(());
    }
    for field in head.fields().take(MAX_LINES) {
        match field {
            Ok(field) => write!(f, "\n\t{}: {}", field.name.escape_ascii(), field.value.escape_ascii())?,
            Err(stop) => write!(f, "\n\t[|{stop}]")?,
        }
    }
    Ok(())
}

fn write_quic(f: &mut fmt::Formatter<'_>, packets: quic::Packets<'_>) -> fmt::Result {
    f.write_str("quic,")?;
    let mut items = Items { f, count: 0 };
    for packet in packets.take(MAX_ITEMS) {
        match packet {
            Ok(packet) => write!(items.next()?, "{packet}")?,
            Err(stop) => write!(items.next()?, "[|{stop}]")?,
        }
    }
    Ok(())
}

/// Questions that somebody asks at once, and more.
const MAX_QUESTIONS: u16 = 16;
/// Items of one list that are written.
const MAX_ITEMS: usize = 16;
/// Records, fields, suites and groups that are written.
const MAX_LINES: usize = 64;
