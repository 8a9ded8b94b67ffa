//! A record with its place, out of the columns that it is read in.

use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Int8Type, Int32Type, Int64Type, TimestampMicrosecondType};

use crate::columns::datum_at;
use crate::datum::{Datum, Row};
use crate::headers::{Headers, headers_at};
use crate::ids::{CommitNumber, Offset, PartitionId};
use crate::schema::OP_DELETE;

/// A record with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRecord {
    /// Its partition.
    pub partition: PartitionId,
    /// Its place in the partition.
    pub offset: Offset,
    /// The commit that brought it.
    pub commit: CommitNumber,
    /// When it was appended, in microseconds since 1970.
    pub append_time_us: i64,
    /// When it happened: what its `_time` said, else when it was appended.
    pub time_us: i64,
    /// Whether it deletes its key; it has only that column then.
    pub is_tombstone: bool,
    /// The log's own columns, nulls included.
    pub row: Row,
    /// What travels beside them.
    pub headers: Headers,
}

impl StoredRecord {
    /// The records of a batch that [`Store::read`] gave.
    #[must_use]
    pub fn all(batch: &RecordBatch) -> Vec<Self> {
        (0..batch.num_rows())
            .filter_map(|row| Self::at(batch, row))
            .collect()
    }

    /// `None` for a batch without the system's columns.
    pub(crate) fn at(batch: &RecordBatch, row: usize) -> Option<Self> {
        let column = |name| batch.column_by_name(name);
        let number = |name| {
            let values = column(name)?.as_primitive_opt::<Int64Type>()?;
            Some(values.value(row) as u64)
        };
        let partition = column("_partition")?.as_primitive_opt::<Int32Type>()?;
        let time = |name| {
            let times = column(name)?.as_primitive_opt::<TimestampMicrosecondType>()?;
            Some(times.value(row))
        };
        let op = column("_op")?.as_primitive_opt::<Int8Type>()?;
        let is_tombstone = op.value(row) == OP_DELETE;
        let schema = batch.schema_ref();
        let own = schema.fields().iter().zip(batch.columns());
        let own = own.filter(|(field, _)| !field.name().starts_with('_'));
        let values = own.map(|(field, array)| {
            let name: Arc<str> = field.name().as_str().into();
            (name, datum_at(array, field, row))
        });
        let values = values.filter(|(_, value)| !(is_tombstone && *value == Datum::Null));
        Some(Self {
            partition: PartitionId(partition.value(row) as u32),
            offset: Offset(number("_offset")?),
            commit: CommitNumber(number("_commit")?),
            append_time_us: time("_append_time")?,
            time_us: time("_time")?,
            is_tombstone,
            row: Row(values.collect()),
            headers: headers_at(batch, row),
        })
    }
}
