//! Servers that answer SYNs by cookies (RFC 4987 section 3.6), since too many wait.
//!
//! Linux writes what the client offers into the lowest six bits of the timestamp of its SYN-ACK, which is late by up to 63 ms
//! for that: the server's clock seems to jump by so much up to its next segment. Without timestamps there is no room for
//! options: the SYN-ACK has neither window scaling nor selective acknowledgments, which the same server gives to others who
//! offer as much.

use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;

use super::draft::{Draft, Statement};
use super::scene::{ByService, Claims, Scene};
use super::text;
use crate::analysis::connection::ClockJump;
use crate::analysis::table::Track;
use crate::analysis::{Endpoint, Finding, FindingKind, Flow, RoleBasis, Severity, Verdict};
use crate::capture::Timestamp;
use crate::packet::IpProtocol;

/// How the clock of a server goes on from its SYN-ACKs.
#[derive(Default)]
struct Clock {
    /// How far it jumped, and in what time: the least and the farthest jump.
    least: Option<ClockJump>,
    farthest: Option<ClockJump>,
    jumps: u64,
    /// Those that no delay of the SYN-ACK explains.
    unexplained: u64,
    is_other: bool,
}

/// Connections whose SYN-ACKs are of one kind.
#[derive(Default)]
struct Answered {
    count: u64,
    clients: HashSet<IpAddr>,
    span: Option<(Timestamp, Timestamp)>,
}

/// Services some of whose SYN-ACKs are cookies.
pub(super) fn find(scene: &Scene<'_>, claims: &Claims) -> Vec<Finding> {
    let mut clocks: ByService<Clock> = ByService::default();
    let mut bare: ByService<[Answered; 2]> = ByService::default();
    for (flow, track) in scene.table.iter().filter(|(flow, _)| is_opened(flow) && !claims.has(flow.id)) {
        match track.clock_jump() {
            Some(jump) => clocks.entry(flow.server).or_default().add(flow, jump),
            None => {
                let [bare, full] = bare.entry(flow.server).or_default();
                if is_bare(flow, track) {
                    bare.add(flow);
                } else if gives(flow) {
                    full.add(flow);
                }
            }
        }
    }
    clocks.retain(|_, clock| clock.tells_of_cookies());
    bare.retain(|_, [bare, full]| bare.count >= MANY_BARE && full.count >= MANY_BARE && bare.is_beside(full));
    if clocks.is_empty() && bare.is_empty() {
        return Vec::new();
    }
    let mut drafts: BTreeMap<(Endpoint, bool), Draft> = BTreeMap::new();
    for (flow, track) in scene.table.iter().filter(|(flow, _)| is_opened(flow) && !claims.has(flow.id)) {
        let by_clock = track.clock_jump().is_some();
        if by_clock && clocks.contains_key(&flow.server)
            || !by_clock && is_bare(flow, track) && bare.contains_key(&flow.server)
        {
            let draft = drafts.entry((flow.server, by_clock)).or_default();
            draft.flow(flow, 1);
            draft.frame(flow.first_frame, flow.first);
        }
    }
    drafts.into_iter().map(|((server, by_clock), draft)| state(&server, by_clock, draft)).collect()
}

impl Answered {
    fn add(&mut self, flow: &Flow) {
        self.count += 1;
        self.clients.insert(flow.client.address);
        let (first, last) = self.span.unwrap_or((flow.first, flow.first));
        self.span = Some((first.min(flow.first), last.max(flow.first)));
    }

    /// Whether the same client has had both, or both were given at the same time: else the server, or what lies before it,
    /// may have changed, or treat some clients in another way.
    fn is_beside(&self, other: &Self) -> bool {
        let overlap = self.span.zip(other.span).is_some_and(|(own, other)| own.0 <= other.1 && other.0 <= own.1);
        overlap || !self.clients.is_disjoint(&other.clients)
    }
}

impl Clock {
    fn add(&mut self, flow: &Flow, jump: ClockJump) {
        self.jumps += 1;
        self.is_other |= !(-NOISE..OPTION_VALUES + NOISE).contains(&jump.ticks);
        // A SYN-ACK that was late took that long.
        let late = flow.syn_rtt.map_or(OPTION_VALUES, |time| i64::try_from(time.as_millis()).unwrap_or(i64::MAX));
        self.unexplained += u64::from(jump.ticks > late.saturating_add(2 * NOISE));
        self.least = self.least.filter(|least| least.ticks <= jump.ticks).or(Some(jump));
        self.farthest = self.farthest.filter(|most| most.ticks >= jump.ticks).or(Some(jump));
    }

    /// Jumps within the values of the options, of which most cannot come from a delay, and the shorter one in the longer
    /// time, so that it is no clock of another pace.
    fn tells_of_cookies(&self) -> bool {
        let (Some(least), Some(farthest)) = (self.least, self.farthest) else { return false };
        let is_erratic =
            farthest.ticks - least.ticks >= OPTION_VALUES / 4 && farthest.elapsed <= least.elapsed.saturating_mul(2);
        self.jumps >= MANY_JUMPS && !self.is_other && self.unexplained * 2 > self.jumps && is_erratic
    }
}

fn is_opened(flow: &Flow) -> bool {
    let is_syn = flow.protocol == IpProtocol::TCP && flow.role_basis == RoleBasis::Syn;
    is_syn && flow.client_to_server.syn > 0 && flow.server_to_client.syn > 0
}

/// The client offers what the server does not take up, and no timestamps, in which it could keep that.
fn is_bare(flow: &Flow, track: &Track) -> bool {
    let (client, server) = (&flow.client_to_server, &flow.server_to_client);
    let has_clock = track.connection.as_ref().is_some_and(|connection| connection.offers_clock());
    let offers = client.window_scale.is_some() && client.sack_permitted && !has_clock;
    offers && !flow.syn_is_cut && server.window_scale.is_none() && !server.sack_permitted
}

fn gives(flow: &Flow) -> bool {
    let (client, server) = (&flow.client_to_server, &flow.server_to_client);
    client.window_scale.is_some() && client.sack_permitted && server.window_scale.is_some() && server.sack_permitted
}

fn state(server: &Endpoint, by_clock: bool, draft: Draft) -> Finding {
    let mark = match by_clock {
        true => "its clock jumps by up to 63 ms behind each SYN-ACK, as options are written into their timestamps",
        false => "its SYN-ACKs have no options, which it gives to others",
    };
    let summary = format!(
        "{} answered {} by SYN cookies: {mark}.",
        draft.service(server),
        text::count(u64::from(draft.flows), "SYN"),
    );
    draft.state(Statement {
        kind: FindingKind::TcpSynCookies,
        severity: Severity::Note,
        confidence: if by_clock { 0.9 } else { 0.6 },
        verdict: Verdict::Server,
        title: "SYN cookies".to_owned(),
        summary,
        server: Some(*server),
        wireshark_filter: format!("tcp.flags.syn == 1 && {}", text::tcp(server)),
        next_steps: "More SYNs wait there than the queue holds: a flood, or a backlog that is too small (net.ipv4.tcp_max_syn_backlog, \
                     the program's own). Connections go on, without options where the client sends no timestamps.",
    })
}

/// Connections whose clock jumps.
const MANY_JUMPS: u64 = 6;
/// Values of the six bits, and how many ticks a clock may seem to be off, in milliseconds.
const OPTION_VALUES: i64 = 64;
const NOISE: i64 = 2;
/// SYN-ACKs without options, and with them.
const MANY_BARE: u64 = 3;
