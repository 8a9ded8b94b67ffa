//! Numbers as text: printing as Clojure does, and reading numerals back.

use num_bigint::BigInt;
use num_traits::Num;

use super::{Number, from_bigint, int};
use crate::value::Value;

/// Writes a number as the reader takes it. False if it is none.
pub fn write(out: &mut String, value: &Value) -> bool {
    use std::fmt::Write;
    let Some(number) = Number::of(value) else {
        return false;
    };
    let written = match number {
        Number::Int(n) => write!(out, "{n}"),
        Number::Big(n) => write!(out, "{n}"),
        Number::Ratio(n, d) => write!(out, "{n}/{d}"),
        Number::Decimal(d) => write!(out, "{d}M"),
        Number::Float(f) => write!(out, "{}", float_text(f)),
    };
    written.is_ok()
}

/// A float as `Double.toString` writes it, with the special values as the reader takes them.
pub fn float_text(f: f64) -> String {
    if f.is_nan() {
        return "##NaN".to_owned();
    }
    if f.is_infinite() {
        return if f > 0.0 { "##Inf" } else { "##-Inf" }.to_owned();
    }
    if f == 0.0 {
        return if f.is_sign_negative() { "-0.0" } else { "0.0" }.to_owned();
    }
    let (digits, point) = shortest_digits(f.abs());
    let sign = if f < 0.0 { "-" } else { "" };
    if !(1e-3..1e7).contains(&f.abs()) {
        let fraction = if digits.len() > 1 { &digits[1..] } else { "0" };
        return format!("{sign}{}.{fraction}E{}", &digits[..1], point - 1);
    }
    if point <= 0 {
        return format!(
            "{sign}0.{}{digits}",
            "0".repeat(point.unsigned_abs() as usize)
        );
    }
    let point = point as usize;
    if point >= digits.len() {
        format!("{sign}{digits}{}.0", "0".repeat(point - digits.len()))
    } else {
        format!("{sign}{}.{}", &digits[..point], &digits[point..])
    }
}

/// The fewest digits that read back as `f` (but see [`two_digits`]), and where the decimal point stands before them:
/// `f = 0.DIGITS × 10^point`.
fn shortest_digits(f: f64) -> (String, i32) {
    let mut buffer = ryu::Buffer::new();
    let text = buffer.format_finite(f);
    let (mantissa, exponent) = match text.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, exponent.parse().unwrap_or(0)),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let leading = all.len() - all.trim_start_matches('0').len();
    let digits = all.trim_matches('0');
    let point = whole.len() as i32 - leading as i32 + exponent;
    if digits.len() == 1 {
        return two_digits(f).unwrap_or_else(|| (digits.to_owned(), point));
    }
    (digits.to_owned(), point)
}

/// As Java has it, where one digit would do the nearest number of two counts: `4.9E-324`.
fn two_digits(f: f64) -> Option<(String, i32)> {
    let text = format!("{f:.1e}");
    let (mantissa, exponent) = text.split_once('e')?;
    let digits = mantissa.replace('.', "");
    let exponent: i32 = exponent.parse().ok()?;
    Some((digits.trim_end_matches('0').to_owned(), exponent + 1))
}

/// `digits × 10^exponent` of a finite float's text.
pub(crate) fn decimal_parts(text: &str) -> Option<(BigInt, i32)> {
    let (mantissa, exponent) = match text.split_once('E') {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.')?;
    let digits = format!("{whole}{fraction}").parse().ok()?;
    Some((digits, exponent - fraction.len() as i32))
}

/// `parse-long`: decimal digits with an optional sign, of any size.
pub fn parse_int(text: &str) -> Option<Value> {
    parse_int_radix(text, 10)
}

/// Digits of a radix from 2 to 36 with an optional sign.
pub fn parse_int_radix(text: &str, radix: u32) -> Option<Value> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    match i64::from_str_radix(text, radix) {
        Ok(n) => Some(int(n)),
        Err(_) => BigInt::from_str_radix(text, radix).ok().map(from_bigint),
    }
}

/// `parse-double`: what `Double/parseDouble` takes, less its hexadecimal forms.
pub fn parse_float(text: &str) -> Option<f64> {
    let text = text.trim();
    match text.strip_prefix(['+', '-']).unwrap_or(text) {
        "NaN" => return Some(f64::NAN),
        "Infinity" if text.starts_with('-') => return Some(f64::NEG_INFINITY),
        "Infinity" => return Some(f64::INFINITY),
        _ => {}
    }
    let text = text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text);
    let plain = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    if !text.chars().all(plain) {
        return None;
    }
    text.parse().ok()
}
