//! Connection tracking's statistics by netlink, for kernels without `/proc/net/stat/nf_conntrack`.

use super::{Counter, Source};
use crate::error::{Error, ErrorKind, Result};
use crate::netlink::Netlink;
use crate::netlink::attribute::{self, Notes};
use crate::netlink::request::Request;

impl Netlink {
    /// The statistics of each processor; needs `CAP_NET_ADMIN`.
    ///
    /// How many connections there are is not asked here: the kernel marks its one answer as the first of several, and
    /// sends no other.
    pub(super) fn conntrack_statistics(&self) -> Result<Vec<Counter>> {
        let mut counters = Vec::new();
        let request = Request::raw_dump(libc::NETLINK_NETFILTER, STATISTICS, STATISTICS, &[0; HEADER_LENGTH]);
        let answer = self.ask("ask for connection tracking's statistics", request, |message| {
            counters.extend(statistics(message.payload));
        });
        answer.map_err(with_right)?;
        Ok(counters)
    }
}

fn with_right(error: Error) -> Error {
    match error.kind() {
        ErrorKind::PermissionDenied => error.with_hint("needs CAP_NET_ADMIN"),
        _ => error,
    }
}

/// Reads one message; its header tells the processor, in network byte order.
fn statistics(payload: &[u8]) -> Vec<Counter> {
    let Some((&[_, _, high, low], attributes)) = payload.split_first_chunk::<HEADER_LENGTH>() else {
        return Vec::new();
    };
    let processor = format!("cpu{}", u16::from_be_bytes([high, low]));
    let instance = Some(processor.as_bytes());
    let mut counters = Vec::new();
    attribute::each("conntrack statistics", attributes, HEADER_LENGTH, &mut Notes::default(), |attribute, notes| {
        let name = NAMES.get(usize::from(attribute.number)).filter(|name| !name.is_empty());
        if let (Some(name), Some(value)) = (name, attribute.be32(notes)) {
            counters.extend(Counter::new(Source::Conntrack, b"conntrack", instance, name.as_bytes(), value.into()));
        }
    });
    counters
}

/// `CTA_STATS_*` of linux/netfilter/nfnetlink_conntrack.h, in the words of `/proc/net/stat/nf_conntrack`.
const NAMES: [&str; 16] = [
    "",
    "searched",
    "found",
    "new",
    "invalid",
    "ignore",
    "delete",
    "delete_list",
    "insert",
    "insert_failed",
    "drop",
    "early_drop",
    "icmp_error",
    "search_restart",
    "clashres",
    "chainlength",
];
/// `struct nfgenmsg`
const HEADER_LENGTH: usize = 4;
/// `NFNL_SUBSYS_CTNETLINK`, `IPCTNL_MSG_CT_GET_STATS_CPU`
const STATISTICS: u16 = 0x0104;

#[cfg(test)]
mod tests {
    use super::super::{Value, parse};
    use super::*;
    use crate::namespace::Namespace;

    fn attribute(number: u16, value: u32) -> Vec<u8> {
        [&8_u16.to_ne_bytes()[..], &number.to_ne_bytes(), &value.to_be_bytes()].concat()
    }

    #[test]
    fn statistics_of_a_processor() {
        let header = [0, 0, 0, 3];
        let message = [&header[..], &attribute(9, 7), &attribute(99, 1), &attribute(14, 2), &[8, 0, 2]].concat();
        let found: Vec<_> =
            statistics(&message).iter().map(|counter| (counter.name.to_string(), counter.value)).collect();
        let expected = [("conntrack.cpu3.insert_failed", 7), ("conntrack.cpu3.clashres", 2)];
        assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), Value::Counter(value))));
        for length in 0..message.len() {
            assert!(statistics(&message[..length]).len() <= 2);
        }
    }

    /// Where this kernel has both, and the right is there: the same names, and the same values.
    #[test]
    fn both_ways_tell_the_same() {
        let netlink = Netlink::open(&Namespace::current().unwrap()).unwrap();
        let path = "/proc/thread-self/net/stat/nf_conntrack";
        let asked = match netlink.conntrack_statistics() {
            Ok(asked) => asked,
            Err(error) => return assert_ne!(error.kind(), ErrorKind::TimedOut, "{error}"),
        };
        let Ok(text) = std::fs::read(path) else { return };
        let read = parse(Source::Conntrack, &text);
        assert!(read.notes.is_empty(), "{:?}", read.notes);
        for counter in &asked {
            let same = read.counters.iter().find(|other| other.name == counter.name);
            let same = same.unwrap_or_else(|| panic!("{} is not in {path}", counter.name));
            assert!(same.value.as_f64() >= counter.value.as_f64(), "{} went back", counter.name);
        }
        assert!(!asked.is_empty());
    }
}
