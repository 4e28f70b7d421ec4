//! Which objects a listing is to have.

use std::ffi::{CStr, c_char};

use netshoot_core::netlink::{
    AddressFilter, ByteString, Family, FdbFilter, LinkFilter, NeighborFilter, NeighborState, Netlink,
    NextHopBucketFilter, NextHopFilter, QdiscFilter, QdiscHandle, RouteFilter, RouteKind, RouteProtocol, RuleFilter,
    SocketSelection,
};
use netshoot_core::{Error, ErrorKind, Result};

use crate::pointer;

/// Which objects are wanted. Zeroed, or NULL in its place, it wants all; each field that is not 0 leaves some out. A field
/// that the objects do not have is an error; which they have is said with each function.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct netshoot_filter_t {
    /// Of a link: its kind, such as "veth".
    pub kind: *const c_char,
    /// Index of the link: the link itself, or that the object belongs to, or leaves by.
    pub link_index: u32,
    /// Index of the bridge, bond or VRF that the link is a port of.
    pub master: u32,
    /// Number of the routing table.
    pub table: u32,
    /// Metric of a route, preference of a rule.
    pub priority: u32,
    /// Number of the next hop or of the group.
    pub id: u32,
    /// Handle of what the queueing discipline is part of; UINT32_MAX is the link.
    pub parent: u32,
    /// NUD_… of <linux/neighbour.h>, any of these.
    pub states: u16,
    /// VLAN identifier.
    pub vlan: u16,
    /// AF_INET or AF_INET6.
    pub family: u8,
    /// RTPROT_… of <linux/rtnetlink.h>: who made it.
    pub protocol: u8,
    /// RTN_… of <linux/rtnetlink.h>: what a route does.
    pub route_kind: u8,
    /// Only links that are up.
    pub only_up: bool,
}

/// A filter of the library, made of the plain one.
pub(crate) trait Chosen: Default {
    /// The fields of the plain one that have a meaning here.
    const FIELDS: &'static [&'static str];

    /// Takes over what `plain` wants. `kind` is its text.
    fn take(&mut self, plain: &netshoot_filter_t, kind: Option<ByteString>);
}

/// The library's filter for `filter`.
///
/// # Safety
/// `filter` is null or lent by the caller, and so is the text in it.
pub(crate) unsafe fn filter<F: Chosen>(filter: *const netshoot_filter_t) -> Result<F> {
    let mut chosen = F::default();
    // SAFETY: the caller promises null or a struct.
    if let Some(plain) = unsafe { filter.as_ref() } {
        if let Some(field) = plain.fields().into_iter().find(|field| !F::FIELDS.contains(field)) {
            return Err(Error::new(ErrorKind::InvalidInput, "read arguments")
                .with_detail(format!("filter->{field} has no meaning for these objects"))
                .with_hint(format!("they have {}", F::FIELDS.join(", "))));
        }
        let kind = match plain.kind.is_null() {
            true => None,
            // SAFETY: not null, and the caller promises a string then.
            false => Some(unsafe { pointer::path(plain.kind) }?.as_os_str().as_encoded_bytes().into()),
        };
        chosen.take(plain, kind);
    }
    Ok(chosen)
}

impl netshoot_filter_t {
    /// The names of the fields that are not zero.
    fn fields(&self) -> Vec<&'static str> {
        let set = [
            ("kind", !self.kind.is_null()),
            ("link_index", self.link_index != 0),
            ("master", self.master != 0),
            ("table", self.table != 0),
            ("priority", self.priority != 0),
            ("id", self.id != 0),
            ("parent", self.parent != 0),
            ("states", self.states != 0),
            ("vlan", self.vlan != 0),
            ("family", self.family != 0),
            ("protocol", self.protocol != 0),
            ("route_kind", self.route_kind != 0),
            ("only_up", self.only_up),
        ];
        set.into_iter().filter(|(_, set)| *set).map(|(name, _)| name).collect()
    }
}

/// Hands over what a filter of sockets in the words of `ss` wants; null is no filter.
///
/// # Safety
/// `filter` is null or points to a string that ends in a NUL.
pub(crate) unsafe fn select_sockets(
    netlink: &Netlink,
    filter: *const c_char,
    restrict: impl FnOnce(&SocketSelection),
) -> Result<()> {
    if !filter.is_null() {
        // SAFETY: not null, and the caller promises that the string ends in a NUL.
        let text = unsafe { CStr::from_ptr(filter) };
        restrict(&netlink.socket_selection(&text.to_string_lossy())?);
    }
    Ok(())
}

/// `number`, where it is not zero.
fn some<T: PartialEq + Default>(number: T) -> Option<T> {
    (number != T::default()).then_some(number)
}

macro_rules! chosen {
    ($($filter:ident: $plain:ident, $kind:ident [$($field:literal)*] { $($to:ident = $value:expr;)* })*) => {$(
        impl Chosen for $filter {
            const FIELDS: &'static [&'static str] = &[$($field),*];

            fn take(&mut self, $plain: &netshoot_filter_t, $kind: Option<ByteString>) {
                $(self.$to = $value;)*
            }
        }
    )*};
}

chosen! {
    LinkFilter: plain, kind ["link_index" "master" "kind" "only_up"] {
        ifindex = some(plain.link_index);
        master = some(plain.master);
        kind = kind;
        up = plain.only_up.then_some(true);
    }
    AddressFilter: plain, _kind ["family" "link_index"] {
        family = some(plain.family).map(Family);
        ifindex = some(plain.link_index);
    }
    RouteFilter: plain, _kind ["family" "table" "link_index" "protocol" "priority" "route_kind"] {
        family = some(plain.family).map(Family);
        table = some(plain.table);
        oif = some(plain.link_index);
        protocol = some(plain.protocol).map(RouteProtocol);
        priority = some(plain.priority);
        kind = some(plain.route_kind).map(RouteKind);
    }
    NextHopFilter: plain, _kind ["family" "id" "link_index" "master" "protocol"] {
        family = some(plain.family).map(Family);
        id = some(plain.id);
        oif = some(plain.link_index);
        master = some(plain.master);
        protocol = some(plain.protocol).map(RouteProtocol);
    }
    NextHopBucketFilter: plain, _kind ["id" "link_index" "master"] {
        id = some(plain.id);
        oif = some(plain.link_index);
        master = some(plain.master);
    }
    RuleFilter: plain, _kind ["family" "table" "priority"] {
        family = some(plain.family).map(Family);
        table = some(plain.table);
        priority = some(plain.priority);
    }
    NeighborFilter: plain, _kind ["family" "link_index" "master" "states"] {
        family = some(plain.family).map(Family);
        ifindex = some(plain.link_index);
        master = some(plain.master);
        states = some(plain.states).map(NeighborState);
    }
    FdbFilter: plain, _kind ["link_index" "master" "vlan" "states"] {
        ifindex = some(plain.link_index);
        master = some(plain.master);
        vlan = some(plain.vlan);
        states = some(plain.states).map(NeighborState);
    }
    QdiscFilter: plain, _kind ["link_index" "parent"] {
        ifindex = some(plain.link_index);
        parent = some(plain.parent).map(QdiscHandle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_named_is_a_field() {
        let all: Vec<&str> = netshoot_filter_t {
            kind: c"veth".as_ptr(),
            link_index: 1,
            master: 1,
            table: 1,
            priority: 1,
            id: 1,
            parent: 1,
            states: 1,
            vlan: 1,
            family: 1,
            protocol: 1,
            route_kind: 1,
            only_up: true,
        }
        .fields();
        let named = [LinkFilter::FIELDS, RouteFilter::FIELDS, NextHopFilter::FIELDS, FdbFilter::FIELDS].concat();
        assert!(named.iter().all(|field| all.contains(field)));
        assert_eq!(all.len(), 13);
    }
}
