//! Which shard has which flows.
//!
//! All packets of a flow go to one shard, and with them whatever is matched across flows: what two hosts say to each other in
//! DNS, and an ICMP error with the packet that it quotes. What is said to all, multicast DNS, DHCP and ARP, goes to the first.

use crate::analysis::key::{self, Key};
use crate::packet::{IpProtocol, Packet};

/// One of several equal parts of all flows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    number: u32,
    of: u32,
}

impl Share {
    /// All flows.
    pub(super) const ALL: Self = Self { number: 0, of: 1 };

    pub(super) const fn new(number: u32, of: u32) -> Self {
        Self { number, of }
    }

    /// Its part of something that all have together.
    pub(super) const fn part_of(self, all: usize) -> usize {
        all / self.of as usize
    }

    /// Whether there are others.
    pub(super) const fn is_part(self) -> bool {
        self.of > 1
    }

    /// Whether it has what is not of one flow.
    pub(super) const fn is_first(self) -> bool {
        self.number == 0
    }

    /// Whether it has the flow of a packet.
    #[inline]
    pub(super) fn has(self, key: &Key) -> bool {
        self.of == 1 || owner(self.of, key) == self.number
    }
}

/// Which of `shards` want to see a frame, a bit each: all of them a fragment that is put together with others.
#[inline]
pub(super) fn wanted_by(shards: u32, reassembles: bool, packet: &Packet<'_>) -> u64 {
    let arp = u64::from(packet.arp().is_some());
    let (mut wanted, mut next) = (arp | own(shards, reassembles, packet), packet.inner());
    while let Some(packet) = next.filter(|_| wanted != u64::MAX) {
        wanted |= own(shards, reassembles, &packet);
        next = packet.inner();
    }
    wanted
}

/// The same for one of the packets in it, without what is inside.
#[inline]
fn own(shards: u32, reassembles: bool, packet: &Packet<'_>) -> u64 {
    if reassembles && packet.layout().is_fragment() {
        return u64::MAX;
    }
    let Some((key, _)) = key::of_packet(packet) else { return 0 };
    let quoted = key::quoted(packet).and_then(|(_, quoted)| Key::of_packet(&quoted));
    let quoted = quoted.map_or(0, |(key, _)| 1 << owner(shards, &key));
    quoted | 1 << owner(shards, &key)
}

/// The number of the shard that has a flow.
#[inline]
fn owner(shards: u32, key: &Key) -> u32 {
    let ports = key.ports();
    let hash = match key.protocol() {
        IpProtocol::UDP if SAID_TO_ALL.iter().any(|port| ports.contains(port)) => return 0,
        IpProtocol::UDP | IpProtocol::TCP if ports.contains(&DNS) => key.mixed_addresses(),
        _ => key.mixed(),
    };
    (((hash >> 32) * u64::from(shards)) >> 32) as u32
}

const DNS: u16 = 53;
/// DHCP, multicast DNS, and link-local multicast name resolution.
const SAID_TO_ALL: [u16; 4] = [67, 68, 5353, 5355];
