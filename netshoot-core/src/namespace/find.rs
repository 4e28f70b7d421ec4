//! A namespace by what a person calls it.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::Namespace;
use crate::error::{ErrorKind, Result};

impl Namespace {
    /// The namespace that `word` means: a path if it has a slash, else the name that `ip netns add` gave, as it is or as it
    /// is shown, else the number of a process, else `current` for the caller's own.
    ///
    /// A name may consist of digits, too, and then comes first, as whoever made it wants it found.
    ///
    /// # Errors
    /// As [`from_path`](Self::from_path), [`named`](Self::named) and [`of_process`](Self::of_process).
    ///
    /// # Examples
    /// ```
    /// # fn main() -> netshoot_core::Result<()> {
    /// use netshoot_core::namespace::Namespace;
    /// let own = Namespace::find(&std::process::id().to_string())?;
    /// assert_eq!(own, Namespace::find("current")?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn find(word: impl AsRef<OsStr>) -> Result<Self> {
        let word = word.as_ref();
        if word.as_bytes().contains(&b'/') {
            return Self::from_path(word);
        }
        Self::named(word).or_else(|error| match process_number(word.as_bytes()) {
            _ if error.kind() != ErrorKind::NotFound => Err(error),
            Some(pid) => Self::of_process(pid),
            None if word == "current" => Self::current(),
            None => Err(error),
        })
    }
}

/// Digits alone.
fn process_number(word: &[u8]) -> Option<u32> {
    let is_plain = word.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(word).ok()?.parse().ok().filter(|_| is_plain)
}
