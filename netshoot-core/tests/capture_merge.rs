//! Captures are merged, and frames of them chosen, as mergecap and editcap do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod support;

use std::collections::VecDeque;
use std::fs;
use std::io::{self, Cursor, Read};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::Command;

use netshoot_core::capture::{
    Edit, FlowPattern, Format, Merge, MergedInterfaces, Reader, Resolution, Timestamp, Writer,
};
use netshoot_core::packet::IpProtocol;
use netshoot_core::{ErrorKind, analysis};
use proptest::prelude::*;
use support::build::{self, Order};
use support::capture_copy::{Content, merge, pcap_at, read};

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/captures/demo.pcapng");

fn any(merge: Merge<Cursor<Vec<u8>>>) -> Merge<Cursor<Vec<u8>>> {
    merge.interfaces(MergedInterfaces::Any)
}

fn all(merge: Merge<Cursor<Vec<u8>>>) -> Merge<Cursor<Vec<u8>>> {
    merge.interfaces(MergedInterfaces::All)
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
    let (file, _) = merge(&files[..2], any);
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
        (&["-I", "any"], any),
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
    let (twice, _) = merge(&[demo.clone(), demo.clone()], any);
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

/// A file of interfaces, each with a name, and frames of these interfaces; a name among the frames is one more interface.
fn file_of(interfaces: &[&str], frames: &[Result<u32, &str>]) -> Vec<u8> {
    let order = Order::Little;
    let named = |name: &str| build::interface(order, 1, 0, &build::option(order, 2, name.as_bytes()));
    let mut file = build::section(order, (1, 0), &[]);
    interfaces.iter().for_each(|name| file.extend(named(name)));
    for (place, frame) in frames.iter().enumerate() {
        match frame {
            Ok(interface) => {
                file.extend(build::enhanced(order, *interface, place as u64 * 1000, 14, &[place as u8; 14]))
            }
            Err(name) => file.extend(named(name)),
        }
    }
    file
}

/// The names of all interfaces, and the interface and the octets of each frame.
fn shape(file: &[u8]) -> (Vec<String>, Vec<(u32, Vec<u8>)>) {
    let mut reader = Reader::new(file).unwrap();
    let mut frames = Vec::new();
    while let Some(frame) = reader.next_frame().unwrap() {
        frames.push((frame.interface, frame.bytes.to_vec()));
    }
    (
        reader.interfaces().iter().map(|interface| interface.name.as_deref().unwrap_or("none").to_owned()).collect(),
        frames,
    )
}

/// The names of interfaces, and the interface of each frame, are those that mergecap gives, whatever is merged.
#[test]
fn interfaces_become_one_as_in_mergecap() {
    const TEST: &str = "interfaces_become_one_as_in_mergecap";
    if !support::has_program("mergecap") {
        return support::skip(TEST, "mergecap is not installed");
    }
    let folder = tempfile::tempdir().unwrap();
    let two = |names: &[&str]| file_of(names, &[Ok(0), Ok(1), Ok(0)]);
    let cases: [(&str, Vec<Vec<u8>>); 8] = [
        ("the same", vec![two(&["a", "b"]), two(&["a", "b"]), two(&["a", "b"])]),
        ("another order", vec![two(&["a", "b"]), two(&["b", "a"])]),
        ("another number", vec![two(&["a", "b"]), two(&["a", "b", "c"])]),
        ("one alike", vec![two(&["a", "b"]), two(&["a", "c"])]),
        ("twice in a file", vec![two(&["a", "a"]), two(&["a", "a"])]),
        ("twice in one file only", vec![two(&["a", "a"]), two(&["a", "b"])]),
        ("later ones", vec![file_of(&["a"], &[Ok(0), Err("b"), Ok(1)]), file_of(&["a"], &[Ok(0), Err("b"), Ok(1)])]),
        ("pcap", vec![pcap_at(b'a', &[1, 4]), pcap_at(b'b', &[2, 3])]),
    ];
    for (what, files) in &cases {
        let paths: Vec<PathBuf> = (0..files.len()).map(|place| folder.path().join(format!("{place}"))).collect();
        paths.iter().zip(files).for_each(|(path, file)| fs::write(path, file).unwrap());
        for (mode, how) in [("none", (|merge| merge) as fn(Merge<Cursor<Vec<u8>>>) -> _), ("all", all), ("any", any)] {
            let theirs = folder.path().join("theirs");
            let mut command = Command::new("mergecap");
            assert!(command.args(["-a", "-I", mode, "-w"]).arg(&theirs).args(&paths).status().unwrap().success());
            let ours = merge(files, |merge| how(merge.append())).0;
            assert_eq!(shape(&ours), shape(&fs::read(&theirs).unwrap()), "{what} by {mode}");
        }
    }
}

proptest! {
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

/// What is read of several captures is what is written of them, to the analysis, too.
#[test]
fn several_captures_are_read_as_one() {
    let part = |rest: u64| {
        let mut writer = Writer::builder().start(Vec::new()).unwrap();
        let mut reader = Reader::open(DEMO).unwrap();
        while let Some(frame) = reader.next_frame().unwrap() {
            if frame.number / 7 % 2 == rest {
                writer.write(&frame).unwrap();
            }
        }
        writer.finish().unwrap()
    };
    let parts = [part(0), part(1)];
    let merged = || Merge::new(parts.iter().map(|file| Reader::new(Cursor::new(file.as_slice())).unwrap()).collect());
    let mut writer = Writer::builder().start(Vec::new()).unwrap();
    merged().write_to(&mut writer, |_| ControlFlow::Continue(())).unwrap();
    let written = writer.finish().unwrap();
    let options = analysis::Options::default();
    let go_on = |_, _| ControlFlow::Continue(());
    let report = |report: analysis::Report| format!("{report:?}");
    let of_file = analysis::analyze(&mut Reader::new(Cursor::new(&written)).unwrap(), &options, go_on).unwrap();
    let of_both = analysis::analyze(&mut merged().into_reader().unwrap(), &options, go_on).unwrap();
    assert_eq!(report(of_both), report(of_file));
    // In the order of time, which the demonstration has, they are the frames of the whole.
    let of_whole = analysis::analyze(&mut Reader::open(DEMO).unwrap(), &options, go_on).unwrap();
    let flows = |report: &analysis::Report| format!("{:?} {:?}", report.flows, report.findings);
    let mut reader = merged().into_reader().unwrap();
    assert_eq!(flows(&analysis::analyze(&mut reader, &options, go_on).unwrap()), flows(&of_whole));
}

#[test]
fn damage_of_one_capture_comes_behind_all_frames() {
    let files = [pcap_at(b'a', &[1, 4, 9]), pcap_at(b'b', &[2, 4, 12, 3])];
    let cut = files[0][..files[0].len() - 1].to_vec();
    let readers = [cut, files[1].clone()].map(|file| Reader::named(Cursor::new(file), "x.pcap").unwrap());
    let mut reader = Merge::new(readers.into()).into_reader().unwrap();
    for number in 1..=6 {
        assert_eq!(reader.next_frame().unwrap().unwrap().number, number);
    }
    let error = reader.next_frame().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Truncated);
    assert!(error.to_string().contains("x.pcap"), "{error}");
    assert!(reader.next_frame().unwrap().is_none());

    let readers = files.map(|file| Reader::new(Cursor::new(file)).unwrap());
    let mut reader = Merge::new(readers.into()).into_reader().unwrap();
    let report =
        analysis::analyze(&mut reader, &analysis::Options::default(), |_, _| ControlFlow::Continue(())).unwrap();
    assert_eq!((report.capture.frames, report.capture.time_reversals, report.capture.damage), (7, 1, None));
}

#[test]
fn all_damage_is_told() {
    let files = [pcap_at(b'a', &[1, 4]), pcap_at(b'b', &[2, 4]), pcap_at(b'c', &[3])];
    let cut = |place: usize| files[place][..files[place].len() - 1].to_vec();
    let readers = [(cut(0), "a.pcap"), (files[1].clone(), "b.pcap"), (cut(2), "c.pcap")];
    let readers = readers.map(|(file, name)| Reader::named(Cursor::new(file), name).unwrap());
    let mut reader = Merge::new(readers.into()).into_reader().unwrap();
    let report =
        analysis::analyze(&mut reader, &analysis::Options::default(), |_, _| ControlFlow::Continue(())).unwrap();
    let damage = report.capture.damage.unwrap();
    assert!(damage.contains("a.pcap") && damage.contains("; also ") && damage.contains("c.pcap"), "{damage}");
    assert!(!damage.contains("b.pcap"), "{damage}");
    assert_eq!(report.capture.frames, 3);
}

#[test]
fn a_frame_that_is_refused_takes_none_before_it_away() {
    let order = Order::Little;
    let mut long = build::pcap_header(order, build::MICROSECONDS, (2, 4), 16 << 20, 1);
    long.extend(build::pcap_record(order, 0, 5000, 14, &[7; 14]));
    long.extend(build::pcap_record(order, 0, 6000, 31 << 19, &vec![0; 31 << 19]));
    let readers = [long, pcap_at(b'b', &[1, 2, 3, 9])].map(|file| Reader::new(Cursor::new(file)).unwrap());
    let mut reader = Merge::new(readers.into()).into_reader().unwrap();
    for number in 1..=4 {
        assert_eq!(reader.next_frame().unwrap().unwrap().number, number);
    }
    assert_eq!(reader.next_frame().unwrap_err().kind(), ErrorKind::LimitReached);
    assert!(reader.next_frame().unwrap().is_none());
}

/// Pieces of a stream; where there is none, it has no more octets in time.
struct Late(VecDeque<Option<Vec<u8>>>);

impl Read for Late {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.pop_front() {
            None => Ok(0),
            Some(None) => Err(io::ErrorKind::WouldBlock.into()),
            Some(Some(mut piece)) => {
                let rest = piece.split_off(piece.len().min(buffer.len()));
                buffer[..piece.len()].copy_from_slice(&piece);
                if !rest.is_empty() {
                    self.0.push_front(Some(rest));
                }
                Ok(piece.len())
            }
        }
    }
}

#[test]
fn a_capture_that_is_late_is_not_lost() {
    let late = |file: Vec<u8>, at: &[usize]| {
        let mut pieces = VecDeque::new();
        let mut start = 0;
        for end in at {
            pieces.extend([Some(file[start..*end].to_vec()), None]);
            start = *end;
        }
        pieces.push_back(Some(file[start..].to_vec()));
        Reader::new(Late(pieces)).unwrap()
    };
    // In a record, and between two.
    let readers = vec![late(pcap_at(b'a', &[1, 4, 9]), &[24, 60, 84]), late(pcap_at(b'b', &[2, 3, 12]), &[54])];
    let mut reader = Merge::new(readers).into_reader().unwrap();
    let (mut names, mut waits) = (Vec::new(), 0);
    loop {
        match reader.next_frame() {
            Ok(Some(frame)) => names.push(frame.bytes[0]),
            Ok(None) => break,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
                waits += 1;
            }
        }
    }
    assert_eq!((names.as_slice(), waits), (&b"abbaab"[..], 4));
}

#[test]
fn captures_without_frames_are_one_without() {
    let none: Vec<Reader<Cursor<Vec<u8>>>> = Vec::new();
    assert_eq!(Merge::new(none).into_reader().unwrap_err().kind(), ErrorKind::InvalidInput);
    let head = build::section(Order::Little, (1, 0), &build::option(Order::Little, 1, b"nothing came"));
    for count in [1, 2] {
        let readers = (0..count).map(|_| Reader::new(Cursor::new(head.clone())).unwrap()).collect();
        assert!(Merge::new(readers).into_reader().unwrap().next_frame().unwrap().is_none());
    }
}
