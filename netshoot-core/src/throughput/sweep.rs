//! Rate, packets and loss by the size of packets, with any iperf3 server.

use super::protocol::CpuUse;
use super::{BitRate, Client, Direction, Options, Transport};
use crate::error::Result;

/// What one size of packets gave.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct SizeResult {
    /// Payload octets of a datagram, or the largest segment asked for.
    pub size: u32,
    /// Payload that came.
    pub rate: BitRate,
    /// Packets with payload that came, in a second: of TCP by arithmetic, as if each were full.
    pub packets_per_second: f64,
    /// Datagrams lost, or segments sent again, as a share of those sent.
    pub loss: f64,
    /// Processor time here.
    pub local_cpu: CpuUse,
    /// Processor time of the server.
    pub remote_cpu: CpuUse,
}

/// Datagrams' payloads when none are asked for: RFC 2544's steps, and what fits into 1500 octets.
pub const DATAGRAM_SIZES: &[u32] = &[64, 128, 256, 512, 1024, 1280, 1400, 1472];
/// Segments' payloads.
pub const SEGMENT_SIZES: &[u32] = &[128, 256, 512, 1024, 1220, 1440];

impl Client {
    /// Runs one test for each of `sizes`, by the length of datagrams or the largest segment of TCP; UDP without a rate of
    /// its own is sent as fast as can be.
    ///
    /// # Errors
    /// As [`run`](Self::run); the tests before are told of by then.
    pub fn sweep_sizes(&self, sizes: &[u32], mut on_size: impl FnMut(&SizeResult)) -> Result<Vec<SizeResult>> {
        let mut results = Vec::with_capacity(sizes.len());
        for size in sizes {
            let result = self.one_size(*size)?;
            on_size(&result);
            results.push(result);
        }
        Ok(results)
    }

    fn one_size(&self, size: u32) -> Result<SizeResult> {
        let tcp = self.options().transport == Transport::Tcp;
        let mut options = Options { ..self.options().clone() };
        if tcp {
            options.mss = Some(size);
        } else {
            options.length = Some(size as usize);
            options.rate = options.rate.or(Some(BitRate::UNLIMITED));
        }
        let (start, report) = self.run_next(options)?;
        let local = start.parameters.options.direction != Direction::Reverse;
        let (sent, received) = report.sum(local);
        let seconds = received.time.as_secs_f64();
        let (packets, loss) = if tcp {
            let sent_segments = sent.bytes as f64 / f64::from(size);
            (received.bytes as f64 / f64::from(size), sent.retransmits.unwrap_or(0) as f64 / sent_segments.max(1.0))
        } else {
            let came = received.bytes as f64 / f64::from(size);
            (came, received.lost_percent() / 100.0)
        };
        Ok(SizeResult {
            size,
            rate: received.rate(),
            packets_per_second: if seconds > 0.0 { packets / seconds } else { 0.0 },
            loss,
            local_cpu: report.local_cpu,
            remote_cpu: report.remote_cpu,
        })
    }
}
