//! The ways of a builtin other than a value: calls, lazy sequences, waiting.
//!
//! [`settle`] turns a [`Flow`] into the word the native stub sees. For a call it leaves callee,
//! entry and arguments in the context; the stub calls, then comes back through [`bt_resume`]. For
//! a future the stub calls [`bt_wait`] on the coroutine.

use super::call::prepare;
use super::switch::bt_on_native;
use super::{fail, guarded};
use crate::actor::{coroutine, seeded};
use crate::builtin::{Flow, Resume, Signal};
use crate::collections::lazy_seq::{self, Begin};
use crate::collections::seq;
use crate::context::{Cx, Pending};
use crate::failure::{Fault, FaultKind};
use crate::failure_state::FailureClass;
use crate::value::object::Kind;
use crate::value::{Control, Value};

/// The word for the stub.
#[inline]
pub(super) fn settle(cx: &mut Cx, flow: Flow) -> u64 {
    match flow {
        Ok(value) if !seeded::ends_turn() => value.into_word(),
        Ok(value) => end_turn(cx, value),
        Err(_) => settle_signal(cx, flow),
    }
}

#[inline(never)]
fn settle_signal(cx: &mut Cx, mut flow: Flow) -> u64 {
    loop {
        let signal = match flow {
            Ok(value) if seeded::ends_turn() => return end_turn(cx, value),
            Ok(value) => return value.into_word(),
            Err(signal) => *signal,
        };
        match signal {
            Signal::Fault(fault) => return fail(cx, fault),
            Signal::Throw(reason) => {
                cx.failure.raise(FailureClass::Exception, reason);
                return Control::Failed.word();
            }
            Signal::Exit(reason) => {
                cx.failure.raise(FailureClass::Exit, reason);
                return Control::Failed.word();
            }
            Signal::Raised => return Control::Failed.word(),
            Signal::Call {
                function,
                arguments,
                then,
            } => {
                prepare(cx, function, arguments);
                return call(cx, then);
            }
            Signal::CallSpread {
                function,
                arguments,
                rest,
                then,
            } => {
                prepare_spread(cx, function, arguments, rest);
                return call(cx, then);
            }
            Signal::Wait { future, then } => {
                cx.pending = Some(Pending { future, then });
                return Control::Pending.word();
            }
            Signal::Force { sequence, then } => match begin(cx, sequence, then) {
                Ok(word) => return word,
                Err(next) => flow = next,
            },
        }
    }
}

/// The actor goes on with the value when it has a turn again.
#[cold]
fn end_turn(cx: &mut Cx, value: Value) -> u64 {
    cx.pending = Some(Pending {
        future: Box::pin(std::future::ready(Ok(value))),
        then: None,
    });
    Control::Pending.word()
}

fn call(cx: &mut Cx, then: Option<Box<dyn Resume>>) -> u64 {
    cx.resume = u64::from(then.is_some());
    cx.resumes.extend(then);
    Control::Call.word()
}

/// The function's fixed arguments one by one, all further ones as a sequence.
fn prepare_spread(cx: &mut Cx, function: Value, mut arguments: Vec<Value>, rest: Value) {
    let mut list = rest;
    while let Some(last) = arguments.pop() {
        list = crate::collections::list::cons(last, list);
    }
    super::call::prepare_list(cx, function, list);
}

/// Starts realising a lazy sequence: a call of its thunk, or the next step at once.
fn begin(cx: &mut Cx, sequence: Value, then: Box<dyn Resume>) -> Result<u64, Flow> {
    let own = actor_key(cx);
    match lazy_seq::begin(&sequence, own) {
        Begin::Done(value) => Err(then.resume(cx, value)),
        Begin::Thunk(thunk) => {
            cx.resumes.push(Box::new(Forcing {
                cell: sequence,
                then,
                phase: Phase::Thunk,
            }));
            cx.resume = 1;
            prepare(cx, thunk, Vec::new());
            Ok(Control::Call.word())
        }
        Begin::AlreadyRunningBy(actor) if actor == own => {
            then.failed(cx);
            Err(Err(Fault::new(
                FaultKind::Call,
                "a lazy sequence needs its own value",
            )
            .into()))
        }
        Begin::AlreadyRunningBy(_) => {
            let cell = sequence.clone();
            let changed = async move {
                lazy_seq::changed(cell).await;
                Ok(Value::NIL)
            };
            Err(Err(Box::new(Signal::Wait {
                future: Box::pin(changed),
                then: Some(Box::new(Again { sequence, then })),
            })))
        }
    }
}

fn actor_key(cx: &Cx) -> u64 {
    cx.actor
        .as_ref()
        .map_or(0, |actor| std::sync::Arc::as_ptr(actor) as u64)
}

/// Waits for a cell that another actor realises.
struct Again {
    sequence: Value,
    then: Box<dyn Resume>,
}

impl Resume for Again {
    fn resume(self: Box<Self>, _cx: &mut Cx, _result: Value) -> Flow {
        Err(Box::new(Signal::Force {
            sequence: self.sequence,
            then: self.then,
        }))
    }

    fn failed(self: Box<Self>, cx: &mut Cx) {
        self.then.failed(cx);
    }
}

/// A lazy cell that this actor realises.
struct Forcing {
    cell: Value,
    then: Box<dyn Resume>,
    phase: Phase,
}

enum Phase {
    /// Its thunk runs.
    Thunk,
    /// The thunk gave another lazy sequence, which is realised.
    Inner,
}

impl Resume for Forcing {
    fn resume(mut self: Box<Self>, cx: &mut Cx, result: Value) -> Flow {
        if matches!(self.phase, Phase::Thunk) && result.kind() == Some(Kind::LazySeq) {
            return Err(Box::new(match lazy_seq::steal(result) {
                // So a search that gives itself back now and then keeps nothing of what it passed.
                Ok(thunk) => {
                    lazy_seq::go_on(&self.cell, thunk.clone());
                    Signal::Call {
                        function: thunk,
                        arguments: Vec::new(),
                        then: Some(self),
                    }
                }
                Err(sequence) => {
                    self.phase = Phase::Inner;
                    Signal::Force {
                        sequence,
                        then: self,
                    }
                }
            }));
        }
        match seq::seq(cx, result) {
            Ok(sequence) => {
                lazy_seq::finish(&self.cell, sequence.clone());
                self.then.resume(cx, sequence)
            }
            Err(signal) => {
                self.failed(cx);
                Err(signal)
            }
        }
    }

    fn failed(self: Box<Self>, cx: &mut Cx) {
        lazy_seq::abort(&self.cell);
        self.then.failed(cx);
    }
}

/// Goes on with the result of the call that a builtin asked for.
///
/// # Safety
/// The running coroutine's context; `result` is owned, or the sentinel.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_resume(cx: *mut Cx, result: u64, _b: u64, _c: u64) -> u64 {
    // SAFETY: the native stub passes its own context.
    let cx = unsafe { &mut *cx };
    guarded(cx, |cx| {
        let Some(then) = cx.resumes.pop() else {
            return result;
        };
        if result == Control::Failed.word() {
            then.failed(cx);
            return result;
        }
        // SAFETY: the callee gave the word up.
        let flow = then.resume(cx, unsafe { Value::from_word(result) });
        settle(cx, flow)
    })
}

/// Parks the actor until the builtin's future is ready. On the coroutine.
///
/// # Safety
/// The running coroutine's context, right after a builtin gave `Pending`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bt_wait(cx: *mut Cx) -> u64 {
    // SAFETY: the native stub passes its own context.
    let context = unsafe { &mut *cx };
    let Some(Pending { future, then }) = context.pending.take() else {
        return Value::NIL.into_word();
    };
    let outcome = coroutine::wait(context, future);
    let word = match outcome {
        Ok(Ok(value)) => value.into_word(),
        Ok(Err(fault)) => fail(context, fault),
        Err(_killed) => Control::Failed.word(),
    };
    let Some(then) = then else { return word };
    context.resumes.push(then);
    // SAFETY: the context is the running coroutine's; `bt_resume` does not suspend.
    unsafe { bt_on_native(cx, word, 0, 0, bt_resume) }
}
