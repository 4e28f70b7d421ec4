//! The story of a flow, as text and as JSON.

use std::io::Write;

use netshoot_core::analysis::Story;
use serde_json::json;

use super::arguments::Analyze;
use crate::output::{Failure, Out};
use crate::text::{Clean, wrapped};

pub(super) fn write(out: &mut Out, story: &Story, options: &Analyze) -> Result<(), Failure> {
    if options.json {
        return write_json(out, story);
    }
    writeln!(out, "{}", Clean(story.title()))?;
    let width = story.events.iter().map(|event| event.frames().len()).max().unwrap_or(0).max(5);
    writeln!(out, "{:>12}  frame", "seconds")?;
    for event in &story.events {
        let seconds = event.seconds(&story.flow).map_or(String::new(), |seconds| format!("{seconds:.6}"));
        let text = Clean(&event.text).to_string();
        let indent = 12 + 2 + width + 2;
        writeln!(out, "{seconds:>12}  {:<width$}  {}", event.frames(), wrapped(&text, indent, indent))?;
    }
    writeln!(out, "verdict: {}", wrapped(&Clean(&story.summary).to_string(), 9, 9))?;
    Ok(())
}

fn write_json(out: &mut Out, story: &Story) -> Result<(), Failure> {
    let events = story.events.iter().map(|event| {
        json!({
            "ts": event.time.to_string(),
            "end_ts": event.end.to_string(),
            "kind": event.kind.name(),
            "by_client": event.by_client,
            "first_frame": Some(event.first_frame).filter(|frame| *frame > 0),
            "last_frame": Some(event.last_frame).filter(|frame| *frame > 0),
            "times": event.times,
            "text": event.text,
        })
    });
    let story = json!({
        "schema_version": 1,
        "flow_id": story.flow.id,
        "title": story.title(),
        "events": events.collect::<Vec<_>>(),
        "verdict": story.verdict.name(),
        "summary": story.summary,
    });
    writeln!(out, "{story}")?;
    Ok(())
}
