//! Plain records: frozen classes whose attributes are their fields.

/// Declares frozen Python classes of plain fields with equality and a `repr` that names the fields.
macro_rules! records {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[pyo3::pyclass(frozen, get_all, eq, module = "netshoot")]
        #[derive(Clone, Debug, PartialEq)]
        pub(crate) struct $name {
            $($(#[$field_doc])* pub(crate) $field: $type,)*
        }

        #[pyo3::pymethods]
        impl $name {
            fn __repr__(slf: &pyo3::Bound<'_, Self>) -> pyo3::PyResult<String> {
                crate::record::repr(slf.as_any(), stringify!($name), &[$(stringify!($field)),*])
            }
        }
    )*};
}

use pyo3::prelude::*;

/// `Name(field=value, …)`.
pub(crate) fn repr(record: &Bound<'_, PyAny>, name: &str, fields: &[&str]) -> PyResult<String> {
    let mut text = format!("{name}(");
    for (i, field) in fields.iter().enumerate() {
        if i > 0 {
            text.push_str(", ");
        }
        text.push_str(field);
        text.push('=');
        text.push_str(&record.getattr(*field)?.repr()?.to_string_lossy());
    }
    text.push(')');
    Ok(text)
}
