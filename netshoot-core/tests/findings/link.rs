//! Neighbours, and how machines get their addresses.

use super::script::{ACK, RST, SYN, Script};
use super::{Case, Kind, Severity, Verdict};

pub(super) fn cases() -> Vec<Case> {
    use Severity::{Critical, Note, Warning};
    let case = |kind, severity, verdict, shows, misses| Case { kind, severity, verdict, shows, misses };
    vec![
        case(Kind::AddressConflict, Critical, Verdict::Network, |s| claims(s, 1), |s| claims(s, 100)),
        case(Kind::AddressConflict, Critical, Verdict::Network, |s| tagged_claims(s, 0), |s| tagged_claims(s, 1)),
        case(Kind::ArpUnanswered, Warning, Verdict::Unknown, |s| asks(s, 3), |s| asks(s, 2)),
        case(Kind::PortScan, Note, Verdict::Client, |s| sweeps(s, 25), |s| sweeps(s, 15)),
        case(Kind::PortScan, Note, Verdict::Client, sweeps_and_goes_on, |s| looks(s, 25, 10_000)),
        case(Kind::PortScan, Note, Verdict::Client, |s| sweeps(s, 25), |s| looks_slowly(s, 25)),
        case(Kind::PortScan, Warning, Verdict::Client, |s| knocks(s, 25), |s| knocks(s, 15)),
        case(Kind::PortScan, Warning, Verdict::Client, |s| knocks_beside(s, 150), |s| knocks_beside(s, 15)),
        case(Kind::DhcpUnanswered, Critical, Verdict::Unknown, |s| dhcp(s, &[]), |s| dhcp(s, &[(9, 2), (9, 5)])),
        case(Kind::DhcpRefused, Warning, Verdict::Server, |s| dhcp(s, &[(9, 6)]), |s| dhcp(s, &[(9, 2), (9, 5)])),
        case(
            Kind::DhcpSeveralServers,
            Note,
            Verdict::Unknown,
            |s| dhcp(s, &[(9, 2), (8, 2), (9, 5)]),
            |s| dhcp(s, &[(9, 2), (9, 2), (9, 5)]),
        ),
    ]
}

/// Neighbours that answer, and a server that gives addresses.
pub(super) fn healthy(s: &mut Script) {
    asks(s, 0);
    dhcp(s, &[(9, 2), (9, 5)]);
}

fn arp(s: &mut Script, after: u64, operation: u8, sender: [u8; 2], target: [u8; 2]) {
    tagged_arp(s, after, &[], operation, sender, target);
}

fn tagged_arp(
    s: &mut Script,
    after: u64,
    tag: &[u8],
    operation: u8,
    [mac, sender]: [u8; 2],
    [target_mac, target]: [u8; 2],
) {
    let macs = [[2, 0, 0, 0, 0, mac], [2, 0, 0, 0, 0, target_mac]];
    let head = [&[0xff; 6][..], &macs[0], tag, &[8, 6, 0, 1, 8, 0, 6, 4, 0, operation]].concat();
    s.frame(after, &[&head[..], &macs[0], &[10, 0, 0, sender], &macs[1], &[10, 0, 0, target]].concat());
}

/// Two machines answer for one address, so many seconds apart.
fn claims(s: &mut Script, seconds: u64) {
    for n in 0..4 {
        arp(s, 0, 1, [1, 1], [0, 2]);
        arp(s, seconds * 1_000_000, 2, [2 + n % 2, 2], [1, 1]);
    }
}

/// The same in one VLAN, or each in one of its own.
fn tagged_claims(s: &mut Script, apart: u8) {
    for n in 0..4 {
        let tag = [0x81, 0, 0, 10 + apart * (n % 2)];
        tagged_arp(s, 0, &tag, 1, [1, 1], [0, 2]);
        tagged_arp(s, 1_000_000, &tag, 2, [2 + n % 2, 2], [1, 1]);
    }
}

/// Somebody who is answered otherwise asks for an address.
fn asks(s: &mut Script, count: u8) {
    arp(s, 0, 1, [1, 1], [0, 2]);
    arp(s, 1000, 2, [2, 2], [1, 1]);
    for _ in 0..count {
        arp(s, 1_000_000, 1, [1, 1], [0, 3]);
    }
}

/// Somebody asks for one address after the other, and gets no answer that passes here.
fn looks(s: &mut Script, count: u8, pause: u64) {
    for target in 0..count {
        arp(s, pause, 1, [1, 1], [0, 100 + target]);
    }
}

/// The same over some minutes, and the answers to that one pass.
fn looks_slowly(s: &mut Script, count: u8) {
    looks(s, count, 5_000_000);
    asks(s, 0);
}

/// Somebody looks who is there.
fn sweeps(s: &mut Script, count: u8) {
    looks(s, count, 10_000);
    arp(s, 10_000, 1, [1, 1], [0, 2]);
    arp(s, 1000, 2, [2, 2], [1, 1]);
}

/// The same, and ten minutes later a question as everybody asks it.
fn sweeps_and_goes_on(s: &mut Script) {
    sweeps(s, 25);
    s.micros += 600_000_000;
    asks(s, 0);
}

/// A router asks for machines that are off, and cannot reach a service elsewhere.
pub(super) fn router(s: &mut Script) {
    sweeps(s, 25);
    s.hosts = [1, 77];
    for _ in 0..3 {
        s.segment(1_000_000, 0, SYN, 999, b"");
    }
}

/// The same, and then a connection to the one that is there.
fn knocks(s: &mut Script, count: u8) {
    sweeps(s, count);
    s.flags(1000, 0, SYN);
    s.flags(1000, 1, RST | ACK);
}

/// A connection to a neighbour that it has not asked for.
fn knocks_beside(s: &mut Script, count: u8) {
    sweeps(s, count);
    s.hosts = [1, 77];
    s.flags(1000, 0, SYN);
    s.flags(1000, 1, RST | ACK);
}

/// A client that asks until it is served, with the answers of servers: who, and what kind.
fn dhcp(s: &mut Script, answers: &[(u8, u8)]) {
    let mut message = |after, operation: u8, kind: u8, server: u8| {
        let mut message = vec![0; 236];
        message[..8].copy_from_slice(&[operation, 1, 6, 0, 0, 0, 0, 1]);
        message[16..20].copy_from_slice(&[10, 0, 0, if kind == 6 { 0 } else { 5 }]);
        message[28..34].copy_from_slice(&[2, 0, 0, 0, 0, 1]);
        message.extend([0x63, 0x82, 0x53, 0x63, 53, 1, kind, 54, 4, 10, 0, 0, server, 51, 4, 0, 0, 14, 16, 255]);
        let (ends, ports) = if operation == 1 { ([1, 255], [68, 67]) } else { ([server, 1], [67, 68]) };
        s.udp(after, ends, ports, &message);
    };
    message(0, 1, 1, 0);
    for (server, kind) in answers {
        if *kind == 5 {
            message(1000, 1, 3, 0);
        }
        message(1000, 2, *kind, *server);
    }
    if answers.is_empty() {
        message(4_000_000, 1, 1, 0);
        message(8_000_000, 1, 1, 0);
    }
}
