//! Calls that took long, got no response, or got one that tells of an error.
//!
//! A call is named even if thousands went well: percentiles hide it, its user does not forget it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::draft::{Draft, Statement};
use super::scene::{self, ByService, Claims, Scene};
use super::text;
use crate::analysis::calls::SLOW;
use crate::analysis::{
    Call, CallPart, CallProtocol, ClosedBy, Endpoint, Finding, FindingKind, Flow, Severity, Verdict,
};

/// Slow, unanswered and failed calls of each service. `told` is what has been found so far: a call that waits for what
/// is told there is not told again.
pub(super) fn find(scene: &Scene<'_>, claims: &Claims, told: &[Finding]) -> Vec<Finding> {
    let mut services: ByService<Service<'_>> = ByService::default();
    for call in scene.calls().filter(|call| is_notable(call)) {
        if let Some((flow, _)) = scene.flow(call.flow_id) {
            services.entry(flow.server).or_default();
        }
    }
    if services.is_empty() {
        return Vec::new();
    }
    for call in scene.calls() {
        let Some((flow, _)) = scene.flow(call.flow_id) else { continue };
        if let Some(service) = services.get_mut(&flow.server) {
            service.count(call, flow);
        }
    }
    for call in scene.calls().filter(|call| is_notable(call)) {
        let Some((flow, _)) = scene.flow(call.flow_id).filter(|(flow, _)| !claims.has(flow.id)) else { continue };
        if let Some(service) = services.get_mut(&flow.server) {
            service.judge(call, flow, scene);
        }
    }
    scene::sorted(services)
        .into_iter()
        .flat_map(|(server, service)| service.state(server, told, scene.forgets_calls()))
        .collect()
}

/// Whether a call may be worth a finding.
fn is_notable(call: &Call) -> bool {
    call.total >= NOTABLE || !call.is_answered() || status(call).is_some_and(|status| status >= 400)
}

fn status(call: &Call) -> Option<u16> {
    call.http.as_ref()?.status()
}

/// Calls of a service.
#[derive(Default)]
struct Service<'a> {
    calls: u64,
    answered: u64,
    /// Times to the first octet of the response in microseconds.
    waits: Vec<u32>,
    sorted: bool,
    slow: BTreeMap<Reason, Group<'a>>,
    unanswered: BTreeMap<Silence, Group<'a>>,
    server_errors: Group<'a>,
    client_errors: Group<'a>,
}

/// Calls with the same trouble.
#[derive(Default)]
struct Group<'a> {
    draft: Draft,
    worst: Option<(&'a Call, Duration)>,
    statuses: BTreeMap<u16, u64>,
    severity: Option<Severity>,
}

/// What a slow call waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    Server {
        acknowledged: bool,
    },
    /// The server paused while it sent.
    Pauses,
    Recovery,
    Stall {
        by_client: bool,
    },
    Network,
}

/// Why a call has no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Silence {
    /// The server has the request, and said nothing.
    Hangs,
    /// The server has the request, and closed the connection.
    Closed,
    /// The request was not acknowledged.
    Lost,
}

impl<'a> Group<'a> {
    fn add(&mut self, call: &'a Call, flow: &Flow, cost: Duration) {
        let draft = &mut self.draft;
        draft.events += 1;
        draft.flow_again(flow.id);
        draft.about(flow);
        draft.impact += cost;
        let frames = [Some(call.request_frame), Some(call.request_end_frame), call.response_frame];
        frames.into_iter().flatten().for_each(|frame| draft.frame(frame, call.time));
        if self.worst.is_none_or(|(_, most)| cost > most) {
            self.worst = Some((call, cost));
        }
    }

    /// What the responses say, and how many of all they are.
    fn responses(&self, server: &Endpoint, answered: Option<u64>, what: &str) -> String {
        let (count, service) = (self.draft.events, self.draft.service(server));
        let share = |all| format!(" ({} of {})", text::percent(share(count, Some(all))), text::count(all, "response"));
        format!(
            "{} of {service} {what}{}: {}; for example,{}.",
            text::count(count, "response"),
            answered.map_or(String::new(), share),
            statuses(&self.statuses),
            self.example(),
        )
    }

    /// ` GET /x in frame 7`.
    fn example(&self) -> String {
        self.worst.map_or(String::new(), |(call, _)| {
            let what = call
                .http
                .as_ref()
                .map_or(String::new(), |http| format!(" {} {}", http.method(), text::shortened(http.path())));
            format!("{what} in frame {}", call.request_frame)
        })
    }
}

impl<'a> Service<'a> {
    fn count(&mut self, call: &Call, flow: &Flow) {
        let has_both = flow.server_to_client.packets > 0 && flow.client_to_server.packets > 0;
        self.calls += u64::from(has_both);
        self.answered += u64::from(call.is_answered());
        if let Some(wait) = call.time_to_first_byte {
            self.waits.push(u32::try_from(wait.as_micros()).unwrap_or(u32::MAX));
        }
    }

    /// The time to the first octet that so many of a hundred calls do not exceed.
    fn usual_wait(&mut self, percentile: usize) -> Duration {
        if !self.sorted {
            self.waits.sort_unstable();
            self.sorted = true;
        }
        // Of few, that of the slowest is not usual.
        let most = self.waits.len().saturating_sub(1 + FEW_SLOW);
        let wait = self.waits.get(most.min(self.waits.len() * percentile / 100)).copied().unwrap_or_default();
        Duration::from_micros(u64::from(wait))
    }

    fn judge(&mut self, call: &'a Call, flow: &Flow, scene: &Scene<'_>) {
        if let Some(code) = status(call).filter(|status| *status >= 400) {
            // Who is asked for a password is not in error.
            let group = match code {
                401 | 407 => return,
                500.. => &mut self.server_errors,
                _ => &mut self.client_errors,
            };
            group.add(call, flow, if code >= 500 { call.total } else { Duration::ZERO });
            *group.statuses.entry(code).or_default() += 1;
        } else if call.is_answered() {
            self.judge_time(call, flow);
        } else if let Some((silence, waited)) = self.silence(call, flow, scene) {
            self.unanswered.entry(silence).or_default().add(call, flow, waited);
        }
    }

    fn judge_time(&mut self, call: &'a Call, flow: &Flow) {
        let Some((reason, time)) = reason(call) else { return };
        let stands_out = self.waits.len() >= FEW_CALLS && time >= self.usual_wait(50) * MANIFOLD;
        // What the turns of other protocols mean is not known: some answer when something happens.
        let is_odd = self.waits.len() >= MANY_CALLS && time >= self.usual_wait(95) * MANIFOLD;
        let severity = match call.protocol {
            _ if time >= SLOW && matches!(reason, Reason::Recovery | Reason::Stall { .. }) => Severity::Warning,
            CallProtocol::Http if time >= SLOW && reason != Reason::Pauses => Severity::Warning,
            _ if time >= SLOW && is_odd && !matches!(reason, Reason::Pauses | Reason::Network) => Severity::Warning,
            CallProtocol::Http if time >= SLOW || stands_out => Severity::Note,
            _ => return,
        };
        let group = self.slow.entry(reason).or_default();
        group.severity = group.severity.max(Some(severity));
        group.add(call, flow, time);
    }

    fn silence(&self, call: &Call, flow: &Flow, scene: &Scene<'_>) -> Option<(Silence, Duration)> {
        let (client, server) = (&flow.client_to_server, &flow.server_to_client);
        let waited = match flow.closed_by {
            Some(_) => call.total,
            None => scene.end.saturating_duration_since(call.time),
        };
        let is_whole = [client, server].into_iter().all(|end| end.lost_segments == 0 && end.ack_lost_segments == 0);
        let is_http = call.protocol == CallProtocol::Http;
        // Not every message of other protocols wants an answer.
        let is_usual = self.answered >= USUALLY_ANSWERED && self.answered * 10 >= self.calls * 9;
        if !is_whole || server.packets == 0 || !is_http && !is_usual {
            return None;
        }
        match (call.server_ack.is_some(), flow.closed_by) {
            // A reset is told as such.
            (_, Some(ClosedBy::ServerReset)) => None,
            (true, Some(ClosedBy::ServerFin)) if is_http => Some((Silence::Closed, waited)),
            (true, _) if waited >= PATIENCE => Some((Silence::Hangs, waited)),
            // The client has had enough, though not at once: then it has changed its mind.
            (true, _) if is_http && call.given_up >= Some(SLOW) => Some((Silence::Hangs, waited)),
            (false, _) if waited >= PATIENCE && call.retransmissions > 0 => Some((Silence::Lost, waited)),
            _ => None,
        }
    }

    fn state(self, server: Endpoint, told: &[Finding], forgets: bool) -> Vec<Finding> {
        let is_told = |kind| {
            told.iter()
                .any(|other| other.kind == kind && other.severity >= Severity::Warning && other.server == Some(server))
        };
        // Of how many, only a complete log tells.
        let (calls, answered) = (!forgets).then_some((self.calls, self.answered)).unzip();
        let Self { slow, unanswered, server_errors, client_errors, .. } = self;
        let mut findings = Vec::new();
        findings.extend(errors(&server, server_errors, answered));
        findings.extend(rejections(&server, client_errors, answered));
        for (silence, group) in unanswered {
            if silence != Silence::Lost || !is_told(FindingKind::TcpRetransmissions) {
                findings.push(no_response(&server, silence, group, calls, answered));
            }
        }
        for (reason, group) in slow {
            let causes: &[FindingKind] = match reason {
                Reason::Recovery => &[FindingKind::TcpRetransmissions, FindingKind::TcpWindowOverrun],
                Reason::Stall { .. } => &[FindingKind::TcpZeroWindow],
                _ => &[],
            };
            if !causes.iter().copied().any(is_told) {
                findings.push(slow_calls(&server, reason, group, calls));
            }
        }
        findings
    }
}

/// What an answered call waited for the longest, if it is something that can be too long.
fn reason(call: &Call) -> Option<(Reason, Duration)> {
    let (part, time) = (call.dominant()?, |time: Duration| (time >= NOTABLE).then_some(time));
    let parts = &call.parts;
    let first_byte = call.time_to_first_byte.unwrap_or_default();
    Some(match part {
        CallPart::Server => {
            let waited = parts.server.min(first_byte);
            match () {
                () if waited * 2 >= parts.server => {
                    (Reason::Server { acknowledged: is_acknowledged(call, first_byte) }, time(waited)?)
                }
                () => (Reason::Pauses, time(parts.server)?),
            }
        }
        CallPart::Recovery => (Reason::Recovery, time(parts.recovery)?),
        CallPart::ReceiverStall => {
            let by_client = call.response_bytes >= call.request_bytes;
            (Reason::Stall { by_client }, time(parts.receiver_stall)?)
        }
        // What is large takes its time.
        CallPart::Network if call.request_bytes + call.response_bytes <= SMALL => {
            (Reason::Network, time(parts.network)?)
        }
        CallPart::Network | CallPart::Client | CallPart::Blind => return None,
    })
}

/// Whether the server's host had the request long before it answered.
fn is_acknowledged(call: &Call, first_byte: Duration) -> bool {
    call.server_ack.is_some_and(|acknowledged| acknowledged * 2 < first_byte)
}

fn slow_calls(server: &Endpoint, reason: Reason, group: Group<'_>, calls: Option<u64>) -> Finding {
    let longest = group.worst.map_or(Duration::ZERO, |(call, _)| call.total);
    let own = group.worst.map_or(Duration::ZERO, |(_, time)| time);
    let (what, verdict, next_steps) = match reason {
        Reason::Server { acknowledged } => (
            "until the server answered",
            if acknowledged { Verdict::Application } else { Verdict::Server },
            "Look into the log and traces of the server for that time: what it waited for (its own calls, a lock, a database, \
             a pause of its memory management).",
        ),
        Reason::Pauses => (
            "while the server paused in its response",
            Verdict::Application,
            "Harmless if the response is a stream; else look at what the server waits for while it produces it.",
        ),
        Reason::Recovery => (
            "until lost segments were sent again",
            Verdict::Network,
            "Find out where packets get lost: a single loss at the end of a request or response costs a timeout.",
        ),
        Reason::Stall { by_client } => (
            "while the receiver's window was closed",
            if by_client { Verdict::Client } else { Verdict::Server },
            "The program there does not read what has arrived: look at what it waits for.",
        ),
        Reason::Network => (
            "while octets were on their way",
            Verdict::Network,
            "Look at the round trip time and at the queues of the path.",
        ),
    };
    let (count, severity) = (group.draft.events, group.severity.unwrap_or(Severity::Note));
    let example = group.example();
    let service = group.draft.service(server);
    let (longest, own) = (text::short(longest), text::short(own));
    let part = if longest == own { String::new() } else { format!(", {own} of it") };
    let summary = format!(
        "{} to {service} {} slow: the longest,{example}, took {longest}{part} {what}.",
        of_calls(count, calls),
        if count == 1 { "was" } else { "were" },
    );
    group.draft.state(Statement {
        kind: FindingKind::SlowCall,
        severity,
        confidence: if severity > Severity::Note { 0.85 } else { 0.6 },
        verdict,
        title: format!("slow calls: time passed {what}"),
        summary,
        server: Some(*server),
        wireshark_filter: format!("tcp.time_delta >= {} && {}", NOTABLE.as_secs_f64(), text::tcp(server)),
        next_steps,
    })
}

/// `2 of 30 calls`, or `2 calls` where not all are known.
fn of_calls(count: u64, all: Option<u64>) -> String {
    all.map_or_else(|| text::count(count, "call"), |all| format!("{count} of {}", text::count(all, "call")))
}

fn no_response(
    server: &Endpoint,
    silence: Silence,
    group: Group<'_>,
    calls: Option<u64>,
    answered: Option<u64>,
) -> Finding {
    let (what, verdict) = match silence {
        Silence::Hangs => ("the server has the request and says nothing", Verdict::Application),
        Silence::Closed => ("the server has the request and closes the connection", Verdict::Application),
        Silence::Lost => ("the request is never acknowledged", Verdict::Network),
    };
    let draft = &group.draft;
    let summary = format!(
        "{} to {} got no response: {what}; for example,{}.",
        of_calls(draft.events, calls),
        draft.service(server),
        group.example(),
    );
    let severity =
        if answered == Some(0) && draft.events >= MANY_UNANSWERED { Severity::Critical } else { Severity::Warning };
    group.draft.state(Statement {
        kind: FindingKind::CallUnanswered,
        severity,
        confidence: if silence == Silence::Closed { 0.7 } else { 0.8 },
        verdict,
        title: "requests without a response".to_owned(),
        summary,
        server: Some(*server),
        wireshark_filter: format!("tcp.len > 0 && {}", text::tcp(server)),
        next_steps: "Look at what the program does with such requests (threads, pools, its own calls); a connection closed right \
                     after a request may be an idle timeout that is shorter than the client's.",
    })
}

fn errors(server: &Endpoint, group: Group<'_>, answered: Option<u64>) -> Option<Finding> {
    let count = group.draft.events;
    if count == 0 {
        return None;
    }
    let share = share(count, answered);
    let summary = group.responses(server, answered, "tell of an error at the server");
    let severity = match () {
        () if count >= MANY_ERRORS && share >= MOST_ERRORS => Severity::Critical,
        () if count >= MANY_ERRORS || share >= SOME_ERRORS => Severity::Warning,
        () => Severity::Note,
    };
    Some(http_error(server, group.draft, severity, Verdict::Application, summary))
}

fn rejections(server: &Endpoint, group: Group<'_>, answered: Option<u64>) -> Option<Finding> {
    let count = group.draft.events;
    if count < MANY_REJECTIONS || share(count, answered) < SOME_REJECTIONS {
        return None;
    }
    let summary = group.responses(server, answered, "reject the request");
    Some(http_error(server, group.draft, Severity::Note, Verdict::Client, summary))
}

/// 0 where it is not known.
fn share(count: u64, all: Option<u64>) -> f64 {
    all.map_or(0.0, |all| count as f64 / all.max(1) as f64)
}

/// `503 (12 times), 500 (once)`.
fn statuses(statuses: &BTreeMap<u16, u64>) -> String {
    let mut statuses: Vec<_> = statuses.iter().collect();
    statuses.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let shown =
        statuses.iter().take(SHOWN_STATUSES).map(|(status, count)| format!("{status} ({})", text::times(**count)));
    shown.collect::<Vec<_>>().join(", ")
}

fn http_error(server: &Endpoint, draft: Draft, severity: Severity, verdict: Verdict, summary: String) -> Finding {
    let least = if verdict == Verdict::Client { 400 } else { 500 };
    draft.state(Statement {
        kind: FindingKind::HttpError,
        severity,
        confidence: 0.95,
        verdict,
        title: if least == 400 { "HTTP requests rejected" } else { "HTTP server errors" }.to_owned(),
        summary,
        server: Some(*server),
        wireshark_filter: format!("http.response.code >= {least} && {}", text::tcp(server)),
        next_steps: match least {
            400 => "Look at the paths, methods and credentials that the client uses.",
            _ => "Look into the log of the server; 502, 503 and 504 come from a proxy whose own servers fail, are busy or late.",
        },
    })
}

/// A call that may be worth a word among many faster ones.
const NOTABLE: Duration = Duration::from_millis(300);
/// Calls of a service of which the usual time is known, and how much longer than that stands out.
const FEW_CALLS: usize = 10;
const MANY_CALLS: usize = 20;
const MANIFOLD: u32 = 10;
/// Calls that may be slow in any service without making that usual.
const FEW_SLOW: usize = 3;
/// Octets of a call whose way should not take long.
const SMALL: u64 = 16 << 10;
/// Time without a response.
const PATIENCE: Duration = Duration::from_secs(5);
/// Answered calls of a service that show that its protocol answers.
const USUALLY_ANSWERED: u64 = 10;
const MANY_UNANSWERED: u64 = 3;
/// Errors of a server, and their shares of its responses.
const MANY_ERRORS: u64 = 3;
const SOME_ERRORS: f64 = 0.01;
const MOST_ERRORS: f64 = 0.5;
const MANY_REJECTIONS: u64 = 5;
const SOME_REJECTIONS: f64 = 0.2;
const SHOWN_STATUSES: usize = 4;
