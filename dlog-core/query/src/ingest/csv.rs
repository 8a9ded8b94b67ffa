//! CSV with a header line: types found by reading ahead, missing values as null.
//!
//! The first pass reads up to `inference_bytes_max` bytes and widens one type per column; the second
//! parses. A value past the sample that does not fit is an error with file, line and column.

use std::fs::File;
use std::io::Seek;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema, SchemaRef};
use csv::StringRecord;

use super::csv_types::{TextColumn, TextType};
use super::{BatchSource, FileReader, IngestError, IngestOptions, open_for_reading};

struct CsvSource {
    file: PathBuf,
    reader: csv::Reader<File>,
    record: StringRecord,
    schema: SchemaRef,
    types: Vec<TextType>,
    columns: Vec<TextColumn>,
    null_values: Vec<String>,
    batch_rows: usize,
}

impl BatchSource for CsvSource {
    fn next_batch(&mut self) -> Result<Option<RecordBatch>, IngestError> {
        let mut rows = 0;
        while rows < self.batch_rows && read_record(&mut self.reader, &mut self.record, &self.file)?
        {
            self.push_record()?;
            rows += 1;
        }
        if rows == 0 {
            return Ok(None);
        }
        let columns = self.columns.iter_mut().map(TextColumn::finish).collect();
        RecordBatch::try_new(SchemaRef::clone(&self.schema), columns)
            .map(Some)
            .map_err(|error| IngestError::Malformed {
                file: self.file.clone(),
                reason: error.to_string(),
            })
    }
}

impl CsvSource {
    fn push_record(&mut self) -> Result<(), IngestError> {
        for (index, text) in self.record.iter().enumerate() {
            let column = &mut self.columns[index];
            if self.null_values.iter().any(|null| null == text) {
                column.push_null();
            } else if !column.push(text) {
                return Err(IngestError::Value {
                    file: self.file.clone(),
                    line: self.record.position().map_or(0, csv::Position::line),
                    column: self.schema.field(index).name().clone(),
                    value: text.to_owned(),
                    expected: self.types[index].in_words(),
                });
            }
        }
        Ok(())
    }
}

pub(super) fn open(
    path: &Path,
    options: &IngestOptions,
    wanted: Option<&Schema>,
) -> Result<FileReader, IngestError> {
    let mut file = open_for_reading(path)?;
    let mut reader = build_reader(&file, path, options)?;
    let names = read_header(&mut reader, path)?;
    let known: Option<Vec<TextType>> = wanted.and_then(|wanted| known_types(&names, wanted));
    let (types, rows_total) = match known {
        Some(types) => (types, None),
        None => infer_types(&mut reader, path, names.len(), options)?,
    };
    let fields: Vec<Field> = names
        .into_iter()
        .zip(&types)
        .map(|(name, text_type)| Field::new(name, text_type.data_type(), true))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    // Both readers share the position of the file.
    file.rewind().map_err(|source| IngestError::Io {
        file: path.to_owned(),
        source,
    })?;
    let source = CsvSource {
        file: path.to_owned(),
        reader: build_reader(&file, path, options)?,
        record: StringRecord::new(),
        schema: SchemaRef::clone(&schema),
        columns: types
            .iter()
            .map(|text_type| TextColumn::new(*text_type))
            .collect(),
        types,
        null_values: options.null_values.clone(),
        batch_rows: options.batch_rows,
    };
    Ok(FileReader {
        schema,
        rows_total,
        source: Box::new(source),
    })
}

/// The types of all columns, if `wanted` names every one with a type that text can have.
fn known_types(names: &[String], wanted: &Schema) -> Option<Vec<TextType>> {
    names
        .iter()
        .map(|name| TextType::from_data_type(wanted.field_with_name(name).ok()?.data_type()))
        .collect()
}

fn build_reader(
    file: &File,
    path: &Path,
    options: &IngestOptions,
) -> Result<csv::Reader<File>, IngestError> {
    let file = file.try_clone().map_err(|source| IngestError::Io {
        file: path.to_owned(),
        source,
    })?;
    let tabbed = path
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("tsv"));
    let delimiter = options
        .delimiter
        .unwrap_or(if tabbed { b'\t' } else { b',' });
    Ok(csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .buffer_capacity(1 << 18)
        .from_reader(file))
}

fn read_header(reader: &mut csv::Reader<File>, path: &Path) -> Result<Vec<String>, IngestError> {
    let header = reader.headers().map_err(|error| explain(path, error))?;
    let mut names: Vec<String> = Vec::with_capacity(header.len());
    for (index, name) in header.iter().enumerate() {
        let name = name.trim_start_matches('\u{feff}').trim();
        let name = if name.is_empty() {
            format!("column_{}", index + 1)
        } else {
            name.to_owned()
        };
        if names.contains(&name) {
            let reason = format!("the header names column {name} twice");
            return Err(IngestError::Line {
                file: path.to_owned(),
                line: 1,
                reason,
            });
        }
        names.push(name);
    }
    if names.is_empty() {
        let reason = "it is empty: a CSV file starts with a line of column names".to_owned();
        return Err(IngestError::Malformed {
            file: path.to_owned(),
            reason,
        });
    }
    Ok(names)
}

/// One type per column, and the number of rows if the sample was the whole file.
fn infer_types(
    reader: &mut csv::Reader<File>,
    path: &Path,
    column_count: usize,
    options: &IngestOptions,
) -> Result<(Vec<TextType>, Option<u64>), IngestError> {
    let mut types = vec![TextType::Unknown; column_count];
    let mut record = StringRecord::new();
    let mut rows = 0;
    while read_record(reader, &mut record, path)? {
        rows += 1;
        for (known, text) in types.iter_mut().zip(record.iter()) {
            if !options.null_values.iter().any(|null| null == text) {
                *known = known.widen(text);
            }
        }
        if reader.position().byte() > options.inference_bytes_max {
            return Ok((types, None));
        }
    }
    Ok((types, Some(rows)))
}

fn read_record(
    reader: &mut csv::Reader<File>,
    record: &mut StringRecord,
    path: &Path,
) -> Result<bool, IngestError> {
    reader
        .read_record(record)
        .map_err(|error| explain(path, error))
}

fn explain(path: &Path, error: csv::Error) -> IngestError {
    let file = path.to_owned();
    let line = error.position().map_or(1, csv::Position::line);
    match error.into_kind() {
        csv::ErrorKind::Io(source) => IngestError::Io { file, source },
        csv::ErrorKind::Utf8 { err, .. } => {
            let field = err.field() + 1;
            IngestError::Line {
                file,
                line,
                reason: format!("field {field} is not UTF-8 text"),
            }
        }
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => {
            let reason = format!("the header has {expected_len} columns, this line has {len}");
            IngestError::Line { file, line, reason }
        }
        other => IngestError::Malformed {
            file,
            reason: format!("{other:?}"),
        },
    }
}
