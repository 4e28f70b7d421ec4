//! What devices on the way do.

use super::script::{ACK, RST, SYN, Script};
use super::{Case, Kind, Severity, Verdict};

pub(super) fn cases() -> Vec<Case> {
    use Severity::{Critical, Note, Warning};
    let case = |kind, severity, verdict, shows, misses| Case { kind, severity, verdict, shows, misses };
    vec![
        case(Kind::MtuBlackHole, Critical, Verdict::Network, |s| large(s, false), |s| large(s, true)),
        case(Kind::MtuReduced, Note, Verdict::Network, |s| icmp(s, 3, 4, &[9]), |s| icmp(s, 3, 3, &[9])),
        case(
            Kind::RoutingLoop,
            Critical,
            Verdict::Network,
            |s| icmp(s, 11, 0, &[9, 9, 8]),
            |s| icmp(s, 11, 0, &[7, 8, 9]),
        ),
        case(
            Kind::IcmpUnreachable,
            Warning,
            Verdict::Network,
            |s| icmp(s, 3, 1, &[9, 9, 9]),
            |s| icmp(s, 5, 1, &[9, 9, 9]),
        ),
        case(Kind::TcpMiddleboxReset, Warning, Verdict::Network, |s| reset(s, 250), |s| reset(s, 64)),
        case(Kind::TcpMiddleboxReset, Warning, Verdict::Network, |s| counted(s, 30_000), |s| counted(s, 105)),
        case(Kind::TcpSynCookies, Note, Verdict::Server, |s| cookies(s, 64), |s| cookies(s, 1)),
        case(Kind::TcpSynCookies, Note, Verdict::Server, |s| bare(s, 3), |s| bare(s, 2)),
        case(Kind::TcpSynCookies, Note, Verdict::Server, |s| bare(s, 3), bare_with_timestamps),
        case(Kind::TcpSynCookies, Note, Verdict::Server, |s| bare(s, 3), bare_to_others),
    ]
}

/// Two large segments and a small one, of which the small one arrives.
pub(super) fn large(s: &mut Script, is_passed: bool) {
    s.options = vec![2, 4, 5, 180];
    s.open();
    s.options.clear();
    let first = s.client(1000, &[b'x'; 1460]);
    s.client(10, &[b'x'; 1460]);
    s.client(10, &[b'x'; 100]);
    let sent = s.next[0];
    s.next[0] = first;
    s.flags(10_000, 1, ACK);
    s.next[0] = sent;
    for after in [300_000, 600_000, 1_200_000] {
        s.segment(after, 0, ACK, first, &[b'x'; 1460]);
    }
    if is_passed {
        s.flags(10_000, 1, ACK);
    }
}

/// Errors about a SYN, from each of `routers`.
fn icmp(s: &mut Script, kind: u8, code: u8, routers: &[u8]) {
    s.flags(0, 0, SYN);
    let quoted = s.packet(6, [1, 2], &[&[195, 80, 156, 64][..], &999_u32.to_be_bytes(), &[0; 12]].concat());
    for router in routers {
        s.ip(1000, 1, [*router, 1], &[&[kind, code, 0, 0, 0, 0, 5, 0][..], &quoted].concat());
    }
}

/// A reset in the name of the server.
fn reset(s: &mut Script, hop_limit: u8) {
    s.open();
    s.client(1000, b"question");
    s.flags(10_000, 1, ACK);
    s.hop_limit = hop_limit;
    s.flags(1000, 1, RST | ACK);
}

/// A reset with another time to live, behind packets whose IP identifications count up to 104.
fn counted(s: &mut Script, identification: u16) {
    s.identification = 100;
    s.open();
    for after in [1, 2, 3] {
        s.client(1000, b"question");
        s.identification = 100 + after;
        s.server(10_000, b"answer");
    }
    s.client(1000, b"question");
    s.identification = 104;
    s.flags(10_000, 1, ACK);
    (s.hop_limit, s.identification) = (250, identification);
    s.flags(1000, 1, RST | ACK);
}

/// Window scale and selective acknowledgments.
const OFFERS: [u8; 8] = [1, 3, 3, 7, 1, 1, 4, 2];

/// Connections whose SYN-ACKs have timestamps without the lowest bits of the server's clock, or with them.
fn cookies(s: &mut Script, bits: u64) {
    for n in 0..8 {
        s.another();
        s.micros += 217_000 * n;
        let clock = |s: &Script, mask: u64| ((s.micros / 1000) as u32 & !(mask as u32)).to_be_bytes();
        let options = |value: [u8; 4]| [&OFFERS[..], &[1, 1, 8, 10], &value, &[0; 4]].concat();
        s.options = options(clock(s, 0));
        s.segment(0, 0, SYN, 999, b"");
        s.options = options(clock(s, bits - 1));
        s.flags(100, 1, SYN | ACK);
        s.options.clear();
        s.flags(1000, 0, ACK);
        s.client(1000, b"question");
        s.options = options(clock(s, 0))[8..].to_vec();
        s.server(100, b"answer");
        s.options.clear();
        s.close();
    }
}

/// Connections without timestamps, some of whose SYN-ACKs have no options.
fn bare(s: &mut Script, count: u32) {
    (0..8).for_each(|n| answered(s, &OFFERS, n < count));
}

/// A server without options for those who offer timestamps, in which cookies would keep them.
fn bare_with_timestamps(s: &mut Script) {
    let with_clock = [&OFFERS[..], &[1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0]].concat();
    (0..8).for_each(|n| answered(s, &with_clock, n < 4));
}

/// A server that has no options for one client, and has them for the next later.
fn bare_to_others(s: &mut Script) {
    (0..4).for_each(|_| answered(s, &OFFERS, true));
    s.hosts[0] = 9;
    (0..4).for_each(|_| answered(s, &OFFERS, false));
}

/// A connection of a client with options, to which the server answers with the first of them or none.
fn answered(s: &mut Script, options: &[u8], is_bare: bool) {
    s.another();
    s.options = options.to_vec();
    s.segment(100_000, 0, SYN, 999, b"");
    s.options = if is_bare { Vec::new() } else { OFFERS.to_vec() };
    s.flags(10_000, 1, SYN | ACK);
    s.options.clear();
    s.flags(1000, 0, ACK);
    s.client(1000, b"question");
    s.server(10_000, b"answer");
    s.close();
}
