//! One fault at a time, put there on purpose.

use std::thread;
use std::time::Duration;

use netshoot_benches::generator::Random;
use netshoot_benches::relay::Conditions;

use super::stage::{Authority, SERVER, Stage};

const MS: Duration = Duration::from_millis(1);

/// An incident whose cause is known.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// Kinds of findings: any of these as the first is right.
    pub(crate) truth: &'static [&'static str],
    /// Both directions; without them a cable.
    pub(crate) network: fn(&mut Random) -> Option<[Conditions; 2]>,
    pub(crate) act: fn(&mut Stage),
}

/// A path of some length, without a fault.
pub(crate) fn distant(chance: &mut Random) -> Option<[Conditions; 2]> {
    let delay = Duration::from_micros(chance.between(300, 25_000));
    let link = Conditions { delay, queue: 1 << 24, ..Conditions::default() };
    Some([link, link])
}

/// No network between them but a wire.
pub(crate) fn cable(_: &mut Random) -> Option<[Conditions; 2]> {
    None
}

fn lossy(chance: &mut Random) -> Option<[Conditions; 2]> {
    let mut links = distant(chance)?;
    links[1].loss_ppm = u32::try_from(chance.between(25_000, 80_000)).unwrap();
    Some(links)
}

fn reordering(chance: &mut Random) -> Option<[Conditions; 2]> {
    let mut links = distant(chance)?;
    links[1].delay += 10 * MS;
    links[1].reorder_ppm = u32::try_from(chance.between(60_000, 150_000)).unwrap();
    links[1].reorder_by = Duration::from_micros(chance.between(300, 2_000));
    Some(links)
}

fn far(chance: &mut Random) -> Option<[Conditions; 2]> {
    let delay = Duration::from_millis(chance.between(15, 45));
    let link = Conditions { delay, queue: 1 << 20, ..Conditions::default() };
    Some([link, link])
}

fn option(name: &str, value: impl std::fmt::Display) -> String {
    format!("{name}={value}")
}

pub(crate) const FAULTS: &[Case] = &[
    Case {
        name: "firewall drops on the way in",
        truth: &["tcp-unanswered-syn"],
        network: distant,
        act: |stage| {
            stage.nginx("");
            stage.firewall("input", &format!("tcp dport {} drop", stage.port));
            stage.begin();
            let connections = stage.between(1, 3);
            stage.get(stage.port, "/", &[option("timeout", 3.2), option("connections", connections)]);
        },
    },
    Case {
        name: "firewall drops on the way back",
        truth: &["tcp-unanswered-syn"],
        network: distant,
        act: |stage| {
            stage.application();
            stage.firewall("output", &format!("tcp sport {} drop", stage.port));
            stage.begin();
            let connections = stage.between(1, 3);
            stage.get(stage.port, "/", &[option("timeout", 3.2), option("connections", connections)]);
        },
    },
    Case {
        name: "nobody listens",
        truth: &["tcp-refused"],
        network: distant,
        act: |stage| {
            stage.nginx("");
            stage.begin();
            let connections = stage.between(1, 6);
            stage.get(stage.port, "/", &[option("connections", connections), option("apart", 0.1)]);
        },
    },
    Case {
        name: "firewall forbids with ICMP",
        truth: &["icmp-unreachable"],
        network: distant,
        act: |stage| {
            stage.nginx("");
            stage.firewall("input", &format!("tcp dport {} reject with icmp type admin-prohibited", stage.port));
            stage.begin();
            let connections = stage.between(2, 5);
            stage.get(stage.port, "/", &[option("connections", connections), option("timeout", 3)]);
        },
    },
    Case {
        name: "a device on the way resets",
        truth: &["tcp-middlebox-reset"],
        network: distant,
        act: |stage| {
            stage.application();
            let (port, ttl) = (stage.port.to_string(), stage.between(100, 250).to_string());
            stage.play("resetter", &[&port, &ttl]);
            stage.begin();
            let connections = stage.between(2, 6);
            stage.get(stage.port, "/slow/0.5", &[option("connections", connections)]);
        },
    },
    Case {
        name: "the server breaks off",
        truth: &["tcp-reset"],
        network: distant,
        act: |stage| {
            stage.application();
            stage.begin();
            let (connections, after) = (stage.between(2, 6), stage.seconds(20, 400));
            stage.get(stage.port, &format!("/breaks/{after}"), &[option("connections", connections)]);
        },
    },
    Case {
        name: "a client that does not read",
        truth: &["tcp-zero-window"],
        network: distant,
        act: |stage| {
            stage.application();
            stage.begin();
            let (size, leave) = (stage.between(300_000, 900_000), stage.seconds(2_000, 4_000));
            let options = [option("leave", leave), option("buffer", 8192)];
            stage.get(stage.port, &format!("/big/{size}"), &options);
        },
    },
    Case {
        name: "a server that does not read",
        truth: &["tcp-zero-window"],
        network: distant,
        act: |stage| {
            stage.application();
            let (size, deaf) = (stage.between(3_000_000, 6_000_000), stage.seconds(2_000, 4_000));
            stage.on_server("sysctl -qw net.ipv4.tcp_rmem='4096 65536 65536'");
            stage.begin();
            stage.get(stage.port, &format!("/deaf/{deaf}"), &[option("upload", size)]);
        },
    },
    Case {
        name: "a slow application",
        truth: &["slow-call"],
        network: distant,
        act: |stage| {
            stage.application();
            stage.begin();
            let (slow, requests) = (stage.seconds(1_500, 3_500), stage.between(3, 10));
            stage.get(stage.port, "/fast", &[option("requests", requests)]);
            stage.get(stage.port, &format!("/slow/{slow}"), &[]);
            stage.get(stage.port, "/fast", &[option("requests", requests)]);
        },
    },
    Case {
        name: "a slow protocol that nobody knows",
        truth: &["slow-call"],
        network: distant,
        act: |stage| {
            stage.nginx("");
            stage.serve("lines", &[]);
            stage.begin();
            let (port, slow) = (stage.port.to_string(), stage.seconds(1_500, 3_500));
            let pause = format!("0.02:{slow}");
            // What its turns mean is not known: only what stands out of many is told.
            let turns = std::iter::repeat_n("0.02:0.01", 30);
            let words: Vec<&str> = [SERVER, &port].into_iter().chain(turns).chain([pause.as_str(), "0.1:0"]).collect();
            stage.client("talk", &words).wait();
        },
    },
    Case {
        name: "an application that never answers",
        truth: &["call-unanswered"],
        network: distant,
        act: |stage| {
            stage.application();
            stage.begin();
            let (connections, timeout) = (stage.between(1, 3), stage.seconds(2_000, 6_000));
            stage.get(stage.port, "/never", &[option("timeout", timeout), option("connections", connections)]);
        },
    },
    Case {
        name: "errors of HTTP",
        truth: &["http-error"],
        network: distant,
        act: |stage| {
            stage.nginx("");
            stage.begin();
            let requests = stage.between(3, 8);
            stage.get(stage.http, "/bad/", &[option("requests", requests)]);
        },
    },
    Case {
        name: "the queue of new connections is full",
        truth: &["tcp-backlog-full"],
        network: distant,
        act: |stage| {
            stage.nginx("");
            let (backlog, pause) = (stage.between(1, 3).to_string(), stage.seconds(250, 500));
            stage.serve("application", &[&backlog, &pause]);
            stage.begin();
            let port = stage.port.to_string();
            let crowd = stage.between(12, 24).to_string();
            stage.client("crowd", &[SERVER, &port, &crowd, "6"]).wait();
        },
    },
    Case {
        name: "large packets vanish",
        truth: &["mtu-black-hole"],
        network: distant,
        act: |stage| {
            stage.application();
            stage.without_offloads();
            let most = stage.between(1_200, 1_400);
            // Behind the place of the capture.
            stage.on_client(&format!(
                "nft add table ip lab && nft add chain ip lab in '{{ type filter hook prerouting priority 0; }}' && \
                 nft add rule ip lab in ip length '>' {most} drop"
            ));
            stage.record_at_server();
            let connections = stage.between(1, 3).to_string();
            let (port, size) = (stage.port.to_string(), format!("/big/{}", stage.between(5_000, 90_000)));
            let small = stage.client("get", &[SERVER, &port, "/fast", "requests=5", "pause=0.1"]);
            let options = [option("timeout", 6), option("connections", connections)];
            stage.get(stage.port, &size, &options);
            small.wait();
        },
    },
    Case {
        name: "a suffix that fails",
        truth: &["dns-failure"],
        network: distant,
        act: |stage| {
            stage.nginx("");
            stage.unbound("local-zone: \"billing.example.\" always_refuse");
            stage.begin();
            let asked = "shop.example,a.billing.example,api.shop.example,b.billing.example,c.billing.example";
            stage.client("ask", &[asked]).wait();
        },
    },
    Case {
        name: "a suffix that times out",
        truth: &["dns-unanswered"],
        network: distant,
        act: |stage| {
            stage.nginx("");
            stage.unbound("local-zone: \"search.example.\" always_deny");
            stage.begin();
            let asked = "shop.example,a.search.example,api.shop.example,b.search.example,shop.example";
            stage.client("ask", &[asked, "1.2"]).wait();
        },
    },
    Case {
        name: "a slow resolver",
        truth: &["dns-slow"],
        network: distant,
        act: |stage| {
            stage.nginx("");
            let delay = stage.seconds(600, 1_100);
            stage.play("late_names", &["5353", &delay]);
            stage.unbound("\nforward-zone:\n name: \"far.example.\"\n forward-addr: 127.0.0.1@5353\nserver:");
            stage.begin();
            let asked = "shop.example,a.far.example,b.far.example,api.shop.example,c.far.example,d.far.example";
            stage.client("ask", &[asked, "6", "1"]).wait();
        },
    },
    Case {
        name: "an expired certificate",
        truth: &["tls-certificate-expired"],
        network: distant,
        act: |stage| tls(stage, "expired.pem", "shop.example"),
    },
    Case {
        name: "a certificate for another name",
        truth: &["tls-name-mismatch"],
        network: distant,
        act: |stage| tls(stage, "other.pem", "shop.example"),
    },
    Case {
        name: "no version of TLS in common",
        truth: &["tls-handshake-failed"],
        network: distant,
        act: |stage| {
            stage.nginx("ssl_protocols TLSv1.3;");
            stage.begin();
            let connections = stage.between(1, 4);
            let options =
                [option("tls", "shop.example"), option("newest", "TLSv1_2"), option("connections", connections)];
            stage.get(stage.tls, "/page", &options);
        },
    },
    Case {
        name: "a server of TLS that says nothing",
        truth: &["tls-handshake-stalled"],
        network: distant,
        act: |stage| {
            stage.nginx("");
            stage.serve("mute", &[]);
            stage.begin();
            let connections = stage.between(1, 3);
            let options = [option("tls", "shop.example"), option("timeout", 4), option("connections", connections)];
            stage.get(stage.port, "/page", &options);
        },
    },
    Case {
        name: "one address at two machines",
        truth: &["address-conflict"],
        network: cable,
        act: |stage| {
            stage.nginx("");
            stage.twin();
            stage.record(&[]);
            for _ in 0..stage.between(2, 4) {
                stage.on_client("ip neigh flush all");
                stage.get(stage.http, "/page", &[option("timeout", 2)]);
                thread::sleep(100 * MS);
            }
        },
    },
    Case {
        name: "nobody has the address",
        truth: &["arp-unanswered"],
        network: cable,
        act: |stage| {
            stage.nginx("");
            let absent = format!("10.99.0.{}", stage.between(20, 250));
            stage.begin();
            stage.get(stage.http, "/page", &[]);
            let port = stage.port.to_string();
            stage.client("get", &[&absent, &port, "/", "timeout=4"]).wait();
        },
    },
    Case {
        name: "a route in circles",
        truth: &["routing-loop"],
        network: distant,
        act: |stage| {
            stage.nginx("");
            stage.circle("203.0.113.0/24");
            let lost = format!("203.0.113.{}", stage.between(2, 250));
            stage.begin();
            let port = stage.port.to_string();
            let connections = format!("connections={}", stage.between(3, 6));
            stage.client("get", &[&lost, &port, "/", "timeout=3", "apart=0.2", &connections]).wait();
        },
    },
    Case {
        name: "a path that loses",
        truth: &["tcp-retransmissions"],
        network: lossy,
        act: |stage| {
            stage.application();
            stage.without_offloads();
            stage.record(&[]);
            let size = stage.between(300_000, 900_000);
            stage.get(stage.port, &format!("/big/{size}"), &[option("connections", 2), option("timeout", 15)]);
        },
    },
    Case {
        name: "packets that overtake each other",
        truth: &["tcp-out-of-order"],
        network: reordering,
        act: |stage| {
            stage.application();
            stage.without_offloads();
            stage.record(&[]);
            let size = stage.between(900_000, 2_500_000);
            stage.get(stage.port, &format!("/big/{size}"), &[option("connections", 2), option("timeout", 15)]);
        },
    },
    Case {
        name: "a window too small for the path",
        truth: &["tcp-small-window"],
        network: far,
        act: |stage| {
            stage.application();
            stage.without_offloads();
            let (size, buffer) = (stage.between(1_500_000, 2_500_000), stage.between(16, 40) * 1024);
            // What is on the way shows at the end that sends.
            stage.record_at_server();
            stage.others();
            stage.get(stage.port, &format!("/big/{size}"), &[option("buffer", buffer), option("timeout", 15)]);
        },
    },
    Case {
        name: "ports used again too soon",
        truth: &["tcp-port-reuse"],
        network: distant,
        act: |stage| {
            stage.application();
            let (port, from) = (stage.port, stage.between(30_000, 31_000));
            stage.begin();
            // The server never hears that the first connection ended.
            stage.firewall("input", &format!("tcp dport {port} tcp flags '& (fin | rst) != 0' drop"));
            // The first must be done, however long that takes.
            for round in 0..stage.between(2, 3) {
                let timeout = if round == 0 { 5.0 } else { 0.7 };
                stage.get(port, "/fast", &[option("from", from), option("timeout", timeout), option("linger", 1)]);
            }
        },
    },
    Case {
        name: "a scan",
        truth: &["port-scan"],
        network: distant,
        act: |stage| {
            stage.nginx("");
            let first = stage.between(10_000, 20_000).to_string();
            let count = stage.between(30, 200).to_string();
            stage.begin();
            stage.client("knock", &[SERVER, &first, &count]).wait();
        },
    },
    Case {
        name: "a capture of one direction",
        truth: &["capture-one-sided"],
        network: distant,
        act: |stage| {
            stage.nginx("");
            let side = if stage.chance.chance(5_000) { "dst host 10.99.0.2" } else { "src host 10.99.0.2" };
            stage.record(&[side]);
            stage.others();
            let requests = stage.between(3, 12);
            stage.get(stage.http, "/page", &[option("requests", requests), option("connections", 4)]);
        },
    },
    Case {
        name: "a connection that a firewall has forgotten",
        truth: &["tcp-idle-dropped"],
        network: distant,
        act: |stage| {
            stage.nginx("");
            stage.serve("lines", &[]);
            stage.begin();
            let port = stage.port.to_string();
            let idle = format!("{}:0", stage.seconds(31_000, 33_000));
            let talk = stage.client("talk", &[SERVER, &port, "0:0", "0.2:0", &idle]);
            thread::sleep(3_000 * MS);
            stage.firewall("input", &format!("tcp dport {port} drop"));
            talk.wait();
        },
    },
];

fn tls(stage: &mut Stage, certificate: &str, name: &str) {
    stage.nginx(&format!(
        "ssl_protocols TLSv1.2; ssl_certificate SECRETS/{certificate}; ssl_certificate_key SECRETS/key.pem;"
    ));
    stage.begin();
    let options = [
        option("tls", name),
        Authority::get().certificate(),
        option("connections", stage.between(1, 4)),
        option("apart", stage.seconds(0, 200)),
    ];
    stage.get(stage.tls, "/page", &options);
}
