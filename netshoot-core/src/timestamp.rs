//! Points in time.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::{Error, ErrorKind};

/// A point in time: nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted, from the year 1677 to 2262.
///
/// Shown as `2026-11-23T05:57:11.123456789Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest time, 1677-09-21T00:12:43.145224192Z.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest time, 2262-04-11T23:47:16.854775807Z.
    pub const MAX: Self = Self(i64::MAX);

    /// The time `nanos` nanoseconds after the epoch, or before it if negative.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the epoch.
    #[must_use]
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// The time that passed from `earlier` to `self`; `None` if `earlier` is the later of the two.
    #[must_use]
    pub const fn checked_duration_since(self, earlier: Self) -> Option<Duration> {
        if self.0 < earlier.0 {
            return None;
        }
        Some(Duration::from_nanos(self.0.abs_diff(earlier.0)))
    }

    /// The time that passed from `earlier` to `self`; zero if `earlier` is the later of the two.
    #[must_use]
    pub const fn saturating_duration_since(self, earlier: Self) -> Duration {
        match self.checked_duration_since(earlier) {
            Some(duration) => duration,
            None => Duration::ZERO,
        }
    }

    /// Nanoseconds from `earlier` to `self`, negative if `earlier` is the later of the two; differences of more than
    /// 292 years become the nearest that fits.
    #[must_use]
    pub const fn nanos_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Nanoseconds, or as many digits behind the second as the precision says: none with `{:.0}`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.div_euclid(NANOS_PER_SECOND);
        let (year, month, day) = civil_date(seconds.div_euclid(SECONDS_PER_DAY));
        let second_of_day = seconds.rem_euclid(SECONDS_PER_DAY);
        let (hour, minute, second) = (second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
        let nanos = self.0.rem_euclid(NANOS_PER_SECOND);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        match f.precision().unwrap_or(9).min(9) {
            0 => f.write_str("Z"),
            digits => {
                let unit = 10_i64.pow(9 - u32::try_from(digits).unwrap_or(9));
                write!(f, ".{:0digits$}Z", nanos / unit)
            }
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reads `2026-09-21T14:13:20.123456789Z`, also with a space for the `T`, without the fraction, with a zone such as `+02:00`
/// or none, which is UTC; or seconds since 1970, such as `1790000000.5`.
impl FromStr for Timestamp {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let seconds = text.trim();
        let nanos = of_seconds(seconds).or_else(|| of_date(seconds)).and_then(|nanos| i64::try_from(nanos).ok());
        nanos.map(Self::from_nanos).ok_or_else(|| {
            Error::new(ErrorKind::InvalidInput, format!("read time {text:?}"))
                .with_detail("it is no time, or too far away")
                .with_hint("2026-09-21T14:13:20.5Z, or seconds since 1970")
        })
    }
}

/// Nanoseconds in seconds with a fraction, of which digits beyond nanoseconds are cut.
fn of_seconds(text: &str) -> Option<i128> {
    let (sign, magnitude) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = magnitude.split_once('.').unwrap_or((magnitude, "0"));
    Some(sign * (i128::from(digits(whole)?) * i128::from(NANOS_PER_SECOND) + i128::from(fraction_nanos(fraction)?)))
}

fn fraction_nanos(text: &str) -> Option<u64> {
    digits(text.get(..1)?)?;
    let is_number = text.bytes().all(|letter| letter.is_ascii_digit());
    digits(&format!("{:0<9}", text.get(..9).unwrap_or(text))).filter(|_| is_number)
}

/// A number of digits alone.
fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|letter| letter.is_ascii_digit()).then(|| text.parse().ok())?
}

fn of_date(text: &str) -> Option<i128> {
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let mut date = date.splitn(3, '-');
    let mut next = |length: usize| date.next().filter(|part| part.len() == length).and_then(digits);
    let (year, month, day) = (next(4)?, next(2)?, next(2)?);
    let days = days_of_civil(i64::try_from(year).ok()?, i64::try_from(month).ok()?, i64::try_from(day).ok()?)?;
    let (time, zone) = match time.find(['Z', 'z', '+', '-']) {
        Some(place) => time.split_at_checked(place)?,
        None => (time, "Z"),
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let seconds = of_clock(time, 3)? - of_zone(zone)?;
    let seconds = i128::from(days * SECONDS_PER_DAY + seconds);
    Some(seconds * i128::from(NANOS_PER_SECOND) + i128::from(fraction_nanos(fraction)?))
}

fn of_zone(text: &str) -> Option<i64> {
    match text.split_at_checked(1)? {
        ("Z" | "z", "") => Some(0),
        ("+", rest) => of_clock(rest, 2),
        ("-", rest) => of_clock(rest, 2).map(|seconds| -seconds),
        _ => None,
    }
}

/// Seconds in hours, minutes and, of three parts, seconds.
fn of_clock(text: &str, parts: usize) -> Option<i64> {
    let read: Option<Vec<_>> = text.split(':').map(|part| digits(part).filter(|_| part.len() == 2)).collect();
    let read = read.filter(|read| read.len() == parts)?;
    let in_range = read.iter().zip([24, 60, 61]).all(|(part, limit)| *part < limit);
    let seconds = read.iter().zip([3600, 60, 1]).map(|(part, unit)| part * unit).sum::<u64>();
    i64::try_from(seconds).ok().filter(|_| in_range)
}

/// Days since 1970-01-01, the inverse of [`civil_date`].
fn days_of_civil(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let (year, month_from_march) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * DAYS_PER_ERA + day_of_era - DAYS_FROM_MARCH_YEAR_0_TO_EPOCH;
    // The 31st of a month of thirty days is another date.
    (civil_date(days).2 == day).then_some(days)
}

/// Seconds since 1970 as `Sun, 29 Nov 2026 17:06:29 GMT` (RFC 9110, 5.6.7).
#[cfg(all(feature = "throughput", target_os = "linux"))]
pub(crate) fn http_date(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    let days = seconds.div_euclid(SECONDS_PER_DAY);
    let (year, month, day) = civil_date(days);
    let name = |names: &[&'static str], place: i64| {
        usize::try_from(place).ok().and_then(|place| names.get(place).copied()).unwrap_or_default()
    };
    // 1970 began on a Thursday.
    let weekday = name(&["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"], days.rem_euclid(7));
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = name(&months, month - 1);
    let second = seconds.rem_euclid(SECONDS_PER_DAY);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

/// Year, month and day of the Gregorian calendar for a number of days since 1970-01-01.
///
/// Years are counted from March, so that the leap day is the last of the year and the months before any month have
/// `(153 * month + 2) / 5` days.
fn civil_date(days: i64) -> (i64, i64, i64) {
    let days = days + DAYS_FROM_MARCH_YEAR_0_TO_EPOCH;
    let era = days.div_euclid(DAYS_PER_ERA);
    let day_of_era = days.rem_euclid(DAYS_PER_ERA);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

pub(crate) const NANOS_PER_SECOND: i64 = 1_000_000_000;
const SECONDS_PER_DAY: i64 = 86_400;
/// 400 years, after which the calendar repeats.
const DAYS_PER_ERA: i64 = 146_097;
const DAYS_FROM_MARCH_YEAR_0_TO_EPOCH: i64 = 719_468;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_utc_with_nanoseconds() {
        let cases = [
            (0, "1970-01-01T00:00:00.000000000Z"),
            (1_795_413_431_123_456_789, "2026-11-23T05:57:11.123456789Z"),
            (951_782_400_000_000_001, "2000-02-29T00:00:00.000000001Z"),
            (-1, "1969-12-31T23:59:59.999999999Z"),
            (i64::MAX, "2262-04-11T23:47:16.854775807Z"),
            (i64::MIN, "1677-09-21T00:12:43.145224192Z"),
        ];
        for (nanos, text) in cases {
            assert_eq!(Timestamp::from_nanos(nanos).to_string(), text);
        }
        let time = Timestamp::from_nanos(1_795_413_431_123_456_789);
        assert_eq!(format!("{time:.0} {time:.3}"), "2026-11-23T05:57:11Z 2026-11-23T05:57:11.123Z");
    }

    #[test]
    fn text_is_read() {
        for nanos in [0, 1_795_413_431_123_456_789, 951_782_400_000_000_001, -1, i64::MAX, i64::MIN] {
            assert_eq!(Timestamp::from_nanos(nanos).to_string().parse::<Timestamp>().unwrap().as_nanos(), nanos);
        }
        let nanos = |text: &str| text.parse::<Timestamp>().ok().map(Timestamp::as_nanos);
        assert_eq!(nanos("1.5"), Some(1_500_000_000));
        assert_eq!(nanos("-0.000000001"), Some(-1));
        assert_eq!(nanos("1700000000.1234567899"), Some(1_700_000_000_123_456_789));
        assert_eq!(nanos("2026-11-23 05:57:11"), Some(1_795_413_431_000_000_000));
        assert_eq!(nanos("2026-11-23T07:57:11.5+02:00"), Some(1_795_413_431_500_000_000));
        assert_eq!(nanos("2026-11-22T23:27:11-06:30"), Some(1_795_413_431_000_000_000));
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "1e3",
            "x",
            "2026-02-30T00:00:00Z",
            "2026-13-01T00:00:00",
            "2026-01-01",
            "2026-01-01T24:00:00",
            "2026-01-01T00:00",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00+2",
            "9999999999999",
            "2026-01-01T00:00:00\u{e9}",
            "1.\u{e9}",
            "9300-01-01T00:00:00Z",
        ] {
            assert_eq!(nanos(text), None, "{text}");
        }
    }

    #[test]
    fn calendar_agrees_with_counting_days() {
        let (mut year, mut month, mut day) = (1970, 1, 1);
        for days in 0..110_000 {
            assert_eq!(civil_date(days), (year, month, day), "day {days}");
            assert_eq!(days_of_civil(year, month, day), Some(days));
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let last = match month {
                2 => 28 + i64::from(leap),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            day += 1;
            if day > last {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
        assert_eq!(civil_date(-1), (1969, 12, 31));
        assert_eq!(civil_date(-365 - 365 - 366), (1967, 1, 1));
    }

    #[test]
    #[cfg(all(feature = "throughput", target_os = "linux"))]
    fn dates_of_http() {
        assert_eq!(http_date(1_795_971_989), "Sun, 29 Nov 2026 17:06:29 GMT");
        assert_eq!(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
    }

    #[test]
    fn differences_do_not_overflow() {
        let (early, late) = (Timestamp::from_nanos(-5), Timestamp::from_nanos(7));
        assert_eq!(late.checked_duration_since(early), Some(Duration::from_nanos(12)));
        assert_eq!(early.checked_duration_since(late), None);
        assert_eq!(early.saturating_duration_since(late), Duration::ZERO);
        assert_eq!(early.nanos_since(late), -12);
        assert_eq!(Timestamp::MIN.nanos_since(Timestamp::MAX), i64::MIN);
        assert_eq!(Timestamp::MAX.checked_duration_since(Timestamp::MIN), Some(Duration::from_nanos(u64::MAX)));
    }
}
