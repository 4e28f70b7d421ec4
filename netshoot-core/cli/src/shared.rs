//! What `ip`, `bridge` and `tc` have in common: options, their long forms with one dash and cut short, and how output
//! begins.

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::Write;
use std::iter::Peekable;
use std::os::unix::ffi::OsStrExt;

use clap::{ArgAction, Args};
use netshoot_core::netlink::iproute2::Names;
use netshoot_core::netlink::{self, Listing, Netlink, json};
use serde::Serialize;

use crate::ip::words::means;
use crate::output::{Failure, Out, standard_output};

/// What `ip`, `bridge` and `tc` can all be told, in front of their words and among them.
#[derive(Args, Debug)]
pub(crate) struct Shared {
    /// JSON, as iproute2 writes it.
    #[arg(long, short, global = true)]
    pub(crate) json: bool,
    /// JSON of an own form, with a schema version and all that is known of each object; also with --json.
    #[arg(long, global = true)]
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
    #[arg(long, short = 'n', global = true, value_name = "NAME|PID|PATH", allow_hyphen_values = true)]
    pub(crate) netns: Vec<OsString>,
}

impl Shared {
    /// A handle on the namespace that `--netns` names.
    pub(crate) fn netlink(&self) -> Result<Netlink, Failure> {
        Ok(Netlink::open(&crate::ip::namespace(&self.netns)?)?)
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
    pub(crate) fn own<T: netlink::Object + Serialize>(&self, listing: &Listing<T>) -> Result<bool, Failure> {
        if self.stable_json {
            let mut out = self.output();
            json::write(&mut out, listing)?;
            writeln!(out)?;
            out.flush()?;
        }
        Ok(self.stable_json)
    }

    /// The same of one object.
    pub(crate) fn own_item(&self, kind: &str, item: &impl Serialize) -> Result<bool, Failure> {
        #[derive(Serialize)]
        struct Alone<T> {
            item: T,
        }
        self.own_value(kind, &Alone { item })
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
/// written out, and those among the words go in front of them, as a word may begin with a dash too (`-deprecated`). What
/// follows a keyword is its value, and what follows `--` a word, whatever they look like. `-h` in front of the object asks
/// for readable numbers there, behind it for help. `--netns` in front of all goes to the command.
pub(crate) fn as_iproute2(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments = arguments.peekable();
    let mut line: Vec<_> = arguments.next().into_iter().collect();
    let mut netns = Vec::new();
    while let Some(argument) = arguments.next_if(|argument| argument.as_bytes().starts_with(b"--netns")) {
        let _ = put_option(&mut netns, argument, &mut arguments);
    }
    let tool = arguments.next();
    let is_iproute2 = tool.as_ref().is_some_and(|tool| ["ip", "bridge", "tc"].iter().any(|name| tool == name));
    line.extend(tool);
    line.append(&mut netns);
    if is_iproute2 {
        let rest = Object::read(&mut line, &mut arguments);
        line.extend(rest.into_words());
    }
    line.extend(arguments);
    line
}

type Arguments<'a, I> = &'a mut Peekable<I>;

/// The object that is asked about, and the words behind it.
#[derive(Default)]
struct Object {
    name: OsString,
    words: Vec<OsString>,
    wants_help: bool,
    /// The command line ends with an option that lacks its value, which clap tells if nothing follows.
    is_cut_off: bool,
}

impl Object {
    /// Takes all up to the end; options go to `line`.
    fn read<I: Iterator<Item = OsString>>(line: &mut Vec<OsString>, arguments: Arguments<'_, I>) -> Self {
        let mut object = Self::default();
        while object.name.is_empty() && !object.wants_help {
            let Some(argument) = arguments.next() else { return object };
            let text = argument.to_str().unwrap_or_default();
            if text == "--" {
                continue;
            }
            object.wants_help = text == "--help" || text == "-h" && arguments.peek().is_none();
            if object.wants_help {
                line.push(argument);
            } else if let Some(option) = option(text) {
                object.is_cut_off = !put_option(line, option.into_owned().into(), arguments);
            } else if letters(text).is_some() || text.starts_with("-c=") || argument.as_bytes().starts_with(b"--") {
                // Which clap takes apart; and a value that is no text.
                line.push(argument);
            } else if argument.as_bytes().starts_with(b"-") {
                // Which nobody knows.
                line.push([OsString::from("-"), argument].into_iter().collect());
            } else {
                object.name = object_named(text).map_or(argument, OsString::from);
            }
        }
        // clap's own `help OBJECT` takes its words as they are.
        while object.name != "help" {
            let Some(argument) = arguments.next() else { break };
            object.take(argument, line, arguments);
        }
        object
    }

    fn take<I: Iterator<Item = OsString>>(
        &mut self,
        argument: OsString,
        line: &mut Vec<OsString>,
        arguments: Arguments<'_, I>,
    ) {
        let text = argument.to_str().unwrap_or_default();
        if text == "--" {
            self.words.extend(arguments);
        } else if text == "--help" || text == "-h" || self.words.is_empty() && is_help(text) {
            self.wants_help = true;
        } else if let Some(option) = option(text).or_else(|| letters(text)) {
            self.is_cut_off = !put_option(line, option.into_owned().into(), arguments);
        } else if argument.as_bytes().starts_with(b"--") {
            line.push(argument);
        } else {
            let takes_value = self.takes_value(text);
            self.words.push(argument);
            self.words.extend(arguments.next_if(|_| takes_value));
        }
    }

    /// Whether a value follows a word: of those that take one and those that may be flags elsewhere.
    fn takes_value(&self, word: &str) -> bool {
        match word {
            "master" => self.name != "fdb",
            "label" => self.name == "address",
            word if self.name == "netns" && ["identify", "pids"].iter().any(|verb| means(word, verb)) => true,
            word => VALUED.contains(&word),
        }
    }

    fn into_words(self) -> impl Iterator<Item = OsString> {
        let has = |is: bool, what: &str| is.then(|| OsString::from(what));
        let name = Some(self.name).filter(|name| !name.is_empty());
        let help = has(self.wants_help && name.is_some(), "--help");
        let dashes = has(!self.words.is_empty(), "--");
        name.into_iter().chain(help).chain(dashes).chain(self.words).filter(move |_| !self.is_cut_off)
    }
}

/// Adds an option, together with its value, which may look like anything; false if there is none.
fn put_option<I: Iterator<Item = OsString>>(
    line: &mut Vec<OsString>,
    option: OsString,
    arguments: Arguments<'_, I>,
) -> bool {
    let long = match option.to_str() {
        Some("-n" | "--netns") => "--netns=",
        Some("-f" | "--family") => "--family=",
        _ => {
            line.push(option);
            return true;
        }
    };
    let value = arguments.next();
    let has_value = value.is_some();
    line.push(value.map_or(option, |value| [OsString::from(long), value].into_iter().collect()));
    has_value
}

fn is_help(word: &str) -> bool {
    !word.is_empty() && "help".starts_with(word)
}

/// Several options of one letter, none of which takes a value.
fn letters(text: &str) -> Option<Cow<'_, str>> {
    let letters = text.strip_prefix('-')?;
    (letters.len() > 1 && letters.chars().all(|letter| "jpsdoNc46itr".contains(letter))).then_some(text.into())
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
fn object_named(word: &str) -> Option<&'static str> {
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
    let option = match option {
        "--Version" => "--version",
        "--Numeric" => "--numeric",
        option => option,
    };
    Some(value.map_or(option.into(), |value| format!("{option}={value}").into()))
}

/// Keywords with a value behind them.
const VALUED: [&str; 37] = [
    "dev", "oif", "iif", "vrf", "br", "brport", "type", "group", "to", "from", "src", "via", "scope", "table",
    "lookup", "proto", "protocol", "nud", "state", "id", "nhid", "index", "metric", "pref", "mark", "fwmark", "uid",
    "uidrange", "tos", "sport", "dport", "ipproto", "vlan", "vni", "parent", "handle", "nsid",
];
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
/// In the order in which iproute2 tries them; some of them only so that they are refused by name.
const LONG: [&str; 26] = [
    "--loops",
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
    "--Version",
    "--force",
    "--echo",
    "--batch",
    "--brief",
    "--json",
    "--pretty",
    "--rcvbuf",
    "--color",
    "--help",
    "--netns",
    "--Numeric",
    "--numeric",
    "--all",
    "--compressvlans",
];
