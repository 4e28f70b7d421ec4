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
        let segment = Segment { time: *time, sequence, acknowledgment: ack, window, flags, len, window_scale: None };
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
    assert_eq!(Conversation::new(true).judge(A, &syn(77)).analysis, TcpAnalysis::REUSED_PORTS);
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

/// The short cuts of [`Unacknowledged`] against looking at each entry.
#[test]
fn acknowledging_agrees_with_looking_at_each() {
    let mut state = 1_u64;
    let mut random = |limit: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % limit
    };
    for round in 0..2000 {
        let (mut fast, mut slow) = (Unacknowledged::default(), Vec::new());
        let mut next = random(1 << 32) as u32;
        let step = [4, 3000, 1 << 29, 1 << 32][round % 4];
        for time in 0..200 {
            if random(3) > 0 {
                next = match random(10) {
                    0 => next.wrapping_sub(random(step) as u32),
                    _ => next.wrapping_add(random(step) as u32),
                };
                fast.push(Sent { next, time });
                slow.push(Sent { next, time });
            } else {
                let number = next.wrapping_sub(random(step) as u32);
                let expected = slow.iter().find(|sent| sent.next == number).map(|sent| sent.time);
                slow.retain(|sent| after(sent.next, number));
                assert_eq!(fast.acknowledge(number), expected);
                assert_eq!(fast.sent, slow);
            }
        }
    }
}

#[test]
fn memory_of_a_conversation_is_bounded() {
    let mut wire = Wire::open();
    for i in 0..100_000_u32 {
        wire.data(A, 1001 + 10 * i, 5001, 10);
    }
    assert!(wire.conversation.heap_len() <= 2 * MAX_UNACKNOWLEDGED * size_of::<Sent>());
    wire.data(B, 5001, 2_000_000, 0);
    assert_eq!(wire.conversation.heap_len(), 4 * size_of::<Sent>(), "what B sent");
}
