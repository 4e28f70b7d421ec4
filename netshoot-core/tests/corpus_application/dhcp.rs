//! DHCP and BOOTP, message by message.

use netshoot_core::application::Message;
use netshoot_core::packet::Packet;
use netshoot_core::packet::dhcp::{DhcpOption, Message as Dhcp, Value};

use crate::ask::{Fields, Kind, WHOLE_PACKETS, ask, hex, text};
use crate::facts::{Facts, Field, Item};
use crate::support::Capture;
use crate::tally::Tally;
use crate::{Rule, compare, frames};

/// What rules ask of a message.
pub struct Of {
    /// An option is cut, or cannot be.
    stopped: bool,
    /// What an option says cannot be read.
    unread: bool,
}

pub fn one(capture: &Capture, tally: &mut Tally) {
    let Some(mut reader) = frames::open(&capture.path) else { return };
    let mut rows = ask(capture, "dhcp", FIELDS, WHOLE_PACKETS);
    rows.retain(|row| !row.protocols.contains(":icmp"));
    let mut ours = Vec::new();
    while let Ok(Some(frame)) = reader.next_frame() {
        let packet = Packet::parse(frame.link_type, frame.bytes, frame.original_length).innermost();
        let Some(Message::Dhcp(message)) = Message::of(&packet) else { continue };
        let mut found = Facts::default();
        facts(&message, &mut found);
        let unread = |option: Result<DhcpOption<'_>, _>| option.is_ok_and(|option| option.value().is_err());
        let of = Of {
            stopped: packet.payload().is_truncated() || message.options().any(|option| option.is_err()),
            unread: message.options().any(unread),
        };
        ours.push((frame.number, of, found));
    }
    // Headers that are cut, which are no messages here.
    if rows.len() != ours.len() {
        rows.retain(|row| !row.facts.of("dhcp.option.type").is_empty());
    }
    // tshark also numbers records that are no packets.
    let in_order = rows.len() == ours.len();
    let mut rows = rows.into_iter().peekable();
    for (number, of, ours) in ours {
        let row = rows.next_if(|row| in_order || row.number == number);
        let mut theirs = row.map(|row| row.facts).unwrap_or_default();
        // Padding and the end, which tshark counts among the options.
        if let Some(types) = theirs.0.get_mut("dhcp.option.type") {
            types.retain(|item| ![Item::Number(0), Item::Number(255)].contains(item));
        }
        theirs.0.retain(|_, items| !items.is_empty());
        // Of some messages that are cut tshark reads nothing.
        if of.stopped && theirs.of("dhcp.type").is_empty() {
            continue;
        }
        tally.frames += 1;
        let place = || format!("{} frame {number}", capture.name);
        compare(&of, &theirs, &ours, RULES, &place, tally);
    }
}

fn facts(message: &Dhcp<'_>, facts: &mut Facts) {
    facts.add("dhcp.type", message.operation());
    facts.add("dhcp.hw.type", message.hardware_type());
    facts.add("dhcp.hw.len", message.hardware_address_len());
    facts.add("dhcp.hops", message.hops());
    facts.add("dhcp.id", message.transaction_id());
    facts.add("dhcp.secs", message.seconds());
    facts.add("dhcp.flags", message.flags());
    facts.add("dhcp.flags.bc", u8::from(message.broadcast()));
    facts.text("dhcp.ip.client", message.client_address());
    facts.text("dhcp.ip.your", message.your_address());
    facts.text("dhcp.ip.server", message.next_server());
    facts.text("dhcp.ip.relay", message.relay_address());
    if let Some(address) = message.mac_address() {
        facts.text("dhcp.hw.mac_addr", hex(&address.0));
    }
    for (field, value) in [("dhcp.server", message.server_name()), ("dhcp.file", message.boot_file())] {
        if !value.is_empty() {
            facts.text(field, text(value));
        }
    }
    for option in message.options().flatten() {
        facts.add("dhcp.option.type", option.code);
        facts.add("dhcp.option.length", option.data.len() as u64);
        option_facts(&option, facts);
    }
}

fn option_facts(option: &DhcpOption<'_>, facts: &mut Facts) {
    let field = OPTIONS.iter().find(|(code, _)| *code == option.code).map(|(_, field)| *field);
    match option.value() {
        Ok(Value::RelayAgent(options)) => {
            for option in options.flatten() {
                facts.add("dhcp.option.agent_information_option.suboption", option.code);
                let Some((_, field)) = SUBOPTIONS.iter().find(|(code, _)| *code == option.code) else { continue };
                facts.text(field, if option.code == 6 { text(option.data) } else { hex(option.data) });
            }
        }
        Ok(Value::Fqdn { flags, name }) => {
            facts.add("dhcp.fqdn.flags", flags);
            if flags & 4 == 0 && !name.is_empty() {
                facts.text("dhcp.fqdn.name", text(name));
            }
        }
        Ok(Value::ClientId { kind: 1, id }) if id.len() == 6 => {
            facts.add("dhcp.hw.type", 1u8);
            facts.text("dhcp.hw.mac_addr", hex(id));
        }
        Ok(value) => {
            if let Some(field) = field {
                value_facts(field, value, facts);
            }
        }
        Err(_) => {}
    }
}

fn value_facts(field: Field, value: Value<'_>, facts: &mut Facts) {
    match value {
        Value::Address(address) => facts.text(field, address),
        Value::Addresses(addresses) => addresses.for_each(|address| facts.text(field, address)),
        Value::Seconds(seconds) => facts.add(field, seconds),
        Value::Offset(seconds) => facts.text(field, seconds),
        Value::Number(number) => facts.add(field, number),
        Value::Numbers(octets) => {
            octets.chunks(2).for_each(|pair| facts.add(field, u16::from_be_bytes([pair[0], pair[1]])));
        }
        Value::Flag(flag) => facts.add(field, u8::from(flag)),
        Value::Text(octets) if !octets.is_empty() => {
            facts.text(field, text(octets.split(|octet| *octet == 0).next().unwrap()));
        }
        Value::MessageType(message_type) => facts.add(field, message_type.0),
        Value::Parameters(codes) => codes.iter().for_each(|code| facts.add(field, *code)),
        Value::Domains(domains) => domains.for_each(|domain| facts.text(field, text(domain.to_string().as_bytes()))),
        _ => {}
    }
}

const RULES: &[Rule<Of>] = &[
    Rule {
        says: "tshark takes seconds for little-endian where the second octet is zero",
        fields: &["dhcp.secs"],
        applies: |case| match (case.theirs, case.ours) {
            ([Item::Number(theirs)], [Item::Number(ours)]) => (*ours as u16).swap_bytes() == *theirs as u16,
            _ => false,
        },
    },
    Rule {
        says: "tshark shows the fields of what is cut, one by one up to there",
        fields: &["dhcp."],
        applies: |case| case.of.stopped && case.theirs.starts_with(case.ours),
    },
    Rule {
        says: "tshark reads the first of an option's values where the last is cut",
        fields: &["dhcp.option."],
        applies: |case| case.of.unread && case.ours.is_empty(),
    },
];

/// Options that have a field of their own.
const OPTIONS: &[(u8, Field)] = &[
    (1, "dhcp.option.subnet_mask"),
    (2, "dhcp.option.time_offset"),
    (3, "dhcp.option.router"),
    (4, "dhcp.option.time_server"),
    (5, "dhcp.option.name_server"),
    (6, "dhcp.option.domain_name_server"),
    (7, "dhcp.option.log_server"),
    (8, "dhcp.option.quotes_server"),
    (9, "dhcp.option.lpr_server"),
    (12, "dhcp.option.hostname"),
    (13, "dhcp.option.boot_file_size"),
    (14, "dhcp.option.merit_dump_file"),
    (15, "dhcp.option.domain_name"),
    (16, "dhcp.option.swap_server"),
    (17, "dhcp.option.root_path"),
    (19, "dhcp.option.ip_forwarding"),
    (23, "dhcp.option.default_ip_ttl"),
    (26, "dhcp.option.interface_mtu"),
    (28, "dhcp.option.broadcast_address"),
    (31, "dhcp.option.perform_router_discover"),
    (32, "dhcp.option.router_solicitation_address"),
    (35, "dhcp.option.arp_cache_timeout"),
    (40, "dhcp.option.nis_domain"),
    (41, "dhcp.option.nis_server"),
    (42, "dhcp.option.ntp_server"),
    (44, "dhcp.option.netbios_over_tcpip_name_server"),
    (45, "dhcp.option.netbios_over_tcpip_dd_name_server"),
    (46, "dhcp.option.netbios_over_tcpip_node_type"),
    (47, "dhcp.option.netbios_over_tcpip_scope"),
    (50, "dhcp.option.requested_ip_address"),
    (51, "dhcp.option.ip_address_lease_time"),
    (52, "dhcp.option.option_overload"),
    (53, "dhcp.option.dhcp"),
    (54, "dhcp.option.dhcp_server_id"),
    (55, "dhcp.option.request_list_item"),
    (56, "dhcp.option.message"),
    (57, "dhcp.option.dhcp_max_message_size"),
    (58, "dhcp.option.renewal_time_value"),
    (59, "dhcp.option.rebinding_time_value"),
    (60, "dhcp.option.vendor_class_id"),
    (66, "dhcp.option.tftp_server_name"),
    (67, "dhcp.option.bootfile_name"),
    (69, "dhcp.option.smtp_server"),
    (91, "dhcp.option.client_last_transaction_time"),
    (92, "dhcp.option.associated_ip_option"),
    (93, "dhcp.option.client_system_architecture"),
    (100, "dhcp.option.tz_pcode"),
    (101, "dhcp.option.tz_tcode"),
    (114, "dhcp.option.captive_portal"),
    (118, "dhcp.option.subnet_selection_option"),
    (119, "dhcp.option.dhcp_dns_domain_search_list_fqdn"),
    (150, "dhcp.option.tftp_server_address"),
    (252, "dhcp.option.private_proxy_autodiscovery"),
];

const SUBOPTIONS: &[(u8, Field)] = &[
    (1, "dhcp.option.agent_information_option.agent_circuit_id"),
    (2, "dhcp.option.agent_information_option.agent_remote_id"),
    (6, "dhcp.option.agent_information_option.subscriber_id"),
];

const FIELDS: Fields = &[
    ("dhcp.type", Kind::Number),
    ("dhcp.hw.type", Kind::Number),
    ("dhcp.hw.len", Kind::Number),
    ("dhcp.hops", Kind::Number),
    ("dhcp.id", Kind::Number),
    ("dhcp.secs", Kind::Number),
    ("dhcp.flags", Kind::Number),
    ("dhcp.flags.bc", Kind::Number),
    ("dhcp.fqdn.flags", Kind::Number),
    ("dhcp.option.type", Kind::Number),
    ("dhcp.option.length", Kind::Number),
    ("dhcp.option.agent_information_option.suboption", Kind::Number),
    ("dhcp.ip.client", Kind::Text),
    ("dhcp.ip.your", Kind::Text),
    ("dhcp.ip.server", Kind::Text),
    ("dhcp.ip.relay", Kind::Text),
    ("dhcp.server", Kind::Text),
    ("dhcp.file", Kind::Text),
    ("dhcp.fqdn.name", Kind::Text),
    ("dhcp.hw.mac_addr", Kind::Octets),
    ("dhcp.option.subnet_mask", Kind::Text),
    ("dhcp.option.time_offset", Kind::Text),
    ("dhcp.option.router", Kind::Text),
    ("dhcp.option.time_server", Kind::Text),
    ("dhcp.option.name_server", Kind::Text),
    ("dhcp.option.domain_name_server", Kind::Text),
    ("dhcp.option.log_server", Kind::Text),
    ("dhcp.option.quotes_server", Kind::Text),
    ("dhcp.option.lpr_server", Kind::Text),
    ("dhcp.option.hostname", Kind::Text),
    ("dhcp.option.boot_file_size", Kind::Number),
    ("dhcp.option.merit_dump_file", Kind::Text),
    ("dhcp.option.domain_name", Kind::Text),
    ("dhcp.option.swap_server", Kind::Text),
    ("dhcp.option.root_path", Kind::Text),
    ("dhcp.option.ip_forwarding", Kind::Number),
    ("dhcp.option.default_ip_ttl", Kind::Number),
    ("dhcp.option.interface_mtu", Kind::Number),
    ("dhcp.option.broadcast_address", Kind::Text),
    ("dhcp.option.perform_router_discover", Kind::Number),
    ("dhcp.option.router_solicitation_address", Kind::Text),
    ("dhcp.option.arp_cache_timeout", Kind::Number),
    ("dhcp.option.nis_domain", Kind::Text),
    ("dhcp.option.nis_server", Kind::Text),
    ("dhcp.option.ntp_server", Kind::Text),
    ("dhcp.option.netbios_over_tcpip_name_server", Kind::Text),
    ("dhcp.option.netbios_over_tcpip_dd_name_server", Kind::Text),
    ("dhcp.option.netbios_over_tcpip_node_type", Kind::Number),
    ("dhcp.option.netbios_over_tcpip_scope", Kind::Text),
    ("dhcp.option.requested_ip_address", Kind::Text),
    ("dhcp.option.ip_address_lease_time", Kind::Number),
    ("dhcp.option.option_overload", Kind::Number),
    ("dhcp.option.dhcp", Kind::Number),
    ("dhcp.option.dhcp_server_id", Kind::Text),
    ("dhcp.option.request_list_item", Kind::Number),
    ("dhcp.option.message", Kind::Text),
    ("dhcp.option.dhcp_max_message_size", Kind::Number),
    ("dhcp.option.renewal_time_value", Kind::Number),
    ("dhcp.option.rebinding_time_value", Kind::Number),
    ("dhcp.option.vendor_class_id", Kind::Text),
    ("dhcp.option.tftp_server_name", Kind::Text),
    ("dhcp.option.bootfile_name", Kind::Text),
    ("dhcp.option.smtp_server", Kind::Text),
    ("dhcp.option.client_last_transaction_time", Kind::Number),
    ("dhcp.option.associated_ip_option", Kind::Text),
    ("dhcp.option.client_system_architecture", Kind::Number),
    ("dhcp.option.tz_pcode", Kind::Text),
    ("dhcp.option.tz_tcode", Kind::Text),
    ("dhcp.option.captive_portal", Kind::Text),
    ("dhcp.option.subnet_selection_option", Kind::Text),
    ("dhcp.option.dhcp_dns_domain_search_list_fqdn", Kind::Text),
    ("dhcp.option.tftp_server_address", Kind::Text),
    ("dhcp.option.private_proxy_autodiscovery", Kind::Text),
    ("dhcp.option.agent_information_option.agent_circuit_id", Kind::Octets),
    ("dhcp.option.agent_information_option.agent_remote_id", Kind::Octets),
    ("dhcp.option.agent_information_option.subscriber_id", Kind::Text),
];
