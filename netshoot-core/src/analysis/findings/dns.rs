//! The name service: queries without an answer, answers that say no, answers that come late.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};

use super::draft::{Draft, Statement};
use super::scene::{Queries, Scene};
use super::text;
use crate::analysis::{DnsTransaction, DnsTransport, Endpoint, Finding, FindingKind, Severity, Verdict};
use crate::capture::Timestamp;
use crate::packet::dns::ResponseCode;

/// Faults of each resolver. Multicast names are left out: nobody owes an answer there.
pub(super) fn find(scene: &Scene<'_>, claims: &Queries) -> Vec<Finding> {
    let (end, transactions) = (scene.end, scene.dns);
    let resolved = Resolved::new(transactions);
    let mut resolvers: BTreeMap<IpAddr, Resolver> = BTreeMap::new();
    for transaction in transactions.iter().filter(|transaction| is_unicast(transaction)) {
        if transaction.query_frame.is_some_and(|frame| claims.has(frame)) {
            continue;
        }
        resolvers.entry(transaction.resolver).or_default().add(transaction, &resolved, end);
    }
    let mut findings = Vec::new();
    for (address, resolver) in resolvers {
        let server = Endpoint { address, port: 53 };
        let Resolver { answered, silent, slow, failed, recovered } = resolver;
        findings.extend(silent.map(|faults| unanswered(server, *faults, answered, recovered)));
        findings.extend(slow.map(|faults| late(server, *faults, answered)));
        findings.extend(failed.into_iter().map(|((code, lasting), faults)| refused(server, faults, code, lasting)));
    }
    findings
}

/// What is added up for a resolver.
#[derive(Debug, Default)]
struct Resolver {
    answered: u64,
    /// Queries without an answer after which the client tried again and got one.
    recovered: u64,
    silent: Option<Box<Faults>>,
    slow: Option<Box<Faults>>,
    /// By code, and by whether the name was never resolved.
    failed: BTreeMap<(ResponseCode, bool), Faults>,
}

/// Faults of one kind, and the names they hit.
#[derive(Debug, Default)]
struct Faults {
    draft: Draft,
    names: BTreeMap<String, u64>,
    longest: Duration,
}

impl Resolver {
    fn add(&mut self, transaction: &DnsTransaction, resolved: &Resolved<'_>, end: Timestamp) {
        let waited = end.saturating_duration_since(transaction.time);
        let Some(code) = transaction.response_code.filter(|_| !transaction.is_lost) else {
            // Over TCP the answer may be spread over segments that are not put together here.
            if transaction.transport == DnsTransport::Udp && (waited >= PATIENCE || transaction.attempts > 1) {
                self.recovered += u64::from(resolved.soon_after(transaction));
                self.silent.get_or_insert_default().add(transaction, waited.min(CLIENT_TIMEOUT));
            }
            return;
        };
        self.answered += 1;
        let latency = transaction.first_latency.unwrap_or_default();
        if latency >= SLOW {
            self.slow.get_or_insert_default().add(transaction, latency);
        }
        if code != ResponseCode::NO_ERROR && !transaction.search_suffix {
            let lasting = code != ResponseCode::NAME_ERROR || !resolved.excuses(transaction);
            self.failed.entry((code, lasting)).or_default().add(transaction, Duration::ZERO);
        }
    }
}

impl Faults {
    fn add(&mut self, transaction: &DnsTransaction, cost: Duration) {
        let draft = &mut self.draft;
        draft.events += 1;
        draft.impact += cost;
        self.longest = self.longest.max(cost);
        draft.flow_id(transaction.flow_id);
        draft.client(Endpoint { address: transaction.client, port: 0 });
        for frame in transaction.query_frame.into_iter().chain(transaction.response_frame) {
            draft.frame(frame, transaction.time);
        }
        let known = self.names.len();
        if let Some(count) = self.names.get_mut(&transaction.name) {
            *count += 1;
        } else if known < MAX_NAMES {
            self.names.insert(transaction.name.clone(), 1);
        }
    }

    /// `x.example`, or `x.example and 3 other names`.
    fn named(&mut self) -> String {
        let others = (self.names.len() as u64).saturating_sub(1);
        let Some((name, _)) = self.names.iter().max_by_key(|(_, count)| **count) else { return String::new() };
        self.draft.name = Some(name.clone());
        match others {
            0 => name.clone(),
            _ => format!("{name} and {}", text::count(others, "other name")),
        }
    }
}

/// Names that were resolved, and when.
struct Resolved<'a> {
    names: HashSet<&'a str, RandomState>,
    /// The times of answers for a client and a name, rising.
    answers: HashMap<(IpAddr, &'a str), Vec<Timestamp>, RandomState>,
}

impl<'a> Resolved<'a> {
    fn new(transactions: &'a [DnsTransaction]) -> Self {
        let mut resolved = Self { names: HashSet::default(), answers: HashMap::default() };
        let good = |transaction: &&DnsTransaction| {
            transaction.response_code == Some(ResponseCode::NO_ERROR) && !transaction.is_lost
        };
        for transaction in transactions.iter().filter(good) {
            resolved.names.insert(&transaction.name);
            resolved.answers.entry((transaction.client, &transaction.name)).or_default().push(transaction.time);
        }
        resolved
    }

    /// Whether the client asked again before long, and got an answer.
    fn soon_after(&self, transaction: &DnsTransaction) -> bool {
        let times = self.answers.get(&(transaction.client, transaction.name.as_str()));
        times.is_some_and(|times| {
            let next = times.partition_point(|time| *time < transaction.time);
            times.get(next).is_some_and(|time| time.saturating_duration_since(transaction.time) <= RETRY)
        })
    }

    /// Whether "no such name" is no fault: a reverse look-up, a name that was resolved at another time, or a name with a
    /// suffix of the client's search list that is resolved without it.
    fn excuses(&self, transaction: &DnsTransaction) -> bool {
        let name = transaction.name.as_str();
        let lower = name.to_ascii_lowercase();
        lower.ends_with(".arpa")
            || lower.ends_with(".local")
            || self.names.contains(name)
            || name.match_indices('.').any(|(dot, _)| name.get(..dot).is_some_and(|head| self.names.contains(head)))
    }
}

fn unanswered(server: Endpoint, mut faults: Faults, answered: u64, recovered: u64) -> Finding {
    let names = faults.named();
    let Faults { draft, .. } = faults;
    let lost = draft.events - recovered.min(draft.events);
    let severity = match () {
        () if answered == 0 && draft.events > 1 => Severity::Critical,
        () if lost >= MANY_LOST && lost * 20 >= answered => Severity::Critical,
        () if lost > 0 => Severity::Warning,
        () => Severity::Note,
    };
    let rest = match (answered, recovered) {
        (0, _) => "; it answered nothing at all".to_owned(),
        (_, 0) => format!("; it answered {answered} others"),
        _ => format!("; it answered {answered} others, and asking again resolved {recovered} of the names"),
    };
    let summary = format!(
        "{} from {} to {} got no answer: {names}{rest}.",
        text::queries(draft.events),
        draft.clients(),
        server.address,
    );
    draft.state(Statement {
        kind: FindingKind::DnsUnanswered,
        severity,
        confidence: if severity == Severity::Critical { 0.95 } else { 0.8 },
        verdict: Verdict::Dns,
        title: "DNS queries without an answer".to_owned(),
        summary,
        server: Some(server),
        wireshark_filter: format!("dns && !dns.response_in && dns.flags.response == 0 && {}", text::to(server.address)),
        next_steps: "Check that the resolver is reachable and not overloaded; if only some names fail, look at the servers that \
                     the resolver asks for them.",
    })
}

fn late(server: Endpoint, mut faults: Faults, answered: u64) -> Finding {
    let names = faults.named();
    let Faults { draft, longest, .. } = faults;
    let often = draft.events >= MANY_SLOW && draft.events * 20 >= answered;
    let severity = if often || longest >= VERY_SLOW { Severity::Warning } else { Severity::Note };
    let summary = format!(
        "{} of {} from {} took more than {}, the longest {}: {names}.",
        draft.events,
        text::count(answered, "answer"),
        server.address,
        text::short(SLOW),
        text::short(longest),
    );
    draft.state(Statement {
        kind: FindingKind::DnsSlow,
        severity,
        confidence: 0.9,
        verdict: Verdict::Dns,
        title: "slow DNS answers".to_owned(),
        summary,
        server: Some(server),
        wireshark_filter: format!("dns.time >= {} && {}", SLOW.as_secs_f64(), text::from(server.address)),
        next_steps: "Where the client asked more than once, a query or an answer was lost; else look at the resolver's cache, its \
                     forwarders and its load.",
    })
}

fn refused(server: Endpoint, mut faults: Faults, code: ResponseCode, lasting: bool) -> Finding {
    let names = faults.named();
    let draft = faults.draft;
    let severity = match code {
        _ if !lasting => Severity::Note,
        // A name that was tried again and again is wanted; one try may be a typing error or a probe.
        ResponseCode::NAME_ERROR if draft.events < MANY_MISSING => Severity::Note,
        ResponseCode::NAME_ERROR => Severity::Warning,
        _ if draft.events >= MANY_FAILURES => Severity::Critical,
        _ => Severity::Warning,
    };
    let summary = format!(
        "{} answered {code} to {} from {}: {names}.",
        server.address,
        text::queries(draft.events),
        draft.clients(),
    );
    draft.state(Statement {
        kind: FindingKind::DnsFailure,
        severity,
        confidence: if lasting { 0.9 } else { 0.5 },
        verdict: Verdict::Dns,
        title: format!("DNS answers with {code}"),
        summary,
        server: Some(server),
        wireshark_filter: format!("dns.flags.rcode == {} && {}", code.0, text::from(server.address)),
        next_steps: match code {
            ResponseCode::NAME_ERROR => {
                "Check the spelling and the search list of the client; each suffix that does not fit costs a round trip."
            }
            ResponseCode::REFUSED => "The resolver does not serve this client or zone: check its access rules.",
            _ => "The resolver could not get an answer itself: ask the zone's own servers, and check DNSSEC and forwarders.",
        },
    })
}

fn is_unicast(transaction: &DnsTransaction) -> bool {
    matches!(transaction.transport, DnsTransport::Udp | DnsTransport::Tcp)
}

/// How long an answer may take before it counts as missing at the end of a capture.
const PATIENCE: Duration = Duration::from_secs(2);
/// What resolv.conf(5) lets a client wait for one attempt.
const CLIENT_TIMEOUT: Duration = Duration::from_secs(5);
/// Asking again within this time repairs a query that was lost.
const RETRY: Duration = Duration::from_secs(12);
const SLOW: Duration = Duration::from_millis(500);
const VERY_SLOW: Duration = Duration::from_secs(2);
/// Slow answers, if they are also a twentieth of all.
const MANY_SLOW: u64 = 3;
/// Queries lost for good, if they are also a twentieth of the answers.
const MANY_LOST: u64 = 3;
const MANY_FAILURES: u64 = 3;
const MANY_MISSING: u64 = 3;
/// Names that are counted one by one.
const MAX_NAMES: usize = 1000;
