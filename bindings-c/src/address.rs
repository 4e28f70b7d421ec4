//! IP addresses as plain structs.

use std::ffi::{c_char, c_int};
use std::net::IpAddr;
use std::ptr;

use crate::error::guard;
use crate::{pointer, text};

/// An IP address in network byte order: what inet_ntop takes.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct netshoot_address_t {
    /// The address; one of IPv4 is in the first four octets, and the others are 0.
    pub bytes: [u8; 16],
    /// 4 for IPv4, 6 for IPv6, 0 where there is no address.
    pub version: u8,
}

/// Writes an address as text, such as "192.0.2.1" or "2001:db8::1", into a buffer of size octets, cut if need be and
/// always with a NUL at the end. 46 octets hold every address. No address is empty text.
///
/// Returns the length of the whole text without the NUL, as snprintf does, or -1 if address is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_address_format(
    address: *const netshoot_address_t,
    buffer: *mut c_char,
    size: usize,
) -> c_int {
    let body = || {
        // SAFETY: the caller lends a valid address or null.
        let address = unsafe { pointer::lent(address, "address") }?.ip();
        let address = address.map_or_else(String::new, |address| address.to_string());
        // SAFETY: the caller lends a buffer of `size` octets or null.
        Ok(unsafe { text::print(address, buffer, size) })
    };
    // SAFETY: null is allowed.
    unsafe { guard(ptr::null_mut(), -1, body) }
}

impl netshoot_address_t {
    pub(crate) fn ip(&self) -> Option<IpAddr> {
        let [a, b, c, d, ..] = self.bytes;
        match self.version {
            4 => Some(IpAddr::from([a, b, c, d])),
            6 => Some(IpAddr::from(self.bytes)),
            _ => None,
        }
    }
}

impl From<IpAddr> for netshoot_address_t {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => {
                let [a, b, c, d] = address.octets();
                Self { bytes: [a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], version: 4 }
            }
            IpAddr::V6(address) => Self { bytes: address.octets(), version: 6 },
        }
    }
}

impl From<Option<IpAddr>> for netshoot_address_t {
    fn from(address: Option<IpAddr>) -> Self {
        address.map_or_else(Self::default, Self::from)
    }
}
