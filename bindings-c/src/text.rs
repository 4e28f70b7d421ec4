//! Rust text to C strings: into an array in a struct, or into the caller's buffer.

use std::ffi::{c_char, c_int};
use std::fmt::Display;

/// `text` as an array that ends in a NUL: cut before the character that does not fit, and at a NUL within.
pub(crate) fn inline<const N: usize>(text: &str) -> [c_char; N] {
    let mut array = [0; N];
    let whole = fitting(text, N.saturating_sub(1));
    for (to, from) in array.iter_mut().zip(whole) {
        *to = c_char::from_ne_bytes([*from]);
    }
    array
}

/// Writes `text` and a NUL into the `size` octets at `buffer`, cut if it does not fit, and returns its whole length
/// without the NUL, as snprintf does. `buffer` may be null if `size` is 0.
///
/// # Safety
/// `buffer` is null or may be written for `size` octets.
pub(crate) unsafe fn print(text: impl Display, buffer: *mut c_char, size: usize) -> c_int {
    let text = text.to_string();
    if !buffer.is_null() && size > 0 {
        let whole = fitting(&text, size - 1);
        // SAFETY: `whole` is at most `size - 1` octets long, and the caller promises `size` writable octets, which
        // cannot overlap the text made here.
        unsafe { std::ptr::copy_nonoverlapping(whole.as_ptr(), buffer.cast(), whole.len()) };
        // SAFETY: `whole.len() < size`.
        unsafe { buffer.add(whole.len()).write(0) };
    }
    c_int::try_from(text.len()).unwrap_or(c_int::MAX)
}

/// The longest start of `text` of at most `length` octets that does not cut a character.
fn fitting(text: &str, length: usize) -> &[u8] {
    let end = (0..=length.min(text.len())).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    text.as_bytes().get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_between_characters() {
        assert_eq!(inline::<4>("abc").map(|c| c as u8), *b"abc\0");
        assert_eq!(inline::<4>("abü").map(|c| c as u8), *b"ab\0\0");
        assert_eq!(inline::<1>("abc"), [0]);
    }

    #[test]
    fn print_returns_the_whole_length() {
        let mut buffer = [b'x' as c_char; 4];
        // SAFETY: the buffer has three octets and more.
        assert_eq!(unsafe { print("abcdef", buffer.as_mut_ptr(), 3) }, 6);
        assert_eq!(buffer.map(|c| c as u8), *b"ab\0x");
        // SAFETY: null with size 0 is allowed.
        assert_eq!(unsafe { print("abcdef", std::ptr::null_mut(), 0) }, 6);
    }
}
