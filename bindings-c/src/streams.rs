//! TCP streams put together from segments.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::time::Duration;

use netshoot_core::application::{
    CloseReason, Direction, GapReason, StreamEvent, StreamOptions, StreamOverlap, StreamReassembler,
};
use netshoot_core::{Error, ErrorKind, Result};

use crate::address::netshoot_address_t;
use crate::capture::netshoot_frame_t;
use crate::error::{guard, guard_status, netshoot_error_t};
use crate::pointer;

/// A connection is seen for the first time.
pub const NETSHOOT_STREAM_OPENED: u8 = 1;
/// Octets that follow those before.
pub const NETSHOOT_STREAM_DATA: u8 = 2;
/// Octets that are missing.
pub const NETSHOOT_STREAM_GAP: u8 = 3;
/// Nothing more comes of a connection.
pub const NETSHOOT_STREAM_CLOSED: u8 = 4;

/// Of a gap: the receiver has the octets, the capture lost them.
pub const NETSHOOT_GAP_ACKNOWLEDGED: u8 = 1;
/// The capture cut the segment.
pub const NETSHOOT_GAP_CAPTURE_LENGTH: u8 = 2;
/// Memory for what is behind them ran out.
pub const NETSHOOT_GAP_LIMIT: u8 = 3;
/// The connection ended.
pub const NETSHOOT_GAP_CLOSED: u8 = 4;

/// Of a connection: both ends closed it.
pub const NETSHOOT_CLOSE_FIN: u8 = 1;
/// One end reset it.
pub const NETSHOOT_CLOSE_RESET: u8 = 2;
/// The same ports opened another.
pub const NETSHOOT_CLOSE_REUSED: u8 = 3;
/// Nothing came for too long.
pub const NETSHOOT_CLOSE_IDLE: u8 = 4;
/// There were too many.
pub const NETSHOOT_CLOSE_EVICTED: u8 = 5;
/// netshoot_streams_finish was called.
pub const NETSHOOT_CLOSE_FINISHED: u8 = 6;

/// Where segments that wait overlap, that counts which begins first, or else came first, as in Linux and Wireshark.
pub const NETSHOOT_STREAM_OVERLAP_LOWER: u8 = 0;
/// That which came first counts.
pub const NETSHOOT_STREAM_OVERLAP_FIRST: u8 = 1;
/// That which came last counts.
pub const NETSHOOT_STREAM_OVERLAP_LAST: u8 = 2;

/// How to put streams together. Begin with NETSHOOT_OPTIONS_INIT, which leaves every choice to the library, as NULL does.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_stream_options_t {
    /// Octets that may wait in one direction of a connection; 0 for 4 MiB.
    pub max_direction_bytes: usize,
    /// Octets that may wait in all; 0 for 64 MiB.
    pub max_bytes: usize,
    /// Connections that are known at a time; 0 for 65,536.
    pub max_connections: usize,
    /// How long a connection may be silent, in nanoseconds of the packets' own time; 0 for an hour.
    pub idle_timeout_ns: u64,
    /// Which octets count where segments overlap, NETSHOOT_STREAM_OVERLAP_….
    pub overlap: u8,
    /// Passes over segments whose checksum is wrong.
    pub verify_checksums: bool,
}

/// What happened in a stream. A field that the kind does not name is 0.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_stream_event_t {
    /// The number of the connection, from 0 on.
    pub stream: u64,
    /// Of data and gap: octets of this direction before these.
    pub offset: u64,
    /// Of data and gap: octets that there are, or that are missing.
    pub length: u64,
    /// Of data: the octets, valid during the call.
    pub bytes: *const u8,
    /// Of opened: the end that opened the connection or, if that was not seen, that was seen first.
    pub client: netshoot_address_t,
    /// Of opened: the other end.
    pub server: netshoot_address_t,
    /// Of opened: the client's port.
    pub client_port: u16,
    /// Of opened: the server's port.
    pub server_port: u16,
    /// NETSHOOT_STREAM_….
    pub kind: u8,
    /// Of gap NETSHOOT_GAP_…, of closed NETSHOOT_CLOSE_….
    pub reason: u8,
    /// Of data and gap: whether the server sent them.
    pub from_server: bool,
    /// Of opened: whether the connection was there before the capture.
    pub midstream: bool,
}

/// What is called with each event, valid meanwhile, and the caller's own pointer.
pub type netshoot_stream_callback_t = Option<unsafe extern "C" fn(*const netshoot_stream_event_t, *mut c_void)>;

/// Streams that are being put together. Used by one thread at a time.
#[derive(Debug)]
pub struct netshoot_streams_t {
    reassembler: StreamReassembler,
}

/// Begins to put streams together. options may be NULL. Returns NULL if they make no sense. Free it with
/// netshoot_streams_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_streams_new(
    options: *const netshoot_stream_options_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_streams_t {
    let body = || {
        // SAFETY: the caller lends options or null.
        let options = unsafe { options.as_ref() }.map_or(Ok(StreamOptions::default()), chosen)?;
        Ok(pointer::give(netshoot_streams_t { reassembler: StreamReassembler::new(options) }))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// Takes a frame, in the order of capture, and calls callback with what comes of it. Fragments of IP are passed over: push
/// what netshoot_datagrams_push made of them. callback must not use streams.
///
/// Returns 0, or -1 if an argument makes no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_streams_push(
    streams: *mut netshoot_streams_t,
    frame: *const netshoot_frame_t,
    callback: netshoot_stream_callback_t,
    context: *mut c_void,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a handle or null, and uses it nowhere else meanwhile.
        let streams = unsafe { pointer::lent_mut(streams, "streams") }?;
        // SAFETY: the caller lends a frame with its octets, or null.
        let frame = unsafe { pointer::lent(frame, "frame")?.lend() }?;
        let callback = callback.ok_or_else(|| pointer::null("callback"))?;
        // SAFETY: the caller gave the function and its context.
        let mut sink = |event: StreamEvent<'_>| unsafe { callback(&plain(event), context) };
        streams.reassembler.push(&frame.packet(), frame.timestamp, &mut sink);
        Ok(())
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard_status(err, body) }
}

/// Ends all connections, as at the end of a capture, and calls callback with what is left of them. Returns 0, or -1 if an
/// argument makes no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_streams_finish(
    streams: *mut netshoot_streams_t,
    callback: netshoot_stream_callback_t,
    context: *mut c_void,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a handle or null, and uses it nowhere else meanwhile.
        let streams = unsafe { pointer::lent_mut(streams, "streams") }?;
        let callback = callback.ok_or_else(|| pointer::null("callback"))?;
        // SAFETY: the caller gave the function and its context.
        streams.reassembler.finish(&mut |event| unsafe { callback(&plain(event), context) });
        Ok(())
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard_status(err, body) }
}

/// Frees it. Accepts NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_streams_free(streams: *mut netshoot_streams_t) {
    // SAFETY: the caller gives back a handle or null.
    unsafe { pointer::free(streams) }
}

fn chosen(options: &netshoot_stream_options_t) -> Result<StreamOptions> {
    let mut chosen = StreamOptions::default();
    for (own, field) in [
        (options.max_direction_bytes, &mut chosen.max_direction_bytes),
        (options.max_bytes, &mut chosen.max_bytes),
        (options.max_connections, &mut chosen.max_connections),
    ] {
        if own != 0 {
            *field = own;
        }
    }
    if options.idle_timeout_ns != 0 {
        chosen.idle_timeout = Duration::from_nanos(options.idle_timeout_ns);
    }
    chosen.verify_checksums = options.verify_checksums;
    chosen.overlap = match options.overlap {
        NETSHOOT_STREAM_OVERLAP_LOWER => StreamOverlap::Lower,
        NETSHOOT_STREAM_OVERLAP_FIRST => StreamOverlap::First,
        NETSHOOT_STREAM_OVERLAP_LAST => StreamOverlap::Last,
        other => {
            let detail = format!("overlap is {other}");
            return Err(Error::new(ErrorKind::InvalidInput, "read arguments").with_detail(detail));
        }
    };
    Ok(chosen)
}

fn plain(event: StreamEvent<'_>) -> netshoot_stream_event_t {
    let none = netshoot_stream_event_t {
        stream: 0,
        offset: 0,
        length: 0,
        bytes: ptr::null(),
        client: netshoot_address_t::default(),
        server: netshoot_address_t::default(),
        client_port: 0,
        server_port: 0,
        kind: 0,
        reason: 0,
        from_server: false,
        midstream: false,
    };
    match event {
        StreamEvent::Opened { stream, tuple, midstream } => netshoot_stream_event_t {
            kind: NETSHOOT_STREAM_OPENED,
            stream: stream.0,
            client: tuple.source.into(),
            server: tuple.destination.into(),
            client_port: tuple.source_port,
            server_port: tuple.destination_port,
            midstream,
            ..none
        },
        StreamEvent::Data { stream, direction, offset, bytes } => netshoot_stream_event_t {
            kind: NETSHOOT_STREAM_DATA,
            stream: stream.0,
            offset,
            length: bytes.len() as u64,
            bytes: bytes.as_ptr(),
            from_server: direction == Direction::FromServer,
            ..none
        },
        StreamEvent::Gap { stream, direction, offset, length, reason } => netshoot_stream_event_t {
            kind: NETSHOOT_STREAM_GAP,
            stream: stream.0,
            offset,
            length,
            reason: match reason {
                GapReason::Acknowledged => NETSHOOT_GAP_ACKNOWLEDGED,
                GapReason::CaptureLength => NETSHOOT_GAP_CAPTURE_LENGTH,
                GapReason::Limit => NETSHOOT_GAP_LIMIT,
                _ => NETSHOOT_GAP_CLOSED,
            },
            from_server: direction == Direction::FromServer,
            ..none
        },
        StreamEvent::Closed { stream, reason } => netshoot_stream_event_t {
            kind: NETSHOOT_STREAM_CLOSED,
            stream: stream.0,
            reason: match reason {
                CloseReason::Fin => NETSHOOT_CLOSE_FIN,
                CloseReason::Reset => NETSHOOT_CLOSE_RESET,
                CloseReason::Reused => NETSHOOT_CLOSE_REUSED,
                CloseReason::Idle => NETSHOOT_CLOSE_IDLE,
                CloseReason::Evicted => NETSHOOT_CLOSE_EVICTED,
                _ => NETSHOOT_CLOSE_FINISHED,
            },
            ..none
        },
        _ => none,
    }
}
