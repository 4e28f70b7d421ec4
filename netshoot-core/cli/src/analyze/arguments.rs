//! The arguments of `netshoot analyze`.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use netshoot_core::analysis::{Finding, FindingKind};

use crate::arguments::{Analysis, EXIT_STATUS, When};
use crate::output::Failure;

/// Tell what is wrong in a capture: findings with evidence, top flows, DNS.
///
/// Findings come the worst first, each with the numbers of the frames that prove it and a Wireshark display filter that
/// shows them.
#[derive(Args, Debug)]
#[command(after_help = EXIT_STATUS, override_usage = "netshoot analyze [OPTIONS] <FILE>...")]
pub(crate) struct Analyze {
    /// Pcap or pcapng files, also compressed, FIFOs, or - for standard input; of several the frames are taken in the order of
    /// their times, and numbered as in the capture that `netshoot capture-file merge` writes.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Write everything found as one JSON object.
    #[arg(long, short)]
    pub(crate) json: bool,
    /// Show the names that the capture itself tells of addresses; nobody is asked.
    #[arg(long, short = 'N')]
    pub(crate) names: bool,
    /// How many flows and DNS names are listed at most; all of them are in the JSON.
    #[arg(long, short = 'n', value_name = "N", default_value_t = 10, conflicts_with = "json")]
    pub(crate) top: usize,
    #[command(flatten)]
    pub(crate) analysis: Analysis,
    /// Analyse with so many threads, at most 64, 0 for as many as there are processors; the report is the same, unless more is to
    /// be remembered than there is memory for.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) threads: usize,
    /// Add up traffic, too: by address, by pair of addresses, and by protocols and what they carry; and what clients tried to
    /// connect to in vain.
    #[arg(long, conflicts_with_all = ["flow", "findings"])]
    pub(crate) aggregates: bool,
    /// Tell the story of one flow instead, by its number in the report: what happened on it, with the frames that show it.
    #[arg(long, value_name = "N")]
    pub(crate) flow: Option<u32>,
    /// Write the findings alone; those of these kinds or numbers, if some are named (--findings=tcp-reset,3).
    #[arg(long, value_name = "WHICH", num_args = 0..=1, require_equals = true, value_delimiter = ',', conflicts_with = "flow")]
    pub(crate) findings: Option<Vec<Wanted>>,
    /// Write a capture, too, of the frames that prove the findings, or with --flow of the flow's frames.
    #[arg(long, short, value_name = "CAPTURE")]
    pub(crate) write: Option<PathBuf>,
    /// With --write: all frames of the flows that the findings concern.
    #[arg(long, requires = "write")]
    pub(crate) whole_flows: bool,
    /// Write a page, too, of findings, flows, calls and plots: one file of HTML that needs nothing else.
    #[arg(long, value_name = "PAGE")]
    pub(crate) html: Option<PathBuf>,
    /// When to use colour; auto means on a terminal, unless NO_COLOR is set.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = When::Auto)]
    pub(crate) color: When,
}

/// Which findings are wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wanted {
    Id(u32),
    Kind(FindingKind),
}

impl Wanted {
    pub(crate) fn is(self, finding: &Finding) -> bool {
        match self {
            Self::Id(id) => finding.id == id,
            Self::Kind(kind) => finding.kind == kind,
        }
    }
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let kind = FindingKind::ALL.iter().find(|kind| kind.slug() == text);
        kind.map(|kind| Self::Kind(*kind)).or_else(|| text.parse().ok().map(Self::Id)).ok_or_else(|| {
            let kinds: Vec<_> = FindingKind::ALL.iter().map(|kind| kind.slug()).collect();
            format!("the number of a finding, or one of {}", kinds.join(", "))
        })
    }
}

impl Analyze {
    /// An option for which the capture is read once more, if one is given.
    pub(crate) fn needs_two_passes(&self) -> Option<&'static str> {
        let given = [
            (self.flow.is_some(), "--flow"),
            (self.write.is_some(), "--write"),
            (self.html.is_some(), "--html"),
            (self.aggregates, "--aggregates"),
        ];
        given.into_iter().find(|(is_given, _)| *is_given).map(|(_, option)| option)
    }

    /// Refuses to write what else is asked for to standard output, where the report goes, or over the capture.
    pub(crate) fn check_outputs(&self) -> Result<(), Failure> {
        let is = |path: &Path, file: &PathBuf| file.canonicalize().is_ok_and(|file| path == file);
        let same = |path: &Path| path.canonicalize().is_ok_and(|path| self.files.iter().any(|file| is(&path, file)));
        for path in self.write.iter().chain(&self.html) {
            if path == Path::new("-") {
                return Err(Failure::Usage(
                    "the report goes to standard output; hint: name a file for the rest".to_owned(),
                ));
            }
            if same(path) {
                return Err(Failure::Usage(format!("write {}: it is the capture itself", path.display())));
            }
        }
        Ok(())
    }
}
