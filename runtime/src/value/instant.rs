//! Points in time, written `#inst "…"`: nanoseconds, independent of any zone.
//!
//! Reading takes what Clojure takes: parts may be missing from the right, an offset may follow.
//! Printing is Clojure's, with nine digits instead of three where milliseconds do not say it all.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::Value;
use super::object::{Native, make_native};
use crate::failure::{Fault, FaultKind};
use crate::number;

/// The body of an instant.
struct Instant(Timestamp);

impl Native for Instant {
    fn class(&self) -> &'static str {
        "instant"
    }

    fn print(&self) -> String {
        let digits = if self.0.subsec_nanosecond() % 1_000_000 == 0 {
            3
        } else {
            9
        };
        format!("#inst \"{}-00:00\"", civil(self.0, Some(digits)))
    }

    fn display(&self) -> String {
        rfc3339_of(self.0)
    }

    fn key(&self) -> Option<Value> {
        Some(number::from_i128(self.0.as_nanosecond()))
    }

    fn clojure_hash(&self) -> Option<i32> {
        let millis = self.0.as_millisecond();
        Some(millis as i32 ^ (millis >> 32) as i32)
    }
}

/// As RFC 3339, with no more digits than needed.
fn rfc3339_of(timestamp: Timestamp) -> String {
    let nanos = timestamp.subsec_nanosecond();
    let digits = match nanos {
        0 => None,
        _ if nanos % 1_000_000 == 0 => Some(3),
        _ if nanos % 1000 == 0 => Some(6),
        _ => Some(9),
    };
    format!("{}Z", civil(timestamp, digits))
}

/// Date and time in UTC, with so many digits of the second's fraction.
fn civil(timestamp: Timestamp, digits: Option<u32>) -> String {
    let time = Offset::UTC.to_datetime(timestamp);
    let mut text = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        time.year(),
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    );
    if let Some(digits) = digits {
        let nanos = format!("{:09}", time.subsec_nanosecond());
        text.push('.');
        text.push_str(&nanos[..digits as usize]);
    }
    text
}

/// The instant that a text writes: `2020`, `2020-03`, … `2020-03-01T10:20:30.123+01:00`.
///
/// # Errors
/// A syntax fault that shows the text.
pub fn parse(text: &str) -> Result<Timestamp, Fault> {
    Scanner { rest: text }.timestamp().ok_or_else(|| {
        let message = format!("{text:?} is no point in time");
        Fault::new(FaultKind::Syntax, message)
            .hint("write it like \"2024-02-29T12:30:00.000Z\"; parts may be missing from the right")
    })
}

struct Scanner<'t> {
    rest: &'t str,
}

impl Scanner<'_> {
    fn timestamp(&mut self) -> Option<Timestamp> {
        let year = self.digits(4)?;
        let month = self.part('-', 1)?;
        let day = self.part_after(month.is_some(), '-', 1)?;
        let hour = self.part_after(day.is_some(), 'T', 0)?;
        let minute = self.part_after(hour.is_some(), ':', 0)?;
        let second = self.part_after(minute.is_some(), ':', 0)?;
        let nanos = if second.is_some() && self.take('.') {
            self.fraction()?
        } else {
            0
        };
        let offset = self.offset()?;
        if !self.rest.is_empty() {
            return None;
        }
        let part = |part: Option<i16>, least: i8| match part {
            Some(n) => i8::try_from(n).ok(),
            None => Some(least),
        };
        // A leap second is the first of the next minute.
        let leap = minute == Some(59) && second == Some(60);
        let second = if leap { Some(59) } else { second };
        let time = DateTime::new(
            year,
            part(month, 1)?,
            part(day, 1)?,
            part(hour, 0)?,
            part(minute, 0)?,
            part(second, 0)?,
            nanos,
        )
        .ok()?;
        let timestamp = offset.to_timestamp(time).ok()?;
        if leap {
            return timestamp
                .checked_add(jiff::SignedDuration::from_secs(1))
                .ok();
        }
        Some(timestamp)
    }

    fn take(&mut self, c: char) -> bool {
        match self.rest.strip_prefix(c) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn digits(&mut self, count: usize) -> Option<i16> {
        let digits = self.rest.get(..count)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        self.rest = &self.rest[count..];
        digits.parse().ok()
    }

    /// A part behind its separator: `Some(None)` if it is missing, `None` if it is wrong.
    fn part(&mut self, separator: char, least: i16) -> Option<Option<i16>> {
        // A sign may also begin the offset: then a colon follows its two digits.
        let is_offset = separator == '-' && self.rest.as_bytes().get(3) == Some(&b':');
        if is_offset || !self.take(separator) {
            return Some(None);
        }
        let number = self.digits(2)?;
        (number >= least).then_some(Some(number))
    }

    fn part_after(&mut self, before: bool, separator: char, least: i16) -> Option<Option<i16>> {
        match before {
            true => self.part(separator, least),
            false => Some(None),
        }
    }

    /// Nanoseconds; what is finer is dropped.
    fn fraction(&mut self) -> Option<i32> {
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        if digits.is_empty() {
            return None;
        }
        let nine: String = digits.chars().chain("000000000".chars()).take(9).collect();
        nine.parse().ok()
    }

    fn offset(&mut self) -> Option<Offset> {
        if self.rest.is_empty() || self.take('Z') {
            return Some(Offset::UTC);
        }
        let sign = if self.take('+') {
            1
        } else if self.take('-') {
            -1
        } else {
            return None;
        };
        let hours = self.digits(2).filter(|hours| *hours < 24)?;
        if !self.take(':') {
            return None;
        }
        let minutes = self.digits(2).filter(|minutes| *minutes < 60)?;
        let seconds = i32::from(hours) * 3600 + i32::from(minutes) * 60;
        Offset::from_seconds(sign * seconds).ok()
    }
}

/// The instant so many microseconds after 1970 began; the nearest one there is.
pub fn from_micros(micros: i64) -> Value {
    Value::instant(nearest(micros))
}

/// The same as RFC 3339 has it.
pub fn rfc3339(micros: i64) -> String {
    rfc3339_of(nearest(micros))
}

fn nearest(micros: i64) -> Timestamp {
    let nearest = if micros < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    };
    Timestamp::from_microsecond(micros).unwrap_or(nearest)
}

impl Value {
    /// A point in time.
    pub fn instant(timestamp: Timestamp) -> Value {
        make_native(Instant(timestamp))
    }

    /// The point in time.
    pub fn as_instant(&self) -> Option<Timestamp> {
        self.as_native::<Instant>().map(|instant| instant.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_printed_reads_back(nanos in -62_000_000_000_000_000_000_i128..250_000_000_000_000_000_000) {
            let timestamp = Timestamp::from_nanosecond(nanos).expect("a year with four digits");
            let printed = Instant(timestamp).print();
            let text = printed.trim_start_matches("#inst ").trim_matches('"');
            prop_assert_eq!(parse(text).ok(), Some(timestamp));
        }

        #[test]
        fn no_text_crashes(text in "[0-9TZ:.+-]{0,30}") {
            drop(parse(&text));
        }
    }

    fn shown(text: &str) -> String {
        match parse(text) {
            Ok(timestamp) => Instant(timestamp).print(),
            Err(fault) => fault.message,
        }
    }

    #[test]
    fn parts_may_be_missing_from_the_right() {
        for (text, wanted) in [
            ("2020", "2020-01-01T00:00:00.000-00:00"),
            ("2020-03", "2020-03-01T00:00:00.000-00:00"),
            ("2020-03-15", "2020-03-15T00:00:00.000-00:00"),
            ("2020-03-15T10", "2020-03-15T10:00:00.000-00:00"),
            ("2020-01-01T01:00:00+01:00", "2020-01-01T00:00:00.000-00:00"),
            ("2020-01-01T00:00:00-00:30", "2020-01-01T00:30:00.000-00:00"),
            ("2020-01-01-01:00", "2020-01-01T01:00:00.000-00:00"),
            ("2020-01-01T00:00:00.1Z", "2020-01-01T00:00:00.100-00:00"),
            (
                "2020-01-01T00:00:00.123456789Z",
                "2020-01-01T00:00:00.123456789-00:00",
            ),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000-00:00"),
            ("2020-02-29", "2020-02-29T00:00:00.000-00:00"),
        ] {
            assert_eq!(shown(text), format!("#inst \"{wanted}\""), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "20",
            "2020-13",
            "2020-00",
            "2021-02-29",
            "2020-01-01T24",
            "2020-01-01T00:60",
            "2020-01-01T00:00:61",
            "2020-01-01 00:00",
            "2020-01-01T00:00:00.",
            "2020x",
            "é",
            "2020-01-01T00:00:00+99:00",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn plain_text_has_no_more_digits_than_needed() {
        let display = |micros| {
            let value = from_micros(micros);
            value
                .as_dyn_native()
                .map(Native::display)
                .unwrap_or_default()
        };
        assert_eq!(display(0), "1970-01-01T00:00:00Z");
        assert_eq!(display(1_500), "1970-01-01T00:00:00.001500Z");
        assert_eq!(display(-1_000), "1969-12-31T23:59:59.999Z");
    }
}
