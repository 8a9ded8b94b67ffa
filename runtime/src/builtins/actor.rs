//! Actors in `batuta.core`: starting them, messages, calls, links and monitors, names, timers,
//! promises and tasks.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::actor::call::{Answer, Slot, SlotFuture};
use crate::actor::coroutine::private_of;
use crate::actor::definition::ActorDefinition;
use crate::actor::identity::{self, PidBody, ReferenceBody, Target, pid_of};
use crate::actor::outcome::Sink;
use crate::actor::private::Private;
use crate::actor::signal::{self, SignalKind};
use crate::actor::spawn::{self, SpawnOptions};
use crate::actor::timer::{Sleep, TimerHandle};
use crate::actor::{self, Actor, link, monitor, promise, registry, waits_for_actors};
use crate::builtin::{Builtin, BuiltinTable, Flow, Signal, at_least, between, exactly, wait};
use crate::collections::{map, vector};
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::number;
use crate::value::Value;
use crate::value::print::short;

/// How long `call` waits unless told.
const CALL_PATIENCE: Duration = Duration::from_millis(5000);

fn ok() -> Flow {
    Ok(Value::keyword("ok"))
}

fn definition(_cx: &mut Cx, args: &mut [Value]) -> Flow {
    let name = args[0].as_str().unwrap_or_default().into();
    let arity = number::as_usize(&args[1]).unwrap_or(0);
    let mut part = |index| Some(take(args, index)).filter(|value| !value.is_nil());
    let (init, body, terminate) = (part(2), part(3), part(4));
    let definition =
        ActorDefinition::new(name, init, body.unwrap_or_default(), terminate, arity).into_value();
    // It is an address: whoever starts an instance may be another actor.
    definition.publish();
    Ok(definition)
}

fn take(arguments: &mut [Value], index: usize) -> Value {
    arguments.get_mut(index).map(std::mem::take).unwrap_or_default()
}

/// The running actor and what only it may touch.
fn running(cx: &mut Cx) -> Result<(&Arc<Actor>, &mut Private), Fault> {
    private_of(cx).ok_or_else(|| Fault::new(FaultKind::Call, "no actor runs here"))
}

fn milliseconds(who: &str, value: &Value) -> Result<Duration, Fault> {
    let wrong = || Fault::wrong_type(who, "a number of milliseconds, 0 or more", value);
    if let Some(whole) = number::as_i64(value) {
        return u64::try_from(whole).map(Duration::from_millis).map_err(|_| wrong());
    }
    let float = value.as_float().ok_or_else(wrong)?;
    Duration::try_from_secs_f64(float / 1000.0).map_err(|_| wrong())
}

/// The actor behind an address, which must exist or have existed.
fn known(who: &str, address: &Value) -> Result<Arc<Actor>, Fault> {
    actor::resolve(address)?.ok_or_else(|| {
        let shown = short(address);
        let fault = Fault::new(FaultKind::Call, format!("`{who}`: there is no actor {shown}"));
        if registry::is_name(address) {
            fault.hint(format!("`(register {shown} pid)` gives an actor this name"))
        } else {
            fault
        }
    })
}

fn start(cx: &mut Cx, arguments: &mut [Value], link: bool, monitor: bool) -> Flow {
    let (function, rest) = arguments.split_first_mut().map_or_else(
        || (Value::NIL, Vec::new()),
        |(function, rest)| {
            (std::mem::take(function), rest.iter_mut().map(std::mem::take).collect())
        },
    );
    let mut options = SpawnOptions::new(function).arguments(rest);
    options.link = link;
    options.monitor = monitor;
    options.inherited = cx.coroutine.inherited.clone();
    let spawned = spawn::spawn(cx, options)?;
    match spawned.monitor {
        Some(reference) => Ok(vector::from_vec(vec![spawned.pid, reference])),
        None => Ok(spawned.pid),
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

fn send(_cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let message = take(arguments, 1);
    if !actor::send(&arguments[0], message)? && registry::is_name(&arguments[0]) {
        known("send", &arguments[0])?;
    }
    ok()
}

/// Sends the call. `Err`: there is no such actor.
fn start_call(
    cx: &mut Cx,
    who: &str,
    arguments: &mut [Value],
) -> Result<Result<SlotFuture, ()>, Fault> {
    let patience = match arguments.get(2) {
        None => Some(CALL_PATIENCE),
        Some(value) if value.is_nil() => None,
        Some(value) => Some(milliseconds(who, value)?),
    };
    let message = take(arguments, 1);
    let Some(callee) = actor::resolve(&arguments[0])? else { return Ok(Err(())) };
    if Arc::ptr_eq(running(cx)?.0, &callee) {
        let text = format!("`{who}`: an actor that calls itself would wait for ever");
        return Err(Fault::new(FaultKind::Call, text).hint("`send` the message instead"));
    }
    Ok(Ok(SlotFuture::new(actor::send_call(&callee, message), patience)))
}

fn call(cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let Ok(mut answer) = start_call(cx, "call", arguments)? else {
        known("call", &arguments[0])?;
        return Err(call_fault(&arguments[0], Some(Value::keyword("noproc"))).into());
    };
    let callee = take(arguments, 0);
    wait(poll_fn(move |context| {
        Pin::new(&mut answer).poll(context).map(|answer| match answer {
            Some(Answer::Reply(value)) => Ok(value),
            Some(Answer::Down(reason)) => Err(call_fault(&callee, Some(reason))),
            None => Err(call_fault(&callee, None)),
        })
    }))
}

#[cold]
fn call_fault(callee: &Value, down: Option<Value>) -> Fault {
    let callee_shown = short(callee);
    let (text, reason) = match down {
        Some(reason) if reason.is_keyword("noproc") => {
            (format!("`call` to {callee_shown}: it is not alive"), reason)
        }
        Some(reason) => {
            let text = format!("`call` to {callee_shown}: it ended with {}", short(&reason));
            (text, reason)
        }
        None => {
            let text = format!("`call` to {callee_shown}: no reply in time");
            (text, Value::keyword("timeout"))
        }
    };
    let data = map::from_pairs([
        (Value::keyword("reason"), reason),
        (Value::keyword("to"), callee.clone()),
    ]);
    Fault::new(FaultKind::Call, text).data(data)
}

fn try_call(cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let result = |tag: &str, value| map::from_pairs([(Value::keyword(tag), value)]);
    let Ok(mut answer) = start_call(cx, "try-call", arguments)? else {
        return Ok(result("error", Value::keyword("noproc")));
    };
    wait(poll_fn(move |context| {
        Pin::new(&mut answer).poll(context).map(|answer| {
            Ok(match answer {
                Some(Answer::Reply(value)) => result("ok", value),
                Some(Answer::Down(_)) => result("error", Value::keyword("noproc")),
                None => result("error", Value::keyword("timeout")),
            })
        })
    }))
}

fn reply(cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let slot = match arguments {
        [_] => running(cx)?.1.caller.take(),
        [reference, ..] => match reference.as_object::<ReferenceBody>().map(ReferenceBody::target) {
            Some(Target::Call(slot)) => Some(slot.clone()),
            _ if reference.is_nil() => None,
            _ => return Err(Fault::wrong_type("reply", "what `(caller)` gave", reference).into()),
        },
        [] => None,
    };
    let value = arguments.last_mut().map(std::mem::take).unwrap_or_default();
    if let Some(slot) = slot {
        value.publish();
        slot.fill(Answer::Reply(value));
    }
    ok()
}

fn caller(cx: &mut Cx, _arguments: &mut [Value]) -> Flow {
    let private = running(cx)?.1;
    let Some(slot) = private.caller.clone() else { return Ok(Value::NIL) };
    Ok(identity::make_reference(identity::new_reference_number(), Target::Call(slot)))
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
    if let Some(other) = actor::resolve(&arguments[0])? {
        let (actor, private) = running(cx)?;
        link::unlink(actor, private, &other);
    }
    ok()
}

fn monitor(cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let other = actor::resolve(&arguments[0])?;
    let (actor, private) = running(cx)?;
    Ok(match other {
        Some(other) => monitor::monitor(actor, private, &other),
        None => {
            let number = identity::new_reference_number();
            let reference = identity::make_reference(number, Target::Monitor);
            let fields = [reference.clone(), take(arguments, 0), Value::keyword("noproc")];
            signal::deliver(private, "down", fields);
            reference
        }
    })
}

fn demonitor(cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let Some(reference) = arguments[0].as_object::<ReferenceBody>() else {
        return Err(Fault::wrong_type("demonitor", "what `monitor` gave", &arguments[0]).into());
    };
    monitor::demonitor(running(cx)?.1, reference.number());
    ok()
}

fn trap_exit(cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    running(cx)?.1.rare_mut().traps_exit = arguments[0].is_truthy();
    ok()
}

fn exit(cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    if let [reason] = arguments {
        return Err(Box::new(Signal::Exit(std::mem::take(reason))));
    }
    let reason = take(arguments, 1);
    let Some(target) = actor::resolve(&arguments[0])? else { return ok() };
    let (actor, private) = running(cx)?;
    if !Arc::ptr_eq(actor, &target) {
        actor::exit(&target, actor.clone(), reason);
        return ok();
    }
    // To oneself it works before the call returns.
    if reason.is_keyword("kill") {
        return Err(Box::new(Signal::Exit(Value::keyword("killed"))));
    }
    if private.rare().is_some_and(|rare| rare.traps_exit) {
        signal::deliver_exit(private, &target, reason);
        return ok();
    }
    Err(Box::new(Signal::Exit(reason)))
}

fn is_alive(_cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let actor = match arguments[0].as_object::<PidBody>() {
        Some(pid) => pid.actor().cloned(),
        None => registry::find(&arguments[0]),
    };
    Ok(Value::bool(actor.is_some_and(|actor| !actor.is_ended())))
}

fn wait_for_end(cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let Some(other) = actor::resolve(&arguments[0])? else {
        return Ok(Value::keyword("noproc"));
    };
    if Arc::ptr_eq(running(cx)?.0, &other) {
        let fault = Fault::new(FaultKind::Call, "`wait`: an actor cannot wait for its own end");
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

fn whereis(_cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    Ok(registry::find(&arguments[0]).map_or(Value::NIL, |actor| pid_of(&actor)))
}

fn actors(_cx: &mut Cx, _arguments: &mut [Value]) -> Flow {
    let shown = identity::all().into_iter().map(|actor| {
        let name = registry::name_of(actor.id()).unwrap_or_default();
        map::from_pairs([(Value::keyword("pid"), pid_of(&actor)), (Value::keyword("name"), name)])
    });
    Ok(vector::from_iter(shown))
}

fn timer(who: &str, arguments: &mut [Value], again: bool) -> Flow {
    let delay = milliseconds(who, &arguments[0])?;
    if again && delay.is_zero() {
        let fault = Fault::new(FaultKind::Number, format!("`{who}`: an interval cannot be 0"));
        return Err(fault.into());
    }
    actor::resolve(&arguments[1])?;
    let (to, message) = (take(arguments, 1), take(arguments, 2));
    let handle = TimerHandle::start(to, message, delay, again.then_some(delay));
    Ok(identity::make_reference(identity::new_reference_number(), Target::Timer(handle)))
}

fn send_after(_cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    timer("send-after", arguments, false)
}

fn send_interval(_cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    timer("send-interval", arguments, true)
}

fn cancel_timer(_cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    match arguments[0].as_object::<ReferenceBody>().map(ReferenceBody::target) {
        Some(Target::Timer(handle)) => Ok(handle.cancel().map_or(Value::NIL, |left| {
            number::from_usize(usize::try_from(left.as_millis()).unwrap_or(usize::MAX))
        })),
        _ => Err(Fault::wrong_type("cancel-timer", "a timer", &arguments[0]).into()),
    }
}

fn sleep(_cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let time = milliseconds("sleep", &arguments[0])?;
    let Some(deadline) = std::time::Instant::now().checked_add(time) else {
        return Err(Fault::new(FaultKind::Number, "`sleep`: that is longer than time goes").into());
    };
    let mut sleep = Sleep::until(deadline);
    wait(poll_fn(move |context| Pin::new(&mut sleep).poll(context).map(|()| Ok(Value::NIL))))
}

fn mailbox_size(cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let Some(other) = actor::resolve(&arguments[0])? else { return Ok(Value::NIL) };
    let (actor, private) = running(cx)?;
    let count = |private: &Private| number::from_usize(private.inbox.len() as usize);
    if Arc::ptr_eq(actor, &other) {
        signal::take_over(actor, private);
        return Ok(count(private));
    }
    let (sender, mut answer) = tokio::sync::oneshot::channel();
    let look = move |private: &Private| {
        // The asker may have ended meanwhile.
        let _ = sender.send(count(private));
    };
    signal::send(&other, SignalKind::Inspect(Box::new(look)));
    wait(poll_fn(move |context| {
        waits_for_actors();
        Pin::new(&mut answer).poll(context).map(|size| Ok(size.unwrap_or_default()))
    }))
}

fn future(cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let state = Arc::default();
    let mut options = SpawnOptions::new(take(arguments, 0));
    options.inherited = cx.coroutine.inherited.clone();
    options.sink = Some(Sink::Task(Arc::clone(&state)));
    let task = spawn::spawn(cx, options)?;
    Ok(promise::make(state, Some(task.pid)))
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

fn deref_in_time(_cx: &mut Cx, arguments: &mut [Value]) -> Flow {
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

fn forget_state(cx: &mut Cx, _arguments: &mut [Value]) -> Flow {
    actor::forget_state(cx);
    Ok(Value::NIL)
}

/// What is in this file.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: &[
        Builtin {
            name: "actor-definition",
            arglists: "[name state-arity init body terminate]",
            doc: "Makes an actor definition. Written by `defactor`.",
            arity: exactly(5),
            function: definition,
        },
        Builtin {
            name: "actor-state",
            arglists: "[& state]",
            doc: "Remembers the running actor's state for its `terminate`. Written by `defactor`.",
            arity: at_least(0),
            function: remember_state,
        },
        Builtin {
            name: "actor-state-forget",
            arglists: "[]",
            doc: "The running actor's state is absent until it is remembered again. Written by `defactor`.",
            arity: exactly(0),
            function: forget_state,
        },
        Builtin {
            name: "actors",
            arglists: "[]",
            doc: "All living actors of this process, each a map with :pid and :name.",
            arity: exactly(0),
            function: actors,
        },
        Builtin {
            name: "alive?",
            arglists: "[pid]",
            doc: "Has the actor not ended?",
            arity: exactly(1),
            function: is_alive,
        },
        Builtin {
            name: "call",
            arglists: "[to message] [to message timeout-ms]",
            doc: "Sends a message and waits for the reply, 5 seconds unless told. Crashes with a :call fault if there is none.",
            arity: between(2, 3),
            function: call,
        },
        Builtin {
            name: "caller",
            arglists: "[]",
            doc: "A reference to the sender of the last call that a clause took, to reply to later; nil without one.",
            arity: exactly(0),
            function: caller,
        },
        Builtin {
            name: "cancel-timer",
            arglists: "[timer]",
            doc: "Stops a timer. Gives the milliseconds that were left, or nil if it is over.",
            arity: exactly(1),
            function: cancel_timer,
        },
        Builtin {
            name: "deliver",
            arglists: "[promise value]",
            doc: "Keeps a promise. Gives the promise, or nil if it was kept before.",
            arity: exactly(2),
            function: deliver,
        },
        Builtin {
            name: "demonitor",
            arglists: "[reference]",
            doc: "Ends a monitor; its message will not come any more.",
            arity: exactly(1),
            function: demonitor,
        },
        Builtin {
            name: "deref-in-time",
            arglists: "[promise timeout-ms otherwise]",
            doc: "The value of a promise or future, or `otherwise` if it does not come in time.",
            arity: exactly(3),
            function: deref_in_time,
        },
        Builtin {
            name: "exit",
            arglists: "[reason] [pid reason]",
            doc: "Ends the running actor with a reason, or sends another one an exit signal; :kill cannot be trapped.",
            arity: between(1, 2),
            function: exit,
        },
        Builtin {
            name: "future*",
            arglists: "[f]",
            doc: "Calls a function of no arguments in an actor of its own; `deref` waits for the result.",
            arity: exactly(1),
            function: future,
        },
        Builtin {
            name: "link",
            arglists: "[a] [a b]",
            doc: "Links the running actor, or a, to another: when one ends abnormally, so does the other.",
            arity: between(1, 2),
            function: link,
        },
        Builtin {
            name: "mailbox-size",
            arglists: "[pid]",
            doc: "How many messages wait in the actor's mailbox; nil if it has ended.",
            arity: exactly(1),
            function: mailbox_size,
        },
        Builtin {
            name: "monitor",
            arglists: "[pid]",
            doc: "Watches an actor: `[:down reference pid reason]` comes when it ends. Gives the reference.",
            arity: exactly(1),
            function: monitor,
        },
        Builtin {
            name: "promise",
            arglists: "[]",
            doc: "Something to wait for with `deref` until `deliver` keeps it.",
            arity: exactly(0),
            function: make_promise,
        },
        Builtin {
            name: "register",
            arglists: "[name pid]",
            doc: "Gives a living actor a name to send to.",
            arity: exactly(2),
            function: register,
        },
        Builtin {
            name: "reply",
            arglists: "[value] [caller value]",
            doc: "Answers the current call, or the one that `(caller)` gave. A second answer is dropped.",
            arity: between(1, 2),
            function: reply,
        },
        Builtin {
            name: "self",
            arglists: "[]",
            doc: "The pid of the running actor.",
            arity: exactly(0),
            function: self_,
        },
        Builtin {
            name: "send",
            arglists: "[to message]",
            doc: "Sends a message and goes on at once. `to` is a pid, a registered name or an actor definition.",
            arity: exactly(2),
            function: send,
        },
        Builtin {
            name: "send-after",
            arglists: "[ms to message]",
            doc: "Sends a message after so many milliseconds. Gives a timer.",
            arity: exactly(3),
            function: send_after,
        },
        Builtin {
            name: "send-interval",
            arglists: "[ms to message]",
            doc: "Sends a message every so many milliseconds, as long as the receiver lives. Gives a timer.",
            arity: exactly(3),
            function: send_interval,
        },
        Builtin {
            name: "sleep",
            arglists: "[ms]",
            doc: "Waits so many milliseconds. Other actors run meanwhile.",
            arity: exactly(1),
            function: sleep,
        },
        Builtin {
            name: "spawn",
            arglists: "[f & args]",
            doc: "Starts an actor of a function or actor definition. Gives its pid.",
            arity: at_least(1),
            function: spawn,
        },
        Builtin {
            name: "spawn-link",
            arglists: "[f & args]",
            doc: "Starts an actor that is linked to the running one. Gives its pid.",
            arity: at_least(1),
            function: spawn_link,
        },
        Builtin {
            name: "spawn-monitor",
            arglists: "[f & args]",
            doc: "Starts an actor that the running one watches. Gives `[pid reference]`.",
            arity: at_least(1),
            function: spawn_monitor,
        },
        Builtin {
            name: "trap-exit",
            arglists: "[on]",
            doc: "With true, exit signals come as messages `[:exit pid reason]` instead of ending the actor.",
            arity: exactly(1),
            function: trap_exit,
        },
        Builtin {
            name: "try-call",
            arglists: "[to message] [to message timeout-ms]",
            doc: "Like `call`, but gives {:ok reply}, {:error :noproc} or {:error :timeout}.",
            arity: between(2, 3),
            function: try_call,
        },
        Builtin {
            name: "unlink",
            arglists: "[pid]",
            doc: "Takes the link to another actor back.",
            arity: exactly(1),
            function: unlink,
        },
        Builtin {
            name: "wait",
            arglists: "[pid]",
            doc: "Waits until an actor has ended. Gives its exit reason, :noproc if it had ended before.",
            arity: exactly(1),
            function: wait_for_end,
        },
        Builtin {
            name: "whereis",
            arglists: "[name]",
            doc: "The pid registered under a name, or nil.",
            arity: exactly(1),
            function: whereis,
        },
    ],
};
