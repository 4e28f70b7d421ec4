//! What the frames of a flow told, in words.

use std::time::Duration;

use super::collect::{ClosedWindow, Collected, End, Loss, Silence, Span};
use super::{StoryEvent, StoryKind};
use crate::analysis::trace::Offer;
use crate::analysis::words::{count, end, list, octets, short, thousands};
use crate::analysis::{ConnectionState, DirectionStats, Flow, RoleBasis};
use crate::capture::Timestamp;
use crate::packet::{IpProtocol, TcpFlags};

/// The events of the flow, in no order.
pub(super) fn tell(flow: &Flow, told: &Collected) -> Vec<StoryEvent> {
    let mut events = vec![open(flow, told)];
    if flow.protocol == IpProtocol::TCP {
        events.extend(handshake(flow, told));
        events.extend(options(told));
        events.extend(losses(told));
        events.extend(closed_windows(told));
        events.extend(close(flow, told));
        for (is_client, stats) in [(true, &flow.client_to_server), (false, &flow.server_to_client)] {
            let [client, server] = &told.ends;
            events.extend(marks(if is_client { client } else { server }, is_client));
            events.extend(pace(flow, stats, is_client));
        }
    }
    events.extend(data(told));
    events.extend(silences(told));
    events
}

fn event(kind: StoryKind, by_client: Option<bool>, span: &Span, text: String) -> StoryEvent {
    let Span { count, first, last } = *span;
    StoryEvent {
        time: first.0,
        end: last.0,
        kind,
        by_client,
        first_frame: first.1,
        last_frame: last.1,
        times: count,
        text,
    }
}

/// Something that one frame shows.
fn at(kind: StoryKind, by_client: Option<bool>, time: Timestamp, frame: u64, text: String) -> StoryEvent {
    event(kind, by_client, &Span { count: 1, first: (time, frame), last: (time, frame) }, text)
}

fn open(flow: &Flow, told: &Collected) -> StoryEvent {
    let [client, server] = &told.ends;
    let began = |text: String| at(StoryKind::Open, None, flow.first, flow.first_frame, text);
    if flow.protocol != IpProtocol::TCP {
        let basis = match flow.role_basis {
            RoleBasis::Port => "the server by its port",
            _ => "the client because it speaks first",
        };
        return began(format!("{} to {}: first packet; {basis}", flow.client, flow.server));
    }
    if client.syn.count == 0 && server.syn.count == 0 {
        return began("the capture begins in the middle of the connection: no SYN was seen".to_owned());
    }
    if client.syn.count == 0 {
        return began("the capture lacks the client's SYN: the server's answer comes first".to_owned());
    }
    let mut text = format!("client connects from {} to {}: SYN", flow.client, flow.server);
    if client.syn.count > 1 {
        let time = client.syn.last.0.saturating_duration_since(client.syn.first.0);
        let again = if client.syn.count == 2 { "once".to_owned() } else { format!("{} times", client.syn.count - 1) };
        text.push_str(&format!(", sent again {again} within {}", short(time)));
    }
    if server.syn.count == 0 && server.reset.count == 0 {
        // Who acknowledges has heard something.
        let is_lacking = client.ack.count > 0;
        text.push_str(if is_lacking { "; the capture lacks the answer" } else { "; nobody answers" });
    }
    event(StoryKind::Open, Some(true), &client.syn, text)
}

fn handshake(flow: &Flow, told: &Collected) -> Option<StoryEvent> {
    let [client, server] = &told.ends;
    if server.syn.count == 0 {
        return None;
    }
    let mut span = Span { count: 1, first: server.syn.first, last: server.syn.first };
    let to_server = flow.syn_rtt.map(|time| format!("{} to the server and back", short(time)));
    let to_client = flow.ack_rtt.map(|time| format!("{} to the client and back", short(time)));
    if flow.ack_rtt.is_some() {
        span.add(client.ack.first);
    }
    let parts: Vec<_> = to_server.into_iter().chain(to_client).collect();
    let mut text = match (flow.syn_rtt, flow.ack_rtt) {
        (Some(one), Some(other)) => format!("handshake in {}: ", short(one + other)),
        _ => "handshake: SYN-ACK".to_owned(),
    };
    if flow.syn_rtt.is_some() && flow.ack_rtt.is_some() {
        text.push_str(&format!("from the capture point {}", list(&parts)));
    } else if !parts.is_empty() {
        text.push_str(&format!(", from the capture point {}", list(&parts)));
    }
    if server.syn.count > 1 {
        text.push_str(&format!("; SYN-ACK sent {} times", server.syn.count));
    }
    if client.ack.count == 0 {
        text.push_str("; the client does not answer it");
    }
    Some(event(StoryKind::Handshake, Some(false), &span, text))
}

fn options(told: &Collected) -> Option<StoryEvent> {
    let [client, server] = &told.ends;
    let offered = |one: &End| one.offer;
    let texts = match (offered(client), offered(server)) {
        (None, None) => return None,
        (Some(one), Some(other)) if one == other => format!("both ends offer {}", words(one)),
        (one, other) => {
            let of = |name: &str, offer: Option<Offer>| offer.map(|offer| format!("{name} offers {}", words(offer)));
            let texts: Vec<_> = of("client", one).into_iter().chain(of("server", other)).collect();
            texts.join("; ")
        }
    };
    let last = if server.syn.count > 0 { server.syn.first } else { client.syn.first };
    let frame = if client.syn.count > 0 { client.syn.first.1 } else { last.1 };
    let both = |has: fn(Offer) -> bool| offered(client).is_some_and(has) && offered(server).is_some_and(has);
    let either = |has: fn(Offer) -> bool| offered(client).is_some_and(has) || offered(server).is_some_and(has);
    let refused: Vec<_> = [
        ("window scaling", (|offer| offer.window_scale.is_some()) as fn(Offer) -> bool),
        ("SACK", |offer| offer.sack),
        ("timestamps", |offer| offer.timestamps),
    ]
    .into_iter()
    .filter(|(_, has)| both(|_| true) && either(*has) && !both(*has))
    .map(|(name, _)| name.to_owned())
    .collect();
    let end = if refused.is_empty() { String::new() } else { format!("; without {}", list(&refused)) };
    // Told behind the handshake, which begins with the second of the frames.
    let told = at(StoryKind::Options, None, last.0, last.1, texts + &end);
    Some(StoryEvent { first_frame: frame, times: 2, ..told })
}

fn words(offer: Offer) -> String {
    let mut parts: Vec<String> = Vec::new();
    parts.extend(offer.mss.map(|mss| format!("MSS {mss}")));
    parts.extend(offer.window_scale.map(|shift| format!("window scale {shift} (x{})", 1_u32 << shift.min(14))));
    parts.extend(offer.sack.then(|| "SACK".to_owned()));
    parts.extend(offer.timestamps.then(|| "timestamps".to_owned()));
    if parts.is_empty() { "no options".to_owned() } else { parts.join(", ") }
}

fn losses(told: &Collected) -> Vec<StoryEvent> {
    let all: Vec<&Loss> = told.losses().collect();
    let (told_of, rest) = worst(all, |loss| (loss.span.count, loss.octets));
    let mut events: Vec<_> = told_of.into_iter().map(loss).collect();
    let mut sum = Span { count: told.losses.further, ..Span::default() };
    let (mut segments, mut sent) = (0, 0);
    for loss in &rest {
        sum.add(loss.span.first);
        sum.last = loss.span.last;
        segments += loss.span.count;
        sent += loss.octets;
    }
    if sum.count > 0 {
        let text = format!(
            "{} more like these: {} with {} sent again",
            count(sum.count, "recovery").replace("ys", "ies"),
            count(segments, "segment"),
            octets(sent)
        );
        events.push(event(StoryKind::Loss, None, &sum, text));
    }
    events
}

fn loss(loss: &Loss) -> StoryEvent {
    let (own, peer) = (end(loss.by_client), end(!loss.by_client));
    let what = match (loss.span.count, loss.octets) {
        (1, 0) => "its FIN".to_owned(),
        (1, sent) => octets(sent),
        (_, sent) => format!("{} with {}", count(loss.span.count, "segment"), octets(sent)),
    };
    let mut causes = Vec::new();
    let number = |number: u64| if loss.span.count == 1 { String::new() } else { format!("{} ", thousands(number)) };
    if loss.fast > 0 {
        let acks = u64::from(loss.duplicate_acks);
        let why = if acks > 0 { count(acks, "duplicate ACK") } else { "the peer told of a gap".to_owned() };
        causes.push(format!("{}fast, after {why}", number(loss.fast)));
    }
    if loss.timeout > 0 {
        let wait = loss.waited.map_or(String::new(), |time| format!(" of {}", short(time)));
        causes.push(format!("{}after a timeout{wait}", number(loss.timeout)));
    }
    if loss.tail > 0 {
        causes.push(format!("{}as tail loss probe", number(loss.tail)));
    }
    if loss.spurious > 0 {
        causes.push(format!("{}spurious: the {peer} had it already", number(loss.spurious)));
    }
    let last = loss.acknowledged.map_or(loss.span.last, |at| at);
    let recovered = match loss.acknowledged {
        Some((time, frame)) => {
            let after = time.saturating_duration_since(loss.span.first.0);
            format!("acknowledged in frame {frame}, {} later", short(after))
        }
        None => "never acknowledged".to_owned(),
    };
    let text = format!("{own} sends {what} again ({}); {recovered}", list(&causes));
    event(StoryKind::Loss, Some(loss.by_client), &Span { last, ..loss.span }, text)
}

fn closed_windows(told: &Collected) -> Vec<StoryEvent> {
    let time = |window: &ClosedWindow| {
        let (until, _) = window.opened.unwrap_or(window.span.last);
        until.saturating_duration_since(window.span.first.0)
    };
    let (told_of, rest) = worst(told.closed_windows().collect(), |window| time(window));
    let mut events: Vec<_> = told_of
        .into_iter()
        .map(|window| {
            let (own, peer) = (end(window.by_client), end(!window.by_client));
            let probes = if window.probes == 0 {
                String::new()
            } else {
                format!(", {peer} sends {}", count(window.probes, "probe"))
            };
            let how = match window.opened {
                Some(_) => format!("for {}", short(time(window))),
                None => "and does not open it again".to_owned(),
            };
            let text = format!("{own} closes its receive window {how}: {peer} has to wait{probes}");
            let last = window.opened.unwrap_or(window.span.last);
            event(StoryKind::ZeroWindow, Some(window.by_client), &Span { last, ..window.span }, text)
        })
        .collect();
    let total = told.closed_windows.further + rest.len() as u64;
    if let (Some(first), Some(last)) = (rest.first(), rest.last()) {
        let longest = rest.iter().map(|window| time(window)).max().unwrap_or_default();
        let text = format!("the window is closed {} more, for {} at most", times(total), short(longest));
        let span = Span { count: total, first: first.span.first, last: last.span.last };
        events.push(event(StoryKind::ZeroWindow, None, &span, text));
    }
    events
}

fn silences(told: &Collected) -> Vec<StoryEvent> {
    let time = |silence: &Silence| silence.until.0.saturating_duration_since(silence.since.0);
    let (told_of, rest) = worst(told.silences.kept.iter().collect(), |silence| time(silence));
    let mut events: Vec<_> = told_of
        .into_iter()
        .map(|silence| {
            let text = format!("nothing for {}, then the {} speaks", short(time(silence)), end(silence.by_client));
            let span = Span { count: 1, first: silence.since, last: silence.until };
            event(StoryKind::Silence, Some(silence.by_client), &span, text)
        })
        .collect();
    let total = told.silences.further + rest.len() as u64;
    if let (Some(first), Some(last)) = (rest.first(), rest.last()) {
        let longest = rest.iter().map(|silence| time(silence)).max().unwrap_or_default();
        let text = format!("silence {} more, of {} at most", times(total), short(longest));
        events.push(event(
            StoryKind::Silence,
            None,
            &Span { count: total, first: first.since, last: last.until },
            text,
        ));
    }
    events
}

fn times(number: u64) -> String {
    if number == 1 { "once".to_owned() } else { format!("{} times", thousands(number)) }
}

/// What is told of, and the rest: both in their order.
fn worst<T, K: Ord>(all: Vec<&T>, weight: impl Fn(&T) -> K) -> (Vec<&T>, Vec<&T>) {
    if all.len() <= MAX_TOLD {
        return (all, Vec::new());
    }
    let mut weights: Vec<_> = all.iter().enumerate().map(|(place, one)| (weight(one), place)).collect();
    weights.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
    let mut places: Vec<_> = weights.into_iter().take(MAX_TOLD).map(|(_, place)| place).collect();
    places.sort_unstable();
    let mut told = Vec::new();
    let mut rest = Vec::new();
    for (place, one) in all.into_iter().enumerate() {
        if places.binary_search(&place).is_ok() { told.push(one) } else { rest.push(one) }
    }
    (told, rest)
}

/// What is summed up for an end.
fn marks(one: &End, is_client: bool) -> Vec<StoryEvent> {
    let (own, peer) = (end(is_client), end(!is_client));
    let mut events = Vec::new();
    let mut mark = |kind, span: &Span, by_client, text: String| {
        if span.count > 0 {
            events.push(event(kind, Some(by_client), span, text));
        }
    };
    let segments = |span: &Span| count(span.count, "segment");
    let text = format!("{} of the {own} overtaken by later ones on the way", segments(&one.reordered));
    mark(StoryKind::Reordering, &one.reordered, is_client, text);
    let text = format!("{} of the {own} delivered twice by the network", segments(&one.duplicated));
    mark(StoryKind::Duplicates, &one.duplicated, is_client, text);
    let text = format!("{} of the {own} captured twice", segments(&one.captured_twice));
    mark(StoryKind::Duplicates, &one.captured_twice, is_client, text);
    let lacks = octets(one.missed_octets);
    let text = format!("the capture lacks {lacks} of the {peer} that the {own} acknowledges: it dropped frames");
    mark(StoryKind::CaptureLoss, &one.missed, !is_client, text);
    let text = format!("{own} sends {}", count(one.keep_alives.count, "keep-alive"));
    mark(StoryKind::KeepAlive, &one.keep_alives, is_client, text);
    events
}

/// What the transfer of a direction waited for, if there was much to transfer.
fn pace(flow: &Flow, stats: &DirectionStats, is_client: bool) -> Option<StoryEvent> {
    let parts = [
        (stats.network_limited, "data in flight or being made up for"),
        (stats.receiver_limited, "the receiver's window"),
        (stats.sender_limited, "the sender, who had nothing to send"),
    ];
    let total: Duration = parts.iter().map(|(time, _)| *time).sum();
    if stats.payload_bytes < MUCH || total.is_zero() {
        return None;
    }
    let parts = parts.iter().filter(|(time, _)| !time.is_zero());
    let parts: Vec<_> = parts.map(|(time, what)| format!("{} for {what}", short(*time))).collect();
    let own = end(is_client);
    let rate = stats.goodput().map_or(String::new(), |rate| format!(" at {}/s", octets(rate as u64)));
    let acknowledged = octets(stats.acknowledged_bytes);
    let text = format!("{own} got {acknowledged} across{rate}; of the time, {}", parts.join(", "));
    Some(at(StoryKind::Pace, Some(is_client), flow.last, flow.last_frame, text))
}

/// What each end sent, with the round trips and sizes of TCP left out.
fn data(told: &Collected) -> Vec<StoryEvent> {
    let ends = told.ends.iter().zip([true, false]).filter(|(one, _)| one.data.count > 0);
    ends.map(|(one, is_client)| {
        let time = one.data.last.0.saturating_duration_since(one.data.first.0);
        let within = if one.data.count > 1 { format!(" within {}", short(time)) } else { String::new() };
        let text = format!("{} sends {} in {}{within}", end(is_client), octets(one.octets), packets(one.data.count));
        event(StoryKind::Data, Some(is_client), &one.data, text)
    })
    .collect()
}

fn packets(number: u64) -> String {
    count(number, "packet")
}

fn close(flow: &Flow, told: &Collected) -> Vec<StoryEvent> {
    let mut events = Vec::new();
    for (one, is_client) in told.ends.iter().zip([true, false]) {
        if one.fin.count > 0 {
            let text = format!("{} closes its side: FIN", end(is_client));
            let (time, frame) = one.fin.first;
            events.push(at(StoryKind::Close, Some(is_client), time, frame, text));
        }
        if one.reset.count > 0 {
            events.push(event(StoryKind::Reset, Some(is_client), &one.reset, reset(flow, one, is_client)));
        }
    }
    if events.is_empty() && flow.state != ConnectionState::S0 {
        let text = "the capture has no more of it: nobody closed the connection".to_owned();
        events.push(at(StoryKind::End, None, flow.last, flow.last_frame, text));
    }
    events
}

fn reset(flow: &Flow, one: &End, is_client: bool) -> String {
    let own = end(is_client);
    let mut text = match flow.state {
        ConnectionState::Rej if !is_client => "server refuses the connection: RST".to_owned(),
        _ => format!("{own} resets the connection: RST"),
    };
    if one.reset.count > 1 {
        text.push_str(&format!(", {} times", one.reset.count));
    }
    let stats = if is_client { &flow.client_to_server } else { &flow.server_to_client };
    if let Some(delta) =
        flow.reset_hop_delta.filter(|_| flow.is_reset_suspect() && stats.tcp_flags.contains(TcpFlags::RST))
    {
        let hops = count(u64::from(delta.unsigned_abs()), "hop");
        text.push_str(&format!("; its time to live is {hops} off: a device on the way may have sent it"));
    }
    text
}

/// Events of a kind that are told one by one.
const MAX_TOLD: usize = 15;
/// Octets from which on it is worth telling what a transfer waited for.
const MUCH: u64 = 20_000;
