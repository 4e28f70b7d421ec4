//! IP datagrams put together from fragments.

use std::ffi::c_int;
use std::ptr;
use std::time::Duration;

use netshoot_core::application::{Datagram, DatagramOptions, DatagramOverlap, DatagramReassembler, Step};
use netshoot_core::{Error, ErrorKind, Result};

use crate::capture::netshoot_frame_t;
use crate::error::{guard, netshoot_error_t};
use crate::pointer;

/// Where fragments overlap, the one that begins first counts, or else the one that came first, as in BSD and Wireshark.
pub const NETSHOOT_DATAGRAM_OVERLAP_BSD: u8 = 0;
/// The one that came first counts.
pub const NETSHOOT_DATAGRAM_OVERLAP_FIRST: u8 = 1;
/// The one that came last counts.
pub const NETSHOOT_DATAGRAM_OVERLAP_LAST: u8 = 2;
/// The datagram is given up, unless all that a fragment has was there before, as Linux does.
pub const NETSHOOT_DATAGRAM_OVERLAP_LINUX: u8 = 3;
/// The datagram is given up, unless a fragment is a repetition (RFC 5722).
pub const NETSHOOT_DATAGRAM_OVERLAP_REJECT: u8 = 4;

/// How to put datagrams together. Begin with NETSHOOT_OPTIONS_INIT, which leaves every choice to the library, as NULL does.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_datagram_options_t {
    /// Octets that fragments may take; 0 for 4 MiB. Beyond it the oldest datagrams are given up.
    pub max_bytes: usize,
    /// How long fragments are waited for, in nanoseconds of the packets' own time; 0 for 30 seconds.
    pub timeout_ns: u64,
    /// Which of two overlapping fragments counts, NETSHOOT_DATAGRAM_OVERLAP_….
    pub overlap: u8,
}

/// Datagrams that are being put together. Used by one thread at a time.
#[derive(Debug)]
pub struct netshoot_datagrams_t {
    reassembler: DatagramReassembler,
    /// What was handed out last.
    last: Option<Datagram>,
}

/// Begins to put datagrams together. options may be NULL. Returns NULL if they make no sense. Free it with
/// netshoot_datagrams_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_datagrams_new(
    options: *const netshoot_datagram_options_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_datagrams_t {
    let body = || {
        // SAFETY: the caller lends options or null.
        let options = unsafe { options.as_ref() }.map_or(Ok(DatagramOptions::default()), chosen)?;
        Ok(pointer::give(netshoot_datagrams_t { reassembler: DatagramReassembler::new(options), last: None }))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// Takes a frame, whose octets are not needed after the call. Where it completes a datagram, out is what the frame was
/// with the datagram in the place of its octets and the link type of IPv4 or IPv6: valid until the next call, and ready to be
/// pushed again, as it may hold a fragment.
///
/// Returns 1 if it completed one, else 0, which leaves out as it was; -1 if an argument makes no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_datagrams_push(
    datagrams: *mut netshoot_datagrams_t,
    frame: *const netshoot_frame_t,
    out: *mut netshoot_frame_t,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a handle or null, and uses it nowhere else meanwhile.
        let datagrams = unsafe { pointer::lent_mut(datagrams, "datagrams") }?;
        // SAFETY: the caller lends a frame or null.
        let plain = unsafe { pointer::lent(frame, "frame") }?;
        // SAFETY: the caller lends the octets of the frame, which may be those of the last datagram: it lives until below.
        let frame = unsafe { plain.lend() }?;
        let Step::Complete(datagram) = datagrams.reassembler.push(&frame.packet(), frame.timestamp) else {
            return Ok(0);
        };
        let mut whole = *plain;
        let datagram = datagrams.last.insert(datagram);
        whole.bytes = datagram.bytes().as_ptr();
        whole.captured_length = u32::try_from(datagram.bytes().len()).unwrap_or(u32::MAX);
        whole.original_length = whole.captured_length;
        whole.link_type = datagram.link_type().0;
        // SAFETY: the caller lends a struct or null.
        unsafe { pointer::write(out, whole) }?;
        Ok(1)
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, -1, body) }
}

/// Frees it. Accepts NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_datagrams_free(datagrams: *mut netshoot_datagrams_t) {
    // SAFETY: the caller gives back a handle or null.
    unsafe { pointer::free(datagrams) }
}

fn chosen(options: &netshoot_datagram_options_t) -> Result<DatagramOptions> {
    let mut chosen = DatagramOptions::default();
    if options.max_bytes != 0 {
        chosen.max_bytes = options.max_bytes;
    }
    if options.timeout_ns != 0 {
        chosen.timeout = Duration::from_nanos(options.timeout_ns);
    }
    chosen.overlap = match options.overlap {
        NETSHOOT_DATAGRAM_OVERLAP_BSD => DatagramOverlap::Bsd,
        NETSHOOT_DATAGRAM_OVERLAP_FIRST => DatagramOverlap::First,
        NETSHOOT_DATAGRAM_OVERLAP_LAST => DatagramOverlap::Last,
        NETSHOOT_DATAGRAM_OVERLAP_LINUX => DatagramOverlap::Linux,
        NETSHOOT_DATAGRAM_OVERLAP_REJECT => DatagramOverlap::Reject,
        other => {
            let detail = format!("overlap is {other}");
            return Err(Error::new(ErrorKind::InvalidInput, "read arguments").with_detail(detail));
        }
    };
    Ok(chosen)
}
