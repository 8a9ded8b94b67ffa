//! The namespace `math`: functions over floats, as `clojure.math` has them.

use crate::builtin::{Builtin, BuiltinTable, Flow, exactly, row};
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
        "hypot",
        "[a b]",
        exactly(2),
        |_, a| two("hypot", a, f64::hypot),
        "The square root of the sum of both squares.",
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
        "pow",
        "[a b]",
        exactly(2),
        |_, a| two("pow", a, f64::powf),
        "a to the b, as a float.",
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
];
