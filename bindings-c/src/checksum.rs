//! Checksums of a packet as plain structs.

use std::ffi::c_int;

use netshoot_core::packet::{Checksum, ChecksumStatus};

use crate::error::netshoot_error_t;
use crate::look::Frame;
use crate::ports::netshoot_ports_t;

/// A checksum is as it should be.
pub const NETSHOOT_CHECKSUM_VALID: u8 = 1;
/// It is not.
pub const NETSHOOT_CHECKSUM_INVALID: u8 = 2;
/// It is not, but as hosts leave it that let the device compute it: no fault in a capture made at the sender.
pub const NETSHOOT_CHECKSUM_OFFLOADED: u8 = 3;
/// None was sent.
pub const NETSHOOT_CHECKSUM_ABSENT: u8 = 4;
/// Octets that it covers are missing.
pub const NETSHOOT_CHECKSUM_UNVERIFIABLE: u8 = 5;

/// The most checksums of one packet: those of GRE, IPv4 and the transport layer.
pub const NETSHOOT_CHECKSUMS: usize = 3;

/// A checksum, and whether it is right.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_checksum_t {
    /// Where the field is, in octets from the start of the frame.
    pub offset: u32,
    /// As sent.
    pub found: u32,
    /// As it should be, if has_computed.
    pub computed: u32,
    /// Whose it is, NETSHOOT_LAYER_….
    pub layer: u8,
    /// Whether it is right, NETSHOOT_CHECKSUM_….
    pub status: u8,
    /// Who cut off octets that it covers, NETSHOOT_STOP_…, of NETSHOOT_CHECKSUM_UNVERIFIABLE.
    pub limit: u8,
    /// Tunnels around the packet.
    pub depth: u8,
    /// Whether computed is there.
    pub has_computed: bool,
}

/// Verifies the checksums of the packet inside of depth tunnels, outermost first, and writes up to size of them to out. The
/// arguments before it are those of netshoot_packet_parse_inner.
///
/// Returns how many there are, at most NETSHOOT_CHECKSUMS, also if size is less; or -1 if an argument makes no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netshoot_packet_checksums(
    link_type: u16,
    bytes: *const u8,
    length: usize,
    original_length: u32,
    depth: u8,
    ports: *const netshoot_ports_t,
    out: *mut netshoot_checksum_t,
    size: usize,
    err: *mut netshoot_error_t,
) -> c_int {
    let frame = Frame { link_type, bytes, length, original_length, depth, ports };
    // SAFETY: the caller lends what the header asks for.
    unsafe { frame.list(out, size, err, |packet, _, room| room.fill(packet.checksums().map(Into::into))) }
}

impl From<Checksum> for netshoot_checksum_t {
    fn from(checksum: Checksum) -> Self {
        let Checksum { layer, depth, offset, found, computed, status } = checksum;
        let (status, limit) = match status {
            ChecksumStatus::Valid => (NETSHOOT_CHECKSUM_VALID, 0),
            ChecksumStatus::Offloaded => (NETSHOOT_CHECKSUM_OFFLOADED, 0),
            ChecksumStatus::Absent => (NETSHOOT_CHECKSUM_ABSENT, 0),
            ChecksumStatus::Unverifiable(limit) => (NETSHOOT_CHECKSUM_UNVERIFIABLE, limit as u8),
            _ => (NETSHOOT_CHECKSUM_INVALID, 0),
        };
        let (has_computed, computed) = (computed.is_some(), computed.unwrap_or_default());
        Self { offset, found, computed, layer: layer as u8, status, limit, depth, has_computed }
    }
}
