//! Pieces of sentences and of display filters.

use std::net::IpAddr;
use std::time::Duration;

use crate::analysis::Endpoint;

/// Three digits and a unit: `1.20 s`, `350 ms`, `80.0 µs`.
pub(super) fn short(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    let (value, unit) = match seconds {
        120.0.. => (seconds / 60.0, "min"),
        1.0.. => (seconds, "s"),
        1e-3.. => (seconds * 1e3, "ms"),
        _ => (seconds * 1e6, "µs"),
    };
    let digits = match value {
        100.0.. => 0,
        10.0.. => 1,
        _ => 2,
    };
    format!("{value:.digits$} {unit}")
}

/// `1 segment`, `2 segments`.
pub(super) fn count(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
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

    #[test]
    fn durations_have_three_digits() {
        let cases = [
            (80_000, "80.0 µs"),
            (350_000_000, "350 ms"),
            (1_200_000_000, "1.20 s"),
            (75_000_000_000, "75.0 s"),
            (600_000_000_000, "10.0 min"),
            (0, "0.00 µs"),
        ];
        for (nanos, text) in cases {
            assert_eq!(short(Duration::from_nanos(nanos)), text);
        }
    }
}
