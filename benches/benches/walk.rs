//! Walking captures of 126 MB from the first frame to the last, beside pcap-parser, pcap-file and libpcap (with the
//! feature `rivals`) on the same files: pcap and pcapng, with whole frames and with frames cut after their headers.
//!
//! The files are in the page cache, as reading them from disk puts them there, and what the kernel takes to copy them out
//! of it is told beside the rest, since every contender pays it: no walk can be faster. The promises that are checked
//! stand at the end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use netshoot_benches::comparison::{medians, table};
use netshoot_benches::generator::{Settings, generate};
use netshoot_core::capture::{Format, Interface, Reader, Resolution, Writer};
use netshoot_core::packet::LinkType;
use pcap_parser::traits::PcapReaderIterator;
use pcap_parser::{Block, LegacyPcapReader, PcapBlockOwned, PcapError, PcapNGReader};

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
    let file = File::open(path).unwrap();
    if path.extension().unwrap() == "pcap" {
        let mut answer = Answer::default();
        each_block(LegacyPcapReader::new(BUFFER, file).unwrap(), |block| {
            if let PcapBlockOwned::Legacy(frame) = block {
                let time_us = u64::from(frame.ts_sec) * 1_000_000 + u64::from(frame.ts_usec);
                answer.add(time_us, frame.origlen, frame.data);
            }
        });
        return answer.0;
    }
    let (mut answer, mut units_in_us) = (Answer::default(), 1);
    each_block(PcapNGReader::new(BUFFER, file).unwrap(), |block| match block {
        PcapBlockOwned::NG(Block::InterfaceDescription(interface)) => {
            units_in_us = interface.ts_resolution().unwrap() / 1_000_000;
        }
        PcapBlockOwned::NG(Block::EnhancedPacket(frame)) => {
            let units = u64::from(frame.ts_high) << 32 | u64::from(frame.ts_low);
            let bytes = frame.data.get(..frame.caplen as usize).unwrap();
            answer.add(units / units_in_us, frame.origlen, bytes);
        }
        _ => {}
    });
    answer.0
}

fn each_block(mut reader: impl PcapReaderIterator, mut take: impl FnMut(PcapBlockOwned<'_>)) {
    loop {
        match reader.next() {
            Ok((offset, block)) => {
                take(block);
                reader.consume(offset);
            }
            Err(PcapError::Eof) => return,
            Err(PcapError::Incomplete(_)) => reader.refill().unwrap(),
            Err(error) => panic!("{error:?}"),
        }
    }
}

fn with_pcap_file(path: &Path) -> u64 {
    let file = File::open(path).unwrap();
    let mut answer = Answer::default();
    if path.extension().unwrap() == "pcap" {
        let mut reader = pcap_file::pcap::PcapReader::new(file).unwrap();
        while let Some(frame) = reader.next_packet() {
            let frame = frame.unwrap();
            answer.add(frame.timestamp.as_micros() as u64, frame.orig_len, &frame.data);
        }
        return answer.0;
    }
    let mut reader = pcap_file::pcapng::PcapNgReader::new(file).unwrap();
    while let Some(block) = reader.next_block() {
        if let pcap_file::pcapng::Block::EnhancedPacket(frame) = block.unwrap() {
            answer.add(frame.timestamp.as_micros() as u64, frame.original_len, &frame.data);
        }
    }
    answer.0
}

#[cfg(feature = "rivals")]
fn with_libpcap(path: &Path) -> u64 {
    let mut capture = pcap::Capture::from_file(path).unwrap();
    let mut answer = Answer::default();
    loop {
        match capture.next_packet() {
            Ok(frame) => {
                let time_us = frame.header.ts.tv_sec as u64 * 1_000_000 + frame.header.ts.tv_usec as u64;
                answer.add(time_us, frame.header.len, frame.data);
            }
            Err(pcap::Error::NoMorePackets) => return answer.0,
            Err(error) => panic!("{error}"),
        }
    }
}

/// What every contender pays: the file, copied out of the page cache.
fn read_alone(path: &Path) {
    let mut file = File::open(path).unwrap();
    let mut buffer = vec![0; 256 * 1024];
    while file.read(&mut buffer).unwrap() > 0 {}
}

type Walk = fn(&Path) -> u64;
type Work<'a> = Box<dyn FnMut() -> u64 + 'a>;

const CONTENDERS: &[(&str, Walk)] = &[
    ("netshoot-core", ours),
    ("pcap-parser", with_pcap_parser),
    ("pcap-file", with_pcap_file),
    #[cfg(feature = "rivals")]
    ("libpcap", with_libpcap),
];

/// Has the file in the page cache as reading puts it there: what was written piece by piece lies in smaller pieces of
/// memory, which the kernel copies at a half to a third of the rate.
fn read_anew(path: &Path) {
    let file = File::open(path).unwrap();
    file.sync_all().unwrap();
    rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).unwrap();
    read_alone(path);
}

/// Writes as many of the generated frames as make 126 MB; gives the path and the number of frames.
fn capture(folder: &Path, generated: &[u8], format: Format, cut: usize) -> (PathBuf, u64) {
    let path = folder.join(format!("{cut}.{format}"));
    let mut writer = Writer::builder().format(format).create(&path).unwrap();
    // Those that all contenders take for granted.
    let resolution = if format == Format::Pcap { Resolution::MICROSECONDS } else { Resolution::NANOSECONDS };
    let interface = Interface::described(LinkType::ETHERNET, None).with_resolution(resolution);
    let interface = writer.add_interface(&interface).unwrap();
    let mut reader = Reader::new(generated).unwrap();
    let (mut octets, mut frames) = (0, 0);
    while let Some(mut frame) = reader.next_frame().unwrap().filter(|_| octets < OCTETS) {
        frame.bytes = frame.bytes.get(..cut).unwrap_or(frame.bytes);
        frame.interface = interface;
        writer.write(&frame).unwrap();
        octets += frame.bytes.len().next_multiple_of(4) + if format == Format::Pcap { 16 } else { 32 };
        frames += 1;
    }
    writer.finish().unwrap();
    read_anew(&path);
    (path, frames)
}

/// Times the contenders on one file and prints a table; gives the promises that are not kept.
fn race(path: &Path, title: &str, frames: u64, faster: f64) -> Vec<String> {
    let answer = ours(path);
    let mut works: Vec<(&str, Work<'_>)> = Vec::new();
    for &(name, walk) in CONTENDERS {
        works.push((name, Box::new(move || walk(path))));
    }
    let reading = move || {
        read_alone(path);
        answer
    };
    works.push(("reading alone", Box::new(reading)));
    let mut contenders: Vec<(&str, &mut dyn FnMut() -> u64)> = Vec::new();
    for (name, work) in &mut works {
        contenders.push((name, work));
    }
    let found = medians(&mut contenders, ROUNDS).unwrap();
    println!("{}", table(&format!("{title}, frames walked"), &found, frames));

    let time = |name: &str| found.iter().find(|(other, _)| other == name).map(|(_, time)| time.as_secs_f64());
    let (us, alone) = (time("netshoot-core").unwrap(), time("reading alone").unwrap());
    let most = time("pcap-parser").map_or(f64::NAN, |theirs| theirs / alone);
    println!("  a walk that took no time beside reading would be {most:.2} times as fast as pcap-parser\n");
    let mut ratios = vec![("pcap-parser", faster, time("pcap-parser").map(|theirs| theirs / us))];
    ratios.push((
        "pcap-parser without reading",
        OWN,
        time("pcap-parser").map(|theirs| (theirs - alone) / (us - alone)),
    ));
    ratios.push(("libpcap", LIBPCAP, time("libpcap").map(|theirs| theirs / us)));
    let late = |(name, least, ratio): (&str, f64, Option<f64>)| {
        let ratio = ratio.filter(|ratio| *ratio < least)?;
        Some(format!("{title}: {ratio:.2} times as fast as {name}, not {least}"))
    };
    ratios.into_iter().filter_map(late).collect()
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let mut generated = Vec::new();
    generate(Settings { frames: 1_300_000, seed: 1 }, &mut generated, std::io::sink()).unwrap();
    let mut late = Vec::new();
    for (title, format, cut, faster) in [
        ("pcap, whole", Format::Pcap, usize::MAX, PCAP),
        ("pcapng, whole", Format::Pcapng, usize::MAX, PCAPNG),
        ("pcap, cut", Format::Pcap, 96, PCAP),
        ("pcapng, cut", Format::Pcapng, 96, PCAPNG),
    ] {
        let (path, frames) = capture(folder.path(), &generated, format, cut);
        late.extend(race(&path, title, frames, faster));
    }
    assert!(late.is_empty(), "promises not kept: {late:#?}");
}

const OCTETS: usize = 126_000_000;
const ROUNDS: usize = 41;
/// pcap-parser leaves the size of its buffer to the caller; this is the one that its documentation uses.
const BUFFER: usize = 65_536;

/// How many times faster than libpcap, at least.
const LIBPCAP: f64 = 3.0;
/// Than pcap-parser with pcapng.
const PCAPNG: f64 = 1.5;
/// Than pcap-parser with pcap, where most of the time of both is reading.
const PCAP: f64 = 1.0;
/// Than pcap-parser in what it takes beside reading.
const OWN: f64 = 1.4;
