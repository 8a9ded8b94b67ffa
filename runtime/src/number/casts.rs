//! Casts to machine numbers: the checked ones, which refuse what is out of range, and the unchecked
//! ones, which keep the low bits.

use num_bigint::BigInt;
use num_traits::ToPrimitive;

use super::decimal::{Decimal, make_decimal};
use super::{Number, text};
use crate::failure::{Fault, FaultKind};
use crate::value::{Value, print};

/// The integer part, if it lies between the bounds. `##NaN` counts as 0, as in Java.
fn within(who: &str, value: &Value, least: i64, most: i64) -> Result<i64, Fault> {
    let out_of_range = || {
        let shown = print::short(value);
        let message = format!("`{who}`: {shown} is not between {least} and {most}");
        Fault::new(FaultKind::Number, message)
    };
    if let Some(c) = value.as_char() {
        return Ok(i64::from(u32::from(c)));
    }
    let whole = match Number::expect(who, value)? {
        Number::Int(n) => Some(n),
        Number::Big(n) => n.to_i64(),
        Number::Ratio(n, d) => (n / d).to_i64(),
        Number::Decimal(d) => d.truncate()?.to_i64(),
        Number::Float(f) if f.is_nan() => Some(0),
        Number::Float(f) => {
            let fits = f >= least as f64 && f <= most as f64;
            fits.then_some(f as i64)
        }
    };
    whole
        .filter(|n| (least..=most).contains(n))
        .ok_or_else(out_of_range)
}

/// A 64-bit integer.
pub fn to_i64(who: &str, value: &Value) -> Result<i64, Fault> {
    match value.as_small_int() {
        Some(n) => Ok(n),
        None => within(who, value, i64::MIN, i64::MAX),
    }
}

/// A 32-bit integer.
pub fn to_i32(who: &str, value: &Value) -> Result<i32, Fault> {
    within(who, value, i32::MIN.into(), i32::MAX.into()).map(|n| n as i32)
}

/// A 16-bit integer.
pub fn to_i16(who: &str, value: &Value) -> Result<i16, Fault> {
    within(who, value, i16::MIN.into(), i16::MAX.into()).map(|n| n as i16)
}

/// An 8-bit integer.
pub fn to_i8(who: &str, value: &Value) -> Result<i8, Fault> {
    within(who, value, i8::MIN.into(), i8::MAX.into()).map(|n| n as i8)
}

/// The nearest float.
pub fn to_f64(who: &str, value: &Value) -> Result<f64, Fault> {
    Ok(Number::expect(who, value)?.to_f64())
}

/// A character: itself, or the one of a code point.
pub fn to_char(who: &str, value: &Value) -> Result<char, Fault> {
    if let Some(c) = value.as_char() {
        return Ok(c);
    }
    let code = within(who, value, 0, u32::from(char::MAX).into())?;
    char::from_u32(code as u32).ok_or_else(|| {
        let shown = print::short(value);
        let message = format!("{shown} is no code point of a character");
        Fault::new(FaultKind::Number, message)
    })
}

/// The low 64 bits of the integer part; a float beyond them gives the nearest that fits.
pub fn low_bits(who: &str, value: &Value) -> Result<i64, Fault> {
    if let Some(c) = value.as_char() {
        return Ok(i64::from(u32::from(c)));
    }
    Ok(match Number::expect(who, value)? {
        Number::Int(n) => n,
        Number::Big(n) => low_word(n),
        Number::Ratio(n, d) => low_word(&(n / d)),
        Number::Decimal(d) => low_word(&d.truncate()?),
        Number::Float(f) => f as i64,
    })
}

/// As [`low_bits`], of 32 bits.
pub fn low_bits_32(who: &str, value: &Value) -> Result<i32, Fault> {
    match value.as_float() {
        Some(f) => Ok(f as i32),
        None => low_bits(who, value).map(|n| n as i32),
    }
}

fn low_word(n: &BigInt) -> i64 {
    let word = n & BigInt::from(u64::MAX);
    word.to_u64().unwrap_or(0) as i64
}

/// `bigint`: the integer part, of any size; a text is read.
pub fn to_integer(who: &str, value: &Value) -> Result<Value, Fault> {
    match value.as_str() {
        Some(digits) => text::parse_int(digits).ok_or_else(|| no_number(who, value)),
        None => super::truncate(who, value),
    }
}

#[cold]
fn no_number(who: &str, value: &Value) -> Fault {
    let shown = print::short(value);
    Fault::new(FaultKind::Number, format!("`{who}`: {shown} is no number"))
}

/// `bigdec`: the exact decimal; a float by the digits that print, a text as it reads.
pub fn to_decimal(value: &Value) -> Result<Value, Fault> {
    let parsed = match (value.as_str(), value.as_float()) {
        (Some(digits), _) => Decimal::parse(digits),
        (None, Some(f)) => Decimal::parse(&text::float_text(f)),
        (None, None) => {
            let number = Number::expect("bigdec", value)?;
            return Decimal::of_exact(&number).map(make_decimal);
        }
    };
    parsed
        .map(make_decimal)
        .ok_or_else(|| no_number("bigdec", value))
}

/// The integer that wrapping arithmetic gives for two of 64 bits; `None` for other operands.
pub fn wrapping(a: &Value, b: &Value, operation: fn(i64, i64) -> i64) -> Option<Value> {
    let (a, b) = (super::as_i64(a)?, super::as_i64(b)?);
    Some(super::int(operation(a, b)))
}
