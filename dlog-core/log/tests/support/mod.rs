//! What the tests of the store share: rows of one shape, and reading a log back.
#![allow(dead_code, reason = "every test binary uses its own part of this")]

use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use dlog_log::device::{Device, MemoryDevice};
use dlog_log::{AppendBatch, Datum, LogOptions, Row, Store, StoreOptions, conform_batch, datum_at};

pub(crate) fn row(fields: &[(&str, Datum)]) -> Row {
    Row(fields
        .iter()
        .map(|(name, value)| (Arc::from(*name), value.clone()))
        .collect())
}

pub(crate) fn number(n: i64) -> Row {
    row(&[
        ("n", Datum::Int(n)),
        ("text", Datum::Str(format!("record {n}").into())),
    ])
}

pub(crate) fn text(text: &str) -> Datum {
    Datum::Str(text.into())
}

pub(crate) fn append(store: &Store, log: &str, rows: Vec<Row>) {
    store
        .append(vec![AppendBatch::rows(log, rows)], None)
        .unwrap()
        .wait()
        .unwrap();
}

pub(crate) fn open(device: &MemoryDevice) -> Store {
    open_with(device, StoreOptions::new("memory"))
}

pub(crate) fn open_with(device: &MemoryDevice, options: StoreOptions) -> Store {
    let device: Arc<dyn Device> = Arc::new(device.clone());
    Store::open_on(device, options).unwrap()
}

pub(crate) fn create(store: &Store, log: &str) {
    store.create_log(log, LogOptions::default()).unwrap();
}

/// Everything of a log at the newest cut, segments first, in the log's schema.
pub(crate) fn batches(store: &Store, log: &str) -> Vec<RecordBatch> {
    let scan = store.scan(log, store.cut()).unwrap();
    let mut all = Vec::new();
    for segment in &scan.segments {
        for batch in segment.read(None, 1000).unwrap() {
            all.push(conform_batch(&scan.bound(batch.unwrap()).unwrap(), &scan.schema).unwrap());
        }
    }
    all.extend(scan.tail.iter().cloned());
    all
}

/// The values of one integer column.
pub(crate) fn integers(batches: &[RecordBatch], column: &str) -> Vec<i64> {
    let column = |batch: &RecordBatch| {
        batch
            .column_by_name(column)
            .unwrap()
            .as_primitive::<Int64Type>()
            .values()
            .to_vec()
    };
    batches.iter().flat_map(column).collect()
}

/// Every row with every column, as values.
pub(crate) fn rows(batches: &[RecordBatch]) -> Vec<Vec<Datum>> {
    let mut rows = Vec::new();
    for batch in batches {
        let schema = batch.schema();
        for row in 0..batch.num_rows() {
            let columns = schema.fields().iter().zip(batch.columns());
            rows.push(
                columns
                    .map(|(field, array)| datum_at(array, field, row))
                    .collect(),
            );
        }
    }
    rows
}
