//! Batches of the tail to a Parquet file with its companion.

use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Int64Type, TimestampMicrosecondType};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use crate::error::SealError;
use crate::headers::HEADERS_FIELD;
use crate::ids::{CommitNumber, LogId, Offset, PartitionId};
use crate::segment::{Companion, DIRECTORY, SegmentMeta, SegmentRef, keys};
use dlog_sequencer::crc32c;
use dlog_sequencer::device::{Device, OpenMode};

/// Rows of a row group: small enough to skip many, large enough to compress.
const GROUP_ROWS: usize = 131_072;

/// What a new segment is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SegmentOf<'l> {
    pub(crate) id: u64,
    pub(crate) log: LogId,
    pub(crate) log_name: &'l str,
    pub(crate) partition: PartitionId,
    pub(crate) schema_version: u32,
}

/// Writes and syncs the files of a segment; nothing names them until the manifest does.
pub(crate) fn write_segment(
    device: &Arc<dyn Device>,
    of: SegmentOf<'_>,
    batches: &[RecordBatch],
) -> Result<SegmentRef, SealError> {
    let encode = |text: String| SealError::Encode {
        log: of.log_name.to_owned(),
        text,
    };
    let parquet = encode_parquet(batches).map_err(|error| encode(error.to_string()))?;
    let mut meta = describe(of, batches, &parquet)
        .ok_or_else(|| encode("the batches lack their system columns".to_owned()))?;
    device
        .create_dir(DIRECTORY)
        .map_err(|source| SealError::Io {
            action: "create",
            file: DIRECTORY.to_owned(),
            source,
        })?;
    let hashes = hashes_of(batches);
    meta.has_keys = hashes.is_some();
    let contents = Contents {
        companion: Companion::encode(of.id, &parquet),
        keys: hashes.map(|hashes| keys::encode(&meta, &hashes)),
        parquet,
    };
    let written = write_files(device.as_ref(), &meta, &contents);
    let opened = written.and_then(|()| open_new(device, &meta));
    if opened.is_err() {
        // Half a segment would take room until the next opening, and a full disk is a usual reason.
        for path in meta.paths() {
            if device.exists(&path).unwrap_or(true)
                && let Err(error) = device.remove(&path)
            {
                tracing::warn!(path, %error, "half a segment stays until the next opening");
            }
        }
    }
    opened
}

/// Nothing names a segment that cannot be read again.
fn open_new(device: &Arc<dyn Device>, meta: &SegmentMeta) -> Result<SegmentRef, SealError> {
    let segment = SegmentRef::open(device, meta.clone());
    match segment.damage() {
        None => Ok(segment),
        Some(damage) => Err(SealError::Io {
            action: "open",
            file: meta.path(),
            source: std::io::Error::other(damage.text),
        }),
    }
}

/// The bytes of a segment's files.
pub(crate) struct Contents {
    pub(crate) parquet: Vec<u8>,
    pub(crate) companion: Vec<u8>,
    pub(crate) keys: Option<Vec<u8>>,
}

/// The hashes of all rows' keys; `None` where they have none.
pub(crate) fn hashes_of(batches: &[RecordBatch]) -> Option<Vec<u64>> {
    let mut hashes = Vec::new();
    for batch in batches {
        let keys = batch.column_by_name("_key")?.as_binary_opt::<i32>()?;
        if keys.null_count() > 0 {
            return None;
        }
        hashes.extend(keys.iter().flatten().map(keys::hash_key));
    }
    Some(hashes)
}

pub(crate) fn write_files(
    device: &dyn Device,
    meta: &SegmentMeta,
    contents: &Contents,
) -> Result<(), SealError> {
    write_file(device, &meta.companion_path(), &contents.companion)?;
    if let Some(keys) = &contents.keys {
        write_file(device, &meta.keys_path(), keys)?;
    }
    write_file(device, &meta.path(), &contents.parquet)?;
    device.sync_dir(DIRECTORY).map_err(|source| SealError::Io {
        action: "sync",
        file: DIRECTORY.to_owned(),
        source,
    })
}

fn write_file(device: &dyn Device, path: &str, bytes: &[u8]) -> Result<(), SealError> {
    let io = |action| {
        move |source| SealError::Io {
            action,
            file: path.to_owned(),
            source,
        }
    };
    let file = device
        .open(path, OpenMode::CreateNew)
        .map_err(io("create"))?;
    file.write_at(bytes, 0).map_err(io("write"))?;
    file.sync_data().map_err(io("sync"))
}

fn describe(of: SegmentOf<'_>, batches: &[RecordBatch], parquet: &[u8]) -> Option<SegmentMeta> {
    let (first, last) = (batches.first()?, batches.last()?);
    let number = |batch: &RecordBatch, name, row| {
        Some(
            batch
                .column_by_name(name)?
                .as_primitive_opt::<Int64Type>()?
                .value(row) as u64,
        )
    };
    let time = |batch: &RecordBatch, row| {
        Some(
            batch
                .column_by_name("_append_time")?
                .as_primitive_opt::<TimestampMicrosecondType>()?
                .value(row),
        )
    };
    let end = last.num_rows().checked_sub(1)?;
    Some(SegmentMeta {
        id: of.id,
        log: of.log,
        partition: of.partition,
        first_offset: Offset(number(first, "_offset", 0)?),
        last_offset: Offset(number(last, "_offset", end)?),
        first_commit: CommitNumber(number(first, "_commit", 0)?),
        last_commit: CommitNumber(number(last, "_commit", end)?),
        min_append_time_us: time(first, 0)?,
        max_append_time_us: time(last, end)?,
        rows: batches.iter().map(|batch| batch.num_rows() as u64).sum(),
        length: parquet.len() as u64,
        schema_version: of.schema_version,
        checksum: crc32c(parquet),
        has_keys: false,
    })
}

fn encode_parquet(batches: &[RecordBatch]) -> Result<Vec<u8>, ParquetError> {
    let first = batches
        .first()
        .ok_or_else(|| ParquetError::General("no batches".to_owned()))?;
    let is_headers = |place: usize| first.schema().field(place).name() == HEADERS_FIELD;
    let mut columns = batches
        .iter()
        .filter_map(|batch| batch.column_by_name(HEADERS_FIELD));
    let has_headers = columns.any(|column| column.null_count() < column.len());
    // A column of nothing but nulls has no type that Parquet knows; readers add it back.
    let kept: Vec<usize> = (0..first.num_columns())
        .filter(|place| *first.schema().field(*place).data_type() != DataType::Null)
        .filter(|place| !is_headers(*place) || has_headers)
        .collect();
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_created_by("dlog".to_owned())
        // Every offset is new, and one more than the last: no dictionary, only steps.
        .set_column_dictionary_enabled(ColumnPath::from("_offset"), false)
        .set_column_encoding(ColumnPath::from("_offset"), Encoding::DELTA_BINARY_PACKED)
        .build();
    let schema = Arc::new(first.schema().project(&kept)?);
    let mut writer = ArrowWriter::try_new(Vec::new(), schema, Some(properties))?;
    for batch in batches {
        writer.write(&batch.project(&kept)?)?;
    }
    writer.into_inner()
}
