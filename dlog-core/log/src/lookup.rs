//! The newest record of a key: from the tail, else from the newest segment that has it.
//!
//! Nothing is read of a segment whose key file says no, so that a lookup costs a page for each
//! segment and a row from one.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Int8Type, Int64Type};

use crate::columns::conform_batch;
use crate::datum::{Datum, partition_of_key};
use crate::error::ReadError;
use crate::ids::Offset;
use crate::log_state::LogState;
use crate::partition::{Chunk, Partition};
use crate::record::StoredRecord;
use crate::scan::{missing, numbers};
use crate::schema::OP_DELETE;

/// The newest records of the keys that the tail has; built when first asked for.
#[derive(Debug, Default)]
pub(crate) struct TailKeys {
    /// The first offset that is not in it yet.
    next: u64,
    /// The offset behind the last sealed record, as of the last time.
    sealed: u64,
    newest: HashMap<Box<[u8]>, u64>,
}

impl TailKeys {
    /// Takes in what was published and forgets what was sealed since the last time.
    fn catch_up(&mut self, chunks: &[Chunk], sealed: u64) {
        if sealed > self.sealed {
            self.newest.retain(|_, offset| *offset >= sealed);
            self.newest.shrink_to_fit();
            self.sealed = sealed;
        }
        for chunk in chunks {
            self.absorb(&chunk.batch);
        }
    }

    fn absorb(&mut self, batch: &RecordBatch) {
        let (Some(keys), Some(offsets)) = (
            batch.column_by_name("_key"),
            batch.column_by_name("_offset"),
        ) else {
            return;
        };
        let keys = keys.as_binary::<i32>();
        let offsets = offsets.as_primitive::<Int64Type>().values();
        let start = offsets.partition_point(|offset| (*offset as u64) < self.next);
        for row in start..batch.num_rows() {
            let offset = offsets[row] as u64;
            self.next = offset + 1;
            match self.newest.get_mut(keys.value(row)) {
                _ if keys.is_null(row) => {}
                Some(place) => *place = offset,
                None => drop(self.newest.insert(keys.value(row).into(), offset)),
            }
        }
    }
}

/// The newest record of a key in its partition, with the system columns; none if it was deleted.
pub(crate) fn newest(
    log: &LogState,
    partition: &Partition,
    key: &[u8],
) -> Result<Option<RecordBatch>, ReadError> {
    let stored = partition.settle(log)?;
    let sealed = partition.marks_in(&stored).sealed;
    let mut tail = partition.tail_keys.lock();
    tail.catch_up(&stored.chunks, sealed);
    let in_tail = tail.newest.get(key).copied();
    drop(tail);
    if let Some(offset) = in_tail {
        let row = stored
            .chunks
            .iter()
            .find_map(|chunk| row_at(&chunk.batch, offset));
        return Ok(row.filter(is_put));
    }
    let segments = stored.segments.clone();
    drop(stored);
    for segment in segments.iter().rev() {
        if let Some(row) = segment.newest_of_key(key)? {
            return Ok(Some(row).filter(is_put));
        }
    }
    Ok(None)
}

fn is_put(row: &RecordBatch) -> bool {
    let ops = row
        .column_by_name("_op")
        .map(|ops| ops.as_primitive::<Int8Type>());
    ops.is_some_and(|ops| ops.value(0) != OP_DELETE)
}

fn row_at(batch: &RecordBatch, offset: u64) -> Option<RecordBatch> {
    let offsets = batch
        .column_by_name("_offset")?
        .as_primitive_opt::<Int64Type>()?
        .values();
    let place = offsets.binary_search(&(offset as i64)).ok()?;
    Some(batch.slice(place, 1))
}

/// The offset of a record that [`newest`] found.
pub(crate) fn offset_of(row: &RecordBatch) -> Result<Offset, ReadError> {
    Ok(Offset(numbers(row, "_offset")?[0] as u64))
}

/// The newest visible record of a key, and its partition.
pub(crate) fn find_key<'l>(
    log: &'l LogState,
    key: &Datum,
) -> Result<Option<(&'l Partition, RecordBatch)>, ReadError> {
    let Some(name) = &log.key else {
        let text = format!("the log {} has no key; query it instead", log.name);
        return Err(ReadError::Refused { text });
    };
    let Some(bytes) = log.key_bytes(name, key) else {
        return Ok(None);
    };
    let number = partition_of_key(&bytes, log.partition_count());
    let Some(partition) = log.partitions.get(number as usize) else {
        return Ok(None);
    };
    Ok(newest(log, partition, &bytes)?.map(|row| (partition, row)))
}

/// The newest visible record of a key.
pub(crate) fn find_row(
    log: &Arc<LogState>,
    key: &Datum,
) -> Result<Option<StoredRecord>, ReadError> {
    let Some((_, batch)) = find_key(log, key)? else {
        return Ok(None);
    };
    let batch = conform_batch(&batch, &log.schema().full)?;
    let found = StoredRecord::at(&batch, 0);
    found.map(Some).ok_or_else(|| missing("_partition"))
}
