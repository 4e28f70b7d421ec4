//! What DNS transactions of one client have to do with each other: search lists, pairs of A and AAAA, and a truncated answer
//! that is asked for again over TCP.

use std::net::IpAddr;
use std::time::Duration;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::{DnsTransaction, DnsTransport};
use crate::capture::Timestamp;
use crate::packet::dns::{RecordType, ResponseCode};

/// Finds the relations among `transactions`, which are in order of time.
///
/// Each is compared with the few that its client sent next, so that many take no more time each.
pub(super) fn find(transactions: &mut [DnsTransaction]) {
    let mut clients: HashMap<IpAddr, Vec<usize>, RandomState> = HashMap::default();
    for (at, transaction) in transactions.iter().enumerate() {
        if matches!(transaction.transport, DnsTransport::Udp | DnsTransport::Tcp) && transaction.query_frame.is_some() {
            clients.entry(transaction.client).or_default().push(at);
        }
    }
    for places in clients.values() {
        for (n, at) in places.iter().enumerate() {
            let next = places.get(n + 1..).unwrap_or_default();
            relate(transactions, *at, next.get(..LOOK_AHEAD).unwrap_or(next));
        }
    }
}

fn relate(transactions: &mut [DnsTransaction], at: usize, next: &[usize]) {
    let Some(first) = transactions.get(at) else { return };
    let (mut search_suffix, mut tcp_fallback, mut pair) = (false, false, None);
    for place in next {
        let Some(other) = transactions.get(*place) else { continue };
        let apart = other.time.saturating_duration_since(first.time);
        if apart > LONGEST {
            break;
        }
        let same_name = first.name.eq_ignore_ascii_case(&other.name);
        if same_name && other.transport == DnsTransport::Tcp && other.record_type == first.record_type {
            tcp_fallback |= first.truncated && first.transport == DnsTransport::Udp && other.resolver == first.resolver;
        }
        if same_name && is_pair(first.record_type, other.record_type) && apart < PAIR && other.pair_frame.is_none() {
            pair = pair.or(Some(*place));
        }
        let follows = answered(first).is_some_and(|answered| answered <= other.time);
        search_suffix |= first.response_code == Some(ResponseCode::NAME_ERROR)
            && first.record_type == other.record_type
            && follows
            && has_less(&first.name, &other.name);
    }
    let (first_frame, pair_frame) =
        (first.query_frame, pair.and_then(|place| transactions.get(place)).and_then(|other| other.query_frame));
    if let Some(other) = pair.and_then(|place| transactions.get_mut(place)) {
        other.pair_frame = first_frame;
    }
    if let Some(first) = transactions.get_mut(at) {
        (first.search_suffix, first.tcp_fallback) = (search_suffix, tcp_fallback);
        first.pair_frame = first.pair_frame.or(pair_frame);
    }
}

fn answered(transaction: &DnsTransaction) -> Option<Timestamp> {
    let waited = i64::try_from(transaction.first_latency?.as_nanos()).ok()?;
    Some(Timestamp::from_nanos(transaction.time.as_nanos().saturating_add(waited)))
}

fn is_pair(a: RecordType, b: RecordType) -> bool {
    matches!((a, b), (RecordType::A, RecordType::AAAA) | (RecordType::AAAA, RecordType::A))
}

/// Whether `less` begins as `name` does, with all, some or none of what stands behind that: `db.prod.example.` becomes
/// `db.example.` or `db.`
fn has_less(name: &str, less: &str) -> bool {
    if less.len() >= name.len() || less.is_empty() {
        return false;
    }
    let (name, less) = (name.as_bytes(), less.as_bytes());
    let same = name.iter().zip(less).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
    let tail = name.iter().rev().zip(less.iter().rev()).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
    if same == less.len() {
        return name.get(same) == Some(&b'.');
    }
    // The beginning ends at a dot of both, and what is behind it in `less` ends `name`, too.
    let dots = less.iter().enumerate().filter(|(at, octet)| **octet == b'.' && *at <= same && *at > 0);
    dots.map(|(at, _)| at).any(|at| name.get(at) == Some(&b'.') && less.len() - at <= tail)
}

/// Transactions that are looked at behind each.
const LOOK_AHEAD: usize = 32;
const LONGEST: Duration = Duration::from_secs(10);
const PAIR: Duration = Duration::from_millis(200);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_lists_take_away_from_the_end_of_a_name() {
        let cluster = ["api.example.com.default.svc.cluster.local", "api.example.com.svc.cluster.local"];
        for (name, less, expected) in [
            (cluster[0], cluster[1], true),
            (cluster[0], "api.example.com", true),
            ("db.prod.example.com", "db.example.com", true),
            ("db.prod.example.com", "DB", true),
            ("www.foo.com", "www.bar.com", false),
            ("www.fool.com", "www.foo.com", false),
            ("www.a.foo.com", "www.bar.com", false),
            ("db1.example.com", "db", false),
            ("a.example.com", "b.com", false),
            ("x", "x", false),
            ("x", "", false),
        ] {
            assert_eq!(has_less(name, less), expected, "{name} {less}");
        }
    }
}
