//! Bit operations on integers of any size, as two's complement with an endless sign.

use num_bigint::BigInt;
use num_traits::{One, Signed};

use super::{as_bigint, as_i64, from_bigint, int};
use crate::failure::{Fault, FaultKind};
use crate::value::Value;

/// More bits than this are refused: the number would fill the memory.
const SHIFT_MAX: i64 = 1 << 32;

fn integer(who: &str, value: &Value) -> Result<BigInt, Fault> {
    as_bigint(value).ok_or_else(|| Fault::wrong_type(who, "an integer", value))
}

fn combine(
    who: &str,
    a: &Value,
    b: &Value,
    words: fn(i64, i64) -> i64,
    big: fn(BigInt, BigInt) -> BigInt,
) -> Result<Value, Fault> {
    if let (Some(x), Some(y)) = (as_i64(a), as_i64(b)) {
        return Ok(int(words(x, y)));
    }
    Ok(from_bigint(big(integer(who, a)?, integer(who, b)?)))
}

/// Bits set in both.
pub fn and(a: &Value, b: &Value) -> Result<Value, Fault> {
    combine("bit-and", a, b, |x, y| x & y, |x, y| x & y)
}

/// Bits set in either.
pub fn or(a: &Value, b: &Value) -> Result<Value, Fault> {
    combine("bit-or", a, b, |x, y| x | y, |x, y| x | y)
}

/// Bits set in one of them.
pub fn xor(a: &Value, b: &Value) -> Result<Value, Fault> {
    combine("bit-xor", a, b, |x, y| x ^ y, |x, y| x ^ y)
}

/// Bits set in `a` and not in `b`.
pub fn and_not(a: &Value, b: &Value) -> Result<Value, Fault> {
    combine("bit-and-not", a, b, |x, y| x & !y, |x, y| x & !y)
}

/// All bits turned.
pub fn not(a: &Value) -> Result<Value, Fault> {
    match as_i64(a) {
        Some(n) => Ok(int(!n)),
        None => Ok(from_bigint(!integer("bit-not", a)?)),
    }
}

fn distance(who: &str, by: &Value) -> Result<i64, Fault> {
    let n = as_i64(by).ok_or_else(|| Fault::wrong_type(who, "a number of bits", by))?;
    if (0..=SHIFT_MAX).contains(&n) {
        Ok(n)
    } else {
        let message = format!("`{who}` cannot go by {n} bits");
        Err(Fault::new(FaultKind::Number, message))
    }
}

/// `a × 2^by`; grows, never drops bits.
pub fn shift_left(a: &Value, by: &Value) -> Result<Value, Fault> {
    let by = distance("bit-shift-left", by)?;
    if let Some(n) = as_i64(a)
        && by < 64
    {
        return Ok(super::from_i128(i128::from(n) << by));
    }
    Ok(from_bigint(integer("bit-shift-left", a)? << by as u64))
}

/// `a / 2^by`, rounded down.
pub fn shift_right(a: &Value, by: &Value) -> Result<Value, Fault> {
    let by = distance("bit-shift-right", by)?;
    if let Some(n) = as_i64(a) {
        return Ok(int(n >> by.min(63)));
    }
    Ok(from_bigint(integer("bit-shift-right", a)? >> by as u64))
}

/// The 64-bit pattern of `a` moved right, zeros coming in, as Clojure's.
pub fn unsigned_shift_right(a: &Value, by: &Value) -> Result<Value, Fault> {
    let who = "unsigned-bit-shift-right";
    let n = as_i64(a).ok_or_else(|| Fault::wrong_type(who, "an integer of 64 bits", a))?;
    let by = distance(who, by)?;
    Ok(int(((n as u64) >> (by as u64 & 63)) as i64))
}

/// Is bit `at` set?
pub fn test(a: &Value, at: &Value) -> Result<bool, Fault> {
    let at = distance("bit-test", at)?;
    if let Some(n) = as_i64(a) {
        return Ok(n >> at.min(63) & 1 == 1);
    }
    Ok((integer("bit-test", a)? >> at as u64) & BigInt::one() == BigInt::one())
}

/// `a` with bit `at` set, cleared or turned.
pub fn change(who: &str, a: &Value, at: &Value) -> Result<Value, Fault> {
    let bit = shift_left(&int(1), at)?;
    match who {
        "bit-set" => or(a, &bit),
        "bit-clear" => and_not(a, &bit),
        _ => xor(a, &bit),
    }
}

/// How many bits are set, of a number that is not negative.
pub fn count_ones(a: &Value) -> Result<Value, Fault> {
    if let Some(n) = as_i64(a) {
        return Ok(int(i64::from(n.count_ones())));
    }
    let n = integer("bit-count", a)?;
    if n.is_negative() {
        let message = "`bit-count` of a negative integer beyond 64 bits has no end";
        return Err(Fault::new(FaultKind::Number, message));
    }
    Ok(int(n.magnitude().count_ones() as i64))
}
