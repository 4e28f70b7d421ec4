//! Writing captures: round trips, rotation, merging, choosing, indexes, files that grow, compressed files of every kind.
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
use std::io::{Cursor, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use netshoot_core::capture::{
    Block, BlockType, Compression, Direction, Edit, Facts, FlowPattern, Format, Frame, Index, Interface,
    InterfaceStatistics, Merge, Names, OptionList, PacketFlags, Reader, Resolution, Rotate, Secrets, Timestamp, Writer,
};
use netshoot_core::packet::{IpProtocol, LinkType};
use netshoot_core::{Error, ErrorKind};
use proptest::prelude::*;
use support::build::{self, ORDERS, Order};
use support::capture_copy::{Content, Said, content, copy};

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/captures/demo.pcapng");

fn read(file: &[u8]) -> Content {
    content(&mut Reader::new(file).unwrap())
}

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
        assert_eq!(names.get("192.0.2.1".parse().unwrap()), Some("gateway"));
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

/// The merged file, and what was said of it.
fn merge(
    files: &[Vec<u8>],
    how: impl FnOnce(Merge<Cursor<Vec<u8>>>) -> Merge<Cursor<Vec<u8>>>,
) -> (Vec<u8>, netshoot_core::capture::Merged) {
    let readers = files.iter().map(|file| Reader::new(Cursor::new(file.clone())).unwrap()).collect();
    let mut writer = Writer::builder().start(Vec::new()).unwrap();
    let merged = how(Merge::new(readers)).write_to(&mut writer, |_| ControlFlow::Continue(())).unwrap();
    (writer.finish().unwrap(), merged)
}

fn frame(number: u64, nanos: i64, bytes: &[u8]) -> Frame<'_> {
    Frame::new(number, Some(Timestamp::from_nanos(nanos)), LinkType::ETHERNET, bytes)
}

/// A pcap file with frames at these milliseconds, each with its own number and the file's name in it.
fn pcap_at(name: u8, times: &[i64]) -> Vec<u8> {
    let mut writer = Writer::builder().format(Format::Pcap).start(Vec::new()).unwrap();
    for (place, time) in times.iter().enumerate() {
        let bytes = [name, place as u8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x88, 0xb5];
        writer.write(&frame(1, time * 1_000_000, &bytes)).unwrap();
    }
    writer.finish().unwrap()
}

#[test]
fn captures_are_merged_by_time() {
    let files = [pcap_at(b'a', &[1, 4, 9]), pcap_at(b'b', &[2, 4, 5]), pcap_at(b'c', &[])];
    let order = |file: &[u8]| read(file).rows().iter().map(|row| (row.2[0], row.2[1], row.5)).collect::<Vec<_>>();
    let (file, merged) = merge(&files, |merge| merge);
    assert_eq!((merged.read, merged.written, merged.damage.len()), (6, 6, 0));
    let expected = [(b'a', 0, 0), (b'b', 0, 1), (b'a', 1, 0), (b'b', 1, 1), (b'b', 2, 1), (b'a', 2, 0)];
    assert_eq!(order(&file), expected);
    let (file, _) = merge(&files, Merge::append);
    assert_eq!(order(&file).iter().map(|row| row.0).collect::<Vec<_>>(), b"aaabbb");
    let (file, _) = merge(&files[..2], Merge::share_interfaces);
    assert_eq!(read(&file).interfaces.len(), 1);
    assert!(order(&file).iter().all(|row| row.2 == 0));
    // One that is cut off gives what it has.
    let cut = files[0][..files[0].len() - 1].to_vec();
    let (file, merged) = merge(&[cut, files[1].clone()], |merge| merge);
    assert_eq!((order(&file).len(), merged.damage.len(), merged.damage[0].0), (5, 1, 0));
    assert_eq!(merged.damage[0].1.kind(), ErrorKind::Truncated);
}

#[test]
fn mergecap_merges_the_same() {
    const TEST: &str = "mergecap_merges_the_same";
    if !support::has_program("mergecap") {
        return support::skip(TEST, "mergecap is not installed");
    }
    let folder = tempfile::tempdir().unwrap();
    let demo = fs::read(DEMO).unwrap();
    let half = |range: std::ops::RangeInclusive<u64>| {
        let mut edit = Edit::new();
        edit.frames = vec![range];
        edit.drop_frames = true;
        merge(std::slice::from_ref(&demo), |merge| merge.edit(edit)).0
    };
    let files = [half(1..=100), half(50..=300), pcap_at(b'x', &[1, 2, 1_000_000])];
    let paths: Vec<PathBuf> = (0..files.len()).map(|place| folder.path().join(format!("{place}"))).collect();
    paths.iter().zip(&files).for_each(|(path, file)| fs::write(path, file).unwrap());
    let theirs = folder.path().join("theirs");
    for (arguments, how) in [
        (&["-I", "none"][..], Merge::append as fn(Merge<Cursor<Vec<u8>>>) -> _),
        (&["-I", "none"], |merge| merge),
        (&["-I", "any"], Merge::share_interfaces),
    ] {
        let is_appended = arguments == ["-I", "none"] && !theirs.exists();
        let mut command = Command::new("mergecap");
        if is_appended {
            command.arg("-a");
        }
        assert!(command.args(arguments).arg("-w").arg(&theirs).args(&paths).status().unwrap().success());
        let (ours, theirs) = (merge(&files, how).0, fs::read(&theirs).unwrap());
        let (ours, theirs) = (read(&ours), read(&theirs));
        assert_eq!(ours.rows().len(), theirs.rows().len());
        // Of frames of the same time, mergecap takes that of the last file first.
        let sorted = |content: &Content| {
            let mut rows: Vec<_> = content.rows().into_iter().cloned().collect();
            rows.iter_mut().for_each(|row| row.0 = 0);
            rows.sort_by_key(|row| if is_appended { (0, None) } else { (row.5, row.1) });
            rows
        };
        assert!(sorted(&ours) == sorted(&theirs), "{arguments:?}");
        let times = |content: &Content| content.rows().iter().map(|row| row.1).collect::<Vec<_>>();
        assert!(times(&ours) == times(&theirs), "{arguments:?}");
        assert_eq!(ours.interfaces.len(), theirs.interfaces.len());
    }
}

#[test]
fn editcap_chooses_and_changes_the_same() {
    const TEST: &str = "editcap_chooses_and_changes_the_same";
    if !support::has_program("editcap") {
        return support::skip(TEST, "editcap is not installed");
    }
    let folder = tempfile::tempdir().unwrap();
    let demo = fs::read(DEMO).unwrap();
    // Each frame twice, so that there are duplicates.
    let (twice, _) = merge(&[demo.clone(), demo.clone()], Merge::share_interfaces);
    let source = folder.path().join("source");
    fs::write(&source, &twice).unwrap();
    let times: Vec<_> = read(&twice).rows().iter().map(|row| row.1.unwrap()).collect();
    let (from, until) = (times[times.len() / 4], times[times.len() / 2]);
    let date = |nanos: i64| Timestamp::from_nanos(nanos).to_string();
    let (from_text, until_text) = (date(from), date(until));
    let edit = |change: &dyn Fn(&mut Edit)| {
        let mut edit = Edit::new();
        change(&mut edit);
        edit
    };
    let whole = Writer::builder;
    let cases = [
        (vec!["-r"], vec!["1-3", "7"], edit(&|edit| edit.frames = vec![1..=3, 7..=7]), whole()),
        (vec![], vec!["2-5"], edit(&|edit| (edit.frames, edit.drop_frames) = (vec![2..=5], true)), whole()),
        (vec!["-A", &from_text], vec![], edit(&|edit| edit.from = Some(Timestamp::from_nanos(from))), whole()),
        (vec!["-B", &until_text], vec![], edit(&|edit| edit.until = Some(Timestamp::from_nanos(until))), whole()),
        (vec!["-d"], vec![], edit(&|edit| edit.duplicate_window = 5), whole()),
        (vec!["-D", "2"], vec![], edit(&|edit| edit.duplicate_window = 2), whole()),
        (vec!["-t", "-3600.5"], vec![], edit(&|edit| edit.shift = -3_600_500_000_000), whole()),
        (vec!["-s", "60"], vec![], edit(&|_| {}), whole().snap_length(60)),
        (vec!["-F", "pcap", "-s", "1"], vec![], edit(&|_| {}), whole().format(Format::Pcap).snap_length(1)),
        (
            vec!["-F", "nsecpcap"],
            vec![],
            edit(&|_| {}),
            whole().format(Format::Pcap).resolution(Resolution::NANOSECONDS),
        ),
    ];
    for (options, ranges, edit, builder) in cases {
        let theirs = folder.path().join("theirs");
        let mut command = Command::new("editcap");
        command.env("TZ", "UTC").args(&options).arg(&source).arg(&theirs).args(&ranges);
        assert!(command.output().unwrap().status.success(), "{options:?}");
        let mut writer = builder.start(Vec::new()).unwrap();
        let reader = Reader::new(&twice[..]).unwrap();
        Merge::new(vec![reader]).edit(edit).write_to(&mut writer, |_| ControlFlow::Continue(())).unwrap();
        let (ours, theirs) = (read(&writer.finish().unwrap()), read(&fs::read(&theirs).unwrap()));
        assert_eq!(ours.rows().len(), theirs.rows().len(), "{options:?}");
        assert!(!ours.rows().is_empty() && ours.rows() == theirs.rows(), "{options:?}");
    }
}

#[test]
fn flows_are_chosen_in_both_directions() {
    let demo = fs::read(DEMO).unwrap();
    let mut reader = Reader::new(&demo[..]).unwrap();
    let mut tuples = Vec::new();
    while let Some(frame) = reader.next_frame().unwrap() {
        tuples.push(frame.packet().five_tuple());
    }
    let wanted = tuples.iter().flatten().find(|tuple| tuple.protocol == IpProtocol::TCP).copied().unwrap();
    let (one, other) =
        ((wanted.source, wanted.source_port).into(), (wanted.destination, wanted.destination_port).into());
    let count = |is_wanted: &dyn Fn(&netshoot_core::packet::FiveTuple) -> bool| {
        tuples.iter().flatten().filter(|tuple| is_wanted(tuple)).count()
    };
    let chosen = |flow| {
        let mut edit = Edit::new();
        edit.flow = Some(flow);
        merge(std::slice::from_ref(&demo), |merge| merge.edit(edit)).1.written as usize
    };
    let both = count(&|tuple| *tuple == wanted || *tuple == wanted.reversed());
    assert!(both > 1 && both < tuples.len());
    assert_eq!(chosen(FlowPattern::between(one, other).protocol(IpProtocol::TCP)), both);
    assert_eq!(chosen(FlowPattern::between(other, one)), both);
    assert_eq!(chosen(FlowPattern::between(other, one).protocol(IpProtocol::UDP)), 0);
    let host = count(&|tuple| tuple.source == wanted.source || tuple.destination == wanted.source);
    assert!(chosen(FlowPattern::of((wanted.source, 0).into())) >= host);
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

    #[test]
    fn merging_is_sorting(mut times in prop::collection::vec(prop::collection::vec(0..1000_i64, 0..20), 0..5)) {
        times.iter_mut().for_each(|times| times.sort_unstable());
        let files: Vec<_> = times.iter().zip(b'a'..).map(|(times, name)| pcap_at(name, times)).collect();
        let (file, merged) = merge(&files, |merge| merge);
        let content = read(&file);
        let found: Vec<_> = content.rows().iter().map(|row| (row.1.unwrap() / 1_000_000, row.2[0], row.2[1])).collect();
        let one = |(times, name): (&Vec<i64>, u8)| -> Vec<_> {
            times.iter().zip(0_u8..).map(|(time, place)| (*time, name, place)).collect()
        };
        let mut expected: Vec<_> = times.iter().zip(b'a'..).flat_map(one).collect();
        expected.sort_by_key(|(time, name, _)| (*time, *name));
        prop_assert_eq!(found, expected);
        prop_assert_eq!(merged.read, merged.written);
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
