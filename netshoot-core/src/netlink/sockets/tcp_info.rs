//! What the kernel knows of a TCP connection: `struct tcp_info`, which has grown with almost every release.

use std::fmt;

flags! {
    /// `TCPI_OPT_*`: what the two ends agreed on.
    TcpInfoOptions(u8) {
        /// Time stamps (RFC 7323).
        TIMESTAMPS = 1 "ts",
        /// Selective acknowledgement (RFC 2018).
        SACK = 2 "sack",
        /// Window scaling (RFC 7323).
        WSCALE = 4 "wscale",
        /// Explicit congestion notification (RFC 3168).
        ECN = 8 "ecn",
        /// At least one packet with an ECN codepoint came.
        ECN_SEEN = 16 "ecnseen",
        /// The SYN's data was acknowledged (TCP Fast Open).
        SYN_DATA = 32 "fastopen",
        /// User time-outs are in use.
        USEC_TS = 64 "usec_ts",
        /// A child of a fast open listener.
        TFO_CHILD = 128 "tfo_child",
    }
}

/// What TCP knows about a connection, as long as the running kernel made it.
///
/// Each value is `None` where the kernel is too old to tell it; what a newer kernel appends is kept in
/// [`as_bytes`](Self::as_bytes) up to [`MAX_LEN`](Self::MAX_LEN) octets. Times are in microseconds or, where a name begins
/// with `last_`, in milliseconds; rates in octets per second; sizes in octets unless the text says otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TcpInfo {
    len: u16,
    raw: [u8; Self::MAX_LEN],
}

macro_rules! values {
    ($($(#[$doc:meta])* $name:ident: $type:ident at $offset:literal;)*) => {
        impl TcpInfo {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $name(&self) -> Option<$type> {
                    let octets = self.as_bytes().get($offset..)?.first_chunk()?;
                    Some($type::from_ne_bytes(*octets))
                }
            )*

            /// Calls `visit` with the name and value of each number that the kernel told, in the kernel's order.
            pub fn each(&self, mut visit: impl FnMut(&'static str, u64)) {
                $(
                    if let Some(value) = self.$name() {
                        visit(stringify!($name), value.into());
                    }
                )*
            }

            /// The names of all numbers, in the kernel's order.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];
        }
    };
}

values! {
    /// State, as in the socket.
    state: u8 at 0;
    /// `TCP_CA_*`: 0 open, 1 disorder, 2 CWR, 3 recovery, 4 loss.
    ca_state: u8 at 1;
    /// Retransmissions in a row.
    retransmits: u8 at 2;
    /// Zero window or keepalive probes in a row.
    probes: u8 at 3;
    /// How often the time-out was doubled.
    backoff: u8 at 4;
    /// The bits of [`options`](Self::options).
    option_bits: u8 at 5;
    /// Retransmission time-out.
    rto: u32 at 8;
    /// Time-out of delayed acknowledgements.
    ato: u32 at 12;
    /// Largest segment sent.
    snd_mss: u32 at 16;
    /// Largest segment seen.
    rcv_mss: u32 at 20;
    /// Segments not acknowledged; of a listener, connections that wait to be accepted.
    unacked: u32 at 24;
    /// Segments acknowledged selectively; of a listener, its backlog.
    sacked: u32 at 28;
    /// Segments thought lost.
    lost: u32 at 32;
    /// Segments retransmitted and not yet acknowledged.
    retrans: u32 at 36;
    /// Forward acknowledgements; no longer used.
    fackets: u32 at 40;
    /// Since data was last sent, in milliseconds.
    last_data_sent: u32 at 44;
    /// Never filled in.
    last_ack_sent: u32 at 48;
    /// Since data last came, in milliseconds.
    last_data_recv: u32 at 52;
    /// Since an acknowledgement last came, in milliseconds.
    last_ack_recv: u32 at 56;
    /// Path MTU.
    pmtu: u32 at 60;
    /// Threshold of the receive window.
    rcv_ssthresh: u32 at 64;
    /// Smoothed round trip time.
    rtt: u32 at 68;
    /// Its mean deviation.
    rttvar: u32 at 72;
    /// Slow start threshold in segments.
    snd_ssthresh: u32 at 76;
    /// Congestion window in segments.
    snd_cwnd: u32 at 80;
    /// Largest segment announced.
    advmss: u32 at 84;
    /// How far segments may be out of order.
    reordering: u32 at 88;
    /// Round trip time as the receiver sees it.
    rcv_rtt: u32 at 92;
    /// Octets the receiver means to be read in a round trip.
    rcv_space: u32 at 96;
    /// Segments retransmitted in all.
    total_retrans: u32 at 100;
    /// Rate at which segments are paced; all ones is no limit.
    pacing_rate: u64 at 104;
    /// Most of it; all ones is no limit.
    max_pacing_rate: u64 at 112;
    /// Octets acknowledged (RFC 4898).
    bytes_acked: u64 at 120;
    /// Octets received (RFC 4898).
    bytes_received: u64 at 128;
    /// Segments sent.
    segs_out: u32 at 136;
    /// Segments received.
    segs_in: u32 at 140;
    /// Octets in the queue that were not sent yet.
    notsent_bytes: u32 at 144;
    /// Least round trip time seen.
    min_rtt: u32 at 148;
    /// Segments with data received.
    data_segs_in: u32 at 152;
    /// Segments with data sent.
    data_segs_out: u32 at 156;
    /// Last measured rate of delivery.
    delivery_rate: u64 at 160;
    /// Time with something to send.
    busy_time: u64 at 168;
    /// Of it, limited by the receive window.
    rwnd_limited: u64 at 176;
    /// Of it, limited by the send buffer.
    sndbuf_limited: u64 at 184;
    /// Segments delivered.
    delivered: u32 at 192;
    /// Of them, marked for congestion.
    delivered_ce: u32 at 196;
    /// Octets sent, retransmissions included.
    bytes_sent: u64 at 200;
    /// Octets retransmitted.
    bytes_retrans: u64 at 208;
    /// Duplicates that the other end reported.
    dsack_dups: u32 at 216;
    /// Times that reordering was seen.
    reord_seen: u32 at 220;
    /// Segments received out of order.
    rcv_ooopack: u32 at 224;
    /// The other end's window.
    snd_wnd: u32 at 228;
    /// The window announced to the other end.
    rcv_wnd: u32 at 232;
    /// Times that another path was tried.
    rehash: u32 at 236;
    /// Retransmission time-outs in all.
    total_rto: u16 at 240;
    /// Recoveries after them.
    total_rto_recoveries: u16 at 242;
    /// Time spent in them, in milliseconds.
    total_rto_time: u32 at 244;
    /// Packets received that were marked for congestion.
    received_ce: u32 at 248;
    /// Octets delivered with ECT(1), as accurate ECN tells.
    delivered_e1_bytes: u32 at 252;
    /// With ECT(0).
    delivered_e0_bytes: u32 at 256;
    /// Marked for congestion.
    delivered_ce_bytes: u32 at 260;
    /// Octets received with ECT(1).
    received_e1_bytes: u32 at 264;
    /// With ECT(0).
    received_e0_bytes: u32 at 268;
    /// Marked for congestion.
    received_ce_bytes: u32 at 272;
    /// Why accurate ECN failed, a bit each.
    accecn_fail_mode: u16 at 276;
    /// Whether the option of accurate ECN was seen.
    accecn_opt_seen: u16 at 278;
}

impl TcpInfo {
    /// Octets that are kept: the structure of Linux 6.18.
    pub const MAX_LEN: usize = 280;

    /// As much as is there of `struct tcp_info`.
    #[must_use]
    pub fn new(octets: &[u8]) -> Self {
        let mut raw = [0; Self::MAX_LEN];
        let octets = octets.get(..Self::MAX_LEN).unwrap_or(octets);
        if let Some(place) = raw.get_mut(..octets.len()) {
            place.copy_from_slice(octets);
        }
        Self { len: octets.len() as u16, raw }
    }

    /// The octets as the kernel sent them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.raw.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// What the two ends agreed on.
    #[must_use]
    pub fn options(&self) -> Option<TcpInfoOptions> {
        self.option_bits().map(TcpInfoOptions)
    }

    /// Scale of the window that the other end announces, in bits.
    #[must_use]
    pub fn snd_wscale(&self) -> Option<u8> {
        // Bit fields begin at the low end on little-endian machines only.
        let bits = *self.as_bytes().get(6)?;
        Some(if cfg!(target_endian = "little") { bits & 0xf } else { bits >> 4 })
    }

    /// Scale of the window that this end announces, in bits.
    #[must_use]
    pub fn rcv_wscale(&self) -> Option<u8> {
        let bits = *self.as_bytes().get(6)?;
        Some(if cfg!(target_endian = "little") { bits >> 4 } else { bits & 0xf })
    }

    /// Whether the rate of delivery was limited by what the program had to send.
    #[must_use]
    pub fn delivery_rate_app_limited(&self) -> Option<bool> {
        let bits = *self.as_bytes().get(7)?;
        Some(if cfg!(target_endian = "little") { bits & 1 != 0 } else { bits & 0x80 != 0 })
    }

    /// `TFO_*`: why fast open failed; 0 is that it did not.
    #[must_use]
    pub fn fastopen_client_fail(&self) -> Option<u8> {
        let bits = *self.as_bytes().get(7)?;
        Some(if cfg!(target_endian = "little") { bits >> 1 & 3 } else { bits >> 5 & 3 })
    }
}

impl fmt::Debug for TcpInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("TcpInfo");
        self.each(|name, value| {
            text.field(name, &value);
        });
        text.finish_non_exhaustive()
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for TcpInfo {
    /// All names, with `null` for what the kernel did not tell.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("options", &self.options())?;
        map.serialize_entry("snd_wscale", &self.snd_wscale())?;
        map.serialize_entry("rcv_wscale", &self.rcv_wscale())?;
        map.serialize_entry("delivery_rate_app_limited", &self.delivery_rate_app_limited())?;
        map.serialize_entry("fastopen_client_fail", &self.fastopen_client_fail())?;
        let mut values = Vec::with_capacity(Self::NAMES.len());
        self.each(|name, value| values.push((name, value)));
        let mut values = values.into_iter().peekable();
        for name in Self::NAMES.iter().filter(|name| **name != "option_bits") {
            while values.next_if(|(told, _)| *told == "option_bits").is_some() {}
            let value = values.next_if(|(told, _)| told == name).map(|(_, value)| value);
            map.serialize_entry(name, &value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_tells_what_it_holds() {
        let octets: Vec<u8> = (0..400).map(|octet| octet as u8).collect();
        let mut before = 0;
        for length in 0..=octets.len() {
            let info = TcpInfo::new(&octets[..length]);
            assert_eq!(info.as_bytes().len(), length.min(TcpInfo::MAX_LEN));
            let mut count = 0;
            info.each(|_, _| count += 1);
            assert!(count >= before && count <= TcpInfo::NAMES.len());
            before = count;
        }
        assert_eq!(before, TcpInfo::NAMES.len());
        let info = TcpInfo::new(&octets);
        assert_eq!(info.rtt(), Some(u32::from_ne_bytes([68, 69, 70, 71])));
        assert_eq!(info.accecn_opt_seen(), Some(u16::from_ne_bytes([22, 23])));
        assert_eq!(TcpInfo::new(&octets[..104]).pacing_rate(), None);
    }
}
