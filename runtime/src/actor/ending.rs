//! How an actor ends: crash report, `terminate`, then everybody who must hear of it.
//!
//! A session ends its job here and lives on.

use std::sync::Arc;

use super::coroutine::Coroutine;
use super::definition::ActorDefinition;
use super::private::{Activity, Phase, Private};
use super::{
    Actor, Mark, bound, crash, identity, link, load, monitor, registry, seeded, signal, trace,
};
use crate::failure::{Fault, FaultKind};
use crate::failure_state::{Failure, FailureClass};
use crate::value::Value;

/// Why an actor, its `terminate`, or a session's job is over.
pub(super) struct Ending {
    result: Result<Value, Box<Failure>>,
    last_message: Option<Value>,
}

impl Ending {
    pub(super) fn normal(value: Value) -> Ending {
        Ending {
            result: Ok(value),
            last_message: None,
        }
    }

    /// An exit signal came while nothing ran.
    pub(super) fn signalled(reason: Value) -> Ending {
        let failure = failure(FailureClass::Exit, reason);
        Ending {
            result: Err(failure),
            last_message: None,
        }
    }

    pub(super) fn fault(fault: Fault) -> Ending {
        let failure = failure(FailureClass::Exception, fault.into_value());
        Ending {
            result: Err(failure),
            last_message: None,
        }
    }

    /// The function on the coroutine failed.
    pub(super) fn failed(coroutine: &mut Coroutine) -> Ending {
        let cx = coroutine.cx();
        let failure = cx.failure.take().unwrap_or_else(|| {
            let fault = Fault::new(FaultKind::Panic, "a function failed without a reason");
            failure(FailureClass::Exception, fault.into_value())
        });
        Ending {
            result: Err(failure),
            last_message: cx.coroutine.last_message.take(),
        }
    }

    fn reason(&self) -> Value {
        match &self.result {
            Ok(_) => Value::keyword("normal"),
            Err(failure) => failure.reason.clone(),
        }
    }
}

fn failure(class: FailureClass, reason: Value) -> Box<Failure> {
    Box::new(Failure {
        class,
        reason,
        trace: Vec::new(),
        omitted: 0,
    })
}

/// Ends an actor, or what it was doing. False: it has something to do yet.
pub(super) fn begin(actor: &Arc<Actor>, private: &mut Private, ending: Ending) -> bool {
    if private.phase == Phase::Job {
        end_job(private, ending);
        return false;
    }
    let reason = ending.reason();
    reason.publish();
    tell_result(actor, private, ending);
    if private.phase == Phase::Terminate {
        let first = private.rare_mut().ending.take();
        let reason = first.filter(|_| !private.is_killed()).unwrap_or(reason);
        finish(actor, private, &reason);
        return true;
    }
    if private.phase == Phase::Body && begin_terminate(private, &reason) {
        return false;
    }
    finish(actor, private, &reason);
    true
}

fn end_job(private: &mut Private, ending: Ending) {
    private.phase = Phase::Body;
    private.activity = Activity::Session;
    let rare = private.rare_mut();
    rare.doom = None;
    rare.is_killed = false;
    if let Some(sink) = rare.sink.take() {
        seeded::pause();
        sink.give(ending.result.map_err(|failure| *failure));
    }
}

/// The result goes to who asked for it; a crash that nobody would hear of is reported.
fn tell_result(actor: &Arc<Actor>, private: &mut Private, ending: Ending) {
    let sink = private.rare_if_any().and_then(|rare| rare.sink.take());
    match (sink, ending.result) {
        (Some(sink), result) => sink.give(result.map_err(|failure| *failure)),
        (None, Err(failure)) if failure.class == FailureClass::Exception => {
            crash::report(actor, &failure, ending.last_message);
        }
        (None, _) => {}
    }
}

/// Sets `terminate` up, if there is one to run.
fn begin_terminate(private: &mut Private, reason: &Value) -> bool {
    if private.is_killed() {
        return false;
    }
    let Some(rare) = private.rare_if_any() else {
        return false;
    };
    let state = rare.state.take();
    let start = rare.definition.take().and_then(|d| {
        d.as_native::<ActorDefinition>()?
            .at_end(reason.clone(), state)
    });
    let Some(start) = start else { return false };
    rare.doom = None;
    rare.ending = Some(reason.clone());
    private.cancel_deadline();
    private.phase = Phase::Terminate;
    private.activity = Activity::Start(Box::new(start));
    true
}

/// Nothing of the actor runs any more; everybody hears of it.
pub(super) fn finish(actor: &Arc<Actor>, private: &mut Private, reason: &Value) {
    let rest = actor.mailbox.close();
    if actor.is(Mark::Registered) {
        registry::forget(actor.id);
    }
    if actor.is(Mark::Bounded) {
        bound::forget(actor);
    }
    if actor.is(Mark::Traced) {
        trace::ended(actor, reason);
    }
    identity::leave(actor.id);
    if actor.is(Mark::Sampled) {
        load::forget(actor.id);
    }
    private.refuse_callers(reason);
    for envelope in private.inbox.drain().chain(rest) {
        signal::bounce(actor, *envelope, reason);
    }
    link::announce(actor, private, reason);
    monitor::announce(actor, private, reason);
    // Last, so that who waits for the start finds the exit signal in its mailbox.
    private.tell_starters(Some(reason));
    *private = Private::new(Activity::None, None);
}
