//! `netshoot capture-file info`: the facts that capinfos tells, by the names that it has for them.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;

use netshoot_core::capture::{BlockType, Facts, Interface, Timestamp};
use netshoot_core::packet::LinkType;
use serde_json::{Value, json};

use super::arguments::Info;
use crate::output::{Failure, Out, Status, complain, standard_output};
use crate::progress::Progress;
use crate::text::{Clean, count, octets};

pub(super) fn run(options: &Info) -> Result<Status, Failure> {
    let mut out = standard_output();
    let mut status = Status::Complete;
    let mut failed = None;
    for (place, path) in options.files.iter().enumerate() {
        let facts = match read(path) {
            Ok(facts) => facts,
            Err(error) if options.files.len() > 1 => {
                complain(&error);
                failed = Some(error);
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        if options.json {
            serde_json::to_writer(&mut out, &as_json(path, &facts)).map_err(io::Error::from)?;
            out.write_all(b"\n")?;
        } else {
            if place > 0 {
                out.write_all(b"\n")?;
            }
            write_text(&mut out, path, &facts)?;
        }
        if let Some(damage) = &facts.damage {
            out.flush()?;
            status = Status::of_reading(Some(damage));
        }
    }
    out.flush()?;
    if failed.is_some() { Err(Failure::Told) } else { Ok(status) }
}

fn read(path: &Path) -> netshoot_core::Result<Facts> {
    let mut reader = super::open(path)?;
    let mut progress = Progress::new(path, true);
    let facts = Facts::read(&mut reader, |octets| {
        progress.update(octets);
        ControlFlow::Continue(())
    });
    progress.clear();
    facts
}

fn write_text(out: &mut Out, path: &Path, facts: &Facts) -> io::Result<()> {
    let mut line = |name: &str, value: &str| writeln!(out, "{:<21}{}", format!("{name}:"), Clean(value));
    line("File name", &name(path))?;
    let compressed = facts.compression.map(|how| format!(", compressed by {how}")).unwrap_or_default();
    line("File type", &format!("{}{compressed}", facts.format))?;
    line("File encapsulation", &encapsulations(facts))?;
    line("Timestamp precision", &precisions(facts))?;
    line("Packet size limit", &limits(facts))?;
    line("Number of packets", &count(facts.frames))?;
    line("File size", &sized(facts.file_octets))?;
    line("Data size", &sized(facts.original_octets))?;
    if facts.captured_octets != facts.original_octets {
        line("Captured size", &sized(facts.captured_octets))?;
    }
    if let Some((first, last)) = facts.times {
        line("Capture duration", &format!("{} seconds", seconds(span(facts))))?;
        line("First packet time", &first.to_string())?;
        line("Last packet time", &last.to_string())?;
    }
    if let Some(rates) = Rates::of(facts) {
        line("Data byte rate", &format!("{}/s", octets(rates.octets as u64)))?;
        line("Data bit rate", &format!("{:.0} bit/s", rates.octets * 8.0))?;
        line("Average packet rate", &format!("{:.2} packets/s", rates.frames))?;
    }
    if facts.frames > 0 {
        line("Average packet size", &format!("{:.2} bytes", facts.original_octets as f64 / facts.frames as f64))?;
    }
    line("Strict time order", if facts.is_in_order { "True" } else { "False" })?;
    for (label, number) in [
        ("Packets without time", facts.timeless),
        ("Packets dropped", facts.dropped),
        ("Packet comments", facts.comments),
    ] {
        if number > 0 {
            line(label, &count(number))?;
        }
    }
    for section in &facts.sections {
        for (label, text) in [
            ("Capture hardware", &section.hardware),
            ("Capture oper-sys", &section.operating_system),
            ("Capture application", &section.application),
        ] {
            if let Some(text) = text {
                line(label, text)?;
            }
        }
        section.comments.iter().try_for_each(|text| line("Capture comment", text))?;
    }
    if facts.sections.len() > 1 {
        line("Number of sections", &count(facts.sections.len() as u64))?;
    }
    for (name, number) in other_blocks(facts) {
        line(name, &count(number))?;
    }
    line("Interfaces in file", &count(facts.interfaces.len() as u64))?;
    facts.interfaces.iter().try_for_each(|(interface, frames)| write_interface(out, facts, interface, *frames))
}

fn write_interface(out: &mut Out, facts: &Facts, interface: &Interface, frames: u64) -> io::Result<()> {
    let section = if facts.sections.len() > 1 { format!(" of section {}", interface.section) } else { String::new() };
    writeln!(out, "Interface #{}{section} info:", interface.id)?;
    let mut line = |name: &str, value: String| writeln!(out, "{:21}{name} = {}", "", Clean(value));
    for (label, text) in [
        ("Name", &interface.name),
        ("Description", &interface.description),
        ("Operating system", &interface.operating_system),
        ("Filter string", &interface.filter),
    ] {
        if let Some(text) = text {
            line(label, text.to_string())?;
        }
    }
    line("Encapsulation", link_type(interface.link_type))?;
    line("Capture length", interface.snap_length.to_string())?;
    line("Time precision", interface.resolution.to_string())?;
    if interface.timestamp_offset != 0 {
        line("Time offset", format!("{} s", interface.timestamp_offset))?;
    }
    if let Some(length) = interface.fcs_length {
        line("FCS length", length.to_string())?;
    }
    if let Some(statistics) = &interface.statistics {
        for (label, counter) in [
            ("Packets received", statistics.received),
            ("Packets dropped", statistics.dropped),
            ("Packets accepted by filter", statistics.filter_accepted),
            ("Packets dropped by OS", statistics.os_dropped),
            ("Packets delivered", statistics.delivered),
        ] {
            if let Some(counter) = counter {
                line(label, counter.to_string())?;
            }
        }
    }
    line("Number of packets", frames.to_string())
}

fn as_json(path: &Path, facts: &Facts) -> Value {
    let rates = Rates::of(facts);
    json!({
        "schema_version": 1,
        "file": name(path),
        "format": facts.format.to_string(),
        "compression": facts.compression.map(|how| how.to_string()),
        "link_types": facts.link_types.iter().map(|(link, frames)| json!({
            "link_type": link.0, "name": link.name(), "frames": frames,
        })).collect::<Vec<_>>(),
        "frames": facts.frames,
        "file_bytes": facts.file_octets,
        "original_bytes": facts.original_octets,
        "captured_bytes": facts.captured_octets,
        "first_time_ns": facts.times.map(|(first, _)| first.as_nanos()),
        "last_time_ns": facts.times.map(|(_, last)| last.as_nanos()),
        "duration_ns": facts.times.map(|_| span(facts)),
        "bytes_per_second": rates.as_ref().map(|rates| rates.octets),
        "frames_per_second": rates.as_ref().map(|rates| rates.frames),
        "in_time_order": facts.is_in_order,
        "frames_without_time": facts.timeless,
        "cut_length_min": facts.cut_lengths.map(|(least, _)| least),
        "cut_length_max": facts.cut_lengths.map(|(_, most)| most),
        "dropped": facts.dropped,
        "frame_comments": facts.comments,
        "sections": facts.sections.iter().map(|section| json!({
            "hardware": section.hardware,
            "operating_system": section.operating_system,
            "application": section.application,
            "comments": section.comments,
        })).collect::<Vec<_>>(),
        "blocks": facts.blocks.iter().map(|(block_type, number)| json!({
            "block_type": block_type.0, "count": number,
        })).collect::<Vec<_>>(),
        "interfaces": facts.interfaces.iter().map(|(interface, frames)| interface_json(interface, *frames))
            .collect::<Vec<_>>(),
        "damage": facts.damage.as_ref().map(ToString::to_string),
    })
}

fn interface_json(interface: &Interface, frames: u64) -> Value {
    let statistics = interface.statistics.unwrap_or_default();
    json!({
        "section": interface.section,
        "id": interface.id,
        "name": interface.name,
        "description": interface.description,
        "filter": interface.filter,
        "operating_system": interface.operating_system,
        "link_type": interface.link_type.0,
        "snap_length": interface.snap_length,
        "tsresol": interface.resolution.tsresol(),
        "timestamp_offset": interface.timestamp_offset,
        "fcs_length": interface.fcs_length,
        "frames": frames,
        "received": statistics.received,
        "dropped": statistics.dropped,
        "filter_accepted": statistics.filter_accepted,
        "os_dropped": statistics.os_dropped,
        "delivered": statistics.delivered,
    })
}

/// Figures of the whole time, if it is longer than nothing.
struct Rates {
    octets: f64,
    frames: f64,
}

impl Rates {
    fn of(facts: &Facts) -> Option<Self> {
        let span = span(facts) as f64 / 1e9;
        (span > 0.0).then(|| Self { octets: facts.original_octets as f64 / span, frames: facts.frames as f64 / span })
    }
}

/// Nanoseconds from the earliest to the latest time.
fn span(facts: &Facts) -> u64 {
    facts.times.map_or(0, |(first, last): (Timestamp, Timestamp)| last.as_nanos().abs_diff(first.as_nanos()))
}

fn seconds(nanos: u64) -> String {
    format!("{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000)
}

fn name(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() }
}

fn sized(number: u64) -> String {
    if number < 1000 { octets(number) } else { format!("{} ({number} bytes)", octets(number)) }
}

fn link_type(link_type: LinkType) -> String {
    link_type.name().map_or_else(|| link_type.0.to_string(), |name| format!("{name} ({})", link_type.0))
}

fn encapsulations(facts: &Facts) -> String {
    let mut known: Vec<_> = facts.link_types.keys().copied().collect();
    if known.is_empty() {
        known = facts.interfaces.iter().map(|(interface, _)| interface.link_type).collect();
        known.sort_unstable();
        known.dedup();
    }
    if known.is_empty() { "unknown".to_owned() } else { joined(known.into_iter().map(link_type)) }
}

fn precisions(facts: &Facts) -> String {
    let mut known: Vec<_> = facts.interfaces.iter().map(|(interface, _)| interface.resolution.to_string()).collect();
    known.sort_unstable();
    known.dedup();
    if known.is_empty() { "unknown".to_owned() } else { joined(known.into_iter()) }
}

fn limits(facts: &Facts) -> String {
    let mut known: Vec<_> = facts.interfaces.iter().map(|(interface, _)| interface.snap_length).collect();
    known.sort_unstable();
    known.dedup();
    let limit = |limit: u32| if limit == 0 { "not set".to_owned() } else { format!("{limit} bytes") };
    let stated = if known.is_empty() { limit(0) } else { joined(known.into_iter().map(limit)) };
    match facts.cut_lengths {
        None => stated,
        Some((least, most)) if least == most => format!("{stated}; inferred: {least} bytes"),
        Some((least, most)) => format!("{stated}; inferred: {least} bytes - {most} bytes (range)"),
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

/// The blocks that are not told of by other lines, counted by their names.
fn other_blocks(facts: &Facts) -> Vec<(&'static str, u64)> {
    let mut named: Vec<(&str, u64)> = Vec::new();
    for (block_type, number) in &facts.blocks {
        let Some(name) = block_name(*block_type) else { continue };
        match named.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sum)) => *sum += number,
            None => named.push((name, *number)),
        }
    }
    named
}

fn block_name(block_type: BlockType) -> Option<&'static str> {
    Some(match block_type {
        BlockType::SECTION_HEADER | BlockType::INTERFACE_DESCRIPTION | BlockType::INTERFACE_STATISTICS => return None,
        BlockType::NAME_RESOLUTION => "Name resolution",
        BlockType::DECRYPTION_SECRETS => "Decryption secrets",
        BlockType::JOURNAL_EXPORT => "Journal entries",
        BlockType::CUSTOM | BlockType::CUSTOM_NOT_COPIED => "Custom blocks",
        _ => "Unknown blocks",
    })
}
