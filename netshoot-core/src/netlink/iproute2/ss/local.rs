//! Unix, packet and netlink sockets.

use std::fs;

use super::super::super::{
    ByteString, LinkNames, NetlinkDiagSocket, PacketSocket, SocketState, SocketType, UnixSocket,
};
use super::number::{decimal, put, signed};
use super::{SocketText, inet, put_name};

impl SocketText<'_> {
    pub(super) fn write_unix(&mut self, socket: &UnixSocket) {
        self.head(
            unix_netid(socket),
            inet::state(socket.state),
            socket.rqueue.unwrap_or_default(),
            socket.wqueue.unwrap_or_default(),
        );
        match &socket.name {
            Some(name) => put_unix_name(self.out(), name),
            None => self.say("*"),
        }
        self.say(" ");
        self.port(|out| signed(out, socket.inode));
        self.say("* ");
        self.port(|out| signed(out, socket.peer.unwrap_or_default()));
        self.owners(&socket.owners);
        if self.options.memory {
            self.memory(socket.skmem.as_ref());
        }
        if self.options.extended {
            self.unix_details(socket);
        }
    }

    fn unix_details(&mut self, socket: &UnixSocket) {
        if let Some(mask) = socket.shutdown {
            self.shutdown(mask);
        }
        if let Some(file) = &socket.vfs {
            put(self.out(), format_args!(" ino:{} dev:{}/{}", file.inode, file.device >> 20, file.device & 0xf_ffff));
        }
        // Listeners alone have a list, which may be empty.
        if socket.state == SocketState::LISTEN {
            self.say(" peers:");
            for inode in &socket.pending {
                put(self.out(), format_args!(" {inode}"));
            }
        }
    }

    pub(super) fn write_packet(&mut self, socket: &PacketSocket, links: &LinkNames) {
        let netid = if socket.kind == SocketType::RAW { "p_raw" } else { "p_dgr" };
        let received = socket.skmem.map_or(0, |memory| memory.rmem_alloc);
        self.head(netid, inet::state(SocketState::CLOSE), received, 0);
        let services = self.services;
        match (socket.protocol, services.frame(socket.protocol)) {
            (ALL_FRAMES, _) => self.say("*"),
            (_, Some(name)) => self.say(name),
            (number, None) => put(self.out(), format_args!("[{number}]")),
        }
        self.say(":");
        self.port(|out| match socket.ifindex {
            0 => out.push(b'*'),
            index => match links.get(index) {
                Some(name) => put_name(out, name),
                None => put(out, format_args!("if{index}")),
            },
        });
        self.no_peer();
        self.owners(&socket.owners);
        if self.options.extended {
            self.details(socket.uid.unwrap_or_default(), socket.inode, socket.cookie);
            self.packet_details(socket);
        }
        if let Some(filter) = socket.filter.as_deref().filter(|_| self.options.bpf) {
            self.line();
            put(self.out(), format_args!("bpf filter ({}): ", filter.len() / 8));
            for [c0, c1, jt, jf, k @ ..] in
                filter.chunks_exact(8).filter_map(|octets| octets.first_chunk::<8>().copied())
            {
                let (code, k) = (u16::from_ne_bytes([c0, c1]), u32::from_ne_bytes(k));
                put(self.out(), format_args!(" 0x{code:02x} {jt} {jf} {k},"));
            }
        }
        if self.options.memory {
            self.memory(socket.skmem.as_ref());
        }
    }

    fn packet_details(&mut self, socket: &PacketSocket) {
        if let Some(info) = &socket.info {
            self.line();
            put(self.out(), format_args!("ver:{} cpy_thresh:{} flags( ", info.version, info.copy_threshold));
            for (place, (bit, word)) in PACKET_FLAGS.iter().enumerate() {
                if info.flags & bit != 0 {
                    put(self.out(), format_args!("{}{word}", if place == 0 { "" } else { " " }));
                }
            }
            self.say(if info.flags == 0 { "0 )" } else { " )" });
        }
        for (name, ring) in [("ring_rx", &socket.rx_ring), ("ring_tx", &socket.tx_ring)] {
            let Some(ring) = ring else { continue };
            self.line();
            put(
                self.out(),
                format_args!(
                    "{name}(blk_size:{},blk_nr:{},frm_size:{},frm_nr:{},tmo:{},features:{:#x})",
                    ring.block_size, ring.block_nr, ring.frame_size, ring.frame_nr, ring.retire_tmo, ring.features
                ),
            );
        }
        if let Some(fanout) = socket.fanout {
            self.line();
            put(self.out(), format_args!("fanout(id:{},type:", fanout & 0xffff));
            match FANOUT.get((fanout >> 16) as usize) {
                Some(name) => self.say(name),
                None => put(self.out(), format_args!("{:#x}", fanout >> 16)),
            }
            self.say(")");
        }
    }

    pub(super) fn write_netlink(&mut self, socket: &NetlinkDiagSocket) {
        let (received, sent) = socket.skmem.map_or((0, 0), |memory| (memory.rmem_alloc, memory.wmem_alloc));
        self.head("nl", inet::state(SocketState::CLOSE), received, sent);
        let services = self.services;
        match services.netlink(socket.protocol) {
            Some(name) => self.say(name),
            None => decimal(self.out(), socket.protocol),
        }
        self.say(":");
        let numeric = services.is_numeric();
        self.port(|out| put_netlink_port(out, socket.portid, numeric));
        if socket.state == NETLINK_CONNECTED {
            signed(self.out(), socket.dst_group);
            self.say(":");
            self.port(|out| signed(out, socket.dst_portid));
        } else {
            self.no_peer();
        }
        if self.options.extended {
            let groups = socket.groups.first().copied().unwrap_or_default();
            put(self.out(), format_args!(" sk=0 cb=0 groups={groups:#010x}"));
        }
        if self.options.memory {
            self.say("\t");
            self.memory(socket.skmem.as_ref());
        }
    }
}

pub(super) fn unix_netid(socket: &UnixSocket) -> &'static str {
    match socket.kind {
        SocketType::STREAM => "u_str",
        SocketType::SEQPACKET => "u_seq",
        _ => "u_dgr",
    }
}

/// A path or, with an at sign for each NUL, a name without a file.
fn put_unix_name(out: &mut Vec<u8>, name: &ByteString) {
    let octets = name.as_bytes();
    if octets.first() == Some(&0) {
        let visible: Vec<u8> = octets.iter().map(|octet| if *octet == 0 { b'@' } else { *octet }).collect();
        return put_name(out, &visible.as_slice().into());
    }
    put_name(out, name);
}

/// The port that a process has is usually its number.
fn put_netlink_port(out: &mut Vec<u8>, port: u32, numeric: bool) {
    if port == u32::MAX {
        return out.push(b'*');
    }
    if !numeric && port == 0 {
        return out.extend_from_slice(b"kernel");
    }
    if !numeric
        && (port as i32) > 0
        && let Ok(name) = fs::read(format!("/proc/{port}/comm"))
    {
        put_name(out, &name.strip_suffix(b"\n").unwrap_or(&name).into());
        out.push(b'/');
    }
    signed(out, port);
}

const ALL_FRAMES: u16 = 3;
const NETLINK_CONNECTED: u8 = 1;
const PACKET_FLAGS: [(u32, &str); 5] = [(1, "running"), (2, "auxdata"), (4, "origdev"), (8, "vnethdr"), (16, "loss")];
const FANOUT: [&str; 6] = ["hash", "lb", "cpu", "roll", "random", "qm"];
