//! One order over all partitions of a log: that of the commits, and within a commit that of
//! partitions and offsets.
//!
//! The numbers are the commit's own, given when it is made, so nothing is stored for this: a place in
//! the order (a virtual log sequence number) is a commit, a partition and an offset.

use std::time::Duration;

use arrow::array::RecordBatch;

use crate::error::ReadError;
use crate::follow::{column, find, read_from, wait_for};
use crate::ids::{CommitNumber, Offset, PartitionId};
use crate::log_state::LogState;
use crate::partition::Partition;
use crate::store::Store;
use crate::ticket::Receipt;

const BATCH_ROWS: usize = 8192;

/// A place in the one order of a log's records. Smaller ones come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Vlsn {
    /// The commit.
    pub commit: CommitNumber,
    /// The partition.
    pub partition: PartitionId,
    /// The offset in it.
    pub offset: Offset,
}

impl Receipt {
    /// The places of the first records that a log's partitions got.
    pub fn places<'r>(&'r self, log: &'r str) -> impl Iterator<Item = Vlsn> + 'r {
        let own = self.parts.iter().filter(move |part| part.log == log);
        own.map(|part| Vlsn {
            commit: self.commit,
            partition: part.partition,
            offset: part.first_offset,
        })
    }
}

/// A reader of all partitions of a log in their one order.
#[derive(Debug, Clone)]
pub struct OrderedReader {
    store: Store,
    log: String,
    next: Vlsn,
    /// By partition, the offset that is read next.
    cursors: Vec<Offset>,
}

impl Store {
    /// Reads all partitions of a log in one order, from a place on; the default is the beginning.
    ///
    /// # Errors
    /// There is no such log, or a file cannot be read.
    pub fn read_in_order(&self, log: &str, from: Vlsn) -> Result<OrderedReader, ReadError> {
        let state = self.core().log_for_reading(log)?;
        let cursors = state.partitions.iter();
        let cursors = cursors.map(|partition| start_of(&state, partition, from));
        Ok(OrderedReader {
            store: self.clone(),
            log: log.to_owned(),
            next: from,
            cursors: cursors.collect::<Result<_, _>>()?,
        })
    }
}

/// The first offset of a partition that is at a place or behind it.
fn start_of(log: &LogState, partition: &Partition, from: Vlsn) -> Result<Offset, ReadError> {
    let number = partition.number;
    let first = match number.cmp(&from.partition) {
        // What the partition has of that commit is in front of the place.
        std::cmp::Ordering::Less => CommitNumber(from.commit.0.saturating_add(1)),
        std::cmp::Ordering::Equal => {
            let begin = offset_of_commit(log, partition, from.commit)?;
            return Ok(begin.max(from.offset).min(Offset(partition.next())));
        }
        std::cmp::Ordering::Greater => from.commit,
    };
    offset_of_commit(log, partition, first)
}

/// The offset of the first record of a commit or a later one.
fn offset_of_commit(
    log: &LogState,
    partition: &Partition,
    commit: CommitNumber,
) -> Result<Offset, ReadError> {
    let (segments, chunks) = partition.contents(log)?;
    let first_in = |batch: &RecordBatch| {
        let place = column(batch, "_commit").partition_point(|own| (*own as u64) < commit.0);
        let offset = column(batch, "_offset").get(place)?;
        Some(Offset(*offset as u64))
    };
    let late = segments
        .iter()
        .find(|segment| segment.last_commit() >= commit);
    if let Some(segment) = late {
        if segment.first_commit() >= commit {
            return Ok(segment.first_offset());
        }
        for batch in segment.read(Some(&["_offset", "_commit"]), BATCH_ROWS)? {
            if let Some(offset) = first_in(&batch?) {
                return Ok(offset);
            }
        }
    }
    let in_tail = chunks.iter().find_map(first_in);
    Ok(in_tail.unwrap_or(Offset(partition.next())))
}

/// What was read of a partition and not given out yet.
struct Ahead {
    partition: PartitionId,
    batches: std::collections::VecDeque<RecordBatch>,
}

impl Ahead {
    fn head(&self) -> Option<(i64, PartitionId)> {
        let commits = column(self.batches.front()?, "_commit");
        Some((*commits.first()?, self.partition))
    }

    /// The records in front of a commit of another partition, from the first batch.
    fn take(&mut self, other: Option<(i64, PartitionId)>, limit: usize) -> Option<RecordBatch> {
        let batch = self.batches.pop_front()?;
        let own = column(&batch, "_commit");
        let before = |commit: &i64| other.is_none_or(|other| (*commit, self.partition) < other);
        let count = own.partition_point(before).min(limit);
        if count < batch.num_rows() {
            let rest = batch.slice(count, batch.num_rows() - count);
            self.batches.push_front(rest);
        }
        Some(batch.slice(0, count))
    }
}

impl OrderedReader {
    /// The place it reads next.
    #[must_use]
    pub fn position(&self) -> Vlsn {
        self.next
    }

    /// What is there now, up to `limit` records, in order; each batch is of one partition.
    ///
    /// # Errors
    /// The log was dropped, or a file cannot be read.
    pub fn read(&mut self, limit: usize) -> Result<Vec<RecordBatch>, ReadError> {
        let log = self.store.core().log_for_reading(&self.log)?;
        // One cut for all partitions: no commit is seen in one and not in another.
        let cut = self.store.cut();
        let mut ahead = Vec::with_capacity(self.cursors.len());
        for (cursor, number) in self.cursors.iter().zip(0..) {
            let partition = find(&log, PartitionId(number))?;
            let batches = read_from(&log, partition, *cursor, limit, cut)?;
            ahead.push(Ahead {
                partition: PartitionId(number),
                batches: batches.into(),
            });
        }
        let mut found = Vec::new();
        let mut left = limit;
        while left > 0 {
            let mut heads: Vec<(i64, PartitionId)> = ahead.iter().filter_map(Ahead::head).collect();
            heads.sort_unstable();
            let Some((_, first)) = heads.first() else {
                break;
            };
            let own = &mut ahead[first.0 as usize];
            let Some(batch) = own.take(heads.get(1).copied(), left) else {
                break;
            };
            left -= batch.num_rows();
            self.pass(&batch, *first);
            found.push(batch);
        }
        Ok(found)
    }

    /// Stands behind the last record of a batch.
    fn pass(&mut self, batch: &RecordBatch, partition: PartitionId) {
        let (commits, offsets) = (column(batch, "_commit"), column(batch, "_offset"));
        if let (Some(commit), Some(offset)) = (commits.last(), offsets.last()) {
            let next = Offset(*offset as u64 + 1);
            self.cursors[partition.0 as usize] = next;
            self.next = Vlsn {
                commit: CommitNumber(*commit as u64),
                partition,
                offset: next,
            };
        }
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
