//! An allocator that counts, for tests of how much memory is taken. A test that counts needs its process for itself.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

struct Counting;

/// Octets that are allocated.
pub(crate) static NOW: AtomicUsize = AtomicUsize::new(0);
/// Most that were.
#[allow(dead_code, reason = "each test takes what it needs")]
pub(crate) static PEAK: AtomicUsize = AtomicUsize::new(0);
/// How often memory was asked for.
#[allow(dead_code, reason = "each test takes what it needs")]
pub(crate) static COUNT: AtomicUsize = AtomicUsize::new(0);

#[allow(unsafe_code, reason = "an allocator is unsafe by nature; it hands everything on to the system's")]
// SAFETY: each call is handed on unchanged to the system's allocator, which keeps the contract.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(now, Relaxed);
        COUNT.fetch_add(1, Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new: usize) -> *mut u8 {
        let now = NOW.fetch_add(new, Relaxed) + new;
        COUNT.fetch_add(1, Relaxed);
        NOW.fetch_sub(layout.size(), Relaxed);
        PEAK.fetch_max(now - layout.size(), Relaxed);
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(pointer, layout, new) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;
