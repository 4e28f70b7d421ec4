//! The flow table.

use std::net::IpAddr;
use std::time::Duration;

use super::column::{Column, boolean, float64, int64, name, shown, text, time, uint8, uint16, uint32, uint64};
use crate::analysis::{DirectionStats, Endpoint, Flow};
use crate::packet::IpProtocol;

/// One row for each flow.
pub(super) fn columns() -> Vec<Column<Flow>> {
    let mut columns = identity();
    columns.extend(counters());
    columns.extend(tcp_counters());
    columns.extend(tcp_verdicts());
    columns.extend(ending());
    columns
}

fn identity() -> Vec<Column<Flow>> {
    vec![
        uint32("flow_id", |flow: &Flow| Some(flow.id)).always(),
        uint32("stream", |flow: &Flow| flow.stream),
        text("community_id", |flow: &Flow, out| push(out, Some(&flow.community_id(0)))).always(),
        time("first_ts", |flow: &Flow| Some(flow.first)).always(),
        time("last_ts", |flow: &Flow| Some(flow.last)).always(),
        float64("duration_ms", |flow: &Flow| Some(milliseconds(flow.duration()))).always(),
        uint8("ip_proto", |flow: &Flow| Some(flow.protocol.0)).always(),
        address("client_ip", |flow: &Flow| Some(flow.client.address)).always(),
        uint16("client_port", |flow: &Flow| port(flow, flow.client)),
        address("server_ip", |flow: &Flow| Some(flow.server.address)).always(),
        uint16("server_port", |flow: &Flow| port(flow, flow.server)),
        name("role_basis", |flow: &Flow| Some(flow.role_basis.name())).always(),
        uint16("vlan_id", |flow: &Flow| flow.vlan),
        text("server_name", |flow: &Flow, out| push(out, flow.server_name.as_deref())),
        name("conn_state", |flow: &Flow| Some(flow.state.name())).always(),
    ]
}

fn counters() -> Vec<Column<Flow>> {
    vec![
        uint64("packets_c2s", |flow: &Flow| Some(flow.client_to_server.packets)).always(),
        uint64("packets_s2c", |flow: &Flow| Some(flow.server_to_client.packets)).always(),
        uint64("bytes_c2s", |flow: &Flow| Some(flow.client_to_server.bytes)).always(),
        uint64("bytes_s2c", |flow: &Flow| Some(flow.server_to_client.bytes)).always(),
        uint64("payload_bytes_c2s", |flow: &Flow| Some(flow.client_to_server.payload_bytes)).always(),
        uint64("payload_bytes_s2c", |flow: &Flow| Some(flow.server_to_client.payload_bytes)).always(),
        uint8("ttl_c2s", |flow: &Flow| flow.client_to_server.hop_limit),
        uint8("ttl_s2c", |flow: &Flow| flow.server_to_client.hop_limit),
    ]
}

fn tcp_counters() -> Vec<Column<Flow>> {
    let mut columns = vec![
        uint32("syn_count", |flow| both(flow, |c2s, _| c2s.syn)),
        float64("syn_rtt_ms", |flow: &Flow| flow.syn_rtt.map(milliseconds)),
        float64("ack_rtt_ms", |flow: &Flow| flow.ack_rtt.map(milliseconds)),
    ];
    columns.extend(for_each_direction(|suffix, side| {
        vec![
            float64(&format!("rtt_max_ms_{suffix}"), move |flow| side(flow)?.max_rtt.map(milliseconds)),
            uint32(&format!("retx_pkts_{suffix}"), move |flow| Some(side(flow)?.retransmissions)),
            uint64(&format!("retx_bytes_{suffix}"), move |flow| Some(side(flow)?.retransmitted_bytes)),
            uint32(&format!("ooo_{suffix}"), move |flow| Some(side(flow)?.out_of_order)),
            uint32(&format!("dup_acks_{suffix}"), move |flow| Some(side(flow)?.duplicate_acks)),
            uint32(&format!("lost_unseen_{suffix}"), move |flow| Some(side(flow)?.lost_segments)),
            uint32(&format!("zw_count_{suffix}"), move |flow| Some(side(flow)?.zero_windows)),
            uint32(&format!("zw_closings_{suffix}"), move |flow| Some(side(flow)?.window_closings)),
            float64(&format!("zw_ms_{suffix}"), move |flow| Some(milliseconds(side(flow)?.zero_window_time))),
            uint16(&format!("mss_{suffix}"), move |flow| side(flow)?.mss),
            uint32(&format!("max_seg_{suffix}"), move |flow| Some(side(flow)?.max_segment)),
            uint8(&format!("wscale_{suffix}"), move |flow| side(flow)?.window_scale),
        ]
    }));
    columns.extend([
        uint32("fast_retx", |flow| sum(flow, |stats| stats.fast_retransmissions)),
        uint32("spurious", |flow| sum(flow, |stats| stats.spurious_retransmissions)),
        uint32("win_full", |flow| sum(flow, |stats| stats.window_full)),
        uint32("min_win", |flow| both(flow, |c2s, s2c| [c2s.min_window, s2c.min_window].into_iter().flatten().min())?),
        boolean("sack_ok", |flow| both(flow, |c2s, s2c| c2s.sack_permitted && s2c.sack_permitted)),
    ]);
    columns
}

/// What Wireshark does not tell.
fn tcp_verdicts() -> Vec<Column<Flow>> {
    let mut columns = vec![
        float64("initial_rtt_ms", |flow: &Flow| flow.initial_rtt.map(milliseconds)),
        uint8("completeness", |flow: &Flow| is_tcp(flow).then_some(flow.completeness.0)),
        text("history", |flow: &Flow, out| push(out, is_tcp(flow).then(|| flow.history.as_str()))),
    ];
    columns.extend(for_each_direction(|suffix, side| {
        vec![
            float64(&format!("rtt_min_ms_{suffix}"), move |flow| side(flow)?.min_rtt.map(milliseconds)),
            float64(&format!("ts_rtt_ms_{suffix}"), move |flow| side(flow)?.timestamp_rtt.map(milliseconds)),
            uint32(&format!("resent_fast_{suffix}"), move |flow| Some(side(flow)?.resent_fast)),
            uint32(&format!("resent_timeout_{suffix}"), move |flow| Some(side(flow)?.resent_timeout)),
            uint32(&format!("resent_spurious_{suffix}"), move |flow| Some(side(flow)?.resent_spurious)),
            uint32(&format!("resent_tail_{suffix}"), move |flow| Some(side(flow)?.resent_tail)),
            uint32(&format!("reordered_{suffix}"), move |flow| Some(side(flow)?.reordered)),
            uint32(&format!("resent_overrun_{suffix}"), move |flow| Some(side(flow)?.resent_overrun)),
            uint32(&format!("dup_network_{suffix}"), move |flow| Some(side(flow)?.duplicate_network)),
            uint32(&format!("dup_capture_{suffix}"), move |flow| Some(side(flow)?.duplicate_capture)),
            uint32(&format!("dsacks_{suffix}"), move |flow| Some(side(flow)?.duplicate_sacks)),
            uint32(&format!("lost_network_{suffix}"), move |flow| Some(side(flow)?.lost_by_network())),
            uint64(&format!("lost_capture_bytes_{suffix}"), move |flow| Some(side(flow)?.capture_lost_bytes)),
            uint64(&format!("acked_bytes_{suffix}"), move |flow| Some(side(flow)?.acknowledged_bytes)),
            uint32(&format!("max_acked_seg_{suffix}"), move |flow| Some(side(flow)?.max_acked_segment)),
            uint32(&format!("max_in_flight_{suffix}"), move |flow| Some(side(flow)?.max_bytes_in_flight)),
            float64(&format!("goodput_bps_{suffix}"), move |flow| side(flow)?.goodput().map(|octets| octets * 8.0)),
            float64(&format!("sender_ms_{suffix}"), move |flow| Some(milliseconds(side(flow)?.sender_limited))),
            float64(&format!("network_ms_{suffix}"), move |flow| Some(milliseconds(side(flow)?.network_limited))),
            float64(&format!("receiver_ms_{suffix}"), move |flow| Some(milliseconds(side(flow)?.receiver_limited))),
            boolean(&format!("mtu_suspect_{suffix}"), move |flow| Some(side(flow)?.is_mtu_suspect())),
        ]
    }));
    columns.extend([
        boolean("mss_clamped_c2s", |flow| both(flow, |c2s, s2c| c2s.is_mss_clamped(s2c.mss))),
        boolean("mss_clamped_s2c", |flow| both(flow, |c2s, s2c| s2c.is_mss_clamped(c2s.mss))),
        boolean("wscale_missing", |flow: &Flow| is_tcp(flow).then(|| flow.lacks_window_scaling())),
        boolean("asymmetric", |flow: &Flow| is_tcp(flow).then(|| flow.is_asymmetric())),
        boolean("captured_twice", |flow: &Flow| is_tcp(flow).then(|| flow.is_captured_twice())),
        boolean("rst_suspect", |flow: &Flow| is_tcp(flow).then(|| flow.is_reset_suspect())),
        int64("rst_ttl_delta", |flow: &Flow| flow.reset_hop_delta.map(i64::from)),
        boolean("rst_goes_on", |flow: &Flow| flow.reset_goes_on),
        uint32("too_big_errors", |flow: &Flow| Some(flow.too_big_errors)).always(),
    ]);
    columns
}

fn ending() -> Vec<Column<Flow>> {
    vec![
        name("closed_by", |flow: &Flow| flow.closed_by.map(|by| by.name())),
        uint32("icmp_errors", |flow: &Flow| Some(flow.icmp_errors)).always(),
        boolean("one_way", |flow: &Flow| {
            Some(flow.client_to_server.packets == 0 || flow.server_to_client.packets == 0)
        })
        .always(),
        uint32("first_frame", |flow: &Flow| Some(number(flow.first_frame))).always(),
        uint32("last_frame", |flow: &Flow| Some(number(flow.last_frame))).always(),
    ]
}

/// The columns of the client's direction, each followed by its twin of the server's.
fn for_each_direction(columns: impl Fn(&'static str, Side) -> Vec<Column<Flow>>) -> Vec<Column<Flow>> {
    let client = columns("c2s", |flow| is_tcp(flow).then_some(&flow.client_to_server));
    let server = columns("s2c", |flow| is_tcp(flow).then_some(&flow.server_to_client));
    client.into_iter().zip(server).flat_map(|(client, server)| [client, server]).collect()
}

/// One direction of a TCP flow.
type Side = fn(&Flow) -> Option<&DirectionStats>;

fn both<T>(flow: &Flow, read: impl Fn(&DirectionStats, &DirectionStats) -> T) -> Option<T> {
    is_tcp(flow).then(|| read(&flow.client_to_server, &flow.server_to_client))
}

fn sum(flow: &Flow, read: impl Fn(&DirectionStats) -> u32) -> Option<u32> {
    both(flow, |c2s, s2c| read(c2s).saturating_add(read(s2c)))
}

fn is_tcp(flow: &Flow) -> bool {
    flow.protocol == IpProtocol::TCP
}

fn port(flow: &Flow, end: Endpoint) -> Option<u16> {
    matches!(flow.protocol, IpProtocol::TCP | IpProtocol::UDP).then_some(end.port)
}

/// A column of IP addresses.
pub(super) fn address<R>(name: &str, read: impl Fn(&R) -> Option<IpAddr> + Send + 'static) -> Column<R> {
    shown(name, read)
}

/// A frame number as tables have it; captures of more than 2³² - 1 frames are beyond them.
pub(super) fn number(frame: u64) -> u32 {
    u32::try_from(frame).unwrap_or(u32::MAX)
}

/// Rounded once, so that the number prints as short as its nanoseconds are: `35.389`.
pub(super) fn milliseconds(duration: Duration) -> f64 {
    duration.as_nanos() as f64 / 1e6
}

/// Appends the text if there is one, and says whether there is.
pub(super) fn push(out: &mut String, text: Option<&str>) -> bool {
    out.push_str(text.unwrap_or_default());
    text.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_print_as_short_as_their_nanoseconds() {
        for (nanos, text) in [(35_389_000, "35.389"), (1, "0.000001"), (4_035_001_700, "4035.0017"), (0, "0")] {
            assert_eq!(milliseconds(Duration::from_nanos(nanos)).to_string(), text);
        }
    }
}
