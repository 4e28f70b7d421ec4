//! Streams of octets.

use std::fs::File;
use std::io::{self, IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

use socket2::Socket;

use super::low_water::{Adaptation, FAST, LARGE_SEGMENT, MOST};
use super::meter::Meter;
use super::pacer::Pacer;
use super::payload;
use super::running::{Outcome, Shortcuts};
use super::shared::Phase;
use super::task::{LowWater, Task};
use crate::{Error, Result, sys};

/// Sends.
pub(super) struct Sender {
    source: Source,
    /// Octets sent with one call at most: whole blocks.
    unit: usize,
    /// Octets of a block.
    block: usize,
    whole_blocks: bool,
    pacer: Option<Pacer>,
    shortcuts: Shortcuts,
}

/// Where the octets to send are: the same again and again, or those of a file.
enum Source {
    /// So few that they and those of the kernel share the cache; one call sends them several times.
    Memory(Box<[u8]>),
    File {
        file: File,
        length: usize,
    },
    Disk(Disk),
}

/// A file that is sent once.
struct Disk {
    file: Arc<File>,
    /// What was read and is to be sent; none when the kernel sends from the file itself.
    read: Option<Box<[u8]>>,
    start: usize,
    end: usize,
    /// Of what the kernel sends next.
    offset: u64,
}

impl Sender {
    pub(super) fn prepare(task: &Task, socket: &Socket) -> Result<Self> {
        let unit = (task.tuning.write / task.length).max(1) * task.length;
        let mut shortcuts = Shortcuts::default();
        let source = Source::prepare(task, unit);
        shortcuts.zero_copy = source.is_zero_copy();
        let block = task.whole_blocks.then_some(task.length);
        let pacer = task.rate.map(|rate| {
            let octets_per_second = rate.bytes_per_second();
            let peak = octets_per_second.saturating_mul(PEAK.0) / PEAK.1;
            let peak = block.map_or(peak, |block| peak.max(BLOCKS_A_SECOND.saturating_mul(block as u64)));
            shortcuts.kernel_pacing = pace(socket, peak).is_ok();
            let worth = |time: Duration| {
                let octets = u128::from(octets_per_second).saturating_mul(time.as_micros()) / 1_000_000;
                u64::try_from(octets).unwrap_or(u64::MAX).clamp(LEAST_PIECE.min(unit) as u64, unit as u64)
            };
            let at_once = match task.burst {
                0 => whole(worth(task.pacing_timer), block)..=whole(worth(LATE_PIECE), block),
                burst => {
                    let burst = (task.length as u64).saturating_mul(burst.into());
                    burst..=burst
                }
            };
            Pacer::new(rate.0, at_once, task.tuning.spin)
        });
        Ok(Self { source, unit, block: task.length, whole_blocks: task.whole_blocks, pacer, shortcuts })
    }

    pub(super) fn run(mut self, socket: &Socket, meter: &mut Meter<'_>) -> (Outcome, Shortcuts) {
        let mut position = 0;
        // Of a piece that is due, what has not left yet.
        let mut piece = 0;
        // Of a budget, who has to wait takes what is due next, and leaves the rest to other streams.
        let most = if self.pacer.is_some() && meter.has_budget() { self.block } else { self.unit };
        while let Some(granted) = meter.grant(most as u64) {
            let mut length = usize::try_from(granted).unwrap_or(self.unit).min(self.unit);
            if let Some(pacer) = &mut self.pacer {
                if piece == 0 {
                    let Some(next) = pacer.wait() else { continue };
                    piece = usize::try_from(next).unwrap_or(usize::MAX);
                }
                length = length.min(piece);
            }
            match self.source.fill(length) {
                Ok(Some(filled)) => length = length.min(filled),
                Ok(None) => {}
                Err(error) => return (Outcome::Failed(Error::io("read the file to be sent", error)), self.shortcuts),
            }
            match self.source.send(socket, position, length) {
                Ok(0) => {
                    meter.exhaust();
                    break;
                }
                Ok(sent) => {
                    position = self.source.after(position + sent);
                    if let Some(pacer) = &mut self.pacer {
                        piece = piece.saturating_sub(sent);
                        pacer.sent(sent as u64);
                    }
                    meter.moved(sent as u64);
                }
                Err(error) if is_passing(&error) => {}
                Err(error) => return (ended("send to a TCP stream", error, meter), self.shortcuts),
            }
        }
        self.end_block(socket, position, meter);
        (Outcome::Stopped, self.shortcuts)
    }

    /// Sends the rest of a block that was begun, unless the end has come and there is no room for it: of so many octets as
    /// were to be sent, not for long.
    fn end_block(&mut self, socket: &Socket, mut position: usize, meter: &mut Meter<'_>) {
        let mut tries = if meter.has_budget() { TRIES } else { 0 };
        while self.whole_blocks
            && let begun @ 1.. = (meter.totals.bytes % self.block as u64) as usize
        {
            match self.source.send(socket, position, self.block - begun) {
                Ok(sent @ 1..) => {
                    position = self.source.after(position + sent);
                    meter.moved(sent as u64);
                }
                Err(error) if is_passing(&error) && (tries > 0 || meter.phase() < Phase::Draining) => {
                    tries = tries.saturating_sub(1);
                }
                _ => break,
            }
        }
    }
}

impl Source {
    fn prepare(task: &Task, unit: usize) -> Self {
        if let Some(file) = task.file.clone() {
            let read = (!task.zero_copy).then(|| vec![0; unit].into());
            return Self::Disk(Disk { file, read, start: 0, end: 0, offset: 0 });
        }
        // Digits begin anew with each block.
        let whole = |most: usize| match task.repeating_payload || task.length <= most {
            true => (most / task.length).max(1) * task.length,
            false => most,
        };
        let fill = |length| payload::fill(length, task.length, task.repeating_payload);
        match task.zero_copy.then(|| in_memory_file(&fill(whole(HUGE_PAGE)))) {
            Some(Ok((file, length))) => Self::File { file, length },
            // Without the shortcut: the outcome tells that it was not taken.
            Some(Err(_)) | None => Self::Memory(fill(whole(PIECE))),
        }
    }

    /// `position`, once it is beyond the end.
    fn after(&self, position: usize) -> usize {
        match self {
            Self::Memory(octets) => position % octets.len().max(1),
            Self::File { length, .. } => position % (*length).max(1),
            Self::Disk(_) => 0,
        }
    }

    fn is_zero_copy(&self) -> bool {
        match self {
            Self::Memory(_) => false,
            Self::File { .. } => true,
            Self::Disk(disk) => disk.read.is_none(),
        }
    }

    /// Reads up to `length` octets when there are none; how many there are, where they are not always the same.
    fn fill(&mut self, length: usize) -> io::Result<Option<usize>> {
        let Self::Disk(Disk { file, read: Some(read), start, end, .. }) = self else { return Ok(None) };
        if start == end {
            (*start, *end) = (0, file.as_ref().read(read.get_mut(..length).unwrap_or_default())?);
        }
        Ok(Some(*end - *start))
    }

    /// How many octets were sent: none at the end of a file.
    fn send(&mut self, socket: &Socket, position: usize, length: usize) -> io::Result<usize> {
        match self {
            Self::Disk(disk) => disk.send(socket, length),
            Self::Memory(octets) => {
                let mut pieces = [IoSlice::new(&[]); PIECES];
                let (mut left, mut octets, all) = (length, octets.get(position..).unwrap_or_default(), &**octets);
                for piece in &mut pieces {
                    *piece = IoSlice::new(octets.get(..left).unwrap_or(octets));
                    left -= piece.len();
                    octets = all;
                }
                socket.send_vectored_with_flags(&pieces, libc::MSG_NOSIGNAL)
            }
            Self::File { file, length: end } => {
                let length = length.min(end.saturating_sub(position));
                sys::socket::send_file(socket.as_fd(), file.as_fd(), position as u64, length)
            }
        }
    }
}

impl Disk {
    fn send(&mut self, socket: &Socket, length: usize) -> io::Result<usize> {
        let Some(read) = &self.read else {
            let sent = sys::socket::send_file(socket.as_fd(), self.file.as_fd(), self.offset, length)?;
            self.offset += sent as u64;
            return Ok(sent);
        };
        let octets = read.get(self.start..self.start + length).unwrap_or_default();
        if octets.is_empty() {
            return Ok(0);
        }
        let sent = socket.send_with_flags(octets, libc::MSG_NOSIGNAL)?;
        self.start += sent;
        Ok(sent)
    }
}

/// So many octets, or as many more as whole blocks have.
fn whole(octets: u64, block: Option<usize>) -> u64 {
    block.map_or(octets, |block| octets.next_multiple_of(block as u64))
}

/// Has the kernel send no more than `peak` octets a second, or what the caller has set, if that is less.
fn pace(socket: &Socket, peak: u64) -> io::Result<()> {
    let mut before = [0; size_of::<u64>()];
    sys::socket::option(socket.as_fd(), libc::SOL_SOCKET, SO_MAX_PACING_RATE, &mut before)?;
    let peak = peak.min(u64::from_ne_bytes(before));
    sys::socket::set_option(socket.as_fd(), libc::SOL_SOCKET, SO_MAX_PACING_RATE, &peak.to_ne_bytes())
}

/// A file of `octets`, and their number. Where the system can it is of huge pages, which cost the kernel much less to send
/// than as many octets in small ones.
fn in_memory_file(octets: &[u8]) -> io::Result<(File, usize)> {
    let mut file = sys::memory_file::create(c"throughput")?;
    let pages = octets.len().next_multiple_of(HUGE_PAGE);
    file.set_len(pages as u64)?;
    file.write_all(octets)?;
    let _ = sys::memory_file::collapse(&file, pages, HUGE_PAGE);
    Ok((file, octets.len()))
}

/// Receives.
pub(super) struct Receiver {
    room: Room,
    low_water: LowWater,
    /// No rate was asked for, or a high one.
    fast: bool,
    shortcuts: Shortcuts,
}

/// Where the octets go: one buffer that stays in the cache, or one that is never touched, as the kernel throws away
/// what would go there, or a file.
enum Room {
    Memory { octets: Box<[MaybeUninit<u8>]>, flags: libc::c_int },
    Disk { octets: Box<[u8]>, file: Arc<File> },
}

impl Receiver {
    pub(super) fn prepare(task: &Task) -> Self {
        let length = task.tuning.read.max(1);
        let room = match task.file.clone() {
            Some(file) => Room::Disk { octets: vec![0; length].into(), file },
            None if task.skip_rx_copy => {
                Room::Memory { octets: Box::new_uninit_slice(length.max(MOST)), flags: libc::MSG_TRUNC }
            }
            // Not zeros, which would be pages still to be made when the first octets come.
            None => Room::Memory { octets: vec![MaybeUninit::new(0xff); length].into(), flags: 0 },
        };
        let shortcuts = Shortcuts { skip_rx_copy: task.skip_rx_copy && task.file.is_none(), ..Shortcuts::default() };
        let fast = task.rate.is_none_or(|rate| rate.bytes_per_second() as f64 > FAST);
        Self { room, low_water: task.tuning.low_water, fast, shortcuts }
    }

    pub(super) fn run(mut self, socket: &Socket, meter: &mut Meter<'_>) -> (Outcome, Shortcuts) {
        let mut adaptation = match self.low_water {
            // The last octets of a budget would have to wait for those that never come.
            LowWater::Adaptive if meter.has_budget() => None,
            LowWater::Adaptive => {
                // Before data flow: the receive buffer then grows to what the mark needs, and stays in the cache.
                let mark = if self.fast { highest_mark(socket) } else { 1 };
                if mark > 1 {
                    self.set_low_water(socket, mark);
                }
                Some(Adaptation::new(sys::monotonic(), mark))
            }
            LowWater::Fixed(octets) => {
                self.set_low_water(socket, octets);
                None
            }
        };
        loop {
            let phase = meter.phase();
            if phase == Phase::Draining && adaptation.take().is_some() {
                self.set_low_water(socket, 1);
            }
            if phase == Phase::Stopping {
                return (self.tail(socket, meter), self.shortcuts);
            }
            match self.room.receive(socket, usize::MAX, 0) {
                Ok(0) => return (Outcome::PeerClosed, self.shortcuts),
                Ok(received) => {
                    if let Err(error) = self.room.keep(received) {
                        return (unwritten(error), self.shortcuts);
                    }
                    meter.moved(received as u64);
                }
                Err(error) if is_passing(&error) => {
                    if phase == Phase::Draining && error.kind() == io::ErrorKind::WouldBlock {
                        return (Outcome::Stopped, self.shortcuts);
                    }
                }
                Err(error) => return (ended("receive from a TCP stream", error, meter), self.shortcuts),
            }
            if let Some(octets) =
                adaptation.as_mut().and_then(|state| state.step(&meter.totals, || highest_mark(socket)))
            {
                self.set_low_water(socket, octets);
            }
        }
    }

    /// Counts what waits in the socket now, and no more: the other end may be sending still.
    fn tail(&mut self, socket: &Socket, meter: &mut Meter<'_>) -> Outcome {
        self.set_low_water(socket, 1);
        let mut left = sys::socket::queued(socket.as_fd()).unwrap_or(0);
        while left > 0 {
            match self.room.receive(socket, left, libc::MSG_DONTWAIT) {
                Ok(received) if received > 0 => {
                    if let Err(error) = self.room.keep(received) {
                        return unwritten(error);
                    }
                    left = left.saturating_sub(received);
                    meter.moved(received as u64);
                }
                _ => break,
            }
        }
        Outcome::Stopped
    }

    fn set_low_water(&mut self, socket: &Socket, octets: usize) {
        let value = i32::try_from(octets).unwrap_or(i32::MAX).to_ne_bytes();
        let set = sys::socket::set_option(socket.as_fd(), libc::SOL_SOCKET, libc::SO_RCVLOWAT, &value);
        if set.is_ok() && octets > 1 {
            self.shortcuts.low_water = octets;
        }
    }
}

impl Room {
    fn receive(&mut self, socket: &Socket, most: usize, flags: libc::c_int) -> io::Result<usize> {
        match self {
            Self::Memory { octets, flags: own } => {
                let most = most.min(octets.len());
                octets.get_mut(..most).map_or(Ok(0), |octets| socket.recv_with_flags(octets, *own | flags))
            }
            Self::Disk { octets, .. } => {
                let most = most.min(octets.len());
                octets.get_mut(..most).map_or(Ok(0), |octets| (&*socket).read(octets))
            }
        }
    }

    /// Writes what came to the file, if there is one.
    fn keep(&self, received: usize) -> io::Result<()> {
        match self {
            Self::Memory { .. } => Ok(()),
            Self::Disk { octets, file } => file.as_ref().write_all(octets.get(..received).unwrap_or_default()),
        }
    }
}

/// The highest low-water mark that does no harm.
fn highest_mark(socket: &Socket) -> usize {
    if socket.tcp_mss().is_ok_and(|segment| (segment as usize) < LARGE_SEGMENT) {
        return 1;
    }
    let mut locked = [0; size_of::<libc::c_int>()];
    let known = sys::socket::option(socket.as_fd(), libc::SOL_SOCKET, SO_BUF_LOCK, &mut locked);
    match known.is_ok_and(|_| libc::c_int::from_ne_bytes(locked) & SOCK_RCVBUF_LOCK == 0) {
        // The kernel makes the buffer as large as the mark needs.
        true => MOST,
        // Beyond an eighth of the buffer the sender would have to wait for the window.
        false => socket.recv_buffer_size().map_or(1, |octets| octets / 8),
    }
}

fn unwritten(error: io::Error) -> Outcome {
    Outcome::Failed(Error::io("write what came to the file", error))
}

/// What a call may fail with while all is well.
fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

/// How the stream has ended with `error`: after the end of a test resets are normal.
fn ended(operation: &'static str, error: io::Error, meter: &mut Meter<'_>) -> Outcome {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected};
    match error.kind() {
        _ if meter.phase() >= Phase::Draining => Outcome::Stopped,
        BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected => Outcome::PeerClosed,
        _ => Outcome::Failed(Error::io(operation, error)),
    }
}

/// How much faster than asked the kernel may send, in fourths: who is late must be able to catch up.
const PEAK: (u64, u64) = (5, 4);
/// How often the socket may have no room for the last block, for [`PATIENCE`](super::PATIENCE) each.
const TRIES: u32 = 50;
/// At least so many, where whole blocks are to leave: the last one is to arrive before the end of the test.
const BLOCKS_A_SECOND: u64 = 10;
/// How much time what leaves at once is worth at most where calls are slow.
const LATE_PIECE: Duration = Duration::from_millis(10);
/// Octets sent at once at low rates.
const LEAST_PIECE: usize = 1024;
/// Octets of a payload in memory, as many as iperf3 has by default: more would drive the kernel's from the cache.
const PIECE: usize = 128 * 1024;
/// How often one call sends them at most.
const PIECES: usize = 16;
/// Octets of a huge page where pages have 4 KiB; elsewhere a multiple of a page.
const HUGE_PAGE: usize = 2 * 1024 * 1024;
/// asm-generic/socket.h
const SO_MAX_PACING_RATE: libc::c_int = 47;
/// asm-generic/socket.h, since Linux 5.14
const SO_BUF_LOCK: libc::c_int = 72;
/// linux/socket.h
const SOCK_RCVBUF_LOCK: libc::c_int = 2;
