use crate::support::Capture;
use crate::tally::Tally;
pub fn one(_: &Capture, _: &mut Tally) {}
