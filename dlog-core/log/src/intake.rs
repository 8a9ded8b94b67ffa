//! What an append is given, checked and encoded: everything that needs no lock on the journal.

use std::sync::Arc;

use ::arrow::array::RecordBatch;
use ::arrow::error::ArrowError;
use bytes::Bytes;

use crate::catalogue::Durability;
use crate::commit::{Conditions, Core, Pending, PendingPart};
use crate::datum::{Datum, Row, key_bytes};
use crate::error::AppendError;
use crate::frame::Encoding;
use crate::ids::PartitionId;
use crate::limits::{COMMIT_BYTES_MAX, KEY_BYTES_MAX};
use crate::log_state::{LogState, Widening};
use crate::producers::{AppendOptions, PRODUCER_BYTES};
use crate::row_codec::encode_rows;
use crate::schema::{Kind, LogSchema, coerce};
use crate::tail::BatchData;

mod arrow;
mod router;

pub(crate) use arrow::decode_ipc;
use arrow::{bring_to_kinds, encode_ipc};
use router::Router;

/// Records for one log.
#[derive(Debug, Clone)]
pub struct AppendBatch {
    /// The log.
    pub log: String,
    /// The records.
    pub rows: Rows,
    /// The partition, for logs without a key; they go round where none is named.
    pub partition: Option<PartitionId>,
}

/// Records, one by one or in columns.
#[derive(Debug, Clone)]
pub enum Rows {
    /// One by one.
    Rows(Vec<Row>),
    /// In columns.
    Arrow(Vec<RecordBatch>),
    /// The keys of records to delete.
    Tombstones(Vec<Datum>),
}

impl AppendBatch {
    /// Rows for a log.
    pub fn rows(log: impl Into<String>, rows: Vec<Row>) -> Self {
        Self {
            log: log.into(),
            rows: Rows::Rows(rows),
            partition: None,
        }
    }

    /// Columns for a log.
    pub fn arrow(log: impl Into<String>, batches: Vec<RecordBatch>) -> Self {
        Self {
            log: log.into(),
            rows: Rows::Arrow(batches),
            partition: None,
        }
    }

    /// Keys to delete from a log.
    pub fn tombstones(log: impl Into<String>, keys: Vec<Datum>) -> Self {
        Self {
            log: log.into(),
            rows: Rows::Tombstones(keys),
            partition: None,
        }
    }
}

/// The logs of batches, in their order.
pub(crate) fn logs_of(
    core: &Core,
    batches: &[AppendBatch],
) -> Result<Vec<Arc<LogState>>, AppendError> {
    let logs = batches.iter().map(|batch| core.log_for_append(&batch.log));
    logs.collect()
}

/// Checks and encodes a commit of all batches, each for the log at its place.
pub(crate) fn prepare(
    logs: Vec<Arc<LogState>>,
    batches: Vec<AppendBatch>,
    options: &AppendOptions,
) -> Result<Pending, AppendError> {
    let checked = check_all(logs, batches)?;
    let mut encoder = Encoder {
        payload: first_payload(options),
        parts: Vec::new(),
        level: options.ack.unwrap_or(Durability::Memory),
        absent: options.if_absent.then(Vec::new),
    };
    for batch in checked {
        encoder.encode(batch)?;
    }
    encoder.finish(options)
}

/// A small commit fits without being moved as it grows.
const PAYLOAD_BYTES_MIN: usize = 256;

fn first_payload(options: &AppendOptions) -> Vec<u8> {
    let mut payload = Vec::with_capacity(PAYLOAD_BYTES_MIN);
    if let Some(producer) = options.producer {
        payload.extend_from_slice(&producer.encode());
    }
    payload
}

/// Checks all batches and widens their logs.
fn check_all(
    logs: Vec<Arc<LogState>>,
    batches: Vec<AppendBatch>,
) -> Result<Vec<Checked>, AppendError> {
    let mut checked = Vec::with_capacity(batches.len());
    for (log, batch) in logs.into_iter().zip(batches) {
        checked.push(check(log, batch)?);
    }
    // Only now, when every batch is known to fit: a refused commit leaves no schema changed.
    for batch in &mut checked {
        batch.widen()?;
    }
    Ok(checked)
}

/// Columns for one partition, checked and in canonical types.
pub(crate) struct ArrowPart {
    pub(crate) log: Arc<LogState>,
    /// An index into the log's partitions.
    pub(crate) partition: usize,
    pub(crate) batches: Vec<RecordBatch>,
}

/// Checks a commit of nothing but columns, for the bulk path.
pub(crate) fn prepare_columns(
    logs: Vec<Arc<LogState>>,
    batches: Vec<AppendBatch>,
) -> Result<Vec<ArrowPart>, AppendError> {
    let mut parts = Vec::new();
    for checked in check_all(logs, batches)? {
        let Checked {
            log,
            partition,
            rows: Content::Arrow { batches, .. },
            ..
        } = checked
        else {
            let text = "rows do not go the way of columns".to_owned();
            return Err(AppendError::Refused { text });
        };
        let router = Router::new(&log, partition);
        let split = router
            .split(batches)
            .map_err(|error| AppendError::Refused {
                text: format!("split columns for {}: {error}", log.name),
            })?;
        let own = split.into_iter().map(|(partition, batches)| ArrowPart {
            log: log.clone(),
            partition,
            batches,
        });
        parts.extend(own);
    }
    Ok(parts)
}

/// A batch that fits its log, once that is widened.
struct Checked {
    log: Arc<LogState>,
    partition: Option<usize>,
    rows: Content,
    widening: Option<Widening>,
}

enum Content {
    Rows(Vec<Row>),
    Tombstones(Vec<Row>),
    Arrow {
        schema: LogSchema,
        batches: Vec<RecordBatch>,
    },
}

fn check(log: Arc<LogState>, batch: AppendBatch) -> Result<Checked, AppendError> {
    let partition = check_partition(&log, batch.partition)?;
    let rows = match batch.rows {
        Rows::Rows(rows) => {
            check_keys(&log, &rows)?;
            Content::Rows(rows)
        }
        Rows::Tombstones(keys) => Content::Tombstones(tombstone_rows(&log, keys)?),
        Rows::Arrow(batches) => {
            let (schema, batches) = bring_to_kinds(&log, batches)?;
            Content::Arrow { schema, batches }
        }
    };
    let widening = widening_for(&log, &rows)?;
    Ok(Checked {
        log,
        partition,
        rows,
        widening,
    })
}

fn check_partition(
    log: &LogState,
    partition: Option<PartitionId>,
) -> Result<Option<usize>, AppendError> {
    let Some(partition) = partition else {
        return Ok(None);
    };
    let refused = |text: String| Err(AppendError::Refused { text });
    if log.key.is_some() {
        return refused(format!(
            "the log {} is partitioned by its key; name no partition",
            log.name
        ));
    }
    if partition.0 >= log.partition_count() {
        let last = log.partition_count() - 1;
        return refused(format!(
            "the log {} has no partition {partition}; use 0 to {last}",
            log.name
        ));
    }
    Ok(Some(partition.0 as usize))
}

fn no_key(log: &LogState, path: String, text: &str) -> AppendError {
    AppendError::NoKey {
        log: log.name.clone(),
        path,
        text: text.to_owned(),
    }
}

fn key_problem(key: &Datum) -> Option<String> {
    match key {
        Datum::Null => Some("the key is nil; give every record one".to_owned()),
        key if key_bytes(key).is_some() => None,
        Datum::Float(_) | Datum::Decimal { .. } | Datum::List(_) | Datum::Struct(_) => {
            Some(format!(
                "{} cannot be a key; use an integer or a string",
                key.kind_name()
            ))
        }
        _ => Some(format!(
            "the key is longer than {KEY_BYTES_MAX} bytes; use its hash"
        )),
    }
}

fn check_keys(log: &LogState, rows: &[Row]) -> Result<(), AppendError> {
    let Some(name) = &log.key else {
        return Ok(());
    };
    for (index, row) in rows.iter().enumerate() {
        if let Some(problem) = key_problem(row.get(name).unwrap_or(&Datum::Null)) {
            return Err(no_key(log, format!("row {index}, :{name}"), &problem));
        }
    }
    Ok(())
}

fn tombstone_rows(log: &LogState, keys: Vec<Datum>) -> Result<Vec<Row>, AppendError> {
    let Some(name) = &log.key else {
        let text = format!(
            "the log {} has no key; only keyed logs can delete",
            log.name
        );
        return Err(AppendError::Refused { text });
    };
    let name: Arc<str> = name.as_str().into();
    let rows: Vec<Row> = keys
        .into_iter()
        .map(|key| Row(vec![(name.clone(), key)]))
        .collect();
    check_keys(log, &rows)?;
    Ok(rows)
}

fn widening_for(log: &LogState, rows: &Content) -> Result<Option<Widening>, AppendError> {
    let widening = match rows {
        Content::Rows(rows) | Content::Tombstones(rows) => log.widening_for_rows(rows),
        Content::Arrow { schema, .. } => log.widening_for_schema(schema),
    };
    widening.map_err(|misfit| log.misfit(misfit))
}

impl Checked {
    /// Puts the widening in force, finding it anew as long as others come first.
    fn widen(&mut self) -> Result<(), AppendError> {
        while let Some(widening) = &self.widening {
            if self.log.install(widening) {
                break;
            }
            self.widening = widening_for(&self.log, &self.rows)?;
        }
        Ok(())
    }
}

struct Encoder {
    payload: Vec<u8>,
    parts: Vec<EncodedPart>,
    level: Durability,
    /// Keys that must be absent, where that is asked for.
    absent: Option<Vec<(usize, Vec<u8>, String)>>,
}

struct EncodedPart {
    log: Arc<LogState>,
    partition: usize,
    count: u64,
    encoding: Encoding,
    length: usize,
    arrow: Vec<RecordBatch>,
}

impl Encoder {
    fn encode(&mut self, batch: Checked) -> Result<(), AppendError> {
        let Checked {
            log,
            partition,
            rows,
            ..
        } = batch;
        self.level = self.level.max(log.settings().durability);
        let router = Router::new(&log, partition);
        if self.absent.is_some() && (log.key.is_none() || !matches!(rows, Content::Rows(_))) {
            let text = format!(
                "only rows of keyed logs can be appended if they are absent, not these of {}",
                log.name
            );
            return Err(AppendError::Refused { text });
        }
        match rows {
            Content::Rows(rows) => self.encode_rows(&log, &router, &rows, Encoding::Rows),
            Content::Tombstones(rows) => {
                self.encode_rows(&log, &router, &rows, Encoding::Tombstones)
            }
            Content::Arrow { batches, .. } => self.encode_arrow(&log, &router, batches)?,
        }
        if self.payload.len() > COMMIT_BYTES_MAX {
            return Err(AppendError::TooLarge {
                bytes: self.payload.len(),
                max: COMMIT_BYTES_MAX,
            });
        }
        Ok(())
    }

    fn encode_rows(
        &mut self,
        log: &Arc<LogState>,
        router: &Router,
        rows: &[Row],
        encoding: Encoding,
    ) {
        if rows.is_empty() {
            return;
        }
        if let Some(partition) = router.only() {
            self.note_keys(&router.key, rows, |_| true);
            self.encode_part(log, partition, rows.len(), rows.iter(), encoding);
            return;
        }
        let routes: Vec<usize> = rows.iter().map(|row| router.of_row(row)).collect();
        for partition in 0..log.partitions.len() {
            let count = routes.iter().filter(|route| **route == partition).count();
            if count == 0 {
                continue;
            }
            self.note_keys(&router.key, rows, |row| routes[row] == partition);
            let chosen = rows
                .iter()
                .zip(&routes)
                .filter(|(_, route)| **route == partition)
                .map(|(row, _)| row);
            self.encode_part(log, partition, count, chosen, encoding);
        }
    }

    fn encode_part<'r>(
        &mut self,
        log: &Arc<LogState>,
        partition: usize,
        count: usize,
        rows: impl Iterator<Item = &'r Row> + Clone,
        encoding: Encoding,
    ) {
        let start = self.payload.len();
        encode_rows(rows, &mut self.payload);
        self.parts.push(EncodedPart {
            log: log.clone(),
            partition,
            count: count as u64,
            encoding,
            length: self.payload.len() - start,
            arrow: Vec::new(),
        });
    }

    /// Notes the keys of a part about to be added, where they must be absent.
    fn note_keys(
        &mut self,
        key: &Option<(String, Kind)>,
        rows: &[Row],
        is_own: impl Fn(usize) -> bool,
    ) {
        let part = self.parts.len();
        let (Some(absent), Some((name, kind))) = (&mut self.absent, key) else {
            return;
        };
        for (index, row) in rows.iter().enumerate().filter(|(index, _)| is_own(*index)) {
            let bytes = row.get(name).and_then(|key| key_bytes(&coerce(kind, key)));
            let path = format!("row {index}, :{name}");
            absent.extend(bytes.map(|bytes| (part, bytes, path)));
        }
    }

    fn encode_arrow(
        &mut self,
        log: &Arc<LogState>,
        router: &Router,
        batches: Vec<RecordBatch>,
    ) -> Result<(), AppendError> {
        let refused = |error: ArrowError| AppendError::Refused {
            text: format!("encode columns for {}: {error}", log.name),
        };
        for (partition, batches) in router.split(batches).map_err(refused)? {
            let start = self.payload.len();
            encode_ipc(&batches, &mut self.payload).map_err(refused)?;
            self.parts.push(EncodedPart {
                log: log.clone(),
                partition,
                count: batches.iter().map(|batch| batch.num_rows() as u64).sum(),
                encoding: Encoding::Arrow,
                length: self.payload.len() - start,
                arrow: batches,
            });
        }
        Ok(())
    }

    fn finish(self, options: &AppendOptions) -> Result<Pending, AppendError> {
        if options.expect.is_some() && self.parts.len() != 1 {
            let text = "an offset can be expected of records for one partition only".to_owned();
            return Err(AppendError::Refused { text });
        }
        let conditions = Conditions {
            producer: options.producer,
            expect: options.expect,
            absent: self.absent.unwrap_or_default(),
        };
        let payload = Bytes::from(self.payload);
        let mut start = options.producer.map_or(0, |_| PRODUCER_BYTES);
        let parts = self.parts.into_iter().map(|part| {
            let bytes = payload.slice(start..start + part.length);
            start += part.length;
            let data = match part.encoding {
                Encoding::Tombstones => BatchData::Tombstones(bytes),
                Encoding::Arrow => BatchData::Arrow(part.arrow),
                _ => BatchData::Rows(bytes),
            };
            let EncodedPart {
                log,
                partition,
                count,
                encoding,
                length,
                ..
            } = part;
            PendingPart {
                log,
                partition,
                count,
                encoding,
                length,
                data,
            }
        });
        let parts = parts.collect();
        Ok(Pending {
            conditions,
            ..Pending::new(Vec::new(), parts, payload, self.level)
        })
    }
}
