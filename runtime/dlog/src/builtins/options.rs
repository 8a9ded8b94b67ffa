//! Arguments that the builtins of the database share: names of logs, maps of options, levels.

use batuta_runtime::collections::map;
use batuta_runtime::failure::{Fault, FaultKind};
use batuta_runtime::number;
use batuta_runtime::value::{Value, print};
use dlog_core::log::{Durability, Retention, SizeLimit, WhenFull};

/// Moves an argument out; nil if it was not given.
pub(super) fn take(args: &mut [Value], index: usize) -> Value {
    args.get_mut(index).map(std::mem::take).unwrap_or_default()
}

/// The name of a log: a keyword, string or symbol.
pub(super) fn log_name(who: &str, value: &Value) -> Result<String, Fault> {
    text_of(value).ok_or_else(|| Fault::wrong_type(who, "a log's keyword", value))
}

/// The text of a keyword or string.
pub(super) fn text_of(value: &Value) -> Option<String> {
    let keyword = value.as_keyword().map(|keyword| keyword.text().to_owned());
    keyword.or_else(|| value.as_str().map(str::to_owned))
}

/// Hands each option to `set`, which says whether it knows it; `known` are the names it knows.
pub(super) fn each_option(
    who: &str,
    value: &Value,
    known: &[&str],
    mut set: impl FnMut(&str, &Value) -> Result<(), Fault>,
) -> Result<(), Fault> {
    if value.is_nil() {
        return Ok(());
    }
    if !map::is_map(value) {
        return Err(Fault::wrong_type(who, "a map of options", value));
    }
    for (name, option) in map::iter(value) {
        let text = name.as_keyword().map(|keyword| keyword.text());
        match text.filter(|text| known.contains(text)) {
            Some(text) => set(text, option)?,
            None => return Err(unknown_option(who, name, known)),
        }
    }
    Ok(())
}

fn unknown_option(who: &str, name: &Value, known: &[&str]) -> Fault {
    let shown = print::short(name);
    let known: Vec<String> = known.iter().map(|name| format!(":{name}")).collect();
    Fault::new(FaultKind::Log, format!("`{who}` has no option {shown}"))
        .hint(format!("the options are {}", known.join(" ")))
}

/// A number that is not negative.
pub(super) fn unsigned(who: &str, wanted: &str, value: &Value) -> Result<u64, Fault> {
    let number = number::as_i64(value).and_then(|number| u64::try_from(number).ok());
    number.ok_or_else(|| Fault::wrong_type(who, wanted, value))
}

/// The value of such a number.
pub(super) fn count(number: u64) -> Value {
    number::from_i128(i128::from(number))
}

/// What an append survives.
pub(super) fn durability(value: &Value) -> Result<Durability, Fault> {
    match value.as_keyword().map(|keyword| keyword.text()) {
        Some("memory") => Ok(Durability::Memory),
        Some("process") => Ok(Durability::Process),
        Some("power") => Ok(Durability::Power),
        _ => Err(Fault::wrong_type(
            "durability",
            ":memory, :process or :power",
            value,
        )),
    }
}

/// The name of a level.
pub(super) fn durability_value(level: Durability) -> Value {
    Value::keyword(match level {
        Durability::Memory => "memory",
        Durability::Process => "process",
        Durability::Power => "power",
    })
}

/// `{:age milliseconds :bytes n}`; nil keeps everything.
pub(super) fn retention(who: &str, value: &Value) -> Result<Retention, Fault> {
    let mut retention = Retention::default();
    each_option(who, value, &["age", "bytes"], |name, option| {
        if option.is_nil() {
            return Ok(());
        }
        match name {
            "age" => {
                let age = unsigned(who, "milliseconds, such as (days 7)", option)?;
                let micros = i64::try_from(age)
                    .ok()
                    .and_then(|age| age.checked_mul(1000));
                retention.max_age_us = micros;
            }
            _ => retention.max_bytes = Some(unsigned(who, "a number of bytes", option)?),
        }
        Ok(())
    })?;
    Ok(retention)
}

/// `{:bytes n :when-full :reject}` or `:drop-oldest`; nil for no limit.
pub(super) fn limit(who: &str, value: &Value) -> Result<Option<SizeLimit>, Fault> {
    let (mut bytes, mut when_full) = (None, WhenFull::Reject);
    each_option(who, value, &["bytes", "when-full"], |name, option| {
        if name == "bytes" {
            bytes = Some(unsigned(who, "a number of bytes", option)?);
            return Ok(());
        }
        when_full = match option.as_keyword().map(|keyword| keyword.text()) {
            Some("reject") => WhenFull::Reject,
            Some("drop-oldest") => WhenFull::DropOldest,
            _ => return Err(Fault::wrong_type(who, ":reject or :drop-oldest", option)),
        };
        Ok(())
    })?;
    match bytes {
        Some(bytes) => Ok(Some(SizeLimit { bytes, when_full })),
        None if value.is_nil() => Ok(None),
        None => Err(Fault::wrong_type(who, "{:bytes n} as :limit", value)),
    }
}

/// The limit as it was asked for.
pub(super) fn limit_value(limit: Option<SizeLimit>) -> Value {
    let Some(limit) = limit else {
        return Value::NIL;
    };
    let when_full = match limit.when_full {
        WhenFull::Reject => "reject",
        WhenFull::DropOldest => "drop-oldest",
    };
    map::from_pairs([
        (Value::keyword("bytes"), count(limit.bytes)),
        (Value::keyword("when-full"), Value::keyword(when_full)),
    ])
}

/// What was asked to be kept, or nil for everything.
pub(super) fn retention_value(retention: Retention) -> Value {
    let age = retention.max_age_us.map(|age| ("age", age / 1000));
    let bytes = retention
        .max_bytes
        .and_then(|bytes| i64::try_from(bytes).ok());
    let kept: Vec<(&str, i64)> = age.into_iter().chain(bytes.map(|b| ("bytes", b))).collect();
    if kept.is_empty() {
        return Value::NIL;
    }
    let pairs = kept
        .into_iter()
        .map(|(name, number)| (Value::keyword(name), number::int(number)));
    map::from_pairs(pairs)
}
