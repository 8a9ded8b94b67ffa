//! Clock and environment, under Batuta's names and under the spellings of Java snippets.

use std::sync::LazyLock;
use std::time::{Instant, UNIX_EPOCH};

use crate::actor::clock;
use crate::builtin::{BuiltinTable, Flow, between, exactly, row};
use crate::builtins::os::exit;
use crate::builtins::support::text;
use crate::collections::map;
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::number;
use crate::stream;
use crate::value::Value;

fn current_time_millis(_: &mut Cx, _: &mut [Value]) -> Flow {
    let since = clock::wall().duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(number::from_i128(since.as_millis() as i128))
}

fn nanos() -> i128 {
    static START: LazyLock<Instant> = LazyLock::new(clock::now);
    clock::now().saturating_duration_since(*START).as_nanos() as i128
}

fn nano_time(_: &mut Cx, _: &mut [Value]) -> Flow {
    Ok(number::from_i128(nanos()))
}

/// What `(time …)` says about its body.
fn report_time(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let start = number::as_i64(&args[0]).unwrap_or_default();
    let elapsed = (nanos() - i128::from(start)) as f64 / 1e6;
    stream::print(cx, &format!("\"Elapsed time: {elapsed:.3} msecs\"\n"))?;
    Ok(Value::NIL)
}

pub(super) fn getenv(_: &mut Cx, args: &mut [Value]) -> Flow {
    let lossy = |text: std::ffi::OsString| Value::str(&text.to_string_lossy());
    match args.first() {
        Some(name) => {
            let name = text("getenv", name)?;
            // The system has no variable of such a name, and asking for one panics.
            let askable = !name.is_empty() && !name.contains(['=', '\0']);
            let found = askable.then(|| std::env::var_os(name)).flatten();
            Ok(found.map(lossy).unwrap_or_default())
        }
        None => Ok(map::from_pairs(
            std::env::vars_os().map(|(k, v)| (lossy(k), lossy(v))),
        )),
    }
}

fn parsed(who: &str, args: &[Value]) -> Flow {
    let source = text(who, &args[0])?;
    let radix = match args.get(1) {
        None => 10,
        Some(radix) => number::as_i64(radix)
            .and_then(|radix| u32::try_from(radix).ok())
            .filter(|radix| (2..=36).contains(radix))
            .ok_or_else(|| Fault::wrong_type(who, "a radix from 2 to 36", radix))?,
    };
    number::text::parse_int_radix(source, radix).ok_or_else(|| no_number(who, &args[0]).into())
}

fn parse_double(_: &mut Cx, args: &mut [Value]) -> Flow {
    let parsed = number::text::parse_float(text("parseDouble", &args[0])?);
    parsed
        .map(Value::float)
        .ok_or_else(|| no_number("parseDouble", &args[0]).into())
}

#[cold]
fn no_number(who: &str, text: &Value) -> Fault {
    let shown = crate::value::print::short(text);
    Fault::new(
        FaultKind::Number,
        format!("`{who}`: {shown} is not a number"),
    )
}

/// Batuta's own names.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: &[
        row(
            "current-time-millis",
            "[]",
            exactly(0),
            current_time_millis,
            "Milliseconds since 1970, by the system's clock.",
        ),
        row(
            "getenv",
            "[] [name]",
            between(0, 1),
            getenv,
            "The value of an environment variable or nil; a map of all without a name.",
        ),
        row(
            "nano-time",
            "[]",
            exactly(0),
            nano_time,
            "Nanoseconds of a clock that never goes back; only differences mean something.",
        ),
        row(
            "nano-time*",
            "[]",
            exactly(0),
            nano_time,
            "The same function as nano-time.",
        ),
        row(
            "report-time*",
            "[start]",
            exactly(1),
            report_time,
            "Says on standard error how long ago a `nano-time` was.",
        ),
    ],
};

/// `System/…`
pub static SYSTEM_TABLE: BuiltinTable = BuiltinTable {
    namespace: "System",
    builtins: &[
        row(
            "currentTimeMillis",
            "[]",
            exactly(0),
            current_time_millis,
            "The same function as current-time-millis.",
        ),
        row(
            "exit",
            "[code]",
            exactly(1),
            exit,
            "The same function as os/exit.",
        ),
        row(
            "getenv",
            "[] [name]",
            between(0, 1),
            getenv,
            "The same function as getenv.",
        ),
        row(
            "nanoTime",
            "[]",
            exactly(0),
            nano_time,
            "The same function as nano-time.",
        ),
    ],
};

/// `Long/…`
pub static LONG_TABLE: BuiltinTable = BuiltinTable {
    namespace: "Long",
    builtins: &[row(
        "parseLong",
        "[s] [s radix]",
        between(1, 2),
        |_, a| parsed("parseLong", a),
        "The integer that the text writes; a fault if it writes none.",
    )],
};

/// `Integer/…`
pub static INTEGER_TABLE: BuiltinTable = BuiltinTable {
    namespace: "Integer",
    builtins: &[row(
        "parseInt",
        "[s] [s radix]",
        between(1, 2),
        |_, a| parsed("parseInt", a),
        "The integer that the text writes; a fault if it writes none.",
    )],
};

/// `Double/…`
pub static DOUBLE_TABLE: BuiltinTable = BuiltinTable {
    namespace: "Double",
    builtins: &[row(
        "parseDouble",
        "[s]",
        exactly(1),
        parse_double,
        "The float that the text writes; a fault if it writes none.",
    )],
};
