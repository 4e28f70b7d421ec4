//! The Python door: types are converted here, and no more. What Python users see is the package `netshoot`
//! (`python/netshoot`), a typed façade over this private module `netshoot._netshoot`.
//!
//! Promises: the interpreter lock is released while files are read and analysed, signals are looked at meanwhile so that
//! Ctrl-C works, octets that come as `bytes` are held by reference and not copied, and errors arrive as `netshoot.Error`
//! with the library's own text.

#[macro_use]
mod record;
mod analysis;
mod capture;
mod error;
mod frames;
mod interfaces;
mod kernel;
mod link_type;
mod packet;
mod reassembly;
mod report;
mod rows;
mod source;
mod table;
mod throughput;
mod time;
mod writer;

/// Private half of the package `netshoot`: use that one.
#[pyo3::pymodule(gil_used = false)]
mod _netshoot {
    /// Version of the package.
    #[pymodule_export]
    #[allow(non_upper_case_globals, reason = "Python's name for it")]
    pub(crate) const __version__: &str = env!("CARGO_PKG_VERSION");

    #[pymodule_export]
    use crate::analysis::{
        FrameSelector, SelectedFrames, Story, StoryEvent, attempts, community_id, conversations, endpoints,
        flow_series, hierarchy, html_page, io_series, latency_histograms,
    };
    #[pymodule_export]
    use crate::capture::Capture;
    #[pymodule_export]
    use crate::frames::{CaptureIndex, CapturedFrame, FollowedCapture};
    #[pymodule_export]
    use crate::interfaces::{Interface, InterfaceAddress, interfaces};
    #[pymodule_export]
    use crate::kernel::answers::{Namespace, RouteAnswer, namespaces, route_get};
    #[pymodule_export]
    use crate::kernel::closing::{ClosingSockets, closing_sockets};
    #[pymodule_export]
    use crate::kernel::counters::{Counters, counters, explain};
    #[pymodule_export]
    use crate::kernel::links::{Address, Link};
    #[pymodule_export]
    use crate::kernel::listing::Listing;
    #[pymodule_export]
    use crate::kernel::namespace::open_socket;
    #[pymodule_export]
    use crate::kernel::qdiscs::Qdisc;
    #[pymodule_export]
    use crate::kernel::query::{
        addresses, fdb, fdb_entry, inet_sockets, links, neighbor, neighbors, netlink_sockets, next_hop_buckets,
        next_hops, packet_sockets, qdiscs, routes, rules, unix_sockets,
    };
    #[pymodule_export]
    use crate::kernel::routes::{NextHop, NextHopBucket, Route};
    #[pymodule_export]
    use crate::kernel::sockets::{InetSocket, NetlinkSocket, PacketSocket, UnixSocket};
    #[pymodule_export]
    use crate::kernel::tables::{FdbEntry, Neighbor, Rule};
    #[pymodule_export]
    use crate::kernel::watch::{Change, Event, Snapshot, Watch, diff, snapshot, watch};
    #[pymodule_export]
    use crate::packet::{
        Arp, Checksum, Dhcp, DhcpOption, DhcpSubOption, Dhcpv6, Dns, DnsRecord, Edns, EdnsOption, Ethernet, Http, Icmp,
        IcmpExtensions, IcmpInterface, IcmpObject, Ipv4, Ipv6, Layer, MplsLabel, NeighborOption, Packet, Question,
        QuicPacket, RouterAdvertisement, Stop, Tcp, TcpOption, Tls, TlsAlert, TlsHello, TlsRecord, Udp, Vlan, parse,
    };
    #[pymodule_export]
    use crate::reassembly::{DatagramReassembler, StreamEvent, StreamReassembler};
    #[pymodule_export]
    use crate::report::{ProtocolCount, Report, Summary};
    #[pymodule_export]
    use crate::rows::Rows;
    #[pymodule_export]
    use crate::table::{Pieces, Stream, Table};
    #[pymodule_export]
    use crate::throughput::client::{ThroughputTest, throughput_test};
    #[pymodule_export]
    use crate::throughput::report::{ThroughputInterval, ThroughputReport, ThroughputStream, ThroughputStreamInterval};
    #[pymodule_export]
    use crate::throughput::series::{
        ThroughputSearch, ThroughputSize, ThroughputTrial, throughput_search, throughput_sweep,
    };
    #[pymodule_export]
    use crate::throughput::server::{ThroughputServer, throughput_server};
    #[pymodule_export]
    use crate::throughput::values::{
        CpuUse, Evidence, Limitation, Moved, RoundTrips, ThroughputLatency, ThroughputTotal, Verdict,
    };
    #[pymodule_export]
    use crate::writer::{
        CaptureFacts, CaptureInterface, CaptureWriter, Copied, capture_facts, copy_captures, secrets_kind,
    };
}
