//! Invariants of the decoders of routes and next hops, and of the texts made of them.

use std::collections::HashSet;

use netshoot_core::netlink::iproute2::{self, Names, RouteOptions};
use netshoot_core::netlink::{LinkNames, NextHop, NextHopBucket, NextHopFilter, Object, Route, RouteFilter};

/// Reads the payload of an `RTM_NEWROUTE`, `RTM_NEWNEXTHOP` or `RTM_NEWNEXTHOPBUCKET`, which the first octet chooses, and
/// writes it as `ip` would.
///
/// # Panics
/// If an invariant is broken: an object that could be read is found by the filters that are for all, has no more parts than
/// octets are there for, and is written in one piece, with each key once.
pub fn fuzz_routes(data: &[u8]) {
    let Some((&choice, payload)) = data.split_first() else { return };
    match choice % 3 {
        0 => route(payload),
        1 => next_hop(payload),
        _ => bucket(payload),
    }
}

fn route(payload: &[u8]) {
    let Ok(route) = Route::parse(payload) else {
        assert!(payload.len() < 12);
        return;
    };
    assert_eq!(Ok(&route), Route::parse(payload).as_ref());
    let mut filter = RouteFilter::default();
    filter.cloned = !route.matches(&filter);
    assert!(route.matches(&filter));
    assert!(route.nexthops.len() <= payload.len() / 8 && route.notes.len() <= 16);
    assert!(route.links().count() <= 4 + 3 * route.nexthops.len());
    assert_eq!(route.key(), route.clone().key());
    // The next hop that the route is made to refer to is shown within it.
    let mut hop = NextHop::default();
    hop.id = route.nhid.unwrap_or_default();
    hop.encap = route.encap.clone();
    written(|out, options, names, links| iproute2::write_routes(out, [&route], &[hop.clone()], names, links, options));
}

fn next_hop(payload: &[u8]) {
    let Ok(hop) = NextHop::parse(payload) else {
        assert!(payload.len() < 8);
        return;
    };
    assert!(hop.matches(&NextHopFilter::default()));
    assert!(hop.group.len() <= payload.len() / 8 && hop.notes.len() <= 16);
    assert!(hop.group.iter().all(|member| (1..=65_536).contains(&member.weight)));
    written(|out, options, names, links| iproute2::write_next_hops(out, [&hop], names, links, options));
}

fn bucket(payload: &[u8]) {
    let Ok(bucket) = NextHopBucket::parse(payload) else {
        assert!(payload.len() < 8);
        return;
    };
    assert!(bucket.notes.len() <= 16);
    written(|out, options, names, links| iproute2::write_next_hop_buckets(out, [&bucket], names, links, options));
}

fn written(write: impl Fn(&mut Vec<u8>, &RouteOptions, &Names, &LinkNames) -> std::io::Result<()>) {
    for (json, more) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut options = RouteOptions::default();
        (options.json, options.details, options.statistics, options.oneline) = (json, more, more, more);
        let mut out = Vec::new();
        assert!(write(&mut out, &options, &Names::default(), &LinkNames::default()).is_ok());
        let Ok(text) = String::from_utf8(out) else { panic!("text that is not UTF-8") };
        if json {
            assert!(text.starts_with('[') && text.ends_with("]\n"), "{text}");
            assert!(!text.trim_end().chars().any(|letter| letter < ' '), "{text:?}");
            keys_are_unique(&text);
        } else {
            assert!(!text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\t')), "{text:?}");
            assert!(text.ends_with('\n') && (!more || text.lines().count() == 1), "{text:?}");
        }
    }
}

/// Brackets match, and no object has a key twice.
fn keys_are_unique(json: &str) {
    let mut open: Vec<(char, HashSet<&str>)> = Vec::new();
    let mut rest = json;
    while let Some(place) = rest.find(['"', '{', '}', '[', ']']) {
        let (_, found) = rest.split_at(place);
        let Some(letter) = found.chars().next() else { return };
        rest = found.get(1..).unwrap_or_default();
        match letter {
            '{' | '[' => open.push((letter, HashSet::new())),
            '}' | ']' => {
                let begun = open.pop().map(|(begun, _)| begun);
                assert_eq!(begun, Some(if letter == '}' { '{' } else { '[' }), "{json}");
            }
            _ => {
                let (text, after) = string(rest);
                rest = after;
                let Some((_, keys)) = open.last_mut().filter(|_| rest.starts_with(':')) else { continue };
                assert!(keys.insert(text), "{text:?} is there twice: {json}");
            }
        }
    }
    assert!(open.is_empty(), "{json}");
}

/// What a string holds, and what comes after it.
fn string(text: &str) -> (&str, &str) {
    let mut escaped = false;
    for (place, letter) in text.char_indices() {
        match letter {
            '"' if !escaped => {
                let (held, after) = text.split_at(place);
                return (held, after.get(1..).unwrap_or_default());
            }
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    panic!("a string without an end: {text}");
}
