//! The routing table of a VRF.

use super::super::{Link, LinkData, LinkFilter, Netlink};
use crate::error::Result;

impl Netlink {
    /// The routing table of the VRF with index `ifindex`; `None` if that link is no VRF.
    ///
    /// # Errors
    /// As [`list`](Self::list), also when there is no such link.
    pub fn vrf_table(&self, ifindex: u32) -> Result<Option<u32>> {
        let filter = LinkFilter { ifindex: Some(ifindex), ..LinkFilter::default() };
        let links = self.list::<Link>(&filter)?;
        let data = links.iter().find_map(|link| link.linkinfo.as_ref()?.data.as_ref());
        Ok(match data {
            Some(LinkData::Vrf(vrf)) => vrf.table,
            _ => None,
        })
    }
}
