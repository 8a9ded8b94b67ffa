//! Points in time as the database keeps them: microseconds since 1970 UTC.

use batuta_runtime::value::{Value, instant};

/// Microseconds of a day.
pub(crate) const DAY_MICROS: i64 = 86_400_000_000;

/// The value of a point in time.
pub(crate) fn make(micros: i64) -> Value {
    instant::from_micros(micros)
}

/// The microseconds of an instant value.
pub(crate) fn micros_of(value: &Value) -> Option<i64> {
    value.as_instant().map(|instant| instant.as_microsecond())
}
