//! Programs that run until they are ended, and what they say meanwhile: in a file, so that nothing of it is on its way
//! when they have said it.

use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

/// Killed when it is dropped.
pub(crate) struct Running {
    pub(crate) child: Child,
    out: NamedTempFile,
}

#[allow(dead_code, reason = "each test file takes what it needs")]
impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let out = NamedTempFile::new().unwrap();
        let child = command.stdout(out.reopen().unwrap()).spawn().unwrap();
        Self { child, out }
    }

    /// Waits until it listens to the kernel's news of a netlink protocol: it has joined a group there, and sleeps.
    pub(crate) fn wait_until_it_listens(&self, protocol: &str) {
        until(&format!("{:?} listens", self.child), || self.has_joined(protocol) && self.sleeps());
    }

    fn has_joined(&self, protocol: &str) -> bool {
        let own = format!("/proc/{}", self.child.id());
        let files = fs::read_dir(format!("{own}/fd")).into_iter().flatten().flatten();
        let sockets: Vec<PathBuf> = files.filter_map(|file| fs::read_link(file.path()).ok()).collect();
        let table = fs::read_to_string(format!("{own}/net/netlink")).unwrap_or_default();
        table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).any(|words| {
            let [_, of, _, groups, _, _, _, _, _, inode] = words[..] else { panic!("{table}") };
            let is_own = || sockets.contains(&PathBuf::from(format!("socket:[{inode}]")));
            of == protocol && groups != "00000000" && is_own()
        })
    }

    /// Whether it waits for something.
    pub(crate) fn sleeps(&self) -> bool {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        stat.rsplit_once(") ").unwrap().1.starts_with('S')
    }

    /// How many octets it has said.
    pub(crate) fn length(&self) -> u64 {
        self.out.as_file().metadata().unwrap().len()
    }

    /// What it has said since it was last asked.
    pub(crate) fn take(&self) -> String {
        let mut text = String::new();
        self.out.as_file().read_to_string(&mut text).unwrap();
        text
    }

    /// All that it has said.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(self.out.path()).unwrap()
    }

    /// All that it has said, once that is enough.
    pub(crate) fn said_when(&self, is_enough: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let said = self.said();
            if is_enough(&said) {
                return said;
            }
            assert!(Instant::now() < end, "it says no more than {said}");
            thread::sleep(PAUSE);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until it is so.
#[track_caller]
pub(crate) fn until(what: &str, is_so: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "{what}: not within {PATIENCE:?}");
        thread::sleep(PAUSE);
    }
}

const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(10);
/// Protocols of netlink(7).
#[allow(dead_code, reason = "each test file takes what it needs")]
pub(crate) const ROUTE: &str = "0";
#[allow(dead_code, reason = "each test file takes what it needs")]
pub(crate) const SOCK_DIAG: &str = "4";
