//! Names again: truncated answers, pairs of queries, search lists, and resolvers that contradict each other.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};

use super::draft::{Draft, Statement};
use super::scene::{Queries, Scene};
use super::text;
use crate::analysis::{DnsTransaction, DnsTransport, Endpoint, Finding, FindingKind, Severity, Verdict};
use crate::packet::dns::{RecordType, ResponseCode};

/// What transactions that have to do with each other tell.
pub(super) fn find(scene: &Scene<'_>, claims: &mut Queries) -> Vec<Finding> {
    let mut findings = truncated(scene.dns);
    findings.extend(half_pairs(scene, claims));
    findings.extend(search_lists(scene.dns));
    findings.extend(differing(scene.dns, claims));
    findings
}

impl Draft {
    fn query(&mut self, transaction: &DnsTransaction, cost: Duration) {
        self.events += 1;
        self.impact += cost;
        self.flow_again(transaction.flow_id);
        self.client(Endpoint { address: transaction.client, port: 0 });
        self.name.get_or_insert_with(|| transaction.name.clone());
        for frame in transaction.query_frame.into_iter().chain(transaction.response_frame) {
            self.frame(frame, transaction.time);
        }
    }

    fn example(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }
}

const fn resolver(address: IpAddr) -> Endpoint {
    Endpoint { address, port: 53 }
}

fn truncated(transactions: &[DnsTransaction]) -> Vec<Finding> {
    let mut drafts: BTreeMap<IpAddr, Draft> = BTreeMap::new();
    for (at, cut) in transactions.iter().enumerate() {
        if cut.truncated && cut.transport == DnsTransport::Udp && !cut.tcp_fallback {
            // The client may ask again with room for larger datagrams.
            let again = transactions.get(at + 1..).unwrap_or_default().iter().take(LOOK_AHEAD).any(|other| {
                let same = other.client == cut.client && other.record_type == cut.record_type && other.name == cut.name;
                same && other.is_answered() && !other.truncated
            });
            if !again {
                drafts.entry(cut.resolver).or_default().query(cut, Duration::ZERO);
            }
        }
    }
    let state = |(address, draft): (IpAddr, Draft)| {
        let summary = format!(
            "{} of {address} did not fit into a datagram, and {} did not ask again over TCP: {}.",
            text::count(draft.events, "answer"),
            draft.clients(),
            draft.example(),
        );
        draft.state(Statement {
            kind: FindingKind::DnsTruncated,
            severity: Severity::Warning,
            confidence: 0.7,
            verdict: Verdict::Unknown,
            title: "truncated DNS answers".to_owned(),
            summary,
            server: Some(resolver(address)),
            wireshark_filter: format!("dns.flags.truncated == 1 && {}", text::from(address)),
            next_steps: "Check that TCP port 53 passes to the resolver, and that the client falls back to it; some simple \
                         resolvers in programs do not.",
        })
    };
    drafts.into_iter().map(state).collect()
}

fn half_pairs(scene: &Scene<'_>, claims: &mut Queries) -> Vec<Finding> {
    let is_silent = |transaction: &&DnsTransaction| {
        let waited = scene.end.saturating_duration_since(transaction.time);
        transaction.response_code.is_none() && transaction.pair_frame.is_some() && waited >= PATIENCE
    };
    let silent: Vec<_> = scene.dns.iter().filter(is_silent).collect();
    let partners: HashSet<u64, RandomState> = silent.iter().filter_map(|transaction| transaction.pair_frame).collect();
    if partners.is_empty() {
        return Vec::new();
    }
    let is_good = |transaction: &&DnsTransaction| {
        let prompt = transaction.first_latency.is_some_and(|latency| latency < PROMPT);
        prompt && transaction.query_frame.is_some_and(|frame| partners.contains(&frame))
    };
    let good: HashSet<u64, RandomState> = scene.dns.iter().filter(is_good).filter_map(|one| one.query_frame).collect();
    let mut drafts: BTreeMap<(IpAddr, RecordType), (Draft, Vec<u64>)> = BTreeMap::new();
    for transaction in silent.into_iter().filter(|one| one.pair_frame.is_some_and(|frame| good.contains(&frame))) {
        let waited = scene.end.saturating_duration_since(transaction.time).min(CLIENT_TIMEOUT);
        let (draft, queries) = drafts.entry((transaction.resolver, transaction.record_type)).or_default();
        draft.query(transaction, waited);
        queries.extend(transaction.query_frame);
    }
    drafts.retain(|_, (draft, _)| draft.events >= MANY_HALVES);
    drafts.values().flat_map(|(_, queries)| queries).for_each(|frame| claims.add(*frame));
    let answers = |resolver: IpAddr, kind: RecordType| {
        scene.dns.iter().any(|one| one.resolver == resolver && one.record_type == kind && one.is_answered())
    };
    let state = |((address, kind), (draft, _)): ((IpAddr, RecordType), (Draft, Vec<u64>))| {
        half(address, kind, draft, answers(address, kind))
    };
    drafts.into_iter().map(state).collect()
}

fn half(address: IpAddr, kind: RecordType, draft: Draft, answers: bool) -> Finding {
    let rest = if answers { "" } else { "; it answered none of that type" };
    let summary = format!(
        "{address} answered one of two queries that {} sent together, but not {} for {kind}: {}{rest}.",
        draft.clients(),
        text::queries(draft.events),
        draft.example(),
    );
    draft.state(Statement {
        kind: FindingKind::DnsHalfPair,
        severity: Severity::Warning,
        confidence: 0.85,
        // A resolver that passes over a type does so always; else one of two packets got lost.
        verdict: if answers { Verdict::Network } else { Verdict::Dns },
        title: format!("DNS queries for {kind} unanswered, their twins answered"),
        summary,
        server: Some(resolver(address)),
        wireshark_filter: format!("dns && dns.qry.type == {} && {}", kind.0, text::host(address)),
        next_steps: "Two queries at once from one port lose one where connection tracking races with itself (try the option \
                     single-request-reopen in resolv.conf, or a resolver on the host); if only one type is concerned, the \
                     servers of the zone do not answer it.",
    })
}

fn search_lists(transactions: &[DnsTransaction]) -> Vec<Finding> {
    let mut drafts: BTreeMap<IpAddr, Draft> = BTreeMap::new();
    for wasted in transactions.iter().filter(|transaction| transaction.search_suffix) {
        drafts.entry(wasted.resolver).or_default().query(wasted, wasted.first_latency.unwrap_or_default());
    }
    drafts.retain(|_, draft| draft.events >= FEW_SUFFIXES);
    let state = |(address, draft): (IpAddr, Draft)| {
        let summary = format!(
            "{} of {} to {address} were for names with a suffix of a search list, which do not exist, before the right one was \
             asked for: {}. They took {}.",
            text::queries(draft.events),
            draft.clients(),
            draft.example(),
            text::short(draft.impact),
        );
        let mean = draft.impact / u32::try_from(draft.events).unwrap_or(u32::MAX).max(1);
        let is_dear = draft.events >= MANY_SUFFIXES && mean >= DEAR;
        draft.state(Statement {
            kind: FindingKind::DnsSearchList,
            severity: if is_dear { Severity::Warning } else { Severity::Note },
            confidence: 0.9,
            verdict: Verdict::Client,
            title: "search list costs queries".to_owned(),
            summary,
            server: Some(resolver(address)),
            wireshark_filter: format!("dns.flags.rcode == 3 && {}", text::from(address)),
            next_steps: "Write such names with a final dot, lower ndots in resolv.conf (Kubernetes: dnsConfig), or shorten the \
                         search list.",
        })
    };
    drafts.into_iter().map(state).collect()
}

fn differing(transactions: &[DnsTransaction], claims: &mut Queries) -> Vec<Finding> {
    let is_plain = |one: &&DnsTransaction| matches!(one.transport, DnsTransport::Udp | DnsTransport::Tcp);
    let key = |one: &DnsTransaction| (one.client, one.record_type, one.name.to_ascii_lowercase());
    let mut missing: HashMap<_, &DnsTransaction, RandomState> = HashMap::default();
    for one in transactions.iter().filter(is_plain) {
        if one.response_code == Some(ResponseCode::NAME_ERROR) {
            missing.entry(key(one)).or_insert(one);
        }
    }
    let first = transactions.iter().find(is_plain).map(|one| one.resolver);
    if missing.is_empty() || transactions.iter().filter(is_plain).all(|one| Some(one.resolver) == first) {
        return Vec::new();
    }
    let mut drafts: BTreeMap<(IpAddr, IpAddr), Draft> = BTreeMap::new();
    for one in transactions.iter().filter(is_plain) {
        if one.response_code == Some(ResponseCode::NO_ERROR)
            && !one.answers.is_empty()
            && let Some(other) = missing.get(&key(one)).filter(|other| other.resolver != one.resolver)
        {
            let draft = drafts.entry((other.resolver, one.resolver)).or_default();
            draft.query(one, Duration::ZERO);
            draft.query(other, Duration::ZERO);
            other.query_frame.into_iter().for_each(|frame| claims.add(frame));
        }
    }
    drafts.into_iter().map(|((denies, knows), draft)| contradiction(denies, knows, draft)).collect()
}

fn contradiction(denies: IpAddr, knows: IpAddr, draft: Draft) -> Finding {
    let summary = format!(
        "{denies} says to {} that {} does not exist, {knows} knows its address.",
        draft.clients(),
        draft.example(),
    );
    draft.state(Statement {
        kind: FindingKind::DnsAnswersDiffer,
        severity: Severity::Warning,
        confidence: 0.9,
        verdict: Verdict::Dns,
        title: "resolvers contradict each other".to_owned(),
        summary,
        server: Some(resolver(denies)),
        wireshark_filter: format!("dns.flags.response == 1 && ({} || {})", text::from(denies), text::from(knows)),
        next_steps: "All resolvers of a client have to give the same answers, as it asks any of them: take those out that do not \
                     know the internal zones.",
    })
}

/// How long an answer may take before it counts as missing, and what one that came at once took.
const PATIENCE: Duration = Duration::from_secs(2);
const PROMPT: Duration = Duration::from_secs(1);
/// What resolv.conf(5) lets a client wait for one attempt.
const CLIENT_TIMEOUT: Duration = Duration::from_secs(5);
/// Fewer may be chance.
const MANY_HALVES: u64 = 2;
/// Transactions behind a truncated answer that are looked at.
const LOOK_AHEAD: usize = 64;
/// Wasted queries, and what one of them costs on average where it matters.
const FEW_SUFFIXES: u64 = 10;
const MANY_SUFFIXES: u64 = 20;
const DEAR: Duration = Duration::from_millis(50);
