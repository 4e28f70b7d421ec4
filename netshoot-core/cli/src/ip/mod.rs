//! `netshoot ip`: the kernel's network configuration, as iproute2's `ip` shows it. One file an object.

mod address;
mod choice;
mod link;
mod monitor;
mod neighbor;
mod netns;
mod next_hop;
mod route;
mod rule;
pub(crate) mod words;

use std::ffi::OsString;

use netshoot_core::namespace::Namespace;
use netshoot_core::netlink::Family;

use crate::arguments::{Ip, IpObject};
use crate::output::{Failure, Status};
use words::quoted;

pub(crate) fn run(ip: &Ip) -> Result<Status, Failure> {
    if ip.resolve {
        return Err(Failure::Usage(
            "names of hosts are not asked for, as that would go out to the network; hint: without -r".to_owned(),
        ));
    }
    match &ip.object {
        IpObject::Address(words) => address::run(ip, &words.words),
        IpObject::Link(words) => link::run(ip, &words.words),
        IpObject::Route(words) => route::run(ip, &words.words),
        IpObject::NextHop(words) => next_hop::run(ip, &words.words),
        IpObject::Rule(words) => rule::run(ip, &words.words),
        IpObject::Neighbor(words) => neighbor::run(ip, &words.words),
        IpObject::Monitor(words) => monitor::run(ip, &words.words),
        IpObject::Netns(words) => netns::run(ip, &words.words),
    }
}

impl Ip {
    /// The family that `-4`, `-6` or `-f` asks for.
    pub(crate) fn family(&self) -> Option<Family> {
        match (self.four, self.six) {
            (true, _) => Some(Family::INET),
            (_, true) => Some(Family::INET6),
            _ => self.family,
        }
    }
}

/// The namespace of a process, of a path, or of that name; without one, this command's own. Several words may mean it.
pub(crate) fn namespace(words: &[OsString]) -> Result<Namespace, Failure> {
    let Some((first, others)) = words.split_first() else { return Ok(Namespace::current()?) };
    let namespace = Namespace::find(first)?;
    for other in others {
        if Namespace::find(other)? != namespace {
            let (first, other) = (quoted(first), quoted(other));
            let text = format!("--netns: {first} and {other} are two network namespaces; hint: one namespace a call");
            return Err(Failure::Usage(text));
        }
    }
    Ok(namespace)
}
