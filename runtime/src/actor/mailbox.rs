//! The mailbox: one word that is at once the head of a list of new messages and the flag that
//! tells whether the actor is scheduled, so that a send costs one compare-and-swap. What the actor
//! has taken over lies in its inbox.
//!
//! The word's low three bits are the [`State`], the rest is a pointer to the newest node
//! (the list is last in, first out; the actor takes it whole and turns it round).
//! Invariants: only who moves the state to [`State::Scheduled`] puts the actor into a run queue,
//! so it stands there at most once; only the worker that runs the actor touches its inbox and its
//! [`OwnerCell`]. Tried in every interleaving by `loom/src/models/mailbox.rs`.

use std::marker::PhantomData;
use std::ptr;

use crate::sync::UnsafeCell;
use crate::sync::atomic::{AtomicUsize, Ordering};

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

/// What lies in a mailbox: the nodes of its list.
///
/// # Safety
/// `next` gives the same place of the node each time, and does nothing else with it.
pub(crate) unsafe trait Link: Send + Sized {
    /// The node behind it on the list it is on; null at the end, and off any list.
    fn next(&mut self) -> &mut *mut Self;

    /// Is it no message but a signal?
    fn is_signal(&self) -> bool;
}

/// See the module's head.
pub(crate) struct Mailbox<N: Link> {
    head: AtomicUsize,
    nodes: PhantomData<fn(N) -> N>,
}

impl<N: Link> Mailbox<N> {
    /// Of an actor that is about to be put into a run queue.
    pub(crate) fn scheduled() -> Mailbox<N> {
        const { assert!(align_of::<N>() > STATE_MASK) };
        Mailbox {
            head: AtomicUsize::new(State::Scheduled as usize),
            nodes: PhantomData,
        }
    }

    /// Adds a node. `Ok(true)`: the caller must put the actor into a run queue. `Err`: the actor
    /// has ended.
    pub(crate) fn push(&self, node: Box<N>) -> Result<bool, Box<N>> {
        let signal = node.is_signal();
        let node = Box::into_raw(node);
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
            unsafe { *(*node).next() = (head & !STATE_MASK) as *mut N };
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
    pub(crate) fn take(&self) -> Chain<N> {
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
    pub(crate) fn close(&self) -> Chain<N> {
        Chain::reversed(self.head.swap(State::Closed as usize, Ordering::AcqRel))
    }

    /// Has the actor ended?
    pub(crate) fn is_closed(&self) -> bool {
        State::of(self.head.load(Ordering::Acquire)) == State::Closed
    }
}

impl<N: Link> Drop for Mailbox<N> {
    fn drop(&mut self) {
        drop(Chain::<N>::reversed(self.head.load(Ordering::Relaxed)));
    }
}

/// Nodes taken out of a mailbox, oldest first.
pub(crate) struct Chain<N: Link> {
    pub(super) first: *mut N,
}

impl<N: Link> Chain<N> {
    const EMPTY: Chain<N> = Chain {
        first: ptr::null_mut(),
    };

    fn reversed(head: usize) -> Chain<N> {
        let mut node = (head & !STATE_MASK) as *mut N;
        let mut first = ptr::null_mut();
        while !node.is_null() {
            // SAFETY: the list was taken out of the head whole, so its nodes are ours.
            let next = unsafe { std::mem::replace((*node).next(), first) };
            first = node;
            node = next;
        }
        Chain { first }
    }
}

impl<N: Link> Iterator for Chain<N> {
    type Item = Box<N>;

    fn next(&mut self) -> Option<Box<N>> {
        if self.first.is_null() {
            return None;
        }
        // SAFETY: every node of the chain came from `Box::into_raw` and leaves it here.
        let mut node = unsafe { Box::from_raw(self.first) };
        self.first = std::mem::replace(node.next(), ptr::null_mut());
        Some(node)
    }
}

impl<N: Link> Drop for Chain<N> {
    fn drop(&mut self) {
        self.by_ref().for_each(drop);
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
        self.0.with_mut(|it| unsafe { &mut *it })
    }
}

// SAFETY: the nodes belong to the chain; their contents are `Send`.
unsafe impl<N: Link + Send> Send for Chain<N> {}
