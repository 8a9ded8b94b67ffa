//! Time for actors, and the clock thread: it fires timers, asks who has run for too long to stop,
//! gives the places of those who cannot stop to others, and takes samples of CPU time.
//!
//! It sleeps when all workers do and no timer is set. What waits for an instant asks [`now`], not
//! the system: under a seed time is what the seeded scheduler makes of it, and there is no thread.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use parking_lot::{Condvar, Mutex};

use super::board::Board;
use super::scheduler::Shared;
use super::{load, places, seeded, timer};
use crate::quiescence;

/// How long an actor may run before others get their turn.
const SLICE: Duration = Duration::from_millis(1);
/// CPU time since a tick that shows that a turn goes on, and its thread is not merely kept waiting
/// by other processes.
const SLICE_NANOS: u64 = 500_000;
/// After so many ticks within one turn its worker's place may be given to another.
const STUCK_TICKS: u32 = 2;
/// CPU time that shows that a turn has not stopped when it was asked to.
const STUCK_NANOS: u64 = 1_500_000;
/// After so many ticks it does not matter what the thread waits for.
const LOST_TICKS: u32 = 20;

/// The instant it is for actors.
pub(crate) fn now() -> Instant {
    match seeded::time_passed() {
        None => Instant::now(),
        Some(passed) => seeded::start() + passed,
    }
}

/// The time of day.
pub(crate) fn wall() -> SystemTime {
    match seeded::time_passed() {
        None => SystemTime::now(),
        Some(passed) => SystemTime::UNIX_EPOCH + seeded::FIRST_DAY + passed,
    }
}

pub(super) struct Clock {
    /// Nanoseconds after `start` when it wakes; it sleeps until then.
    wakes_at: AtomicU64,
    ticks: AtomicU64,
    /// It was told to wake.
    nudged: Mutex<bool>,
    wake: Condvar,
    start: Instant,
}

impl Clock {
    pub(super) fn new() -> Clock {
        Clock {
            wakes_at: AtomicU64::new(0),
            ticks: AtomicU64::new(0),
            nudged: Mutex::new(false),
            wake: Condvar::new(),
            start: Instant::now(),
        }
    }

    pub(super) fn ticks(&self) -> u64 {
        self.ticks.load(Ordering::Relaxed)
    }

    /// A timer was set for this instant.
    pub(super) fn wake_before(&self, at: Instant) {
        if self.nanos(at) < self.wakes_at.load(Ordering::SeqCst) {
            self.nudge();
        }
    }

    fn nanos(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.start).as_nanos()).unwrap_or(u64::MAX - 1)
    }

    pub(super) fn nudge(&self) {
        *self.nudged.lock() = true;
        self.wake.notify_one();
    }

    /// Sleeps until the instant (for ever without one), or until nudged. `still_wanted` is asked
    /// when timers that are set can see until when it sleeps.
    fn sleep(&self, until: Option<Instant>, still_wanted: impl Fn() -> bool) {
        self.wakes_at.store(
            until.map_or(u64::MAX, |at| self.nanos(at)),
            Ordering::SeqCst,
        );
        if still_wanted() {
            let mut nudged = self.nudged.lock();
            while !*nudged {
                match until {
                    None => self.wake.wait(&mut nudged),
                    Some(at) => {
                        if self.wake.wait_until(&mut nudged, at).timed_out() {
                            break;
                        }
                    }
                }
            }
            *nudged = false;
        }
        self.wakes_at.store(0, Ordering::SeqCst);
    }
}

/// What the clock saw of a worker's turn.
#[derive(Clone, Default)]
struct Seen {
    turn: u64,
    /// For how many ticks it has been the same.
    ticks: u32,
    /// The thread's CPU time at the last tick.
    cpu: u64,
    /// The thread's CPU time when the turn was first seen.
    cpu_at_first: u64,
}

pub(super) fn run(shared: &'static Shared) {
    let mut seen = vec![Seen::default(); shared.boards.len()];
    let mut last = (Instant::now(), 0);
    loop {
        let now = Instant::now();
        timer::fire(now);
        quiescence::collect();
        shared.clock.ticks.fetch_add(1, Ordering::Relaxed);
        let turns = turns(shared);
        if shared.parking.everybody_sleeps() {
            shared.note_turns(0);
            let next = timer::next_deadline();
            shared.clock.sleep(next, || timer::next_deadline() == next);
            last = (Instant::now(), turns);
        } else {
            let slices = now.duration_since(last.0).div_duration_f64(SLICE).max(1.0);
            shared.note_turns(((turns - last.1) as f64 / slices) as u64);
            last = (now, turns);
            for (board, seen) in shared.boards.iter().zip(&mut seen) {
                look_at(shared, board, seen);
            }
            let tick = now + SLICE;
            let next = timer::next_deadline().map_or(tick, |at| at.min(tick));
            shared.clock.sleep(Some(next), || true);
        }
    }
}

/// Turns of all workers since they began.
fn turns(shared: &Shared) -> u64 {
    let boards = shared.boards.iter();
    boards.map(|board| board.turn.load(Ordering::Relaxed)).sum()
}

/// Under a seed nothing is asked to stop by time, but for loops that never look up.
pub(super) fn watch(shared: &'static Shared) {
    let mut seen = vec![Seen::default(); shared.boards.len()];
    loop {
        std::thread::sleep(seeded::LONGEST_TURN);
        for (board, seen) in shared.boards.iter().zip(&mut seen) {
            let turn = board.turn.load(Ordering::Acquire);
            let cpu = load::cpu_nanos(board).unwrap_or_default();
            if turn != seen.turn {
                (seen.turn, seen.cpu_at_first) = (turn, cpu);
            } else if u128::from(cpu - seen.cpu_at_first) >= seeded::LONGEST_TURN.as_nanos() {
                board.ask_to_stop();
            }
        }
    }
}

/// Asks who has run through a whole tick to stop at its next poll; if that does not help, the
/// worker's place goes to another.
fn look_at(shared: &'static Shared, board: &Board, seen: &mut Seen) {
    let Some(cpu) = load::cpu_nanos(board) else {
        return;
    };
    load::credit(board, cpu.saturating_sub(seen.cpu));
    seen.cpu = cpu;
    let turn = board.turn.load(Ordering::Acquire);
    if turn != seen.turn || board.actor.load(Ordering::Relaxed) == 0 {
        (seen.turn, seen.ticks, seen.cpu_at_first) = (turn, 0, cpu);
        return;
    }
    seen.ticks += 1;
    let used = cpu - seen.cpu_at_first;
    if used >= SLICE_NANOS || seen.ticks >= LOST_TICKS {
        board.ask_to_stop();
    }
    if seen.ticks >= STUCK_TICKS && used >= STUCK_NANOS || seen.ticks >= LOST_TICKS {
        places::give_to_another(shared, board, turn, cpu);
    }
}
