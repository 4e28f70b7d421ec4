//! The library's errors as Python exceptions.
//!
//! The classes are written in Python (`netshoot/_errors.py`), since they inherit from ours and from the built-in ones
//! that Python programs catch (`FileNotFoundError`, `PermissionError`).

use netshoot_core::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// The exception for `error`.
pub(crate) fn to_python(py: Python<'_>, error: &Error) -> PyErr {
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let exception = MAKE.import(py, "netshoot._errors", "from_library").and_then(|make| {
        make.call1((
            kind_name(error.kind()),
            error.to_string(),
            error.operation(),
            error.detail(),
            error.hint(),
            error.raw_os_error(),
        ))
    });
    exception.map_or_else(|failure| failure, PyErr::from_value)
}

const fn kind_name(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => "not_found",
        ErrorKind::PermissionDenied => "permission_denied",
        ErrorKind::InvalidInput => "invalid_input",
        ErrorKind::Malformed => "malformed",
        ErrorKind::Truncated => "truncated",
        ErrorKind::Unsupported => "unsupported",
        ErrorKind::TimedOut => "timed_out",
        ErrorKind::Cancelled => "cancelled",
        ErrorKind::LimitReached => "limit_reached",
        _ => "io",
    }
}

/// Issues a `CaptureDamagedWarning`; an error if warnings are made errors.
pub(crate) fn warn_of_damage(py: Python<'_>, text: &str) -> PyResult<()> {
    static WARN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    WARN.import(py, "netshoot._errors", "warn_of_damage")?.call1((text,)).map(drop)
}
