//! Invariants of the analysis: what its report says adds up, whatever the frames.

use std::sync::Arc;

use netshoot_core::analysis::{Analyzer, Options, Report};
use netshoot_core::capture::{Frame, Timestamp};
use netshoot_core::packet::LinkType;
use netshoot_core::table::{self, RecordBatchReader};

/// Analyses a sequence of raw IP packets. Each begins with two octets of length and one of the time since the one before,
/// in units of 50 ms, the top bit meaning backwards.
///
/// # Panics
/// If an invariant of [`Report`] is broken.
pub fn fuzz_analysis(data: &[u8]) {
    let mut options = Options::default();
    options.memory_limit = 1 << 16;
    let mut analyzer = Analyzer::new(options);
    let (mut rest, mut number, mut now) = (data, 0, 0_i64);
    while let Some((&[high, low, step], after)) = rest.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes([high, low])).min(after.len());
        let (bytes, next) = after.split_at(length);
        let ahead = i64::from(step & 0x7f) * 50_000_000;
        now += if step & 0x80 == 0 { ahead } else { -ahead };
        number += 1;
        let frame = Frame::new(number, Some(Timestamp::from_nanos(now)), LinkType::RAW, bytes);
        let observation = analyzer.push(&frame, &frame.packet());
        assert_eq!(observation.flow_id.is_some(), observation.from_client.is_some());
        assert!(observation.tcp.is_none() || observation.flow_id.is_some());
        rest = next;
    }
    let report = analyzer.finish();
    adds_up(&report, number);
    as_tables(report);
}

fn adds_up(report: &Report, frames: u64) {
    assert_eq!(report.capture.frames, frames);
    let in_flows: u64 = report.flows.iter().map(|flow| flow.packets()).sum();
    // A frame may have packets within packets, each of a flow: as many as are entered, and one that lies too deep.
    assert!(in_flows + report.evicted.packets <= frames * 6);
    assert!(report.flows.is_sorted_by_key(|flow| flow.id));
    for flow in &report.flows {
        assert!(flow.packets() > 0 && flow.first_frame <= flow.last_frame && flow.last_frame <= frames);
        for side in [&flow.client_to_server, &flow.server_to_client] {
            assert!(u64::from(side.retransmissions) <= side.packets);
            assert!(side.fast_retransmissions + side.spurious_retransmissions <= side.retransmissions);
            assert!(u64::from(side.zero_windows) <= side.packets);
        }
    }
    for transaction in &report.dns {
        assert!(transaction.query_frame.is_some() || transaction.response_frame.is_some());
        assert_eq!(transaction.is_answered(), transaction.response_code.is_some());
    }
    for (finding, id) in report.findings.iter().zip(1..) {
        assert_eq!(finding.id, id);
        assert!(finding.evidence_frames.len() <= 20 && finding.flow_ids.len() <= 100);
        assert!(!finding.evidence_frames.is_empty() && finding.evidence_frames.is_sorted());
        assert!(finding.evidence_frames.iter().all(|frame| (1..=frames).contains(frame)));
        assert!(finding.first <= finding.last && finding.events > 0);
        assert!((0.0..=1.0).contains(&finding.confidence));
        assert!(!finding.summary.chars().any(char::is_control), "{:?}", finding.summary);
    }
    assert!(report.findings.is_sorted_by(|a, b| a.severity >= b.severity));
}

/// Every row of a report arrives in its table, and as JSON.
fn as_tables(report: Report) {
    let report = Arc::new(report);
    let expected = [report.flows.len(), report.dns.len(), report.findings.len()];
    let options = table::Options::default();
    let makers = [table::flows, table::dns, table::findings];
    for (make, expected) in makers.into_iter().zip(expected) {
        let Ok(stream) = make(Arc::clone(&report), &options) else { panic!("a table refuses its own columns") };
        let columns = stream.schema().fields().len();
        let mut rows = 0;
        let mut line = String::new();
        for batch in stream {
            let Ok(batch) = batch else { panic!("a report has no damage") };
            assert_eq!(batch.num_columns(), columns);
            let Ok(mut json) = table::json::Rows::new(&batch) else { panic!("a table that is no JSON") };
            for row in 0..json.len() {
                line.clear();
                json.write(row, &mut line);
                assert!(line.starts_with('{') && line.ends_with('}') && !line.contains('\n'));
            }
            rows += batch.num_rows();
        }
        assert_eq!(rows, expected);
    }
}
