//! `netshoot snapshot`: everything that the kernel tells of a namespace, as one JSON object.

use std::io::{self, Write};

use netshoot_core::netlink::{Netlink, SnapshotOptions};

use crate::arguments::Snapshot;
use crate::output::{Failure, Status, complain, standard_output};

pub(crate) fn run(options: &Snapshot) -> Result<Status, Failure> {
    let netlink = Netlink::open(&crate::ip::namespace(options.netns.as_deref())?)?;
    let snapshot = netlink.snapshot(&SnapshotOptions::default());
    for (_, missing) in snapshot.missing() {
        complain(&missing.error);
    }
    let mut out = standard_output();
    serde_json::to_writer(&mut out, &snapshot).map_err(io::Error::from)?;
    writeln!(out)?;
    out.flush()?;
    Ok(Status::Complete)
}
