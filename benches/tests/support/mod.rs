//! What the tests of this package share: how a test says that it cannot run here.

#[path = "../../../netshoot-core/tests/support/skip.rs"]
mod skip;

pub(crate) use skip::skip;

/// True if the program can be started.
#[allow(dead_code, reason = "each test file takes what it needs")]
pub(crate) fn has_program(name: &str, version_flag: &str) -> bool {
    std::process::Command::new(name).arg(version_flag).output().is_ok_and(|output| output.status.success())
}

/// What a program prints.
#[allow(dead_code, reason = "each test file takes what it needs")]
pub(crate) fn output(program: &str, words: &[&str]) -> String {
    let output = std::process::Command::new(program).args(words).output().unwrap();
    assert!(output.status.success(), "{program} {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
