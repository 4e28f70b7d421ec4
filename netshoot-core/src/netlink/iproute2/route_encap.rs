//! What a route puts around packets, in the words of `ip route`.

use std::fmt::{self, Display};

use super::super::{
    BpfEncap, BpfProgram, Encap, IlaEncap, Ioam6Encap, Ioam6Mode, Ip6Encap, IpEncap, MplsEncap, Seg6LocalEncap,
    SegmentRouting, TunnelFlags, TunnelOptions, XfrmEncap,
};
use super::Shown;
use super::form::{Form, Hex};
use super::route::Context;

/// What object the members of an encapsulation are written into: where that has keys of the same name, theirs begin with
/// `encap_`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Within {
    Route,
    NextHop,
    /// One of the next hops of a route.
    Several,
}

/// Writes an encapsulation.
pub(super) fn write(form: &mut Form, encap: &Encap, within: Within, context: &Context<'_>) {
    let kind = encap.kind();
    form.string("encap", " encap ", kind.name().filter(|_| kind.0 != 0).unwrap_or("unknown"), " ");
    match encap {
        Encap::Mpls(mpls) => write_mpls(form, mpls, within),
        Encap::Ip(ip) => write_ip(form, ip, within, context),
        Encap::Ip6(ip6) => write_ip6(form, ip6, within, context),
        Encap::Ila(ila) => write_ila(form, ila),
        Encap::Seg6(seg6) => {
            if let (Some(mode), Some(srh)) = (seg6.mode, &seg6.srh) {
                form.string("mode", "mode ", mode.name().unwrap_or("<unknown>"), " ");
                word(form, "tunsrc", "tunsrc ", seg6.tunsrc.map(|address| Shown(address.into())));
                write_srh(form, srh);
            }
        }
        Encap::Bpf(bpf) => write_bpf(form, bpf),
        Encap::Seg6Local(local) => write_seg6local(form, local, within, context),
        Encap::Rpl(rpl) => write_segments(form, &rpl.segs),
        Encap::Ioam6(ioam6) => write_ioam6(form, ioam6, within),
        Encap::Xfrm(xfrm) => write_xfrm(form, xfrm, context),
        Encap::Other { .. } => {}
    }
}

fn write_mpls(form: &mut Form, mpls: &MplsEncap, within: Within) {
    if let Some(labels) = &mpls.dst {
        form.string(key(within, "encap_dst", "dst"), " ", labels, " ");
    }
    number(form, "ttl", "ttl ", mpls.ttl);
}

fn write_ip(form: &mut Form, ip: &IpEncap, within: Within, context: &Context<'_>) {
    number(form, id_key(within), "id ", ip.id);
    word(form, "src", "src ", ip.src);
    word(form, key(within, "encap_dst", "dst"), "dst ", ip.dst);
    number(form, "ttl", "ttl ", ip.ttl);
    number(form, key(within, "encap_tos", "tos"), "tos ", ip.tos);
    write_flags(form, ip.flags);
    if let Some(options) = &ip.opts {
        write_options(form, options, context);
    }
}

fn write_ip6(form: &mut Form, ip6: &Ip6Encap, within: Within, context: &Context<'_>) {
    number(form, id_key(within), "id ", ip6.id);
    word(form, "src", "src ", ip6.src.map(|address| Shown(address.into())));
    word(form, key(within, "encap_dst", "dst"), "dst ", ip6.dst.map(|address| Shown(address.into())));
    number(form, "hoplimit", "hoplimit ", ip6.hoplimit);
    number(form, "tc", "tc ", ip6.tc);
    write_flags(form, ip6.flags);
    if let Some(options) = &ip6.opts {
        write_options(form, options, context);
    }
}

fn write_flags(form: &mut Form, flags: Option<TunnelFlags>) {
    let words =
        [(TunnelFlags::KEY, "key", "key "), (TunnelFlags::CSUM, "csum", "csum "), (TunnelFlags::SEQ, "seq", "seq ")];
    for (flag, key, word) in words {
        if flags.unwrap_or_default().contains(flag) {
            form.flag(key, word);
        }
    }
}

fn write_options(form: &mut Form, options: &TunnelOptions, context: &Context<'_>) {
    let name = match options {
        TunnelOptions::Geneve(_) => "geneve_opts",
        TunnelOptions::Vxlan(_) => "vxlan_opts",
        TunnelOptions::Erspan(_) => "erspan_opts",
    };
    form.text(format_args!("{}\t{name} ", context.line_feed()));
    form.array(name, |form| match options {
        TunnelOptions::Geneve(options) => {
            for (place, option) in options.iter().enumerate() {
                form.object(|form| {
                    form.number("class", "", option.class, ":");
                    form.number("type", "", option.kind, ":");
                    form.string("data", "", Hex(&option.data), if place + 1 < options.len() { "," } else { " " });
                });
            }
        }
        TunnelOptions::Vxlan(options) => form.object(|form| number(form, "gbp", "", options.gbp)),
        TunnelOptions::Erspan(options) => form.object(|form| {
            let is_first = options.ver == Some(1);
            let of =
                |version_one: bool, value: Option<u32>| value.filter(|_| is_first == version_one).unwrap_or_default();
            form.number("ver", "", options.ver.unwrap_or_default(), "");
            form.number("index", ":", of(true, options.index), "");
            form.number("dir", ":", of(false, options.dir.map(u32::from)), "");
            form.number("hwid", ":", of(false, options.hwid.map(u32::from)), " ");
        }),
    });
}

fn write_ila(form: &mut Form, ila: &IlaEncap) {
    let of = |names: &[(u8, &'static str)], number: u8| {
        names.iter().find(|(known, _)| *known == number).map_or("unknown", |(_, name)| *name)
    };
    word(form, "locator", " ", ila.locator.map(Locator));
    word(form, "csum_mode", " csum-mode ", ila.csum_mode.map(|mode| of(&ILA_CSUM_MODES, mode)));
    word(form, "ident_type", " ident-type ", ila.ident_type.map(|kind| of(&ILA_IDENT_TYPES, kind)));
    word(form, "hook_type", " hook-type ", ila.hook_type.map(|hook| of(&ILA_HOOK_TYPES, hook)));
}

fn write_srh(form: &mut Form, srh: &SegmentRouting) {
    write_segments(form, &srh.segs);
    if let Some(hmac) = srh.hmac {
        form.json(|json| json.key("hmac").display(format_args!("{hmac:#x}")));
        form.text(format_args!("hmac {hmac:X} "));
    }
}

fn write_segments(form: &mut Form, segments: &[std::net::Ipv6Addr]) {
    form.text(format_args!("segs {} [ ", segments.len()));
    form.array("segs", |form| segments.iter().for_each(|segment| form.item("", Shown((*segment).into()), " ")));
    form.text(format_args!("] "));
}

fn write_seg6local(form: &mut Form, local: &Seg6LocalEncap, within: Within, context: &Context<'_>) {
    let Some(action) = local.action else { return };
    form.string("action", "action ", action.name().unwrap_or("<invalid>"), " ");
    if let Some(srh) = &local.srh {
        form.member("srh", |form| write_srh(form, srh));
    }
    let table = |number: Option<u32>| number.map(|number| context.names.table(number));
    word(form, key(within, "encap_table", "table"), "table ", table(local.table));
    word(form, "vrftable", "vrftable ", table(local.vrftable));
    word(form, "nh4", "nh4 ", local.nh4);
    word(form, "nh6", "nh6 ", local.nh6.map(|address| Shown(address.into())));
    if let Some(iif) = local.iif {
        context.link(form, key(within, "encap_iif", "iif"), "iif ", iif, " ");
    }
    if let Some(oif) = local.oif {
        context.link(form, "oif", "oif ", oif, " ");
    }
    if let Some(program) = &local.bpf {
        write_program(form, "endpoint", program);
    }
    if let Some(counters) = local.counters.as_ref().filter(|_| context.options.statistics) {
        form.member("stats64", |form| {
            form.number("packets", "packets ", counters.packets.unwrap_or_default(), " ");
            form.number("bytes", "bytes ", counters.bytes.unwrap_or_default(), " ");
            form.number("errors", "errors ", counters.errors.unwrap_or_default(), " ");
        });
    }
    if let Some(flavors) = &local.flavors {
        if let Some(operation) = flavors.operation {
            form.text(format_args!("flavors "));
            form.array("flavors", |form| {
                for (place, name) in operation.names().enumerate() {
                    form.item(if place == 0 { "" } else { "," }, name, "");
                }
            });
            form.text(format_args!(" "));
        }
        number(form, "lblen", "lblen ", flavors.lcblock_bits);
        number(form, "nflen", "nflen ", flavors.lcnode_fn_bits);
    }
}

fn write_bpf(form: &mut Form, bpf: &BpfEncap) {
    for (key, program) in [("in", &bpf.input), ("out", &bpf.output), ("xmit", &bpf.xmit)] {
        if let Some(program) = program {
            write_program(form, key, program);
        }
    }
    number(form, "headroom", " ", bpf.headroom);
}

fn write_program(form: &mut Form, key: &str, program: &BpfProgram) {
    form.text(format_args!("{key} "));
    match &program.name {
        Some(name) => form.name(key, "", name, " "),
        None => form.json(|json| json.key(key).display("<unknown>")),
    }
}

/// Nothing is said of a measurement that lacks a part.
fn write_ioam6(form: &mut Form, ioam6: &Ioam6Encap, within: Within) {
    let (Some(mode), Some(trace), Some(k), Some(n)) = (ioam6.mode, ioam6.trace, ioam6.freqk, ioam6.freqn) else {
        return;
    };
    form.number("freqk", "freq ", k, "");
    form.number("freqn", "/", n, " ");
    let is_inline = mode == Ioam6Mode::INLINE;
    if ioam6.tundst.is_none() && !is_inline {
        return;
    }
    form.string("mode", "mode ", mode.name().unwrap_or("<unknown>"), " ");
    word(form, "tunsrc", "tunsrc ", ioam6.tunsrc.filter(|_| !is_inline).map(|address| Shown(address.into())));
    word(form, "tundst", "tundst ", ioam6.tundst.filter(|_| !is_inline).map(|address| Shown(address.into())));
    for name in ["trace", "prealloc"] {
        form.json(|json| json.key(name).null());
        form.text(format_args!("{name} "));
    }
    form.json(|json| json.key(key(within, "encap_type", "type")).display(format_args!("{:x}", trace.kind)));
    form.text(format_args!("type {:#08x} ", trace.kind));
    form.number("ns", "ns ", trace.namespace, " ");
    form.number("size", "size ", trace.size, " ");
}

fn write_xfrm(form: &mut Form, xfrm: &XfrmEncap, context: &Context<'_>) {
    number(form, "if_id", "if_id ", xfrm.if_id);
    if let Some(link) = xfrm.link {
        context.link(form, "link_dev", "link_dev ", link, " ");
    }
}

const fn key(within: Within, own: &'static str, plain: &'static str) -> &'static str {
    match within {
        Within::Route => own,
        Within::NextHop | Within::Several => plain,
    }
}

const fn id_key(within: Within) -> &'static str {
    match within {
        Within::NextHop => "encap_id",
        Within::Route | Within::Several => "id",
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

/// The four groups of a locator.
struct Locator([u8; 8]);

impl Display for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (groups, _) = self.0.as_chunks::<2>();
        groups.iter().enumerate().try_for_each(|(place, group)| {
            let before = if place == 0 { "" } else { ":" };
            write!(f, "{before}{:x}", u16::from_be_bytes(*group))
        })
    }
}

// linux/ila.h
const ILA_CSUM_MODES: [(u8, &str); 4] =
    [(0, "adj-transport"), (1, "neutral-map"), (2, "no-action"), (3, "neutral-map-auto")];
const ILA_IDENT_TYPES: [(u8, &str); 7] = [
    (0, "iid"),
    (1, "luid"),
    (2, "virt-v4"),
    (3, "virt-uni-v6"),
    (4, "virt-multi-v6"),
    (5, "nonlocal-addr"),
    (32, "use-format"),
];
const ILA_HOOK_TYPES: [(u8, &str); 2] = [(0, "output"), (1, "input")];
