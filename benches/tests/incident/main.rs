//! Incidents with a known cause: real kernels, nginx, unbound and an application that misbehaves in network namespaces,
//! one fault at a time, and as many without a fault. The first finding must be the fault, and those without one must have
//! no finding above a note.
//!
//! One seed of each here; `NETSHOOT_INCIDENT_SEEDS=N` runs more (`make proof`). `NETSHOOT_INCIDENT_ONLY` names some by a
//! part of their name, whose findings are shown, and `NETSHOOT_INCIDENT_KEEP` a folder where the captures are kept.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]

mod faults;
mod healthy;
mod stage;
#[path = "../support/mod.rs"]
mod support;

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

use faults::{Case, FAULTS};
use healthy::HEALTHY;
use netshoot_benches::generator::Random;
use netshoot_core::analysis::{Options, Severity, analyze};
use netshoot_core::capture::Reader;
use stage::Stage;

/// How many incidents happen beside each other: they wait for most of their time.
const AT_ONCE: usize = 3;

#[derive(Clone, Copy, PartialEq)]
enum Judgement {
    Right,
    Missed,
    Wrong,
}

struct Outcome {
    faulty: bool,
    judgement: Judgement,
    told: String,
}

#[test]
fn causes_are_the_first_finding_and_health_has_none() {
    let test = "causes_are_the_first_finding_and_health_has_none";
    let programs = ["nft --version", "tcpdump --version", "nginx -v", "unbound -V", "openssl version"];
    for program in programs.iter().chain(&["python3 --version", "ethtool --version"]) {
        let (name, flag) = program.split_once(' ').unwrap();
        if !support::has_program(name, flag) {
            return support::skip(test, &format!("{name} is not installed"));
        }
    }
    if !support::has_labs(test) || !support::is_preferred(test) {
        return;
    }
    let number = std::env::var("NETSHOOT_INCIDENT_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(1);
    let only = std::env::var("NETSHOOT_INCIDENT_ONLY").ok();
    let chosen = |case: &&Case| only.as_deref().is_none_or(|only| only.split('|').any(|part| case.name.contains(part)));
    // The last begins first: the last fault takes longest.
    let cases: Vec<&Case> = HEALTHY.iter().chain(FAULTS).filter(chosen).collect();
    let left: Mutex<Vec<_>> =
        Mutex::new((1..=number).flat_map(|seed| cases.iter().map(move |case| (*case, seed))).collect());
    let outcomes = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some((case, seed)) = left.lock().unwrap().pop() else { return };
                    let outcome = run(case, seed);
                    outcomes.lock().unwrap().push(outcome);
                }
            });
        }
    });
    judge(&outcomes.into_inner().unwrap(), only.is_some());
}

fn judge(outcomes: &[Outcome], all: bool) {
    for outcome in outcomes.iter().filter(|outcome| all || outcome.judgement != Judgement::Right) {
        eprintln!("{}", outcome.told);
    }
    let count = |faulty: bool, judgement: Judgement| {
        outcomes.iter().filter(|outcome| outcome.faulty == faulty && outcome.judgement == judgement).count()
    };
    let faulty = outcomes.iter().filter(|outcome| outcome.faulty).count();
    let (right, wrong) = (count(true, Judgement::Right), count(true, Judgement::Wrong));
    eprintln!("{right} of {faulty} causes found, {wrong} wrong; {} healthy", count(false, Judgement::Right));
    assert!(right * 100 >= faulty * 95, "causes that are not found");
    assert!(wrong * 100 <= faulty, "causes that are wrong");
    assert_eq!(count(false, Judgement::Wrong), 0, "findings where nothing is wrong");
}

fn run(case: &Case, seed: u64) -> Outcome {
    let mut chance = Random::new(seed * 1_000 + case.name.len() as u64);
    let network = (case.network)(&mut chance);
    let mut stage = Stage::new(network, chance, seed);
    (case.act)(&mut stage);
    let path = stage.end();
    if let Some(folder) = std::env::var_os("NETSHOOT_INCIDENT_KEEP") {
        let name = format!("{}-{seed}.pcap", case.name.replace(' ', "-"));
        std::fs::copy(&path, Path::new(&folder).join(name)).unwrap();
    }
    let report =
        analyze(&mut Reader::open(&path).unwrap(), &Options::default(), |_, _| ControlFlow::Continue(())).unwrap();
    let first = report.findings.first();
    let judgement = match first {
        Some(first) if case.truth.contains(&first.kind.slug()) => Judgement::Right,
        Some(first) if first.severity > Severity::Note => Judgement::Wrong,
        _ if case.truth.is_empty() => Judgement::Right,
        _ => Judgement::Missed,
    };
    let mut told = format!("{} ({seed}), {} frames, truth {:?}", case.name, report.capture.frames, case.truth);
    for finding in report.findings.iter().take(5) {
        let (severity, kind, verdict) = (finding.severity, finding.kind, finding.verdict);
        let _ = write!(told, "\n  {severity:?} {kind} {verdict:?} {:.2}: {}", finding.confidence, finding.summary);
    }
    Outcome { faulty: !case.truth.is_empty(), judgement, told }
}
