//! Decimals as text, as Java's `BigDecimal` writes and reads them.

use std::fmt;

use batuta_lang::printer::write_decimal;
use num_bigint::BigInt;
use num_traits::Zero;

use super::Decimal;

impl fmt::Display for Decimal {
    /// Plain, or with an exponent where zeros would have to be made up.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut literal = String::new();
        write_decimal(&self.unscaled, self.scale, &mut literal)?;
        f.write_str(literal.trim_end_matches('M'))
    }
}

impl Decimal {
    /// The decimal that a text writes: a sign, digits with or without a point, an exponent.
    pub fn parse(text: &str) -> Option<Decimal> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (text, 0),
        };
        let unsigned = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let magnitude: BigInt = all.parse().ok()?;
        let scale = i32::try_from(fraction.len() as i64 - exponent).ok()?;
        let is_negative = mantissa.starts_with('-') && !magnitude.is_zero();
        Some(Decimal {
            unscaled: if is_negative { -magnitude } else { magnitude },
            scale,
        })
    }
}
