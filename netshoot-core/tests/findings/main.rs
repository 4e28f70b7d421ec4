//! Each kind of finding: a capture that shows it, and one that nearly does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod application;
mod link;
mod names;
mod path;
#[path = "../support/script.rs"]
mod script;
#[path = "../support/mod.rs"]
mod support;
mod tcp;

use std::collections::BTreeSet;
use std::process::Command;

use netshoot_core::analysis::FindingKind as Kind;
use netshoot_core::analysis::{Report, Severity, Verdict};
use script::Script;

/// What a fault looks like.
struct Case {
    kind: Kind,
    severity: Severity,
    verdict: Verdict,
    /// A capture in which the kind is the first finding above a note, and the only one.
    shows: fn(&mut Script),
    /// A capture in which it is not found.
    misses: fn(&mut Script),
}

fn report(link_type: u32, act: fn(&mut Script)) -> Report {
    let mut script = Script::new(link_type);
    act(&mut script);
    script.report()
}

fn kinds(report: &Report) -> Vec<Kind> {
    report.findings.iter().map(|finding| finding.kind).collect()
}

fn cases() -> Vec<Case> {
    [tcp::cases(), path::cases(), names::cases(), link::cases(), application::cases()].into_iter().flatten().collect()
}

#[test]
fn every_kind_is_shown_and_nearly_shown() {
    let mut wrong = Vec::new();
    for Case { kind, severity, verdict, shows, misses } in cases() {
        let (shown, missed) = (report(1, shows), report(1, misses));
        let found: Vec<_> = shown.findings.iter().map(|one| (one.kind, one.severity, one.verdict)).collect();
        if found != [(kind, severity, verdict)] {
            let told: Vec<_> = shown.findings.iter().map(|one| &one.summary).collect();
            wrong.push(format!("{kind} shows {found:?} {told:#?}"));
        }
        if kinds(&missed).contains(&kind) {
            wrong.push(format!("{kind} is found in its near miss: {:#?}", missed.findings));
        }
        for finding in shown.findings.iter().chain(&missed.findings) {
            assert!(!finding.evidence_frames.is_empty() && finding.summary.ends_with('.'), "{finding:?}");
        }
        let cause = (shown.verdict(), shown.cause().map(|one| one.id));
        let expected = if severity > Severity::Note { (verdict, Some(1)) } else { (Verdict::None, None) };
        if cause != expected {
            wrong.push(format!("{kind}: the verdict on the capture is {cause:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The filters of all findings are such that tshark takes them.
#[test]
fn filters_are_valid() {
    let shown = cases().into_iter().flat_map(|case| report(1, case.shows).findings);
    let filters: BTreeSet<String> = shown.map(|finding| format!("({})", finding.wireshark_filter)).collect();
    if !support::has_program("tshark") {
        return support::skip("filters_are_valid", "tshark is not installed");
    }
    let all = Vec::from_iter(filters).join(" || ");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &Script::new(1).file).unwrap();
    let run = Command::new("tshark").args(["-n", "-Y", &all, "-r"]).arg(file.path()).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}

#[test]
fn no_kind_is_left_out() {
    let covered: BTreeSet<Kind> = cases().iter().map(|case| case.kind).collect();
    // A file that is cut off and a memory that is too small are shown in tests of their own.
    let elsewhere = [Kind::CaptureDamaged, Kind::AnalysisIncomplete];
    let all: BTreeSet<Kind> = covered.into_iter().chain(elsewhere).collect();
    assert_eq!(all, Kind::ALL.iter().copied().collect());
}

#[test]
fn healthy_traffic_has_no_finding() {
    let report = report(1, |s| {
        application::healthy(s);
        link::healthy(s);
        names::healthy(s);
    });
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    assert!(report.flows.len() > 5 && report.calls.len() > 10 && report.dns.len() > 3);
}

/// Who asks for many addresses may still have other trouble.
#[test]
fn a_sweep_hides_no_outage() {
    let report = report(1, link::router);
    let found: Vec<_> = report.findings.iter().map(|one| (one.kind, one.severity)).collect();
    assert_eq!(found, [(Kind::TcpUnansweredSyn, Severity::Critical), (Kind::PortScan, Severity::Note)]);
}

/// Who answers over UDP, and has TCP filtered, is there.
#[test]
fn a_host_that_answers_otherwise_is_there() {
    for (answers, verdict) in [(true, Verdict::Network), (false, Verdict::Unknown)] {
        let mut script = Script::new(1);
        script.udp(0, [1, 2], [5000, 6000], b"question");
        if answers {
            script.udp(1000, [2, 1], [6000, 5000], b"answer");
        }
        (0..3).for_each(|_| script.segment(1_000_000, 0, script::SYN, 999, b""));
        let report = script.report();
        let [finding] = &report.findings[..] else { panic!("{:#?}", report.findings) };
        assert_eq!((finding.kind, finding.verdict), (Kind::TcpUnansweredSyn, verdict), "{finding:#?}");
        assert_eq!(finding.summary.contains("nothing at all"), !answers, "{finding:#?}");
    }
}

/// The octet that a SYN counts as is no segment that got through.
#[test]
fn a_black_hole_lets_the_handshake_pass() {
    let report = report(1, |s| path::large(s, false));
    assert!(report.findings[0].summary.contains(", the handshake did;"), "{:#?}", report.findings);
}

/// A call that hangs is not why other connections were reset.
#[test]
fn one_hung_call_hides_no_resets() {
    for (resets, hung, is_told) in [(12, 1, true), (12, 12, false)] {
        let mut script = Script::new(1);
        application::given_up(&mut script, resets, hung);
        let report = script.report();
        assert!(kinds(&report).contains(&Kind::CallUnanswered), "{:#?}", report.findings);
        assert_eq!(kinds(&report).contains(&Kind::TcpReset), is_told, "{hung}: {:#?}", report.findings);
    }
}

/// Segments beyond the window of a connection that was forgotten are told as retransmissions, at the least.
#[test]
fn overruns_are_not_forgotten() {
    let mut script = Script::new(1);
    tcp::overruns_and_resets(&mut script);
    let whole = kinds(&script.report());
    assert!(whole.contains(&Kind::TcpWindowOverrun) && !whole.contains(&Kind::TcpRetransmissions), "{whole:?}");
    let report = script.report_within(1 << 16);
    assert!(report.evicted.flows > 0 && report.flows.iter().all(|flow| flow.id > 0));
    assert!(kinds(&report).contains(&Kind::TcpRetransmissions), "{:#?}", report.findings);
}

/// What the receiver had no room for makes no needless retransmissions of the losses that are left.
#[test]
fn losses_beside_overruns_stay_a_warning() {
    let report = report(1, tcp::overruns_and_losses);
    let losses = report.findings.iter().find(|one| one.kind == Kind::TcpRetransmissions).unwrap();
    assert_eq!((losses.severity, losses.verdict), (Severity::Warning, Verdict::Network), "{losses:#?}");
}

/// A slow call is told even if memory has no room for the calls since.
#[test]
fn a_slow_call_is_not_forgotten() {
    let mut script = Script::new(1);
    application::busy(&mut script, 2000);
    let report = script.report_within(1 << 20);
    assert!(report.evicted.calls > 1000 && report.calls.iter().all(|call| call.total.as_millis() < 100));
    let found: Vec<_> = report.findings.iter().map(|one| (one.kind, one.severity, one.verdict)).collect();
    assert_eq!(found, [(Kind::SlowCall, Severity::Warning, Verdict::Application)], "{:#?}", report.findings);
}
