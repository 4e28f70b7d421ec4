//! Links and addresses against the installed `ip`: equal JSON trees and equal text, for this host's own interfaces and,
//! as root, for a zoo of devices, addresses and hostile names in a namespace made here.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]
#![allow(missing_docs, unreachable_pub)]

mod support;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;
use std::thread;
use std::time::Duration;

use netshoot_core::ErrorKind;
use netshoot_core::namespace::Namespace;
use netshoot_core::netlink::iproute2::{self, Names, Options};
use netshoot_core::netlink::{ByteString, Family, Interface, Limits, LinkData, Netlink};
use serde_json::Value;
use support::kernel::{
    NEWER, OWN, RUNNING, TICKING, Zoo, as_nobody, contains, differences, has_ip, has_ticked, is_root, remove, repair,
    without_newer,
};

/// `ip -6` asks for the kernel's IPv6 view of links, which lacks these. It takes `link_index` for one of this namespace,
/// and IPv6's own counters for `stats64`.
const NOT_IN_INET6_VIEW: [&str; 9] =
    ["qdisc", "group", "master", "altnames", "link", "link_index", "link_netnsid", "linkinfo", "stats64"];

#[test]
fn this_hosts_interfaces_are_those_of_ip() {
    if !has_ip("this_hosts_interfaces_are_those_of_ip") {
        return;
    }
    compare_all(&Namespace::current().unwrap(), &[]);
}

#[test]
fn as_nobody_links_and_addresses_need_no_rights() {
    const NAME: &str = "as_nobody_links_and_addresses_need_no_rights";
    if !is_root() {
        // Whoever runs the tests is nobody enough: the comparison with `ip` above is the test.
        return;
    }
    if !has_ip(NAME) {
        return;
    }
    as_nobody("this_hosts_interfaces_are_those_of_ip", &[]);
}

#[test]
fn a_zoo_of_devices_is_that_of_ip() {
    let Some(zoo) = full_zoo("a_zoo_of_devices_is_that_of_ip") else { return };
    let namespace = Namespace::named(&zoo.name).unwrap();
    compare_all(&namespace, &["-n", &zoo.name]);

    let interfaces = list(&namespace);
    let hostile = interfaces.iter().find(|one| one.link.ifname.as_bytes() == HOSTILE_NAME).unwrap();
    assert_eq!(hostile.link.ifalias.as_ref().unwrap().as_bytes(), HOSTILE_ALIAS);
    assert_eq!(hostile.link.ifname.to_string(), "n\\xe9\\x01\"\\\\");
    let Some(LinkData::Vxlan(vxlan)) = &by_name(&interfaces, "vx0").link.linkinfo.as_ref().unwrap().data else {
        panic!("vx0 has no vxlan data");
    };
    assert_eq!((vxlan.id, vxlan.port), (Some(42), Some(4789)));
    let peer = &by_name(&interfaces, "v2").link;
    assert_eq!(peer.link_netns.as_ref().unwrap(), zoo.other.as_str());
    assert!(interfaces.iter().all(|one| one.link.notes.is_empty()), "no attribute is unreadable");
    assert!(interfaces.iter().flat_map(|one| &one.addresses).all(|address| address.notes.is_empty()));
}

#[test]
fn the_callers_thread_stays_where_it_is() {
    let Some(zoo) = Zoo::empty("the_callers_thread_stays_where_it_is") else { return };
    let here = || fs::read_link("/proc/thread-self/ns/net").unwrap();
    let before = here();
    let namespace = Namespace::named(&zoo.name).unwrap();
    let there = namespace.run(here).unwrap();
    assert_ne!(there, before);
    assert_eq!(there.to_str().unwrap(), namespace.id().to_string());
    assert_eq!(list(&namespace).len(), 1, "a new namespace has a loopback device alone");
    assert_eq!(here(), before);

    let same = [
        Namespace::from_path(format!("/run/netns/{}", zoo.name)).unwrap(),
        Namespace::from_descriptor(fs::File::open(format!("/run/netns/{}", zoo.name)).unwrap().into()).unwrap(),
    ];
    assert!(same.iter().all(|other| *other == namespace));
}

/// Runs itself again as nobody, and there asks for a namespace that only root may enter.
#[test]
fn entering_a_namespace_without_the_right_says_which() {
    const NAME: &str = "entering_a_namespace_without_the_right_says_which";
    const VARIABLE: &str = "NETSHOOT_TEST_NAMESPACE";
    if let Ok(name) = std::env::var(VARIABLE) {
        let error = Netlink::open(&Namespace::named(&name).unwrap()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert!(error.to_string().contains("operation not permitted; hint: needs CAP_SYS_ADMIN"), "{error}");
        return;
    }
    let Some(zoo) = Zoo::empty(NAME) else { return };
    as_nobody(NAME, &[(VARIABLE, &zoo.name)]);
}

#[test]
fn an_interrupted_dump_is_taken_again_or_marked() {
    let Some(zoo) = Zoo::empty("an_interrupted_dump_is_taken_again_or_marked") else { return };
    // Enough links that a dump takes several datagrams, between which a change can come.
    let links: String = (0..60).map(|number| format!("link add fixed{number} type ifb\n")).collect();
    zoo.batch(&links).wait().unwrap();
    let netlink = Netlink::open(&Namespace::named(&zoo.name).unwrap()).unwrap();
    let mut hasty = Limits::default();
    hasty.retries = 0;
    let hasty = Netlink::open(netlink.namespace()).unwrap().with_limits(hasty);

    let mut mutator = zoo.batch(&"link add moving type ifb\nlink del moving\n".repeat(5_000));
    let (mut marked, mut retried) = (0, 0);
    while mutator.try_wait().unwrap().is_none() && (marked == 0 || retried == 0) {
        marked += u32::from(hasty.links().unwrap().interrupted);
        let listing = netlink.links().unwrap();
        retried += u32::from(listing.retries > 0);
        let fixed = listing.iter().filter(|link| link.ifname.as_bytes().starts_with(b"fixed")).count();
        assert!(fixed == 60 || listing.interrupted, "{fixed} of 60 links, and not marked");
    }
    mutator.kill().unwrap();
    mutator.wait().unwrap();
    assert!(marked > 0 && retried > 0, "no change came between: marked {marked}, retried {retried}");
}

#[test]
fn an_open_namespace_outlives_its_name() {
    let Some(zoo) = Zoo::empty("an_open_namespace_outlives_its_name") else { return };
    let namespace = Namespace::named(&zoo.name).unwrap();
    let netlink = Netlink::open(&namespace).unwrap();
    let name = zoo.name.clone();
    drop(zoo);
    assert_eq!(netlink.links().unwrap().items.len(), 1);
    assert_eq!(list(&namespace).len(), 1);
    let error = Namespace::named(&name).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn a_name_whose_namespace_is_gone_is_told_as_such() {
    let Some(zoo) = Zoo::empty("a_name_whose_namespace_is_gone_is_told_as_such") else { return };
    let stale = format!("{}-stale", zoo.name);
    fs::write(format!("/run/netns/{stale}"), "").unwrap();
    let error = Namespace::named(&stale).unwrap_err();
    fs::remove_file(format!("/run/netns/{stale}")).unwrap();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("the namespace is gone"), "{error}");
}

#[test]
fn what_is_no_namespace_is_refused_with_a_reason() {
    let kind = |result: netshoot_core::Result<Namespace>| {
        let error = result.unwrap_err();
        assert!(error.to_string().starts_with("open network namespace"), "{error}");
        error.kind()
    };
    assert_eq!(kind(Namespace::named("no such name")), ErrorKind::NotFound);
    assert_eq!(kind(Namespace::named("../etc")), ErrorKind::InvalidInput);
    assert_eq!(kind(Namespace::named("")), ErrorKind::InvalidInput);
    assert_eq!(kind(Namespace::of_process(u32::MAX)), ErrorKind::NotFound);
    assert_eq!(kind(Namespace::from_path("/proc/self/ns/uts")), ErrorKind::InvalidInput);
    assert_eq!(kind(Namespace::from_path("/dev/null")), ErrorKind::InvalidInput);
    let own = Namespace::of_process(std::process::id()).unwrap();
    assert_eq!(own, Namespace::current().unwrap());
}

#[test]
fn a_panic_in_the_thread_is_an_error() {
    let error = Namespace::current().unwrap().run(|| panic!("on purpose")).unwrap_err();
    assert!(error.to_string().contains("the work panicked"), "{error}");
}

/// Compares the JSON with every combination of options, and the text.
fn compare_all(namespace: &Namespace, place: &[&str]) {
    let first = list(namespace).first().unwrap().link.ifname.clone();
    for family in [None, Some(Family::INET), Some(Family::INET6)] {
        for device in [None, Some(first.clone()), Some(ByteString::from("v0"))] {
            for (details, statistics) in [(false, false), (true, false), (false, true), (true, true)] {
                let options = Options { family, device: device.clone(), details, statistics, ..Options::default() };
                // This host has no v0, and its counters move all the time.
                if place.is_empty() && (statistics || device == Some("v0".into())) {
                    continue;
                }
                compare_json(namespace, place, &options);
                if !details && !statistics && family != Some(Family::INET6) {
                    compare_text(namespace, place, &options);
                }
            }
        }
    }
}

fn compare_json(namespace: &Namespace, place: &[&str], options: &Options) {
    let (own, theirs) = steady(namespace, options, || ip(place, options, true), |interfaces| json(interfaces, options));
    let mut theirs: Value = serde_json::from_str(&repair(&theirs)).unwrap();
    if options.family == Some(Family::INET6) {
        remove(&mut theirs, &NOT_IN_INET6_VIEW);
    }
    let [before, after] = own.map(|own| {
        let mut own: Value = serde_json::from_slice(&own).unwrap();
        remove(&mut own, &OWN);
        if options.family == Some(Family::INET6) {
            remove(&mut own, &NOT_IN_INET6_VIEW);
            // Neither the kernel's IPv6 view nor, without details, the options asked for hold these.
            retain_common_members(&mut own, &theirs);
        } else {
            NEWER.iter().filter(|key| !contains(&theirs, key)).for_each(|key| remove(&mut own, &[key]));
        }
        own
    });
    let differences = differences(&before, &theirs);
    assert!(differences.is_empty(), "{options:?} in {namespace}:\n{}", differences.join("\n"));
    assert!(has_ticked(&before, &theirs, &after), "{options:?} in {namespace}:\n{before}\n{theirs}\n{after}");
}

fn compare_text(namespace: &Namespace, place: &[&str], options: &Options) {
    let ([own, _], theirs) =
        steady(namespace, options, || ip(place, options, false), |interfaces| text(interfaces, options));
    let escaped = |line: &[u8]| ByteString::from(line).to_string();
    let theirs: Vec<_> = theirs.split(|octet| *octet == b'\n').map(|line| still(&escaped(line))).collect();
    let own = str::from_utf8(&own).unwrap();
    let own: Vec<_> = own.split('\n').map(|line| still(&without_newer(line))).collect();
    for (own, theirs) in own.iter().zip(&theirs) {
        assert_eq!(own, theirs, "{options:?} in {namespace}");
    }
    assert_eq!(own.len(), theirs.len());
}

/// What we say before and after `ip`, and what `ip` says, with nothing having changed from before until after.
fn steady(
    namespace: &Namespace,
    options: &Options,
    ask: impl Fn() -> Vec<u8>,
    say: impl Fn(&[Interface]) -> Vec<u8>,
) -> ([Vec<u8>; 2], Vec<u8>) {
    let standing = |interfaces: &[Interface]| {
        let options = Options { details: true, statistics: options.statistics, ..Options::default() };
        let mut tree: Value = serde_json::from_slice(&json(interfaces, &options)).unwrap();
        remove(&mut tree, &TICKING);
        remove(&mut tree, &RUNNING);
        tree
    };
    // Duplicate address detection takes a second or two, and multicast reports move the counters.
    for _ in 0..100 {
        let before = list(namespace);
        let theirs = ask();
        let after = list(namespace);
        if standing(&before) == standing(&after) {
            return ([say(&before), say(&after)], theirs);
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("the interfaces in {namespace} change all the time");
}

fn list(namespace: &Namespace) -> Vec<Interface> {
    let listing = Netlink::open(namespace).unwrap().interfaces().unwrap();
    assert_eq!(listing.namespace, namespace.id());
    assert!(listing.notes.is_empty());
    listing.items
}

fn json(interfaces: &[Interface], options: &Options) -> Vec<u8> {
    let mut out = Vec::new();
    iproute2::write_json(&mut out, interfaces, &Names::system(), options).unwrap();
    out
}

fn text(interfaces: &[Interface], options: &Options) -> Vec<u8> {
    let mut out = Vec::new();
    iproute2::write_text(&mut out, interfaces, &Names::system(), options).unwrap();
    out
}

fn ip(place: &[&str], options: &Options, json: bool) -> Vec<u8> {
    let mut command = Command::new("ip");
    command.args(place);
    for (wanted, option) in [
        (json, "-j"),
        (options.details, "-d"),
        (options.statistics, "-s"),
        (options.family == Some(Family::INET), "-4"),
        (options.family == Some(Family::INET6), "-6"),
    ] {
        if wanted {
            command.arg(option);
        }
    }
    command.args(["address", "show"]);
    if let Some(device) = &options.device {
        command.arg("dev").arg(OsStr::from_bytes(device.as_bytes()));
    }
    command.output().unwrap().stdout
}

/// `ip` prints seconds that may tick between two questions.
fn still(line: &str) -> String {
    let word = |word: &str| if word.ends_with("sec") { "(seconds)".to_owned() } else { word.to_owned() };
    line.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// Leaves in each of our interfaces what `ip` has, too; how many of its own members `ip` has is still compared.
fn retain_common_members(own: &mut Value, theirs: &Value) {
    for (own, theirs) in own.as_array_mut().unwrap().iter_mut().zip(theirs.as_array().unwrap()) {
        let theirs = theirs.as_object().unwrap();
        own.as_object_mut().unwrap().retain(|key, _| theirs.contains_key(key));
        remove(own, &["protocol"]);
    }
}

fn by_name<'a>(interfaces: &'a [Interface], name: &str) -> &'a Interface {
    interfaces.iter().find(|one| one.link.ifname == *name).unwrap()
}

fn full_zoo(test: &str) -> Option<Zoo> {
    let zoo = Zoo::empty(test)?;
    zoo.all(ANIMALS);
    let (name, alias) = (OsStr::from_bytes(HOSTILE_NAME), OsStr::from_bytes(HOSTILE_ALIAS));
    let word = OsStr::new;
    zoo.ip(&[word("link"), word("add"), name, word("type"), word("ifb")]);
    zoo.ip(&[word("link"), word("set"), name, word("alias"), alias]);
    zoo.ip(&[word("link"), word("set"), word("v0"), word("alias"), word("say \"hi\" \\ /")]);
    Some(zoo)
}

const HOSTILE_NAME: &[u8] = b"n\xe9\x01\"\\";
const HOSTILE_ALIAS: &[u8] = b"caf\xe9 \x1b[31m \xff\xfe\xc3\xa9";
const ANIMALS: &str = "
    link set lo up
    link add v0 type veth peer name v1
    link add v2 type veth peer name v3 netns OTHER
    link add v4 type veth peer name v5
    link add br0 type bridge
    link add br1 type bridge stp_state 1 ageing_time 100 mcast_querier 1 group_fwd_mask 8
    link set v1 master br0
    link set v4 master br1
    link set dev v4 type bridge_slave isolated on hairpin on priority 5 cost 7 learning off group_fwd_mask 16413
    link set v0 up
    link set v1 up
    link set br0 up
    link set v2 up
    link set v4 up
    link add vx0 type vxlan id 42 dev v0 dstport 4789 remote 192.0.2.9
    link add vx1 type vxlan id 43 local fd00::1 dstport 4789 ageing 100
    link add vx2 type vxlan id 50 group 239.1.1.1 dev v0 dstport 4789 tos 0x10 ttl 5 proxy rsc l2miss l3miss maxaddress 77 gbp srcport 1000 2000 noudpcsum df set nolearning
    link add vx3 type vxlan external dstport 4790
    link add vx4 type vxlan id 52 remote fd00::9 dev v0 dstport 4792 flowlabel 0x12345 ttl inherit tos inherit udp6zerocsumtx remcsumtx df inherit
    link add vx5 type vxlan id 53 group ff05::1 dev v0 dstport 4792
    link add mv0 link v0 type macvlan mode bridge
    link add mv1 link v0 type macvtap mode vepa
    link add mv2 link v2 type macvlan mode passthru nopromisc
    link add mv3 link v0 type macvlan mode source
    link set mv3 type macvlan macaddr add 00:11:22:33:44:55
    link add mv4 link v5 type macvlan mode private
    link set mv4 up
    link add ifb0 type ifb
    tuntap add tun0 mode tun
    tuntap add tap0 mode tap user 12345 group 5 multi_queue
    tuntap add tap1 mode tap user 0 pi vnet_hdr
    link set vx0 up
    link set tun0 up
    link set tun0 txqueuelen 0
    link set v0 group 7
    link set v0 promisc on
    link property add dev v0 altname very-long-alternative-name-over-fifteen
    link property add dev v0 altname zweiter-name-für-v0-€
    addr add 10.1.0.1/24 brd + dev v0 label v0:lab
    addr add 10.1.0.2/24 dev v0
    addr add 10.1.1.1 peer 10.1.1.2/32 dev v0 valid_lft 1000 preferred_lft 500 scope link
    addr add 10.1.2.1/24 dev v2 metric 77 noprefixroute scope 42
    addr add 10.3.0.1/24 dev tun0
    addr add 10.4.0.1/24 dev ifb0 scope site
    addr add fd00:1::1/64 dev v0 nodad
    addr add fd00:2::1 peer fd00:2::2/128 dev v0 valid_lft 3000 preferred_lft 0
    addr add fd00:3::1/64 dev v2 home mngtmpaddr
    addr add ::192.0.2.7/96 dev v0 nodad
    addr add ::ffff:192.0.2.8/128 dev v0 nodad
    addr add 2001:db8:0:1::/128 dev v2 optimistic
";
