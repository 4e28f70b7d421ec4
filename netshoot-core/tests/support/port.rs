//! Ports for servers that are programs of their own.

use std::net::{Ipv6Addr, SocketAddr};

use socket2::{Domain, Socket, Type};

/// A port that the kernel gives to nobody else while this process lives: bound, but without a listener. Connections are
/// refused until a server takes it, which those that set `SO_REUSEADDR` may, as iperf3 does.
#[allow(unreachable_pub, clippy::unwrap_used)]
pub fn free_port() -> u16 {
    let socket = Socket::new(Domain::IPV6, Type::STREAM, None).unwrap();
    socket.set_reuse_address(true).unwrap();
    socket.bind(&SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)).into()).unwrap();
    let port = socket.local_addr().unwrap().as_socket().unwrap().port();
    std::mem::forget(socket);
    port
}
