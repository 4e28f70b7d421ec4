//! Traffic added up: who sends how much, to whom, and by which protocols.

use std::io::{self, Write};
use std::net::IpAddr;

use netshoot_core::analysis::{AttemptedServices, ConversationTraffic, EndpointTraffic, HierarchyNode, Traffic};

use super::{Paint, short_name, write_table};
use crate::analyze::{Aggregates, Subject};
use crate::output::Out;
use crate::text::{count, octets};

pub(super) fn write(out: &mut Out, subject: &Subject, sums: &Aggregates, top: usize, paint: &Paint) -> io::Result<()> {
    let rows = sums.endpoints.rows();
    let cells = |row: &EndpointTraffic| {
        let [packets_sent, sent] = traffic(row.sent);
        let [packets_received, received] = traffic(row.received);
        [address(row.address, subject), count(row.flows), packets_sent, sent, packets_received, received]
    };
    writeln!(out, "\n{}  {}", paint.heading("ENDPOINTS"), which(rows.len(), top))?;
    write_some(out, ["address", "flows", "sent", "bytes", "received", "bytes"], &rows, top, cells, &[0])?;
    write_others(out, sums.endpoints.others())?;
    let rows = sums.conversations.rows();
    let cells = |row: &ConversationTraffic| {
        let ([packets_there, there], [packets_back, back]) = (traffic(row.a_to_b), traffic(row.b_to_a));
        let [a, b] = [row.a, row.b].map(|end| address(end, subject));
        [a, b, count(row.flows), packets_there, there, packets_back, back]
    };
    writeln!(out, "\n{}  {}", paint.heading("CONVERSATIONS"), which(rows.len(), top))?;
    let header = ["a", "b", "flows", "a to b", "bytes", "b to a", "bytes"];
    write_some(out, header, &rows, top, cells, &[0, 1])?;
    write_others(out, sums.conversations.others())?;
    write_attempts(out, subject, sums, top, paint)?;
    let nodes = sums.hierarchy.nodes();
    let cells = |node: &HierarchyNode| {
        let [packets, bytes] = traffic(node.traffic);
        let name = node.path.last().map_or("", |layer| layer.name());
        [format!("{}{name}", "  ".repeat(node.path.len().saturating_sub(1))), packets, bytes]
    };
    writeln!(out, "\n{}", paint.heading("PROTOCOLS"))?;
    write_some(out, ["protocol", "packets", "bytes"], &nodes, nodes.len(), cells, &[0])?;
    write_others(out, sums.hierarchy.others())
}

/// Nothing where nobody tried in vain.
fn write_attempts(out: &mut Out, subject: &Subject, sums: &Aggregates, top: usize, paint: &Paint) -> io::Result<()> {
    let rows = sums.attempts.rows();
    if rows.is_empty() {
        return Ok(());
    }
    let cells = |row: &AttemptedServices| {
        let [services, hosts] = [row.services, row.hosts].map(count);
        let [attempts, unanswered, refused] = [row.attempts, row.unanswered, row.refused].map(count);
        [address(row.client, subject), services, hosts, attempts, unanswered, refused]
    };
    writeln!(out, "\n{}  {}", paint.heading("ATTEMPTS IN VAIN"), which(rows.len(), top))?;
    let header = ["client", "services", "hosts", "attempts", "unanswered", "refused"];
    write_some(out, header, &rows, top, cells, &[0])?;
    write_others(out, sums.attempts.others())
}

fn write_some<R, const N: usize>(
    out: &mut Out,
    header: [&str; N],
    rows: &[R],
    top: usize,
    cells: impl Fn(&R) -> [String; N],
    left: &[usize],
) -> io::Result<()> {
    let rows: Vec<_> = rows.iter().take(top).map(cells).collect();
    if rows.is_empty() { Ok(()) } else { write_table(out, &header.map(str::to_owned), &rows, left) }
}

/// What is counted, but not by whom.
fn write_others(out: &mut Out, others: Traffic) -> io::Result<()> {
    if others.frames == 0 {
        return Ok(());
    }
    let [packets, bytes] = traffic(others);
    writeln!(out, "  others, not told apart: packets {packets}, {bytes}")
}

fn which(all: usize, top: usize) -> String {
    if all <= top { count(all as u64) } else { format!("the largest {top} of {}", count(all as u64)) }
}

fn traffic(traffic: Traffic) -> [String; 2] {
    [count(traffic.frames), octets(traffic.bytes)]
}

fn address(address: IpAddr, subject: &Subject) -> String {
    match subject.names.as_ref().and_then(|names| names.get(address)) {
        Some(name) => format!("{address} {}", short_name(name)),
        None => address.to_string(),
    }
}
