//! The text of `ip address`.

use std::fmt::Write;
use std::io;

use super::super::{Address, ByteString, Interface, Lifetime, Link, LinkFlags, OperState};
use super::form::visible;
use super::{
    Context, address_flag_words, address_text, flag_words, is_other_end_down, link_address_text, link_type_text,
    permanent_address,
};

pub(super) fn write(out: &mut impl io::Write, interfaces: &[Interface], context: &Context<'_>) -> io::Result<()> {
    for interface in interfaces.iter().filter(|interface| context.shows(interface)) {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = interface_text(&mut text, interface, context);
        out.write_all(visible(&text).as_bytes())?;
    }
    Ok(())
}

fn interface_text(text: &mut String, interface: &Interface, context: &Context<'_>) -> std::fmt::Result {
    let link = &interface.link;
    head(text, link, context)?;
    if context.shows_link_layer() {
        text.push('\n');
        link_layer(text, link)?;
    }
    match (&link.link_netns, link.link_netnsid) {
        (Some(name), _) => write!(text, " link-netns {name}")?,
        (None, Some(number @ 0..)) => write!(text, " link-netnsid {number}")?,
        (None, Some(_)) => text.push_str(" link-netnsid unknown"),
        (None, None) => {}
    }
    if link.proto_down == Some(true) {
        text.push_str(" protodown on ");
    }
    for name in &link.altnames {
        write!(text, "\n    altname {name}")?;
    }
    text.push('\n');
    interface
        .addresses
        .iter()
        .filter(|address| context.shows_address(address))
        .try_for_each(|address| address_lines(text, address, context))
}

fn head(text: &mut String, link: &Link, context: &Context<'_>) -> std::fmt::Result {
    write!(text, "{}: {}", link.ifindex, link.ifname)?;
    match link.link_index {
        Some(0) => text.push_str("@NONE"),
        Some(index) if link.link_netnsid.is_some() => write!(text, "@if{index}")?,
        Some(index) => write!(text, "@{}", ByteString::from(&*context.link_name(index)))?,
        None => {}
    }
    let flags: Vec<String> =
        flag_words(link).chain(is_other_end_down(link, context).then(|| "M-DOWN".to_owned())).collect();
    write!(text, ": <{}> ", flags.join(","))?;
    if let Some(mtu) = link.mtu {
        write!(text, "mtu {mtu} ")?;
    }
    if let Some(qdisc) = &link.qdisc {
        write!(text, "qdisc {qdisc} ")?;
    }
    if let Some(master) = link.master {
        write!(text, "master {} ", ByteString::from(&*context.link_name(master)))?;
    }
    match link.operstate {
        Some(OperState(number)) if OperState(number).name().is_none() => write!(text, "state {number:#x} ")?,
        Some(state) => write!(text, "state {state} ")?,
        None => {}
    }
    if let Some(group) = link.group {
        write!(text, "group {} ", context.names.group(group))?;
    }
    if let Some(length) = link.txqlen.filter(|length| *length != 0) {
        write!(text, "qlen {length}")?;
    }
    Ok(())
}

fn link_layer(text: &mut String, link: &Link) -> std::fmt::Result {
    write!(text, "    link/{} ", link_type_text(link))?;
    if let Some(address) = &link.address {
        text.push_str(&link_address_text(link, address));
    }
    if let Some(broadcast) = &link.broadcast {
        let word = if link.flags.contains(LinkFlags::POINTOPOINT) { "peer" } else { "brd" };
        write!(text, " {word} {}", link_address_text(link, broadcast))?;
    }
    if let Some(address) = permanent_address(link) {
        write!(text, " permaddr {}", link_address_text(link, address))?;
    }
    Ok(())
}

fn address_lines(text: &mut String, address: &Address, context: &Context<'_>) -> std::fmt::Result {
    match address.family.name() {
        Some(name) => write!(text, "    {name} ")?,
        None => write!(text, "    family {} ", address.family)?,
    }
    if let Some(local) = address.local {
        text.push_str(&address_text(local));
        if let Some(peer) = address.address {
            write!(text, " peer {}", address_text(peer))?;
        }
        write!(text, "/{} ", address.prefixlen)?;
        if let Some(metric) = address.metric {
            write!(text, "metric {metric} ")?;
        }
    }
    if let Some(broadcast) = address.broadcast {
        write!(text, "brd {} ", address_text(broadcast))?;
    }
    if let Some(anycast) = address.anycast {
        write!(text, "any {} ", address_text(anycast))?;
    }
    write!(text, "scope {} ", context.names.scope(address.scope))?;
    address_flag_words(address).try_for_each(|word| write!(text, "{word} "))?;
    if address.flags.unknown() != 0 {
        write!(text, "flags {:02x} ", address.flags.unknown())?;
    }
    if let Some(label) = &address.label {
        write!(text, "{label}")?;
    }
    if let Some(cacheinfo) = address.cacheinfo {
        let (valid, preferred) = (lifetime(cacheinfo.valid), lifetime(cacheinfo.preferred));
        write!(text, "\n       valid_lft {valid} preferred_lft {preferred}")?;
    }
    text.push('\n');
    Ok(())
}

fn lifetime(lifetime: Lifetime) -> String {
    lifetime.duration().map_or_else(|| "forever".to_owned(), |left| format!("{}sec", left.as_secs()))
}
