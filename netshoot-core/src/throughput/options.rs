//! What a test is made of.

/// The protocol that carries the data of a test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Transport {
    /// A byte stream a connection.
    #[default]
    Tcp,
    /// Datagrams with iperf3's header.
    Udp,
}

/// A rate in bits a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BitRate(pub u64);

impl BitRate {
    /// Octets a second, rounded up.
    #[must_use]
    pub const fn bytes_per_second(self) -> u64 {
        self.0.div_ceil(8)
    }
}
