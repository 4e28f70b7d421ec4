//! The committed corpus is what this code makes; `NETSHOOT_REGENERATE=1` writes it anew.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../../netshoot-core/tests/support/build.rs"]
#[allow(dead_code, unreachable_pub, missing_docs)]
mod build;

use std::fs;
use std::path::Path;

use build::{ORDERS, Order};

#[test]
fn committed_seeds_are_those_made_by_code() {
    let regenerate = std::env::var_os("NETSHOOT_REGENERATE").is_some_and(|value| value == "1");
    for (path, seed) in pcap().into_iter().chain(pcapng()) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(path);
        if regenerate {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &seed).unwrap();
        }
        let committed = fs::read(&path).unwrap_or_default();
        assert!(committed == seed, "{} differs; hint: NETSHOOT_REGENERATE=1", path.display());
    }
}

fn pcap() -> Vec<(String, Vec<u8>)> {
    let mut seeds = Vec::new();
    for order in ORDERS {
        seeds.push((format!("pcap/microseconds-{order:?}"), build::pcap_of_three(order, build::MICROSECONDS)));
        seeds.push((format!("pcap/nanoseconds-{order:?}"), build::pcap_of_three(order, build::NANOSECONDS)));
        let old = [
            build::pcap_header(order, build::MICROSECONDS, (2, 3), 68, 0x2400_0001),
            order.words(&[1, 2, 9, 3]),
            b"abc".to_vec(),
        ];
        seeds.push((format!("pcap/old-version-{order:?}"), old.concat()));
    }
    seeds
}

fn pcapng() -> Vec<(String, Vec<u8>)> {
    let mut seeds = Vec::new();
    for order in ORDERS {
        seeds.push((format!("pcapng/everything-{order:?}"), build::pcapng_of_everything(order)));
        seeds.push((format!("pcapng/clocks-{order:?}"), clocks(order)));
    }
    seeds
}

/// Interfaces of odd resolutions and offsets, with times at both ends.
fn clocks(order: Order) -> Vec<u8> {
    let mut file = build::section(order, (1, 0), b"");
    for (interface, resolution) in [0, 3, 12, 30, 127, 0x80, 0xbf, 0xff].into_iter().enumerate() {
        let offset = build::option(order, 14, &order.u64(u64::MAX / (interface as u64 + 1)));
        let options = [build::option(order, 9, &[resolution]), offset].concat();
        file.extend(build::interface(order, 1, 0, &options));
        file.extend(build::enhanced(order, interface as u32, u64::MAX, 1, b"x"));
        file.extend(build::enhanced(order, interface as u32, 0, 1, b"y"));
    }
    file
}
