//! Standard output, standard error and the exit status.

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, BufWriter, StdoutLock, Write};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use netshoot_core::Error;
use netshoot_core::netlink::ByteString;

use crate::refused;
use crate::sys;

/// Standard output, locked and buffered.
pub(crate) struct Out {
    buffer: BufWriter<StdoutLock<'static>>,
    pretty: Option<Pretty>,
}

/// Standard output through a buffer that holds what a small listing prints.
pub(crate) fn standard_output() -> Out {
    Out { buffer: BufWriter::with_capacity(128 * 1024, io::stdout().lock()), pretty: None }
}

impl Out {
    /// Sets JSON out on many lines, if it is wanted.
    pub(crate) fn pretty(mut self, wanted: bool) -> Self {
        self.pretty = wanted.then(Pretty::default);
        self
    }
}

impl Write for Out {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.write_all(octets).map(|()| octets.len())
    }

    fn write_all(&mut self, octets: &[u8]) -> io::Result<()> {
        match &mut self.pretty {
            None => self.buffer.write_all(octets),
            Some(pretty) => octets.iter().try_for_each(|octet| pretty.put(&mut self.buffer, *octet)),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        check_standard_output()?;
        self.buffer.flush()
    }
}

/// Writes out what is held back of what did not go through [`Out`].
pub(crate) fn flush_standard_output() -> io::Result<()> {
    check_standard_output()?;
    io::stdout().lock().flush()
}

/// An error where there is no standard output, as the runtime's own writes to it are none.
fn check_standard_output() -> io::Result<()> {
    if sys::began_without_standard_output() { Err(io::Error::from_raw_os_error(EBADF)) } else { Ok(()) }
}

/// Sets JSON without blanks out as iproute2 does: members of objects in lines of their own, lists in one.
#[derive(Default)]
struct Pretty {
    in_text: bool,
    is_escaped: bool,
    /// What is open, `{` or `[`, the innermost last.
    open: Vec<u8>,
    /// Nothing followed the last bracket that was opened.
    is_empty: bool,
}

impl Pretty {
    /// One octet after the other, as writers cut JSON where they like.
    fn put(&mut self, out: &mut impl Write, octet: u8) -> io::Result<()> {
        if self.in_text {
            self.in_text = self.is_escaped || octet != b'"';
            self.is_escaped = !self.is_escaped && octet == b'\\';
            return out.write_all(&[octet]);
        }
        if !matches!(octet, b'}' | b']') && self.is_empty {
            self.is_empty = false;
            self.begin_member(out)?;
        }
        match octet {
            b'{' | b'[' => {
                self.open.push(octet);
                self.is_empty = true;
                out.write_all(if octet == b'{' { b"{" } else { b"[ " })
            }
            b'}' | b']' => {
                self.open.pop();
                match (octet, std::mem::take(&mut self.is_empty)) {
                    (b'}', false) => self.new_line(out)?,
                    (_, false) => out.write_all(b" ")?,
                    _ => {}
                }
                out.write_all(&[octet])
            }
            b',' => {
                out.write_all(b",")?;
                self.begin_member(out)
            }
            b':' => out.write_all(b": "),
            octet => {
                self.in_text = octet == b'"';
                out.write_all(&[octet])
            }
        }
    }

    /// A member of an object begins a line, one of a list does not.
    fn begin_member(&self, out: &mut impl Write) -> io::Result<()> {
        if self.open.last() == Some(&b'{') { self.new_line(out) } else { Ok(()) }
    }

    fn new_line(&self, out: &mut impl Write) -> io::Result<()> {
        write!(out, "\n{:1$}", "", 4 * self.open.len())
    }
}

/// How a command ended that could do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// All of it.
    Complete,
    /// The capture is damaged or cut off; what comes before that place was put out.
    Damaged,
    /// As much as could be seen, of which the user is told.
    Partial,
}

impl Status {
    /// How a command ended whose reading of an opened capture ended with `damage`, of which the user is told.
    ///
    /// Whatever keeps the reader from going on counts, also a limit, or a disk that fails.
    pub(crate) fn of_reading(damage: Option<impl Display>) -> Self {
        match damage {
            Some(damage) => {
                complain(damage);
                Self::Damaged
            }
            None => Self::Complete,
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        match status {
            Status::Complete => Self::SUCCESS,
            Status::Damaged | Status::Partial => Self::from(3),
        }
    }
}

/// Why a command could not do its work.
pub(crate) enum Failure {
    Library(Error),
    Output(io::Error),
    /// The command line makes no sense.
    Usage(String),
    /// In the words of iperf3, for what looks out for them.
    Iperf3(String),
    /// The output says it.
    Told,
}

impl Failure {
    /// Tells the user, and gives the status to exit with.
    pub(crate) fn tell(&self) -> ExitCode {
        match self {
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return ExitCode::from(128 + SIGPIPE),
            Self::Output(error) => complain(format_args!("write standard output: {}", system_text(error))),
            Self::Library(error) => complain(error),
            Self::Iperf3(text) => {
                let line = format!("iperf3: {}\n", crate::text::Clean(text));
                let _ = io::stderr().lock().write_all(line.as_bytes());
            }
            Self::Told => {}
            Self::Usage(text) => {
                complain(text);
                return ExitCode::from(2);
            }
        }
        ExitCode::FAILURE
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Library(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// Writes one line to standard error; there is nobody to tell if that fails.
pub(crate) fn complain(what: impl Display) {
    let line = format!("netshoot: {}\n", crate::text::Clean(what));
    let _ = io::stderr().lock().write_all(line.as_bytes());
}

/// Tells what is wrong with the command line, in one line as other errors are told; for want of any, help.
pub(crate) fn refuse(error: &clap::Error, line: &[OsString]) -> ExitCode {
    let tool = line.get(1).and_then(|tool| tool.to_str()).unwrap_or_default();
    let word = |kind| match error.get(kind) {
        Some(ContextValue::String(word)) => Some(word.as_str()),
        _ => None,
    };
    let option = word(ContextKind::InvalidArg).and_then(|option| refused::reason(tool, option));
    let object = || word(ContextKind::InvalidSubcommand).and_then(|object| refused::object(tool, object));
    if let Some(reason) = option.or_else(object) {
        complain(reason);
        return ExitCode::from(2);
    }
    if tool.starts_with("--netns") {
        complain("read arguments: a value and a command follow --netns; hint: netshoot --help");
        return ExitCode::from(2);
    }
    let text = error.to_string();
    let Some(said) = text.strip_prefix("error: ").and_then(|text| text.split("\n\n").next()) else { error.exit() };
    let short = |word: &str| {
        let is_short = word.chars().nth(LONGEST_WORD).is_none();
        if is_short { word.to_owned() } else { ByteString::from(word).shortened() }
    };
    let said: Vec<_> = said.split_whitespace().map(short).collect();
    let tool = format!("netshoot {tool}");
    let usage = text.lines().find_map(|line| line.strip_prefix("Usage: ")).unwrap_or(&tool);
    let command: Vec<_> = usage.split(' ').take_while(|word| !word.starts_with(['[', '<', '-'])).collect();
    complain(format_args!("read arguments: {}; hint: {} --help", said.join(" "), command.join(" ")));
    // As iperf3 has it.
    if tool == "netshoot iperf3" { ExitCode::FAILURE } else { ExitCode::from(2) }
}

/// The system's text: it begins with a capital letter, ours begin small, and the number says no more.
fn system_text(error: &io::Error) -> String {
    let text = error.to_string();
    let mut letters = text.split(" (os error").next().unwrap_or_default().chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

const SIGPIPE: u8 = 13;
const EBADF: i32 = 9;
const LONGEST_WORD: usize = 120;
