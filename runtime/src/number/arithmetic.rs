//! Sum, difference, product and what is made of them.

use num_bigint::BigInt;

use super::decimal::{Decimal, make_decimal};
use super::{Number, from_bigint, from_i128, int, ratio};
use crate::failure::Fault;
use crate::value::Value;

/// `a + b`
#[inline]
pub fn add(a: &Value, b: &Value) -> Result<Value, Fault> {
    if let (Some(x), Some(y)) = (a.as_small_int(), b.as_small_int()) {
        return Ok(int(x + y));
    }
    combine("+", a, b, &SUM)
}

/// `a - b`
#[inline]
pub fn sub(a: &Value, b: &Value) -> Result<Value, Fault> {
    if let (Some(x), Some(y)) = (a.as_small_int(), b.as_small_int()) {
        return Ok(int(x - y));
    }
    combine("-", a, b, &DIFFERENCE)
}

/// `a * b`
#[inline]
pub fn mul(a: &Value, b: &Value) -> Result<Value, Fault> {
    combine("*", a, b, &PRODUCT)
}

/// `-a`
pub fn neg(a: &Value) -> Result<Value, Fault> {
    match Number::expect("-", a)? {
        Number::Float(f) => Ok(Value::float(-f)),
        Number::Decimal(d) => Ok(make_decimal(Decimal {
            unscaled: -&d.unscaled,
            scale: d.scale,
        })),
        _ => sub(&int(0), a),
    }
}

/// `a + 1`
pub fn inc(a: &Value) -> Result<Value, Fault> {
    Number::expect("inc", a)?;
    add(a, &int(1))
}

/// `a - 1`
pub fn dec(a: &Value) -> Result<Value, Fault> {
    Number::expect("dec", a)?;
    sub(a, &int(1))
}

/// The magnitude.
pub fn abs(a: &Value) -> Result<Value, Fault> {
    match Number::expect("abs", a)? {
        Number::Float(f) => Ok(Value::float(f.abs())),
        _ if super::less(a, &int(0))? => neg(a),
        _ => Ok(a.clone()),
    }
}

/// One operation at every level of the tower.
struct Operation {
    float: fn(f64, f64) -> f64,
    int: fn(i128, i128) -> i128,
    big: fn(BigInt, BigInt) -> BigInt,
    decimal: fn(&Decimal, &Decimal) -> Result<Decimal, Fault>,
    /// Numerator over a common denominator; `None` where fractions multiply.
    shares_denominator: bool,
}

const SUM: Operation = Operation {
    float: |a, b| a + b,
    int: |a, b| a + b,
    big: |a, b| a + b,
    decimal: Decimal::add,
    shares_denominator: true,
};

const DIFFERENCE: Operation = Operation {
    float: |a, b| a - b,
    int: |a, b| a - b,
    big: |a, b| a - b,
    decimal: Decimal::sub,
    shares_denominator: true,
};

const PRODUCT: Operation = Operation {
    float: |a, b| a * b,
    int: |a, b| a * b,
    big: |a, b| a * b,
    decimal: Decimal::mul,
    shares_denominator: false,
};

#[inline]
fn combine(who: &str, a: &Value, b: &Value, operation: &Operation) -> Result<Value, Fault> {
    let (x, y) = (Number::expect(who, a)?, Number::expect(who, b)?);
    match (&x, &y) {
        // Two 64-bit integers never overflow 128 bits in any of the three operations.
        (Number::Int(x), Number::Int(y)) => {
            Ok(from_i128((operation.int)(i128::from(*x), i128::from(*y))))
        }
        (Number::Float(_), _) | (_, Number::Float(_)) => {
            Ok(Value::float((operation.float)(x.to_f64(), y.to_f64())))
        }
        _ => combine_exact(&x, &y, operation),
    }
}

#[cold]
fn combine_exact(x: &Number, y: &Number, operation: &Operation) -> Result<Value, Fault> {
    if let (Some(x), Some(y)) = (x.to_bigint(), y.to_bigint()) {
        return Ok(from_bigint((operation.big)(x, y)));
    }
    let (Some((xn, xd)), Some((yn, yd))) = (x.parts(), y.parts()) else {
        let (x, y) = (Decimal::of_exact(x)?, Decimal::of_exact(y)?);
        return (operation.decimal)(&x, &y).map(make_decimal);
    };
    if operation.shares_denominator {
        ratio((operation.big)(xn * &yd, yn * &xd), xd * yd)
    } else {
        ratio(xn * yn, xd * yd)
    }
}
