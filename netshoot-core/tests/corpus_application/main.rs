//! The views of applications against tshark, field by field: DNS, DHCP, TLS, QUIC, HTTP, neighbour discovery, and extensions of ICMP.
//!
//! tshark is asked about one in six of the captures that hold such a protocol, and about all where
//! `NETSHOOT_CORPUS_PARTS` is 1.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    unreachable_pub,
    missing_debug_implementations,
    missing_docs
)]

mod ask;
mod dhcp;
mod dns;
mod extension;
#[path = "../corpus_packet/facts.rs"]
mod facts;
#[path = "../support/frames.rs"]
mod frames;
mod http;
mod neighbor;
mod prefix;
mod quic;
#[path = "../support/mod.rs"]
mod support;
#[path = "../corpus_packet/tally.rs"]
mod tally;
mod tls;
#[path = "../support/views.rs"]
mod views;

use std::collections::BTreeSet;

use facts::{Facts, Field, Item};
use netshoot_core::application::Message;
use netshoot_core::packet::{Layer, Packet};
use support::{Capture, Corpus};
use tally::Tally;

/// What tshark does differently.
pub struct Rule<C> {
    pub says: &'static str,
    /// The fields it concerns; with a final dot, all fields that start so.
    pub fields: &'static [&'static str],
    pub applies: fn(&Case<'_, C>) -> bool,
}

/// A difference.
pub struct Case<'a, C> {
    /// What was compared.
    pub of: &'a C,
    pub theirs: &'a [Item],
    pub ours: &'a [Item],
}

/// Compares all fields that either side has.
pub fn compare<C>(
    of: &C,
    theirs: &Facts,
    ours: &Facts,
    rules: &[Rule<C>],
    place: &dyn Fn() -> String,
    tally: &mut Tally,
) {
    let fields: BTreeSet<Field> = theirs.0.keys().chain(ours.0.keys()).copied().collect();
    for field in fields {
        let case = Case { of, theirs: theirs.of(field), ours: ours.of(field) };
        let count = case.theirs.len().max(case.ours.len()) as u64;
        *tally.compared.entry(field).or_default() += count;
        // An empty text alone leaves no trace in tshark's answer.
        let empty = case.theirs.is_empty() && matches!(case.ours, [Item::Text(text)] if text.is_empty());
        if case.theirs == case.ours || empty {
            continue;
        }
        let concerns = |rule: &&Rule<C>| {
            rule.fields.iter().any(|f| if f.ends_with('.') { field.starts_with(f) } else { *f == field })
        };
        match rules.iter().filter(concerns).find(|rule| (rule.applies)(&case)) {
            Some(rule) => {
                let differ = (0..count as usize).filter(|at| case.theirs.get(*at) != case.ours.get(*at)).count() as u64;
                *tally.excused.entry((rule.says, field)).or_default() += differ;
            }
            None => {
                let (theirs, ours) = (shown(case.theirs), shown(case.ours));
                tally.fault(field, format!("{}: tshark {theirs}, ours {ours}", place()));
            }
        }
    }
}

fn shown(items: &[Item]) -> String {
    let mut text = format!("{items:?}");
    text.truncate(text.char_indices().nth(400).map_or(text.len(), |(at, _)| at));
    text
}

#[test]
fn applications_are_as_in_tshark() {
    const TEST: &str = "applications_are_as_in_tshark";
    let Some(corpus) = Corpus::find(TEST) else { return };
    if !support::has_program("tshark") {
        return support::skip(TEST, "needs tshark");
    }
    let parts = support::corpus_parts().min(6);
    let drawn: Vec<&Capture> = corpus.captures.iter().filter(|capture| capture.is_drawn(SEED, parts)).collect();
    let [first, second] = frames::in_two_threads(&drawn, |capture: &&Capture, tally: &mut Tally| {
        let held = held(capture);
        for (layer, one) in VIEWS {
            if held.contains(layer) {
                one(capture, tally);
            }
        }
    });
    let tally = first.merge(second);
    eprint!("{}", tally.report());
    assert!(tally.faults.is_empty(), "there are differences that no rule excuses");
    assert!(tally.values() > 0);
    // A few captures have most of what is excused.
    assert!(parts > 1 || tally.excuses() * 1000 < tally.values(), "the rules excuse a thousandth or more");
}

/// The applications that a capture holds.
fn held(capture: &Capture) -> BTreeSet<Layer> {
    let mut held = BTreeSet::new();
    frames::each_frame(&capture.path, |frame| {
        let packet = Packet::parse(frame.link_type, frame.bytes, frame.original_length).innermost();
        held.extend(Message::of(&packet).map(|message| message.layer()));
        if packet.neighbor_options().next().is_some() || packet.router_advertisement().is_some() {
            held.insert(Layer::Icmpv6);
        }
        held.extend(packet.icmp_extensions().map(|_| Layer::IcmpExtension));
    });
    held
}

type View = fn(&Capture, &mut Tally);

const VIEWS: &[(Layer, View)] = &[
    (Layer::Dns, dns::one),
    (Layer::Dns, dns::over_tcp),
    (Layer::Tls, tls::one),
    (Layer::Quic, quic::one),
    (Layer::Http, http::one),
    (Layer::Dhcp, dhcp::one),
    (Layer::Icmpv6, neighbor::one),
    (Layer::IcmpExtension, extension::one),
];
const SEED: u64 = 20_260_731;
