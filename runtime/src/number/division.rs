//! The four divisions: exact, truncating, its remainder, and the floored modulus.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::Zero;

use super::decimal::{Decimal, MathContext, make_decimal};
use super::{Number, divide_by_zero, float_to_int, from_bigint, from_i128, ratio};
use crate::failure::Fault;
use crate::value::Value;

/// `a / b`: exact for exact numbers.
pub fn div(a: &Value, b: &Value) -> Result<Value, Fault> {
    let (x, y) = (Number::expect("/", a)?, Number::expect("/", b)?);
    match (&x, &y) {
        (Number::Int(x), Number::Int(y)) => {
            if *y == 0 {
                return Err(divide_by_zero());
            }
            let (x, y) = (i128::from(*x), i128::from(*y));
            if x % y == 0 {
                return Ok(from_i128(x / y));
            }
            ratio(BigInt::from(x), BigInt::from(y))
        }
        (Number::Float(_), _) | (_, Number::Float(_)) => {
            if y.is_exact_zero() {
                return Err(divide_by_zero());
            }
            Ok(Value::float(x.to_f64() / y.to_f64()))
        }
        _ => match (x.parts(), y.parts()) {
            (Some((xn, xd)), Some((yn, yd))) => ratio(xn * yd, xd * yn),
            _ => {
                let (x, y) = (Decimal::of_exact(&x)?, Decimal::of_exact(&y)?);
                x.div(&y).map(make_decimal)
            }
        },
    }
}

/// `a / b` of exact numbers one of which is a decimal, rounded as the context says; `None` for
/// others.
pub(crate) fn div_in(a: &Value, b: &Value, context: &MathContext) -> Option<Result<Value, Fault>> {
    let (x, y) = (Number::of(a)?, Number::of(b)?);
    let is_float = |number: &Number| matches!(number, Number::Float(_));
    let is_decimal = |number: &Number| matches!(number, Number::Decimal(_));
    if is_float(&x) || is_float(&y) || !(is_decimal(&x) || is_decimal(&y)) {
        return None;
    }
    let quotient = || context.div(&Decimal::of_exact(&x)?, &Decimal::of_exact(&y)?);
    Some(quotient().map(make_decimal))
}

/// The quotient rounded towards zero.
pub fn quot(a: &Value, b: &Value) -> Result<Value, Fault> {
    whole("quot", a, b, &QUOTIENT)
}

/// What [`quot`] leaves; has the sign of `a`.
pub fn rem(a: &Value, b: &Value) -> Result<Value, Fault> {
    whole("rem", a, b, &REMAINDER)
}

/// The remainder with the sign of `b`.
pub fn modulo(a: &Value, b: &Value) -> Result<Value, Fault> {
    whole("mod", a, b, &MODULUS)
}

/// One operation at every level of the tower.
struct Operation {
    int: fn(i128, i128) -> i128,
    big: fn(BigInt, BigInt) -> BigInt,
    float: fn(f64, f64) -> f64,
    decimal: fn(&Decimal, &Decimal) -> Result<Decimal, Fault>,
    /// Is the result over the common denominator of the operands (what is left of a division)?
    keeps_denominator: bool,
}

const QUOTIENT: Operation = Operation {
    int: |x, y| x / y,
    big: |x, y| x / y,
    float: float_quotient,
    decimal: Decimal::quot,
    keeps_denominator: false,
};

const REMAINDER: Operation = Operation {
    int: |x, y| x % y,
    big: |x, y| x % y,
    float: float_remainder,
    decimal: Decimal::rem,
    keeps_denominator: true,
};

const MODULUS: Operation = Operation {
    int: |x, y| x.mod_floor(&y),
    big: |x, y| x.mod_floor(&y),
    float: |x, y| {
        let rest = float_remainder(x, y);
        if rest == 0.0 || (x > 0.0) == (y > 0.0) {
            rest
        } else {
            rest + y
        }
    },
    decimal: Decimal::modulo,
    keeps_denominator: true,
};

/// As an integer made a float again: there is no negative zero.
fn float_quotient(x: f64, y: f64) -> f64 {
    (x / y).trunc() + 0.0
}

/// As Clojure defines it, by the rounded quotient: `(rem 1.0 0.1)` is 0, which an exact remainder
/// is not.
fn float_remainder(x: f64, y: f64) -> f64 {
    x - float_quotient(x, y) * y
}

fn whole(who: &str, a: &Value, b: &Value, operation: &Operation) -> Result<Value, Fault> {
    let (x, y) = (Number::expect(who, a)?, Number::expect(who, b)?);
    match (&x, &y) {
        (Number::Int(x), Number::Int(y)) => {
            if *y == 0 {
                return Err(divide_by_zero());
            }
            Ok(from_i128((operation.int)(i128::from(*x), i128::from(*y))))
        }
        (Number::Float(_), _) | (_, Number::Float(_)) => {
            let (x, y) = (x.to_f64(), y.to_f64());
            if y == 0.0 {
                return Err(divide_by_zero());
            }
            if !(x / y).is_finite() {
                // Names the number that has no quotient.
                float_to_int(x / y)?;
            }
            Ok(Value::float((operation.float)(x, y)))
        }
        _ => whole_exact(&x, &y, operation),
    }
}

fn whole_exact(x: &Number, y: &Number, operation: &Operation) -> Result<Value, Fault> {
    let (Some((xn, xd)), Some((yn, yd))) = (x.parts(), y.parts()) else {
        let (x, y) = (Decimal::of_exact(x)?, Decimal::of_exact(y)?);
        return (operation.decimal)(&x, &y).map(make_decimal);
    };
    if yn.is_zero() {
        return Err(divide_by_zero());
    }
    let result = (operation.big)(xn * &yd, yn * &xd);
    if operation.keeps_denominator {
        ratio(result, xd * yd)
    } else {
        Ok(from_bigint(result))
    }
}
