//! A namespace by what a person calls it.

use super::Namespace;
use crate::error::{ErrorKind, Result};

impl Namespace {
    /// The namespace that `word` means: a path if it has a slash, else the name that `ip netns add` gave, else the
    /// number of a process, else `current` for the caller's own.
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
    pub fn find(word: &str) -> Result<Self> {
        if word.contains('/') {
            return Self::from_path(word);
        }
        Self::named(word).or_else(|error| match word.parse() {
            _ if error.kind() != ErrorKind::NotFound => Err(error),
            Ok(pid) => Self::of_process(pid),
            Err(_) if word == "current" => Self::current(),
            Err(_) => Err(error),
        })
    }
}
