//! The data plane over links that are narrow, short or cut.
#![cfg(all(feature = "throughput", target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod support;

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use netshoot_core::namespace::Namespace;
use netshoot_core::throughput::engine::{Finished, Outcome, Role, Running, Shared, Task, start};
use netshoot_core::throughput::{BitRate, Server, ServerEvent, ServerOptions, Transport};
use socket2::{Domain, Protocol, Socket, Type};
use support::kernel::Zoo;
use support::skip;

const HERE: &str = "10.99.0.1:5201";
const THERE: &str = "10.99.0.2:5201";
const MS: Duration = Duration::from_millis(1);

/// Two namespaces with a link between them.
fn link(test: &str, mtu: u32) -> Option<Zoo> {
    let zoo = Zoo::empty(test)?;
    zoo.all("link add name here type veth peer name there netns OTHER");
    zoo.all("addr add 10.99.0.1/24 dev here");
    zoo.all(&format!("link set here up mtu {mtu}"));
    for line in ["addr add 10.99.0.2/24 dev there".to_owned(), format!("link set there up mtu {mtu}")] {
        let arguments: Vec<_> = ["-n", &zoo.other].into_iter().chain(line.split(' ')).collect();
        assert!(std::process::Command::new("ip").args(arguments).status().unwrap().success());
    }
    // Both ends have found each other, and no packet is dropped for want of a carrier.
    zoo.run("ping", &["-c", "1", "-w", "10", "10.99.0.2"]);
    Some(zoo)
}

/// Connected sockets at the two ends of the link.
fn pair(zoo: &Zoo, transport: Transport) -> (Socket, Socket) {
    let [here, there]: [SocketAddr; 2] = [HERE, THERE].map(|address| address.parse().unwrap());
    let (kind, protocol) = match transport {
        Transport::Tcp => (Type::STREAM, Protocol::TCP),
        _ => (Type::DGRAM, Protocol::UDP),
    };
    let open = |name: &str, address: SocketAddr| {
        let socket = Namespace::named(name).unwrap().socket(Domain::IPV4, kind, Some(protocol)).unwrap();
        socket.bind(&address.into()).unwrap();
        socket
    };
    let (near, far) = (open(&zoo.name, here), open(&zoo.other, there));
    if transport == Transport::Tcp {
        far.listen(1).unwrap();
        near.connect(&there.into()).unwrap();
        return (near, far.accept().unwrap().0);
    }
    near.connect(&there.into()).unwrap();
    far.connect(&here.into()).unwrap();
    (near, far)
}

struct Streams {
    shared: [Arc<Shared>; 2],
    sender: Running,
    receiver: Running,
}

impl Streams {
    fn start(zoo: &Zoo, transport: Transport, rate: Option<BitRate>, budget: Option<u64>) -> Self {
        let (near, far) = pair(zoo, transport);
        let mut task = Task::new(transport, Role::Receiver, 1_400);
        (task.gso, task.gro) = (true, true);
        let shared = [None, budget].map(|budget| Shared::new(budget).unwrap());
        let receiver = start(task.clone(), far, &shared[0]).unwrap();
        (task.role, task.rate) = (Role::Sender, rate);
        let sender = start(task, near, &shared[1]).unwrap();
        shared.iter().for_each(|shared| shared.go());
        Self { shared, sender, receiver }
    }

    fn end(self) -> (Finished, Finished) {
        self.shared[1].stop();
        let sent = self.sender.finish(Instant::now() + 5_000 * MS);
        self.shared[0].drain();
        let received = self.receiver.finish(Instant::now() + 5_000 * MS);
        for finished in [&sent, &received] {
            assert!(matches!(finished.outcome, Outcome::Stopped), "{finished:?}");
        }
        (sent, received)
    }
}

/// Waits until something has come to pass.
#[track_caller]
fn until(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + 20_000 * MS;
    while !is_so() {
        assert!(Instant::now() < deadline, "it does not come to pass");
        std::thread::sleep(MS);
    }
}

#[test]
fn datagrams_longer_than_a_packet_go_without_segmentation() {
    for (mtu, segmented) in [(1_500, true), (1_000, false)] {
        let Some(zoo) = link("datagrams_longer_than_a_packet_go_without_segmentation", mtu) else { return };
        let streams = Streams::start(&zoo, Transport::Udp, Some(BitRate(100_000_000)), Some(14_000_000));
        until(|| streams.shared[1].budget_spent());
        let (sent, received) = streams.end();
        assert_eq!(sent.shortcuts.segments > 0, segmented, "{sent:?}");
        assert_eq!(sent.sample.totals.bytes, 14_000_000);
        assert_eq!(received.sample.totals.bytes, 14_000_000, "{received:?}");
        assert_eq!(received.sample.totals.missing, 0);
    }
}

#[test]
fn what_a_shaper_drops_is_missing() {
    const NAME: &str = "what_a_shaper_drops_is_missing";
    let Some(zoo) = link(NAME, 1_500) else { return };
    let shape = ["netns", "exec", &zoo.name, "tc", "qdisc", "add", "dev", "here", "root", "tbf"];
    let sizes = ["rate", "10mbit", "burst", "10k", "limit", "30k"];
    if !std::process::Command::new("ip").args(shape).args(sizes).status().unwrap().success() {
        return skip(NAME, "tc makes no tbf");
    }
    // The shaper's timer on one processor and the sender on the other: the cable keeps no order between them.
    let thread = std::fs::read_link("/proc/thread-self").unwrap();
    let pin =
        std::process::Command::new("taskset").args(["-cp", "0"]).arg(thread.file_name().unwrap()).output().unwrap();
    assert!(pin.status.success(), "{pin:?}");
    // So fast that the shaper drops most, however often the sender has to wait for the processor.
    let streams = Streams::start(&zoo, Transport::Udp, Some(BitRate(100_000_000)), Some(2_800_000));
    until(|| streams.shared[1].budget_spent());
    let (sent, received) = streams.end();
    let (left, came) = (sent.sample.totals, received.sample.totals);
    // Numbers after the last that came are nobody's but the sender's.
    let tail = left.packets - came.packets;
    assert_eq!(left.datagrams + left.unsent, came.datagrams + came.missing + tail, "{left:?} {came:?}");
    assert!(came.missing > left.packets / 4 && came.lost == came.missing, "{left:?} {came:?}");
    assert_eq!((came.duplicates, came.reordered, received.sample.drops), (0, 0, Some(0)));
}

/// iperf3's client has the server send a number of octets, and waits until as many have come.
#[test]
fn a_server_sends_more_where_datagrams_get_lost() {
    let test = "a_server_sends_more_where_datagrams_get_lost";
    for program in ["iperf3", "nft"] {
        if Command::new(program).arg("--version").output().is_err() {
            return skip(test, &format!("{program} is not installed"));
        }
    }
    let Some(zoo) = Zoo::empty(test) else { return };
    zoo.all("link set lo up");
    for rule in [
        "add table inet lossy",
        "add chain inet lossy in { type filter hook input priority 0; }",
        "add rule inet lossy in udp sport 5201 numgen inc mod 20 == 19 drop",
    ] {
        let made = Command::new("ip").args(["netns", "exec", &zoo.name, "nft", rule]).status();
        if !made.is_ok_and(|status| status.success()) {
            return skip(test, "nft makes no rule");
        }
    }
    let mut options = ServerOptions::default();
    (options.bind, options.one_off) = (Some(Ipv4Addr::LOCALHOST.into()), true);
    options.idle_timeout = Some(Duration::from_secs(30));
    let mut server = Server::bind_in(Namespace::named(&zoo.name).unwrap(), options).unwrap();
    let mut failures = Vec::new();
    let output = std::thread::scope(|scope| {
        scope.spawn(|| {
            let served = server.run(|event| {
                if let ServerEvent::Failed { error, .. } = event {
                    failures.push(error);
                }
            });
            failures.extend(served.err());
        });
        let client = ["20", "iperf3", "-c", "127.0.0.1", "-u", "-R", "-n", "2M", "-b", "50M", "-l", "1400", "-J"];
        zoo.run("timeout", &client)
    });
    let told: serde_json::Value = serde_json::from_slice(&output).unwrap();
    let sum = &told["end"]["sum"];
    assert!((2.0..8.0).contains(&sum["lost_percent"].as_f64().unwrap()), "{sum}");
    let received: u64 =
        told["intervals"].as_array().unwrap().iter().map(|one| one["sum"]["bytes"].as_u64().unwrap()).sum();
    assert!((2 << 20..3 << 20).contains(&received), "{received}");
    // At once: 0.34 s without loss.
    assert!(sum["seconds"].as_f64().unwrap() < 1.2, "{sum}");
    assert!(failures.is_empty(), "{failures:?}");
}

#[test]
fn a_cut_link_does_not_keep_anybody() {
    for transport in [Transport::Tcp, Transport::Udp] {
        let Some(zoo) = link("a_cut_link_does_not_keep_anybody", 1_500) else { return };
        let streams = Streams::start(&zoo, transport, None, None);
        until(|| streams.receiver.sample().totals.bytes > 0);
        zoo.all("link set here down");
        std::thread::sleep(200 * MS);
        let start = Instant::now();
        let (sent, received) = streams.end();
        assert!(start.elapsed() < 1_000 * MS, "{:?}", start.elapsed());
        let (left, came) = (sent.sample.totals, received.sample.totals);
        assert!(left.bytes >= came.bytes && came.bytes > 0);
    }
}
