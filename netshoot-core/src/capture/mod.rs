//! Where frames come from: capture files.
mod timestamp;
pub use timestamp::Timestamp;
