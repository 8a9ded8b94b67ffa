//! Where printed text goes: the process's standard output, or what a test or tool puts there.
//!
//! One print call is one write. A closed pipe ends the program quietly, as Unix tools do.

use std::io::{self, Write};
use std::sync::Arc;

use parking_lot::RwLock;

use crate::failure::{Fault, FaultKind};

/// A place that takes text.
pub trait Output: Send + Sync {
    /// Takes one piece of text, whole.
    fn write(&self, text: &str) -> io::Result<()>;

    /// Hands on what is held back.
    fn flush(&self) -> io::Result<()>;
}

/// The process's standard output. Line by line to a terminal; else in blocks.
struct StandardOutput;

impl Output for StandardOutput {
    fn write(&self, text: &str) -> io::Result<()> {
        io::stdout().lock().write_all(text.as_bytes())
    }

    fn flush(&self) -> io::Result<()> {
        io::stdout().lock().flush()
    }
}

static OUTPUT: RwLock<Option<Arc<dyn Output>>> = RwLock::new(None);

/// Sends printed text elsewhere; `None` is standard output again.
pub fn redirect(output: Option<Arc<dyn Output>>) {
    *OUTPUT.write() = output;
}

fn current() -> Arc<dyn Output> {
    match &*OUTPUT.read() {
        Some(output) => output.clone(),
        None => Arc::new(StandardOutput),
    }
}

fn checked(result: io::Result<()>) -> Result<(), Fault> {
    match result {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => Err(Fault::new(
            FaultKind::Io,
            format!("cannot write to the output: {error}"),
        )),
    }
}

/// Writes one piece of text.
pub fn write(text: &str) -> Result<(), Fault> {
    checked(current().write(text))
}

/// Hands on what is held back.
pub fn flush() -> Result<(), Fault> {
    checked(current().flush())
}
