//! Objects of the kernel's view as Python sees them: a class a kind, whose attributes are read from the Rust object when
//! they are asked for.

use std::net::IpAddr;
use std::sync::Arc;

use netshoot_core::netlink::{self, ByteString, Listing, ParseNote};
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use serde::Serialize;

use super::tree::{Tree, tree};

/// Where an object is: in the listing that it came with, or by itself.
#[derive(Clone, Debug)]
pub(crate) enum Item<T> {
    Listed(Arc<Listing<T>>, usize),
    Alone(Arc<T>),
}

impl<T> Item<T> {
    pub(crate) fn object(&self) -> PyResult<&T> {
        match self {
            Self::Listed(listing, index) => {
                listing.items.get(*index).ok_or_else(|| PyIndexError::new_err("index out of range"))
            }
            Self::Alone(object) => Ok(object),
        }
    }
}

/// An object that has a class.
pub(crate) trait Wrapped: Sized {
    /// The object of that class.
    fn wrap(py: Python<'_>, item: Item<Self>) -> PyResult<Py<PyAny>>;
}

/// How a field's value is shown to Python as a `T`.
pub(crate) trait Show<T> {
    fn show(&self) -> T;
}

/// Declares the classes. Attributes have the names and texts of the Rust fields.
macro_rules! items {
    ($($(#[$doc:meta])* $name:ident of $object:ty { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[pyo3::pyclass(frozen, module = "netshoot")]
        #[derive(Debug)]
        pub(crate) struct $name(pub(crate) Item<$object>);

        #[pyo3::pymethods]
        impl $name {
            $(
                $(#[$field_doc])*
                #[getter]
                fn $field(&self) -> pyo3::PyResult<$type> {
                    Ok(Show::<$type>::show(&self.0.object()?.$field))
                }
            )*

            /// All attributes, in the form of the library's JSON.
            #[pyo3(signature = () -> "dict[str, object]")]
            fn to_dict(&self, py: pyo3::Python<'_>) -> pyo3::PyResult<pyo3::Py<pyo3::PyAny>> {
                $crate::kernel::tree::tree(py, self.0.object()?)
            }

            fn __eq__(&self, other: &Self) -> pyo3::PyResult<bool> {
                Ok(self.0.object()? == other.0.object()?)
            }

            fn __repr__(slf: &pyo3::Bound<'_, Self>) -> pyo3::PyResult<String> {
                $crate::kernel::item::repr(slf.as_any(), stringify!($name), &[$(stringify!($field)),*])
            }
        }

        impl $crate::kernel::item::Wrapped for $object {
            fn wrap(py: pyo3::Python<'_>, item: Item<Self>) -> pyo3::PyResult<pyo3::Py<pyo3::PyAny>> {
                Ok(pyo3::Py::new(py, $name(item))?.into_any())
            }
        }
    )*};
}

/// `Name(field=value, …)` with those fields that say something.
pub(crate) fn repr(item: &Bound<'_, PyAny>, name: &str, fields: &[&str]) -> PyResult<String> {
    let mut said = Vec::new();
    for field in fields {
        let value = item.getattr(*field)?;
        let empty = value.is_none() || value.len().is_ok_and(|length| length == 0);
        if !empty && !value.is_instance_of::<pyo3::types::PyDict>() {
            said.push(format!("{field}={}", value.repr()?.to_string_lossy()));
        }
    }
    Ok(format!("{name}({})", said.join(", ")))
}

macro_rules! same {
    ($($type:ty)*) => {$(
        impl Show<$type> for $type {
            fn show(&self) -> $type {
                self.clone()
            }
        }
    )*};
}

same! { bool u8 u16 u32 u64 i32 i64 IpAddr String }

macro_rules! displayed {
    ($($type:ty)*) => {$(
        impl Show<String> for $type {
            fn show(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

displayed! {
    ByteString netlink::LinkLayerAddress netlink::Family netlink::LinkType netlink::OperState netlink::LinkMode
    netlink::Scope netlink::AddressProtocol netlink::RouteKind netlink::RouteProtocol netlink::RoutePreference
    netlink::NextHopGroupType netlink::SocketProtocol netlink::SocketState netlink::SocketType netlink::RuleAction
    ParseNote
}

macro_rules! words {
    ($($type:ident)*) => {$(
        impl Show<Vec<String>> for netlink::$type {
            /// The bits without a name come last, as one number.
            fn show(&self) -> Vec<String> {
                let unknown = (self.unknown() != 0).then(|| format!("{:#x}", self.unknown()));
                self.names().map(str::to_owned).chain(unknown).collect()
            }
        }
    )*};
}

words! {
    LinkFlags AddressFlags RouteFlags SocketOptionFlags RuleFlags NeighborState NeighborFlags
    NeighborExtendedFlags
}

impl<S: Show<T>, T> Show<Option<T>> for Option<S> {
    fn show(&self) -> Option<T> {
        self.as_ref().map(Show::show)
    }
}

impl<S: Show<T>, T> Show<Vec<T>> for Vec<S> {
    fn show(&self) -> Vec<T> {
        self.iter().map(Show::show).collect()
    }
}

impl<S: Serialize> Show<Tree> for S {
    fn show(&self) -> Tree {
        Python::attach(|py| Tree(tree(py, self).unwrap_or_else(|_| py.None())))
    }
}
