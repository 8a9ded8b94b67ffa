//! Places of workers: so many threads run actors at a time. One that is kept by a builtin which
//! cannot stop (it sorts a million items, or waits for a slow terminal) loses its place to a thread
//! of the reserve, takes that thread's part when the builtin is through, and so on.
//!
//! Invariants: threads on duty, threads that have lost their place and do not know it yet, and
//! places that are free add up; a worker that goes off duty leaves nothing in its queues.

use std::sync::atomic::Ordering;

use crossbeam_deque::Worker;
use parking_lot::{Condvar, Mutex};

use super::board::Board;
use super::scheduler::{self, Shared, Task};
use crate::quiescence::Reader;

/// Threads that may stand in for others, beyond one for each place.
pub(super) const RESERVE: usize = 4;

/// The queues of a thread that does not exist yet.
pub(super) struct Unused {
    pub(super) index: usize,
    pub(super) woken: Worker<Task>,
    pub(super) used: Worker<Task>,
}

impl Unused {
    pub(super) fn new(index: usize) -> Unused {
        Unused {
            index,
            woken: Worker::new_fifo(),
            used: Worker::new_fifo(),
        }
    }
}

/// Who is off duty, and what is to be done.
pub(super) struct Duty {
    state: Mutex<State>,
    called: Condvar,
}

struct State {
    /// Places that nobody has taken yet.
    free: usize,
    /// Threads that wait for one.
    waiting: usize,
    unused: Vec<Unused>,
}

impl Duty {
    /// With so many places that are free at first.
    pub(super) fn new(unused: Vec<Unused>, places: usize) -> Duty {
        Duty {
            state: Mutex::new(State {
                free: places,
                waiting: 0,
                unused,
            }),
            called: Condvar::new(),
        }
    }

    fn has_somebody(&self) -> bool {
        let state = self.state.lock();
        state.waiting > state.free || !state.unused.is_empty()
    }

    /// Somebody shall take a place.
    fn call(&self, shared: &'static Shared) {
        let mut state = self.state.lock();
        state.free += 1;
        if state.waiting >= state.free {
            self.called.notify_one();
        } else if let Some(unused) = state.unused.pop() {
            drop(state);
            scheduler::start_worker(shared, unused);
        }
    }

    /// Waits until there is a place.
    pub(super) fn wait(&self, reader: &Reader) {
        reader.leave();
        let mut state = self.state.lock();
        state.waiting += 1;
        while state.free == 0 {
            self.called.wait(&mut state);
        }
        state.waiting -= 1;
        state.free -= 1;
        drop(state);
        reader.enter();
    }
}

/// The worker has been in this turn for too long: another takes its place. Only by the clock.
pub(super) fn give_to_another(shared: &'static Shared, board: &Board, turn: u64, cpu: u64) {
    if board.has_lost_place() || !shared.duty.has_somebody() {
        return;
    }
    let still = || {
        let goes_on = board.turn.load(Ordering::SeqCst) == turn;
        let is_stuck = goes_on && board.actor.load(Ordering::SeqCst) != 0;
        if is_stuck {
            board.lost_at.store(cpu, Ordering::Relaxed);
        }
        is_stuck
    };
    if !shared.parking.take_place(&board.lost_place, still) {
        return;
    }
    shared.handed_over.fetch_add(1, Ordering::Relaxed);
    shared.duty.call(shared);
}
