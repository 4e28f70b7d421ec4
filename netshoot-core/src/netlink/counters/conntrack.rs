//! Connection tracking's statistics by netlink, for kernels without `/proc/net/stat/nf_conntrack`.

use super::{Counter, Source};
use crate::error::{Error, ErrorKind, Result};
use crate::netlink::Netlink;
use crate::netlink::attribute::{self, Notes};
use crate::netlink::request::Request;

impl Netlink {
    /// The statistics of each processor, and how many connections there are; needs `CAP_NET_ADMIN`.
    pub(super) fn conntrack_statistics(&self) -> Result<Vec<Counter>> {
        let mut counters = Vec::new();
        for kind in [STATISTICS, STATISTICS_OF_PROCESSORS] {
            let request = Request::raw_dump(libc::NETLINK_NETFILTER, kind, kind, &[0; HEADER_LENGTH]);
            let answer = self.ask("ask for connection tracking's statistics", request, |message| {
                counters.extend(statistics(kind, message.payload));
            });
            answer.map_err(with_right)?;
        }
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
pub(super) fn statistics(kind: u16, payload: &[u8]) -> Vec<Counter> {
    let Some((&[_, _, high, low], attributes)) = payload.split_first_chunk::<HEADER_LENGTH>() else {
        return Vec::new();
    };
    let processor = format!("cpu{}", u16::from_be_bytes([high, low]));
    let (names, instance): (&[&str], _) = match kind {
        STATISTICS => (&["", "entries"], None),
        _ => (&NAMES, Some(processor.as_bytes())),
    };
    let mut counters = Vec::new();
    attribute::each("conntrack statistics", attributes, HEADER_LENGTH, &mut Notes::default(), |attribute, notes| {
        let name = names.get(usize::from(attribute.number)).filter(|name| !name.is_empty());
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
pub(super) const STATISTICS_OF_PROCESSORS: u16 = 0x0104;
/// `NFNL_SUBSYS_CTNETLINK`, `IPCTNL_MSG_CT_GET_STATS`
pub(super) const STATISTICS: u16 = 0x0105;
