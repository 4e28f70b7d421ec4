//! What each counter means, from a text that people can read and amend.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::byte_string::ByteString;

/// What the counter of that [name](super::Counter::name) counts and means, in one sentence.
///
/// # Examples
/// ```
/// use netshoot_core::netlink::counters::explain;
/// assert!(explain("TcpExtListenOverflows").is_some_and(|text| text.contains("accepts too slowly")));
/// assert!(explain("dev.eth0.rx_fifo").is_some());
/// ```
#[must_use]
pub fn explain(name: &str) -> Option<&'static str> {
    match name.split_once('.') {
        Some((group @ ("sockstat" | "sockstat6"), field)) => find(group, field),
        // An interface's name may have dots, too.
        Some((group, rest)) => find(group, rest.rsplit('.').next()?),
        None => (1..name.len()).rev().find_map(|place| find(name.get(..place)?, name.get(place..)?)),
    }
}

/// All counters that have an explanation, with it; `INTERFACE` and `CPU` stand where a counter has one, in the order of
/// the groups.
pub fn dictionary() -> impl Iterator<Item = (String, &'static str)> {
    entries().map(|(group, field, text)| {
        let name = match group {
            "dev" => format!("dev.INTERFACE.{field}"),
            "softnet" => format!("softnet.CPU.{field}"),
            "conntrack" if !matches!(field, "entries" | "max") => format!("conntrack.CPU.{field}"),
            "conntrack" | "sockstat" | "sockstat6" => format!("{group}.{field}"),
            _ => format!("{group}{field}"),
        };
        (name, text)
    })
}

/// The explanation of a counter by its parts.
pub(super) fn of(group: &ByteString, instance: Option<&ByteString>, field: &ByteString) -> Option<&'static str> {
    let (group, field) = (group.to_str()?, field.to_str()?);
    match (group, instance) {
        ("sockstat" | "sockstat6", Some(protocol)) => find(group, &format!("{protocol}.{field}")),
        _ => find(group, field),
    }
}

fn find(group: &str, field: &str) -> Option<&'static str> {
    let known = INDEX.get(&(group, field)).copied();
    known.or_else(|| match (group, field.get(..INCOMING.len()), field.get(..OUTGOING.len())) {
        ("IcmpMsg" | "Icmp6", Some(INCOMING), _) => Some("Messages received of the type whose number ends the name."),
        ("IcmpMsg" | "Icmp6", _, Some(OUTGOING)) => Some("Messages sent of the type whose number ends the name."),
        _ => None,
    })
}

/// Group, field and sentence. A group or field that stands for several comes as several.
fn entries() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let mut groups = "";
    let lines = TEXT.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let lines = lines.filter_map(move |line| match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
        Some(head) => {
            groups = head;
            None
        }
        None => line.split_once(": ").map(|(fields, text)| (groups, fields, text)),
    });
    lines.flat_map(|(groups, fields, text)| {
        groups.split(' ').flat_map(move |group| {
            let fields = fields.split(' ').filter(move |field| !group.starts_with("sockstat") || is_of(group, field));
            fields.map(move |field| (group, field, text))
        })
    })
}

/// IPv6's protocols end in 6, and only its file has them.
fn is_of(group: &str, field: &str) -> bool {
    field.contains("6.") == (group == "sockstat6")
}

static INDEX: LazyLock<HashMap<(&'static str, &'static str), &'static str>> = LazyLock::new(|| {
    let mut index = HashMap::new();
    for (group, field, text) in entries() {
        index.entry((group, field)).or_insert(text);
    }
    index
});

static TEXT: &str = include_str!("dictionary.txt");
const INCOMING: &str = "InType";
const OUTGOING: &str = "OutType";
