//! Sockets with the options of a test.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use super::protocol::{Cookie, HELLO, Parameters, is_hello_reply};
use super::{IpFamily, Options, Transport};
use crate::error::{Error, ErrorKind, Result};
use crate::namespace::Namespace;
use crate::sys;

/// The addresses of `host`, those of the family alone that is asked for.
pub(super) fn resolve(namespace: &Namespace, host: &str, port: u16, options: &Options) -> Result<Vec<SocketAddr>> {
    let operation = || format!("look up {host}");
    let found = namespace.run(|| (host, port).to_socket_addrs().map(|found| found.collect::<Vec<_>>()))?;
    let mut found = found.map_err(|error| {
        let text = error.to_string();
        let text = text.strip_prefix("failed to lookup address information: ").unwrap_or(&text).to_owned();
        Error::new(ErrorKind::NotFound, operation()).with_detail(text)
    })?;
    let family = options.family.or(options.bind.map(|bind| if bind.is_ipv4() { IpFamily::V4 } else { IpFamily::V6 }));
    if let Some(family) = family {
        found.retain(|address| address.is_ipv4() == (family == IpFamily::V4));
    }
    if found.is_empty() {
        let family = if family == Some(IpFamily::V6) { "IPv6" } else { "IPv4" };
        return Err(Error::new(ErrorKind::NotFound, operation()).with_detail(format!("it has no {family} address")));
    }
    Ok(found)
}

/// Makes the control connection to the first of `addresses` that answers.
pub(super) fn connect_control(
    namespace: &Namespace,
    addresses: &[SocketAddr],
    options: &Options,
) -> Result<(Socket, SocketAddr)> {
    let mut failure = None;
    for address in addresses {
        match connect_to(namespace, *address, options) {
            Ok(socket) => return Ok((socket, *address)),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    Err(failure.unwrap_or_else(|| Error::new(ErrorKind::NotFound, "connect to a server without an address")))
}

fn connect_to(namespace: &Namespace, address: SocketAddr, options: &Options) -> Result<Socket> {
    let socket = namespace.socket(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    bind(&socket, address, options, None)?;
    socket.connect_timeout(&address.into(), options.connect_timeout).map_err(|error| {
        let refused = error.kind() == io::ErrorKind::ConnectionRefused;
        let error = Error::io(format!("connect to iperf3 server {}", name(address)), error);
        if refused { error.with_hint("no server listens there (netshoot iperf3 -s)") } else { error }
    })?;
    Ok(socket)
}

/// Opens the data stream number `index` to the server at `address`, ready for its first block.
pub(super) fn connect_stream(
    namespace: &Namespace,
    address: SocketAddr,
    parameters: &Parameters,
    cookie: &Cookie,
    index: usize,
) -> Result<Socket> {
    let options = &parameters.options;
    let tcp = options.transport == Transport::Tcp;
    let (kind, protocol) = match options.transport {
        Transport::Tcp if options.mptcp => (Type::STREAM, Protocol::MPTCP),
        Transport::Tcp => (Type::STREAM, Protocol::TCP),
        Transport::Udp => (Type::DGRAM, Protocol::UDP),
    };
    let socket = namespace.socket(Domain::for_address(address), kind, Some(protocol)).map_err(|error| {
        let hint = "does this kernel have MPTCP? sysctl net.mptcp.enabled shows";
        if options.mptcp { error.with_hint(hint) } else { error }
    })?;
    let port = options.client_port.map(|port| port.saturating_add(u16::try_from(index).unwrap_or(u16::MAX)));
    bind(&socket, address, options, port)?;
    prepare(&socket, address, options)?;
    pace(&socket, options)?;
    let failed = |error| Error::io(format!("open data stream {} to {}", index + 1, name(address)), error);
    socket.connect_timeout(&labelled(address, options), options.connect_timeout).map_err(|error| {
        let late = error.kind() == io::ErrorKind::TimedOut;
        let error = failed(error);
        if late { error.with_hint("does a firewall drop connections beside the control connection?") } else { error }
    })?;
    if tcp {
        finish_tcp(&socket, options)?;
        socket.set_write_timeout(Some(HELLO_PATIENCE)).map_err(failed)?;
        let sent = socket.send_with_flags(cookie.as_bytes(), libc::MSG_NOSIGNAL).map_err(failed)?;
        if sent < Cookie::LEN {
            return Err(failed(io::ErrorKind::WriteZero.into()));
        }
    } else {
        say_hello(&socket, address, index)?;
    }
    Ok(socket)
}

/// Sends the first datagram until it is answered.
fn say_hello(socket: &Socket, address: SocketAddr, index: usize) -> Result<()> {
    let operation = || format!("open data stream {} to {}", index + 1, name(address));
    let failed = |error| Error::io(operation(), error);
    let until = Instant::now() + HELLO_PATIENCE;
    let mut again = Instant::now();
    let mut pause = HELLO_PAUSE;
    let mut room = [0; 128];
    socket.set_nonblocking(true).map_err(failed)?;
    let refused =
        |error: io::Error| Error::io(operation(), error).with_hint("does a firewall keep UDP from the server's port?");
    loop {
        let now = Instant::now();
        if now >= until {
            let seconds = HELLO_PATIENCE.as_secs();
            let error = Error::new(ErrorKind::TimedOut, operation());
            let error = error.with_detail(format!("the server did not answer the first datagram within {seconds} s"));
            return Err(error.with_hint("does a firewall keep UDP from the server's port?"));
        }
        if now >= again {
            // A second one is only sent when the first or its answer was lost: servers take it for data.
            match socket.send(&HELLO) {
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => return Err(refused(error)),
                Err(error) if !super::control::is_nothing(&error) => return Err(failed(error)),
                _ => {}
            }
            again = now + pause;
            pause *= 2;
        }
        let left = again.min(until).saturating_duration_since(now);
        sys::poll_readable(&[socket.as_fd()], Some(left)).map_err(failed)?;
        match io::Read::read(&mut &*socket, &mut room) {
            // What is longer is data, which a server sends only where it has answered.
            Ok(count) if count > HELLO.len() || is_hello_reply(room.get(..count).unwrap_or_default()) => break,
            Ok(_) => {}
            Err(error) if super::control::is_nothing(&error) => {}
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => return Err(refused(error)),
            Err(error) => return Err(failed(error)),
        }
    }
    socket.set_nonblocking(false).map_err(failed)
}

/// What is set before the connection is made, on either end: `address` is the peer, or what is listened on.
pub(super) fn prepare(socket: &Socket, address: SocketAddr, options: &Options) -> Result<()> {
    let tcp = options.transport == Transport::Tcp;
    if let Some(window) = options.window {
        let size = window as usize;
        let set = socket.set_send_buffer_size(size).and_then(|()| socket.set_recv_buffer_size(size));
        set.map_err(|error| Error::io(format!("set socket buffers to {window} octets"), error))?;
    }
    if let Some(mss) = options.mss.filter(|_| tcp) {
        let failed = |error| Error::io(format!("set the maximum segment size to {mss} octets"), error);
        socket.set_tcp_mss(mss).map_err(failed)?;
    }
    if tcp && !options.send_timeout.is_zero() {
        let failed =
            |error| Error::io(format!("set a send time-out of {} ms", options.send_timeout.as_millis()), error);
        socket.set_tcp_user_timeout(Some(options.send_timeout)).map_err(failed)?;
    }
    set_type_of_service(socket, address, options)?;
    if let (true, IpAddr::V6(destination)) = (options.flow_label > 0, address.ip()) {
        let failed = |error| Error::io(format!("set IPv6 flow label {:#x}", options.flow_label), error);
        set_flow_label(socket, destination, options.flow_label).map_err(failed)?;
    }
    if options.dont_fragment && !tcp && address.is_ipv4() {
        sys::socket::set_option(
            socket.as_fd(),
            libc::IPPROTO_IP,
            libc::IP_MTU_DISCOVER,
            &libc::IP_PMTUDISC_DO.to_ne_bytes(),
        )
        .map_err(|error| Error::io("set Don't Fragment", error))?;
    }
    Ok(())
}

/// Leases the label for what is sent to `destination`, with `struct in6_flowlabel_req` of `linux/in6.h`, and sends it.
fn set_flow_label(socket: &Socket, destination: Ipv6Addr, label: u32) -> io::Result<()> {
    let destination = destination.octets();
    let (action, share, flags) = (IPV6_FL_A_GET, IPV6_FL_S_ANY, IPV6_FL_F_CREATE.to_ne_bytes());
    let request = [
        destination.as_slice(),
        &label.to_be_bytes(),
        &[action, share],
        &flags,
        // Expiry, linger and padding.
        &[0; 8],
    ];
    let socket = socket.as_fd();
    sys::socket::set_option(socket, libc::IPPROTO_IPV6, IPV6_FLOWLABEL_MGR, &request.concat())?;
    sys::socket::set_option(socket, libc::IPPROTO_IPV6, IPV6_FLOWINFO_SEND, &1_i32.to_ne_bytes())
}

/// Has the kernel pace what is sent, if that is asked for; sockets of MPTCP do not have it.
pub(super) fn pace(socket: &Socket, options: &Options) -> Result<()> {
    let Some(rate) = options.fair_queue_rate.filter(|rate| rate.0 >= 8) else { return Ok(()) };
    let octets = (rate.0 / 8).to_ne_bytes();
    sys::socket::set_option(socket.as_fd(), libc::SOL_SOCKET, SO_MAX_PACING_RATE, &octets)
        .map_err(|error| Error::io(format!("set the pacing rate to {rate}"), error))
}

/// What is set on a TCP data socket when the connection is made.
pub(super) fn finish_tcp(socket: &Socket, options: &Options) -> Result<()> {
    if options.no_delay {
        socket.set_tcp_nodelay(true).map_err(|error| Error::io("set TCP_NODELAY", error))?;
    }
    if let Some(name) = &options.congestion {
        socket.set_tcp_congestion(name.as_bytes()).map_err(|error| {
            let missing = error.kind() == io::ErrorKind::NotFound;
            let error = Error::io(format!("set congestion control {name}"), error);
            let hint = "sysctl net.ipv4.tcp_available_congestion_control shows those there are";
            if missing { error.with_hint(hint) } else { error }
        })?;
    }
    Ok(())
}

pub(super) fn set_type_of_service(socket: &Socket, address: SocketAddr, options: &Options) -> Result<()> {
    if options.tos == 0 {
        return Ok(());
    }
    let tos = options.tos.into();
    let mapped = matches!(address.ip(), IpAddr::V6(address) if address.to_ipv4_mapped().is_some());
    let set = match address {
        SocketAddr::V4(_) => socket.set_tos_v4(tos),
        SocketAddr::V6(_) if mapped => socket.set_tos_v4(tos),
        SocketAddr::V6(_) => socket.set_tclass_v6(tos),
    };
    set.map_err(|error| Error::io(format!("set the type of service to {tos:#x}"), error))
}

pub(super) fn bind(socket: &Socket, peer: SocketAddr, options: &Options, port: Option<u16>) -> Result<()> {
    if let Some(device) = &options.device {
        bind_device(socket, device)?;
    }
    if options.bind.is_none() && port.is_none() {
        return Ok(());
    }
    let any = if peer.is_ipv4() { IpAddr::from([0, 0, 0, 0]) } else { Ipv6Addr::UNSPECIFIED.into() };
    let mut local = SocketAddr::new(options.bind.unwrap_or(any), port.unwrap_or(0));
    if let (SocketAddr::V6(local), SocketAddr::V6(peer)) = (&mut local, peer) {
        local.set_scope_id(peer.scope_id());
    }
    let failed = |error| Error::io(format!("bind to {}", name(local)), error);
    socket.set_reuse_address(true).map_err(failed)?;
    socket.bind(&local.into()).map_err(failed)
}

/// Binds to an interface by its name.
pub(super) fn bind_device(socket: &Socket, device: &str) -> Result<()> {
    socket.bind_device(Some(device.as_bytes())).map_err(|error| {
        let error = Error::io(format!("bind to device {device}"), error);
        match error.kind() {
            ErrorKind::PermissionDenied => error.with_hint("needs CAP_NET_RAW"),
            _ => error,
        }
    })
}

/// The peer's address with the flow label.
fn labelled(address: SocketAddr, options: &Options) -> SockAddr {
    match address {
        SocketAddr::V6(mut address) if options.flow_label > 0 => {
            address.set_flowinfo(options.flow_label.to_be());
            address.into()
        }
        address => address.into(),
    }
}

/// An address as users of iperf3 read it.
pub(super) fn name(address: SocketAddr) -> String {
    format!("{} port {}", plain(address.ip()), address.port())
}

/// An IPv4 address that came as a mapped IPv6 address is one.
pub(super) fn plain(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// The same of both parts.
pub(super) fn plain_socket(address: SocketAddr) -> SocketAddr {
    match plain(address.ip()) {
        IpAddr::V4(ip) => SocketAddr::new(ip.into(), address.port()),
        IpAddr::V6(_) => address,
    }
}

/// How long the first datagram may stay without an answer, and when it is sent again.
const HELLO_PATIENCE: Duration = Duration::from_secs(10);
const HELLO_PAUSE: Duration = Duration::from_secs(1);

/// asm-generic/socket.h
const SO_MAX_PACING_RATE: libc::c_int = 47;
/// `linux/in6.h`
const IPV6_FLOWLABEL_MGR: libc::c_int = 32;
const IPV6_FLOWINFO_SEND: libc::c_int = 33;
const IPV6_FL_A_GET: u8 = 0;
const IPV6_FL_S_ANY: u8 = 255;
const IPV6_FL_F_CREATE: u16 = 1;
