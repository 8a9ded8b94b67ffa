//! Messages in `batuta.core`: sending, calling and replying, timers, sleep.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use super::actor::{known, milliseconds, ok, running, take, unknown};
use crate::actor::bound::{self, Policy};
use crate::actor::call::{Answer, SlotFuture};
use crate::actor::identity::{self, PidBody, ReferenceBody, Target};
use crate::actor::private::Private;
use crate::actor::signal::{self, SignalKind};
use crate::actor::timer::{Sleep, TimerHandle};
use crate::actor::{self, Actor, Mark, clock, trace, waits_for_actors};
use crate::builtin::{BuiltinTable, Flow, between, exactly, row, wait};
use crate::builtins::support::publish_message;
use crate::collections::map;
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::number;
use crate::value::Value;
use crate::value::print::short;

/// How long `call` waits unless told.
const CALL_PATIENCE: Duration = Duration::from_millis(5000);

/// Tells who traces the running actor.
fn note_sent(cx: &mut Cx, message: &Value, to: &Value) {
    if let Ok((actor, _)) = running(cx)
        && actor.is(Mark::Traced)
    {
        trace::sent(actor, message, to);
    }
}

fn send(cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let message = take(arguments, 1);
    publish_message("send", &message)?;
    note_sent(cx, &message, &arguments[0]);
    // A pid is by far the most frequent address; its actor need not be counted.
    if let Some(pid) = arguments[0].as_object::<PidBody>() {
        return match pid.actor() {
            Some(to) => send_to(to, message),
            None => ok(),
        };
    }
    match actor::resolve("send", &arguments[0])? {
        Some(to) => send_to(&to, message),
        None => Err(unknown("send", &arguments[0]).into()),
    }
}

fn send_to(to: &Arc<Actor>, message: Value) -> Flow {
    if to.is(Mark::Bounded) {
        return send_bounded(to.clone(), message);
    }
    actor::send_to(to, message);
    ok()
}

#[cold]
fn send_bounded(to: Arc<Actor>, message: Value) -> Flow {
    let Some(bound) = bound::of(&to) else {
        // It has ended meanwhile.
        return ok();
    };
    if bound.enter() {
        actor::send_counted(&to, message);
        return ok();
    }
    match bound.policy() {
        Policy::DropNewest => ok(),
        Policy::Crash => {
            let reason = Value::keyword("mailbox-full");
            signal::send(&to, SignalKind::Doom(reason));
            ok()
        }
        Policy::Block => {
            let mut message = Some(message);
            wait(poll_fn(move |context| {
                waits_for_actors();
                if !to.is_ended() && bound.poll_enter(context).is_pending() {
                    return Poll::Pending;
                }
                if let Some(message) = message.take() {
                    actor::send_counted(&to, message);
                }
                Poll::Ready(Ok(Value::keyword("ok")))
            }))
        }
    }
}

/// `(limit-mailbox n policy)`
fn limit_mailbox(cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let limit = number::as_usize(&arguments[0]).filter(|limit| *limit > 0);
    let limit = limit.ok_or_else(|| {
        Fault::wrong_type(
            "limit-mailbox",
            "a number of messages from 1 on",
            &arguments[0],
        )
    })?;
    let policy = Policy::of(&arguments[1]).ok_or_else(|| {
        let wanted = ":block, :drop-newest or :crash";
        Fault::wrong_type("limit-mailbox", wanted, &arguments[1])
    })?;
    let (actor, private) = running(cx)?;
    signal::take_over(actor, private);
    bound::set(actor, private, limit, policy);
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
    publish_message(who, &message)?;
    note_sent(cx, &message, &arguments[0]);
    let Some(callee) = actor::resolve(who, &arguments[0])? else {
        return Ok(Err(()));
    };
    if Arc::ptr_eq(running(cx)?.0, &callee) {
        let text = format!("`{who}`: an actor that calls itself would wait for ever");
        return Err(Fault::new(FaultKind::Call, text).hint("`send` the message instead"));
    }
    Ok(Ok(SlotFuture::new(
        actor::send_call(&callee, message),
        patience,
    )))
}

fn call(cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let Ok(mut answer) = start_call(cx, "call", arguments)? else {
        known("call", &arguments[0])?;
        return Err(call_fault(&arguments[0], Some(Value::keyword("noproc"))).into());
    };
    let callee = take(arguments, 0);
    wait(poll_fn(move |context| {
        Pin::new(&mut answer)
            .poll(context)
            .map(|answer| match answer {
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
        [reference, ..] => match reference
            .as_object::<ReferenceBody>()
            .map(ReferenceBody::target)
        {
            Some(Target::Call(slot)) => Some(slot.clone()),
            _ if reference.is_nil() => None,
            _ => return Err(Fault::wrong_type("reply", "what `(caller)` gave", reference).into()),
        },
        [] => None,
    };
    let value = arguments.last_mut().map(std::mem::take).unwrap_or_default();
    publish_message("reply", &value)?;
    if let Some(slot) = slot {
        value.publish();
        slot.fill(Answer::Reply(value));
    }
    ok()
}

fn caller(cx: &mut Cx, _arguments: &mut [Value]) -> Flow {
    let private = running(cx)?.1;
    let Some(slot) = private.caller.clone() else {
        return Ok(Value::NIL);
    };
    Ok(identity::make_reference(
        identity::new_reference_number(),
        Target::Call(slot),
    ))
}

fn timer(who: &str, arguments: &mut [Value], again: bool) -> Flow {
    let delay = milliseconds(who, &arguments[0])?;
    if again && delay.is_zero() {
        let fault = Fault::new(
            FaultKind::Number,
            format!("`{who}`: an interval cannot be 0"),
        );
        return Err(fault.into());
    }
    actor::resolve(who, &arguments[1])?;
    let (to, message) = (take(arguments, 1), take(arguments, 2));
    publish_message(who, &message)?;
    let handle = TimerHandle::start(to, message, delay, again.then_some(delay));
    Ok(identity::make_reference(
        identity::new_reference_number(),
        Target::Timer(handle),
    ))
}

fn send_after(_cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    timer("send-after", arguments, false)
}

fn send_interval(_cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    timer("send-interval", arguments, true)
}

fn cancel_timer(_cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    match arguments[0]
        .as_object::<ReferenceBody>()
        .map(ReferenceBody::target)
    {
        Some(Target::Timer(handle)) => Ok(handle.cancel().map_or(Value::NIL, |left| {
            number::from_usize(usize::try_from(left.as_millis()).unwrap_or(usize::MAX))
        })),
        _ => Err(Fault::wrong_type("cancel-timer", "a timer", &arguments[0]).into()),
    }
}

fn sleep(_cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let time = milliseconds("sleep", &arguments[0])?;
    let Some(deadline) = clock::now().checked_add(time) else {
        return Err(Fault::new(FaultKind::Number, "`sleep`: that is longer than time goes").into());
    };
    let mut sleep = Sleep::until(deadline);
    wait(poll_fn(move |context| {
        Pin::new(&mut sleep).poll(context).map(|()| Ok(Value::NIL))
    }))
}

fn mailbox_size(cx: &mut Cx, arguments: &mut [Value]) -> Flow {
    let Some(other) = actor::resolve("mailbox-size", &arguments[0])? else {
        return Ok(Value::NIL);
    };
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
        Pin::new(&mut answer)
            .poll(context)
            .map(|size| Ok(size.unwrap_or_default()))
    }))
}

/// What is in this file.
pub static TABLE: BuiltinTable = BuiltinTable {
    namespace: "batuta.core",
    builtins: &[
        row(
            "call",
            "[to message] [to message timeout-ms]",
            between(2, 3),
            call,
            "Sends a message and waits for the reply, 5 seconds unless told. Crashes with a :call fault if there is none.",
        ),
        row(
            "caller",
            "[]",
            exactly(0),
            caller,
            "A reference to the sender of the last call that a clause took, to reply to later; nil without one.",
        ),
        row(
            "cancel-timer",
            "[timer]",
            exactly(1),
            cancel_timer,
            "Stops a timer. Gives the milliseconds that were left, or nil if it is over.",
        ),
        row(
            "limit-mailbox",
            "[n policy]",
            exactly(2),
            limit_mailbox,
            "Lets at most n messages wait for the running actor. A `send` of one more, by policy: :block waits until there is room, :drop-newest drops it, :crash ends the actor with :mailbox-full.",
        ),
        row(
            "mailbox-size",
            "[pid]",
            exactly(1),
            mailbox_size,
            "How many messages wait in the actor's mailbox; nil if it has ended.",
        ),
        row(
            "reply",
            "[value] [caller value]",
            between(1, 2),
            reply,
            "Answers the current call, or the one that `(caller)` gave. A second answer is dropped.",
        ),
        row(
            "send",
            "[to message]",
            exactly(2),
            send,
            "Sends a message and goes on at once. `to` is a pid, a registered name or an actor definition.",
        ),
        row(
            "send-after",
            "[ms to message]",
            exactly(3),
            send_after,
            "Sends a message after so many milliseconds. Gives a timer.",
        ),
        row(
            "send-interval",
            "[ms to message]",
            exactly(3),
            send_interval,
            "Sends a message every so many milliseconds, as long as the receiver lives. Gives a timer.",
        ),
        row(
            "sleep",
            "[ms]",
            exactly(1),
            sleep,
            "Waits so many milliseconds. Other actors run meanwhile.",
        ),
        row(
            "try-call",
            "[to message] [to message timeout-ms]",
            between(2, 3),
            try_call,
            "Like `call`, but gives {:ok reply}, {:error :noproc} or {:error :timeout}.",
        ),
    ],
};
