//! Decoders against netlink-packet-route, as encoder and as decoder, and dumps against the running kernel.

mod change;
mod decode;
mod dump;
#[cfg(feature = "serde")]
mod json;
mod kinds;
mod next_hop;
mod route;
mod route_text;
mod scripted;
mod sockets;
mod tables;
mod watch;
