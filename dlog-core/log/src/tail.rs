//! Published commits of a partition and their conversion to Arrow.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryBuilder, Int8Array, Int32Array, Int64Array, RecordBatch,
    RecordBatchOptions, TimestampMicrosecondArray,
};
use arrow::datatypes::TimestampMicrosecondType;
use bytes::Bytes;

use crate::columns::{build_array, conform_batch, datum_of_kind};
use crate::datum::{Datum, Row, key_bytes};
use crate::error::ReadError;
use crate::headers::{HEADERS_FIELD, build_headers, no_headers};
use crate::ids::{CommitNumber, Epoch, PartitionId};
use crate::limits::TAIL_BATCH_ROWS;
use crate::log_state::{LogState, SchemaState, TIME_FIELD};
use crate::partition::Chunk;
use crate::row_codec::{decode_columns, decode_rows};
use crate::schema::{OP_DELETE, OP_PUT};
use crate::ticket::{Receipt, ReceiptPart};

/// The part of a commit that one partition got.
#[derive(Debug, Clone)]
pub(crate) struct TailBatch {
    pub(crate) first_offset: u64,
    pub(crate) count: u64,
    pub(crate) stamp: Stamp,
    /// Its size in the journal.
    pub(crate) bytes: u64,
    pub(crate) data: BatchData,
}

/// What all records of a commit share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stamp {
    pub(crate) commit: CommitNumber,
    pub(crate) epoch: Epoch,
    pub(crate) append_time_us: i64,
}

impl Stamp {
    /// What is answered for the commit.
    pub(crate) fn receipt(self, parts: Vec<ReceiptPart>) -> Receipt {
        Receipt {
            commit: self.commit,
            epoch: self.epoch,
            append_time_us: self.append_time_us,
            parts,
        }
    }
}

/// The records as they were given.
#[derive(Debug, Clone)]
pub(crate) enum BatchData {
    /// In the row codec.
    Rows(Bytes),
    /// In the row codec, with the key alone.
    Tombstones(Bytes),
    /// In canonical types, and perhaps with a `_time` column.
    Arrow(Vec<RecordBatch>),
}

/// Records of one kind, being given their system columns.
struct Run<'b> {
    /// Rows as they were given, by commit, with their count.
    encoded: Vec<(CommitNumber, &'b Bytes, usize)>,
    offsets: Vec<i64>,
    commits: Vec<i64>,
    epochs: Vec<i64>,
    append_times: Vec<i64>,
    op: i8,
    bytes: u64,
}

impl Run<'_> {
    fn new(op: i8) -> Self {
        Self {
            encoded: vec![],
            offsets: vec![],
            commits: vec![],
            epochs: vec![],
            append_times: vec![],
            op,
            bytes: 0,
        }
    }

    fn add(&mut self, first_offset: u64, count: usize, stamp: Stamp) {
        // Offsets, commits and epochs stay far below 2^63: one a nanosecond would take 292 years.
        self.offsets
            .extend((0..count as i64).map(|index| first_offset as i64 + index));
        self.commits
            .resize(self.offsets.len(), stamp.commit.0 as i64);
        self.epochs.resize(self.offsets.len(), stamp.epoch.0 as i64);
        self.append_times
            .resize(self.offsets.len(), stamp.append_time_us);
    }

    fn rows(&self) -> Result<Vec<Row>, ReadError> {
        let mut rows = Vec::with_capacity(self.offsets.len());
        for (commit, bytes, count) in &self.encoded {
            let decoded = decode_rows(bytes, *count).map_err(|error| ReadError::DamagedCommit {
                commit: *commit,
                text: error.to_string(),
            })?;
            rows.extend(decoded);
        }
        Ok(rows)
    }

    /// The batch of these user columns with the system's behind them.
    fn finish(
        self,
        of: &Converter<'_>,
        mut columns: Vec<ArrayRef>,
        times: Option<TimestampMicrosecondArray>,
        headers: ArrayRef,
    ) -> Result<Chunk, ReadError> {
        let (partition, state) = (of.partition, of.state);
        let rows = self.offsets.len();
        let keys = key_column(state, of.key, &columns, rows);
        let instant =
            |values: Vec<i64>| TimestampMicrosecondArray::from(values).with_timezone("UTC");
        let times: TimestampMicrosecondArray = match times {
            Some(times) => (0..rows)
                .map(|row| {
                    Some(if times.is_null(row) {
                        self.append_times[row]
                    } else {
                        times.value(row)
                    })
                })
                .collect::<TimestampMicrosecondArray>()
                .with_timezone("UTC"),
            None => instant(self.append_times.clone()),
        };
        let system: [ArrayRef; 9] = [
            Arc::new(Int32Array::from(vec![partition.0 as i32; rows])),
            Arc::new(Int64Array::from(self.offsets)),
            Arc::new(Int64Array::from(self.commits)),
            Arc::new(Int64Array::from(self.epochs)),
            Arc::new(instant(self.append_times)),
            Arc::new(times),
            keys,
            headers,
            Arc::new(Int8Array::from(vec![self.op; rows])),
        ];
        columns.extend(system);
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(state.full.clone(), columns, &options)
            .map_err(|source| ReadError::Arrow {
                context: "add the system columns".to_owned(),
                source,
            })?;
        Ok(Chunk {
            batch,
            bytes: self.bytes,
        })
    }
}

fn key_column(
    state: &SchemaState,
    key: Option<&str>,
    columns: &[ArrayRef],
    rows: usize,
) -> ArrayRef {
    let place = key.and_then(|key| {
        state
            .schema
            .columns
            .iter()
            .position(|column| column.name.as_ref() == key)
    });
    let mut keys = BinaryBuilder::with_capacity(rows, 0);
    let Some(place) = place else {
        (0..rows).for_each(|_| keys.append_null());
        return Arc::new(keys.finish());
    };
    let (column, kind) = (&columns[place], &state.schema.columns[place].kind);
    for row in 0..rows {
        keys.append_option(key_bytes(&datum_of_kind(column, kind, row)));
    }
    Arc::new(keys.finish())
}

/// Batches of one partition, in order, as Arrow chunks in the log's present schema.
pub(crate) fn convert(
    batches: &[TailBatch],
    partition: PartitionId,
    log: &LogState,
) -> Result<Vec<Chunk>, ReadError> {
    let state = log.schema();
    let key = log.key.as_deref();
    let converter = Converter {
        partition,
        state: &state,
        key,
    };
    let mut chunks = Vec::new();
    let mut run = Run::new(OP_PUT);
    for batch in batches {
        let (bytes, op) = match &batch.data {
            BatchData::Rows(bytes) => (bytes, OP_PUT),
            BatchData::Tombstones(bytes) => (bytes, OP_DELETE),
            BatchData::Arrow(given) => {
                converter.finish_rows(&mut run, OP_PUT, &mut chunks)?;
                converter.convert_arrow(batch, given, &mut chunks)?;
                continue;
            }
        };
        if op != run.op || run.offsets.len() + batch.count as usize > TAIL_BATCH_ROWS {
            converter.finish_rows(&mut run, op, &mut chunks)?;
        }
        run.add(batch.first_offset, batch.count as usize, batch.stamp);
        run.bytes += batch.bytes;
        run.encoded
            .push((batch.stamp.commit, bytes, batch.count as usize));
    }
    converter.finish_rows(&mut run, OP_PUT, &mut chunks)?;
    Ok(chunks)
}

struct Converter<'s> {
    partition: PartitionId,
    state: &'s SchemaState,
    key: Option<&'s str>,
}

impl Converter<'_> {
    /// Makes a chunk of the rows so far, if any, and begins a run of `next_op`.
    fn finish_rows(
        &self,
        run: &mut Run<'_>,
        next_op: i8,
        chunks: &mut Vec<Chunk>,
    ) -> Result<(), ReadError> {
        let run = std::mem::replace(run, Run::new(next_op));
        if run.offsets.is_empty() {
            return Ok(());
        }
        let encoded = run.encoded.iter();
        let encoded = encoded.map(|(_, bytes, count)| (bytes.as_ref(), *count));
        chunks.push(match decode_columns(encoded, &self.state.schema.columns) {
            Some(columns) => {
                let headers = no_headers(run.offsets.len());
                run.finish(self, columns, None, headers)?
            }
            None => self.finish_by_rows(run)?,
        });
        Ok(())
    }

    fn finish_by_rows(&self, run: Run<'_>) -> Result<Chunk, ReadError> {
        let wrap = |source| ReadError::Arrow {
            context: "build columns of rows".to_owned(),
            source,
        };
        let rows = run.rows()?;
        let mut columns = Vec::with_capacity(self.state.full.fields().len());
        for column in &self.state.schema.columns {
            // Rows of one shape have a field at the same place: look there first.
            let mut place = 0;
            let values: Vec<Option<&Datum>> = rows
                .iter()
                .map(|row| value_of(row, &column.name, &mut place))
                .collect();
            columns.push(build_array(&column.kind, &values).map_err(wrap)?);
        }
        let times = rows
            .iter()
            .any(|row| row.reserved(TIME_FIELD).is_some())
            .then(|| {
                let times = rows.iter().map(|row| match row.reserved(TIME_FIELD) {
                    Some(Datum::Instant(time)) => Some(*time),
                    _ => None,
                });
                times.collect()
            });
        let headers = build_headers(&rows).map_err(wrap)?;
        run.finish(self, columns, times, headers)
    }

    fn convert_arrow(
        &self,
        batch: &TailBatch,
        given: &[RecordBatch],
        chunks: &mut Vec<Chunk>,
    ) -> Result<(), ReadError> {
        let user = self.state.schema.to_arrow();
        let mut offset = batch.first_offset;
        for whole in given {
            for start in (0..whole.num_rows()).step_by(TAIL_BATCH_ROWS) {
                let part = whole.slice(start, TAIL_BATCH_ROWS.min(whole.num_rows() - start));
                let mut run = Run::new(OP_PUT);
                run.add(offset, part.num_rows(), batch.stamp);
                run.bytes = batch.bytes * part.num_rows() as u64 / batch.count.max(1);
                offset += part.num_rows() as u64;
                let times = part
                    .column_by_name("_time")
                    .and_then(|times| times.as_primitive_opt::<TimestampMicrosecondType>())
                    .cloned();
                let headers = match part.column_by_name(HEADERS_FIELD) {
                    Some(headers) => headers.clone(),
                    None => no_headers(part.num_rows()),
                };
                let columns = conform_batch(&part, &user)?.columns().to_vec();
                chunks.push(run.finish(self, columns, times, headers)?);
            }
        }
        Ok(())
    }
}

fn value_of<'r>(row: &'r Row, name: &str, place: &mut usize) -> Option<&'r Datum> {
    if let Some((found, value)) = row.0.get(*place)
        && found.as_ref() == name
    {
        return Some(value);
    }
    *place = row.0.iter().position(|(found, _)| found.as_ref() == name)?;
    Some(&row.0[*place].1)
}
