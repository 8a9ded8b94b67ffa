//! What actors cost: CPU time by samples, and how long workers are kept between scheduling points.
//!
//! The clock credits what a worker's thread has used since its last look to the actor that has the
//! turn, so that nobody pays for the measure. The histogram is exact and costs two system calls a
//! turn, so it is only kept while somebody wants it ([`measure`]).

use std::collections::HashMap;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};

use parking_lot::Mutex;

use super::board::Board;
use super::identity::{self, ActorId};
use super::{Actor, Mark};

/// Buckets of the histogram: the last takes all that is longer than a second.
pub(crate) const BUCKETS: usize = 22;

static USED: LazyLock<Mutex<HashMap<ActorId, u64>>> = LazyLock::new(Default::default);
static MEASURES: AtomicBool = AtomicBool::new(false);
static KEPT: [AtomicU64; BUCKETS] = [const { AtomicU64::new(0) }; BUCKETS];
static LONGEST: AtomicU64 = AtomicU64::new(0);

/// A thread's CPU clock, for other threads.
#[derive(Default)]
pub(super) struct ThreadClock(AtomicI32);

impl ThreadClock {
    /// Takes the clock of the calling thread.
    pub(super) fn attach(&self) {
        let mut clock: libc::clockid_t = 0;
        // SAFETY: the thread asks about itself; the pointer is to a local.
        if unsafe { libc::pthread_getcpuclockid(libc::pthread_self(), &raw mut clock) } == 0 {
            self.0.store(clock, Ordering::Release);
        }
    }

    fn nanos(&self) -> Option<u64> {
        match self.0.load(Ordering::Acquire) {
            0 => None,
            clock => nanos_of(clock),
        }
    }
}

fn nanos_of(clock: libc::clockid_t) -> Option<u64> {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer is to a local; an unknown clock is an error.
    let failed = unsafe { libc::clock_gettime(clock, &raw mut time) } != 0;
    (!failed).then(|| time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64)
}

/// CPU time that a worker's thread has used; none if there is no such thread.
pub(super) fn cpu_nanos(board: &Board) -> Option<u64> {
    board.cpu.nanos()
}

/// Credits CPU time to the actor that has the worker's turn. Only by the clock.
pub(super) fn credit(board: &Board, nanos: u64) {
    let id = ActorId::of_word(board.actor.load(Ordering::Relaxed));
    if nanos == 0 {
        return;
    }
    let Some(actor) = identity::find(id) else {
        return;
    };
    actor.mark(Mark::Sampled);
    *USED.lock().entry(id).or_default() += nanos;
    // It may have ended before it was marked.
    if actor.is_ended() {
        forget(id);
    }
}

/// The actor has ended.
#[cold]
pub(super) fn forget(id: ActorId) {
    USED.lock().remove(&id);
}

/// CPU time of an actor in nanoseconds, by samples.
pub(crate) fn used_by(actor: &Actor) -> u64 {
    if !actor.is(Mark::Sampled) {
        return 0;
    }
    USED.lock().get(&actor.id).copied().unwrap_or_default()
}

/// Starts the histogram from nothing, or stops it.
pub(crate) fn measure(wanted: bool) {
    if wanted {
        KEPT.iter()
            .for_each(|bucket| bucket.store(0, Ordering::Relaxed));
        LONGEST.store(0, Ordering::Relaxed);
    }
    MEASURES.store(wanted, Ordering::SeqCst);
}

/// How often a worker was kept for less than 1, 2, 4 … microseconds of CPU time, and for how many
/// nanoseconds at most.
pub(crate) fn kept() -> ([u64; BUCKETS], u64) {
    let counts = std::array::from_fn(|at| KEPT[at].load(Ordering::Relaxed));
    (counts, LONGEST.load(Ordering::Relaxed))
}

/// The CPU time at which a stretch between two scheduling points begins, if it is measured.
#[inline]
pub(super) fn begin() -> Option<u64> {
    if MEASURES.load(Ordering::Relaxed) {
        return nanos_of(libc::CLOCK_THREAD_CPUTIME_ID);
    }
    None
}

/// The stretch is over. A worker whose place another has taken was kept until then.
#[cold]
pub(super) fn end(board: &Board, begun: u64) {
    let now = match board.has_lost_place() {
        true => board.lost_at.load(Ordering::Relaxed),
        false => nanos_of(libc::CLOCK_THREAD_CPUTIME_ID).unwrap_or(begun),
    };
    let nanos = now.saturating_sub(begun);
    let bucket = (u64::BITS - (nanos / 1000).leading_zeros()) as usize;
    KEPT[bucket.min(BUCKETS - 1)].fetch_add(1, Ordering::Relaxed);
    LONGEST.fetch_max(nanos, Ordering::Relaxed);
}
