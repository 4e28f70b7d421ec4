//! Columns: how a value is taken from a row, and the Arrow array that collects it.
//!
//! A table is a list of [`Column`]s, each made by one of the functions here from its name and a closure. That list is the
//! schema and the code that fills it in one, so that they cannot differ. Rows come in short runs, so that a run stays in
//! the processor's cache while column after column reads it.

use std::fmt::{Display, Write};
use std::hash::Hash;
use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder, StringDictionaryBuilder, UInt32Builder};
use arrow_array::types::{
    ArrowPrimitiveType, Float32Type, Float64Type, Int32Type, Int64Type, TimestampNanosecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{ArrayRef, BooleanArray, DictionaryArray, PrimitiveArray, StringArray};
use arrow_buffer::{BooleanBufferBuilder, NullBufferBuilder, ScalarBuffer};
use arrow_schema::{ArrowError, DataType, Field, Metadata, TimeUnit};
use hashbrown::HashMap;

use crate::capture::Timestamp;

/// A column over rows of type `R`.
pub(super) struct Column<R> {
    pub(super) field: Field,
    collect: Box<dyn Collect<R>>,
}

impl<R> Column<R> {
    fn new(name: &str, data_type: DataType, collect: impl Collect<R> + 'static) -> Self {
        Self { field: Field::new(name, data_type, true), collect: Box::new(collect) }
    }

    /// Says that the column never is null.
    pub(super) fn always(mut self) -> Self {
        self.field = self.field.with_nullable(false);
        self
    }

    /// Names the bits of the column's values, the lowest first.
    pub(super) fn flags(mut self, names: impl Iterator<Item = &'static str>) -> Self {
        let names = names.collect::<Vec<_>>().join(",");
        self.field = self.field.with_metadata(Metadata::from([(FLAGS.to_owned(), names)]));
        self
    }

    /// Adds the values of `rows`.
    pub(super) fn extend(&mut self, rows: &[R]) {
        self.collect.extend(rows);
    }

    /// The values added since the last call.
    pub(super) fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        self.collect.finish()
    }
}

/// The key of the field metadata that names the bits of a column of flags: names joined by commas, bit 0 first.
pub const FLAGS: &str = "netshoot:flags";

trait Collect<R>: Send {
    fn extend(&mut self, rows: &[R]);
    fn finish(&mut self) -> Result<ArrayRef, ArrowError>;
}

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident: $rust:ty = $arrow:ty, $data_type:expr;)+) => {$(
        $(#[$doc])*
        pub(super) fn $name<R>(name: &str, read: impl Fn(&R) -> Option<$rust> + Send + 'static) -> Column<R> {
            Column::new(name, $data_type, Numbers::<$arrow, _>::new(read))
        }
    )+};
}

numbers! {
    uint8: u8 = UInt8Type, DataType::UInt8;
    uint16: u16 = UInt16Type, DataType::UInt16;
    uint32: u32 = UInt32Type, DataType::UInt32;
    uint64: u64 = UInt64Type, DataType::UInt64;
    int64: i64 = Int64Type, DataType::Int64;
    float32: f32 = Float32Type, DataType::Float32;
    float64: f64 = Float64Type, DataType::Float64;
}

/// A point in time, as `timestamp[ns, UTC]`.
pub(super) fn time<R>(name: &str, read: impl Fn(&R) -> Option<Timestamp> + Send + 'static) -> Column<R> {
    let data_type = DataType::Timestamp(TimeUnit::Nanosecond, Some(Arc::from(UTC)));
    let read = move |row: &R| read(row).map(Timestamp::as_nanos);
    Column::new(name, data_type, Numbers::<TimestampNanosecondType, _>::new(read))
}

/// A truth value.
pub(super) fn boolean<R>(name: &str, read: impl Fn(&R) -> Option<bool> + Send + 'static) -> Column<R> {
    let collect = Booleans { values: BooleanBufferBuilder::new(0), nulls: NullBufferBuilder::new(0), read };
    Column::new(name, DataType::Boolean, collect)
}

/// Text that seldom repeats.
pub(super) fn text<R>(name: &str, read: impl Fn(&R, &mut String) -> bool + Send + 'static) -> Column<R> {
    Column::new(name, DataType::Utf8, Texts { values: StringBuilder::new(), scratch: String::new(), read })
}

/// Text that often repeats.
pub(super) fn repeated_text<R>(name: &str, read: impl Fn(&R, &mut String) -> bool + Send + 'static) -> Column<R> {
    let values = StringDictionaryBuilder::new();
    Column::new(name, dictionary_type(), RepeatedTexts { values, scratch: String::new(), read })
}

/// Values that repeat: `key` is what is compared, `write` gives the text of a key, once for each batch.
pub(super) fn dictionary<R, K: Hash + Eq + Copy + Send + 'static>(
    name: &str,
    key: impl Fn(&R) -> Option<K> + Send + 'static,
    write: impl Fn(K, &mut String) + Send + 'static,
) -> Column<R> {
    Column::new(name, dictionary_type(), Dictionary::new(key, write))
}

/// Values that repeat and whose text is what they display.
pub(super) fn shown<R, K: Hash + Eq + Copy + Display + Send + 'static>(
    name: &str,
    key: impl Fn(&R) -> Option<K> + Send + 'static,
) -> Column<R> {
    dictionary(name, key, |key, out| {
        // Writing to a String cannot fail.
        let _ = write!(out, "{key}");
    })
}

/// Names, of which there are few.
pub(super) fn name<R>(name: &str, read: impl Fn(&R) -> Option<&'static str> + Send + 'static) -> Column<R> {
    dictionary(name, read, |text, out| out.push_str(text))
}

/// Lists of frame or flow numbers; `each` calls its second argument with every one.
pub(super) fn list<R>(name: &str, each: impl Fn(&R, &mut dyn FnMut(u32)) + Send + 'static) -> Column<R> {
    let item = Arc::new(Field::new("item", DataType::UInt32, false));
    let values = ListBuilder::new(UInt32Builder::new()).with_field(Arc::clone(&item));
    Column::new(name, DataType::List(item), Lists { values, each })
}

fn dictionary_type() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

struct Numbers<T: ArrowPrimitiveType, F> {
    values: Vec<T::Native>,
    nulls: NullBufferBuilder,
    read: F,
}

impl<T: ArrowPrimitiveType, F> Numbers<T, F> {
    fn new(read: F) -> Self {
        Self { values: Vec::new(), nulls: NullBufferBuilder::new(0), read }
    }
}

impl<R, T: Zoned, F: Fn(&R) -> Option<T::Native> + Send> Collect<R> for Numbers<T, F> {
    fn extend(&mut self, rows: &[R]) {
        let Self { values, nulls, read } = self;
        values.extend(rows.iter().map(|row| {
            let value = read(row);
            nulls.append(value.is_some());
            value.unwrap_or_default()
        }));
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        let values = ScalarBuffer::from(take_with_capacity(&mut self.values));
        let array = PrimitiveArray::<T>::try_new(values, self.nulls.finish())?;
        Ok(Arc::new(T::zoned(array)))
    }
}

/// Numbers, of which those that are times get their zone.
trait Zoned: ArrowPrimitiveType + Sized {
    fn zoned(array: PrimitiveArray<Self>) -> PrimitiveArray<Self> {
        array
    }
}

impl Zoned for UInt8Type {}
impl Zoned for UInt16Type {}
impl Zoned for UInt32Type {}
impl Zoned for UInt64Type {}
impl Zoned for Int64Type {}
impl Zoned for Float32Type {}
impl Zoned for Float64Type {}
impl Zoned for TimestampNanosecondType {
    fn zoned(array: PrimitiveArray<Self>) -> PrimitiveArray<Self> {
        array.with_timezone(UTC)
    }
}

struct Booleans<F> {
    values: BooleanBufferBuilder,
    nulls: NullBufferBuilder,
    read: F,
}

impl<R, F: Fn(&R) -> Option<bool> + Send> Collect<R> for Booleans<F> {
    fn extend(&mut self, rows: &[R]) {
        for row in rows {
            let value = (self.read)(row);
            self.nulls.append(value.is_some());
            self.values.append(value.unwrap_or_default());
        }
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(BooleanArray::new(self.values.finish(), self.nulls.finish())))
    }
}

struct Texts<F> {
    values: StringBuilder,
    scratch: String,
    read: F,
}

impl<R, F: Fn(&R, &mut String) -> bool + Send> Collect<R> for Texts<F> {
    fn extend(&mut self, rows: &[R]) {
        for row in rows {
            self.scratch.clear();
            let there = (self.read)(row, &mut self.scratch);
            self.values.append_option(there.then_some(&self.scratch));
        }
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(self.values.finish()))
    }
}

struct RepeatedTexts<F> {
    values: StringDictionaryBuilder<Int32Type>,
    scratch: String,
    read: F,
}

impl<R, F: Fn(&R, &mut String) -> bool + Send> Collect<R> for RepeatedTexts<F> {
    fn extend(&mut self, rows: &[R]) {
        for row in rows {
            self.scratch.clear();
            let there = (self.read)(row, &mut self.scratch);
            self.values.append_option(there.then_some(&self.scratch));
        }
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(self.values.finish()))
    }
}

struct Dictionary<K, F, W> {
    keys: Vec<i32>,
    nulls: NullBufferBuilder,
    known: HashMap<K, i32, foldhash::fast::RandomState>,
    /// The key of the row before: neighbours are often alike.
    last: Option<(K, i32)>,
    values: StringBuilder,
    scratch: String,
    key: F,
    write: W,
}

impl<K: Hash + Eq + Copy, F, W: Fn(K, &mut String)> Dictionary<K, F, W> {
    fn new(key: F, write: W) -> Self {
        Self {
            keys: Vec::new(),
            nulls: NullBufferBuilder::new(0),
            known: HashMap::default(),
            last: None,
            values: StringBuilder::new(),
            scratch: String::new(),
            key,
            write,
        }
    }

    #[inline]
    fn index(&mut self, key: K) -> i32 {
        match self.last {
            Some((last, index)) if last == key => return index,
            _ => {}
        }
        let index = match self.known.get(&key) {
            Some(index) => *index,
            None => self.insert(key),
        };
        self.last = Some((key, index));
        index
    }

    #[cold]
    fn insert(&mut self, key: K) -> i32 {
        // A batch has at most `i32::MAX` rows.
        let index = i32::try_from(self.known.len()).unwrap_or(i32::MAX);
        self.scratch.clear();
        (self.write)(key, &mut self.scratch);
        self.values.append_value(&self.scratch);
        self.known.insert(key, index);
        index
    }
}

impl<R, K, F, W> Collect<R> for Dictionary<K, F, W>
where
    K: Hash + Eq + Copy + Send,
    F: Fn(&R) -> Option<K> + Send,
    W: Fn(K, &mut String) + Send,
{
    fn extend(&mut self, rows: &[R]) {
        self.keys.reserve(rows.len());
        for row in rows {
            let key = (self.key)(row);
            self.nulls.append(key.is_some());
            let index = key.map_or(0, |key| self.index(key));
            self.keys.push(index);
        }
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        self.known.clear();
        self.last = None;
        let values: StringArray = self.values.finish();
        let keys = ScalarBuffer::from(take_with_capacity(&mut self.keys));
        let keys = PrimitiveArray::<Int32Type>::try_new(keys, self.nulls.finish())?;
        Ok(Arc::new(DictionaryArray::try_new(keys, Arc::new(values))?))
    }
}

struct Lists<F> {
    values: ListBuilder<UInt32Builder>,
    each: F,
}

impl<R, F: Fn(&R, &mut dyn FnMut(u32)) + Send> Collect<R> for Lists<F> {
    fn extend(&mut self, rows: &[R]) {
        for row in rows {
            let values = self.values.values();
            (self.each)(row, &mut |number| values.append_value(number));
            self.values.append(true);
        }
    }

    fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(self.values.finish()))
    }
}

/// The values, leaving room for as many: batches are mostly of one size.
fn take_with_capacity<T>(values: &mut Vec<T>) -> Vec<T> {
    let room = Vec::with_capacity(values.len());
    std::mem::replace(values, room)
}

const UTC: &str = "UTC";
