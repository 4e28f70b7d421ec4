//! What a capture says, block by block, for comparing a file with its copy.

use std::io::Read;

use netshoot_core::capture::{Block, Interface, Merge, OtherBlock, Reader, Writer, WriterBuilder};

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
