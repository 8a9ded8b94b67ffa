//! A point in time as a value: microseconds since 1970 UTC, printed as `#inst "…"`.

use arrow::temporal_conversions::timestamp_us_to_datetime;
use batuta_runtime::value::Value;
use batuta_runtime::value::object::{Native, make_native};

/// Microseconds of a day.
pub(crate) const DAY_MICROS: i64 = 86_400_000_000;

/// A point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Instant {
    micros: i64,
}

impl Native for Instant {
    fn class(&self) -> &'static str {
        "instant"
    }

    fn print(&self) -> String {
        format!("#inst {:?}", text(self.micros))
    }

    fn display(&self) -> String {
        text(self.micros)
    }
}

/// The value of a point in time.
pub(crate) fn make(micros: i64) -> Value {
    make_native(Instant { micros })
}

/// The microseconds of an instant value.
pub(crate) fn micros_of(value: &Value) -> Option<i64> {
    value.as_native::<Instant>().map(|instant| instant.micros)
}

/// As RFC 3339, with no more digits than needed.
pub(crate) fn text(micros: i64) -> String {
    match timestamp_us_to_datetime(micros) {
        None => format!("{micros}us"),
        Some(time) if micros % 1_000_000 == 0 => time.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        Some(time) if micros % 1000 == 0 => time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        Some(time) => time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_no_more_digits_than_needed() {
        assert_eq!(text(0), "1970-01-01T00:00:00Z");
        assert_eq!(text(1_500), "1970-01-01T00:00:00.001500Z");
        assert_eq!(text(-1_000), "1969-12-31T23:59:59.999Z");
        assert_eq!(
            make(0).as_native::<Instant>().map(Native::print).as_deref(),
            Some("#inst \"1970-01-01T00:00:00Z\"")
        );
    }
}
