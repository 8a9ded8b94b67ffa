//! The store as its users see it: commits, schemas, keys, cuts, segments.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use arrow::array::{
    ArrayRef, AsArray, DictionaryArray, Float64Array, Int32Array, RecordBatch, StringArray,
    TimestampNanosecondArray,
};
use arrow::datatypes::Int32Type;
use dlog_log::device::MemoryDevice;
use dlog_log::{
    AppendBatch, AppendError, CatalogError, Creation, Datum, Durability, Kind, LogOptions,
    LogSchema, PartitionId, Store, StoreOptions,
};

mod support;
use support::{append, batches, create, integers, number, open, open_with, row, rows, text};

fn keyed(partitions: u32) -> LogOptions {
    LogOptions {
        key: Some("k".to_owned()),
        partitions,
        ..LogOptions::default()
    }
}

fn pair(key: &str, value: i64) -> dlog_log::Row {
    row(&[("k", text(key)), ("v", Datum::Int(value))])
}

fn live_values(store: &Store, log: &str, cut: dlog_log::Cut) -> Vec<i64> {
    let scan = store.scan(log, cut).unwrap();
    let mut live = Vec::new();
    for segment in &scan.segments {
        live.extend(
            segment
                .read(None, 100)
                .unwrap()
                .map(|batch| scan.live(batch.unwrap()).unwrap()),
        );
    }
    live.extend(
        scan.tail
            .iter()
            .map(|batch| scan.live(batch.clone()).unwrap()),
    );
    let mut values = integers(&live, "v");
    values.sort_unstable();
    values
}

#[test]
fn one_append_is_one_commit_over_several_logs() {
    let store = Store::memory();
    create(&store, "a");
    create(&store, "b");
    let both = vec![
        AppendBatch::rows("a", vec![number(1), number(2)]),
        AppendBatch::rows("b", vec![number(3)]),
    ];
    let receipt = store.append(both, None).unwrap().wait().unwrap();
    assert_eq!(
        receipt
            .parts
            .iter()
            .map(|part| (part.log.as_str(), part.count))
            .collect::<Vec<_>>(),
        [("a", 2), ("b", 1)]
    );
    assert_eq!(store.cut().0, receipt.commit);
    for log in ["a", "b"] {
        let commits = integers(&batches(&store, log), "_commit");
        assert!(
            commits
                .iter()
                .all(|commit| *commit as u64 == receipt.commit.0)
        );
    }
    let bad = vec![
        AppendBatch::rows("a", vec![number(4)]),
        AppendBatch::rows("b", vec![row(&[("n", text("x"))])]),
    ];
    assert!(
        matches!(store.append(bad, None), Err(AppendError::DoesNotFit { log, path, .. }) if log == "b" && path == "row 0, :n")
    );
    assert_eq!(integers(&batches(&store, "a"), "n"), [1, 2]);
}

#[test]
fn creating_twice_is_nothing_and_otherwise_an_error() {
    let store = Store::memory();
    assert_eq!(
        store.create_log("a", LogOptions::default()).unwrap(),
        Creation::Created
    );
    assert_eq!(
        store.create_log("a", LogOptions::default()).unwrap(),
        Creation::AlreadyThere
    );
    let different = store.create_log("a", keyed(1)).unwrap_err();
    assert_eq!(
        different.to_string(),
        "the log a is there already, with no key instead of the key :k; use it as it is, or choose another name"
    );
    assert!(matches!(
        store.create_log("../a b", LogOptions::default()),
        Err(CatalogError::Invalid { .. })
    ));
    let missing = store
        .append(vec![AppendBatch::rows("c", vec![])], None)
        .unwrap_err();
    assert_eq!(missing.to_string(), "there is no log c; there are: a");
    assert!(
        store.drop_log("a").unwrap() && !store.drop_log("a").unwrap() && store.logs().is_empty()
    );
}

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
fn sealed_and_reopened_equals_before() {
    let device = MemoryDevice::new();
    let store = open(&device);
    create(&store, "a");
    store
        .create_log(
            "parts",
            LogOptions {
                partitions: 3,
                ..LogOptions::default()
            },
        )
        .unwrap();
    for n in 0..500 {
        append(&store, "a", vec![number(n)]);
        append(&store, "parts", vec![number(n)]);
    }
    let before = ["a", "parts"].map(|log| rows(&batches(&store, log)));
    assert_eq!(store.seal("parts").unwrap(), 3);
    assert_eq!(store.seal("a").unwrap(), 1);
    assert_eq!(store.seal("a").unwrap(), 0);
    let sorted = |mut rows: Vec<Vec<Datum>>| {
        rows.sort_by_key(|row| format!("{row:?}"));
        rows
    };
    assert_eq!(rows(&batches(&store, "a")), before[0]);
    assert_eq!(
        sorted(rows(&batches(&store, "parts"))),
        sorted(before[1].clone())
    );
    append(&store, "a", vec![number(500)]);
    drop(store);
    let store = open(&device);
    assert!(store.recovery().was_clean);
    assert_eq!(
        integers(&batches(&store, "a"), "n"),
        (0..=500).collect::<Vec<_>>()
    );
    assert_eq!(
        integers(&batches(&store, "a"), "_offset"),
        (0..=500).collect::<Vec<_>>()
    );
    assert_eq!(
        sorted(rows(&batches(&store, "parts"))),
        sorted(before[1].clone())
    );
    assert_eq!(store.epoch().0, 2);
}

#[test]
fn a_full_tail_seals_itself_and_frees_its_journal() {
    let device = MemoryDevice::new();
    let options = StoreOptions {
        seal_bytes: 20_000,
        journal_file_bytes: 30_000,
        ..StoreOptions::new("memory")
    };
    let store = open_with(&device, options.clone());
    create(&store, "busy");
    create(&store, "quiet");
    append(&store, "quiet", vec![number(-1)]);
    for n in 0..3000 {
        append(&store, "busy", vec![number(n)]);
    }
    store.close().unwrap();
    use dlog_log::device::Device;
    let files = device.list("journal").unwrap();
    assert!(files.len() <= 12, "{} journal files are left", files.len());
    let store = open_with(&device, options);
    assert!(store.describe("busy").unwrap().partitions[0].segments > 0);
    assert_eq!(
        integers(&batches(&store, "busy"), "n"),
        (0..3000).collect::<Vec<_>>()
    );
    assert_eq!(integers(&batches(&store, "quiet"), "n"), [-1]);
}

#[test]
fn keys_replace_delete_and_keep_history() {
    for partitions in [1, 4] {
        let device = MemoryDevice::new();
        let store = open(&device);
        store.create_log("t", keyed(partitions)).unwrap();
        append(&store, "t", vec![pair("a", 1), pair("b", 2)]);
        let first = store.cut();
        append(&store, "t", vec![pair("a", 10), pair("c", 3)]);
        let second = store.cut();
        store.seal("t").unwrap();
        assert!(
            store
                .delete("t", &text("b"), None)
                .unwrap()
                .unwrap()
                .wait()
                .is_ok()
        );
        assert!(store.delete("t", &text("b"), None).unwrap().is_none());
        append(&store, "t", vec![pair("b", 20), pair("b", 21)]);
        let check = |store: &Store| {
            assert_eq!(live_values(store, "t", first), [1, 2]);
            assert_eq!(live_values(store, "t", second), [2, 3, 10]);
            assert_eq!(live_values(store, "t", store.cut()), [3, 10, 21]);
            let found = store.find_row("t", &text("a")).unwrap().unwrap();
            assert_eq!(found.row, pair("a", 10));
            assert!(store.find_row("t", &text("z")).unwrap().is_none());
            assert_eq!(store.describe("t").unwrap().live_count, Some(3));
        };
        check(&store);
        store.seal("t").unwrap();
        check(&store);
        drop(store);
        check(&open(&device));
    }
}

#[test]
fn keys_are_demanded() {
    let store = Store::memory();
    store.create_log("t", keyed(2)).unwrap();
    create(&store, "plain");
    let refused = |rows| {
        store
            .append(vec![AppendBatch::rows("t", rows)], None)
            .unwrap_err()
    };
    assert!(matches!(
        refused(vec![row(&[("v", Datum::Int(1))])]),
        AppendError::NoKey { .. }
    ));
    assert!(matches!(
        refused(vec![row(&[("k", Datum::Float(1.0))])]),
        AppendError::NoKey { .. }
    ));
    assert!(store.delete("plain", &text("a"), None).is_err());
    assert!(store.find_row("plain", &text("a")).is_err());
    let mut batch = AppendBatch::rows("t", vec![pair("a", 1)]);
    batch.partition = Some(PartitionId(1));
    assert!(matches!(
        store.append(vec![batch], None),
        Err(AppendError::Refused { .. })
    ));
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
fn a_bulk_append_is_one_commit_and_seals_itself() {
    let device = MemoryDevice::new();
    let options = StoreOptions {
        seal_bytes: 1 << 20,
        ..StoreOptions::new("memory")
    };
    let store = open_with(&device, options.clone());
    store
        .create_log(
            "a",
            LogOptions {
                partitions: 1,
                ..LogOptions::default()
            },
        )
        .unwrap();
    let column: ArrayRef = Arc::new(Int32Array::from_iter_values(0..300_000));
    let batch = RecordBatch::try_from_iter([("n", column)]).unwrap();
    let receipt = store
        .append(vec![AppendBatch::arrow("a", vec![batch])], None)
        .unwrap()
        .wait()
        .unwrap();
    assert_eq!(receipt.parts[0].count, 300_000);
    store.close().unwrap();
    let store = open_with(&device, options);
    assert!(!store.is_read_only(), "{}", store.recovery());
    assert!(
        store.recovery().replayed_commits < 3,
        "the sealed journal file was not freed"
    );
    assert_eq!(
        integers(&batches(&store, "a"), "n"),
        (0..300_000).collect::<Vec<_>>()
    );
}

#[test]
fn cuts_and_times_show_the_past() {
    let store = Store::memory();
    create(&store, "a");
    let mut receipts = Vec::new();
    for n in 0..20 {
        let ticket = store
            .append(vec![AppendBatch::rows("a", vec![number(n)])], None)
            .unwrap();
        receipts.push(ticket.wait().unwrap());
        if n == 9 {
            store.seal("a").unwrap();
        }
    }
    for (n, receipt) in receipts.iter().enumerate() {
        let scan = store.scan("a", dlog_log::Cut(receipt.commit)).unwrap();
        let sealed = scan
            .segments
            .iter()
            .flat_map(|s| s.read(None, 100).unwrap())
            .map(|b| scan.bound(b.unwrap()).unwrap());
        let count: usize = sealed
            .chain(scan.tail.clone())
            .map(|batch| batch.num_rows())
            .sum();
        assert_eq!(count, n + 1);
        assert!(store.cut_as_of(receipt.append_time_us).unwrap().0 >= receipt.commit);
        assert!(store.cut_as_of(receipt.append_time_us - 1).unwrap().0 < receipt.commit);
    }
    assert_eq!(store.cut_as_of(0).unwrap(), dlog_log::Cut::default());
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

struct ThreadWaker(std::thread::Thread);

impl Wake for ThreadWaker {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(ThreadWaker(std::thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}

#[test]
fn tickets_can_be_awaited_called_back_and_dropped() {
    let store = Store::memory();
    create(&store, "a");
    let ticket = |n| {
        store
            .append(vec![AppendBatch::rows("a", vec![number(n)])], None)
            .unwrap()
    };
    assert_eq!(block_on(ticket(0)).unwrap().parts[0].first_offset.0, 0);
    let (sender, receiver) = std::sync::mpsc::channel();
    ticket(1).on_done(move |outcome| {
        sender
            .send(outcome.unwrap().parts[0].first_offset.0)
            .unwrap()
    });
    assert_eq!(receiver.recv().unwrap(), 1);
    drop(ticket(2));
    assert_eq!(ticket(3).wait().unwrap().parts[0].first_offset.0, 3);
    assert_eq!(integers(&batches(&store, "a"), "n"), [0, 1, 2, 3]);
}

#[test]
fn many_writers_share_flushes_and_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(StoreOptions::new(dir.path())).unwrap();
    create(&store, "a");
    store
        .create_log(
            "p",
            LogOptions {
                durability: Durability::Process,
                ..LogOptions::default()
            },
        )
        .unwrap();
    let per_thread = 40;
    std::thread::scope(|scope| {
        for thread in 0..16_i64 {
            let store = &store;
            scope.spawn(move || {
                for n in 0..per_thread {
                    let log = if (thread + n) % 3 == 0 { "p" } else { "a" };
                    let ticket = store.append(
                        vec![AppendBatch::rows(log, vec![number(thread * 1000 + n)])],
                        None,
                    );
                    match n % 4 {
                        0 => drop(block_on(ticket.unwrap()).unwrap()),
                        1 => drop(ticket.unwrap()),
                        _ => drop(ticket.unwrap().wait().unwrap()),
                    }
                }
            });
        }
    });
    store.flush().unwrap();
    let check = |store: &Store| {
        let mut all = Vec::new();
        for log in ["a", "p"] {
            let batches = batches(store, log);
            let offsets = integers(&batches, "_offset");
            assert_eq!(offsets, (0..offsets.len() as i64).collect::<Vec<_>>());
            let commits = integers(&batches, "_commit");
            assert!(commits.is_sorted());
            all.extend(integers(&batches, "n"));
        }
        all.sort_unstable();
        let expected: Vec<i64> = (0..16)
            .flat_map(|thread| (0..per_thread).map(move |n| thread * 1000 + n))
            .collect();
        assert_eq!(all, expected);
    };
    check(&store);
    drop(store);
    check(&Store::open(StoreOptions::new(dir.path())).unwrap());
}

#[test]
fn a_second_process_is_told_who_has_the_store_and_may_read() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(StoreOptions::new(dir.path())).unwrap();
    create(&store, "a");
    append(&store, "a", vec![number(1)]);
    let second = Store::open(StoreOptions::new(dir.path()))
        .unwrap_err()
        .to_string();
    assert!(
        second.contains(&format!("process {}", std::process::id())),
        "{second}"
    );
    let reader = Store::open(StoreOptions::new(dir.path()).read_only()).unwrap();
    assert_eq!(integers(&batches(&reader, "a"), "n"), [1]);
    assert!(matches!(
        reader.append(vec![AppendBatch::rows("a", vec![])], None),
        Err(AppendError::ReadOnly { .. })
    ));
    drop(reader);
    append(&store, "a", vec![number(2)]);
    store.close().unwrap();
    assert_eq!(
        store
            .append(vec![AppendBatch::rows("a", vec![])], None)
            .unwrap_err(),
        AppendError::Closed
    );
    let missing = StoreOptions {
        create: false,
        ..StoreOptions::new(dir.path().join("none"))
    };
    assert!(matches!(
        Store::open(missing),
        Err(dlog_log::OpenError::Missing { .. })
    ));
    let store = Store::open(StoreOptions::new(dir.path())).unwrap();
    assert_eq!(integers(&batches(&store, "a"), "n"), [1, 2]);
}

#[test]
fn a_dropped_log_is_gone_with_its_files_and_its_name_is_free() {
    let device = MemoryDevice::new();
    let store = open(&device);
    create(&store, "a");
    append(&store, "a", vec![number(1)]);
    store.seal("a").unwrap();
    let scan = store.scan("a", store.cut()).unwrap();
    assert!(store.drop_log("a").unwrap());
    assert_eq!(scan.segments[0].read(None, 10).unwrap().count(), 1);
    drop(scan);
    use dlog_log::device::Device;
    assert!(device.list("segments").unwrap().is_empty());
    create(&store, "a");
    append(&store, "a", vec![row(&[("n", text("another kind"))])]);
    drop(store);
    let store = open(&device);
    assert_eq!(rows(&batches(&store, "a"))[0][0], text("another kind"));
}

#[test]
fn a_reader_opens_while_a_writer_seals() {
    let dir = tempfile::tempdir().unwrap();
    let options = StoreOptions {
        journal_file_bytes: 10_000,
        ..StoreOptions::new(dir.path())
    };
    let store = Store::open(options.clone()).unwrap();
    create(&store, "a");
    append(&store, "a", vec![number(0)]);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 1..60 {
                append(&store, "a", (0..20).map(|_| number(n)).collect());
                store.seal("a").unwrap();
            }
        });
        for _ in 0..40 {
            let reader = Store::open(options.clone().read_only()).unwrap();
            assert!(reader.recovery().damage.is_empty(), "{}", reader.recovery());
            let offsets = reader.describe("a").unwrap().record_count;
            assert!(offsets % 20 == 1, "half a commit: {offsets}");
        }
    });
}
