//! Calls: a message with a way back.
//!
//! The way back is a [`Slot`] that is filled once, by a reply or by the callee's end, and never
//! touches the caller's mailbox. Whoever holds the call when the callee ends (its mailbox, the
//! actor as current caller, its list of unanswered calls) fills the slot with the exit reason, so
//! a call needs no monitor.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use parking_lot::Mutex;

use super::clock;
use super::timer::Sleep;
use super::waiting::waits_for_actors;
use crate::value::Value;

/// What comes back.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The callee's reply.
    Reply(Value),
    /// The callee ended, with this reason.
    Down(Value),
}

enum SlotState {
    Open(Option<Waker>),
    Filled(Answer),
    Closed,
}

/// See the module's head.
pub(crate) struct Slot(Mutex<SlotState>);

impl Slot {
    pub(crate) fn new() -> Arc<Slot> {
        Arc::new(Slot(Mutex::new(SlotState::Open(None))))
    }

    /// Fills the slot if it is open; a later answer is dropped.
    pub(crate) fn fill(&self, answer: Answer) -> bool {
        let mut state = self.0.lock();
        let SlotState::Open(waker) = &mut *state else {
            return false;
        };
        let waker = waker.take();
        *state = SlotState::Filled(answer);
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
        true
    }

    /// Does somebody still wait for an answer?
    pub(crate) fn is_open(&self) -> bool {
        matches!(*self.0.lock(), SlotState::Open(_))
    }

    fn poll(&self, context: &mut Context<'_>) -> Poll<Answer> {
        let mut state = self.0.lock();
        match &mut *state {
            SlotState::Open(waker) => {
                if !waker.as_ref().is_some_and(|w| w.will_wake(context.waker())) {
                    *waker = Some(context.waker().clone());
                }
                Poll::Pending
            }
            SlotState::Filled(_) | SlotState::Closed => {
                match std::mem::replace(&mut *state, SlotState::Closed) {
                    SlotState::Filled(answer) => Poll::Ready(answer),
                    SlotState::Open(_) | SlotState::Closed => Poll::Pending,
                }
            }
        }
    }

    fn close(&self) {
        let old = std::mem::replace(&mut *self.0.lock(), SlotState::Closed);
        drop(old);
    }
}

/// Waits for a slot, for so long. `None`: the time was over first.
pub(crate) struct SlotFuture {
    slot: Arc<Slot>,
    patience: Option<Sleep>,
}

impl SlotFuture {
    pub(crate) fn new(slot: Arc<Slot>, timeout: Option<Duration>) -> SlotFuture {
        // A time too far off to be an instant is as good as none.
        let deadline = timeout.and_then(|t| clock::now().checked_add(t));
        SlotFuture {
            slot,
            patience: deadline.map(Sleep::until),
        }
    }
}

impl Future for SlotFuture {
    type Output = Option<Answer>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Answer>> {
        waits_for_actors();
        if let Poll::Ready(answer) = self.slot.poll(context) {
            return Poll::Ready(Some(answer));
        }
        match &mut self.patience {
            Some(sleep) => Pin::new(sleep).poll(context).map(|()| None),
            None => Poll::Pending,
        }
    }
}

impl Drop for SlotFuture {
    fn drop(&mut self) {
        self.slot.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_answer_counts_and_later_ones_are_dropped() {
        let slot = Slot::new();
        let mut future = Box::pin(SlotFuture::new(slot.clone(), None));
        let mut context = Context::from_waker(Waker::noop());
        assert!(future.as_mut().poll(&mut context).is_pending());
        assert!(slot.fill(Answer::Reply(Value::TRUE)));
        assert!(!slot.fill(Answer::Down(Value::NIL)));
        let answer = future.as_mut().poll(&mut context);
        assert!(matches!(answer, Poll::Ready(Some(Answer::Reply(v))) if v.is_truthy()));
    }

    #[test]
    fn a_caller_that_gave_up_takes_no_answer() {
        let slot = Slot::new();
        drop(SlotFuture::new(slot.clone(), None));
        assert!(!slot.is_open() && !slot.fill(Answer::Reply(Value::NIL)));
    }
}
