//! `netshoot snapshot`: everything that the kernel tells of a namespace, as one JSON object; or what changes in it.

use std::io::{self, BufRead, Write};
use std::thread;
use std::time::Duration;

use netshoot_core::ErrorKind;
use netshoot_core::netlink::iproute2::{DiffWriter, Names};
use netshoot_core::netlink::{
    self, AnyChange, ChangeOp, DiffOptions, Kind, Netlink, SnapshotOptions, Unanswered, json,
};
use serde_json::Value;

use crate::arguments::Snapshot;
use crate::output::{Failure, Status, complain, standard_output};

pub(crate) fn run(options: &Snapshot) -> Result<Status, Failure> {
    let netlink = Netlink::open(&crate::ip::namespace(&options.netns)?)?;
    let mut wanted = SnapshotOptions::everything();
    if let Some(kinds) = &options.kinds {
        (wanted.kinds, wanted.counters) = (kinds.clone(), false);
    }
    let mut out = standard_output();
    if options.diff {
        wanted.counters = false;
        if options.kinds.is_none() {
            // They are mostly those of this command, and of other short ones.
            wanted.kinds.retain(|kind| *kind != Kind::NetlinkSocket);
        }
        return diff(options, &netlink, &wanted, out);
    }
    let snapshot = netlink.snapshot(&wanted);
    writeln!(out, "{}", json::value(&snapshot))?;
    out.flush()?;
    Ok(status_of(&snapshot))
}

/// Says what could not be read for another reason than a missing right, which is an answer, too.
fn status_of(snapshot: &netlink::Snapshot) -> Status {
    let without = |why: &Unanswered| why.capability.is_none();
    let mut told = 0;
    for (kind, why) in snapshot.failed().filter(|(_, why)| without(why)) {
        complain(format_args!("list {}: {}", kind.plural(), why.error));
        told += 1;
    }
    if let Some(why) = snapshot.counters.unanswered().filter(|why| without(why)) {
        complain(format_args!("read counters: {}", why.error));
        told += 1;
    }
    let sources = snapshot.counters.known().map_or(&[][..], |counters| &counters.unavailable);
    let expected = [ErrorKind::NotFound, ErrorKind::PermissionDenied];
    for source in sources.iter().filter(|source| !expected.contains(&source.kind)) {
        complain(source);
        told += 1;
    }
    if told == 0 { Status::Complete } else { Status::Partial }
}

fn diff(
    options: &Snapshot,
    netlink: &Netlink,
    wanted: &SnapshotOptions,
    mut out: impl Write,
) -> Result<Status, Failure> {
    // The names of links stand in most of what is shown.
    let mut listed = wanted.clone();
    listed.kinds.push(Kind::Link);
    let old = netlink.snapshot(&listed);
    wait(options.seconds)?;
    let new = netlink.snapshot(&listed);
    let mut status = Status::Complete;
    for (kind, why) in old.failed().chain(new.failed()) {
        complain(format_args!("compare {}: {}", kind.plural(), why.error));
        status = Status::Partial;
    }
    let writer = DiffWriter::new(Names::system(), &old, &new);
    let changes = netlink::Snapshot::diff(&old, &new, &DiffOptions::default())?;
    for change in changes.into_iter().filter(|change| wanted.kinds.contains(&change.kind())) {
        if options.json {
            writeln!(out, "{}", json::value(&change))?;
            continue;
        }
        let (mut text, kind) = (Vec::new(), format!("{} ", change.kind()));
        writer.write(&mut text, &change)?;
        write!(out, "{} {kind}", change.op())?;
        // Some begin with their kind by themselves.
        out.write_all(text.strip_prefix(kind.as_bytes()).unwrap_or(&text))?;
        fields(&mut out, &change)?;
    }
    out.flush()?;
    Ok(status)
}

/// So many seconds, or until a line or the end of standard input.
fn wait(seconds: Option<f64>) -> Result<(), Failure> {
    if let Some(seconds) = seconds {
        let time = Duration::try_from_secs_f64(seconds)
            .map_err(|_| Failure::Usage(format!("wait: {seconds} is no number of seconds")))?;
        thread::sleep(time);
        return Ok(());
    }
    complain("the first snapshot is taken; press Enter for the second");
    io::stdin().lock().read_line(&mut String::new()).map_err(|error| {
        netshoot_core::Error::io("read standard input", error).with_hint("--for waits a number of seconds")
    })?;
    Ok(())
}

/// What each field that differs was, and is.
fn fields(out: &mut impl Write, change: &AnyChange) -> io::Result<()> {
    if change.op() != ChangeOp::Changed {
        return Ok(());
    }
    let tree = serde_json::to_value(change)?;
    for name in change.changed() {
        values(out, name, member(member(&tree, "old"), name), member(member(&tree, "new"), name))?;
    }
    Ok(())
}

/// Of an object within, those of its members that differ.
fn values(out: &mut impl Write, path: &str, old: &Value, new: &Value) -> io::Result<()> {
    let (Value::Object(before), Value::Object(after)) = (old, new) else {
        return if old == new { Ok(()) } else { writeln!(out, "    {path}: {old} -> {new}") };
    };
    let later = after.keys().filter(|name| !before.contains_key(*name));
    for name in before.keys().chain(later) {
        values(out, &format!("{path}.{name}"), member(old, name), member(new, name))?;
    }
    Ok(())
}

/// `null` where there is none, as for a field that was not told.
fn member<'v>(object: &'v Value, name: &str) -> &'v Value {
    object.get(name).unwrap_or(&Value::Null)
}
