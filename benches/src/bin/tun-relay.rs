//! `tun-relay [--seed S] [--seconds N] [--there CONDITIONS] [--back CONDITIONS] FIRST SECOND`: makes two TUN devices and
//! relays between them, until it is killed or its time is over (an hour, unless told). Says `ready` when they exist.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use netshoot_benches::relay::{Conditions, Relay};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "tun-relay: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<()> {
    let (mut seed, mut seconds, mut names) = (1, 3_600, Vec::new());
    let mut conditions = [Conditions::default(); 2];
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let [there, back] = &mut conditions;
        match argument.as_str() {
            "--seed" => seed = value(&argument, arguments.next())?,
            "--seconds" => seconds = value(&argument, arguments.next())?,
            "--there" => *there = value(&argument, arguments.next())?,
            "--back" => *back = value(&argument, arguments.next())?,
            _ => names.push(argument),
        }
    }
    let [first, second] = names.as_slice() else {
        return Err(io::Error::other("two device names are needed; hint: tun-relay tun-a tun-b"));
    };
    let relay = Relay::start([first, second], conditions, seed)?;
    writeln!(io::stdout(), "ready")?;
    std::thread::sleep(Duration::from_secs(seconds));
    let [there, back] = relay.stop()?;
    writeln!(io::stdout(), "there: {there:?}\nback: {back:?}")
}

fn value<T: std::str::FromStr<Err: std::fmt::Display>>(option: &str, text: Option<String>) -> io::Result<T> {
    let text = text.ok_or_else(|| io::Error::other(format!("{option} needs a value")))?;
    text.parse().map_err(|error| io::Error::other(format!("{option} {text}: {error}")))
}
