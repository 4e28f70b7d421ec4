//! The interfaces that a capture file describes.

use std::fmt;

use super::Timestamp;
use super::option::Options;
use super::order::ByteOrder;
use crate::packet::LinkType;
use crate::timestamp::NANOS_PER_SECOND;

/// An interface as a capture file describes it. A pcap file has exactly one, of which it tells the link type, the snap
/// length and the resolution.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Interface {
    /// The section that describes it, from 1; always 1 in pcap.
    pub section: u32,
    /// The number within its section, from 0: what [`Frame::interface`](super::Frame::interface) names.
    pub id: u32,
    /// What the first octet of a frame is.
    pub link_type: LinkType,
    /// The octets of a packet that were captured at most, as stated; 0 means no limit. Not to be relied on.
    pub snap_length: u32,
    /// The unit of the time stamps in the file.
    pub resolution: Resolution,
    /// Seconds that the file adds to each of its time stamps (`if_tsoffset`).
    pub timestamp_offset: i64,
    /// Octets of the frame check sequence at the end of each frame, if the file says so.
    pub fcs_length: Option<u8>,
    /// The name on the capturing host, such as `eth0`. This and the other texts are cut after 1,024 octets.
    pub name: Option<Box<str>>,
    /// What the capturing host knows about the interface.
    pub description: Option<Box<str>>,
    /// The capture filter in text form.
    pub filter: Option<Box<str>>,
    /// The operating system of the capturing host.
    pub operating_system: Option<Box<str>>,
    /// The counters of the last interface statistics block so far.
    pub statistics: Option<InterfaceStatistics>,
    /// Nanoseconds in a unit of time if that is a whole number and there is no offset, else 0.
    nanos_per_unit: u64,
}

/// Counters of an interface, from a pcapng interface statistics block. What the block did not tell is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InterfaceStatistics {
    /// Packets that the interface received since the capture began (`isb_ifrecv`).
    pub received: Option<u64>,
    /// Packets that the interface dropped for want of resources (`isb_ifdrop`).
    pub dropped: Option<u64>,
    /// Packets that the capture filter accepted (`isb_filteraccept`).
    pub filter_accepted: Option<u64>,
    /// Packets that the operating system dropped (`isb_osdrop`).
    pub os_dropped: Option<u64>,
    /// Packets that were delivered to the capturing program (`isb_usrdeliv`).
    pub delivered: Option<u64>,
}

/// The unit of time of an interface: a negative power of 10 or of 2 of a second, as pcapng's `if_tsresol` writes it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Resolution(u8);

impl Interface {
    /// An interface of which nothing but this is known.
    pub(super) fn new(section: u32, id: u32, link_type: LinkType, snap_length: u32) -> Self {
        Self {
            section,
            id,
            link_type,
            snap_length,
            resolution: Resolution::MICROSECONDS,
            timestamp_offset: 0,
            fcs_length: None,
            name: None,
            description: None,
            filter: None,
            operating_system: None,
            statistics: None,
            nanos_per_unit: 1000,
        }
    }

    /// An interface to write frames of, with times in nanoseconds and nothing else known of it.
    #[must_use]
    pub fn described(link_type: LinkType, name: Option<&str>) -> Self {
        let mut interface = Self::new(1, 0, link_type, 0);
        interface.set_clock(Resolution::NANOSECONDS, 0);
        interface.name = name.map(Box::from);
        interface
    }

    /// With this unit for the time stamps in the file, and without an offset.
    #[must_use]
    pub fn with_resolution(mut self, resolution: Resolution) -> Self {
        self.set_clock(resolution, 0);
        self
    }

    /// Sets the unit and the offset of the time stamps.
    pub(super) fn set_clock(&mut self, resolution: Resolution, offset: i64) {
        self.resolution = resolution;
        self.timestamp_offset = offset;
        self.nanos_per_unit = if offset == 0 { resolution.whole_nanos().unwrap_or(0) } else { 0 };
    }

    /// The time that the file writes as `units`, if it fits.
    #[inline]
    pub(super) fn timestamp(&self, units: u64) -> Option<Timestamp> {
        match units.checked_mul(self.nanos_per_unit).map(i64::try_from) {
            Some(Ok(nanos)) if self.nanos_per_unit != 0 => Some(Timestamp::from_nanos(nanos)),
            _ => self.timestamp_of_any_clock(units),
        }
    }

    /// How the file writes a time, if it can: the last unit that is not behind it.
    pub(super) fn ticks(&self, time: Timestamp) -> Option<u64> {
        let offset = i128::from(self.timestamp_offset) * i128::from(NANOS_PER_SECOND);
        self.resolution.units(i128::from(time.as_nanos()) - offset)
    }

    #[cold]
    fn timestamp_of_any_clock(&self, units: u64) -> Option<Timestamp> {
        let offset = i128::from(self.timestamp_offset) * i128::from(NANOS_PER_SECOND);
        i64::try_from(offset + self.resolution.nanos(units)).ok().map(Timestamp::from_nanos)
    }
}

impl Resolution {
    /// 10⁻⁶ s, what pcapng means when it does not say.
    pub const MICROSECONDS: Self = Self(6);
    /// 10⁻⁹ s.
    pub const NANOSECONDS: Self = Self(9);

    /// The resolution that an `if_tsresol` option states: the low seven bits are the exponent, the high bit chooses
    /// base 2 instead of 10.
    #[must_use]
    pub const fn from_tsresol(octet: u8) -> Self {
        Self(octet)
    }

    /// The octet of an `if_tsresol` option.
    #[must_use]
    pub const fn tsresol(self) -> u8 {
        self.0
    }

    /// Whole nanoseconds in `units`, the rest cut off.
    fn nanos(self, units: u64) -> i128 {
        let units = i128::from(units);
        match (self.is_binary(), self.exponent()) {
            (true, exponent) => (units * i128::from(NANOS_PER_SECOND)) >> exponent,
            (false, exponent @ ..=9) => units * 10_i128.pow(9 - exponent),
            // A power of ten that does not fit is larger than any number of units.
            (false, exponent) => 10_i128.checked_pow(exponent - 9).map_or(0, |divisor| units / divisor),
        }
    }

    /// The last unit that is not behind `nanos`.
    fn units(self, nanos: i128) -> Option<u64> {
        let exponent = self.exponent();
        let units = match self.is_binary() {
            true => {
                let scaled = nanos.checked_mul(1_i128.checked_shl(exponent.min(63))?).filter(|_| exponent < 63)?;
                // The first unit that is not before it, or the one in front of that where units are longer.
                let units = u64::try_from(scaled.div_euclid(NANOS)).ok()?;
                let next = units.checked_add(1).filter(|next| self.nanos(*next) <= nanos);
                return Some(next.unwrap_or(units));
            }
            false if exponent <= 9 => nanos.div_euclid(10_i128.pow(9 - exponent)),
            false => nanos.checked_mul(10_i128.checked_pow(exponent - 9)?)?,
        };
        u64::try_from(units).ok()
    }

    fn whole_nanos(self) -> Option<u64> {
        let exponent = 9_u32.checked_sub(self.exponent())?;
        (!self.is_binary()).then(|| 10_u64.pow(exponent))
    }

    pub(super) fn is_finer_than_microseconds(self) -> bool {
        if self.is_binary() { self.exponent() >= 20 } else { self.exponent() > 6 }
    }

    const fn is_binary(self) -> bool {
        self.0 & 0x80 != 0
    }

    const fn exponent(self) -> u32 {
        (self.0 & 0x7f) as u32
    }
}

impl fmt::Display for Resolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base = if self.is_binary() { 2 } else { 10 };
        match (base, self.exponent()) {
            (10, 0) => f.write_str("1 s"),
            (10, 3) => f.write_str("1 ms"),
            (10, 6) => f.write_str("1 µs"),
            (10, 9) => f.write_str("1 ns"),
            (base, exponent) => write!(f, "{base}^-{exponent} s"),
        }
    }
}

impl fmt::Debug for Resolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Resolution({self})")
    }
}

/// The interface that the body of a block describes, and what is left of the budget for texts.
pub(super) fn description(
    section: u32,
    id: u32,
    order: ByteOrder,
    body: &[u8],
    budget: usize,
) -> Option<(Interface, usize)> {
    let (&[t0, t1, _, _, s0, s1, s2, s3], options) = body.split_first_chunk()?;
    let (link_type, snap_length) = (LinkType(order.u16([t0, t1])), order.u32([s0, s1, s2, s3]));
    let mut interface = Interface::new(section, id, link_type, snap_length);
    let budget = apply_options(&mut interface, Options::new(order, options), budget);
    Some((interface, budget))
}

/// Fills in what the options of an interface description say; returns what is left of the budget for texts.
fn apply_options(interface: &mut Interface, options: Options<'_>, mut budget: usize) -> usize {
    let (mut resolution, mut offset) = (Resolution::MICROSECONDS, 0);
    for option in options {
        match (option.code, option.value) {
            (2, value) => interface.name = text(value, &mut budget),
            (3, value) => interface.description = text(value, &mut budget),
            (9, &[octet, ..]) => resolution = Resolution::from_tsresol(octet),
            // The first octet tells a filter in text form from one in byte code.
            (11, [0, filter @ ..]) => interface.filter = text(filter, &mut budget),
            (12, value) => interface.operating_system = text(value, &mut budget),
            (13, &[octet, ..]) => interface.fcs_length = Some(octet),
            (14, _) => offset = option.u64().map_or(0, u64::cast_signed),
            _ => {}
        }
    }
    interface.set_clock(resolution, offset);
    budget
}

fn text(value: &[u8], budget: &mut usize) -> Option<Box<str>> {
    let value = value.get(..TEXT_LIMIT).unwrap_or(value);
    let value = value.split(|octet| *octet == 0).next().unwrap_or_default();
    let text = String::from_utf8_lossy(value);
    *budget = budget.checked_sub(text.len())?;
    Some(text.into())
}

pub(super) fn statistics(options: Options<'_>) -> InterfaceStatistics {
    let mut statistics = InterfaceStatistics::default();
    for option in options {
        let counter = option.u64();
        match option.code {
            4 => statistics.received = counter,
            5 => statistics.dropped = counter,
            6 => statistics.filter_accepted = counter,
            7 => statistics.os_dropped = counter,
            8 => statistics.delivered = counter,
            _ => {}
        }
    }
    statistics
}

const NANOS: i128 = NANOS_PER_SECOND as i128;
const TEXT_LIMIT: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn time(tsresol: u8, offset: i64, units: u64) -> Option<i64> {
        let mut interface = Interface::new(1, 0, LinkType::ETHERNET, 0);
        interface.set_clock(Resolution::from_tsresol(tsresol), offset);
        interface.timestamp(units).map(Timestamp::as_nanos)
    }

    fn nanos(tsresol: u8, offset: i64, units: u64) -> i64 {
        time(tsresol, offset, units).expect("a time that fits")
    }

    #[test]
    fn every_resolution_is_cut_to_nanoseconds() {
        assert_eq!(nanos(0, 0, 7), 7_000_000_000);
        assert_eq!(nanos(3, 0, 7), 7_000_000);
        assert_eq!(nanos(6, 0, 1_000_001), 1_000_001_000);
        assert_eq!(nanos(9, 0, 5_000_000_123_456_789), 5_000_000_123_456_789);
        assert_eq!(nanos(12, 0, 5_000_000_123_456_789), 5_000_000_123_456);
        assert_eq!(nanos(28, 0, u64::MAX), 1);
        assert_eq!(nanos(127, 0, u64::MAX), 0);
        assert_eq!(nanos(0x80, 0, 3), 3_000_000_000);
        assert_eq!(nanos(0x8a, 0, 1536), 1_500_000_000);
        assert_eq!(nanos(0xa0, 0, (5 << 32) + (1 << 31)), 5_500_000_000);
        assert_eq!(nanos(0xff, 0, u64::MAX), 0);
    }

    #[test]
    fn offsets_add_seconds() {
        assert_eq!(nanos(6, 5, 1_000_001), 6_000_001_000);
        assert_eq!(nanos(6, -5, 1_000_001), -3_999_999_000);
        // The units alone would not fit.
        assert_eq!(nanos(9, -10_000_000_000, u64::MAX), 8_446_744_073_709_551_615);
    }

    #[test]
    fn times_that_do_not_fit_are_none() {
        assert_eq!(time(9, 0, i64::MAX as u64), Some(i64::MAX));
        assert_eq!(time(9, 0, i64::MAX as u64 + 1), None);
        assert_eq!(time(9, -10_000_000_000, 776_627_963_145_224_192), Some(i64::MIN));
        assert_eq!(time(9, -10_000_000_000, 776_627_963_145_224_191), None);
        assert_eq!(time(9, -5_000_000_000, u64::MAX), None);
        assert_eq!(time(0, 0, u64::MAX), None);
        assert_eq!(time(0x80, 0, u64::MAX), None);
        assert_eq!(time(6, i64::MAX, u64::MAX), None);
        assert_eq!(time(6, i64::MIN, u64::MAX), None);
    }

    #[test]
    fn every_time_has_a_unit_that_gives_it_back() {
        for tsresol in [0, 3, 6, 7, 9, 12, 15, 0x80, 0x8a, 0x9e, 0xa0, 0xa4] {
            for offset in [0, 7, -7] {
                let mut interface = Interface::new(1, 0, LinkType::ETHERNET, 0);
                interface.set_clock(Resolution::from_tsresol(tsresol), offset);
                for units in [0, 1, 2, 1023, 1_000_001, 123_456_789_012] {
                    let Some(time) = interface.timestamp(units) else { continue };
                    let back = interface.ticks(time).expect("a time that came from units");
                    assert_eq!(interface.timestamp(back), Some(time), "{tsresol} {offset} {units}");
                    let next = interface.timestamp(back + 1).expect("a unit later");
                    // Units below nanoseconds share one.
                    assert!(next >= time, "{tsresol} {offset} {units}");
                }
            }
        }
        assert_eq!(Interface::new(1, 0, LinkType::ETHERNET, 0).ticks(Timestamp::from_nanos(-1)), None);
    }

    #[test]
    fn resolution_has_a_text() {
        assert_eq!(Resolution::MICROSECONDS.to_string(), "1 µs");
        assert_eq!(Resolution::from_tsresol(0x8a).to_string(), "2^-10 s");
        assert_eq!(Resolution::from_tsresol(12).to_string(), "10^-12 s");
    }
}
