//! Rounding of decimals: what `with-precision` asks for.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, Zero};

use super::{Decimal, digits, power_of_ten, scale_of};
use crate::failure::{Fault, FaultKind};

/// Which neighbour a number goes to that lies between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Away from zero.
    Up,
    /// Towards zero.
    Down,
    /// The greater one.
    Ceiling,
    /// The lesser one.
    Floor,
    /// The nearer one; from the middle away from zero.
    HalfUp,
    /// The nearer one; from the middle towards zero.
    HalfDown,
    /// The nearer one; from the middle to the even one.
    HalfEven,
    /// None: it is a fault that there is something to round.
    Unnecessary,
}

/// The names of [`Rounding`], as `java.math.RoundingMode` has them.
const NAMES: [(&str, Rounding); 8] = [
    ("UP", Rounding::Up),
    ("DOWN", Rounding::Down),
    ("CEILING", Rounding::Ceiling),
    ("FLOOR", Rounding::Floor),
    ("HALF_UP", Rounding::HalfUp),
    ("HALF_DOWN", Rounding::HalfDown),
    ("HALF_EVEN", Rounding::HalfEven),
    ("UNNECESSARY", Rounding::Unnecessary),
];

impl Rounding {
    /// The rounding of a name.
    pub fn named(name: &str) -> Option<Rounding> {
        let found = NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, rounding)| *rounding)
    }

    /// Does a number go away from zero whose last kept digit is followed by so much?
    fn goes_up(self, is_negative: bool, is_odd: bool, twice_rest: std::cmp::Ordering) -> bool {
        match self {
            Rounding::Up => true,
            Rounding::Down | Rounding::Unnecessary => false,
            Rounding::Ceiling => !is_negative,
            Rounding::Floor => is_negative,
            Rounding::HalfUp => twice_rest.is_ge(),
            Rounding::HalfDown => twice_rest.is_gt(),
            Rounding::HalfEven => twice_rest.is_gt() || (twice_rest.is_eq() && is_odd),
        }
    }
}

/// How many digits results keep, and how they are rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MathContext {
    /// Digits; 0 for all.
    pub precision: u64,
    /// What becomes of the others.
    pub rounding: Rounding,
}

impl MathContext {
    /// The decimal with as many digits as the context keeps.
    ///
    /// # Errors
    /// Something to round under [`Rounding::Unnecessary`].
    pub(crate) fn round(&self, decimal: Decimal) -> Result<Decimal, Fault> {
        let mut decimal = decimal;
        // Twice at most: 99.9 becomes 100.
        while self.precision > 0 && decimal.precision() > self.precision {
            decimal = self.drop_digits(&decimal, decimal.precision() - self.precision)?;
        }
        Ok(decimal)
    }

    fn drop_digits(&self, decimal: &Decimal, count: u64) -> Result<Decimal, Fault> {
        let power = power_of_ten(count)?;
        let (kept, rest) = decimal.unscaled.div_rem(&power);
        let scale = scale_of(i64::from(decimal.scale) - count as i64)?;
        if rest.is_zero() {
            return Ok(Decimal {
                unscaled: kept,
                scale,
            });
        }
        if self.rounding == Rounding::Unnecessary {
            let message = format!("{decimal}M must be rounded, which `UNNECESSARY` forbids");
            return Err(Fault::new(FaultKind::Number, message));
        }
        let is_negative = decimal.unscaled.is_negative();
        let twice_rest = (rest.abs() * 2u32).cmp(&power);
        let step = if self
            .rounding
            .goes_up(is_negative, kept.is_odd(), twice_rest)
        {
            decimal.unscaled.signum()
        } else {
            BigInt::zero()
        };
        Ok(Decimal {
            unscaled: kept + step,
            scale,
        })
    }

    /// The quotient with as many digits as the context keeps.
    ///
    /// # Errors
    /// Division by zero; endless digits where all are wanted.
    pub(crate) fn div(&self, a: &Decimal, b: &Decimal) -> Result<Decimal, Fault> {
        if let Some(exact) = a.terminating(b)? {
            return self.round(exact);
        }
        if self.precision == 0 {
            return a.div(b);
        }
        // Digits enough, and one more that says whether anything follows.
        let wanted = self.precision as i64 + 3;
        let shift = (wanted + digits(&b.unscaled) as i64 - digits(&a.unscaled) as i64).max(0);
        let numerator = &a.unscaled * power_of_ten(shift as u64)?;
        let (quotient, rest) = numerator.div_rem(&b.unscaled);
        let sign = a.unscaled.signum() * b.unscaled.signum();
        let sticky = if rest.is_zero() { BigInt::zero() } else { sign };
        self.round(Decimal {
            unscaled: quotient * 10 + sticky,
            scale: scale_of(i64::from(a.scale) - i64::from(b.scale) + shift + 1)?,
        })
    }
}
