//! An allocator that counts, for tests of how much memory is taken. A test that counts needs its process for itself.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

struct Counting;

/// Octets that are allocated.
pub(crate) static NOW: AtomicUsize = AtomicUsize::new(0);
/// Most that were.
#[allow(dead_code, reason = "each test takes what it needs")]
pub(crate) static PEAK: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static CALLS: Cell<usize> = const { Cell::new(0) };
    static TAKEN: Cell<isize> = const { Cell::new(0) };
}

/// How often the calling thread has asked for memory or given it back: what libtest does beside it does not count.
#[allow(dead_code, reason = "each test takes what it needs")]
pub(crate) fn calls() -> usize {
    CALLS.get()
}

/// Octets that the calling thread has asked for beyond those that it has given back.
#[allow(dead_code, reason = "each test takes what it needs")]
pub(crate) fn taken() -> isize {
    TAKEN.get()
}

fn count(new: usize, old: usize) {
    CALLS.set(CALLS.get() + 1);
    TAKEN.set(TAKEN.get() + new.cast_signed() - old.cast_signed());
}

#[allow(unsafe_code, reason = "an allocator is unsafe by nature; it hands everything on to the system's")]
// SAFETY: each call is handed on unchanged to the system's allocator, which keeps the contract.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(now, Relaxed);
        count(layout.size(), 0);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        count(0, layout.size());
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new: usize) -> *mut u8 {
        let now = NOW.fetch_add(new, Relaxed) + new;
        count(new, layout.size());
        NOW.fetch_sub(layout.size(), Relaxed);
        PEAK.fetch_max(now - layout.size(), Relaxed);
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(pointer, layout, new) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;
