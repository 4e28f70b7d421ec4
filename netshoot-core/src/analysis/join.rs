//! Several things at a time.

use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
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

/// Does the same with each of a few, in as many threads as there are to be had.
pub(super) fn for_each<T: Send>(items: &mut [T], work: impl Fn(&mut T) + Sync) {
    let helpers = items.len().saturating_sub(1);
    let left = Mutex::new(items.iter_mut());
    let take = || {
        loop {
            let Some(item) = left.lock().unwrap_or_else(PoisonError::into_inner).next() else { break };
            work(item);
        }
    };
    thread::scope(|scope| {
        // Those that there are do it all.
        let start = |_| Builder::new().name(THREAD.to_owned()).spawn_scoped(scope, take).ok();
        let helpers: Vec<_> = (0..helpers).filter_map(start).collect();
        take();
        for helper in helpers {
            helper.join().unwrap_or_else(|panic| resume_unwind(panic));
        }
    });
}

/// Linux keeps 15 octets of it.
const THREAD: &str = "netshoot-join";

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn both_are_done_in_one_thread_or_two() {
        let own = thread::current().id();
        let here = || thread::current().id() == own;
        assert_eq!(join(false, here, here), (true, true));
        assert_eq!(join(true, here, here), (false, true));
    }

    #[test]
    fn each_is_done_once() {
        for number in 0..4 {
            let mut items = vec![0; number];
            for_each(&mut items, |item| *item += 1);
            assert_eq!(items, vec![1; number]);
        }
    }

    #[test]
    #[should_panic = "seven"]
    fn panics_of_each_are_handed_on() {
        let own = thread::current().id();
        let both = Barrier::new(2);
        for_each(&mut [7, 7], |_| {
            both.wait();
            assert!(thread::current().id() == own, "seven");
        });
    }

    #[test]
    #[should_panic = "one"]
    fn panics_are_handed_on() {
        join(true, || panic!("one"), || {});
    }
}
