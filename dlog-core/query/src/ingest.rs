//! Files to record batches: format by ending, schema by looking.
//!
//! [`open_file`] gives a [`FileReader`]: a schema of stored types (see `schema.rs`) and a blocking
//! iterator of batches in file order. Every error names the file and, where the format has them,
//! line and column. A new format is one file in `ingest/` that implements [`BatchSource`] and one
//! arm in [`open_file`].

pub mod copy_into;
mod csv;
mod csv_types;
mod json;
mod parquet;

use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema, SchemaRef};
use thiserror::Error;

/// What may go wrong between a path and its rows.
#[derive(Debug, Error)]
pub enum IngestError {
    /// No file at this path, or none that the pattern matches.
    #[error("no file {}", pattern)]
    NotFound {
        /// The path or pattern as given.
        pattern: String,
    },
    /// The pattern is not a glob.
    #[error("{pattern} is not a file pattern: {reason}")]
    BadPattern {
        /// The pattern as given.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The file could not be read.
    #[error("cannot read {}: {source}", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// The ending tells no format.
    #[error("cannot tell the format of {}: known endings are .parquet .csv .tsv .json .ndjson .jsonl", file.display())]
    UnknownFormat {
        /// The file.
        file: PathBuf,
    },
    /// A value in a text file does not fit the type found for its column.
    #[error("{}:{line}: column {column}: {value:?} is not {expected}", file.display())]
    Value {
        /// The file.
        file: PathBuf,
        /// Line, from one.
        line: u64,
        /// Column name.
        column: String,
        /// The text found.
        value: String,
        /// The type in words.
        expected: &'static str,
    },
    /// A line of a text file cannot be taken apart.
    #[error("{}:{line}: {reason}", file.display())]
    Line {
        /// The file.
        file: PathBuf,
        /// Line, from one.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// The file as a whole is not what its format promises.
    #[error("{}: {reason}", file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// Formats that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    /// Apache Parquet.
    Parquet,
    /// Text with one record a line and a header line.
    Csv,
    /// One JSON object a line.
    Json,
}

/// How files are read.
#[derive(Debug, Clone)]
pub struct IngestOptions {
    /// The format; found by the file's ending when absent.
    pub format: Option<FileFormat>,
    /// Rows a batch at most.
    pub batch_rows: usize,
    /// Texts that mean "no value" in a CSV file.
    pub null_values: Vec<String>,
    /// Field separator of CSV; a comma, or a tab for `.tsv`, when absent.
    pub delimiter: Option<u8>,
    /// How many bytes of a text file are looked at to find its column types.
    pub inference_bytes_max: u64,
}

impl Default for IngestOptions {
    fn default() -> Self {
        Self {
            format: None,
            batch_rows: 8192,
            null_values: vec![String::new(), "NA".to_owned()],
            delimiter: None,
            inference_bytes_max: 64 << 20,
        }
    }
}

/// What a format module gives: batches in file order.
pub(crate) trait BatchSource: Send {
    /// The next batch, none at the end.
    fn next_batch(&mut self) -> Result<Option<RecordBatch>, IngestError>;
}

/// One open file: its schema, and its batches as an iterator.
pub struct FileReader {
    schema: SchemaRef,
    rows_total: Option<u64>,
    source: Box<dyn BatchSource>,
}

impl FileReader {
    /// The schema of every batch.
    pub fn schema(&self) -> SchemaRef {
        SchemaRef::clone(&self.schema)
    }

    /// The number of rows, where it is known before they are read.
    pub fn rows_total(&self) -> Option<u64> {
        self.rows_total
    }
}

impl Iterator for FileReader {
    type Item = Result<RecordBatch, IngestError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.source.next_batch().transpose()
    }
}

/// Opens one file and finds its schema.
///
/// # Errors
/// When the file is missing, of unknown format, or not what its format promises.
pub fn open_file(path: &Path, options: &IngestOptions) -> Result<FileReader, IngestError> {
    open_file_as(path, options, None)
}

/// Opens one file; columns named in `wanted` have the type given there, others are inferred.
///
/// # Errors
/// As [`open_file`].
pub fn open_file_as(
    path: &Path,
    options: &IngestOptions,
    wanted: Option<&Schema>,
) -> Result<FileReader, IngestError> {
    let format = match options.format {
        Some(format) => format,
        None => detect_format(path)?,
    };
    match format {
        FileFormat::Parquet => parquet::open(path, options, wanted),
        FileFormat::Csv => csv::open(path, options, wanted),
        FileFormat::Json => json::open(path, options, wanted),
    }
}

/// The format that the file's ending names.
///
/// # Errors
/// [`IngestError::UnknownFormat`] for any other ending.
pub fn detect_format(path: &Path) -> Result<FileFormat, IngestError> {
    let ending = path
        .extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or("");
    match ending.to_ascii_lowercase().as_str() {
        "parquet" | "pq" => Ok(FileFormat::Parquet),
        "csv" | "tsv" => Ok(FileFormat::Csv),
        "json" | "ndjson" | "jsonl" => Ok(FileFormat::Json),
        _ => Err(IngestError::UnknownFormat {
            file: path.to_owned(),
        }),
    }
}

/// The files that a path or glob names, in name order.
///
/// # Errors
/// When there is none, or the pattern cannot be read.
pub fn expand_paths(pattern: &str) -> Result<Vec<PathBuf>, IngestError> {
    if Path::new(pattern).is_file() {
        return Ok(vec![PathBuf::from(pattern)]);
    }
    let matches = glob::glob(pattern).map_err(|error| IngestError::BadPattern {
        pattern: pattern.to_owned(),
        reason: error.msg.to_owned(),
    })?;
    let mut files = Vec::new();
    for entry in matches {
        let path = entry.map_err(|error| IngestError::Io {
            file: error.path().to_owned(),
            source: error.into(),
        })?;
        if path.is_file() {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(IngestError::NotFound {
            pattern: pattern.to_owned(),
        });
    }
    files.sort();
    Ok(files)
}

/// `schema` with the types of `wanted` where it names the column.
fn with_wanted_types(schema: SchemaRef, wanted: Option<&Schema>) -> SchemaRef {
    let Some(wanted) = wanted else { return schema };
    let fields: Vec<Field> = schema
        .fields()
        .iter()
        .map(|field| match wanted.field_with_name(field.name()) {
            Ok(known) => Field::new(field.name(), known.data_type().clone(), true),
            Err(_) => field.as_ref().clone(),
        })
        .collect();
    SchemaRef::new(Schema::new(fields))
}

fn open_for_reading(path: &Path) -> Result<std::fs::File, IngestError> {
    std::fs::File::open(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => IngestError::NotFound {
            pattern: path.display().to_string(),
        },
        _ => IngestError::Io {
            file: path.to_owned(),
            source,
        },
    })
}
