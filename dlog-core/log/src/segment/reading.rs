//! Rows of a segment: decoding what has passed the checksums.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use bytes::{Buf, Bytes};
use parking_lot::Mutex;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder, RowSelection, RowSelector,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::reader::{ChunkReader, Length};

use crate::error::ReadError;
use crate::ids::Offset;
use crate::segment::{Companion, SegmentRef};

impl SegmentRef {
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
        let mask = mask_of(&metadata, columns);
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

    /// The named columns, or all, of one row, from the pages that have it.
    pub(super) fn read_row(
        &self,
        columns: Option<&[&str]>,
        row: u64,
    ) -> Result<Option<RecordBatch>, ReadError> {
        let metadata = self.reader_metadata()?.clone();
        let (mut group, mut before) = (0, 0);
        for own in metadata.metadata().row_groups() {
            let end = before + own.num_rows() as u64;
            if row < end {
                break;
            }
            (group, before) = (group + 1, end);
        }
        if group == metadata.metadata().num_row_groups() {
            return Ok(None);
        }
        // Within a row group, so within usize.
        let place = (row - before) as usize;
        let selection = RowSelection::from(vec![RowSelector::skip(place), RowSelector::select(1)]);
        let mask = mask_of(&metadata, columns);
        let source = Blocks {
            segment: self.clone(),
            read: Mutex::default(),
        };
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(source, metadata)
            .with_batch_size(1)
            .with_projection(mask)
            .with_row_groups(vec![group])
            .with_row_selection(selection);
        let mut reader = builder.build().map_err(|error| self.undecodable(&error))?;
        let batch = reader.next().transpose();
        batch.map_err(|source| ReadError::Arrow {
            context: format!("decode {}", self.path()),
            source,
        })
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

/// The named columns that the file has, or all.
fn mask_of(metadata: &ArrowReaderMetadata, columns: Option<&[&str]>) -> ProjectionMask {
    let Some(names) = columns else {
        return ProjectionMask::all();
    };
    let fields = metadata.schema().fields().iter().enumerate();
    let places =
        fields.filter_map(|(place, field)| names.contains(&field.name().as_str()).then_some(place));
    ProjectionMask::roots(metadata.parquet_schema(), places)
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

/// The blocks that a small read needs, each read and checked once.
struct Blocks {
    segment: SegmentRef,
    read: Mutex<BTreeMap<u64, Bytes>>,
}

impl Blocks {
    fn block(&self, start: u64, end: u64) -> parquet::errors::Result<Bytes> {
        let mut read = self.read.lock();
        if let Some(block) = read.get(&start) {
            return Ok(block.clone());
        }
        let block = self.segment.read_range(start..end);
        let block = block.map_err(|error| ParquetError::External(Box::new(error)))?;
        read.insert(start, block.clone());
        Ok(block)
    }
}

impl Length for Blocks {
    fn len(&self) -> u64 {
        self.segment.len()
    }
}

impl ChunkReader for Blocks {
    type T = bytes::buf::Reader<Bytes>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        self.segment.get_read(start)
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        let end = start.saturating_add(length as u64);
        if end > self.segment.len() {
            let text = format!("{length} bytes at {start} go beyond the file");
            return Err(ParquetError::EOF(text));
        }
        let companion = self.segment.companion();
        let size = companion
            .map_err(|error| ParquetError::External(Box::new(error)))?
            .block_bytes();
        let mut place = start / size * size;
        let first = self.block(place, place + size)?;
        if end <= place + size {
            return Ok(first.slice((start - place) as usize..(end - place) as usize));
        }
        let mut bytes = first[(start - place) as usize..].to_vec();
        while bytes.len() < length {
            place += size;
            let block = self.block(place, place + size)?;
            bytes.extend_from_slice(&block[..block.len().min(length - bytes.len())]);
        }
        Ok(Bytes::from(bytes))
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
