//! What lies in packets: messages of DNS and DHCP, beginnings of QUIC, and what ICMP says of other packets.

use super::numbers::Opening;
use super::shard::{Arrival, Seen, Shard};
use crate::analysis::datagrams::Part;
use crate::analysis::evidence::Event;
use crate::analysis::key::{self, Key};
use crate::analysis::{DnsTransport, quic};
use crate::packet::{FiveTuple, Icmp, IpProtocol, Packet};

impl Shard {
    /// Counts the stream that a quoted packet opens, as Wireshark does if enough of its header is there.
    fn reserve_stream(&mut self, key: Key, tuple: &FiveTuple, quoted: &Packet<'_>) {
        let header_len = quoted.bytes().len().saturating_sub(usize::from(quoted.layout().transport));
        let needed = if tuple.protocol == IpProtocol::TCP { QUOTED_TCP_LEN } else { QUOTED_UDP_LEN };
        if quoted.layout().is_fragment() || header_len < needed || self.reserved_streams.contains_key(&key) {
            return;
        }
        let Some(stream) = self.next_stream(tuple.protocol) else { return };
        if self.share.is_part() {
            self.openings.push(Opening::stream(self.step, tuple.protocol));
        }
        if self.reserved_streams.len() < MAX_RESERVED {
            self.reserved_streams.insert(key, stream);
        }
    }

    /// DNS messages, beginnings of QUIC, and others that are matched with each other. In a fragment, only an answer of DNS that
    /// begins there: filters for a port, and lossy paths, leave it without the others.
    #[inline]
    pub(super) fn look_inside(&mut self, arrival: &Arrival<'_>, seen: &Seen) {
        let flow_id = seen.flow_id;
        if self.take_dns(arrival, flow_id) || arrival.part == Part::Fragment {
            return;
        }
        match arrival.tuple.protocol {
            IpProtocol::UDP => {
                if let Some(message) = arrival.packet.dhcp() {
                    self.table.logs.dhcp.take(&message, &arrival.note(flow_id));
                } else {
                    self.datagram(arrival, seen);
                }
            }
            IpProtocol::TCP
                if (arrival.tuple.source_port == 53 || arrival.tuple.destination_port == 53) && !seen.repeated =>
            {
                self.resolver.stream(arrival.packet.payload().bytes, arrival.note(flow_id));
            }
            IpProtocol::ICMP | IpProtocol::ICMPV6 => {
                if let Some((icmp, is_reply)) = key::echo(arrival.packet) {
                    self.table.logs.icmp.echo(&icmp, is_reply, &arrival.note(flow_id));
                }
            }
            _ => {}
        }
    }

    /// Whether it is a datagram of DNS.
    #[inline]
    fn take_dns(&mut self, arrival: &Arrival<'_>, flow_id: u32) -> bool {
        if arrival.tuple.protocol == IpProtocol::UDP
            && let Some(transport) = dns_transport(&arrival.tuple)
            && let Some(message) = arrival.packet.dns()
        {
            self.resolver.message(transport, &message, arrival.part, arrival.note(flow_id));
            return true;
        }
        false
    }

    /// A datagram that may be of QUIC.
    fn datagram(&mut self, arrival: &Arrival<'_>, seen: &Seen) {
        let Some((flow, track, logs)) = self.table.slot_and_logs(seen.slot) else { return };
        let (is_first, note) = (flow.packets() == 1, arrival.note(flow.id));
        let from_client = seen.from_client;
        if is_first && from_client && !arrival.packet.layout().is_fragment() {
            track.quic = quic::begin(&mut logs.quic, &arrival.packet.payload(), &note);
        } else if let Some(number) = track.quic {
            let datagram = arrival.packet.payload().bytes;
            let connection = logs.quic.get_mut(number);
            if !connection.is_some_and(|connection| quic::go_on(connection, datagram, from_client, &note)) {
                track.quic = None;
            }
        }
    }

    /// An ICMP error that quotes a packet of these flows.
    #[inline]
    pub(super) fn look_at_quoted(&mut self, arrival: &Arrival<'_>) {
        if !matches!(arrival.tuple.protocol, IpProtocol::ICMP | IpProtocol::ICMPV6) {
            return;
        }
        let Some((icmp, quoted)) = key::quoted(arrival.packet) else { return };
        let Some(tuple) = quoted.five_tuple() else { return };
        let (key, _) = Key::new(&tuple);
        if self.share.has(&key) {
            self.icmp_error(&icmp, arrival, &quoted, tuple, key);
        }
    }

    fn icmp_error(&mut self, icmp: &Icmp<'_>, arrival: &Arrival<'_>, quoted: &Packet<'_>, tuple: FiveTuple, key: Key) {
        let (kind, code) = (icmp.message_type(), icmp.code());
        let mut flow_id = None;
        if let Some(slot) = self.table.find(&key) {
            if let Some((flow, track)) = self.table.slot(slot) {
                flow.icmp_errors = flow.icmp_errors.saturating_add(1);
                let too_big = if arrival.tuple.source.is_ipv6() { kind == 2 } else { (kind, code) == (3, 4) };
                flow.too_big_errors = flow.too_big_errors.saturating_add(u32::from(too_big));
                track.witness(Event::IcmpError, arrival.frame, arrival.time);
                flow_id = Some(flow.id);
            }
            self.table.changed(slot);
        } else {
            self.reserve_stream(key, &tuple, quoted);
        }
        self.table.logs.icmp.error(icmp, tuple, flow_id, &arrival.note(u32::MAX));
    }
}

fn dns_transport(tuple: &FiveTuple) -> Option<DnsTransport> {
    let has = |port| tuple.source_port == port || tuple.destination_port == port;
    match () {
        () if has(53) => Some(DnsTransport::Udp),
        () if has(5353) => Some(DnsTransport::Mdns),
        () if has(5355) => Some(DnsTransport::Llmnr),
        () => None,
    }
}

/// Octets of a quoted header that Wireshark reads before it looks for the stream: in TCP up to the window.
const QUOTED_TCP_LEN: usize = 16;
const QUOTED_UDP_LEN: usize = 8;
/// Numbers that are kept for flows to come: beyond that they are counted only.
const MAX_RESERVED: usize = 4096;
