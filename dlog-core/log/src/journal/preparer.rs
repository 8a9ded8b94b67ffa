//! The background thread that writes journal files ahead of their frames.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use crate::journal::JournalFile;

/// A running thread; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Preparer {
    requests: Option<Sender<Arc<JournalFile>>>,
    thread: Option<JoinHandle<()>>,
}

impl Preparer {
    /// Starts the thread. Without one the writer grows files itself, only later and slower.
    pub(crate) fn start() -> Self {
        let (requests, files) = channel::<Arc<JournalFile>>();
        let work = move || files.iter().for_each(|file| file.grow_ahead());
        let thread = std::thread::Builder::new()
            .name("dlog-prepare".to_owned())
            .spawn(work);
        Self {
            requests: Some(requests),
            thread: thread.ok(),
        }
    }

    /// Has a file grown by a step.
    pub(crate) fn request(&self, file: &Arc<JournalFile>) {
        if let Some(requests) = &self.requests {
            // Fails only when the thread is gone, and then the writer prepares for itself.
            drop(requests.send(file.clone()));
        }
    }
}

impl Drop for Preparer {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}
