//! Results as Arrow record batches: packets, flows, calls and other transactions, findings, the kernel's own view, and
//! tests of throughput.
//!
//! Each table is a stream of [`RecordBatch`]es of bounded size that implements [`RecordBatchReader`], from where the
//! Arrow C stream and Python's capsules are one step. Rows are made when a batch is asked for, so that a capture larger
//! than memory can pass through.
//!
//! The same rules hold in all tables. What is not known, or does not apply, is null, never a special value. Times are
//! `timestamp[ns, UTC]`, latencies `float64` milliseconds with `_ms` in the name. Addresses and names of which there are
//! few are `dictionary<int32, utf8>`, each batch with its own dictionary. `c2s` is from client to server, `s2c` back.
//! Sets of flags are integers whose field metadata [`FLAGS`] names the bits. [`json`] writes any of it as text.
//!
//! ```no_run
//! use netshoot_core::capture::Reader;
//! use netshoot_core::table;
//!
//! let options = table::Options::default().with_columns(["frame", "src_ip", "tcp_flags"]);
//! for batch in table::packets(Reader::open("incident.pcapng")?, &options)? {
//!     println!("{} packets", batch?.num_rows());
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod aggregates;
mod application;
mod builder;
mod calls;
mod column;
mod control;
mod dns;
mod findings;
mod flows;
pub mod json;
#[cfg(target_os = "linux")]
pub mod kernel;
mod packets;
mod row;
mod series;
mod stream;
#[cfg(all(feature = "throughput", target_os = "linux"))]
pub mod throughput;

pub use aggregates::{attempts, conversations, endpoints, hierarchy};
pub use arrow_array::{RecordBatch, RecordBatchReader};
pub use arrow_schema::{ArrowError, Schema, SchemaRef};
pub use column::FLAGS;
pub use packets::{PacketBuilder, PacketStream, packets};
pub use series::{io, latencies, round_trips, sequence, story};
pub use stream::{ReportStream, arp, calls, dhcp, dns, findings, flows, icmp, quic, tls};

use crate::analysis;
use crate::packet::Layer;

/// What a table shall consist of.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Rows of a batch at most; default 65,536. 0 counts as 1.
    pub batch_rows: usize,
    /// The columns wanted, in this order; `None` for all. Columns that are not asked for are not computed.
    pub columns: Option<Vec<String>>,
    /// Whether a table of packets simply ends where the capture is damaged or cut off, instead of with an error.
    /// [`CaptureSummary::damage`](crate::analysis::CaptureSummary::damage) tells of the damage too.
    pub end_at_damage: bool,
    /// Ports of a table of packets that stand for these applications and tunnels, besides the usual ones; see
    /// [`Applications::ports`](crate::application::Applications::ports).
    pub ports: Vec<(u16, Layer)>,
    /// How a table of packets analyses the capture on the way. With those of a [report](analysis::Report::options) flows have
    /// the numbers that they have there. It works in one thread, whatever they say; frames that do not count have no row.
    pub analysis: analysis::Options,
}

impl Options {
    /// The same, with these columns only.
    #[must_use]
    pub fn with_columns<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.columns = Some(columns.into_iter().map(Into::into).collect());
        self
    }

    /// The same, with batches of at most `rows` rows.
    #[must_use]
    pub fn with_batch_rows(mut self, rows: usize) -> Self {
        self.batch_rows = rows;
        self
    }

    /// The same, with tables of packets that are analysed in this way.
    #[must_use]
    pub fn with_analysis(mut self, analysis: analysis::Options) -> Self {
        self.analysis = analysis;
        self
    }

    /// The same, with tables of packets that end without an error where the capture is damaged.
    #[must_use]
    pub fn ending_at_damage(mut self) -> Self {
        self.end_at_damage = true;
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            batch_rows: 65_536,
            columns: None,
            end_at_damage: false,
            ports: Vec::new(),
            analysis: analysis::Options::default(),
        }
    }
}
