//! What the tests of this package share: how a test says that it cannot run here, and how it is preferred to others.

#[path = "../../../netshoot-core/tests/support/skip.rs"]
mod skip;

use std::path::Path;
use std::process::{Command, Stdio};

use netshoot_benches::lab::Lab;

pub(crate) use skip::skip;

/// True if the program can be started.
#[allow(dead_code, reason = "each test file takes what it needs")]
pub(crate) fn has_program(name: &str, version_flag: &str) -> bool {
    Command::new(name).arg(version_flag).output().is_ok_and(|output| output.status.success())
}

/// What a program prints.
#[allow(dead_code, reason = "each test file takes what it needs")]
pub(crate) fn output(program: &str, words: &[&str]) -> String {
    let output = Command::new(program).args(words).output().unwrap();
    assert!(output.status.success(), "{program} {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Whether labs can be built here, after saying so if not.
#[allow(dead_code, reason = "each test file takes what it needs")]
pub(crate) fn has_labs(test: &str) -> bool {
    let trouble = if !Path::new("/dev/net/tun").exists() {
        "there is no /dev/net/tun".to_owned()
    } else if !has_program("ip", "-V") {
        "iproute2 is not installed".to_owned()
    } else {
        let Err(error) = Lab::direct() else { return true };
        format!("no lab can be built: {error}")
    };
    skip(test, &trouble);
    false
}

/// Whether this is `test` in a session of its own, in which it, and whatever it starts, is preferred to all else that this
/// machine does. If not, it has been run so now, and has passed.
#[allow(dead_code, reason = "each test file takes what it needs")]
pub(crate) fn is_preferred(test: &str) -> bool {
    if std::env::var_os(PREFERRED).is_none() {
        let mut inner = Command::new("setsid");
        inner.arg("--wait").arg(std::env::current_exe().unwrap()).args([test, "--exact", "--nocapture"]);
        assert!(inner.env(PREFERRED, "1").status().unwrap().success());
        return false;
    }
    // Where there are no groups of sessions, priorities count by themselves.
    let _ = std::fs::write("/proc/self/autogroup", "-20");
    let thread = std::fs::read_link("/proc/thread-self").unwrap();
    let renice = ["-n", "-19", "-p", thread.file_name().unwrap().to_str().unwrap()];
    assert!(Command::new("renice").args(renice).stdout(Stdio::null()).status().unwrap().success());
    true
}

const PREFERRED: &str = "NETSHOOT_PREFERRED";
