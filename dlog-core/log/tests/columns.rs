//! What columns a log has: they are found, widened, and refused what does not fit.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, DictionaryArray, Float64Array, Int32Array, RecordBatch, StringArray,
    TimestampNanosecondArray,
};
use arrow::datatypes::Int32Type;
use dlog_log::device::MemoryDevice;
use dlog_log::{AppendBatch, AppendError, Datum, Kind, LogOptions, LogSchema, Store};

mod support;
use support::{append, batches, create, number, open, row, rows, text};

#[test]
fn a_refused_commit_changes_no_schema() {
    let store = Store::memory();
    create(&store, "a");
    append(&store, "a", vec![number(1)]);
    let bad = vec![row(&[("new", Datum::Int(1))]), row(&[("n", text("x"))])];
    assert!(
        store
            .append(vec![AppendBatch::rows("a", bad)], None)
            .is_err()
    );
    assert_eq!(
        store.schema("a").unwrap().to_string(),
        "{:n :int, :text :string}"
    );
}

#[test]
fn columns_come_later_and_keywords_stay_keywords() {
    let device = MemoryDevice::new();
    let store = open(&device);
    create(&store, "a");
    append(&store, "a", vec![row(&[("x", Datum::Null)])]);
    append(
        &store,
        "a",
        vec![row(&[
            ("x", Datum::Keyword("red".into())),
            ("y", Datum::List(vec![])),
        ])],
    );
    append(
        &store,
        "a",
        vec![row(&[("y", Datum::List(vec![Datum::Date(3)]))])],
    );
    let check = |store: &Store| {
        assert_eq!(
            store.schema("a").unwrap().to_string(),
            "{:x :keyword, :y [:date]}"
        );
        let values: Vec<_> = rows(&batches(store, "a"))
            .into_iter()
            .map(|row| row[..2].to_vec())
            .collect();
        let red = Datum::Keyword("red".into());
        let expected = [
            vec![Datum::Null, Datum::Null],
            vec![red, Datum::List(vec![])],
            vec![Datum::Null, Datum::List(vec![Datum::Date(3)])],
        ];
        assert_eq!(values, expected);
    };
    check(&store);
    assert_eq!(store.seal("a").unwrap(), 1);
    check(&store);
    drop(store);
    check(&open(&device));
}

#[test]
fn sealing_with_columns_of_nothing_works() {
    let store = Store::memory();
    create(&store, "a");
    let inner = Datum::Struct(vec![("z".into(), Datum::Null), ("n".into(), Datum::Int(1))]);
    append(
        &store,
        "a",
        vec![row(&[
            ("x", Datum::Null),
            ("y", Datum::List(vec![])),
            ("s", inner),
        ])],
    );
    let before = rows(&batches(&store, "a"));
    assert_eq!(store.seal("a").unwrap(), 1);
    assert_eq!(rows(&batches(&store, "a")), before);
    append(
        &store,
        "a",
        vec![row(&[
            ("x", Datum::Bool(true)),
            ("y", Datum::List(vec![Datum::Int(2)])),
        ])],
    );
    assert_eq!(rows(&batches(&store, "a")).len(), 2);
}

#[test]
fn arrow_columns_are_brought_to_the_types_of_the_log() {
    let device = MemoryDevice::new();
    let store = open(&device);
    create(&store, "a");
    let names: DictionaryArray<Int32Type> = ["x", "y", "x"].into_iter().collect();
    let times = TimestampNanosecondArray::from(vec![Some(1_000), None, Some(5_000_000)]);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("name", Arc::new(names)),
        (
            "count",
            Arc::new(Int32Array::from(vec![Some(1), None, Some(3)])),
        ),
        ("at", Arc::new(times)),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    store
        .append(
            vec![AppendBatch::arrow("a", vec![batch.clone(), batch])],
            None,
        )
        .unwrap()
        .wait()
        .unwrap();
    append(
        &store,
        "a",
        vec![row(&[("name", text("z")), ("more", Datum::Int(4))])],
    );
    let check = |store: &Store| {
        assert_eq!(
            store.schema("a").unwrap().to_string(),
            "{:name :string, :count :int, :at :instant, :more :int}"
        );
        let rows = rows(&batches(store, "a"));
        assert_eq!(rows.len(), 7);
        assert_eq!(
            rows[5][..4],
            [text("x"), Datum::Int(3), Datum::Instant(5_000), Datum::Null]
        );
        assert_eq!(
            rows[6][..4],
            [text("z"), Datum::Null, Datum::Null, Datum::Int(4)]
        );
    };
    check(&store);
    let image = open(&device.image());
    check(&image);
    store.seal("a").unwrap();
    check(&store);
    let lossy: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![1_001]));
    let lossy = RecordBatch::try_from_iter([("at", lossy)]).unwrap();
    let error = store
        .append(vec![AppendBatch::arrow("a", vec![lossy])], None)
        .unwrap_err();
    assert!(
        error.to_string().contains(":at") && error.to_string().contains("exactly"),
        "{error}"
    );
    let wrong: ArrayRef = Arc::new(StringArray::from(vec!["one"]));
    let wrong = RecordBatch::try_from_iter([("count", wrong)]).unwrap();
    assert!(matches!(
        store.append(vec![AppendBatch::arrow("a", vec![wrong])], None),
        Err(AppendError::DoesNotFit { .. })
    ));
}

#[test]
fn integers_meet_a_float_column_exactly_or_not_at_all() {
    let store = Store::memory();
    let schema = Some(LogSchema::new([("f", Kind::Float)]));
    store
        .create_log(
            "a",
            LogOptions {
                schema,
                ..LogOptions::default()
            },
        )
        .unwrap();
    append(&store, "a", vec![row(&[("f", Datum::Int(3))])]);
    let column: ArrayRef = Arc::new(Int32Array::from(vec![4]));
    let batch = RecordBatch::try_from_iter([("f", column)]).unwrap();
    store
        .append(vec![AppendBatch::arrow("a", vec![batch])], None)
        .unwrap()
        .wait()
        .unwrap();
    let floats: Vec<f64> = batches(&store, "a")
        .iter()
        .flat_map(|batch| {
            batch
                .column(0)
                .as_any()
                .downcast_ref::<Float64Array>()
                .unwrap()
                .values()
                .to_vec()
        })
        .collect();
    assert_eq!(floats, [3.0, 4.0]);
    let inexact = row(&[("f", Datum::Int((1 << 53) + 1))]);
    assert!(
        store
            .append(vec![AppendBatch::rows("a", vec![inexact])], None)
            .is_err()
    );
}

#[test]
fn a_record_time_may_be_given() {
    let store = Store::memory();
    create(&store, "a");
    append(
        &store,
        "a",
        vec![
            row(&[("n", Datum::Int(1)), ("_time", Datum::Instant(77))]),
            number(2),
        ],
    );
    let batch = &batches(&store, "a")[0];
    let time = batch.schema().index_of("_time").unwrap();
    let times = batch
        .column(time)
        .as_primitive::<arrow::datatypes::TimestampMicrosecondType>();
    assert_eq!(times.value(0), 77);
    assert!(times.value(1) > 1_000_000);
    let wrong = row(&[("_time", Datum::Int(1))]);
    assert!(
        store
            .append(vec![AppendBatch::rows("a", vec![wrong])], None)
            .is_err()
    );
}
