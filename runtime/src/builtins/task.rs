//! Futures of the outside world: what needs the reactor runs on its threads while the actor is
//! parked, and ends when the actor is killed.

use std::future::Future;

use tokio::task::JoinHandle;

use crate::actor::runtime_handle;
use crate::builtin::{Flow, wait};
use crate::failure::{Fault, FaultKind};
use crate::value::Value;

/// Ends the task with the one who waits for it.
struct Aborting<T>(JoinHandle<T>);

impl<T> Drop for Aborting<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Parks the actor until the future has run on the reactor's threads.
pub(super) fn outside(future: impl Future<Output = Result<Value, Fault>> + Send + 'static) -> Flow {
    let mut task = Aborting(runtime_handle().spawn(async {
        let result = future.await;
        if let Ok(value) = &result {
            value.publish();
        }
        result
    }));
    wait(async move {
        (&mut task.0)
            .await
            .unwrap_or_else(|_| Err(Fault::new(FaultKind::Io, "the program is ending")))
    })
}
