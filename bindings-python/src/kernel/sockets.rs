//! Sockets.

use std::net::IpAddr;

use netshoot_core::netlink;

use super::item::{Item, Show};
use super::tree::Tree;

items! {
    /// An internet socket.
    ///
    /// `None` means that the kernel did not send the attribute, as it was not asked for or the socket has none.
    InetSocket of netlink::InetSocket {
        /// IPv4 or IPv6.
        family: String,
        /// The protocol.
        protocol: String,
        /// State; of protocols without states, ESTAB where it is connected, else UNCONN.
        state: String,
        /// This end's address.
        source: IpAddr,
        /// This end's port; of a raw socket, the IP protocol.
        source_port: u16,
        /// The other end's address.
        destination: IpAddr,
        /// The other end's port.
        destination_port: u16,
        /// The link that the socket is bound to; 0 is none.
        ifindex: u32,
        /// What tells the socket from all others until the next boot.
        cookie: u64,
        /// The user who made it.
        uid: u32,
        /// Inode of its file; 0 where no file is open, as in TIME-WAIT.
        inode: u32,
        /// Octets received and not read; of a listener, connections that wait to be accepted.
        rqueue: u32,
        /// Octets sent and not acknowledged; of a listener, most connections that may wait.
        wqueue: u32,
        /// The timer that runs.
        timer: Option<Tree>,
        /// Memory.
        skmem: Option<Tree>,
        /// What TCP knows.
        tcp_info: Option<Tree>,
        /// Congestion control algorithm.
        congestion: Option<String>,
        /// Of TCP Vegas.
        vegas: Option<Tree>,
        /// Of DCTCP.
        dctcp: Option<Tree>,
        /// Of BBR.
        bbr: Option<Tree>,
        /// Type of service of what is sent.
        tos: Option<u8>,
        /// Traffic class of what is sent over IPv6.
        tclass: Option<u8>,
        /// Whether an IPv6 socket refuses IPv4.
        v6only: Option<bool>,
        /// Directions that are shut down: 1 receiving, 2 sending.
        shutdown: Option<u8>,
        /// Firewall mark; told to who has `CAP_NET_ADMIN`.
        mark: Option<u32>,
        /// Class of net_cls or priority.
        class_id: Option<u32>,
        /// Number of the control group, the inode of its directory in cgroup2.
        cgroup_id: Option<u64>,
        /// Upper layer protocol.
        ulp: Option<Tree>,
        /// Options.
        sockopt: Option<Vec<String>>,
        /// Peers with keys for MD5 signatures; told to who has `CAP_NET_ADMIN`.
        md5: Vec<Tree>,
        /// Who holds the socket; filled in by `Owners::assign`.
        owners: Vec<Tree>,
        /// Attributes that could not be read.
        notes: Vec<String>,
    }

    /// A unix socket.
    UnixSocket of netlink::UnixSocket {
        /// Stream, datagrams or datagrams in order.
        kind: String,
        /// State: ESTAB, LISTEN or UNCONN.
        state: String,
        /// Inode of its file.
        inode: u32,
        /// What tells the socket from all others until the next boot.
        cookie: u64,
        /// The path or, after a NUL, the name without a file.
        name: Option<String>,
        /// The file that it is bound to.
        vfs: Option<Tree>,
        /// The inode of the other end.
        peer: Option<u32>,
        /// Of a listener, the inodes of the connections that wait to be accepted; 0 is one that was closed.
        pending: Vec<u32>,
        /// Octets received and not read; of a listener, connections that wait to be accepted.
        rqueue: Option<u32>,
        /// Octets sent and not read; of a listener, most connections that may wait.
        wqueue: Option<u32>,
        /// Memory.
        skmem: Option<Tree>,
        /// Directions that are shut down: 1 receiving, 2 sending.
        shutdown: Option<u8>,
        /// The user who made it; from Linux 5.3.
        uid: Option<u32>,
        /// Who holds the socket; filled in by `Owners::assign`.
        owners: Vec<Tree>,
        /// Attributes that could not be read.
        notes: Vec<String>,
    }

    /// A packet socket.
    PacketSocket of netlink::PacketSocket {
        /// Raw frames, or frames without their link-layer header.
        kind: String,
        /// EtherType of the frames; 3 is all.
        protocol: u16,
        /// Inode of its file.
        inode: u32,
        /// What tells the socket from all others until the next boot.
        cookie: u64,
        /// The link that it is bound to; 0 is none.
        ifindex: u32,
        /// How it is set up.
        info: Option<Tree>,
        /// The ring of received frames.
        rx_ring: Option<Tree>,
        /// The ring of frames to send.
        tx_ring: Option<Tree>,
        /// Group that shares the load: number in the low half, way of sharing in the high one.
        fanout: Option<u32>,
        /// The user who made it.
        uid: Option<u32>,
        /// Memory.
        skmem: Option<Tree>,
        /// The program that frames must pass, as classic BPF; told to who has `CAP_NET_ADMIN`.
        filter: Option<Tree>,
        /// Who holds the socket; filled in by `Owners::assign`.
        owners: Vec<Tree>,
        /// Attributes that could not be read.
        notes: Vec<String>,
    }

    /// A netlink socket.
    NetlinkSocket of netlink::NetlinkDiagSocket {
        /// Raw or datagrams; the kernel makes no difference.
        kind: String,
        /// `NETLINK_*`: whom it talks to, such as 0 for rtnetlink.
        protocol: u8,
        /// 0 not connected, 1 connected.
        state: u8,
        /// Its port; 0 is the kernel's.
        portid: u32,
        /// The port that it is connected to.
        dst_portid: u32,
        /// The group that it is connected to.
        dst_group: u32,
        /// Inode of its file.
        inode: u32,
        /// What tells the socket from all others until the next boot.
        cookie: u64,
        /// Groups that it is subscribed to, a bit each, 32 in a number.
        groups: Vec<u32>,
        /// `NDIAG_FLAG_*`: 1 a dump is under way, 2 tells its process, 4 broadcast errors, 8 no ENOBUFS.
        flags: Option<u32>,
        /// Memory.
        skmem: Option<Tree>,
        /// Who holds the socket; filled in by `Owners::assign`.
        owners: Vec<Tree>,
        /// Attributes that could not be read.
        notes: Vec<String>,
    }
}
