//! Compressed captures: cut and damaged ones, several members and frames in one, padding, bombs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

mod support;

use std::fs;
use std::io::{self, Read, Write};
use std::process::Command;

use netshoot_core::ErrorKind;
use netshoot_core::capture::{Compression, Reader, Writer};
use support::build::{self, Order};
use support::capture_copy::{content, copy, pcap_at, read};

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/captures/demo.pcapng");

const COMPRESSIONS: [Compression; 3] = [Compression::Gzip, Compression::Zstd, Compression::Lz4];

#[test]
fn compressed_files_that_are_cut_give_what_they_have() {
    let demo = fs::read(DEMO).unwrap();
    let whole = read(&demo);
    for compression in COMPRESSIONS {
        let packed = copy(&demo, Writer::builder().compression(Some(compression))).unwrap();
        for length in (0..packed.len()).step_by(packed.len() / 200 + 1) {
            let cut = match Reader::new(&packed[..length]) {
                Ok(mut reader) => content(&mut reader),
                Err(error) => {
                    assert!(matches!(error.kind(), ErrorKind::Truncated), "{compression} cut at {length}: {error}");
                    continue;
                }
            };
            assert!(cut.error.is_some(), "{compression} cut at {length} looks whole");
            assert_eq!(cut.said[..], whole.said[..cut.said.len()], "{compression} cut at {length}");
        }
        // One octet that is wrong is told, or is one that nobody looks at.
        for place in (0..packed.len()).step_by(packed.len() / 100 + 1) {
            let mut wrong = packed.clone();
            wrong[place] ^= 0x10;
            if let Ok(mut reader) = Reader::new(&wrong[..]) {
                let found = content(&mut reader);
                assert!(found.error.is_some() || found.said == whole.said, "{compression} {place}");
            }
        }
        // Members and frames one behind the other are one stream.
        let pcap = pcap_at(b'a', &[1, 2, 3]);
        let half = |octets: &[u8]| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("half");
            fs::write(&path, octets).unwrap();
            let program = compression.to_string();
            support::has_program(&program).then(|| Command::new(program).arg("-c").arg(&path).output().unwrap().stdout)
        };
        let (Some(first), Some(second)) = (half(&pcap[..50]), half(&pcap[50..])) else {
            support::skip("compressed_files_that_are_cut_give_what_they_have", "a compressor is not installed");
            continue;
        };
        let mut joined = first;
        if compression != Compression::Gzip {
            joined.extend([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
        }
        joined.extend(second);
        assert_eq!(read(&joined).rows().len(), 3, "{compression}");
    }
}

/// A gibibyte of zeros in one megabyte and less: memory does not grow with it, and the end is an error.
#[test]
fn bombs_are_streamed() {
    struct Zeros<W: Write>(W, u64);
    impl<W: Write> Zeros<W> {
        fn run(&mut self) {
            let zeros = vec![0; 1 << 20];
            (0..self.1).for_each(|_| self.0.write_all(&zeros).unwrap());
        }
    }
    let header = [
        build::section(Order::Little, (1, 0), b""),
        build::interface(Order::Little, 1, 0, b""),
        Order::Little.words(&[77, u32::MAX - 3]),
    ];
    let mut gzip = flate2::write::GzEncoder::new(header.concat(), flate2::Compression::best());
    gzip.write_all(&header.concat()).unwrap();
    Zeros(&mut gzip, 256).run();
    let bomb = gzip.finish().unwrap()[header.concat().len()..].to_vec();
    assert!(bomb.len() < 2 << 20);
    let mut reader = Reader::new(&bomb[..]).unwrap();
    let error = reader.next_frame().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Truncated);
    let mut reader = Reader::new(&bomb[..]).unwrap();
    let error = loop {
        match reader.next_block() {
            Ok(Some(_)) => {}
            Ok(None) => panic!("a block of four gibibytes"),
            Err(error) => break error,
        }
    };
    assert!(error.to_string().contains("is beyond the limit of 16777216"), "{error}");
    // A window of a terabyte.
    let window = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xf0, 0x01, 0x00, 0x00];
    assert_eq!(Reader::new(&window[..]).unwrap_err().kind(), ErrorKind::Malformed);
    // Compressed twice.
    let twice = copy(&pcap_at(b'a', &[1]), Writer::builder().compression(Some(Compression::Zstd))).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&twice).unwrap();
    let error = Reader::new(&gzip.finish().unwrap()[..]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "read decompressed capture file header at offset 0: this is zstd within gzip; hint: decompress it first"
    );
}

/// As gzip, which passes over zeros behind a member (tapes have them) and warns of all else.
#[test]
fn zeros_behind_gzip_are_padding() {
    let part = |times: &[i64]| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&pcap_at(b'a', times)[if times[0] == 1 { 0 } else { 24 }..]).unwrap();
        gzip.finish().unwrap()
    };
    let (first, second) = (part(&[1, 2]), part(&[3]));
    for zeros in [1, 9, 10, 11, 512, 100_000] {
        let padded = [&first[..], &vec![0; zeros]].concat();
        let found = read(&padded);
        assert!(found.error.is_none() && found.rows().len() == 2, "{zeros}: {:?}", found.error);
        let mut reader = Reader::new(Halting { octets: &padded, at: 0, halts: false }).unwrap();
        assert_eq!(frames_of(&mut reader), 2, "{zeros}");
        let joined = [&padded[..], &second].concat();
        let mut reader = Reader::new(Halting { octets: &joined, at: 0, halts: false }).unwrap();
        assert_eq!(frames_of(&mut reader), 3, "{zeros}");
        let followed = read(&[&padded[..], b"more"].concat());
        assert_eq!(followed.rows().len(), 2);
        let error = followed.error.unwrap();
        assert!(error.to_string().contains("what follows the gzip is none"), "{error}");
    }
}

/// All frames of a stream that has no more octets every now and then.
fn frames_of(reader: &mut Reader<Halting<'_>>) -> usize {
    let mut frames = 0;
    loop {
        match reader.next_frame() {
            Ok(Some(_)) => frames += 1,
            Ok(None) => return frames,
            Err(error) => assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}"),
        }
    }
}

/// Gives the octets behind the file's header one by one, each after an error that says to ask later.
struct Halting<'a> {
    octets: &'a [u8],
    at: usize,
    halts: bool,
}

impl Read for Halting<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        // What `Reader::new` takes comes at once.
        let most = if self.at < 60 { 60 - self.at } else { 1 };
        self.halts = !self.halts && self.at >= 60 && self.at % 97 < 60;
        if self.halts {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let rest = &self.octets[self.at..];
        let count = rest.len().min(room.len()).min(most);
        room[..count].copy_from_slice(&rest[..count]);
        self.at += count;
        Ok(count)
    }
}
