//! What TCP knows about a connection, in the words of `ss -i`.

use super::super::super::{InetSocket, SocketState, TcpInfo, TcpInfoOptions};
use super::number::{decimal, gain, put, rate, signed, thousandth};
use super::put_name;

/// Writes the words, each with a space in front.
pub(super) fn write(out: &mut Vec<u8>, socket: &InetSocket, info: &TcpInfo, options: bool, numeric: bool) {
    if options {
        option_words(out, info);
    }
    if let Some(name) = socket.congestion.as_ref().filter(|name| !name.as_bytes().is_empty()) {
        out.push(b' ');
        put_name(out, name);
    }
    times(out, info);
    sizes(out, info);
    counts(out, info);
    congestion(out, socket, numeric);
    rates(out, socket, info, numeric);
    limits(out, info);
    losses(out, socket, info);
    receiver(out, info);
}

fn option_words(out: &mut Vec<u8>, info: &TcpInfo) {
    let Some(options) = info.options() else { return };
    for (option, word) in [
        (TcpInfoOptions::TIMESTAMPS, " ts"),
        (TcpInfoOptions::SACK, " sack"),
        (TcpInfoOptions::ECN, " ecn"),
        (TcpInfoOptions::ECN_SEEN, " ecnseen"),
        (TcpInfoOptions::SYN_DATA, " fastopen"),
    ] {
        if options.contains(option) {
            out.extend_from_slice(word.as_bytes());
        }
    }
}

fn times(out: &mut Vec<u8>, info: &TcpInfo) {
    if info.options().is_some_and(|options| options.contains(TcpInfoOptions::WSCALE)) {
        word(out, "wscale", info.snd_wscale().map_or(0, u32::from));
        out.push(b',');
        decimal(out, info.rcv_wscale().unwrap_or_default());
    }
    if let Some(rto) = info.rto().filter(|rto| !matches!(rto, 0 | 3_000_000)) {
        milliseconds(out, "rto", rto);
    }
    number(out, "backoff", info.backoff().map(u32::from));
    if let Some(rtt) = info.rtt().filter(|rtt| *rtt > 0) {
        milliseconds(out, "rtt", rtt);
        out.push(b'/');
        thousandth(out, info.rttvar().unwrap_or_default());
    }
    if let Some(ato) = info.ato().filter(|ato| *ato > 0) {
        milliseconds(out, "ato", ato);
    }
}

fn sizes(out: &mut Vec<u8>, info: &TcpInfo) {
    integer(out, "mss", info.snd_mss());
    number(out, "pmtu", info.pmtu());
    integer(out, "rcvmss", info.rcv_mss());
    integer(out, "advmss", info.advmss());
    number(out, "cwnd", info.snd_cwnd());
    number(out, "ssthresh", info.snd_ssthresh().filter(|threshold| *threshold < 0xffff));
}

fn counts(out: &mut Vec<u8>, info: &TcpInfo) {
    long(out, "bytes_sent", info.bytes_sent());
    long(out, "bytes_retrans", info.bytes_retrans());
    long(out, "bytes_acked", info.bytes_acked());
    long(out, "bytes_received", info.bytes_received());
    number(out, "segs_out", info.segs_out());
    number(out, "segs_in", info.segs_in());
    number(out, "data_segs_out", info.data_segs_out());
    number(out, "data_segs_in", info.data_segs_in());
}

/// What the congestion control tells about itself.
fn congestion(out: &mut Vec<u8>, socket: &InetSocket, numeric: bool) {
    if let Some(dctcp) = &socket.dctcp {
        if dctcp.enabled {
            put(
                out,
                format_args!(
                    " dctcp:(ce_state:{},alpha:{},ab_ecn:{},ab_tot:{})",
                    dctcp.ce_state, dctcp.alpha, dctcp.ab_ecn, dctcp.ab_tot
                ),
            );
        } else {
            out.extend_from_slice(b" dctcp:fallback_mode");
        }
    }
    if let Some(bbr) = &socket.bbr {
        out.extend_from_slice(b" bbr:(bw:");
        rate(out, bbr.bw as f64 * 8.0, numeric);
        out.extend_from_slice(b"bps,mrtt:");
        thousandth(out, bbr.min_rtt);
        for (name, value) in [(",pacing_gain:", bbr.pacing_gain), (",cwnd_gain:", bbr.cwnd_gain)] {
            if value != 0 {
                out.extend_from_slice(name.as_bytes());
                gain(out, value);
            }
        }
        out.push(b')');
    }
}

fn rates(out: &mut Vec<u8>, socket: &InetSocket, info: &TcpInfo, numeric: bool) {
    let bits = |octets: Option<u64>| {
        octets.filter(|octets| !matches!(*octets, 0 | u64::MAX)).map(|octets| octets as f64 * 8.0)
    };
    if let Some(speed) = send_rate(socket, info) {
        speed_word(out, " send ", speed, numeric);
    }
    number(out, "lastsnd", info.last_data_sent());
    number(out, "lastrcv", info.last_data_recv());
    number(out, "lastack", info.last_ack_recv());
    if let Some(speed) = bits(info.pacing_rate()) {
        speed_word(out, " pacing_rate ", speed, numeric);
        if let Some(most) = bits(info.max_pacing_rate()) {
            speed_word(out, "/", most, numeric);
        }
    }
    if let Some(octets) = info.delivery_rate().filter(|octets| *octets > 0) {
        speed_word(out, " delivery_rate ", octets as f64 * 8.0, numeric);
    }
}

/// A window of segments in each round trip.
fn send_rate(socket: &InetSocket, info: &TcpInfo) -> Option<f64> {
    let vegas = socket.vegas.as_ref().filter(|vegas| vegas.enabled && !matches!(vegas.rtt, 0 | 0x7fff_ffff));
    let rtt = vegas.map_or(info.rtt()?, |vegas| vegas.rtt);
    let (window, segment) = (info.snd_cwnd()?, info.snd_mss()?);
    (rtt > 0 && window > 0 && segment > 0)
        .then(|| f64::from(window) * f64::from(segment) * 8_000_000.0 / f64::from(rtt))
}

fn limits(out: &mut Vec<u8>, info: &TcpInfo) {
    number(out, "delivered", info.delivered());
    number(out, "delivered_ce", info.delivered_ce());
    if info.delivery_rate_app_limited() == Some(true) {
        out.extend_from_slice(b" app_limited");
    }
    let Some(busy) = info.busy_time().filter(|busy| *busy > 0) else { return };
    key(out, "busy");
    decimal(out, busy / 1000);
    out.extend_from_slice(b"ms");
    for (name, time) in [("rwnd_limited", info.rwnd_limited()), ("sndbuf_limited", info.sndbuf_limited())] {
        if let Some(time) = time.filter(|time| *time > 0) {
            put(out, format_args!(" {name}:{}ms({:.1}%)", time / 1000, 100.0 * time as f64 / busy as f64));
        }
    }
}

fn losses(out: &mut Vec<u8>, socket: &InetSocket, info: &TcpInfo) {
    number(out, "unacked", info.unacked());
    let (now, total) = (info.retrans().unwrap_or_default(), info.total_retrans().unwrap_or_default());
    if now > 0 || total > 0 {
        word(out, "retrans", now);
        out.push(b'/');
        decimal(out, total);
    }
    number(out, "lost", info.lost());
    number(out, "sacked", info.sacked().filter(|_| socket.state != SocketState::LISTEN));
    number(out, "dsack_dups", info.dsack_dups());
    number(out, "fackets", info.fackets());
    if let Some(distance) = info.reordering().filter(|distance| *distance != 3) {
        out.extend_from_slice(b" reordering:");
        signed(out, distance);
    }
    integer(out, "reord_seen", info.reord_seen());
}

fn receiver(out: &mut Vec<u8>, info: &TcpInfo) {
    if let Some(rtt) = info.rcv_rtt().filter(|rtt| *rtt > 0) {
        milliseconds(out, "rcv_rtt", rtt);
    }
    integer(out, "rcv_space", info.rcv_space());
    number(out, "rcv_ssthresh", info.rcv_ssthresh());
    number(out, "notsent", info.notsent_bytes());
    if let Some(rtt) = info.min_rtt().filter(|rtt| !matches!(*rtt, 0 | u32::MAX)) {
        milliseconds(out, "minrtt", rtt);
    }
    number(out, "rcv_ooopack", info.rcv_ooopack());
    number(out, "snd_wnd", info.snd_wnd());
}

fn milliseconds(out: &mut Vec<u8>, name: &str, microseconds: u32) {
    key(out, name);
    thousandth(out, microseconds);
}

fn speed_word(out: &mut Vec<u8>, name: &str, bits: f64, numeric: bool) {
    out.extend_from_slice(name.as_bytes());
    rate(out, bits, numeric);
    out.extend_from_slice(b"bps");
}

/// A number that is there and not zero.
fn number(out: &mut Vec<u8>, name: &str, value: Option<u32>) {
    if let Some(value) = value.filter(|value| *value != 0) {
        word(out, name, value);
    }
}

/// The same, of 64 bits.
fn long(out: &mut Vec<u8>, name: &str, value: Option<u64>) {
    if let Some(value) = value.filter(|value| *value != 0) {
        key(out, name);
        decimal(out, value);
    }
}

/// The same, shown with a sign, as `ss` does with some.
fn integer(out: &mut Vec<u8>, name: &str, value: Option<u32>) {
    if let Some(value) = value.filter(|value| *value != 0) {
        key(out, name);
        signed(out, value);
    }
}

fn word(out: &mut Vec<u8>, name: &str, value: u32) {
    key(out, name);
    decimal(out, value);
}

fn key(out: &mut Vec<u8>, name: &str) {
    out.push(b' ');
    out.extend_from_slice(name.as_bytes());
    out.push(b':');
}
