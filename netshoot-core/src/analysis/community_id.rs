//! Community ID: a name for a flow that other tools give it too.

use std::net::IpAddr;

use sha1::{Digest, Sha1};

use super::Flow;
use crate::packet::{FiveTuple, IpProtocol};

/// The [Community ID](https://github.com/corelight/community-id-spec) of a flow, version 1, the same for both directions:
/// `1:` and a hash in Base64. Zeek, Suricata, Wireshark and others give the same flow the same name, with the same `seed`:
/// 0 if nobody chose another.
///
/// For ICMP and ICMPv6 the source port is the type of the message, the destination port its code. Only TCP, UDP, SCTP and
/// ICMP have ports that count.
///
/// ```
/// use netshoot_core::analysis::community_id;
/// use netshoot_core::packet::{FiveTuple, IpProtocol};
///
/// let tuple = FiveTuple {
///     source: [128, 232, 110, 120].into(),
///     destination: [66, 35, 250, 204].into(),
///     source_port: 34855,
///     destination_port: 80,
///     protocol: IpProtocol::TCP,
/// };
/// assert_eq!(community_id(&tuple, 0), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
/// ```
#[must_use]
pub fn community_id(tuple: &FiveTuple, seed: u16) -> String {
    let (ports, is_one_way) = match tuple.protocol {
        IpProtocol::TCP | IpProtocol::UDP | IpProtocol::SCTP => {
            (Some((tuple.source_port, tuple.destination_port)), false)
        }
        IpProtocol::ICMP | IpProtocol::ICMPV6 => {
            let (kind, code) = (tuple.source_port, tuple.destination_port);
            let answer = counterpart(tuple.protocol, kind);
            (Some((kind, answer.unwrap_or(code))), answer.is_none())
        }
        _ => (None, false),
    };
    let (low, high) = ports.unwrap_or_default();
    let (mut low, mut high) = ((tuple.source, low), (tuple.destination, high));
    if !is_one_way && high < low {
        (low, high) = (high, low);
    }
    let mut hash = Sha1::new();
    hash.update(seed.to_be_bytes());
    for (address, _) in [low, high] {
        match address {
            IpAddr::V4(address) => hash.update(address.octets()),
            IpAddr::V6(address) => hash.update(address.octets()),
        }
    }
    hash.update([tuple.protocol.0, 0]);
    if ports.is_some() {
        hash.update(low.1.to_be_bytes());
        hash.update(high.1.to_be_bytes());
    }
    let mut id = String::from("1:");
    push_base64(&hash.finalize(), &mut id);
    id
}

impl Flow {
    /// The [Community ID](community_id()) of the flow; of ICMP, that of its first message.
    #[must_use]
    pub fn community_id(&self, seed: u16) -> String {
        let (source_port, destination_port) = match self.icmp {
            Some((kind, code)) => (kind.into(), code.into()),
            None => (self.client.port, self.server.port),
        };
        let (source, destination, protocol) = (self.client.address, self.server.address, self.protocol);
        community_id(&FiveTuple { source, destination, source_port, destination_port, protocol }, seed)
    }
}

/// The type of the messages that answer those of a type, or are answered by them.
fn counterpart(protocol: IpProtocol, kind: u16) -> Option<u16> {
    let pairs: &[(u16, u16)] = if protocol == IpProtocol::ICMP { &PAIRS } else { &PAIRS_V6 };
    pairs.iter().find_map(|&(asks, answers)| match kind {
        _ if kind == asks => Some(answers),
        _ if kind == answers => Some(asks),
        _ => None,
    })
}

/// Appends octets in Base64 (RFC 4648).
fn push_base64(octets: &[u8], out: &mut String) {
    for three in octets.chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, octet| bits << 8 | u32::from(*octet)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let digit = DIGITS.get((bits >> (18 - 6 * place) & 63) as usize);
            out.push(if place > three.len() { '=' } else { digit.map_or('=', |digit| char::from(*digit)) });
        }
    }
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// Echo, router discovery, timestamps, information and address masks.
const PAIRS: [(u16, u16); 5] = [(8, 0), (10, 9), (13, 14), (15, 16), (17, 18)];
/// Echo, multicast listeners, router and neighbor discovery, node information and home agents.
const PAIRS_V6: [(u16, u16); 6] = [(128, 129), (130, 131), (133, 134), (135, 136), (139, 140), (144, 145)];

#[cfg(test)]
mod tests {
    use super::*;

    fn base64(octets: &[u8]) -> String {
        let mut text = String::new();
        push_base64(octets, &mut text);
        text
    }

    #[test]
    fn base64_is_that_of_rfc_4648() {
        let texts = ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map(|text| base64(text.as_bytes()));
        assert_eq!(texts, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"]);
        assert_eq!(base64(&[0xfb, 0xff]), "+/8=");
    }

    #[test]
    fn both_directions_have_one_name_and_another_seed_another() {
        let tuple = FiveTuple {
            source: [10, 0, 0, 2].into(),
            destination: [10, 0, 0, 1].into(),
            source_port: 8,
            destination_port: 0,
            protocol: IpProtocol::ICMP,
        };
        let reply = FiveTuple { source_port: 0, destination_port: 0, ..tuple.reversed() };
        assert_eq!(community_id(&tuple, 0), community_id(&reply, 0));
        assert_ne!(community_id(&tuple, 0), community_id(&tuple, 1));
        let tuple = FiveTuple { protocol: IpProtocol::UDP, ..tuple };
        assert_eq!(community_id(&tuple, 0), community_id(&tuple.reversed(), 0));
        let unreachable = FiveTuple { source_port: 3, destination_port: 1, protocol: IpProtocol::ICMP, ..tuple };
        assert_ne!(community_id(&unreachable, 0), community_id(&FiveTuple { destination_port: 3, ..unreachable }, 0));
    }
}
