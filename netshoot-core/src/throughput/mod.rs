//! Throughput tests between two hosts that speak the protocol of iperf3, in either role.
//!
//! [`Options`] says what a test does. The control channel is a pair of state machines without I/O ([`protocol`]).
//! Blocking calls with deadlines, one thread a data stream; nothing here prints.

mod options;
pub mod protocol;

pub use options::{BitRate, Direction, End, IpFamily, Options, Transport};
