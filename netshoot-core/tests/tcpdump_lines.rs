//! The line of a packet against that of `tcpdump -n -S`.
//!
//! Captures that tcpdump cannot open, such as compressed ones, are left out. Compared are ARP, TCP, ICMP, UDP and DNS queries, wherever the parser read the transport header to its end. What
//! tcpdump prints beyond that are applications, and what it knows of them from ports is left out of our lines.
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
mod support;

use std::collections::BTreeMap;
use std::process::Command;

use netshoot_core::packet::{Layer, Packet, TcpFlags};
use support::{Capture, Corpus};

/// What tcpdump writes and we do not. The first rule that applies excuses a line.
const RULES: &[Rule] = &[
    Rule { says: "names the application of a TCP segment, and decodes it", applies: |l| l.kind == "tcp" && follows(l) },
    Rule { says: "decodes the application of a UDP datagram", applies: |l| l.kind == "udp" && same_ends(l) },
    Rule { says: "does not enter ERSPAN", applies: |l| l.kind == "tunnel" && l.theirs.contains("gre-proto-0x") },
    Rule {
        says: "shows call and length of GRE version 1",
        applies: |l| l.kind == "tunnel" && l.theirs.contains("GREv1, "),
    },
    Rule { says: "decodes the application inside of a tunnel", applies: |l| l.kind == "tunnel" && same_inner_ends(l) },
    Rule { says: "names another version of PPPoE than 1", applies: |l| l.theirs.contains("[ver ") },
    Rule {
        says: "decodes the message behind the ICMP header",
        applies: |l| l.kind.starts_with("icmp") && same_ends(l),
    },
    Rule {
        says: "counts and names the other sections of a DNS query",
        applies: |l| l.kind == "dns query" && l.theirs.contains('['),
    },
    Rule {
        says: "names TCP options that are rare, and looks into bad ones",
        applies: |l| l.kind == "tcp" && same_flags(l),
    },
    Rule { says: "says more of an ARP message that is not Ethernet and IPv4", applies: |l| l.kind == "arp" },
    Rule {
        says: "names extension headers, and leaves the addresses without ports then",
        applies: |l| l.packet.extensions().next().is_some(),
    },
    Rule {
        says: "goes by the IP length where that claims more than the frame has",
        applies: |l| l.packet.innermost().layout().length_exceeds_frame() && l.theirs.contains("truncated-ip"),
    },
    Rule {
        says: "refuses a frame of more than 262,144 octets, or an IP packet of length 0",
        applies: |l| l.theirs.contains("[Invalid header") || l.theirs.contains("bad-len 0"),
    },
    Rule { says: "does not read LLMNR", applies: |l| l.kind == "dns query" && l.theirs.contains(".5355: UDP") },
    Rule { says: "does not know newer record types", applies: |l| l.kind == "dns query" && l.theirs.contains(" Type") },
    Rule { says: "of version 4.99.3 has no letter for the AE flag", applies: |l| ae_flag(l.packet) },
];

struct Rule {
    says: &'static str,
    applies: fn(&Line<'_>) -> bool,
}

struct Line<'a> {
    packet: &'a Packet<'a>,
    kind: &'static str,
    ours: &'a str,
    theirs: &'a str,
}

/// tcpdump's line goes on where ours ends.
fn follows(line: &Line<'_>) -> bool {
    line.theirs.starts_with(line.ours)
}

fn ae_flag(packet: &Packet<'_>) -> bool {
    packet.tcp().is_some_and(|tcp| tcp.flags().contains(TcpFlags::AE))
}

/// Both lines name the same two end points.
fn same_ends(line: &Line<'_>) -> bool {
    let ends = |text: &str| text.split(": ").next().map(str::to_owned);
    ends(line.ours) == ends(line.theirs)
}

/// Both lines name the same end points, up to the innermost.
fn same_inner_ends(line: &Line<'_>) -> bool {
    let ends = line.ours.rfind(" > ").and_then(|at| Some(at + line.ours[at..].find(": ")?));
    ends.is_some_and(|end| line.theirs.starts_with(&line.ours[..end]))
}

/// Both lines are the same up to the options.
fn same_flags(line: &Line<'_>) -> bool {
    let head = |text: &str| text.split(", options [").next().map(str::to_owned);
    line.ours.contains(", options [") && head(line.ours) == head(line.theirs)
}

#[derive(Default)]
struct Tally {
    /// Lines and equal lines, by kind.
    kinds: BTreeMap<&'static str, (u64, u64)>,
    excused: BTreeMap<&'static str, u64>,
    different: Vec<String>,
}

#[test]
fn lines_are_those_of_tcpdump() {
    const TEST: &str = "lines_are_those_of_tcpdump";
    let Some(corpus) = Corpus::find(TEST) else { return };
    if !support::has_program("tcpdump") {
        return support::skip(TEST, "needs tcpdump");
    }
    let [mut tally, other] = frames::in_two_threads(&corpus.captures, compare_capture);
    for (kind, (lines, equal)) in other.kinds {
        let sum = tally.kinds.entry(kind).or_default();
        *sum = (sum.0 + lines, sum.1 + equal);
    }
    other.excused.into_iter().for_each(|(rule, count)| *tally.excused.entry(rule).or_default() += count);
    tally.different.extend(other.different);
    report(&tally);
    let lines: u64 = tally.kinds.values().map(|(lines, _)| lines).sum();
    let equal: u64 = tally.kinds.values().map(|(_, equal)| equal).sum();
    assert!(lines > 0 && equal * 100 >= lines * SHARE_EQUAL, "{equal} of {lines} lines are equal");
    assert!(tally.different.len() as u64 * 1000 <= lines, "{} lines differ without excuse", tally.different.len());
}

fn report(tally: &Tally) {
    for (kind, (lines, equal)) in &tally.kinds {
        eprintln!("{kind}: {lines} lines, {equal} equal");
    }
    tally.excused.iter().for_each(|(rule, count)| eprintln!("{count:>7} tcpdump {rule}"));
    eprintln!("{} differ otherwise, such as", tally.different.len());
    tally.different.iter().step_by(tally.different.len() / 60 + 1).for_each(|line| eprintln!("{line}"));
}

fn compare_capture(capture: &Capture, tally: &mut Tally) {
    let output = Command::new("tcpdump").args(["-#", "-n", "-t", "-S", "-r"]).arg(&capture.path).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines: BTreeMap<u64, &str> = BTreeMap::new();
    for line in text.lines() {
        let numbered = line.trim_start().split_once("  ");
        if let Some((number, rest)) = numbered.and_then(|(number, rest)| Some((number.parse().ok()?, rest))) {
            lines.insert(number, rest);
        }
    }
    frames::each_frame(&capture.path, |frame| {
        let packet = Packet::parse(frame.link_type, frame.bytes, frame.original_length);
        let (Some(theirs), Some(kind)) = (lines.get(&frame.number), kind(&packet)) else { return };
        let ours = packet.to_string();
        let line = Line {
            packet: &packet,
            kind,
            ours: without_tags(&packet, &ours),
            theirs: without_interface(&packet, theirs).trim_end(),
        };
        let sum = tally.kinds.entry(kind).or_default();
        *sum = (sum.0 + 1, sum.1 + u64::from(line.ours == line.theirs));
        if line.ours != line.theirs {
            match RULES.iter().find(|rule| (rule.applies)(&line)) {
                Some(rule) => *tally.excused.entry(rule.says).or_default() += 1,
                None => tally
                    .different
                    .push(format!("{} {}\n  {}\n  {}", capture.name, frame.number, line.theirs, line.ours)),
            }
        }
    });
}

/// What `tcpdump -v` adds, and with -vv of UDP over IPv4: the fields of IP, and whether checksums are right.
#[test]
fn verbose_words_are_those_of_tcpdump() {
    const TEST: &str = "verbose_words_are_those_of_tcpdump";
    let Some(corpus) = Corpus::find(TEST) else { return };
    if !support::has_program("tcpdump") {
        return support::skip(TEST, "needs tcpdump");
    }
    let [mut tally, other] = frames::in_two_threads(&corpus.captures, compare_verbose);
    tally.0 += other.0;
    tally.1.extend(other.1);
    let (lines, different) = (tally.0, tally.1);
    eprintln!("{lines} lines, {} differ, such as", different.len());
    different.iter().step_by(different.len() / 40 + 1).for_each(|line| eprintln!("{line}"));
    assert!(lines > 0 && different.len() as u64 * 1000 <= lines, "{} of {lines} lines differ", different.len());
}

fn compare_verbose(capture: &Capture, tally: &mut (u64, Vec<String>)) {
    let output =
        Command::new("tcpdump").args(["-#", "-n", "-t", "-S", "-vv", "-r"]).arg(&capture.path).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines: BTreeMap<u64, String> = BTreeMap::new();
    let mut last = 0;
    for line in text.lines() {
        let numbered = line.trim_start().split_once("  ");
        if let Some((number, rest)) = numbered.and_then(|(number, rest)| Some((number.parse().ok()?, rest))) {
            last = number;
            lines.insert(number, rest.into());
        } else if let (Some(first), Some(rest)) = (lines.get_mut(&last), line.strip_prefix("    ")) {
            // The second line of IPv4.
            if first.ends_with(')') && !first.contains(" > ") {
                first.push(' ');
                first.push_str(rest);
            }
        }
    }
    frames::each_frame(&capture.path, |frame| {
        let packet = Packet::parse(frame.link_type, frame.bytes, frame.original_length);
        let Some(theirs) = lines.get(&frame.number) else { return };
        if !matches!(kind(&packet), Some("tcp" | "udp" | "icmp" | "icmpv6" | "dns query")) || packet.dns().is_some() {
            return;
        }
        let ours = format!("{packet:#}").replace(", left to the device", "");
        let theirs = without_interface(&packet, theirs);
        let ours = without_tags(&packet, &ours);
        // tcpdump goes on with a length that cannot be, and some of its decoders say nothing of the checksum.
        if theirs.contains("truncated-ip") {
            return;
        }
        tally.0 += 1;
        let (ours_words, theirs_words) = (words(ours), words(theirs));
        let silent = packet.udp().is_some() && !theirs.contains("UDP, length") && theirs_words.1.is_empty();
        if ours_words.0 != theirs_words.0 || !silent && ours_words.1 != theirs_words.1 {
            tally.1.push(format!("{} {}\n  {theirs}\n  {ours}", capture.name, frame.number));
        }
    });
}

/// The fields of IP without its options, which are not decoded here, and the words about the checksum.
fn words(line: &str) -> (String, Vec<&str>) {
    let (mut depth, mut end) = (0, line.len());
    for (at, letter) in line.char_indices() {
        depth += match letter {
            '(' => 1,
            ')' => -1,
            _ => continue,
        };
        if depth == 0 && line[at..].starts_with(") ") {
            end = at;
            break;
        }
    }
    let mut fields = line[..end].to_owned();
    if let Some((before, behind)) = fields.split_once(", options (") {
        let behind = behind.find(", bad cksum").map_or("", |at| &behind[at..]);
        fields = format!("{before}{behind}");
    }
    let sums =
        ["cksum 0x", "[udp sum ok]", "[bad udp", "[no cksum]", "(wrong icmp cksum", "[icmp6 sum ok]", "[bad icmp6"];
    let sum = |start: &&str| {
        let rest = &line[line.find(start)?..];
        let end = rest.find([')', ']', '!']).map_or(rest.len(), |end| end + 1);
        Some(&rest[..end])
    };
    (fields, sums.iter().filter_map(sum).collect())
}

/// What kind of line this is, if it is compared.
fn kind(packet: &Packet<'_>) -> Option<&'static str> {
    if packet.stopped().is_some() {
        return None;
    }
    if packet.arp().is_some() {
        return Some("arp");
    }
    if let Some(message) = packet.dns() {
        return (!message.is_response() && message.opcode() == 0).then_some("dns query");
    }
    if let Some(inner) = packet.inner() {
        let lines = matches!(inner.layout().tunnel_layer(), None | Some(Layer::Gre));
        return (lines && inner.stopped().is_none()).then_some("tunnel");
    }
    match packet.layout().transport_layer()? {
        Layer::Tcp => Some("tcp"),
        Layer::Udp => Some("udp"),
        Layer::Icmpv4 => Some("icmp"),
        Layer::Icmpv6 => Some("icmpv6"),
        _ => None,
    }
}

/// tcpdump names VLAN tags only where it is asked for the link header.
fn without_tags<'a>(packet: &Packet<'_>, line: &'a str) -> &'a str {
    let mut rest = line;
    for _ in packet.vlans() {
        rest = rest.splitn(3, ", ").nth(2).unwrap();
    }
    rest
}

/// On a cooked capture tcpdump begins with interface and direction.
fn without_interface<'a>(packet: &Packet<'_>, line: &'a str) -> &'a str {
    let known = ["IP ", "IP6 ", "ARP, ", "vlan "];
    if packet.linux_sll().is_none() {
        return line;
    }
    known.iter().filter_map(|word| line.find(word)).min().map_or(line, |at| &line[at..])
}

/// Lines of a hundred that must be equal to the letter; nearly all others only go on, with the application.
const SHARE_EQUAL: u64 = 55;
