//! `netshoot ip address`.

use std::ffi::OsString;
use std::io::Write;

use netshoot_core::netlink::iproute2::{self, Options};
use netshoot_core::netlink::{Address, Interface, LinkFilter, Listing};

use super::choice::{self, warn_of_changes};
use crate::arguments::Ip;
use crate::output::{Failure, Status};

pub(super) fn run(ip: &Ip, words: &[OsString]) -> Result<Status, Failure> {
    let names = ip.shared.names();
    let mut filter = LinkFilter::default();
    filter.with_vfs = ip.shared.details;
    let listing = ip.shared.netlink()?.interfaces_matching(&filter)?;
    warn_of_changes(listing.interrupted);
    let options = choice::addresses(ip, words, listing.iter().map(|interface| &interface.link), &names)?;
    if ip.shared.stable_json {
        ip.shared.own(&addresses(listing, &options))?;
        return Ok(Status::Complete);
    }
    let mut out = ip.shared.output();
    iproute2::write_interfaces(&mut out, &listing.items, &names, &options)?;
    out.flush()?;
    Ok(Status::Complete)
}

/// The addresses that are chosen, without the links that have them.
fn addresses(interfaces: Listing<Interface>, options: &Options) -> Listing<Address> {
    let shown = |Interface { link, addresses, .. }: Interface| {
        let shows_link = options.shows_link(&link);
        addresses.into_iter().filter(move |address| shows_link && options.shows_address(address, &link))
    };
    interfaces.map(|items| items.into_iter().flat_map(shown).collect())
}
