//! Random numbers whose sequence never changes: xoshiro256++ seeded by splitmix64, and draws made of integer
//! arithmetic only, so that a seed gives the same capture on every machine and with every compiler.

/// A stream of random numbers.
#[derive(Debug, Clone)]
pub struct Random {
    state: [u64; 4],
}

impl Random {
    /// The stream of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut word = seed;
        let mut next = || {
            word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        };
        Self { state: [next(), next(), next(), next()] }
    }

    /// A stream of its own for part `number` of the thing that `seed` stands for.
    #[must_use]
    pub fn part(seed: u64, number: u64) -> Self {
        Self::new(seed ^ number.wrapping_mul(0xd134_2543_de82_ef95).rotate_left(17))
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.state;
        let result = a.wrapping_add(*d).rotate_left(23).wrapping_add(*a);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        result
    }

    /// A number below `limit`; 0 if `limit` is 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        let wide = u128::from(self.next_u64()) * u128::from(limit);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// True `per_myriad` times in ten thousand.
    pub fn chance(&mut self, per_myriad: u64) -> bool {
        self.below(10_000) < per_myriad
    }

    /// A heavy-tailed number (Pareto with exponent 1, in octaves) of at least `low`, capped at `high`.
    pub fn heavy(&mut self, low: u64, high: u64) -> u64 {
        let octave = self.next_u64().leading_zeros().min(30);
        let base = low << octave;
        (base + self.below(base)).min(high)
    }

    /// The low 32 bits of the next number.
    pub fn next_u32(&mut self) -> u32 {
        let [a, b, c, d, ..] = self.next_u64().to_le_bytes();
        u32::from_le_bytes([a, b, c, d])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first outputs of the reference implementation for the state that splitmix64 makes of 0.
    #[test]
    fn stream_is_frozen() {
        let mut random = Random::new(0);
        assert_eq!([random.next_u64(), random.next_u64()], [5_987_356_902_031_041_503, 7_051_070_477_665_621_255]);
    }

    #[test]
    fn draws_stay_in_their_range() {
        let mut random = Random::new(7);
        for _ in 0..10_000 {
            assert!(random.below(10) < 10);
            assert!((5..=9).contains(&random.between(5, 9)));
            assert!((100..=50_000).contains(&random.heavy(100, 50_000)));
        }
        assert_eq!(random.below(0), 0);
    }
}
