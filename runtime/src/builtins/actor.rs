//! Actors in `batuta.core`: starting and ending them, links and monitors, names.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use super::actor_supervision::spawned_supervisor;
use crate::actor::call::{Answer, Slot, SlotFuture};
use crate::actor::coroutine::private_of;
use crate::actor::definition::ActorDefinition;
use crate::actor::identity::{self, ReferenceBody, Target, pid_of};
use crate::actor::private::Private;
use crate::actor::signal::{self, SignalKind};
use crate::actor::spawn::{self, SpawnOptions};
use crate::actor::{self, Actor, link, monitor, registry};
use crate::builtin::{BuiltinTable, Flow, Signal, at_least, between, exactly, row, wait};
use crate::collections::vector;
use crate::context::Cx;
use crate::dynamic;
use crate::failure::{Fault, FaultKind};
use crate::number;
use crate::value::Value;
use crate::value::print::short;

pub(super) fn ok() -> Flow {
    static OK: LazyLock<Value> = LazyLock::new(|| Value::keyword("ok"));
    Ok(OK.clone())
}

fn definition(_cx: &mut Cx, args: &mut [Value]) -> Flow {
    let name = args[0].as_str().unwrap_or_default().into();
    let arity = number::as_usize(&args[1]).unwrap_or(0);
    let mut part = |index| Some(take(args, index)).filter(|value| !value.is_nil());
    let (init, body, terminate, migrate) = (part(2), part(3), part(4), part(5));
    let definition = ActorDefinition::new(name, init, body.unwrap_or_default(), terminate, arity)
        .migrating(migrate)
        .into_value();
    // It is an address: whoever starts an instance may be another actor.
    definition.publish();
    Ok(definition)
}

pub(super) fn take(arguments: &mut [Value], index: usize) -> Value {
    arguments
        .get_mut(index)
        .map(std::mem::take)
        .unwrap_or_default()
}

/// The running actor and what only it may touch.
pub(super) fn running(cx: &mut Cx) -> Result<(&Arc<Actor>, &mut Private), Fault> {
    private_of(cx).ok_or_else(|| Fault::new(FaultKind::Call, "no actor runs here"))
}

pub(super) fn milliseconds(who: &str, value: &Value) -> Result<Duration, Fault> {
    let wrong = || Fault::wrong_type(who, "a number of milliseconds, 0 or more", value);
    if let Some(whole) = number::as_i64(value) {
        return u64::try_from(whole)
            .map(Duration::from_millis)
            .map_err(|_| wrong());
    }
    let float = value.as_float().ok_or_else(wrong)?;
    Duration::try_from_secs_f64(float / 1000.0).map_err(|_| wrong())
}

/// The actor behind an address, which must exist or have existed.
pub(super) fn known(who: &str, address: &Value) -> Result<Arc<Actor>, Fault> {
    actor::resolve(who, address)?.ok_or_else(|| unknown(who, address))
}

#[cold]
pub(super) fn unknown(who: &str, address: &Value) -> Fault {
    let shown = short(address);
    let fault = Fault::new(
        FaultKind::Call,
        format!("`{who}`: there is no actor {shown}"),
    );
    if registry::is_name(address) {
        fault.hint(format!("`(register {shown} pid)` gives an actor this name"))
    } else {
        fault
    }
}

/// Its living instance, for what must not start one: an exit signal, a question.
fn living(who: &str, address: &Value) -> Result<Option<Arc<Actor>>, Fault> {
    match address.as_native::<ActorDefinition>() {
        Some(definition) => Ok(definition.living()),
        None => actor::resolve(who, address),
    }
}

fn start(cx: &mut Cx, arguments: &mut [Value], link: bool, monitor: bool) -> Flow {
    let (function, rest) = arguments.split_first_mut().map_or_else(
        || (Value::NIL, Vec::new()),
        |(function, rest)| {
            (
                std::mem::take(function),
                rest.iter_mut().map(std::mem::take).collect(),
            )
        },
    );
    let mut options = SpawnOptions::new(function).arguments(rest);
    options.link = link;
    options.monitor = monitor;
    options.inherited = dynamic::for_spawned(&cx.coroutine.inherited);
    let is_supervisor = options
        .function
        .as_native::<ActorDefinition>()
        .is_some_and(ActorDefinition::is_supervisor);
    let started = is_supervisor.then(Slot::new);
    options.started.clone_from(&started);
    let spawned = spawn::spawn(cx, options)?;
    let result = match spawned.monitor {
        Some(reference) => vector::from_vec(vec![spawned.pid.clone(), reference]),
        None => spawned.pid.clone(),
    };
    match started {
        Some(slot) => spawned_supervisor(slot, spawned.pid, result),
        None => Ok(result),
    }
}

fn spawn(cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    start(cx, arguments, false, false)
}

fn spawn_link(cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    start(cx, arguments, true, false)
}

fn spawn_monitor(cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    start(cx, arguments, false, true)
}

fn self_(cx: &mut Cx, _arguments: &mut [Value]) -> Flow {
    Ok(pid_of(running(cx)?.0))
}

fn link(cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let first = known("link", &arguments[0])?;
    match arguments.get(1) {
        None => {
            let (actor, private) = running(cx)?;
            link::link(actor, private, &first);
        }
        Some(second) => {
            let second = known("link", second)?;
            signal::send(&first, SignalKind::LinkWith(second));
        }
    }
    ok()
}

fn unlink(cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    if let Some(other) = actor::resolve("unlink", &arguments[0])? {
        let (actor, private) = running(cx)?;
        link::unlink(actor, private, &other);
    }
    ok()
}

fn monitor(cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let other = actor::resolve("monitor", &arguments[0])?;
    let (actor, private) = running(cx)?;
    Ok(match other {
        Some(other) => monitor::monitor(actor, private, &other),
        None => {
            let number = identity::new_reference_number();
            let reference = identity::make_reference(number, Target::Monitor);
            let fields = [
                reference.clone(),
                take(arguments, 0),
                Value::keyword("noproc"),
            ];
            signal::deliver(private, "down", fields);
            reference
        }
    })
}

fn demonitor(cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let Some(reference) = arguments[0].as_object::<ReferenceBody>() else {
        return Err(Fault::wrong_type("demonitor", "what `monitor` gave", &arguments[0]).into());
    };
    let wants_flush = match arguments.get(1) {
        None => false,
        Some(option) if option.is_keyword("flush") => true,
        Some(other) => return Err(Fault::wrong_type("demonitor", ":flush", other).into()),
    };
    let (actor, private) = running(cx)?;
    monitor::demonitor(private, reference.number());
    if wants_flush {
        signal::take_over(actor, private);
        private.inbox.remove_reports("down", &arguments[0]);
    }
    ok()
}

fn trap_exit(cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    // What came before is treated as the actor was then.
    let (actor, private) = running(cx)?;
    signal::take_over(actor, private);
    private.rare_mut().traps_exit = arguments[0].is_truthy();
    ok()
}

fn exit(cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    if let [reason] = arguments {
        return Err(Box::new(Signal::Exit(std::mem::take(reason))));
    }
    let reason = take(arguments, 1);
    let Some(target) = living("exit", &arguments[0])? else {
        return ok();
    };
    let (actor, private) = running(cx)?;
    if !Arc::ptr_eq(actor, &target) {
        actor::exit(&target, actor.clone(), reason);
        return ok();
    }
    // To oneself it works before the call returns.
    if reason.is_keyword("kill") {
        private.kill();
        return Err(Box::new(Signal::Exit(Value::keyword("killed"))));
    }
    if private.rare().is_some_and(|rare| rare.traps_exit) {
        signal::deliver_exit(private, &target, reason);
        return ok();
    }
    Err(Box::new(Signal::Exit(reason)))
}

fn is_alive(_cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let actor = living("alive?", &arguments[0])?;
    Ok(Value::bool(actor.is_some_and(|actor| !actor.is_ended())))
}

fn wait_for_end(cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let Some(other) = actor::resolve("wait", &arguments[0])? else {
        return Ok(Value::keyword("noproc"));
    };
    if Arc::ptr_eq(running(cx)?.0, &other) {
        let fault = Fault::new(
            FaultKind::Call,
            "`wait`: an actor cannot wait for its own end",
        );
        return Err(fault.into());
    }
    let slot = Slot::new();
    monitor::watch(&other, slot.clone());
    let mut end = SlotFuture::new(slot, None);
    wait(poll_fn(move |context| {
        Pin::new(&mut end).poll(context).map(|answer| match answer {
            Some(Answer::Down(reason) | Answer::Reply(reason)) => Ok(reason),
            None => Ok(Value::NIL),
        })
    }))
}

fn register(_cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let actor = known("register", &arguments[1])?;
    registry::register(&arguments[0], &actor)?;
    ok()
}

fn unregister(_cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    registry::unregister(&arguments[0])?;
    ok()
}

fn registered(_cx: &mut Cx, _arguments: &mut [Value]) -> Flow {
    Ok(vector::from_iter(registry::names()))
}

fn whereis(_cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    Ok(registry::find(&arguments[0]).map_or(Value::NIL, |actor| pid_of(&actor)))
}

/// What is in this file.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: &[
        row(
            "actor-definition",
            "[name state-arity init body terminate] [name state-arity init body terminate migrate]",
            between(5, 6),
            definition,
            "Makes an actor definition. Written by `defactor`.",
        ),
        row(
            "alive?",
            "[pid]",
            exactly(1),
            is_alive,
            "Has the actor not ended?",
        ),
        row(
            "demonitor",
            "[reference] [reference :flush]",
            between(1, 2),
            demonitor,
            "Ends a monitor; its message will not come any more. With :flush one that has come already is taken out of the mailbox.",
        ),
        row(
            "exit",
            "[reason] [pid reason]",
            between(1, 2),
            exit,
            "Ends the running actor with a reason, or sends another one an exit signal; :kill cannot be trapped.",
        ),
        row(
            "link",
            "[a] [a b]",
            between(1, 2),
            link,
            "Links the running actor, or a, to another: when one ends abnormally, so does the other.",
        ),
        row(
            "monitor",
            "[pid]",
            exactly(1),
            monitor,
            "Watches an actor: `[:down reference pid reason]` comes when it ends. Gives the reference.",
        ),
        row(
            "register",
            "[name pid]",
            exactly(2),
            register,
            "Gives a living actor a name to send to.",
        ),
        row(
            "registered",
            "[]",
            exactly(0),
            registered,
            "The names that actors are registered under.",
        ),
        row(
            "self",
            "[]",
            exactly(0),
            self_,
            "The pid of the running actor.",
        ),
        row(
            "spawn",
            "[f & args]",
            at_least(1),
            spawn,
            "Starts an actor of a function or actor definition. Gives its pid.",
        ),
        row(
            "spawn-link",
            "[f & args]",
            at_least(1),
            spawn_link,
            "Starts an actor that is linked to the running one. Gives its pid.",
        ),
        row(
            "spawn-monitor",
            "[f & args]",
            at_least(1),
            spawn_monitor,
            "Starts an actor that the running one watches. Gives `[pid reference]`.",
        ),
        row(
            "trap-exit",
            "[on]",
            exactly(1),
            trap_exit,
            "With true, exit signals come as messages `[:exit pid reason]` instead of ending the actor.",
        ),
        row(
            "unlink",
            "[pid]",
            exactly(1),
            unlink,
            "Takes the link to another actor back.",
        ),
        row(
            "unregister",
            "[name]",
            exactly(1),
            unregister,
            "Takes a name away from its actor.",
        ),
        row(
            "wait",
            "[pid]",
            exactly(1),
            wait_for_end,
            "Waits until an actor has ended. Gives its exit reason, :noproc if it had ended before.",
        ),
        row(
            "whereis",
            "[name]",
            exactly(1),
            whereis,
            "The pid registered under a name, or nil.",
        ),
    ],
};
