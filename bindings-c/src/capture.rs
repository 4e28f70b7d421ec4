//! Captures: open, follow, walk, free.

use std::ffi::{c_char, c_int};
use std::fs::File;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;
use std::ptr;
use std::time::Duration;

use netshoot_core::capture::{Follow, Frame, Index, Names, Reader, Timestamp};
use netshoot_core::packet::LinkType;
use netshoot_core::{Error, ErrorKind, Result};

use crate::address::netshoot_address_t;
use crate::canceller::netshoot_canceller_t;
use crate::error::{guard, netshoot_error_t};
use crate::{pointer, text};

/// A capture that is being read: a pcap or pcapng file, or a stream in these formats.
#[derive(Debug)]
pub struct netshoot_capture_t(Source);

#[derive(Debug)]
enum Source {
    File(Reader<File>),
    Memory(Reader<Cursor<&'static [u8]>>),
    Followed(Reader<Follow>),
}

/// One record of a capture, or a packet from elsewhere that shall be analysed. Fields that are not known are 0.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_frame_t {
    /// The octets that were captured. From netshoot_capture_next, valid until its next call or the capture is freed.
    pub bytes: *const u8,
    /// Octets at bytes.
    pub captured_length: u32,
    /// Octets that were on the wire, as reported: usually captured_length or more.
    pub original_length: u32,
    /// When the packet was captured, in nanoseconds since 1970-01-01T00:00:00Z; counts only with has_timestamp.
    pub timestamp_ns: i64,
    /// The place in the capture, from 1, as Wireshark's frame.number.
    pub number: u64,
    /// Octets from the start of the file to the record.
    pub offset: u64,
    /// The interface within its section, from 0; always 0 in pcap.
    pub interface_id: u32,
    /// The section of the file, from 1; always 1 in pcap.
    pub section: u32,
    /// What the first octet at bytes is, NETSHOOT_LINK_TYPE_….
    pub link_type: u16,
    /// Whether the time is known: pcapng has packets without.
    pub has_timestamp: bool,
}

/// Opens a pcap or pcapng file, also one that is compressed by gzip, zstd or lz4. A FIFO is given five seconds for a writer to open it.
///
/// Returns NULL if it cannot be opened or is no capture.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_capture_open(
    path: *const c_char,
    err: *mut netshoot_error_t,
) -> *mut netshoot_capture_t {
    let body = || {
        // SAFETY: the caller lends a string or null.
        let path = unsafe { pointer::path(path) }?;
        Ok(pointer::give(netshoot_capture_t(Source::File(Reader::open(path)?))))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// Reads a capture from a descriptor, such as a pipe or standard input, from where it stands.
///
/// The descriptor stays the caller's and may be closed at once; it is read ahead of the frames that are delivered.
/// Returns NULL if what comes is no capture.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_capture_open_fd(fd: c_int, err: *mut netshoot_error_t) -> *mut netshoot_capture_t {
    let body = || {
        if fd < 0 {
            let error = Error::new(ErrorKind::InvalidInput, format!("open capture at descriptor {fd}"));
            return Err(error.with_detail("a descriptor is not negative"));
        }
        // SAFETY: not -1, and the caller promises that it stays open during the call; if not, duplicating fails.
        let lent = unsafe { BorrowedFd::borrow_raw(fd) };
        let file = lent.try_clone_to_owned().map_err(|error| Error::io(format!("duplicate descriptor {fd}"), error))?;
        Ok(pointer::give(netshoot_capture_t(Source::File(Reader::new(File::from(file))?))))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// Reads a capture that is in memory. The length octets at bytes are not copied: they must stay as they are until the
/// capture is freed.
///
/// Returns NULL if they are no capture.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_capture_open_memory(
    bytes: *const u8,
    length: usize,
    err: *mut netshoot_error_t,
) -> *mut netshoot_capture_t {
    let body = || {
        // SAFETY: the caller lends `length` octets or null, until the capture is freed.
        let bytes: &'static [u8] = unsafe { pointer::slice(bytes, length, "bytes") }?;
        Ok(pointer::give(netshoot_capture_t(Source::Memory(Reader::new(Cursor::new(bytes))?))))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// Opens a capture that another program writes, and goes on at its end as tail -f does: netshoot_capture_next waits for
/// the next frame, for timeout_ms milliseconds or, if that is negative, for ever. If none comes in time it fails with
/// NETSHOOT_ERROR_TIMED_OUT and may be called again.
///
/// Returns NULL if it cannot be opened, is no capture, or if its header does not come in time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_capture_follow(
    path: *const c_char,
    timeout_ms: c_int,
    err: *mut netshoot_error_t,
) -> *mut netshoot_capture_t {
    let body = || {
        // SAFETY: the caller lends a string or null.
        let path = unsafe { pointer::path(path) }?;
        let patience = u64::try_from(timeout_ms).ok().map(Duration::from_millis);
        Ok(pointer::give(netshoot_capture_t(Source::Followed(Reader::follow(path, patience)?))))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// What ends the waiting of netshoot_capture_next from another thread, which fails with NETSHOOT_ERROR_CANCELLED; it may
/// outlive the capture. NULL if the capture is not followed, is compressed, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_capture_canceller_new(capture: *mut netshoot_capture_t) -> *mut netshoot_canceller_t {
    let body = || {
        // SAFETY: the caller lends an open capture or null.
        let Source::Followed(reader) = &mut unsafe { pointer::lent_mut(capture, "capture") }?.0 else {
            return Ok(ptr::null_mut());
        };
        Ok(reader.canceller().map_or(ptr::null_mut(), |canceller| pointer::give(netshoot_canceller_t { canceller })))
    };
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), ptr::null_mut(), body) }
}

/// Reads the next frame into out.
///
/// Returns 1 for a frame, 0 at the end, -1 if the capture is damaged, cut off or cannot be read: every complete frame
/// came before, and none will come after, but for one that is followed and no frame came in time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_capture_next(
    capture: *mut netshoot_capture_t,
    out: *mut netshoot_frame_t,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        if out.is_null() {
            return Err(pointer::null("out"));
        }
        // SAFETY: the caller lends an open capture or null.
        let capture = unsafe { pointer::lent_mut(capture, "capture") }?;
        let Some(frame) = capture.next_frame()? else {
            return Ok(0);
        };
        // SAFETY: the caller lends a struct or null.
        unsafe { pointer::write(out, plain(&frame)) }?;
        Ok(1)
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, -1, body) }
}

/// Keeps the names of addresses that the capture tells from here on, for netshoot_capture_name; NULL is left alone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_capture_keep_names(capture: *mut netshoot_capture_t) {
    let body = || {
        // SAFETY: the caller lends an open capture or null.
        unsafe { pointer::lent_mut(capture, "capture") }?.keep_names();
        Ok(())
    };
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), (), body) }
}

/// Writes the name that the capture told of an address so far into a buffer of size octets, cut if need be and always
/// with a NUL at the end; empty text if it told none, or netshoot_capture_keep_names was not called. Nobody is asked.
/// Wireshark writes names behind the frames, so that all are known only at the end. What is not UTF-8 is replaced, but
/// control characters are not.
///
/// Returns the length of the whole name without the NUL, as snprintf does, or -1 if capture or address is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_capture_name(
    capture: *const netshoot_capture_t,
    address: *const netshoot_address_t,
    buffer: *mut c_char,
    size: usize,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends an open capture or null.
        let names = unsafe { pointer::lent(capture, "capture") }?.names();
        // SAFETY: the caller lends an address or null.
        let address = unsafe { pointer::lent(address, "address") }?.ip();
        let name = names.zip(address).and_then(|(names, address)| names.get(address));
        // SAFETY: the caller lends a buffer of `size` octets or null.
        Ok(unsafe { text::print(name.unwrap_or_default(), buffer, size) })
    };
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), -1, body) }
}

/// Octets of the file that were used so far, of a compressed one before decompression: against the file's length, the
/// progress. 0 if capture is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_capture_offset(capture: *const netshoot_capture_t) -> u64 {
    // SAFETY: the caller lends an open capture or null.
    let body = || Ok(unsafe { pointer::lent(capture, "capture") }?.offset());
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), 0, body) }
}

/// Closes a capture. Accepts NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_capture_free(capture: *mut netshoot_capture_t) {
    // SAFETY: the caller gives back an open capture or null.
    unsafe { pointer::free(capture) }
}

impl netshoot_capture_t {
    fn next_frame(&mut self) -> Result<Option<Frame<'_>>> {
        match &mut self.0 {
            Source::File(reader) => reader.next_frame(),
            Source::Memory(reader) => reader.next_frame(),
            Source::Followed(reader) => reader.next_frame(),
        }
    }

    fn keep_names(&mut self) {
        match &mut self.0 {
            Source::File(reader) => reader.keep_names(),
            Source::Memory(reader) => reader.keep_names(),
            Source::Followed(reader) => reader.keep_names(),
        }
    }

    fn names(&self) -> Option<&Names> {
        match &self.0 {
            Source::File(reader) => reader.names(),
            Source::Memory(reader) => reader.names(),
            Source::Followed(reader) => reader.names(),
        }
    }

    pub(crate) fn index(&mut self) -> Result<Index> {
        let goes_on = |_| ControlFlow::Continue(());
        match &mut self.0 {
            Source::File(reader) => Index::build(reader, goes_on),
            Source::Memory(reader) => Index::build(reader, goes_on),
            Source::Followed(_) => Err(has_no_end("index capture")),
        }
    }

    pub(crate) fn seek_frame(&mut self, index: &Index, number: u64) -> Result<bool> {
        match &mut self.0 {
            Source::File(reader) => reader.seek_frame(index, number),
            Source::Memory(reader) => reader.seek_frame(index, number),
            Source::Followed(_) => Err(has_no_end("seek in capture")),
        }
    }

    pub(crate) fn seek_time(&mut self, index: &Index, time: Timestamp) -> Result<bool> {
        match &mut self.0 {
            Source::File(reader) => reader.seek_time(index, time),
            Source::Memory(reader) => reader.seek_time(index, time),
            Source::Followed(_) => Err(has_no_end("seek in capture")),
        }
    }

    fn offset(&self) -> u64 {
        match &self.0 {
            Source::File(reader) => reader.offset(),
            Source::Memory(reader) => reader.offset(),
            Source::Followed(reader) => reader.offset(),
        }
    }
}

fn has_no_end(operation: &'static str) -> Error {
    Error::new(ErrorKind::Unsupported, operation)
        .with_detail("it is followed, and so has no end")
        .with_hint("open it again")
}

fn plain(frame: &Frame<'_>) -> netshoot_frame_t {
    netshoot_frame_t {
        bytes: frame.bytes.as_ptr(),
        captured_length: u32::try_from(frame.bytes.len()).unwrap_or(u32::MAX),
        original_length: frame.original_length,
        timestamp_ns: frame.timestamp.map_or(0, Timestamp::as_nanos),
        number: frame.number,
        offset: frame.offset,
        interface_id: frame.interface,
        section: frame.section,
        link_type: frame.link_type.0,
        has_timestamp: frame.timestamp.is_some(),
    }
}

impl netshoot_frame_t {
    /// The frame as the library knows it.
    ///
    /// # Safety
    /// `bytes` is null or valid for reading `captured_length` octets as long as `'a`.
    pub(crate) unsafe fn lend<'a>(&self) -> Result<Frame<'a>> {
        // SAFETY: the caller promises what `octets` asks for.
        let bytes = unsafe { pointer::slice(self.bytes, self.captured_length as usize, "bytes") }?;
        let timestamp = self.has_timestamp.then(|| Timestamp::from_nanos(self.timestamp_ns));
        let mut frame = Frame::new(self.number, timestamp, LinkType(self.link_type), bytes);
        frame.original_length = self.original_length;
        frame.offset = self.offset;
        frame.interface = self.interface_id;
        frame.section = self.section;
        Ok(frame)
    }
}
