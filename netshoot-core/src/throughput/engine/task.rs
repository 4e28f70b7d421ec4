//! What one stream has to do.

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use crate::throughput::{BitRate, Transport};

/// Which end of the stream is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Data leave.
    Sender,
    /// Data come.
    Receiver,
}

/// What one stream has to do.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Task {
    /// TCP or UDP.
    pub transport: Transport,
    /// Which end.
    pub role: Role,
    /// Octets of a block (TCP) or a datagram (UDP).
    pub length: usize,
    /// Payload a second; `None` is as fast as can be.
    pub rate: Option<BitRate>,
    /// Blocks that may leave at once when there is a rate; 0 is for the engine to choose.
    pub burst: u32,
    /// TCP sender with a rate: how much time what leaves at once is worth.
    pub pacing_timer: Duration,
    /// TCP sender: whole blocks leave, for a peer that waits for them.
    pub whole_blocks: bool,
    /// TCP: what is sent from where it stands, or where what comes is written.
    pub file: Option<Arc<File>>,
    /// Datagrams are numbered with 64 bits.
    pub counters64: bool,
    /// TCP sender: by `sendfile`, without a copy from user space.
    pub zero_copy: bool,
    /// TCP receiver: what comes is counted and thrown away in the kernel.
    pub skip_rx_copy: bool,
    /// UDP sender: many datagrams as one, which the kernel or the device cuts (`UDP_SEGMENT`).
    pub gso: bool,
    /// UDP receiver: datagrams that the kernel has put together (`UDP_GRO`).
    pub gro: bool,
    /// The payload is `0123456789…` and not random.
    pub repeating_payload: bool,
    /// Requests and responses one at a time, in place of data: the sender asks.
    pub exchange: Option<Exchange>,
    /// The CPU on which the thread stays.
    pub affinity: Option<usize>,
    /// Sizes that change speed and nothing else.
    pub tuning: Tuning,
}

/// The octets of a request and its response: of datagrams 16 at least, of TCP one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Exchange {
    /// From the client.
    pub request: usize,
    /// From the server.
    pub response: usize,
}

impl Task {
    /// A stream of random octets, as fast as can be, with no shortcut.
    #[must_use]
    pub fn new(transport: Transport, role: Role, length: usize) -> Self {
        Self {
            transport,
            role,
            length,
            rate: None,
            burst: 0,
            pacing_timer: Duration::from_millis(1),
            whole_blocks: false,
            file: None,
            counters64: false,
            zero_copy: false,
            skip_rx_copy: false,
            gso: false,
            gro: false,
            repeating_payload: false,
            exchange: None,
            affinity: None,
            tuning: Tuning::default(),
        }
    }
}

/// Sizes that change speed and nothing else; the defaults are what measured best.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tuning {
    /// TCP sender: octets handed to the kernel with one call, made a multiple of the block.
    pub write: usize,
    /// TCP receiver: octets of the buffer that is read into again and again.
    pub read: usize,
    /// TCP receiver: how much has to have come before the thread is woken.
    pub low_water: LowWater,
    /// UDP sender: most datagrams cut from one (`UDP_SEGMENT`).
    pub segments: usize,
    /// Most messages sent with one call.
    pub send_batch: usize,
    /// Most messages received with one call; as many as a mebibyte holds.
    pub receive_batch: usize,
    /// UDP receiver: octets asked for the socket's buffer; the system may grant less.
    pub receive_buffer: usize,
    /// Sender with a rate: the last microseconds before a datagram is due are spent awake.
    pub spin: bool,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            write: 1024 * 1024,
            read: 256 * 1024,
            low_water: LowWater::Adaptive,
            segments: 128,
            send_batch: 64,
            receive_batch: 64,
            receive_buffer: 32 * 1024 * 1024,
            spin: std::thread::available_parallelism().is_ok_and(|cpus| cpus.get() > 1),
        }
    }
}

/// How `SO_RCVLOWAT` is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LowWater {
    /// A mebibyte where segments have 16 KiB or more, at most an eighth of a receive buffer that was set; 1 while less
    /// than 1 Gbit/s come, until 5 Gbit/s do, and where the octets to come are counted.
    Adaptive,
    /// So many octets.
    Fixed(usize),
}
