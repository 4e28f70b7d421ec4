//! The data streams of a test, and what they move while it runs.

use std::fs::File;
use std::net::Shutdown;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use socket2::Socket;

use super::disk_file;
use super::engine::{self, Finished, Outcome, Role, Running, Sample, Shared, Shortcuts, Task};
use super::latency::Histogram;
use super::observation::{Observer, Processors};
use super::protocol::{CpuUse, Parameters, Results, StreamResult, stream_id};
use super::report::{
    Course, Interval, Moved, Report, Side, StreamInfo, StreamInterval, StreamReport, TcpState, TcpSummary, Watch,
};
use super::sockets::plain_socket;
use super::{Direction, End, Options, Transport};
use crate::error::{Error, ErrorKind, Result};
use crate::netlink::TcpInfo;
use crate::sys;

/// All streams of one test at one end.
#[derive(Debug)]
pub(super) struct Flow {
    side: Side,
    parameters: Parameters,
    streams: Vec<Stream>,
    sending: Arc<Shared>,
    receiving: Arc<Shared>,
    every: Duration,
    /// Since when is counted; before the data flow, when it was made.
    start: Instant,
    last: Instant,
    omit_ends: Option<Instant>,
    next: Option<Instant>,
    /// When the streams are looked at next.
    look: Instant,
    end: Option<Instant>,
    received: u64,
    received_at: Instant,
    own_cpu: (Duration, Duration),
    cpu: (Duration, Duration),
    congestion: Option<String>,
    broken: Option<Error>,
    courses: Courses,
    processors: Processors,
    busiest: Option<f64>,
    round_trips: Histogram,
    begun: bool,
}

/// Of what is sent here, and of what is received.
#[derive(Debug, Default)]
struct Courses {
    sending: Course,
    receiving: Course,
}

#[derive(Debug)]
struct Stream {
    info: StreamInfo,
    running: Option<Running>,
    /// Held until the end: a socket that is closed early makes the peer fail.
    socket: Socket,
    file: Option<Arc<File>>,
    shortcuts: Shortcuts,
    base: Mark,
    last: Mark,
    now: Mark,
    tcp_info: Option<TcpInfo>,
    observer: Observer,
    summary: TcpSummary,
    samples: u32,
    rtts: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Mark {
    sample: Sample,
    retransmits: Option<u64>,
}

impl Flow {
    /// Makes a waiting thread for each of `sockets`, which are in the order of their making.
    pub(super) fn prepare(
        side: Side,
        parameters: &Parameters,
        sockets: Vec<Socket>,
        every: Duration,
        affinity: Option<usize>,
    ) -> Result<Self> {
        let budget = match parameters.options.end {
            End::Time(_) => None,
            End::Bytes(bytes) => Some(bytes),
            End::Blocks(blocks) => Some(blocks.saturating_mul(parameters.length as u64)),
        };
        // The server receives what comes: the client knows when enough came.
        let receives = budget.filter(|_| side == Side::Client);
        let block = if whole_blocks(&parameters.options) { parameters.length as u64 } else { 1 };
        let budget = budget.map(|octets| octets.checked_next_multiple_of(block).unwrap_or(octets));
        // It knows so, too, of datagrams from the server, of which some get lost.
        let datagrams = parameters.options.transport == Transport::Udp;
        let sending = match side {
            Side::Server if datagrams => Shared::with_grace(budget, GRACE)?,
            _ => Shared::new(budget)?,
        };
        let receiving = Shared::new(receives)?;
        let congestion = match parameters.options.transport {
            Transport::Tcp => sockets
                .first()
                .and_then(|socket| socket.tcp_congestion().ok())
                .map(|name| String::from_utf8_lossy(&name).trim_end_matches('\0').to_owned()),
            Transport::Udp => None,
        };
        let now = Instant::now();
        let mut flow = Self {
            side,
            parameters: parameters.clone(),
            streams: Vec::with_capacity(sockets.len()),
            sending,
            receiving,
            every,
            start: now,
            last: now,
            omit_ends: None,
            next: None,
            look: now,
            end: None,
            received: 0,
            received_at: now,
            own_cpu: sys::thread::usage(),
            cpu: Default::default(),
            congestion,
            broken: None,
            courses: Courses::default(),
            processors: Processors::now(now),
            busiest: None,
            round_trips: Histogram::default(),
            begun: false,
        };
        let allowed = affinity.map(|_| sys::thread::allowed()).unwrap_or_default();
        for (index, socket) in sockets.into_iter().enumerate() {
            let processor = affinity.map(|first| processor(&allowed, first, index));
            let stream = flow.stream(index, socket, processor)?;
            flow.streams.push(stream);
        }
        Ok(flow)
    }

    fn stream(&self, index: usize, socket: Socket, processor: Option<usize>) -> Result<Stream> {
        let failed = |error| Error::io(format!("set up data stream {}", index + 1), error);
        let options = &self.parameters.options;
        let address = |address: socket2::SockAddr| {
            address.as_socket().map(plain_socket).ok_or_else(|| failed(std::io::ErrorKind::InvalidData.into()))
        };
        let first = index < options.parallel as usize;
        let sender = match (options.direction, self.side) {
            (Direction::Forward, side) => side == Side::Client,
            (Direction::Reverse, side) => side == Side::Server,
            (Direction::Bidirectional, side) => first == (side == Side::Client),
        };
        let info = StreamInfo {
            id: stream_id(index),
            socket: socket.as_raw_fd(),
            local: address(socket.local_addr().map_err(failed)?)?,
            remote: address(socket.peer_addr().map_err(failed)?)?,
            sender,
        };
        let kept = socket.try_clone().map_err(failed)?;
        let file = options.file.as_ref().map(|path| disk_file::open(path, sender)).transpose()?.map(Arc::new);
        let mut task =
            Task::new(options.transport, if sender { Role::Sender } else { Role::Receiver }, self.parameters.length);
        task.rate = options.effective_rate();
        task.pacing_timer = options.pacing_timer;
        task.file = file.clone();
        task.burst = options.burst;
        task.whole_blocks = whole_blocks(options);
        task.counters64 = options.udp_counters_64bit;
        task.zero_copy = options.zero_copy;
        task.skip_rx_copy = options.skip_rx_copy;
        // The wire is the same with and without.
        (task.gso, task.gro) = (true, true);
        task.repeating_payload = options.repeating_payload;
        task.exchange = options.exchange;
        task.affinity = processor;
        let running = engine::start(task, socket, if sender { &self.sending } else { &self.receiving })?;
        let mark = Mark { sample: running.sample(), retransmits: None };
        Ok(Stream {
            info,
            running: Some(running),
            socket: kept,
            file,
            shortcuts: Shortcuts::default(),
            base: mark,
            last: mark,
            now: mark,
            tcp_info: None,
            observer: Observer::default(),
            summary: TcpSummary::default(),
            samples: 0,
            rtts: Duration::ZERO,
        })
    }

    pub(super) fn infos(&self) -> Vec<StreamInfo> {
        self.streams.iter().map(|stream| stream.info).collect()
    }

    /// Buffers of the first socket, as the kernel has them.
    pub(super) fn buffers(&self) -> (usize, usize) {
        self.streams.first().map_or((0, 0), |stream| {
            (stream.socket.send_buffer_size().unwrap_or(0), stream.socket.recv_buffer_size().unwrap_or(0))
        })
    }

    /// Lets the data flow.
    pub(super) fn go(&mut self, now: Instant) {
        let (omit, end) = (self.parameters.options.omit, self.parameters.options.end);
        let omitting = !omit.is_zero();
        self.begun = true;
        for shared in [&self.sending, &self.receiving] {
            if omitting { shared.omit() } else { shared.go() }
        }
        self.begin(now);
        self.received_at = now;
        self.omit_ends = omitting.then(|| now + omit);
        self.end = match end {
            End::Time(time) if !time.is_zero() => Some(now + omit + time),
            _ => None,
        };
    }

    /// Whether data flow, or did.
    pub(super) fn has_begun(&self) -> bool {
        self.begun
    }

    /// When [`poll`](Self::poll) is due.
    pub(super) fn deadline(&self, now: Instant) -> Option<Instant> {
        let timed = [self.omit_ends, self.next, self.end].into_iter().flatten().min();
        let look = self.look.max(now).min(now + self.sampling());
        Some(timed.map_or(look, |due| due.min(look)))
    }

    /// What can be read when a budget is spent or a stream has ended.
    pub(super) fn notices(&self) -> [BorrowedFd<'_>; 2] {
        [self.sending.notice(), self.receiving.notice()]
    }

    /// The interval that is over, if one is.
    pub(super) fn poll(&mut self, now: Instant) -> Option<Interval> {
        if self.look <= now {
            self.look(now);
            self.look = (self.look + self.sampling()).max(now);
        }
        if self.omit_ends.is_some_and(|end| end <= now) {
            let interval = self.interval(now);
            self.end_omit(now);
            return Some(interval).filter(|_| !self.every.is_zero());
        }
        let due = self.next.is_some_and(|next| next <= now);
        // The last one is made when the test ends.
        let last = self.end.is_some_and(|end| end <= now + END_IS_NEAR) && self.side == Side::Client;
        if !due || last {
            return None;
        }
        self.next = self.next.map(|next| (next + self.every).max(now));
        Some(self.interval(now))
    }

    /// Whether the client's end condition is met.
    pub(super) fn is_over(&mut self, now: Instant) -> bool {
        if self.end.is_some_and(|end| end <= now) || self.is_spent() {
            return true;
        }
        // Datagrams that were lost never come: a sender that went silent has sent all.
        let budget = self.end.is_none() && self.parameters.options.end != End::Time(Duration::ZERO);
        let datagrams = self.parameters.options.transport == Transport::Udp;
        let reverse = self.parameters.options.direction == Direction::Reverse;
        budget && datagrams && reverse && self.idle(now) > SILENCE && self.received > 0
    }

    /// Whether some stream sends from here.
    pub(super) fn sends(&self) -> bool {
        self.streams.iter().any(|stream| stream.info.sender)
    }

    /// Whether the octets that were to be moved are.
    pub(super) fn is_spent(&self) -> bool {
        self.sending.budget_spent() || self.receiving.budget_spent()
    }

    /// How long no receiver here got anything; zero when there is none.
    pub(super) fn idle(&mut self, now: Instant) -> Duration {
        let receivers = self.streams.iter().filter(|stream| !stream.info.sender);
        let mut bytes = None;
        for stream in receivers {
            bytes = Some(bytes.unwrap_or(0) + stream.bytes());
        }
        match bytes {
            Some(bytes) if bytes == self.received => now.saturating_duration_since(self.received_at),
            Some(bytes) => {
                (self.received, self.received_at) = (bytes, now);
                Duration::ZERO
            }
            None => Duration::ZERO,
        }
    }

    /// Takes in the streams that ended on their own; why one did that should not have.
    pub(super) fn broken(&mut self) -> Option<&Error> {
        for stream in &mut self.streams {
            if let Some(running) = stream.running.take_if(|running| running.has_ended()) {
                let finished = running.finish(Instant::now());
                let id = stream.info.id;
                let operation = || format!("move data on stream {id}");
                let error = match &finished.outcome {
                    Outcome::Stopped => None,
                    Outcome::PeerClosed => {
                        Some(Error::new(ErrorKind::Io, operation()).with_detail("the peer closed it"))
                    }
                    Outcome::Failed(error) => {
                        Some(Error::new(error.kind(), operation()).with_detail(error.to_string()))
                    }
                };
                self.broken = self.broken.take().or(error);
                self.round_trips.add(&finished.round_trips);
                stream.end(finished, &mut self.cpu);
            }
        }
        self.broken.as_ref()
    }

    /// Octets that all streams moved so far.
    pub(super) fn moved(&self) -> u64 {
        self.streams.iter().map(Stream::bytes).sum()
    }

    /// Stops all streams and counts for the last time. `drain`: what has come already is read.
    pub(super) fn stop(&mut self, now: Instant, drain: bool) -> Option<Interval> {
        self.look(now);
        self.busiest = Processors::now(now).busiest_since(&self.processors);
        self.sending.stop();
        if drain {
            self.receiving.drain()
        } else {
            self.receiving.stop()
        }
        let counted = self.parameters.options.end != End::Time(Duration::ZERO) && self.end.is_none();
        let until = now + STOPPING;
        self.finish(until, true);
        if self.side == Side::Client && (counted || self.is_spent()) {
            self.wait_for_acknowledgments();
        }
        self.finish(until, false);
        let mut bytes = 0;
        // A client of iperf3 may wait for more data, or their end, before it looks at its control connection.
        let says_end = self.side == Side::Server && self.parameters.options.transport == Transport::Tcp;
        for stream in self.streams.iter().filter(|stream| says_end && stream.info.sender) {
            let _ = stream.socket.shutdown(Shutdown::Write);
        }
        for stream in &self.streams {
            bytes += stream.now.sample.totals.bytes.saturating_sub(stream.last.sample.totals.bytes);
        }
        let (user, system) = sys::thread::usage();
        self.cpu.0 += user.saturating_sub(self.own_cpu.0);
        self.cpu.1 += system.saturating_sub(self.own_cpu.1);
        let long = now.saturating_duration_since(self.last) * 10 >= self.every;
        let interval = self.close_interval(now);
        Some(interval).filter(|_| long || bytes > 0)
    }

    /// Waits for the ends of all streams that send, or that receive.
    fn finish(&mut self, until: Instant, senders: bool) {
        for stream in self.streams.iter_mut().filter(|stream| stream.info.sender == senders) {
            let Some(running) = stream.running.take() else { continue };
            let finished = running.finish(until);
            self.round_trips.add(&finished.round_trips);
            stream.end(finished, &mut self.cpu);
        }
    }

    /// What this end says to the peer.
    pub(super) fn results(&self) -> Results {
        let time = self.last.saturating_duration_since(self.start);
        let sends = self.sends();
        let told = self.streams.iter().any(|stream| stream.info.sender && stream.now.retransmits.is_some());
        Results {
            cpu: self.cpu_use(),
            sender_has_retransmits: if sends { i64::from(told) } else { -1 },
            congestion_used: self.congestion.clone(),
            server_output: None,
            streams: self.streams.iter().map(|stream| self.result(stream, time)).collect(),
        }
    }

    /// The report of this end alone: of the peer there are zeros.
    pub(super) fn own_report(&self) -> Report {
        let time = self.last.saturating_duration_since(self.start);
        Report {
            side: self.side,
            streams: self
                .streams
                .iter()
                .map(|stream| self.stream_report(stream, time, &StreamResult::default()))
                .collect(),
            local_cpu: self.cpu_use(),
            remote_cpu: CpuUse::default(),
            local_congestion: self.congestion.clone(),
            remote_congestion: None,
            server_output: None,
            sending: self.courses.sending.clone(),
            receiving: self.courses.receiving.clone(),
            round_trips: self.round_trips.clone(),
        }
    }

    /// The report of the whole test with what the peer says.
    pub(super) fn report(&self, peer: &Results) -> Result<Report> {
        let time = self.last.saturating_duration_since(self.start);
        let streams = self.streams.iter().map(|stream| {
            let id = stream.info.id;
            let other = peer.stream(id).ok_or_else(|| {
                Error::new(ErrorKind::Malformed, "exchange results").with_detail(format!("stream {id} is missing"))
            })?;
            Ok(self.stream_report(stream, time, other))
        });
        Ok(Report {
            side: self.side,
            streams: streams.collect::<Result<_>>()?,
            local_cpu: self.cpu_use(),
            remote_cpu: peer.cpu,
            local_congestion: self.congestion.clone(),
            remote_congestion: peer.congestion_used.clone(),
            server_output: peer.server_output.clone(),
            sending: self.courses.sending.clone(),
            receiving: self.courses.receiving.clone(),
            round_trips: self.round_trips.clone(),
        })
    }

    /// What the peer is told of a stream.
    fn result(&self, stream: &Stream, time: Duration) -> StreamResult {
        let watch = self.parameters.options.extension && self.side == Side::Server;
        StreamResult { watch: watch.then(|| self.watch(stream)), ..stream.result(time) }
    }

    fn stream_report(&self, stream: &Stream, time: Duration, other: &StreamResult) -> StreamReport {
        StreamReport { watch: self.watch(stream), peer_watch: other.watch, ..stream.report(time, other) }
    }

    fn watch(&self, stream: &Stream) -> Watch {
        let thousandths = |share: f64| (share * 1000.0) as u64;
        let mut watch = stream.observer.watch(stream.info.sender);
        watch.processor = self.busiest.map(thousandths);
        if !stream.info.sender {
            watch.variation = self.courses.receiving.variation(STEADY).map(thousandths);
        }
        watch
    }

    fn sampling(&self) -> Duration {
        self.parameters.options.sampling.max(LEAST_SAMPLING)
    }

    /// Takes a sample of everything.
    fn look(&mut self, now: Instant) {
        let (mut sent, mut received) = (0, 0);
        for stream in &mut self.streams {
            if let Some(running) = &stream.running {
                stream.observer.see(&running.sample(), running.tcp_info(), running.scheduled());
            }
            if stream.info.sender {
                sent += stream.observer.acknowledged().unwrap_or_else(|| stream.bytes());
                if let Some(rtt) = stream.observer.rtt() {
                    self.courses.sending.rtt.record(rtt);
                }
            } else {
                received += stream.bytes();
            }
        }
        let at = now.saturating_duration_since(self.start);
        self.courses.sending.push(at, sent);
        self.courses.receiving.push(at, received);
    }

    fn begin(&mut self, now: Instant) {
        (self.start, self.last) = (now, now);
        (self.courses, self.processors) = (Courses::default(), Processors::now(now));
        self.look(now);
        self.streams.iter_mut().for_each(|stream| stream.observer.begin());
        self.look = now + self.sampling();
        self.next = (!self.every.is_zero()).then(|| now + self.every);
    }

    fn end_omit(&mut self, now: Instant) {
        self.sending.go();
        self.receiving.go();
        self.omit_ends = None;
        self.begin(now);
        for stream in &mut self.streams {
            stream.base = stream.now;
            (stream.summary, stream.samples, stream.rtts) = Default::default();
        }
    }

    fn interval(&mut self, now: Instant) -> Interval {
        for stream in &mut self.streams {
            if let Some(running) = &stream.running {
                let (sample, info) = (running.sample(), running.tcp_info());
                stream.take(&sample, info);
            }
        }
        self.close_interval(now)
    }

    fn close_interval(&mut self, now: Instant) -> Interval {
        let start = self.last.saturating_duration_since(self.start);
        let end = now.saturating_duration_since(self.start);
        self.last = now;
        let streams = self.streams.iter_mut().map(|stream| {
            let moved = stream.now.since(&stream.last, end - start, stream.info.sender);
            stream.last = stream.now;
            let tcp = stream.tcp_info.as_ref().filter(|_| stream.info.sender).map(TcpState::new);
            StreamInterval { stream: stream.info, moved, tcp, tcp_info: stream.tcp_info }
        });
        Interval { start, end, omitted: self.omit_ends.is_some(), streams: streams.collect() }
    }

    /// Until the peer's kernel has what was sent: what the peer counts then is what was sent.
    fn wait_for_acknowledgments(&self) {
        let until = Instant::now() + ACKNOWLEDGMENTS;
        let pending = |stream: &Stream| {
            let info = if stream.info.sender { engine::tcp_info(&stream.socket) } else { None };
            info.is_some_and(|info| info.unacked().unwrap_or(0) > 0 || info.notsent_bytes().unwrap_or(0) > 0)
        };
        while self.streams.iter().any(pending) && Instant::now() < until {
            thread::sleep(Duration::from_millis(1));
        }
        if self.parameters.options.file.is_none() {
            return thread::sleep(READING);
        }
        // iperf3 waits for whole blocks, but takes the end for what makes a last one.
        let mut behind = 0;
        for stream in self.streams.iter().filter(|stream| stream.info.sender) {
            let _ = stream.socket.shutdown(Shutdown::Write);
            behind += stream.unacknowledged();
        }
        thread::sleep(WRITING + Duration::from_secs_f64(behind as f64 / SLOW_DISK).min(ACKNOWLEDGMENTS));
    }

    fn cpu_use(&self) -> CpuUse {
        let time = self.last.saturating_duration_since(self.start) + self.parameters.options.omit;
        let percent = |used: Duration| match time.as_secs_f64() {
            seconds if seconds > 0.0 => used.as_secs_f64() * 100.0 / seconds,
            _ => 0.0,
        };
        CpuUse { total: percent(self.cpu.0 + self.cpu.1), user: percent(self.cpu.0), system: percent(self.cpu.1) }
    }
}

impl Stream {
    /// Octets so far.
    fn bytes(&self) -> u64 {
        self.running.as_ref().map_or(self.now.sample.totals.bytes, |running| running.sample().totals.bytes)
    }

    /// Octets that the other end had not acknowledged when it was last looked at.
    fn unacknowledged(&self) -> u64 {
        self.observer.acknowledged().map_or(0, |acknowledged| self.bytes().saturating_sub(acknowledged))
    }

    fn end(&mut self, finished: Finished, cpu: &mut (Duration, Duration)) {
        self.take(&finished.sample, finished.tcp_info);
        cpu.0 += finished.cpu.user;
        cpu.1 += finished.cpu.system;
        self.shortcuts = finished.shortcuts;
    }

    fn take(&mut self, sample: &Sample, info: Option<TcpInfo>) {
        let retransmits = info.as_ref().filter(|_| self.info.sender).and_then(TcpInfo::total_retrans).map(u64::from);
        self.now = Mark { sample: *sample, retransmits };
        self.tcp_info = info;
        let Some(state) = info.as_ref().filter(|_| self.info.sender).map(TcpState::new) else { return };
        let summary = &mut self.summary;
        summary.max_congestion_window = summary.max_congestion_window.max(state.congestion_window);
        summary.max_send_window = summary.max_send_window.max(state.send_window);
        summary.max_rtt = summary.max_rtt.max(state.rtt);
        summary.min_rtt = if self.samples == 0 { state.rtt } else { summary.min_rtt.min(state.rtt) };
        (summary.reordering, summary.reordering_seen) = (state.reordering, state.reordering_seen);
        self.samples += 1;
        self.rtts += state.rtt;
        summary.mean_rtt = self.rtts / self.samples;
    }

    fn moved(&self, time: Duration) -> Moved {
        let sample = Sample { totals: self.now.sample.omitted, ..self.base.sample };
        self.now.since(&Mark { sample, ..self.base }, time, self.info.sender)
    }

    fn result(&self, time: Duration) -> StreamResult {
        let moved = self.moved(time);
        let (all, omitted) = (&self.now.sample.totals, &self.now.sample.omitted);
        let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        StreamResult {
            id: self.info.id,
            bytes: moved.bytes,
            retransmits: moved.retransmits.map_or(-1, whole),
            jitter: moved.jitter.as_secs_f64(),
            errors: whole(all.lost),
            omitted_errors: Some(whole(omitted.lost)),
            packets: whole(all.packets),
            omitted_packets: Some(whole(omitted.packets)),
            start_time: Some(0.0),
            end_time: Some(time.as_secs_f64()),
            watch: None,
        }
    }

    fn report(&self, time: Duration, other: &StreamResult) -> StreamReport {
        let own = self.moved(time);
        let told = other.end_time.filter(|time| *time > 0.0 && *time < LONGEST).map_or(time, Duration::from_secs_f64);
        let tcp = self.tcp_info.is_some();
        let count = |all: i64, omitted: Option<i64>| all.saturating_sub(omitted.unwrap_or(0)).max(0);
        // Before 3.14 the peer does not tell what it omitted: about as much as this end.
        let omitted = other.omitted_packets.or(i64::try_from(self.now.sample.omitted.packets).ok());
        let peer = Moved {
            bytes: other.bytes,
            time: told,
            // Of datagrams iperf3 says anything.
            retransmits: u64::try_from(other.retransmits).ok().filter(|_| tcp && !self.info.sender),
            packets: u64::try_from(count(other.packets, omitted)).unwrap_or(0),
            lost: count(other.errors, other.omitted_errors),
            out_of_order: 0,
            jitter: Duration::try_from_secs_f64(other.jitter).unwrap_or_default(),
        };
        let (sent, received) = if self.info.sender { (own, peer) } else { (peer, own) };
        let tcp = self.tcp_info.filter(|_| self.info.sender).map(|_| self.summary);
        StreamReport {
            stream: self.info,
            sent,
            received,
            tcp,
            tcp_info: self.tcp_info,
            shortcuts: self.shortcuts,
            file_size: self.file.as_ref().and_then(|file| file.metadata().ok()).map(|file| file.len()),
            watch: Watch::default(),
            peer_watch: None,
        }
    }
}

impl Mark {
    fn since(&self, before: &Self, time: Duration, sender: bool) -> Moved {
        let (now, then) = (&self.sample.totals, &before.sample.totals);
        Moved {
            bytes: now.bytes.saturating_sub(then.bytes),
            time,
            retransmits: self.retransmits.map(|count| count.saturating_sub(before.retransmits.unwrap_or(0))),
            packets: now.packets.saturating_sub(then.packets),
            lost: i64::try_from(now.lost).unwrap_or(i64::MAX).saturating_sub_unsigned(then.lost),
            out_of_order: now.out_of_order.saturating_sub(then.out_of_order),
            jitter: if sender { Duration::ZERO } else { Duration::from_nanos(now.jitter_ns) },
        }
    }
}

/// Whether whole blocks are to be sent: iperf3 always does, and from 3.21 on waits for them.
fn whole_blocks(options: &Options) -> bool {
    options.transport == Transport::Tcp && options.file.is_none() && options.exchange.is_none() && !options.extension
}

/// Where the stream `index` runs when the first runs on the CPU `first`: on those that follow, of the `allowed`.
fn processor(allowed: &[usize], first: usize, index: usize) -> usize {
    let place = allowed.iter().position(|cpu| *cpu == first);
    place.and_then(|place| allowed.get((place + index) % allowed.len())).copied().unwrap_or(first)
}

/// Samples are not taken more often.
const LEAST_SAMPLING: Duration = Duration::from_millis(10);
/// The rates over such times are compared to tell whether data come steadily.
const STEADY: Duration = Duration::from_millis(200);
/// An interval that would end as near to the end is not made.
const END_IS_NEAR: Duration = Duration::from_millis(20);
/// After so long without datagrams, all are thought sent.
const SILENCE: Duration = Duration::from_secs(2);
/// A client that has all it wanted says so within a round trip; iperf3 since 3.16 only at the end of its interval.
const GRACE: Duration = Duration::from_millis(100);
/// For the threads to end.
const STOPPING: Duration = Duration::from_secs(2);
/// For the peer's kernel to have everything, and for the peer to read it.
const ACKNOWLEDGMENTS: Duration = Duration::from_secs(2);
const READING: Duration = Duration::from_millis(5);
/// For the peer to write what it has to a file: iperf3 drops what it has not read when the test ends.
const WRITING: Duration = Duration::from_millis(100);
/// Octets a second that it writes at least: so much longer it is given for what it had not acknowledged at the end.
const SLOW_DISK: f64 = 20e6;
/// Seconds that a peer may say that it measured.
const LONGEST: f64 = 1e9;
