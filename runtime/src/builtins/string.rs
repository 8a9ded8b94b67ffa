//! The namespace `str`: functions over strings, as `clojure.string` has them.

use crate::builtin::{Builtin, BuiltinTable, Flow, between, exactly, row};
use crate::builtins::support::{position, take, text};
use crate::collections::seq::gather;
use crate::collections::{vector, walk};
use crate::context::Cx;
use crate::failure::Fault;
use crate::number;
use crate::value::text::Text;
use crate::value::{Value, print};

mod replace;

fn mapped(who: &str, args: &[Value], map: impl FnOnce(&str) -> String) -> Flow {
    Ok(Value::string(map(text(who, &args[0])?)))
}

fn tested(who: &str, args: &[Value], holds: impl FnOnce(&str, &str) -> bool) -> Flow {
    Ok(Value::bool(holds(
        text(who, &args[0])?,
        text(who, &args[1])?,
    )))
}

fn capitalize(_: &mut Cx, args: &mut [Value]) -> Flow {
    mapped("capitalize", args, |text| {
        let mut chars = text.chars();
        match chars.next() {
            Some(first) => first
                .to_uppercase()
                .chain(chars.as_str().to_lowercase().chars())
                .collect(),
            None => String::new(),
        }
    })
}

fn is_blank(_: &mut Cx, args: &mut [Value]) -> Flow {
    if args[0].is_nil() {
        return Ok(Value::TRUE);
    }
    Ok(Value::bool(text("blank?", &args[0])?.trim().is_empty()))
}

fn join(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let items = take(args, args.len() - 1);
    let mut separator = String::new();
    if let [first, _] = args {
        print::write_str(&mut separator, first);
    }
    gather(cx, "join", items, usize::MAX, |cx, items, _| {
        walk::realise_all(cx, items, move |_, items| {
            let mut out = String::new();
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(&separator);
                }
                print::write_str(&mut out, item);
            }
            Ok(Value::string(out))
        })
    })
}

fn strings<'a>(parts: impl Iterator<Item = &'a str>) -> Vec<Value> {
    parts.map(Value::str).collect()
}

/// By a regular expression or a string; without a limit, trailing empty parts are dropped.
fn split(_: &mut Cx, args: &mut [Value]) -> Flow {
    let source = text("split", &args[0])?;
    let limit = match args.get(2) {
        Some(limit) => position("split", limit)?,
        None => 0,
    };
    let most = if limit == 0 { usize::MAX } else { limit };
    let mut parts = if let Some(regex) = args[1].as_regex() {
        split_by_regex(source, regex, most)
    } else {
        match text("split", &args[1])? {
            "" => source
                .char_indices()
                .map(|(at, c)| &source[at..at + c.len_utf8()])
                .collect(),
            separator => source.splitn(most, separator).collect(),
        }
    };
    if limit == 0 {
        while parts.len() > 1 && parts.last().is_some_and(|part| part.is_empty()) {
            parts.pop();
        }
    }
    Ok(vector::from_vec(strings(parts.into_iter())))
}

/// As Java splits: an empty match at the very start gives no empty part before it.
fn split_by_regex<'a>(source: &'a str, regex: &regex::Regex, most: usize) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let mut from = 0;
    for found in regex.find_iter(source) {
        if parts.len() + 1 >= most {
            break;
        }
        let empty_at_edge =
            found.is_empty() && (found.start() == 0 || found.start() == source.len());
        if empty_at_edge || (found.start() == 0 && found.end() == 0) {
            continue;
        }
        parts.push(&source[from..found.start()]);
        from = found.end();
    }
    parts.push(&source[from..]);
    parts
}

fn split_lines(_: &mut Cx, args: &mut [Value]) -> Flow {
    let mut lines: Vec<&str> = text("split-lines", &args[0])?.lines().collect();
    while lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    Ok(vector::from_vec(strings(lines.into_iter())))
}

/// What is looked for: a string or a character.
fn needle(who: &str, value: &Value) -> Result<String, Fault> {
    match value.as_char() {
        Some(c) => Ok(c.to_string()),
        None => Ok(text(who, value)?.to_owned()),
    }
}

fn index_of(_: &mut Cx, args: &mut [Value]) -> Flow {
    text("index-of", &args[0])?;
    let Some(body) = args[0].as_object::<Text>() else {
        return Ok(Value::NIL);
    };
    let wanted = needle("index-of", &args[1])?;
    let from = match args.get(2) {
        Some(from) => body.byte_at(position("index-of", from)?),
        None => 0,
    };
    let found = body.as_str()[from..].find(&wanted);
    Ok(found
        .map(|at| number::from_usize(body.index_at(from + at)))
        .unwrap_or_default())
}

fn last_index_of(_: &mut Cx, args: &mut [Value]) -> Flow {
    text("last-index-of", &args[0])?;
    let Some(body) = args[0].as_object::<Text>() else {
        return Ok(Value::NIL);
    };
    let wanted = needle("last-index-of", &args[1])?;
    let source = body.as_str();
    let end = match args.get(2) {
        // The match may begin there at the latest.
        Some(from) => {
            (body.byte_at(position("last-index-of", from)?) + wanted.len()).min(source.len())
        }
        None => source.len(),
    };
    let end = (end..=source.len())
        .find(|at| source.is_char_boundary(*at))
        .unwrap_or(source.len());
    let found = source[..end].rfind(&wanted);
    Ok(found
        .map(|at| number::from_usize(body.index_at(at)))
        .unwrap_or_default())
}

fn trim_newline(_: &mut Cx, args: &mut [Value]) -> Flow {
    mapped("trim-newline", args, |text| {
        text.trim_end_matches(['\n', '\r']).to_owned()
    })
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "str",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "blank?",
        "[s]",
        exactly(1),
        is_blank,
        "Is it nil, empty, or white space only?",
    ),
    row(
        "capitalize",
        "[s]",
        exactly(1),
        capitalize,
        "The first character in upper case, all others in lower case.",
    ),
    row(
        "ends-with?",
        "[s part]",
        exactly(2),
        |_, a| tested("ends-with?", a, |s, part| s.ends_with(part)),
        "Does the string end with this one?",
    ),
    row(
        "escape",
        "[s map]",
        exactly(2),
        replace::escape,
        "Every character that the map holds, replaced by its text.",
    ),
    row(
        "includes?",
        "[s part]",
        exactly(2),
        |_, a| tested("includes?", a, |s, part| s.contains(part)),
        "Is this string within the other?",
    ),
    row(
        "index-of",
        "[s part] [s part from]",
        between(2, 3),
        index_of,
        "Where a string or character first stands, or nil.",
    ),
    row(
        "join",
        "[coll] [separator coll]",
        between(1, 2),
        join,
        "The texts of the items, the separator between them.",
    ),
    row(
        "last-index-of",
        "[s part] [s part from]",
        between(2, 3),
        last_index_of,
        "Where a string or character last stands, or nil.",
    ),
    row(
        "lower-case",
        "[s]",
        exactly(1),
        |_, a| mapped("lower-case", a, str::to_lowercase),
        "The string in lower case.",
    ),
    row(
        "replace",
        "[s match replacement]",
        exactly(3),
        replace::replace,
        "Every match of a string, character or regular expression replaced. For an expression the replacement may be a function of the match; in a string `$1` is a group.",
    ),
    row(
        "replace-first",
        "[s match replacement]",
        exactly(3),
        replace::replace_first,
        "The first match replaced; see `replace`.",
    ),
    row(
        "reverse",
        "[s]",
        exactly(1),
        |_, a| mapped("reverse", a, |s| s.chars().rev().collect()),
        "The code points backwards.",
    ),
    row(
        "split",
        "[s separator] [s separator limit]",
        between(2, 3),
        split,
        "The parts of a string between matches of a regular expression or a string.",
    ),
    row(
        "split-lines",
        "[s]",
        exactly(1),
        split_lines,
        "The lines of a string.",
    ),
    row(
        "starts-with?",
        "[s part]",
        exactly(2),
        |_, a| tested("starts-with?", a, |s, part| s.starts_with(part)),
        "Does the string start with this one?",
    ),
    row(
        "trim",
        "[s]",
        exactly(1),
        |_, a| mapped("trim", a, |s| s.trim().to_owned()),
        "The string without white space at its ends.",
    ),
    row(
        "trim-newline",
        "[s]",
        exactly(1),
        trim_newline,
        "The string without line breaks at its end.",
    ),
    row(
        "triml",
        "[s]",
        exactly(1),
        |_, a| mapped("triml", a, |s| s.trim_start().to_owned()),
        "The string without white space at its start.",
    ),
    row(
        "trimr",
        "[s]",
        exactly(1),
        |_, a| mapped("trimr", a, |s| s.trim_end().to_owned()),
        "The string without white space at its end.",
    ),
    row(
        "upper-case",
        "[s]",
        exactly(1),
        |_, a| mapped("upper-case", a, str::to_uppercase),
        "The string in upper case.",
    ),
];
