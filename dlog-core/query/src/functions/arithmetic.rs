//! Arithmetic: integers are checked, `/` never truncates.

use arrow::datatypes::DataType;
use datafusion::logical_expr::{Expr, Operator, binary_expr, cast};
use datafusion::prelude::lit;

use super::checked_integer::{CheckedOperation, checked};
use super::{Argument, Arity, Call, ScalarFunction, is_integer, scalar};
use crate::error::QueryError;

pub(super) const TABLE: &[ScalarFunction] = &[
    scalar("+", Arity::at_least(1), |call| fold(call, add)),
    scalar("-", Arity::at_least(1), |call| match call.args.len() {
        1 => Ok(negate(call.single())),
        _ => fold(call, subtract),
    }),
    scalar("*", Arity::at_least(1), |call| fold(call, multiply)),
    scalar("/", Arity::at_least(1), |call| match call.args.len() {
        1 => Ok(divide(integer_literal(1), call.single()).expr),
        _ => fold(call, divide),
    }),
    scalar("inc", Arity::ONE, |call| {
        Ok(add(call.single(), integer_literal(1)).expr)
    }),
    scalar("dec", Arity::ONE, |call| {
        Ok(subtract(call.single(), integer_literal(1)).expr)
    }),
    scalar("quot", Arity::TWO, quotient),
    scalar("rem", Arity::TWO, |call| {
        let (left, right) = call.pair();
        Ok(binary_expr(left.expr, Operator::Modulo, right.expr))
    }),
    scalar("mod", Arity::TWO, |call| {
        let (left, right) = call.pair();
        let remainder = binary_expr(left.expr, Operator::Modulo, right.expr.clone());
        let shifted = binary_expr(remainder, Operator::Plus, right.expr.clone());
        Ok(binary_expr(shifted, Operator::Modulo, right.expr))
    }),
    scalar("pow", Arity::TWO, |call| named(call, "power")),
    scalar("sqrt", Arity::ONE, |call| named(call, "sqrt")),
    scalar("round", Arity::between(1, 2), |call| named(call, "round")),
    scalar("zero?", Arity::ONE, |call| {
        Ok(call.single().expr.eq(lit(0_i64)))
    }),
    scalar("pos?", Arity::ONE, |call| {
        Ok(call.single().expr.gt(lit(0_i64)))
    }),
    scalar("neg?", Arity::ONE, |call| {
        Ok(call.single().expr.lt(lit(0_i64)))
    }),
    scalar("even?", Arity::ONE, |call| Ok(parity(call).eq(lit(0_i64)))),
    scalar("odd?", Arity::ONE, |call| {
        Ok(parity(call).not_eq(lit(0_i64)))
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

fn fold(call: Call<'_>, combine: fn(Argument, Argument) -> Argument) -> Result<Expr, QueryError> {
    for argument in &call.args {
        if super::is_text(&argument.data_type) || argument.data_type == DataType::Boolean {
            let reason = format!("{} is not a number", argument.expr);
            return Err(call.type_error(reason));
        }
    }
    let folded = call.args.into_iter().reduce(combine);
    Ok(folded.expect("the arity in the table is at least one").expr)
}

fn integer_literal(value: i64) -> Argument {
    Argument {
        expr: lit(value),
        data_type: DataType::Int64,
    }
}

fn add(left: Argument, right: Argument) -> Argument {
    arithmetic(left, right, Operator::Plus, CheckedOperation::Add)
}

fn subtract(left: Argument, right: Argument) -> Argument {
    arithmetic(left, right, Operator::Minus, CheckedOperation::Subtract)
}

fn multiply(left: Argument, right: Argument) -> Argument {
    arithmetic(left, right, Operator::Multiply, CheckedOperation::Multiply)
}

fn arithmetic(
    left: Argument,
    right: Argument,
    operator: Operator,
    operation: CheckedOperation,
) -> Argument {
    if left.data_type.is_integer() && right.data_type.is_integer() {
        let expr = checked(operation).call(vec![left.expr, right.expr]);
        return Argument {
            expr,
            data_type: DataType::Int64,
        };
    }
    let data_type = if left.data_type.is_floating() {
        left.data_type
    } else {
        right.data_type
    };
    Argument {
        expr: binary_expr(left.expr, operator, right.expr),
        data_type,
    }
}

fn divide(left: Argument, right: Argument) -> Argument {
    let numerator = if is_integer(&left.data_type) && is_integer(&right.data_type) {
        cast(left.expr, DataType::Float64)
    } else {
        left.expr
    };
    Argument {
        expr: binary_expr(numerator, Operator::Divide, right.expr),
        data_type: DataType::Float64,
    }
}

fn negate(argument: Argument) -> Expr {
    if argument.data_type.is_integer() {
        return subtract(integer_literal(0), argument).expr;
    }
    Expr::Negative(Box::new(argument.expr))
}

fn quotient(call: Call<'_>) -> Result<Expr, QueryError> {
    let whole = call
        .args
        .iter()
        .all(|argument| is_integer(&argument.data_type));
    let args: Vec<Expr> = call
        .args
        .iter()
        .map(|argument| argument.expr.clone())
        .collect();
    let [left, right] = <[Expr; 2]>::try_from(args).expect("the arity in the table is two");
    let divided = binary_expr(left, Operator::Divide, right);
    if whole {
        Ok(divided)
    } else {
        call.builtin("trunc", vec![divided])
    }
}

fn parity(call: Call<'_>) -> Expr {
    binary_expr(call.single().expr, Operator::Modulo, lit(2_i64))
}
