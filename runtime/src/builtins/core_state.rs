//! Cells, vars and dynamic bindings in `batuta.core`.
//!
//! The dynamic bindings of an actor are a list of maps from var to value, innermost first, each
//! with all that is bound at that depth.

use crate::abi::failing;
use crate::actor::{self, promise};
use crate::builtin::{
    Builtin, BuiltinTable, Flow, Resume, Signal, between, exactly, row, tail_call, wait,
};
use crate::builtins::support::{take, take_all};
use crate::collections::lazy_seq::{self, Begin};
use crate::collections::{list, map};
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::function::{VarBody, var_flags};
use crate::namespace::unread;
use crate::types::instance;
use crate::value::Value;
use crate::value::cell::{
    CellClass, as_cell, as_reduced, compare_and_set, compare_and_set_beside, make_cell, store,
};
use crate::value::print;

#[cold]
pub(super) fn unbound(var: &Value) -> Fault {
    failing::unbound(var)
}

fn deref(cx: &mut Cx, args: &mut [Value]) -> Flow {
    match args.len() {
        2 => {
            let message = "`deref` takes a time in milliseconds and a value for when it is over";
            return Err(Fault::new(FaultKind::Arity, message).into());
        }
        3 if promise::is_promise(&args[0]) => return super::actor_tasks::deref_in_time(cx, args),
        _ => {}
    }
    let value = take(args, 0);
    if let Some(flow) = instance::call(&value, "deref", &[]) {
        return flow;
    }
    if let Some(cell) = as_cell(&value) {
        return match cell.class() {
            CellClass::Atom | CellClass::Volatile => Ok(cell.load()),
            CellClass::Delay => force_delay(cx, cell.load()),
            CellClass::Transient => {
                Err(Fault::wrong_type("deref", "something that holds a value", &value).into())
            }
        };
    }
    if value.as_object::<VarBody>().is_some() {
        return value_of_var(cx, &value);
    }
    if let Some(reduced) = as_reduced(&value) {
        return Ok(reduced.clone());
    }
    let native = value.as_dyn_native().and_then(|native| native.deref());
    native.unwrap_or_else(|| {
        let wanted = "an atom, volatile, delay, promise, task or var";
        Err(Fault::wrong_type("deref", wanted, &value).into())
    })
}

fn innermost(cx: &Cx) -> Value {
    list::as_list(&cx.coroutine.inherited)
        .map(|cell| cell.first().clone())
        .unwrap_or_default()
}

/// What this actor has bound to a var (or another key), if anything.
pub(crate) fn bound_value(cx: &Cx, key: &Value) -> Option<Value> {
    let bindings = list::as_list(&cx.coroutine.inherited)?.first();
    map::get(bindings, key).cloned()
}

/// Binds one more key, until [`pop_bindings`].
pub(super) fn push_binding(cx: &mut Cx, key: Value, value: Value) {
    let mut bindings = innermost(cx);
    if bindings.is_nil() {
        bindings = map::empty();
    }
    let outer = std::mem::take(&mut cx.coroutine.inherited);
    cx.coroutine.inherited = list::cons(map::assoc(bindings, key, value), outer);
}

/// Undoes the innermost bindings.
pub(super) fn pop_bindings(cx: &mut Cx) {
    let bindings = std::mem::take(&mut cx.coroutine.inherited);
    let outer = list::take_apart(bindings)
        .map(|(_, outer)| outer)
        .unwrap_or_default();
    let is_outermost = list::as_list(&outer).is_none_or(|cell| cell.is_empty());
    cx.coroutine.inherited = if is_outermost { Value::NIL } else { outer };
}

pub(super) fn value_of_var(cx: &mut Cx, var: &Value) -> Flow {
    if let Some(bound) = bound_value(cx, var) {
        return Ok(bound);
    }
    let body = var.as_object::<VarBody>();
    if body.is_some_and(|body| body.has(var_flags::UNREAD_VALUE)) {
        let var = var.clone();
        return wait(actor::blocking(move || {
            unread::define(&var)?;
            root_of_var(&var)
        }));
    }
    Ok(root_of_var(var)?)
}

fn root_of_var(var: &Value) -> Result<Value, Fault> {
    let root = var.as_object::<VarBody>().and_then(VarBody::root);
    root.ok_or_else(|| unbound(var))
}

fn expect_dynamic<'a>(who: &str, var: &'a Value) -> Result<&'a VarBody, Fault> {
    let body = var
        .as_object::<VarBody>()
        .ok_or_else(|| Fault::wrong_type(who, "a var", var))?;
    if body.has(var_flags::DYNAMIC) {
        return Ok(body);
    }
    let message = format!("{} is not dynamic and cannot be bound", print::short(var));
    let hint = format!("define it as `(def ^:dynamic {} …)`", body.name);
    Err(Fault::new(FaultKind::Type, message).hint(hint))
}

fn push_bindings(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let mut bindings = innermost(cx);
    if bindings.is_nil() {
        bindings = map::empty();
    }
    if !map::is_map(&args[0]) {
        let wanted = "a map from vars to values";
        return Err(Fault::wrong_type("push-thread-bindings", wanted, &args[0]).into());
    }
    for (var, value) in map::iter(&args[0]) {
        expect_dynamic("binding", var)?;
        bindings = map::assoc(bindings, var.clone(), value.clone());
    }
    let outer = std::mem::take(&mut cx.coroutine.inherited);
    cx.coroutine.inherited = list::cons(bindings, outer);
    Ok(Value::NIL)
}

pub(super) fn set_dynamic_value(cx: &mut Cx, args: &mut [Value]) -> Flow {
    let (var, value) = (take(args, 0), take(args, 1));
    expect_dynamic("set!", &var)?;
    let bindings = innermost(cx);
    if !map::contains(&bindings, &var) {
        let message = format!(
            "{} has no binding here that could be set",
            print::short(&var)
        );
        let hint = "`set!` changes what `binding` has bound; `def` changes the value for all";
        return Err(Fault::new(FaultKind::Type, message).hint(hint).into());
    }
    set_binding(cx, var, value.clone());
    Ok(value)
}

/// Replaces what the innermost bindings say of a key.
pub(super) fn set_binding(cx: &mut Cx, key: Value, value: Value) {
    let all = std::mem::take(&mut cx.coroutine.inherited);
    let (bindings, outer) = list::take_apart(all).unwrap_or_default();
    let bindings = if bindings.is_nil() {
        map::empty()
    } else {
        bindings
    };
    cx.coroutine.inherited = list::cons(map::assoc(bindings, key, value), outer);
}

/// All vars bound in this actor with their values.
pub(super) fn bound_vars(cx: &Cx) -> Value {
    match innermost(cx) {
        bindings if bindings.is_nil() => map::empty(),
        bindings => bindings,
    }
}

fn expect_cell(who: &str, value: &Value, class: CellClass) -> Result<(), Fault> {
    if as_cell(value).is_some_and(|cell| cell.class() == class) {
        return Ok(());
    }
    let wanted = if class == CellClass::Atom {
        "an atom"
    } else {
        "a volatile"
    };
    Err(Fault::wrong_type(who, wanted, value))
}

/// Is the atom without validator and watches, so that it can be changed natively?
fn is_plain(cell: &Value) -> bool {
    as_cell(cell).is_none_or(|cell| cell.is_plain())
}

/// Calls the function of the library that changes an atom with validator or watches.
fn by_library(function: &str, args: &mut [Value]) -> Flow {
    let var = crate::namespace::find(crate::namespace::CORE, function);
    tail_call(var.unwrap_or_default(), take_all(args, 0))
}

fn beside_of(who: &str, cell: &Value) -> Result<Value, Fault> {
    match as_cell(cell) {
        Some(body) => Ok(body.beside()),
        None => Err(Fault::wrong_type(who, "an atom", cell)),
    }
}

fn set_beside(_: &mut Cx, args: &mut [Value]) -> Flow {
    beside_of("set-beside!*", &args[0])?;
    let value = take(args, 2);
    Ok(Value::bool(compare_and_set_beside(
        &args[0], &args[1], value,
    )))
}

fn reset(_: &mut Cx, args: &mut [Value]) -> Flow {
    if let Some(flow) = instance::call(&args[0], "reset", &args[1..2]) {
        return flow;
    }
    expect_cell("reset!", &args[0], CellClass::Atom)?;
    if !is_plain(&args[0]) {
        return by_library("reset-watched*", args);
    }
    store(&args[0], args[1].clone());
    Ok(take(args, 1))
}

fn vreset(_: &mut Cx, args: &mut [Value]) -> Flow {
    expect_cell("vreset!", &args[0], CellClass::Volatile)?;
    store(&args[0], args[1].clone());
    Ok(take(args, 1))
}

fn compare_and_set_atom(_: &mut Cx, args: &mut [Value]) -> Flow {
    expect_cell("compare-and-set!", &args[0], CellClass::Atom)?;
    if !is_plain(&args[0]) {
        return by_library("compare-and-set-watched*", args);
    }
    let value = take(args, 2);
    Ok(Value::bool(compare_and_set(&args[0], &args[1], value)))
}

/// A delay holds a lazy cell that, once done, is a list of the value.
fn delay(_: &mut Cx, args: &mut [Value]) -> Flow {
    Ok(make_cell(
        CellClass::Delay,
        lazy_seq::make_lazy(take(args, 0)),
    ))
}

fn force_delay(cx: &mut Cx, cell: Value) -> Flow {
    let own = cx
        .actor
        .as_ref()
        .map_or(0, |actor| std::sync::Arc::as_ptr(actor) as u64);
    match lazy_seq::begin(&cell, own) {
        Begin::Done(sequence) => Ok(list::as_list(&sequence)
            .map(|list| list.first().clone())
            .unwrap_or_default()),
        Begin::Thunk(function) => Err(Box::new(Signal::Call {
            function,
            arguments: Vec::new(),
            then: Some(Box::new(Delayed(cell))),
        })),
        Begin::AlreadyRunningBy(actor) if actor == own => {
            Err(Fault::new(FaultKind::Call, "a delay needs its own value").into())
        }
        Begin::AlreadyRunningBy(_) => {
            let running = cell.clone();
            let future = Box::pin(async move {
                lazy_seq::changed(running).await;
                Ok(Value::NIL)
            });
            let again = move |cx: &mut Cx, _| force_delay(cx, cell);
            Err(Box::new(Signal::Wait {
                future,
                then: Some(Box::new(again)),
            }))
        }
    }
}

/// Waits for the value of a delay; after a failure the next one to look computes it again.
struct Delayed(Value);

impl Resume for Delayed {
    fn resume(self: Box<Self>, _: &mut Cx, result: Value) -> Flow {
        lazy_seq::finish(&self.0, list::cons(result.clone(), Value::NIL));
        Ok(result)
    }

    fn failed(self: Box<Self>, _: &mut Cx) {
        lazy_seq::abort(&self.0);
    }
}

fn is_realized(_: &mut Cx, args: &mut [Value]) -> Flow {
    let done = if lazy_seq::is_lazy(&args[0]) {
        lazy_seq::realised(&args[0]).is_some()
    } else if let Some(cell) = as_cell(&args[0]).filter(|cell| cell.class() == CellClass::Delay) {
        lazy_seq::realised(&cell.load()).is_some()
    } else if let Some(settled) = promise::is_settled(&args[0]) {
        settled
    } else {
        let wanted = "a delay, promise, task or lazy sequence";
        return Err(Fault::wrong_type("realized?", wanted, &args[0]).into());
    };
    Ok(Value::bool(done))
}

/// The table.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: ROWS,
};

const ROWS: &[Builtin] = &[
    row(
        "atom*",
        "[x]",
        exactly(1),
        |_, a| Ok(make_cell(CellClass::Atom, take(a, 0))),
        "A cell that holds x and is changed by `swap!` and `reset!`. A cell that comes to hold itself is never freed.",
    ),
    row(
        "beside*",
        "[atom]",
        exactly(1),
        |_, a| Ok(beside_of("beside*", &a[0])?),
        "The map of :validator, :watches and :meta of an atom, or nil.",
    ),
    row(
        "compare-and-set!",
        "[atom old new]",
        exactly(3),
        compare_and_set_atom,
        "Sets the atom to new if it holds old itself. Says whether it did.",
    ),
    row(
        "compare-and-set!*",
        "[atom old new]",
        exactly(3),
        |_, a| {
            let value = take(a, 2);
            Ok(Value::bool(compare_and_set(&a[0], &a[1], value)))
        },
        "As `compare-and-set!`, without asking the validator or telling the watches.",
    ),
    row(
        "delay*",
        "[f]",
        exactly(1),
        delay,
        "A delay of a function of no arguments.",
    ),
    row(
        "deref",
        "[ref] [ref timeout-ms otherwise]",
        between(1, 3),
        deref,
        "What an atom, volatile, delay, promise, task or var holds, waiting for it if need be; `otherwise` if it does not come in time.",
    ),
    row(
        "dynamic-value",
        "[var]",
        exactly(1),
        |cx, a| value_of_var(cx, &a[0]),
        "The value of a var as it is bound in this actor.",
    ),
    row(
        "pop-bindings*",
        "[]",
        exactly(0),
        |cx, _| {
            pop_bindings(cx);
            Ok(Value::NIL)
        },
        "Undoes the innermost dynamic bindings.",
    ),
    row(
        "pop-thread-bindings",
        "[]",
        exactly(0),
        |cx, _| {
            pop_bindings(cx);
            Ok(Value::NIL)
        },
        "Undoes the innermost dynamic bindings.",
    ),
    row(
        "push-bindings*",
        "[map]",
        exactly(1),
        push_bindings,
        "Binds dynamic vars to values in this actor.",
    ),
    row(
        "push-thread-bindings",
        "[bindings]",
        exactly(1),
        push_bindings,
        "Binds dynamic vars to values in this actor, until `pop-thread-bindings`.",
    ),
    row(
        "realized?",
        "[x]",
        exactly(1),
        is_realized,
        "Is the value of a delay, promise, task or lazy sequence there?",
    ),
    row(
        "reset!",
        "[atom x]",
        exactly(2),
        reset,
        "Sets an atom to x and gives x.",
    ),
    row(
        "set-beside!*",
        "[atom old new]",
        exactly(3),
        set_beside,
        "Replaces what stands beside the value of an atom, if it is still old itself.",
    ),
    row(
        "set-dynamic-value",
        "[var x]",
        exactly(2),
        set_dynamic_value,
        "Changes the innermost binding of a dynamic var in this actor.",
    ),
    row(
        "volatile!",
        "[x]",
        exactly(1),
        |_, a| Ok(make_cell(CellClass::Volatile, take(a, 0))),
        "A cell for one actor that holds x.",
    ),
    row(
        "vreset!",
        "[volatile x]",
        exactly(2),
        vreset,
        "Sets a volatile to x and gives x.",
    ),
];
