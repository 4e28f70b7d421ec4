//! Two programs that are asked one after the other, about what may change in between.

/// What ours says and what theirs says, where theirs said the same before and after: nothing changed meanwhile.
pub(crate) fn still<A, B: PartialEq>(what: &str, ours: impl Fn() -> A, theirs: impl Fn() -> B) -> (A, B) {
    let mut before = theirs();
    for _ in 0..100 {
        let own = ours();
        let after = theirs();
        if before == after {
            return (own, after);
        }
        before = after;
    }
    panic!("{what}: it changed between any two of 100 answers");
}
