//! `window`: columns computed over the rows around each row.

use datafusion::common::ScalarValue;
use datafusion::execution::SessionState;
use datafusion::logical_expr::expr::{WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::{
    Expr as Native, WindowFrame, WindowFrameBound, WindowFrameUnits, WindowFunctionDefinition,
};

use super::Planner;
use super::aggregate::{map_children, result_column};
use super::relation::Relation;
use super::select::check_names;
use super::sort_key;
use crate::error::QueryError;
use crate::functions::aggregate::is_aggregate;
use crate::query::{Expr, OrderKey};

/// What all columns of one `window` share.
pub(super) struct Window<'a> {
    pub(super) partition_by: &'a [Expr],
    pub(super) order_by: &'a [OrderKey],
    pub(super) rows: Option<(Option<i64>, Option<i64>)>,
}

impl Planner<'_> {
    pub(super) fn window(
        &self,
        relation: Relation,
        columns: &[(String, Expr)],
        window: &Window<'_>,
    ) -> Result<Relation, QueryError> {
        let mut calls = Vec::new();
        let mut rests = Vec::with_capacity(columns.len());
        for (name, expr) in columns {
            rests.push((
                name,
                self.take_window_calls(expr, &relation, window, &mut calls)?,
            ));
        }
        let mut output: Vec<Native> = relation
            .visible_columns()
            .into_iter()
            .map(Native::Column)
            .collect();
        let computed = relation.with_windows(calls)?.loses_order();
        for (name, rest) in rests {
            output.push(self.expressions.translate(&rest, &computed)?.alias(name));
        }
        check_names("window", &output)?;
        computed.projected(output)
    }

    fn take_window_calls(
        &self,
        expr: &Expr,
        relation: &Relation,
        window: &Window<'_>,
        calls: &mut Vec<Native>,
    ) -> Result<Expr, QueryError> {
        let session = self.expressions.session;
        match expr {
            Expr::Call(name, args)
                if is_aggregate(session, name) || find_window_function(session, name).is_some() =>
            {
                let column = format!("__window_{}", calls.len());
                let (call, widened) = self.window_call(name, args, relation, window)?;
                calls.push(call.alias(&column));
                Ok(result_column(column, widened))
            }
            other => map_children(other, &mut |child| {
                self.take_window_calls(child, relation, window, calls)
            }),
        }
    }

    fn window_call(
        &self,
        name: &str,
        args: &[Expr],
        relation: &Relation,
        window: &Window<'_>,
    ) -> Result<(Native, bool), QueryError> {
        let session = self.expressions.session;
        let (fun, args, widened) = match find_window_function(session, name) {
            Some(function) => {
                let args = args
                    .iter()
                    .map(|argument| self.expressions.translate(argument, relation))
                    .collect::<Result<Vec<_>, _>>()?;
                (function, args, false)
            }
            None => {
                let call = self.aggregate_call(name, args, relation)?;
                let Native::AggregateFunction(aggregate) = call.expr else {
                    unreachable!("an aggregate call translates to an aggregate function")
                };
                let function = WindowFunctionDefinition::AggregateUDF(aggregate.func);
                (function, aggregate.params.args, call.widened)
            }
        };
        let order_by = window
            .order_by
            .iter()
            .map(|key| {
                Ok(sort_key(
                    self.expressions.translate(&key.expr, relation)?,
                    key,
                ))
            })
            .collect::<Result<Vec<_>, QueryError>>()?;
        let partition_by = window
            .partition_by
            .iter()
            .map(|key| self.expressions.translate(key, relation))
            .collect::<Result<Vec<_>, _>>()?;
        let window_frame = match window.rows {
            Some((first, last)) => rows_frame(first, last),
            None => WindowFrame::new((!order_by.is_empty()).then_some(false)),
        };
        let call = Native::WindowFunction(Box::new(WindowFunction {
            fun,
            params: WindowFunctionParams {
                args,
                partition_by,
                order_by,
                window_frame,
                filter: None,
                null_treatment: None,
                distinct: false,
            },
        }));
        Ok((call, widened))
    }
}

fn find_window_function(session: &SessionState, name: &str) -> Option<WindowFunctionDefinition> {
    let native = name.replace('-', "_");
    let function = session.window_functions().get(&native)?;
    Some(WindowFunctionDefinition::WindowUDF(function.clone()))
}

fn rows_frame(first: Option<i64>, last: Option<i64>) -> WindowFrame {
    let bound = |offset: i64| match offset {
        0 => WindowFrameBound::CurrentRow,
        offset => {
            let distance = ScalarValue::UInt64(Some(offset.unsigned_abs()));
            if offset < 0 {
                WindowFrameBound::Preceding(distance)
            } else {
                WindowFrameBound::Following(distance)
            }
        }
    };
    let unbounded = ScalarValue::UInt64(None);
    WindowFrame::new_bounds(
        WindowFrameUnits::Rows,
        first.map_or_else(|| WindowFrameBound::Preceding(unbounded.clone()), bound),
        last.map_or_else(|| WindowFrameBound::Following(unbounded.clone()), bound),
    )
}
