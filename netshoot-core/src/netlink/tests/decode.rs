//! Links and addresses: round trips, every shorter prefix, bad and over-long attributes.

use std::net::IpAddr;
use std::time::Duration;

use netlink_packet_core::{Emitable, Parseable};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::address::{self, AddressAttribute, AddressMessage};
use netlink_packet_route::link::{
    self, InfoData, InfoKind, InfoVlan, InfoVxlan, LinkAttribute, LinkMessage, VlanProtocol,
};

use crate::netlink::{
    Address, AddressFlags, Family, Lifetime, Link, LinkData, LinkFlags, LinkLayerAddress, LinkType, Object, OperState,
    Scope,
};

pub(super) fn octets(message: &impl Emitable) -> Vec<u8> {
    let mut octets = vec![0; message.buffer_len()];
    message.emit(&mut octets);
    octets
}

/// An attribute by hand: length, number, payload, padding.
pub(super) fn attribute(number: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 4).unwrap();
    let mut octets = [length.to_ne_bytes(), number.to_ne_bytes()].concat();
    octets.extend_from_slice(payload);
    octets.resize(octets.len().next_multiple_of(4), 0);
    octets
}

fn rich_link() -> LinkMessage {
    let mut message = LinkMessage::default();
    message.header.index = 7;
    message.header.link_layer_type = link::LinkLayerType::Ether;
    message.header.flags = link::LinkFlags::Up | link::LinkFlags::Running;
    let mut stats = link::Stats64::default();
    (stats.rx_packets, stats.tx_bytes, stats.rx_otherhost_dropped) = (1, 1 << 40, 25);
    message.attributes = vec![
        LinkAttribute::IfName("eth0.5".to_owned()),
        LinkAttribute::Mtu(1500),
        LinkAttribute::Link(2),
        LinkAttribute::LinkNetNsId(-1),
        LinkAttribute::Controller(9),
        LinkAttribute::Address(vec![2, 0, 0, 0, 0, 1]),
        LinkAttribute::PermAddress(vec![2, 0, 0, 0, 0, 2]),
        LinkAttribute::Broadcast(vec![0xff; 6]),
        LinkAttribute::Qdisc("noqueue".to_owned()),
        LinkAttribute::IfAlias("to the left".to_owned()),
        LinkAttribute::OperState(link::State::Up),
        LinkAttribute::Group(3),
        LinkAttribute::TxQueueLen(1000),
        LinkAttribute::Promiscuity(1),
        LinkAttribute::MaxMtu(9000),
        LinkAttribute::GroIpv4MaxSize(65536),
        LinkAttribute::ParentDevBusName("pci".to_owned()),
        LinkAttribute::ParentDevName("0000:00:01.0".to_owned()),
        LinkAttribute::PropList(vec![link::Prop::AltIfName("other".to_owned())]),
        LinkAttribute::Stats64(stats),
        LinkAttribute::LinkInfo(vec![
            link::LinkInfo::Kind(InfoKind::Vlan),
            link::LinkInfo::Data(InfoData::Vlan(vec![InfoVlan::Id(5), InfoVlan::Protocol(VlanProtocol::Ieee8021Ad)])),
        ]),
    ];
    message
}

#[test]
fn a_link_is_what_netlink_packet_route_encoded() {
    let link = Link::parse(&octets(&rich_link())).unwrap();
    assert_eq!((link.ifindex, link.link_type), (7, LinkType::ETHER));
    assert_eq!(link.flags, LinkFlags(LinkFlags::UP.0 | LinkFlags::RUNNING.0));
    assert_eq!(link.ifname, "eth0.5");
    assert_eq!((link.mtu, link.link_index, link.link_netnsid, link.master), (Some(1500), Some(2), Some(-1), Some(9)));
    assert_eq!(link.address, LinkLayerAddress::new(&[2, 0, 0, 0, 0, 1]));
    assert_eq!(link.permaddr.unwrap().to_string(), "02:00:00:00:00:02");
    assert_eq!(link.broadcast.unwrap().as_bytes(), [0xff; 6]);
    assert_eq!(link.qdisc.unwrap(), "noqueue");
    assert_eq!(link.ifalias.unwrap(), "to the left");
    assert_eq!(link.operstate, Some(OperState::UP));
    assert_eq!((link.group, link.txqlen, link.promiscuity, link.max_mtu), (Some(3), Some(1000), Some(1), Some(9000)));
    assert_eq!(link.gro_ipv4_max_size, Some(65536));
    assert_eq!((link.parentbus.unwrap(), link.parentdev.unwrap()), ("pci".into(), "0000:00:01.0".into()));
    assert_eq!(link.altnames, ["other"]);
    let stats = link.stats64.unwrap();
    assert_eq!((stats.rx_packets, stats.tx_bytes, stats.rx_otherhost_dropped), (1, 1 << 40, 25));
    let info = link.linkinfo.unwrap();
    assert_eq!(info.kind.unwrap(), "vlan");
    let Some(LinkData::Vlan(vlan)) = info.data else { panic!("not a vlan") };
    assert_eq!((vlan.id, vlan.protocol), (Some(5), Some(0x88a8)));
    assert_eq!(link.notes, []);
}

#[test]
fn byte_orders_of_vxlan_are_each_its_own() {
    let mut message = LinkMessage::default();
    let group: IpAddr = "ff05::1".parse().unwrap();
    let IpAddr::V6(group6) = group else { panic!("not IPv6") };
    message.attributes = vec![LinkAttribute::LinkInfo(vec![
        link::LinkInfo::Kind(InfoKind::Vxlan),
        link::LinkInfo::Data(InfoData::Vxlan(vec![
            InfoVxlan::Id(0x12_3456),
            InfoVxlan::Port(4789),
            InfoVxlan::PortRange((1000, 2000)),
            InfoVxlan::Label(0x12345),
            InfoVxlan::Group6(group6),
        ])),
    ])];
    let link = Link::parse(&octets(&message)).unwrap();
    let Some(LinkData::Vxlan(vxlan)) = link.linkinfo.unwrap().data else { panic!("not a vxlan") };
    assert_eq!((vxlan.id, vxlan.port, vxlan.label), (Some(0x12_3456), Some(4789), Some(0x12345)));
    assert_eq!((vxlan.port_range, vxlan.remote), (Some((1000, 2000)), Some(group)));
}

#[test]
fn an_address_is_what_netlink_packet_route_encoded() {
    let mut message = AddressMessage::default();
    message.header.family = AddressFamily::Inet;
    message.header.prefix_len = 24;
    message.header.index = 3;
    message.header.scope = address::AddressScope::Link;
    let mut cache = address::CacheInfo::default();
    (cache.ifa_preferred, cache.ifa_valid, cache.cstamp, cache.tstamp) = (10, u32::MAX, 123, 456);
    message.attributes = vec![
        AddressAttribute::Address([192, 0, 2, 9].into()),
        AddressAttribute::Local([192, 0, 2, 1].into()),
        AddressAttribute::Broadcast([192, 0, 2, 255].into()),
        AddressAttribute::Label("eth0:1".to_owned()),
        AddressAttribute::CacheInfo(cache),
        AddressAttribute::Flags(address::AddressFlags::Permanent | address::AddressFlags::Noprefixroute),
        AddressAttribute::RoutePriority(77),
    ];
    let encoded = octets(&message);
    let address = Address::parse(&encoded).unwrap();
    assert_eq!((address.family, address.prefixlen, address.ifindex), (Family::INET, 24, 3));
    assert_eq!((address.scope, address.metric), (Scope::LINK, Some(77)));
    assert_eq!(address.local, Some([192, 0, 2, 1].into()));
    assert_eq!(address.address, Some([192, 0, 2, 9].into()));
    assert_eq!(address.broadcast, Some([192, 0, 2, 255].into()));
    assert_eq!(address.label.unwrap(), "eth0:1");
    assert_eq!(address.flags, AddressFlags(0x280));
    let cache = address.cacheinfo.unwrap();
    assert_eq!((cache.preferred, cache.valid), (Lifetime(10), Lifetime::FOREVER));
    assert_eq!((cache.preferred.duration(), cache.valid.duration()), (Some(Duration::from_secs(10)), None));
    assert_eq!((cache.created, cache.updated), (Duration::from_millis(1230), Duration::from_millis(4560)));
    assert_eq!(address.notes, []);

    for length in 0..encoded.len() {
        assert_eq!(Address::parse(&encoded[..length]).is_ok(), length >= 8);
    }
}

#[test]
fn every_shorter_prefix_keeps_what_it_holds() {
    let encoded = octets(&rich_link());
    let whole = Link::parse(&encoded).unwrap();
    for length in 0..encoded.len() {
        let Ok(link) = Link::parse(&encoded[..length]) else {
            assert!(length < 16);
            continue;
        };
        assert_eq!((link.ifindex, link.flags), (whole.ifindex, whole.flags));
        assert!(link.mtu.is_none() || link.mtu == whole.mtu);
        assert!(link.ifname == whole.ifname || link.ifname == "");
        assert!(link.stats64.is_none() || link.stats64 == whole.stats64);
        assert!(link.notes.len() <= 1, "{:?}", link.notes);
        assert!(link.notes.iter().all(|note| note.available < note.needed && note.offset as usize <= length + 4));
    }
}

#[test]
fn a_bad_attribute_costs_itself_alone() {
    let mut payload = vec![0; 16];
    payload.extend(attribute(3, b"caf\xe9\0"));
    payload.extend(attribute(4, &[1, 2]));
    payload.extend(attribute(13, &1000u32.to_ne_bytes()));
    let link = Link::parse(&payload).unwrap();
    assert_eq!(link.ifname.as_bytes(), b"caf\xe9");
    assert_eq!((link.mtu, link.txqlen), (None, Some(1000)));
    let [note] = link.notes[..] else { panic!("{:?}", link.notes) };
    assert_eq!((note.attribute, note.needed, note.available), (4, 4, 2));
    assert_eq!(&payload[note.offset as usize..][..2], [1, 2]);
    assert_eq!(note.to_string(), "attribute 4 of link at offset 32 needs 4 octets, 2 are there");
}

#[test]
fn a_longer_attribute_is_read_as_far_as_it_is_known() {
    let mut payload = vec![0; 16];
    payload.extend(attribute(4 | 0x8000, &[0xdc, 5, 0, 0, 9, 9, 9, 9]));
    payload.extend(attribute(23, &[1; 26 * 8]));
    payload.extend(attribute(0x3ffe, b"from the future"));
    payload.extend(attribute(23, &[1; 23 * 8]));
    payload.extend(attribute(1, &[7; 100]));
    let link = Link::parse(&payload).unwrap();
    assert_eq!(link.mtu, Some(u32::from_ne_bytes([0xdc, 5, 0, 0])));
    let stats = link.stats64.unwrap();
    assert_eq!((stats.tx_compressed, stats.rx_nohandler), (0x0101_0101_0101_0101, 0), "an older kernel's 23 counters");
    assert_eq!(link.address.unwrap().as_bytes(), [7; 32]);
    assert_eq!(link.notes, []);
}

#[test]
fn thousands_of_bad_attributes_do_not_take_memory() {
    let mut payload = vec![0; 16];
    (0..10_000).for_each(|_| payload.extend(attribute(4, &[])));
    assert_eq!(Link::parse(&payload).unwrap().notes.len(), 16);
}

proptest::proptest! {
    /// Any octets, also those of a whole link with a few overwritten, make a link and few notes.
    #[test]
    fn any_octets_are_read_without_a_fault(
        noise in proptest::collection::vec(0u8.., 0..300),
        wounds in proptest::collection::vec((0usize..1000, 0u8..), 0..8),
    ) {
        let mut wounded = octets(&rich_link());
        for (place, value) in wounds {
            let place = place % wounded.len();
            wounded[place] = value;
        }
        for payload in [&noise, &wounded] {
            let notes = Link::parse(payload).map_or(0, |link| link.notes.len());
            let more = Address::parse(payload).map_or(0, |address| address.notes.len());
            proptest::prop_assert!(notes <= 16 && more <= 16);
        }
    }
}

#[cfg(feature = "serde")]
#[test]
fn a_serialised_link_has_the_kernels_words() {
    let mut link = Link::parse(&octets(&rich_link())).unwrap();
    link.ifname = (&b"caf\xe9"[..]).into();
    let tree = serde_json::to_value(&link).unwrap();
    assert_eq!(tree["ifname"], "caf\\xe9");
    assert_eq!((&tree["address"], &tree["mtu"]), (&"02:00:00:00:00:01".into(), &1500.into()));
    assert_eq!(tree["linkinfo"]["data"]["vlan"]["id"], 5);
    assert!(tree["carrier"].is_null(), "what the kernel did not send is null");
}

/// Every link of this host, read by both decoders.
#[test]
fn this_hosts_links_are_what_netlink_packet_route_reads() {
    let mut compared = 0;
    live::<Link>(|payload| {
        let (own, theirs) = (Link::parse(payload).unwrap(), LinkMessage::parse(payload).unwrap());
        assert_eq!((own.ifindex, own.flags.0), (theirs.header.index, theirs.header.flags.bits()));
        assert_eq!(own.link_type.0, u16::from(theirs.header.link_layer_type));
        for attribute in &theirs.attributes {
            compared += usize::from(compare_attribute(&own, attribute));
        }
    });
    assert!(compared >= 20, "only {compared} attributes were compared");
}

fn compare_attribute(own: &Link, theirs: &LinkAttribute) -> bool {
    use LinkAttribute as L;
    let (own_number, number) = match theirs {
        L::Mtu(number) => (own.mtu, number),
        L::Link(number) => (own.link_index, number),
        L::Controller(number) => (own.master, number),
        L::TxQueueLen(number) => (own.txqlen, number),
        L::Group(number) => (own.group, number),
        L::Promiscuity(number) => (own.promiscuity, number),
        L::NumTxQueues(number) => (own.num_tx_queues, number),
        L::NumRxQueues(number) => (own.num_rx_queues, number),
        L::CarrierChanges(number) => (own.carrier_changes, number),
        L::CarrierUpCount(number) => (own.carrier_up_count, number),
        L::CarrierDownCount(number) => (own.carrier_down_count, number),
        L::GsoMaxSegs(number) => (own.gso_max_segs, number),
        L::GsoMaxSize(number) => (own.gso_max_size, number),
        L::TsoMaxSize(number) => (own.tso_max_size, number),
        L::TsoMaxSegs(number) => (own.tso_max_segs, number),
        L::GroMaxSize(number) => (own.gro_max_size, number),
        L::GsoIpv4MaxSize(number) => (own.gso_ipv4_max_size, number),
        L::GroIpv4MaxSize(number) => (own.gro_ipv4_max_size, number),
        L::MinMtu(number) => (own.min_mtu, number),
        L::MaxMtu(number) => (own.max_mtu, number),
        L::AllMulticast(number) => (own.allmulti, number),
        L::IfName(name) => return assert_same(own.ifname == **name),
        L::Qdisc(name) => return assert_same(own.qdisc.as_ref().is_some_and(|own| *own == **name)),
        L::Address(address) => return assert_same(own.address.is_some_and(|own| own.as_bytes() == address)),
        L::Broadcast(address) => return assert_same(own.broadcast.is_some_and(|own| own.as_bytes() == address)),
        L::Carrier(carrier) => return assert_same(own.carrier == Some(*carrier != 0)),
        L::Stats64(stats) => {
            let own = own.stats64.unwrap();
            return assert_same(
                (own.rx_bytes, own.tx_packets, own.rx_missed_errors, own.rx_nohandler)
                    == (stats.rx_bytes, stats.tx_packets, stats.rx_missed_errors, stats.rx_nohandler),
            );
        }
        _ => return false,
    };
    assert_eq!(own_number, Some(*number), "{theirs:?}");
    true
}

fn assert_same(same: bool) -> bool {
    assert!(same);
    same
}

#[test]
fn this_hosts_addresses_are_what_netlink_packet_route_reads() {
    live::<Address>(|payload| {
        let (own, theirs) = (Address::parse(payload).unwrap(), AddressMessage::parse(payload).unwrap());
        assert_eq!((own.ifindex, own.prefixlen), (theirs.header.index, theirs.header.prefix_len));
        for attribute in &theirs.attributes {
            match attribute {
                AddressAttribute::Local(local) => assert_eq!(own.local, Some(*local)),
                AddressAttribute::Address(end) => assert_eq!(own.address.or(own.local), Some(*end)),
                AddressAttribute::Flags(flags) => assert_eq!(own.flags.0, flags.bits()),
                AddressAttribute::Broadcast(broadcast) => assert_eq!(own.broadcast, Some((*broadcast).into())),
                AddressAttribute::CacheInfo(cache) => {
                    let own = own.cacheinfo.unwrap();
                    assert_eq!((own.preferred.0, own.valid.0), (cache.ifa_preferred, cache.ifa_valid));
                }
                _ => {}
            }
        }
    });
}

pub(super) fn live<T: Object>(mut check: impl FnMut(&[u8])) {
    let namespace = crate::namespace::Namespace::current().unwrap();
    let netlink = crate::netlink::Netlink::open(&namespace).unwrap();
    for request in T::requests(&T::Filter::default()) {
        netlink.ask("dump", request, |message| check(message.payload)).unwrap();
    }
}
