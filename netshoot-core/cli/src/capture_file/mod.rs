//! `netshoot capture-file`: what capinfos, editcap and mergecap do.

pub(crate) mod arguments;
mod info;

use std::fs::File;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use netshoot_core::Error;
use netshoot_core::capture::{Edit, Format, Lost, Merge, Reader, Resolution, Rotate, Writer, WriterBuilder};

use crate::input;
use crate::output::{Failure, Status, complain, standard_output};
use crate::progress::Progress;
use arguments::{Action, CaptureFile, Convert, Output, OutputFormat, Slice, Times};

pub(crate) fn run(options: &CaptureFile) -> Result<Status, Failure> {
    match &options.action {
        Action::Info(options) => info::run(options),
        Action::Convert(options) => convert(options),
        Action::Merge(options) => merge(options),
        Action::Slice(options) => slice(options),
    }
}

fn convert(options: &Convert) -> Result<Status, Failure> {
    let mut edit = edit(&options.times);
    edit.frames.clone_from(&options.frames);
    edit.drop_frames = !options.keep;
    edit.duplicate_window = options.duplicate_window.unwrap_or(if options.no_duplicates { 5 } else { 0 });
    edit.shift = options.time_shift.unwrap_or(0);
    edit.comments = options.comments.iter().cloned().collect();
    edit.drop_secrets = options.discard_secrets;
    let mut builder = builder(&options.output_options);
    for text in &options.capture_comments {
        builder = builder.comment(text);
    }
    for (kind, path) in &options.secrets {
        let keys = std::fs::read(path).map_err(|error| Error::io(format!("read secrets {}", path.display()), error))?;
        builder = builder.secrets(*kind, keys);
    }
    write(std::slice::from_ref(&options.input), &options.output, builder, |merge| merge.edit(edit))
}

fn slice(options: &Slice) -> Result<Status, Failure> {
    let mut edit = edit(&options.times);
    edit.frames.clone_from(&options.frames);
    edit.flow = match (options.flow, options.protocol) {
        (Some(flow), Some(protocol)) => Some(flow.protocol(protocol)),
        (flow, _) => flow,
    };
    let builder = builder(&options.output_options);
    write(std::slice::from_ref(&options.input), &options.output, builder, |merge| merge.edit(edit))
}

fn merge(options: &arguments::Merge) -> Result<Status, Failure> {
    let how = |merge: Merge<File>| {
        let merge = if options.append { merge.append() } else { merge };
        merge.interfaces(options.interfaces.merged())
    };
    write(&options.inputs, &options.output, builder(&options.output_options), how)
}

fn edit(times: &Times) -> Edit {
    let mut edit = Edit::new();
    (edit.from, edit.until) = (times.from, times.until);
    edit
}

fn builder(options: &Output) -> WriterBuilder {
    let mut builder = Writer::builder();
    builder = match options.format {
        Some(OutputFormat::Pcap) => builder.format(Format::Pcap),
        Some(OutputFormat::Nsecpcap) => builder.format(Format::Pcap).resolution(Resolution::NANOSECONDS),
        Some(OutputFormat::Pcapng) => builder.format(Format::Pcapng),
        None => builder,
    };
    if let Some(compression) = options.compress {
        builder = builder.compression(compression.compression());
    }
    if let Some(octets) = options.snap_length {
        builder = builder.snap_length(octets);
    }
    let mut rotate = Rotate::default();
    (rotate.frames, rotate.interval) = (options.frames_per_file, options.seconds_per_file);
    (rotate.octets, rotate.files) = (options.octets_per_file, options.files);
    if rotate == Rotate::default() { builder } else { builder.rotate(rotate) }
}

/// Opens all inputs before the output is created.
fn write(
    inputs: &[PathBuf],
    output: &Path,
    builder: WriterBuilder,
    how: impl FnOnce(Merge<File>) -> Merge<File>,
) -> Result<Status, Failure> {
    if inputs.iter().filter(|path| path.as_os_str() == "-").count() > 1 {
        return Err(Failure::Usage("standard input (-) can be read once only; hint: name files or FIFOs".to_owned()));
    }
    let readers = inputs.iter().map(|path| input::open_file(path)).collect::<Result<Vec<_>, _>>()?;
    let merge = how(Merge::new(readers));
    let progress = Progress::of_all(inputs);
    if output == Path::new("-") {
        if io::IsTerminal::is_terminal(&io::stdout()) {
            let text = "a capture is not written to a terminal; hint: name a file, or a pipe";
            return Err(Failure::Usage(text.to_owned()));
        }
        return copy(merge, builder.start(standard_output())?, output, progress);
    }
    copy(merge, builder.spare(inputs).create(output)?, output, progress)
}

fn copy<W: Write>(
    merge: Merge<File>,
    mut writer: Writer<W>,
    output: &Path,
    mut progress: Progress,
) -> Result<Status, Failure> {
    let format = writer.format();
    let merged = merge.write_to(&mut writer, |octets| {
        progress.update(octets);
        ControlFlow::Continue(())
    });
    progress.clear();
    let merged = merged.map_err(|error| failure(error, output))?;
    let lost = writer.lost();
    writer.finish().map_err(|error| failure(error, output))?;
    tell_lost(lost, format, output);
    let mut status = Status::Complete;
    for (_, damage) in &merged.damage {
        status = Status::of_reading(Some(damage));
    }
    Ok(status)
}

/// What became of standard output is told as for other commands.
fn failure(error: Error, output: &Path) -> Failure {
    let is_written = error.operation().starts_with("write ");
    match error.raw_os_error().filter(|_| output == Path::new("-") && is_written) {
        Some(code) => Failure::Output(io::Error::from_raw_os_error(code)),
        None => Failure::Library(error),
    }
}

fn tell_lost(lost: Lost, format: Format, output: &Path) {
    if lost == Lost::default() {
        return;
    }
    let parts = [
        (lost.options, "set of comments and options", "sets of comments and options"),
        (lost.blocks, "block beside packets", "blocks beside packets"),
        (lost.times, "time as it was", "times as they were"),
    ];
    let parts: Vec<_> = parts
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many)| crate::text::counted(count, one, many))
        .collect();
    let hint = if format == Format::Pcap { "; hint: pcapng has" } else { "" };
    complain(format_args!("{}: {format} has no place for {}{hint}", output.display(), parts.join(", ")));
}

fn open(path: &Path) -> Result<Reader<File>, Error> {
    input::open_file(path)
}
