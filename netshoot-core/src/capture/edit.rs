//! Which frames of a capture are wanted, and what is changed in them.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, VecDeque};
use std::hash::BuildHasher;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::option::COMMENT;
use super::{Frame, OptionList, Timestamp};
use crate::packet::{IpProtocol, Packet};
use crate::{Error, ErrorKind, Result};

/// Chooses frames by number, time and flow, drops duplicates, and moves times; by default every frame stays as it is.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Edit {
    /// The numbers of the frames that are kept, in their own file, from 1; all if there are none.
    pub frames: Vec<RangeInclusive<u64>>,
    /// Whether those frames are dropped instead, and all others kept.
    pub drop_frames: bool,
    /// The first time that is kept. Frames without a time are dropped where a time is asked for.
    pub from: Option<Timestamp>,
    /// The first time after that which is dropped.
    pub until: Option<Timestamp>,
    /// The traffic that is kept.
    pub flow: Option<FlowPattern>,
    /// Frames among which one that equals an earlier one, in length and octets, is dropped: that many with itself, as for
    /// `editcap -D`; 0 keeps duplicates.
    pub duplicate_window: usize,
    /// Comments for frames, by their numbers in their own file, in place of those that they have.
    pub comments: BTreeMap<u64, String>,
    /// Whether decryption secrets are left out.
    pub drop_secrets: bool,
    /// Nanoseconds that are added to each time, after the choice by time.
    pub shift: i64,
    seen: VecDeque<(usize, u64)>,
    hashes: RandomState,
}

/// Traffic between two hosts, in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FlowPattern {
    /// One end; port 0 is any port.
    pub one: SocketAddr,
    /// The other end; any if there is none.
    pub other: Option<SocketAddr>,
    /// The IP protocol; any if there is none.
    pub protocol: Option<IpProtocol>,
}

impl FlowPattern {
    /// All traffic between two ends, of which port 0 is any port.
    #[must_use]
    pub fn between(one: SocketAddr, other: SocketAddr) -> Self {
        Self { one, other: Some(other), protocol: None }
    }

    /// All traffic of one end, of which port 0 is any port.
    #[must_use]
    pub fn of(one: SocketAddr) -> Self {
        Self { one, other: None, protocol: None }
    }

    /// Only traffic of this IP protocol.
    #[must_use]
    pub fn protocol(mut self, protocol: IpProtocol) -> Self {
        self.protocol = Some(protocol);
        self
    }

    /// Whether a packet belongs to it. Packets that do not show their ports, such as later fragments, do if their addresses
    /// fit.
    #[must_use]
    pub fn matches(&self, packet: &Packet<'_>) -> bool {
        let Some((source, destination)) = packet.ip_addresses() else { return false };
        if self.protocol.is_some_and(|protocol| protocol != packet.layout().ip_protocol) {
            return false;
        }
        let ports = match packet.layout().ip_protocol {
            IpProtocol::TCP | IpProtocol::UDP => packet.ports().map(|(from, to)| (Some(from), Some(to))),
            _ => Some((Some(0), Some(0))),
        };
        let (from, to) = ports.unwrap_or_default();
        let fits = |end: SocketAddr, address: IpAddr, port: Option<u16>| {
            end.ip() == address && (end.port() == 0 || port.is_none_or(|port| port == end.port()))
        };
        let fits_other = |address, port| self.other.is_none_or(|other| fits(other, address, port));
        fits(self.one, source, from) && fits_other(destination, to)
            || fits(self.one, destination, to) && fits_other(source, from)
    }
}

/// Reads one end or two, as `192.0.2.1`, `192.0.2.1:443`, `[2001:db8::1]:443` or `192.0.2.1:443,198.51.100.7`.
impl FromStr for FlowPattern {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.split_once(',') {
            None => end(text).map(Self::of),
            Some((one, other)) => Ok(Self::between(end(one)?, end(other)?)),
        }
    }
}

fn end(text: &str) -> Result<SocketAddr> {
    let address = text.parse().map(|address: IpAddr| SocketAddr::new(address, 0)).or_else(|_| text.parse());
    address.map_err(|_| {
        Error::new(ErrorKind::InvalidInput, "choose a flow")
            .with_detail(format!("{text:?} is no address"))
            .with_hint("192.0.2.1, 192.0.2.1:443 or [2001:db8::1]:443")
    })
}

impl Edit {
    /// Everything as it is.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the frame is wanted; its time is then moved. Frames have to come in their order.
    pub fn apply(&mut self, frame: &mut Frame<'_>) -> bool {
        if !self.wants(frame) || self.is_duplicate(frame) {
            return false;
        }
        if self.shift != 0 {
            let moved = |time: Timestamp| Timestamp::from_nanos(time.as_nanos().saturating_add(self.shift));
            frame.timestamp = frame.timestamp.map(moved);
        }
        true
    }

    /// The options of a frame with another comment, if it gets one.
    pub(super) fn options(&self, frame: &Frame<'_>) -> Option<OptionList> {
        let text = self.comments.get(&frame.number)?;
        Some(OptionList::of(frame.options, |option| option.code != COMMENT).comment(text))
    }

    fn wants(&self, frame: &Frame<'_>) -> bool {
        let is_listed = self.frames.iter().any(|range| range.contains(&frame.number));
        if is_listed == self.drop_frames && !self.frames.is_empty() {
            return false;
        }
        let is_early = self.from.is_some_and(|from| frame.timestamp.is_none_or(|time| time < from));
        let is_late = self.until.is_some_and(|until| frame.timestamp.is_none_or(|time| time >= until));
        !is_early && !is_late && self.flow.is_none_or(|flow| flow.matches(&frame.packet()))
    }

    fn is_duplicate(&mut self, frame: &Frame<'_>) -> bool {
        if self.duplicate_window == 0 {
            return false;
        }
        let key = (frame.bytes.len(), self.hashes.hash_one(frame.bytes));
        let is_seen = self.seen.contains(&key);
        self.seen.push_back(key);
        while self.seen.len() >= self.duplicate_window {
            self.seen.pop_front();
        }
        is_seen
    }
}
