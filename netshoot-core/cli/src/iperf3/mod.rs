//! `netshoot iperf3`: throughput tests, with the options and the output of iperf3.

mod daemon;
mod debug;
pub(crate) mod options;
mod output;

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use netshoot_core::namespace::Namespace;
use netshoot_core::throughput::report::json::{Document, VERSION, system_info};
use netshoot_core::throughput::report::text::Text;
use netshoot_core::throughput::{Client, Event, Options, Server, ServerEvent};
use netshoot_core::{Error, ErrorKind};

use crate::output::{Failure, Status};
use debug::Debug;
pub(crate) use options::Iperf3;
use output::Output;

pub(crate) fn run(options: &Iperf3) -> Result<Status, Failure> {
    if options.version {
        let mut output = Output::new(options)?;
        output.write(concat!("netshoot ", env!("CARGO_PKG_VERSION"), " (speaks iperf3 3.1 to 3.21)\n"))?;
        return Ok(Status::Complete);
    }
    if let Some(complaint) = options.complaint() {
        return Err(Failure::Iperf3(format!("parameter error - {complaint}")));
    }
    if options.serving.in_background {
        daemon::begin()?;
    } else if options.serving.daemon {
        return daemon::start();
    }
    let parameter = |complaint| Failure::Iperf3(format!("parameter error - {complaint}"));
    let namespace = crate::ip::namespace(&options.endpoint.netns)?;
    let mut output = Output::new(options)?;
    if options.verbose && !options.json && !options.json_stream {
        output.write(&format!("{VERSION}\n{}\n", system_info()))?;
    }
    if let Some(path) = &options.pidfile {
        write_pid_file(path)?;
    }
    let done = match &options.client {
        Some(host) => {
            let (host, test) = options.client(host).map_err(parameter)?;
            run_client(options, output, namespace, &host, test)
        }
        None => run_server(options, output, namespace),
    };
    if let Some(path) = &options.pidfile {
        let _ = fs::remove_file(path);
    }
    done.map(|()| Status::Complete)
}

/// Unless the process is there that the file is of.
fn write_pid_file(path: &Path) -> Result<(), Failure> {
    let before = fs::read_to_string(path).unwrap_or_default().trim().parse::<u32>();
    if before.is_ok_and(|before| Path::new("/proc").join(before.to_string()).exists()) {
        return Err(Failure::Iperf3("Another instance of iperf3 appears to be running".to_owned()));
    }
    fs::write(path, format!("{}\n", std::process::id()))
        .map_err(|error| Error::io(format!("write PID file {}", path.display()), error).into())
}

fn run_client(
    options: &Iperf3,
    mut output: Output,
    namespace: Namespace,
    host: &str,
    test: Options,
) -> Result<(), Failure> {
    let mut printer = Printer::new(options);
    let debug = Debug::new(options);
    let outcome = client(host, options.endpoint.port, test, namespace, |event| {
        debug.event(event);
        printer.event(&mut output, event)
    });
    match outcome {
        Ok(()) => printer.end(&mut output, None),
        Err(Failure::Library(error)) => {
            let interrupted = error.kind() == ErrorKind::Cancelled;
            let text = match (interrupted, printer.is_json()) {
                (true, _) => "interrupt - the client has terminated".to_owned(),
                (false, true) => error.to_string(),
                (false, false) => format!("error - {error}"),
            };
            if printer.is_json() {
                printer.end(&mut output, Some(&text))?;
            } else {
                output.complain(&text);
            }
            Err(Failure::Told)
        }
        Err(other) => Err(other),
    }
}

fn client(
    host: &str,
    port: u16,
    test: Options,
    namespace: Namespace,
    mut on_event: impl FnMut(&Event) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let client = Client::new(host, port, test).map_err(|error| match error.kind() {
        ErrorKind::InvalidInput => Failure::Iperf3(format!("parameter error - {error}")),
        _ => Failure::Library(error),
    })?;
    let client = client.in_namespace(namespace);
    client.canceller().cancel_on_signals()?;
    let mut test = client.start()?;
    while let Some(event) = test.next_event()? {
        on_event(&event)?;
    }
    Ok(())
}

fn run_server(options: &Iperf3, mut output: Output, namespace: Namespace) -> Result<(), Failure> {
    let server = options.server().map_err(|complaint| Failure::Iperf3(format!("parameter error - {complaint}")))?;
    let failed = |error: Error| Failure::Iperf3(format!("error - {error}"));
    let mut server = Server::bind_in(namespace, server).map_err(failed)?;
    server.canceller().cancel_on_signals()?;
    let mut printers: HashMap<u64, Printer> = HashMap::new();
    let debug = Debug::new(options);
    let port = server.local_address().port();
    let mut tests = 1;
    if options.serving.in_background {
        daemon::go_on()?;
    }
    listening(options, &mut output, port, tests)?;
    while let Some(event) = server.next_event().map_err(failed)? {
        match event {
            ServerEvent::Accepted { test, .. } => drop(printers.insert(test, Printer::new(options))),
            ServerEvent::Test { test, event } => {
                let Some(printer) = printers.get_mut(&test) else { continue };
                debug.event(&event);
                printer.event(&mut output, &event)?;
                if matches!(event, Event::Finished(_)) {
                    printer.end(&mut output, None)?;
                    printers.remove(&test);
                    tests += 1;
                    if !options.serving.one_off {
                        listening(options, &mut output, port, tests)?;
                    }
                }
            }
            ServerEvent::Failed { test, error } => {
                let mut printer = printers.remove(&test).unwrap_or_else(|| Printer::new(options));
                if printer.is_json() {
                    printer.end(&mut output, Some(&error.to_string()))?;
                } else {
                    output.complain(format_args!("error - {error}"));
                }
                tests += 1;
                if !options.serving.one_off && error.kind() != ErrorKind::Cancelled {
                    listening(options, &mut output, port, tests)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn listening(options: &Iperf3, output: &mut Output, port: u16, test: u64) -> Result<(), Failure> {
    if options.json || options.json_stream {
        return Ok(());
    }
    let line = "-".repeat(59);
    output.write(&format!("{line}\nServer listening on {port} (test #{test})\n{line}\n"))
}

/// The output of one test.
enum Printer {
    Text(Box<Text>),
    Json(Box<Document>),
    /// As they come, and all of it at the end if that is wanted.
    Lines(Box<Document>, bool),
}

impl Printer {
    fn new(options: &Iperf3) -> Self {
        if options.json_stream {
            Self::Lines(Box::default(), options.json_stream_full_output)
        } else if options.json {
            Self::Json(Box::default())
        } else {
            Self::Text(Box::new(Text::new(options.format.unwrap_or_default(), options.verbose)))
        }
    }

    fn is_json(&self) -> bool {
        !matches!(self, Self::Text(_))
    }

    fn event(&mut self, output: &mut Output, event: &Event) -> Result<(), Failure> {
        match self {
            Self::Text(text) => output.write(&text.event(event)),
            Self::Json(document) => {
                document.add(event);
                Ok(())
            }
            Self::Lines(document, whole) => {
                if *whole {
                    document.add(event);
                }
                output.write(&document.stream_line(event))
            }
        }
    }

    fn end(&mut self, output: &mut Output, error: Option<&str>) -> Result<(), Failure> {
        match self {
            Self::Text(_) => Ok(()),
            Self::Json(document) => {
                if let Some(error) = error {
                    document.fail(&error);
                }
                output.write(&document.pretty())
            }
            Self::Lines(document, whole) => {
                if let Some(error) = error {
                    document.fail(&error);
                }
                output.write(&document.stream_end())?;
                if *whole { output.write(&document.pretty()) } else { Ok(()) }
            }
        }
    }
}
