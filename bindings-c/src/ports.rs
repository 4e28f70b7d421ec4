//! Ports that stand for tunnels and applications by the caller's word.

use netshoot_core::packet::Layer;
use netshoot_core::{Error, ErrorKind, Result};

use crate::pointer;

/// A port, and what it stands for.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_port_t {
    /// The port of UDP or TCP.
    pub port: u16,
    /// An application or a tunnel: NETSHOOT_LAYER_DNS, …_TLS, …_QUIC, …_HTTP, …_DHCP, …_DHCPV6, …_WIREGUARD, …_L2TP,
    /// …_GRE, …_VXLAN, …_VXLAN_GPE, …_GENEVE, …_GTP or …_TEREDO; NETSHOOT_LAYER_NONE for none.
    pub layer: u8,
}

/// Ports that stand for tunnels and applications, besides the usual ones.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_ports_t {
    /// The first.
    pub ports: *const netshoot_port_t,
    /// How many there are.
    pub count: usize,
}

/// # Safety
/// `ports` is null or valid, and so are the ports that it lends.
pub(crate) unsafe fn read(ports: *const netshoot_ports_t) -> Result<Vec<(u16, Layer)>> {
    if ports.is_null() {
        return Ok(Vec::new());
    }
    // SAFETY: it is not null, and the caller promises that it is valid.
    let ports = unsafe { pointer::lent(ports, "ports") }?;
    // SAFETY: the caller promises that these are valid.
    let ports = unsafe { pointer::slice(ports.ports, ports.count, "ports") }?;
    let layer = |port: &netshoot_port_t| match Layer::OF_PORTS.into_iter().find(|layer| *layer as u8 == port.layer) {
        Some(layer) => Ok((port.port, layer)),
        None => {
            let detail = format!("port {} stands for layer {}, which is none of ports", port.port, port.layer);
            Err(Error::new(ErrorKind::InvalidInput, "parse packet").with_detail(detail))
        }
    };
    ports.iter().map(layer).collect()
}
