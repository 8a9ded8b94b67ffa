//! Exact decimals: an integer and how many of its digits stand behind the point.
//!
//! Results have the scales that Java's `BigDecimal` gives: that of the operand with more digits for
//! a sum, the sum of both for a product, the fewest digits that are exact for a quotient.
//! Invariant: nothing here makes a number longer than [`DIGITS_MAX`], however far apart exponents
//! are; what would need to is refused.

use std::cmp::Ordering;

use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_traits::{One, Signed, Zero};

use super::{Number, divide_by_zero};
use crate::failure::{Fault, FaultKind};
use crate::value::Value;
use crate::value::object::{Body, Kind, make};

pub mod context;
mod text;

pub use context::{MathContext, Rounding};

/// Digits that bringing two numbers to one scale may make.
const DIGITS_MAX: u64 = 1_000_000;

/// `unscaled × 10^-scale`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// All digits, with the sign.
    pub unscaled: BigInt,
    /// How many of them stand behind the point; negative for zeros before it.
    pub scale: i32,
}

/// A decimal as an object.
pub struct DecimalBox(pub Decimal);

// SAFETY: the kind is this type's alone and the body owns no values.
unsafe impl Body for DecimalBox {
    const KIND: Kind = Kind::Decimal;
}

/// A decimal value.
pub fn make_decimal(decimal: Decimal) -> Value {
    make(DecimalBox(decimal))
}

/// The decimal.
pub fn as_decimal(value: &Value) -> Option<&Decimal> {
    value.as_object::<DecimalBox>().map(|boxed| &boxed.0)
}

#[cold]
fn too_far_apart() -> Fault {
    let message = format!("decimals: a result of more than {DIGITS_MAX} digits");
    Fault::new(FaultKind::Number, message)
}

#[cold]
fn no_end() -> Fault {
    let message = "`/`: the quotient has endless digits and is no decimal";
    Fault::new(FaultKind::Number, message)
        .hint("`with-precision` rounds it, or divide ratios or floats")
}

/// `10^exponent`, if that is not too long.
fn power_of_ten(exponent: u64) -> Result<BigInt, Fault> {
    match u32::try_from(exponent) {
        Ok(small) if exponent <= DIGITS_MAX => Ok(BigInt::from(10).pow(small)),
        _ => Err(too_far_apart()),
    }
}

fn scale_of(scale: i64) -> Result<i32, Fault> {
    i32::try_from(scale).map_err(|_| too_far_apart())
}

impl Decimal {
    /// An integer.
    pub fn from_int(unscaled: BigInt) -> Decimal {
        Decimal { unscaled, scale: 0 }
    }

    /// An exact number; the number must not be a float.
    pub(crate) fn of_exact(number: &Number) -> Result<Decimal, Fault> {
        match number {
            Number::Decimal(decimal) => Ok((*decimal).clone()),
            _ => {
                let (numerator, denominator) =
                    number.parts().expect("callers give exact numbers only");
                Decimal::from_int(numerator).div(&Decimal::from_int(denominator))
            }
        }
    }

    /// Number of digits.
    pub(crate) fn precision(&self) -> u64 {
        digits(&self.unscaled)
    }

    /// Both at the greater of their scales.
    fn aligned(&self, other: &Decimal) -> Result<(BigInt, BigInt, i32), Fault> {
        let scale = self.scale.max(other.scale);
        Ok((self.unscaled_at(scale)?, other.unscaled_at(scale)?, scale))
    }

    /// The digits at a scale that is no smaller.
    fn unscaled_at(&self, scale: i32) -> Result<BigInt, Fault> {
        if self.unscaled.is_zero() {
            return Ok(BigInt::zero());
        }
        let more = i64::from(scale) - i64::from(self.scale);
        Ok(&self.unscaled * power_of_ten(more.unsigned_abs())?)
    }

    pub(crate) fn add(&self, other: &Decimal) -> Result<Decimal, Fault> {
        let (a, b, scale) = self.aligned(other)?;
        let unscaled = a + b;
        Ok(Decimal { unscaled, scale })
    }

    pub(crate) fn sub(&self, other: &Decimal) -> Result<Decimal, Fault> {
        let (a, b, scale) = self.aligned(other)?;
        let unscaled = a - b;
        Ok(Decimal { unscaled, scale })
    }

    pub(crate) fn mul(&self, other: &Decimal) -> Result<Decimal, Fault> {
        Ok(Decimal {
            unscaled: &self.unscaled * &other.unscaled,
            scale: scale_of(i64::from(self.scale) + i64::from(other.scale))?,
        })
    }

    /// The exact quotient, with the fewest digits from the difference of the scales on.
    pub(crate) fn div(&self, other: &Decimal) -> Result<Decimal, Fault> {
        self.terminating(other)?.ok_or_else(no_end)
    }

    /// The exact quotient; `None` if it has endless digits.
    fn terminating(&self, other: &Decimal) -> Result<Option<Decimal>, Fault> {
        if other.unscaled.is_zero() {
            return Err(divide_by_zero());
        }
        let common = self.unscaled.gcd(&other.unscaled);
        let (numerator, mut denominator) = (&self.unscaled / &common, &other.unscaled / &common);
        let twos = take_factor(&mut denominator, 2);
        let fives = take_factor(&mut denominator, 5);
        if !denominator.abs().is_one() {
            return Ok(None);
        }
        let digits = twos.max(fives);
        let missing = BigInt::from(2).pow(digits - twos) * BigInt::from(5).pow(digits - fives);
        let scale = i64::from(self.scale) - i64::from(other.scale) + i64::from(digits);
        Ok(Some(Decimal {
            unscaled: numerator * missing * denominator,
            scale: scale_of(scale)?,
        }))
    }

    /// The integer part of the quotient.
    pub(crate) fn quot(&self, other: &Decimal) -> Result<Decimal, Fault> {
        if other.unscaled.is_zero() {
            return Err(divide_by_zero());
        }
        let preferred = scale_of(i64::from(self.scale) - i64::from(other.scale))?;
        let (a, b, _) = self.aligned(other)?;
        let whole = Decimal::from_int(a / b);
        if whole.unscaled.is_zero() {
            return Ok(Decimal {
                scale: preferred,
                ..whole
            });
        }
        if preferred >= 0 {
            let unscaled = whole.unscaled_at(preferred)?;
            return Ok(Decimal {
                unscaled,
                scale: preferred,
            });
        }
        Ok(whole.stripped(preferred))
    }

    pub(crate) fn rem(&self, other: &Decimal) -> Result<Decimal, Fault> {
        self.sub(&self.quot(other)?.mul(other)?)
    }

    /// The remainder with the sign of `other`.
    pub(crate) fn modulo(&self, other: &Decimal) -> Result<Decimal, Fault> {
        let rest = self.rem(other)?;
        let same_sign = rest.unscaled.sign() == other.unscaled.sign();
        if rest.unscaled.is_zero() || same_sign {
            return Ok(rest);
        }
        rest.add(other)
    }

    /// Without zeros at the end, down to a scale.
    fn stripped(mut self, least: i32) -> Decimal {
        let ten = BigInt::from(10);
        while self.scale > least {
            let (shorter, rest) = self.unscaled.div_rem(&ten);
            if !rest.is_zero() {
                break;
            }
            self.unscaled = shorter;
            self.scale -= 1;
        }
        self
    }

    /// What equal decimals have in common: no zeros at the end, zero itself with scale 0.
    pub(crate) fn canonical(&self) -> Decimal {
        if self.unscaled.is_zero() {
            return Decimal::from_int(BigInt::zero());
        }
        self.clone().stripped(i32::MIN)
    }

    /// The order by value. First by the power of ten of the first digits, so that numbers far apart
    /// need not be written out.
    pub(crate) fn order(&self, other: &Decimal) -> Ordering {
        let sign = |decimal: &Decimal| match decimal.unscaled.sign() {
            Sign::Minus => -1,
            Sign::NoSign => 0,
            Sign::Plus => 1,
        };
        let (mine, others) = (sign(self), sign(other));
        if mine != others || mine == 0 {
            return mine.cmp(&others);
        }
        let size = |decimal: &Decimal| decimal.precision() as i64 - i64::from(decimal.scale);
        let by_size = size(self).cmp(&size(other));
        if by_size != Ordering::Equal {
            return if mine < 0 { by_size.reverse() } else { by_size };
        }
        let scale = self.scale.max(other.scale);
        // Of one size, the difference of the scales is no more than the digits there are.
        let longer = |decimal: &Decimal| {
            let more = i64::from(scale) - i64::from(decimal.scale);
            &decimal.unscaled * BigInt::from(10).pow(more as u32)
        };
        longer(self).cmp(&longer(other))
    }

    /// The integer part.
    pub(crate) fn truncate(&self) -> Result<BigInt, Fault> {
        let power = u64::from(self.scale.unsigned_abs());
        if self.scale <= 0 {
            return Ok(&self.unscaled * power_of_ten(power)?);
        }
        if power > self.precision() {
            return Ok(BigInt::zero());
        }
        Ok(&self.unscaled / power_of_ten(power)?)
    }

    /// As numerator and denominator of a ratio that need not be in lowest terms.
    pub(crate) fn parts(&self) -> Result<(BigInt, BigInt), Fault> {
        let power = power_of_ten(u64::from(self.scale.unsigned_abs()))?;
        Ok(if self.scale >= 0 {
            (self.unscaled.clone(), power)
        } else {
            (&self.unscaled * power, BigInt::one())
        })
    }

    /// The nearest float.
    pub(crate) fn to_f64(&self) -> f64 {
        let text = format!("{}e{}", self.unscaled, -i64::from(self.scale));
        text.parse().unwrap_or(f64::NAN)
    }
}

/// Divides a factor out as often as it goes in; how often.
fn take_factor(number: &mut BigInt, factor: u32) -> u32 {
    let factor = BigInt::from(factor);
    let mut times = 0;
    loop {
        let (quotient, rest) = number.div_rem(&factor);
        if !rest.is_zero() {
            return times;
        }
        *number = quotient;
        times += 1;
    }
}

/// Number of decimal digits; 1 for zero.
fn digits(number: &BigInt) -> u64 {
    if number.is_zero() {
        return 1;
    }
    // From the bits to one too few at most, then compared.
    let estimate = ((number.bits() - 1) as f64 * std::f64::consts::LOG10_2) as u64;
    let power = BigInt::from(10).pow(estimate as u32);
    let magnitude = number.abs();
    if magnitude < power {
        return estimate;
    }
    if magnitude >= power * 10 {
        estimate + 2
    } else {
        estimate + 1
    }
}

#[cfg(test)]
mod tests;
