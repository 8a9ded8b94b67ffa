//! Running things in actors from outside: the main function, a session of the prompt, a macro.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::outcome::{Outcome, Sink};
use super::private::{Activity, Private, Rare};
use super::signal::{self, SignalKind};
use super::spawn::{self, SpawnOptions};
use super::{Actor, Mark, exit, identity, scheduler};
use crate::failure_state::{Failure, FailureClass};
use crate::value::Value;

/// How long actors may take to shut down before they are killed.
const SHUT_DOWN_PATIENCE: Duration = Duration::from_secs(5);

/// Something a session shall do.
pub(crate) struct Job {
    pub(crate) function: Value,
    pub(crate) arguments: Vec<Value>,
    pub(crate) sink: Sink,
}

/// Starts an actor that does one job after the other, for the prompt. A failing job does not end
/// it.
pub fn start_session() -> Value {
    let rare = Rare {
        is_session: true,
        ..Rare::default()
    };
    let actor = spawn::enter(Private::new(Activity::Session, Some(Box::new(rare))));
    actor.mark(Mark::Session);
    scheduler::schedule(actor.clone());
    identity::pid_of(&actor)
}

fn session_of(pid: &Value) -> Option<&Arc<Actor>> {
    pid.as_object::<identity::PidBody>()?.actor()
}

/// Lets a session call a function.
pub fn run_in_actor(pid: &Value, function: Value, arguments: Vec<Value>) -> Outcome {
    function.publish();
    arguments.iter().for_each(Value::publish);
    let (sink, outcome) = Sink::channel();
    if let Some(actor) = session_of(pid) {
        signal::send(
            actor,
            SignalKind::Job(Job {
                function,
                arguments,
                sink,
            }),
        );
    }
    outcome
}

/// Makes the running job of a session fail with the exit reason `:interrupted`.
pub fn interrupt(pid: &Value) {
    if let Some(actor) = session_of(pid) {
        signal::send(actor, SignalKind::Interrupt(Value::keyword("interrupted")));
    }
}

/// Calls a function in an actor of its own; its failure goes to the outcome and is not reported.
pub fn evaluate(function: Value, arguments: Vec<Value>) -> Outcome {
    evaluate_with(function, arguments, Value::NIL)
}

/// As [`evaluate`], with dynamic bindings as another actor has them.
pub fn evaluate_with(function: Value, arguments: Vec<Value>, inherited: Value) -> Outcome {
    let (sink, outcome) = Sink::channel();
    let options = SpawnOptions {
        sink: Some(sink),
        inherited,
        ..SpawnOptions::new(function).arguments(arguments)
    };
    // A definition with the wrong number of arguments ends the outcome without a result.
    let _ = spawn::spawn_unlinked(options);
    outcome
}

/// Runs the main function of a program and waits for its result. If it waits and nothing can
/// happen any more, it fails with the exit reason `:deadlock`.
pub fn run_main(function: Value, arguments: Vec<Value>) -> Result<Value, Failure> {
    let _expectation = scheduler::expect();
    let session = start_session();
    let mut outcome = run_in_actor(&session, function, arguments);
    let mut result = None;
    let mut has_ended = || {
        result = result.take().or_else(|| outcome.try_recv().ok());
        result.is_some()
    };
    if !scheduler::wait_until_idle_or(&mut has_ended, None)
        && let Some(actor) = session_of(&session)
    {
        signal::send(actor, SignalKind::Interrupt(Value::keyword("deadlock")));
        scheduler::wait_until_idle_or(&mut has_ended, None);
    }
    result.unwrap_or_else(|| {
        Err(Failure {
            class: FailureClass::Exit,
            reason: Value::keyword("deadlock"),
            trace: Vec::new(),
            omitted: 0,
        })
    })
}

/// Waits until nothing can happen any more: no actor runs or can be woken by a timer, a future or
/// anything from outside. Not for actors.
pub fn wait_until_idle() {
    let _expectation = scheduler::expect();
    scheduler::wait_until_idle_or(|| false, None);
}

/// How long supervisors may take to stop their children, whose times are their own.
const SUPERVISORS_PATIENCE: Duration = Duration::from_secs(60);

/// Lets supervisors stop their children in order, asks all other actors to end with the reason
/// `:shutdown`, gives them time to run their `terminate`, and kills what is left.
pub fn shut_down() {
    let _expectation = scheduler::expect();
    let mut roots = identity::all();
    roots.retain(|actor| actor.is_root());
    for root in &roots {
        exit(root, root.clone(), Value::keyword("shutdown"));
    }
    if !roots.is_empty() {
        let deadline = Instant::now() + SUPERVISORS_PATIENCE;
        let all_ended = || roots.iter().all(|root| root.is_ended());
        scheduler::wait_until_idle_or(all_ended, Some(deadline));
    }
    for reason in ["shutdown", "kill"] {
        let mut living = identity::all();
        living.retain(|actor| !actor.is(Mark::Session));
        for actor in &living {
            exit(actor, actor.clone(), Value::keyword(reason));
        }
        let deadline = Instant::now() + SHUT_DOWN_PATIENCE;
        let all_ended = || living.iter().all(|actor| actor.is_ended());
        if scheduler::wait_until_idle_or(all_ended, Some(deadline)) {
            return;
        }
    }
}
