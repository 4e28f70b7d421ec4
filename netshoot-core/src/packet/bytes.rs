//! Bounds-checked reads: the one place where an offset meets a slice.

/// The `N` octets at `offset`, if all are there.
#[inline(always)]
pub(super) fn array<const N: usize>(bytes: &[u8], offset: usize) -> Option<&[u8; N]> {
    // One comparison: an end that wraps lies before its start, and is refused with it.
    bytes.get(offset..offset.wrapping_add(N))?.first_chunk()
}

/// The octets from `start` to `end`, cut at the end of `bytes`; empty if `start` lies beyond.
#[inline(always)]
pub(super) fn range(bytes: &[u8], start: usize, end: usize) -> &[u8] {
    bytes.get(start..end.min(bytes.len())).unwrap_or_default()
}
