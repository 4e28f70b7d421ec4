//! What one frame says, field by field, in the same shape from both sides.

use std::collections::BTreeMap;
use std::fmt;

/// A field, in tshark's words.
pub type Field = &'static str;

/// One value of a field.
#[derive(Clone, PartialEq, Eq)]
pub enum Item {
    Number(u64),
    Text(String),
}

impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "{text:?}"),
        }
    }
}

impl<N: Into<u64>> From<N> for Item {
    fn from(number: N) -> Self {
        Self::Number(number.into())
    }
}

/// The fields of a frame with their values; a field without a value is not there.
#[derive(Default, Debug)]
pub struct Facts(pub BTreeMap<Field, Vec<Item>>);

impl Facts {
    pub fn add(&mut self, field: Field, item: impl Into<Item>) {
        self.0.entry(field).or_default().push(item.into());
    }

    pub fn text(&mut self, field: Field, text: impl ToString) {
        self.0.entry(field).or_default().push(Item::Text(text.to_string()));
    }

    pub fn of(&self, field: Field) -> &[Item] {
        self.0.get(field).map_or(&[], Vec::as_slice)
    }
}
