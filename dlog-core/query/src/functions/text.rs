//! Text, by the names of Batuta's `str` namespace; positions count from zero.

use arrow::datatypes::DataType;
use datafusion::logical_expr::{Expr, Operator, binary_expr};
use datafusion::prelude::lit;

use super::{Arity, Call, ScalarFunction, is_text, scalar};
use crate::error::QueryError;

pub(super) const TABLE: &[ScalarFunction] = &[
    scalar("upper-case", Arity::ONE, |call| named(call, "upper")),
    scalar("lower-case", Arity::ONE, |call| named(call, "lower")),
    scalar("capitalize", Arity::ONE, |call| named(call, "initcap")),
    scalar("trim", Arity::ONE, |call| named(call, "btrim")),
    scalar("triml", Arity::ONE, |call| named(call, "ltrim")),
    scalar("trimr", Arity::ONE, |call| named(call, "rtrim")),
    scalar("starts-with?", Arity::TWO, |call| {
        named(call, "starts_with")
    }),
    scalar("ends-with?", Arity::TWO, |call| named(call, "ends_with")),
    scalar("includes?", Arity::TWO, |call| named(call, "contains")),
    scalar("replace", Arity::exactly(3), |call| named(call, "replace")),
    scalar("blank?", Arity::ONE, |call| {
        let text = call.single().expr;
        let trimmed = datafusion::functions::string::btrim().call(vec![text.clone()]);
        Ok(text.is_null().or(trimmed.eq(lit(""))))
    }),
    scalar("subs", Arity::between(2, 3), substring),
    scalar("count", Arity::ONE, length),
    scalar("like", Arity::TWO, |call| {
        let (text, pattern) = call.pair();
        Ok(text.expr.like(pattern.expr))
    }),
    scalar("re-find", Arity::TWO, |call| {
        let (pattern, text) = call.pair();
        Ok(binary_expr(text.expr, Operator::RegexMatch, pattern.expr))
    }),
];

fn named(call: Call<'_>, function: &str) -> Result<Expr, QueryError> {
    let args = call
        .args
        .iter()
        .map(|argument| argument.expr.clone())
        .collect();
    call.builtin(function, args)
}

fn substring(call: Call<'_>) -> Result<Expr, QueryError> {
    let args: Vec<Expr> = call
        .args
        .iter()
        .map(|argument| argument.expr.clone())
        .collect();
    let mut native = vec![args[0].clone(), args[1].clone() + lit(1_i64)];
    if let Some(end) = args.get(2) {
        native.push(end.clone() - args[1].clone());
    }
    call.builtin("substr", native)
}

fn length(call: Call<'_>) -> Result<Expr, QueryError> {
    let argument = call.args[0].clone();
    match &argument.data_type {
        data_type if is_text(data_type) => call.builtin("character_length", vec![argument.expr]),
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(_, _) => {
            call.builtin("array_length", vec![argument.expr])
        }
        _ => Err(call.type_error("count needs text or a list; rows are counted in (aggregate …)")),
    }
}
