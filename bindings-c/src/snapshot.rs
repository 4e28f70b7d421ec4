//! Snapshots of a namespace, and what differs between two.

use std::collections::BTreeMap;
use std::ffi::{CString, c_char, c_int};
use std::ptr;
use std::sync::OnceLock;

use netshoot_core::Result;
use netshoot_core::netlink::{AnyChange, DiffOptions, Snapshot, SnapshotOptions, json};

use crate::error::{guard, guard_status, netshoot_error_t};
use crate::netlink::netshoot_netlink_t;
use crate::pointer;
use crate::string_pool::{Pool, StringPool, Text};
use crate::watch::{kinds_named, name, operation};

/// The objects of a namespace, of the kinds that were asked for, one kind listed after the other. It never changes.
#[derive(Debug)]
pub struct netshoot_snapshot_t {
    snapshot: Snapshot,
    json: OnceLock<CString>,
}

/// What differs between two snapshots. It never changes.
#[derive(Debug)]
pub struct netshoot_diff_t {
    changes: Box<[Difference]>,
    pool: StringPool,
    uncompared: CString,
}

#[derive(Debug)]
struct Difference {
    change: AnyChange,
    key: Text,
    changed: Box<[Text]>,
    json: OnceLock<CString>,
}

/// One object that differs. Its texts are valid as long as the netshoot_diff_t.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_object_change_t {
    /// The kind of the object, such as "link".
    pub kind: *const c_char,
    /// NETSHOOT_EVENT_ADDED, NETSHOOT_EVENT_CHANGED or NETSHOOT_EVENT_REMOVED.
    pub event: i32,
    /// What tells the object from others of its kind, as JSON.
    pub key: *const c_char,
    /// The number of fields that differ, when it changed; see netshoot_diff_field.
    pub field_count: usize,
}

/// Lists the kinds that are named, joined by commas, such as "link,address,inet_socket"; those that can be watched if
/// kinds is NULL. What cannot be listed does not fail the rest: the JSON says why. Returns NULL if an argument makes no
/// sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_snapshot_take(
    netlink: *const netshoot_netlink_t,
    kinds: *const c_char,
    err: *mut netshoot_error_t,
) -> *mut netshoot_snapshot_t {
    let body = || {
        // SAFETY: the caller lends a handle or null.
        let netlink = &unsafe { pointer::lent(netlink, "netlink") }?.netlink;
        let mut options = SnapshotOptions::default();
        // SAFETY: the caller lends a string or null.
        if let Some(kinds) = unsafe { kinds_named(kinds) }? {
            options.kinds = kinds;
        }
        Ok(pointer::give(netshoot_snapshot_t { snapshot: netlink.snapshot(&options), json: OnceLock::new() }))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// The snapshot as JSON; valid as long as it is. NULL if snapshot is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_snapshot_json(snapshot: *const netshoot_snapshot_t) -> *const c_char {
    let body = || {
        // SAFETY: the caller lends a snapshot or null.
        let netshoot_snapshot_t { snapshot, json } = unsafe { pointer::lent(snapshot, "snapshot") }?;
        Ok(json.get_or_init(|| text(json::value(snapshot))).as_ptr())
    };
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), ptr::null(), body) }
}

/// Frees a snapshot; differences made with it stay. Accepts NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_snapshot_free(snapshot: *mut netshoot_snapshot_t) {
    // SAFETY: the caller gives back a snapshot or null.
    unsafe { pointer::free(snapshot) }
}

/// What must happen to the old one for it to be the new one; only kinds that both have are compared, see
/// netshoot_diff_uncompared. Counters and ages
/// count only with volatile_fields. Returns NULL if one is NULL, or they are of different namespaces.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_snapshot_diff(
    old_snapshot: *const netshoot_snapshot_t,
    new_snapshot: *const netshoot_snapshot_t,
    volatile_fields: bool,
    err: *mut netshoot_error_t,
) -> *mut netshoot_diff_t {
    let body = || {
        // SAFETY: the caller lends a snapshot or null.
        let old = &unsafe { pointer::lent(old_snapshot, "old_snapshot") }?.snapshot;
        // SAFETY: the caller lends a snapshot or null.
        let new = &unsafe { pointer::lent(new_snapshot, "new_snapshot") }?.snapshot;
        let options = if volatile_fields { DiffOptions::ignoring([]) } else { DiffOptions::default() };
        let mut diff = differences(Snapshot::diff(old, new, &options)?);
        let uncompared = Snapshot::uncompared(old, new).into_iter().map(|(kind, why)| (kind.name(), why));
        diff.uncompared = text(json::value(&uncompared.collect::<BTreeMap<_, _>>()));
        Ok(pointer::give(diff))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// The kinds that only one of the snapshots has, or that one of them could not list, and why: a JSON object such as
/// {"route":"only the old were listed"}; valid as long as diff is. NULL if diff is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_diff_uncompared(diff: *const netshoot_diff_t) -> *const c_char {
    // SAFETY: the caller lends differences or null.
    let body = || Ok(unsafe { pointer::lent(diff, "diff") }?.uncompared.as_ptr());
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), ptr::null(), body) }
}

/// The number of objects that differ. 0 if diff is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_diff_count(diff: *const netshoot_diff_t) -> usize {
    // SAFETY: the caller lends differences or null.
    let body = || Ok(unsafe { pointer::lent(diff, "diff") }?.changes.len());
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), 0, body) }
}

/// Tells of the object at index, from 0. Returns 0, or -1 if an argument is NULL or index too large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_diff_change(
    diff: *const netshoot_diff_t,
    index: usize,
    out: *mut netshoot_object_change_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends differences or null.
        let diff = unsafe { pointer::lent(diff, "diff") }?;
        let Difference { change, key, changed, .. } = diff.at(index)?;
        let plain = netshoot_object_change_t {
            kind: name(change.kind()),
            event: operation(change.op()),
            key: diff.pool.get(*key),
            field_count: changed.len(),
        };
        // SAFETY: the caller lends a struct or null.
        unsafe { pointer::write(out, plain) }
    };
    // SAFETY: null is allowed.
    unsafe { guard_status(ptr::null_mut(), body) }
}

/// The name of a field that differs, of the object at index, both from 0. NULL if diff is NULL or one is too large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_diff_field(
    diff: *const netshoot_diff_t,
    index: usize,
    field: usize,
) -> *const c_char {
    let body = || {
        // SAFETY: the caller lends differences or null.
        let diff = unsafe { pointer::lent(diff, "diff") }?;
        let name = diff.at(index)?.changed.get(field).ok_or_else(|| pointer::out_of_range("field"))?;
        Ok(diff.pool.get(*name))
    };
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), ptr::null(), body) }
}

/// The change of the object at index as JSON, with the object as it was and as it is; valid as long as diff is. NULL if
/// diff is NULL or index too large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_diff_json(diff: *const netshoot_diff_t, index: usize) -> *const c_char {
    let body = || {
        // SAFETY: the caller lends differences or null.
        let Difference { change, json, .. } = unsafe { pointer::lent(diff, "diff") }?.at(index)?;
        Ok(json.get_or_init(|| text(json::value(change))).as_ptr())
    };
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), ptr::null(), body) }
}

/// Frees differences. Accepts NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_diff_free(diff: *mut netshoot_diff_t) {
    // SAFETY: the caller gives back differences or null.
    unsafe { pointer::free(diff) }
}

impl netshoot_diff_t {
    fn at(&self, index: usize) -> Result<&Difference> {
        self.changes.get(index).ok_or_else(|| pointer::out_of_range("index"))
    }
}

fn differences(changes: Vec<AnyChange>) -> netshoot_diff_t {
    let keys: Vec<String> = changes.iter().map(AnyChange::key_json).collect();
    let mut pool = Pool::default();
    let texts = changes.iter().zip(&keys).map(|(change, key)| {
        let changed: Box<[Text]> = change.changed().iter().map(|name| pool.add(name)).collect();
        (pool.add(key), changed)
    });
    let texts: Vec<_> = texts.collect();
    let pool = pool.finish();
    let difference = |(change, (key, changed))| Difference { change, key, changed, json: OnceLock::new() };
    let changes = changes.into_iter().zip(texts).map(difference).collect();
    netshoot_diff_t { changes, pool, uncompared: CString::default() }
}

/// JSON escapes NUL.
fn text(json: String) -> CString {
    CString::new(json).unwrap_or_default()
}
