//! Rows of a table as JSON objects, for `jq` and for programs without Arrow.
//!
//! Keys are the column names. Times are RFC 3339 text in UTC with nine decimals, which sort as text and which polars,
//! pandas and duckdb read as times; sets of flags are lists of names (a bit without a name is `"0x200"` or the like);
//! null is null, and so is a number that JSON cannot write. Text is valid whatever a packet held: control characters are
//! escaped.
//!
//! ```no_run
//! # use std::io::Write;
//! # fn write(batch: &netshoot_core::table::RecordBatch) -> Result<(), Box<dyn std::error::Error>> {
//! let mut rows = netshoot_core::table::json::Rows::new(batch)?;
//! let mut line = String::new();
//! for row in 0..rows.len() {
//!     line.clear();
//!     rows.write(row, &mut line);
//!     writeln!(std::io::stdout(), "{line}")?;
//! }
//! # Ok(())
//! # }
//! ```

use std::fmt::{self, Write as _};

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float32Type, Float64Type, Int32Type, Int64Type, TimestampNanosecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field, TimeUnit};

use super::FLAGS;
use crate::capture::Timestamp;
use crate::json::escape;
use crate::{Error, ErrorKind, Result};

/// The rows of a batch, ready to be written.
pub struct Rows {
    columns: Vec<Column>,
    len: usize,
}

struct Column {
    /// The key with its quotes and colon, and what stands before it.
    key: String,
    nulls: Option<NullBuffer>,
    write: Write,
}

/// Appends the value of a row.
type Write = Box<dyn FnMut(usize, &mut String) + Send>;

impl Rows {
    /// Prepares to write the rows of `batch`.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) if the batch has a column of a type that no table of this library has.
    pub fn new(batch: &RecordBatch) -> Result<Self> {
        let schema = batch.schema();
        let columns = schema.fields().iter().zip(batch.columns()).enumerate();
        let column = |(n, (field, array)): (usize, (&std::sync::Arc<Field>, &ArrayRef))| {
            let mut key = String::from(if n == 0 { "" } else { "," });
            quote(&mut key, field.name());
            key.push(':');
            Ok(Column { key, nulls: array.nulls().cloned(), write: writer(field, array)? })
        };
        Ok(Self { columns: columns.map(column).collect::<Result<_>>()?, len: batch.num_rows() })
    }

    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Appends row `row`, counted from 0, as one JSON object without a line end; nothing if there is no such row.
    pub fn write(&mut self, row: usize, out: &mut String) {
        if row >= self.len {
            return;
        }
        out.push('{');
        for column in &mut self.columns {
            out.push_str(&column.key);
            match &column.nulls {
                Some(nulls) if nulls.is_null(row) => out.push_str("null"),
                _ => (column.write)(row, out),
            }
        }
        out.push('}');
    }
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("len", &self.len).finish_non_exhaustive()
    }
}

fn writer(field: &Field, array: &ArrayRef) -> Result<Write> {
    let flags = field.metadata().get(FLAGS).map(|names| names.split(',').map(quoted).collect());
    Ok(match field.data_type() {
        DataType::UInt8 => integers::<UInt8Type>(array, flags),
        DataType::UInt16 => integers::<UInt16Type>(array, flags),
        DataType::UInt32 => integers::<UInt32Type>(array, flags),
        DataType::UInt64 => integers::<UInt64Type>(array, flags),
        DataType::Int64 => {
            let values = array.as_primitive::<Int64Type>().values().clone();
            Box::new(move |row, out| {
                let value = values.get(row).copied().unwrap_or_default();
                out.push_str(if value < 0 { "-" } else { "" });
                integer(out, value.unsigned_abs());
            })
        }
        DataType::Float32 => floats::<Float32Type>(array, |number| number.is_finite()),
        DataType::Float64 => floats::<Float64Type>(array, |number| number.is_finite()),
        DataType::Boolean => {
            let values = array.as_boolean().values().clone();
            Box::new(move |row, out| out.push_str(if values.value(row) { "true" } else { "false" }))
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => times(array),
        DataType::Utf8 => {
            let values = array.as_string::<i32>().clone();
            Box::new(move |row, out| quote(out, values.value(row)))
        }
        DataType::Dictionary(key, value) if **key == DataType::Int32 && **value == DataType::Utf8 => names(array),
        DataType::List(item) if *item.data_type() == DataType::UInt32 => lists(array),
        other => {
            let error = Error::new(ErrorKind::Unsupported, format!("write column {} as JSON", field.name()));
            return Err(error.with_detail(format!("its type is {other}")));
        }
    })
}

fn integers<T>(array: &ArrayRef, flags: Option<Vec<String>>) -> Write
where
    T: ArrowPrimitiveType,
    T::Native: Into<u64>,
{
    let values = array.as_primitive::<T>().values().clone();
    let value = move |row: usize| values.get(row).map_or(0, |value| (*value).into());
    match flags {
        None => Box::new(move |row, out| integer(out, value(row))),
        Some(names) => Box::new(move |row, out| flag_names(out, value(row), &names)),
    }
}

fn floats<T>(array: &ArrayRef, is_finite: fn(T::Native) -> bool) -> Write
where
    T: ArrowPrimitiveType,
    T::Native: fmt::Debug,
{
    let values = array.as_primitive::<T>().values().clone();
    Box::new(move |row, out| match values.get(row) {
        // `Debug` writes the shortest text that reads back as the same number, `3.0` for three.
        Some(number) if is_finite(*number) => {
            let _ = write!(out, "{number:?}");
        }
        _ => out.push_str("null"),
    })
}

fn times(array: &ArrayRef) -> Write {
    let values = array.as_primitive::<TimestampNanosecondType>().values().clone();
    // Neighbours share the second, of which the text is costly.
    let (mut second, mut text) = (i64::MIN, String::new());
    Box::new(move |row, out| {
        let nanos = values.get(row).copied().unwrap_or_default();
        if nanos.div_euclid(NANOS_PER_SECOND) != second {
            second = nanos.div_euclid(NANOS_PER_SECOND);
            text.clear();
            // Writing to a String cannot fail, here and below.
            let _ = write!(text, "\"{}", Timestamp::from_nanos(nanos));
            text.truncate(text.len().saturating_sub("123456789Z".len()));
        }
        out.push_str(&text);
        let fraction = nanos.rem_euclid(NANOS_PER_SECOND).unsigned_abs();
        push_digits(out, fraction, 9);
        out.push_str("Z\"");
    })
}

fn names(array: &ArrayRef) -> Write {
    let dictionary = array.as_dictionary::<Int32Type>();
    let keys = dictionary.keys().values().clone();
    let texts: Vec<_> = dictionary.values().as_string::<i32>().iter().map(|text| text.map(quoted)).collect();
    Box::new(move |row, out| {
        let text = keys.get(row).and_then(|key| texts.get(usize::try_from(*key).ok()?)?.as_deref());
        out.push_str(text.unwrap_or("null"));
    })
}

fn lists(array: &ArrayRef) -> Write {
    let lists = array.as_list::<i32>().clone();
    Box::new(move |row, out| {
        out.push('[');
        for (n, number) in lists.value(row).as_primitive::<UInt32Type>().values().iter().enumerate() {
            out.push_str(if n == 0 { "" } else { "," });
            integer(out, u64::from(*number));
        }
        out.push(']');
    })
}

fn flag_names(out: &mut String, value: u64, names: &[String]) {
    out.push('[');
    let mut rest = value;
    let mut comma = "";
    while rest != 0 {
        let bit = rest.trailing_zeros();
        out.push_str(comma);
        match names.get(bit as usize) {
            Some(name) if name != "\"\"" => out.push_str(name),
            _ => {
                let _ = write!(out, "\"0x{:x}\"", 1_u64 << bit);
            }
        }
        comma = ",";
        rest &= rest - 1;
    }
    out.push(']');
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    quote(&mut out, text);
    out
}

fn quote(out: &mut String, text: &str) {
    out.push('"');
    escape(out, text);
    out.push('"');
}

/// As `write!` does it, in a fifth of the time; most of a row is integers.
fn integer(out: &mut String, number: u64) {
    push_digits(out, number, number.checked_ilog10().map_or(1, |log| log as usize + 1));
}

/// Appends the last `width` decimal digits of `number`, at most 20.
fn push_digits(out: &mut String, mut number: u64, width: usize) {
    let mut digits = [b'0'; 20];
    for digit in digits.iter_mut().rev().take(width) {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
    let digits = digits.get(20_usize.saturating_sub(width)..).unwrap_or_default();
    out.push_str(str::from_utf8(digits).unwrap_or_default());
}

const NANOS_PER_SECOND: i64 = 1_000_000_000;
