#!/bin/sh
# Builds and runs a crate outside the workspace that depends on what `cargo package` makes, then checks that the package
# compiles with each feature alone. Everything happens in a temporary folder.
#
# usage: netshoot-core/tests/consumer.sh
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
cargo=${CARGO:-cargo}
# One target folder for all that follows, kept between runs when the caller has one.
target=${CARGO_TARGET_DIR:-$top/target}/consumer

cd "$top"
"$cargo" package --quiet --no-verify --allow-dirty -p netshoot-core --target-dir "$work/package"
tar -xzf "$work"/package/package/netshoot-core-*.crate -C "$work"
mv "$work"/netshoot-core-[0-9]* "$work/netshoot-core"

mkdir -p "$work/consumer/src"
cat > "$work/consumer/Cargo.toml" <<'TOML'
[package]
name = "consumer"
version = "0.0.0"
edition = "2021"

[dependencies]
netshoot-core = { path = "../netshoot-core" }

[workspace]
TOML
# The versions that the workspace is tested with, as far as they are needed.
cp "$top/Cargo.lock" "$work/consumer/"
cat > "$work/consumer/src/main.rs" <<'RUST'
use netshoot_core::analysis::{Analyzer, Options};
use netshoot_core::capture::{Frame, Timestamp};
use netshoot_core::packet::LinkType;

fn main() {
    let mut analyzer = Analyzer::new(Options::default());
    let syn = [
        0x45, 0, 0, 40, 0, 1, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x9c, 0x40, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0,
        0x50, 2, 0xff, 0xff, 0, 0, 0, 0,
    ];
    let frame = Frame::new(1, Some(Timestamp::from_nanos(0)), LinkType::RAW, &syn);
    analyzer.push(&frame, &frame.packet());
    let report = analyzer.finish();
    assert_eq!(report.flows.len(), 1);
    println!("{} > {}: {}", report.flows[0].client, report.flows[0].server, frame.packet());
}
RUST
cd "$work/consumer"
"$cargo" run --quiet --target-dir "$target"

cp "$top/Cargo.lock" "$work/netshoot-core/"
printf '\n[workspace]\n' >> "$work/netshoot-core/Cargo.toml"
cd "$work/netshoot-core"
for features in "" std compression arrow serde "std,arrow,serde"; do
    "$cargo" check --quiet --lib --no-default-features --features "$features" --target-dir "$target"
    echo "compiles with features: ${features:-none}"
done
