//! How much a path carries: client and server that speak iperf3's protocol.

pub mod engine;
mod options;

pub use options::{BitRate, Transport};
