//! The rate of requests and responses, and how long each takes: as netperf's TCP_RR and UDP_RR, between two of this library.
//!
//! A test whose [`Options::exchange`](super::Options::exchange) is set sends one request at a time on each stream and waits
//! for its response. The parameters say so under a key that iperf3 does not know; the server of this library answers with a
//! control octet of its own before it asks for the streams, and a server that does not is told off before any data flow.

use super::report::Report;

pub use super::engine::Exchange;

impl Report {
    /// Of a test of requests and responses: how many there were in a second, over all streams.
    #[must_use]
    pub fn transactions_per_second(&self) -> f64 {
        let (sent, _) = self.sum(true);
        let seconds = sent.time.as_secs_f64();
        if seconds > 0.0 { self.round_trips.count() as f64 / seconds } else { 0.0 }
    }
}
