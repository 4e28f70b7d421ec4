//! What the kernel would do with a packet.

use std::net::IpAddr;

use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::route::{RouteAddress, RouteAttribute, RouteFlags as WireFlags, RouteMessage};

use super::{Prefix, Route, RouteKind};
use crate::error::{Error, Result};
use crate::netlink::request::Request;
use crate::netlink::{Family, Netlink, Object, Rule};

/// A packet, as far as routing looks at it.
///
/// # Examples
/// ```
/// # fn main() -> netshoot_core::Result<()> {
/// use netshoot_core::namespace::Namespace;
/// use netshoot_core::netlink::{Netlink, RouteQuery, RouteVerdict};
///
/// let netlink = Netlink::open(&Namespace::current()?)?;
/// let answer = netlink.route_get(&RouteQuery::new([127, 0, 0, 1].into()))?;
/// assert!(matches!(answer.verdict, RouteVerdict::Local | RouteVerdict::NoRoute));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RouteQuery {
    /// Where to.
    pub destination: IpAddr,
    /// Where from; without it, a packet of this host whose source is open.
    pub source: Option<IpAddr>,
    /// A packet that came in by the link with this index.
    pub iif: Option<u32>,
    /// A packet of a socket that is bound to the link with this index, or to a VRF.
    pub oif: Option<u32>,
    /// Its mark.
    pub mark: Option<u32>,
    /// The user whose packet it is.
    pub uid: Option<u32>,
    /// The protocol above IP.
    pub ip_proto: Option<u8>,
    /// The source port.
    pub sport: Option<u16>,
    /// The destination port.
    pub dport: Option<u16>,
    /// The type of service.
    pub tos: u8,
    /// IPv6's flow label.
    pub flowlabel: Option<u32>,
    /// The route that matches instead of what becomes of the packet.
    pub fib_match: bool,
}

impl RouteQuery {
    /// A packet of this host to `destination`, of which nothing else is known.
    #[must_use]
    pub const fn new(destination: IpAddr) -> Self {
        Self {
            destination,
            source: None,
            iif: None,
            oif: None,
            mark: None,
            uid: None,
            ip_proto: None,
            sport: None,
            dport: None,
            tos: 0,
            flowlabel: None,
            fib_match: false,
        }
    }

    pub(super) const fn family(&self) -> Family {
        if self.destination.is_ipv4() { Family::INET } else { Family::INET6 }
    }

    fn request(&self) -> Request {
        let mut message = RouteMessage::default();
        let header = &mut message.header;
        header.tos = self.tos;
        header.destination_prefix_length = Prefix::from(self.destination).length;
        header.source_prefix_length = self.source.map_or(0, |source| Prefix::from(source).length);
        header.address_family = self.family().0.into();
        if self.destination.is_ipv4() {
            header.flags |= WireFlags::LookupTable;
        }
        if self.fib_match {
            header.flags |= WireFlags::FibMatch;
        }
        let attributes = &mut message.attributes;
        attributes.push(RouteAttribute::Destination(wire_address(self.destination)));
        attributes.extend(self.source.map(|source| RouteAttribute::Source(wire_address(source))));
        attributes.extend(self.iif.map(RouteAttribute::Iif));
        attributes.extend(self.oif.map(RouteAttribute::Oif));
        attributes.extend(self.mark.map(RouteAttribute::Mark));
        attributes.extend(self.uid.map(RouteAttribute::Uid));
        attributes.extend(self.ip_proto.map(RouteAttribute::IpProto));
        attributes.extend(self.sport.map(RouteAttribute::Sport));
        attributes.extend(self.dport.map(RouteAttribute::Dport));
        attributes.extend(self.flowlabel.map(RouteAttribute::Flowlabel));
        Request::get(RouteNetlinkMessage::GetRoute(message))
    }
}

/// What the kernel would do with a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RouteAnswer {
    /// What becomes of it.
    pub verdict: RouteVerdict,
    /// The table that decided. Of a refusal the kernel does not tell it: it is found as the rule is.
    pub table: Option<u32>,
    /// The rule that led to the table, or refused. The kernel does not tell it: it is found by going through the rules
    /// as the kernel does; `None` where that led nowhere, as when rules changed meanwhile or no rule decided.
    pub rule: Option<Rule>,
    /// The source that it would have.
    pub source: Option<IpAddr>,
    /// The link that it would leave by, by its index.
    pub oif: Option<u32>,
    /// The router that it would go to; `None` when the destination is on the link.
    pub gateway: Option<IpAddr>,
    /// Largest packet in octets: that of the route, which may have been learned on the way, or that of the link.
    pub mtu: Option<u32>,
    /// The kernel's answer as a route. A refusal has none.
    pub route: Option<Route>,
}

/// What becomes of a packet. A negative one is told by the kernel as an error code, without saying by which route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum RouteVerdict {
    /// It is sent on.
    Unicast,
    /// It is for this host.
    Local,
    /// It is sent as a broadcast.
    Broadcast,
    /// It is sent as multicast.
    Multicast,
    /// It is dropped without a word; with `iif`, also because it cannot have come by that link.
    Blackhole,
    /// It is dropped and answered with "host unreachable".
    Unreachable,
    /// It is dropped and answered with "administratively prohibited".
    Prohibited,
    /// No table has a route.
    NoRoute,
    /// Something else: see the route's kind.
    Other,
}

impl RouteVerdict {
    /// Whether the packet goes somewhere.
    #[must_use]
    pub const fn is_reachable(self) -> bool {
        matches!(self, Self::Unicast | Self::Local | Self::Broadcast | Self::Multicast)
    }

    pub(super) const fn of_kind(kind: RouteKind) -> Self {
        match kind {
            RouteKind::UNICAST => Self::Unicast,
            RouteKind::LOCAL | RouteKind::ANYCAST => Self::Local,
            RouteKind::BROADCAST => Self::Broadcast,
            RouteKind::MULTICAST => Self::Multicast,
            RouteKind::BLACKHOLE => Self::Blackhole,
            RouteKind::UNREACHABLE => Self::Unreachable,
            RouteKind::PROHIBIT => Self::Prohibited,
            _ => Self::Other,
        }
    }

    /// The kernel's code for a negative finding; with words of its own, it refused the question.
    fn of_error(error: &Error) -> Option<Self> {
        match error.raw_os_error()? {
            libc::ENETUNREACH => Some(Self::NoRoute),
            libc::EHOSTUNREACH => Some(Self::Unreachable),
            libc::EACCES => Some(Self::Prohibited),
            libc::EINVAL if error.detail().is_none() => Some(Self::Blackhole),
            _ => None,
        }
    }
}

impl Netlink {
    /// Asks what the kernel would do with a packet: by which rule, table, link and router it would leave, with which source.
    ///
    /// A packet that would be dropped is an answer like any other.
    ///
    /// # Errors
    /// When the kernel refuses the question: a link that is not there, a source that is not this host's.
    pub fn route_get(&self, query: &RouteQuery) -> Result<RouteAnswer> {
        let mut route = None;
        let operation = format!("look up the route to {}", query.destination);
        let asked = self.ask(&operation, query.request(), |message| route = Route::parse(message.payload).ok());
        let verdict = match asked {
            Ok(()) => route.as_ref().map_or(RouteVerdict::Other, |route| RouteVerdict::of_kind(route.kind)),
            Err(error) => RouteVerdict::of_error(&error).ok_or(error)?,
        };
        let mut answer = RouteAnswer {
            verdict,
            table: None,
            rule: None,
            source: None,
            oif: None,
            gateway: None,
            mtu: None,
            route: None,
        };
        if let Some(route) = route {
            (answer.gateway, answer.oif) = route.first_hop();
            answer.table = Some(route.table);
            answer.source = query.source.or(route.prefsrc);
            let of_route = route.metrics.as_ref().and_then(|metrics| metrics.mtu);
            answer.mtu = of_route.or_else(|| self.link(answer.oif?)?.mtu);
            answer.route = Some(route);
        }
        answer.rule = self.deciding_rule(query, &answer);
        let of_rule = answer.rule.as_ref().map(|rule| rule.table).filter(|table| *table != 0);
        answer.table = of_rule.or(answer.table);
        Ok(answer)
    }
}

fn wire_address(address: IpAddr) -> RouteAddress {
    match address {
        IpAddr::V4(address) => RouteAddress::Inet(address),
        IpAddr::V6(address) => RouteAddress::Inet6(address),
    }
}
