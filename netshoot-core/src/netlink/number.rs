//! The kernel's numbers, with names for those that this version knows and every other value kept as it is.
//!
//! Names are iproute2's; a number without a name is shown as a number.

/// A newtype over a kernel number: constants, `name`, and a `Display` that falls back to the number. Serialised as its
/// name, or as a number where it has none.
macro_rules! number {
    ($(#[$meta:meta])* $type:ident($repr:ty) { $($(#[$doc:meta])* $constant:ident = $value:literal $name:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $type(
            /// The kernel's number.
            pub $repr,
        );

        impl $type {
            $($(#[$doc])* pub const $constant: Self = Self($value);)*

            /// The name, if this version knows one.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($name),)*
                    _ => None,
                }
            }

            /// The number that has this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self($value)),)*
                    _ => None,
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, "{}", self.0),
                }
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self.name() {
                    Some(name) => serializer.serialize_str(name),
                    None => serde::Serialize::serialize(&self.0, serializer),
                }
            }
        }
    };
}

/// A set of kernel flags: constants, `contains`, names in the order in which iproute2 prints them. Serialised as the
/// list of its names, with the bits that have none as one number after them.
macro_rules! flags {
    ($(#[$meta:meta])* $type:ident($repr:ty) { $($(#[$doc:meta])* $constant:ident = $value:literal $name:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $type(
            /// The kernel's bits.
            pub $repr,
        );

        impl $type {
            $($(#[$doc])* pub const $constant: Self = Self($value);)*

            /// Whether every bit of `other` is set.
            #[must_use]
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }

            /// The names of the bits that are set and known.
            pub fn names(self) -> impl Iterator<Item = &'static str> {
                [$(($value, $name)),*].into_iter().filter(move |(bit, _)| self.0 & bit != 0).map(|(_, name)| name)
            }

            /// The bits that have no name here.
            #[must_use]
            pub const fn unknown(self) -> $repr {
                self.0 & !(0 $(| $value)*)
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeSeq;
                let mut words = serializer.serialize_seq(None)?;
                for name in self.names() {
                    words.serialize_element(name)?;
                }
                if self.unknown() != 0 {
                    words.serialize_element(&self.unknown())?;
                }
                words.end()
            }
        }
    };
}
