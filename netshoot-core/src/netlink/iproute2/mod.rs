//! Interfaces in iproute2's words: the JSON of `ip -j address`, and the text of `ip address`.
//!
//! The JSON has the keys, values and types that `ip -j` has; scripts written for it need no change. Where iproute2 6.1
//! and this differ:
//! - A name that is not UTF-8 is valid JSON with U+FFFD in place of each bad octet, and its octets are given in
//!   hexadecimal under a second key: `ifname_hex`, `ifalias_hex`. (`ip` writes the octets, and control characters, raw.)
//! - With the family `inet6` everything is said that is said without it; `ip -6` leaves out the queueing discipline, the
//!   master, the group and other names, and takes an index in another namespace for one of this.
//! - What newer versions say is said: an address's `protocol`, and `gso_ipv4_max_size`, `gro_ipv4_max_size` in detail.
//!
//! In text, control and format characters and octets that are not UTF-8 are escaped; `ip` sends them to the terminal.

mod form;
mod json;
mod link_data;
mod names;
mod netns;
mod next_hop;
mod nstat;
mod route;
mod route_encap;
mod services;
mod ss;
mod text;

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr};

pub use names::Names;
pub use netns::{write_namespace_names, write_namespace_numbers, write_namespaces};
pub use next_hop::{write_next_hop_buckets, write_next_hops};
pub use nstat::{NstatHistory, NstatOptions, write_nstat, write_nstat_delta, write_nstat_since};
pub use route::{RouteOptions, write_routes};
pub use services::Services;
pub use ss::{SocketJson, SocketOptions, SocketText};

use super::{Address, AddressFlags, ByteString, Family, Interface, Link, LinkFlags, LinkLayerAddress, LinkType};

/// Which interfaces and addresses are shown, and how much of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Addresses of this family only, and interfaces that have one: `-4` and `-6`.
    pub family: Option<Family>,
    /// The interface of this name or alternative name only: `dev NAME`.
    pub device: Option<ByteString>,
    /// Details of the links, in JSON: `-d`.
    pub details: bool,
    /// Counters of the links, in JSON: `-s`.
    pub statistics: bool,
}

/// Writes `interfaces` as `ip -j address` does: an array of one object an interface, with a line feed after it.
///
/// `interfaces` are all those of the namespace, so that indices can be named; `options` choose from them.
///
/// # Errors
/// Those of `out`, nothing else.
pub fn write_json(
    out: &mut impl io::Write,
    interfaces: &[Interface],
    names: &Names,
    options: &Options,
) -> io::Result<()> {
    let context = Context::new(interfaces, names, options);
    json::write(out, interfaces, &context)
}

/// Writes `interfaces` as `ip address` does.
///
/// # Errors
/// Those of `out`, nothing else.
pub fn write_text(
    out: &mut impl io::Write,
    interfaces: &[Interface],
    names: &Names,
    options: &Options,
) -> io::Result<()> {
    let context = Context::new(interfaces, names, options);
    text::write(out, interfaces, &context)
}

/// What is needed to show one interface among all.
struct Context<'a> {
    names: &'a Names,
    options: &'a Options,
    links: HashMap<u32, &'a Link>,
}

impl<'a> Context<'a> {
    fn new(interfaces: &'a [Interface], names: &'a Names, options: &'a Options) -> Self {
        let links = interfaces.iter().map(|interface| (interface.link.ifindex, &interface.link)).collect();
        Self { names, options, links }
    }

    fn shows(&self, interface: &Interface) -> bool {
        let link = &interface.link;
        self.options.device.as_ref().is_none_or(|device| link.ifname == *device || link.altnames.contains(device))
            && (self.options.family.is_none() || interface.addresses.iter().any(|address| self.shows_address(address)))
    }

    fn shows_address(&self, address: &Address) -> bool {
        self.options.family.is_none_or(|family| family == address.family)
    }

    /// `-4` and `-6` leave the link layer out, unless details are wanted.
    fn shows_link_layer(&self) -> bool {
        self.options.family.is_none() || self.options.details
    }

    /// The name of the link with index `ifindex` in this namespace.
    fn link_name(&self, ifindex: u32) -> Vec<u8> {
        match self.links.get(&ifindex) {
            Some(link) => link.ifname.as_bytes().to_vec(),
            None => format!("if{ifindex}").into_bytes(),
        }
    }
}

/// The words of `IFF_*` as `ip` shows them: no carrier first, running never.
fn flag_words(link: &Link) -> impl Iterator<Item = String> {
    let no_carrier = link.flags.contains(LinkFlags::UP) && !link.flags.contains(LinkFlags::RUNNING);
    let known = link.flags.names().filter(|name| *name != "RUNNING").map(str::to_owned);
    let unknown = (link.flags.unknown() != 0).then(|| format!("{:x}", link.flags.unknown()));
    no_carrier.then(|| "NO-CARRIER".to_owned()).into_iter().chain(known).chain(unknown)
}

/// The link below, or the peer, in this namespace is switched off.
fn is_other_end_down(link: &Link, context: &Context<'_>) -> bool {
    let other = link.link_index.filter(|index| *index != 0 && link.link_netnsid.is_none());
    other.and_then(|index| context.links.get(&index)).is_some_and(|other| !other.flags.contains(LinkFlags::UP))
}

/// The words of `IFA_F_*` as `ip` shows them: an end of life where the kernel has a flag for none.
fn address_flag_words(address: &Address) -> impl Iterator<Item = &'static str> {
    let flags = AddressFlags(address.flags.0 ^ AddressFlags::PERMANENT.0);
    let family = address.family;
    flags.names().map(move |name| match name {
        "secondary" if family == Family::INET6 => "temporary",
        "permanent" => "dynamic",
        name => name,
    })
}

/// The text of an IP address as the C library has it.
fn address_text(address: IpAddr) -> String {
    Shown(address).to_string()
}

/// An IP address as the C library shows it, with the IPv4 address in `::192.0.2.1`.
struct Shown(IpAddr);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V6(v6) => match v6.segments() {
                [0, 0, 0, 0, 0, 0, high, low] if high != 0 => {
                    let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
                    write!(f, "::{}", Ipv4Addr::new(a, b, c, d))
                }
                _ => v6.fmt(f),
            },
            IpAddr::V4(v4) => v4.fmt(f),
        }
    }
}

/// The text of a link-layer address, which for a tunnel is an IP address.
fn link_address_text(link: &Link, address: &LinkLayerAddress) -> String {
    let bytes = address.as_bytes();
    match link.link_type {
        LinkType::TUNNEL | LinkType::SIT | LinkType::IPGRE => {
            if let Ok(octets) = <[u8; 4]>::try_from(bytes) {
                return address_text(octets.into());
            }
        }
        LinkType::TUNNEL6 | LinkType::IP6GRE => {
            if let Ok(octets) = <[u8; 16]>::try_from(bytes) {
                return address_text(octets.into());
            }
        }
        _ => {}
    }
    address.to_string()
}

/// The kind of link layer; `ip` puts a number that it has no name for in brackets.
fn link_type_text(link: &Link) -> String {
    link.link_type.name().map_or_else(|| format!("[{}]", link.link_type), str::to_owned)
}

/// The address that the hardware was made with, where it is not the one in use.
fn permanent_address(link: &Link) -> Option<&LinkLayerAddress> {
    link.permaddr.as_ref().filter(|address| link.address.as_ref() != Some(address))
}
