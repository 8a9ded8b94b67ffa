//! Joins: pairs by a predicate, or by columns of the same name.

use datafusion::common::{Column, JoinType};
use datafusion::logical_expr::{Expr as Native, LogicalPlanBuilder};

use super::Planner;
use super::relation::Relation;
use crate::engine::failure;
use crate::error::QueryError;
use crate::query::{JoinKind, JoinOn};

impl Planner<'_> {
    pub(super) fn join(
        &self,
        left: Relation,
        kind: JoinKind,
        right: Relation,
        on: &JoinOn,
    ) -> Result<Relation, QueryError> {
        if let Some(name) = right
            .sources()
            .iter()
            .find(|name| left.sources().contains(name))
        {
            return Err(QueryError::DuplicateSource { name: name.clone() });
        }
        let left = left.told_apart_from(&right)?;
        match on {
            JoinOn::SameColumns(names) => join_same(left, kind, right, names),
            JoinOn::Predicate(predicate) => {
                let pairs = cross(&left, &right)?;
                let test = self
                    .expressions
                    .predicate(clause_name(kind), predicate, &pairs)?;
                connect(left, kind, right, Vec::new(), Some(test))
            }
            JoinOn::Always if kind == JoinKind::Cross => cross(&left, &right),
            JoinOn::Always => Err(QueryError::Clause {
                clause: clause_name(kind),
                reason: "on what? give a predicate or a column both sides have".to_owned(),
            }),
        }
    }
}

/// Every pair; also the scope in which a join's predicate is read.
fn cross(left: &Relation, right: &Relation) -> Result<Relation, QueryError> {
    let plan = LogicalPlanBuilder::new(left.plan().clone())
        .cross_join(right.plan().clone())
        .and_then(LogicalPlanBuilder::build)
        .map_err(|error| failure::explain("cross-join", error))?;
    Ok(left.clone().joined(plan, right, Vec::new()))
}

fn join_same(
    left: Relation,
    kind: JoinKind,
    right: Relation,
    names: &[String],
) -> Result<Relation, QueryError> {
    let mut keys = Vec::with_capacity(names.len());
    for name in names {
        keys.push((left.resolve_column(name)?, right.resolve_column(name)?));
    }
    let joined = connect(left, kind, right, keys.clone(), None)?;
    match kind {
        JoinKind::Semi | JoinKind::Anti => Ok(joined),
        JoinKind::Inner | JoinKind::Left | JoinKind::Cross => joined.merge(keys),
        JoinKind::Right => joined.merge(keys.into_iter().map(|(l, r)| (r, l)).collect()),
        JoinKind::Full => joined.coalesce(keys),
    }
}

fn connect(
    left: Relation,
    kind: JoinKind,
    right: Relation,
    keys: Vec<(Column, Column)>,
    filter: Option<Native>,
) -> Result<Relation, QueryError> {
    let join_type = match kind {
        JoinKind::Inner | JoinKind::Cross => JoinType::Inner,
        JoinKind::Left => JoinType::Left,
        JoinKind::Right => JoinType::Right,
        JoinKind::Full => JoinType::Full,
        JoinKind::Semi => JoinType::LeftSemi,
        JoinKind::Anti => JoinType::LeftAnti,
    };
    let plan = LogicalPlanBuilder::new(left.plan().clone())
        .join(
            right.plan().clone(),
            join_type,
            keys.into_iter().unzip::<_, _, Vec<_>, Vec<_>>(),
            filter,
        )
        .and_then(LogicalPlanBuilder::build)
        .map_err(|error| failure::explain(clause_name(kind), error))?;
    match kind {
        JoinKind::Semi | JoinKind::Anti => Ok(left.restricted(plan)),
        _ => Ok(left.joined(plan, &right, Vec::new())),
    }
}

fn clause_name(kind: JoinKind) -> &'static str {
    match kind {
        JoinKind::Inner => "join",
        JoinKind::Left => "left-join",
        JoinKind::Right => "right-join",
        JoinKind::Full => "full-join",
        JoinKind::Semi => "semi-join",
        JoinKind::Anti => "anti-join",
        JoinKind::Cross => "cross-join",
    }
}
