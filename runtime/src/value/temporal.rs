//! Dates, times and durations as calendars have them, beside the instants of [`super::instant`].
//!
//! Each has a tag of its own and reads back: `#date "2024-02-29"`, `#duration "PT1H30M"`.

use jiff::civil::{Date, DateTime, Time};
use jiff::{Span, Zoned};

use super::Value;
use super::object::{Native, make_native};
use crate::collections::vector;
use crate::failure::{Fault, FaultKind};
use crate::number;

/// What a calendar has.
#[derive(Clone)]
pub enum Temporal {
    /// A point in time as a place on earth writes it.
    Zoned(Box<Zoned>),
    /// Date and time of day, anywhere.
    DateTime(DateTime),
    /// A day, anywhere.
    Date(Date),
    /// A time of day.
    Time(Time),
    /// How much time: months and days are kept apart from hours.
    Duration(Box<Span>),
}

/// The tags, in the order of [`Temporal`].
const TAGS: [&str; 5] = ["zoned", "datetime", "date", "time", "duration"];

impl Temporal {
    /// The tag, which is also what `class` gives.
    pub fn tag(&self) -> &'static str {
        match self {
            Temporal::Zoned(_) => TAGS[0],
            Temporal::DateTime(_) => TAGS[1],
            Temporal::Date(_) => TAGS[2],
            Temporal::Time(_) => TAGS[3],
            Temporal::Duration(_) => TAGS[4],
        }
    }

    /// As ISO 8601 writes it.
    pub fn text(&self) -> String {
        match self {
            Temporal::Zoned(zoned) => zoned.to_string(),
            Temporal::DateTime(time) => time.to_string(),
            Temporal::Date(date) => date.to_string(),
            Temporal::Time(time) => time.to_string(),
            Temporal::Duration(span) => span.to_string(),
        }
    }

    /// The value.
    pub fn into_value(self) -> Value {
        make_native(self)
    }
}

fn key_of(parts: impl IntoIterator<Item = i128>) -> Value {
    vector::from_iter(parts.into_iter().map(number::from_i128))
}

fn date_parts(date: Date) -> [i128; 3] {
    [date.year().into(), date.month().into(), date.day().into()]
}

fn time_nanos(time: Time) -> i128 {
    let seconds =
        (i128::from(time.hour()) * 60 + i128::from(time.minute())) * 60 + i128::from(time.second());
    seconds * 1_000_000_000 + i128::from(time.subsec_nanosecond())
}

/// Months, days and nanoseconds of a duration: what can be told apart.
fn span_parts(span: &Span) -> [i128; 3] {
    let months = i128::from(span.get_years()) * 12 + i128::from(span.get_months());
    let days = i128::from(span.get_weeks()) * 7 + i128::from(span.get_days());
    [months, days, clock_nanos(span)]
}

/// Nanoseconds of what is no calendar's: hours and smaller.
pub fn clock_nanos(span: &Span) -> i128 {
    let minutes = i128::from(span.get_hours()) * 60 + i128::from(span.get_minutes());
    let seconds = minutes * 60 + i128::from(span.get_seconds());
    let millis = seconds * 1000 + i128::from(span.get_milliseconds());
    let micros = millis * 1000 + i128::from(span.get_microseconds());
    micros * 1000 + i128::from(span.get_nanoseconds())
}

impl Native for Temporal {
    fn class(&self) -> &'static str {
        self.tag()
    }

    fn print(&self) -> String {
        format!("#{} \"{}\"", self.tag(), self.text())
    }

    fn display(&self) -> String {
        self.text()
    }

    fn key(&self) -> Option<Value> {
        Some(match self {
            Temporal::Zoned(zoned) => {
                let zone = zoned.time_zone().iana_name().unwrap_or_default();
                let nanos = zoned.timestamp().as_nanosecond();
                let offset = i64::from(zoned.offset().seconds());
                vector::from_vec(vec![
                    number::from_i128(nanos),
                    Value::str(zone),
                    number::int(offset),
                ])
            }
            Temporal::DateTime(time) => key_of(
                date_parts(time.date())
                    .into_iter()
                    .chain([time_nanos(time.time())]),
            ),
            Temporal::Date(date) => key_of(date_parts(*date)),
            Temporal::Time(time) => key_of([time_nanos(*time)]),
            Temporal::Duration(span) => key_of(span_parts(span)),
        })
    }
}

/// The value of `#tag "text"`; `None` if the tag is none of these.
pub fn read(tag: &str, text: &str) -> Option<Result<Temporal, Fault>> {
    let parsed = match tag {
        "zoned" => text.parse().map(|zoned| Temporal::Zoned(Box::new(zoned))),
        "datetime" => text.parse().map(Temporal::DateTime),
        "date" => text.parse().map(Temporal::Date),
        "time" => text.parse().map(Temporal::Time),
        "duration" => text.parse().map(|span| Temporal::Duration(Box::new(span))),
        _ => return None,
    };
    Some(
        parsed.map_err(|error| {
            Fault::new(FaultKind::Syntax, format!("{text:?} is no {tag}: {error}"))
        }),
    )
}

/// Is it one of the tags of this module?
pub fn is_tag(tag: &str) -> bool {
    TAGS.contains(&tag)
}

impl Value {
    /// The date, time or duration.
    pub fn as_temporal(&self) -> Option<&Temporal> {
        self.as_native::<Temporal>()
    }
}
