//! Listings: what one question gave, of any kind.

use std::ffi::{CString, c_char, c_int};
use std::ptr;
use std::sync::{Arc, OnceLock};

use arrow_array::RecordBatchReader;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use netshoot_core::netlink::{self, Consistency, Kind, Netlink, Object, Owned, Owners};
use netshoot_core::table::{self, Options};
use netshoot_core::{Error, ErrorKind, Result};

use crate::error::{guard, guard_status, netshoot_error_t};
use crate::filter::{self, Chosen, netshoot_filter_t};
use crate::netlink::netshoot_netlink_t;
use crate::pointer;
use crate::string_pool::{Pool, StringPool, Text};

/// `struct ArrowArrayStream` of the Arrow specification, under the name that the header generator sees.
type ArrowArrayStream = FFI_ArrowArrayStream;

/// Objects of one kind, of one namespace, at one time. It never changes.
#[derive(Debug)]
pub struct netshoot_listing_t {
    pub(crate) objects: Objects,
    netlink: Arc<Netlink>,
    /// Processes whose descriptors could not be read when owners were looked for.
    unreadable: usize,
    unreadable_reason: Option<CString>,
    /// Of each object, as many as its kind has.
    texts: Box<[Texts]>,
    pool: StringPool,
    json: OnceLock<CString>,
}

/// The kernel makes no promise: changes during the dump go unnoticed.
pub const NETSHOOT_CONSISTENCY_BEST_EFFORT: i32 = 0;
/// The kernel marks a dump that a change interrupted; see netshoot_listing_interrupted.
pub const NETSHOOT_CONSISTENCY_CHECKED: i32 = 1;
/// The objects are of one instant.
pub const NETSHOOT_CONSISTENCY_ATOMIC: i32 = 2;

/// At most four texts of an object.
type Texts = [Text; 4];

/// An object as listings hold it.
pub(crate) trait Listed: Object {
    /// What the plain struct of the object points to.
    fn texts(&self) -> [Option<&[u8]>; 4];
}

macro_rules! objects {
    ($($kind:ident: $object:ident $wanted:literal;)*) => {
        #[derive(Debug)]
        pub(crate) enum Objects {
            $($kind(Arc<netlink::Listing<netlink::$object>>),)*
        }

        $(
            impl Kept for netlink::$object {
                fn keep(listing: Arc<netlink::Listing<Self>>) -> Objects {
                    Objects::$kind(listing)
                }

                fn of(objects: &Objects) -> Result<&netlink::Listing<Self>> {
                    match objects {
                        Objects::$kind(listing) => Ok(listing),
                        _ => Err(other_kind($wanted)),
                    }
                }
            }
        )*

        macro_rules! each {
            ($objects:expr, $listing:ident => $answer:expr) => {
                match $objects { $(Objects::$kind($listing) => $answer,)* }
            };
        }
    };
}

pub(crate) trait Kept: Sized {
    fn keep(listing: Arc<netlink::Listing<Self>>) -> Objects;
    fn of(objects: &Objects) -> Result<&netlink::Listing<Self>>;
}

objects! {
    Links: Link "links";
    Addresses: Address "addresses";
    Routes: Route "routes";
    NextHops: NextHop "next hops";
    Rules: Rule "rules";
    Neighbors: Neighbor "neighbours";
    FdbEntries: FdbEntry "forwarding entries";
    Qdiscs: Qdisc "queueing disciplines";
    InetSockets: InetSocket "internet sockets";
    UnixSockets: UnixSocket "unix sockets";
    PacketSockets: PacketSocket "packet sockets";
    NetlinkSockets: NetlinkDiagSocket "netlink sockets";
    NextHopBuckets: NextHopBucket "buckets of next hop groups";
}

impl netshoot_listing_t {
    pub(crate) fn new<T: Listed + Kept>(netlink: &Arc<Netlink>, listing: netlink::Listing<T>) -> Self {
        let mut pool = Pool::default();
        let texts = listing.iter().map(|item| item.texts().map(|text| pool.add_octets(text))).collect();
        let pool = pool.finish();
        let (netlink, objects) = (Arc::clone(netlink), T::keep(Arc::new(listing)));
        Self { objects, netlink, unreadable: 0, unreadable_reason: None, texts, pool, json: OnceLock::new() }
    }

    /// The object at `index` and its texts, which are null where there is none.
    pub(crate) fn at<T: Kept>(&self, index: usize) -> Result<(&T, [*const c_char; 4])> {
        let item = T::of(&self.objects)?.items.get(index).ok_or_else(|| pointer::out_of_range("index"))?;
        let texts = self.texts.get(index).ok_or_else(|| pointer::out_of_range("index"))?;
        Ok((item, texts.map(|text| self.pool.get(text))))
    }

    fn json(&self) -> &CString {
        self.json.get_or_init(|| {
            let text = each!(&self.objects, listing => netlink::json::text(listing));
            // JSON escapes NUL.
            CString::new(text).unwrap_or_default()
        })
    }
}

/// The number of objects. 0 if listing is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_listing_count(listing: *const netshoot_listing_t) -> usize {
    let body = || {
        // SAFETY: the caller lends a listing or null.
        let listing = unsafe { pointer::lent(listing, "listing") }?;
        Ok(each!(&listing.objects, objects => objects.items.len()))
    };
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), 0, body) }
}

/// The kind of the objects, such as "link" or "inet_socket". NULL if listing is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_listing_kind(listing: *const netshoot_listing_t) -> *const c_char {
    let body = || {
        // SAFETY: the caller lends a listing or null.
        let listing = unsafe { pointer::lent(listing, "listing") }?;
        fn kind<T: Object>(_: &netlink::Listing<T>) -> Kind {
            T::KIND
        }
        Ok(crate::watch::name(each!(&listing.objects, objects => kind(objects))))
    };
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), ptr::null(), body) }
}

/// What the kernel promises about the listing, one of NETSHOOT_CONSISTENCY_…. -1 if listing is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_listing_consistency(listing: *const netshoot_listing_t) -> c_int {
    let body = || {
        // SAFETY: the caller lends a listing or null.
        let listing = unsafe { pointer::lent(listing, "listing") }?;
        Ok(match each!(&listing.objects, objects => objects.consistency) {
            Consistency::Atomic => NETSHOOT_CONSISTENCY_ATOMIC,
            Consistency::Checked => NETSHOOT_CONSISTENCY_CHECKED,
            _ => NETSHOOT_CONSISTENCY_BEST_EFFORT,
        })
    };
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), -1, body) }
}

/// Whether objects changed while they were listed, time and again, so that some may be missing or doubled. False if
/// listing is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_listing_interrupted(listing: *const netshoot_listing_t) -> bool {
    let body = || {
        // SAFETY: the caller lends a listing or null.
        let listing = unsafe { pointer::lent(listing, "listing") }?;
        Ok(each!(&listing.objects, objects => objects.interrupted))
    };
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), false, body) }
}

/// How many processes could not be looked into when owners were looked for: a socket without an owner may be theirs. 0 if
/// owners were not looked for or listing is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_listing_unreadable_processes(listing: *const netshoot_listing_t) -> usize {
    // SAFETY: the caller lends a listing or null.
    let body = || Ok(unsafe { pointer::lent(listing, "listing") }?.unreadable);
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), 0, body) }
}

/// Why they could not, and what helps: a want of CAP_SYS_PTRACE, or too many open files. It lives as long as the listing.
/// NULL if all were looked into, owners were not looked for, or listing is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_listing_unreadable_reason(listing: *const netshoot_listing_t) -> *const c_char {
    let body = || {
        // SAFETY: the caller lends a listing or null.
        let reason = unsafe { pointer::lent(listing, "listing") }?.unreadable_reason.as_ref();
        Ok(reason.map_or(ptr::null(), |reason| reason.as_ptr()))
    };
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), ptr::null(), body) }
}

/// The listing with all that is known of each object as JSON: an object with schema_version, kind, namespace, items and
/// more. Made at the first call and kept with the listing. NULL if listing is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_listing_json(listing: *const netshoot_listing_t) -> *const c_char {
    // SAFETY: the caller lends a listing or null.
    let body = || Ok(unsafe { pointer::lent(listing, "listing") }?.json().as_ptr());
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), ptr::null(), body) }
}

/// Writes the listing to out as an Arrow C stream, one row an object. Names of links are asked for now.
///
/// The stream belongs to the caller, who calls its release function in the end; it may outlive the listing. Returns 0, or
/// -1 if an argument is NULL or the names cannot be had.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_listing_arrow(
    listing: *const netshoot_listing_t,
    out: *mut ArrowArrayStream,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a listing or null.
        let listing = unsafe { pointer::lent(listing, "listing") }?;
        let names = listing.netlink.link_names()?;
        let options = Options::default();
        let batches: Box<dyn RecordBatchReader + Send> = each!(&listing.objects, objects => {
            Box::new(table::kernel::table(Arc::clone(objects), &names, &options)?)
        });
        // SAFETY: the caller promises null or writable memory, which may hold anything: it is not dropped.
        unsafe { pointer::write(out, FFI_ArrowArrayStream::new(batches)) }
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard_status(err, body) }
}

/// Frees a listing. Accepts NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_listing_free(listing: *mut netshoot_listing_t) {
    // SAFETY: the caller gives back a listing or null.
    unsafe { pointer::free(listing) }
}

/// Asks the kernel.
///
/// # Safety
/// `netlink` is null or lent by the caller; `err` is null or may be written.
pub(crate) unsafe fn list<T: Listed + Kept>(
    netlink: *const netshoot_netlink_t,
    err: *mut netshoot_error_t,
    ask: impl FnOnce(&Netlink) -> Result<netlink::Listing<T>>,
) -> *mut netshoot_listing_t {
    let body = || {
        // SAFETY: the caller promises a handle or null.
        let netlink = &unsafe { pointer::lent(netlink, "netlink") }?.netlink;
        Ok(pointer::give(netshoot_listing_t::new(netlink, ask(netlink)?)))
    };
    // SAFETY: the caller promises an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// Asks the kernel for the objects that `filter` wants.
///
/// # Safety
/// As [`list`]; `filter` is null or lent by the caller.
pub(crate) unsafe fn list_some<T: Listed + Kept>(
    netlink: *const netshoot_netlink_t,
    filter: *const netshoot_filter_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_listing_t
where
    T::Filter: Chosen,
{
    // SAFETY: what the caller promises of all three.
    unsafe { list(netlink, err, |netlink| netlink.list::<T>(&filter::filter(filter)?)) }
}

/// Asks the kernel for sockets and, with `owners`, looks for the processes that hold them.
///
/// # Safety
/// As [`list`].
pub(crate) unsafe fn list_sockets<T: Listed + Kept + Owned>(
    netlink: *const netshoot_netlink_t,
    owners: bool,
    err: *mut netshoot_error_t,
    ask: impl FnOnce(&Netlink) -> Result<netlink::Listing<T>>,
) -> *mut netshoot_listing_t {
    let body = || {
        // SAFETY: the caller promises a handle or null.
        let netlink = &unsafe { pointer::lent(netlink, "netlink") }?.netlink;
        let mut sockets = ask(netlink)?;
        let owners = if owners { Owners::scan()? } else { Owners::default() };
        owners.assign(&mut sockets.items);
        let mut listing = netshoot_listing_t::new(netlink, sockets);
        listing.unreadable = owners.unreadable();
        // No message holds a NUL.
        listing.unreadable_reason = owners.unreadable_reason().and_then(|reason| CString::new(reason.to_string()).ok());
        Ok(pointer::give(listing))
    };
    // SAFETY: the caller promises an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// Writes what `plain` makes of the object at `index`.
///
/// # Safety
/// `listing` is null or lent by the caller; `out` is null or may be written.
pub(crate) unsafe fn tell<T: Kept, P>(
    listing: *const netshoot_listing_t,
    index: usize,
    out: *mut P,
    plain: impl FnOnce(&T, [*const c_char; 4]) -> Result<P>,
) -> c_int {
    let body = || {
        // SAFETY: the caller promises a listing or null.
        let (object, texts) = unsafe { pointer::lent(listing, "listing") }?.at(index)?;
        // SAFETY: the caller promises a struct or null.
        unsafe { pointer::write(out, plain(object, texts)?) }
    };
    // SAFETY: null is allowed.
    unsafe { guard_status(ptr::null_mut(), body) }
}

fn other_kind(wanted: &str) -> Error {
    Error::new(ErrorKind::InvalidInput, "read arguments").with_detail(format!("listing has no {wanted}"))
}
