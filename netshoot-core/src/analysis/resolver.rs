//! DNS queries matched with their answers.
//!
//! A transaction is known by the client's address and port, the resolver's address (for multicast names: any), the
//! identifier and the question. A query that repeats one without an answer is another attempt of the same transaction.
//! Answers whose query was not captured make a transaction of their own, except for multicast DNS, where answers come
//! unasked. When memory is short, the oldest transaction goes.

use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::time::Duration;

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashTable};

use super::analyzer::{Note, Numbers};
use super::datagrams::Part;
use super::log::{entry_len, make_room};
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
    /// By hash, the last transaction that was answered.
    answered: HashMap<u64, u64, RandomState>,
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
    /// The answer is known from its first fragment alone.
    is_begun: bool,
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
            answered: HashMap::default(),
            hasher: RandomState::default(),
            first: 0,
            heap: 0,
            limit: limit.max(16 * FIXED_LEN),
            evicted: 0,
            name: String::new(),
        }
    }

    /// Takes a message. Of one in a fragment, which is the beginning of it, an answer counts until there is more.
    pub(super) fn message(&mut self, transport: DnsTransport, message: &Message<'_>, part: Part, note: Note) {
        let tuple = if message.is_response() { note.tuple.reversed() } else { note.tuple };
        let parties =
            Parties { client: tuple.source, client_port: tuple.source_port, resolver: tuple.destination, transport };
        let question = message.questions().next().and_then(Result::ok);
        match (message.is_response(), question) {
            (false, Some(question)) if part != Part::Fragment => self.query(&parties, message, &question, note),
            (false, _) => {}
            (true, question) => self.response(&parties, message, question.as_ref(), part, note),
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
            self.message(DnsTransport::Tcp, &message, Part::Whole, note);
            payload = rest;
        }
    }

    /// Drops the oldest transactions of shards, each of which has as much room as one for all would have.
    pub(super) fn limit(parts: &mut [Self]) {
        let limit = parts.first().map_or(0, |part| part.limit);
        let mut len: usize = parts.iter().map(Self::len).sum();
        while len > limit {
            let oldest = parts.iter_mut().filter_map(|part| Some((part.transactions.front()?.first_frame(), part)));
            let Some((_, part)) = oldest.min_by_key(|(frame, _)| *frame) else { return };
            len -= part.len();
            part.evicted += u64::from(part.pop().is_some());
            len += part.len();
        }
    }

    /// Octets.
    fn len(&self) -> usize {
        self.heap + self.transactions.len() * FIXED_LEN
    }

    /// Transactions that were dropped.
    pub(super) fn evicted(&self) -> u64 {
        self.evicted
    }

    /// All transactions in order of their first message.
    pub(super) fn into_transactions(self) -> Vec<DnsTransaction> {
        Vec::from(self.transactions)
    }

    /// Puts the right numbers of flows in the place of those of a shard.
    pub(super) fn renumber(&mut self, numbers: &Numbers) {
        self.transactions.iter_mut().for_each(|transaction| numbers.flow(&mut transaction.flow_id));
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
        if let Some(number) = self.begun(hash, parties, message, Some(question)) {
            // Its other fragments got lost: what comes later answers this query.
            if let Some((transaction, pending)) = self.entry(number) {
                transaction.attempts = transaction.attempts.saturating_add(1);
                transaction.is_lost = true;
                pending.asked = note.time;
            }
            return;
        }
        let transaction = DnsTransaction {
            attempts: 1,
            query_frame: Some(note.frame),
            ..self.new_transaction(parties, message, Some(question), note)
        };
        let number = self.push(transaction, parties, hash, note.time);
        let pending = &self.pending;
        let first = self.first;
        let hash_of = |number: &u64| place(*number, first).and_then(|place| pending.get(place)).map_or(0, |p| p.hash);
        self.waiting.insert_unique(hash, number, hash_of);
    }

    fn response(
        &mut self,
        parties: &Parties,
        message: &Message<'_>,
        question: Option<&Question<'_>>,
        part: Part,
        note: Note,
    ) {
        let hash = self.hash(parties, message.id());
        if let Some(number) = self.find(hash, parties, message.id(), question) {
            if let Ok(entry) = self.waiting.find_entry(hash, |other| *other == number) {
                entry.remove();
            }
            self.answered.insert(hash, number);
            self.settle(number, parties, message, part, note);
        } else if part == Part::Assembled
            && let Some(number) = self.begun(hash, parties, message, question)
        {
            self.settle(number, parties, message, part, note);
        } else if question.is_some()
            && parties.transport != DnsTransport::Mdns
            && !self.is_repeated(hash, parties, message, note.time)
        {
            let transaction = self.new_transaction(parties, message, question, note);
            let number = self.push(transaction, parties, hash, note.time);
            self.answered.insert(hash, number);
            self.settle(number, parties, message, part, note);
        }
    }

    /// A transaction is answered. The memory for it may make others go, and itself if it is the oldest.
    fn settle(&mut self, number: u64, parties: &Parties, message: &Message<'_>, part: Part, note: Note) {
        if let Some((transaction, pending)) = self.entry(number) {
            answer(transaction, message, note);
            if transaction.query_frame.is_some() {
                transaction.latency = note.time.checked_duration_since(pending.asked);
                transaction.first_latency = note.time.checked_duration_since(transaction.time);
            }
            if parties.transport == DnsTransport::Llmnr {
                transaction.resolver = parties.resolver;
            }
            pending.is_begun = part == Part::Fragment;
            transaction.is_lost = false;
        }
        self.weigh(number);
    }

    /// The transaction with this question of whose answer only the first fragment was seen.
    fn begun(
        &mut self,
        hash: u64,
        parties: &Parties,
        message: &Message<'_>,
        question: Option<&Question<'_>>,
    ) -> Option<u64> {
        let number = self.answered(hash, parties, message)?;
        let place = place(number, self.first)?;
        if !self.pending.get(place)?.is_begun {
            return None;
        }
        let transaction = self.transactions.get(place)?;
        question.is_none_or(|question| asks(transaction, question, &mut self.name)).then_some(number)
    }

    /// Whether an answer came before: networks duplicate packets, and clients retry too early.
    fn is_repeated(&mut self, hash: u64, parties: &Parties, message: &Message<'_>, now: Timestamp) -> bool {
        let Some(number) = self.answered(hash, parties, message) else { return false };
        self.entry(number).is_some_and(|(_, pending)| now.saturating_duration_since(pending.asked) < REPEATED)
    }

    /// The last transaction with such an answer.
    fn answered(&mut self, hash: u64, parties: &Parties, message: &Message<'_>) -> Option<u64> {
        let number = *self.answered.get(&hash)?;
        let (transaction, pending) = self.entry(number)?;
        let is_same = transaction.id == message.id()
            && (transaction.client, pending.client_port) == (parties.client, parties.client_port)
            && transaction.resolver == parties.resolver;
        is_same.then_some(number)
    }

    fn hash(&self, parties: &Parties, id: u16) -> u64 {
        let resolver = (parties.transport != DnsTransport::Llmnr).then_some(parties.resolver);
        self.hasher.hash_one((parties.client, parties.client_port, resolver, parties.transport, id))
    }

    /// The number of the transaction that waits for this answer.
    fn find(&mut self, hash: u64, parties: &Parties, id: u16, question: Option<&Question<'_>>) -> Option<u64> {
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
                && question.is_none_or(|question| asks(transaction, question, name))
        };
        waiting.find(hash, same).copied()
    }

    fn new_transaction(
        &mut self,
        parties: &Parties,
        message: &Message<'_>,
        question: Option<&Question<'_>>,
        note: Note,
    ) -> DnsTransaction {
        self.name.clear();
        if let Some(question) = question {
            present(&mut self.name, question.name);
        }
        DnsTransaction {
            time: note.time,
            flow_id: note.flow_id,
            client: parties.client,
            resolver: parties.resolver,
            transport: parties.transport,
            id: message.id(),
            // A copy has no more room than it needs.
            name: self.name.clone(),
            record_type: question.map_or(RecordType(0), |question| question.record_type),
            response_code: None,
            attempts: 0,
            latency: None,
            first_latency: None,
            answers: Vec::new(),
            cname: None,
            min_ttl: None,
            truncated: false,
            authoritative: false,
            tcp_fallback: false,
            search_suffix: false,
            pair_frame: None,
            query_frame: None,
            response_frame: None,
            is_lost: false,
        }
    }

    fn push(&mut self, transaction: DnsTransaction, parties: &Parties, hash: u64, asked: Timestamp) -> u64 {
        let number = self.first + self.transactions.len() as u64;
        make_room(&mut self.transactions);
        make_room(&mut self.pending);
        self.transactions.push_back(transaction);
        self.pending.push_back(Pending { hash, client_port: parties.client_port, asked, is_begun: false, heap: 0 });
        self.weigh(number);
        number
    }

    fn weigh(&mut self, number: u64) {
        let Some((transaction, pending)) = self.entry(number) else { return };
        let now = heap_len(transaction);
        let before = std::mem::replace(&mut pending.heap, now);
        self.heap = self.heap - before + now;
        while self.transactions.len() > 1 && self.len() > self.limit {
            self.evicted += u64::from(self.pop().is_some());
        }
    }

    fn pop(&mut self) -> Option<DnsTransaction> {
        let (transaction, pending) = (self.transactions.pop_front()?, self.pending.pop_front()?);
        let number = self.first;
        if let Ok(entry) = self.waiting.find_entry(pending.hash, |other| *other == number) {
            entry.remove();
        }
        if self.answered.get(&pending.hash) == Some(&number) {
            self.answered.remove(&pending.hash);
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

/// Whether a transaction is about a question, whose name is written into `name`.
fn asks(transaction: &DnsTransaction, question: &Question<'_>, name: &mut String) -> bool {
    if transaction.record_type != question.record_type {
        return false;
    }
    present(name, question.name);
    transaction.name.eq_ignore_ascii_case(name)
}

/// Writes down what the answer says.
fn answer(transaction: &mut DnsTransaction, message: &Message<'_>, note: Note) {
    transaction.response_code = Some(message.response_code());
    transaction.truncated = message.truncated();
    transaction.authoritative = message.authoritative();
    transaction.response_frame = Some(note.frame);
    // What its first fragment told is in it, too.
    transaction.answers.clear();
    (transaction.cname, transaction.min_ttl) = (None, None);
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
    let _ = name.write_to(text);
}

fn heap_len(transaction: &DnsTransaction) -> usize {
    let DnsTransaction { name, answers, cname, .. } = transaction;
    let texts = answers.iter().chain(cname).chain([name]).map(String::capacity).sum::<usize>();
    texts + answers.capacity() * size_of::<String>()
}

fn place(number: u64, first: u64) -> Option<usize> {
    number.checked_sub(first).and_then(|place| usize::try_from(place).ok())
}

/// What a transaction takes, without its texts.
const FIXED_LEN: usize = entry_len::<DnsTransaction>() + entry_len::<Pending>() + 64;
const MAX_ANSWERS: usize = 16;
/// An answer that comes again later than that is one to another query.
const REPEATED: Duration = Duration::from_secs(60);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::packet::{FiveTuple, IpProtocol};

    fn message(id: u16, response: bool, names: u16) -> Vec<u8> {
        let flags = if response { 0x8180 } else { 0x100 };
        let mut message = [id, flags, 1, names, 0, 0].map(u16::to_be_bytes).concat();
        message.extend(b"\x01a\0\0\x05\0\x01");
        for _ in 0..names {
            message.extend([0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 9, 0, 64, 62]);
            message.extend([b'x'; 62]);
            message.push(0);
        }
        message
    }

    /// The answer of the oldest takes so much that it goes itself.
    #[test]
    fn what_goes_for_want_of_memory_leaves_nothing() {
        let mut resolver = Resolver::new(64 * FIXED_LEN);
        let [client, server] = [1, 2].map(|last| IpAddr::from([10, 0, 0, last]));
        let mut tell = |id: u16, response: bool, names: u16| {
            let (source, destination) = if response { (server, client) } else { (client, server) };
            let (source_port, destination_port) = if response { (53, 5000) } else { (5000, 53) };
            let protocol = IpProtocol::UDP;
            let tuple = FiveTuple { source, destination, source_port, destination_port, protocol };
            let note = Note { frame: id.into(), time: Timestamp::from_nanos(id.into()), tuple, flow_id: 0 };
            let message = message(id, response, names);
            resolver.message(DnsTransport::Udp, &Message::parse(&message).unwrap(), Part::Whole, note);
            assert!(resolver.len() <= resolver.limit);
            assert!(resolver.answered.len() <= resolver.transactions.len());
            resolver.first
        };
        let mut oldest = 0;
        for id in 0..2000 {
            oldest = tell(id, false, 0);
            if id > 100 {
                oldest = tell(u16::try_from(oldest).unwrap(), true, 16);
            }
        }
        assert!(oldest > 1900, "{oldest}");
    }
}
