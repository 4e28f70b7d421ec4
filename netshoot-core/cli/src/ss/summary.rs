//! Counts of sockets: `ss -s`.

use std::fs;
use std::io::{self, Write};

use netshoot_core::namespace::Namespace;
use netshoot_core::{Error, ErrorKind};

/// What `/proc/net/sockstat`, `sockstat6` and `snmp` count.
struct Counts(Vec<(String, i64)>);

impl Counts {
    fn of(namespace: &Namespace) -> Result<Self, Error> {
        // Of the thread, as `/proc/net` is the namespace of the process's first thread.
        let read = |name: &str| {
            let path = format!("/proc/thread-self/net/{name}");
            fs::read_to_string(&path).map_err(|error| Error::io(format!("read {path}"), error))
        };
        let (four, six, snmp) = namespace.run(|| (read("sockstat"), read("sockstat6"), read("snmp")))?;
        let (four, snmp) = (four?, snmp?);
        // There is none without IPv6.
        let six = six.or_else(|error| match error.kind() {
            ErrorKind::NotFound => Ok(String::new()),
            _ => Err(error),
        })?;
        let mut counts = Self(Vec::new());
        for line in four.lines().chain(six.lines()) {
            let mut words = line.split_whitespace();
            let group = words.next().unwrap_or_default();
            while let (Some(name), Some(Ok(value))) = (words.next(), words.next().map(str::parse)) {
                counts.0.push((format!("{group}{name}"), value));
            }
        }
        let tcp: Vec<_> = snmp.lines().filter(|line| line.starts_with("Tcp:")).collect();
        if let [names, values] = tcp.as_slice() {
            for (name, value) in names.split_whitespace().zip(values.split_whitespace()) {
                counts.0.extend(value.parse().ok().map(|value| (name.to_owned(), value)));
            }
        }
        Ok(counts)
    }

    fn get(&self, name: &str) -> i64 {
        self.0.iter().find(|(known, _)| known == name).map_or(0, |(_, value)| *value)
    }
}

pub(super) fn write(out: &mut impl Write, namespace: &Namespace, json: bool) -> Result<io::Result<()>, Error> {
    let counts = Counts::of(namespace)?;
    Ok(if json { write_json(out, &counts) } else { write_text(out, &counts) })
}

/// The lines of `ss -s`, where what is allocated and not in use counts as closed.
fn write_text(out: &mut impl Write, counts: &Counts) -> io::Result<()> {
    let get = |name| counts.get(name);
    let (total, waiting) = (get("TCP:alloc"), get("TCP:tw"));
    let closed = total - (get("TCP:inuse") + get("TCP6:inuse") - waiting);
    writeln!(out, "Total: {}", get("sockets:used"))?;
    writeln!(
        out,
        "TCP:   {} (estab {}, closed {closed}, orphaned {}, timewait {waiting})\n",
        total + waiting,
        get("CurrEstab"),
        get("TCP:orphan")
    )?;
    writeln!(out, "Transport Total     IP        IPv6")?;
    for (name, four, six) in rows(counts) {
        writeln!(out, "{name}\t  {:<9} {four:<9} {six:<9}", four + six)?;
    }
    writeln!(out)
}

fn write_json(out: &mut impl Write, counts: &Counts) -> io::Result<()> {
    let get = |name| counts.get(name);
    let mut tree = serde_json::json!({
        "total": get("sockets:used"),
        "tcp": {
            "alloc": get("TCP:alloc"), "established": get("CurrEstab"), "orphan": get("TCP:orphan"),
            "time_wait": get("TCP:tw"), "memory_pages": get("TCP:mem"),
        },
    });
    if let Some(members) = tree.as_object_mut() {
        for (name, four, six) in rows(counts) {
            members.insert(format!("{}_inuse", name.to_lowercase()), serde_json::json!({ "inet": four, "inet6": six }));
        }
    }
    writeln!(out, "{tree}")
}

fn rows(counts: &Counts) -> [(&'static str, i64, i64); 5] {
    let get = |name| counts.get(name);
    let raw = (get("RAW:inuse"), get("RAW6:inuse"));
    let udp = (get("UDP:inuse"), get("UDP6:inuse"));
    let tcp = (get("TCP:inuse"), get("TCP6:inuse"));
    [
        ("RAW", raw.0, raw.1),
        ("UDP", udp.0, udp.1),
        ("TCP", tcp.0, tcp.1),
        ("INET", raw.0 + udp.0 + tcp.0, raw.1 + udp.1 + tcp.1),
        ("FRAG", get("FRAG:inuse"), get("FRAG6:inuse")),
    ]
}
