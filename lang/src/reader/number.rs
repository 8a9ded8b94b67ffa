//! Number literals.
//!
//! | written | kind |
//! | --- | --- |
//! | `42` `-7` `1_000` `0x1A` `0b1010` `0o17` `017` `36rZ`, each also with `N` | integer |
//! | `1/3` | ratio, in lowest terms |
//! | `3.14` `1e9` | float |
//! | `1.50M` `2M` `1e3M` | decimal |

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, ToPrimitive, Zero};

use crate::form::FormKind;

type Parsed = Result<FormKind, &'static str>;

/// The value of a number token, or what is wrong with it.
pub(super) fn parse(token: &str) -> Parsed {
    // By far the most numbers are a few plain digits.
    if token.len() <= 18
        && !token.starts_with('0')
        && token.bytes().all(|byte| byte.is_ascii_digit())
    {
        let value = token
            .bytes()
            .fold(0_i64, |value, byte| value * 10 + i64::from(byte - b'0'));
        return Ok(FormKind::Int(value));
    }
    let (negative, unsigned) = match token.as_bytes()[0] {
        b'-' => (true, &token[1..]),
        b'+' => (false, &token[1..]),
        _ => (false, token),
    };
    let digits = without_underscores(unsigned)?;
    unsigned_number(&digits, negative)
}

/// `_` may stand between two digits only.
fn without_underscores(text: &str) -> Result<String, &'static str> {
    let bytes = text.as_bytes();
    let between_digits = |at: usize| {
        at > 0
            && bytes[at - 1].is_ascii_alphanumeric()
            && bytes.get(at + 1).is_some_and(u8::is_ascii_alphanumeric)
    };
    let misplaced = (0..bytes.len()).any(|at| bytes[at] == b'_' && !between_digits(at));
    if misplaced {
        return Err("`_` stands between two digits");
    }
    Ok(text.replace('_', ""))
}

fn unsigned_number(text: &str, negative: bool) -> Parsed {
    let bytes = text.as_bytes();
    if let [b'0', marker, ..] = bytes {
        match marker.to_ascii_lowercase() {
            b'x' => return integer(&text[2..], 16, negative),
            b'b' => return integer(&text[2..], 2, negative),
            b'o' => return integer(&text[2..], 8, negative),
            _ => {}
        }
    }
    if let Some((radix, digits)) = text.split_once(['r', 'R']) {
        return in_radix(radix, digits, negative);
    }
    if let Some((numerator, denominator)) = text.split_once('/') {
        return ratio(numerator, denominator, negative);
    }
    if let Some(decimal_text) = text.strip_suffix('M') {
        return decimal(decimal_text, negative);
    }
    if text.contains(['.', 'e', 'E']) {
        return float(text, negative);
    }
    match text.strip_suffix('N').unwrap_or(text) {
        octal if octal.len() > 1 && octal.starts_with('0') => {
            integer(&text[1..], 8, negative).map_err(|_| "a number with a leading 0 is octal")
        }
        _ => integer(text, 10, negative),
    }
}

fn in_radix(radix: &str, digits: &str, negative: bool) -> Parsed {
    let radix: u32 = radix
        .parse()
        .map_err(|_| "the radix is a number from 2 to 36")?;
    if !(2..=36).contains(&radix) {
        return Err("the radix is a number from 2 to 36");
    }
    // Where `N` is a digit it is no suffix.
    let is_digit = 'N'.is_digit(radix);
    let digits = digits
        .strip_suffix('N')
        .filter(|_| !is_digit)
        .unwrap_or(digits);
    big_digits(digits, radix, negative)
}

fn integer(digits: &str, radix: u32, negative: bool) -> Parsed {
    big_digits(digits.strip_suffix('N').unwrap_or(digits), radix, negative)
}

fn big_digits(digits: &str, radix: u32, negative: bool) -> Parsed {
    let value = parse_digits(digits, radix)?;
    Ok(smallest(if negative { -value } else { value }))
}

fn parse_digits(digits: &str, radix: u32) -> Result<BigInt, &'static str> {
    if digits.is_empty() {
        return Err("digits are missing");
    }
    if !digits.chars().all(|digit| digit.is_digit(radix)) {
        return Err(match radix {
            2 => "not a binary digit among the rest",
            8 => "not an octal digit among the rest",
            16 => "not a hexadecimal digit among the rest",
            _ => "not a digit among the rest",
        });
    }
    BigInt::parse_bytes(digits.as_bytes(), radix).ok_or("not a digit among the rest")
}

/// The integer in the smallest kind that holds it.
fn smallest(value: BigInt) -> FormKind {
    match value.to_i64() {
        Some(small) => FormKind::Int(small),
        None => FormKind::BigInt(value),
    }
}

fn ratio(numerator: &str, denominator: &str, negative: bool) -> Parsed {
    let numerator = parse_digits(numerator, 10)?;
    let denominator = parse_digits(denominator, 10)?;
    if denominator.is_zero() {
        return Err("division by zero");
    }
    let common = numerator.gcd(&denominator);
    let (numerator, denominator) = (numerator / &common, denominator / common);
    let numerator = if negative { -numerator } else { numerator };
    Ok(if denominator.is_one() {
        smallest(numerator)
    } else {
        FormKind::Ratio(numerator, denominator)
    })
}

/// The digits before the point, those behind it, and the exponent.
fn split_decimal(text: &str) -> Result<(&str, &str, &str), &'static str> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((_, "")) => return Err("digits are missing after the exponent sign"),
        Some(parts) => parts,
        None => (text, "0"),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return Err("not a digit among the rest");
    }
    if exponent_digits.is_empty() || !all_digits(exponent_digits) {
        return Err("the exponent is not a number");
    }
    Ok((whole, fraction, exponent))
}

fn float(text: &str, negative: bool) -> Parsed {
    split_decimal(text)?;
    let value: f64 = text.parse().map_err(|_| "not a digit among the rest")?;
    Ok(FormKind::Float(if negative { -value } else { value }))
}

fn decimal(text: &str, negative: bool) -> Parsed {
    let (whole, fraction, exponent) = split_decimal(text)?;
    let unscaled = parse_digits(&format!("{whole}{fraction}"), 10)?;
    let exponent: i64 = exponent.parse().map_err(|_| "the exponent is too large")?;
    let scale = i64::try_from(fraction.len())
        .ok()
        .and_then(|digits| digits.checked_sub(exponent))
        .and_then(|scale| i32::try_from(scale).ok())
        .ok_or("the exponent is too large")?;
    let unscaled = if negative { -unscaled } else { unscaled };
    Ok(FormKind::Decimal { unscaled, scale })
}
