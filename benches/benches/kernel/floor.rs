//! The price of a dump: received, walked, thrown away.

use std::io::Read;

use netshoot_core::namespace::Namespace;
use socket2::{Domain, Protocol, Socket, Type};

/// What is received and thrown away.
pub(crate) struct Floor {
    socket: Socket,
    buffer: Vec<u8>,
}

impl Floor {
    pub(crate) fn new(namespace: &Namespace, protocol: i32) -> Self {
        let domain = Domain::from(16);
        let socket = namespace.socket(domain, Type::RAW, Some(Protocol::from(protocol))).unwrap();
        Self { socket, buffer: vec![0; 64 * 1024] }
    }

    /// Walks the headers of the messages and counts them.
    pub(crate) fn dump(&mut self, request: &[u8]) -> usize {
        self.socket.send(request).unwrap();
        let mut count = 0;
        loop {
            let length = (&self.socket).read(&mut self.buffer).unwrap();
            let mut rest = &self.buffer[..length];
            while rest.len() >= 16 {
                let length = u32::from_ne_bytes(rest[..4].try_into().unwrap()) as usize;
                if u16::from_ne_bytes([rest[4], rest[5]]) == NLMSG_DONE {
                    return count;
                }
                count += 1;
                rest = &rest[length.next_multiple_of(4).min(rest.len())..];
            }
        }
    }
}

pub(crate) fn request(kind: u16, payload: &[u8]) -> Vec<u8> {
    let length = (16 + payload.len()) as u32;
    [
        &length.to_ne_bytes()[..],
        &kind.to_ne_bytes(),
        &NLM_F_REQUEST_DUMP.to_ne_bytes(),
        &1_u32.to_ne_bytes(),
        &0_u32.to_ne_bytes(),
        payload,
    ]
    .concat()
}

pub(crate) const NETLINK_ROUTE: i32 = 0;
pub(crate) const NETLINK_SOCK_DIAG: i32 = 4;
pub(crate) const SOCK_DIAG_BY_FAMILY: u16 = 20;
const NLM_F_REQUEST_DUMP: u16 = 0x301;
const NLMSG_DONE: u16 = 3;
