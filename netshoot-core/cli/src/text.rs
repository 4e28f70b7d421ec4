//! How numbers, times and foreign text look in print.

use std::fmt::{self, Display, Write};
use std::time::Duration;

use netshoot_core::capture::Timestamp;

/// Text from packets or files, made safe for a terminal: control characters, and those that turn the direction of
/// writing, are shown as escapes.
pub(crate) struct Clean<T>(pub(crate) T);

impl<T: Display> Display for Clean<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Cleaner(f), "{}", self.0)
    }
}

struct Cleaner<'a, 'f>(&'a mut fmt::Formatter<'f>);

impl Write for Cleaner<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return self.0.write_str(text);
        }
        for letter in text.chars() {
            if is_unsafe(letter) {
                letter.encode_utf8(&mut [0; 4]).bytes().try_for_each(|octet| write!(self.0, "\\x{octet:02x}"))?;
            } else {
                self.0.write_char(letter)?;
            }
        }
        Ok(())
    }
}

fn is_unsafe(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}')
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(letter, '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A count with a comma for every thousand.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `one` or, unless there is exactly one, `many`, with the count before it.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// Octets in decimal units.
pub(crate) fn octets(number: u64) -> String {
    let mut value = number as f64;
    let mut unit = "B";
    for larger in ["kB", "MB", "GB", "TB", "PB", "EB"] {
        if value < 999.95 {
            break;
        }
        value /= 1000.0;
        unit = larger;
    }
    if unit == "B" { format!("{number} B") } else { format!("{value:.1} {unit}") }
}

/// A duration: below a minute with three or four digits and one unit, then as minutes and seconds, then hours too.
pub(crate) fn duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    let value = |unit: u32| nanos as f64 / f64::from(unit);
    // A value that rounding would take to the next unit is shown in that.
    if nanos == 0 {
        "0 s".to_owned()
    } else if nanos < 1000 {
        format!("{nanos} ns")
    } else if value(1000) < 999.5 {
        format!("{:.0} µs", value(1000))
    } else if value(1_000_000) < 999.95 {
        digits(value(1_000_000), "ms")
    } else if value(1_000_000_000) < 59.95 {
        digits(value(1_000_000_000), "s")
    } else {
        let seconds = nanos.saturating_add(500_000_000) / 1_000_000_000;
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        if hours == 0 {
            format!("{minutes} min {seconds:02} s")
        } else {
            format!("{hours} h {minutes:02} min {seconds:02} s")
        }
    }
}

fn digits(value: f64, unit: &str) -> String {
    if value < 9.995 { format!("{value:.2} {unit}") } else { format!("{value:.1} {unit}") }
}

/// `text`, or as much of it as `most` letters hold, the last of them an ellipsis.
pub(crate) fn shortened(text: String, most: usize) -> String {
    if text.chars().nth(most).is_none() {
        return text;
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// `text` in lines of at most [`LINE`] letters, each behind `indent` spaces; the first is taken to be `used` letters long.
pub(crate) fn wrapped(text: &str, indent: usize, used: usize) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut column = used;
    for word in text.split_ascii_whitespace() {
        let width = word.chars().count();
        if column > indent && column + 1 + width > LINE {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else if !out.is_empty() {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
    }
    out
}

const LINE: usize = 110;

/// Date and time to the second.
pub(crate) fn date_and_time(time: Timestamp) -> String {
    let text = time.to_string();
    text.split_once('.').map_or(text.as_str(), |(seconds, _)| seconds).replace('T', " ")
}

/// The time of day to the second.
pub(crate) fn time_of_day(time: Timestamp) -> String {
    let text = date_and_time(time);
    text.split_once(' ').map_or(text.clone(), |(_, time)| time.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_are_not_told_to_do_anything() {
        let evil = "a\u{1b}]0;x\u{7}\r\n\u{9b}31m\u{202e}é";
        assert_eq!(Clean(evil).to_string(), "a\\x1b]0;x\\x07\\x0d\\x0a\\xc2\\x9b31m\\xe2\\x80\\xaeé");
        assert_eq!(Clean("plain text").to_string(), "plain text");
    }

    #[test]
    fn long_lines_are_broken_between_words() {
        let text = "word ".repeat(50);
        let out = wrapped(&text, 4, 10);
        assert!(out.lines().all(|line| line.len() <= LINE && !line.ends_with(' ')), "{out}");
        assert_eq!(out.split_ascii_whitespace().count(), 50);
        assert!(out.lines().nth(1).is_some_and(|line| line.starts_with("    word")));
        assert_eq!(wrapped(&"x".repeat(200), 4, 4), "x".repeat(200));
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(
            [0, 999, 1000, 999_949, 999_950, u64::MAX].map(octets),
            ["0 B", "999 B", "1.0 kB", "999.9 kB", "1.0 MB", "18.4 EB"]
        );
        let texts = [0, 7, 1234, 56_700, 1_500_000, 61_200_000, 130_000_000, 3_700_000_000]
            .map(|micros| duration(Duration::from_micros(micros)));
        let wanted = ["0 s", "7 µs", "1.23 ms", "56.7 ms", "1.50 s", "1 min 01 s", "2 min 10 s", "1 h 01 min 40 s"];
        assert_eq!(texts, wanted);
    }

    #[test]
    fn rounding_carries_to_the_next_unit() {
        for (nanos, text) in [
            (999, "999 ns"),
            (999_499, "999 µs"),
            (999_500, "1.00 ms"),
            (9_994_000, "9.99 ms"),
            (9_996_000, "10.0 ms"),
            (999_940_000, "999.9 ms"),
            (999_960_000, "1.00 s"),
            (59_940_000_000, "59.9 s"),
            (59_960_000_000, "1 min 00 s"),
            (119_600_000_000, "2 min 00 s"),
            (3_599_700_000_000, "1 h 00 min 00 s"),
        ] {
            assert_eq!(duration(Duration::from_nanos(nanos)), text);
        }
        assert!(duration(Duration::MAX).ends_with(" s"));
    }

    #[test]
    fn long_text_is_cut_with_an_ellipsis() {
        assert_eq!(shortened("éééé".to_owned(), 4), "éééé");
        assert_eq!(shortened("ééééé".to_owned(), 4), "ééé…");
    }

    #[test]
    fn times_are_cut_to_seconds() {
        let time = Timestamp::from_nanos(1_790_000_000_123_456_789);
        assert_eq!(date_and_time(time), "2026-09-21 14:13:20");
        assert_eq!(time_of_day(time), "14:13:20");
    }
}
