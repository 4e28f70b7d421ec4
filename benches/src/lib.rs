//! Support for benchmarks and labs.
