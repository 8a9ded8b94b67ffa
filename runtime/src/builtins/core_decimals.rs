//! Decimals in `batuta.core`: the context that `with-precision` binds, and rounding by it.

use std::sync::OnceLock;

use crate::builtin::{BuiltinTable, Flow, exactly, row};
use crate::builtins::core_state::bound_value;
use crate::collections::map;
use crate::context::Cx;
use crate::failure::Fault;
use crate::number;
use crate::number::decimal::{MathContext, Rounding, as_decimal, make_decimal};
use crate::value::Value;
use crate::value::object::Kind;

/// The context that this actor has bound, if any.
pub(crate) fn math_context(cx: &Cx) -> Option<MathContext> {
    static VAR: OnceLock<Value> = OnceLock::new();
    if cx.coroutine.inherited.is_nil() {
        return None;
    }
    let var = VAR.get_or_init(|| crate::namespace::intern("batuta.core", "*math-context*"));
    let context = bound_value(cx, var)?;
    let precision = map::get_keyword(&context, "precision")?;
    let rounding = map::get_keyword(&context, "rounding")?;
    Some(MathContext {
        precision: number::as_i64(precision)?.try_into().ok()?,
        rounding: Rounding::named(rounding.as_str()?)?,
    })
}

/// A result of arithmetic: a decimal is rounded as the context says.
#[inline]
pub(crate) fn in_context(cx: &Cx, result: Value) -> Result<Value, Fault> {
    if result.kind() == Some(Kind::Decimal) {
        return rounded(cx, result);
    }
    Ok(result)
}

#[cold]
fn rounded(cx: &Cx, result: Value) -> Result<Value, Fault> {
    match (math_context(cx), as_decimal(&result)) {
        (Some(context), Some(decimal)) => context.round(decimal.clone()).map(make_decimal),
        _ => Ok(result),
    }
}

/// `a / b`, of decimals as the context says.
pub(crate) fn divide(cx: &Cx, a: &Value, b: &Value) -> Result<Value, Fault> {
    let is_decimal = |value: &Value| value.kind() == Some(Kind::Decimal);
    if (is_decimal(a) || is_decimal(b))
        && let Some(context) = math_context(cx)
        && let Some(quotient) = number::division::div_in(a, b, &context)
    {
        return quotient;
    }
    number::div(a, b)
}

fn make_context(_: &mut Cx, args: &mut [Value]) -> Flow {
    let precision = number::as_i64(&args[0]).filter(|precision| *precision >= 0);
    if precision.is_none() {
        let wanted = "a number of digits";
        return Err(Fault::wrong_type("with-precision", wanted, &args[0]).into());
    }
    if args[1].as_str().and_then(Rounding::named).is_none() {
        let wanted = "a rounding (UP DOWN CEILING FLOOR HALF_UP HALF_DOWN HALF_EVEN UNNECESSARY)";
        return Err(Fault::wrong_type("with-precision", wanted, &args[1]).into());
    }
    Ok(map::from_pairs([
        (Value::keyword("precision"), args[0].clone()),
        (Value::keyword("rounding"), args[1].clone()),
    ]))
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: &[row(
        "math-context*",
        "[precision rounding]",
        exactly(2),
        make_context,
        "What `with-precision` binds `*math-context*` to.",
    )],
};
