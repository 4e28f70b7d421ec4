//! What `netshoot ss` can be told, in the letters of `ss`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

/// Show sockets as iproute2's ss does.
///
/// Without an option that chooses, all that are connected. Nothing is ever changed: -K does not exist.
#[derive(Args, Debug)]
#[command(after_help = AFTER, override_usage = "netshoot ss [OPTIONS] [FILTER]", args_override_self = true, version, display_name = "netshoot")]
pub(crate) struct Ss {
    /// `state STATE`, `exclude STATE`, and an expression such as `dport = :443 or src 10.0.0.0/8`.
    #[arg(value_name = "FILTER")]
    pub(crate) filter: Vec<OsString>,
    /// JSON of an own form, with a schema version and all that is known; ss has none.
    #[arg(long, short, visible_alias = "stable-json")]
    pub(crate) json: bool,
    /// Numbers instead of names of services.
    #[arg(long, short)]
    pub(crate) numeric: bool,
    /// Names of hosts, which are never asked for; an error.
    #[arg(long, short, hide = true)]
    pub(crate) resolve: bool,
    /// Sockets in all states.
    #[arg(long, short, overrides_with = "listening")]
    pub(crate) all: bool,
    /// Listening sockets, and those without a peer.
    #[arg(long, short)]
    pub(crate) listening: bool,
    /// Timers.
    #[arg(long, short)]
    pub(crate) options: bool,
    /// Details: user, inode, cookie, mark, cgroup; and timers.
    #[arg(long, short)]
    pub(crate) extended: bool,
    /// Memory.
    #[arg(long, short)]
    pub(crate) memory: bool,
    /// Processes that hold the socket.
    #[arg(long, short)]
    pub(crate) processes: bool,
    /// What TCP knows: times, windows, rates, losses.
    #[arg(long, short)]
    pub(crate) info: bool,
    /// Counts of sockets, and nothing else unless sockets are chosen.
    #[arg(long, short)]
    pub(crate) summary: bool,
    /// Type of service, traffic class.
    #[arg(long)]
    pub(crate) tos: bool,
    /// The cgroup.
    #[arg(long)]
    pub(crate) cgroup: bool,
    /// Options of internet sockets.
    #[arg(long)]
    pub(crate) inet_sockopt: bool,
    /// The programs that filter for packet sockets.
    #[arg(long, short)]
    pub(crate) bpf: bool,
    /// Sockets as they are closed, until interrupted.
    #[arg(long, short = 'E')]
    pub(crate) events: bool,
    /// No line with the names of the columns.
    #[arg(long, short = 'H')]
    pub(crate) no_header: bool,
    /// One line a socket.
    #[arg(long, short = 'O')]
    pub(crate) oneline: bool,
    /// Look from within the network namespace that `ip netns add` gave this name, of the process with this number, or
    /// that this path stands for.
    #[arg(long, short = 'N', visible_alias = "net", value_name = "NAME|PID|PATH", allow_hyphen_values = true)]
    pub(crate) netns: Vec<OsString>,
    /// IPv4.
    #[arg(long, short = '4')]
    pub(crate) ipv4: bool,
    /// IPv6.
    #[arg(long, short = '6')]
    pub(crate) ipv6: bool,
    /// Packet sockets.
    #[arg(long, short = '0')]
    pub(crate) packet: bool,
    /// TCP.
    #[arg(long, short)]
    pub(crate) tcp: bool,
    /// UDP.
    #[arg(long, short)]
    pub(crate) udp: bool,
    /// Raw sockets.
    #[arg(long, short = 'w')]
    pub(crate) raw: bool,
    /// Unix sockets.
    #[arg(long, short = 'x')]
    pub(crate) unix: bool,
    /// inet, inet6, link, unix or netlink.
    #[arg(long, short, value_name = "FAMILY")]
    pub(crate) family: Vec<String>,
    /// Tables, joined by commas: all, inet, tcp, udp, raw, unix, unix_stream, unix_dgram, unix_seqpacket, packet,
    /// packet_raw, packet_dgram, netlink; with ! in front: not this one.
    #[arg(long, short = 'A', visible_alias = "socket", value_name = "TABLES")]
    pub(crate) query: Vec<String>,
    /// Read the rest of the filter from a file, or from standard input for -.
    #[arg(long = "filter", short = 'F', value_name = "FILE")]
    pub(crate) filter_file: Option<PathBuf>,
}

const AFTER: &str = "\
Filter:
  [state STATE | exclude STATE]... [EXPRESSION]

  STATE is established, syn-sent, syn-recv, fin-wait-1, fin-wait-2, time-wait, closed,
  close-wait, last-ack, listening or closing; or several of them: all, connected,
  synchronized, bucket, big.

  EXPRESSION is one of these, or several joined by and, or, not and brackets:
    src ADDRESS[/LENGTH][:PORT]      dst ADDRESS[/LENGTH][:PORT]
    sport [= != < <= > >=] :PORT     dport [= != < <= > >=] :PORT
    dev NAME    fwmark MARK[/MASK]    cgroup PATH    autobound
  With unix:PATTERN, link:PROTOCOL[:DEVICE], netlink:PROTOCOL[:PORT], inet: or inet6: in
  place of an address, only sockets of that family are shown.

Exit status:
  0  all was written
  1  it could not be done; one line on standard error says why
  2  the command line makes no sense
  141  the reader of the output went away (as after SIGPIPE)";
