//! Equality and order in `batuta.core`.

use crate::builtin::{Builtin, BuiltinTable, Flow, at_least, exactly, row};
use crate::context::Cx;
use crate::failure::Fault;
use crate::number::{self, Number, comparison, int};
use crate::types::instance;
use crate::value::equality::{self, equal};
use crate::value::{Value, order};

fn all_equal(cx: &mut Cx, args: &mut [Value]) -> Flow {
    match args {
        [_] => Ok(Value::TRUE),
        [a, b] => equal(cx, a, b, |_, answer| Ok(Value::bool(answer))),
        _ => equality::all_equal(cx, args, |_, answer| Ok(Value::bool(answer))),
    }
}

fn not_equal(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let flow = all_equal(cx, args);
    crate::builtin::and_then(cx, flow, |_, answer| Ok(Value::bool(!answer.is_truthy())))
}

/// One argument is in order whatever it is, as in Clojure.
fn chain(args: &[Value], holds: fn(&Value, &Value) -> Result<bool, Fault>) -> Flow {
    for pair in args.windows(2) {
        if !holds(&pair[0], &pair[1])? {
            return Ok(Value::FALSE);
        }
    }
    Ok(Value::TRUE)
}

/// `zero?`
pub fn is_zero(value: &Value) -> Result<bool, Fault> {
    Number::expect("zero?", value)?;
    comparison::equivalent(value, &int(0))
}

/// `pos?`
pub fn is_positive(value: &Value) -> Result<bool, Fault> {
    Number::expect("pos?", value)?;
    number::less(&int(0), value)
}

/// `neg?`
pub fn is_negative(value: &Value) -> Result<bool, Fault> {
    Number::expect("neg?", value)?;
    number::less(value, &int(0))
}

/// Is the integer odd?
pub fn parity(who: &str, value: &Value) -> Result<bool, Fault> {
    if let Some(n) = number::as_i64(value) {
        return Ok(n & 1 == 1);
    }
    match number::as_bigint(value) {
        Some(n) => Ok(n.bit(0)),
        None => Err(Fault::wrong_type(who, "an integer", value)),
    }
}

fn compare(_: &mut Cx, args: &mut [Value]) -> Flow {
    if let Some(flow) = instance::call(&args[0], "compareTo", &args[1..2]) {
        return flow;
    }
    Ok(int(order::difference(&args[0], &args[1])?))
}

fn is_identical(_: &mut Cx, args: &mut [Value]) -> Flow {
    // Numbers have no identity of their own: a boxed one is as good as another.
    let same_number = || number::is_number(&args[0]) && equality::keys_equal(&args[0], &args[1]);
    Ok(Value::bool(args[0].is_identical(&args[1]) || same_number()))
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "<",
        "[n & ns]",
        at_least(1),
        |_, a| chain(a, comparison::less),
        "Does each number come before the next?",
    ),
    row(
        "<=",
        "[n & ns]",
        at_least(1),
        |_, a| chain(a, comparison::less_or_equal),
        "Does no number come after the next?",
    ),
    row(
        "=",
        "[x & more]",
        at_least(1),
        all_equal,
        "Are all arguments equal by value? An exact number and a float never are.",
    ),
    row(
        "==",
        "[n & ns]",
        at_least(1),
        |_, a| chain(a, comparison::equivalent),
        "Are all arguments the same number?",
    ),
    row(
        ">",
        "[n & ns]",
        at_least(1),
        |_, a| chain(a, |x, y| comparison::less(y, x)),
        "Does each number come after the next?",
    ),
    row(
        ">=",
        "[n & ns]",
        at_least(1),
        |_, a| chain(a, |x, y| comparison::less_or_equal(y, x)),
        "Does no number come before the next?",
    ),
    row(
        "compare",
        "[a b]",
        exactly(2),
        compare,
        "A number below, at or above 0 as a comes before, with or after b. Nil comes first.",
    ),
    row(
        "even?",
        "[n]",
        exactly(1),
        |_, a| Ok(Value::bool(!parity("even?", &a[0])?)),
        "Is the integer even?",
    ),
    row(
        "identical?",
        "[a b]",
        exactly(2),
        is_identical,
        "Are both the same object?",
    ),
    row(
        "neg?",
        "[n]",
        exactly(1),
        |_, a| Ok(Value::bool(is_negative(&a[0])?)),
        "Is n below zero?",
    ),
    row(
        "not=",
        "[x & more]",
        at_least(1),
        not_equal,
        "The opposite of =.",
    ),
    row(
        "odd?",
        "[n]",
        exactly(1),
        |_, a| Ok(Value::bool(parity("odd?", &a[0])?)),
        "Is the integer odd?",
    ),
    row(
        "pos?",
        "[n]",
        exactly(1),
        |_, a| Ok(Value::bool(is_positive(&a[0])?)),
        "Is n above zero?",
    ),
    row(
        "zero?",
        "[n]",
        exactly(1),
        |_, a| Ok(Value::bool(is_zero(&a[0])?)),
        "Is n zero?",
    ),
];
