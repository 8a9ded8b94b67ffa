//! Values to data: what goes into a log. Values must be realised.

use std::sync::Arc;

use batuta_runtime::collections::seq::{Cursor, Step};
use batuta_runtime::collections::{is_sequential, map};
use batuta_runtime::failure::{Fault, FaultKind};
use batuta_runtime::number;
use batuta_runtime::value::{Value, class_name, print};
use dlog_core::log::{Datum, Row};

use crate::instant;

/// How deep lists and maps of one row may nest; deeper ones are refused by the log anyway.
const NESTING_MAX: usize = 64;

/// A map as a row.
pub(crate) fn row(who: &str, value: &Value) -> Result<Row, Fault> {
    if !map::is_map(value) {
        return Err(Fault::wrong_type(who, "a map per row", value));
    }
    Ok(Row(fields(value, 0)?))
}

/// The rows of a sequence of maps.
pub(crate) fn rows(who: &str, value: &Value) -> Result<Vec<Row>, Fault> {
    items(who, value)?
        .iter()
        .map(|item| row(who, item))
        .collect()
}

/// The items of a realised sequence.
pub(crate) fn items(who: &str, value: &Value) -> Result<Vec<Value>, Fault> {
    let mut cursor = Cursor::new(who, value.clone())?;
    let mut items = Vec::new();
    loop {
        match cursor.next() {
            Step::Item(item) => items.push(item),
            Step::End => return Ok(items),
            Step::Ask => {
                let wanted = "a sequence that can be walked at once";
                return Err(Fault::wrong_type(who, wanted, value));
            }
        }
    }
}

/// One value.
pub(crate) fn datum(value: &Value) -> Result<Datum, Fault> {
    convert(value, 0)
}

fn convert(value: &Value, depth: usize) -> Result<Datum, Fault> {
    if depth > NESTING_MAX {
        let message = format!("a value nested more than {NESTING_MAX} deep has no column type");
        return Err(Fault::new(FaultKind::Type, message));
    }
    if let Some(simple) = simple(value)? {
        return Ok(simple);
    }
    if map::is_map(value) {
        return Ok(Datum::Struct(fields(value, depth + 1)?));
    }
    if is_sequential(value) {
        let items = items("append", value)?;
        let items = items.iter().map(|item| convert(item, depth + 1));
        return Ok(Datum::List(items.collect::<Result<_, _>>()?));
    }
    let shown = print::short(value);
    let class = class_name(value);
    let fault = Fault::new(
        FaultKind::Type,
        format!("{shown} ({class}) has no column type"),
    );
    Err(match class {
        "set" => fault.hint("store it as a vector: (vec s)"),
        "ratio" | "decimal" => fault.hint("store it as a float: (float r)"),
        _ => fault.hint("store a number, string, keyword, boolean, instant, vector or map"),
    })
}

fn simple(value: &Value) -> Result<Option<Datum>, Fault> {
    let datum = if value.is_nil() {
        Datum::Null
    } else if let Some(truth) = value.as_bool() {
        Datum::Bool(truth)
    } else if let Some(number) = number::as_i64(value) {
        Datum::Int(number)
    } else if let Some(number) = value.as_float() {
        Datum::Float(number)
    } else if let Some(text) = value.as_str() {
        Datum::Str(Arc::from(text))
    } else if let Some(keyword) = value.as_keyword() {
        Datum::Keyword(Arc::from(keyword.text()))
    } else if let Some(symbol) = value.as_symbol() {
        Datum::Symbol(Arc::from(symbol.text()))
    } else if let Some(character) = value.as_char() {
        Datum::Str(Arc::from(String::from(character)))
    } else if let Some(micros) = instant::micros_of(value) {
        Datum::Instant(micros)
    } else if number::is_int(value) {
        Datum::BigInt(wide_integer(value)?)
    } else {
        return Ok(None);
    };
    Ok(Some(datum))
}

fn wide_integer(value: &Value) -> Result<i128, Fault> {
    let number = number::as_bigint(value).and_then(|number| i128::try_from(number).ok());
    number
        .filter(|number| number.unsigned_abs() < 10_u128.pow(38))
        .ok_or_else(|| {
            let shown = print::short(value);
            let message = format!("{shown} has more than the 38 digits a column holds");
            Fault::new(FaultKind::Number, message).hint("store it as a string: (str n)")
        })
}

fn fields(value: &Value, depth: usize) -> Result<Vec<(Arc<str>, Datum)>, Fault> {
    map::iter(value)
        .map(|(key, value)| {
            let name = column_name(key)?;
            let datum = convert(value, depth).map_err(|fault| within(&name, fault))?;
            Ok((name, datum))
        })
        .collect()
}

/// Says in which field a fault lies.
fn within(name: &str, fault: Fault) -> Fault {
    Fault {
        message: format!(":{name}: {}", fault.message),
        ..fault
    }
}

/// The name of a column: a keyword, string or symbol.
pub(crate) fn column_name(key: &Value) -> Result<Arc<str>, Fault> {
    if let Some(keyword) = key.as_keyword() {
        return Ok(Arc::from(keyword.text()));
    }
    if let Some(text) = key.as_str() {
        return Ok(Arc::from(text));
    }
    if let Some(symbol) = key.as_symbol() {
        return Ok(Arc::from(symbol.text()));
    }
    Err(Fault::wrong_type("append", "keywords as column names", key))
}

/// The value of a datum.
pub(crate) fn value(datum: &Datum) -> Value {
    use batuta_runtime::collections::vector;
    match datum {
        Datum::Null => Value::NIL,
        Datum::Bool(truth) => Value::bool(*truth),
        Datum::Int(number) => number::int(*number),
        Datum::Float(number) => Value::float(*number),
        Datum::Str(text) => Value::str(text),
        Datum::Keyword(text) => Value::keyword(text),
        Datum::Symbol(text) => Value::symbol(Arc::clone(text)),
        Datum::Bytes(bytes) => vector::from_iter(bytes.iter().map(|b| number::int(i64::from(*b)))),
        Datum::Instant(micros) => instant::make(*micros),
        Datum::Date(days) => instant::make(i64::from(*days) * instant::DAY_MICROS),
        Datum::Uuid(bytes) => Value::string(uuid_text(bytes)),
        Datum::BigInt(number) => number::from_i128(*number),
        Datum::Decimal { unscaled, scale } => {
            Value::float(*unscaled as f64 / 10_f64.powi(i32::from(*scale)))
        }
        Datum::List(items) => vector::from_iter(items.iter().map(value)),
        Datum::Struct(fields) => map::from_pairs(
            fields
                .iter()
                .map(|(name, datum)| (Value::keyword(name), value(datum))),
        ),
    }
}

/// A row as a map with keyword keys.
pub(crate) fn row_value(row: &Row) -> Value {
    map::from_pairs(
        row.0
            .iter()
            .map(|(name, datum)| (Value::keyword(name), value(datum))),
    )
}

fn uuid_text(bytes: &[u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}
