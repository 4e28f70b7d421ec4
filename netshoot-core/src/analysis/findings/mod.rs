//! From counters and transactions to judgements.
//!
//! Each kind of finding has its thresholds at the end of its file. They are set so that a healthy capture gives nothing
//! above a note: a lost packet here and there, a name that does not exist, a connection closed by a reset after its work
//! was done are the life of a network. Events are rolled up by kind and service, so that a fault that hits ten thousand
//! connections is one finding.
//!
//! One cause is one finding. Rules run from causes to symptoms, and a rule that knows why a flow went wrong [claims](Claims)
//! it, so that later ones pass over it: what a scan, a path with a smaller MTU or an expired certificate does to a
//! connection is not told again as retransmissions and resets. What remains is sorted by [`order`].

mod calls;
mod capture;
mod connect;
mod cookies;
mod dhcp;
mod dns;
mod draft;
mod fold;
mod icmp;
mod idle;
mod ledger;
mod link;
mod names;
mod order;
mod path;
mod quality;
mod quic;
mod reach;
mod scan;
mod scene;
mod sweep;
mod text;
mod tls;
mod window;

pub(super) use icmp::Unreachables;
pub(super) use ledger::Ledger;
pub(super) use scan::is_probe;
pub(super) use scene::Scene;

use super::Finding;
use super::join::join;
use scene::{Claims, Queries, Suspects};

/// All findings, the worst first, numbered from 1; looked for in two threads if so told.
pub(super) fn find(scene: &Scene<'_>, unreachables: Unreachables, in_two: bool) -> Vec<Finding> {
    let mut claims = Claims::default();
    let (of_names, (suspects, mut findings)) = join(in_two, || of_names(scene), || of_connections(scene, &mut claims));
    let (cookies, quality) = join(in_two, || cookies::find(scene, &claims), || quality::find(scene.table, &claims));
    findings.extend(quality);
    findings.extend(window::overruns(&suspects, &claims));
    findings.extend(window::find(&suspects, &claims));
    let slow = calls::find(scene, &claims, &findings);
    findings.extend(slow);
    findings.extend(of_names);
    findings.extend(quic::find(scene));
    findings.extend(cookies);
    findings.extend(link::find(scene));
    findings.extend(dhcp::find(scene));
    findings.extend(icmp::find(scene, unreachables));
    findings.extend(scene.table.ledger.incomplete());
    order::without_symptoms(&mut findings);
    order::sort(&mut findings);
    let mut findings = fold::fold(findings);
    scene.table.ledger.qualify(&mut findings);
    for (id, finding) in (1..).zip(&mut findings) {
        finding.id = id;
    }
    findings
}

/// What is wrong with names.
fn of_names(scene: &Scene<'_>) -> Vec<Finding> {
    let mut claims = Queries::default();
    let mut findings = names::find(scene, &mut claims);
    findings.extend(dns::find(scene, &claims));
    findings
}

/// What is wrong with single connections or with how they were captured, and those that never came about.
fn of_connections<'a>(scene: &Scene<'a>, claims: &mut Claims) -> (Suspects<'a>, Vec<Finding>) {
    let scans = scan::find(scene);
    let suspects = scene.suspects(&scans);
    let mut findings = capture::find(scene, &suspects, claims);
    findings.extend(path::find(scene, &suspects, claims));
    findings.extend(idle::find(&suspects, claims));
    findings.extend(tls::find(scene, claims));
    findings.extend(connect::find(scene, &suspects, claims));
    findings.extend(reach::find(scene, &scans, claims));
    findings.extend(scans.findings);
    (suspects, findings)
}
