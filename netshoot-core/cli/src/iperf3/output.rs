//! Where the lines go: standard output or a file, each with the time before it if that is wanted.

use std::borrow::Cow;
use std::fmt::Display;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use netshoot_core::Error;
use netshoot_core::capture::Timestamp;

use super::Iperf3;
use crate::output::{Failure, flush_standard_output};
use crate::text::Clean;

pub(super) struct Output {
    file: Option<File>,
    timestamps: Option<String>,
}

impl Output {
    pub(super) fn new(options: &Iperf3) -> Result<Self, Failure> {
        let open = |path| OpenOptions::new().append(true).create(true).open(path);
        let file = options
            .logfile
            .as_ref()
            .map(|path| open(path).map_err(|error| Error::io(format!("open log file {}", path.display()), error)));
        let timestamps = options.timestamps.clone().filter(|_| !options.json && !options.json_stream);
        Ok(Self { file: file.transpose()?, timestamps })
    }

    /// Writes whole lines.
    pub(super) fn write(&mut self, lines: &str) -> Result<(), Failure> {
        let lines = self.stamped(lines);
        let written = match &mut self.file {
            Some(file) => file.write_all(lines.as_bytes()),
            None => {
                let mut out = io::stdout().lock();
                out.write_all(lines.as_bytes()).and_then(|()| flush_standard_output())
            }
        };
        Ok(written?)
    }

    /// Tells why a test failed, in the file or on standard error.
    pub(super) fn complain(&mut self, what: impl Display) {
        let line = format!("iperf3: {}\n", Clean(what));
        let line = self.stamped(&line);
        let _ = match &mut self.file {
            Some(file) => file.write_all(line.as_bytes()),
            None => io::stderr().lock().write_all(line.as_bytes()),
        };
    }

    fn stamped<'a>(&self, lines: &'a str) -> Cow<'a, str> {
        let Some(format) = &self.timestamps else { return lines.into() };
        let time = format_time(format, SystemTime::now());
        lines.split_inclusive('\n').map(|line| format!("{time}{line}")).collect()
    }
}

/// The conversions of strftime that make sense without the tables of a locale, in UTC.
fn format_time(format: &str, time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let nanos = i64::try_from(since.as_nanos()).unwrap_or(i64::MAX);
    let iso = Timestamp::from_nanos(nanos).to_string();
    let part = |from: usize, to: usize| iso.get(from..to).unwrap_or_default();
    let day = part(8, 10);
    let month = part(5, 7).parse::<usize>().ok().and_then(|month| MONTHS.get(month - 1)).copied().unwrap_or_default();
    let weekday = WEEKDAYS.get((since.as_secs() / 86_400 % 7) as usize).copied().unwrap_or_default();
    let mut out = String::new();
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some('Y') => out.push_str(part(0, 4)),
            Some('m') => out.push_str(part(5, 7)),
            Some('d') => out.push_str(day),
            Some('e') => out.push_str(&format!("{:>2}", day.trim_start_matches('0'))),
            Some('H') => out.push_str(part(11, 13)),
            Some('M') => out.push_str(part(14, 16)),
            Some('S') => out.push_str(part(17, 19)),
            Some('F') => out.push_str(part(0, 10)),
            Some('T') => out.push_str(part(11, 19)),
            Some('s') => out.push_str(&since.as_secs().to_string()),
            Some('a') => out.push_str(weekday),
            Some('b') => out.push_str(month),
            Some('Z') => out.push_str("UTC"),
            Some('c') => {
                let day = day.trim_start_matches('0');
                out.push_str(&format!("{weekday} {month} {day:>2} {} {}", part(11, 19), part(0, 4)));
            }
            Some('%') => out.push('%'),
            Some(other) => out.extend(['%', other]),
            None => out.push('%'),
        }
    }
    out
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// From that of the first of January 1970.
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_those_of_strftime() {
        let time = UNIX_EPOCH + Duration::from_secs(1_795_971_989);
        assert_eq!(format_time("%c ", time), "Sun Nov 29 17:06:29 2026 ");
        assert_eq!(
            format_time("%F %T %s %e %b %a %Z %% %q%", time),
            "2026-11-29 17:06:29 1795971989 29 Nov Sun UTC % %q%"
        );
    }
}
