//! Stories of flows, word for word. `NETSHOOT_WRITE_STORIES=1` writes what is expected anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "support/script.rs"]
mod script;

use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::PathBuf;

use netshoot_core::ErrorKind;
use netshoot_core::analysis::{self, FrameSelection, Options, Report, Since, Story, StoryKind, Verdict};
use netshoot_core::capture::{Reader, Writer};
use script::{ACK, FIN, RST, SYN, Script};

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/captures/demo.pcapng");

fn go_on(_: u64, _: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn report(file: &[u8]) -> Report {
    analysis::analyze(&mut Reader::new(Cursor::new(file)).unwrap(), &Options::default(), go_on).unwrap()
}

fn story(file: &[u8], flow: u32) -> Story {
    analysis::explain(&mut Reader::new(Cursor::new(file)).unwrap(), &report(file), flow, go_on).unwrap()
}

/// Compares a story with the one in `tests/data/stories`.
fn expect(name: &str, story: &Story) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/stories/{name}.txt"));
    let text = format!("{story}\n");
    if std::env::var_os("NETSHOOT_WRITE_STORIES").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(text == expected, "{name} is told as\n{text}\nnot as\n{expected}");
}

#[test]
fn flows_of_the_demo() {
    let file = std::fs::read(DEMO).unwrap();
    let report = report(&file);
    for (frame, name) in [
        (5, "kept_connection"),
        (39, "dns_retried"),
        (44, "download"),
        (337, "refused"),
        (343, "unanswered"),
        (347, "closed_window"),
        (451, "reset"),
    ] {
        let flow = report.flows.iter().find(|flow| flow.first_frame == frame || flow.last_frame == frame);
        let Some(flow) = flow else { panic!("no flow begins or ends with frame {frame}") };
        let mut reader = Reader::new(Cursor::new(&file)).unwrap();
        expect(name, &analysis::explain(&mut reader, &report, flow.id, go_on).unwrap());
    }
}

#[test]
fn a_capture_that_begins_in_the_middle_and_hostile_names() {
    let mut script = Script::new(101);
    script.client(0, b"GET /\x1b[31m<script>\xe2\x80\xae HTTP/1.1\r\nHost: <b>evil</b>\r\n\r\n");
    script.server(20_000, b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno");
    script.flags(1_000, 0, ACK);
    script.server(5_000_000, b"unasked");
    script.flags(1_000, 0, RST);
    let story = story(&script.file, 0);
    assert_eq!(story.verdict, Verdict::Client);
    expect("middle", &story);
}

#[test]
fn a_lost_request_and_a_normal_close() {
    let mut script = Script::new(101).handshake();
    let sequence = script.client(1000, b"PING");
    script.segment(200_000, 0, ACK, sequence, b"PING");
    script.server(12_000, b"PONG");
    script.flags(1000, 0, FIN | ACK);
    script.flags(10_000, 1, FIN | ACK);
    script.flags(1000, 0, ACK);
    let story = story(&script.file, 0);
    assert_eq!(story.verdict, Verdict::None);
    expect("lost_request", &story);
}

#[test]
fn what_the_capture_lacks_and_captured_twice() {
    let mut script = Script::new(101).handshake();
    script.client(1000, b"PING");
    script.server(10_000, b"01234");
    script.next[1] += 1000;
    script.server(1000, b"56789");
    script.flags(1000, 0, ACK);
    expect("lacking", &story(&script.file, 0));
}

#[test]
fn answers_that_the_capture_does_not_show() {
    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: pod\r\n\r\n";
    let mut cut = Script::new(101).handshake();
    cut.client(1000, REQUEST);
    cut.flags(10_000, 1, ACK);
    let mut one_sided = Script::new(101);
    one_sided.segment(0, 0, SYN, 999, b"");
    one_sided.client(1000, REQUEST);
    one_sided.next[1] += 100;
    one_sided.flags(10_000, 0, FIN | ACK);
    let mut silent = Script::new(101).handshake();
    silent.client(1000, REQUEST);
    silent.flags(10_000, 1, ACK);
    silent.flags(10_000_000, 0, FIN | ACK);
    for (script, told) in [
        (cut, "no answer until the capture ends 10.0 ms later"),
        (one_sided, "the answer is not in the capture, which has one direction only"),
        (silent, "out, no answer; 10.0 s in all"),
    ] {
        let story = story(&script.file, 0);
        let call = story.events.iter().find(|event| event.kind == StoryKind::Call).expect("a call");
        assert!(call.text.contains(told), "{story}");
        assert!(!story.to_string().contains("nobody answers"), "{story}");
    }
}

#[test]
fn long_stories_are_summed_up() {
    let mut script = Script::new(101).handshake();
    for _ in 0..500 {
        let sequence = script.client(1000, b"GET / HTTP/1.1\r\nHost: pod\r\n\r\n");
        script.segment(200_000, 0, ACK, sequence, b"GET / HTTP/1.1\r\nHost: pod\r\n\r\n");
        script.server(12_000, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        script.flags(2_000_000, 0, ACK);
    }
    let story = story(&script.file, 0);
    assert!(story.events.len() < 100, "{}", story.events.len());
    let calls = story.events.iter().filter(|event| event.kind == StoryKind::Call).map(|event| event.times);
    assert_eq!(calls.sum::<u64>(), 500);
    let losses: Vec<_> = story.events.iter().filter(|event| event.kind == StoryKind::Loss).collect();
    assert_eq!(losses.len(), 16);
    assert!(losses[15].text.starts_with("485 recoveries more like these"), "{story}");
}

#[test]
fn no_such_flow() {
    let mut script = Script::new(101).handshake();
    script.flags(1000, 0, RST);
    let file = &script.file;
    let error = analysis::explain(&mut Reader::new(Cursor::new(file)).unwrap(), &report(file), 7, go_on).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("hint: the flows are 0 to 0"), "{error}");
}

/// The numbers of the frames of a capture that a selection of another one gave, as their comments tell.
fn chosen(selection: FrameSelection, file: &[u8]) -> Vec<u64> {
    let mut writer = Writer::builder().start(Vec::new()).unwrap();
    selection.write_to(&mut Reader::new(Cursor::new(file)).unwrap(), &mut writer, go_on).unwrap();
    let written = writer.finish().unwrap();
    let mut reader = Reader::new(&written[..]).unwrap();
    let mut numbers = Vec::new();
    while let Some(frame) = reader.next_frame().unwrap() {
        let comment = frame.comments().last().unwrap();
        numbers.push(comment.split(' ').nth(1).unwrap().parse().unwrap());
    }
    numbers
}

#[test]
fn evidence_is_a_capture() {
    let file = std::fs::read(DEMO).unwrap();
    let report = report(&file);
    for finding in &report.findings {
        assert_eq!(chosen(FrameSelection::new().finding(finding), &file), finding.evidence_frames, "{finding:?}");
    }
    let ids: Vec<_> = report.flows.iter().map(|flow| flow.id).collect();
    let of_all = chosen(FrameSelection::new().flows(&report, &ids).unwrap(), &file);
    for flow in &report.flows {
        let frames = chosen(FrameSelection::new().flows(&report, &[flow.id]).unwrap(), &file);
        assert_eq!(frames.len() as u64, flow.packets(), "{flow:?}");
        assert!(frames.iter().all(|frame| of_all.contains(frame)));
    }
}

#[test]
fn frames_count_from_a_time_on() {
    let file = std::fs::read(DEMO).unwrap();
    let mut options = Options::default();
    options.since = Some("10s".parse::<Since>().unwrap());
    let mut reader = Reader::new(Cursor::new(&file)).unwrap();
    let later = analysis::analyze(&mut reader, &options, go_on).unwrap();
    let all = report(&file);
    let from = all.capture.first.unwrap().as_nanos() + 10_000_000_000;
    assert!(later.capture.first.unwrap().as_nanos() >= from);
    assert!(later.capture.frames < all.capture.frames && later.capture.frames > 0);
    assert!(later.flows.iter().all(|flow| flow.first.as_nanos() >= from));
    assert_eq!(later.capture.last, all.capture.last);
}
