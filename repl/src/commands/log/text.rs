//! Values of a log as Batuta writes them, and as JSON.

use dlog_core::log::Datum;
use serde_json::{Map, Number, Value};

use super::output::time;

/// Fields by name.
type Fields = [(std::sync::Arc<str>, Datum)];

/// Fields as a map of Batuta.
pub(super) fn map_text(fields: &Fields) -> String {
    let parts = fields
        .iter()
        .map(|(name, value)| format!(":{name} {}", datum_text(value)));
    format!("{{{}}}", parts.collect::<Vec<_>>().join(", "))
}

/// A value as Batuta reads it.
pub(super) fn datum_text(value: &Datum) -> String {
    match value {
        Datum::Null => "nil".to_owned(),
        Datum::Bool(truth) => truth.to_string(),
        Datum::Int(number) => number.to_string(),
        Datum::Float(number) => float_text(*number),
        Datum::Str(text) => format!("{text:?}"),
        Datum::Keyword(text) => format!(":{text}"),
        Datum::Symbol(text) => text.to_string(),
        Datum::Bytes(bytes) => format!("#bytes \"{}\"", hex(bytes)),
        Datum::Instant(micros) => format!("#inst \"{}\"", time(*micros)),
        Datum::Date(days) => format!("#inst \"{}\"", date(*days)),
        Datum::Uuid(bytes) => format!("#uuid \"{}\"", uuid(bytes)),
        Datum::BigInt(number) => number.to_string(),
        Datum::Decimal { unscaled, scale } => format!("{}M", decimal(*unscaled, *scale)),
        Datum::List(items) => {
            let items: Vec<String> = items.iter().map(datum_text).collect();
            format!("[{}]", items.join(" "))
        }
        Datum::Struct(fields) => map_text(fields),
    }
}

/// Fields as an object.
pub(super) fn map_json(fields: &Fields) -> Value {
    let parts = fields
        .iter()
        .map(|(name, value)| (name.to_string(), datum_json(value)));
    Value::Object(parts.collect::<Map<_, _>>())
}

/// A value as JSON has it: names and what it has no type for as strings, numbers that a reader of
/// JSON could not keep exact too.
pub(super) fn datum_json(value: &Datum) -> Value {
    match value {
        Datum::Null => Value::Null,
        Datum::Bool(truth) => Value::Bool(*truth),
        Datum::Int(number) => Value::from(*number),
        Datum::Float(number) => {
            let float = Number::from_f64(*number);
            float.map_or_else(|| Value::String(float_text(*number)), Value::Number)
        }
        Datum::Str(text) | Datum::Keyword(text) | Datum::Symbol(text) => {
            Value::String(text.to_string())
        }
        Datum::Bytes(bytes) => Value::String(hex(bytes)),
        Datum::Instant(micros) => Value::String(time(*micros)),
        Datum::Date(days) => Value::String(date(*days)),
        Datum::Uuid(bytes) => Value::String(uuid(bytes)),
        Datum::BigInt(number) => Value::String(number.to_string()),
        Datum::Decimal { unscaled, scale } => Value::String(decimal(*unscaled, *scale)),
        Datum::List(items) => Value::Array(items.iter().map(datum_json).collect()),
        Datum::Struct(fields) => map_json(fields),
    }
}

fn float_text(number: f64) -> String {
    if number.is_nan() {
        return "##NaN".to_owned();
    }
    match number {
        f64::INFINITY => "##Inf".to_owned(),
        f64::NEG_INFINITY => "##-Inf".to_owned(),
        number => format!("{number:?}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn uuid(bytes: &[u8; 16]) -> String {
    let text = hex(bytes);
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| &text[part]);
    parts.join("-")
}

fn date(days: i32) -> String {
    let text = time(i64::from(days) * 86_400_000_000);
    let end = text.find('T').unwrap_or(text.len());
    text[..end].to_owned()
}

fn decimal(unscaled: i128, scale: i8) -> String {
    let digits = unscaled.unsigned_abs().to_string();
    let sign = if unscaled < 0 { "-" } else { "" };
    let Some(places) = usize::try_from(scale).ok().filter(|places| *places > 0) else {
        let zeros = "0".repeat(usize::from(scale.unsigned_abs()));
        return format!("{sign}{digits}{zeros}");
    };
    let digits = format!("{digits:0>width$}", width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    format!("{sign}{whole}.{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_batuta_and_json_do() {
        let list = Datum::List(vec![Datum::Int(1), Datum::Null]);
        for (value, text, json) in [
            (Datum::Float(1.0), "1.0", "1.0"),
            (Datum::Float(f64::NAN), "##NaN", "\"##NaN\""),
            (Datum::Str("a\"b".into()), "\"a\\\"b\"", "\"a\\\"b\""),
            (Datum::Keyword("k/x".into()), ":k/x", "\"k/x\""),
            (list, "[1 nil]", "[1,null]"),
            (Datum::Date(1), "#inst \"1970-01-02\"", "\"1970-01-02\""),
            (
                Datum::Instant(1_500_000),
                "#inst \"1970-01-01T00:00:01.500Z\"",
                "\"1970-01-01T00:00:01.500Z\"",
            ),
            (
                Datum::Decimal {
                    unscaled: -5,
                    scale: 2,
                },
                "-0.05M",
                "\"-0.05\"",
            ),
            (
                Datum::Uuid([17; 16]),
                "#uuid \"11111111-1111-1111-1111-111111111111\"",
                "\"11111111-1111-1111-1111-111111111111\"",
            ),
            (
                Datum::Struct(vec![("x".into(), Datum::Bytes([0, 255][..].into()))]),
                "{:x #bytes \"00ff\"}",
                "{\"x\":\"00ff\"}",
            ),
        ] {
            assert_eq!(datum_text(&value), text);
            assert_eq!(datum_json(&value).to_string(), json);
        }
    }
}
