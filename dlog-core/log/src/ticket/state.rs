//! What a commit and whoever waits for it share: the outcome, who is interested in it, and how.

use std::fmt;
use std::task::Waker;

use crate::sync::{Arc, Condvar, Mutex};

/// Who is interested in a commit, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interest {
    /// Nobody has asked yet.
    Idle,
    /// A thread sleeps until it is done, or until it is told to do it.
    Blocking,
    /// A task, a callback, or nobody any more: the background thread does it.
    Background,
}

/// What a sleeping thread was woken for.
#[derive(Debug)]
pub(crate) enum Woken<O> {
    /// It is done.
    Done(O),
    /// The queue is to be written.
    Lead,
}

type Callback<O> = Box<dyn FnOnce(O) + Send>;

/// The shared side of a ticket.
pub(crate) struct TicketState<O> {
    inner: Mutex<Inner<O>>,
    changed: Condvar,
}

struct Inner<O> {
    outcome: Option<O>,
    interest: Interest,
    /// The sleeping thread shall write the queue.
    shall_lead: bool,
    waker: Option<Waker>,
    callback: Option<Callback<O>>,
}

impl<O> fmt::Debug for TicketState<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TicketState").finish_non_exhaustive()
    }
}

impl<O: Clone> TicketState<O> {
    pub(crate) fn new() -> Arc<Self> {
        Self::with(None)
    }

    /// Of something that is done already.
    pub(crate) fn done(outcome: O) -> Arc<Self> {
        Self::with(Some(outcome))
    }

    fn with(outcome: Option<O>) -> Arc<Self> {
        let inner = Inner {
            outcome,
            interest: Interest::Idle,
            shall_lead: false,
            waker: None,
            callback: None,
        };
        Arc::new(Self {
            inner: Mutex::new(inner),
            changed: Condvar::new(),
        })
    }

    /// Says how it went; once.
    pub(crate) fn complete(&self, outcome: O) {
        let mut inner = self.inner.lock();
        let callback = inner.callback.take();
        let waker = inner.waker.take();
        let is_sleeping = inner.interest == Interest::Blocking;
        let told = callback.is_some().then(|| outcome.clone());
        inner.outcome = Some(outcome);
        drop(inner);
        if is_sleeping {
            self.changed.notify_one();
        }
        if let Some(waker) = waker {
            waker.wake();
        }
        if let (Some(callback), Some(outcome)) = (callback, told) {
            callback(outcome);
        }
    }

    /// Tells a sleeping waiter to write the queue; what the interest is otherwise.
    pub(crate) fn ask_to_lead(&self) -> Interest {
        let mut inner = self.inner.lock();
        if inner.interest == Interest::Blocking {
            inner.shall_lead = true;
            drop(inner);
            self.changed.notify_one();
            return Interest::Blocking;
        }
        inner.interest
    }

    pub(crate) fn is_done(&self) -> bool {
        self.inner.lock().outcome.is_some()
    }

    /// The outcome, if it is known.
    pub(crate) fn outcome(&self) -> Option<O> {
        self.inner.lock().outcome.clone()
    }

    /// Says that a thread is going to wait.
    pub(crate) fn begin_to_block(&self) {
        self.inner.lock().interest = Interest::Blocking;
    }

    /// Sleeps until it is done or the queue is to be written; what is done is given out once.
    pub(crate) fn sleep(&self) -> Woken<O> {
        let mut inner = self.inner.lock();
        loop {
            if let Some(outcome) = inner.outcome.take() {
                return Woken::Done(outcome);
            }
            if std::mem::take(&mut inner.shall_lead) {
                return Woken::Lead;
            }
            self.changed.wait(&mut inner);
        }
    }

    /// Has a callback called with the outcome, now or later.
    pub(crate) fn call_back(&self, callback: Callback<O>) {
        let mut inner = self.inner.lock();
        if let Some(outcome) = inner.outcome.take() {
            drop(inner);
            callback(outcome);
            return;
        }
        inner.callback = Some(callback);
    }

    /// The outcome, or the waker is kept for it. True with it if nobody cares for the commit yet.
    pub(crate) fn poll(&self, waker: &Waker) -> Result<O, bool> {
        let mut inner = self.inner.lock();
        if let Some(outcome) = inner.outcome.clone() {
            return Ok(outcome);
        }
        inner.waker = Some(waker.clone());
        let is_first = inner.interest != Interest::Background;
        inner.interest = Interest::Background;
        Err(is_first)
    }

    /// Leaves the commit to the background thread, if somebody must care for it still.
    pub(crate) fn leave(&self) -> bool {
        let mut inner = self.inner.lock();
        let is_left = inner.outcome.is_none() && inner.interest == Interest::Idle;
        if is_left {
            inner.interest = Interest::Background;
        }
        is_left
    }
}
