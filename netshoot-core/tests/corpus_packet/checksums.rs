//! Checksums against those of tshark, at each depth and within what ICMP errors quote.

use netshoot_core::packet::{Checksum, ChecksumStatus, Layer, Limit, Packet};
use serde_json::Value;

use crate::facts::Field;
use crate::support::{self, Capture, Corpus};
use crate::tally::Tally;
use crate::{SEED, frames};

/// tshark is asked about one capture in twenty, and about all where `NETSHOOT_CORPUS_PARTS` is 1.
#[test]
fn checksums_are_as_in_tshark() {
    const TEST: &str = "checksums_are_as_in_tshark";
    let Some(corpus) = Corpus::find(TEST) else { return };
    if !support::has_program("tshark") {
        return support::skip(TEST, "needs tshark");
    }
    let parts = support::corpus_parts();
    let drawn: Vec<&Capture> = corpus.captures.iter().filter(|capture| capture.is_drawn(SEED, parts)).collect();
    let tallies = frames::in_two_threads(&drawn, |capture: &&Capture, tally: &mut Tally| compare(capture, tally));
    let [first, second] = tallies;
    let tally = first.merge(second);
    eprint!("{}", tally.report());
    assert!(tally.faults.is_empty(), "there are differences that no rule excuses");
    assert!(tally.values() > 0);
    // A few captures have most of what is excused.
    assert!(parts > 1 || tally.excuses() * 1000 < tally.values(), "the rules excuse a thousandth or more");
}

fn compare(capture: &Capture, tally: &mut Tally) {
    let Some(mut reader) = frames::open(&capture.path) else {
        return tally.unread.push(capture.name.clone());
    };
    for row in ask(capture) {
        let protocols = row["frame_protocols"][0].as_str().unwrap_or_default();
        if row.get("frame_encap_type").is_none() {
            // What is no packet: tshark also numbers other records of a file.
            continue;
        }
        let Ok(Some(frame)) = reader.next_frame() else {
            return tally.fault("frames", format!("{}: tshark has a frame more", capture.name));
        };
        tally.frames += 1;
        let all = checksums(&Packet::parse(frame.link_type, frame.bytes, frame.original_length));
        for (field, key, layer) in FIELDS {
            let theirs = answers(&row, key);
            let ours: Vec<&Own<'_>> = all.0.iter().filter(|own| own.checksum.layer == *layer).collect();
            let place = || format!("{} frame {} {protocols}", capture.name, frame.number);
            let last = all.1;
            compare_layer(field, &theirs, &ours, &last, &place, tally);
        }
    }
}

fn compare_layer(
    field: Field,
    theirs: &[Answer],
    ours: &[&Own<'_>],
    last: &Packet<'_>,
    place: &dyn Fn() -> String,
    tally: &mut Tally,
) {
    let theirs = within(theirs, ours, last, &place());
    *tally.compared.entry(field).or_default() += theirs.len().max(ours.len()) as u64;
    if theirs.len() != ours.len() {
        match unequal(theirs, ours, last) {
            Some(rule) => *tally.excused.entry((rule, field)).or_default() += 1,
            None => tally.fault(field, format!("{}: tshark {theirs:?}, ours {ours:?}", place())),
        }
        return;
    }
    for (answer, own) in theirs.iter().zip(ours) {
        if answer.agrees(&own.checksum) {
            continue;
        }
        match RULES.iter().find(|rule| (rule.applies)(answer, own)) {
            Some(rule) => *tally.excused.entry((rule.says, field)).or_default() += 1,
            None => tally.fault(field, format!("{}: tshark {answer:?}, ours {own:?}", place())),
        }
    }
}

/// A checksum and the packet that it is of.
struct Own<'a> {
    packet: Packet<'a>,
    checksum: Checksum,
    quoted: bool,
}

impl std::fmt::Debug for Own<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}{}", self.checksum, if self.quoted { " quoted" } else { "" })
    }
}

/// Those of a packet and of all inside it, and the innermost.
fn checksums<'a>(packet: &Packet<'a>) -> (Vec<Own<'a>>, Packet<'a>) {
    let (mut all, mut last) = (Vec::new(), *packet);
    let (mut next, mut quoted) = (Some(*packet), false);
    while let Some(packet) = next {
        last = packet;
        all.extend(packet.checksums().map(|checksum| Own { packet, checksum, quoted }));
        let quote = packet.quoted();
        quoted |= quote.is_some();
        next = packet.inner().or(quote);
    }
    (all, last)
}

#[derive(Debug)]
struct Answer {
    found: u32,
    /// 0 bad, 1 good, 2 not verified, 3 not there; none where tshark does not say.
    status: Option<u64>,
}

impl Answer {
    fn agrees(&self, own: &Checksum) -> bool {
        let same = match self.status {
            Some(1) => own.status == ChecksumStatus::Valid,
            Some(0) => matches!(own.status, ChecksumStatus::Invalid | ChecksumStatus::Offloaded),
            Some(2) => matches!(own.status, ChecksumStatus::Unverifiable(_)),
            Some(3) => own.status == ChecksumStatus::Absent,
            _ => true,
        };
        same && self.found == own.found
    }
}

fn answers(row: &Value, key: &str) -> Vec<Answer> {
    let texts = |key: &str| row[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>();
    let (found, status) = (texts(key), texts(&format!("{key}_status")));
    let number = |text: &str| u32::from_str_radix(text.trim_start_matches("0x"), 16).unwrap();
    let status = |at: usize| status.get(at).map(|text| text.parse().unwrap());
    found.iter().enumerate().map(|(at, text)| Answer { found: number(text), status: status(at) }).collect()
}

fn ask(capture: &Capture) -> Vec<Value> {
    let mut command = support::tshark(&capture.path);
    command.args(["-T", "ek", "-e", "frame.protocols", "-e", "frame.encap_type"]);
    for (_, key, _) in FIELDS {
        let field = key.replace('_', ".");
        command.args(["-e", &field]);
        if *key != "ospf_checksum" {
            command.args(["-e", &format!("{field}.status")]);
        }
    }
    for preference in PREFERENCES {
        command.args(["-o", preference]);
    }
    let text = String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned();
    let rows = text.lines().filter(|line| line.starts_with(r#"{"timestamp""#));
    rows.map(|line| serde_json::from_str::<Value>(line).unwrap()["layers"].take()).collect()
}

const PREFERENCES: &[&str] = &[
    "ip.check_checksum:TRUE",
    "tcp.check_checksum:TRUE",
    "udp.check_checksum:TRUE",
    "udplite.check_checksum:TRUE",
    "udplite.ignore_checksum_coverage:FALSE",
    "sctp.checksum:CRC-32c",
    "ip.defragment:FALSE",
    "ipv6.defragment:FALSE",
    "tcp.desegment_tcp_streams:FALSE",
];

/// Name here, key of tshark's answer, layer.
const FIELDS: &[(Field, &str, Layer)] = &[
    ("ip.checksum", "ip_checksum", Layer::Ipv4),
    ("tcp.checksum", "tcp_checksum", Layer::Tcp),
    ("udp.checksum", "udp_checksum", Layer::Udp),
    ("icmp.checksum", "icmp_checksum", Layer::Icmpv4),
    ("icmpv6.checksum", "icmpv6_checksum", Layer::Icmpv6),
    ("igmp.checksum", "igmp_checksum", Layer::Igmp),
    ("sctp.checksum", "sctp_checksum", Layer::Sctp),
    ("gre.checksum", "gre_checksum", Layer::Gre),
    ("ospf.checksum", "ospf_checksum", Layer::Ospf),
    ("pim.cksum", "pim_cksum", Layer::Pim),
    ("vrrp.checksum", "vrrp_checksum", Layer::Vrrp),
    ("dccp.checksum", "dccp_checksum", Layer::Dccp),
];

/// What tshark does differently.
struct Rule {
    says: &'static str,
    applies: fn(&Answer, &Own<'_>) -> bool,
}

/// The answers without those of packets that tshark finds where the parser does not go on.
fn within<'a>(theirs: &'a [Answer], ours: &[&Own<'_>], last: &Packet<'_>, place: &str) -> &'a [Answer] {
    let stop = last.stopped().map(|stop| stop.limit);
    let unknown = matches!(stop, Some(Limit::UnknownProtocol | Limit::Depth));
    let redirect = last.icmpv6().is_some_and(|icmp| icmp.message_type() == 137);
    let other = redirect || place.contains(":ayiya:") || place.contains(":sflow:");
    match theirs.get(..ours.len()) {
        Some(first) if unknown || other => first,
        _ => theirs,
    }
}

/// Why tshark has fewer checksums, or more.
fn unequal(theirs: &[Answer], ours: &[&Own<'_>], last: &Packet<'_>) -> Option<&'static str> {
    if theirs.len() > ours.len() {
        let cut = last.stopped().is_some_and(|stop| stop.is_truncation()) && theirs.last()?.status == Some(2);
        return cut.then_some("tshark shows the fields of a header that was cut, one by one up to the cut");
    }
    let agree = ours.iter().zip(theirs).all(|(own, answer)| answer.agrees(&own.checksum));
    let rest = ours.get(theirs.len()..).filter(|_| agree)?;
    let all = |applies: fn(&&Own<'_>) -> bool| rest.iter().all(|own| applies(own));
    if all(|own| own.packet.ipv4().is_some_and(|ip| ip.header_len() > 20)) {
        return Some("tshark shows nothing of an IPv4 header whose options are cut or malformed, nor behind it");
    }
    if all(|own| matches!(own.checksum.layer, Layer::Igmp | Layer::Icmpv4)) && last.layout().depth == 0 {
        return Some("tshark shows no checksum of ICMP and IGMP of a type that it does not know");
    }
    if all(|own| own.packet.stopped().is_some_and(|stop| stop.limit == Limit::Malformed)) {
        return Some("tshark shows nothing of a header whose length cannot be");
    }
    if all(|own| own.packet.layout().tunnel_layer() == Some(Layer::PseudoWire)) {
        return Some("tshark tells a control word by whether it knows the makers of the addresses");
    }
    if all(|own| own.packet.layout().tunnel_layer() == Some(Layer::Vxlan)) {
        return Some("tshark does not know port 8472, Linux's first for VXLAN");
    }
    None
}

const RULES: &[Rule] = &[
    Rule {
        says: "tshark verifies no checksum within an ICMP error but those of IPv4 headers",
        applies: |answer, own| own.quoted && answer.status == Some(2),
    },
    Rule {
        says: "tshark takes a checksum of 0 within an ICMP error for none",
        applies: |answer, own| own.quoted && answer.status == Some(3) && own.checksum.found == 0,
    },
    Rule {
        says: "tshark verifies no IGMP of less than eight octets",
        applies: |answer, own| {
            let short = own.packet.stopped().is_some_and(|stop| stop.layer == Layer::Igmp && stop.available < 8);
            short && answer.status == Some(2)
        },
    },
    Rule {
        says: "tshark verifies PIM as far as it was captured",
        applies: |answer, own| {
            let cut = own.checksum.status == ChecksumStatus::Unverifiable(Limit::CaptureLength);
            cut && own.checksum.layer == Layer::Pim && answer.status == Some(0)
        },
    },
    Rule {
        says: "tshark verifies what lies in an IP fragment as if it were all",
        applies: |answer, own| {
            own.checksum.status == ChecksumStatus::Unverifiable(Limit::Fragment) && answer.status == Some(0)
        },
    },
    Rule {
        says: "tshark verifies what there is where IP claims more than that",
        applies: |_, own| {
            let limits = [Limit::FrameLength, Limit::LengthField].map(ChecksumStatus::Unverifiable);
            limits.contains(&own.checksum.status) && own.packet.layout().length_exceeds_frame()
        },
    },
];
