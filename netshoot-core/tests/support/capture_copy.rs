//! What a capture says, block by block, for comparing a file with its copy.

use std::io::{Cursor, Read};
use std::ops::ControlFlow;

use netshoot_core::capture::{
    Block, Format, Frame, Interface, Merge, OtherBlock, Reader, Timestamp, Writer, WriterBuilder,
};
use netshoot_core::packet::LinkType;

/// All that a frame says: number, nanoseconds, octets, original length, link type, interface, section, options, drops.
pub type Row = (u64, Option<i64>, Vec<u8>, u32, u16, u32, u32, Vec<(u16, Vec<u8>)>, Option<u64>);

/// A block, whatever octets it was written in.
#[derive(Debug, PartialEq)]
pub enum Said {
    Frame(Row),
    Other { kind: u32, section: u32, interface: Option<u32>, options: Vec<(u16, Vec<u8>)>, rest: Vec<u8> },
}

#[derive(Debug, Default)]
pub struct Content {
    pub said: Vec<Said>,
    pub interfaces: Vec<String>,
    pub error: Option<String>,
}

impl Content {
    pub fn rows(&self) -> Vec<&Row> {
        self.said.iter().filter_map(|said| if let Said::Frame(row) = said { Some(row) } else { None }).collect()
    }
}

/// Everything up to the end or the first error.
pub fn content<R: Read>(reader: &mut Reader<R>) -> Content {
    let mut content = Content::default();
    loop {
        match reader.next_block() {
            Ok(Some(Block::Frame(frame))) => {
                let options: Vec<_> = frame.options().map(|option| (option.code, option.value.to_vec())).collect();
                // The obsolete block has the count of drops elsewhere.
                let options = options.into_iter().filter(|(code, _)| *code != 4).collect();
                content.said.push(Said::Frame((
                    frame.number,
                    frame.timestamp.map(|time| time.as_nanos()),
                    frame.bytes.to_vec(),
                    frame.original_length,
                    frame.link_type.0,
                    frame.interface,
                    frame.section,
                    options,
                    frame.dropped(),
                )));
            }
            Ok(Some(Block::Other(block))) => content.said.push(other(&block)),
            Ok(Some(_)) => panic!("a block of a new kind"),
            Ok(None) => break,
            Err(error) => {
                content.error = Some(error.to_string());
                break;
            }
        }
    }
    content.interfaces = reader.interfaces().iter().map(interface).collect();
    content
}

fn other(block: &OtherBlock<'_>) -> Said {
    let options: Vec<_> = block.options().map(|option| (option.code, option.value.to_vec())).collect();
    let mut rest = match block.secrets() {
        Some(secrets) => secrets.data.to_vec(),
        None => block.names().flat_map(|record| format!("{} {}\n", record.address, record.name).into_bytes()).collect(),
    };
    // The length of a section is not known when it is written.
    if !matches!(block.block_type.0, 0x0a0d_0d0a | 1 | 4 | 5 | 10) {
        rest.extend(block.body);
    }
    Said::Other { kind: block.block_type.0, section: block.section, interface: block.interface(), options, rest }
}

pub fn interface(interface: &Interface) -> String {
    format!("{interface:?}")
}

/// The capture in `file`, copied.
pub fn copy(file: &[u8], builder: WriterBuilder) -> netshoot_core::Result<Vec<u8>> {
    let mut writer: Writer<Vec<u8>> = builder.start(Vec::new())?;
    let merged = Merge::new(vec![Reader::new(file)?]).write_to(&mut writer, |_| std::ops::ControlFlow::Continue(()))?;
    assert_eq!(merged.read, merged.written);
    writer.finish()
}

pub fn read(file: &[u8]) -> Content {
    content(&mut Reader::new(file).unwrap())
}

/// The merged file, and what was said of it.
pub fn merge(
    files: &[Vec<u8>],
    how: impl FnOnce(Merge<Cursor<Vec<u8>>>) -> Merge<Cursor<Vec<u8>>>,
) -> (Vec<u8>, netshoot_core::capture::Merged) {
    let readers = files.iter().map(|file| Reader::new(Cursor::new(file.clone())).unwrap()).collect();
    let mut writer = Writer::builder().start(Vec::new()).unwrap();
    let merged = how(Merge::new(readers)).write_to(&mut writer, |_| ControlFlow::Continue(())).unwrap();
    (writer.finish().unwrap(), merged)
}

pub fn frame(number: u64, nanos: i64, bytes: &[u8]) -> Frame<'_> {
    Frame::new(number, Some(Timestamp::from_nanos(nanos)), LinkType::ETHERNET, bytes)
}

/// A pcap file with frames at these milliseconds, each with its own number and the file's name in it.
pub fn pcap_at(name: u8, times: &[i64]) -> Vec<u8> {
    let mut writer = Writer::builder().format(Format::Pcap).start(Vec::new()).unwrap();
    for (place, time) in times.iter().enumerate() {
        let bytes = [name, place as u8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x88, 0xb5];
        writer.write(&frame(1, time * 1_000_000, &bytes)).unwrap();
    }
    writer.finish().unwrap()
}
