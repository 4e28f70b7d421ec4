//! Macros that declare structures once, with what is done for each field.

/// Declares what a nest of attributes holds: the structure, all of whose fields are optional, and how each attribute is
/// read. `read` is for an attribute that nests them.
macro_rules! attributes {
    (
        $(#[$meta:meta])* $name:ident in $within:literal {
            $($(#[$doc:meta])* $field:ident: $type:ty = $($number:literal)|+ by $read:expr,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize))]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$doc])* pub $field: Option<$type>,)*
        }

        impl $name {
            pub(in crate::netlink) fn read(
                attribute: &$crate::netlink::attribute::Attribute<'_>,
                notes: &mut $crate::netlink::attribute::Notes,
            ) -> Self {
                let mut data = Self::default();
                attribute.each($within, notes, |detail, notes| match detail.number {
                    $($($number)|+ => data.$field = $read(&detail, notes),)*
                    _ => {}
                });
                data
            }
        }
    };
}

/// Declares a structure of the kernel's that stands in an attribute as it is in memory: numbers, one after the other. At
/// least so many octets must be there, unless it is part of another; of a structure that has grown since, what is missing is zero.
macro_rules! fixed {
    (
        $(#[$meta:meta])* $name:ident $(($least:literal))? {
            $($(#[$doc:meta])* $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize))]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$doc])* pub $field: $type,)*
        }

        impl $crate::netlink::attribute::Fixed for $name {
            fn take(octets: &mut &[u8]) -> Self {
                $(let $field = $crate::netlink::attribute::Fixed::take(octets);)*
                Self { $($field,)* }
            }
        }

        $(impl $name {
            pub(in crate::netlink) fn read(
                attribute: &$crate::netlink::attribute::Attribute<'_>,
                notes: &mut $crate::netlink::attribute::Notes,
            ) -> Option<Self> {
                attribute.fixed($least, notes)
            }
        })?
    };
}

/// Declares an object of the kernel's: the structure, the names of its fields, and which of them differ between two.
macro_rules! object {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$doc:meta])* pub $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[cfg_attr(feature = "serde", derive(serde::Serialize))]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$doc])* pub $field: $type,)*
        }

        impl $crate::netlink::object::Fields for $name {
            const FIELDS: &'static [&'static str] = &[$(stringify!($field)),*];

            fn differing(&self, other: &Self) -> Vec<&'static str> {
                let mut names = Vec::new();
                $(if self.$field != other.$field { names.push(stringify!($field)); })*
                names
            }
        }
    };
}
