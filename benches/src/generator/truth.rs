//! The file of truth: one JSON object a line for every fault that was planted, with the frames that prove it.
//!
//! Frame numbers start at 1 and times are microseconds since 1970, both as in the capture. `frames` is in the order
//! of the capture; what each frame is stands in `details`.

use std::io::{self, Write};
use std::net::IpAddr;

use serde::Serialize;

/// The five-tuple of a flow, seen from the end that opened it.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct FlowKey {
    pub(super) protocol: &'static str,
    pub(super) client: IpAddr,
    pub(super) client_port: u16,
    pub(super) server: IpAddr,
    pub(super) server_port: u16,
}

/// A planted fault.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Fault {
    pub(super) kind: &'static str,
    pub(super) flow: FlowKey,
    pub(super) time_us: u64,
    pub(super) frames: Vec<u32>,
    pub(super) details: serde_json::Value,
}

impl Fault {
    pub(super) fn write_to(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")
    }
}
