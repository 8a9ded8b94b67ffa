//! Splits lists of clauses: `pattern -> body …`, `pattern when guard -> body …`.
//!
//! A bare `->` directly in the list is always the separator; a clause starts one form before its
//! `->`, or before the pattern if `when guard` stands between.

use batuta_lang::form::Form;
use batuta_lang::source::Span;

use super::Pattern;
use super::parse::parse_pattern;
use crate::analyze::unit::Unit;
use crate::messages;

/// A clause whose patterns are read, one for each value that is matched.
#[derive(Clone, Debug)]
pub(crate) struct Clause {
    /// One pattern for each value.
    pub(crate) patterns: Vec<Pattern>,
    /// What must hold beside.
    pub(crate) guard: Option<Form>,
    /// What is done then.
    pub(crate) body: Vec<Form>,
    /// Where the pattern stands.
    pub(crate) span: Span,
    /// Is a warning due if it can never match?
    pub(crate) warns: bool,
}

/// A clause as it is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawClause<'f> {
    /// The pattern's form.
    pub(crate) pattern: &'f Form,
    /// The guard's form.
    pub(crate) guard: Option<&'f Form>,
    /// The forms after the arrow.
    pub(crate) body: &'f [Form],
}

/// Splits and reads clauses that match one value.
pub(crate) fn parse_clauses(
    unit: &mut Unit<'_>,
    head: &str,
    span: Span,
    items: &[Form],
) -> Option<Vec<Clause>> {
    let raw = split_clauses(unit, head, span, items)?;
    Some(raw.iter().map(|clause| read_clause(unit, clause)).collect())
}

/// Reads a clause that matches one value.
pub(crate) fn read_clause(unit: &mut Unit<'_>, raw: &RawClause<'_>) -> Clause {
    let pattern = parse_pattern(unit, raw.pattern);
    clause_of(raw, vec![pattern])
}

/// The clause with its patterns read.
pub(crate) fn clause_of(raw: &RawClause<'_>, patterns: Vec<Pattern>) -> Clause {
    Clause {
        patterns,
        guard: raw.guard.cloned(),
        body: raw.body.to_vec(),
        span: raw.pattern.span,
        warns: true,
    }
}

/// Splits clauses; says what is wrong if they cannot be.
pub(crate) fn split_clauses<'f>(
    unit: &mut Unit<'_>,
    head: &str,
    span: Span,
    items: &'f [Form],
) -> Option<Vec<RawClause<'f>>> {
    let starts = clause_starts(items);
    if starts.first().is_none_or(|start| start.pattern != 0) {
        let place = items.first().map_or(span, |first| first.span);
        unit.fail(messages::missing_arrow(place, head));
        return None;
    }
    let mut clauses = Vec::with_capacity(starts.len());
    for (index, start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).map_or(items.len(), |next| next.pattern);
        let Some(body) = items.get(start.arrow + 1..end).filter(|body| !body.is_empty()) else {
            unit.fail(messages::empty_clause(items[start.pattern].span));
            return None;
        };
        for form in &body[..body.len() - 1] {
            if form.as_list().is_none_or(<[Form]>::is_empty) {
                unit.fail(messages::stray_body_form(form.span));
                return None;
            }
        }
        clauses.push(RawClause {
            pattern: &items[start.pattern],
            guard: (start.arrow == start.pattern + 3).then(|| &items[start.arrow - 1]),
            body,
        });
    }
    Some(clauses)
}

struct Start {
    pattern: usize,
    arrow: usize,
}

fn clause_starts(items: &[Form]) -> Vec<Start> {
    let arrows = items.iter().enumerate().filter(|(_, item)| item.is_word("->"));
    let mut starts: Vec<Start> = Vec::new();
    for (arrow, _) in arrows {
        let free = starts.last().map_or(0, |before| before.arrow + 1);
        let has_guard = arrow >= free + 3 && items[arrow - 2].is_word("when");
        let back = if has_guard { 3 } else { 1 };
        if arrow >= free + back {
            starts.push(Start {
                pattern: arrow - back,
                arrow,
            });
        } else {
            // Nothing stands between two arrows: the empty clause is reported by the caller.
            starts.push(Start {
                pattern: free.min(arrow),
                arrow,
            });
        }
    }
    starts
}
