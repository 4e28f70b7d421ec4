//! Neighbour discovery, and what routers add to ICMP errors, as plain records.

use std::net::{IpAddr, Ipv6Addr};

use netshoot_core::packet;

use super::headers::Stop;

records! {
    /// A router advertisement's own fields; its prefixes and more are in `Packet.neighbor_options`.
    RouterAdvertisement {
        /// Hop limit that hosts should use; 0 does not say.
        hop_limit: u8,
        /// Addresses are handed out by DHCPv6 (M).
        managed: bool,
        /// Other settings are handed out by DHCPv6 (O).
        other: bool,
        /// Preference as a default router: `high`, `medium`, `low`, or `reserved`.
        preference: &'static str,
        /// Seconds for which it is a default router; 0 says that it is none.
        lifetime: u16,
        /// Seconds for which a neighbour counts as reachable; 0 does not say. `None` where the message is cut.
        reachable_time: Option<f64>,
        /// Seconds between solicitations; 0 does not say. `None` where the message is cut.
        retransmission_timer: Option<f64>,
    }

    /// An option of neighbour discovery. What an option of its type does not say is `None`, or empty.
    NeighborOption {
        /// Its type's number.
        option_type: u8,
        /// Its name in tcpdump's words, such as `prefix info`.
        name: String,
        /// What it says, in tcpdump's words.
        text: String,
        /// The link-layer address of the sender or the target.
        link_address: Option<Vec<u8>>,
        /// The address of a prefix or a route.
        prefix: Option<Ipv6Addr>,
        /// Bits of the prefix or route that count.
        prefix_length: Option<u8>,
        /// The prefix's addresses are on this link.
        on_link: Option<bool>,
        /// Hosts may make addresses of the prefix.
        autonomous: Option<bool>,
        /// Seconds for which a prefix, a route, name servers or domains hold; 4294967295 is for ever.
        lifetime: Option<u32>,
        /// Seconds for which addresses made of the prefix are preferred.
        preferred_lifetime: Option<u32>,
        /// The link's MTU in octets.
        mtu: Option<u32>,
        /// Name servers.
        servers: Vec<Ipv6Addr>,
        /// Domains to search names in.
        domains: Vec<String>,
    }

    /// What a router adds to an ICMP error (RFC 4884).
    IcmpExtensions {
        /// The version, 2.
        version: u8,
        /// Checksum as sent; 0 for none.
        checksum: u16,
        /// `valid`, `invalid`, `absent`, or `unverifiable`.
        checksum_status: &'static str,
        /// The objects, up to the first that cannot be read.
        objects: Vec<IcmpObject>,
        /// Where and why the objects ended early; offsets count from the start of the frame.
        stop: Option<Stop>,
    }

    /// An object of the extensions of an ICMP error.
    IcmpObject {
        /// What it is about: 1 MPLS, 2 an interface, 3 an interface that is asked for.
        class_number: u8,
        /// The class's own type (C-Type).
        class_type: u8,
        /// The labels with which the packet came (RFC 4950), outermost first; of other classes none.
        labels: Vec<MplsLabel>,
        /// An interface of the router (RFC 5837).
        interface: Option<IcmpInterface>,
        /// The data as they were sent.
        data: Vec<u8>,
    }

    /// A label of MPLS.
    MplsLabel {
        /// The label, 20 bits.
        label: u32,
        /// Traffic class, 0 to 7.
        traffic_class: u8,
        /// Whether this is the last label.
        is_bottom: bool,
        /// Time to live.
        time_to_live: u8,
    }

    /// An interface of the router that sent an ICMP error, as far as it tells.
    IcmpInterface {
        /// `incoming`, `incoming sub-ip`, `outgoing`, or `next hop`.
        role: &'static str,
        /// Number of the interface.
        index: Option<u32>,
        /// Its address, or the next hop's.
        address: Option<IpAddr>,
        /// Its name; octets beyond ASCII are those of Latin-1.
        name: Option<String>,
        /// Its MTU in octets.
        mtu: Option<u32>,
    }
}

impl From<packet::RouterAdvertisement> for RouterAdvertisement {
    fn from(router: packet::RouterAdvertisement) -> Self {
        let seconds = |milliseconds: u32| f64::from(milliseconds) / 1000.0;
        Self {
            hop_limit: router.hop_limit,
            managed: router.managed,
            other: router.other,
            preference: router.preference_name(),
            lifetime: router.lifetime,
            reachable_time: router.reachable_time.map(seconds),
            retransmission_timer: router.retransmission_timer.map(seconds),
        }
    }
}

impl From<packet::NeighborOption<'_>> for NeighborOption {
    fn from(option: packet::NeighborOption<'_>) -> Self {
        let mut record = Self {
            option_type: option.option_type(),
            name: option.name().to_owned(),
            text: option.to_string(),
            link_address: None,
            prefix: None,
            prefix_length: None,
            on_link: None,
            autonomous: None,
            lifetime: None,
            preferred_lifetime: None,
            mtu: None,
            servers: Vec::new(),
            domains: Vec::new(),
        };
        record.take(option);
        record
    }
}

impl NeighborOption {
    fn take(&mut self, option: packet::NeighborOption<'_>) {
        use packet::NeighborOption as Option;
        match option {
            Option::SourceLinkAddress(address) | Option::TargetLinkAddress(address) => {
                self.link_address = Some(address.to_vec());
            }
            Option::Prefix { prefix, length, on_link, autonomous, valid_lifetime, preferred_lifetime } => {
                (self.prefix, self.prefix_length) = (Some(prefix), Some(length));
                (self.on_link, self.autonomous) = (Some(on_link), Some(autonomous));
                (self.lifetime, self.preferred_lifetime) = (Some(valid_lifetime), Some(preferred_lifetime));
            }
            Option::Mtu(mtu) => self.mtu = Some(mtu),
            Option::Route { prefix, length, lifetime, .. } => {
                (self.prefix, self.prefix_length, self.lifetime) = (Some(prefix), Some(length), Some(lifetime));
            }
            Option::NameServers { lifetime, servers } => {
                (self.lifetime, self.servers) = (Some(lifetime), servers.collect());
            }
            Option::SearchDomains { lifetime, domains } => {
                self.lifetime = Some(lifetime);
                self.domains = domains.map(|domain| domain.to_string()).collect();
            }
            _ => {}
        }
    }
}

impl From<packet::IcmpExtensions<'_>> for IcmpExtensions {
    fn from(extensions: packet::IcmpExtensions<'_>) -> Self {
        Self {
            version: extensions.version(),
            checksum: extensions.checksum(),
            checksum_status: extensions.checksum_status().name(),
            objects: extensions.objects().flatten().map(IcmpObject::from).collect(),
            stop: extensions.objects().find_map(Result::err).map(Stop::from),
        }
    }
}

impl From<packet::IcmpObject<'_>> for IcmpObject {
    fn from(object: packet::IcmpObject<'_>) -> Self {
        let (mut labels, mut interface) = (Vec::new(), None);
        match object.value() {
            Ok(packet::IcmpObjectValue::Mpls(stack)) => labels = stack.map(MplsLabel::from).collect(),
            Ok(packet::IcmpObjectValue::Interface(told)) => interface = Some(IcmpInterface::from(told)),
            _ => {}
        }
        let data = object.data.to_vec();
        Self { class_number: object.class, class_type: object.class_type, labels, interface, data }
    }
}

impl From<packet::MplsLabel> for MplsLabel {
    fn from(label: packet::MplsLabel) -> Self {
        Self {
            label: label.label(),
            traffic_class: label.traffic_class(),
            is_bottom: label.is_bottom(),
            time_to_live: label.time_to_live(),
        }
    }
}

impl From<packet::IcmpInterface<'_>> for IcmpInterface {
    fn from(interface: packet::IcmpInterface<'_>) -> Self {
        Self {
            role: interface.role_name(),
            index: interface.index,
            address: interface.address,
            name: interface.name.map(super::applications::text),
            mtu: interface.mtu,
        }
    }
}
