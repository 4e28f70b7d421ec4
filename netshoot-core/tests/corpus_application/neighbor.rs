//! Neighbour discovery, packet by packet.

use netshoot_core::packet::{Limit, NeighborOption, Packet};

use crate::ask::{Fields, Kind, WHOLE_PACKETS, ask, hex, text};
use crate::facts::Facts;
use crate::support::Capture;
use crate::tally::Tally;
use crate::{Rule, compare, frames};

/// What rules ask of a packet.
pub struct Of {
    /// An option is cut, or cannot be.
    stopped: bool,
}

pub fn one(capture: &Capture, tally: &mut Tally) {
    let Some(mut reader) = frames::open(&capture.path) else { return };
    let rows = ask(capture, "icmpv6.opt || icmpv6.nd.ra.cur_hop_limit", FIELDS, WHOLE_PACKETS);
    let mut rows = rows.into_iter().peekable();
    while let Ok(Some(frame)) = reader.next_frame() {
        let row = rows.next_if(|row| row.number == frame.number);
        let packet = Packet::parse(frame.link_type, frame.bytes, frame.original_length).innermost();
        let is_known = packet.icmpv6().is_some_and(|icmp| (133..=137).contains(&icmp.message_type()));
        if !is_known || packet.layout().is_fragment() {
            continue;
        }
        let (theirs, mut ours) = (row.map(|row| row.facts).unwrap_or_default(), Facts::default());
        facts(&packet, &mut ours);
        tally.frames += 1;
        let place = || format!("{} frame {}", capture.name, frame.number);
        let stopped = packet.neighbor_options().any(|option| option.is_err())
            || packet.payload().is_truncated()
            || packet.stopped().is_some_and(|stop| stop.limit != Limit::UnknownProtocol);
        compare(&Of { stopped }, &theirs, &ours, RULES, &place, tally);
    }
}

fn facts(packet: &Packet<'_>, facts: &mut Facts) {
    if let Some(router) = packet.router_advertisement() {
        facts.add("icmpv6.nd.ra.cur_hop_limit", router.hop_limit);
        facts.add("icmpv6.nd.ra.flag.m", u8::from(router.managed));
        facts.add("icmpv6.nd.ra.flag.o", u8::from(router.other));
        facts.add("icmpv6.nd.ra.flag.prf", router.preference);
        facts.add("icmpv6.nd.ra.router_lifetime", router.lifetime);
        router.reachable_time.into_iter().for_each(|time| facts.add("icmpv6.nd.ra.reachable_time", time));
        router.retransmission_timer.into_iter().for_each(|time| facts.add("icmpv6.nd.ra.retrans_timer", time));
    }
    for option in packet.neighbor_options().flatten() {
        facts.add("icmpv6.opt.type", option.option_type());
        match option {
            NeighborOption::SourceLinkAddress(address) => {
                facts.text("icmpv6.opt.src_linkaddr", hex(address));
            }
            NeighborOption::TargetLinkAddress(address) => {
                facts.text("icmpv6.opt.target_linkaddr", hex(address));
            }
            NeighborOption::Prefix { prefix, length, on_link, autonomous, valid_lifetime, preferred_lifetime } => {
                facts.text("icmpv6.opt.prefix", prefix);
                facts.add("icmpv6.opt.prefix.length", length);
                facts.add("icmpv6.opt.prefix.flag.l", u8::from(on_link));
                facts.add("icmpv6.opt.prefix.flag.a", u8::from(autonomous));
                facts.add("icmpv6.opt.prefix.valid_lifetime", valid_lifetime);
                facts.add("icmpv6.opt.prefix.preferred_lifetime", preferred_lifetime);
            }
            NeighborOption::Mtu(mtu) => {
                facts.add("icmpv6.opt.mtu", mtu);
            }
            NeighborOption::Route { prefix, length, preference, lifetime } => {
                facts.text("icmpv6.opt.prefix", prefix);
                facts.add("icmpv6.opt.prefix.length", length);
                facts.add("icmpv6.opt.route_info.flag.route_preference", preference);
                facts.add("icmpv6.opt.route_lifetime", lifetime);
            }
            NeighborOption::NameServers { lifetime, servers } => {
                facts.add("icmpv6.opt.rdnss.lifetime", lifetime);
                servers.for_each(|server| facts.text("icmpv6.opt.rdnss", server));
            }
            NeighborOption::SearchDomains { lifetime, domains } => {
                facts.add("icmpv6.opt.dnssl.lifetime", lifetime);
                domains.for_each(|domain| facts.text("icmpv6.opt.dnssl", text(domain.to_string().as_bytes())));
            }
            _ => {}
        }
    }
}

const RULES: &[Rule<Of>] = &[Rule {
    says: "tshark shows the fields of what is cut or cannot be, one by one up to there",
    fields: &["icmpv6."],
    applies: |case| case.of.stopped && case.theirs.starts_with(case.ours),
}];

const FIELDS: Fields = &[
    ("icmpv6.nd.ra.cur_hop_limit", Kind::Number),
    ("icmpv6.nd.ra.flag.m", Kind::Number),
    ("icmpv6.nd.ra.flag.o", Kind::Number),
    ("icmpv6.nd.ra.flag.prf", Kind::Number),
    ("icmpv6.nd.ra.router_lifetime", Kind::Number),
    ("icmpv6.nd.ra.reachable_time", Kind::Number),
    ("icmpv6.nd.ra.retrans_timer", Kind::Number),
    ("icmpv6.opt.type", Kind::Number),
    ("icmpv6.opt.src_linkaddr", Kind::Octets),
    ("icmpv6.opt.target_linkaddr", Kind::Octets),
    ("icmpv6.opt.prefix", Kind::Text),
    ("icmpv6.opt.prefix.length", Kind::Number),
    ("icmpv6.opt.prefix.flag.l", Kind::Number),
    ("icmpv6.opt.prefix.flag.a", Kind::Number),
    ("icmpv6.opt.prefix.valid_lifetime", Kind::Number),
    ("icmpv6.opt.prefix.preferred_lifetime", Kind::Number),
    ("icmpv6.opt.mtu", Kind::Number),
    ("icmpv6.opt.route_info.flag.route_preference", Kind::Number),
    ("icmpv6.opt.route_lifetime", Kind::Number),
    ("icmpv6.opt.rdnss.lifetime", Kind::Number),
    ("icmpv6.opt.rdnss", Kind::Text),
    ("icmpv6.opt.dnssl.lifetime", Kind::Number),
    ("icmpv6.opt.dnssl", Kind::Text),
];
