//! Links that few kernels have, as the installed `ip` shows them: the same synthesised messages are read by both, and
//! what they print is compared whole. Attributes are drawn at random, the same at each run.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]
#![allow(missing_docs, unreachable_pub, dead_code)]

mod support;

use netshoot_core::netlink::iproute2::{self, Names, Options};
use netshoot_core::netlink::{Link, LinkData, Object};
use support::answers::{Answers, Random, attribute, difference, message};
use support::shapes::Shape::{self, *};
use support::shapes::{attributes, payload};

/// A kind of device, or with `_slave` of a port.
struct Kind {
    name: &'static str,
    link_type: u16,
    data: &'static [(u16, Shape)],
    /// Whether all attributes are there, but for flags, as `ip` 6.1 takes for granted.
    whole: bool,
}

const fn kind(name: &'static str, link_type: u16, data: &'static [(u16, Shape)]) -> Kind {
    Kind { name, link_type, data, whole: false }
}

const fn whole(name: &'static str, link_type: u16, data: &'static [(u16, Shape)]) -> Kind {
    Kind { name, link_type, data, whole: true }
}

const GRE: [(u16, Shape); 22] = [
    (1, Link),
    (2, U16),
    (3, U16),
    (4, U32),
    (5, U32),
    (6, Ip4),
    (7, Ip4),
    (8, U8),
    (9, U8),
    (10, Bool),
    (14, U16To(4)),
    (15, U16To(8)),
    (16, U16),
    (17, U16),
    (18, Flag),
    (19, Bool),
    (20, U32),
    (21, U32),
    (22, U8To(4)),
    (23, U8To(2)),
    (24, U16),
    (25, Words(2)),
];
const GRE6: [(u16, Shape); 22] = [
    (1, Link),
    (2, U16),
    (3, U16),
    (4, U32),
    (5, U32),
    (6, Ip6),
    (7, Ip6),
    (8, U8),
    (9, U8),
    (11, U8),
    (12, U32),
    (13, U32),
    (14, U16To(4)),
    (15, U16To(8)),
    (16, U16),
    (17, U16),
    (18, Flag),
    (20, U32),
    (21, U32),
    (22, U8To(4)),
    (23, U8To(2)),
    (24, U16),
];
const TUNNEL: [(u16, Shape); 13] = [
    (1, Link),
    (2, Ip4),
    (3, Ip4),
    (4, U8),
    (5, U8),
    (9, U8),
    (10, Bool),
    (15, U16To(4)),
    (16, U16To(8)),
    (17, U16),
    (18, U16),
    (19, Flag),
    (20, U32),
];
const SIT: [(u16, Shape); 18] = [
    (1, Link),
    (2, Ip4),
    (3, Ip4),
    (4, U8),
    (5, U8),
    (9, U8),
    (10, Bool),
    (15, U16To(4)),
    (16, U16To(8)),
    (17, U16),
    (18, U16),
    (19, Flag),
    (20, U32),
    (8, U16To(2)),
    (11, Ip6),
    (12, Ip4),
    (13, U16To(129)),
    (14, U16To(33)),
];
const TUNNEL6: [(u16, Shape); 14] = [
    (1, Link),
    (2, Ip6),
    (3, Ip6),
    (4, U8),
    (5, U8),
    (6, U8),
    (7, U32),
    (8, U32),
    (9, U8To(60)),
    (15, U16To(4)),
    (16, U16To(8)),
    (17, U16),
    (18, U16),
    (20, U32),
];
const BOND: [(u16, Shape); 31] = [
    (1, U8To(8)),
    (2, Link),
    (3, U32),
    (4, U32),
    (5, U32),
    (6, U8),
    (7, U32),
    (8, List(0, 3, &Ip4)),
    (9, U32To(8)),
    (10, U32To(3)),
    (11, Link),
    (12, U8To(4)),
    (13, U8To(4)),
    (14, U8To(7)),
    (15, U32),
    (16, U8),
    (17, U8),
    (18, U32),
    (19, U32),
    (20, U32),
    (21, U8To(3)),
    (22, U8To(4)),
    (23, Nest(&[(1, U16), (2, U16), (3, U16), (4, U16), (5, Octets(6))])),
    (24, U16),
    (25, U16),
    (26, Octets(6)),
    (27, U8),
    (28, U32),
    (29, U8To(3)),
    (30, U8),
    (31, List(0, 3, &Ip6)),
];
const VXLAN: [(u16, Shape); 29] = [
    (1, U32),
    (2, Ip4),
    (3, Link),
    (4, Ip4),
    (5, U8),
    (6, U8),
    (7, Bool),
    (8, U32),
    (9, U32),
    (10, U32),
    (11, Bool),
    (12, Bool),
    (13, Bool),
    (14, Bool),
    (15, U16),
    (18, Bool),
    (19, Bool),
    (20, Bool),
    (21, Bool),
    (22, Bool),
    (23, Flag),
    (24, Flag),
    (25, Bool),
    (26, U32),
    (27, Flag),
    (28, Bool),
    (29, U8To(4)),
    (30, Bool),
    (31, Bool),
];
const VXLAN6: [(u16, Shape); 29] = [
    (1, U32),
    (3, Link),
    (5, U8),
    (6, U8),
    (7, Bool),
    (8, U32),
    (9, U32),
    (10, U32),
    (11, Bool),
    (12, Bool),
    (13, Bool),
    (14, Bool),
    (15, U16),
    (16, Ip6),
    (17, Ip6),
    (18, Bool),
    (19, Bool),
    (20, Bool),
    (21, Bool),
    (22, Bool),
    (23, Flag),
    (24, Flag),
    (25, Bool),
    (26, U32),
    (27, Flag),
    (28, Bool),
    (29, U8To(4)),
    (30, Bool),
    (31, Bool),
];
const GENEVE: [(u16, Shape); 12] = [
    (1, U32),
    (2, Ip4),
    (3, U8),
    (4, U8),
    (5, U16),
    (6, Flag),
    (8, Bool),
    (9, Bool),
    (10, Bool),
    (11, U32),
    (12, Bool),
    (13, U8To(4)),
];
const GENEVE6: [(u16, Shape); 12] = [
    (1, U32),
    (3, U8),
    (4, U8),
    (5, U16),
    (6, Flag),
    (7, Ip6),
    (8, Bool),
    (9, Bool),
    (10, Bool),
    (11, U32),
    (12, Bool),
    (13, U8To(4)),
];
const BRIDGE: [(u16, Shape); 40] = [
    (1, U32),
    (2, U32),
    (3, U32),
    (4, U32),
    (5, U32),
    (6, U16),
    (7, U8),
    (8, EtherType),
    (9, U16),
    (12, U16),
    (13, U32),
    (14, U8),
    (15, U8),
    (20, Octets(6)),
    (22, U8),
    (23, U8),
    (24, U8),
    (25, U8),
    (26, U32),
    (27, U32),
    (28, U32),
    (29, U32),
    (30, U64),
    (31, U64),
    (32, U64),
    (33, U64),
    (34, U64),
    (35, U64),
    (36, U8),
    (37, U8),
    (38, U8),
    (39, U16),
    (41, U8),
    (42, U8),
    (43, U8),
    (44, U8),
    (45, U8),
    (46, Bits(3, 2)),
    (16, Timer),
    (17, Timer),
];
const BRIDGE_PORT: [(u16, Shape); 36] = [
    (1, U8To(6)),
    (2, U16),
    (3, U32To(1 << 31)),
    (4, Bool),
    (5, Bool),
    (6, Bool),
    (7, Bool),
    (8, Bool),
    (9, Bool),
    (10, Bool),
    (12, Bool),
    (13, Octets(8)),
    (14, Octets(8)),
    (15, U16),
    (16, U16),
    (17, U16),
    (18, U16),
    (19, U8),
    (20, U8),
    (21, Timer),
    (22, Timer),
    (23, Timer),
    (25, U8),
    (27, Bool),
    (28, Bool),
    (29, Bool),
    (30, Bool),
    (31, U16),
    (32, Bool),
    (33, Bool),
    (34, Master),
    (39, Bool),
    (35, Bool),
    (36, Bool),
    (37, U32),
    (38, U32),
];
/// The sample point is in thousandths.
const TIMING: Shape = Parts(&[U32, U32To(1000), Words(6)]);
const CAN: [(u16, Shape); 10] = [
    (3, U32),
    (4, U32To(7)),
    (5, Words(2)),
    (6, U32),
    (8, U32),
    (11, U16),
    (12, Octets(6)),
    (15, U32),
    (1, TIMING),
    (9, TIMING),
];

const KINDS: [Kind; 42] = [
    kind("dummy", 1, &[]),
    kind("ifb", 1, &[]),
    kind("nlmon", 824, &[]),
    kind("wireguard", 0xfffe, &[]),
    kind("veth", 1, &[]),
    kind("vcan", 280, &[]),
    kind("team", 1, &[]),
    kind("bond", 1, &BOND),
    kind(
        "bond_slave",
        1,
        &[
            (1, U8To(3)),
            (2, U8To(5)),
            (3, U32To(1 << 31)),
            (4, Octets(6)),
            (5, U16),
            (6, U16),
            (7, U8),
            (8, U16To(256)),
            (9, U32),
        ],
    ),
    kind("vrf", 1, &[(1, U32)]),
    kind("vrf_slave", 1, &[(1, U32)]),
    whole("vlan", 1, &[(1, U16), (2, Words(2)), (3, Row(1, 3, &Words(2))), (4, Row(1, 3, &Words(2))), (5, EtherType)]),
    whole(
        "macvlan",
        1,
        &[(1, U32To(20)), (2, U16), (3, U32), (5, Row(4, 3, &Octets(6))), (6, U32To(4)), (7, U32), (8, U32)],
    ),
    kind("macvtap", 1, &[(1, U32To(20)), (2, U16), (7, U32), (8, U32)]),
    kind("ipvlan", 1, &[(1, U16To(4)), (2, U16To(4))]),
    kind("ipvtap", 1, &[(1, U16To(4)), (2, U16To(4))]),
    whole("gre", 778, &GRE),
    whole("gretap", 1, &GRE),
    whole("erspan", 1, &GRE),
    whole("ip6gre", 823, &GRE6),
    whole("ip6gretap", 1, &GRE6),
    whole("ip6erspan", 1, &GRE6),
    whole("ipip", 768, &TUNNEL),
    whole("sit", 776, &SIT),
    whole("ip6tnl", 769, &TUNNEL6),
    whole("vti", 768, &[(1, Link), (2, U32), (3, U32), (4, Ip4), (5, Ip4), (6, U32)]),
    whole("vti6", 769, &[(1, Link), (2, U32), (3, U32), (4, Ip6), (5, Ip6), (6, U32)]),
    kind("xfrm", 1, &[(1, Link), (2, U32), (3, Flag)]),
    kind("vxlan", 1, &VXLAN),
    kind("vxlan", 1, &VXLAN6),
    kind("geneve", 1, &GENEVE),
    kind("geneve", 1, &GENEVE6),
    kind("bareudp", 1, &[(1, U16), (2, EtherType), (3, U16), (4, Flag)]),
    kind("gtp", 1, &[(3, U32), (4, U32To(3)), (6, U8)]),
    kind("amt", 1, &[(1, U32To(2)), (2, U16), (3, U16), (4, Master), (5, Ip4), (6, Ip4), (7, Ip4), (8, U32)]),
    kind(
        "macsec",
        1,
        &[
            (1, Octets(8)),
            (3, U8),
            (4, U64),
            (5, U32To(1 << 31)),
            (6, U8),
            (7, Bool),
            (8, Bool),
            (9, Bool),
            (10, Bool),
            (11, Bool),
            (12, Bool),
            (13, U8To(4)),
            (15, U8To(4)),
        ],
    ),
    kind("hsr", 1, &[(1, Master), (2, Master), (4, Octets(6)), (5, U16), (7, U8)]),
    kind("tun", 1, &[(1, U32), (2, U32), (3, U8To(4)), (4, Bool), (5, Bool), (6, Bool), (7, Bool), (8, U32), (9, U32)]),
    kind("bridge", 1, &BRIDGE),
    kind("bridge_slave", 1, &BRIDGE_PORT),
    kind("can", 280, &CAN),
    kind("netdevsim", 1, &[]),
];

/// The payload of `RTM_NEWLINK`.
fn link(random: &mut Random, number: u32, kind: &Kind) -> Vec<u8> {
    let mut octets = [vec![0, 0], kind.link_type.to_ne_bytes().to_vec()].concat();
    octets.extend([number, random.u32() & 0x1ffff & !0x10, 0].iter().flat_map(|word| word.to_ne_bytes()));
    octets.extend(attribute(3, format!("x{number}\0").as_bytes()));
    for (number, shape) in COMMON {
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

/// What all kinds have.
const COMMON: [(u16, Shape); 26] = [
    (1, Octets(6)),
    (2, Octets(6)),
    (4, U32To(1 << 31)),
    (5, Link),
    (10, Master),
    (13, U32To(1 << 31)),
    (16, U8To(7)),
    (17, U8To(4)),
    (27, U32To(3)),
    (30, U32),
    (31, U32),
    (32, U32),
    (34, Octets(6)),
    (36, Octets(5)),
    (39, Bool),
    (40, U32),
    (41, U32),
    (50, U32),
    (51, U32),
    (54, Octets(6)),
    (55, Nest(&[(1, U32), (2, U32To(256))])),
    (58, U32),
    (59, U32),
    (60, U32),
    (61, U32),
    (23, Words(50)),
];

/// What `ip` 6.1 asks the device for if the kernel does not say it (the length of the queue), or takes for granted.
const ALWAYS: [u16; 4] = [2, 13, 23, 39];

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
            std::iter::once(lower).chain((11..=50).map(|number| link(&mut random, number, kind))).collect();
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
        for json in [false, true] {
            let options =
                Options { json, details: true, statistics: true, more_statistics: true, ..Options::default() };
            let mut own = Vec::new();
            iproute2::write_links(&mut own, &links, &names, &options).unwrap();
            let own = String::from_utf8(own).unwrap();
            let arguments: &[&str] = if json { &["-d", "-s", "-s", "-j", "link"] } else { &["-d", "-s", "-s", "link"] };
            let theirs = match answers.ask("ip", arguments, &messages) {
                Ok(theirs) => theirs,
                Err(failure) => {
                    failures.push(format!("{} {arguments:?}: {failure}", kind.name));
                    continue;
                }
            };
            assert!(theirs.matches(": x").count() >= 40 || theirs.matches("\"x").count() >= 40, "{theirs}");
            if let Some(difference) = difference(json, &own, &theirs) {
                failures.push(format!("{} {arguments:?}: {difference}", kind.name));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
