//! Octets that arrived out of order: pieces that do not overlap, by where they begin.

use std::collections::BTreeMap;

/// Who wins where a new piece meets an old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Winner {
    Old,
    New,
    /// The one that began first, before anything was cut off it; the old one where both began together.
    Lower,
}

/// How a new piece met the old ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Meeting {
    /// Octets that were there before.
    pub(super) overlap: usize,
    /// Whether some of those were others.
    pub(super) conflict: bool,
}

#[derive(Debug, Default)]
pub(super) struct Pieces {
    pieces: BTreeMap<u64, Piece>,
    octets: usize,
}

#[derive(Debug)]
struct Piece {
    /// Where it began before it was cut.
    origin: u64,
    octets: Box<[u8]>,
}

impl Pieces {
    /// Octets that are held.
    pub(super) fn octets(&self) -> usize {
        self.octets
    }

    /// What the pieces take in memory: their octets, and what the map needs for each and for the first of them.
    pub(super) fn cost(&self) -> usize {
        let map = if self.pieces.is_empty() { 0 } else { MAP_COST };
        self.octets + map + self.pieces.len() * PIECE_COST
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Where the first piece begins.
    pub(super) fn start(&self) -> Option<u64> {
        self.pieces.first_key_value().map(|(start, _)| *start)
    }

    /// Where the last piece ends.
    pub(super) fn end(&self) -> Option<u64> {
        self.pieces.last_key_value().map(|(start, piece)| start + piece.octets.len() as u64)
    }

    pub(super) fn pop_first(&mut self) -> Option<(u64, Box<[u8]>)> {
        let (start, Piece { octets, .. }) = self.pieces.pop_first()?;
        self.octets -= octets.len();
        Some((start, octets))
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The pieces in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.pieces.values().map(|piece| piece.octets.as_ref())
    }

    /// How a piece would meet those that are there.
    pub(super) fn meet(&self, start: u64, octets: &[u8]) -> Meeting {
        let mut meeting = Meeting::default();
        for (old_start, piece) in self.overlapping(start, octets.len()) {
            let old = &piece.octets;
            let from = start.max(old_start);
            let ours = octets.get((from - start) as usize..).unwrap_or_default();
            let theirs = old.get((from - old_start) as usize..).unwrap_or_default();
            let length = ours.len().min(theirs.len());
            meeting.overlap += length;
            meeting.conflict |= ours.get(..length) != theirs.get(..length);
        }
        meeting
    }

    /// Puts a piece in.
    pub(super) fn insert(&mut self, start: u64, octets: &[u8], winner: Winner) -> Meeting {
        let meeting = self.meet(start, octets);
        if meeting.overlap == 0 {
            self.put(start, start, octets);
            return meeting;
        }
        let end = start + octets.len() as u64;
        let place = |(at, piece): (u64, &Piece)| (at, at + piece.octets.len() as u64, piece.origin);
        let old: Vec<(u64, u64, u64)> = self.overlapping(start, octets.len()).map(place).collect();
        let mut next = start;
        // The map gave the highest first.
        for (old_start, old_end, origin) in old.into_iter().rev() {
            let stays = match winner {
                Winner::Old => true,
                Winner::New => false,
                Winner::Lower => origin <= start,
            };
            if !stays {
                self.carve(old_start, start, end);
                continue;
            }
            self.put_part(start, start, octets, next, old_start);
            next = old_end.max(next);
        }
        self.put_part(start, start, octets, next, end);
        meeting
    }

    /// The pieces that share octets with such a piece, the highest first.
    fn overlapping(&self, start: u64, length: usize) -> impl Iterator<Item = (u64, &Piece)> {
        let before = self.pieces.range(..start + length as u64).rev().map(|(old_start, piece)| (*old_start, piece));
        before.take_while(move |(old_start, piece)| old_start + piece.octets.len() as u64 > start)
    }

    /// Takes out of the piece at `at` what lies between `start` and `end`.
    fn carve(&mut self, at: u64, start: u64, end: u64) {
        let Some(Piece { origin, octets }) = self.pieces.remove(&at) else { return };
        self.octets -= octets.len();
        self.put_part(origin, at, &octets, at, start);
        self.put_part(origin, at, &octets, end, at + octets.len() as u64);
    }

    /// Puts in what lies between `from` and `to` of octets that begin at `start`.
    fn put_part(&mut self, origin: u64, start: u64, octets: &[u8], from: u64, to: u64) {
        let range = from.saturating_sub(start) as usize..to.saturating_sub(start) as usize;
        self.put(origin, from, octets.get(range).unwrap_or_default());
    }

    fn put(&mut self, origin: u64, start: u64, octets: &[u8]) {
        if !octets.is_empty() {
            self.octets += octets.len();
            self.pieces.insert(start, Piece { origin, octets: octets.into() });
        }
    }
}

/// What a piece takes in the map beside its octets, and what a map has room for at once.
const PIECE_COST: usize = 80;
const MAP_COST: usize = 11 * (size_of::<Piece>() + size_of::<u64>());

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Octet by octet: who holds it since when, and what it is.
    #[derive(Default)]
    struct Slow(BTreeMap<u64, u8>);

    impl Slow {
        fn insert(&mut self, start: u64, octets: &[u8], winner: Winner) -> Meeting {
            let mut meeting = Meeting::default();
            for (at, octet) in (start..).zip(octets) {
                let old = self.0.get(&at).copied();
                meeting.overlap += usize::from(old.is_some());
                meeting.conflict |= old.is_some_and(|old| old != *octet);
                if old.is_none() || winner == Winner::New {
                    self.0.insert(at, *octet);
                }
            }
            meeting
        }
    }

    fn octets(pieces: &Pieces) -> BTreeMap<u64, u8> {
        pieces.pieces.iter().flat_map(|(at, piece)| (*at..).zip(piece.octets.iter().copied())).collect()
    }

    proptest! {
        #[test]
        fn as_octet_by_octet(
            parts in proptest::collection::vec((0..60_u64, proptest::collection::vec(any::<u8>(), 1..20)), 0..20),
            new in any::<bool>(),
        ) {
            let winner = if new { Winner::New } else { Winner::Old };
            let (mut fast, mut slow) = (Pieces::default(), Slow::default());
            for (start, part) in &parts {
                prop_assert_eq!(fast.insert(*start, part, winner), slow.insert(*start, part, winner));
                prop_assert_eq!(octets(&fast), slow.0.clone());
                prop_assert_eq!(fast.octets(), slow.0.len());
            }
        }

        #[test]
        fn the_lower_piece_wins(starts in proptest::collection::vec(0..40_u64, 1..12), length in 1..20_usize) {
            let mut pieces = Pieces::default();
            let mut slow = BTreeMap::<u64, (u64, u8)>::new();
            for (number, start) in starts.iter().enumerate() {
                pieces.insert(*start, &vec![number as u8; length], Winner::Lower);
                for at in *start..start + length as u64 {
                    let held = slow.entry(at).or_insert((*start, number as u8));
                    if *start < held.0 {
                        *held = (*start, number as u8);
                    }
                }
            }
            let expected: BTreeMap<u64, u8> = slow.into_iter().map(|(at, (_, number))| (at, number)).collect();
            prop_assert_eq!(octets(&pieces), expected);
        }
    }

    #[test]
    fn a_piece_in_the_middle_is_carved_out() {
        let mut pieces = Pieces::default();
        pieces.insert(0, b"aaaaaaaa", Winner::New);
        assert_eq!(pieces.insert(2, b"bb", Winner::New), Meeting { overlap: 2, conflict: true });
        assert_eq!(pieces.iter().collect::<Vec<_>>().concat(), b"aabbaaaa");
        assert_eq!((pieces.octets(), pieces.start(), pieces.end()), (8, Some(0), Some(8)));
    }
}
