//! `spec/stdlib.md`: every public name with its argument lists, doc string and one example.
//!
//! The examples are in `stdlib/examples/<namespace>.txt`, a line `name form ; => value` each; the
//! tests of the specification execute them on the page. Run with `BATUTA_WRITE_PAGE=1` to write
//! the page anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use batuta_compiler::library::arglists_text;
use batuta_lang::expand::core_macros::CORE_MACROS;
use batuta_lang::special_forms::SPECIAL_FORMS;
use batuta_runtime::builtin::Builtin;
use batuta_runtime::builtins::TABLES;
use batuta_runtime::collections::map;
use batuta_runtime::function::{CodeSource, FunctionBody, VarBody, var_flags};
use batuta_runtime::namespace::{self, unread};
use batuta_runtime::value::Value;

const OPENING: &str = "\
# The standard library

Every public name with its arguments, what it does and an example. All are there without `require`.
This page is made from the doc strings; do not edit it.
";

/// What the page says of a name.
struct Entry {
    arglists: String,
    doc: String,
}

type Entries = BTreeMap<String, BTreeMap<String, Entry>>;

#[test]
fn the_page_of_the_library_is_complete_and_fresh() {
    super::install();
    let entries = entries();
    let mut missing = Vec::new();
    let page = page(&entries, &mut missing);
    let path = root().join("spec/stdlib.md");
    if std::env::var_os("BATUTA_WRITE_PAGE").is_some() {
        fs::write(&path, &page).expect("the page can be written");
    }
    assert!(
        missing.is_empty(),
        "{} names lack doc string or example:\n{}",
        missing.len(),
        missing.join("\n")
    );
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "spec/stdlib.md is stale: run the tests of batuta-stdlib with BATUTA_WRITE_PAGE=1"
    );
}

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent()
        .expect("it is a member of the workspace")
        .to_owned()
}

fn entries() -> Entries {
    let mut entries = Entries::new();
    let mut add = |space: &str, name: &str, arglists: &str, doc: &str| {
        let names = entries.entry(space.to_owned()).or_default();
        names.entry(name.to_owned()).or_insert_with(|| Entry {
            arglists: arglists.to_owned(),
            doc: doc.to_owned(),
        });
    };
    for table in TABLES {
        for it in table.builtins {
            add(table.namespace, it.name, it.arglists, it.doc);
        }
    }
    for it in CORE_MACROS {
        add(namespace::CORE, it.name, it.arglists, it.doc);
    }
    for it in SPECIAL_FORMS {
        add(namespace::CORE, it.name, it.shape, it.doc);
    }
    for space in namespace::all() {
        for name in namespace::names(&space) {
            if let Some((arglists, doc)) = described(&space, &name) {
                add(&space, &name, &arglists, &doc);
            }
        }
    }
    for names in entries.values_mut() {
        names.retain(|name, entry| !is_internal(name, entry));
    }
    entries.retain(|_, names| !names.is_empty());
    entries
}

/// Argument lists and doc string of a public var of the library.
fn described(space: &str, name: &str) -> Option<(String, String)> {
    let var = namespace::find(space, name)?;
    let body = var.as_object::<VarBody>()?;
    if body.has(var_flags::PRIVATE) {
        return None;
    }
    // What is only read when somebody wants it has its documentation from then on.
    unread::define(&var).unwrap_or_else(|fault| panic!("{space}/{name}: {}", fault.message));
    let meta = body.own_meta();
    let doc = map::get(&meta, &Value::keyword("doc")).and_then(Value::as_str);
    match (doc, native(body)) {
        (None, Some(it)) => Some((it.arglists.to_owned(), it.doc.to_owned())),
        _ => Some((
            arglists_text(&meta).to_string(),
            doc.unwrap_or_default().to_owned(),
        )),
    }
}

/// The declaration of a native function.
fn native(var: &VarBody) -> Option<&'static Builtin> {
    match var.root()?.as_object::<FunctionBody>()?.code.source {
        CodeSource::Native(builtin) => Some(builtin),
        _ => None,
    }
}

/// Names with a star that people write.
const STARRED: [&str; 6] = [
    "list*",
    "bound-fn*",
    "with-bindings*",
    "inst-ms*",
    "for-all*",
    "large-integer*",
];

/// Is the name one that only macros and the library write, not people?
fn is_internal(name: &str, entry: &Entry) -> bool {
    let is_starred = name.ends_with('*') && !name.starts_with('*') && !STARRED.contains(&name);
    is_starred || entry.doc.contains("Written by")
}

fn page(entries: &Entries, missing: &mut Vec<String>) -> String {
    let mut page = OPENING.to_owned();
    for (space, names) in entries {
        let short = space.strip_prefix("batuta.").unwrap_or(space);
        let examples = examples(short);
        write!(page, "\n## {short}\n").expect("a string takes all");
        for (name, entry) in names {
            let example = examples.get(name.as_str());
            if entry.doc.is_empty() {
                missing.push(format!("{space}/{name}: no doc string"));
            }
            if example.is_none() {
                missing.push(format!(
                    "{space}/{name}: no example in examples/{short}.txt"
                ));
            }
            let doc = entry.doc.split_whitespace().collect::<Vec<_>>().join(" ");
            let shape = match entry.arglists.as_str() {
                "" => String::new(),
                arglists => format!(" `{arglists}`"),
            };
            write!(page, "\n**`{name}`**{shape} {doc}\n").expect("a string takes all");
            if let Some(example) = example {
                write!(page, "```clojure\n{example}\n```\n").expect("a string takes all");
            }
        }
        for name in examples.keys().filter(|name| !names.contains_key(*name)) {
            missing.push(format!("{space}/{name}: an example, but no such name"));
        }
    }
    page
}

/// The examples of a namespace by name.
fn examples(space: &str) -> BTreeMap<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("examples/{space}.txt"));
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    lines
        .map(|(name, example)| (name.to_owned(), example.trim_start().to_owned()))
        .collect()
}
