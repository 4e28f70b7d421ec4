//! Network namespaces as `ip netns list` and `ip netns list-id` show them, and all of the host, which `ip` cannot show.

use std::io;

use super::super::{ByteString, NamespaceName, NamespaceNumber};
use super::form::Form;
use crate::json::Json;
use crate::namespace::{Answer, Denied, NamespaceDescriptor, NamespaceInfo, Namespaces, Process};

/// Writes the names as `ip netns list` does, or as `ip -j netns list` in JSON.
///
/// # Errors
/// Those of `out`, nothing else.
pub fn write_namespace_names(out: &mut impl io::Write, names: &[NamespaceName], json: bool) -> io::Result<()> {
    Form::new(json).list(out, names, |form, NamespaceName { name, id }| {
        form.object(|form| {
            form.name("name", "", name, "");
            if let Some(id) = id {
                form.number("id", " (id: ", id, ")");
            }
            form.text(format_args!("\n"));
        });
    })
}

/// Writes the numbers as `ip netns list-id` does, or as `ip -j netns list-id` in JSON.
///
/// # Errors
/// Those of `out`, nothing else.
pub fn write_namespace_numbers(out: &mut impl io::Write, numbers: &[NamespaceNumber], json: bool) -> io::Result<()> {
    Form::new(json).list(out, numbers, |form, NamespaceNumber { nsid, current_nsid, name }| {
        form.object(|form| {
            number(form, "nsid", *nsid);
            if let Some(current) = current_nsid {
                number(form, "current-nsid", *current);
            }
            if let Some(name) = name {
                form.name("name", "(iproute2 netns name: ", name, ")");
            }
            form.text(format_args!("\n"));
        });
    })
}

/// A number below zero stands for none, of which only text tells.
fn number(form: &mut Form, key: &str, value: i32) {
    if value < 0 {
        form.text(format_args!("{key} unassigned "));
    } else {
        form.number(key, &format!("{key} "), value, " ");
    }
}

/// Writes all namespaces of the host, each with what it was found by; in JSON as an object with the members
/// `namespaces` and `denied`.
///
/// # Errors
/// Those of `out`, nothing else.
pub fn write_namespaces(out: &mut impl io::Write, list: &Namespaces, json: bool) -> io::Result<()> {
    let mut form = Form::new(json);
    form.json(Json::begin_object);
    form.array("namespaces", |form| list.namespaces.iter().for_each(|info| namespace(form, info)));
    if json {
        form.array("denied", |form| list.denied.iter().for_each(|denied| refusal(form, denied)));
    } else {
        refusals(&mut form, &list.denied);
    }
    form.json(Json::end_object);
    form.flush(out)?;
    if json { out.write_all(b"\n") } else { Ok(()) }
}

fn namespace(form: &mut Form, info: &NamespaceInfo) {
    form.object(|form| {
        form.string("namespace", "", info.id, "");
        form.json(|json| {
            json.key("device").number(info.id.device);
            json.key("inode").number(info.id.inode);
            json.key("current").bool(info.is_current);
        });
        if info.is_current {
            form.text(format_args!(" current"));
        }
        answer(form, "nsid", &info.nsid, |nsid| *nsid);
        answer(form, "cookie", &info.cookie, |cookie| Some(*cookie));
        form.text(format_args!("\n"));
        names(form, "names", &info.names);
        form.array("bind_mounts", |form| {
            for bound in &info.bind_mounts {
                form.object(|form| {
                    let path = ByteString::from(std::os::unix::ffi::OsStrExt::as_bytes(bound.path.as_os_str()));
                    form.name("path", "    file ", &path, "");
                    form.number("seen_by", " of process ", bound.seen_by, "\n");
                });
            }
        });
        form.array("containers", |form| {
            info.containers.iter().for_each(|id| form.item("    container ", id, "\n"));
        });
        form.array("processes", |form| processes(form, &info.processes));
        form.array("descriptors", |form| descriptors(form, &info.descriptors));
    });
}

/// What has no answer is left out of text, unless for want of a right.
fn answer<T, N: std::fmt::Display>(
    form: &mut Form,
    key: &'static str,
    answer: &Answer<T>,
    number: impl Fn(&T) -> Option<N>,
) {
    match answer {
        Answer::Known(known) => match number(known) {
            Some(number) => form.number(key, &format!(" {key} "), number, ""),
            None => form.json(|json| json.key(key).null()),
        },
        Answer::Denied { capability } => {
            form.json(|json| {
                json.key(key).null();
                json.key(&format!("{key}_needs")).display(capability);
            });
            form.text(format_args!(" {key} needs {capability}"));
        }
        Answer::Unavailable | Answer::NotAsked => form.json(|json| json.key(key).null()),
    }
}

fn names(form: &mut Form, key: &str, names: &[ByteString]) {
    form.array(key, |form| names.iter().for_each(|name| form.item("    name ", name, "\n")));
}

/// In text the first few.
fn processes(form: &mut Form, processes: &[Process]) {
    let shown = if form.is_json() { usize::MAX } else { PROCESSES_SHOWN };
    for process in processes.iter().take(shown) {
        form.object(|form| {
            form.number("pid", "    process ", process.pid, "");
            form.name("comm", " ", &process.comm, "");
            form.json(|json| {
                json.key("start_time").number(process.start_time);
                match &process.container {
                    Some(id) => json.key("container").display(id),
                    None => json.key("container").null(),
                }
            });
            form.array("threads", |form| {
                for thread in &process.threads {
                    form.json(|json| json.number(thread));
                    form.text(format_args!(" thread {thread}"));
                }
            });
            form.text(format_args!("\n"));
        });
    }
    and_more(form, processes.len(), shown);
}

/// In text the first few.
fn descriptors(form: &mut Form, descriptors: &[NamespaceDescriptor]) {
    let shown = if form.is_json() { usize::MAX } else { PROCESSES_SHOWN };
    for descriptor in descriptors.iter().take(shown) {
        form.object(|form| {
            form.number("fd", "    descriptor ", descriptor.fd, "");
            form.number("pid", " of process ", descriptor.pid, "\n");
        });
    }
    and_more(form, descriptors.len(), shown);
}

fn and_more(form: &mut Form, all: usize, shown: usize) {
    if let Some(more) = all.checked_sub(shown).filter(|more| *more > 0) {
        form.text(format_args!("    and {more} more\n"));
    }
}

fn refusal(form: &mut Form, denied: &Denied) {
    form.object(|form| {
        form.json(|json| {
            json.key("what").display(&denied.what);
            match denied.capability {
                Some(capability) => json.key("capability").display(capability),
                None => json.key("capability").null(),
            }
            json.key("reason").display(&denied.reason);
        });
    });
}

/// As nobody that is nearly every process.
fn refusals(form: &mut Form, denied: &[Denied]) {
    for Denied { what, capability, reason } in denied.iter().take(REFUSALS_SHOWN) {
        match capability {
            Some(capability) => form.text(format_args!("not read: {what}: needs {capability}\n")),
            None => form.text(format_args!("not read: {what}: {reason}\n")),
        }
    }
    if let Some(more) = denied.len().checked_sub(REFUSALS_SHOWN).filter(|more| *more > 0) {
        form.text(format_args!("not read: {more} more\n"));
    }
}

const PROCESSES_SHOWN: usize = 10;
const REFUSALS_SHOWN: usize = 3;
