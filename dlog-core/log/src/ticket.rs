//! What an append gives back: to be waited for, polled, called back, or dropped.
//!
//! A blocking waiter writes its own commit and those queued with it, unless somebody else is at it;
//! a polled or dropped ticket has the background thread do it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use serde::{Deserialize, Serialize};

use crate::commit::{Committer, Core};
use crate::error::AppendError;
use crate::ids::{CommitNumber, Epoch, Offset, PartitionId};

mod state;

pub(crate) use state::{Interest, TicketState, Woken};

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

/// A commit on its way. Dropping it lets the commit go on unwatched.
#[must_use = "a dropped ticket leaves the commit unacknowledged; wait for it"]
pub struct AppendTicket {
    state: Arc<TicketState<Outcome>>,
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
    pub(crate) fn new(state: Arc<TicketState<Outcome>>, core: Arc<Core>) -> Self {
        Self { state, core }
    }

    /// Waits for the acknowledgement.
    ///
    /// # Errors
    /// The commit was not written, or its outcome is unknown.
    pub fn wait(self) -> Result<Receipt, AppendError> {
        self.core.wait(&self.state)
    }

    /// The outcome, if it is known.
    #[must_use]
    pub fn try_result(&self) -> Option<Result<Receipt, AppendError>> {
        self.state.outcome()
    }

    /// Has `callback` called once with the outcome: at once, or later on a thread of the store.
    pub fn on_done(self, callback: impl FnOnce(Result<Receipt, AppendError>) + Send + 'static) {
        // Dropping the ticket wakes the background thread.
        self.state.call_back(Box::new(callback));
    }
}

impl Future for AppendTicket {
    type Output = Result<Receipt, AppendError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.state.poll(context.waker()) {
            Ok(outcome) => Poll::Ready(outcome),
            Err(is_first) => {
                if is_first {
                    self.core.wake_background();
                }
                Poll::Pending
            }
        }
    }
}

impl Drop for AppendTicket {
    fn drop(&mut self) {
        if self.state.leave() {
            self.core.wake_background();
        }
    }
}
