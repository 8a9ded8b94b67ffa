//! Metadata as programs ask for it. Apart from what changes it, since that of a var may need the
//! reader.

use crate::builtin::{Builtin, BuiltinTable, exactly, row};
use crate::collections::meta;
use crate::namespace::var_meta;
use crate::value::Value;
use crate::value::object::Kind;

fn meta_of(value: &Value) -> Value {
    match value.kind() {
        Some(Kind::Var) => var_meta(value),
        _ => meta::meta(value),
    }
}

/// See the module's head.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "meta",
        "[x]",
        exactly(1),
        |_, a| Ok(meta_of(&a[0])),
        "The metadata map of a value, or nil.",
    ),
    row(
        "var-meta*",
        "[var]",
        exactly(1),
        |_, a| Ok(var_meta(&a[0])),
        "The metadata of a var.",
    ),
];
