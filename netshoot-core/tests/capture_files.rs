//! The capture reader on files built by hand: all block kinds, both byte orders, every prefix, and bad input.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod support;

use std::fs;
use std::io::{self, Read};

use netshoot_core::capture::{Format, Reader, Resolution};
use netshoot_core::packet::LinkType;
use netshoot_core::{Error, ErrorKind};
use support::build::{self, ORDERS, Order};

/// What a frame says, without its borrow: number, offset, nanoseconds, octets, original length, link type, interface,
/// section.
type Row = (u64, u64, Option<i64>, Vec<u8>, u32, u16, u32, u32);

/// All frames, and the error that ended the walk. Checks that the reader is at its end for good.
fn walk<R: Read>(reader: &mut Reader<R>) -> (Vec<Row>, Option<Error>) {
    let mut rows = Vec::new();
    let error = loop {
        match reader.next_frame() {
            Ok(Some(frame)) => rows.push((
                frame.number,
                frame.offset,
                frame.timestamp.map(|time| time.as_nanos()),
                frame.bytes.to_vec(),
                frame.original_length,
                frame.link_type.0,
                frame.interface,
                frame.section,
            )),
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    assert!(matches!(reader.next_frame(), Ok(None)));
    (rows, error)
}

fn read(file: &[u8]) -> (Vec<Row>, Option<Error>) {
    match Reader::new(file) {
        Ok(mut reader) => walk(&mut reader),
        Err(error) => (Vec::new(), Some(error)),
    }
}

/// Gives one octet at a time, with an interruption before each.
struct Slow<'a>(&'a [u8], bool);

impl Read for Slow<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.1 = !self.1;
        if self.1 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let count = room.len().min(1);
        self.0.read(&mut room[..count])
    }
}

#[test]
fn pcap_in_all_four_magics() {
    for order in ORDERS {
        for (magic, unit) in [(build::MICROSECONDS, 1000), (build::NANOSECONDS, 1)] {
            let file = build::pcap_of_three(order, magic);
            let mut reader = Reader::new(&file[..]).unwrap();
            assert_eq!(reader.format(), Format::Pcap);
            let (rows, error) = walk(&mut reader);
            assert!(error.is_none());
            let first = 1_700_000_000_000_000_000 + 123_456 * unit;
            let last = i64::from(u32::MAX) * 1_000_000_000 + 999_999 * unit;
            assert_eq!(rows[0], (1, 24, Some(first), b"fourteen octet".to_vec(), 60, 1, 0, 1));
            assert_eq!(rows[1], (2, 54, Some(1_700_000_001_000_000_000), Vec::new(), 0, 1, 0, 1));
            assert_eq!(rows[2], (3, 70, Some(last), b"abc".to_vec(), 2, 1, 0, 1));
            assert_eq!(rows.len(), 3);
            assert_eq!((reader.offset(), reader.sections()), (file.len() as u64, 1));
            let [interface] = reader.interfaces() else { panic!("one interface") };
            assert_eq!((interface.link_type, interface.snap_length), (LinkType::ETHERNET, 65_535));
            assert_eq!(interface.resolution == Resolution::NANOSECONDS, unit == 1);
        }
    }
}

#[test]
fn pcap_header_fields() {
    let header =
        |version, snap, network| build::pcap_header(Order::Little, build::MICROSECONDS, version, snap, network);
    let file = header((2, 4), 0, 0x2400_0001);
    let fcs = Reader::new(&file[..]).unwrap();
    assert_eq!((fcs.interfaces()[0].fcs_length, fcs.interfaces()[0].link_type), (Some(4), LinkType::ETHERNET));
    assert!(Reader::new(&header((2, 4), 0, 0xf800_0071)[..]).unwrap().interfaces()[0].fcs_length.is_none());

    let error = Reader::new(&header((1, 4), 0, 1)[..]).unwrap_err();
    assert_eq!(error.to_string(), "read pcap file header at offset 0: version 1.4 is unknown");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let error = Reader::new(&header((2, 4), 0, 0x0020_0001)[..]).unwrap_err();
    assert_eq!(error.to_string(), "read pcap file header at offset 20: network field 0x00200001 has reserved bits set");
}

#[test]
fn pcap_lengths_of_old_versions_are_swapped() {
    let record = |first: u32, second: u32| {
        [Order::Big.words(&[1, 0, first, second]), vec![7; first.min(second) as usize]].concat()
    };
    for (version, first, second) in [((2, 2), 9, 3), ((2, 3), 9, 3), ((2, 3), 3, 9), ((2, 4), 3, 9)] {
        let header = build::pcap_header(Order::Big, build::MICROSECONDS, version, 0, 1);
        let (rows, error) = read(&[header, record(first, second)].concat());
        assert!(error.is_none());
        assert_eq!((rows[0].3.len(), rows[0].4), (3, 9));
    }
}

#[test]
fn pcapng_with_every_block_in_both_orders() {
    for order in ORDERS {
        let file = build::pcapng_of_everything(order);
        let mut reader = Reader::new(&file[..]).unwrap();
        assert_eq!(reader.format(), Format::Pcapng);
        let (rows, error) = walk(&mut reader);
        assert!(error.is_none(), "{error:?}");
        let half = (file.len() / 2) as u64;
        for (index, row) in rows.iter().enumerate() {
            assert_eq!(row.0, index as u64 + 1);
            assert_eq!(row.7, index as u32 / 4 + 1);
            let twin = &rows[index % 4];
            assert_eq!(row.1, twin.1 + half * (index as u64 / 4));
            assert_eq!((row.2, &row.3, row.4, row.5, row.6), (twin.2, &twin.3, twin.4, twin.5, twin.6));
        }
        let [a, b, c, d] = &rows[..4] else { panic!("four frames a section") };
        assert_eq!((a.2, &a.3[..], a.4, a.5, a.6), (Some(1_700_000_000_123_456_789), &b"fourteen octet"[..], 60, 1, 0));
        assert_eq!((b.2, &b.3[..], b.4, b.5, b.6), (Some(1_500_000_000), &b"fifteen octets!"[..], 15, 113, 1));
        assert_eq!((c.2, &c.3[..], c.4, c.5, c.6), (None, &b"five!"[..], 5, 1, 0));
        assert_eq!((d.2, &d.3[..], d.4, d.5, d.6), (Some(7), &b"abc"[..], 3, 1, 0));
        assert_eq!((rows.len(), reader.sections(), reader.offset()), (8, 2, file.len() as u64));
        let told: Vec<_> =
            reader.interfaces().iter().map(|i| (i.section, i.id, i.name.as_deref(), i.link_type.0)).collect();
        assert_eq!(told, [(1, 0, Some("eth0"), 1), (1, 1, None, 113), (2, 0, Some("eth0"), 1), (2, 1, None, 113)]);
        let statistics = reader.interfaces()[3].statistics.unwrap();
        assert_eq!((statistics.received, statistics.dropped, statistics.os_dropped), (Some(1000), Some(2), None));
        assert!(reader.interfaces()[0].statistics.is_none());
    }
}

#[test]
fn pcapng_interface_options() {
    let order = Order::Little;
    let options = [
        build::option(order, 3, b"uplink"),
        build::option(order, 11, b"\0tcp port 443"),
        build::option(order, 12, b"Linux 6.1\0"),
        build::option(order, 13, &[4]),
        build::option(order, 14, &order.u64(5_u64.wrapping_neg())),
        build::option(order, 2, &[b'x'; 2000]),
        // A value that runs past the block ends the options.
        order.u32(0xffff_0002).to_vec(),
    ];
    let file = [
        build::section(order, (1, 2), b""),
        build::interface(order, 276, 0, &options.concat()),
        build::enhanced(order, 0, 1_000_001, 1, b"x"),
    ];
    let file = file.concat();
    let mut reader = Reader::new(&file[..]).unwrap();
    let (rows, error) = walk(&mut reader);
    assert!(error.is_none());
    assert_eq!(rows[0].2, Some(-3_999_999_000));
    let interface = &reader.interfaces()[0];
    assert_eq!(interface.name.as_deref().map(str::len), Some(1024));
    assert_eq!(interface.description.as_deref(), Some("uplink"));
    assert_eq!(interface.filter.as_deref(), Some("tcp port 443"));
    assert_eq!(interface.operating_system.as_deref(), Some("Linux 6.1"));
    assert_eq!((interface.fcs_length, interface.timestamp_offset), (Some(4), -5));
}

#[test]
fn simple_packets_are_cut_to_the_snap_length() {
    let order = Order::Big;
    let start = [build::section(order, (1, 0), b""), build::interface(order, 1, 6, b"")].concat();
    let (rows, error) = read(&[start.clone(), build::simple(order, 900, b"sixsix")].concat());
    assert!(error.is_none());
    assert_eq!((&rows[0].3[..], rows[0].4), (&b"sixsix"[..], 900));
    let (rows, error) = read(&[start, build::simple(order, 900, b"four")].concat());
    assert!(rows.is_empty());
    assert!(error.unwrap().to_string().ends_with("captured length 6 does not fit a block of 20"));
}

#[test]
fn frames_with_times_that_do_not_fit_are_delivered_and_told_at_the_end() {
    let order = Order::Little;
    for (resolution, fits) in [(0, false), (9, false), (127, true)] {
        let mut file = [
            build::section(order, (1, 0), b""),
            build::interface(order, 1, 0, &build::option(order, 9, &[resolution])),
            build::enhanced(order, 0, 0, 1, b"a"),
            build::simple(order, 1, b"b"),
            build::enhanced(order, 0, u64::MAX, 1, b"c"),
            build::obsolete(order, 0, u64::MAX, 1, b"d"),
            build::enhanced(order, 0, 0, 1, b"e"),
        ]
        .concat();
        let late = if fits { Some(0) } else { None };
        let (rows, error) = read(&file);
        let times: Vec<_> = rows.iter().map(|row| (row.2, row.3[0])).collect();
        assert_eq!(times, [(Some(0), b'a'), (None, b'b'), (late, b'c'), (late, b'd'), (Some(0), b'e')]);
        assert_eq!(error.is_none(), fits);
        if let Some(error) = error {
            assert_eq!(error.kind(), ErrorKind::Malformed);
            assert_eq!(
                error.to_string(),
                "read pcapng enhanced packet block at offset 112: its time stamp does not fit in 64 bits of \
                 nanoseconds; 2 frames have such a time"
            );
        }
        // Another error comes instead.
        file.pop();
        let (rows, error) = read(&file);
        assert_eq!((rows.len(), error.unwrap().kind()), (4, ErrorKind::Truncated));
    }
}

#[test]
fn times_that_do_not_fit_are_told_with_the_path() {
    let order = Order::Big;
    let file = [
        build::section(order, (1, 0), b""),
        build::interface(order, 1, 0, &build::option(order, 14, &order.u64(i64::MAX as u64))),
        build::enhanced(order, 0, 0, 1, b"a"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("late.pcapng");
    fs::write(&path, file.concat()).unwrap();
    let (rows, error) = walk(&mut Reader::open(&path).unwrap());
    assert_eq!((rows.len(), rows[0].2), (1, None));
    assert_eq!(
        error.unwrap().to_string(),
        format!(
            "read pcapng enhanced packet block of {} at offset 60: its time stamp does not fit in 64 bits of \
             nanoseconds; 1 frame has such a time",
            path.display()
        )
    );
}

/// Every file cut anywhere gives the frames that are complete, then `Truncated` unless the cut is between records.
#[test]
fn every_prefix_gives_what_is_complete() {
    let mut files: Vec<_> = ORDERS.iter().map(|order| build::pcapng_of_everything(*order)).collect();
    files.extend(ORDERS.iter().map(|order| build::pcap_of_three(*order, build::MICROSECONDS)));
    for file in files {
        let (whole, _) = read(&file);
        let mut clean_ends = 0;
        for length in 0..=file.len() {
            let (rows, error) = read(&file[..length]);
            assert_eq!(rows[..], whole[..rows.len()], "cut at {length}");
            let (slow_rows, slow_error) = match Reader::new(Slow(&file[..length], false)) {
                Ok(mut reader) => walk(&mut reader),
                Err(error) => (Vec::new(), Some(error)),
            };
            assert_eq!(rows, slow_rows);
            assert_eq!(error.as_ref().map(Error::to_string), slow_error.as_ref().map(Error::to_string));
            match error {
                Some(error) => {
                    assert_eq!(error.kind(), ErrorKind::Truncated, "cut at {length}: {error}");
                    assert!(error.to_string().contains("at offset"), "{error}");
                }
                None => clean_ends += 1,
            }
        }
        // After the file header or section header, and after each record or block.
        let records = if whole.len() == 3 { 1 + 3 } else { 2 * 12 };
        assert_eq!(clean_ends, records);
    }
}

#[test]
fn lengths_that_lie_are_errors_and_cost_nothing() {
    let order = Order::Little;
    let header = build::pcap_header(order, build::MICROSECONDS, (2, 4), 0, 1);
    let pcap = |words: [u32; 4]| read(&[header.clone(), order.words(&words), vec![0; 64]].concat()).1.unwrap();
    assert_eq!(
        pcap([0, 0, u32::MAX, 60]).to_string(),
        "read pcap record 1 at offset 24: captured length 4294967295 is beyond the limit of 262144"
    );
    assert_eq!(pcap([0, 0, 65, 65]).to_string(), "read pcap record 1 at offset 24: cut off: 81 octets needed, 80 left");
    let start = [build::section(order, (1, 0), b""), build::interface(order, 1, 0, b"")].concat();
    let pcapng = |words: &[u32]| read(&[start.clone(), order.words(words)].concat()).1.unwrap().to_string();
    assert_eq!(pcapng(&[6, 0, 0]), "read pcapng enhanced packet block at offset 48: block length 0 is less than 12");
    assert_eq!(
        pcapng(&[6, u32::MAX, 0]),
        "read pcapng enhanced packet block at offset 48: block length 4294967295 is beyond the limit of 16777216"
    );
    assert_eq!(
        pcapng(&[77, u32::MAX, 0]),
        "read pcapng block of type 0x4d at offset 48: cut off: 4294967296 octets needed for a block length of 4294967295, \
         12 left"
    );
    assert_eq!(
        pcapng(&[6, 13, 0, 99]),
        "read pcapng enhanced packet block at offset 48: block length 13 at its start, 99 at its end"
    );
    assert_eq!(
        pcapng(&[6, 13, 0, 13]),
        "read pcapng enhanced packet block at offset 48: block length 13 is too short for its fields"
    );
    assert_eq!(
        pcapng(&[6, 32, 5, 0, 0, 0, 0, 32]),
        "read pcapng enhanced packet block at offset 48: interface 5 of a section that describes 1"
    );
    assert_eq!(
        pcapng(&[6, 32, 0, 0, 0, 1, 1, 32]),
        "read pcapng enhanced packet block at offset 48: captured length 1 does not fit a block of 32"
    );
    assert_eq!(
        pcapng(&[6, 12, 12]),
        "read pcapng enhanced packet block at offset 48: block length 12 is too short for its fields"
    );
    assert_eq!(
        pcapng(&[77, 12, 16]),
        "read pcapng block of type 0x4d at offset 48: block length 12 at its start, 16 at its end"
    );
    assert_eq!(
        pcapng(&[0x0a0d_0d0a, 28, 7]),
        "read pcapng section header block at offset 48: its byte-order magic is unknown"
    );
}

#[test]
fn long_blocks_are_read_or_passed_over() {
    let order = Order::Big;
    let long = vec![1; 3 << 20];
    let file = [
        build::section(order, (1, 0), b""),
        build::interface(order, 1, 0, b""),
        build::block(order, 99, &vec![0; 20 << 20]),
        build::enhanced(order, 0, 1, 1, &long),
        build::enhanced(order, 0, 2, 1, b"short"),
    ];
    let (rows, error) = read(&file.concat());
    assert!(error.is_none());
    assert_eq!((&rows[0].3, &rows[1].3[..]), (&long, &b"short"[..]));
}

#[test]
fn interfaces_are_limited() {
    let order = Order::Little;
    let mut file = build::section(order, (1, 0), b"");
    file.extend(build::interface(order, 1, 0, &build::option(order, 2, &[b'n'; 200])).repeat(65_537));
    let mut reader = Reader::new(&file[..]).unwrap();
    let error = reader.next_frame().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitReached);
    assert!(error.to_string().ends_with(": more than 65536 interfaces in a section"), "{error}");
    assert_eq!(reader.interfaces().len(), 65_536);
    let texts: usize = reader.interfaces().iter().filter_map(|i| i.name.as_deref()).map(str::len).sum();
    assert!((4 << 20) - 200 < texts && texts <= 4 << 20);
}

/// A file may have any number of sections: the interfaces of the oldest are forgotten.
#[test]
fn sections_are_not_limited() {
    let order = Order::Little;
    let section = |interfaces: usize| {
        let name = build::option(order, 2, b"a");
        let last = build::enhanced(order, interfaces as u32 - 1, 7, 1, b"x");
        [build::section(order, (1, 0), b""), build::interface(order, 1, 0, &name).repeat(interfaces), last].concat()
    };
    let file = [section(1).repeat(65_535), section(3), section(1).repeat(40_000), section(65_536), section(1)].concat();
    let mut reader = Reader::new(&file[..]).unwrap();
    let mut most = 0;
    let mut frames = 0;
    while let Some((section, id, time)) =
        reader.next_frame().unwrap().map(|frame| (frame.section, frame.interface, frame.timestamp))
    {
        frames += 1;
        assert!(u64::from(section) == frames && time.is_some());
        let last = reader.interfaces().last().unwrap();
        assert_eq!((last.section, last.id), (section, id));
        most = most.max(reader.interfaces().len());
    }
    assert_eq!((frames, reader.sections(), most), (105_538, 105_538, 65_536));
    assert_eq!(reader.interfaces().len(), 32_769);
    assert_eq!(reader.interfaces()[0].id, 32_768);
}

#[test]
fn other_files_are_told_by_name() {
    let error = |file: &[u8]| Reader::new(file).unwrap_err();
    assert_eq!(
        error(b"BZh91AY").to_string(),
        "read capture file header at offset 0: this is a bzip2 file; hint: decompress it first"
    );
    assert_eq!(error(b"snoop\0\0\0\0\0\0\x02").kind(), ErrorKind::Unsupported);
    let text = error(b"GET / HTTP/1.1\r\n");
    assert_eq!(
        text.to_string(),
        "read capture file header at offset 0: not a capture: the first octets are 47 45 54 20"
    );
    assert_eq!(text.kind(), ErrorKind::Malformed);
    assert_eq!(error(b"").to_string(), "read capture file header at offset 0: the file is empty");
    assert_eq!(error(b"\xd4\xc3").kind(), ErrorKind::Truncated);
}

#[test]
fn errors_name_the_path_on_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let error = Reader::open(folder.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(error.to_string(), format!("open capture {}: is a directory", folder.path().display()));
    assert_eq!(Reader::open(folder.path().join("none")).unwrap_err().kind(), ErrorKind::NotFound);
    let error = Reader::open("").unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::NotFound, "open capture \"\""));

    let path = folder.path().join("two\nlines.pcap");
    let mut file = build::pcap_of_three(Order::Little, build::MICROSECONDS);
    file.pop();
    fs::write(&path, &file).unwrap();
    let (rows, error) = walk(&mut Reader::open(&path).unwrap());
    assert_eq!(rows.len(), 2);
    let text = error.unwrap().to_string();
    let place = folder.path().display();
    assert_eq!(
        text,
        format!(r"read pcap record 3 of {place}/two\x0alines.pcap at offset 70: cut off: 19 octets needed, 18 left")
    );
}

#[test]
fn errors_name_the_stream() {
    let mut file = build::pcap_of_three(Order::Little, build::MICROSECONDS);
    file.pop();
    let (_, error) = walk(&mut Reader::named(&file[..], "standard input").unwrap());
    assert_eq!(
        error.unwrap().to_string(),
        "read pcap record 3 of standard input at offset 70: cut off: 19 octets needed, 18 left"
    );
    let error = Reader::named(&b""[..], "a\nb").unwrap_err();
    assert_eq!(error.to_string(), r"read capture file header of a\x0ab at offset 0: the file is empty");
}

#[test]
fn stream_errors_are_passed_on_once() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::from_raw_os_error(5))
        }
    }
    let file = build::pcap_of_three(Order::Little, build::MICROSECONDS);
    let mut reader = Reader::new(file.chain(Broken)).unwrap();
    let (rows, error) = walk(&mut reader);
    assert_eq!(rows.len(), 3);
    let error = error.unwrap();
    assert_eq!((error.kind(), error.raw_os_error()), (ErrorKind::Io, Some(5)));
    assert_eq!(error.to_string(), "read capture at offset 89: input/output error");
}

/// A FIFO is read as a stream when a writer comes, and refused after a while when none does.
#[cfg(unix)]
#[test]
fn fifo_with_and_without_a_writer() {
    if !support::has_program("mkfifo") {
        support::skip("fifo_with_and_without_a_writer", "mkfifo is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let writer = std::thread::spawn({
        let path = path.clone();
        move || fs::write(path, build::pcap_of_three(Order::Big, build::NANOSECONDS)).unwrap()
    });
    let (rows, error) = walk(&mut Reader::open(&path).unwrap());
    writer.join().unwrap();
    assert!(rows.len() == 3 && error.is_none());

    let error = Reader::open(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    let text = format!("open FIFO {}: no program opened it for writing within 5 s", path.display());
    assert_eq!(error.to_string(), text);
}
