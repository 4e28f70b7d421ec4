//! Support for benchmarks and test networks: a capture generator, and a relay that gives a network on one machine the
//! delay, loss and narrowness of a distant one.

pub mod comparison;
#[cfg(target_os = "linux")]
pub mod crowd;
pub mod generator;
#[cfg(target_os = "linux")]
pub mod lab;
#[cfg(target_os = "linux")]
pub mod relay;
