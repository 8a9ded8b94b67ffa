//! Actors: what runs, waits and talks. An idle one is a small struct without a stack.
//!
//! | to change | look at |
//! | --- | --- |
//! | who runs when, on which thread | [`scheduler`], how threads sleep in `parking`, one turn of an actor in `worker`, time in `clock`, threads that take the place of others in `places`, order by a seed in `seeded` |
//! | what actors cost | `load` |
//! | how messages travel and wait | `mailbox`, what in `envelope`; `inbox`, how many may wait in `bound`; `receive` in the middle of a function in [`receive`] |
//! | stacks, suspending and resuming | [`coroutine`], memory for them in `stack` |
//! | what actors do to each other | `signal`; then `link`, `monitor`, `call`, `registry`, `timer`, `trace` |
//! | how an actor begins and ends | [`spawn`], [`definition`], `ending`, `crash` |
//! | running code from outside, the end of the program | [`program`], `waiting` |
//!
//! Invariant: what only the actor itself may touch lies in its `Private` and is reached by the
//! worker that runs it, or through the context it runs with; everybody else sends signals.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::Wake;

mod board;
pub(crate) mod bound;
pub(crate) mod call;
pub(crate) mod clock;
pub mod coroutine;
pub mod crash;
pub mod definition;
mod ending;
pub(crate) mod envelope;
pub mod identity;
mod inbox;
pub(crate) mod link;
pub(crate) mod load;
pub(crate) mod mailbox;
pub(crate) mod monitor;
pub mod outcome;
mod parking;
mod places;
pub(crate) mod private;
pub mod program;
pub mod promise;
pub mod receive;
pub(crate) mod registry;
pub(crate) mod scheduler;
pub(crate) mod seeded;
pub(crate) mod signal;
pub mod spawn;
mod stack;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod timer;
pub(crate) mod trace;
pub mod waiting;
mod worker;

use call::Slot;
use definition::ActorDefinition;
use envelope::{Envelope, Extra};
use identity::{ActorId, PidBody};
use mailbox::{Mailbox, OwnerCell};
use private::{Activity as Doing, Private};
use signal::{Exit, SignalKind};

use crate::builtin::Wait;
use crate::context::Cx;
use crate::failure::{Fault, FaultKind};
use crate::function::FunctionBody;
use crate::value::Value;

pub use crash::{CrashReport, set_crash_reporter};
pub use outcome::Outcome;
pub use program::{
    evaluate, evaluate_with, interrupt, run_in_actor, run_main, shut_down, start_session,
    wait_until_idle,
};
pub use waiting::{Activity, keep_alive, waits_for_actors};

/// See the module's head.
pub struct Actor {
    id: ActorId,
    marks: AtomicU8,
    mailbox: Mailbox<Envelope>,
    /// What it was spawned from; nil for a function.
    definition: Value,
    private: OwnerCell<Private>,
}

/// With the two counts of its `Arc`, its place in the table and the closure it waits with, an idle
/// actor stays below 256 bytes.
const _: () = assert!(size_of::<Actor>() <= 112);

/// What others may know of an actor without asking it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Mark {
    /// Had a registered name at some time.
    Registered = 1,
    /// Does jobs for the prompt and never ends.
    Session = 2,
    /// Was spawned from a supervisor's definition.
    Supervisor = 4,
    /// Is the child of a supervisor.
    Supervised = 8,
    /// Somebody hears of its messages.
    Traced = 16,
    /// Only so many messages may wait for it.
    Bounded = 32,
    /// It was met in a sample of CPU time.
    Sampled = 64,
}

impl Actor {
    /// Its number.
    pub fn id(&self) -> ActorId {
        self.id
    }

    /// Has it ended?
    pub fn is_ended(&self) -> bool {
        self.mailbox.is_closed()
    }

    /// The name of the definition it was spawned from.
    pub(crate) fn kind(&self) -> Option<Arc<str>> {
        let definition = self.definition.as_native::<ActorDefinition>()?;
        Some(definition.name().clone())
    }

    /// What it was spawned from; nil for a function.
    pub(crate) fn definition(&self) -> &Value {
        &self.definition
    }

    /// The state of an actor that waits in the loop of its definition. The matcher it waits with
    /// has captured that first.
    pub(crate) fn state(&self, private: &Private) -> Option<Vec<Value>> {
        let Doing::Parked(matcher) = &private.activity else {
            return None;
        };
        self.state_in(matcher, private)
    }

    fn state_in(&self, matcher: &Value, private: &Private) -> Option<Vec<Value>> {
        let reloaded = private.rare().and_then(|rare| rare.reloaded.as_ref());
        let definition = reloaded.unwrap_or(&self.definition);
        let arity = definition.as_native::<ActorDefinition>()?.state_arity();
        let captured = matcher.slots::<FunctionBody>()?;
        Some(captured.get(..arity)?.to_vec())
    }

    /// Is it a supervisor that nobody supervises?
    pub(crate) fn is_root(&self) -> bool {
        self.is(Mark::Supervisor) && !self.is(Mark::Supervised) && !self.is_ended()
    }

    pub(crate) fn mark(&self, mark: Mark) {
        self.marks.fetch_or(mark as u8, Ordering::SeqCst);
    }

    pub(crate) fn unmark(&self, mark: Mark) {
        self.marks.fetch_and(!(mark as u8), Ordering::SeqCst);
    }

    pub(crate) fn is(&self, mark: Mark) -> bool {
        self.marks.load(Ordering::SeqCst) & mark as u8 != 0
    }
}

impl Wake for Actor {
    fn wake(self: Arc<Actor>) {
        if self.mailbox.wake() {
            scheduler::schedule(self);
        }
    }

    fn wake_by_ref(self: &Arc<Actor>) {
        if self.mailbox.wake() {
            scheduler::schedule(self.clone());
        }
    }
}

/// How many threads run actors, and how much stack one may use.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// `None`: the environment's `BATUTA_WORKERS`, else one per core.
    pub workers: Option<usize>,
    /// Bytes of stack per actor; `None`: 1 GiB.
    pub max_stack: Option<usize>,
    /// Everything that could happen in one order or another happens as this number says.
    pub seed: Option<u64>,
}

impl Config {
    fn worker_count(&self) -> usize {
        let from_environment = || {
            std::env::var("BATUTA_WORKERS")
                .ok()
                .and_then(|text| text.parse().ok())
        };
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.workers
            .or_else(from_environment)
            .unwrap_or_else(cores)
            .clamp(1, 1024)
    }
}

/// Starts the threads that run actors. The first call counts; without one they start with the
/// first actor.
pub fn start(config: &Config) {
    if let Some(bytes) = config.max_stack {
        coroutine::set_max_stack(bytes);
    }
    scheduler::start(config);
}

/// Bytes of stack of a thread that may run the compiler.
const COMPILER_STACK: usize = 256 << 20;

/// The small tokio that timers, sockets and files of builtins live in.
///
/// # Panics
/// If the system does not let the process start a thread.
pub fn runtime_handle() -> &'static tokio::runtime::Handle {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    RUNTIME
        .get_or_init(|| {
            tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .thread_name("batuta-io")
                // The compiler runs here too, and recurs as deep as forms nest. Only what is
                // touched costs memory.
                .thread_stack_size(COMPILER_STACK)
                .enable_all()
                .build()
                .expect("the system lets the process start one more thread")
        })
        .handle()
}

/// Runs something that may take long, or block, on a thread of its own kind.
pub fn blocking(run: impl FnOnce() -> Result<Value, Fault> + Send + 'static) -> Wait {
    let guarded = move || {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(run))
            .unwrap_or_else(|panic| Err(waiting::panic_fault(&*panic)))
    };
    let in_pool = seeded::InPool::enter();
    let task = runtime_handle().spawn_blocking(move || {
        let result = guarded();
        if let Ok(value) = &result {
            value.publish();
        }
        result
    });
    Box::pin(async move {
        let _in_pool = in_pool;
        task.await
            .unwrap_or_else(|_| Err(Fault::new(FaultKind::Io, "the program is ending")))
    })
}

/// The actor that an address names: a pid, a registered name, a definition. `None`: no such name,
/// or a pid of no actor of this process.
pub fn resolve(who: &str, address: &Value) -> Result<Option<Arc<Actor>>, Fault> {
    if let Some(pid) = address.as_object::<PidBody>() {
        return Ok(pid.actor().cloned());
    }
    if let Some(definition) = address.as_native::<ActorDefinition>() {
        return definition.address(address).map(Some);
    }
    if registry::is_name(address) {
        return Ok(registry::find(address));
    }
    Err(Fault::wrong_type(
        who,
        "a pid, a registered name or an actor definition",
        address,
    ))
}

/// Sends a message. False: there is no such actor (any more).
pub fn send(address: &Value, message: Value) -> Result<bool, Fault> {
    // A pid is by far the most frequent address; its actor need not be counted.
    if let Some(pid) = address.as_object::<PidBody>() {
        return Ok(pid
            .actor()
            .is_some_and(|actor| post(actor, message, Extra::None)));
    }
    let actor = resolve("send", address)?;
    Ok(actor.is_some_and(|actor| post(&actor, message, Extra::None)))
}

/// Sends a message that wants an answer; gives where the answer will come.
pub(crate) fn send_call(to: &Arc<Actor>, message: Value) -> Arc<Slot> {
    let slot = Slot::new();
    if !post(to, message, Extra::Call(slot.clone())) {
        slot.fill(call::Answer::Down(Value::keyword("noproc")));
    }
    slot
}

fn post(to: &Arc<Actor>, message: Value, extra: Extra) -> bool {
    if to.is(Mark::Bounded) {
        bound::count_one_more(to);
    }
    post_counted(to, message, extra)
}

/// Sends a message to an actor.
pub(crate) fn send_to(to: &Arc<Actor>, message: Value) {
    post(to, message, Extra::None);
}

/// Sends a message for which there is room in the actor's bounded mailbox.
pub(crate) fn send_counted(to: &Arc<Actor>, message: Value) {
    post_counted(to, message, Extra::None);
}

fn post_counted(to: &Arc<Actor>, message: Value, extra: Extra) -> bool {
    message.publish();
    if to.is(Mark::Traced) {
        trace::received(to, &message);
    }
    match to.mailbox.push(Envelope::new(message, extra)) {
        Ok(true) => {
            scheduler::schedule(to.clone());
            true
        }
        Ok(false) => true,
        Err(_) => false,
    }
}

/// Sends an exit signal, as `(exit pid reason)` does.
pub(crate) fn exit(to: &Arc<Actor>, from: Arc<Actor>, reason: Value) {
    reason.publish();
    signal::send(
        to,
        SignalKind::Exit(Exit {
            from,
            reason,
            by_link: false,
        }),
    );
}

/// Remembers the running actor's state for its `terminate`, if its definition has one.
pub fn remember_state(cx: &mut Cx, state: &[Value]) {
    let Some((_, private)) = coroutine::private_of(cx) else {
        return;
    };
    if let Some(rare) = private.rare_if_any()
        && rare.definition.is_some()
    {
        rare.state = Some(state.to_vec());
    }
}
