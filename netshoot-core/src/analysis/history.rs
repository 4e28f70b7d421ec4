//! What happened on a connection, in the letters of Zeek.

use std::fmt;

/// The letters of Zeek's `history`, upper case for the client and lower case for the server: `S` SYN, `H` SYN-ACK, `A`
/// acknowledgment without data, `D` data, `F` FIN, `R` reset, `T` retransmission, `W` closed window, `G` gap in the capture.
///
/// A letter comes with the first event of its kind, and those of `T`, `W` and `G` again with the 10th, 100th and so on.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct History {
    letters: [u8; MAX_LEN],
    len: u8,
}

/// What can happen, in the order in which its letters come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Events(u16);

/// What has happened to an end, and how often what is told more than once.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    seen: [Events; 2],
    repeated: [[u32; REPEATED]; 2],
}

impl Events {
    pub(super) const SYN: Self = Self(1);
    pub(super) const SYN_ACK: Self = Self(1 << 1);
    pub(super) const RESET: Self = Self(1 << 2);
    pub(super) const RETRANSMISSION: Self = Self(1 << 3);
    pub(super) const DATA: Self = Self(1 << 4);
    pub(super) const ACK: Self = Self(1 << 5);
    pub(super) const FIN: Self = Self(1 << 6);
    pub(super) const ZERO_WINDOW: Self = Self(1 << 7);
    pub(super) const GAP: Self = Self(1 << 8);

    /// Adds `event` if it `happened`.
    pub(super) fn add(&mut self, event: Self, happened: bool) {
        self.0 |= if happened { event.0 } else { 0 };
    }
}

impl History {
    /// The letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let letters = self.letters.get(..usize::from(self.len)).unwrap_or_default();
        std::str::from_utf8(letters).unwrap_or_default()
    }

    /// Notes events.
    #[inline]
    pub(super) fn note(&mut self, counts: &mut Counts, events: Events, from_client: bool) {
        let [server, client] = &mut counts.seen;
        let seen = if from_client { client } else { server };
        let new = events.0 & !seen.0;
        seen.0 |= events.0;
        if new | events.0 & TOLD_AGAIN != 0 {
            self.tell(counts, events.0, new, from_client);
        }
    }

    fn tell(&mut self, counts: &mut Counts, events: u16, new: u16, from_client: bool) {
        let [server, client] = &mut counts.repeated;
        let mut repeated = (if from_client { client } else { server }).iter_mut();
        for (place, letter) in LETTERS.into_iter().enumerate() {
            let event = 1 << place;
            let count = if event & TOLD_AGAIN != 0 { repeated.next() } else { None };
            if events & event == 0 {
                continue;
            }
            let again = count.is_some_and(|count| {
                *count = count.saturating_add(1);
                is_power_of_ten(*count)
            });
            if again || new & event != 0 {
                self.push(if from_client { letter } else { letter.to_ascii_lowercase() });
            }
        }
    }

    fn push(&mut self, letter: u8) {
        if let Some(place) = self.letters.get_mut(usize::from(self.len)) {
            *place = letter;
            self.len += 1;
        }
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn is_power_of_ten(count: u32) -> bool {
    count.checked_ilog10().is_some_and(|digits| 10_u32.checked_pow(digits) == Some(count))
}

/// Of the events, in their order.
const LETTERS: [u8; 9] = *b"SHRTDAFWG";
/// Events that are told again.
const TOLD_AGAIN: u16 = Events::RETRANSMISSION.0 | Events::ZERO_WINDOW.0 | Events::GAP.0;
const REPEATED: usize = TOLD_AGAIN.count_ones() as usize;
/// Each letter once for each end, and some of them ten times more often each.
const MAX_LEN: usize = 31;
