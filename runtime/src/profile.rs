//! The sampling profiler: at each tick of CPU time, the stack of compiled code that runs.
//!
//! A signal handler follows the frame pointers of compiled code and puts return addresses into one
//! of a few slots; a thread empties them into a table. Who compiles gives addresses their names.
//!
//! Invariants: the handler allocates nothing, takes no lock, and reads only the coroutine that its
//! own thread runs, within the bounds of its stack. Frames of Rust code have no frame pointers, so
//! each way from compiled code into Rust leaves a frame to go on from (`Cx::native`).

use std::cell::{Cell, UnsafeCell};
use std::collections::HashMap;
use std::ffi::{c_int, c_void};
use std::io;
use std::ops::Range;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering, fence};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::Mutex;

use crate::abi::call::{bt_native, bt_quick};
use crate::context::Cx;

/// CPU time between two samples; the system's own tick may be longer.
const PERIOD: Duration = Duration::from_millis(1);
/// So often the slots are emptied.
const EMPTYING: Duration = Duration::from_millis(20);
const SLOTS: usize = 64;
/// Frames of a sample; of a deeper stack the innermost ones are kept.
const FRAMES: usize = 500;
/// Words looked at for the first frame above Rust code on a coroutine's stack.
const SEARCHED_WORDS: usize = 512;

/// What ran in a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Leaf {
    /// Compiled code: the innermost frame.
    Compiled,
    /// The native function with this word.
    Native(u64),
    /// An entry of the ABI, at this address.
    Entry(usize),
    /// Rust code that compiled code called for itself.
    Runtime,
    /// No actor: the scheduler, the compiler, input and output.
    Outside,
}

/// A stack, innermost frame first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stack {
    /// What ran.
    pub leaf: Leaf,
    /// Where: an address in the innermost function, then return addresses.
    pub frames: Vec<usize>,
    /// Are the outermost frames missing?
    pub is_cut: bool,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Profile {
    /// How often each stack was met.
    pub stacks: HashMap<Stack, u64>,
    /// Samples for which there was no slot.
    pub lost: u64,
}

thread_local! {
    static RUNNING: Cell<*const Cx> = const { Cell::new(ptr::null()) };
}

/// The thread runs the coroutine of this context from now on, or none.
pub(crate) fn set_running(cx: *const Cx) {
    RUNNING.set(cx);
}

const FREE: u8 = 0;
const BUSY: u8 = 1;
const FULL: u8 = 2;

/// A sample on its way from the handler to the collector. Only who has set `state` to `BUSY`
/// touches the rest.
struct Slot {
    state: AtomicU8,
    raw: UnsafeCell<Raw>,
}

struct Raw {
    leaf: Leaf,
    count: usize,
    is_cut: bool,
    frames: [usize; FRAMES],
}

// SAFETY: `raw` is used by one thread at a time, as `state` says.
unsafe impl Sync for Slot {}

static SAMPLES: [Slot; SLOTS] = [const {
    Slot {
        state: AtomicU8::new(FREE),
        raw: UnsafeCell::new(Raw {
            leaf: Leaf::Outside,
            count: 0,
            is_cut: false,
            frames: [0; FRAMES],
        }),
    }
}; SLOTS];

static LOST: AtomicU64 = AtomicU64::new(0);
static CODE_START: AtomicUsize = AtomicUsize::new(0);
static CODE_END: AtomicUsize = AtomicUsize::new(0);
static IS_ON: AtomicBool = AtomicBool::new(false);
static COLLECTOR: Mutex<Option<JoinHandle<Profile>>> = Mutex::new(None);
static AT_END: OnceLock<fn()> = OnceLock::new();

/// Starts to take samples; compiled code lies in this range.
///
/// # Errors
/// The system refuses the signal handler, the timer or a thread.
pub fn start(code: Range<usize>) -> io::Result<()> {
    CODE_START.store(code.start, Ordering::Relaxed);
    CODE_END.store(code.end, Ordering::Relaxed);
    IS_ON.store(true, Ordering::SeqCst);
    let thread = std::thread::Builder::new().name("batuta-profiler".to_owned());
    *COLLECTOR.lock() = Some(thread.spawn(collect)?);
    listen()?;
    set_timer(PERIOD)
}

/// Stops; what was found, once.
pub fn stop() -> Option<Profile> {
    let collector = COLLECTOR.lock().take()?;
    // A timer that cannot be stopped costs samples nobody empties.
    let _ = set_timer(Duration::ZERO);
    IS_ON.store(false, Ordering::SeqCst);
    collector.join().ok()
}

/// What to do before the process ends, by whichever way. The first call counts.
pub fn at_end(write: fn()) {
    AT_END.get_or_init(|| write);
}

/// The process is about to end.
pub fn process_ends() {
    if let Some(write) = AT_END.get() {
        write();
    }
}

fn listen() -> io::Result<()> {
    let handler: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) = take_sample;
    // SAFETY: all-zero bytes are a valid, empty `sigaction`.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
    // SAFETY: the handler has the signature that SA_SIGINFO asks for and does only what a signal
    // handler may do (see the module's head).
    match unsafe { libc::sigaction(libc::SIGPROF, &raw const action, ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn set_timer(period: Duration) -> io::Result<()> {
    let time = libc::timeval {
        tv_sec: 0,
        tv_usec: i64::from(period.subsec_micros()),
    };
    let timer = libc::itimerval {
        it_interval: time,
        it_value: time,
    };
    // SAFETY: the timer is a valid one; its signal has a handler.
    match unsafe { libc::setitimer(libc::ITIMER_PROF, &raw const timer, ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Empties the slots until the profiler is stopped.
fn collect() -> Profile {
    let mut profile = Profile::default();
    loop {
        let goes_on = IS_ON.load(Ordering::SeqCst);
        for slot in &SAMPLES {
            if slot.state.load(Ordering::Acquire) == FULL {
                // SAFETY: a full slot is this thread's until it is free again.
                let raw = unsafe { &*slot.raw.get() };
                let stack = Stack {
                    leaf: raw.leaf,
                    frames: raw.frames[..raw.count].to_vec(),
                    is_cut: raw.is_cut,
                };
                *profile.stacks.entry(stack).or_default() += 1;
                slot.state.store(FREE, Ordering::Release);
            }
        }
        if !goes_on {
            profile.lost = LOST.load(Ordering::Relaxed);
            return profile;
        }
        std::thread::sleep(EMPTYING);
    }
}

/// The signal handler.
extern "C" fn take_sample(_: c_int, _: *mut libc::siginfo_t, context: *mut c_void) {
    let slot = SAMPLES.iter().find(|slot| {
        let claimed = slot
            .state
            .compare_exchange(FREE, BUSY, Ordering::Acquire, Ordering::Relaxed);
        claimed.is_ok()
    });
    let Some(slot) = slot else {
        LOST.fetch_add(1, Ordering::Relaxed);
        return;
    };
    // SAFETY: the system hands a handler with SA_SIGINFO the interrupted thread's registers.
    let registers = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    let at = |register: c_int| registers[register as usize] as usize;
    // SAFETY: this thread has just made the slot busy.
    let raw = unsafe { &mut *slot.raw.get() };
    raw.count = 0;
    raw.is_cut = false;
    raw.leaf = Leaf::Outside;
    let cx = RUNNING.get();
    if !cx.is_null() {
        // SAFETY: contexts are never freed, and this one's coroutine stands still on this thread
        // while the handler runs. Only words that are there at any time are read.
        let walk = unsafe { Walk::over(cx) };
        walk.sample(raw, at(libc::REG_RIP), at(libc::REG_RSP), at(libc::REG_RBP));
    }
    fence(Ordering::Release);
    slot.state.store(FULL, Ordering::Release);
}

fn is_code(address: usize) -> bool {
    (CODE_START.load(Ordering::Relaxed)..CODE_END.load(Ordering::Relaxed)).contains(&address)
}

/// The stack of a coroutine being read.
struct Walk {
    low: usize,
    high: usize,
    native_frame: usize,
    native_target: usize,
    native_subject: u64,
}

impl Walk {
    /// # Safety
    /// The context lives, and its coroutine belongs to the interrupted thread.
    unsafe fn over(cx: *const Cx) -> Walk {
        // SAFETY: as the caller says; each field is one word, read as it stands.
        unsafe {
            let (low, high) = (*cx).coroutine.extent();
            let native = (&raw const (*cx).native).read_volatile();
            Walk {
                low,
                high,
                native_frame: native.frame,
                native_target: native.target,
                native_subject: native.subject,
            }
        }
    }

    fn holds(&self, address: usize) -> bool {
        address >= self.low && address + 16 <= self.high && address.is_multiple_of(8)
    }

    /// A word of the stack.
    fn word(&self, address: usize) -> usize {
        debug_assert!(self.holds(address));
        // SAFETY: the address is aligned and within the stack's mapping.
        unsafe { (address as *const usize).read_volatile() }
    }

    fn sample(&self, raw: &mut Raw, instruction: usize, stack: usize, frame: usize) {
        if is_code(instruction) {
            raw.leaf = Leaf::Compiled;
            push(raw, instruction);
            self.frames_from(raw, frame);
        } else if self.holds(stack) {
            raw.leaf = Leaf::Runtime;
            if let Some(found) = self.caller_above(stack, |_| true) {
                push(raw, self.word(found));
                let trusted = self.holds(frame) && frame > found && is_code(self.word(frame + 8));
                let is_pair = |at: usize| self.holds(at - 8) && self.word(at - 8) > at;
                let next = match trusted {
                    true => Some(frame),
                    false => self.caller_above(found + 8, is_pair).map(|at| at - 8),
                };
                self.frames_from(raw, next.unwrap_or_default());
            }
        } else {
            let roads = [
                bt_native as *const () as usize,
                bt_quick as *const () as usize,
            ];
            raw.leaf = match roads.contains(&self.native_target) {
                true => Leaf::Native(self.native_subject),
                false => Leaf::Entry(self.native_target),
            };
            self.frames_from(raw, self.native_frame);
        }
    }

    /// Where the next return address into compiled code stands.
    fn caller_above(&self, from: usize, fits: impl Fn(usize) -> bool) -> Option<usize> {
        let words = (0..SEARCHED_WORDS).map(|index| from.next_multiple_of(8) + 8 * index);
        words
            .take_while(|at| self.holds(*at))
            .find(|at| is_code(self.word(*at)) && fits(*at))
    }

    /// Follows the frame pointers as far as they lead through compiled code.
    fn frames_from(&self, raw: &mut Raw, mut frame: usize) {
        while self.holds(frame) {
            let (next, back) = (self.word(frame), self.word(frame + 8));
            if !is_code(back) {
                return;
            }
            if !push(raw, back) {
                return;
            }
            if next <= frame {
                return;
            }
            frame = next;
        }
    }
}

fn push(raw: &mut Raw, address: usize) -> bool {
    raw.is_cut = raw.count == FRAMES;
    if !raw.is_cut {
        raw.frames[raw.count] = address;
        raw.count += 1;
    }
    !raw.is_cut
}
