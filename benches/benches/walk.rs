//! Walking a pcap file from its first frame to its last, beside pcap-parser and pcap-file on the same file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use criterion::{Criterion, Throughput};
use netshoot_benches::comparison::{medians, table};
use netshoot_benches::generator::{Settings, generate};
use netshoot_core::capture::Reader;
use pcap_parser::traits::PcapReaderIterator;
use pcap_parser::{LegacyPcapReader, PcapBlockOwned, PcapError};

/// What a walk has to find in each frame: its time, its lengths, and its first and last octet.
#[derive(Default)]
struct Answer(u64);

impl Answer {
    fn add(&mut self, time_us: u64, length: u32, bytes: &[u8]) {
        let ends = u64::from(*bytes.first().unwrap_or(&0)) << 8 | u64::from(*bytes.last().unwrap_or(&0));
        self.0 = self.0.rotate_left(1) ^ time_us ^ u64::from(length) << 44 ^ (bytes.len() as u64) << 32 ^ ends;
    }
}

fn ours(path: &Path) -> u64 {
    let mut reader = Reader::open(path).unwrap();
    let mut answer = Answer::default();
    while let Some(frame) = reader.next_frame().unwrap() {
        answer.add(frame.timestamp.unwrap().as_nanos() as u64 / 1_000, frame.original_length, frame.bytes);
    }
    answer.0
}

fn with_pcap_parser(path: &Path) -> u64 {
    let mut reader = LegacyPcapReader::new(BUFFER, File::open(path).unwrap()).unwrap();
    let mut answer = Answer::default();
    loop {
        match reader.next() {
            Ok((offset, block)) => {
                if let PcapBlockOwned::Legacy(frame) = block {
                    let time_us = u64::from(frame.ts_sec) * 1_000_000 + u64::from(frame.ts_usec);
                    answer.add(time_us, frame.origlen, frame.data);
                }
                reader.consume(offset);
            }
            Err(PcapError::Eof) => return answer.0,
            Err(PcapError::Incomplete(_)) => reader.refill().unwrap(),
            Err(error) => panic!("{error:?}"),
        }
    }
}

fn with_pcap_file(path: &Path) -> u64 {
    let mut reader = pcap_file::pcap::PcapReader::new(File::open(path).unwrap()).unwrap();
    let mut answer = Answer::default();
    while let Some(frame) = reader.next_packet() {
        let frame = frame.unwrap();
        answer.add(frame.timestamp.as_micros() as u64, frame.orig_len, &frame.data);
    }
    answer.0
}

type Walk = fn(&Path) -> u64;

const CONTENDERS: [(&str, Walk); 3] =
    [("netshoot-core", ours), ("pcap-parser", with_pcap_parser), ("pcap-file", with_pcap_file)];

/// pcap-parser leaves the size of its buffer to the caller; this is the one its documentation uses, eight times over.
const BUFFER: usize = 8 * 65_536;
const FRAMES: u32 = 200_000;

fn main() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("generated.pcap");
    let file = BufWriter::new(File::create(&path).unwrap());
    let summary = generate(Settings { frames: FRAMES, seed: 1 }, file, std::io::sink()).unwrap();
    for (name, walk) in CONTENDERS {
        assert_eq!(walk(&path), ours(&path), "{name}");
    }

    let mut criterion = Criterion::default().configure_from_args().sample_size(20);
    let mut group = criterion.benchmark_group("walk");
    group.throughput(Throughput::Bytes(summary.octets));
    for (name, walk) in CONTENDERS {
        group.bench_function(name, |bencher| bencher.iter(|| walk(&path)));
    }
    group.finish();
    criterion.final_summary();

    let path = &path;
    let mut works = CONTENDERS.map(|(name, walk)| (name, move || walk(path)));
    let mut contenders: Vec<(&str, &mut dyn FnMut() -> u64)> = Vec::new();
    for (name, work) in &mut works {
        contenders.push((name, work));
    }
    let found = medians(&mut contenders, 21).unwrap();
    println!("{}", table("frames walked", &found, u64::from(FRAMES)));
}
