//! Recordings of the incident lab, for machines that cannot run it: the first finding is the cause, and what is healthy has
//! no finding above a note. What they are, and how they were made, `captures/README.md` says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::ops::ControlFlow;
use std::path::Path;

use netshoot_core::analysis::{Options, Severity, Verdict, analyze};
use netshoot_core::capture::Reader;

#[test]
fn causes_are_the_first_finding_and_health_has_none() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures/incidents");
    let causes = std::fs::read_to_string(folder.join("causes.tsv")).unwrap();
    let (mut faulty, mut healthy, mut wrong) = (0, 0, Vec::new());
    for line in causes.lines().filter(|line| !line.starts_with('#')) {
        let (name, truth) = line.split_once('\t').expect("a name and kinds of findings");
        let mut reader = Reader::open(folder.join(format!("{}.pcap.gz", name.replace(' ', "-")))).unwrap();
        let report = analyze(&mut reader, &Options::default(), |_, _| ControlFlow::Continue(())).unwrap();
        let first = report.findings.first();
        let is_right = match truth {
            "-" => report.verdict() == Verdict::None && first.is_none_or(|first| first.severity == Severity::Note),
            kinds => first.is_some_and(|first| kinds.split('|').any(|kind| kind == first.kind.slug())),
        };
        *(if truth == "-" { &mut healthy } else { &mut faulty }) += 1;
        if !is_right {
            wrong.push(format!("{name}: {truth}, not {:?}", first.map(|first| &first.summary)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!((faulty, healthy), (31, 22));
}
