//! Numbers as `printf` writes them, into octets, without an allocation.

use std::fmt::{self, Write};

/// Octets that text can be written to.
pub(super) struct Octets<'a>(pub(super) &'a mut Vec<u8>);

impl Write for Octets<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// Writes with `format_args!`; that cannot fail.
pub(super) fn put(out: &mut Vec<u8>, text: fmt::Arguments<'_>) {
    let _ = Octets(out).write_fmt(text);
}

/// `%llu`.
pub(super) fn decimal(out: &mut Vec<u8>, value: impl Into<u64>) {
    let mut rest = value.into();
    let mut digits = [0; 20];
    let mut length = 0;
    for place in digits.iter_mut().rev() {
        *place = b'0' + (rest % 10) as u8;
        rest /= 10;
        length += 1;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(digits.len() - length..).unwrap_or_default());
}

/// `%d` of what the kernel counts in 32 bits.
pub(super) fn signed(out: &mut Vec<u8>, value: u32) {
    let value = value as i32;
    if value < 0 {
        out.push(b'-');
    }
    decimal(out, value.unsigned_abs());
}

/// `%g` of a thousandth: microseconds as milliseconds.
pub(super) fn thousandth(out: &mut Vec<u8>, value: u32) {
    if value >= 1_000_000 {
        return general(out, f64::from(value) / 1000.0, 6);
    }
    decimal(out, value / 1000);
    decimals(out, value % 1000, 100);
}

/// `%g` of a 256th, which a `double` holds exactly.
pub(super) fn gain(out: &mut Vec<u8>, value: u32) {
    if !(256..2560).contains(&value) {
        return general(out, f64::from(value) / 256.0, 6);
    }
    // 100,000 / 256 is 3,125 / 8; a half goes to the even neighbour.
    let (digits, rest) = (value * 3125 / 8, value * 3125 % 8);
    let digits = digits + u32::from(rest > 4 || rest == 4 && digits % 2 == 1);
    decimal(out, digits / 100_000);
    decimals(out, digits % 100_000, 10_000);
}

/// A point, and the digits of `fraction` from `unit` down to the last that is not zero.
fn decimals(out: &mut Vec<u8>, mut fraction: u32, mut unit: u32) {
    if fraction > 0 {
        out.push(b'.');
    }
    while fraction > 0 {
        out.push(b'0' + (fraction / unit) as u8);
        fraction %= unit;
        unit /= 10;
    }
}

/// `%g` with so many significant digits.
pub(super) fn general(out: &mut Vec<u8>, value: f64, digits: usize) {
    let mut text = Short::default();
    let _ = write!(text, "{value:.*e}", digits.saturating_sub(1));
    let text = text.as_str();
    let Some((mantissa, exponent)) = text.split_once('e') else { return out.extend_from_slice(text.as_bytes()) };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    out.extend_from_slice(sign.as_bytes());
    let significant = mantissa.trim_end_matches('0').trim_end_matches('.');
    let significant = if mantissa.contains('.') { significant } else { mantissa };
    if exponent < -4 || exponent >= digits as i32 {
        let sign = if exponent < 0 { '-' } else { '+' };
        return put(out, format_args!("{significant}e{sign}{:02}", exponent.unsigned_abs()));
    }
    point(out, significant, exponent);
}

/// A number that is shown as `%g` with so many significant digits.
#[derive(Clone, Copy, Debug)]
pub(in crate::netlink::iproute2) struct General(
    pub(in crate::netlink::iproute2) f64,
    pub(in crate::netlink::iproute2) usize,
);

impl fmt::Display for General {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Vec::new();
        general(&mut out, self.0, self.1);
        f.write_str(str::from_utf8(&out).unwrap_or_default())
    }
}

/// The same with three significant digits, quicker where rounding is beyond doubt.
fn three_digits(out: &mut Vec<u8>, value: f64) {
    let (factor, unit) = match value {
        1.0..10.0 => (100.0, 100),
        10.0..100.0 => (10.0, 10),
        100.0..999.0 => (1.0, 1),
        _ => return general(out, value, 3),
    };
    let scaled = value * factor;
    let digits = (scaled + 0.5) as u32;
    if (scaled.fract() - 0.5).abs() < 1e-6 || digits >= 1000 {
        return general(out, value, 3);
    }
    decimal(out, digits / unit);
    decimals(out, digits % unit, unit / 10);
}

/// The digits of `significant`, which has its point after the first, with the point moved.
fn point(out: &mut Vec<u8>, significant: &str, exponent: i32) {
    let digits = significant.bytes().filter(|octet| *octet != b'.');
    if exponent < 0 {
        out.extend_from_slice(b"0.");
        out.extend((1..exponent.unsigned_abs()).map(|_| b'0'));
        return out.extend(digits);
    }
    let whole = exponent as usize + 1;
    let mut count = 0;
    for digit in digits {
        if count == whole {
            out.push(b'.');
        }
        out.push(digit);
        count += 1;
    }
    out.extend((count..whole).map(|_| b'0'));
}

/// Bits a second in the units that `ss` has, or as a whole number.
pub(super) fn rate(out: &mut Vec<u8>, value: f64, numeric: bool) {
    const UNITS: [(f64, u8); 4] = [(1e12, b'T'), (1e9, b'G'), (1e6, b'M'), (1e3, b'k')];
    if numeric {
        return whole(out, value);
    }
    match UNITS.into_iter().find(|(unit, _)| value >= *unit) {
        Some((unit, letter)) => {
            three_digits(out, value / unit);
            out.push(letter);
        }
        None => general(out, value, 6),
    }
}

/// `%.0f`: a half goes to the even neighbour.
fn whole(out: &mut Vec<u8>, value: f64) {
    if !(0.0..4e15).contains(&value) {
        return put(out, format_args!("{value:.0}"));
    }
    let (below, rest) = (value as u64, value.fract());
    decimal(out, below + u64::from(rest > 0.5 || (rest == 0.5 && below % 2 == 1)));
}

/// Milliseconds as `ss` shows what is left of a timer: `3min4sec`, `20sec`, `1.234ms` for 1,234 ms, `200ms`.
pub(super) fn timer(out: &mut Vec<u8>, milliseconds: u32) {
    let (mut seconds, mut rest) = (milliseconds / 1000, milliseconds % 1000);
    let minutes = seconds / 60;
    seconds %= 60;
    if minutes > 0 {
        rest = 0;
        put(out, format_args!("{minutes}min"));
        if minutes > 9 {
            seconds = 0;
        }
    }
    if seconds > 0 {
        if seconds > 9 {
            rest = 0;
        }
        put(out, format_args!("{seconds}{}", if rest > 0 { "." } else { "sec" }));
    }
    if rest > 0 {
        put(out, format_args!("{rest:03}ms"));
    }
}

/// Room for one number.
#[derive(Default)]
struct Short {
    octets: [u8; 32],
    length: usize,
}

impl Short {
    fn as_str(&self) -> &str {
        self.octets.get(..self.length).and_then(|octets| std::str::from_utf8(octets).ok()).unwrap_or_default()
    }
}

impl Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        self.octets.get_mut(self.length..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn general_is_that_of_printf() {
        // From printf("%.*g", digits, value).
        for (value, digits, expected) in [
            (0.0, 6, "0"),
            (1.0, 6, "1"),
            (0.028, 6, "0.028"),
            (123456.0, 6, "123456"),
            (1234567.0, 6, "1.23457e+06"),
            (12345.75, 6, "12345.8"),
            (1e6, 6, "1e+06"),
            (0.0001, 6, "0.0001"),
            (0.00001, 6, "1e-05"),
            (12.0, 3, "12"),
            (100.0, 3, "100"),
            (999.9, 3, "1e+03"),
            (1.25, 3, "1.25"),
            (21.845, 3, "21.8"),
            (-2.5, 3, "-2.5"),
        ] {
            assert_eq!(text(|out| general(out, value, digits)), expected, "{value}");
        }
    }

    #[test]
    fn thousandths_agree_with_general() {
        for value in (0..1_200_000).step_by(7).chain([999_999, 1_000_000, 1_000_001, u32::MAX]) {
            let slow = text(|out| general(out, f64::from(value) / 1000.0, 6));
            assert_eq!(text(|out| thousandth(out, value)), slow, "{value}");
        }
    }

    #[test]
    fn gains_agree_with_general() {
        for value in 0..3000 {
            assert_eq!(text(|out| gain(out, value)), text(|out| general(out, f64::from(value) / 256.0, 6)), "{value}");
        }
    }

    #[test]
    fn three_digits_agree_with_general() {
        for number in 0..400_000_u32 {
            let value = f64::from(number) / 399.7;
            assert_eq!(text(|out| three_digits(out, value)), text(|out| general(out, value, 3)), "{value}");
            let value = f64::from(number) / 200.0;
            assert_eq!(text(|out| three_digits(out, value)), text(|out| general(out, value, 3)), "{value}");
        }
    }

    #[test]
    fn whole_numbers_agree_with_the_formatter() {
        for value in [0.0, 0.5, 1.5, 2.5, 2.51, 1e9 + 0.5, 3e15 + 0.5, 3e15 + 1.5, 1e18, 0.499_999_999_999_999_94] {
            assert_eq!(text(|out| whole(out, value)), format!("{value:.0}"));
        }
    }

    #[test]
    fn numbers_rates_and_timers() {
        assert_eq!(text(|out| decimal(out, u64::MAX)), u64::MAX.to_string());
        assert_eq!(text(|out| decimal(out, 0_u32)), "0");
        assert_eq!(text(|out| signed(out, u32::MAX)), "-1");
        assert_eq!(text(|out| rate(out, 3_276_800_000.4, true)), "3276800000");
        for (value, expected) in [(1.5e13, "15T"), (23.28e9, "23.3G"), (1e6, "1M"), (1500.0, "1.5k"), (800.0, "800")] {
            assert_eq!(text(|out| rate(out, value, false)), expected);
        }
        for (value, expected) in [
            (0, ""),
            (200, "200ms"),
            (20, "020ms"),
            (1234, "1.234ms"),
            (3000, "3sec"),
            (59_900, "59sec"),
            (119_900, "1min59sec"),
            (600_001, "10min"),
            (7_200_000, "120min"),
        ] {
            assert_eq!(text(|out| timer(out, value)), expected);
        }
    }
}
