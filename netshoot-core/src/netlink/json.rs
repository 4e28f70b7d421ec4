//! Listings as our own JSON: one object with a version, stable from release to release.
//!
//! ```json
//! {"schema_version":1,"kind":"link","namespace":{"device":4,"inode":4026531840},"consistency":"checked",
//!  "items":[…],"taken_at":"2026-11-29T14:00:00.000000000Z","interrupted":false,"retries":0,"notes":[]}
//! ```
//!
//! The keys of an item are the fields of its structure, all of them: what the kernel did not tell is `null`. Numbers with
//! a name are the name, sets of flags lists of names; a number without a name stays a number. Text that is not UTF-8
//! comes escaped as [`ByteString`](super::ByteString) displays it, so that nothing is lost. A point in time is
//! [text](time), RFC 3339 in UTC with nanoseconds; a span of time is a whole number of nanoseconds under a key that ends
//! in `_ns`. Where the kernel counts in another unit, such as `tcp_info`'s microseconds, the field keeps the kernel's
//! name and number. Within a version keys are added and never changed or removed. (What `ip -j` prints is
//! [`iproute2`](super::iproute2)'s.)

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Serialize, Serializer};

use super::{Listing, Netlink, Object};
use crate::error::{Error, Result};
use crate::namespace::NamespaceId;
use crate::timestamp::Timestamp;

/// The version of the form, which is raised when a key changes its meaning or goes.
pub const SCHEMA_VERSION: u32 = super::snapshot::SCHEMA_VERSION;

/// Writes a listing as one line.
///
/// # Errors
/// Those of `out`.
pub fn write<T: Object + Serialize>(mut out: impl Write, listing: &Listing<T>) -> io::Result<()> {
    begin::<T>(&mut out, listing.namespace)?;
    for (number, item) in listing.iter().enumerate() {
        write_item(&mut out, number == 0, item)?;
    }
    end(out, listing)
}

/// The listing as text, without a line end.
#[must_use]
pub fn text<T: Object + Serialize>(listing: &Listing<T>) -> String {
    let mut text = Vec::new();
    // Memory takes all that is written, and every object is a tree of plain values.
    let _ = write(&mut text, listing);
    String::from_utf8(text).unwrap_or_default()
}

/// One value — an object of a listing, an answer, a snapshot — in the same form, without the head.
#[must_use]
pub fn value(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// One value — an answer, counters, namespaces — under the version and its kind.
#[must_use]
pub fn headed(kind: &str, value: &impl Serialize) -> String {
    #[derive(Serialize)]
    struct Headed<'a, T> {
        schema_version: u32,
        kind: &'a str,
        #[serde(flatten)]
        value: &'a T,
    }
    self::value(&Headed { schema_version: SCHEMA_VERSION, kind, value })
}

/// Lists what `filter` wants and writes each object as it comes, so that memory does not grow with their number. As
/// [`Netlink::each`] has it, an interrupted dump is not begun again but marked.
///
/// # Errors
/// As [`Netlink::list`], and those of `out`; what was written before is no whole JSON then.
pub fn stream<T: Object + Serialize>(netlink: &Netlink, filter: &T::Filter, mut out: impl Write) -> Result<()> {
    let failed = |error| Error::io(format!("write {} as JSON", T::KIND.plural()), error);
    begin::<T>(&mut out, netlink.namespace().id()).map_err(failed)?;
    let (mut first, mut written) = (true, Ok(()));
    let listing = netlink.each::<T>(filter, |item| {
        written = write_item(&mut out, first, &item);
        first = false;
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    written.and_then(|()| end(out, &listing)).map_err(failed)
}

/// A point in time as JSON has it here: RFC 3339 in UTC, with nanoseconds.
#[must_use]
pub fn time(time: SystemTime) -> String {
    let nanos = match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |nanos| -nanos),
    };
    Timestamp::from_nanos(nanos).to_string()
}

/// For fields that are a point in time.
pub(crate) fn serialize_time<S: Serializer>(at: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&time(*at))
}

/// For fields that are a span of time, whose key ends in `_ns`: those of the kernel's clocks fit for 584 years.
pub(crate) fn serialize_nanos<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX))
}

fn begin<T: Object>(out: &mut impl Write, namespace: NamespaceId) -> io::Result<()> {
    write!(out, "{{\"schema_version\":{SCHEMA_VERSION},\"kind\":\"{}\",\"namespace\":", T::KIND)?;
    serde_json::to_writer(&mut *out, &namespace)?;
    out.write_all(b",\"consistency\":")?;
    serde_json::to_writer(&mut *out, &T::CONSISTENCY)?;
    out.write_all(b",\"items\":[")
}

fn write_item(mut out: &mut impl Write, first: bool, item: &impl Serialize) -> io::Result<()> {
    if !first {
        out.write_all(b",")?;
    }
    Ok(serde_json::to_writer(&mut out, item)?)
}

fn end<T>(mut out: impl Write, listing: &Listing<T>) -> io::Result<()> {
    let Listing { interrupted, retries, taken_at, notes, unsupported, .. } = listing;
    let taken_at = time(*taken_at);
    write!(out, "],\"taken_at\":\"{taken_at}\",\"interrupted\":{interrupted},\"retries\":{retries},\"notes\":")?;
    serde_json::to_writer(&mut out, notes)?;
    if !unsupported.is_empty() {
        out.write_all(b",\"unsupported\":")?;
        serde_json::to_writer(&mut out, unsupported)?;
    }
    out.write_all(b"}")
}
