//! Where a worker looks for the next actor: its own slot and queues, the injector, other workers.

use crossbeam_deque::Steal;

use super::{Local, Shared, Task, look_whether_idle};
use crate::quiescence::Reader;

/// After so many ticks the queue of used-up slices comes first once.
const AGE_TICKS: u64 = 5;
/// So often the slot of the actor woken last may come before the queue.
const STREAK_MAX: u32 = 3;
/// Every so many turns the injector comes first.
const INJECTOR_TURNS: u64 = 61;

impl Local {
    pub(super) fn next_own(&self, shared: &Shared) -> Option<Task> {
        let now = shared.clock.ticks();
        if now - self.used_ran_at.get() >= AGE_TICKS
            && let Some(actor) = self.pop_used(now)
        {
            return Some(actor);
        }
        if self.turns.get().is_multiple_of(INJECTOR_TURNS)
            && let Some(actor) = self.pop_injected(shared)
        {
            return Some(actor);
        }
        self.pop_slot()
            .or_else(|| self.woken.pop())
            .or_else(|| self.pop_injected(shared))
            .or_else(|| self.pop_used(now))
    }

    fn pop_slot(&self) -> Option<Task> {
        let actor = self.board.take_from_slot()?;
        if self.streak.get() < STREAK_MAX || self.woken.is_empty() {
            self.streak.set(self.streak.get() + 1);
            return Some(actor);
        }
        self.streak.set(0);
        self.woken.push(actor);
        None
    }

    fn pop_used(&self, now: u64) -> Option<Task> {
        self.used_ran_at.set(now);
        self.used.pop()
    }

    fn pop_injected(&self, shared: &Shared) -> Option<Task> {
        until_settled(|| shared.injector.steal_batch_and_pop(&self.woken))
    }

    /// Is nobody waiting for this worker in particular?
    pub(super) fn has_nothing(&self) -> bool {
        self.woken.is_empty() && self.used.is_empty() && self.board.has_empty_slot()
    }

    /// Takes out everything, the actor woken last at the end.
    pub(in crate::actor) fn take_all(&self) -> impl Iterator<Item = Task> {
        let queued = std::iter::from_fn(|| self.used.pop().or_else(|| self.woken.pop()));
        queued.chain(std::iter::from_fn(|| self.board.take_from_slot()))
    }

    /// Another thread has the place: what waits here is for everybody.
    #[cold]
    pub(super) fn leave_place(&self, shared: &Shared) {
        self.take_all()
            .for_each(|actor| shared.injector.push(actor));
        shared.parking.leave_place(&self.board.lost_place);
        shared.wake_one();
        look_whether_idle();
    }

    /// Looks into all other queues, then sleeps once.
    pub(super) fn search(&self, shared: &Shared, reader: &Reader) -> Option<Task> {
        shared.parking.begin_search();
        let mut found = self.steal(shared);
        if found.is_none() {
            shared.sleep(reader, None, || self.board.has_lost_place());
            found = self.steal(shared);
        }
        let was_last = shared.parking.end_search();
        if found.is_some() && was_last && shared.has_work() {
            shared.wake_one();
        }
        found
    }

    fn steal(&self, shared: &Shared) -> Option<Task> {
        if let Some(actor) = self.pop_injected(shared) {
            return Some(actor);
        }
        let count = shared.boards.len();
        let others = || (1..count).map(|step| (self.index + step) % count);
        others()
            .find_map(|other| {
                until_settled(|| shared.woken[other].steal_batch_and_pop(&self.woken))
            })
            .or_else(|| others().find_map(|other| until_settled(|| shared.used[other].steal())))
            .or_else(|| shared.abandoned_slot())
    }
}

fn until_settled(mut steal: impl FnMut() -> Steal<Task>) -> Option<Task> {
    loop {
        match steal() {
            Steal::Success(actor) => return Some(actor),
            Steal::Empty => return None,
            Steal::Retry => {}
        }
    }
}
