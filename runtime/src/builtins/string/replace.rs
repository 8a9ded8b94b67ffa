//! `replace`, `replace-first` and `escape`.

use regex::{Captures, Regex};

use crate::builtin::{Flow, call_then};
use crate::builtins::regex::groups;
use crate::builtins::support::text;
use crate::collections::map;
use crate::context::Cx;
use crate::failure::Fault;
use crate::value::{Value, print};

pub(super) fn replace(cx: &mut Cx, args: &mut [Value]) -> Flow {
    run(cx, args, "replace", usize::MAX)
}

pub(super) fn replace_first(cx: &mut Cx, args: &mut [Value]) -> Flow {
    run(cx, args, "replace-first", 1)
}

fn run(cx: &mut Cx, args: &mut [Value], who: &str, most: usize) -> Flow {
    let source = text(who, &args[0])?;
    if let Some(regex) = args[1].as_regex() {
        if let Some(template) = args[2].as_str() {
            return Ok(Value::string(by_template(source, regex, template, most)?));
        }
        let function = args[2].clone();
        let rest = Replacing {
            source: args[0].clone(),
            function,
            matches: regex
                .captures_iter(source)
                .take(most)
                .map(|c| found(&c))
                .collect(),
            done: String::new(),
            from: 0,
        };
        return rest.go_on(cx);
    }
    if let (Some(from), Some(to)) = (args[1].as_char(), args[2].as_char()) {
        return Ok(Value::string(source.replacen(from, &to.to_string(), most)));
    }
    Ok(Value::string(source.replacen(
        text(who, &args[1])?,
        text(who, &args[2])?,
        most,
    )))
}

/// `$1` is a group, a backslash takes what follows as it is, as in Java.
fn by_template(source: &str, regex: &Regex, template: &str, most: usize) -> Result<String, Fault> {
    let mut out = String::new();
    let mut from = 0;
    for captures in regex.captures_iter(source).take(most) {
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
            '$' => {
                let Some(digit) = chars.next().and_then(|c| c.to_digit(10)) else {
                    let message = "`$` in a replacement stands before a group's number";
                    return Err(Fault::new(crate::failure::FaultKind::Number, message)
                        .hint("write \\\\$ for the character itself"));
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
                    return Err(Fault::new(crate::failure::FaultKind::Index, message));
                }
                out.push_str(captures.get(group).map_or("", |m| m.as_str()));
            }
            c => out.push(c),
        }
    }
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

pub(super) fn escape(_: &mut Cx, args: &mut [Value]) -> Flow {
    let source = text("escape", &args[0])?;
    if !map::is_map(&args[1]) {
        return Err(Fault::wrong_type("escape", "a map from character to text", &args[1]).into());
    }
    let mut out = String::new();
    for c in source.chars() {
        match map::get(&args[1], &Value::char(c)) {
            Some(text) => print::write_str(&mut out, text),
            None => out.push(c),
        }
    }
    Ok(Value::string(out))
}
