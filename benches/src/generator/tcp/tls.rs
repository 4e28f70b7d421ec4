//! TLS handshakes as they look from outside (RFC 8446, RFC 5246 resumed by ticket as in RFC 5077).

use crate::generator::random::Random;

/// A ClientHello with SNI and ALPN; `only_12` leaves out what TLS 1.3 added and offers a session ticket.
pub(super) fn client_hello(random: &mut Random, host: &str, only_12: bool) -> Vec<u8> {
    let mut extensions = Vec::new();
    extension(&mut extensions, 0, &server_name(host));
    extension(&mut extensions, 23, &[]);
    extension(&mut extensions, 10, &[0, 8, 0, 0x1d, 0, 0x17, 0, 0x18, 0, 0x19]);
    extension(&mut extensions, 11, &[1, 0]);
    extension(&mut extensions, 16, b"\x00\x0c\x02h2\x08http/1.1");
    extension(&mut extensions, 13, &[0, 10, 4, 3, 8, 4, 4, 1, 5, 3, 8, 5]);
    if only_12 {
        extension(&mut extensions, 35, &noise(random, 176));
    } else {
        extension(&mut extensions, 35, &[]);
        extension(&mut extensions, 43, &[4, 3, 4, 3, 3]);
        extension(&mut extensions, 45, &[1, 1]);
        let mut share = vec![0, 36, 0, 0x1d, 0, 32];
        share.extend(noise(random, 32));
        extension(&mut extensions, 51, &share);
    }
    let mut body = vec![3, 3];
    body.extend(noise(random, 32));
    body.push(32);
    body.extend(noise(random, 32));
    let suites: &[u8] = if only_12 { SUITES_12 } else { SUITES };
    body.extend(length16(suites.len()));
    body.extend_from_slice(suites);
    body.extend_from_slice(&[1, 0]);
    body.extend(length16(extensions.len()));
    body.extend(extensions);
    record(22, 1, &handshake(1, &body))
}

/// ServerHello, ChangeCipherSpec, and the encrypted rest of the server's flight with its certificates.
pub(super) fn server_flight(random: &mut Random) -> Vec<u8> {
    let mut extensions = Vec::new();
    let mut share = vec![0, 0x1d, 0, 32];
    share.extend(noise(random, 32));
    extension(&mut extensions, 51, &share);
    extension(&mut extensions, 43, &[3, 4]);
    let mut flight = server_hello(random, [0x13, 0x01], &extensions);
    flight.extend(record(20, 3, &[1]));
    for length in [27, random.between(1_900, 3_300), 281, 53] {
        flight.extend(record(23, 3, &noise(random, length)));
    }
    flight
}

/// The client's ChangeCipherSpec and encrypted Finished.
pub(super) fn client_finish(random: &mut Random) -> Vec<u8> {
    let mut flight = record(20, 3, &[1]);
    flight.extend(record(23, 3, &noise(random, 53)));
    flight
}

/// ServerHello, ChangeCipherSpec and Finished of a resumed TLS 1.2 session.
pub(super) fn resumed_server_flight(random: &mut Random) -> Vec<u8> {
    let mut extensions = Vec::new();
    extension(&mut extensions, 23, &[]);
    extension(&mut extensions, 16, b"\x00\x09\x08http/1.1");
    let mut flight = server_hello(random, [0xc0, 0x2f], &extensions);
    flight.extend(resumed_client_finish(random));
    flight
}

/// ChangeCipherSpec and Finished of TLS 1.2 with AES-GCM.
pub(super) fn resumed_client_finish(random: &mut Random) -> Vec<u8> {
    let mut flight = record(20, 3, &[1]);
    flight.extend(record(22, 3, &noise(random, 40)));
    flight
}

fn server_hello(random: &mut Random, suite: [u8; 2], extensions: &[u8]) -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend(noise(random, 32));
    body.push(32);
    body.extend(noise(random, 32));
    body.extend_from_slice(&suite);
    body.push(0);
    body.extend(length16(extensions.len()));
    body.extend_from_slice(extensions);
    record(22, 3, &handshake(2, &body))
}

fn server_name(host: &str) -> Vec<u8> {
    let mut entry = vec![0];
    entry.extend(length16(host.len()));
    entry.extend_from_slice(host.as_bytes());
    let mut list = length16(entry.len()).to_vec();
    list.extend(entry);
    list
}

fn extension(out: &mut Vec<u8>, kind: u16, body: &[u8]) {
    out.extend_from_slice(&kind.to_be_bytes());
    out.extend(length16(body.len()));
    out.extend_from_slice(body);
}

fn handshake(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut message = vec![kind, 0];
    message.extend(length16(body.len()));
    message.extend_from_slice(body);
    message
}

fn record(kind: u8, minor: u8, body: &[u8]) -> Vec<u8> {
    let mut record = vec![kind, 3, minor];
    record.extend(length16(body.len()));
    record.extend_from_slice(body);
    record
}

fn length16(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes()
}

fn noise(random: &mut Random, length: u64) -> Vec<u8> {
    (0..length).map(|_| u8::try_from(random.below(256)).unwrap_or(0)).collect()
}

const SUITES: &[u8] =
    &[0x13, 0x01, 0x13, 0x02, 0x13, 0x03, 0xc0, 0x2b, 0xc0, 0x2f, 0xc0, 0x2c, 0xc0, 0x30, 0xcc, 0xa9, 0xcc, 0xa8];
const SUITES_12: &[u8] = &[0xc0, 0x2b, 0xc0, 0x2f, 0xc0, 0x2c, 0xc0, 0x30, 0x00, 0x9c, 0x00, 0x9d];
