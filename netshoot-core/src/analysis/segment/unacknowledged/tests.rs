use super::super::before;
use super::*;

/// The short cuts of [`Unacknowledged`] against looking at each entry.
#[test]
fn short_cuts_agree_with_looking_at_each() {
    let mut state = 1_u64;
    let mut random = |limit: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % limit
    };
    for round in 0..2000 {
        let (mut fast, mut slow): (_, Vec<Sent>) = (Unacknowledged::default(), Vec::new());
        let mut next = random(1 << 31) as u32;
        let base = next.wrapping_sub(random(1000) as u32);
        let step = [4, 3000, 1 << 29, 1 << 31][round % 4];
        for time in 0..200 {
            if random(3) > 0 {
                next = match random(10) {
                    0 => next.wrapping_sub(random(step) as u32),
                    _ => next.wrapping_add(random(step) as u32),
                };
                let sent = Sent { sequence: next.wrapping_sub(random(3000) as u32), next, time, frame: 0 };
                fast.push(sent);
                slow.push(sent);
            } else {
                let number = next.wrapping_sub(random(step) as u32);
                let expected = slow.iter().find(|sent| sent.next == number).copied();
                for sent in slow.iter_mut().filter(|sent| sent.next != number) {
                    if after(number, sent.sequence) && before(number, sent.next) {
                        sent.sequence = number;
                    }
                }
                slow.retain(|sent| after(sent.next, number));
                assert_eq!(fast.acknowledge(number).matched, expected);
                assert_eq!(fast.sent, slow);
            }
            let low = slow.iter().map(|sent| sent.sequence.wrapping_sub(base)).min();
            let high = slow.iter().map(|sent| sent.next.wrapping_sub(base)).max();
            assert_eq!(fast.extent(base), high.zip(low).map(|(high, low)| high.wrapping_sub(low)));
        }
    }
}
