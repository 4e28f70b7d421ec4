//! The columns of `ss`: cells of a whole listing, kept until the widest of each column is known.
//!
//! `ss` keeps up to five chunks of a mebibyte; then it writes what it has with the widths known so far and begins again.
//! The same is done here at the same place, so that even such an output is equal, and memory does not grow with the
//! number of sockets.

use std::io;

/// The columns that may be left out, by their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Netid = 0,
    State = 1,
}

/// Cells that wait for their widths.
#[derive(Debug)]
pub(super) struct Columns {
    cells: Vec<u8>,
    /// Where each cell ends, as many a row as there are columns shown.
    ends: Vec<usize>,
    shown: [bool; COUNT],
    /// The longest cell so far, in octets, as `ss` counts them.
    longest: [usize; COUNT],
    current: usize,
    /// Columns of the terminal; without one each column is as narrow as it can be.
    screen: Option<usize>,
    chunk: Chunk,
}

impl Columns {
    pub(super) fn new(netid: bool, state: bool, screen: Option<usize>) -> Self {
        let shown = [netid, state, true, true, true, true, true, true, true];
        Self {
            cells: Vec::new(),
            ends: Vec::new(),
            shown,
            longest: [0; COUNT],
            current: 0,
            screen,
            chunk: Chunk::default(),
        }
    }

    pub(super) fn shows(&self, column: Column) -> bool {
        self.shown.get(column as usize).is_some_and(|shown| *shown)
    }

    /// Writes the names of the columns.
    pub(super) fn header(&mut self) {
        for column in &LAYOUT {
            if self.shown.get(self.current).is_some_and(|shown| *shown) {
                self.cells.extend_from_slice(column.header.as_bytes());
            }
            self.end_cell();
        }
    }

    /// The cell being written. In a column that is not shown nothing may be written.
    pub(super) fn cell(&mut self) -> &mut Vec<u8> {
        &mut self.cells
    }

    /// Ends the cell being written.
    pub(super) fn end_cell(&mut self) {
        let start = self.ends.last().copied().unwrap_or_default();
        if let (Some(true), Some(longest)) = (self.shown.get(self.current), self.longest.get_mut(self.current)) {
            let length = self.cells.len() - start;
            *longest = length.max(*longest);
            self.ends.push(self.cells.len());
            self.chunk.add(length);
        }
        self.current += 1;
    }

    /// Ends the row before, if there is one, and begins another.
    pub(super) fn begin_row(&mut self, out: &mut impl io::Write) -> io::Result<()> {
        if self.current > 0 {
            if self.current < COUNT {
                self.end_cell();
            }
            self.current = 0;
            if self.chunk.number >= CHUNKS {
                return self.render(out);
            }
            // The last column of `ss`, which is always empty.
            self.chunk.add(0);
        }
        Ok(())
    }

    /// Writes all rows. The last cell of the last row has no say in the width of its column, as in `ss`.
    pub(super) fn finish(&mut self, out: &mut impl io::Write) -> io::Result<()> {
        if self.current > 0 && self.current < COUNT {
            self.ends.push(self.cells.len());
            self.current = 0;
        }
        self.render(out)
    }

    fn render(&mut self, out: &mut impl io::Write) -> io::Result<()> {
        let widths = self.widths();
        let shown: Vec<(&Layout, usize)> = LAYOUT
            .iter()
            .zip(widths)
            .zip(self.shown)
            .filter(|(_, shown)| *shown)
            .map(|((layout, width), _)| (layout, width))
            .collect();
        let mut start = 0;
        for row in self.ends.chunks(shown.len().max(1)) {
            for (place, (end, (layout, width))) in row.iter().zip(&shown).enumerate() {
                let cell = self.cells.get(start..*end).unwrap_or_default();
                start = *end;
                put(out, cell, if place == 0 { "" } else { layout.before }, layout.right, *width)?;
            }
            out.write_all(b"\n")?;
        }
        self.cells.clear();
        self.ends.clear();
        self.chunk = Chunk::default();
        Ok(())
    }

    /// The width of each column with what stands before it.
    fn widths(&self) -> [usize; COUNT] {
        let screen = self.screen.unwrap_or(usize::MAX);
        let mut widths = [0; COUNT];
        let mut first = true;
        for (width, (longest, layout)) in widths.iter_mut().zip(self.longest.iter().zip(&LAYOUT)) {
            let before = if first || *longest == 0 { 0 } else { layout.before.len() };
            *width = screen.min(longest + before);
            first &= *width == 0;
        }
        if let Some(screen) = self.screen {
            spread(&mut widths, screen);
        }
        widths
    }
}

/// Gives what a line of the terminal has left to the columns that stand on it, the last of them first.
fn spread(widths: &mut [usize; COUNT], screen: usize) {
    let used: Vec<usize> = (0..COUNT).filter(|place| widths.get(*place).is_some_and(|width| *width > 0)).collect();
    let mut rest = used.as_slice();
    while !rest.is_empty() {
        let (mut length, mut count) = (0, 0);
        for place in rest {
            let width = widths.get(*place).copied().unwrap_or_default();
            if count > 0 && length + width > screen {
                break;
            }
            (length, count) = (length + width, count + 1);
            if length >= screen {
                break;
            }
        }
        let (line, below) = rest.split_at_checked(count).unwrap_or((rest, &[]));
        let left = screen.saturating_sub(length);
        for (from_end, place) in line.iter().rev().enumerate() {
            if let Some(width) = widths.get_mut(*place) {
                *width += left / count + usize::from(from_end < left % count);
            }
        }
        rest = below;
    }
}

fn put(out: &mut impl io::Write, cell: &[u8], before: &str, right: bool, width: usize) -> io::Result<()> {
    out.write_all(before.as_bytes())?;
    let space = width.saturating_sub(before.len() + cell.len());
    if right {
        spaces(out, space)?;
    }
    out.write_all(cell)?;
    if right { Ok(()) } else { spaces(out, space) }
}

fn spaces(out: &mut impl io::Write, mut count: usize) -> io::Result<()> {
    const SPACES: &[u8] = &[b' '; 128];
    while count > 0 {
        let some = SPACES.get(..count).unwrap_or(SPACES);
        out.write_all(some)?;
        count -= some.len();
    }
    Ok(())
}

/// How much of a chunk of `ss` the cells so far take: each has its length of two octets in front, and begins at an even
/// place.
#[derive(Debug)]
struct Chunk {
    number: usize,
    used: usize,
    /// Whether the cell being written is the first of the chunk.
    fresh: bool,
}

impl Default for Chunk {
    fn default() -> Self {
        Self { number: 1, used: LENGTH, fresh: true }
    }
}

impl Chunk {
    /// Adds a cell, and opens the next.
    fn add(&mut self, length: usize) {
        if !self.fresh && length > 0 && self.used + length >= CHUNK {
            self.number += 1;
            self.used = LENGTH;
        }
        self.used += length;
        let padding = length % 2;
        if CHUNK.saturating_sub(self.used) < padding + LENGTH {
            (self.number, self.used, self.fresh) = (self.number + 1, LENGTH, true);
        } else {
            self.used += padding + LENGTH;
            self.fresh = false;
        }
    }
}

struct Layout {
    header: &'static str,
    before: &'static str,
    right: bool,
}

const fn left(header: &'static str, before: &'static str) -> Layout {
    Layout { header, before, right: false }
}

const fn right(header: &'static str) -> Layout {
    Layout { header, before: " ", right: true }
}

const COUNT: usize = 9;
const LAYOUT: [Layout; COUNT] = [
    left("Netid", ""),
    left("State", " "),
    left("Recv-Q", " "),
    left("Send-Q", " "),
    right("Local Address:"),
    left("Port", ""),
    right("Peer Address:"),
    left("Port", ""),
    left("Process", ""),
];
/// A mebibyte with the head of a chunk.
const CHUNK: usize = 1024 * 1024 - 16;
const CHUNKS: usize = 5;
/// The length in front of a cell.
const LENGTH: usize = 2;
