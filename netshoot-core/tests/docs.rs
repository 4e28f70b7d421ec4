//! The documentation says what the code does: tables, help and the catalogue of findings are compared.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::collections::BTreeSet;
use std::path::PathBuf;

use netshoot_core::analysis::FindingKind;

fn read(path: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_kind_of_finding_is_explained() {
    let page = read("../docs/findings.md");
    let explained: BTreeSet<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let kinds: BTreeSet<&str> = FindingKind::ALL.iter().map(|kind| kind.slug()).collect();
    assert_eq!(explained, kinds);
    for section in page.split("\n## ").skip(1) {
        let (kind, text) = section.split_once('\n').unwrap();
        assert!(text.contains("*Try*") && text.len() > 100, "{kind} is not explained: {text}");
    }
}

#[test]
fn columns_are_those_of_the_frozen_schema() {
    let (page, schema) = (read("../docs/tables.md"), read("tests/table_schema.txt"));
    assert!(page.contains(&format!("```text\n{schema}```")), "docs/tables.md shows other columns");
}

#[test]
fn help_is_the_commands_own() {
    let page = read("../docs/command.md");
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("cli/help");
    let mut pages = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let help = std::fs::read_to_string(&path).unwrap();
        assert!(page.contains(&format!("```text\n{help}```")), "{} is not in docs/command.md", path.display());
        pages += 1;
    }
    assert_eq!(page.matches("```text\n").count(), pages);
}
