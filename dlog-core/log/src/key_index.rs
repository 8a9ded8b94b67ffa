//! Which records of a keyed partition were replaced by which commit, for scans. Where a key's newest
//! record is, `lookup` finds without this.
//!
//! Derived from the records alone and built when first asked for: nothing here is stored, and
//! everything can be thrown away.

use std::collections::HashMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Int8Type, Int64Type};

use crate::error::ReadError;
use crate::log_state::LogState;
use crate::partition::Partition;
use crate::schema::OP_DELETE;

const COLUMNS: [&str; 4] = ["_key", "_offset", "_commit", "_op"];
const BATCH_ROWS: usize = 65_536;

/// The keys of one partition.
#[derive(Debug, Default)]
pub(crate) struct KeyIndex {
    /// The first offset that is not in the index yet.
    next: u64,
    /// The newest record of every key that is not deleted.
    newest: HashMap<Box<[u8]>, u64>,
    /// Offsets of replaced records, with the commit that replaced them.
    replaced: HashMap<u64, u64>,
}

impl KeyIndex {
    /// Takes in what was published since the last time.
    pub(crate) fn catch_up(
        &mut self,
        partition: &Partition,
        log: &LogState,
    ) -> Result<(), ReadError> {
        let (segments, chunks) = partition.contents(log)?;
        let start = self.next;
        for segment in segments
            .iter()
            .filter(|segment| segment.last_offset().0 >= start)
        {
            for batch in segment.read(Some(&COLUMNS), BATCH_ROWS)? {
                self.absorb(&batch?);
            }
        }
        chunks.iter().for_each(|batch| self.absorb(batch));
        Ok(())
    }

    fn absorb(&mut self, batch: &RecordBatch) {
        let column = |name| batch.column_by_name(name);
        let (Some(keys), Some(offsets), Some(commits), Some(ops)) = (
            column("_key"),
            column("_offset"),
            column("_commit"),
            column("_op"),
        ) else {
            return;
        };
        let keys = keys.as_binary::<i32>();
        let offsets = offsets.as_primitive::<Int64Type>();
        let commits = commits.as_primitive::<Int64Type>();
        let ops = ops.as_primitive::<Int8Type>();
        let start = offsets
            .values()
            .partition_point(|offset| (*offset as u64) < self.next);
        for row in start..batch.num_rows() {
            let (offset, commit) = (offsets.value(row) as u64, commits.value(row) as u64);
            self.next = offset + 1;
            if keys.is_null(row) {
                continue;
            }
            let key = keys.value(row);
            let before = if ops.value(row) == OP_DELETE {
                self.newest.remove(key)
            } else if let Some(place) = self.newest.get_mut(key) {
                Some(std::mem::replace(place, offset))
            } else {
                self.newest.insert(key.into(), offset)
            };
            if let Some(before) = before {
                self.replaced.insert(before, commit);
            }
        }
    }

    /// Whether a record was replaced at or before a commit.
    pub(crate) fn is_replaced(&self, offset: u64, commit: u64) -> bool {
        self.replaced.get(&offset).is_some_and(|by| *by <= commit)
    }

    /// How many keys have a record.
    pub(crate) fn live_count(&self) -> u64 {
        self.newest.len() as u64
    }
}
