//! One test at the server, in a thread of its own.

use std::io::Write;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use socket2::{Protocol, Socket, Type};

use super::listener::bound;
use super::{Delivery, Message, Outlet, ServerOptions};
use crate::cancel::Cancellation;
use crate::error::{Error, ErrorKind, Result};
use crate::namespace::Namespace;
use crate::sys;
use crate::throughput::control::{self, Control, is_nothing};
use crate::throughput::flow::Flow;
use crate::throughput::options::ONE_STREAM;
use crate::throughput::protocol::{
    Cookie, ErrorCode, HELLO_REPLY, Parameters, Refusal, Results, ServerAction, ServerMachine,
};
use crate::throughput::report::json::Document;
use crate::throughput::report::text::Text;
use crate::throughput::report::{Event, Side, Start};
use crate::throughput::sockets::{finish_tcp, name, pace, plain, prepare};
use crate::throughput::{BitRate, Direction, Options, Transport};

/// What a test has of its server.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) namespace: Namespace,
    pub(super) options: Arc<ServerOptions>,
    /// Where the server listens.
    pub(super) address: SocketAddr,
    pub(super) datagrams: Arc<Mutex<()>>,
    pub(super) deliveries: Receiver<Delivery>,
    pub(super) outlet: Outlet,
    pub(super) cancellation: Cancellation,
}

impl Seat {
    /// Gives its place to another: nothing is left to do but to tell the client how the test ended.
    fn leave(&self) {
        self.outlet.send(Message::Ending { test: self.outlet.test });
    }
}

struct Test<'a> {
    seat: &'a Seat,
    peer: SocketAddr,
    cookie: Cookie,
    control: Control,
    machine: ServerMachine,
    parameters: Option<Box<Parameters>>,
    sockets: Vec<Socket>,
    /// Which of all accepted connections the sockets of TCP are: their cookies may come in another order.
    numbers: Vec<u64>,
    datagrams: Option<Datagrams<'a>>,
    flow: Option<Flow>,
    broken: Option<Instant>,
    spent: bool,
    window: (Instant, u64),
    results: Option<Results>,
    output: Option<Output>,
    room: Vec<u8>,
}

/// Where the first datagrams come.
struct Datagrams<'a> {
    socket: Socket,
    _alone: MutexGuard<'a, ()>,
}

/// What is kept for a client that asks for the server's output.
enum Output {
    Text(Text, String),
    Json(Box<Document>),
}

/// Serves the client to the end, and says how it ended.
pub(super) fn serve(seat: Seat, socket: Socket, peer: SocketAddr, cookie: Cookie) {
    let (control, error) = match run(&seat, socket, peer, cookie) {
        Ok((control, outcome)) => (Some(control), outcome.err()),
        Err(error) => (None, Some(error)),
    };
    seat.outlet.send(Message::Ended { test: seat.outlet.test, control, error });
}

/// The control connection is given back: the client may not have read all yet.
fn run(seat: &Seat, socket: Socket, peer: SocketAddr, cookie: Cookie) -> Result<(Socket, Result<()>)> {
    let client = format!("iperf3 client {}", name(peer));
    let failed = |error| Error::io(format!("set up the control connection of {client}"), error);
    let control = Control::new(socket, &seat.options.keepalive, seat.options.send_timeout).map_err(failed)?;
    let now = Instant::now();
    let machine = ServerMachine::new(client.clone(), seat.options.limits.clone(), now);
    let mut test = Test {
        seat,
        peer,
        cookie,
        control,
        machine,
        parameters: None,
        sockets: Vec::new(),
        numbers: Vec::new(),
        datagrams: None,
        flow: None,
        broken: None,
        spent: false,
        window: (now, 0),
        results: None,
        output: None,
        room: vec![0; 16 * 1024],
    };
    let outcome = loop {
        match test.step() {
            Ok(false) => {}
            Ok(true) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    // Before the client learns how it ended, and may come again.
    test.seat.leave();
    test.flush();
    test.tell_states();
    if outcome.is_err() {
        test.abandon();
    }
    Ok((test.control.finish(), outcome))
}

impl Test<'_> {
    /// Waits for one thing and deals with it; true when the test is over.
    fn step(&mut self) -> Result<bool> {
        self.flush();
        let now = Instant::now();
        let flowing = self.flow.as_ref().filter(|_| self.results.is_none());
        let due = [self.machine.deadline(), flowing.and_then(|flow| flow.deadline(now))];
        let mut descriptors = vec![self.control.as_fd()];
        // A stream that is known to be broken, or a spent budget, would tell again and again.
        let quiet = self.broken.is_some() || self.spent;
        descriptors.extend(flowing.iter().filter(|_| !quiet).flat_map(|flow| flow.notices()));
        if let Some(datagrams) = &self.datagrams {
            descriptors.push(datagrams.socket.as_fd());
            descriptors.extend(self.sockets.iter().map(AsFd::as_fd));
        }
        control::wait(&descriptors, &self.seat.cancellation, due.into_iter().flatten().min())
            .map_err(|error| Error::io("wait for the control connection", error))?;
        if self.seat.cancellation.is_cancelled() {
            self.machine.interrupt();
        } else {
            self.read()?;
            self.take_deliveries();
            self.take_datagrams();
            self.look_at_flow();
            self.machine.timeout(Instant::now());
        }
        self.tell_states();
        while let Some(action) = self.machine.action() {
            if self.act(action)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn tell_states(&mut self) {
        for (sent, state) in self.machine.take_states() {
            if self.seat.options.tell_states {
                self.seat.outlet.event(Event::State { sent, state });
            }
        }
    }

    fn read(&mut self) -> Result<()> {
        match self.control.read(&mut self.room) {
            Ok(Some(count)) => self.machine.receive(self.room.get(..count).unwrap_or_default(), Instant::now()),
            Ok(None) => self.machine.closed(),
            Err(error) => return Err(self.machine.error(ErrorKind::Io).with_source(error)),
        }
        Ok(())
    }

    /// A client that does not read what it is told is found out by the next read.
    fn flush(&mut self) {
        let output = self.machine.take_output();
        let _ = self.control.write(&output);
    }

    fn act(&mut self, action: ServerAction) -> Result<bool> {
        match action {
            ServerAction::Listen(mut parameters) => {
                if let Err((code, error)) = self.add_own(&mut parameters.options) {
                    self.abort(code, error);
                    return Ok(false);
                }
                self.parameters = Some(parameters.clone());
                match parameters.options.transport {
                    Transport::Tcp => {
                        self.seat.outlet.send(Message::Listen { test: self.seat.outlet.test, parameters });
                    }
                    Transport::Udp => self.listen_for_datagrams(&parameters.options),
                }
            }
            ServerAction::Start => self.start(),
            ServerAction::GiveResults => self.give_results(),
            ServerAction::Finished(results) => {
                if let Some(flow) = &self.flow {
                    let report = flow.report(&results)?;
                    self.tell(Event::Finished(Box::new(report)));
                }
                return Ok(true);
            }
            ServerAction::Failed(error) => return Err(error),
        }
        Ok(false)
    }

    /// Adds what is the server's to say; with a file, it does not fit every test.
    fn add_own(&self, options: &mut Options) -> std::result::Result<(), (ErrorCode, Error)> {
        let own = &self.seat.options;
        options.send_timeout = own.send_timeout;
        let Some(file) = &own.file else { return Ok(()) };
        let writes = options.direction == Direction::Forward;
        let refused = match options.transport {
            Transport::Udp => Some((ErrorCode::UDP_FILE, "files cannot be sent over UDP")),
            _ if options.exchange.is_some() => Some((ErrorCode::FILE, "requests and responses are not of a file")),
            _ if options.direction == Direction::Bidirectional => {
                Some((ErrorCode::FILE, "one file cannot be both sent and written"))
            }
            _ if writes && options.parallel > 1 => Some((ErrorCode::FILE, ONE_STREAM)),
            _ => None,
        };
        options.file = Some(file.clone());
        options.skip_rx_copy = false;
        match refused {
            Some((code, detail)) => Err((code, self.machine.error(ErrorKind::Unsupported).with_detail(detail))),
            None => Ok(()),
        }
    }

    fn abort(&mut self, code: ErrorCode, error: Error) {
        let errno = error.raw_os_error().unwrap_or(0);
        self.machine.abort(Refusal { code, errno }, error);
    }

    fn take_deliveries(&mut self) {
        while let Ok(delivery) = self.seat.deliveries.try_recv() {
            match delivery {
                Delivery::Listening(Ok(())) => self.machine.listening(Instant::now()),
                Delivery::Listening(Err(error)) => self.abort(ErrorCode(202), error),
                Delivery::Stream(socket, number) => self.take_stream(socket, number),
            }
        }
    }

    fn take_stream(&mut self, socket: Socket, number: u64) {
        let Some(parameters) = self.parameters.clone().filter(|_| self.flow.is_none()) else { return };
        let options = &parameters.options;
        let unwindowed = Options { window: None, mss: None, ..options.clone() };
        let prepared = socket
            .set_nonblocking(false)
            .map_err(|error| Error::io("set up a data stream", error))
            .and_then(|()| prepare(&socket, self.peer, &unwindowed))
            .and_then(|()| finish_tcp(&socket, options));
        match prepared {
            Ok(()) => {
                // A server of iperf3 goes on without as well.
                let _ = pace(&socket, options);
                let place = self.numbers.partition_point(|other| *other < number);
                self.numbers.insert(place, number);
                self.add(place, socket, &parameters);
            }
            Err(error) => {
                let code = if options.congestion.is_some() { ErrorCode::CONGESTION } else { ErrorCode(201) };
                self.abort(code, error);
            }
        }
    }

    fn add(&mut self, place: usize, socket: Socket, parameters: &Parameters) {
        self.sockets.insert(place, socket);
        if self.sockets.len() < parameters.streams() {
            return;
        }
        self.datagrams = None;
        if parameters.options.transport == Transport::Tcp {
            self.seat.outlet.send(Message::Created { test: self.seat.outlet.test });
        }
        let sockets = std::mem::take(&mut self.sockets);
        let asked = parameters.options.server_affinity;
        let (every, affinity) = (self.seat.options.interval, self.seat.options.affinity.or(asked));
        match Flow::prepare(Side::Server, parameters, sockets, every, affinity) {
            Ok(flow) => {
                self.flow = Some(flow);
                self.machine.streams_open(Instant::now());
            }
            Err(error) => {
                let is_there = |processor| sys::thread::allowed().contains(&processor);
                let code = match affinity.filter(|_| affinity == asked) {
                    _ if parameters.options.file.is_some() => ErrorCode::FILE,
                    Some(processor) if !is_there(processor) => ErrorCode::AFFINITY,
                    _ => ErrorCode(201),
                };
                self.abort(code, error);
            }
        }
    }

    fn listen_for_datagrams(&mut self, options: &Options) {
        let alone = self.seat.datagrams.lock().unwrap_or_else(PoisonError::into_inner);
        match self.bind_datagrams(options) {
            Ok(socket) => {
                self.datagrams = Some(Datagrams { socket, _alone: alone });
                self.machine.listening(Instant::now());
            }
            Err(error) => self.abort(ErrorCode(202), error),
        }
    }

    fn bind_datagrams(&self, options: &Options) -> Result<Socket> {
        let (namespace, address) = (&self.seat.namespace, self.seat.address);
        let socket = bound(namespace, &self.seat.options, address, Type::DGRAM, Protocol::UDP)?;
        // The flow label needs the peer; it is set when that is known.
        prepare(&socket, address, &Options { tos: 0, flow_label: 0, ..options.clone() })?;
        Ok(socket)
    }

    /// Makes a stream of the first datagram of each; one that comes again did not get its answer.
    fn take_datagrams(&mut self) {
        for socket in self.sockets.iter().filter(|_| self.datagrams.is_some()) {
            let mut room = [std::mem::MaybeUninit::uninit(); 64];
            while socket.recv_with_flags(&mut room, libc::MSG_DONTWAIT).is_ok() {
                let _ = socket.send(&HELLO_REPLY);
            }
        }
        while let Some(datagrams) = &self.datagrams {
            let mut room = [std::mem::MaybeUninit::uninit(); 64];
            let peer = match datagrams.socket.recv_from(&mut room) {
                Ok((_, peer)) => peer,
                Err(error) if is_nothing(&error) => return,
                // An answer of the network to a datagram that was sent before.
                Err(_) => continue,
            };
            let Some(peer) = peer.as_socket().filter(|peer| plain(peer.ip()) == self.peer.ip()) else { continue };
            if let Err(error) = self.take_first_datagram(peer) {
                return self.abort(ErrorCode::STREAM_ACCEPT, error);
            }
        }
    }

    fn take_first_datagram(&mut self, peer: SocketAddr) -> Result<()> {
        let Some(parameters) = self.parameters.clone() else { return Ok(()) };
        let failed = |error| Error::io(format!("answer the first datagram of {}", name(peer)), error);
        let last = self.sockets.len() + 1 >= parameters.streams();
        let next = if last { None } else { Some(self.bind_datagrams(&parameters.options)?) };
        let Some(datagrams) = &mut self.datagrams else { return Ok(()) };
        datagrams.socket.connect(&peer.into()).map_err(failed)?;
        let socket = match next {
            Some(next) => std::mem::replace(&mut datagrams.socket, next),
            None => match self.datagrams.take() {
                Some(datagrams) => datagrams.socket,
                None => return Ok(()),
            },
        };
        let unwindowed = Options { window: None, ..parameters.options.clone() };
        prepare(&socket, peer, &unwindowed)?;
        let _ = pace(&socket, &unwindowed);
        (&socket).write(&HELLO_REPLY).map_err(failed)?;
        socket.set_nonblocking(false).map_err(failed)?;
        self.add(self.sockets.len(), socket, &parameters);
        Ok(())
    }

    fn start(&mut self) {
        // What is sent says that the data may flow.
        self.flush();
        let Some(parameters) = self.parameters.clone() else { return };
        let Some(flow) = &mut self.flow else { return };
        let now = Instant::now();
        flow.go(now);
        self.window = (now, 0);
        let start = Start {
            side: Side::Server,
            host: self.peer.ip().to_string(),
            port: self.peer.port(),
            cookie: self.cookie,
            control_mss: None,
            buffers: flow.buffers(),
            streams: flow.infos(),
            time: SystemTime::now(),
            interval: self.seat.options.interval,
            parameters: *parameters,
        };
        if start.parameters.options.get_server_output {
            self.output = Some(match self.seat.options.json_output {
                true => Output::Json(Box::default()),
                false => Output::Text(Text::default(), String::new()),
            });
        }
        self.tell(Event::Started(Box::new(start)));
    }

    fn look_at_flow(&mut self) {
        let now = Instant::now();
        let Some(flow) = self.flow.as_mut().filter(|_| self.results.is_none()) else { return };
        let interval = flow.poll(now);
        self.spent = flow.is_spent();
        let (idle, moved) = (flow.idle(now), flow.moved());
        let sends = flow.sends();
        let broken = flow.broken().map(|cause| (cause.kind(), cause.to_string()));
        if let Some(interval) = interval {
            self.tell(Event::Interval(interval));
        }
        let patience = self.seat.options.receive_timeout;
        if !patience.is_zero() && idle > patience {
            let error = self.machine.error(ErrorKind::TimedOut);
            let error = error.with_detail(format!("no data came for {} ms", patience.as_millis()));
            return self.abort(ErrorCode::NO_DATA, error);
        }
        if let Some((kind, cause)) = broken {
            // Why, the control connection may tell in a moment.
            if now >= *self.broken.get_or_insert(now + SECOND_THOUGHT) {
                let code = if sends { ErrorCode::STREAM_WRITE } else { ErrorCode::STREAM_READ };
                let error = self.machine.error(kind).with_detail(cause);
                return self.abort(code, error);
            }
        }
        self.hold_against_limit(now, moved);
    }

    fn hold_against_limit(&mut self, now: Instant, moved: u64) {
        let Some(limit) = self.seat.options.limits.rate else { return };
        let time = now.saturating_duration_since(self.window.0);
        if time < self.seat.options.rate_interval {
            return;
        }
        let rate = moved.saturating_sub(self.window.1) as f64 * 8.0 / time.as_secs_f64();
        self.window = (now, moved);
        if rate > limit.0 as f64 {
            let detail = format!("{} flow, but {limit} is granted", BitRate(rate as u64));
            let error = self.machine.error(ErrorKind::LimitReached).with_detail(detail);
            self.abort(ErrorCode::TOTAL_RATE, error);
        }
    }

    fn give_results(&mut self) {
        // The client sends its results meanwhile.
        self.flush();
        let now = Instant::now();
        let Some(flow) = &mut self.flow else { return };
        let interval = flow.stop(now, true);
        self.seat.leave();
        let mut results = flow.results();
        if let Some(interval) = interval {
            self.tell(Event::Interval(interval));
        }
        if let (Some(output), Some(flow)) = (self.output.take(), &self.flow) {
            results.server_output = Some(output.end(&flow.own_report()));
        }
        self.machine.results(&results, now);
        self.results = Some(results);
    }

    /// Says how far a test came that failed.
    fn abandon(&mut self) {
        let Some(flow) = self.flow.as_mut() else { return };
        let last = if self.results.is_none() { flow.stop(Instant::now(), false) } else { None };
        if flow.has_begun() {
            let report = flow.own_report();
            last.into_iter().for_each(|interval| self.seat.outlet.event(Event::Interval(interval)));
            self.seat.outlet.event(Event::Interrupted(Box::new(report)));
        }
    }

    fn tell(&mut self, event: Event) {
        if let Some(output) = &mut self.output {
            output.add(&event);
        }
        self.seat.outlet.event(event);
    }
}

impl Output {
    fn add(&mut self, event: &Event) {
        match self {
            // Beyond that the lines in the middle are left out.
            Self::Text(text, lines) if lines.len() < MOST_OUTPUT => lines.push_str(&text.event(event)),
            Self::Json(document) if document.len() < MOST_OUTPUT => document.add(event),
            _ => {}
        }
    }

    fn end(self, report: &crate::throughput::Report) -> crate::throughput::protocol::ServerOutput {
        use crate::throughput::protocol::ServerOutput;
        match self {
            Self::Text(mut text, mut lines) => {
                lines.push_str(&text.event(&Event::Finished(Box::new(report.clone()))));
                ServerOutput::Text(lines)
            }
            Self::Json(mut document) => {
                document.add(&Event::Finished(Box::new(report.clone())));
                ServerOutput::Json(serde_json::from_str(&document.compact()).unwrap_or_default())
            }
        }
    }
}

/// From a stream's end to the failure of the test.
const SECOND_THOUGHT: Duration = Duration::from_millis(500);
/// Octets of output that are kept for the client.
const MOST_OUTPUT: usize = 4 << 20;
