//! The mailbox: one word that is at once the head of a list of new messages and the flag that
//! tells whether the actor is scheduled, so that a send costs one compare-and-swap. What the actor
//! has taken over lies in its inbox.
//!
//! The word's low three bits are the [`State`], the rest is a pointer to the newest [`Envelope`]
//! (the list is last in, first out; the actor takes it whole and turns it round).
//! Invariants: only who moves the state to [`State::Scheduled`] puts the actor into a run queue,
//! so it stands there at most once; only the worker that runs the actor touches its inbox and its
//! [`OwnerCell`].

use std::cell::UnsafeCell;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::call::Slot;
use super::signal::SignalKind;
use crate::value::Value;

/// What the low bits of the head word say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
enum State {
    /// Waits for a message; not in a queue.
    Idle = 0,
    /// In a queue, or running.
    Scheduled = 1,
    /// Waits for something other than a message; messages do not wake it.
    Waiting = 2,
    /// Scheduled, and something happened that a wait must not miss.
    Notified = 3,
    /// Has ended; takes nothing more.
    Closed = 4,
}

const STATE_MASK: usize = 0b111;

impl State {
    fn of(word: usize) -> State {
        match word & STATE_MASK {
            0 => State::Idle,
            1 => State::Scheduled,
            2 => State::Waiting,
            3 => State::Notified,
            _ => State::Closed,
        }
    }
}

/// What a wait lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WaitFor {
    /// Messages, signals and wakers.
    Messages,
    /// Signals and wakers only.
    Wakers,
}

/// What travels with a message, or instead of one.
pub(crate) enum Extra {
    /// A plain message.
    None,
    /// A message sent by `call`.
    Call(Arc<Slot>),
    /// The `[:exit pid reason]` of the supervisor of one who traps exits: its loop ends with it.
    Retire,
    /// No message but a signal.
    Signal(Box<SignalKind>),
}

/// One message or signal on its way.
#[repr(align(8))]
pub(crate) struct Envelope {
    pub(super) next: *mut Envelope,
    /// The message, published.
    pub(crate) message: Value,
    /// A call's way back, or a signal.
    pub(crate) extra: Extra,
}

impl Envelope {
    pub(crate) fn new(message: Value, extra: Extra) -> Box<Envelope> {
        Box::new(Envelope {
            next: ptr::null_mut(),
            message,
            extra,
        })
    }

    pub(crate) fn signal(kind: SignalKind) -> Box<Envelope> {
        Envelope::new(Value::NIL, Extra::Signal(Box::new(kind)))
    }

    fn is_signal(&self) -> bool {
        matches!(self.extra, Extra::Signal(_))
    }
}

/// See the module's head.
pub(crate) struct Mailbox {
    head: AtomicUsize,
}

impl Mailbox {
    /// Of an actor that is about to be put into a run queue.
    pub(crate) fn scheduled() -> Mailbox {
        Mailbox {
            head: AtomicUsize::new(State::Scheduled as usize),
        }
    }

    /// Adds an envelope. `Ok(true)`: the caller must put the actor into a run queue. `Err`: the
    /// actor has ended.
    pub(crate) fn push(&self, envelope: Box<Envelope>) -> Result<bool, Box<Envelope>> {
        let signal = envelope.is_signal();
        let node = Box::into_raw(envelope);
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            let (state, wake) = match State::of(head) {
                State::Idle => (State::Scheduled, true),
                State::Waiting if signal => (State::Scheduled, true),
                State::Waiting => (State::Waiting, false),
                State::Scheduled if signal => (State::Notified, false),
                State::Scheduled => (State::Scheduled, false),
                State::Notified => (State::Notified, false),
                // SAFETY: the node was made above and is on no list.
                State::Closed => return Err(unsafe { Box::from_raw(node) }),
            };
            // SAFETY: the node is still this thread's alone.
            unsafe { (*node).next = (head & !STATE_MASK) as *mut Envelope };
            let new = node as usize | state as usize;
            match self
                .head
                .compare_exchange_weak(head, new, Ordering::AcqRel, Ordering::Relaxed)
            {
                Ok(_) => return Ok(wake),
                Err(seen) => head = seen,
            }
        }
    }

    /// Ends a wait. True: the caller must put the actor into a run queue.
    pub(crate) fn wake(&self) -> bool {
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            let (state, wake) = match State::of(head) {
                State::Idle | State::Waiting => (State::Scheduled, true),
                State::Scheduled => (State::Notified, false),
                State::Notified | State::Closed => return false,
            };
            let new = head & !STATE_MASK | state as usize;
            match self
                .head
                .compare_exchange_weak(head, new, Ordering::AcqRel, Ordering::Relaxed)
            {
                Ok(_) => return wake,
                Err(seen) => head = seen,
            }
        }
    }

    /// The running actor takes over what came, oldest first.
    pub(crate) fn take(&self) -> Chain {
        if self.head.load(Ordering::Acquire) == State::Scheduled as usize {
            return Chain::EMPTY;
        }
        Chain::reversed(self.head.swap(State::Scheduled as usize, Ordering::AcqRel))
    }

    /// The running actor stops until something comes. False: something came already. After true
    /// the actor may run on another worker at once; the caller must not touch it any more.
    pub(crate) fn try_wait(&self, wait_for: WaitFor) -> bool {
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            let pending = head & !STATE_MASK != 0;
            let state = match wait_for {
                WaitFor::Messages if pending => return false,
                WaitFor::Messages => State::Idle,
                WaitFor::Wakers => State::Waiting,
            };
            if State::of(head) == State::Notified {
                return false;
            }
            let new = head & !STATE_MASK | state as usize;
            match self
                .head
                .compare_exchange_weak(head, new, Ordering::AcqRel, Ordering::Relaxed)
            {
                Ok(_) => return true,
                Err(seen) => head = seen,
            }
        }
    }

    /// The actor has ended: takes the rest and lets nothing more in.
    pub(crate) fn close(&self) -> Chain {
        Chain::reversed(self.head.swap(State::Closed as usize, Ordering::AcqRel))
    }

    /// Has the actor ended?
    pub(crate) fn is_closed(&self) -> bool {
        State::of(self.head.load(Ordering::Acquire)) == State::Closed
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        drop(Chain::reversed(*self.head.get_mut()));
    }
}

/// Envelopes taken out of a mailbox, oldest first.
pub(crate) struct Chain {
    pub(super) first: *mut Envelope,
}

impl Chain {
    const EMPTY: Chain = Chain {
        first: ptr::null_mut(),
    };

    fn reversed(head: usize) -> Chain {
        let mut node = (head & !STATE_MASK) as *mut Envelope;
        let mut first = ptr::null_mut();
        while !node.is_null() {
            // SAFETY: the list was taken out of the head whole, so its nodes are ours.
            let next = unsafe { std::mem::replace(&mut (*node).next, first) };
            first = node;
            node = next;
        }
        Chain { first }
    }
}

impl Iterator for Chain {
    type Item = Box<Envelope>;

    fn next(&mut self) -> Option<Box<Envelope>> {
        if self.first.is_null() {
            return None;
        }
        // SAFETY: every node of the chain came from `Box::into_raw` and leaves it here.
        let mut envelope = unsafe { Box::from_raw(self.first) };
        self.first = std::mem::replace(&mut envelope.next, ptr::null_mut());
        Some(envelope)
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        self.for_each(drop);
    }
}

/// What only the worker that runs the actor may touch.
pub(crate) struct OwnerCell<T>(UnsafeCell<T>);

// SAFETY: the state word hands the cell from worker to worker: only one of them has the actor in
// state `Scheduled`, and the compare-and-swaps on that word order their accesses.
unsafe impl<T: Send> Sync for OwnerCell<T> {}

impl<T> OwnerCell<T> {
    pub(crate) fn new(value: T) -> OwnerCell<T> {
        OwnerCell(UnsafeCell::new(value))
    }

    /// # Safety
    /// The caller runs the actor, and no other borrow of the cell is live.
    #[expect(
        clippy::mut_from_ref,
        reason = "exclusive by the scheduler's state word"
    )]
    pub(crate) unsafe fn get(&self) -> &mut T {
        // SAFETY: passed on from the caller.
        unsafe { &mut *self.0.get() }
    }
}

// SAFETY: the nodes belong to the chain; their contents are `Send`.
unsafe impl Send for Chain {}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(n: i64) -> Value {
        Value::small_int(n).expect("test numbers are small")
    }

    fn message(n: i64) -> Box<Envelope> {
        Envelope::new(number(n), Extra::None)
    }

    fn numbers(chain: Chain) -> Vec<i64> {
        chain.filter_map(|e| e.message.as_small_int()).collect()
    }

    #[test]
    fn messages_come_out_in_order_and_wake_once() {
        let mailbox = Mailbox::scheduled();
        assert!(mailbox.try_wait(WaitFor::Messages));
        assert_eq!(mailbox.push(message(1)).ok(), Some(true));
        assert_eq!(mailbox.push(message(2)).ok(), Some(false));
        assert!(!mailbox.try_wait(WaitFor::Messages));
        assert_eq!(numbers(mailbox.take()), [1, 2]);
        assert!(mailbox.try_wait(WaitFor::Messages));
    }

    #[test]
    fn a_wait_for_wakers_lets_messages_pile_up() {
        let mailbox = Mailbox::scheduled();
        assert!(mailbox.try_wait(WaitFor::Wakers));
        assert_eq!(mailbox.push(message(1)).ok(), Some(false));
        assert!(mailbox.wake());
        assert!(!mailbox.wake());
        assert!(
            !mailbox.try_wait(WaitFor::Wakers),
            "a wake while running is remembered"
        );
        assert_eq!(numbers(mailbox.take()), [1]);
        assert!(mailbox.try_wait(WaitFor::Wakers));
        let signal = Envelope::signal(SignalKind::Interrupt(Value::NIL));
        assert_eq!(
            mailbox.push(signal).ok(),
            Some(true),
            "signals end any wait"
        );
    }

    #[test]
    fn a_closed_mailbox_gives_the_envelope_back() {
        let mailbox = Mailbox::scheduled();
        assert!(mailbox.push(message(1)).is_ok());
        assert_eq!(numbers(mailbox.close()), [1]);
        assert!(mailbox.push(message(2)).is_err());
        assert!(mailbox.is_closed() && !mailbox.wake());
    }

    #[test]
    fn senders_on_many_threads_lose_nothing() {
        let mailbox = Arc::new(Mailbox::scheduled());
        let senders: Vec<_> = (0..4)
            .map(|sender| {
                let mailbox = mailbox.clone();
                std::thread::spawn(move || {
                    for n in 0..1000 {
                        assert!(mailbox.push(message(sender * 1000 + n)).is_ok());
                    }
                })
            })
            .collect();
        let mut seen = Vec::new();
        while seen.len() < 4000 {
            seen.extend(numbers(mailbox.take()));
        }
        for sender in senders {
            sender.join().expect("a sender does not panic");
        }
        for sender in 0..4 {
            let own: Vec<i64> = seen
                .iter()
                .copied()
                .filter(|n| n / 1000 == sender)
                .collect();
            assert!(own.is_sorted() && own.len() == 1000);
        }
    }
}
