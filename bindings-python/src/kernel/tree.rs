//! Any value of the library's as plain Python objects: dictionaries, lists, text and numbers, in the form of its JSON.

use std::fmt::{self, Display};

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use serde::ser::{self, Serialize, Serializer};

/// A value as plain Python objects.
#[derive(Debug)]
pub(crate) struct Tree(pub(crate) Py<PyAny>);

impl<'py> IntoPyObject<'py> for Tree {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const OUTPUT_TYPE: pyo3::inspect::PyStaticExpr = <PyAny as pyo3::PyTypeInfo>::TYPE_HINT;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        Ok(self.0.into_bound(py))
    }
}

/// Makes Python objects of `value`.
pub(crate) fn tree(py: Python<'_>, value: &(impl Serialize + ?Sized)) -> PyResult<Py<PyAny>> {
    value.serialize(ToPython(py)).map(Bound::unbind).map_err(|Failure(error)| error)
}

/// What went wrong on the way, which is an exception of Python's.
#[derive(Debug)]
struct Failure(PyErr);

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.0, f)
    }
}

impl std::error::Error for Failure {}

impl ser::Error for Failure {
    fn custom<T: Display>(text: T) -> Self {
        Self(pyo3::exceptions::PyValueError::new_err(text.to_string()))
    }
}

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Self {
        Self(error)
    }
}

type Made<'py> = Result<Bound<'py, PyAny>, Failure>;

#[derive(Clone, Copy)]
struct ToPython<'py>(Python<'py>);

macro_rules! plain {
    ($($method:ident($type:ty);)*) => {$(
        fn $method(self, value: $type) -> Made<'py> {
            Ok(value.into_bound_py_any(self.0)?)
        }
    )*};
}

impl<'py> Serializer for ToPython<'py> {
    type Ok = Bound<'py, PyAny>;
    type Error = Failure;
    type SerializeSeq = List<'py>;
    type SerializeTuple = List<'py>;
    type SerializeTupleStruct = List<'py>;
    type SerializeTupleVariant = List<'py>;
    type SerializeMap = Dict<'py>;
    type SerializeStruct = Dict<'py>;
    type SerializeStructVariant = Dict<'py>;

    plain! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_f32(f32);
        serialize_f64(f64);
        serialize_char(char);
        serialize_str(&str);
        serialize_bytes(&[u8]);
    }

    fn serialize_none(self) -> Made<'py> {
        Ok(self.0.None().into_bound(self.0))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Made<'py> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Made<'py> {
        self.serialize_none()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Made<'py> {
        self.serialize_none()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Made<'py> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Made<'py> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Made<'py> {
        let made = value.serialize(self)?;
        Ok(within(self.0, Some(variant), made)?)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'py>, Failure> {
        Ok(List { list: PyList::empty(self.0), variant: None })
    }

    fn serialize_tuple(self, _: usize) -> Result<List<'py>, Failure> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<List<'py>, Failure> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<List<'py>, Failure> {
        Ok(List { list: PyList::empty(self.0), variant: Some(variant) })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Dict<'py>, Failure> {
        Ok(Dict { dict: PyDict::new(self.0), key: None, variant: None })
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Dict<'py>, Failure> {
        self.serialize_map(None)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Dict<'py>, Failure> {
        Ok(Dict { dict: PyDict::new(self.0), key: None, variant: Some(variant) })
    }
}

/// As JSON has the variants of an enum: the name as the one key of an object.
fn within<'py>(py: Python<'py>, variant: Option<&str>, made: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let Some(variant) = variant else { return Ok(made) };
    let dict = PyDict::new(py);
    dict.set_item(variant, made)?;
    Ok(dict.into_any())
}

struct List<'py> {
    list: Bound<'py, PyList>,
    variant: Option<&'static str>,
}

impl<'py> List<'py> {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        let value = value.serialize(ToPython(self.list.py()))?;
        Ok(self.list.append(value)?)
    }

    fn finish(self) -> Made<'py> {
        Ok(within(self.list.py(), self.variant, self.list.clone().into_any())?)
    }
}

macro_rules! lists {
    ($($trait:ident::$method:ident)*) => {$(
        impl<'py> ser::$trait for List<'py> {
            type Ok = Bound<'py, PyAny>;
            type Error = Failure;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
                self.push(value)
            }

            fn end(self) -> Made<'py> {
                self.finish()
            }
        }
    )*};
}

lists! {
    SerializeSeq::serialize_element
    SerializeTuple::serialize_element
    SerializeTupleStruct::serialize_field
    SerializeTupleVariant::serialize_field
}

struct Dict<'py> {
    dict: Bound<'py, PyDict>,
    key: Option<Bound<'py, PyAny>>,
    variant: Option<&'static str>,
}

impl<'py> Dict<'py> {
    fn put<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Failure> {
        let py = self.dict.py();
        let value = value.serialize(ToPython(py))?;
        Ok(self.dict.set_item(pyo3::types::PyString::intern(py, key), value)?)
    }

    fn finish(self) -> Made<'py> {
        Ok(within(self.dict.py(), self.variant, self.dict.clone().into_any())?)
    }
}

impl<'py> ser::SerializeMap for Dict<'py> {
    type Ok = Bound<'py, PyAny>;
    type Error = Failure;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Failure> {
        self.key = Some(key.serialize(ToPython(self.dict.py()))?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failure> {
        let value = value.serialize(ToPython(self.dict.py()))?;
        Ok(self.dict.set_item(self.key.take(), value)?)
    }

    fn end(self) -> Made<'py> {
        self.finish()
    }
}

macro_rules! dicts {
    ($($trait:ident)*) => {$(
        impl<'py> ser::$trait for Dict<'py> {
            type Ok = Bound<'py, PyAny>;
            type Error = Failure;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), Failure> {
                self.put(key, value)
            }

            fn end(self) -> Made<'py> {
                self.finish()
            }
        }
    )*};
}

dicts! { SerializeStruct SerializeStructVariant }
