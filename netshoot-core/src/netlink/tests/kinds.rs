//! Kinds of device that not every kernel makes, encoded by netlink-packet-route: what is read, and what `ip -d link` would
//! say of it; virtual functions; layouts of other machines and kernels.

use std::net::{Ipv4Addr, Ipv6Addr};

use netlink_packet_core::Emitable;
use netlink_packet_route::link::{self, *};

use crate::netlink::iproute2::{self, Names, Options};
use crate::netlink::{Link, LinkData, LinkFlags, LinkType, Object};

fn encode(attributes: Vec<LinkAttribute>) -> Vec<u8> {
    let mut message = LinkMessage::default();
    message.header.index = 7;
    message.header.link_layer_type = link::LinkLayerType::Ether;
    message.attributes = [vec![LinkAttribute::IfName("x0".to_owned())], attributes].concat();
    let mut octets = vec![0; message.buffer_len()];
    message.emit(&mut octets);
    octets
}

fn show(link: &Link, json: bool) -> String {
    let options = Options { json, details: true, statistics: true, ..Options::default() };
    let mut out = Vec::new();
    iproute2::write_links(&mut out, std::slice::from_ref(link), &Names::default(), &options).unwrap();
    String::from_utf8(out).unwrap()
}

/// Reads a device with these settings; `line` is what text says of it.
fn check(kind: InfoKind, data: InfoData, line: &str) -> LinkData {
    let info = vec![link::LinkInfo::Kind(kind), link::LinkInfo::Data(data)];
    let link = read(vec![LinkAttribute::LinkInfo(info)], line);
    link.linkinfo.unwrap().data.unwrap()
}

/// The same of a port.
fn check_port(kind: InfoPortKind, data: InfoPortData, line: &str) -> LinkData {
    let info = vec![link::LinkInfo::PortKind(kind), link::LinkInfo::PortData(data)];
    let link = read(vec![LinkAttribute::LinkInfo(info)], line);
    link.linkinfo.unwrap().slave_data.unwrap()
}

fn read(attributes: Vec<LinkAttribute>, line: &str) -> Link {
    let octets = encode(attributes);
    let link = Link::parse(&octets).unwrap();
    assert_eq!(link.notes, []);
    let text = show(&link, false);
    let found = text.split_once("link/ether ").unwrap().1.trim_start().trim_end_matches('\n');
    assert_eq!(found, line);
    let json = show(&link, true);
    #[cfg(feature = "serde")]
    assert!(serde_json::from_str::<serde_json::Value>(&json).unwrap()[0].is_object());
    assert!(json.ends_with("]\n"));
    for length in 0..octets.len() {
        let shorter = Link::parse(&octets[..length]);
        assert!(shorter.map_or(length < 16, |shorter| shorter.notes.len() <= 1));
    }
    link
}

const LEFT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const RIGHT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);
const LEFT6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1);
const RIGHT6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 2);

fn gre() -> Vec<InfoGre> {
    vec![
        InfoGre::Link(3),
        InfoGre::IFlags(GreIOFlags::Key | GreIOFlags::Seq),
        InfoGre::OFlags(GreIOFlags::Key | GreIOFlags::Checksum),
        InfoGre::IKey(0x0102_0304),
        InfoGre::OKey(5),
        InfoGre::Local(LEFT),
        InfoGre::Remote(RIGHT),
        InfoGre::Ttl(64),
        InfoGre::Tos(1),
        InfoGre::PathMTUDiscovery(false),
        InfoGre::FwMask(0x77),
        InfoGre::EncapType(GreEncapType::Fou),
        InfoGre::EncapFlags(GreEncapFlags::Checksum),
        InfoGre::SourcePort(0),
        InfoGre::DestinationPort(5555),
    ]
}

#[test]
fn tunnels_over_ipv4() {
    let line = "remote 192.0.2.2 local 192.0.2.1 dev if3 ttl 64 tos inherit nopmtudisc ikey 1.2.3.4 okey 0.0.0.5 iseq \
                ocsum fwmark 0x77 encap fou encap-sport auto encap-dport 5555 encap-csum noencap-csum6 noencap-remcsum ";
    let data = check(InfoKind::GreTun, InfoData::GreTun(gre()), &format!("gre {line}"));
    let LinkData::Gre(data) = data else { panic!("{data:?}") };
    assert_eq!((data.ikey, data.iflags, data.oflags), (Some(0x0102_0304), Some(0x3000), Some(0xa000)));
    assert_eq!((data.encap_dport, data.fwmark), (Some(5555), Some(0x77)));
    check(InfoKind::GreTap, InfoData::GreTap(gre()), &format!("gretap {line}"));
    let erspan = vec![
        InfoGre::Remote(RIGHT),
        InfoGre::CollectMetadata,
        InfoGre::ErSpanIndex(123),
        InfoGre::ErSpanVer(2),
        InfoGre::ErSpanDir(ErSpanDir::Egress),
        InfoGre::ErSpanHwId(0x1f),
    ];
    let line = "erspan external remote 192.0.2.2 local any ttl inherit erspan_index 123 erspan_ver 2 erspan_dir egress \
                erspan_hwid 0x1f ";
    check(InfoKind::ErSpan, InfoData::ErSpan(erspan), line);

    let tunnel = vec![
        InfoIpTunnel::Link(3),
        InfoIpTunnel::Local(LEFT.into()),
        InfoIpTunnel::Remote(RIGHT.into()),
        InfoIpTunnel::Tos(0x10),
        InfoIpTunnel::PMtuDisc(true),
        InfoIpTunnel::Protocol(netlink_packet_route::IpProtocol::Ipip),
        InfoIpTunnel::EncapType(TunnelEncapType::Gue),
        InfoIpTunnel::EncapFlags(TunnelEncapFlags::RemCSum),
        InfoIpTunnel::EncapSPort(77),
        InfoIpTunnel::EncapDPort(88),
    ];
    let line = "ipip ipip remote 192.0.2.2 local 192.0.2.1 dev if3 ttl inherit tos 0x10 pmtudisc encap gue encap-sport 77 \
                encap-dport 88 noencap-csum noencap-csum6 encap-remcsum ";
    check(InfoKind::IpIp, InfoData::IpTunnel(tunnel), line);
    let sit = vec![
        InfoIpTunnel::Ttl(63),
        InfoIpTunnel::Ipv6RdPrefix(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0)),
        InfoIpTunnel::Ipv6RdRelayPrefix(Ipv4Addr::new(10, 0, 0, 0)),
        InfoIpTunnel::Ipv6RdPrefixLen(32),
        InfoIpTunnel::Ipv6RdRelayPrefixLen(8),
    ];
    let line = "sit remote any local any ttl 63 nopmtudisc 6rd-prefix 2001:db8::/32 6rd-relay_prefix 10.0.0.0/8 ";
    let LinkData::IpTunnel(data) = check(InfoKind::SitTun, InfoData::IpTunnel(sit), line) else { panic!() };
    assert_eq!((data.prefixlen, data.relay_prefixlen), (Some(32), Some(8)));
}

#[test]
fn tunnels_over_ipv6() {
    let gre = vec![
        InfoGre6::IFlags(GreIOFlags::Key),
        InfoGre6::IKey(9),
        InfoGre6::Local(LEFT6),
        InfoGre6::Remote(RIGHT6),
        InfoGre6::Ttl(64),
        InfoGre6::EncapLimit(4),
        InfoGre6::FlowLabel(0x0121_2345),
    ];
    let line = "remote fd00::2 local fd00::1 hoplimit 64 encaplimit 4 tclass 0x12 flowlabel 0x12345 ikey 0.0.0.9 ";
    let data = check(InfoKind::GreTun6, InfoData::GreTun6(gre.clone()), &format!("ip6gre {line}"));
    assert!(matches!(data, LinkData::Ip6Gre(data) if data.flowinfo == Some(0x0121_2345)));
    check(InfoKind::GreTap6, InfoData::GreTap6(gre), &format!("ip6gretap {line}"));

    let tunnel = vec![
        InfoIpTunnel::Local(LEFT6.into()),
        InfoIpTunnel::Remote(RIGHT6.into()),
        InfoIpTunnel::EncapLimit(4),
        InfoIpTunnel::FlowInfo(0x0121_2345),
        InfoIpTunnel::Ipv6Flags(
            Ip6TunnelFlags::IgnEncapLimit | Ip6TunnelFlags::UseOrigTclass | Ip6TunnelFlags::AllowLocalRemote,
        ),
        InfoIpTunnel::Protocol(netlink_packet_route::IpProtocol::Ipv6),
    ];
    let line = "ip6tnl ip6ip6 remote fd00::2 local fd00::1 hoplimit inherit encaplimit none tclass inherit flowlabel \
                0x12345 allow-localremote ";
    let data = check(InfoKind::Ip6Tnl, InfoData::IpTunnel(tunnel), line);
    assert!(matches!(data, LinkData::Ip6Tunnel(data) if data.flags == Some(0x43)));

    let geneve = vec![
        InfoGeneve::Id(0x12_3456),
        InfoGeneve::Remote6(RIGHT6),
        InfoGeneve::Tos(1),
        InfoGeneve::Df(GeneveDf::Inherit),
        InfoGeneve::Label(0x12345),
        InfoGeneve::Port(6081),
        InfoGeneve::UdpCsum(false),
        InfoGeneve::UdpZeroCsum6Rx(true),
        InfoGeneve::TtlInherit(true),
        InfoGeneve::CollectMetadata,
        InfoGeneve::InnerProtoInherit,
    ];
    let line = "geneve external id 1193046 remote fd00::2 ttl inherit tos inherit df inherit flowlabel 0x12345 dstport 6081 \
                noudpcsum udp6zerocsumrx innerprotoinherit ";
    check(InfoKind::Geneve, InfoData::Geneve(geneve), line);
    let vti = vec![InfoVti::IKey(0x0102_0304), InfoVti::Local(LEFT6.into()), InfoVti::FwMark(5)];
    check(InfoKind::Vti, InfoData::Vti(vti), "vti remote any local fd00::1 ikey 1.2.3.4 fwmark 0x5 ");
    check(InfoKind::Xfrm, InfoData::Xfrm(vec![InfoXfrm::IfId(0xabcd)]), "xfrm if_id 0xabcd ");
}

#[test]
fn bonds_and_vrfs() {
    let bond = vec![
        InfoBond::Mode(BondMode::Ieee8023Ad),
        InfoBond::ActivePort(3),
        InfoBond::MiiMon(100),
        InfoBond::UseCarrier(true),
        InfoBond::ArpIpTarget(vec![LEFT, RIGHT]),
        InfoBond::NsIp6Target(vec![LEFT6]),
        InfoBond::ArpValidate(BondArpValidate::FilterBackup),
        InfoBond::XmitHashPolicy(BondXmitHashPolicy::Layer34),
        InfoBond::AdInfo(vec![
            BondAdInfo::Aggregator(1),
            BondAdInfo::NumPorts(2),
            BondAdInfo::PartnerMac([2, 0, 0, 0, 0, 9]),
        ]),
        InfoBond::AdActorSystem([2, 0, 0, 0, 0, 8]),
        InfoBond::TlbDynamicLb(true),
        InfoBond::PeerNotifDelay(7),
        InfoBond::AdLacpActive(true),
        InfoBond::MissedMax(2),
    ];
    let line = "bond mode 802.3ad active_slave if3 miimon 100 peer_notify_delay 7 use_carrier 1 arp_missed_max 2 arp_ip_target \
                192.0.2.1,192.0.2.2 ns_ip6_target fd00::1 arp_validate filter_backup xmit_hash_policy layer3+4 \
                lacp_active on ad_aggregator 1 ad_num_ports 2 ad_partner_mac 02:00:00:00:00:09 ad_actor_system \
                02:00:00:00:00:08 tlb_dynamic_lb 1 ";
    let LinkData::Bond(data) = check(InfoKind::Bond, InfoData::Bond(bond), line) else { panic!() };
    assert_eq!((data.arp_ip_target.unwrap().len(), data.peer_notify_delay), (2, Some(7)));
    let port = vec![
        InfoBondPort::BondPortState(BondPortState::Backup),
        InfoBondPort::MiiStatus(MiiStatus::GoingBack),
        InfoBondPort::LinkFailureCount(4),
        InfoBondPort::PermHwaddr(vec![2, 0, 0, 0, 0, 7]),
        InfoBondPort::QueueId(5),
        InfoBondPort::Prio(-6),
        InfoBondPort::AdActorOperPortState(LacpState::LACP_ACTIVITY | LacpState::DEFAULTED),
    ];
    let line = "bond_slave state BACKUP mii_status GOING_BACK link_failure_count 4 perm_hwaddr 02:00:00:00:00:07 queue_id 5 \
                prio -6 ad_actor_oper_port_state 65 ad_actor_oper_port_state_str <active,defaulted> ";
    check_port(InfoPortKind::Bond, InfoPortData::BondPort(port), line);
    check(InfoKind::Vrf, InfoData::Vrf(vec![InfoVrf::TableId(1042)]), "vrf table 1042 ");
    let port = InfoPortData::VrfPort(vec![InfoVrfPort::TableId(1042)]);
    check_port(InfoPortKind::Vrf, port, "vrf_slave table 1042 ");
}

#[test]
fn devices_on_top_of_others() {
    let vlan = vec![
        InfoVlan::Id(5),
        InfoVlan::Protocol(VlanProtocol::Ieee8021Q),
        InfoVlan::Flags((VlanFlags::ReorderHdr | VlanFlags::Mvrp, VlanFlags::all())),
        InfoVlan::IngressQos(vec![VlanQosMapping::Mapping(1, 6), VlanQosMapping::Mapping(2, 7)]),
        InfoVlan::EgressQos(vec![VlanQosMapping::Mapping(3, 4)]),
    ];
    let line = "vlan protocol 802.1Q id 5 <REORDER_HDR,MVRP> \n      ingress-qos-map { 1:6 2:7 } \n      \
                egress-qos-map { 3:4 } ";
    let LinkData::Vlan(data) = check(InfoKind::Vlan, InfoData::Vlan(vlan), line) else { panic!() };
    assert_eq!(data.egress_qos.unwrap()[0].to, 4);
    let ipvlan = vec![InfoIpVlan::Mode(IpVlanMode::L3S), InfoIpVlan::Flags(IpVlanFlags::Vepa)];
    check(InfoKind::IpVlan, InfoData::IpVlan(ipvlan), "ipvlan  mode l3s vepa ");
    let macsec = vec![
        InfoMacSec::Sci(u64::from_ne_bytes([2, 0, 0, 0, 0, 9, 0, 1])),
        InfoMacSec::IcvLen(16),
        InfoMacSec::CipherSuite(MacSecCipherId::GcmAes256),
        InfoMacSec::EncodingSa(1),
        InfoMacSec::Encrypt(1),
        InfoMacSec::Protect(1),
        InfoMacSec::IncSci(0),
        InfoMacSec::Validation(MacSecValidate::Strict),
        InfoMacSec::Offload(MacSecOffload::Phy),
        InfoMacSec::ReplayProtect(1),
        InfoMacSec::Window(32),
    ];
    let line = "macsec sci 0200000000090001 protect on cipher GCM-AES-256 icvlen 16 encodingsa 1 validate strict offload phy \
                encrypt on send_sci off replay on window 32 ";
    check(InfoKind::MacSec, InfoData::MacSec(macsec), line);
    let hsr = vec![
        InfoHsr::Port1(3),
        InfoHsr::SupervisionAddr([1, 0x15, 0x4e, 0, 1, 0x2d]),
        InfoHsr::SeqNr(1000),
        InfoHsr::Protocol(HsrProtocol::Prp),
    ];
    let line = "hsr slave1 if3 slave2 <none> sequence 1000 supervision 01:15:4e:00:01:2d proto 1 ";
    check(InfoKind::Hsr, InfoData::Hsr(hsr), line);
    let netkit = vec![
        InfoNetkit::Mode(NetkitMode::L3),
        InfoNetkit::Primary(true),
        InfoNetkit::Policy(NetkitPolicy::Pass),
        InfoNetkit::PeerPolicy(NetkitPolicy::Drop),
        InfoNetkit::Scrub(NetkitScrub::Default),
    ];
    let line = "netkit mode l3 type primary policy forward peer policy blackhole scrub default ";
    check(InfoKind::Netkit, InfoData::Netkit(netkit), line);
}

#[test]
fn tunnels_over_udp_and_the_rest() {
    let bareudp = vec![
        InfoBareUdp::Port(6635),
        InfoBareUdp::Ethertype(0x8847.into()),
        InfoBareUdp::SrcPortMin(1000),
        InfoBareUdp::MultiprotoMode,
    ];
    let line = "bareudp dstport 6635 ethertype mpls_uc srcportmin 1000 multiproto ";
    check(InfoKind::BareUdp, InfoData::BareUdp(bareudp), line);
    let gtp = vec![InfoGtp::Role(GtpRole::Sgsn), InfoGtp::PdpHashsize(1024), InfoGtp::RestartCount(3)];
    check(InfoKind::Gtp, InfoData::Gtp(gtp), "gtp role sgsn hsize 1024 restart_count 3 ");
    let amt = vec![
        InfoAmt::Mode(AmtMode::Relay),
        InfoAmt::RelayPort(2268),
        InfoAmt::GatewayPort(2269),
        InfoAmt::Link(3),
        InfoAmt::LocalIp(LEFT.into()),
        InfoAmt::MaxTunnels(100),
    ];
    let line = "amt relay gateway_port 2269 relay_port 2268 local 192.0.2.1 dev if3 max_tunnels 100 ";
    check(InfoKind::Amt, InfoData::Amt(amt), line);
    for kind in ["wireguard", "dummy", "team", "batadv", "vcan"] {
        let info = vec![link::LinkInfo::Kind(InfoKind::Other(kind.to_owned()))];
        let link = read(vec![LinkAttribute::LinkInfo(info)], &format!("{kind} "));
        assert!(link.linkinfo.unwrap().data.is_none());
    }
}

#[test]
fn virtual_functions() {
    let list = (0..2).map(|vf| {
        LinkVfInfo(vec![
            VfInfo::Mac(VfInfoMac::new(vf, &[2, 0, 0, 0, 0, vf as u8])),
            VfInfo::Broadcast(VfInfoBroadcast::new(&[0xff; 6])),
            VfInfo::Vlan(VfInfoVlan::new(vf, 100 + vf, 3)),
            VfInfo::TxRate(VfInfoTxRate::new(vf, 40)),
            VfInfo::SpoofCheck(VfInfoSpoofCheck::new(vf, true)),
            VfInfo::LinkState(VfInfoLinkState::new(vf, VfLinkState::Enable)),
            VfInfo::Rate(VfInfoRate::new(vf, 10, 40)),
            VfInfo::Trust(VfInfoTrust::new(vf, false)),
            VfInfo::Stats(vec![VfStats::RxBytes(1000), VfStats::RxPackets(10), VfStats::TxDropped(4)]),
        ])
    });
    let octets = encode(vec![LinkAttribute::NumVf(2), LinkAttribute::VfInfoList(list.collect())]);
    let link = Link::parse(&octets).unwrap();
    assert_eq!((link.notes.as_slice(), link.vfinfo_list.len()), (&[][..], 2));
    let function = &link.vfinfo_list[1];
    assert_eq!((function.mac.unwrap().vf, function.vlan, function.rate), (1, Some((101, 3)), Some((10, 40))));
    assert_eq!(function.stats.as_ref().unwrap().rx_bytes, Some(1000));
    let text = show(&link, false);
    let second = text.split_once("    vf 1 ").unwrap().1;
    let line = "    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff, vlan 101, qos 3, tx rate 40 (Mbps), max_tx_rate \
                40Mbps, min_tx_rate 10Mbps, spoof checking on, link-state enable, trust off\n    RX: bytes  packets  mcast   \
                bcast \n          1000       10       0       0 \n    TX: bytes  packets   dropped \n             0        \
                0        4 \n";
    assert_eq!(second, line);
    let json = show(&link, true);
    assert!(json.contains(r#""vf":1,"link_type":"ether","address":"02:00:00:00:00:01","broadcast""#), "{json}");
    assert!(json.contains(r#""rate":{"max_tx":40,"min_tx":10},"spoofchk":true,"link_state":"enable","trust":false"#));
}

/// An attribute by hand: length, number, payload, padding.
fn attribute(number: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 4).unwrap();
    let mut octets = [length.to_ne_bytes(), number.to_ne_bytes()].concat();
    octets.extend_from_slice(payload);
    octets.resize(octets.len().next_multiple_of(4), 0);
    octets
}

/// Where 64 bits are aligned to four octets, as on 32-bit machines, counters and timers come at any multiple of four, and
/// `struct ifla_vf_guid` has no padding.
#[test]
fn layouts_of_32_bit_machines() {
    let mut payload = vec![0; 16];
    // Four octets more before, or none: the counters are aligned to eight in one of them, to four in the other.
    for filler in [&[1, 2, 3, 4][..], &[]] {
        let mut octets = payload.clone();
        octets.extend(attribute(4, filler));
        let counters: Vec<u8> = (1..=25_u64).flat_map(u64::to_ne_bytes).collect();
        octets.extend(attribute(23, &counters));
        let bridge = [attribute(16, &7_u64.to_ne_bytes()), attribute(33, &12_500_u64.to_ne_bytes())].concat();
        octets.extend(attribute(18, &[attribute(1, b"bridge\0"), attribute(2, &bridge)].concat()));
        let link = Link::parse(&octets).unwrap();
        let stats = link.stats64.unwrap();
        assert_eq!((stats.rx_packets, stats.rx_otherhost_dropped), (1, 25));
        let Some(LinkData::Bridge(bridge)) = link.linkinfo.unwrap().data else { panic!("no bridge") };
        assert_eq!((bridge.hello_timer, bridge.mcast_query_intvl), (Some(7), Some(12_500)));
        assert_eq!(link.notes.len(), usize::from(filler.is_empty()), "an MTU of no octets is told");
    }
    let guid = 0x0011_2233_4455_6677_u64.to_ne_bytes();
    for padding in [&[][..], &[0; 4]] {
        let function = attribute(10, &[&[0, 0, 0, 0][..], padding, &guid].concat());
        payload.truncate(16);
        payload.extend(attribute(22, &attribute(1, &function)));
        let link = Link::parse(&payload).unwrap();
        assert_eq!(link.vfinfo_list[0].node_guid, Some(0x0011_2233_4455_6677));
    }
}

/// Older kernels send fewer counters, newer ones more; a number that is `NLA_UINT` has four octets or eight.
#[test]
fn short_and_long_values() {
    for (count, last) in [(23, 0), (24, 0), (25, 25), (30, 25)] {
        let counters: Vec<u8> = (1..=count).flat_map(u64::to_ne_bytes).collect();
        let octets = [vec![0; 16], attribute(23, &counters)].concat();
        let link = Link::parse(&octets).unwrap();
        assert_eq!((link.stats64.unwrap().tx_compressed, link.stats64.unwrap().rx_otherhost_dropped), (23, last));
        assert_eq!(link.notes, []);
    }
    let link = Link::parse(&[vec![0; 16], attribute(23, &[1; 22 * 8])].concat()).unwrap();
    assert_eq!((link.notes.len(), link.stats64.is_some()), (1, true), "told, and read as far as it goes");
    for value in [&7_u32.to_ne_bytes()[..], &7_u64.to_ne_bytes()] {
        let link = Link::parse(&[vec![0; 16], attribute(66, value)].concat()).unwrap();
        assert_eq!(link.max_pacing_offload_horizon, Some(7));
    }
}

#[test]
fn numbers_without_names_stay_numbers() {
    let mut octets = vec![0; 16];
    octets[2..4].copy_from_slice(&0x7777_u16.to_ne_bytes());
    octets[8..12].copy_from_slice(&0x4000_0001_u32.to_ne_bytes());
    octets.extend(attribute(16, &[9]));
    octets.extend(attribute(17, &[2]));
    octets.extend(attribute(39, &[1]));
    octets.extend(attribute(55, &attribute(2, &5_u32.to_ne_bytes())));
    octets.extend(attribute(
        43,
        &[attribute(2, &[4]), attribute(5, &[6, 0, 0, 0]), attribute(6, &[7, 0, 0, 0])].concat(),
    ));
    octets.extend(attribute(26, &attribute(10, &attribute(8, &[77]))));
    octets.extend(attribute(65, &attribute(1, &3_u32.to_ne_bytes())));
    octets.extend(attribute(
        62,
        &[attribute(1, b"pci\0"), attribute(2, b"0000:01:00.0\0"), attribute(3, &[1, 0, 0, 0])].concat(),
    ));
    let link = Link::parse(&octets).unwrap();
    assert_eq!((link.link_type, link.flags), (LinkType(0x7777), LinkFlags(0x4000_0001)));
    assert_eq!((link.dpll_pin, link.proto_down_reason), (Some(3), Some(5)));
    let port = link.devlink_port.as_ref().unwrap();
    assert_eq!((port.dev_name.as_ref().unwrap(), port.port_index), (&"0000:01:00.0".into(), Some(1)));
    assert_eq!(link.notes, []);
    if cfg!(target_endian = "little") {
        let text = show(&link, false);
        let line = "0: : <NO-CARRIER,UP,40000000> xdpmulti state 0x9 mode 2 \n    link/[30583]  protodown on protodown_reason \
                    <0,2>addrgenmode 0x4d \n    prog/xdpgeneric id 7 \n    prog/xdpdrv id 6 \n";
        assert_eq!(text, line);
    }
}

/// Big parts are boxed, so that a thousand links are a megabyte and not ten.
#[test]
fn a_link_takes_little_memory() {
    let size = size_of::<Link>();
    assert!(size <= 1024, "a link takes {size} octets");
    assert!(size_of::<LinkData>() <= 24);
}
