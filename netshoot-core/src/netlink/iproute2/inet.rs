//! Addresses, prefixes and numbers as `ip` and `ss` read them on the command line.

use std::net::{IpAddr, Ipv4Addr};

use super::super::Prefix;

/// An address as `ip` and `ss` read it: of IPv4 the last octets may be left out (`10.1` is 10.1.0.0), and each may be
/// hexadecimal or octal. No name is looked up.
#[must_use]
pub fn inet_address(text: &str) -> Option<IpAddr> {
    if text.contains(':') {
        return text.parse().ok().map(IpAddr::V6);
    }
    let mut octets = [0; 4];
    let mut places = octets.iter_mut();
    for part in text.split('.') {
        *places.next()? = inet_number(part).and_then(|number| u8::try_from(number).ok())?;
    }
    Some(Ipv4Addr::from(octets).into())
}

/// An address, or the first bits of one: `10/8`, `10.0.0.0/255.0.0.0`.
#[must_use]
pub fn inet_prefix(text: &str) -> Option<Prefix> {
    let Some((address, length)) = text.split_once('/') else { return inet_address(text).map(Prefix::from) };
    let whole = Prefix::from(inet_address(address)?);
    let length = prefix_length(length).filter(|length| *length <= whole.length)?;
    Some(Prefix { length, ..whole })
}

/// A number, or a mask in the form of an IPv4 address.
pub(in super::super) fn prefix_length(text: &str) -> Option<u8> {
    let masked = || match inet_address(text)? {
        IpAddr::V4(mask) if text.contains('.') => {
            let length = mask.to_bits().leading_ones();
            (length + mask.to_bits().trailing_zeros() >= 32).then_some(length as u8)
        }
        _ => None,
    };
    inet_number(text).map_or_else(masked, |number| u8::try_from(number).ok())
}

/// Decimal, hexadecimal with `0x`, or octal with `0`, as in C.
pub(in super::super) fn inet_number(text: &str) -> Option<u32> {
    let digits = |digits: &str, radix| {
        let is_plain = digits.starts_with(|letter: char| letter.is_ascii_hexdigit());
        u32::from_str_radix(digits, radix).ok().filter(|_| is_plain)
    };
    match (text.strip_prefix("0x"), text.strip_prefix('0')) {
        (Some(rest), _) => digits(rest, 16),
        (None, Some(rest)) if !rest.is_empty() => digits(rest, 8),
        _ => digits(text, 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_prefixes_may_be_cut_short() {
        for (text, address) in
            [("10", "10.0.0.0"), ("1.2", "1.2.0.0"), ("0x7f.1", "127.1.0.0"), ("010.1", "8.1.0.0"), ("::1", "::1")]
        {
            assert_eq!(inet_address(text), address.parse().ok(), "{text}");
        }
        for text in ["", "1.", "300.1", "1.2.3.4.5", "localhost", "1:2", "+1", "1.-2"] {
            assert_eq!(inet_address(text), None, "{text}");
        }
        for (text, prefix) in [
            ("10/8", "10.0.0.0/8"),
            ("10/255.0.0.0", "10.0.0.0/8"),
            ("192.0.2.1", "192.0.2.1/32"),
            ("2001:db8::/32", "2001:db8::/32"),
        ] {
            assert_eq!(inet_prefix(text), prefix.parse().ok(), "{text}");
        }
        for text in ["10/33", "::/129", "10/", "/8", "10/255.0.255.0"] {
            assert_eq!(inet_prefix(text), None, "{text}");
        }
    }
}
