//! Queueing disciplines.

use netshoot_core::netlink;

use super::item::{Item, Show};
use super::tree::Tree;

items! {
    /// A queueing discipline.
    Qdisc of netlink::Qdisc {
        /// The link that it queues for.
        ifindex: u32,
        /// Its kind: `pfifo_fast`, `htb`.
        kind: String,
        /// Its number; 0 for those that the kernel makes.
        handle: Tree,
        /// What it is part of.
        parent: Tree,
        /// How many refer to it.
        refcnt: u32,
        /// Its settings.
        options: Option<Tree>,
        /// Whether the hardware does its work.
        offloaded: bool,
        /// Block of filters that it shares for what comes in.
        ingress_block: Option<u32>,
        /// Block of filters that it shares for what goes out.
        egress_block: Option<u32>,
        /// Counters.
        stats: Option<Tree>,
        /// The kind's own counters.
        xstats: Option<Tree>,
        /// Attributes that could not be read.
        notes: Vec<String>,
    }
}
