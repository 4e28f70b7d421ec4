//! The network namespaces of the host.

use std::ffi::{CString, c_char, c_int};
use std::ptr;
use std::sync::OnceLock;

use netshoot_core::Result;
use netshoot_core::namespace::{NamespaceInfo, Namespaces};
use netshoot_core::netlink::json;

use crate::error::{guard, guard_status, netshoot_error_t};
use crate::netlink::netshoot_netlink_t;
use crate::pointer;
use crate::string_pool::{Pool, StringPool, Text};
use crate::text;

/// The network namespaces of the host at one time, as far as the caller may see them. They never change.
#[derive(Debug)]
pub struct netshoot_namespaces_t {
    namespaces: Namespaces,
    /// Of each, its first name and its first container.
    texts: Box<[[Text; 2]]>,
    pool: StringPool,
    json: OnceLock<CString>,
}

/// A network namespace. All its names, and the files that it is bound to, are in the JSON.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_namespace_t {
    /// Device of its file.
    pub device: u64,
    /// Inode of its file, as in /proc/self/ns/net.
    pub inode: u64,
    /// What no other namespace has until the kernel restarts; 0 if unknown.
    pub cookie: u64,
    /// The number of processes that netshoot_namespaces_process knows.
    pub process_count: usize,
    /// The number of names under /run/netns.
    pub name_count: usize,
    /// The number of containers of its processes; those of one pod share a namespace.
    pub container_count: usize,
    /// The first name; NULL if there is none.
    pub name: *const c_char,
    /// The id of the first container; NULL if there is none.
    pub container: *const c_char,
    /// The number by which the namespace that was asked knows it; -1 if there is none, or it may not be asked.
    pub nsid: i32,
    /// Whether it is the one of the calling thread.
    pub is_current: bool,
}

/// A process, or some threads of it, in a namespace.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_process_t {
    /// When it started, in clock ticks since the host did; 0 if unknown. With the number it tells a process from all others.
    pub start_time: u64,
    /// Its number.
    pub pid: u32,
    /// How many threads are here while the process's first is elsewhere; 0 when that one is here.
    pub thread_count: u32,
    /// The name of its program, as the kernel cuts it.
    pub name: [c_char; 64],
    /// The id of the container that it is in; empty if none.
    pub container: [c_char; 80],
}

/// Lists the network namespaces of the host, by their names, processes, files and open descriptors, with the numbers that
/// the handle's namespace knows them by. Processes of other users need CAP_SYS_PTRACE, and cookies of other namespaces
/// CAP_SYS_ADMIN: what could not be read is counted. Returns NULL if the system fails.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_namespaces_list(
    netlink: *const netshoot_netlink_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_namespaces_t {
    let body = || {
        // SAFETY: the caller lends a handle or null.
        let namespaces = unsafe { pointer::lent(netlink, "netlink") }?.netlink.namespaces()?;
        let mut pool = Pool::default();
        let texts = namespaces.namespaces.iter().map(|one| {
            let name = pool.add_octets(one.names.first().map(|name| name.as_bytes()));
            [name, pool.add_some(one.containers.first().map(String::as_str))]
        });
        let texts = texts.collect();
        let pool = pool.finish();
        Ok(pointer::give(netshoot_namespaces_t { namespaces, texts, pool, json: OnceLock::new() }))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// The number of namespaces. 0 if namespaces is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_namespaces_count(namespaces: *const netshoot_namespaces_t) -> usize {
    // SAFETY: the caller lends namespaces or null.
    let body = || Ok(unsafe { pointer::lent(namespaces, "namespaces") }?.texts.len());
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), 0, body) }
}

/// How many things could not be read, and so may hide namespaces, processes or files; the JSON has each, with the
/// capability that it needs. 0 if namespaces is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_namespaces_denied_count(namespaces: *const netshoot_namespaces_t) -> usize {
    // SAFETY: the caller lends namespaces or null.
    let body = || Ok(unsafe { pointer::lent(namespaces, "namespaces") }?.namespaces.denied.len());
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), 0, body) }
}

/// Tells of the namespace at index, from 0. Returns 0, or -1 if an argument is NULL or index too large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_namespaces_namespace(
    namespaces: *const netshoot_namespaces_t,
    index: usize,
    out: *mut netshoot_namespace_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends namespaces or null.
        let plain = unsafe { pointer::lent(namespaces, "namespaces") }?.plain(index)?;
        // SAFETY: the caller lends a struct or null.
        unsafe { pointer::write(out, plain) }
    };
    // SAFETY: null is allowed.
    unsafe { guard_status(ptr::null_mut(), body) }
}

/// Tells of a process of the namespace at index. Returns 0, or -1 if an argument is NULL or an index too large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_namespaces_process(
    namespaces: *const netshoot_namespaces_t,
    index: usize,
    process_index: usize,
    out: *mut netshoot_process_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends namespaces or null.
        let namespace = unsafe { pointer::lent(namespaces, "namespaces") }?.at(index)?;
        let process = namespace.processes.get(process_index).ok_or_else(|| pointer::out_of_range("process_index"))?;
        let plain = netshoot_process_t {
            start_time: process.start_time,
            pid: process.pid,
            thread_count: u32::try_from(process.threads.len()).unwrap_or(u32::MAX),
            name: text::inline(&process.comm.to_string()),
            container: text::inline(process.container.as_deref().unwrap_or_default()),
        };
        // SAFETY: the caller lends a struct or null.
        unsafe { pointer::write(out, plain) }
    };
    // SAFETY: null is allowed.
    unsafe { guard_status(ptr::null_mut(), body) }
}

/// All that is known of the namespaces as JSON. Made at the first call and kept with them. NULL if namespaces is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_namespaces_json(namespaces: *const netshoot_namespaces_t) -> *const c_char {
    let body = || {
        // SAFETY: the caller lends namespaces or null.
        let namespaces = unsafe { pointer::lent(namespaces, "namespaces") }?;
        let make = || CString::new(json::value(&namespaces.namespaces)).unwrap_or_default();
        Ok(namespaces.json.get_or_init(make).as_ptr())
    };
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), ptr::null(), body) }
}

/// Frees namespaces. Accepts NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_namespaces_free(namespaces: *mut netshoot_namespaces_t) {
    // SAFETY: the caller gives back namespaces or null.
    unsafe { pointer::free(namespaces) }
}

impl netshoot_namespaces_t {
    fn at(&self, index: usize) -> Result<&NamespaceInfo> {
        self.namespaces.namespaces.get(index).ok_or_else(|| pointer::out_of_range("index"))
    }

    fn plain(&self, index: usize) -> Result<netshoot_namespace_t> {
        let one = self.at(index)?;
        let [name, container] =
            self.texts.get(index).map_or([ptr::null(); 2], |texts| texts.map(|text| self.pool.get(text)));
        Ok(netshoot_namespace_t {
            device: one.id.device,
            inode: one.id.inode,
            cookie: one.cookie.known().copied().unwrap_or(0),
            process_count: one.processes.len(),
            name_count: one.names.len(),
            container_count: one.containers.len(),
            name,
            container,
            nsid: one.nsid.known().copied().flatten().unwrap_or(-1),
            is_current: one.is_current,
        })
    }
}
