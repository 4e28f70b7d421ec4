//! The tables of calls, and of handshakes of TLS and QUIC.

use super::column::{Column, boolean, float64, name, repeated_text, shown, text, time, uint16, uint32, uint64};
use super::flows::{milliseconds, number, push};
use crate::analysis::{Call, HttpCall, QuicConnection, TlsEnd, TlsHandshake, TlsOutcome};

/// One row for each call.
pub(super) fn columns() -> Vec<Column<Call>> {
    let part = |name: &str, read: fn(&Call) -> std::time::Duration| {
        float64(name, move |call: &Call| Some(milliseconds(read(call)))).always()
    };
    let http = |call: &Call, out: &mut String, read: fn(&HttpCall) -> Option<&str>| {
        push(out, call.http.as_ref().and_then(read))
    };
    vec![
        uint32("flow_id", |call: &Call| Some(call.flow_id)).always(),
        uint32("n", |call: &Call| Some(call.number)).always(),
        time("ts", |call: &Call| Some(call.time)).always(),
        name("protocol", |call: &Call| Some(call.protocol.name())).always(),
        uint64("request_bytes", |call: &Call| Some(call.request_bytes)).always(),
        uint64("response_bytes", |call: &Call| Some(call.response_bytes)).always(),
        float64("server_ack_ms", |call: &Call| call.server_ack.map(milliseconds)),
        float64("ttfb_ms", |call: &Call| call.time_to_first_byte.map(milliseconds)),
        float64("transfer_ms", |call: &Call| call.transfer.map(milliseconds)),
        part("total_ms", |call| call.total),
        part("network_ms", |call| call.parts.network),
        part("server_ms", |call| call.parts.server),
        part("client_ms", |call| call.parts.client),
        part("recovery_ms", |call| call.parts.recovery),
        part("receiver_stall_ms", |call| call.parts.receiver_stall),
        part("blind_ms", |call| call.parts.blind),
        name("dominant", |call: &Call| call.dominant().map(|part| part.name())),
        uint32("retx", |call: &Call| Some(call.retransmissions)).always(),
        boolean("complete", |call: &Call| Some(call.is_complete)).always(),
        repeated_text("method", move |call: &Call, out| http(call, out, |http| Some(http.method()))),
        repeated_text("host", move |call: &Call, out| http(call, out, |http| http.host())),
        text("path", move |call: &Call, out| http(call, out, |http| Some(http.path()))),
        uint16("status", |call: &Call| call.http.as_ref()?.status()),
        uint32("req_frame", |call: &Call| Some(number(call.request_frame))).always(),
        uint32("req_end_frame", |call: &Call| Some(number(call.request_end_frame))).always(),
        uint32("resp_frame", |call: &Call| call.response_frame.map(number)),
        uint32("resp_end_frame", |call: &Call| call.response_end_frame.map(number)),
    ]
}

/// One row for each handshake of TLS.
pub(super) fn tls_columns() -> Vec<Column<TlsHandshake>> {
    vec![
        uint32("flow_id", |tls: &TlsHandshake| Some(tls.flow_id)).always(),
        time("ts", |tls: &TlsHandshake| Some(tls.time)).always(),
        repeated_text("sni", |tls: &TlsHandshake, out| push(out, tls.server_name.as_deref())),
        repeated_text("alpn", |tls: &TlsHandshake, out| push(out, tls.alpn.as_deref())),
        repeated_text("offered_alpn", |tls: &TlsHandshake, out| join(out, tls.offered_alpn.iter())),
        shown("version", |tls: &TlsHandshake| tls.version),
        repeated_text("offered_versions", |tls: &TlsHandshake, out| join(out, tls.offered_versions.iter())),
        shown("cipher", |tls: &TlsHandshake| tls.cipher),
        shown("group", |tls: &TlsHandshake| tls.group),
        float64("hello_ms", |tls: &TlsHandshake| tls.hello.map(milliseconds)),
        float64("handshake_ms", |tls: &TlsHandshake| tls.handshake.map(milliseconds)),
        boolean("retried", |tls: &TlsHandshake| Some(tls.is_retried)).always(),
        boolean("resumed", |tls: &TlsHandshake| tls.is_resumed),
        name("outcome", |tls: &TlsHandshake| tls.outcome.map(TlsOutcome::name)),
        shown("alert", |tls: &TlsHandshake| tls.alert),
        name("failed_by", |tls: &TlsHandshake| tls.failed_by.map(TlsEnd::name)),
        text("cert_subject", |tls: &TlsHandshake, out| push(out, tls.certificate.as_ref().map(|c| c.subject.as_str()))),
        text("cert_issuer", |tls: &TlsHandshake, out| push(out, tls.certificate.as_ref().map(|c| c.issuer.as_str()))),
        text("cert_names", |tls: &TlsHandshake, out| {
            join(out, tls.certificate.iter().flat_map(|certificate| &certificate.names))
        }),
        time("cert_not_before", |tls: &TlsHandshake| tls.certificate.as_ref().map(|c| c.not_before)),
        time("cert_not_after", |tls: &TlsHandshake| tls.certificate.as_ref().map(|c| c.not_after)),
        uint32("client_hello_frame", |tls: &TlsHandshake| Some(number(tls.client_hello_frame))).always(),
        uint32("server_hello_frame", |tls: &TlsHandshake| tls.server_hello_frame.map(number)),
        uint32("end_frame", |tls: &TlsHandshake| tls.end_frame.map(number)),
    ]
}

/// One row for each beginning of a connection of QUIC.
pub(super) fn quic_columns() -> Vec<Column<QuicConnection>> {
    vec![
        uint32("flow_id", |quic: &QuicConnection| Some(quic.flow_id)).always(),
        time("ts", |quic: &QuicConnection| Some(quic.time)).always(),
        shown("version", |quic: &QuicConnection| Some(quic.version)).always(),
        name("outcome", |quic: &QuicConnection| Some(quic.outcome.name())).always(),
        float64("hello_ms", |quic: &QuicConnection| quic.hello.map(milliseconds)),
        float64("handshake_ms", |quic: &QuicConnection| quic.handshake.map(milliseconds)),
        boolean("retried", |quic: &QuicConnection| Some(quic.is_retried)).always(),
        uint32("attempts", |quic: &QuicConnection| Some(quic.attempts)).always(),
        uint32("first_frame", |quic: &QuicConnection| Some(number(quic.first_frame))).always(),
        uint32("answer_frame", |quic: &QuicConnection| quic.answer_frame.map(number)),
        uint32("end_frame", |quic: &QuicConnection| quic.end_frame.map(number)),
    ]
}

/// Joins items with commas; whether there are any.
pub(super) fn join(out: &mut String, items: impl Iterator<Item = impl std::fmt::Display>) -> bool {
    use std::fmt::Write;
    let mut any = false;
    for item in items {
        // Writing to a String cannot fail.
        let _ = write!(out, "{}{item}", if any { "," } else { "" });
        any = true;
    }
    any
}
