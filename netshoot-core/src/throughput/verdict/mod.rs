//! Why a test was not faster: a judgement on a finished test, without I/O.
//!
//! Each limit that the numbers speak for is named with the numbers, the thresholds that they passed and a confidence; the
//! chief one comes first. A test that nothing else limits is limited by the machine: one thread at each end moves octets
//! as fast as a processor can. What cannot be known (the threads of an iperf3 server, its TCP) speaks for nothing.

mod judgement;

use std::fmt;

use self::judgement::Facts;
use super::BitRate;
use super::report::{Report, Side, Start};

/// What can limit a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Limit {
    /// The sender's threads did not get the processor time that they wanted, as others had the processor.
    SenderCpu,
    /// The same of the receiver's; a socket whose datagrams nobody fetched in time is one too.
    ReceiverCpu,
    /// The receiver allows less on the way than rate and distance need.
    ReceiveWindow,
    /// The sender's buffer holds less than rate and distance need.
    SendBuffer,
    /// Congestion control sends less because packets are lost.
    Congestion,
    /// The rate that was asked for.
    Pacing,
    /// The path carries so much and no more: a shaper, a policer, a narrow link.
    Shaper,
    /// The work that each packet takes, as packets are small.
    PacketRate,
    /// The same, because the path carries no larger ones; or the path swallows larger ones and does not say so.
    PathMtu,
    /// Nothing but the machine.
    Machine,
}

/// A limit with what speaks for it.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Limitation {
    /// What limits.
    pub limit: Limit,
    /// From 0 to 1: how sure that is.
    pub confidence: f64,
    /// The numbers.
    pub evidence: Vec<Evidence>,
}

/// A number that speaks for a limit.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Evidence {
    /// What was measured.
    pub what: &'static str,
    /// How much.
    pub value: f64,
    /// What the value counts.
    pub unit: Unit,
    /// What it was held against, if anything.
    pub threshold: Option<Threshold>,
}

/// Where a number begins to speak for a limit.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub enum Threshold {
    /// It is at least this.
    AtLeast(f64),
    /// It is at most this.
    AtMost(f64),
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Unit {
    /// A share of a whole, which is 1.
    Share,
    /// Octets.
    Octets,
    /// Seconds.
    Seconds,
    /// Bits per second.
    BitRate,
    /// Packets per second.
    PacketRate,
    /// Things.
    Count,
}

/// What limited one direction of a test.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Verdict {
    /// The end that sent.
    pub sender: Side,
    /// All that limited it, the chief one first; never empty.
    pub limitations: Vec<Limitation>,
}

impl Verdict {
    /// What limited it most.
    #[must_use]
    pub fn chief(&self) -> Limit {
        self.limitations.first().map_or(Limit::Machine, |first| first.limit)
    }
}

/// Judges a finished test: a verdict for each direction that had streams. Of requests and responses there is none.
#[must_use]
pub fn verdict(start: &Start, report: &Report) -> Vec<Verdict> {
    if start.parameters.options.exchange.is_some() {
        return Vec::new();
    }
    let directions = [true, false].into_iter().filter_map(|local| Some((local, Facts::of(start, report, local)?)));
    let verdicts = directions.map(|(local, facts)| Verdict {
        sender: if local == (report.side == Side::Client) { Side::Client } else { Side::Server },
        limitations: facts.judge(),
    });
    verdicts.collect()
}

impl Limit {
    /// A word for programs, in snake case.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::SenderCpu => "sender_cpu",
            Self::ReceiverCpu => "receiver_cpu",
            Self::ReceiveWindow => "receive_window",
            Self::SendBuffer => "send_buffer",
            Self::Congestion => "congestion",
            Self::Pacing => "pacing",
            Self::Shaper => "shaper",
            Self::PacketRate => "packet_rate",
            Self::PathMtu => "path_mtu",
            Self::Machine => "machine",
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.what, Number(self.value, self.unit))?;
        match self.threshold {
            Some(Threshold::AtLeast(least)) => write!(f, " (at least {})", Number(least, self.unit)),
            Some(Threshold::AtMost(most)) => write!(f, " (at most {})", Number(most, self.unit)),
            None => Ok(()),
        }
    }
}

struct Number(f64, Unit);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(value, unit) = *self;
        match unit {
            Unit::Share if value > 0.0 && value < 0.01 => write!(f, "{:.2}%", value * 100.0),
            Unit::Share => write!(f, "{:.0}%", value * 100.0),
            Unit::Octets => write!(f, "{value:.0} octets"),
            Unit::Seconds => write!(f, "{:.3} ms", value * 1000.0),
            Unit::BitRate => write!(f, "{}", BitRate(value as u64)),
            Unit::PacketRate => write!(f, "{value:.0}/s"),
            Unit::Count => write!(f, "{value:.1}"),
        }
    }
}

impl Unit {
    /// A word for programs.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Share => "share",
            Self::Octets => "octets",
            Self::Seconds => "seconds",
            Self::BitRate => "bits_per_second",
            Self::PacketRate => "packets_per_second",
            Self::Count => "count",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SenderCpu => "sender CPU",
            Self::ReceiverCpu => "receiver CPU",
            Self::ReceiveWindow => "receive window",
            Self::SendBuffer => "send buffer",
            Self::Congestion => "congestion control and loss",
            Self::Pacing => "the rate asked for",
            Self::Shaper => "shaper or narrow link",
            Self::PacketRate => "packet rate",
            Self::PathMtu => "path MTU",
            Self::Machine => "nothing but the machine",
        })
    }
}

/// What the lab looks at when a verdict is wrong.
#[doc(hidden)]
pub fn facts(start: &Start, report: &Report) -> String {
    let facts = [true, false].into_iter().filter_map(|local| Facts::of(start, report, local));
    facts.map(|facts| format!("{facts:?}\n")).collect()
}
