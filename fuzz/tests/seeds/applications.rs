//! Messages of applications.

use crate::layers;

/// The first octet of each says where a prefix ends.
pub fn dns() -> Vec<(String, Vec<u8>)> {
    let address = [0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1];
    let alias = [0xc0, 0x0c, 0, 5, 0, 1, 0, 0, 0, 60, 0, 2, 0xc0, 0x0c];
    let edns = [0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 0];
    let looping = [0xc0, 0x0c, 0, 5, 0, 1, 0, 0, 0, 60, 0, 2, 0xc0, 0x2b];
    let mut seeds = vec![
        ("dns/query".into(), layers::dns(0x0100, [1, 0, 0, 1], &edns)),
        ("dns/answers".into(), layers::dns(0x8180, [1, 2, 0, 1], &[&alias[..], &address, &edns].concat())),
        ("dns/no-such-name".into(), layers::dns(0x8183, [1, 0, 0, 0], &[])),
        ("dns/loop".into(), layers::dns(0x8180, [1, 1, 0, 0], &looping)),
    ];
    let options: &[&[u8]] = &[
        &[0, 8, 0, 7, 0, 1, 24, 0, 192, 0, 2],
        &[0, 10, 0, 16, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9, 9, 9, 9, 9],
        &[0, 15, 0, 6, 0, 18, b'n', b'o', b'n', b'e'],
        &[0, 3, 0, 2, b'a', b'b', 0, 11, 0, 2, 0, 100, 0, 12, 0, 3, 0, 0, 0],
    ];
    let options = options.concat();
    let with_options = [&[0, 0, 41, 4, 0xd0, 0, 0, 0x80, 0, 0, options.len() as u8][..], &options].concat();
    seeds.push(("dns/options".into(), layers::dns(0x8185, [1, 0, 0, 1], &with_options)));
    let all: &[(&str, u8, &[u8])] = &[
        ("mx", 15, &[0, 10, 2, b'm', b'x', 0xc0, 0x0c]),
        ("soa", 6, &[0xc0, 0x0c, 1, b'h', 0xc0, 0x0c, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5]),
        ("txt", 16, &[3, b'a', b'"', b'c', 0, 1, 0xff]),
        ("srv", 33, &[0, 1, 0, 2, 0x1f, 0x90, 0xc0, 0x0c]),
        ("naptr", 35, &[0, 1, 0, 2, 1, b's', 3, b'S', b'I', b'P', 0, 0xc0, 0x0c]),
        ("https", 65, &[0, 1, 0, 0, 1, 0, 3, 2, b'h', b'3', 0, 3, 0, 2, 1, 0xbb, 0, 4, 0, 4, 192, 0, 2, 1]),
        ("ds", 43, &[0x12, 0x34, 13, 2, 1, 2, 3, 4]),
        ("dnskey", 48, &[1, 1, 3, 13, 9, 8, 7, 6, 5]),
        ("rrsig", 46, &[0, 1, 13, 2, 0, 0, 0, 60, 1, 0, 0, 0, 0, 1, 0, 0, 0x12, 0x34, 0xc0, 0x0c, 1, 2, 3]),
        ("nsec", 47, &[0xc0, 0x0c, 0, 2, 0x62, 1, 1, 1, 0x40]),
        ("nsec3", 50, &[1, 1, 0, 5, 2, 0xaa, 0xbb, 4, 1, 2, 3, 4, 0, 1, 0x40]),
        ("sshfp", 44, &[4, 2, 1, 2, 3]),
        ("tlsa", 52, &[3, 1, 1, 7, 7, 7]),
    ];
    for (name, kind, data) in all {
        let record = [&[0xc0, 0x0c, 0, *kind, 0, 1, 0, 0, 0, 60, 0, data.len() as u8][..], data].concat();
        seeds.push((format!("dns/{name}"), layers::dns(0x8180, [1, 1, 0, 0], &record)));
    }
    cut_somewhere(seeds)
}

pub fn dhcp() -> Vec<(String, Vec<u8>)> {
    let message = |options: &[u8], name: &[u8], file: &[u8]| {
        let mut message =
            [&[1, 1, 6, 0, 1, 2, 3, 4, 0, 3, 0x80, 0][..], &[0; 16], &[2, 0, 0, 0, 0, 1], &[0; 10]].concat();
        message.extend_from_slice(name);
        message.resize(108, 0);
        message.extend_from_slice(file);
        message.resize(236, 0);
        [&message[..], &[99, 130, 83, 99], options].concat()
    };
    let lease: &[&[u8]] = &[
        &[53, 1, 5, 54, 4, 10, 0, 0, 1, 51, 4, 0, 0, 14, 16, 58, 4, 0, 0, 7, 8, 0, 0, 1, 4, 255, 255, 255, 0],
        &[3, 8, 10, 0, 0, 1, 10, 0, 0, 2, 6, 4, 10, 0, 0, 3, 15, 3, b'a', b'.', b'b', 26, 2, 5, 220, 19, 1, 1],
        &[121, 14, 24, 10, 1, 2, 10, 0, 0, 1, 0, 10, 0, 0, 1, 9, 33, 8, 10, 0, 0, 1, 10, 0, 0, 2],
        &[82, 10, 1, 3, b'e', b't', b'h', 2, 3, 1, 2, 3, 119, 7, 1, b'a', 0, 1, b'b', 0xc0, 0, 255],
    ];
    let request: &[&[u8]] = &[
        &[53, 1, 3, 61, 7, 1, 2, 0, 0, 0, 0, 1, 50, 4, 10, 0, 0, 5, 55, 3, 1, 3, 121, 12, 3, b'p', b'o', b'd'],
        &[
            81, 6, 1, 0, 0, b'a', b'.', b'b', 60, 2, b'c', b'd', 93, 2, 0, 7, 2, 4, 0, 0, 14, 16, 46, 1, 8, 200, 1, 1,
            80, 0,
        ],
        &[56, 2, b'n', b'o', 61, 1, 0, 255],
    ];
    let seeds: Vec<(&str, Vec<u8>)> = vec![
        ("lease", message(&lease.concat(), b"server", b"boot")),
        ("request", message(&request.concat(), &[], &[])),
        ("overload", message(&[52, 1, 3, 53, 1, 5, 255], &[66, 1, b'a', 255], &[0, 12, 1, b'b', 67, 1, b'c', 255])),
        ("beyond", message(&[53, 1, 1, 12, 200, b'a'], &[], &[])),
        ("odd", message(&[3, 3, 1, 2, 3, 51, 2, 0, 1, 53, 0, 121, 2, 24, 1, 82, 2, 1, 9, 255], &[], &[])),
        ("bootp", message(&[], b"x", b"y").get(..236).unwrap().to_vec()),
        ("version-6", vec![1, 0, 0, 9, 0, 8, 0, 2, 0, 0]),
    ];
    cut_somewhere(seeds.into_iter().map(|(name, seed)| (format!("dhcp/{name}"), seed)).collect())
}

/// Errors of ICMP with extensions, for the target of packets.
pub fn icmp_extensions() -> Vec<(String, Vec<u8>)> {
    let objects: &[&[u8]] = &[
        &[0, 12, 1, 1, 0, 1, 6, 1, 0, 2, 1, 0xff],
        &[0, 28, 2, 0x0f, 0, 0, 0, 7, 0, 1, 0, 0, 192, 0, 2, 1, 8, b'e', b't', b'h', b'0', 0, 0, 0, 0, 0, 5, 220],
        &[0, 8, 200, 3, 1, 2, 3, 4],
    ];
    let structure = [&[0x20, 0, 0, 0][..], &objects.concat()].concat();
    let ip = |protocol: u8, payload: &[u8]| {
        let [high, low] = (20 + payload.len() as u16).to_be_bytes();
        [&[0x45, 0, high, low, 0, 1, 0, 0, 64, protocol, 0, 0, 10, 0, 0, 9, 10, 0, 0, 1][..], payload].concat()
    };
    let mut quoted = ip(17, &[3, 0xe8, 0x82, 0x9a, 0, 8, 0, 0]);
    quoted.resize(128, 0);
    let error = ip(1, &[&[11, 0, 0, 0, 0, 32, 0, 0][..], &quoted, &structure].concat());
    let request = ip(1, &[&[42, 0, 0, 0, 0, 1, 1, 1][..], &structure].concat());
    let six =
        [&[0x60, 0, 0, 0, 0, 184, 58, 64][..], &[0xfe; 32], &[3, 0, 0, 0, 16, 0, 0, 0], &quoted, &structure].concat();
    let frames = [("error", error), ("request", request), ("error-6", six)];
    frames
        .into_iter()
        .map(|(name, frame)| (format!("packet/icmp-extension-{name}"), [&[0, 101, 0][..], &frame].concat()))
        .collect()
}

fn cut_somewhere(seeds: Vec<(String, Vec<u8>)>) -> Vec<(String, Vec<u8>)> {
    seeds.into_iter().map(|(name, seed)| (name, [&[200][..], &seed].concat())).collect()
}

pub fn tls() -> Vec<(String, Vec<u8>)> {
    let extensions: &[&[u8]] = &[
        &[0, 0, 0, 8, 0, 6, 0, 0, 3, b'a', b'.', b'b'],
        &[0, 10, 0, 6, 0, 4, 0, 29, 0, 23],
        &[0, 11, 0, 2, 1, 0, 0, 13, 0, 4, 0, 2, 8, 4],
        &[0, 16, 0, 5, 0, 3, 2, b'h', b'2', 0, 35, 0, 2, 7, 7],
        &[0, 43, 0, 5, 4, 0x0a, 0x0a, 3, 4, 0, 51, 0, 7, 0, 5, 0, 29, 0, 1, 9],
    ];
    let extensions = extensions.concat();
    let client =
        [&[3, 3][..], &[7; 32], &[2, 1, 2, 0, 4, 0x13, 1, 0xc0, 0x2f, 1, 0, 0, extensions.len() as u8], &extensions]
            .concat();
    let server = [&[3, 3][..], &[8; 32], &[0, 0x13, 1, 0, 0, 12, 0, 43, 0, 2, 3, 4, 0, 51, 0, 2, 0, 29]].concat();
    let client = message(1, &client);
    let hello = record(22, &client);
    let certificate = message(11, &[0, 0, 9, 0, 0, 2, 0x30, 0, 0, 0, 1, 0x31]);
    let flight = [message(2, &server), certificate.clone(), message(12, &[3, 0, 29, 1, 4]), message(14, &[])].concat();
    let (start, rest) = flight.split_at(70);
    let ticket = message(4, &[0, 0, 1, 44, 0, 2, 5, 5]);
    let resumed = [record(22, &ticket), record(20, &[1]), record(22, &[0; 40])].concat();
    let seeds: Vec<(&str, Vec<u8>)> = vec![
        ("client-hello", hello.clone()),
        ("in-two-records", [record(22, client.get(..50).unwrap()), record(22, client.get(50..).unwrap())].concat()),
        (
            "header-in-two-records",
            [record(22, client.get(..3).unwrap()), record(22, client.get(3..).unwrap())].concat(),
        ),
        ("server-flight", [record(22, start), record(22, rest)].concat()),
        ("resumed", resumed),
        ("alert", [record(21, &[2, 40]), record(23, &[1, 2, 3]), record(21, &[0; 26])].concat()),
        ("retry", [record(20, &[1]), hello.clone()].concat()),
        ("empty-record", [record(22, &[]), hello, record(22, &[])].concat()),
    ];
    cut_somewhere(seeds.into_iter().map(|(name, seed)| (format!("tls/{name}"), seed)).collect())
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind, 0, 0, body.len() as u8][..], body].concat()
}

fn record(kind: u8, payload: &[u8]) -> Vec<u8> {
    [&[kind, 3, 3, 0, payload.len() as u8][..], payload].concat()
}

pub fn http() -> Vec<(String, Vec<u8>)> {
    let seeds = [
        ("request", "GET /a?b=c HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, close\r\n\r\n"),
        ("response", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: y\r\n\r\nhello"),
        ("chunked", "HTTP/1.0 404 \r\nTransfer-Encoding: gzip, chunked\r\nContent-Length: 5, 5\r\n\r\n"),
        ("folded", "\r\nPOST / HTTP/1.1\nA: b\n c\r\n\td\nB:\n\n"),
        ("odd", "BREW / HTTP/1.1\r\n: x\r\nno colon\r\n"),
        ("simple", "GET /index.html\r\n"),
    ];
    cut_somewhere(seeds.map(|(name, text)| (format!("http/{name}"), text.as_bytes().to_vec())).into())
}

pub fn quic() -> Vec<(String, Vec<u8>)> {
    let initial = |first: u8, version: [u8; 4]| {
        [&[first][..], &version, &[4, 1, 2, 3, 4, 2, 8, 9, 1, 7, 0x40, 3, 5, 5, 5]].concat()
    };
    let v1 = [0, 0, 0, 1];
    let handshake = [&[0xe0][..], &v1, &[4, 1, 2, 3, 4, 0, 2, 6, 6]].concat();
    let short = [0x61, 1, 2, 3, 4, 9, 9, 9];
    let retry = [&[0xf0][..], &v1, &[0, 1, 5, 0xaa, 0xbb], &[0; 16]].concat();
    let seeds: Vec<(&str, Vec<u8>)> = vec![
        ("initial", initial(0xc0, v1)),
        ("coalesced", [&initial(0xc0, v1)[..], &handshake, &short, &[0; 5]].concat()),
        ("version-2", initial(0xd0, [0x6b, 0x33, 0x43, 0xcf])),
        ("early-data", [&[0xd0][..], &v1, &[1, 7, 0, 0x80, 0, 0, 2, 1, 1]].concat()),
        ("retry", retry),
        ("negotiation", [&[0x80, 0, 0, 0, 0, 1, 7, 0][..], &v1, &[0x0a, 0x1a, 0x2a, 0x3a]].concat()),
        ("draft", initial(0xc0, [0xff, 0, 0, 23])),
        ("reserved", initial(0xc0, [0x1a, 0x2a, 0x3a, 0x4a])),
        ("unknown", initial(0xc0, *b"Q050")),
        ("short", short.to_vec()),
    ];
    cut_somewhere(seeds.into_iter().map(|(name, seed)| (format!("quic/{name}"), seed)).collect())
}
