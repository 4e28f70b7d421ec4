//! Writing captures: round trips, rotation, merging, choosing, indexes, files that grow.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

mod support;

use std::fs::{self, File};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use netshoot_core::capture::{
    Block, BlockType, Compression, Direction, Facts, Format, Frame, Index, Interface, InterfaceStatistics, Merge,
    Names, OptionList, PacketFlags, Reader, Resolution, Rotate, Secrets, Timestamp, Writer,
};
use netshoot_core::packet::LinkType;
use netshoot_core::{Error, ErrorKind};
use proptest::prelude::*;
use support::build::{self, ORDERS, Order};
use support::capture_copy::{Said, copy, frame, merge, read};

/// A file with options and blocks of every kind, known and unknown.
fn everything(order: Order) -> Vec<u8> {
    let custom = [order.u32(32_473).to_vec(), b"mine".to_vec()].concat();
    let packet_options = [
        build::option(order, 1, b"first comment"),
        build::option(order, 1, "zweiter \u{fc}".as_bytes()),
        build::option(order, 2, &order.u32(0x0001_0041)),
        build::option(order, 4, &order.u64(7)),
        build::option(order, 5, &order.u64(99)),
        build::option(order, 6, &order.u32(3)),
        build::option(order, 7, &[&[1][..], &order.u64(5)].concat()),
        build::option(order, 2988, &custom),
        build::option(order, 0x7777, b"unknown"),
        build::option(order, 0, b""),
    ];
    let interface = [
        build::option(order, 2, b"eth0"),
        build::option(order, 4, &[192, 0, 2, 1, 255, 255, 255, 0]),
        build::option(order, 8, &order.u64(1_000_000_000)),
        build::option(order, 9, &[0x94]),
        build::option(order, 10, &order.u32(3600)),
        build::option(order, 14, &order.u64(5)),
        build::option(order, 15, b"some card"),
    ];
    let mut packet = order.words(&[0, 0x1234, 0x5678_9abc, 5, 60]);
    packet.extend(b"five!\0\0\0");
    packet.extend(packet_options.concat());
    let record = |kind: u16, value: &[u8]| {
        let mut record = [order.u16(kind), order.u16(value.len() as u16)].concat();
        record.extend(value);
        record.resize(record.len().next_multiple_of(4), 0);
        record
    };
    let names = [
        record(1, b"\xc0\x00\x02\x01gateway\0gateway.example\0"),
        record(2, &[&[0x20, 1, 0xd, 0xb8][..], &[0; 11], &[1], b"six.example\0"].concat()),
        record(0, b""),
        build::option(order, 2, b"ns1"),
    ];
    let secrets = [&order.words(&[Secrets::TLS_KEY_LOG, 6])[..], b"CLIENT\0\0", &build::option(order, 1, b"keys")];
    [
        build::section(order, (1, 0), &[build::option(order, 3, b"Linux"), build::option(order, 1, b"note")].concat()),
        build::interface(order, 1, 100, &interface.concat()),
        build::block(order, 10, &secrets.concat()),
        build::block(order, 4, &names.concat()),
        build::block(order, 6, &packet),
        build::block(order, 0xbad, &custom),
        build::block(order, 0x4000_0bad, &custom),
        build::block(order, 9, b"__CURSOR=x\n"),
        build::statistics(order, 0, 10, 2),
        build::simple(order, 4, b"four"),
        build::obsolete(order, 0, 7, 3, b"abc"),
    ]
    .concat()
}

#[test]
fn every_block_and_option_is_accessible() {
    for order in ORDERS {
        let file = everything(order);
        let mut reader = Reader::new(&file[..]).unwrap();
        let mut names = Names::default();
        let (mut frames, mut custom, mut secrets) = (0, 0, 0);
        while let Some(block) = reader.next_block().unwrap() {
            match block {
                Block::Frame(frame) if frame.number == 1 => {
                    frames += 1;
                    assert_eq!(frame.comments().collect::<Vec<_>>(), ["first comment", "zweiter \u{fc}"]);
                    let flags = frame.flags().unwrap();
                    assert_eq!(
                        (flags.direction(), flags.fcs_length(), flags.errors()),
                        (Some(Direction::Inbound), Some(2), 1)
                    );
                    assert_eq!((frame.dropped(), frame.options().count()), (Some(7), 9));
                    assert_eq!(frame.options().find(2988).unwrap().custom(), Some((32_473, &b"mine"[..])));
                }
                Block::Frame(frame) if frame.number == 3 => assert_eq!(frame.dropped(), Some(3)),
                Block::Frame(frame) => assert_eq!((frame.dropped(), frame.options().count()), (None, 0)),
                Block::Other(other) => {
                    names.add(&other);
                    if let Some(keys) = other.secrets() {
                        secrets += 1;
                        assert_eq!((keys.kind, keys.data), (Secrets::TLS_KEY_LOG, &b"CLIENT"[..]));
                        assert_eq!(other.options().comments().next().unwrap(), "keys");
                    }
                    if let Some(held) = other.custom() {
                        custom += 1;
                        assert_eq!((held.number, held.data), (32_473, &b"mine"[..]));
                        assert_eq!(held.is_copied, other.block_type == BlockType::CUSTOM);
                    }
                    if other.block_type == BlockType::NAME_RESOLUTION {
                        assert_eq!(other.names().count(), 3);
                        assert_eq!(other.options().find(2).unwrap().text(), "ns1");
                    }
                }
                _ => {}
            }
        }
        assert_eq!((frames, custom, secrets), (1, 2, 1));
        assert_eq!(names.get("192.0.2.1".parse().unwrap()), Some("gateway.example"));
        assert_eq!(names.get("2001:db8::1".parse().unwrap()), Some("six.example"));
        // Frames alone are the same frames.
        let mut frames = Reader::new(&file[..]).unwrap();
        let mut count = 0;
        while frames.next_frame().unwrap().is_some() {
            count += 1;
        }
        assert_eq!(count, 3);
    }
}

#[test]
fn copies_say_the_same_in_both_byte_orders() {
    for order in ORDERS {
        for file in [everything(order), build::pcapng_of_everything(order)] {
            let (original, again) = (read(&file), read(&copy(&file, Writer::builder()).unwrap()));
            assert_eq!(original.said, again.said);
            assert_eq!(original.interfaces, again.interfaces);
        }
        // Of sections of an own byte order, numbers are turned.
        let turned = merge(&[everything(Order::Little), everything(order)], Merge::append).0;
        let content = read(&turned);
        let rows = content.rows();
        assert_eq!(rows.len(), 6);
        for (one, other) in rows.iter().zip(&rows[3..]) {
            assert_eq!((&one.2, one.3, one.8), (&other.2, other.3, other.8));
            // Only packets of interface 0 can be without a time.
            assert!(one.1 == other.1 || one.1.is_none());
            assert_eq!(other.5, one.5 + 1);
            let plain = |row: &support::capture_copy::Row| {
                row.7.iter().map(|(code, value)| (*code, value.len())).collect::<Vec<_>>()
            };
            assert_eq!(plain(one), plain(other));
        }
        assert_eq!(rows[0].7[2], rows[3].7[2], "the flags are the same number");
        let names = |said: &&Said| matches!(said, Said::Other { kind: 4, .. });
        let told: Vec<_> = content.said.iter().filter(names).collect();
        assert_eq!(told[0], told[1]);
    }
}

#[test]
fn pcap_tells_what_it_cannot_hold() {
    let order = Order::Little;
    let mut writer = Writer::builder().format(Format::Pcap).start(Vec::new()).unwrap();
    let file = everything(order);
    let reader = Reader::new(&file[..]).unwrap();
    let merged = Merge::new(vec![reader]).write_to(&mut writer, |_| ControlFlow::Continue(())).unwrap();
    // Section and interface, two frames with options or drops; secrets, names, two custom blocks, journal, statistics;
    // the packet without a time.
    assert_eq!((merged.lost.options, merged.lost.blocks, merged.lost.times), (4, 6, 1));
    let file = writer.finish().unwrap();
    let reader = Reader::new(&file[..]).unwrap();
    assert_eq!(reader.interfaces()[0].resolution, Resolution::NANOSECONDS, "units of 2^-20 s are finer than µs");
    assert_eq!(reader.interfaces()[0].snap_length, 100);

    let mut writer = Writer::builder().format(Format::Pcap).start(Vec::new()).unwrap();
    writer.write(&frame(1, 0, b"x")).unwrap();
    let other = Frame::new(2, None, LinkType::RAW, b"x");
    let error = writer.write(&other).unwrap_err();
    assert_eq!(
        error.to_string(),
        "write frame 2: its link type is 101, that of the file 1; hint: pcapng holds more than one"
    );
    let error = writer.write(&frame(3, -1, b"x")).unwrap_err();
    assert!(
        error.to_string().contains("does not fit pcap, which goes from 1970 to 2106; hint: write pcapng"),
        "{error}"
    );
    assert_eq!(read(&writer.finish().unwrap()).rows().len(), 1);
}

#[test]
fn pcapng_refuses_what_contradicts_it() {
    let mut writer = Writer::builder().start(Vec::new()).unwrap();
    let interface = Interface::described(LinkType::RAW, Some("tun0")).with_resolution(Resolution::MICROSECONDS);
    assert_eq!(writer.add_interface(&interface).unwrap(), 0);
    let error = writer.write(&frame(1, 0, b"x")).unwrap_err();
    assert_eq!((error.kind(), error.detail()), (ErrorKind::InvalidInput, Some("link type 1, of its interface 101")));
    let mut raw = Frame::new(2, Some(Timestamp::from_nanos(1_500)), LinkType::RAW, b"x");
    raw.interface = 1;
    assert_eq!(writer.write(&raw).unwrap_err().detail(), Some("interface 1 was not described"));
    raw.interface = 0;
    writer.write(&raw).unwrap();
    assert_eq!(writer.lost().times, 1, "half a microsecond");
    let mut counters = InterfaceStatistics::default();
    (counters.received, counters.dropped) = (Some(10), Some(1));
    writer.write_statistics(0, Timestamp::from_nanos(2_000), &counters).unwrap();
    assert_eq!(writer.write_statistics(9, Timestamp::MAX, &counters).unwrap_err().kind(), ErrorKind::InvalidInput);
    writer.write_secrets(Secrets::TLS_KEY_LOG, b"CLIENT_RANDOM").unwrap();
    let file = writer.finish().unwrap();
    let mut reader = Reader::new(&file[..]).unwrap();
    assert_eq!(reader.next_frame().unwrap().unwrap().timestamp, Some(Timestamp::from_nanos(1_000)));
    assert!(reader.next_frame().unwrap().is_none());
    assert_eq!(reader.interfaces()[0].statistics, Some(counters));
    assert_eq!(reader.interfaces()[0].name.as_deref(), Some("tun0"));
    let mut facts = Reader::new(&file[..]).unwrap();
    let facts = Facts::read(&mut facts, |_| ControlFlow::Continue(())).unwrap();
    assert!(facts.sections[0].application.as_ref().unwrap().starts_with("netshoot "));
}

fn rotated(folder: &Path, name: &str, rotate: Rotate, times: &[i64]) -> Vec<(String, Vec<u8>)> {
    let mut writer = Writer::builder().rotate(rotate).comment("rotated").create(folder.join(name)).unwrap();
    let interface = Interface::described(LinkType::ETHERNET, Some("eth0"));
    writer.add_interface(&interface).unwrap();
    writer.write_secrets(Secrets::TLS_KEY_LOG, b"CLIENT").unwrap();
    for (place, time) in times.iter().enumerate() {
        writer.write(&frame(1, time * 1_000_000_000, &[place as u8; 100])).unwrap();
    }
    writer.finish().unwrap();
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    let files = files.into_iter().map(|file| (file.clone(), fs::read(folder.join(&file)).unwrap()));
    files.inspect(|(file, _)| fs::remove_file(folder.join(file)).unwrap()).collect()
}

#[test]
fn files_are_rotated_by_count_size_and_time() {
    let folder = tempfile::tempdir().unwrap();
    let numbers = |files: &[(String, Vec<u8>)]| {
        let number = |file: &[u8]| read(file).rows().iter().map(|row| row.2[0]).collect::<Vec<_>>();
        files.iter().map(|(_, file)| number(file)).collect::<Vec<_>>()
    };
    let times = [0, 1, 2, 3, 4, 25, 26];
    let files = rotated(folder.path(), "a.pcapng", Rotate::default().by_frames(3), &times);
    assert_eq!(numbers(&files), [vec![0, 1, 2], vec![3, 4, 5], vec![6]]);
    let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["a_00001_19700101000000.pcapng", "a_00002_19700101000003.pcapng", "a_00003_19700101000026.pcapng"]
    );
    for (_, file) in &files {
        let content = read(file);
        assert_eq!(content.interfaces.len(), 1);
        assert!(
            matches!(&content.said[0], Said::Other { kind: 0x0a0d_0d0a, options, .. } if options[0].1 == b"rotated")
        );
        assert!(matches!(&content.said[2], Said::Other { kind: 10, rest, .. } if rest == b"CLIENT"));
    }
    let whole = files[0].1.len() as u64;
    let files = rotated(folder.path(), "b.pcapng", Rotate::default().by_octets(whole), &times);
    assert_eq!(numbers(&files), [vec![0, 1, 2], vec![3, 4, 5], vec![6]]);
    let files = rotated(folder.path(), "b.pcapng", Rotate::default().by_octets(whole - 1), &times);
    assert_eq!(files.len(), 4);
    assert!(files.iter().all(|(_, file)| (file.len() as u64) < whole));
    let files = rotated(folder.path(), "b", Rotate::default().by_octets(1), &times);
    assert_eq!(files.len(), times.len(), "a frame that is too long for any file has one of its own");
    let files = rotated(folder.path(), "c.pcapng", Rotate::default().by_interval(Duration::from_secs(2)), &times);
    assert_eq!(numbers(&files), [vec![0, 1], vec![2, 3], vec![4], vec![5], vec![6]]);
    let ring = Rotate::default().by_frames(1).keep(2);
    let files = rotated(folder.path(), "d.pcapng.gz", ring, &times);
    assert_eq!(numbers(&files), [vec![5], vec![6]]);
    assert_eq!(files[1].0, "d_00007_19700101000026.pcapng.gz");
    assert_eq!(files[1].1[..2], [0x1f, 0x8b]);
    // Nothing at all is a capture, too.
    let files = rotated(folder.path(), "e.pcapng", ring, &[]);
    assert_eq!((files.len(), read(&files[0].1).rows().len()), (1, 0));
    let error = Writer::builder().rotate(Rotate::default().by_frames(0)).create(folder.path().join("f")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let error = Writer::builder().rotate(ring).start(Vec::new()).unwrap_err();
    assert_eq!(error.to_string(), "write capture: a stream cannot be rotated; hint: name a file");
}

#[test]
fn files_of_pcap_are_whole_after_rotation() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer =
        Writer::builder().rotate(Rotate::default().by_frames(1)).create(folder.path().join("a.pcap")).unwrap();
    for time in 0..3 {
        writer.write(&frame(1, time, b"x")).unwrap();
    }
    writer.finish().unwrap();
    let files: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect();
    assert_eq!(files.len(), 3);
    assert!(files.iter().all(|file| read(file).rows().len() == 1));
}

#[test]
fn an_index_goes_to_every_frame() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("many");
    let mut writer = Writer::builder().start(Vec::new()).unwrap();
    for number in 0..5000_i64 {
        // Not in order: every hundredth is late.
        let late = if number % 100 == 0 { 50_000 } else { 0 };
        writer.write(&frame(1, number * 1000 - late + 1_000_000, &number.to_le_bytes())).unwrap();
    }
    let section = writer.finish().unwrap();
    let file = [section.clone(), everything(Order::Big), section].concat();
    fs::write(&path, &file).unwrap();
    let whole = read(&file);
    let rows = whole.rows();
    let index = Index::build(&mut Reader::open(&path).unwrap(), |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(index.frames(), rows.len() as u64);
    let mut reader = Reader::open(&path).unwrap();
    for number in [10_003, 1, 1024, 1025, 2, 5000, 5001, 5002, 5004, 9999] {
        assert!(reader.seek_frame(&index, number).unwrap());
        let row = rows[number as usize - 1];
        let frame = reader.next_frame().unwrap().unwrap();
        let found = (frame.number, frame.timestamp.map(|time| time.as_nanos()), frame.section, frame.interface);
        assert_eq!(found, (row.0, row.1, row.6, row.5));
        assert_eq!(frame.bytes, row.2);
    }
    assert!(!reader.seek_frame(&index, 0).unwrap() && !reader.seek_frame(&index, 10_004).unwrap());
    for time in [0, 1_000_000, 1_050_000, 3_333_333, 5_999_000, 6_000_000, i64::MAX] {
        let expected = rows.iter().find(|row| row.1.is_some_and(|nanos| nanos >= time)).map(|row| row.0);
        let is_found = reader.seek_time(&index, Timestamp::from_nanos(time)).unwrap();
        assert_eq!(is_found, expected.is_some(), "{time}");
        if is_found {
            assert_eq!(reader.next_frame().unwrap().map(|frame| frame.number), expected);
        }
    }
    // Reading on gives all that is left, once.
    reader.seek_frame(&index, 4000).unwrap();
    let mut left = 0;
    while reader.next_frame().unwrap().is_some() {
        left += 1;
    }
    assert_eq!((left, reader.sections()), (rows.len() - 3999, 3));
    let packed = copy(&file, Writer::builder().compression(Some(Compression::Gzip))).unwrap();
    let error = Index::build(&mut Reader::new(&packed[..]).unwrap(), |_| ControlFlow::Continue(())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_grows_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("live.pcapng");
    let file = everything(Order::Little);
    let mut writer = File::create(&path).unwrap();
    let patience = Some(Duration::from_millis(60));
    let error = Reader::follow(&path, patience).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    writer.write_all(&file[..100]).unwrap();
    let mut reader = Reader::follow(&path, patience).unwrap();
    let mut seen = 0;
    // In pieces that end within blocks, also within those that are passed over.
    for piece in file[100..].chunks(150) {
        loop {
            match reader.next_frame() {
                Ok(Some(_)) => seen += 1,
                Ok(None) => panic!("the end of a file that grows"),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
                    break;
                }
            }
        }
        writer.write_all(piece).unwrap();
    }
    while reader.next_frame().is_ok() {
        seen += 1;
    }
    assert_eq!(seen, 3);

    let mut reader = Reader::follow(&path, None).unwrap();
    let canceller = reader.canceller().unwrap();
    let error = std::thread::scope(|scope| {
        let waiting = scope.spawn(move || -> Option<Error> {
            while let Some(_frame) = reader.next_frame().transpose() {
                if let Err(error) = _frame {
                    return Some(error);
                }
            }
            None
        });
        std::thread::sleep(Duration::from_millis(100));
        canceller.cancel();
        waiting.join().unwrap().unwrap()
    });
    assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
    let mut reader = Reader::follow(&path, patience).unwrap();
    while reader.next_frame().is_ok() {}
    writer.set_len(10).unwrap();
    let error = reader.next_frame().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Truncated, "{error}");
}

#[test]
fn modified_pcap_is_told_apart_by_its_records() {
    for order in ORDERS {
        for header in [24_usize, 28] {
            let mut file = build::pcap_header(order, 0xa1b2_cd34, (2, 4), 65_535, 1);
            for record in 0..4_u32 {
                file.extend(order.words(&[1_700_000_000 + record, 5, 20, 60, 2, 0x0800_0001]));
                file.resize(file.len() + header - 24, 0);
                file.extend([record as u8; 20]);
            }
            let content = read(&file);
            assert!(content.error.is_none());
            let rows = content.rows();
            assert_eq!(rows.len(), 4, "{order:?} {header}");
            assert!(rows.iter().zip(0..).all(|(row, record)| row.2 == [record; 20] && row.3 == 60));
        }
    }
}

/// Interface, time, octets, original length, options.
type Made = (u32, Option<i64>, Vec<u8>, u32, Vec<(u16, Vec<u8>)>);

fn frames() -> impl Strategy<Value = Vec<Made>> {
    let option = (1..=9_u16, prop::collection::vec(any::<u8>(), 0..20));
    let time = prop::option::of(0..i64::MAX);
    let frame =
        (0..3_u32, time, prop::collection::vec(any::<u8>(), 0..90), any::<u32>(), prop::collection::vec(option, 0..4));
    prop::collection::vec(frame, 0..30)
}

proptest! {
    #[test]
    fn frames_survive_writing_and_reading(frames in frames(), tsresol in prop::sample::select(vec![6, 9, 12, 0xa0])) {
        let mut writer = Writer::builder().start(Vec::new()).unwrap();
        for _ in 0..3 {
            let interface = Interface::described(LinkType(147), None).with_resolution(Resolution::from_tsresol(tsresol));
            writer.add_interface(&interface).unwrap();
        }
        let mut written = Vec::new();
        for (interface, time, bytes, extra, options) in frames {
            let mut list = OptionList::new();
            for (code, value) in &options {
                list = list.with(*code, value);
            }
            let mut frame = Frame::new(1, time.map(Timestamp::from_nanos), LinkType(147), &bytes);
            frame.interface = interface;
            // Without a time there is no place for the rest.
            if time.is_some() {
                frame.original_length = extra;
                frame = frame.with_options(list.as_options());
            }
            let original = frame.original_length;
            let is_written = writer.write(&frame);
            if is_written.is_ok() {
                written.push((interface, time, bytes, original, if time.is_some() { options } else { Vec::new() }));
            } else {
                prop_assert_eq!(is_written.unwrap_err().kind(), ErrorKind::InvalidInput);
            }
        }
        let lost = writer.lost();
        let file = writer.finish().unwrap();
        let content = read(&file);
        prop_assert!(content.error.is_none(), "{:?}", content.error);
        prop_assert_eq!(content.rows().len(), written.len());
        let mut changed = 0;
        for (row, (interface, time, bytes, original, options)) in content.rows().into_iter().zip(&written) {
            prop_assert_eq!((row.5, &row.2, row.3), (*interface, bytes, *original));
            changed += u64::from(row.1 != *time);
            if tsresol == 9 && time.is_some() {
                prop_assert_eq!(row.1, *time);
            }
            let kept: Vec<_> = options.iter().filter(|(code, _)| *code != 4).cloned().collect();
            prop_assert_eq!(&row.7, &kept);
        }
        prop_assert_eq!(changed, lost.times);
        // A copy of a copy is the same file.
        let again = copy(&file, Writer::builder()).unwrap();
        prop_assert_eq!(copy(&again, Writer::builder()).unwrap(), again);
    }
}

#[test]
fn writing_errors_name_the_file() {
    let error = Writer::create("/nonexistent/x.pcap").unwrap_err();
    assert_eq!(error.to_string(), "create capture /nonexistent/x.pcap: no such file or directory");
    let mut writer = Writer::builder().format(Format::Pcap).create("/dev/full").unwrap();
    writer.write(&frame(1, 0, b"x").with_options(OptionList::new().flags(PacketFlags(1)).as_options())).unwrap();
    let error = writer.finish().unwrap_err();
    assert_eq!(error.to_string(), "write /dev/full: no space left on device");
}
