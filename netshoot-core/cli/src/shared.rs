//! What `ip`, `bridge` and `tc` have in common: options, their long forms with one dash and cut short, and how output
//! begins.

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::Write;

use clap::{ArgAction, Args};
use netshoot_core::Error;
use netshoot_core::netlink::iproute2::Names;
use netshoot_core::netlink::{Listing, Netlink, Object, json};
use serde::Serialize;

use crate::output::{Failure, Out, standard_output};

/// What `ip`, `bridge` and `tc` can all be told, in front of their words and among them.
#[derive(Args, Debug)]
pub(crate) struct Shared {
    /// JSON, as iproute2 writes it.
    #[arg(long, short, global = true)]
    pub(crate) json: bool,
    /// JSON of an own form, with a schema version and all that is known of each object.
    #[arg(long, global = true, conflicts_with = "json")]
    pub(crate) stable_json: bool,
    /// JSON on many lines, indented.
    #[arg(long, short, global = true)]
    pub(crate) pretty: bool,
    /// Counters; twice, also those of what went wrong.
    #[arg(long, short, global = true, action = ArgAction::Count)]
    pub(crate) statistics: u8,
    /// Details.
    #[arg(long, short, global = true)]
    pub(crate) details: bool,
    /// Each object in one line, with backslashes in place of line feeds.
    #[arg(long, short, global = true)]
    pub(crate) oneline: bool,
    /// Numbers in place of the names of protocols, scopes, tables and groups.
    #[arg(long, short = 'N', global = true)]
    pub(crate) numeric: bool,
    /// Accepted as iproute2 has it; nothing is coloured.
    #[arg(long, short, global = true, value_name = "WHEN", num_args = 0..=1, require_equals = true, default_missing_value = "always", value_parser = ["always", "auto", "never"])]
    pub(crate) color: Option<String>,
    /// Look from within the network namespace that `ip netns add` gave this name, of the process with this number, or
    /// that this path stands for.
    #[arg(long, short = 'n', global = true, value_name = "NAME|PID|PATH")]
    pub(crate) netns: Option<String>,
}

impl Shared {
    /// A handle on the namespace that `--netns` names.
    pub(crate) fn netlink(&self) -> Result<Netlink, Error> {
        Netlink::open(&crate::ip::namespace(self.netns.as_deref())?)
    }

    /// The system's names of numbers, which are not shown with `-N`.
    pub(crate) fn names(&self) -> Names {
        Names::system().shown_as_numbers(self.numeric)
    }

    /// Standard output, in which JSON is set out as `-p` wants it.
    pub(crate) fn output(&self) -> Out {
        standard_output().pretty(self.pretty && (self.json || self.stable_json))
    }

    /// Writes a listing in the library's own form and `true`, if that is wanted.
    pub(crate) fn own<T: Object + Serialize>(&self, listing: &Listing<T>) -> Result<bool, Failure> {
        if self.stable_json {
            let mut out = self.output();
            json::write(&mut out, listing)?;
            writeln!(out)?;
            out.flush()?;
        }
        Ok(self.stable_json)
    }

    /// The same of an answer that is no listing.
    pub(crate) fn own_value(&self, kind: &str, value: &impl Serialize) -> Result<bool, Failure> {
        if self.stable_json {
            let mut out = self.output();
            writeln!(out, "{}", json::headed(kind, value))?;
            out.flush()?;
        }
        Ok(self.stable_json)
    }
}

/// The command line as clap understands it.
///
/// iproute2's long options have one dash and may be cut short (`-json`, `-det`); after `ip`, `bridge` and `tc` they are
/// written out, and those among the words go in front of them, as a word may begin with a dash too (`-deprecated`). `-h`
/// in front of the object asks for readable numbers there, behind it for help.
pub(crate) fn as_iproute2(mut arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut front: Vec<_> = arguments.by_ref().take(2).collect();
    let mut words = Vec::new();
    let is_iproute2 = front.get(1).is_some_and(|tool| ["ip", "bridge", "tc"].iter().any(|name| tool == name));
    let mut arguments = arguments.peekable();
    while let Some(argument) = arguments.next_if(|_| is_iproute2) {
        let text = argument.to_str().unwrap_or_default();
        let asks_for_help = text == "--help" || text == "-h" && (!words.is_empty() || arguments.peek().is_none());
        let written = if asks_for_help { None } else { option(text) };
        match written {
            Some(option) => {
                let takes_value = matches!(&*option, "-n" | "-f" | "--netns" | "--family");
                front.push(option.into_owned().into());
                front.extend(arguments.next_if(|_| takes_value));
            }
            // Letters in one, which clap takes apart.
            None if words.is_empty() && text.starts_with('-') && !asks_for_help => front.push(argument),
            None if words.is_empty() => words.push(object(text).map_or(argument, OsString::from)),
            None => words.push(argument),
        }
    }
    front.into_iter().chain(words).chain(arguments).collect()
}

/// An option of one letter or of two dashes as it is, and one of one dash written out; `None` for everything else.
fn option(text: &str) -> Option<Cow<'_, str>> {
    Some(match text {
        "-h" => "--human-readable".into(),
        "-0" => "--family=link".into(),
        "-B" => "--family=bridge".into(),
        "-M" => "--family=mpls".into(),
        text if text.starts_with("--") || text.starts_with('-') && text.len() == 2 => text.into(),
        text => written_out(text)?,
    })
}

/// The object that a word or its beginning means, as iproute2 tries them: `m` is none of those that are here.
fn object(word: &str) -> Option<&'static str> {
    OBJECTS.iter().find(|object| !word.is_empty() && object.starts_with(word)).copied()
}

/// The option that the beginning of a long one means; `None` for letters, and for what clap understands itself.
fn written_out(text: &str) -> Option<Cow<'static, str>> {
    let (name, value) = match text.strip_prefix('-')?.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text.strip_prefix('-')?, None),
    };
    if name == "stats" {
        return Some("--statistics".into());
    }
    if name.len() < 2 || name.starts_with('-') {
        return None;
    }
    let is_cut = |option: &&&str| option.strip_prefix("--").is_some_and(|option| option.starts_with(name));
    let option = LONG.iter().find(is_cut).copied()?;
    Some(value.map_or(option.into(), |value| format!("{option}={value}").into()))
}

/// In the order in which iproute2 tries them, with those that take a beginning away from the ones that are here; then
/// those of `bridge` and `tc`.
const OBJECTS: [&str; 15] = [
    "address",
    "maddress",
    "route",
    "rule",
    "neighbor",
    "neighbour",
    "ntable",
    "link",
    "monitor",
    "netns",
    "netconf",
    "nexthop",
    "stats",
    "fdb",
    "qdisc",
];
/// In the order in which iproute2 tries them.
const LONG: [&str; 17] = [
    "--family",
    "--human-readable",
    "--iec",
    "--statistics",
    "--stable-json",
    "--details",
    "--resolve",
    "--oneline",
    "--timestamp",
    "--tshort",
    "--brief",
    "--json",
    "--pretty",
    "--color",
    "--help",
    "--netns",
    "--numeric",
];
