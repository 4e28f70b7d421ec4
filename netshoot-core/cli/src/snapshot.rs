//! `netshoot snapshot`: everything that the kernel tells of a namespace, as one JSON object.

use std::io::Write;

use netshoot_core::netlink::{Netlink, SnapshotOptions, json};

use crate::arguments::Snapshot;
use crate::output::{Failure, Status, standard_output};

pub(crate) fn run(options: &Snapshot) -> Result<Status, Failure> {
    let netlink = Netlink::open(&crate::ip::namespace(options.netns.as_deref())?)?;
    let mut out = standard_output();
    writeln!(out, "{}", json::value(&netlink.snapshot(&SnapshotOptions::everything())))?;
    out.flush()?;
    Ok(Status::Complete)
}
