//! What the supervisors of the library need of the runtime: definitions whose `spawn` waits for
//! `init`, and children whose start can be waited for. Strategies and restarts are written in
//! Batuta (`stdlib/supervisor/`).

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;

use super::actor::{known, ok, running, take};
use crate::actor::call::{Answer, Slot, SlotFuture};
use crate::actor::definition::ActorDefinition;
use crate::actor::identity::{self, pid_of};
use crate::actor::signal::{self, Exit, SignalKind};
use crate::actor::{self, Actor, Mark, link};
use crate::builtin::{BuiltinTable, Flow, Signal, exactly, row};
use crate::collections::{map, vector};
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::value::Value;
use crate::value::print::short;

/// `(supervisor-definition* machine name arguments)`
fn supervisor_definition(_cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let Some(machine) = arguments[0].as_native::<ActorDefinition>() else {
        return Err(Fault::wrong_type(
            "supervisor-definition*",
            "an actor definition",
            &arguments[0],
        )
        .into());
    };
    let name = arguments[1].as_str().unwrap_or_default().into();
    let bound = vector::iter(&arguments[2]).cloned().collect();
    let definition = machine.supervisor(name, bound).into_value();
    definition.publish();
    Ok(definition)
}

/// Waits for a started actor's `init`: nil, or `Err` with the reason it ended with.
fn await_start(
    slot: Arc<Slot>,
    then: impl FnOnce(&mut Cx, Result<(), Value>) -> Flow + Send + 'static,
) -> Flow {
    let mut start = SlotFuture::new(slot, None);
    let future = poll_fn(move |context| {
        Pin::new(&mut start).poll(context).map(|answer| {
            // A reason may be any value: wrapped, it is told from the nil of success.
            Ok(match answer {
                Some(Answer::Down(reason)) => vector::from_vec(vec![reason]),
                Some(Answer::Reply(_)) | None => Value::NIL,
            })
        })
    });
    let then = move |cx: &mut Cx, outcome: Value| match vector::iter(&outcome).next() {
        None => then(cx, Ok(())),
        Some(reason) => then(cx, Err(reason.clone())),
    };
    Err(Box::new(Signal::Wait {
        future: Box::pin(future),
        then: Some(Box::new(then)),
    }))
}

/// The rest of `spawn` for a supervisor: gives `result` once its children have started.
pub(super) fn spawned_supervisor(slot: Arc<Slot>, child: Value, result: Value) -> Flow {
    await_start(slot, move |cx, outcome| {
        let Err(reason) = outcome else {
            return Ok(result);
        };
        let child = known("spawn", &child)?;
        let (actor, private) = running(cx)?;
        signal::take_over(actor, private);
        if let Some(reason) = private.doom() {
            return Err(Box::new(Signal::Exit(reason.clone())));
        }
        link::unlink(actor, private, &child);
        private.inbox.remove_reports("exit", &pid_of(&child));
        Err(start_fault(&child, &reason).into())
    })
}

#[cold]
fn start_fault(child: &Actor, reason: &Value) -> Fault {
    let name = child.kind().unwrap_or_else(|| "?".into());
    let text = format!("the supervisor `{name}` could not start: {}", short(reason));
    let data = map::from_pairs([
        (Value::keyword("reason"), reason.clone()),
        (Value::keyword("supervisor"), Value::str(&name)),
    ]);
    Fault::new(FaultKind::Call, text).data(data)
}

/// `(adopt* pid)`: links a child that was just started, and waits for its `init`.
fn adopt(cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let child = known("adopt*", &arguments[0])?;
    child.mark(Mark::Supervised);
    let (actor, private) = running(cx)?;
    if !private.is_linked_to(&child) {
        link::link(actor, private, &child);
    }
    let slot = Slot::new();
    signal::send(&child, SignalKind::AwaitStart(slot.clone()));
    await_start(slot, |_, outcome| match outcome {
        Ok(()) => ok(),
        Err(reason) => Ok(map::from_pairs([(Value::keyword("error"), reason)])),
    })
}

/// `(retire* pid)`
fn retire(cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let child = known("retire*", &arguments[0])?;
    let exit = Exit {
        from: running(cx)?.0.clone(),
        reason: Value::keyword("shutdown"),
        by_link: false,
    };
    signal::send(&child, SignalKind::Retire(exit));
    ok()
}

fn links(cx: &mut Cx, _arguments: &mut [Value]) -> Flow {
    let (actor, private) = running(cx)?;
    signal::take_over(actor, private);
    Ok(vector::from_iter(private.linked().iter().map(pid_of)))
}

fn is_supervisor(_cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let actor = actor::resolve("supervisor?*", &arguments[0])?;
    Ok(Value::bool(actor.is_some_and(|it| it.is(Mark::Supervisor))))
}

fn supervisors(_cx: &mut Cx, _arguments: &mut [Value]) -> Flow {
    let roots = identity::all().into_iter().filter(|it| it.is_root());
    Ok(vector::from_iter(roots.map(|root| pid_of(&root))))
}

fn kind(_cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let actor = actor::resolve("supervisor", &take(arguments, 0))?;
    let kind = actor.and_then(|actor| actor.kind());
    Ok(kind.map_or(Value::NIL, |kind| Value::str(&kind)))
}

/// What is in this file.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: &[
        row(
            "actor-definition?*",
            "[x]",
            exactly(1),
            |_, arguments| {
                let definition = arguments[0].as_native::<ActorDefinition>();
                Ok(Value::bool(definition.is_some()))
            },
            "Is it what `defactor` defines?",
        ),
        row(
            "actor-kind*",
            "[pid]",
            exactly(1),
            kind,
            "The name of the definition an actor was spawned from, with its namespace; nil for one of a function.",
        ),
        row(
            "adopt*",
            "[pid]",
            exactly(1),
            adopt,
            "Links a child that was just started and waits for its `init`: :ok, or {:error reason}.",
        ),
        row(
            "links*",
            "[]",
            exactly(0),
            links,
            "The actors that the running one is linked to.",
        ),
        row(
            "retire*",
            "[pid]",
            exactly(1),
            retire,
            "Asks a child to end with :shutdown: an exit signal that ends the loop of a definition between two messages even if it traps exits.",
        ),
        row(
            "supervisor-definition*",
            "[machine name arguments]",
            exactly(3),
            supervisor_definition,
            "An actor definition as a supervisor's: its `init` gets the arguments, and `spawn` waits for it.",
        ),
        row(
            "supervisor?*",
            "[pid]",
            exactly(1),
            is_supervisor,
            "Is the actor a supervisor?",
        ),
        row(
            "supervisors*",
            "[]",
            exactly(0),
            supervisors,
            "The living supervisors that are nobody's children.",
        ),
    ],
};
