//! Links that few kernels have, as the installed `ip` shows them: the same synthesised messages are read by both, and
//! what they print is compared whole. Attributes are drawn at random, the same at each run.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]
#![allow(missing_docs, unreachable_pub, dead_code)]

mod support;

use netshoot_core::netlink::iproute2::{self, Names, Options};
use netshoot_core::netlink::{Link, LinkData, Object};
use support::answers::{Answers, Random, attribute, difference, message};
use support::link_kinds::{COMMON, KINDS, Kind};
use support::shapes::{attributes, payload};

/// The payload of `RTM_NEWLINK`.
fn link(random: &mut Random, number: u32, kind: &Kind) -> Vec<u8> {
    let mut octets = [vec![0, 0], kind.link_type.to_ne_bytes().to_vec()].concat();
    octets.extend([number, random.u32() & 0x1ffff & !0x10, 0].iter().flat_map(|word| word.to_ne_bytes()));
    octets.extend(attribute(3, format!("x{number}\0").as_bytes()));
    // Virtual functions have addresses as long as those of Ethernet, or of InfiniBand.
    let has_functions = [1, 32].contains(&kind.link_type);
    for (number, shape) in COMMON.into_iter().filter(|(number, _)| has_functions || ![21, 22].contains(number)) {
        if random.often() || ALWAYS.contains(&number) {
            octets.extend(attribute(number, &payload(random, shape)));
        }
    }
    let data = attributes(random, kind.data, kind.whole);
    let (name, numbers) = match kind.name.strip_suffix("_slave") {
        Some(name) => (name, (4, 5)),
        None => (kind.name, (1, 2)),
    };
    let kind = attribute(numbers.0, &[name.as_bytes(), b"\0"].concat());
    octets.extend(attribute(18, &[kind, attribute(numbers.1, &data)].concat()));
    octets
}

/// What `ip` 6.1 asks the device for if the kernel does not say it (the length of the queue), or takes for granted.
const ALWAYS: [u16; 6] = [2, 13, 21, 22, 23, 39];

#[test]
fn synthesised_links_are_those_of_ip() {
    let Some(answers) = Answers::new("synthesised_links_are_those_of_ip") else { return };
    let names = Names::system();
    let mut failures = Vec::new();
    for (seed, kind) in KINDS.iter().enumerate() {
        let mut random = Random::new(seed as u64 + 1);
        let header = vec![0, 0, 1, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
        let lower = [header, attribute(3, b"lower0\0"), attribute(13, &[0; 4]), attribute(23, &[0; 200])].concat();
        let payloads: Vec<Vec<u8>> =
            std::iter::once(lower).chain((11..=30).map(|number| link(&mut random, number, kind))).collect();
        let links: Vec<Link> = payloads.iter().map(|payload| Link::parse(payload).unwrap()).collect();
        for link in &links[1..] {
            assert_eq!(link.notes, [], "{}", kind.name);
            let info = link.linkinfo.as_ref().unwrap();
            let data = info.data.as_ref().or(info.slave_data.as_ref()).unwrap();
            assert!(!matches!(data, LinkData::Other(_)) || kind.data.is_empty(), "{}", kind.name);
        }
        for length in 0..payloads[1].len() {
            let shorter = Link::parse(&payloads[1][..length]);
            assert!(shorter.map_or(true, |link| link.notes.len() <= 16), "{} {length}", kind.name);
        }
        let messages: Vec<_> = payloads.iter().map(|payload| message(16, payload)).collect();
        for flags in ["", "-s", "-d", "-d -s -s", "-br", "-d -o", "-j", "-j -s", "-j -d -s -s", "-j -br"] {
            let options = options(flags);
            let mut own = Vec::new();
            iproute2::write_links(&mut own, &links, &names, &options).unwrap();
            let own = String::from_utf8(own).unwrap();
            let arguments: Vec<&str> = flags.split_whitespace().chain(["link"]).collect();
            let theirs = match answers.ask("ip", &arguments, &messages) {
                Ok(theirs) => theirs,
                Err(failure) => {
                    failures.push(format!("{} {flags}: {failure}", kind.name));
                    continue;
                }
            };
            assert!((11..=30).all(|number| theirs.contains(&format!("x{number}"))), "{theirs}");
            failures.extend(
                difference(options.json, &own, &theirs)
                    .map(|difference| format!("{} {flags}: {difference}", kind.name)),
            );
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn options(flags: &str) -> Options {
    let count = |flag: &str| flags.split_whitespace().filter(|word| *word == flag).count();
    Options {
        json: count("-j") > 0,
        details: count("-d") > 0,
        statistics: count("-s") > 0,
        more_statistics: count("-s") > 1,
        brief: count("-br") > 0,
        oneline: count("-o") > 0,
        ..Options::default()
    }
}
