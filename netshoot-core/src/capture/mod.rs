//! Where packets come from: capture files.
//!
//! [`Reader`] walks a pcap or pcapng file, or any stream in these formats, one [`Frame`] at a time. It holds one buffer
//! and lends each frame out of it, so that memory does not grow with the file; no length field of the file leads to an
//! allocation before it was checked against a limit. A file that was cut off, as happens when the writer is killed, gives
//! every complete frame first and then one error that names the offset. So does a file with time stamps that do not fit
//! 64 bits of nanoseconds: their frames come without a time.
//!
//! The formats are those of draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng. Where these leave a choice, or where
//! writers get them wrong, the reader does what Wireshark does, so that frame numbers agree.

mod batch;
mod block;
mod builder;
mod compression;
mod edit;
mod encode;
mod facts;
#[cfg(target_os = "linux")]
mod follow;
mod frame;
mod index;
mod interface;
mod merge;
mod merge_reader;
mod names;
mod open;
mod option;
mod order;
mod pcap;
mod pcapng;
mod reader;
mod rotation;
mod source;
mod writer;

#[cfg(target_os = "linux")]
pub use crate::cancel::Canceller;
pub use crate::timestamp::Timestamp;
pub(crate) use batch::Batch;
pub use block::{Block, BlockType, Custom, NameRecord, NameRecords, OtherBlock, Secrets};
pub use builder::WriterBuilder;
pub use compression::Compression;
pub use edit::{Edit, FlowPattern};
pub use facts::{Facts, SectionFacts};
#[cfg(target_os = "linux")]
pub use follow::Follow;
pub use frame::{Direction, Frame, PacketFlags};
pub use index::Index;
pub use interface::{Interface, InterfaceStatistics, Resolution};
pub use merge::{Merge, Merged, MergedInterfaces};
pub use merge_reader::MergeReader;
pub use names::Names;
pub use option::{BlockOption, OptionList, Options};
pub use reader::{Format, Reader};
pub use rotation::Rotate;
pub use writer::{Lost, Writer};
