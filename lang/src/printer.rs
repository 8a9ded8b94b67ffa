//! Forms to text. Print, then read, gives back an equal form.
//!
//! Works off a list of its own, so that depth costs no native stack.

use std::fmt::{self, Write};

use num_bigint::{BigInt, Sign};

use crate::form::{Form, FormKind};

/// Metadata is left out, as in Clojure.
impl fmt::Display for Form {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut pending = vec![Step::Form(self)];
        while let Some(step) = pending.pop() {
            match step {
                Step::Text(text) => out.write_str(text)?,
                Step::Form(form) => write_form(form, out, &mut pending)?,
            }
        }
        Ok(())
    }
}

/// What is still to be written.
enum Step<'a> {
    Text(&'static str),
    Form(&'a Form),
}

fn write_form<'a>(
    form: &'a Form,
    out: &mut fmt::Formatter<'_>,
    pending: &mut Vec<Step<'a>>,
) -> fmt::Result {
    match &form.kind {
        FormKind::Nil => out.write_str("nil"),
        FormKind::Bool(value) => write!(out, "{value}"),
        FormKind::Int(value) => write!(out, "{value}"),
        FormKind::BigInt(value) => write!(out, "{value}"),
        FormKind::Ratio(numerator, denominator) => write!(out, "{numerator}/{denominator}"),
        FormKind::Float(value) => write_float(*value, out),
        FormKind::Decimal { unscaled, scale } => write_decimal(unscaled, *scale, out),
        FormKind::Str(text) => write_string(text, out),
        FormKind::Char(value) => write_char(*value, out),
        FormKind::Keyword(name) => write!(out, ":{name}"),
        FormKind::Symbol(name) => write!(out, "{name}"),
        FormKind::Regex(source) => write!(out, "#\"{source}\""),
        FormKind::List(items) => open(out, pending, "(", items, ")"),
        FormKind::Vector(items) => open(out, pending, "[", items, "]"),
        FormKind::Set(items) => open(out, pending, "#{", items, "}"),
        FormKind::Map(entries) => open_map(out, pending, entries),
        FormKind::Tagged(tag, form) => write_tagged(tag, form, out, pending),
    }
}

fn open<'a>(
    out: &mut fmt::Formatter<'_>,
    pending: &mut Vec<Step<'a>>,
    opening: &str,
    items: &'a [Form],
    closing: &'static str,
) -> fmt::Result {
    out.write_str(opening)?;
    pending.push(Step::Text(closing));
    for (place, item) in items.iter().enumerate().rev() {
        pending.push(Step::Form(item));
        if place > 0 {
            pending.push(Step::Text(" "));
        }
    }
    Ok(())
}

fn open_map<'a>(
    out: &mut fmt::Formatter<'_>,
    pending: &mut Vec<Step<'a>>,
    entries: &'a [(Form, Form)],
) -> fmt::Result {
    out.write_str("{")?;
    pending.push(Step::Text("}"));
    for (place, (key, value)) in entries.iter().enumerate().rev() {
        pending.push(Step::Form(value));
        pending.push(Step::Text(" "));
        pending.push(Step::Form(key));
        if place > 0 {
            pending.push(Step::Text(", "));
        }
    }
    Ok(())
}

/// Actors and references print as one token, every other tag before its form.
fn write_tagged<'a>(
    tag: &crate::form::Name,
    form: &'a Form,
    out: &mut fmt::Formatter<'_>,
    pending: &mut Vec<Step<'a>>,
) -> fmt::Result {
    match form.as_str() {
        Some(text) if tag.is("actor") || tag.is("ref") => write!(out, "#{tag}<{text}>"),
        _ => {
            write!(out, "#{tag} ")?;
            pending.push(Step::Form(form));
            Ok(())
        }
    }
}

/// As Clojure writes doubles: the shortest digits that read back, plain from 10^-3 up to 10^7.
pub fn write_float(value: f64, out: &mut impl Write) -> fmt::Result {
    if value.is_nan() {
        return out.write_str("##NaN");
    }
    if value.is_infinite() {
        return out.write_str(if value > 0.0 { "##Inf" } else { "##-Inf" });
    }
    let magnitude = value.abs();
    if magnitude == 0.0 || (1e-3..1e7).contains(&magnitude) {
        return write!(out, "{value:?}");
    }
    let text = format!("{value:e}");
    let (digits, exponent) = text
        .split_once('e')
        .expect("the exponent format of a float always has an `e`");
    let point = if digits.contains('.') { "" } else { ".0" };
    write!(out, "{digits}{point}E{exponent}")
}

/// As `BigDecimal` writes itself, with the suffix that reads it back.
pub fn write_decimal(unscaled: &BigInt, scale: i32, out: &mut impl Write) -> fmt::Result {
    let digits = unscaled.magnitude().to_string();
    if unscaled.sign() == Sign::Minus {
        out.write_char('-')?;
    }
    let exponent = digits.len() as i64 - 1 - i64::from(scale);
    if scale == 0 {
        write!(out, "{digits}M")
    } else if scale > 0 && exponent >= -6 {
        let padding = (scale as usize + 1).saturating_sub(digits.len());
        let padded = format!("{}{digits}", "0".repeat(padding));
        let (whole, fraction) = padded.split_at(padded.len() - scale as usize);
        write!(out, "{whole}.{fraction}M")
    } else {
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        write!(out, "{first}{point}{rest}E{exponent:+}M")
    }
}

/// A string in quotes, with the escapes that read it back.
pub fn write_string(text: &str, out: &mut impl Write) -> fmt::Result {
    out.write_char('"')?;
    for character in text.chars() {
        match character {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\t' => out.write_str("\\t")?,
            '\r' => out.write_str("\\r")?,
            '\u{8}' => out.write_str("\\b")?,
            '\u{c}' => out.write_str("\\f")?,
            _ => out.write_char(character)?,
        }
    }
    out.write_char('"')
}

/// A character with its backslash, by name where it has one.
pub fn write_char(value: char, out: &mut impl Write) -> fmt::Result {
    match CHARACTER_NAMES.iter().find(|(_, named)| *named == value) {
        Some((name, _)) => write!(out, "\\{name}"),
        None if value.is_control() => write!(out, "\\u{:04X}", value as u32),
        None => write!(out, "\\{value}"),
    }
}

/// The characters that have a name.
pub(crate) const CHARACTER_NAMES: &[(&str, char)] = &[
    ("newline", '\n'),
    ("space", ' '),
    ("tab", '\t'),
    ("return", '\r'),
    ("backspace", '\u{8}'),
    ("formfeed", '\u{c}'),
];
