//! Where the result of an actor, or of a session's job, goes.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::promise::PromiseState;
use super::scheduler;
use crate::failure_state::Failure;
use crate::value::Value;

/// The result to come: await it, or take it with `blocking_recv` outside of actors. It ends
/// without a result if the actor does not exist any more.
pub type Outcome = oneshot::Receiver<Result<Value, Failure>>;

/// The other end.
pub(crate) enum Sink {
    /// Somebody outside, or a future.
    Channel(oneshot::Sender<Result<Value, Failure>>),
    /// A task that any number of actors may look at.
    Task(Arc<PromiseState>),
}

impl Sink {
    pub(crate) fn channel() -> (Sink, Outcome) {
        let (sender, receiver) = oneshot::channel();
        (Sink::Channel(sender), receiver)
    }

    /// Gives the result on, published.
    pub(crate) fn give(self, result: Result<Value, Failure>) {
        match &result {
            Ok(value) => value.publish(),
            Err(failure) => failure.reason.publish(),
        }
        match self {
            Sink::Channel(sender) => {
                // Nobody may want the result any more.
                let _ = sender.send(result);
                scheduler::look_whether_idle();
            }
            Sink::Task(state) => {
                state.settle(result.map_err(|failure| failure.reason));
            }
        }
    }
}
