//! Parts of dates and times.

use arrow::datatypes::DataType;
use datafusion::logical_expr::{Expr, cast};
use datafusion::prelude::lit;

use super::{Arity, Call, ScalarFunction, scalar};
use crate::error::QueryError;

pub(super) const TABLE: &[ScalarFunction] = &[
    scalar("year", Arity::ONE, |call| part(call, "year")),
    scalar("month", Arity::ONE, |call| part(call, "month")),
    scalar("day", Arity::ONE, |call| part(call, "day")),
    scalar("hour", Arity::ONE, |call| part(call, "hour")),
    scalar("minute", Arity::ONE, |call| part(call, "minute")),
    scalar("day-of-week", Arity::ONE, |call| part(call, "isodow")),
    scalar("day-of-year", Arity::ONE, |call| part(call, "doy")),
];

fn part(call: Call<'_>, name: &str) -> Result<Expr, QueryError> {
    let argument = call.args[0].clone();
    if !argument.data_type.is_temporal() {
        let reason = format!("{} is not a date or time", argument.expr);
        return Err(call.type_error(reason));
    }
    let part = call.builtin("date_part", vec![lit(name), argument.expr])?;
    Ok(cast(part, DataType::Int64))
}
