//! Which tables, families and states are wanted, by the rules of `ss`.

use netshoot_core::netlink::SocketFamily as Family;

use super::options::Ss;
use crate::ip::words::quoted;
use crate::output::Failure;

/// A table of sockets, in the order in which `ss` shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Netlink,
    PacketRaw,
    PacketDatagram,
    UnixStream,
    UnixDatagram,
    UnixSeqpacket,
    Raw,
    Udp,
    Tcp,
}

/// What is wanted, each a set of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Selection {
    tables: u32,
    /// By the kernel's numbers of the states of TCP.
    pub(super) states: u32,
    /// Those that the tables have by themselves.
    own_states: u32,
    families: u32,
    /// Whether options choose among the sockets.
    pub(super) chosen: bool,
}

impl Selection {
    pub(super) fn new(options: &Ss) -> Result<Self, Failure> {
        let mut selection = Self::default();
        let states = match (options.all, options.listening) {
            (true, _) => Some(ALL),
            (_, true) => Some(LISTEN | CLOSE),
            _ => None,
        };
        for query in options.query.iter().flat_map(|query| query.split(',')) {
            selection.query(query)?;
        }
        selection.letters(options);
        for family in &options.family {
            selection.family(family_named(family)?);
        }
        if !selection.chosen {
            selection.tables = tables("all").unwrap_or_default();
            selection.own_states = CONNECTED;
        }
        let queried = (!options.query.is_empty()).then_some(CONNECTED);
        selection.states = states.or(queried).unwrap_or(selection.own_states);
        selection.complete();
        Ok(selection)
    }

    /// Takes the states that the words of a filter say; none at all are those that the tables have by themselves.
    pub(super) fn set_states(&mut self, states: u32) {
        self.states = if states == 0 { self.own_states } else { states };
    }

    /// Narrows to the family that a word of the expression names, or that the only family option implies.
    pub(super) fn narrow(&mut self, family: Family) {
        self.families = bit(family);
    }

    /// The family, if there is only one.
    pub(super) fn only_family(&self) -> Option<Family> {
        FAMILIES.into_iter().find(|family| self.families == bit(*family))
    }

    pub(super) fn has(&self, table: Table) -> bool {
        let family = FAMILIES.into_iter().any(|family| of(family) & bit_of(table) != 0 && self.has_family(family));
        self.tables & bit_of(table) != 0 && family
    }

    pub(super) fn has_family(&self, family: Family) -> bool {
        self.families & bit(family) != 0
    }

    /// Whether there are several tables, so that a column must tell them apart.
    pub(super) fn shows_netid(&self) -> bool {
        self.tables.count_ones() > 1
    }

    pub(super) fn shows_state(&self) -> bool {
        self.states.count_ones() > 1
    }

    /// Why nothing can be shown.
    pub(super) fn emptiness(&self) -> Option<&'static str> {
        match self {
            Self { tables: 0, .. } => Some("no socket tables to show with such filter"),
            Self { families: 0, .. } => Some("no families to show with such filter"),
            Self { states: 0, .. } => Some("no socket states to show with such filter"),
            _ => None,
        }
    }

    fn letters(&mut self, options: &Ss) {
        for (wanted, table, states) in [
            (options.tcp, Table::Tcp, CONNECTED),
            (options.udp, Table::Udp, ESTABLISHED),
            (options.raw, Table::Raw, ESTABLISHED),
        ] {
            if wanted {
                self.tables |= bit_of(table);
                self.own_states |= states;
                self.chosen = true;
            }
        }
        for (wanted, family) in [
            (options.ipv4, Family::Inet),
            (options.ipv6, Family::Inet6),
            (options.packet, Family::Packet),
            (options.unix, Family::Unix),
        ] {
            if wanted {
                self.family(family);
            }
        }
    }

    fn family(&mut self, family: Family) {
        self.families |= bit(family);
        self.own_states |= match family {
            Family::Packet | Family::Netlink => CLOSE,
            _ => CONNECTED,
        };
        self.chosen = true;
    }

    /// One of the words of `-A`.
    fn query(&mut self, word: &str) -> Result<(), Failure> {
        let (name, wanted) = word.strip_prefix('!').map_or((word, true), |name| (name, false));
        if MISSING.contains(&name) {
            // Without them is how they are.
            return if wanted { Err(not_shown(name)) } else { Ok(()) };
        }
        let set = tables(name).ok_or_else(|| {
            let text = format!("show sockets: there is no table {}; hint: netshoot ss --help lists them", quoted(name));
            Failure::Usage(text)
        })?;
        self.tables = if wanted { self.tables | set } else { self.tables & !set };
        self.chosen = true;
        Ok(())
    }

    /// Tables without a family get theirs, families without a table get theirs.
    fn complete(&mut self) {
        for (table, families) in [
            (tables("inet"), bit(Family::Inet) | bit(Family::Inet6)),
            (tables("unix"), bit(Family::Unix)),
            (tables("packet"), bit(Family::Packet)),
            (tables("netlink"), bit(Family::Netlink)),
        ] {
            if table.is_some_and(|table| self.tables & table != 0) && self.families & families == 0 {
                self.families |= families;
            }
        }
        for family in FAMILIES {
            if self.has_family(family) && self.tables & of(family) == 0 {
                self.tables |= of(family);
            }
        }
    }
}

fn bit(family: Family) -> u32 {
    // Others have no tables here.
    FAMILIES.iter().position(|known| *known == family).map_or(0, |place| 1 << place)
}

fn bit_of(table: Table) -> u32 {
    1 << table as u32
}

/// The tables of a family.
fn of(family: Family) -> u32 {
    let name = match family {
        Family::Inet | Family::Inet6 => "inet",
        Family::Packet => "packet",
        Family::Unix => "unix",
        Family::Netlink => "netlink",
        _ => return 0,
    };
    tables(name).unwrap_or_default()
}

/// The tables that a word of `-A` names.
fn tables(name: &str) -> Option<u32> {
    use Table::{Netlink, PacketDatagram, PacketRaw, Raw, Tcp, Udp, UnixDatagram, UnixSeqpacket, UnixStream};
    let tables: &[Table] = match name {
        "all" => &[Netlink, PacketRaw, PacketDatagram, UnixStream, UnixDatagram, UnixSeqpacket, Raw, Udp, Tcp],
        "inet" => &[Raw, Udp, Tcp],
        "tcp" => &[Tcp],
        "udp" => &[Udp],
        "raw" => &[Raw],
        "unix" => &[UnixStream, UnixDatagram, UnixSeqpacket],
        "unix_stream" | "u_str" => &[UnixStream],
        "unix_dgram" | "u_dgr" => &[UnixDatagram],
        "unix_seqpacket" | "u_seq" => &[UnixSeqpacket],
        "packet" => &[PacketRaw, PacketDatagram],
        "packet_raw" | "p_raw" => &[PacketRaw],
        "packet_dgram" | "p_dgr" => &[PacketDatagram],
        "netlink" => &[Netlink],
        _ => return None,
    };
    Some(tables.iter().fold(0, |set, table| set | bit_of(*table)))
}

fn not_shown(name: &str) -> Failure {
    Failure::Usage(format!("show sockets: those of {name} are not shown; hint: ss itself shows them"))
}

fn family_named(name: &str) -> Result<Family, Failure> {
    if MISSING.contains(&name) {
        return Err(not_shown(name));
    }
    Family::from_word(name).filter(|family| FAMILIES.contains(family)).ok_or_else(|| {
        Failure::Usage(format!(
            "show sockets: there is no family {}; hint: inet, inet6, link, unix, netlink",
            quoted(name)
        ))
    })
}

/// What `ss` has and this command has not.
const MISSING: [&str; 11] = [
    "dccp",
    "sctp",
    "mptcp",
    "tipc",
    "vsock",
    "vsock_stream",
    "v_str",
    "vsock_dgram",
    "v_dgr",
    "vsock_seqpacket",
    "xdp",
];
const FAMILIES: [Family; 5] = [Family::Inet, Family::Inet6, Family::Packet, Family::Unix, Family::Netlink];
// Bits of the kernel's states of TCP.
const ESTABLISHED: u32 = 1 << 1;
const SYN_RECV: u32 = 1 << 3;
const TIME_WAIT: u32 = 1 << 6;
pub(super) const CLOSE: u32 = 1 << 7;
const LISTEN: u32 = 1 << 10;
const ALL: u32 = (1 << 12) - 1;
const CONNECTED: u32 = ALL & !(LISTEN | CLOSE | TIME_WAIT | SYN_RECV);
