//! The report as one JSON object: `schema_version`, `capture`, `evicted`, `verdict` with the number of the finding that is the
//! `cause`, and a list of rows for each of `findings`,
//! `flows`, `calls`, `dns`, `tls`, `quic`, `icmp`, `arp` and `dhcp`, of which the keys are the columns of the library's
//! tables; `names` by address, and `endpoints`, `conversations` and `hierarchy`, if they are asked for.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use netshoot_core::analysis::{CaptureSummary, Report};
use netshoot_core::capture::Interface;
use netshoot_core::table::{self, ReportStream, json};
use serde_json::{Value, json};

use crate::analyze::{Aggregates, Subject};
use crate::output::{Failure, Out};
use crate::packets::library_error;

pub(crate) fn write(
    out: &mut Out,
    subject: &Subject,
    report: &Arc<Report>,
    aggregates: Option<&Aggregates>,
) -> Result<(), Failure> {
    let evicted = report.evicted;
    let evicted = json!({
        "flows": evicted.flows,
        "packets": evicted.packets,
        "bytes": evicted.bytes,
        "calls": evicted.calls,
        "dns": evicted.dns,
        "tls": evicted.tls,
        "quic": evicted.quic,
        "icmp": evicted.icmp,
        "arp": evicted.arp,
        "dhcp": evicted.dhcp,
    });
    writeln!(out, "{{\"schema_version\":{SCHEMA_VERSION},")?;
    writeln!(out, "\"capture\":{},", capture(subject, &report.capture))?;
    writeln!(out, "\"evicted\":{evicted},")?;
    let cause = report.cause().map(|finding| finding.id);
    writeln!(out, "\"verdict\":\"{}\",\"cause\":{},", report.verdict().name(), json!(cause))?;
    if let Some(names) = &subject.names {
        let names: BTreeMap<_, _> = names.iter().collect();
        writeln!(out, "\"names\":{},", json!(names))?;
    }
    let options = table::Options::default();
    let tables: [(&str, Make); 9] = [
        ("findings", table::findings),
        ("flows", table::flows),
        ("calls", table::calls),
        ("dns", table::dns),
        ("tls", table::tls),
        ("quic", table::quic),
        ("icmp", table::icmp),
        ("arp", table::arp),
        ("dhcp", table::dhcp),
    ];
    for (n, (key, make)) in tables.into_iter().enumerate() {
        out.write_all(if n == 0 { b"" } else { b",\n" })?;
        write_table(out, key, make(Arc::clone(report), &options)?)?;
    }
    if let Some(aggregates) = aggregates {
        for (key, table) in [
            ("endpoints", table::endpoints(&aggregates.endpoints, &options)?),
            ("conversations", table::conversations(&aggregates.conversations, &options)?),
            ("hierarchy", table::hierarchy(&aggregates.hierarchy, &options)?),
            ("attempts", table::attempts(&aggregates.attempts, &options)?),
        ] {
            out.write_all(b",\n")?;
            write_table(out, key, table)?;
        }
    }
    out.write_all(b"}\n")?;
    Ok(())
}

/// The findings and nothing else, as one object with a list.
pub(crate) fn write_findings(out: &mut Out, report: &Arc<Report>) -> Result<(), Failure> {
    writeln!(out, "{{\"schema_version\":{SCHEMA_VERSION},")?;
    write_table(out, "findings", table::findings(Arc::clone(report), &table::Options::default())?)?;
    out.write_all(b"}\n")?;
    Ok(())
}

/// What makes a table.
type Make = fn(Arc<Report>, &table::Options) -> netshoot_core::Result<ReportStream>;

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
        // Of several there is none that is the capture.
        "file": if let [file] = &subject.files[..] { Some(file) } else { None },
        "files": subject.files,
        "format": subject.format.map(|format| format.to_string()),
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
