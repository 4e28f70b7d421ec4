//! Opening a capture by its path.

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use crate::{Error, ErrorKind, Result};

/// Opens `path` for reading; a directory is refused, a FIFO gets `patience` for a writer to come.
pub(super) fn open(path: &Path, patience: Duration) -> Result<File> {
    let operation = || match path.as_os_str().is_empty() {
        true => "open capture \"\"".to_owned(),
        false => format!("open capture {}", printable_path(path)),
    };
    let metadata = std::fs::metadata(path).map_err(|error| Error::io(operation(), error))?;
    if metadata.is_dir() {
        return Err(Error::new(ErrorKind::InvalidInput, operation()).with_detail("is a directory"));
    }
    if is_fifo(&metadata) {
        return open_fifo(path, patience);
    }
    File::open(path).map_err(|error| Error::io(operation(), error))
}

/// Whether two paths lead to one regular file.
#[cfg(unix)]
pub(super) fn is_same_file(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    let identity = |path: &Path| {
        let found = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file);
        found.map(|found| (found.dev(), found.ino()))
    };
    identity(one).is_some_and(|found| Some(found) == identity(other))
}

#[cfg(not(unix))]
pub(super) fn is_same_file(one: &Path, other: &Path) -> bool {
    one.is_file()
        && std::fs::canonicalize(one).is_ok_and(|one| std::fs::canonicalize(other).is_ok_and(|other| one == other))
}

/// Creates the file at `path`, or empties it.
pub(super) fn create(path: &Path) -> Result<File> {
    File::create(path).map_err(|error| Error::io(format!("create capture {}", printable_path(path)), error))
}

/// The path on one line: what is not text is replaced, what would move the cursor is escaped.
pub(super) fn printable_path(path: &Path) -> String {
    printable(&path.to_string_lossy())
}

/// The name on one line: what would move the cursor is escaped.
pub(super) fn printable(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_control() {
            text.extend(letter.encode_utf8(&mut [0; 4]).bytes().map(|octet| format!("\\x{octet:02x}")));
        } else {
            text.push(letter);
        }
    }
    text
}

/// Opening a FIFO blocks until a writer opens it too, so a thread does it, and is released by a writer of our own when
/// patience ends.
fn open_fifo(path: &Path, patience: Duration) -> Result<File> {
    let operation = || format!("open FIFO {}", printable_path(path));
    let (sender, receiver) = channel();
    let owned = path.to_owned();
    thread::Builder::new()
        .name("netshoot-open".into())
        .spawn(move || sender.send(File::open(owned)))
        .map_err(|error| Error::io(operation(), error))?;
    match receiver.recv_timeout(patience) {
        Ok(result) => result.map_err(|error| Error::io(operation(), error)),
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            // Without the right to write, the thread stays until a writer comes or the process ends.
            release(path);
            let detail = format!("no program opened it for writing within {} s", patience.as_secs_f32());
            Err(Error::new(ErrorKind::TimedOut, operation()).with_detail(detail))
        }
    }
}

/// Opens the FIFO for writing, if it is opened for reading; waits for nobody.
#[cfg(target_os = "linux")]
fn release(path: &Path) {
    use std::os::unix::fs::OpenOptionsExt;
    drop(OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK).open(path));
}

#[cfg(not(target_os = "linux"))]
fn release(path: &Path) {
    drop(OpenOptions::new().write(true).open(path));
}

#[cfg(unix)]
fn is_fifo(metadata: &std::fs::Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&metadata.file_type())
}

#[cfg(not(unix))]
fn is_fifo(_: &std::fs::Metadata) -> bool {
    false
}
