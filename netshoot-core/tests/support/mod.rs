//! What integration tests share.

/// Says that `test` cannot run here; where nothing may be skipped (`NETSHOOT_NO_SKIP=1`), fails instead.
pub fn skip(test: &str, reason: &str) {
    assert!(std::env::var_os("NETSHOOT_NO_SKIP").is_none_or(|value| value != "1"), "{test} was skipped: {reason}");
    eprintln!("skipped: {test}: {reason}");
}
