//! Links, as `ip link` shows them, and `ip address` above their addresses.

use std::fmt::{self, Display};

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::super::{ByteString, Link, LinkFlags, LinkLayerAddress, LinkType, OperState};
use super::form::{Form, Hex};
use super::{Names, Options, Shown};

/// What is needed to show one link among all.
pub(super) struct Context<'a> {
    pub(super) names: &'a Names,
    pub(super) options: &'a Options,
    links: HashMap<u32, &'a Link, RandomState>,
    /// `ip link`, not `ip address`.
    is_link: bool,
    /// `ip monitor`, which does not tell how long the queue may be.
    is_event: bool,
    /// The end of a line within an object.
    pub(super) line: &'static str,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        links: impl Iterator<Item = &'a Link>,
        names: &'a Names,
        options: &'a Options,
        is_link: bool,
    ) -> Self {
        let line = if options.oneline { "\\" } else { "\n" };
        let links = links.map(|link| (link.ifindex, link)).collect();
        Self { names, options, links, is_link, is_event: false, line }
    }

    pub(super) fn of_event(links: impl Iterator<Item = &'a Link>, names: &'a Names, options: &'a Options) -> Self {
        Self { is_event: true, ..Self::new(links, names, options, false) }
    }

    /// `-4` and `-6` leave the link layer out, unless details are wanted.
    fn shows_link_layer(&self) -> bool {
        self.is_link || self.options.details || self.options.only_family().is_none() || self.options.is_of_links()
    }

    /// A member that is the name of the link with index `ifindex`.
    pub(super) fn reference(&self, form: &mut Form, key: &str, before: &str, ifindex: u32, after: &str) {
        match self.links.get(&ifindex) {
            Some(link) => {
                form.name(key, before, &link.ifname, after);
            }
            None => form.string(key, before, format_args!("if{ifindex}"), after),
        }
    }

    /// The same, unless the index is 0.
    pub(super) fn reference_if_any(&self, form: &mut Form, key: &str, before: &str, ifindex: Option<u32>, after: &str) {
        if let Some(ifindex) = ifindex.filter(|ifindex| *ifindex != 0) {
            self.reference(form, key, before, ifindex, after);
        }
    }

    /// One link.
    pub(super) fn link(&self, form: &mut Form, link: &Link) {
        form.object(|form| self.link_members(form, link));
    }

    pub(super) fn link_members(&self, form: &mut Form, link: &Link) {
        if self.options.brief {
            self.brief(form, link);
            return;
        }
        form.number("ifindex", "", link.ifindex, ": ");
        self.name(form, link);
        form.text(format_args!(": "));
        self.flags(form, link);
        self.head(form, link);
        if self.shows_link_layer() {
            form.text(format_args!("{}", self.line));
            link_layer(form, link, self.names.shows_numbers());
        }
        self.other_namespace(form, link);
        proto_down(form, link);
        if self.options.details {
            self.details(form, link);
        }
        self.tail(form, link);
        form.text(format_args!("\n"));
    }

    fn brief(&self, form: &mut Form, link: &Link) {
        let length = self.name(form, link);
        form.text(format_args!("{:1$} ", "", 16_usize.saturating_sub(length)));
        match link.operstate {
            Some(state) if state.name().is_none() => {
                form.json(|json| json.key("operstate_index").number(state.0));
                form.text(format_args!("state {:#x}", state.0));
            }
            Some(state) => {
                form.json(|json| json.key("operstate").display(state));
                form.text(format_args!("{:<14} ", state.name().unwrap_or_default()));
            }
            None => {}
        }
        if self.is_link || self.options.is_of_links() {
            if let Some(address) = &link.address {
                form.plain("address", "", Word::Address(link.link_type, address), " ");
            }
            self.flags(form, link);
            form.text(format_args!("\n"));
        }
    }

    /// The name, and that of the link below or the peer. Returns how many octets long that is in text.
    fn name(&self, form: &mut Form, link: &Link) -> usize {
        let mut length = link.ifname.as_bytes().len();
        let other = link.link_index.filter(|index| *index != 0);
        match (link.link_index, link.link_netnsid) {
            (Some(0), _) => form.json(|json| json.key("link").null()),
            (Some(index), Some(_)) => form.json(|json| json.key("link_index").number(index)),
            (Some(index), None) if form.is_json() => self.reference(form, "link", "", index, ""),
            _ => {}
        }
        form.name("ifname", "", &link.ifname, "");
        if form.is_json() || link.link_index.is_none() {
            return length;
        }
        length += match (other, link.link_netnsid) {
            (None, _) => {
                form.text(format_args!("@NONE"));
                "@NONE".len()
            }
            (Some(index), None) if self.links.contains_key(&index) => {
                self.reference(form, "", "@", index, "");
                1 + self.links.get(&index).map_or(0, |other| other.ifname.as_bytes().len())
            }
            (Some(index), _) => {
                form.text(format_args!("@if{index}"));
                "@if".len() + 1 + index.checked_ilog10().unwrap_or_default() as usize
            }
        };
        length
    }

    /// The words of `IFF_*` as `ip` shows them: no carrier first, running never.
    fn flags(&self, form: &mut Form, link: &Link) {
        let flags = link.flags;
        let no_carrier = flags.contains(LinkFlags::UP) && !flags.contains(LinkFlags::RUNNING);
        let words = no_carrier
            .then_some(Word::Name("NO-CARRIER"))
            .into_iter()
            .chain(flags.names().filter(|name| *name != "RUNNING").map(Word::Name))
            .chain(Some(Word::Bits(flags.unknown())).filter(|_| flags.unknown() != 0))
            .chain(Some(Word::Name("M-DOWN")).filter(|_| self.is_other_end_down(link)));
        words_of(form, "flags", "<", words, "> ");
    }

    /// The link below, or the peer, in this namespace is switched off.
    fn is_other_end_down(&self, link: &Link) -> bool {
        let other = link.link_index.filter(|index| *index != 0 && link.link_netnsid.is_none());
        other.and_then(|index| self.links.get(&index)).is_some_and(|other| !other.flags.contains(LinkFlags::UP))
    }

    fn head(&self, form: &mut Form, link: &Link) {
        optional(form, "mtu", "mtu ", link.mtu);
        self.xdp(form, link);
        if let Some(qdisc) = &link.qdisc {
            form.name("qdisc", "qdisc ", qdisc, " ");
        }
        if let Some(master) = link.master {
            self.reference(form, "master", "master ", master, " ");
        }
        match link.operstate {
            Some(OperState(number)) if OperState(number).name().is_none() => {
                form.json(|json| json.key("operstate_index").number(number));
                form.text(format_args!("state {number:#x} "));
            }
            Some(state) => form.plain("operstate", "state ", state, " "),
            None => {}
        }
        match link.linkmode.filter(|_| self.is_link) {
            Some(mode) if mode.0 < 2 => form.plain("linkmode", "mode ", mode, " "),
            Some(mode) => form.number("linkmode_index", "mode ", mode.0, " "),
            None => {}
        }
        if let Some(group) = link.group {
            form.string("group", "group ", self.names.group_name(group), " ");
        }
        if let Some(length) = link.txqlen.filter(|length| *length != 0 && !self.is_event) {
            form.number("txqlen", "qlen ", length, "");
        }
    }

    /// The programs that see packets first, by their numbers.
    fn xdp(&self, form: &mut Form, link: &Link) {
        let Some(mode) = link.xdp_attached.filter(|mode| *mode != 0) else { return };
        let hooks = [(2, link.xdp_skb_prog_id), (1, link.xdp_drv_prog_id), (3, link.xdp_hw_prog_id)];
        form.json(|json| {
            let program = |json: &mut crate::json::Json, id: u32| {
                json.key("prog").begin_object();
                json.key("id").number(id);
                json.end_object();
            };
            json.key("xdp").begin_object();
            json.key("mode").number(mode);
            link.xdp_prog_id.filter(|id| *id != 0).into_iter().for_each(|id| program(json, id));
            json.key("attached").begin_array();
            let is_old = hooks.iter().all(|(_, id)| id.is_none());
            let old = [(mode, link.xdp_prog_id.filter(|_| is_old))];
            for (mode, id) in hooks.into_iter().chain(old) {
                if let Some(id) = id {
                    json.begin_object();
                    json.key("mode").number(mode);
                    program(json, id);
                    json.end_object();
                }
            }
            json.end_array();
            json.end_object();
        });
        match mode {
            1 => form.text(format_args!("xdp")),
            2 => form.text(format_args!("xdpgeneric")),
            3 => form.text(format_args!("xdpoffload")),
            4 => form.text(format_args!("xdpmulti")),
            other => form.text(format_args!("xdp[{other}]")),
        }
        if let Some(id) = link.xdp_prog_id.filter(|id| *id != 0 && !self.is_link) {
            form.text(format_args!("/id:{id}"));
        }
        form.text(format_args!(" "));
    }

    fn other_namespace(&self, form: &mut Form, link: &Link) {
        let Some(number) = link.link_netnsid else { return };
        form.json(|json| json.key("link_netnsid").number(number));
        match &link.link_netns {
            Some(name) => form.text(format_args!(" link-netns {name}")),
            None if number >= 0 => form.text(format_args!(" link-netnsid {number}")),
            None => form.text(format_args!(" link-netnsid unknown")),
        }
    }

    fn details(&self, form: &mut Form, link: &Link) {
        optional(form, "promiscuity", " promiscuity ", link.promiscuity);
        optional(form, "allmulti", " allmulti ", link.allmulti);
        optional(form, "min_mtu", "minmtu ", link.min_mtu);
        optional(form, "max_mtu", "maxmtu ", link.max_mtu);
        if link.netns_immutable == Some(true) {
            form.flag("netns-immutable", "netns-immutable ");
        }
        if let Some(info) = &link.linkinfo {
            self.link_info(form, info);
        }
        if let Some(mode) = link.inet6_addr_gen_mode.filter(|_| self.is_link) {
            let name = ["eui64", "none", "stable_secret", "random"].get(usize::from(mode));
            let word = name.map_or(Word::HexOctet(mode), |name| Word::Name(name));
            form.string("inet6_addr_gen_mode", "addrgenmode ", word, " ");
        }
        optional(form, "num_tx_queues", "numtxqueues ", link.num_tx_queues);
        optional(form, "num_rx_queues", "numrxqueues ", link.num_rx_queues);
        optional(form, "gso_max_size", "gso_max_size ", link.gso_max_size);
        optional(form, "gso_max_segs", "gso_max_segs ", link.gso_max_segs);
        optional(form, "tso_max_size", "tso_max_size ", link.tso_max_size);
        optional(form, "tso_max_segs", "tso_max_segs ", link.tso_max_segs);
        optional(form, "gro_max_size", "gro_max_size ", link.gro_max_size);
        optional(form, "gso_ipv4_max_size", "gso_ipv4_max_size ", link.gso_ipv4_max_size);
        optional(form, "gro_ipv4_max_size", "gro_ipv4_max_size ", link.gro_ipv4_max_size);
        string(form, "phys_port_name", "portname ", link.phys_port_name.as_ref());
        for (key, before, octets) in
            [("phys_port_id", "portid ", &link.phys_port_id), ("phys_switch_id", "switchid ", &link.phys_switch_id)]
        {
            if let Some(octets) = octets {
                form.string(key, before, Hex(octets), " ");
            }
        }
        string(form, "parentbus", "parentbus ", link.parentbus.as_ref());
        string(form, "parentdev", "parentdev ", link.parentdev.as_ref());
    }

    /// What `ip` puts in lines of their own.
    fn tail(&self, form: &mut Form, link: &Link) {
        if self.is_link || self.options.details {
            if let Some(alias) = &link.ifalias {
                form.text(format_args!("{}    ", self.line));
                form.name("ifalias", "alias ", alias, "");
            }
            self.xdp_programs(form, link);
        }
        if self.is_link && self.options.statistics && link.stats64.is_some() {
            form.text(format_args!("{}", self.line));
            self.stats(form, link);
        }
        if self.is_link || self.options.details {
            self.virtual_functions(form, link);
        }
        if !link.altnames.is_empty() {
            form.array("altnames", |form| {
                for name in &link.altnames {
                    form.json(|json| json.string(name.as_bytes()));
                    form.text(format_args!("{}    altname {name}", self.line));
                }
            });
            if form.is_json() && link.altnames.iter().any(|name| name.to_str().is_none()) {
                form.array("altnames_hex", |form| {
                    link.altnames.iter().for_each(|name| form.json(|json| json.display(Hex(name.as_bytes()))));
                });
            }
        }
    }

    fn xdp_programs(&self, form: &mut Form, link: &Link) {
        let Some(mode) = link.xdp_attached.filter(|mode| *mode != 0) else { return };
        let several = |id: Option<u32>| id.filter(|_| mode == 4);
        for (hook, id) in [
            ("", link.xdp_prog_id),
            ("generic", several(link.xdp_skb_prog_id)),
            ("drv", several(link.xdp_drv_prog_id)),
            ("offload", several(link.xdp_hw_prog_id)),
        ] {
            if let Some(id) = id.filter(|id| *id != 0) {
                form.text(format_args!("{}    prog/xdp{hook} id {id} ", self.line));
            }
        }
    }
}

fn link_layer(form: &mut Form, link: &Link, numeric: bool) {
    let address = |address| Word::Address(link.link_type, address);
    form.plain("link_type", "    link/", Word::LinkType(link.link_type, numeric), " ");
    if let Some(own) = &link.address {
        form.plain("address", "", address(own), "");
    }
    if let Some(broadcast) = &link.broadcast {
        let is_peer = link.flags.contains(LinkFlags::POINTOPOINT);
        if is_peer {
            form.json(|json| json.key("link_pointtopoint").bool(true));
        }
        form.plain("broadcast", if is_peer { " peer " } else { " brd " }, address(broadcast), "");
    }
    // Where it is not the one in use.
    if let Some(made_with) = link.permaddr.as_ref().filter(|address| link.address.as_ref() != Some(address)) {
        form.plain("permaddr", " permaddr ", address(made_with), "");
    }
}

fn proto_down(form: &mut Form, link: &Link) {
    if link.proto_down == Some(true) {
        form.flag("proto_down", " protodown on ");
    }
    if let Some(reasons) = link.proto_down_reason.filter(|reasons| *reasons != 0) {
        let numbers = (0..32).filter(|bit| reasons >> bit & 1 != 0).map(Word::Number);
        words_of(form, "proto_down_reason", "protodown_reason <", numbers, ">");
    }
}

/// A list of words: in text, with commas between them.
pub(super) fn words_of<'w>(
    form: &mut Form,
    key: &str,
    before: &str,
    words: impl Iterator<Item = Word<'w>>,
    after: &str,
) {
    form.array(key, |form| {
        form.text(format_args!("{before}"));
        for (place, word) in words.enumerate() {
            form.json(|json| json.plain(word));
            form.text(format_args!("{}{word}", if place == 0 { "" } else { "," }));
        }
        form.text(format_args!("{after}"));
    });
}

/// A member that is a number, if there is one.
pub(super) fn optional(form: &mut Form, key: &str, before: &str, value: Option<impl Display>) {
    if let Some(value) = value {
        form.number(key, before, value, " ");
    }
}

fn string(form: &mut Form, key: &str, before: &str, value: Option<&ByteString>) {
    if let Some(value) = value {
        form.name(key, before, value, " ");
    }
}

/// What is shown as one word, made without an allocation.
#[derive(Clone, Copy)]
pub(super) enum Word<'a> {
    Name(&'static str),
    Number(u32),
    /// In hexadecimal.
    Bits(u32),
    /// In hexadecimal, with two digits at least.
    TwoDigits(u32),
    /// As C's `%#.2x`.
    HexOctet(u8),
    /// As C's `%#x`, which has no prefix before zero.
    Hash(u32),
    /// With colons between them.
    Octets(&'a [u8]),
    /// A link-layer address, which for a tunnel is an IP address.
    Address(LinkType, &'a LinkLayerAddress),
    /// The kind of link layer; `ip` puts a number that it has no name for in brackets.
    LinkType(LinkType, bool),
}

impl Display for Word<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Name(name) => f.write_str(name),
            Self::Number(number) => number.fmt(f),
            Self::Bits(bits) => write!(f, "{bits:x}"),
            Self::TwoDigits(bits) => write!(f, "{bits:02x}"),
            Self::HexOctet(0) => f.write_str("00"),
            Self::HexOctet(octet) => write!(f, "0x{octet:02x}"),
            Self::Hash(0) => f.write_str("0"),
            Self::Hash(number) => write!(f, "{number:#x}"),
            Self::Octets(octets) => octets.iter().enumerate().try_for_each(|(place, octet)| {
                let colon = if place == 0 { "" } else { ":" };
                write!(f, "{colon}{octet:02x}")
            }),
            Self::LinkType(kind, numeric) => match kind.name().filter(|_| !numeric) {
                Some(name) => f.write_str(name),
                None => write!(f, "[{}]", kind.0),
            },
            Self::Address(kind, address) => link_address(f, kind, address),
        }
    }
}

fn link_address(f: &mut fmt::Formatter<'_>, kind: LinkType, address: &LinkLayerAddress) -> fmt::Result {
    let bytes = address.as_bytes();
    match kind {
        LinkType::TUNNEL | LinkType::SIT | LinkType::IPGRE => {
            if let Ok(octets) = <[u8; 4]>::try_from(bytes) {
                return Shown(octets.into()).fmt(f);
            }
        }
        LinkType::TUNNEL6 | LinkType::IP6GRE => {
            if let Ok(octets) = <[u8; 16]>::try_from(bytes) {
                return Shown(octets.into()).fmt(f);
            }
        }
        _ => {}
    }
    address.fmt(f)
}
