//! The `netshoot` command: argument parsing and printing; the work is done by the library.
//!
//! Output goes to standard output through one buffer, errors go to standard error as one line. A reader that goes away
//! (`netshoot packets FILE | head`) ends the command without a word, with the status that the shell gives to a process
//! that SIGPIPE ended.

mod analyze;
mod arguments;
mod bridge;
mod capture_file;
mod hex;
mod input;
mod ip;
mod iperf3;
mod nstat;
mod output;
mod packets;
mod progress;
mod qdisc;
mod refused;
mod report;
mod report_json;
mod shared;
mod snapshot;
mod ss;
mod sys;
mod text;
mod throughput;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Command};
use output::{Failure, Status};

fn main() -> ExitCode {
    let line = shared::as_iproute2(std::env::args_os());
    let arguments = match Arguments::try_parse_from(&line) {
        Ok(arguments) => arguments,
        Err(error) if error.use_stderr() => return output::refuse(&error, &line),
        Err(help) => return write_help(&help),
    };
    match run(&arguments) {
        Ok(status) => status.into(),
        Err(failure) => failure.tell(),
    }
}

/// Help, or the version, which are output like any other.
fn write_help(help: &clap::Error) -> ExitCode {
    match help.print().and_then(|()| output::flush_standard_output()) {
        Ok(()) => Status::Complete.into(),
        Err(error) => Failure::from(error).tell(),
    }
}

fn run(arguments: &Arguments) -> Result<Status, Failure> {
    match &arguments.command {
        Command::Analyze(options) => analyze::run(options),
        Command::Packets(options) => packets::run(options),
        Command::CaptureFile(options) => capture_file::run(options),
        Command::Ip(options) => ip::run(options),
        Command::Bridge(options) => bridge::run(options),
        Command::Tc(options) => qdisc::run(options),
        Command::Nstat(options) => nstat::run(options),
        Command::Ss(options) => ss::run(options),
        Command::Iperf3(options) => iperf3::run(options),
        Command::Throughput(options) => throughput::run(options),
        Command::Snapshot(options) => snapshot::run(options),
    }
}
