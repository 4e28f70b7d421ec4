//! The octets of a packet as tcpdump shows them with -x and -X.

use std::fmt::Write as _;

use netshoot_core::packet::{Layer, Packet};

/// Which octets are shown, and how.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Dump {
    /// The header of the link layer, too.
    pub(crate) from_link: bool,
    /// Beside the octets, those of them that are ASCII.
    pub(crate) ascii: bool,
}

impl Dump {
    /// The choice that -x, -xx, -X and -XX make, if any of them is there.
    pub(crate) fn of(hex: u8, ascii: u8) -> Option<Self> {
        (hex > 0 || ascii > 0).then_some(Self { from_link: hex > 1 || ascii > 1, ascii: ascii > 0 })
    }

    /// Writes lines of sixteen octets.
    pub(crate) fn write(self, packet: &Packet<'_>, out: &mut String) {
        let start = if self.from_link { 0 } else { link_len(packet) };
        let octets = packet.bytes().get(start..).unwrap_or_default();
        for (number, line) in octets.chunks(16).enumerate() {
            // Writing to a String cannot fail.
            let _ = write!(out, "\t0x{:04x}: ", number * 16);
            let before = out.len();
            for pair in line.chunks(2) {
                out.push(' ');
                for octet in pair {
                    let _ = write!(out, "{octet:02x}");
                }
            }
            if self.ascii {
                let width = out.len() - before;
                let _ = write!(out, "{:1$}", "", 42_usize.saturating_sub(width));
                out.extend(line.iter().map(|octet| if octet.is_ascii_graphic() { char::from(*octet) } else { '.' }));
            }
            out.push('\n');
        }
    }
}

/// Octets of the link layer, its tags included.
fn link_len(packet: &Packet<'_>) -> usize {
    let is_link = |layer: Layer| {
        matches!(
            layer,
            Layer::Ethernet
                | Layer::Vlan
                | Layer::Llc
                | Layer::Snap
                | Layer::LinuxSll
                | Layer::LinuxSll2
                | Layer::Null
                | Layer::Nflog
        )
    };
    let layers = packet.layers().take_while(|found| found.depth == 0 && is_link(found.layer));
    layers.last().map_or(0, |found| found.range.end)
}

#[cfg(test)]
mod tests {
    use netshoot_core::packet::LinkType;

    use super::*;

    #[test]
    fn as_tcpdump_shows_it() {
        let bytes = [&[2; 12][..], &[8, 0], b"E\0 three lines of text, odd"].concat();
        let packet = Packet::parse(LinkType::ETHERNET, &bytes, 41);
        let mut text = String::new();
        Dump::of(0, 1).unwrap_or_default().write(&packet, &mut text);
        let lines = [
            "\t0x0000:  4500 2074 6872 6565 206c 696e 6573 206f  E..three.lines.o\n",
            "\t0x0010:  6620 7465 7874 2c20 6f64 64              f.text,.odd\n",
        ];
        assert_eq!(text, lines.concat());
        text.clear();
        Dump::of(2, 0).unwrap_or_default().write(&packet, &mut text);
        assert!(text.starts_with("\t0x0000:  0202 0202 0202 0202 0202 0202 0800 4500\n\t0x0010:  2074"));
        assert!(Dump::of(0, 0).is_none());
    }
}
