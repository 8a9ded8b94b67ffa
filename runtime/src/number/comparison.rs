//! Order and the two equalities of numbers.
//!
//! [`equal`] is `=`: an exact number never equals a float. [`equivalent`] is `==`: by value.

use std::cmp::Ordering;

use num_traits::FromPrimitive;

use super::Number;
use super::decimal::Decimal;
use crate::failure::Fault;
use crate::value::Value;

/// `=` of two numbers; `None` if one of them is none.
pub fn equal(a: &Value, b: &Value) -> Option<bool> {
    let (x, y) = (Number::of(a)?, Number::of(b)?);
    Some(match (x, y) {
        (Number::Int(x), Number::Int(y)) => x == y,
        (Number::Big(x), Number::Big(y)) => x == y,
        (Number::Ratio(xn, xd), Number::Ratio(yn, yd)) => xn == yn && xd == yd,
        (Number::Decimal(x), Number::Decimal(y)) => x.order(y) == Ordering::Equal,
        (Number::Float(x), Number::Float(y)) => x == y,
        _ => false,
    })
}

/// `==`: do both stand for the same number?
pub fn equivalent(a: &Value, b: &Value) -> Result<bool, Fault> {
    Ok(partial("==", a, b)? == Some(Ordering::Equal))
}

/// `a < b`; false where one is not a number (`##NaN`).
#[inline]
pub fn less(a: &Value, b: &Value) -> Result<bool, Fault> {
    if let (Some(x), Some(y)) = (a.as_small_int(), b.as_small_int()) {
        return Ok(x < y);
    }
    Ok(partial("<", a, b)? == Some(Ordering::Less))
}

/// `a <= b`; false where one is not a number.
#[inline]
pub fn less_or_equal(a: &Value, b: &Value) -> Result<bool, Fault> {
    if let (Some(x), Some(y)) = (a.as_small_int(), b.as_small_int()) {
        return Ok(x <= y);
    }
    Ok(matches!(
        partial("<=", a, b)?,
        Some(Ordering::Less | Ordering::Equal)
    ))
}

/// The order `compare` uses: `##NaN` counts as equal to everything, as in Clojure.
pub fn compare(a: &Value, b: &Value) -> Result<Ordering, Fault> {
    Ok(partial("compare", a, b)?.unwrap_or(Ordering::Equal))
}

/// The order of two numbers; `None` if one of them is `##NaN`.
pub(crate) fn partial(who: &str, a: &Value, b: &Value) -> Result<Option<Ordering>, Fault> {
    let (x, y) = (Number::expect(who, a)?, Number::expect(who, b)?);
    Ok(match (&x, &y) {
        (Number::Int(x), Number::Int(y)) => Some(x.cmp(y)),
        (Number::Float(x), Number::Float(y)) => x.partial_cmp(y),
        // As floats, so that `0.1M` is the same number as `0.1`.
        (Number::Float(x), Number::Decimal(y)) => x.partial_cmp(&y.to_f64()),
        (Number::Decimal(x), Number::Float(y)) => x.to_f64().partial_cmp(y),
        (Number::Decimal(x), y) => Some(order_exact(x, y)?),
        (x, Number::Decimal(y)) => Some(order_exact(y, x)?.reverse()),
        (Number::Float(f), exact) => compare_with_float(exact, *f).map(Ordering::reverse),
        (exact, Number::Float(f)) => compare_with_float(exact, *f),
        _ => {
            let (xn, xd) = x.parts().expect("floats were handled above");
            let (yn, yd) = y.parts().expect("floats were handled above");
            Some((xn * yd).cmp(&(yn * xd)))
        }
    })
}

/// The order of a decimal and an exact number.
fn order_exact(decimal: &Decimal, other: &Number) -> Result<Ordering, Fault> {
    if let Number::Decimal(other) = other {
        return Ok(decimal.order(other));
    }
    let (numerator, denominator) = other.parts().expect("floats were handled by the caller");
    let scaled = decimal.mul(&Decimal::from_int(denominator))?;
    Ok(scaled.order(&Decimal::from_int(numerator)))
}

/// Exactly, without rounding the exact number: an integer above 2^53 must not equal its neighbour.
fn compare_with_float(exact: &Number, f: f64) -> Option<Ordering> {
    if f.is_nan() {
        return None;
    }
    if f.is_infinite() {
        return Some(if f > 0.0 {
            Ordering::Less
        } else {
            Ordering::Greater
        });
    }
    if let Number::Int(n) = exact
        && n.unsigned_abs() < 1 << 53
    {
        return (*n as f64).partial_cmp(&f);
    }
    let (numerator, denominator) = exact.parts()?;
    let (mantissa, exponent) = float_parts(f);
    let mantissa = num_bigint::BigInt::from_i64(mantissa)?;
    Some(if exponent >= 0 {
        numerator.cmp(&((mantissa << exponent as u64) * denominator))
    } else {
        (numerator << (-exponent) as u64).cmp(&(mantissa * denominator))
    })
}

/// A finite float as `mantissa × 2^exponent`.
fn float_parts(f: f64) -> (i64, i64) {
    let bits = f.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i64;
    let fraction = (bits & ((1 << 52) - 1)) as i64;
    let (mantissa, exponent) = if exponent == 0 {
        (fraction, -1074)
    } else {
        (fraction | 1 << 52, exponent - 1075)
    };
    (
        if f.is_sign_negative() {
            -mantissa
        } else {
            mantissa
        },
        exponent,
    )
}
