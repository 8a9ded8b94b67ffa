//! Files into a log: `(copy-into :flights "flights.parquet")`.
//!
//! Files are loaded in name order. A file that fits one commit is loaded whole or not at all; a
//! larger one in commits of bounded size, and an error says how many of its rows are in.

use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use dlog_log::{AppendBatch, AppendError, CatalogError, LogOptions, LogSchema, Store};
use thiserror::Error;

use super::{IngestError, IngestOptions, expand_paths, open_file_as};

/// Arrow bytes gathered before a commit; well below what one commit may hold.
const COMMIT_BYTES_MAX: usize = 80 << 20;

/// Rows read at a time.
const BATCH_ROWS: usize = 65_536;

/// A load that did not end well.
#[derive(Debug, Error)]
pub enum CopyError {
    /// A file could not be read.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// The log could not be created.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The log did not take the rows.
    #[error("{}: {source}{}", file.display(), loaded_note(*rows_loaded))]
    Append {
        /// The file being loaded.
        file: PathBuf,
        /// Rows of this file that are in the log already.
        rows_loaded: u64,
        /// The log's answer.
        source: Box<AppendError>,
    },
    /// The file's columns have no place in a log.
    #[error("{}: {reason}", file.display())]
    Schema {
        /// The file.
        file: PathBuf,
        /// What does not fit.
        reason: String,
    },
}

fn loaded_note(rows: u64) -> String {
    match rows {
        0 => String::new(),
        rows => format!(" ({rows} rows of it are in the log)"),
    }
}

/// How far a load has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyProgress {
    /// The file being loaded.
    pub file: PathBuf,
    /// Rows read of it.
    pub rows_done: u64,
    /// Rows in it, where that is known.
    pub rows_total: Option<u64>,
}

/// What a load did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CopyReport {
    /// Rows loaded.
    pub rows: u64,
    /// Files read.
    pub files: usize,
    /// Commits made.
    pub commits: usize,
}

/// Loads the files that a path or pattern names; creates the log, keyless, where there is none.
///
/// Blocks: it belongs on a thread that may.
///
/// # Errors
/// At the first file that cannot be read or does not fit; the files before it are loaded.
pub fn copy_into(
    store: &Store,
    log: &str,
    pattern: &str,
    options: &IngestOptions,
    progress: &mut dyn FnMut(CopyProgress),
) -> Result<CopyReport, CopyError> {
    let files = expand_paths(pattern)?;
    let options = IngestOptions {
        batch_rows: BATCH_ROWS,
        ..options.clone()
    };
    let mut report = CopyReport::default();
    for file in files {
        let loaded = copy_file(store, log, &file, &options, progress)?;
        report.rows += loaded.rows;
        report.commits += loaded.commits;
        report.files += 1;
    }
    Ok(report)
}

fn copy_file(
    store: &Store,
    log: &str,
    file: &Path,
    options: &IngestOptions,
    progress: &mut dyn FnMut(CopyProgress),
) -> Result<CopyReport, CopyError> {
    let known = store.schema(log).ok().map(|schema| schema.to_arrow());
    let reader = open_file_as(file, options, known.as_deref())?;
    if known.is_none() {
        create_log(store, log, file, &reader.schema())?;
    }
    let rows_total = reader.rows_total();
    let mut load = Load {
        store,
        log,
        file,
        gathered: Vec::new(),
        bytes: 0,
        report: CopyReport::default(),
    };
    let mut rows_done = 0;
    for batch in reader {
        let batch = batch?;
        rows_done += batch.num_rows() as u64;
        load.add(batch)?;
        progress(CopyProgress {
            file: file.to_owned(),
            rows_done,
            rows_total,
        });
    }
    load.commit()?;
    Ok(load.report)
}

fn create_log(store: &Store, log: &str, file: &Path, schema: &Schema) -> Result<(), CopyError> {
    let schema = LogSchema::from_arrow(schema).map_err(|error| CopyError::Schema {
        file: file.to_owned(),
        reason: error.to_string(),
    })?;
    store.create_log(
        log,
        LogOptions {
            schema: Some(schema),
            ..LogOptions::default()
        },
    )?;
    Ok(())
}

/// One file on its way into a log.
struct Load<'a> {
    store: &'a Store,
    log: &'a str,
    file: &'a Path,
    gathered: Vec<RecordBatch>,
    bytes: usize,
    report: CopyReport,
}

impl Load<'_> {
    fn add(&mut self, batch: RecordBatch) -> Result<(), CopyError> {
        let bytes = batch.get_array_memory_size();
        if self.bytes + bytes > COMMIT_BYTES_MAX {
            self.commit()?;
        }
        self.bytes += bytes;
        self.gathered.push(batch);
        Ok(())
    }

    fn commit(&mut self) -> Result<(), CopyError> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let batches = std::mem::take(&mut self.gathered);
        self.bytes = 0;
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        self.store
            .append(vec![AppendBatch::arrow(self.log, batches)], None)
            .and_then(|ticket| ticket.wait())
            .map_err(|source| CopyError::Append {
                file: self.file.to_owned(),
                rows_loaded: self.report.rows,
                source: Box::new(source),
            })?;
        self.report.rows += rows as u64;
        self.report.commits += 1;
        Ok(())
    }
}
