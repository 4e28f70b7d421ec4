//! Watching: what changed, told as it happens, and the state that follows from it.
//!
//! The kernel tells changes through multicast groups, but loses them when more come than are read, and says nothing of
//! many: routes that go with a link that is set down, with an address, with a next hop. So a watch subscribes first and
//! lists then; after a loss it lists again and tells the differences; and after news that silence others it lists
//! those, and tells what it finds as [`Source::Inferred`].
//!
//! An IPv6 address that is added to a link which is up is told by the kernel when the search for others that have it is
//! over, a second or two later, and so by the watch; those that come with a link are found at once, as tentative.
//!
//! What no message hints at is found by the audit: neighbours without resolution (`NOARP`) that the kernel makes when it
//! first sends to a multicast address, for one. Lifetimes, ages and counters are as they were when the object was last told.
//!
//! [`WatchMachine`] has no sockets and can be driven with any datagrams; [`Watch`] drives it.

mod event;
mod kinds;
mod machine;
mod table;
mod watched;

use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, SystemTime};

pub use event::{Event, EventKind, LostReason, Source};
pub use machine::{Moment, WatchMachine, WatchRequest};
pub(super) use watched::WATCHED;
pub use watched::{WatchState, Watched};

use super::namespaces::KnownNames;
use super::object::Kind;
use super::socket::NetlinkSocket;
use super::{BUFFER_LENGTH, Netlink};
use crate::cancel::{Cancellation, Canceller};
use crate::error::{Error, ErrorKind, Result};
use crate::sys;

/// What is watched, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WatchOptions {
    /// The kinds: at first all that can be watched.
    pub kinds: Vec<Kind>,
    /// Octets that the kernel may queue: 16 MiB at first. Without `CAP_NET_ADMIN` it may allow less; see
    /// [`Watch::buffer`].
    pub buffer: usize,
    /// How often everything is listed again, as the kernel does not tell everything: the neighbours and forwarding
    /// entries of multicast groups, and proxies, come in silence; of links, some settings change so, as `gso_max_size` and
    /// what a sysctl sets, and how many want to hear everything. Every 300 seconds at first; `None` is never.
    pub audit: Option<Duration>,
    /// Whether what is there at first is told as added.
    pub initial: bool,
    /// So many events may wait; while more do, nothing is read or listed, and the kernel's queue fills up. 65,536 at
    /// first. One listing may add as many as there are objects.
    pub queue: usize,
}

impl Default for WatchOptions {
    fn default() -> Self {
        Self {
            kinds: WATCHED.to_vec(),
            buffer: 16 << 20,
            audit: Some(Duration::from_secs(300)),
            initial: false,
            queue: 1 << 16,
        }
    }
}

/// A watch on one namespace.
#[derive(Debug)]
pub struct Watch {
    netlink: Netlink,
    socket: NetlinkSocket,
    room: Vec<u8>,
    machine: WatchMachine,
    namespaces: KnownNames,
    buffer: usize,
    queue: usize,
    canceller: Canceller,
    cancellation: Cancellation,
}

impl Netlink {
    /// Watches for changes, after listing what is there.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) when there is no kind, or one that cannot be watched; when the system
    /// has no more sockets; when the first listing fails, as [`list`](Self::list).
    pub fn watch(&self, options: &WatchOptions) -> Result<Watch> {
        check(&options.kinds)?;
        let failed = |error| Error::io("subscribe to changes", error);
        let netlink = Netlink::open(&self.namespace)?.with_limits(self.limits);
        let socket = NetlinkSocket::open(&self.namespace, libc::NETLINK_ROUTE, 0)?;
        let descriptor = socket.socket.as_fd();
        let buffer = sys::socket::set_receive_buffer(descriptor, options.buffer).map_err(failed)?;
        for group in groups(&options.kinds) {
            sys::netlink::join(descriptor, group).map_err(failed)?;
        }
        socket.socket.set_nonblocking(true).map_err(failed)?;
        let (canceller, cancellation) = Canceller::pair().map_err(failed)?;
        let machine = WatchMachine::new(self.namespace.id(), options, now());
        let mut watch = Watch {
            netlink,
            socket,
            room: vec![0; BUFFER_LENGTH],
            machine,
            namespaces: KnownNames::default(),
            buffer,
            queue: options.queue.max(1),
            canceller,
            cancellation,
        };
        watch.answer()?;
        Ok(watch)
    }
}

impl Watch {
    /// The next event; `None` when none came within `timeout`. Without a time-out it waits for one.
    ///
    /// # Errors
    /// [`Cancelled`](ErrorKind::Cancelled) when another thread said so, and what the system says when it cannot wait.
    /// What goes wrong with the kernel's answers is told as an [event](EventKind::ListingFailed), and made good by
    /// listing again.
    pub fn next(&mut self, timeout: Option<Duration>) -> Result<Option<Event>> {
        let until = timeout.map(|timeout| now().monotonic + timeout);
        loop {
            if self.cancellation.is_cancelled() {
                return Err(Error::new(ErrorKind::Cancelled, "wait for changes"));
            }
            if let Some(mut event) = self.machine.event() {
                self.netlink.name_namespace_of(&mut event, &mut self.namespaces);
                return Ok(Some(event));
            }
            self.poll()?;
            if self.machine.waiting() > 0 {
                continue;
            }
            let at = now().monotonic;
            if until.is_some_and(|until| until <= at) {
                return Ok(None);
            }
            let due = self.machine.deadline().into_iter().chain(until).min();
            self.wait(due.map(|due| due.saturating_sub(at)))?;
        }
    }

    /// Reads what there is and lists what is due, without waiting for news; events are then there for
    /// [`next`](Self::next) with a time-out of zero. For programs with a loop of their own: call it when the
    /// descriptor can be read, and when [`deadline`](Self::deadline) is over.
    ///
    /// # Errors
    /// What the system says when the socket is of no more use.
    pub fn poll(&mut self) -> Result<()> {
        self.read()?;
        if self.waiting() < self.queue {
            // What fails is told as an event, and asked for again later.
            let _ = self.answer();
        }
        Ok(())
    }

    /// How many events wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.machine.waiting()
    }

    /// Until when [`poll`](Self::poll) must be called, whatever the descriptor says.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        self.machine.deadline().map(|due| due.saturating_sub(now().monotonic))
    }

    /// What is there, as far as what was read so far says.
    #[must_use]
    pub fn state(&self) -> &WatchState {
        self.machine.state()
    }

    /// Whether nothing is known to be missing from the state.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.machine.is_settled()
    }

    /// Octets that the kernel queues, as it counts them: each message with what it takes to keep it.
    #[must_use]
    pub fn buffer(&self) -> usize {
        self.buffer
    }

    /// What ends the watch from another thread.
    #[must_use]
    pub fn canceller(&self) -> Canceller {
        self.canceller.clone()
    }

    /// Reads until nothing is left, or enough events wait.
    fn read(&mut self) -> Result<()> {
        while self.machine.waiting() < self.queue && self.receive()? {}
        Ok(())
    }

    /// Reads one datagram; false when there is none.
    fn receive(&mut self) -> Result<bool> {
        match sys::netlink::receive(self.socket.socket.as_fd(), &mut self.room) {
            Ok(received) if received.sender != 0 => {}
            Ok(received) => match self.room.get(..received.length) {
                Some(datagram) => self.machine.datagram(datagram, now()),
                None => {
                    self.room.resize(received.length, 0);
                    self.machine.lost(LostReason::Truncated, now());
                }
            },
            Err(error) => match error.raw_os_error() {
                Some(libc::EAGAIN) => return Ok(false),
                Some(libc::EINTR) => {}
                Some(libc::ENOBUFS) => self.machine.lost(LostReason::Overrun, now()),
                _ => return Err(Error::io("read changes", error)),
            },
        }
        Ok(true)
    }

    /// Lists what the machine asks for.
    fn answer(&mut self) -> Result<()> {
        let Some(request) = self.machine.request(now()) else { return Ok(()) };
        let answer = self.list(&request);
        self.machine.answered(now());
        answer
    }

    /// The machine is told every error; the first is returned.
    fn list(&mut self, request: &WatchRequest) -> Result<()> {
        if request.discard
            && let Err(error) = self.discard()
        {
            self.machine.failed(&request.kinds, &error, now());
            return Err(error);
        }
        let mut answer = Ok(());
        for kind in &request.kinds {
            if let Err(error) = watched::list(&self.netlink, *kind, &mut self.machine) {
                self.machine.failed(&[*kind], &error, now());
                answer = answer.and(Err(error));
            }
        }
        answer
    }

    /// Empties the queue: until it was empty once, the kernel adds nothing to it.
    fn discard(&mut self) -> Result<()> {
        let until = now().monotonic + DISCARDING;
        while self.receive()? {
            if now().monotonic > until {
                return Err(Error::new(ErrorKind::TimedOut, "throw away what is queued"));
            }
        }
        Ok(())
    }

    fn wait(&self, timeout: Option<Duration>) -> Result<()> {
        sys::poll_readable(&[self.socket.socket.as_fd(), self.cancellation.as_fd()], timeout)
            .map_err(|error| Error::io("wait for changes", error))?;
        self.cancellation.clear();
        Ok(())
    }
}

impl AsFd for Watch {
    /// Readable when there is news.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.socket.as_fd()
    }
}

/// Whether there is a kind, and none that cannot be watched.
fn check(kinds: &[Kind]) -> Result<()> {
    let detail = match kinds.iter().find(|kind| !WATCHED.contains(kind)) {
        Some(kind) => format!("kind {kind} cannot be watched"),
        None if kinds.is_empty() => "there is no kind".to_owned(),
        None => return Ok(()),
    };
    let names: Vec<_> = WATCHED.iter().map(|kind| kind.name()).collect();
    let hint = format!("at least one of {}", names.join(", "));
    Err(Error::new(ErrorKind::InvalidInput, "watch for changes").with_detail(detail).with_hint(hint))
}

/// The groups that tell of `kinds`, and of what silences them.
fn groups(kinds: &[Kind]) -> Vec<u32> {
    let causes: &[Kind] = match kinds.iter().any(|kind| matches!(kind, Kind::Route | Kind::NextHop)) {
        true => &[Kind::Link, Kind::Address, Kind::NextHop],
        false => &[Kind::Link],
    };
    let mut groups: Vec<u32> = kinds.iter().chain(causes).flat_map(|kind| watched::groups_of(*kind)).copied().collect();
    groups.sort_unstable();
    groups.dedup();
    groups
}

fn now() -> Moment {
    Moment { monotonic: sys::monotonic(), wall: SystemTime::now() }
}

const DISCARDING: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
