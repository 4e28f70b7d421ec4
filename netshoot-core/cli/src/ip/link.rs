//! `netshoot ip link`.

use std::io::Write;

use netshoot_core::netlink::LinkFilter;
use netshoot_core::netlink::iproute2::{self, Names};

use super::choice::{self, warn_of_changes};
use crate::arguments::Ip;
use crate::output::{Failure, Status, standard_output};

pub(super) fn run(ip: &Ip, words: &[String]) -> Result<Status, Failure> {
    let names = Names::system();
    let mut filter = LinkFilter::default();
    filter.with_vfs = true;
    let listing = ip.netlink()?.links_matching(&filter)?;
    warn_of_changes(listing.interrupted);
    let options = choice::links(ip, words, &listing.items, &names)?;
    let mut out = standard_output();
    iproute2::write_links(&mut out, &listing.items, &names, &options)?;
    out.flush()?;
    Ok(Status::Complete)
}
