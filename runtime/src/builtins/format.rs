//! `format` and `printf` in `batuta.core`: Java's format strings, as far as Batuta's values go.
//!
//! `%[n$][flags][width][.precision]letter` with the flags `-` `0` `+` space `,` `(` `#` and the
//! letters `s S d x X o f e E g c b n %`.

use crate::builtin::{Builtin, BuiltinTable, Flow, at_least, row};
use crate::builtins::support::{take_all, text};
use crate::collections::walk;
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::number::{self, Number};
use crate::value::{Value, print};

/// One `%` of a format string.
#[derive(Default)]
struct Directive {
    /// Which argument, from one; `None` for the next.
    argument: Option<usize>,
    flags: String,
    width: usize,
    precision: Option<usize>,
    letter: char,
}

impl Directive {
    fn has(&self, flag: char) -> bool {
        self.flags.contains(flag)
    }

    /// Parses what stands behind a `%`; gives the rest of the text too.
    fn parse(source: &str) -> Result<(Directive, &str), Fault> {
        let mut directive = Directive::default();
        let (index, behind) = digits(source);
        let mut rest = source;
        if let Some(after) = behind.strip_prefix('$') {
            directive.argument = index;
            rest = after;
        }
        let end = rest.find(|c| !"-0+ ,(#".contains(c)).unwrap_or(rest.len());
        directive.flags = rest[..end].to_owned();
        let (width, after) = digits(&rest[end..]);
        directive.width = width.unwrap_or(0);
        rest = after;
        if let Some(after) = rest.strip_prefix('.') {
            let (precision, after) = digits(after);
            directive.precision = precision;
            rest = after;
        }
        let mut chars = rest.chars();
        directive.letter = chars.next().ok_or_else(|| {
            Fault::new(
                FaultKind::Number,
                "a format string ends within a `%` directive",
            )
        })?;
        Ok((directive, chars.as_str()))
    }

    fn write(&self, out: &mut String, value: &Value) -> Result<(), Fault> {
        let mut body = match self.letter {
            's' | 'S' => self.general(value),
            'c' | 'd' | 'x' | 'X' | 'o' | 'f' | 'e' | 'E' | 'g' if value.is_nil() => {
                self.general(value)
            }
            'b' => value.is_truthy().to_string(),
            'c' => self.character(value)?,
            'd' | 'x' | 'X' | 'o' => self.integer(value)?,
            'f' | 'e' | 'E' | 'g' => self.float(value)?,
            other => return Err(unknown(other)),
        };
        if self.letter == 'S' {
            body = body.to_uppercase();
        }
        self.pad(out, &body);
        Ok(())
    }

    fn general(&self, value: &Value) -> String {
        let mut text = String::new();
        if value.is_nil() {
            text.push_str("null");
        } else {
            print::write_str(&mut text, value);
        }
        match self.precision {
            Some(most) => text.chars().take(most).collect(),
            None => text,
        }
    }

    fn character(&self, value: &Value) -> Result<String, Fault> {
        let code = number::as_i64(value).and_then(|n| u32::try_from(n).ok());
        let c = value.as_char().or_else(|| code.and_then(char::from_u32));
        c.map(String::from)
            .ok_or_else(|| Fault::wrong_type("format", "a character for %c", value))
    }

    fn integer(&self, value: &Value) -> Result<String, Fault> {
        let wanted = format!("an integer for %{}", self.letter);
        let n =
            number::as_bigint(value).ok_or_else(|| Fault::wrong_type("format", &wanted, value))?;
        // Digits of a base of two show the bits: an integer has no width, so as many whole bytes
        // as its two's complement needs.
        let bits = || num_bigint::BigUint::from_bytes_be(&n.to_signed_bytes_be());
        Ok(match self.letter {
            'x' => self.signed(false, format!("{:x}", bits())),
            'X' => self.signed(false, format!("{:X}", bits())),
            'o' => self.signed(false, format!("{:o}", bits())),
            _ => {
                let negative = n.sign() == num_bigint::Sign::Minus;
                self.signed(negative, self.grouped(&n.magnitude().to_string()))
            }
        })
    }

    fn float(&self, value: &Value) -> Result<String, Fault> {
        let wanted = format!("a number for %{}", self.letter);
        let f = Number::of(value)
            .ok_or_else(|| Fault::wrong_type("format", &wanted, value))?
            .to_f64();
        if !f.is_finite() {
            let name = if f.is_nan() { "NaN" } else { "Infinity" };
            return Ok(self.signed(f < 0.0, name.to_owned()));
        }
        let (precision, magnitude) = (self.precision.unwrap_or(6), f.abs());
        let digits = match self.letter {
            'f' => self.grouped(&format!("{magnitude:.precision$}")),
            'g' if magnitude != 0.0
                && !(1e-4..10f64.powi(precision as i32)).contains(&magnitude) =>
            {
                scientific(magnitude, precision.max(1) - 1)
            }
            'g' => {
                let whole = if magnitude < 1.0 {
                    1
                } else {
                    magnitude.log10() as usize + 1
                };
                format!("{magnitude:.*}", precision.saturating_sub(whole))
            }
            'E' => scientific(magnitude, precision).to_uppercase(),
            _ => scientific(magnitude, precision),
        };
        Ok(self.signed(f.is_sign_negative(), digits))
    }

    fn grouped(&self, digits: &str) -> String {
        if !self.has(',') {
            return digits.to_owned();
        }
        let (whole, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
        let mut out = String::new();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                out.push(',');
            }
            out.push(digit);
        }
        out + fraction
    }

    /// Puts the sign before the digits, and zeros between if they fill the width.
    fn signed(&self, negative: bool, digits: String) -> String {
        let (before, after) = match negative {
            true if self.has('(') => ("(", ")"),
            true => ("-", ""),
            false if self.has('+') => ("+", ""),
            false if self.has(' ') => (" ", ""),
            false => ("", ""),
        };
        let taken = before.len() + digits.len() + after.len();
        let zeros = if self.has('0') {
            self.width.saturating_sub(taken)
        } else {
            0
        };
        format!("{before}{}{digits}{after}", "0".repeat(zeros))
    }

    fn pad(&self, out: &mut String, body: &str) {
        let missing = self.width.saturating_sub(body.chars().count());
        if self.has('-') {
            out.push_str(body);
            out.extend(std::iter::repeat_n(' ', missing));
        } else {
            out.extend(std::iter::repeat_n(' ', missing));
            out.push_str(body);
        }
    }
}

/// Widths beyond this are refused: a format string is no way to fill the memory.
const NUMBER_MAX: usize = 1_000_000;

/// A number at the start (without a leading zero, which is a flag), and what follows.
fn digits(source: &str) -> (Option<usize>, &str) {
    let end = source
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(source.len());
    match source[..end].parse::<usize>() {
        Ok(number) => (Some(number.min(NUMBER_MAX)), &source[end..]),
        Err(_) => (None, &source[end..]),
    }
}

fn scientific(magnitude: f64, precision: usize) -> String {
    let text = format!("{magnitude:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

#[cold]
fn unknown(letter: char) -> Fault {
    let message = format!("`format` knows no directive %{letter}");
    Fault::new(FaultKind::Number, message).hint("%s takes any value, %% is the sign itself")
}

fn formatted(template: &str, values: &[Value]) -> Result<String, Fault> {
    let (mut out, mut rest, mut next) = (String::new(), template, 0);
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let (directive, after) = Directive::parse(&rest[at + 1..])?;
        rest = after;
        match directive.letter {
            '%' => directive.pad(&mut out, "%"),
            'n' => out.push('\n'),
            _ => {
                let index = directive.argument.unwrap_or(next + 1).wrapping_sub(1);
                if directive.argument.is_none() {
                    next += 1;
                }
                let value = values.get(index).ok_or_else(|| {
                    let message = format!("`format` has no value for its directive {}", index + 1);
                    Fault::new(FaultKind::Arity, message)
                })?;
                directive.write(&mut out, value)?;
            }
        }
    }
    out.push_str(rest);
    Ok(out)
}

fn format_then(cx: &mut Cx, args: &mut [Value], then: fn(&Cx, String) -> Flow) -> Flow {
    text("format", &args[0])?;
    walk::realise_all(cx, take_all(args, 0), move |cx, values| {
        let text = formatted(values[0].as_str().unwrap_or_default(), &values[1..])?;
        then(cx, text)
    })
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "format",
        "[template & values]",
        at_least(1),
        |cx, a| format_then(cx, a, |_, text| Ok(Value::string(text))),
        "The template with its directives replaced: %s any value, %d integers, %.2f floats, %5d a width, %x %o %e %c %b, %n a line break, %% the sign.",
    ),
    row(
        "printf",
        "[template & values]",
        at_least(1),
        |cx, a| format_then(cx, a, |cx, text| super::core_print::emit(cx, &text)),
        "Writes what `format` gives.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::int;

    #[test]
    fn formats_as_java_does() {
        let pi = Value::float(std::f64::consts::PI);
        let cases: [(&str, &[Value], &str); 12] = [
            (
                "%d%%|%5d|%-5d|%05d",
                &[int(1), int(2), int(3), int(4)],
                "1%|    2|3    |00004",
            ),
            (
                "%.2f|%8.3f|%f",
                &[pi.clone(), pi.clone(), pi.clone()],
                "3.14|   3.142|3.141593",
            ),
            (
                "%,d %,.1f",
                &[int(1234567), Value::float(1234.55)],
                "1,234,567 1,234.5",
            ),
            (
                "%s %S %s",
                &[Value::str("a"), Value::str("b"), Value::NIL],
                "a B null",
            ),
            ("%x %X %o", &[int(255), int(255), int(8)], "ff FF 10"),
            ("%e", &[Value::float(12345.678)], "1.234568e+04"),
            ("%2$s %1$s", &[int(1), int(2)], "2 1"),
            ("%+d %(d", &[int(1), int(-2)], "+1 (2)"),
            ("%c%b%n", &[Value::char('x'), Value::NIL], "xfalse\n"),
            (
                "%-6s|%6s|",
                &[Value::str("λ"), Value::str("b")],
                "λ     |     b|",
            ),
            ("%.3s", &[Value::str("abcdef")], "abc"),
            ("%.3g", &[pi], "3.14"),
        ];
        for (template, values, expected) in cases {
            assert_eq!(
                formatted(template, values).ok().as_deref(),
                Some(expected),
                "{template}"
            );
        }
        for wrong in ["%d", "%q", "%"] {
            assert!(formatted(wrong, &[Value::str("x")]).is_err(), "{wrong}");
        }
    }
}
