//! DNS queries matched with their answers.
//!
//! A transaction is known by the client's address and port, the resolver's address (for multicast names: any), the
//! identifier and the question. A query that repeats one without an answer is another attempt of the same transaction.
//! Answers whose query was not captured make a transaction of their own, except for multicast DNS, where answers come
//! unasked. When memory is short, the oldest transaction goes.

use std::collections::VecDeque;
use std::fmt::Write;
use std::hash::BuildHasher;
use std::net::IpAddr;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::analyzer::Note;
use super::{DnsTransaction, DnsTransport};
use crate::capture::Timestamp;
use crate::packet::dns::{Message, Name, Question, RecordType, Section};

/// The transactions that are remembered.
#[derive(Debug)]
pub(super) struct Resolver {
    /// In order of their first query.
    transactions: VecDeque<DnsTransaction>,
    pending: VecDeque<Pending>,
    /// Numbers of the transactions that wait for an answer.
    waiting: HashTable<u64>,
    hasher: RandomState,
    /// Number of the oldest transaction in `transactions`.
    first: u64,
    heap: usize,
    limit: usize,
    evicted: u64,
    name: String,
}

/// What is known of a transaction beyond what is reported.
#[derive(Clone, Copy, Debug)]
struct Pending {
    hash: u64,
    client_port: u16,
    /// Time of the last attempt.
    asked: Timestamp,
    heap: usize,
}

/// Who asks whom.
struct Parties {
    client: IpAddr,
    client_port: u16,
    resolver: IpAddr,
    transport: DnsTransport,
}

impl Resolver {
    /// Remembers transactions of at most `limit` octets.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            transactions: VecDeque::new(),
            pending: VecDeque::new(),
            waiting: HashTable::new(),
            hasher: RandomState::default(),
            first: 0,
            heap: 0,
            limit: limit.max(16 * FIXED_LEN),
            evicted: 0,
            name: String::new(),
        }
    }

    /// Takes a message.
    pub(super) fn message(&mut self, transport: DnsTransport, message: &Message<'_>, note: Note) {
        let tuple = if message.is_response() { note.tuple.reversed() } else { note.tuple };
        let parties =
            Parties { client: tuple.source, client_port: tuple.source_port, resolver: tuple.destination, transport };
        let question = message.questions().next().and_then(Result::ok);
        match (message.is_response(), question) {
            (false, Some(question)) => self.query(&parties, message, &question, note),
            (false, None) => {}
            (true, question) => self.response(&parties, message, question.as_ref(), note),
        }
    }

    /// Takes the payload of a TCP segment: messages, each behind its length in two octets (RFC 1035 section 4.2.2). A
    /// message that goes on in the next segment is read as far as it is there.
    pub(super) fn stream(&mut self, mut payload: &[u8], note: Note) {
        while let Some((len, rest)) = payload.split_first_chunk() {
            let len = usize::from(u16::from_be_bytes(*len));
            let (message, rest) = rest.split_at_checked(len).unwrap_or((rest, &[]));
            let Ok(message) = Message::parse(message) else { return };
            // The middle of a message is none: its first octets would be an unlikely header.
            if message.opcode() != 0 || message.question_count() != 1 {
                return;
            }
            self.message(DnsTransport::Tcp, &message, note);
            payload = rest;
        }
    }

    /// Transactions that were dropped.
    pub(super) fn evicted(&self) -> u64 {
        self.evicted
    }

    /// All transactions in order of time.
    pub(super) fn into_transactions(self) -> Vec<DnsTransaction> {
        let mut transactions = Vec::from(self.transactions);
        transactions.sort_by_key(|transaction| transaction.time);
        transactions
    }

    /// Moves out the transactions that began before `time`.
    pub(super) fn take_until(&mut self, time: Timestamp) -> Vec<DnsTransaction> {
        let mut taken = Vec::new();
        while self.transactions.front().is_some_and(|transaction| transaction.time < time) {
            taken.extend(self.pop());
        }
        taken
    }

    fn query(&mut self, parties: &Parties, message: &Message<'_>, question: &Question<'_>, note: Note) {
        let hash = self.hash(parties, message.id());
        if let Some(number) = self.find(hash, parties, message.id(), Some(question)) {
            if let Some((transaction, pending)) = self.entry(number) {
                transaction.attempts = transaction.attempts.saturating_add(1);
                pending.asked = note.time;
            }
            return;
        }
        let transaction = DnsTransaction {
            attempts: 1,
            query_frame: Some(note.frame),
            ..new_transaction(parties, message, Some(question), note)
        };
        let number = self.push(transaction, parties, hash, note.time);
        let pending = &self.pending;
        let first = self.first;
        let hash_of = |number: &u64| place(*number, first).and_then(|place| pending.get(place)).map_or(0, |p| p.hash);
        self.waiting.insert_unique(hash, number, hash_of);
    }

    fn response(&mut self, parties: &Parties, message: &Message<'_>, question: Option<&Question<'_>>, note: Note) {
        let hash = self.hash(parties, message.id());
        if let Some(number) = self.find(hash, parties, message.id(), question) {
            if let Ok(entry) = self.waiting.find_entry(hash, |other| *other == number) {
                entry.remove();
            }
            if let Some((transaction, pending)) = self.entry(number) {
                answer(transaction, message, note);
                if parties.transport == DnsTransport::Llmnr {
                    transaction.resolver = parties.resolver;
                }
                transaction.latency = note.time.checked_duration_since(pending.asked);
                transaction.first_latency = note.time.checked_duration_since(transaction.time);
            }
            self.weigh(number);
        } else if question.is_some() && parties.transport != DnsTransport::Mdns && !self.is_repeated(parties, message) {
            let mut transaction = new_transaction(parties, message, question, note);
            answer(&mut transaction, message, note);
            self.push(transaction, parties, hash, note.time);
        }
    }

    /// Whether an answer repeats one of the last few: networks duplicate packets, and clients retry too early.
    fn is_repeated(&self, parties: &Parties, message: &Message<'_>) -> bool {
        self.transactions.iter().zip(&self.pending).rev().take(RECENT).any(|(transaction, pending)| {
            transaction.id == message.id()
                && transaction.is_answered()
                && (transaction.client, pending.client_port) == (parties.client, parties.client_port)
                && transaction.resolver == parties.resolver
        })
    }

    fn hash(&self, parties: &Parties, id: u16) -> u64 {
        let resolver = (parties.transport != DnsTransport::Llmnr).then_some(parties.resolver);
        self.hasher.hash_one((parties.client, parties.client_port, resolver, parties.transport, id))
    }

    /// The number of the transaction that waits for this answer.
    fn find(&mut self, hash: u64, parties: &Parties, id: u16, question: Option<&Question<'_>>) -> Option<u64> {
        if let Some(question) = question {
            present(&mut self.name, question.name);
        }
        let Self { transactions, pending, waiting, first, name, .. } = self;
        let same = |number: &u64| {
            let Some(place) = place(*number, *first) else { return false };
            let (Some(transaction), Some(pending)) = (transactions.get(place), pending.get(place)) else {
                return false;
            };
            transaction.id == id
                && (transaction.client, pending.client_port) == (parties.client, parties.client_port)
                && transaction.transport == parties.transport
                && (transaction.resolver == parties.resolver || parties.transport == DnsTransport::Llmnr)
                && question.is_none_or(|question| {
                    transaction.record_type == question.record_type && transaction.name.eq_ignore_ascii_case(name)
                })
        };
        waiting.find(hash, same).copied()
    }

    fn push(&mut self, transaction: DnsTransaction, parties: &Parties, hash: u64, asked: Timestamp) -> u64 {
        let number = self.first + self.transactions.len() as u64;
        self.transactions.push_back(transaction);
        self.pending.push_back(Pending { hash, client_port: parties.client_port, asked, heap: 0 });
        self.weigh(number);
        number
    }

    fn weigh(&mut self, number: u64) {
        let Some((transaction, pending)) = self.entry(number) else { return };
        let now = heap_len(transaction);
        let before = std::mem::replace(&mut pending.heap, now);
        self.heap = self.heap - before + now;
        while self.transactions.len() > 1 && self.heap + self.transactions.len() * FIXED_LEN > self.limit {
            self.evicted += u64::from(self.pop().is_some());
        }
    }

    fn pop(&mut self) -> Option<DnsTransaction> {
        let (transaction, pending) = (self.transactions.pop_front()?, self.pending.pop_front()?);
        let number = self.first;
        if let Ok(entry) = self.waiting.find_entry(pending.hash, |other| *other == number) {
            entry.remove();
        }
        self.first += 1;
        self.heap -= pending.heap;
        Some(transaction)
    }

    fn entry(&mut self, number: u64) -> Option<(&mut DnsTransaction, &mut Pending)> {
        let place = place(number, self.first)?;
        Some((self.transactions.get_mut(place)?, self.pending.get_mut(place)?))
    }
}

fn new_transaction(
    parties: &Parties,
    message: &Message<'_>,
    question: Option<&Question<'_>>,
    note: Note,
) -> DnsTransaction {
    let mut name = String::new();
    if let Some(question) = question {
        present(&mut name, question.name);
        name.shrink_to_fit();
    }
    DnsTransaction {
        time: note.time,
        flow_id: note.flow_id,
        client: parties.client,
        resolver: parties.resolver,
        transport: parties.transport,
        id: message.id(),
        name,
        record_type: question.map_or(RecordType(0), |question| question.record_type),
        response_code: None,
        attempts: 0,
        latency: None,
        first_latency: None,
        answers: Vec::new(),
        cname: None,
        min_ttl: None,
        truncated: false,
        query_frame: None,
        response_frame: None,
    }
}

/// Writes down what the answer says.
fn answer(transaction: &mut DnsTransaction, message: &Message<'_>, note: Note) {
    transaction.response_code = Some(message.response_code());
    transaction.truncated = message.truncated();
    transaction.response_frame = Some(note.frame);
    let answers = message.records().map_while(Result::ok).take_while(|record| record.section == Section::Answer);
    for record in answers.take(MAX_ANSWERS) {
        transaction.min_ttl = Some(transaction.min_ttl.map_or(record.ttl, |least| least.min(record.ttl)));
        if let Some(address) = record.address() {
            transaction.answers.push(address.to_string());
        } else if let Some(target) = record.target() {
            let mut name = String::new();
            present(&mut name, target);
            if record.record_type == RecordType::CNAME && transaction.cname.is_none() {
                transaction.cname = Some(name.clone());
            }
            transaction.answers.push(name);
        }
    }
}

/// Writes `name` into `text`; writing into a string cannot fail.
fn present(text: &mut String, name: Name<'_>) {
    text.clear();
    let _ = write!(text, "{name}");
}

fn heap_len(transaction: &DnsTransaction) -> usize {
    let DnsTransaction { name, answers, cname, .. } = transaction;
    let texts = answers.iter().chain(cname).chain([name]).map(String::capacity).sum::<usize>();
    texts + answers.capacity() * size_of::<String>()
}

fn place(number: u64, first: u64) -> Option<usize> {
    number.checked_sub(first).and_then(|place| usize::try_from(place).ok())
}

/// What a transaction takes, without its texts: the two queues can have twice the entries they need.
const FIXED_LEN: usize = 2 * (size_of::<DnsTransaction>() + size_of::<Pending>()) + 32;
const MAX_ANSWERS: usize = 16;
/// Transactions that are looked at for an answer that came twice.
const RECENT: usize = 64;
