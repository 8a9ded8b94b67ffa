//! Ctrl-C and SIGTERM: they stop the prompt's running form, or end the program in order.
//!
//! Invariant: a second signal while the program is ending ends it at once.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use batuta_runtime::actor;
use batuta_runtime::value::Value;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Exit code of a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;
/// Exit code of a program that SIGTERM ended.
const TERMINATED: i32 = 143;

/// The session whose running entry Ctrl-C stops.
#[derive(Clone)]
pub struct Interruptible {
    session: Value,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    is_running: AtomicBool,
    is_interrupted: AtomicBool,
}

static INTERRUPTIBLE: Mutex<Option<Interruptible>> = Mutex::new(None);

impl Interruptible {
    /// For a session of the prompt; from now on Ctrl-C does not end the program.
    pub fn install(session: Value) -> Interruptible {
        let interruptible = Interruptible {
            session,
            state: Arc::default(),
        };
        *lock() = Some(interruptible.clone());
        interruptible
    }

    /// Runs an entry that Ctrl-C may stop.
    pub fn while_running<T>(&self, run: impl FnOnce() -> T) -> T {
        self.state.is_interrupted.store(false, Ordering::SeqCst);
        self.state.is_running.store(true, Ordering::SeqCst);
        let result = run();
        self.state.is_running.store(false, Ordering::SeqCst);
        result
    }

    /// What Ctrl-C does.
    pub fn interrupt(&self) {
        if self.state.is_running.load(Ordering::SeqCst) {
            self.state.is_interrupted.store(true, Ordering::SeqCst);
            actor::interrupt(&self.session);
        }
    }

    /// Told after a job was given to the session: a Ctrl-C that came between two jobs of an entry
    /// found nothing to stop.
    pub fn job_started(&self) {
        if self.state.is_interrupted.load(Ordering::SeqCst) {
            actor::interrupt(&self.session);
        }
    }
}

fn lock() -> std::sync::MutexGuard<'static, Option<Interruptible>> {
    INTERRUPTIBLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts to listen; `finish` ends the program in order.
///
/// # Errors
/// The system refuses a handler or a thread.
pub fn listen(finish: fn()) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let listen = move || {
        for signal in signals.forever() {
            let interruptible = lock().clone();
            match interruptible {
                Some(interruptible) if signal == SIGINT => interruptible.interrupt(),
                _ if signal == SIGINT => end(INTERRUPTED, finish),
                _ => end(TERMINATED, finish),
            }
        }
    };
    thread::Builder::new()
        .name("batuta-signals".into())
        .spawn(listen)
        .map(drop)
}

fn end(code: i32, finish: fn()) {
    static ENDING: AtomicBool = AtomicBool::new(false);
    let in_order = move || {
        finish();
        std::process::exit(code);
    };
    let is_second = ENDING.swap(true, Ordering::SeqCst);
    if is_second || thread::Builder::new().spawn(in_order).is_err() {
        std::process::exit(code);
    }
}
