//! The client: asks a server for a test, and ends it.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use socket2::Socket;

use super::control::{self, Control};
use super::flow::Flow;
use super::protocol::{ClientAction, ClientMachine, Cookie, Parameters, Results};
use super::report::{Event, Report, Side, Start};
use super::{Options, sockets};
use crate::cancel::{Cancellation, Canceller};
use crate::error::{Error, ErrorKind, Result};
use crate::namespace::Namespace;

/// The client of one test, made but not started.
#[derive(Debug)]
pub struct Client {
    host: String,
    port: u16,
    options: Options,
    namespace: Namespace,
    canceller: Canceller,
    cancellation: Arc<Cancellation>,
}

/// A test at work. It runs as its events are asked for: who asks late makes the test end late.
#[derive(Debug)]
pub struct ClientTest {
    client: Client,
    address: SocketAddr,
    control: Control,
    control_mss: Option<u32>,
    cookie: Cookie,
    parameters: Parameters,
    machine: ClientMachine,
    sockets: Vec<Socket>,
    flow: Option<Flow>,
    broken: Option<Instant>,
    results: Option<Results>,
    events: VecDeque<Event>,
    /// What ended it, to be told after the events.
    failure: Option<Error>,
    room: Vec<u8>,
    over: bool,
}

impl Client {
    /// A client for the server at `host`, a name or an address, and `port`, in the namespace of the calling thread.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) when an option is out of range.
    pub fn new(host: impl Into<String>, port: u16, options: Options) -> Result<Self> {
        options.check()?;
        let failed = |error| Error::io("make a way to stop", error);
        let (canceller, cancellation) = Canceller::pair().map_err(failed)?;
        let (host, namespace, cancellation) = (host.into(), Namespace::current()?, Arc::new(cancellation));
        Ok(Self { host, port, options, namespace, canceller, cancellation })
    }

    /// Makes all sockets in `namespace`; names are looked up there, with the files of the caller.
    #[must_use]
    pub fn in_namespace(mut self, namespace: Namespace) -> Self {
        self.namespace = namespace;
        self
    }

    /// What ends the test from another thread; the server is told.
    #[must_use]
    pub fn canceller(&self) -> Canceller {
        self.canceller.clone()
    }

    /// Another test of the same server, which the same canceller ends.
    pub(super) fn again(&self, options: Options) -> Result<Self> {
        options.check()?;
        Ok(Self {
            host: self.host.clone(),
            port: self.port,
            options,
            namespace: self.namespace.clone(),
            canceller: self.canceller.clone(),
            cancellation: Arc::clone(&self.cancellation),
        })
    }

    pub(super) fn options(&self) -> &Options {
        &self.options
    }

    pub(super) fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// The addresses that are tried one after the other.
    pub(super) fn addresses(&self) -> Result<Vec<SocketAddr>> {
        sockets::resolve(&self.namespace, &self.host, self.port, &self.options)
    }

    /// Waits for `time`, unless it is cancelled.
    pub(super) fn rest(&self, time: Duration) -> Result<()> {
        let failed = |error| Error::io("wait between two tests", error);
        control::wait(&[], &self.cancellation, Some(Instant::now() + time)).map_err(failed)?;
        if self.cancellation.is_cancelled() {
            return Err(Error::new(ErrorKind::Cancelled, format!("test the path to {}", self.host)));
        }
        Ok(())
    }

    /// Connects to the server; the test runs as its events are asked for.
    ///
    /// # Errors
    /// When the name has no address, or no server answers there.
    pub fn start(self) -> Result<ClientTest> {
        let addresses = self.addresses()?;
        let (socket, address) = sockets::connect_control(&self.namespace, &addresses, &self.options)?;
        let operation = || format!("set up the control connection to {}", sockets::name(address));
        let control = Control::new(socket, &self.options.keepalive, self.options.send_timeout)
            .map_err(|error| Error::io(operation(), error))?;
        let cookie = Cookie::random();
        let parameters = Parameters::new(&self.options, None);
        let peer = format!("iperf3 server {}", sockets::name(address));
        let mut machine = ClientMachine::new(peer, &cookie, Instant::now());
        machine.admission_within(self.options.connect_timeout, Instant::now());
        Ok(ClientTest {
            client: self,
            address,
            control,
            control_mss: None,
            cookie,
            parameters,
            machine,
            sockets: Vec::new(),
            flow: None,
            broken: None,
            results: None,
            events: VecDeque::new(),
            failure: None,
            room: vec![0; 16 * 1024],
            over: false,
        })
    }

    /// Runs the whole test, telling `on_event` what happens.
    ///
    /// # Errors
    /// As [`start`](Self::start) and [`ClientTest::next_event`].
    pub fn run(self, mut on_event: impl FnMut(&Event)) -> Result<Report> {
        let mut test = self.start()?;
        while let Some(event) = test.next_event()? {
            on_event(&event);
            if let Event::Finished(report) = event {
                return Ok(*report);
            }
        }
        Err(Error::new(ErrorKind::Cancelled, "run the test"))
    }
}

impl ClientTest {
    /// Waits for what happens next; `None` after the report or an error.
    ///
    /// # Errors
    /// What the server refuses, what fails on the way, and [`Cancelled`](ErrorKind::Cancelled); the state and the server
    /// are named. Every wait is bounded.
    pub fn next_event(&mut self) -> Result<Option<Event>> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(Some(event));
            }
            if let Some(failure) = self.failure.take() {
                return Err(failure);
            }
            if self.over {
                return Ok(None);
            }
            if let Err(error) = self.step() {
                self.over = true;
                self.abandon();
                self.failure = Some(error);
            }
        }
    }

    /// The address of the server.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What tells this test from others.
    #[must_use]
    pub fn cookie(&self) -> Cookie {
        self.cookie
    }

    fn step(&mut self) -> Result<()> {
        self.flush()?;
        let now = Instant::now();
        let flowing = self.flow.as_ref().filter(|_| self.is_flowing());
        let due = [self.machine.deadline(), flowing.and_then(|flow| flow.deadline(now))];
        let due = due.into_iter().flatten().min();
        let mut descriptors = vec![self.control.as_fd()];
        // A stream that is known to be broken would tell again and again.
        descriptors.extend(flowing.iter().filter(|_| self.broken.is_none()).flat_map(|flow| flow.notices()));
        control::wait(&descriptors, &self.client.cancellation, due)
            .map_err(|error| Error::io("wait for the control connection", error))?;
        if self.client.cancellation.is_cancelled() {
            self.machine.interrupt();
        } else {
            self.read()?;
            self.machine.timeout(Instant::now());
            self.look_at_flow()?;
        }
        self.tell_states();
        while let Some(action) = self.machine.action() {
            self.act(action)?;
        }
        Ok(())
    }

    fn tell_states(&mut self) {
        let states = self.machine.take_states();
        if self.client.options.tell_states {
            self.events.extend(states.into_iter().map(|(sent, state)| Event::State { sent, state }));
        }
    }

    fn read(&mut self) -> Result<()> {
        match self.control.read(&mut self.room) {
            Ok(Some(count)) => {
                self.machine.receive(self.room.get(..count).unwrap_or_default(), Instant::now());
                Ok(())
            }
            Ok(None) => {
                self.machine.closed();
                Ok(())
            }
            Err(error) => Err(self.machine.error(ErrorKind::Io).with_source(error)),
        }
    }

    fn flush(&mut self) -> Result<()> {
        let output = self.machine.take_output();
        match self.control.write(&output) {
            // What the server had to say before it closed is read next.
            Err(error) if matches!(error.raw_os_error(), Some(libc::EPIPE | libc::ECONNRESET)) => Ok(()),
            Err(error) => Err(self.machine.error(ErrorKind::Io).with_source(error)),
            Ok(()) => Ok(()),
        }
    }

    /// Whether data flow: the server has nothing to say by a time.
    fn is_flowing(&self) -> bool {
        self.results.is_none() && self.machine.deadline().is_none()
    }

    /// Makes the interval that is due, and ends the test when it is time.
    fn look_at_flow(&mut self) -> Result<()> {
        let now = Instant::now();
        if !self.is_flowing() {
            return Ok(());
        }
        let Some(flow) = &mut self.flow else { return Ok(()) };
        self.events.extend(flow.poll(now).map(Event::Interval));
        if flow.is_over(now) {
            self.events.extend(flow.stop(now, false).map(Event::Interval));
            self.results = Some(flow.results());
            self.machine.end(now);
            return Ok(());
        }
        if let Some(cause) = flow.broken() {
            // Why, the control connection may tell in a moment.
            if now >= *self.broken.get_or_insert(now + SECOND_THOUGHT) {
                return Err(self.machine.error(cause.kind()).with_detail(cause.to_string()));
            }
        }
        let patience = self.client.options.receive_timeout;
        if !patience.is_zero() && flow.idle(now) > patience {
            let error = self.machine.error(ErrorKind::TimedOut);
            return Err(error.with_detail(format!("no data came for {} ms", patience.as_millis())));
        }
        Ok(())
    }

    fn act(&mut self, action: ClientAction) -> Result<()> {
        match action {
            ClientAction::GiveParameters => {
                // Not sooner: only now does the kernel know the server's window, which bounds the segment.
                self.control_mss = self.control.socket().tcp_mss().ok();
                self.parameters = Parameters::new(&self.client.options, self.control_mss);
                self.machine.parameters(&self.parameters, Instant::now());
                Ok(())
            }
            ClientAction::OpenStreams => self.open_streams(),
            ClientAction::Prepare => self.prepare(),
            ClientAction::Start => {
                self.start_flow();
                Ok(())
            }
            ClientAction::GiveResults => {
                let results = self.results.take().unwrap_or_default();
                self.machine.results(&results, Instant::now());
                self.results = Some(results);
                Ok(())
            }
            ClientAction::Finished(results) => self.finish(&results),
            ClientAction::Failed(error) => {
                let _ = self.flush();
                Err(error)
            }
        }
    }

    fn open_streams(&mut self) -> Result<()> {
        for index in 0..self.parameters.streams() {
            if self.client.cancellation.is_cancelled() {
                self.machine.interrupt();
                return Ok(());
            }
            let (namespace, address) = (&self.client.namespace, self.address);
            let socket = sockets::connect_stream(namespace, address, &self.parameters, &self.cookie, index);
            match socket {
                Ok(socket) => self.sockets.push(socket),
                Err(error) => return self.told_or(error),
            }
        }
        self.machine.streams_open(Instant::now());
        Ok(())
    }

    /// What the server says on the control connection explains more than `error` does.
    fn told_or(&mut self, error: Error) -> Result<()> {
        self.read()?;
        match self.machine.action() {
            Some(ClientAction::Failed(told)) if told.kind() != ErrorKind::Io => Err(told),
            _ => Err(error),
        }
    }

    fn prepare(&mut self) -> Result<()> {
        let sockets = std::mem::take(&mut self.sockets);
        let options = &self.client.options;
        let flow = Flow::prepare(Side::Client, &self.parameters, sockets, options.interval, options.affinity)?;
        self.flow = Some(flow);
        Ok(())
    }

    fn start_flow(&mut self) {
        let Some(flow) = &mut self.flow else { return };
        flow.go(Instant::now());
        self.events.push_back(Event::Started(Box::new(Start {
            side: Side::Client,
            host: self.client.host.clone(),
            port: self.client.port,
            cookie: self.cookie,
            parameters: self.parameters.clone(),
            control_mss: self.control_mss,
            buffers: flow.buffers(),
            streams: flow.infos(),
            time: SystemTime::now(),
            interval: self.client.options.interval,
        })));
    }

    fn finish(&mut self, results: &Results) -> Result<()> {
        let report = self.flow.as_ref().map(|flow| flow.report(results)).transpose()?;
        self.events.extend(report.map(|report| Event::Finished(Box::new(report))));
        self.flow = None;
        self.flush()?;
        self.over = true;
        self.control.close(GOODBYE);
        Ok(())
    }

    /// Says that the test is given up, if there is still somebody to tell, and how far it came.
    fn abandon(&mut self) {
        self.machine.interrupt();
        let _ = self.flush();
        self.tell_states();
        let Some(mut flow) = self.flow.take() else { return };
        if self.results.is_none() {
            let last = flow.stop(Instant::now(), false);
            self.events.extend(last.filter(|_| flow.has_begun()).map(Event::Interval));
        }
        if flow.has_begun() {
            self.events.push_back(Event::Interrupted(Box::new(flow.own_report())));
        }
    }
}

impl Drop for ClientTest {
    fn drop(&mut self) {
        if !self.over {
            self.abandon();
        }
    }
}

impl Iterator for ClientTest {
    type Item = Result<Event>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_event().transpose()
    }
}

/// From a stream's end to the failure of the test.
const SECOND_THOUGHT: Duration = Duration::from_millis(500);
/// For the server to close as well.
const GOODBYE: Duration = Duration::from_secs(1);
