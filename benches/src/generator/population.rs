//! Who is on the network and what they set out to do: sessions come in a steady, uneven stream, each a look-up and then
//! a connection, or something smaller. What is rare comes in fixed turns, so that small captures have it too.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use pnet_base::MacAddr;

use super::dns::{Lookup, Outcome};
use super::exchange::{Datagrams, Exchange};
use super::pair::{Pair, Side};
use super::random::Random;
use super::scan::Scan;
use super::tcp::{Connection, End, Path, Plan, Protocol, Script, Stack, Trouble};
use super::truth::FlowKey;
use super::wire::Addresses;
use super::{Actor, Settings};

/// Actors to begin, each after a delay in microseconds.
type Births = Vec<(u64, Box<dyn Actor>)>;

pub(super) struct Population {
    settings: Settings,
    random: Random,
    session: u64,
    flows: u64,
    ports: Vec<u16>,
}

impl Population {
    pub(super) fn new(settings: Settings) -> Self {
        let ports = vec![32_768; usize::try_from(CLIENTS).unwrap_or(0)];
        Self { settings, random: Random::part(settings.seed, 0), session: 0, flows: 0, ports }
    }

    pub(super) fn flows(&self) -> u64 {
        self.flows
    }

    /// What begins now, and how long it is until the next session.
    pub(super) fn next(&mut self) -> (Births, u64) {
        self.session += 1;
        let births = match self.session {
            SCAN_SESSION => vec![(0, self.scan())],
            _ => self.session(),
        };
        self.flows += births.len() as u64;
        (births, self.random.below(2 * SESSION_INTERVAL))
    }

    fn session(&mut self) -> Births {
        let client = self.random.below(CLIENTS);
        let six = self.random.chance(2_200);
        match self.random.below(1_000) {
            0..25 => vec![(0, self.datagrams(Exchange::Clock, client, six))],
            25..45 => {
                let lines = u32::try_from(self.random.heavy(3, 200)).unwrap_or(3);
                vec![(0, self.datagrams(Exchange::Log { lines }, client, six))]
            }
            45..55 => vec![(0, self.datagrams(Exchange::Closed, client, six))],
            55..65 => {
                let count = u32::try_from(self.random.between(4, 20)).unwrap_or(4);
                vec![(0, self.datagrams(Exchange::Ping { count, loss: 400 }, client, six))]
            }
            _ => self.visit(client, six),
        }
    }

    /// A look-up, mostly, and the connection to what it found.
    fn visit(&mut self, client: u64, six: bool) -> Births {
        let service = Service { number: self.random.below(SERVICES), six };
        let mut births: Births = Vec::new();
        let mut delay = 0;
        if self.random.chance(8_000) {
            let outcome = self.outcome();
            let (lookup, latency) = self.lookup(client, &service, outcome);
            births.push((0, lookup));
            if matches!(outcome, Outcome::Code(_) | Outcome::Never) {
                return births;
            }
            delay = latency + 400;
        }
        births.push((delay, self.connection(client, &service)));
        births
    }

    fn outcome(&self) -> Outcome {
        match (self.session % 41, self.session % 157) {
            (5, _) => Outcome::Code(3),
            (_, 8) => Outcome::Code(2),
            (_, 21) => Outcome::Never,
            (_, 34) => Outcome::OnRetry,
            (_, 55) => Outcome::Late,
            _ => Outcome::Answer,
        }
    }

    fn lookup(&mut self, client: u64, service: &Service, outcome: Outcome) -> (Box<dyn Actor>, u64) {
        let latency_us = match outcome {
            Outcome::Late => self.random.between(1_100_000, 2_900_000),
            _ => self.random.heavy(350, 180_000),
        };
        let resolver = if service.six { IpAddr::V6(RESOLVER_6) } else { IpAddr::V4(RESOLVER_4) };
        let key = self.key("udp", client, resolver, 53);
        let name = match outcome {
            Outcome::Code(3) => format!("cart-{}.svc.shop.example", service.number),
            _ => service.name(),
        };
        let lookup = Lookup {
            addresses: addresses(client, key, 61),
            key,
            name,
            transaction: u16::try_from(self.random.below(65_536)).unwrap_or(0),
            outcome,
            latency_us,
            answers: (service.four(), service.sixth()),
            frames: [Vec::new(), Vec::new()],
            started: [0; 2],
        };
        let wait = if outcome == Outcome::OnRetry { 5_000_000 } else { 0 };
        (Box::new(lookup), latency_us + wait + 110)
    }

    fn connection(&mut self, client: u64, service: &Service) -> Box<dyn Actor> {
        let (trouble, end) = self.trouble(service);
        let script = self.script(service, trouble, end);
        let key = self.key("tcp", client, service.address(), service.port(script.protocol));
        let path = self.path(trouble);
        let hops = u8::try_from(self.random.between(3, 14)).unwrap_or(3);
        let addresses = addresses(client, key, 64 - hops);
        let router = Addresses { source: service.router(), ..addresses.server };
        let mut stacks = Pair { client: self.stack(client), server: self.stack(1_000 + service.number) };
        if matches!(trouble, Trouble::Stall { .. }) {
            stacks.client.buffer = 16_384 << self.random.below(2);
        }
        let plan = Plan { key, addresses, router, stacks, path, script, trouble };
        Box::new(Connection::new(plan))
    }

    /// What goes wrong, by turns.
    fn trouble(&mut self, service: &Service) -> (Trouble, End) {
        let close = End::Close(if self.random.chance(6_500) { Side::Client } else { Side::Server });
        let session = self.session;
        let unreachable = if service.six { 3 } else { 1 };
        let abort = |by| End::Abort { by, exchange: 1 + u32::try_from(session % 2).unwrap_or(0) };
        match (session % 97, session % 101) {
            (11, _) => (Trouble::Refused, close),
            (17, _) => (Trouble::Dropped, close),
            (23, _) if session.is_multiple_of(2) => (Trouble::Unreachable { code: unreachable }, close),
            (29, _) => (Trouble::Stall { probes: 2 + u32::try_from(session % 4).unwrap_or(0) }, close),
            (_, 31) => (Trouble::None, abort(Side::Server)),
            (_, 37) => (Trouble::None, abort(Side::Client)),
            _ => (Trouble::None, close),
        }
    }

    fn script(&mut self, service: &Service, trouble: Trouble, end: End) -> Script {
        let secure = if self.random.chance(7_500) { Protocol::Tls13 } else { Protocol::Tls12 };
        let large = matches!(trouble, Trouble::Stall { .. }) || matches!(end, End::Abort { .. });
        let (protocol, exchanges, answer, pause) = match self.random.below(100) {
            _ if large => {
                (if self.session.is_multiple_of(2) { Protocol::Http } else { secure }, 2, (40_000, 70_000), 90_000)
            }
            0..42 => (secure, self.random.heavy(3, 240), (70, 1_000), 140_000),
            42..58 => (secure, self.random.between(1, 5), (400, 16_000), 300_000),
            58..92 => (Protocol::Http, self.random.heavy(2, 200), (60, 900), 160_000),
            92 => (Protocol::Http, 1, (20_000, 600_000), 0),
            _ => (Protocol::Lines, self.random.heavy(3, 120), (0, 0), 1_000_000),
        };
        Script {
            protocol,
            host: service.name(),
            exchanges: u32::try_from(exchanges).unwrap_or(1),
            answer,
            pause: self.random.between(pause / 4, 2 * pause),
            end,
            random: Random::part(self.settings.seed, 2 * self.session),
            turn: 0,
        }
    }

    fn path(&mut self, trouble: Trouble) -> Path {
        let delay = Pair { client: self.random.heavy(150, 12_000), server: self.random.heavy(400, 55_000) };
        let clean = matches!(trouble, Trouble::Stall { .. }) || self.random.chance(5_500);
        let (loss, reorder) =
            if clean { (0, 0) } else { (self.random.between(200, 900), self.random.between(200, 1_200)) };
        let spacing = self.random.between(12, 240);
        let random = Random::part(self.settings.seed, 2 * self.session + 1);
        Path { delay, spacing, loss, reorder, random, last: Pair::default(), identifications: Pair::default() }
    }

    /// The habits of a host stay the same from one connection to the next.
    fn stack(&mut self, host: u64) -> Stack {
        let mut habits = Random::part(self.settings.seed ^ 0x5eed, host);
        Stack {
            maximum_segment: if habits.chance(8_500) { 1_440 } else { 1_360 },
            window_scale: u8::try_from(habits.between(5, 8)).unwrap_or(7),
            selective: habits.chance(9_200),
            timestamps: habits.chance(8_800),
            buffer: 65_536 << habits.below(4),
            clock: habits.next_u32(),
            probes_with_data: habits.chance(3_000),
            initial_sequence: self.random.next_u32() | 1,
        }
    }

    fn datagrams(&mut self, kind: Exchange, client: u64, six: bool) -> Box<dyn Actor> {
        let service = Service { number: self.random.below(SERVICES), six };
        let (protocol, port) = match kind {
            Exchange::Clock => ("udp", 123),
            Exchange::Log { .. } => ("udp", 514),
            Exchange::Closed => ("udp", 8_125),
            Exchange::Ping { .. } => ("icmp", 0),
        };
        let key = self.key(protocol, client, service.address(), port);
        let round_trip_us = self.random.heavy(600, 80_000);
        let random = Random::new(self.random.next_u64());
        Box::new(Datagrams {
            kind,
            addresses: addresses(client, key, 57),
            key,
            round_trip_us,
            random,
            frames: Vec::new(),
        })
    }

    fn scan(&mut self) -> Box<dyn Actor> {
        let target = Service { number: 3, six: false };
        let key = self.key("tcp", CLIENTS - 1, target.address(), 1);
        let ports = (self.settings.frames / 50).clamp(1, 1_000);
        let random = Random::new(self.random.next_u64());
        let addresses = addresses(CLIENTS - 1, key, 60);
        Box::new(Scan { key, addresses, ports, random, probes: Vec::new(), open: Vec::new(), refused: 0, started: 0 })
    }

    fn key(&mut self, protocol: &'static str, client: u64, server: IpAddr, server_port: u16) -> FlowKey {
        let step = u16::try_from(self.random.between(1, 4)).unwrap_or(1);
        let port = usize::try_from(client).ok().and_then(|index| self.ports.get_mut(index));
        let client_port = port.map_or(40_000, |port| {
            *port = if *port > 60_990 { 32_768 } else { *port + step };
            *port
        });
        FlowKey { protocol, client: client_address(client, server.is_ipv6()), client_port, server, server_port }
    }
}

/// A service, known by its number; its name has an address of each family.
struct Service {
    number: u64,
    six: bool,
}

impl Service {
    fn name(&self) -> String {
        let kind = match self.number % 5 {
            0 => "api",
            1 => "static",
            2 => "orders",
            3 => "search",
            _ => "billing",
        };
        format!("{kind}-{}.shop.example", self.number)
    }

    fn four(&self) -> Ipv4Addr {
        let [high, low] = octets(self.number);
        if self.number.is_multiple_of(3) {
            Ipv4Addr::new(203, 0, 113, low)
        } else {
            Ipv4Addr::new(10, 20, high, low + 10)
        }
    }

    fn sixth(&self) -> Ipv6Addr {
        let [high, low] = octets(self.number);
        Ipv6Addr::new(0x2001, 0xdb8, 0x20, 0, 0, 0, u16::from(high), u16::from(low) + 16)
    }

    fn address(&self) -> IpAddr {
        if self.six { self.sixth().into() } else { self.four().into() }
    }

    fn router(&self) -> IpAddr {
        if self.six { IpAddr::V6(ROUTER_6) } else { IpAddr::V4(ROUTER_4) }
    }

    fn port(&self, protocol: Protocol) -> u16 {
        match protocol {
            Protocol::Tls13 | Protocol::Tls12 => 443,
            Protocol::Http => {
                if self.number.is_multiple_of(2) {
                    80
                } else {
                    8080
                }
            }
            Protocol::Lines => 2003,
        }
    }
}

fn client_address(client: u64, six: bool) -> IpAddr {
    let [high, low] = octets(client);
    if six {
        Ipv6Addr::new(0x2001, 0xdb8, 0x10, u16::from(high), 0, 0, 0, u16::from(low) + 0x100).into()
    } else {
        Ipv4Addr::new(10, 1, high + 1, low).into()
    }
}

/// Clients stand beside the tap, everything else behind the gateway; some live on a VLAN, a few behind a provider's.
fn addresses(client: u64, key: FlowKey, time_to_live: u8) -> Pair<Addresses> {
    let [high, low] = octets(client);
    let mac = MacAddr::new(2, 0x42, 0x0a, 1, high, low);
    let vlans = match client % 16 {
        0 | 1 => [110, 0],
        2 => [120, 0],
        3 if client % 64 == 3 => [1_000, 30],
        _ => [0, 0],
    };
    let there = Addresses {
        source_mac: mac,
        destination_mac: GATEWAY,
        vlans,
        source: key.client,
        destination: key.server,
        time_to_live: 64,
    };
    let back = Addresses {
        source_mac: GATEWAY,
        destination_mac: mac,
        vlans,
        source: key.server,
        destination: key.client,
        time_to_live,
    };
    Pair { client: there, server: back }
}

/// The two low octets.
fn octets(number: u64) -> [u8; 2] {
    u16::try_from(number & 0xffff).unwrap_or(0).to_be_bytes()
}

const CLIENTS: u64 = 240;
const SERVICES: u64 = 60;
/// Mean microseconds from one session to the next.
const SESSION_INTERVAL: u64 = 15_000;
const SCAN_SESSION: u64 = 60;
const GATEWAY: MacAddr = MacAddr(2, 0x42, 0x0a, 1, 0xff, 0xfe);
const RESOLVER_4: Ipv4Addr = Ipv4Addr::new(10, 20, 255, 53);
const RESOLVER_6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0x20, 0, 0, 0, 0xff, 0x53);
const ROUTER_4: Ipv4Addr = Ipv4Addr::new(10, 20, 255, 1);
const ROUTER_6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0x20, 0, 0, 0, 0xff, 1);
