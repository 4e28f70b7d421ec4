//! `netshoot throughput --server`: each test as it runs, and its report.

use std::collections::{HashMap, VecDeque};

use netshoot_core::namespace::Namespace;
use netshoot_core::throughput::report::Start;
use netshoot_core::throughput::{Event, Report, Server, ServerEvent};
use serde_json::Value;

use super::{Tested, Throughput, json, print, print_json, text};
use crate::output::{Failure, complain};

pub(super) fn run(options: &Throughput, namespace: Namespace) -> Result<(), Failure> {
    let mut server = Server::bind_in(namespace, options.server().map_err(Failure::Usage)?)?;
    server.canceller().cancel_on_signals()?;
    if !options.json {
        print(&format!("listening on port {}\n", server.local_address().port()))?;
    }
    let mut tests: HashMap<u64, Serving> = HashMap::new();
    while let Some(event) = server.next_event()? {
        match event {
            ServerEvent::Test { test, event: Event::Started(start) } => {
                let lead = if options.tests > 1 { format!("test {test}  ") } else { String::new() };
                let serving =
                    Serving { start: *start, json: options.json, lead, header: true, intervals: VecDeque::new() };
                if !options.json {
                    print(&text::serving(test, &serving.start))?;
                }
                tests.insert(test, serving);
            }
            ServerEvent::Test { test, event: Event::Finished(report) } => {
                if let Some(serving) = tests.remove(&test) {
                    serving.end(*report, text::end)?;
                }
            }
            ServerEvent::Test { test, event: Event::Interrupted(report) } => {
                // What programs get is whole tests.
                if let Some(serving) = tests.remove(&test).filter(|serving| !serving.json) {
                    serving.end(*report, text::interrupted)?;
                }
            }
            ServerEvent::Test { test, event } => {
                if let Some(serving) = tests.get_mut(&test) {
                    serving.event(&event)?;
                }
            }
            ServerEvent::Failed { test, error } => {
                tests.remove(&test);
                match test {
                    0 => complain(&error),
                    _ => complain(format_args!("test {test}: {error}")),
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// A test at work.
struct Serving {
    start: Start,
    json: bool,
    /// Before each line, where tests run at once.
    lead: String,
    /// The intervals have no header yet.
    header: bool,
    /// The last of them, for a test may never end.
    intervals: VecDeque<Value>,
}

impl Serving {
    fn event(&mut self, event: &Event) -> Result<(), Failure> {
        let Event::Interval(interval) = event else { return Ok(()) };
        if self.json {
            if self.intervals.len() == MOST_INTERVALS {
                self.intervals.pop_front();
            }
            self.intervals.push_back(json::interval(interval));
            return Ok(());
        }
        let header = std::mem::take(&mut self.header);
        let requests = self.start.parameters.options.exchange.is_some();
        let text = if requests { text::requests(interval) } else { text::interval(interval, header) };
        print(&lines(&self.lead, &text))
    }

    fn end(self, report: Report, text: fn(&Tested) -> String) -> Result<(), Failure> {
        let Self { start, json, lead, intervals, .. } = self;
        let tested = Tested { start, report, latency: None };
        if json { print_json(&json::test(&tested, intervals.into())) } else { print(&lines(&lead, &text(&tested))) }
    }
}

/// The lines of `text` with `lead` before each; empty ones are for one test alone.
fn lines(lead: &str, text: &str) -> String {
    if lead.is_empty() {
        return text.to_owned();
    }
    text.lines().filter(|line| !line.is_empty()).map(|line| format!("{lead}{line}\n")).collect()
}

const MOST_INTERVALS: usize = 10_000;
