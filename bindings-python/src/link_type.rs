//! Link types by name or number.

use netshoot_core::packet::LinkType;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// A link type as Python programs write it.
#[derive(FromPyObject)]
pub(crate) enum LinkTypeArgument {
    /// The number in a capture file.
    Number(u16),
    /// The name in the link-type registry, in either case.
    Name(String),
}

impl LinkTypeArgument {
    pub(crate) fn resolve(&self) -> PyResult<LinkType> {
        match self {
            Self::Number(number) => Ok(LinkType(*number)),
            Self::Name(name) => NAMED
                .into_iter()
                .find(|known| known.name().is_some_and(|text| text.eq_ignore_ascii_case(name)))
                .ok_or_else(|| PyValueError::new_err(unknown(name))),
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
