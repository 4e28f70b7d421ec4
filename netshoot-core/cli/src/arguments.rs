//! The command line.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use netshoot_core::analysis::{self, Since, TcpProfile};
use netshoot_core::netlink::{Family, Kind};
use netshoot_core::packet::Layer;

use crate::analyze::arguments::Analyze;
use crate::output::Failure;
use crate::shared::Shared;

/// The end of an object's help: its words, and the exit status.
macro_rules! words {
    ($($line:literal),*) => {
        concat!(
            "Words, as for iproute2:\n", $($line,)* "\n\n",
            "  What follows a keyword is its value, and all behind -- are words, whatever they look like.\n\n",
            "Exit status:\n",
            "  0  all was read and written\n",
            "  1  it could not be done; one line on standard error says why\n",
            "  2  the command line makes no sense\n",
            "  141  the reader of the output went away (as after SIGPIPE)"
        )
    };
}

/// Network diagnostics: what a capture shows, what the kernel sees.
///
/// `--netns X` may stand in front of the command, too, for those that have it.
#[derive(Debug, Parser)]
#[command(name = "netshoot", version, after_help = EXIT_STATUS, subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Tell what is wrong in a capture: findings with evidence, top flows, DNS.
    Analyze(Analyze),
    /// Print the packets of a capture, one line a frame.
    Packets(Packets),
    /// Tell of capture files, convert, merge and slice them: pcap and pcapng, also compressed.
    CaptureFile(crate::capture_file::arguments::CaptureFile),
    /// Show the kernel's network configuration as iproute2's ip does.
    Ip(Ip),
    /// Show the forwarding entries of bridges as iproute2's bridge does.
    Bridge(Bridge),
    /// Show queueing disciplines as iproute2's tc does.
    Tc(Tc),
    /// Show the kernel's network counters as nstat does, and what they mean.
    Nstat(Nstat),
    /// Show sockets as iproute2's ss does.
    Ss(Box<crate::ss::Ss>),
    /// Measure throughput as iperf3 does, with any iperf3 at the other end.
    Iperf3(Box<crate::iperf3::Iperf3>),
    /// Measure throughput and latency under load, and tell what limits them.
    Throughput(Box<crate::throughput::Throughput>),
    /// Write everything that the kernel tells of a network namespace as one JSON object, or what changes in it.
    Snapshot(Snapshot),
}

/// Write everything that the kernel tells of a network namespace as one JSON object, or what changes in it (--diff).
///
/// Links, addresses, routes, rules, neighbours, forwarding entries, next hops, queueing disciplines, sockets, counters. What
/// may not be asked is there with the error and the capability that is missing.
#[derive(Args, Debug)]
#[command(after_help = EXIT_STATUS_OF_QUESTIONS)]
pub(crate) struct Snapshot {
    /// Look from within the network namespace that `ip netns add` gave this name, of the process with this number, or
    /// that this path stands for.
    #[arg(long, short = 'n', value_name = "NAME|PID|PATH", allow_hyphen_values = true)]
    pub(crate) netns: Vec<OsString>,
    /// Only these kinds, joined by commas: link, address, route, next_hop, rule, neighbor, fdb_entry, next_hop_bucket,
    /// qdisc, inet_socket, unix_socket, packet_socket, netlink_socket.
    #[arg(long, value_name = "KINDS", value_delimiter = ',')]
    pub(crate) kinds: Option<Vec<Kind>>,
    /// Take one, wait until a line or the end of standard input, take another, and show what was added, changed and
    /// removed in between, in text. Counters and ages do not count (for counters there is `netshoot nstat -t`), nor netlink
    /// sockets, unless --kinds names them.
    #[arg(long)]
    pub(crate) diff: bool,
    /// With --diff: wait so long instead.
    #[arg(long = "for", value_name = "SECONDS", requires = "diff", allow_negative_numbers = true)]
    pub(crate) seconds: Option<f64>,
    /// What is written without it, too; with --diff, one JSON object a change, with the object as it was and as it is,
    /// and the names of the fields that differ.
    #[arg(long, short, visible_alias = "stable-json")]
    pub(crate) json: bool,
}

/// Print the packets of a capture, one line a frame: number, time, and the packet in tcpdump's words.
#[derive(Args, Debug)]
#[command(after_help = EXIT_STATUS, override_usage = "netshoot packets [OPTIONS] <FILE>")]
pub(crate) struct Packets {
    /// A pcap or pcapng file, also compressed, a FIFO, or - for standard input.
    #[arg(required_unless_present = "read")]
    pub(crate) file: Option<PathBuf>,
    /// What [`one_capture`] complains about.
    #[arg(hide = true)]
    pub(crate) others: Vec<OsString>,
    /// The same as FILE, as tcpdump has it.
    #[arg(short, value_name = "FILE")]
    pub(crate) read: Option<PathBuf>,
    /// Accepted as tcpdump has it; addresses and ports are numbers without it, too.
    #[arg(short = 'n', action = ArgAction::Count)]
    pub(crate) numbers: u8,
    /// Names in place of addresses, as the capture itself tells them; nobody is asked. A file is read twice, as they may stand
    /// behind the packets; of a stream those are known that came so far.
    #[arg(long, short = 'N', conflicts_with_all = ["numbers", "json", "columns"])]
    pub(crate) names: bool,
    /// Write one JSON object a line, with the columns of the packet table as keys.
    #[arg(long, short)]
    pub(crate) json: bool,
    /// The keys wanted in JSON, joined by commas; implies --json.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) columns: Option<Vec<String>>,
    /// Stop after so many frames.
    #[arg(long, short, value_name = "COUNT")]
    pub(crate) count: Option<u64>,
    /// How the time is shown.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Time::Relative, conflicts_with_all = ["t", "json", "columns"])]
    pub(crate) time: Time,
    /// The time by tcpdump's letters: -t none, -tt epoch, -ttt delta, -tttt date, -ttttt relative; in nanoseconds, where
    /// tcpdump has microseconds, and the date as 2026-09-21T14:13:20.123456789Z in UTC, where tcpdump has local time
    /// and a space.
    #[arg(short, action = ArgAction::Count, conflicts_with_all = ["json", "columns"])]
    pub(crate) t: u8,
    /// Write out each line as soon as its frame was read, for live captures.
    #[arg(long, short)]
    pub(crate) line_buffered: bool,
    /// Say more: the fields of IP headers, and whether checksums are right.
    #[arg(long, short, action = ArgAction::Count, conflicts_with_all = ["json", "columns"])]
    pub(crate) verbose: u8,
    /// The octets behind the link layer's header in hexadecimal below each line; -xx with that header.
    #[arg(short = 'x', action = ArgAction::Count, conflicts_with_all = ["json", "columns"])]
    pub(crate) hex: u8,
    /// The same with ASCII beside it; -XX with the link layer's header.
    #[arg(short = 'X', action = ArgAction::Count, conflicts_with_all = ["json", "columns"])]
    pub(crate) ascii: u8,
    /// What a port stands for, as tshark's -d: dns, tls, http, quic, dhcp, dhcpv6, wg, l2tp, vxlan, vxlan_gpe, geneve, gtp,
    /// gre, teredo or none; may be repeated.
    #[arg(long, value_name = "PORT=NAME", value_parser = port)]
    pub(crate) port: Vec<(u16, Layer)>,
    #[command(flatten)]
    pub(crate) analysis: Analysis,
    /// Wait for more at the end of a file that another program writes, as tail -f, until interrupted; implies
    /// --line-buffered.
    #[arg(long)]
    pub(crate) follow: bool,
}

/// How a capture is analysed: what has the same of these has the same numbers of flows.
#[derive(Args, Debug)]
pub(crate) struct Analysis {
    /// Count frames from this time on only, as if the capture began there: 10s, 250ms, 5m or 1h after its first frame, a
    /// time such as 2026-09-21T14:13:20Z, or seconds since 1970.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) since: Option<Since>,
    /// By the rules of which Wireshark TCP segments are judged: wireshark-4.0, wireshark-4.4 or wireshark-4.6.
    #[arg(long, value_name = "PROFILE", default_value = "wireshark-4.0")]
    tcp_profile: TcpProfile,
    /// Take fragments of IP as they are, instead of putting them together for flows.
    #[arg(long)]
    no_reassembly: bool,
}

impl Analysis {
    pub(crate) fn options(&self) -> analysis::Options {
        let mut options = analysis::Options::default();
        (options.since, options.tcp_profile, options.reassemble) = (self.since, self.tcp_profile, !self.no_reassembly);
        options
    }
}

/// Show the kernel's network configuration as iproute2's ip does.
#[derive(Args, Debug)]
#[command(args_override_self = true, version, display_name = "netshoot")]
pub(crate) struct Ip {
    #[command(subcommand)]
    pub(crate) object: IpObject,
    #[command(flatten)]
    pub(crate) shared: Shared,
    /// IPv4 only.
    #[arg(short = '4', global = true, overrides_with_all = ["six", "family"])]
    pub(crate) four: bool,
    /// IPv6 only.
    #[arg(short = '6', global = true, overrides_with_all = ["four", "family"])]
    pub(crate) six: bool,
    /// This family only; -0, -B and -M are link, bridge and mpls.
    #[arg(long, short, global = true, value_name = "inet|inet6|mpls|bridge|link", overrides_with_all = ["four", "six"], value_parser = family)]
    pub(crate) family: Option<Family>,
    /// Only names, states and addresses, in columns: -br.
    #[arg(long, global = true)]
    pub(crate) brief: bool,
    /// Counters with a prefix, as 1.25M; -h in front of the object.
    #[arg(long, global = true)]
    pub(crate) human_readable: bool,
    /// With --human-readable: prefixes of 1024.
    #[arg(long, short, global = true)]
    pub(crate) iec: bool,
    /// Names of hosts, which are never asked for; an error.
    #[arg(long, short, global = true, hide = true)]
    pub(crate) resolve: bool,
    /// Of monitor: when each change was read, in a line of its own.
    #[arg(long, short = 't', global = true)]
    pub(crate) timestamp: bool,
    /// Of monitor: when each change was read, in front of it: -ts.
    #[arg(long, global = true)]
    pub(crate) tshort: bool,
}

/// Show the kernel's network counters as iproute2's nstat does, and what they mean.
///
/// Without options it shows the values since the namespace was made, as `nstat -as`: nothing is written anywhere unless a
/// file is named for it (--history).
#[derive(Args, Debug)]
#[command(after_help = EXIT_STATUS_OF_QUESTIONS, version, display_name = "netshoot")]
pub(crate) struct Nstat {
    /// Only counters whose name matches, as TcpExt*; letters of either case are the same.
    #[arg(value_name = "PATTERN")]
    pub(crate) patterns: Vec<String>,
    /// Values since the namespace was made, whatever the history.
    #[arg(long = "ignore", short = 'a', conflicts_with = "interval")]
    pub(crate) ignore_history: bool,
    /// Leave the history as it is.
    #[arg(long = "noupdate", short = 's')]
    pub(crate) no_update: bool,
    /// Also counters at zero.
    #[arg(long, short)]
    pub(crate) zeros: bool,
    /// Forget the history first; needs --history.
    #[arg(long = "reset", short)]
    pub(crate) reset: bool,
    /// Write the history alone; needs --history.
    #[arg(long = "nooutput", short = 'n')]
    pub(crate) no_output: bool,
    /// JSON, as `nstat -j` writes it.
    #[arg(long, short)]
    pub(crate) json: bool,
    /// JSON of an own form, with a schema version and all that is known of each counter; of an interval, what happened.
    /// Also with --json.
    #[arg(long, conflicts_with = "history")]
    pub(crate) stable_json: bool,
    /// JSON of one line a counter; of the own form, of one line a member.
    #[arg(long, short)]
    pub(crate) pretty: bool,
    /// Wait so long, and show what happened meanwhile, and how much of it per second.
    #[arg(long, short = 't', value_name = "SECONDS", allow_negative_numbers = true, conflicts_with = "history")]
    pub(crate) interval: Option<f64>,
    /// The daemon of nstat, which is refused.
    #[arg(long, short = 'd', value_name = "SECONDS", hide = true, num_args = 0..=1)]
    pub(crate) scan: Option<Option<OsString>>,
    /// Say of each counter what it means; counters at zero are shown, too.
    #[arg(long)]
    pub(crate) explain: bool,
    /// Also what nstat leaves out: sockets in use, processors' receive queues, interfaces, connection tracking.
    #[arg(long, short = 'x')]
    pub(crate) extended: bool,
    /// Show what happened since the last call with this file, which is made when it is not there, and written anew.
    #[arg(long, value_name = "FILE")]
    pub(crate) history: Option<PathBuf>,
    /// Look from within the network namespace that `ip netns add` gave this name, of the process with this number, or
    /// that this path stands for.
    #[arg(long, value_name = "NAME|PID|PATH", allow_hyphen_values = true)]
    pub(crate) netns: Vec<OsString>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum IpObject {
    /// Interfaces with their addresses.
    #[command(name = "address", visible_alias = "addr", after_help = words!(
        "  [show] [[dev] NAME] [up] [master X] [nomaster] [vrf X] [type T] [group G] [to PREFIX]\n",
        "  [scope S] [label PATTERN] [[-]FLAG]...\n\n",
        "  FLAG is permanent, dynamic, primary, secondary, temporary, deprecated, tentative,\n",
        "  dadfailed, or another that the kernel has."
    ))]
    Address(Words),
    /// Links: the network interfaces.
    #[command(name = "link", visible_alias = "l", after_help = words!(
        "  [show] [[dev] NAME] [up] [master X] [nomaster] [vrf X] [type T] [group G]"
    ))]
    Link(Words),
    /// Routes, and what the kernel would do with a packet.
    #[command(name = "route", visible_alias = "r", after_help = words!(
        "  [show] [table all|NAME|N] [vrf X] [dev X] [proto P] [type T] [scope S] [metric N] [via A]\n",
        "         [src A] [from PREFIX] [tos T] [realms R] [[root|match|exact] PREFIX]\n",
        "  get ADDRESS [from A] [iif X] [oif X] [vrf X] [mark M] [uid U] [tos T] [ipproto P]\n",
        "              [sport N] [dport N] [connected] [fibmatch]"
    ))]
    Route(Words),
    /// Next hop objects, groups of them, and buckets of resilient groups.
    #[command(name = "nexthop", after_help = words!(
        "  [show] [id N] [dev X] [master X] [vrf X] [groups] [fdb] [protocol P]\n",
        "  bucket [show] [id N] [nhid N] [dev X] [master X]\n",
        "  bucket get id N index N"
    ))]
    NextHop(Words),
    /// Rules of policy routing.
    #[command(name = "rule", after_help = words!(
        "  [show] [not] [from PREFIX] [to PREFIX] [pref N] [table T] [tos T] [fwmark M[/MASK]]\n",
        "         [iif X] [oif X] [l3mdev] [uidrange N-M] [tun_id N] [ipproto P] [sport N[-M]]\n",
        "         [dport N[-M]] [protocol P]"
    ))]
    Rule(Words),
    /// Neighbours, and proxies for them; one alone by `get ADDRESS dev X`.
    #[command(name = "neighbor", visible_alias = "neigh", alias = "neighbour", after_help = words!(
        "  [show] [proxy] [[to] PREFIX] [dev X] [nud STATE]... [master X] [nomaster] [vrf X]\n",
        "         [unused] [protocol P]\n",
        "  get [to] ADDRESS dev X\n",
        "  get proxy ADDRESS [dev X]\n\n",
        "  proxy shows the addresses that the kernel answers for in place of others; STATE is all,\n",
        "  none, permanent, reachable, noarp, stale, incomplete, delay, probe, failed, or a sum of\n",
        "  their numbers in hexadecimal. Without nud, all but noarp are shown."
    ))]
    Neighbor(Words),
    /// Changes, as they happen; also those that the kernel does not tell.
    #[command(name = "monitor", after_help = words!(
        "  [all] [label] [dev X] [link] [address] [route] [rule] [neigh] [nexthop]; and fdb, qdisc\n\n",
        "  Among neigh are the forwarding entries that the kernel tells; fdb shows also those that it\n",
        "  does not."
    ))]
    Monitor(Words),
    /// Network namespaces: list, list-id, identify [PID], pids NAME, and all of the host by whatever they are found.
    #[command(name = "netns", after_help = words!(
        "  [list]\n",
        "  list-id [target-nsid N] [nsid N]\n",
        "  identify [PID]\n",
        "  pids NAME\n",
        "  all            also those without a name, with their processes, containers and files"
    ))]
    Netns(Words),
}

/// Show the forwarding entries of bridges as iproute2's bridge does.
#[derive(Args, Debug)]
#[command(args_override_self = true, version, display_name = "netshoot")]
pub(crate) struct Bridge {
    #[command(subcommand)]
    pub(crate) object: BridgeObject,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BridgeObject {
    /// Forwarding entries of bridges and tunnels; one alone by `get ADDRESS dev X`.
    #[command(after_help = words!(
        "  [show] [br BRIDGE] [brport X] [dev X] [vlan VID] [state STATE] [dynamic]\n",
        "  get [to] ADDRESS [dev X] [brport X] [br BRIDGE] [vlan VID] [vni VNI] [self] [master]\n",
        "      [dynamic]\n\n",
        "  STATE is permanent, static, stale, reachable or all."
    ))]
    Fdb(Words),
}

/// Show queueing disciplines as iproute2's tc does.
#[derive(Args, Debug)]
#[command(args_override_self = true, version, display_name = "netshoot")]
pub(crate) struct Tc {
    #[command(subcommand)]
    pub(crate) object: TcObject,
    /// Accepted as tc has it: -br; there is no brief form.
    #[arg(long, global = true)]
    pub(crate) brief: bool,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TcObject {
    /// Queueing disciplines with their settings, and with -s their counters.
    #[command(after_help = words!(
        "  [show] [dev X] [root | ingress | clsact | parent N] [handle N] [invisible]"
    ))]
    Qdisc(Words),
}

/// What follows an object, in iproute2's grammar, which the object's own file reads.
#[derive(Args, Debug)]
pub(crate) struct Words {
    /// What to show; all without a word.
    #[arg(value_name = "WORDS")]
    pub(crate) words: Vec<OsString>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Time {
    /// Seconds since the first frame.
    Relative,
    /// Seconds since the frame before.
    Delta,
    /// Seconds since 1970.
    Epoch,
    /// Date and time in UTC, as 2026-09-21T14:13:20.123456789Z.
    Date,
    /// Nothing.
    None,
}

impl When {
    /// Whether to use colour on standard output.
    pub(crate) fn on_standard_output(self) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                std::io::stdout().is_terminal()
                    && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                    && std::env::var_os("TERM").is_some_and(|value| value != "dumb")
            }
        }
    }
}

impl Packets {
    /// The one capture that is wanted.
    pub(crate) fn file(&self) -> Result<&Path, Failure> {
        match (&self.read, &self.file) {
            (Some(read), None) => one_capture(read, &self.others),
            (Some(read), Some(first)) => {
                let others: Vec<_> = std::iter::once(first.as_os_str().to_owned()).chain(self.others.clone()).collect();
                one_capture(read, &others)
            }
            (None, Some(file)) => one_capture(file, &self.others),
            (None, None) => Err(Failure::Usage("no capture is named; hint: netshoot packets FILE".to_owned())),
        }
    }

    /// Whether each line is wanted at once.
    pub(crate) fn is_line_buffered(&self) -> bool {
        self.line_buffered || self.follow
    }

    /// Whether objects are wanted, not lines.
    pub(crate) fn is_json(&self) -> bool {
        self.json || self.columns.is_some()
    }

    /// What `--time` or tcpdump's `-t` asks for.
    pub(crate) fn time_format(&self) -> Time {
        match self.t {
            0 => self.time,
            1 => Time::None,
            2 => Time::Epoch,
            3 => Time::Delta,
            4 => Time::Date,
            _ => Time::Relative,
        }
    }
}

fn family(name: &str) -> Result<Family, String> {
    crate::ip::words::family(name).ok_or_else(|| "inet, inet6, mpls, bridge and link are known".to_owned())
}

/// A port and what it stands for: `8053=dns`.
fn port(text: &str) -> Result<(u16, Layer), String> {
    let names = || Layer::OF_PORTS.map(Layer::port_name).join(", ");
    let (port, name) = text.split_once('=').ok_or("a port and what it stands for, such as 8053=dns")?;
    let port = port.parse().map_err(|_| format!("{port:?} is no port: a number up to 65535"))?;
    let layer = Layer::of_port_name(name).ok_or_else(|| format!("{name:?} is none of {}", names()))?;
    Ok((port, layer))
}

/// The capture at `file`, unless there is more on the command line: other captures, or a filter as tcpdump takes one.
pub(crate) fn one_capture<'a>(file: &'a Path, others: &[OsString]) -> Result<&'a Path, Failure> {
    if others.is_empty() {
        return Ok(file);
    }
    let others: Vec<_> = others.iter().map(|word| word.to_string_lossy()).collect();
    Err(Failure::Usage(format!(
        "read {}: \"{}\" is more than a capture; hint: one capture at a time; filters are to come",
        file.display(),
        others.join(" ")
    )))
}

pub(crate) const EXIT_STATUS: &str = "\
Exit status:
  0  all was read and written
  1  it could not be done; one line on standard error says why
  2  the command line makes no sense
  3  the capture is damaged or cut off: what comes before that place was written
  141  the reader of the output went away (as after SIGPIPE)";
const EXIT_STATUS_OF_QUESTIONS: &str = "\
Exit status:
  0  all was read and written
  1  it could not be done; one line on standard error says why
  2  the command line makes no sense
  3  some of it could not be read, of which standard error tells; the rest was written
  141  the reader of the output went away (as after SIGPIPE)";
