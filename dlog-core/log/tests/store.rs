//! The store as its users see it: commits, keys, cuts, segments.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, RecordBatch};
use dlog_log::device::MemoryDevice;
use dlog_log::{
    AppendBatch, AppendError, CatalogError, Creation, Datum, LogOptions, PartitionId, Store,
    StoreOptions,
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
