//! Internet sockets.

use std::net::{IpAddr, Ipv6Addr};

use super::super::super::{InetSocket, LinkNames, SocketProtocol, SocketState, SocketTimer, Subflow, UpperLayer};
use super::number::{decimal, put, timer};
use super::{SocketText, put_address, put_name, tcp};

impl SocketText<'_> {
    pub(super) fn write_inet(&mut self, socket: &InetSocket, links: &LinkNames) {
        self.head(protocol(socket), state(socket.state), socket.rqueue, socket.wqueue);
        self.address(socket, socket.source);
        self.link(socket.ifindex, links);
        self.inet_port(socket, socket.source_port);
        self.address(socket, socket.destination);
        self.inet_port(socket, socket.destination_port);
        self.owners(&socket.owners);
        if socket.cookie == 0 {
            // Of /proc/net/raw, where there is no more to say.
            return;
        }
        if self.options.options || self.options.extended {
            self.timer(socket);
        }
        if self.options.extended {
            self.inet_details(socket);
        }
        if self.options.tos {
            self.service(socket);
        }
        if let Some(number) = socket.cgroup_id.filter(|_| self.options.cgroup) {
            self.cgroup(number);
        }
        if self.options.inet_sockopt {
            self.socket_options(socket);
        }
        if self.options.memory || (self.options.info && socket.protocol != SocketProtocol::UDP) {
            if !self.options.oneline {
                self.say("\n\t");
            }
            self.knowledge(socket);
        }
    }

    fn address(&mut self, socket: &InetSocket, address: IpAddr) {
        let out = self.columns.cell();
        match address {
            IpAddr::V6(Ipv6Addr::UNSPECIFIED) if socket.v6only != Some(true) => out.push(b'*'),
            IpAddr::V6(_) => {
                out.push(b'[');
                put_address(out, address);
                out.push(b']');
            }
            IpAddr::V4(_) => put_address(out, address),
        }
    }

    /// The link that the socket is bound to, if to any.
    fn link(&mut self, ifindex: u32, links: &LinkNames) {
        if ifindex == 0 {
            return;
        }
        let out = self.columns.cell();
        out.push(b'%');
        match links.get(ifindex) {
            Some(name) => put_name(out, name),
            None => put(out, format_args!("if{ifindex}")),
        }
    }

    fn inet_port(&mut self, socket: &InetSocket, port: u16) {
        let services = self.services;
        self.say(":");
        self.port(|out| {
            if port == 0 {
                return out.push(b'*');
            }
            if services.is_numeric() {
                return decimal(out, port);
            }
            if socket.protocol == SocketProtocol::RAW {
                return match u8::try_from(port).ok().and_then(|number| services.protocol(number)) {
                    Some(name) => out.extend_from_slice(name.as_bytes()),
                    None => put(out, format_args!("ipproto-{port}")),
                };
            }
            match services.port(socket.protocol.0 as u8, port) {
                Some(name) => out.extend_from_slice(name.as_bytes()),
                None => decimal(out, port),
            }
        });
    }

    fn timer(&mut self, socket: &InetSocket) {
        let Some(SocketTimer { kind, expires, retransmits, .. }) = socket.timer else { return };
        let out = self.columns.cell();
        put(out, format_args!(" timer:({},", timer_name(kind)));
        timer(out, expires);
        put(out, format_args!(",{retransmits})"));
    }

    fn inet_details(&mut self, socket: &InetSocket) {
        self.details(socket.uid, socket.inode, socket.cookie);
        if let Some(mark) = socket.mark.filter(|mark| *mark != 0) {
            put(self.out(), format_args!(" fwmark:{mark:#x}"));
        }
        if let Some(number) = socket.cgroup_id.filter(|number| *number != 0) {
            self.cgroup(number);
        }
        if let (IpAddr::V6(_), Some(only)) = (socket.source, socket.v6only) {
            put(self.out(), format_args!(" v6only:{}", u8::from(only)));
        }
        if let Some(mask) = socket.shutdown {
            self.shutdown(mask);
        }
    }

    fn cgroup(&mut self, number: u64) {
        let out = self.columns.cell();
        out.extend_from_slice(b" cgroup:");
        match self.cgroups.path(number) {
            Some(path) => put_name(out, &path.into()),
            None => put(out, format_args!("unreachable:{number:x}")),
        }
    }

    fn service(&mut self, socket: &InetSocket) {
        let values = [
            (" tos:", socket.tos.map(u32::from)),
            (" tclass:", socket.tclass.map(u32::from)),
            (" class_id:", socket.class_id),
        ];
        for (name, value) in values {
            match value {
                None => {}
                // As `%#x` has it.
                Some(0) => put(self.out(), format_args!("{name}0")),
                Some(value) => put(self.out(), format_args!("{name}{value:#x}")),
            }
        }
    }

    fn socket_options(&mut self, socket: &InetSocket) {
        let Some(options) = socket.sockopt else { return };
        self.line();
        self.say("inet-sockopt: (");
        for name in options.names() {
            put(self.out(), format_args!(" {name}"));
        }
        self.say(")");
    }

    /// Memory, and what TCP knows.
    fn knowledge(&mut self, socket: &InetSocket) {
        if self.options.memory {
            self.memory(socket.skmem.as_ref());
        }
        if let Some(info) = socket.tcp_info.as_ref().filter(|_| self.options.info) {
            let timestamps = self.options.options || self.options.extended;
            tcp::write(self.columns.cell(), socket, info, timestamps, self.services.is_numeric());
        }
        for (place, peer) in socket.md5.iter().enumerate() {
            self.say(if place == 0 { " md5keys:" } else { "," });
            put_address(self.out(), peer.address);
            // The key would follow.
            put(self.out(), format_args!("/{}=", peer.prefixlen));
        }
        if let Some(ulp) = &socket.ulp {
            self.say(" tcp-ulp-");
            put_name(self.out(), &ulp.name);
            self.tls(ulp);
            if let Some(subflow) = &ulp.mptcp {
                put_subflow(self.out(), subflow);
            }
        }
    }

    fn tls(&mut self, ulp: &UpperLayer) {
        let out = self.columns.cell();
        match ulp.tls_version {
            None => {}
            Some(0x0303) => out.extend_from_slice(b" version: 1.2"),
            Some(0x0304) => out.extend_from_slice(b" version: 1.3"),
            Some(other) => put(out, format_args!(" version: unknown({other})")),
        }
        match ulp.tls_cipher {
            Some(51) => out.extend_from_slice(b" cipher: aes-gcm-128"),
            Some(52) => out.extend_from_slice(b" cipher: aes-gcm-256"),
            _ => {}
        }
        for (name, how) in [("rxconf", ulp.tls_rxconf), ("txconf", ulp.tls_txconf)] {
            match how {
                None => {}
                Some(1) => put(out, format_args!(" {name}: none")),
                Some(2) => put(out, format_args!(" {name}: sw")),
                Some(3) => put(out, format_args!(" {name}: hw")),
                Some(4) => put(out, format_args!(" {name}: hw-record")),
                Some(other) => put(out, format_args!(" {name}: unknown({other})")),
            }
        }
    }
}

fn put_subflow(out: &mut Vec<u8>, subflow: &Subflow) {
    if let Some(flags) = subflow.flags.filter(|flags| flags.0 != 0) {
        out.extend_from_slice(b" flags:");
        out.extend(SUBFLOW_LETTERS.bytes().enumerate().filter(|(bit, _)| flags.0 >> bit & 1 != 0).map(|(_, of)| of));
    }
    if let (Some(remote), Some(local), Some(remote_id), Some(local_id)) =
        (subflow.token_rem, subflow.token_loc, subflow.id_rem, subflow.id_loc)
    {
        put(out, format_args!(" token:{remote:04x}(id:{remote_id})/{local:04x}(id:{local_id})"));
    }
    for (name, value) in [
        ("seq", subflow.map_seq),
        ("sfseq", subflow.map_sfseq.map(u64::from)),
        ("ssnoff", subflow.ssn_offset.map(u64::from)),
        ("maplen", subflow.map_datalen.map(u64::from)),
    ] {
        if let Some(value) = value {
            put(out, format_args!(" {name}:{value:x}"));
        }
    }
}

/// The name of the table.
pub(super) fn protocol(socket: &InetSocket) -> &'static str {
    match socket.protocol {
        SocketProtocol::TCP => "tcp",
        SocketProtocol::UDP => "udp",
        SocketProtocol::RAW => "raw",
        _ => "???",
    }
}

pub(super) fn timer_name(kind: u8) -> &'static str {
    match kind {
        0 => "off",
        1 => "on",
        2 => "keepalive",
        3 => "timewait",
        4 => "persist",
        _ => "unknown",
    }
}

pub(super) fn state(state: SocketState) -> &'static str {
    state.name().unwrap_or("UNKNOWN")
}

/// Of `SubflowFlags`, from the lowest bit.
const SUBFLOW_LETTERS: &str = "MmJjBbecv";
