//! What the tests of this package share: how a test says that it cannot run here.

/// Says on standard error that `test` is skipped and why; panics where skipping is not allowed (`NETSHOOT_NO_SKIP=1`).
pub(crate) fn skip(test: &str, reason: &str) {
    assert!(
        std::env::var_os("NETSHOOT_NO_SKIP").is_none_or(|value| value != "1"),
        "{test} may not be skipped: {reason}"
    );
    eprintln!("skipped: {test}: {reason}");
}

/// True if the program can be started.
#[allow(dead_code, reason = "each test file takes what it needs")]
pub(crate) fn has_program(name: &str, version_flag: &str) -> bool {
    std::process::Command::new(name).arg(version_flag).output().is_ok_and(|output| output.status.success())
}
