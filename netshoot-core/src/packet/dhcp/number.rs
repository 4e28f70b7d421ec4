//! Numbers that IANA registers for DHCP.

use core::fmt;

/// What a message of DHCP asks or answers (option 53).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct MessageType(pub u8);

impl MessageType {
    /// A client looks for servers.
    pub const DISCOVER: Self = Self(1);
    /// A server offers an address.
    pub const OFFER: Self = Self(2);
    /// A client asks for an address, or wants to keep the one that it has.
    pub const REQUEST: Self = Self(3);
    /// A client found the address in use.
    pub const DECLINE: Self = Self(4);
    /// A server gives the address.
    pub const ACK: Self = Self(5);
    /// A server refuses.
    pub const NAK: Self = Self(6);
    /// A client gives the address back.
    pub const RELEASE: Self = Self(7);
    /// A client has an address and asks for other settings.
    pub const INFORM: Self = Self(8);
    /// A server makes a client renew (RFC 3203).
    pub const FORCE_RENEW: Self = Self(9);

    /// The name, such as `DISCOVER`.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            1 => "DISCOVER",
            2 => "OFFER",
            3 => "REQUEST",
            4 => "DECLINE",
            5 => "ACK",
            6 => "NAK",
            7 => "RELEASE",
            8 => "INFORM",
            9 => "FORCERENEW",
            10 => "LEASEQUERY",
            11 => "LEASEUNASSIGNED",
            12 => "LEASEUNKNOWN",
            13 => "LEASEACTIVE",
            14 => "BULKLEASEQUERY",
            15 => "LEASEQUERYDONE",
            16 => "ACTIVELEASEQUERY",
            17 => "LEASEQUERYSTATUS",
            18 => "TLS",
            _ => return None,
        })
    }
}

/// Unknown ones as `TYPE123`.
impl fmt::Display for MessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "TYPE{}", self.0),
        }
    }
}

/// How the data of an option are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Address,
    Addresses,
    Pairs,
    Routes,
    Seconds,
    Offset,
    Octet,
    Short,
    Shorts,
    Flag,
    Text,
    MessageType,
    Parameters,
    ClientId,
    Fqdn,
    Domains,
    RelayAgent,
    Octets,
}

/// Name (that of dhcp-options(5) of ISC where it has one, else IANA's) and format of an option.
pub(super) fn known(code: u8) -> Option<(&'static str, Format)> {
    let found = OPTIONS.binary_search_by_key(&code, |(own, ..)| *own).ok()?;
    OPTIONS.get(found).map(|(_, name, format)| (*name, *format))
}

use Format::{
    Address, Addresses, ClientId, Domains, Flag, Fqdn, Octet, Octets, Offset, Pairs, Parameters, RelayAgent, Routes,
    Seconds, Short, Shorts, Text,
};

/// By number.
const OPTIONS: &[(u8, &str, Format)] = &[
    (1, "subnet-mask", Address),
    (2, "time-offset", Offset),
    (3, "routers", Addresses),
    (4, "time-servers", Addresses),
    (5, "ien116-name-servers", Addresses),
    (6, "domain-name-servers", Addresses),
    (7, "log-servers", Addresses),
    (8, "cookie-servers", Addresses),
    (9, "lpr-servers", Addresses),
    (10, "impress-servers", Addresses),
    (11, "resource-location-servers", Addresses),
    (12, "host-name", Text),
    (13, "boot-size", Short),
    (14, "merit-dump", Text),
    (15, "domain-name", Text),
    (16, "swap-server", Address),
    (17, "root-path", Text),
    (18, "extensions-path", Text),
    (19, "ip-forwarding", Flag),
    (20, "non-local-source-routing", Flag),
    (21, "policy-filter", Pairs),
    (22, "max-dgram-reassembly", Short),
    (23, "default-ip-ttl", Octet),
    (24, "path-mtu-aging-timeout", Seconds),
    (25, "path-mtu-plateau-table", Shorts),
    (26, "interface-mtu", Short),
    (27, "all-subnets-local", Flag),
    (28, "broadcast-address", Address),
    (29, "perform-mask-discovery", Flag),
    (30, "mask-supplier", Flag),
    (31, "router-discovery", Flag),
    (32, "router-solicitation-address", Address),
    (33, "static-routes", Pairs),
    (34, "trailer-encapsulation", Flag),
    (35, "arp-cache-timeout", Seconds),
    (36, "ieee802-3-encapsulation", Flag),
    (37, "default-tcp-ttl", Octet),
    (38, "tcp-keepalive-interval", Seconds),
    (39, "tcp-keepalive-garbage", Flag),
    (40, "nis-domain", Text),
    (41, "nis-servers", Addresses),
    (42, "ntp-servers", Addresses),
    (43, "vendor-encapsulated-options", Octets),
    (44, "netbios-name-servers", Addresses),
    (45, "netbios-dd-server", Addresses),
    (46, "netbios-node-type", Octet),
    (47, "netbios-scope", Text),
    (48, "font-servers", Addresses),
    (49, "x-display-manager", Addresses),
    (50, "dhcp-requested-address", Address),
    (51, "dhcp-lease-time", Seconds),
    (52, "dhcp-option-overload", Octet),
    (53, "dhcp-message-type", Format::MessageType),
    (54, "dhcp-server-identifier", Address),
    (55, "dhcp-parameter-request-list", Parameters),
    (56, "dhcp-message", Text),
    (57, "dhcp-max-message-size", Short),
    (58, "dhcp-renewal-time", Seconds),
    (59, "dhcp-rebinding-time", Seconds),
    (60, "vendor-class-identifier", Text),
    (61, "dhcp-client-identifier", ClientId),
    (62, "nwip-domain", Text),
    (63, "nwip-suboptions", Octets),
    (64, "nisplus-domain", Text),
    (65, "nisplus-servers", Addresses),
    (66, "tftp-server-name", Text),
    (67, "bootfile-name", Text),
    (68, "mobile-ip-home-agent", Addresses),
    (69, "smtp-server", Addresses),
    (70, "pop-server", Addresses),
    (71, "nntp-server", Addresses),
    (72, "www-server", Addresses),
    (73, "finger-server", Addresses),
    (74, "irc-server", Addresses),
    (75, "streettalk-server", Addresses),
    (76, "streettalk-directory-assistance-server", Addresses),
    (77, "user-class", Octets),
    (78, "slp-directory-agent", Octets),
    (79, "slp-service-scope", Octets),
    (80, "rapid-commit", Octets),
    (81, "fqdn", Fqdn),
    (82, "relay-agent-information", RelayAgent),
    (85, "nds-servers", Addresses),
    (86, "nds-tree-name", Text),
    (87, "nds-context", Text),
    (88, "bcms-controller-names", Domains),
    (89, "bcms-controller-address", Addresses),
    (90, "authentication", Octets),
    (91, "client-last-transaction-time", Seconds),
    (92, "associated-ip", Addresses),
    (93, "pxe-system-type", Shorts),
    (94, "pxe-interface-id", Octets),
    (97, "pxe-client-id", Octets),
    (98, "uap-servers", Text),
    (100, "pcode", Text),
    (101, "tcode", Text),
    (108, "v6-only-preferred", Seconds),
    (112, "netinfo-server-address", Addresses),
    (113, "netinfo-server-tag", Text),
    (114, "default-url", Text),
    (116, "auto-config", Octet),
    (117, "name-service-search", Shorts),
    (118, "subnet-selection", Address),
    (119, "domain-search", Domains),
    (121, "classless-static-routes", Routes),
    (124, "vivco", Octets),
    (125, "vivso", Octets),
    (150, "tftp-server-address", Addresses),
    (161, "mud-url", Text),
    (209, "pxe-config-file", Text),
    (210, "pxe-path-prefix", Text),
    (249, "ms-classless-static-routes", Routes),
    (252, "wpad", Text),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_in_order() {
        assert!(OPTIONS.is_sorted_by_key(|(code, ..)| *code));
    }
}
