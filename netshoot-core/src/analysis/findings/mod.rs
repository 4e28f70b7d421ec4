//! From counters to judgements.
//!
//! Each kind of finding has its thresholds at the end of its file. They are set so that a healthy capture gives nothing
//! above a note: a lost packet here and there, a name that does not exist, a connection closed by a reset after its work
//! was done are the life of a network. Events are rolled up by kind and service, so that a fault that hits ten thousand
//! connections is one finding. A scan is one finding, and what it causes is not told again.

mod capture;
mod dns;
mod draft;
mod fold;
mod icmp;
mod ledger;
mod quality;
mod reach;
mod scan;
mod text;

pub(super) use icmp::Unreachables;
pub(super) use ledger::Ledger;

use super::table::Table;
use super::{CaptureSummary, DnsTransaction, Finding};

/// All findings, the worst first, numbered from 1.
pub(super) fn find(
    summary: &CaptureSummary,
    table: &Table,
    transactions: &[DnsTransaction],
    unreachables: &Unreachables,
) -> Vec<Finding> {
    let scans = scan::find(table);
    let mut findings = reach::find(summary, table, &scans);
    findings.extend(scans.findings);
    findings.extend(quality::find(table));
    findings.extend(dns::find(summary, transactions));
    findings.extend(icmp::find(unreachables));
    findings.extend(capture::find(summary, table));
    findings.extend(table.ledger.incomplete());
    findings.sort_by(|a, b| {
        let worth = |finding: &Finding| (finding.severity, finding.flows, finding.events);
        worth(b).cmp(&worth(a)).then_with(|| (a.kind, a.first).cmp(&(b.kind, b.first)))
    });
    let mut findings = fold::fold(findings);
    table.ledger.qualify(&mut findings);
    for (id, finding) in (1..).zip(&mut findings) {
        finding.id = id;
    }
    findings
}
