//! Fuzz invariants.
