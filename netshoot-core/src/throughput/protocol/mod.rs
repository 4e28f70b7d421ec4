//! The wire protocol of iperf3, without I/O.
//!
//! [`ClientMachine`] and [`ServerMachine`] take what comes on the control connection and the time, and give what is to be
//! sent, what is to be done, and the next deadline. They speak to iperf3 3.1 and later. No input makes them panic, wait for
//! ever or keep more than [`MAX_PARAMETERS`] or [`MAX_RESULTS`] octets.

mod client;
mod cookie;
mod frame;
mod object;
mod parameters;
mod refusal;
mod results;
mod server;
mod state;
mod udp;

#[cfg(test)]
mod exchanges;

pub use client::{ClientAction, ClientMachine};
pub use cookie::Cookie;
pub use frame::{MAX_PARAMETERS, MAX_RESULTS};
pub use parameters::Parameters;
pub(super) use parameters::{
    LEAST_MSS, MAX_BURST, MAX_FLOW_LABEL, MAX_MSS, MAX_OMIT, MAX_STREAMS, MAX_TIME, MAX_WINDOW, TCP_LONGEST,
    UDP_LENGTHS,
};
pub use refusal::{ErrorCode, Refusal};
pub use results::{CpuUse, Results, ServerOutput, StreamResult, stream_id};
pub use server::{Limits, ServerAction, ServerMachine};
pub use state::State;
pub use udp::{HELLO, HELLO_REPLY, is_hello_reply};
