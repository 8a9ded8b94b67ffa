//! Comparison and logic. A comparison with nil gives nil; `(= x nil)` and its like test for it.

use arrow::datatypes::DataType;
use datafusion::logical_expr::{Expr, Operator, binary_expr, not};

use super::{Argument, Arity, Call, ScalarFunction, is_text, scalar};
use crate::error::QueryError;

pub(super) const TABLE: &[ScalarFunction] = &[
    scalar("=", Arity::at_least(1), |call| chain(call, equal)),
    scalar("==", Arity::at_least(1), |call| chain(call, equal)),
    scalar("not=", Arity::TWO, |call| chain(call, not_equal)),
    scalar("<", Arity::at_least(1), |call| {
        chain(call, |left, right| {
            binary_expr(left.expr, Operator::Lt, right.expr)
        })
    }),
    scalar("<=", Arity::at_least(1), |call| {
        chain(call, |left, right| {
            binary_expr(left.expr, Operator::LtEq, right.expr)
        })
    }),
    scalar(">", Arity::at_least(1), |call| {
        chain(call, |left, right| {
            binary_expr(left.expr, Operator::Gt, right.expr)
        })
    }),
    scalar(">=", Arity::at_least(1), |call| {
        chain(call, |left, right| {
            binary_expr(left.expr, Operator::GtEq, right.expr)
        })
    }),
    scalar("between", Arity::exactly(3), |call| {
        let [value, low, high] =
            <[Expr; 3]>::try_from(call.exprs()).expect("the arity in the table is three");
        Ok(value.between(low, high))
    }),
    scalar("nil?", Arity::ONE, |call| Ok(call.single().expr.is_null())),
    scalar("some?", Arity::ONE, |call| {
        Ok(call.single().expr.is_not_null())
    }),
    scalar("true?", Arity::ONE, |call| truth(call).map(Expr::is_true)),
    scalar("false?", Arity::ONE, |call| truth(call).map(Expr::is_false)),
    scalar("not", Arity::ONE, |call| truth(call).map(not)),
    scalar("and", Arity::at_least(1), |call| logic(call, Expr::and)),
    scalar("or", Arity::at_least(1), |call| logic(call, Expr::or)),
    scalar("min", Arity::at_least(1), |call| extreme(call, "least")),
    scalar("max", Arity::at_least(1), |call| extreme(call, "greatest")),
];

fn chain(call: Call<'_>, compare: fn(Argument, Argument) -> Expr) -> Result<Expr, QueryError> {
    for pair in call.args.windows(2) {
        check_comparable(&call, &pair[0], &pair[1])?;
    }
    let compared = call
        .args
        .windows(2)
        .map(|pair| compare(pair[0].clone(), pair[1].clone()))
        .reduce(Expr::and);
    Ok(compared.unwrap_or_else(|| datafusion::prelude::lit(true)))
}

fn equal(left: Argument, right: Argument) -> Expr {
    match (left.is_nil(), right.is_nil()) {
        (_, true) => left.expr.is_null(),
        (true, false) => right.expr.is_null(),
        (false, false) => left.expr.eq(right.expr),
    }
}

fn not_equal(left: Argument, right: Argument) -> Expr {
    match (left.is_nil(), right.is_nil()) {
        (_, true) => left.expr.is_not_null(),
        (true, false) => right.expr.is_not_null(),
        (false, false) => left.expr.not_eq(right.expr),
    }
}

/// The only argument, which must be true or false.
fn truth(call: Call<'_>) -> Result<Expr, QueryError> {
    check_truths(&call)?;
    Ok(call.single().expr)
}

fn check_truths(call: &Call<'_>) -> Result<(), QueryError> {
    for argument in &call.args {
        if !matches!(argument.data_type, DataType::Boolean | DataType::Null) {
            let reason = format!("{} is not true or false", argument.expr);
            return Err(call.type_error(reason));
        }
    }
    Ok(())
}

fn logic(call: Call<'_>, combine: fn(Expr, Expr) -> Expr) -> Result<Expr, QueryError> {
    check_truths(&call)?;
    let combined = call.exprs().into_iter().reduce(combine);
    Ok(combined.expect("the arity in the table is at least one"))
}

fn extreme(call: Call<'_>, function: &str) -> Result<Expr, QueryError> {
    let args = call
        .args
        .iter()
        .map(|argument| argument.expr.clone())
        .collect();
    call.builtin(function, args)
}

/// What kind of value a type holds, as far as comparing goes.
#[derive(PartialEq, Eq, Clone, Copy)]
enum Family {
    Number,
    Text,
    Boolean,
    Time,
    Other,
}

impl Family {
    fn of(data_type: &DataType) -> Self {
        match data_type {
            data_type if data_type.is_numeric() => Self::Number,
            data_type if is_text(data_type) => Self::Text,
            DataType::Boolean => Self::Boolean,
            data_type if data_type.is_temporal() => Self::Time,
            _ => Self::Other,
        }
    }

    fn in_words(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Text => "text",
            Self::Boolean => "true or false",
            Self::Time => "a time",
            Self::Other => "another kind of value",
        }
    }
}

/// DataFusion would parse text to compare it with a number; here that is a mistake in the query.
fn check_comparable(call: &Call<'_>, left: &Argument, right: &Argument) -> Result<(), QueryError> {
    let families = (Family::of(&left.data_type), Family::of(&right.data_type));
    let fits = match families {
        (Family::Other, _) | (_, Family::Other) => true,
        (Family::Time, Family::Text) | (Family::Text, Family::Time) => true,
        (left, right) => left == right,
    };
    if fits {
        return Ok(());
    }
    let (left, right) = (families.0.in_words(), families.1.in_words());
    Err(call.type_error(format!("compares {left} with {right}")))
}
