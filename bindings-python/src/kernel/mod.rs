//! The kernel's own view: listings that stay in Rust, whose items are wrapped when they are asked for.

#[macro_use]
pub(crate) mod item;
pub(crate) mod answers;
pub(crate) mod closing;
pub(crate) mod counters;
pub(crate) mod links;
pub(crate) mod listing;
pub(crate) mod namespace;
pub(crate) mod qdiscs;
pub(crate) mod query;
pub(crate) mod routes;
pub(crate) mod sockets;
pub(crate) mod tables;
pub(crate) mod tree;
pub(crate) mod watch;
