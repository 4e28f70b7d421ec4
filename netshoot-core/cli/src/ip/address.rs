//! `netshoot ip address`.

use std::io::Write;

use netshoot_core::netlink::LinkFilter;
use netshoot_core::netlink::iproute2::{self, Names};

use super::choice::{self, warn_of_changes};
use crate::arguments::Ip;
use crate::output::{Failure, Status, standard_output};

pub(super) fn run(ip: &Ip, words: &[String]) -> Result<Status, Failure> {
    let names = Names::system();
    let mut filter = LinkFilter::default();
    filter.with_vfs = ip.details;
    let listing = ip.netlink()?.interfaces_matching(&filter)?;
    warn_of_changes(listing.interrupted);
    let options = choice::addresses(ip, words, listing.iter().map(|interface| &interface.link), &names)?;
    let mut out = standard_output();
    iproute2::write_interfaces(&mut out, &listing.items, &names, &options)?;
    out.flush()?;
    Ok(Status::Complete)
}
