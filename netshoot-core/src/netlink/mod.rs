//! The kernel's own view of the network, asked over netlink.
//!
//! A [`Netlink`] is opened on a [`Namespace`] and lists what is there: [`links`](Netlink::links),
//! [`addresses`](Netlink::addresses), and both together as [`interfaces`](Netlink::interfaces). Nothing is ever
//! changed. No right is needed to ask about the caller's own namespace.
//!
//! Listings are as true as the kernel allows: a dump that a change interrupted is taken again and, if it still is not
//! whole, marked; an attribute that cannot be read costs that attribute, never the object; a number without a name, a
//! name that is not UTF-8, an attribute longer than this version knows are all kept.

// Macros first: the objects are declared with them.
#[macro_use]
mod number;
#[macro_use]
mod structure;

mod address;
mod ahead;
mod attribute;
mod change;
pub mod counters;
mod fdb;
mod interface;
pub mod iproute2;
#[cfg(feature = "serde")]
pub mod json;
mod link;
mod link_family;
mod link_info;
mod link_layer_address;
mod link_names;
mod listing;
mod message;
mod namespaces;
mod neighbor;
mod next_hop;
mod numbers;
mod object;
mod pattern;
mod qdisc;
mod request;
mod route;
mod rule;
mod snapshot;
mod socket;
mod sockets;
mod stats;
mod virtual_function;
mod watch;

use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use socket2::Socket;

pub use crate::byte_string::ByteString;
pub use crate::cancel::Canceller;
pub use address::{Address, AddressFilter, CacheInfo, Lifetime};
pub use attribute::{ParseNote, UnknownAttribute};
pub use change::{Change, ChangeOp, DiffOptions, diff};
pub use fdb::{FdbEntry, FdbFilter, FdbKey, FdbQuery};
pub use interface::Interface;
pub use link::{DevlinkPort, Link, LinkFilter};
pub use link_family::{Inet6, Inet6Conf, InetConf};
pub use link_info::{
    Amt, Bareudp, Bond, BondAdInfo, BondPort, Bridge, BridgeId, BridgePort, Can, CanBitTiming, CanBitTimingConst, Dsa,
    Geneve, Gre, Gtp, Hsr, IpTunnel, Ipoib, Ipvlan, LinkData, LinkInfo, Macsec, Macvlan, MulticastQuerier, Netkit,
    QosMapping, Rmnet, Tun, Vlan, Vrf, VrfPort, Vti, Vxlan, Wwan, Xfrm,
};
pub use link_layer_address::LinkLayerAddress;
pub use link_names::LinkNames;
pub use listing::{Consistency, Listing};
pub use namespaces::{NamespaceName, NamespaceNumber};
pub use neighbor::{
    Neighbor, NeighborCacheInfo, NeighborExtendedFlags, NeighborFilter, NeighborFlags, NeighborQuery, NeighborState,
};
pub use next_hop::{
    NextHop, NextHopBucket, NextHopBucketFilter, NextHopFilter, NextHopGroupType, NextHopMember, ResilientGroup,
};
pub use numbers::{AddressFlags, AddressProtocol, Family, LinkFlags, LinkMode, LinkType, OperState, Scope};
pub use object::{Fields, Kind, Object};
pub use qdisc::{
    Cake, CakeAckFilter, CakeDiffserv, CakeFlowMode, CakeFraming, CakeStats, CakeTinStats, Cbs, Choke, ChokeStats,
    Codel, CodelStats, Etf, EtfFlags, Ets, Fq, FqCodel, FqCodelClassStats, FqCodelQdiscStats, FqCodelStats, FqPie,
    FqPieStats, FqStats, Hfsc, HfscStats, Hhf, HhfStats, Htb, Mqprio, MqprioMap, Multiq, Netem, NetemCorrelations,
    NetemGilbertElliot, NetemLossStates, NetemParameters, NetemProbability, NetemRate, NetemSlot, Pie, PieStats, Prio,
    Qdisc, QdiscFilter, QdiscHandle, QdiscOptions, QdiscStats, QdiscXstats, RateSpec, Red, RedFlags, RedParameters,
    RedStats, Sfb, SfbStats, Sfq, SfqRed, SfqRedStats, SfqStats, SizeTable, Taprio, TaprioEntry, TaprioFlags,
    TaprioSchedule, Tbf, TrafficClassEntry,
};
pub use route::{
    BpfEncap, BpfProgram, Encap, EncapKind, ErspanOptions, GeneveOption, IlaEncap, Ioam6Encap, Ioam6Mode, Ioam6Trace,
    Ip6Encap, IpEncap, MplsEncap, MplsLabel, MplsLabels, MulticastStats, Prefix, PrefixError, Realms, Route,
    RouteAnswer, RouteCacheFlags, RouteCacheInfo, RouteFilter, RouteFlags, RouteKey, RouteKind, RouteLookup,
    RouteMetrics, RouteNextHop, RoutePreference, RouteProtocol, RouteQuery, RouteVerdict, RplEncap, Seg6Action,
    Seg6Counters, Seg6Encap, Seg6FlavorSettings, Seg6Flavors, Seg6LocalEncap, Seg6Mode, SegmentRouting, TABLE_DEFAULT,
    TABLE_LOCAL, TABLE_MAIN, TunnelFlags, TunnelOptions, Via, VxlanOptions, XfrmEncap,
};
pub use rule::{Rule, RuleAction, RuleFilter, RuleFlags, RuleKey};
pub use snapshot::{AnyChange, Asked, Snapshot, SnapshotOptions, Unanswered};
pub use sockets::{
    AnySocket, BbrInfo, Closing, ClosingSockets, DctcpInfo, HostAddresses, InetSocket, InetSocketFilter, Md5Peer,
    NetlinkDiagSocket, NetlinkDiagSocketFilter, Owned, Owner, Owners, PacketInfo, PacketRing, PacketSocket,
    PacketSocketFilter, SocketEnd, SocketExpression, SocketExpressionError, SocketFamily, SocketMemory, SocketNames,
    SocketOptionFlags, SocketProtocol, SocketSelection, SocketState, SocketTimer, SocketType, Subflow, SubflowFlags,
    TcpInfo, TcpInfoOptions, UnixFile, UnixSocket, UnixSocketFilter, UpperLayer, VegasInfo, cgroup_number,
};
pub use stats::Stats64;
pub use virtual_function::{VirtualFunction, VirtualFunctionAddress, VirtualFunctionStats, VirtualFunctionVlan};

pub use watch::{
    Event, EventKind, LostReason, Moment, Source, Watch, WatchMachine, WatchOptions, WatchRequest, WatchState, Watched,
};

use crate::error::{Error, ErrorKind, Result};
use crate::namespace::Namespace;
use message::Message;
use request::Request;
use socket::{End, NetlinkSocket, Reading};

/// A handle on the kernel's view of one network namespace.
///
/// May be shared between threads; each listing in progress has a socket of its own, and sockets are used again.
///
/// # Examples
/// ```
/// # fn main() -> netshoot_core::Result<()> {
/// use netshoot_core::namespace::Namespace;
/// use netshoot_core::netlink::Netlink;
///
/// let netlink = Netlink::open(&Namespace::current()?)?;
/// for interface in netlink.interfaces()? {
///     println!("{} has {} addresses", interface.link.ifname, interface.addresses.len());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Netlink {
    namespace: Namespace,
    limits: Limits,
    idle: Mutex<Vec<NetlinkSocket>>,
    /// What names of links are asked of, whatever the sockets are busy with; another descriptor of the first of them.
    names: Socket,
    /// Grows when a datagram did not fit.
    buffer_length: AtomicUsize,
}

/// How long and how much a listing may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Time for one listing with all its retries; 30 seconds at first.
    pub deadline: Duration,
    /// Most objects of one listing; a million at first.
    pub objects: usize,
    /// How many times an interrupted dump is begun again before what there is is returned, marked; 10 at first.
    pub retries: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(30), objects: 1_000_000, retries: 10 }
    }
}

impl Netlink {
    /// Opens a handle on `namespace`.
    ///
    /// # Errors
    /// When the namespace may not be entered, or the system has no more sockets.
    pub fn open(namespace: &Namespace) -> Result<Self> {
        let first = NetlinkSocket::open(namespace, libc::NETLINK_ROUTE, BUFFER_LENGTH)?;
        let names =
            first.socket.try_clone().map_err(|error| Error::io("duplicate netlink socket".to_owned(), error))?;
        Ok(Self {
            namespace: namespace.clone(),
            limits: Limits::default(),
            idle: Mutex::new(vec![first]),
            names,
            buffer_length: AtomicUsize::new(BUFFER_LENGTH),
        })
    }

    /// Sets how long and how much each listing may take.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The namespace that is asked.
    #[must_use]
    pub fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// Whether a socket in a listing is one that this handle holds, and is there for no other reason. The one that the
    /// listing is asked by is not, as with `ss`.
    #[must_use]
    pub fn holds(&self, socket: &NetlinkDiagSocket) -> bool {
        let is_it = |own: &NetlinkSocket| own.protocol == i32::from(socket.protocol) && own.port == socket.portid;
        self.idle.lock().is_ok_and(|idle| idle.iter().any(is_it))
    }

    /// Lists the objects of one kind that `filter` wants.
    ///
    /// A dump that a change interrupted is begun again, up to [`Limits::retries`] times; what the last one gave is
    /// returned in any case, marked.
    ///
    /// # Errors
    /// When the kernel refuses, with its own words where it gives them; when a limit is passed
    /// ([`TimedOut`](ErrorKind::TimedOut), [`LimitReached`](ErrorKind::LimitReached)). An interrupted dump is not an
    /// error: see [`Listing::interrupted`].
    pub fn list<T: Object>(&self, filter: &T::Filter) -> Result<Listing<T>> {
        let deadline = Instant::now() + self.limits.deadline;
        let limit = self.limits.objects;
        let mut listing = self.empty_listing::<T>();
        loop {
            let Listing { items, notes, unsupported, .. } = &mut listing;
            items.clear();
            notes.clear();
            unsupported.clear();
            let taken_at = SystemTime::now();
            let interrupted = self.pass::<T>(filter, deadline, Reading::InTurn, unsupported, |parsed| {
                if items.len() >= limit {
                    return Err(too_many::<T>(limit));
                }
                match parsed {
                    Ok(item) if item.matches(filter) => {
                        if items.len() == items.capacity() {
                            items.reserve_exact(spare(items.len()));
                        }
                        items.push(item);
                    }
                    Ok(_) => {}
                    Err(note) => notes.push(note),
                }
                Ok(())
            })?;
            (listing.taken_at, listing.interrupted) = (taken_at, interrupted);
            if !interrupted || listing.retries >= self.limits.retries {
                return Ok(listing);
            }
            listing.retries += 1;
            thread::sleep(BACK_OFF * listing.retries);
        }
    }

    /// Calls `visit` for each object of one kind that `filter` wants, as it comes, so that memory does not grow with
    /// their number. The listing that is returned has no items, and says how far what was visited can be believed.
    ///
    /// The rest of a long answer is received by a second thread while `visit` works.
    ///
    /// An interrupted dump is not begun again, as its objects were visited already. [`ControlFlow::Break`] ends it.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn each<T: Object>(
        &self,
        filter: &T::Filter,
        mut visit: impl FnMut(T) -> ControlFlow<()>,
    ) -> Result<Listing<T>> {
        let deadline = Instant::now() + self.limits.deadline;
        let mut listing = self.empty_listing::<T>();
        listing.taken_at = SystemTime::now();
        let Listing { notes, unsupported, .. } = &mut listing;
        let mut ended = false;
        let result = self.pass::<T>(filter, deadline, Reading::Ahead, unsupported, |parsed| {
            match parsed {
                Ok(item) if item.matches(filter) => ended = visit(item).is_break(),
                Ok(_) => {}
                Err(note) => notes.push(note),
            }
            if ended { Err(too_many::<T>(0)) } else { Ok(()) }
        });
        match result {
            Ok(interrupted) => listing.interrupted = interrupted,
            Err(_) if ended => {}
            Err(error) => return Err(error),
        }
        Ok(listing)
    }

    /// Lists the links.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn links(&self) -> Result<Listing<Link>> {
        self.links_matching(&LinkFilter::default())
    }

    /// Lists the links that `filter` wants, with the names of the namespaces that their other ends are in, which
    /// [`list`](Self::list) does not look for.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn links_matching(&self, filter: &LinkFilter) -> Result<Listing<Link>> {
        let mut links = self.list(filter)?;
        self.name_namespaces(&mut links.items);
        Ok(links)
    }

    /// Lists the addresses of all links.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn addresses(&self) -> Result<Listing<Address>> {
        self.list(&AddressFilter::default())
    }

    /// Lists the routes of all tables, but for the entries of the cache.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn routes(&self) -> Result<Listing<Route>> {
        self.list(&RouteFilter::default())
    }

    /// Lists the next hop objects.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn next_hops(&self) -> Result<Listing<NextHop>> {
        self.list(&NextHopFilter::default())
    }

    /// Puts a question about one object, which may not be there.
    fn one<T: Object>(&self, operation: &str, request: Request) -> Result<Option<T>> {
        let mut object = None;
        match self.ask(operation, request, |message| object = T::parse(message.payload).ok()) {
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(None),
            answer => answer.map(|()| object),
        }
    }

    /// Puts each question once, and tells whether a change interrupted an answer.
    fn pass<T: Object>(
        &self,
        filter: &T::Filter,
        deadline: Instant,
        reading: Reading,
        unsupported: &mut Vec<&'static str>,
        mut visit: impl FnMut(Result<T, ParseNote>) -> Result<()>,
    ) -> Result<bool> {
        let operation = format!("list {}", T::KIND.plural());
        let mut interrupted = false;
        for mut request in T::requests(filter) {
            let context = request.context;
            let answer = self.exchange(&operation, &mut request, deadline, reading, |message| {
                visit(T::parse_answer(context, message.payload))
            });
            interrupted |= match answer {
                Err(error) if error.raw_os_error().is_some_and(|errno| T::means_none(errno, filter)) => {
                    // Once, though both families are asked for.
                    unsupported.extend(T::untold(context).filter(|name| !unsupported.contains(name)));
                    false
                }
                Err(error) => {
                    return Err(match T::hint(error.kind(), filter) {
                        Some(hint) => error.with_hint(hint),
                        None => error,
                    });
                }
                Ok(answer) => answer,
            };
        }
        Ok(interrupted)
    }

    /// Puts one question and visits the messages that answer it.
    fn ask(&self, operation: &str, mut request: Request, mut visit: impl FnMut(&Message<'_>)) -> Result<()> {
        let deadline = Instant::now() + self.limits.deadline;
        self.exchange(operation, &mut request, deadline, Reading::InTurn, |message| {
            visit(message);
            Ok(())
        })?;
        Ok(())
    }

    /// Puts a question; a socket that failed is not used again.
    ///
    /// A datagram larger than the buffer is lost, so the question is put again with room for it: what was visited is
    /// passed over, and the answer counts as interrupted, as nothing ties the two dumps together.
    fn exchange(
        &self,
        operation: &str,
        request: &mut Request,
        deadline: Instant,
        reading: Reading,
        mut visit: impl FnMut(&Message<'_>) -> Result<()>,
    ) -> Result<bool> {
        let (mut visited, mut skip) = (0_usize, 0);
        loop {
            let mut socket = self.take_socket(request.protocol)?;
            let mut seen = 0_usize;
            let end = socket.dump(operation, request, deadline, reading, |message| {
                seen += 1;
                if seen <= skip {
                    return Ok(());
                }
                visited += 1;
                visit(message)
            })?;
            match end {
                End::Truncated(length) => {
                    self.buffer_length.fetch_max(length, Ordering::Relaxed);
                    skip = visited;
                }
                end => {
                    self.give_back(socket);
                    return Ok(end == End::Interrupted || skip > 0);
                }
            }
        }
    }

    fn empty_listing<T: Object>(&self) -> Listing<T> {
        Listing {
            items: Vec::new(),
            consistency: T::CONSISTENCY,
            interrupted: false,
            retries: 0,
            notes: Vec::new(),
            unsupported: Vec::new(),
            namespace: self.namespace.id(),
            taken_at: SystemTime::UNIX_EPOCH,
        }
    }

    fn take_socket(&self, protocol: libc::c_int) -> Result<NetlinkSocket> {
        let length = self.buffer_length.load(Ordering::Relaxed);
        let idle = self.idle.lock().ok().and_then(|mut sockets| {
            let fits = |socket: &NetlinkSocket| socket.protocol == protocol && socket.buffer_length() >= length;
            let place = sockets.iter().position(fits)?;
            Some(sockets.swap_remove(place))
        });
        match idle {
            Some(socket) => Ok(socket),
            None => NetlinkSocket::open(&self.namespace, protocol, length),
        }
    }

    fn give_back(&self, socket: NetlinkSocket) {
        if let Ok(mut sockets) = self.idle.lock() {
            sockets.push(socket);
        }
    }
}

fn too_many<T: Object>(objects: usize) -> Error {
    Error::new(ErrorKind::LimitReached, format!("list {}", T::KIND.plural()))
        .with_detail(format!("there are more than {objects} objects"))
        .with_hint("raise Limits::objects")
}

/// For how many more a list of `length` that is full gets room. A short one doubles, so that little is copied; a long one
/// grows by a sixteenth, as its spare room would be many octets.
fn spare(length: usize) -> usize {
    length.clamp(16, 1024).max(length / 16)
}

/// A dump's datagrams are at most 32 KiB, but a single large message may be more.
const BUFFER_LENGTH: usize = 64 * 1024;
/// Before the first retry; longer before each next. An address's change of state follows its birth by about 0.3 ms.
const BACK_OFF: Duration = Duration::from_micros(500);

#[cfg(test)]
mod tests;
