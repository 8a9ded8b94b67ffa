//! Bounded mailboxes: how many messages may wait for an actor, and what happens to one more.
//!
//! The count is raised by who sends, before the message is in the mailbox, and lowered by the
//! actor when it takes a message. What is no message of a `send` or `call` (timers, reports of
//! signals) always gets in, and counts.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, Waker};

use parking_lot::{Mutex, RwLock};

use super::identity::ActorId;
use super::private::Private;
use super::{Actor, Mark};
use crate::value::Value;

/// What becomes of a message to a full mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// Its sender waits.
    Block,
    /// It is dropped.
    DropNewest,
    /// The actor whose mailbox it is ends.
    Crash,
}

impl Policy {
    pub(crate) fn of(value: &Value) -> Option<Policy> {
        let named = [
            ("block", Policy::Block),
            ("drop-newest", Policy::DropNewest),
            ("crash", Policy::Crash),
        ];
        let found = named.iter().find(|(name, _)| value.is_keyword(name));
        found.map(|(_, policy)| *policy)
    }
}

/// See the module's head.
pub(crate) struct Bound {
    limit: usize,
    policy: Policy,
    count: AtomicUsize,
    waiters: Mutex<Vec<Waker>>,
}

static BOUNDS: LazyLock<RwLock<HashMap<ActorId, Arc<Bound>>>> = LazyLock::new(Default::default);

/// Bounds the running actor's mailbox.
pub(crate) fn set(actor: &Actor, private: &mut Private, limit: usize, policy: Policy) {
    let bound = Arc::new(Bound {
        limit,
        policy,
        count: AtomicUsize::new(private.inbox.len() as usize),
        waiters: Mutex::default(),
    });
    let old = BOUNDS.write().insert(actor.id, bound.clone());
    private.rare_mut().bound = Some(bound);
    actor.mark(Mark::Bounded);
    old.iter().for_each(|old| old.wake_all());
}

/// The bound of an actor's mailbox.
pub(crate) fn of(actor: &Actor) -> Option<Arc<Bound>> {
    if !actor.is(Mark::Bounded) {
        return None;
    }
    BOUNDS.read().get(&actor.id).cloned()
}

/// A message comes that nobody asked room for.
#[cold]
pub(super) fn count_one_more(actor: &Actor) {
    if let Some(bound) = of(actor) {
        bound.came();
    }
}

/// The actor has ended: who waits for room need not any more.
#[cold]
pub(super) fn forget(actor: &Actor) {
    let bound = BOUNDS.write().remove(&actor.id);
    bound.iter().for_each(|bound| bound.wake_all());
}

impl Bound {
    pub(crate) fn policy(&self) -> Policy {
        self.policy
    }

    pub(super) fn came(&self) {
        self.count.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn left(&self) {
        let less = |count: usize| Some(count.saturating_sub(1));
        // The closure never refuses.
        let _ = self
            .count
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less);
        self.wake_all();
    }

    fn wake_all(&self) {
        let waiters = std::mem::take(&mut *self.waiters.lock());
        waiters.into_iter().for_each(Waker::wake);
    }

    /// Takes room for one message. False: there is none.
    pub(crate) fn enter(&self) -> bool {
        let more = |count: usize| (count < self.limit).then_some(count + 1);
        self.count
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, more)
            .is_ok()
    }

    /// Waits for room and takes it.
    pub(crate) fn poll_enter(&self, context: &Context<'_>) -> Poll<()> {
        if self.enter() {
            return Poll::Ready(());
        }
        self.waiters.lock().push(context.waker().clone());
        // Room may have come before the waker was there.
        if self.enter() {
            return Poll::Ready(());
        }
        Poll::Pending
    }
}
