//! `netshoot ip address`.

use std::io::Write;

use netshoot_core::netlink::iproute2::{self, Names};
use netshoot_core::netlink::{ByteString, Interface};
use netshoot_core::{Error, ErrorKind};

use crate::arguments::Ip;
use crate::output::{Failure, Status, complain, standard_output};

pub(super) fn run(ip: &Ip, words: &[String]) -> Result<Status, Failure> {
    if (ip.details || ip.statistics) && !ip.json {
        let text = "show addresses: details and counters are in JSON only for now; hint: add -j";
        return Err(Failure::Usage(text.to_owned()));
    }
    let (family, device) = (ip.family(), device(words)?);
    let options = iproute2::Options { family, device, details: ip.details, statistics: ip.statistics };
    let listing = ip.netlink()?.interfaces()?;
    if listing.interrupted {
        complain("list interfaces: they changed while the kernel listed them, some may be missing; hint: ask again");
    }
    if let Some(name) = &options.device {
        require(&listing.items, name)?;
    }
    let (mut out, names) = (standard_output(), Names::system());
    if ip.json {
        iproute2::write_json(&mut out, &listing.items, &names, &options)?;
    } else {
        iproute2::write_text(&mut out, &listing.items, &names, &options)?;
    }
    out.flush()?;
    Ok(Status::Complete)
}

/// The interface that `[show] [[dev] NAME]` names.
fn device(words: &[String]) -> Result<Option<ByteString>, Error> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let rest = match words.as_slice() {
        ["show" | "list" | "ls" | "sh", rest @ ..] => rest,
        all => all,
    };
    match rest {
        [] => Ok(None),
        ["dev", name] | [name] if *name != "dev" => Ok(Some(ByteString::from(*name))),
        _ => Err(Error::new(ErrorKind::InvalidInput, "show addresses")
            .with_detail(format!("cannot make sense of {:?}", rest.join(" ")))
            .with_hint("[show] [[dev] NAME]")),
    }
}

fn require(interfaces: &[Interface], name: &ByteString) -> Result<(), Error> {
    let names = |interface: &Interface| {
        let link = &interface.link;
        [&link.ifname].into_iter().chain(&link.altnames).any(|known| known.as_bytes() == name.as_bytes())
    };
    if interfaces.iter().any(names) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::NotFound, format!("show addresses of {name}"))
        .with_detail("there is no such interface")
        .with_hint("netshoot ip address lists all"))
}
