//! The namespace `str`: functions over strings, as `clojure.string` has them.

use std::borrow::Cow;

use crate::builtin::{Builtin, BuiltinTable, Flow, between, exactly, row};
use crate::builtins::support::{take, text};
use crate::collections::seq::gather;
use crate::collections::walk;
use crate::context::Cx;
use crate::failure::Fault;
use crate::number;
use crate::value::text::Text;
use crate::value::{Value, print};

mod replace;
mod split;

/// The text of any value but nil: a string's own, else what `str` gives.
fn shown<'a>(who: &str, value: &'a Value) -> Result<Cow<'a, str>, Fault> {
    if let Some(text) = value.as_str() {
        return Ok(Cow::Borrowed(text));
    }
    if value.is_nil() {
        return Err(Fault::wrong_type(who, "a string", value));
    }
    let mut out = String::new();
    print::write_str(&mut out, value);
    Ok(Cow::Owned(out))
}

/// White space as Clojure's functions have it: spaces that forbid a line break are none.
fn is_white(c: char) -> bool {
    match c {
        '\u{1c}'..='\u{1f}' => true,
        '\u{85}' | '\u{a0}' | '\u{2007}' | '\u{202f}' => false,
        c => c.is_whitespace(),
    }
}

fn mapped(who: &str, args: &[Value], map: impl FnOnce(&str) -> String) -> Flow {
    Ok(Value::string(map(&shown(who, &args[0])?)))
}

fn trimmed(who: &str, args: &[Value], trim: impl FnOnce(&str) -> &str) -> Flow {
    Ok(Value::str(trim(text(who, &args[0])?)))
}

fn tested(who: &str, args: &[Value], holds: impl FnOnce(&str, &str) -> bool) -> Flow {
    Ok(Value::bool(holds(
        &shown(who, &args[0])?,
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
    Ok(Value::bool(text("blank?", &args[0])?.chars().all(is_white)))
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

/// What is looked for: a string or a character.
fn needle(who: &str, value: &Value) -> Result<String, Fault> {
    match value.as_char() {
        Some(c) => Ok(c.to_string()),
        None => Ok(text(who, value)?.to_owned()),
    }
}

/// Where a search begins; `None` before the start of the string.
fn from_position(who: &str, value: &Value) -> Result<Option<usize>, Fault> {
    match number::as_i64(value) {
        Some(from) => Ok(usize::try_from(from).ok()),
        None => Err(Fault::wrong_type(who, "an integer index", value)),
    }
}

fn index_of(_: &mut Cx, args: &mut [Value]) -> Flow {
    text("index-of", &args[0])?;
    let Some(body) = args[0].as_object::<Text>() else {
        return Ok(Value::NIL);
    };
    let wanted = needle("index-of", &args[1])?;
    let from = match args.get(2) {
        Some(from) => body.byte_at(from_position("index-of", from)?.unwrap_or(0)),
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
        Some(from) => match from_position("last-index-of", from)? {
            Some(from) => (body.byte_at(from) + wanted.len()).min(source.len()),
            None => return Ok(Value::NIL),
        },
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

fn re_quote_replacement(_: &mut Cx, args: &mut [Value]) -> Flow {
    let source = shown("re-quote-replacement", &args[0])?;
    let mut out = String::with_capacity(source.len());
    for c in source.chars() {
        if matches!(c, '\\' | '$') {
            out.push('\\');
        }
        out.push(c);
    }
    Ok(Value::string(out))
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
        "[s replacements]",
        exactly(2),
        replace::escape,
        "Every character for which the map, or any function, gives something, replaced by its text.",
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
        "re-quote-replacement",
        "[replacement]",
        exactly(1),
        re_quote_replacement,
        "The text as `replace` takes it for itself: `$` and `\\` behind a backslash.",
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
        |_, a| {
            let source = text("reverse", &a[0])?;
            Ok(Value::string(source.chars().rev().collect::<String>()))
        },
        "The code points backwards.",
    ),
    row(
        "split",
        "[s separator] [s separator limit]",
        between(2, 3),
        split::split,
        "The parts of a string between matches of a regular expression or a string, at most limit of them. Empty parts at the end stay only with a limit, such as -1.",
    ),
    row(
        "split-lines",
        "[s]",
        exactly(1),
        split::split_lines,
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
        |_, a| trimmed("trim", a, |s| s.trim_matches(is_white)),
        "The string without white space at both ends.",
    ),
    row(
        "trim-newline",
        "[s]",
        exactly(1),
        |_, a| trimmed("trim-newline", a, |s| s.trim_end_matches(['\n', '\r'])),
        "The string without line breaks at its end.",
    ),
    row(
        "triml",
        "[s]",
        exactly(1),
        |_, a| trimmed("triml", a, |s| s.trim_start_matches(is_white)),
        "The string without white space at its start.",
    ),
    row(
        "trimr",
        "[s]",
        exactly(1),
        |_, a| trimmed("trimr", a, |s| s.trim_end_matches(is_white)),
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
