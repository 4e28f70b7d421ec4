//! Pointers from C become references here, and handles pointers: null is handled once, ownership is typed once.
//!
//! The safety of each function rests on what the header asks of every caller: a pointer is null or valid for its type,
//! and a handle that is being changed is used by one thread at a time.

use std::ffi::{CStr, c_char};
use std::path::{Path, PathBuf};
use std::ptr;

use netshoot_core::{Error, ErrorKind, Result};

use crate::error::guard;

/// What `pointer` points to, lent for reading: a `const T *`.
///
/// # Safety
/// `pointer` is null or valid for reading as long as `'a`.
pub(crate) unsafe fn lent<'a, T>(pointer: *const T, argument: &str) -> Result<&'a T> {
    // SAFETY: the caller promises a null or valid pointer.
    unsafe { pointer.as_ref() }.ok_or_else(|| null(argument))
}

/// What `pointer` points to, lent for changing: a `T *`.
///
/// # Safety
/// `pointer` is null, or valid and used by nobody else as long as `'a`.
pub(crate) unsafe fn lent_mut<'a, T>(pointer: *mut T, argument: &str) -> Result<&'a mut T> {
    // SAFETY: the caller promises a null or valid pointer that nobody else uses.
    unsafe { pointer.as_mut() }.ok_or_else(|| null(argument))
}

/// Writes a result to where the caller wants it, which may be memory that was never written before.
///
/// # Safety
/// `out` is null or may be written.
pub(crate) unsafe fn write<T>(out: *mut T, value: T) -> Result<()> {
    if out.is_null() {
        return Err(null("out"));
    }
    // SAFETY: `out` is not null, and the caller promises that it may be written.
    unsafe { out.write(value) };
    Ok(())
}

/// `length` values at `pointer`; null is allowed for none.
///
/// # Safety
/// `pointer` is null or valid for reading `length` values as long as `'a`.
pub(crate) unsafe fn slice<'a, T>(pointer: *const T, length: usize, argument: &str) -> Result<&'a [T]> {
    if length == 0 {
        return Ok(&[]);
    }
    if pointer.is_null() {
        return Err(null(argument));
    }
    if length.checked_mul(size_of::<T>()).is_none_or(|octets| isize::try_from(octets).is_err()) {
        return Err(Error::new(ErrorKind::InvalidInput, "read arguments").with_detail("length is larger than memory"));
    }
    // SAFETY: not null, not longer than half the address space, and the caller promises `length` readable values.
    Ok(unsafe { std::slice::from_raw_parts(pointer, length) })
}

/// A path in the system's own encoding.
///
/// # Safety
/// `path` is null or points to a string that ends in a NUL.
pub(crate) unsafe fn path<'a>(path: *const c_char) -> Result<&'a Path> {
    use std::os::unix::ffi::OsStrExt;

    if path.is_null() {
        return Err(null("path"));
    }
    // SAFETY: not null, and the caller promises that the string ends in a NUL.
    let text = unsafe { CStr::from_ptr(path) };
    Ok(Path::new(std::ffi::OsStr::from_bytes(text.to_bytes())))
}

/// So many paths.
///
/// # Safety
/// `paths` is null or points to `count` strings that end in a NUL.
pub(crate) unsafe fn paths(paths: *const *const c_char, count: usize) -> Result<Vec<PathBuf>> {
    if paths.is_null() {
        return Err(null("paths"));
    }
    // SAFETY: not null, and the caller promises `count` pointers to strings.
    (0..count).map(|place| unsafe { path(*paths.add(place)) }.map(PathBuf::from)).collect()
}

/// Text in UTF-8; `None` for null.
///
/// # Safety
/// `text` is null or points to a string that ends in a NUL.
pub(crate) unsafe fn text(text: *const c_char, argument: &str) -> Result<Option<String>> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: not null, and the caller promises that the string ends in a NUL.
    let text = unsafe { CStr::from_ptr(text) };
    let bad = |_| {
        let detail = format!("{argument} is not UTF-8");
        Error::new(ErrorKind::InvalidInput, "read arguments").with_detail(detail)
    };
    text.to_str().map(|text| Some(text.to_owned())).map_err(bad)
}

/// Hands `value` to the caller, who owns it until [`take`] gets it back.
pub(crate) fn give<T>(value: T) -> *mut T {
    Box::into_raw(Box::new(value))
}

/// Takes back what [`give`] handed out; `None` for null.
///
/// # Safety
/// `pointer` is null, or came from [`give`] and was not taken back before.
pub(crate) unsafe fn take<T>(pointer: *mut T) -> Option<Box<T>> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: the caller promises that `give` made the pointer and that it is taken back once.
    Some(unsafe { Box::from_raw(pointer) })
}

/// Frees what [`give`] handed out; a panic of a destructor ends here.
///
/// # Safety
/// As [`take`].
pub(crate) unsafe fn free<T>(pointer: *mut T) {
    let body = || {
        // SAFETY: the caller promises what `take` asks for.
        drop(unsafe { take(pointer) });
        Ok(())
    };
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), (), body) }
}

/// The error for a null argument.
pub(crate) fn null(argument: &str) -> Error {
    Error::new(ErrorKind::InvalidInput, "read arguments").with_detail(format!("{argument} is NULL"))
}

/// The error for an index that is too large.
pub(crate) fn out_of_range(argument: &str) -> Error {
    Error::new(ErrorKind::InvalidInput, "read arguments").with_detail(format!("{argument} is out of range"))
}
