//! Invariants of the packet parser.

use netshoot_core::packet::build::{Builder, Header};
use netshoot_core::packet::{ChecksumStatus, Limit, LinkType, Packet};

#[path = "../../netshoot-core/tests/support/invariants.rs"]
#[allow(clippy::indexing_slicing, unreachable_pub)]
mod invariants;

/// Parses a frame. The first two octets are the link type, the third says how many octets the capture cut off.
///
/// # Panics
/// If an invariant of [`Packet`] is broken.
pub fn fuzz_packet(data: &[u8]) {
    let Some((&[high, low, cut], frame)) = data.split_first_chunk() else { return };
    let link_type = LinkType(u16::from_be_bytes([high, low]));
    let original_length = u32::try_from(frame.len()).unwrap_or(u32::MAX).saturating_add(cut.into());
    let whole = Packet::parse(link_type, frame, original_length);
    invariants::check(&whole);
    written_back(&whole);
    // What was captured of a frame does not change what its earlier layers are.
    let half = frame.get(..frame.len() / 2).unwrap_or_default();
    let half = Packet::parse(link_type, half, original_length);
    invariants::check(&half);
    assert!(half.layout().network_layer().is_none() || half.ip_addresses() == whole.ip_addresses());
    assert!(half.ports().is_none() || half.ports() == whole.ports());
    let cut_there = half.stopped().is_some_and(|stop| stop.limit == Limit::CaptureLength);
    assert!(cut_there || half.stopped().is_some() == whole.stopped().is_some());
}

/// Whatever a frame is, it comes out of its headers as it was; and no checksum is looked for beyond it.
fn written_back(packet: &Packet<'_>) {
    let headers: Vec<Header<'_>> = packet.headers().collect();
    let (payload, trailer) = packet.body();
    let builder = Builder { headers: &headers, payload, trailer };
    let mut out = vec![0; builder.len()];
    assert!(builder.write_to(&mut out) == Some(packet.bytes().len()) && out == packet.bytes());
    let mut next = Some(*packet);
    while let Some(packet) = next {
        for checksum in packet.checksums() {
            assert!(checksum.offset as usize + 2 <= packet.bytes().len());
            let computed = checksum.computed == Some(checksum.found);
            assert!(checksum.status != ChecksumStatus::Valid || computed);
        }
        next = packet.inner();
    }
}
