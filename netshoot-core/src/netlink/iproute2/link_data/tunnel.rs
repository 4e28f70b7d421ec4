//! Tunnels directly over IP.

use std::net::{IpAddr, Ipv4Addr};

use super::super::Shown;
use super::super::form::Form;
use super::super::link::Context;
use super::{hash, named, specified, tos, ttl, word};
use crate::netlink::{Gre, IpTunnel, Vti, Xfrm};

pub(super) fn gre(form: &mut Form, gre: &Gre, context: &Context<'_>) {
    if_true!(form, gre: external "external ");
    ends(form, gre.remote, gre.local);
    context.reference_if_any(form, "link", "dev ", gre.link, " ");
    ttl(form, "ttl ", gre.ttl.unwrap_or_default(), "inherit");
    tos(form, gre.tos);
    if let Some(pmtudisc) = gre.pmtudisc {
        form.json(|json| json.key("pmtudisc").bool(pmtudisc));
        if !pmtudisc {
            form.text(format_args!("nopmtudisc "));
        }
    }
    if_true!(form, gre: ignore_df "ignore-df ");
    gre_options(form, gre);
    hash(form, "fwmark", "fwmark ", gre.fwmark);
    erspan(form, gre);
    encap(form, gre.encap_type, gre.encap_flags, gre.encap_sport, gre.encap_dport);
}

pub(super) fn ip6gre(form: &mut Form, gre: &Gre, context: &Context<'_>) {
    if_true!(form, gre: external "external ");
    ends(form, gre.remote, gre.local);
    context.reference_if_any(form, "link", "dev ", gre.link, " ");
    let flags = gre.flags.unwrap_or_default();
    outer_ipv6(form, gre.ttl, flags, gre.encap_limit, gre.flowinfo);
    gre_options(form, gre);
    if flags & ALLOW_LOCAL_REMOTE != 0 {
        form.flag("ip6_tnl_f_allow_local_remote", "allow-localremote ");
    }
    ipv6_mark(form, flags, gre.fwmark);
    erspan(form, gre);
    encap(form, gre.encap_type, gre.encap_flags, gre.encap_sport, gre.encap_dport);
}

pub(super) fn ip_tunnel(form: &mut Form, tunnel: &IpTunnel, context: &Context<'_>) {
    if_true!(form, tunnel: external "external ");
    let proto = tunnel.proto.and_then(|proto| match proto {
        4 => Some("ipip"),
        41 => Some("ip6ip"),
        137 => Some("mplsip"),
        0 => Some("any"),
        _ => None,
    });
    word(form, "proto", "", proto);
    ends(form, tunnel.remote, tunnel.local);
    context.reference_if_any(form, "link", "dev ", tunnel.link, " ");
    ttl(form, "ttl ", tunnel.ttl.unwrap_or_default(), "inherit");
    tos(form, tunnel.tos);
    super::negatable(form, "pmtudisc", "pmtudisc ", Some(tunnel.pmtudisc == Some(true)));
    if tunnel.flags.is_some_and(|flags| flags & ISATAP != 0) {
        form.flag("isatap", "isatap ");
    }
    rapid_deployment(form, tunnel);
    hash(form, "fwmark", "fwmark ", tunnel.fwmark);
    encap(form, tunnel.encap_type, tunnel.encap_flags, tunnel.encap_sport, tunnel.encap_dport);
}

pub(super) fn ip6_tunnel(form: &mut Form, tunnel: &IpTunnel, context: &Context<'_>) {
    if_true!(form, tunnel: external "external ");
    let proto = tunnel.proto.and_then(|proto| match proto {
        4 => Some("ipip6"),
        41 => Some("ip6ip6"),
        0 => Some("any"),
        _ => None,
    });
    word(form, "proto", "", proto);
    ends(form, tunnel.remote, tunnel.local);
    context.reference_if_any(form, "link", "dev ", tunnel.link, " ");
    let flags = tunnel.flags.unwrap_or_default();
    outer_ipv6(form, tunnel.ttl, flags, tunnel.encap_limit, tunnel.flowinfo);
    if flags & MOBILE != 0 {
        form.flag("ip6_tnl_f_mip6_dev", "mip6 ");
    }
    if flags & ALLOW_LOCAL_REMOTE != 0 {
        form.flag("ip6_tnl_f_allow_local_remote", "allow-localremote ");
    }
    ipv6_mark(form, flags, tunnel.fwmark);
    encap(form, tunnel.encap_type, tunnel.encap_flags, tunnel.encap_sport, tunnel.encap_dport);
}

pub(super) fn vti(form: &mut Form, vti: &Vti, context: &Context<'_>) {
    ends(form, vti.remote, vti.local);
    context.reference_if_any(form, "link", "dev ", vti.link, " ");
    word(form, "ikey", "ikey ", vti.ikey.filter(|key| *key != 0).map(Ipv4Addr::from_bits));
    word(form, "okey", "okey ", vti.okey.filter(|key| *key != 0).map(Ipv4Addr::from_bits));
    hash(form, "fwmark", "fwmark ", vti.fwmark);
}

pub(super) fn xfrm(form: &mut Form, xfrm: &Xfrm) {
    if xfrm.external == Some(true) {
        form.flag("external", "external ");
    } else {
        word(form, "if_id", "if_id ", xfrm.if_id.map(super::Word::Hash));
    }
}

fn ends(form: &mut Form, remote: Option<IpAddr>, local: Option<IpAddr>) {
    for (key, before, end) in [("remote", "remote ", remote), ("local", "local ", local)] {
        match specified(end) {
            Some(end) => form.string(key, before, end, " "),
            None => form.string(key, before, "any", " "),
        }
    }
}

fn gre_options(form: &mut Form, gre: &Gre) {
    let (iflags, oflags) = (gre.iflags.unwrap_or_default(), gre.oflags.unwrap_or_default());
    word(form, "ikey", "ikey ", gre.ikey.filter(|_| iflags & GRE_KEY != 0).map(Ipv4Addr::from_bits));
    word(form, "okey", "okey ", gre.okey.filter(|_| oflags & GRE_KEY != 0).map(Ipv4Addr::from_bits));
    for (key, text, is_set) in [
        ("iseq", "iseq ", iflags & GRE_SEQ != 0),
        ("oseq", "oseq ", oflags & GRE_SEQ != 0),
        ("icsum", "icsum ", iflags & GRE_CSUM != 0),
        ("ocsum", "ocsum ", oflags & GRE_CSUM != 0),
    ] {
        if is_set {
            form.flag(key, text);
        }
    }
}

fn erspan(form: &mut Form, gre: &Gre) {
    numbers!(form, gre: erspan_index "erspan_index", erspan_ver "erspan_ver");
    word(form, "erspan_dir", "erspan_dir ", gre.erspan_dir.map(|dir| named(&["ingress"], dir.into(), "egress")));
    word(form, "erspan_hwid", "erspan_hwid ", gre.erspan_hwid.map(|id| super::Word::Hash(id.into())));
}

/// The outer IPv6 header.
fn outer_ipv6(form: &mut Form, hop_limit: Option<u8>, flags: u32, limit: Option<u8>, flowinfo: Option<u32>) {
    ttl(form, "hoplimit ", hop_limit.unwrap_or_default(), "inherit");
    if flags & IGNORE_ENCAP_LIMIT != 0 {
        form.flag("ip6_tnl_f_ign_encap_limit", "encaplimit none ");
    } else if let Some(limit) = limit {
        form.number("encap_limit", "encaplimit ", limit, " ");
    }
    if flags & ORIGINAL_CLASS != 0 {
        form.flag("ip6_tnl_f_use_orig_tclass", "tclass inherit ");
    } else if let Some(flowinfo) = flowinfo {
        form.string("tclass", "tclass ", format_args!("0x{:02x}", flowinfo >> 20 & 0xff), " ");
    }
    if flags & ORIGINAL_LABEL != 0 {
        form.flag("ip6_tnl_f_use_orig_flowlabel", "flowlabel inherit ");
    } else if let Some(flowinfo) = flowinfo {
        form.string("flowlabel", "flowlabel ", format_args!("0x{:05x}", flowinfo & 0xf_ffff), " ");
    }
    if flags & COPY_DSCP != 0 {
        form.flag("ip6_tnl_f_rcv_dscp_copy", "dscp inherit ");
    }
}

fn ipv6_mark(form: &mut Form, flags: u32, mark: Option<u32>) {
    if flags & ORIGINAL_MARK != 0 {
        form.flag("ip6_tnl_f_use_orig_fwmark", "fwmark inherit ");
    } else {
        hash(form, "fwmark", "fwmark ", mark);
    }
}

/// IPv6 rapid deployment (RFC 5969).
fn rapid_deployment(form: &mut Form, tunnel: &IpTunnel) {
    let (Some(prefix), Some(length)) = (tunnel.prefix, tunnel.prefixlen.filter(|length| *length != 0)) else { return };
    form.string("prefix", "6rd-prefix ", Shown(prefix), "");
    form.number("prefixlen", "/", length, " ");
    if let (Some(relay), Some(length)) = (specified(tunnel.relay_prefix), tunnel.relay_prefixlen) {
        form.string("relay_prefix", "6rd-relay_prefix ", relay, "");
        form.number("relay_prefixlen", "/", length, " ");
    }
}

/// An encapsulation in UDP within the tunnel.
fn encap(form: &mut Form, kind: Option<u16>, flags: Option<u16>, sport: Option<u16>, dport: Option<u16>) {
    let Some(kind) = kind.filter(|kind| *kind != 0) else { return };
    let (flags, sport, dport) = (flags.unwrap_or_default(), sport.unwrap_or_default(), dport.unwrap_or_default());
    let name = match kind {
        1 => Some("fou"),
        2 => Some("gue"),
        _ => None,
    };
    let options = [("csum", flags & 1 != 0), ("csum6", flags & 2 != 0), ("remcsum", flags & 4 != 0)];
    form.json(|json| {
        json.key("encap").begin_object();
        match name {
            Some(name) => json.key("type").display(name),
            None => json.key("type").null(),
        }
        json.key("sport").number(sport);
        json.key("dport").number(dport);
        options.iter().for_each(|(key, is_set)| json.key(key).bool(*is_set));
        json.end_object();
    });
    form.text(format_args!("encap {} ", name.unwrap_or("unknown")));
    match sport {
        0 => form.text(format_args!("encap-sport auto ")),
        sport => form.text(format_args!("encap-sport {sport} ")),
    }
    form.text(format_args!("encap-dport {dport} "));
    for (word, is_set) in options {
        form.text(format_args!("{}encap-{word} ", if is_set { "" } else { "no" }));
    }
}

const GRE_KEY: u16 = 0x2000;
const GRE_SEQ: u16 = 0x1000;
const GRE_CSUM: u16 = 0x8000;
/// `SIT_ISATAP`.
const ISATAP: u32 = 1;
// IP6_TNL_F_*
const IGNORE_ENCAP_LIMIT: u32 = 0x1;
const ORIGINAL_CLASS: u32 = 0x2;
const ORIGINAL_LABEL: u32 = 0x4;
const MOBILE: u32 = 0x8;
const COPY_DSCP: u32 = 0x10;
const ORIGINAL_MARK: u32 = 0x20;
const ALLOW_LOCAL_REMOTE: u32 = 0x40;
