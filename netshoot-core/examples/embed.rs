//! Analysis inside a program that runs for long: one thread, no runtime, memory that stays flat.
//!
//! Frames come from standard input as they are captured; every ten seconds of capture time the program takes out what is
//! over and reports it.
//!
//! `tcpdump -i eth0 -U -w - | cargo run --example embed`
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::io::{self, Read};
use std::process::ExitCode;
use std::time::Duration;

use netshoot_core::Result;
use netshoot_core::analysis::{Analyzer, Options, Report};
use netshoot_core::capture::{Reader, Timestamp};

fn main() -> ExitCode {
    match watch(io::stdin().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("embed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn watch(stream: impl Read) -> Result<()> {
    let mut options = Options::default();
    options.memory_limit = 16 << 20;
    let mut analyzer = Analyzer::new(options);
    let mut reader = Reader::new(stream)?;
    let mut reported: Option<Timestamp> = None;
    while let Some(frame) = reader.next_frame()? {
        analyzer.push(&frame, &frame.packet());
        let Some(now) = frame.timestamp else { continue };
        let since = *reported.get_or_insert(now);
        if now.saturating_duration_since(since) >= PERIOD {
            print(&analyzer.take_finished());
            reported = Some(now);
        }
    }
    print(&analyzer.finish());
    Ok(())
}

fn print(report: &Report) {
    println!(
        "{} frames so far; since the last report {} flows and {} DNS transactions ended, {} findings; {} flows were forgotten",
        report.capture.frames,
        report.flows.len(),
        report.dns.len(),
        report.findings.len(),
        report.evicted.flows,
    );
    for finding in &report.findings {
        println!("  {} {}: {}", finding.severity, finding.kind, finding.summary);
    }
}

const PERIOD: Duration = Duration::from_secs(10);
