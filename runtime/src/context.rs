//! The context: what compiled code reaches through its first argument.
//!
//! It belongs to the coroutine that runs an actor's message, never to a worker or a thread, so it
//! stays valid when the actor migrates. The first fields are read and written by compiled code at
//! the offsets given here; the rest is Rust's.

use std::mem::offset_of;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use crate::actor::Actor;
use crate::builtin::{Resume, Wait};
use crate::failure_state::FailureState;
use crate::function::MAX_ARITY;
use crate::value::Value;

/// Words of the spill area: all register arguments and a few more.
pub const SPILL_WORDS: usize = MAX_ARITY + 4;

/// See the module's head.
#[repr(C)]
pub struct Cx {
    /// Lowest stack address a function may start at; `usize::MAX` asks the next poll to stop.
    pub stack_limit: AtomicUsize,
    /// Where a stub called with the preserve-all convention leaves its result.
    pub result: u64,
    /// The worker's own stack, free to use below this address.
    pub native_sp: usize,
    /// The last way from compiled code to the worker's own stack, for the profiler.
    pub native: NativeCall,
    /// Arguments on their way to or from a stub. The words are owned while they stand here.
    pub spill: [u64; SPILL_WORDS],
    /// How many arguments stand in the spill area (`SPREAD`: one list).
    pub spill_count: u64,
    /// Function to call for [`crate::value::Control::Call`], owned.
    pub callee: u64,
    /// Entry that the resolve stub found.
    pub entry: u64,
    /// 1 if the top of `resumes` gets the result of the call asked for; 0 if it is the result.
    pub resume: u64,

    /// The builtins that wait for the result of a call, innermost last.
    pub resumes: Vec<Box<dyn Resume>>,
    /// What the builtin that gave [`crate::value::Control::Pending`] waits for.
    pub pending: Option<Pending>,
    /// What `detach*` took out of a collection, until it is asked for.
    pub detached: Value,
    /// The failure under way.
    pub failure: FailureState,
    /// The actor that runs.
    pub actor: Option<Arc<Actor>>,
    /// Stack segments and the way back to the worker.
    pub coroutine: crate::actor::coroutine::CoroutineState,
}

/// What [`crate::abi::switch::bt_on_native`] notes.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct NativeCall {
    /// The frame pointer on the coroutine's stack.
    pub frame: usize,
    /// The Rust function that is called.
    pub target: usize,
    /// Its second argument: of a builtin, the function object.
    pub subject: u64,
}

/// A future with the rest of the builtin that waits for it.
pub struct Pending {
    /// What is waited for.
    pub future: Wait,
    /// Who gets its value; without one it is the result.
    pub then: Option<Box<dyn Resume>>,
}

/// Offset of [`Cx::stack_limit`].
pub const STACK_LIMIT_OFFSET: i32 = offset_of!(Cx, stack_limit) as i32;
/// Offset of [`Cx::result`].
pub const RESULT_OFFSET: i32 = offset_of!(Cx, result) as i32;
/// Offset of [`Cx::native_sp`].
pub const NATIVE_SP_OFFSET: i32 = offset_of!(Cx, native_sp) as i32;
/// Offset of [`Cx::native`].
pub const NATIVE_OFFSET: i32 = offset_of!(Cx, native) as i32;
/// Offset of [`Cx::spill`].
pub const SPILL_OFFSET: i32 = offset_of!(Cx, spill) as i32;
/// Offset of [`Cx::spill_count`].
pub const SPILL_COUNT_OFFSET: i32 = offset_of!(Cx, spill_count) as i32;
/// Offset of [`Cx::callee`].
pub const CALLEE_OFFSET: i32 = offset_of!(Cx, callee) as i32;
/// Offset of [`Cx::entry`].
pub const ENTRY_OFFSET: i32 = offset_of!(Cx, entry) as i32;
/// Offset of [`Cx::resume`].
pub const RESUME_OFFSET: i32 = offset_of!(Cx, resume) as i32;

impl Cx {
    /// A context for a coroutine.
    pub(crate) fn new(coroutine: crate::actor::coroutine::CoroutineState) -> Box<Cx> {
        Box::new(Cx {
            stack_limit: AtomicUsize::new(0),
            result: 0,
            native_sp: 0,
            native: NativeCall::default(),
            spill: [0; SPILL_WORDS],
            spill_count: 0,
            callee: 0,
            entry: 0,
            resume: 0,
            resumes: Vec::new(),
            pending: None,
            detached: Value::NIL,
            failure: FailureState::default(),
            actor: None,
            coroutine,
        })
    }

    /// Forgets what the last message left; between messages nothing is under way.
    pub(crate) fn reset(&mut self) {
        self.resumes.clear();
        self.pending = None;
        self.detached = Value::NIL;
        drop(self.failure.take());
    }

    /// Takes the first `count` arguments out of the spill area.
    pub fn take_spilled(&mut self, count: usize) -> Vec<Value> {
        // SAFETY: compiled code stores owned words there and gives them up with the call.
        self.spill[..count]
            .iter()
            .map(|word| unsafe { Value::from_word(*word) })
            .collect()
    }
}
