//! The capture that a command reads.

use std::fs::File;
use std::io::{self, IsTerminal, Stdin};
use std::path::Path;

use netshoot_core::capture::Reader;
use netshoot_core::{Error, ErrorKind};

pub(crate) enum Input {
    File(Reader<File>),
    Standard(Reader<Stdin>),
}

/// Opens the capture at `path`, of which `-` is standard input.
pub(crate) fn open(path: &Path) -> Result<Input, Error> {
    if path != Path::new("-") {
        return Reader::open(path).map(Input::File);
    }
    if io::stdin().is_terminal() {
        return Err(Error::new(ErrorKind::InvalidInput, "read capture from standard input")
            .with_detail("it is a terminal")
            .with_hint("pipe a capture into it: tcpdump -w - | netshoot analyze -"));
    }
    Reader::named(io::stdin(), "standard input").map(Input::Standard)
}
