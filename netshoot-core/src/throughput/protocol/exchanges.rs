//! Whole exchanges with peers of each version, octet for octet, and what goes wrong in each state.

use std::time::{Duration, Instant};

use super::*;
use crate::error::ErrorKind;
use crate::throughput::engine::Exchange;
use crate::throughput::{BitRate, End, Options};

/// What a version of iperf3 says differently (shared with nobody: written from its protocol).
struct Version {
    name: &'static str,
    omitted: bool,
    times: bool,
}

const VERSIONS: [Version; 6] = [
    Version { name: "3.1", omitted: false, times: false },
    Version { name: "3.7", omitted: false, times: true },
    Version { name: "3.12", omitted: false, times: true },
    Version { name: "3.14", omitted: true, times: true },
    Version { name: "3.18", omitted: true, times: true },
    Version { name: "3.21", omitted: true, times: true },
];

impl Version {
    fn results(&self) -> String {
        let omitted = |key: &str| if self.omitted { format!(r#""omitted_{key}":0,"#) } else { String::new() };
        let times = if self.times { r#","start_time":0,"end_time":1.000119"# } else { "" };
        format!(
            r#"{{"cpu_util_total":1.5,"cpu_util_user":0.5,"cpu_util_system":1,"sender_has_retransmits":-1,"congestion_used":"bbr","streams":[{{"id":1,"bytes":1048576,"retransmits":-1,"jitter":0,"errors":0,{}"packets":0{}{times}}}]}}"#,
            omitted("errors"),
            if self.omitted { r#","omitted_packets":0"# } else { "" },
        )
    }

    /// The parameters of `iperf3 -c HOST -n 1M`.
    fn parameters(&self) -> String {
        format!(
            r#"{{"tcp":true,"omit":0,"time":0,"num":1048576,"blockcount":0,"parallel":1,"len":131072,"pacing_timer":1000,"client_version":"{}"}}"#,
            self.name
        )
    }
}

fn frame(text: &str) -> Vec<u8> {
    [&u32::try_from(text.len()).unwrap().to_be_bytes(), text.as_bytes()].concat()
}

fn options() -> Options {
    Options { end: End::Bytes(1 << 20), ..Options::default() }
}

fn client(now: Instant) -> ClientMachine {
    ClientMachine::new("iperf3 server 192.0.2.1 port 5201", &Cookie::from_bytes([b'c'; 37]), now)
}

fn parameters() -> Parameters {
    Parameters::new(&options(), None)
}

/// A client that was admitted.
fn admitted(now: Instant) -> ClientMachine {
    let mut client = client(now);
    client.receive(&[9], now);
    client.parameters(&parameters(), now);
    client
}

fn server(limits: Limits, now: Instant) -> ServerMachine {
    ServerMachine::new("iperf3 client 192.0.2.2 port 40000", limits, now)
}

/// Delivered whole, and octet by octet.
fn in_pieces(octets: &[u8], mut receive: impl FnMut(&[u8])) {
    octets.chunks(1).for_each(&mut receive);
}

#[test]
fn client_beside_servers_of_all_versions() {
    for version in &VERSIONS {
        let now = Instant::now();
        let mut client = client(now);
        assert_eq!(client.take_output(), [b'c'; 37]);
        client.receive(&[9], now);
        assert!(matches!(client.action(), Some(ClientAction::GiveParameters)));
        client.parameters(&parameters(), now);
        assert_eq!(client.take_output(), frame(&parameters().to_json()));
        assert!(client.action().is_none());
        client.receive(&[10], now);
        assert!(matches!(client.action(), Some(ClientAction::OpenStreams)));
        client.streams_open(now);
        client.receive(&[1, 2], now);
        assert!(matches!(client.action(), Some(ClientAction::Prepare)));
        assert!(matches!(client.action(), Some(ClientAction::Start)));
        assert_eq!(client.deadline(), None);
        assert_eq!(client.take_output(), *b"");
        client.end(now);
        assert_eq!(client.take_output(), [4]);
        client.receive(&[13], now);
        assert!(matches!(client.action(), Some(ClientAction::GiveResults)));
        assert_eq!(client.take_output(), *b"");
        let own = Results { sender_has_retransmits: 1, ..Results::default() };
        client.results(&own, now);
        assert_eq!(client.take_output(), frame(&own.to_json()));
        in_pieces(&frame(&version.results()), |octets| client.receive(octets, now));
        assert!(client.action().is_none(), "{}: not before DISPLAY_RESULTS", version.name);
        client.receive(&[14], now);
        assert_eq!(client.take_output(), [16]);
        let Some(ClientAction::Finished(results)) = client.action() else { panic!("{}", version.name) };
        assert_eq!(results.streams[0].bytes, 1 << 20);
        assert_eq!(results.streams[0].end_time.is_some(), version.times);
        client.closed();
        assert!(client.action().is_none());
    }
}

#[test]
fn server_beside_clients_of_all_versions() {
    for version in &VERSIONS {
        let now = Instant::now();
        let mut server = server(Limits::default(), now);
        assert_eq!(server.take_output(), [9]);
        in_pieces(&frame(&version.parameters()), |octets| server.receive(octets, now));
        let Some(ServerAction::Listen(parameters)) = server.action() else { panic!("{}", version.name) };
        assert_eq!(parameters.client_version.as_deref(), Some(version.name));
        assert_eq!(parameters.options.end, End::Bytes(1 << 20));
        assert_eq!(server.take_output(), *b"");
        server.listening(now);
        assert_eq!(server.take_output(), [10]);
        server.streams_open(now);
        assert_eq!(server.take_output(), [1, 2]);
        assert!(matches!(server.action(), Some(ServerAction::Start)));
        server.receive(&[4], now);
        assert_eq!(server.take_output(), [13]);
        assert!(matches!(server.action(), Some(ServerAction::GiveResults)));
        let own = Results { sender_has_retransmits: -1, ..Results::default() };
        server.results(&own, now);
        assert_eq!(server.take_output(), *b"", "the client's come first");
        server.receive(&frame(&version.results()), now);
        assert_eq!(server.take_output(), [frame(&own.to_json()), vec![14]].concat());
        server.receive(&[16], now);
        let Some(ServerAction::Finished(results)) = server.action() else { panic!("{}", version.name) };
        assert_eq!(results.streams.len(), 1);
    }
}

#[test]
fn both_machines_agree_with_each_other() {
    let now = Instant::now();
    let (mut client, mut server) = (client(now), server(Limits::default(), now));
    client.take_output();
    let own = Results::default();
    let mut done = (false, false);
    for _ in 0..20 {
        in_pieces(&server.take_output(), |octets| client.receive(octets, now));
        while let Some(action) = client.action() {
            match action {
                ClientAction::GiveParameters => client.parameters(&parameters(), now),
                ClientAction::OpenStreams => client.streams_open(now),
                ClientAction::Prepare => {}
                ClientAction::Start => client.end(now),
                ClientAction::GiveResults => client.results(&own, now),
                ClientAction::Finished(_) => done.0 = true,
                ClientAction::Failed(error) => panic!("{error}"),
            }
        }
        in_pieces(&client.take_output(), |octets| server.receive(octets, now));
        while let Some(action) = server.action() {
            match action {
                ServerAction::Listen(_) => {
                    server.listening(now);
                    server.streams_open(now);
                }
                ServerAction::Start => {}
                ServerAction::GiveResults => server.results(&own, now),
                ServerAction::Finished(_) => done.1 = true,
                ServerAction::Failed(error) => panic!("{error}"),
            }
        }
    }
    assert_eq!(done, (true, true));
}

/// A client that was driven to the end of `octets`, which the server sends, and its failure.
fn client_fails(octets: &[u8], close: bool) -> crate::Error {
    let now = Instant::now();
    let mut client = client(now);
    feed(&mut client, octets, now);
    if close {
        client.closed();
    }
    drive(&mut client, now)
}

/// Octets after the first come when the parameters are there.
fn feed(client: &mut ClientMachine, octets: &[u8], now: Instant) {
    let (first, rest) = octets.split_at(octets.len().min(1));
    client.receive(first, now);
    client.parameters(&parameters(), now);
    client.receive(rest, now);
}

fn drive(client: &mut ClientMachine, now: Instant) -> crate::Error {
    let own = Results::default();
    loop {
        match client.action() {
            Some(ClientAction::OpenStreams) => client.streams_open(now),
            Some(ClientAction::Start) => client.end(now),
            Some(ClientAction::GiveResults) => client.results(&own, now),
            Some(ClientAction::Failed(error)) => return error,
            Some(ClientAction::GiveParameters | ClientAction::Prepare) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_a_server_refuses_is_told() {
    for (octets, close, kind, text) in [
        (
            &[0xff][..],
            false,
            ErrorKind::LimitReached,
            "ask for a test at iperf3 server 192.0.2.1 port 5201: the server is busy with another test; hint: try again later",
        ),
        (
            &[9, 0xfe, 0, 0, 0, 142, 0, 0, 0, 0],
            false,
            ErrorKind::Unsupported,
            "send the parameters to iperf3 server 192.0.2.1 port 5201: the server demands authentication, which failed; hint: authentication is not supported here",
        ),
        (
            &[9, 0xfe, 0, 0, 0, 142],
            true,
            ErrorKind::Unsupported,
            "send the parameters to iperf3 server 192.0.2.1 port 5201: the server demands authentication, which failed; hint: authentication is not supported here",
        ),
        (
            &[9, 0xfe],
            true,
            ErrorKind::Unsupported,
            "send the parameters to iperf3 server 192.0.2.1 port 5201: the server failed without saying why",
        ),
        (
            &[9],
            true,
            ErrorKind::Io,
            "send the parameters to iperf3 server 192.0.2.1 port 5201: the server closed the control connection; hint: iperf3 3.21 does so when it demands authentication",
        ),
        (
            &[9, 10, 0xfe, 0, 0, 0, 134, 0, 0, 0, 2],
            false,
            ErrorKind::Unsupported,
            "open the data streams to iperf3 server 192.0.2.1 port 5201: the server does not have the congestion control (No such file or directory)",
        ),
        (
            &[],
            true,
            ErrorKind::Io,
            "ask for a test at iperf3 server 192.0.2.1 port 5201: the server closed the control connection; hint: is it an iperf3 server?",
        ),
        (
            b"SSH-2.0",
            false,
            ErrorKind::Malformed,
            "ask for a test at iperf3 server 192.0.2.1 port 5201: unexpected control octet 83, but no PARAM_EXCHANGE came",
        ),
        (
            &[9, 10, 11],
            false,
            ErrorKind::Io,
            "open the data streams to iperf3 server 192.0.2.1 port 5201: the server was interrupted",
        ),
        (
            &[9, 10, 1, 2, 1],
            false,
            ErrorKind::Malformed,
            "run the test with iperf3 server 192.0.2.1 port 5201: unexpected TEST_START, but nothing but data was to come",
        ),
    ] {
        let error = client_fails(octets, close);
        assert_eq!(error.to_string(), text);
        assert_eq!(error.kind(), kind);
    }
}

#[test]
fn results_that_are_none_are_told() {
    for (tail, text) in [
        (frame("{}"), "the server's results: cpu_util_total is missing"),
        (vec![0, 0, 0, 0], "results of 0 octets are announced"),
        (vec![0xff; 4], "results of 4294967295 octets are announced"),
    ] {
        let now = Instant::now();
        let mut client = admitted(now);
        client.receive(&[10], now);
        client.streams_open(now);
        client.receive(&[1, 2], now);
        client.end(now);
        client.receive(&[13], now);
        client.receive(&tail, now);
        let error = drive(&mut client, now);
        let expected = format!("exchange results with iperf3 server 192.0.2.1 port 5201: {text}");
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn a_silent_server_is_left_in_each_state() {
    for octets in [&[][..], &[9], &[9, 10], &[9, 10, 1]] {
        let now = Instant::now();
        let mut client = client(now);
        feed(&mut client, octets, now);
        client.timeout(now + Duration::from_secs(9));
        while let Some(action) = client.action() {
            assert!(!matches!(action, ClientAction::Failed(_)));
        }
        client.timeout(client.deadline().unwrap());
        assert_eq!(drive(&mut client, now).kind(), ErrorKind::TimedOut, "{octets:?}");
    }
}

#[test]
fn results_without_a_last_word_are_results() {
    let now = Instant::now();
    let mut client = admitted(now);
    client.receive(&[10], now);
    client.streams_open(now);
    client.receive(&[1, 2], now);
    client.end(now);
    client.receive(&[13], now);
    client.results(&Results::default(), now);
    client.receive(&frame(&VERSIONS[0].results()), now);
    client.closed();
    let finished = std::iter::from_fn(|| client.action()).any(|action| matches!(action, ClientAction::Finished(_)));
    assert!(finished);
}

#[test]
fn a_client_that_is_stopped_says_so() {
    let now = Instant::now();
    let mut client = admitted(now);
    client.receive(&[10], now);
    client.take_output();
    client.interrupt();
    assert_eq!(client.take_output(), [12]);
    let mut server = server(Limits::default(), now);
    server.receive(&frame(&VERSIONS[2].parameters()), now);
    server.listening(now);
    server.receive(&[12], now);
    let failed = std::iter::from_fn(|| server.action()).find_map(|action| match action {
        ServerAction::Failed(error) => Some(error.to_string()),
        _ => None,
    });
    let text = "wait for the data streams of iperf3 client 192.0.2.2 port 40000: the client was interrupted";
    assert_eq!(failed.as_deref(), Some(text));
}

#[test]
fn a_server_that_is_stopped_when_all_was_exchanged_has_the_test() {
    let now = Instant::now();
    let mut server = server(Limits::default(), now);
    server.receive(&frame(&VERSIONS[2].parameters()), now);
    server.listening(now);
    server.streams_open(now);
    server.receive(&[4], now);
    server.receive(&frame(&VERSIONS[2].results()), now);
    server.results(&Results::default(), now);
    server.interrupt();
    let last = std::iter::from_fn(|| server.action()).last();
    assert!(matches!(last, Some(ServerAction::Finished(_))), "{last:?}");
}

#[test]
fn what_a_server_does_not_grant_is_refused_with_its_code() {
    let limits = Limits { rate: Some(BitRate(1_000_000)), duration: Some(Duration::from_secs(5)), streams: 8 };
    for (parameters, code) in [
        (r#"{"tcp":true,"parallel":9,"time":1}"#, 6),
        (r#"{"tcp":true,"parallel":5,"bidirectional":true,"time":1}"#, 6),
        (r#"{"tcp":true,"parallel":2,"bandwidth":600000,"time":1}"#, 27),
        (r#"{"tcp":true,"time":5,"omit":1}"#, 37),
        (r#"{"tcp":true,"time":"#, 114),
        (r#"{"tcp":true,"MSS":40000}"#, 10),
    ] {
        let now = Instant::now();
        let mut server = server(limits.clone(), now);
        server.take_output();
        server.receive(&frame(parameters), now);
        let expected = [&[0xfe, 0, 0, 0, code][..], &[0; 4]].concat();
        assert_eq!(server.take_output(), expected, "{parameters}");
        assert!(matches!(server.action(), Some(ServerAction::Failed(_))));
    }
}

#[test]
fn a_server_leaves_a_silent_or_babbling_client_in_each_state() {
    let parameters = frame(&VERSIONS[5].parameters());
    let now = Instant::now();
    let mut machine = server(Limits::default(), now);
    machine.timeout(now + Duration::from_secs(10));
    assert!(matches!(machine.action(), Some(ServerAction::Failed(error)) if error.kind() == ErrorKind::TimedOut));

    let mut machine = server(Limits::default(), now);
    machine.receive(&parameters, now);
    machine.listening(now);
    machine.take_output();
    machine.timeout(now + Duration::from_secs(20));
    assert_eq!(machine.take_output(), [0xfe, 0, 0, 0, 204, 0, 0, 0, 0]);

    let limits = Limits { duration: Some(Duration::from_secs(5)), ..Limits::default() };
    let mut machine = server(limits, now);
    machine.receive(&parameters, now);
    machine.listening(now);
    machine.streams_open(now);
    machine.take_output();
    machine.timeout(now + Duration::from_secs(5));
    assert_eq!(machine.take_output(), [0xfe, 0, 0, 0, 160, 0, 0, 0, 0]);

    for length in [0_u32, 8193, u32::MAX] {
        let mut machine = server(Limits::default(), now);
        machine.take_output();
        machine.receive(&length.to_be_bytes(), now);
        assert_eq!(machine.take_output(), [0xfe, 0, 0, 0, 114, 0, 0, 0, 0], "{length}");
    }
    let mut machine = server(Limits::default(), now);
    machine.receive(&parameters, now);
    machine.take_output();
    machine.receive(b"x", now);
    assert_eq!(machine.take_output(), [0xfe, 0, 0, 0, 110, 0, 0, 0, 0]);
}

#[test]
fn requests_and_responses_are_for_servers_that_know_them() {
    let now = Instant::now();
    let options = Options { exchange: Some(Exchange { request: 100, response: 3_000 }), ..Options::default() };
    let asked = Parameters::new(&options, None);
    let text = asked.to_json();
    assert!(
        text.contains(r#""len":100,"#)
            && text.contains(r#""netshoot":1,"netshoot_request":100,"netshoot_response":3000"#)
    );
    let asking = || {
        let mut client = client(now);
        client.receive(&[9], now);
        client.parameters(&asked, now);
        assert!(matches!(client.action(), Some(ClientAction::GiveParameters)));
        client.take_output();
        client
    };
    let mut server = server(Limits::default(), now);
    server.receive(&frame(&text), now);
    let Some(ServerAction::Listen(heard)) = server.action() else { panic!() };
    assert_eq!((heard.options.exchange, heard.length), (options.exchange, 100));
    server.take_output();
    server.listening(now);
    let answer = server.take_output();
    assert_eq!(answer, [64, 10]);
    let mut client = asking();
    in_pieces(&answer, |octets| client.receive(octets, now));
    assert!(client.is_extended() && matches!(client.action(), Some(ClientAction::OpenStreams)));

    let mut client = asking();
    client.receive(&[10], now);
    assert_eq!(client.take_output(), [12], "an iperf3 server is told that nothing will come");
    let Some(ClientAction::Failed(error)) = client.action() else { panic!() };
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("netshoot throughput --server"), "{error}");

    // Lengths beyond all bounds are refused, and half of them are none.
    for (request, exchange) in [("0", None), ("99999999", None), ("\"x\"", Some(None))] {
        let text = text.replace(r#""netshoot_request":100"#, &format!(r#""netshoot_request":{request}"#));
        let mut server = self::server(Limits::default(), now);
        server.receive(&frame(&text), now);
        match (server.action(), exchange) {
            (Some(ServerAction::Listen(heard)), Some(exchange)) => assert_eq!(heard.options.exchange, exchange),
            (Some(ServerAction::Failed(_)), None) => {}
            (other, _) => panic!("{other:?}"),
        }
    }
}
