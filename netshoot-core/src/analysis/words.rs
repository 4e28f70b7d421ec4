//! Pieces of sentences.

use std::borrow::Cow;
use std::fmt::Write;
use std::time::Duration;

use crate::analysis::Flow;
use crate::packet::IpProtocol;

/// Three digits and a unit: `1.20 s`, `350 ms`, `80.0 µs`.
pub(super) fn short(duration: Duration) -> String {
    let nanos = duration.as_nanos() as f64;
    // What rounding would take to the next unit is shown in that.
    let (value, unit) = match nanos {
        120e9.. => (nanos / 60e9, "min"),
        999.5e6.. => (nanos / 1e9, "s"),
        999.5e3.. => (nanos / 1e6, "ms"),
        999.5.. => (nanos / 1e3, "µs"),
        _ => return format!("{nanos} ns"),
    };
    let digits = match value {
        99.95.. => 0,
        9.995.. => 1,
        _ => 2,
    };
    format!("{value:.digits$} {unit}")
}

/// Octets in decimal units.
pub(super) fn octets(number: u64) -> String {
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

/// `1 segment`, `2 segments`, `12,000 segments`.
pub(super) fn count(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", thousands(number), if number == 1 { "" } else { "s" })
}

/// A number with a comma for every thousand.
pub(super) fn thousands(number: u64) -> String {
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

/// `client` or `server`.
pub(super) fn end(is_client: bool) -> &'static str {
    if is_client { "client" } else { "server" }
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Text from packets on one line, cut to `most` letters: control characters, and those that turn the direction of
/// writing, are shown as escapes.
pub(super) fn clean(text: &str, most: usize) -> Cow<'_, str> {
    let is_plain = |letter: char| !letter.is_control() && !is_invisible(letter);
    if text.len() <= most && text.chars().all(is_plain) {
        return text.into();
    }
    let mut out = String::new();
    for (place, letter) in text.chars().enumerate() {
        if place + 1 >= most {
            out.push('…');
            break;
        }
        if is_plain(letter) {
            out.push(letter);
        } else {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(letter));
        }
    }
    out.into()
}

fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(letter, '\u{2060}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A flow in one line.
pub(super) fn title(flow: &Flow) -> String {
    let mut text = format!("flow {}, {}", flow.id, flow.protocol);
    if let Some(stream) = flow.stream {
        let _ = write!(text, " stream {stream}");
    }
    let _ = write!(text, ": {} to {}", flow.client, flow.server);
    if let Some(name) = &flow.server_name {
        let _ = write!(text, " ({})", clean(name, NAME));
    }
    let _ = write!(text, ", {}, {}", count(flow.packets(), "frame"), octets(flow.bytes()));
    let _ = write!(text, " in {}", short(flow.duration()));
    if flow.protocol == IpProtocol::TCP {
        let _ = write!(text, ", {}", flow.state.name());
    }
    text
}

/// Letters of a name that are shown.
pub(super) const NAME: usize = 120;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits() {
        for (nanos, text) in [
            (0, "0 ns"),
            (950, "950 ns"),
            (80_000, "80.0 µs"),
            (999_600, "1.00 ms"),
            (350_000_000, "350 ms"),
            (1_200_000_000, "1.20 s"),
            (75_000_000_000, "75.0 s"),
            (600_000_000_000, "10.0 min"),
        ] {
            assert_eq!(short(Duration::from_nanos(nanos)), text);
        }
    }

    #[test]
    fn text_from_packets_has_no_control_characters() {
        assert_eq!(clean("shop.example", 20), "shop.example");
        assert_eq!(clean("a\x1b[31m\u{202e}\n", 20), "a\\u{1b}[31m\\u{202e}\\u{a}");
        assert_eq!(clean("aaaaaaaaaa", 5), "aaaa…");
    }

    #[test]
    fn lists_have_an_and() {
        assert_eq!(list(&["a".to_owned()]), "a");
        assert_eq!(list(&["a", "b", "c"].map(str::to_owned)), "a, b and c");
    }
}
