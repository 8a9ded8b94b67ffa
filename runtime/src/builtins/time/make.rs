//! Making times from numbers and texts, and texts and numbers from times.

use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};

use super::arithmetic::{expect_zoned, zoned};
use super::failed;
use crate::actor::clock;
use crate::builtin::Flow;
use crate::builtins::options;
use crate::builtins::support::text;
use crate::collections::map;
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::number;
use crate::value::temporal::{self, Temporal};
use crate::value::{Value, instant};

/// A time zone by its name; `:system` is the machine's.
pub(super) fn zone(who: &str, value: &Value) -> Result<TimeZone, Fault> {
    if value.is_keyword("system") {
        return Ok(TimeZone::system());
    }
    if value.is_keyword("utc") {
        return Ok(TimeZone::UTC);
    }
    let name = text(who, value)?;
    TimeZone::get(name).map_err(|_| {
        let message = format!("`{who}`: there is no time zone {name:?}");
        Fault::new(FaultKind::Type, message)
            .hint("zones are called like \"Europe/Berlin\"; :system is the machine's, :utc UTC")
    })
}

/// The time it is for actors.
pub(super) fn present() -> Timestamp {
    Timestamp::try_from(clock::wall()).unwrap_or(Timestamp::MAX)
}

/// `(now)` and `(time/now zone)`
pub(super) fn now(_: &mut Cx, args: &mut [Value]) -> Flow {
    let now = present();
    match args.first() {
        None => Ok(Value::instant(now)),
        Some(name) => {
            let zoned = now.to_zoned(zone("time/now", name)?);
            Ok(Temporal::Zoned(Box::new(zoned)).into_value())
        }
    }
}

pub(super) fn today(_: &mut Cx, args: &mut [Value]) -> Flow {
    let zone = match args.first() {
        None => TimeZone::system(),
        Some(name) => zone("time/today", name)?,
    };
    Ok(Temporal::Date(present().to_zoned(zone).date()).into_value())
}

/// Arguments as small numbers, with a default for those that are missing.
fn small<T: TryFrom<i64>>(who: &str, args: &[Value], at: usize, default: T) -> Result<T, Fault> {
    let Some(value) = args.get(at) else {
        return Ok(default);
    };
    let small = number::as_i64(value).and_then(|n| T::try_from(n).ok());
    small.ok_or_else(|| Fault::wrong_type(who, "a part of a date or time", value))
}

fn civil(who: &str, args: &[Value]) -> Result<DateTime, Fault> {
    DateTime::new(
        small(who, args, 0, 1970_i16)?,
        small(who, args, 1, 1_i8)?,
        small(who, args, 2, 1_i8)?,
        small(who, args, 3, 0_i8)?,
        small(who, args, 4, 0_i8)?,
        small(who, args, 5, 0_i8)?,
        small(who, args, 6, 0_i32)?,
    )
    .map_err(|error| failed(who, &error))
}

pub(super) fn date(_: &mut Cx, args: &mut [Value]) -> Flow {
    let who = "time/date";
    let date = match args {
        [time] if !number::is_number(time) => expect_zoned(who, time)?.date(),
        parts => civil(who, parts)?.date(),
    };
    Ok(Temporal::Date(date).into_value())
}

pub(super) fn date_time(_: &mut Cx, args: &mut [Value]) -> Flow {
    let who = "time/datetime";
    let time = match args {
        [time] if !number::is_number(time) => expect_zoned(who, time)?.datetime(),
        parts => civil(who, parts)?,
    };
    Ok(Temporal::DateTime(time).into_value())
}

pub(super) fn time_of_day(_: &mut Cx, args: &mut [Value]) -> Flow {
    let who = "time/time";
    let time = match args {
        [time] if !number::is_number(time) => expect_zoned(who, time)?.time(),
        parts => Time::new(
            small(who, parts, 0, 0)?,
            small(who, parts, 1, 0)?,
            small(who, parts, 2, 0)?,
            small(who, parts, 3, 0)?,
        )
        .map_err(|error| failed(who, &error))?,
    };
    Ok(Temporal::Time(time).into_value())
}

/// `(time/instant x)`: of milliseconds, a text, or any time.
pub(super) fn to_instant(_: &mut Cx, args: &mut [Value]) -> Flow {
    let who = "time/instant";
    if let Some(text) = args[0].as_str() {
        return Ok(Value::instant(instant::parse(text)?));
    }
    if let Some(millis) = number::as_i64(&args[0]) {
        let instant = Timestamp::from_millisecond(millis).map_err(|error| failed(who, &error))?;
        return Ok(Value::instant(instant));
    }
    Ok(Value::instant(expect_zoned(who, &args[0])?.timestamp()))
}

/// `(time/in-zone t zone)`: the same point in time elsewhere; what has no zone is taken as there.
pub(super) fn in_zone(_: &mut Cx, args: &mut [Value]) -> Flow {
    let who = "time/in-zone";
    let zone = zone(who, &args[1])?;
    let there = match args[0].as_temporal() {
        Some(Temporal::DateTime(time)) => time.to_zoned(zone),
        Some(Temporal::Date(date)) => date.to_zoned(zone),
        _ => Ok(expect_zoned(who, &args[0])?.with_time_zone(zone)),
    };
    let there = there.map_err(|error| failed(who, &error))?;
    Ok(Temporal::Zoned(Box::new(there)).into_value())
}

/// `(time/duration :hours 1 :minutes 30)`, a text, milliseconds.
pub(super) fn duration(_: &mut Cx, args: &mut [Value]) -> Flow {
    let who = "time/duration";
    let span = match args {
        [text] if text.as_str().is_some() => {
            return match temporal::read("duration", text.as_str().unwrap_or_default()) {
                Some(read) => Ok(read?.into_value()),
                None => Ok(Value::NIL),
            };
        }
        [number] if number::is_number(number) => {
            let millis = super::arithmetic::span(who, number)?;
            super::arithmetic::clock_span(temporal::clock_nanos(&millis)).unwrap_or_default()
        }
        parts => {
            let mut span = Span::new();
            for (name, count) in options::pairs(who, parts)? {
                let unit = super::unit(who, &name)?;
                let count = number::as_i64(&count)
                    .ok_or_else(|| Fault::wrong_type(who, "an integer", &count))?;
                span = super::with_unit(span, unit, count).map_err(|error| failed(who, &error))?;
            }
            span
        }
    };
    Ok(Temporal::Duration(Box::new(span)).into_value())
}

/// `(time/parse s)` in ISO 8601, `(time/parse s pattern)` in strftime's letters.
pub(super) fn parse(_: &mut Cx, args: &mut [Value]) -> Flow {
    let who = "time/parse";
    let source = text(who, &args[0])?;
    if let Some(pattern) = args.get(1) {
        return Ok(parse_by(who, source, text(who, pattern)?)?);
    }
    if source.starts_with(['P', 'p']) || source.starts_with("-P") {
        return Ok(read_as("duration", source)?);
    }
    if source.ends_with(']') {
        return Ok(read_as("zoned", source)?);
    }
    if let Ok(timestamp) = source.parse::<Timestamp>() {
        return Ok(Value::instant(timestamp));
    }
    let tag = match (source.contains('-'), source.contains(':')) {
        (true, true) => "datetime",
        (false, true) => "time",
        _ => "date",
    };
    Ok(read_as(tag, source)?)
}

fn read_as(tag: &str, source: &str) -> Result<Value, Fault> {
    match temporal::read(tag, source) {
        Some(read) => read.map(Temporal::into_value),
        None => Ok(Value::NIL),
    }
}

/// As much of a time as the pattern has.
fn parse_by(who: &str, source: &str, pattern: &str) -> Result<Value, Fault> {
    let parsed = strtime::parse(pattern, source).map_err(|error| {
        let message = format!("`{who}`: {source:?} is not written as {pattern:?}: {error}");
        Fault::new(FaultKind::Syntax, message)
    })?;
    if let Ok(zoned) = parsed.to_zoned() {
        let is_named = parsed.iana_time_zone().is_some();
        return Ok(match is_named {
            true => Temporal::Zoned(Box::new(zoned)).into_value(),
            false => Value::instant(zoned.timestamp()),
        });
    }
    let by_parts = parsed
        .to_datetime()
        .map(Temporal::DateTime)
        .or_else(|_| parsed.to_date().map(Temporal::Date))
        .or_else(|_| parsed.to_time().map(Temporal::Time));
    by_parts
        .map(Temporal::into_value)
        .map_err(|error| failed(who, &error))
}

/// `(time/format t pattern)`; without a pattern ISO 8601.
pub(super) fn format(_: &mut Cx, args: &mut [Value]) -> Flow {
    let who = "time/format";
    let Some(pattern) = args.get(1) else {
        return match args[0].as_dyn_native() {
            Some(native) if is_time(&args[0]) => Ok(Value::string(native.display())),
            _ => Err(Fault::wrong_type(who, "a time", &args[0]).into()),
        };
    };
    let pattern = text(who, pattern)?;
    let written = match args[0].as_temporal() {
        Some(Temporal::Time(time)) => strtime::format(pattern, *time),
        Some(Temporal::Date(date)) => strtime::format(pattern, *date),
        Some(Temporal::DateTime(time)) => strtime::format(pattern, *time),
        _ => strtime::format(pattern, &expect_zoned(who, &args[0])?),
    };
    Ok(Value::string(written.map_err(|error| failed(who, &error))?))
}

pub(super) fn is_time(value: &Value) -> bool {
    value.as_instant().is_some() || value.as_temporal().is_some()
}

fn date_fields(date: Date) -> Vec<(&'static str, i64)> {
    vec![
        ("year", date.year().into()),
        ("month", date.month().into()),
        ("day", date.day().into()),
        ("weekday", date.weekday().to_monday_one_offset().into()),
        ("day-of-year", date.day_of_year().into()),
    ]
}

fn time_fields(time: Time) -> Vec<(&'static str, i64)> {
    vec![
        ("hour", time.hour().into()),
        ("minute", time.minute().into()),
        ("second", time.second().into()),
        ("nanosecond", time.subsec_nanosecond().into()),
    ]
}

fn span_fields(span: &Span) -> Vec<(&'static str, i64)> {
    let all = [
        ("years", span.get_years().into()),
        ("months", span.get_months().into()),
        ("weeks", span.get_weeks().into()),
        ("days", span.get_days().into()),
        ("hours", span.get_hours().into()),
        ("minutes", span.get_minutes()),
        ("seconds", span.get_seconds()),
        ("milliseconds", span.get_milliseconds()),
        ("microseconds", span.get_microseconds()),
        ("nanoseconds", span.get_nanoseconds()),
    ];
    all.into_iter().filter(|(_, count)| *count != 0).collect()
}

/// `(time/fields t)`: a map of the parts.
pub(super) fn fields(_: &mut Cx, args: &mut [Value]) -> Flow {
    let mut zone: Option<Zoned> = None;
    let parts = match args[0].as_temporal() {
        Some(Temporal::Date(date)) => date_fields(*date),
        Some(Temporal::Time(time)) => time_fields(*time),
        Some(Temporal::Duration(span)) => span_fields(span),
        other => {
            let time = zoned(&args[0])
                .ok_or_else(|| Fault::wrong_type("time/fields", "a time", &args[0]))?;
            let mut parts = date_fields(time.date());
            parts.extend(time_fields(time.time()));
            if !matches!(other, Some(Temporal::DateTime(_))) {
                zone = Some(time);
            }
            parts
        }
    };
    let mut pairs: Vec<(Value, Value)> = parts
        .into_iter()
        .map(|(name, n)| (Value::keyword(name), number::int(n)))
        .collect();
    if let Some(zone) = zone {
        let name = zone.time_zone().iana_name().unwrap_or("UTC");
        pairs.push((Value::keyword("zone"), Value::str(name)));
        let offset = number::int(i64::from(zone.offset().seconds()));
        pairs.push((Value::keyword("offset"), offset));
    }
    Ok(map::from_pairs(pairs))
}
