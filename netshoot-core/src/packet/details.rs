//! What ICMP says beyond a packet's line, in lines of its own and in the words of `tcpdump -v`.

use core::fmt;

use super::neighbor::preference_name;
use super::{
    ChecksumStatus, IcmpExtensions, IcmpInterface, IcmpObject, IcmpObjectValue, NeighborOption, Packet,
    RouterAdvertisement,
};

impl<'a> Packet<'a> {
    /// What the packet says beyond its line: fields of a router advertisement, options of neighbour discovery, the packet
    /// that an ICMP error quotes, and its extensions. Each line begins with a line end and a tab.
    #[must_use]
    pub const fn details(&self) -> Details<'a> {
        Details(*self)
    }
}

/// Lines about a packet; made by [`Packet::details`].
#[derive(Clone, Copy, Debug)]
pub struct Details<'a>(Packet<'a>);

impl fmt::Display for Details<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let packet = &self.0;
        if let Some(router) = packet.router_advertisement() {
            write!(f, "\n\t{router}")?;
        }
        for option in packet.neighbor_options().take(MAX_LINES) {
            match option {
                Ok(option) => write!(f, "\n\t  {option}")?,
                Err(stop) => write!(f, "\n\t  [|{stop}]")?,
            }
        }
        if let Some(quoted) = packet.quoted() {
            write!(f, "\n\t{quoted:#}")?;
        }
        packet.icmp_extensions().map_or(Ok(()), |extensions| write_extensions(f, &extensions))
    }
}

fn write_extensions(f: &mut fmt::Formatter<'_>, extensions: &IcmpExtensions<'_>) -> fmt::Result {
    let (version, checksum) = (extensions.version(), extensions.checksum());
    let status = match extensions.checksum_status() {
        ChecksumStatus::Valid => "correct",
        ChecksumStatus::Absent => "absent",
        ChecksumStatus::Unverifiable(_) => "unverifiable",
        _ => "incorrect",
    };
    let length = extensions.bytes().len();
    write!(f, "\n\tICMP Multi-Part extension v{version}, checksum 0x{checksum:04x} ({status}), length {length}")?;
    for object in extensions.objects().take(MAX_LINES) {
        match object {
            Ok(object) => write!(f, "\n\t  {object}")?,
            Err(stop) => write!(f, "\n\t  [|{stop}]")?,
        }
    }
    Ok(())
}

/// `MPLS Stack Entry Object (1), Class-Type: 1, length 8: label 16, tc 3, [S], ttl 1`.
impl fmt::Display for IcmpObject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.class {
            1 => "MPLS Stack Entry Object",
            2 => "Interface Information Object",
            3 => "Interface Identification Object",
            _ => "unknown Object",
        };
        let length = self.data.len() + 4;
        write!(f, "{name} ({}), Class-Type: {}, length {length}", self.class, self.class_type)?;
        match self.value() {
            Ok(IcmpObjectValue::Mpls(labels)) => {
                for (at, label) in labels.take(MAX_LINES).enumerate() {
                    let bottom = if label.is_bottom() { ", [S]" } else { "" };
                    write!(f, "{} label {}", if at == 0 { ":" } else { ";" }, label.label())?;
                    write!(f, ", tc {}{bottom}, ttl {}", label.traffic_class(), label.time_to_live())?;
                }
                Ok(())
            }
            Ok(IcmpObjectValue::Interface(interface)) => write!(f, ": {interface}"),
            Ok(IcmpObjectValue::Unknown([])) => Ok(()),
            Ok(IcmpObjectValue::Unknown(data)) => {
                f.write_str(": 0x")?;
                data.iter().take(MAX_OCTETS).try_for_each(|octet| write!(f, "{octet:02x}"))
            }
            Err(stop) => write!(f, ": [|{stop}]"),
        }
    }
}

/// `incoming, index 7, address 192.0.2.1, name eth0, mtu 1500`.
impl fmt::Display for IcmpInterface<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.role_name())?;
        self.index.map_or(Ok(()), |index| write!(f, ", index {index}"))?;
        self.address.map_or(Ok(()), |address| write!(f, ", address {address}"))?;
        self.name.map_or(Ok(()), |name| write!(f, ", name {}", name.escape_ascii()))?;
        self.mtu.map_or(Ok(()), |mtu| write!(f, ", mtu {mtu}"))
    }
}

/// `hop limit 64, Flags [none], pref medium, router lifetime 1800s, reachable time 0ms, retrans timer 0ms`.
impl fmt::Display for RouterAdvertisement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hop_limit, lifetime, .. } = self;
        let flags = match (self.managed, self.other) {
            (true, true) => "managed, other stateful",
            (true, false) => "managed",
            (false, true) => "other stateful",
            (false, false) => "none",
        };
        let preference = self.preference_name();
        write!(f, "hop limit {hop_limit}, Flags [{flags}], pref {preference}, router lifetime {lifetime}s")?;
        self.reachable_time.map_or(Ok(()), |time| write!(f, ", reachable time {time}ms"))?;
        self.retransmission_timer.map_or(Ok(()), |time| write!(f, ", retrans timer {time}ms"))
    }
}

/// `prefix info option (3): 2001:db8::/64, Flags [onlink, auto], valid time 86400s, pref. time 14400s`.
impl fmt::Display for NeighborOption<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} option ({}): ", self.name(), self.option_type())?;
        match *self {
            Self::SourceLinkAddress(address) | Self::TargetLinkAddress(address) => {
                address.iter().enumerate().try_for_each(|(at, octet)| {
                    f.write_str(if at > 0 { ":" } else { "" })?;
                    write!(f, "{octet:02x}")
                })
            }
            Self::Prefix { prefix, length, on_link, autonomous, valid_lifetime, preferred_lifetime } => {
                let flags = match (on_link, autonomous) {
                    (true, true) => "onlink, auto",
                    (true, false) => "onlink",
                    (false, true) => "auto",
                    (false, false) => "none",
                };
                write!(f, "{prefix}/{length}, Flags [{flags}], valid time ")?;
                write!(f, "{}, pref. time {}", Lifetime(valid_lifetime), Lifetime(preferred_lifetime))
            }
            Self::Redirected(packet) => write!(f, "{} octets", packet.len()),
            Self::Mtu(mtu) => write!(f, "{mtu}"),
            Self::Route { prefix, length, preference: own, lifetime } => {
                write!(f, "{prefix}/{length}, pref={}, lifetime={}", preference_name(own), Lifetime(lifetime))
            }
            Self::NameServers { lifetime, mut servers } => {
                write!(f, "lifetime {},", Lifetime(lifetime))?;
                servers.try_for_each(|server| write!(f, " addr: {server}"))
            }
            Self::SearchDomains { lifetime, mut domains } => {
                write!(f, "lifetime {}, domain(s):", Lifetime(lifetime))?;
                domains.try_for_each(|domain| write!(f, " {domain}."))
            }
            Self::Unknown { data, .. } => {
                f.write_str("0x")?;
                data.iter().take(MAX_OCTETS).try_for_each(|octet| write!(f, "{octet:02x}"))
            }
        }
    }
}

/// Seconds, of which the most is for ever.
struct Lifetime(u32);

impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == u32::MAX { f.write_str("infinity") } else { write!(f, "{}s", self.0) }
    }
}

/// Options, objects and labels that are written.
const MAX_LINES: usize = 64;
/// Octets of one that is not known.
const MAX_OCTETS: usize = 256;
