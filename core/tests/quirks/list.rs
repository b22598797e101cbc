//! The list of quirks is complete, its tests exist, and the page made from it is fresh.

use crate::rows::{Row, Shown, TABLES, Table};
use sanwang::settings::AccountSettings;
use sanwang::wire::{Note, Protocol};
use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::Path;

fn rows() -> impl Iterator<Item = (&'static Table, &'static Row)> {
    TABLES.iter().flat_map(|table| table.rows.iter().map(move |row| (table, row)))
}

/// Whether a test of this name stands in this file.
fn exists(test: &str) -> bool {
    let (file, name) = test.rsplit_once("::").unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = match file.strip_prefix("src/") {
        Some(inside) => root.join("src").join(format!("{inside}.rs")),
        None => root.join("tests").join(format!("{file}.rs")),
    };
    let Ok(text) = std::fs::read_to_string(&path) else { return false };
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let function = format!("fn {name}() {{");
    lines.iter().position(|line| *line == function).is_some_and(|at| {
        let attributes = lines[..at].iter().rev().take_while(|line| line.starts_with("#["));
        attributes.into_iter().any(|line| *line == "#[test]")
    })
}

#[test]
fn every_row_has_a_test_that_exists_or_says_why_not() {
    for (table, row) in rows() {
        match row.shown {
            Shown::By(tests) => {
                assert!(!tests.is_empty(), "{} {} has no test", table.source, row.id);
                for test in tests {
                    assert!(exists(test), "{} {}: there is no test {test}", table.source, row.id);
                }
            }
            Shown::NotOurs(why) => assert!(why.len() > 20, "{} {}", table.source, row.id),
        }
    }
    assert!(!exists("quirks/cmpp::no_such_test") && !exists("nowhere::at_all"));
}

#[test]
fn every_row_of_the_documents_is_listed() {
    let numbers = |rows: &[Row]| rows.iter().map(|row| row.id.to_owned()).collect::<Vec<_>>();
    for (at, last) in [(0, 36), (1, 12), (2, 13), (3, 11), (4, 33)] {
        let expected: Vec<String> = (1..=last).map(|n: u32| n.to_string()).collect();
        assert_eq!(numbers(TABLES[at].rows), expected, "{}", TABLES[at].source);
    }
    for (table, row) in rows() {
        for text in [row.peers, row.here] {
            assert!(
                text.ends_with('.') && !text.contains(['|', '\n']),
                "{} {}: {text}",
                table.source,
                row.id
            );
        }
        for key in row.settings {
            assert!(AccountSettings::row(key).is_some(), "{} {}: no setting {key}", table.source, row.id);
        }
    }
}

#[test]
fn every_tolerance_belongs_to_a_row() {
    let listed: HashSet<Note> = rows().flat_map(|(_, row)| row.notes.iter().copied()).collect();
    let missing: Vec<&str> =
        Note::ALL.iter().filter(|note| !listed.contains(note)).map(|n| n.name()).collect();
    assert!(missing.is_empty(), "in no row: {missing:?}");
    let settings = AccountSettings::for_protocol(Protocol::Cmpp);
    assert!(settings.strict.0.is_empty(), "nothing is refused by default");
}

const INTRODUCTION: &str = "# Quirks

This page is made from the list in `core/tests/quirks/rows.rs`; a test keeps it fresh, and every row has tests that show
what it says.

Live gateways and clients do many things otherwise than the protocol documents say. sanwang writes what the documents
say, reads what live peers are known to write, and counts how often it had to: the metric `sanwang_tolerances_total` has
the name of each tolerance in the label `tolerance` ([metrics](metrics.md)).

Each tolerance can be refused by its name with the setting `strict`, for instance `strict=udhi_bit,zero_id`, or
`strict=all` for a test bench ([settings](settings.md)). A delivery, report or submit that needs it is then answered as
malformed (CMPP 1, SGIP 5, SMGP 10) and handed to nobody; a login is refused with the status of its kind; everything else
ends the connection. A Trouble event names the tolerance and holds the octets; at a listener the line of the log names
it.

What a gateway wants to have sent differently is a setting of the account, in the last column.
";

fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    for table in &TABLES {
        let _ = write!(page, "\n## {}\n\n", table.title);
        page.push_str(
            "| # | What peers do | What sanwang does | Tolerance | Setting |\n|---|---|---|---|---|\n",
        );
        for row in table.rows {
            let list =
                |words: Vec<&str>| words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ");
            let notes = list(row.notes.iter().map(|note| note.name()).collect());
            let settings = list(row.settings.to_vec());
            let _ = writeln!(page, "| {} | {} | {} | {notes} | {settings} |", row.id, row.peers, row.here);
        }
    }
    page.push_str("\n## Tolerances\n\n| Name | What differed |\n|---|---|\n");
    for note in Note::ALL {
        let _ = writeln!(page, "| `{}` | {} |", note.name(), note.text());
    }
    page
}

#[test]
fn the_page_of_quirks_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/quirks.md");
    let page = page();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(there == page, "docs/quirks.md is stale: UPDATE=1 cargo test -p sanwang --test quirks list");
}
