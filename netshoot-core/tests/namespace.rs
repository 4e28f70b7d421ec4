//! Namespaces opened by what is none.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod support;

use std::process::Command;
use std::sync::mpsc::channel;
use std::time::Duration;

use netshoot_core::ErrorKind;
use netshoot_core::namespace::Namespace;

#[test]
fn path_of_a_namespace_is_opened() {
    let namespace = Namespace::from_path("/proc/thread-self/ns/net").unwrap();
    assert_eq!(namespace, Namespace::current().unwrap());
}

/// A FIFO without a writer is refused at once.
#[test]
fn fifo_is_no_namespace() {
    if !support::has_program("mkfifo") {
        return support::skip("fifo_is_no_namespace", "mkfifo is not installed");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let (sender, receiver) = channel();
    std::thread::spawn({
        let path = path.clone();
        move || sender.send(Namespace::from_path(path).unwrap_err()).unwrap()
    });
    let error = receiver.recv_timeout(Duration::from_secs(10)).expect("an answer without a writer");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let text = format!("open network namespace {}: not a network namespace", path.display());
    assert_eq!(error.to_string(), text);
}
