//! Reading a log at a cut: segments, then the tail, and what is alive of a keyed one.

use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{Int8Type, Int32Type, Int64Type, SchemaRef, TimestampMicrosecondType};

use crate::columns::conform_batch;
use crate::commit::Core;
use crate::error::ReadError;
use crate::ids::{CommitNumber, Cut, LogId};
use crate::log_state::LogState;
use crate::partition::Partition;
use crate::schema::OP_PUT;
use crate::segment::SegmentRef;

const BATCH_ROWS: usize = 8192;

/// A log as it was at a cut. Its segments stay readable while this lives.
#[derive(Debug, Clone)]
pub struct LogScan {
    /// The log's name.
    pub log: String,
    /// The log.
    pub id: LogId,
    /// The state that is read.
    pub cut: Cut,
    /// The key column, where the log has one.
    pub key: Option<String>,
    /// User columns, then the system's.
    pub schema: SchemaRef,
    /// Sealed records, by partition and offset; the last ones may go beyond the cut.
    pub segments: Vec<SegmentRef>,
    /// The records behind them, up to the cut, in `schema`.
    pub tail: Vec<RecordBatch>,
    state: Arc<LogState>,
}

pub(crate) fn scan(log: &Arc<LogState>, cut: Cut) -> Result<LogScan, ReadError> {
    let mut segments = Vec::new();
    let mut tail = Vec::new();
    let mut schema = log.schema().full.clone();
    for partition in &log.partitions {
        let mut stored = partition.settle(log)?;
        let floor = partition.marks_in(&stored).floor;
        if cut.0 < floor {
            return Err(ReadError::HistoryGone {
                log: log.name.clone(),
                floor,
                asked: cut.0,
            });
        }
        // Read with the tail settled: no chunk is of a later version.
        schema = log.schema().full.clone();
        segments.extend(
            stored
                .segments
                .iter()
                .filter(|segment| segment.first_commit() <= cut.0)
                .cloned(),
        );
        tail.extend(stored.tail_until(cut, &schema)?);
    }
    // A partition read later may have widened the schema.
    for batch in &mut tail {
        *batch = conform_batch(batch, &schema)?;
    }
    Ok(LogScan {
        log: log.name.clone(),
        id: log.id,
        cut,
        key: log.key.clone(),
        schema,
        segments,
        tail,
        state: log.clone(),
    })
}

pub(crate) fn missing(name: &str) -> ReadError {
    ReadError::Refused {
        text: format!("the batch lacks the column {name}; read it too"),
    }
}

pub(crate) fn numbers<'b>(batch: &'b RecordBatch, name: &str) -> Result<&'b [i64], ReadError> {
    let column = batch
        .column_by_name(name)
        .and_then(|column| column.as_primitive_opt::<Int64Type>());
    column
        .map(|column| column.values().as_ref())
        .ok_or_else(|| missing(name))
}

impl LogScan {
    /// Whether the log has a key.
    #[must_use]
    pub fn is_keyed(&self) -> bool {
        self.key.is_some()
    }

    /// The rows of a batch up to the cut. Needs the column `_commit`.
    ///
    /// # Errors
    /// The column is missing.
    pub fn bound(&self, batch: RecordBatch) -> Result<RecordBatch, ReadError> {
        let commits = numbers(&batch, "_commit")?;
        let limit = self.cut.0.0 as i64;
        if commits.iter().all(|commit| *commit <= limit) {
            return Ok(batch);
        }
        let mask: BooleanArray = commits
            .iter()
            .map(|commit| Some(*commit <= limit))
            .collect();
        keep(&batch, &mask)
    }

    /// The rows of a batch that the table shows at the cut: of a keyed log the newest of each key,
    /// no tombstones. Needs the columns `_partition _offset _commit _op`; of a log without a key
    /// only `_commit`.
    ///
    /// # Errors
    /// A column is missing, or the key index cannot be built.
    pub fn live(&self, batch: RecordBatch) -> Result<RecordBatch, ReadError> {
        if !self.is_keyed() {
            return self.bound(batch);
        }
        let mask = self.live_mask(&batch)?;
        if mask.true_count() == batch.num_rows() {
            return Ok(batch);
        }
        keep(&batch, &mask)
    }

    /// Which rows [`live`](Self::live) keeps.
    ///
    /// # Errors
    /// As [`live`](Self::live).
    pub fn live_mask(&self, batch: &RecordBatch) -> Result<BooleanArray, ReadError> {
        let commits = numbers(batch, "_commit")?;
        let limit = self.cut.0.0;
        if !self.is_keyed() {
            return Ok(commits
                .iter()
                .map(|commit| Some(*commit as u64 <= limit))
                .collect());
        }
        let offsets = numbers(batch, "_offset")?;
        let column = |name| batch.column_by_name(name).ok_or_else(|| missing(name));
        let partitions = column("_partition")?.as_primitive::<Int32Type>().values();
        let ops = column("_op")?.as_primitive::<Int8Type>().values();
        let mut mask = Vec::with_capacity(batch.num_rows());
        let mut start = 0;
        while start < batch.num_rows() {
            // Batches are of one partition, or of few that follow each other.
            let number = partitions[start];
            let end = start
                + partitions[start..]
                    .iter()
                    .take_while(|other| **other == number)
                    .count();
            let Some(partition) = self.state.partitions.get(number as usize) else {
                return Err(ReadError::Refused {
                    text: format!("the log {} has no partition {number}", self.log),
                });
            };
            let mut index = partition.index.lock();
            index.catch_up(partition, &self.state)?;
            for row in start..end {
                let is_within = commits[row] as u64 <= limit && ops[row] == OP_PUT;
                mask.push(is_within && !index.is_replaced(offsets[row] as u64, limit));
            }
            start = end;
        }
        Ok(BooleanArray::from(mask))
    }

    /// At most this many rows are read.
    #[must_use]
    pub fn row_count_upper(&self) -> u64 {
        let sealed: u64 = self.segments.iter().map(SegmentRef::row_count).sum();
        sealed
            + self
                .tail
                .iter()
                .map(|batch| batch.num_rows() as u64)
                .sum::<u64>()
    }

    /// The number of rows, where it is known without reading any.
    #[must_use]
    pub fn exact_row_count(&self) -> Option<u64> {
        let is_exact = !self.is_keyed()
            && !self
                .segments
                .iter()
                .any(|segment| segment.needs_cut(self.cut));
        is_exact.then(|| self.row_count_upper())
    }
}

fn keep(batch: &RecordBatch, mask: &BooleanArray) -> Result<RecordBatch, ReadError> {
    filter_record_batch(batch, mask).map_err(|source| ReadError::Arrow {
        context: "filter a batch by the cut".to_owned(),
        source,
    })
}

/// The last visible commit that was made at or before a time.
pub(crate) fn cut_as_of(core: &Core, time_us: i64) -> Result<Cut, ReadError> {
    let visible = core.cut();
    let logs: Vec<Arc<LogState>> = core.logs.read().by_name.values().cloned().collect();
    let mut found = CommitNumber(0);
    for log in &logs {
        for partition in &log.partitions {
            found = found.max(last_commit_until(partition, log, time_us)?);
        }
    }
    Ok(Cut(found).min(visible))
}

fn last_commit_until(
    partition: &Partition,
    log: &LogState,
    time_us: i64,
) -> Result<CommitNumber, ReadError> {
    let (segments, chunks) = partition.contents(log)?;
    let mut found = CommitNumber(0);
    for segment in segments
        .iter()
        .filter(|segment| segment.min_append_time_us() <= time_us)
    {
        if segment.max_append_time_us() <= time_us {
            found = found.max(segment.last_commit());
            continue;
        }
        for batch in segment.read(Some(&["_commit", "_append_time"]), BATCH_ROWS)? {
            found = found.max(last_in_batch(&batch?, time_us)?);
        }
    }
    for batch in &chunks {
        found = found.max(last_in_batch(batch, time_us)?);
    }
    Ok(found)
}

fn last_in_batch(batch: &RecordBatch, time_us: i64) -> Result<CommitNumber, ReadError> {
    let times = batch
        .column_by_name("_append_time")
        .ok_or_else(|| missing("_append_time"))?;
    let times = times.as_primitive::<TimestampMicrosecondType>().values();
    let count = times.partition_point(|time| *time <= time_us);
    let commits = numbers(batch, "_commit")?;
    Ok(count
        .checked_sub(1)
        .map_or(CommitNumber(0), |last| CommitNumber(commits[last] as u64)))
}
