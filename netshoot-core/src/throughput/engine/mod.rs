//! The data plane by itself: one thread a stream, over sockets that the caller has connected.
//!
//! A [`Task`] says what one stream does, a [`Shared`] starts and stops the streams of one direction and holds what they
//! are to move together, a [`Running`] stream is counted by [`Running::sample`] at any time. Between
//! [`start`] and [`Shared::omit`] or [`Shared::go`] a thread makes all that it needs; while data flow nothing is
//! allocated, and no call blocks for more than some 20 ms, so that every stop is heard.
//!
//! The sockets' time-outs, low-water mark, kernel pacing and, with UDP, receive buffer belong to the engine from [`start`] on.

mod accounting;
mod counters;
mod exchange;
mod low_water;
mod meter;
mod pacer;
mod payload;
mod running;
mod shared;
mod task;
mod tcp;
mod udp;

#[cfg(test)]
mod tests;

pub use counters::{Sample, Totals};
pub(super) use running::tcp_info;
pub use running::{Cpu, Finished, Outcome, Running, Scheduled, Shortcuts, start};
pub use shared::Shared;
pub use task::{Exchange, LowWater, Role, Task, Tuning};

use std::time::Duration;

/// The longest that a call may block before it looks whether to stop.
const PATIENCE: Duration = Duration::from_millis(20);
