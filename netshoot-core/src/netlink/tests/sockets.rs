//! Sockets from octets, and the programs of expressions against a slow reading of the kernel's rules.

use std::net::IpAddr;

use super::super::object::Object;
use super::super::{Family, InetSocket, LinkNames, PacketSocket, SocketExpression, SocketProtocol, UnixSocket};

fn attribute(number: u16, payload: &[u8]) -> Vec<u8> {
    let mut octets = ((payload.len() + 4) as u16).to_ne_bytes().to_vec();
    octets.extend(number.to_ne_bytes());
    octets.extend(payload);
    octets.resize(octets.len().next_multiple_of(4), 0);
    octets
}

fn header(family: u8, source: [u8; 16], ports: [u16; 2], ifindex: u32) -> Vec<u8> {
    let mut octets = vec![family, 1, 0, 0];
    octets.extend(ports.map(u16::to_be_bytes).concat());
    octets.extend(source);
    octets.extend([0; 16]);
    octets.extend(ifindex.to_ne_bytes());
    octets.extend([7, 0, 0, 0, 9, 0, 0, 0]);
    octets.extend([0; 20]);
    octets
}

fn rich() -> Vec<u8> {
    let mut octets = header(2, [10; 16], [22, 40_000], 3);
    octets.extend(attribute(2, &[1; 248]));
    octets.extend(attribute(4, b"cubic\0"));
    octets.extend(attribute(7, &[2; 36]));
    octets.extend(attribute(15, &5_u32.to_ne_bytes()));
    octets.extend(attribute(21, &77_u64.to_ne_bytes()));
    octets
}

#[test]
fn every_shorter_prefix_of_a_socket_is_read_without_a_fault() {
    let octets = rich();
    for length in 0..=octets.len() {
        let socket = InetSocket::parse(&octets[..length]);
        assert_eq!(socket.is_ok(), length >= 72, "{length}");
        let _ = UnixSocket::parse(&octets[..length]);
        let _ = PacketSocket::parse(&octets[..length]);
    }
    let socket = InetSocket::parse(&octets).unwrap();
    assert!(socket.notes.is_empty());
    assert_eq!((socket.source_port, socket.destination_port, socket.ifindex), (22, 40_000, 3));
    assert_eq!((socket.mark, socket.cgroup_id, socket.family), (Some(5), Some(77), Family::INET));
    assert_eq!(socket.skmem.unwrap().drops, Some(0x0202_0202));
    assert_eq!(socket.tcp_info.unwrap().as_bytes().len(), 248);
}

#[test]
fn a_socket_with_tcp_info_takes_700_octets() {
    let socket = InetSocket::parse(&rich()).unwrap();
    let heap = socket.congestion.as_ref().map_or(0, |name| name.as_bytes().len());
    let all = size_of::<InetSocket>() + heap;
    assert!(all <= 700, "{all}");
}

#[test]
fn the_protocol_is_that_of_the_question() {
    let socket = InetSocket::parse_answer(SocketProtocol::MPTCP.0, &rich()).unwrap();
    assert_eq!(socket.protocol, SocketProtocol::MPTCP);
}

fn service(name: &str) -> Option<u16> {
    (name == "ssh").then_some(22)
}

fn parse(text: &str) -> SocketExpression {
    SocketExpression::parse(text, &LinkNames::default(), &service).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The rules of `inet_diag_bc_run`, one operation after the other.
fn interpret(code: &[u8], socket: &InetSocket) -> bool {
    let mut place = 0;
    while place < code.len() {
        let [number, yes, n0, n1] = *code[place..].first_chunk().unwrap();
        let no = usize::from(u16::from_ne_bytes([n0, n1]));
        let data = &code[place + 4..place + usize::from(yes)];
        let word = |at: usize| u32::from_ne_bytes(data[at..at + 4].try_into().unwrap());
        let (address, port) = match number {
            2 | 3 | 7 => (socket.source, socket.source_port),
            _ => (socket.destination, socket.destination_port),
        };
        let truth = match number {
            1 => false,
            2 | 4 => port >= u16::from_ne_bytes([data[2], data[3]]),
            3 | 5 => port <= u16::from_ne_bytes([data[2], data[3]]),
            7 | 8 => (word(4) == u32::MAX || word(4) == u32::from(port)) && meets(address, data),
            9 => socket.ifindex == word(0),
            10 => socket.mark.unwrap() & word(4) == word(0),
            13 => socket.cgroup_id.unwrap() == u64::from_ne_bytes(data.try_into().unwrap()),
            other => panic!("operation {other}"),
        };
        place += if truth { usize::from(yes) } else { no };
    }
    place == code.len()
}

fn meets(own: IpAddr, condition: &[u8]) -> bool {
    let bit = |octets: &[u8], at: usize| octets[at / 8] >> (7 - at % 8) & 1;
    let (own, family) = match own {
        IpAddr::V4(own) => (own.octets().to_vec(), 2),
        IpAddr::V6(own) => match (condition[0], own.to_ipv4_mapped()) {
            (2, Some(own)) => (own.octets().to_vec(), 2),
            _ => (own.octets().to_vec(), 10),
        },
    };
    [0, family].contains(&condition[0])
        && (0..usize::from(condition[1])).all(|at| bit(&own, at) == bit(&condition[8..], at))
}

fn random_expression(dice: &mut impl FnMut(u64) -> u64, depth: u64) -> String {
    let leaves = [
        "src 10.0.0.0/8",
        "dst 0.0.0.0",
        "src [::ffff:0:0]/96",
        "src 10.10.10.10",
        "sport = :ssh",
        "dport > :100",
        "sport <= 22",
        "dport != 40000",
        "dev = 3",
        "dev != 2",
        "fwmark = 0x1/0x3",
        "cgroup 77",
        "src 10.0.0.0/8:22",
        "sport < :23",
        "dport ge 5",
    ];
    match dice(if depth == 0 { 1 } else { 4 }) {
        1 => format!("not {}", random_expression(dice, depth - 1)),
        2 => format!("( {} or {} )", random_expression(dice, depth - 1), random_expression(dice, depth - 1)),
        3 => format!("({} {})", random_expression(dice, depth - 1), random_expression(dice, depth - 1)),
        _ => leaves[dice(leaves.len() as u64) as usize].to_owned(),
    }
}

#[test]
fn programs_say_what_expressions_say() {
    let mut state = 1_u64;
    let mut dice = |sides: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % sides
    };
    let mut mapped = [0; 16];
    mapped[10..].copy_from_slice(&[255, 255, 10, 0, 0, 1]);
    let mut sockets = Vec::new();
    for (family, source) in [(2, [10; 16]), (10, mapped), (10, [0x20; 16]), (2, [0; 16])] {
        for (ports, ifindex) in [([22, 40_000], 3), ([23, 100], 2), ([0, 5], 0)] {
            let mut octets = header(family, source, ports, ifindex);
            octets.extend(attribute(15, &u32::from(ports[0]).to_ne_bytes()));
            octets.extend(attribute(21, &(74 + u64::from(ifindex)).to_ne_bytes()));
            sockets.push(InetSocket::parse(&octets).unwrap());
        }
    }
    let mut truths = [0; 2];
    for _ in 0..5000 {
        let text = random_expression(&mut dice, 4);
        let expression = parse(&text);
        assert_eq!(parse(&expression.to_string()), expression, "{text}");
        let code = expression.bytecode().unwrap();
        for socket in &sockets {
            let said = expression.matches(socket).unwrap();
            assert_eq!(interpret(&code, socket), said, "{text}");
            truths[usize::from(said)] += 1;
        }
    }
    assert!(truths.iter().all(|count| *count > 5000), "{truths:?}");
}

#[test]
fn faults_are_told_with_their_place() {
    let cases = [
        ("sport = :nothing", 8, "neither a port"),
        ("dst example.org", 4, "not looked up"),
        ("( sport = 1", 11, "not closed"),
        ("sport = 1 )", 10, "closes nothing"),
        ("sport = 1 and", 13, "missing"),
        ("colour = 1", 0, "no condition"),
        ("dst >= 1.2.3.4", 4, "no order"),
        ("dst 1.2.3.4/33", 4, "32 bits"),
        ("dev = nothing0", 6, "no link"),
        ("", 0, "missing"),
    ];
    for (text, position, problem) in cases {
        let error = SocketExpression::parse(text, &LinkNames::default(), &service).unwrap_err();
        assert_eq!(error.position, position, "{text}: {error}");
        assert!(error.problem.contains(problem), "{text}: {error}");
    }
    let deep = "( ".repeat(100_000);
    assert!(SocketExpression::parse(&deep, &LinkNames::default(), &service).is_err());
}

#[test]
fn a_unix_name_without_a_file_keeps_all_its_octets() {
    let named = |name: &[u8]| {
        let length = u16::try_from(name.len() + 4).unwrap();
        let attribute = [&length.to_ne_bytes()[..], &[0, 0], name].concat();
        let socket = UnixSocket::parse(&[&[1; 16][..], &attribute].concat()).unwrap();
        socket.name.unwrap().as_bytes().to_vec()
    };
    assert_eq!(named(b"/run/x\0"), b"/run/x");
    assert_eq!(named(b"/run/x"), b"/run/x");
    assert_eq!(named(b"\0x\0"), b"\0x\0");
    assert_eq!(named(b"\0"), b"\0");
    assert_eq!(named(b""), b"");
}
