//! Column types of text: what a field could be, and the builder that collects it.
//!
//! The test that infers a type and the parse that fills the column are the same function, so a
//! column read to the end while inferring can never fail later.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Float64Builder, Int64Builder, StringBuilder,
    TimestampMicrosecondBuilder,
};
use arrow::compute::kernels::cast_utils::{Parser, string_to_timestamp_nanos};
use arrow::datatypes::{DataType, Date32Type, TimeUnit};

/// The narrowest type that all texts of a column have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextType {
    /// No value was seen.
    Unknown,
    Boolean,
    Integer,
    Float,
    Date,
    /// A date and time; without a zone it is taken as UTC.
    Instant,
    Text,
}

impl TextType {
    /// The type of one text.
    fn of(text: &str) -> Self {
        match text.as_bytes() {
            [b'-' | b'+' | b'.' | b'0'..=b'9', ..] => Self::of_number_or_time(text),
            _ if parse_boolean(text).is_some() => Self::Boolean,
            _ if parse_float(text).is_some() => Self::Float,
            _ => Self::Text,
        }
    }

    fn of_number_or_time(text: &str) -> Self {
        if parse_integer(text).is_some() {
            Self::Integer
        } else if parse_float(text).is_some() {
            Self::Float
        } else if parse_date(text).is_some() {
            Self::Date
        } else if parse_time(text).is_some() {
            Self::Instant
        } else {
            Self::Text
        }
    }

    /// Widens the type so that it also holds `text`.
    pub(super) fn widen(self, text: &str) -> Self {
        if self == Self::Text {
            return self;
        }
        match (self, Self::of(text)) {
            (Self::Unknown, other) => other,
            (known, other) if known == other => known,
            (Self::Integer, Self::Float) | (Self::Float, Self::Integer) => Self::Float,
            _ => Self::Text,
        }
    }

    /// The Arrow type of the column.
    pub(super) fn data_type(self) -> DataType {
        match self {
            Self::Boolean => DataType::Boolean,
            Self::Integer => DataType::Int64,
            Self::Float => DataType::Float64,
            Self::Date => DataType::Date32,
            Self::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::from("UTC"))),
            Self::Unknown | Self::Text => DataType::Utf8,
        }
    }

    /// The text type whose column has this Arrow type.
    pub(super) fn from_data_type(data_type: &DataType) -> Option<Self> {
        let types = [
            Self::Boolean,
            Self::Integer,
            Self::Float,
            Self::Date,
            Self::Instant,
            Self::Text,
        ];
        types
            .into_iter()
            .find(|text_type| text_type.data_type() == *data_type)
    }

    /// The type in words, for messages.
    pub(super) fn in_words(self) -> &'static str {
        match self {
            Self::Boolean => "true or false",
            Self::Integer => "an integer",
            Self::Float => "a number",
            Self::Date => "a date",
            Self::Instant => "a time",
            Self::Unknown | Self::Text => "text",
        }
    }
}

/// Collects the texts of one column.
pub(super) enum TextColumn {
    Boolean(BooleanBuilder),
    Integer(Int64Builder),
    Float(Float64Builder),
    Date(Date32Builder),
    Time(TimestampMicrosecondBuilder),
    Text(StringBuilder),
}

impl TextColumn {
    pub(super) fn new(text_type: TextType) -> Self {
        match text_type {
            TextType::Boolean => Self::Boolean(BooleanBuilder::new()),
            TextType::Integer => Self::Integer(Int64Builder::new()),
            TextType::Float => Self::Float(Float64Builder::new()),
            TextType::Date => Self::Date(Date32Builder::new()),
            TextType::Instant => {
                Self::Time(TimestampMicrosecondBuilder::new().with_data_type(text_type.data_type()))
            }
            TextType::Unknown | TextType::Text => Self::Text(StringBuilder::new()),
        }
    }

    /// Adds a text; false when it is not of the column's type.
    pub(super) fn push(&mut self, text: &str) -> bool {
        match self {
            Self::Boolean(builder) => parse_boolean(text)
                .map(|value| builder.append_value(value))
                .is_some(),
            Self::Integer(builder) => parse_integer(text)
                .map(|value| builder.append_value(value))
                .is_some(),
            Self::Float(builder) => parse_float(text)
                .map(|value| builder.append_value(value))
                .is_some(),
            Self::Date(builder) => parse_date(text)
                .map(|value| builder.append_value(value))
                .is_some(),
            Self::Time(builder) => parse_time(text)
                .map(|value| builder.append_value(value))
                .is_some(),
            Self::Text(builder) => {
                builder.append_value(text);
                true
            }
        }
    }

    pub(super) fn push_null(&mut self) {
        match self {
            Self::Boolean(builder) => builder.append_null(),
            Self::Integer(builder) => builder.append_null(),
            Self::Float(builder) => builder.append_null(),
            Self::Date(builder) => builder.append_null(),
            Self::Time(builder) => builder.append_null(),
            Self::Text(builder) => builder.append_null(),
        }
    }

    /// The column so far; the builder starts anew.
    pub(super) fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Boolean(builder) => Arc::new(builder.finish()),
            Self::Integer(builder) => Arc::new(builder.finish()),
            Self::Float(builder) => Arc::new(builder.finish()),
            Self::Date(builder) => Arc::new(builder.finish()),
            Self::Time(builder) => Arc::new(builder.finish()),
            Self::Text(builder) => Arc::new(builder.finish()),
        }
    }
}

fn parse_boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "TRUE" | "True" => Some(true),
        "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// A leading zero marks a code (a postal code, a flight number), not a quantity.
fn has_leading_zero(text: &str) -> bool {
    let digits = text.trim_start_matches(['-', '+']);
    matches!(digits.as_bytes(), [b'0', b'0'..=b'9', ..])
}

fn parse_integer(text: &str) -> Option<i64> {
    if has_leading_zero(text) {
        return None;
    }
    text.parse().ok()
}

fn parse_float(text: &str) -> Option<f64> {
    let named = matches!(
        text,
        "NaN" | "Inf" | "-Inf" | "inf" | "-inf" | "Infinity" | "-Infinity"
    );
    let shaped = text
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E'));
    let too_long_integer = text.trim_start_matches('-').len() > 18
        && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'-'));
    if !named && (!shaped || has_leading_zero(text)) {
        return None;
    }
    // An integer beyond 64 bits would lose digits as a float; it stays text.
    if too_long_integer && text.parse::<i64>().is_err() {
        return None;
    }
    text.parse().ok()
}

fn parse_date(text: &str) -> Option<i32> {
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 10 && bytes[4] == b'-' && bytes[7] == b'-';
    if shaped {
        Date32Type::parse(text)
    } else {
        None
    }
}

fn parse_time(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let shaped = bytes.len() >= 16
        && bytes[4] == b'-'
        && bytes[7] == b'-'
        && matches!(bytes[10], b'T' | b't' | b' ');
    if !shaped {
        return None;
    }
    string_to_timestamp_nanos(text)
        .ok()
        .map(|nanos| nanos.div_euclid(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn infer(texts: &[&str]) -> TextType {
        texts
            .iter()
            .fold(TextType::Unknown, |known, text| known.widen(text))
    }

    #[test]
    fn finds_the_narrowest_common_type() {
        assert_eq!(infer(&[]), TextType::Unknown);
        assert_eq!(infer(&["1", "-2", "+3"]), TextType::Integer);
        assert_eq!(infer(&["1", "2.5", "1e9", "-.5"]), TextType::Float);
        assert_eq!(infer(&["true", "FALSE"]), TextType::Boolean);
        assert_eq!(infer(&["2013-01-01"]), TextType::Date);
        assert_eq!(
            infer(&["2013-01-01T06:00:00Z", "2013-01-01 06:00:00+02:00"]),
            TextType::Instant
        );
        assert_eq!(
            infer(&["2013-01-01T06:00:00", "2013-01-01T06:00:00.5Z"]),
            TextType::Instant
        );
        assert_eq!(infer(&["1", "x"]), TextType::Text);
        assert_eq!(infer(&["1", "true"]), TextType::Text);
    }

    #[test]
    fn codes_and_long_numbers_stay_text() {
        assert_eq!(infer(&["01234"]), TextType::Text);
        assert_eq!(infer(&["06A"]), TextType::Text);
        assert_eq!(infer(&["99999999999999999999"]), TextType::Text);
        assert_eq!(infer(&["0", "-0", "0.5"]), TextType::Float);
    }

    #[test]
    fn short_and_odd_texts_are_no_times() {
        for text in ["-", "+", ".", "2013-13-45T99:99:99Z", "éééé-éé-éé"] {
            assert_eq!(infer(&[text]), TextType::Text, "{text}");
        }
    }
}
