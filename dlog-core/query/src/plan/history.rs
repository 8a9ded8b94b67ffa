//! `history`: every version of a keyed log's rows, with the time it held.
//!
//! A version holds from its append until the append of the next one of its key; a tombstone ends the
//! last version and is no row itself.

use std::sync::Arc;

use datafusion::common::{Column, DataFusionError, ScalarValue, TableReference};
use datafusion::datasource::provider_as_source;
use datafusion::functions_window::lead_lag::lead;
use datafusion::logical_expr::{Expr, ExprFunctionExt, LogicalPlan, LogicalPlanBuilder, lit};
use dlog_log::OP_PUT;

use super::TimeRange;
use super::relation::Relation;
use crate::engine::failure;
use crate::error::QueryError;
use crate::table_provider::{EXPOSED_SYSTEM_COLUMNS, HISTORY_COLUMNS, LogTable};

/// The columns that say when a version held.
const VALID_FROM: &str = "valid-from";
const VALID_TO: &str = "valid-to";

/// What the next append of a key is called before it becomes the end of a version.
const NEXT: &str = "__next";

/// All versions, or those that held at some time in `range`.
pub(super) fn versions(
    alias: String,
    table: LogTable,
    range: TimeRange,
) -> Result<Relation, QueryError> {
    let plan = build(&alias, table, range).map_err(|error| failure::explain("history", error))?;
    let reference = TableReference::bare(&*alias);
    let hidden = EXPOSED_SYSTEM_COLUMNS.iter();
    let hidden = hidden
        .map(|name| Column::new(Some(reference.clone()), *name))
        .collect();
    Ok(Relation::new(plan, alias, hidden))
}

fn build(alias: &str, table: LogTable, range: TimeRange) -> Result<LogicalPlan, DataFusionError> {
    let reference = TableReference::bare(alias);
    let column = |name: &str| Expr::Column(Column::new(Some(reference.clone()), name));
    let source = provider_as_source(Arc::new(table));
    let plan = LogicalPlanBuilder::scan(reference.clone(), source, None)?;
    let mut shown: Vec<Expr> = plan
        .schema()
        .columns()
        .into_iter()
        .filter(|column| !HISTORY_COLUMNS.contains(&column.name.as_str()))
        .map(Expr::Column)
        .collect();
    let named = |expr: Expr, name: &str| expr.alias_qualified(Some(reference.clone()), name);
    shown.push(named(column("_append_time"), VALID_FROM));
    shown.push(named(Expr::Column(Column::new_unqualified(NEXT)), VALID_TO));
    let next = lead(column("_append_time"), Some(1), None)
        .partition_by(vec![column("_key")])
        .order_by(vec![column("_offset").sort(true, true)])
        .build()?;
    let versions = plan
        .window([next.alias(NEXT)])?
        .filter(column("_op").eq(lit(OP_PUT)))?
        .project(shown)?;
    let Some((from, to)) = range else {
        return versions.build();
    };
    let ended = column(VALID_TO);
    let still_held = ended.clone().is_null().or(ended.gt(time(from)));
    versions
        .filter(column(VALID_FROM).lt(time(to)).and(still_held))?
        .build()
}

fn time(micros: i64) -> Expr {
    lit(ScalarValue::TimestampMicrosecond(
        Some(micros),
        Some(Arc::from("UTC")),
    ))
}
