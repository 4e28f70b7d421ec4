use super::super::segment::Sack;
use super::*;

const MS: i64 = 1_000_000;
const A: Side = Side::Low;
const B: Side = Side::High;

/// A connection after its handshake of 10 ms: A sent up to 1000, B up to 5000.
struct Wire {
    course: Course,
    time: i64,
    identification: u16,
}

impl Wire {
    fn open() -> Self {
        let mut wire = Self { course: Course::default(), time: 0, identification: 100 };
        wire.send(A, TcpFlags::SYN, 1000, 0, 0, &[]);
        wire.send(B, TcpFlags::SYN | TcpFlags::ACK, 5000, 1001, 0, &[]);
        wire.send(A, TcpFlags::ACK, 1001, 5001, 0, &[]);
        wire
    }

    fn segment(&mut self, flags: TcpFlags, sequence: u32, ack: u32, len: u32, blocks: &[(u32, u32)]) -> Segment {
        self.identification += 1;
        let mut sack = Sack::default();
        blocks.iter().for_each(|(left, right)| sack.push(*left, *right));
        Segment {
            time: self.time,
            sequence,
            acknowledgment: ack,
            flags,
            len,
            window: 1000,
            identification: Some(self.identification),
            hop_limit: 64,
            sack,
            ..Segment::default()
        }
    }

    fn pass(&mut self, from: Side, segment: &Segment) -> Verdict {
        let judgement = Judgement { initial_rtt: Some(10 * MS), window: 1000, ..Judgement::default() };
        self.course.observe(from, segment, &judgement)
    }

    fn send(
        &mut self,
        from: Side,
        flags: TcpFlags,
        sequence: u32,
        ack: u32,
        len: u32,
        blocks: &[(u32, u32)],
    ) -> Verdict {
        let segment = self.segment(flags, sequence, ack, len, blocks);
        self.pass(from, &segment)
    }

    /// A hundred octets of A.
    fn data(&mut self, sequence: u32) -> Option<SegmentClass> {
        self.send(A, TcpFlags::ACK, sequence, 5001, 100, &[]).classification.map(|verdict| verdict.class)
    }

    fn ack(&mut self, number: u32, blocks: &[(u32, u32)]) -> Verdict {
        self.send(B, TcpFlags::ACK, 5001, number, 0, blocks)
    }

    fn wait(&mut self, milliseconds: i64) {
        self.time += milliseconds * MS;
    }
}

#[test]
fn duplicates_prompt_and_silence_times_out() {
    let mut wire = Wire::open();
    for sequence in [1001, 1101, 1201, 1301, 1401] {
        assert_eq!(wire.data(sequence), None);
    }
    wire.ack(1101, &[]);
    for _ in 0..3 {
        wire.ack(1101, &[]);
    }
    wire.wait(1);
    assert_eq!(wire.data(1101), Some(SegmentClass::RetransmissionFast));
    wire.wait(300);
    assert_eq!(wire.data(1101), Some(SegmentClass::RetransmissionTimeout), "nothing came back");
    assert_eq!(wire.data(1201), Some(SegmentClass::RetransmissionTimeout), "in the course of the same recovery");
    wire.ack(1501, &[]);
    assert_eq!(wire.data(1401), Some(SegmentClass::RetransmissionSpurious), "it was acknowledged");
}

#[test]
fn what_is_sent_once_more_within_a_round_trip_has_not_timed_out() {
    let mut wire = Wire::open();
    for sequence in [1001, 1101, 1201, 1301, 1401] {
        wire.data(sequence);
    }
    for _ in 0..4 {
        wire.ack(1001, &[]);
    }
    for _ in 0..2 {
        wire.wait(1);
        assert_eq!(wire.data(1001), Some(SegmentClass::RetransmissionFast));
        assert_eq!(wire.data(1101), Some(SegmentClass::RetransmissionFast));
    }
    wire.wait(300);
    assert_eq!(wire.data(1001), Some(SegmentClass::RetransmissionTimeout));
}

#[test]
fn what_goes_beyond_the_window_is_no_loss() {
    let mut wire = Wire::open();
    let overran = |wire: &mut Wire, sequence| wire.send(A, TcpFlags::ACK, sequence, 5001, 100, &[]).overran;
    wire.ack(1001, &[]);
    for sequence in (1001..2201).step_by(100) {
        assert!(!overran(&mut wire, sequence), "sent for the first time");
    }
    // The window has a thousand octets: the last two segments were too much.
    wire.ack(2001, &[]);
    wire.wait(300);
    assert!(overran(&mut wire, 2001) && overran(&mut wire, 2101));
    wire.ack(2201, &[]);
    wire.data(2201);
    wire.wait(300);
    assert!(!overran(&mut wire, 2201), "it was within the window");
}

#[test]
fn what_lies_between_two_overruns_was_within_the_window() {
    let mut wire = Wire::open();
    wire.ack(1001, &[]);
    (1001..2201).step_by(100).for_each(|sequence| assert_eq!(wire.data(sequence), None));
    wire.ack(1501, &[]);
    (2201..2601).step_by(100).for_each(|sequence| assert_eq!(wire.data(sequence), None));
    wire.ack(2001, &[]);
    wire.wait(300);
    let overran = (2001..2601)
        .step_by(100)
        .map(|sequence| wire.send(A, TcpFlags::ACK, sequence, 5001, 100, &[]).overran)
        .collect::<Vec<_>>();
    assert_eq!(overran, [true, true, false, false, false, true]);
}

#[test]
fn what_the_receiver_takes_it_has_room_for() {
    let mut wire = Wire::open();
    wire.ack(1001, &[]);
    (1001..2201).step_by(100).for_each(|sequence| assert_eq!(wire.data(sequence), None));
    // The capture lacks an acknowledgment that has opened the window.
    wire.ack(2201, &[]);
    (2201..3401).step_by(100).for_each(|sequence| assert_eq!(wire.data(sequence), None));
    wire.ack(3201, &[]);
    wire.wait(300);
    assert!(!wire.send(A, TcpFlags::ACK, 3201, 5001, 100, &[]).overran, "its window is not known");
    let mut stats = DirectionStats { resent_overrun: 7, ..DirectionStats::default() };
    wire.course.finish(A, &mut stats, &mut DirectionStats::default());
    assert_eq!(stats.resent_overrun, 0);
}

#[test]
fn a_receiver_may_take_a_segment_that_begins_within_its_window() {
    let mut wire = Wire::open();
    wire.ack(1001, &[]);
    wire.send(A, TcpFlags::ACK, 1001, 5001, 950, &[]);
    (1951..2251).step_by(100).for_each(|sequence| assert_eq!(wire.data(sequence), None));
    wire.ack(2051, &[]);
    wire.wait(300);
    // The last segment first, as a probe of the tail.
    assert!([2151, 2051].map(|sequence| wire.send(A, TcpFlags::ACK, sequence, 5001, 100, &[]).overran) == [true; 2]);
    wire.ack(2251, &[]);
    assert!(!wire.course.lines[0].edge_is_unsure);
}

#[test]
fn selective_acknowledgments_prompt_and_tell_what_was_needless() {
    let mut wire = Wire::open();
    for sequence in [1001, 1101, 1201, 1301, 1401] {
        wire.data(sequence);
    }
    wire.ack(1001, &[(1101, 1501)]);
    assert_eq!(wire.data(1001), Some(SegmentClass::RetransmissionFast), "four segments are there behind the first");
    assert_eq!(wire.data(1201), Some(SegmentClass::RetransmissionSpurious), "the peer has it");
    assert!(wire.ack(1501, &[(1201, 1301)]).duplicate_sack);
}

#[test]
fn the_last_segment_is_a_probe() {
    let mut wire = Wire::open();
    wire.data(1001);
    wire.ack(1101, &[]);
    wire.data(1101);
    wire.wait(30);
    assert_eq!(wire.data(1101), Some(SegmentClass::RetransmissionTail));
}

#[test]
fn what_fills_a_gap_is_late_or_sent_again() {
    let mut wire = Wire::open();
    wire.data(1001);
    let late = wire.segment(TcpFlags::ACK, 1101, 5001, 100, &[]);
    wire.data(1201);
    wire.wait(50);
    let class = wire.pass(A, &late).classification.map(|verdict| verdict.class);
    assert_eq!(class, Some(SegmentClass::Reordered), "its identification is older");
    wire.data(1401);
    wire.wait(1);
    wire.ack(1301, &[(1401, 1501)]);
    assert!(wire.data(1301).is_some_and(SegmentClass::is_retransmission), "its identification is newer");
}

#[test]
fn an_acknowledgment_tells_of_data_that_was_not_seen() {
    let mut wire = Wire::open();
    wire.data(1001);
    let late = wire.segment(TcpFlags::ACK, 1101, 5001, 100, &[]);
    wire.send(A, TcpFlags::ACK, 1201, 5001, 0, &[]);
    wire.wait(1);
    assert!(wire.pass(A, &late).classification.is_none(), "it was sent before the acknowledgment");
    wire.ack(1201, &[]);
    wire.send(A, TcpFlags::ACK, 1301, 5001, 0, &[]);
    wire.wait(300);
    assert_eq!(
        wire.data(1201),
        Some(SegmentClass::RetransmissionTimeout),
        "the first time was lost before the capture"
    );
    wire.send(A, TcpFlags::ACK, 1401, 5001, 0, &[]);
    assert_eq!(wire.ack(1401, &[]).missed, 100, "it was never seen");
}

#[test]
fn data_behind_what_an_acknowledgment_told_of_overtakes_it() {
    let mut wire = Wire::open();
    wire.data(1001);
    let late = wire.segment(TcpFlags::ACK, 1101, 5001, 100, &[]);
    wire.send(A, TcpFlags::ACK, 1201, 5001, 0, &[]);
    wire.data(1201);
    wire.wait(1);
    let class = wire.pass(A, &late).classification.map(|verdict| verdict.class);
    assert_eq!(class, Some(SegmentClass::Reordered));
}

#[test]
fn duplicates_ask_for_what_an_acknowledgment_told_of() {
    let mut wire = Wire::open();
    wire.data(1001);
    let unnumbered = |mut segment: Segment| {
        segment.identification = None;
        segment
    };
    let told = unnumbered(wire.segment(TcpFlags::ACK, 1201, 5001, 0, &[]));
    wire.pass(A, &told);
    for _ in 0..4 {
        wire.ack(1101, &[]);
    }
    wire.wait(4);
    let again = unnumbered(wire.segment(TcpFlags::ACK, 1101, 5001, 100, &[]));
    let class = wire.pass(A, &again).classification.map(|verdict| verdict.class);
    assert_eq!(class, Some(SegmentClass::RetransmissionFast));
}

#[test]
fn copies_are_told_from_retransmissions() {
    let mut wire = Wire::open();
    let segment = wire.segment(TcpFlags::ACK, 1001, 5001, 100, &[]);
    assert!(wire.pass(A, &segment).classification.is_none());
    let class = |wire: &mut Wire, segment: &Segment| wire.pass(A, segment).classification.map(|verdict| verdict.class);
    let routed = Segment { hop_limit: 63, time: 1000, ..segment };
    assert_eq!(class(&mut wire, &routed), Some(SegmentClass::DuplicateCapture), "before and behind a router");
    let later = Segment { time: 5 * MS, ..segment };
    assert_eq!(class(&mut wire, &later), Some(SegmentClass::DuplicateNetwork));
}

#[test]
fn what_was_acknowledged_unseen_is_missed_by_the_capture() {
    let mut wire = Wire::open();
    wire.data(1001);
    wire.data(1301);
    assert_eq!(wire.ack(1601, &[]).missed, 200 + 200);
}

#[test]
fn holes_are_bounded() {
    let mut wire = Wire::open();
    wire.data(1001);
    for sequence in (1..10_000).map(|at| 1001 + at * 200) {
        wire.data(sequence);
    }
    assert!(wire.course.heap_len() <= 2 * MAX_HOLES * size_of::<Hole>());
}
