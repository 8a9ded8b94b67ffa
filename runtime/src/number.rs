//! The numeric tower: integers that grow, exact ratios, exact decimals, floats.
//!
//! Invariant: an integer is always in the smallest form that fits (word, [`WideInt`],
//! [`BigIntBox`]) and a ratio is in lowest terms with a denominator of at least two, so equal
//! exact numbers have equal forms; decimals keep their scale. A float met by an operation makes the
//! result a float, else a decimal makes it a decimal.
//! To add an operation: a function in the submodule of its family, a row in `builtins`.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

use crate::failure::{Fault, FaultKind};
use crate::value::Value;
use crate::value::object::{Body, Kind, make};

pub mod arithmetic;
pub mod bits;
pub mod casts;
pub mod comparison;
pub mod decimal;
pub mod division;
pub mod text;

use decimal::Decimal;

pub use arithmetic::{abs, add, dec, inc, mul, neg, sub};
pub use comparison::{compare, equal, equivalent, less};
pub use division::{div, modulo, quot, rem};

/// An integer of 62 to 64 bits.
pub struct WideInt(pub i64);

// SAFETY: the kind is this type's alone and the body owns no values.
unsafe impl Body for WideInt {
    const KIND: Kind = Kind::WideInt;
}

/// An integer that does not fit 64 bits.
pub struct BigIntBox(pub BigInt);

// SAFETY: as above.
unsafe impl Body for BigIntBox {
    const KIND: Kind = Kind::BigInt;
}

/// An exact ratio in lowest terms.
pub struct RatioBox {
    /// Carries the sign.
    pub numerator: BigInt,
    /// At least two.
    pub denominator: BigInt,
}

// SAFETY: as above.
unsafe impl Body for RatioBox {
    const KIND: Kind = Kind::Ratio;
}

/// An integer value.
#[inline]
pub fn int(value: i64) -> Value {
    match Value::small_int(value) {
        Some(small) => small,
        None => make(WideInt(value)),
    }
}

/// An integer value of a count or an index.
#[inline]
pub fn from_usize(value: usize) -> Value {
    from_i128(value as i128)
}

/// An integer value.
#[inline]
pub fn from_i128(value: i128) -> Value {
    match i64::try_from(value) {
        Ok(value) => int(value),
        Err(_) => make(BigIntBox(BigInt::from(value))),
    }
}

/// An integer value in its smallest form.
pub fn from_bigint(value: BigInt) -> Value {
    match value.to_i64() {
        Some(value) => int(value),
        None => make(BigIntBox(value)),
    }
}

/// A ratio in lowest terms, or the integer it is equal to.
pub fn ratio(numerator: BigInt, denominator: BigInt) -> Result<Value, Fault> {
    if denominator.is_zero() {
        return Err(divide_by_zero());
    }
    let divisor = numerator.gcd(&denominator);
    let (mut numerator, mut denominator) = (numerator / &divisor, denominator / &divisor);
    if denominator.is_negative() {
        (numerator, denominator) = (-numerator, -denominator);
    }
    if denominator.is_one() {
        return Ok(from_bigint(numerator));
    }
    Ok(make(RatioBox {
        numerator,
        denominator,
    }))
}

/// The integer, if it is one of at most 64 bits.
#[inline]
pub fn as_i64(value: &Value) -> Option<i64> {
    match value.as_small_int() {
        Some(small) => Some(small),
        None => value.as_object::<WideInt>().map(|wide| wide.0),
    }
}

/// The integer, if it can be an index or a count.
#[inline]
pub fn as_usize(value: &Value) -> Option<usize> {
    as_i64(value).and_then(|n| usize::try_from(n).ok())
}

/// The integer of any size.
pub fn as_bigint(value: &Value) -> Option<BigInt> {
    match as_i64(value) {
        Some(n) => Some(BigInt::from(n)),
        None => value.as_object::<BigIntBox>().map(|big| big.0.clone()),
    }
}

/// The nearest float of any number.
pub fn as_f64(value: &Value) -> Option<f64> {
    Some(match Number::of(value)? {
        Number::Int(n) => n as f64,
        Number::Big(n) => big_to_f64(n),
        Number::Ratio(n, d) => ratio_to_f64(n, d),
        Number::Decimal(d) => d.to_f64(),
        Number::Float(f) => f,
    })
}

/// Is it an integer of any size?
#[inline]
pub fn is_int(value: &Value) -> bool {
    value.as_small_int().is_some() || matches!(value.kind(), Some(Kind::WideInt | Kind::BigInt))
}

/// Is it a number?
#[inline]
pub fn is_number(value: &Value) -> bool {
    Number::of(value).is_some()
}

/// A number as the operations see it.
pub(crate) enum Number<'a> {
    Int(i64),
    Big(&'a BigInt),
    Ratio(&'a BigInt, &'a BigInt),
    Decimal(&'a Decimal),
    Float(f64),
}

impl<'a> Number<'a> {
    #[inline]
    pub(crate) fn of(value: &'a Value) -> Option<Number<'a>> {
        if let Some(n) = value.as_small_int() {
            return Some(Number::Int(n));
        }
        if let Some(f) = value.as_float() {
            return Some(Number::Float(f));
        }
        match value.kind()? {
            Kind::WideInt => value.as_object::<WideInt>().map(|n| Number::Int(n.0)),
            Kind::BigInt => value.as_object::<BigIntBox>().map(|n| Number::Big(&n.0)),
            Kind::Ratio => value
                .as_object::<RatioBox>()
                .map(|r| Number::Ratio(&r.numerator, &r.denominator)),
            Kind::Decimal => decimal::as_decimal(value).map(Number::Decimal),
            _ => None,
        }
    }

    pub(crate) fn expect(who: &str, value: &'a Value) -> Result<Number<'a>, Fault> {
        Number::of(value).ok_or_else(|| Fault::wrong_type(who, "a number", value))
    }

    pub(crate) fn is_exact_zero(&self) -> bool {
        match self {
            Number::Int(n) => *n == 0,
            Number::Decimal(d) => d.unscaled.is_zero(),
            Number::Big(_) | Number::Ratio(..) | Number::Float(_) => false,
        }
    }

    pub(crate) fn to_f64(&self) -> f64 {
        match self {
            Number::Int(n) => *n as f64,
            Number::Big(n) => big_to_f64(n),
            Number::Ratio(n, d) => ratio_to_f64(n, d),
            Number::Decimal(d) => d.to_f64(),
            Number::Float(f) => *f,
        }
    }

    /// Numerator and denominator of an integer or a ratio; `None` for a decimal or a float.
    pub(crate) fn parts(&self) -> Option<(BigInt, BigInt)> {
        match self {
            Number::Int(n) => Some((BigInt::from(*n), BigInt::one())),
            Number::Big(n) => Some(((*n).clone(), BigInt::one())),
            Number::Ratio(n, d) => Some(((*n).clone(), (*d).clone())),
            Number::Decimal(_) | Number::Float(_) => None,
        }
    }

    /// The integer; `None` for ratios, decimals and floats.
    pub(crate) fn to_bigint(&self) -> Option<BigInt> {
        match self {
            Number::Int(n) => Some(BigInt::from(*n)),
            Number::Big(n) => Some((*n).clone()),
            Number::Ratio(..) | Number::Decimal(_) | Number::Float(_) => None,
        }
    }
}

#[cold]
pub(crate) fn divide_by_zero() -> Fault {
    Fault::new(FaultKind::DivideByZero, "division by zero")
}

fn big_to_f64(n: &BigInt) -> f64 {
    n.to_f64().unwrap_or(f64::NAN)
}

/// Scales the quotient to 64 significant bits or more, so that the division by a power of two at
/// the end is all that rounds; a sticky bit keeps ties right.
fn ratio_to_f64(numerator: &BigInt, denominator: &BigInt) -> f64 {
    let shift = 66 + denominator.bits() as i64 - numerator.bits() as i64;
    let (scaled_numerator, scaled_denominator) = if shift >= 0 {
        (numerator.abs() << shift as u64, denominator.clone())
    } else {
        (numerator.abs(), denominator << (-shift) as u64)
    };
    let (mut quotient, remainder) = scaled_numerator.div_rem(&scaled_denominator);
    if !remainder.is_zero() {
        quotient |= BigInt::one();
    }
    let magnitude = scale_by_power_of_two(big_to_f64(&quotient), -shift);
    if numerator.is_negative() {
        -magnitude
    } else {
        magnitude
    }
}

fn scale_by_power_of_two(mut value: f64, mut exponent: i64) -> f64 {
    while exponent != 0 && value != 0.0 && value.is_finite() {
        let step = exponent.clamp(-1000, 1000);
        value *= 2f64.powi(step as i32);
        exponent -= step;
    }
    value
}

/// The integer part of a number.
pub fn truncate(who: &str, value: &Value) -> Result<Value, Fault> {
    match Number::expect(who, value)? {
        Number::Int(_) | Number::Big(_) => Ok(value.clone()),
        Number::Ratio(n, d) => Ok(from_bigint(n / d)),
        Number::Decimal(d) => d.truncate().map(from_bigint),
        Number::Float(f) => float_to_int(f.trunc()),
    }
}

/// The exact integer of a float without fraction.
pub(crate) fn float_to_int(f: f64) -> Result<Value, Fault> {
    use num_traits::FromPrimitive;
    if f.abs() < 9e18 {
        return Ok(int(f as i64));
    }
    BigInt::from_f64(f).map(from_bigint).ok_or_else(|| {
        let shown = text::float_text(f);
        Fault::new(FaultKind::Number, format!("{shown} has no integer value"))
    })
}

/// The exact value of a float or decimal, as an integer or a ratio.
pub fn rationalize(value: &Value) -> Result<Value, Fault> {
    let f = match Number::expect("rationalize", value)? {
        Number::Float(f) => f,
        Number::Decimal(d) => {
            let (numerator, denominator) = d.parts()?;
            return ratio(numerator, denominator);
        }
        Number::Int(_) | Number::Big(_) | Number::Ratio(..) => return Ok(value.clone()),
    };
    // As Clojure does: by the decimal digits that print, not by the binary value.
    let shown = text::float_text(f);
    let (digits, exponent) = text::decimal_parts(&shown)
        .ok_or_else(|| Fault::new(FaultKind::Number, format!("{shown} has no exact value")))?;
    let power = BigInt::from(10).pow(exponent.unsigned_abs());
    if exponent >= 0 {
        Ok(from_bigint(digits * power))
    } else {
        ratio(digits, power)
    }
}

#[cfg(test)]
mod tests;
