//! Tasks and promises in `batuta.core`, and what `defactor` writes to keep an actor's state.

use std::sync::Arc;

use super::actor::{milliseconds, running, take};
use crate::actor::outcome::Sink;
use crate::actor::spawn::{self, SpawnOptions};
use crate::actor::{self, promise};
use crate::builtin::{BuiltinTable, Flow, at_least, exactly, row};
use crate::context::Cx;
use crate::failure::Fault;
use crate::value::Value;

fn future(cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let state = Arc::default();
    let mut options = SpawnOptions::new(take(arguments, 0));
    options.inherited = cx.coroutine.inherited.clone();
    options.depends = true;
    options.sink = Some(Sink::Task(Arc::clone(&state)));
    let task = spawn::spawn(cx, options)?;
    Ok(promise::make(state, Some(task.pid)))
}

fn cancel(cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    if !promise::is_task(&arguments[0]) {
        return Err(Fault::wrong_type("future-cancel", "a future", &arguments[0]).into());
    }
    let Some(task) = promise::cancel(&arguments[0]) else {
        return Ok(Value::FALSE);
    };
    if let Some(target) = actor::resolve("future-cancel", &task)? {
        actor::exit(&target, running(cx)?.0.clone(), Value::keyword("kill"));
    }
    Ok(Value::TRUE)
}

fn is_done(_cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    match promise::is_settled(&arguments[0]) {
        Some(done) if promise::is_task(&arguments[0]) => Ok(Value::bool(done)),
        _ => Err(Fault::wrong_type("future-done?", "a future", &arguments[0]).into()),
    }
}

fn is_cancelled(_cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    match promise::is_cancelled(&arguments[0]) {
        Some(cancelled) => Ok(Value::bool(cancelled)),
        None => Err(Fault::wrong_type("future-cancelled?", "a future", &arguments[0]).into()),
    }
}

fn make_promise(_cx: &mut Cx, _arguments: &mut [Value]) -> Flow {
    Ok(promise::make(Arc::default(), None))
}

fn deliver(_cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let value = take(arguments, 1);
    match promise::deliver(&arguments[0], value) {
        Some(true) => Ok(take(arguments, 0)),
        Some(false) => Ok(Value::NIL),
        None => Err(Fault::wrong_type("deliver", "a promise", &arguments[0]).into()),
    }
}

pub(super) fn deref_in_time(_cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let time = milliseconds("deref", &arguments[1])?;
    let otherwise = take(arguments, 2);
    promise::deref_in_time(&arguments[0], time, otherwise).unwrap_or_else(|| {
        Err(Fault::wrong_type("deref", "a promise or future to wait for", &arguments[0]).into())
    })
}

fn remember_state(cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    actor::remember_state(cx, arguments);
    Ok(Value::NIL)
}

/// What is in this file.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: &[
        row(
            "actor-state",
            "[& state]",
            at_least(0),
            remember_state,
            "Remembers the running actor's state for its `terminate`. Written by `defactor`.",
        ),
        row(
            "deliver",
            "[promise value]",
            exactly(2),
            deliver,
            "Keeps a promise. Gives the promise, or nil if it was kept before.",
        ),
        row(
            "deref-in-time",
            "[promise timeout-ms otherwise]",
            exactly(3),
            deref_in_time,
            "The value of a promise or future, or `otherwise` if it does not come in time.",
        ),
        row(
            "future*",
            "[f]",
            exactly(1),
            future,
            "Calls a function of no arguments in an actor of its own; `deref` waits for the result.",
        ),
        row(
            "future-cancel",
            "[future]",
            exactly(1),
            cancel,
            "Ends a future that has no value yet; who waits for it crashes with :cancelled. Was there one to end?",
        ),
        row(
            "future-cancelled?",
            "[future]",
            exactly(1),
            is_cancelled,
            "Was the future ended by `future-cancel`?",
        ),
        row(
            "future-done?",
            "[future]",
            exactly(1),
            is_done,
            "Has the future its value, or failed, or been cancelled?",
        ),
        row(
            "future?",
            "[x]",
            exactly(1),
            |_, arguments| Ok(Value::bool(promise::is_task(&arguments[0]))),
            "Is it a future?",
        ),
        row(
            "promise",
            "[]",
            exactly(0),
            make_promise,
            "Something to wait for with `deref` until `deliver` keeps it.",
        ),
    ],
};
