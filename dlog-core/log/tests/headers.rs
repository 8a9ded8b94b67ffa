//! Headers: given with rows and with columns, and read back wherever a record is.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use dlog_log::device::MemoryDevice;
use dlog_log::{
    AppendBatch, AppendError, Datum, Headers, LogOptions, Row, Store, headers_at, system_fields,
};

mod support;
use support::{append, batches, create, integers, number, open, row, text};

fn with_headers(n: i64, headers: &[(&str, &str)]) -> Row {
    let mut record = number(n);
    let fields = headers
        .iter()
        .map(|(name, value)| (Arc::from(*name), text(value)));
    record
        .0
        .push(("_headers".into(), Datum::Struct(fields.collect())));
    record
}

fn all_headers(store: &Store) -> Vec<(i64, Headers)> {
    let batches = batches(store, "a");
    let headers = batches
        .iter()
        .flat_map(|batch| (0..batch.num_rows()).map(|row| headers_at(batch, row)));
    integers(&batches, "n").into_iter().zip(headers).collect()
}

fn pair(name: &str, value: &str) -> (Arc<str>, Arc<str>) {
    (name.into(), value.into())
}

#[test]
fn headers_come_back_from_tail_segment_merge_and_a_reopened_store() {
    let device = MemoryDevice::new();
    let store = open(&device);
    create(&store, "a");
    append(&store, "a", vec![number(1)]);
    let first = with_headers(2, &[("trace", "00-4b"), ("lang", "nb")]);
    append(&store, "a", vec![first, number(3)]);
    let expected = vec![
        (1, Headers::new()),
        (2, vec![pair("trace", "00-4b"), pair("lang", "nb")]),
        (3, Headers::new()),
    ];
    assert_eq!(all_headers(&store), expected);
    assert_eq!(all_headers(&open(&device.image())), expected);
    store.seal("a").unwrap();
    assert_eq!(all_headers(&store), expected);
    // Four small segments are merged; those without headers do not have the column.
    for n in 4..8 {
        append(&store, "a", vec![number(n)]);
        store.seal("a").unwrap();
    }
    assert!(store.describe("a").unwrap().partitions[0].segments < 5);
    let found = all_headers(&open(&device.image()));
    assert_eq!((&found[..3], found.len()), (&expected[..], 7));
    assert!(found[3..].iter().all(|(_, headers)| headers.is_empty()));
}

#[test]
fn a_log_without_headers_has_no_column_for_them_in_its_files() {
    let store = Store::memory();
    create(&store, "a");
    append(&store, "a", vec![number(1)]);
    store.seal("a").unwrap();
    let columns = |store: &Store| {
        let scan = store.scan("a", store.cut()).unwrap();
        let metadata = scan.segments.last().unwrap().metadata().unwrap();
        let fields = metadata.file_metadata().schema().get_fields().to_vec();
        fields.iter().any(|field| field.name() == "_headers")
    };
    assert!(!columns(&store));
    append(&store, "a", vec![with_headers(2, &[("a", "b")])]);
    store.seal("a").unwrap();
    assert!(columns(&store));
}

#[test]
fn headers_are_a_map_of_strings_and_bounded() {
    let store = Store::memory();
    create(&store, "a");
    let refused = |headers: Datum| {
        let record = row(&[("n", Datum::Int(1)), ("_headers", headers)]);
        let batch = AppendBatch::rows("a", vec![number(0), record]);
        match store.append(vec![batch], None).map(drop) {
            Err(AppendError::DoesNotFit { path, text, .. }) => {
                assert_eq!(path, "row 1, :_headers");
                text
            }
            other => panic!("{other:?}"),
        }
    };
    assert!(refused(Datum::Int(7)).contains("as the headers"));
    let number = Datum::Struct(vec![("a".into(), Datum::Int(7))]);
    assert!(refused(number).contains("as the header a"));
    let many = (0..1025).map(|n| (n.to_string().into(), text("")));
    assert!(refused(Datum::Struct(many.collect())).contains("1025 headers"));
    let large = Datum::Struct(vec![("a".into(), text(&"x".repeat(64 << 10)))]);
    assert!(refused(large).contains("65537 bytes"));
    assert!(batches(&store, "a").is_empty(), "nothing was stored");
}

#[test]
fn columns_bring_headers_of_the_right_type() {
    let store = Store::memory();
    create(&store, "a");
    append(&store, "a", vec![with_headers(1, &[("k", "v")])]);
    let given = batches(&store, "a");
    let headers: ArrayRef = given[0].column_by_name("_headers").unwrap().clone();
    let columns = |headers: ArrayRef, field: Field| {
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![2]));
        let number = Field::new("n", DataType::Int64, true);
        let schema = Arc::new(Schema::new(vec![number, field]));
        AppendBatch::arrow(
            "a",
            vec![RecordBatch::try_new(schema, vec![numbers, headers]).unwrap()],
        )
    };
    let fields = system_fields();
    let field = fields.iter().find(|field| field.name() == "_headers");
    let batch = columns(headers, field.unwrap().as_ref().clone());
    store.append(vec![batch], None).unwrap().wait().unwrap();
    let expected = vec![pair("k", "v")];
    assert_eq!(all_headers(&store), [(1, expected.clone()), (2, expected)]);
    let wrong: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let batch = columns(wrong, Field::new("_headers", DataType::Int64, true));
    let refused = store.append(vec![batch], None).map(drop);
    assert!(matches!(refused, Err(AppendError::DoesNotFit { .. })));
}

#[test]
fn a_key_is_found_with_its_headers() {
    let store = Store::memory();
    let options = LogOptions {
        key: Some("n".to_owned()),
        ..LogOptions::default()
    };
    store.create_log("a", options).unwrap();
    append(&store, "a", vec![with_headers(1, &[("k", "v")]), number(2)]);
    for _ in 0..2 {
        let headers = |n| {
            let found = store.find_row("a", &Datum::Int(n)).unwrap();
            found.unwrap().headers
        };
        assert_eq!(headers(1), [pair("k", "v")]);
        assert!(headers(2).is_empty());
        store.seal("a").unwrap();
    }
    assert_eq!(store.compact("a", store.cut(), 0).unwrap(), 0);
    append(&store, "a", vec![with_headers(1, &[("k", "w")])]);
    store.seal("a").unwrap();
    assert_eq!(store.compact("a", store.cut(), 0).unwrap(), 1);
    let found = store.find_row("a", &Datum::Int(1)).unwrap().unwrap();
    assert_eq!(found.headers, [pair("k", "w")]);
}
