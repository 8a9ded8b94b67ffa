//! The store: what other crates call.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::bound;
use crate::bulk;
use crate::catalogue::{Change, Durability, LogOptions};
use crate::clock::Clock;
use crate::commit::{Core, Pending};
use crate::datum::Datum;
use crate::error::{AppendError, CatalogError, OpenError, ReadError, SealError};
use crate::ids::{CommitNumber, Cut, Epoch, LogId, StoreId};
use crate::intake::{self, AppendBatch};
use crate::log_state::LogState;
use crate::lookup;
use crate::producers::AppendOptions;
use crate::record::StoredRecord;
use crate::recovery::{self, RecoveryReport};
use crate::rewrite::{self, Purged};
use crate::scan::{self, LogScan};
use crate::schema::LogSchema;
use crate::seal;
use crate::segment::SegmentRef;
use crate::ticket::AppendTicket;
use dlog_sequencer::device::{Device, FileDevice, MemoryDevice};

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// Its directory.
    pub dir: PathBuf,
    /// Only to read, beside a process that writes; what is committed later is not seen.
    pub read_only: bool,
    /// Whether a missing store is made.
    pub create: bool,
    /// A partition's tail is sealed when it has this many bytes.
    pub seal_bytes: u64,
    /// A partition's tail is sealed when its oldest record is this old, in microseconds, and the
    /// store is in use.
    pub seal_age_us: i64,
    /// A journal file is left for the next one at this size.
    pub journal_file_bytes: u64,
    /// What tells the time.
    pub clock: Clock,
    /// Columns of this many bytes become sealed segments at once, without the journal.
    pub bulk_bytes: usize,
    /// Appends are refused when segments and unsealed records have this many bytes.
    pub max_bytes: Option<u64>,
}

impl StoreOptions {
    /// The usual options, for a directory.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            read_only: false,
            create: true,
            seal_bytes: 32 << 20,
            seal_age_us: 3_600_000_000,
            clock: Clock::default(),
            journal_file_bytes: 64 << 20,
            bulk_bytes: 32 << 20,
            max_bytes: None,
        }
    }

    /// The same, only to read.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }
}

/// An open store. Clones are the same store; it is closed when the last one goes.
#[derive(Debug, Clone)]
pub struct Store {
    handle: Arc<Handle>,
}

#[derive(Debug)]
struct Handle {
    core: Arc<Core>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        if let Err(error) = self.core.close() {
            tracing::warn!(%error, "the store was not closed as it should be; nothing acknowledged is lost");
        }
    }
}

/// Whether a log was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Creation {
    /// It is new.
    Created,
    /// It was there with the same options.
    AlreadyThere,
}

impl Store {
    /// Opens the store in a directory, or makes one.
    ///
    /// # Errors
    /// Another process writes to it, a file is damaged or of another format, or the system failed.
    pub fn open(options: StoreOptions) -> Result<Self, OpenError> {
        let device = Arc::new(FileDevice::new(&options.dir));
        Self::open_on(device, options)
    }

    /// A store in memory: the same in everything but that it is gone with the process.
    ///
    /// # Panics
    /// Never: an empty memory device has nothing that could fail.
    #[must_use]
    pub fn memory() -> Self {
        let opened = Self::open_on(Arc::new(MemoryDevice::new()), StoreOptions::new(""));
        opened
            .expect("an empty memory device holds no file that could be locked, damaged or refused")
    }

    /// Opens the store on a device; `options.dir` only names it in messages.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_on(device: Arc<dyn Device>, options: StoreOptions) -> Result<Self, OpenError> {
        let core = recovery::open(device, options)?;
        Ok(Self {
            handle: Arc::new(Handle { core }),
        })
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.handle.core
    }

    /// Makes everything durable, marks the end and lets the directory go. Later appends are refused.
    ///
    /// # Errors
    /// The mark could not be written; what was acknowledged is not concerned.
    pub fn close(&self) -> Result<(), AppendError> {
        self.core().close()
    }

    /// Whether it is in memory.
    #[must_use]
    pub fn is_memory(&self) -> bool {
        self.dir().is_none()
    }

    /// Whether appends are refused.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.core().refusal().is_some()
    }

    /// Its directory, where it has one.
    #[must_use]
    pub fn dir(&self) -> Option<&Path> {
        self.core().device.root()
    }

    /// Its identity.
    #[must_use]
    pub fn store_id(&self) -> StoreId {
        self.core().store
    }

    /// The epoch of this opening.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.core().epoch
    }

    /// What opening it found.
    #[must_use]
    pub fn recovery(&self) -> &RecoveryReport {
        &self.core().report
    }

    /// Where it is kept; counters beside it go there too.
    #[must_use]
    pub fn device(&self) -> &Arc<dyn Device> {
        &self.core().device
    }

    /// Makes a log; does nothing if it is there with the same options.
    ///
    /// # Errors
    /// The name or an option cannot be, the log is there with others, or the commit failed.
    pub fn create_log(&self, name: &str, options: LogOptions) -> Result<Creation, CatalogError> {
        options.check(name)?;
        let core = self.core();
        let _one_at_a_time = core.changing.lock();
        if let Some(log) = core.find_log(name) {
            if log.is_frozen {
                return Err(CatalogError::Different {
                    log: name.to_owned(),
                    what: "what another log had, as a snapshot".to_owned(),
                });
            }
            return match log.options().difference(&options) {
                None => Ok(Creation::AlreadyThere),
                Some(what) => Err(CatalogError::Different {
                    log: name.to_owned(),
                    what,
                }),
            };
        }
        let id = LogId(core.logs.read().next_id);
        let change = Change::Create {
            id,
            name: name.to_owned(),
            options: options.clone(),
        };
        core.enqueue(Pending::change(change))?.wait()?;
        let mut logs = core.logs.write();
        logs.next_id = id.0 + 1;
        logs.by_name.insert(
            name.to_owned(),
            Arc::new(recovery::new_log(id, name.to_owned(), options)),
        );
        Ok(Creation::Created)
    }

    /// Drops a log with all its records; false if there was none. Running scans go on.
    ///
    /// # Errors
    /// The commit failed.
    pub fn drop_log(&self, name: &str) -> Result<bool, CatalogError> {
        let core = self.core();
        let _one_at_a_time = core.changing.lock();
        let Some(log) = core.find_log(name) else {
            return Ok(false);
        };
        core.enqueue(Pending::change(Change::Drop { id: log.id }))?
            .wait()?;
        log.dropped.store(true, Ordering::Release);
        core.logs.write().by_name.remove(name);
        let segments: Vec<SegmentRef> = log
            .partitions
            .iter()
            .flat_map(|partition| partition.segments())
            .collect();
        if segments.is_empty() {
            return Ok(true);
        }
        match seal::write_manifest_now(core) {
            Ok(()) => segments.iter().for_each(SegmentRef::make_obsolete),
            Err(error) => {
                tracing::warn!(log = name, %error, "the files of a dropped log stay until the next opening")
            }
        }
        Ok(true)
    }

    /// The names of the logs, sorted.
    #[must_use]
    pub fn logs(&self) -> Vec<String> {
        self.core().log_names()
    }

    pub(crate) fn find_log(&self, name: &str) -> Result<Arc<LogState>, CatalogError> {
        let core = self.core();
        core.find_log(name).ok_or_else(|| CatalogError::NoSuchLog {
            log: name.to_owned(),
            known: core.log_names(),
        })
    }

    /// Appends all batches as one commit.
    ///
    /// # Errors
    /// A batch does not fit its log, or the store takes no appends; nothing was stored. What happens
    /// later is told by the ticket.
    pub fn append(
        &self,
        batches: Vec<AppendBatch>,
        ack: Option<Durability>,
    ) -> Result<AppendTicket, AppendError> {
        let options = AppendOptions {
            ack,
            ..AppendOptions::default()
        };
        self.append_with(batches, &options)
    }

    /// Appends all batches as one commit, if what the options ask for holds when it gets its number.
    ///
    /// # Errors
    /// As [`append`](Self::append); that a condition does not hold is told by the ticket.
    pub fn append_with(
        &self,
        batches: Vec<AppendBatch>,
        options: &AppendOptions,
    ) -> Result<AppendTicket, AppendError> {
        let core = self.core();
        let logs = intake::logs_of(core, &batches)?;
        bound::make_room(core, &logs)?;
        if bulk::is_bulk(core, &batches, options) {
            return bulk::append(core, logs, batches, options);
        }
        let pending = intake::prepare(logs, batches, options)?;
        core.enqueue(pending)
    }

    /// Deletes a key's record; `None` if it has none, and then nothing is stored.
    ///
    /// # Errors
    /// As [`append`](Self::append); the log has no key.
    pub fn delete(
        &self,
        log: &str,
        key: &Datum,
        ack: Option<Durability>,
    ) -> Result<Option<AppendTicket>, AppendError> {
        let state = self.core().log_for_append(log)?;
        let found = lookup::find_key(&state, key).map_err(|error| AppendError::Refused {
            text: error.to_string(),
        })?;
        if found.is_none() {
            return Ok(None);
        }
        self.append(vec![AppendBatch::tombstones(log, vec![key.clone()])], ack)
            .map(Some)
    }

    /// Makes everything appended so far durable.
    ///
    /// # Errors
    /// The sync failed.
    pub fn flush(&self) -> Result<CommitNumber, AppendError> {
        self.core().flush()
    }

    /// Seals everything visible of a log now; the number of segments.
    ///
    /// # Errors
    /// There is no such log, or a file could not be written: the records stay where they were.
    pub fn seal(&self, log: &str) -> Result<usize, SealError> {
        let log = self.log_to_change(log)?;
        seal::seal_log(self.core(), &log)
    }

    /// Takes away what the log's retention lets go of; how many records.
    ///
    /// # Errors
    /// There is no such log, or a file could not be written: everything stays as it was.
    pub fn retain(&self, log: &str) -> Result<u64, SealError> {
        let log = self.log_to_trim(log)?;
        rewrite::retain(self.core(), &log)
    }

    /// Takes away sealed records of a keyed log that were replaced at or before a cut, and tombstones
    /// older than `tombstone_age_us`; how many records. What the log was before the cut can no
    /// longer be shown.
    ///
    /// # Errors
    /// There is no such log, it has no key, or a file could not be written.
    pub fn compact(&self, log: &str, cut: Cut, tombstone_age_us: i64) -> Result<u64, SealError> {
        let log = self.log_to_trim(log)?;
        rewrite::compact(self.core(), &log, cut, tombstone_age_us)
    }

    /// Takes away every record of a key, from segments and journal. The log shows everything else
    /// as before, also as of earlier times. Other logs, clones and snapshots among them, keep the key
    /// until it is purged from them: the answer names them.
    ///
    /// # Errors
    /// There is no such log, it has no key, or a file could not be written: then some may remain,
    /// and it is to be called again.
    pub fn purge(&self, log: &str, key: &Datum) -> Result<Purged, SealError> {
        let log = self.log_to_change(log)?;
        rewrite::purge(self.core(), &log, key)
    }

    fn log_to_change(&self, log: &str) -> Result<Arc<LogState>, SealError> {
        if let Some(refusal) = self.core().refusal() {
            return Err(refusal.into());
        }
        Ok(self.core().log_for_reading(log)?)
    }

    fn log_to_trim(&self, name: &str) -> Result<Arc<LogState>, SealError> {
        let log = self.log_to_change(name)?;
        if log.is_frozen {
            let text = format!("the log {name} is a snapshot and stays as it is; drop it instead");
            return Err(ReadError::Refused { text }.into());
        }
        Ok(log)
    }

    /// Everything visible now.
    #[must_use]
    pub fn cut(&self) -> Cut {
        self.core().cut()
    }

    /// What was visible at a time, in microseconds since 1970.
    ///
    /// # Errors
    /// A segment cannot be read.
    pub fn cut_as_of(&self, time_us: i64) -> Result<Cut, ReadError> {
        scan::cut_as_of(self.core(), time_us)
    }

    /// A log as it is at a cut.
    ///
    /// # Errors
    /// There is no such log, or its tail cannot be read.
    pub fn scan(&self, log: &str, cut: Cut) -> Result<LogScan, ReadError> {
        scan::scan(&self.core().log_for_reading(log)?, cut)
    }

    /// The newest record of a key, without planning a query.
    ///
    /// # Errors
    /// There is no such log, it has no key, or a file cannot be read.
    pub fn find_row(&self, log: &str, key: &Datum) -> Result<Option<StoredRecord>, ReadError> {
        lookup::find_row(&self.core().log_for_reading(log)?, key)
    }

    /// The columns of a log.
    ///
    /// # Errors
    /// There is no such log.
    pub fn schema(&self, log: &str) -> Result<LogSchema, ReadError> {
        Ok(self.core().log_for_reading(log)?.schema().schema.clone())
    }
}
