//! Coroutines: stacks on which Batuta code runs, and how it leaves and re-enters them.
//!
//! A worker takes a coroutine from the pool, enters a function on it and gets it back when the
//! function is through. Code that must wait *suspends*: control goes back to the worker, which
//! does everything there is to do on its own stack (polling futures, handling signals) and resumes
//! the coroutine later, perhaps on another thread. So the Rust code that runs on a coroutine is
//! tiny, and none of it touches thread-locals or holds a lock or borrow across a suspension.
//!
//! Invariants: a coroutine in the pool stands at its outermost frame; a suspended one is never
//! dropped but resumed with [`Command::Fail`] until it is through. The context lives as long as
//! the process, because the clock may still write into one that is not in use.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering, compiler_fence};
use std::time::{Duration, Instant};

use corosensei::{CoroutineResult, Yielder};
use parking_lot::Mutex;

use super::Actor;
use super::call::Slot;
use super::clock;
use super::envelope::Envelope;
use super::private::Private;
use super::stack::{self, Extent, RED_ZONE, Segments, SlotStack};
use super::timer::TimerKey;
use crate::builtin::Wait;
use crate::context::Cx;
use crate::failure::Fault;
use crate::failure_state::FailureClass;
use crate::function::stubs;
use crate::profile;
use crate::value::{Control, Value};

mod look;

pub use super::stack::{OnSegment, Overflow};

/// Room between the worker's frames and the stack that builtins use.
const NATIVE_GAP: usize = 16 << 10;
/// Pooled coroutines beyond this number give their stack back.
const POOL_MAX: usize = 4096;

static MAX_STACK: AtomicUsize = AtomicUsize::new(1 << 30);

/// Bytes of stack that one actor may use.
pub fn max_stack() -> usize {
    MAX_STACK.load(Ordering::Relaxed)
}

pub(crate) fn set_max_stack(bytes: usize) {
    MAX_STACK.store(bytes, Ordering::Relaxed);
}

/// What a worker tells a coroutine.
#[derive(Clone, Copy)]
pub(crate) enum Command {
    /// Call this function with so many arguments from the spill area.
    Enter { function: u64, count: u64 },
    /// What was waited for is there.
    Go,
    /// A failure has been raised in the context.
    Fail,
}

/// Why control came back to the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Yielded {
    /// The function is through, with this word.
    Finished(u64),
    /// Waits for the future in the context.
    Future,
    /// Waits for a message that it has not examined, perhaps until the deadline in the context.
    Message,
    /// Was asked to stop.
    Slice,
}

/// The `receive` an actor waits with when its function has given its stack back.
#[derive(Debug)]
pub struct Parked {
    /// Function of one argument: the message, or the word [`Control::Timeout`].
    pub matcher: Value,
    /// How long to wait.
    pub timeout: Option<Duration>,
}

/// What a context knows of its coroutine.
pub struct CoroutineState {
    yielder: *const Yielder<Command, Yielded>,
    /// The real stack limit, also while [`Cx::stack_limit`] asks for a stop.
    limit: usize,
    /// The end of the stack in use; 0 while that changes.
    top: AtomicUsize,
    pub(super) segments: Segments,
    future: Option<Wait>,
    outcome: Option<Result<Value, Fault>>,
    /// When the blocking `receive` under way runs out of time.
    pub(super) deadline: Option<Instant>,
    deadline_key: Option<TimerKey>,
    /// Set by a function that returns [`Control::Park`].
    pub parked: Option<Parked>,
    /// Dynamic bindings the actor was spawned with.
    pub inherited: Value,
    /// The message under way, for the crash report.
    pub(crate) last_message: Option<Value>,
    /// The function that the actor began with, for who looks inside.
    pub(super) began_with: Value,
    /// Stands at the entry of the context's callee, which has not begun.
    pub(crate) is_at_entry: bool,
    /// Set while a matcher looks at a call: the caller before it.
    pub(super) caller_before: Option<Option<Arc<Slot>>>,
}

impl CoroutineState {
    /// The real stack limit, also while a stop is asked for.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// The addresses of the stack in use; an empty range while that changes.
    pub(crate) fn extent(&self) -> (usize, usize) {
        let top = self.top.load(Ordering::Relaxed);
        (self.limit - RED_ZONE, top)
    }
}

impl Default for CoroutineState {
    fn default() -> CoroutineState {
        CoroutineState {
            yielder: std::ptr::null(),
            limit: RED_ZONE,
            top: AtomicUsize::new(0),
            segments: Segments::default(),
            future: None,
            outcome: None,
            deadline: None,
            deadline_key: None,
            parked: None,
            inherited: Value::NIL,
            last_message: None,
            began_with: Value::NIL,
            is_at_entry: false,
            caller_before: None,
        }
    }
}

/// The actor was asked to end while it waited; the failure is raised in the context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Killed;

/// How a poll ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Poll {
    /// Go on.
    Continue,
    /// A failure is raised in the context.
    Failed,
}

fn suspend(cx: &mut Cx, why: Yielded) -> Command {
    // SAFETY: the context is used only by code on its coroutine, and the yielder lives at the
    // outermost frame there.
    unsafe { (*cx.coroutine.yielder).suspend(why) }
}

/// Parks the actor until the future is ready. Call it on the coroutine's stack.
#[inline(never)]
pub fn wait(cx: &mut Cx, future: Wait) -> Result<Result<Value, Fault>, Killed> {
    cx.coroutine.future = Some(future);
    match suspend(cx, Yielded::Future) {
        Command::Fail => Err(Killed),
        Command::Go | Command::Enter { .. } => cx.coroutine.outcome.take().ok_or(Killed),
    }
}

/// Gives the worker back for a while. Call it on the coroutine's stack when the stack limit is
/// `usize::MAX`.
#[inline(never)]
pub fn poll(cx: &mut Cx) -> Poll {
    cx.stack_limit.store(cx.coroutine.limit, Ordering::Relaxed);
    match suspend(cx, Yielded::Slice) {
        Command::Fail => Poll::Failed,
        Command::Go | Command::Enter { .. } => Poll::Continue,
    }
}

/// Parks the actor until its inbox has a message it has not examined. False: it shall fail.
#[inline(never)]
pub(super) fn wait_for_message(cx: &mut Cx, deadline: Option<Instant>) -> bool {
    cx.coroutine.deadline = deadline;
    !matches!(suspend(cx, Yielded::Message), Command::Fail)
}

/// Runs `run(cx)` on a further stretch of stack. Call it when a stack check failed for real.
#[inline(never)]
pub fn grow(cx: &mut Cx, run: OnSegment) -> Result<u64, Overflow> {
    stack::run_on_next_segment(cx, max_stack(), run, |cx, extent| {
        let (limit, state) = (extent.limit, &mut cx.coroutine);
        // The profiler may look at any time, on this thread.
        let top = state.top.swap(0, Ordering::Relaxed);
        compiler_fence(Ordering::SeqCst);
        let outer = std::mem::replace(&mut state.limit, limit);
        compiler_fence(Ordering::SeqCst);
        state.top.store(extent.top, Ordering::Relaxed);
        // A request to stop that stands there already is kept.
        let relaxed = Ordering::Relaxed;
        let _ = cx
            .stack_limit
            .compare_exchange(outer, limit, relaxed, relaxed);
        Extent { limit: outer, top }
    })
}

/// What the running actor alone may touch, reached from its own context.
#[expect(
    clippy::needless_pass_by_ref_mut,
    reason = "the exclusive borrow is the proof"
)]
pub(crate) fn private_of(cx: &mut Cx) -> Option<(&Arc<Actor>, &mut Private)> {
    let actor = cx.actor.as_ref()?;
    // SAFETY: a context names an actor only while a worker runs that actor on it, the worker
    // holds no borrow meanwhile, and this borrow ends before the context is used again.
    Some((actor, unsafe { actor.private.get() }))
}

type Inner = corosensei::Coroutine<Command, Yielded, (), SlotStack>;

/// See the module's head.
pub(crate) struct Coroutine {
    inner: Inner,
    cx: *mut Cx,
    /// Why it is suspended.
    pub(super) why: Yielded,
    /// The future it waits for is counted as something from outside.
    pub(super) outside: Option<super::waiting::Activity>,
}

// SAFETY: it is moved between threads only while suspended; what stands on its stack is owned by
// the actor and moves with it (see the module's head for what may not stand there).
unsafe impl Send for Coroutine {}

impl Coroutine {
    fn new() -> io::Result<Box<Coroutine>> {
        let stack = SlotStack::take()?;
        let limit = stack.usable_limit();
        let cx = Box::into_raw(Cx::new(CoroutineState {
            limit,
            top: AtomicUsize::new(stack.top()),
            ..CoroutineState::default()
        }));
        // SAFETY: `serve` only borrows what the context holds; the pointer lives for ever.
        let inner = Inner::with_stack(stack, move |yielder, first| unsafe {
            serve(yielder, first, cx);
        });
        Ok(Box::new(Coroutine {
            inner,
            cx,
            why: Yielded::Slice,
            outside: None,
        }))
    }

    /// The context. Only while the coroutine does not run.
    pub(super) fn cx(&mut self) -> &mut Cx {
        // SAFETY: the context belongs to this coroutine, which is borrowed and not running.
        unsafe { &mut *self.cx }
    }

    pub(super) fn cx_pointer(&self) -> *mut Cx {
        self.cx
    }

    /// Runs until the coroutine suspends itself.
    #[inline(never)]
    pub(super) fn resume(&mut self, actor: Arc<Actor>, command: Command) -> (Arc<Actor>, Yielded) {
        let here = 0_u8;
        let cx = self.cx();
        cx.native_sp = (std::hint::black_box(&raw const here) as usize - NATIVE_GAP) & !15;
        cx.actor = Some(actor);
        profile::set_running(self.cx);
        let CoroutineResult::Yield(why) = self.inner.resume(command) else {
            unreachable!("the loop of `serve` has no end")
        };
        profile::set_running(std::ptr::null());
        self.why = why;
        let actor = self.cx().actor.take();
        (
            actor.expect("compiled code and builtins leave the context's actor in place"),
            why,
        )
    }

    /// Enters a function with arguments that already stand in the spill area.
    pub(super) fn enter(
        &mut self,
        actor: Arc<Actor>,
        function: Value,
        count: u64,
    ) -> (Arc<Actor>, Yielded) {
        let cx = self.cx();
        cx.stack_limit.store(cx.coroutine.limit, Ordering::Relaxed);
        let function = function.into_word();
        self.resume(actor, Command::Enter { function, count })
    }

    /// The future under way.
    pub(super) fn future(&mut self) -> Option<&mut Wait> {
        self.cx().coroutine.future.as_mut()
    }

    /// The future gave this.
    pub(super) fn set_outcome(&mut self, outcome: Result<Value, Fault>) {
        let state = &mut self.cx().coroutine;
        state.future = None;
        state.outcome = Some(outcome);
    }

    /// What was waited for is not wanted any more: the actor ends with this reason.
    pub(super) fn raise_exit(&mut self, reason: Value) {
        let cx = self.cx();
        cx.coroutine.future = None;
        cx.failure.raise(FailureClass::Exit, reason);
    }

    /// Has the blocking `receive` run out of time? Sets its timer if it has one to set.
    pub(super) fn is_overdue(&mut self, actor: &Arc<Actor>) -> bool {
        let state = &mut self.cx().coroutine;
        let Some(deadline) = state.deadline else {
            return false;
        };
        if clock::now() >= deadline {
            return true;
        }
        if state.deadline_key.is_none() {
            state.deadline_key = Some(super::timer::wake_at(deadline, actor.clone().into()));
        }
        false
    }

    /// The blocking `receive` waits no more.
    pub(super) fn end_wait(&mut self) {
        if let Some(key) = self.cx().coroutine.deadline_key.take() {
            super::timer::cancel(key);
        }
    }

    /// Back to the state of a fresh one.
    pub(super) fn reset(&mut self) {
        let cx = self.cx();
        cx.reset();
        let state = &mut cx.coroutine;
        state.segments.reset();
        state.parked = None;
        state.last_message = None;
        state.began_with = Value::NIL;
        state.caller_before = None;
    }
}

impl Drop for Coroutine {
    fn drop(&mut self) {
        // SAFETY: the coroutine stands at its outermost frame, which owns nothing. (After a panic
        // in the worker it may stand elsewhere; then what its frames own leaks.)
        unsafe { self.inner.force_reset() }
    }
}

/// The outermost frame of every coroutine.
///
/// # Safety
/// `cx` is the context of this coroutine and lives for ever.
unsafe fn serve(yielder: &Yielder<Command, Yielded>, first: Command, cx: *mut Cx) {
    // SAFETY: as the caller says; nobody else uses the context while the coroutine runs.
    unsafe { (*cx).coroutine.yielder = yielder };
    let mut command = first;
    loop {
        let word = match command {
            // SAFETY: as above; the worker gave up the function and the spilled arguments.
            Command::Enter { function, count } => unsafe { enter_compiled(cx, function, count) },
            Command::Go | Command::Fail => Control::Failed.word(),
        };
        command = yielder.suspend(Yielded::Finished(word));
    }
}

/// # Safety
/// Function word and the `count` words in the spill area are owned and given up.
unsafe fn enter_compiled(cx: *mut Cx, function: u64, count: u64) -> u64 {
    type Enter = unsafe extern "C" fn(*mut Cx, u64, u64) -> u64;
    // SAFETY: the back end installed an entry of this signature.
    unsafe { std::mem::transmute::<*mut u8, Enter>(stubs().enter)(cx, function, count) }
}

#[expect(
    clippy::vec_box,
    reason = "it moves between pool, workers and actors as a box"
)]
static POOL: Mutex<Vec<Box<Coroutine>>> = Mutex::new(Vec::new());

/// A coroutine from the pool, or a new one.
pub(super) fn take() -> io::Result<Box<Coroutine>> {
    let pooled = POOL.lock().pop();
    pooled.map_or_else(Coroutine::new, Ok)
}

/// Gives a coroutine back that stands at its outermost frame.
pub(super) fn give_back(mut coroutine: Box<Coroutine>) {
    stack::drop_deep_pages(coroutine.cx().coroutine.limit);
    let mut pool = POOL.lock();
    if pool.len() < POOL_MAX {
        pool.push(coroutine);
    }
}

const _: () = assert!(RED_ZONE < stack::SLOT_BYTES / 4);

/// How a function that was entered came through.
pub(super) enum Through {
    /// With a value.
    Value(Value),
    /// With its next `receive`.
    Parked(Parked),
    /// It is a matcher, and took this message not.
    Refused { message: Value, matcher: Value },
    /// Without a value; the failure lies in the context.
    Failed,
}

impl Coroutine {
    /// Reads the word that an entered function gave.
    pub(super) fn through(&mut self, word: u64) -> Through {
        if word == Control::NoMatch.word() {
            let mut words = self.cx().take_spilled(2).into_iter();
            let message = words.next().unwrap_or_default();
            let matcher = words.next().unwrap_or_default();
            return Through::Refused { message, matcher };
        }
        if word == Control::Park.word() {
            return self
                .cx()
                .coroutine
                .parked
                .take()
                .map_or(Through::Failed, Through::Parked);
        }
        if word == Control::Failed.word() {
            return Through::Failed;
        }
        // SAFETY: every other word is an owned value that the function gives up.
        Through::Value(unsafe { Value::from_word(word) })
    }

    /// Puts arguments into the spill area; gives their number as [`Command::Enter`] wants it.
    pub(super) fn spill(&mut self, arguments: Vec<Value>) -> u64 {
        use crate::collections::list;
        use crate::function::{MAX_ARITY, SPREAD};
        let cx = self.cx();
        if arguments.len() > MAX_ARITY {
            cx.spill[0] = list::from_vec(arguments).into_word();
            return SPREAD as u64;
        }
        let count = arguments.len();
        for (slot, argument) in cx.spill.iter_mut().zip(arguments) {
            *slot = argument.into_word();
        }
        count as u64
    }

    /// A matcher is about to look at this message.
    pub(super) fn show(&mut self, private: &mut Private, mut envelope: Envelope) {
        use super::envelope::Extra;
        envelope.message.take_over();
        let state = &mut self.cx().coroutine;
        state.last_message = Some(envelope.message.clone());
        if let Extra::Call(slot) = envelope.extra {
            let before = private.caller.replace(slot);
            state.caller_before = Some(before);
        }
        self.cx().spill[0] = envelope.message.into_word();
    }

    /// The matcher took the message it was shown, or did not (then the caller is as before).
    pub(super) fn settle_caller(
        &mut self,
        private: &mut Private,
        taken: bool,
    ) -> Option<Arc<Slot>> {
        let before = self.cx().coroutine.caller_before.take()?;
        if taken {
            if let Some(before) = before {
                private.keep_unanswered(before);
            }
            return None;
        }
        std::mem::replace(&mut private.caller, before)
    }
}
