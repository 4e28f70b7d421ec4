//! The messages of applications as plain records.

use std::net::IpAddr;

use netshoot_core::application::{http, quic, tls};
use netshoot_core::packet::dns;

use super::headers::Stop;

records! {
    /// A DNS message.
    Dns {
        /// Transaction identifier.
        id: u16,
        /// Whether this is a response.
        is_response: bool,
        /// Kind of query: 0 standard.
        opcode: u8,
        /// Response code, such as `NOERROR` or `NXDOMAIN`, with the bits that EDNS adds.
        response_code: String,
        /// The responder is an authority for the name.
        authoritative: bool,
        /// The message did not fit and was cut by its sender.
        truncated: bool,
        /// The client asks for recursion.
        recursion_desired: bool,
        /// The server offers recursion.
        recursion_available: bool,
        /// The server validated the data (DNSSEC).
        authentic_data: bool,
        /// The client wants no validation.
        checking_disabled: bool,
        /// The questions, up to the first that cannot be read.
        questions: Vec<Question>,
        /// Answer records that the header states.
        answer_count: u16,
        /// Addresses and names of the answer section, as far as they can be read.
        answers: Vec<String>,
        /// The records of all sections but EDNS, up to the first that cannot be read.
        records: Vec<DnsRecord>,
        /// What the sender says by EDNS.
        edns: Option<Edns>,
        /// Where and why the message ended early; offsets count from its start.
        stop: Option<Stop>,
    }

    /// A DNS question.
    Question {
        /// The name in presentation format without a final dot.
        name: String,
        /// The type of record, such as `A`.
        record_type: String,
        /// The class: 1 is Internet.
        record_class: u16,
    }

    /// A DNS record.
    DnsRecord {
        /// `answer`, `authority` or `additional`.
        section: String,
        /// The name in presentation format without a final dot.
        name: String,
        /// The type, such as `A`.
        record_type: String,
        /// The class: 1 is Internet; in multicast DNS the highest bit says that this replaces what was known.
        record_class: u16,
        /// Time to live in seconds.
        ttl: u32,
        /// The data in presentation format, such as `10 mx.example.com`; `None` where they contradict the type.
        value: Option<String>,
        /// The data as they were sent.
        data: Vec<u8>,
    }

    /// What a DNS message says by EDNS.
    Edns {
        /// Octets of a UDP payload that the sender can take.
        payload_size: u16,
        /// The version, 0.
        version: u8,
        /// The sender wants records of DNSSEC.
        dnssec_ok: bool,
        /// The options, up to the first that cannot be read.
        options: Vec<EdnsOption>,
    }

    /// An option of EDNS.
    EdnsOption {
        /// Its number.
        code: u16,
        /// `NSID`, `ECS`, `COOKIE`, `KEEPALIVE`, `PADDING`, `EDE`; `None` for others.
        name: Option<String>,
        /// What it says, such as `192.0.2.0/24/0`, or `18 (Prohibited)`; `None` where it contradicts its format.
        text: Option<String>,
        /// The data as they were sent.
        data: Vec<u8>,
    }

    /// The records of TLS that begin in a segment, and what is not encrypted in them.
    Tls {
        /// The records; the last may be cut.
        records: Vec<TlsRecord>,
        /// Names of the messages of the handshake, such as `client_hello`.
        messages: Vec<String>,
        /// What the client offers.
        client_hello: Option<TlsHello>,
        /// What the server chose.
        server_hello: Option<TlsHello>,
        /// The certificates (X.509, DER) that are whole in the segment.
        certificates: Vec<Vec<u8>>,
        /// An end, or a complaint.
        alert: Option<TlsAlert>,
        /// Where and why the records ended early; offsets count from the start of the segment's data.
        stop: Option<Stop>,
    }

    /// A record of TLS.
    TlsRecord {
        /// `handshake`, `application_data`, `alert`, `change_cipher_spec`.
        content_type: String,
        /// The version that it states, such as `TLS 1.2`.
        version: String,
        /// Octets of its payload.
        length: u16,
        /// Whether the rest is in another segment, or was not captured.
        is_truncated: bool,
    }

    /// An alert of TLS.
    TlsAlert {
        /// 1 warning, 2 fatal.
        level: u8,
        /// Why, such as `handshake_failure`.
        description: String,
    }

    /// A client or server hello of TLS, as far as it is there.
    TlsHello {
        /// The version that the server chose, or the highest that the client offers.
        version: Option<String>,
        /// The name of the server that the client wants (SNI).
        server_name: Option<String>,
        /// The protocols above TLS (ALPN).
        application_protocols: Vec<String>,
        /// The suites that the client offers, or the one that the server chose.
        cipher_suites: Vec<String>,
        /// The versions of the extension for them.
        supported_versions: Vec<String>,
        /// The groups for the key exchange that the sender can.
        supported_groups: Vec<String>,
        /// The groups of which there are public keys.
        key_share_groups: Vec<String>,
        /// Numbers of the signatures that the sender can verify.
        signature_algorithms: Vec<u16>,
        /// Numbers of the extensions.
        extensions: Vec<u16>,
        /// 32 random octets.
        random: Vec<u8>,
        /// The session that the client wants to resume, or that the server resumes or begins.
        session_id: Vec<u8>,
        /// The ticket by which the client wants to resume a session; empty where it has none.
        session_ticket: Option<Vec<u8>>,
        /// Whether the client offers, or the server uses, a key from before.
        has_pre_shared_key: bool,
        /// Whether the client sends data before the handshake is over.
        has_early_data: bool,
        /// Whether the server asks the client to say hello again.
        is_retry_request: bool,
        /// Where and why the hello ended early.
        stop: Option<Stop>,
    }

    /// The head of an HTTP/1 message, as far as it is there. Octets beyond ASCII are those of Latin-1.
    Http {
        /// Whether this is a response.
        is_response: bool,
        /// Of a request: such as `GET`.
        method: Option<String>,
        /// Of a request: mostly a path with a query.
        target: Option<String>,
        /// Such as `HTTP/1.1`; `None` where the line ends before it.
        version: Option<String>,
        /// Of a response: such as 200.
        status: Option<u16>,
        /// Of a response: what it says to humans.
        reason: Option<String>,
        /// Names and values of the header fields.
        fields: Vec<(String, String)>,
        /// What follows: `none`, `length`, `chunked`, `until_close`, or `ambiguous`.
        body: String,
        /// Octets that follow, where the body is `length`.
        content_length: Option<u64>,
        /// Whether the connection ends after this message.
        closes: bool,
        /// Where and why the head ended early; offsets count from the start of the segment's data.
        stop: Option<Stop>,
    }

    /// The header of a packet of QUIC.
    QuicPacket {
        /// `initial`, `0-rtt`, `handshake`, `retry`, `version_negotiation`, `short`, or `unknown` for a version of which
        /// nothing more is known.
        kind: String,
        /// The version's number, in long headers.
        version: Option<u32>,
        /// The receiver's identifier of the connection; `None` in a short header where its length is not known.
        destination_id: Option<Vec<u8>>,
        /// The sender's identifier of the connection, in long headers.
        source_id: Option<Vec<u8>>,
        /// The token of an initial packet or a retry.
        token: Option<Vec<u8>>,
        /// Octets of packet number and payload.
        length: Option<u64>,
        /// The versions that a negotiation offers.
        versions: Vec<u32>,
    }
}

impl From<&dns::Message<'_>> for Dns {
    fn from(message: &dns::Message<'_>) -> Self {
        let stop = message.questions().find_map(Result::err).or_else(|| message.records().find_map(Result::err));
        let records = message.records().flatten().filter(|record| record.record_type != dns::RecordType::OPT);
        Self {
            id: message.id(),
            is_response: message.is_response(),
            opcode: message.opcode(),
            response_code: message.extended_response_code().to_string(),
            authoritative: message.authoritative(),
            truncated: message.truncated(),
            recursion_desired: message.recursion_desired(),
            recursion_available: message.recursion_available(),
            authentic_data: message.authentic_data(),
            checking_disabled: message.checking_disabled(),
            questions: message.questions().flatten().map(Question::from).collect(),
            answer_count: message.answer_count(),
            answers: message.answers().flatten().filter_map(|record| answer(&record)).collect(),
            records: records.map(|record| DnsRecord::from(&record)).collect(),
            edns: message.edns().map(|edns| Edns::from(&edns)),
            stop: stop.map(Stop::from),
        }
    }
}

impl From<dns::Question<'_>> for Question {
    fn from(question: dns::Question<'_>) -> Self {
        Self {
            name: question.name.to_string(),
            record_type: question.record_type.to_string(),
            record_class: question.class,
        }
    }
}

fn answer(record: &dns::Record<'_>) -> Option<String> {
    record.address().map(|address: IpAddr| address.to_string()).or_else(|| record.target().map(|name| name.to_string()))
}

impl From<&dns::Record<'_>> for DnsRecord {
    fn from(record: &dns::Record<'_>) -> Self {
        let section = match record.section {
            dns::Section::Answer => "answer",
            dns::Section::Authority => "authority",
            dns::Section::Additional => "additional",
        };
        Self {
            section: section.to_owned(),
            name: record.name.to_string(),
            record_type: record.record_type.to_string(),
            record_class: record.class,
            ttl: record.ttl,
            value: record.value().ok().map(|value| value.to_string()),
            data: record.data.to_vec(),
        }
    }
}

impl From<&dns::Edns<'_>> for Edns {
    fn from(edns: &dns::Edns<'_>) -> Self {
        let options = edns.options().flatten().map(|option| EdnsOption {
            code: option.code,
            name: option.name().map(str::to_owned),
            text: option.value().ok().map(|value| value.to_string()),
            data: option.data.to_vec(),
        });
        let options = options.collect();
        let (payload_size, version) = (edns.payload_size(), edns.version());
        Self { payload_size, version, dnssec_ok: edns.dnssec_ok(), options }
    }
}

impl From<tls::Records<'_>> for Tls {
    fn from(records: tls::Records<'_>) -> Self {
        let mut all = Self {
            records: Vec::new(),
            messages: Vec::new(),
            client_hello: None,
            server_hello: None,
            certificates: Vec::new(),
            alert: None,
            stop: None,
        };
        for record in records {
            match record {
                Ok(record) => all.take(&record),
                Err(stop) => all.stop = Some(stop.into()),
            }
        }
        all
    }
}

impl Tls {
    fn take(&mut self, record: &tls::Record<'_>) {
        self.records.push(TlsRecord {
            content_type: record.content_type.to_string(),
            version: record.version.to_string(),
            length: record.length,
            is_truncated: record.is_truncated(),
        });
        if let Some(alert) = record.alert() {
            self.alert = Some(TlsAlert { level: alert.level, description: alert.description.to_string() });
        }
        for message in record.handshakes().flatten() {
            self.messages.push(message.message_type.to_string());
            self.certificates.extend(message.certificates().into_iter().flatten().flatten().map(<[u8]>::to_vec));
            match message.hello() {
                Some(hello) if hello.is_server() => self.server_hello = Some(TlsHello::from(&hello)),
                Some(hello) => self.client_hello = Some(TlsHello::from(&hello)),
                None => {}
            }
        }
    }
}

impl From<&tls::Hello<'_>> for TlsHello {
    fn from(hello: &tls::Hello<'_>) -> Self {
        let mut key_share_groups: Vec<String> = hello.key_shares().map(|(group, _)| group.to_string()).collect();
        if key_share_groups.is_empty() {
            key_share_groups.extend(hello.selected_group().map(|group| group.to_string()));
        }
        Self {
            version: hello.version().map(|version| version.to_string()),
            server_name: hello.server_name().map(text),
            application_protocols: hello.application_protocols().map(text).collect(),
            cipher_suites: hello.cipher_suites().map(|suite| suite.to_string()).collect(),
            supported_versions: hello.supported_versions().map(|version| version.to_string()).collect(),
            supported_groups: hello.supported_groups().map(|group| group.to_string()).collect(),
            key_share_groups,
            signature_algorithms: hello.signature_algorithms().collect(),
            extensions: hello.extensions().flatten().map(|extension| extension.extension_type.0).collect(),
            random: hello.random().to_vec(),
            session_id: hello.session_id().to_vec(),
            session_ticket: hello.session_ticket().map(<[u8]>::to_vec),
            has_pre_shared_key: hello.has_pre_shared_key(),
            has_early_data: hello.has_early_data(),
            is_retry_request: hello.is_retry_request(),
            stop: hello.stopped().map(Stop::from),
        }
    }
}

impl From<&http::Head<'_>> for Http {
    fn from(head: &http::Head<'_>) -> Self {
        let (body, content_length) = match head.body() {
            http::Body::None => ("none", None),
            http::Body::Length(length) => ("length", Some(length)),
            http::Body::Chunked => ("chunked", None),
            http::Body::UntilClose => ("until_close", None),
            _ => ("ambiguous", None),
        };
        let (mut method, mut target, mut status, mut reason) = (None, None, None, None);
        match head.start() {
            http::Start::Request { method: own, target: of, .. } => {
                (method, target) = (Some(text(own)), Some(text(of)))
            }
            http::Start::Response { status: own, reason: why, .. } => (status, reason) = (Some(own), Some(text(why))),
        }
        Self {
            is_response: head.is_response(),
            method,
            target,
            version: head.version().map(|version| version.to_string()),
            status,
            reason,
            fields: head.fields().flatten().map(|field| (text(field.name), text(field.value))).collect(),
            body: body.to_owned(),
            content_length,
            closes: head.closes(),
            stop: head.stopped().map(Stop::from),
        }
    }
}

impl From<quic::Packet<'_>> for QuicPacket {
    fn from(packet: quic::Packet<'_>) -> Self {
        let (mut token, mut length, mut versions) = (None, None, Vec::new());
        match packet.kind() {
            quic::Kind::Initial { token: own, length: octets } => (token, length) = (Some(own.to_vec()), Some(octets)),
            quic::Kind::ZeroRtt { length: octets } | quic::Kind::Handshake { length: octets } => length = Some(octets),
            quic::Kind::Retry { token: own, .. } => token = Some(own.to_vec()),
            quic::Kind::VersionNegotiation { versions: own } => versions = own.map(|version| version.0).collect(),
            _ => {}
        }
        Self {
            kind: packet.kind().name().to_owned(),
            version: packet.version().map(|version| version.0),
            destination_id: packet.destination_id().map(<[u8]>::to_vec),
            source_id: packet.source_id().map(<[u8]>::to_vec),
            token,
            length,
            versions,
        }
    }
}

/// Latin-1, which has a character for every octet.
pub(super) fn text(octets: &[u8]) -> String {
    octets.iter().copied().map(char::from).collect()
}
