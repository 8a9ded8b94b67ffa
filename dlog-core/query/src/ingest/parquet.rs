//! Parquet files, read column by column through Arrow and cast to stored types.

use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::{
    BatchSource, FileReader, IngestError, IngestOptions, open_for_reading, with_wanted_types,
};
use crate::schema::{cast_batch, stored_schema};

struct ParquetSource {
    file: PathBuf,
    schema: SchemaRef,
    reader: ParquetRecordBatchReader,
}

impl BatchSource for ParquetSource {
    fn next_batch(&mut self) -> Result<Option<RecordBatch>, IngestError> {
        match self.reader.next() {
            None => Ok(None),
            Some(batch) => batch
                .and_then(|batch| cast_batch(&batch, &self.schema))
                .map(Some)
                .map_err(|error| malformed(&self.file, error)),
        }
    }
}

pub(super) fn open(
    path: &Path,
    options: &IngestOptions,
    wanted: Option<&Schema>,
) -> Result<FileReader, IngestError> {
    let file = open_for_reading(path)?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file)
        .map_err(|error| malformed(path, error))?
        .with_batch_size(options.batch_rows);
    let rows_total = u64::try_from(builder.metadata().file_metadata().num_rows()).ok();
    let schema = with_wanted_types(stored_schema(builder.schema()), wanted);
    let reader = builder.build().map_err(|error| malformed(path, error))?;
    Ok(FileReader {
        schema: SchemaRef::clone(&schema),
        rows_total,
        source: Box::new(ParquetSource {
            file: path.to_owned(),
            schema,
            reader,
        }),
    })
}

fn malformed(file: &Path, error: impl std::fmt::Display) -> IngestError {
    IngestError::Malformed {
        file: file.to_owned(),
        reason: error.to_string(),
    }
}
