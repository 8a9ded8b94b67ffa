//! The namespace `math`: functions over floats, as `clojure.math` has them.

use crate::builtin::{Builtin, BuiltinTable, Flow, exactly, row};
use crate::builtins::support::random;
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::number::{self, Number};
use crate::value::Value;

fn one(who: &str, args: &[Value], function: fn(f64) -> f64) -> Flow {
    Ok(Value::float(function(
        Number::expect(who, &args[0])?.to_f64(),
    )))
}

fn two(who: &str, args: &[Value], function: fn(f64, f64) -> f64) -> Flow {
    let (a, b) = (
        Number::expect(who, &args[0])?,
        Number::expect(who, &args[1])?,
    );
    Ok(Value::float(function(a.to_f64(), b.to_f64())))
}

/// Half-way cases go up, as in Java; the result is an integer.
fn round(_: &mut Cx, args: &mut [Value]) -> Flow {
    if number::is_int(&args[0]) {
        return Ok(args[0].clone());
    }
    let f = Number::expect("round", &args[0])?.to_f64();
    if f.is_nan() {
        return Ok(number::int(0));
    }
    if f.is_infinite() {
        let message = "`round` of an infinite float has no integer value";
        return Err(Fault::new(FaultKind::Number, message).into());
    }
    let down = f.floor();
    Ok(number::float_to_int(if f - down >= 0.5 {
        down + 1.0
    } else {
        down
    })?)
}

fn signum(f: f64) -> f64 {
    if f == 0.0 || f.is_nan() {
        f
    } else {
        f.signum()
    }
}

fn exact(who: &str, args: &[Value], function: fn(&Value, &Value) -> Result<Value, Fault>) -> Flow {
    for arg in args {
        if !number::is_int(arg) {
            return Err(Fault::wrong_type(who, "an integer", arg).into());
        }
    }
    Ok(function(&args[0], &args[1])?)
}

/// The quotient rounded down.
fn floor_div(a: &Value, b: &Value) -> Result<Value, Fault> {
    let rest = number::modulo(a, b)?;
    number::quot(&number::sub(a, &rest)?, b)
}

/// An operation of integers of 64 bits whose result must be one.
fn in_long(
    who: &str,
    args: &[Value],
    operation: fn(&Value, &Value) -> Result<Value, Fault>,
) -> Flow {
    for arg in args {
        number::as_i64(arg).ok_or_else(|| Fault::wrong_type(who, "an integer of 64 bits", arg))?;
    }
    let result = operation(&args[0], &args[1])?;
    if number::as_i64(&result).is_some() {
        return Ok(result);
    }
    let message = format!("`{who}`: the result does not fit 64 bits");
    Err(Fault::new(FaultKind::Number, message).into())
}

fn ieee_remainder(n: f64, d: f64) -> f64 {
    if n.is_infinite() || d == 0.0 || n.is_nan() || d.is_nan() {
        return f64::NAN;
    }
    if d.is_infinite() {
        return n;
    }
    // Both remainders are exact; the nearer one counts, of two the one of an even multiple.
    let rest = n % d;
    let other = rest - d.abs().copysign(rest);
    let nearer = match rest.abs().total_cmp(&other.abs()) {
        std::cmp::Ordering::Less => rest,
        std::cmp::Ordering::Greater => other,
        std::cmp::Ordering::Equal if (n / d).trunc() % 2.0 == 0.0 => rest,
        std::cmp::Ordering::Equal => other,
    };
    if nearer == 0.0 {
        0f64.copysign(n)
    } else {
        nearer
    }
}

fn next_after(start: f64, direction: f64) -> f64 {
    if start.is_nan() || direction.is_nan() {
        f64::NAN
    } else if start < direction {
        start.next_up()
    } else if start > direction {
        start.next_down()
    } else {
        direction
    }
}

fn ulp(f: f64) -> f64 {
    let f = f.abs();
    if f == f64::MAX {
        return f - f.next_down();
    }
    if f.is_finite() { f.next_up() - f } else { f }
}

fn get_exponent(_: &mut Cx, args: &mut [Value]) -> Flow {
    let f = Number::expect("get-exponent", &args[0])?.to_f64();
    let bits = (f.to_bits() >> 52 & 0x7ff) as i64;
    Ok(number::int(bits - 1023))
}

/// In steps that do not round, but for the last.
fn scalb(_: &mut Cx, args: &mut [Value]) -> Flow {
    let mut f = Number::expect("scalb", &args[0])?.to_f64();
    let mut exponent = number::casts::to_i32("scalb", &args[1])?;
    // Beyond this every float is infinite or zero.
    exponent = exponent.clamp(-2200, 2200);
    while exponent > 1000 {
        f *= 2f64.powi(1000);
        exponent -= 1000;
    }
    while exponent < -1000 && f.abs() > 1.0 {
        f *= 2f64.powi(-1000);
        exponent += 1000;
    }
    while exponent < -1000 {
        // Still far from the least floats, or already zero.
        f *= 2f64.powi(-900);
        exponent += 900;
    }
    Ok(Value::float(f * 2f64.powi(exponent)))
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "math",
    builtins: ROWS,
};

/// `sqrt` and what else core has under its own name.
pub static CORE_TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: CORE_ROWS,
};

const CORE_ROWS: &[Builtin] = &[row(
    "sqrt",
    "[n]",
    exactly(1),
    |_, a| one("sqrt", a, f64::sqrt),
    "The square root as a float.",
)];

const ROWS: &[Builtin] = &[
    row(
        "IEEE-remainder",
        "[n d]",
        exactly(2),
        |_, a| two("IEEE-remainder", a, ieee_remainder),
        "What the nearest whole multiple of d leaves of n.",
    ),
    row(
        "abs",
        "[n]",
        exactly(1),
        |_, a| Ok(number::abs(&a[0])?),
        "The magnitude of n.",
    ),
    row(
        "acos",
        "[n]",
        exactly(1),
        |_, a| one("acos", a, f64::acos),
        "The arc cosine in radians.",
    ),
    row(
        "add-exact",
        "[a b]",
        exactly(2),
        |_, a| in_long("add-exact", a, number::add),
        "The sum of integers; a fault if it does not fit 64 bits.",
    ),
    row(
        "asin",
        "[n]",
        exactly(1),
        |_, a| one("asin", a, f64::asin),
        "The arc sine in radians.",
    ),
    row(
        "atan",
        "[n]",
        exactly(1),
        |_, a| one("atan", a, f64::atan),
        "The arc tangent in radians.",
    ),
    row(
        "atan2",
        "[y x]",
        exactly(2),
        |_, a| two("atan2", a, f64::atan2),
        "The angle of the point (x, y) in radians.",
    ),
    row(
        "cbrt",
        "[n]",
        exactly(1),
        |_, a| one("cbrt", a, f64::cbrt),
        "The cube root.",
    ),
    row(
        "ceil",
        "[n]",
        exactly(1),
        |_, a| one("ceil", a, f64::ceil),
        "The least whole float that is not below n.",
    ),
    row(
        "copy-sign",
        "[magnitude sign]",
        exactly(2),
        |_, a| two("copy-sign", a, f64::copysign),
        "The first float with the sign of the second.",
    ),
    row(
        "cos",
        "[n]",
        exactly(1),
        |_, a| one("cos", a, f64::cos),
        "The cosine of an angle in radians.",
    ),
    row(
        "cosh",
        "[n]",
        exactly(1),
        |_, a| one("cosh", a, f64::cosh),
        "The hyperbolic cosine.",
    ),
    row(
        "decrement-exact",
        "[n]",
        exactly(1),
        |_, a| {
            in_long(
                "decrement-exact",
                &[a[0].clone(), number::int(1)],
                number::sub,
            )
        },
        "n less one; a fault if it does not fit 64 bits.",
    ),
    row(
        "exp",
        "[n]",
        exactly(1),
        |_, a| one("exp", a, f64::exp),
        "e to the n.",
    ),
    row(
        "expm1",
        "[n]",
        exactly(1),
        |_, a| one("expm1", a, f64::exp_m1),
        "e to the n, less one, exact near zero.",
    ),
    row(
        "floor",
        "[n]",
        exactly(1),
        |_, a| one("floor", a, f64::floor),
        "The greatest whole float that is not above n.",
    ),
    row(
        "floor-div",
        "[a b]",
        exactly(2),
        |_, a| exact("floor-div", a, floor_div),
        "The integer quotient rounded down.",
    ),
    row(
        "floor-mod",
        "[a b]",
        exactly(2),
        |_, a| exact("floor-mod", a, number::modulo),
        "The remainder with the sign of b.",
    ),
    row(
        "get-exponent",
        "[n]",
        exactly(1),
        get_exponent,
        "The exponent of n as a float of base two.",
    ),
    row(
        "hypot",
        "[a b]",
        exactly(2),
        |_, a| two("hypot", a, f64::hypot),
        "The square root of the sum of both squares.",
    ),
    row(
        "increment-exact",
        "[n]",
        exactly(1),
        |_, a| {
            in_long(
                "increment-exact",
                &[a[0].clone(), number::int(1)],
                number::add,
            )
        },
        "n plus one; a fault if it does not fit 64 bits.",
    ),
    row(
        "log",
        "[n]",
        exactly(1),
        |_, a| one("log", a, f64::ln),
        "The natural logarithm.",
    ),
    row(
        "log10",
        "[n]",
        exactly(1),
        |_, a| one("log10", a, f64::log10),
        "The logarithm to base ten.",
    ),
    row(
        "log1p",
        "[n]",
        exactly(1),
        |_, a| one("log1p", a, f64::ln_1p),
        "The natural logarithm of n plus one, exact near zero.",
    ),
    row(
        "max",
        "[a b]",
        exactly(2),
        |_, a| {
            Ok(if number::less(&a[0], &a[1])? {
                a[1].clone()
            } else {
                a[0].clone()
            })
        },
        "The greater of two numbers.",
    ),
    row(
        "min",
        "[a b]",
        exactly(2),
        |_, a| {
            Ok(if number::less(&a[1], &a[0])? {
                a[1].clone()
            } else {
                a[0].clone()
            })
        },
        "The lesser of two numbers.",
    ),
    row(
        "multiply-exact",
        "[a b]",
        exactly(2),
        |_, a| in_long("multiply-exact", a, number::mul),
        "The product of integers; a fault if it does not fit 64 bits.",
    ),
    row(
        "negate-exact",
        "[n]",
        exactly(1),
        |_, a| in_long("negate-exact", &[number::int(0), a[0].clone()], number::sub),
        "The negative of an integer; a fault if it does not fit 64 bits.",
    ),
    row(
        "next-after",
        "[start direction]",
        exactly(2),
        |_, a| two("next-after", a, next_after),
        "The float next to start on the way to direction.",
    ),
    row(
        "next-down",
        "[n]",
        exactly(1),
        |_, a| one("next-down", a, f64::next_down),
        "The greatest float below n.",
    ),
    row(
        "next-up",
        "[n]",
        exactly(1),
        |_, a| one("next-up", a, f64::next_up),
        "The least float above n.",
    ),
    row(
        "pow",
        "[a b]",
        exactly(2),
        |_, a| two("pow", a, f64::powf),
        "a to the b, as a float.",
    ),
    row(
        "random",
        "[]",
        exactly(0),
        |_, _| Ok(Value::float((random() >> 11) as f64 / (1u64 << 53) as f64)),
        "A random float from 0 up to 1.",
    ),
    row(
        "rint",
        "[n]",
        exactly(1),
        |_, a| one("rint", a, f64::round_ties_even),
        "The nearest whole float; of two the even one.",
    ),
    row(
        "round",
        "[n]",
        exactly(1),
        round,
        "The nearest integer; of two the greater one.",
    ),
    row(
        "scalb",
        "[n exponent]",
        exactly(2),
        scalb,
        "n times two to the exponent, rounded once.",
    ),
    row(
        "signum",
        "[n]",
        exactly(1),
        |_, a| one("signum", a, signum),
        "-1.0, 0.0 or 1.0 as n is below, at or above zero.",
    ),
    row(
        "sin",
        "[n]",
        exactly(1),
        |_, a| one("sin", a, f64::sin),
        "The sine of an angle in radians.",
    ),
    row(
        "sinh",
        "[n]",
        exactly(1),
        |_, a| one("sinh", a, f64::sinh),
        "The hyperbolic sine.",
    ),
    row(
        "sqrt",
        "[n]",
        exactly(1),
        |_, a| one("sqrt", a, f64::sqrt),
        "The square root as a float.",
    ),
    row(
        "subtract-exact",
        "[a b]",
        exactly(2),
        |_, a| in_long("subtract-exact", a, number::sub),
        "The difference of integers; a fault if it does not fit 64 bits.",
    ),
    row(
        "tan",
        "[n]",
        exactly(1),
        |_, a| one("tan", a, f64::tan),
        "The tangent of an angle in radians.",
    ),
    row(
        "tanh",
        "[n]",
        exactly(1),
        |_, a| one("tanh", a, f64::tanh),
        "The hyperbolic tangent.",
    ),
    row(
        "to-degrees",
        "[n]",
        exactly(1),
        |_, a| one("to-degrees", a, f64::to_degrees),
        "Radians as degrees.",
    ),
    row(
        "to-radians",
        "[n]",
        exactly(1),
        |_, a| one("to-radians", a, f64::to_radians),
        "Degrees as radians.",
    ),
    row(
        "ulp",
        "[n]",
        exactly(1),
        |_, a| one("ulp", a, ulp),
        "The distance from n to the next greater float.",
    ),
];
