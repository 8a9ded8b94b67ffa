//! The heart of an open store: logs, the queue of commits, and who writes it.
//!
//! Whoever holds the writer takes what is queued, writes it as one group, syncs once and
//! acknowledges everything. There is no timer on this path: a group is what queued up while the one
//! before was being written. Whoever lets the writer go hands the queue over, so no commit is left
//! behind (see [`WriterGuard`]).

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use parking_lot::{Mutex, MutexGuard, RwLock};

use crate::describe::MemoryUse;
use crate::error::{AppendError, ReadError};
use crate::follow::Followers;
use crate::frame::FLAG_CLOSED;
use crate::groups::Groups;
use crate::ids::{CommitNumber, Cut, Epoch, StoreId};
use crate::limits::QUEUE_BYTES_MAX;
use crate::log_state::LogState;
use crate::partition::Partition;
use crate::recovery::RecoveryReport;
use crate::segment::SegmentRef;
use crate::store::StoreOptions;
use crate::ticket::{AppendTicket, Interest};
use dlog_sequencer::device::{Device, DeviceLock};

mod background;
mod numbered;
mod pending;
mod writer;

use background::Background;
pub(crate) use pending::{Conditions, Pending, PendingPart};
pub(crate) use writer::{FileContents, Writer};

/// An open store.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) device: Arc<dyn Device>,
    pub(crate) options: StoreOptions,
    pub(crate) store: StoreId,
    pub(crate) epoch: Epoch,
    pub(crate) report: RecoveryReport,
    pub(crate) logs: RwLock<Logs>,
    /// One change of the catalogue at a time.
    pub(crate) changing: Mutex<()>,
    pub(crate) manifest: Mutex<ManifestState>,
    pub(crate) is_sealing: AtomicBool,
    pub(crate) sealer: Mutex<Option<std::thread::JoinHandle<()>>>,
    /// Sealing does not keep up: appenders must help.
    is_behind: AtomicBool,
    /// What the store may grow to; the largest number for no limit.
    pub(crate) max_bytes: AtomicU64,
    queue: Mutex<Queue>,
    writer: Mutex<Writer>,
    /// When some partition's tail will be old enough to be sealed, as far as is known.
    age_due_us: AtomicI64,
    /// Syncs of the journal since the opening.
    pub(crate) flushes: AtomicU64,
    /// The last commit that readers see.
    visible: AtomicU64,
    refusal: Mutex<Option<AppendError>>,
    background: Background,
    pub(crate) followers: Followers,
    pub(crate) groups: Mutex<Groups>,
    /// Held while a group's generation is asked for or raised and the commit that goes with it is
    /// queued. Not `groups` itself: publishing takes that, and queueing may have to publish.
    pub(crate) group_order: Mutex<()>,
    pub(crate) lock: Mutex<Option<Box<dyn DeviceLock>>>,
}

/// The logs by name.
#[derive(Debug, Default)]
pub(crate) struct Logs {
    pub(crate) by_name: BTreeMap<String, Arc<LogState>>,
    pub(crate) next_id: u64,
}

/// The manifest in force.
#[derive(Debug)]
pub(crate) struct ManifestState {
    pub(crate) number: u64,
    pub(crate) next_segment: u64,
}

#[derive(Debug, Default)]
struct Queue {
    commits: VecDeque<Pending>,
    bytes: usize,
}

/// What an open store begins with.
pub(crate) struct Opened {
    pub(crate) device: Arc<dyn Device>,
    pub(crate) options: StoreOptions,
    pub(crate) store: StoreId,
    pub(crate) epoch: Epoch,
    pub(crate) report: RecoveryReport,
    pub(crate) logs: Logs,
    pub(crate) manifest: ManifestState,
    pub(crate) groups: Groups,
    pub(crate) writer: Writer,
    pub(crate) refusal: Option<AppendError>,
    pub(crate) lock: Option<Box<dyn DeviceLock>>,
}

impl Core {
    pub(crate) fn new(opened: Opened) -> Arc<Self> {
        let core = Arc::new(Self {
            device: opened.device,
            max_bytes: AtomicU64::new(opened.options.max_bytes.unwrap_or(u64::MAX)),
            options: opened.options,
            store: opened.store,
            epoch: opened.epoch,
            report: opened.report,
            logs: RwLock::new(opened.logs),
            changing: Mutex::new(()),
            manifest: Mutex::new(opened.manifest),
            is_sealing: AtomicBool::new(false),
            sealer: Mutex::new(None),
            is_behind: AtomicBool::new(false),
            age_due_us: AtomicI64::new(i64::MAX),
            flushes: AtomicU64::new(0),
            queue: Mutex::default(),
            visible: AtomicU64::new(opened.writer.last_commit().0),
            writer: Mutex::new(opened.writer),
            refusal: Mutex::new(opened.refusal),
            background: Background::default(),
            followers: Followers::default(),
            groups: Mutex::new(opened.groups),
            group_order: Mutex::new(()),
            lock: Mutex::new(opened.lock),
        });
        core.note_ages();
        core
    }

    /// Notes when a partition's tail will be old enough to be sealed.
    fn note_age(&self, partition: &Partition) {
        let due = partition
            .tail_since_us()
            .saturating_add(self.options.seal_age_us);
        self.age_due_us.fetch_min(due, Ordering::AcqRel);
    }

    /// The same of all partitions, when some were sealed.
    pub(crate) fn note_ages(&self) {
        let logs = self.logs.read();
        let partitions = logs.by_name.values().flat_map(|log| &log.partitions);
        partitions.for_each(|partition| self.note_age(partition));
    }

    /// Whether a partition's tail is old enough; true once, until ages are noted again.
    fn is_age_due(&self, now_us: i64) -> bool {
        let is_due = self.age_due_us.load(Ordering::Acquire) <= now_us;
        if is_due {
            self.age_due_us.store(i64::MAX, Ordering::Release);
        }
        is_due
    }

    /// Everything visible now.
    pub(crate) fn cut(&self) -> Cut {
        Cut(CommitNumber(self.visible.load(Ordering::SeqCst)))
    }

    /// Shows everything up to a commit.
    pub(crate) fn show(&self, commit: CommitNumber) {
        self.visible.store(commit.0, Ordering::SeqCst);
        self.followers.notify();
    }

    pub(crate) fn is_behind(&self) -> bool {
        self.is_behind.load(Ordering::Acquire)
    }

    pub(crate) fn memory_use(&self) -> MemoryUse {
        let logs = self.logs.read();
        let partitions = logs.by_name.values().flat_map(|log| &log.partitions);
        MemoryUse {
            queued_bytes: self.queue.lock().bytes as u64,
            tail_bytes: partitions.map(|partition| partition.tail_bytes()).sum(),
        }
    }

    /// Whether the store may grow.
    pub(crate) fn check_size(&self) -> Result<(), AppendError> {
        let max = self.max_bytes.load(Ordering::Relaxed);
        if max == u64::MAX {
            return Ok(());
        }
        let logs = self.logs.read();
        let partitions = logs.by_name.values().flat_map(|log| &log.partitions);
        // Segments that logs share are there once.
        let mut seen = HashSet::new();
        let mut bytes = 0;
        for partition in partitions {
            let own = partition.segments();
            let new = own.iter().filter(|segment| seen.insert(segment.id()));
            bytes += partition.tail_bytes() + new.map(SegmentRef::len).sum::<u64>();
        }
        if bytes < max {
            Ok(())
        } else {
            Err(AppendError::StoreFull { bytes, max })
        }
    }

    /// Why appends are refused, if they are.
    pub(crate) fn refusal(&self) -> Option<AppendError> {
        self.refusal.lock().clone()
    }

    /// Whether no other process can be writing. Found to be otherwise, nothing is written any more:
    /// the other one has a newer epoch.
    pub(crate) fn check_lock(&self) -> Result<(), AppendError> {
        let is_held = self.lock.lock().as_ref().is_none_or(|lock| lock.is_held());
        if is_held {
            return Ok(());
        }
        let why = "its lock file is gone, and another process may have taken the store; \
                   open it again"
            .to_owned();
        self.refuse(AppendError::ReadOnly { why });
        Err(self.refusal().unwrap_or(AppendError::Closed))
    }

    /// Refuses appends from now on; the first reason stays.
    pub(crate) fn refuse(&self, reason: AppendError) {
        self.refusal.lock().get_or_insert(reason);
    }

    pub(crate) fn find_log(&self, name: &str) -> Option<Arc<LogState>> {
        self.logs.read().by_name.get(name).cloned()
    }

    pub(crate) fn log_names(&self) -> Vec<String> {
        self.logs.read().by_name.keys().cloned().collect()
    }

    pub(crate) fn log_for_reading(&self, name: &str) -> Result<Arc<LogState>, ReadError> {
        self.find_log(name).ok_or_else(|| ReadError::NoSuchLog {
            log: name.to_owned(),
            known: self.log_names(),
        })
    }

    pub(crate) fn log_of_name(&self, name: &str) -> Result<Arc<LogState>, AppendError> {
        self.find_log(name).ok_or_else(|| AppendError::NoSuchLog {
            log: name.to_owned(),
            known: self.log_names(),
        })
    }

    pub(crate) fn log_for_append(&self, name: &str) -> Result<Arc<LogState>, AppendError> {
        let log = self.log_of_name(name)?;
        if log.is_frozen {
            let text = format!("the log {name} is a snapshot; clone it to append");
            return Err(AppendError::Refused { text });
        }
        Ok(log)
    }

    /// Queues a commit. Above the queue's limit the caller writes before it goes on.
    pub(crate) fn enqueue(self: &Arc<Self>, pending: Pending) -> Result<AppendTicket, AppendError> {
        let ticket = pending.ticket.clone();
        let mut queue = self.queue.lock();
        // Asked with the queue held: nothing gets behind the mark that closing puts there.
        if let Some(refusal) = self.refusal() {
            return Err(refusal);
        }
        queue.bytes += pending.payload.len();
        queue.commits.push_back(pending);
        let is_full = queue.bytes > QUEUE_BYTES_MAX;
        drop(queue);
        if is_full {
            self.writer().write_all();
        }
        Ok(AppendTicket::new(ticket, self.clone()))
    }

    /// The writer, if nobody has it.
    pub(crate) fn try_writer(self: &Arc<Self>) -> Option<WriterGuard<'_>> {
        Some(WriterGuard {
            core: self,
            writer: Some(self.writer.try_lock()?),
        })
    }

    /// The writer, when it is free.
    pub(crate) fn writer(self: &Arc<Self>) -> WriterGuard<'_> {
        WriterGuard {
            core: self,
            writer: Some(self.writer.lock()),
        }
    }

    /// Makes everything queued durable.
    pub(crate) fn flush(self: &Arc<Self>) -> Result<CommitNumber, AppendError> {
        let mut writer = self.writer();
        writer.write_all();
        writer.sync()
    }

    /// Has the background thread write the queue.
    pub(crate) fn wake_background(self: &Arc<Self>) {
        self.background.wake(self);
    }

    /// Gives the queue, if there is one, to somebody who cares for it.
    fn hand_over(self: &Arc<Self>) {
        let queue = self.queue.lock();
        for pending in &queue.commits {
            match pending.ticket.ask_to_lead() {
                Interest::Blocking => return,
                Interest::Background => {
                    drop(queue);
                    self.wake_background();
                    return;
                }
                // Its owner will wait, poll or drop it, and each of these finds the writer.
                Interest::Idle => {}
            }
        }
    }

    /// Writes what is queued, marks the end of the epoch and refuses everything later.
    pub(crate) fn close(self: &Arc<Self>) -> Result<(), AppendError> {
        // A seal that is nearly done frees the journal that the next opening would read.
        self.join_sealer();
        let mark = Pending::mark(FLAG_CLOSED);
        let ticket = mark.ticket.clone();
        let queue = self.queue.lock();
        let is_open = self.refusal().is_none();
        if is_open {
            self.refuse(AppendError::Closed);
        }
        drop(queue);
        let mut writer = self.writer();
        writer.write_all();
        // All of it is durable before the mark is written, so that the mark can prove it was.
        if is_open {
            match writer.sync() {
                Ok(_) => {
                    self.queue.lock().commits.push_back(mark);
                    writer.write_all();
                }
                Err(error) => ticket.complete(Err(error)),
            }
        }
        writer.get().journal = None;
        drop(writer);
        self.finish();
        if is_open {
            AppendTicket::new(ticket, self.clone()).wait().map(drop)
        } else {
            Ok(())
        }
    }

    fn join_sealer(&self) {
        let sealer = self.sealer.lock().take();
        let current = std::thread::current().id();
        if let Some(sealer) = sealer.filter(|sealer| sealer.thread().id() != current) {
            drop(sealer.join());
        }
    }

    fn finish(&self) {
        self.background.stop();
        self.join_sealer();
        self.followers.notify();
        *self.lock.lock() = None;
    }
}

/// The right to write. Letting it go hands the queue over to the next.
pub(crate) struct WriterGuard<'c> {
    core: &'c Arc<Core>,
    writer: Option<MutexGuard<'c, Writer>>,
}

impl WriterGuard<'_> {
    fn parts(&mut self) -> (&Arc<Core>, &mut Writer) {
        let writer = self
            .writer
            .as_mut()
            .expect("the guard is taken only when it is dropped");
        (self.core, writer)
    }

    /// Writes one group of what is queued.
    pub(crate) fn write_group(&mut self) {
        let (core, writer) = self.parts();
        writer.write_group(core);
    }

    /// Writes until nothing is queued.
    pub(crate) fn write_all(&mut self) {
        while !self.core.queue.lock().commits.is_empty() {
            self.write_group();
        }
    }

    /// Makes everything written durable; the last commit of it.
    pub(crate) fn sync(&mut self) -> Result<CommitNumber, AppendError> {
        let (core, writer) = self.parts();
        writer.sync(core)
    }

    /// The writer itself.
    pub(crate) fn get(&mut self) -> &mut Writer {
        self.parts().1
    }
}

impl Drop for WriterGuard<'_> {
    fn drop(&mut self) {
        self.writer = None;
        self.core.hand_over();
    }
}
