//! The kernel's objects in iproute2's words: the JSON of `ip -j`, and the text of `ip`.
//!
//! The JSON has the keys, values and types that `ip -j` has; scripts written for it need no change. Where iproute2 6.1
//! and this differ:
//! - A name that is not UTF-8 is valid JSON with U+FFFD in place of each bad octet, and its octets are given in
//!   hexadecimal under a second key: `ifname_hex`, `ifalias_hex`. (`ip` writes the octets, and control characters, raw.)
//! - With the family `inet6` everything is said that is said without it; `ip -6` leaves out the queueing discipline, the
//!   master, the group and other names, and takes an index in another namespace for one of this.
//! - What newer versions say is said: an address's `protocol`, and in detail `gso_ipv4_max_size`, `gro_ipv4_max_size`,
//!   `netns-immutable`, of a bridge `fdb_n_learned`, `fdb_max_learned`, `mst_enabled`, of its ports `mab`, `backup_nhid`,
//!   `neigh_vlan_suppress`, of a macvlan `bclim`.
//! - A bridge's `root_id` is that of the root, where `ip` repeats the bridge's own.
//! - Counters of `nstat -j` are whole, where `nstat` has the lower 32 bits alone.
//! - What was not chosen is not there; `ip -j address` has an empty object for it.
//! - Changes are shown as [`MonitorWriter`] has it: each once, and not each message.
//! - Of an XDP program the number is shown, and not what must be asked of it elsewhere.
//!
//! In text, control and format characters and octets that are not UTF-8 are escaped; `ip` sends them to the terminal.

mod address;
mod change;
mod form;
mod inet;
mod link;
mod link_data;
mod monitor;
mod names;
mod neighbor;
mod netns;
mod next_hop;
mod nstat;
mod qdisc;
mod route;
mod route_encap;
mod route_metrics;
mod rule;
mod services;
mod ss;
mod stats;
mod virtual_function;

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr};

pub use change::DiffWriter;
pub use inet::{inet_address, inet_prefix};
pub(super) use inet::{inet_number, prefix_length};
pub use monitor::{MonitorOptions, MonitorTime, MonitorWriter};
pub use names::Names;
pub use neighbor::{NeighborOptions, write_fdb, write_neighbors};
pub use netns::{write_namespace_names, write_namespace_numbers, write_namespaces};
pub use next_hop::{write_next_hop_buckets, write_next_hops};
pub use nstat::{NstatHistory, NstatOptions, write_nstat, write_nstat_delta, write_nstat_since};
pub use qdisc::{QdiscShowOptions, write_qdiscs};
pub use route::{RouteOptions, RouteWriter, write_routes};
pub use rule::{RuleOptions, write_rules};
pub use services::Services;
pub(super) use services::{frame_number, netlink_number};
pub(super) use ss::cgroup_mount;
pub use ss::{SocketOptions, SocketText};

use super::pattern::is_like;
use super::{Address, AddressFilter, ByteString, Family, Interface, Link, LinkFilter, Object};
use form::Form;
use link::Context;

/// Which links and addresses are shown, how much of them, and in which form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// JSON instead of text: `-j`.
    pub json: bool,
    /// Addresses of this family only, and interfaces that have one: `-4` and `-6`.
    pub family: Option<Family>,
    /// The interface of this name or alternative name only: `dev NAME`.
    pub device: Option<ByteString>,
    /// Details of the links: `-d`.
    pub details: bool,
    /// Counters of the links: `-s`.
    pub statistics: bool,
    /// Also the counters of what went wrong: `-s -s`.
    pub more_statistics: bool,
    /// Only names, states and addresses, in columns: `-br`.
    pub brief: bool,
    /// Each link or address in one line, with a backslash in place of line feeds: `-o`.
    pub oneline: bool,
    /// Counters in text with a prefix instead of all digits, `1.25M`: `-h`.
    pub human: Option<Prefixes>,
    /// Which links.
    pub links: LinkFilter,
    /// Which addresses; interfaces that have others alone are not shown.
    pub addresses: AddressFilter,
    /// Addresses with a label that fits this pattern of a shell: `label PATTERN`.
    pub label: Option<ByteString>,
}

/// The steps of numbers that are shown with a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefixes {
    /// k is 1000.
    Decimal,
    /// ki is 1024: `-iec`.
    Binary,
}

impl Options {
    /// Whether `link` is one that they choose.
    #[must_use]
    pub fn shows_link(&self, link: &Link) -> bool {
        let device = self.device.as_ref();
        device.is_none_or(|device| link.ifname == *device || link.altnames.contains(device))
            && link.matches(&self.links)
    }

    /// Whether `address`, which `link` has, is one that they choose.
    #[must_use]
    pub fn shows_address(&self, address: &Address, link: &Link) -> bool {
        let label = || address.label.as_ref().unwrap_or(&link.ifname).as_bytes();
        self.is_of_family(address)
            && address.matches(&self.addresses)
            && self.label.as_ref().is_none_or(|pattern| is_like(pattern.as_bytes(), label(), false))
    }

    fn is_of_family(&self, address: &Address) -> bool {
        self.only_family().is_none_or(|family| family == address.family)
    }

    /// `-0`: links, in the forms of `ip address`.
    fn is_of_links(&self) -> bool {
        self.only_family() == Some(Family::PACKET)
    }

    /// The family of the addresses that are wanted; a prefix has one, too.
    fn only_family(&self) -> Option<Family> {
        self.family.or(self.addresses.family).or(self.addresses.prefix_family())
    }
}

/// Writes `interfaces` as `ip address` does; in JSON, an array of one object an interface, with a line feed after it.
///
/// `interfaces` are all those of the namespace, so that indices can be named; `options` choose from them.
///
/// # Errors
/// Those of `out`, nothing else.
pub fn write_interfaces(
    out: &mut impl io::Write,
    interfaces: &[Interface],
    names: &Names,
    options: &Options,
) -> io::Result<()> {
    let context = Context::new(interfaces.iter().map(|interface| &interface.link), names, options, false);
    let shown = interfaces.iter().filter(|interface| context.shows_interface(interface));
    Form::new(options.json).list(out, shown, |form, interface| context.interface(form, interface))
}

/// Writes `links` as `ip link` does; in JSON, an array of one object a link, with a line feed after it.
///
/// `links` are all those of the namespace, so that indices can be named; `options` choose from them.
///
/// # Errors
/// Those of `out`, nothing else.
pub fn write_links(out: &mut impl io::Write, links: &[Link], names: &Names, options: &Options) -> io::Result<()> {
    let context = Context::new(links.iter(), names, options, true);
    let shown = links.iter().filter(|link| options.shows_link(link));
    Form::new(options.json).list(out, shown, |form, link| context.link(form, link))
}

/// [`write_interfaces`] in JSON.
///
/// # Errors
/// Those of `out`, nothing else.
pub fn write_json(
    out: &mut impl io::Write,
    interfaces: &[Interface],
    names: &Names,
    options: &Options,
) -> io::Result<()> {
    write_interfaces(out, interfaces, names, &Options { json: true, ..options.clone() })
}

/// [`write_interfaces`] in text.
///
/// # Errors
/// Those of `out`, nothing else.
pub fn write_text(
    out: &mut impl io::Write,
    interfaces: &[Interface],
    names: &Names,
    options: &Options,
) -> io::Result<()> {
    write_interfaces(out, interfaces, names, &Options { json: false, ..options.clone() })
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
            IpAddr::V4(v4) => dotted(v4, f),
        }
    }
}

/// Into one piece of text, which `Ipv4Addr`'s own `Display` does only to pad it.
fn dotted(address: Ipv4Addr, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut text = [0; 15];
    let mut places = text.iter_mut();
    let mut length = 0;
    let mut put = |letter: u8| {
        if let Some(place) = places.next() {
            *place = letter;
            length += 1;
        }
    };
    for (position, octet) in address.octets().into_iter().enumerate() {
        if position > 0 {
            put(b'.');
        }
        if octet >= 100 {
            put(b'0' + octet / 100);
        }
        if octet >= 10 {
            put(b'0' + octet / 10 % 10);
        }
        put(b'0' + octet % 10);
    }
    f.write_str(text.get(..length).and_then(|text| str::from_utf8(text).ok()).unwrap_or_default())
}
