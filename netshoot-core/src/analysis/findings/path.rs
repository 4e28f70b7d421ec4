//! What devices on the way do: links with a smaller MTU, routes in circles, resets in the name of others.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::draft::{Draft, Statement};
use super::scene::{Claims, FlowTrack, Scene, Suspects, directions};
use super::text;
use crate::analysis::evidence::Event;
use crate::analysis::{
    ClosedBy, DirectionStats, Endpoint, Finding, FindingKind, Flow, IcmpKind, IcmpMessage, Severity, Verdict,
};
use crate::packet::{FiveTuple, IpProtocol};

/// Black holes, smaller MTUs, loops and foreign resets.
pub(super) fn find(scene: &Scene<'_>, suspects: &Suspects<'_>, claims: &mut Claims) -> Vec<Finding> {
    let mut findings = black_holes(suspects, claims);
    findings.extend(reduced(scene, claims));
    findings.extend(loops(scene, claims));
    findings.extend(resets(suspects, claims));
    findings
}

/// What is added up over the flows of a service whose large segments do not get through.
#[derive(Default)]
struct Hole {
    draft: Draft,
    largest: u32,
    passed: u32,
    by_client: bool,
    /// Flows of which segments behind the large ones arrived.
    proven: u32,
    told: u32,
}

fn black_holes(suspects: &Suspects<'_>, claims: &mut Claims) -> Vec<Finding> {
    let mut holes: BTreeMap<Endpoint, Hole> = BTreeMap::new();
    for (flow, track) in suspects.iter() {
        for (sender, receiver, by_client) in directions(flow) {
            if !is_black_hole(flow, sender, receiver) {
                continue;
            }
            let hole = holes.entry(flow.server).or_default();
            hole.draft.flow(flow, u64::from(sender.resent_timeout));
            hole.draft.frame(flow.first_frame, flow.first);
            hole.draft.witnesses(track, Event::Retransmission);
            hole.draft.witnesses(track, Event::IcmpError);
            hole.draft.impact += sender.network_limited;
            hole.largest = hole.largest.max(sender.max_segment);
            hole.passed = hole.passed.max(sender.max_acked_segment);
            hole.proven += u32::from(receiver.duplicate_acks > 0);
            hole.told += u32::from(flow.too_big_errors > 0);
            hole.by_client = by_client;
            claims.add(flow.id);
        }
    }
    holes.into_iter().map(|(server, hole)| black_hole(&server, hole)).collect()
}

/// The connection is open, large segments are sent again and again, and none that large was ever acknowledged.
fn is_black_hole(flow: &Flow, sender: &DirectionStats, receiver: &DirectionStats) -> bool {
    let full = receiver.mss.map_or(USUAL_SEGMENT, |mss| u32::from(mss).saturating_sub(OPTIONS).min(USUAL_SEGMENT));
    sender.is_mtu_suspect()
        && receiver.packets > 0
        && sender.max_acked_segment < full
        && sender.capture_lost_bytes == 0
        && receiver.zero_windows == 0
        && !flow.is_captured_twice()
}

fn black_hole(server: &Endpoint, hole: Hole) -> Finding {
    let Hole { draft, largest, passed, by_client, proven, told } = hole;
    let sender = if by_client { draft.clients() } else { draft.service(server) };
    let small = match passed {
        // A SYN counts as an octet.
        0 | 1 => "the handshake did".to_owned(),
        _ => format!("the largest that did had {passed}"),
    };
    let icmp = match told {
        0 => "; no router says that they are too big",
        _ => ", although routers say that they are too big",
    };
    let summary = format!(
        "Segments of up to {largest} octets from {sender} never got through in {}, {small}{icmp}.",
        text::count(u64::from(draft.flows), "connection"),
    );
    let several = draft.flows > 1;
    draft.state(Statement {
        kind: FindingKind::MtuBlackHole,
        severity: Severity::Critical,
        confidence: match () {
            () if told > 0 => 0.95,
            () if proven > 0 || several => 0.85,
            () => 0.6,
        },
        verdict: Verdict::Network,
        title: "large packets do not get through".to_owned(),
        summary,
        server: Some(*server),
        wireshark_filter: format!("tcp.analysis.retransmission && tcp.len > 1220 && {}", text::tcp(server)),
        next_steps: "Find the largest packet that passes (ping with the don't-fragment bit and falling sizes), then lower the \
                     MTU or clamp the MSS at the tunnel, and let ICMP \"fragmentation needed\" and \"packet too big\" pass.",
    })
}

fn reduced(scene: &Scene<'_>, claims: &Claims) -> Vec<Finding> {
    let mut drafts: BTreeMap<(IpAddr, IpAddr), (Draft, Option<u32>)> = BTreeMap::new();
    for icmp in scene.icmp.iter().filter(|icmp| icmp.kind == IcmpKind::PacketTooBig) {
        let Some(quoted) = icmp.quoted.filter(|_| !icmp.flow_id.is_some_and(|id| claims.has(id))) else { continue };
        let (draft, mtu) = drafts.entry((icmp.source, quoted.destination)).or_default();
        add_icmp(draft, icmp, &quoted);
        *mtu = (*mtu).into_iter().chain(icmp.mtu).min();
    }
    drafts.into_iter().map(|((router, target), (draft, mtu))| smaller(router, target, draft, mtu)).collect()
}

fn add_icmp(draft: &mut Draft, icmp: &IcmpMessage, quoted: &FiveTuple) {
    draft.events += 1;
    draft.frame(icmp.frame, icmp.time);
    draft.client(Endpoint { address: quoted.source, port: quoted.source_port });
    icmp.flow_id.into_iter().for_each(|id| draft.flow_again(id));
}

fn smaller(router: IpAddr, target: IpAddr, draft: Draft, mtu: Option<u32>) -> Finding {
    // Each flow needs to hear it once; who does not heed it hears it again and again.
    let heeded = draft.events <= DEAF * u64::from(draft.flows.max(1));
    let limit = mtu.map_or(String::new(), |mtu| format!(" (at most {mtu} octets)"));
    let rest = if heeded { "" } else { "; its packets stayed as large" };
    let summary = format!(
        "{router} told {} {} that packets to {target} are too big for the next link{limit}{rest}.",
        draft.clients(),
        text::times(draft.events),
    );
    let kind = if router.is_ipv6() { "icmpv6.type == 2" } else { "icmp.type == 3 && icmp.code == 4" };
    draft.state(Statement {
        kind: FindingKind::MtuReduced,
        severity: if heeded { Severity::Note } else { Severity::Warning },
        confidence: 0.9,
        verdict: if heeded { Verdict::Network } else { Verdict::Client },
        title: if heeded { "a link with a smaller MTU" } else { "path MTU discovery is not heeded" }.to_owned(),
        summary,
        server: Some(Endpoint { address: target, port: 0 }),
        wireshark_filter: format!("{kind} && {}", text::from(router)),
        next_steps: "Harmless if the sender then sends smaller packets; if it does not, look for what keeps ICMP from it.",
    })
}

/// Packets that were sent back because their time to live was used up, by sender and destination.
#[derive(Default)]
struct Circle {
    draft: Draft,
    routers: BTreeSet<IpAddr>,
}

fn loops(scene: &Scene<'_>, claims: &mut Claims) -> Vec<Finding> {
    let mut circles: BTreeMap<(IpAddr, IpAddr), Circle> = BTreeMap::new();
    for icmp in scene.icmp.iter().filter(|icmp| icmp.kind == IcmpKind::TimeExceeded) {
        let Some(quoted) = icmp.quoted.filter(|quoted| !is_traced(quoted)) else { continue };
        let circle = circles.entry((quoted.source, quoted.destination)).or_default();
        add_icmp(&mut circle.draft, icmp, &quoted);
        circle.routers.insert(icmp.source);
    }
    let answered = |id: &u32| scene.flow(*id).is_some_and(|(flow, _)| flow.server_to_client.packets > 0);
    let mut findings = Vec::new();
    for ((_, target), Circle { draft, routers }) in circles {
        // Who traces a route hears of each router on it.
        if draft.events < FEW_ROUNDS || routers.len() > MAX_ROUTERS || draft.flow_ids().iter().any(answered) {
            continue;
        }
        draft.flow_ids().iter().for_each(|id| claims.add(*id));
        findings.push(circle(target, draft, &routers));
    }
    findings
}

fn is_traced(quoted: &FiveTuple) -> bool {
    let by_datagrams = quoted.protocol == IpProtocol::UDP && text::TRACEROUTE_PORTS.contains(&quoted.destination_port);
    by_datagrams || matches!(quoted.protocol, IpProtocol::ICMP | IpProtocol::ICMPV6)
}

fn circle(target: IpAddr, draft: Draft, routers: &BTreeSet<IpAddr>) -> Finding {
    let names = routers.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(" and ");
    let summary = format!(
        "{names} sent back {} from {} to {target}: their time to live was used up on the way.",
        text::count(draft.events, "packet"),
        draft.clients(),
    );
    let kind = if target.is_ipv6() { "icmpv6.type == 3" } else { "icmp.type == 11" };
    draft.state(Statement {
        kind: FindingKind::RoutingLoop,
        severity: Severity::Critical,
        confidence: 0.85,
        verdict: Verdict::Network,
        title: "packets go in circles".to_owned(),
        summary,
        server: Some(Endpoint { address: target, port: 0 }),
        wireshark_filter: format!("{kind} && {}", text::host(target)),
        next_steps: "Compare the routes of the routers named and of their neighbours towards that address: two of them send it \
                     to each other.",
    })
}

/// Resets of a service that its own host, or its clients, have not sent.
#[derive(Default)]
struct Foreign {
    draft: Draft,
    delta: i16,
    /// Flows of which both ends were reset.
    both: u32,
    /// Flows whose reset does not go on with the IP identifications of its sender.
    strange: u32,
}

/// Resets that come with another time to live than their sender's other packets.
fn resets(suspects: &Suspects<'_>, claims: &mut Claims) -> Vec<Finding> {
    let mut drafts: BTreeMap<Endpoint, Foreign> = BTreeMap::new();
    for (flow, track) in suspects.iter().filter(|(flow, _)| !claims.has(flow.id)).collect::<Vec<FlowTrack<'_>>>() {
        let Some(delta) = flow.reset_hop_delta.filter(|_| flow.is_reset_suspect()) else { continue };
        let Foreign { draft, delta: example, both, strange } = drafts.entry(flow.server).or_default();
        draft.flow(flow, 1);
        draft.witnesses(track, Event::Reset);
        *example = delta;
        *both += u32::from(flow.client_to_server.rst > 0 && flow.server_to_client.rst > 0);
        *strange += u32::from(flow.reset_goes_on == Some(false));
        if matches!(flow.closed_by, Some(ClosedBy::ClientReset | ClosedBy::ServerReset)) {
            claims.add(flow.id);
        }
    }
    drafts.into_iter().map(|(server, foreign)| foreign_reset(&server, foreign)).collect()
}

fn foreign_reset(server: &Endpoint, foreign: Foreign) -> Finding {
    let Foreign { draft, delta, both, strange } = foreign;
    let several = draft.flows > 1 || both > 0;
    let summary = format!(
        "{} with {} ended by a reset that comes from elsewhere: its time to live is {} {} than that of the other packets of \
         its sender{}{}.",
        text::count(u64::from(draft.flows), "connection"),
        draft.service(server),
        delta.unsigned_abs(),
        if delta > 0 { "higher" } else { "lower" },
        if strange > 0 { ", and its IP identification does not go on with theirs" } else { "" },
        if both > 0 { ", and both ends were reset" } else { "" },
    );
    draft.state(Statement {
        kind: FindingKind::TcpMiddleboxReset,
        severity: Severity::Warning,
        confidence: match () {
            () if strange > 0 => 0.95,
            () if several => 0.85,
            () => 0.75,
        },
        verdict: Verdict::Network,
        title: "connections reset by a device on the way".to_owned(),
        summary,
        server: Some(*server),
        wireshark_filter: format!("tcp.flags.reset == 1 && {}", text::tcp(server)),
        next_steps: "Look for a firewall, proxy, load balancer or intrusion prevention on the way that closes these connections, \
                     and for its log and its timeouts; a capture at the other end shows that the peer sent no reset.",
    })
}

/// A full segment on Ethernet with timestamps, and the room that options take.
const USUAL_SEGMENT: u32 = 1400;
const OPTIONS: u32 = 40;
/// Messages for each flow of a sender that heeds them: several segments may be on their way before the first comes.
const DEAF: u64 = 12;
/// Packets sent back: fewer may be the passing trouble of a route that changes.
const FEW_ROUNDS: u64 = 3;
/// The routers of a circle that send packets back: the one where they die, or its neighbour.
const MAX_ROUTERS: usize = 2;
