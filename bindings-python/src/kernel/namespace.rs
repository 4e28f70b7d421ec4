//! Network namespaces as Python programs name them.

use std::ffi::OsString;
use std::fs;
use std::os::fd::IntoRawFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::sync::Arc;

use netshoot_core::namespace::{Namespace, NamespaceInfo};
use netshoot_core::{Error, ErrorKind, Result};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes};

use super::answers::Namespace as Found;
use crate::error::to_python;

/// `None` for the caller's own, a name of `ip netns` or a path, the number of a process, or an object with a `fileno`
/// that is a process's (a pidfd) or the namespace's own, or what was found.
#[derive(Debug)]
pub(crate) enum NamespaceArgument {
    Process(u32),
    NameOrPath(OsString),
    Descriptor(u32),
    Found(Arc<NamespaceInfo>),
}

impl<'py> FromPyObject<'_, 'py> for NamespaceArgument {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(octets) = object.cast::<PyBytes>() {
            return Ok(Self::NameOrPath(OsString::from_vec(octets.as_bytes().to_vec())));
        }
        if let Ok(text) = object.extract() {
            return Ok(Self::NameOrPath(text));
        }
        if object.hasattr("__index__")? && !object.is_instance_of::<PyBool>() {
            return process_argument(object);
        }
        if let Ok(found) = object.cast::<Found>() {
            return Ok(Self::Found(Arc::clone(&found.get().0)));
        }
        if object.hasattr("fileno")? {
            return Ok(Self::Descriptor(object.call_method0("fileno")?.extract()?));
        }
        Err(PyTypeError::new_err(format!(
            "namespace is {}, of type {}; hint: a name, a path, the number of a process or what has a fileno()",
            object.repr()?.to_string_lossy(),
            object.get_type().name()?
        )))
    }
}

fn process_argument(object: Borrowed<'_, '_, PyAny>) -> PyResult<NamespaceArgument> {
    match object.extract() {
        Ok(pid) if (1..1 << 31).contains(&pid) => Ok(NamespaceArgument::Process(pid)),
        _ => {
            let error = Error::new(ErrorKind::InvalidInput, "read arguments")
                .with_detail(format!("namespace is {}", object.str()?.to_string_lossy()))
                .with_hint("the number of a process");
            Err(to_python(object.py(), &error))
        }
    }
}

impl NamespaceArgument {
    pub(crate) fn open(this: Option<&Self>) -> Result<Namespace> {
        match this {
            None => Namespace::current(),
            Some(Self::Process(pid)) => Namespace::of_process(*pid),
            Some(Self::NameOrPath(path)) if path.as_bytes().contains(&b'/') => Namespace::from_path(path),
            Some(Self::NameOrPath(name)) => Namespace::named(name),
            Some(Self::Descriptor(descriptor)) => of_descriptor(*descriptor),
            Some(Self::Found(namespace)) => namespace.open(),
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
