//! Invariants of the decoders of rules, neighbours, forwarding entries, queueing disciplines and sockets, and of the texts
//! made of them.

use std::io;

use netshoot_core::netlink::iproute2::{
    Names, NeighborOptions, QdiscShowOptions, RuleOptions, Services, SocketOptions, SocketText, write_fdb,
    write_neighbors, write_qdiscs, write_rules,
};
use netshoot_core::netlink::{
    FdbEntry, InetSocket, LinkNames, Neighbor, NetlinkDiagSocket, Object, PacketSocket, Qdisc, Rule, UnixSocket,
};

/// Reads the payload of a message, whose kind the first octet chooses, and writes it as iproute2 would.
///
/// # Panics
/// If an invariant is broken: an object that could be read is equal to itself, has a key and at most 16 notes, and is
/// written in one piece without control characters.
pub fn fuzz_objects(data: &[u8]) {
    let Some((&choice, payload)) = data.split_first() else { return };
    let links = LinkNames::default();
    match choice % 8 {
        0 => read::<Rule>(payload, |rule| {
            both(|out, json, more| {
                let mut options = RuleOptions::default();
                (options.json, options.details) = (json, more);
                write_rules(out, [rule], &Names::default(), &options)
            });
        }),
        1 => read::<Neighbor>(payload, |neighbor| {
            both(|out, json, more| {
                let mut options = NeighborOptions::default();
                (options.json, options.statistics, options.brief) = (json, more, !more);
                write_neighbors(out, [neighbor], &Names::default(), &links, &options)
            });
        }),
        2 => read::<FdbEntry>(payload, |entry| {
            both(|out, json, more| {
                let mut options = NeighborOptions::default();
                (options.json, options.statistics) = (json, more);
                write_fdb(out, [entry], &links, &options)
            });
        }),
        3 => read::<Qdisc>(payload, |qdisc| {
            both(|out, json, more| {
                let mut options = QdiscShowOptions::default();
                (options.json, options.statistics, options.details) = (json, more, more);
                write_qdiscs(out, [qdisc], &links, &options)
            });
        }),
        4 => read::<InetSocket>(payload, |socket| shown(|text, out| text.inet(out, socket, &LinkNames::default()))),
        5 => read::<UnixSocket>(payload, |socket| shown(|text, out| text.unix(out, socket))),
        6 => read::<PacketSocket>(payload, |socket| shown(|text, out| text.packet(out, socket, &LinkNames::default()))),
        _ => read::<NetlinkDiagSocket>(payload, |socket| shown(|text, out| text.netlink(out, socket))),
    }
}

fn read<T: Object>(payload: &[u8], write: impl FnOnce(&T)) {
    let Ok(object) = T::parse(payload) else {
        assert!(payload.len() < LONGEST_HEADER);
        return;
    };
    let again = T::parse(payload).ok();
    assert!(again.is_some_and(|again| again == object && again.key() == object.key()));
    assert!(object.differing(&object.clone()).is_empty());
    write(&object);
}

/// As JSON and as text, briefly and in full.
fn both(write: impl Fn(&mut Vec<u8>, bool, bool) -> io::Result<()>) {
    for (json, more) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut out = Vec::new();
        assert!(write(&mut out, json, more).is_ok());
        let Ok(text) = String::from_utf8(out) else { panic!("text that is not UTF-8") };
        if json {
            assert!(text.starts_with('[') && text.ends_with("]\n"), "{text}");
            assert!(!text.trim_end().chars().any(|letter| letter < ' '), "{text:?}");
        } else {
            assert!(!text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\t')), "{text:?}");
        }
    }
}

/// As `ss` would, with everything that can be said.
fn shown(write: impl Fn(&mut SocketText<'_>, &mut Vec<u8>) -> io::Result<()>) {
    let services = Services::numeric();
    let mut options = SocketOptions::default();
    (options.options, options.extended, options.memory, options.info) = (true, true, true, true);
    (options.tos, options.inet_sockopt, options.processes) = (true, true, true);
    let mut text = SocketText::new(&options, &services);
    let mut out = Vec::new();
    assert!(write(&mut text, &mut out).and_then(|()| text.finish(&mut out)).is_ok());
    let Ok(text) = String::from_utf8(out) else { panic!("text that is not UTF-8") };
    assert!(!text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\t')), "{text:?}");
}

/// That of an internet socket.
const LONGEST_HEADER: usize = 72;
