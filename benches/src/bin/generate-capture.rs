//! `generate-capture [--frames N] [--seed S] OUT.pcap TRUTH.jsonl`: writes a made-up capture and its file of truth.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use netshoot_benches::generator::{Settings, generate};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "generate-capture: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<()> {
    let mut settings = Settings::default();
    let mut paths = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--frames" => settings.frames = number(arguments.next())?,
            "--seed" => settings.seed = number(arguments.next())?,
            _ => paths.push(argument),
        }
    }
    let [capture, truth] = paths.as_slice() else {
        return Err(usage());
    };
    let open = |path: &String| File::create(path).map(BufWriter::new);
    let summary = generate(settings, open(capture)?, open(truth)?)?;
    let (frames, flows, faults, octets) = (summary.frames, summary.flows, summary.faults, summary.octets);
    writeln!(io::stdout(), "{frames} frames, {octets} octets, {flows} flows, {faults} planted faults")
}

fn number<T: std::str::FromStr>(text: Option<String>) -> io::Result<T> {
    text.and_then(|text| text.parse().ok()).ok_or_else(usage)
}

fn usage() -> io::Error {
    io::Error::other("usage: generate-capture [--frames N] [--seed S] OUT.pcap TRUTH.jsonl")
}
