//! `netshoot throughput`: rate, latency under load, and what limits them.

mod json;
mod options;
mod server;
mod text;

use std::io::Write;

use netshoot_core::Error;
use netshoot_core::namespace::Namespace;
use netshoot_core::throughput::report::Start;
use netshoot_core::throughput::search::SearchOptions;
use netshoot_core::throughput::{Client, Event, Options, Report, latency::Latency};

use crate::output::{Failure, Status, standard_output};
pub(crate) use options::Throughput;

pub(crate) fn run(options: &Throughput) -> Result<Status, Failure> {
    if let Some(complaint) = options.complaint() {
        return Err(Failure::Usage(complaint));
    }
    let namespace = crate::ip::namespace(&options.endpoint.netns)?;
    match &options.host {
        Some(host) => run_client(options, host, namespace)?,
        None => server::run(options, namespace)?,
    }
    Ok(Status::Complete)
}

/// What a test gave.
struct Tested {
    start: Start,
    report: Report,
    latency: Option<Latency>,
}

fn run_client(options: &Throughput, host: &str, namespace: Namespace) -> Result<(), Failure> {
    let (host, test) = options.client(host).map_err(Failure::Usage)?;
    let port = options.endpoint.port;
    let client = Client::new(&host, port, test.clone())?.in_namespace(namespace);
    client.canceller().cancel_on_signals()?;
    if !options.json {
        print(&text::connecting(&host, port, &test))?;
    }
    if options.search_rate {
        search(options, &client)
    } else if options.sizes.is_some() {
        sweep(options, &client, &test)
    } else {
        single(options, client)
    }
}

fn single(options: &Throughput, client: Client) -> Result<(), Failure> {
    let mut intervals = Vec::new();
    let mut written = Ok(());
    let mut header = true;
    let mut begun = None;
    let mut partial = None;
    let on_event = |event: &Event| {
        match event {
            Event::Started(start) => begun = Some(start.as_ref().clone()),
            Event::Interrupted(report) => partial = begun.take().zip(Some(report.as_ref().clone())),
            _ => {}
        }
        let Event::Interval(interval) = event else { return };
        if options.json {
            intervals.push(json::interval(interval));
        } else if written.is_ok() {
            let requests = options.rr.is_some();
            let header = std::mem::take(&mut header);
            written = print(&if requests { text::requests(interval) } else { text::interval(interval, header) });
        }
    };
    let tested = if options.latency { loaded(client, on_event) } else { plain(client, on_event) };
    written?;
    if let (Err(_), Some((start, report)), false) = (&tested, partial, options.json) {
        print(&text::interrupted(&Tested { start, report, latency: None }))?;
    }
    let tested = tested?;
    if options.json { print_json(&json::test(&tested, intervals)) } else { print(&text::end(&tested)) }
}

fn plain(client: Client, mut on_event: impl FnMut(&Event)) -> Result<Tested, Error> {
    let mut started = None;
    let report = client.run(|event| {
        if let Event::Started(start) = event {
            started = Some(start.as_ref().clone());
        }
        on_event(event);
    })?;
    let start = started.ok_or_else(|| Error::new(netshoot_core::ErrorKind::Cancelled, "run the test"))?;
    Ok(Tested { start, report, latency: None })
}

fn loaded(client: Client, on_event: impl FnMut(&Event)) -> Result<Tested, Error> {
    let (start, report, latency) = client.run_with_latency(IDLE, on_event)?;
    Ok(Tested { start, report, latency: Some(latency) })
}

fn search(options: &Throughput, client: &Client) -> Result<(), Failure> {
    let mut search = SearchOptions::default();
    search.tolerance = options.loss / 100.0;
    search.repeats = options.repeats;
    search.time = options.testing.time.unwrap_or(search.time);
    if let Some((rate, _)) = options.testing.bitrate.filter(|(rate, _)| rate.0 > 0) {
        search.highest = rate;
        search.lowest = search.lowest.min(rate);
    }
    let mut written = Ok(());
    let found = client.search_rate(search, |trial| {
        if !options.json && written.is_ok() {
            written = print(&text::trial(trial));
        }
    })?;
    written?;
    if options.json { print_json(&json::search(&search, &found)) } else { print(&text::search(&search, &found)) }
}

fn sweep(options: &Throughput, client: &Client, test: &Options) -> Result<(), Failure> {
    let sizes = options.sizes(test);
    let mut written = Ok(());
    let mut header = true;
    let results = client.sweep_sizes(&sizes, |size| {
        if !options.json && written.is_ok() {
            written = print(&text::size(size, test.transport, std::mem::take(&mut header)));
        }
    })?;
    written?;
    if options.json { print_json(&json::sizes(&results)) } else { Ok(()) }
}

fn print(text: &str) -> Result<(), Failure> {
    let mut out = standard_output();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

fn print_json(value: &serde_json::Value) -> Result<(), Failure> {
    print(&format!("{value}\n"))
}

/// How long the path is probed before the test.
const IDLE: std::time::Duration = std::time::Duration::from_secs(2);
