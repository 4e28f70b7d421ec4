//! The server: grants tests, one at a time unless told otherwise.
//!
//! The thread that asks for events accepts connections and tells them apart by their cookies; each test has a thread of
//! its own for its control connection. Whatever a client does, or fails to do, the server goes on.

mod listener;
mod test;

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use socket2::Socket;

use self::listener::{Arrival, Listener};
use super::options::check_send_timeout;
use super::protocol::{Cookie, Limits, Parameters};
use super::report::Event;
use super::{IpFamily, Keepalive, control};
use crate::cancel::{Cancellation, Canceller};
use crate::error::{Error, ErrorKind, Result};
use crate::namespace::Namespace;
use crate::sys;

/// What a server does. [`Default`] is what `iperf3 -s` does.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerOptions {
    /// The port, of TCP and UDP alike.
    pub port: u16,
    /// The address to listen on; without it all.
    pub bind: Option<IpAddr>,
    /// The interface to listen on (`SO_BINDTODEVICE`).
    pub device: Option<String>,
    /// IPv4 or IPv6 alone.
    pub family: Option<IpFamily>,
    /// Tests at once; clients beyond get the answer that the server is busy.
    pub tests: usize,
    /// End after the first test.
    pub one_off: bool,
    /// What a single test may ask for.
    pub limits: Limits,
    /// The time over which the rate of a running test is averaged before it is held against the limit.
    pub rate_interval: Duration,
    /// Listen anew after so much time without a test; with `one_off`, end.
    pub idle_timeout: Option<Duration>,
    /// How long a test may go without data before it is ended; zero for ever.
    pub receive_timeout: Duration,
    /// How long what was sent may stay without acknowledgment, as [`Options::send_timeout`](super::Options::send_timeout).
    pub send_timeout: Duration,
    /// How a client that is gone without a word is found out.
    pub keepalive: Keepalive,
    /// What a test sends, by each stream from the beginning, or where the one stream that it receives is written. Each test
    /// writes it anew; those of UDP, of both directions, and of several streams to be written are refused.
    pub file: Option<PathBuf>,
    /// Tell the states of the control connections ([`Event::State`]).
    pub tell_states: bool,
    /// The time between two intervals; zero for one, the whole test.
    pub interval: Duration,
    /// The processor that the first data thread of a test runs on, the others on those that follow.
    pub affinity: Option<usize>,
    /// Give clients that ask for the server's output JSON instead of text.
    pub json_output: bool,
}

/// What happens at a server.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServerEvent {
    /// A client was admitted.
    Accepted {
        /// The number of the test, counted from 1.
        test: u64,
        /// The client's control connection.
        peer: SocketAddr,
    },
    /// Something of a test.
    Test {
        /// The number of the test.
        test: u64,
        /// What.
        event: Event,
    },
    /// A test failed, or nobody could be accepted; the server goes on.
    Failed {
        /// The number of the test; 0 if it is of none.
        test: u64,
        /// Why, with the state and the client.
        error: Error,
    },
    /// A client was told that the server is busy.
    Refused {
        /// The client.
        peer: SocketAddr,
    },
    /// No test came for the idle time-out; the server listens anew or, with [`one_off`](ServerOptions::one_off), ends.
    Idle,
}

/// A listening server. It works as its events are asked for.
#[derive(Debug)]
pub struct Server {
    options: Arc<ServerOptions>,
    namespace: Namespace,
    listener: Listener,
    canceller: Canceller,
    cancellation: Cancellation,
    tests: Vec<Entry>,
    count: u64,
    ended: u64,
    messages: Receiver<Message>,
    outlet: SyncSender<Message>,
    /// Held by the one test that gets its first datagrams.
    datagrams: Arc<Mutex<()>>,
    events: VecDeque<ServerEvent>,
    idle_since: Instant,
    /// The one test did not come in time.
    given_up: bool,
}

#[derive(Debug)]
struct Entry {
    test: u64,
    cookie: Cookie,
    inlet: Sender<Delivery>,
    canceller: Canceller,
    /// Whether its data connections are welcome.
    creating: bool,
    /// Its data have stopped: the next client need not wait for the exchange of results.
    ending: bool,
    thread: JoinHandle<()>,
}

/// From a test to the server.
#[derive(Debug)]
enum Message {
    /// Data connections are to come.
    Listen {
        test: u64,
        parameters: Box<Parameters>,
    },
    /// They have come.
    Created {
        test: u64,
    },
    Event {
        test: u64,
        event: Event,
    },
    /// No more data flow.
    Ending {
        test: u64,
    },
    /// The test is over.
    Ended {
        test: u64,
        control: Option<Socket>,
        error: Option<Error>,
    },
}

/// From the server to a test.
#[derive(Debug)]
enum Delivery {
    Listening(Result<()>),
    /// A data connection, and which one it is of all that were accepted.
    Stream(Socket, u64),
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            port: super::PORT,
            bind: None,
            device: None,
            family: None,
            tests: 1,
            one_off: false,
            limits: Limits::default(),
            rate_interval: Duration::from_secs(5),
            idle_timeout: None,
            receive_timeout: Duration::from_secs(120),
            send_timeout: Duration::ZERO,
            keepalive: Keepalive::default(),
            file: None,
            tell_states: false,
            interval: Duration::from_secs(1),
            affinity: None,
            json_output: false,
        }
    }
}

impl ServerOptions {
    fn check(&self) -> Result<()> {
        self.keepalive.check()?;
        check_send_timeout(self.send_timeout)?;
        if self.file.is_some() && self.tests > 1 {
            let error = Error::new(ErrorKind::InvalidInput, "set up a server");
            return Err(error.with_detail("several tests at once cannot share a file"));
        }
        Ok(())
    }
}

impl Server {
    /// Listens in the namespace of the calling thread.
    ///
    /// # Errors
    /// When the address cannot be listened on, such as one that is in use; [`InvalidInput`](ErrorKind::InvalidInput) when
    /// an option is out of range.
    pub fn bind(options: ServerOptions) -> Result<Self> {
        Self::bind_in(Namespace::current()?, options)
    }

    /// Listens in `namespace`.
    ///
    /// # Errors
    /// As [`bind`](Self::bind), and when the namespace may not be entered.
    pub fn bind_in(namespace: Namespace, options: ServerOptions) -> Result<Self> {
        options.check()?;
        let listener = Listener::open(&namespace, &options)?;
        let failed = |error| Error::io("make a way to stop", error);
        let (canceller, cancellation) = Canceller::pair().map_err(failed)?;
        let (outlet, messages) = sync_channel(MESSAGES);
        Ok(Self {
            options: Arc::new(options),
            namespace,
            listener,
            canceller,
            cancellation,
            tests: Vec::new(),
            count: 0,
            ended: 0,
            messages,
            outlet,
            datagrams: Arc::default(),
            events: VecDeque::new(),
            idle_since: Instant::now(),
            given_up: false,
        })
    }

    /// Where it listens: the port is the system's choice when none was given.
    #[must_use]
    pub fn local_address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// What ends the server from another thread; clients at work are told.
    #[must_use]
    pub fn canceller(&self) -> Canceller {
        self.canceller.clone()
    }

    /// Waits for what happens next; `None` after the one test, or when it was cancelled.
    ///
    /// # Errors
    /// When the server cannot go on listening; what goes wrong in a test is an event.
    pub fn next_event(&mut self) -> Result<Option<ServerEvent>> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(Some(event));
            }
            if self.cancellation.is_cancelled() {
                self.stop();
                return Ok(self.events.pop_front());
            }
            if self.given_up || self.options.one_off && self.ended > 0 && self.tests.is_empty() {
                return Ok(None);
            }
            self.step()?;
        }
    }

    /// Serves until it is cancelled, telling `on_event` what happens.
    ///
    /// # Errors
    /// As [`next_event`](Self::next_event).
    pub fn run(&mut self, mut on_event: impl FnMut(ServerEvent)) -> Result<()> {
        while let Some(event) = self.next_event()? {
            on_event(event);
        }
        Ok(())
    }

    fn step(&mut self) -> Result<()> {
        let idle = self.options.idle_timeout.filter(|_| self.tests.is_empty()).map(|time| self.idle_since + time);
        let due = [self.listener.deadline(), idle].into_iter().flatten().min();
        control::wait(&self.listener.descriptors(), &self.cancellation, due)
            .map_err(|error| Error::io("wait for clients", error))?;
        let now = Instant::now();
        // Before the messages: who was told how a test ended, and comes again, finds that it is over.
        let (come, accepted) = self.listener.accept(now);
        if let Err(error) = accepted {
            self.cannot_accept(error);
        }
        while let Ok(message) = self.messages.try_recv() {
            self.hear(message)?;
        }
        let creating = self.tests.iter().any(|entry| entry.creating);
        let full = self.is_full();
        for arrival in self.listener.arrivals(come, full && !creating, now) {
            self.welcome(arrival);
        }
        if idle.is_some_and(|idle| idle <= now) && self.tests.is_empty() {
            match self.options.one_off {
                true => self.given_up = true,
                false => self.listener.reopen(&self.namespace, &self.options, None)?,
            }
            self.idle_since = now;
            self.events.push_back(ServerEvent::Idle);
        }
        Ok(())
    }

    /// Whether no other test is granted now. Those that end are let be, as long as they are not too many.
    fn is_full(&self) -> bool {
        let most = self.options.tests.max(1);
        let at_work = self.tests.iter().filter(|entry| !entry.ending).count();
        let once = self.options.one_off && self.count > 0;
        once || at_work >= most || self.tests.len() >= most.saturating_add(most.max(ENDING))
    }

    /// There is no room for another connection: tests that wait for one cannot go on.
    fn cannot_accept(&mut self, error: Error) {
        let creating = || self.tests.iter().filter(|entry| entry.creating);
        for entry in creating() {
            let error = Error::new(error.kind(), "accept a data stream").with_detail(error.to_string());
            let _ = entry.inlet.send(Delivery::Listening(Err(error)));
            entry.canceller.wake();
        }
        if creating().next().is_none() {
            self.events.push_back(ServerEvent::Failed { test: 0, error });
        }
    }

    fn welcome(&mut self, arrival: Arrival) {
        let (socket, peer, cookie, number) = match arrival {
            Arrival::Refused(peer) => return self.events.push_back(ServerEvent::Refused { peer }),
            Arrival::Cookie { socket, peer, cookie, number } => (socket, peer, cookie, number),
        };
        if let Some(entry) = self.tests.iter().find(|entry| entry.creating && entry.cookie == cookie) {
            if entry.inlet.send(Delivery::Stream(socket, number)).is_ok() {
                entry.canceller.wake();
            }
            return;
        }
        if self.is_full() {
            self.listener.refuse(socket, Instant::now());
            return self.events.push_back(ServerEvent::Refused { peer });
        }
        self.count += 1;
        self.events.push_back(ServerEvent::Accepted { test: self.count, peer });
        match self.spawn(socket, peer, cookie) {
            Ok(entry) => self.tests.push(entry),
            Err(error) => {
                self.ended += 1;
                self.events.push_back(ServerEvent::Failed { test: self.count, error });
            }
        }
    }

    fn spawn(&self, socket: Socket, peer: SocketAddr, cookie: Cookie) -> Result<Entry> {
        let failed = |error| Error::io("start a thread for a test", error);
        let (canceller, cancellation) = Canceller::pair().map_err(failed)?;
        let (inlet, deliveries) = mpsc::channel();
        let test = self.count;
        let outlet = Outlet { test, messages: self.outlet.clone(), server: self.canceller.clone() };
        let seat = test::Seat {
            namespace: self.namespace.clone(),
            options: Arc::clone(&self.options),
            address: self.listener.address(),
            datagrams: Arc::clone(&self.datagrams),
            deliveries,
            outlet,
            cancellation,
        };
        let thread = std::thread::Builder::new()
            .name("netshoot-test".to_owned())
            .spawn(move || {
                sys::namespace::block_signals();
                test::serve(seat, socket, peer, cookie);
            })
            .map_err(failed)?;
        Ok(Entry { test, cookie, inlet, canceller, creating: false, ending: false, thread })
    }

    fn hear(&mut self, message: Message) -> Result<()> {
        match message {
            Message::Event { test, event } => self.events.push_back(ServerEvent::Test { test, event }),
            Message::Listen { test, parameters } => {
                let asked = &parameters.options;
                let special = asked.window.is_some() || asked.mss.is_some() || asked.mptcp;
                let listening = match special {
                    true => self.listener.reopen(&self.namespace, &self.options, Some(&parameters.options)),
                    false => Ok(()),
                };
                if let Some(entry) = self.tests.iter_mut().find(|entry| entry.test == test) {
                    entry.creating = listening.is_ok();
                    let _ = entry.inlet.send(Delivery::Listening(listening));
                    entry.canceller.wake();
                }
            }
            Message::Created { test } => self.created(test)?,
            Message::Ending { test } => {
                for entry in self.tests.iter_mut().filter(|entry| entry.test == test) {
                    entry.ending = true;
                }
            }
            Message::Ended { test, control, error } => {
                self.created(test)?;
                if let Some(control) = control {
                    self.listener.linger(control, Instant::now());
                }
                if let Some(place) = self.tests.iter().position(|entry| entry.test == test) {
                    let _ = self.tests.swap_remove(place).thread.join();
                }
                self.ended += 1;
                self.idle_since = Instant::now();
                self.events.extend(error.map(|error| ServerEvent::Failed { test, error }));
            }
        }
        Ok(())
    }

    /// No more data connections of `test` are to come.
    fn created(&mut self, test: u64) -> Result<()> {
        if let Some(entry) = self.tests.iter_mut().find(|entry| entry.test == test) {
            entry.creating = false;
        }
        if self.listener.is_special() && !self.tests.iter().any(|entry| entry.creating) {
            self.listener.reopen(&self.namespace, &self.options, None)?;
        }
        Ok(())
    }

    /// Ends all tests and waits for them.
    fn stop(&mut self) {
        for entry in &self.tests {
            entry.canceller.cancel();
        }
        while !self.tests.is_empty() {
            match self.messages.recv_timeout(STOPPING) {
                Ok(message) => drop(self.hear(message)),
                Err(_) => break,
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A test's way to its server.
#[derive(Debug)]
struct Outlet {
    test: u64,
    messages: SyncSender<Message>,
    server: Canceller,
}

impl Outlet {
    fn send(&self, message: Message) {
        if self.messages.send(message).is_ok() {
            self.server.wake();
        }
    }

    fn event(&self, event: Event) {
        self.send(Message::Event { test: self.test, event });
    }
}

/// Tests that end beside those at work, or as many as may be at work: their threads have little left to do, but may wait
/// for a processor.
const ENDING: usize = 16;
/// Messages that wait; then the tests do.
const MESSAGES: usize = 1024;
/// For the tests to end.
const STOPPING: Duration = Duration::from_secs(15);
