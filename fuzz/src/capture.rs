//! Invariants of the capture reader.

use std::io::{self, Read};
use std::ops::ControlFlow;

use netshoot_core::capture::{
    Block, Compression, Facts, Format, Frame, Merge, MergedInterfaces, Names, Reader, Writer,
};
use netshoot_core::{Error, ErrorKind};

/// Reads the input as a pcap file.
///
/// # Panics
/// If an invariant of [`netshoot_core::capture::Reader`] is broken.
pub fn fuzz_pcap(data: &[u8]) {
    check(data, Format::Pcap);
}

/// Reads the input as a pcapng file.
///
/// # Panics
/// If an invariant of [`netshoot_core::capture::Reader`] is broken.
pub fn fuzz_pcapng(data: &[u8]) {
    check(data, Format::Pcapng);
}

/// Reads the input as a capture that is compressed.
///
/// # Panics
/// If an invariant of [`netshoot_core::capture::Reader`] is broken.
pub fn fuzz_compressed(data: &[u8]) {
    match Reader::new(data) {
        Ok(mut reader) => {
            let facts = Facts::read(&mut reader, |_| ControlFlow::Continue(()));
            assert!(reader.offset() <= data.len() as u64);
            match facts {
                Ok(facts) => facts.damage.iter().for_each(check_error),
                Err(error) => check_error(&error),
            }
        }
        Err(error) => check_error(&error),
    }
}

/// What was written says what was read, whatever the input, and a copy of the copy is the same file.
fn check_copy(data: &[u8]) {
    if Reader::new(data).is_err() {
        return;
    }
    let formats = [
        Writer::builder().format(Format::Pcapng),
        Writer::builder().format(Format::Pcapng).compression(Some(Compression::Lz4)),
        Writer::builder().format(Format::Pcap),
    ];
    for (place, builder) in formats.into_iter().enumerate() {
        let Some(copy) = copied(data, builder.clone()) else {
            assert!(place == 2, "pcapng holds all that can be read");
            continue;
        };
        let (before, after) = (said(data), said(&copy));
        if place == 2 {
            // Of pcap the times of frames that have none are 0.
            assert!(before.iter().map(|frame| (&frame.1, frame.2)).eq(after.iter().map(|frame| (&frame.1, frame.2))));
        } else {
            assert_eq!(before, after);
        }
        assert_eq!(copied(&copy, builder), Some(copy), "a copy of the copy");
    }
}

/// The copy; `None` if the format cannot hold a frame.
fn copied(data: &[u8], builder: netshoot_core::capture::WriterBuilder) -> Option<Vec<u8>> {
    let mut writer = builder.start(Vec::new()).ok()?;
    let reader = Reader::new(data).ok()?;
    match Merge::new(vec![reader]).write_to(&mut writer, |_| ControlFlow::Continue(())) {
        Ok(merged) => assert_eq!(merged.read, merged.written),
        Err(error) => {
            assert!(matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::InvalidInput), "{error}");
            return None;
        }
    }
    writer.finish().ok()
}

/// Two captures that are the same, with interfaces that become one: every frame is written, unless the format is broken.
fn check_merge(data: &[u8]) {
    for merged in [MergedInterfaces::All, MergedInterfaces::Any] {
        let (Ok(one), Ok(other)) = (Reader::new(data), Reader::new(data)) else { return };
        let Ok(mut writer) = Writer::builder().start(Vec::new()) else { return };
        let merge = Merge::new(vec![one, other]).interfaces(merged);
        match merge.write_to(&mut writer, |_| ControlFlow::Continue(())) {
            Ok(merged) => assert!(merged.read == merged.written && merged.read % 2 == 0),
            Err(error) => assert!(matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::InvalidInput), "{error}"),
        }
    }
}

/// Names are the same frame by frame and block by block.
fn check_names(data: &[u8]) {
    let Ok(mut frames) = Reader::new(data) else { return };
    let kept = Names::read(&mut frames, |_| ControlFlow::Continue(()));
    let mut added = Names::default();
    let Ok(mut blocks) = Reader::new(data) else { return };
    while let Ok(Some(block)) = blocks.next_block() {
        if let Block::Other(block) = block {
            added.add(&block);
        }
    }
    let sorted = |names: &Names| {
        names.iter().map(|(address, name)| (address, name.to_owned())).collect::<std::collections::BTreeMap<_, _>>()
    };
    assert!(kept.is_ok_and(|kept| sorted(&kept) == sorted(&added)));
}

/// Time, octets, original length, options and drops of each frame; of other blocks, options alone.
type Said = (Option<i64>, Vec<u8>, u32, Vec<(u16, Vec<u8>)>, Option<u64>);

fn said(data: &[u8]) -> Vec<Said> {
    let mut said = Vec::new();
    let Ok(mut reader) = Reader::new(data) else { return said };
    while let Ok(Some(block)) = reader.next_block() {
        let Block::Frame(frame) = block else { continue };
        // The obsolete block has the count of drops elsewhere.
        let options = frame.options().filter(|option| option.code != 4);
        said.push((
            frame.timestamp.map(|time| time.as_nanos()),
            frame.bytes.to_vec(),
            frame.original_length,
            options.map(|option| (option.code, option.value.to_vec())).collect(),
            frame.dropped(),
        ));
    }
    said
}

fn check(data: &[u8], format: Format) {
    if data.len() <= SLOW_LIMIT {
        check_copy(data);
        check_merge(data);
        check_names(data);
    }
    let mut reader = match Reader::new(data) {
        // Frames of what is compressed lie elsewhere.
        Ok(reader) if reader.format() == format && reader.compression().is_none() => reader,
        Ok(_) => return,
        Err(error) => return check_error(&error),
    };
    // The same file in the smallest pieces gives the same, as long as that is quick.
    let mut slow = (data.len() <= SLOW_LIMIT).then(|| Reader::new(Octets(data)));
    let mut before = Reached { number: 0, end: 0 };
    loop {
        let next = reader.next_frame().map(|frame| frame.map(|frame| (frame, before.check(&frame, data))));
        if let Some(slow) = &mut slow {
            let slow = slow.as_mut().map_err(|error| error.to_string());
            let slow = slow.and_then(|slow| slow.next_frame().map_err(|error| error.to_string()));
            let fast = next.as_ref().map(|next| next.map(|(frame, _)| frame)).map_err(ToString::to_string);
            assert_eq!(fast, slow);
        }
        match next {
            Ok(Some((_, reached))) => before = reached,
            Ok(None) => {
                assert_eq!(reader.offset(), data.len() as u64, "a clean end is the end of the file");
                break;
            }
            Err(error) => {
                check_error(&error);
                break;
            }
        }
    }
    assert!(matches!(reader.next_frame(), Ok(None)), "the end is for good");
    assert!(matches!(reader.next_frame(), Ok(None)), "the end is for good");
    check_interfaces(&reader, data);
}

/// How far the frames have come.
#[derive(Clone, Copy)]
struct Reached {
    number: u64,
    end: u64,
}

impl Reached {
    /// The frame is the next one, lies behind the one before, and has the octets of the file.
    fn check(&self, frame: &Frame<'_>, data: &[u8]) -> Self {
        assert_eq!(frame.number, self.number + 1);
        assert!(frame.offset >= self.end, "frame {} begins within the one before", frame.number);
        let rest = usize::try_from(frame.offset).ok().and_then(|offset| data.get(offset..)).unwrap_or_default();
        // The headers of a pcap record, a simple packet block, and the other packet blocks.
        let is_there = |header: usize| rest.get(header..header + frame.bytes.len()) == Some(frame.bytes);
        assert!([16, 12, 28].into_iter().any(is_there), "frame {} is not in the file", frame.number);
        Self { number: frame.number, end: frame.offset + 12 + frame.bytes.len() as u64 }
    }
}

fn check_interfaces(reader: &Reader<&[u8]>, data: &[u8]) {
    let interfaces = reader.interfaces();
    // A description has at least 20 octets; a pcap file has one interface without.
    assert!(interfaces.len() <= 1 + data.len() / 20);
    assert!(interfaces.iter().all(|interface| (1..=reader.sections()).contains(&interface.section)));
    let texts = interfaces.iter().flat_map(|i| [&i.name, &i.description, &i.filter, &i.operating_system]);
    // An octet that is no text becomes a replacement character of three.
    assert!(texts.flatten().map(|text| text.len()).sum::<usize>() <= 3 * data.len());
}

/// One line, that says where.
fn check_error(error: &Error) {
    let text = error.to_string();
    assert!(text.contains(" at offset ") && !text.contains('\n'), "{text}");
    assert!(
        matches!(
            error.kind(),
            ErrorKind::Malformed | ErrorKind::Truncated | ErrorKind::Unsupported | ErrorKind::LimitReached
        ),
        "{text}"
    );
}

/// Gives one octet at a time.
struct Octets<'a>(&'a [u8]);

impl Read for Octets<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let room = room.get_mut(..1).unwrap_or_default();
        self.0.read(room)
    }
}

const SLOW_LIMIT: usize = 16 * 1024;
