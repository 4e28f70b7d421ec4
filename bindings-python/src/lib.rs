//! The Python door: types are converted here, and no more. What Python users see is the package `netshoot`
//! (`python/netshoot`), a typed façade over this private module `netshoot._netshoot`.
//!
//! Promises: the interpreter lock is released while files are read and analysed, signals are looked at between batches so
//! that Ctrl-C works, octets that come as `bytes` are held by reference and not copied, and errors arrive as
//! `netshoot.Error` with the library's own text.

#[macro_use]
mod record;
mod error;
mod link_type;
mod packet;

/// Private half of the package `netshoot`: use that one.
#[pyo3::pymodule(gil_used = false)]
mod _netshoot {
    #[pymodule_export]
    use crate::packet::{
        Arp, Dns, Ethernet, Icmp, Ipv4, Ipv6, Layer, Packet, Question, Stop, Tcp, TcpOption, Udp, Vlan, parse,
    };
}
