//! Actors under a seed: one thread, one order. Who runs next is drawn from the seed, builtins end
//! turns where it says so, and time passes only when the scheduler makes it: a step at each turn,
//! and up to the next timer when nobody can run. So a race that was found is found again.
//!
//! While threads of the pool work for an actor (the compiler, a file), and while nobody outside
//! waits for actors, no actor of the program runs: how long those take must not matter. What comes
//! from sockets and other processes is taken as it comes.

use std::collections::VecDeque;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crossbeam_deque::Steal;
use parking_lot::Mutex;

use super::scheduler::{self, Local, Shared, Task};
use super::worker::Hands;
use super::{clock, timer, waiting};
use crate::quiescence::{self, Reader};

/// What a turn takes that the seed has given, in time as actors see it.
const STEP: Duration = Duration::from_micros(1);
/// A loop that looks up nowhere is asked to stop after so much of its thread's CPU time.
pub(super) const LONGEST_TURN: Duration = Duration::from_secs(1);
/// The time of day at which everything begins, after 1970.
pub(super) const FIRST_DAY: Duration = Duration::from_secs(1_000_000_000);
/// What the world outside waits for may itself wait for an actor of the program: after so long
/// without anything from outside one is let run.
const PATIENCE: Duration = Duration::from_secs(5);

static IS_ON: AtomicBool = AtomicBool::new(false);
static PASSED_NANOS: AtomicU64 = AtomicU64::new(0);
static IS_PAUSED: AtomicBool = AtomicBool::new(false);
static IN_POOL: AtomicUsize = AtomicUsize::new(0);
static START: OnceLock<Instant> = OnceLock::new();
static DRAWS: Mutex<Draws> = Mutex::new(Draws { state: 0, odds: 2 });

/// Numbers drawn from the seed (SplitMix64: Steele, Lea, Flood, 2014).
struct Draws {
    state: u64,
    /// A builtin ends its turn once in so many times.
    odds: u64,
}

impl Draws {
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }
}

/// Before the scheduler starts.
pub(super) fn begin(seed: u64) {
    let mut draws = DRAWS.lock();
    draws.state = seed;
    draws.odds = 2 << (draws.next() % 5);
    START.get_or_init(Instant::now);
    IS_ON.store(true, Ordering::SeqCst);
}

/// Is there a seed?
#[inline]
pub(crate) fn is_on() -> bool {
    IS_ON.load(Ordering::Relaxed)
}

pub(super) fn start() -> Instant {
    *START.get_or_init(Instant::now)
}

/// The time that has passed for actors, if there is a seed.
#[inline]
pub(super) fn time_passed() -> Option<Duration> {
    is_on().then(|| Duration::from_nanos(PASSED_NANOS.load(Ordering::Relaxed)))
}

fn pass(time: Duration) {
    let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    PASSED_NANOS.fetch_add(nanos, Ordering::Relaxed);
}

/// A random word of the seed's, if there is one.
pub(crate) fn draw() -> Option<u64> {
    is_on().then(|| DRAWS.lock().next())
}

/// Shall the builtin that has just given a value end the turn?
#[inline]
pub(crate) fn ends_turn() -> bool {
    is_on() && draw_end()
}

#[cold]
fn draw_end() -> bool {
    let mut draws = DRAWS.lock();
    let odds = draws.odds;
    let ends = draws.next().is_multiple_of(odds);
    drop(draws);
    if ends {
        scheduler::end_turn();
    }
    ends
}

/// While it lives, a thread of the pool works for an actor.
pub(super) struct InPool(());

impl InPool {
    pub(super) fn enter() -> Option<InPool> {
        is_on().then(|| {
            IN_POOL.fetch_add(1, Ordering::SeqCst);
            InPool(())
        })
    }
}

impl Drop for InPool {
    fn drop(&mut self) {
        IN_POOL.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Who can run.
#[derive(Default)]
struct Ready {
    /// Actors of the program, in the order in which they were woken.
    own: Vec<Task>,
    /// Those that the world outside has woken: they come first.
    from_outside: VecDeque<Task>,
}

impl Ready {
    fn collect(&mut self, shared: &Shared, local: &Local) {
        self.own.extend(local.take_all());
        loop {
            match shared.injector.steal() {
                Steal::Success(actor) => self.from_outside.push_back(actor),
                Steal::Empty => break,
                Steal::Retry => {}
            }
        }
        shared.held.store(self.own.len(), Ordering::SeqCst);
    }

    fn draw(&mut self) -> Option<Task> {
        let count = self.own.len() as u64;
        let at = if count > 1 { draw()? % count } else { 0 };
        (count > 0).then(|| self.own.remove(at as usize))
    }
}

/// The world outside has its result: until it asks for more, no actor of the program runs.
pub(super) fn pause() {
    IS_PAUSED.store(true, Ordering::SeqCst);
}

/// It asks for more.
pub(super) fn go_on() {
    IS_PAUSED.store(false, Ordering::SeqCst);
}

/// Does the program stand still, for something outside?
fn is_held(shared: &Shared) -> bool {
    IN_POOL.load(Ordering::SeqCst) > 0
        || IS_PAUSED.load(Ordering::SeqCst)
        || !shared.parking.is_expected()
}

/// The loop of the one worker.
pub(super) fn work(shared: &'static Shared, local: &Local, hands: &mut Hands, reader: &Reader) {
    let mut ready = Ready::default();
    let mut impatient = false;
    loop {
        reader.tick();
        timer::fire(clock::now());
        quiescence::collect();
        ready.collect(shared, local);
        let may_run = impatient || !is_held(shared);
        impatient = false;
        let next = match ready.from_outside.pop_front() {
            None if may_run => ready.draw().inspect(|_| pass(STEP)),
            next => next,
        };
        let Some(actor) = next else {
            impatient = wait(shared, reader, !may_run, !ready.own.is_empty());
            continue;
        };
        if let Some(actor) = scheduler::take_turn(local, hands, actor) {
            // A wait for the pool is over or was none: that must not matter.
            match is_held(shared) {
                true => ready.from_outside.push_back(actor),
                false => ready.own.push(actor),
            }
        }
    }
}

/// Nobody can run: time passes up to the next timer, or something comes from outside. True if
/// nothing came to a program that is held.
fn wait(shared: &'static Shared, reader: &Reader, is_held: bool, has_own: bool) -> bool {
    if is_held {
        let can_move = || !self::is_held(shared);
        let came = shared.sleep_until(reader, has_own.then(|| Instant::now() + PATIENCE), can_move);
        return !came && IN_POOL.load(Ordering::SeqCst) > 0;
    }
    let Some(at) = timer::next_deadline() else {
        shared.sleep_until(reader, None, || false);
        return false;
    };
    let left = at.saturating_duration_since(clock::now());
    if waiting::is_expected() && shared.sleep_until(reader, Some(Instant::now() + left), || false) {
        return false;
    }
    pass(left);
    false
}
