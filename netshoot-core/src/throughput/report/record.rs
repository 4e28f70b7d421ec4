//! All that a test told, kept for those who ask later.

use std::collections::VecDeque;

use super::json::Document;
use super::text::Text;
use super::{Event, Interval, Report, Start};
use crate::error::Error;

/// The events of a test, and why it failed if it did.
#[derive(Debug, Default)]
pub struct Record {
    start: Option<Event>,
    intervals: VecDeque<Event>,
    end: Option<Event>,
    error: Option<Error>,
    room: Option<usize>,
    rows: usize,
    forgotten: u64,
}

impl Record {
    /// A record that forgets the oldest intervals when those that it has tell of more than `rows` streams, each counted
    /// once an interval.
    #[must_use]
    pub fn bounded(rows: usize) -> Self {
        Self { room: Some(rows), ..Self::default() }
    }

    /// Adds an event.
    pub fn add(&mut self, event: Event) {
        match event {
            Event::State { .. } => {}
            Event::Started(_) => self.start = Some(event),
            Event::Finished(_) | Event::Interrupted(_) => self.end = Some(event),
            Event::Interval(interval) => {
                self.rows += interval.streams.len();
                self.intervals.push_back(Event::Interval(interval));
                while self.room.is_some_and(|room| self.rows > room) && self.forget() {}
            }
        }
    }

    /// Adds why the test failed.
    pub fn fail(&mut self, error: Error) {
        self.error = Some(error);
    }

    /// What the test started with; `None` when it failed before data flowed.
    #[must_use]
    pub fn start(&self) -> Option<&Start> {
        match &self.start {
            Some(Event::Started(start)) => Some(start),
            _ => None,
        }
    }

    /// The intervals in their order, as far as they are kept.
    pub fn intervals(&self) -> impl DoubleEndedIterator<Item = &Interval> {
        self.intervals.iter().filter_map(|event| match event {
            Event::Interval(interval) => Some(interval),
            _ => None,
        })
    }

    /// How many intervals were forgotten.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// The end of the test; `None` when it failed or runs.
    #[must_use]
    pub fn report(&self) -> Option<&Report> {
        match &self.end {
            Some(Event::Finished(report)) => Some(report),
            _ => None,
        }
    }

    /// Why the test failed.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// The document that `iperf3 -J` prints.
    #[must_use]
    pub fn document(&self) -> Document {
        let mut document = Document::default();
        self.events().for_each(|event| document.add(event));
        if let Some(error) = &self.error {
            document.fail(error);
        }
        document
    }

    /// The lines that iperf3 prints, as `text` writes them.
    #[must_use]
    pub fn lines(&self, mut text: Text) -> String {
        self.events().map(|event| text.event(event)).collect()
    }

    fn events(&self) -> impl Iterator<Item = &Event> {
        self.start.iter().chain(&self.intervals).chain(&self.end)
    }

    /// False when there is nothing but the last.
    fn forget(&mut self) -> bool {
        if self.intervals.len() < 2 {
            return false;
        }
        if let Some(Event::Interval(interval)) = self.intervals.pop_front() {
            self.rows -= interval.streams.len();
            self.forgotten += 1;
        }
        true
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Record {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;

        let mut record = serializer.serialize_struct("Record", 5)?;
        record.serialize_field("start", &self.start())?;
        record.serialize_field("intervals", &self.intervals().collect::<Vec<_>>())?;
        record.serialize_field("forgotten", &self.forgotten)?;
        record.serialize_field("report", &self.report())?;
        record.serialize_field("error", &self.error.as_ref().map(ToString::to_string))?;
        record.end()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn interval(second: u64) -> Event {
        let (start, end) = (Duration::from_secs(second), Duration::from_secs(second + 1));
        let info = super::super::StreamInfo {
            id: 1,
            socket: 5,
            local: ([127, 0, 0, 1], 1).into(),
            remote: ([127, 0, 0, 1], 2).into(),
            sender: true,
        };
        let stream =
            super::super::StreamInterval { stream: info, moved: Default::default(), tcp: None, tcp_info: None };
        Event::Interval(Interval { start, end, omitted: false, streams: vec![stream; 3] })
    }

    #[test]
    fn a_bounded_record_keeps_the_newest() {
        let mut record = Record::bounded(8);
        (0..5).for_each(|second| record.add(interval(second)));
        let kept: Vec<_> = record.intervals().map(|interval| interval.start.as_secs()).collect();
        assert_eq!((kept, record.forgotten()), (vec![3, 4], 3));
        let mut tiny = Record::bounded(0);
        (0..5).for_each(|second| tiny.add(interval(second)));
        assert_eq!(tiny.intervals().count(), 1, "what is told last stays");
    }
}
