//! The kernel's own view as tables: links, addresses, routes and the rest, a row for each object.
//!
//! Columns are short; what an object has beside them is in the object itself. `index` is a link's number and `dev` its
//! name by the [`LinkNames`] that the table was made with, null where they do not have it. Names that are not UTF-8 come
//! escaped, as [`ByteString`](crate::netlink::ByteString) displays them.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//! use netshoot_core::namespace::Namespace;
//! use netshoot_core::netlink::{Netlink, Route};
//! use netshoot_core::table::{self, Options};
//!
//! let netlink = Netlink::open(&Namespace::current()?)?;
//! let routes = Arc::new(netlink.list::<Route>(&Default::default())?);
//! for batch in table::kernel::table(routes, &netlink.link_names()?, &Options::default())? {
//!     println!("{} routes", batch?.num_rows());
//! }
//! # Ok(())
//! # }
//! ```

mod links;
mod routes;
mod sockets;
mod tables;

use std::fmt::{Display, Write};
use std::net::IpAddr;
use std::sync::Arc;

use super::column::{Column, int64, repeated_text, shown, text, uint64};
use super::stream::ReportStream;
use super::{Options, column};
use crate::Result;
use crate::netlink::counters::{Counter, Counters, Value};
use crate::netlink::{
    Address, ByteString, FdbEntry, InetSocket, Link, LinkNames, Listing, Neighbor, NetlinkDiagSocket, NextHop,
    NextHopBucket, Object, Owner, PacketSocket, Qdisc, Route, Rule, UnixSocket,
};

/// An object that has a table.
///
/// Implemented by this crate alone.
pub trait Row: Object {
    /// The name of the table, such as `routes`.
    const TABLE: &'static str;

    /// The table of a listing; see [`table`].
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a column is asked for that does not exist.
    fn stream(listing: Arc<Listing<Self>>, names: &LinkNames, options: &Options) -> Result<ReportStream>;
}

/// The objects of `listing`, a row each in their order.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a column is asked for that does not exist.
pub fn table<T: Row>(listing: Arc<Listing<T>>, names: &LinkNames, options: &Options) -> Result<ReportStream> {
    T::stream(listing, names, options)
}

macro_rules! rows {
    ($($object:ident = $table:literal by $columns:path;)*) => {$(
        impl Row for $object {
            const TABLE: &'static str = $table;

            fn stream(listing: Arc<Listing<Self>>, names: &LinkNames, options: &Options) -> Result<ReportStream> {
                let names = Arc::new(names.clone());
                ReportStream::new($table, listing, $columns(&names), |listing| &listing.items, options)
            }
        }
    )*};
}

rows! {
    Link = "links" by links::links;
    Address = "addresses" by links::addresses;
    Route = "routes" by routes::routes;
    NextHop = "next_hops" by routes::next_hops;
    NextHopBucket = "next_hop_buckets" by routes::next_hop_buckets;
    Rule = "rules" by tables::rules;
    Neighbor = "neighbors" by tables::neighbors;
    FdbEntry = "fdb" by tables::fdb;
    Qdisc = "qdiscs" by tables::qdiscs;
    InetSocket = "sockets" by sockets::inet;
    UnixSocket = "unix_sockets" by sockets::unix;
    PacketSocket = "packet_sockets" by sockets::packet;
    NetlinkDiagSocket = "netlink_sockets" by sockets::netlink;
}

/// The counters, a row each: `value` is of one that only grows, `gauge` of one that moves both ways.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a column is asked for that does not exist.
pub fn counters(counters: Arc<Counters>, options: &Options) -> Result<ReportStream> {
    let columns: Vec<Column<Counter>> = vec![
        shown("source", |counter: &Counter| Some(counter.source)).always(),
        octets("group", |counter: &Counter| Some(&counter.group)),
        octets("instance", |counter: &Counter| counter.instance.as_ref()),
        octets("field", |counter: &Counter| Some(&counter.field)),
        text("name", |counter: &Counter, out| display(out, Some(&counter.name))).always(),
        uint64("value", |counter: &Counter| match counter.value {
            Value::Counter(value) => Some(value),
            Value::Gauge(_) => None,
        }),
        int64("gauge", |counter: &Counter| match counter.value {
            Value::Counter(_) => None,
            Value::Gauge(value) => Some(value),
        }),
    ];
    ReportStream::new("counters", counters, columns, |counters| &counters.counters, options)
}

/// The names of the bits of a set of flags, the lowest first; empty for a bit without a name.
macro_rules! bits {
    ($flags:ident, $count:literal) => {
        (0..$count).map(|bit| $crate::netlink::$flags(1 << bit).names().next().unwrap_or_default())
    };
}
use bits;

fn address<R>(name: &str, read: impl Fn(&R) -> Option<IpAddr> + Send + 'static) -> Column<R> {
    column::shown(name, read)
}

/// A short text of the kernel's.
fn octets<R>(name: &str, read: impl Fn(&R) -> Option<&ByteString> + Send + 'static) -> Column<R> {
    repeated_text(name, move |row, out| display(out, read(row)))
}

/// The name of a link by its index.
fn dev<R>(names: &Arc<LinkNames>, name: &str, read: impl Fn(&R) -> Option<u32> + Send + 'static) -> Column<R> {
    let names = Arc::clone(names);
    repeated_text(name, move |row, out| display(out, read(row).and_then(|index| names.get(index))))
}

fn prefix<R>(name: &str, read: impl Fn(&R) -> Option<(IpAddr, u8)> + Send + 'static) -> Column<R> {
    text(name, move |row, out| {
        let prefix = read(row);
        if let Some((address, length)) = prefix {
            let _ = write!(out, "{address}/{length}");
        }
        prefix.is_some()
    })
}

/// Processes that hold a socket, by the one that comes first.
fn owners<R: 'static>(read: fn(&R) -> &[Owner]) -> [Column<R>; 3] {
    [
        column::uint32("pid", move |row| read(row).first().map(|owner| owner.pid)),
        octets("comm", move |row| read(row).first().map(|owner| &owner.comm)),
        repeated_text("container", move |row, out| {
            display(out, read(row).first().and_then(|owner| owner.container.as_ref()))
        }),
    ]
}

/// Writing to a `String` cannot fail.
fn display(out: &mut String, value: Option<impl Display>) -> bool {
    value.map(|value| write!(out, "{value}")).is_some()
}
