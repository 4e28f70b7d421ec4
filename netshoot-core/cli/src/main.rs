//! The `netshoot` command.
fn main() {}
