//! The differences that are excused: each rule names what tshark does, and the fields where that shows.

use netshoot_core::packet::{Limit, Packet, Stop};

use crate::answer::Answer;
use crate::facts::{Field, Item};

/// A difference between tshark and the parser.
pub struct Case<'a> {
    pub field: Field,
    pub packet: &'a Packet<'a>,
    pub answer: &'a Answer,
    pub theirs: &'a [Item],
    pub ours: &'a [Item],
}

impl Case<'_> {
    pub fn stop(&self) -> Option<Stop> {
        self.packet.stopped()
    }

    fn cut_short(&self) -> bool {
        self.stop().is_some_and(|stop| stop.is_truncation() || stop.limit == Limit::Malformed)
    }
}

/// What tshark does differently.
pub struct Rule {
    pub says: &'static str,
    /// The fields it concerns.
    pub fields: &'static [Field],
    pub applies: fn(&Case<'_>) -> bool,
}

/// The first rule that excuses a difference.
pub fn excuse(case: &Case<'_>) -> Option<&'static str> {
    RULES.iter().find(|rule| rule.fields.contains(&case.field) && (rule.applies)(case)).map(|rule| rule.says)
}

const RULES: &[Rule] = &[];
