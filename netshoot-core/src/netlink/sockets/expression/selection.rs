//! A whole filter in the words of `ss`: states, then an expression; and what its words stand for.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::Path;
use std::{fmt, fs};

use super::super::super::Netlink;
use super::super::super::iproute2::{Services, cgroup_mount};
use super::super::{InetSocketFilter, NetlinkDiagSocketFilter, PacketSocketFilter, SocketState, UnixSocketFilter};
use super::parse::{Reader, SocketExpressionError};
use super::{SocketExpression, SocketFamily};
use crate::error::{Error, ErrorKind, Result};

/// What a filter in the words of `ss` wants: `state established dport = :443 and src 10.0.0.0/8`.
///
/// First come any number of `state` and `exclude`, each with the name of a state or of a set of them: `all`, `connected`,
/// `synchronized`, `bucket`, `big`. An expression follows, in which `and` and `or` bind alike, from left to right, and no
/// word between two terms is `and`. A word that names a family, as `src unix:*` does, leaves all others out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SocketSelection {
    /// The states that are wanted, a bit for each, 1 shifted by its number; `None` when there is no word of them.
    pub states: Option<u32>,
    /// What is asked of each socket.
    pub expression: Option<SocketExpression>,
}

/// What the words of a filter stand for. By default nothing has a name.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct SocketNames<'a> {
    /// The index of a link. It is asked for a word without its backslashes and, where that is no link, for the word as it
    /// is written, which may be the form in which a name is shown.
    pub link: &'a dyn Fn(&str) -> Option<u32>,
    /// The port of a service.
    pub service: &'a dyn Fn(&str) -> Option<u16>,
    /// The number of a control group; see [`cgroup_number`].
    pub cgroup: &'a dyn Fn(&str) -> Option<u64>,
    /// The addresses of a host: without this, names of hosts are refused, and nothing is looked up in the network.
    pub host: Option<HostAddresses<'a>>,
    /// The first and the last port that the kernel gives out.
    pub ephemeral: (u16, u16),
    /// The family of ends without a word in front that says it; all others are left out.
    pub family: Option<SocketFamily>,
}

/// Gives the addresses of a host.
pub type HostAddresses<'a> = &'a dyn Fn(&str) -> Vec<IpAddr>;

impl Default for SocketNames<'_> {
    fn default() -> Self {
        Self {
            link: &|_| None,
            service: &|_| None,
            cgroup: &|_| None,
            host: None,
            ephemeral: (32_768, 60_999),
            family: None,
        }
    }
}

impl fmt::Debug for SocketNames<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SocketNames")
            .field("ephemeral", &self.ephemeral)
            .field("family", &self.family)
            .finish_non_exhaustive()
    }
}

impl SocketSelection {
    /// Reads a filter; no words want everything.
    ///
    /// A backslash takes the letter after it as it is. Parentheses stand alone, or at the beginning and the end of words.
    ///
    /// # Errors
    /// When the text is no filter, with the word and its place; when it is longer than a mebibyte, has more than 4,096
    /// conditions, or nests deeper than 200.
    pub fn parse(text: &str, names: &SocketNames<'_>) -> Result<Self, SocketExpressionError> {
        let mut reader = Reader::new(text, names)?;
        let mut states = None;
        while let Some(keyword) = reader.peek().filter(|word| matches!(*word, "state" | "exclude" | "excl")) {
            let excludes = keyword != "state";
            reader.next()?;
            let name = reader.next()?;
            let set = state_set(&name).ok_or_else(|| reader.wrong("is no state"))?;
            let before = states.unwrap_or(if excludes { ALL } else { 0 });
            states = Some(if excludes { before & !set } else { before | set });
        }
        let expression = reader.all()?;
        Ok(Self { states, expression })
    }
}

impl Netlink {
    /// Reads a filter of sockets with the names of links, services and control groups that the system has; names of hosts
    /// are refused.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) as [`SocketSelection::parse`]; when the namespace may not be entered.
    pub fn socket_selection(&self, text: &str) -> Result<SocketSelection> {
        let services = Services::system(self.namespace())?;
        let links = self.link_names()?;
        let ephemeral = services.ephemeral();
        let names = SocketNames {
            link: &|name| links.find(name),
            service: &|name| services.port_named(0, name),
            cgroup: &cgroup_number,
            ephemeral: (*ephemeral.start(), *ephemeral.end()),
            ..SocketNames::default()
        };
        Ok(SocketSelection::parse(text, &names)?)
    }
}

impl From<SocketExpressionError> for Error {
    fn from(error: SocketExpressionError) -> Self {
        Self::new(ErrorKind::InvalidInput, "read socket filter").with_detail(error.problem_at())
    }
}

macro_rules! restrict {
    ($($filter:ident),*) => {
        $(
            impl $filter {
                /// Wants only what `selection` wants, too.
                pub fn restrict(&mut self, selection: &SocketSelection) {
                    self.states &= selection.states.unwrap_or(u32::MAX);
                    self.expression = match (self.expression.take(), selection.expression.clone()) {
                        (Some(own), Some(other)) => Some(SocketExpression::And(Box::new(own), Box::new(other))),
                        (own, other) => own.or(other),
                    };
                }
            }
        )*
    };
}

restrict!(InetSocketFilter, UnixSocketFilter, PacketSocketFilter, NetlinkDiagSocketFilter);

/// The number of a control group, which is the inode of its directory: a path below the first cgroup2 that is mounted, with
/// or without the way to that.
#[must_use]
pub fn cgroup_number(path: &str) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    let mount = cgroup_mount()?;
    let below = fs::metadata(mount.join(path.trim_start_matches('/')));
    let whole = || fs::metadata(path).ok().filter(|_| Path::new(path).starts_with(&mount));
    below.ok().or_else(whole).map(|metadata| metadata.ino())
}

/// Whatever the case of letters.
fn state_set(name: &str) -> Option<u32> {
    let of = |states: &[SocketState]| states.iter().fold(0, |set, state| set | 1 << state.0);
    let unconnected = of(&[SocketState::CLOSE, SocketState::LISTEN]);
    let bucket = of(&[SocketState::SYN_RECV, SocketState::TIME_WAIT]);
    Some(match name.to_ascii_lowercase().as_str() {
        "established" => of(&[SocketState::ESTABLISHED]),
        "syn-sent" => of(&[SocketState::SYN_SENT]),
        "syn-recv" | "syn-rcv" => of(&[SocketState::SYN_RECV]),
        "fin-wait-1" => of(&[SocketState::FIN_WAIT1]),
        "fin-wait-2" => of(&[SocketState::FIN_WAIT2]),
        "time-wait" => of(&[SocketState::TIME_WAIT]),
        "unconnected" | "close" | "closed" => of(&[SocketState::CLOSE]),
        "close-wait" => of(&[SocketState::CLOSE_WAIT]),
        "last-ack" => of(&[SocketState::LAST_ACK]),
        "listening" => of(&[SocketState::LISTEN]),
        "closing" => of(&[SocketState::CLOSING]),
        "all" => ALL,
        "connected" => ALL & !unconnected,
        "synchronized" => ALL & !(unconnected | of(&[SocketState::SYN_SENT])),
        "bucket" => bucket,
        "big" => ALL & !bucket,
        _ => return None,
    })
}

impl SocketNames<'_> {
    pub(super) fn ephemeral(&self) -> RangeInclusive<u16> {
        self.ephemeral.0..=self.ephemeral.1
    }
}

/// Up to CLOSING, as in `ss`.
const ALL: u32 = (1 << 12) - 1;
