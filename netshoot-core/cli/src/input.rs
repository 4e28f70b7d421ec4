//! The capture that a command reads.

use std::fs::File;
use std::io::{self, IsTerminal, Stdin};
use std::os::fd::AsFd;
use std::path::Path;

use netshoot_core::capture::Reader;
use netshoot_core::{Error, ErrorKind};

pub(crate) enum Input {
    File(Reader<File>),
    Standard(Reader<Stdin>),
}

/// Opens the capture at `path`, of which `-` is standard input, as a file.
pub(crate) fn open_file(path: &Path) -> Result<Reader<File>, Error> {
    if path != Path::new("-") {
        return Reader::open(path);
    }
    refuse_terminal()?;
    let standard = io::stdin().as_fd().try_clone_to_owned();
    let standard = standard.map_err(|error| Error::io("read capture from standard input", error))?;
    Reader::named(File::from(standard), "standard input")
}

/// Opens the capture at `path`, of which `-` is standard input.
pub(crate) fn open(path: &Path) -> Result<Input, Error> {
    if path != Path::new("-") {
        return Reader::open(path).map(Input::File);
    }
    refuse_terminal()?;
    Reader::named(io::stdin(), "standard input").map(Input::Standard)
}

fn refuse_terminal() -> Result<(), Error> {
    if io::stdin().is_terminal() {
        return Err(Error::new(ErrorKind::InvalidInput, "read capture from standard input")
            .with_detail("it is a terminal")
            .with_hint("pipe a capture into it: tcpdump -w - | netshoot analyze -"));
    }
    Ok(())
}
