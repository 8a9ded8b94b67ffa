//! Segments in place of others: merging small ones, retention, compaction, purging.
//!
//! Everything here writes new segments aside, names them in a manifest instead of the old ones, and
//! lets the old ones go when their last reader does. Offsets and commits of what stays never change;
//! what is taken away leaves holes, and where that changes what an earlier cut would show, the
//! partition's floor is raised first to where it does not.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{Int8Type, Int64Type, TimestampMicrosecondType};

use crate::columns::conform_batch;
use crate::commit::Core;
use crate::datum::{Datum, partition_of_key};
use crate::error::{ReadError, SealError};
use crate::ids::{CommitNumber, Cut};
use crate::key_index::KeyIndex;
use crate::limits::{MERGE_BYTES_MAX, MERGE_SEGMENTS_MIN};
use crate::log_state::LogState;
use crate::lookup::TailKeys;
use crate::partition::{Marks, Partition};
use crate::schema::OP_DELETE;
use crate::seal::{self, Edit};
use crate::segment::{SegmentOf, SegmentRef, write_segment};

const BATCH_ROWS: usize = 65_536;

/// Which rows of a batch stay.
type Keep<'k> = dyn Fn(&RecordBatch) -> BooleanArray + 'k;

/// Writes what is kept of a run of segments into one that takes their place; how many records are
/// taken away. The log's seals are held off by the caller.
fn rewrite(
    core: &Arc<Core>,
    log: &LogState,
    partition: &Partition,
    run: &[SegmentRef],
    marks: Marks,
    keep: &Keep<'_>,
) -> Result<u64, SealError> {
    let state = log.schema();
    let mut batches = Vec::new();
    for segment in run {
        for batch in segment.read(None, BATCH_ROWS)? {
            let batch = conform_batch(&batch?, &state.full)?;
            let kept =
                filter_record_batch(&batch, &keep(&batch)).map_err(|source| ReadError::Arrow {
                    context: "filter a segment".to_owned(),
                    source,
                })?;
            if kept.num_rows() > 0 {
                batches.push(kept);
            }
        }
    }
    let before: u64 = run.iter().map(SegmentRef::row_count).sum();
    let after: u64 = batches.iter().map(|batch| batch.num_rows() as u64).sum();
    let of = SegmentOf {
        id: seal::next_segment(core),
        log: log.id,
        log_name: &log.name,
        partition: partition.number,
        schema_version: state.version,
    };
    let new = if batches.is_empty() {
        None
    } else {
        Some(write_segment(&core.device, of, &batches)?)
    };
    exchange(core, log, partition, run, new, marks)?;
    Ok(before - after)
}

/// Names the new segment in place of the old ones.
fn exchange(
    core: &Arc<Core>,
    log: &LogState,
    partition: &Partition,
    old: &[SegmentRef],
    new: Option<SegmentRef>,
    marks: Marks,
) -> Result<(), SealError> {
    let _no_change = core.changing.lock();
    if log.dropped.load(Ordering::Acquire) {
        new.iter().for_each(SegmentRef::make_obsolete);
        return Ok(());
    }
    // The floor stands before the records go: nobody is shown half of what was.
    let durable = core.flush()?;
    let mut edit = Edit::default();
    edit.added.extend(new.clone());
    edit.removed
        .extend(old.iter().map(|segment| (log.id, segment.id())));
    edit.marks.insert((log.id, partition.number), marks);
    seal::write_manifest(core, durable, &edit)?;
    partition.exchange(old, new, marks);
    Ok(())
}

/// Merges the newest segments of each partition while those before are no larger than what follows
/// them: sizes fall off geometrically, so their number grows with the logarithm of the records.
pub(crate) fn merge_small(core: &Arc<Core>, log: &LogState) -> Result<(), SealError> {
    let limit = log.settings().limit;
    let max = limit.map_or(MERGE_BYTES_MAX, |limit| limit.part().min(MERGE_BYTES_MAX));
    for partition in &log.partitions {
        let segments = partition.segments();
        let run = run_to_merge(&segments, max);
        if run.len() >= MERGE_SEGMENTS_MIN {
            let marks = partition.marks();
            rewrite(core, log, partition, run, marks, &|batch| all(batch, true))?;
        }
    }
    Ok(())
}

fn run_to_merge(segments: &[SegmentRef], max: u64) -> &[SegmentRef] {
    let (mut rows, mut bytes, mut start) = (0, 0, segments.len());
    for (place, segment) in segments.iter().enumerate().rev() {
        bytes += segment.len();
        let is_small = rows == 0 || segment.row_count() <= 2 * rows;
        if !is_small || bytes > max {
            break;
        }
        rows += segment.row_count();
        start = place;
    }
    &segments[start..]
}

fn all(batch: &RecordBatch, keep: bool) -> BooleanArray {
    BooleanArray::from(vec![keep; batch.num_rows()])
}

/// Applies a log's retention; how many records went.
pub(crate) fn retain(core: &Arc<Core>, log: &LogState) -> Result<u64, SealError> {
    let _one_at_a_time = log.sealing.lock();
    let mut gone = 0;
    for partition in &log.partitions {
        gone += retain_partition(core, log, partition)?;
    }
    Ok(gone)
}

/// As [`retain`], with seals held off already.
pub(crate) fn retain_sealed(core: &Arc<Core>, log: &LogState) -> Result<(), SealError> {
    for partition in &log.partitions {
        retain_partition(core, log, partition)?;
    }
    Ok(())
}

fn retain_partition(
    core: &Arc<Core>,
    log: &LogState,
    partition: &Partition,
) -> Result<u64, SealError> {
    let segments = partition.segments();
    let expired = expired(core.options.clock.now_us(), log, &segments);
    let_go(core, log, partition, expired)
}

/// Takes away segments from the front of a partition, but not the newest records of living keys; how
/// many records went.
pub(crate) fn let_go(
    core: &Arc<Core>,
    log: &LogState,
    partition: &Partition,
    expired: &[SegmentRef],
) -> Result<u64, SealError> {
    let Some(last) = expired.last() else {
        return Ok(0);
    };
    let mut marks = partition.marks();
    if log.key.is_some() {
        if last.last_commit() <= marks.floor {
            return Ok(0);
        }
        marks.floor = last.last_commit();
        let floor = marks.floor;
        return drop_replaced(core, log, partition, expired, marks, &|_, _| false, floor);
    }
    marks.floor = marks.floor.max(last.last_commit());
    marks.low = last.last_offset().0 + 1;
    let gone = expired.iter().map(SegmentRef::row_count).sum();
    exchange(core, log, partition, expired, None, marks)?;
    Ok(gone)
}

/// The segments from the front that retention lets go of.
fn expired<'s>(now_us: i64, log: &LogState, segments: &'s [SegmentRef]) -> &'s [SegmentRef] {
    let retention = log.settings().retention;
    let oldest = retention.max_age_us.map(|age| now_us.saturating_sub(age));
    let mut bytes: u64 = segments.iter().map(SegmentRef::len).sum();
    let count = segments.iter().take_while(|segment| {
        let is_old = oldest.is_some_and(|oldest| segment.max_append_time_us() < oldest);
        let is_much = retention.max_bytes.is_some_and(|max| bytes > max);
        bytes -= segment.len();
        is_old || is_much
    });
    let count = count.count();
    &segments[..count]
}

/// Rewrites segments without the records replaced at or before a commit, and without the tombstones
/// that `lets_go` names by commit and append time. Segments that lose nothing stay as they are.
fn drop_replaced(
    core: &Arc<Core>,
    log: &LogState,
    partition: &Partition,
    segments: &[SegmentRef],
    marks: Marks,
    lets_go: &dyn Fn(CommitNumber, i64) -> bool,
    until: CommitNumber,
) -> Result<u64, SealError> {
    let mut gone = 0;
    for segment in segments {
        let keep = |batch: &RecordBatch| keep_living(partition, batch, lets_go, until);
        partition.index.lock().catch_up(partition, log)?;
        if segment_loses(segment, &keep)? {
            let run = std::slice::from_ref(segment);
            gone += rewrite(core, log, partition, run, marks, &keep)?;
        }
    }
    Ok(gone)
}

fn segment_loses(segment: &SegmentRef, keep: &Keep<'_>) -> Result<bool, SealError> {
    let columns = ["_offset", "_commit", "_append_time", "_op", "_key"];
    for batch in segment.read(Some(&columns), BATCH_ROWS)? {
        if keep(&batch?).false_count() > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

fn keep_living(
    partition: &Partition,
    batch: &RecordBatch,
    lets_go: &dyn Fn(CommitNumber, i64) -> bool,
    until: CommitNumber,
) -> BooleanArray {
    let column = |name| batch.column_by_name(name);
    let (Some(offsets), Some(commits), Some(times), Some(ops)) = (
        column("_offset"),
        column("_commit"),
        column("_append_time"),
        column("_op"),
    ) else {
        return all(batch, true);
    };
    let offsets = offsets.as_primitive::<Int64Type>().values();
    let commits = commits.as_primitive::<Int64Type>().values();
    let times = times.as_primitive::<TimestampMicrosecondType>().values();
    let ops = ops.as_primitive::<Int8Type>().values();
    let index = partition.index.lock();
    let stays = |row: usize| {
        if ops[row] == OP_DELETE {
            !lets_go(CommitNumber(commits[row] as u64), times[row])
        } else {
            !index.is_replaced(offsets[row] as u64, until.0)
        }
    };
    (0..batch.num_rows()).map(|row| Some(stays(row))).collect()
}

/// Compacts a keyed log up to a cut; how many records went.
pub(crate) fn compact(
    core: &Arc<Core>,
    log: &LogState,
    cut: Cut,
    tombstone_age_us: i64,
) -> Result<u64, SealError> {
    need_key(log, "compact")?;
    let _one_at_a_time = log.sealing.lock();
    compact_sealed(core, log, cut, tombstone_age_us)
}

/// As [`compact`], with seals held off already.
pub(crate) fn compact_sealed(
    core: &Arc<Core>,
    log: &LogState,
    cut: Cut,
    tombstone_age_us: i64,
) -> Result<u64, SealError> {
    // Beyond what is visible there is nothing to be shown as of.
    let cut = cut.min(core.cut());
    let oldest = core.options.clock.now_us().saturating_sub(tombstone_age_us);
    let mut gone = 0;
    for partition in &log.partitions {
        let mut marks = partition.marks();
        marks.floor = marks.floor.max(cut.0);
        // All that a tombstone hides is in front of it, and goes with it or before it.
        let lets_go = |commit, time| commit <= cut.0 && time < oldest;
        let segments = partition.segments();
        gone += drop_replaced(core, log, partition, &segments, marks, &lets_go, cut.0)?;
    }
    Ok(gone)
}

/// What a purge came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purged {
    /// The records that are gone.
    pub records: u64,
    /// Other logs with the same key column that have records of the key, replaced ones too; the log's
    /// clones and snapshots are among them until it is purged from each.
    pub elsewhere: Vec<String>,
}

/// Takes every record of a key away.
pub(crate) fn purge(
    core: &Arc<Core>,
    log: &Arc<LogState>,
    key: &Datum,
) -> Result<Purged, SealError> {
    let name = need_key(log, "purge")?;
    let logs: Vec<Arc<LogState>> = core.logs.read().by_name.values().cloned().collect();
    // The journal is given up whole, and it holds records of all logs.
    for log in &logs {
        seal::seal_log(core, log)?;
    }
    let records = purge_sealed(core, log, name, key)?;
    seal::give_up_journal(core)?;
    let mut elsewhere = Vec::new();
    let others = logs.iter().filter(|other| other.id != log.id);
    for other in others.filter(|other| other.key.as_deref() == Some(name)) {
        if holds_key(other, name, key)? {
            elsewhere.push(other.name.clone());
        }
    }
    Ok(Purged { records, elsewhere })
}

fn purge_sealed(
    core: &Arc<Core>,
    log: &Arc<LogState>,
    name: &str,
    key: &Datum,
) -> Result<u64, SealError> {
    let _one_at_a_time = log.sealing.lock();
    let Some((partition, bytes)) = partition_of(log, name, key) else {
        return Ok(0);
    };
    let keep = |batch: &RecordBatch| has_other_key(batch, &bytes);
    let mut gone = 0;
    for segment in partition.segments() {
        if segment_loses(&segment, &keep)? {
            let run = std::slice::from_ref(&segment);
            gone += rewrite(core, log, partition, run, partition.marks(), &keep)?;
        }
    }
    *partition.index.lock() = KeyIndex::default();
    *partition.tail_keys.lock() = TailKeys::default();
    Ok(gone)
}

/// Where the records of a key are, and its bytes.
fn partition_of<'l>(
    log: &'l LogState,
    name: &str,
    key: &Datum,
) -> Option<(&'l Partition, Vec<u8>)> {
    let bytes = log.key_bytes(name, key)?;
    let number = partition_of_key(&bytes, log.partition_count());
    Some((log.partitions.get(number as usize)?, bytes))
}

fn has_other_key(batch: &RecordBatch, key: &[u8]) -> BooleanArray {
    let Some(keys) = batch.column_by_name("_key") else {
        return all(batch, true);
    };
    let keys = keys.as_binary::<i32>();
    let is_other = |row| Some(keys.is_null(row) || keys.value(row) != key);
    (0..batch.num_rows()).map(is_other).collect()
}

/// Whether a log has any record of a key, be it one that was replaced or a tombstone.
fn holds_key(log: &LogState, name: &str, key: &Datum) -> Result<bool, SealError> {
    let Some((partition, bytes)) = partition_of(log, name, key) else {
        return Ok(false);
    };
    let keep = |batch: &RecordBatch| has_other_key(batch, &bytes);
    let (segments, tail) = partition.contents(log)?;
    if tail.iter().any(|batch| keep(batch).false_count() > 0) {
        return Ok(true);
    }
    for segment in &segments {
        if segment.may_have_key(&bytes)? && segment_loses(segment, &keep)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn need_key<'l>(log: &'l LogState, what: &str) -> Result<&'l str, SealError> {
    log.key.as_deref().ok_or_else(|| {
        let text = format!("the log {} has no key to {what} by", log.name);
        ReadError::Refused { text }.into()
    })
}
