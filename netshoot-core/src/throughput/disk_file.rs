//! The file that a test sends or writes.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use crate::error::{Error, ErrorKind, Result};

/// Opens the file to be sent, or makes the one to be written, for its owner alone; what was in it is gone.
///
/// Errors: the system's, and `InvalidInput` for what is neither a file nor a device, as it could make a thread wait for
/// ever.
pub(super) fn open(path: &Path, sent: bool) -> Result<File> {
    let operation = || format!("open {} to be {}", path.display(), if sent { "sent" } else { "written" });
    let mut options = OpenOptions::new();
    if sent {
        options.read(true);
    } else {
        options.write(true).create(true).truncate(true).mode(0o600);
    }
    let failed = |error| Error::io(operation(), error);
    let file = options.custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path).map_err(failed)?;
    let kind = file.metadata().map_err(failed)?.file_type();
    if kind.is_file() || kind.is_block_device() || kind.is_char_device() {
        return Ok(file);
    }
    Err(Error::new(ErrorKind::InvalidInput, operation()).with_detail("it is neither a file nor a device"))
}
