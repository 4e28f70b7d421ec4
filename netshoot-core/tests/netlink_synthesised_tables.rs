//! Rules with all selectors, neighbours and forwarding entries, as the installed `ip` and `bridge` show them: the same
//! synthesised messages are read by both, and what they print is compared whole.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]
#![allow(missing_docs, unreachable_pub, dead_code)]

mod support;

use netshoot_core::netlink::iproute2::{self, Names, NeighborOptions, RuleOptions};
use netshoot_core::netlink::{FdbEntry, LinkNames, Neighbor, Object, Rule};
use support::answers::{Answers, Random, attribute, difference, message};
use support::shapes::Shape::{self, *};
use support::shapes::attributes;

const RULE: [(u16, Shape); 17] = [
    (3, Name),
    (4, U32),
    (6, U32),
    (10, U32),
    // `ip` has a name for realm 0 only once it looked for another.
    (11, Odd),
    (12, U64),
    (13, U32To(3)),
    (14, U32To(129)),
    (15, U32To(300)),
    (16, U32),
    (17, Name),
    (19, Bool),
    (20, Words(2)),
    (21, U8To(20)),
    (22, U8),
    (23, Parts(&[U16To(3), U16To(3)])),
    (24, Parts(&[U16To(3), U16])),
];

const NEIGHBOR: [(u16, Shape); 6] =
    [(2, Octets(6)), (3, Words(4)), (4, U32), (12, U8To(20)), (15, Bits(1, 1)), (8, Link)];

const FDB: [(u16, Shape); 12] = [
    (1, Ip6),
    (2, Octets(6)),
    (3, Words(4)),
    (5, U16),
    (6, U16),
    (7, U32),
    (8, Master),
    (9, Master),
    (10, U32To(100)),
    (11, U32),
    (12, U8),
    (13, U32),
];

#[test]
fn synthesised_rules_are_those_of_ip() {
    let Some(answers) = Answers::new("synthesised_rules_are_those_of_ip") else { return };
    for (family, option, address) in [(2_u8, "-4", Ip4), (10, "-6", Ip6)] {
        let mut random = Random::new(family.into());
        let payloads = repeat(|| {
            let action = [1, 2, 3, 6, 7, 8][random.below(6) as usize];
            let length = u64::from(if family == 2 { 33_u8 } else { 129 });
            let lengths = [random.below(length) as u8, random.below(length) as u8];
            let table = random.below(256) as u8;
            let mut octets = vec![family, lengths[0], lengths[1], random.u8(), table, 0, 0, action];
            octets.extend((random.u32() & 0x1_001f).to_ne_bytes());
            for (number, length) in [(1, lengths[0]), (2, lengths[1])] {
                if length != 0 {
                    octets.extend(attributes(&mut random, &[(number, address)], true));
                }
            }
            octets.extend(attributes(&mut random, &RULE, false));
            octets
        });
        let rules: Vec<Rule> = payloads.iter().map(|payload| Rule::parse(payload).unwrap()).collect();
        assert!(rules.iter().all(|rule| rule.notes.is_empty()));
        compare(&answers, ("ip", &[option, "rule"]), 32, &payloads, |json, flag| {
            let mut options = RuleOptions::default();
            (options.json, options.details) = (json, flag == "-d");
            let mut out = Vec::new();
            iproute2::write_rules(&mut out, &rules, &Names::system(), &options).unwrap();
            out
        });
    }
}

#[test]
fn synthesised_neighbors_are_those_of_ip() {
    let Some(answers) = Answers::new("synthesised_neighbors_are_those_of_ip") else { return };
    let mut random = Random::new(1);
    let payloads = repeat(|| {
        let (family, address) = [(2, Ip4), (10, Ip6)][random.below(2) as usize];
        let mut octets = header(&mut random, family);
        octets.extend(attributes(&mut random, &[(1, address)], true));
        octets.extend(attributes(&mut random, &NEIGHBOR, false));
        octets
    });
    let neighbors: Vec<Neighbor> = payloads.iter().map(|payload| Neighbor::parse(payload).unwrap()).collect();
    assert!(neighbors.iter().all(|neighbor| neighbor.notes.is_empty()));
    compare(&answers, ("ip", &["neigh", "show", "nud", "all"]), 28, &payloads, |json, flag| {
        let mut out = Vec::new();
        iproute2::write_neighbors(&mut out, &neighbors, &Names::system(), &links(), &options(json, flag)).unwrap();
        out
    });
}

#[test]
fn synthesised_forwarding_entries_are_those_of_bridge() {
    let Some(answers) = Answers::new("synthesised_forwarding_entries_are_those_of_bridge") else { return };
    let mut random = Random::new(1);
    let payloads = repeat(|| {
        let mut octets = header(&mut random, 7);
        octets.extend(attributes(&mut random, &FDB, false));
        octets
    });
    let entries: Vec<FdbEntry> = payloads.iter().map(|payload| FdbEntry::parse(payload).unwrap()).collect();
    assert!(entries.iter().all(|entry| entry.notes.is_empty()));
    compare(&answers, ("bridge", &["fdb", "show"]), 28, &payloads, |json, flag| {
        let mut out = Vec::new();
        iproute2::write_fdb(&mut out, &entries, &links(), &options(json, flag)).unwrap();
        out
    });
}

/// `struct ndmsg`, on a link that is there or not.
fn header(random: &mut Random, family: u8) -> Vec<u8> {
    let ifindex = [3_u32, 1000][random.below(2) as usize];
    let state = [0_u16, 1, 2, 4, 8, 16, 32, 64, 128][random.below(9) as usize];
    let flags = random.u8();
    [vec![family, 0, 0, 0], ifindex.to_ne_bytes().to_vec(), state.to_ne_bytes().to_vec(), vec![flags, 1]].concat()
}

fn links() -> LinkNames {
    [(3, "lower0".into())].into_iter().collect()
}

fn options(json: bool, flag: &str) -> NeighborOptions {
    let mut options = NeighborOptions::default();
    (options.json, options.statistics) = (json, flag == "-s");
    options
}

fn repeat(make: impl FnMut() -> Vec<u8>) -> Vec<Vec<u8>> {
    std::iter::repeat_with(make).take(300).collect()
}

/// With and without JSON, and with and without more of each.
fn compare(
    answers: &Answers,
    (program, words): (&str, &[&str]),
    kind: u16,
    payloads: &[Vec<u8>],
    own: impl Fn(bool, &str) -> Vec<u8>,
) {
    let header = vec![0, 0, 1, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
    let link = message(16, &[header, attribute(3, b"lower0\0"), attribute(13, &[0; 4])].concat());
    let messages: Vec<_> = std::iter::once(link).chain(payloads.iter().map(|payload| message(kind, payload))).collect();
    let mut failures = Vec::new();
    for json in [false, true] {
        for flag in ["", if kind == 32 { "-d" } else { "-s" }] {
            let mut arguments: Vec<&str> = [if json { "-j" } else { "" }, flag].to_vec();
            arguments.retain(|word| !word.is_empty());
            arguments.extend(words);
            let theirs = answers.ask(program, &arguments, &messages).unwrap();
            let own = String::from_utf8(own(json, flag)).unwrap();
            assert!(theirs.len() > 40 * payloads.len(), "{theirs}");
            failures.extend(difference(json, &own, &theirs).map(|difference| format!("{arguments:?}: {difference}")));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
