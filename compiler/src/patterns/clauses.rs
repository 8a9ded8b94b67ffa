//! Clauses with their patterns read. How a list is split into clauses is the front end's rule.

use batuta_lang::expand::clauses::{self, Clause as RawClause};
use batuta_lang::form::Form;
use batuta_lang::source::Span;

use super::Pattern;
use super::parse::parse_pattern;
use crate::analyze::unit::Unit;

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

/// Splits and reads clauses that match one value.
pub(crate) fn parse_clauses(
    unit: &mut Unit<'_>,
    head: &str,
    items: &[Form],
) -> Option<Vec<Clause>> {
    let raw = split_clauses(unit, head, items)?;
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
    items: &'f [Form],
) -> Option<Vec<RawClause<'f>>> {
    match clauses::split_clauses(head, items) {
        Ok(clauses) => Some(clauses),
        Err(diagnostic) => {
            unit.fail(diagnostic);
            None
        }
    }
}
