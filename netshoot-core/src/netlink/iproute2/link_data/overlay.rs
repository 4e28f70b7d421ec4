//! Tunnels over UDP.

use super::super::Shown;
use super::super::form::Form;
use super::super::link::Context;
use super::{df, hash, named, number, specified, tag_protocol, tos, ttl, word};
use crate::netlink::{Amt, Bareudp, Geneve, Gtp, Vxlan};

pub(super) fn vxlan(form: &mut Form, vxlan: &Vxlan, context: &Context<'_>) {
    if_true!(form, vxlan: external "external ", vnifilter "vnifilter");
    numbers!(form, vxlan: id "id");
    if let Some(Shown(remote)) = specified(vxlan.remote) {
        let (key, before) = match (remote.is_multicast(), remote.is_ipv6()) {
            (true, false) => ("group", "group "),
            (true, true) => ("group6", "group "),
            (false, false) => ("remote", "remote "),
            (false, true) => ("remote6", "remote "),
        };
        form.string(key, before, Shown(remote), " ");
    }
    if let Some(Shown(local)) = specified(vxlan.local) {
        form.string(if local.is_ipv6() { "local6" } else { "local" }, "local ", Shown(local), " ");
    }
    context.reference_if_any(form, "link", "dev ", vxlan.link, " ");
    if let Some((low, high)) = vxlan.port_range {
        form.member("port_range", |form| {
            form.number("low", "srcport ", low, " ");
            form.number("high", "", high, " ");
        });
    }
    numbers!(form, vxlan: port "dstport");
    if let Some(learning) = vxlan.learning {
        form.json(|json| json.key("learning").bool(learning));
        if !learning {
            form.text(format_args!("nolearning "));
        }
    }
    if_true!(form, vxlan: proxy "proxy ", rsc "rsc ", l2miss "l2miss ", l3miss "l3miss ");
    tos(form, vxlan.tos);
    time_to_live(form, vxlan.ttl, vxlan.ttl_inherit);
    df(form, vxlan.df);
    hash(form, "label", "flowlabel ", vxlan.label);
    if let Some(ageing) = vxlan.ageing {
        form.json(|json| json.key("ageing").number(ageing));
        match ageing {
            0 => form.text(format_args!("ageing none ")),
            ageing => form.text(format_args!("ageing {ageing} ")),
        }
    }
    number(form, "limit", "maxaddr ", vxlan.limit.filter(|limit| *limit != 0));
    negatable!(
        form, vxlan: udp_csum "udpcsum", udp_zero_csum6_tx "udp6zerocsumtx", udp_zero_csum6_rx "udp6zerocsumrx",
    );
    if_true!(form, vxlan: remcsum_tx "remcsumtx ", remcsum_rx "remcsumrx ", gbp "gbp ", gpe "gpe ");
}

pub(super) fn geneve(form: &mut Form, geneve: &Geneve) {
    if_true!(form, geneve: external "external ");
    numbers!(form, geneve: id "id");
    if let Some(Shown(remote)) =
        specified(geneve.remote).filter(|Shown(remote)| remote.is_ipv4() || !remote.is_multicast())
    {
        form.string(if remote.is_ipv6() { "remote6" } else { "remote" }, "remote ", Shown(remote), " ");
    }
    time_to_live(form, geneve.ttl, geneve.ttl_inherit);
    tos(form, geneve.tos);
    df(form, geneve.df);
    hash(form, "label", "flowlabel ", geneve.label);
    numbers!(form, geneve: port "dstport");
    negatable!(
        form, geneve: udp_csum "udpcsum", udp_zero_csum6_tx "udp6zerocsumtx", udp_zero_csum6_rx "udp6zerocsumrx",
    );
    if_true!(form, geneve: inner_proto_inherit "innerprotoinherit ");
}

pub(super) fn bareudp(form: &mut Form, bareudp: &Bareudp) {
    numbers!(form, bareudp: dstport "dstport");
    word(form, "ethertype", "ethertype ", bareudp.ethertype.map(tag_protocol));
    numbers!(form, bareudp: srcportmin "srcportmin");
    let multiproto = bareudp.multiproto == Some(true);
    super::negatable(form, "multiproto", "multiproto ", Some(multiproto));
}

pub(super) fn gtp(form: &mut Form, gtp: &Gtp) {
    word(form, "role", "role ", gtp.role.map(|role| named(&["ggsn", "sgsn"], role, "unknown")));
    numbers!(form, gtp: hsize "hsize", restart_count "restart_count");
}

pub(super) fn amt(form: &mut Form, amt: &Amt, context: &Context<'_>) {
    word(form, "mode", "", amt.mode.map(|mode| named(&["gateway", "relay"], mode, "unknown")));
    numbers!(form, amt: gateway_port "gateway_port", relay_port "relay_port");
    word(form, "local", "local ", amt.local.map(Shown));
    word(form, "remote", "remote ", amt.remote.map(Shown));
    word(form, "discovery", "discovery ", amt.discovery.map(Shown));
    if let Some(link) = amt.link {
        context.reference(form, "link", "dev ", link, " ");
    }
    numbers!(form, amt: max_tunnels "max_tunnels");
}

fn time_to_live(form: &mut Form, number: Option<u8>, inherited: Option<bool>) {
    match number {
        _ if inherited == Some(true) => form.text(format_args!("ttl inherit ")),
        Some(number) => ttl(form, "ttl ", number, "auto"),
        None => {}
    }
}
