//! How a test says that it cannot run here.

use std::fs::OpenOptions;
use std::io::Write;

/// Says that `test` cannot run here; the caller returns. Where nothing may be skipped (`NETSHOOT_NO_SKIP=1`), it fails
/// instead.
///
/// The line goes to standard error, and to the file that `NETSHOOT_SKIPPED` names, which `make test` shows at its end.
#[allow(dead_code, unreachable_pub, clippy::panic)]
pub fn skip(test: &str, reason: &str) {
    let allowed = std::env::var_os("NETSHOOT_NO_SKIP").is_none_or(|value| value != "1");
    assert!(allowed, "may not be skipped: {test}: {reason}");
    let line = format!("skipped: {test}: {reason}\n");
    // Not by a macro: what those print is kept from sight when a test passes.
    let _ = std::io::stderr().write_all(line.as_bytes());
    if let Some(path) = std::env::var_os("NETSHOOT_SKIPPED") {
        let file = OpenOptions::new().append(true).create(true).open(path);
        let _ = file.and_then(|mut file| file.write_all(line.as_bytes()));
    }
}
