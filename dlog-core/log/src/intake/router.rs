//! Which partition a record goes to: its key's, the one that was named, or the next in turn.

use arrow::array::{RecordBatch, UInt64Array};
use arrow::compute::take_record_batch;
use arrow::error::ArrowError;

use crate::columns::datum_of_kind;
use crate::datum::{Datum, Row, key_bytes, partition_of_key};
use crate::log_state::LogState;
use crate::schema::{Kind, coerce, kind_of_field};

/// Which partition a record goes to.
pub(super) struct Router {
    partitions: u32,
    fixed: usize,
    /// The key's column and what it holds.
    pub(super) key: Option<(String, Kind)>,
}

impl Router {
    pub(super) fn new(log: &LogState, partition: Option<usize>) -> Self {
        let key = log.key.as_ref().map(|key| {
            let kind = log
                .schema()
                .schema
                .column(key)
                .map_or(Kind::Unknown, |column| column.kind.clone());
            (key.clone(), kind)
        });
        let fixed = match (partition, &key) {
            (Some(partition), _) => partition,
            (None, None) => log.next_rotation() as usize,
            (None, Some(_)) => 0,
        };
        Self {
            partitions: log.partition_count(),
            fixed,
            key,
        }
    }

    fn of_key(&self, key: &Datum, kind: &Kind) -> usize {
        // `check_keys` saw to it that there are bytes.
        let bytes = key_bytes(&coerce(kind, key)).unwrap_or_default();
        partition_of_key(&bytes, self.partitions) as usize
    }

    /// The partition that all records go to, if it is one.
    pub(super) fn only(&self) -> Option<usize> {
        (self.key.is_none() || self.partitions == 1).then_some(self.fixed)
    }

    pub(super) fn of_row(&self, row: &Row) -> usize {
        match &self.key {
            Some((name, kind)) if self.partitions > 1 => {
                row.get(name).map_or(0, |key| self.of_key(key, kind))
            }
            _ => self.fixed,
        }
    }

    /// The batches by the partition they go to, empty ones left out.
    pub(super) fn split(
        &self,
        batches: Vec<RecordBatch>,
    ) -> Result<Vec<(usize, Vec<RecordBatch>)>, ArrowError> {
        let batches: Vec<RecordBatch> = batches
            .into_iter()
            .filter(|batch| batch.num_rows() > 0)
            .collect();
        let Some((name, kind)) = self.key.as_ref().filter(|_| self.partitions > 1) else {
            return Ok(if batches.is_empty() {
                Vec::new()
            } else {
                vec![(self.fixed, batches)]
            });
        };
        let mut split = vec![Vec::new(); self.partitions as usize];
        for batch in &batches {
            let mut rows = vec![Vec::new(); self.partitions as usize];
            let place = batch.schema().index_of(name)?;
            let own = kind_of_field(batch.schema().field(place)).unwrap_or(Kind::Unknown);
            for row in 0..batch.num_rows() {
                let key = datum_of_kind(batch.column(place), &own, row);
                rows[self.of_key(&key, kind)].push(row as u64);
            }
            for (partition, rows) in rows
                .into_iter()
                .enumerate()
                .filter(|(_, rows)| !rows.is_empty())
            {
                split[partition].push(take_record_batch(batch, &UInt64Array::from(rows))?);
            }
        }
        Ok(split
            .into_iter()
            .enumerate()
            .filter(|(_, batches)| !batches.is_empty())
            .collect())
    }
}
