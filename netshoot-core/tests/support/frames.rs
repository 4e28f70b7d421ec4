//! Walking the frames of many captures from two threads.
#![allow(dead_code)]

use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use netshoot_core::capture::{Frame, Reader};

/// Calls `work` for every item from two threads and returns what each thread gathered.
pub fn in_two_threads<T: Sync, R: Send + Default>(items: &[T], work: impl Fn(&T, &mut R) + Sync) -> [R; 2] {
    let next = AtomicUsize::new(0);
    let run = || {
        let mut gathered = R::default();
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            work(item, &mut gathered);
        }
        gathered
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(run);
        [run(), other.join().unwrap()]
    })
}

/// A reader of the capture at `path`; `None` if this is no format it reads.
pub fn open(path: &Path) -> Option<Reader<File>> {
    Reader::open(path).ok()
}

/// Calls `work` with every frame of the capture at `path` that can be read.
pub fn each_frame(path: &Path, mut work: impl FnMut(Frame<'_>)) {
    let Some(mut reader) = open(path) else { return };
    while let Ok(Some(frame)) = reader.next_frame() {
        work(frame);
    }
}
