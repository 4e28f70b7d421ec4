//! Networks, servers and clients without a fault, as different as those with one.

use super::faults::{Case, cable, distant};
use super::stage::{Authority, SERVER, Stage};

fn options<const N: usize>(all: [(&str, String); N]) -> Vec<String> {
    all.into_iter().map(|(name, value)| format!("{name}={value}")).collect()
}

macro_rules! healthy {
    ($name:literal, $network:ident, $act:expr) => {
        Case { name: $name, truth: &[], network: $network, act: $act }
    };
}

pub(crate) const HEALTHY: &[Case] = &[
    healthy!("pages", distant, |stage| {
        stage.nginx("");
        stage.begin();
        let requests = stage.between(1, 30).to_string();
        stage.get(stage.http, "/page", &options([("requests", requests), ("connections", "3".into())]));
    }),
    healthy!("pages over a cable", cable, |stage| {
        stage.nginx("");
        stage.begin();
        stage.get(stage.http, "/page", &options([("requests", "20".into()), ("connections", "3".into())]));
    }),
    healthy!("pages over IPv6", distant, |stage| {
        stage.nginx("");
        stage.record(&[]);
        let port = stage.http.to_string();
        stage.client("get", &["fd00:99::2", &port, "/page", "requests=10", "connections=2"]).wait();
    }),
    healthy!("a large file", distant, |stage| {
        stage.application();
        stage.record(&[]);
        let size = stage.between(1_000_000, 8_000_000);
        stage.get(stage.port, &format!("/big/{size}"), &[]);
    }),
    healthy!("a large file in small packets", distant, |stage| {
        stage.application();
        stage.without_offloads();
        stage.record(&[]);
        let size = stage.between(500_000, 3_000_000);
        stage.get(stage.port, &format!("/big/{size}"), &[]);
    }),
    healthy!("an upload", distant, |stage| {
        stage.application();
        stage.record(&[]);
        let size = stage.between(100_000, 2_000_000).to_string();
        stage.get(stage.port, "/fast", &options([("upload", size), ("requests", "2".into())]));
    }),
    healthy!("a path of 1280 octets from the start", distant, |stage| {
        stage.application();
        stage.on_both("ip link set tun0 mtu 1280");
        stage.record(&[]);
        let size = stage.between(50_000, 500_000);
        stage.get(stage.port, &format!("/big/{size}"), &[]);
    }),
    healthy!("an idle connection that goes on", distant, |stage| {
        stage.nginx("");
        stage.record(&[]);
        let pause = stage.seconds(2_000, 4_000);
        stage.get(stage.http, "/page", &options([("requests", "3".into()), ("pause", pause)]));
    }),
    healthy!("a client that thinks", distant, |stage| {
        stage.nginx("");
        stage.serve("lines", &[]);
        stage.record(&[]);
        let (port, pause) = (stage.port.to_string(), format!("{}:0.02", stage.seconds(1_000, 3_000)));
        stage.client("talk", &[SERVER, &port, "0:0.01", &pause, "0.5:0", &pause]).wait();
    }),
    healthy!("a quick protocol that nobody knows", distant, |stage| {
        stage.nginx("");
        stage.serve("lines", &[]);
        stage.record(&[]);
        let port = stage.port.to_string();
        let words: Vec<&str> = [SERVER, &port].into_iter().chain(["0.02:0.02"; 30]).collect();
        stage.client("talk", &words).wait();
    }),
    healthy!("an application that takes a little while", distant, |stage| {
        stage.application();
        stage.record(&[]);
        let slow = stage.seconds(20, 200);
        let requests = stage.between(3, 8).to_string();
        stage.get(stage.port, &format!("/slow/{slow}"), &options([("requests", requests)]));
    }),
    healthy!("a page that is not there", distant, |stage| {
        stage.nginx("");
        stage.begin();
        stage.get(stage.http, "/favicon.ico", &[]);
        stage.get(stage.http, "/page", &options([("requests", "12".into())]));
    }),
    healthy!("names", distant, |stage| {
        stage.nginx("");
        stage.unbound("");
        stage.begin();
        stage.client("ask", &["shop.example,api.shop.example,shop.example,api.shop.example"]).wait();
    }),
    healthy!("names, once by a suffix of the search list", distant, |stage| {
        stage.nginx("");
        stage.unbound("local-zone: \"svc.example.\" static");
        stage.begin();
        stage.client("ask", &["shop.example.svc.example,shop.example,api.shop.example"]).wait();
    }),
    healthy!("TLS 1.2", distant, |stage| secure(stage, "TLSv1_2")),
    healthy!("TLS 1.3", distant, |stage| secure(stage, "TLSv1_3")),
    healthy!("clients that close by a reset when all is done", distant, |stage| {
        stage.nginx("");
        stage.record(&[]);
        let connections = stage.between(2, 8).to_string();
        stage.get(stage.http, "/page", &options([("linger", "1".into()), ("connections", connections)]));
    }),
    healthy!("a server that closes", distant, |stage| {
        stage.nginx("keepalive_requests 1;");
        stage.begin();
        let connections = stage.between(3, 12).to_string();
        stage.get(stage.http, "/page", &options([("connections", connections)]));
    }),
    healthy!("many at once", distant, |stage| {
        stage.nginx("");
        stage.record(&[]);
        let port = stage.http.to_string();
        let clients: Vec<_> =
            (0..stage.between(4, 8)).map(|_| stage.client("get", &[SERVER, &port, "/large", "requests=3"])).collect();
        clients.into_iter().for_each(super::stage::Actor::wait);
    }),
    healthy!("a narrow link that nobody fills", distant, |stage| {
        stage.nginx("");
        stage.on_server("tc qdisc add dev tun0 root tbf rate 20mbit burst 60000 latency 200ms");
        stage.record(&[]);
        stage.get(stage.http, "/page", &options([("requests", "20".into())]));
    }),
    healthy!("pings", distant, |stage| {
        stage.nginx("");
        stage.record(&[]);
        stage.on_client("ping -q -c 5 -i 0.2 10.99.0.2 >/dev/null");
        stage.get(stage.http, "/page", &options([("requests", "4".into())]));
    }),
    healthy!("a reader that takes its time", distant, |stage| {
        stage.application();
        stage.record(&[]);
        let size = stage.between(20_000, 60_000);
        stage.get(stage.port, &format!("/big/{size}"), &options([("lazy", "0.01".into()), ("piece", "4096".into())]));
    }),
];

fn secure(stage: &mut Stage, newest: &str) {
    stage.nginx("");
    stage.begin();
    let mut all = options([("tls", "shop.example".into()), ("newest", newest.into()), ("requests", "3".into())]);
    all.push(Authority::get().certificate());
    all.push(format!("connections={}", stage.between(1, 4)));
    stage.get(stage.tls, "/page", &all);
}
