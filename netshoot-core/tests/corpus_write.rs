//! Every file of the shared corpus is read, written and read again, and other programs read what was written.
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
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;

use netshoot_core::ErrorKind;
use netshoot_core::capture::{Compression, Facts, Format, Reader, Timestamp, Writer};
use support::capture_copy::{Content, Said, content, copy};
use support::{Capture, Corpus};

/// Copies of both formats say what the original says, in every frame, interface and block.
#[test]
fn every_capture_survives_a_copy() {
    let Some(corpus) = Corpus::find("every_capture_survives_a_copy") else { return };
    let (mut files, mut frames, mut blocks, mut refused, mut faults) = (0, 0, 0, 0, Vec::new());
    for capture in &corpus.captures {
        let file = fs::read(&capture.path).unwrap();
        let original = match Reader::new(&file[..]) {
            Ok(mut reader) => content(&mut reader),
            Err(error) => {
                assert!(matches!(error.kind(), ErrorKind::Malformed | ErrorKind::Truncated | ErrorKind::Unsupported));
                refused += 1;
                continue;
            }
        };
        files += 1;
        frames += original.rows().len();
        blocks += original.said.len();
        let pcapng = copy(&file, Writer::builder().format(Format::Pcapng)).unwrap();
        compare(capture, "pcapng", &original, &pcapng, &mut faults);
        // Where the original is pcap, or has one link type and a time in each frame.
        match copy(&file, Writer::builder().format(Format::Pcap)) {
            Ok(pcap) => compare(capture, "pcap", &original, &pcap, &mut faults),
            Err(error) => {
                let is_expected = matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::InvalidInput);
                assert!(is_expected && capture.format.starts_with("pcapng"), "{}: {error}", capture.name);
            }
        }
    }
    eprintln!("{files} files ({refused} are no captures), {frames} frames, {blocks} blocks, all twice");
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert!(files > 1400 && refused < 40);
}

fn compare(capture: &Capture, what: &str, original: &Content, copy: &[u8], faults: &mut Vec<String>) {
    let mut reader = match Reader::new(copy) {
        Ok(reader) => reader,
        Err(error) => return faults.push(format!("{} as {what}: {error}", capture.name)),
    };
    let again = content(&mut reader);
    let is_same = if what == "pcapng" && capture.format.starts_with("pcapng") {
        original.said == again.said && original.interfaces == again.interfaces
    } else {
        original.rows().into_iter().map(as_pcap).eq(again.rows().into_iter().map(as_pcap))
    };
    let times_fit = original.error.as_ref().is_none_or(|error| !error.contains("does not fit in 64 bits"));
    let is_whole = again.error.is_none() || !times_fit;
    if !is_same || !is_whole {
        let first = original.said.iter().zip(&again.said).find(|(one, other)| one != other);
        faults.push(format!("{} as {what}: {:?} {}", capture.name, again.error, difference(first)));
    }
}

fn difference(pair: Option<(&Said, &Said)>) -> String {
    let short = |said: &Said| format!("{said:?}").chars().take(300).collect::<String>();
    pair.map_or_else(
        || "interfaces or count differ".into(),
        |(one, other)| format!("{} became {}", short(one), short(other)),
    )
}

/// What pcap can hold of a frame.
fn as_pcap(row: &support::capture_copy::Row) -> (Option<i64>, &[u8], u32, u16) {
    (row.1.or(Some(0)), &row.2, row.3, row.4)
}

/// Compressed copies say the same; so does what gzip, zstd and lz4 make of them.
#[test]
fn compressed_copies_are_read_and_decompressed_by_others() {
    const TEST: &str = "compressed_copies_are_read_and_decompressed_by_others";
    let Some(corpus) = Corpus::find(TEST) else { return };
    let folder = tempfile::tempdir().unwrap();
    let (mut files, mut octets) = (0, 0);
    let parts = support::corpus_parts();
    for capture in corpus.captures.iter().filter(|capture| capture.is_drawn(SEED, parts)) {
        let file = fs::read(&capture.path).unwrap();
        let Ok(plain) = copy(&file, Writer::builder()) else { continue };
        files += 1;
        octets += plain.len();
        let whole = content(&mut Reader::new(&plain[..]).unwrap());
        for (compression, program) in
            [(Compression::Gzip, "gzip"), (Compression::Zstd, "zstd"), (Compression::Lz4, "lz4")]
        {
            let packed = copy(&file, Writer::builder().compression(Some(compression))).unwrap();
            let mut reader = Reader::new(&packed[..]).unwrap();
            assert_eq!(reader.compression(), Some(compression));
            let again = content(&mut reader);
            assert_eq!(again.error, whole.error, "{}", capture.name);
            assert!(again.said == whole.said, "{} by {program}", capture.name);
            assert_eq!(reader.offset(), packed.len() as u64);
            if !support::has_program(program) {
                support::skip(TEST, &format!("{program} is not installed"));
                continue;
            }
            let path = folder.path().join("packed");
            fs::write(&path, &packed).unwrap();
            assert!(run(program, &["-dc"], &path).0 == plain, "{} by {program}", capture.name);
            fs::write(&path, &plain).unwrap();
            let theirs = run(program, &["-c"], &path).0;
            assert!(
                content(&mut Reader::new(&theirs[..]).unwrap()).said == whole.said,
                "{} by {program}",
                capture.name
            );
        }
    }
    eprintln!("{files} files of {octets} octets by three compressions");
    assert!(files > 30);
}

/// The facts of every file are those that capinfos told of it.
#[test]
fn facts_are_those_of_capinfos() {
    let Some(corpus) = Corpus::find("facts_are_those_of_capinfos") else { return };
    let (mut values, mut excused, mut faults) = (0_u64, 0_u64, Vec::new());
    for capture in &corpus.captures {
        let stored = corpus.answers(capture, "info").next().expect("one line of facts");
        if stored["exit"] != 0 {
            continue;
        }
        let mut reader = Reader::open(&capture.path).unwrap();
        let facts = Facts::read(&mut reader, |_| ControlFlow::Continue(())).unwrap();
        assert!(facts.damage.is_none(), "{}: {:?}", capture.name, facts.damage);
        let size = fs::metadata(&capture.path).unwrap().len();
        assert_eq!(facts.file_octets, size, "{}", capture.name);
        // tshark takes pseudo-headers off the lengths, cuts them to 31 bits, and does not carry long fractions.
        let is_odd = facts.link_types.keys().any(|link| link.0 == 123) || facts.original_octets > 0x7fff_ffff;
        let is_odd = is_odd || has_long_fraction(&fs::read(&capture.path).unwrap());
        // Of times that are 68 years and more apart, capinfos takes the wrong one for the later.
        let span = facts.times.map_or(0, |(first, last)| last.nanos_since(first));
        let is_odd = is_odd || span > i64::from(i32::MAX) * 1_000_000_000;
        let text = |name: &str, time: Timestamp| {
            let text = time.to_string();
            let digits = stored[name].as_str().and_then(|text| text.rsplit('.').next()).map_or(6, str::len);
            text.trim_end_matches('Z').replace('T', " ")[..20 + digits].to_owned()
        };
        let section = facts.sections.last().cloned().unwrap_or_default();
        let has_times = facts.times.is_some();
        let pairs = [
            ("Number of packets", Some(facts.frames.to_string())),
            ("Data size (bytes)", Some(facts.original_octets.to_string())),
            ("Strict time order", has_times.then(|| if facts.is_in_order { "True".into() } else { "False".into() })),
            ("Start time", facts.times.map(|(first, _)| text("Start time", first))),
            ("End time", facts.times.map(|(_, last)| text("End time", last))),
            ("Capture application", section.application),
            ("Capture oper-sys", section.operating_system),
            ("Capture hardware", section.hardware),
        ];
        for (name, ours) in pairs {
            let Some(ours) = ours else { continue };
            values += 1;
            let is_one = facts.sections.len() == 1 || !name.starts_with("Capture");
            if stored[name] != ours && (is_odd || !is_one || facts.timeless > 0) {
                excused += 1;
            } else if stored[name] != ours {
                faults.push(format!("{} {name}: {ours:?}, capinfos {}", capture.name, stored[name]));
            }
        }
    }
    eprintln!("{values} facts compared, {excused} excused");
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert!(values > 7000 && excused * 100 < values);
}

/// capinfos and tshark say the same of a file and of its copies.
#[test]
fn wireshark_reads_copies_as_it_reads_originals() {
    const TEST: &str = "wireshark_reads_copies_as_it_reads_originals";
    let Some(corpus) = Corpus::find(TEST) else { return };
    if !support::has_program("capinfos") || !support::has_program("tshark") {
        return support::skip(TEST, "capinfos and tshark are not installed");
    }
    let folder = tempfile::tempdir().unwrap();
    let (mut files, mut long, mut lines, mut faults) = (0, 0, 0, Vec::new());
    let parts = support::corpus_parts();
    for capture in corpus.captures.iter().filter(|capture| capture.is_drawn(SEED, parts)) {
        let file = fs::read(&capture.path).unwrap();
        if has_long_fraction(&file) {
            long += 1;
            continue;
        }
        let is_pcapng = capture.format.starts_with("pcapng");
        let format = if is_pcapng { Format::Pcapng } else { Format::Pcap };
        let path = folder.path().join("copy");
        let Ok(again) = copy(&file, Writer::builder().format(format)) else { continue };
        fs::write(&path, again).unwrap();
        let [(facts, fields, is_read), (facts_of_copy, fields_of_copy, _)] = std::thread::scope(|scope| {
            [&capture.path, &path].map(|path| scope.spawn(|| asked(path))).map(|thread| thread.join().unwrap())
        });
        if !is_read {
            continue;
        }
        files += 1;
        lines += fields.lines().count();
        // A copy of a modified pcap file is a plain one.
        let facts = facts.replace("\nmodpcap\t", "\npcap\t");
        if facts != facts_of_copy {
            faults.push(format!("{}: capinfos\n{facts}\n{facts_of_copy}", capture.name));
        }
        if fields != fields_of_copy {
            let first = fields.lines().zip(fields_of_copy.lines()).find(|(one, other)| one != other);
            faults.push(format!("{}: tshark {first:?}", capture.name));
        }
    }
    eprintln!("{files} files, {lines} frames by capinfos and tshark; {long} files with fractions of a second and more");
    assert!(long * 10 < files, "tshark does not carry those");
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert!(files > 30);
}

fn asked(path: &Path) -> (String, String, bool) {
    let ((facts, is_known), (fields, is_read)) = (capinfos(path), tshark(path));
    (facts, fields, is_known && is_read)
}

/// Whether a pcap file has records with a second or more in their fraction, which tshark shows as they are.
fn has_long_fraction(file: &[u8]) -> bool {
    let unit = match file {
        [0xd4, 0xc3, ..] => 1_000_000,
        [0x4d, 0x3c, ..] => 1_000_000_000,
        _ => return false,
    };
    let Ok(mut reader) = Reader::new(file) else { return false };
    let fraction = |offset: u64| file[offset as usize + 4..].first_chunk().map(|octets| u32::from_le_bytes(*octets));
    while let Ok(Some(frame)) = reader.next_frame() {
        if fraction(frame.offset).is_some_and(|fraction| fraction >= unit) {
            return true;
        }
    }
    false
}

/// All facts but the name, the size and the hashes of the file.
fn capinfos(path: &Path) -> (String, bool) {
    let (out, ok) =
        run("capinfos", &["-T", "-M", "-t", "-E", "-I", "-c", "-d", "-u", "-a", "-e", "-o", "-l", "-k", "-F"], path);
    let text = String::from_utf8_lossy(&out);
    (text.lines().map(|line| line.split_once('\t').map_or("", |(_, facts)| facts)).collect::<Vec<_>>().join("\n"), ok)
}

fn tshark(path: &Path) -> (String, bool) {
    let fields = [
        "frame.number",
        "frame.time_epoch",
        "frame.len",
        "frame.cap_len",
        "frame.encap_type",
        "frame.interface_id",
        "frame.interface_name",
        "frame.section_number",
        "frame.comment",
        "frame.packet_flags",
        "frame.protocols",
    ];
    let mut arguments = vec!["-n", "-T", "fields"];
    fields.iter().for_each(|field| arguments.extend(["-e", field]));
    arguments.push("-r");
    let (out, ok) = run("tshark", &arguments, path);
    (String::from_utf8_lossy(&out).into_owned(), ok)
}

fn run(program: &str, arguments: &[&str], path: &Path) -> (Vec<u8>, bool) {
    let run = Command::new(program).args(arguments).arg(path).output().expect("a program that runs");
    (run.stdout, run.status.success())
}

const SEED: u64 = 20_261_129;
