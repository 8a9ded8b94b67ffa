//! Aggregates: many rows to one value.
//!
//! Integer sums are computed in 128 bits and brought back to 64, so a sum is exact or an error.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::execution::SessionState;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::{Expr, cast, lit};

use super::{Argument, bare_name, unknown_function};
use crate::error::QueryError;

/// Names with another name in DataFusion.
const RENAMED: &[(&str, &str)] = &[
    ("mean", "avg"),
    ("variance", "var"),
    ("collect", "array_agg"),
    ("every?", "bool_and"),
    ("any?", "bool_or"),
    ("first", "first_value"),
    ("last", "last_value"),
];

const COMMON: &[&str] = &[
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "median",
    "stddev",
    "corr",
    "approx-distinct",
];

/// The usual aggregates, for suggestions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    COMMON
        .iter()
        .copied()
        .chain(RENAMED.iter().map(|(name, _)| *name))
}

/// Whether a name is an aggregate.
pub(crate) fn is_aggregate(session: &SessionState, name: &str) -> bool {
    session
        .aggregate_functions()
        .contains_key(&native_name(name))
}

fn native_name(name: &str) -> String {
    let bare = bare_name(name);
    let renamed = RENAMED.iter().find(|(ours, _)| *ours == bare);
    renamed.map_or_else(
        || bare.replace('-', "_"),
        |(_, native)| (*native).to_owned(),
    )
}

/// An aggregate call, as DataFusion computes it.
pub(crate) struct AggregateCall {
    pub(crate) expr: Expr,
    /// Whether the result is an integer in a wider type, to be brought back by `int`.
    pub(crate) widened: bool,
}

/// What `(f *)` and `(f (distinct x))` say beside the arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    /// Every value.
    All,
    /// Each different value once.
    Distinct,
    /// Rows, not values.
    Rows,
}

/// Translates an aggregate call.
///
/// # Errors
/// When there is no such aggregate, or `*` is given to one other than `count`.
pub(crate) fn translate_aggregate(
    session: &SessionState,
    name: &str,
    args: Vec<Argument>,
    counted: Counted,
) -> Result<AggregateCall, QueryError> {
    let native = native_name(name);
    let function = session
        .aggregate_functions()
        .get(&native)
        .ok_or_else(|| unknown_function(session, name))?;
    let mut widened = false;
    let exprs: Vec<Expr> = match counted {
        Counted::Rows if native == "count" => vec![lit(ScalarValue::Int64(Some(1)))],
        Counted::Rows => {
            let reason = format!("* is the row: only count takes it, not {name}");
            return Err(QueryError::Clause {
                clause: "aggregate",
                reason,
            });
        }
        Counted::All | Counted::Distinct => args
            .into_iter()
            .map(|argument| match native.as_str() {
                "sum" if argument.data_type.is_integer() => {
                    widened = true;
                    cast(argument.expr, DataType::Decimal128(38, 0))
                }
                "median" if argument.data_type.is_integer() => {
                    cast(argument.expr, DataType::Float64)
                }
                _ => argument.expr,
            })
            .collect(),
    };
    let expr = Expr::AggregateFunction(AggregateFunction::new_udf(
        Arc::clone(function),
        exprs,
        counted == Counted::Distinct,
        None,
        Vec::new(),
        None,
    ));
    Ok(AggregateCall { expr, widened })
}
