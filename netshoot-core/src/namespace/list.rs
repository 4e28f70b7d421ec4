//! All network namespaces of the host: by their names, their processes, stray threads, files that they are bound to, and
//! open descriptors.
//!
//! What may not be read is told item by item; the listing itself always succeeds. A namespace that lives by an open
//! socket alone is not found, as the kernel does not tell of it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ffi::CString;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::container::container_of;
use super::process::start_time;
use super::{CURRENT, DIRECTORY, Namespace, NamespaceId, Origin, hides_processes, mounts, nsfs, processes};
use crate::byte_string::ByteString;
use crate::error::{Error, ErrorKind, Result, system_text};
use crate::sys::descriptors::{LinkScan, device_at};

/// The network namespaces of the host, as far as this process may see them.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Namespaces {
    /// Ordered by [`NamespaceId`], which on one host is mostly by age.
    pub namespaces: Vec<NamespaceInfo>,
    /// What could not be read, and so may hide namespaces, processes or files.
    pub denied: Vec<Denied>,
    /// When reading began, by the system's clock.
    pub taken_at: SystemTime,
}

/// A network namespace, and by what it was found.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct NamespaceInfo {
    /// Device and inode.
    pub id: NamespaceId,
    /// Whether it is the one of the thread that asked.
    pub is_current: bool,
    /// Names under `/run/netns`.
    pub names: Vec<ByteString>,
    /// Files that it is bound to, such as `/run/netns/NAME` or a container runtime's, in any mount namespace.
    pub bind_mounts: Vec<BindMount>,
    /// Its processes, in the order of their numbers.
    pub processes: Vec<Process>,
    /// Descriptors that other processes than the caller's have of it.
    pub descriptors: Vec<NamespaceDescriptor>,
    /// The containers of its processes, each once. Containers of one pod share a namespace.
    pub containers: Vec<String>,
    /// The number by which the namespace that was asked knows this one; most have none. Asked by
    /// [`Netlink::namespaces`](crate::netlink::Netlink::namespaces) alone.
    pub nsid: Answer<Option<i32>>,
    /// The number that no other namespace has until the kernel restarts.
    pub cookie: Answer<u64>,
}

/// A file that a namespace is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BindMount {
    /// The file, as the process sees it.
    pub path: PathBuf,
    /// A process whose mounts it is among; below `/proc/PID/root` the file can be opened.
    pub seen_by: u32,
}

/// A process's descriptor of a namespace, which keeps it alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct NamespaceDescriptor {
    /// The process.
    pub pid: u32,
    /// The number of the descriptor.
    pub fd: u32,
}

/// A process, or some threads of it, in a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// When it started, in clock ticks since the host did; 0 when that cannot be read. With the number it tells a
    /// process from all others: see [`Namespace::of_process_started`].
    pub start_time: u64,
    /// The name of its program, as the kernel cuts it.
    pub comm: ByteString,
    /// The container that it is in.
    pub container: Option<String>,
    /// The threads that are here while the process's first is elsewhere; empty when that one is here.
    pub threads: Vec<u32>,
}

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Denied {
    /// What: `network namespace of process 1`.
    pub what: String,
    /// The capability that is needed for it; `None` when the system refused for another reason.
    pub capability: Option<&'static str>,
    /// What the system said: `too many open files`.
    pub reason: String,
}

/// The processes of a namespace, as far as this process may see them.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Processes {
    /// In the order of their numbers.
    pub processes: Vec<Process>,
    /// What could not be read: processes that may be among them.
    pub denied: Vec<Denied>,
}

/// The answer to a question that may not be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub enum Answer<T> {
    /// The answer.
    Known(T),
    /// The question needs a capability.
    Denied {
        /// Its name: `CAP_SYS_ADMIN`.
        capability: &'static str,
    },
    /// There is no answer: the kernel is too old, or the namespace has gone.
    Unavailable,
    /// The question was not put.
    NotAsked,
}

impl<T> Answer<T> {
    /// The answer, where there is one.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(answer) => Some(answer),
            _ => None,
        }
    }

    /// Where the system fails otherwise, that is told in `denied`.
    pub(crate) fn of(
        result: Result<T>,
        capability: &'static str,
        denied: &mut Vec<Denied>,
        what: impl FnOnce() -> String,
    ) -> Self {
        match result {
            Ok(answer) => return Self::Known(answer),
            Err(error) => match error.kind() {
                ErrorKind::PermissionDenied => return Self::Denied { capability },
                ErrorKind::NotFound | ErrorKind::Unsupported => {}
                _ => denied.push(Denied { what: what(), capability: None, reason: error.reason() }),
            },
        }
        Self::Unavailable
    }
}

impl Namespace {
    /// All network namespaces of the host, as far as this process may see them.
    ///
    /// # Errors
    /// When `/proc` cannot be read at all.
    pub fn list() -> Result<Namespaces> {
        let mut scan = Scan::default();
        let taken_at = SystemTime::now();
        scan.names();
        scan.processes()?;
        let current = fs::metadata(CURRENT).ok().map(|metadata| id_of(&metadata));
        let mut namespaces: Vec<_> = scan.found.into_values().collect();
        for info in &mut namespaces {
            info.is_current = current == Some(info.id);
            info.bind_mounts.sort_by(|a, b| a.path.cmp(&b.path));
            let containers: BTreeSet<_> =
                info.processes.iter().filter_map(|process| process.container.clone()).collect();
            info.containers = containers.into_iter().collect();
            let cookie = info.open().and_then(|namespace| namespace.cookie());
            info.cookie = Answer::of(cookie, SYS_ADMIN, &mut scan.denied, || format!("cookie of {}", info.id));
        }
        Ok(Namespaces { namespaces, denied: scan.denied, taken_at })
    }
}

impl Namespace {
    /// The processes that are in the namespace, or some of whose threads are, as far as this process may see them.
    ///
    /// # Errors
    /// When `/proc` cannot be read at all.
    pub fn processes(&self) -> Result<Processes> {
        let mut scan = Scan { processes_only: true, ..Scan::default() };
        scan.processes()?;
        let processes = scan.found.remove(&self.id()).map(|info| info.processes).unwrap_or_default();
        Ok(Processes { processes, denied: scan.denied })
    }

    /// The names that the namespace has under `/run/netns`, in the order of the folder.
    ///
    /// # Errors
    /// When the folder is there but may not be read.
    pub fn names(&self) -> Result<Vec<ByteString>> {
        let entries = match fs::read_dir(DIRECTORY) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Error::io(format!("list names in {DIRECTORY}"), error)),
        };
        let is_this = |path: PathBuf| fs::metadata(path).is_ok_and(|metadata| id_of(&metadata) == self.id());
        let own = entries.flatten().filter(|entry| is_this(entry.path()));
        Ok(own.map(|entry| ByteString::from(entry.file_name().as_bytes())).collect())
    }
}

impl NamespaceInfo {
    fn new(id: NamespaceId) -> Self {
        Self {
            id,
            is_current: false,
            names: Vec::new(),
            bind_mounts: Vec::new(),
            processes: Vec::new(),
            descriptors: Vec::new(),
            containers: Vec::new(),
            nsid: Answer::NotAsked,
            cookie: Answer::NotAsked,
        }
    }

    /// Opens the namespace by whatever it was found by, and makes sure that it is still the same.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when it has gone; [`PermissionDenied`](ErrorKind::PermissionDenied) when
    /// nothing that it was found by may be opened.
    pub fn open(&self) -> Result<Namespace> {
        let names =
            self.names.iter().map(|name| Path::new(DIRECTORY).join(std::ffi::OsStr::from_bytes(name.as_bytes())));
        let processes = self.processes.iter().take(TRIES).map(|process| match process.threads.first() {
            Some(thread) => PathBuf::from(format!("/proc/{}/task/{thread}/ns/net", process.pid)),
            None => PathBuf::from(format!("/proc/{}/ns/net", process.pid)),
        });
        let files = self.bind_mounts.iter().map(|bound| {
            let below = bound.path.strip_prefix("/").unwrap_or(&bound.path);
            Path::new("/proc").join(bound.seen_by.to_string()).join("root").join(below)
        });
        let descriptors = self.descriptors.iter().take(TRIES);
        let descriptors = descriptors.map(|held| PathBuf::from(format!("/proc/{}/fd/{}", held.pid, held.fd)));
        let own = self.is_current.then(|| PathBuf::from(CURRENT));
        let mut refused = None;
        for path in own.into_iter().chain(names).chain(processes).chain(files).chain(descriptors) {
            match Namespace::open(&path, Origin::Path(path.clone())) {
                Ok(namespace) if namespace.id() == self.id => return Ok(namespace),
                // A file that is something else by now is not what was found.
                Err(error) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidInput) => {
                    refused = Some(error);
                }
                _ => {}
            }
        }
        Err(refused.unwrap_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("open network namespace {}", self.id)).with_detail("it has gone")
        }))
    }
}

#[derive(Default)]
struct Scan {
    found: BTreeMap<NamespaceId, NamespaceInfo>,
    denied: Vec<Denied>,
    /// The mount namespaces whose mounts were read.
    mounts: HashSet<(u64, u64)>,
    /// What is opened again and again.
    links: Option<LinkScan>,
    processes_only: bool,
}

impl Scan {
    fn at(&mut self, id: NamespaceId) -> &mut NamespaceInfo {
        self.found.entry(id).or_insert_with(|| NamespaceInfo::new(id))
    }

    fn names(&mut self) {
        let nsfs = nsfs();
        let entries = match fs::read_dir(DIRECTORY) {
            Ok(entries) => entries,
            Err(error) => return self.deny(&error, || format!("names in {DIRECTORY}"), "CAP_DAC_READ_SEARCH"),
        };
        for entry in entries.flatten() {
            let path = entry.path();
            match fs::metadata(&path) {
                Ok(metadata) if Some(metadata.dev()) == nsfs => {
                    let name = ByteString::from(entry.file_name().as_bytes());
                    self.at(id_of(&metadata)).names.push(name);
                }
                // The file of a name whose namespace is gone, or that never was one.
                Ok(_) => {
                    let reason = Namespace::named(entry.file_name()).err().map(|error| error.reason());
                    self.denied.extend(reason.filter(|_| nsfs.is_some()).map(|reason| Denied {
                        what: format!("the namespace of {}", ByteString::from(path.as_os_str().as_bytes()).shortened()),
                        capability: None,
                        reason,
                    }));
                }
                Err(error) => self.deny(&error, || path.display().to_string(), "CAP_DAC_READ_SEARCH"),
            }
        }
        self.found.values_mut().for_each(|info| info.names.sort());
    }

    fn processes(&mut self) -> Result<()> {
        let mut pids = processes("list network namespaces")?;
        pids.sort_unstable();
        if hides_processes(&pids) {
            let error = io::Error::from_raw_os_error(libc::EPERM);
            self.deny(&error, || "processes that /proc hides (hidepid)".to_owned(), SYS_PTRACE);
        }
        // First, so that a file is told as this process sees it, if it does.
        self.mounts(std::process::id());
        for pid in pids {
            self.process(pid);
        }
        Ok(())
    }

    fn process(&mut self, pid: u32) {
        let first = match fs::metadata(format!("/proc/{pid}/ns/net")) {
            Ok(metadata) => id_of(&metadata),
            Err(error) => {
                return self.deny(&error, || format!("network namespace of process {pid}"), SYS_PTRACE);
            }
        };
        let start_time = self.or_deny(start_time(pid), || format!("start time of process {pid}"));
        let comm = self.or_deny(fs::read(format!("/proc/{pid}/comm")), || format!("name of process {pid}"));
        let groups = fs::read(format!("/proc/{pid}/cgroup"));
        let groups = self.or_deny(groups, || format!("container of process {pid}"));
        let process = Process {
            pid,
            start_time,
            comm: ByteString::from(comm.strip_suffix(b"\n").unwrap_or(&comm)),
            container: container_of(&String::from_utf8_lossy(&groups)),
            threads: Vec::new(),
        };
        let strays = self.or_deny(strays(pid, first), || format!("threads of process {pid}"));
        for (id, threads) in strays {
            self.at(id).processes.push(Process { threads, ..process.clone() });
        }
        self.at(first).processes.push(process);
        self.mounts(pid);
        if !self.processes_only && pid != std::process::id() {
            self.descriptors(pid, first.device);
        }
    }

    /// The files that namespaces are bound to in a process's mount namespace, once for each of those.
    fn mounts(&mut self, pid: u32) {
        let Ok(metadata) = fs::metadata(format!("/proc/{pid}/ns/mnt")) else { return };
        if self.processes_only || !self.mounts.insert((metadata.dev(), metadata.ino())) {
            return;
        }
        match fs::read(format!("/proc/{pid}/mountinfo")) {
            Ok(text) => {
                for (id, path) in mounts::bound(&text) {
                    let files = &mut self.at(id).bind_mounts;
                    // A mount namespace begins as a copy of another.
                    if files.iter().all(|known| known.path != path) {
                        files.push(BindMount { path, seen_by: pid });
                    }
                }
            }
            Err(error) => self.deny(&error, || format!("mounts of process {pid}"), SYS_PTRACE),
        }
    }

    /// The descriptors of namespaces that a process has open.
    fn descriptors(&mut self, pid: u32, device: u64) {
        let mut links = self.links.take().unwrap_or_else(LinkScan::new);
        let mut found = Vec::new();
        let read = File::open(format!("/proc/{pid}/fd"))
            .and_then(|directory| links.each(&directory, |name, target| found.extend(held(name, target))));
        if let Err(error) = read {
            self.deny(&error, || format!("descriptors of process {pid}"), SYS_PTRACE);
        }
        for (fd, held) in found {
            let id = match held {
                Held::Namespace(inode) => Some(NamespaceId { device, inode }),
                Held::Root => unmounted(pid, fd, device),
            };
            if let Some(id) = id {
                self.at(id).descriptors.push(NamespaceDescriptor { pid, fd });
            }
        }
        self.links = Some(links);
    }

    /// Tells of what is refused; what has gone meanwhile is not missed.
    fn deny(&mut self, error: &io::Error, what: impl FnOnce() -> String, capability: &'static str) {
        let gone = matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ESRCH));
        if !gone && self.denied.len() < DENIED_LIMIT {
            let capability = (error.kind() == io::ErrorKind::PermissionDenied).then_some(capability);
            self.denied.push(Denied { what: what(), capability, reason: system_text(error) });
        }
    }

    /// What could be read, or nothing, of which is told.
    fn or_deny<T: Default>(&mut self, read: io::Result<T>, what: impl FnOnce() -> String) -> T {
        read.unwrap_or_else(|error| {
            self.deny(&error, what, SYS_PTRACE);
            T::default()
        })
    }
}

/// The threads of a process that are not where its first is.
fn strays(pid: u32, first: NamespaceId) -> io::Result<BTreeMap<NamespaceId, Vec<u32>>> {
    let mut strays: BTreeMap<NamespaceId, Vec<u32>> = BTreeMap::new();
    for entry in fs::read_dir(format!("/proc/{pid}/task"))?.flatten() {
        let Some(thread) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if thread == pid {
            continue;
        }
        let Ok(metadata) = fs::metadata(entry.path().join("ns/net")) else { continue };
        if id_of(&metadata) != first {
            strays.entry(id_of(&metadata)).or_default().push(thread);
        }
    }
    Ok(strays)
}

/// What a descriptor may be of, by the target of its link.
enum Held {
    /// `net:[12345]`.
    Namespace(u64),
    /// `/`: a root, also that of a bind mount that is gone, as of a name that was deleted.
    Root,
}

fn held(name: &[u8], target: &[u8]) -> Option<(u32, Held)> {
    let number = || target.strip_prefix(b"net:[")?.strip_suffix(b"]");
    let held = match target {
        b"/" => Held::Root,
        _ => Held::Namespace(std::str::from_utf8(number()?).ok()?.parse().ok()?),
    };
    Some((std::str::from_utf8(name).ok()?.parse().ok()?, held))
}

/// The network namespace that a root is, if it is one.
fn unmounted(pid: u32, fd: u32, device: u64) -> Option<NamespaceId> {
    let path = format!("/proc/{pid}/fd/{fd}");
    let is_namespace = device_at(&CString::new(path.as_str()).ok()?).is_ok_and(|found| found == device);
    let namespace = is_namespace.then(|| Namespace::from_path(path).ok()).flatten()?;
    Some(namespace.id())
}

fn id_of(metadata: &fs::Metadata) -> NamespaceId {
    NamespaceId { device: metadata.dev(), inode: metadata.ino() }
}

const SYS_ADMIN: &str = "CAP_SYS_ADMIN";
const SYS_PTRACE: &str = "CAP_SYS_PTRACE";
/// All processes of a user are refused alike.
const TRIES: usize = 16;
/// As nobody on a large host every process is refused.
const DENIED_LIMIT: usize = 65_536;
