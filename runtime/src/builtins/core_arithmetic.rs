//! Numbers in `batuta.core`: arithmetic, bits, conversions.

use crate::builtin::{Builtin, BuiltinTable, Flow, at_least, exactly, row};
use crate::builtins::core_decimals::{self, in_context};
use crate::builtins::support::random;
use crate::context::Cx;
use crate::failure::Fault;
use crate::number::{self, Number, RatioBox, bits, int};
use crate::value::Value;

type Binary = fn(&Value, &Value) -> Result<Value, Fault>;

fn fold(args: &[Value], operation: Binary) -> Flow {
    let mut result = operation(&args[0], &args[1])?;
    for arg in &args[2..] {
        result = operation(&result, arg)?;
    }
    Ok(result)
}

/// As [`fold`], with decimals rounded as `with-precision` says.
fn fold_in(cx: &Cx, args: &[Value], operation: Binary) -> Flow {
    let mut result = args[0].clone();
    for arg in &args[1..] {
        result = in_context(cx, operation(&result, arg)?)?;
    }
    Ok(result)
}

fn checked(who: &str, value: &Value) -> Flow {
    Number::expect(who, value)?;
    Ok(value.clone())
}

fn add(cx: &mut Cx, args: &mut [Value]) -> Flow {
    match args {
        [] => Ok(int(0)),
        [one] => checked("+", one),
        _ => fold_in(cx, args, number::add),
    }
}

fn subtract(cx: &mut Cx, args: &mut [Value]) -> Flow {
    match args {
        [one] => Ok(number::neg(one)?),
        _ => fold_in(cx, args, number::sub),
    }
}

fn multiply(cx: &mut Cx, args: &mut [Value]) -> Flow {
    match args {
        [] => Ok(int(1)),
        [one] => checked("*", one),
        _ => fold_in(cx, args, number::mul),
    }
}

fn divide(cx: &mut Cx, args: &mut [Value]) -> Flow {
    match args {
        [one] => Ok(core_decimals::divide(cx, &int(1), one)?),
        [first, rest @ ..] => {
            let mut result = first.clone();
            for arg in rest {
                result = core_decimals::divide(cx, &result, arg)?;
            }
            Ok(result)
        }
        [] => Ok(int(1)),
    }
}

fn extreme(
    who: &str,
    args: &[Value],
    wants: fn(&Value, &Value) -> Result<bool, Fault>,
) -> Result<Value, Fault> {
    if let [only] = args {
        return Ok(only.clone());
    }
    Number::expect(who, &args[0])?;
    let mut best = args[0].clone();
    for arg in &args[1..] {
        let is_nan = |value: &Value| value.as_float().is_some_and(f64::is_nan);
        if is_nan(arg) || (!is_nan(&best) && wants(arg, &best)?) {
            best = arg.clone();
        }
    }
    Ok(best)
}

fn greatest(_: &mut Cx, args: &mut [Value]) -> Flow {
    Ok(extreme("max", args, |a, b| number::less(b, a))?)
}

fn least(_: &mut Cx, args: &mut [Value]) -> Flow {
    Ok(extreme("min", args, number::less)?)
}

/// `(max a b)`
pub fn greater(a: &Value, b: &Value) -> Result<Value, Fault> {
    extreme("max", &[a.clone(), b.clone()], |a, b| number::less(b, a))
}

/// `(min a b)`
pub fn lesser(a: &Value, b: &Value) -> Result<Value, Fault> {
    extreme("min", &[a.clone(), b.clone()], number::less)
}

fn numerator(_: &mut Cx, args: &mut [Value]) -> Flow {
    match args[0].as_object::<RatioBox>() {
        Some(ratio) => Ok(number::from_bigint(ratio.numerator.clone())),
        None => Err(Fault::wrong_type("numerator", "a ratio", &args[0]).into()),
    }
}

fn denominator(_: &mut Cx, args: &mut [Value]) -> Flow {
    match args[0].as_object::<RatioBox>() {
        Some(ratio) => Ok(number::from_bigint(ratio.denominator.clone())),
        None => Err(Fault::wrong_type("denominator", "a ratio", &args[0]).into()),
    }
}

/// A float from 0 up to 1: the top 53 bits make all of them equally likely.
fn random_unit() -> f64 {
    (random() >> 11) as f64 / (1u64 << 53) as f64
}

fn rand(_: &mut Cx, args: &mut [Value]) -> Flow {
    let unit = random_unit();
    match args {
        [] => Ok(Value::float(unit)),
        _ => Ok(number::mul(&Value::float(unit), &args[0])?),
    }
}

fn rand_int(_: &mut Cx, args: &mut [Value]) -> Flow {
    if let Some(bound) = number::as_i64(&args[0]) {
        let size = u128::from(bound.unsigned_abs());
        let chosen = ((u128::from(random()) * size) >> 64) as i64;
        return Ok(int(if bound < 0 { -chosen } else { chosen }));
    }
    let bound = Number::expect("rand-int", &args[0])?.to_f64();
    if bound.is_nan() || bound.abs() > i64::MAX as f64 {
        return Err(Fault::wrong_type("rand-int", "a number of at most 64 bits", &args[0]).into());
    }
    Ok(int((random_unit() * bound) as i64))
}

fn fold_bits(args: &[Value], operation: Binary) -> Flow {
    fold(args, operation)
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "*",
        "[& ns]",
        at_least(0),
        multiply,
        "The product; 1 of nothing.",
    ),
    row(
        "*'",
        "[& ns]",
        at_least(0),
        multiply,
        "The same function as *: integers always grow.",
    ),
    row("+", "[& ns]", at_least(0), add, "The sum; 0 of nothing."),
    row(
        "+'",
        "[& ns]",
        at_least(0),
        add,
        "The same function as +: integers always grow.",
    ),
    row(
        "-",
        "[n] [n & ns]",
        at_least(1),
        subtract,
        "The first number less all others; of one number its negative.",
    ),
    row(
        "-'",
        "[n] [n & ns]",
        at_least(1),
        subtract,
        "The same function as -: integers always grow.",
    ),
    row(
        "/",
        "[n] [n & ns]",
        at_least(1),
        divide,
        "The first number divided by all others; of one number its inverse. Exact for exact numbers.",
    ),
    row(
        "abs",
        "[n]",
        exactly(1),
        |_, a| Ok(number::abs(&a[0])?),
        "The magnitude of n.",
    ),
    row(
        "bit-and",
        "[a b & more]",
        at_least(2),
        |_, a| fold_bits(a, bits::and),
        "The bits set in all arguments.",
    ),
    row(
        "bit-and-not",
        "[a b & more]",
        at_least(2),
        |_, a| fold_bits(a, bits::and_not),
        "The bits set in a and in none of the others.",
    ),
    row(
        "bit-clear",
        "[a n]",
        exactly(2),
        |_, a| Ok(bits::change("bit-clear", &a[0], &a[1])?),
        "a with bit n cleared.",
    ),
    row(
        "bit-count",
        "[a]",
        exactly(1),
        |_, a| Ok(bits::count_ones(&a[0])?),
        "How many bits of a are set.",
    ),
    row(
        "bit-flip",
        "[a n]",
        exactly(2),
        |_, a| Ok(bits::change("bit-flip", &a[0], &a[1])?),
        "a with bit n turned.",
    ),
    row(
        "bit-not",
        "[a]",
        exactly(1),
        |_, a| Ok(bits::not(&a[0])?),
        "a with all bits turned.",
    ),
    row(
        "bit-or",
        "[a b & more]",
        at_least(2),
        |_, a| fold_bits(a, bits::or),
        "The bits set in any argument.",
    ),
    row(
        "bit-set",
        "[a n]",
        exactly(2),
        |_, a| Ok(bits::change("bit-set", &a[0], &a[1])?),
        "a with bit n set.",
    ),
    row(
        "bit-shift-left",
        "[a n]",
        exactly(2),
        |_, a| Ok(bits::shift_left(&a[0], &a[1])?),
        "a times 2 to the n; no bit is lost.",
    ),
    row(
        "bit-shift-right",
        "[a n]",
        exactly(2),
        |_, a| Ok(bits::shift_right(&a[0], &a[1])?),
        "a divided by 2 to the n, rounded down.",
    ),
    row(
        "bit-test",
        "[a n]",
        exactly(2),
        |_, a| Ok(Value::bool(bits::test(&a[0], &a[1])?)),
        "Is bit n of a set?",
    ),
    row(
        "bit-xor",
        "[a b & more]",
        at_least(2),
        |_, a| fold_bits(a, bits::xor),
        "The bits set in an odd number of arguments.",
    ),
    row(
        "dec",
        "[n]",
        exactly(1),
        |cx, a| Ok(in_context(cx, number::dec(&a[0])?)?),
        "n less one.",
    ),
    row(
        "dec'",
        "[n]",
        exactly(1),
        |cx, a| Ok(in_context(cx, number::dec(&a[0])?)?),
        "The same function as dec.",
    ),
    row(
        "denominator",
        "[r]",
        exactly(1),
        denominator,
        "The denominator of a ratio.",
    ),
    row(
        "inc",
        "[n]",
        exactly(1),
        |cx, a| Ok(in_context(cx, number::inc(&a[0])?)?),
        "n plus one.",
    ),
    row(
        "inc'",
        "[n]",
        exactly(1),
        |cx, a| Ok(in_context(cx, number::inc(&a[0])?)?),
        "The same function as inc.",
    ),
    row(
        "max",
        "[n & ns]",
        at_least(1),
        greatest,
        "The greatest of the numbers.",
    ),
    row(
        "min",
        "[n & ns]",
        at_least(1),
        least,
        "The least of the numbers.",
    ),
    row(
        "mod",
        "[n d]",
        exactly(2),
        |_, a| Ok(number::modulo(&a[0], &a[1])?),
        "The remainder of n by d, with the sign of d.",
    ),
    row(
        "numerator",
        "[r]",
        exactly(1),
        numerator,
        "The numerator of a ratio.",
    ),
    row(
        "quot",
        "[n d]",
        exactly(2),
        |_, a| Ok(number::quot(&a[0], &a[1])?),
        "n divided by d, rounded towards zero.",
    ),
    row(
        "rand",
        "[] [n]",
        crate::builtin::between(0, 1),
        rand,
        "A random float from 0 up to 1, or up to n.",
    ),
    row(
        "rand-int",
        "[n]",
        exactly(1),
        rand_int,
        "A random integer from 0 up to, not including, n.",
    ),
    row(
        "rationalize",
        "[n]",
        exactly(1),
        |_, a| Ok(number::rationalize(&a[0])?),
        "The exact number that prints like n.",
    ),
    row(
        "rem",
        "[n d]",
        exactly(2),
        |_, a| Ok(number::rem(&a[0], &a[1])?),
        "What quot leaves of n by d, with the sign of n.",
    ),
    row(
        "unsigned-bit-shift-right",
        "[a n]",
        exactly(2),
        |_, a| Ok(bits::unsigned_shift_right(&a[0], &a[1])?),
        "The 64 bits of a moved right by n, zeros coming in.",
    ),
];
