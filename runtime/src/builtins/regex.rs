//! Regular expressions in `batuta.core`.

use regex::Captures;

use crate::builtin::{Builtin, BuiltinTable, Flow, exactly, row};
use crate::builtins::support::text;
use crate::collections::{slice, vector};
use crate::context::Cx;
use crate::failure::Fault;
use crate::value::Value;

/// The match: its text, or a vector of it and its groups if there are any.
pub(super) fn groups(captures: &Captures) -> Value {
    if captures.len() == 1 {
        return Value::str(captures.get_match().as_str());
    }
    let group = |group: Option<regex::Match>| group.map(|m| Value::str(m.as_str()));
    vector::from_iter(captures.iter().map(|m| group(m).unwrap_or_default()))
}

fn regex<'a>(who: &str, value: &'a Value) -> Result<&'a regex::Regex, Fault> {
    value
        .as_regex()
        .ok_or_else(|| Fault::wrong_type(who, "a regular expression", value))
}

fn pattern(_: &mut Cx, args: &mut [Value]) -> Flow {
    if args[0].as_regex().is_some() {
        return Ok(args[0].clone());
    }
    Ok(Value::regex(text("re-pattern", &args[0])?)?)
}

fn find(_: &mut Cx, args: &mut [Value]) -> Flow {
    let found = regex("re-find", &args[0])?.captures(text("re-find", &args[1])?);
    Ok(found.map(|captures| groups(&captures)).unwrap_or_default())
}

fn matches(_: &mut Cx, args: &mut [Value]) -> Flow {
    let (regex, text) = (
        regex("re-matches", &args[0])?,
        text("re-matches", &args[1])?,
    );
    // An alternative that matches more may stand behind one that matches less, so the whole text
    // must be asked for, not the first match looked at.
    let whole = Value::regex(&format!(r"\A(?:{})\z", regex.as_str()))?;
    let found = whole.as_regex().and_then(|whole| whole.captures(text));
    Ok(found.map(|captures| groups(&captures)).unwrap_or_default())
}

fn sequence(_: &mut Cx, args: &mut [Value]) -> Flow {
    let (regex, text) = (regex("re-seq", &args[0])?, text("re-seq", &args[1])?);
    let all = regex.captures_iter(text).map(|captures| groups(&captures));
    Ok(slice::of(vector::from_iter(all), 0))
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "re-find",
        "[re s]",
        exactly(2),
        find,
        "The first match, or nil; a vector with its groups if the expression has some.",
    ),
    row(
        "re-matches",
        "[re s]",
        exactly(2),
        matches,
        "The match of the whole text, or nil; see `re-find`.",
    ),
    row(
        "re-pattern",
        "[s]",
        exactly(1),
        pattern,
        "The regular expression of a text.",
    ),
    row(
        "re-seq",
        "[re s]",
        exactly(2),
        sequence,
        "All matches one after the other, or nil; see `re-find`.",
    ),
];
