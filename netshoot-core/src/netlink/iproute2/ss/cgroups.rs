//! Paths of cgroups by their number, which is the inode of their directory.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::{DirEntryExt, MetadataExt};
use std::path::{Path, PathBuf};

/// The cgroups of the first cgroup2 that is mounted, read when first asked for.
#[derive(Debug, Default)]
pub(super) struct Cgroups(Option<HashMap<u64, Vec<u8>>>);

impl Cgroups {
    /// The path below the mount.
    pub(super) fn path(&mut self, number: u64) -> Option<&[u8]> {
        self.0.get_or_insert_with(read).get(&number).map(Vec::as_slice)
    }
}

fn read() -> HashMap<u64, Vec<u8>> {
    use std::os::unix::ffi::OsStrExt;

    let mut paths = HashMap::new();
    let Some(root) = mount() else { return paths };
    if let Ok(metadata) = fs::metadata(&root) {
        paths.insert(metadata.ino(), b"/".to_vec());
    }
    let mut rest = vec![root.clone()];
    while let Some(directory) = rest.pop() {
        // Cgroups come and go; one that is gone has no sockets either.
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                let path = entry.path();
                if let Ok(below) = path.strip_prefix(&root) {
                    paths.insert(entry.ino(), [b"/", below.as_os_str().as_bytes()].concat());
                }
                rest.push(path);
            }
        }
    }
    paths
}

/// Where the first cgroup2 is mounted.
pub(in super::super::super) fn mount() -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let path = mounts.lines().find_map(|line| {
        let mut words = line.split(' ').skip(1);
        let path = words.next()?;
        (words.next()? == "cgroup2").then_some(path)
    })?;
    Some(Path::new(path).to_owned())
}
