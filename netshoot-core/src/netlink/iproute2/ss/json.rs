//! Sockets as JSON, which `ss` has not: the kernel's names, without the prefix that all of one structure share.
//!
//! One array, an object a socket. What the kernel did not tell is left out. `netid` and `state` are the words of the
//! text; `source` and `destination` hold `address` and `port`, with `service` where the port has a name; numbers are
//! numbers, in the units of the kernel: round trips in microseconds, rates in octets a second.

use std::io;
use std::net::IpAddr;

use super::super::super::{
    ByteString, InetSocket, LinkNames, NetlinkDiagSocket, Owner, PacketSocket, SocketMemory, SocketType, TcpInfo,
    UnixSocket,
};
use super::super::form::Hex;
use super::super::services::Services;
use super::inet;
use super::local::unix_netid;
use crate::json::Json;

/// Writes sockets as one array of JSON, one call a socket.
#[derive(Debug)]
pub struct SocketJson<'a> {
    json: Json,
    services: &'a Services,
}

impl<'a> SocketJson<'a> {
    /// Begins the array.
    #[must_use]
    pub fn new(services: &'a Services) -> Self {
        let mut json = Json::default();
        json.begin_array();
        Self { json, services }
    }

    /// Writes an internet socket; `links` have the name of the link that it refers to.
    ///
    /// # Errors
    /// Those of `out`, nothing else.
    pub fn inet(&mut self, out: &mut impl io::Write, socket: &InetSocket, links: &LinkNames) -> io::Result<()> {
        self.head(inet::protocol(socket), inet::state(socket.state));
        number(&mut self.json, "rqueue", socket.rqueue);
        number(&mut self.json, "wqueue", socket.wqueue);
        self.end("source", socket, socket.source, socket.source_port);
        self.end("destination", socket, socket.destination, socket.destination_port);
        self.device(socket.ifindex, links);
        number(&mut self.json, "uid", socket.uid);
        number(&mut self.json, "inode", socket.inode);
        number(&mut self.json, "cookie", socket.cookie);
        let json = &mut self.json;
        if let Some(timer) = &socket.timer {
            json.key("timer").begin_object();
            json.key("kind").string(inet::timer_name(timer.kind).as_bytes());
            number(json, "expires", timer.expires);
            number(json, "retransmits", timer.retransmits);
            json.end_object();
        }
        inet_details(json, socket);
        memory(json, socket.skmem.as_ref());
        if let Some(info) = &socket.tcp_info {
            tcp_info(json, info);
        }
        congestion(json, socket);
        self.tail(out, &socket.owners)
    }

    /// Writes a unix socket.
    ///
    /// # Errors
    /// Those of `out`, nothing else.
    pub fn unix(&mut self, out: &mut impl io::Write, socket: &UnixSocket) -> io::Result<()> {
        self.head(unix_netid(socket), inet::state(socket.state));
        let json = &mut self.json;
        optional(json, "rqueue", socket.rqueue);
        optional(json, "wqueue", socket.wqueue);
        if let Some(name) = &socket.name {
            // A name that begins with NUL stands for no file.
            byte_string(json, "name", name);
        }
        number(json, "inode", socket.inode);
        optional(json, "peer", socket.peer);
        number(json, "cookie", socket.cookie);
        optional(json, "uid", socket.uid);
        optional(json, "shutdown", socket.shutdown);
        if let Some(file) = &socket.vfs {
            json.key("vfs").begin_object();
            number(json, "inode", file.inode);
            number(json, "device", file.device);
            json.end_object();
        }
        if !socket.pending.is_empty() {
            json.key("pending").begin_array();
            socket.pending.iter().for_each(|inode| json.number(inode));
            json.end_array();
        }
        memory(json, socket.skmem.as_ref());
        self.tail(out, &socket.owners)
    }

    /// Writes a packet socket; `links` have the name of the link that it refers to.
    ///
    /// # Errors
    /// Those of `out`, nothing else.
    pub fn packet(&mut self, out: &mut impl io::Write, socket: &PacketSocket, links: &LinkNames) -> io::Result<()> {
        self.head(if socket.kind == SocketType::RAW { "p_raw" } else { "p_dgr" }, "UNCONN");
        number(&mut self.json, "protocol", socket.protocol);
        if let Some(name) = self.services.frame(socket.protocol) {
            self.json.key("frames").string(name.as_bytes());
        }
        self.device(socket.ifindex, links);
        number(&mut self.json, "inode", socket.inode);
        number(&mut self.json, "cookie", socket.cookie);
        optional(&mut self.json, "uid", socket.uid);
        optional(&mut self.json, "fanout", socket.fanout);
        memory(&mut self.json, socket.skmem.as_ref());
        self.tail(out, &socket.owners)
    }

    /// Writes a netlink socket.
    ///
    /// # Errors
    /// Those of `out`, nothing else.
    pub fn netlink(&mut self, out: &mut impl io::Write, socket: &NetlinkDiagSocket) -> io::Result<()> {
        self.head("nl", "UNCONN");
        let json = &mut self.json;
        match self.services.netlink(socket.protocol) {
            Some(name) => json.key("protocol").string(name.as_bytes()),
            None => number(json, "protocol", socket.protocol),
        }
        number(json, "portid", socket.portid);
        number(json, "inode", socket.inode);
        number(json, "cookie", socket.cookie);
        json.key("groups").begin_array();
        socket.groups.iter().for_each(|groups| json.number(groups));
        json.end_array();
        memory(json, socket.skmem.as_ref());
        self.tail(out, &socket.owners)
    }

    /// Ends the array, with a line feed after it.
    ///
    /// # Errors
    /// Those of `out`, nothing else.
    pub fn finish(&mut self, out: &mut impl io::Write) -> io::Result<()> {
        self.json.end_array();
        out.write_all(self.json.take().as_bytes())?;
        out.write_all(b"\n")
    }

    fn head(&mut self, netid: &str, state: &str) {
        self.json.begin_object();
        self.json.key("netid").string(netid.as_bytes());
        self.json.key("state").string(state.as_bytes());
    }

    fn end(&mut self, key: &str, socket: &InetSocket, address: IpAddr, port: u16) {
        let json = &mut self.json;
        json.key(key).begin_object();
        json.key("address").display(address);
        number(json, "port", port);
        if let Some(name) = self.services.port(socket.protocol.0 as u8, port) {
            json.key("service").string(name.as_bytes());
        }
        json.end_object();
    }

    fn device(&mut self, ifindex: u32, links: &LinkNames) {
        if ifindex != 0 {
            number(&mut self.json, "ifindex", ifindex);
            byte_string(&mut self.json, "dev", &links.name(ifindex));
        }
    }

    fn tail(&mut self, out: &mut impl io::Write, owners: &[Owner]) -> io::Result<()> {
        let json = &mut self.json;
        if !owners.is_empty() {
            json.key("users").begin_array();
            for owner in owners {
                json.begin_object();
                byte_string(json, "comm", &owner.comm);
                number(json, "pid", owner.pid);
                number(json, "fd", owner.fd);
                json.end_object();
            }
            json.end_array();
        }
        json.end_object();
        out.write_all(json.take().as_bytes())
    }
}

fn inet_details(json: &mut Json, socket: &InetSocket) {
    optional(json, "tos", socket.tos);
    optional(json, "tclass", socket.tclass);
    optional(json, "v6only", socket.v6only);
    optional(json, "shutdown", socket.shutdown);
    optional(json, "mark", socket.mark);
    optional(json, "class_id", socket.class_id);
    optional(json, "cgroup_id", socket.cgroup_id);
    if let Some(ulp) = &socket.ulp {
        byte_string(json, "ulp", &ulp.name);
    }
    if let Some(options) = socket.sockopt {
        json.key("sockopt").begin_array();
        options.names().for_each(|name| json.string(name.as_bytes()));
        json.end_array();
    }
}

fn memory(json: &mut Json, memory: Option<&SocketMemory>) {
    let Some(memory) = memory else { return };
    json.key("skmem").begin_object();
    for (name, value) in [
        ("rmem_alloc", memory.rmem_alloc),
        ("rcvbuf", memory.rcvbuf),
        ("wmem_alloc", memory.wmem_alloc),
        ("sndbuf", memory.sndbuf),
        ("fwd_alloc", memory.fwd_alloc),
        ("wmem_queued", memory.wmem_queued),
        ("optmem", memory.optmem),
    ] {
        number(json, name, value);
    }
    optional(json, "backlog", memory.backlog);
    optional(json, "drops", memory.drops);
    json.end_object();
}

fn tcp_info(json: &mut Json, info: &TcpInfo) {
    json.key("tcp_info").begin_object();
    info.each(|name, value| {
        if name != "option_bits" {
            number(json, name, value);
        }
    });
    if let Some(options) = info.options() {
        json.key("options").begin_array();
        options.names().for_each(|name| json.string(name.as_bytes()));
        json.end_array();
    }
    optional(json, "snd_wscale", info.snd_wscale());
    optional(json, "rcv_wscale", info.rcv_wscale());
    optional(json, "delivery_rate_app_limited", info.delivery_rate_app_limited());
    json.end_object();
}

fn congestion(json: &mut Json, socket: &InetSocket) {
    if let Some(name) = &socket.congestion {
        byte_string(json, "congestion", name);
    }
    if let Some(vegas) = &socket.vegas {
        json.key("vegas").begin_object();
        json.key("enabled").bool(vegas.enabled);
        number(json, "rttcnt", vegas.rttcnt);
        number(json, "rtt", vegas.rtt);
        number(json, "minrtt", vegas.minrtt);
        json.end_object();
    }
    if let Some(dctcp) = &socket.dctcp {
        json.key("dctcp").begin_object();
        json.key("enabled").bool(dctcp.enabled);
        number(json, "ce_state", dctcp.ce_state);
        number(json, "alpha", dctcp.alpha);
        number(json, "ab_ecn", dctcp.ab_ecn);
        number(json, "ab_tot", dctcp.ab_tot);
        json.end_object();
    }
    if let Some(bbr) = &socket.bbr {
        json.key("bbr").begin_object();
        number(json, "bw", bbr.bw);
        number(json, "min_rtt", bbr.min_rtt);
        number(json, "pacing_gain", bbr.pacing_gain);
        number(json, "cwnd_gain", bbr.cwnd_gain);
        json.end_object();
    }
}

fn number(json: &mut Json, key: &str, value: impl std::fmt::Display) {
    json.key(key).number(value);
}

fn optional(json: &mut Json, key: &str, value: Option<impl std::fmt::Display>) {
    if let Some(value) = value {
        number(json, key, value);
    }
}

/// A name, and its octets under a second key where JSON cannot hold them.
fn byte_string(json: &mut Json, key: &str, name: &ByteString) {
    json.key(key).string(name.as_bytes());
    if name.to_str().is_none() {
        json.key(&format!("{key}_hex")).display(Hex(name.as_bytes()));
    }
}
