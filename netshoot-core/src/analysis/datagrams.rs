//! The packets of a frame as flows see them: those that lie in it, and those of datagrams whose last fragment it brings.
//!
//! What lies inside of a fragment is looked at once all of its datagram is there, in the frame that completes it, as by
//! Wireshark: a tunnel's fragments hold only parts of the packets that it carries. Of an answer of DNS the first fragment
//! counts until then, and for good where the others are missing. Where the capture cut a fragment, so that
//! its datagram never will be whole, what there is of it counts as it is. Memory is bounded: see [`Unpacker::new`].

use super::Options;
use crate::application::{DatagramOptions, DatagramReassembler, Refusal, Step};
use crate::capture::Timestamp;
use crate::packet::Packet;

/// Takes frames apart into packets.
#[derive(Debug, Default)]
pub(super) struct Unpacker {
    /// `None` if packets are taken as they are.
    datagrams: Option<DatagramReassembler>,
}

/// The frame that packets are in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    pub(super) frame: u64,
    pub(super) time: Timestamp,
}

/// What a packet is to its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// It lies there.
    Whole,
    /// It lies there, and is looked into when its datagram is complete.
    Fragment,
    /// It was put together from fragments, of which this frame brings the last.
    Assembled,
}

impl Unpacker {
    /// With at most a sixteenth of the memory limit for fragments, and no more than 4 MiB.
    pub(super) fn new(options: &Options) -> Self {
        let mut limits = DatagramOptions::default();
        limits.max_bytes = limits.max_bytes.min(options.memory_limit / 16);
        Self { datagrams: options.reassemble.then(|| DatagramReassembler::new(limits)) }
    }

    /// Whether a fragment is among the packets of a frame, and wanted.
    pub(super) fn wants(&self, packet: &Packet<'_>) -> bool {
        self.datagrams.is_some() && has_fragment(packet)
    }

    /// Tells `each` of the packets, the outermost first, and which frames brought the fragments that it was in.
    pub(super) fn walk(
        &mut self,
        packet: &Packet<'_>,
        origin: Origin,
        each: &mut dyn FnMut(&Packet<'_>, Part, &[u64]),
    ) {
        self.descend(Some(*packet), origin, MAX_NESTED, &[], each);
    }

    fn descend<'a>(
        &mut self,
        mut next: Option<Packet<'a>>,
        origin: Origin,
        nested: u8,
        frames: &[u64],
        each: &mut dyn FnMut(&Packet<'_>, Part, &[u64]),
    ) {
        while let Some(packet) = next {
            let fragment = packet.layout().is_fragment() && nested > 0;
            let Some(datagrams) = self.datagrams.as_mut().filter(|_| fragment) else {
                each(&packet, Part::Whole, frames);
                next = packet.inner();
                continue;
            };
            let own = if frames.is_empty() { &[origin.frame][..] } else { frames };
            match datagrams.push_from(&packet, Some(origin.time), own) {
                Step::Refused(Refusal::Truncated) => {
                    each(&packet, Part::Whole, frames);
                    next = packet.inner();
                }
                Step::Complete(datagram) => {
                    each(&packet, Part::Fragment, frames);
                    let whole = datagram.packet();
                    each(&whole, Part::Assembled, datagram.frames());
                    return self.descend(whole.inner(), origin, nested - 1, datagram.frames(), each);
                }
                _ => return each(&packet, Part::Fragment, frames),
            }
        }
    }
}

/// Whether one of the packets of a frame is a fragment.
fn has_fragment(packet: &Packet<'_>) -> bool {
    let mut next = Some(*packet);
    while let Some(packet) = next {
        if packet.layout().is_fragment() {
            return true;
        }
        next = packet.inner();
    }
    false
}

/// Fragments in datagrams that were put together themselves are put together so often.
const MAX_NESTED: u8 = 4;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::packet::LinkType;

    fn origin(number: u64) -> Origin {
        Origin { frame: number, time: Timestamp::from_nanos(number.cast_signed()) }
    }

    /// The first fragment of 1,024 octets, with 20 of IP in it.
    fn first_fragment(number: u32) -> Vec<u8> {
        let [_, a, b, c] = number.to_be_bytes();
        let header = [0x45, 0, 4, 0, b, c, 0x20, 0, 64, 4, 0, 0, 10, a, b, c, 10, 0, 0, 2];
        let mut packet = header.to_vec();
        packet.extend([0x45, 0, 8, 0, 0, 0, 0, 0, 64, 6, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
        packet.resize(1024, 0);
        packet
    }

    #[test]
    fn fragments_that_never_end_take_bounded_memory() {
        let options = Options { memory_limit: 16 << 20, ..Options::default() };
        let (mut unpacker, mut seen) = (Unpacker::new(&options), [0, 0]);
        for number in 0..20_000 {
            let octets = first_fragment(number);
            let packet = Packet::parse(LinkType::RAW, &octets, 1024);
            unpacker.walk(&packet, origin(number.into()), &mut |_, part, _| {
                seen[usize::from(part != Part::Fragment)] += 1;
            });
            assert!(unpacker.datagrams.as_ref().unwrap().bytes() <= 1 << 20);
        }
        assert_eq!(seen, [20_000, 0], "nothing inside was looked at");
    }

    #[test]
    fn what_the_capture_cut_counts_as_it_is() {
        let octets = first_fragment(1);
        let packet = Packet::parse(LinkType::RAW, octets.get(..96).unwrap(), 1024);
        let mut seen = Vec::new();
        Unpacker::new(&Options::default()).walk(&packet, origin(1), &mut |_, part, _| seen.push(part));
        assert_eq!(seen, [Part::Whole, Part::Whole], "itself, and what is inside of it");
    }
}
