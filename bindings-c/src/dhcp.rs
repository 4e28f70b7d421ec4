//! Messages of DHCP as plain structs that lend octets of the frame.

use std::ffi::{c_char, c_int};
use std::net::Ipv4Addr;

use netshoot_core::application::Message;
use netshoot_core::packet::dhcp;

use crate::address::netshoot_address_t;
use crate::application::{NETSHOOT_DNS_TEXT, lent, netshoot_octets_t};
use crate::error::netshoot_error_t;
use crate::look::{Frame, message};
use crate::ports::netshoot_ports_t;
use crate::text;

/// A message of DHCP for IPv4, or of BOOTP. Addresses that it does not tell have version 0, times and other numbers are 0.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_dhcp_t {
    /// The message.
    pub octets: netshoot_octets_t,
    /// The client's hardware address.
    pub hardware_address: netshoot_octets_t,
    /// The server's name.
    pub server_name: netshoot_octets_t,
    /// The file to boot.
    pub boot_file: netshoot_octets_t,
    /// The client's name.
    pub host_name: netshoot_octets_t,
    /// The domain to search names in.
    pub domain_name: netshoot_octets_t,
    /// What the client says it is.
    pub vendor_class: netshoot_octets_t,
    /// What the client wants to be known by: a type of hardware and its octets.
    pub client_id: netshoot_octets_t,
    /// Why a server refuses, or a client declines.
    pub message: netshoot_octets_t,
    /// Numbers of the options that the client wants.
    pub parameter_list: netshoot_octets_t,
    /// The address that the client has and answers for.
    pub client_address: netshoot_address_t,
    /// The address that the client gets.
    pub your_address: netshoot_address_t,
    /// The server to boot from next.
    pub next_server: netshoot_address_t,
    /// The first relay.
    pub relay_address: netshoot_address_t,
    /// The address that the client asks for.
    pub requested_address: netshoot_address_t,
    /// The server that speaks, or that the client chose.
    pub server_id: netshoot_address_t,
    /// The network's mask.
    pub subnet_mask: netshoot_address_t,
    /// The first router.
    pub router: netshoot_address_t,
    /// The first DNS server.
    pub dns_server: netshoot_address_t,
    /// The transaction identifier.
    pub transaction_id: u32,
    /// Seconds for which the address may be used; UINT32_MAX is for ever.
    pub lease_time_s: u32,
    /// Seconds until the client asks its server again (T1).
    pub renewal_time_s: u32,
    /// Seconds until the client asks any server (T2).
    pub rebinding_time_s: u32,
    /// Seconds since the client began.
    pub seconds: u16,
    /// The flags; the highest says that the client wants the answer by broadcast.
    pub flags: u16,
    /// Who speaks: 1 a client, 2 a server.
    pub operation: u8,
    /// What is asked or answered: 1 discover, 2 offer, 3 request, 4 decline, 5 ack, 6 nak, 7 release, 8 inform; 0 in BOOTP.
    pub message_type: u8,
    /// Type of hardware: 1 is Ethernet.
    pub hardware_type: u8,
    /// Relays that it passed.
    pub hops: u8,
}

/// An option of DHCP.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_dhcp_option_t {
    /// The data as they were sent.
    pub data: netshoot_octets_t,
    /// Its number.
    pub code: u8,
    /// Whether value is there: the data fit the format.
    pub has_value: bool,
    /// What it says.
    pub value: [c_char; NETSHOOT_DNS_TEXT],
}

/// Reads the message of DHCP, or of BOOTP, of the packet inside of depth tunnels, of port 67 or 68. The arguments before out
/// are those of netshoot_packet_parse_inner.
///
/// Returns 1, or 0 if there is none, which leaves out as it was, or -1 if an argument makes no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_packet_dhcp(
    link_type: u16,
    bytes: *const u8,
    length: usize,
    original_length: u32,
    depth: u8,
    ports: *const netshoot_ports_t,
    out: *mut netshoot_dhcp_t,
    err: *mut netshoot_error_t,
) -> c_int {
    let frame = Frame { link_type, bytes, length, original_length, depth, ports };
    // SAFETY: the caller lends what the header asks for.
    unsafe {
        frame.one(out, err, |packet, ports| match message(packet, ports)? {
            Message::Dhcp(message) => Some(plain(&message)),
            _ => None,
        })
    }
}

/// Reads the options, without padding and end, of the message that netshoot_packet_dhcp reads, and writes up to size of them
/// to out.
///
/// Returns how many there are up to the first that cannot be read, also if size is less; 0 if there is no message; or -1 if
/// an argument makes no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_packet_dhcp_options(
    link_type: u16,
    bytes: *const u8,
    length: usize,
    original_length: u32,
    depth: u8,
    ports: *const netshoot_ports_t,
    out: *mut netshoot_dhcp_option_t,
    size: usize,
    err: *mut netshoot_error_t,
) -> c_int {
    let frame = Frame { link_type, bytes, length, original_length, depth, ports };
    // SAFETY: the caller lends what the header asks for.
    unsafe {
        frame.list(out, size, err, |packet, ports, room| match message(packet, ports) {
            Some(Message::Dhcp(message)) => room.fill(message.options().flatten().map(|option| plain_option(&option))),
            _ => Ok(0),
        })
    }
}

fn plain(message: &dhcp::Message<'_>) -> netshoot_dhcp_t {
    let told = |address: Ipv4Addr| address_of((!address.is_unspecified()).then_some(address));
    netshoot_dhcp_t {
        octets: lent(message.bytes()),
        hardware_address: lent(message.hardware_address()),
        server_name: lent(message.server_name()),
        boot_file: lent(message.boot_file()),
        host_name: lent(message.host_name().unwrap_or_default()),
        domain_name: lent(message.domain_name().unwrap_or_default()),
        vendor_class: lent(message.vendor_class().unwrap_or_default()),
        client_id: lent(message.client_id().unwrap_or_default()),
        message: lent(message.message().unwrap_or_default()),
        parameter_list: lent(message.parameter_list()),
        client_address: told(message.client_address()),
        your_address: told(message.your_address()),
        next_server: told(message.next_server()),
        relay_address: told(message.relay_address()),
        requested_address: address_of(message.requested_address()),
        server_id: address_of(message.server_id()),
        subnet_mask: address_of(message.subnet_mask()),
        router: address_of(message.routers().next()),
        dns_server: address_of(message.dns_servers().next()),
        transaction_id: message.transaction_id(),
        lease_time_s: message.lease_time().unwrap_or_default(),
        renewal_time_s: message.renewal_time().unwrap_or_default(),
        rebinding_time_s: message.rebinding_time().unwrap_or_default(),
        seconds: message.seconds(),
        flags: message.flags(),
        operation: message.operation(),
        message_type: message.message_type().map_or(0, |message_type| message_type.0),
        hardware_type: message.hardware_type(),
        hops: message.hops(),
    }
}

fn address_of(address: Option<Ipv4Addr>) -> netshoot_address_t {
    address.map(Into::into).into()
}

fn plain_option(option: &dhcp::DhcpOption<'_>) -> netshoot_dhcp_option_t {
    let value = option.value();
    netshoot_dhcp_option_t {
        data: lent(option.data),
        code: option.code,
        has_value: value.is_ok(),
        value: value.map_or([0; NETSHOOT_DNS_TEXT], |value| text::inline(&value.to_string())),
    }
}
