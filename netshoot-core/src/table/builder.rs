//! Collects rows into record batches: the columns of a table, those that were asked for.

use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{ArrowError, Schema, SchemaRef};

use super::Options;
use super::column::Column;
use crate::{Error, ErrorKind, Result};

pub(super) struct Builder<R> {
    schema: SchemaRef,
    columns: Vec<Column<R>>,
    rows: usize,
}

impl<R> Builder<R> {
    /// A builder for those of `columns` that `options` asks for, of the table called `table`.
    pub(super) fn new(table: &str, columns: Vec<Column<R>>, options: &Options) -> Result<Self> {
        let columns = match &options.columns {
            Some(names) => select(table, columns, names)?,
            None => columns,
        };
        let fields: Vec<_> = columns.iter().map(|column| column.field.clone()).collect();
        Ok(Self { schema: Arc::new(Schema::new(fields)), columns, rows: 0 })
    }

    pub(super) fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    pub(super) fn has_any(&self, names: &[&str]) -> bool {
        self.columns.iter().any(|column| names.contains(&column.field.name().as_str()))
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn extend(&mut self, rows: &[R]) {
        for run in rows.chunks(RUN) {
            for column in &mut self.columns {
                column.extend(run);
            }
        }
        self.rows += rows.len();
    }

    /// The rows added since the last call.
    pub(super) fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        let arrays = self.columns.iter_mut().map(Column::finish).collect::<Result<_, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(std::mem::take(&mut self.rows)));
        RecordBatch::try_new_with_options(self.schema(), arrays, &options)
    }
}

/// Rows that every column reads while they are in the processor's first cache.
pub(super) const RUN: usize = 128;

fn select<R>(table: &str, mut columns: Vec<Column<R>>, names: &[String]) -> Result<Vec<Column<R>>> {
    let known: Vec<_> = columns.iter().map(|column| column.field.name().clone()).collect();
    let take = |name: &String| match columns.iter().position(|column| column.field.name() == name) {
        Some(position) => Ok(columns.swap_remove(position)),
        None => {
            let twice = known.contains(name);
            let error = Error::new(ErrorKind::InvalidInput, format!("choose columns of table {table}"));
            Err(if twice {
                error.with_detail(format!("column {name:?} is named twice"))
            } else {
                error
                    .with_detail(format!("there is no column {name:?}"))
                    .with_hint(format!("there are {}", known.join(", ")))
            })
        }
    };
    names.iter().map(take).collect()
}
