use super::unacknowledged::Sent;
use super::*;

const MS: i64 = 1_000_000;
const A: Side = Side::Low;
const B: Side = Side::High;
const FLAG: fn(&[TcpAnalysis]) -> TcpAnalysis = |flags| {
    let mut all = TcpAnalysis::default();
    flags.iter().for_each(|flag| all |= *flag);
    all
};

/// A conversation with a clock.
struct Wire {
    conversation: Conversation,
    time: i64,
}

impl Wire {
    /// After a handshake: A sent 1000, B sent 5000; windows 1000, unscaled; 10 ms round trip.
    fn open() -> Self {
        let mut wire = Self { conversation: Conversation::default(), time: 0 };
        assert_eq!(wire.send(A, TcpFlags::SYN, 1000, 0, 0, 1000), TcpAnalysis(0));
        wire.wait(9);
        assert_eq!(wire.send(B, TcpFlags::SYN | TcpFlags::ACK, 5000, 1001, 0, 1000), TcpAnalysis(0));
        wire.wait(1);
        assert_eq!(wire.send(A, TcpFlags::ACK, 1001, 5001, 0, 1000), TcpAnalysis(0));
        wire
    }

    fn wait(&mut self, milliseconds: i64) {
        self.time += milliseconds * MS;
    }

    fn judge(&mut self, from: Side, flags: TcpFlags, sequence: u32, ack: u32, len: u32, window: u16) -> Judgement {
        let Self { conversation, time } = self;
        let segment = Segment { time: *time, sequence, acknowledgment: ack, window, flags, len, ..Segment::default() };
        conversation.judge(from, &segment)
    }

    fn send(&mut self, from: Side, flags: TcpFlags, sequence: u32, ack: u32, len: u32, window: u16) -> TcpAnalysis {
        self.judge(from, flags, sequence, ack, len, window).analysis
    }

    fn data(&mut self, from: Side, sequence: u32, ack: u32, len: u32) -> TcpAnalysis {
        self.send(from, TcpFlags::ACK, sequence, ack, len, 1000)
    }
}

#[test]
fn late_data_is_retransmitted_or_out_of_order() {
    let mut wire = Wire::open();
    assert_eq!(wire.data(A, 1001, 5001, 100), TcpAnalysis(0));
    assert_eq!(wire.data(A, 1201, 5001, 100), TcpAnalysis::LOST_SEGMENT);
    wire.wait(9);
    assert_eq!(wire.data(A, 1101, 5001, 100), TcpAnalysis::OUT_OF_ORDER, "within a round trip");
    wire.wait(2);
    let judgement = wire.judge(A, TcpFlags::ACK, 1101, 5001, 100, 1000);
    assert_eq!(judgement.analysis, TcpAnalysis::RETRANSMISSION);
    assert_eq!(judgement.timeout, Some(11 * MS), "since the oldest segment without acknowledgment");
}

/// Segments wait at the same time, and so does one that is sent again and again: time passes only once.
#[test]
fn waits_that_overlap_count_once() {
    let mut wire = Wire::open();
    for sequence in [1001, 1101, 1201] {
        wire.data(A, sequence, 5001, 100);
    }
    wire.data(B, 5001, 1001, 100);
    let waited =
        |wire: &mut Wire, from, sequence, ack| wire.judge(from, TcpFlags::ACK, sequence, ack, 100, 1000).waited / MS;
    wire.wait(100);
    assert_eq!([1001, 1101, 1201].map(|sequence| waited(&mut wire, A, sequence, 5001)), [100, 0, 0]);
    assert_eq!(waited(&mut wire, B, 5001, 1001), 100, "the other end waits by itself");
    wire.wait(200);
    assert_eq!([1001, 1101].map(|sequence| waited(&mut wire, A, sequence, 5001)), [200, 0]);
}

#[test]
fn duplicate_acknowledgments_prompt_a_fast_retransmission() {
    let mut wire = Wire::open();
    for sequence in [1001, 1101, 1201] {
        assert_eq!(wire.data(A, sequence, 5001, 100), TcpAnalysis(0));
    }
    wire.wait(5);
    assert_eq!(wire.data(B, 5001, 1001, 0), TcpAnalysis::DUPLICATE_ACK, "the window is that of the SYN-ACK");
    assert_eq!(wire.data(B, 5001, 1001, 0), TcpAnalysis::DUPLICATE_ACK);
    wire.wait(19);
    let fast = FLAG(&[TcpAnalysis::FAST_RETRANSMISSION, TcpAnalysis::RETRANSMISSION]);
    assert_eq!(wire.data(A, 1001, 5001, 100), fast);
    wire.wait(2);
    assert_eq!(wire.data(A, 1001, 5001, 100), TcpAnalysis::RETRANSMISSION, "20 ms after the acknowledgment");
}

#[test]
fn acknowledged_data_is_retransmitted_in_vain() {
    let mut wire = Wire::open();
    wire.data(A, 1001, 5001, 100);
    wire.wait(7);
    let judgement = wire.judge(B, TcpFlags::ACK, 5001, 1101, 0, 1000);
    assert_eq!((judgement.analysis, judgement.ack_rtt), (TcpAnalysis(0), Some(7 * MS)));
    let spurious = FLAG(&[TcpAnalysis::SPURIOUS_RETRANSMISSION, TcpAnalysis::RETRANSMISSION]);
    assert_eq!(wire.data(A, 1001, 5001, 100), spurious);
}

#[test]
fn acknowledgment_of_unseen_data_is_told_once() {
    let mut wire = Wire::open();
    assert_eq!(wire.data(B, 5001, 1501, 0), TcpAnalysis::ACK_LOST_SEGMENT);
    assert_eq!(wire.data(B, 5001, 1601, 0), TcpAnalysis(0));
}

#[test]
fn keep_alives_and_their_answers() {
    let mut wire = Wire::open();
    wire.data(B, 5001, 1001, 0);
    assert_eq!(wire.data(A, 1000, 5001, 0), TcpAnalysis::KEEP_ALIVE);
    assert_eq!(wire.data(B, 5001, 1001, 0), TcpAnalysis::KEEP_ALIVE_ACK);
    assert_eq!(wire.data(A, 1000, 5001, 1), TcpAnalysis::KEEP_ALIVE);
    assert_eq!(wire.send(A, TcpFlags::FIN | TcpFlags::ACK, 1000, 5001, 0, 1000), TcpAnalysis::RETRANSMISSION);
}

#[test]
fn windows_close_are_probed_and_open() {
    let mut wire = Wire::open();
    assert_eq!(wire.data(A, 1001, 5001, 1000), TcpAnalysis::WINDOW_FULL, "exactly the window of B");
    assert_eq!(wire.send(B, TcpFlags::ACK, 5001, 2001, 0, 0), TcpAnalysis::ZERO_WINDOW);
    assert_eq!(wire.data(A, 2001, 5001, 1), TcpAnalysis::ZERO_WINDOW_PROBE);
    let answer = FLAG(&[TcpAnalysis::ZERO_WINDOW, TcpAnalysis::ZERO_WINDOW_PROBE_ACK]);
    assert_eq!(wire.send(B, TcpFlags::ACK, 5001, 2001, 0, 0), answer);
    assert_eq!(wire.send(B, TcpFlags::ACK, 5001, 2001, 0, 500), TcpAnalysis::WINDOW_UPDATE);
    assert_eq!(wire.data(A, 2001, 5001, 499), TcpAnalysis(0));
    assert_eq!(wire.data(A, 2500, 5001, 1), TcpAnalysis::WINDOW_FULL);
    assert_eq!(wire.send(B, TcpFlags::RST, 5001, 0, 0, 0), TcpAnalysis(0), "a reset has no window");
}

#[test]
fn windows_scale_only_if_both_ends_offer_it() {
    for (offers, expected) in [([Some(7), Some(2)], 4000), ([Some(7), None], 1000), ([None, Some(2)], 1000)] {
        let mut conversation = Conversation::default();
        let mut send = |from, flags, window_scale| {
            let segment = Segment { window: 1000, flags, window_scale, ..Segment::default() };
            conversation.judge(from, &segment).window
        };
        send(A, TcpFlags::SYN, offers[0]);
        assert_eq!(send(B, TcpFlags::SYN | TcpFlags::ACK, offers[1]), 1000, "a SYN is never scaled");
        assert_eq!(send(B, TcpFlags::ACK, None), expected, "{offers:?}");
    }
}

#[test]
fn another_initial_sequence_number_is_another_connection() {
    let mut wire = Wire::open();
    let syn = |sequence| Segment { sequence, flags: TcpFlags::SYN, ..Segment::default() };
    assert!(wire.conversation.is_reused_by(A, &syn(77)));
    assert!(!wire.conversation.is_reused_by(A, &syn(1000)), "the same SYN again");
    assert_eq!(wire.send(A, TcpFlags::SYN, 1000, 0, 0, 1000), TcpAnalysis::RETRANSMISSION);
    assert_eq!(
        wire.send(B, TcpFlags::SYN | TcpFlags::ACK, 6000, 1001, 0, 1000).0 & TcpAnalysis::REUSED_PORTS.0,
        1 << 14
    );
    assert_eq!(Conversation::new(TcpProfile::default(), true).judge(A, &syn(77)).analysis, TcpAnalysis::REUSED_PORTS);
}

#[test]
fn time_that_goes_backwards_is_a_long_time() {
    let mut wire = Wire::open();
    wire.data(A, 1001, 5001, 100);
    wire.data(A, 1101, 5001, 100);
    wire.time -= 1;
    assert_eq!(wire.data(A, 1001, 5001, 50), TcpAnalysis::RETRANSMISSION);
    assert_eq!(wire.judge(B, TcpFlags::ACK, 5001, 1201, 0, 1000).ack_rtt, None);
}

#[test]
fn memory_of_a_conversation_is_bounded() {
    let mut wire = Wire::open();
    for i in 0..100_000_u32 {
        wire.data(A, 1001 + 10 * i, 5001, 10);
    }
    assert!(wire.conversation.heap_len() <= 2 * 10_000 * size_of::<Sent>());
    wire.data(B, 5001, 2_000_000, 0);
    assert_eq!(wire.conversation.heap_len(), 4 * size_of::<Sent>(), "what B sent");
}

/// A conversation after a handshake by the rules of a profile.
fn open_with(profile: TcpProfile) -> Wire {
    let mut wire = Wire { conversation: Conversation::new(profile, false), time: 0 };
    wire.offer(A, TcpFlags::SYN, 1000, 0);
    wire.wait(9);
    wire.offer(B, TcpFlags::SYN | TcpFlags::ACK, 5000, 1001);
    wire.wait(1);
    wire.data(A, 1001, 5001, 0);
    wire.data(B, 5001, 1001, 0);
    wire
}

impl Wire {
    /// A SYN with a maximum segment size of 100, over IPv4.
    fn offer(&mut self, from: Side, flags: TcpFlags, sequence: u32, acknowledgment: u32) {
        let segment = Segment {
            time: self.time,
            sequence,
            acknowledgment,
            window: 1000,
            flags,
            mss: Some(100),
            identification: Some(1),
            ..Segment::default()
        };
        self.conversation.judge(from, &segment);
    }

    /// An acknowledgment of B with ranges.
    fn ranges(&mut self, acknowledgment: u32, window: u16, ranges: &[(u32, u32)]) -> TcpAnalysis {
        let mut sack = Sack::default();
        ranges.iter().for_each(|(left, right)| sack.push(*left, *right));
        let flags = TcpFlags::ACK;
        let segment =
            Segment { time: self.time, sequence: 5001, acknowledgment, window, flags, sack, ..Segment::default() };
        self.conversation.judge(B, &segment).analysis
    }
}

/// What each profile says, in the order of [`TcpProfile::ALL`].
fn by_profile<T>(judge: impl Fn(&mut Wire) -> T) -> [T; 3] {
    TcpProfile::ALL.map(|profile| judge(&mut open_with(profile)))
}

const NOTHING: TcpAnalysis = TcpAnalysis(0);
const FAST: TcpAnalysis = TcpAnalysis(TcpAnalysis::FAST_RETRANSMISSION.0 | TcpAnalysis::RETRANSMISSION.0);

#[test]
fn a_window_that_changes_with_ranges_is_a_duplicate_to_newer_profiles() {
    let judged = by_profile(|wire| {
        wire.data(A, 1001, 5001, 100);
        wire.data(A, 1101, 5001, 100);
        [wire.ranges(1001, 900, &[(1101, 1201)]), wire.ranges(1001, 900, &[(1101, 1201)]), wire.ranges(1001, 800, &[])]
    });
    let (duplicate, update) = (TcpAnalysis::DUPLICATE_ACK, TcpAnalysis::WINDOW_UPDATE);
    assert_eq!(judged, [[update, duplicate, update], [duplicate, duplicate, update], [duplicate, duplicate, update]]);
}

#[test]
fn new_ranges_are_a_duplicate_to_the_newest_profile() {
    let judged = by_profile(|wire| {
        for sequence in [1001, 1101, 1201, 1301] {
            wire.data(A, sequence, 5001, 100);
        }
        // What it acknowledges moved on, and so it is no duplicate of the one before.
        [wire.ranges(1101, 1000, &[(1201, 1301)]), wire.ranges(1101, 1000, &[(1201, 1401)])]
    });
    let (nothing, duplicate) = (NOTHING, TcpAnalysis::DUPLICATE_ACK);
    assert_eq!(judged, [[nothing, duplicate], [nothing, duplicate], [duplicate, duplicate]]);
    let copy = by_profile(|wire| {
        wire.data(A, 1001, 5001, 100);
        wire.ranges(1101, 1000, &[(1001, 1101)])
    });
    assert_eq!(copy, [NOTHING; 3], "the range tells of data received twice");
}

#[test]
fn more_than_two_segments_jumped_over_ask_the_newest_profile_for_a_fast_retransmission() {
    let judged = |jumped: u32| {
        by_profile(|wire| {
            wire.data(A, 1001, 5001, 100);
            wire.data(A, 1101, 5001, 100);
            wire.data(A, 1201, 5001, 400);
            wire.wait(15);
            wire.ranges(1101, 1000, &[(1201, 1201 + jumped)]);
            wire.data(A, 1101, 5001, 100)
        })
    };
    let again = TcpAnalysis::RETRANSMISSION;
    assert_eq!(judged(201), [again, again, FAST]);
    assert_eq!(judged(200), [again; 3], "no more than two");
}

#[test]
fn what_no_range_has_is_fast_to_newer_profiles_even_if_it_is_not_the_next() {
    let judged = by_profile(|wire| {
        for sequence in [1001, 1101, 1201, 1301] {
            wire.data(A, sequence, 5001, 100);
        }
        wire.wait(15);
        for _ in 0..2 {
            wire.ranges(1001, 1000, &[(1301, 1401)]);
        }
        wire.data(A, 1101, 5001, 100)
    });
    assert_eq!(judged, [TcpAnalysis::RETRANSMISSION, FAST, FAST]);
}

#[test]
fn what_the_capture_has_already_is_not_out_of_order_to_newer_profiles() {
    let judged = by_profile(|wire| {
        wire.data(A, 1001, 5001, 100);
        wire.data(A, 1101, 5001, 100);
        wire.data(A, 1001, 5001, 100)
    });
    let again = TcpAnalysis::RETRANSMISSION;
    assert_eq!(judged, [TcpAnalysis::OUT_OF_ORDER, again, again]);
}

#[test]
fn lateness_is_measured_from_the_peer_by_the_newest_profile() {
    let judged = by_profile(|wire| {
        wire.data(A, 1001, 5001, 100);
        wire.data(A, 1201, 5001, 100);
        wire.wait(11);
        wire.data(B, 5001, 1101, 0);
        wire.data(A, 1101, 5001, 100)
    });
    let (again, disordered) = (TcpAnalysis::RETRANSMISSION, TcpAnalysis::OUT_OF_ORDER);
    assert_eq!(judged, [again, again, disordered]);
}

#[test]
fn a_probe_of_a_closed_window_may_be_taken_in_by_newer_profiles() {
    let judged = by_profile(|wire| {
        wire.data(A, 1001, 5001, 1000);
        wire.send(B, TcpFlags::ACK, 5001, 2001, 0, 0);
        wire.data(A, 2001, 5001, 1);
        let closed = wire.send(B, TcpFlags::ACK, 5001, 2002, 0, 0);
        wire.data(A, 2002, 5001, 1);
        [closed, wire.send(B, TcpFlags::ACK, 5001, 2003, 0, 1000), wire.data(A, 2003, 5001, 10)]
    });
    let answer = FLAG(&[TcpAnalysis::ZERO_WINDOW, TcpAnalysis::ZERO_WINDOW_PROBE_ACK]);
    let unseen = FLAG(&[TcpAnalysis::ZERO_WINDOW, TcpAnalysis::ACK_LOST_SEGMENT]);
    let newer = [answer, TcpAnalysis::WINDOW_UPDATE, NOTHING];
    assert_eq!(judged[1..], [newer, newer]);
    assert_eq!(judged[0][0], unseen);
}

#[test]
fn each_gap_that_an_acknowledgment_shows_is_told_by_newer_profiles() {
    let judged = by_profile(|wire| {
        wire.data(A, 1001, 5001, 100);
        [wire.data(B, 5001, 1501, 0), wire.data(B, 5001, 1601, 0)]
    });
    let unseen = TcpAnalysis::ACK_LOST_SEGMENT;
    assert_eq!(judged, [[unseen, NOTHING], [unseen, unseen], [unseen, unseen]]);
}

#[test]
fn a_part_of_a_segment_is_acknowledged_to_newer_profiles() {
    let judged = by_profile(|wire| {
        wire.data(A, 1001, 5001, 1000);
        wire.wait(7);
        let part = wire.judge(B, TcpFlags::ACK, 5001, 1501, 0, 1000);
        let whole = wire.judge(B, TcpFlags::ACK, 5001, 2001, 0, 1000);
        [part, whole].map(|judgement| (judgement.analysis, judgement.ack_rtt))
    });
    let (part, whole) = ((TcpAnalysis::PARTIAL_ACK, Some(7 * MS)), (NOTHING, Some(7 * MS)));
    assert_eq!(judged, [[(NOTHING, None), whole], [part, whole], [part, whole]]);
}

#[test]
fn a_handshake_behind_a_reset_is_another_connection_to_newer_profiles() {
    let again = Segment { sequence: 1000, flags: TcpFlags::SYN, ..Segment::default() };
    let answer = Segment { sequence: 6000, flags: TcpFlags::SYN | TcpFlags::ACK, ..Segment::default() };
    let judged = by_profile(|wire| {
        let answers = wire.conversation.is_reused_by(B, &answer);
        let before = wire.conversation.is_reused_by(A, &again);
        wire.send(B, TcpFlags::RST, 5001, 0, 0, 0);
        [answers, before, wire.conversation.is_reused_by(A, &again)]
    });
    assert_eq!(judged, [[false, false, false], [true, false, true], [true, false, true]]);
}

#[test]
fn waits_are_counted_from_what_is_sent_again_by_newer_profiles() {
    let judged = by_profile(|wire| {
        wire.data(A, 1001, 5001, 100);
        wire.wait(50);
        wire.data(A, 1101, 5001, 100);
        wire.wait(100);
        wire.judge(A, TcpFlags::ACK, 1101, 5001, 100, 1000).timeout.map(|time| time / MS)
    });
    assert_eq!(judged, [Some(150), Some(100), Some(100)]);
}
