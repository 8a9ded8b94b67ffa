//! The scheduler: worker threads and their run queues; how workers sleep is in `parking`.
//!
//! Each worker has a slot for the actor woken last (a reply runs next, on warm caches, without a
//! system call), a queue of actors woken by something, and a queue of those that used up a slice;
//! the first two come before the third, which has its turn when it has waited long. Others steal
//! from both queues. Actors scheduled from threads that are no workers go to the injector.
//!
//! Who is asked to stop is decided in `clock`, which threads are workers in `places`; under a seed
//! there is one worker, and its loop is in `seeded`.
//!
//! Invariant: who adds to a queue wakes somebody after it, unless it looks there itself, so no actor
//! is left behind.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use crossbeam_deque::{Injector, Stealer, Worker};

use super::board::Board;
use super::clock::{self, Clock};
use super::parking::Parking;
use super::places::{self, Duty, Unused};
use super::worker::{Hands, turn};
use super::{Actor, Config, ending, identity, seeded, timer, waiting};
use crate::failure::Fault;
use crate::quiescence::{self, Reader};

mod queues;

pub(super) type Task = Arc<Actor>;

/// So many turns in the time of one slice are short ones: 10 microseconds each.
const SHORT_TURNS: u64 = 100;
/// So many actors in one queue are worth waking a sleeper, however short their turns are.
const MANY_WAITING: usize = 64;

/// Builtins run on the worker's own stack.
const WORKER_STACK_BYTES: usize = 32 << 20;

pub(super) struct Shared {
    pub(super) injector: Injector<Task>,
    woken: Vec<Stealer<Task>>,
    used: Vec<Stealer<Task>>,
    pub(super) boards: Vec<Arc<Board>>,
    pub(super) parking: Parking,
    pub(super) duty: Duty,
    /// How often a place was given to another thread.
    pub(super) handed_over: AtomicU64,
    /// Under a seed: actors that can run, in the worker's own list.
    pub(super) held: AtomicUsize,
    /// Turns are so short at present that a sleeper who is woken for one comes too late for it.
    turns_are_short: AtomicBool,
    pub(super) clock: Clock,
}

static SHARED: OnceLock<&'static Shared> = OnceLock::new();

pub(super) struct Local {
    index: usize,
    board: Arc<Board>,
    woken: Worker<Task>,
    used: Worker<Task>,
    streak: Cell<u32>,
    turns: Cell<u64>,
    used_ran_at: Cell<u64>,
}

thread_local! {
    static LOCAL: Cell<*const Local> = const { Cell::new(ptr::null()) };
}

pub(super) fn shared() -> &'static Shared {
    SHARED.get_or_init(|| start_threads(&Config::default()))
}

/// Starts workers and clock, once.
pub(super) fn start(config: &Config) {
    SHARED.get_or_init(|| start_threads(config));
}

fn start_threads(config: &Config) -> &'static Shared {
    if let Some(seed) = config.seed {
        seeded::begin(seed);
    }
    let places = if seeded::is_on() {
        1
    } else {
        config.worker_count()
    };
    let reserve = if seeded::is_on() {
        0
    } else {
        places + places::RESERVE
    };
    let mut threads: Vec<Unused> = (0..places + reserve).map(Unused::new).collect();
    let woken = threads.iter().map(|it| it.woken.stealer()).collect();
    let used = threads.iter().map(|it| it.used.stealer()).collect();
    let boards = threads.iter().map(|_| Arc::default()).collect();
    let unused = threads.split_off(places);
    let shared: &'static Shared = Box::leak(Box::new(Shared {
        injector: Injector::new(),
        woken,
        used,
        boards,
        parking: Parking::new(places),
        duty: Duty::new(unused, places),
        handed_over: AtomicU64::new(0),
        held: AtomicUsize::new(0),
        turns_are_short: AtomicBool::new(false),
        clock: Clock::new(),
    }));
    threads
        .into_iter()
        .for_each(|thread| start_worker(shared, thread));
    let run_clock = if seeded::is_on() {
        clock::watch
    } else {
        clock::run
    };
    spawn_thread("batuta-clock".to_owned(), 1 << 20, move || {
        run_clock(shared)
    });
    shared
}

/// Starts a thread that takes the next free place.
pub(super) fn start_worker(shared: &'static Shared, thread: Unused) {
    let name = format!("batuta-worker-{}", thread.index);
    spawn_thread(name, WORKER_STACK_BYTES, move || work(shared, thread));
}

fn spawn_thread(name: String, stack_bytes: usize, body: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new()
        .name(name)
        .stack_size(stack_bytes)
        .spawn(body);
    // Without its threads the program cannot do anything, not even report an error its own way.
    thread.expect("the system lets the process start its few threads");
}

/// Puts an actor into a run queue. Only for who moved its mailbox to the scheduled state.
#[inline(never)]
pub(crate) fn schedule(actor: Task) {
    let local = LOCAL.get();
    if local.is_null() {
        let shared = shared();
        shared.injector.push(actor);
        shared.wake_one();
        return;
    }
    // SAFETY: set by this thread's `work`, which outlives everything that runs on the thread.
    let local = unsafe { &*local };
    if let Some(before) = local.board.put_into_slot(actor) {
        local.woken.push(before);
        shared().wake_for(local.woken.len());
    }
}

/// Somebody may wait for what has just happened (a result given, the last timer gone).
pub(crate) fn look_whether_idle() {
    if let Some(shared) = SHARED.get() {
        shared.parking.look_whether_idle();
    }
}

/// While it lives, the world outside waits for actors.
pub(super) struct Expectation(&'static Shared);

/// The world outside asks actors for something, and waits.
pub(super) fn expect() -> Expectation {
    seeded::go_on();
    Expectation::new()
}

impl Expectation {
    fn new() -> Expectation {
        let shared = shared();
        shared.parking.expect();
        if seeded::is_on() {
            shared.wake_one();
        }
        Expectation(shared)
    }
}

impl Drop for Expectation {
    fn drop(&mut self) {
        self.0.parking.expect_no_more();
    }
}

/// Waits until `done` says so, or nothing can happen any more, or the time is over; gives the last
/// answer of `done`. Not on a worker.
pub(super) fn wait_until_idle_or(done: impl FnMut() -> bool, deadline: Option<Instant>) -> bool {
    let expectation = Expectation::new();
    let shared = expectation.0;
    shared
        .parking
        .wait_until_idle_or(done, || shared.is_idle(), deadline)
}

/// A timer was set for this instant.
pub(crate) fn clock_before(at: Instant) {
    shared().clock.wake_before(at);
}

/// The turn under way on this worker shall be over as soon as it can be.
pub(super) fn end_turn() {
    let local = LOCAL.get();
    if !local.is_null() {
        // SAFETY: as in `schedule`.
        let local = unsafe { &*local };
        local.board.overdue.store(true, Ordering::Relaxed);
    }
}

/// Threads that run actors at a time, and how often one of them was replaced.
pub(crate) fn workers() -> (usize, u64) {
    let shared = shared();
    (
        shared.parking.places(),
        shared.handed_over.load(Ordering::Relaxed),
    )
}

impl Shared {
    /// So many actors wait in the queue of a worker that is awake. If turns are short and they are
    /// few, it is through with them sooner than a sleeper would be there; the clock looks after those
    /// that wait longer.
    fn wake_for(&self, waiting: usize) {
        if waiting >= MANY_WAITING || !self.turns_are_short.load(Ordering::Relaxed) {
            self.wake_one();
        }
    }

    /// Turns that there were in the time of one slice. Only by the clock.
    pub(super) fn note_turns(&self, turns: u64) {
        let are_short = turns >= SHORT_TURNS;
        self.turns_are_short.store(are_short, Ordering::Relaxed);
        if are_short && self.parking.somebody_sleeps() && self.has_work() {
            self.wake_one();
        }
    }

    /// Work was added: somebody shall look for it.
    fn wake_one(&self) {
        if self.parking.wake_one() {
            self.clock.nudge();
        }
    }

    /// The worker that has lost its place has left the slot of the actor woken last full.
    fn abandoned_slot(&self) -> Option<Task> {
        if !self.parking.is_anybody_away() {
            return None;
        }
        let mut boards = self.boards.iter();
        boards.find_map(|board| board.take_from_slot_of_lost())
    }

    fn has_work(&self) -> bool {
        !self.injector.is_empty()
            || self
                .woken
                .iter()
                .chain(&self.used)
                .any(|queue| !queue.is_empty())
    }

    /// Is there nothing that could wake a worker, if all of them sleep?
    fn is_idle(&self) -> bool {
        !self.has_work()
            && self.held.load(Ordering::SeqCst) == 0
            && !waiting::is_expected()
            && !timer::is_any()
    }

    /// A worker that searches sleeps until woken, or until the deadline if there is one, unless
    /// there is work or another reason not to; gives whether it was not the deadline.
    fn sleep(
        &self,
        reader: &Reader,
        deadline: Option<Instant>,
        stays_awake: impl FnOnce() -> bool,
    ) -> bool {
        reader.leave();
        let is_woken = self
            .parking
            .sleep(deadline, || self.has_work() || stays_awake());
        reader.enter();
        is_woken
    }

    /// As `sleep`, for a worker that does not search.
    pub(super) fn sleep_until(
        &self,
        reader: &Reader,
        deadline: Option<Instant>,
        stays_awake: impl FnOnce() -> bool,
    ) -> bool {
        self.parking.begin_search();
        let is_woken = self.sleep(reader, deadline, stays_awake);
        self.parking.end_search();
        is_woken
    }
}

fn work(shared: &'static Shared, thread: Unused) {
    let local = Local {
        index: thread.index,
        board: shared.boards[thread.index].clone(),
        woken: thread.woken,
        used: thread.used,
        streak: Cell::new(0),
        turns: Cell::new(0),
        used_ran_at: Cell::new(0),
    };
    LOCAL.set(&raw const local);
    quiescence::mark_worker();
    let reader = Reader::new();
    local.board.cpu.attach();
    let _tokio = super::runtime_handle().enter();
    let mut hands = Hands::new(local.board.clone());
    shared.duty.wait(&reader);
    if seeded::is_on() {
        seeded::work(shared, &local, &mut hands, &reader);
    }
    loop {
        reader.tick();
        if local.board.has_lost_place() {
            local.leave_place(shared);
            shared.duty.wait(&reader);
        }
        let Some(actor) = local
            .next_own(shared)
            .or_else(|| local.search(shared, &reader))
        else {
            continue;
        };
        if !local.woken.is_empty() {
            shared.wake_for(local.woken.len());
        }
        if let Some(actor) = take_turn(&local, &mut hands, actor) {
            let is_alone = local.has_nothing();
            local.used.push(actor);
            // An actor that computes alone stays where its memory is.
            if !is_alone {
                shared.wake_one();
            }
        }
    }
}

/// Gives an actor its turn; gives it back if it wants to go on.
pub(super) fn take_turn(local: &Local, hands: &mut Hands, actor: Task) -> Option<Task> {
    let board = &local.board;
    let turns = local.turns.get() + 1;
    local.turns.set(turns);
    board.overdue.store(false, Ordering::Relaxed);
    board.actor.store(actor.id().word(), Ordering::Relaxed);
    board.turn.store(turns, Ordering::Release);
    let again = guarded_turn(hands, actor);
    board.actor.store(0, Ordering::Relaxed);
    again
}

/// A turn; a panic in the runtime itself ends the actor only.
fn guarded_turn(hands: &mut Hands, actor: Task) -> Option<Task> {
    match catch_unwind(AssertUnwindSafe(|| turn(hands, actor))) {
        Ok(again) => again,
        Err(panic) => {
            end_after_panic(hands, waiting::panic_fault(&*panic));
            None
        }
    }
}

#[cold]
fn end_after_panic(hands: &Hands, fault: Fault) {
    let Some(actor) = hands.current.and_then(identity::find) else {
        return;
    };
    let reason = fault.into_value();
    reason.publish();
    // SAFETY: this worker was running the actor, and the borrows of that turn are unwound.
    ending::finish(&actor, unsafe { actor.private.get() }, &reason);
}
