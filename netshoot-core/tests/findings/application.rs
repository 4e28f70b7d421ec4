//! Calls, TLS and QUIC.

use super::script::{ACK, FIN, RST, Script, client_hello, record, server_hello};
use super::{Case, Kind, Severity, Verdict};

pub(super) fn cases() -> Vec<Case> {
    use Severity::{Critical, Note, Warning};
    let case = |kind, severity, verdict, shows, misses| Case { kind, severity, verdict, shows, misses };
    vec![
        case(Kind::SlowCall, Warning, Verdict::Application, |s| slow(s, 2_000_000), |s| slow(s, 250_000)),
        case(Kind::CallUnanswered, Warning, Verdict::Application, |s| hangs(s, false), |s| hangs(s, true)),
        case(Kind::CallUnanswered, Warning, Verdict::Application, |s| leaves(s, 2_000, FIN), |s| leaves(s, 50, FIN)),
        case(Kind::CallUnanswered, Warning, Verdict::Application, |s| leaves(s, 2_000, RST), |s| leaves(s, 50, RST)),
        case(Kind::HttpError, Critical, Verdict::Application, |s| statuses(s, 503), |s| statuses(s, 401)),
        case(
            Kind::TlsCertificateExpired,
            Critical,
            Verdict::Server,
            |s| certificate(s, b"220101000000Z", b"220601000000Z", "example.com"),
            |s| certificate(s, b"230101000000Z", b"250101000000Z", "example.com"),
        ),
        case(
            Kind::TlsNameMismatch,
            Critical,
            Verdict::Server,
            |s| certificate(s, b"230101000000Z", b"250101000000Z", "example.org"),
            |s| certificate(s, b"230101000000Z", b"250101000000Z", "*.com"),
        ),
        case(Kind::TlsHandshakeFailed, Critical, Verdict::Unknown, |s| alert(s, &[2, 40]), |s| alert(s, &[1, 112])),
        case(Kind::TlsHandshakeStalled, Critical, Verdict::Server, |s| stalls(s, 5), |s| stalls(s, 1)),
        case(Kind::TlsOldVersion, Note, Verdict::Server, |s| version(s, 2), |s| version(s, 3)),
        case(Kind::QuicFailed, Warning, Verdict::Unknown, |s| quic(s, false), |s| quic(s, true)),
    ]
}

/// Calls in the open and in TLS, and a connection of QUIC.
pub(super) fn healthy(s: &mut Script) {
    let acts: [fn(&mut Script); 4] = [|s| slow(s, 20_000), |s| version(s, 3), |s| statuses(s, 200), |s| quic(s, true)];
    for act in acts {
        s.another();
        act(s);
    }
}

/// A slow call, and then many that are not, on connections of their own.
pub(super) fn busy(s: &mut Script, calls: u32) {
    slow(s, 2_000_000);
    for _ in 0..calls {
        s.another();
        s.open();
        s.client(1000, REQUEST);
        s.server(20_000, &response(200));
        s.close();
    }
}

const REQUEST: &[u8] = b"GET /cart HTTP/1.1\r\nHost: shop\r\n\r\n";

fn response(status: u16) -> Vec<u8> {
    format!("HTTP/1.1 {status} So\r\nContent-Length: 2\r\n\r\nok").into_bytes()
}

/// One call of many on a connection takes long.
fn slow(s: &mut Script, micros: u64) {
    s.open();
    for n in 0..30 {
        s.client(1000, REQUEST);
        s.flags(10_000, 1, ACK);
        s.server(if n == 17 { micros } else { 20_000 }, &response(200));
        s.flags(1000, 0, ACK);
    }
    s.close();
}

fn hangs(s: &mut Script, is_answered: bool) {
    s.open();
    s.client(1000, REQUEST);
    s.flags(10_000, 1, ACK);
    if is_answered {
        s.server(100_000, &response(200));
    }
    s.flags(6_000_000, 0, FIN | ACK);
}

/// The client gives up after some milliseconds.
fn leaves(s: &mut Script, millis: u64, flag: u8) {
    s.open();
    s.client(1000, REQUEST);
    s.flags(10_000, 1, ACK);
    s.flags(millis * 1000, 0, flag | ACK);
    if flag == FIN {
        s.flags(10_000, 1, FIN | ACK);
    }
    s.udp(1_000_000, [1, 4], [6000, 6001], b"other");
}

/// Connections that the client resets without having got an answer: those of `hung` calls after two seconds, the others soon.
pub(super) fn given_up(s: &mut Script, resets: u32, hung: u32) {
    for n in 0..resets {
        s.another();
        leaves(s, if n < hung { 2_000 } else { 50 }, RST);
    }
}

fn statuses(s: &mut Script, status: u16) {
    s.open();
    for _ in 0..4 {
        s.client(1000, REQUEST);
        s.server(10_000, &response(status));
        s.flags(1000, 0, ACK);
    }
    s.close();
}

fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len();
    let head = match length {
        0..128 => vec![tag, length as u8],
        128..256 => vec![tag, 0x81, length as u8],
        _ => vec![tag, 0x82, (length >> 8) as u8, length as u8],
    };
    [head, content].concat()
}

/// An X.509 certificate for one name.
fn x509(not_before: &[u8], not_after: &[u8], name: &str) -> Vec<u8> {
    const SEQUENCE: u8 = 0x30;
    let algorithm = der(SEQUENCE, &[&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11], &[5, 0]]);
    let common_name = der(SEQUENCE, &[&[6, 3, 0x55, 4, 3], &der(12, &[b"test"])]);
    let subject = der(SEQUENCE, &[&der(0x31, &[&common_name])]);
    let validity = der(SEQUENCE, &[&der(23, &[not_before]), &der(23, &[not_after])]);
    let key = der(SEQUENCE, &[&algorithm, &der(3, &[&[0, 1, 2, 3]])]);
    let names = der(4, &[&der(SEQUENCE, &[&der(0x82, &[name.as_bytes()])])]);
    let extensions = der(0xa3, &[&der(SEQUENCE, &[&der(SEQUENCE, &[&[6, 3, 0x55, 0x1d, 17], &names])])]);
    let version = der(0xa0, &[&[2, 1, 2]]);
    let fields: [&[u8]; 8] = [&version, &[2, 1, 1], &algorithm, &subject, &validity, &subject, &key, &extensions];
    der(SEQUENCE, &[&der(SEQUENCE, &fields), &algorithm, &der(3, &[&[0, 1, 2, 3]])])
}

/// The server shows a certificate, and the client goes.
fn certificate(s: &mut Script, not_before: &[u8], not_after: &[u8], name: &str) {
    let three = |length: usize| [0, (length >> 8) as u8, length as u8];
    let certificate = x509(not_before, not_after, name);
    let list = [&three(certificate.len())[..], &certificate].concat();
    let list = [&three(list.len())[..], &list].concat();
    let message = record(22, &[&[11][..], &three(list.len()), &list].concat());
    s.open();
    s.client(1000, &client_hello());
    s.server(10_000, &[server_hello(3), message].concat());
    s.client(1000, &record(21, &[2, 42]));
    s.flags(1000, 0, FIN | ACK);
    s.flags(10_000, 1, FIN | ACK);
}

/// An alert of the server in answer to the hello; after one that is only a warning it goes on.
fn alert(s: &mut Script, alert: &[u8; 2]) {
    s.open();
    s.client(1000, &client_hello());
    s.server(10_000, &record(21, alert));
    if alert[0] == 1 {
        finish(s, 3);
    }
    s.close();
}

fn finish(s: &mut Script, version: u8) {
    s.server(1000, &server_hello(version));
    s.client(1000, &[record(20, &[1]), record(22, &[9; 40])].concat());
    s.server(10_000, &[record(20, &[1]), record(22, &[9; 40])].concat());
}

fn stalls(s: &mut Script, seconds: u64) {
    s.open();
    s.client(1000, &client_hello());
    s.flags(10_000, 1, ACK);
    s.flags(seconds * 1_000_000, 0, FIN | ACK);
}

fn version(s: &mut Script, version: u8) {
    s.open();
    s.client(1000, &client_hello());
    finish(s, version);
    s.close();
}

fn quic(s: &mut Script, is_answered: bool) {
    let mut initial = vec![0xc0, 0, 0, 0, 1, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0x44, 0x9e];
    initial.resize(1200, 0x55);
    for _ in 0..3 {
        s.udp(1_000_000, [1, 2], [50_000, 443], &initial);
    }
    if is_answered {
        s.udp(1000, [2, 1], [443, 50_000], &initial);
    }
    s.udp(1_000_000, [1, 4], [6000, 6001], b"other");
}
