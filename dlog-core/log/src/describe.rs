//! What can be known of a store and its logs without reading records.

use std::sync::atomic::Ordering;

use crate::catalogue::LogOptions;
use crate::error::{CatalogError, ReadError};
use crate::ids::{LogId, Offset, PartitionId};
use crate::log_state::LogState;
use crate::schema::LogSchema;
use crate::store::Store;

/// What waits in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MemoryUse {
    /// Commits that are not written yet.
    pub queued_bytes: u64,
    /// Records that are not sealed, by their size in the journal.
    pub tail_bytes: u64,
}

/// What is known of a log.
#[derive(Debug, Clone, PartialEq)]
pub struct LogDescription {
    /// Its name.
    pub name: String,
    /// Its number.
    pub id: LogId,
    /// Its options, as they are now.
    pub options: LogOptions,
    /// Its columns.
    pub schema: LogSchema,
    /// How many versions of them there were.
    pub schema_version: u32,
    /// Whether it is a snapshot, which takes no appends.
    pub is_snapshot: bool,
    /// Records, replaced ones and tombstones included.
    pub record_count: u64,
    /// Keys that have a record, for logs with a key.
    pub live_count: Option<u64>,
    /// Its partitions.
    pub partitions: Vec<PartitionDescription>,
}

/// What is known of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionDescription {
    /// Which.
    pub partition: PartitionId,
    /// The offset that the next record gets.
    pub next_offset: Offset,
    /// Its records.
    pub record_count: u64,
    /// Records that are not sealed.
    pub tail_records: u64,
    /// Their bytes in the journal.
    pub tail_bytes: u64,
    /// How many segments it has.
    pub segments: usize,
    /// Their bytes.
    pub segment_bytes: u64,
}

impl Store {
    /// What is known of a log.
    ///
    /// # Errors
    /// There is no such log.
    pub fn describe(&self, name: &str) -> Result<LogDescription, CatalogError> {
        let log = self.find_log(name)?;
        let state = log.schema();
        let partitions: Vec<PartitionDescription> = log
            .partitions
            .iter()
            .map(|partition| {
                let (sealed_records, segments, segment_bytes) = partition.sealed_size();
                let (tail_records, tail_bytes) = partition.tail_size();
                PartitionDescription {
                    partition: partition.number,
                    next_offset: Offset(partition.next()),
                    record_count: sealed_records + tail_records,
                    tail_records,
                    tail_bytes,
                    segments,
                    segment_bytes,
                }
            })
            .collect();
        Ok(LogDescription {
            name: log.name.clone(),
            id: log.id,
            options: log.options(),
            schema: state.schema.clone(),
            schema_version: state.version,
            is_snapshot: log.is_frozen,
            record_count: partitions
                .iter()
                .map(|partition| partition.record_count)
                .sum(),
            live_count: log.key.as_ref().and_then(|_| live_count(&log).ok()),
            partitions,
        })
    }

    /// How often the journal was synced for acknowledgements since the store was opened.
    #[must_use]
    pub fn flushes(&self) -> u64 {
        self.core().flushes.load(Ordering::Relaxed)
    }

    /// What waits in memory to be written or sealed.
    #[must_use]
    pub fn memory_use(&self) -> MemoryUse {
        self.core().memory_use()
    }
}

fn live_count(log: &LogState) -> Result<u64, ReadError> {
    let mut count = 0;
    for partition in &log.partitions {
        let mut index = partition.index.lock();
        index.catch_up(partition, log)?;
        count += index.live_count();
    }
    Ok(count)
}
