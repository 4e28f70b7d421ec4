//! The options of `netshoot capture-file`, which are those of editcap and mergecap where these have them.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use netshoot_core::capture::{Compression, FlowPattern, MergedInterfaces, Timestamp};
use netshoot_core::packet::IpProtocol;

use crate::arguments::EXIT_STATUS;

/// Tell of capture files, convert, merge and slice them: pcap and pcapng, also compressed.
#[derive(Args, Debug)]
pub(crate) struct CaptureFile {
    #[command(subcommand)]
    pub(crate) action: Action,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Tell the facts of captures as capinfos does: frames, octets, times, interfaces, what is wrong.
    #[command(after_help = EXIT_STATUS)]
    Info(Info),
    /// Convert a capture as editcap does: another format, compression, cut packets, moved times, no duplicates.
    ///
    /// Frames are copied with their interfaces, comments, flags, secrets and all else that pcapng has; what pcap has no
    /// place for is told.
    #[command(after_help = EXIT_STATUS)]
    Convert(Box<Convert>),
    /// Merge captures by the times of their frames, as mergecap does.
    #[command(after_help = EXIT_STATUS)]
    Merge(Merge),
    /// Keep a part of a capture: frames by number, time and flow.
    #[command(after_help = EXIT_STATUS)]
    Slice(Slice),
}

#[derive(Args, Debug)]
pub(crate) struct Info {
    /// pcap or pcapng files, also compressed, FIFOs, or - for standard input.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// One JSON object a file.
    #[arg(long, short)]
    pub(crate) json: bool,
}

/// What is written, and how.
#[derive(Args, Debug)]
pub(crate) struct Output {
    /// The format; without it that of the name: .pcap, .cap and .dmp are pcap, all others pcapng. nsecpcap is pcap with
    /// nanoseconds, which pcap has also where the input is as fine.
    #[arg(short = 'F', long = "format", value_name = "FORMAT", value_enum)]
    pub(crate) format: Option<OutputFormat>,
    /// The compression; without it that of the name: .gz, .zst and .lz4.
    #[arg(long, value_name = "HOW", value_enum)]
    pub(crate) compress: Option<OutputCompression>,
    /// Cut each packet after so many octets.
    #[arg(short = 's', long = "snaplen", value_name = "OCTETS")]
    pub(crate) snap_length: Option<u32>,
    /// Go on in another file after so many frames: the number and the time are put in front of the name's ending, as in
    /// trace_00001_20260921141320.pcapng.
    #[arg(short = 'c', long = "frames-per-file", value_name = "COUNT")]
    pub(crate) frames_per_file: Option<u64>,
    /// Go on in another file every so many seconds of the capture.
    #[arg(short = 'i', long = "seconds-per-file", value_name = "SECONDS", value_parser = seconds)]
    pub(crate) seconds_per_file: Option<Duration>,
    /// Go on in another file before one has more octets than this, before compression; k, M and G are thousands, millions
    /// and milliards.
    #[arg(long = "octets-per-file", value_name = "OCTETS", value_parser = octets)]
    pub(crate) octets_per_file: Option<u64>,
    /// Keep only the last so many of these files.
    #[arg(long = "files", value_name = "COUNT")]
    pub(crate) files: Option<u32>,
}

#[derive(Args, Debug)]
pub(crate) struct Convert {
    /// A pcap or pcapng file, also compressed, a FIFO, or - for standard input.
    #[arg(value_name = "INPUT")]
    pub(crate) input: PathBuf,
    /// The file to write, or - for standard output.
    #[arg(value_name = "OUTPUT")]
    pub(crate) output: PathBuf,
    /// Frames to leave out, as 7 or 3-9 or 100-; with -r, to keep.
    #[arg(value_name = "FRAMES", value_parser = range)]
    pub(crate) frames: Vec<RangeInclusive<u64>>,
    /// Keep the frames that are named, in place of leaving them out.
    #[arg(short = 'r', long = "keep")]
    pub(crate) keep: bool,
    #[command(flatten)]
    pub(crate) times: Times,
    /// Leave out a frame that equals one of the four before it.
    #[arg(short = 'd', long = "no-duplicates", conflicts_with = "duplicate_window")]
    pub(crate) no_duplicates: bool,
    /// Leave out a frame that equals one of as many before it, itself counted.
    #[arg(short = 'D', long = "duplicate-window", value_name = "FRAMES")]
    pub(crate) duplicate_window: Option<usize>,
    /// Add so many seconds to each time, as -0.5.
    #[arg(short = 't', long = "time-shift", value_name = "SECONDS", allow_hyphen_values = true, value_parser = shift)]
    pub(crate) time_shift: Option<i64>,
    /// Give a frame a comment, in place of those that it has.
    #[arg(short = 'a', long = "comment", value_name = "FRAME:TEXT", value_parser = comment)]
    pub(crate) comments: Vec<(u64, String)>,
    /// Add a comment on the capture.
    #[arg(long = "capture-comment", value_name = "TEXT")]
    pub(crate) capture_comments: Vec<String>,
    /// Add the keys in a file, for Wireshark to decrypt with: tls,FILE or wg,FILE.
    #[arg(long = "inject-secrets", value_name = "KIND,FILE", value_parser = secrets)]
    pub(crate) secrets: Vec<(u32, PathBuf)>,
    /// Leave out the keys that the capture has.
    #[arg(long = "discard-all-secrets")]
    pub(crate) discard_secrets: bool,
    #[command(flatten)]
    pub(crate) output_options: Output,
}

#[derive(Args, Debug)]
pub(crate) struct Merge {
    /// pcap or pcapng files, also compressed, FIFOs, or - for standard input; where times are equal, the first comes first.
    #[arg(required = true, value_name = "INPUT")]
    pub(crate) inputs: Vec<PathBuf>,
    /// The file to write, or - for standard output.
    #[arg(short = 'w', long = "write", value_name = "OUTPUT")]
    pub(crate) output: PathBuf,
    /// One capture behind the other, whatever the times.
    #[arg(short = 'a', long = "append")]
    pub(crate) append: bool,
    /// Which interfaces become one, of those that are described in the same words.
    #[arg(short = 'I', long = "interfaces", value_name = "MERGED", value_enum, default_value_t = Interfaces::All)]
    pub(crate) interfaces: Interfaces,
    #[command(flatten)]
    pub(crate) output_options: Output,
}

#[derive(Args, Debug)]
pub(crate) struct Slice {
    /// A pcap or pcapng file, also compressed, a FIFO, or - for standard input.
    #[arg(value_name = "INPUT")]
    pub(crate) input: PathBuf,
    /// The file to write, or - for standard output.
    #[arg(value_name = "OUTPUT")]
    pub(crate) output: PathBuf,
    /// Frames to keep, as 7 or 3-9 or 100-; all if none are named.
    #[arg(value_name = "FRAMES", value_parser = range)]
    pub(crate) frames: Vec<RangeInclusive<u64>>,
    #[command(flatten)]
    pub(crate) times: Times,
    /// Keep the traffic of one end, or between two, in both directions, as 192.0.2.1, [2001:db8::1]:443, or
    /// 192.0.2.1:443,198.51.100.7; fragments that do not show their ports are kept.
    #[arg(long, value_name = "END[,END]")]
    pub(crate) flow: Option<FlowPattern>,
    /// With --flow: of this IP protocol only: tcp, udp, icmp, icmpv6, sctp, or a number.
    #[arg(long, value_name = "NAME", requires = "flow", value_parser = protocol)]
    pub(crate) protocol: Option<IpProtocol>,
    #[command(flatten)]
    pub(crate) output_options: Output,
}

#[derive(Args, Debug)]
pub(crate) struct Times {
    /// Keep frames from this time on: 2026-09-21T14:13:20.5Z, without a zone in UTC, or seconds since 1970.
    #[arg(short = 'A', long = "from", value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) from: Option<Timestamp>,
    /// Keep frames before this time.
    #[arg(short = 'B', long = "until", value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) until: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    Pcap,
    Pcapng,
    Nsecpcap,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputCompression {
    Gzip,
    Zstd,
    Lz4,
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Interfaces {
    /// None.
    None,
    /// All, if every file describes the same ones in the same order before its first frame, else none.
    All,
    /// Any, also of one file.
    Any,
}

impl Interfaces {
    pub(crate) fn merged(self) -> MergedInterfaces {
        match self {
            Self::None => MergedInterfaces::None,
            Self::All => MergedInterfaces::All,
            Self::Any => MergedInterfaces::Any,
        }
    }
}

impl OutputCompression {
    pub(crate) fn compression(self) -> Option<Compression> {
        match self {
            Self::Gzip => Some(Compression::Gzip),
            Self::Zstd => Some(Compression::Zstd),
            Self::Lz4 => Some(Compression::Lz4),
            Self::None => None,
        }
    }
}

fn range(text: &str) -> Result<RangeInclusive<u64>, String> {
    let hint = || "frames are 7 or 3-9 or 100-, from 1".to_owned();
    let number = |text: &str| text.parse::<u64>().ok().filter(|number| *number > 0).ok_or_else(hint);
    let (first, last) = match text.split_once('-') {
        None => (number(text)?, number(text)?),
        // As editcap has it.
        Some((first, "" | "0")) => (number(first)?, u64::MAX),
        Some((first, last)) => (number(first)?, number(last)?),
    };
    if first <= last { Ok(first..=last) } else { Err(hint()) }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.filter(|seconds| !seconds.is_zero()).ok_or_else(|| "these are no seconds above 0".to_owned())
}

fn octets(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.strip_suffix(['k', 'K', 'M', 'G']) {
        Some(digits) => (digits, text.get(digits.len()..).unwrap_or_default()),
        None => (text, ""),
    };
    let factor = match unit {
        "" => 1,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        _ => 1000,
    };
    let number = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    number.filter(|number| *number > 0).ok_or_else(|| "these are no octets, as 1000000 or 1M".to_owned())
}

fn shift(text: &str) -> Result<i64, String> {
    let time = text.parse::<Timestamp>().ok().filter(|_| !text.contains(':'));
    time.map(Timestamp::as_nanos).ok_or_else(|| "these are no seconds, as -0.5".to_owned())
}

fn comment(text: &str) -> Result<(u64, String), String> {
    let parts = text.split_once(':').and_then(|(number, text)| Some((number.parse().ok()?, text.to_owned())));
    parts.filter(|(number, _)| *number > 0).ok_or_else(|| "a comment is FRAME:TEXT, as 7:the first loss".to_owned())
}

fn secrets(text: &str) -> Result<(u32, PathBuf), String> {
    match text.split_once(',') {
        Some(("tls", file)) => Ok((netshoot_core::capture::Secrets::TLS_KEY_LOG, file.into())),
        Some(("wg", file)) => Ok((netshoot_core::capture::Secrets::WIREGUARD_KEY_LOG, file.into())),
        _ => Err("secrets are tls,FILE or wg,FILE".to_owned()),
    }
}

fn protocol(text: &str) -> Result<IpProtocol, String> {
    match text {
        "tcp" => Ok(IpProtocol::TCP),
        "udp" => Ok(IpProtocol::UDP),
        "icmp" => Ok(IpProtocol(1)),
        "icmpv6" => Ok(IpProtocol(58)),
        "sctp" => Ok(IpProtocol(132)),
        _ => text.parse().map(IpProtocol).map_err(|_| "tcp, udp, icmp, icmpv6, sctp and numbers are known".to_owned()),
    }
}
