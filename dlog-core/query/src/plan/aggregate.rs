//! `group-by` and `aggregate`: one row per group, keys first.
//!
//! An aggregate column may be any expression over aggregates and keys: the aggregate calls in it are
//! taken out and computed by one aggregation, and what is left is computed over its result.

use datafusion::common::Column;
use datafusion::logical_expr::Expr as Native;

use super::Planner;
use super::relation::Relation;
use super::select::check_names;
use crate::error::QueryError;
use crate::functions::aggregate::{AggregateCall, Counted, is_aggregate, translate_aggregate};
use crate::query::{Expr, SelectItem};

impl Planner<'_> {
    pub(super) fn aggregate(
        &self,
        relation: Relation,
        keys: &[SelectItem],
        columns: &[(String, Expr)],
    ) -> Result<Relation, QueryError> {
        let key_exprs = keys
            .iter()
            .map(|key| self.select_item("group-by", key, &relation))
            .collect::<Result<Vec<Native>, _>>()?;
        check_names("group-by", &key_exprs)?;
        let mut calls = Vec::new();
        let mut rests = Vec::with_capacity(columns.len());
        for (name, expr) in columns {
            rests.push((name, self.take_aggregates(expr, &relation, &mut calls)?));
        }
        let key_columns: Vec<Native> = key_exprs.iter().map(output_column).collect();
        let computed = relation.step_anew("aggregate", |plan| plan.aggregate(key_exprs, calls))?;
        let mut output = key_columns;
        for (name, rest) in rests {
            let expr = self.expressions.translate(&rest, &computed)?;
            output.push(expr.alias(name));
        }
        check_names("aggregate", &output)?;
        computed.projected(output)
    }

    /// What a `group-by` lists: keys, and named aggregates if it has some.
    pub(super) fn keys_and_aggregates(
        &self,
        items: &[SelectItem],
    ) -> (Vec<SelectItem>, Vec<(String, Expr)>) {
        let mut keys = Vec::new();
        let mut columns = Vec::new();
        for item in items {
            match item {
                SelectItem::Named(name, expr) if self.has_aggregate(expr) => {
                    columns.push((name.clone(), expr.clone()));
                }
                key => keys.push(key.clone()),
            }
        }
        (keys, columns)
    }

    fn has_aggregate(&self, expr: &Expr) -> bool {
        match expr {
            // Of several values in one row, not of many rows.
            Expr::Call(name, args) if matches!(name.as_str(), "min" | "max") && args.len() > 1 => {
                args.iter().any(|argument| self.has_aggregate(argument))
            }
            Expr::Call(name, args) => {
                is_aggregate(self.expressions.session, name)
                    || args.iter().any(|argument| self.has_aggregate(argument))
            }
            Expr::Udf(_, args) => args.iter().any(|argument| self.has_aggregate(argument)),
            Expr::Case {
                branches,
                otherwise,
            } => {
                let mut parts = branches.iter().flat_map(|(test, value)| [test, value]);
                parts.any(|part| self.has_aggregate(part))
                    || otherwise
                        .as_deref()
                        .is_some_and(|value| self.has_aggregate(value))
            }
            Expr::In(value, _) => self.has_aggregate(value),
            Expr::Column(_) | Expr::Literal(_) | Expr::Param(_) | Expr::Star => false,
        }
    }

    /// The expression with a column in the place of every aggregate call.
    fn take_aggregates(
        &self,
        expr: &Expr,
        relation: &Relation,
        calls: &mut Vec<Native>,
    ) -> Result<Expr, QueryError> {
        match expr {
            Expr::Call(name, args) if is_aggregate(self.expressions.session, name) => {
                let call = self.aggregate_call(name, args, relation)?;
                let column = format!("__aggregate_{}", calls.len());
                calls.push(call.expr.alias(&column));
                Ok(result_column(column, call.widened))
            }
            other => map_children(other, &mut |child| {
                self.take_aggregates(child, relation, calls)
            }),
        }
    }

    /// One aggregate call over the rows of `relation`.
    pub(super) fn aggregate_call(
        &self,
        name: &str,
        args: &[Expr],
        relation: &Relation,
    ) -> Result<AggregateCall, QueryError> {
        let session = self.expressions.session;
        let (counted, args) = match args {
            [Expr::Star] => (Counted::Rows, &[][..]),
            [] if name == "count" => (Counted::Rows, &[][..]),
            [Expr::Call(distinct, inner)] if distinct == "distinct" => {
                (Counted::Distinct, inner.as_slice())
            }
            args => (Counted::All, args),
        };
        let args = args
            .iter()
            .map(|argument| self.expressions.argument(argument, relation))
            .collect::<Result<Vec<_>, _>>()?;
        translate_aggregate(session, name, args, counted)
    }
}

/// The column that an aggregation gives for a key.
fn output_column(key: &Native) -> Native {
    let (source, name) = key.qualified_name();
    Native::Column(Column::new(source, name))
}

/// The column of a call's result, brought back to an integer where it was computed wider.
pub(super) fn result_column(column: String, widened: bool) -> Expr {
    let column = Expr::Column(column);
    if widened {
        Expr::call("int", [column])
    } else {
        column
    }
}

/// The expression with each direct child replaced.
pub(super) fn map_children(
    expr: &Expr,
    replace: &mut dyn FnMut(&Expr) -> Result<Expr, QueryError>,
) -> Result<Expr, QueryError> {
    let mut replace_all = |args: &[Expr]| {
        args.iter()
            .map(&mut *replace)
            .collect::<Result<Vec<_>, _>>()
    };
    Ok(match expr {
        Expr::Column(_) | Expr::Literal(_) | Expr::Param(_) | Expr::Star => expr.clone(),
        Expr::Call(name, args) => Expr::Call(name.clone(), replace_all(args)?),
        Expr::Udf(function, args) => Expr::Udf(function.clone(), replace_all(args)?),
        Expr::In(value, set) => Expr::In(Box::new(replace(value)?), set.clone()),
        Expr::Case {
            branches,
            otherwise,
        } => {
            let mut replaced = Vec::with_capacity(branches.len());
            for (test, value) in branches {
                replaced.push((replace(test)?, replace(value)?));
            }
            let otherwise = match otherwise {
                None => None,
                Some(value) => Some(Box::new(replace(value)?)),
            };
            Expr::Case {
                branches: replaced,
                otherwise,
            }
        }
    })
}
