//! What a value is, in `batuta.core`.

use crate::builtin::{Builtin, BuiltinTable, Flow, exactly, row};
use crate::collections::{is_seq, is_sequential, known_count, lazy_seq, list, map, seq, set};
use crate::failure::Fault;
use crate::number;
use crate::types::{self, multimethod::as_multimethod};
use crate::value::Value;
use crate::value::cell::{CellClass, as_cell, as_reduced};
use crate::value::object::Kind;

fn test(args: &[Value], holds: impl FnOnce(&Value) -> bool) -> Flow {
    Ok(Value::bool(holds(&args[0])))
}

/// As [`test`]; an object of a type that says it is one counts too.
fn declared(args: &[Value], holds: impl FnOnce(&Value) -> bool, type_: &str) -> Flow {
    test(args, |v| holds(v) || types::is_declared(v, type_))
}

fn is_kind(args: &[Value], kind: Kind) -> Flow {
    Ok(Value::bool(args[0].kind() == Some(kind)))
}

fn is_class(args: &[Value], class: CellClass) -> Flow {
    test(args, |v| {
        as_cell(v).is_some_and(|cell| cell.class() == class)
    })
}

pub(super) fn is_collection(v: &Value) -> bool {
    is_sequential(v) || map::is_map(v) || set::is_set(v)
}

fn is_fn(v: &Value) -> bool {
    v.kind() == Some(Kind::Function)
}

fn is_callable(v: &Value) -> bool {
    if types::defined_type(v).is_some() {
        return types::method_of(v, "invoke").is_some();
    }
    is_fn(v)
        || as_multimethod(v).is_some()
        || v.as_keyword().is_some()
        || matches!(v.kind(), Some(Kind::Vector | Kind::Symbol | Kind::Var))
        || map::is_map(v)
        || set::is_set(v)
}

fn has_namespace(v: &Value) -> bool {
    let keyword = v.as_keyword().and_then(|k| k.namespace());
    keyword
        .or_else(|| v.as_symbol().and_then(|s| s.namespace()))
        .is_some()
}

fn is_name(v: &Value) -> bool {
    v.as_keyword().is_some() || v.as_symbol().is_some()
}

fn has_sign(v: &Value, sign: std::cmp::Ordering) -> bool {
    number::is_int(v) && number::compare(v, &number::int(0)).is_ok_and(|order| order == sign)
}

/// Whether `(seq x)` works at all.
fn is_seqable(v: &Value) -> bool {
    v.is_nil() || is_collection(v) || v.as_str().is_some() || v.kind() == Some(Kind::Array)
}

fn is_list(v: &Value) -> bool {
    list::as_list(v).is_some_and(list::ListCell::is_list)
}

fn is_empty_list_or_seq(v: &Value) -> bool {
    is_seq(v)
}

/// What holds of the float nearest to a number.
fn about_float(who: &str, args: &[Value], holds: fn(f64) -> bool) -> Flow {
    let number = number::as_f64(&args[0]);
    let f = number.ok_or_else(|| Fault::wrong_type(who, "a number", &args[0]))?;
    Ok(Value::bool(holds(f)))
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "NaN?",
        "[n]",
        exactly(1),
        |_, a| about_float("NaN?", a, f64::is_nan),
        "Is it the float that is not a number?",
    ),
    row(
        "any?",
        "[x]",
        exactly(1),
        |_, _| Ok(Value::TRUE),
        "True for everything.",
    ),
    row(
        "associative?",
        "[x]",
        exactly(1),
        |_, a| {
            let holds = |v: &Value| map::is_map(v) || v.kind() == Some(Kind::Vector);
            declared(a, holds, "associative")
        },
        "Is it a map or a vector?",
    ),
    row(
        "atom?",
        "[x]",
        exactly(1),
        |_, a| is_class(a, CellClass::Atom),
        "Is it an atom?",
    ),
    row(
        "boolean",
        "[x]",
        exactly(1),
        |_, a| test(a, Value::is_truthy),
        "False for nil and false, true for all else.",
    ),
    row(
        "boolean?",
        "[x]",
        exactly(1),
        |_, a| test(a, |v| v.as_bool().is_some()),
        "Is it true or false?",
    ),
    row(
        "char?",
        "[x]",
        exactly(1),
        |_, a| test(a, |v| v.as_char().is_some()),
        "Is it a character?",
    ),
    row(
        "coll?",
        "[x]",
        exactly(1),
        |_, a| declared(a, is_collection, "coll"),
        "Is it a collection?",
    ),
    row(
        "counted?",
        "[x]",
        exactly(1),
        |_, a| {
            let holds = |v: &Value| is_collection(v) && known_count(v).is_some();
            declared(a, holds, "counted")
        },
        "Is it a collection whose count is known at once?",
    ),
    row(
        "decimal?",
        "[x]",
        exactly(1),
        |_, a| is_kind(a, Kind::Decimal),
        "Is it a decimal?",
    ),
    row(
        "delay?",
        "[x]",
        exactly(1),
        |_, a| is_class(a, CellClass::Delay),
        "Is it a delay?",
    ),
    row(
        "double?",
        "[x]",
        exactly(1),
        |_, a| test(a, |v| v.as_float().is_some()),
        "Is it a float?",
    ),
    row(
        "error?",
        "[x]",
        exactly(1),
        |_, a| is_kind(a, Kind::Error),
        "Is it an error value (a fault, an `ex-info`)?",
    ),
    row(
        "false?",
        "[x]",
        exactly(1),
        |_, a| test(a, |v| v.as_bool() == Some(false)),
        "Is it false?",
    ),
    row(
        "float?",
        "[x]",
        exactly(1),
        |_, a| test(a, |v| v.as_float().is_some()),
        "Is it a float?",
    ),
    row(
        "fn?",
        "[x]",
        exactly(1),
        |_, a| test(a, is_fn),
        "Is it a function?",
    ),
    row(
        "ident?",
        "[x]",
        exactly(1),
        |_, a| test(a, is_name),
        "Is it a keyword or a symbol?",
    ),
    row(
        "ifn?",
        "[x]",
        exactly(1),
        |_, a| test(a, is_callable),
        "Can it be called?",
    ),
    row(
        "indexed?",
        "[x]",
        exactly(1),
        |_, a| declared(a, |v| v.kind() == Some(Kind::Vector), "indexed"),
        "Is an item found by its index at once?",
    ),
    row(
        "infinite?",
        "[n]",
        exactly(1),
        |_, a| about_float("infinite?", a, f64::is_infinite),
        "Is it an infinite float?",
    ),
    row(
        "int?",
        "[x]",
        exactly(1),
        |_, a| test(a, number::is_int),
        "Is it an integer?",
    ),
    row(
        "integer?",
        "[x]",
        exactly(1),
        |_, a| test(a, number::is_int),
        "Is it an integer?",
    ),
    row(
        "keyword-identical?",
        "[a b]",
        exactly(2),
        |_, a| {
            Ok(Value::bool(
                a[0].as_keyword().is_some() && a[0].is_identical(&a[1]),
            ))
        },
        "Are both the same keyword?",
    ),
    row(
        "keyword?",
        "[x]",
        exactly(1),
        |_, a| test(a, |v| v.as_keyword().is_some()),
        "Is it a keyword?",
    ),
    row(
        "lazy-seq?",
        "[x]",
        exactly(1),
        |_, a| test(a, lazy_seq::is_lazy),
        "Is it a lazy sequence?",
    ),
    row(
        "list?",
        "[x]",
        exactly(1),
        |_, a| test(a, is_list),
        "Is it a list?",
    ),
    row(
        "map-entry?",
        "[x]",
        exactly(1),
        |_, a| test(a, seq::is_entry),
        "Is it an entry of a map, as `seq`, `find` and `first` of a map give them?",
    ),
    row(
        "map?",
        "[x]",
        exactly(1),
        |_, a| declared(a, map::is_map, "map"),
        "Is it a map?",
    ),
    row(
        "nat-int?",
        "[x]",
        exactly(1),
        |_, a| {
            test(a, |v| {
                number::is_int(v) && !has_sign(v, std::cmp::Ordering::Less)
            })
        },
        "Is it an integer of at least 0?",
    ),
    row(
        "neg-int?",
        "[x]",
        exactly(1),
        |_, a| test(a, |v| has_sign(v, std::cmp::Ordering::Less)),
        "Is it an integer below 0?",
    ),
    row(
        "nil?",
        "[x]",
        exactly(1),
        |_, a| test(a, Value::is_nil),
        "Is it nil?",
    ),
    row(
        "not",
        "[x]",
        exactly(1),
        |_, a| test(a, |v| !v.is_truthy()),
        "True for nil and false, false for all else.",
    ),
    row(
        "number?",
        "[x]",
        exactly(1),
        |_, a| test(a, number::is_number),
        "Is it a number?",
    ),
    row(
        "pid?",
        "[x]",
        exactly(1),
        |_, a| is_kind(a, Kind::Pid),
        "Does it name an actor?",
    ),
    row(
        "pos-int?",
        "[x]",
        exactly(1),
        |_, a| test(a, |v| has_sign(v, std::cmp::Ordering::Greater)),
        "Is it an integer above 0?",
    ),
    row(
        "qualified-ident?",
        "[x]",
        exactly(1),
        |_, a| test(a, has_namespace),
        "Is it a keyword or symbol with a namespace?",
    ),
    row(
        "qualified-keyword?",
        "[x]",
        exactly(1),
        |_, a| test(a, |v| v.as_keyword().is_some() && has_namespace(v)),
        "Is it a keyword with a namespace?",
    ),
    row(
        "qualified-symbol?",
        "[x]",
        exactly(1),
        |_, a| test(a, |v| v.as_symbol().is_some() && has_namespace(v)),
        "Is it a symbol with a namespace?",
    ),
    row(
        "ratio?",
        "[x]",
        exactly(1),
        |_, a| is_kind(a, Kind::Ratio),
        "Is it a ratio?",
    ),
    row(
        "rational?",
        "[x]",
        exactly(1),
        |_, a| {
            test(a, |v| {
                number::is_int(v) || matches!(v.kind(), Some(Kind::Ratio | Kind::Decimal))
            })
        },
        "Is it an exact number?",
    ),
    row(
        "reduced?",
        "[x]",
        exactly(1),
        |_, a| test(a, |v| as_reduced(v).is_some()),
        "Is it marked as the end of a reduction?",
    ),
    row(
        "ref?",
        "[x]",
        exactly(1),
        |_, a| is_kind(a, Kind::Reference),
        "Is it a unique reference (a monitor, a caller, a timer)?",
    ),
    row(
        "regex?",
        "[x]",
        exactly(1),
        |_, a| is_kind(a, Kind::Regex),
        "Is it a regular expression?",
    ),
    row(
        "reversible?",
        "[x]",
        exactly(1),
        |_, a| {
            test(a, |v| {
                matches!(
                    v.kind(),
                    Some(Kind::Vector | Kind::SortedMap | Kind::SortedSet)
                )
            })
        },
        "Does `rseq` take it?",
    ),
    row(
        "seq?",
        "[x]",
        exactly(1),
        |_, a| declared(a, is_empty_list_or_seq, "seq"),
        "Is it a list or another sequence?",
    ),
    row(
        "seqable?",
        "[x]",
        exactly(1),
        |_, a| declared(a, is_seqable, "seqable"),
        "Does `seq` take it?",
    ),
    row(
        "sequential?",
        "[x]",
        exactly(1),
        |_, a| declared(a, is_sequential, "sequential"),
        "Is it a vector or a sequence?",
    ),
    row(
        "set?",
        "[x]",
        exactly(1),
        |_, a| declared(a, set::is_set, "set"),
        "Is it a set?",
    ),
    row(
        "simple-ident?",
        "[x]",
        exactly(1),
        |_, a| test(a, |v| is_name(v) && !has_namespace(v)),
        "Is it a keyword or symbol without a namespace?",
    ),
    row(
        "simple-keyword?",
        "[x]",
        exactly(1),
        |_, a| test(a, |v| v.as_keyword().is_some() && !has_namespace(v)),
        "Is it a keyword without a namespace?",
    ),
    row(
        "simple-symbol?",
        "[x]",
        exactly(1),
        |_, a| test(a, |v| v.as_symbol().is_some() && !has_namespace(v)),
        "Is it a symbol without a namespace?",
    ),
    row(
        "some?",
        "[x]",
        exactly(1),
        |_, a| test(a, |v| !v.is_nil()),
        "Is it anything but nil?",
    ),
    row(
        "sorted-map?",
        "[x]",
        exactly(1),
        |_, a| is_kind(a, Kind::SortedMap),
        "Is it a sorted map?",
    ),
    row(
        "sorted-set?",
        "[x]",
        exactly(1),
        |_, a| is_kind(a, Kind::SortedSet),
        "Is it a sorted set?",
    ),
    row(
        "string?",
        "[x]",
        exactly(1),
        |_, a| is_kind(a, Kind::Str),
        "Is it a string?",
    ),
    row(
        "symbol?",
        "[x]",
        exactly(1),
        |_, a| is_kind(a, Kind::Symbol),
        "Is it a symbol?",
    ),
    row(
        "transient?",
        "[x]",
        exactly(1),
        |_, a| is_class(a, CellClass::Transient),
        "Is it a transient?",
    ),
    row(
        "true?",
        "[x]",
        exactly(1),
        |_, a| test(a, |v| v.as_bool() == Some(true)),
        "Is it true?",
    ),
    row(
        "uri?",
        "[x]",
        exactly(1),
        |_, _| Ok(Value::FALSE),
        "False: addresses are strings.",
    ),
    row(
        "var?",
        "[x]",
        exactly(1),
        |_, a| is_kind(a, Kind::Var),
        "Is it a var?",
    ),
    row(
        "vector?",
        "[x]",
        exactly(1),
        |_, a| declared(a, |v| v.kind() == Some(Kind::Vector), "vector"),
        "Is it a vector?",
    ),
    row(
        "volatile?",
        "[x]",
        exactly(1),
        |_, a| is_class(a, CellClass::Volatile),
        "Is it a volatile?",
    ),
];
