//! What applications say in packets, for rows that hold no octets of a frame.

use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

use super::Options;
use super::builder::Builder;
use super::column::{Column, name, text};
use super::row::Row;
use crate::application::{Applications, Message};
use crate::packet::{Layer, Packet, Tunnels};

const APPLICATION: &str = "app";
const INFORMATION: &str = "app_info";

/// Reads the messages of a run of rows, and keeps their lines until the columns have read them.
pub(super) struct Reader {
    lines: Arc<Mutex<String>>,
    ports: Vec<(u16, Layer)>,
    writes_lines: bool,
}

impl Reader {
    /// `None` if none of the columns in `builder` needs it.
    pub(super) fn new(lines: &Arc<Mutex<String>>, builder: &Builder<Row>, options: &Options) -> Option<Self> {
        let writes_lines = builder.has_any(&[INFORMATION]);
        let is_needed = writes_lines || builder.has_any(&[APPLICATION]);
        is_needed.then(|| Self { lines: Arc::clone(lines), ports: options.ports.clone(), writes_lines })
    }

    /// Notes in `row` what the innermost packet says.
    pub(super) fn read(&self, packet: &Packet<'_>, row: &mut Row) {
        let innermost = packet.innermost_by(&Tunnels::with_ports(&self.ports));
        let Some(message) = Message::of_by(&innermost, &Applications::with_ports(&self.ports)) else { return };
        row.application = Some(message.layer().name());
        if self.writes_lines {
            let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
            let start = lines.len();
            // Writing to a String cannot fail.
            let _ = write!(lines, "{message}");
            row.line = Some((start, lines.len()));
        }
    }

    /// Forgets the lines of the rows that the columns have read.
    pub(super) fn clear(&self) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

pub(super) fn columns(lines: &Arc<Mutex<String>>) -> Vec<Column<Row>> {
    let lines = Arc::clone(lines);
    let line = move |row: &Row, out: &mut String| {
        let Some((start, end)) = row.line else { return false };
        let lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
        out.push_str(lines.get(start..end).unwrap_or_default());
        true
    };
    vec![name(APPLICATION, |row: &Row| row.application), text(INFORMATION, line)]
}
