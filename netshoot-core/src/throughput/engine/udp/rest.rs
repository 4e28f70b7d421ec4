//! Rests of a receiver: where messages come fast, each that finds it asleep costs the sender a wake-up.

use std::time::Duration;

/// Judges when a receiver that has read all may rest for [`REST`]. The kernel has told when each message came, so that no
/// time is lost by it.
pub(super) struct Rests {
    /// Octets of the socket's buffer as the kernel counts them.
    buffer: usize,
    /// Messages and octets since `since`.
    messages: usize,
    octets: usize,
    since: Duration,
}

impl Rests {
    pub(super) fn new(buffer: usize) -> Self {
        Self { buffer, messages: 0, octets: 0, since: Duration::ZERO }
    }

    /// Takes note of what one call has received.
    pub(super) fn received(&mut self, messages: usize, octets: usize) {
        self.messages += messages;
        self.octets += octets;
    }

    /// Whether it is worth asking for the time.
    pub(super) fn may_be_due(&self) -> bool {
        self.messages >= FEW
    }

    /// Whether to rest at `now`, when the last message came at `newest`: there are enough messages, and room for those to
    /// come meanwhile.
    pub(super) fn is_due(&mut self, newest: Duration, now: Duration) -> bool {
        if now.saturating_sub(newest) > RECENT {
            return false;
        }
        let elapsed = now.saturating_sub(self.since);
        // A message takes more of the buffer than its octets.
        let taken = 2 * self.octets + OVERHEAD * self.messages;
        let during = taken as f64 * REST.as_secs_f64() / elapsed.as_secs_f64();
        let fast = elapsed < SLOW;
        *self = Self { since: now, ..Self::new(self.buffer) };
        fast && during < self.buffer as f64 / 4.0
    }
}

/// How long a rest is.
pub(super) const REST: Duration = Duration::from_micros(100);
/// Fewer messages are not worth a rest.
const FEW: usize = 8;
/// Who takes longer for [`FEW`] is not woken often.
const SLOW: Duration = Duration::from_millis(1);
/// Who has read a message so soon has read all.
const RECENT: Duration = Duration::from_micros(20);
/// Octets that the kernel counts for a message beside its own, at most: there are drivers with a page for each.
const OVERHEAD: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1);
    const US: Duration = Duration::from_micros(1);

    /// Whether there is a rest after a hundred messages of `octets` in `time`, the last of them `ago`.
    fn rests(buffer: usize, octets: usize, time: Duration, ago: Duration) -> bool {
        let mut rests = Rests::new(buffer);
        rests.received(FEW, 0);
        assert!(!rests.is_due(NOW, NOW), "nothing is known of the rate");
        rests.received(FEW - 1, 0);
        assert!(!rests.may_be_due());
        rests.received(101 - FEW, 100 * octets);
        assert!(rests.may_be_due());
        rests.is_due(NOW + time - ago, NOW + time)
    }

    #[test]
    fn only_who_has_read_all_of_a_fast_stream_rests() {
        assert!(rests(8 << 20, 1_400, 120 * US, US));
        assert!(!rests(8 << 20, 1_400, 120 * US, 30 * US));
        assert!(!rests(8 << 20, 1_400, 2_000 * US, US));
    }

    #[test]
    fn there_must_be_room_for_what_comes_meanwhile() {
        assert!(rests(8 << 20, 64_400, 800 * US, US));
        assert!(!rests(400_000, 64_400, 800 * US, US));
        assert!(rests(400_000, 64, 800 * US, US));
        assert!(!rests(425_984, 64, 111 * US, US));
        assert!(!rests(8 << 20, 64_400, Duration::ZERO, Duration::ZERO));
    }
}
