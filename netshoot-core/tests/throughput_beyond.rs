//! Latency under load, the search for the loss-free rate and the sweep over sizes, over a path whose properties are known,
//! with iperf3 and with this library as the server.
#![cfg(all(feature = "throughput", target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod support;

use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use netshoot_core::namespace::Namespace;
use netshoot_core::throughput::search::SearchOptions;
use netshoot_core::throughput::verdict::{Limit, verdict};
use netshoot_core::throughput::{BitRate, Client, End, Options, Transport};
use support::kernel::Zoo;
use support::skip;

const THERE: &str = "10.99.0.2";
const MS: Duration = Duration::from_millis(1);

/// Two namespaces with a link between them that carries so much, and iperf3 at its far end.
struct Path {
    zoo: Zoo,
    server: Child,
}

impl Path {
    fn new(test: &str, rate: &str) -> Option<Self> {
        let zoo = Zoo::empty(test)?;
        if Command::new("iperf3").arg("--version").output().is_err() {
            skip(test, "iperf3 is not installed");
            return None;
        }
        zoo.all("link add name here type veth peer name there netns OTHER");
        zoo.all("addr add 10.99.0.1/24 dev here");
        zoo.all("link set here up");
        for line in ["addr add 10.99.0.2/24 dev there", "link set there up", "link set lo up"] {
            let arguments: Vec<_> = ["-n", &zoo.other].into_iter().chain(line.split(' ')).collect();
            assert!(Command::new("ip").args(arguments).status().unwrap().success());
        }
        let shape = ["netns", "exec", &zoo.name, "tc", "qdisc", "add", "dev", "here", "root", "tbf"];
        let sizes = ["rate", rate, "burst", "10k", "latency", "30ms"];
        if !Command::new("ip").args(shape).args(sizes).status().unwrap().success() {
            skip(test, "tc makes no tbf");
            return None;
        }
        let mut command = Command::new("ip");
        let server = command.args(["netns", "exec", &zoo.other, "iperf3", "-s"]).stdout(Stdio::null()).spawn().unwrap();
        let path = Self { zoo, server };
        let until = Instant::now() + 5_000 * MS;
        let mut hello = Options::default();
        hello.end = End::Bytes(1_000);
        // Until it listens.
        while path.client(hello.clone()).run(|_| {}).is_err() && Instant::now() < until {
            thread::sleep(20 * MS);
        }
        Some(path)
    }

    fn client(&self, options: Options) -> Client {
        let namespace = Namespace::named(&self.zoo.name).unwrap();
        Client::new(THERE, 5201, options).unwrap().in_namespace(namespace)
    }
}

impl Drop for Path {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn options(transport: Transport, seconds: u64) -> Options {
    let mut options = Options::default();
    (options.transport, options.end) = (transport, End::Time(Duration::from_secs(seconds)));
    options
}

#[test]
fn a_queue_shows_in_the_loaded_round_trips_alone() {
    let Some(path) = Path::new("a_queue_shows_in_the_loaded_round_trips_alone", "20mbit") else { return };
    let mut options = options(Transport::Tcp, 2);
    // It fills the queue.
    options.congestion = Some("cubic".to_owned());
    options.parallel = 4;
    let (start, report, latency) = path.client(options).run_with_latency(500 * MS, |_| {}).unwrap();
    let (idle, loaded) = (latency.idle.median().unwrap(), latency.loaded.median().unwrap());
    assert!(latency.idle.count() > 10 && latency.loaded.count() > 15, "{latency:?}");
    assert!(loaded > idle + 3 * MS && loaded < 100 * MS, "{latency:?}");
    assert!(latency.responsiveness().unwrap() < 15_000.0, "{latency:?}");
    assert!(latency.streams.median().unwrap() > 3 * MS, "{latency:?}");
    // The shaper's queue is short: what it drops may show more than how steady it is, on a busy machine.
    let chief = verdict(&start, &report)[0].chief();
    assert!(matches!(chief, Limit::Shaper | Limit::Congestion), "{chief:?}");
}

#[test]
fn who_does_not_answer_probes_is_told_as_such() {
    let test = "who_does_not_answer_probes_is_told_as_such";
    let Some(path) = Path::new(test, "100mbit") else { return };
    let script = "nft add table ip wall && nft add chain ip wall in '{ type filter hook input priority 0; }' && \
                  nft add rule ip wall in tcp dport 9 drop";
    let made = Command::new("ip").args(["netns", "exec", &path.zoo.other, "sh", "-c", script]).status();
    if !made.is_ok_and(|status| status.success()) {
        return skip(test, "nft makes no rule");
    }
    let (_, report, latency) = path.client(options(Transport::Tcp, 2)).run_with_latency(1_200 * MS, |_| {}).unwrap();
    assert!(latency.idle.is_empty() && latency.loaded.is_empty(), "{latency:?}");
    assert!(latency.lost.0 + latency.lost.1 >= 2 && latency.responsiveness().is_none(), "{latency:?}");
    assert!(!latency.streams.is_empty() && report.sum(true).1.bytes > 10_000_000);
}

#[test]
fn the_loss_free_rate_is_that_of_the_shaper() {
    let Some(path) = Path::new("the_loss_free_rate_is_that_of_the_shaper", "20mbit") else { return };
    let mut test = options(Transport::Udp, 1);
    test.length = Some(1_400);
    let mut search = SearchOptions::default();
    (search.lowest, search.highest) = (BitRate(8_000_000), BitRate(80_000_000));
    (search.time, search.repeats) = (1_000 * MS, 2);
    let mut told = 0;
    let found = path.client(test).search_rate(search, |_| told += 1).unwrap();
    // 20 Mbit/s of frames with 14 + 20 + 8 octets around 1400.
    let capacity = 20e6 * 1_400.0 / 1_442.0;
    let rate = found.rate.unwrap().0 as f64;
    assert!(rate > capacity * 0.88 && rate < capacity * 1.04, "{found:?}");
    assert_eq!((told, found.passes >= 2), (found.trials.len(), true));
    assert!(found.loss_at_most < 0.01, "{found:?}");
}

#[test]
fn each_size_has_its_rate_and_packets() {
    let Some(path) = Path::new("each_size_has_its_rate_and_packets", "20mbit") else { return };
    for (transport, sizes, around) in [(Transport::Udp, [100, 1_400], 42.0), (Transport::Tcp, [300, 1_400], 66.0)] {
        let mut told = Vec::new();
        let mut test = options(transport, 1);
        test.rate = (transport == Transport::Udp).then_some(BitRate(15_000_000));
        let results = path.client(test).sweep_sizes(&sizes, |result| told.push(result.size)).unwrap();
        assert_eq!(told, sizes);
        for result in results {
            let size = f64::from(result.size);
            let carried = 20e6 * size / (size + around);
            let wanted = if transport == Transport::Udp { carried.min(15e6) } else { carried };
            let rate = result.rate.0 as f64;
            assert!(rate > wanted * 0.7 && rate < wanted * 1.3, "{transport:?} {result:?} {wanted}");
            assert!((result.packets_per_second * size * 8.0 - rate).abs() < rate * 0.02, "{result:?}");
            let excess = transport == Transport::Udp && wanted < 15e6;
            assert!(!excess || rate < 15e6, "{result:?}");
        }
    }
}
