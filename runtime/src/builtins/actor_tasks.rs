//! Tasks and promises in `batuta.core`, and what `defactor` writes to keep an actor's state.

use std::sync::Arc;

use super::actor::{milliseconds, running, take};
use crate::actor::outcome::Sink;
use crate::actor::spawn::{self, SpawnOptions};
use crate::actor::{self, promise};
use crate::builtin::{Builtin, BuiltinTable, Flow, at_least, exactly};
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
        Builtin {
            name: "actor-state",
            arglists: "[& state]",
            doc: "Remembers the running actor's state for its `terminate`. Written by `defactor`.",
            arity: at_least(0),
            function: remember_state,
        },
        Builtin {
            name: "deliver",
            arglists: "[promise value]",
            doc: "Keeps a promise. Gives the promise, or nil if it was kept before.",
            arity: exactly(2),
            function: deliver,
        },
        Builtin {
            name: "deref-in-time",
            arglists: "[promise timeout-ms otherwise]",
            doc: "The value of a promise or future, or `otherwise` if it does not come in time.",
            arity: exactly(3),
            function: deref_in_time,
        },
        Builtin {
            name: "future*",
            arglists: "[f]",
            doc: "Calls a function of no arguments in an actor of its own; `deref` waits for the result.",
            arity: exactly(1),
            function: future,
        },
        Builtin {
            name: "future-cancel",
            arglists: "[future]",
            doc: "Ends a future that has no value yet; who waits for it crashes with :cancelled. Was there one to end?",
            arity: exactly(1),
            function: cancel,
        },
        Builtin {
            name: "future-cancelled?",
            arglists: "[future]",
            doc: "Was the future ended by `future-cancel`?",
            arity: exactly(1),
            function: is_cancelled,
        },
        Builtin {
            name: "future-done?",
            arglists: "[future]",
            doc: "Has the future its value, or failed, or been cancelled?",
            arity: exactly(1),
            function: is_done,
        },
        Builtin {
            name: "future?",
            arglists: "[x]",
            doc: "Is it a future?",
            arity: exactly(1),
            function: |_, arguments| Ok(Value::bool(promise::is_task(&arguments[0]))),
        },
        Builtin {
            name: "promise",
            arglists: "[]",
            doc: "Something to wait for with `deref` until `deliver` keeps it.",
            arity: exactly(0),
            function: make_promise,
        },
    ],
};
