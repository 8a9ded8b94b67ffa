//! Arithmetic on times: whatever it is, it is counted in a zone (UTC for what has none) and given
//! back as what it was.

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{RoundMode, Span, Unit, Zoned, ZonedRound};

use super::{failed, text_of, unit};
use crate::builtin::Flow;
use crate::context::Cx;
use crate::failure::Fault;
use crate::number;
use crate::value::Value;
use crate::value::temporal::{Temporal, clock_nanos};

/// A time as a zoned one; `None` for what is none.
pub(super) fn zoned(value: &Value) -> Option<Zoned> {
    if let Some(instant) = value.as_instant() {
        return Some(instant.to_zoned(TimeZone::UTC));
    }
    match value.as_temporal()? {
        Temporal::Zoned(zoned) => Some((**zoned).clone()),
        Temporal::DateTime(time) => time.to_zoned(TimeZone::UTC).ok(),
        Temporal::Date(date) => date.to_zoned(TimeZone::UTC).ok(),
        Temporal::Time(_) | Temporal::Duration(_) => None,
    }
}

pub(super) fn expect_zoned(who: &str, value: &Value) -> Result<Zoned, Fault> {
    zoned(value)
        .ok_or_else(|| Fault::wrong_type(who, "an instant, a date, or date and time", value))
}

/// A zoned time as what `like` is.
fn back(zoned: Zoned, like: &Value) -> Value {
    match like.as_temporal() {
        Some(Temporal::DateTime(_)) => Temporal::DateTime(zoned.datetime()).into_value(),
        Some(Temporal::Date(_)) => Temporal::Date(zoned.date()).into_value(),
        Some(_) => Temporal::Zoned(Box::new(zoned)).into_value(),
        None => Value::instant(zoned.timestamp()),
    }
}

/// A duration, or a number of milliseconds.
pub(super) fn span(who: &str, value: &Value) -> Result<Span, Fault> {
    if let Some(Temporal::Duration(span)) = value.as_temporal() {
        return Ok(**span);
    }
    let out_of_range = || Fault::wrong_type(who, "a duration that calendars reach", value);
    if let Some(millis) = number::as_i64(value) {
        return Span::new()
            .try_milliseconds(millis)
            .map_err(|_| out_of_range());
    }
    match number::as_f64(value) {
        Some(millis) if millis.is_finite() && millis.abs() < 9e12 => Span::new()
            .try_nanoseconds((millis * 1e6) as i64)
            .map_err(|_| out_of_range()),
        Some(_) => Err(out_of_range()),
        None => Err(Fault::wrong_type(who, "a duration or milliseconds", value)),
    }
}

/// `(time/plus t d …)`, and with `sign` -1 `(time/minus t d …)`.
pub(super) fn shift(who: &str, args: &[Value], is_minus: bool) -> Flow {
    let mut result = args[0].clone();
    for amount in &args[1..] {
        let span = span(who, amount)?;
        let span = if is_minus { span.negate() } else { span };
        result = shifted(who, &result, span)?;
    }
    Ok(result)
}

pub(super) fn shifted(who: &str, value: &Value, span: Span) -> Result<Value, Fault> {
    match value.as_temporal() {
        Some(Temporal::Time(time)) => Ok(Temporal::Time(time.wrapping_add(span)).into_value()),
        Some(Temporal::Duration(duration)) => match clock_sum(duration, &span) {
            Some(sum) => Ok(Temporal::Duration(Box::new(sum)).into_value()),
            None => Err(Fault::wrong_type(
                who,
                "durations that calendars reach",
                value,
            )),
        },
        _ => {
            let moved = expect_zoned(who, value)?.checked_add(span);
            Ok(back(moved.map_err(|error| failed(who, &error))?, value))
        }
    }
}

/// The sum of two durations, unit by unit, hours and smaller together.
fn clock_sum(a: &Span, b: &Span) -> Option<Span> {
    let clock = clock_nanos(a) + clock_nanos(b);
    let of_clock = clock_span(clock)?;
    of_clock
        .try_years(i64::from(a.get_years()) + i64::from(b.get_years()))
        .and_then(|s| s.try_months(i64::from(a.get_months()) + i64::from(b.get_months())))
        .and_then(|s| s.try_weeks(i64::from(a.get_weeks()) + i64::from(b.get_weeks())))
        .and_then(|s| s.try_days(i64::from(a.get_days()) + i64::from(b.get_days())))
        .ok()
}

/// A duration in hours, minutes, seconds and fractions.
pub(super) fn clock_span(nanos: i128) -> Option<Span> {
    let whole = |n: i128| i64::try_from(n).ok();
    let seconds = nanos / 1_000_000_000;
    Span::new()
        .try_hours(whole(seconds / 3600)?)
        .and_then(|s| s.try_minutes((seconds / 60 % 60) as i64))
        .and_then(|s| s.try_seconds((seconds % 60) as i64))
        .and_then(|s| s.try_milliseconds((nanos / 1_000_000 % 1000) as i64))
        .and_then(|s| s.try_microseconds((nanos / 1000 % 1000) as i64))
        .and_then(|s| s.try_nanoseconds((nanos % 1000) as i64))
        .ok()
}

/// `(time/until a b)`: a duration, or a whole number of one unit.
pub(super) fn until(_: &mut Cx, args: &mut [Value]) -> Flow {
    let who = "time/until";
    if let (Some(Temporal::Time(a)), Some(Temporal::Time(b))) =
        (args[0].as_temporal(), args[1].as_temporal())
    {
        let span = a.until(*b).map_err(|error| failed(who, &error))?;
        return Ok(Temporal::Duration(Box::new(span)).into_value());
    }
    let (a, b) = (expect_zoned(who, &args[0])?, expect_zoned(who, &args[1])?);
    let Some(unit_name) = args.get(2) else {
        let nanos = b.timestamp().as_nanosecond() - a.timestamp().as_nanosecond();
        let span = clock_span(nanos).unwrap_or_default();
        return Ok(Temporal::Duration(Box::new(span)).into_value());
    };
    let unit = unit(who, unit_name)?;
    // Days are counted by one calendar.
    let b = b.with_time_zone(a.time_zone().clone());
    let span = a.until((unit, &b)).map_err(|error| failed(who, &error))?;
    Ok(number::int(match unit {
        Unit::Year => span.get_years().into(),
        Unit::Month => span.get_months().into(),
        Unit::Week => span.get_weeks().into(),
        Unit::Day => span.get_days().into(),
        Unit::Hour => span.get_hours().into(),
        Unit::Minute => span.get_minutes(),
        Unit::Second => span.get_seconds(),
        Unit::Millisecond => span.get_milliseconds(),
        Unit::Microsecond => span.get_microseconds(),
        Unit::Nanosecond => span.get_nanoseconds(),
    }))
}

/// `(time/truncate t unit)`
pub(super) fn truncate(_: &mut Cx, args: &mut [Value]) -> Flow {
    let who = "time/truncate";
    let unit = unit(who, &args[1])?;
    let time = expect_zoned(who, &args[0])?;
    let truncated = start_of(&time, unit).map_err(|error| failed(who, &error))?;
    Ok(back(truncated, &args[0]))
}

fn start_of(time: &Zoned, unit: Unit) -> Result<Zoned, jiff::Error> {
    let date = time.date();
    let first = match unit {
        Unit::Year => date.first_of_year(),
        Unit::Month => date.first_of_month(),
        Unit::Week if date.weekday() == Weekday::Monday => date,
        Unit::Week => date.nth_weekday(-1, Weekday::Monday)?,
        Unit::Day => date,
        unit => {
            let round = ZonedRound::new().smallest(unit).mode(RoundMode::Trunc);
            return time.round(round);
        }
    };
    first
        .to_datetime(Time::midnight())
        .to_zoned(time.time_zone().clone())
}

/// `(time/ms d)`: how many milliseconds a duration without months has.
pub(super) fn milliseconds(_: &mut Cx, args: &mut [Value]) -> Flow {
    let who = "time/ms";
    let span = span(who, &args[0])?;
    if span.get_years() != 0 || span.get_months() != 0 {
        let message = format!(
            "`{who}`: the months of {} have no one length",
            text_of(&args[0])
        );
        return Err(Fault::new(crate::failure::FaultKind::Number, message).into());
    }
    let days = i128::from(span.get_weeks()) * 7 + i128::from(span.get_days());
    let nanos = clock_nanos(&span) + days * 86_400_000_000_000;
    Ok(number::from_i128(nanos / 1_000_000))
}
