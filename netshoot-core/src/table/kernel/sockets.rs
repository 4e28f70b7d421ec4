//! Tables of sockets.

use std::sync::Arc;

use super::{address, dev, display, octets, owners};
use crate::netlink::{InetSocket, LinkNames, NetlinkDiagSocket, PacketSocket, TcpInfo, UnixSocket};
use crate::table::column::{Column, float64, shown, text, uint8, uint16, uint32, uint64};

pub(super) fn inet(names: &Arc<LinkNames>) -> Vec<Column<InetSocket>> {
    let bound = |socket: &InetSocket| (socket.ifindex != 0).then_some(socket.ifindex);
    let mut columns = vec![
        shown("family", |socket: &InetSocket| Some(socket.family)).always(),
        shown("proto", |socket: &InetSocket| Some(socket.protocol)).always(),
        shown("state", |socket: &InetSocket| Some(socket.state)).always(),
        address("src_ip", |socket: &InetSocket| Some(socket.source)).always(),
        uint16("src_port", |socket: &InetSocket| Some(socket.source_port)).always(),
        address("dst_ip", |socket: &InetSocket| Some(socket.destination)).always(),
        uint16("dst_port", |socket: &InetSocket| Some(socket.destination_port)).always(),
        uint32("index", bound),
        dev(names, "dev", bound),
        uint32("recv_q", |socket: &InetSocket| Some(socket.rqueue)).always(),
        uint32("send_q", |socket: &InetSocket| Some(socket.wqueue)).always(),
        uint32("uid", |socket: &InetSocket| Some(socket.uid)).always(),
        uint32("inode", |socket: &InetSocket| Some(socket.inode)).always(),
        uint64("cookie", |socket: &InetSocket| Some(socket.cookie)).always(),
        uint32("mark", |socket: &InetSocket| socket.mark),
        uint64("cgroup", |socket: &InetSocket| socket.cgroup_id),
        uint32("drops", |socket: &InetSocket| socket.skmem.as_ref()?.drops),
        octets("cong", |socket: &InetSocket| socket.congestion.as_ref()),
    ];
    columns.extend(owners(|socket: &InetSocket| &socket.owners));
    columns.extend(TIMES.into_iter().map(|(name, scale, read)| {
        float64(name, move |socket: &InetSocket| Some(f64::from(read(socket.tcp_info.as_ref()?)?) / scale))
    }));
    columns.extend(LONG_TIMES.into_iter().map(|(name, read)| {
        float64(name, move |socket: &InetSocket| Some(read(socket.tcp_info.as_ref()?)? as f64 / 1e3))
    }));
    columns.extend(
        NUMBERS
            .into_iter()
            .map(|(name, read)| uint32(name, move |socket: &InetSocket| socket.tcp_info.as_ref().and_then(read))),
    );
    columns.extend(
        TOTALS
            .into_iter()
            .map(|(name, read)| uint64(name, move |socket: &InetSocket| socket.tcp_info.as_ref().and_then(read))),
    );
    columns
}

type Number = fn(&TcpInfo) -> Option<u32>;
type Total = fn(&TcpInfo) -> Option<u64>;

/// Milliseconds, and how many of the kernel's units one is.
const TIMES: [(&str, f64, Number); 7] = [
    ("rtt_ms", 1e3, TcpInfo::rtt),
    ("rttvar_ms", 1e3, TcpInfo::rttvar),
    ("min_rtt_ms", 1e3, TcpInfo::min_rtt),
    ("rto_ms", 1e3, TcpInfo::rto),
    ("last_send_ms", 1.0, TcpInfo::last_data_sent),
    ("last_recv_ms", 1.0, TcpInfo::last_data_recv),
    ("last_ack_ms", 1.0, TcpInfo::last_ack_recv),
];

/// The same, of 64 bits.
const LONG_TIMES: [(&str, Total); 3] =
    [("busy_ms", TcpInfo::busy_time), ("rwnd_ms", TcpInfo::rwnd_limited), ("sndbuf_ms", TcpInfo::sndbuf_limited)];

const NUMBERS: [(&str, Number); 13] = [
    ("cwnd", TcpInfo::snd_cwnd),
    ("ssthresh", TcpInfo::snd_ssthresh),
    ("mss", TcpInfo::snd_mss),
    ("pmtu", TcpInfo::pmtu),
    ("unacked", TcpInfo::unacked),
    ("sacked", TcpInfo::sacked),
    ("lost", TcpInfo::lost),
    ("retrans", TcpInfo::retrans),
    ("total_retrans", TcpInfo::total_retrans),
    ("reordering", TcpInfo::reordering),
    ("notsent", TcpInfo::notsent_bytes),
    ("segs_out", TcpInfo::segs_out),
    ("segs_in", TcpInfo::segs_in),
];

const TOTALS: [(&str, Total); 6] = [
    ("bytes_sent", TcpInfo::bytes_sent),
    ("bytes_acked", TcpInfo::bytes_acked),
    ("bytes_recv", TcpInfo::bytes_received),
    ("bytes_retrans", TcpInfo::bytes_retrans),
    ("pacing_rate", TcpInfo::pacing_rate),
    ("delivery_rate", TcpInfo::delivery_rate),
];

pub(super) fn unix(_: &Arc<LinkNames>) -> Vec<Column<UnixSocket>> {
    let mut columns = vec![
        shown("type", |socket: &UnixSocket| Some(socket.kind)).always(),
        shown("state", |socket: &UnixSocket| Some(socket.state)).always(),
        text("name", |socket: &UnixSocket, out| display(out, socket.name.as_ref())),
        uint32("inode", |socket: &UnixSocket| Some(socket.inode)).always(),
        uint32("peer", |socket: &UnixSocket| socket.peer),
        uint32("recv_q", |socket: &UnixSocket| socket.rqueue),
        uint32("send_q", |socket: &UnixSocket| socket.wqueue),
        uint32("uid", |socket: &UnixSocket| socket.uid),
        uint64("cookie", |socket: &UnixSocket| Some(socket.cookie)).always(),
    ];
    columns.extend(owners(|socket: &UnixSocket| &socket.owners));
    columns
}

pub(super) fn packet(names: &Arc<LinkNames>) -> Vec<Column<PacketSocket>> {
    let bound = |socket: &PacketSocket| (socket.ifindex != 0).then_some(socket.ifindex);
    let mut columns = vec![
        shown("type", |socket: &PacketSocket| Some(socket.kind)).always(),
        uint16("eth_type", |socket: &PacketSocket| Some(socket.protocol)).always(),
        uint32("index", bound),
        dev(names, "dev", bound),
        uint32("inode", |socket: &PacketSocket| Some(socket.inode)).always(),
        uint32("uid", |socket: &PacketSocket| socket.uid),
        uint64("cookie", |socket: &PacketSocket| Some(socket.cookie)).always(),
    ];
    columns.extend(owners(|socket: &PacketSocket| &socket.owners));
    columns
}

pub(super) fn netlink(_: &Arc<LinkNames>) -> Vec<Column<NetlinkDiagSocket>> {
    let mut columns = vec![
        uint8("proto", |socket: &NetlinkDiagSocket| Some(socket.protocol)).always(),
        uint32("portid", |socket: &NetlinkDiagSocket| Some(socket.portid)).always(),
        uint32("dst_portid", |socket: &NetlinkDiagSocket| Some(socket.dst_portid)).always(),
        uint32("inode", |socket: &NetlinkDiagSocket| Some(socket.inode)).always(),
        uint64("cookie", |socket: &NetlinkDiagSocket| Some(socket.cookie)).always(),
    ];
    columns.extend(owners(|socket: &NetlinkDiagSocket| &socket.owners));
    columns
}
