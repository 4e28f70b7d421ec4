//! Sockets: internet, unix, packet and netlink sockets as the kernel's `sock_diag` describes them, and who holds them.

mod closing;
mod expression;
mod inet;
mod memory;
mod netlink;
mod owners;
mod packet;
mod raw;
mod tcp_info;
mod unix;
mod upper_layer;

use super::attribute;

pub use closing::{Closing, ClosingSockets};
pub use expression::{
    AnySocket, HostAddresses, SocketEnd, SocketExpression, SocketExpressionError, SocketFamily, SocketNames,
    SocketSelection, cgroup_number,
};
pub use inet::{
    BbrInfo, DctcpInfo, InetSocket, InetSocketFilter, Md5Peer, SocketOptionFlags, SocketProtocol, SocketTimer,
    VegasInfo,
};
pub use memory::SocketMemory;
pub use netlink::{NetlinkDiagSocket, NetlinkDiagSocketFilter};
pub use owners::{Owned, Owner, Owners};
pub use packet::{PacketInfo, PacketRing, PacketSocket, PacketSocketFilter};
pub use tcp_info::{TcpInfo, TcpInfoOptions};
pub use unix::{UnixFile, UnixSocket, UnixSocketFilter};
pub use upper_layer::{Subflow, SubflowFlags, UpperLayer};

number! {
    /// `TCP_*`: the state of a socket, in the words of `ss`.
    SocketState(u8) {
        /// A connection is there.
        ESTABLISHED = 1 "ESTAB",
        /// A SYN was sent.
        SYN_SENT = 2 "SYN-SENT",
        /// A SYN came and was answered.
        SYN_RECV = 3 "SYN-RECV",
        /// This end is closed, the other has not said that it knows.
        FIN_WAIT1 = 4 "FIN-WAIT-1",
        /// This end is closed, the other is not.
        FIN_WAIT2 = 5 "FIN-WAIT-2",
        /// Waits for stray segments to die out.
        TIME_WAIT = 6 "TIME-WAIT",
        /// Not connected.
        CLOSE = 7 "UNCONN",
        /// The other end is closed, this one is not.
        CLOSE_WAIT = 8 "CLOSE-WAIT",
        /// Both ends are closed, the other has not said that it knows.
        LAST_ACK = 9 "LAST-ACK",
        /// Waits for connections.
        LISTEN = 10 "LISTEN",
        /// Both ends closed at once.
        CLOSING = 11 "CLOSING",
        /// A SYN came and was answered; no socket is there yet.
        NEW_SYN_RECV = 12 "NEW-SYN-RECV",
        /// Bound, and nothing more; from Linux 6.8.
        BOUND_INACTIVE = 13 "BOUND-INACTIVE",
    }
}

number! {
    /// `SOCK_*`: the type of a socket.
    SocketType(u8) {
        /// A stream of octets.
        STREAM = 1 "stream",
        /// Datagrams.
        DGRAM = 2 "dgram",
        /// Raw packets.
        RAW = 3 "raw",
        /// Datagrams that arrive, in any order.
        RDM = 4 "rdm",
        /// Datagrams that arrive, in their order.
        SEQPACKET = 5 "seqpacket",
    }
}

/// Two numbers, the low one first.
fn cookie(octets: [u8; 8]) -> u64 {
    let [low, high] = attribute::words(&octets);
    u64::from(low) | u64::from(high) << 32
}
