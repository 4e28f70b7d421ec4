//! How many values were compared, how many a rule excused, and what is left.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::facts::Field;

#[derive(Default)]
pub struct Tally {
    pub frames: u64,
    /// Captures in a format that the reader refuses.
    pub unread: Vec<String>,
    pub compared: BTreeMap<Field, u64>,
    pub excused: BTreeMap<(&'static str, Field), u64>,
    pub faults: BTreeMap<Field, Vec<String>>,
}

impl Tally {
    pub fn fault(&mut self, field: Field, fault: String) {
        self.faults.entry(field).or_default().push(fault);
    }

    pub fn merge(mut self, other: Self) -> Self {
        self.frames += other.frames;
        self.unread.extend(other.unread);
        other.compared.into_iter().for_each(|(field, count)| *self.compared.entry(field).or_default() += count);
        other.excused.into_iter().for_each(|(key, count)| *self.excused.entry(key).or_default() += count);
        other.faults.into_iter().for_each(|(field, faults)| self.faults.entry(field).or_default().extend(faults));
        self
    }

    pub fn report(&self) -> String {
        let mut text = format!("{} frames; captures not read: {}\n", self.frames, self.unread.len());
        for (field, count) in &self.compared {
            let _ = writeln!(text, "{count:>9} {field}");
        }
        for ((rule, field), count) in &self.excused {
            let _ = writeln!(text, "{count:>9} {field} excused: {rule}");
        }
        let _ = writeln!(text, "{} values, {} excused", self.values(), self.excuses());
        for (field, faults) in &self.faults {
            let _ = writeln!(text, "{:>9} {field} WRONG, such as", faults.len());
            faults.iter().take(30).for_each(|fault| text.push_str(&format!("          {fault}\n")));
        }
        text
    }

    pub fn values(&self) -> u64 {
        self.compared.values().sum()
    }

    pub fn excuses(&self) -> u64 {
        self.excused.values().sum()
    }
}
