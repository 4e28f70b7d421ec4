//! Requests and responses over loopback, between two of this library and beside iperf3.
#![cfg(all(feature = "throughput", target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

#[path = "support/port.rs"]
mod port;
#[path = "support/skip.rs"]
mod skip;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use netshoot_core::ErrorKind;
use netshoot_core::throughput::request_response::Exchange;
use netshoot_core::throughput::{Client, Direction, End, Options, Report, Server, ServerOptions, Transport};

const MS: Duration = Duration::from_millis(1);

fn options(transport: Transport, request: usize, response: usize) -> Options {
    let mut options = Options::default();
    options.transport = transport;
    options.exchange = Some(Exchange { request, response });
    options.end = End::Time(600 * MS);
    options
}

/// One test beside a server of its own; also what the server reports.
fn run(options: Options) -> (Report, Report) {
    let mut serving = ServerOptions::default();
    (serving.port, serving.one_off) = (0, true);
    let mut server = Server::bind(serving).unwrap();
    let port = server.local_address().port();
    let server = thread::spawn(move || {
        let mut report = None;
        server
            .run(|event| {
                if let netshoot_core::throughput::ServerEvent::Test {
                    event: netshoot_core::throughput::Event::Finished(told),
                    ..
                } = event
                {
                    report = Some(*told);
                }
            })
            .unwrap();
        report.unwrap()
    });
    let report = Client::new("127.0.0.1", port, options).unwrap().run(|_| {}).unwrap();
    (report, server.join().unwrap())
}

#[test]
fn each_request_has_its_response_and_is_timed() {
    for transport in [Transport::Tcp, Transport::Udp] {
        for (request, response, parallel) in [(16, 16, 1), (100, 9_000, 2), (9_000, 16, 1)] {
            let mut options = options(transport, request, response);
            (options.parallel, options.end) = (parallel, End::Blocks(200));
            let (report, served) = run(options);
            let times = &report.round_trips;
            assert_eq!(times.count(), 200, "{transport:?} {times:?}");
            assert!(times.median().unwrap() < 50 * MS, "{times:?}");
            let (sent, _) = report.sum(true);
            assert_eq!(sent.bytes, times.count() * request as u64, "{transport:?}");
            assert_eq!(served.sum(false).1.bytes, sent.bytes, "{times:?}");
        }
    }
}

#[test]
fn the_time_ends_a_test_and_gives_the_rate() {
    for transport in [Transport::Tcp, Transport::Udp] {
        let mut options = options(transport, 16, 16);
        options.parallel = 2;
        let (report, served) = run(options);
        let (count, rate) = (report.round_trips.count(), report.transactions_per_second());
        let time = report.sum(true).0.time;
        assert!(time >= 590 * MS && (rate * time.as_secs_f64() - count as f64).abs() < 2.0, "{rate} {count} {time:?}");
        // The last of each stream may be on its way.
        let came = served.sum(false).1.bytes / 16;
        assert!(came >= count && came <= count + 2, "{came} {count}");
    }
}

#[test]
fn a_number_of_requests_ends_the_test_and_omitted_ones_do_not_count() {
    let mut options = options(Transport::Tcp, 50, 50);
    options.end = End::Blocks(500);
    assert_eq!(run(options.clone()).0.round_trips.count(), 500);
    options.end = End::Time(500 * MS);
    options.omit = Duration::from_secs(1);
    let (report, _) = run(options);
    let (sent, _) = report.sum(true);
    let (counted, by_octets) = (report.round_trips.count(), sent.bytes / 50);
    assert!(counted.abs_diff(by_octets) <= 2 && sent.time < 700 * MS, "{counted} {by_octets} {:?}", sent.time);
}

#[test]
fn only_one_direction_and_sane_lengths_are_asked_for() {
    let mut reverse = options(Transport::Tcp, 1, 1);
    reverse.direction = Direction::Reverse;
    for options in
        [reverse, options(Transport::Tcp, 0, 1), options(Transport::Udp, 16, 8), options(Transport::Udp, 70_000, 16)]
    {
        assert_eq!(Client::new("127.0.0.1", 1, options).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}

#[test]
fn iperf3_is_told_that_nothing_comes_and_serves_on() {
    let test = "iperf3_is_told_that_nothing_comes_and_serves_on";
    if Command::new("iperf3").arg("--version").output().is_err() {
        return skip::skip(test, "iperf3 is not installed");
    }
    let port = port::free_port();
    let mut command = Command::new("iperf3");
    command.args(["-s", "--forceflush", "-p", &port.to_string()]).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut listens = || told.any(|line| line.unwrap().starts_with("Server listening"));
    let mut run = |options| {
        assert!(listens());
        Client::new("127.0.0.1", port, options).unwrap().run(|_| {})
    };
    let refused = run(options(Transport::Tcp, 1, 1));
    let mut plain = Options::default();
    plain.end = End::Bytes(1_000_000);
    let after = run(plain);
    child.kill().unwrap();
    child.wait().unwrap();
    let error = refused.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert!(error.to_string().contains("does not exchange requests and responses"), "{error}");
    assert!(after.is_ok(), "{after:?}");
}
