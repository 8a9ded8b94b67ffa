//! What drives the included modules; one file for each.

mod commits;
mod followers;
mod mailbox;
mod parking;

use std::task::{Wake, Waker};

use crate::sync::atomic::{AtomicBool, Ordering};

/// Whether a task was woken.
struct Woken(AtomicBool);

impl Woken {
    fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for Woken {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// The waker of a task, and what it does.
fn waker() -> (Waker, std::sync::Arc<Woken>) {
    let woken = std::sync::Arc::new(Woken(AtomicBool::new(false)));
    (woken.clone().into(), woken)
}

/// Tries every interleaving in which threads are interrupted at most so often in all (they may
/// wait for each other as often as they like).
fn try_with(interruptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(interruptions);
    builder.check(model);
}
