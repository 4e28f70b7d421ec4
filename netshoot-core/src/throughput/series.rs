//! Several tests of one server, one after the other.

use std::time::{Duration, Instant};

use super::report::Start;
use super::{Client, Event, Options, Report};
use crate::error::{Error, ErrorKind, Result};

impl Client {
    /// Runs a test with other options. A server that is still busy with the one before, or listens anew, is asked again.
    pub(super) fn run_next(&self, options: Options) -> Result<(Start, Report)> {
        let until = Instant::now() + AGAIN;
        loop {
            let mut started = None;
            let outcome = self.again(options.clone())?.run(|event| {
                if let Event::Started(start) = event {
                    started = Some(start.as_ref().clone());
                }
            });
            match (outcome, started) {
                (Ok(report), Some(start)) => return Ok((start, report)),
                (Ok(_), None) => return Err(Error::new(ErrorKind::Cancelled, "run a test of a series")),
                (Err(error), None) if is_passing(&error) && Instant::now() < until => self.rest(PAUSE)?,
                (Err(error), _) => return Err(error),
            }
        }
    }
}

fn is_passing(error: &Error) -> bool {
    // A connection that a server's old listener has not taken is reset when it closes.
    let is_between = matches!(error.raw_os_error(), Some(libc::ECONNREFUSED | libc::ECONNRESET));
    error.kind() == ErrorKind::LimitReached || is_between
}

const AGAIN: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(100);
