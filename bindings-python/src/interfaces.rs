//! The interfaces of this host, or of another network namespace.

use std::net::IpAddr;

use netshoot_core::netlink::{self, ByteString, Lifetime, Netlink, iproute2};
use pyo3::prelude::*;

use crate::error::to_python;
use crate::kernel::namespace::NamespaceArgument;

/// Lists the interfaces with their addresses, and gives the same as the JSON that `ip -j -d address` prints.
#[pyfunction]
#[pyo3(signature = (namespace: "object" = None))]
pub(crate) fn interfaces(py: Python<'_>, namespace: Option<NamespaceArgument>) -> PyResult<(Vec<Interface>, String)> {
    py.detach(|| list(namespace.as_ref())).map_err(|error| to_python(py, &error))
}

/// A network namespace as Python programs name it.
fn list(namespace: Option<&NamespaceArgument>) -> netshoot_core::Result<(Vec<Interface>, String)> {
    let namespace = NamespaceArgument::open(namespace)?;
    let listing = Netlink::open(&namespace)?.interfaces()?;
    let options = iproute2::Options { details: true, ..iproute2::Options::default() };
    let mut json = Vec::new();
    iproute2::write_json(&mut json, &listing.items, &iproute2::Names::system(), &options)
        .map_err(|error| netshoot_core::Error::io("write interfaces as JSON", error))?;
    let name = |index| {
        let found = listing.items.iter().find(|interface| interface.link.ifindex == index);
        found.map(|interface| text(&interface.link.ifname))
    };
    let interfaces = listing.items.iter().map(|interface| Interface::new(interface, name)).collect();
    Ok((interfaces, String::from_utf8_lossy(&json).into_owned()))
}

records! {
    /// A network interface. Attributes have iproute2's names; `None` means that the kernel did not tell.
    Interface {
        /// The number by which everything else in the namespace refers to it.
        ifindex: u32,
        /// The name; octets that are not UTF-8 are shown as U+FFFD.
        ifname: String,
        /// Other names.
        altnames: Vec<String>,
        /// A description for people.
        ifalias: Option<String>,
        /// Names of the flags that are set, such as `UP`, in the kernel's order.
        flags: Vec<String>,
        /// Operational state, such as `UP`.
        operstate: Option<String>,
        /// The kind of link layer, such as `ether`.
        link_type: String,
        /// The kind of virtual device, such as `veth`.
        kind: Option<String>,
        /// Link-layer address.
        address: Option<String>,
        /// Link-layer broadcast address, or that of the other end of a point-to-point link.
        broadcast: Option<String>,
        /// Largest packet in octets.
        mtu: Option<u32>,
        /// The root queueing discipline.
        qdisc: Option<String>,
        /// The bridge, bond or VRF that it is a port of.
        master: Option<String>,
        /// IP addresses, IPv4 before IPv6.
        addresses: Vec<InterfaceAddress>,
    }

    /// An IP address of an interface. Attributes have iproute2's names.
    InterfaceAddress {
        /// The interface's own address.
        local: Option<IpAddr>,
        /// Length of the prefix in bits.
        prefixlen: u8,
        /// The other end of a point-to-point link.
        address: Option<IpAddr>,
        /// IPv4 broadcast address.
        broadcast: Option<IpAddr>,
        /// How far it is valid: `global`, `link`, `host`, or a number.
        scope: String,
        /// Names of the flags that are set, such as `permanent`.
        flags: Vec<String>,
        /// IPv4 label.
        label: Option<String>,
        /// Seconds for which it is valid; `None` for ever.
        valid_life_time: Option<f64>,
        /// Seconds for which new connections may use it; `None` for ever.
        preferred_life_time: Option<f64>,
    }
}

impl Interface {
    fn new(interface: &netlink::Interface, name: impl Fn(u32) -> Option<String>) -> Self {
        let link = &interface.link;
        Self {
            ifindex: link.ifindex,
            ifname: text(&link.ifname),
            altnames: link.altnames.iter().map(text).collect(),
            ifalias: link.ifalias.as_ref().map(text),
            flags: link.flags.names().map(str::to_owned).collect(),
            operstate: link.operstate.map(|state| state.to_string()),
            link_type: link.link_type.to_string(),
            kind: link.linkinfo.as_ref().and_then(|info| info.kind.as_ref()).map(text),
            address: link.address.map(|address| address.to_string()),
            broadcast: link.broadcast.map(|address| address.to_string()),
            mtu: link.mtu,
            qdisc: link.qdisc.as_ref().map(text),
            master: link.master.map(|index| name(index).unwrap_or_else(|| format!("if{index}"))),
            addresses: interface.addresses.iter().map(InterfaceAddress::from).collect(),
        }
    }
}

impl From<&netlink::Address> for InterfaceAddress {
    fn from(address: &netlink::Address) -> Self {
        let seconds = |lifetime: Lifetime| lifetime.duration().map(|time| time.as_secs_f64());
        let lifetimes = address.cacheinfo;
        Self {
            local: address.local,
            prefixlen: address.prefixlen,
            address: address.address,
            broadcast: address.broadcast,
            scope: address.scope.to_string(),
            flags: address.flags.names().map(str::to_owned).collect(),
            label: address.label.as_ref().map(text),
            valid_life_time: lifetimes.and_then(|times| seconds(times.valid)),
            preferred_life_time: lifetimes.and_then(|times| seconds(times.preferred)),
        }
    }
}

fn text(name: &ByteString) -> String {
    name.to_string_lossy().into_owned()
}
