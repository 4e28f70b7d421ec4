//! Invariants of filters of sockets: the text, what it says of a socket, and what the kernel's program says of it.

use std::net::IpAddr;

use netshoot_core::netlink::{
    Family, InetSocket, InetSocketFilter, NetlinkDiagSocket, Object, PacketSocket, SocketExpression, SocketNames,
    SocketProtocol, SocketSelection, UnixSocket,
};

/// Reads, as the first octet says: a filter, and after a NUL the payload of a message about a socket; octets that make a
/// filter by a grammar, and sockets that it may be about; or the text of `/proc/net/raw`.
///
/// # Panics
/// If an invariant is broken: a filter that can be read reads the same when it is written out, a program passes the kernel's
/// checks and, run by the kernel's rules, lets those sockets through that the expression matches.
pub fn fuzz_sockets(data: &[u8]) {
    let Some((&choice, rest)) = data.split_first() else { return };
    match choice % 3 {
        0 => {
            let mut parts = rest.splitn(2, |octet| *octet == 0);
            let text = String::from_utf8_lossy(parts.next().unwrap_or_default());
            filter(&text, &[parts.next().unwrap_or_default()]);
        }
        1 => {
            let mut dice = Dice(rest);
            let text = dice.expression(5);
            let payloads: Vec<_> = (0..4).map(|_| dice.socket()).collect();
            filter(&text, &payloads.iter().map(Vec::as_slice).collect::<Vec<_>>());
        }
        _ => raw(&String::from_utf8_lossy(rest)),
    }
}

fn filter(text: &str, payloads: &[&[u8]]) {
    let mut names = SocketNames::default();
    names.service = &|name| (name == "ssh").then_some(22);
    names.link = &|name| (name == "eth0").then_some(3);
    names.cgroup = &|name| (name == "/").then_some(1);
    let selection = match SocketSelection::parse(text, &names) {
        Ok(selection) => selection,
        Err(error) => {
            assert!(text.is_char_boundary(error.position), "{error}");
            assert!(error.to_string().len() < 1000 && !error.problem.is_empty());
            return;
        }
    };
    assert!(selection.states.is_none_or(|states| states < 1 << 12));
    let Some(expression) = &selection.expression else { return };
    let written = expression.to_string();
    let again = SocketSelection::parse(&written, &names).map(|selection| selection.expression);
    assert_eq!(again.as_ref().map(Option::as_ref), Ok(Some(expression)), "{written}");
    let mut filter = InetSocketFilter::default();
    filter.restrict(&selection);
    for payload in payloads {
        if let Ok(mut socket) = InetSocket::parse(payload) {
            socket.protocol = SocketProtocol::TCP;
            inet(expression, &socket);
            assert!(!socket.matches(&filter) || expression.matches(&socket) != Some(false));
        }
        let others = [
            UnixSocket::parse(payload).ok().map(|socket| expression.matches(&socket)),
            PacketSocket::parse(payload).ok().map(|socket| expression.matches(&socket)),
            NetlinkDiagSocket::parse(payload).ok().map(|socket| expression.matches(&socket)),
        ];
        assert!(others.into_iter().flatten().all(|said| said.is_some()), "{written}");
    }
}

fn inet(expression: &SocketExpression, socket: &InetSocket) {
    for family in [Family::INET, Family::INET6] {
        let Some(code) = expression.bytecode(family) else { continue };
        assert!(code.len() <= 65_531);
        audit(&code);
        let (said, ran) = (expression.matches(socket), run(&code, socket));
        if let (true, Some(said), Some(ran)) = (socket.family == family, said, ran) {
            assert_eq!(said, ran, "{expression}: {socket:?}");
        }
    }
}

/// The rules of `inet_diag_bc_audit`.
fn audit(code: &[u8]) {
    let mut places = Vec::new();
    let mut place = 0;
    while let Some([_, yes, n0, n1]) = code.get(place..).and_then(|rest| rest.first_chunk()) {
        let no = usize::from(u16::from_ne_bytes([*n0, *n1]));
        assert!(*yes >= 4 && yes % 4 == 0 && no >= 4 && no % 4 == 0, "{code:x?}");
        assert!(place + no <= code.len() + 4, "{code:x?}");
        places.push((place, no));
        place += usize::from(*yes);
    }
    assert_eq!(place, code.len(), "{code:x?}");
    // All jumps but those past the end hit an operation.
    let hits =
        |target: usize| target >= code.len() || places.binary_search_by_key(&target, |(place, _)| *place).is_ok();
    assert!(places.iter().all(|(place, no)| hits(place + no)), "{code:x?}");
}

/// The rules of `inet_diag_bc_run`; `None` when it asks whether the port was given out, which the socket does not tell.
fn run(code: &[u8], socket: &InetSocket) -> Option<bool> {
    let mut place = 0;
    while place < code.len() {
        let [number, yes, n0, n1] = *code.get(place..)?.first_chunk()?;
        let no = usize::from(u16::from_ne_bytes([n0, n1]));
        let data = code.get(place + 4..place + usize::from(yes))?;
        let half = |at: usize| Some(u16::from_ne_bytes(*data.get(at..)?.first_chunk()?));
        let word = |at: usize| Some(u32::from_ne_bytes(*data.get(at..)?.first_chunk()?));
        let (address, port) = match number {
            2 | 3 | 7 => (socket.source, socket.source_port),
            _ => (socket.destination, socket.destination_port),
        };
        let truth = match number {
            1 => false,
            2 | 4 => port >= half(2)?,
            3 | 5 => port <= half(2)?,
            7 | 8 => (word(4)? == u32::MAX || word(4)? == u32::from(port)) && meets(address, data),
            9 => socket.ifindex == word(0)?,
            10 => socket.mark.unwrap_or_default() & word(4)? == word(0)?,
            13 => socket.cgroup_id.unwrap_or_default() == u64::from_ne_bytes(*data.first_chunk()?),
            _ => return None,
        };
        place += if truth { usize::from(yes) } else { no };
    }
    Some(place == code.len())
}

/// `struct inet_diag_hostcond`, bit by bit.
fn meets(own: IpAddr, condition: &[u8]) -> bool {
    let [family, length, ..] = *condition else { return false };
    let bit = |octets: &[u8], at: usize| octets.get(at / 8).map(|octet| octet >> (7 - at % 8) & 1);
    let (own, of) = match own {
        IpAddr::V4(own) => (own.octets().to_vec(), 2),
        IpAddr::V6(own) => match (family, own.to_ipv4_mapped()) {
            (2, Some(own)) => (own.octets().to_vec(), 2),
            _ => (own.octets().to_vec(), 10),
        },
    };
    let wanted = condition.get(8..).unwrap_or_default();
    [0, of].contains(&family) && (0..usize::from(length)).all(|at| bit(&own, at) == bit(wanted, at))
}

fn raw(text: &str) {
    for family in [Family::INET, Family::INET6] {
        let mut count = 0;
        for socket in InetSocket::from_proc_raw(text, family) {
            count += 1;
            assert_eq!((socket.protocol, socket.family, socket.cookie), (SocketProtocol::RAW, family, 0));
            assert!(socket.notes.is_empty() && socket.source.is_ipv4() == (family == Family::INET));
        }
        assert!(count <= text.lines().count());
    }
}

/// Choices that octets make; without octets, always the first.
struct Dice<'a>(&'a [u8]);

impl Dice<'_> {
    fn roll(&mut self, sides: usize) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first) % sides
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        of.get(self.roll(of.len())).copied()
    }

    fn expression(&mut self, depth: u32) -> String {
        match self.roll(if depth == 0 { 1 } else { 6 }) {
            1 => format!("not {}", self.expression(depth - 1)),
            2 => format!("( {} or {} )", self.expression(depth - 1), self.expression(depth - 1)),
            3 => format!("({} {})", self.expression(depth - 1), self.expression(depth - 1)),
            4 => format!("{} or {}", self.expression(depth - 1), self.expression(depth - 1)),
            5 => format!("{} and {}", self.expression(depth - 1), self.expression(depth - 1)),
            _ => self.one(LEAVES).unwrap_or_default().to_owned(),
        }
    }

    /// The payload of a message about an internet socket.
    fn socket(&mut self) -> Vec<u8> {
        let six = self.roll(2) == 1;
        let mut octets = vec![if six { 10 } else { 2 }, 1, 0, 0];
        for _ in 0..2 {
            octets.extend(self.one(&[22_u16, 0, 23, 100, 40_000, 65_535]).unwrap_or_default().to_be_bytes());
        }
        for _ in 0..2 {
            let mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 1, 2, 3];
            octets.extend(self.one(&[[10; 16], mapped, [0; 16], [0x20; 16]]).unwrap_or_default());
        }
        octets.extend(self.one(&[3_u32, 0, 2]).unwrap_or_default().to_ne_bytes());
        octets.resize(72, 0);
        if let Some(mark) = self.one(&[None, Some(0x2a_u32), Some(0), Some(1)]).flatten() {
            octets.extend([8, 0, 15, 0]);
            octets.extend(mark.to_ne_bytes());
        }
        if let Some(cgroup) = self.one(&[None, Some(77_u64), Some(1)]).flatten() {
            octets.extend([12, 0, 21, 0]);
            octets.extend(cgroup.to_ne_bytes());
        }
        octets
    }
}

const LEAVES: &[&str] = &[
    "src 10.0.0.0/8",
    "dst 0.0.0.0",
    "src [::ffff:0:0]/96",
    "src 10.10.10.10",
    "dst 2020::/15",
    "sport = :ssh",
    "dport > :100",
    "sport <= 22",
    "dport != 40000",
    "dev = eth0",
    "dev != 2",
    "fwmark = 0x1/0x3",
    "fwmark != 42",
    "cgroup 77",
    "cgroup != /",
    "src 10.0.0.0/8:22",
    "sport < :23",
    "dport ge 5",
    "src 10/8",
    "src *",
    "dport = *",
    "sport > 60000",
    "sport < 60000",
    "sport >= :-1",
    "dst unix:x",
    "src link:arp",
    "sport = netlink:kernel",
    "src inet:10.1.2.3",
    "src inet6:*",
    "autobound",
];
