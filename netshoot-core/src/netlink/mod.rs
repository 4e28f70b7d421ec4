//! The kernel's own view of the network, asked over netlink.
//!
//! A [`Netlink`] is opened on a [`Namespace`] and lists what is there: [`links`](Netlink::links),
//! [`addresses`](Netlink::addresses), and both together as [`interfaces`](Netlink::interfaces). Nothing is ever
//! changed. No right is needed to ask about the caller's own namespace.
//!
//! Listings are as true as the kernel allows: a dump that a change interrupted is taken again and, if it still is not
//! whole, marked; an attribute that cannot be read costs that attribute, never the object; a number without a name, a
//! name that is not UTF-8, an attribute longer than this version knows are all kept.

mod address;
mod attribute;
mod byte_string;
mod interface;
pub mod iproute2;
mod link;
mod link_info;
mod listing;
mod message;
mod namespaces;
mod numbers;
mod request;
mod socket;
mod stats;

use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use netlink_packet_route::RouteNetlinkMessage;

pub use address::{Address, CacheInfo, Lifetime};
pub use attribute::ParseNote;
pub use byte_string::ByteString;
pub use interface::Interface;
pub use link::{Link, LinkLayerAddress};
pub use link_info::{Bridge, BridgeId, BridgePort, LinkData, LinkInfo, Macvlan, Tun, Vlan, Vxlan};
pub use listing::{Consistency, Listing};
pub use numbers::{AddressFlags, AddressProtocol, Family, LinkFlags, LinkMode, LinkType, OperState, Scope};
pub use stats::Stats64;

use crate::error::{Error, ErrorKind, Result};
use crate::namespace::Namespace;
use socket::{End, NetlinkSocket};

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
        let first = NetlinkSocket::open(namespace)?;
        Ok(Self { namespace: namespace.clone(), limits: Limits::default(), idle: Mutex::new(vec![first]) })
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

    /// Lists the links.
    ///
    /// # Errors
    /// When the kernel refuses, with its own words where it gives them; when a limit is passed
    /// ([`TimedOut`](ErrorKind::TimedOut), [`LimitReached`](ErrorKind::LimitReached)). An interrupted dump is not an
    /// error: see [`Listing::interrupted`].
    pub fn links(&self) -> Result<Listing<Link>> {
        let mut links = self.list("list links", request::links(), Link::parse)?;
        self.name_namespaces(&mut links.items)?;
        Ok(links)
    }

    /// Lists the addresses of all links.
    ///
    /// # Errors
    /// As [`links`](Self::links).
    pub fn addresses(&self) -> Result<Listing<Address>> {
        self.list("list addresses", request::addresses(), Address::parse)
    }

    /// Dumps until a dump is whole, or the retries are used up.
    fn list<T>(
        &self,
        operation: &'static str,
        request: RouteNetlinkMessage,
        parse: impl Fn(&[u8]) -> Result<T, ParseNote>,
    ) -> Result<Listing<T>> {
        let deadline = Instant::now() + self.limits.deadline;
        let mut socket = self.take_socket()?;
        let mut listing = self.empty_listing();
        loop {
            listing.items.clear();
            listing.notes.clear();
            listing.taken_at = SystemTime::now();
            let encoded = request::encode(request.clone(), socket.next_sequence());
            let end = socket.dump(operation, &encoded, deadline, |message| {
                if listing.items.len() >= self.limits.objects {
                    return Err(too_many(operation, self.limits.objects));
                }
                match parse(message.payload) {
                    Ok(item) => listing.items.push(item),
                    Err(note) => listing.notes.push(note),
                }
                Ok(())
            })?;
            listing.interrupted = end == End::Interrupted;
            match end {
                // The new buffer is larger than the last, so this ends; no change is to blame, so it does not count.
                End::Truncated(length) => socket = NetlinkSocket::larger(&self.namespace, length)?,
                End::Interrupted if listing.retries < self.limits.retries => {
                    listing.retries += 1;
                    thread::sleep(BACK_OFF * listing.retries);
                }
                End::Complete | End::Interrupted => break,
            }
        }
        self.give_back(socket);
        Ok(listing)
    }

    fn empty_listing<T>(&self) -> Listing<T> {
        Listing {
            items: Vec::new(),
            consistency: Consistency::Checked,
            interrupted: false,
            retries: 0,
            notes: Vec::new(),
            namespace: self.namespace.id(),
            taken_at: SystemTime::UNIX_EPOCH,
        }
    }

    fn take_socket(&self) -> Result<NetlinkSocket> {
        let idle = self.idle.lock().ok().and_then(|mut sockets| sockets.pop());
        match idle {
            Some(socket) => Ok(socket),
            None => NetlinkSocket::open(&self.namespace),
        }
    }

    fn give_back(&self, socket: NetlinkSocket) {
        if let Ok(mut sockets) = self.idle.lock() {
            sockets.push(socket);
        }
    }
}

fn too_many(operation: &'static str, objects: usize) -> Error {
    Error::new(ErrorKind::LimitReached, operation)
        .with_detail(format!("there are more than {objects} objects"))
        .with_hint("raise Limits::objects")
}

/// Before the first retry; longer before each next. An address's change of state follows its birth by about 0.3 ms.
const BACK_OFF: Duration = Duration::from_micros(500);

#[cfg(test)]
mod tests;
