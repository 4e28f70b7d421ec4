//! Throughput tests between two hosts that speak the protocol of iperf3, in either role.
//!
//! A [`Client`] asks a [`Server`] for a test, which [`Options`] describe; both tell what happens as [`Event`]s. The
//! control channel is a pair of state machines without I/O ([`protocol`]), the data plane one thread a stream
//! ([`engine`]). Blocking calls with deadlines; nothing here prints.

mod client;
mod control;
mod disk_file;
pub mod engine;
mod flow;
pub mod latency;
mod observation;
mod options;
pub mod protocol;
pub mod report;
pub mod request_response;
pub mod search;
mod series;
mod server;
mod sockets;
pub mod sweep;
pub mod verdict;

pub use crate::cancel::Canceller;
pub use client::{Client, ClientTest};
pub use options::{BitRate, Direction, End, IpFamily, Keepalive, Options, Transport};
pub use report::{Event, Interval, Record, Report};
pub use server::{Server, ServerEvent, ServerOptions};

/// The port of iperf3, for control and data alike.
pub const PORT: u16 = 5201;
