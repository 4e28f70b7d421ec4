//! Times as Python has them.

use netshoot_core::capture::Timestamp;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDateTime, PyDelta, PyTzInfo};

/// A time that becomes a `datetime` in UTC. Those have microseconds; the part below is cut, also before 1970. Every
/// [`Timestamp`] fits: the earliest is in 1677, the latest in 2262.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Time(pub(crate) Timestamp);

impl<'py> IntoPyObject<'py> for Time {
    type Target = PyDateTime;
    type Output = Bound<'py, PyDateTime>;
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const OUTPUT_TYPE: pyo3::inspect::PyStaticExpr = <PyDateTime as pyo3::PyTypeInfo>::TYPE_HINT;

    /// Adds a span to the epoch, since pyo3's own conversion takes no time before it.
    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        let micros = self.0.as_nanos().div_euclid(1_000);
        let seconds = micros.div_euclid(1_000_000);
        let days = i32::try_from(seconds.div_euclid(SECONDS_PER_DAY))?;
        let seconds = i32::try_from(seconds.rem_euclid(SECONDS_PER_DAY))?;
        let since = PyDelta::new(py, days, seconds, i32::try_from(micros.rem_euclid(1_000_000))?, false)?;
        Ok(epoch(py)?.add(since)?.cast_into()?)
    }
}

impl<'py> IntoPyObject<'py> for &Time {
    type Target = PyDateTime;
    type Output = Bound<'py, PyDateTime>;
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const OUTPUT_TYPE: pyo3::inspect::PyStaticExpr = Time::OUTPUT_TYPE;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        (*self).into_pyobject(py)
    }
}

fn epoch(py: Python<'_>) -> PyResult<&Bound<'_, PyDateTime>> {
    static EPOCH: PyOnceLock<Py<PyDateTime>> = PyOnceLock::new();
    let epoch = EPOCH.get_or_try_init(py, || {
        let utc = PyTzInfo::utc(py)?;
        PyDateTime::new(py, 1970, 1, 1, 0, 0, 0, 0, Some(&utc)).map(Bound::unbind)
    })?;
    Ok(epoch.bind(py))
}

const SECONDS_PER_DAY: i64 = 86_400;
