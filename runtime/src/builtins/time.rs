//! Points in time: Clojure's names in `batuta.core`.

use crate::builtin::{BuiltinTable, Flow, exactly, row};
use crate::context::Cx;
use crate::failure::Fault;
use crate::number;
use crate::value::Value;

fn millis(who: &str, value: &Value) -> Flow {
    match value.as_instant() {
        Some(instant) => Ok(number::int(instant.as_millisecond())),
        None => Err(Fault::wrong_type(who, "an instant", value).into()),
    }
}

fn is_instant(_: &mut Cx, args: &mut [Value]) -> Flow {
    Ok(Value::bool(args[0].as_instant().is_some()))
}

/// Clojure's names.
pub static CORE_TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: &[
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
    ],
};
