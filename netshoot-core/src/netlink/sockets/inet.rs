//! Internet sockets: TCP, UDP, raw and their kin, as `inet_diag` describes them.

use std::net::{IpAddr, Ipv6Addr};

use super::super::attribute::{self, Attribute, Notes};
use super::super::object::{Kind, Object};
use super::super::request::{Request, put_attribute};
use super::super::{ByteString, Consistency, Family, ParseNote};
use super::{Owner, SocketExpression, SocketMemory, SocketState, TcpInfo, UpperLayer};
use crate::error::ErrorKind;

number! {
    /// `IPPROTO_*`: the protocol of an internet socket.
    SocketProtocol(u16) {
        /// Internet control messages.
        ICMP = 1 "icmp",
        /// TCP.
        TCP = 6 "tcp",
        /// UDP.
        UDP = 17 "udp",
        /// Datagram congestion control.
        DCCP = 33 "dccp",
        /// Stream control transmission.
        SCTP = 132 "sctp",
        /// UDP-Lite.
        UDPLITE = 136 "udplite",
        /// Raw IP.
        RAW = 255 "raw",
        /// Multipath TCP.
        MPTCP = 262 "mptcp",
    }
}

flags! {
    /// `struct inet_diag_sockopt`: options of an internet socket, in the words of `ss`.
    SocketOptionFlags(u32) {
        /// Errors are queued for the program (`IP_RECVERR`).
        RECVERR = 0x1 "recverr",
        /// A connection-oriented socket.
        IS_ICSK = 0x2 "is_icsk",
        /// May bind to addresses that are not there (`IP_FREEBIND`).
        FREEBIND = 0x4 "freebind",
        /// The program writes the header (`IP_HDRINCL`).
        HDRINCL = 0x8 "hdrincl",
        /// Multicast that is sent comes back.
        MC_LOOP = 0x10 "mc_loop",
        /// May use addresses of others (`IP_TRANSPARENT`).
        TRANSPARENT = 0x20 "transparent",
        /// All multicast of joined groups comes in.
        MC_ALL = 0x40 "mc_all",
        /// Fragments are not put together.
        NODEFRAG = 0x80 "nodefrag",
        /// The port is chosen when connecting.
        BIND_ADDRESS_NO_PORT = 0x100 "bind_addr_no_port",
        /// Errors carry what RFC 4884 adds.
        RECVERR_RFC4884 = 0x200 "recverr_rfc4884",
        /// Connecting waits for the first data (`TCP_FASTOPEN_CONNECT`).
        DEFER_CONNECT = 0x400 "defer_connect",
    }
}

/// A socket's timer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct SocketTimer {
    /// 1 retransmission or the like, 2 keepalive, 3 TIME-WAIT, 4 zero window probe.
    pub kind: u8,
    /// Milliseconds until it ends.
    pub expires: u32,
    /// Retransmissions or probes so far.
    pub retransmits: u8,
}

/// The state of TCP Vegas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct VegasInfo {
    /// Whether it is at work.
    pub enabled: bool,
    /// Round trips measured in this one.
    pub rttcnt: u32,
    /// Round trip time in microseconds.
    pub rtt: u32,
    /// Least of it.
    pub minrtt: u32,
}

/// The state of DCTCP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct DctcpInfo {
    /// Whether it is at work, or has fallen back.
    pub enabled: bool,
    /// Whether the last packet was marked.
    pub ce_state: u16,
    /// Share of marked octets, of 1024.
    pub alpha: u32,
    /// Marked octets acknowledged.
    pub ab_ecn: u32,
    /// Octets acknowledged.
    pub ab_tot: u32,
}

/// The state of BBR.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BbrInfo {
    /// Estimated bandwidth in octets per second.
    pub bw: u64,
    /// Least round trip time in microseconds.
    pub min_rtt: u32,
    /// Gain of pacing, of 256.
    pub pacing_gain: u32,
    /// Gain of the congestion window, of 256.
    pub cwnd_gain: u32,
}

/// A peer with a key for TCP's MD5 signatures; the key itself is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Md5Peer {
    /// The address.
    pub address: IpAddr,
    /// How much of it counts, in bits.
    pub prefixlen: u8,
}

object! {
    /// An internet socket.
    ///
    /// `None` means that the kernel did not send the attribute, as it was not asked for or the socket has none.
    #[derive(Clone, Debug, PartialEq)]
    pub struct InetSocket {
        /// IPv4 or IPv6.
        pub family: Family,
        /// The protocol.
        pub protocol: SocketProtocol,
        /// State; of protocols without states, ESTAB where it is connected, else UNCONN.
        pub state: SocketState,
        /// This end's address.
        pub source: IpAddr,
        /// This end's port; of a raw socket, the IP protocol.
        pub source_port: u16,
        /// The other end's address.
        pub destination: IpAddr,
        /// The other end's port.
        pub destination_port: u16,
        /// The link that the socket is bound to; 0 is none.
        pub ifindex: u32,
        /// What tells the socket from all others until the next boot.
        pub cookie: u64,
        /// The user who made it.
        pub uid: u32,
        /// Inode of its file; 0 where no file is open, as in TIME-WAIT.
        pub inode: u32,
        /// Octets received and not read; of a listener, connections that wait to be accepted.
        pub rqueue: u32,
        /// Octets sent and not acknowledged; of a listener, most connections that may wait.
        pub wqueue: u32,
        /// The timer that runs.
        pub timer: Option<SocketTimer>,
        /// Memory.
        pub skmem: Option<SocketMemory>,
        /// What TCP knows.
        pub tcp_info: Option<TcpInfo>,
        /// Congestion control algorithm.
        pub congestion: Option<ByteString>,
        /// Of TCP Vegas.
        pub vegas: Option<VegasInfo>,
        /// Of DCTCP.
        pub dctcp: Option<DctcpInfo>,
        /// Of BBR.
        pub bbr: Option<BbrInfo>,
        /// Type of service of what is sent.
        pub tos: Option<u8>,
        /// Traffic class of what is sent over IPv6.
        pub tclass: Option<u8>,
        /// Whether an IPv6 socket refuses IPv4.
        pub v6only: Option<bool>,
        /// Directions that are shut down: 1 receiving, 2 sending.
        pub shutdown: Option<u8>,
        /// Firewall mark; told to who has `CAP_NET_ADMIN`.
        pub mark: Option<u32>,
        /// Class of net_cls or priority.
        pub class_id: Option<u32>,
        /// Number of the control group, the inode of its directory in cgroup2.
        pub cgroup_id: Option<u64>,
        /// Upper layer protocol.
        pub ulp: Option<Box<UpperLayer>>,
        /// Options.
        pub sockopt: Option<SocketOptionFlags>,
        /// Peers with keys for MD5 signatures; told to who has `CAP_NET_ADMIN`.
        pub md5: Vec<Md5Peer>,
        /// Who holds the socket; filled in by [`Owners::assign`](super::Owners::assign).
        pub owners: Vec<Owner>,
        /// Attributes that could not be read.
        pub notes: Vec<ParseNote>,
    }
}

/// Which internet sockets are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InetSocketFilter {
    /// Of these protocols.
    pub protocols: Vec<SocketProtocol>,
    /// Of this family; both without one.
    pub family: Option<Family>,
    /// In these states: a bit for each, 1 shifted by the number of the state.
    pub states: u32,
    /// What to tell beside the bare socket: the bits of `INET_DIAG_*` less one. All of it is four times the octets.
    pub extensions: u8,
    /// Of which this holds, as far as the kernel tells it, which leaves out the others as far as it can; one that asks for
    /// a mark needs `CAP_NET_ADMIN`.
    pub expression: Option<SocketExpression>,
    /// A program for the kernel in place of that of the expression, as `INET_DIAG_REQ_BYTECODE` takes it.
    pub bytecode: Option<Vec<u8>>,
}

impl InetSocketFilter {
    /// All states.
    pub const ALL_STATES: u32 = 0xffff_ffff;
    /// All that the kernel tells.
    pub const ALL_EXTENSIONS: u8 = 0xff;
}

impl Default for InetSocketFilter {
    /// TCP, UDP and raw sockets in all states, with all that the kernel tells.
    fn default() -> Self {
        Self {
            protocols: vec![SocketProtocol::TCP, SocketProtocol::UDP, SocketProtocol::RAW],
            family: None,
            states: Self::ALL_STATES,
            extensions: Self::ALL_EXTENSIONS,
            expression: None,
            bytecode: None,
        }
    }
}

impl Object for InetSocket {
    type Filter = InetSocketFilter;
    type Key = (SocketProtocol, Family, u64);

    const KIND: Kind = Kind::InetSocket;
    const CONSISTENCY: Consistency = Consistency::BestEffort;
    const VOLATILE: &'static [&'static str] =
        &["rqueue", "wqueue", "timer", "skmem", "tcp_info", "vegas", "dctcp", "bbr"];

    fn parse(payload: &[u8]) -> Result<Self, ParseNote> {
        let Some((header, attributes)) = payload.split_first_chunk::<HEADER_LENGTH>() else {
            return Err(ParseNote::header("socket", HEADER_LENGTH, payload.len()));
        };
        let mut socket = Self::from_header(header);
        let mut notes = Notes::default();
        attribute::each("socket", attributes, HEADER_LENGTH, &mut notes, |attribute, notes| {
            socket.read(&attribute, notes);
        });
        socket.notes = notes.0;
        Ok(socket)
    }

    /// The protocol is in the question alone.
    fn parse_answer(context: u16, payload: &[u8]) -> Result<Self, ParseNote> {
        let mut socket = Self::parse(payload)?;
        socket.protocol = SocketProtocol(context);
        Ok(socket)
    }

    fn key(&self) -> Self::Key {
        (self.protocol, self.family, self.cookie)
    }

    fn matches(&self, filter: &InetSocketFilter) -> bool {
        filter.protocols.contains(&self.protocol)
            && filter.family.is_none_or(|family| self.family == family)
            && filter.states >> u32::from(self.state.0).min(31) & 1 != 0
            && filter.expression.as_ref().is_none_or(|expression| expression.matches(self) != Some(false))
    }

    /// A kernel without the protocol has no sockets of it.
    fn means_none(errno: i32, _: &InetSocketFilter) -> bool {
        errno == libc::ENOENT
    }

    fn untold(context: u16) -> Option<&'static str> {
        SocketProtocol(context).name().or(Some("the protocol"))
    }

    fn hint(kind: ErrorKind, filter: &InetSocketFilter) -> Option<&'static str> {
        let asks = filter.expression.is_some() || filter.bytecode.is_some();
        (asks && kind == ErrorKind::PermissionDenied).then_some("a filter by mark needs CAP_NET_ADMIN")
    }

    fn requests(filter: &InetSocketFilter) -> Vec<Request> {
        let families = [Family::INET, Family::INET6];
        let wanted = move |family: &Family| filter.family.is_none_or(|only| only == *family);
        let each = |protocol: &SocketProtocol| {
            let protocol = *protocol;
            families.into_iter().filter(wanted).map(move |family| request(filter, protocol, family))
        };
        filter.protocols.iter().flat_map(each).collect()
    }
}

impl InetSocket {
    fn from_header(header: &[u8; HEADER_LENGTH]) -> Self {
        let word = |place: usize| {
            let octets = header.get(place..).and_then(|rest| rest.first_chunk()).copied();
            u32::from_ne_bytes(octets.unwrap_or_default())
        };
        let [family, state, timer, retransmits, s0, s1, d0, d1, ..] = *header;
        let family = Family(family);
        let address = |place: usize| {
            let octets: [u8; 16] = header.get(place..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default();
            match (family, octets) {
                (Family::INET6, octets) => IpAddr::V6(Ipv6Addr::from(octets)),
                (_, [a, b, c, d, ..]) => IpAddr::from([a, b, c, d]),
            }
        };
        let expires = word(52);
        Self {
            family,
            protocol: SocketProtocol::default(),
            state: SocketState(state),
            source: address(8),
            source_port: u16::from_be_bytes([s0, s1]),
            destination: address(24),
            destination_port: u16::from_be_bytes([d0, d1]),
            ifindex: word(40),
            cookie: u64::from(word(44)) | u64::from(word(48)) << 32,
            uid: word(64),
            inode: word(68),
            rqueue: word(56),
            wqueue: word(60),
            timer: (timer != 0).then_some(SocketTimer { kind: timer, expires, retransmits }),
            skmem: None,
            tcp_info: None,
            congestion: None,
            vegas: None,
            dctcp: None,
            bbr: None,
            tos: None,
            tclass: None,
            v6only: None,
            shutdown: None,
            mark: None,
            class_id: None,
            cgroup_id: None,
            ulp: None,
            sockopt: None,
            md5: Vec::new(),
            owners: Vec::new(),
            notes: Vec::new(),
        }
    }

    fn read(&mut self, attribute: &Attribute<'_>, notes: &mut Notes) {
        match attribute.number {
            INET_DIAG_INFO => self.tcp_info = Some(TcpInfo::new(attribute.payload)),
            INET_DIAG_SKMEMINFO => self.skmem = SocketMemory::read(attribute, notes),
            INET_DIAG_CONG => self.congestion = Some(attribute.string()),
            // Told of closing sockets; for those listed, the question says it better.
            INET_DIAG_PROTOCOL => {
                if let Some(number) = attribute.u8(notes) {
                    self.protocol = SocketProtocol(number.into());
                }
            }
            INET_DIAG_SHUTDOWN => self.shutdown = attribute.u8(notes),
            INET_DIAG_TOS => self.tos = attribute.u8(notes),
            INET_DIAG_TCLASS => self.tclass = attribute.u8(notes),
            INET_DIAG_SKV6ONLY => self.v6only = attribute.bool(notes),
            INET_DIAG_MARK => self.mark = attribute.u32(notes),
            INET_DIAG_CLASS_ID => self.class_id = attribute.u32(notes),
            INET_DIAG_CGROUP_ID => self.cgroup_id = attribute.u64(notes),
            INET_DIAG_SOCKOPT => {
                self.sockopt = attribute.array(notes).map(|octets| SocketOptionFlags(option_bits(octets)));
            }
            INET_DIAG_VEGASINFO => self.vegas = attribute.array(notes).map(VegasInfo::from_octets),
            INET_DIAG_DCTCPINFO => self.dctcp = attribute.array(notes).map(DctcpInfo::from_octets),
            INET_DIAG_BBRINFO => self.bbr = attribute.array(notes).map(BbrInfo::from_octets),
            INET_DIAG_ULP_INFO => self.ulp = Some(Box::new(UpperLayer::read(attribute, notes))),
            INET_DIAG_MD5SIG => self.md5 = md5_peers(attribute.payload),
            _ => {}
        }
    }
}

/// `struct inet_diag_req_v2`, and the program for the kernel.
fn request(filter: &InetSocketFilter, protocol: SocketProtocol, family: Family) -> Request {
    let mut payload = Vec::with_capacity(REQUEST_LENGTH);
    // Numbers above eight bits stand in an attribute.
    let short = u8::try_from(protocol.0).unwrap_or(u8::MAX);
    payload.extend([family.0, short, filter.extensions, 0]);
    payload.extend(filter.states.to_ne_bytes());
    payload.resize(REQUEST_LENGTH, 0);
    let compiled = || filter.expression.as_ref()?.bytecode(family);
    if let Some(bytecode) = filter.bytecode.clone().or_else(compiled).filter(|bytecode| !bytecode.is_empty()) {
        put_attribute(&mut payload, INET_DIAG_REQ_BYTECODE, &bytecode);
    }
    if protocol.0 > u16::from(u8::MAX) {
        put_attribute(&mut payload, INET_DIAG_REQ_PROTOCOL, &u32::from(protocol.0).to_ne_bytes());
    }
    Request::sockets(protocol.0, &payload)
}

/// Bit fields begin at the low end on little-endian machines only.
fn option_bits(octets: [u8; 2]) -> u32 {
    let octets = if cfg!(target_endian = "little") { octets } else { octets.map(u8::reverse_bits) };
    u16::from_le_bytes(octets).into()
}

impl VegasInfo {
    fn from_octets(octets: [u8; 16]) -> Self {
        let [enabled, rttcnt, rtt, minrtt] = attribute::words(&octets);
        Self { enabled: enabled != 0, rttcnt, rtt, minrtt }
    }
}

impl DctcpInfo {
    fn from_octets(octets: [u8; 16]) -> Self {
        let [e0, e1, c0, c1, ..] = octets;
        let [_, alpha, ab_ecn, ab_tot] = attribute::words(&octets);
        let (enabled, ce_state) = (u16::from_ne_bytes([e0, e1]) != 0, u16::from_ne_bytes([c0, c1]));
        Self { enabled, ce_state, alpha, ab_ecn, ab_tot }
    }
}

impl BbrInfo {
    fn from_octets(octets: [u8; 20]) -> Self {
        let [low, high, min_rtt, pacing_gain, cwnd_gain] = attribute::words(&octets);
        Self { bw: u64::from(low) | u64::from(high) << 32, min_rtt, pacing_gain, cwnd_gain }
    }
}

/// `struct tcp_diag_md5sig`, of which the key is passed over.
fn md5_peers(octets: &[u8]) -> Vec<Md5Peer> {
    let peer = |octets: &[u8]| {
        let [family, prefixlen, _, _, address @ ..] = *octets.first_chunk::<20>()?;
        let [a, b, c, d, ..] = address;
        let address = if Family(family) == Family::INET6 { address.into() } else { [a, b, c, d].into() };
        Some(Md5Peer { address, prefixlen })
    };
    octets.chunks_exact(MD5SIG_LENGTH).filter_map(peer).collect()
}

/// `struct inet_diag_msg`.
const HEADER_LENGTH: usize = 72;
const REQUEST_LENGTH: usize = 56;
const MD5SIG_LENGTH: usize = 100;

// linux/inet_diag.h
const INET_DIAG_REQ_BYTECODE: u16 = 1;
const INET_DIAG_REQ_PROTOCOL: u16 = 3;
const INET_DIAG_INFO: u16 = 2;
const INET_DIAG_VEGASINFO: u16 = 3;
const INET_DIAG_CONG: u16 = 4;
const INET_DIAG_TOS: u16 = 5;
const INET_DIAG_TCLASS: u16 = 6;
const INET_DIAG_SKMEMINFO: u16 = 7;
const INET_DIAG_SHUTDOWN: u16 = 8;
const INET_DIAG_DCTCPINFO: u16 = 9;
const INET_DIAG_PROTOCOL: u16 = 10;
const INET_DIAG_SKV6ONLY: u16 = 11;
const INET_DIAG_MARK: u16 = 15;
const INET_DIAG_BBRINFO: u16 = 16;
const INET_DIAG_CLASS_ID: u16 = 17;
const INET_DIAG_MD5SIG: u16 = 18;
const INET_DIAG_ULP_INFO: u16 = 19;
const INET_DIAG_CGROUP_ID: u16 = 21;
const INET_DIAG_SOCKOPT: u16 = 22;
