//! A crowded network namespace: as many links, addresses, routes, neighbours and connections as a large host has.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::{Command, Stdio};

use crate::lab::Namespace;

/// How many of each; the defaults are 1,001 links, 2,002 addresses, 13,000 routes and 11,000 neighbours.
#[derive(Clone, Copy, Debug)]
pub struct Numbers {
    /// Pairs of virtual Ethernet devices.
    pub pairs: usize,
    /// IPv4 routes beside those of the addresses.
    pub routes: usize,
    /// Neighbours.
    pub neighbors: usize,
}

impl Default for Numbers {
    fn default() -> Self {
        Self { pairs: 500, routes: 11_000, neighbors: 11_000 }
    }
}

/// The namespace; dropping it removes everything.
#[derive(Debug)]
pub struct Crowd {
    namespace: Namespace,
}

impl Crowd {
    /// Makes the namespace and fills it; needs root.
    ///
    /// # Errors
    /// What the kernel or `ip` says.
    pub fn new(numbers: Numbers) -> io::Result<Self> {
        let namespace = Namespace::new(format!("crowd-{}", std::process::id()))?;
        let crowd = Self { namespace };
        crowd.batch(&crowd.links(numbers))?;
        crowd.batch(&routes(numbers))?;
        crowd.batch(&neighbors(numbers))?;
        Ok(crowd)
    }

    /// The name, as `ip netns` lists it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.namespace.name
    }

    /// Without duplicate address detection and router solicitation, as both go on for seconds.
    fn links(&self, numbers: Numbers) -> String {
        let mut text = String::new();
        for pair in 0..numbers.pairs {
            let (first, second) = (2 * pair, 2 * pair + 1);
            let _ = writeln!(text, "link add v{first} type veth peer name v{second}");
            for device in [first, second] {
                let _ = writeln!(text, "link set v{device} addrgenmode none");
                let (high, low) = (device / 250, device % 250 + 1);
                let _ = writeln!(text, "addr add 10.{}.{low}.1/24 dev v{device}", 100 + high);
                let _ = writeln!(text, "addr add fd00:{device:x}::1/64 dev v{device} nodad");
                let _ = writeln!(text, "link set v{device} up");
            }
        }
        text
    }

    fn batch(&self, lines: &str) -> io::Result<()> {
        let mut child = Command::new("ip").args(["-n", self.name(), "-batch", "-"]).stdin(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(lines.as_bytes())?;
        }
        match child.wait()? {
            status if status.success() => Ok(()),
            status => Err(io::Error::other(format!("ip -batch: {status}"))),
        }
    }
}

fn routes(numbers: Numbers) -> String {
    let mut text = String::new();
    for route in 0..numbers.routes {
        let device = route % (2 * numbers.pairs).max(1);
        let _ = writeln!(text, "route add 20.{}.{}.0/24 dev v{device}", route / 250, route % 250);
    }
    text
}

fn neighbors(numbers: Numbers) -> String {
    let mut text = String::new();
    for neighbor in 0..numbers.neighbors {
        let device = neighbor % (2 * numbers.pairs).max(1);
        let (high, low) = (neighbor / 250, neighbor % 250);
        let _ = writeln!(text, "neigh add 30.0.{high}.{low} lladdr 02:00:00:00:{high:02x}:{low:02x} dev v{device}");
    }
    text
}
