//! Pieces of sentences and of display filters.

use std::net::IpAddr;

use crate::analysis::Endpoint;
pub(super) use crate::analysis::words::{count, short};

/// At most 60 characters of a path.
pub(super) fn shortened(path: &str) -> String {
    match path.char_indices().nth(SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{}…", path.get(..end).unwrap_or_default()),
        None => path.to_owned(),
    }
}

/// `1 query`, `2 queries`.
pub(super) fn queries(number: u64) -> String {
    if number == 1 { "1 query".to_owned() } else { format!("{number} queries") }
}

/// `once`, `2 times`.
pub(super) fn times(number: u64) -> String {
    if number == 1 { "once".to_owned() } else { format!("{number} times") }
}

/// `12.5%`.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent >= 10.0 { format!("{percent:.0}%") } else { format!("{percent:.1}%") }
}

/// `10.0.0.1:443`, with the name that clients use if it is known and not the address itself.
pub(super) fn service(endpoint: &Endpoint, name: Option<&str>) -> String {
    let is_address = |name: &str| name.trim_matches(['[', ']']).parse() == Ok(endpoint.address);
    name.filter(|name| !is_address(name)).map_or_else(|| endpoint.to_string(), |name| format!("{endpoint} ({name})"))
}

/// A filter for packets from or to `address`.
pub(super) fn host(address: IpAddr) -> String {
    format!("{}.addr == {address}", protocol(address))
}

/// A filter for packets from `address`.
pub(super) fn from(address: IpAddr) -> String {
    format!("{}.src == {address}", protocol(address))
}

/// A filter for packets to `address`.
pub(super) fn to(address: IpAddr) -> String {
    format!("{}.dst == {address}", protocol(address))
}

/// A filter for the traffic of a TCP service.
pub(super) fn tcp(server: &Endpoint) -> String {
    format!("{} && tcp.port == {}", host(server.address), server.port)
}

fn protocol(address: IpAddr) -> &'static str {
    if address.is_ipv4() { "ip" } else { "ipv6" }
}

const SHOWN_CHARACTERS: usize = 60;
/// traceroute(8) counts up from 33434.
pub(super) const TRACEROUTE_PORTS: std::ops::Range<u16> = 33_434..33_690;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_the_address_are_not_repeated() {
        for (address, name, text) in [
            ("10.99.0.2", "10.99.0.2", "10.99.0.2:80"),
            ("10.99.0.2", "10.99.0.3", "10.99.0.2:80 (10.99.0.3)"),
            ("10.99.0.2", "example.org", "10.99.0.2:80 (example.org)"),
            ("2001:db8::1", "[2001:DB8:0::1]", "[2001:db8::1]:80"),
        ] {
            let endpoint = Endpoint { address: address.parse().unwrap(), port: 80 };
            assert_eq!(service(&endpoint, Some(name)), text);
        }
    }
}
