//! The thread that writes for tickets nobody blocks on, and syncs what was acknowledged unsynced.
//!
//! It is started when first needed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use crate::commit::{Committer, Core};

/// How long a `:process` commit waits for others before it is synced behind its acknowledgement.
const SYNC_DELAY: Duration = Duration::from_millis(50);

#[derive(Debug, Default)]
pub(crate) struct Background {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug, Default)]
struct Shared {
    wanted: Mutex<Wanted>,
    /// What `wanted` says of it, for a look without the lock.
    is_sync_wanted: AtomicBool,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Wanted {
    write: bool,
    sync: bool,
    stop: bool,
}

impl Background {
    /// Has the queue written.
    pub(crate) fn wake(&self, core: &Arc<Core>) {
        self.shared.wanted.lock().write = true;
        self.notify(core);
    }

    /// Has what was written synced before long; with the writer held.
    pub(crate) fn wake_for_sync(&self, core: &Arc<Core>) {
        // Taken back before the sync asks for the writer: who finds it set is synced with it.
        if self.shared.is_sync_wanted.load(Ordering::Relaxed) {
            return;
        }
        let mut wanted = self.shared.wanted.lock();
        wanted.sync = true;
        self.shared.is_sync_wanted.store(true, Ordering::Relaxed);
        drop(wanted);
        self.notify(core);
    }

    fn notify(&self, core: &Arc<Core>) {
        let mut thread = self.thread.lock();
        if thread.is_none() && !self.shared.wanted.lock().stop {
            let (shared, core) = (self.shared.clone(), core.clone());
            let builder = thread::Builder::new().name("dlog-commit".to_owned());
            match builder.spawn(move || run(&shared, &core)) {
                Ok(handle) => *thread = Some(handle),
                Err(error) => tracing::error!(%error, "the commit thread could not be started"),
            }
        }
        drop(thread);
        self.shared.changed.notify_one();
    }

    /// Ends the thread, which holds the store, and waits for it.
    pub(crate) fn stop(&self) {
        self.shared.wanted.lock().stop = true;
        self.shared.changed.notify_one();
        let handle = self.thread.lock().take();
        // A callback may have dropped the last handle of the store on that very thread.
        if let Some(handle) = handle.filter(|handle| handle.thread().id() != thread::current().id())
        {
            drop(handle.join());
        }
    }
}

fn run(shared: &Shared, core: &Arc<Core>) {
    loop {
        let mut wanted = shared.wanted.lock();
        while !wanted.write && !wanted.sync && !wanted.stop {
            shared.changed.wait(&mut wanted);
        }
        if wanted.stop {
            return;
        }
        if std::mem::take(&mut wanted.write) {
            drop(wanted);
            core.writer().write_all();
            continue;
        }
        shared.changed.wait_for(&mut wanted, SYNC_DELAY);
        if !wanted.write && !wanted.stop {
            wanted.sync = false;
            shared.is_sync_wanted.store(false, Ordering::Relaxed);
            drop(wanted);
            // A failure has made the store read-only and is reported to the next append.
            drop(core.writer().sync());
        }
    }
}
