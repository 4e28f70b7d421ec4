//! Network namespaces as Python programs name them.

use std::fs;
use std::os::fd::IntoRawFd;

use netshoot_core::namespace::Namespace;
use netshoot_core::{Error, ErrorKind, Result};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::error::to_python;

/// `None` for the caller's own, a name of `ip netns` or a path, the number of a process, or an object with a `fileno`
/// that is a process's (a pidfd) or the namespace's own.
#[derive(Debug)]
pub(crate) enum NamespaceArgument {
    Process(u32),
    NameOrPath(String),
    Descriptor(u32),
}

impl<'py> FromPyObject<'_, 'py> for NamespaceArgument {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(text) = object.extract() {
            return Ok(Self::NameOrPath(text));
        }
        if let Ok(pid) = object.extract() {
            return Ok(Self::Process(pid));
        }
        match object.call_method0("fileno").and_then(|descriptor| descriptor.extract()) {
            Ok(descriptor) => Ok(Self::Descriptor(descriptor)),
            Err(_) => Err(PyTypeError::new_err(format!(
                "a network namespace is a name, a path, a process or a descriptor, not {}",
                object.get_type().name()?
            ))),
        }
    }
}

impl NamespaceArgument {
    pub(crate) fn open(this: Option<&Self>) -> Result<Namespace> {
        match this {
            None => Namespace::current(),
            Some(Self::Process(pid)) => Namespace::of_process(*pid),
            Some(Self::NameOrPath(path)) if path.contains('/') => Namespace::from_path(path),
            Some(Self::NameOrPath(name)) => Namespace::named(name),
            Some(Self::Descriptor(descriptor)) => of_descriptor(*descriptor),
        }
    }
}

/// Makes a socket in the namespace and returns its descriptor.
#[pyfunction]
#[pyo3(signature = (namespace: "object", family: "int", kind: "int", protocol: "int" = 0))]
pub(crate) fn open_socket(
    py: Python<'_>,
    namespace: Option<NamespaceArgument>,
    family: i32,
    kind: i32,
    protocol: i32,
) -> PyResult<i32> {
    let protocol = (protocol != 0).then(|| protocol.into());
    let made = py.detach(|| NamespaceArgument::open(namespace.as_ref())?.socket(family.into(), kind.into(), protocol));
    made.map(IntoRawFd::into_raw_fd).map_err(|error| to_python(py, &error))
}

/// A pidfd is known by the line that the kernel adds for it; any other descriptor must be the namespace's.
fn of_descriptor(descriptor: u32) -> Result<Namespace> {
    match process(descriptor)? {
        None => Namespace::from_path(format!("/proc/self/fd/{descriptor}")),
        Some(pid) => {
            let namespace = Namespace::of_process(pid)?;
            // As long as the process is there its number is no other's, so the namespace was its own.
            match process(descriptor)? {
                Some(again) if again == pid => Ok(namespace),
                _ => Err(gone(descriptor)),
            }
        }
    }
}

fn process(descriptor: u32) -> Result<Option<u32>> {
    let path = format!("/proc/self/fdinfo/{descriptor}");
    let text =
        fs::read_to_string(path).map_err(|error| Error::io(format!("look at descriptor {descriptor}"), error))?;
    let Some(pid) = text.lines().find_map(|line| line.strip_prefix("Pid:")) else { return Ok(None) };
    pid.trim().parse().map(Some).map_err(|_| gone(descriptor))
}

fn gone(descriptor: u32) -> Error {
    Error::new(ErrorKind::NotFound, format!("open network namespace of the process of descriptor {descriptor}"))
        .with_detail("the process has ended")
}
