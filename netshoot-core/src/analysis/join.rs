//! Two things at a time.

use std::panic::resume_unwind;
use std::thread::{self, Builder};

/// Does two things: the first in a thread of its own, if it is worth one and there is one to be had.
pub(super) fn join<A: Send, B>(is_worth: bool, one: impl Fn() -> A + Sync, other: impl FnOnce() -> B) -> (A, B) {
    if !is_worth {
        return (one(), other());
    }
    thread::scope(|scope| match Builder::new().name(THREAD.to_owned()).spawn_scoped(scope, &one) {
        Ok(helper) => {
            let other = other();
            (helper.join().unwrap_or_else(|panic| resume_unwind(panic)), other)
        }
        Err(_) => (one(), other()),
    })
}

/// Linux keeps 15 octets of it.
const THREAD: &str = "netshoot-join";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_done_in_one_thread_or_two() {
        let own = thread::current().id();
        let here = || thread::current().id() == own;
        assert_eq!(join(false, here, here), (true, true));
        assert_eq!(join(true, here, here), (false, true));
    }

    #[test]
    #[should_panic = "one"]
    fn panics_are_handed_on() {
        join(true, || panic!("one"), || {});
    }
}
