//! Community IDs against those of other programs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod support;

use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use netshoot_core::analysis::{self, Options, community_id};
use netshoot_core::capture::Reader;
use netshoot_core::packet::{FiveTuple, IpProtocol, Packet};
use serde_json::Value;

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/captures/demo.pcapng");
/// Of the corpus: the captures that came with the specification, tunnels, and a lot of TCP.
const OTHERS: [&str; 4] = [
    COMBINED,
    "zeek+zeek/testing/btest/Traces/icmp/icmp6-router-solicit.pcap",
    "zeek+zeek/testing/btest/Traces/http/206_example_b.pcap",
    "brimdata+brimcap/cmd/brimcap/ztests/alerts.pcap",
];
const COMBINED: &str = "corelight+community-id-spec/pcaps/combined.pcap.gz";

fn corpus(test: &str) -> Option<PathBuf> {
    let corpus = std::env::var_os("NETSHOOT_CORPUS").map(PathBuf::from);
    if corpus.is_none() {
        support::skip(test, "NETSHOOT_CORPUS is not set");
    }
    corpus
}

/// Addresses and what counts as ports of a packet.
fn tuple(packet: &Packet<'_>) -> Option<FiveTuple> {
    let tuple = packet.five_tuple()?;
    let icmp = match tuple.protocol {
        IpProtocol::ICMP => packet.icmpv4()?,
        IpProtocol::ICMPV6 => packet.icmpv6()?,
        _ => return Some(tuple),
    };
    Some(FiveTuple { source_port: icmp.message_type().into(), destination_port: icmp.code().into(), ..tuple })
}

/// The answers of the specification's own program, one for each direction of each flow.
#[test]
fn packets_have_the_names_of_the_specification() {
    let Some(corpus) = corpus("packets_have_the_names_of_the_specification") else { return };
    let expected = std::fs::read_to_string(corpus.join("expected/community-id/baseline_deflt.json")).unwrap();
    let expected: Vec<Value> = serde_json::from_str(&expected).unwrap();
    let expected: BTreeSet<_> = expected.iter().map(|flow| flow["communityid"].as_str().unwrap().to_owned()).collect();
    let mut reader = Reader::open(corpus.join("captures").join(COMBINED)).unwrap();
    let mut ours = BTreeSet::new();
    while let Some(frame) = reader.next_frame().unwrap() {
        ours.extend(tuple(&frame.packet()).map(|tuple| community_id(&tuple, 0)));
    }
    assert_eq!(ours, expected);
}

/// The name that tshark gives the first frame of each flow.
#[test]
fn flows_have_the_names_that_tshark_gives() {
    const TEST: &str = "flows_have_the_names_that_tshark_gives";
    if !support::has_program("tshark") {
        return support::skip(TEST, "tshark is missing");
    }
    let others = corpus(TEST).into_iter().flat_map(|corpus| OTHERS.map(|name| corpus.join("captures").join(name)));
    for path in std::iter::once(PathBuf::from(DEMO)).chain(others) {
        let theirs = tshark_names(&path);
        let report =
            analysis::analyze(&mut Reader::open(&path).unwrap(), &Options::default(), |_, _| ControlFlow::Continue(()));
        let mut compared = 0;
        for flow in report.unwrap().flows {
            let Some(name) = theirs.get(&flow.first_frame) else { continue };
            assert_eq!(&flow.community_id(0), name, "{}: flow {flow:?}", path.display());
            compared += 1;
        }
        assert!(compared > 0, "{}", path.display());
    }
}

fn tshark_names(path: &Path) -> HashMap<u64, String> {
    let mut command = support::tshark(path);
    command.args(["--enable-protocol", "communityid", "-T", "fields", "-e", "frame.number", "-e", "communityid"]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter_map(|line| line.split_once('\t')).filter(|(_, name)| !name.is_empty());
    lines.map(|(frame, name)| (frame.parse().unwrap(), name.to_owned())).collect()
}
