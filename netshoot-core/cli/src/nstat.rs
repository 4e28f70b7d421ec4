//! `netshoot nstat`: the kernel's network counters, as iproute2's `nstat` shows them.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use netshoot_core::netlink::counters::{Counters, Source, explain};
use netshoot_core::netlink::iproute2::{NstatHistory, NstatOptions, write_nstat, write_nstat_delta, write_nstat_since};
use netshoot_core::netlink::{Netlink, json};
use netshoot_core::{Error, ErrorKind};
use serde::Serialize;
use serde_json::Value;

use crate::arguments::Nstat;
use crate::output::{Failure, Out, Status, complain, standard_output};

pub(crate) fn run(nstat: &Nstat) -> Result<Status, Failure> {
    nstat.check()?;
    let netlink = Netlink::open(&crate::ip::namespace(&nstat.netns)?)?;
    let options = nstat.options();
    let mut out = standard_output().pretty(nstat.pretty && nstat.stable_json);
    if let Some(interval) = nstat.interval {
        let interval = Duration::try_from_secs_f64(interval).ok().filter(|interval| !interval.is_zero());
        let interval =
            interval.ok_or_else(|| Failure::Usage("wait: -t takes a number of seconds above 0".to_owned()))?;
        let before = nstat.read(&netlink)?;
        let status = tell_missing(&before);
        thread::sleep(interval);
        let after = nstat.read(&netlink)?;
        let status = if status == Status::Complete { tell_missing(&after) } else { status };
        let mut delta = after.delta(&before);
        if nstat.stable_json {
            delta.changes.retain(|change| {
                (options.zeros || change.difference.as_u64() != 0) && options.matches(&change.counter)
            });
            delta.appeared.retain(|counter| options.matches(counter));
            delta.vanished.retain(|counter| options.matches(counter));
            nstat.write_own(out, "delta", &delta)?;
            return Ok(status);
        }
        write_nstat_delta(&mut out, &delta, &options)?;
        out.flush()?;
        return Ok(status);
    }
    let mut counters = nstat.read(&netlink)?;
    let status = tell_missing(&counters);
    if nstat.stable_json {
        counters.counters.retain(|counter| options.matches(counter));
        nstat.write_own(out, "counters", &counters)?;
        return Ok(status);
    }
    let history = nstat.read_history()?;
    if let Some(history) = &history {
        history
            .check(&counters)
            .map_err(|error| error.with_hint("name another file, or begin this one anew with -r"))?;
    }
    if !nstat.no_output {
        match history.as_ref().filter(|_| !nstat.ignore_history) {
            Some(history) => write_nstat_since(&mut out, &counters, history, &options)?,
            None => write_nstat(&mut out, &counters, &options)?,
        }
        out.flush()?;
    }
    // What was read in part would make the next call wrong.
    if let Some(path) = nstat.history.as_deref().filter(|_| status == Status::Complete && !nstat.no_update) {
        let mut text = Vec::new();
        history.unwrap_or_default().write(&mut text, &counters, &options)?;
        replace(path, &text).map_err(|error| history_error("write", path, error))?;
    }
    Ok(status)
}

impl Nstat {
    /// What cannot be meant, as nothing would come of it.
    fn check(&self) -> Result<(), Failure> {
        let refused = if self.scan.is_some() {
            "nstat -d: there is no daemon; hint: -t SECONDS measures, --explain says what counters mean"
        } else if self.history.is_none() && self.no_output {
            "nstat -n: without output and without a history there is nothing to do; hint: --history FILE"
        } else if self.history.is_none() && self.reset {
            "nstat -r: there is no history to forget; hint: --history FILE"
        } else {
            return Ok(());
        };
        Err(Failure::Usage(refused.to_owned()))
    }

    /// Writes the own form, with explanations if they are wanted.
    fn write_own(&self, mut out: Out, kind: &str, value: &impl Serialize) -> Result<(), Failure> {
        let text = if self.explain {
            let mut tree = serde_json::to_value(value).map_err(io::Error::from)?;
            explain_all(&mut tree);
            json::headed(kind, &tree)
        } else {
            json::headed(kind, value)
        };
        writeln!(out, "{text}")?;
        Ok(out.flush()?)
    }

    /// What is shown of it: an explanation is of use for counters at zero, too.
    fn options(&self) -> NstatOptions {
        NstatOptions {
            json: self.json,
            pretty: self.pretty,
            zeros: self.zeros || self.explain,
            patterns: self.patterns.clone(),
            extended: self.extended,
            explain: self.explain,
        }
    }

    /// What nstat reads, and with `-x` all there is.
    fn read(&self, netlink: &Netlink) -> Result<Counters, Error> {
        if self.extended {
            return netlink.counters();
        }
        let sources: Vec<Source> = Source::ALL.iter().copied().filter(|source| source.is_nstat()).collect();
        let counters = netlink.counters_of(&sources)?;
        // SCTP is missing on most hosts: why the others are missing says more.
        let last = counters.unavailable.iter().max_by_key(|missing| missing.source != Source::Sctp);
        match last {
            Some(source) if counters.counters.is_empty() => {
                let error = Error::new(source.kind, "read the network counters").with_detail(source.to_string());
                let is_gone = source.kind == ErrorKind::NotFound;
                Err(if is_gone { error.with_hint("is /proc mounted?") } else { error })
            }
            _ => Ok(counters),
        }
    }

    /// `None` when there is none yet, or none is wanted.
    fn read_history(&self) -> Result<Option<NstatHistory>, Error> {
        let Some(path) = self.history.as_deref() else { return Ok(None) };
        let refused = |detail: &'static str| {
            let error = Error::new(ErrorKind::InvalidInput, format!("read history file {}", path.display()));
            Err(error.with_detail(detail).with_hint("name a file that is not there yet"))
        };
        if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
            return refused("it is no regular file");
        }
        let mut text = Vec::new();
        match File::open(path).and_then(|file| file.take(LONGEST_HISTORY).read_to_end(&mut text)) {
            // It will be written over: what is something else is left alone.
            Ok(_) if !text.is_empty() && !text.starts_with(b"#") => refused("it is no history of nstat"),
            Ok(_) if !text.is_empty() && !text.ends_with(b"\n") => refused("it is cut off"),
            Ok(_) if self.reset => Ok(None),
            Ok(_) => Ok(Some(NstatHistory::parse(&text))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(history_error("read", path, error)),
        }
    }
}

/// Says which sources could not be read, but for those that this kernel does not have.
fn tell_missing(counters: &Counters) -> Status {
    let missing = counters.unavailable.iter().filter(|source| source.kind != ErrorKind::NotFound);
    if missing.map(complain).count() == 0 { Status::Complete } else { Status::Partial }
}

/// Adds `explanation` to every counter, which is an object with a `field`.
fn explain_all(tree: &mut Value) {
    match tree {
        Value::Array(items) => items.iter_mut().for_each(explain_all),
        Value::Object(members) => {
            members.values_mut().for_each(explain_all);
            if let (Some(_), Some(Value::String(name))) = (members.get("field"), members.get("name")) {
                let text = explain(name).map_or(Value::Null, Value::from);
                members.insert("explanation".to_owned(), text);
            }
        }
        _ => {}
    }
}

/// Writes beside the file and renames, so that one of the two is there in whole whatever happens.
fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut beside = OsString::from(path);
    beside.push(format!(".{}", std::process::id()));
    let written = File::create_new(&beside).and_then(|mut file| file.write_all(text));
    let renamed = written.and_then(|()| fs::rename(&beside, path));
    if renamed.is_err() {
        let _ = fs::remove_file(&beside);
    }
    renamed
}

fn history_error(verb: &str, path: &Path, error: io::Error) -> Error {
    Error::io(format!("{verb} history file {}", path.display()), error)
}

/// Octets of a history that are read; one of all counters has some thousands.
const LONGEST_HISTORY: u64 = 16 << 20;
