//! The links of a directory, read without an allocation for each: what `/proc/PID/fd` needs.

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

/// Buffers that a scan of many directories uses again.
#[derive(Debug)]
pub(crate) struct LinkScan {
    entries: Vec<u8>,
    target: Vec<u8>,
}

impl LinkScan {
    pub(crate) fn new() -> Self {
        Self { entries: vec![0; 32 * 1024], target: vec![0; 256] }
    }

    /// Calls `visit` with the name and the target of each symbolic link in `directory`; targets are cut at 256 octets.
    ///
    /// A link that vanishes meanwhile is passed over. Of one that may not be read, nor may the others: an error.
    pub(crate) fn each(&mut self, directory: &File, mut visit: impl FnMut(&[u8], &[u8])) -> io::Result<()> {
        let descriptor = directory.as_raw_fd();
        loop {
            // SAFETY: the kernel writes at most `len` octets, the size of the buffer.
            let length = unsafe {
                libc::syscall(libc::SYS_getdents64, descriptor, self.entries.as_mut_ptr(), self.entries.len())
            };
            let length = usize::try_from(length).map_err(|_| io::Error::last_os_error())?;
            if length == 0 {
                return Ok(());
            }
            let mut rest = self.entries.get(..length).unwrap_or_default();
            while let Some((name, next)) = entry(rest) {
                rest = next;
                if name.to_bytes().first() == Some(&b'.') {
                    continue;
                }
                // SAFETY: `name` ends with a NUL; the kernel writes at most `len` octets, the size of the buffer.
                let found = unsafe {
                    libc::readlinkat(descriptor, name.as_ptr(), self.target.as_mut_ptr().cast(), self.target.len())
                };
                match usize::try_from(found) {
                    Ok(length) => visit(name.to_bytes(), self.target.get(..length).unwrap_or_default()),
                    Err(_) => {
                        let error = io::Error::last_os_error();
                        if error.kind() != io::ErrorKind::NotFound {
                            return Err(error);
                        }
                    }
                }
            }
        }
    }
}

/// The device of the file at `path`, as far as this host knows it: no server of a network file system is waited for.
pub(crate) fn device_at(path: &CStr) -> io::Result<u64> {
    // SAFETY: the struct is plain numbers, for which zeros are valid.
    let mut found: libc::statx = unsafe { std::mem::zeroed() };
    // SAFETY: `path` ends with a NUL, and the kernel writes one struct.
    let done = unsafe { libc::statx(libc::AT_FDCWD, path.as_ptr(), libc::AT_STATX_DONT_SYNC, 0, &raw mut found) };
    if done == 0 {
        Ok(libc::makedev(found.stx_dev_major, found.stx_dev_minor))
    } else {
        Err(io::Error::last_os_error())
    }
}

/// The name of the first `struct linux_dirent64`, and what follows it.
fn entry(octets: &[u8]) -> Option<(&CStr, &[u8])> {
    let length = u16::from_ne_bytes(*octets.get(LENGTH_OFFSET..)?.first_chunk()?);
    let name = CStr::from_bytes_until_nul(octets.get(NAME_OFFSET..usize::from(length))?).ok()?;
    Some((name, octets.get(usize::from(length)..)?))
}

const LENGTH_OFFSET: usize = 16;
const NAME_OFFSET: usize = 19;
