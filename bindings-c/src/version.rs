//! The library's version, to compare with that of the header.

use std::ffi::c_char;

/// The version of the library that is running, such as "0.1.0". NETSHOOT_VERSION is that of the header.
#[unsafe(no_mangle)]
pub extern "C" fn netshoot_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// The version of the library that is running as a number, major << 16 | minor << 8 | patch.
///
/// A program works with any library whose number is at least the NETSHOOT_VERSION_NUMBER that it was compiled with, and
/// whose soname is the same; before version 1.0 the minor number must be the same, too.
#[unsafe(no_mangle)]
pub extern "C" fn netshoot_version_number() -> u32 {
    let number = |text: &str| text.parse::<u32>().unwrap_or(0);
    number(env!("CARGO_PKG_VERSION_MAJOR")) << 16
        | number(env!("CARGO_PKG_VERSION_MINOR")) << 8
        | number(env!("CARGO_PKG_VERSION_PATCH"))
}
