//! Parses and analyses a capture: the first packets as lines of text, then what was captured and what is wrong.
//!
//! `cargo run --example analyze -- incident.pcapng`
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::ops::ControlFlow;
use std::process::ExitCode;

use netshoot_core::Result;
use netshoot_core::analysis::{self, Options, Report};
use netshoot_core::capture::Reader;

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: analyze FILE");
        return ExitCode::from(2);
    };
    match run(&path) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("analyze: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(path: &str) -> Result<()> {
    let mut reader = Reader::open(path)?;
    for _ in 0..5 {
        let Some(frame) = reader.next_frame()? else { break };
        println!("{:>6} {}", frame.number, frame.packet());
    }

    let report = analysis::analyze(&mut Reader::open(path)?, &Options::default(), |_, _| ControlFlow::Continue(()))?;
    print(&report);
    Ok(())
}

fn print(report: &Report) {
    let capture = &report.capture;
    println!("\n{} frames, {} octets, {:.3} s", capture.frames, capture.bytes, capture.duration().as_secs_f64());
    if let Some(damage) = &capture.damage {
        println!("the capture is damaged: {damage}");
    }
    for flow in report.flows.iter().take(5) {
        println!(
            "{} {} > {}: {} packets, {}",
            flow.protocol,
            flow.client,
            flow.server,
            flow.packets(),
            flow.state.name()
        );
    }
    for finding in &report.findings {
        println!("{} {}: {}", finding.severity, finding.kind, finding.summary);
        println!("  frames {:?}; {}", finding.evidence_frames, finding.wireshark_filter);
    }
}
