//! Counters that never repeat a number, and time-ordered ids.

use std::sync::Arc;

use batuta_runtime::builtin::{Builtin, BuiltinTable, Flow, between, exactly, row};
use batuta_runtime::collections::range;
use batuta_runtime::context::Cx;
use batuta_runtime::failure::{Fault, FaultKind};
use batuta_runtime::number;
use batuta_runtime::value::Value;
use batuta_runtime::value::object::{Native, make_native};
use dlog_core::log::Durability;
use dlog_core::sequencer::{Counter, CounterOptions, Mode, SyncLevel};

use super::options::{durability, each_option, take, text_of};
use crate::database::blocking;
use crate::fault::database_fault;

/// A counter as a value.
struct Sequencer {
    name: String,
    counter: Arc<Counter>,
}

impl Native for Sequencer {
    fn class(&self) -> &'static str {
        "sequencer"
    }

    fn print(&self) -> String {
        format!("(dlog/sequencer {:?})", self.name)
    }
}

/// `(dlog/sequencer "orders")`, `(dlog/sequencer "orders" {:strict true})`
fn sequencer(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let who = "dlog/sequencer";
    let name = text_of(&args[0]).ok_or_else(|| Fault::wrong_type(who, "a name", &args[0]))?;
    let mut options = CounterOptions::default();
    let known = ["durability", "strict"];
    each_option(who, &take(args, 1), &known, |name, option| {
        match name {
            "durability" => options.level = level(option)?,
            _ if option.is_truthy() => options.mode = Mode::Strict,
            _ => {}
        }
        Ok(())
    })?;
    blocking(cx, move |database| {
        let counter = database
            .counter_with(&name, options)
            .map_err(database_fault)?;
        Ok(make_native(Sequencer { name, counter }))
    })
}

fn level(value: &Value) -> Result<SyncLevel, Fault> {
    match durability(value)? {
        Durability::Power => Ok(SyncLevel::Power),
        Durability::Process => Ok(SyncLevel::Process),
        Durability::Memory => Err(Fault::wrong_type(
            "dlog/sequencer",
            ":process or :power",
            value,
        )),
    }
}

fn counter_of(who: &str, value: &Value) -> Result<Arc<Counter>, Fault> {
    let sequencer = value.as_native::<Sequencer>();
    let sequencer = sequencer.ok_or_else(|| Fault::wrong_type(who, "a sequencer", value))?;
    Ok(Arc::clone(&sequencer.counter))
}

fn counter_fault(error: impl std::fmt::Display) -> Fault {
    Fault::new(FaultKind::Log, error.to_string())
}

fn unsigned(number: u64) -> Value {
    number::from_i128(i128::from(number))
}

/// `(dlog/increment s)`
fn increment(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let counter = counter_of("dlog/increment", &args[0])?;
    blocking(cx, move |_| {
        counter.increment().map(unsigned).map_err(counter_fault)
    })
}

/// `(dlog/reserve s 100)`
fn reserve(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let counter = counter_of("dlog/reserve", &args[0])?;
    let count = number::as_i64(&args[1]).and_then(|count| u64::try_from(count).ok());
    let count =
        count.ok_or_else(|| Fault::wrong_type("dlog/reserve", "how many numbers", &args[1]))?;
    blocking(cx, move |_| {
        let numbers = counter.reserve(count).map_err(counter_fault)?;
        let bounds = (i64::try_from(numbers.start), i64::try_from(numbers.end));
        match bounds {
            (Ok(start), Ok(end)) => Ok(range::range(start, end, 1).unwrap_or_default()),
            _ => Err(Fault::new(
                FaultKind::Number,
                "the counter is beyond 63 bits",
            )),
        }
    })
}

/// `(dlog/value s)`
fn value(_: &mut Cx, args: &mut [Value]) -> Flow {
    Ok(unsigned(counter_of("dlog/value", &args[0])?.value()))
}

/// `(dlog/snowflake-id)`
fn snowflake_id(cx: &mut Cx, _: &mut [Value]) -> Flow {
    blocking(cx, |database| {
        let snowflake = database.snowflake().map_err(database_fault)?;
        snowflake
            .next_id()
            .map(|id| number::int(id.0))
            .map_err(counter_fault)
    })
}

/// The table.
pub(super) static TABLE: BuiltinTable = BuiltinTable {
    namespace: "dlog",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "get-value",
        "[sequencer]",
        exactly(1),
        value,
        "The last number handed out or skipped.",
    ),
    row(
        "increment",
        "[sequencer]",
        exactly(1),
        increment,
        "The next number: 1, 2, 3 …, never one twice, through crash and power loss; it may skip.",
    ),
    row(
        "reserve",
        "[sequencer n]",
        exactly(2),
        reserve,
        "The next n numbers at once, as a range.",
    ),
    row(
        "sequencer",
        "[name] [name options]",
        between(1, 2),
        sequencer,
        "The counter of this name, started at zero where there is none. Options: `:strict true`, to make each number durable on its own, so that a crash skips none; `:durability`, `:power` unless `:process`.",
    ),
    row(
        "snowflake-id",
        "[]",
        exactly(0),
        snowflake_id,
        "A 64-bit id that is unique and ordered by time.",
    ),
    row(
        "sparse-counter",
        "[name] [name options]",
        between(1, 2),
        sequencer,
        "The counter of this name, started at zero where there is none. Options: `:strict true`, to make each number durable on its own, so that a crash skips none; `:durability`, `:power` unless `:process`.",
    ),
    row(
        "value",
        "[sequencer]",
        exactly(1),
        value,
        "The last number handed out or skipped.",
    ),
];
