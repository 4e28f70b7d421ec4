//! `netshoot capture-file` beside capinfos, editcap and mergecap.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "../../tests/support/skip.rs"]
mod skip;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/captures/demo.pcapng");

struct Ran {
    status: Option<i32>,
    out: Vec<u8>,
    err: String,
}

fn capture_file(words: &[&str], folder: &Path) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_netshoot"))
        .arg("capture-file")
        .args(words)
        .current_dir(folder)
        .stdin(fs::File::open(DEMO).unwrap())
        .output()
        .unwrap();
    Ran { status: output.status.code(), out: output.stdout, err: String::from_utf8(output.stderr).unwrap() }
}

/// Runs it where it has to succeed without a word.
fn done(words: &[&str], folder: &Path) -> Vec<u8> {
    let ran = capture_file(words, folder);
    assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""), "{words:?}");
    ran.out
}

fn program(name: &str, words: &[&str], folder: &Path) -> Option<String> {
    let output = Command::new(name).args(words).current_dir(folder).env("TZ", "UTC").stderr(Stdio::null()).output();
    let output = output.ok()?;
    assert!(output.status.success(), "{name} {words:?}");
    Some(String::from_utf8(output.stdout).unwrap())
}

/// What tshark shows of each frame.
fn fields(file: &str, folder: &Path) -> Option<String> {
    let fields = ["frame.time_epoch", "frame.len", "frame.cap_len", "frame.interface_id", "frame.comment", "ip.id"];
    let mut words = vec!["-n", "-r", file, "-T", "fields"];
    fields.iter().for_each(|field| words.extend(["-e", field]));
    program("tshark", &words, folder)
}

fn info(file: &str, folder: &Path) -> Value {
    serde_json::from_slice(&done(&["info", "--json", file], folder)).unwrap()
}

#[test]
fn info_tells_what_capinfos_tells() {
    let folder = tempfile::tempdir().unwrap();
    let text = String::from_utf8(done(&["info", DEMO], folder.path())).unwrap();
    for line in [
        "File type:           pcapng\n",
        "File encapsulation:  RAW (101)\n",
        "Number of packets:   460\n",
        "Capture duration:    14.596947000 seconds\n",
        "First packet time:   2026-11-23T06:54:39.036297000Z\n",
        "Strict time order:   True\n",
        "Interface #0 info:\n                     Encapsulation = RAW (101)\n",
    ] {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
    let facts = info(DEMO, folder.path());
    assert_eq!((&facts["frames"], &facts["interfaces"][0]["frames"]), (&460.into(), &460.into()));
    let from_pipe = info("-", folder.path());
    assert_eq!(from_pipe["captured_bytes"], facts["captured_bytes"]);
    let Some(theirs) = program("capinfos", &["-T", "-M", "-r", "-c", "-d", "-s", DEMO], folder.path()) else {
        return skip::skip("info_tells_what_capinfos_tells", "capinfos is not installed");
    };
    let cells: Vec<_> = theirs.trim_end().split('\t').skip(1).map(|cell| cell.parse::<u64>().unwrap()).collect();
    let ours = ["frames", "file_bytes", "original_bytes"].map(|key| facts[key].as_u64().unwrap());
    assert_eq!(cells, ours);
}

#[test]
fn editcap_and_mergecap_write_the_same() {
    const TEST: &str = "editcap_and_mergecap_write_the_same";
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    if ["editcap", "mergecap", "tshark"].into_iter().any(|name| program(name, &["-v"], folder).is_none()) {
        return skip::skip(TEST, "editcap, mergecap and tshark are not installed");
    }
    for (ours, theirs) in [
        (&["convert", "-r", DEMO, "ours", "2-5", "9"][..], &["-r", DEMO, "theirs", "2-5", "9"][..]),
        (&["slice", DEMO, "ours", "2-5", "9"], &["-r", DEMO, "theirs", "2-5", "9"]),
        (&["convert", DEMO, "ours", "7-0"], &[DEMO, "theirs", "7-0"]),
        (
            &["convert", "-F", "pcap", "-s", "50", "-t", "-0.5", DEMO, "ours"],
            &["-F", "pcap", "-s", "50", "-t", "-0.5", DEMO, "theirs"],
        ),
        (&["convert", "-d", DEMO, "ours"], &["-d", DEMO, "theirs"]),
        (&["convert", "-a", "3:a word", DEMO, "ours"], &["-a", "3:a word", DEMO, "theirs"]),
        (
            &["convert", "-A", "2026-11-23T06:54:50Z", "-B", "2026-11-23T06:54:52Z", DEMO, "ours"],
            &["-A", "2026-11-23T06:54:50Z", "-B", "2026-11-23T06:54:52Z", DEMO, "theirs"],
        ),
    ] {
        let ran = capture_file(ours, folder);
        assert_eq!(ran.status, Some(0), "{}", ran.err);
        program("editcap", theirs, folder).unwrap();
        let (ours, theirs) = (fields("ours", folder).unwrap(), fields("theirs", folder).unwrap());
        assert!(!ours.is_empty() && ours == theirs);
    }
    done(&["slice", DEMO, "a.pcapng", "1-300"], folder);
    done(&["slice", DEMO, "b.pcapng", "301-"], folder);
    for (ours, theirs) in [
        (&["merge", "-w", "ours", "b.pcapng", "a.pcapng"][..], &["-w", "theirs", "b.pcapng", "a.pcapng"][..]),
        (
            &["merge", "-a", "-I", "none", "-w", "ours", "b.pcapng", "a.pcapng"],
            &["-a", "-I", "none", "-w", "theirs", "b.pcapng", "a.pcapng"],
        ),
        (
            &["merge", "-I", "any", "-s", "40", "-w", "ours", "b.pcapng", "a.pcapng"],
            &["-I", "any", "-s", "40", "-w", "theirs", "b.pcapng", "a.pcapng"],
        ),
    ] {
        done(ours, folder);
        program("mergecap", theirs, folder).unwrap();
        assert!(fields("ours", folder).unwrap() == fields("theirs", folder).unwrap(), "{ours:?}");
    }
    // As many frames in as many files.
    done(&["convert", "-c", "200", DEMO, "count.pcapng"], folder);
    program("editcap", &["-c", "200", DEMO, "theirs.pcapng"], folder).unwrap();
    let of = |start: &str| -> Vec<PathBuf> {
        let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.file_name().unwrap().to_str().unwrap().starts_with(start));
        paths.sort();
        paths
    };
    let (ours, theirs) = (of("count_"), of("theirs_"));
    assert_eq!((ours.len(), theirs.len()), (3, 3));
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!(fields(ours.to_str().unwrap(), folder), fields(theirs.to_str().unwrap(), folder));
        // Both names have the time of the first frame.
        let date = |path: &Path| path.file_stem().unwrap().to_str().unwrap().rsplit('_').next().unwrap().to_owned();
        assert_eq!(date(ours), date(theirs));
    }
}

#[test]
fn captures_go_through_pipes_and_compression() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for ending in ["gz", "zst", "lz4"] {
        done(&["convert", "-", &format!("a.pcapng.{ending}")], folder);
        let facts = info(&format!("a.pcapng.{ending}"), folder);
        assert_eq!((facts["frames"].as_u64(), facts["format"].as_str()), (Some(460), Some("pcapng")));
        assert!(facts["compression"].is_string());
        let size = fs::metadata(folder.join(format!("a.pcapng.{ending}"))).unwrap().len();
        assert_eq!(facts["file_bytes"].as_u64(), Some(size));
    }
    let piped = done(&["convert", "--compress", "none", "a.pcapng.zst", "-"], folder);
    fs::write(folder.join("piped"), &piped).unwrap();
    assert_eq!(info("piped", folder)["frames"], 460);
    let ran = capture_file(
        &[
            "convert",
            "-F",
            "nsecpcap",
            "--octets-per-file",
            "100k",
            "--files",
            "2",
            "--compress",
            "gzip",
            "piped",
            "ring.x",
        ],
        folder,
    );
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    let ring = fs::read_dir(folder)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_str().unwrap().starts_with("ring_"));
    assert_eq!(ring.count(), 2);
}

#[test]
fn errors_are_one_line_and_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::copy(DEMO, folder.join("x")).unwrap();
    let whole = fs::read(DEMO).unwrap();
    fs::write(folder.join("cut"), &whole[..whole.len() - 3]).unwrap();
    for (words, status, text) in [
        (
            &["convert", "x", "x"][..],
            1,
            "netshoot: write capture x: it is the same file as the input x; hint: write another file and rename it\n",
        ),
        (&["convert", "none", "y"], 1, "netshoot: open capture none: no such file or directory\n"),
        (&["convert", "x", "none/y"], 1, "netshoot: create capture none/y: no such file or directory\n"),
        (&["convert", "x", "/dev/full"], 1, "netshoot: write /dev/full: no space left on device\n"),
        (&["slice", "x", "y", "9-3"], 2, ""),
        (&["slice", "x", "y", "--flow", "10.0.0"], 2, ""),
        (&["slice", "x", "y", "-A", "yesterday"], 2, ""),
        (&["merge", "x"], 2, ""),
        (
            &["convert", "-c", "0", "x", "y"],
            1,
            "netshoot: rotate capture files: a limit is 0, which no file would keep\n",
        ),
        (
            &["convert", "-c", "7", "x", "-"],
            1,
            "netshoot: write capture: a stream cannot be rotated; hint: name a file\n",
        ),
        (
            &["convert", "-c", "7", "x", "/dev/null"],
            1,
            "netshoot: write capture /dev/null: only a regular file can be rotated; hint: name another file\n",
        ),
        (
            &["convert", "--files", "7", "x", "y"],
            1,
            "netshoot: rotate capture files: nothing says when to go on in another file; \
             hint: limit its frames, octets or seconds\n",
        ),
        (&["merge", "-w", "y", "-", "x", "-"], 2, ""),
        (&["info", "none", "x"], 1, "netshoot: open capture none: no such file or directory\n"),
    ] {
        let ran = capture_file(words, folder);
        assert_eq!(ran.status, Some(status), "{words:?}: {}", ran.err);
        assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
        assert!(text.is_empty() || ran.err == text, "{words:?}: {}", ran.err);
    }
    assert_eq!(fs::read(folder.join("x")).unwrap(), whole);
    let ran = capture_file(&["convert", "cut", "y"], folder);
    assert!(ran.status == Some(3) && ran.err.contains("cut off"), "{}", ran.err);
    assert_eq!(info("y", folder)["frames"], 459);
    let ran = capture_file(&["convert", "x", "y.pcap"], folder);
    assert_eq!(ran.err, "netshoot: y.pcap: pcap has no place for 1 set of comments and options; hint: pcapng has\n");
    let text = done(&["slice", "--flow", "10.99.0.1", "--protocol", "tcp", "x", "flow"], folder);
    assert!(text.is_empty() && info("flow", folder)["frames"].as_u64() > Some(100));
}
