//! Rust closures as Batuta functions: they run on the coroutine, where compiled code would.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::actor::coroutine::{self, Parked, Poll};
use crate::actor::receive::{self, Next, Patience};
use crate::actor::{Outcome, evaluate, waiting};
use crate::builtin::{Flow, Signal};
use crate::builtins::{actor, actor_messages, actor_tasks};
use crate::collections::{list, vector};
use crate::context::Cx;
use crate::failure_state::{Failure, FailureClass};
use crate::function::{ENTRIES, SPREAD, Stubs, install_stubs};
use crate::value::object::{Native, make_native};
use crate::value::{Control, Value};

/// How a closure ends; `Err`: a failure is raised in the context.
pub(super) type Done = Result<End, ()>;

pub(super) enum End {
    Value(Value),
    /// Waits for the next message with this matcher.
    Park(Value, Option<Duration>),
    /// As a matcher: the message is not for me.
    Refuse(Value),
}

type Body = dyn Fn(&mut Cx, Vec<Value>) -> Done + Send + Sync;

struct Script(Box<Body>);

impl Native for Script {
    fn class(&self) -> &'static str {
        "script"
    }

    fn print(&self) -> String {
        "#script".to_owned()
    }
}

extern "C" fn enter(cx: *mut Cx, function: u64, count: u64) -> u64 {
    // SAFETY: the scheduler gives up the function word, and the context is this coroutine's.
    let (function, cx) = unsafe { (Value::from_word(function), &mut *cx) };
    let arguments = if count == SPREAD as u64 {
        let mut items = Vec::new();
        let mut rest = cx.take_spilled(1).pop().unwrap_or_default();
        while let Some((first, next)) = list::take_apart(rest) {
            items.push(first);
            rest = next;
        }
        items
    } else {
        cx.take_spilled(count as usize)
    };
    let script = function
        .as_native::<Script>()
        .expect("tests enter scripts only");
    match catch_unwind(AssertUnwindSafe(|| (script.0)(cx, arguments))) {
        Ok(Ok(End::Value(value))) => value.into_word(),
        Ok(Ok(End::Park(matcher, timeout))) => {
            cx.coroutine.parked = Some(Parked { matcher, timeout });
            Control::Park.word()
        }
        Ok(Ok(End::Refuse(message))) => {
            cx.spill[0] = message.into_word();
            cx.spill[1] = function.into_word();
            Control::NoMatch.word()
        }
        Ok(Err(())) => Control::Failed.word(),
        Err(panic) => {
            let reason = waiting::panic_fault(&*panic).into_value();
            cx.failure.raise(FailureClass::Exception, reason);
            Control::Failed.word()
        }
    }
}

/// Installs stubs that run scripts: without any, no function can be made.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let none = [std::ptr::null_mut(); ENTRIES];
        install_stubs(Stubs {
            resolve: none,
            native: none,
            run_entry: std::ptr::null_mut(),
            enter: enter as *mut u8,
        });
    });
}

/// A function value that runs this closure.
pub(super) fn script(body: impl Fn(&mut Cx, Vec<Value>) -> Done + Send + Sync + 'static) -> Value {
    install();
    make_native(Script(Box::new(body)))
}

/// Calls a builtin of the actor table, as the stub does.
pub(super) fn builtin(cx: &mut Cx, name: &str, arguments: &[Value]) -> Result<Value, ()> {
    let tables = [&actor::TABLE, &actor_messages::TABLE, &actor_tasks::TABLE];
    let mut builtins = tables.iter().flat_map(|table| table.builtins);
    let builtin = builtins
        .find(|b| b.name == name)
        .expect("the builtin exists");
    let mut arguments = arguments.to_vec();
    let mut flow = (builtin.function)(cx, &mut arguments);
    loop {
        flow = match settle(cx, flow)? {
            Settled::Value(value) => return Ok(value),
            Settled::Again(flow) => flow,
        };
    }
}

enum Settled {
    Value(Value),
    Again(Flow),
}

fn settle(cx: &mut Cx, flow: Flow) -> Result<Settled, ()> {
    let signal = match flow {
        Ok(value) => return Ok(Settled::Value(value)),
        Err(signal) => *signal,
    };
    match signal {
        Signal::Fault(fault) => raise(cx, FailureClass::Exception, fault.into_value()),
        Signal::Throw(reason) => raise(cx, FailureClass::Exception, reason),
        Signal::Exit(reason) => raise(cx, FailureClass::Exit, reason),
        Signal::Raised => Err(()),
        Signal::Wait { future, then } => match coroutine::wait(cx, future) {
            Err(_killed) => Err(()),
            Ok(Err(fault)) => raise(cx, FailureClass::Exception, fault.into_value()),
            Ok(Ok(value)) => Ok(match then {
                Some(then) => Settled::Again(then.resume(cx, value)),
                None => Settled::Value(value),
            }),
        },
        Signal::Call { .. } | Signal::CallSpread { .. } | Signal::Force { .. } => {
            panic!("no builtin of actors calls")
        }
    }
}

fn raise<T>(cx: &mut Cx, class: FailureClass, reason: Value) -> Result<T, ()> {
    cx.failure.raise(class, reason);
    Err(())
}

/// Waits for a promise.
pub(super) fn deref(cx: &mut Cx, promise: &Value) -> Result<Value, ()> {
    let flow = promise
        .as_dyn_native()
        .and_then(Native::deref)
        .expect("a promise");
    let mut settled = settle(cx, flow)?;
    loop {
        match settled {
            Settled::Value(value) => return Ok(value),
            Settled::Again(flow) => settled = settle(cx, flow)?,
        }
    }
}

pub(super) fn throw(cx: &mut Cx, reason: &str) -> Done {
    raise(cx, FailureClass::Exception, keyword(reason))
}

pub(super) fn keyword(text: &str) -> Value {
    Value::keyword(text)
}

pub(super) fn number(n: i64) -> Value {
    crate::number::int(n)
}

pub(super) fn as_number(value: &Value) -> i64 {
    crate::number::as_i64(value).expect("the test sends a number")
}

pub(super) fn value(value: Value) -> Done {
    Ok(End::Value(value))
}

/// An item of a vector message.
pub(super) fn item(message: &Value, index: usize) -> Value {
    vector::nth(message, index).cloned().unwrap_or_default()
}

/// Takes the first message for which `wanted` is true.
pub(super) fn receive_if(
    cx: &mut Cx,
    wanted: impl Fn(&Value) -> bool,
    patience: Patience,
) -> Result<Option<Value>, ()> {
    receive::start(cx);
    loop {
        match receive::next(cx, patience) {
            Next::Message(message) if wanted(&message) => {
                receive::accept(cx);
                return Ok(Some(message));
            }
            Next::Message(_) => {}
            Next::Timeout => return Ok(None),
            Next::Failed => return Err(()),
        }
    }
}

/// Takes the next message.
pub(super) fn receive_any(cx: &mut Cx) -> Result<Value, ()> {
    Ok(receive_if(cx, |_| true, Patience::Forever)?.unwrap_or_default())
}

/// What a compiled loop does at its back edge.
pub(super) fn poll(cx: &mut Cx) -> Result<(), ()> {
    if cx.stack_limit.load(Ordering::Relaxed) == usize::MAX && coroutine::poll(cx) == Poll::Failed {
        return Err(());
    }
    Ok(())
}

/// Runs a closure in an actor and waits for its result.
pub(super) fn run(
    body: impl Fn(&mut Cx) -> Done + Send + Sync + 'static,
) -> Result<Value, Failure> {
    start(body)
        .blocking_recv()
        .expect("the actor gives a result")
}

pub(super) fn start(body: impl Fn(&mut Cx) -> Done + Send + Sync + 'static) -> Outcome {
    evaluate(script(move |cx, _| body(cx)), Vec::new())
}

/// Runs a closure that must give true.
pub(super) fn check(body: impl Fn(&mut Cx) -> Result<bool, ()> + Send + Sync + 'static) {
    let result = run(move |cx| body(cx).map(|b| End::Value(Value::bool(b))));
    match result {
        Ok(value) => assert!(value.is_truthy(), "the check in the actor gave false"),
        Err(failure) => panic!("the actor failed: {}", describe(&failure)),
    }
}

pub(super) fn describe(failure: &Failure) -> String {
    let message = failure.reason.as_object::<crate::failure::ErrorBody>();
    message.map_or_else(
        || crate::value::print::short(&failure.reason),
        |error| crate::value::print::short(&error.message),
    )
}

/// An actor that ends with this message, whatever it is.
pub(super) fn spawn(
    cx: &mut Cx,
    body: impl Fn(&mut Cx) -> Done + Send + Sync + 'static,
) -> Result<Value, ()> {
    builtin(cx, "spawn", &[script(move |cx, _| body(cx))])
}
