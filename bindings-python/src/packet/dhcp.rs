//! Messages of DHCP as plain records.

use std::net::Ipv4Addr;

use netshoot_core::packet::dhcp;

use super::applications::text;
use super::headers::Stop;

records! {
    /// A message of DHCP for IPv4, or of BOOTP. Octets of text beyond ASCII are those of Latin-1.
    Dhcp {
        /// Who speaks: 1 a client, 2 a server.
        operation: u8,
        /// What is asked or answered, such as `DISCOVER` or `ACK`; `None` in BOOTP.
        message_type: Option<String>,
        /// The transaction identifier.
        transaction_id: u32,
        /// Relays that it passed.
        hops: u8,
        /// Seconds since the client began.
        seconds: u16,
        /// The client wants the answer by broadcast.
        broadcast: bool,
        /// The address that the client has and answers for; 0.0.0.0 where it has none.
        client_address: Ipv4Addr,
        /// The address that the client gets.
        your_address: Ipv4Addr,
        /// The server to boot from next.
        next_server: Ipv4Addr,
        /// The first relay; 0.0.0.0 without.
        relay_address: Ipv4Addr,
        /// Type of hardware: 1 is Ethernet.
        hardware_type: u8,
        /// The client's hardware address.
        hardware_address: Vec<u8>,
        /// The same as text, where it is one of Ethernet.
        mac_address: Option<String>,
        /// The server's name; empty where it gives none.
        server_name: String,
        /// The file to boot; empty without.
        boot_file: String,
        /// The address that the client asks for.
        requested_address: Option<Ipv4Addr>,
        /// The server that speaks, or that the client chose.
        server_id: Option<Ipv4Addr>,
        /// Seconds for which the address may be used; 4294967295 is for ever.
        lease_time: Option<u32>,
        /// Seconds until the client asks its server again (T1).
        renewal_time: Option<u32>,
        /// Seconds until the client asks any server (T2).
        rebinding_time: Option<u32>,
        /// The network's mask.
        subnet_mask: Option<Ipv4Addr>,
        /// The routers, the preferred one first.
        routers: Vec<Ipv4Addr>,
        /// The DNS servers, the preferred one first.
        dns_servers: Vec<Ipv4Addr>,
        /// The domain to search names in.
        domain_name: Option<String>,
        /// The client's name.
        host_name: Option<String>,
        /// What the client says it is.
        vendor_class: Option<String>,
        /// What the client wants to be known by: a type of hardware and its octets.
        client_id: Option<Vec<u8>>,
        /// Why a server refuses, or a client declines.
        message: Option<String>,
        /// Numbers of the options that the client wants.
        parameter_list: Vec<u16>,
        /// What relays say, up to the first that cannot be read.
        relay_agent: Vec<DhcpSubOption>,
        /// All options but padding and end, up to the first that cannot be read.
        options: Vec<DhcpOption>,
        /// Where and why the options ended early; offsets count from the start of the message.
        stop: Option<Stop>,
    }

    /// An option of DHCP.
    DhcpOption {
        /// Its number.
        code: u8,
        /// Its name in dhcp-options(5), such as `dhcp-lease-time`; `None` for others.
        name: Option<String>,
        /// What it says; `None` where that contradicts its format.
        text: Option<String>,
        /// The data as they were sent.
        data: Vec<u8>,
    }

    /// What a relay of DHCP says.
    DhcpSubOption {
        /// Its number.
        code: u8,
        /// Its name, such as `circuit-id`; `None` for others.
        name: Option<String>,
        /// The data as they were sent.
        data: Vec<u8>,
    }

    /// The header of a message of DHCP for IPv6, whose options are not entered.
    Dhcpv6 {
        /// The type's number.
        message_type: u8,
        /// The type in tcpdump's words, such as `solicit`; `None` for others.
        name: Option<String>,
        /// The transaction identifier; what relays forward has none.
        transaction_id: Option<u32>,
    }
}

impl From<&dhcp::Message<'_>> for Dhcp {
    fn from(message: &dhcp::Message<'_>) -> Self {
        Self {
            operation: message.operation(),
            message_type: message.message_type().map(|message_type| message_type.to_string()),
            transaction_id: message.transaction_id(),
            hops: message.hops(),
            seconds: message.seconds(),
            broadcast: message.broadcast(),
            client_address: message.client_address(),
            your_address: message.your_address(),
            next_server: message.next_server(),
            relay_address: message.relay_address(),
            hardware_type: message.hardware_type(),
            hardware_address: message.hardware_address().to_vec(),
            mac_address: message.mac_address().map(|address| address.to_string()),
            server_name: text(message.server_name()),
            boot_file: text(message.boot_file()),
            requested_address: message.requested_address(),
            server_id: message.server_id(),
            lease_time: message.lease_time(),
            renewal_time: message.renewal_time(),
            rebinding_time: message.rebinding_time(),
            subnet_mask: message.subnet_mask(),
            routers: message.routers().collect(),
            dns_servers: message.dns_servers().collect(),
            domain_name: message.domain_name().map(text),
            host_name: message.host_name().map(text),
            vendor_class: message.vendor_class().map(text),
            client_id: message.client_id().map(<[u8]>::to_vec),
            message: message.message().map(text),
            parameter_list: message.parameter_list().iter().copied().map(u16::from).collect(),
            relay_agent: message.relay_agent().flatten().map(DhcpSubOption::from).collect(),
            options: message.options().flatten().map(DhcpOption::from).collect(),
            stop: message.options().find_map(Result::err).map(Stop::from),
        }
    }
}

impl From<dhcp::DhcpOption<'_>> for DhcpOption {
    fn from(option: dhcp::DhcpOption<'_>) -> Self {
        Self {
            code: option.code,
            name: option.name().map(str::to_owned),
            text: option.value().ok().map(|value| value.to_string()),
            data: option.data.to_vec(),
        }
    }
}

impl From<dhcp::SubOption<'_>> for DhcpSubOption {
    fn from(option: dhcp::SubOption<'_>) -> Self {
        Self { code: option.code, name: option.name().map(str::to_owned), data: option.data.to_vec() }
    }
}

impl From<dhcp::Message6<'_>> for Dhcpv6 {
    fn from(message: dhcp::Message6<'_>) -> Self {
        Self {
            message_type: message.message_type(),
            name: message.name().map(str::to_owned),
            transaction_id: message.transaction_id(),
        }
    }
}
