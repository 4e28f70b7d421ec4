//! From what shards have seen to one report.

use std::sync::Mutex;

use super::shard::{Shard, most_pieces};
use super::threads::lock;
use crate::analysis::findings::{self, Scene, Unreachables};
use crate::analysis::join::join;
use crate::analysis::log::{Logs, Notable};
use crate::analysis::report::add;
use crate::analysis::resolver::Resolver;
use crate::analysis::table::Table;
use crate::analysis::{CaptureSummary, Report, relations};

/// The report of shards that have seen all frames and settled their flows; their numbers are agreed on.
pub(super) fn conclude(capture: CaptureSummary, shards: Vec<Shard>) -> Report {
    let in_two = shards.len() > 1;
    let options = shards.first().map(|shard| shard.options.clone()).unwrap_or_default();
    let mut report = Report { capture, options, ..Report::default() };
    let (mut tables, mut logs, mut resolvers) = (Vec::new(), Vec::new(), Vec::new());
    for Shard { mut table, resolver, pieces, .. } in shards {
        report.pieces.extend(pieces);
        resolvers.push(resolver);
        logs.push(std::mem::replace(&mut table.logs, Logs::new(0)));
        tables.push(table);
    }
    report.pieces.sort_unstable_by_key(|(_, frame)| *frame);
    report.pieces.drain(..report.pieces.len().saturating_sub(most_pieces(&report.options)));
    report.pieces.sort_unstable();
    let tables = Mutex::new(tables);
    let (table, (notable, unreachables)) =
        join(in_two, || whole(std::mem::take(&mut lock(&tables))), || take_logs(&mut report, resolvers, logs));
    let Some(table) = table else { return report };
    report.evicted.add(&table.evicted);
    report.findings = findings::find(&Scene::new(&report, &notable, &table, None), unreachables, in_two);
    report.flows = table.into_flows();
    report
}

/// The table of all flows.
fn whole(tables: Vec<Table>) -> Option<Table> {
    let mut others = tables.into_iter();
    let mut table = others.next()?;
    if others.len() > 0 {
        table.absorb(others.collect());
    }
    Some(table)
}

/// Puts what was said into the report; what of it there is no room for, but findings may tell of.
fn take_logs(report: &mut Report, mut resolvers: Vec<Resolver>, mut logs: Vec<Logs>) -> (Notable, Unreachables) {
    Resolver::limit(&mut resolvers);
    for resolver in resolvers {
        report.evicted.dns += resolver.evicted();
        add(&mut report.dns, resolver.into_transactions());
    }
    let mut logs = if logs.len() > 1 { Logs::of_parts(logs) } else { logs.pop().unwrap_or_else(|| Logs::new(0)) };
    let told = (logs.take_notable(), std::mem::take(&mut logs.icmp.unreachables));
    report.take_logs(&mut logs);
    report.sort();
    relations::find(&mut report.dns);
    told
}
