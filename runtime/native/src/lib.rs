//! What a process that runs Batuta code needs around the runtime, be it the `batuta` command or a
//! program compiled ahead of time: its allocator, signals, reports of what went wrong, and the
//! start of compiled programs ([`start`]), which are linked with this crate as a static library, or
//! with one that holds it and more.

pub mod allocator;
pub mod data_place;
pub mod huge_pages;
pub mod load_path;
pub mod report;
pub mod signals;
pub mod start;
pub mod with_compiler;

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use batuta_runtime::actor;

#[global_allocator]
static ALLOCATOR: allocator::Allocator = allocator::Allocator;

/// Exit code of a crash.
pub const CRASHED: u8 = 1;
/// Exit code of wrong usage.
pub const MISUSED: u8 = 2;

/// Writes to standard output. False: nobody reads it any more.
pub fn write_out(text: &str) -> bool {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .is_ok()
}

/// What is done when the process ends.
static AT_END: Mutex<Vec<fn()>> = Mutex::new(Vec::new());

/// Says what [`finish`] does once the actors have ended, after what was said before. It may be done
/// twice: by a signal and by the end of the program.
pub fn at_end(end: fn()) {
    let mut ends = AT_END.lock().unwrap_or_else(PoisonError::into_inner);
    ends.push(end);
}

/// Ends the actors, does what [`at_end`] said, and hands on what output is held back.
pub fn finish() {
    actor::shut_down();
    let ends = AT_END
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    ends.iter().for_each(|end| end());
    // A reader that has gone needs no output.
    let _ = write_out("");
}
