//! How much a path carries: client and server that speak iperf3's protocol.

mod options;

pub use options::{BitRate, Transport};
