//! The corpus of Clojure expressions with the values that Clojure gives.
//!
//! Every row passes, or `tests/clojure-corpus/exceptions.tsv` says why not: the row's line number,
//! a kind and a reason, with tabs between. A kind of [`NOT_COUNTED`] says that the row asks for
//! something outside of the language; `difference` is a deliberate difference that
//! `spec/differences.md` tells of, and of those there may be only so many. A row of the list that
//! passes does not belong there.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::thread;

use serde::Deserialize;

use crate::process::{batuta, root};

/// Processes that share the rows.
const PROCESSES: usize = 2;

/// Rows that need objects of the Java machine, the implementation that recorded the corpus, or
/// back-references in regular expressions.
const NOT_COUNTED: [&str; 3] = ["jvm", "recorder", "back-reference"];

/// How many in a hundred rows may differ, by what they need.
const DIFFERENCES_MAX: [(&str, usize); 2] = [("core", 2), ("state-or-types", 10)];

#[derive(Deserialize)]
pub(crate) struct Row {
    suite: String,
    pub(crate) expr: String,
    pub(crate) expected: String,
    needs: String,
}

pub(crate) struct Exception {
    kind: String,
}

#[test]
fn every_row_passes_or_is_excepted() {
    let rows = rows();
    let exceptions = exceptions();
    let results = run(&rows);
    let mut complaints = String::new();
    for (number, row) in &rows {
        let result = results
            .get(number)
            .map_or("its process ended", String::as_str);
        let complaint = match (result, exceptions.contains_key(number)) {
            ("pass", true) => "passes, and is listed as an exception",
            ("pass", false) | (_, true) => continue,
            (_, false) => result,
        };
        let shown = format!("{number} [{} | {}]", row.suite, row.needs);
        writeln!(
            complaints,
            "{shown}\n  {}\n  want {}\n  {complaint}",
            row.expr, row.expected
        )
        .expect("writing to a string does not fail");
    }
    if let Some(path) = std::env::var_os("BATUTA_CORPUS_REPORT") {
        fs::write(path, &complaints).expect("the report's place is writable");
    }
    let count = complaints
        .lines()
        .filter(|line| !line.starts_with(' '))
        .count();
    assert!(count == 0, "{count} rows:\n{complaints}");
    check_limits(&rows, &exceptions);
}

fn check_limits(rows: &BTreeMap<usize, Row>, exceptions: &BTreeMap<usize, Exception>) {
    let counted = |number: &usize| {
        let kind = exceptions.get(number).map(|exception| &*exception.kind);
        !kind.is_some_and(|kind| NOT_COUNTED.contains(&kind))
    };
    for (needs, percent) in DIFFERENCES_MAX {
        let of_kind = rows.iter().filter(|(_, row)| row.needs == needs);
        let numbers: Vec<&usize> = of_kind.map(|(number, _)| number).collect();
        let all = numbers.iter().filter(|number| counted(number)).count();
        let differ = numbers
            .iter()
            .filter(|number| counted(number) && exceptions.contains_key(number));
        let differ = differ.count();
        assert!(
            differ * 100 <= all * percent,
            "{differ} of {all} rows that need {needs} are excepted: more than {percent} %"
        );
    }
}

fn folder() -> std::path::PathBuf {
    root().join("tests/clojure-corpus")
}

/// All rows by their line numbers.
pub(crate) fn rows() -> BTreeMap<usize, Row> {
    let text = fs::read_to_string(folder().join("corpus.jsonl")).expect("the corpus is there");
    let parsed = text.lines().enumerate().map(|(index, line)| {
        let row = serde_json::from_str(line).expect("each line of the corpus is a row");
        (index + 1, row)
    });
    parsed.collect()
}

/// The rows that do not pass, or differ.
pub(crate) fn exceptions() -> BTreeMap<usize, Exception> {
    let text = fs::read_to_string(folder().join("exceptions.tsv")).expect("the list is there");
    let lines = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    let parsed = lines.map(|line| {
        let mut fields = line.splitn(3, '\t');
        let number = fields.next().and_then(|number| number.parse().ok());
        let kind = fields.next().unwrap_or_default().to_owned();
        let reason = fields.next().unwrap_or_default();
        let is_known = kind == "difference" || NOT_COUNTED.contains(&&*kind);
        assert!(is_known && !reason.is_empty(), "no exception: {line}");
        (number.expect("a row's number"), Exception { kind })
    });
    parsed.collect()
}

/// What comes of each row, by its number.
fn run(rows: &BTreeMap<usize, Row>) -> BTreeMap<usize, String> {
    let mut shares = vec![String::new(); PROCESSES];
    for (number, row) in rows {
        let share = &mut shares[number % PROCESSES];
        writeln!(
            share,
            "[{number} {:?} {:?}]",
            Quoted(&row.expr),
            Quoted(&row.expected)
        )
        .expect("writing to a string does not fail");
    }
    let runs = shares
        .into_iter()
        .map(|share| thread::spawn(move || run_share(&share)));
    let runs: Vec<_> = runs.collect();
    let outputs = runs
        .into_iter()
        .map(|run| run.join().expect("a share's thread ends well"));
    outputs.flatten().collect()
}

fn run_share(share: &str) -> Vec<(usize, String)> {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let file = directory.path().join("rows.edn");
    fs::write(&file, share).expect("it is writable");
    let runner = folder().join("runner.bat");
    let ended = batuta(&["run", &runner.to_string_lossy(), &file.to_string_lossy()]);
    let lines = ended.stdout.lines();
    let parsed = lines.filter_map(|line| {
        let (number, result) = line.split_once(' ')?;
        Some((number.parse().ok()?, result.to_owned()))
    });
    parsed.collect()
}

/// A string as Batuta reads it.
struct Quoted<'a>(&'a str);

impl std::fmt::Debug for Quoted<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_char('"')?;
        for character in self.0.chars() {
            match character {
                '"' | '\\' => write!(out, "\\{character}")?,
                '\n' => out.write_str("\\n")?,
                other => out.write_char(other)?,
            }
        }
        out.write_char('"')
    }
}
