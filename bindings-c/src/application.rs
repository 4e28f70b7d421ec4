//! What applications say in a packet, as plain structs that lend octets of the frame.

use std::ffi::{c_char, c_int};

use netshoot_core::application::{Message, http, quic, tls};
use netshoot_core::packet::dns;

use crate::error::netshoot_error_t;
use crate::look::{Frame, message};
use crate::ports::netshoot_ports_t;
use crate::text;

/// Octets of the frame that was passed: valid as long as that is. NULL and 0 where there are none.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_octets_t {
    /// The first.
    pub bytes: *const u8,
    /// How many there are.
    pub length: usize,
}

/// Room for a name or the data of a DNS record as text; longer text is cut. There is always a NUL at the end.
pub const NETSHOOT_DNS_TEXT: usize = 256;

/// The header of a DNS message, its first question, and what it says by EDNS.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_dns_message_t {
    /// The message.
    pub octets: netshoot_octets_t,
    /// Transaction identifier.
    pub id: u16,
    /// The response code, with the bits that EDNS adds.
    pub response_code: u16,
    /// Questions and records of the three sections, as the header states them.
    pub question_count: u16,
    /// Answers.
    pub answer_count: u16,
    /// Records that name an authority.
    pub authority_count: u16,
    /// Everything else.
    pub additional_count: u16,
    /// Type of the first question.
    pub question_type: u16,
    /// Class of the first question.
    pub question_class: u16,
    /// Octets of a UDP payload that the sender can take, if has_edns.
    pub edns_payload_size: u16,
    /// Why the response is as it is (RFC 8914), if has_extended_error.
    pub extended_error: u16,
    /// Kind of query: 0 standard.
    pub opcode: u8,
    /// Whether this is a response.
    pub is_response: bool,
    /// The responder is an authority for the name.
    pub authoritative: bool,
    /// The message did not fit and was cut by its sender.
    pub truncated: bool,
    /// The client asks for recursion.
    pub recursion_desired: bool,
    /// The server offers recursion.
    pub recursion_available: bool,
    /// The server validated the data.
    pub authentic_data: bool,
    /// The client wants no validation.
    pub checking_disabled: bool,
    /// Whether there is EDNS.
    pub has_edns: bool,
    /// The sender wants records of DNSSEC.
    pub dnssec_ok: bool,
    /// Whether extended_error is there.
    pub has_extended_error: bool,
    /// Name of the first question in presentation format without a final dot.
    pub question_name: [c_char; NETSHOOT_DNS_TEXT],
}

/// The record answers the question.
pub const NETSHOOT_DNS_ANSWER: u8 = 0;
/// The record names an authority.
pub const NETSHOOT_DNS_AUTHORITY: u8 = 1;
/// Everything else, EDNS included.
pub const NETSHOOT_DNS_ADDITIONAL: u8 = 2;

/// A DNS record.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_dns_record_t {
    /// The data as they were sent.
    pub data: netshoot_octets_t,
    /// Time to live in seconds.
    pub ttl: u32,
    /// The type (IANA).
    pub record_type: u16,
    /// The class: 1 is Internet.
    pub record_class: u16,
    /// NETSHOOT_DNS_ANSWER, …_AUTHORITY or …_ADDITIONAL.
    pub section: u8,
    /// Whether value is there: the data fit the type.
    pub has_value: bool,
    /// The name in presentation format without a final dot.
    pub name: [c_char; NETSHOOT_DNS_TEXT],
    /// The data in presentation format, such as `10 mx.example.com`.
    pub value: [c_char; NETSHOOT_DNS_TEXT],
}

/// What the records of TLS in a segment say openly: the first hello, and the first alert.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_tls_t {
    /// The name of the server that the client wants (SNI).
    pub server_name: netshoot_octets_t,
    /// The first protocol above TLS (ALPN): the client's favourite, or the one that the server chose.
    pub application_protocol: netshoot_octets_t,
    /// The session that the client wants to resume, or that the server resumes or begins.
    pub session_id: netshoot_octets_t,
    /// 32 random octets.
    pub random: netshoot_octets_t,
    /// The suites that the client offers, or the one that the server chose: two octets each, in network byte order.
    pub cipher_suites: netshoot_octets_t,
    /// The first certificate (X.509, DER), of TLS 1.2 and before.
    pub certificate: netshoot_octets_t,
    /// Records that begin in the segment.
    pub record_count: u32,
    /// The version that the server chose, or the highest that the client offers: 0x0303 is TLS 1.2, 0x0304 TLS 1.3.
    pub version: u16,
    /// The group for the key exchange that the server chose; 0 where it does not say.
    pub selected_group: u16,
    /// What the first record holds: 20 change of the cipher, 21 alert, 22 handshake, 23 application data.
    pub content_type: u8,
    /// 1 warning, 2 fatal, if has_alert.
    pub alert_level: u8,
    /// Why (IANA TLS alerts), if has_alert.
    pub alert_description: u8,
    /// Whether there is a client hello.
    pub has_client_hello: bool,
    /// Whether there is a server hello, and no client hello.
    pub has_server_hello: bool,
    /// Whether the hello is whole.
    pub is_whole: bool,
    /// Whether there is an alert that is not encrypted.
    pub has_alert: bool,
}

/// Nothing follows a head of HTTP.
pub const NETSHOOT_HTTP_BODY_NONE: u8 = 0;
/// So many octets follow as content_length says.
pub const NETSHOOT_HTTP_BODY_LENGTH: u8 = 1;
/// Chunks follow.
pub const NETSHOOT_HTTP_BODY_CHUNKED: u8 = 2;
/// All until the connection closes follows.
pub const NETSHOOT_HTTP_BODY_UNTIL_CLOSE: u8 = 3;
/// Servers and proxies may read differently what follows.
pub const NETSHOOT_HTTP_BODY_AMBIGUOUS: u8 = 4;

/// The head of an HTTP/1 message.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_http_t {
    /// Of a request: such as GET.
    pub method: netshoot_octets_t,
    /// Of a request: mostly a path with a query.
    pub target: netshoot_octets_t,
    /// Of a response: what it says to humans.
    pub reason: netshoot_octets_t,
    /// Octets that follow, of NETSHOOT_HTTP_BODY_LENGTH.
    pub content_length: u64,
    /// Of a response: such as 200.
    pub status: u16,
    /// What follows, NETSHOOT_HTTP_BODY_….
    pub body: u8,
    /// The version's second number: 1 of HTTP/1.1.
    pub minor_version: u8,
    /// Whether this is a response.
    pub is_response: bool,
    /// Whether the head ends in the segment.
    pub is_whole: bool,
    /// Whether the connection ends after this message.
    pub closes: bool,
}

/// A header field of HTTP.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_http_field_t {
    /// The name as it was sent; letters of either case are the same.
    pub name: netshoot_octets_t,
    /// The value without white space around it.
    pub value: netshoot_octets_t,
}

/// The first packets of a connection.
pub const NETSHOOT_QUIC_INITIAL: u8 = 0;
/// Data before the handshake is over.
pub const NETSHOOT_QUIC_ZERO_RTT: u8 = 1;
/// The handshake.
pub const NETSHOOT_QUIC_HANDSHAKE: u8 = 2;
/// The server wants to see that the client's address is its own.
pub const NETSHOOT_QUIC_RETRY: u8 = 3;
/// The server does not know the version; token has those that it knows, four octets each in network byte order.
pub const NETSHOOT_QUIC_VERSION_NEGOTIATION: u8 = 4;
/// A short header.
pub const NETSHOOT_QUIC_SHORT: u8 = 5;
/// A version of which nothing more is known.
pub const NETSHOOT_QUIC_UNKNOWN: u8 = 6;

/// The header of a packet of QUIC.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_quic_packet_t {
    /// The receiver's identifier of the connection; none in a short header where its length is not known.
    pub destination_id: netshoot_octets_t,
    /// The sender's identifier of the connection, in long headers.
    pub source_id: netshoot_octets_t,
    /// The token of an initial packet or a retry.
    pub token: netshoot_octets_t,
    /// Octets of packet number and payload.
    pub payload_length: u64,
    /// The version, in long headers.
    pub version: u32,
    /// NETSHOOT_QUIC_….
    pub kind: u8,
}

/// Reads the DNS message of the packet inside of depth tunnels: of port 53, 5353 (mDNS) or 5355 (LLMNR), over TCP the first
/// of the segment. The arguments before out are those of netshoot_packet_parse_inner.
///
/// Returns 1, or 0 if there is none, which leaves out as it was, or -1 if an argument makes no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_packet_dns(
    link_type: u16,
    bytes: *const u8,
    length: usize,
    original_length: u32,
    depth: u8,
    ports: *const netshoot_ports_t,
    out: *mut netshoot_dns_message_t,
    err: *mut netshoot_error_t,
) -> c_int {
    let frame = Frame { link_type, bytes, length, original_length, depth, ports };
    // SAFETY: the caller lends what the header asks for.
    unsafe {
        frame.one(out, err, |packet, ports| match message(packet, ports)? {
            Message::Dns(message) => Some(plain_dns(&message)),
            _ => None,
        })
    }
}

/// Reads the records of the DNS message that netshoot_packet_dns reads, and writes up to size of them to out.
///
/// Returns how many there are up to the first that cannot be read, also if size is less; 0 if there is no message; or -1 if
/// an argument makes no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_packet_dns_records(
    link_type: u16,
    bytes: *const u8,
    length: usize,
    original_length: u32,
    depth: u8,
    ports: *const netshoot_ports_t,
    out: *mut netshoot_dns_record_t,
    size: usize,
    err: *mut netshoot_error_t,
) -> c_int {
    let frame = Frame { link_type, bytes, length, original_length, depth, ports };
    // SAFETY: the caller lends what the header asks for.
    unsafe {
        frame.list(out, size, err, |packet, ports, room| match message(packet, ports) {
            Some(Message::Dns(message)) => room.fill(message.records().flatten().map(|record| plain_record(&record))),
            _ => Ok(0),
        })
    }
}

/// Reads the records of TLS that begin in the segment of the packet inside of depth tunnels, of port 443 or another where TLS
/// is usual. The arguments before out are those of netshoot_packet_parse_inner.
///
/// Returns 1, or 0 if there are none, which leaves out as it was, or -1 if an argument makes no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_packet_tls(
    link_type: u16,
    bytes: *const u8,
    length: usize,
    original_length: u32,
    depth: u8,
    ports: *const netshoot_ports_t,
    out: *mut netshoot_tls_t,
    err: *mut netshoot_error_t,
) -> c_int {
    let frame = Frame { link_type, bytes, length, original_length, depth, ports };
    // SAFETY: the caller lends what the header asks for.
    unsafe {
        frame.one(out, err, |packet, ports| match message(packet, ports)? {
            Message::Tls(records) => Some(plain_tls(records)),
            _ => None,
        })
    }
}

/// Reads the head of the HTTP/1 message with which the segment of the packet inside of depth tunnels begins, of port 80 or
/// another where HTTP is usual. The arguments before out are those of netshoot_packet_parse_inner.
///
/// Returns 1, or 0 if there is none, which leaves out as it was, or -1 if an argument makes no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_packet_http(
    link_type: u16,
    bytes: *const u8,
    length: usize,
    original_length: u32,
    depth: u8,
    ports: *const netshoot_ports_t,
    out: *mut netshoot_http_t,
    err: *mut netshoot_error_t,
) -> c_int {
    let frame = Frame { link_type, bytes, length, original_length, depth, ports };
    // SAFETY: the caller lends what the header asks for.
    unsafe {
        frame.one(out, err, |packet, ports| match message(packet, ports)? {
            Message::Http(head) => Some(plain_http(&head)),
            _ => None,
        })
    }
}

/// Reads the header fields of the head that netshoot_packet_http reads, and writes up to size of them to out.
///
/// Returns how many there are up to the first that cannot be read, also if size is less; 0 if there is no head; or -1 if an
/// argument makes no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_packet_http_fields(
    link_type: u16,
    bytes: *const u8,
    length: usize,
    original_length: u32,
    depth: u8,
    ports: *const netshoot_ports_t,
    out: *mut netshoot_http_field_t,
    size: usize,
    err: *mut netshoot_error_t,
) -> c_int {
    let frame = Frame { link_type, bytes, length, original_length, depth, ports };
    // SAFETY: the caller lends what the header asks for.
    unsafe {
        frame.list(out, size, err, |packet, ports, room| {
            let Some(Message::Http(head)) = message(packet, ports) else { return Ok(0) };
            let plain =
                |field: http::Field<'_>| netshoot_http_field_t { name: lent(field.name), value: lent(field.value) };
            room.fill(head.fields().flatten().map(plain))
        })
    }
}

/// Reads the packets of QUIC in the datagram of the packet inside of depth tunnels, of port 443 or another where QUIC is
/// usual, and writes up to size of them to out. The arguments before it are those of netshoot_packet_parse_inner.
///
/// Returns how many there are up to the first that cannot be read, also if size is less; or -1 if an argument makes no
/// sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_packet_quic(
    link_type: u16,
    bytes: *const u8,
    length: usize,
    original_length: u32,
    depth: u8,
    ports: *const netshoot_ports_t,
    out: *mut netshoot_quic_packet_t,
    size: usize,
    err: *mut netshoot_error_t,
) -> c_int {
    let frame = Frame { link_type, bytes, length, original_length, depth, ports };
    // SAFETY: the caller lends what the header asks for.
    unsafe {
        frame.list(out, size, err, |packet, ports, room| match message(packet, ports) {
            Some(Message::Quic(packets)) => room.fill(packets.flatten().map(|packet| plain_quic(&packet))),
            _ => Ok(0),
        })
    }
}

const NONE: netshoot_octets_t = netshoot_octets_t { bytes: std::ptr::null(), length: 0 };

pub(crate) fn lent(octets: &[u8]) -> netshoot_octets_t {
    if octets.is_empty() { NONE } else { netshoot_octets_t { bytes: octets.as_ptr(), length: octets.len() } }
}

fn plain_dns(message: &dns::Message<'_>) -> netshoot_dns_message_t {
    let question = message.questions().flatten().next();
    let edns = message.edns();
    let extended = edns.into_iter().flat_map(|edns| edns.options().flatten()).find_map(|option| match option.value() {
        Ok(dns::EdnsValue::ExtendedError { code, .. }) => Some(code),
        _ => None,
    });
    netshoot_dns_message_t {
        octets: lent(message.bytes()),
        id: message.id(),
        response_code: message.extended_response_code().0,
        question_count: message.question_count(),
        answer_count: message.answer_count(),
        authority_count: message.authority_count(),
        additional_count: message.additional_count(),
        question_type: question.map_or(0, |question| question.record_type.0),
        question_class: question.map_or(0, |question| question.class),
        edns_payload_size: edns.map_or(0, |edns| edns.payload_size()),
        extended_error: extended.unwrap_or(0),
        opcode: message.opcode(),
        is_response: message.is_response(),
        authoritative: message.authoritative(),
        truncated: message.truncated(),
        recursion_desired: message.recursion_desired(),
        recursion_available: message.recursion_available(),
        authentic_data: message.authentic_data(),
        checking_disabled: message.checking_disabled(),
        has_edns: edns.is_some(),
        dnssec_ok: edns.is_some_and(|edns| edns.dnssec_ok()),
        has_extended_error: extended.is_some(),
        question_name: question.map_or([0; NETSHOOT_DNS_TEXT], |question| text::inline(&question.name.to_string())),
    }
}

fn plain_record(record: &dns::Record<'_>) -> netshoot_dns_record_t {
    let value = record.value();
    netshoot_dns_record_t {
        data: lent(record.data),
        ttl: record.ttl,
        record_type: record.record_type.0,
        record_class: record.class,
        section: record.section as u8,
        has_value: value.is_ok(),
        name: text::inline(&record.name.to_string()),
        value: value.map_or([0; NETSHOOT_DNS_TEXT], |value| text::inline(&value.to_string())),
    }
}

fn plain_tls(records: tls::Records<'_>) -> netshoot_tls_t {
    let mut plain = netshoot_tls_t {
        server_name: NONE,
        application_protocol: NONE,
        session_id: NONE,
        random: NONE,
        cipher_suites: NONE,
        certificate: NONE,
        record_count: 0,
        version: 0,
        selected_group: 0,
        content_type: 0,
        alert_level: 0,
        alert_description: 0,
        has_client_hello: false,
        has_server_hello: false,
        is_whole: false,
        has_alert: false,
    };
    for record in records.flatten() {
        if plain.record_count == 0 {
            plain.content_type = record.content_type.0;
        }
        plain.record_count += 1;
        if let Some(alert) = record.alert().filter(|_| !plain.has_alert) {
            (plain.has_alert, plain.alert_level, plain.alert_description) = (true, alert.level, alert.description.0);
        }
        for message in record.handshakes().flatten() {
            if let Some(hello) = message.hello().filter(|_| !plain.has_client_hello && !plain.has_server_hello) {
                plain.set_hello(&hello);
            }
            if let Some(Ok(certificate)) = message.certificates().and_then(|mut all| all.next())
                && plain.certificate.length == 0
            {
                plain.certificate = lent(certificate);
            }
        }
    }
    plain
}

impl netshoot_tls_t {
    fn set_hello(&mut self, hello: &tls::Hello<'_>) {
        (self.has_client_hello, self.has_server_hello) = (!hello.is_server(), hello.is_server());
        self.is_whole = hello.stopped().is_none();
        self.server_name = lent(hello.server_name().unwrap_or_default());
        self.application_protocol = lent(hello.application_protocols().next().unwrap_or_default());
        self.session_id = lent(hello.session_id());
        self.random = lent(hello.random());
        self.cipher_suites = lent(hello.cipher_suite_octets());
        self.version = hello.version().map_or(0, |version| version.0);
        self.selected_group = hello.selected_group().map_or(0, |group| group.0);
    }
}

fn plain_http(head: &http::Head<'_>) -> netshoot_http_t {
    let (body, content_length) = match head.body() {
        http::Body::None => (NETSHOOT_HTTP_BODY_NONE, 0),
        http::Body::Length(length) => (NETSHOOT_HTTP_BODY_LENGTH, length),
        http::Body::Chunked => (NETSHOOT_HTTP_BODY_CHUNKED, 0),
        http::Body::UntilClose => (NETSHOOT_HTTP_BODY_UNTIL_CLOSE, 0),
        _ => (NETSHOOT_HTTP_BODY_AMBIGUOUS, 0),
    };
    let (mut method, mut target, mut reason, mut status) = (NONE, NONE, NONE, 0);
    match head.start() {
        http::Start::Request { method: own, target: of, .. } => (method, target) = (lent(own), lent(of)),
        http::Start::Response { status: own, reason: why, .. } => (status, reason) = (own, lent(why)),
    }
    netshoot_http_t {
        method,
        target,
        reason,
        content_length,
        status,
        body,
        minor_version: head.version().map_or(0, |version| version.minor),
        is_response: head.is_response(),
        is_whole: head.length().is_some(),
        closes: head.closes(),
    }
}

fn plain_quic(packet: &quic::Packet<'_>) -> netshoot_quic_packet_t {
    let (kind, token, payload_length) = match packet.kind() {
        quic::Kind::Initial { token, length } => (NETSHOOT_QUIC_INITIAL, lent(token), length),
        quic::Kind::ZeroRtt { length } => (NETSHOOT_QUIC_ZERO_RTT, NONE, length),
        quic::Kind::Handshake { length } => (NETSHOOT_QUIC_HANDSHAKE, NONE, length),
        quic::Kind::Retry { token, .. } => (NETSHOOT_QUIC_RETRY, lent(token), 0),
        quic::Kind::VersionNegotiation { versions } => (NETSHOOT_QUIC_VERSION_NEGOTIATION, lent(versions.octets()), 0),
        quic::Kind::Short => (NETSHOOT_QUIC_SHORT, NONE, 0),
        _ => (NETSHOOT_QUIC_UNKNOWN, NONE, 0),
    };
    netshoot_quic_packet_t {
        destination_id: lent(packet.destination_id().unwrap_or_default()),
        source_id: lent(packet.source_id().unwrap_or_default()),
        token,
        payload_length,
        version: packet.version().map_or(0, |version| version.0),
        kind,
    }
}
