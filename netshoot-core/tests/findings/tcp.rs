//! Connections of TCP.

use super::script::{ACK, FIN, RST, SYN, Script};
use super::{Case, Kind, Severity, Verdict};

pub(super) fn cases() -> Vec<Case> {
    use Severity::{Critical, Note, Warning};
    let case = |kind, severity, verdict, shows, misses| Case { kind, severity, verdict, shows, misses };
    vec![
        case(Kind::TcpUnansweredSyn, Critical, Verdict::Unknown, |s| syns(s, 3), answered_late),
        case(Kind::TcpRefused, Critical, Verdict::Server, refused, |s| cut(s, true)),
        case(Kind::TcpReset, Warning, Verdict::Server, |s| cut(s, false), |s| cut(s, true)),
        case(Kind::TcpRetransmissions, Warning, Verdict::Network, |s| lossy(s, 30), |s| lossy(s, 2)),
        case(Kind::TcpRetransmissions, Warning, Verdict::Network, |s| lossy(s, 30), |s| reordered(s, 30, 30_000)),
        case(Kind::TcpRetransmissions, Warning, Verdict::Network, repaired, |s| reordered(s, 30, 500)),
        case(Kind::TcpOutOfOrder, Note, Verdict::Network, |s| reordered(s, 6, 500), |s| reordered(s, 2, 500)),
        case(Kind::TcpZeroWindow, Warning, Verdict::Client, |s| stalled(s, 0, 1_200), |s| stalled(s, 10, 1_200)),
        case(Kind::TcpZeroWindow, Note, Verdict::Client, stalled_often, |s| stalled(s, 10, 700)),
        case(Kind::PortScan, Warning, Verdict::Client, |s| scan(s, 25), |s| scan(s, 10)),
        case(Kind::TcpBacklogFull, Critical, Verdict::Server, |s| overflow(s, 4), |s| overflow(s, 2)),
        case(Kind::TcpBacklogFull, Critical, Verdict::Server, |s| overflow(s, 4), dead_for_some),
        case(Kind::TcpBacklogFull, Critical, Verdict::Server, |s| overflow_and(s, 1), |s| overflow_and(s, 4)),
        case(Kind::TcpSlowConnect, Warning, Verdict::Unknown, |s| connect(s, 3500), |s| connect(s, 800)),
        case(Kind::TcpPortReuse, Warning, Verdict::Client, |s| reuse(s, false), |s| reuse(s, true)),
        case(Kind::TcpIdleDropped, Warning, Verdict::Network, |s| idle(s, false), |s| idle(s, true)),
        case(Kind::TcpSmallWindow, Warning, Verdict::Client, |s| bulk(s, 8000), |s| bulk(s, 64_000)),
        case(Kind::TcpWindowOverrun, Warning, Verdict::Server, |s| overruns(s, 30_000), |s| overruns(s, 60_000)),
        case(Kind::TcpWindowOverrun, Warning, Verdict::Server, |s| overruns(s, 30_500), |s| cut_short(s, overruns)),
        case(Kind::TcpWindowOverrun, Warning, Verdict::Server, |s| overruns(s, 30_000), unseen_windows),
        case(Kind::TcpSmallWindow, Warning, Verdict::Client, |s| bulk(s, 8000), |s| cut_short(s, bulk)),
        case(Kind::CaptureLoss, Warning, Verdict::Capture, |s| unseen(s, 30), |s| unseen(s, 1)),
        case(Kind::CaptureOneSided, Warning, Verdict::Capture, |s| one_sided(s, false), |s| one_sided(s, true)),
        case(Kind::CaptureDuplicated, Note, Verdict::Capture, |s| twice(s, true), |s| twice(s, false)),
    ]
}

pub(super) fn exchange(s: &mut Script, after: u64) {
    s.client(1000, b"question");
    s.server(after, b"answer");
    s.flags(1000, 0, ACK);
}

fn syns(s: &mut Script, count: u64) {
    for n in 0..count {
        s.segment(n * 1_000_000, 0, SYN, 999, b"");
    }
}

fn answered_late(s: &mut Script) {
    syns(s, 1);
    s.micros += 500_000;
    s.open();
    s.close();
}

fn refused(s: &mut Script) {
    s.flags(0, 0, SYN);
    s.flags(1000, 1, RST | ACK);
}

/// A reset by the server, before or after its answer and the end of the connection.
fn cut(s: &mut Script, is_over: bool) {
    s.open();
    s.client(1000, b"question");
    s.flags(1000, 1, ACK);
    if is_over {
        s.server(1000, b"answer");
        s.flags(1000, 0, ACK);
        s.close();
    }
    s.flags(1000, 1, RST | ACK);
}

/// A download of which every eighth segment is lost behind the capture, `most` at most.
fn lossy(s: &mut Script, most: u32) {
    s.window = 60_000;
    s.open();
    s.client(1000, b"question");
    s.identification = 100;
    for n in 0..200_u32 {
        let lost = s.server(1000, &[b'x'; 1000]);
        s.identification += 1;
        if n % 6 == 0 && n / 6 < most {
            s.segment(300_000, 1, ACK, lost, &[b'x'; 1000]);
            s.identification += 1;
        }
        s.flags(1000, 0, ACK);
    }
}

/// Pairs of segments in the wrong order, the first so many microseconds behind the second: beyond the round trip it looks
/// like a retransmission to Wireshark.
fn reordered(s: &mut Script, count: u32, late: u64) {
    s.open();
    s.client(1000, b"question");
    for n in 0..40 {
        s.identification += 2;
        let first = s.next[1];
        if n < count {
            s.identification += 1;
            s.segment(1000, 1, ACK, first + 100, &[b'b'; 100]);
            s.identification -= 1;
            s.segment(late, 1, ACK, first, &[b'a'; 100]);
            s.next[1] += 200;
        } else {
            s.server(1000, &[b'x'; 200]);
        }
        s.flags(1000, 0, ACK);
    }
}

/// A download that loses segments before the capture, each sent again at once, with a higher number, behind the next.
fn repaired(s: &mut Script) {
    s.open();
    s.client(1000, b"question");
    for n in 0..80 {
        s.identification += 1;
        if n % 8 > 0 {
            s.server(1000, &[b'x'; 100]);
            s.flags(1000, 0, ACK);
            continue;
        }
        let lost = s.next[1];
        s.next[1] += 100;
        s.identification += 1;
        s.server(1000, &[b'x'; 100]);
        let end = std::mem::replace(&mut s.next[1], lost);
        s.flags(100, 0, ACK);
        s.identification += 1;
        s.server(500, &[b'x'; 100]);
        s.next[1] = end;
        s.flags(1000, 0, ACK);
    }
}

/// Connections that stand still together for longer than a person notices, but each of them only for a moment.
fn stalled_often(s: &mut Script) {
    for _ in 0..4 {
        s.another();
        stalled(s, 0, 700);
    }
}

fn stalled(s: &mut Script, window: u16, millis: u64) {
    s.open();
    s.client(1000, b"question");
    s.server(1000, &[b'x'; 990]);
    s.window = window;
    s.flags(1000, 0, ACK);
    s.window = 1000;
    s.flags(millis * 1000, 0, ACK);
    s.server(1000, b"rest");
    s.flags(1000, 0, ACK);
    s.close();
}

fn scan(s: &mut Script, ports: u16) {
    for port in 0..ports {
        s.another();
        s.ports[1] = 1000 + port;
        refused(s);
    }
}

/// Connections of which some get no answer to their first SYN, one never.
fn overflow(s: &mut Script, dropped: u32) {
    for n in 0..12 {
        s.another();
        s.micros += 100_000;
        if n % 3 == 1 && n / 3 < dropped {
            s.segment(0, 0, SYN, 1000, b"");
            if n == 1 {
                s.segment(1_000_000, 0, SYN, 1000, b"");
                s.segment(2_000_000, 0, SYN, 1000, b"");
                continue;
            }
            s.micros += 1_000_000;
        }
        s.open();
        exchange(s, 10_000);
        s.close();
    }
}

/// Connections of which some are sent where nobody answers, however often they ask.
fn dead_for_some(s: &mut Script) {
    for n in 0..12 {
        s.another();
        s.micros += 100_000;
        if n % 3 == 1 {
            [0, 1_000_000, 2_000_000].into_iter().for_each(|after| s.segment(after, 0, SYN, 1000, b""));
            continue;
        }
        s.open();
        exchange(s, 10_000);
        s.close();
    }
}

/// Besides, the FIN of the last connection is sent again so often.
fn overflow_and(s: &mut Script, resent: u64) {
    overflow(s, 4);
    for n in 0..resent {
        s.segment((n + 1) * 300_000, 0, FIN | ACK, s.next[0] - 1, b"");
    }
}

fn connect(s: &mut Script, millis: u64) {
    s.flags(0, 0, SYN);
    s.flags(millis * 1000, 1, SYN | ACK);
    s.flags(1000, 0, ACK);
    exchange(s, 10_000);
    s.close();
}

fn reuse(s: &mut Script, is_fresh: bool) {
    if is_fresh {
        s.open();
    } else {
        s.flags(0, 0, SYN);
        s.segment(10_000, 1, ACK, 77_000, b"");
        s.segment(1000, 0, RST, 5000, b"");
        s.segment(1_000_000, 0, SYN, 1000, b"");
        s.segment(10_000, 1, ACK, 77_000, b"");
        s.segment(1000, 0, RST, 5000, b"");
    }
}

fn idle(s: &mut Script, is_known: bool) {
    s.open();
    exchange(s, 10_000);
    let again = s.client(400_000_000, b"question");
    if is_known {
        s.server(10_000, b"answer");
        return;
    }
    for after in [300_000, 600_000, 1_200_000, 2_400_000] {
        s.segment(after, 0, ACK, again, b"question");
    }
    s.flags(5_000_000, 0, RST | ACK);
}

/// A download in rounds of 50 ms, as much in each as half of the window or all of it.
fn bulk(s: &mut Script, window: u16) {
    s.window = window;
    s.open();
    s.client(1000, b"question");
    for _ in 0..40 {
        for _ in 0..5 {
            s.server(100, &[b'x'; 1460]);
        }
        s.flags(50_000, 0, ACK);
    }
}

/// A server sends a burst that is larger than the window, or not; what the client has thrown away, or the network has lost,
/// is sent again.
fn overruns(s: &mut Script, window: u16) {
    s.window = window;
    s.open();
    s.client(1000, b"question");
    for _ in 0..4 {
        let first = s.next[1];
        for _ in 0..40 {
            s.server(10, &[b'x'; 1000]);
            s.identification += 1;
        }
        s.next[1] = first + 30_000;
        s.flags(20_000, 0, ACK);
        for _ in 0..10 {
            s.server(300_000, &[b'x'; 1000]);
            s.identification += 1;
            s.flags(20_000, 0, ACK);
        }
    }
}

/// A server that goes beyond the window, and then many connections that are reset.
pub(super) fn overruns_and_resets(s: &mut Script) {
    overruns(s, 30_000);
    for _ in 0..60 {
        s.another();
        cut(s, false);
    }
}

/// A server that goes beyond the window, sends again what it need not, and three segments that the network has lost.
pub(super) fn overruns_and_losses(s: &mut Script) {
    overruns(s, 30_000);
    for _ in 0..70 {
        s.server(1000, &[b'x'; 1000]);
        s.identification += 1;
        s.flags(1000, 0, ACK);
    }
    let known = s.next[1] - 1000;
    for _ in 0..30 {
        s.segment(1000, 1, ACK, known, &[b'x'; 1000]);
        s.identification += 1;
    }
    for _ in 0..3 {
        let lost = s.server(1000, &[b'x'; 1000]);
        s.identification += 1;
        s.segment(300_000, 1, ACK, lost, &[b'x'; 1000]);
        s.identification += 1;
        s.flags(1000, 0, ACK);
    }
}

/// Windows of 64,000 octets, whose scale lies beyond the snap length.
fn cut_short(s: &mut Script, act: fn(&mut Script, u16)) {
    s.snap_len = 68;
    s.options = vec![2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7];
    act(s, 500);
}

/// A download that loses a segment in each round, of which the capture lacks every second acknowledgment, and with it that
/// the window had opened.
fn unseen_windows(s: &mut Script) {
    s.window = 20_000;
    s.open();
    s.client(1000, b"question");
    for _ in 0..10 {
        let first = s.next[1];
        for _ in 0..30 {
            s.server(10, &[b'x'; 1000]);
            s.identification += 1;
        }
        let end = s.next[1];
        s.next[1] = first + 25_000;
        s.flags(20_000, 0, ACK);
        s.server(300_000, &[b'x'; 1000]);
        s.identification += 1;
        s.next[1] = end;
        s.flags(20_000, 0, ACK);
    }
}

/// Acknowledgments of segments that are not there.
fn unseen(s: &mut Script, count: u32) {
    s.open();
    s.client(1000, b"question");
    for n in 0..200 {
        s.server(1000, &[b'x'; 100]);
        if n < count {
            s.next[1] += 100;
        }
        s.flags(1000, 0, ACK);
    }
}

fn one_sided(s: &mut Script, has_both: bool) {
    let whole = |s: &mut Script| {
        s.open();
        exchange(s, 10_000);
        exchange(s, 10_000);
        s.flags(1000, 0, FIN | ACK);
    };
    if has_both {
        return whole(s);
    }
    s.segment(0, 0, SYN, 999, b"");
    for _ in 0..3 {
        s.client(1000, b"question");
        s.next[1] += 100;
        s.flags(10_000, 0, ACK);
    }
}

fn twice(s: &mut Script, is_mirrored: bool) {
    s.open();
    for _ in 0..20 {
        for end in [0, 1] {
            s.identification += 1;
            let sequence = s.say(5000, end, b"something");
            if is_mirrored {
                s.hop_limit -= 1;
                s.segment(10, end, ACK, sequence, b"something");
                s.hop_limit += 1;
            }
        }
    }
}
