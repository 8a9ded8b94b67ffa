//! `replace`, `replace-first` and `escape`.

use regex::Captures;

use super::{needle, shown};
use crate::builtin::{Flow, call_then};
use crate::builtins::regex::groups;
use crate::builtins::support::text;
use crate::collections::map;
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::value::regex::RegexBody;
use crate::value::{Value, print};

pub(super) fn replace(cx: &mut Cx, args: &mut [Value]) -> Flow {
    run(cx, args, "replace", usize::MAX)
}

pub(super) fn replace_first(cx: &mut Cx, args: &mut [Value]) -> Flow {
    run(cx, args, "replace-first", 1)
}

fn run(cx: &mut Cx, args: &mut [Value], who: &str, most: usize) -> Flow {
    let source = &*shown(who, &args[0])?;
    if let Some(regex) = args[1].as_regex() {
        if let Some(template) = args[2].as_str() {
            return Ok(Value::string(by_template(source, regex, template, most)?));
        }
        if args[2].is_nil() {
            return Err(Fault::wrong_type(who, "a string or a function", &args[2]).into());
        }
        let function = args[2].clone();
        let rest = Replacing {
            source: Value::str(source),
            function,
            matches: regex
                .matches(source)
                .take(most)
                .map(|c| found(&c))
                .collect(),
            done: String::new(),
            from: 0,
        };
        return rest.go_on(cx);
    }
    let (from, to) = (needle(who, &args[1])?, needle(who, &args[2])?);
    Ok(Value::string(source.replacen(&from, &to, most)))
}

/// `$1` is a group, a backslash takes what follows as it is, as in Java.
fn by_template(
    source: &str,
    regex: &RegexBody,
    template: &str,
    most: usize,
) -> Result<String, Fault> {
    let mut out = String::new();
    let mut from = 0;
    for captures in regex.matches(source).take(most) {
        let whole = captures.get_match();
        out.push_str(&source[from..whole.start()]);
        expand(&mut out, &captures, template)?;
        from = whole.end();
    }
    out.push_str(&source[from..]);
    Ok(out)
}

fn expand(out: &mut String, captures: &Captures, template: &str) -> Result<(), Fault> {
    let mut chars = template.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            '$' if chars.peek() == Some(&'{') => {
                let name: String = chars.by_ref().skip(1).take_while(|c| *c != '}').collect();
                let group = captures.name(&name);
                out.push_str(group.map_or("", |m| m.as_str()));
            }
            '$' => numbered(out, captures, &mut chars)?,
            c => out.push(c),
        }
    }
    Ok(())
}

/// What stands behind a `$`: the number of a group.
fn numbered(
    out: &mut String,
    captures: &Captures,
    chars: &mut std::iter::Peekable<std::str::Chars>,
) -> Result<(), Fault> {
    let Some(digit) = chars.next().and_then(|c| c.to_digit(10)) else {
        let message = "`$` in a replacement stands before a group's number or `{name}`";
        return Err(
            Fault::new(FaultKind::Number, message).hint("write \\\\$ for the character itself")
        );
    };
    let mut group = digit as usize;
    // A further digit counts while there is such a group.
    while let Some(next) = chars.peek().and_then(|c| c.to_digit(10))
        && group * 10 + (next as usize) < captures.len()
    {
        group = group * 10 + next as usize;
        chars.next();
    }
    if group >= captures.len() {
        let message = format!("the regular expression has no group {group}");
        return Err(Fault::new(FaultKind::Index, message));
    }
    out.push_str(captures.get(group).map_or("", |m| m.as_str()));
    Ok(())
}

/// Where a match stands, and what the function is called with.
fn found(captures: &Captures) -> (usize, usize, Value) {
    let whole = captures.get_match();
    (whole.start(), whole.end(), groups(captures))
}

/// A replacement by a function, between two of its calls.
struct Replacing {
    source: Value,
    function: Value,
    matches: std::collections::VecDeque<(usize, usize, Value)>,
    done: String,
    from: usize,
}

impl Replacing {
    fn go_on(mut self, _: &mut Cx) -> Flow {
        let source = self.source.as_str().unwrap_or_default();
        let Some((start, end, argument)) = self.matches.pop_front() else {
            self.done.push_str(&source[self.from..]);
            return Ok(Value::string(self.done));
        };
        self.done.push_str(&source[self.from..start]);
        self.from = end;
        call_then(self.function.clone(), vec![argument], move |cx, result| {
            print::write_str(&mut self.done, &result);
            self.go_on(cx)
        })
    }
}

pub(super) fn escape(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let source = text("escape", &args[0])?;
    let rest = Escaping {
        left: source.chars().rev().collect(),
        replacements: args[1].clone(),
        done: String::with_capacity(source.len()),
    };
    rest.go_on(cx)
}

/// An escape by a map, or by a function between two of its calls.
struct Escaping {
    /// The characters yet to come, last first.
    left: Vec<char>,
    replacements: Value,
    done: String,
}

impl Escaping {
    fn go_on(mut self, _: &mut Cx) -> Flow {
        let is_map = map::is_map(&self.replacements);
        while let Some(c) = self.left.pop() {
            if !is_map {
                let function = self.replacements.clone();
                return call_then(function, vec![Value::char(c)], move |cx, replacement| {
                    self.add(c, &replacement);
                    self.go_on(cx)
                });
            }
            let replacement = map::get(&self.replacements, &Value::char(c)).cloned();
            self.add(c, &replacement.unwrap_or_default());
        }
        Ok(Value::string(self.done))
    }

    fn add(&mut self, c: char, replacement: &Value) {
        if replacement.is_nil() {
            self.done.push(c);
        } else {
            print::write_str(&mut self.done, replacement);
        }
    }
}
