//! The relay between two kernels' TCP/IP: delay, loss and rate are what was asked for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]

mod support;

use std::io::Read;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use netshoot_benches::lab::Lab;
use netshoot_benches::relay::Conditions;

fn lab(test: &str, to_server: Conditions, to_client: Conditions) -> Option<Lab> {
    (support::has_labs(test) && support::is_preferred(test)).then(|| Lab::new(to_server, to_client, 1).unwrap())
}

/// Round-trip times in milliseconds of those of 200 datagrams that an echo server answered.
fn echoes(lab: &Lab, address: &str) -> Vec<f64> {
    let mut server = lab.on_server("python3").args(["-c", ECHO, address]).stdout(Stdio::piped()).spawn().unwrap();
    let mut ready = [0];
    server.stdout.as_mut().unwrap().read_exact(&mut ready).unwrap();
    let output = lab.on_client("python3").args(["-c", ASK, address]).output().unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| line.parse().unwrap()).collect()
}

#[test]
fn delay_and_loss_are_as_asked() {
    let test = "delay_and_loss_are_as_asked";
    let there = Conditions { delay: Duration::from_millis(15), loss_ppm: 200_000, ..Conditions::default() };
    let back = Conditions { delay: Duration::from_millis(10), ..Conditions::default() };
    let Some(lab) = lab(test, there, back) else { return };
    if !support::has_program("python3", "--version") {
        return support::skip(test, "python3 is not installed");
    }
    for address in [Lab::SERVER, Lab::SERVER_V6] {
        let times = echoes(&lab, address);
        assert!((130..=185).contains(&times.len()), "{} of 200 answered through 20% loss", times.len());
        let mut sorted = times.clone();
        sorted.sort_by(f64::total_cmp);
        assert!(sorted[0] >= 25.0 && sorted[sorted.len() / 2] < 35.0, "{sorted:?}");
    }
    let [to_server, to_client] = lab.finish().unwrap();
    assert!(to_server.lost > 0 && to_client.lost == 0);
    assert_eq!(to_client.accepted, to_server.delivered);
}

#[test]
fn tcp_gets_the_rate_of_the_narrow_link() {
    let test = "tcp_gets_the_rate_of_the_narrow_link";
    let narrow =
        Conditions { rate: Some(8_000_000), queue: 40_000, delay: Duration::from_millis(5), ..Conditions::default() };
    let Some(lab) = lab(test, narrow, Conditions::default()) else { return };
    if !support::has_program("python3", "--version") {
        return support::skip(test, "python3 is not installed");
    }
    let mut server = lab.on_server("python3").args(["-c", SINK]).stdout(Stdio::piped()).spawn().unwrap();
    let mut ready = [0];
    server.stdout.as_mut().unwrap().read_exact(&mut ready).unwrap();
    let source = lab.on_client("python3").args(["-c", SOURCE]).output().unwrap();
    assert!(source.status.success() && server.wait().unwrap().success());
    let seconds: f64 = String::from_utf8(source.stdout).unwrap().trim().parse().unwrap();
    // 2,000,000 octets at 8 Mbit/s take 2 s, and a little more for headers and repeats.
    assert!((2.0..4.0).contains(&seconds), "{seconds} s");
}

#[test]
fn nothing_is_left_behind() {
    let Some(lab) = lab("nothing_is_left_behind", Conditions::default(), Conditions::default()) else { return };
    let names = [lab.client().to_owned(), lab.server().to_owned()];
    assert!(names.iter().all(|name| Path::new("/run/netns").join(name).exists()));
    drop(lab);
    assert!(names.iter().all(|name| !Path::new("/run/netns").join(name).exists()));
}

const ECHO: &str = "
import socket, sys
family = socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET
echo = socket.socket(family, socket.SOCK_DGRAM)
echo.bind((sys.argv[1], 7))
echo.settimeout(30)
print('r', end='', flush=True)
while True: echo.sendto(*echo.recvfrom(2048))
";

const ASK: &str = "
import select, socket, sys, time
family = socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET
ask = socket.socket(family, socket.SOCK_DGRAM)
ask.connect((sys.argv[1], 7))
sent, start = [], time.monotonic()
while len(sent) < 200 or time.monotonic() - sent[-1] < 1:
    if len(sent) < 200 and time.monotonic() - start >= len(sent) * 0.006:
        sent.append(time.monotonic())
        ask.send((len(sent) - 1).to_bytes(2, 'big'))
    if select.select([ask], [], [], 0.0005)[0]:
        print((time.monotonic() - sent[int.from_bytes(ask.recv(2), 'big')]) * 1000)
";

const SINK: &str = "
import socket
listener = socket.create_server(('10.99.0.2', 5000))
print('r', end='', flush=True)
peer, _ = listener.accept()
while peer.recv(65536): pass
";

const SOURCE: &str = "
import socket, time
peer = socket.create_connection(('10.99.0.2', 5000), timeout=20)
start = time.monotonic()
peer.sendall(bytes(2_000_000))
peer.shutdown(socket.SHUT_WR)
assert peer.recv(1) == b''
print(time.monotonic() - start)
";
