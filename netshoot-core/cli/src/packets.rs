//! `netshoot packets`: one line a frame.

use std::fmt::{self, Write as _};
use std::io::{IsTerminal, Read, Write};
use std::ops::ControlFlow;

use netshoot_core::analysis::Gate;
use netshoot_core::application::Summary;
use netshoot_core::capture::{Block, Names, Reader, Timestamp};
use netshoot_core::packet::Packet;
use netshoot_core::table::{self, ArrowError, RecordBatch, json};
use netshoot_core::{Error, ErrorKind};

use crate::arguments::{Packets, Time};
use crate::hex::Dump;
use crate::input::{self, Input};
use crate::output::{Failure, Out, Status, standard_output};
use crate::progress::Progress;
use crate::text::Clean;

pub(crate) fn run(options: &Packets) -> Result<Status, Failure> {
    let file = options.file()?;
    let show_progress = !std::io::stdout().is_terminal();
    let progress = Progress::new(file, show_progress && !options.follow);
    if options.follow {
        return write(Reader::follow(file, None)?, progress, options);
    }
    match input::open(file)? {
        Input::File(reader) => write(reader, progress, options),
        Input::Standard(reader) => write(reader, progress, options),
    }
}

fn write<R: Read>(reader: Reader<R>, mut progress: Progress, options: &Packets) -> Result<Status, Failure> {
    let mut out = standard_output();
    let end = if options.is_json() {
        write_json(reader, options, &mut progress, &mut out)
    } else {
        write_text(reader, options, &mut progress, &mut out)
    };
    progress.clear();
    if !matches!(end, Err(Failure::Output(_))) {
        out.flush()?;
    }
    end.map(Status::of_reading)
}

/// Gives what kept the reader from going on, if anything did.
fn write_text<R: Read>(
    mut reader: Reader<R>,
    options: &Packets,
    progress: &mut Progress,
    out: &mut Out,
) -> Result<Option<Error>, Failure> {
    let mut gate = Gate::new(options.analysis.since);
    let mut clock = Clock { format: options.time_format(), start: None };
    let mut names = names_ahead(options)?;
    let are_names_to_come = options.names && names.is_none();
    let (mut line, mut details) = (String::new(), String::new());
    let dump = Dump::of(options.hex, options.ascii);
    let mut left = options.count.unwrap_or(u64::MAX);
    while left > 0 {
        let next = match are_names_to_come {
            true => reader.next_block(),
            false => reader.next_frame().map(|frame| frame.map(Block::Frame)),
        };
        let frame = match next {
            Ok(Some(Block::Frame(frame))) => frame,
            Ok(Some(Block::Other(block))) => {
                names.get_or_insert_default().add(&block);
                continue;
            }
            Ok(Some(_)) => continue,
            end => return Ok(end.err()),
        };
        let number = frame.number;
        if !gate.lets_pass(frame.timestamp) {
            if number.is_multiple_of(4096) {
                progress.update(reader.offset());
            }
            continue;
        }
        let packet = Packet::parse(frame.link_type, frame.bytes, frame.original_length);
        let name = |address| names.as_ref()?.get(address);
        let summary = Summary::with_ports(packet, &options.port).named(&name);
        line.clear();
        // Writing to a String cannot fail.
        let _ = write!(line, "{:>5} {}", frame.number, clock.show(frame.timestamp));
        let _ = if options.verbose > 0 {
            details.clear();
            let _ = write!(details, "{summary:#}");
            // What is behind the first line is of the application, whose text has no line ends of its own.
            details
                .split("\n\t")
                .enumerate()
                .try_for_each(|(at, text)| writeln!(line, "{}{}", if at > 0 { "\t" } else { "" }, Clean(text)))
        } else {
            writeln!(line, "{}", Clean(summary))
        };
        if let Some(dump) = dump {
            dump.write(&packet, &mut line);
        }
        out.write_all(line.as_bytes())?;
        if options.is_line_buffered() {
            out.flush()?;
        }
        left -= 1;
        if number.is_multiple_of(4096) {
            progress.update(reader.offset());
        }
    }
    Ok(None)
}

/// The names of a file, if they are wanted; none of what cannot be read twice.
fn names_ahead(options: &Packets) -> Result<Option<Names>, Failure> {
    let file = options.file()?;
    if !options.names || options.follow || !file.is_file() {
        return Ok(None);
    }
    Ok(Some(Names::read(&mut Reader::open(file)?, |_| ControlFlow::Continue(()))?))
}

/// Gives what kept the reader from going on, if anything did.
fn write_json<R: Read>(
    reader: Reader<R>,
    options: &Packets,
    progress: &mut Progress,
    out: &mut Out,
) -> Result<Option<Error>, Failure> {
    let mut left = options.count.unwrap_or(u64::MAX);
    let batch_rows =
        if options.is_line_buffered() { 1 } else { usize::try_from(left).unwrap_or(usize::MAX).min(BATCH_ROWS) };
    let mut wanted = table::Options::default().with_batch_rows(batch_rows).with_analysis(options.analysis.options());
    wanted.columns.clone_from(&options.columns);
    wanted.ports.clone_from(&options.port);
    let mut stream = table::packets(reader, &wanted)?;
    while left > 0 {
        let Some(batch) = stream.next() else { break };
        let batch = match batch {
            Ok(batch) => batch,
            Err(error) => return of_reader(error).map(Some).map_err(Failure::from),
        };
        left = left.saturating_sub(write_rows(&batch, left, out)?);
        if options.is_line_buffered() {
            out.flush()?;
        }
        progress.update(stream.reader().offset());
    }
    Ok(None)
}

/// Writes at most `most` rows; says how many there were.
fn write_rows(batch: &RecordBatch, most: u64, out: &mut Out) -> Result<u64, Failure> {
    let mut rows = json::Rows::new(batch)?;
    let number = rows.len().min(usize::try_from(most).unwrap_or(usize::MAX));
    let mut line = String::new();
    for row in 0..number {
        line.clear();
        rows.write(row, &mut line);
        line.push('\n');
        out.write_all(line.as_bytes())?;
    }
    Ok(number as u64)
}

/// The library's own error, where Arrow's only wraps it.
pub(crate) fn library_error(error: ArrowError) -> Error {
    of_reader(error).unwrap_or_else(|error| error)
}

/// The reader's error, which Arrow's wraps; or else what kept the table from being made.
fn of_reader(error: ArrowError) -> Result<Error, Error> {
    match error {
        ArrowError::ExternalError(inner) => match inner.downcast::<Error>() {
            Ok(error) => Ok(*error),
            Err(other) => Err(Error::new(ErrorKind::Io, "make table").with_detail(other.to_string())),
        },
        other => Err(Error::new(ErrorKind::LimitReached, "make table").with_source(other)),
    }
}

/// Shows times as the user wants them.
struct Clock {
    format: Time,
    /// The first time, or the one before.
    start: Option<Timestamp>,
}

struct Shown {
    format: Time,
    time: Option<Timestamp>,
    start: Option<Timestamp>,
}

impl Clock {
    fn show(&mut self, time: Option<Timestamp>) -> Shown {
        let start = self.start.or(time);
        self.start = if self.format == Time::Delta { time.or(start) } else { start };
        Shown { format: self.format, time, start }
    }
}

/// The time with a space behind it, or nothing.
impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (time, start) = match (self.format, self.time, self.start) {
            (Time::None, ..) => return Ok(()),
            (_, Some(time), Some(start)) => (time, start),
            _ => return f.write_str("- "),
        };
        match self.format {
            Time::None => Ok(()),
            Time::Epoch => write_seconds(f, time.as_nanos(), 0),
            Time::Date => write!(f, "{time} "),
            Time::Relative | Time::Delta => write_seconds(f, time.nanos_since(start), 4),
        }
    }
}

/// Seconds with nine decimals and a space behind them; `width` is that of the whole seconds.
fn write_seconds(f: &mut fmt::Formatter<'_>, nanos: i64, width: usize) -> fmt::Result {
    let magnitude = nanos.unsigned_abs();
    let sign = if nanos < 0 { "-" } else { "" };
    let whole = magnitude / 1_000_000_000;
    let digits = whole.checked_ilog10().unwrap_or(0) as usize + 1 + sign.len();
    write!(f, "{:pad$}{sign}{whole}.{:09} ", "", magnitude % 1_000_000_000, pad = width.saturating_sub(digits))
}

/// Few enough for output to begin soon, enough to be fast.
const BATCH_ROWS: usize = 4096;
