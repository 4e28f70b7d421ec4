//! `netshoot nstat`: the kernel's network counters, as iproute2's `nstat` shows them.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use netshoot_core::netlink::counters::{Counters, Source};
use netshoot_core::netlink::iproute2::{NstatHistory, NstatOptions, write_nstat, write_nstat_delta, write_nstat_since};
use netshoot_core::netlink::{Netlink, json};
use netshoot_core::{Error, ErrorKind};

use crate::arguments::Nstat;
use crate::output::{Failure, Status, complain, standard_output};

pub(crate) fn run(nstat: &Nstat) -> Result<Status, Failure> {
    let netlink = Netlink::open(&crate::ip::namespace(nstat.netns.as_deref())?)?;
    let options = nstat.options();
    let mut out = standard_output();
    if let Some(interval) = nstat.interval {
        let interval = Duration::try_from_secs_f64(interval)
            .map_err(|_| Failure::Usage(format!("wait {interval} seconds: not a time")))?;
        let before = nstat.read(&netlink)?;
        thread::sleep(interval);
        if nstat.stable_json {
            writeln!(out, "{}", json::headed("delta", &nstat.read(&netlink)?.delta(&before)))?;
            out.flush()?;
            return Ok(Status::Complete);
        }
        write_nstat_delta(&mut out, &nstat.read(&netlink)?.delta(&before), &options)?;
        out.flush()?;
        return Ok(Status::Complete);
    }
    let counters = nstat.read(&netlink)?;
    for refused in counters.unavailable.iter().filter(|source| source.kind == ErrorKind::PermissionDenied) {
        complain(refused);
    }
    if nstat.stable_json {
        writeln!(out, "{}", json::headed("counters", &counters))?;
        out.flush()?;
        return Ok(Status::Complete);
    }
    let history = nstat.read_history()?;
    if !nstat.no_output {
        match history.as_ref().filter(|_| !nstat.ignore_history) {
            Some(history) => write_nstat_since(&mut out, &counters, history, &options)?,
            None => write_nstat(&mut out, &counters, &options)?,
        }
        out.flush()?;
    }
    if let Some(path) = nstat.history.as_deref().filter(|_| !nstat.no_update) {
        let mut text = Vec::new();
        history.unwrap_or_default().write(&mut text, &counters, &options)?;
        fs::write(path, text).map_err(|error| history_error("write", path, error))?;
    }
    Ok(Status::Complete)
}

impl Nstat {
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
        netlink.counters_of(&sources)
    }

    /// `None` when there is none yet, or none is wanted.
    fn read_history(&self) -> Result<Option<NstatHistory>, Error> {
        let Some(path) = self.history.as_deref().filter(|_| !self.reset) else { return Ok(None) };
        match fs::read(path) {
            Ok(text) => Ok(Some(NstatHistory::parse(&text))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(history_error("read", path, error)),
        }
    }
}

fn history_error(verb: &str, path: &Path, error: io::Error) -> Error {
    Error::io(format!("{verb} history file {}", path.display()), error)
}
