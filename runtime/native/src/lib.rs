//! What a process that runs Batuta code needs around the runtime, be it the `batuta` command or a
//! program compiled ahead of time: its allocator, signals, reports of what went wrong, and the
//! start of compiled programs ([`start`]), which are linked with this crate as a static library.

pub mod load_path;
pub mod report;
pub mod signals;
pub mod start;
pub mod with_compiler;

use std::io::{self, Write};

use batuta_runtime::actor;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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

/// Ends the actors and hands on what output is held back.
pub fn finish() {
    actor::shut_down();
    // A reader that has gone needs no output.
    let _ = write_out("");
}
