//! The table of DNS transactions.

use super::column::{Column, boolean, float64, name, repeated_text, shown, text, time, uint16, uint32};
use super::flows::{address, milliseconds, number, push};
use crate::analysis::DnsTransaction;

/// One row for each transaction: a question put to one resolver, with its answer.
pub(super) fn columns() -> Vec<Column<DnsTransaction>> {
    vec![
        time("ts", |dns: &DnsTransaction| Some(dns.time)).always(),
        uint32("flow_id", |dns: &DnsTransaction| Some(dns.flow_id)).always(),
        address("client_ip", |dns: &DnsTransaction| Some(dns.client)).always(),
        address("resolver_ip", |dns: &DnsTransaction| Some(dns.resolver)).always(),
        name("transport", |dns: &DnsTransaction| Some(dns.transport.name())).always(),
        uint16("txid", |dns: &DnsTransaction| Some(dns.id)).always(),
        repeated_text("qname", |dns: &DnsTransaction, out| push(out, Some(&dns.name))).always(),
        shown("qtype", |dns: &DnsTransaction| Some(dns.record_type)).always(),
        shown("rcode", |dns: &DnsTransaction| dns.response_code),
        boolean("answered", |dns: &DnsTransaction| Some(dns.is_answered())).always(),
        uint32("attempts", |dns: &DnsTransaction| Some(dns.attempts)).always(),
        float64("latency_ms", |dns: &DnsTransaction| dns.latency.map(milliseconds)),
        float64("first_latency_ms", |dns: &DnsTransaction| dns.first_latency.map(milliseconds)),
        text("answers", |dns: &DnsTransaction, out| {
            for (n, answer) in dns.answers.iter().enumerate() {
                out.push_str(if n == 0 { "" } else { "," });
                out.push_str(answer);
            }
            dns.is_answered()
        }),
        text("cname", |dns: &DnsTransaction, out| push(out, dns.cname.as_deref())),
        uint32("ttl_min", |dns: &DnsTransaction| dns.min_ttl),
        boolean("truncated", |dns: &DnsTransaction| dns.is_answered().then_some(dns.truncated)),
        boolean("tcp_fallback", |dns: &DnsTransaction| Some(dns.tcp_fallback)).always(),
        boolean("search_suffix", |dns: &DnsTransaction| Some(dns.search_suffix)).always(),
        boolean("authoritative", |dns: &DnsTransaction| dns.is_answered().then_some(dns.authoritative)),
        uint32("pair_frame", |dns: &DnsTransaction| dns.pair_frame.map(number)),
        uint32("query_frame", |dns: &DnsTransaction| dns.query_frame.map(number)),
        uint32("response_frame", |dns: &DnsTransaction| dns.response_frame.map(number)),
    ]
}
