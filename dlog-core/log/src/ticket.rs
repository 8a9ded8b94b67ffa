//! What an append gives back: to be waited for, polled, called back, or dropped.
//!
//! A blocking waiter writes its own commit and those queued with it, unless somebody else is at it;
//! a polled or dropped ticket has the background thread do it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use parking_lot::{Condvar, Mutex};
use serde::{Deserialize, Serialize};

use crate::commit::Core;
use crate::error::AppendError;
use crate::ids::{CommitNumber, Epoch, Offset, PartitionId};

/// Where an acknowledged commit is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Its number.
    pub commit: CommitNumber,
    /// The opening of the store it was made in.
    pub epoch: Epoch,
    /// When, in microseconds since 1970.
    pub append_time_us: i64,
    /// What each partition got.
    pub parts: Vec<ReceiptPart>,
}

/// The records of a commit that one partition got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptPart {
    /// The log.
    pub log: String,
    /// The partition.
    pub partition: PartitionId,
    /// The offset of the first record.
    pub first_offset: Offset,
    /// How many, at consecutive offsets.
    pub count: u64,
}

pub(crate) type Outcome = Result<Receipt, AppendError>;

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

/// The shared side of a ticket.
pub(crate) struct TicketState {
    inner: Mutex<Inner>,
    changed: Condvar,
}

struct Inner {
    outcome: Option<Outcome>,
    interest: Interest,
    /// The sleeping thread shall write the queue.
    shall_lead: bool,
    waker: Option<Waker>,
    callback: Option<Callback>,
}

type Callback = Box<dyn FnOnce(Outcome) + Send>;

impl TicketState {
    pub(crate) fn new() -> Arc<Self> {
        let inner = Inner {
            outcome: None,
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

    pub(crate) fn complete(&self, outcome: Outcome) {
        let mut inner = self.inner.lock();
        let callback = inner.callback.take();
        let waker = inner.waker.take();
        let is_sleeping = inner.interest == Interest::Blocking;
        inner.outcome = Some(outcome.clone());
        drop(inner);
        if is_sleeping {
            self.changed.notify_one();
        }
        if let Some(waker) = waker {
            waker.wake();
        }
        if let Some(callback) = callback {
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
}

/// A commit on its way. Dropping it lets the commit go on unwatched.
#[must_use = "a dropped ticket leaves the commit unacknowledged; wait for it"]
pub struct AppendTicket {
    state: Arc<TicketState>,
    core: Arc<Core>,
}

impl std::fmt::Debug for AppendTicket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppendTicket")
            .field("is_done", &self.state.is_done())
            .finish_non_exhaustive()
    }
}

impl AppendTicket {
    pub(crate) fn new(state: Arc<TicketState>, core: Arc<Core>) -> Self {
        Self { state, core }
    }

    /// Waits for the acknowledgement.
    ///
    /// # Errors
    /// The commit was not written, or its outcome is unknown.
    pub fn wait(self) -> Result<Receipt, AppendError> {
        self.state.inner.lock().interest = Interest::Blocking;
        loop {
            // Either the writer is free, or its holder will look at the queue when done and finds
            // this ticket there.
            if let Some(mut writer) = self.core.try_writer() {
                while !self.state.is_done() {
                    writer.write_group();
                }
            }
            let mut inner = self.state.inner.lock();
            loop {
                if let Some(outcome) = inner.outcome.take() {
                    return outcome;
                }
                if std::mem::take(&mut inner.shall_lead) {
                    break;
                }
                self.state.changed.wait(&mut inner);
            }
        }
    }

    /// The outcome, if it is known.
    #[must_use]
    pub fn try_result(&self) -> Option<Result<Receipt, AppendError>> {
        self.state.inner.lock().outcome.clone()
    }

    /// Has `callback` called once with the outcome: at once, or later on a thread of the store.
    pub fn on_done(self, callback: impl FnOnce(Result<Receipt, AppendError>) + Send + 'static) {
        let mut inner = self.state.inner.lock();
        if let Some(outcome) = inner.outcome.take() {
            drop(inner);
            callback(outcome);
            return;
        }
        inner.callback = Some(Box::new(callback));
        // Dropping the ticket wakes the background thread.
    }
}

impl Future for AppendTicket {
    type Output = Result<Receipt, AppendError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut inner = self.state.inner.lock();
        if let Some(outcome) = inner.outcome.clone() {
            return Poll::Ready(outcome);
        }
        inner.waker = Some(context.waker().clone());
        let is_first = inner.interest != Interest::Background;
        inner.interest = Interest::Background;
        drop(inner);
        if is_first {
            self.core.wake_background();
        }
        Poll::Pending
    }
}

impl Drop for AppendTicket {
    fn drop(&mut self) {
        let mut inner = self.state.inner.lock();
        if inner.outcome.is_none() && inner.interest == Interest::Idle {
            inner.interest = Interest::Background;
            drop(inner);
            self.core.wake_background();
        }
    }
}
