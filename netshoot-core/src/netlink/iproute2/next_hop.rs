//! Next hop objects in iproute2's words: `ip nexthop` and `ip nexthop bucket`.
//!
//! Where iproute2 6.1 and this differ: an encapsulation's `id` is `encap_id` in JSON, as the next hop has one, too; `fdb`
//! shows next hops of bridges only, as the kernel does not look at that. The counters of groups, which iproute2 6.1 does not know, are shown when they were asked for, as newer versions do.

use std::io;

use super::super::{LinkNames, NextHop, NextHopBucket, NextHopGroupType, ResilientGroup, RouteProtocol, Scope};
use super::Shown;
use super::form::Form;
use super::names::Names;
use super::route::{Context, General, RouteOptions};
use super::route_encap::{self, Within};

/// Writes `hops` as `ip nexthop` does.
///
/// # Errors
/// Those of `out`, nothing else.
pub fn write_next_hops<'a>(
    out: &mut impl io::Write,
    hops: impl IntoIterator<Item = &'a NextHop>,
    names: &Names,
    links: &LinkNames,
    options: &RouteOptions,
) -> io::Result<()> {
    let context = Context { names, links, next_hops: None, options };
    Form::new(options.json).list(out, hops, |form, hop| {
        form.object(|form| {
            write(form, hop, &context);
        });
        form.text(format_args!("\n"));
    })
}

/// Writes `buckets` as `ip nexthop bucket` does.
///
/// # Errors
/// Those of `out`, nothing else.
pub fn write_next_hop_buckets<'a>(
    out: &mut impl io::Write,
    buckets: impl IntoIterator<Item = &'a NextHopBucket>,
    names: &Names,
    links: &LinkNames,
    options: &RouteOptions,
) -> io::Result<()> {
    let context = Context { names, links, next_hops: None, options };
    Form::new(options.json).list(out, buckets, |form, bucket| {
        form.object(|form| {
            form.number("id", "id ", bucket.id, " ");
            form.member("bucket", |form| {
                form.number("index", "index ", bucket.index, " ");
                if let Some(idle) = bucket.idle_time {
                    form.number("idle_time", "idle_time ", seconds(idle), " ");
                }
                if let Some(nhid) = bucket.nhid {
                    form.number("nhid", "nhid ", nhid, " ");
                }
            });
            context.flags(form, bucket.flags);
        });
        form.text(format_args!("\n"));
    })
}

/// Writes the members of one next hop.
pub(super) fn write(form: &mut Form, hop: &NextHop, context: &Context<'_>) {
    form.number("id", "id ", hop.id, " ");
    if !hop.group.is_empty() {
        write_group(form, hop);
    }
    if let Some(kind) = hop.group_type.filter(|kind| *kind != NextHopGroupType::MPATH) {
        form.string("type", "type ", kind.name().unwrap_or("<unknown type>"), " ");
    }
    if let Some(settings) = &hop.resilient_args {
        write_resilient(form, settings);
    }
    if let Some(encap) = &hop.encap {
        route_encap::write(form, encap, Within::NextHop, context);
    }
    if let Some(gateway) = hop.gateway {
        form.string("gateway", "via ", Shown(gateway), " ");
    }
    if let Some(oif) = hop.oif.filter(|oif| *oif != 0) {
        context.link(form, "dev", "dev ", oif, " ");
    }
    let details = context.options.details;
    if hop.scope != Scope::UNIVERSE || details {
        form.string("scope", "scope ", context.names.scope_name(hop.scope), " ");
    }
    if hop.blackhole {
        form.null("blackhole", "blackhole ");
    }
    if hop.protocol != RouteProtocol::UNSPEC || details {
        form.string("protocol", "proto ", context.names.protocol(hop.protocol), " ");
    }
    context.flags(form, hop.flags);
    if hop.fdb {
        form.null("fdb", "fdb");
    }
    if hop.group.iter().any(|member| member.packets.is_some()) {
        write_stats(form, hop, context);
    }
}

fn write_group(form: &mut Form, hop: &NextHop) {
    form.text(format_args!("group "));
    form.array("group", |form| {
        for (place, member) in hop.group.iter().enumerate() {
            form.object(|form| {
                form.number("id", if place == 0 { "" } else { "/" }, member.id, "");
                if member.weight != 1 {
                    form.number("weight", ",", member.weight, "");
                }
            });
        }
    });
    form.text(format_args!(" "));
}

fn write_resilient(form: &mut Form, settings: &ResilientGroup) {
    form.member("resilient_args", |form| {
        let time = |value: Option<u32>| seconds(value.unwrap_or_default().into());
        form.number("buckets", "buckets ", settings.buckets.unwrap_or_default(), " ");
        form.number("idle_timer", "idle_timer ", time(settings.idle_timer), " ");
        form.number("unbalanced_timer", "unbalanced_timer ", time(settings.unbalanced_timer), " ");
        form.number("unbalanced_time", "unbalanced_time ", seconds(settings.unbalanced_time.unwrap_or_default()), " ");
    });
}

fn write_stats(form: &mut Form, hop: &NextHop, context: &Context<'_>) {
    let line_feed = context.line_feed();
    form.text(format_args!("{line_feed}  stats:"));
    form.array("group_stats", |form| {
        for member in &hop.group {
            form.text(format_args!("{line_feed}    "));
            form.object(|form| {
                form.number("id", "id ", member.id, "");
                form.number("packets", " packets ", member.packets.unwrap_or_default(), "");
            });
        }
    });
}

fn seconds(hundredths: u64) -> General {
    General(hundredths as f64 / 100.0)
}
