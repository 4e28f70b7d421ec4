//! What the two ends of a connection say: turns of TLS, HTTP/1.1 or plain lines, made up as they are needed, so that
//! a long transfer holds no more than the piece that is being sent.

use super::tls;
use crate::generator::pair::Side;
use crate::generator::random::Random;

/// A message on its way out: a head, then filler that is cut as the segments need it.
#[derive(Debug, Default)]
pub(super) struct Message {
    head: Vec<u8>,
    taken: usize,
    filler: Filler,
}

#[derive(Debug, Default)]
enum Filler {
    #[default]
    None,
    Text {
        left: u32,
        at: usize,
    },
    /// TLS application data: `left` octets of ciphertext to come, `record` of them in the record that is open.
    Records {
        left: u32,
        record: u32,
        noise: Random,
    },
}

impl Default for Random {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Message {
    pub(super) fn plain(head: Vec<u8>) -> Self {
        Self { head, ..Self::default() }
    }

    fn with_text(head: Vec<u8>, left: u32, at: usize) -> Self {
        Self { head, taken: 0, filler: Filler::Text { left, at } }
    }

    /// Records that hold `length` octets of ciphertext.
    fn records(head: Vec<u8>, length: u32, noise: Random) -> Self {
        Self { head, taken: 0, filler: Filler::Records { left: length, record: 0, noise } }
    }

    /// Octets still to be sent.
    pub(super) fn length(&self) -> u32 {
        let head = u32::try_from(self.head.len() - self.taken).unwrap_or(0);
        head + match &self.filler {
            Filler::None => 0,
            Filler::Text { left, .. } => *left,
            Filler::Records { left, record, .. } => left + 5 * (left - record).div_ceil(RECORD),
        }
    }

    /// The next octet, which stays where it is.
    pub(super) fn peek(&mut self) -> Vec<u8> {
        if self.taken == self.head.len() {
            self.refill();
        }
        self.head.iter().skip(self.taken).take(1).copied().collect()
    }

    /// Cuts off the next `size` octets, or what there is.
    pub(super) fn take(&mut self, size: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(size);
        while bytes.len() < size && self.length() > 0 {
            if self.taken == self.head.len() {
                self.refill();
                continue;
            }
            let part: Vec<u8> = self.head.iter().skip(self.taken).take(size - bytes.len()).copied().collect();
            self.taken += part.len();
            bytes.extend(part);
        }
        bytes
    }

    /// Makes the next stretch of filler the head.
    fn refill(&mut self) {
        self.head.clear();
        self.taken = 0;
        match &mut self.filler {
            Filler::None => {}
            Filler::Text { left, at } => {
                let size = (*left).min(STRETCH);
                self.head.extend(text(*at).take(usize::try_from(size).unwrap_or(0)));
                *left -= size;
                *at += usize::try_from(size).unwrap_or(0);
            }
            Filler::Records { left, record, noise } => {
                if *record == 0 {
                    *record = (*left).min(RECORD);
                    let [high, low] = u16::try_from(*record).unwrap_or(0).to_be_bytes();
                    self.head.extend_from_slice(&[23, 3, 3, high, low]);
                }
                let size = (*record).min(STRETCH);
                for _ in 0..size.div_ceil(8) {
                    self.head.extend_from_slice(&noise.next_u64().to_le_bytes());
                }
                let surplus = usize::try_from(size.div_ceil(8) * 8 - size).unwrap_or(0);
                self.head.truncate(self.head.len() - surplus);
                *left -= size;
                *record -= size;
            }
        }
    }
}

/// Filler that reads like a metrics page, from octet `at` on.
fn text(at: usize) -> impl Iterator<Item = u8> {
    let line = LINE.as_bytes();
    line.iter().cycle().skip(at % line.len()).copied()
}

/// The protocol of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::generator) enum Protocol {
    Tls13,
    /// TLS 1.2, resumed: the only form of it whose handshake shows no certificate.
    Tls12,
    Http,
    /// Metrics pushed as plain lines; the server says nothing.
    Lines,
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::generator) enum End {
    Close(Side),
    /// A reset while the answer number `turn` is on its way.
    Abort {
        by: Side,
        exchange: u32,
    },
}

/// One message, and how long its sender thinks before it speaks.
pub(super) struct Turn {
    pub(super) from: Side,
    pub(super) wait: u64,
    pub(super) message: Message,
}

/// The conversation of one connection.
#[derive(Debug, Clone)]
pub(in crate::generator) struct Script {
    pub(in crate::generator) protocol: Protocol,
    pub(in crate::generator) host: String,
    pub(in crate::generator) exchanges: u32,
    /// Lowest and highest size of an answer; between them the tail is heavy.
    pub(in crate::generator) answer: (u64, u64),
    /// Mean pause between exchanges in microseconds.
    pub(in crate::generator) pause: u64,
    pub(in crate::generator) end: End,
    pub(in crate::generator) random: Random,
    pub(in crate::generator) turn: u32,
}

impl Script {
    /// The number of the exchange that the last turn belonged to; the first is 1.
    pub(super) fn exchange(&self) -> u32 {
        self.turn.saturating_sub(self.handshake_turns()).div_ceil(self.turns_each())
    }

    pub(super) fn next(&mut self) -> Option<Turn> {
        let turn = self.turn;
        self.turn += 1;
        match self.protocol {
            Protocol::Tls13 | Protocol::Tls12 if turn < self.handshake_turns() => Some(self.handshake(turn)),
            Protocol::Tls13 | Protocol::Tls12 => self.encrypted(turn - self.handshake_turns()),
            Protocol::Http => self.http(turn),
            Protocol::Lines => self.lines(turn),
        }
    }

    fn handshake_turns(&self) -> u32 {
        match self.protocol {
            Protocol::Tls13 | Protocol::Tls12 => 3,
            Protocol::Http | Protocol::Lines => 0,
        }
    }

    fn turns_each(&self) -> u32 {
        if self.protocol == Protocol::Lines { 1 } else { 2 }
    }

    fn handshake(&mut self, turn: u32) -> Turn {
        let (from, wait, bytes) = match (turn, self.protocol) {
            (0, Protocol::Tls12) => (Side::Client, 300, tls::client_hello(&mut self.random, &self.host, true)),
            (0, _) => (Side::Client, 300, tls::client_hello(&mut self.random, &self.host, false)),
            (1, Protocol::Tls12) => (Side::Server, 900, tls::resumed_server_flight(&mut self.random)),
            (1, _) => (Side::Server, 1_800, tls::server_flight(&mut self.random)),
            (_, Protocol::Tls12) => (Side::Client, 200, tls::resumed_client_finish(&mut self.random)),
            (_, _) => (Side::Client, 600, tls::client_finish(&mut self.random)),
        };
        Turn { from, wait, message: Message::plain(bytes) }
    }

    fn encrypted(&mut self, turn: u32) -> Option<Turn> {
        let size = |length: u64| u32::try_from(length).unwrap_or(0);
        if turn / 2 >= self.exchanges {
            // The alert close_notify, encrypted.
            let End::Close(from) = self.end else { return None };
            let noise = Random::new(self.random.next_u64());
            let message = Message::records(Vec::new(), 19, noise);
            return (turn / 2 == self.exchanges && turn.is_multiple_of(2)).then_some(Turn {
                from,
                wait: 2_000,
                message,
            });
        }
        let asks = turn.is_multiple_of(2);
        let (low, high) = if asks { (40, 350) } else { self.answer };
        let length = size(self.random.heavy(low, high));
        let noise = Random::new(self.random.next_u64());
        let message = Message::records(Vec::new(), length, noise);
        Some(self.turn_of(asks, turn < 2, message))
    }

    fn http(&mut self, turn: u32) -> Option<Turn> {
        if turn / 2 >= self.exchanges {
            return None;
        }
        let asks = turn.is_multiple_of(2);
        let message = if asks { self.http_request() } else { self.http_answer() };
        Some(self.turn_of(asks, turn < 2, message))
    }

    fn turn_of(&mut self, asks: bool, first: bool, message: Message) -> Turn {
        let wait = match (asks, first) {
            (true, true) => 200,
            (true, false) => self.random.between(1, 2 * self.pause),
            (false, _) => self.random.heavy(400, 900_000),
        };
        Turn { from: if asks { Side::Client } else { Side::Server }, wait, message }
    }

    fn http_request(&mut self) -> Message {
        let number = self.random.below(90_000);
        let host = &self.host;
        let common = format!("Host: {host}\r\nUser-Agent: shop/2.4\r\nAccept: */*\r\nX-Request-Id: {number:016x}\r\n");
        if self.random.chance(2_000) {
            let length = self.random.heavy(80, 2_000);
            let head = format!(
                "POST /v1/orders HTTP/1.1\r\n{common}Content-Type: text/plain\r\nContent-Length: {length}\r\n\r\n"
            );
            return Message::with_text(head.into_bytes(), u32::try_from(length).unwrap_or(0), 0);
        }
        Message::plain(format!("GET /v1/items/{number} HTTP/1.1\r\n{common}\r\n").into_bytes())
    }

    fn http_answer(&mut self) -> Message {
        let (low, high) = self.answer;
        let (status, length) = match self.random.below(100) {
            0..3 => ("404 Not Found", 60),
            3 => ("503 Service Unavailable", 90),
            _ => ("200 OK", self.random.heavy(low, high)),
        };
        let head = format!(
            "HTTP/1.1 {status}\r\nServer: gateway\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n"
        );
        Message::with_text(head.into_bytes(), u32::try_from(length).unwrap_or(0), 0)
    }

    fn lines(&mut self, turn: u32) -> Option<Turn> {
        if turn >= self.exchanges {
            return None;
        }
        let length = self.random.heavy(90, 1_400);
        let wait = self.random.between(1, 2 * self.pause);
        let message = Message::with_text(Vec::new(), u32::try_from(length).unwrap_or(0), 0);
        Some(Turn { from: Side::Client, wait, message })
    }
}

const LINE: &str = "shop.cart.requests.count 1841 1740994200\nshop.cart.latency.p99 0.0413 1740994200\n";
const RECORD: u32 = 16_384;
const STRETCH: u32 = 4_096;
