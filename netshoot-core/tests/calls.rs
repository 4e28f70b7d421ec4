//! Calls and other transactions of synthesised connections, to the nanosecond.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "support/script.rs"]
mod script;

use std::time::Duration;

use netshoot_core::analysis::{
    ArpKind, Call, CallPart, CallProtocol, CallTime, DhcpOutcome, IcmpKind, QuicOutcome, TlsEnd, TlsOutcome,
};
use script::{ACK, FIN, RST, Script, client_hello, record, server_hello};

fn connection() -> Script {
    Script::new(101).handshake()
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Method, path, status, octets of request and response.
fn named(calls: &[Call]) -> Vec<(String, String, Option<u16>, u64, u64)> {
    let named = |call: &Call| {
        let http = call.http.clone().unwrap_or_default();
        (http.method().to_owned(), http.path().to_owned(), http.status(), call.request_bytes, call.response_bytes)
    };
    calls.iter().map(named).collect()
}

#[test]
fn a_call_is_divided_to_the_nanosecond() {
    let mut script = connection();
    script.client(5000, b"GET /slow HTTP/1.1\r\nHost: pod:8080\r\n\r\n");
    script.flags(10_000, 1, ACK);
    script.server(290_000, b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234");
    script.flags(1000, 0, ACK);
    // A round trip to the server, and then it has nothing for a while.
    script.server(40_000, b"56789");
    script.flags(1000, 0, ACK);
    let calls = script.calls();
    let [call] = &calls[..] else { panic!("{calls:?}") };
    assert_eq!(call.protocol, CallProtocol::Http);
    assert_eq!((call.server_ack, call.time_to_first_byte, call.transfer), (Some(ms(10)), Some(ms(300)), Some(ms(41))));
    let expected = CallTime { network: ms(10 + 1 + 10), server: ms(290 + 30), ..CallTime::default() };
    assert_eq!((call.total, call.parts, call.dominant()), (ms(341), expected, Some(CallPart::Server)));
    let http = call.http.as_ref().unwrap();
    assert_eq!((http.method(), http.host(), http.path()), ("GET", Some("pod:8080"), "/slow"));
    assert_eq!((call.request_frame, call.response_frame, call.response_end_frame), (4, Some(6), Some(8)));
    assert!(call.is_complete);
}

#[test]
fn a_lost_request_is_recovery() {
    let mut script = connection();
    let sequence = script.client(1000, b"PING");
    script.segment(200_000, 0, ACK, sequence, b"PING");
    script.server(12_000, b"PONG");
    let calls = script.calls();
    let expected = CallTime { network: ms(10), server: ms(2), recovery: ms(200), ..CallTime::default() };
    assert_eq!((calls.len(), calls[0].parts, calls[0].retransmissions), (1, expected, 1));
    assert_eq!((calls[0].protocol, calls[0].dominant()), (CallProtocol::Other, Some(CallPart::Recovery)));
}

#[test]
fn a_hole_is_recovery_if_it_is_filled_and_blind_if_not() {
    for is_filled in [true, false] {
        let mut script = connection();
        script.client(1000, b"PING");
        script.server(10_000, b"01234");
        let hole = script.next[1];
        script.next[1] += 5;
        script.server(1000, b"56789");
        if is_filled {
            script.segment(250_000, 1, ACK, hole, b"abcde");
        } else {
            script.flags(250_000, 0, ACK);
        }
        script.client(1000, b"PING");
        let call = &script.calls()[0];
        let expected = match is_filled {
            true => CallTime { network: ms(10), recovery: ms(251), ..CallTime::default() },
            false => CallTime { network: ms(11), blind: ms(250), ..CallTime::default() },
        };
        assert_eq!((call.parts, call.response_bytes), (expected, 15), "{is_filled}");
    }
}

#[test]
fn a_closed_window_is_the_receivers_and_a_pause_the_clients() {
    let mut script = connection();
    script.client(1000, b"PUT");
    script.flags(10_000, 1, ACK);
    script.client(101_000, b"more");
    script.server(10_000, b"here");
    script.window = 0;
    script.flags(1000, 0, ACK);
    script.window = 1000;
    script.flags(500_000, 0, ACK);
    script.server(10_000, b"rest");
    let call = &script.calls()[0];
    // To the server and back, to the client and back, to the server again; a millisecond for the acknowledgment.
    let network = ms(10 + 1 + 10 + 1 + 10);
    let expected = CallTime { network, client: ms(100), receiver_stall: ms(500), ..CallTime::default() };
    assert_eq!((call.parts, call.total), (expected, ms(632)));
}

#[test]
fn pipelined_requests_have_calls_of_their_own() {
    let mut script = connection();
    script.client(
        1000,
        b"GET /a HTTP/1.1\r\n\r\nHEAD /b HTTP/1.1\r\n\r\nPOST /c HTTP/1.1\r\nContent-Length: 3\r\n\r\nab",
    );
    script.client(1000, b"cGET /d HTTP/1.1\r\n\r\n");
    script.server(20_000, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nabcde\r\n0");
    script.server(
        1000,
        b"\r\nX: y\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No",
    );
    script.server(1000, b" Content\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n");
    let calls = script.calls();
    let of = |method: &str, path: &str, status, request, response| {
        (method.to_owned(), path.to_owned(), Some(status), request, response)
    };
    assert_eq!(
        named(&calls),
        [
            of("GET", "/a", 200, 19, 72),
            of("HEAD", "/b", 200, 20, 41),
            of("POST", "/c", 204, 42, 27),
            of("GET", "/d", 304, 19, 48)
        ]
    );
    assert!(calls.iter().all(|call| call.is_complete));
    assert_eq!(calls.iter().map(|call| call.total).collect::<Vec<_>>(), [ms(22), ms(22), ms(23), ms(22)]);
}

#[test]
fn what_is_informational_is_no_response() {
    let mut script = connection();
    script.client(1000, b"PUT /up HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    script.server(30_000, b"HTTP/1.1 100 Continue\r\n\r\n");
    script.client(1000, b"data");
    script.server(60_000, b"HTTP/1.0 201 Created\r\nConnection: close\r\n\r\nuntil the close");
    script.server(1000, b", and");
    script.flags(500_000, 1, FIN | ACK);
    let calls = script.calls();
    assert_eq!(named(&calls), [("PUT".into(), "/up".into(), Some(201), 65, 63)]);
    let expected = CallTime { network: ms(10 + 1 + 10 + 1), server: ms(20 + 50), ..CallTime::default() };
    assert_eq!((calls[0].parts, calls[0].time_to_first_byte), (expected, Some(ms(60))));
    assert!(calls[0].is_complete);
}

#[test]
fn an_upgrade_ends_calls_and_a_tunnel_begins_others() {
    let mut script = connection();
    script.client(1000, b"GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n");
    script.server(1000, b"HTTP/1.1 101 Switching Protocols\r\n\r\n");
    script.client(1000, b"\x81\x85mask");
    script.server(1000, b"\x81\x05hello");
    assert_eq!(named(&script.calls()), [("GET".into(), "/ws".into(), Some(101), 40, 36)]);

    let mut script = connection();
    script.client(1000, b"CONNECT db:5432 HTTP/1.1\r\n\r\n");
    script.server(1000, b"HTTP/1.1 200 Established\r\n\r\n");
    script.client(1000, b"\0\0\0\x08\x04\xd2\x16\x2f");
    script.server(1000, b"N");
    script.client(1000, b"GET /in HTTP/1.1\r\n\r\n");
    script.server(1000, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    let calls = script.calls();
    let methods: Vec<_> = named(&calls).into_iter().map(|(method, _, status, ..)| (method, status)).collect();
    assert_eq!(methods, [("CONNECT".into(), Some(200)), (String::new(), None), ("GET".into(), Some(404))]);
}

#[test]
fn a_greeting_is_no_answer() {
    let mut script = connection();
    script.server(1000, b"220 mail ESMTP\r\n");
    script.client(1000, b"EHLO pod\r\n");
    script.server(30_000, b"250 mail\r\n");
    // What crosses a request is none either.
    let acknowledged = script.next[0];
    script.client(1000, b"QUIT\r\n");
    let next = std::mem::replace(&mut script.next[0], acknowledged);
    script.server(1000, b"421 closing\r\n");
    script.next[0] = next;
    script.flags(1000, 1, RST);
    let calls = script.calls();
    let answers: Vec<_> = calls.iter().map(|call| (call.request_bytes, call.response_bytes)).collect();
    assert_eq!(answers, [(10, 10), (6, 0)]);
    assert!(!calls[1].is_answered() && !calls[1].is_complete);
    assert_eq!(calls[1].total, ms(2));
}

#[test]
fn a_head_without_end_and_what_only_begins_like_one() {
    let mut script = connection();
    script.client(1000, b"GET / HTTP/1.1\r\n");
    for _ in 0..200 {
        script.client(10, &[b'x'; 1000]);
    }
    script.server(1000, b"HTTP/1.1 431 Too Large\r\nContent-Length: 0\r\n\r\n");
    let calls = script.calls();
    assert_eq!((calls.len(), calls[0].request_bytes, calls[0].is_complete), (1, 200_016, true));

    let mut script = connection();
    script.client(1000, b"GETTING");
    script.client(1000, b" on with it, in another language\n");
    script.server(1000, b"good");
    let calls = script.calls();
    assert_eq!((calls.len(), calls[0].request_bytes, calls[0].response_bytes), (1, 40, 4));
    assert!(calls[0].http.is_none());
}

/// From the middle: the one that asks is the client, whatever the ports say.
#[test]
fn content_tells_the_client_of_a_connection_begun_before() {
    let mut script = Script::new(101);
    script.ports = [80, 40_000];
    script.client(1000, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    script.server(1000, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    let report = script.report();
    assert_eq!(named(&report.calls), [("GET".into(), "/".into(), Some(200), 27, 40)]);
}

#[test]
fn a_handshake_of_tls_comes_before_its_calls() {
    let mut script = connection();
    script.client(1000, &client_hello());
    script.server(15_000, &[server_hello(4), record(20, &[1]), record(23, &[9; 900])].concat());
    script.client(3000, &[record(20, &[1]), record(23, &[9; 53]), record(23, &[9; 100])].concat());
    script.server(20_000, &record(23, &[9; 500]));
    let report = script.report();
    let tls = &report.tls[0];
    assert_eq!((tls.server_name.as_deref(), tls.outcome), (Some("example.com"), Some(TlsOutcome::Ok)));
    assert_eq!((tls.hello, tls.handshake), (Some(ms(15)), Some(ms(18))));
    assert_eq!((tls.version.unwrap().to_string(), tls.is_resumed), ("TLS 1.3".into(), Some(false)));
    let calls: Vec<_> =
        report.calls.iter().map(|call| (call.protocol, call.request_bytes, call.response_bytes)).collect();
    assert_eq!(calls, [(CallProtocol::Tls, 105, 505)]);
    assert_eq!(report.calls[0].time_to_first_byte, Some(ms(20)));
}

#[test]
fn handshakes_of_tls_fail_in_many_ways() {
    type Act = fn(&mut Script);
    let cases: [(Act, Option<TlsOutcome>, Option<TlsEnd>); 7] = [
        (|script| _ = script.server(1000, &record(21, &[2, 40])), Some(TlsOutcome::Alert), Some(TlsEnd::Server)),
        (|script| script.flags(1000, 1, RST), Some(TlsOutcome::Reset), Some(TlsEnd::Server)),
        (|script| script.flags(1000, 1, FIN | ACK), Some(TlsOutcome::NoServerHello), None),
        (|script| _ = script.server(1000, b"HTTP/1.1 400 Bad Request\r\n\r\n"), Some(TlsOutcome::NoServerHello), None),
        (|script| script.flags(1000, 1, ACK), Some(TlsOutcome::StalledAfterClientHello), None),
        (
            |script| {
                script.server(1000, &server_hello(3));
                script.flags(1000, 0, FIN | ACK);
            },
            Some(TlsOutcome::ClientGone),
            None,
        ),
        (
            |script| {
                script.server(1000, &[server_hello(4), record(23, &[9; 900])].concat());
                script.client(1000, &record(23, &[9; 19]));
            },
            Some(TlsOutcome::Alert),
            Some(TlsEnd::Client),
        ),
    ];
    for (n, (act, outcome, by)) in cases.into_iter().enumerate() {
        let mut script = connection();
        script.client(1000, &client_hello());
        act(&mut script);
        let report = script.report();
        let tls = &report.tls[0];
        assert_eq!((tls.outcome, tls.failed_by), (outcome, by), "case {n}: {tls:?}");
        assert!(report.calls.is_empty(), "case {n}");
    }
}

#[test]
fn echo_requests_find_their_replies_and_errors_their_flows() {
    let mut script = Script::new(101);
    for sequence in 0..3_u8 {
        script.ip(1000, 1, [1, 2], &[8, 0, 0, 0, 0, 7, 0, sequence]);
        if sequence != 1 {
            script.ip(2000, 1, [2, 1], &[0, 0, 0, 0, 0, 7, 0, sequence]);
        }
    }
    script.udp(1000, [1, 2], [4000, 53], &[0; 4]);
    let quoted = [0x45, 0, 0, 32, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 15, 160, 0, 53, 0, 12, 0, 0];
    script.ip(1000, 1, [9, 1], &[&[3, 4, 0, 0, 0, 0, 5, 0xdc][..], &quoted].concat());
    let report = script.report();
    let echoes: Vec<_> = report.icmp.iter().filter_map(|icmp| Some((icmp.is_answered()?, icmp.rtt))).collect();
    assert_eq!(echoes, [(true, Some(ms(2))), (false, None), (true, Some(ms(2)))]);
    let error = report.icmp.last().unwrap();
    assert_eq!((error.kind, error.mtu, error.flow_id), (IcmpKind::PacketTooBig, Some(1500), Some(1)));
    assert_eq!(error.quoted.unwrap().destination_port, 53);
}

#[test]
fn messages_of_arp() {
    let mut script = Script::new(1);
    let mut arp = |after, operation: u8, mac: u8, sender: u8, target_mac: u8, target: u8| {
        let sender = if sender == 0 { [0; 4] } else { [10, 0, 0, sender] };
        let macs = [[2, 0, 0, 0, 0, mac], [2, 0, 0, 0, 0, target_mac]];
        let head = [&[0xff; 6][..], &macs[0], &[8, 6, 0, 1, 8, 0, 6, 4, 0, operation]].concat();
        script.frame(after, &[&head[..], &macs[0], &sender, &macs[1], &[10, 0, 0, target]].concat());
    };
    arp(0, 1, 1, 1, 0, 2);
    arp(1000, 2, 2, 2, 1, 1);
    arp(1000, 1, 1, 1, 0, 3);
    arp(1000, 1, 4, 0, 0, 2);
    arp(1000, 2, 2, 2, 4, 0);
    arp(1000, 1, 5, 2, 0, 2);
    arp(61_000_000, 1, 6, 2, 0, 2);
    let report = script.report();
    let found: Vec<_> =
        report.arp.iter().map(|arp| (arp.kind, arp.is_answered(), arp.conflict.map(|mac| mac.0[5]))).collect();
    assert_eq!(
        found,
        [
            (ArpKind::Request, Some(true), None),
            (ArpKind::Reply, None, None),
            (ArpKind::Request, Some(false), None),
            (ArpKind::Probe, Some(true), Some(2)),
            (ArpKind::Reply, None, None),
            (ArpKind::Gratuitous, None, Some(2)),
            (ArpKind::Gratuitous, None, None),
        ]
    );
    assert_eq!(report.arp[0].latency, Some(ms(1)));
}

#[test]
fn exchanges_of_dhcp() {
    let mut script = Script::new(101);
    let mut dhcp = |after, operation: u8, transaction: u8, kind: u8, address: u8| {
        let mut message = vec![0; 236];
        message[..8].copy_from_slice(&[operation, 1, 6, 0, 0, 0, 0, transaction]);
        message[16..20].copy_from_slice(&[10, 0, 0, address]);
        message[28..34].copy_from_slice(&[2, 0, 0, 0, 0, 1]);
        message.extend([0x63, 0x82, 0x53, 0x63, 53, 1, kind, 54, 4, 10, 0, 0, 9, 51, 4, 0, 0, 14, 16, 255]);
        let (ends, ports) = if operation == 1 { ([1, 255], [68, 67]) } else { ([9, 1], [67, 68]) };
        script.udp(after, ends, ports, &message);
    };
    dhcp(0, 1, 1, 1, 0);
    dhcp(1000, 2, 1, 2, 5);
    dhcp(1000, 1, 1, 3, 0);
    dhcp(1000, 2, 1, 5, 5);
    dhcp(1000, 1, 1, 3, 0);
    dhcp(1000, 2, 1, 6, 0);
    dhcp(1000, 1, 2, 1, 0);
    dhcp(1000, 1, 2, 1, 0);
    let found: Vec<_> = script
        .report()
        .dhcp
        .iter()
        .map(|dhcp| (dhcp.kind.to_string(), dhcp.outcome, dhcp.requests, dhcp.lease, dhcp.latency))
        .collect();
    let hour = Some(3600);
    assert_eq!(
        found,
        [
            ("DISCOVER".into(), DhcpOutcome::Ack, 2, hour, Some(ms(3))),
            ("REQUEST".into(), DhcpOutcome::Nak, 1, hour, Some(ms(1))),
            ("DISCOVER".into(), DhcpOutcome::Unanswered, 2, None, None),
        ]
    );
}

#[test]
fn beginnings_of_quic() {
    let long = |kind: u8| {
        let mut octets = vec![0xc0 | kind << 4, 0, 0, 0, 1, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0];
        octets.extend(if kind == 0 { &[0, 0x44, 0x9e][..] } else { &[0x44, 0x9f] });
        octets.resize(1200, 0x55);
        octets
    };
    let mut script = Script::new(101);
    script.udp(0, [1, 2], [50_000, 40_443], &long(0));
    script.udp(1000, [1, 2], [50_000, 40_443], &long(0));
    script.udp(11_000, [2, 1], [40_443, 50_000], &long(0));
    script.udp(1000, [2, 1], [40_443, 50_000], &long(2));
    script.udp(1000, [1, 2], [50_000, 40_443], &[0x40, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    script.udp(0, [1, 3], [50_000, 40_443], &long(0));
    script.udp(0, [1, 4], [50_000, 443], &[0x40; 1200]);
    let found: Vec<_> =
        script.report().quic.iter().map(|quic| (quic.outcome, quic.attempts, quic.hello, quic.handshake)).collect();
    assert_eq!(found, [(QuicOutcome::Ok, 2, Some(ms(12)), Some(ms(14))), (QuicOutcome::NoAnswer, 1, None, None)]);
}
