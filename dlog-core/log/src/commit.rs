//! The heart of an open store: logs, and what is on its way into them.
//!
//! Commits wait in the `queue`, where somebody takes the `writer` and writes them as a group.

use std::collections::{BTreeMap, HashSet};
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::{Mutex, RwLock};

use crate::beside::Beside;
use crate::describe::MemoryUse;
use crate::error::{AppendError, ReadError};
use crate::follow::{Followers, Shown};
use crate::frame::FLAG_CLOSED;
use crate::groups::Groups;
use crate::ids::{CommitNumber, Cut, Epoch, StoreId};
use crate::limits::QUEUE_BYTES_MAX;
use crate::log_state::LogState;
use crate::partition::Partition;
use crate::recovery::RecoveryReport;
use crate::segment::SegmentRef;
use crate::store::StoreOptions;
use crate::ticket::{AppendTicket, Outcome, TicketState};
use dlog_sequencer::device::{Device, DeviceLock};

mod background;
mod numbered;
mod pending;
mod queue;
mod writer;

use background::Background;
pub(crate) use pending::{Conditions, Pending, PendingPart};
pub(crate) use queue::{CommitQueue, Committer, Queued, WriterGuard};
pub(crate) use writer::{FileContents, Space, Writer};

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
    queue: CommitQueue<Pending, Writer>,
    /// When some partition's tail will be old enough to be sealed, as far as is known.
    age_due_us: AtomicI64,
    /// Syncs of the journal since the opening.
    pub(crate) flushes: AtomicU64,
    /// The last commit that readers see.
    visible: AtomicU64,
    /// The first reason stays.
    refusal: OnceLock<AppendError>,
    background: Background,
    pub(crate) followers: Followers,
    pub(crate) groups: Mutex<Groups>,
    /// Held while a group's generation is asked for or raised and the commit that goes with it is
    /// queued. Not `groups` itself: publishing takes that, and queueing may have to publish.
    pub(crate) group_order: Mutex<()>,
    pub(crate) lock: Mutex<Option<Box<dyn DeviceLock>>>,
    /// In a store that is open to be read only.
    pub(crate) beside: Mutex<Option<Beside>>,
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
    pub(crate) beside: Option<Beside>,
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
            visible: AtomicU64::new(opened.writer.last_commit().0),
            queue: CommitQueue::new(opened.writer),
            refusal: opened.refusal.map_or_else(OnceLock::new, OnceLock::from),
            background: Background::default(),
            followers: Followers::default(),
            groups: Mutex::new(opened.groups),
            group_order: Mutex::new(()),
            lock: Mutex::new(opened.lock),
            beside: Mutex::new(opened.beside),
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
            queued_bytes: self.queue.bytes() as u64,
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
        self.refusal.get().cloned()
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
        self.refusal.get_or_init(|| reason);
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
        let waiting = self.queue.push(pending, || self.refusal())?;
        if waiting > QUEUE_BYTES_MAX {
            self.writer().write_all();
        }
        Ok(AppendTicket::new(ticket, self.clone()))
    }

    /// Makes everything queued durable.
    pub(crate) fn flush(self: &Arc<Self>) -> Result<CommitNumber, AppendError> {
        let mut writer = self.writer();
        writer.write_all();
        writer.sync()
    }

    /// Writes what is queued, marks the end of the epoch and refuses everything later.
    pub(crate) fn close(self: &Arc<Self>) -> Result<(), AppendError> {
        // A seal that is nearly done frees the journal that the next opening would read.
        self.join_sealer();
        let mark = Pending::mark(FLAG_CLOSED);
        let ticket = mark.ticket.clone();
        let is_open = self.queue.hold(|| {
            let is_open = self.refusal().is_none();
            if is_open {
                self.refuse(AppendError::Closed);
            }
            is_open
        });
        let mut writer = self.writer();
        writer.write_all();
        // All of it is durable before the mark is written, so that the mark can prove it was.
        if is_open {
            match writer.sync() {
                Ok(_) => {
                    let Ok(_) = self.queue.push(mark, || None::<Infallible>);
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

impl Shown for Core {
    type Cut = Cut;

    fn cut(&self) -> Cut {
        Self::cut(self)
    }

    fn is_over(&self) -> bool {
        self.refusal.get() == Some(&AppendError::Closed)
    }
}

impl Queued for Pending {
    type Outcome = Outcome;

    fn ticket(&self) -> &TicketState<Outcome> {
        &self.ticket
    }

    fn bytes(&self) -> usize {
        self.payload.len()
    }
}

impl Committer for Arc<Core> {
    type Commit = Pending;
    type Writer = Writer;

    fn queue(&self) -> &CommitQueue<Pending, Writer> {
        &self.queue
    }

    fn write_group(&self, writer: &mut Writer) {
        writer.write_group(self);
    }

    fn wake_background(&self) {
        self.background.wake(self);
    }
}

impl WriterGuard<'_, Arc<Core>> {
    /// Makes everything written durable; the last commit of it.
    pub(crate) fn sync(&mut self) -> Result<CommitNumber, AppendError> {
        let (core, writer) = self.parts();
        writer.sync(core)
    }
}
