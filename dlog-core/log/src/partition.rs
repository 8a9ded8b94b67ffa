//! One partition: sealed segments, then the tail.
//!
//! Commits are published into `pending` as they are; a reader settles them into Arrow chunks, once
//! for everybody. Chunks are joined as they grow, so that many small commits make few batches.
//! Segments and chunks are behind one lock: a reader sees a record in exactly one of them.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{Int64Type, SchemaRef, TimestampMicrosecondType};
use parking_lot::{Mutex, MutexGuard};

use serde::{Deserialize, Serialize};

use crate::columns::conform_batch;
use crate::error::{AppendError, ReadError};
use crate::ids::{CommitNumber, Cut, Offset, PartitionId};
use crate::key_index::KeyIndex;
use crate::limits::TAIL_BATCH_ROWS;
use crate::log_state::LogState;
use crate::lookup::TailKeys;
use crate::segment::SegmentRef;
use crate::tail::{TailBatch, convert};

/// See the module.
#[derive(Debug)]
pub(crate) struct Partition {
    pub(crate) number: PartitionId,
    /// The next offset to assign; changes only with the journal's writer held.
    pub(crate) next_offset: AtomicU64,
    /// Journal bytes of the records that are not sealed.
    tail_bytes: AtomicU64,
    /// The append time of the first record that is not sealed, the maximum when all are; changes with
    /// `pending` held.
    tail_since_us: AtomicI64,
    pending: Mutex<Vec<TailBatch>>,
    stored: Mutex<Stored>,
    pub(crate) index: Mutex<KeyIndex>,
    pub(crate) tail_keys: Mutex<TailKeys>,
}

/// What readers see.
#[derive(Debug, Default)]
pub(crate) struct Stored {
    pub(crate) segments: Vec<SegmentRef>,
    pub(crate) chunks: Vec<Chunk>,
    marks: Marks,
}

/// How far a partition is trimmed and sealed; kept in the manifest, since segments that are gone
/// cannot tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Marks {
    /// No record before this offset is kept.
    pub(crate) low: u64,
    /// The offset behind the last sealed record.
    pub(crate) sealed: u64,
    /// What was visible before this commit can no longer be shown.
    pub(crate) floor: CommitNumber,
}

/// Consecutive records of the tail in Arrow form, with the system columns.
#[derive(Debug, Clone)]
pub(crate) struct Chunk {
    pub(crate) batch: RecordBatch,
    /// Their size in the journal.
    pub(crate) bytes: u64,
}

impl Partition {
    pub(crate) fn new(number: PartitionId, segments: Vec<SegmentRef>, mut marks: Marks) -> Self {
        let last = segments.last();
        marks.sealed = marks
            .sealed
            .max(last.map_or(0, |last| last.last_offset().0 + 1));
        Self {
            number,
            next_offset: AtomicU64::new(marks.sealed),
            tail_bytes: AtomicU64::new(0),
            tail_since_us: AtomicI64::new(i64::MAX),
            pending: Mutex::default(),
            stored: Mutex::new(Stored {
                segments,
                chunks: Vec::new(),
                marks,
            }),
            index: Mutex::default(),
            tail_keys: Mutex::default(),
        }
    }

    /// Makes a commit's records readable; commits come in order. The tail's bytes with them.
    pub(crate) fn publish(&self, batch: TailBatch) -> u64 {
        let bytes = batch.bytes;
        let mut pending = self.pending.lock();
        self.tail_since_us
            .fetch_min(batch.stamp.append_time_us, Ordering::AcqRel);
        pending.push(batch);
        drop(pending);
        self.tail_bytes.fetch_add(bytes, Ordering::AcqRel) + bytes
    }

    /// The offset behind the last sealed record.
    pub(crate) fn sealed_until(&self) -> u64 {
        self.marks().sealed
    }

    pub(crate) fn marks(&self) -> Marks {
        self.stored.lock().marks
    }

    /// The marks that belong to what is being read.
    pub(crate) fn marks_in(&self, stored: &Stored) -> Marks {
        stored.marks
    }

    /// Puts a segment, or nothing, in the place of others, which are taken away when nobody reads
    /// them any more.
    pub(crate) fn exchange(&self, old: &[SegmentRef], new: Option<SegmentRef>, marks: Marks) {
        let mut stored = self.stored.lock();
        let is_old = |segment: &SegmentRef| old.iter().any(|old| old.id() == segment.id());
        stored.segments.retain(|segment| !is_old(segment));
        stored.segments.extend(new);
        stored.segments.sort_by_key(SegmentRef::first_offset);
        stored.marks = marks;
        drop(stored);
        old.iter().for_each(SegmentRef::make_obsolete);
    }

    /// Brings everything published into Arrow form and gives access to all of it.
    pub(crate) fn settle(&self, log: &LogState) -> Result<MutexGuard<'_, Stored>, ReadError> {
        let mut stored = self.stored.lock();
        let pending = std::mem::take(&mut *self.pending.lock());
        if pending.is_empty() {
            return Ok(stored);
        }
        match convert(&pending, self.number, log) {
            Ok(chunks) => {
                for chunk in chunks {
                    stored.push_chunk(chunk)?;
                }
                Ok(stored)
            }
            Err(error) => {
                self.pending.lock().splice(0..0, pending);
                Err(error)
            }
        }
    }

    /// All that is published, to be read without holding anything.
    pub(crate) fn contents(
        &self,
        log: &LogState,
    ) -> Result<(Vec<SegmentRef>, Vec<RecordBatch>), ReadError> {
        let stored = self.settle(log)?;
        let chunks = stored.chunks.iter().map(|chunk| chunk.batch.clone());
        Ok((stored.segments.clone(), chunks.collect()))
    }

    /// Records and journal bytes of the tail.
    pub(crate) fn tail_size(&self) -> (u64, u64) {
        let stored = self.stored.lock();
        let chunks: u64 = stored
            .chunks
            .iter()
            .map(|chunk| chunk.batch.num_rows() as u64)
            .sum();
        let waiting: u64 = self.pending.lock().iter().map(|batch| batch.count).sum();
        (chunks + waiting, self.tail_bytes())
    }

    /// Journal bytes of the tail.
    pub(crate) fn tail_bytes(&self) -> u64 {
        self.tail_bytes.load(Ordering::Acquire)
    }

    /// Sealed records, segments and their bytes.
    pub(crate) fn sealed_size(&self) -> (u64, usize, u64) {
        let stored = self.stored.lock();
        let rows = stored.segments.iter().map(SegmentRef::row_count).sum();
        (
            rows,
            stored.segments.len(),
            stored.segments.iter().map(SegmentRef::len).sum(),
        )
    }

    /// Replaces the tail's records up to the segment's last by the segment.
    pub(crate) fn replace_by(&self, segment: SegmentRef) {
        let mut stored = self.stored.lock();
        let end = segment.last_offset().0;
        stored.marks.sealed = end + 1;
        stored.segments.push(segment);
        let chunks = std::mem::take(&mut stored.chunks);
        let before: u64 = chunks.iter().map(|chunk| chunk.bytes).sum();
        stored.chunks = chunks
            .into_iter()
            .filter_map(|chunk| chunk.after(end))
            .collect();
        let left: u64 = stored.chunks.iter().map(|chunk| chunk.bytes).sum();
        self.tail_bytes.fetch_sub(before - left, Ordering::AcqRel);
        let pending = self.pending.lock();
        let first = stored.chunks.first().and_then(Chunk::since_us);
        let first = first.or_else(|| Some(pending.first()?.stamp.append_time_us));
        self.tail_since_us
            .store(first.unwrap_or(i64::MAX), Ordering::Release);
    }

    /// The append time of the first record that is not sealed; the maximum when all are.
    pub(crate) fn tail_since_us(&self) -> i64 {
        self.tail_since_us.load(Ordering::Acquire)
    }

    /// The segments, without settling the tail.
    pub(crate) fn segments(&self) -> Vec<SegmentRef> {
        self.stored.lock().segments.clone()
    }

    /// The next offset as far as it was assigned.
    pub(crate) fn next(&self) -> u64 {
        self.next_offset.load(Ordering::Acquire)
    }

    /// Sees to it that the next record gets the offset that somebody expects it to get.
    pub(crate) fn expect_next(&self, log: &LogState, expected: Offset) -> Result<(), AppendError> {
        let actual = Offset(self.next());
        if actual == expected {
            return Ok(());
        }
        Err(AppendError::Conflict {
            log: log.name.clone(),
            partition: self.number,
            expected,
            actual,
        })
    }
}

impl Stored {
    fn push_chunk(&mut self, mut chunk: Chunk) -> Result<(), ReadError> {
        while let Some(last) = self.chunks.last() {
            let (before, new) = (last.batch.num_rows(), chunk.batch.num_rows());
            if before >= 2 * new || before + new > TAIL_BATCH_ROWS {
                break;
            }
            let schema = chunk.batch.schema();
            let joined = conform_batch(&last.batch, &schema)
                .and_then(|last| join(&schema, &[last, chunk.batch.clone()]))?;
            chunk = Chunk {
                batch: joined,
                bytes: last.bytes + chunk.bytes,
            };
            self.chunks.pop();
        }
        self.chunks.push(chunk);
        Ok(())
    }

    /// The tail up to a cut, in the log's present schema.
    pub(crate) fn tail_until(
        &mut self,
        cut: Cut,
        schema: &SchemaRef,
    ) -> Result<Vec<RecordBatch>, ReadError> {
        let mut batches = Vec::with_capacity(self.chunks.len());
        for chunk in &mut self.chunks {
            chunk.batch = conform_batch(&chunk.batch, schema)?;
            let rows = rows_until(&chunk.batch, cut.0);
            if rows > 0 {
                batches.push(chunk.batch.slice(0, rows));
            }
        }
        Ok(batches)
    }
}

fn join(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<RecordBatch, ReadError> {
    concat_batches(schema, batches).map_err(|source| ReadError::Arrow {
        context: "join batches of the tail".to_owned(),
        source,
    })
}

/// How many of a batch's rows, which ascend by commit, are within it.
fn rows_until(batch: &RecordBatch, commit: CommitNumber) -> usize {
    let Some(commits) = batch.column_by_name("_commit") else {
        return 0;
    };
    let commits = commits.as_primitive::<Int64Type>().values();
    commits.partition_point(|row| *row <= commit.0 as i64)
}

impl Chunk {
    /// The append time of its first record.
    fn since_us(&self) -> Option<i64> {
        let times = self.batch.column_by_name("_append_time")?;
        let times = times.as_primitive_opt::<TimestampMicrosecondType>()?;
        times.values().first().copied()
    }

    /// What is left of a chunk behind an offset.
    fn after(self, offset: u64) -> Option<Self> {
        let rows = self.batch.num_rows();
        let offsets = self
            .batch
            .column_by_name("_offset")?
            .as_primitive::<Int64Type>()
            .values();
        let start = offsets.partition_point(|row| *row <= offset as i64);
        if start == 0 {
            return Some(self);
        }
        let left = rows - start;
        let bytes = self.bytes * left as u64 / rows as u64;
        (left > 0).then(|| Self {
            batch: self.batch.slice(start, left),
            bytes,
        })
    }
}
