//! Looking inside: which actors there are, what one is doing, holds and costs, who hears of its
//! messages, and newer code for it.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;

use super::actor::{known, ok, running};
use crate::actor::definition::ActorDefinition;
use crate::actor::identity::{self, pid_of};
use crate::actor::private::{Activity, Private};
use crate::actor::signal::{self, SignalKind};
use crate::actor::{self, Actor, Mark, load, registry, trace, waits_for_actors};
use crate::builtin::{BuiltinTable, Flow, between, exactly, row, wait};
use crate::collections::{map, vector};
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::function::{FunctionBody, VarBody};
use crate::namespace;
use crate::number;
use crate::value::Value;
use crate::value::print::short;
use crate::value::reachable::reachable_bytes;

/// Messages that `inspect` shows.
const SHOWN_MESSAGES: usize = 20;

pub(super) fn kind_of(actor: &Actor) -> Value {
    actor
        .kind()
        .map_or(Value::NIL, |kind| Value::keyword(&kind))
}

fn actors(_cx: &mut Cx, _arguments: &mut [Value]) -> Flow {
    let shown = identity::all().into_iter().map(|actor| {
        let name = registry::name_of(actor.id()).unwrap_or_default();
        map::from_pairs([
            (Value::keyword("pid"), pid_of(&actor)),
            (Value::keyword("name"), name),
            (Value::keyword("kind"), kind_of(&actor)),
        ])
    });
    Ok(vector::from_iter(shown))
}

/// Does a definition's full name answer to this one, with or without a namespace?
fn is_named(full: &str, wanted: &str) -> bool {
    full == wanted
        || full
            .rsplit_once('/')
            .is_some_and(|(_, name)| name == wanted)
}

fn find_actors(_cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let wanted: Arc<str> = match (arguments[0].as_native::<ActorDefinition>(), &arguments[0]) {
        (Some(definition), _) => definition.name().clone(),
        (None, value) => match value.as_keyword() {
            Some(keyword) => keyword.text().into(),
            None => {
                let wanted = "a kind: a keyword, or an actor definition";
                return Err(Fault::wrong_type("find-actors", wanted, value).into());
            }
        },
    };
    let living = identity::all().into_iter();
    let found = living.filter(|actor| actor.kind().is_some_and(|kind| is_named(&kind, &wanted)));
    Ok(vector::from_iter(found.map(|actor| pid_of(&actor))))
}

fn inspect(cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let Some(other) = actor::resolve("inspect", &arguments[0])? else {
        return Ok(Value::NIL);
    };
    let most = match arguments.get(1) {
        None => 0,
        Some(memory) if memory.is_keyword("memory") => usize::MAX,
        Some(wrong) => return Err(Fault::wrong_type("inspect", ":memory", wrong).into()),
    };
    let (actor, private) = running(cx)?;
    if Arc::ptr_eq(actor, &other) {
        signal::take_over(actor, private);
        return Ok(look(actor, private, most));
    }
    let (sender, mut answer) = tokio::sync::oneshot::channel();
    let looked_at = other.clone();
    let look = move |private: &Private| {
        let seen = look(&looked_at, private, most);
        seen.publish();
        // The asker may have ended meanwhile.
        let _ = sender.send(seen);
    };
    signal::send(&other, SignalKind::Inspect(Box::new(look)));
    wait(poll_fn(move |context| {
        waits_for_actors();
        Pin::new(&mut answer)
            .poll(context)
            .map(|seen| Ok(seen.unwrap_or_default()))
    }))
}

/// What an actor is doing, and the function it is in.
pub(super) fn doing(actor: &Actor, private: &Private) -> (Value, Value) {
    let named = |function: &Value| {
        let function = function.as_object::<FunctionBody>();
        function.map(|it| Value::str(&it.code.name))
    };
    let (status, function) = match &private.activity {
        Activity::Start(start) => ("starting", named(&start.function)),
        Activity::Parked(matcher) => ("waiting", named(matcher)),
        Activity::Suspended(coroutine) => {
            let status = if coroutine.is_busy() {
                "running"
            } else {
                "suspended"
            };
            (status, coroutine.function_name().map(Value::str))
        }
        Activity::Session => ("waiting", None),
        Activity::None => ("running", None),
    };
    let kind = || actor.kind().map(|kind| Value::str(&kind));
    (
        Value::keyword(status),
        function.or_else(kind).unwrap_or_default(),
    )
}

/// Bytes reached from the state and the messages of an actor; at least so many if it holds more
/// than `most` objects.
pub(super) fn memory_of(private: &Private, most: usize) -> Value {
    let mut roots = private.inbox.first_messages(most);
    match &private.activity {
        Activity::Start(start) => {
            roots.push(start.function.clone());
            roots.extend(start.arguments.iter().cloned());
        }
        Activity::Parked(matcher) => roots.push(matcher.clone()),
        Activity::Suspended(_) | Activity::Session | Activity::None => {}
    }
    number::from_usize(reachable_bytes(&roots, most))
}

/// CPU time of an actor in milliseconds.
pub(super) fn cpu_of(actor: &Actor) -> Value {
    Value::float(load::used_by(actor) as f64 / 1e6)
}

fn look(actor: &Arc<Actor>, private: &Private, most: usize) -> Value {
    let (status, function) = doing(actor, private);
    let pids = |actors: Vec<Arc<Actor>>| vector::from_iter(actors.iter().map(pid_of));
    let mut pairs = vec![
        (Value::keyword("pid"), pid_of(actor)),
        (Value::keyword("kind"), kind_of(actor)),
        (
            Value::keyword("names"),
            vector::from_vec(registry::names_of(actor.id())),
        ),
        (Value::keyword("status"), status),
        (Value::keyword("function"), function),
        (Value::keyword("cpu-ms"), cpu_of(actor)),
        (Value::keyword("links"), pids(private.linked())),
        (Value::keyword("monitors"), pids(private.watching())),
        (
            Value::keyword("traps-exit"),
            Value::bool(private.traps_exit()),
        ),
        (
            Value::keyword("mailbox-size"),
            number::from_usize(private.inbox.len() as usize),
        ),
        (
            Value::keyword("mailbox"),
            vector::from_vec(private.inbox.first_messages(SHOWN_MESSAGES)),
        ),
    ];
    if let Some(state) = actor.state(private) {
        let shown = match <[Value; 1]>::try_from(state) {
            Ok([only]) => only,
            Err(several) => vector::from_vec(several),
        };
        pairs.push((Value::keyword("state"), shown));
    }
    if most > 0 {
        pairs.push((Value::keyword("memory"), memory_of(private, most)));
    }
    map::from_pairs(pairs)
}

/// `(set-tracer* pid tracer)`
fn set_tracer(_cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let traced = known("trace", &arguments[0])?;
    let tracer = match &arguments[1] {
        nobody if nobody.is_nil() => None,
        pid => Some(known("trace", pid)?),
    };
    if !traced.is_ended() {
        trace::set(&traced, tracer);
    }
    ok()
}

/// The definition that a name like `user/counter` has now.
fn newest(name: &str) -> Option<Value> {
    let (space, plain) = name.rsplit_once('/')?;
    let var = namespace::find(space, plain)?;
    let root = var.as_object::<VarBody>()?.root()?;
    root.as_native::<ActorDefinition>()?;
    Some(root)
}

fn reload(_cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let (definition, reloaded) = if arguments[0].as_native::<ActorDefinition>().is_some() {
        (arguments[0].clone(), None)
    } else {
        let actor = known("reload-actor", &arguments[0])?;
        let kind = actor.kind().and_then(|kind| newest(&kind));
        let definition = kind.ok_or_else(|| {
            let shown = short(&arguments[0]);
            let text =
                format!("`reload-actor`: {shown} was not spawned from a definition with a name");
            Fault::new(FaultKind::Call, text)
        })?;
        (definition, Some(actor))
    };
    let Some(new) = definition.as_native::<ActorDefinition>() else {
        return ok();
    };
    let living = match reloaded {
        Some(actor) => vec![actor],
        None => identity::all(),
    };
    let mut old_ones: Vec<(Arc<Actor>, Value)> = Vec::new();
    for actor in living {
        if actor.kind().as_ref() == Some(new.name()) {
            let old = actor.definition().clone();
            check_state(new, &old)?;
            old_ones.push((actor, old));
        }
    }
    let count = old_ones.len();
    for (actor, old) in old_ones {
        if let Some(old) = old.as_native::<ActorDefinition>() {
            new.adopt_instance(old, &actor);
        }
        signal::send(&actor, SignalKind::Reload(definition.clone()));
    }
    Ok(number::from_usize(count))
}

fn check_state(new: &ActorDefinition, old: &Value) -> Result<(), Fault> {
    let arity = old
        .as_native::<ActorDefinition>()
        .map_or(0, ActorDefinition::state_arity);
    if new.takes_state_of(arity) {
        return Ok(());
    }
    let text = format!(
        "`reload-actor`: the state of `{}` had {arity} values and has {} now",
        new.name(),
        new.state_arity()
    );
    Err(Fault::new(FaultKind::Call, text)
        .hint("`(migrate [old] …)` in the definition gives the new state"))
}

fn is_traced(_cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let traced = actor::resolve("traced?*", &arguments[0])?.is_some_and(|it| it.is(Mark::Traced));
    Ok(Value::bool(traced))
}

/// What is in this file.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: &[
        row(
            "actors",
            "[]",
            exactly(0),
            actors,
            "All living actors of this process, each a map with :pid, :name and :kind, the name of its definition.",
        ),
        row(
            "find-actors",
            "[kind]",
            exactly(1),
            find_actors,
            "The living actors that were spawned from a definition: itself, or its name as a keyword, with or without the namespace.",
        ),
        row(
            "inspect",
            "[pid] [pid :memory]",
            between(1, 2),
            inspect,
            "What an actor is and does: a map with :kind, :names, :status, :function (the one it is in or began with), :cpu-ms (by samples, of a millisecond each), :state (while it waits in the loop of its definition), :links, :monitors, :traps-exit, :mailbox-size and the first messages as :mailbox; nil if it has ended. With :memory also the bytes reached from its state and its messages. A busy actor answers when its slice is over.",
        ),
        row(
            "reload-actor",
            "[definition-or-pid]",
            exactly(1),
            reload,
            "Lets the actors of a definition, or one, go on with its newest code and their state, through its `(migrate [old] …)` if it has one, before their next message. Gives how many.",
        ),
        row(
            "set-tracer*",
            "[pid tracer]",
            exactly(2),
            set_tracer,
            "Lets the tracer hear of an actor's messages; nil: nobody any more.",
        ),
        row(
            "traced?*",
            "[pid]",
            exactly(1),
            is_traced,
            "Does somebody hear of the actor's messages?",
        ),
    ],
};
