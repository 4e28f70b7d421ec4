//! Views of applications by hand-made examples: what tshark has no word for.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use netshoot_core::application::http::{Body, Head, Start};
use netshoot_core::application::quic::{Kind, Packets};
use netshoot_core::application::tls::{ContentType, Decoder, Event, HandshakeType};
use netshoot_core::application::{Applications, Message};
use netshoot_core::packet::{Layer, Limit, LinkType, Packet};

#[test]
fn what_follows_a_head_of_http() {
    let body = |fields: &str| Head::parse(format!("POST / HTTP/1.1\r\n{fields}\r\n").as_bytes()).unwrap().body();
    let answer = |status: u16, fields: &str| {
        Head::parse(format!("HTTP/1.1 {status} X\r\n{fields}\r\n").as_bytes()).unwrap().body()
    };
    assert_eq!(body(""), Body::None);
    assert_eq!(body("Content-Length: 7\r\n"), Body::Length(7));
    assert_eq!(body("Content-Length: 7, 7\r\ncontent-length:7\r\n"), Body::Length(7));
    assert_eq!(body("Content-Length: 7\r\nContent-Length: 8\r\n"), Body::Ambiguous);
    assert_eq!(body("Content-Length: +7\r\n"), Body::Ambiguous);
    assert_eq!(body("Content-Length: 18446744073709551616\r\n"), Body::Ambiguous);
    assert_eq!(body("Transfer-Encoding: gzip, Chunked\r\n"), Body::Chunked);
    assert_eq!(body("Transfer-Encoding: chunked\r\nContent-Length: 7\r\n"), Body::Ambiguous);
    assert_eq!(body("Transfer-Encoding: identity\r\n"), Body::Ambiguous);
    assert_eq!(answer(200, ""), Body::UntilClose);
    assert_eq!(answer(200, "Transfer-Encoding: gzip\r\n"), Body::UntilClose);
    assert_eq!(answer(304, "Content-Length: 7\r\n"), Body::None);
}

/// A datagram of so many octets that begin with `head`, in IPv4.
fn datagram(port: [u8; 2], head: &[u8], length: usize) -> Vec<u8> {
    let udp = [[0xc0, 0, port[0], port[1]], [((length + 8) >> 8) as u8, (length + 8) as u8, 0, 0]].concat();
    let total = (length + 28) as u16;
    let ip = [0x45, 0, (total >> 8) as u8, total as u8, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
    let mut frame = [&ip[..], &udp, head].concat();
    frame.resize(28 + length, 0xaa);
    frame
}

/// The application's name and line, of the first `cut` octets of a frame.
fn line(frame: &[u8], cut: usize) -> Option<(&'static str, String)> {
    let packet = Packet::parse(LinkType::RAW, &frame[..frame.len().min(cut)], frame.len() as u32);
    Message::of(&packet).map(|message| (message.layer().name(), message.to_string()))
}

#[test]
fn messages_of_wireguard() {
    let line = |head: &[u8], length: usize, cut: usize| line(&datagram([0xca, 0x6c], head, length), cut);
    let expected = |text: &str| Some(("wg", format!("WireGuard: {text}")));
    let initiation = expected("handshake initiation sender 0x04030201");
    assert_eq!(line(&[1, 0, 0, 0, 1, 2, 3, 4], 148, 999), initiation);
    assert_eq!(line(&[1, 0, 0, 0, 1, 2, 3, 4], 148, 36), initiation);
    let response = expected("handshake response sender 0x04030201 receiver 0x08070605");
    assert_eq!(line(&[2, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8], 92, 999), response);
    assert_eq!(line(&[3, 0, 0, 0, 1, 2, 3, 4], 64, 999), expected("cookie reply receiver 0x04030201"));
    let data = [4, 0, 0, 0, 1, 2, 3, 4, 9, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(line(&data, 32, 999), expected("transport data receiver 0x04030201 counter 9"));
    assert_eq!(line(&data, 32, 40), expected("transport data receiver 0x04030201"));
    for (head, length) in [(&[1, 0, 0, 0], 147), (&[4, 0, 0, 0], 31), (&[4, 0, 1, 0], 32), (&[5, 0, 0, 0], 148)] {
        assert_eq!(line(head, length, 999), None, "{head:?} {length}");
    }
    let frame = datagram([0xca, 0x6c], &data, 32);
    let packet = Packet::parse(LinkType::RAW, &frame, frame.len() as u32);
    assert!(Message::of_by(&packet, &Applications::with_ports(&[(51_820, Layer::Frame)])).is_none());
}

#[test]
fn messages_of_l2tp() {
    let line = |head: &[u8], length: usize, cut: usize| line(&datagram([6, 165], head, length), cut);
    let expected = |text: &str| Some(("l2tp", text.to_owned()));
    let request = [0xc8, 2, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 8, 0, 0, 0, 0, 0, 1];
    assert_eq!(line(&request, 20, 999), expected("L2TP: SCCRQ tunnel 0 session 0 Ns 0 Nr 0"));
    let acknowledgment = [0xc8, 2, 0, 12, 0, 7, 0, 0, 0, 1, 0, 2];
    assert_eq!(line(&acknowledgment, 12, 999), expected("L2TP: acknowledgment tunnel 7 session 0 Ns 1 Nr 2"));
    let unknown = [0xc8, 2, 0, 20, 0, 1, 0, 0, 0, 0, 0, 0, 0x80, 8, 0, 0, 0, 0, 1, 1];
    assert_eq!(line(&unknown, 20, 999), expected("L2TP: message 257 tunnel 1 session 0 Ns 0 Nr 0"));
    assert_eq!(line(&[0, 2, 0, 1, 0, 2, 0xff, 3, 0, 0x21], 60, 999), expected("L2TP: data tunnel 1 session 2"));
    let whole = [0x4a, 2, 0, 60, 0, 1, 0, 2, 0, 3, 0, 4, 0, 4];
    assert_eq!(line(&whole, 60, 42), expected("L2TP: data tunnel 1 session 2 Ns 3 Nr 4"));
    assert_eq!(line(&whole, 59, 999), None, "longer than the datagram");
    let padded = [0x02, 2, 0, 1, 0, 2, 0, 50];
    assert_eq!(line(&padded, 58, 999), expected("L2TP: data tunnel 1 session 2"));
    assert_eq!(line(&padded, 57, 999), None, "the offset goes beyond the datagram");
    let control = [0xc8, 3, 0, 20, 0, 0, 1, 0, 0, 5, 0, 6, 0x80, 8, 0, 0, 0, 0, 0, 20];
    assert_eq!(line(&control, 20, 999), expected("L2TPv3: ACK tunnel 256 Ns 5 Nr 6"));
    assert_eq!(line(&[0, 3, 0, 0, 0, 0, 0, 9, 1, 2], 60, 999), expected("L2TPv3: data session 9"));
    for head in
        [&[0x88, 2, 0, 12][..], &[0x40, 3, 0, 12], &[0x10, 2, 0, 1], &[0, 1, 0, 1], &[0x40, 2, 0, 7, 0, 1, 0, 2]]
    {
        assert_eq!(line(head, 60, 999), None, "{head:?}");
    }
    assert_eq!(line(&request, 20, 39), None, "its header is cut off");
}

#[test]
fn lines_of_http_as_servers_accept_them() {
    let head = Head::parse(b"\r\nGET / HTTP/1.0\nA: b\n c\r\n\td\nHost:\n\nrest").unwrap();
    let fields: Vec<_> = head.fields().flatten().collect();
    assert_eq!((fields[0].value, fields[0].is_folded()), (&b"b\n c\r\n\td"[..], true));
    assert_eq!((fields[1].name, fields[1].value, head.host()), (&b"Host"[..], &b""[..], Some(&b""[..])));
    assert!(head.closes() && head.stopped().is_none());
    assert_eq!(head.length(), Some(b"\r\nGET / HTTP/1.0\nA: b\n c\r\n\td\nHost:\n\n".len()));
    let old = Head::parse(b"GET /index.html\r\n").unwrap();
    assert_eq!(old.start(), Start::Request { method: b"GET", target: b"/index.html", version: None });
    assert_eq!(Head::parse(b"SSH-2.0-OpenSSH\r\n").unwrap_err().limit, Limit::Malformed);
    assert_eq!(Head::parse(b"PRI * HTTP/2.0\r\n\r\n").unwrap_err().limit, Limit::Malformed);
    assert!(Head::parse(b"HTT").unwrap_err().is_truncation());
    let many = [&b"GET / HTTP/1.1\r\n"[..], &b"a: b\r\n".repeat(2000), b"\r\n"].concat();
    assert_eq!(Head::parse(&many).unwrap().stopped().unwrap().limit, Limit::Malformed);
    let long = [&b"GET / HTTP/1.1\r\na: "[..], &vec![b'x'; 300 << 10]].concat();
    assert_eq!(Head::parse(&long).unwrap().stopped().unwrap().limit, Limit::Malformed);
}

#[test]
fn a_message_of_tls_in_pieces_and_behind_a_hole() {
    let hello = [&[1, 0, 0, 38, 3, 3][..], &[9; 32], &[0, 0, 0, 0]].concat();
    let record = |kind: u8, payload: &[u8]| [&[kind, 3, 3, 0, payload.len() as u8][..], payload].concat();
    let stream = [record(22, &hello[..3]), record(22, &hello[3..]), record(23, &[0; 100])].concat();
    let mut decoder = Decoder::default();
    let (mut messages, mut records) = (0, 0);
    let mut note = |event: Event<'_>| match event {
        Event::Handshake(message) => {
            assert!(message.message_type == HandshakeType::CLIENT_HELLO && !message.is_truncated());
            messages += 1;
        }
        Event::Record { content_type, .. } => records += u32::from(content_type == ContentType::APPLICATION_DATA),
        _ => {}
    };
    stream.chunks(7).for_each(|piece| decoder.push(piece, &mut note));
    assert_eq!((decoder.bytes(), decoder.stopped()), (0, None));
    // Within what is passed over nothing is lost.
    decoder.push(&stream[stream.len() - 105..stream.len() - 50], &mut note);
    decoder.gap(50, &mut note);
    assert_eq!(decoder.stopped(), None);
    decoder.gap(1, &mut note);
    assert_eq!(decoder.stopped().unwrap().limit, Limit::CaptureLength);
    decoder.push(b"the rest of a record", &mut note);
    decoder.push(&stream, &mut note);
    assert_eq!((messages, records), (2, 3));
}

#[test]
fn an_empty_record_of_tls_changes_nothing_whatever_the_pieces() {
    let hello = [&[1, 0, 0, 38, 3, 3][..], &[9; 32], &[0, 0, 0, 0]].concat();
    let empty = [22, 3, 3, 0, 0];
    let stream = [&empty[..], &[22, 3, 3, 0, hello.len() as u8], &hello, &empty].concat();
    for size in [1, 7, stream.len()] {
        let mut told = Vec::new();
        let mut decoder = Decoder::default();
        stream.chunks(size).for_each(|piece| {
            decoder.push(piece, &mut |event| match event {
                Event::Record { length, .. } => told.push(usize::from(length)),
                Event::Handshake(message) => told.push(1000 + message.body.len()),
                _ => {}
            });
        });
        assert_eq!((told, decoder.stopped()), (vec![0, 42, 1038, 0], None), "pieces of {size}");
    }
    // A change of the cipher is one also without the octet that it has.
    let stream = [&[20, 3, 3, 0, 0, 22, 3, 3, 0, 8][..], &[0x14, 0, 0, 4, 9, 9, 9, 9]].concat();
    for size in [1, 7, stream.len()] {
        let mut messages = 0;
        let mut decoder = Decoder::default();
        stream.chunks(size).for_each(|piece| {
            decoder.push(piece, &mut |event| messages += u32::from(matches!(event, Event::Handshake(_))));
        });
        assert_eq!(messages, 0, "pieces of {size}");
    }
}

#[test]
fn what_is_no_record_of_tls_ends_what_was_begun() {
    let hello = [&[1, 0, 0, 38, 3, 3][..], &[9; 32], &[0, 0, 0, 0]].concat();
    let record = |kind: u8, payload: &[u8]| [&[kind, 3, 3, 0, payload.len() as u8][..], payload].concat();
    let whole = record(22, &hello);
    let mut told = Vec::new();
    let mut note = |event: Event<'_>| match event {
        Event::Record { offset, .. } => told.push(offset),
        Event::Handshake(message) => told.push(1000 + message.body.len() as u64),
        _ => {}
    };
    let mut decoder = Decoder::default();
    decoder.push(&record(22, &hello[..8]), &mut note);
    decoder.push(&[0xff; 100], &mut note);
    decoder.push(&whole, &mut note);
    // The start of a record that is no message of the handshake is not the end of one.
    decoder.push(&record(22, &hello[..8]), &mut note);
    decoder.push(&[21, 3, 3, 0, 2, 2], &mut note);
    decoder.finish(&mut note);
    let second = 13 + 100;
    let third = second + whole.len() as u64;
    assert_eq!(told, [0, 1004, second, 1038, third, third + 13, 1004]);
}

#[test]
fn short_headers_of_quic_where_the_length_is_known() {
    let short = [0x41, 1, 2, 3, 4, 9, 9];
    let of = |packet: Option<Result<_, _>>| packet.unwrap().unwrap();
    assert_eq!(of(Packets::new(&short).next()).destination_id(), None);
    let packet = of(Packets::with_id_length(&short, 4).next());
    assert_eq!((packet.destination_id(), packet.kind()), (Some(&[1, 2, 3, 4][..]), Kind::Short));
    assert_eq!(packet.payload(), [9, 9]);
    let too_short = Packets::with_id_length(&short, 8).next().unwrap().unwrap_err();
    assert!(too_short.is_truncation() && too_short.layer == Layer::Quic);
}

#[test]
fn ports_tell_applications() {
    let frame = |from: u16, to: u16| {
        let mut frame = vec![0x45, 0, 0, 56, 0, 7, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
        frame.extend([from.to_be_bytes(), to.to_be_bytes()].concat());
        frame.extend([0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 1, 0, 0, 0, 0, 0]);
        frame.extend(b"GET / HTTP/1.0\r\n");
        frame
    };
    let layer = |ports: (u16, u16), own: &[(u16, Layer)]| {
        let frame = frame(ports.0, ports.1);
        let packet = Packet::parse(LinkType::RAW, &frame, 0);
        Message::of_by(&packet, &Applications::with_ports(own)).map(|message| message.layer())
    };
    assert_eq!(layer((40_000, 80), &[]), Some(Layer::Http));
    assert_eq!(layer((80, 40_000), &[]), Some(Layer::Http));
    // The lower port is the server's.
    assert_eq!(layer((443, 8080), &[]), None);
    assert_eq!(layer((40_000, 50_000), &[]), None);
    assert_eq!(layer((40_000, 50_000), &[(50_000, Layer::Http)]), Some(Layer::Http));
    assert_eq!(layer((40_000, 80), &[(80, Layer::Frame)]), None);
}
