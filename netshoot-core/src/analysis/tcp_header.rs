//! What the judgement on a TCP segment wants of its headers.

use super::segment::Segment;
use crate::capture::Timestamp;
use crate::packet::{Packet, Tcp, TcpFlags, TcpOption};

/// What the state machine wants of a TCP header; nothing for fragments and headers that are not whole.
#[inline]
pub(super) fn segment(packet: &Packet<'_>, tcp: &Tcp<'_>, time: Timestamp, frame: u64) -> Option<Segment> {
    let layout = packet.layout();
    let start = u32::from(layout.transport) + u32::try_from(tcp.header_len()).unwrap_or(u32::MAX);
    if layout.is_fragment() || tcp.header_len() < Tcp::MIN_HEADER_LEN || start > layout.reported_end {
        return None;
    }
    let mut segment = Segment {
        time: time.as_nanos(),
        frame,
        sequence: tcp.sequence_number(),
        acknowledgment: tcp.acknowledgment_number(),
        window: tcp.window(),
        flags: tcp.flags(),
        len: layout.reported_end - start,
        identification: packet.ipv4().map(|ip| ip.identification()),
        hop_limit: packet.hop_limit().unwrap_or_default(),
        ..Segment::default()
    };
    if tcp.header_len() > Tcp::MIN_HEADER_LEN {
        read_options(&mut segment, tcp);
    }
    Some(segment)
}

#[inline]
fn read_options(segment: &mut Segment, tcp: &Tcp<'_>) {
    let options = tcp.option_bytes();
    // What nearly all segments of a connection with timestamps carry (RFC 7323 appendix A).
    if let &[1, 1, 8, 10, a, b, c, d, e, f, g, h] = options {
        segment.timestamps = Some((u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h])));
        return;
    }
    for option in tcp.options().flatten() {
        match option {
            TcpOption::WindowScale(shift) if segment.flags.contains(TcpFlags::SYN) => {
                segment.window_scale.get_or_insert(shift);
            }
            TcpOption::MaximumSegmentSize(size) if segment.flags.contains(TcpFlags::SYN) => segment.mss = Some(size),
            TcpOption::Timestamps { value, echo_reply } => segment.timestamps = Some((value, echo_reply)),
            TcpOption::Sack(blocks) => blocks.for_each(|(left, right)| segment.sack.push(left, right)),
            _ => {}
        }
    }
}
