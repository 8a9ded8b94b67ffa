//! A sealed segment: a Parquet file, read only through its companion's checksums.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::{Buf, Bytes};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::reader::{ChunkReader, Length};
use serde::{Deserialize, Serialize};

use crate::error::ReadError;
use crate::ids::{CommitNumber, Cut, LogId, Offset, PartitionId};
use crate::recovery::Damage;
use arrow::array::RecordBatch;
use dlog_sequencer::crc32c;
use dlog_sequencer::device::{Device, DeviceFile, OpenMode, read_exact_at};

mod companion;
mod examine;
mod writer;

pub(crate) use companion::Companion;
pub(crate) use examine::LostGroup;
pub(crate) use writer::{SegmentOf, write_files, write_segment};

/// The directory of the segments.
pub(crate) const DIRECTORY: &str = "segments";

/// What the manifest says of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SegmentMeta {
    pub(crate) id: u64,
    pub(crate) log: LogId,
    pub(crate) partition: PartitionId,
    pub(crate) first_offset: Offset,
    pub(crate) last_offset: Offset,
    pub(crate) first_commit: CommitNumber,
    pub(crate) last_commit: CommitNumber,
    pub(crate) min_append_time_us: i64,
    pub(crate) max_append_time_us: i64,
    pub(crate) rows: u64,
    pub(crate) length: u64,
    pub(crate) schema_version: u32,
    /// Of the whole file.
    #[serde(default)]
    pub(crate) checksum: Option<u32>,
}

impl SegmentMeta {
    /// A segment of which only the length matters.
    pub(crate) fn of_length(length: u64) -> Self {
        Self {
            id: 1,
            log: LogId(1),
            partition: PartitionId(0),
            first_offset: Offset(0),
            last_offset: Offset(0),
            first_commit: CommitNumber(1),
            last_commit: CommitNumber(1),
            min_append_time_us: 0,
            max_append_time_us: 0,
            rows: 1,
            length,
            schema_version: 1,
            checksum: None,
        }
    }

    pub(crate) fn path(&self) -> String {
        format!("{DIRECTORY}/{:012}.parquet", self.id)
    }

    pub(crate) fn companion_path(&self) -> String {
        format!("{DIRECTORY}/{:012}.check", self.id)
    }
}

/// A sealed segment; its files stay as long as a clone lives.
#[derive(Debug, Clone)]
pub struct SegmentRef {
    shared: Arc<Segment>,
}

#[derive(Debug)]
struct Segment {
    meta: SegmentMeta,
    path: String,
    device: Arc<dyn Device>,
    file: Result<Arc<dyn DeviceFile>, Damage>,
    companion: OnceLock<Companion>,
    metadata: OnceLock<ArrowReaderMetadata>,
    /// The manifest does not name it any more: the last reader takes the files away.
    is_obsolete: AtomicBool,
}

impl Drop for Segment {
    fn drop(&mut self) {
        if self.is_obsolete.load(Ordering::Acquire) {
            // What cannot be removed now is removed at the next opening.
            for path in [self.path.clone(), self.meta.companion_path()] {
                if let Err(error) = self.device.remove(&path) {
                    tracing::warn!(path, %error, "an obsolete segment stays until the next opening");
                }
            }
        }
    }
}

fn open_whole(device: &dyn Device, path: &str, length: u64) -> Result<Arc<dyn DeviceFile>, Damage> {
    let damage = |position, text| Damage {
        file: path.to_owned(),
        position,
        text,
    };
    let opened = device
        .open(path, OpenMode::Read)
        .and_then(|file| Ok((file.length()?, file)));
    match opened {
        Ok((found, file)) if found == length => Ok(file),
        Ok((found, _)) => {
            let text = format!("it has {found} bytes instead of {length}");
            Err(damage(found.min(length), text))
        }
        Err(error) => Err(damage(0, error.to_string())),
    }
}

impl SegmentRef {
    /// Opens the segment that the manifest names. One that is missing or cut is still a segment:
    /// reading it says what is wrong.
    pub(crate) fn open(device: &Arc<dyn Device>, meta: SegmentMeta) -> Self {
        let path = meta.path();
        let file = open_whole(device.as_ref(), &path, meta.length);
        let shared = Segment {
            meta,
            path,
            device: device.clone(),
            file,
            companion: OnceLock::new(),
            metadata: OnceLock::new(),
            is_obsolete: AtomicBool::new(false),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// What is wrong with its file as a whole.
    pub(crate) fn damage(&self) -> Option<Damage> {
        self.shared.file.as_ref().err().cloned()
    }

    pub(crate) fn meta(&self) -> &SegmentMeta {
        &self.shared.meta
    }

    /// Has the files removed when nobody reads them any more.
    pub(crate) fn make_obsolete(&self) {
        self.shared.is_obsolete.store(true, Ordering::Release);
    }

    /// Its number, unique in the store.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.shared.meta.id
    }

    /// Its file, relative to the store.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.shared.path
    }

    /// The file's length in bytes.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a segment is never empty")]
    pub fn len(&self) -> u64 {
        self.shared.meta.length
    }

    /// Its records, tombstones included.
    #[must_use]
    pub fn row_count(&self) -> u64 {
        self.shared.meta.rows
    }

    /// The partition whose records it holds.
    #[must_use]
    pub fn partition(&self) -> PartitionId {
        self.shared.meta.partition
    }

    /// The commit of its first record.
    #[must_use]
    pub fn first_commit(&self) -> CommitNumber {
        self.shared.meta.first_commit
    }

    /// The commit of its last record.
    #[must_use]
    pub fn last_commit(&self) -> CommitNumber {
        self.shared.meta.last_commit
    }

    /// The offset of its first record.
    #[must_use]
    pub fn first_offset(&self) -> Offset {
        self.shared.meta.first_offset
    }

    /// The offset of its last record.
    #[must_use]
    pub fn last_offset(&self) -> Offset {
        self.shared.meta.last_offset
    }

    /// The append time of its first record.
    #[must_use]
    pub fn min_append_time_us(&self) -> i64 {
        self.shared.meta.min_append_time_us
    }

    /// The append time of its last record.
    #[must_use]
    pub fn max_append_time_us(&self) -> i64 {
        self.shared.meta.max_append_time_us
    }

    /// The log's schema version when it was written.
    #[must_use]
    pub fn schema_version(&self) -> u32 {
        self.shared.meta.schema_version
    }

    /// Whether it holds records beyond a cut, so that rows must be filtered by `_commit`.
    #[must_use]
    pub fn needs_cut(&self, cut: Cut) -> bool {
        self.last_commit() > cut.0
    }

    /// Bytes of the file, checked.
    ///
    /// # Errors
    /// The file or its companion is damaged or cannot be read.
    pub fn read_range(&self, range: Range<u64>) -> Result<Bytes, ReadError> {
        let companion = self.companion()?;
        let end = range.end.min(self.len());
        if range.start >= end {
            return Ok(Bytes::new());
        }
        let block = companion.block_bytes();
        let start = range.start / block * block;
        let stop = end.next_multiple_of(block).min(self.len());
        // Within the file, whose length was checked at opening.
        let mut bytes = vec![0; (stop - start) as usize];
        self.read_unchecked(&mut bytes, start)?;
        if let Err(position) = companion.check(&bytes, start) {
            let text = "the checksum of the block is wrong".to_owned();
            return Err(ReadError::Damaged {
                file: self.path().to_owned(),
                position,
                text,
            });
        }
        Ok(Bytes::from(bytes).slice((range.start - start) as usize..(end - start) as usize))
    }

    fn companion(&self) -> Result<&Companion, ReadError> {
        if let Some(companion) = self.shared.companion.get() {
            return Ok(companion);
        }
        let read = Companion::read(self.shared.device.as_ref(), &self.shared.meta);
        let companion = read.or_else(|error| self.make_companion(error))?;
        Ok(self.shared.companion.get_or_init(|| companion))
    }

    /// The companion made anew, if the file is as it was written.
    fn make_companion(&self, error: ReadError) -> Result<Companion, ReadError> {
        let meta = &self.shared.meta;
        let Some(checksum) = meta.checksum else {
            return Err(error);
        };
        let mut bytes = vec![0; meta.length as usize];
        self.read_unchecked(&mut bytes, 0)?;
        if crc32c(&bytes) != checksum {
            return Err(error);
        }
        tracing::warn!(%error, "the companion is made anew");
        let made = Companion::encode(meta.id, &bytes);
        Companion::decode(&made, meta).map_err(|_| error)
    }

    fn read_unchecked(&self, buffer: &mut [u8], position: u64) -> Result<(), ReadError> {
        let file = self
            .shared
            .file
            .as_ref()
            .map_err(|damage| ReadError::Damaged {
                file: damage.file.clone(),
                position: damage.position,
                text: damage.text.clone(),
            })?;
        read_exact_at(file.as_ref(), buffer, position).map_err(|source| ReadError::Io {
            file: self.path().to_owned(),
            source,
        })
    }

    fn reader_metadata(&self) -> Result<&ArrowReaderMetadata, ReadError> {
        if let Some(metadata) = self.shared.metadata.get() {
            return Ok(metadata);
        }
        let damaged = |error: ParquetError| ReadError::Damaged {
            file: self.path().to_owned(),
            position: self.companion().map_or(0, Companion::footer_position),
            text: format!("its footer: {error}"),
        };
        let footer = self.footer()?;
        let metadata = ParquetMetaDataReader::decode_metadata(&footer).map_err(damaged)?;
        let mut reader = ParquetMetaDataReader::new_with_metadata(metadata)
            .with_page_index_policy(PageIndexPolicy::Optional);
        reader.read_page_indexes(self).map_err(damaged)?;
        let metadata = Arc::new(reader.finish().map_err(damaged)?);
        let metadata =
            ArrowReaderMetadata::try_new(metadata, ArrowReaderOptions::new()).map_err(damaged)?;
        Ok(self.shared.metadata.get_or_init(|| metadata))
    }

    /// The footer: the file's, or the companion's copy when that is damaged.
    fn footer(&self) -> Result<Bytes, ReadError> {
        let companion = self.companion()?;
        let start = companion.footer_position();
        match self.read_range(start..start + companion.footer().len() as u64) {
            Ok(footer) => Ok(footer),
            Err(ReadError::Damaged { position, .. }) => {
                tracing::warn!(
                    file = self.path(),
                    position,
                    "the footer is damaged; its copy is used"
                );
                Ok(Bytes::copy_from_slice(companion.footer()))
            }
            Err(error) => Err(error),
        }
    }

    /// Footer, statistics and page index of the file.
    ///
    /// # Errors
    /// The file or its companion is damaged or cannot be read.
    pub fn metadata(&self) -> Result<Arc<ParquetMetaData>, ReadError> {
        Ok(self.reader_metadata()?.metadata().clone())
    }

    /// Reads the named columns, or all, in the file's own schema; columns the file does not have
    /// are left out.
    ///
    /// # Errors
    /// The file or its companion is damaged or cannot be read.
    pub fn read(
        &self,
        columns: Option<&[&str]>,
        batch_size: usize,
    ) -> Result<SegmentReader, ReadError> {
        self.read_groups(columns, batch_size, None)
    }

    /// As [`read`](Self::read), from the row groups at these places only.
    pub(crate) fn read_groups(
        &self,
        columns: Option<&[&str]>,
        batch_size: usize,
        groups: Option<Vec<usize>>,
    ) -> Result<SegmentReader, ReadError> {
        let metadata = self.reader_metadata()?.clone();
        let parquet = metadata.metadata().clone();
        let mask = match columns {
            None => ProjectionMask::all(),
            Some(names) => ProjectionMask::roots(
                metadata.parquet_schema(),
                metadata
                    .schema()
                    .fields()
                    .iter()
                    .enumerate()
                    .filter_map(|(place, field)| {
                        names.contains(&field.name().as_str()).then_some(place)
                    }),
            ),
        };
        let groups = groups.unwrap_or_else(|| (0..parquet.num_row_groups()).collect());
        let source = self.load_columns(&parquet, &mask, &groups)?;
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(source, metadata)
            .with_batch_size(batch_size)
            .with_projection(mask)
            .with_row_groups(groups);
        let reader = builder.build().map_err(|error| self.undecodable(&error))?;
        Ok(SegmentReader {
            file: self.path().to_owned(),
            reader,
        })
    }

    /// The row groups that may hold an offset or later ones; `None` for all.
    pub(crate) fn groups_from(&self, from: Offset) -> Result<Option<Vec<usize>>, ReadError> {
        let first = self.first_offset().0;
        let is_whole = self.last_offset().0 + 1 - first == self.row_count();
        if !is_whole || from.0 <= first {
            return Ok(None);
        }
        let metadata = self.metadata()?;
        let mut end = first;
        let mut groups = Vec::new();
        for group in 0..metadata.num_row_groups() {
            end += metadata.row_group(group).num_rows() as u64;
            if end > from.0 {
                groups.push(group);
            }
        }
        Ok(Some(groups))
    }

    fn load_columns(
        &self,
        parquet: &ParquetMetaData,
        mask: &ProjectionMask,
        groups: &[usize],
    ) -> Result<Loaded, ReadError> {
        let mut ranges = Vec::new();
        for group in groups {
            for (place, column) in parquet.row_group(*group).columns().iter().enumerate() {
                if mask.leaf_included(place) {
                    let (start, length) = column.byte_range();
                    ranges.push((start, self.read_range(start..start + length)?));
                }
            }
        }
        ranges.sort_by_key(|(start, _)| *start);
        Ok(Loaded {
            length: self.len(),
            ranges,
        })
    }

    fn undecodable(&self, error: &dyn std::error::Error) -> ReadError {
        ReadError::Damaged {
            file: self.path().to_owned(),
            position: 0,
            text: error.to_string(),
        }
    }
}

impl Length for SegmentRef {
    fn len(&self) -> u64 {
        self.len()
    }
}

impl ChunkReader for SegmentRef {
    type T = bytes::buf::Reader<Bytes>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        let bytes = self
            .read_range(start..self.len())
            .map_err(|error| ParquetError::External(Box::new(error)))?;
        Ok(bytes.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        let range = start..start.saturating_add(length as u64);
        self.read_range(range)
            .map_err(|error| ParquetError::External(Box::new(error)))
    }
}

/// Column chunks in memory, checked, under their places in the file.
#[derive(Debug)]
struct Loaded {
    length: u64,
    ranges: Vec<(u64, Bytes)>,
}

impl Loaded {
    fn from(&self, start: u64) -> parquet::errors::Result<Bytes> {
        let place = self.ranges.partition_point(|(begin, _)| *begin <= start);
        let found = place.checked_sub(1).map(|place| &self.ranges[place]);
        match found {
            // Within a range in memory, so within usize.
            Some((begin, bytes)) if start - begin <= bytes.len() as u64 => {
                Ok(bytes.slice((start - begin) as usize..))
            }
            _ => Err(ParquetError::General(format!(
                "position {start} is outside the columns asked for"
            ))),
        }
    }
}

impl Length for Loaded {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for Loaded {
    type T = bytes::buf::Reader<Bytes>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        Ok(self.from(start)?.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        let bytes = self.from(start)?;
        if length > bytes.len() {
            return Err(ParquetError::EOF(format!(
                "{length} bytes at {start} go beyond their column"
            )));
        }
        Ok(bytes.slice(..length))
    }
}

/// The batches of a segment.
pub struct SegmentReader {
    file: String,
    reader: ParquetRecordBatchReader,
}

impl std::fmt::Debug for SegmentReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SegmentReader")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

impl Iterator for SegmentReader {
    type Item = Result<RecordBatch, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.reader.next()?;
        Some(batch.map_err(|source| ReadError::Arrow {
            context: format!("decode {}", self.file),
            source,
        }))
    }
}
