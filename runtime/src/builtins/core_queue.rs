//! Queues in `batuta.core`; `conj`, `peek` and `pop` work on them as on other collections.

use crate::builtin::{Builtin, BuiltinTable, Flow, at_least, exactly, row};
use crate::builtins::support::take_all;
use crate::collections::queue;
use crate::context::Cx;
use crate::value::Value;
use crate::value::object::Kind;

fn queue_of(_: &mut Cx, args: &mut [Value]) -> Flow {
    Ok(take_all(args, 0)
        .into_iter()
        .fold(queue::empty(), queue::push))
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "queue",
        "[& items]",
        at_least(0),
        queue_of,
        "A queue of these items: `conj` adds at its end, `peek` and `pop` take from its front.",
    ),
    row(
        "queue?",
        "[x]",
        exactly(1),
        |_, a| Ok(Value::bool(a[0].kind() == Some(Kind::Queue))),
        "Is it a queue?",
    ),
];
