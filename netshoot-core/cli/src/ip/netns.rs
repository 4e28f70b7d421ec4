//! `netshoot ip netns`.

use std::ffi::{OsStr, OsString};
use std::io::Write;

use netshoot_core::namespace::Namespace;
use netshoot_core::netlink::ByteString;
use netshoot_core::netlink::iproute2::{write_namespace_names, write_namespace_numbers, write_namespaces};

use super::words::{changes_nothing, quoted};
use crate::arguments::Ip;
use crate::output::{Failure, Status, complain};

pub(super) fn run(ip: &Ip, words: &[OsString]) -> Result<Status, Failure> {
    let octets = words;
    let words: Vec<&str> = words.iter().map(|word| word.to_str().unwrap_or("\u{fffd}")).collect();
    if ip.shared.stable_json && words.as_slice() != ["all"] {
        return Err(Failure::Usage("show network namespaces: --stable-json is of `all` alone".to_owned()));
    }
    let mut out = ip.shared.output();
    match words.as_slice() {
        [] => write_namespace_names(&mut out, &ip.shared.netlink()?.namespace_names()?, ip.shared.json)?,
        ["all"] if ip.shared.stable_json => {
            ip.shared.own_value("namespaces", &ip.shared.netlink()?.namespaces()?)?;
        }
        ["all"] => write_namespaces(&mut out, &ip.shared.netlink()?.namespaces()?, ip.shared.json)?,
        [word, ..] if is(word, "list") || is(word, "show") || is(word, "lst") => {
            write_namespace_names(&mut out, &ip.shared.netlink()?.namespace_names()?, ip.shared.json)?;
        }
        [word, rest @ ..] if is(word, "list-id") => match numbers(rest) {
            Some((number, target)) => write_numbers(ip, number, target, &mut out)?,
            None => return Err(not_understood(octets)),
        },
        [word] if is(word, "identify") => identify(&Namespace::current()?, &mut out)?,
        [word, pid] if is(word, "identify") => match pid.parse().ok().filter(|_| !pid.starts_with('+')) {
            Some(pid) => identify(&Namespace::of_process(pid)?, &mut out)?,
            None => {
                let pid = octets.last().map_or_else(String::new, quoted);
                return Err(Failure::Usage(format!(
                    "identify a network namespace: {pid} is no process number; hint: identify [PID]"
                )));
            }
        },
        [word, _] if is(word, "pids") => {
            return pids(&Namespace::named(octets.last().map_or(OsStr::new(""), OsString::as_os_str))?, &mut out);
        }
        [word, ..] => match CHANGING.iter().find(|verb| is(word, verb)) {
            Some(verb) => return Err(changes_nothing("ip netns", verb)),
            None => return Err(not_understood(octets)),
        },
    }
    out.flush()?;
    Ok(Status::Complete)
}

/// Whether `word` is `command` or an abbreviation of it.
fn is(word: &str, command: &str) -> bool {
    !word.is_empty() && command.starts_with(word)
}

/// The name that `ip` would tell: the last in the folder; an empty line where there is none.
fn identify(namespace: &Namespace, out: &mut impl Write) -> Result<(), Failure> {
    let name = namespace.names()?.pop().unwrap_or_else(|| ByteString::from(""));
    writeln!(out, "{name}")?;
    Ok(())
}

/// The processes of which the first thread is there; threads alone do not count, as with `ip`.
fn pids(namespace: &Namespace, out: &mut impl Write) -> Result<Status, Failure> {
    let found = namespace.processes()?;
    for process in found.processes.iter().filter(|process| process.threads.is_empty()) {
        writeln!(out, "{}", process.pid)?;
    }
    out.flush()?;
    let Some(first) = found.denied.first() else { return Ok(Status::Complete) };
    let hint = first.capability.map(|capability| format!("; hint: needs {capability}")).unwrap_or_default();
    let others = match found.denied.len() - 1 {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    complain(format_args!(
        "list processes of network namespace {namespace}: some may be missing: {}: {}{others}{hint}",
        first.what, first.reason
    ));
    Ok(Status::Partial)
}

/// The values of `nsid` and `target-nsid`.
fn numbers(words: &[&str]) -> Option<(Option<i32>, Option<i32>)> {
    let (mut number, mut target) = (None, None);
    let mut rest = words;
    while let [key, value, after @ ..] = rest {
        let place = match *key {
            "target-nsid" => &mut target,
            "nsid" => &mut number,
            _ => return None,
        };
        *place = Some(value.parse::<i32>().ok().filter(|value| *value >= 0)?);
        rest = after;
    }
    rest.is_empty().then_some((number, target))
}

/// The numbers by which this namespace knows others, or one of them.
fn write_numbers(ip: &Ip, number: Option<i32>, target: Option<i32>, out: &mut impl Write) -> Result<(), Failure> {
    let netlink = ip.shared.netlink()?;
    let numbers = match number {
        Some(number) => netlink.namespace_number(number, target)?.into_iter().collect(),
        None => netlink.namespace_numbers(target)?,
    };
    Ok(write_namespace_numbers(out, &numbers, ip.shared.json)?)
}

fn not_understood(words: &[OsString]) -> Failure {
    let words = quoted(words.join(OsStr::new(" ")));
    Failure::Usage(format!("show network namespaces: cannot make sense of {words}; hint: {GRAMMAR}"))
}

/// What `ip netns` does and this command does not.
const CHANGING: [&str; 5] = ["add", "attach", "set", "delete", "exec"];
const GRAMMAR: &str = "[list] | list-id [target-nsid N] [nsid N] | identify [PID] | pids NAME | all";
