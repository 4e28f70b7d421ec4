//! Rows of a table as Python values.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float32Type, Float64Type, Int32Type, Int64Type, TimestampNanosecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, PrimitiveArray};
use arrow_schema::{DataType, TimeUnit};
use netshoot_core::capture::Timestamp;
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::table::Batches;
use crate::time::Time;

/// The rows of a table one by one, each a list in the order of the columns.
#[pyclass]
pub(crate) struct Rows {
    batches: std::sync::Mutex<Batches>,
    /// The values of the batch in hand, column by column.
    columns: Vec<std::vec::IntoIter<Py<PyAny>>>,
    left: usize,
}

impl Rows {
    pub(crate) fn new(batches: Batches) -> Self {
        Self { batches: std::sync::Mutex::new(batches), columns: Vec::new(), left: 0 }
    }
}

#[pymethods]
impl Rows {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&mut self, py: Python<'_>) -> PyResult<Option<Vec<Py<PyAny>>>> {
        while self.left == 0 {
            let batches = self.batches.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
            let Some(batch) = py.detach(|| batches.next())? else { return Ok(None) };
            self.columns = batch.columns().iter().map(|column| values(py, column)).collect::<PyResult<_>>()?;
            self.left = batch.num_rows();
        }
        self.left -= 1;
        Ok(Some(self.columns.iter_mut().filter_map(Iterator::next).collect()))
    }
}

fn values(py: Python<'_>, column: &ArrayRef) -> PyResult<std::vec::IntoIter<Py<PyAny>>> {
    let values: Vec<_> = (match column.data_type() {
        DataType::Boolean => column.as_boolean().iter().map(|value| value.into_py_any(py)).collect::<PyResult<_>>(),
        DataType::UInt8 => numbers(py, column.as_primitive::<UInt8Type>()),
        DataType::UInt16 => numbers(py, column.as_primitive::<UInt16Type>()),
        DataType::UInt32 => numbers(py, column.as_primitive::<UInt32Type>()),
        DataType::UInt64 => numbers(py, column.as_primitive::<UInt64Type>()),
        DataType::Int64 => numbers(py, column.as_primitive::<Int64Type>()),
        DataType::Float32 => numbers(py, column.as_primitive::<Float32Type>()),
        DataType::Float64 => numbers(py, column.as_primitive::<Float64Type>()),
        DataType::Utf8 => column.as_string::<i32>().iter().map(|value| value.into_py_any(py)).collect(),
        DataType::Timestamp(TimeUnit::Nanosecond, Some(_)) => times(py, column.as_primitive()),
        DataType::Dictionary(..) => dictionary(py, column),
        DataType::List(_) => column
            .as_list::<i32>()
            .iter()
            .map(|list| match list {
                Some(list) => PyList::new(py, values(py, &list)?)?.into_py_any(py),
                None => Ok(py.None()),
            })
            .collect(),
        other => Err(PyTypeError::new_err(format!("no Python value for a column of type {other}"))),
    })?;
    Ok(values.into_iter())
}

fn numbers<'py, T>(py: Python<'py>, column: &PrimitiveArray<T>) -> PyResult<Vec<Py<PyAny>>>
where
    T: ArrowPrimitiveType,
    T::Native: IntoPyObject<'py>,
{
    column.iter().map(|value| value.into_py_any(py)).collect()
}

fn times(py: Python<'_>, column: &PrimitiveArray<TimestampNanosecondType>) -> PyResult<Vec<Py<PyAny>>> {
    column.iter().map(|nanos| nanos.map(Timestamp::from_nanos).map(Time).into_py_any(py)).collect()
}

/// Each text becomes one Python object for all rows of the batch that have it.
fn dictionary(py: Python<'_>, column: &ArrayRef) -> PyResult<Vec<Py<PyAny>>> {
    let dictionary = column.as_dictionary::<Int32Type>();
    let texts: Vec<_> = values(py, dictionary.values())?.collect();
    let text = |key: i32| usize::try_from(key).ok().and_then(|key| texts.get(key));
    Ok(dictionary
        .keys()
        .iter()
        .map(|key| key.and_then(text).map_or_else(|| py.None(), |text| text.clone_ref(py)))
        .collect())
}
