//! The C door: `netshoot.h`, a shared and a static library.
//!
//! Nothing is decided here. Each function turns pointers into references, calls netshoot-core, and turns the answer into
//! plain structs or opaque handles. Three rules hold for all of them: a null pointer is an error, a panic is an error,
//! and who owns what can be told from the type: `const T *` is lent, and what `_new`, `_open`, `_list` or `_analyze…`
//! returns belongs to the caller until the matching `_free`.
//!
//! The header is generated from these sources by cbindgen, so the names are those of C, and the comments are the
//! header's documentation.
#![allow(unsafe_code, reason = "raw pointers are what a C interface takes")]
#![allow(non_camel_case_types, reason = "types have the name that C sees")]
#![allow(clippy::missing_safety_doc, reason = "the header states once what holds for every pointer")]

mod address;
mod aggregates;
mod analyzer;
mod application;
mod arrow;
mod canceller;
mod capture;
mod capture_index;
mod capture_writer;
mod checksum;
mod closing;
mod control;
mod counters;
mod datagrams;
mod delta;
mod dhcp;
mod dns;
mod error;
mod evidence;
mod filter;
mod finding;
mod flow;
mod interfaces;
mod kernel_links;
mod kernel_routes;
mod kernel_sockets;
mod kernel_tables;
mod listing;
mod look;
mod namespaces;
mod netlink;
mod packet;
mod packet_sockets;
mod pointer;
mod ports;
mod report;
mod series;
mod snapshot;
mod socket_owners;
mod story;
mod streams;
mod string_pool;
mod text;
mod throughput_client;
mod throughput_interval;
mod throughput_options;
mod throughput_report;
mod throughput_round_trips;
mod throughput_series;
mod throughput_server;
mod version;
mod watch;

pub use address::{netshoot_address_format, netshoot_address_t};
pub use aggregates::*;
pub use analyzer::*;
pub use application::*;
pub use arrow::*;
pub use canceller::*;
pub use capture::*;
pub use capture_index::*;
pub use capture_writer::*;
pub use checksum::*;
pub use closing::*;
pub use control::*;
pub use counters::*;
pub use datagrams::*;
pub use delta::*;
pub use dhcp::*;
pub use dns::*;
pub use error::*;
pub use evidence::*;
pub use filter::netshoot_filter_t;
pub use finding::*;
pub use flow::*;
pub use interfaces::*;
pub use kernel_links::*;
pub use kernel_routes::*;
pub use kernel_sockets::*;
pub use kernel_tables::*;
pub use listing::*;
pub use namespaces::*;
pub use netlink::*;
pub use packet::*;
pub use packet_sockets::*;
pub use ports::{netshoot_port_t, netshoot_ports_t};
pub use report::*;
pub use series::*;
pub use snapshot::*;
pub use socket_owners::*;
pub use story::*;
pub use streams::*;
pub use throughput_client::*;
pub use throughput_interval::*;
pub use throughput_options::*;
pub use throughput_report::*;
pub use throughput_round_trips::*;
pub use throughput_series::*;
pub use throughput_server::*;
pub use version::{netshoot_version, netshoot_version_number};
pub use watch::*;

/// What the header says of threads.
const _: fn() = || {
    fn shared<T: Send + Sync>() {}
    shared::<netshoot_capture_t>();
    shared::<netshoot_capture_writer_t>();
    shared::<netshoot_analyzer_t>();
    shared::<netshoot_report_t>();
    shared::<netshoot_interfaces_t>();
    shared::<netshoot_netlink_t>();
    shared::<netshoot_listing_t>();
    shared::<netshoot_counters_t>();
    shared::<netshoot_snapshot_t>();
    shared::<netshoot_diff_t>();
    shared::<netshoot_delta_t>();
    shared::<netshoot_namespaces_t>();
    shared::<netshoot_canceller_t>();
    shared::<netshoot_throughput_report_t>();
};
