//! Tables as Arrow streams, by the Arrow PyCapsule interface.
//!
//! A [`Table`] is a recipe: each [`Stream`] that it opens begins at the first row and makes batches as they are asked for.
//! Whoever takes the stream may hold the interpreter lock or not; it is released while a batch is made, and signals are
//! looked at before each batch.

use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_schema::DataType;
use arrow_schema::ffi::FFI_ArrowSchema;
use netshoot_core::table::{ArrowError, FLAGS, RecordBatch, RecordBatchReader, SchemaRef};
use netshoot_core::{Error, ErrorKind, Result};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::error::{to_python, warn_of_damage};
use crate::rows::Rows;

pub(crate) type BoxedReader = Box<dyn RecordBatchReader + Send>;

/// A table that can be read any number of times.
#[pyclass(frozen)]
pub(crate) struct Table {
    name: &'static str,
    schema: SchemaRef,
    rows: Option<usize>,
    strict: bool,
    open: Box<dyn Fn(usize) -> Result<BoxedReader> + Send + Sync>,
}

impl Table {
    /// A table whose rows `open` gives in batches of at most so many rows. If it is not `strict`, it ends with a warning
    /// where its capture is damaged, else with an error.
    pub(crate) fn new(
        name: &'static str,
        schema: SchemaRef,
        rows: Option<usize>,
        strict: bool,
        open: impl Fn(usize) -> Result<BoxedReader> + Send + Sync + 'static,
    ) -> Self {
        Self { name, schema, rows, strict, open: Box::new(open) }
    }

    fn of_batch(name: &'static str, batch: RecordBatch) -> Self {
        let schema = batch.schema();
        let rows = batch.num_rows();
        Self::new(name, Arc::clone(&schema), Some(rows), true, move |_| {
            Ok(Box::new(arrow_array::RecordBatchIterator::new([Ok(batch.clone())], Arc::clone(&schema))))
        })
    }

    pub(crate) fn batches_of(&self, py: Python<'_>, batch_rows: usize) -> PyResult<Batches> {
        let reader = py.detach(|| (self.open)(batch_rows)).map_err(|error| to_python(py, &error))?;
        Ok(Batches { reader, strict: self.strict, ended: false })
    }
}

#[pymethods]
impl Table {
    /// What the rows are: `packets`, `flows`, `dns` or `findings`.
    #[getter]
    fn name(&self) -> &'static str {
        self.name
    }

    /// The number of rows, where it is known without reading the capture.
    #[getter]
    fn rows(&self) -> Option<usize> {
        self.rows
    }

    /// Names and Arrow types of the columns.
    #[getter]
    fn columns(&self) -> Vec<(String, String)> {
        self.schema.fields().iter().map(|field| (field.name().clone(), type_name(field.data_type()))).collect()
    }

    /// The names of the bits of a column of flags, bit 0 first; empty for other columns.
    fn flag_names(&self, column: &str) -> PyResult<Vec<String>> {
        let field = self
            .schema
            .field_with_name(column)
            .map_err(|_| PyValueError::new_err(format!("table {} has no column {column:?}", self.name)))?;
        Ok(field.metadata().get(FLAGS).map(|names| names.split(',').map(str::to_owned).collect()).unwrap_or_default())
    }

    /// The schema as a capsule called `arrow_schema`.
    #[pyo3(signature = () -> "object")]
    fn schema<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let schema = FFI_ArrowSchema::try_from(self.schema.as_ref()).map_err(|error| arrow_error(&error))?;
        PyCapsule::new_with_value(py, schema, c"arrow_schema")
    }

    /// A stream that begins at the first row. `interrupt_again` has an interruption raised once more behind whoever takes
    /// the stream, for those that replace it with an error of their own.
    #[pyo3(signature = (batch_rows, interrupt_again))]
    fn open(&self, py: Python<'_>, batch_rows: usize, interrupt_again: bool) -> PyResult<Stream> {
        let batches = self.batches_of(py, batch_rows)?;
        Ok(Stream {
            batches: Mutex::new(Some(batches)),
            failure: Arc::default(),
            schema: Arc::clone(&self.schema),
            interrupt_again,
        })
    }

    /// The rows, each a list of its values.
    fn iterate(&self, py: Python<'_>) -> PyResult<Rows> {
        Ok(Rows::new(self.batches_of(py, ROWS_AT_ONCE)?))
    }

    /// The table in pieces of at most `batch_rows` rows.
    fn batches(&self, py: Python<'_>, batch_rows: usize) -> PyResult<Pieces> {
        Ok(Pieces { name: self.name, batches: Mutex::new(self.batches_of(py, batch_rows)?) })
    }
}

/// One passage through a table, to be taken once.
#[pyclass(frozen)]
pub(crate) struct Stream {
    batches: Mutex<Option<Batches>>,
    failure: Failure,
    schema: SchemaRef,
    interrupt_again: bool,
}

type Failure = Arc<Mutex<Option<PyErr>>>;

#[pymethods]
impl Stream {
    /// The stream as a capsule called `arrow_array_stream`. A requested schema is not obeyed: the columns have their types.
    #[pyo3(signature = (requested_schema = None) -> "object")]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        drop(requested_schema);
        let batches = lock(&self.batches).take();
        let batches = batches.ok_or_else(|| PyRuntimeError::new_err("the stream was taken before"))?;
        let guarded = Guarded {
            batches: Mutex::new(batches),
            failure: Arc::clone(&self.failure),
            interrupt_again: self.interrupt_again,
        };
        let reader = SharedReader { guarded: Arc::new(guarded), schema: Arc::clone(&self.schema) };
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(reader)), c"arrow_array_stream")
    }

    /// The exception that ended the stream early, if one did.
    #[pyo3(signature = () -> "BaseException | None")]
    fn failure<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        lock(&self.failure).as_ref().map(|failure| failure.value(py).clone().into_any())
    }
}

/// The table in pieces, each a table.
#[pyclass(frozen)]
pub(crate) struct Pieces {
    name: &'static str,
    batches: Mutex<Batches>,
}

#[pymethods]
impl Pieces {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Table>> {
        let batch = py.detach(|| lock(&self.batches).next())?;
        Ok(batch.map(|batch| Table::of_batch(self.name, batch)))
    }
}

/// Batches with signals, damage and errors dealt with as Python programs expect it.
pub(crate) struct Batches {
    reader: BoxedReader,
    strict: bool,
    ended: bool,
}

impl Batches {
    /// The next batch. The caller need not hold the interpreter lock, and should not.
    pub(crate) fn next(&mut self) -> PyResult<Option<RecordBatch>> {
        if self.ended {
            return Ok(None);
        }
        if let Err(interruption) = Python::attach(|py| py.check_signals()) {
            self.ended = true;
            return Err(interruption);
        }
        match self.reader.next() {
            Some(Ok(batch)) => Ok(Some(batch)),
            Some(Err(error)) => {
                self.ended = true;
                Python::attach(|py| self.end(py, &error)).map(|()| None)
            }
            None => {
                self.ended = true;
                Ok(None)
            }
        }
    }

    fn end(&self, py: Python<'_>, error: &ArrowError) -> PyResult<()> {
        let ArrowError::ExternalError(source) = error else { return Err(arrow_error(error)) };
        match source.downcast_ref::<Error>() {
            Some(error) if !self.strict && is_damage(error) => warn_of_damage(py, &error.to_string()),
            Some(error) => Err(to_python(py, error)),
            None => Err(arrow_error(error)),
        }
    }
}

/// The reader behind a capsule.
///
/// The C interface lets a consumer call from one thread at a time, yet pyarrow gives the lock away and calls from every
/// thread that reads. So nothing here is changed by reading but what lies behind the lock, and there is at most one error:
/// `FFI_ArrowArrayStream` keeps the text of the last one without a lock, and a second would free the first in use.
struct SharedReader {
    guarded: Arc<Guarded>,
    schema: SchemaRef,
}

impl Iterator for SharedReader {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        // A reference of its own keeps the file open where another thread closes the stream meanwhile.
        let guarded = Arc::clone(&self.guarded);
        guarded.next()
    }
}

impl RecordBatchReader for SharedReader {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

/// Batches for any number of threads.
struct Guarded {
    batches: Mutex<Batches>,
    failure: Failure,
    interrupt_again: bool,
}

impl Guarded {
    /// Whoever calls may hold the interpreter lock or not: attaching is right in both cases, and detaching gives it up for
    /// the time that waiting and reading take. Nothing comes behind an error: [`Batches`] end with it.
    fn next(&self) -> Option<Result<RecordBatch, ArrowError>> {
        match Python::attach(|py| py.detach(|| lock(&self.batches).next())) {
            Ok(batch) => batch.map(Ok),
            Err(failure) => Some(Err(self.fail(failure))),
        }
    }

    /// Consumers raise errors of their own; the façade puts the true one in their place.
    fn fail(&self, failure: PyErr) -> ArrowError {
        let text = Python::attach(|py| {
            if self.interrupt_again && failure.is_instance_of::<pyo3::exceptions::PyKeyboardInterrupt>(py) {
                // Without this the program would go on behind an error that does not look like an interruption.
                let _ = py.import("_thread").and_then(|thread| thread.call_method0("interrupt_main"));
                return "interrupted".to_owned();
            }
            failure.value(py).str().map_or_else(|_| String::new(), |text| text.to_string_lossy().into_owned())
        });
        *lock(&self.failure) = Some(failure);
        // The C interface ends a text at its first zero octet.
        ArrowError::ExternalError(text.replace('\0', "\\0").into())
    }
}

fn is_damage(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Truncated | ErrorKind::Malformed)
}

fn arrow_error(error: &ArrowError) -> PyErr {
    PyRuntimeError::new_err(error.to_string())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The type as pyarrow writes it.
fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Boolean => "bool".into(),
        DataType::Float32 => "float".into(),
        DataType::Float64 => "double".into(),
        DataType::Utf8 => "string".into(),
        DataType::Timestamp(_, Some(zone)) => format!("timestamp[ns, tz={zone}]"),
        DataType::Dictionary(..) => "dictionary<values=string, indices=int32, ordered=0>".into(),
        DataType::List(item) => format!("list<{}>", type_name(item.data_type())),
        other => other.to_string().to_ascii_lowercase(),
    }
}

/// Rows that are turned into Python objects from one batch: enough to make the batch cheap, and few to wait for.
const ROWS_AT_ONCE: usize = 4096;
