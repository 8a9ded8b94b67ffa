//! A damaged store made whole beside itself: whatever can be read goes to another device, where it
//! keeps its offsets and commits, and what cannot is named. The damaged store is only read.

use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;

use crate::backup::{copy_counter, copy_segment};
use crate::check::{COUNTERS, Checked, check, counter_files};
use crate::commit::Committer;
use crate::error::{OpenError, SealError};
use crate::ids::{Cut, Offset, StoreId};
use crate::journal;
use crate::log_state::LogState;
use crate::manifest::{self, Manifest, ManifestLog};
use crate::partition::{Marks, Partition};
use crate::recovery::{Damage, LOCK_FILE};
use crate::seal::{self, Edit};
use crate::segment::{self, SegmentMeta, SegmentOf, write_segment};
use crate::store::{Store, StoreOptions};
use dlog_sequencer::device::{Device, DeviceLock, LockError};
use dlog_sequencer::look_at_slots;

/// Why no mended store could be made.
#[derive(Debug, thiserror::Error)]
pub enum MendError {
    /// Nothing of the damaged store can be read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The mended store could not be written.
    #[error(transparent)]
    Write(#[from] SealError),
}

/// Why a backup was not restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// It is not whole; nothing was written.
    #[error("the backup is damaged: {0}; mend it to keep what can be read")]
    Damaged(Damage),
    /// It could not be read, or what it is restored to not written.
    #[error(transparent)]
    Mend(#[from] MendError),
}

/// What mending came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    /// What is wrong with the damaged store.
    pub found: Checked,
    /// What is in the mended one; it is whole.
    pub mended: Checked,
    /// Counters that could not be read, which the mended store is without: numbers they gave may be
    /// given again.
    pub lost_counters: Vec<String>,
}

/// Writes what can be read of the store on `source` to `target`, which must be empty; `dir` names
/// the source in messages.
///
/// # Errors
/// Somebody writes to the source, nothing of it can be read, the target is not empty, or a file
/// could not be written.
pub fn mend(
    source: &Arc<dyn Device>,
    dir: &Path,
    target: &Arc<dyn Device>,
) -> Result<Mended, MendError> {
    let _nobody_writes = hold(source, dir)?;
    let found = check(source, dir)?;
    write_anew(source, dir, target, found)
}

/// Writes the backup on `source` to `target` as [`mend`] does, if it is whole; `dir` names the backup
/// in messages.
///
/// # Errors
/// As [`mend`], and if anything of the backup is damaged.
pub fn restore(
    source: &Arc<dyn Device>,
    dir: &Path,
    target: &Arc<dyn Device>,
) -> Result<Mended, RestoreError> {
    let _nobody_writes = hold(source, dir)?;
    let found = check(source, dir).map_err(MendError::from)?;
    match found.damage.first() {
        Some(damage) => Err(RestoreError::Damaged(damage.clone())),
        None => Ok(write_anew(source, dir, target, found)?),
    }
}

/// Keeps writers off. A store that can only be read is nobody's either.
fn hold(source: &Arc<dyn Device>, dir: &Path) -> Result<Option<Box<dyn DeviceLock>>, MendError> {
    match source.lock(LOCK_FILE) {
        Err(LockError::Held(holder)) => {
            let dir = dir.to_owned();
            Err(OpenError::Locked { dir, holder }.into())
        }
        taken => Ok(taken.ok()),
    }
}

fn write_anew(
    source: &Arc<dyn Device>,
    dir: &Path,
    target: &Arc<dyn Device>,
    found: Checked,
) -> Result<Mended, MendError> {
    let store = Store::open_on(source.clone(), StoreOptions::new(dir).read_only())?;
    if !target.list("").map_err(failed("look at"))?.is_empty() {
        let error = std::io::Error::new(std::io::ErrorKind::AlreadyExists, "it is not empty");
        return Err(failed("write to")(error).into());
    }
    for dir in ["", segment::DIRECTORY] {
        target
            .create_dir(dir)
            .map_err(failed("make the directories of"))?;
    }
    let content = write_logs(&store, target)?;
    let lost_counters = write_counters(source.as_ref(), target.as_ref())?;
    let id = StoreId::random();
    let content = Manifest {
        store: id.to_string(),
        ..content
    };
    journal::start(target, id, content.commit).map_err(failed("begin the journal of"))?;
    let written = manifest::write(target.as_ref(), 1, &content);
    written.map_err(|error| failed("write the manifest of")(error.into()))?;
    Ok(Mended {
        found,
        mended: check(target, Path::new("the mended store"))?,
        lost_counters,
    })
}

fn failed(action: &'static str) -> impl FnOnce(std::io::Error) -> SealError {
    move |source| SealError::Io {
        action,
        file: "the mended store".to_owned(),
        source,
    }
}

/// Writes the segments; the manifest that names them.
fn write_logs(store: &Store, target: &Arc<dyn Device>) -> Result<Manifest, SealError> {
    let core = store.core();
    let Cut(commit) = store.cut();
    let mut content = seal::describe(core, commit, &Edit::default());
    content.next_segment = core.manifest.lock().next_segment;
    let logs: Vec<Arc<LogState>> = core.logs.read().by_name.values().cloned().collect();
    for log in &logs {
        let Some(place) = content.logs.iter().position(|entry| entry.id == log.id) else {
            continue;
        };
        let mut next_segment = content.next_segment;
        write_log(log, target, &mut content.logs[place], &mut next_segment)?;
        content.next_segment = next_segment;
        // A log whose making is lost has a number that no manifest has counted.
        content.next_log = content.next_log.max(log.id.0 + 1);
    }
    content.groups = content.groups.within(|id, number| {
        let log = logs.iter().find(|log| log.id == id);
        let partition = log.and_then(|log| log.partitions.get(number.0 as usize));
        partition.map_or(Offset(0), |partition| Offset(partition.next()))
    });
    let mut writer = core.writer();
    content.producers = writer.get().producers.until(commit);
    content.append_time_us = writer.get().last_time_us;
    content.journal_start = 1;
    Ok(content)
}

fn write_log(
    log: &LogState,
    target: &Arc<dyn Device>,
    entry: &mut ManifestLog,
    next_segment: &mut u64,
) -> Result<(), SealError> {
    entry.segments.clear();
    entry.marks.clear();
    for partition in &log.partitions {
        let schema_version = entry.schema_version;
        let mut write = |batches: &[RecordBatch]| -> Result<SegmentMeta, SealError> {
            let of = SegmentOf {
                id: *next_segment,
                log: log.id,
                log_name: &log.name,
                partition: partition.number,
                schema_version,
            };
            *next_segment += 1;
            Ok(write_segment(target, of, batches)?.meta().clone())
        };
        write_partition(log, partition, target, &mut entry.segments, &mut write)?;
        entry.marks.push(Marks {
            // No offset is given a second time, whatever was lost.
            sealed: partition.next(),
            ..partition.marks()
        });
    }
    Ok(())
}

fn write_partition(
    log: &LogState,
    partition: &Partition,
    target: &Arc<dyn Device>,
    segments: &mut Vec<SegmentMeta>,
    write: &mut dyn FnMut(&[RecordBatch]) -> Result<SegmentMeta, SealError>,
) -> Result<(), SealError> {
    for segment in partition.segments() {
        // Logs share segments; a copy that was refused has left nothing.
        let path = segment.path();
        if target.exists(path).map_err(failed("look at"))? {
            segments.push(segment.meta().clone());
            continue;
        }
        match copy_segment(&segment, target.as_ref()) {
            Ok(()) => {
                segments.push(segment.meta().clone());
                continue;
            }
            // Some of it is damaged: it is written anew from what is not.
            Err(SealError::Read(_)) => {}
            Err(error) => return Err(error),
        }
        let mut batches = Vec::new();
        segment.read_what_can_be(&mut |batch| batches.push(batch));
        if !batches.is_empty() {
            segments.push(write(&batches)?);
        }
    }
    let (_, tail) = partition.contents(log).unwrap_or_default();
    if !tail.is_empty() {
        segments.push(write(&tail)?);
    }
    Ok(())
}

/// Copies the counters that can be read; the names of the others.
fn write_counters(source: &dyn Device, target: &dyn Device) -> Result<Vec<String>, MendError> {
    let mut lost = Vec::new();
    let counters = counter_files(source)?;
    if counters.is_empty() {
        return Ok(lost);
    }
    target.create_dir(COUNTERS).map_err(failed("make"))?;
    for path in counters {
        match look_at_slots(source, &path) {
            Ok((Some(_), _)) => {
                copy_counter(source, target, &path).map_err(failed("copy a counter to"))?;
            }
            Ok((None, _)) | Err(_) => lost.push(path),
        }
    }
    target.sync_dir(COUNTERS).map_err(failed("sync"))?;
    Ok(lost)
}
