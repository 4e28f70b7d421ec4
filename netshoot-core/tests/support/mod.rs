//! What several integration tests share: the protocol for skipping, the corpus of captures with the answers of other
//! programs, and capture files built by code.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs
)]

pub mod answers;
pub mod build;
pub mod capture_copy;
pub mod churn;
pub mod incident;
pub mod kernel;
pub mod link_kinds;
pub mod shapes;
mod skip;
pub mod still;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use flate2::read::MultiGzDecoder;
use serde_json::Value;

pub use skip::skip;

/// The shared corpus: captures, and what tshark and capinfos 4.0 say of each.
pub struct Corpus {
    root: PathBuf,
    pub captures: Vec<Capture>,
}

/// A line of the corpus's manifest.
pub struct Capture {
    /// Relative to the corpus.
    pub name: String,
    pub path: PathBuf,
    /// Of the manifest: `pcap-le-us`, `pcapng-be` and so on.
    pub format: String,
    pub sha1: String,
}

impl Corpus {
    /// The corpus that `NETSHOOT_CORPUS` names; `None`, after saying so, if there is none.
    pub fn find(test: &str) -> Option<Self> {
        let Some(root) = std::env::var_os("NETSHOOT_CORPUS").map(PathBuf::from) else {
            skip(test, "NETSHOOT_CORPUS is not set");
            return None;
        };
        let Ok(manifest) = std::fs::read_to_string(root.join("MANIFEST.tsv")) else {
            skip(test, "NETSHOOT_CORPUS has no MANIFEST.tsv");
            return None;
        };
        let mut lines = manifest.lines().map(|line| line.split('\t').collect::<Vec<_>>());
        let head = lines.next().expect("a manifest has a head line");
        let column = |name: &str| head.iter().position(|cell| *cell == name).expect("a column of the manifest");
        let (file, format, sha1) = (column("file"), column("format"), column("sha1"));
        let captures = lines
            .map(|row| Capture {
                name: row[file].into(),
                path: root.join(row[file]),
                format: row[format].into(),
                sha1: row[sha1].into(),
            })
            .collect();
        Some(Self { root, captures })
    }

    /// The stored answer of one kind (`info`, `packets`, `tcp`, `convs`) for a capture, one object a line.
    pub fn answers(&self, capture: &Capture, kind: &str) -> impl Iterator<Item = Value> + use<> {
        let path = self.root.join(format!("expected/tshark-4.0/{}.{kind}.jsonl.gz", capture.sha1));
        let file = File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let lines = BufReader::with_capacity(1 << 16, MultiGzDecoder::new(BufReader::new(file))).lines();
        lines.map(|line| serde_json::from_str(&line.expect("a line of text")).expect("a JSON object"))
    }
}

impl Capture {
    /// Whether this capture is in the share that a test looks at more closely: one in `parts`, chosen by `seed`.
    pub fn is_drawn(&self, seed: u64, parts: u64) -> bool {
        let start = u64::from_str_radix(&self.sha1[..16], 16).expect("a SHA-1");
        (start ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32 & 0xffff < 0x1_0000 / parts
    }
}

/// tshark is asked about one capture in so many: in 20, or as `NETSHOOT_CORPUS_PARTS` says.
pub fn corpus_parts() -> u64 {
    std::env::var("NETSHOOT_CORPUS_PARTS").map_or(20, |parts| parts.parse().expect("NETSHOOT_CORPUS_PARTS: a number"))
}

/// tshark about a capture, in a fixed locale and zone, without anybody's settings.
pub fn tshark(capture: &std::path::Path) -> std::process::Command {
    let mut command = std::process::Command::new("tshark");
    command.args(["-n", "-r"]).arg(capture);
    command.envs([("LC_ALL", "C.UTF-8"), ("TZ", "UTC"), ("HOME", "/nonexistent"), ("XDG_CONFIG_HOME", "/nonexistent")]);
    command
}

/// Whether a program is to be found in `PATH`.
pub fn has_program(name: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}
