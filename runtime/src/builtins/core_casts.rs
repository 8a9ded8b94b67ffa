//! Conversions between numbers in `batuta.core`: checked casts, and unchecked ones with the
//! arithmetic that wraps around at 64 or 32 bits.

use crate::builtin::{Builtin, BuiltinTable, Flow, exactly, row};
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::number::{self, Number, casts, int};
use crate::value::Value;

fn float(who: &str, args: &[Value]) -> Flow {
    Ok(Value::float(casts::to_f64(who, &args[0])?))
}

/// As Java's 32-bit floats have it, a number must not be beyond them.
fn small_float(who: &str, args: &[Value]) -> Flow {
    let f = casts::to_f64(who, &args[0])?;
    if f.abs() > f64::from(f32::MAX) {
        let shown = crate::value::print::short(&args[0]);
        let message = format!("`{who}`: {shown} is beyond the floats of 32 bits");
        return Err(Fault::new(FaultKind::Number, message).into());
    }
    Ok(Value::float(f))
}

fn same_number(_: &mut Cx, args: &mut [Value]) -> Flow {
    if args[0].is_nil() {
        return Ok(Value::NIL);
    }
    Number::expect("num", &args[0])?;
    Ok(args[0].clone())
}

type Operation = fn(&Value, &Value) -> Result<Value, Fault>;

/// Wraps around at 64 bits for integers that fit; the plain operation for all other numbers.
fn wrapping(args: &[Value], words: fn(i64, i64) -> i64, other: Operation) -> Flow {
    match casts::wrapping(&args[0], &args[1], words) {
        Some(result) => Ok(result),
        None => Ok(other(&args[0], &args[1])?),
    }
}

/// As [`wrapping`] with a fixed second operand.
fn wrapping_by(args: &[Value], by: i64, words: fn(i64, i64) -> i64, other: Operation) -> Flow {
    wrapping(&[args[0].clone(), int(by)], words, other)
}

fn words_32(who: &str, args: &[Value], operation: fn(i32, i32) -> i32) -> Flow {
    let a = casts::to_i32(who, &args[0])?;
    let b = match args.get(1) {
        Some(b) => casts::to_i32(who, b)?,
        None => 1,
    };
    Ok(int(operation(a, b).into()))
}

fn divided_32(who: &str, args: &[Value], operation: fn(i32, i32) -> i32) -> Flow {
    if casts::to_i32(who, &args[1])? == 0 {
        return Err(number::divide_by_zero().into());
    }
    words_32(who, args, operation)
}

/// The character of the low 16 bits; a half of a surrogate pair is none.
fn low_char(_: &mut Cx, args: &mut [Value]) -> Flow {
    let code = casts::low_bits_32("unchecked-char", &args[0])? as u16;
    Ok(Value::char(casts::to_char(
        "unchecked-char",
        &int(code.into()),
    )?))
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "bigdec",
        "[x]",
        exactly(1),
        |_, a| Ok(casts::to_decimal(&a[0])?),
        "The exact decimal of a number or of a text; of a float by the digits that print.",
    ),
    row(
        "bigint",
        "[x]",
        exactly(1),
        |_, a| Ok(casts::to_integer("bigint", &a[0])?),
        "The integer part of a number, of any size; the integer that a text writes.",
    ),
    row(
        "biginteger",
        "[x]",
        exactly(1),
        |_, a| Ok(casts::to_integer("biginteger", &a[0])?),
        "The same function as bigint.",
    ),
    row(
        "byte",
        "[n]",
        exactly(1),
        |_, a| Ok(int(casts::to_i8("byte", &a[0])?.into())),
        "The integer part of n, which must fit 8 bits.",
    ),
    row(
        "char",
        "[x]",
        exactly(1),
        |_, a| Ok(Value::char(casts::to_char("char", &a[0])?)),
        "The character with this code point.",
    ),
    row(
        "double",
        "[n]",
        exactly(1),
        |_, a| float("double", a),
        "The float nearest to n.",
    ),
    row(
        "float",
        "[n]",
        exactly(1),
        |_, a| small_float("float", a),
        "The float nearest to n, which must not be beyond those of 32 bits; it keeps all its digits.",
    ),
    row(
        "int",
        "[x]",
        exactly(1),
        |_, a| Ok(int(casts::to_i32("int", &a[0])?.into())),
        "The integer part of a number, which must fit 32 bits; the code point of a character.",
    ),
    row(
        "long",
        "[x]",
        exactly(1),
        |_, a| Ok(int(casts::to_i64("long", &a[0])?)),
        "The integer part of a number, which must fit 64 bits; the code point of a character.",
    ),
    row(
        "num",
        "[n]",
        exactly(1),
        same_number,
        "The number itself, or nil; a fault for anything else.",
    ),
    row(
        "short",
        "[n]",
        exactly(1),
        |_, a| Ok(int(casts::to_i16("short", &a[0])?.into())),
        "The integer part of n, which must fit 16 bits.",
    ),
    row(
        "unchecked-add",
        "[a b]",
        exactly(2),
        |_, a| wrapping(a, i64::wrapping_add, number::add),
        "The sum; of 64-bit integers its low 64 bits.",
    ),
    row(
        "unchecked-add-int",
        "[a b]",
        exactly(2),
        |_, a| words_32("unchecked-add-int", a, i32::wrapping_add),
        "The low 32 bits of the sum of 32-bit integers.",
    ),
    row(
        "unchecked-byte",
        "[n]",
        exactly(1),
        |_, a| {
            Ok(int(
                (casts::low_bits_32("unchecked-byte", &a[0])? as i8).into()
            ))
        },
        "The low 8 bits of the integer part of n.",
    ),
    row(
        "unchecked-char",
        "[n]",
        exactly(1),
        low_char,
        "The character of the low 16 bits of the integer part of n.",
    ),
    row(
        "unchecked-dec",
        "[n]",
        exactly(1),
        |_, a| wrapping_by(a, 1, i64::wrapping_sub, number::sub),
        "n less one; of a 64-bit integer the low 64 bits of that.",
    ),
    row(
        "unchecked-dec-int",
        "[n]",
        exactly(1),
        |_, a| words_32("unchecked-dec-int", a, i32::wrapping_sub),
        "The low 32 bits of a 32-bit integer less one.",
    ),
    row(
        "unchecked-divide-int",
        "[a b]",
        exactly(2),
        |_, a| divided_32("unchecked-divide-int", a, i32::wrapping_div),
        "The quotient of 32-bit integers, rounded towards zero.",
    ),
    row(
        "unchecked-double",
        "[n]",
        exactly(1),
        |_, a| float("unchecked-double", a),
        "The float nearest to n.",
    ),
    row(
        "unchecked-float",
        "[n]",
        exactly(1),
        |_, a| float("unchecked-float", a),
        "The float nearest to n.",
    ),
    row(
        "unchecked-inc",
        "[n]",
        exactly(1),
        |_, a| wrapping_by(a, 1, i64::wrapping_add, number::add),
        "n plus one; of a 64-bit integer the low 64 bits of that.",
    ),
    row(
        "unchecked-inc-int",
        "[n]",
        exactly(1),
        |_, a| words_32("unchecked-inc-int", a, i32::wrapping_add),
        "The low 32 bits of a 32-bit integer plus one.",
    ),
    row(
        "unchecked-int",
        "[n]",
        exactly(1),
        |_, a| Ok(int(casts::low_bits_32("unchecked-int", &a[0])?.into())),
        "The low 32 bits of the integer part of n.",
    ),
    row(
        "unchecked-long",
        "[n]",
        exactly(1),
        |_, a| Ok(int(casts::low_bits("unchecked-long", &a[0])?)),
        "The low 64 bits of the integer part of n.",
    ),
    row(
        "unchecked-multiply",
        "[a b]",
        exactly(2),
        |_, a| wrapping(a, i64::wrapping_mul, number::mul),
        "The product; of 64-bit integers its low 64 bits.",
    ),
    row(
        "unchecked-multiply-int",
        "[a b]",
        exactly(2),
        |_, a| words_32("unchecked-multiply-int", a, i32::wrapping_mul),
        "The low 32 bits of the product of 32-bit integers.",
    ),
    row(
        "unchecked-negate",
        "[n]",
        exactly(1),
        |_, a| wrapping_by(a, 0, |n, _| n.wrapping_neg(), |n, _| number::neg(n)),
        "The negative of n; of a 64-bit integer the low 64 bits of that.",
    ),
    row(
        "unchecked-negate-int",
        "[n]",
        exactly(1),
        |_, a| words_32("unchecked-negate-int", a, |n, _| n.wrapping_neg()),
        "The low 32 bits of the negative of a 32-bit integer.",
    ),
    row(
        "unchecked-remainder-int",
        "[a b]",
        exactly(2),
        |_, a| divided_32("unchecked-remainder-int", a, i32::wrapping_rem),
        "What unchecked-divide-int leaves of a by b.",
    ),
    row(
        "unchecked-short",
        "[n]",
        exactly(1),
        |_, a| {
            Ok(int(
                (casts::low_bits_32("unchecked-short", &a[0])? as i16).into()
            ))
        },
        "The low 16 bits of the integer part of n.",
    ),
    row(
        "unchecked-subtract",
        "[a b]",
        exactly(2),
        |_, a| wrapping(a, i64::wrapping_sub, number::sub),
        "The difference; of 64-bit integers its low 64 bits.",
    ),
    row(
        "unchecked-subtract-int",
        "[a b]",
        exactly(2),
        |_, a| words_32("unchecked-subtract-int", a, i32::wrapping_sub),
        "The low 32 bits of the difference of 32-bit integers.",
    ),
];
