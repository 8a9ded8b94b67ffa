//! Who waits for the next commit to be shown: threads and tasks, woken by the commit itself.

use std::task::{Context, Poll, Waker};
use std::time::Instant;

use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Condvar, Mutex};

/// What is shown, and whether more may come.
pub(crate) trait Shown {
    /// How far it is shown.
    type Cut: Copy + Ord;

    /// Everything visible now.
    fn cut(&self) -> Self::Cut;

    /// Whether nothing more will be shown.
    fn is_over(&self) -> bool;
}

/// Who waits.
#[derive(Debug)]
pub(crate) struct Followers {
    /// Somebody may be waiting. Set before looking whether there is something new, and read after
    /// showing something new: one of the two sees the other.
    is_waiting: AtomicBool,
    wakers: Mutex<Vec<Waker>>,
    shown: Condvar,
}

impl Default for Followers {
    fn default() -> Self {
        Self {
            is_waiting: AtomicBool::new(false),
            wakers: Mutex::new(Vec::new()),
            shown: Condvar::new(),
        }
    }
}

impl Followers {
    /// Wakes everybody; costs one look when there is nobody.
    pub(crate) fn notify(&self) {
        if !self.is_waiting.load(Ordering::SeqCst) {
            return;
        }
        self.is_waiting.store(false, Ordering::SeqCst);
        let wakers = std::mem::take(&mut *self.wakers.lock());
        self.shown.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Sleeps until something beyond `seen` is shown, nothing more will be, or the time is over; what
    /// is shown then.
    pub(crate) fn wait<S: Shown>(&self, store: &S, seen: S::Cut, deadline: Instant) -> S::Cut {
        let mut wakers = self.wakers.lock();
        loop {
            self.is_waiting.store(true, Ordering::SeqCst);
            let cut = store.cut();
            if cut > seen
                || store.is_over()
                || self.shown.wait_until(&mut wakers, deadline).timed_out()
            {
                return cut.max(store.cut());
            }
        }
    }

    /// As [`wait`](Self::wait), for tasks.
    pub(crate) fn poll<S: Shown>(
        &self,
        store: &S,
        seen: S::Cut,
        context: &Context<'_>,
    ) -> Poll<S::Cut> {
        let mut wakers = self.wakers.lock();
        self.is_waiting.store(true, Ordering::SeqCst);
        let cut = store.cut();
        if cut > seen || store.is_over() {
            return Poll::Ready(cut);
        }
        if !wakers.iter().any(|waker| waker.will_wake(context.waker())) {
            wakers.push(context.waker().clone());
        }
        Poll::Pending
    }
}
