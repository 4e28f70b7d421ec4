//! What is sent.

use std::hash::{BuildHasher, RandomState};

/// Octets for the wire, all written, so that no page has to be made when data flow.
pub(super) fn fill(length: usize, block: usize, repeating: bool) -> Box<[u8]> {
    let mut octets = vec![0; length];
    if repeating {
        for block in octets.chunks_mut(block.max(1)) {
            block.iter_mut().zip((b'0'..=b'9').cycle()).for_each(|(octet, digit)| *octet = digit);
        }
    } else {
        let mut state = RandomState::new().hash_one(0) | 1;
        for word in octets.chunks_mut(8) {
            // xorshift64
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            word.iter_mut().zip(state.to_ne_bytes()).for_each(|(octet, random)| *octet = random);
        }
    }
    octets.into()
}
