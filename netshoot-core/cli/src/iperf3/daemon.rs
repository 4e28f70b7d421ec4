//! `--daemon`: a server that goes on in the background.
//!
//! The command starts itself anew, so that nothing is carried over a fork, and waits until that process listens: what keeps
//! it from doing so is told, and is the exit status.

use std::env;
use std::io::{self, BufReader, Read, Write};
use std::process::{Command, Stdio};

use netshoot_core::Error;

use crate::output::{Failure, Status};
use crate::sys;

/// Starts the process in the background, and returns when it listens.
pub(super) fn start() -> Result<Status, Failure> {
    let failed = |error| Failure::from(Error::io("start a server in the background", error));
    let mut child = Command::new(env::current_exe().map_err(failed)?)
        .args(env::args_os().skip(1))
        .arg("--started-by-daemon")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let mut told = Vec::new();
    if let Some(out) = child.stdout.take() {
        for octet in BufReader::new(out).bytes().map_while(Result::ok) {
            if octet == LISTENING {
                return Ok(Status::Complete);
            }
            told.push(octet);
        }
    }
    child.wait().map_err(failed)?;
    // Why, it has said itself.
    io::stdout().write_all(&told)?;
    Err(Failure::Told)
}

/// Leaves the terminal, its signals and its session; called in the background before anything else.
pub(super) fn begin() -> Result<(), Failure> {
    sys::begin_session().map_err(|error| Failure::from(Error::io("begin a session of its own", error)))
}

/// Lets whoever started it go on, and says nothing more from now on but to the log file.
pub(super) fn go_on() -> Result<(), Failure> {
    let _ = io::stdout().write_all(&[LISTENING]).and_then(|()| io::stdout().flush());
    sys::leave_standard_streams().map_err(|error| Failure::from(Error::io("leave the standard output", error)))
}

/// No text has it.
const LISTENING: u8 = 0;
