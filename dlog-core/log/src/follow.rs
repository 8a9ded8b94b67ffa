//! Reading a partition from an offset, and following it: a reader that has everything sleeps until
//! the next commit is shown, and is woken by that commit itself.

use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};

use crate::columns::conform_batch;
use crate::error::ReadError;
use crate::ids::{Cut, Offset, PartitionId};
use crate::log_state::LogState;
use crate::partition::Partition;
use crate::segment::SegmentRef;
use crate::store::Store;

mod registry;

pub(crate) use registry::{Followers, Shown};

const BATCH_ROWS: usize = 8192;

impl Store {
    /// Waits until something beyond `seen` is visible, the store is closed or the time is over; what
    /// is visible then.
    #[must_use]
    pub fn wait_beyond(&self, seen: Cut, timeout: Duration) -> Cut {
        let core = self.core();
        core.followers.wait(&**core, seen, Instant::now() + timeout)
    }

    /// As [`wait_beyond`](Self::wait_beyond), for tasks.
    pub fn poll_beyond(&self, seen: Cut, context: &Context<'_>) -> Poll<Cut> {
        let core = self.core();
        core.followers.poll(&**core, seen, context)
    }

    /// Up to `limit` visible records of a partition from an offset on, with the system columns. Where
    /// records were taken away, it begins with the next one that is there.
    ///
    /// # Errors
    /// There is no such log or partition, or a file cannot be read.
    pub fn read(
        &self,
        log: &str,
        partition: PartitionId,
        from: Offset,
        limit: usize,
    ) -> Result<Vec<RecordBatch>, ReadError> {
        self.read_until(log, partition, from, limit, self.cut())
    }

    /// As [`read`](Self::read), without what is beyond a cut: who reads several partitions asks for
    /// the same cut of each, or may see a commit before an earlier one.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_until(
        &self,
        log: &str,
        partition: PartitionId,
        from: Offset,
        limit: usize,
        cut: Cut,
    ) -> Result<Vec<RecordBatch>, ReadError> {
        let log = self.core().log_for_reading(log)?;
        read_from(&log, find(&log, partition)?, from, limit, cut)
    }

    /// The offset of the first record of a partition that was appended at a time or later; the next
    /// offset if there is none.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn offset_at(
        &self,
        log: &str,
        partition: PartitionId,
        time_us: i64,
    ) -> Result<Offset, ReadError> {
        let log = self.core().log_for_reading(log)?;
        offset_at(&log, find(&log, partition)?, time_us)
    }

    /// Follows a partition from an offset on.
    ///
    /// # Errors
    /// There is no such log or partition.
    pub fn follow(
        &self,
        log: &str,
        partition: PartitionId,
        from: Offset,
    ) -> Result<TailReader, ReadError> {
        find(&*self.core().log_for_reading(log)?, partition)?;
        Ok(TailReader {
            store: self.clone(),
            log: log.to_owned(),
            partition,
            next: from,
        })
    }
}

/// A reader at some place of a partition.
#[derive(Debug, Clone)]
pub struct TailReader {
    store: Store,
    log: String,
    partition: PartitionId,
    next: Offset,
}

impl TailReader {
    /// The offset it reads next.
    #[must_use]
    pub fn position(&self) -> Offset {
        self.next
    }

    /// What is there now, up to `limit` records; nothing if it is at the end.
    ///
    /// # Errors
    /// The log was dropped, or a file cannot be read.
    pub fn read(&mut self, limit: usize) -> Result<Vec<RecordBatch>, ReadError> {
        let batches = self
            .store
            .read(&self.log, self.partition, self.next, limit)?;
        if let Some(last) = batches.last().and_then(last_offset) {
            self.next = Offset(last + 1);
        }
        Ok(batches)
    }

    /// As [`read`](Self::read), waiting for the first record; nothing when the time is over or the
    /// store is closed.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn wait(&mut self, limit: usize, timeout: Duration) -> Result<Vec<RecordBatch>, ReadError> {
        let store = self.store.clone();
        wait_for(&store, timeout, || self.read(limit))
    }
}

/// What `read` gives once there is something; nothing when the time is over or the store is closed.
pub(crate) fn wait_for(
    store: &Store,
    timeout: Duration,
    mut read: impl FnMut() -> Result<Vec<RecordBatch>, ReadError>,
) -> Result<Vec<RecordBatch>, ReadError> {
    let deadline = Instant::now() + timeout;
    loop {
        let seen = store.cut();
        let batches = read()?;
        if !batches.is_empty() {
            return Ok(batches);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if store.wait_beyond(seen, left) <= seen {
            return Ok(Vec::new());
        }
    }
}

pub(crate) fn find(log: &LogState, partition: PartitionId) -> Result<&Partition, ReadError> {
    log.partitions.get(partition.0 as usize).ok_or_else(|| {
        let last = log.partitions.len() - 1;
        let text = format!(
            "the log {} has no partition {partition}; use 0 to {last}",
            log.name
        );
        ReadError::Refused { text }
    })
}

pub(crate) fn column<'b>(batch: &'b RecordBatch, name: &str) -> &'b [i64] {
    let column = batch.column_by_name(name);
    let values = column.and_then(|column| column.as_primitive_opt::<Int64Type>());
    values.map_or(&[], |values| values.values())
}

fn last_offset(batch: &RecordBatch) -> Option<u64> {
    column(batch, "_offset").last().map(|offset| *offset as u64)
}

pub(crate) fn read_from(
    log: &LogState,
    partition: &Partition,
    from: Offset,
    limit: usize,
    cut: Cut,
) -> Result<Vec<RecordBatch>, ReadError> {
    let mut stored = partition.settle(log)?;
    let schema = log.schema().full.clone();
    let segments: Vec<SegmentRef> = stored
        .segments
        .iter()
        .filter(|segment| segment.last_offset() >= from)
        .cloned()
        .collect();
    let tail = stored.tail_until(cut, &schema)?;
    drop(stored);
    let mut found = Vec::new();
    let mut left = limit;
    let mut take = |batch: &RecordBatch, found: &mut Vec<RecordBatch>| {
        let start = column(batch, "_offset").partition_point(|offset| (*offset as u64) < from.0);
        let end = column(batch, "_commit").partition_point(|commit| *commit as u64 <= cut.0.0);
        let count = end.saturating_sub(start).min(left);
        if count > 0 {
            found.push(batch.slice(start, count));
            left -= count;
        }
        left > 0
    };
    for segment in &segments {
        for batch in segment.read_groups(None, BATCH_ROWS, segment.groups_from(from)?)? {
            if !take(&conform_batch(&batch?, &schema)?, &mut found) {
                return Ok(found);
            }
        }
    }
    for batch in &tail {
        if !take(batch, &mut found) {
            break;
        }
    }
    Ok(found)
}

fn offset_at(log: &LogState, partition: &Partition, time_us: i64) -> Result<Offset, ReadError> {
    let (segments, chunks) = partition.contents(log)?;
    let first_in = |batch: &RecordBatch| {
        let times = batch.column_by_name("_append_time")?;
        let times = times
            .as_primitive_opt::<TimestampMicrosecondType>()?
            .values();
        let place = times.partition_point(|time| *time < time_us);
        column(batch, "_offset")
            .get(place)
            .map(|offset| Offset(*offset as u64))
    };
    let late = segments
        .iter()
        .find(|segment| segment.max_append_time_us() >= time_us);
    if let Some(segment) = late {
        for batch in segment.read(Some(&["_offset", "_append_time"]), BATCH_ROWS)? {
            if let Some(offset) = first_in(&batch?) {
                return Ok(offset);
            }
        }
    }
    let in_tail = chunks.iter().find_map(first_in);
    Ok(in_tail.unwrap_or(Offset(partition.next())))
}
