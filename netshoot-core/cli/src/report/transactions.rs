//! Calls, handshakes, and what ICMP, ARP and DHCP say, as text.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{self, Write};

use netshoot_core::analysis::{Call, DhcpOutcome, Endpoint, QuicOutcome, Report, TlsHandshake, TlsOutcome};

use super::{Paint, first_by, short_name, write_table};
use crate::output::Out;
use crate::text::{count, counted, duration};

/// The calls that took the longest.
pub(super) fn write_calls(out: &mut Out, report: &Report, top: usize, paint: &Paint) -> io::Result<()> {
    if report.calls.is_empty() || top == 0 {
        return Ok(());
    }
    let unanswered = report.calls.iter().filter(|call| !call.is_answered()).count();
    let number = counted(report.calls.len() as u64, "call", "calls");
    writeln!(out, "\n{}  {number}, {} without an answer", paint.heading("CALLS"), count(unanswered as u64))?;
    let longest =
        first_by(&report.calls, top, |call| (Reverse(call.total), call.request_frame, call.flow_id, call.number));
    let rows: Vec<_> = longest.into_iter().map(|call| call_cells(call, report)).collect();
    let header =
        ["flow", "n", "server", "call", "status", "sent", "received", "first byte", "total", "mostly", "frame"];
    write_table(out, &header.map(str::to_owned), &rows, &[2, 3, 9])
}

fn server(report: &Report, flow_id: u32) -> Option<Endpoint> {
    report.flow(flow_id).map(|flow| flow.server)
}

fn call_cells(call: &Call, report: &Report) -> [String; 11] {
    let http = call.http.as_ref();
    let what = match http {
        Some(http) => {
            let host = http.host().filter(|_| !http.path().contains("://")).unwrap_or_default();
            short_name(format!("{} {host}{}", http.method(), http.path()))
        }
        None => call.protocol.name().to_owned(),
    };
    [
        call.flow_id.to_string(),
        call.number.to_string(),
        text(server(report, call.flow_id)),
        what,
        text(http.and_then(|http| http.status())),
        count(call.request_bytes),
        count(call.response_bytes),
        text(call.time_to_first_byte.map(duration)),
        duration(call.total),
        text(call.dominant().map(|part| part.name())),
        call.request_frame.to_string(),
    ]
}

/// Handshakes of TLS and QUIC: those that failed, and how the others went.
pub(super) fn write_handshakes(out: &mut Out, report: &Report, top: usize, paint: &Paint) -> io::Result<()> {
    if !report.tls.is_empty() {
        let failed = |tls: &&TlsHandshake| tls.outcome.is_some_and(|outcome| outcome != TlsOutcome::Ok);
        let failures: Vec<_> = report.tls.iter().filter(failed).collect();
        let number = counted(report.tls.len() as u64, "handshake", "handshakes");
        writeln!(out, "\n{}  {number}, {} failed", paint.heading("TLS"), count(failures.len() as u64))?;
        let rows: Vec<_> = failures.into_iter().take(top).map(|tls| tls_cells(tls, report)).collect();
        if !rows.is_empty() {
            let header = ["flow", "server", "name", "outcome", "alert", "by", "frame"].map(str::to_owned);
            write_table(out, &header, &rows, &[1, 2, 3, 4, 5])?;
        }
    }
    if !report.quic.is_empty() {
        let of = |outcome| report.quic.iter().filter(|quic| quic.outcome == outcome).count() as u64;
        let number = counted(report.quic.len() as u64, "connection", "connections");
        let (silent, other) = (of(QuicOutcome::NoAnswer), of(QuicOutcome::VersionNegotiation));
        write!(out, "\n{}  {number}, {} without an answer", paint.heading("QUIC"), count(silent))?;
        writeln!(out, ", {} of a version that the server does not speak", count(other))?;
    }
    Ok(())
}

fn tls_cells(tls: &TlsHandshake, report: &Report) -> [String; 7] {
    [
        tls.flow_id.to_string(),
        text(server(report, tls.flow_id)),
        tls.server_name.as_ref().map_or_else(|| "-".to_owned(), short_name),
        text(tls.outcome.map(TlsOutcome::name)),
        text(tls.alert),
        text(tls.failed_by.map(|by| by.name())),
        tls.client_hello_frame.to_string(),
    ]
}

/// What ICMP, ARP and DHCP say, one line each.
pub(super) fn write_control(out: &mut Out, report: &Report, top: usize, paint: &Paint) -> io::Result<()> {
    write_icmp(out, report, top, paint)?;
    if !report.arp.is_empty() {
        let unanswered = report.arp.iter().filter(|arp| arp.is_answered() == Some(false)).count() as u64;
        let conflicts = report.arp.iter().filter(|arp| arp.conflict.is_some()).count() as u64;
        let number = counted(report.arp.len() as u64, "message", "messages");
        write!(out, "\n{}  {number}, {} without an answer", paint.heading("ARP"), count(unanswered))?;
        writeln!(out, ", {} of an address that another claims", count(conflicts))?;
    }
    if !report.dhcp.is_empty() {
        let of = |outcome| report.dhcp.iter().filter(|dhcp| dhcp.outcome == outcome).count() as u64;
        let number = counted(report.dhcp.len() as u64, "exchange", "exchanges");
        let (silent, refused) = (of(DhcpOutcome::Unanswered), of(DhcpOutcome::Nak));
        write!(out, "\n{}  {number}, {} without an answer", paint.heading("DHCP"), count(silent))?;
        writeln!(out, ", {} refused", count(refused))?;
    }
    Ok(())
}

fn write_icmp(out: &mut Out, report: &Report, top: usize, paint: &Paint) -> io::Result<()> {
    if report.icmp.is_empty() {
        return Ok(());
    }
    let echoes = report.icmp.iter().filter_map(|icmp| icmp.is_answered());
    let (asked, answered) = echoes.fold((0, 0), |(asked, answered), own| (asked + 1, answered + u64::from(own)));
    write!(out, "\n{}  {}", paint.heading("ICMP"), counted(asked, "echo request", "echo requests"))?;
    let errors = report.icmp.len() as u64 - asked;
    writeln!(out, ", {} answered, {}", count(answered), counted(errors, "error", "errors"))?;
    let mut groups = BTreeMap::new();
    for icmp in &report.icmp {
        if let Some(quoted) = icmp.quoted {
            let target = Endpoint { address: quoted.destination, port: quoted.destination_port };
            groups.entry((icmp.kind.name(), icmp.source, target)).or_insert((0_u64, icmp.frame)).0 += 1;
        }
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, (number, frame))| (Reverse(*number), *frame));
    let cells = |((kind, source, target), (number, frame)): ((&str, std::net::IpAddr, Endpoint), (u64, u64))| {
        [count(number), kind.to_owned(), source.to_string(), target.to_string(), frame.to_string()]
    };
    let rows: Vec<_> = groups.into_iter().take(top).map(cells).collect();
    if rows.is_empty() {
        return Ok(());
    }
    write_table(out, &["count", "error", "from", "about", "frame"].map(str::to_owned), &rows, &[1, 2, 3])
}

fn text(value: Option<impl Display>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}
