//! The committed corpus is what this code makes; `NETSHOOT_REGENERATE=1` writes it anew.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "seeds/applications.rs"]
#[allow(unreachable_pub)]
mod applications;
#[path = "../../netshoot-core/tests/support/build.rs"]
#[allow(unreachable_pub, missing_docs)]
mod build;
#[path = "../../netshoot-core/tests/support/layers.rs"]
#[allow(unreachable_pub, missing_docs)]
mod layers;

use std::fs;
use std::path::Path;

use build::{ORDERS, Order};

#[test]
fn committed_seeds_are_those_made_by_code() {
    let regenerate = std::env::var_os("NETSHOOT_REGENERATE").is_some_and(|value| value == "1");
    for (path, seed) in pcap()
        .into_iter()
        .chain(pcapng())
        .chain(compressed())
        .chain(packet())
        .chain(applications::dns())
        .chain(applications::dhcp())
        .chain(applications::icmp_extensions())
        .chain(applications::tls())
        .chain(applications::http())
        .chain(applications::quic())
        .chain(analysis())
        .chain(netlink())
        .chain(kinds_of_link())
        .chain(routes())
        .chain(objects())
        .chain(counters())
        .chain(sockets())
        .chain(watch())
        .chain(throughput())
        .chain(datagrams())
        .chain(streams())
    {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(path);
        if regenerate {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &seed).unwrap();
        }
        let committed = fs::read(&path).unwrap_or_default();
        assert!(committed == seed, "{} differs; hint: NETSHOOT_REGENERATE=1", path.display());
    }
}

fn pcap() -> Vec<(String, Vec<u8>)> {
    let mut seeds = Vec::new();
    for order in ORDERS {
        seeds.push((format!("pcap/microseconds-{order:?}"), build::pcap_of_three(order, build::MICROSECONDS)));
        seeds.push((format!("pcap/nanoseconds-{order:?}"), build::pcap_of_three(order, build::NANOSECONDS)));
        let old = [
            build::pcap_header(order, build::MICROSECONDS, (2, 3), 68, 0x2400_0001),
            order.words(&[1, 2, 9, 3]),
            b"abc".to_vec(),
        ];
        seeds.push((format!("pcap/old-version-{order:?}"), old.concat()));
    }
    seeds
}

fn pcapng() -> Vec<(String, Vec<u8>)> {
    let mut seeds = Vec::new();
    for order in ORDERS {
        seeds.push((format!("pcapng/everything-{order:?}"), build::pcapng_of_everything(order)));
        seeds.push((format!("pcapng/clocks-{order:?}"), clocks(order)));
    }
    seeds
}

/// The file of everything, as gzip, zstd and lz4 compress it; twice; and with a skippable frame in between.
fn compressed() -> Vec<(String, Vec<u8>)> {
    let mut seeds = Vec::new();
    for (name, text) in [("gzip", GZIP), ("zstd", ZSTD), ("lz4", LZ4)] {
        let pairs = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
        let file: Vec<_> = pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
        let between = if name == "gzip" { &[][..] } else { &[0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2] };
        seeds.push((format!("compressed/{name}-twice"), [&file, between, &file].concat()));
        seeds.push((format!("pcapng/{name}"), file.clone()));
        seeds.push((format!("compressed/{name}"), file));
    }
    seeds
}

/// Interfaces of odd resolutions and offsets, with times at both ends.
fn clocks(order: Order) -> Vec<u8> {
    let mut file = build::section(order, (1, 0), b"");
    for (interface, resolution) in [0, 3, 12, 30, 127, 0x80, 0xbf, 0xff].into_iter().enumerate() {
        let offset = build::option(order, 14, &order.u64(u64::MAX / (interface as u64 + 1)));
        let options = [build::option(order, 9, &[resolution]), offset].concat();
        file.extend(build::interface(order, 1, 0, &options));
        file.extend(build::enhanced(order, interface as u32, u64::MAX, 1, b"x"));
        file.extend(build::enhanced(order, interface as u32, 0, 1, b"y"));
    }
    file
}

/// A frame of every shape, behind its link type and the number of octets that the capture cut off.
fn packet() -> Vec<(String, Vec<u8>)> {
    let seed = |(i, (link_type, frame)): (usize, (u16, Vec<u8>))| {
        let head = [&link_type.to_be_bytes()[..], &[u8::try_from(i % 3).unwrap()]].concat();
        (format!("packet/{i:02}-link-type-{link_type}"), [head, frame].concat())
    };
    layers::samples().into_iter().enumerate().map(seed).collect()
}

/// Conversations of raw IP packets, each behind its length and the time since the one before.
fn analysis() -> Vec<(String, Vec<u8>)> {
    const HELLO: &[u8] = b"GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n";
    let sequence = |packets: &[(u8, Vec<u8>)]| {
        let one = |(step, packet): &(u8, Vec<u8>)| {
            [&u16::try_from(packet.len()).unwrap().to_be_bytes()[..], &[*step], packet].concat()
        };
        packets.iter().map(one).collect::<Vec<_>>().concat()
    };
    let tcp = |flags, payload: &[u8]| layers::ipv4(6, &layers::tcp(flags, &[], payload));
    let dns = |flags| layers::ipv4(17, &layers::udp(5353, 53, &layers::dns(flags, [1, 0, 0, 0], &[])));
    let unreachable = layers::ipv4(1, &layers::icmp(3, 1, &tcp(2, b"")));
    let every = layers::samples().into_iter().map(|(_, frame)| (1, frame)).collect::<Vec<_>>();
    vec![
        (
            "analysis/lost".into(),
            sequence(&[(0, tcp(2, b"")), (1, tcp(16, HELLO)), (6, tcp(16, HELLO)), (0x83, tcp(4, b""))]),
        ),
        (
            "analysis/names".into(),
            sequence(&[(0, dns(0x0100)), (100, dns(0x0100)), (1, dns(0x8183)), (1, dns(0x8182))]),
        ),
        ("analysis/unreachable".into(), sequence(&[(0, tcp(2, b"")), (20, tcp(2, b"")), (1, unreachable)])),
        ("analysis/every-shape".into(), sequence(&every)),
    ]
}

/// Links of many kinds, from the library's own test data; the first octet says that all of it is the link.
fn kinds_of_link() -> Vec<(String, Vec<u8>)> {
    let lines = include_str!("../../netshoot-core/tests/data/links_pyroute2.txt").lines();
    let seed = |(place, line): (usize, &str)| {
        let mut words = line.split(' ');
        let (kind, digits) = (words.next().unwrap(), words.next().unwrap());
        let octet = |place| u8::from_str_radix(&digits[place..place + 2], 16).unwrap();
        let octets = (0..digits.len()).step_by(2).map(octet);
        (format!("netlink/link-{place:02}-{kind}"), [255].into_iter().chain(octets).collect())
    };
    lines.filter(|line| !line.starts_with('#')).enumerate().map(seed).collect()
}

/// A link and an address of it; the first octet is the length of the link in units of eight octets.
fn netlink() -> Vec<(String, Vec<u8>)> {
    let attribute = |kind: u16, value: &[u8]| {
        let length = u16::try_from(4 + value.len()).unwrap();
        let padding = vec![0; value.len().next_multiple_of(4) - value.len()];
        [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), value, &padding].concat()
    };
    let details = |kind: &[u8], data: &[u8]| attribute(18, &[attribute(1, kind), attribute(2, data)].concat());
    let link = |name: &[u8], rest: &[u8]| {
        let head = [&[0, 0, 1, 0][..], &7_u32.to_ne_bytes(), &0x1043_u32.to_ne_bytes(), &[0; 4]].concat();
        let mac = attribute(1, &[2, 0, 0, 0, 0, 7]);
        let mut link = [&head, &attribute(3, name), &mac, &attribute(4, &1500_u32.to_ne_bytes()), rest].concat();
        link.resize(link.len().next_multiple_of(8), 0);
        link
    };
    let address =
        [&[2, 24, 0x80, 0, 7, 0, 0, 0][..], &attribute(2, &[10, 0, 0, 1]), &attribute(3, b"eth7:1\0")].concat();
    let both = |link: Vec<u8>| [&[u8::try_from(link.len() / 8).unwrap()], &link[..], &address].concat();
    let vxlan = details(b"vxlan\0", &[attribute(1, &42_u32.to_ne_bytes()), attribute(4, &[10, 0, 0, 9])].concat());
    let bridge = details(b"bridge\0", &[attribute(1, &1500_u32.to_ne_bytes()), attribute(11, &[0x80; 8])].concat());
    vec![
        ("netlink/plain".into(), both(link(b"eth7\0", &attribute(23, &[1; 200])))),
        ("netlink/not-utf8".into(), both(link(b"caf\xe9\0", &attribute(20, b"\x1b[31m\0")))),
        ("netlink/vxlan".into(), both(link(b"vx0\0", &vxlan))),
        ("netlink/bridge".into(), both(link(b"br0\0", &bridge))),
    ]
}

/// The number of a source in `Source::ALL`, a text, 0xff, and a later text.
fn counters() -> Vec<(String, Vec<u8>)> {
    let seed =
        |source: u8, before: &str, after: &str| [&[source][..], before.as_bytes(), &[0xff], after.as_bytes()].concat();
    let snmp = |values: &str| format!("Ip: Forwarding InReceives\nIp: {values}\nTcp: MaxConn InSegs\nTcp: -1 9\n");
    let softnet = |first: &str| format!("{first} 00000001 0 0 0 0 0 0 0 0 0 0 00000003 0 0\n00000001 2 3\n");
    let devices = |name: &str| format!("Inter-|\n face |bytes\n  {name}: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
    vec![
        ("counters/sctp".into(), seed(0, "SctpCurrEstab \t1\n", "SctpCurrEstab \t2\n")),
        ("counters/snmp".into(), seed(1, &snmp("2 7"), &snmp("2 18446744073709551615"))),
        ("counters/snmp6".into(), seed(2, "Ip6InReceives \t1\nIcmp6OutType135 \t2\n", "Ip6InReceives 0\n")),
        ("counters/netstat".into(), seed(3, "TcpExt: TW ListenDrops\nTcpExt: 1 2\n", "TcpExt: TW\nTcpExt: 3\n")),
        ("counters/sockstat".into(), seed(4, "sockets: used 16\nTCP: inuse 1 orphan 0\n", "sockets: used 15\n")),
        ("counters/sockstat6".into(), seed(5, "TCP6: inuse 1\n", "TCP6: inuse 1\nFRAG6: inuse 0 memory 0\n")),
        ("counters/softnet".into(), seed(6, &softnet("ffffffff"), &softnet("00000001"))),
        ("counters/dev".into(), seed(7, &devices("eth0"), &devices("n\u{1}\"\\"))),
        ("counters/conntrack".into(), seed(8, "entries  found\nff 10\nff 11\n", "entries  found\nfe 12\nfe 0\n")),
    ]
}

/// Routes of every kind of encapsulation, next hops and a bucket, each behind the octet that says what it is.
/// Filters with a socket, octets for the grammar, and files of the kernel.
fn sockets() -> Vec<(String, Vec<u8>)> {
    let mut socket = vec![2, 1, 0, 0, 0, 22, 0x9c, 0x40];
    socket.extend([10; 32]);
    socket.resize(72, 0);
    socket.extend([8, 0, 15, 0, 0x2a, 0, 0, 0, 12, 0, 21, 0, 77, 0, 0, 0, 0, 0, 0, 0]);
    let filters = [
        ("ports", "sport = :22 and ( dport ge 0x400 or not dport < 5 )"),
        ("states", "state established exclude listening sport != ssh"),
        ("addresses", "src 10.0.0.0/8:22 or dst [fd00::1/64]:443 or dst inet6:::1 | src 10/8"),
        ("names", "src unix:/run/[a-z]*\\ x?.sock or dst unix:* or src unix:@a(b)"),
        ("links", "src link:arp:eth0 or src link:*:3 or dev = eth0 or sport = link:eth0"),
        ("protocols", "src netlink:rtnl:kernel or sport < netlink:-5 or src vsock:2:1024"),
        ("marks", "fwmark = 0x2a/0xff and cgroup != / and ! autobound"),
        ("fault", "((( sport = :22 ) or dst example.org"),
    ];
    let mut seeds: Vec<_> = filters
        .into_iter()
        .map(|(name, text)| (format!("sockets/{name}"), [&[0], text.as_bytes(), &[0], &socket].concat()))
        .collect();
    let grammar: Vec<u8> = (0..120_u8).map(|at| at.wrapping_mul(37) ^ at >> 2).collect();
    seeds.push(("sockets/grammar".into(), [&[1][..], &grammar].concat()));
    let head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
    let four =
        "  253: 0100007F:00FD 00000000:0000 07 00000002:00000010 00:00000000 00000000  1000        0 4242 2 0 0\n";
    let six = "   58: B80D0120000000000000000001000000:003A 00000000000000000000000000000000:0000 07 \
               00000000:00000000 00:00000000 00000000     0        0 9 2 0 0\n";
    seeds.push(("sockets/raw".into(), [&[2], head.as_bytes(), four.as_bytes(), six.as_bytes()].concat()));
    seeds
}

fn routes() -> Vec<(String, Vec<u8>)> {
    let attribute = |kind: u16, value: &[u8]| {
        let length = u16::try_from(4 + value.len()).unwrap();
        let padding = vec![0; value.len().next_multiple_of(4) - value.len()];
        [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), value, &padding].concat()
    };
    let number = |kind, value: u32| attribute(kind, &value.to_ne_bytes());
    let route = |family: u8, flags: u32, parts: &[Vec<u8>]| {
        let head = [0, family, 24, 0, 16, 254, 3, 253, 1];
        [&head[..], &flags.to_ne_bytes(), &parts.concat()].concat()
    };
    let encap =
        |kind: u16, parts: &[Vec<u8>]| [attribute(22, &parts.concat()), attribute(21, &kind.to_ne_bytes())].concat();
    let hop = |index: u32, parts: &[u8]| {
        let length = u16::try_from(8 + parts.len()).unwrap();
        [&length.to_ne_bytes()[..], &[5, 2], &index.to_ne_bytes(), parts].concat()
    };
    let hops = |kind, parts: &[u8]| [&[kind, 0, 0, 0, 0, 0, 0, 0, 0][..], parts].concat();

    let gateway = attribute(5, &[10, 0, 0, 1]);
    let srh = [&[0, 9, 4, 1, 1, 8, 0, 0][..], &[0xfd; 32], &[5, 38, 0, 0, 0, 0, 0, 7], &[0; 32]].concat();
    let in_frame = [&1_u32.to_ne_bytes()[..], &srh].concat();
    let options = attribute(1, &[attribute(1, &[1, 2]), attribute(2, &[3]), attribute(3, &[4; 4])].concat());
    let ip = [attribute(1, &[7; 8]), attribute(2, &[1; 4]), attribute(6, &[0, 13]), attribute(8, &options)];
    let program = attribute(2, b"in.o\0");
    let mut seeds = vec![
        ("plain", route(2, 0, &[attribute(1, &[10, 0, 0, 0]), gateway.clone(), number(4, 7), number(6, 100)])),
        ("answer", route(2, 0xa200_0200, &[number(25, 0), number(16, 17), attribute(12, &[1; 32]), number(30, 9)])),
        (
            "metrics",
            route(10, 0, &[attribute(8, &[number(1, 6), number(2, 1400), attribute(16, b"cubic\0")].concat())]),
        ),
        ("multipath", route(2, 0, &[attribute(9, &[hop(7, &gateway), hop(8, &encap(2, &ip)), hop(9, &[])].concat())])),
        ("mpls", route(28, 0, &[attribute(1, &[0, 6, 0x41, 0]), attribute(19, &[0, 1, 0, 0, 0, 1, 1, 0])])),
        ("via", route(2, 0, &[attribute(18, &[&[10, 0][..], &[0xfd; 16]].concat()), number(11, 0x5_0006)])),
        ("multicast", route(128, 0, &[attribute(17, &[1; 24]), attribute(23, &[1; 8]), number(3, 5)])),
        ("group", hops(1, &[number(1, 9), attribute(2, &[1; 16]), attribute(12, &number(2, 6000))].concat())),
        ("next-hop", hops(1, &[number(1, 9), number(5, 7), gateway, encap(2, &ip), attribute(11, &[])].concat())),
        ("bucket", hops(2, &[number(1, 9), attribute(13, &[attribute(1, &[3, 0]), number(3, 1)].concat())].concat())),
    ];
    let local = [number(1, 15), attribute(2, &srh), number(3, 254), number(7, 4), attribute(8, &program)];
    let ioam6 = [attribute(1, &[1]), attribute(3, &[0, 1, 0, 3, 0x80, 0, 0, 0]), number(4, 1), number(5, 3)];
    for (name, kind, parts) in [
        ("encap-mpls", 1, &[attribute(1, &[0, 1, 1, 0]), attribute(2, &[9])][..]),
        ("encap-ip", 2, &ip),
        ("encap-ila", 3, &[attribute(1, &[1; 8]), attribute(7, &[2])]),
        ("encap-ip6", 4, &[attribute(1, &[7; 8]), attribute(2, &[0xfd; 16]), attribute(4, &[9])]),
        ("encap-seg6", 5, &[attribute(1, &in_frame)]),
        ("encap-bpf", 6, &[attribute(1, &program), number(4, 14)]),
        ("encap-seg6local", 7, &local),
        ("encap-rpl", 8, &[attribute(1, &[&[0, 2, 3, 1, 0, 0, 0, 0][..], &[0xfd; 16]].concat())]),
        ("encap-ioam6", 9, &ioam6),
        ("encap-xfrm", 10, &[number(1, 5), number(2, 6)]),
    ] {
        seeds.push((name, route(10, 0, &[encap(kind, parts), attribute(20, &[0])])));
    }
    seeds.into_iter().map(|(name, seed)| (format!("routes/{name}"), seed)).collect()
}

/// Rules, neighbours, forwarding entries, queueing disciplines and sockets, each behind the octet that says what it is.
fn objects() -> Vec<(String, Vec<u8>)> {
    let attribute = |kind: u16, value: &[u8]| {
        let length = u16::try_from(4 + value.len()).unwrap();
        let padding = vec![0; value.len().next_multiple_of(4) - value.len()];
        [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), value, &padding].concat()
    };
    let number = |kind, value: u32| attribute(kind, &value.to_ne_bytes());
    let object = |kind: u8, header: &[u8], parts: &[Vec<u8>]| [&[kind], header, &parts.concat()].concat();
    let selectors = [
        number(6, 10),
        attribute(2, &[10, 0, 0, 0]),
        number(10, 0x10),
        number(16, 0xff),
        attribute(3, b"n\xe9\x01\0"),
        attribute(12, &[0, 0, 0, 0, 0, 0, 0, 77]),
        attribute(20, &[1; 8]),
        attribute(23, &[1, 0, 2, 0]),
        attribute(24, &[5, 0, 5, 0]),
        number(11, 0x5_0006),
        number(14, 0),
        number(15, 70_000),
    ];
    let neighbor = [2, 0, 0, 0, 7, 0, 0, 0, 2, 0, 0x80, 1];
    let known = [attribute(1, &[10, 0, 0, 2]), attribute(2, &[2, 0, 0, 0, 0, 2]), attribute(3, &[1; 16]), number(4, 1)];
    let entry = [7, 0, 0, 0, 7, 0, 0, 0, 0x80, 0, 2, 0];
    let behind =
        [attribute(2, &[2, 0, 0, 0, 0, 2]), attribute(1, &[10, 0, 0, 9]), attribute(5, &[10, 0]), number(7, 42)];
    let qdisc = [0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 1, 0, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0];
    let stats = attribute(7, &[attribute(1, &[1; 16]), attribute(3, &[1; 20]), attribute(5, &[1; 16])].concat());
    let tbf = attribute(2, &[attribute(1, &[3; 36]), attribute(4, &[0, 0, 0, 1, 0, 0, 0, 0])].concat());
    let htb = attribute(2, &[attribute(2, &[1; 20]), number(5, 1000)].concat());
    let mut inet = vec![10, 1, 2, 3, 0, 80, 0x9c, 0x40];
    inet.resize(72, 1);
    let told = [
        attribute(2, &[7; 280]),
        attribute(7, &[1; 36]),
        attribute(4, b"bbr\0"),
        attribute(16, &[1; 20]),
        attribute(9, &[1; 16]),
        attribute(19, &[attribute(1, b"tls\0"), attribute(2, &attribute(1, &[4, 3]))].concat()),
        attribute(18, &[10; 100]),
        attribute(22, &[0xff, 7]),
    ];
    let unix = [1, 1, 10, 0, 9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
    let bound = [attribute(0, b"\0abstract\x1b"), attribute(1, &[1; 8]), attribute(3, &[1; 12]), attribute(4, &[1; 8])];
    let packet = [17, 3, 3, 0, 9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
    let rings = [attribute(0, &[1; 24]), attribute(2, &[1; 28]), number(4, 0x1_0007), attribute(6, &[1; 36])];
    let mut netlink = vec![16, 3, 0, 1];
    netlink.resize(28, 1);
    vec![
        ("objects/rule".into(), object(0, &[2, 0, 8, 0x10, 254, 0, 0, 1, 2, 0, 0, 0], &selectors)),
        (
            "objects/goto".into(),
            object(0, &[10, 0, 0, 0, 0, 0, 0, 2, 4, 0, 0, 0], &[number(4, 9), attribute(19, &[1])]),
        ),
        ("objects/neighbor".into(), object(1, &neighbor, &known)),
        ("objects/fdb".into(), object(2, &entry, &behind)),
        ("objects/tbf".into(), object(3, &qdisc, &[attribute(1, b"tbf\0"), tbf, stats.clone()])),
        ("objects/htb".into(), object(3, &qdisc, &[attribute(1, b"htb\0"), htb, stats.clone()])),
        ("objects/prio".into(), object(3, &qdisc, &[attribute(1, b"prio\0"), attribute(2, &[3; 24]), stats])),
        ("objects/inet".into(), object(4, &inet, &told)),
        ("objects/unix".into(), object(5, &unix, &bound)),
        ("objects/packet".into(), object(6, &packet, &rings)),
        ("objects/netlink".into(), object(7, &netlink, &[attribute(0, &[1; 36]), attribute(1, &[1; 8]), number(4, 3)])),
    ]
}

/// Messages, each with the milliseconds before it and its length in units of four octets in front.
/// Whole exchanges, in pieces as [`netshoot_fuzz::fuzz_throughput`] takes them.
fn throughput() -> Vec<(String, Vec<u8>)> {
    let seed = |role: u8, pieces: &[&[u8]]| {
        let mut seed = vec![role];
        for piece in pieces {
            seed.extend(u16::try_from(piece.len()).unwrap().to_be_bytes());
            seed.extend_from_slice(piece);
        }
        seed
    };
    let frame = |text: &str| [&u32::try_from(text.len()).unwrap().to_be_bytes(), text.as_bytes()].concat();
    let parameters = frame(
        r#"{"udp":true,"omit":1,"time":2,"num":0,"blockcount":0,"MSS":1400,"nodelay":true,"parallel":2,"bidirectional":true,"window":65536,"len":1400,"bandwidth":1048576,"fqrate":8,"pacing_timer":1000,"burst":10,"gso":1,"gro":1,"TOS":16,"flowlabel":5,"title":"t","extra_data":"e","congestion":"bbr","get_server_output":1,"udp_counters_64bit":1,"repeating_payload":1,"zerocopy":1,"dont_fragment":1,"authtoken":"A","skip_rx_copy":1,"client_version":"3.21"}"#,
    );
    let old = frame(r#"{"tcp":true,"omit":0,"num":1048576,"parallel":1,"reverse":true,"client_version":"3.1"}"#);
    let results = frame(
        r#"{"cpu_util_total":1.5,"cpu_util_user":0.5,"cpu_util_system":1,"sender_has_retransmits":-1,"congestion_used":"bbr","server_output_text":"x","streams":[{"id":1,"bytes":1048576,"retransmits":-1,"jitter":3e-06,"errors":1,"omitted_errors":0,"packets":9,"omitted_packets":2,"start_time":0,"end_time":1.5}]}"#,
    );
    vec![
        ("throughput/server".into(), seed(0, &[&parameters, &[4], &results, &[16]])),
        ("throughput/server-old".into(), seed(0, &[&old, &[4], &results, &[16]])),
        ("throughput/server-interrupted".into(), seed(0, &[&old, &[12]])),
        ("throughput/server-silence".into(), seed(0, &[&old, &[]])),
        ("throughput/client".into(), seed(1, &[&[9], &[10], &[1, 2], &[13], &results, &[14]])),
        ("throughput/client-refused".into(), seed(1, &[&[9], &[0xfe, 0, 0, 0, 142, 0, 0, 0, 0]])),
        ("throughput/client-cut".into(), seed(1, &[&[9], &[0xfe, 0, 0], &[]])),
        ("throughput/client-busy".into(), seed(1, &[&[0xff]])),
    ]
}

fn watch() -> Vec<(String, Vec<u8>)> {
    let message = |wait: u8, kind: u16, flags: u16, payload: &[u8]| {
        let length = u32::try_from(16 + payload.len()).unwrap();
        let units = u8::try_from(length / 4).unwrap();
        [&[wait, units][..], &length.to_ne_bytes(), &kind.to_ne_bytes(), &flags.to_ne_bytes(), &[0; 8], payload]
            .concat()
    };
    let attribute = |kind: u16, value: &[u8; 4]| [&8_u16.to_ne_bytes()[..], &kind.to_ne_bytes(), value].concat();
    let link = |flags: u32| [&[0, 0, 1, 0, 7, 0, 0, 0][..], &flags.to_ne_bytes(), &[0; 4]].concat();
    let address = [&[2, 24, 0x80, 0, 7, 0, 0, 0][..], &attribute(1, &[192, 0, 2, 1])].concat();
    let route = |gateway: u8| {
        let head = [2, 24, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0];
        [&head[..], &attribute(1, &[10, 0, 0, 0]), &attribute(5, &[192, 0, 2, gateway])].concat()
    };
    let rule = [&[2, 0, 0, 0, 9, 0, 0, 1, 0, 0, 0, 0][..], &attribute(6, &7_u32.to_ne_bytes())].concat();
    let neighbor = |family: u8| {
        [&[family, 0, 0, 0, 7, 0, 0, 0, 2, 0, 0, 0][..], &attribute(1, &[192, 0, 2, 9]), &attribute(9, &[0; 4])]
            .concat()
    };
    let next_hop = [&[2, 0, 3, 0, 0, 0, 0, 0][..], &attribute(1, &7_u32.to_ne_bytes())].concat();
    let replace = 0x100;
    vec![
        (
            "watch/link".into(),
            [message(0, 16, 0, &link(1)), message(9, 16, 0, &link(0)), message(60, 17, 0, &link(0))].concat(),
        ),
        (
            "watch/address".into(),
            [message(0, 20, 0, &address), message(1, 20, 0, &address), message(1, 21, 0, &address)].concat(),
        ),
        (
            "watch/route".into(),
            [
                message(0, 24, 0, &route(1)),
                message(1, 24, replace, &route(2)),
                message(1, 24, 0, &route(3)),
                message(1, 25, 0, &route(2)),
            ]
            .concat(),
        ),
        ("watch/rule".into(), [message(0, 32, 0, &rule), message(1, 32, 0, &rule), message(1, 33, 0, &rule)].concat()),
        (
            "watch/neighbor".into(),
            [message(0, 28, 0, &neighbor(2)), message(1, 28, 0, &neighbor(7)), message(1, 29, 0, &neighbor(2))]
                .concat(),
        ),
        (
            "watch/next-hop".into(),
            [message(0, 104, 0, &next_hop), message(1, 105, 0, &next_hop), message(99, 4, 0, &[])].concat(),
        ),
    ]
}

/// Fragments as [`netshoot_fuzz::fuzz_datagrams`] takes them: kind, identification, offset, length, fill, time.
fn datagrams() -> Vec<(String, Vec<u8>)> {
    let ordered = [[6, 1, 0, 0, 2, 1, 0], [6, 1, 0, 2, 2, 2, 1], [4, 1, 0, 4, 1, 3, 1]].concat();
    let ipv6 = [[7, 2, 0, 2, 2, 2, 1], [5, 2, 0, 4, 1, 3, 1], [7, 2, 0, 0, 2, 1, 0]].concat();
    let overlapping =
        [[6, 1, 0, 1, 3, 1, 0], [6, 1, 0, 2, 3, 2, 0], [4, 1, 0, 5, 1, 4, 0], [6, 1, 0, 0, 2, 3, 0]].concat();
    let hostile =
        [[4, 1, 0x1f, 0xff, 20, 1, 0], [6, 2, 0, 0, 0, 1, 0], [2, 3, 0, 0, 9, 1, 0], [7, 1, 0, 0, 255, 1, 90]].concat();
    let mut seeds = Vec::new();
    for policy in 0..5 {
        let all = [("ordered", &ordered), ("ipv6", &ipv6), ("overlapping", &overlapping), ("hostile", &hostile)];
        for (name, records) in all {
            seeds.push((format!("datagrams/{name}-{policy}"), [&[policy], &records[..]].concat()));
        }
    }
    seeds
}

/// Segments as [`netshoot_fuzz::fuzz_streams`] takes them: kind, flags, place, length, acknowledgment, time.
fn streams() -> Vec<(String, Vec<u8>)> {
    let opening = [[8, 0x02, 0, 0, 0, 0, 0], [9, 0x12, 0, 0, 0, 1, 0]].concat();
    let ordered =
        [[8, 0x10, 0, 0, 200, 0, 0], [9, 0x10, 0, 0, 100, 0, 0], [8, 0x11, 0, 0, 50, 0, 0], [9, 0x11, 0, 0, 9, 0, 0]];
    let early = [[0, 0x10, 0x0c, 0x80, 100, 0, 0], [0, 0x10, 0x06, 0x40, 150, 0, 0], [8, 0x10, 0, 0, 120, 0, 1]];
    let holes = [
        [0, 0x10, 0x0c, 0x80, 100, 0, 0],
        [1, 0x10, 0, 0, 0, 250, 0],
        [0, 0x10, 0x20, 0, 90, 0, 0],
        [0, 0x14, 0, 0, 4, 0, 0],
    ];
    let ports = [
        [8, 0x02, 0, 0, 0, 0, 0],
        [10, 0x02, 0, 0, 0, 0, 0],
        [12, 0x02, 0, 0, 0, 0, 0],
        [14, 0x02, 0, 0, 0, 0, 0],
        [24, 0x18, 0, 0, 9, 0, 255],
    ];
    let mut seeds = Vec::new();
    for policy in [0, 1, 2, 0x80] {
        let all = [
            ("ordered", ordered.concat()),
            ("early", early.concat()),
            ("holes", holes.concat()),
            ("ports", ports.concat()),
        ];
        for (name, records) in all {
            seeds.push((format!("streams/{name}-{policy}"), [&[policy], &opening[..], &records].concat()));
        }
    }
    seeds
}

/// What `gzip -9n`, `zstd -19` and `lz4 -9 -BX --content-size` make of `pcapng/everything-Little`.
const GZIP: &str = "\
    1f8b08000000000002038d92416ec2400c455d088504685980a8501741eaa2122c3840380287086122aaaa8980d0aa1bc4860d1760c315\
    380a07e0069c82d6f678481a368df43333f6f7ccc42f4ebdeef40160e4f53a7738fec863410d3efc8972c7dfeed48f26e4a1fcab8cf414\
    c002954c0736466c8999fc336a86f25094df4aec1e3510ef65bf6bb78e9be183f8c278394f948adc384854a27d16aa21fe46a6dedc8102\
    8fa015be8569f9a2cb3e07d5442d5430c720cf8ba82754896b3e5557d687aaf69e560065a92ba05ef8a022bfcb3223f9e3807378973579\
    97d17b147f455c57cadf93bfa50267bd0de62bbc3788cf410e38f43b3d6f4445860316d5b21cc873459101411ca8d1767a5c8a62c66b8f\
    f25b9dfb83a2bddb5f869b630ba78c22cf01fe8582961a459e83f9446aa9e120edbda2301cf4ba7ad0f9d5096e5148075314c481726b7d\
    97a6e12075b7280884667a6610a68bf86bfe0262d0f1da10030000";
const ZSTD: &str = "\
    28b52ffd046865090036932f2080bd1b37833c2f4dd2f54011e9ccbc7ffe5d9a41b849af8c00f52b555555ca142a002a00240085db3b67\
    bdf28880088ee9453a18f8cc01df8c5420936516b29046a0d4c5c1ef008aa6f3f926c1602402215b2292eb90275e5ca593e38e0b018fff\
    e38317e9255a595424d2ab055b951a1edb2e22c1e57c7fce0382dec3c1092ad94a8552c16a038e290a8104377cc1c73c6098c63b6485ee\
    428a113eb9e09cf704ff90b53c5a9de2ffc8cee6f1e570925f1c04fc743494cdffc043c21f3a28b09cc22607313c69cca86a8282f73f03\
    a30c3c63044046c010ff1a39183820231c7ec440c7021e250650c03d08e17420301c3870f8029c9d604c008e9181c9081715b078ac9eb0\
    a14b8f986dfef90cd78ec249cc0cc1186fe66b003f445d16dfddaf7484b5c7c481012eeaef3d";
const LZ4: &str = "\
    04224d187440bdb8010000f3020a0d0d0a2c0000004d3c2b1a01000000ff0100f00104000c006d6164652062792068616e642400002000\
    13280800000100d3020004006574683009000100091400042000c01c000000710000003c0000002000138a14005306000000302c0093fe\
    9c971715cd853d0e2800e2666f75727465656e206f637465742800530400000010300017104000048400001100220f000400366669663f\
    002173212800f1000a00000014000000736563726574730c0091030000001800000005340033766521100022ad0b2c0053d97e00000738\
    0073020000002400003600021800130304005261626300248c0010802c0071756e6b6e6f776e38001c05a80001cc00320800e847006300\
    0500080002180001a800200d0dab00762c1a2b3c4d00018801480004000c8801002400058b01078901008801006901048801098b011171\
    1000103c20000088010c8b01b117979cfe3d85cd150000008b010c88011f008b011223060087011c0f88012600008b010488012a00008b\
    01048801021000220bad20003e7ed9008b01034201068b01008801001c0012808c00141488012f00008b010400890102d40111e88901b0\
    0000000000000200000030d0d28936000000001b6c0ecd";
