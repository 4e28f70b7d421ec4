//! The parser on what is cut short and on what nobody would send: every prefix of every packet of the corpus, and random
//! octets behind every link type.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    unreachable_pub,
    missing_docs
)]

#[path = "support/frames.rs"]
mod frames;
#[path = "support/invariants.rs"]
mod invariants;
#[path = "support/layers.rs"]
mod layers;
mod support;

use netshoot_core::packet::{Layer, Limit, LinkType, Packet, Stop};
use proptest::prelude::*;
use support::{Capture, Corpus};

/// All prefixes up to here are tried, and then every 61st, or all where `NETSHOOT_CORPUS_PARTS` is 1.
const ALL_PREFIXES: usize = 200;
const STEP: usize = 61;

const LINK_TYPES: [u16; 11] = [0, 1, 12, 14, 101, 108, 113, 228, 229, 276, 147];

#[test]
fn every_prefix_of_the_corpus_keeps_what_came_before() {
    let Some(corpus) = Corpus::find("every_prefix_of_the_corpus_keeps_what_came_before") else { return };
    let step = if support::corpus_parts() == 1 { 1 } else { STEP };
    let counts = frames::in_two_threads(&corpus.captures, |capture: &Capture, count: &mut u64| {
        frames::each_frame(&capture.path, |frame| {
            *count += prefixes(frame.link_type, frame.bytes, frame.original_length, step);
        });
    });
    eprintln!("{} prefixes", counts.iter().sum::<u64>());
    assert!(counts.iter().sum::<u64>() > 0);
}

#[test]
fn every_prefix_of_hand_made_frames_keeps_what_came_before() {
    for (link_type, frame) in layers::samples() {
        assert!(prefixes(LinkType(link_type), &frame, frame.len() as u32, STEP) > 0);
    }
}

fn prefixes(link_type: LinkType, bytes: &[u8], original_length: u32, step: usize) -> u64 {
    let whole = Packet::parse(link_type, bytes, original_length);
    invariants::check(&whole);
    let sizes = (0..bytes.len().min(ALL_PREFIXES)).chain((ALL_PREFIXES..bytes.len()).step_by(step));
    let mut count = 0;
    for size in sizes {
        let cut = &bytes[..size];
        let snapped = Packet::parse(link_type, cut, whole.original_length());
        holds(&whole, &snapped, Limit::CaptureLength);
        let shorter = Packet::parse(link_type, cut, size as u32);
        holds(&whole, &shorter, Limit::FrameLength);
        if size % 16 == 0 {
            invariants::check(&snapped);
            invariants::check(&shorter);
        }
        count += 1;
    }
    count
}

/// The same of the packets inside.
fn holds(whole: &Packet<'_>, prefix: &Packet<'_>, limit: Limit) {
    let (mut whole, mut prefix) = (*whole, *prefix);
    loop {
        keeps(&whole, &prefix);
        stops(&whole, &prefix, limit);
        (whole, prefix) = match (whole.inner(), prefix.inner()) {
            (Some(whole), Some(prefix)) => (whole, prefix),
            (Some(_), None) => return assert!(prefix.stopped().is_some(), "{whole:?} {prefix:?}"),
            (None, inner) => return assert!(inner.is_none(), "{whole:?} {prefix:?}"),
        };
    }
}

/// The layers that the prefix still has are those of the whole packet.
fn keeps(whole: &Packet<'_>, prefix: &Packet<'_>) {
    let (all, part) = (whole.layout(), prefix.layout());
    let same = |a: Option<Layer>, b: Option<Layer>| b.is_none() || a == b;
    assert!(same(all.link_layer(), part.link_layer()));
    assert!(same(all.network_layer(), part.network_layer()), "{whole:?} {prefix:?}");
    assert!(same(all.transport_layer(), part.transport_layer()), "{whole:?} {prefix:?}");
    assert!(part.vlan_count <= all.vlan_count);
    if part.network_layer().is_some() {
        assert_eq!(part.network, all.network);
        assert_eq!(prefix.ip_addresses(), whole.ip_addresses());
    }
    if part.transport_layer().is_some() {
        assert_eq!((part.transport, part.ip_protocol), (all.transport, all.ip_protocol));
        assert!(prefix.ports().is_none_or(|ports| whole.ports() == Some(ports)));
    }
}

/// The prefix stops where the whole packet does, or earlier because of `limit`, which says what is missing.
fn stops(whole: &Packet<'_>, prefix: &Packet<'_>, limit: Limit) {
    // Not the layer: which version of IP is missing cannot be told from octets that are gone.
    let place = |stop: Stop| (stop.offset, stop.limit);
    let (all, part) = (whole.stopped(), prefix.stopped());
    let Some(stop) = part else {
        return assert!(all.is_none() || part == all, "{whole:?} {prefix:?}");
    };
    if all.map(place) == Some(place(stop)) {
        return;
    }
    // Where the wire ends earlier than a length field says, the first of both is named; a fragment's end is its own.
    let earlier = stop.limit == limit
        || limit == Limit::FrameLength && matches!(stop.limit, Limit::LengthField | Limit::Fragment);
    assert!(earlier, "{all:?} {stop:?}");
    assert!(stop.offset + stop.needed > prefix.bytes().len() as u32, "{all:?} {stop:?}");
    assert_eq!(stop.offset + stop.available, prefix.layout().captured_end.max(stop.offset), "{stop:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_octets_hold_together(
        link_type in prop::sample::select(&LINK_TYPES[..]),
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        more in 0u32..100,
    ) {
        invariants::check(&Packet::parse(LinkType(link_type), &bytes, bytes.len() as u32 + more));
    }

    #[test]
    fn damaged_frames_hold_together(
        (link_type, frame) in prop::sample::select(layers::samples()),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        kept in any::<prop::sample::Index>(),
        original in 0u32..200,
    ) {
        let mut frame = frame;
        for (place, octet) in damage {
            let place = place.index(frame.len());
            frame[place] = octet;
        }
        frame.truncate(kept.index(frame.len()) + 1);
        let packet = Packet::parse(LinkType(link_type), &frame, original);
        invariants::check(&packet);
        prefixes(LinkType(link_type), &frame, original, STEP);
    }

    #[test]
    fn random_dns_messages_hold_together(
        header in any::<[u8; 12]>(),
        body in prop::collection::vec(prop_oneof![Just(0u8), Just(0xc0), Just(1), Just(12), any::<u8>()], 0..200),
    ) {
        let bytes = [&header[..], &body].concat();
        invariants::dns_message(&netshoot_core::packet::dns::Message::parse(&bytes).unwrap());
        let frame = layers::ipv4(17, &layers::udp(53, 53, &bytes));
        invariants::check(&Packet::parse(LinkType::RAW, &frame, frame.len() as u32));
    }
}
