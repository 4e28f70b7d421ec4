//! What changes in a namespace, as it changes.
//!
//! A [`Watch`] subscribes to the kernel's messages, dumps what there is, and from then on tells each change with the
//! object before and after. It stays true where the kernel alone does not:
//! - When messages are lost, because they came faster than they were read, everything is dumped again and what differs
//!   is told, between [`ResyncBegin`](Happening::ResyncBegin) and [`ResyncEnd`](Happening::ResyncEnd). Between the two
//!   the state is that of before.
//! - Routes that go with their link, their gateway's address or their next hop object go without a word. Whatever can
//!   have such a consequence has the kinds that it can concern dumped a little later (30 ms; longer where a dump takes
//!   longer than 3 ms), and what differs is told as [`Inferred`](EventSource::Inferred).
//! - Everything is dumped now and then in any case ([`WatchOptions::audit`]), as the kernel has more such gaps: for one,
//!   the neighbours without resolution (`NOARP`) that it makes for the multicast addresses it sends to.
//!
//! What moves by itself, such as counters and ages, is no change. While many changes come at once, one that a dump has
//! shown already may be told again, back and forth; the last word is the truth.

mod machine;
mod store;

use std::io::{self, PipeReader, PipeWriter, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

pub use machine::{Action, Machine, Timing};
pub use store::{Dump, Watched};

use super::socket::NetlinkSocket;
use super::{Address, AnyChange, BUFFER_LENGTH, FdbEntry, Kind, Listing, Neighbor, Netlink, Object, Rule};
use crate::error::{Error, ErrorKind, Result};
use crate::namespace::NamespaceId;
use crate::sys;

/// What is watched, and how.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WatchOptions {
    /// Changes of these kinds are told: [`WatchOptions::KINDS`] at first.
    pub kinds: Vec<Kind>,
    /// Octets of messages that may wait in the kernel; 16 MiB at first. Without `CAP_NET_ADMIN` the system's limit
    /// (`net.core.rmem_max`) holds: see [`Watch::receive_buffer`].
    pub receive_buffer: usize,
    /// How often everything is dumped without a hint, to find what the kernel did not tell; five minutes at first, and
    /// `None` is never.
    pub audit: Option<Duration>,
}

impl WatchOptions {
    /// The kinds that can be watched.
    pub const KINDS: &'static [Kind] = machine::WATCHED;

    /// These kinds alone.
    #[must_use]
    pub fn kinds(kinds: &[Kind]) -> Self {
        Self { kinds: kinds.to_vec(), ..Self::default() }
    }
}

impl Default for WatchOptions {
    fn default() -> Self {
        Self { kinds: Self::KINDS.to_vec(), receive_buffer: 16 << 20, audit: Some(Duration::from_secs(300)) }
    }
}

/// Something that a watch tells.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct WatchEvent {
    /// Counts the events of a watch from 1 on, without a gap.
    pub seq: u64,
    /// When it was noticed, by the clock that is never set (`CLOCK_MONOTONIC`).
    pub monotonic: Duration,
    /// When it was noticed, by the system's clock.
    pub wall: SystemTime,
    /// Where.
    pub netns: NamespaceId,
    /// How it was noticed.
    pub source: EventSource,
    /// What.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub what: Happening,
}

/// How a change was noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum EventSource {
    /// The kernel told it.
    Event,
    /// By comparing with what was known before messages were lost.
    Resync,
    /// By looking: the kernel did not tell it, or not clearly.
    Inferred,
}

/// What a watch tells.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Happening {
    /// An object came, went or changed.
    Change(AnyChange),
    /// Messages were lost. Until the end of the resync, changes may be missing.
    ResyncBegin {
        /// Why.
        reason: ResyncReason,
    },
    /// All that was lost has been told.
    ResyncEnd {
        /// The time since the loss was noticed.
        gap: Duration,
    },
}

/// Why a watch begins again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum ResyncReason {
    /// Messages came faster than they were read, and there was no more room for them (`ENOBUFS`).
    Overrun,
    /// A message was larger than the buffer, which is larger from now on.
    Truncated,
    /// A message could not be read.
    Malformed,
    /// A dump could not be had, for the reason in these words.
    Failed(String),
}

#[cfg(feature = "serde")]
impl serde::Serialize for Happening {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        match self {
            Self::Change(change) => change.serialize(serializer),
            Self::ResyncBegin { reason } => {
                let mut fields = serializer.serialize_struct("ResyncBegin", 2)?;
                fields.serialize_field("op", "resync_begin")?;
                fields.serialize_field("reason", reason)?;
                fields.end()
            }
            Self::ResyncEnd { gap } => {
                let mut fields = serializer.serialize_struct("ResyncEnd", 2)?;
                fields.serialize_field("op", "resync_end")?;
                fields.serialize_field("gap", gap)?;
                fields.end()
            }
        }
    }
}

/// The changes of a namespace, one after the other.
///
/// # Examples
/// ```
/// # fn main() -> netshoot_core::Result<()> {
/// use std::time::Duration;
/// use netshoot_core::namespace::Namespace;
/// use netshoot_core::netlink::{Link, Netlink, WatchOptions};
///
/// let netlink = Netlink::open(&Namespace::current()?)?;
/// let mut watch = netlink.watch(&WatchOptions::default())?;
/// println!("{} links", watch.objects::<Link>().count());
/// while let Some(event) = watch.next(Some(Duration::from_millis(10)))? {
///     println!("{:?}", event.what);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Watch {
    /// For the dumps.
    netlink: Netlink,
    /// For the messages.
    events: NetlinkSocket,
    buffer: Vec<u8>,
    machine: Machine,
    stop: PipeReader,
    canceller: Canceller,
    seq: u64,
    /// Datagrams since something else was done.
    in_a_row: u32,
}

/// Ends a [`Watch`] from another thread.
#[derive(Clone, Debug)]
pub struct Canceller(Arc<(AtomicBool, PipeWriter)>);

impl Canceller {
    /// Makes the watch's [`next`](Watch::next) return [`Cancelled`](ErrorKind::Cancelled), now and from now on.
    pub fn cancel(&self) {
        let (cancelled, writer) = &*self.0;
        if !cancelled.swap(true, Ordering::Relaxed) {
            // A pipe without a reader has nobody to tell.
            let _ = (&*writer).write(&[0]);
        }
    }

    fn is_cancelled(&self) -> bool {
        self.0.0.load(Ordering::Relaxed)
    }
}

impl Netlink {
    /// Watches the namespace. When this returns, the state is known; changes from then on are told.
    ///
    /// # Errors
    /// When the kernel has no such messages, the namespace may not be entered, or the first dumps fail.
    /// [`InvalidInput`](ErrorKind::InvalidInput) for a kind that is not in [`WatchOptions::KINDS`].
    pub fn watch(&self, options: &WatchOptions) -> Result<Watch> {
        if let Some(kind) = options.kinds.iter().find(|kind| !WatchOptions::KINDS.contains(kind)) {
            return Err(Error::new(ErrorKind::InvalidInput, format!("watch {}", kind.plural()))
                .with_detail("the kernel does not tell their changes")
                .with_hint("compare snapshots"));
        }
        let timing = Timing { debounce: DEBOUNCE, confirm: CONFIRM, audit: options.audit };
        let machine = Machine::new(&options.kinds, timing, Instant::now());
        let events = NetlinkSocket::open(&self.namespace, libc::NETLINK_ROUTE, 0)?;
        set_up(&events, &machine, options.receive_buffer).map_err(|error| Error::io("subscribe to changes", error))?;
        let (stop, writer) = io::pipe().map_err(|error| Error::io("make a pipe", error))?;
        let netlink = Netlink::open(&self.namespace)?.with_limits(self.limits);
        let canceller = Canceller(Arc::new((AtomicBool::new(false), writer)));
        let buffer = vec![0; BUFFER_LENGTH];
        let mut watch = Watch { netlink, events, buffer, machine, stop, canceller, seq: 0, in_a_row: 0 };
        watch.sync_first()?;
        Ok(watch)
    }
}

/// Subscribes to what the machine needs, with room for what comes.
fn set_up(events: &NetlinkSocket, machine: &Machine, receive_buffer: usize) -> io::Result<()> {
    let socket = events.socket.as_fd();
    let octets = libc::c_int::try_from(receive_buffer).unwrap_or(libc::c_int::MAX);
    if sys::netlink::force_receive_buffer(socket, octets).is_err() {
        events.socket.set_recv_buffer_size(receive_buffer)?;
    }
    events.socket.set_nonblocking(true)?;
    for group in machine.tracked().flat_map(groups) {
        match sys::netlink::add_membership(socket, *group) {
            // An older kernel, or one without that protocol.
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {}
            answer => answer?,
        }
    }
    Ok(())
}

impl Watch {
    /// Waits for the next event; `None` when there is none within `timeout`, without which it waits for ever.
    ///
    /// # Errors
    /// [`Cancelled`](ErrorKind::Cancelled) by a [`Canceller`]; those of the sockets. A dump that fails is no error: it is
    /// tried again, and the resync lasts as long.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self, timeout: Option<Duration>) -> Result<Option<WatchEvent>> {
        let end = timeout.map(|timeout| Instant::now() + timeout);
        loop {
            if self.canceller.is_cancelled() {
                return Err(Error::new(ErrorKind::Cancelled, "wait for changes"));
            }
            if let Some((source, what)) = self.machine.next_event() {
                return Ok(Some(self.event(source, what)));
            }
            if self.step()? {
                continue;
            }
            let now = Instant::now();
            if end.is_some_and(|end| end <= now) {
                return Ok(None);
            }
            let wake = end.into_iter().chain(self.machine.deadline()).min();
            self.wait(wake.map(|wake| wake.saturating_duration_since(now)))?;
        }
    }

    /// The objects of a kind as they are now, as far as they are known, in no order.
    pub fn objects<T: Watched>(&self) -> impl Iterator<Item = &T> {
        self.machine.objects::<T>()
    }

    /// Whether messages were lost and not all dumps are in again.
    #[must_use]
    pub fn is_resyncing(&self) -> bool {
        !self.machine.is_live()
    }

    /// When [`next`](Self::next) has something to do even if no message comes: for loops of others, which wait until
    /// then, or until the descriptor can be read, and call `next` with no time to wait until it returns `None`.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.machine.deadline()
    }

    /// Octets of messages that can wait in the kernel: twice what was asked for, or what the system's limit lets.
    ///
    /// # Errors
    /// None that is known.
    pub fn receive_buffer(&self) -> Result<usize> {
        let octets = self.events.socket.recv_buffer_size();
        octets.map_err(|error| Error::io("ask for the size of the receive buffer", error))
    }

    /// For ending the watch from another thread.
    #[must_use]
    pub fn canceller(&self) -> Canceller {
        self.canceller.clone()
    }

    /// Dumps all kinds for the first time.
    fn sync_first(&mut self) -> Result<()> {
        while !self.machine.is_live() {
            match self.machine.action(Instant::now()) {
                Some(Action::Dump(kind)) => {
                    if let Err(error) = self.dump(kind) {
                        if self.machine.wants(kind) {
                            return Err(error);
                        }
                        self.machine.forget(kind);
                    }
                }
                Some(Action::Discard) | None => break,
            }
        }
        Ok(())
    }

    /// Does one thing, if there is one to do: takes in what waits, but not for ever while something else is due.
    fn step(&mut self) -> Result<bool> {
        let now = Instant::now();
        if self.in_a_row < IN_A_ROW
            && (self.machine.is_live() || self.machine.deadline() > Some(now))
            && self.receive()?
        {
            self.in_a_row += 1;
            return Ok(true);
        }
        let exhausted = std::mem::take(&mut self.in_a_row) == IN_A_ROW;
        match self.machine.action(now) {
            Some(Action::Discard) => self.discard()?,
            Some(Action::Dump(kind)) => {
                if let Err(error) = self.dump(kind) {
                    self.machine.failed(kind, ResyncReason::Failed(error.to_string()), Instant::now());
                }
            }
            None => return Ok(exhausted),
        }
        Ok(true)
    }

    fn dump(&mut self, kind: Kind) -> Result<()> {
        match kind {
            Kind::Link => self.dump_of(Dump::Link),
            Kind::Address => self.dump_of(Dump::Address),
            Kind::Route => self.dump_of(Dump::Route),
            Kind::NextHop => self.dump_of(Dump::NextHop),
            Kind::Rule => self.dump_of(Dump::Rule),
            Kind::Neighbor => self.dump_of(Dump::Neighbor),
            Kind::FdbEntry => self.dump_of(Dump::FdbEntry),
            _ => Ok(()),
        }
    }

    fn dump_of<T: Object>(&mut self, wrap: impl FnOnce(Vec<T>) -> Dump) -> Result<()> {
        let begun = Instant::now();
        let Listing { items, interrupted, .. } = self.netlink.list::<T>(&T::Filter::default())?;
        let now = Instant::now();
        self.machine.dumped(wrap(items), interrupted, now - begun, now);
        Ok(())
    }

    /// Throws away what waits, up to a bound: what came meanwhile is newer than the dumps that follow, and harmless.
    fn discard(&mut self) -> Result<()> {
        for _ in 0..MOST_DISCARDED {
            match sys::netlink::receive(self.events.socket.as_fd(), &mut self.buffer) {
                Ok(_) => {}
                Err(error) => match error.raw_os_error() {
                    Some(libc::EAGAIN) => break,
                    Some(libc::EINTR | libc::ENOBUFS) => {}
                    _ => return Err(Error::io("receive changes", error)),
                },
            }
        }
        Ok(())
    }

    /// Takes in one datagram, if there is one.
    fn receive(&mut self) -> Result<bool> {
        let received = sys::netlink::receive(self.events.socket.as_fd(), &mut self.buffer);
        let now = Instant::now();
        match received {
            Ok(received) if received.sender != 0 => {}
            Ok(received) => match self.buffer.get(..received.length) {
                Some(datagram) => self.machine.datagram(datagram, now),
                None => {
                    self.buffer.resize(received.length.next_power_of_two(), 0);
                    self.machine.lost(ResyncReason::Truncated, now);
                }
            },
            Err(error) => match error.raw_os_error() {
                Some(libc::EAGAIN) => return Ok(false),
                Some(libc::EINTR) => {}
                Some(libc::ENOBUFS) => self.machine.lost(ResyncReason::Overrun, now),
                _ => return Err(Error::io("receive changes", error)),
            },
        }
        Ok(true)
    }

    fn wait(&self, timeout: Option<Duration>) -> Result<()> {
        let descriptors = [self.events.socket.as_fd(), self.stop.as_fd()];
        let readable = sys::wait::readable(descriptors, timeout);
        readable.map(drop).map_err(|error| Error::io("wait for changes", error))
    }

    fn event(&mut self, source: EventSource, what: Happening) -> WatchEvent {
        self.seq += 1;
        WatchEvent {
            seq: self.seq,
            monotonic: sys::wait::monotonic(),
            wall: SystemTime::now(),
            netns: self.netlink.namespace.id(),
            source,
            what,
        }
    }
}

/// The descriptor of the kernel's messages, to wait for and not to read from.
impl AsFd for Watch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.events.socket.as_fd()
    }
}

/// The groups that tell of a kind (linux/rtnetlink.h).
fn groups(kind: Kind) -> &'static [libc::c_int] {
    match kind {
        // LINK, IPV6_IFINFO
        Kind::Link => &[1, 12],
        // IPV4_IFADDR, IPV6_IFADDR
        Kind::Address => &[5, 9],
        // IPV4_MROUTE, IPV4_ROUTE, IPV6_MROUTE, IPV6_ROUTE, MPLS_ROUTE
        Kind::Route => &[6, 7, 10, 11, 27],
        // IPV4_RULE, IPV6_RULE
        Kind::Rule => &[8, 19],
        // NEIGH
        Kind::Neighbor | Kind::FdbEntry => &[3],
        // NEXTHOP
        Kind::NextHop => &[32],
        _ => &[],
    }
}

/// From a hint to the dump.
const DEBOUNCE: Duration = Duration::from_millis(30);
/// From that dump to the one that confirms it.
const CONFIRM: Duration = Duration::from_millis(300);
/// Datagrams that are taken in before something else that is due is done.
const IN_A_ROW: u32 = 256;
/// Datagrams that are thrown away at once; more than any buffer holds.
const MOST_DISCARDED: u32 = 1 << 20;
