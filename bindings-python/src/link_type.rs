//! Link types by name or number.

use netshoot_core::packet::LinkType;
use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyString;

/// A link type as Python programs write it.
pub(crate) enum LinkTypeArgument {
    /// The number in a capture file.
    Number(u16),
    /// The name in the link-type registry, in either case.
    Name(String),
    /// What else was given: pyo3 would add a line of its own to an error that `extract` gives.
    Refused(PyErr),
}

impl<'py> FromPyObject<'_, 'py> for LinkTypeArgument {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(name) = object.cast::<PyString>() {
            return Ok(Self::Name(name.to_string_lossy().into_owned()));
        }
        Ok(match object.extract() {
            Ok(number) => Self::Number(number),
            Err(error) if error.is_instance_of::<PyOverflowError>(object.py()) => Self::Refused(PyValueError::new_err(
                format!("link type {} is unknown; hint: numbers go to 65535", *object),
            )),
            Err(_) => Self::Refused(PyTypeError::new_err(format!(
                "a link type is a name or a number, not {}",
                object.get_type().name()?
            ))),
        })
    }
}

impl LinkTypeArgument {
    pub(crate) fn resolve(self) -> PyResult<LinkType> {
        match self {
            Self::Number(number) => Ok(LinkType(number)),
            Self::Name(name) => NAMED
                .into_iter()
                .find(|known| known.name().is_some_and(|text| text.eq_ignore_ascii_case(&name)))
                .ok_or_else(|| PyValueError::new_err(unknown(&name))),
            Self::Refused(error) => Err(error),
        }
    }
}

/// The name in lower case, or the number as text for types without a name.
pub(crate) fn name(link_type: LinkType) -> String {
    link_type.name().map_or_else(|| link_type.0.to_string(), str::to_ascii_lowercase)
}

fn unknown(name: &str) -> String {
    let known: Vec<_> = NAMED.into_iter().map(self::name).collect();
    format!("link type {name:?} is unknown; hint: one of {}, or its number", known.join(", "))
}

const NAMED: [LinkType; 8] = [
    LinkType::ETHERNET,
    LinkType::RAW,
    LinkType::NULL,
    LinkType::LOOP,
    LinkType::LINUX_SLL,
    LinkType::LINUX_SLL2,
    LinkType::IPV4,
    LinkType::IPV6,
];
