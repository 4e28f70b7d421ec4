//! One opaque error for the whole library.
//!
//! An [`Error`] says what was being done, on what, what the system answered and, where there is one, what to try:
//! `open AF_NETLINK socket: operation not permitted; hint: needs CAP_NET_ADMIN`. A negative finding (port closed, no
//! such name) is never an error: errors are for what could not be asked.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::io;

use crate::packet::Stop;

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation could not be carried out.
///
/// Match on [`kind`](Error::kind); the text of [`Display`](fmt::Display) is for people and may change.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    operation: Cow<'static, str>,
    detail: Option<Cow<'static, str>>,
    hint: Option<Cow<'static, str>>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The class of an [`Error`], for programs to branch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The file, interface, namespace or process does not exist.
    NotFound,
    /// A right or capability is missing; [`Error::hint`] names it.
    PermissionDenied,
    /// The caller's argument makes no sense; nothing was tried.
    InvalidInput,
    /// What was read is not in the expected format.
    Malformed,
    /// What was read ends before it is complete: the file or message was cut off.
    Truncated,
    /// The kernel, the file or this build lacks the feature.
    Unsupported,
    /// The deadline passed.
    TimedOut,
    /// The caller asked to stop.
    Cancelled,
    /// A configured limit on memory, size or count was reached.
    LimitReached,
    /// The operating system failed in another way; see [`Error::raw_os_error`].
    Io,
}

impl Error {
    /// An error of `kind` while doing `operation`, a phrase such as `"read pcap file header of a.pcap"`.
    #[must_use]
    pub fn new(kind: ErrorKind, operation: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner { kind, operation: operation.into(), detail: None, hint: None, source: None }))
    }

    /// The operating system's answer to `operation`; the kind follows from the error code.
    #[must_use]
    pub fn io(operation: impl Into<Cow<'static, str>>, source: io::Error) -> Self {
        let mut error = Self::new(kind_of(&source), operation);
        error.0.hint = hint_of(&source).map(Cow::Borrowed);
        error.0.source = Some(Box::new(source));
        error
    }

    /// Adds what was found wrong, one clause without a capital or full stop.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Adds what the user may try.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Adds the underlying error.
    #[must_use]
    pub fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }

    /// The class of the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What was being done, and on what.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.0.operation
    }

    /// What was wrong, where that is more than the kind and the source say.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// What the user may try, if there is something.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// What was wrong, for those who say themselves what was being done.
    pub(crate) fn reason(&self) -> String {
        Reason(&self.0).to_string()
    }

    /// The operating system's error code (`errno`), if it was the system that refused.
    #[must_use]
    pub fn raw_os_error(&self) -> Option<i32> {
        self.0.source.as_deref()?.downcast_ref::<io::Error>()?.raw_os_error()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.operation, Reason(&self.0))?;
        match &self.0.hint {
            Some(hint) => write!(f, "; hint: {hint}"),
            None => Ok(()),
        }
    }
}

/// What was wrong, without what was being done and what to try.
struct Reason<'a>(&'a Inner);

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.0.detail, &self.0.source) {
            (None, None) => write!(f, "{}", self.0.kind),
            (Some(detail), None) => f.write_str(detail),
            (None, Some(source)) => write_source(f, source.as_ref()),
            (Some(detail), Some(source)) => {
                write!(f, "{detail}: ")?;
                write_source(f, source.as_ref())
            }
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("operation", &self.0.operation)
            .field("detail", &self.0.detail)
            .field("hint", &self.0.hint)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

impl From<Stop> for Error {
    fn from(stop: Stop) -> Self {
        let kind = if stop.is_truncation() { ErrorKind::Truncated } else { ErrorKind::Malformed };
        Self::new(kind, "parse packet").with_source(stop)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "not found",
            Self::PermissionDenied => "permission denied",
            Self::InvalidInput => "invalid input",
            Self::Malformed => "malformed",
            Self::Truncated => "truncated",
            Self::Unsupported => "not supported",
            Self::TimedOut => "timed out",
            Self::Cancelled => "cancelled",
            Self::LimitReached => "limit reached",
            Self::Io => "input/output error",
        })
    }
}

fn write_source(f: &mut fmt::Formatter<'_>, source: &(dyn StdError + Send + Sync + 'static)) -> fmt::Result {
    match source.downcast_ref() {
        Some(error) => f.write_str(&system_text(error)),
        None => write!(f, "{source}"),
    }
}

/// The system's text without the ` (os error N)` that `io::Error` appends and without its capital.
pub(crate) fn system_text(error: &io::Error) -> String {
    let text = error.to_string();
    let mut letters = text.split(" (os error").next().unwrap_or_default().chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

fn kind_of(error: &io::Error) -> ErrorKind {
    match error.kind() {
        io::ErrorKind::NotFound => ErrorKind::NotFound,
        io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
        io::ErrorKind::InvalidInput | io::ErrorKind::IsADirectory => ErrorKind::InvalidInput,
        io::ErrorKind::UnexpectedEof => ErrorKind::Truncated,
        io::ErrorKind::InvalidData => ErrorKind::Malformed,
        io::ErrorKind::Unsupported => ErrorKind::Unsupported,
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => ErrorKind::TimedOut,
        io::ErrorKind::Interrupted => ErrorKind::Cancelled,
        _ => ErrorKind::Io,
    }
}

/// What helps wherever the system answers so.
fn hint_of(error: &io::Error) -> Option<&'static str> {
    match error.raw_os_error() {
        Some(EMFILE) if cfg!(unix) => Some("the process is at its limit of open files (ulimit -n)"),
        Some(ENFILE) if cfg!(unix) => Some("the host is at its limit of open files (sysctl fs.file-max)"),
        _ => None,
    }
}

const ENFILE: i32 = 23;
const EMFILE: i32 = 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_names_operation_cause_and_hint() {
        let error =
            Error::io("open AF_PACKET socket on eth0", io::Error::from_raw_os_error(1)).with_hint("needs CAP_NET_RAW");
        assert_eq!(
            error.to_string(),
            "open AF_PACKET socket on eth0: operation not permitted; hint: needs CAP_NET_RAW"
        );
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert_eq!(error.raw_os_error(), Some(1));
        assert_eq!(error.operation(), "open AF_PACKET socket on eth0");
        assert!(error.source().is_some());
    }

    #[test]
    fn kind_is_the_text_of_last_resort() {
        assert_eq!(Error::new(ErrorKind::TimedOut, "dump links").to_string(), "dump links: timed out");
    }

    #[test]
    fn error_is_one_word() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
