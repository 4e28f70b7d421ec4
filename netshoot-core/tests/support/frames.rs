//! Walking the frames of many captures from two threads.
#![allow(dead_code)]

use std::io::{Cursor, Read};
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

/// A reader of the capture at `path`, unpacked if it is compressed with gzip; `None` if this is no format it reads.
pub fn open(path: &Path) -> Option<Reader<Cursor<Vec<u8>>>> {
    let bytes = std::fs::read(path).unwrap();
    let mut plain = Vec::new();
    let plain = if bytes.starts_with(&[0x1f, 0x8b]) {
        // A cut-off file gives what is there.
        let _ = flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut plain);
        plain
    } else {
        bytes
    };
    Reader::new(Cursor::new(plain)).ok()
}

/// Calls `work` with every frame of the capture at `path` that can be read.
pub fn each_frame(path: &Path, mut work: impl FnMut(Frame<'_>)) {
    let Some(mut reader) = open(path) else { return };
    while let Ok(Some(frame)) = reader.next_frame() {
        work(frame);
    }
}
