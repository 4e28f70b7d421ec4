//! A link's counters, as `ip -s` shows them: JSON, or columns as wide as their widest number.

use super::super::{Link, Stats64};
use super::Prefixes;
use super::form::Form;
use super::link::Context;

impl Context<'_> {
    /// Whether there were any.
    pub(super) fn stats(&self, form: &mut Form, link: &Link) -> bool {
        let Some(stats) = &link.stats64 else { return false };
        let more = self.options.more_statistics;
        if form.is_json() {
            form.member("stats64", |form| json(form, stats, link.carrier_changes.filter(|_| more), more));
        } else {
            let columns = widths(stats, link.carrier_changes, more, self.options.human.is_some());
            let [bytes, ..] = columns;
            let rows = [received(stats), sent(stats, link.carrier_changes)];
            for (name, rows) in [("RX", rows.first()), ("TX", rows.last())] {
                let Some((row, errors)) = rows else { continue };
                if name == "TX" {
                    form.text(format_args!("{}", self.line));
                }
                form.text(format_args!("    {name}: {:>1$}", "bytes", bytes.saturating_sub(4)));
                titles(form, row, &columns);
                form.text(format_args!("{}    ", self.line));
                numbers(form, row, &columns, self.options.human);
                if more {
                    form.text(format_args!("{}    {name} errors:{:>2$}", self.line, "", bytes.saturating_sub(10)));
                    titles(form, errors, &columns);
                    form.text(format_args!("{}{:>2$}", self.line, "", bytes + 5));
                    numbers(form, errors, &columns, self.options.human);
                }
            }
        }
        true
    }
}

/// A column: its title and its number; a column without a title has no place for one.
#[derive(Clone, Copy)]
struct Cell {
    title: Option<&'static str>,
    number: Option<u64>,
}

fn always(title: &'static str, number: u64) -> Cell {
    Cell { title: Some(title), number: Some(number) }
}

/// A column that is only there when it counts something.
fn when_any(title: &'static str, number: u64, empty: Option<&'static str>) -> Cell {
    if number == 0 { Cell { title: empty, number: None } } else { always(title, number) }
}

type Row = [Cell; 8];

const NONE: Cell = Cell { title: None, number: None };

fn received(stats: &Stats64) -> (Row, Row) {
    let row = [
        Cell { title: None, number: Some(stats.rx_bytes) },
        always("packets", stats.rx_packets),
        always("errors", stats.rx_errors),
        always("dropped", stats.rx_dropped),
        always("missed", stats.rx_missed_errors),
        always("mcast", stats.multicast),
        when_any("compressed", stats.rx_compressed, Some("")),
        NONE,
    ];
    let errors = [
        NONE,
        always("length", stats.rx_length_errors),
        always("crc", stats.rx_crc_errors),
        always("frame", stats.rx_frame_errors),
        always("fifo", stats.rx_fifo_errors),
        always("overrun", stats.rx_over_errors),
        when_any("nohandler", stats.rx_nohandler, None),
        when_any("otherhost", stats.rx_otherhost_dropped, None),
    ];
    (row, errors)
}

fn sent(stats: &Stats64, carrier_changes: Option<u32>) -> (Row, Row) {
    let row = [
        Cell { title: None, number: Some(stats.tx_bytes) },
        always("packets", stats.tx_packets),
        always("errors", stats.tx_errors),
        always("dropped", stats.tx_dropped),
        always("carrier", stats.tx_carrier_errors),
        always("collsns", stats.collisions),
        when_any("compressed", stats.tx_compressed, Some("")),
        NONE,
    ];
    let transitions = match carrier_changes {
        Some(changes) => always("transns", changes.into()),
        None => Cell { title: Some(""), number: None },
    };
    let errors = [
        NONE,
        always("aborted", stats.tx_aborted_errors),
        always("fifo", stats.tx_fifo_errors),
        always("window", stats.tx_window_errors),
        always("heartbt", stats.tx_heartbeat_errors),
        transitions,
        NONE,
        NONE,
    ];
    (row, errors)
}

fn titles(form: &mut Form, row: &Row, columns: &[usize; 8]) {
    for (cell, width) in row.iter().zip(columns) {
        if let Some(title) = cell.title {
            form.text(format_args!(" {title:>width$}"));
        }
    }
}

fn numbers(form: &mut Form, row: &Row, columns: &[usize; 8], human: Option<Prefixes>) {
    for (cell, width) in row.iter().zip(columns) {
        match (cell.number, human) {
            (Some(number), Some(prefixes)) => form.text(format_args!("{:>width$} ", prefixed(number, prefixes))),
            (Some(number), None) => form.text(format_args!("{number:>width$} ")),
            (None, _) => {}
        }
    }
}

/// The number in the largest unit that leaves something before the point, with up to two digits behind it.
fn prefixed(number: u64, prefixes: Prefixes) -> String {
    let (base, mark) = match prefixes {
        Prefixes::Decimal => (1000, ""),
        Prefixes::Binary => (1024, "i"),
    };
    if number < base {
        return number.to_string();
    }
    let (mut unit, mut rest) = (base, number / base);
    let mut letters = "kMGTPE".chars();
    let mut letter = letters.next().unwrap_or_default();
    while rest >= base {
        (unit, rest) = (unit * base, rest / base);
        letter = letters.next().unwrap_or(letter);
    }
    let digits = if rest < 10 { 2 } else { usize::from(rest < 100) };
    format!("{:.digits$}{letter}{mark}", number as f64 / unit as f64)
}

/// Wide enough for the titles, and for all numbers that are shown with all digits. (The numbers of the transmit errors are counted one
/// column further to the right, as `ip` has it.)
fn widths(stats: &Stats64, carrier_changes: Option<u32>, more: bool, human: bool) -> [usize; 8] {
    let mut columns =
        ["*X errors:", "packets", "errors", "dropped", "heartbt", "overrun", "compressed", "otherhost"].map(str::len);
    if human {
        return columns;
    }
    let mut widen = |numbers: [u64; 8]| {
        for (width, number) in columns.iter_mut().zip(numbers) {
            *width = (*width).max(number.checked_ilog10().map_or(1, |digits| digits as usize + 1));
        }
    };
    let s = stats;
    widen([s.rx_bytes, s.rx_packets, s.rx_errors, s.rx_dropped, s.rx_missed_errors, s.multicast, s.rx_compressed, 0]);
    widen([s.tx_bytes, s.tx_packets, s.tx_errors, s.tx_dropped, s.tx_carrier_errors, s.collisions, s.tx_compressed, 0]);
    if more {
        widen([
            0,
            s.rx_length_errors,
            s.rx_crc_errors,
            s.rx_frame_errors,
            s.rx_fifo_errors,
            s.rx_over_errors,
            s.rx_nohandler,
            s.rx_otherhost_dropped,
        ]);
        let changes = carrier_changes.unwrap_or_default().into();
        widen([0, 0, s.tx_aborted_errors, s.tx_fifo_errors, s.tx_window_errors, s.tx_heartbeat_errors, changes, 0]);
    }
    columns
}

fn json(form: &mut Form, stats: &Stats64, carrier_changes: Option<u32>, more: bool) {
    let put = |form: &mut Form, key: &str, number: u64| form.number(key, "", number, "");
    form.member("rx", |form| {
        put(form, "bytes", stats.rx_bytes);
        put(form, "packets", stats.rx_packets);
        put(form, "errors", stats.rx_errors);
        put(form, "dropped", stats.rx_dropped);
        put(form, "over_errors", stats.rx_over_errors);
        put(form, "multicast", stats.multicast);
        put_any(form, "compressed", stats.rx_compressed);
        if more {
            put(form, "length_errors", stats.rx_length_errors);
            put(form, "crc_errors", stats.rx_crc_errors);
            put(form, "frame_errors", stats.rx_frame_errors);
            put(form, "fifo_errors", stats.rx_fifo_errors);
            put(form, "missed_errors", stats.rx_missed_errors);
            put_any(form, "nohandler", stats.rx_nohandler);
            put_any(form, "otherhost", stats.rx_otherhost_dropped);
        }
    });
    form.member("tx", |form| {
        put(form, "bytes", stats.tx_bytes);
        put(form, "packets", stats.tx_packets);
        put(form, "errors", stats.tx_errors);
        put(form, "dropped", stats.tx_dropped);
        put(form, "carrier_errors", stats.tx_carrier_errors);
        put(form, "collisions", stats.collisions);
        put_any(form, "compressed", stats.tx_compressed);
        if more {
            put(form, "aborted_errors", stats.tx_aborted_errors);
            put(form, "fifo_errors", stats.tx_fifo_errors);
            put(form, "window_errors", stats.tx_window_errors);
            put(form, "heartbeat_errors", stats.tx_heartbeat_errors);
            if let Some(changes) = carrier_changes {
                put(form, "carrier_changes", changes.into());
            }
        }
    });
}

fn put_any(form: &mut Form, key: &str, number: u64) {
    if number != 0 {
        form.number(key, "", number, "");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_leaves_three_digits() {
        let decimal = [0, 999, 1_000, 12_345, 123_456, 1_234_567, u64::MAX].map(|n| prefixed(n, Prefixes::Decimal));
        assert_eq!(decimal, ["0", "999", "1.00k", "12.3k", "123k", "1.23M", "18.4E"]);
        let binary = [1_023, 1_024, 1 << 20, 10 << 30].map(|n| prefixed(n, Prefixes::Binary));
        assert_eq!(binary, ["1023", "1.00ki", "1.00Mi", "10.0Gi"]);
    }
}
