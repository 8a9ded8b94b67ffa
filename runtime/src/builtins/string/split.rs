//! `split` and `split-lines`, as Java splits.

use crate::builtin::Flow;
use crate::builtins::support::text;
use crate::collections::vector;
use crate::context::Cx;
use crate::failure::Fault;
use crate::number;
use crate::value::Value;

/// How many parts are wanted.
#[derive(Clone, Copy)]
struct Limit {
    most: usize,
    keeps_empty_end: bool,
}

impl Limit {
    fn of(value: Option<&Value>) -> Result<Limit, Fault> {
        let Some(value) = value else {
            return Ok(Limit::new(0));
        };
        match number::as_i64(value) {
            Some(limit) => Ok(Limit::new(limit)),
            None => Err(Fault::wrong_type("split", "an integer limit", value)),
        }
    }

    fn new(limit: i64) -> Limit {
        Limit {
            most: usize::try_from(limit)
                .ok()
                .filter(|most| *most > 0)
                .unwrap_or(usize::MAX),
            keeps_empty_end: limit != 0,
        }
    }
}

pub(super) fn split(_: &mut Cx, args: &mut [Value]) -> Flow {
    let source = text("split", &args[0])?;
    let limit = Limit::of(args.get(2))?;
    let separator = match args[1].as_regex() {
        Some(regex) => match regex.literal() {
            Some(literal) => literal,
            None => return Ok(vector_of(&parts(source, regex.spans(source), limit))),
        },
        None => text("split", &args[1])?,
    };
    let parts = if separator.is_empty() {
        let between = source.char_indices().map(|(at, _)| (at, at));
        parts(source, between.chain([(source.len(), source.len())]), limit)
    } else {
        let found = source.match_indices(separator);
        parts(source, found.map(|(at, m)| (at, at + m.len())), limit)
    };
    Ok(vector_of(&parts))
}

/// The text between separators that stand at these places.
fn parts(source: &str, found: impl Iterator<Item = (usize, usize)>, limit: Limit) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut from = 0;
    for (start, end) in found {
        if parts.len() + 1 >= limit.most {
            break;
        }
        // An empty match at the very start gives no empty part before it.
        if (start, end) == (0, 0) {
            continue;
        }
        parts.push(&source[from..start]);
        from = end;
    }
    if parts.is_empty() {
        return vec![source];
    }
    parts.push(&source[from..]);
    if !limit.keeps_empty_end {
        drop_empty_end(&mut parts);
    }
    parts
}

fn drop_empty_end(parts: &mut Vec<&str>) {
    while parts.last().is_some_and(|part| part.is_empty()) {
        parts.pop();
    }
}

fn vector_of(parts: &[&str]) -> Value {
    vector::from_iter(parts.iter().map(|part| Value::str(part)))
}

pub(super) fn split_lines(_: &mut Cx, args: &mut [Value]) -> Flow {
    let source = text("split-lines", &args[0])?;
    if !source.contains('\n') {
        return Ok(vector_of(&[source]));
    }
    let mut lines: Vec<&str> = source.lines().collect();
    drop_empty_end(&mut lines);
    Ok(vector_of(&lines))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split_at_commas(source: &str, limit: i64) -> Vec<&str> {
        let found = source.match_indices(',').map(|(at, _)| (at, at + 1));
        parts(source, found, Limit::new(limit))
    }

    #[test]
    fn empty_parts_at_the_end_stay_only_with_a_limit() {
        assert_eq!(split_at_commas("a,,", 0), ["a"]);
        assert_eq!(split_at_commas("a,,", -1), ["a", "", ""]);
        assert_eq!(split_at_commas("a,b,c", 2), ["a", "b,c"]);
        assert_eq!(split_at_commas(",", 0), [""; 0]);
        assert_eq!(split_at_commas("", 0), [""]);
    }
}
