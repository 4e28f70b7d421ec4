//! What `ip -d` shows of a virtual device or port: its kind, with its settings.

use std::fmt::{self, Display};
use std::net::IpAddr;

use super::super::{ByteString, LinkData, LinkInfo};
use super::Shown;
use super::form::Form;
use super::link::{Context, Word};

/// Members that are numbers, shown with words of text before them.
macro_rules! numbers {
    ($form:ident, $from:ident: $($field:ident $before:literal),* $(,)?) => {
        $($crate::netlink::iproute2::link_data::number($form, stringify!($field), concat!($before, " "), $from.$field);)*
    };
}

/// Members that are true or false, and `on` or `off` in text.
macro_rules! switches {
    ($form:ident, $from:ident: $($field:ident $before:literal),* $(,)?) => {
        $($crate::netlink::iproute2::link_data::switch($form, stringify!($field), concat!($before, " "), $from.$field);)*
    };
}

/// Members that are only there when they are true.
macro_rules! if_true {
    ($form:ident, $from:ident: $($field:ident $word:literal),* $(,)?) => {
        $(if $from.$field == Some(true) { $form.flag(stringify!($field), $word); })*
    };
}

/// Members that are true or false, and in text a word that may have `no` before it.
macro_rules! negatable {
    ($form:ident, $from:ident: $($field:ident $word:literal),* $(,)?) => {
        $($crate::netlink::iproute2::link_data::negatable($form, stringify!($field), concat!($word, " "), $from.$field);)*
    };
}

mod bond;
mod bridge;
mod overlay;
mod point;
mod stacked;
mod tunnel;

impl Context<'_> {
    pub(super) fn link_info(&self, form: &mut Form, info: &LinkInfo) {
        form.member("linkinfo", |form| {
            if let Some(kind) = &info.kind {
                self.kind(form, "info_kind", kind, "");
            }
            if let Some(data) = &info.data {
                self.data(form, "info_data", data);
            }
            if let Some(kind) = &info.slave_kind {
                self.kind(form, "info_slave_kind", kind, "_slave");
            }
            if let Some(data) = &info.slave_data {
                self.data(form, "info_slave_data", data);
            }
        });
    }

    fn kind(&self, form: &mut Form, key: &str, kind: &ByteString, after: &str) {
        form.json(|json| json.key(key).string(kind.as_bytes()));
        form.text(format_args!("{}    {kind}{after} ", self.line));
    }

    /// A kind without a structure has no object: there are only octets to show.
    fn data(&self, form: &mut Form, key: &str, data: &LinkData) {
        if matches!(data, LinkData::Other(_)) {
            return;
        }
        form.member(key, |form| match data {
            LinkData::Bridge(data) => bridge::bridge(form, data),
            LinkData::BridgePort(data) => bridge::port(form, data, self),
            LinkData::Bond(data) => bond::bond(form, data, self),
            LinkData::BondPort(data) => bond::port(form, data),
            LinkData::Vxlan(data) => overlay::vxlan(form, data, self),
            LinkData::Geneve(data) => overlay::geneve(form, data),
            LinkData::Bareudp(data) => overlay::bareudp(form, data),
            LinkData::Gtp(data) => overlay::gtp(form, data),
            LinkData::Amt(data) => overlay::amt(form, data, self),
            LinkData::Gre(data) => tunnel::gre(form, data, self),
            LinkData::Ip6Gre(data) => tunnel::ip6gre(form, data, self),
            LinkData::IpTunnel(data) => tunnel::ip_tunnel(form, data, self),
            LinkData::Ip6Tunnel(data) => tunnel::ip6_tunnel(form, data, self),
            LinkData::Vti(data) => tunnel::vti(form, data, self),
            LinkData::Xfrm(data) => tunnel::xfrm(form, data),
            LinkData::Macvlan(data) => stacked::macvlan(form, data),
            LinkData::Vlan(data) => stacked::vlan(form, data, self),
            LinkData::Ipvlan(data) => stacked::ipvlan(form, data),
            LinkData::Vrf(data) => number(form, "table", "table ", data.table),
            LinkData::VrfPort(data) => number(form, "table", "table ", data.table),
            LinkData::Macsec(data) => stacked::macsec(form, data),
            LinkData::Hsr(data) => stacked::hsr(form, data, self),
            LinkData::Netkit(data) => stacked::netkit(form, data),
            LinkData::Ipoib(data) => stacked::ipoib(form, data),
            LinkData::Rmnet(data) => number(form, "mux_id", "mux_id ", data.mux_id),
            LinkData::Dsa(data) => {
                if let Some(conduit) = data.conduit {
                    self.reference(form, "conduit", "conduit ", conduit, " ");
                }
            }
            LinkData::Wwan(data) => number(form, "linkid", "linkid ", data.link_id),
            LinkData::Tun(data) => point::tun(form, data, self),
            LinkData::Can(data) => point::can(form, data, self),
            LinkData::Other(_) => {}
        });
    }
}

fn number(form: &mut Form, key: &str, before: &str, value: Option<impl Display>) {
    if let Some(value) = value {
        form.number(key, before, value, " ");
    }
}

fn word(form: &mut Form, key: &str, before: &str, value: Option<impl Display>) {
    if let Some(value) = value {
        form.string(key, before, value, " ");
    }
}

/// In hexadecimal, unless it is 0.
fn hash(form: &mut Form, key: &str, before: &str, value: Option<u32>) {
    word(form, key, before, value.filter(|value| *value != 0).map(Word::Hash));
}

fn switch(form: &mut Form, key: &str, before: &str, value: Option<bool>) {
    if let Some(value) = value {
        form.json(|json| json.key(key).bool(value));
        form.text(format_args!("{before}{} ", if value { "on" } else { "off" }));
    }
}

fn negatable(form: &mut Form, key: &str, word: &str, value: Option<bool>) {
    if let Some(value) = value {
        form.json(|json| json.key(key).bool(value));
        form.text(format_args!("{}{word}", if value { "" } else { "no" }));
    }
}

/// A number by its name.
fn named<'a>(names: &'a [&'static str], number: u32, unknown: &'static str) -> Word<'a> {
    let name = usize::try_from(number).ok().and_then(|place| names.get(place));
    Word::Name(name.copied().unwrap_or(unknown))
}

/// An address that is not the unspecified one.
fn specified(address: Option<IpAddr>) -> Option<Shown> {
    address.filter(|address| !address.is_unspecified()).map(Shown)
}

/// Time to live of a tunnel, which 0 leaves to `zero`.
fn ttl(form: &mut Form, word: &str, ttl: u8, zero: &str) {
    form.json(|json| json.key("ttl").number(ttl));
    match ttl {
        0 => form.text(format_args!("{word}{zero} ")),
        ttl => form.text(format_args!("{word}{ttl} ")),
    }
}

/// Type of service of a tunnel; 1 is inherited.
fn tos(form: &mut Form, tos: Option<u8>) {
    let Some(tos) = tos.filter(|tos| *tos != 0) else { return };
    let hash = Word::Hash(tos.into());
    form.json(|json| json.key("tos").display(hash));
    if tos == 1 { form.text(format_args!("tos inherit ")) } else { form.text(format_args!("tos {hash} ")) }
}

/// Don't fragment, which goes without saying when it is unset.
fn df(form: &mut Form, df: Option<u8>) {
    let Some(word) = df.and_then(|df| ["unset", "set", "inherit"].get(usize::from(df))) else { return };
    form.json(|json| json.key("df").display(word));
    if df != Some(0) {
        form.text(format_args!("df {word} "));
    }
}

/// An EtherType by the name that iproute2 has for it.
pub(super) fn tag_protocol(ether_type: u16) -> EtherType {
    EtherType(ether_type)
}

pub(super) struct EtherType(u16);

impl Display for EtherType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            0x0800 => "ip",
            0x0806 => "arp",
            0x86dd => "ipv6",
            0x8100 => "802.1Q",
            0x88a8 => "802.1ad",
            0x8847 => "mpls_uc",
            0x8848 => "mpls_mc",
            other => return write!(f, "[{other}]"),
        })
    }
}
