//! From one type to another, and choosing among values.

use arrow::datatypes::DataType;
use datafusion::logical_expr::{Expr, cast};
use datafusion::prelude::lit;

use super::{Arity, Call, ScalarFunction, is_text, scalar};
use crate::error::QueryError;

pub(super) const TABLE: &[ScalarFunction] = &[
    scalar("int", Arity::ONE, |call| {
        Ok(cast(call.single().expr, DataType::Int64))
    }),
    scalar("long", Arity::ONE, |call| {
        Ok(cast(call.single().expr, DataType::Int64))
    }),
    scalar("float", Arity::ONE, |call| {
        Ok(cast(call.single().expr, DataType::Float64))
    }),
    scalar("double", Arity::ONE, |call| {
        Ok(cast(call.single().expr, DataType::Float64))
    }),
    scalar("boolean", Arity::ONE, |call| {
        Ok(cast(call.single().expr, DataType::Boolean))
    }),
    scalar("str", Arity::at_least(1), concatenate),
    scalar("name", Arity::ONE, |call| Ok(call.single().expr)),
    scalar("coalesce", Arity::at_least(1), |call| {
        let args = call
            .args
            .iter()
            .map(|argument| argument.expr.clone())
            .collect();
        call.builtin("coalesce", args)
    }),
    scalar("get", Arity::between(2, 3), field_or_item),
];

/// `str` of nil is the empty text, as everywhere in Batuta.
fn concatenate(call: Call<'_>) -> Result<Expr, QueryError> {
    let texts = call
        .args
        .iter()
        .map(|argument| match is_text(&argument.data_type) {
            true => argument.expr.clone(),
            false => cast(argument.expr.clone(), DataType::Utf8),
        })
        .collect();
    call.builtin("concat", texts)
}

fn field_or_item(call: Call<'_>) -> Result<Expr, QueryError> {
    let args: Vec<Expr> = call
        .args
        .iter()
        .map(|argument| argument.expr.clone())
        .collect();
    let found = match &call.args[0].data_type {
        DataType::Struct(_) | DataType::Map(_, _) => {
            call.builtin("get_field", args[..2].to_vec())?
        }
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(_, _) => {
            let position = args[1].clone() + lit(1_i64);
            call.builtin("array_element", vec![args[0].clone(), position])?
        }
        _ => return Err(call.type_error("get needs a map or a list")),
    };
    match args.get(2) {
        None => Ok(found),
        Some(default) => call.builtin("coalesce", vec![found, default.clone()]),
    }
}
