//! Neighbour discovery, and what ICMP errors quote and add, as plain structs that lend octets of the frame.

use std::ffi::{c_char, c_int};

use netshoot_core::packet::{IcmpObject, IcmpObjectValue, NeighborOption, RouterAdvertisement};

use crate::address::netshoot_address_t;
use crate::application::{NETSHOOT_DNS_TEXT, lent, netshoot_octets_t};
use crate::error::netshoot_error_t;
use crate::look::Frame;
use crate::packet::{netshoot_packet_t, plain};
use crate::ports::netshoot_ports_t;
use crate::text;

/// A router advertisement's own fields.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_router_advertisement_t {
    /// Milliseconds for which a neighbour counts as reachable; 0 does not say.
    pub reachable_time_ms: u32,
    /// Milliseconds between solicitations; 0 does not say.
    pub retransmission_timer_ms: u32,
    /// Seconds for which it is a default router; 0 says that it is none.
    pub lifetime_s: u16,
    /// Hop limit that hosts should use; 0 does not say.
    pub hop_limit: u8,
    /// Preference as a default router: 1 high, 0 medium, 3 low, 2 reserved.
    pub preference: u8,
    /// Addresses are handed out by DHCPv6 (M).
    pub managed: bool,
    /// Other settings are handed out by DHCPv6 (O).
    pub other: bool,
}

/// An option of neighbour discovery. What an option of its type does not say is 0.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_neighbor_option_t {
    /// The link-layer address of the sender (type 1) or the target (type 2); of a type that is not known, all its octets.
    pub data: netshoot_octets_t,
    /// A prefix (type 3), a route (type 24), or the first name server (type 25).
    pub address: netshoot_address_t,
    /// Seconds for which a prefix, a route, name servers or domains hold; UINT32_MAX is for ever.
    pub lifetime_s: u32,
    /// Seconds for which addresses made of a prefix are preferred.
    pub preferred_lifetime_s: u32,
    /// The link's MTU in octets (type 5).
    pub mtu: u32,
    /// Its type.
    pub option_type: u8,
    /// Bits of a prefix or a route that count.
    pub prefix_length: u8,
    /// A prefix's addresses are on this link.
    pub on_link: bool,
    /// Hosts may make addresses of a prefix.
    pub autonomous: bool,
    /// All that it says, in tcpdump's words.
    pub value: [c_char; NETSHOOT_DNS_TEXT],
}

/// An object of the extensions of an ICMP error (RFC 4884).
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_icmp_object_t {
    /// The data as they were sent; of MPLS (class 1) four octets for each label.
    pub data: netshoot_octets_t,
    /// Of an interface (class 2): its name.
    pub name: netshoot_octets_t,
    /// Of an interface: its address, or the next hop's.
    pub address: netshoot_address_t,
    /// Of an interface: its number; 0 where it does not say.
    pub index: u32,
    /// Of an interface: its MTU in octets; 0 where it does not say.
    pub mtu: u32,
    /// Of an interface: 0 the packet came by it, 1 by a part of it, 2 it would have left by it, 3 its next hop would be there.
    pub role: u8,
    /// What it is about: 1 MPLS, 2 an interface, 3 an interface that is asked for.
    pub class_number: u8,
    /// The class's own type (C-Type).
    pub class_type: u8,
    /// Whether the data fit the format, where it is known.
    pub is_valid: bool,
}

/// Reads what a router advertisement in the packet inside of depth tunnels says itself. The arguments before out are those of
/// netshoot_packet_parse_inner.
///
/// Returns 1, or 0 if there is none, which leaves out as it was, or -1 if an argument makes no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_packet_router_advertisement(
    link_type: u16,
    bytes: *const u8,
    length: usize,
    original_length: u32,
    depth: u8,
    ports: *const netshoot_ports_t,
    out: *mut netshoot_router_advertisement_t,
    err: *mut netshoot_error_t,
) -> c_int {
    let frame = Frame { link_type, bytes, length, original_length, depth, ports };
    // SAFETY: the caller lends what the header asks for.
    unsafe { frame.one(out, err, |packet, _| packet.router_advertisement().as_ref().map(plain_router)) }
}

/// Reads the options of a message of neighbour discovery in the packet inside of depth tunnels, and writes up to size of them
/// to out. The arguments before it are those of netshoot_packet_parse_inner.
///
/// Returns how many there are up to the first that cannot be read, also if size is less; or -1 if an argument makes no
/// sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_packet_neighbor_options(
    link_type: u16,
    bytes: *const u8,
    length: usize,
    original_length: u32,
    depth: u8,
    ports: *const netshoot_ports_t,
    out: *mut netshoot_neighbor_option_t,
    size: usize,
    err: *mut netshoot_error_t,
) -> c_int {
    let frame = Frame { link_type, bytes, length, original_length, depth, ports };
    // SAFETY: the caller lends what the header asks for.
    unsafe {
        frame.list(out, size, err, |packet, _, room| room.fill(packet.neighbor_options().flatten().map(plain_neighbor)))
    }
}

/// Parses the packet that an ICMP error in the packet inside of depth tunnels quotes, as far as it does. All offsets count
/// from the start of the frame. The arguments before out are those of netshoot_packet_parse_inner.
///
/// Returns 1, or 0 if there is none, which leaves out as it was, or -1 if an argument makes no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_packet_quoted(
    link_type: u16,
    bytes: *const u8,
    length: usize,
    original_length: u32,
    depth: u8,
    ports: *const netshoot_ports_t,
    out: *mut netshoot_packet_t,
    err: *mut netshoot_error_t,
) -> c_int {
    let frame = Frame { link_type, bytes, length, original_length, depth, ports };
    // SAFETY: the caller lends what the header asks for.
    unsafe { frame.one(out, err, |packet, _| packet.quoted().as_ref().map(plain)) }
}

/// Reads the objects that a router adds to an ICMP error in the packet inside of depth tunnels (RFC 4884), or that an
/// extended echo request asks for (RFC 8335), and writes up to size of them to out. The arguments before it are those of
/// netshoot_packet_parse_inner.
///
/// Returns how many there are up to the first that cannot be read, also if size is less; or -1 if an argument makes no
/// sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_packet_icmp_objects(
    link_type: u16,
    bytes: *const u8,
    length: usize,
    original_length: u32,
    depth: u8,
    ports: *const netshoot_ports_t,
    out: *mut netshoot_icmp_object_t,
    size: usize,
    err: *mut netshoot_error_t,
) -> c_int {
    let frame = Frame { link_type, bytes, length, original_length, depth, ports };
    // SAFETY: the caller lends what the header asks for.
    unsafe {
        frame.list(out, size, err, |packet, _, room| {
            let extensions = packet.icmp_extensions();
            let objects = extensions.iter().flat_map(|extensions| extensions.objects().flatten());
            room.fill(objects.map(|object| plain_object(&object)))
        })
    }
}

fn plain_router(router: &RouterAdvertisement) -> netshoot_router_advertisement_t {
    netshoot_router_advertisement_t {
        reachable_time_ms: router.reachable_time.unwrap_or_default(),
        retransmission_timer_ms: router.retransmission_timer.unwrap_or_default(),
        lifetime_s: router.lifetime,
        hop_limit: router.hop_limit,
        preference: router.preference,
        managed: router.managed,
        other: router.other,
    }
}

fn plain_neighbor(option: NeighborOption<'_>) -> netshoot_neighbor_option_t {
    let mut told = netshoot_neighbor_option_t {
        data: lent(&[]),
        address: netshoot_address_t::default(),
        lifetime_s: 0,
        preferred_lifetime_s: 0,
        mtu: 0,
        option_type: option.option_type(),
        prefix_length: 0,
        on_link: false,
        autonomous: false,
        value: text::inline(&option.to_string()),
    };
    match option {
        NeighborOption::SourceLinkAddress(data) | NeighborOption::TargetLinkAddress(data) => told.data = lent(data),
        NeighborOption::Unknown { data, .. } => told.data = lent(data),
        NeighborOption::Prefix { prefix, length, on_link, autonomous, valid_lifetime, preferred_lifetime } => {
            (told.address, told.prefix_length) = (Some(prefix.into()).into(), length);
            (told.on_link, told.autonomous) = (on_link, autonomous);
            (told.lifetime_s, told.preferred_lifetime_s) = (valid_lifetime, preferred_lifetime);
        }
        NeighborOption::Mtu(mtu) => told.mtu = mtu,
        NeighborOption::Route { prefix, length, lifetime, .. } => {
            (told.address, told.prefix_length, told.lifetime_s) = (Some(prefix.into()).into(), length, lifetime);
        }
        NeighborOption::NameServers { lifetime, mut servers } => {
            (told.address, told.lifetime_s) = (servers.next().map(Into::into).into(), lifetime);
        }
        NeighborOption::SearchDomains { lifetime, .. } => told.lifetime_s = lifetime,
        _ => {}
    }
    told
}

fn plain_object(object: &IcmpObject<'_>) -> netshoot_icmp_object_t {
    let value = object.value();
    let mut told = netshoot_icmp_object_t {
        data: lent(object.data),
        name: lent(&[]),
        address: netshoot_address_t::default(),
        index: 0,
        mtu: 0,
        role: 0,
        class_number: object.class,
        class_type: object.class_type,
        is_valid: value.is_ok(),
    };
    if let Ok(IcmpObjectValue::Interface(interface)) = value {
        told.name = lent(interface.name.unwrap_or_default());
        told.address = interface.address.into();
        (told.index, told.mtu) = (interface.index.unwrap_or_default(), interface.mtu.unwrap_or_default());
        told.role = interface.role;
    }
    told
}
