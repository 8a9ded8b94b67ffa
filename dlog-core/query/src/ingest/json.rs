//! Newline-delimited JSON: one object a line, fields in the order first seen.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek};
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::{FieldRef, Schema, SchemaRef};
use arrow::json::ReaderBuilder;
use arrow::json::reader::{Reader, infer_json_schema};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::{
    BatchSource, FileReader, IngestError, IngestOptions, open_for_reading, with_wanted_types,
};
use crate::schema::stored_schema;

struct JsonSource {
    file: PathBuf,
    reader: Reader<BufReader<File>>,
}

impl BatchSource for JsonSource {
    fn next_batch(&mut self) -> Result<Option<RecordBatch>, IngestError> {
        self.reader
            .next()
            .transpose()
            .map_err(|error| explain(&self.file, &error.to_string()))
    }
}

pub(super) fn open(
    path: &Path,
    options: &IngestOptions,
    wanted: Option<&Schema>,
) -> Result<FileReader, IngestError> {
    let mut reader = BufReader::new(open_for_reading(path)?);
    let (schema, rows) =
        infer_json_schema(&mut reader, None).map_err(|error| explain(path, &error.to_string()))?;
    if schema.fields().is_empty() {
        let reason = "there is no JSON object in it".to_owned();
        return Err(IngestError::Malformed {
            file: path.to_owned(),
            reason,
        });
    }
    let schema = in_order_seen(&mut reader, &schema).map_err(|source| IngestError::Io {
        file: path.to_owned(),
        source,
    })?;
    reader.rewind().map_err(|source| IngestError::Io {
        file: path.to_owned(),
        source,
    })?;
    let schema = with_wanted_types(stored_schema(&schema), wanted);
    let reader = ReaderBuilder::new(SchemaRef::clone(&schema))
        .with_batch_size(options.batch_rows)
        .build(reader)
        .map_err(|error| explain(path, &error.to_string()))?;
    Ok(FileReader {
        schema,
        rows_total: Some(rows as u64),
        source: Box::new(JsonSource {
            file: path.to_owned(),
            reader,
        }),
    })
}

/// The columns in the order in which the file names them; inference sorts them.
fn in_order_seen(reader: &mut BufReader<File>, schema: &Schema) -> std::io::Result<Schema> {
    reader.rewind()?;
    let mut fields: Vec<FieldRef> = Vec::with_capacity(schema.fields().len());
    let mut line = String::new();
    while fields.len() < schema.fields().len() {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            break;
        }
        let Ok(Names(names)) = serde_json::from_str(&line) else {
            continue;
        };
        for name in names {
            let seen = fields.iter().any(|field| *field.name() == name);
            if let Some((_, field)) = schema.fields().find(&name).filter(|_| !seen) {
                fields.push(FieldRef::clone(field));
            }
        }
    }
    // An object may stand on several lines; what was not found keeps the sorted order.
    let rest = schema
        .fields()
        .iter()
        .filter(|field| !fields.contains(field));
    let rest: Vec<FieldRef> = rest.cloned().collect();
    fields.extend(rest);
    Ok(Schema::new(fields))
}

/// The names of an object's fields, in order.
struct Names(Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NamesVisitor;

        impl<'de> Visitor<'de> for NamesVisitor {
            type Value = Names;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some((name, IgnoredAny)) = map.next_entry()? {
                    names.push(name);
                }
                Ok(Names(names))
            }
        }

        deserializer.deserialize_map(NamesVisitor)
    }
}

/// The decoder does not say where it stood, so the file is read again to find the line.
fn explain(path: &Path, reason: &str) -> IngestError {
    match find_bad_line(path) {
        Some((line, reason)) => IngestError::Line {
            file: path.to_owned(),
            line,
            reason,
        },
        None => IngestError::Malformed {
            file: path.to_owned(),
            reason: reason.trim_start_matches("Json error: ").to_owned(),
        },
    }
}

fn find_bad_line(path: &Path) -> Option<(u64, String)> {
    let reader = BufReader::new(File::open(path).ok()?);
    for (index, line) in reader.lines().enumerate() {
        let number = index as u64 + 1;
        let line = match line {
            Ok(line) => line,
            Err(error) => return Some((number, error.to_string())),
        };
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str::<serde_json::Value>(&line) {
            Ok(serde_json::Value::Object(_)) => {}
            Ok(_) => return Some((number, "a line must hold one JSON object".to_owned())),
            Err(error) => return Some((number, error.to_string())),
        }
    }
    None
}
