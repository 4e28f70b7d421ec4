//! Round trips by timestamps (RFC 7323): from a value of one end's clock to its first echo.

/// Values of one direction that were not echoed yet, the oldest first, with the microseconds at which they were sent, modulo
/// 2³².
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    values: [(u32, u32); PENDING],
    len: u8,
    newest: Option<u32>,
}

impl Clock {
    /// Takes note of a value, if it is new and there is room.
    pub(super) fn send(&mut self, value: u32, now: i64) {
        let old = self.newest.is_some_and(|newest| value.wrapping_sub(newest).cast_signed() <= 0);
        if old {
            return;
        }
        self.newest = Some(value);
        if let Some(place) = self.values.get_mut(usize::from(self.len)) {
            *place = (value, microseconds(now));
            self.len += 1;
        }
    }

    /// Nanoseconds since a value was sent that the peer echoes for the first time.
    pub(super) fn echo(&mut self, value: u32, now: i64) -> Option<i64> {
        let pending = self.values.get(..usize::from(self.len))?;
        let passed = pending.iter().take_while(|(own, _)| value.wrapping_sub(*own).cast_signed() >= 0).count();
        let (own, sent) = *pending.get(passed.checked_sub(1)?)?;
        self.values.copy_within(passed.., 0);
        self.len -= u8::try_from(passed).unwrap_or(self.len);
        let elapsed = microseconds(now).wrapping_sub(sent).cast_signed();
        (own == value && elapsed > 0).then(|| i64::from(elapsed) * 1000)
    }
}

/// Microseconds, modulo 2³².
pub(super) fn microseconds(nanos: i64) -> u32 {
    let [a, b, c, d, ..] = nanos.div_euclid(1000).to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// Values of a direction that wait for their echo; there are more in flight only on fast and long paths, of which some are
/// enough.
const PENDING: usize = 4;
