//! `netshoot ip link`.

use std::ffi::OsString;
use std::io::Write;

use netshoot_core::netlink::LinkFilter;
use netshoot_core::netlink::iproute2;

use super::choice::{self, warn_of_changes};
use crate::arguments::Ip;
use crate::output::{Failure, Status};

pub(super) fn run(ip: &Ip, words: &[OsString]) -> Result<Status, Failure> {
    let names = ip.shared.names();
    let mut filter = LinkFilter::default();
    filter.with_vfs = true;
    let mut listing = ip.shared.netlink()?.links_matching(&filter)?;
    warn_of_changes(listing.interrupted);
    let options = choice::links(ip, words, &listing.items, &names)?;
    if ip.shared.stable_json {
        listing.items.retain(|link| options.shows_link(link));
        ip.shared.own(&listing)?;
        return Ok(Status::Complete);
    }
    let mut out = ip.shared.output();
    iproute2::write_links(&mut out, &listing.items, &names, &options)?;
    out.flush()?;
    Ok(Status::Complete)
}
