//! Every example of `spec/*.md` and `README.md` gives what it says after `; =>`.
//!
//! A page is entered at the prompt of one process, form by form; a marker printed after each form
//! tells the outputs apart. The value is the last line before the marker.

use std::fs;
use std::path::{Path, PathBuf};

use batuta_lang::reader::{ReadOptions, read_one};
use batuta_lang::source::SourceMap;

use crate::process::{command, feed, root};

/// One form of a page.
struct Example {
    line: usize,
    text: String,
    expected: Option<String>,
}

#[test]
fn every_example_of_the_specification_holds() {
    let mut failures = Vec::new();
    let mut count = 0;
    for page in pages() {
        let examples = examples(&page);
        count += examples
            .iter()
            .filter(|example| example.expected.is_some())
            .count();
        failures.extend(wrong_examples(&page, &examples));
    }
    assert!(count > 200, "only {count} examples were found");
    assert!(
        failures.is_empty(),
        "{} of {count} examples:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = fs::read_dir(root().join("spec"))
        .expect("the folder `spec` is there")
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    pages.push(root().join("README.md"));
    // These pages ask the database.
    let asks = ["README.md", "logs.md", "queries.md"];
    pages.retain(|page| cfg!(feature = "dlog") || !asks.iter().any(|name| page.ends_with(name)));
    pages.sort();
    pages
}

/// The forms in the fences of a page, with what stands after `; =>` behind them.
fn examples(page: &Path) -> Vec<Example> {
    let text = fs::read_to_string(page).expect("the page can be read");
    let mut examples = Vec::new();
    let mut fence: Option<(usize, String)> = None;
    for (at, line) in text.lines().enumerate() {
        match &mut fence {
            None if line == "```clojure" => fence = Some((at + 2, String::new())),
            Some((first, code)) if line == "```" => {
                examples.extend(forms(page, *first, code));
                fence = None;
            }
            Some((_, code)) => *code += &format!("{line}\n"),
            None => {}
        }
    }
    examples
}

fn forms(page: &Path, first_line: usize, code: &str) -> Vec<Example> {
    let sources = SourceMap::new();
    let source = sources.add("page", code);
    let options = ReadOptions::default();
    let mut examples = Vec::new();
    let mut at = 0;
    loop {
        let read = read_one(source, code, at, &options)
            .unwrap_or_else(|error| panic!("{}:{first_line}: {error}", page.display()));
        let Some((form, end)) = read else {
            return examples;
        };
        let start = form.span.start as usize;
        let behind = code[end..].lines().next().unwrap_or("").trim_start();
        examples.push(Example {
            line: first_line + code[..start].matches('\n').count(),
            // From the end of the form before: a reader conditional is more than the form it gives.
            text: without_comments(&code[at..end]),
            expected: behind
                .strip_prefix("; => ")
                .map(|text| text.trim_end().to_owned()),
        });
        at = end;
    }
}

/// A form without the comments before it.
fn without_comments(text: &str) -> String {
    let is_comment = |line: &&str| line.trim().is_empty() || line.trim_start().starts_with(';');
    let lines: Vec<&str> = text.lines().skip_while(is_comment).collect();
    lines.join("\n")
}

fn wrong_examples(page: &Path, examples: &[Example]) -> Vec<String> {
    let mut input = String::new();
    for (at, example) in examples.iter().enumerate() {
        input += &format!("{}\n(println \"{}\")\n", example.text, marker(at));
    }
    let ended = feed(command(&["repl"]), &input);
    let name = page
        .strip_prefix(root())
        .unwrap_or(page)
        .display()
        .to_string();
    let mut wrong = Vec::new();
    let mut rest = ended.stdout.as_str();
    for (at, example) in examples.iter().enumerate() {
        let Some((before, after)) = rest.split_once(&format!("{}\n", marker(at))) else {
            wrong.push(format!(
                "{name}:{}: the prompt ended: {}",
                example.line, example.text
            ));
            break;
        };
        // The marker's own value.
        rest = after.strip_prefix("nil\n").unwrap_or(after);
        let value = before.lines().next_back().unwrap_or("");
        if let Some(expected) = &example.expected
            && value != expected
        {
            let (line, text) = (example.line, &example.text);
            wrong.push(format!(
                "{name}:{line}: {text}\n  expected {expected}\n  got      {value}"
            ));
        }
    }
    if !wrong.is_empty() {
        wrong.push(format!("{name}: standard error:\n{}", ended.stderr));
    }
    wrong
}

fn marker(at: usize) -> String {
    format!("<<example {at}>>")
}
