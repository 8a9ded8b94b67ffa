//! What the running program still waits for, so that its end and a deadlock can be told apart
//! from a pause.
//!
//! A future counts as something from outside (a file, a socket, a thread of the pool) unless its
//! `poll` says that only actors can complete it. Timers count themselves.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use super::scheduler;
use crate::builtin::Wait;
use crate::failure::{Fault, FaultKind};
use crate::value::Value;

static OUTSIDE: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static FROM_OUTSIDE: Cell<bool> = const { Cell::new(true) };
}

/// Called in the `poll` of a future that only actors (or Batuta's own timers) can complete.
#[inline(never)]
pub fn waits_for_actors() {
    FROM_OUTSIDE.set(false);
}

/// While it lives, something from outside may still happen: a listener, a child process.
#[derive(Debug)]
pub struct Activity(());

/// Says that something from outside may still happen.
pub fn keep_alive() -> Activity {
    OUTSIDE.fetch_add(1, Ordering::SeqCst);
    Activity(())
}

impl Drop for Activity {
    fn drop(&mut self) {
        if OUTSIDE.fetch_sub(1, Ordering::SeqCst) == 1 {
            scheduler::look_whether_idle();
        }
    }
}

/// Can something from outside still happen?
pub(crate) fn is_expected() -> bool {
    OUTSIDE.load(Ordering::SeqCst) > 0
}

/// A future that is not ready.
pub(crate) enum Pending {
    /// Only actors can complete it.
    Inside,
    /// The world can.
    Outside,
}

/// Polls what an actor waits for. A panic in it is a fault, not the worker's end.
#[inline(never)]
pub(crate) fn poll(future: &mut Wait, waker: &Waker) -> Result<Result<Value, Fault>, Pending> {
    FROM_OUTSIDE.set(true);
    let mut context = Context::from_waker(waker);
    match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut context))) {
        Ok(Poll::Ready(result)) => Ok(result),
        Ok(Poll::Pending) if FROM_OUTSIDE.get() => Err(Pending::Outside),
        Ok(Poll::Pending) => Err(Pending::Inside),
        Err(panic) => Ok(Err(panic_fault(&*panic))),
    }
}

/// A caught Rust panic as a fault.
pub(crate) fn panic_fault(panic: &(dyn std::any::Any + Send)) -> Fault {
    let text = panic
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned());
    Fault::new(FaultKind::Panic, format!("a bug in Batuta: {text}"))
        .hint("please report it with the program that shows it")
}
