//! Sockets from octets, and filters in the words of `ss`. Their programs are tried in the fuzz target `sockets`.

use super::super::object::Object;
use super::super::{
    ByteString, Family, InetSocket, LinkNames, NetlinkDiagSocket, PacketSocket, SocketEnd, SocketExpression,
    SocketExpressionError, SocketFamily, SocketNames, SocketProtocol, SocketSelection, SocketState, UnixSocket,
};

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

fn select(text: &str) -> Result<SocketSelection, SocketExpressionError> {
    let names = SocketNames {
        service: &|name| (name == "ssh").then_some(22),
        link: &|name| (name == "eth0").then_some(3),
        ..SocketNames::default()
    };
    SocketSelection::parse(text, &names)
}

fn parse(text: &str) -> SocketExpression {
    select(text).unwrap_or_else(|error| panic!("{text}: {error}")).expression.unwrap()
}

#[test]
fn faults_are_told_with_their_place() {
    let cases = [
        ("sport = :nothing", 8, ":nothing", "neither a port"),
        ("dst example.org", 4, "example.org", "not looked up"),
        ("( sport = 1", 11, "", "not closed"),
        ("sport = 1 )", 10, ")", "closes nothing"),
        ("sport = 1 and", 13, "", "missing"),
        ("colour = 1", 0, "colour", "no condition"),
        ("(sport=1)", 1, "sport=1", "divided by spaces"),
        ("dst >= 1.2.3.4", 4, ">=", "go with dst"),
        ("dst != 1.2.3.4", 4, "!=", "go with dst"),
        ("fwmark > 1", 7, ">", "go with fwmark"),
        ("dst 1.2.3.4/33", 4, "1.2.3.4/33", "32 bits"),
        ("dst 1.2.3.256", 4, "1.2.3.256", "no address"),
        ("dst inet:::1", 4, "inet:::1", "another family"),
        ("dst [::1", 4, "[::1", "bracket"),
        ("dev = nothing0", 6, "nothing0", "no link"),
        ("sport > *", 8, "*", "no order"),
        ("src link:nothing", 4, "link:nothing", "no protocol"),
        ("cgroup /nothing", 7, "/nothing", "no control group"),
        ("fwmark 1/x", 7, "1/x", "no mark"),
        ("state nonsense", 6, "nonsense", "no state"),
        ("exclude", 7, "", "missing"),
        ("sport = 1 state all", 10, "state", "before any expression"),
    ];
    for (text, position, word, problem) in cases {
        let error = select(text).unwrap_err();
        assert_eq!((error.position, error.word.as_str()), (position, word), "{text}: {error}");
        assert!(error.problem.contains(problem), "{text}: {error}");
    }
}

/// A name of a link may be written as it is shown, in which a backslash is none that escapes.
#[test]
fn links_are_found_as_they_are_shown() {
    let links: LinkNames =
        [(5, ByteString::from(&b"\xff\xfe"[..])), (6, "xffxfd".into()), (7, "a b".into())].into_iter().collect();
    let names = SocketNames { link: &|name| links.find(name), ..SocketNames::default() };
    for (text, index) in [
        (r"dev \xff\xfe", 5),
        (r"(dev = \xff\xfe)", 5),
        (r"dev \\xff\\xfe", 5),
        (r"dev \xff\xfd", 6),
        (r"dev xffxfd", 6),
        (r"dev a\ b", 7),
        (r"dev 9", 9),
    ] {
        let selection = SocketSelection::parse(text, &names).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(selection.expression, Some(SocketExpression::Device(index)), "{text}");
    }
    let port = SocketExpression::Port(SocketEnd::Source, 5);
    for text in [r"src link:*:\xff\xfe", r"sport = link:\xff\xfe"] {
        let expression = SocketSelection::parse(text, &names).unwrap().expression.unwrap();
        let SocketExpression::And(left, _) = expression else { panic!("{text}: {expression:?}") };
        assert_eq!(*left, port, "{text}");
    }
    assert!(SocketSelection::parse(r"dev \xff\xfc", &names).is_err());
}

/// So may the name of a unix socket.
#[test]
fn names_of_unix_sockets_are_found_as_they_are_shown() {
    for text in [r"src unix:/tmp/v\xe9*", r"src unix:/tmp/v\\xe9*", r"(src unix:/tmp/v\xe9*)"] {
        let expression = parse(text);
        assert_eq!(parse(&expression.to_string()), expression, "{text}");
        let SocketExpression::And(name, _) = expression else { panic!("{text}: {expression:?}") };
        let wanted = SocketExpression::Name { end: SocketEnd::Source, pattern: r"/tmp/v\xe9*".to_owned() };
        assert_eq!(*name, wanted, "{text}");
    }
}

#[test]
fn hostile_filters_are_refused_at_once() {
    for (text, problem) in [
        ("( ".repeat(10_000), "too deep"),
        ("(".repeat(10_000), "too deep"),
        ("not ".repeat(10_000), "too deep"),
        ("sport 1 and sport 2 or ".repeat(10_000), "too often"),
        (format!("sport 1{}", " or sport 2".repeat(5_000)), "too many"),
        ("x".repeat(2 << 20), "longer than"),
        ("\\".repeat(300), "no condition"),
    ] {
        let error = select(&text).unwrap_err();
        assert!(error.problem.contains(problem) && error.to_string().len() < 300, "{error}");
    }
    // As many as may be are a shallow tree; too long for the kernel, they are asked here alone.
    let many = format!("sport 1{}", " or sport 2".repeat(4_095));
    let expression = parse(&many);
    assert_eq!(expression.bytecode(Family::INET), None);
    let mut octets = rich();
    octets[4..6].copy_from_slice(&[0, 2]);
    assert_eq!(expression.matches(&InetSocket::parse(&octets).unwrap()), Some(true));
    let most = parse(&format!("sport 1{}", " or sport 2".repeat(3_000)));
    assert!(most.bytecode(Family::INET).is_some_and(|code| code.len() > 40_000));
}

#[test]
fn states_stand_before_the_expression() {
    let states = |text: &str| select(text).unwrap().states;
    let of = |states: &[SocketState]| Some(states.iter().fold(0, |set, state| set | 1 << state.0));
    assert_eq!(states(""), None);
    assert_eq!(states("sport = 1"), None);
    assert_eq!(states("state established"), of(&[SocketState::ESTABLISHED]));
    assert_eq!(states("state LISTENING state close sport 1"), of(&[SocketState::LISTEN, SocketState::CLOSE]));
    assert_eq!(states("state bucket"), of(&[SocketState::SYN_RECV, SocketState::TIME_WAIT]));
    assert_eq!(states("state all exclude all"), Some(0));
    assert_eq!(states("exclude listening").unwrap(), 0xfff & !(1 << 10));
    assert_eq!(states("state bucket excl syn-rcv"), of(&[SocketState::TIME_WAIT]));
    assert_eq!(states("state big").unwrap() | states("state bucket").unwrap(), 0xfff);
    assert_eq!(states("state synchronized").unwrap() | 1 << 2, states("state connected").unwrap());
}

#[test]
fn ends_are_read_as_ss_reads_them() {
    for (text, same) in [
        ("src 10/8", "src 10.0.0.0/8"),
        ("src 10.0.0.0/255.0.0.0", "src 10.0.0.0/8"),
        ("src = 127.1", "src 127.1.0.0"),
        ("src 0x7f.0.0.1:ssh", "( src 127.0.0.1 sport = :22 )"),
        ("src ::ffff:127.0.0.1", "src [::ffff:127.0.0.1]"),
        ("dst ::1:22", "( dst [::1] and dport = 22 )"),
        ("dst fd00::/16:22", "( dst [fd00::]/16 and dport eq 22 )"),
        ("src [fd00::1]", "src fd00::1/128"),
        ("src 10.0.0.1:*", "src 10.0.0.1"),
        ("sport 0x16", "sport = :ssh"),
        ("sport neq 22", "not sport = 22"),
        ("sport lt 22", "! sport geq 22"),
        ("sport gt 22", "! sport le 22"),
        ("sport 1 & sport 2", "sport 1 sport 2"),
        ("sport 1 || sport 2", "sport 1 or sport 2"),
        ("sport 1 or sport 2 and sport 3", "( sport 1 or sport 2 ) and sport 3"),
        ("(sport 1 or sport 2)", "( sport 1 | sport 2 )"),
        ("src link:arp:eth0", "src link:2054:3"),
        ("src link:IPv4", "src link:0x800"),
        ("src netlink:rtnl:kernel", "src netlink:0:0"),
        ("src unix:a\\ b\\(c)", "src unix:a\\ b(c)"),
        ("fwmark 052/0xff", "fwmark = 0x2a/255"),
        ("dev != eth0", "not dev 3"),
        ("src any", "dst *"),
    ] {
        assert_eq!(parse(text), parse(same), "{text}");
        assert_eq!(parse(&parse(text).to_string()), parse(text), "{text}");
    }
    let name =
        |pattern: &str| SocketExpression::Name { end: super::super::SocketEnd::Source, pattern: pattern.to_owned() };
    for (text, pattern) in
        [("src unix:a(b)", "a(b)"), ("( src unix:a(b) )", "a(b)"), ("(src unix:a\\))", "a)"), ("src unix:\\\\x", "\\x")]
    {
        let within =
            SocketExpression::And(Box::new(name(pattern)), Box::new(SocketExpression::Family(SocketFamily::Unix)));
        assert_eq!(parse(text), within, "{text}");
    }
}

#[test]
fn names_of_hosts_are_looked_up_by_the_caller() {
    let host = |name: &str| match name {
        "both" => vec![[10, 0, 0, 1].into(), [0, 0, 0, 0, 0, 0, 0, 1].into()],
        _ => Vec::new(),
    };
    let names = SocketNames { host: Some(&host), ..SocketNames::default() };
    let read = |text: &str| SocketSelection::parse(text, &names).map(|selection| selection.expression.unwrap());
    assert_eq!(read("dst both:22").unwrap(), parse("( dst 10.0.0.1 or dst ::1 ) and dport 22"));
    assert_eq!(read("dst inet6:both").unwrap(), parse("dst inet6:[::1]"));
    assert!(read("dst none").unwrap_err().problem.contains("without an address"));
}

#[test]
fn every_kind_of_socket_has_ends() {
    let unix = |name: Option<&[u8]>| {
        let mut socket = UnixSocket::default();
        (socket.inode, socket.peer) = (7, Some(8));
        socket.name = name.map(Into::into);
        socket
    };
    let mut packet = PacketSocket::default();
    (packet.protocol, packet.ifindex) = (0x806, 3);
    let mut netlink = NetlinkDiagSocket::default();
    (netlink.protocol, netlink.portid) = (16, (-5_i32).cast_unsigned());
    for (text, expected) in [
        ("src unix:/run/*", [true, false, false]),
        ("not src unix:/run/*", [false, false, false]),
        ("sport 7", [true, false, false]),
        ("dport = 8", [true, false, false]),
        ("src link:arp:eth0", [false, true, false]),
        ("src link:*", [false, true, false]),
        ("dev eth0", [false, true, false]),
        ("sport = netlink:-5", [false, false, true]),
        ("src netlink:genl", [false, false, true]),
        ("src netlink:rtnl", [false, false, false]),
        ("autobound", [false, false, true]),
        ("not autobound", [true, true, false]),
        ("src 10.0.0.0/8", [false, false, false]),
        ("fwmark 0", [true, true, true]),
        ("src vsock:2", [false, false, false]),
        ("src inet:*", [false, false, false]),
    ] {
        let expression = parse(text);
        let named = unix(Some(b"/run/x"));
        let found =
            [expression.matches(&named), expression.matches(&packet), expression.matches(&netlink)].map(Option::unwrap);
        assert_eq!(found, expected, "{text}");
    }
    let autobound = parse("autobound");
    for (name, expected) in
        [(None, true), (Some(&b"\x00000a1"[..]), true), (Some(b"\x0000A11"), false), (Some(b"x"), false)]
    {
        assert_eq!(autobound.matches(&unix(name)), Some(expected), "{name:?}");
    }
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
