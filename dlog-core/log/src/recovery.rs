//! Opening a store: manifest, journal, and what to do about what is not as it should be.
//!
//! Recovery never guesses: a torn end is dropped and said, damage is fenced and said, and what the
//! manifest does not name is removed. Every opening for writing starts a new epoch, durable before
//! the first append.

use std::collections::BTreeSet;
use std::fmt;
use std::io::ErrorKind;
use std::sync::Arc;

use crate::beside::Beside;
use crate::commit::{Core, Logs, ManifestState, Opened, Pending, Space, Writer};
use crate::error::{AppendError, OpenError};
use crate::frame::FLAG_EPOCH;
use crate::ids::{CommitNumber, Epoch, StoreId};
use crate::journal::{self, HEADER_BLOCK, Journal, JournalFile, Replayed, path_of, replay};
use crate::manifest::{self, Manifest};
use crate::segment;
use crate::store::StoreOptions;
use dlog_sequencer::device::{Device, DeviceLock, LockError, OpenMode, read_exact_at};

mod restore;

pub(crate) use restore::{Restored, new_log};

/// Held by the process that writes.
pub(crate) const LOCK_FILE: &str = "LOCK";

/// What an opening found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecoveryReport {
    /// Commits read back from the journal.
    pub replayed_commits: u64,
    /// Whether the store was closed as it should be, or is new.
    pub was_clean: bool,
    /// The torn end of the journal: never acknowledged as durable, gone now.
    pub dropped_tail: Option<DroppedTail>,
    /// Places that were durable once and cannot be read: the store takes no appends.
    pub damage: Vec<Damage>,
    /// Damaged places that a second copy made good.
    pub repaired: Vec<Damage>,
    /// Files that nothing named, removed.
    pub removed_files: Vec<String>,
}

/// Bytes behind the last frame that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DroppedTail {
    /// The file, relative to the store.
    pub file: String,
    /// Where they begin.
    pub position: u64,
    /// How many, up to the last that is not zero.
    pub bytes: u64,
}

/// A place that cannot be what was written there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The file, relative to the store.
    pub file: String,
    /// Where in it.
    pub position: u64,
    /// What is wrong.
    pub text: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is damaged at {}: {}",
            self.file, self.position, self.text
        )
    }
}

impl fmt::Display for RecoveryReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} commits read from the journal", self.replayed_commits)?;
        if let Some(tail) = &self.dropped_tail {
            let DroppedTail {
                file,
                position,
                bytes,
            } = tail;
            write!(
                f,
                "; {bytes} bytes of an unfinished commit dropped from {file} at {position}"
            )?;
        }
        for damage in &self.repaired {
            write!(f, "; {damage}; its second copy is used")?;
        }
        self.damage
            .iter()
            .try_for_each(|damage| write!(f, "; {damage}"))
    }
}

/// How often a reader beside a writer begins anew when files change under it.
const READER_ATTEMPTS: usize = 5;

/// Opens the store on a device.
pub(crate) fn open(device: Arc<dyn Device>, options: StoreOptions) -> Result<Arc<Core>, OpenError> {
    let dir = options.dir.clone();
    let opened = if options.read_only {
        open_beside_a_writer(device, options)
    } else {
        open_once(device, options)
    };
    opened.map_err(|error| match error {
        OpenError::Io { file, source, .. }
            if file == manifest::DIRECTORY && source.kind() == ErrorKind::NotADirectory =>
        {
            OpenError::NotADirectory { dir }
        }
        error => error,
    })
}

fn open_beside_a_writer(
    device: Arc<dyn Device>,
    options: StoreOptions,
) -> Result<Arc<Core>, OpenError> {
    let mut attempts = 1;
    loop {
        let before = manifest::newest_number(device.as_ref())?;
        let result = open_once(device.clone(), options.clone());
        let is_whole = result
            .as_ref()
            .is_ok_and(|core| core.report.damage.is_empty());
        // A writer that seals meanwhile removes what the manifest read first has named.
        let has_moved = manifest::newest_number(device.as_ref())? != before;
        if is_whole || !has_moved || attempts == READER_ATTEMPTS {
            return result;
        }
        attempts += 1;
    }
}

fn open_once(device: Arc<dyn Device>, options: StoreOptions) -> Result<Arc<Core>, OpenError> {
    let lock = if options.read_only {
        None
    } else {
        Some(take_lock(device.as_ref(), &options)?)
    };
    let (number, manifest, repaired) = find_manifest(&device, &options)?;
    let store = find_store(&manifest)?;
    let mut restored = Restored::from_manifest(&device, &manifest)?;
    let mut found = replay(
        device.as_ref(),
        store,
        manifest.journal_start,
        &mut |frame, file, generation, is_behind_damage| {
            restored.apply(frame, Some(file), generation, is_behind_damage)
        },
    )?;
    restored.keep_lost_logs();
    found.damage.append(&mut restored.damage);
    check_end(&manifest, &mut found);
    let mut opening = Opening {
        device,
        options,
        store,
        number,
        manifest,
        found,
        report: RecoveryReport {
            repaired,
            ..RecoveryReport::default()
        },
    };
    opening.make_report();
    let journal = if opening.may_write() {
        Some(opening.prepare_writing(&restored)?)
    } else {
        None
    };
    opening.start(restored, journal, lock)
}

fn take_lock(
    device: &dyn Device,
    options: &StoreOptions,
) -> Result<Box<dyn DeviceLock>, OpenError> {
    let io = |action| {
        move |source| OpenError::Io {
            action,
            file: LOCK_FILE.to_owned(),
            source,
        }
    };
    if options.create
        && let Err(source) = device.create_dir("")
    {
        return Err(match source.kind() {
            ErrorKind::AlreadyExists | ErrorKind::NotADirectory => OpenError::NotADirectory {
                dir: options.dir.clone(),
            },
            _ => io("make the directory of")(source),
        });
    }
    device.lock(LOCK_FILE).map_err(|error| match error {
        LockError::Held(holder) => OpenError::Locked {
            dir: options.dir.clone(),
            holder,
        },
        LockError::Io(source) if source.kind() == std::io::ErrorKind::NotFound => {
            OpenError::Missing {
                dir: options.dir.clone(),
            }
        }
        LockError::Io(source) => io("lock")(source),
    })
}

/// The manifest in force, or the first one of a new store.
fn find_manifest(
    device: &Arc<dyn Device>,
    options: &StoreOptions,
) -> Result<(u64, Manifest, Vec<Damage>), OpenError> {
    if let Some(found) = manifest::read_newest(device.as_ref())? {
        return Ok(found);
    }
    if options.read_only || !options.create {
        return Err(OpenError::Missing {
            dir: options.dir.clone(),
        });
    }
    if !journal::is_unused(device.as_ref())? {
        let text = "there is a journal but no manifest".to_owned();
        return Err(OpenError::Damaged {
            file: "manifest".to_owned(),
            text,
        });
    }
    // The journal first: from the manifest on, a missing journal is damage.
    let manifest = Manifest::new(StoreId::random());
    let store = find_store(&manifest)?;
    let created = journal::start(device, store, CommitNumber(0))
        .and_then(|()| Ok(manifest::write(device.as_ref(), 1, &manifest)?));
    created.map_err(|source| OpenError::Io {
        action: "create",
        file: "the store".to_owned(),
        source,
    })?;
    Ok((1, manifest, Vec::new()))
}

fn find_store(manifest: &Manifest) -> Result<StoreId, OpenError> {
    StoreId::parse(&manifest.store).ok_or_else(|| OpenError::Damaged {
        file: "manifest".to_owned(),
        text: "it names no store".to_owned(),
    })
}

/// The manifest was written when everything up to its commit was durable.
fn check_end(manifest: &Manifest, found: &mut Replayed) {
    if found.commit < manifest.commit {
        let text = format!(
            "it ends with commit {}, but commit {} was durable",
            found.commit, manifest.commit
        );
        let file = path_of(found.generation.unwrap_or(manifest.journal_start));
        found.damage.push(Damage {
            file,
            position: found.position,
            text,
        });
    }
}

/// A store between reading and use.
struct Opening {
    device: Arc<dyn Device>,
    options: StoreOptions,
    store: StoreId,
    number: u64,
    manifest: Manifest,
    found: Replayed,
    report: RecoveryReport,
}

impl Opening {
    fn make_report(&mut self) {
        let is_new = self.found.commit.0 == 0;
        self.report = RecoveryReport {
            replayed_commits: self.found.frames,
            was_clean: (self.found.is_clean || is_new) && self.found.damage.is_empty(),
            dropped_tail: self.found.dropped.clone(),
            damage: self.found.damage.clone(),
            repaired: std::mem::take(&mut self.report.repaired),
            removed_files: Vec::new(),
        };
        for damage in &self.report.repaired {
            tracing::warn!(%damage, "its second copy is used");
        }
        for damage in &self.report.damage {
            tracing::error!(%damage, "the store is fenced: it can be read, but takes no appends");
        }
        // To a reader an unfinished commit is one that a writer is at.
        if let Some(tail) = self
            .report
            .dropped_tail
            .as_ref()
            .filter(|_| !self.options.read_only)
        {
            tracing::warn!(
                file = tail.file,
                position = tail.position,
                bytes = tail.bytes,
                "an unfinished commit was dropped"
            );
        }
    }

    fn may_write(&self) -> bool {
        !self.options.read_only && self.found.damage.is_empty()
    }

    /// Cleans up and finds the place of the next frame.
    fn prepare_writing(&mut self, restored: &Restored) -> Result<Journal, OpenError> {
        let io = |source| OpenError::Io {
            action: "clean up",
            file: ".".to_owned(),
            source,
        };
        if restored.is_manifest_stale || !self.report.repaired.is_empty() {
            self.manifest
                .logs
                .retain(|log| restored.logs.contains_key(&log.id));
            self.number += 1;
            manifest::write(self.device.as_ref(), self.number, &self.manifest)
                .map_err(|error| io(error.into()))?;
        }
        self.report.removed_files = self.remove_unnamed().map_err(io)?;
        // A name that is seen may not be durable yet: whoever gave it may have failed to sync it.
        self.device.sync_dir("").map_err(io)?;
        self.device.sync_dir(journal::DIRECTORY).map_err(io)?;
        self.write_unproven_again().map_err(io)?;
        self.zero_torn_tail().map_err(io)?;
        self.continue_journal().map_err(|source| OpenError::Io {
            action: "continue",
            file: journal::DIRECTORY.to_owned(),
            source,
        })
    }

    fn remove_unnamed(&self) -> std::io::Result<Vec<String>> {
        let device = self.device.as_ref();
        let mut removed = manifest::remove_others(device, self.number)?;
        let segments = self.manifest.logs.iter().flat_map(|log| &log.segments);
        let mut named: BTreeSet<String> = segments.flat_map(|meta| meta.paths()).collect();
        let first = self.manifest.journal_start;
        let last = self.found.generation.unwrap_or(0);
        named.extend((first..=last).map(path_of));
        for dir in [segment::DIRECTORY, journal::DIRECTORY] {
            for name in device.list(dir)? {
                let path = format!("{dir}/{name}");
                if !named.contains(&path) {
                    device.remove(&path)?;
                    removed.push(path);
                }
            }
        }
        Ok(removed)
    }

    /// After a failed sync the system may show frames that are not on the disk and will never be:
    /// only bytes that are written again reach it with the sync of the next frame.
    fn write_unproven_again(&self) -> std::io::Result<()> {
        let Some(generation) = self.found.generation else {
            return Ok(());
        };
        let (mut start, end) = (self.found.unproven, self.found.position);
        if start == HEADER_BLOCK {
            start = 0;
        }
        let file = self.device.open(&path_of(generation), OpenMode::Write)?;
        let mut bytes = vec![0; usize::try_from(end - start).map_err(std::io::Error::other)?];
        read_exact_at(file.as_ref(), &mut bytes, start)?;
        file.write_at(&bytes, start)
    }

    /// Makes the end of the journal clean before anything is written there.
    fn zero_torn_tail(&self) -> std::io::Result<()> {
        let Some(tail) = &self.found.dropped else {
            return Ok(());
        };
        let file = self.device.open(&tail.file, OpenMode::Write)?;
        let zeros = vec![0; usize::try_from(tail.bytes).map_err(std::io::Error::other)?];
        file.write_at(&zeros, tail.position)?;
        file.sync_data()
    }

    fn continue_journal(&self) -> std::io::Result<Journal> {
        let bytes = self.options.journal_file_bytes;
        let generation = self.found.generation.unwrap_or(self.manifest.journal_start);
        let file = self.device.open(&path_of(generation), OpenMode::Write)?;
        let prepared = file.length()?;
        let file = JournalFile::over(&self.device, generation, file, prepared);
        Ok(Journal::at(
            &self.device,
            self.store,
            file,
            self.found.position,
            self.found.checksum,
            bytes,
        ))
    }

    fn start(
        self,
        restored: Restored,
        journal: Option<Journal>,
        lock: Option<Box<dyn DeviceLock>>,
    ) -> Result<Arc<Core>, OpenError> {
        let refusal = self.refusal();
        let commit = self.found.commit.max(self.manifest.commit);
        let start = self.manifest.journal_start;
        let beside = (self.options.read_only)
            .then(|| Beside::new(self.store, restored.clone(), start, &self.found));
        let by_name = restored
            .logs
            .into_values()
            .map(|log| (log.name.clone(), log))
            .collect();
        let core = Core::new(Opened {
            epoch: Epoch(
                self.found.epoch.max(self.manifest.epoch).0 + u64::from(refusal.is_none()),
            ),
            writer: Writer {
                journal,
                next_commit: CommitNumber(commit.0 + 1),
                last_time_us: self.found.append_time_us.max(self.manifest.append_time_us),
                durable: self.manifest.commit,
                files: restored.files,
                producers: restored.producers,
                space: Space::default(),
            },
            device: self.device,
            options: self.options,
            store: self.store,
            report: self.report,
            logs: Logs {
                by_name,
                next_id: restored.next_log,
            },
            manifest: ManifestState {
                number: self.number,
                next_segment: self.manifest.next_segment,
            },
            groups: restored.groups,
            refusal: refusal.clone(),
            lock,
            beside,
        });
        if refusal.is_none() {
            let failed = |error: AppendError| OpenError::Io {
                action: "begin a new epoch in",
                file: journal::DIRECTORY.to_owned(),
                source: std::io::Error::other(error.to_string()),
            };
            core.enqueue(Pending::mark(FLAG_EPOCH))
                .and_then(|ticket| ticket.wait())
                .map_err(failed)?;
        }
        Ok(core)
    }

    fn refusal(&self) -> Option<AppendError> {
        let why = match self.found.damage.first() {
            Some(damage) => {
                format!("{damage}; restore a backup, or copy what is readable to a new store")
            }
            None if self.options.read_only => {
                "it was opened so; open it without read-only".to_owned()
            }
            None => return None,
        };
        Some(AppendError::ReadOnly { why })
    }
}
