//! Captures that are written: frame by frame, or from other captures.

use std::ffi::{c_char, c_int};
use std::fs::File;
use std::ptr;
use std::time::Duration;

use netshoot_core::capture::{
    Compression, Edit, FlowPattern, Format, Interface, Lost, Merge, MergedInterfaces, OptionList, Reader, Resolution,
    Rotate, Timestamp, Writer, WriterBuilder,
};
use netshoot_core::packet::LinkType;
use netshoot_core::{Error, ErrorKind, Result};

use crate::capture::netshoot_frame_t;
use crate::error::{guard, guard_status, netshoot_error_t};
use crate::{pointer, text};

/// A capture file that is being written, or several, one after the other.
#[derive(Debug)]
pub struct netshoot_capture_writer_t {
    /// None once it is finished.
    writer: Option<Writer<File>>,
    lost: Lost,
}

/// How a capture file is written. Zero leaves the choice to the library: NETSHOOT_OPTIONS_INIT.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_capture_writer_options_t {
    /// NETSHOOT_FORMAT_…; 0 for that of the name: .pcap, .cap and .dmp are pcap, all others pcapng.
    pub format: i32,
    /// NETSHOOT_COMPRESSION_…; 0 for that of the name: .gz, .zst and .lz4.
    pub compression: i32,
    /// Octets after which packets are cut; 0 for none.
    pub snap_length: u32,
    /// Files that are kept, the last ones, where one of the three limits below makes several; 0 for all.
    pub files: u32,
    /// Octets of a file, before compression; 0 for no limit. The names of several files carry a number and the time of
    /// their first frame: trace_00001_20260921141320.pcapng.
    pub octets_per_file: u64,
    /// Frames of a file; 0 for no limit.
    pub frames_per_file: u64,
    /// Nanoseconds of the capture for a file; 0 for no limit.
    pub nanos_per_file: u64,
    /// A comment on the capture, in pcapng; or NULL.
    pub comment: *const c_char,
    /// The program that writes, in pcapng; NULL for this library.
    pub application: *const c_char,
}

/// An interface of a capture that is written.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_capture_interface_t {
    /// Units of its times in a second, a power of ten or of two; 0 for nanoseconds.
    pub units_per_second: u64,
    /// Its name, or NULL.
    pub name: *const c_char,
    /// What is known of it, or NULL.
    pub description: *const c_char,
    /// Octets of a packet that are captured at most; 0 for no limit.
    pub snap_length: u32,
    /// What the first octet of a frame is, NETSHOOT_LINK_TYPE_….
    pub link_type: u16,
}

/// What the format of a written file has no place for.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_capture_lost_t {
    /// Frames, interfaces and sections with comments and other options.
    pub options: u64,
    /// Blocks beside packets and interfaces, such as secrets and names.
    pub blocks: u64,
    /// Times that were cut to longer units, or that a frame does not have.
    pub times: u64,
}

/// Which frames of captures are copied. Zero is all of them, as they are: NETSHOOT_OPTIONS_INIT.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_capture_choice_t {
    /// The first frame that is kept, by its number in its own file, from 1; 0 for the first.
    pub first_frame: u64,
    /// The last frame that is kept; 0 for the last.
    pub last_frame: u64,
    /// The first time that is kept, in nanoseconds since 1970; counts only with has_start.
    pub start_ns: i64,
    /// The first time after that which is not kept; counts only with has_stop.
    pub stop_ns: i64,
    /// Nanoseconds that are added to each time.
    pub shift_ns: i64,
    /// The traffic that is kept, by one end or two: 192.0.2.1, [2001:db8::1]:443 or 192.0.2.1:443,198.51.100.7; NULL for
    /// all.
    pub flow: *const c_char,
    /// Frames among which one that equals an earlier one is left out, itself counted; 0 keeps all.
    pub duplicate_window: u32,
    /// Which interfaces of several captures become one, of those that are described in the same words:
    /// NETSHOOT_INTERFACES_….
    pub interfaces: i32,
    /// Whether start_ns counts.
    pub has_start: bool,
    /// Whether stop_ns counts.
    pub has_stop: bool,
    /// One capture behind the other, in place of the order of time.
    pub append: bool,
}

/// What became of the frames of captures.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_capture_merged_t {
    /// Frames that were read.
    pub read: u64,
    /// Frames that were written.
    pub written: u64,
    /// What the format of the file has no place for.
    pub lost: netshoot_capture_lost_t,
    /// Captures that are damaged or cut off; what comes before that place was written.
    pub damaged: usize,
    /// What is wrong with the first of them; empty if there is none.
    pub damage: [c_char; 512],
}

/// Microseconds, or nanoseconds where an interface has units as short.
pub const NETSHOOT_FORMAT_PCAP: i32 = 1;
/// The block format of Wireshark.
pub const NETSHOOT_FORMAT_PCAPNG: i32 = 2;
/// pcap with nanoseconds.
pub const NETSHOOT_FORMAT_NSECPCAP: i32 = 3;

/// No interfaces become one.
pub const NETSHOOT_INTERFACES_NONE: i32 = 0;
/// All become one with their like, if every capture describes the same ones in the same order before its first frame; else
/// none.
pub const NETSHOOT_INTERFACES_ALL: i32 = 1;
/// Any become one with their like, also of one capture.
pub const NETSHOOT_INTERFACES_ANY: i32 = 2;

/// No compression, whatever the name.
pub const NETSHOOT_COMPRESSION_NONE: i32 = 1;
/// gzip.
pub const NETSHOOT_COMPRESSION_GZIP: i32 = 2;
/// Zstandard.
pub const NETSHOOT_COMPRESSION_ZSTD: i32 = 3;
/// LZ4, in its frame format.
pub const NETSHOOT_COMPRESSION_LZ4: i32 = 4;

/// Keys of TLS, in the format of SSLKEYLOGFILE.
pub const NETSHOOT_SECRETS_TLS_KEY_LOG: u32 = 0x544c_534b;
/// Keys of WireGuard.
pub const NETSHOOT_SECRETS_WIREGUARD_KEY_LOG: u32 = 0x5747_4b4c;

/// Creates a capture file; what was there is replaced. options may be NULL. Returns NULL if it cannot be created.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_capture_writer_open(
    path: *const c_char,
    options: *const netshoot_capture_writer_options_t,
    err: *mut netshoot_error_t,
) -> *mut netshoot_capture_writer_t {
    let body = || {
        // SAFETY: the caller lends a string and options, or null.
        let (path, builder) = unsafe { (pointer::path(path)?, builder(options)?) };
        let writer = Some(builder.create(path)?);
        Ok(pointer::give(netshoot_capture_writer_t { writer, lost: Lost::default() }))
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard(err, ptr::null_mut(), body) }
}

/// Describes an interface, and writes its number to out, for interface_id of frames. Returns 0, or -1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_capture_writer_add_interface(
    writer: *mut netshoot_capture_writer_t,
    interface: *const netshoot_capture_interface_t,
    out: *mut u32,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a writer and an interface, or null.
        let (writer, interface) = unsafe { (open_writer(writer)?, pointer::lent(interface, "interface")?) };
        // SAFETY: the caller lends strings or null.
        let (name, description) =
            unsafe { (pointer::text(interface.name, "name")?, pointer::text(interface.description, "description")?) };
        let described = Interface::described(LinkType(interface.link_type), name.as_deref());
        let mut described = described.with_resolution(resolution(interface.units_per_second)?);
        described.description = description.map(String::into_boxed_str);
        described.snap_length = interface.snap_length;
        let id = writer.add_interface(&described)?;
        // SAFETY: the caller lends memory or null.
        unsafe { pointer::write(out, id) }
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard_status(err, body) }
}

/// Writes a frame of the interface frame->interface_id; if none was described yet, one of its link type is. Number, offset
/// and section of the frame do not count. comment may be NULL. Returns 0, or -1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_capture_writer_write(
    writer: *mut netshoot_capture_writer_t,
    frame: *const netshoot_frame_t,
    comment: *const c_char,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a writer, a frame with its octets, and a string or null.
        let (writer, frame, comment) = unsafe {
            (open_writer(writer)?, pointer::lent(frame, "frame")?.lend()?, pointer::text(comment, "comment")?)
        };
        match comment {
            Some(comment) => writer.write(&frame.with_options(OptionList::new().comment(&comment).as_options())),
            None => writer.write(&frame),
        }
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard_status(err, body) }
}

/// Writes keys with which the packets behind them are decrypted, kind being NETSHOOT_SECRETS_…. Returns 0, or -1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_capture_writer_write_secrets(
    writer: *mut netshoot_capture_writer_t,
    kind: u32,
    bytes: *const u8,
    length: usize,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a writer, and `length` octets or null.
        let (writer, data) = unsafe { (open_writer(writer)?, pointer::slice(bytes, length, "bytes")?) };
        writer.write_secrets(kind, data)
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard_status(err, body) }
}

/// Writes out what is held back. Returns 0, or -1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_capture_writer_flush(
    writer: *mut netshoot_capture_writer_t,
    err: *mut netshoot_error_t,
) -> c_int {
    // SAFETY: the caller lends a writer or null.
    let body = || unsafe { open_writer(writer) }?.flush();
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard_status(err, body) }
}

/// Ends the file: before this, parts of it may still be in memory. Nothing can be written afterwards. Returns 0, or -1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_capture_writer_finish(
    writer: *mut netshoot_capture_writer_t,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a writer or null.
        let handle = unsafe { pointer::lent_mut(writer, "writer") }?;
        let writer = handle.writer.take().ok_or_else(finished)?;
        handle.lost = writer.lost();
        writer.finish().map(drop)
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard_status(err, body) }
}

/// What the format of the file has no place for so far. Returns 0, or -1 if an argument is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_capture_writer_lost(
    writer: *const netshoot_capture_writer_t,
    out: *mut netshoot_capture_lost_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a writer or null.
        let handle = unsafe { pointer::lent(writer, "writer") }?;
        let lost = handle.writer.as_ref().map_or(handle.lost, Writer::lost);
        // SAFETY: the caller lends memory or null.
        unsafe { pointer::write(out, plain(lost)) }
    };
    // SAFETY: null is allowed.
    unsafe { guard_status(ptr::null_mut(), body) }
}

/// Frees a writer. A file that was not finished is, and an error of that is not told. Accepts NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_capture_writer_free(writer: *mut netshoot_capture_writer_t) {
    // SAFETY: the caller gives back a writer or null.
    unsafe { pointer::free(writer) }
}

/// Copies the count captures at paths to the file target: one as it is, several by the times of their frames. options,
/// choice and out may be NULL. Returns 0, or -1 if a capture cannot be opened or the file cannot be written; captures that
/// are damaged are told in out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_captures_merge(
    paths: *const *const c_char,
    count: usize,
    target: *const c_char,
    options: *const netshoot_capture_writer_options_t,
    choice: *const netshoot_capture_choice_t,
    out: *mut netshoot_capture_merged_t,
    err: *mut netshoot_error_t,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends `count` strings, a string, and options and a choice or null.
        let (sources, target, builder, choice) =
            unsafe { (pointer::paths(paths, count)?, pointer::path(target)?, builder(options)?, choice.as_ref()) };
        let readers = sources.iter().map(Reader::open).collect::<Result<Vec<_>>>()?;
        let mut merge = Merge::new(readers);
        if let Some(choice) = choice {
            // SAFETY: the caller lends strings or null.
            merge = merge.edit(unsafe { edit(choice) }?);
            merge = if choice.append { merge.append() } else { merge };
            merge = merge.interfaces(match choice.interfaces {
                NETSHOOT_INTERFACES_NONE => MergedInterfaces::None,
                NETSHOOT_INTERFACES_ALL => MergedInterfaces::All,
                NETSHOOT_INTERFACES_ANY => MergedInterfaces::Any,
                _ => return Err(pointer::out_of_range("interfaces")),
            });
        }
        let mut writer = builder.spare(&sources).create(target)?;
        let merged = merge.write_to(&mut writer, |_| std::ops::ControlFlow::Continue(()))?;
        let lost = writer.lost();
        writer.finish()?;
        if out.is_null() {
            return Ok(());
        }
        let damage = merged.damage.first().map(|(_, error)| error.to_string()).unwrap_or_default();
        let told = netshoot_capture_merged_t {
            read: merged.read,
            written: merged.written,
            lost: plain(lost),
            damaged: merged.damage.len(),
            damage: text::inline(&damage),
        };
        // SAFETY: the caller lends memory.
        unsafe { pointer::write(out, told) }
    };
    // SAFETY: the caller lends an error struct or null.
    unsafe { guard_status(err, body) }
}

/// # Safety
/// `options` is null or valid, with strings that are null or end in a NUL.
unsafe fn builder(options: *const netshoot_capture_writer_options_t) -> Result<WriterBuilder> {
    let builder = Writer::builder();
    // SAFETY: the caller promises a null or valid pointer.
    let Some(options) = (unsafe { options.as_ref() }) else { return Ok(builder) };
    let builder = match options.format {
        0 => builder,
        NETSHOOT_FORMAT_PCAP => builder.format(Format::Pcap),
        NETSHOOT_FORMAT_PCAPNG => builder.format(Format::Pcapng),
        NETSHOOT_FORMAT_NSECPCAP => builder.format(Format::Pcap).resolution(Resolution::NANOSECONDS),
        _ => return Err(pointer::out_of_range("format")),
    };
    let mut builder = match options.compression {
        0 => builder,
        NETSHOOT_COMPRESSION_NONE => builder.compression(None),
        NETSHOOT_COMPRESSION_GZIP => builder.compression(Some(Compression::Gzip)),
        NETSHOOT_COMPRESSION_ZSTD => builder.compression(Some(Compression::Zstd)),
        NETSHOOT_COMPRESSION_LZ4 => builder.compression(Some(Compression::Lz4)),
        _ => return Err(pointer::out_of_range("compression")),
    };
    if options.snap_length != 0 {
        builder = builder.snap_length(options.snap_length);
    }
    let some = |number: u64| (number != 0).then_some(number);
    let mut rotate = Rotate::default();
    (rotate.octets, rotate.frames) = (some(options.octets_per_file), some(options.frames_per_file));
    rotate.interval = some(options.nanos_per_file).map(Duration::from_nanos);
    rotate.files = (options.files != 0).then_some(options.files);
    if rotate != Rotate::default() {
        builder = builder.rotate(rotate);
    }
    // SAFETY: the caller promises strings or null.
    let texts =
        unsafe { (pointer::text(options.comment, "comment")?, pointer::text(options.application, "application")?) };
    builder = texts.0.into_iter().fold(builder, WriterBuilder::comment);
    Ok(texts.1.into_iter().fold(builder, WriterBuilder::application))
}

/// # Safety
/// The strings of `choice` are null or end in a NUL.
unsafe fn edit(choice: &netshoot_capture_choice_t) -> Result<Edit> {
    let mut edit = Edit::new();
    if choice.first_frame != 0 || choice.last_frame != 0 {
        let last = if choice.last_frame == 0 { u64::MAX } else { choice.last_frame };
        edit.frames.push(choice.first_frame..=last);
    }
    edit.from = choice.has_start.then(|| Timestamp::from_nanos(choice.start_ns));
    edit.until = choice.has_stop.then(|| Timestamp::from_nanos(choice.stop_ns));
    (edit.shift, edit.duplicate_window) = (choice.shift_ns, choice.duplicate_window as usize);
    // SAFETY: the caller promises a string or null.
    let flow = unsafe { pointer::text(choice.flow, "flow") }?;
    edit.flow = flow.map(|text| text.parse::<FlowPattern>()).transpose()?;
    Ok(edit)
}

/// As pcapng writes it.
fn resolution(units_per_second: u64) -> Result<Resolution> {
    let decimal = (0..=18_u8).find(|exponent| 10_u64.pow(u32::from(*exponent)) == units_per_second);
    let binary = (units_per_second.is_power_of_two()).then(|| 0x80 | units_per_second.trailing_zeros() as u8);
    match (units_per_second, decimal.or(binary)) {
        (0, _) => Ok(Resolution::NANOSECONDS),
        (_, Some(tsresol)) => Ok(Resolution::from_tsresol(tsresol)),
        _ => Err(pointer::out_of_range("units_per_second")),
    }
}

/// # Safety
/// `writer` is null, or valid and used by nobody else as long as `'a`.
unsafe fn open_writer<'a>(writer: *mut netshoot_capture_writer_t) -> Result<&'a mut Writer<File>> {
    // SAFETY: the caller promises the same.
    unsafe { pointer::lent_mut(writer, "writer") }?.writer.as_mut().ok_or_else(finished)
}

fn finished() -> Error {
    Error::new(ErrorKind::InvalidInput, "write capture").with_detail("it was finished already")
}

fn plain(lost: Lost) -> netshoot_capture_lost_t {
    netshoot_capture_lost_t { options: lost.options, blocks: lost.blocks, times: lost.times }
}
