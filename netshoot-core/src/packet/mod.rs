//! Octets to typed views.
mod link;
mod stop;
pub use link::LinkType;
pub use stop::{Layer, Limit, Stop};
