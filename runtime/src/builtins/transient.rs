//! Transients in `batuta.core`: a cell with one owner whose collection is changed in place by the
//! functions that end in `!`. `persistent!` empties it; later use is a fault.

use crate::builtin::{Builtin, BuiltinTable, Flow, NativeFn, and_then, at_least, exactly, row};
use crate::builtins::support::{take, take_all};
use crate::builtins::{core_changes, core_collections};
use crate::collections::walk::is_composite;
use crate::collections::{map, set, vector};
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::value::Value;
use crate::value::cell::{CellClass, as_cell, make_cell, store, take_out};
use crate::value::object::Kind;

fn is_transient(value: &Value) -> bool {
    as_cell(value).is_some_and(|cell| cell.class() == CellClass::Transient)
}

/// What a transient holds now; any other value itself.
pub(super) fn content(value: Value) -> Result<Value, Fault> {
    if !is_transient(&value) {
        return Ok(value);
    }
    let held = as_cell(&value).map(|cell| cell.load()).unwrap_or_default();
    if held.is_unbound() {
        Err(used_up())
    } else {
        Ok(held)
    }
}

#[cold]
fn used_up() -> Fault {
    let message = "a transient is used after `persistent!` or after a change that failed";
    Fault::new(FaultKind::Type, message).hint("go on with what the functions ending in `!` give")
}

fn transient(_: &mut Cx, args: &mut [Value]) -> Flow {
    match args[0].kind() {
        Some(Kind::Vector | Kind::Map | Kind::Set) => {
            Ok(make_cell(CellClass::Transient, take(args, 0)))
        }
        Some(Kind::SortedMap | Kind::SortedSet) => {
            let fault = Fault::wrong_type("transient", "a vector, map or set by hash", &args[0]);
            Err(fault
                .hint("a sorted collection is changed with `assoc` and `conj`")
                .into())
        }
        _ => Err(Fault::wrong_type("transient", "a vector, map or set", &args[0]).into()),
    }
}

fn held(who: &str, transient: &Value) -> Result<Value, Fault> {
    if !is_transient(transient) {
        return Err(Fault::wrong_type(who, "a transient", transient));
    }
    let held = take_out(transient);
    if held.is_unbound() {
        Err(used_up())
    } else {
        Ok(held)
    }
}

fn persistent(_: &mut Cx, args: &mut [Value]) -> Flow {
    Ok(held("persistent!", &args[0])?)
}

/// The common cases of `conj!` and `assoc!`: one item or entry, and nothing to ask.
fn change_at_once(args: &mut [Value]) -> Option<Value> {
    if !is_transient(&args[0]) {
        return None;
    }
    let held = take_out(&args[0]);
    let changed = match (held.kind(), &mut *args) {
        (Some(Kind::Vector), [_, item]) => Ok(vector::push(held, std::mem::take(item))),
        (Some(Kind::Set), [_, item]) if !is_composite(item) => {
            Ok(set::conj(held, std::mem::take(item)))
        }
        (Some(Kind::Map), [_, key, value]) if !is_composite(key) => {
            Ok(map::assoc(held, std::mem::take(key), std::mem::take(value)))
        }
        (Some(Kind::Vector), [_, index, value]) => match index_inside(&held, index) {
            Some(index) => Ok(vector::assoc(held, index, std::mem::take(value))),
            None => Err(held),
        },
        _ => Err(held),
    };
    match changed {
        Ok(changed) => {
            store(&args[0], changed);
            Some(take(args, 0))
        }
        Err(held) => {
            store(&args[0], held);
            None
        }
    }
}

/// An index at which `assoc` may put something.
fn index_inside(vector: &Value, index: &Value) -> Option<usize> {
    let index = usize::try_from(index.as_small_int()?).ok()?;
    (index <= vector::len(vector)?).then_some(index)
}

/// Changes the collection by the function for collections that are not transient.
fn change(who: &str, cx: &mut Cx, args: &mut [Value], function: NativeFn) -> Flow {
    if args.len() == 1 {
        return Ok(take(args, 0));
    }
    if who == "conj!"
        && args.len() == 2
        && let Some(changed) = change_at_once(args)
    {
        return Ok(changed);
    }
    change_now(who, cx, args, function)
}

fn change_now(who: &str, cx: &mut Cx, args: &mut [Value], function: NativeFn) -> Flow {
    let transient = take(args, 0);
    let mut inner = vec![held(who, &transient)?];
    inner.extend(take_all(args, 1));
    let flow = function(cx, &mut inner);
    and_then(cx, flow, move |_, changed| {
        store(&transient, changed);
        Ok(transient)
    })
}

/// A last key without a value gets nil, as in Clojure.
fn assoc(cx: &mut Cx, args: &mut [Value]) -> Flow {
    if args.len() == 3
        && let Some(changed) = change_at_once(args)
    {
        return Ok(changed);
    }
    let mut args = take_all(args, 0);
    if args.len().is_multiple_of(2) {
        args.push(Value::NIL);
    }
    change("assoc!", cx, &mut args, core_changes::assoc)
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "assoc!",
        "[transient key value & keyvals]",
        at_least(2),
        assoc,
        "Adds entries to a transient map, or sets elements of a transient vector.",
    ),
    row(
        "conj!",
        "[transient & items]",
        at_least(1),
        |cx, a| change("conj!", cx, a, core_changes::conj),
        "Adds items to a transient.",
    ),
    row(
        "disj!",
        "[transient & members]",
        at_least(1),
        |cx, a| change("disj!", cx, a, core_changes::disj),
        "Removes members of a transient set.",
    ),
    row(
        "dissoc!",
        "[transient & keys]",
        at_least(1),
        |cx, a| change("dissoc!", cx, a, core_changes::dissoc),
        "Removes keys of a transient map.",
    ),
    row(
        "persistent!",
        "[transient]",
        exactly(1),
        persistent,
        "The collection of a transient, which ends with this.",
    ),
    row(
        "pop!",
        "[transient]",
        exactly(1),
        |cx, a| change_now("pop!", cx, a, core_collections::pop),
        "Removes the last element of a transient vector.",
    ),
    row(
        "transient",
        "[coll]",
        exactly(1),
        transient,
        "A transient of a vector, map or set. Collections with one owner are changed in place anyway; this is for code that says so.",
    ),
];
