//! Captures that are written: `netshoot.CaptureWriter`, `netshoot.convert`, `netshoot.merge`, and the facts of a file.

use std::fs::File;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use netshoot_core::capture::{
    Compression, Edit, Facts, FlowPattern, Format, Frame, Interface, Merge, MergedInterfaces, OptionList, PacketFlags,
    Reader, Resolution, Rotate, Secrets, Timestamp, Writer, WriterBuilder,
};
use netshoot_core::packet::IpProtocol;
use netshoot_core::{Error, ErrorKind, Result};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

use crate::capture::Watch;
use crate::error::to_python;
use crate::link_type::{self, LinkTypeArgument};

/// How a file is written; the façade checks what it can.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Settings {
    format: Option<String>,
    compression: Option<String>,
    snap_length: Option<u32>,
    octets_per_file: Option<u64>,
    frames_per_file: Option<u64>,
    seconds_per_file: Option<f64>,
    files: Option<u32>,
    comments: Vec<String>,
    application: Option<String>,
    secrets: Vec<(u32, PyBackedBytes)>,
}

impl Settings {
    fn builder(&self) -> Result<WriterBuilder> {
        let mut builder = Writer::builder();
        builder = match self.format.as_deref() {
            None => builder,
            Some("pcap") => builder.format(Format::Pcap),
            Some("nsecpcap") => builder.format(Format::Pcap).resolution(Resolution::NANOSECONDS),
            Some("pcapng") => builder.format(Format::Pcapng),
            Some(other) => return Err(unknown("format", other, "pcap, nsecpcap or pcapng")),
        };
        builder = match self.compression.as_deref() {
            None => builder,
            Some("none") => builder.compression(None),
            Some("gzip") => builder.compression(Some(Compression::Gzip)),
            Some("zstd") => builder.compression(Some(Compression::Zstd)),
            Some("lz4") => builder.compression(Some(Compression::Lz4)),
            Some(other) => return Err(unknown("compression", other, "gzip, zstd, lz4 or none")),
        };
        if let Some(octets) = self.snap_length {
            builder = builder.snap_length(octets);
        }
        builder = self.comments.iter().fold(builder, |builder, text| builder.comment(text));
        if let Some(text) = &self.application {
            builder = builder.application(text);
        }
        builder = self.secrets.iter().fold(builder, |builder, (kind, data)| builder.secrets(*kind, data.to_vec()));
        let mut rotate = Rotate::default();
        (rotate.octets, rotate.frames, rotate.files) = (self.octets_per_file, self.frames_per_file, self.files);
        rotate.interval = self.seconds_per_file.map(interval).transpose()?;
        Ok(if rotate == Rotate::default() { builder } else { builder.rotate(rotate) })
    }
}

fn interval(seconds: f64) -> Result<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(|_| {
        Error::new(ErrorKind::InvalidInput, "rotate capture files").with_detail(format!("{seconds} s is no interval"))
    })
}

fn unknown(what: &str, given: &str, known: &str) -> Error {
    let error = Error::new(ErrorKind::InvalidInput, "write capture");
    error.with_detail(format!("{what} {given:?} is unknown")).with_hint(format!("one of {known}"))
}

/// A capture file that is being written.
#[pyclass(frozen)]
pub(crate) struct CaptureWriter {
    /// `None` once it is closed.
    writer: Mutex<Option<Writer<File>>>,
}

impl CaptureWriter {
    fn with<T>(&self, py: Python<'_>, work: impl FnOnce(&mut Writer<File>) -> Result<T> + Send) -> PyResult<T>
    where
        T: Send,
    {
        let done = py.detach(|| {
            let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            let closed = || Error::new(ErrorKind::InvalidInput, "write capture").with_detail("it is closed");
            work(writer.as_mut().ok_or_else(closed)?)
        });
        done.map_err(|error| to_python(py, &error))
    }
}

#[pymethods]
impl CaptureWriter {
    #[new]
    fn new(py: Python<'_>, path: PathBuf, settings: Settings) -> PyResult<Self> {
        let writer = py.detach(|| settings.builder()?.create(path)).map_err(|error| to_python(py, &error))?;
        Ok(Self { writer: Mutex::new(Some(writer)) })
    }

    /// Describes an interface; gives its number.
    #[pyo3(signature = (link_type: "str | int", name, description, snap_length, tsresol))]
    fn add_interface(
        &self,
        py: Python<'_>,
        link_type: LinkTypeArgument,
        name: Option<String>,
        description: Option<String>,
        snap_length: u32,
        tsresol: u8,
    ) -> PyResult<u32> {
        let link_type = link_type.resolve()?;
        self.with(py, |writer| {
            let mut interface = Interface::described(link_type, name.as_deref());
            interface = interface.with_resolution(Resolution::from_tsresol(tsresol));
            interface.description = description.map(String::into_boxed_str);
            interface.snap_length = snap_length;
            writer.add_interface(&interface)
        })
    }

    /// Writes one packet.
    #[pyo3(signature = (data, time_ns, interface, link_type: "str | int", original_length, comments, flags))]
    #[allow(clippy::too_many_arguments, reason = "these are Python's keywords")]
    fn write(
        &self,
        py: Python<'_>,
        data: PyBackedBytes,
        time_ns: Option<i64>,
        interface: u32,
        link_type: LinkTypeArgument,
        original_length: Option<u32>,
        comments: Vec<String>,
        flags: Option<u32>,
    ) -> PyResult<()> {
        let link_type = link_type.resolve()?;
        self.with(py, |writer| {
            let mut options = comments.iter().fold(OptionList::new(), |options, text| options.comment(text));
            if let Some(flags) = flags {
                options = options.flags(PacketFlags(flags));
            }
            let number = writer.frames() + 1;
            let mut frame = Frame::new(number, time_ns.map(Timestamp::from_nanos), link_type, &data);
            frame.interface = interface;
            frame.original_length = original_length.unwrap_or(frame.original_length);
            writer.write(&frame.with_options(options.as_options()))
        })
    }

    /// Writes keys for decryption.
    fn write_secrets(&self, py: Python<'_>, kind: u32, data: PyBackedBytes) -> PyResult<()> {
        self.with(py, |writer| writer.write_secrets(kind, &data))
    }

    /// Packets written so far.
    #[getter]
    fn frames(&self, py: Python<'_>) -> PyResult<u64> {
        self.with(py, |writer| Ok(writer.frames()))
    }

    /// Writes out what is held back.
    fn flush(&self, py: Python<'_>) -> PyResult<()> {
        self.with(py, Writer::flush)
    }

    /// Ends the file. Does nothing if that was done.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        let done = py.detach(|| {
            let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
            writer.map_or(Ok(()), |writer| writer.finish().map(drop))
        });
        done.map_err(|error| to_python(py, &error))
    }
}

/// Which frames are copied, and what is changed in them.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Choice {
    frames: Vec<(u64, u64)>,
    drop_frames: bool,
    start_ns: Option<i64>,
    stop_ns: Option<i64>,
    flow: Option<String>,
    protocol: Option<u8>,
    duplicate_window: usize,
    shift_ns: i64,
    frame_comments: Vec<(u64, String)>,
    drop_secrets: bool,
}

impl Choice {
    fn edit(self) -> Result<Edit> {
        let mut edit = Edit::new();
        edit.frames = self.frames.into_iter().map(|(first, last)| RangeInclusive::new(first, last)).collect();
        edit.drop_frames = self.drop_frames;
        edit.from = self.start_ns.map(Timestamp::from_nanos);
        edit.until = self.stop_ns.map(Timestamp::from_nanos);
        edit.flow = self.flow.map(|text| text.parse::<FlowPattern>()).transpose()?;
        edit.flow = edit.flow.map(|flow| self.protocol.map_or(flow, |protocol| flow.protocol(IpProtocol(protocol))));
        edit.duplicate_window = self.duplicate_window;
        edit.shift = self.shift_ns;
        edit.comments = self.frame_comments.into_iter().collect();
        edit.drop_secrets = self.drop_secrets;
        Ok(edit)
    }
}

records! {
    /// What became of the frames of captures that were converted or merged.
    Copied {
        /// Frames that were read.
        read: u64,
        /// Frames that were written.
        written: u64,
        /// Captures that are damaged or cut off, by their place among the sources, with what is wrong; what comes before
        /// that place was written.
        damage: Vec<(usize, String)>,
        /// Sets of comments and other options that the format of the file has no place for.
        lost_options: u64,
        /// Blocks beside packets and interfaces, such as secrets and names, that it has no place for.
        lost_blocks: u64,
        /// Times that were cut to longer units, or that a frame does not have.
        lost_times: u64,
    }

    /// An interface that a capture describes.
    CaptureInterface {
        /// The section that describes it, from 1.
        section: u32,
        /// The number within the section, from 0.
        id: u32,
        /// The link type by name, or its number as text.
        link_type: String,
        /// The name on the capturing host.
        name: Option<String>,
        /// What that host knows of it.
        description: Option<String>,
        /// The capture filter.
        filter: Option<String>,
        /// The operating system of that host.
        operating_system: Option<String>,
        /// Octets of a packet that were captured at most, as stated; 0 is no limit.
        snap_length: u32,
        /// The unit of the times: as an `if_tsresol` option writes it.
        tsresol: u8,
        /// Frames of the interface.
        frames: u64,
        /// Packets that the interface received, if the capture says so.
        received: Option<u64>,
        /// Packets that it dropped, if the capture says so.
        dropped: Option<u64>,
    }

    /// The facts of a capture file, as capinfos tells them.
    CaptureFacts {
        /// `pcap` or `pcapng`.
        format: String,
        /// `gzip`, `zstd` or `lz4`.
        compression: Option<String>,
        /// Octets of the file.
        file_bytes: u64,
        /// How many frames there are.
        frames: u64,
        /// Octets of the packets on the wire.
        original_bytes: u64,
        /// Octets of the packets that were captured.
        captured_bytes: u64,
        /// The earliest time, in nanoseconds since 1970.
        first_ns: Option<i64>,
        /// The latest time, in nanoseconds since 1970.
        last_ns: Option<i64>,
        /// Whether no frame has a time before that of the frame in front of it.
        in_time_order: bool,
        /// Frames without a time.
        frames_without_time: u64,
        /// Packets that the file says were lost, frame by frame.
        dropped: u64,
        /// Comments on frames.
        frame_comments: u64,
        /// Comments on sections.
        comments: Vec<String>,
        /// The hardware of the first section.
        hardware: Option<String>,
        /// The operating system of the first section.
        operating_system: Option<String>,
        /// The program of the first section.
        application: Option<String>,
        /// How many sections there are.
        sections: usize,
        /// The interfaces, in the order of the file.
        interfaces: Vec<CaptureInterface>,
        /// What is wrong with the file, if something is.
        damage: Option<String>,
    }
}

/// Copies captures to a file.
#[pyfunction]
pub(crate) fn copy_captures(
    py: Python<'_>,
    sources: Vec<PathBuf>,
    target: PathBuf,
    settings: Settings,
    choice: Choice,
    append: bool,
    interfaces: String,
) -> PyResult<Copied> {
    let mut watch = Watch::of_signals();
    let outcome = py.detach(|| {
        let (edit, builder) = (choice.edit()?, settings.builder()?);
        let merged = match interfaces.as_str() {
            "none" => MergedInterfaces::None,
            "all" => MergedInterfaces::All,
            "any" => MergedInterfaces::Any,
            other => return Err(unknown("interfaces", other, "none, all or any")),
        };
        let readers = sources.iter().map(Reader::open).collect::<Result<Vec<_>>>()?;
        let mut writer = builder.spare(&sources).create(&target)?;
        let mut merge = Merge::new(readers).edit(edit);
        merge = if append { merge.append() } else { merge };
        merge = merge.interfaces(merged);
        let merged = merge.write_to(&mut writer, |octets| watch.look(octets))?;
        let lost = writer.lost();
        writer.finish()?;
        Ok(Copied {
            read: merged.read,
            written: merged.written,
            damage: merged.damage.into_iter().map(|(place, error)| (place, error.to_string())).collect(),
            lost_options: lost.options,
            lost_blocks: lost.blocks,
            lost_times: lost.times,
        })
    });
    watch.interrupted()?;
    outcome.map_err(|error: Error| to_python(py, &error))
}

/// Reads a capture file for its facts.
#[pyfunction]
pub(crate) fn capture_facts(py: Python<'_>, path: PathBuf) -> PyResult<CaptureFacts> {
    let mut watch = Watch::of_signals();
    let outcome = py.detach(|| {
        let mut reader = Reader::open(&path)?;
        Facts::read(&mut reader, |octets| watch.look(octets))
    });
    watch.interrupted()?;
    outcome.map(facts).map_err(|error| to_python(py, &error))
}

fn facts(facts: Facts) -> CaptureFacts {
    let first = facts.sections.first().cloned().unwrap_or_default();
    CaptureFacts {
        format: facts.format.to_string(),
        compression: facts.compression.map(|compression| compression.to_string()),
        file_bytes: facts.file_octets,
        frames: facts.frames,
        original_bytes: facts.original_octets,
        captured_bytes: facts.captured_octets,
        first_ns: facts.times.map(|(first, _)| first.as_nanos()),
        last_ns: facts.times.map(|(_, last)| last.as_nanos()),
        in_time_order: facts.is_in_order,
        frames_without_time: facts.timeless,
        dropped: facts.dropped,
        frame_comments: facts.comments,
        comments: facts.sections.iter().flat_map(|section| section.comments.clone()).collect(),
        hardware: first.hardware,
        operating_system: first.operating_system,
        application: first.application,
        sections: facts.sections.len(),
        interfaces: facts.interfaces.iter().map(|(interface, frames)| described(interface, *frames)).collect(),
        damage: facts.damage.map(|error| error.to_string()),
    }
}

fn described(interface: &Interface, frames: u64) -> CaptureInterface {
    let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
    CaptureInterface {
        section: interface.section,
        id: interface.id,
        link_type: link_type::name(interface.link_type),
        name: text(&interface.name),
        description: text(&interface.description),
        filter: text(&interface.filter),
        operating_system: text(&interface.operating_system),
        snap_length: interface.snap_length,
        tsresol: interface.resolution.tsresol(),
        frames,
        received: interface.statistics.and_then(|statistics| statistics.received),
        dropped: interface.statistics.and_then(|statistics| statistics.dropped),
    }
}

/// The kinds of secrets by name.
#[pyfunction]
pub(crate) fn secrets_kind(name: &str) -> Option<u32> {
    match name {
        "tls" => Some(Secrets::TLS_KEY_LOG),
        "wireguard" => Some(Secrets::WIREGUARD_KEY_LOG),
        _ => None,
    }
}
