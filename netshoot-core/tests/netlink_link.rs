//! `ip link` and `ip address` against the installed `ip`, over a zoo of every kind of device that this kernel makes: whole
//! JSON trees and whole texts, with all combinations of options and of choices.
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

use netshoot_core::namespace::Namespace;
use netshoot_core::netlink::iproute2::{self, Names, Options};
use netshoot_core::netlink::{
    AddressFlags, ByteString, Family, Inet6Conf, InetConf, Interface, Link, LinkData, LinkFilter, Netlink, Scope,
};
use serde_json::Value;
use support::kernel::{NEWER, OWN, RUNNING, TICKING, Zoo, differences, has_ticked, remove, repair, without_newer};

/// What `ip` is asked.
#[derive(Clone, Debug)]
struct Question {
    is_link: bool,
    options: Options,
    /// What follows `show`.
    words: Vec<String>,
}

impl Question {
    fn new(object: &str, options: Options, words: &str) -> Self {
        Self { is_link: object == "link", options, words: words.split_whitespace().map(str::to_owned).collect() }
    }

    fn ask(&self, zoo: &Zoo) -> Vec<u8> {
        let options = &self.options;
        let mut command = Command::new("ip");
        command.args(["-n", &zoo.name]);
        for (wanted, option) in [
            (options.json, "-j"),
            (options.details, "-d"),
            (options.statistics, "-s"),
            (options.more_statistics, "-s"),
            (options.brief, "-br"),
            (options.oneline, "-o"),
            (options.family == Some(Family::INET), "-4"),
            (options.family == Some(Family::INET6), "-6"),
        ] {
            if wanted {
                command.arg(option);
            }
        }
        command.args([if self.is_link { "link" } else { "address" }, "show"]).args(&self.words);
        if let Some(device) = &options.device {
            command.arg("dev").arg(OsStr::from_bytes(device.as_bytes()));
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{self:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    fn say(&self, interfaces: &[Interface]) -> Vec<u8> {
        let mut out = Vec::new();
        if self.is_link {
            let links: Vec<Link> = interfaces.iter().map(|interface| interface.link.clone()).collect();
            iproute2::write_links(&mut out, &links, &Names::system(), &self.options).unwrap();
        } else {
            iproute2::write_interfaces(&mut out, interfaces, &Names::system(), &self.options).unwrap();
        }
        out
    }

    /// Both answers, with nothing having changed from before `ip` was asked until after.
    fn compare(&self, zoo: &Zoo, netlink: &Netlink) {
        for _ in 0..100 {
            let before = list(netlink);
            let theirs = self.ask(zoo);
            let after = list(netlink);
            if standing(&before) == standing(&after) {
                let own = self.say(&before);
                return if self.options.json {
                    self.compare_json(&own, &theirs, &self.say(&after))
                } else {
                    self.compare_text(&own, &theirs)
                };
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("the interfaces change all the time");
    }

    fn compare_json(&self, own: &[u8], theirs: &[u8], after: &[u8]) {
        let mut own: Value = serde_json::from_slice(own).unwrap();
        let after: Value = serde_json::from_slice(after).unwrap();
        let theirs = repair(theirs);
        let mut theirs: Value =
            if theirs.is_empty() { Value::Array(Vec::new()) } else { serde_json::from_str(&theirs).unwrap() };
        let chosen = |value: &Value| value.as_object().is_none_or(|object| !object.is_empty());
        // An empty object stands for what was not chosen.
        let interfaces = theirs.as_array_mut().unwrap();
        interfaces.retain(chosen);
        for addresses in interfaces.iter_mut().filter_map(|interface| interface.get_mut("addr_info")) {
            addresses.as_array_mut().unwrap().retain(chosen);
        }
        remove(&mut own, &OWN);
        remove(&mut own, &NEWER);
        let differences = differences(&own, &theirs);
        assert!(differences.is_empty(), "{self:?}:\n{}", differences.join("\n"));
        assert!(has_ticked(&own, &theirs, &after), "{self:?}:\n{own}\n{theirs}\n{after}");
    }

    fn compare_text(&self, own: &[u8], theirs: &[u8]) {
        let escaped = |line: &[u8]| ByteString::from(line).to_string();
        let theirs: Vec<_> = theirs.split(|octet| *octet == b'\n').map(|line| still(&escaped(line))).collect();
        let own = String::from_utf8(own.to_vec()).unwrap();
        // Within a line, `ip` escapes nothing, and so its backslashes were doubled above.
        let own = if self.options.oneline { own.replace("\\ ", "\\\\ ") } else { own };
        let own: Vec<_> = own.split('\n').map(|line| still(&without_newer(line))).collect();
        for (own, theirs) in own.iter().zip(&theirs) {
            assert_eq!(own, theirs, "{self:?}");
        }
        assert_eq!(own.len(), theirs.len(), "{self:?}: {own:#?} {theirs:#?}");
    }
}

#[test]
fn links_are_those_of_ip_with_all_options() {
    let Some((zoo, netlink)) = full_zoo("links_are_those_of_ip_with_all_options") else { return };
    for mut options in all_options() {
        for device in [None, Some("v0"), Some("zweiter-name-für-v0-€"), Some("br1")] {
            options.device = device.map(ByteString::from);
            Question::new("link", options.clone(), "").compare(&zoo, &netlink);
        }
    }
}

#[test]
fn addresses_are_those_of_ip_with_all_options() {
    let Some((zoo, netlink)) = full_zoo("addresses_are_those_of_ip_with_all_options") else { return };
    for mut options in all_options() {
        for (family, device) in
            [(None, None), (Some(Family::INET), None), (None, Some("v0")), (Some(Family::INET), Some("tun0"))]
        {
            options.family = family;
            options.device = device.map(ByteString::from);
            Question::new("address", options.clone(), "").compare(&zoo, &netlink);
        }
    }
}

#[test]
fn choices_of_links_are_those_of_ip() {
    let Some((zoo, netlink)) = full_zoo("choices_of_links_are_those_of_ip") else { return };
    let index = |name: &str| index(&netlink, name);
    let filter = |change: &dyn Fn(&mut LinkFilter)| {
        let mut filter = LinkFilter::default();
        change(&mut filter);
        filter
    };
    for (words, links) in [
        ("up", filter(&|filter| filter.up = Some(true))),
        ("group 7", filter(&|filter| filter.group = Some(7))),
        ("group default", filter(&|filter| filter.group = Some(0))),
        ("master br0", filter(&|filter| filter.master = Some(index("br0")))),
        ("master br1 up", filter(&|filter| (filter.master, filter.up) = (Some(index("br1")), Some(true)))),
        ("nomaster", filter(&|filter| filter.nomaster = true)),
        ("type veth", filter(&|filter| filter.kind = Some("veth".into()))),
        ("type bridge", filter(&|filter| filter.kind = Some("bridge".into()))),
        ("type bridge_slave", filter(&|filter| filter.slave_kind = Some("bridge".into()))),
    ] {
        for json in [false, true] {
            for object in ["link", "address"] {
                let options = Options { json, links: links.clone(), ..Options::default() };
                Question::new(object, options, words).compare(&zoo, &netlink);
            }
        }
        // The kernel's own choice is the same.
        let chosen: Vec<_> = netlink.list::<Link>(&links).unwrap().items;
        assert!(!chosen.is_empty(), "{words}");
        assert!(chosen.iter().all(|link| netshoot_core::netlink::Object::matches(link, &links)));
    }
}

#[test]
fn choices_of_addresses_are_those_of_ip() {
    let Some((zoo, netlink)) = full_zoo("choices_of_addresses_are_those_of_ip") else { return };
    type Change = fn(&mut Options);
    let choices: [(&str, Change); 19] = [
        ("scope global", |options| options.addresses.scope = Some(Scope::UNIVERSE)),
        ("scope link", |options| options.addresses.scope = Some(Scope::LINK)),
        ("scope 42", |options| options.addresses.scope = Some(Scope(42))),
        ("to 10.1.0.0/16", |options| options.addresses.prefix = Some(([10, 1, 0, 0].into(), 16))),
        ("to 10.1.0.1", |options| options.addresses.prefix = Some(([10, 1, 0, 1].into(), 32))),
        ("to fd00::/13", |options| options.addresses.prefix = Some(("fd00::".parse().unwrap(), 13))),
        ("to fd00:1::/32 up", |options| {
            options.addresses.prefix = Some(("fd00:1::".parse().unwrap(), 32));
            options.links.up = Some(true);
        }),
        ("permanent", |options| options.addresses.flags = AddressFlags::PERMANENT),
        ("dynamic", |options| options.addresses.without_flags = AddressFlags::PERMANENT),
        ("secondary", |options| options.addresses.flags = AddressFlags::SECONDARY),
        ("primary", |options| options.addresses.without_flags = AddressFlags::SECONDARY),
        ("deprecated", |options| options.addresses.flags = AddressFlags::DEPRECATED),
        ("-deprecated", |options| options.addresses.without_flags = AddressFlags::DEPRECATED),
        ("tentative", |options| options.addresses.flags = AddressFlags::TENTATIVE),
        ("dadfailed", |options| options.addresses.flags = AddressFlags::DADFAILED),
        ("nodad", |options| options.addresses.flags = AddressFlags::NODAD),
        ("home", |options| options.addresses.flags = AddressFlags::HOMEADDRESS),
        ("label v0:*", |options| options.label = Some("v0:*".into())),
        ("label [!t]* scope site", |options| {
            options.label = Some("[!t]*".into());
            options.addresses.scope = Some(Scope::SITE);
        }),
    ];
    for (words, change) in choices {
        for (json, brief, oneline) in
            [(false, false, false), (true, false, false), (false, true, false), (false, false, true)]
        {
            let mut options = Options { json, brief, oneline, ..Options::default() };
            change(&mut options);
            Question::new("address", options, words).compare(&zoo, &netlink);
        }
    }
}

#[test]
fn what_is_decoded_is_what_was_made() {
    let Some((zoo, netlink)) = full_zoo("what_is_decoded_is_what_was_made") else { return };
    let links = netlink.links().unwrap().items;
    for link in &links {
        assert_eq!(link.notes, [], "no attribute of {} is unreadable", link.ifname);
    }
    let data = |name: &str| by_name(&links, name).linkinfo.as_ref().unwrap().data.as_ref().unwrap();
    let LinkData::Vxlan(vxlan) = data("vx2") else { panic!("not a vxlan") };
    assert_eq!((vxlan.id, vxlan.limit, vxlan.port_range), (Some(50), Some(77), Some((1000, 2000))));
    let LinkData::Macvlan(macvlan) = data("mv3") else { panic!("not a macvlan") };
    assert_eq!(macvlan.macaddr_data.as_ref().unwrap()[0].to_string(), "00:11:22:33:44:55");
    let LinkData::Bridge(bridge) = data("br1") else { panic!("not a bridge") };
    assert_eq!((bridge.ageing_time, bridge.stp_state, bridge.boolopt.unwrap().1 & 3), (Some(100), Some(1), 3));
    let peer = by_name(&links, "v2");
    assert_eq!(*peer.link_netns.as_ref().unwrap(), *zoo.other);

    // One link alone is the same, with its counters and virtual functions.
    for link in &links {
        let mut filter = LinkFilter::default();
        (filter.ifindex, filter.with_vfs) = (Some(link.ifindex), true);
        let one = netlink.list::<Link>(&filter).unwrap();
        assert_eq!((one.items.len(), &one.items[0].linkinfo.is_some()), (1, &link.linkinfo.is_some()));
        assert_eq!((&one.items[0].ifname, one.items[0].stats64.is_some()), (&link.ifname, true));
    }
}

/// The arrays of settings have names; the files of the same names hold the same numbers.
#[test]
fn settings_have_the_names_that_proc_has() {
    let Some((zoo, netlink)) = full_zoo("settings_have_the_names_that_proc_has") else { return };
    for (number, name) in
        ["forwarding", "rp_filter", "arp_ignore", "log_martians", "force_igmp_version", "tag"].iter().enumerate()
    {
        zoo.run("sh", &["-c", &format!("echo {} > /proc/sys/net/ipv4/conf/v0/{name}", number % 2 + 1)]);
    }
    for (name, number) in [
        ("accept_ra", 2),
        ("hop_limit", 33),
        ("dad_transmits", 3),
        ("mtu", 1400),
        ("max_addresses", 7),
        ("force_forwarding", 1),
    ] {
        zoo.run("sh", &["-c", &format!("echo {number} > /proc/sys/net/ipv6/conf/v0/{name}")]);
    }
    let links = netlink.links().unwrap().items;
    let link = by_name(&links, "v0");
    let mut compared = 0;
    let mut check = |family: &str, members: Vec<(&str, i32)>| {
        for (name, number) in members {
            let path = format!("/proc/sys/net/{family}/conf/v0/{name}");
            let file = Command::new("ip").args(["netns", "exec", &zoo.name, "cat", &path]).output().unwrap();
            // Some names have no file; intervals are in other units.
            let (text, is_interval) =
                (String::from_utf8(file.stdout).unwrap(), name.contains("interval") || name.contains("delay"));
            let Ok(theirs) = text.trim().parse::<i64>() else { continue };
            if !is_interval {
                assert_eq!(i64::from(number), i64::from(theirs as i32), "{family} {name}");
                compared += 1;
            }
        }
    };
    check("ipv4", link.inet_conf.as_ref().unwrap().iter().collect());
    check("ipv6", link.inet6.as_ref().unwrap().conf.as_ref().unwrap().iter().collect());
    assert!(compared > 60, "only {compared} settings were compared");
    assert_eq!(InetConf::NAMES.len(), link.inet_conf.as_ref().unwrap().0.len());
    assert!(Inet6Conf::NAMES.len() >= link.inet6.as_ref().unwrap().conf.as_ref().unwrap().0.len());
}

/// Kinds that this kernel may lack, encoded by pyroute2: the file's head says how.
#[test]
#[cfg(all(feature = "serde", target_endian = "little"))]
fn links_are_what_pyroute2_encoded() {
    use netshoot_core::netlink::Object;
    let mut read = 0;
    for line in include_str!("data/links_pyroute2.txt").lines().filter(|line| !line.starts_with('#')) {
        let [kind, octets, expected] = line.splitn(3, ' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let octets: Vec<u8> = (0..octets.len())
            .step_by(2)
            .map(|place| u8::from_str_radix(&octets[place..place + 2], 16).unwrap())
            .collect();
        let link = Link::parse(&octets).unwrap();
        assert_eq!((link.ifindex, &link.ifname, link.mtu), (7, &"vec0".into(), Some(1450)), "{kind}");
        assert_eq!(link.notes, [], "{kind}");
        let info = link.linkinfo.as_ref().unwrap();
        let (found, data) = match kind.strip_suffix("_slave") {
            Some(kind) => (info.slave_kind.as_ref().unwrap() == kind, &info.slave_data),
            None => (info.kind.as_ref().unwrap() == kind, &info.data),
        };
        assert!(found, "{kind}: {info:?}");
        let (own, expected) = (serde_json::to_value(data).unwrap(), serde_json::from_str::<Value>(expected).unwrap());
        let mut missing = Vec::new();
        holds(&own, &expected, kind, &mut missing);
        assert!(missing.is_empty(), "{}", missing.join("\n"));
        read += 1;

        // Both forms, with everything there is, say something of each.
        let options = Options { details: true, ..Options::default() };
        for json in [true, false] {
            let mut out = Vec::new();
            let options = Options { json, ..options.clone() };
            iproute2::write_links(&mut out, std::slice::from_ref(&link), &Names::default(), &options).unwrap();
            let text = String::from_utf8(out).unwrap();
            assert!(text.contains(kind.trim_end_matches("_slave")), "{text}");
            assert!(!json || serde_json::from_str::<Value>(&text).unwrap()[0]["linkinfo"].is_object());
        }
        for length in 0..octets.len() {
            if let Ok(shorter) = Link::parse(&octets[..length]) {
                assert!(shorter.notes.len() <= 1 && shorter.ifindex == 7, "{kind} {length}");
            }
        }
    }
    assert!(read >= 32, "only {read} links");
}

/// Whether `own` has all members of `expected`.
#[cfg(all(feature = "serde", target_endian = "little"))]
fn holds(own: &Value, expected: &Value, path: &str, missing: &mut Vec<String>) {
    match expected {
        Value::Object(members) => {
            members.iter().for_each(|(key, value)| holds(&own[key], value, &format!("{path}.{key}"), missing));
        }
        expected if own == expected => {}
        expected => missing.push(format!("{path}: {own}, but pyroute2 encoded {expected}")),
    }
}

fn all_options() -> Vec<Options> {
    let mut all = Vec::new();
    for json in [true, false] {
        for details in [false, true] {
            for (statistics, more_statistics) in [(false, false), (true, false), (true, true)] {
                for (brief, oneline) in [(false, false), (true, false), (false, true)] {
                    all.push(Options {
                        json,
                        details,
                        statistics,
                        more_statistics,
                        brief,
                        oneline,
                        ..Options::default()
                    });
                }
            }
        }
    }
    all
}

fn list(netlink: &Netlink) -> Vec<Interface> {
    netlink.interfaces().unwrap().items
}

/// What does not tick.
fn standing(interfaces: &[Interface]) -> Value {
    let options = Options { json: true, details: true, statistics: true, more_statistics: true, ..Options::default() };
    let mut out = Vec::new();
    iproute2::write_interfaces(&mut out, interfaces, &Names::default(), &options).unwrap();
    let mut tree: Value = serde_json::from_slice(&out).unwrap();
    remove(&mut tree, &TICKING);
    remove(&mut tree, &RUNNING);
    tree
}

/// `ip` prints seconds and timers that may tick between two questions.
fn still(line: &str) -> String {
    let mut timer = 0;
    let word = |word: &str| {
        timer = if RUNNING.contains(&word) { 5 } else { timer - 1 };
        match word {
            _ if word.ends_with("sec") => "(seconds)".to_owned(),
            // After spaces up to the column.
            _ if timer > 0 && timer < 5 && word.contains('.') => "(timer)".to_owned(),
            word => word.to_owned(),
        }
    };
    line.split(' ').map(word).filter(|word| !word.is_empty() || !line.contains("_timer ")).collect::<Vec<_>>().join(" ")
}

fn by_name<'a>(links: &'a [Link], name: &str) -> &'a Link {
    links.iter().find(|link| link.ifname == *name).unwrap()
}

fn index(netlink: &Netlink, name: &str) -> u32 {
    by_name(&netlink.links().unwrap().items, name).ifindex
}

fn full_zoo(test: &str) -> Option<(Zoo, Netlink)> {
    let zoo = Zoo::empty(test)?;
    zoo.all(ANIMALS);
    let word = OsStr::new;
    let hostile = OsStr::from_bytes(b"n\xe9\x01\"\\");
    zoo.ip(&[word("link"), word("add"), hostile, word("type"), word("ifb")]);
    zoo.ip(&[
        word("link"),
        word("set"),
        hostile,
        word("alias"),
        OsStr::from_bytes(b"caf\xe9 \x1b[31m \xff\xfe\xc3\xa9"),
    ]);
    zoo.ip(&[
        word("link"),
        word("add"),
        hostile_pair(),
        word("type"),
        word("veth"),
        word("peer"),
        word("name"),
        word("vh"),
    ]);
    // Traffic, so that counters are not all zero.
    zoo.until_up("v6");
    zoo.run("ping", &["-c", "2", "-i", "0.01", "-W", "10", "10.5.0.2"]);
    // Until duplicate address detection is over.
    thread::sleep(Duration::from_millis(2500));
    let netlink = Netlink::open(&Namespace::named(&zoo.name).unwrap()).unwrap();
    let _ = fs::metadata("/proc");
    Some((zoo, netlink))
}

fn hostile_pair() -> &'static OsStr {
    OsStr::from_bytes(b"\xf0\x9f\x92\xa9\x1b")
}

const ANIMALS: &str = "
    link set lo up
    link add v0 type veth peer name v1
    link add v2 type veth peer name v3 netns OTHER
    link add v4 type veth peer name v5
    link add v6 type veth peer name v7 netns OTHER
    link add br0 type bridge
    link add br1 type bridge stp_state 1 ageing_time 100 mcast_querier 1 group_fwd_mask 8
    link add br2 type bridge vlan_stats_enabled 1 mcast_stats_enabled 1 no_linklocal_learn 1 nf_call_iptables 1
    link set v1 master br0
    link set v4 master br1
    link set dev v4 type bridge_slave isolated on hairpin on priority 5 cost 7 learning off group_fwd_mask 16413 locked on neigh_suppress on
    link set v0 up
    link set v1 up
    link set br0 up
    link set br1 up
    link set v2 up
    link set v4 up
    link set v6 up
    addr add 10.5.0.1/24 dev v6
    link add vx0 type vxlan id 42 dev v0 dstport 4789 remote 192.0.2.9
    link add vx1 type vxlan id 43 local fd00::1 dstport 4789 ageing 100
    link add vx2 type vxlan id 50 group 239.1.1.1 dev v0 dstport 4789 tos 0x10 ttl 5 proxy rsc l2miss l3miss maxaddress 77 gbp srcport 1000 2000 noudpcsum df set nolearning
    link add vx3 type vxlan external dstport 4790
    link add vx4 type vxlan id 52 remote fd00::9 dev v0 dstport 4792 flowlabel 0x12345 ttl inherit tos inherit udp6zerocsumtx remcsumtx df inherit
    link add vx5 type vxlan id 53 group ff05::1 dev v0 dstport 4792
    link add vx6 type vxlan external vnifilter dstport 4793
    link add vx7 type vxlan dstport 4794 gpe external
    link add vx8 type vxlan id 54 dstport 4795 ageing 0
    link add mv0 link v0 type macvlan mode bridge
    link add mv1 link v0 type macvtap mode vepa
    link add mv2 link v2 type macvlan mode passthru nopromisc
    link add mv3 link v0 type macvlan mode source
    link set mv3 type macvlan macaddr add 00:11:22:33:44:55
    link set mv3 type macvlan macaddr add 00:11:22:33:44:66
    link add mv4 link v5 type macvlan mode private bcqueuelen 2000
    link add mv5 link v5 type macvlan mode source
    link set mv4 up
    link set mv0 protodown on
    link add ifb0 type ifb
    link add ifb1 numtxqueues 3 numrxqueues 3 type ifb
    tuntap add tun0 mode tun
    tuntap add tap0 mode tap user 12345 group 5 multi_queue
    tuntap add tap1 mode tap user 0 pi vnet_hdr
    link set vx0 up
    link set tun0 up
    link set tun0 txqueuelen 0
    link set v0 group 7
    link set v0 promisc on
    link set v0 allmulticast on
    link set tap0 mode dormant
    link set tap1 addrgenmode none
    link set tap1 arp off
    link set ifb0 addrgenmode random
    link set v5 gso_max_size 60000 gso_max_segs 100 mtu 1234
    link set v0 alias say\"hi\"\\/
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
    -n OTHER addr add 10.5.0.2/24 dev v7
    -n OTHER link set v7 up
";
