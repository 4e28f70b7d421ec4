//! What functions share that look into a packet of a frame: finding the packet, and writing what is told of it.

use std::ffi::c_int;

use netshoot_core::application::{Applications, Message};
use netshoot_core::packet::{Layer, LinkType, Packet, Tunnels};
use netshoot_core::{Error, ErrorKind, Result};

use crate::error::{guard, netshoot_error_t};
use crate::pointer;
use crate::ports::{self, netshoot_ports_t};

/// A frame as C lends it, and which of the packets in it is meant.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) link_type: u16,
    pub(crate) bytes: *const u8,
    pub(crate) length: usize,
    pub(crate) original_length: u32,
    pub(crate) depth: u8,
    pub(crate) ports: *const netshoot_ports_t,
}

/// What ports stand for by the caller's word.
pub(crate) type Ports = [(u16, Layer)];

impl Frame {
    /// Writes to `out` what `tell` says of the packet. Gives 1, or 0 if there is no such packet or nothing to say.
    ///
    /// # Safety
    /// `bytes` is null or valid for reading `length` octets, `ports` as [`ports::read`] asks; `out` and `err` are null or may
    /// be written.
    pub(crate) unsafe fn one<T>(
        self,
        out: *mut T,
        err: *mut netshoot_error_t,
        tell: impl FnOnce(&Packet<'_>, &Ports) -> Option<T>,
    ) -> c_int {
        let body = || {
            // SAFETY: the caller promises the same of the frame.
            let (packet, ports) = unsafe { self.packet() }?;
            let Some(told) = packet.and_then(|packet| tell(&packet, &ports)) else { return Ok(0) };
            // SAFETY: the caller promises the same of `out`.
            unsafe { pointer::write(out, told) }?;
            Ok(1)
        };
        // SAFETY: the caller promises the same of `err`.
        unsafe { guard(err, -1, body) }
    }

    /// Lets `tell` fill the room for `size` items at `out` with what it says of the packet. Gives how many there are; 0 if
    /// there is no such packet.
    ///
    /// # Safety
    /// As [`one`](Self::one); `out` is null or has room for `size` items.
    pub(crate) unsafe fn list<T>(
        self,
        out: *mut T,
        size: usize,
        err: *mut netshoot_error_t,
        tell: impl FnOnce(&Packet<'_>, &Ports, Room<T>) -> Result<c_int>,
    ) -> c_int {
        let body = || {
            // SAFETY: the caller promises the same of the frame.
            let (packet, ports) = unsafe { self.packet() }?;
            packet.map_or(Ok(0), |packet| tell(&packet, &ports, Room { out, size }))
        };
        // SAFETY: the caller promises the same of `err`.
        unsafe { guard(err, -1, body) }
    }

    /// # Safety
    /// As [`one`](Self::one), as long as `'a`.
    unsafe fn packet<'a>(self) -> Result<(Option<Packet<'a>>, Box<Ports>)> {
        // SAFETY: the caller promises that they are valid, or null.
        let ports = unsafe { ports::read(self.ports) }?.into_boxed_slice();
        // SAFETY: the caller promises `length` octets, or null.
        let packet = unsafe { parse(self.link_type, self.bytes, self.length, self.original_length) }?;
        let tunnels = Tunnels::with_ports(&ports);
        let packet = (0..self.depth).try_fold(packet, |packet, _| packet.inner_by(&tunnels));
        Ok((packet, ports))
    }
}

/// The caller's room for items: null, or so many.
pub(crate) struct Room<T> {
    out: *mut T,
    size: usize,
}

impl<T> Room<T> {
    /// Writes as many as there is room for, and says how many there are.
    pub(crate) fn fill(self, items: impl Iterator<Item = T>) -> Result<c_int> {
        let mut count: c_int = 0;
        for item in items {
            if (count as usize) < self.size {
                // SAFETY: who made the room promised `size` items, or null, which is an error.
                unsafe { pointer::write(self.out.wrapping_add(count as usize), item) }?;
            }
            count += 1;
        }
        Ok(count)
    }
}

/// What the application says in a packet.
pub(crate) fn message<'a>(packet: &Packet<'a>, ports: &Ports) -> Option<Message<'a>> {
    Message::of_by(packet, &Applications::with_ports(ports))
}

/// # Safety
/// `bytes` is null or valid for reading `length` octets as long as `'a`.
pub(crate) unsafe fn parse<'a>(
    link_type: u16,
    bytes: *const u8,
    length: usize,
    original_length: u32,
) -> Result<Packet<'a>> {
    if u32::try_from(length).is_err() {
        let detail = format!("length {length} is more than a frame can have");
        return Err(Error::new(ErrorKind::InvalidInput, "parse packet").with_detail(detail));
    }
    // SAFETY: the caller promises what `slice` asks for.
    let bytes = unsafe { pointer::slice(bytes, length, "bytes") }?;
    Ok(Packet::parse(LinkType(link_type), bytes, original_length))
}
