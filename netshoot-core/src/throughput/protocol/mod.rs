//! The wire protocol of iperf3, without I/O.
