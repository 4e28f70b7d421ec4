//! Raw sockets of kernels that have no `raw_diag`, from `/proc/net/raw` and `raw6`.

use std::fs;

use super::super::object::Object;
use super::super::{Family, Netlink};
use super::{InetSocket, InetSocketFilter, SocketProtocol};
use crate::error::Result;

impl Netlink {
    /// Lists raw sockets from `/proc/net/raw` and `raw6`, where a kernel without `raw_diag`, which answers a listing of
    /// [`SocketProtocol::RAW`] with nothing, has them.
    ///
    /// A socket listed so has no attributes and no [`cookie`](InetSocket::cookie). Lines that make no sense are left
    /// out, as are sockets of which an expression asks what the files do not tell.
    ///
    /// # Errors
    /// When the namespace may not be entered. A file that is missing has no sockets.
    pub fn raw_sockets_in_proc(&self, filter: &InetSocketFilter) -> Result<Vec<InetSocket>> {
        // Of the thread, as `/proc/net` is the namespace of the process's first thread.
        let read = |name: &str| fs::read_to_string(format!("/proc/thread-self/net/{name}")).unwrap_or_default();
        let (four, six) = self.namespace().run(|| (read("raw"), read("raw6")))?;
        let four = InetSocket::from_proc_raw(&four, Family::INET);
        let six = InetSocket::from_proc_raw(&six, Family::INET6);
        let holds = |socket: &InetSocket| {
            let expression = filter.expression.as_ref();
            socket.matches(filter) && expression.is_none_or(|expression| expression.matches(socket) == Some(true))
        };
        Ok(four.chain(six).filter(holds).collect())
    }
}

impl InetSocket {
    /// The sockets in the text of `/proc/net/raw` or, of the family IPv6, `raw6`. Lines that make no sense are left out.
    pub fn from_proc_raw(text: &str, family: Family) -> impl Iterator<Item = Self> {
        text.lines().skip(1).filter_map(move |line| raw_line(line, family))
    }
}

/// `number: ADDRESS:PORT ADDRESS:PORT STATE SENT:RECEIVED TIMER:WHEN RETRANSMITS UID TIMEOUT INODE`, mostly hexadecimal.
fn raw_line(line: &str, family: Family) -> Option<InetSocket> {
    let mut words = line.split_whitespace().skip(1);
    let (source, source_port) = end(words.next()?)?;
    let (destination, destination_port) = end(words.next()?)?;
    let state = u8::from_str_radix(words.next()?, 16).ok()?;
    let (sent, received) = words.next()?.split_once(':')?;
    let mut rest = words.skip(2);
    let (uid, inode) = (rest.next()?.parse::<u32>().ok()?, rest.nth(1)?.parse::<u32>().ok()?);
    // In the layout of `struct inet_diag_msg`.
    let header = [
        &[family.0, state, 0, 0][..],
        &source_port.to_be_bytes(),
        &destination_port.to_be_bytes(),
        &source,
        &destination,
        &[0; 4 + 8 + 4],
        &u32::from_str_radix(received, 16).ok()?.to_ne_bytes(),
        &u32::from_str_radix(sent, 16).ok()?.to_ne_bytes(),
        &uid.to_ne_bytes(),
        &inode.to_ne_bytes(),
    ];
    let mut socket = InetSocket::parse(&header.concat()).ok()?;
    socket.protocol = SocketProtocol::RAW;
    Some(socket)
}

/// An address of one or four words, each as the machine has its numbers, and a port.
fn end(text: &str) -> Option<([u8; 16], u16)> {
    let (address, port) = text.split_once(':')?;
    let mut octets = [0; 16];
    for (place, word) in octets.chunks_exact_mut(4).zip(address.as_bytes().chunks(8)) {
        let word = u32::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok()?;
        place.copy_from_slice(&word.to_ne_bytes());
    }
    Some((octets, u16::from_str_radix(port, 16).ok()?))
}

#[cfg(all(test, target_endian = "little"))]
mod tests {
    use super::*;

    #[test]
    fn lines_of_both_files() {
        let four =
            "  253: 0100007F:00FD 00000000:0000 07 00000002:00000010 00:00000000 00000000  1000        0 4242 2 0 0";
        let socket = raw_line(four, Family::INET).unwrap();
        assert_eq!((socket.source.to_string().as_str(), socket.source_port), ("127.0.0.1", 253));
        assert_eq!((socket.rqueue, socket.wqueue, socket.uid, socket.inode), (16, 2, 1000, 4242));
        let six = "   58: B80D0120000000000000000001000000:003A 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 9 2 0 0";
        let socket = raw_line(six, Family::INET6).unwrap();
        assert_eq!(socket.source.to_string(), "2001:db8::1");
        assert_eq!((socket.state.name(), socket.protocol, socket.cookie), (Some("UNCONN"), SocketProtocol::RAW, 0));
        for length in 0..four.len() - 6 {
            let _ = raw_line(&four[..length], Family::INET);
        }
        assert_eq!(raw_line("", Family::INET), None);
    }
}
