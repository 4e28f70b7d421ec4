//! Numbers that several kinds of object share, or that links and addresses have.

flags! {
    /// `IFF_*`: the state of a link and how it may be used.
    LinkFlags(u32) {
        /// A loopback device.
        LOOPBACK = 0x8 "LOOPBACK",
        /// The broadcast address is valid.
        BROADCAST = 0x2 "BROADCAST",
        /// A link with exactly one other end.
        POINTOPOINT = 0x10 "POINTOPOINT",
        /// Multicast works.
        MULTICAST = 0x1000 "MULTICAST",
        /// No address resolution.
        NOARP = 0x80 "NOARP",
        /// All multicast frames are received.
        ALLMULTI = 0x200 "ALLMULTI",
        /// All frames are received.
        PROMISC = 0x100 "PROMISC",
        /// Has ports that are enslaved to it.
        MASTER = 0x400 "MASTER",
        /// A port of a bond or the like.
        SLAVE = 0x800 "SLAVE",
        /// Debugging is on in the driver.
        DEBUG = 0x4 "DEBUG",
        /// The address is lost when the link goes down.
        DYNAMIC = 0x8000 "DYNAMIC",
        /// The medium is chosen automatically.
        AUTOMEDIA = 0x4000 "AUTOMEDIA",
        /// The medium can be chosen.
        PORTSEL = 0x2000 "PORTSEL",
        /// No trailers; a relic.
        NOTRAILERS = 0x20 "NOTRAILERS",
        /// Switched on by the administrator.
        UP = 0x1 "UP",
        /// The driver reports a carrier.
        LOWER_UP = 0x10000 "LOWER_UP",
        /// Waiting for an outer event, such as authentication.
        DORMANT = 0x20000 "DORMANT",
        /// Sent frames are echoed to local listeners (CAN).
        ECHO = 0x40000 "ECHO",
        /// Operational: RFC 2863 `UP` or unknown.
        RUNNING = 0x40 "RUNNING",
    }
}

number! {
    /// `IF_OPER_*`: the operational state of RFC 2863.
    OperState(u8) {
        /// The driver does not say.
        UNKNOWN = 0 "UNKNOWN",
        /// The hardware is missing.
        NOTPRESENT = 1 "NOTPRESENT",
        /// Not able to pass frames.
        DOWN = 2 "DOWN",
        /// The link below is down.
        LOWERLAYERDOWN = 3 "LOWERLAYERDOWN",
        /// In a test.
        TESTING = 4 "TESTING",
        /// Waiting for an outer event.
        DORMANT = 5 "DORMANT",
        /// Passes frames.
        UP = 6 "UP",
    }
}

number! {
    /// `IF_LINK_MODE_*`: what the state becomes when the carrier comes.
    LinkMode(u8) {
        /// Up at once.
        DEFAULT = 0 "DEFAULT",
        /// Dormant until something in user space says up.
        DORMANT = 1 "DORMANT",
        /// Up once a test is done.
        TESTING = 2 "TESTING",
    }
}

number! {
    /// `ARPHRD_*`: the kind of link layer.
    LinkType(u16) {
        /// NET/ROM.
        NETROM = 0 "netrom",
        /// Ethernet.
        ETHER = 1 "ether",
        /// Experimental Ethernet.
        EETHER = 2 "eether",
        /// AX.25.
        AX25 = 3 "ax25",
        /// PROnet token ring.
        PRONET = 4 "pronet",
        /// Chaosnet.
        CHAOS = 5 "chaos",
        /// IEEE 802 networks.
        IEEE802 = 6 "ieee802",
        /// ARCnet.
        ARCNET = 7 "arcnet",
        /// AppleTalk.
        APPLETALK = 8 "atalk",
        /// Frame relay DLCI.
        DLCI = 15 "dlci",
        /// ATM.
        ATM = 19 "atm",
        /// Metricom STRIP.
        METRICOM = 23 "metricom",
        /// IEEE 1394 (FireWire).
        IEEE1394 = 24 "ieee1394",
        /// InfiniBand.
        INFINIBAND = 32 "infiniband",
        /// Serial line IP.
        SLIP = 256 "slip",
        /// Serial line IP with compressed headers.
        CSLIP = 257 "cslip",
        /// Serial line IP with 6-bit characters.
        SLIP6 = 258 "slip6",
        /// Serial line IP with both.
        CSLIP6 = 259 "cslip6",
        /// Reserved.
        RSRVD = 260 "rsrvd",
        /// Adaptive serial line.
        ADAPT = 264 "adapt",
        /// ROSE.
        ROSE = 270 "rose",
        /// X.25.
        X25 = 271 "x25",
        /// X.25 in hardware.
        HWX25 = 272 "hwx25",
        /// Controller area network.
        CAN = 280 "can",
        /// Point-to-point protocol.
        PPP = 512 "ppp",
        /// HDLC.
        HDLC = 513 "hdlc",
        /// LAPB.
        LAPB = 516 "lapb",
        /// DDCMP.
        DDCMP = 517 "ddcmp",
        /// Raw HDLC.
        RAWHDLC = 518 "rawhdlc",
        /// IPv4 in IPv4.
        TUNNEL = 768 "ipip",
        /// Anything in IPv6.
        TUNNEL6 = 769 "tunnel6",
        /// Frame relay access device.
        FRAD = 770 "frad",
        /// SKIP.
        SKIP = 771 "skip",
        /// Loopback.
        LOOPBACK = 772 "loopback",
        /// LocalTalk.
        LOCALTLK = 773 "ltalk",
        /// FDDI.
        FDDI = 774 "fddi",
        /// AP1000 BIF.
        BIF = 775 "bif",
        /// IPv6 in IPv4.
        SIT = 776 "sit",
        /// IP over DDP.
        IPDDP = 777 "ip/ddp",
        /// GRE over IPv4.
        IPGRE = 778 "gre",
        /// PIM register.
        PIMREG = 779 "pimreg",
        /// HIPPI.
        HIPPI = 780 "hippi",
        /// Nexus 64 Mb/s ASH.
        ASH = 781 "ash",
        /// Econet.
        ECONET = 782 "econet",
        /// Infrared.
        IRDA = 783 "irda",
        /// Fibre channel, point to point.
        FCPP = 784 "fcpp",
        /// Fibre channel, arbitrated loop.
        FCAL = 785 "fcal",
        /// Fibre channel, public loop.
        FCPL = 786 "fcpl",
        /// Token ring.
        IEEE802_TR = 800 "tr",
        /// IEEE 802.11.
        IEEE80211 = 801 "ieee802.11",
        /// IEEE 802.11 with Prism headers.
        IEEE80211_PRISM = 802 "ieee802.11/prism",
        /// IEEE 802.11 with radiotap headers.
        IEEE80211_RADIOTAP = 803 "ieee802.11/radiotap",
        /// IEEE 802.15.4.
        IEEE802154 = 804 "ieee802.15.4",
        /// IEEE 802.15.4 monitor.
        IEEE802154_MONITOR = 805 "ieee802.15.4/monitor",
        /// PhoNet.
        PHONET = 820 "phonet",
        /// PhoNet pipe.
        PHONET_PIPE = 821 "phonet_pipe",
        /// CAIF.
        CAIF = 822 "caif",
        /// GRE over IPv6.
        IP6GRE = 823 "gre6",
        /// Netlink monitor.
        NETLINK = 824 "netlink",
        /// 6LoWPAN.
        SIXLOWPAN = 825 "6lowpan",
        /// No link layer: raw IP.
        NONE = 0xfffe "none",
        /// Unknown.
        VOID = 0xffff "void",
    }
}

number! {
    /// `AF_*`: an address family.
    Family(u8) {
        /// None, or all.
        UNSPEC = 0 "unspec",
        /// IPv4.
        INET = 2 "inet",
        /// IPX.
        IPX = 4 "ipx",
        /// Bridges' own tables.
        BRIDGE = 7 "bridge",
        /// IPv6.
        INET6 = 10 "inet6",
        /// Link layer.
        PACKET = 17 "link",
        /// MPLS.
        MPLS = 28 "mpls",
        /// IPv4 multicast forwarding.
        IPMR = 128 "ipmr",
        /// IPv6 multicast forwarding.
        IP6MR = 129 "ip6mr",
    }
}

number! {
    /// `RT_SCOPE_*`: how far an address is valid.
    Scope(u8) {
        /// Everywhere.
        UNIVERSE = 0 "global",
        /// Within the site.
        SITE = 200 "site",
        /// On this link.
        LINK = 253 "link",
        /// In this host.
        HOST = 254 "host",
        /// Nowhere.
        NOWHERE = 255 "nowhere",
    }
}

number! {
    /// `IFAPROT_*`: who made an address.
    AddressProtocol(u8) {
        /// Nobody said.
        UNSPEC = 0 "unspec",
        /// The loopback address that the kernel makes.
        KERNEL_LO = 1 "kernel_lo",
        /// Made from a router advertisement.
        KERNEL_RA = 2 "kernel_ra",
        /// The link-local address that the kernel makes.
        KERNEL_LL = 3 "kernel_ll",
    }
}

flags! {
    /// `IFA_F_*`: the state of an address. The first bit is `secondary` in IPv4 and `temporary` in IPv6.
    AddressFlags(u32) {
        /// Another address of the same subnet comes first (IPv4), or a temporary one (IPv6, RFC 8981).
        SECONDARY = 0x1 "secondary",
        /// No duplicate address detection.
        NODAD = 0x2 "nodad",
        /// Usable while duplicate address detection runs (RFC 4429).
        OPTIMISTIC = 0x4 "optimistic",
        /// Duplicate address detection found a duplicate.
        DADFAILED = 0x8 "dadfailed",
        /// A home address of mobile IPv6.
        HOMEADDRESS = 0x10 "home",
        /// Its preferred lifetime is over.
        DEPRECATED = 0x20 "deprecated",
        /// Duplicate address detection is not finished.
        TENTATIVE = 0x40 "tentative",
        /// Has no end of life.
        PERMANENT = 0x80 "permanent",
        /// Temporary addresses are made from it.
        MANAGETEMPADDR = 0x100 "mngtmpaddr",
        /// No route to its prefix was made.
        NOPREFIXROUTE = 0x200 "noprefixroute",
        /// Joins the multicast group of its address.
        MCAUTOJOIN = 0x400 "autojoin",
        /// Made from a secret (RFC 7217).
        STABLE_PRIVACY = 0x800 "stable-privacy",
    }
}
