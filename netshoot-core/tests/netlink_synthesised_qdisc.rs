//! Queueing disciplines that few kernels have, as the installed `tc` shows them: the same synthesised messages are read
//! by both, and what they print is compared whole. Settings and counters are drawn at random, the same at each run.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]
#![allow(missing_docs, unreachable_pub, dead_code)]

mod support;

use netshoot_core::netlink::iproute2::{self, QdiscShowOptions};
use netshoot_core::netlink::{LinkNames, Object, Qdisc, QdiscOptions, QdiscXstats};
use support::answers::{Answers, Random, attribute, difference, message};

/// The settings and the counters of a queueing discipline of one kind.
type Kind = fn(&mut Random) -> (Vec<u8>, Vec<u8>);

/// Kinds, and whether what `tc` 6.1 writes of them with `-j` is JSON.
const KINDS: [(&str, bool, Kind); 24] = [
    ("pfifo", true, |random| (random.words(1), vec![])),
    ("bfifo", true, |random| (random.words(1), vec![])),
    ("skbprio", true, |random| (random.words(1), vec![])),
    ("prio", true, |random| ([random.words(1), random.octets(16)].concat(), vec![])),
    ("multiq", false, |random| (random.words(1), vec![])),
    ("clsact", true, |_| (vec![], vec![])),
    ("ingress", true, |_| (vec![], vec![])),
    ("mq", true, |_| (vec![], vec![])),
    ("drr", true, |_| (vec![], vec![])),
    ("hfsc", false, |random| (random.words(1), random.words(6))),
    ("codel", true, |random| (random.numbers(1..=5), random.words(9))),
    ("fq_codel", true, |random| {
        let selector = [attribute(10, &[random.u8()]), attribute(11, &[random.u8()])].concat();
        let kind = (random.below(2) as u32).to_ne_bytes().to_vec();
        ([random.numbers(1..=9), selector].concat(), [kind, random.words(9)].concat())
    }),
    ("pie", true, |random| (random.numbers(1..=8), random.words(10))),
    ("fq_pie", true, |random| (random.numbers(1..=12), random.words(9))),
    ("fq", true, |random| {
        let drop = attribute(15, &[random.u8() & 1]);
        // Also what kernels before 4.20 and 5.8, and after 6.7, have of counters.
        let (count, stats) = ([20, 22, 26, 36][random.below(4) as usize], random.words(36));
        ([random.numbers(1..=14), drop].concat(), stats[..4 * count].to_vec())
    }),
    ("sfq", true, |random| {
        let settings = random.words(18);
        (if random.often() { settings } else { settings[..20].to_vec() }, random.words(1))
    }),
    ("hhf", true, |random| (random.numbers(1..=7), random.words(4))),
    ("ets", true, |random| {
        let quanta: Vec<u8> = (0..random.below(17)).flat_map(|_| attribute(4, &random.words(1))).collect();
        let priomap: Vec<u8> = (0..16).flat_map(|_| attribute(6, &random.octets(1))).collect();
        let bands = [attribute(1, &[random.u8()]), attribute(2, &[random.u8()])].concat();
        ([bands, attribute(3, &quanta), attribute(5, &priomap)].concat(), vec![])
    }),
    ("red", true, |random| {
        let flags = if random.often() { attribute(4, &random.words(2)) } else { vec![] };
        let mut settings = [attribute(1, &random.words(4)), random.numbers([3]), flags].concat();
        for number in [5, 6] {
            if random.often() {
                settings.extend(attribute(number, &(random.u32() | 1).to_ne_bytes()));
            }
        }
        (settings, random.words(4))
    }),
    ("choke", true, |random| ([attribute(1, &random.words(4)), random.numbers([3])].concat(), random.words(5))),
    ("sfb", true, |random| (attribute(1, &random.words(9)), random.words(9))),
    ("netem", true, |random| {
        let mut octets = random.words(6);
        for (number, count) in [(1, 3), (3, 2), (4, 2), (6, 4), (7, 1), (8, 2), (10, 2), (11, 2), (12, 10)] {
            if random.often() {
                octets.extend(attribute(number, &random.words(count)));
            }
        }
        let model = [attribute(1, &random.words(5)), attribute(2, &random.words(4))];
        octets.extend(attribute(5, &model[random.below(2) as usize]));
        (octets, vec![])
    }),
    ("cake", true, cake),
    ("mqprio", true, |random| {
        let mut octets = [classes(random), vec![0; 2]].concat();
        for number in [1, 2] {
            if random.often() {
                octets.extend(attribute(number, &[random.below(3) as u8, 0]));
            }
        }
        for number in [3, 4] {
            if random.often() {
                let rates: Vec<u8> =
                    (0..octets[0]).flat_map(|_| attribute(number, &random.u64().to_ne_bytes())).collect();
                octets.extend(attribute(number, &rates));
            }
        }
        (octets, vec![])
    }),
];

const MORE_KINDS: [(&str, bool, Kind); 7] = [
    ("pfifo_fast", true, |random| ([random.words(1), random.octets(16)].concat(), vec![])),
    ("htb", true, |random| {
        let offload = if random.often() { attribute(9, &[]) } else { vec![] };
        ([attribute(2, &random.words(5)), random.numbers([5]), offload].concat(), vec![])
    }),
    ("tbf", true, |random| (tbf(random), vec![])),
    ("taprio", true, |random| (taprio(random), vec![])),
    ("taprio", false, |random| ([taprio(random), attribute(7, &schedule(random))].concat(), vec![])),
    ("cbs", true, |random| (attribute(1, &[vec![random.u8(), 0, 0, 0], random.words(4)].concat()), vec![])),
    ("etf", true, |random| {
        let clock = [0_u32, 1, 7, 11, 3][random.below(5) as usize].to_ne_bytes().to_vec();
        (attribute(1, &[random.words(1), clock, random.words(1)].concat()), vec![])
    }),
];

/// `struct tc_mqprio_qopt` with at most as many classes as there can be.
fn classes(random: &mut Random) -> Vec<u8> {
    [vec![random.below(17) as u8], random.octets(17), random.octets(64)].concat()
}

/// With rates that a packet takes less than an hour at: beyond, `tc` reckons what C does not define.
fn tbf(random: &mut Random) -> Vec<u8> {
    let spec = |random: &mut Random, least: u32| {
        let [overhead, mpu] = [random.u16(), random.u16()].map(u16::to_ne_bytes);
        let rate = ((random.u32() >> 1).max(least)).to_ne_bytes();
        [&[random.below(20) as u8, random.below(4) as u8][..], &overhead, &[0; 2], &mpu, &rate].concat()
    };
    let [limit, buffer, mtu] = [0; 3].map(|_: u8| (random.u32() >> 12).to_ne_bytes());
    let peak = if random.often() { vec![0; 12] } else { spec(random, 1_000_000) };
    let mut octets = attribute(1, &[&spec(random, 1_000_000)[..], &peak, &limit, &buffer, &mtu].concat());
    if !random.often() {
        octets.extend(attribute(4, &(1_000_000_000 + (random.u64() >> 30)).to_ne_bytes()));
    }
    octets
}

fn taprio(random: &mut Random) -> Vec<u8> {
    let clock = [0_i32, 1, 7, 11, -1][random.below(5) as usize].to_ne_bytes();
    let map = attribute(1, &classes(random));
    let rest = if random.often() { random.numbers([10, 11]) } else { attribute(5, &clock) };
    [map, rest, schedule(random)].concat()
}

fn schedule(random: &mut Random) -> Vec<u8> {
    let mut entries = Vec::new();
    for _ in 0..random.below(4) {
        let entry = [random.numbers([1]), attribute(2, &[random.below(3) as u8]), random.numbers([3, 4])].concat();
        entries.extend(attribute(1, &entry));
    }
    let mut octets = attribute(2, &entries);
    for number in [3, 8, 9] {
        if random.often() {
            octets.extend(attribute(number, &random.u64().to_ne_bytes()));
        }
    }
    octets
}

fn cake(random: &mut Random) -> (Vec<u8>, Vec<u8>) {
    let mut options = attribute(2, &random.u64().to_ne_bytes());
    for (number, limit) in [(3, 6), (4, 4), (5, 9), (9, 3), (16, 4)] {
        options.extend(attribute(number, &(random.below(limit) as u32).to_ne_bytes()));
    }
    options.extend(random.numbers([6, 7, 8, 10, 11, 13, 14, 15, 17, 18]));
    if random.often() {
        options.extend(attribute(12, &[]));
    }
    // All tins have the same attributes.
    let numbers: Vec<u16> = (2..=25).filter(|_| random.often()).collect();
    let mut tins = Vec::new();
    for tin in 1..=random.below(9) as u16 {
        let mut octets = Vec::new();
        for number in &numbers {
            let value = random.u64().to_ne_bytes();
            octets.extend(attribute(*number, if [3, 5, 7, 9, 12].contains(number) { &value } else { &value[..4] }));
        }
        tins.extend(attribute(tin, &octets));
    }
    let mut stats = [attribute(2, &random.u64().to_ne_bytes()), random.numbers(3..=9), attribute(10, &tins)].concat();
    if !random.often() {
        // What `tc` shows of a time in the past is wrong.
        let timer = attribute(16, &(random.u32() >> 1).to_ne_bytes());
        stats.extend([random.numbers(11..=15), timer].concat());
    }
    (options, stats)
}

/// The payload of `RTM_NEWQDISC`.
fn qdisc(random: &mut Random, number: u32, kind: &str, (options, xstats): (Vec<u8>, Vec<u8>)) -> Vec<u8> {
    let parent = [u32::MAX, 0, 0x1_0000, 0x1_000a, 10, 0xffff_fff1][random.below(6) as usize];
    let header = [0, 7, number << 16, parent, random.below(3) as u32];
    let mut stats = [attribute(1, &random.words(4)), attribute(3, &random.words(5))].concat();
    if !random.often() {
        stats.extend(attribute(2, &random.words(2)));
    }
    if random.often() {
        stats.extend([attribute(8, &random.u64().to_ne_bytes()), attribute(7, &[0; 16])].concat());
    }
    if !xstats.is_empty() {
        stats.extend(attribute(4, &xstats));
    }
    let mut octets: Vec<u8> = header.iter().flat_map(|word| word.to_ne_bytes()).collect();
    octets.extend(attribute(1, &[kind.as_bytes(), b"\0"].concat()));
    octets.extend(attribute(2, &options));
    octets.extend(attribute(7, &stats));
    octets
}

#[test]
fn synthesised_queueing_disciplines_are_those_of_tc() {
    let Some(answers) = Answers::new("synthesised_queueing_disciplines_are_those_of_tc") else { return };
    let links: LinkNames = [(7, "eth0".into())].into_iter().collect();
    let link = message(16, &[vec![0, 0, 1, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], attribute(3, b"eth0\0")].concat());
    let mut failures = Vec::new();
    for (seed, (kind, is_json, make)) in KINDS.into_iter().chain(MORE_KINDS).enumerate() {
        let mut random = Random::new(seed as u64 + 1);
        let payloads: Vec<Vec<u8>> = (1..=64)
            .map(|number| {
                let own = make(&mut random);
                qdisc(&mut random, number, kind, own)
            })
            .collect();
        let qdiscs: Vec<Qdisc> = payloads.iter().map(|payload| Qdisc::parse(payload).unwrap()).collect();
        for length in 0..payloads[0].len() {
            let shorter = Qdisc::parse(&payloads[0][..length]);
            assert!(shorter.map_or(true, |qdisc| qdisc.notes.len() <= 16), "{kind} {length}");
        }
        for qdisc in &qdiscs {
            assert_eq!(qdisc.notes, [], "{kind}");
            let known = !matches!(qdisc.options, Some(QdiscOptions::Other(_)));
            assert!(known || ["clsact", "ingress", "mq", "drr"].contains(&kind), "{kind}");
            assert!(!matches!(qdisc.xstats, Some(QdiscXstats::Other(_))), "{kind}");
        }
        let messages: Vec<_> =
            std::iter::once(link.clone()).chain(payloads.iter().map(|payload| message(36, payload))).collect();
        for (flags, details, statistics) in [("", false, false), ("-s", false, true), ("-d", true, false)] {
            for json in [false, true] {
                let mut arguments: Vec<&str> = [flags, if json { "-j" } else { "" }].to_vec();
                arguments.retain(|word| !word.is_empty());
                let mut options = QdiscShowOptions::default();
                (options.json, options.details, options.statistics) = (json, details, statistics);
                let mut own = Vec::new();
                iproute2::write_qdiscs(&mut own, &qdiscs, &links, &options).unwrap();
                let own = String::from_utf8(own).unwrap();
                let theirs = answers.ask("tc", &[&arguments[..], &["qdisc", "show"]].concat(), &messages).unwrap();
                assert!(theirs.matches(kind).count() >= payloads.len(), "{theirs}");
                if let Some(difference) = difference(json, &own, &theirs).filter(|_| is_json || !json) {
                    failures.push(format!("{kind} {arguments:?}: {difference}"));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// No message, however wrong, stops the program, or makes what is no JSON.
#[test]
fn settings_of_any_octets_can_be_shown() {
    let mut random = Random::new(1);
    for (kind, _, make) in KINDS.into_iter().chain(MORE_KINDS) {
        for _ in 0..200 {
            let (mut options, mut stats) = make(&mut random);
            for octets in [&mut options, &mut stats] {
                for _ in 0..random.below(4) {
                    if !octets.is_empty() {
                        let place = random.below(octets.len() as u64) as usize;
                        octets[place] = random.u8();
                    }
                }
                octets.truncate(random.below(octets.len() as u64 + 40) as usize);
            }
            let payload = qdisc(&mut random, 1, kind, (options, stats));
            let qdisc = Qdisc::parse(&payload).unwrap();
            let mut show = QdiscShowOptions::default();
            (show.details, show.statistics) = (true, true);
            for json in [false, true] {
                show.json = json;
                let mut out = Vec::new();
                iproute2::write_qdiscs(&mut out, [&qdisc], &LinkNames::default(), &show).unwrap();
                let is_json = serde_json::from_slice::<serde_json::Value>(&out).is_ok();
                assert!(!json || is_json, "{kind}: {}", String::from_utf8_lossy(&out));
            }
        }
    }
}
