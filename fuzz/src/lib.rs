//! What must hold for any input whatever.
//!
//! One function a target, named in [`TARGETS`]; it takes any octets and panics if an invariant is broken. On stable
//! `tests/replay.rs` calls each on the files of `corpus/<target>/` and on mutations of them. With coverage:
//! `cargo +nightly fuzz run --fuzz-dir fuzz --features libfuzzer <target>`.
//!
//! A new target is a function here, a line in [`TARGETS`], a file in `fuzz_targets/` with its `[[bin]]`, and seeds made
//! by `tests/seeds.rs`.

// A broken invariant is told by a panic: that is what a fuzzer looks for.
#![allow(clippy::panic)]

mod analysis;
mod applications;
mod capture;
#[cfg(target_os = "linux")]
mod counters;
#[cfg(target_os = "linux")]
mod netlink;
#[cfg(target_os = "linux")]
mod objects;
mod packet;
mod reassembly;
#[cfg(target_os = "linux")]
mod routes;
#[cfg(target_os = "linux")]
mod sockets;
#[cfg(target_os = "linux")]
mod throughput;
#[cfg(target_os = "linux")]
mod watch;

pub use analysis::fuzz_analysis;
pub use applications::{fuzz_dhcp, fuzz_dns, fuzz_http, fuzz_quic, fuzz_tls};
pub use capture::{fuzz_compressed, fuzz_pcap, fuzz_pcapng};
#[cfg(target_os = "linux")]
pub use counters::fuzz_counters;
#[cfg(target_os = "linux")]
pub use netlink::fuzz_netlink;
#[cfg(target_os = "linux")]
pub use objects::fuzz_objects;
pub use packet::fuzz_packet;
pub use reassembly::{fuzz_datagrams, fuzz_streams};
#[cfg(target_os = "linux")]
pub use routes::fuzz_routes;
#[cfg(target_os = "linux")]
pub use sockets::fuzz_sockets;
#[cfg(target_os = "linux")]
pub use throughput::fuzz_throughput;
#[cfg(target_os = "linux")]
pub use watch::fuzz_watch;

/// A function that takes any octets and panics if an invariant is broken.
pub type Target = fn(&[u8]);

/// Every target by its name, which is also that of its corpus.
pub const TARGETS: &[(&str, Target)] = &[
    ("pcap", fuzz_pcap),
    ("pcapng", fuzz_pcapng),
    ("compressed", fuzz_compressed),
    ("packet", fuzz_packet),
    ("dns", fuzz_dns),
    ("dhcp", fuzz_dhcp),
    ("tls", fuzz_tls),
    ("http", fuzz_http),
    ("quic", fuzz_quic),
    ("analysis", fuzz_analysis),
    ("datagrams", fuzz_datagrams),
    ("streams", fuzz_streams),
    #[cfg(target_os = "linux")]
    ("netlink", fuzz_netlink),
    #[cfg(target_os = "linux")]
    ("routes", fuzz_routes),
    #[cfg(target_os = "linux")]
    ("objects", fuzz_objects),
    #[cfg(target_os = "linux")]
    ("counters", fuzz_counters),
    #[cfg(target_os = "linux")]
    ("sockets", fuzz_sockets),
    #[cfg(target_os = "linux")]
    ("watch", fuzz_watch),
    #[cfg(target_os = "linux")]
    ("throughput", fuzz_throughput),
];
