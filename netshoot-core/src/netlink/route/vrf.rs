//! The table of a VRF.

use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::LinkMessage;

use crate::error::Result;
use crate::netlink::Netlink;
use crate::netlink::attribute::{self, Attribute, Notes};
use crate::netlink::request::Request;

impl Netlink {
    /// The routing table of the VRF whose link has index `ifindex`; `None` when that link is no VRF.
    ///
    /// # Errors
    /// When there is no such link.
    pub fn vrf_table(&self, ifindex: u32) -> Result<Option<u32>> {
        let mut message = LinkMessage::default();
        message.header.index = ifindex;
        let request = Request::get(RouteNetlinkMessage::GetLink(message));
        let mut table = None;
        self.ask("ask for a VRF's table", request, |message| {
            let (mut is_vrf, mut found, mut notes) = (false, None, Notes::default());
            let attributes = message.payload.get(HEADER_LENGTH..).unwrap_or_default();
            attribute::each("link", attributes, HEADER_LENGTH, &mut notes, |attribute, notes| {
                if attribute.number == IFLA_LINKINFO {
                    read(&attribute, &mut is_vrf, &mut found, notes);
                }
            });
            table = found.filter(|_| is_vrf);
        })?;
        Ok(table)
    }
}

fn read(info: &Attribute<'_>, is_vrf: &mut bool, table: &mut Option<u32>, notes: &mut Notes) {
    info.each("linkinfo", notes, |detail, notes| match detail.number {
        IFLA_INFO_KIND => *is_vrf = detail.string() == *"vrf",
        IFLA_INFO_DATA => detail.each("vrf", notes, |setting, notes| {
            if setting.number == IFLA_VRF_TABLE {
                *table = setting.u32(notes);
            }
        }),
        _ => {}
    });
}

/// `struct ifinfomsg`.
const HEADER_LENGTH: usize = 16;
// linux/if_link.h
const IFLA_LINKINFO: u16 = 18;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_INFO_DATA: u16 = 2;
const IFLA_VRF_TABLE: u16 = 1;
