//! Network diagnostics as a library.
//!
//! From octets to answers: [`packet`] turns a frame into typed views, [`capture`] reads frames from files, [`application`]
//! puts datagrams and streams together, [`analysis`] turns frames into flows, transactions and findings, [`table`] hands any
//! result on as Arrow record batches; on Linux [`netlink`] asks the kernel for its own view, in any network [`namespace`].
//!
//! Nothing here prints, installs a logger or needs an async runtime. Hostile input is normal: no parser panics, and each
//! says where and why it stopped.
#![cfg_attr(not(feature = "std"), no_std)]

pub mod packet;

#[cfg(feature = "std")]
mod error;
#[cfg(feature = "std")]
pub use error::{Error, ErrorKind, Result};

#[cfg(feature = "std")]
pub mod analysis;
#[cfg(feature = "std")]
pub mod application;
#[cfg(feature = "std")]
pub mod capture;
#[cfg(feature = "arrow")]
pub mod table;

#[cfg(all(feature = "std", target_os = "linux"))]
mod byte_string;
#[cfg(all(feature = "std", target_os = "linux"))]
mod cancel;
#[cfg(feature = "std")]
mod json;
#[cfg(all(feature = "std", target_os = "linux"))]
pub mod namespace;
#[cfg(all(feature = "std", target_os = "linux"))]
pub mod netlink;
#[cfg(all(feature = "std", target_os = "linux"))]
mod sys;
#[cfg(all(feature = "throughput", target_os = "linux"))]
pub mod throughput;
#[cfg(feature = "std")]
mod timestamp;

/// The samples of the quick start are tests.
#[cfg(all(doctest, feature = "std", target_os = "linux"))]
#[doc = include_str!("../../docs/rust.md")]
mod quick_start {}
