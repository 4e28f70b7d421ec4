//! The numbers of routes and next hops.

number! {
    /// `RTN_*`: what a route does with a packet.
    RouteKind(u8) {
        /// Nobody said.
        UNSPEC = 0 "none",
        /// Sends it on, through a gateway or directly.
        UNICAST = 1 "unicast",
        /// Takes it in.
        LOCAL = 2 "local",
        /// Takes it in, and sends it as a broadcast.
        BROADCAST = 3 "broadcast",
        /// Takes it in as a broadcast, but sends it as unicast.
        ANYCAST = 4 "anycast",
        /// Multicast.
        MULTICAST = 5 "multicast",
        /// Drops it without a word.
        BLACKHOLE = 6 "blackhole",
        /// Drops it, and answers that the host is unreachable.
        UNREACHABLE = 7 "unreachable",
        /// Drops it, and answers that this is prohibited.
        PROHIBIT = 8 "prohibit",
        /// Ends the search in this table: the next rule decides.
        THROW = 9 "throw",
        /// Translated the address; a relic.
        NAT = 10 "nat",
        /// Asked a resolver outside; a relic.
        XRESOLVE = 11 "xresolve",
    }
}

number! {
    /// `RTPROT_*`: who made a route. The administrator may give other names in `rt_protos`.
    RouteProtocol(u8) {
        /// Nobody said.
        UNSPEC = 0 "unspec",
        /// An ICMP redirect.
        REDIRECT = 1 "redirect",
        /// The kernel.
        KERNEL = 2 "kernel",
        /// Something during boot, or a hand that did not say.
        BOOT = 3 "boot",
        /// The administrator.
        STATIC = 4 "static",
        /// GateD.
        GATED = 8 "gated",
        /// A router advertisement.
        RA = 9 "ra",
        /// Merit MRT.
        MRT = 10 "mrt",
        /// Zebra, FRR.
        ZEBRA = 11 "zebra",
        /// BIRD.
        BIRD = 12 "bird",
        /// DECnet's daemon.
        DNROUTED = 13 "dnrouted",
        /// XORP.
        XORP = 14 "xorp",
        /// Netsukuku.
        NTK = 15 "ntk",
        /// A DHCP client.
        DHCP = 16 "dhcp",
        /// Keepalived.
        KEEPALIVED = 18 "keepalived",
        /// Babel.
        BABEL = 42 "babel",
        /// BGP.
        BGP = 186 "bgp",
        /// IS-IS.
        ISIS = 187 "isis",
        /// OSPF.
        OSPF = 188 "ospf",
        /// RIP.
        RIP = 189 "rip",
        /// EIGRP.
        EIGRP = 192 "eigrp",
    }
}

number! {
    /// The router's preference of RFC 4191.
    RoutePreference(u8) {
        /// Neither.
        MEDIUM = 0 "medium",
        /// Before others.
        HIGH = 1 "high",
        /// After others.
        LOW = 3 "low",
    }
}

flags! {
    /// `RTNH_F_*` and `RTM_F_*`: the state of a route or next hop.
    RouteFlags(u32) {
        /// Not usable: its link is down.
        DEAD = 0x1 "dead",
        /// The gateway is taken to be on the link.
        ONLINK = 0x4 "onlink",
        /// The gateway is looked up again.
        PERVASIVE = 0x2 "pervasive",
        /// The next hop is in hardware.
        OFFLOAD = 0x8 "offload",
        /// Packets to the next hop are trapped by hardware.
        TRAP = 0x40 "trap",
        /// Changes are told.
        NOTIFY = 0x100 "notify",
        /// The link has no carrier.
        LINKDOWN = 0x10 "linkdown",
        /// A multicast route without an answer yet.
        UNRESOLVED = 0x20 "unresolved",
        /// The route is in hardware.
        RT_OFFLOAD = 0x4000 "rt_offload",
        /// Packets of the route are trapped by hardware.
        RT_TRAP = 0x8000 "rt_trap",
        /// The route could not be brought into hardware.
        RT_OFFLOAD_FAILED = 0x2000_0000 "rt_offload_failed",
        /// An entry of the cache, or the answer to a lookup.
        CLONED = 0x200 "cloned",
        /// Multipath equalizer; a relic.
        EQUALIZE = 0x400 "equalize",
        /// Made from a prefix of a router advertisement.
        PREFIX = 0x800 "prefix",
        /// The table is that of the lookup.
        LOOKUP_TABLE = 0x1000 "lookup_table",
        /// The route is the one that matched.
        FIB_MATCH = 0x2000 "fib_match",
    }
}

flags! {
    /// `RTCF_*`: the state of an entry of IPv4's cache, or of the answer to a lookup.
    RouteCacheFlags(u32) {
        /// For this host.
        LOCAL = 0x8000_0000 "local",
        /// Refused.
        REJECT = 0x4000_0000 "reject",
        /// Multicast.
        MULTICAST = 0x2000_0000 "mc",
        /// Broadcast.
        BROADCAST = 0x1000_0000 "brd",
        /// The destination is translated.
        DNAT = 0x0800_0000 "dst-nat",
        /// The source is translated.
        SNAT = 0x0080_0000 "src-nat",
        /// Masqueraded.
        MASQ = 0x0040_0000 "masq",
        /// The destination is on the link.
        DIRECTDST = 0x0002_0000 "dst-direct",
        /// The source is on the link.
        DIRECTSRC = 0x0400_0000 "src-direct",
        /// Made by a redirect.
        REDIRECTED = 0x0004_0000 "redirected",
        /// A redirect is to be sent.
        DOREDIRECT = 0x0100_0000 "redirect",
        /// Fast path; a relic.
        FAST = 0x0020_0000 "fastroute",
        /// Changes are told.
        NOTIFY = 0x0001_0000 "notify",
        /// Transparent proxy.
        TPROXY = 0x0008_0000 "proxy",
    }
}

number! {
    /// `LWTUNNEL_ENCAP_*`: what a route puts around a packet.
    EncapKind(u16) {
        /// Nothing.
        NONE = 0 "none",
        /// MPLS labels.
        MPLS = 1 "mpls",
        /// An IPv4 tunnel's key.
        IP = 2 "ip",
        /// Identifier locator addressing.
        ILA = 3 "ila",
        /// An IPv6 tunnel's key.
        IP6 = 4 "ip6",
        /// A segment routing header.
        SEG6 = 5 "seg6",
        /// Programs.
        BPF = 6 "bpf",
        /// What a segment of this host does.
        SEG6_LOCAL = 7 "seg6local",
        /// A source routing header of low-power networks.
        RPL = 8 "rpl",
        /// In situ measurement of IPv6 (RFC 9197).
        IOAM6 = 9 "ioam6",
        /// An IPsec interface's number.
        XFRM = 10 "xfrm",
    }
}

number! {
    /// `SEG6_IPTUN_MODE_*`: where a segment routing header goes.
    Seg6Mode(u32) {
        /// Into the packet.
        INLINE = 0 "inline",
        /// Into an outer IPv6 header.
        ENCAP = 1 "encap",
        /// The same, around a frame.
        L2ENCAP = 2 "l2encap",
        /// Into an outer header, without the first segment.
        ENCAP_RED = 3 "encap.red",
        /// The same, around a frame.
        L2ENCAP_RED = 4 "l2encap.red",
    }
}

number! {
    /// `SEG6_LOCAL_ACTION_*`: what a segment of this host does (RFC 8986).
    Seg6Action(u32) {
        /// Nobody said.
        UNSPEC = 0 "<unknown>",
        /// On to the next segment.
        END = 1 "End",
        /// To one neighbour.
        END_X = 2 "End.X",
        /// By one table.
        END_T = 3 "End.T",
        /// Out of the tunnel, a frame to one link.
        END_DX2 = 4 "End.DX2",
        /// Out of the tunnel, to an IPv6 neighbour.
        END_DX6 = 5 "End.DX6",
        /// Out of the tunnel, to an IPv4 neighbour.
        END_DX4 = 6 "End.DX4",
        /// Out of the tunnel, by an IPv6 table.
        END_DT6 = 7 "End.DT6",
        /// Out of the tunnel, by an IPv4 table.
        END_DT4 = 8 "End.DT4",
        /// A binding segment, inserted.
        END_B6 = 9 "End.B6",
        /// A binding segment, in an outer header.
        END_B6_ENCAP = 10 "End.B6.Encaps",
        /// A binding segment of MPLS.
        END_BM = 11 "End.BM",
        /// By the last segment.
        END_S = 12 "End.S",
        /// To a function that knows no segments, as its proxy.
        END_AS = 13 "End.AS",
        /// The same, masqueraded.
        END_AM = 14 "End.AM",
        /// By a program.
        END_BPF = 15 "End.BPF",
        /// Out of the tunnel, by a table of either family.
        END_DT46 = 16 "End.DT46",
    }
}

flags! {
    /// `SEG6_LOCAL_FLV_OP_*`, a bit each: how a segment of this host ends.
    Seg6Flavors(u32) {
        /// The last but one segment removes the header.
        PSP = 0x2 "psp",
        /// The last segment removes the header.
        USP = 0x4 "usp",
        /// The last segment removes the outer header.
        USD = 0x8 "usd",
        /// Compressed segments.
        NEXT_CSID = 0x10 "next-csid",
    }
}

number! {
    /// `IOAM6_IPTUNNEL_MODE_*`: where the measurement goes.
    Ioam6Mode(u8) {
        /// Into the packet.
        INLINE = 1 "inline",
        /// Into an outer header.
        ENCAP = 2 "encap",
        /// Either: into this host's own packets, else an outer header.
        AUTO = 3 "auto",
    }
}

flags! {
    /// The flags of a tunnel's key.
    TunnelFlags(u16) {
        /// There is a key.
        KEY = 0x4 "key",
        /// Checksummed.
        CSUM = 0x1 "csum",
        /// Numbered.
        SEQ = 0x8 "seq",
    }
}
