//! A capture: `netshoot.open`.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use netshoot_core::analysis::{self, analyze};
use netshoot_core::capture::{Names, Reader};
use netshoot_core::table::{self, PacketBuilder};
use pyo3::prelude::*;

use crate::error::to_python;
use crate::frames::CaptureIndex;
use crate::packet::layers_of;
use crate::report::Report;
use crate::source::{AnyReader, Source};
use crate::table::Table;

/// A capture file, or its octets in memory. Nothing is kept of it between calls.
#[pyclass(frozen)]
pub(crate) struct Capture {
    source: Source,
    options: analysis::Options,
}

impl Capture {
    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    /// How it is analysed.
    pub(crate) fn options(&self) -> &analysis::Options {
        &self.options
    }
}

#[pymethods]
impl Capture {
    /// Looks at the file's header, so that what is no capture is refused at once. An analysis takes frames from the time
    /// `since` on: a span such as `10s` after the first frame, a time, or seconds since 1970. It works in so many `threads`, at
    /// most 64, 0 for as many as there are processors, judges TCP segments by the rules of `tcp_profile`, and puts fragments
    /// of IP together, unless `reassemble` is false.
    #[new]
    #[pyo3(signature = (
        source: "str | bytes | list[str]", since = None, threads = 1, tcp_profile = "wireshark-4.0", reassemble = true
    ))]
    fn new(
        py: Python<'_>,
        source: Source,
        since: Option<&str>,
        threads: usize,
        tcp_profile: &str,
        reassemble: bool,
    ) -> PyResult<Self> {
        let mut options = analysis::Options::default();
        options.tcp_profile = tcp_profile.parse().map_err(|error| to_python(py, &error))?;
        options.since = since.map(str::parse).transpose().map_err(|error| to_python(py, &error))?;
        (options.threads, options.reassemble) = (threads, reassemble);
        let checked = py.detach(|| if source.is_repeatable() { source.reader().map(drop) } else { Ok(()) });
        checked.map_err(|error| to_python(py, &error))?;
        Ok(Self { source, options })
    }

    /// Reads the capture to its end and analyses it. `progress` is called about ten times a second, and once at the end,
    /// with the octets read and the octets of the file, `None` where that is not known.
    #[pyo3(signature = (progress = None))]
    fn analyze(&self, py: Python<'_>, progress: Option<Py<PyAny>>) -> PyResult<Report> {
        let mut watch = Watch {
            progress,
            length: self.source.len(),
            last: Instant::now(),
            reported: Instant::now(),
            interruption: None,
        };
        let outcome = py.detach(|| match self.source.reader()? {
            AnyReader::File(reader) => read(reader, &self.options, &mut watch),
            AnyReader::Files(reader) => read(*reader, &self.options, &mut watch),
            AnyReader::Memory(reader) => read(reader, &self.options, &mut watch),
        });
        watch.interrupted()?;
        let (report, octets) = outcome.map_err(|error| to_python(py, &error))?;
        watch.tell(py, octets)?;
        Ok(Report::new(report))
    }

    /// Reads the capture to its end, so that any frame can be gone to.
    fn index(&self, py: Python<'_>) -> PyResult<CaptureIndex> {
        let mut watch = Watch::of_signals();
        let index = py.detach(|| CaptureIndex::of(&self.source, |octets| watch.look(octets)));
        watch.interrupted()?;
        index.map_err(|error| to_python(py, &error))
    }

    /// Reads the capture to its end for the names that it tells of addresses, by address as tables have it.
    fn names(&self, py: Python<'_>) -> PyResult<BTreeMap<String, String>> {
        let mut watch = Watch::of_signals();
        let names = py.detach(|| match self.source.reader()? {
            AnyReader::File(mut reader) => Names::read(&mut reader, |octets| watch.look(octets)),
            AnyReader::Files(mut reader) => Names::read(&mut reader, |octets| watch.look(octets)),
            AnyReader::Memory(mut reader) => Names::read(&mut reader, |octets| watch.look(octets)),
        });
        watch.interrupted()?;
        let names = names.map_err(|error| to_python(py, &error))?;
        Ok(names.iter().map(|(address, name)| (address.to_string(), name.to_owned())).collect())
    }

    /// The packet table: read anew each time that it is asked for its rows, and analysed as the report is.
    #[pyo3(signature = (columns = None, strict = false, ports = None))]
    fn packets(
        &self,
        py: Python<'_>,
        columns: Option<Vec<String>>,
        strict: bool,
        ports: Option<BTreeMap<u16, String>>,
    ) -> PyResult<Table> {
        let mut options = table::Options::default().with_analysis(self.options.clone());
        options.columns = columns;
        options.ports = layers_of(&ports.unwrap_or_default())?;
        let schema = PacketBuilder::new(&options).map_err(|error| to_python(py, &error))?.schema();
        let source = self.source.clone();
        Ok(Table::new("packets", schema, None, strict, move |batch_rows| {
            let options = options.clone().with_batch_rows(batch_rows);
            Ok(match source.reader()? {
                AnyReader::File(reader) => Box::new(table::packets(reader, &options)?),
                AnyReader::Files(reader) => Box::new(table::packets(*reader, &options)?),
                AnyReader::Memory(reader) => Box::new(table::packets(reader, &options)?),
            })
        }))
    }
}

/// The analysis, and the octets that were read for it.
fn read<R: std::io::Read + Send>(
    mut reader: Reader<R>,
    options: &analysis::Options,
    watch: &mut Watch,
) -> netshoot_core::Result<(analysis::Report, u64)> {
    let report = analyze(&mut reader, options, |octets, _| watch.look(octets))?;
    Ok((report, reader.offset()))
}

/// Looks at signals, and tells of progress, while a capture is read without the interpreter lock.
pub(crate) struct Watch {
    progress: Option<Py<PyAny>>,
    length: Option<u64>,
    last: Instant,
    reported: Instant,
    interruption: Option<PyErr>,
}

impl Watch {
    /// Looks at signals alone.
    pub(crate) fn of_signals() -> Self {
        Self { progress: None, length: None, last: Instant::now(), reported: Instant::now(), interruption: None }
    }

    /// The error of a signal that came meanwhile.
    pub(crate) fn interrupted(&mut self) -> PyResult<()> {
        self.interruption.take().map_or(Ok(()), Err)
    }

    pub(crate) fn look(&mut self, octets: u64) -> ControlFlow<()> {
        if self.last.elapsed() < SIGNAL_INTERVAL {
            return ControlFlow::Continue(());
        }
        self.last = Instant::now();
        match Python::attach(|py| self.ask(py, octets)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(interruption) => {
                self.interruption = Some(interruption);
                ControlFlow::Break(())
            }
        }
    }

    fn ask(&mut self, py: Python<'_>, octets: u64) -> PyResult<()> {
        py.check_signals()?;
        if self.reported.elapsed() >= PROGRESS_INTERVAL {
            self.tell(py, octets)?;
            self.reported = Instant::now();
        }
        Ok(())
    }

    fn tell(&self, py: Python<'_>, octets: u64) -> PyResult<()> {
        self.progress.as_ref().map_or(Ok(()), |progress| progress.call1(py, (octets, self.length)).map(drop))
    }
}

/// Well below the tenth of a second within which people take a program to obey at once.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(20);
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);
