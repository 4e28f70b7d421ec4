//! Rules of policy routing, as `RTM_NEWRULE` describes them.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use super::attribute::{self, Attribute, Notes};
use super::object::{Kind, Object};
use super::request::Request;
use super::{ByteString, Consistency, Family, ParseNote, Realms, RouteProtocol, UnknownAttribute};

number! {
    /// `FR_ACT_*`: what a rule does with the packets that it matches.
    RuleAction(u8) {
        /// Looks the destination up in a table.
        TO_TABLE = 1 "lookup",
        /// Goes on at another rule.
        GOTO = 2 "goto",
        /// Goes on at the next rule.
        NOP = 3 "nop",
        /// Drops without a word.
        BLACKHOLE = 6 "blackhole",
        /// Refuses: the network is unreachable.
        UNREACHABLE = 7 "unreachable",
        /// Refuses: communication is prohibited.
        PROHIBIT = 8 "prohibit",
    }
}

flags! {
    /// `FIB_RULE_*`: the state of a rule.
    RuleFlags(u32) {
        /// May not be removed.
        PERMANENT = 0x1 "permanent",
        /// Matches what its selectors do not.
        INVERT = 0x2 "not",
        /// The rule that it goes on at is not there.
        UNRESOLVED = 0x4 "unresolved",
        /// The link of that name, where packets come from, is not there.
        IIF_DETACHED = 0x8 "iif_detached",
        /// The link of that name, where packets leave by, is not there.
        OIF_DETACHED = 0x10 "oif_detached",
        /// The source address is still to be found.
        FIND_SADDR = 0x1_0000 "find_saddr",
    }
}

object! {
    /// A rule: selectors, and what to do with packets that match all of them.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct Rule {
        /// IPv4 or IPv6; rules of multicast routing are [`Family::IPMR`] and [`Family::IP6MR`].
        pub family: Family,
        /// Rules are tried from the lowest number to the highest.
        pub priority: u32,
        /// What it does.
        pub action: RuleAction,
        /// State.
        pub flags: RuleFlags,
        /// The table that is looked up; 0 is none.
        pub table: u32,
        /// Who made it.
        pub protocol: Option<RouteProtocol>,
        /// Source address.
        pub src: Option<IpAddr>,
        /// How much of it counts, in bits.
        pub src_len: u8,
        /// Destination address.
        pub dst: Option<IpAddr>,
        /// How much of it counts, in bits.
        pub dst_len: u8,
        /// Type of service; 0 is any.
        pub tos: u8,
        /// Differentiated services codepoint; from Linux 6.14.
        pub dscp: Option<u8>,
        /// How much of it counts.
        pub dscp_mask: Option<u8>,
        /// IPv6 flow label; from Linux 6.14.
        pub flowlabel: Option<u32>,
        /// How much of it counts.
        pub flowlabel_mask: Option<u32>,
        /// Firewall mark.
        pub fwmark: Option<u32>,
        /// How much of it counts.
        pub fwmask: Option<u32>,
        /// The link that packets come in by.
        pub iifname: Option<ByteString>,
        /// The link that packets leave by, to which a socket is bound.
        pub oifname: Option<ByteString>,
        /// Looks up the table of the VRF that the link belongs to.
        pub l3mdev: bool,
        /// Users whose sockets send, from the first to the last.
        pub uid_range: Option<RangeInclusive<u32>>,
        /// IP protocol.
        pub ip_proto: Option<u8>,
        /// Source ports.
        pub sport_range: Option<RangeInclusive<u16>>,
        /// How much of one source port counts; from Linux 6.15.
        pub sport_mask: Option<u16>,
        /// Destination ports.
        pub dport_range: Option<RangeInclusive<u16>>,
        /// How much of one destination port counts.
        pub dport_mask: Option<u16>,
        /// Identifier of the tunnel that packets came through.
        pub tun_id: Option<u64>,
        /// Routes of this prefix length or shorter do not count; `None` is no limit.
        pub suppress_prefixlen: Option<u32>,
        /// Routes by links of this group do not count.
        pub suppress_ifgroup: Option<u32>,
        /// The rule to go on at.
        pub goto: Option<u32>,
        /// Realms that packets get.
        pub flow: Option<Realms>,
        /// Attributes that are newer than this version.
        pub unknown: Vec<UnknownAttribute>,
        /// Attributes that could not be read.
        pub notes: Vec<ParseNote>,
    }
}

/// Which rules are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleFilter {
    /// Of this family; without one, IPv4 and IPv6.
    pub family: Option<Family>,
    /// That look up this table.
    pub table: Option<u32>,
    /// With this priority.
    pub priority: Option<u32>,
}

/// What tells a rule from others: several may share a priority, and even all selectors.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct RuleKey {
    family: Family,
    priority: u32,
    action: RuleAction,
    not: bool,
    table: u32,
    goto: Option<u32>,
    protocol: Option<RouteProtocol>,
    src: (Option<IpAddr>, u8),
    dst: (Option<IpAddr>, u8),
    tos: u8,
    dscp: [Option<u8>; 2],
    flowlabel: [Option<u32>; 2],
    fwmark: [Option<u32>; 2],
    iifname: Option<ByteString>,
    oifname: Option<ByteString>,
    l3mdev: bool,
    uid_range: Option<(u32, u32)>,
    ip_proto: Option<u8>,
    sport: (Option<(u16, u16)>, Option<u16>),
    dport: (Option<(u16, u16)>, Option<u16>),
    tun_id: Option<u64>,
    suppress: [Option<u32>; 2],
    flow: Option<u32>,
}

impl Object for Rule {
    type Filter = RuleFilter;
    type Key = RuleKey;

    const KIND: Kind = Kind::Rule;
    const CONSISTENCY: Consistency = Consistency::Checked;
    const VOLATILE: &'static [&'static str] = &[];

    fn parse(payload: &[u8]) -> Result<Self, ParseNote> {
        let Some((header, attributes)) = payload.split_first_chunk::<HEADER_LENGTH>() else {
            return Err(ParseNote::header("rule", HEADER_LENGTH, payload.len()));
        };
        let [family, dst_len, src_len, tos, table, _, _, action, f0, f1, f2, f3] = *header;
        let mut rule = Self {
            family: Family(family),
            dst_len,
            src_len,
            tos,
            table: table.into(),
            action: RuleAction(action),
            flags: RuleFlags(u32::from_ne_bytes([f0, f1, f2, f3])),
            ..Self::default()
        };
        let mut notes = Notes::default();
        attribute::each("rule", attributes, HEADER_LENGTH, &mut notes, |attribute, notes| {
            rule.read(&attribute, notes);
        });
        rule.notes = notes.0;
        Ok(rule)
    }

    /// All that is chosen by whoever made it; not what the kernel finds out by itself, and changes.
    fn key(&self) -> RuleKey {
        let ports = |range: &Option<RangeInclusive<u16>>| range.clone().map(RangeInclusive::into_inner);
        RuleKey {
            family: self.family,
            priority: self.priority,
            action: self.action,
            not: self.flags.contains(RuleFlags::INVERT),
            table: self.table,
            goto: self.goto,
            protocol: self.protocol,
            src: (self.src, self.src_len),
            dst: (self.dst, self.dst_len),
            tos: self.tos,
            dscp: [self.dscp, self.dscp_mask],
            flowlabel: [self.flowlabel, self.flowlabel_mask],
            fwmark: [self.fwmark, self.fwmask],
            iifname: self.iifname.clone(),
            oifname: self.oifname.clone(),
            l3mdev: self.l3mdev,
            uid_range: self.uid_range.clone().map(RangeInclusive::into_inner),
            ip_proto: self.ip_proto,
            sport: (ports(&self.sport_range), self.sport_mask),
            dport: (ports(&self.dport_range), self.dport_mask),
            tun_id: self.tun_id,
            suppress: [self.suppress_prefixlen, self.suppress_ifgroup],
            flow: self.flow.map(|realms| realms.0),
        }
    }

    fn matches(&self, filter: &RuleFilter) -> bool {
        filter.family.is_none_or(|family| self.family == family)
            && filter.table.is_none_or(|table| self.table == table)
            && filter.priority.is_none_or(|priority| self.priority == priority)
    }

    fn requests(filter: &RuleFilter) -> Vec<Request> {
        let families = match filter.family {
            Some(family) => vec![family],
            None => vec![Family::INET, Family::INET6],
        };
        let request = |family: Family| {
            let mut header = [0; HEADER_LENGTH];
            header[0] = family.0;
            Request::raw_dump(libc::NETLINK_ROUTE, libc::RTM_GETRULE, libc::RTM_NEWRULE, &header)
        };
        families.into_iter().map(request).collect()
    }

    /// A kernel without rules of the family has none.
    fn means_none(errno: i32, _: &RuleFilter) -> bool {
        errno == libc::EAFNOSUPPORT || errno == libc::EOPNOTSUPP
    }
}

impl Rule {
    fn read(&mut self, attribute: &Attribute<'_>, notes: &mut Notes) {
        match attribute.number {
            FRA_DST => self.dst = attribute.ip(notes),
            FRA_SRC => self.src = attribute.ip(notes),
            FRA_IIFNAME => self.iifname = Some(attribute.string()),
            FRA_OIFNAME => self.oifname = Some(attribute.string()),
            FRA_GOTO => self.goto = attribute.u32(notes),
            FRA_PRIORITY => self.priority = attribute.u32(notes).unwrap_or_default(),
            FRA_FWMARK => self.fwmark = attribute.u32(notes),
            FRA_FWMASK => self.fwmask = attribute.u32(notes),
            FRA_FLOW => self.flow = attribute.u32(notes).map(Realms),
            FRA_TUN_ID => self.tun_id = attribute.array(notes).map(u64::from_be_bytes),
            // The kernel says -1 for none.
            FRA_SUPPRESS_IFGROUP => self.suppress_ifgroup = attribute.u32(notes).filter(|group| *group != u32::MAX),
            FRA_SUPPRESS_PREFIXLEN => self.suppress_prefixlen = attribute.u32(notes).filter(|len| *len != u32::MAX),
            // All 32 bits; the header has room for eight.
            FRA_TABLE => {
                if let Some(table) = attribute.u32(notes) {
                    self.table = table;
                }
            }
            FRA_L3MDEV => self.l3mdev = attribute.bool(notes).unwrap_or_default(),
            FRA_PROTOCOL => self.protocol = attribute.u8(notes).map(RouteProtocol),
            _ => self.read_transport(attribute, notes),
        }
    }

    /// Selectors above IP's addresses.
    fn read_transport(&mut self, attribute: &Attribute<'_>, notes: &mut Notes) {
        match attribute.number {
            FRA_UID_RANGE => {
                self.uid_range = attribute.array::<8>(notes).map(|[a, b, c, d, e, f, g, h]| {
                    u32::from_ne_bytes([a, b, c, d])..=u32::from_ne_bytes([e, f, g, h])
                });
            }
            FRA_IP_PROTO => self.ip_proto = attribute.u8(notes),
            FRA_SPORT_RANGE => self.sport_range = ports(attribute, notes),
            FRA_DPORT_RANGE => self.dport_range = ports(attribute, notes),
            FRA_SPORT_MASK => self.sport_mask = attribute.u16(notes),
            FRA_DPORT_MASK => self.dport_mask = attribute.u16(notes),
            FRA_DSCP => self.dscp = attribute.u8(notes),
            FRA_DSCP_MASK => self.dscp_mask = attribute.u8(notes),
            FRA_FLOWLABEL => self.flowlabel = attribute.be32(notes),
            FRA_FLOWLABEL_MASK => self.flowlabel_mask = attribute.be32(notes),
            _ => attribute.keep_unknown(FRA_DSCP_MASK, &mut self.unknown),
        }
    }
}

/// `struct fib_rule_port_range`, in the machine's order.
fn ports(attribute: &Attribute<'_>, notes: &mut Notes) -> Option<RangeInclusive<u16>> {
    attribute.array(notes).map(|[a, b, c, d]| u16::from_ne_bytes([a, b])..=u16::from_ne_bytes([c, d]))
}

/// `struct fib_rule_hdr`.
const HEADER_LENGTH: usize = 12;

// linux/fib_rules.h
const FRA_DST: u16 = 1;
const FRA_SRC: u16 = 2;
const FRA_IIFNAME: u16 = 3;
const FRA_GOTO: u16 = 4;
const FRA_PRIORITY: u16 = 6;
const FRA_FWMARK: u16 = 10;
const FRA_FLOW: u16 = 11;
const FRA_TUN_ID: u16 = 12;
const FRA_SUPPRESS_IFGROUP: u16 = 13;
const FRA_SUPPRESS_PREFIXLEN: u16 = 14;
const FRA_TABLE: u16 = 15;
const FRA_FWMASK: u16 = 16;
const FRA_OIFNAME: u16 = 17;
const FRA_L3MDEV: u16 = 19;
const FRA_UID_RANGE: u16 = 20;
const FRA_PROTOCOL: u16 = 21;
const FRA_IP_PROTO: u16 = 22;
const FRA_SPORT_RANGE: u16 = 23;
const FRA_DPORT_RANGE: u16 = 24;
const FRA_DSCP: u16 = 25;
const FRA_FLOWLABEL: u16 = 26;
const FRA_FLOWLABEL_MASK: u16 = 27;
const FRA_SPORT_MASK: u16 = 28;
const FRA_DPORT_MASK: u16 = 29;
const FRA_DSCP_MASK: u16 = 30;
