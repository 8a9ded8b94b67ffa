//! Timers: what shall happen at an instant. The clock thread of the scheduler fires them.
//!
//! Entries lie in ordered maps, so that the timeout of a call that was answered is taken out
//! again and nothing piles up. Invariant: the count of timers goes down only after what a timer
//! did is visible in a run queue, so the program is never thought idle in between.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::waiting::waits_for_actors;
use super::{clock, scheduler, send};
use crate::value::Value;

const SHARDS: u64 = 4;

/// Names an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TimerKey {
    at: Instant,
    number: u64,
}

enum Action {
    Wake(Waker),
    Send(Arc<TimerHandle>),
}

/// A message that is sent later, once or again and again.
pub(crate) struct TimerHandle {
    to: Value,
    message: Value,
    every: Option<Duration>,
    key: Mutex<Option<TimerKey>>,
    cancelled: AtomicBool,
}

static TIMERS: [Mutex<BTreeMap<TimerKey, Action>>; SHARDS as usize] =
    [const { Mutex::new(BTreeMap::new()) }; SHARDS as usize];
static COUNT: AtomicUsize = AtomicUsize::new(0);

fn shard(key: TimerKey) -> &'static Mutex<BTreeMap<TimerKey, Action>> {
    &TIMERS[(key.number % SHARDS) as usize]
}

fn add(at: Instant, action: Action) -> TimerKey {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let key = TimerKey {
        at,
        number: NEXT.fetch_add(1, Ordering::Relaxed),
    };
    COUNT.fetch_add(1, Ordering::SeqCst);
    shard(key).lock().insert(key, action);
    scheduler::clock_before(at);
    key
}

fn done() {
    if COUNT.fetch_sub(1, Ordering::SeqCst) == 1 {
        scheduler::look_whether_idle();
    }
}

/// Wakes somebody at an instant.
pub(crate) fn wake_at(at: Instant, waker: Waker) -> TimerKey {
    add(at, Action::Wake(waker))
}

/// Takes a timer back; gives whether it was still there.
pub(crate) fn cancel(key: TimerKey) -> bool {
    let action = shard(key).lock().remove(&key);
    let found = action.is_some();
    drop(action);
    if found {
        done();
    }
    found
}

/// Is there any timer?
pub(crate) fn is_any() -> bool {
    COUNT.load(Ordering::SeqCst) > 0
}

/// The earliest instant a timer is set for.
pub(crate) fn next_deadline() -> Option<Instant> {
    TIMERS
        .iter()
        .filter_map(|s| s.lock().first_key_value().map(|(key, _)| key.at))
        .min()
}

/// Does what is due.
pub(crate) fn fire(now: Instant) {
    for shard in &TIMERS {
        loop {
            let mut entries = shard.lock();
            let Some(entry) = entries.first_entry().filter(|e| e.key().at <= now) else {
                break;
            };
            let action = entry.remove();
            drop(entries);
            match action {
                Action::Wake(waker) => waker.wake(),
                Action::Send(handle) => handle.fire(now),
            }
            done();
        }
    }
}

impl TimerHandle {
    /// Sends `message` to `to` after `delay`, then again every `every`.
    pub(crate) fn start(
        to: Value,
        message: Value,
        delay: Duration,
        every: Option<Duration>,
    ) -> Arc<TimerHandle> {
        to.publish();
        message.publish();
        let handle = Arc::new(TimerHandle {
            to,
            message,
            every,
            key: Mutex::new(None),
            cancelled: AtomicBool::new(false),
        });
        handle.arm(clock::now(), delay);
        handle
    }

    fn arm(self: &Arc<TimerHandle>, from: Instant, delay: Duration) {
        // A time too far off to be an instant never comes.
        let Some(at) = from.checked_add(delay) else {
            return;
        };
        let mut key = self.key.lock();
        if !self.cancelled.load(Ordering::Acquire) {
            *key = Some(add(at, Action::Send(self.clone())));
        }
    }

    fn fire(self: Arc<TimerHandle>, now: Instant) {
        *self.key.lock() = None;
        let reached = send(&self.to, self.message.clone()).is_ok_and(|alive| alive);
        if let Some(every) = self.every
            && reached
        {
            self.arm(now, every);
        }
    }

    /// Stops it; gives the time that was left.
    pub(crate) fn cancel(&self) -> Option<Duration> {
        let mut key = self.key.lock();
        self.cancelled.store(true, Ordering::Release);
        let key = key.take()?;
        cancel(key).then(|| key.at.saturating_duration_since(clock::now()))
    }
}

/// A future that is ready at an instant.
pub(crate) struct Sleep {
    deadline: Instant,
    key: Option<TimerKey>,
}

impl Sleep {
    pub(crate) fn until(deadline: Instant) -> Sleep {
        Sleep {
            deadline,
            key: None,
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        waits_for_actors();
        if clock::now() >= self.deadline {
            return Poll::Ready(());
        }
        if self.key.is_none() {
            self.key = Some(wake_at(self.deadline, context.waker().clone()));
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            cancel(key);
        }
    }
}
