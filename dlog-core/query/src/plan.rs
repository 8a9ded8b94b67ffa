//! A [`Query`] to a DataFusion logical plan, clause by clause in the order written.
//!
//! The plan binds every log at one cut. Each clause takes a [`Relation`] and gives the next; what is
//! larger than a few lines has a file in `plan/`. A new clause is one arm in [`Planner::apply`].

mod aggregate;
mod expression;
mod history;
mod join;
mod relation;
mod select;
mod source;
mod window;

use std::cell::Cell;

use datafusion::common::{Column, ScalarValue};
use datafusion::execution::SessionState;
use datafusion::logical_expr::{Expr as Native, LogicalPlan, LogicalPlanBuilder, SortExpr};
use dlog_log::{CommitNumber, Cut, Store};

use crate::error::QueryError;
use crate::ingest::IngestOptions;
use crate::query::{
    AsOf, Clause, Direction, NamedSource, NullsPlace, OrderKey, Query, SelectItem, SetKind,
};
use expression::Expressions;
use relation::Relation;

/// What the logs of a query show.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    /// The last commit that is seen.
    pub(crate) cut: Cut,
    /// Whether keyed logs show every version, and of which time.
    pub(crate) history: Option<TimeRange>,
}

/// The versions that a history shows: all, or those that held at some time in a range.
pub(crate) type TimeRange = Option<(i64, i64)>;

/// Makes plans for one execution.
pub(crate) struct Planner<'a> {
    store: &'a Store,
    ingest: &'a IngestOptions,
    expressions: Expressions<'a>,
    /// How many sources without a name there were.
    unnamed: Cell<usize>,
}

impl<'a> Planner<'a> {
    pub(crate) fn new(
        store: &'a Store,
        session: &'a SessionState,
        ingest: &'a IngestOptions,
        params: &'a [ScalarValue],
    ) -> Self {
        Self {
            store,
            ingest,
            expressions: Expressions { session, params },
            unnamed: Cell::new(0),
        }
    }

    /// The plan of a whole query, its columns under their output names.
    ///
    /// # Errors
    /// When a name is unknown, a type does not fit, or a clause cannot stand where it does.
    pub(crate) fn plan(&self, query: &Query, cut: Cut) -> Result<LogicalPlan, QueryError> {
        self.relation(query, View { cut, history: None })?
            .into_output()
    }

    fn relation(&self, query: &Query, view: View) -> Result<Relation, QueryError> {
        let view = self.view_of(query, view)?;
        let mut relation = self.source(&query.source, view)?;
        let mut groups: Option<Vec<SelectItem>> = None;
        for clause in &query.clauses {
            match clause {
                Clause::GroupBy(_) if groups.is_some() => return Err(unfinished_group()),
                Clause::GroupBy(items) => {
                    let (keys, columns) = self.keys_and_aggregates(items);
                    if columns.is_empty() {
                        groups = Some(keys);
                    } else {
                        relation = self.aggregate(relation, &keys, &columns)?;
                    }
                }
                Clause::Aggregate(columns) => {
                    let keys = groups.take().unwrap_or_default();
                    relation = self.aggregate(relation, &keys, columns)?;
                }
                other => relation = self.apply(relation, other, view)?,
            }
        }
        if groups.is_some() {
            Err(unfinished_group())
        } else {
            Ok(relation)
        }
    }

    /// `as-of` and `history` hold for the whole query, wherever they stand in it.
    fn view_of(&self, query: &Query, outer: View) -> Result<View, QueryError> {
        let mut view = outer;
        for clause in &query.clauses {
            match clause {
                Clause::AsOf(AsOf::Commit(number)) => {
                    view.cut = outer.cut.min(Cut(CommitNumber(*number)));
                }
                Clause::AsOf(AsOf::Instant(time_us)) => {
                    view.cut = outer.cut.min(self.store.cut_as_of(*time_us)?);
                }
                Clause::History(range) => view.history = Some(*range),
                _ => {}
            }
        }
        Ok(view)
    }

    fn apply(
        &self,
        relation: Relation,
        clause: &Clause,
        view: View,
    ) -> Result<Relation, QueryError> {
        match clause {
            Clause::Where(test) => {
                let test = self.expressions.predicate("where", test, &relation)?;
                Ok(relation
                    .step("where", |plan| plan.filter(test))?
                    .loses_order())
            }
            Clause::Select(items) => self.select(relation, items),
            Clause::Join { kind, source, on } => {
                let right = self.source(source, view)?;
                self.join(relation, *kind, right, on)
            }
            Clause::Window {
                columns,
                partition_by,
                order_by,
                rows,
            } => {
                let window = window::Window {
                    partition_by,
                    order_by,
                    rows: *rows,
                };
                self.window(relation, columns, &window)
            }
            Clause::OrderBy(keys) => self.order_by(relation, keys),
            Clause::Limit(count) => {
                let count = self.expressions.row_count("limit", count)?;
                relation
                    .in_order()?
                    .step("limit", |plan| plan.limit(0, Some(count)))
            }
            Clause::Offset(count) => {
                let count = self.expressions.row_count("offset", count)?;
                relation
                    .in_order()?
                    .step("offset", |plan| plan.limit(count, None))
            }
            Clause::Distinct => self
                .visible_only(relation)?
                .step_anew("distinct", |plan| plan.distinct()),
            Clause::Sample(count) => {
                let count = self.expressions.row_count("sample", count)?;
                let key = datafusion::functions::math::random()
                    .call(Vec::new())
                    .sort(true, true);
                relation.step("sample", |plan| plan.sort_with_limit([key], Some(count)))
            }
            Clause::Unnest(column) => match relation.resolve(column)? {
                Native::Column(column) => {
                    relation.step("unnest", |plan| plan.unnest_column(column))
                }
                _ => Err(QueryError::Clause {
                    clause: "unnest",
                    reason: format!("{column} is a field: select it under a name of its own first"),
                }),
            },
            Clause::Combine { kind, source } => self.combine(relation, *kind, source, view),
            // The view has taken these, the loop over the clauses the other two.
            Clause::AsOf(_) | Clause::History(_) | Clause::GroupBy(_) | Clause::Aggregate(_) => {
                Ok(relation)
            }
        }
    }

    fn order_by(&self, relation: Relation, keys: &[OrderKey]) -> Result<Relation, QueryError> {
        let mut relation = relation;
        let mut order = Vec::with_capacity(keys.len());
        let mut computed = Vec::new();
        for (index, key) in keys.iter().enumerate() {
            let expr = self.expressions.translate(&key.expr, &relation)?;
            let column = match expr {
                Native::Column(column) => column,
                expr => {
                    let name = format!("__key_{index}");
                    computed.push(expr.alias(&name));
                    Column::new_unqualified(name)
                }
            };
            order.push(sort_key(Native::Column(column), key));
        }
        if !computed.is_empty() {
            relation = relation.with_hidden(computed)?;
        }
        relation.sorted(order)
    }

    fn combine(
        &self,
        relation: Relation,
        kind: SetKind,
        source: &NamedSource,
        view: View,
    ) -> Result<Relation, QueryError> {
        let operation = match kind {
            SetKind::Union => "union",
            SetKind::UnionAll => "union-all",
            SetKind::Except => "except",
            SetKind::Intersect => "intersect",
        };
        let names = relation.output_columns();
        let right = self.source(source, view)?;
        if right.output_columns() != names {
            let reason = format!(
                "the rows have the columns {}, those to combine with {}",
                names.join(" "),
                right.output_columns().join(" ")
            );
            return Err(QueryError::Clause {
                clause: operation,
                reason,
            });
        }
        let right = right.unordered().into_output()?;
        self.visible_only(relation)?
            .step_anew(operation, |left| match kind {
                SetKind::Union => left.union_distinct(right),
                SetKind::UnionAll => left.union(right),
                SetKind::Except => LogicalPlanBuilder::except(left.build()?, right, false)
                    .map(LogicalPlanBuilder::new),
                SetKind::Intersect => LogicalPlanBuilder::intersect(left.build()?, right, false)
                    .map(LogicalPlanBuilder::new),
            })
    }

    /// The relation without what `*` leaves out, under output names.
    fn visible_only(&self, relation: Relation) -> Result<Relation, QueryError> {
        let source = relation.sources().first().cloned().unwrap_or_default();
        Ok(Relation::new(
            relation.unordered().into_output()?,
            source,
            Vec::new(),
        ))
    }
}

/// In Batuta nil is smaller than every other value.
fn sort_key(expr: Native, key: &OrderKey) -> SortExpr {
    let ascending = key.direction == Direction::Ascending;
    let nulls_first = key
        .nulls
        .map_or(ascending, |place| place == NullsPlace::First);
    expr.sort(ascending, nulls_first)
}

fn unfinished_group() -> QueryError {
    QueryError::Clause {
        clause: "group-by",
        reason: "no aggregate follows: add (aggregate {:n (count *)}), or use (distinct)"
            .to_owned(),
    }
}
