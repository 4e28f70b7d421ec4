//! The tables of a finished analysis, as streams of record batches.

use std::fmt;
use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, SchemaRef};

use super::builder::Builder;
use super::column::Column;
use super::{Options, dns as dns_table, findings as findings_table, flows as flows_table};
use crate::Result;
use crate::analysis::Report;

/// The flows of `report`, in order of first appearance.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a column is asked for that does not exist.
pub fn flows(report: Arc<Report>, options: &Options) -> Result<ReportStream> {
    ReportStream::new("flows", report, flows_table::columns(), |report| &report.flows, options)
}

/// The DNS transactions of `report`, in order of time.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a column is asked for that does not exist.
pub fn dns(report: Arc<Report>, options: &Options) -> Result<ReportStream> {
    ReportStream::new("dns", report, dns_table::columns(), |report| &report.dns, options)
}

/// The findings of `report`, the worst first.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a column is asked for that does not exist.
pub fn findings(report: Arc<Report>, options: &Options) -> Result<ReportStream> {
    let columns = findings_table::columns(report.flows.len());
    ReportStream::new("findings", report, columns, |report| &report.findings, options)
}

/// A table of a [`Report`] as a stream of record batches. Made by [`flows`], [`dns`] and [`findings`].
pub struct ReportStream {
    schema: SchemaRef,
    next: Box<dyn FnMut() -> Option<Result<RecordBatch, ArrowError>> + Send>,
}

impl ReportStream {
    fn new<R: 'static>(
        table: &str,
        report: Arc<Report>,
        columns: Vec<Column<R>>,
        rows: fn(&Report) -> &[R],
        options: &Options,
    ) -> Result<Self> {
        let mut builder = Builder::new(table, columns, options)?;
        let batch_rows = options.batch_rows.max(1);
        let mut done = 0;
        let schema = builder.schema();
        let next = move || {
            let rest = rows(&report).get(done..).unwrap_or_default();
            let batch = rest.get(..batch_rows).unwrap_or(rest);
            if batch.is_empty() {
                return None;
            }
            builder.extend(batch);
            done += batch.len();
            Some(builder.finish())
        };
        Ok(Self { schema, next: Box::new(next) })
    }
}

impl Iterator for ReportStream {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        (self.next)()
    }
}

impl RecordBatchReader for ReportStream {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

impl fmt::Debug for ReportStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReportStream").field("schema", &self.schema).finish_non_exhaustive()
    }
}
