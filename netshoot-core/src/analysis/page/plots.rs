//! The plots of a page.

use std::time::Duration;

use super::chart::{Axis, Chart};
use super::html;
use crate::analysis::series::{FlowSeries, IoSeries, RttBin, SequenceBin};
use crate::analysis::words;
use crate::analysis::{Flow, Report};
use crate::capture::Timestamp;

/// The prefix with which octets of this size are read best.
struct Scale {
    factor: f64,
    unit: &'static str,
}

impl Scale {
    fn of(most: f64) -> Self {
        let all = [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
        let found = all.into_iter().find(|(factor, _)| most >= *factor);
        let (factor, unit) = found.unwrap_or((1.0, "B"));
        Self { factor, unit }
    }
}

/// Traffic and retransmissions over time.
pub(super) fn io(out: &mut String, report: &Report, series: &IoSeries) {
    let bins = series.bins();
    let (Some(first), Some(last)) = (bins.first(), bins.last()) else { return };
    html::heading(out, "Traffic over time");
    let origin = report.capture.first.unwrap_or(first.start);
    let width = series.width().as_secs_f64();
    let x = Axis::new(seconds(first.start, origin), seconds(last.start, origin) + width);
    let rate = |bytes: u64| bytes as f64 * 8.0 / width;
    let most = bins.iter().map(|bin| rate(bin.bytes)).fold(0.0, f64::max);
    let (factor, unit) = [(1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s")]
        .into_iter()
        .find(|(factor, _)| most >= *factor)
        .unwrap_or((1.0, "bit/s"));
    let title = format!("Traffic over time, bins of {}", words::short(series.width()));
    let mut chart = Chart::new(&title, x, Axis::new(0.0, most / factor * 1.05), 180.0, unit);
    chart.bars("area", width, bins.iter().map(|bin| (seconds(bin.start, origin), rate(bin.bytes) / factor)));
    let ends = bins.iter().chain([last]).enumerate();
    let points = ends.map(|(n, bin)| {
        let end = if n == bins.len() { width } else { 0.0 };
        (seconds(bin.start, origin) + end, rate(bin.bytes) / factor)
    });
    chart.steps("one", points.collect::<Vec<_>>().into_iter());
    chart.finish(out, &[("one", &format!("rate on the wire, bins of {}", words::short(series.width())))]);
    let again = bins.iter().map(|bin| bin.retransmissions).max().unwrap_or(0);
    let resets = bins.iter().map(|bin| bin.resets.max(bin.zero_windows)).max().unwrap_or(0);
    if again.max(resets) == 0 {
        return;
    }
    let y = Axis::of_numbers(again.max(resets));
    let mut chart = Chart::new("Trouble over time", x, y, 70.0, "segments a bin");
    chart.bars("fill-bad", width, bins.iter().map(|bin| (seconds(bin.start, origin), bin.retransmissions as f64)));
    let dots = |of: fn(u64, u64) -> u64| {
        let all =
            bins.iter().map(move |bin| (seconds(bin.start, origin) + width / 2.0, of(bin.zero_windows, bin.resets)));
        all.filter(|(_, count)| *count > 0).map(|(x, count)| (x, count as f64)).collect::<Vec<_>>()
    };
    chart.dots("dot-two", dots(|zero_windows, _| zero_windows).into_iter());
    chart.dots("dot-one", dots(|_, resets| resets).into_iter());
    chart.finish(out, &[("bad", "sent again"), ("two", "closed windows"), ("one", "resets")]);
}

/// What each end sent, and what of it was acknowledged; of ends that sent anything to speak of.
pub(super) fn sequence(out: &mut String, flow: &Flow, series: &FlowSeries) {
    let bins = series.sequence();
    for (from_client, name) in [(true, "client to server"), (false, "server to client")] {
        let bins: Vec<_> = bins.iter().filter(|bin| bin.from_client == from_client).collect();
        let most = bins.iter().filter_map(|bin| Some(bin.sent?.1)).max().unwrap_or(0);
        if most < LITTLE {
            continue;
        }
        direction(out, flow, &bins, name, most as f64);
    }
}

fn direction(out: &mut String, flow: &Flow, bins: &[&SequenceBin], name: &str, most: f64) {
    let Scale { factor, unit } = Scale::of(most);
    let x = Axis::new(0.0, flow.duration().as_secs_f64() * 1.01);
    let title = format!("Sequence numbers, {name}");
    let mut chart = Chart::new(&title, x, Axis::new(0.0, most / factor * 1.08), 240.0, unit);
    let at = |bin: &SequenceBin| seconds(bin.start, flow.first);
    let scaled = |value: u64| value as f64 / factor;
    let window = bins.iter().filter_map(|bin| Some((at(bin), scaled(bin.window?.1))));
    chart.steps("faint", window.collect::<Vec<_>>().into_iter());
    let acknowledged = bins.iter().filter_map(|bin| Some((at(bin), scaled(bin.acknowledged?.1))));
    chart.steps("good", acknowledged.collect::<Vec<_>>().into_iter());
    let spans = |of: fn(&SequenceBin) -> Option<(u64, u64)>| {
        let all = bins.iter().filter_map(|bin| of(bin).map(|(low, high)| (at(bin), scaled(low), scaled(high))));
        all.collect::<Vec<_>>().into_iter()
    };
    chart.spans("two", spans(|bin| bin.sacked));
    chart.spans("one", spans(|bin| bin.sent));
    chart.spans("bad", spans(|bin| bin.resent));
    let mut keys = vec![("one", "sent"), ("good", "acknowledged"), ("faint", "end of the window")];
    if bins.iter().any(|bin| bin.sacked.is_some()) {
        keys.push(("two", "selectively acknowledged"));
    }
    if bins.iter().any(|bin| bin.resent.is_some()) {
        keys.push(("bad", "sent again"));
    }
    heading(out, &title);
    chart.finish(out, &keys);
}

/// From data to its acknowledgment.
pub(super) fn round_trips(out: &mut String, flow: &Flow, series: &FlowSeries) {
    let bins = series.round_trips();
    let most = bins.iter().map(|bin| bin.max).max().unwrap_or_default();
    if bins.len() < 3 {
        return;
    }
    let (factor, unit) = if most > Duration::from_secs(1) { (1.0, "s") } else { (1e3, "ms") };
    let x = Axis::new(0.0, flow.duration().as_secs_f64() * 1.01);
    let y = Axis::new(0.0, most.as_secs_f64() * factor * 1.08);
    let mut chart = Chart::new("Round trips", x, y, 140.0, unit);
    let value = |time: Duration| time.as_secs_f64() * factor;
    for (from_client, class, dots) in [(true, "one", "dot-one"), (false, "two", "dot-two")] {
        let bins: Vec<&RttBin> = bins.iter().filter(|bin| bin.from_client == from_client).collect();
        let at = |bin: &RttBin| seconds(bin.start, flow.first);
        let spread = bins.iter().filter(|bin| bin.count > 1).map(|bin| (at(bin), value(bin.min), value(bin.max)));
        chart.spans(class, spread.collect::<Vec<_>>().into_iter());
        chart.dots(dots, bins.iter().map(|bin| (at(bin), value(bin.mean))).collect::<Vec<_>>().into_iter());
    }
    heading(out, "Round trips from the capture point");
    chart.finish(out, &[("one", "to the server and back"), ("two", "to the client and back")]);
}

fn heading(out: &mut String, title: &str) {
    out.push_str("<h3>");
    out.push_str(&html::text(title));
    out.push_str("</h3>\n");
}

fn seconds(time: Timestamp, since: Timestamp) -> f64 {
    time.nanos_since(since) as f64 / 1e9
}

/// Octets of which no plot is worth it.
const LITTLE: u64 = 2_000;
