//! The tables of traffic added up: by address, by pair of addresses, by protocols.

use std::sync::Arc;

use super::column::{Column, name, text, time, uint8, uint64};
use super::flows::address;
use super::{Options, ReportStream};
use crate::Result;
use crate::analysis::{
    AttemptedServices, Attempts, ConversationTraffic, Conversations, EndpointTraffic, Endpoints, Hierarchy,
    HierarchyNode, Traffic,
};

/// Endpoints: one row for each IP address, the one with the most octets first.
///
/// A last row without address, if there is need for it, has what addresses beyond the limit sent, and flows that were evicted.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a column is asked for that does not exist.
pub fn endpoints(endpoints: &Endpoints, options: &Options) -> Result<ReportStream> {
    let columns: Vec<Column<Row<EndpointTraffic>>> = vec![
        address("address", |row: &Row<EndpointTraffic>| Some(row.entry()?.address)),
        uint64("flows", |row: &Row<EndpointTraffic>| Some(row.entry()?.flows)),
        uint64("packets_sent", |row: &Row<EndpointTraffic>| Some(row.sum(|entry| entry.sent).frames)).always(),
        uint64("bytes_sent", |row: &Row<EndpointTraffic>| Some(row.sum(|entry| entry.sent).bytes)).always(),
        uint64("packets_received", |row: &Row<EndpointTraffic>| Some(row.entry()?.received.frames)),
        uint64("bytes_received", |row: &Row<EndpointTraffic>| Some(row.entry()?.received.bytes)),
        time("first_ts", |row: &Row<EndpointTraffic>| Some(row.entry()?.first)),
        time("last_ts", |row: &Row<EndpointTraffic>| Some(row.entry()?.last)),
    ];
    rows("endpoints", endpoints.rows(), endpoints.others(), columns, options)
}

/// Conversations: one row for each two IP addresses that sent to each other, those with the most octets first.
///
/// A last row without addresses, if there is need for it, has the traffic of all others, both ways together.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a column is asked for that does not exist.
pub fn conversations(conversations: &Conversations, options: &Options) -> Result<ReportStream> {
    let columns: Vec<Column<Row<ConversationTraffic>>> = vec![
        address("address_a", |row: &Row<ConversationTraffic>| Some(row.entry()?.a)),
        address("address_b", |row: &Row<ConversationTraffic>| Some(row.entry()?.b)),
        uint64("flows", |row: &Row<ConversationTraffic>| Some(row.entry()?.flows)),
        uint64("packets_a_to_b", |row: &Row<ConversationTraffic>| Some(row.sum(|entry| entry.a_to_b).frames)).always(),
        uint64("bytes_a_to_b", |row: &Row<ConversationTraffic>| Some(row.sum(|entry| entry.a_to_b).bytes)).always(),
        uint64("packets_b_to_a", |row: &Row<ConversationTraffic>| Some(row.entry()?.b_to_a.frames)),
        uint64("bytes_b_to_a", |row: &Row<ConversationTraffic>| Some(row.entry()?.b_to_a.bytes)),
        time("first_ts", |row: &Row<ConversationTraffic>| Some(row.entry()?.first)),
        time("last_ts", |row: &Row<ConversationTraffic>| Some(row.entry()?.last)),
    ];
    rows("conversations", conversations.rows(), conversations.others(), columns, options)
}

/// The hierarchy of protocols: one row for each protocol inside of others, in front of those that it carries.
///
/// `path` has the protocols around it and itself in the words of Wireshark's `frame.protocols`, such as `eth:ip:tcp`, `depth`
/// is how many are around it. A last row without protocol, if there is need for it, has the frames of all others.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a column is asked for that does not exist.
pub fn hierarchy(hierarchy: &Hierarchy, options: &Options) -> Result<ReportStream> {
    let columns: Vec<Column<Row<HierarchyNode>>> = vec![
        text("path", |row: &Row<HierarchyNode>, out| {
            row.entry().is_some_and(|node| {
                out.push_str(&node.name());
                true
            })
        }),
        name("protocol", |row: &Row<HierarchyNode>| Some(row.entry()?.path.last()?.name())),
        uint8("depth", |row: &Row<HierarchyNode>| u8::try_from(row.entry()?.path.len().saturating_sub(1)).ok()),
        uint64("packets", |row: &Row<HierarchyNode>| Some(row.sum(|node| node.traffic).frames)).always(),
        uint64("bytes", |row: &Row<HierarchyNode>| Some(row.sum(|node| node.traffic).bytes)).always(),
    ];
    rows("hierarchy", hierarchy.nodes(), hierarchy.others(), columns, options)
}

/// Attempts: one row for each client that tried to connect in vain, the one that tried the most services first.
///
/// A last row without client, if there is need for it, has the packets that there was no room for.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a column is asked for that does not exist.
pub fn attempts(attempts: &Attempts, options: &Options) -> Result<ReportStream> {
    let columns: Vec<Column<Row<AttemptedServices>>> = vec![
        address("client", |row: &Row<AttemptedServices>| Some(row.entry()?.client)),
        uint64("services", |row: &Row<AttemptedServices>| Some(row.entry()?.services)),
        uint64("hosts", |row: &Row<AttemptedServices>| Some(row.entry()?.hosts)),
        uint64("attempts", |row: &Row<AttemptedServices>| Some(row.entry()?.attempts)),
        uint64("unanswered", |row: &Row<AttemptedServices>| Some(row.entry()?.unanswered)),
        uint64("refused", |row: &Row<AttemptedServices>| Some(row.entry()?.refused)),
        uint64("packets", |row: &Row<AttemptedServices>| Some(row.sum(|entry| entry.traffic).frames)).always(),
        time("first_ts", |row: &Row<AttemptedServices>| Some(row.entry()?.first)),
        time("last_ts", |row: &Row<AttemptedServices>| Some(row.entry()?.last)),
    ];
    rows("attempts", attempts.rows(), attempts.others(), columns, options)
}

/// An entry, or the others.
enum Row<E> {
    Entry(E),
    Others(Traffic),
}

impl<E> Row<E> {
    fn entry(&self) -> Option<&E> {
        match self {
            Self::Entry(entry) => Some(entry),
            Self::Others(_) => None,
        }
    }

    fn sum(&self, of: impl FnOnce(&E) -> Traffic) -> Traffic {
        match self {
            Self::Entry(entry) => of(entry),
            Self::Others(traffic) => *traffic,
        }
    }
}

fn rows<E: Send + Sync + 'static>(
    table: &str,
    entries: Vec<E>,
    others: Traffic,
    columns: Vec<Column<Row<E>>>,
    options: &Options,
) -> Result<ReportStream> {
    let mut rows: Vec<_> = entries.into_iter().map(Row::Entry).collect();
    if others.frames > 0 {
        rows.push(Row::Others(others));
    }
    ReportStream::new(table, Arc::new(rows), columns, |rows| rows, options)
}
