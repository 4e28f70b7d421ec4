//! The table of findings.

use super::column::{Column, float32, float64, list, name, text, time, uint16, uint32, uint64};
use super::flows::{address, milliseconds, number, push};
use crate::analysis::{Endpoint, Finding};

/// One row for each finding; `flows` is the number of all flows, of which findings tell their share.
pub(super) fn columns(flows: usize) -> Vec<Column<Finding>> {
    let share = move |finding: &Finding| (flows > 0).then(|| (f64::from(finding.flows) * 100.0 / flows as f64) as f32);
    vec![
        uint32("id", |finding: &Finding| Some(finding.id)).always(),
        name("kind", |finding: &Finding| Some(finding.kind.slug())).always(),
        name("severity", |finding: &Finding| Some(finding.severity.name())).always(),
        float32("confidence", |finding: &Finding| Some(finding.confidence)).always(),
        name("verdict", |finding: &Finding| Some(finding.verdict.name())).always(),
        text("title", |finding: &Finding, out| push(out, Some(&finding.title))).always(),
        text("summary", |finding: &Finding, out| push(out, Some(&finding.summary))).always(),
        address("server_ip", |finding: &Finding| finding.server.map(|end| end.address)),
        uint16("server_port", |finding: &Finding| finding.server.and_then(port)),
        address("client_ip", |finding: &Finding| finding.client.map(|end| end.address)),
        text("name", |finding: &Finding, out| push(out, finding.name.as_deref())),
        time("first_ts", |finding: &Finding| Some(finding.first)).always(),
        time("last_ts", |finding: &Finding| Some(finding.last)).always(),
        uint64("events", |finding: &Finding| Some(finding.events)).always(),
        uint32("flows", |finding: &Finding| Some(finding.flows)).always(),
        float32("flows_pct", share),
        float64("impact_ms", |finding: &Finding| finding.impact.map(milliseconds)),
        list("evidence_frames", |finding: &Finding, each| {
            finding.evidence_frames.iter().for_each(|frame| each(number(*frame)));
        })
        .always(),
        list("flow_ids", |finding: &Finding, each| finding.flow_ids.iter().for_each(|id| each(*id))).always(),
        text("wireshark_filter", |finding: &Finding, out| push(out, Some(&finding.wireshark_filter))).always(),
        text("next_steps", |finding: &Finding, out| push(out, Some(&finding.next_steps))).always(),
    ]
}

fn port(end: Endpoint) -> Option<u16> {
    (end.port != 0).then_some(end.port)
}
