//! The options of pcapng's blocks: comments, flags, counters, whatever a writer has put there.

use std::borrow::Cow;
use std::fmt;

use super::encode;
use super::frame::PacketFlags;
use super::order::ByteOrder;

/// The options of a block, in the order of the file; those of the end of the list and of values that run past the block
/// are left out.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Options<'a> {
    order: ByteOrder,
    rest: &'a [u8],
}

/// Options to be written with a frame.
///
/// ```
/// use netshoot_core::capture::OptionList;
///
/// let options = OptionList::new().comment("the handshake begins here").dropped(3);
/// assert_eq!(options.as_options().comments().count(), 1);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OptionList {
    order: ByteOrder,
    octets: Vec<u8>,
}

impl OptionList {
    /// No options.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a comment, which is cut after 65,535 octets.
    #[must_use]
    pub fn comment(self, text: &str) -> Self {
        self.with(COMMENT, text.as_bytes())
    }

    /// Adds link-layer flags (`epb_flags`).
    #[must_use]
    pub fn flags(self, flags: PacketFlags) -> Self {
        let value = self.order.octets32(flags.0);
        self.with(2, &value)
    }

    /// Adds the number of packets that were lost since the one before (`epb_dropcount`).
    #[must_use]
    pub fn dropped(self, count: u64) -> Self {
        let value = self.order.octets64(count);
        self.with(4, &value)
    }

    /// Adds an option of any kind; numbers in `value` are in little-endian byte order, in a list that was begun by
    /// [`new`](Self::new).
    #[must_use]
    pub fn with(mut self, code: u16, value: &[u8]) -> Self {
        encode::option(&mut self.octets, self.order, code, value);
        self
    }

    /// Those of these options that `is_kept`.
    pub(super) fn of(options: Options<'_>, is_kept: impl Fn(&BlockOption<'_>) -> bool) -> Self {
        let list = Self { order: options.order, octets: Vec::new() };
        options.filter(is_kept).fold(list, |list, option| list.with(option.code, option.value))
    }

    /// The options for [`Frame::with_options`](super::Frame::with_options).
    #[must_use]
    pub fn as_options(&self) -> Options<'_> {
        Options::new(self.order, &self.octets)
    }
}

/// One option of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlockOption<'a> {
    /// What it tells; the meaning depends on the kind of the block, but for comments and custom options.
    pub code: u16,
    /// Its octets without padding; numbers are in the byte order of the section.
    pub value: &'a [u8],
    order: ByteOrder,
}

impl<'a> Options<'a> {
    pub(super) fn new(order: ByteOrder, octets: &'a [u8]) -> Self {
        Self { order, rest: octets }
    }

    /// The comments (`opt_comment`), with what is not UTF-8 replaced.
    pub fn comments(self) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        self.filter(|option| option.code == COMMENT).map(|option| option.text())
    }

    /// The first option of this code.
    #[must_use]
    pub fn find(mut self, code: u16) -> Option<BlockOption<'a>> {
        Iterator::find(&mut self, |option| option.code == code)
    }

    pub(super) fn next_is_some(mut self) -> bool {
        self.next().is_some()
    }

    pub(super) fn order(self) -> ByteOrder {
        self.order
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = BlockOption<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let (&[c0, c1, l0, l1], rest) = self.rest.split_first_chunk()?;
        let (code, length) = (self.order.u16([c0, c1]), usize::from(self.order.u16([l0, l1])));
        let value = rest.get(..length)?;
        if code == END {
            self.rest = &[];
            return None;
        }
        self.rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(BlockOption { code, value, order: self.order })
    }
}

impl fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(*self).finish()
    }
}

impl<'a> BlockOption<'a> {
    /// The value as text: up to the first NUL, with what is not UTF-8 replaced.
    #[must_use]
    pub fn text(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.value.split(|octet| *octet == 0).next().unwrap_or_default())
    }

    /// The value as a number of 32 bits, if it is that long.
    #[must_use]
    pub fn u32(&self) -> Option<u32> {
        self.value.first_chunk().map(|octets| self.order.u32(*octets))
    }

    /// The value as a number of 64 bits, if it is that long.
    #[must_use]
    pub fn u64(&self) -> Option<u64> {
        self.value.first_chunk().map(|octets| self.order.u64(*octets))
    }

    /// The private enterprise number and the data of a custom option.
    #[must_use]
    pub fn custom(&self) -> Option<(u32, &'a [u8])> {
        let is_custom = matches!(self.code, 2988 | 2989 | 19372 | 19373);
        let (number, data) = self.value.split_first_chunk().filter(|_| is_custom)?;
        Some((self.order.u32(*number), data))
    }
}

pub(super) const END: u16 = 0;
pub(super) const COMMENT: u16 = 1;
