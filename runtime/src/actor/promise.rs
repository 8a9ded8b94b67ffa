//! Promises, and tasks: actors whose result is kept for whoever asks.

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use parking_lot::Mutex;

use super::clock;
use super::timer::Sleep;
use super::waiting::waits_for_actors;
use crate::builtin::{Flow, Signal};
use crate::context::Cx;
use crate::value::Value;
use crate::value::object::{Native, make_native};

#[derive(Default)]
struct Content {
    /// The value, or the reason there is none.
    settled: Option<Result<Value, Value>>,
    wakers: Vec<Waker>,
}

/// What a promise or task will hold; set once.
#[derive(Default)]
pub(crate) struct PromiseState(Mutex<Content>);

impl PromiseState {
    /// Sets the result if there is none yet.
    pub(crate) fn settle(&self, result: Result<Value, Value>) -> bool {
        let mut content = self.0.lock();
        if content.settled.is_some() {
            return false;
        }
        content.settled = Some(result);
        let wakers = std::mem::take(&mut content.wakers);
        drop(content);
        wakers.into_iter().for_each(Waker::wake);
        true
    }

    fn settled(&self) -> Option<Result<Value, Value>> {
        self.0.lock().settled.clone()
    }

    fn settled_or_wake(&self, waker: &Waker) -> Option<Result<Value, Value>> {
        let mut content = self.0.lock();
        if content.settled.is_none() && !content.wakers.iter().any(|w| w.will_wake(waker)) {
            content.wakers.push(waker.clone());
        }
        content.settled.clone()
    }
}

/// A promise or a task as a value.
pub(crate) struct Promise {
    state: Arc<PromiseState>,
    /// The actor that computes it.
    task: Option<Value>,
}

impl Native for Promise {
    fn class(&self) -> &'static str {
        if self.task.is_some() {
            "task"
        } else {
            "promise"
        }
    }

    fn print(&self) -> String {
        let state = match self.state.settled() {
            None => "pending",
            Some(Ok(_)) => "ready",
            Some(Err(_)) => "failed",
        };
        format!("#{}<{state}>", self.class())
    }

    fn deref(&self) -> Option<Flow> {
        Some(self.await_result(None))
    }

    fn visit(&mut self, visitor: &mut dyn FnMut(&mut Value)) {
        if let Some(task) = &mut self.task {
            visitor(task);
        }
    }
}

/// A promise that nobody has kept yet, or a task of this actor.
pub(crate) fn make(state: Arc<PromiseState>, task: Option<Value>) -> Value {
    make_native(Promise { state, task })
}

/// Is it a promise or task?
pub fn is_promise(value: &Value) -> bool {
    value.as_native::<Promise>().is_some()
}

/// Is it a promise or task that has its result (or failed)?
pub fn is_settled(value: &Value) -> Option<bool> {
    value
        .as_native::<Promise>()
        .map(|promise| promise.state.settled().is_some())
}

/// Is it a task?
pub fn is_task(value: &Value) -> bool {
    value
        .as_native::<Promise>()
        .is_some_and(|promise| promise.task.is_some())
}

/// Was it a task that [`cancel`] ended?
pub fn is_cancelled(value: &Value) -> Option<bool> {
    let promise = value.as_native::<Promise>()?;
    Some(matches!(promise.state.settled(), Some(Err(reason)) if reason.is_keyword(CANCELLED)))
}

/// Settles a task as cancelled and gives its actor, which is to be ended. `None` if it has its
/// result already or is no task.
pub(crate) fn cancel(value: &Value) -> Option<Value> {
    let promise = value.as_native::<Promise>()?;
    let task = promise.task.clone()?;
    promise
        .state
        .settle(Err(Value::keyword(CANCELLED)))
        .then_some(task)
}

/// Why a cancelled task has no value.
const CANCELLED: &str = "cancelled";

/// Keeps a promise. `None` if it is no promise; false if it was kept before.
pub(crate) fn deliver(promise: &Value, value: Value) -> Option<bool> {
    let promise = promise
        .as_native::<Promise>()
        .filter(|p| p.task.is_none())?;
    value.publish();
    Some(promise.state.settle(Ok(value)))
}

/// Waits so long for the result of a promise or task, then gives `otherwise`; `None` if the value
/// is neither. A task that failed throws its reason.
pub fn deref_in_time(value: &Value, time: Duration, otherwise: Value) -> Option<Flow> {
    Some(
        value
            .as_native::<Promise>()?
            .await_result(Some((time, otherwise))),
    )
}

impl Promise {
    fn await_result(&self, patience: Option<(Duration, Value)>) -> Flow {
        if let Some(result) = self.state.settled() {
            return flow(result);
        }
        let (time, otherwise) = patience.unzip();
        let deadline = time.and_then(|time| clock::now().checked_add(time));
        let mut sleep = deadline.map(Sleep::until).map(Box::pin);
        let (awaited, state) = (self.state.clone(), self.state.clone());
        let future = poll_fn(move |context| {
            waits_for_actors();
            if awaited.settled_or_wake(context.waker()).is_some() {
                return Poll::Ready(Ok(Value::NIL));
            }
            match &mut sleep {
                Some(sleep) => sleep.as_mut().poll(context).map(|()| Ok(Value::NIL)),
                None => Poll::Pending,
            }
        });
        let then = move |_: &mut Cx, _| match state.settled() {
            Some(result) => flow(result),
            None => Ok(otherwise.unwrap_or_default()),
        };
        Err(Box::new(Signal::Wait {
            future: Box::pin(future),
            then: Some(Box::new(then)),
        }))
    }
}

fn flow(result: Result<Value, Value>) -> Flow {
    result.map_err(|reason| Box::new(Signal::Throw(reason)))
}
