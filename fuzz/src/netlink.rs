//! Invariants of the decoders of what the kernel says, and of the texts made of it.

use netshoot_core::netlink::iproute2::{self, Names};
use netshoot_core::netlink::{Address, Interface, Link, Object};

/// Reads an `RTM_NEWLINK` and an `RTM_NEWADDR` payload and writes both as `ip` would. The first octet says how much of the
/// rest is the link.
///
/// # Panics
/// If an invariant is broken: an object that could be read must be written, each in one piece.
pub fn fuzz_netlink(data: &[u8]) {
    let Some((&split, rest)) = data.split_first() else { return };
    let (link, address) = rest.split_at(usize::from(split).saturating_mul(8).min(rest.len()));
    let (link, address) = (Link::parse(link), Address::parse(address));
    let Ok(link) = link else { return };
    let mut interface = Interface::default();
    interface.link = link;
    interface.addresses.extend(address);
    let names = Names::default();
    for details in [false, true] {
        let mut options = iproute2::Options::default();
        (options.details, options.statistics) = (details, details);
        let interfaces = std::slice::from_ref(&interface);
        let (mut json, mut text) = (Vec::new(), Vec::new());
        let written = iproute2::write_json(&mut json, interfaces, &names, &options)
            .and_then(|()| iproute2::write_text(&mut text, interfaces, &names, &options));
        assert!(written.is_ok());
        let Ok(json) = String::from_utf8(json) else { panic!("JSON that is not UTF-8") };
        assert!(json.starts_with('[') && json.trim_end().ends_with(']'));
        // What JSON itself forbids; C1 controls may stand in its strings.
        assert!(!json.trim_end().chars().any(|c| c < ' '), "{json:?}");
        let Ok(text) = String::from_utf8(text) else { panic!("text that is not UTF-8") };
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
    }
}
