//! From tail to segments: write aside, sync, name in the manifest, swap, free the journal.
//!
//! Nothing is sealed that is not durable in the journal, so a commit number is never known to a
//! segment alone. A journal file is freed when every partition in it is sealed past it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::commit::{Committer, Core, FileContents, ManifestState, Writer};
use crate::error::{AppendError, SealError};
use crate::ids::{CommitNumber, Cut, LogId, PartitionId};
use crate::journal::{WriteError, path_of};
use crate::limits::JOURNAL_FILES_MAX;
use crate::log_state::LogState;
use crate::manifest::{self, Manifest, ManifestLog, NotInForce};
use crate::partition::{Marks, Partition};
use crate::rewrite;
use crate::segment::{SegmentMeta, SegmentOf, SegmentRef, write_segment};

/// A journal file with more than this is left when all of it is sealed, so that it can be freed.
const WORTH_FREEING_BYTES: u64 = 1 << 20;

/// Seals everything visible of a log; the number of segments.
pub(crate) fn seal_log(core: &Arc<Core>, log: &Arc<LogState>) -> Result<usize, SealError> {
    let _one_at_a_time = log.sealing.lock();
    let durable = core.flush()?;
    seal_until(core, log, durable)
}

/// Seals what a log has up to a commit, which is durable; other seals of it are held off.
pub(crate) fn seal_until(
    core: &Arc<Core>,
    log: &Arc<LogState>,
    durable: CommitNumber,
) -> Result<usize, SealError> {
    let mut segments = Vec::new();
    for partition in &log.partitions {
        let state = log.schema();
        let batches = partition
            .settle(log)?
            .tail_until(Cut(durable), &state.full)?;
        if batches.is_empty() {
            continue;
        }
        let of = SegmentOf {
            id: next_segment(core),
            log: log.id,
            log_name: &log.name,
            partition: partition.number,
            schema_version: state.version,
        };
        segments.push(write_segment(&core.device, of, &batches)?);
    }
    if !segments.is_empty() {
        adopt(core, log, &segments, durable)?;
        tidy(core, log);
    }
    Ok(segments.len())
}

/// What a seal is an occasion for. The records are sealed whether or not this goes well.
pub(crate) fn tidy(core: &Arc<Core>, log: &LogState) {
    let tidied = rewrite::merge_small(core, log).and_then(|()| rewrite::retain_sealed(core, log));
    if let Err(error) = tidied {
        tracing::warn!(log = log.name, %error, "small segments stay as they are until the next seal");
    }
}

pub(crate) fn next_segment(core: &Core) -> u64 {
    let mut manifest = core.manifest.lock();
    manifest.next_segment += 1;
    manifest.next_segment - 1
}

/// Puts new segments in force in place of the tail they were made of.
fn adopt(
    core: &Arc<Core>,
    log: &Arc<LogState>,
    new: &[SegmentRef],
    durable: CommitNumber,
) -> Result<(), SealError> {
    // No log is made or dropped meanwhile: the manifest must name what the freed journal did.
    let _no_change = core.changing.lock();
    if log.dropped.load(Ordering::Acquire) {
        new.iter().for_each(SegmentRef::make_obsolete);
        return Ok(());
    }
    let mut edit = Edit::default();
    for segment in new {
        let partition = &log.partitions[segment.partition().0 as usize];
        let marks = Marks {
            sealed: segment.last_offset().0 + 1,
            ..partition.marks()
        };
        edit.marks.insert((log.id, segment.partition()), marks);
        edit.added.push(segment.clone());
    }
    leave_sealed_file(core, &edit, WORTH_FREEING_BYTES)?;
    write_manifest(core, durable, &edit)?;
    for segment in new {
        log.partitions[segment.partition().0 as usize].replace_by(segment.clone());
    }
    Ok(())
}

/// The manifest of the store as it is, after a log was changed.
pub(crate) fn write_manifest_now(core: &Arc<Core>) -> Result<(), SealError> {
    let durable = core.flush()?;
    write_manifest(core, durable, &Edit::default())
}

/// Leaves the journal file and gives up all that are sealed, however small they are.
pub(crate) fn give_up_journal(core: &Arc<Core>) -> Result<(), SealError> {
    let _no_change = core.changing.lock();
    let durable = core.flush()?;
    let edit = Edit::default();
    leave_sealed_file(core, &edit, 0)?;
    write_manifest(core, durable, &edit)
}

/// What a new manifest has otherwise than the store as it is.
#[derive(Debug, Default)]
pub(crate) struct Edit {
    pub(crate) added: Vec<SegmentRef>,
    /// Segments by number, with the log that lets them go: others may share them.
    pub(crate) removed: BTreeSet<(LogId, u64)>,
    pub(crate) new_logs: Vec<Arc<LogState>>,
    pub(crate) marks: BTreeMap<(LogId, PartitionId), Marks>,
}

impl Edit {
    fn marks_of(&self, log: &LogState, partition: &Partition) -> Marks {
        let edited = self.marks.get(&(log.id, partition.number)).copied();
        edited.unwrap_or_else(|| partition.marks())
    }
}

pub(crate) fn write_manifest(
    core: &Arc<Core>,
    durable: CommitNumber,
    edit: &Edit,
) -> Result<(), SealError> {
    core.check_lock()?;
    let mut state = core.manifest.lock();
    let plan = Plan::make(core, durable, edit, &state, core.writer().get())?;
    plan.put_in_force(core, &mut state)
        .map_err(|error| SealError::Io {
            action: "write",
            file: "the manifest".to_owned(),
            source: error.source,
        })?;
    plan.forget(core.writer().get());
    plan.free(core, &state);
    Ok(())
}

/// A manifest about to be written, and the journal files that nobody needs once it is in force.
#[derive(Debug)]
pub(crate) struct Plan {
    content: Manifest,
    freed: Vec<u64>,
}

impl Plan {
    pub(crate) fn make(
        core: &Core,
        durable: CommitNumber,
        edit: &Edit,
        state: &ManifestState,
        writer: &Writer,
    ) -> Result<Self, AppendError> {
        let mut content = describe(core, durable, edit);
        content.next_segment = state.next_segment;
        let freed = plan_freeing(core, writer, edit, &mut content)?;
        Ok(Self { content, freed })
    }

    pub(crate) fn put_in_force(
        &self,
        core: &Core,
        state: &mut ManifestState,
    ) -> Result<(), NotInForce> {
        // Counted even if it fails: what of it reached the disk is unknown.
        state.number += 1;
        manifest::write(core.device.as_ref(), state.number, &self.content)
    }

    /// Once it is in force: had the manifest failed, these files would still be needed.
    pub(crate) fn forget(&self, writer: &mut Writer) {
        for generation in &self.freed {
            writer.files.remove(generation);
        }
    }

    /// Removes what the manifest in force does not name. What stays is removed at the next opening.
    pub(crate) fn free(&self, core: &Core, state: &ManifestState) {
        let device = core.device.as_ref();
        if let Err(error) = manifest::remove_others(device, state.number) {
            tracing::warn!(%error, "an old manifest stays until the next opening");
        }
        for generation in &self.freed {
            if let Err(error) = device.remove(&path_of(*generation)) {
                tracing::warn!(generation, %error, "a journal file stays until the next opening");
            }
        }
    }
}

pub(crate) fn describe(core: &Core, durable: CommitNumber, edit: &Edit) -> Manifest {
    let logs = core.logs.read();
    let entries = logs.by_name.values().chain(&edit.new_logs).map(|log| {
        let state = log.schema();
        let old = log.partitions.iter().flat_map(Partition::segments);
        let own = edit
            .added
            .iter()
            .filter(|segment| segment.meta().log == log.id);
        let kept = old.filter(|segment| !edit.removed.contains(&(log.id, segment.id())));
        let mut segments: Vec<SegmentMeta> = kept
            .chain(own.cloned())
            .map(|segment| segment.meta().clone())
            .collect();
        segments.sort_by_key(|meta| (meta.partition, meta.first_offset));
        let marks = log.partitions.iter();
        ManifestLog {
            id: log.id,
            name: log.name.clone(),
            options: log.options(),
            schema: state.schema.clone(),
            schema_version: state.version,
            is_frozen: log.is_frozen,
            segments,
            marks: marks
                .map(|partition| edit.marks_of(log, partition))
                .collect(),
        }
    });
    let mut content = Manifest::new(core.store);
    content.logs = entries.collect();
    content.groups = core.groups.lock().clone();
    content.epoch = core.epoch;
    content.commit = durable;
    content.next_log = logs.next_id;
    content
}

/// The journal files that nobody needs once `content` is in force.
fn plan_freeing(
    core: &Core,
    writer: &Writer,
    edit: &Edit,
    content: &mut Manifest,
) -> Result<Vec<u64>, AppendError> {
    content.append_time_us = writer.last_time_us;
    content.producers = writer.producers.clone();
    // Closed in the meantime: the new segments are made again after the next opening.
    let active = writer
        .journal
        .as_ref()
        .ok_or(AppendError::Closed)?
        .generation();
    let older = writer
        .files
        .iter()
        .take_while(|(generation, _)| **generation < active);
    let freed: Vec<u64> = older
        .take_while(|(_, contents)| is_sealed(core, contents, edit))
        .map(|(generation, _)| *generation)
        .collect();
    let kept = writer.files.keys().find(|kept| !freed.contains(kept));
    content.journal_start = kept.copied().unwrap_or(active).min(active);
    Ok(freed)
}

fn is_sealed(core: &Core, contents: &FileContents, edit: &Edit) -> bool {
    let logs = core.logs.read();
    contents.iter().all(|((id, number), last)| {
        let Some(log) = logs.by_name.values().find(|log| log.id == *id) else {
            return true;
        };
        let until = edit
            .marks_of(log, &log.partitions[number.0 as usize])
            .sealed;
        *last < until
    })
}

/// Goes on to a new journal file when all of the present one is sealed.
fn leave_sealed_file(core: &Arc<Core>, edit: &Edit, worth: u64) -> Result<(), SealError> {
    let mut guard = core.writer();
    let writer = guard.get();
    let next_commit = writer.next_commit;
    let Some(journal) = &mut writer.journal else {
        return Ok(());
    };
    let contents = writer.files.get(&journal.generation());
    let is_worth = journal.used_bytes() > worth;
    if !is_worth || !contents.is_none_or(|contents| is_sealed(core, contents, edit)) {
        return Ok(());
    }
    match journal.roll(core.epoch, next_commit) {
        Ok(()) => Ok(()),
        Err(WriteError::NotWritten(error)) => {
            tracing::warn!(%error, "no new journal file could be made; the old one is kept");
            Ok(())
        }
        Err(WriteError::Unknown(error)) => {
            let why = format!("a sync failed ({error}); reopen the store");
            core.refuse(AppendError::ReadOnly { why });
            Err(AppendError::Unknown {
                text: error.to_string(),
            }
            .into())
        }
    }
}

/// Seals what is due on a thread of its own, unless one is at it.
pub(crate) fn seal_in_background(core: &Arc<Core>) {
    if core.is_sealing.swap(true, Ordering::AcqRel) {
        return;
    }
    let shared = core.clone();
    let work = move || {
        seal_due(&shared);
        shared.is_sealing.store(false, Ordering::Release);
    };
    match std::thread::Builder::new()
        .name("dlog-seal".to_owned())
        .spawn(work)
    {
        Ok(thread) => *core.sealer.lock() = Some(thread),
        Err(error) => {
            tracing::warn!(%error, "no thread to seal with; it is tried again with the next commit");
            core.is_sealing.store(false, Ordering::Release);
        }
    }
}

pub(crate) fn seal_due(core: &Arc<Core>) {
    let logs: Vec<Arc<LogState>> = core.logs.read().by_name.values().cloned().collect();
    let old = core
        .options
        .clock
        .now_us()
        .saturating_sub(core.options.seal_age_us);
    let is_due = |log: &LogState| {
        let max = log.seal_bytes(&core.options);
        log.partitions
            .iter()
            .any(|partition| partition.tail_bytes() >= max || partition.tail_since_us() <= old)
    };
    for log in logs.iter().filter(|log| is_due(log)) {
        seal_or_warn(core, log);
    }
    core.note_ages();
    // Logs that grow slowly would keep old journal files for ever.
    while let Some(oldest) = oldest_kept_file(core) {
        let kept = logs
            .iter()
            .filter(|log| oldest.keys().any(|(id, _)| *id == log.id));
        let sealed: usize = kept.map(|log| seal_or_warn(core, log)).sum();
        if sealed == 0 {
            return;
        }
    }
}

fn oldest_kept_file(core: &Arc<Core>) -> Option<FileContents> {
    let mut writer = core.writer();
    let files = &writer.get().files;
    if files.len() <= JOURNAL_FILES_MAX {
        None
    } else {
        files.values().next().cloned()
    }
}

fn seal_or_warn(core: &Arc<Core>, log: &Arc<LogState>) -> usize {
    seal_log(core, log).unwrap_or_else(|error| {
        // Closing ends a seal in the middle; the journal has everything.
        if !matches!(error, SealError::Append(AppendError::Closed)) {
            tracing::warn!(log = log.name, %error, "a log could not be sealed; its records stay in the journal");
        }
        0
    })
}
