//! Regular expressions in `batuta.core`, and the rows of `re` that need Rust.

use parking_lot::Mutex;
use regex::Captures;

use crate::builtin::{Builtin, BuiltinTable, Flow, between, exactly, row};
use crate::builtins::support::text;
use crate::collections::{map, vector};
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::number;
use crate::value::Value;
use crate::value::object::{Native, make_native};
use crate::value::regex::{RegexBody, behind};
use crate::value::text::Text;

/// The match: its text, or a vector of it and its groups if there are any.
pub(super) fn groups(captures: &Captures) -> Value {
    if captures.len() == 1 {
        return Value::str(captures.get_match().as_str());
    }
    vector::from_iter(captures.iter().map(group))
}

fn group(group: Option<regex::Match>) -> Value {
    group.map(|m| Value::str(m.as_str())).unwrap_or_default()
}

fn regex<'a>(who: &str, value: &'a Value) -> Result<&'a RegexBody, Fault> {
    value
        .as_regex()
        .ok_or_else(|| Fault::wrong_type(who, "a regular expression", value))
}

/// A search through one text that is gone on with step by step.
struct Matcher {
    regex: Value,
    text: Value,
    state: Mutex<Progress>,
}

#[derive(Default)]
struct Progress {
    from: usize,
    last: Option<Value>,
}

impl Native for Matcher {
    fn class(&self) -> &'static str {
        "matcher"
    }

    fn print(&self) -> String {
        "#matcher".to_owned()
    }

    fn visit(&mut self, visitor: &mut dyn FnMut(&mut Value)) {
        visitor(&mut self.regex);
        visitor(&mut self.text);
        if let Some(last) = &mut self.state.get_mut().last {
            visitor(last);
        }
    }
}

impl Matcher {
    fn find(&self) -> Option<Value> {
        let (regex, text) = (self.regex.as_regex()?, self.text.as_str()?);
        let mut state = self.state.lock();
        let found = regex.match_from(text, state.from);
        state.last = found.map(|captures| {
            state.from = behind(text, &captures.get_match());
            let groups = groups(&captures);
            // The matcher may be seen by other actors already.
            groups.publish();
            groups
        });
        if state.last.is_none() {
            state.from = text.len() + 1;
        }
        state.last.clone()
    }
}

fn pattern(_: &mut Cx, args: &mut [Value]) -> Flow {
    if args[0].as_regex().is_some() {
        return Ok(args[0].clone());
    }
    Ok(Value::regex(text("re-pattern", &args[0])?)?)
}

fn matcher(_: &mut Cx, args: &mut [Value]) -> Flow {
    regex("re-matcher", &args[0])?;
    text("re-matcher", &args[1])?;
    Ok(make_native(Matcher {
        regex: args[0].clone(),
        text: args[1].clone(),
        state: Mutex::default(),
    }))
}

fn as_matcher<'a>(who: &str, value: &'a Value) -> Result<&'a Matcher, Fault> {
    value
        .as_native::<Matcher>()
        .ok_or_else(|| Fault::wrong_type(who, "a matcher", value))
}

fn find(_: &mut Cx, args: &mut [Value]) -> Flow {
    let [regex_value, text_value] = args else {
        return Ok(as_matcher("re-find", &args[0])?.find().unwrap_or_default());
    };
    let found = regex("re-find", regex_value)?.match_from(text("re-find", text_value)?, 0);
    Ok(found.map(|captures| groups(&captures)).unwrap_or_default())
}

fn last_groups(_: &mut Cx, args: &mut [Value]) -> Flow {
    let last = as_matcher("re-groups", &args[0])?.state.lock().last.clone();
    last.ok_or_else(|| {
        Fault::new(FaultKind::Match, "`re-groups`: no match was found")
            .hint("call `re-find` on the matcher first")
            .into()
    })
}

fn matches(_: &mut Cx, args: &mut [Value]) -> Flow {
    let (regex, text) = (
        regex("re-matches", &args[0])?,
        text("re-matches", &args[1])?,
    );
    let found = regex.match_whole(text);
    Ok(found.map(|captures| groups(&captures)).unwrap_or_default())
}

fn quote(_: &mut Cx, args: &mut [Value]) -> Flow {
    let text = text("re/quote", &args[0])?;
    let mut quoted = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_punctuation() && c != '_' {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    Ok(Value::string(quoted))
}

fn source(_: &mut Cx, args: &mut [Value]) -> Flow {
    Ok(Value::str(regex("re/source", &args[0])?.source()))
}

fn named(_: &mut Cx, args: &mut [Value]) -> Flow {
    let (body, text) = (regex("re/named", &args[0])?, text("re/named", &args[1])?);
    let Some(captures) = body.match_from(text, 0) else {
        return Ok(Value::NIL);
    };
    let names = body.regex().capture_names().flatten();
    Ok(map::from_pairs(names.map(|name| {
        (Value::keyword(name), group(captures.name(name)))
    })))
}

fn positions(_: &mut Cx, args: &mut [Value]) -> Flow {
    let body = regex("re/positions", &args[0])?;
    let source = text("re/positions", &args[1])?;
    let Some(points) = args[1].as_object::<Text>() else {
        return Ok(Value::NIL);
    };
    let index = |byte| number::from_usize(points.index_at(byte));
    Ok(vector::from_iter(body.matches(source).map(|found| {
        let found = found.get_match();
        vector::from_vec(vec![index(found.start()), index(found.end())])
    })))
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "re-find",
        "[m] [re s]",
        between(1, 2),
        find,
        "The first match, or the next one of a matcher, or nil; a vector with its groups if the \
         expression has some.",
    ),
    row(
        "re-groups",
        "[m]",
        exactly(1),
        last_groups,
        "The match that a matcher found last; see `re-find`. A fault if there is none.",
    ),
    row(
        "re-matcher",
        "[re s]",
        exactly(2),
        matcher,
        "A search for one match after the other, by `re-find`.",
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
];

/// `re/…`
pub static RE_TABLE: BuiltinTable = BuiltinTable {
    namespace: "re",
    builtins: &[
        row(
            "named",
            "[re s]",
            exactly(2),
            named,
            "A map from the names of the groups to what they matched first, or nil without a match.",
        ),
        row(
            "positions",
            "[re s]",
            exactly(2),
            positions,
            "A vector of start and end of each match.",
        ),
        row(
            "quote",
            "[s]",
            exactly(1),
            quote,
            "The text of an expression that matches just s.",
        ),
        row(
            "source",
            "[re]",
            exactly(1),
            source,
            "The text of an expression.",
        ),
    ],
};
