//! Links and addresses.

use std::net::IpAddr;

use netshoot_core::netlink;

use super::item::{Item, Show};
use super::tree::Tree;

items! {
    /// A network interface.
    ///
    /// Fields are the kernel's attributes in iproute2's words; `None` means that the kernel did not send the attribute.
    Link of netlink::Link {
        /// The number by which everything else in the namespace refers to the link.
        ifindex: u32,
        /// The name.
        ifname: String,
        /// Other names, which may be longer than 15 octets.
        altnames: Vec<String>,
        /// A description for people, any octets.
        ifalias: Option<String>,
        /// State and abilities.
        flags: Vec<String>,
        /// The kind of link layer.
        link_type: String,
        /// Link-layer address.
        address: Option<String>,
        /// Link-layer broadcast address or, on a point-to-point link, that of the other end.
        broadcast: Option<String>,
        /// The address that the hardware was made with.
        permaddr: Option<String>,
        /// Largest packet in octets.
        mtu: Option<u32>,
        /// Smallest MTU that the driver accepts.
        min_mtu: Option<u32>,
        /// Largest MTU that the driver accepts; 0 is no limit.
        max_mtu: Option<u32>,
        /// The root queueing discipline.
        qdisc: Option<String>,
        /// Index of the bridge, bond or VRF that this link is a port of.
        master: Option<u32>,
        /// Index of the link below, or of the peer; 0 for a tunnel that is bound to none.
        link_index: Option<u32>,
        /// The namespace in which `link_index` counts, by this namespace's number for it; -1 if it has none.
        link_netnsid: Option<i32>,
        /// The name under `/run/netns` of that namespace, if it has one.
        link_netns: Option<String>,
        /// Operational state.
        operstate: Option<String>,
        /// What the state becomes when the carrier comes.
        linkmode: Option<String>,
        /// Device group.
        group: Option<u32>,
        /// Length of the transmit queue in packets.
        txqlen: Option<u32>,
        /// Whether the driver sees a carrier.
        carrier: Option<bool>,
        /// How often the carrier came or went.
        carrier_changes: Option<u32>,
        /// How often the carrier came.
        carrier_up_count: Option<u32>,
        /// How often the carrier went.
        carrier_down_count: Option<u32>,
        /// Held down by a protocol such as MLAG.
        proto_down: Option<bool>,
        /// How many users want all frames.
        promiscuity: Option<u32>,
        /// How many users want all multicast frames.
        allmulti: Option<u32>,
        /// Transmit queues.
        num_tx_queues: Option<u32>,
        /// Receive queues.
        num_rx_queues: Option<u32>,
        /// Largest generic segmentation offload packet in octets.
        gso_max_size: Option<u32>,
        /// Most segments of one.
        gso_max_segs: Option<u32>,
        /// Largest packet that the hardware segments.
        tso_max_size: Option<u32>,
        /// Most segments of one.
        tso_max_segs: Option<u32>,
        /// Largest packet that generic receive offload makes.
        gro_max_size: Option<u32>,
        /// The same as `gso_max_size` for IPv4.
        gso_ipv4_max_size: Option<u32>,
        /// The same as `gro_max_size` for IPv4.
        gro_ipv4_max_size: Option<u32>,
        /// Octets that the driver wants free before a packet.
        headroom: Option<u16>,
        /// Octets that the driver wants free behind it.
        tailroom: Option<u16>,
        /// How far ahead the hardware can be told when to send, in nanoseconds.
        max_pacing_offload_horizon: Option<u64>,
        /// Cannot be moved to another namespace.
        netns_immutable: Option<bool>,
        /// Why it is held down, a bit each.
        proto_down_reason: Option<u32>,
        /// How IPv4 treats the link.
        inet_conf: Option<Tree>,
        /// The link in IPv6.
        inet6: Option<Tree>,
        /// How IPv6 makes link-local addresses (`IN6_ADDR_GEN_MODE_*`).
        inet6_addr_gen_mode: Option<u8>,
        /// The port's name on the device.
        phys_port_name: Option<String>,
        /// The port's identity on the device.
        phys_port_id: Option<Tree>,
        /// The identity of the switch that the port belongs to.
        phys_switch_id: Option<Tree>,
        /// The bus of the device behind the link.
        parentbus: Option<String>,
        /// The device behind the link.
        parentdev: Option<String>,
        /// How an XDP program is attached (`XDP_ATTACHED_*`); 0 is not at all.
        xdp_attached: Option<u8>,
        /// The number of that program.
        xdp_prog_id: Option<u32>,
        /// The number of the program in the driver.
        xdp_drv_prog_id: Option<u32>,
        /// The number of the program in the generic hook.
        xdp_skb_prog_id: Option<u32>,
        /// The number of the program in the hardware.
        xdp_hw_prog_id: Option<u32>,
        /// The port of the device behind the link, as devlink names it.
        devlink_port: Option<Tree>,
        /// The pin of a digital phase-locked loop that the link's clock comes from.
        dpll_pin: Option<u32>,
        /// How many SR-IOV virtual functions there are.
        num_vf: Option<u32>,
        /// The virtual functions, where the filter asks for them.
        vfinfo_list: Vec<Tree>,
        /// Counters.
        stats64: Option<Tree>,
        /// The kind of virtual device, with its settings.
        linkinfo: Option<Tree>,
        /// Attributes that could not be read.
        notes: Vec<String>,
    }

    /// An IP address of a link.
    ///
    /// Fields are the kernel's attributes in iproute2's words; `None` means that the kernel did not send the attribute.
    Address of netlink::Address {
        /// IPv4 or IPv6.
        family: String,
        /// The link that has the address.
        ifindex: u32,
        /// The link's own address. (The kernel sends it as `IFA_LOCAL` or, where that is missing, as `IFA_ADDRESS`.)
        local: Option<IpAddr>,
        /// The other end's address, where it is not `local`.
        address: Option<IpAddr>,
        /// Length of the prefix in bits; of `address` where there is one, else of `local`.
        prefixlen: u8,
        /// IPv4 broadcast address.
        broadcast: Option<IpAddr>,
        /// IPv6 anycast address.
        anycast: Option<IpAddr>,
        /// How far the address is valid.
        scope: String,
        /// State.
        flags: Vec<String>,
        /// IPv4 label: the link's name, perhaps with a suffix.
        label: Option<String>,
        /// Metric of the route to the prefix.
        metric: Option<u32>,
        /// Who made the address.
        protocol: Option<String>,
        /// Until when the address is preferred and valid, and since when.
        cacheinfo: Option<Tree>,
        /// Attributes that could not be read.
        notes: Vec<String>,
    }
}
