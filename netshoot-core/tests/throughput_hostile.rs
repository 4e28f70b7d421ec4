//! Peers that babble, stall, lie and die: a clear error in bounded time, and the server goes on.
#![cfg(all(feature = "throughput", target_os = "linux"))]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/skip.rs"]
mod skip;

use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use netshoot_core::throughput::{
    BitRate, Canceller, Client, Direction, End, Event, Options, Report, Server, ServerEvent, ServerOptions,
};
use netshoot_core::{Error, ErrorKind};
use skip::skip;

const PARAMETERS: &str =
    r#"{"tcp":true,"omit":0,"time":1,"num":0,"blockcount":0,"parallel":1,"len":131072,"client_version":"3.12"}"#;

/// A server in a thread, with what it tells of tests and failures.
struct Serving {
    port: u16,
    canceller: Canceller,
    started: Receiver<()>,
    failures: Receiver<Error>,
    thread: Option<JoinHandle<()>>,
}

impl Serving {
    fn new(change: impl FnOnce(&mut ServerOptions)) -> Self {
        let mut options = ServerOptions::default();
        options.port = 0;
        change(&mut options);
        let mut server = Server::bind(options).unwrap();
        let port = server.local_address().port();
        let canceller = server.canceller();
        let ((has_started, started), (has_failed, failures)) = (channel(), channel());
        let thread = thread::spawn(move || {
            let tell = |event| match event {
                ServerEvent::Test { event: Event::Started(_), .. } => drop(has_started.send(())),
                ServerEvent::Failed { error, .. } => drop(has_failed.send(error)),
                _ => {}
            };
            server.run(tell).unwrap();
        });
        Self { port, canceller, started, failures, thread: Some(thread) }
    }

    fn failure(&self) -> String {
        self.failures.recv_timeout(Duration::from_secs(5)).expect("a failure is told in time").to_string()
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        stream
    }

    /// A control connection whose cookie was taken.
    fn admitted(&self, cookie: u8) -> TcpStream {
        let until = Instant::now() + Duration::from_secs(5);
        loop {
            let mut stream = self.connect();
            stream.write_all(&[cookie; 37]).unwrap();
            match read(&mut stream, 1)[0] {
                9 => return stream,
                // The one before is not quite gone.
                0xff if Instant::now() < until => thread::sleep(Duration::from_millis(5)),
                other => panic!("{other}"),
            }
        }
    }

    /// The server must serve: at once, as far as the one before is gone.
    fn serves(&self) {
        let until = Instant::now() + Duration::from_secs(5);
        loop {
            match short(self.port).run(|_| ()) {
                Ok(report) => return assert!(report.streams[0].received.bytes >= 100_000),
                Err(error) if error.kind() == ErrorKind::LimitReached && Instant::now() < until => {
                    thread::sleep(Duration::from_millis(20));
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.canceller.cancel();
        let joined = self.thread.take().unwrap().join();
        assert!(joined.is_ok() || thread::panicking());
    }
}

fn short(port: u16) -> Client {
    let mut options = Options::default();
    options.end = End::Bytes(100_000);
    options.length = Some(10_000);
    Client::new("127.0.0.1", port, options).unwrap()
}

fn read(stream: &mut TcpStream, count: usize) -> Vec<u8> {
    let mut octets = vec![0; count];
    stream.read_exact(&mut octets).unwrap();
    octets
}

fn send_frame(stream: &mut TcpStream, text: &str) {
    stream.write_all(&u32::try_from(text.len()).unwrap().to_be_bytes()).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
}

#[test]
fn garbage_and_silence_at_the_control_port() {
    let serving = Serving::new(|_| ());
    // Nobody waits for those that say nothing, or not enough.
    let _silent: Vec<_> = (0..20).map(|_| serving.connect()).collect();
    let mut slow = serving.connect();
    slow.write_all(&[b'x'; 36]).unwrap();
    serving.serves();
    for (octets, code) in
        [(&[0xff; 100][..], 114), (&[0; 100], 114), (b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n", 114)]
    {
        let mut stream = serving.connect();
        stream.write_all(octets).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        assert_eq!(answer, [9, 0xfe, 0, 0, 0, code, 0, 0, 0, 0]);
        assert!(serving.failure().starts_with("read the parameters of iperf3 client 127.0.0.1 port "));
    }
    serving.serves();
}

#[test]
fn parameters_that_make_no_sense() {
    let serving = Serving::new(|options| options.limits.duration = Some(Duration::from_secs(5)));
    for (text, code) in [
        ("{", 114),
        ("[]", 114),
        (r#"{"tcp":true,"parallel":129}"#, 6),
        (r#"{"udp":true,"len":5}"#, 20),
        (r#"{"tcp":true,"time":6}"#, 37),
        (r#"{"tcp":true,"congestion":"no-such","time":1}"#, 134),
    ] {
        let mut stream = serving.admitted(b'p');
        send_frame(&mut stream, text);
        if code == 134 {
            assert_eq!(read(&mut stream, 1), [10]);
            let mut data = serving.connect();
            data.write_all(&[b'p'; 37]).unwrap();
            assert_eq!(read(&mut stream, 5), [0xfe, 0, 0, 0, code]);
        } else {
            assert_eq!(read(&mut stream, 5), [0xfe, 0, 0, 0, code], "{text}");
        }
        serving.failure();
    }
    let mut stream = serving.admitted(b'p');
    stream.write_all(&u32::MAX.to_be_bytes()).unwrap();
    assert_eq!(read(&mut stream, 5), [0xfe, 0, 0, 0, 114]);
    serving.failure();
    serving.serves();
}

#[test]
fn others_are_told_that_the_server_is_busy() {
    let serving = Serving::new(|_| ());
    let held = serving.admitted(b'a');
    for _ in 0..3 {
        let error = short(serving.port).run(|_| ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LimitReached);
        assert!(error.to_string().contains("busy"), "{error}");
    }
    drop(held);
    assert!(serving.failure().contains("closed the control connection"));
    serving.serves();
}

/// Says that it is over, also when a test fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

/// The server knows before its client that a test is over, however late its threads come to run.
#[test]
fn a_client_whose_test_was_refused_may_come_again_at_once() {
    let serving = Serving::new(|_| ());
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                while !over.load(Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let _over = Over(&over);
        for round in 0..100 {
            let mut stream = serving.connect();
            stream.write_all(&[b'r'; 37 + 4]).unwrap();
            let mut answer = [0; 6];
            let count = stream.read(&mut answer[..1]).unwrap();
            let whole = answer[0] == 9 && stream.read_exact(&mut answer[1..]).is_ok();
            assert!(whole, "round {round}: {:?}", &answer[..count]);
        }
    });
    serving.serves();
}

#[test]
fn a_data_connection_with_another_cookie_is_refused() {
    let serving = Serving::new(|_| ());
    let mut control = serving.admitted(b'a');
    send_frame(&mut control, PARAMETERS);
    assert_eq!(read(&mut control, 1), [10]);
    let mut stranger = serving.connect();
    stranger.write_all(&[b'b'; 37]).unwrap();
    assert_eq!(read(&mut stranger, 1), [0xff]);
    let mut data = serving.connect();
    data.write_all(&[b'a'; 37]).unwrap();
    assert_eq!(read(&mut control, 2), [1, 2]);
    data.write_all(&[0; 1000]).unwrap();
    control.write_all(&[4]).unwrap();
    assert_eq!(read(&mut control, 1), [13]);
    send_frame(
        &mut control,
        r#"{"cpu_util_total":0,"cpu_util_user":0,"cpu_util_system":0,"sender_has_retransmits":1,"streams":[{"id":1,"bytes":1000,"retransmits":0,"jitter":0,"errors":0,"packets":0}]}"#,
    );
    let length = u32::from_be_bytes(read(&mut control, 4).try_into().unwrap());
    let results: serde_json::Value = serde_json::from_slice(&read(&mut control, length as usize)).unwrap();
    assert_eq!(results["streams"][0]["bytes"], 1000);
    assert_eq!(read(&mut control, 1), [14]);
    control.write_all(&[16]).unwrap();
    serving.serves();
}

/// What a client says until it dies, in each state that it can be in.
#[test]
fn clients_that_die_in_each_state() {
    let serving = Serving::new(|_| ());
    type Steps = fn(&mut TcpStream, &Serving);
    let states: [(&str, Steps); 5] = [
        ("read the parameters of", |_, _| ()),
        ("wait for the data streams of", |control, _| {
            send_frame(control, PARAMETERS);
            read(control, 1);
        }),
        ("run the test with", |control, serving| {
            send_frame(control, PARAMETERS);
            read(control, 1);
            let mut data = serving.connect();
            data.write_all(&[b'd'; 37]).unwrap();
            read(control, 2);
            std::mem::forget(data);
        }),
        ("run the test with", |control, serving| {
            send_frame(control, PARAMETERS);
            read(control, 1);
            serving.connect().write_all(&[b'd'; 37]).unwrap();
            read(control, 2);
        }),
        ("exchange results with", |control, serving| {
            send_frame(control, PARAMETERS);
            read(control, 1);
            let mut data = serving.connect();
            data.write_all(&[b'd'; 37]).unwrap();
            read(control, 2);
            control.write_all(&[4]).unwrap();
            read(control, 1);
        }),
    ];
    for (doing, steps) in states {
        let mut control = serving.admitted(b'd');
        steps(&mut control, &serving);
        let died = Instant::now();
        drop(control);
        let failure = serving.failure();
        assert!(failure.starts_with(doing) && failure.contains("iperf3 client 127.0.0.1 port"), "{failure}");
        assert!(died.elapsed() < Duration::from_secs(3));
        serving.serves();
    }
}

fn udp(port: u16) -> Client {
    let mut options = Options::udp();
    options.end = End::Bytes(10_000);
    options.length = Some(1000);
    options.rate = Some(BitRate(0));
    Client::new("127.0.0.1", port, options).unwrap()
}

/// The answer to a first datagram may be lost: who asks again is answered again, before the test begins and after.
#[test]
fn a_first_datagram_is_answered_again() {
    let serving = Serving::new(|_| ());
    let mut control = serving.admitted(b'u');
    send_frame(&mut control, r#"{"udp":true,"omit":0,"time":5,"parallel":2,"len":1000,"client_version":"3.12"}"#);
    assert_eq!(read(&mut control, 1), [10]);
    let ask = |socket: &UdpSocket| {
        let mut room = [0; 100];
        socket.send(b"9876").unwrap();
        let count = socket.recv(&mut room).unwrap();
        assert_eq!(&room[..count], b"6789");
    };
    let streams = [(); 2].map(|()| {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        socket.connect(("127.0.0.1", serving.port)).unwrap();
        socket
    });
    ask(&streams[0]);
    ask(&streams[0]);
    ask(&streams[1]);
    assert_eq!(read(&mut control, 2), [1, 2]);
    streams.iter().for_each(ask);
    control.write_all(&[12]).unwrap();
    assert!(serving.failure().contains("the client was interrupted"));
    serving.serves();
}

/// A client that says an octet now and then is not waited for longer than one that says nothing.
#[test]
fn slow_clients_keep_nobody_out_for_long() {
    let serving = Serving::new(|_| ());
    let start = Instant::now();
    let mut control = serving.admitted(b's');
    let mut cookie = serving.connect();
    let slow = thread::spawn(move || {
        for octet in [0, 0, 1].into_iter().chain([b' '; 100]) {
            let _ = cookie.write_all(b"c");
            if control.write_all(&[octet]).is_err() {
                break;
            }
            thread::sleep(Duration::from_millis(300));
        }
    });
    let failure = serving.failures.recv_timeout(Duration::from_secs(15)).unwrap();
    assert_eq!(failure.kind(), ErrorKind::TimedOut);
    assert!(failure.to_string().starts_with("read the parameters of iperf3 client 127.0.0.1 port "), "{failure}");
    assert!(start.elapsed() < Duration::from_secs(12), "{:?}", start.elapsed());
    serving.serves();
    slow.join().unwrap();
}

/// A long test and what it came to.
fn long(port: u16, direction: Direction) -> (Canceller, JoinHandle<Result<Report, Error>>, Receiver<()>) {
    let mut options = Options::default();
    options.end = End::Time(Duration::from_secs(30));
    options.direction = direction;
    let client = Client::new("127.0.0.1", port, options).unwrap();
    let canceller = client.canceller();
    let (sender, started) = channel();
    let thread = thread::spawn(move || {
        client.run(|event| {
            if matches!(event, Event::Started(_)) {
                let _ = sender.send(());
            }
        })
    });
    (canceller, thread, started)
}

#[test]
fn both_ends_can_be_stopped() {
    for direction in [Direction::Forward, Direction::Reverse, Direction::Bidirectional] {
        let serving = Serving::new(|_| ());
        let (canceller, client, started) = long(serving.port, direction);
        started.recv_timeout(Duration::from_secs(5)).unwrap();
        let stopped = Instant::now();
        canceller.cancel();
        assert_eq!(client.join().unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
        assert!(serving.failure().contains("the client was interrupted"));
        assert!(stopped.elapsed() < Duration::from_secs(2));
        serving.serves();

        let (_, client, started) = long(serving.port, direction);
        started.recv_timeout(Duration::from_secs(5)).unwrap();
        let stopped = Instant::now();
        serving.canceller.cancel();
        let error = client.join().unwrap().unwrap_err().to_string();
        assert!(error.contains("the server was interrupted"), "{error}");
        assert!(stopped.elapsed() < Duration::from_secs(2));
    }
}

#[test]
fn a_rate_above_the_limit_ends_the_test() {
    let serving = Serving::new(|options| {
        options.limits.rate = Some(BitRate(10_000_000));
        options.rate_interval = Duration::from_millis(300);
    });
    let (_, client, _) = long(serving.port, Direction::Forward);
    let error = client.join().unwrap().unwrap_err().to_string();
    assert!(error.contains("above the server's limit"), "{error}");
    serving.failure();
}

#[test]
fn a_test_without_data_ends() {
    let serving = Serving::new(|options| options.receive_timeout = Duration::from_millis(300));
    let mut control = serving.admitted(b'a');
    send_frame(&mut control, PARAMETERS);
    assert_eq!(read(&mut control, 1), [10]);
    let mut data = serving.connect();
    data.write_all(&[b'a'; 37]).unwrap();
    assert_eq!(read(&mut control, 2), [1, 2]);
    assert_eq!(read(&mut control, 5), [0xfe, 0, 0, 0, 144]);
    assert!(serving.failure().contains("no data came for 300 ms"));
    serving.serves();
}

#[test]
fn several_tests_at_once_when_it_is_wanted() {
    let serving = Serving::new(|options| options.tests = 2);
    let first = long(serving.port, Direction::Forward);
    let second = long(serving.port, Direction::Reverse);
    for (_, _, started) in [&first, &second] {
        started.recv_timeout(Duration::from_secs(5)).unwrap();
    }
    assert!(short(serving.port).run(|_| ()).unwrap_err().to_string().contains("busy"));
    for (canceller, client, _) in [first, second] {
        canceller.cancel();
        assert_eq!(client.join().unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
        assert!(serving.failure().contains("the client was interrupted"));
    }
    serving.serves();
    // Datagrams of two tests from one host are told apart.
    let clients: Vec<_> = (0..2)
        .map(|_| {
            thread::spawn({
                let port = serving.port;
                move || udp(port).run(|_| ())
            })
        })
        .collect();
    for client in clients {
        let report = client.join().unwrap().unwrap();
        assert_eq!(report.streams[0].received.bytes, 10_000);
    }
}

#[test]
fn iperf3_that_is_killed_or_interrupted() {
    if Command::new("iperf3").arg("--version").stdout(Stdio::null()).status().is_err() {
        return skip("iperf3_that_is_killed_or_interrupted", "iperf3 is not installed");
    }
    for (signal, told) in [("-KILL", "client"), ("-INT", "the client was interrupted")] {
        let serving = Serving::new(|_| ());
        let port = serving.port.to_string();
        let mut theirs = Command::new("iperf3")
            .args(["-c", "127.0.0.1", "-t", "20", "-p", &port])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        serving.started.recv_timeout(Duration::from_secs(10)).unwrap();
        let sent = Command::new("kill").args([signal, &theirs.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let failure = serving.failure();
        assert!(failure.contains(told), "{failure}");
        theirs.wait().unwrap();
        serving.serves();
    }
}

#[test]
fn hundreds_of_silent_connections_keep_nobody_out() {
    let serving = Serving::new(|_| ());
    let silent: Vec<_> = (0..400).map(|_| serving.connect()).collect();
    let start = Instant::now();
    serving.serves();
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    drop(silent);
}

#[test]
fn the_next_client_need_not_wait_for_the_goodbye_of_the_last() {
    let serving = Serving::new(|_| ());
    for _ in 0..30 {
        short(serving.port).run(|_| ()).unwrap();
    }
}

#[test]
fn who_is_interrupted_is_told_how_far_it_came() {
    let serving = Serving::new(|_| ());
    let mut options = Options::default();
    options.interval = Duration::from_millis(200);
    let client = Client::new("127.0.0.1", serving.port, options).unwrap();
    let canceller = client.canceller();
    let mut events = Vec::new();
    let error = client
        .run(|event| {
            events.push(event.clone());
            if matches!(event, Event::Interval(_)) {
                canceller.cancel();
            }
        })
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    let Some(Event::Interrupted(report)) = events.last() else { panic!("{events:?}") };
    let (sent, received) = report.sum(true);
    assert!(sent.bytes > 0 && received.bytes == 0 && sent.time >= Duration::from_millis(200), "{sent:?}");
}

/// Which stream is which is the order of the connections, whatever becomes of the cookies on the way.
#[test]
fn streams_are_in_the_order_of_their_connections() {
    let serving = Serving::new(|_| ());
    let mut control = serving.admitted(b'o');
    send_frame(&mut control, &PARAMETERS.replace(r#""parallel":1"#, r#""parallel":3"#));
    assert_eq!(read(&mut control, 1), [10]);
    let mut streams: Vec<_> = (0..3).map(|_| serving.connect()).collect();
    for stream in streams.iter_mut().rev() {
        stream.write_all(&[b'o'; 37]).unwrap();
        thread::sleep(Duration::from_millis(30));
    }
    assert_eq!(read(&mut control, 2), [1, 2]);
    for (stream, length) in streams.iter_mut().zip([1_000, 2_000, 3_000]) {
        stream.write_all(&vec![0; length]).unwrap();
    }
    thread::sleep(Duration::from_millis(100));
    control.write_all(&[4]).unwrap();
    assert_eq!(read(&mut control, 1), [13]);
    let of = |id| format!(r#"{{"id":{id},"bytes":1,"retransmits":0,"jitter":0,"errors":0,"packets":0}}"#);
    let own = [1, 3, 4].map(of).join(",");
    let own = format!(
        r#"{{"cpu_util_total":0,"cpu_util_user":0,"cpu_util_system":0,"sender_has_retransmits":1,"streams":[{own}]}}"#
    );
    send_frame(&mut control, &own);
    let length = read(&mut control, 4);
    let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
    let results: serde_json::Value = serde_json::from_slice(&read(&mut control, length)).unwrap();
    let bytes: Vec<_> = (0..3).map(|stream| results["streams"][stream]["bytes"].as_u64().unwrap()).collect();
    assert_eq!(bytes, [1_000, 2_000, 3_000]);
    control.write_all(&[16]).unwrap();
}
