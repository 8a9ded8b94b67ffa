//! What others see of a worker: its turn, who has it, and the slot of the actor woken last.

use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};

use super::Actor;
use super::load::ThreadClock;
use super::scheduler::Task;
use crate::context::Cx;

/// See the module's head. On cache lines of its own.
#[derive(Default)]
#[repr(align(128))]
pub(super) struct Board {
    /// Counts turns, so that the clock knows a long one.
    pub(super) turn: AtomicU64,
    /// The context that runs, or ran last. Contexts are never freed.
    pub(super) running: AtomicPtr<Cx>,
    /// The present turn is over as soon as it can be.
    pub(super) overdue: AtomicBool,
    /// Who has the turn, as a word; 0 between turns.
    pub(super) actor: AtomicU64,
    /// The actor woken last, owned. Others take it only when the worker has lost its place.
    slot: AtomicPtr<Actor>,
    /// Another thread has taken the worker's place.
    pub(super) lost_place: AtomicBool,
    /// The thread's CPU time at which that was.
    pub(super) lost_at: AtomicU64,
    pub(super) cpu: ThreadClock,
}

impl Board {
    /// Asks who runs here to stop at its next poll.
    pub(super) fn ask_to_stop(&self) {
        self.overdue.store(true, Ordering::Release);
        let running = self.running.load(Ordering::Acquire);
        if !running.is_null() {
            // SAFETY: contexts are never freed. One that is not in use any more is asked in vain;
            // one that runs another actor by now polls once too often.
            unsafe { (*running).stack_limit.store(usize::MAX, Ordering::Release) };
        }
    }

    #[inline]
    pub(super) fn has_lost_place(&self) -> bool {
        self.lost_place.load(Ordering::Relaxed)
    }

    pub(super) fn put_into_slot(&self, actor: Task) -> Option<Task> {
        let new = Arc::into_raw(actor).cast_mut();
        Board::owned(self.slot.swap(new, Ordering::AcqRel))
    }

    /// Of a worker that has lost its place.
    pub(super) fn take_from_slot_of_lost(&self) -> Option<Task> {
        let lost = self.lost_place.load(Ordering::SeqCst);
        if lost { self.take_from_slot() } else { None }
    }

    pub(super) fn take_from_slot(&self) -> Option<Task> {
        if self.slot.load(Ordering::Relaxed).is_null() {
            return None;
        }
        Board::owned(self.slot.swap(ptr::null_mut(), Ordering::AcqRel))
    }

    pub(super) fn has_empty_slot(&self) -> bool {
        self.slot.load(Ordering::Relaxed).is_null()
    }

    fn owned(actor: *mut Actor) -> Option<Task> {
        // SAFETY: the slot holds null or what `Arc::into_raw` gave, and whoever swaps it out owns
        // it.
        (!actor.is_null()).then(|| unsafe { Arc::from_raw(actor) })
    }
}
