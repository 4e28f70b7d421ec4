//! Follows a handshake of TLS.

use super::calls::Moment;
use super::certificate;
use super::tls::{TlsEnd, TlsHandshake, TlsOutcome};
use crate::application::tls::{Alert, ContentType, Decoder, Event, Handshake, HandshakeType, Hello, Version};
use crate::capture::Timestamp;

/// A handshake that is not over.
#[derive(Debug)]
pub(super) struct Handshaking {
    /// From the client, and from the server.
    decoders: [Decoder; 2],
    state: State,
}

#[derive(Debug)]
struct State {
    began: Moment,
    /// The last hello of the client.
    hello: Moment,
    record: TlsHandshake,
    /// The session that the client wants to resume (TLS 1.2 and before).
    session_id: Vec<u8>,
    offers_ticket: bool,
    /// Octets of each direction before the piece that is read.
    offsets: [u64; 2],
    ends: [End; 2],
    /// The last octet of the handshake that ended it, by its place in the stream.
    done: Option<u64>,
    closed: [bool; 2],
    has_gap: bool,
    has_fatal: bool,
}

/// How far an end is.
#[derive(Clone, Copy, Debug, Default)]
struct End {
    /// It encrypts from here on.
    ciphers: bool,
    /// It sent a message that is encrypted.
    finished: bool,
}

impl Handshaking {
    pub(super) fn new(began: &Moment) -> Self {
        let record = TlsHandshake {
            flow_id: 0,
            time: Timestamp::from_nanos(began.time),
            server_name: None,
            alpn: None,
            offered_alpn: Vec::new(),
            version: None,
            offered_versions: Vec::new(),
            cipher: None,
            group: None,
            hello: None,
            handshake: None,
            is_retried: false,
            is_resumed: None,
            outcome: None,
            alert: None,
            failed_by: None,
            certificate: None,
            client_hello_frame: began.frame,
            server_hello_frame: None,
            end_frame: None,
        };
        let state = State {
            began: *began,
            hello: *began,
            record,
            session_id: Vec::new(),
            offers_ticket: false,
            offsets: [0; 2],
            ends: [End::default(); 2],
            done: None,
            closed: [false; 2],
            has_gap: false,
            has_fatal: false,
        };
        Self { decoders: Default::default(), state }
    }

    /// Takes octets. `Some` once the handshake is over: how many of them are behind it.
    pub(super) fn push(&mut self, from_client: bool, bytes: &[u8], moment: &Moment) -> Option<usize> {
        if self.state.has_gap {
            return Some(bytes.len());
        }
        let Self { decoders: [client, server], state } = self;
        let decoder = if from_client { client } else { server };
        decoder.push(bytes, &mut |event| state.event(from_client, event, moment));
        let [client, server] = &mut state.offsets;
        let offset = if from_client { client } else { server };
        *offset += bytes.len() as u64;
        let behind = offset.saturating_sub(state.done?);
        Some(usize::try_from(behind).unwrap_or(bytes.len()).min(bytes.len()))
    }

    /// Octets are missing: what they said is not known.
    pub(super) fn gap(&mut self, from_client: bool, length: u64, moment: &Moment) {
        let Self { decoders: [client, server], state } = self;
        let decoder = if from_client { client } else { server };
        decoder.gap(length, &mut |event| state.event(from_client, event, moment));
        state.has_gap = true;
    }

    /// An end reset the connection.
    pub(super) fn reset(&mut self, by_client: bool) {
        let record = &mut self.state.record;
        record.outcome.get_or_insert(TlsOutcome::Reset);
        record.failed_by.get_or_insert(if by_client { TlsEnd::Client } else { TlsEnd::Server });
    }

    /// Which ends have closed their direction.
    pub(super) fn close(&mut self, client: bool, server: bool) {
        // Who closes second only follows.
        if self.state.closed == [false; 2] {
            self.state.closed = [client, server];
        }
    }

    pub(super) fn finish(self, flow_id: u32) -> TlsHandshake {
        let is_other = self.decoders[1].stopped().is_some();
        let mut state = self.state;
        state.record.flow_id = flow_id;
        if state.record.outcome.is_none() {
            state.record.outcome = state.outcome(is_other);
        }
        state.record
    }

    pub(super) fn heap_len(&self) -> usize {
        let decoders: usize = self.decoders.iter().map(Decoder::bytes).sum();
        size_of::<Self>() + decoders + self.state.session_id.capacity()
    }
}

impl State {
    fn event(&mut self, from_client: bool, event: Event<'_>, moment: &Moment) {
        match event {
            Event::Record { offset, content_type, length, .. } => {
                let end = offset + crate::application::tls::HEADER_LEN as u64 + u64::from(length);
                self.record_begins(from_client, content_type, length, end, moment);
            }
            Event::Handshake(message) => self.message(from_client, &message, moment),
            Event::Alert(alert) => self.alert(from_client, alert, moment),
        }
    }

    fn is_1_3(&self) -> bool {
        self.record.version.is_some_and(|version| version >= Version::TLS_1_3)
    }

    fn record_begins(&mut self, from_client: bool, kind: ContentType, length: u16, end: u64, moment: &Moment) {
        let is_1_3 = self.is_1_3();
        let [client, server] = &mut self.ends;
        let (own, peer) = if from_client { (client, server) } else { (server, client) };
        match kind {
            ContentType::CHANGE_CIPHER_SPEC => own.ciphers = true,
            ContentType::HANDSHAKE if own.ciphers && !is_1_3 => own.finished = true,
            ContentType::APPLICATION_DATA if is_1_3 && !from_client => own.finished = true,
            ContentType::APPLICATION_DATA if is_1_3 && peer.finished => {
                if length < SHORTEST_FINISHED {
                    // Only an alert is that short.
                    self.fail(from_client, moment);
                } else {
                    own.finished = true;
                }
            }
            ContentType::APPLICATION_DATA if own.ciphers && !is_1_3 => (own.finished, peer.finished) = (true, true),
            _ => {}
        }
        if self.done.is_none() && self.ends.iter().all(|end| end.finished) {
            // Data of the application is behind the handshake, unless it is the message that ends it.
            let is_data = kind == ContentType::APPLICATION_DATA && !is_1_3;
            self.done = Some(if is_data { 0 } else { end });
            self.record.outcome = Some(TlsOutcome::Ok);
            self.record.handshake = Some(since(&self.began, moment));
            self.record.end_frame = Some(moment.frame);
        }
    }

    fn message(&mut self, from_client: bool, message: &Handshake<'_>, moment: &Moment) {
        if let Some(hello) = message.hello() {
            match from_client {
                true if !hello.is_server() => self.client_hello(&hello, moment),
                false if hello.is_server() => self.server_hello(&hello, moment),
                _ => {}
            }
        } else if !from_client && let Some(mut certificates) = message.certificates() {
            if let Some(Ok(first)) = certificates.next() {
                self.record.certificate = certificate::read(first).map(Box::new);
            }
        } else if let Some(group) = message.key_exchange_group() {
            self.record.group = Some(group);
        }
        if message.message_type == HandshakeType::CERTIFICATE && !self.is_1_3() {
            self.record.is_resumed = Some(false);
        }
    }

    fn client_hello(&mut self, hello: &Hello<'_>, moment: &Moment) {
        self.hello = *moment;
        let record = &mut self.record;
        record.server_name = hello.server_name().map(text);
        record.offered_alpn = hello.application_protocols().take(MAX_NAMES).map(text).collect();
        let versions = hello.supported_versions().filter(|version| !version.is_grease()).take(MAX_NAMES);
        record.offered_versions = versions.collect();
        if record.offered_versions.is_empty() {
            record.offered_versions.extend(hello.legacy_version());
        }
        record.offered_versions.sort_unstable_by(|a, b| b.cmp(a));
        self.session_id = hello.session_id().to_vec();
        self.offers_ticket = hello.session_ticket().is_some_and(|ticket| !ticket.is_empty());
    }

    fn server_hello(&mut self, hello: &Hello<'_>, moment: &Moment) {
        let record = &mut self.record;
        record.version = hello.version();
        record.cipher = hello.cipher_suites().next();
        record.group = hello.selected_group().or(record.group);
        if hello.is_retry_request() {
            record.is_retried = true;
            return;
        }
        record.alpn = hello.application_protocols().next().map(text);
        record.hello = Some(since(&self.hello, moment));
        record.server_hello_frame = Some(moment.frame);
        record.is_resumed = if record.version.is_some_and(|version| version >= Version::TLS_1_3) {
            Some(hello.has_pre_shared_key())
        } else if !self.session_id.is_empty() && self.session_id == hello.session_id() {
            Some(true)
        } else if self.offers_ticket {
            // Until a certificate comes.
            Some(true)
        } else {
            Some(false)
        };
    }

    fn alert(&mut self, from_client: bool, alert: Alert, moment: &Moment) {
        if self.done.is_some() || (self.has_fatal && alert.level != FATAL) {
            return;
        }
        self.has_fatal |= alert.level == FATAL;
        self.record.alert = Some(alert.description);
        self.record.failed_by = Some(if from_client { TlsEnd::Client } else { TlsEnd::Server });
        if alert.level == FATAL {
            self.fail(from_client, moment);
        }
    }

    fn fail(&mut self, from_client: bool, moment: &Moment) {
        let record = &mut self.record;
        record.outcome.get_or_insert(TlsOutcome::Alert);
        record.failed_by.get_or_insert(if from_client { TlsEnd::Client } else { TlsEnd::Server });
        record.end_frame.get_or_insert(moment.frame);
    }

    /// How a handshake ended that neither end finished.
    fn outcome(&self, is_other: bool) -> Option<TlsOutcome> {
        let [by_client, by_server] = self.closed;
        let said_hello = self.record.server_hello_frame.is_some() || self.record.is_retried;
        let [_, from_server] = self.offsets;
        match () {
            () if self.record.alert.is_some() => Some(TlsOutcome::Alert),
            () if self.has_gap => None,
            () if !said_hello && (is_other || by_server) => Some(TlsOutcome::NoServerHello),
            () if !said_hello && from_server == 0 && !by_client => Some(TlsOutcome::StalledAfterClientHello),
            () if by_client => Some(TlsOutcome::ClientGone),
            () => None,
        }
    }
}

fn since(from: &Moment, to: &Moment) -> std::time::Duration {
    std::time::Duration::from_nanos(to.clock.saturating_sub(from.clock).max(0).cast_unsigned())
}

/// What is no UTF-8 is replaced.
fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets.get(..MAX_TEXT).unwrap_or(octets)).into_owned()
}

const FATAL: u8 = 2;
/// Octets of a record with the last message of a handshake of TLS 1.3: 4 of its header, 32 at least of its own, 1 for the
/// kind, 8 at least of the cipher. An alert takes 19.
const SHORTEST_FINISHED: u16 = 45;
const MAX_NAMES: usize = 16;
const MAX_TEXT: usize = 255;
