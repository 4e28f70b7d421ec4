//! `netshoot ip netns`.

use std::io::Write;

use netshoot_core::namespace::Namespace;
use netshoot_core::netlink::ByteString;
use netshoot_core::netlink::iproute2::{write_namespace_names, write_namespace_numbers, write_namespaces};
use netshoot_core::{Error, ErrorKind};

use crate::arguments::Ip;
use crate::output::{Failure, Status};

pub(super) fn run(ip: &Ip, words: &[String]) -> Result<Status, Failure> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
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
        [word, rest @ ..] if is(word, "list-id") => numbers(ip, rest, &mut out)?,
        [word] if is(word, "identify") => identify(&Namespace::current()?, &mut out)?,
        [word, pid] if is(word, "identify") => match pid.parse() {
            Ok(pid) => identify(&Namespace::of_process(pid)?, &mut out)?,
            Err(_) => return Err(Failure::Usage(format!("identify a namespace: {pid:?} is no process number"))),
        },
        [word, name] if is(word, "pids") => {
            // Threads alone do not count, as with ip.
            for process in Namespace::named(name)?.processes()?.iter().filter(|process| process.threads.is_empty()) {
                writeln!(out, "{}", process.pid)?;
            }
        }
        words => return Err(not_understood(words)),
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

/// The numbers by which this namespace knows others, of one of them with `nsid`.
fn numbers(ip: &Ip, words: &[&str], out: &mut impl Write) -> Result<(), Failure> {
    let (mut target, mut number) = (None, None);
    let mut rest = words;
    while let [key, value, after @ ..] = rest {
        let place = match *key {
            "target-nsid" => &mut target,
            "nsid" => &mut number,
            _ => return Err(not_understood(rest)),
        };
        let value = value.parse::<i32>().ok().filter(|value| *value >= 0);
        *place = Some(value.ok_or_else(|| not_understood(rest))?);
        rest = after;
    }
    if !rest.is_empty() {
        return Err(not_understood(rest));
    }
    let netlink = ip.shared.netlink()?;
    let numbers = match number {
        Some(number) => netlink.namespace_number(number, target)?.into_iter().collect(),
        None => netlink.namespace_numbers(target)?,
    };
    Ok(write_namespace_numbers(out, &numbers, ip.shared.json)?)
}

/// What `ip netns` does and this command does not, as it would change something, is told with another hint.
fn not_understood(words: &[&str]) -> Failure {
    let error = Error::new(ErrorKind::InvalidInput, "show network namespaces")
        .with_detail(format!("cannot make sense of {:?}", words.join(" ")));
    match words.first() {
        Some(&("add" | "attach" | "set" | "delete" | "del" | "exec")) => {
            error.with_hint("netshoot changes nothing; use ip for it").into()
        }
        _ => error.with_hint("[list] | list-id [target-nsid N] [nsid N] | identify [PID] | pids NAME | all").into(),
    }
}
