//! Arrow clauses: `pattern -> body …`, `pattern when guard -> body …`, one after the other.
//!
//! A bare `->` directly in the list always separates. A clause starts one form before its arrow, or
//! before the pattern if `when guard` stands between. Shared by `match`, the `receive` family,
//! `catch`, arrow `cond` and functions by clauses.

use crate::diagnostic::Diagnostic;
use crate::form::{Form, FormKind};
use crate::messages::expand as messages;
use crate::source::Span;

/// One clause.
#[derive(Clone, Copy, Debug)]
pub struct Clause<'f> {
    /// What stands first: a pattern, or the test of a `cond`.
    pub pattern: &'f Form,
    /// The form between `when` and the arrow.
    pub guard: Option<&'f Form>,
    /// At least one form, to be evaluated in order.
    pub body: &'f [Form],
}

impl Clause<'_> {
    /// From the pattern to the last form.
    pub fn span(&self) -> Span {
        let last = self.body.last().unwrap_or(self.pattern);
        self.pattern.span.to(last.span)
    }
}

/// True if a `->` stands directly among the forms.
pub fn has_arrow(forms: &[Form]) -> bool {
    forms.iter().any(|form| form.is_word("->"))
}

/// Cuts forms into clauses; no forms are no clauses. `owner` names the form they stand in.
///
/// # Errors
/// A clause without pattern or body, forms before the first clause, a body form that does nothing.
pub fn split_clauses<'f>(owner: &str, forms: &'f [Form]) -> Result<Vec<Clause<'f>>, Diagnostic> {
    let arrows: Vec<usize> = (0..forms.len())
        .filter(|place| forms[*place].is_word("->"))
        .collect();
    let Some(first_arrow) = arrows.first() else {
        return match forms.first() {
            None => Ok(Vec::new()),
            Some(first) => Err(messages::clause_without_arrow(owner, first)),
        };
    };
    let first_start = clause_start(forms, *first_arrow, 0)
        .ok_or_else(|| messages::clause_without_pattern(&forms[*first_arrow]))?;
    if first_start > 0 {
        return Err(messages::clause_without_arrow(owner, &forms[0]));
    }
    let mut clauses = Vec::with_capacity(arrows.len());
    let mut start = first_start;
    for (place, arrow) in arrows.iter().enumerate() {
        let (body_end, next_start) = match arrows.get(place + 1) {
            None => (forms.len(), forms.len()),
            Some(next) => {
                let next_start = clause_start(forms, *next, arrow + 1)
                    .ok_or_else(|| messages::clause_without_pattern(&forms[*next]))?;
                (next_start, next_start)
            }
        };
        let body = &forms[arrow + 1..body_end];
        check_body(&forms[*arrow], body)?;
        clauses.push(Clause {
            pattern: &forms[start],
            guard: (arrow - start == 3).then(|| &forms[arrow - 1]),
            body,
        });
        start = next_start;
    }
    Ok(clauses)
}

/// Where the clause of an arrow starts, not before `from`.
fn clause_start(forms: &[Form], arrow: usize, from: usize) -> Option<usize> {
    let length = if arrow >= from + 3 && forms[arrow - 2].is_word("when") {
        3
    } else {
        1
    };
    arrow.checked_sub(length).filter(|start| *start >= from)
}

/// There must be a body, and all but its last form must be calls: anything else there is most often
/// the pattern of a clause that lost its arrow.
fn check_body(arrow: &Form, body: &[Form]) -> Result<(), Diagnostic> {
    let Some((_, all_but_last)) = body.split_last() else {
        return Err(messages::clause_without_body(arrow));
    };
    match all_but_last
        .iter()
        .find(|form| !matches!(form.kind, FormKind::List(_)))
    {
        Some(form) => Err(messages::body_form_does_nothing(form)),
        None => Ok(()),
    }
}
