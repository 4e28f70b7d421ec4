//! What is known of a direction, and what it says.

use super::super::report::{Moved, Report, Start, Watch};
use super::super::{BitRate, Transport};
use super::{Evidence, Limit, Limitation, Threshold, Unit};

/// What is known of one direction; shares are of the time, rates in bits per second.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    transport: Transport,
    /// Of all streams together, and how many those are.
    rate: f64,
    streams: f64,
    target: Option<f64>,
    sender: End,
    receiver: End,
    busy: Option<f64>,
    window_limited: Option<f64>,
    buffer_limited: Option<f64>,
    /// Octets on the way, by rate and round trip time.
    on_the_way: Option<f64>,
    max_send_window: Option<f64>,
    rtt: Option<f64>,
    min_rtt: Option<f64>,
    /// Segments sent again or datagrams lost, as a share of those sent.
    loss: f64,
    variation: Option<f64>,
    mss: Option<f64>,
    path_mtu: Option<f64>,
    /// Payload octets of a packet, packets that came in a second, and packets sent in all.
    packet: f64,
    packets: f64,
    sent: f64,
    /// Datagrams dropped at the receiver's socket, refused at the sender's, as shares of those sent.
    drops: f64,
    unsent: f64,
}

/// One end: shares of one processor, of the stream that had most.
#[derive(Clone, Copy, Debug, Default)]
struct End {
    running: f64,
    /// `None` where nobody tells.
    waiting: Option<f64>,
    /// The processor of the host that worked most.
    processor: Option<f64>,
}

impl End {
    fn wanted(&self) -> f64 {
        self.running + self.waiting.unwrap_or(0.0)
    }

    /// The time that others had the processor, if that was much beside the time that it had it.
    fn starved(&self) -> Option<f64> {
        self.waiting.filter(|waiting| *waiting >= STARVED && *waiting >= self.running * STARVED_OF_RUNNING)
    }
}

impl Facts {
    pub(super) fn of(start: &Start, report: &Report, local: bool) -> Option<Self> {
        let streams: Vec<_> = report.streams.iter().filter(|stream| stream.stream.sender == local).collect();
        let first = streams.first()?;
        let (sent, received) = report.sum(local);
        let seconds = sent.time.max(received.time).as_secs_f64();
        if seconds <= 0.0 {
            return None;
        }
        let options = &start.parameters.options;
        let told: Vec<_> = streams.iter().map(|stream| (stream.watch, stream.peer_watch.unwrap_or_default())).collect();
        let senders = || told.iter().map(|(own, peer)| if local { own } else { peer });
        let receivers = || told.iter().map(|(own, peer)| if local { peer } else { own });
        let count = streams.len() as f64;
        let cpu = |own: bool| if own { report.local_cpu.total } else { report.remote_cpu.total } / 100.0;
        let own_cpu_streams = report.streams.len() as f64;
        let end = |watches: &mut dyn Iterator<Item = &Watch>, own| End::of(watches, seconds, cpu(own), own_cpu_streams);
        let share = |of: fn(&Watch) -> Option<std::time::Duration>| {
            let times: Option<Vec<_>> = senders().map(of).collect();
            times.map(|times| times.iter().map(|time| time.as_secs_f64()).sum::<f64>() / seconds / count)
        };
        let mean = |of: fn(&Watch) -> Option<f64>, receiver: bool| {
            let values: Option<Vec<_>> =
                if receiver { receivers().map(of).collect() } else { senders().map(of).collect() };
            values.map(|values| values.iter().sum::<f64>() / count)
        };
        let rate = received.bits_per_second();
        let rtt = mean(|watch| Some(watch.rtt?.as_secs_f64()), false)
            .or_else(|| mean(|watch| Some(watch.receive_rtt?.as_secs_f64()), true));
        let mss = mean(|watch| Some(watch.mss? as f64), false).or_else(|| mean(|watch| Some(watch.mss? as f64), true));
        let tcp = options.transport == Transport::Tcp;
        let packet = if tcp { mss.unwrap_or(0.0) } else { start.parameters.length as f64 };
        let packets = if packet > 0.0 { rate / 8.0 / packet } else { 0.0 };
        let sum = |of: fn(&Watch) -> Option<u64>, receiver: bool| -> f64 {
            let of = |watch: &Watch| of(watch).unwrap_or(0) as f64;
            if receiver { receivers().map(of).sum() } else { senders().map(of).sum() }
        };
        let sent_packets = if tcp {
            sum(|watch| watch.segments, false).max(sent.bytes as f64 / packet.max(1.0))
        } else {
            sent.packets as f64
        };
        let lost = if tcp { sent.retransmits.unwrap_or(0) as f64 } else { lost_datagrams(&sent, &received, count) };
        let of_sent = |count: f64| if sent_packets > 0.0 { count / sent_packets } else { 0.0 };
        let course = if local { &report.sending } else { &report.receiving };
        let steady = std::time::Duration::from_secs_f64((rtt.unwrap_or(0.0) * 2.0).clamp(0.2, 10.0));
        let arrivals = receivers().find_map(|watch| watch.variation).map(|thousandths| thousandths as f64 / 1000.0);
        let variation = if local && !tcp { arrivals } else { arrivals.or_else(|| course.variation(steady)) };
        Some(Self {
            transport: options.transport,
            rate,
            streams: count,
            target: options.effective_rate().map(|BitRate(rate)| rate as f64 * count),
            sender: end(&mut senders(), local),
            receiver: end(&mut receivers(), !local),
            busy: share(|watch| watch.busy),
            window_limited: share(|watch| watch.window_limited),
            buffer_limited: share(|watch| watch.buffer_limited),
            on_the_way: rtt.map(|rtt| rate / 8.0 / count * rtt),
            max_send_window: mean(|watch| Some(watch.max_send_window? as f64), false)
                .or_else(|| mean(|watch| Some(watch.receive_window? as f64), true)),
            rtt,
            min_rtt: mean(|watch| Some(watch.min_rtt?.as_secs_f64()), false),
            loss: of_sent(lost),
            variation,
            mss,
            path_mtu: mean(|watch| Some(watch.path_mtu? as f64), false)
                .or_else(|| first.tcp_info.and_then(|info| info.pmtu()).map(f64::from)),
            packet,
            packets,
            sent: sent_packets,
            drops: of_sent(sum(|watch| watch.drops, true)),
            unsent: of_sent(sum(|watch| watch.unsent, false)),
        })
    }

    /// All that speaks for something, the surest first.
    pub(super) fn judge(&self) -> Vec<Limitation> {
        let found = [
            self.black_hole(),
            self.pacing(),
            self.receive_window(),
            self.send_buffer(),
            self.shaper(),
            self.congestion(),
            self.sender_cpu(),
            self.receiver_cpu(),
            self.small_packets(),
            Some(self.machine()),
        ];
        let mut found: Vec<_> = found.into_iter().flatten().collect();
        found.sort_by(|one, other| other.confidence.total_cmp(&one.confidence));
        found
    }

    /// The first octets of each stream came, which are few, and none of the full packets that followed.
    fn black_hole(&self) -> Option<Limitation> {
        if self.rate > 0.0 || self.sent < SWALLOWED || self.loss < LOST || self.drops >= DROPS {
            return None;
        }
        let mut evidence = vec![
            at_least("packets sent, of which none came", self.sent, Unit::Count, SWALLOWED),
            told("payload of a packet", self.packet, Unit::Octets),
        ];
        evidence.extend(self.path_mtu.map(|mtu| told("path MTU", mtu, Unit::Octets)));
        Some(Limitation { limit: Limit::PathMtu, confidence: 0.85, evidence })
    }

    fn pacing(&self) -> Option<Limitation> {
        let least = self.target? * REACHED;
        let evidence = vec![at_least("rate", self.rate, Unit::BitRate, least)];
        (self.rate >= least).then_some(Limitation { limit: Limit::Pacing, confidence: 0.95, evidence })
    }

    /// The share of the window that is in use.
    fn window_use(&self) -> Option<f64> {
        Some(self.on_the_way? / self.max_send_window.filter(|window| *window > 0.0)?)
    }

    fn is_window_limited(&self) -> bool {
        self.window_use().is_some_and(|used| used >= WINDOW_USED)
            && self.window_limited.is_none_or(|limited| limited >= WINDOW_LIMITED)
    }

    fn receive_window(&self) -> Option<Limitation> {
        let (used, window) = (self.window_use()?, self.max_send_window?);
        if !self.is_window_limited() {
            return None;
        }
        let mut evidence = vec![
            at_least("share of the receive window on the way", used, Unit::Share, WINDOW_USED),
            told("receive window", window, Unit::Octets),
            told("round trip time", self.rtt?, Unit::Seconds),
        ];
        // Where the sender's kernel does not tell, arithmetic alone speaks.
        let known = self.window_limited.map(|limited| {
            evidence.push(at_least("time limited by the receive window", limited, Unit::Share, WINDOW_LIMITED));
        });
        let confidence = if known.is_some() { 0.9 } else { 0.7 };
        Some(Limitation { limit: Limit::ReceiveWindow, confidence, evidence })
    }

    fn is_buffer_limited(&self) -> bool {
        self.buffer_limited.is_some_and(|limited| limited >= BUFFER_LIMITED)
    }

    fn send_buffer(&self) -> Option<Limitation> {
        let limited = self.buffer_limited.filter(|limited| *limited >= BUFFER_LIMITED)?;
        let mut evidence = vec![at_least("time limited by the send buffer", limited, Unit::Share, BUFFER_LIMITED)];
        evidence.extend(self.on_the_way.map(|octets| told("on the way", octets, Unit::Octets)));
        evidence.extend(self.rtt.map(|rtt| told("round trip time", rtt, Unit::Seconds)));
        Some(Limitation { limit: Limit::SendBuffer, confidence: 0.6 + 0.35 * limited.min(1.0), evidence })
    }

    /// Whether both ends have processor time to spare, and no buffer keeps them.
    fn is_calm(&self) -> bool {
        self.sender.wanted() < CALM
            && self.receiver.wanted() < CALM
            && !self.is_window_limited()
            && !self.is_buffer_limited()
    }

    /// How much longer than the shortest a round trip takes, when a queue makes it so.
    fn queue(&self) -> Option<f64> {
        let (rtt, least) = (self.rtt?, self.min_rtt?);
        let stretched = rtt / least.max(1e-6);
        (stretched >= QUEUE && rtt - least >= QUEUE_SECONDS).then_some(stretched)
    }

    fn shaper(&self) -> Option<Limitation> {
        let reached = self.target.is_some_and(|target| self.rate >= target * REACHED);
        if !self.is_calm() || reached || self.drops >= DROPS {
            return None;
        }
        let steady = self.variation.filter(|variation| *variation <= STEADY);
        let roughly = self.variation.is_none_or(|variation| variation <= ROUGHLY_STEADY);
        let mut evidence = vec![told("rate", self.rate, Unit::BitRate)];
        evidence
            .extend(self.variation.map(|variation| at_most("variation of the rate", variation, Unit::Share, STEADY)));
        evidence.push(at_most("busier end's wish for a processor", self.busier(), Unit::Share, CALM));
        let queue = self.queue();
        evidence.extend(queue.map(|queue| at_least("round trip time, of the shortest", queue, Unit::Count, QUEUE)));
        let excess = match self.transport {
            Transport::Tcp => false,
            Transport::Udp => self.loss >= LOST || self.unsent >= LOST,
        };
        if excess {
            evidence.push(at_least("datagrams lost", self.loss.max(self.unsent), Unit::Share, LOST));
        }
        let confidence = match (steady.is_some(), queue.is_some() || excess) {
            (true, true) => 0.95,
            (true, false) => 0.8,
            (false, true) if roughly => 0.75,
            _ => return None,
        };
        Some(Limitation { limit: Limit::Shaper, confidence, evidence })
    }

    /// The rate that Reno has at this loss and distance (Mathis et al., 1997); CUBIC's is up to several times that.
    fn by_loss(&self) -> Option<f64> {
        Some(self.mss? * 8.0 / self.rtt?.max(1e-6) * 1.22 / self.loss.sqrt()).filter(|rate| rate.is_finite())
    }

    fn congestion(&self) -> Option<Limitation> {
        let least = if self.transport == Transport::Tcp { LOST_SEGMENTS } else { LOST };
        if self.loss < least || !self.is_calm() {
            return None;
        }
        let what = if self.transport == Transport::Tcp { "segments sent again" } else { "datagrams lost" };
        let mut evidence = vec![at_least(what, self.loss, Unit::Share, least)];
        let mut confidence: f64 = 0.6;
        if let (Some(rate), Some(rtt)) = (self.by_loss(), self.rtt) {
            evidence.push(told("round trip time", rtt, Unit::Seconds));
            evidence.push(told("rate that this loss allows a stream of Reno", rate, Unit::BitRate));
            // Loss that the sender does not heed does not limit it, and what a full queue drops follows from another limit.
            confidence = match (0.3..=4.0).contains(&(self.rate / self.streams.max(1.0) / rate)) {
                true if self.queue().is_some() => 0.7,
                true => 0.85,
                false => 0.35,
            };
        }
        evidence.extend(self.busy.map(|busy| told("time with something to send", busy, Unit::Share)));
        Some(Limitation { limit: Limit::Congestion, confidence, evidence })
    }

    /// The more of a processor that either end's stream wants.
    fn busier(&self) -> f64 {
        self.sender.wanted().max(self.receiver.wanted())
    }

    fn sender_cpu(&self) -> Option<Limitation> {
        let waiting = self.sender.starved().filter(|waiting| *waiting >= self.receiver.waiting.unwrap_or(0.0))?;
        let mut evidence = vec![
            at_least("sender ready to run, without a processor", waiting, Unit::Share, STARVED),
            told("sender running", self.sender.running, Unit::Share),
        ];
        evidence.extend(self.busy.map(|busy| told("time with something to send", busy, Unit::Share)));
        Some(Limitation { limit: Limit::SenderCpu, confidence: 0.7 + 0.3 * waiting.min(1.0), evidence })
    }

    fn receiver_cpu(&self) -> Option<Limitation> {
        if self.drops >= DROPS {
            let evidence = vec![at_least("datagrams that nobody fetched in time", self.drops, Unit::Share, DROPS)];
            return Some(Limitation { limit: Limit::ReceiverCpu, confidence: 0.85, evidence });
        }
        if let Some(waiting) = self.receiver.starved() {
            if waiting < self.sender.waiting.unwrap_or(0.0) {
                return None;
            }
            let evidence = vec![
                at_least("receiver ready to run, without a processor", waiting, Unit::Share, STARVED),
                told("receiver running", self.receiver.running, Unit::Share),
            ];
            return Some(Limitation { limit: Limit::ReceiverCpu, confidence: 0.7 + 0.3 * waiting.min(1.0), evidence });
        }
        // Of an iperf3 receiver its window tells: it closes while there is room for far more on the way.
        let (limited, used) = (self.window_limited?, self.window_use()?);
        let is_slow = self.receiver.waiting.is_none() && limited >= CLOSED && used < WINDOW_USED / 2.0;
        let evidence = vec![
            at_least("time limited by the receive window", limited, Unit::Share, CLOSED),
            at_most("share of the receive window on the way", used, Unit::Share, WINDOW_USED / 2.0),
            at_most("receiver running", self.receiver.running, Unit::Share, BUSY),
        ];
        let is_slow = is_slow && self.receiver.running < BUSY && self.sender.running < BUSY;
        is_slow.then_some(Limitation { limit: Limit::ReceiverCpu, confidence: 0.75, evidence })
    }

    fn small_packets(&self) -> Option<Limitation> {
        let busier = self.busier();
        // Two ends that share a processor fill it together.
        let is_busy = busier >= BUSY || self.sender.wanted() + self.receiver.wanted() >= 1.0;
        if self.packet <= 0.0 || self.packet > SMALL || !is_busy {
            return None;
        }
        let path = self.path_mtu.filter(|mtu| *mtu <= SMALL_MTU && self.packet + HEADERS >= *mtu);
        let mut evidence = vec![
            at_most("payload of a packet", self.packet, Unit::Octets, SMALL),
            told("packets", self.packets, Unit::PacketRate),
            at_least("busier end's wish for a processor", busier, Unit::Share, BUSY),
        ];
        evidence.extend(path.map(|mtu| at_most("path MTU", mtu, Unit::Octets, SMALL_MTU)));
        let limit = if path.is_some() { Limit::PathMtu } else { Limit::PacketRate };
        Some(Limitation { limit, confidence: 0.85, evidence })
    }

    fn machine(&self) -> Limitation {
        let evidence = vec![
            told("sender running", self.sender.running, Unit::Share),
            told("receiver running", self.receiver.running, Unit::Share),
        ];
        let confidence = if self.busier() >= BUSY { 0.7 } else { 0.4 };
        Limitation { limit: Limit::Machine, confidence, evidence }
    }
}

/// The datagrams of so many streams that did not come. Those that were lost after the last that came are known by the
/// sender's count, of which one for each stream may be on the way when the test ends.
fn lost_datagrams(sent: &Moved, received: &Moved, streams: f64) -> f64 {
    let missing = sent.packets as f64 - (received.packets as f64 - received.lost as f64);
    if missing > received.lost as f64 + streams { missing } else { (received.lost as f64).max(0.0) }
}

fn told(what: &'static str, value: f64, unit: Unit) -> Evidence {
    Evidence { what, value, unit, threshold: None }
}

fn at_least(what: &'static str, value: f64, unit: Unit, threshold: f64) -> Evidence {
    Evidence { what, value, unit, threshold: Some(Threshold::AtLeast(threshold)) }
}

fn at_most(what: &'static str, value: f64, unit: Unit, threshold: f64) -> Evidence {
    Evidence { what, value, unit, threshold: Some(Threshold::AtMost(threshold)) }
}

impl End {
    /// By the threads where they are known, else by the whole process, whose threads may be one or one for each stream.
    fn of(watches: &mut dyn Iterator<Item = &Watch>, seconds: f64, cpu: f64, streams: f64) -> Self {
        let mut end = Self { running: if cpu > 1.05 { cpu / streams } else { cpu }, waiting: None, processor: None };
        let mut most = None;
        for watch in watches {
            end.processor = end.processor.or(watch.processor.map(|thousandths| thousandths as f64 / 1000.0));
            let (Some(running), Some(waiting)) = (watch.running, watch.waiting) else { continue };
            let (running, waiting) = (running.as_secs_f64() / seconds, waiting.as_secs_f64() / seconds);
            if most.is_none_or(|most| running + waiting > most) {
                most = Some(running + waiting);
                (end.running, end.waiting) = (running, Some(waiting));
            }
        }
        end
    }
}

// What the lab taught: each lies between what is seen where the limit is and where it is not.

/// Of the rate asked for.
const REACHED: f64 = 0.95;
/// Of the receive window on the way, and of the time limited by it: less, as every acknowledgement ends the limit for a
/// moment.
const WINDOW_USED: f64 = 0.7;
const WINDOW_LIMITED: f64 = 0.1;
const BUFFER_LIMITED: f64 = 0.3;
/// A receiver that does not read keeps its window closed for so much of the time.
const CLOSED: f64 = 0.3;
/// An end that wants a processor for less of the time has time to spare.
const CALM: f64 = 0.6;
const BUSY: f64 = 0.7;
/// Others had the processor for so much of the time, and of the time that the thread had it.
const STARVED: f64 = 0.25;
const STARVED_OF_RUNNING: f64 = 0.9;
/// Distance of the quartiles of the rate, of its median.
const STEADY: f64 = 0.04;
const ROUGHLY_STEADY: f64 = 0.25;
/// Round trip times, of the shortest, and by how much at least.
const QUEUE: f64 = 1.5;
const QUEUE_SECONDS: f64 = 0.0005;
/// Datagrams, and segments of TCP: fewer are lost by the best of paths.
const LOST: f64 = 0.005;
const LOST_SEGMENTS: f64 = 0.001;
const DROPS: f64 = 0.005;
/// Packets that did not come without any that did.
const SWALLOWED: f64 = 5.0;
/// Octets of payload: beyond it a processor moves octets rather than packets.
const SMALL: f64 = 900.0;
/// Every path of today carries packets of this length (IPv6 demands it).
const SMALL_MTU: f64 = 1279.0;
/// Of IPv6 and TCP with options.
const HEADERS: f64 = 100.0;

#[cfg(test)]
mod tests {
    use super::*;

    /// A TCP test at a distance, with nothing that speaks for anything.
    fn distant() -> Facts {
        Facts {
            rate: 60e6,
            sender: End { running: 0.01, waiting: Some(0.01), processor: Some(0.2) },
            receiver: End { running: 0.02, waiting: Some(0.01), processor: None },
            busy: Some(0.99),
            window_limited: Some(0.0),
            buffer_limited: Some(0.0),
            on_the_way: Some(60e6 / 8.0 * 0.02),
            max_send_window: Some(3e6),
            rtt: Some(0.02),
            min_rtt: Some(0.019),
            variation: Some(0.1),
            mss: Some(1448.0),
            path_mtu: Some(1500.0),
            packet: 1448.0,
            packets: 5_000.0,
            ..Facts::default()
        }
    }

    fn chief(facts: &Facts) -> Limit {
        let found = facts.judge();
        assert!(found.iter().all(|one| (0.0..=1.0).contains(&one.confidence)), "{found:?}");
        found[0].limit
    }

    #[test]
    fn each_limit_is_named_by_what_the_lab_saw() {
        let end = |running, waiting| End { running, waiting, processor: None };
        let cases = [
            (Limit::Machine, distant()),
            (Limit::Pacing, Facts { target: Some(61e6), ..distant() }),
            (Limit::Shaper, Facts { variation: Some(0.01), ..distant() }),
            (Limit::Shaper, Facts { rtt: Some(0.05), loss: 0.2, ..distant() }),
            (Limit::Congestion, Facts { rate: 8e6, loss: 0.01, ..distant() }),
            // What loss allows is of each stream: together they have as many times that.
            (Limit::Congestion, Facts { rate: 40e6, streams: 8.0, loss: 0.01, ..distant() }),
            // A queue that is full drops: what fills it limits.
            (Limit::Shaper, Facts { rate: 8e6, loss: 0.003, rtt: Some(0.05), ..distant() }),
            (Limit::Congestion, Facts { rate: 8e6, loss: 0.003, rtt: Some(0.05), variation: Some(0.4), ..distant() }),
            (
                Limit::ReceiveWindow,
                Facts { max_send_window: Some(150e3), window_limited: Some(0.3), variation: Some(0.0), ..distant() },
            ),
            (Limit::ReceiveWindow, Facts { max_send_window: Some(150e3), window_limited: None, ..distant() }),
            (Limit::SendBuffer, Facts { buffer_limited: Some(0.7), variation: Some(0.01), ..distant() }),
            (Limit::SenderCpu, Facts { sender: end(0.3, Some(0.65)), ..distant() }),
            (Limit::ReceiverCpu, Facts { receiver: end(0.15, Some(0.43)), ..distant() }),
            (Limit::ReceiverCpu, Facts { receiver: end(0.3, None), window_limited: Some(0.9), ..distant() }),
            (Limit::Machine, Facts { sender: end(0.98, Some(0.01)), receiver: end(0.7, None), ..distant() }),
            (Limit::PacketRate, Facts { sender: end(0.98, Some(0.01)), packet: 90.0, ..distant() }),
            (Limit::PathMtu, Facts { rate: 0.0, sent: 14.0, loss: 0.3, variation: None, ..distant() }),
            (Limit::PathMtu, Facts { sender: end(0.9, Some(0.0)), packet: 500.0, path_mtu: Some(552.0), ..distant() }),
        ];
        for (limit, facts) in cases {
            assert_eq!(chief(&facts), limit, "{facts:?}");
        }
    }

    #[test]
    fn datagrams_are_judged_by_what_is_lost_and_where() {
        let facts = Facts {
            transport: Transport::Udp,
            target: Some(100e6),
            busy: None,
            window_limited: None,
            buffer_limited: None,
            on_the_way: None,
            max_send_window: None,
            rtt: None,
            min_rtt: None,
            mss: None,
            ..distant()
        };
        assert_eq!(chief(&Facts { loss: 0.4, variation: Some(0.01), ..facts.clone() }), Limit::Shaper);
        assert_eq!(chief(&Facts { loss: 0.4, variation: None, ..facts.clone() }), Limit::Shaper);
        assert_eq!(chief(&Facts { loss: 0.4, drops: 0.4, ..facts.clone() }), Limit::ReceiverCpu);
        let swallowed = Facts { rate: 0.0, sent: 1e3, loss: 1.0, variation: None, ..facts.clone() };
        assert_eq!(chief(&swallowed), Limit::PathMtu);
        let lossy = Facts { rate: 99e6, loss: 0.01, ..facts };
        assert_eq!(chief(&lossy), Limit::Pacing);
        assert!(lossy.judge().iter().any(|found| found.limit == Limit::Congestion));
    }

    #[test]
    fn a_datagram_on_the_way_at_the_end_is_not_lost() {
        let moved = |packets, lost| Moved { packets, lost, ..Moved::default() };
        assert_eq!(lost_datagrams(&moved(193, 0), &moved(192, 0), 1.0), 0.0);
        assert_eq!(lost_datagrams(&moved(193, 0), &moved(192, 2), 1.0), 2.0);
        assert_eq!(lost_datagrams(&moved(193, 0), &moved(100, 0), 2.0), 93.0);
    }

    #[test]
    fn nothing_known_is_the_machine_and_text_has_units() {
        assert_eq!(chief(&Facts::default()), Limit::Machine);
        let nonsense =
            Facts { rate: f64::NAN, loss: f64::INFINITY, rtt: Some(0.0), mss: Some(0.0), ..Facts::default() };
        assert!(!nonsense.judge().is_empty());
        let limited = at_least("time limited by the send buffer", 0.7, Unit::Share, 0.3);
        assert_eq!(limited.to_string(), "time limited by the send buffer 70% (at least 30%)");
        assert_eq!(told("round trip time", 0.0205, Unit::Seconds).to_string(), "round trip time 20.500 ms");
        assert_eq!(
            at_most("segments sent again", 0.001, Unit::Share, 0.5).to_string(),
            "segments sent again 0.10% (at most 50%)"
        );
    }
}
