//! Values to the literals of a query.

use std::sync::Arc;

use batuta_runtime::failure::Fault;
use batuta_runtime::value::Value;
use datafusion::common::ScalarValue;
use dlog_core::log::Datum;

use super::datum::datum;

/// The literal of a simple value; nothing for lists and maps.
pub(crate) fn scalar(value: &Value) -> Result<Option<ScalarValue>, Fault> {
    let text = |text: Arc<str>| ScalarValue::Utf8(Some(text.to_string()));
    Ok(Some(match datum(value)? {
        Datum::Null => ScalarValue::Null,
        Datum::Bool(truth) => ScalarValue::Boolean(Some(truth)),
        Datum::Int(number) => ScalarValue::Int64(Some(number)),
        Datum::Float(number) => ScalarValue::Float64(Some(number)),
        Datum::Str(value) | Datum::Keyword(value) | Datum::Symbol(value) => text(value),
        Datum::Instant(micros) => {
            ScalarValue::TimestampMicrosecond(Some(micros), Some(Arc::from("UTC")))
        }
        Datum::Date(days) => ScalarValue::Date32(Some(days)),
        Datum::BigInt(number) => ScalarValue::Decimal128(Some(number), 38, 0),
        Datum::Bytes(bytes) => ScalarValue::Binary(Some(bytes.to_vec())),
        Datum::Uuid(bytes) => ScalarValue::FixedSizeBinary(16, Some(bytes.to_vec())),
        Datum::Decimal { unscaled, scale } => ScalarValue::Decimal128(Some(unscaled), 38, scale),
        Datum::List(_) | Datum::Struct(_) => return Ok(None),
    }))
}
