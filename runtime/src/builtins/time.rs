//! `time`: instants, zoned and local times, durations; and the names of `batuta.core`.

use jiff::{Span, Unit};

use crate::builtin::{Builtin, BuiltinTable, Flow, at_least, between, exactly, row};
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::number;
use crate::value::temporal::Temporal;
use crate::value::{Value, print};

mod arithmetic;
mod make;

#[cold]
fn failed(who: &str, error: &jiff::Error) -> Fault {
    Fault::new(FaultKind::Number, format!("`{who}`: {error}"))
}

fn text_of(value: &Value) -> String {
    let mut text = String::new();
    print::write_str(&mut text, value);
    text
}

/// A unit by its name in singular or plural.
fn unit(who: &str, value: &Value) -> Result<Unit, Fault> {
    let name = value.as_keyword().map_or("", |keyword| keyword.text());
    Ok(match name.strip_suffix('s').unwrap_or(name) {
        "year" => Unit::Year,
        "month" => Unit::Month,
        "week" => Unit::Week,
        "day" => Unit::Day,
        "hour" => Unit::Hour,
        "minute" => Unit::Minute,
        "second" => Unit::Second,
        "millisecond" | "milli" | "m" => Unit::Millisecond,
        "microsecond" | "micro" => Unit::Microsecond,
        "nanosecond" | "nano" => Unit::Nanosecond,
        _ => {
            return Err(Fault::wrong_type(
                who,
                "a unit such as :day or :hours",
                value,
            ));
        }
    })
}

fn with_unit(span: Span, unit: Unit, count: i64) -> Result<Span, jiff::Error> {
    match unit {
        Unit::Year => span.try_years(count),
        Unit::Month => span.try_months(count),
        Unit::Week => span.try_weeks(count),
        Unit::Day => span.try_days(count),
        Unit::Hour => span.try_hours(count),
        Unit::Minute => span.try_minutes(count),
        Unit::Second => span.try_seconds(count),
        Unit::Millisecond => span.try_milliseconds(count),
        Unit::Microsecond => span.try_microseconds(count),
        Unit::Nanosecond => span.try_nanoseconds(count),
    }
}

fn millis(who: &str, value: &Value) -> Flow {
    if let Some(Temporal::Zoned(zoned)) = value.as_temporal() {
        return Ok(number::int(zoned.timestamp().as_millisecond()));
    }
    match value.as_instant() {
        Some(instant) => Ok(number::int(instant.as_millisecond())),
        None => Err(Fault::wrong_type(who, "an instant", value).into()),
    }
}

fn is_instant(_: &mut Cx, args: &mut [Value]) -> Flow {
    Ok(Value::bool(args[0].as_instant().is_some()))
}

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// So many units as milliseconds, which is what everything that waits takes.
fn in_milliseconds(args: &[Value], unit: i64) -> Flow {
    Ok(number::mul(&args[0], &number::int(unit))?)
}

/// An instant so many units before another, or before now.
fn before(who: &str, from: &Value, count: &Value, unit: i64) -> Flow {
    let millis = number::mul(count, &number::int(unit))?;
    let span = arithmetic::span(who, &millis)?.negate();
    Ok(arithmetic::shifted(who, from, span)?)
}

fn ago(who: &str, args: &[Value], unit: i64) -> Flow {
    before(who, &Value::instant(make::present()), &args[0], unit)
}

/// Names of core.
pub static CORE_TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: CORE_ROWS,
};

const CORE_ROWS: &[Builtin] = &[
    row(
        "days",
        "[n]",
        exactly(1),
        |_, a| in_milliseconds(a, DAY),
        "So many days in milliseconds, which is what everything that waits takes.",
    ),
    row(
        "days-ago",
        "[n]",
        exactly(1),
        |_, a| ago("days-ago", a, DAY),
        "The instant so many times 24 hours ago.",
    ),
    row(
        "hours",
        "[n]",
        exactly(1),
        |_, a| in_milliseconds(a, HOUR),
        "So many hours in milliseconds.",
    ),
    row(
        "hours-ago",
        "[n]",
        exactly(1),
        |_, a| ago("hours-ago", a, HOUR),
        "The instant so many hours ago.",
    ),
    row(
        "inst-ms",
        "[inst]",
        exactly(1),
        |_, a| millis("inst-ms", &a[0]),
        "Milliseconds from 1970 to an instant.",
    ),
    row(
        "inst-ms*",
        "[inst]",
        exactly(1),
        |_, a| millis("inst-ms*", &a[0]),
        "The same function as inst-ms.",
    ),
    row(
        "inst?",
        "[x]",
        exactly(1),
        is_instant,
        "Is x a point in time?",
    ),
    row(
        "minutes",
        "[n]",
        exactly(1),
        |_, a| in_milliseconds(a, MINUTE),
        "So many minutes in milliseconds.",
    ),
    row(
        "minutes-after",
        "[t n]",
        exactly(2),
        |_, a| before("minutes-after", &a[0], &a[1], -MINUTE),
        "The time so many minutes after t.",
    ),
    row(
        "minutes-ago",
        "[n]",
        exactly(1),
        |_, a| ago("minutes-ago", a, MINUTE),
        "The instant so many minutes ago.",
    ),
    row(
        "minutes-before",
        "[t n]",
        exactly(2),
        |_, a| before("minutes-before", &a[0], &a[1], MINUTE),
        "The time so many minutes before t.",
    ),
    row(
        "now",
        "[]",
        exactly(0),
        make::now,
        "This instant, by the system's clock.",
    ),
    row(
        "seconds",
        "[n]",
        exactly(1),
        |_, a| in_milliseconds(a, SECOND),
        "So many seconds in milliseconds.",
    ),
];

/// `time/…`
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "time",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "date",
        "[t] [year month day]",
        between(1, 3),
        make::date,
        "A date: that of a time, or of numbers.",
    ),
    row(
        "datetime",
        "[t] [year month day hour minute second nanosecond]",
        between(1, 7),
        make::date_time,
        "Date and time of day without a zone; missing numbers are the first there are.",
    ),
    row(
        "duration",
        "[x] [& units]",
        at_least(1),
        make::duration,
        "A duration of units, as in `:hours 1 :minutes 30`, of a text such as \"PT1H30M\", or of \
         milliseconds.",
    ),
    row(
        "fields",
        "[t]",
        exactly(1),
        make::fields,
        "A map of the parts of a time or duration; Monday is weekday 1.",
    ),
    row(
        "format",
        "[t] [t pattern]",
        between(1, 2),
        make::format,
        "The text of a time: ISO 8601, or by a pattern with the letters of strftime, as in \
         \"%Y-%m-%d %H:%M\".",
    ),
    row(
        "in-zone",
        "[t zone]",
        exactly(2),
        make::in_zone,
        "The same point in time as another zone writes it; a time without zone is taken as that \
         zone's.",
    ),
    row(
        "instant",
        "[x]",
        exactly(1),
        make::to_instant,
        "The instant of a time, of a text, or of milliseconds since 1970; what has no zone is \
         taken as UTC.",
    ),
    row(
        "minus",
        "[t & durations]",
        at_least(1),
        |_, a| arithmetic::shift("time/minus", a, true),
        "The time earlier by durations or milliseconds.",
    ),
    row(
        "ms",
        "[duration]",
        exactly(1),
        arithmetic::milliseconds,
        "The milliseconds of a duration; days have 24 hours, months are a fault.",
    ),
    row(
        "now",
        "[] [zone]",
        between(0, 1),
        make::now,
        "This instant, or the time it is now in a zone.",
    ),
    row(
        "parse",
        "[s] [s pattern]",
        between(1, 2),
        make::parse,
        "The instant, time, date or duration that a text writes in ISO 8601, or by a pattern of \
         strftime.",
    ),
    row(
        "plus",
        "[t & durations]",
        at_least(1),
        |_, a| arithmetic::shift("time/plus", a, false),
        "The time later by durations or milliseconds.",
    ),
    row(
        "time",
        "[t] [hour minute second nanosecond]",
        between(1, 4),
        make::time_of_day,
        "A time of day: that of a time, or of numbers.",
    ),
    row(
        "time?",
        "[x]",
        exactly(1),
        |_, a| Ok(Value::bool(make::is_time(&a[0]))),
        "Is x an instant, a time, a date or a duration?",
    ),
    row(
        "today",
        "[] [zone]",
        between(0, 1),
        make::today,
        "The date it is now in a zone, else on this machine.",
    ),
    row(
        "truncate",
        "[t unit]",
        exactly(2),
        arithmetic::truncate,
        "The start of the :year, :month, :week, :day, :hour … that a time is in; weeks begin on \
         Monday.",
    ),
    row(
        "until",
        "[a b] [a b unit]",
        between(2, 3),
        arithmetic::until,
        "How long it is from a to b: a duration in hours, or a whole number of units.",
    ),
];
