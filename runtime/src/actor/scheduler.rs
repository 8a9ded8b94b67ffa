//! The scheduler: worker threads, their run queues, parking, and the clock.
//!
//! Each worker has a slot for the actor woken last (a reply runs next, on warm caches, without a
//! system call), a queue of actors woken by something, and a queue of those that used up a slice;
//! the first two come before the third, which has its turn when it has waited long. Others steal
//! from both queues. Actors scheduled from threads that are no workers go to the injector.
//!
//! The *clock* thread fires timers and asks contexts that ran through a whole tick to stop. It
//! sleeps when all workers do and no timer is set.
//!
//! Invariant: who adds to a queue looks for sleepers after it, and who goes to sleep looks at all
//! queues after it has announced that, so no actor is left behind.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering, fence};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crossbeam_deque::{Injector, Steal, Stealer, Worker};
use parking_lot::{Condvar, Mutex};

use super::ending;
use super::worker::{Hands, turn};
use super::{Actor, Config, identity, timer, waiting};
use crate::context::Cx;
use crate::failure::Fault;
use crate::quiescence::{self, Reader};

type Task = Arc<Actor>;

/// How long an actor may run before others get their turn.
const SLICE: Duration = Duration::from_millis(1);
/// After so many ticks the queue of used-up slices comes first once.
const AGE_TICKS: u64 = 5;
/// So often the slot of the actor woken last may come before the queue.
const STREAK_MAX: u32 = 3;
/// Every so many turns the injector comes first.
const INJECTOR_TURNS: u64 = 61;
/// Builtins run on the worker's own stack.
const WORKER_STACK_BYTES: usize = 32 << 20;

/// What the clock sees of a worker. On cache lines of its own.
#[derive(Default)]
#[repr(align(128))]
pub(super) struct Board {
    /// Counts turns, so that the clock knows a long one.
    turn: AtomicU64,
    /// The context that runs, or ran last. Contexts are never freed.
    pub(super) running: AtomicPtr<Cx>,
    /// The present turn is over as soon as it can be.
    pub(super) overdue: AtomicBool,
}

struct Shared {
    injector: Injector<Task>,
    woken: Vec<Stealer<Task>>,
    used: Vec<Stealer<Task>>,
    boards: Vec<Arc<Board>>,
    /// Workers that look for work in other queues.
    searching: AtomicUsize,
    sleepers: AtomicUsize,
    /// How many sleepers were told to wake and have not noticed yet.
    sleep: Mutex<usize>,
    wake_worker: Condvar,
    /// Those who wait until nothing can happen any more.
    wake_idle: Condvar,
    idle_waiters: AtomicUsize,
    clock: Clock,
}

struct Clock {
    /// Nanoseconds after `start` when it wakes; it sleeps until then.
    wakes_at: AtomicU64,
    ticks: AtomicU64,
    /// It was told to wake.
    nudged: Mutex<bool>,
    wake: Condvar,
    start: Instant,
}

static SHARED: OnceLock<&'static Shared> = OnceLock::new();

struct Local {
    index: usize,
    slot: RefCell<Option<Task>>,
    woken: Worker<Task>,
    used: Worker<Task>,
    streak: Cell<u32>,
    turns: Cell<u64>,
    used_ran_at: Cell<u64>,
}

thread_local! {
    static LOCAL: Cell<*const Local> = const { Cell::new(ptr::null()) };
}

fn shared() -> &'static Shared {
    SHARED.get_or_init(|| start_threads(&Config::default()))
}

/// Starts workers and clock, once.
pub(super) fn start(config: &Config) {
    SHARED.get_or_init(|| start_threads(config));
}

fn start_threads(config: &Config) -> &'static Shared {
    let count = config.worker_count();
    let locals: Vec<(Worker<Task>, Worker<Task>)> = (0..count)
        .map(|_| (Worker::new_fifo(), Worker::new_fifo()))
        .collect();
    let shared: &'static Shared = Box::leak(Box::new(Shared {
        injector: Injector::new(),
        woken: locals.iter().map(|(woken, _)| woken.stealer()).collect(),
        used: locals.iter().map(|(_, used)| used.stealer()).collect(),
        boards: (0..count).map(|_| Arc::default()).collect(),
        searching: AtomicUsize::new(0),
        sleepers: AtomicUsize::new(0),
        sleep: Mutex::new(0),
        wake_worker: Condvar::new(),
        wake_idle: Condvar::new(),
        idle_waiters: AtomicUsize::new(0),
        clock: Clock {
            wakes_at: AtomicU64::new(0),
            ticks: AtomicU64::new(0),
            nudged: Mutex::new(false),
            wake: Condvar::new(),
            start: Instant::now(),
        },
    }));
    for (index, (woken, used)) in locals.into_iter().enumerate() {
        let body = move || work(shared, index, woken, used);
        spawn_thread(format!("batuta-worker-{index}"), WORKER_STACK_BYTES, body);
    }
    spawn_thread("batuta-clock".to_owned(), 1 << 20, move || {
        run_clock(shared)
    });
    shared
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
    let before = local.slot.borrow_mut().replace(actor);
    if let Some(before) = before {
        local.woken.push(before);
        shared().wake_one();
    }
}

/// Somebody may wait for what has just happened (a result given, the last timer gone).
pub(crate) fn look_whether_idle() {
    if let Some(shared) = SHARED.get()
        && shared.idle_waiters.load(Ordering::SeqCst) > 0
    {
        drop(shared.sleep.lock());
        shared.wake_idle.notify_all();
    }
}

/// Waits until `done` says so, or nothing can happen any more, or the time is over; gives the last
/// answer of `done`. Not on a worker.
pub(super) fn wait_until_idle_or(
    mut done: impl FnMut() -> bool,
    deadline: Option<Instant>,
) -> bool {
    let shared = shared();
    shared.idle_waiters.fetch_add(1, Ordering::SeqCst);
    let mut guard = shared.sleep.lock();
    let answer = loop {
        // What was given before the workers slept is seen, so idleness is looked at first.
        let is_idle = shared.is_idle();
        let answer = done();
        let is_late = deadline.is_some_and(|deadline| Instant::now() >= deadline);
        if answer || is_idle || is_late {
            break answer;
        }
        match deadline {
            Some(deadline) => {
                shared.wake_idle.wait_until(&mut guard, deadline);
            }
            None => shared.wake_idle.wait(&mut guard),
        }
    };
    drop(guard);
    shared.idle_waiters.fetch_sub(1, Ordering::SeqCst);
    answer
}

/// A timer was set for this instant.
pub(crate) fn clock_before(at: Instant) {
    let clock = &shared().clock;
    if clock.nanos(at) < clock.wakes_at.load(Ordering::SeqCst) {
        clock.nudge();
    }
}

impl Clock {
    fn nanos(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.start).as_nanos()).unwrap_or(u64::MAX - 1)
    }

    fn nudge(&self) {
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

fn run_clock(shared: &'static Shared) {
    let mut seen: Vec<u64> = vec![0; shared.boards.len()];
    loop {
        let now = Instant::now();
        timer::fire(now);
        quiescence::collect();
        shared.clock.ticks.fetch_add(1, Ordering::Relaxed);
        let everybody_sleeps = || shared.sleepers.load(Ordering::SeqCst) == shared.boards.len();
        if everybody_sleeps() {
            let next = timer::next_deadline();
            shared.clock.sleep(next, || timer::next_deadline() == next);
        } else {
            ask_long_turns(shared, &mut seen);
            let tick = now + SLICE;
            let next = timer::next_deadline().map_or(tick, |at| at.min(tick));
            shared.clock.sleep(Some(next), || true);
        }
    }
}

/// Asks who has run through a whole tick to stop at its next poll.
fn ask_long_turns(shared: &Shared, seen: &mut [u64]) {
    for (board, seen) in shared.boards.iter().zip(seen) {
        let turn = board.turn.load(Ordering::Acquire);
        if turn == *seen {
            board.overdue.store(true, Ordering::Release);
            let running = board.running.load(Ordering::Acquire);
            if !running.is_null() {
                // SAFETY: contexts are never freed. One that is not in use any more is asked in
                // vain; one that runs another actor by now polls once too often.
                unsafe { (*running).stack_limit.store(usize::MAX, Ordering::Release) };
            }
        }
        *seen = turn;
    }
}

impl Shared {
    /// Wakes a sleeping worker, unless one is looking for work anyway.
    fn wake_one(&self) {
        fence(Ordering::SeqCst);
        if self.sleepers.load(Ordering::SeqCst) == 0 || self.searching.load(Ordering::SeqCst) > 0 {
            return;
        }
        let mut woken = self.sleep.lock();
        let sleepers = self.sleepers.load(Ordering::SeqCst);
        if sleepers == 0 {
            return;
        }
        // The sleeper counts as searching from now on: nobody wakes another for the same work,
        // and nobody thinks the program idle.
        self.searching.fetch_add(1, Ordering::SeqCst);
        self.sleepers.store(sleepers - 1, Ordering::SeqCst);
        *woken += 1;
        drop(woken);
        self.wake_worker.notify_one();
        if sleepers == self.boards.len() {
            self.clock.nudge();
        }
    }

    fn has_work(&self) -> bool {
        !self.injector.is_empty()
            || self
                .woken
                .iter()
                .chain(&self.used)
                .any(|queue| !queue.is_empty())
    }

    /// Can nothing happen any more? Only under the lock `sleep`.
    fn is_idle(&self) -> bool {
        self.sleepers.load(Ordering::SeqCst) == self.boards.len()
            && !self.has_work()
            && !waiting::is_expected()
            && !timer::is_any()
    }

    /// Sleeps until woken, unless there is work after all. A worker that searches sleeps, and
    /// searches again afterwards.
    fn sleep(&self, reader: &Reader) {
        let mut woken = self.sleep.lock();
        self.sleepers.fetch_add(1, Ordering::SeqCst);
        self.searching.fetch_sub(1, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        if self.has_work() {
            self.sleepers.fetch_sub(1, Ordering::SeqCst);
            self.searching.fetch_add(1, Ordering::SeqCst);
            return;
        }
        if self.sleepers.load(Ordering::SeqCst) == self.boards.len() {
            self.wake_idle.notify_all();
        }
        reader.leave();
        while *woken == 0 {
            self.wake_worker.wait(&mut woken);
        }
        *woken -= 1;
        drop(woken);
        reader.enter();
    }
}

fn work(shared: &'static Shared, index: usize, woken: Worker<Task>, used: Worker<Task>) {
    let local = Local {
        index,
        slot: RefCell::new(None),
        woken,
        used,
        streak: Cell::new(0),
        turns: Cell::new(0),
        used_ran_at: Cell::new(0),
    };
    LOCAL.set(&raw const local);
    quiescence::mark_worker();
    let reader = Reader::new();
    reader.enter();
    let _tokio = super::runtime_handle().enter();
    let board = &shared.boards[index];
    let mut hands = Hands::new(board.clone());
    loop {
        reader.tick();
        let Some(actor) = local
            .next_own(shared)
            .or_else(|| local.search(shared, &reader))
        else {
            continue;
        };
        if !local.woken.is_empty() {
            shared.wake_one();
        }
        board.overdue.store(false, Ordering::Relaxed);
        board.turn.store(local.turns.get(), Ordering::Release);
        if let Some(actor) = guarded_turn(&mut hands, actor) {
            local.used.push(actor);
            shared.wake_one();
        }
    }
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

impl Local {
    fn next_own(&self, shared: &Shared) -> Option<Task> {
        let turns = self.turns.get() + 1;
        self.turns.set(turns);
        let now = shared.clock.ticks.load(Ordering::Relaxed);
        if now - self.used_ran_at.get() >= AGE_TICKS
            && let Some(actor) = self.pop_used(now)
        {
            return Some(actor);
        }
        if turns.is_multiple_of(INJECTOR_TURNS)
            && let Some(actor) = self.pop_injected(shared)
        {
            return Some(actor);
        }
        self.pop_slot()
            .or_else(|| self.woken.pop())
            .or_else(|| self.pop_injected(shared))
            .or_else(|| self.pop_used(now))
    }

    fn pop_slot(&self) -> Option<Task> {
        let actor = self.slot.borrow_mut().take()?;
        if self.streak.get() < STREAK_MAX || self.woken.is_empty() {
            self.streak.set(self.streak.get() + 1);
            return Some(actor);
        }
        self.streak.set(0);
        self.woken.push(actor);
        None
    }

    fn pop_used(&self, now: u64) -> Option<Task> {
        self.used_ran_at.set(now);
        self.used.pop()
    }

    fn pop_injected(&self, shared: &Shared) -> Option<Task> {
        until_settled(|| shared.injector.steal_batch_and_pop(&self.woken))
    }

    /// Looks into all other queues, then sleeps once.
    fn search(&self, shared: &Shared, reader: &Reader) -> Option<Task> {
        shared.searching.fetch_add(1, Ordering::SeqCst);
        let mut found = self.steal(shared);
        if found.is_none() {
            shared.sleep(reader);
            found = self.steal(shared);
        }
        let was_last = shared.searching.fetch_sub(1, Ordering::SeqCst) == 1;
        if found.is_some() && was_last && shared.has_work() {
            shared.wake_one();
        }
        found
    }

    fn steal(&self, shared: &Shared) -> Option<Task> {
        if let Some(actor) = self.pop_injected(shared) {
            return Some(actor);
        }
        let count = shared.boards.len();
        let others = || (1..count).map(|step| (self.index + step) % count);
        others()
            .find_map(|other| {
                until_settled(|| shared.woken[other].steal_batch_and_pop(&self.woken))
            })
            .or_else(|| others().find_map(|other| until_settled(|| shared.used[other].steal())))
    }
}

fn until_settled(mut steal: impl FnMut() -> Steal<Task>) -> Option<Task> {
    loop {
        match steal() {
            Steal::Success(actor) => return Some(actor),
            Steal::Empty => return None,
            Steal::Retry => {}
        }
    }
}
