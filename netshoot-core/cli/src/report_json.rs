//! The report as one JSON object: `schema_version`, `capture`, `evicted`, and a list of rows for each of `findings`,
//! `flows` and `dns`, of which the keys are the columns of the library's tables.

use std::io::Write;
use std::sync::Arc;

use netshoot_core::analysis::{CaptureSummary, Report};
use netshoot_core::capture::Interface;
use netshoot_core::table::{self, ReportStream, json};
use serde_json::{Value, json};

use crate::analyze::Subject;
use crate::output::{Failure, Out};
use crate::packets::library_error;

pub(crate) fn write(out: &mut Out, subject: &Subject, report: &Arc<Report>) -> Result<(), Failure> {
    let evicted = report.evicted;
    let evicted =
        json!({"flows": evicted.flows, "packets": evicted.packets, "bytes": evicted.bytes, "dns": evicted.dns});
    writeln!(out, "{{\"schema_version\":{SCHEMA_VERSION},")?;
    writeln!(out, "\"capture\":{},", capture(subject, &report.capture))?;
    writeln!(out, "\"evicted\":{evicted},")?;
    let options = table::Options::default();
    write_table(out, "findings", table::findings(Arc::clone(report), &options)?)?;
    out.write_all(b",\n")?;
    write_table(out, "flows", table::flows(Arc::clone(report), &options)?)?;
    out.write_all(b",\n")?;
    write_table(out, "dns", table::dns(Arc::clone(report), &options)?)?;
    out.write_all(b"}\n")?;
    Ok(())
}

fn write_table(out: &mut Out, key: &str, stream: ReportStream) -> Result<(), Failure> {
    write!(out, "\"{key}\":[")?;
    let mut line = String::new();
    let mut separator = "\n";
    for batch in stream {
        let mut rows = json::Rows::new(&batch.map_err(library_error)?)?;
        for row in 0..rows.len() {
            line.clear();
            line.push_str(separator);
            rows.write(row, &mut line);
            out.write_all(line.as_bytes())?;
            separator = ",\n";
        }
    }
    out.write_all(b"]")?;
    Ok(())
}

fn capture(subject: &Subject, summary: &CaptureSummary) -> Value {
    let protocols = summary.protocols.iter();
    let protocols: Vec<_> = protocols
        .map(|count| json!({"protocol": count.protocol, "frames": count.frames, "bytes": count.bytes}))
        .collect();
    json!({
        "file": subject.file,
        "format": subject.format.to_string(),
        "frames": summary.frames,
        "bytes": summary.bytes,
        "captured_bytes": summary.captured_bytes,
        "first_ts": summary.first.map(|time| time.to_string()),
        "last_ts": summary.last.map(|time| time.to_string()),
        "duration_ms": summary.duration().as_nanos() as f64 / 1e6,
        "link_types": summary.link_types.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "truncated_frames": summary.truncated_frames,
        "malformed_frames": summary.malformed_frames,
        "time_reversals": summary.time_reversals,
        "fragments": summary.fragments,
        "protocols": protocols,
        "interfaces": subject.interfaces.iter().map(interface).collect::<Vec<_>>(),
        "damage": summary.damage,
    })
}

fn interface(interface: &Interface) -> Value {
    let statistics = interface.statistics.unwrap_or_default();
    json!({
        "section": interface.section,
        "id": interface.id,
        "name": interface.name,
        "link_type": interface.link_type.to_string(),
        "snap_length": interface.snap_length,
        "received": statistics.received,
        "dropped": statistics.dropped,
        "os_dropped": statistics.os_dropped,
    })
}

/// Raised when a key changes its meaning or goes; new keys may come without.
const SCHEMA_VERSION: u32 = 1;
