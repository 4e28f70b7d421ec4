//! The tables of what keeps a network together: ICMP, ARP and DHCP.

use super::calls::join;
use super::column::{Column, boolean, float64, name, shown, text, time, uint8, uint16, uint32};
use super::flows::{address, milliseconds, number, push};
use crate::analysis::{ArpMessage, DhcpExchange, IcmpMessage};
use crate::packet::{FiveTuple, IpProtocol};

/// One row for each error, and for each echo request with its reply.
pub(super) fn icmp_columns() -> Vec<Column<IcmpMessage>> {
    let quoted_port = |read: fn(&FiveTuple) -> u16| {
        move |icmp: &IcmpMessage| {
            let quoted = icmp.quoted.filter(|quoted| matches!(quoted.protocol, IpProtocol::TCP | IpProtocol::UDP));
            quoted.map(|quoted| read(&quoted))
        }
    };
    vec![
        time("ts", |icmp: &IcmpMessage| Some(icmp.time)).always(),
        address("src_ip", |icmp: &IcmpMessage| Some(icmp.source)).always(),
        address("dst_ip", |icmp: &IcmpMessage| Some(icmp.destination)).always(),
        name("kind", |icmp: &IcmpMessage| Some(icmp.kind.name())).always(),
        uint8("type", |icmp: &IcmpMessage| Some(icmp.message_type)).always(),
        uint8("code", |icmp: &IcmpMessage| Some(icmp.code)).always(),
        uint32("mtu", |icmp: &IcmpMessage| icmp.mtu),
        uint8("quoted_ip_proto", |icmp: &IcmpMessage| icmp.quoted.map(|quoted| quoted.protocol.0)),
        address("quoted_src_ip", |icmp: &IcmpMessage| icmp.quoted.map(|quoted| quoted.source)),
        uint16("quoted_src_port", quoted_port(|quoted| quoted.source_port)),
        address("quoted_dst_ip", |icmp: &IcmpMessage| icmp.quoted.map(|quoted| quoted.destination)),
        uint16("quoted_dst_port", quoted_port(|quoted| quoted.destination_port)),
        uint32("flow_id", |icmp: &IcmpMessage| icmp.flow_id),
        uint16("echo_id", |icmp: &IcmpMessage| icmp.echo.map(|(identifier, _)| identifier)),
        uint16("echo_seq", |icmp: &IcmpMessage| icmp.echo.map(|(_, sequence)| sequence)),
        boolean("answered", IcmpMessage::is_answered),
        float64("rtt_ms", |icmp: &IcmpMessage| icmp.rtt.map(milliseconds)),
        uint32("frame", |icmp: &IcmpMessage| Some(number(icmp.frame))).always(),
        uint32("reply_frame", |icmp: &IcmpMessage| icmp.reply_frame.map(number)),
    ]
}

/// One row for each message.
pub(super) fn arp_columns() -> Vec<Column<ArpMessage>> {
    vec![
        time("ts", |arp: &ArpMessage| Some(arp.time)).always(),
        shown("sender_ip", |arp: &ArpMessage| Some(arp.sender)).always(),
        shown("sender_mac", |arp: &ArpMessage| Some(arp.sender_mac)).always(),
        shown("target_ip", |arp: &ArpMessage| Some(arp.target)).always(),
        name("kind", |arp: &ArpMessage| Some(arp.kind.name())).always(),
        boolean("answered", ArpMessage::is_answered),
        float64("latency_ms", |arp: &ArpMessage| arp.latency.map(milliseconds)),
        shown("answered_by_mac", |arp: &ArpMessage| arp.answered_by),
        boolean("conflict", |arp: &ArpMessage| Some(arp.conflict.is_some())).always(),
        shown("conflict_mac", |arp: &ArpMessage| arp.conflict),
        uint32("frame", |arp: &ArpMessage| Some(number(arp.frame))).always(),
        uint32("reply_frame", |arp: &ArpMessage| arp.reply_frame.map(number)),
    ]
}

/// One row for each exchange.
pub(super) fn dhcp_columns() -> Vec<Column<DhcpExchange>> {
    vec![
        time("ts", |dhcp: &DhcpExchange| Some(dhcp.time)).always(),
        uint32("transaction", |dhcp: &DhcpExchange| Some(dhcp.transaction)).always(),
        shown("client_mac", |dhcp: &DhcpExchange| dhcp.client_mac),
        text("host_name", |dhcp: &DhcpExchange, out| push(out, dhcp.host_name.as_deref())),
        shown("kind", |dhcp: &DhcpExchange| Some(dhcp.kind)).always(),
        uint32("requests", |dhcp: &DhcpExchange| Some(dhcp.requests)).always(),
        text("server_ips", |dhcp: &DhcpExchange, out| join(out, dhcp.servers.iter())),
        shown("requested_ip", |dhcp: &DhcpExchange| dhcp.requested),
        shown("offered_ip", |dhcp: &DhcpExchange| dhcp.offered),
        uint32("lease_s", |dhcp: &DhcpExchange| dhcp.lease),
        name("outcome", |dhcp: &DhcpExchange| Some(dhcp.outcome.name())).always(),
        float64("latency_ms", |dhcp: &DhcpExchange| dhcp.latency.map(milliseconds)),
        text("message", |dhcp: &DhcpExchange, out| push(out, dhcp.message.as_deref())),
        uint32("first_frame", |dhcp: &DhcpExchange| Some(number(dhcp.first_frame))).always(),
        uint32("last_frame", |dhcp: &DhcpExchange| Some(number(dhcp.last_frame))).always(),
    ]
}
