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
    for (details, brief, oneline) in
        [(false, false, false), (true, false, false), (false, true, false), (true, false, true), (false, false, true)]
    {
        let mut options = iproute2::Options::default();
        (options.details, options.statistics, options.more_statistics) = (details, details, details);
        (options.brief, options.oneline) = (brief, oneline);
        for json in [false, true] {
            options.json = json;
            let (mut link, mut both) = (Vec::new(), Vec::new());
            let written = iproute2::write_links(&mut link, std::slice::from_ref(&interface.link), &names, &options)
                .and_then(|()| {
                    iproute2::write_interfaces(&mut both, std::slice::from_ref(&interface), &names, &options)
                });
            assert!(written.is_ok());
            let (Ok(link), Ok(both)) = (String::from_utf8(link), String::from_utf8(both)) else {
                panic!("neither JSON nor text may hold what is not UTF-8")
            };
            if json {
                [link, both].iter().for_each(|text| check_json(text));
            } else {
                assert!(!brief && !oneline || link.matches('\n').count() == 1, "{link:?}");
                [link, both].iter().for_each(|text| check_text(text));
            }
        }
    }
}

/// What JSON itself forbids; C1 controls may stand in its strings.
fn check_json(json: &str) {
    assert!(json.starts_with('[') && json.ends_with("]\n"));
    assert!(!json.trim_end().chars().any(|c| c < ' '), "{json:?}");
}

/// A tab stands before the settings of a controller area network.
fn check_text(text: &str) {
    assert!(!text.chars().any(|c| c.is_control() && c != '\n' && c != '\t'), "{text:?}");
}
