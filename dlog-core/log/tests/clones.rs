//! Clones and snapshots: they share segments, and each goes on when the others are gone.

use std::sync::Arc;

use dlog_log::device::{Device, MemoryDevice};
use dlog_log::{
    AppendBatch, AppendError, CatalogError, Datum, LogOptions, Retention, Store, StoreOptions,
};

mod support;
use support::{append, batches, create, integers, number, open, row, text};

fn numbers(store: &Store, log: &str) -> Vec<i64> {
    integers(&batches(store, log), "n")
}

fn files(device: &MemoryDevice, ending: &str) -> usize {
    let files = device.files();
    files
        .iter()
        .filter(|(path, _)| path.ends_with(ending))
        .count()
}

#[test]
fn a_clone_shares_segments_and_goes_on_by_itself() {
    let device = MemoryDevice::new();
    let store = open(&device);
    create(&store, "a");
    for n in 0..3 {
        append(&store, "a", vec![number(n)]);
    }
    let cut = store.clone_log("a", "b", None).unwrap();
    assert_eq!(cut, store.cut());
    assert_eq!(files(&device, ".parquet"), 1, "one file, two logs");
    append(&store, "a", vec![number(10)]);
    append(&store, "b", vec![number(20)]);
    let check = |store: &Store| {
        assert_eq!(numbers(store, "a"), [0, 1, 2, 10]);
        assert_eq!(numbers(store, "b"), [0, 1, 2, 20]);
        assert_eq!(integers(&batches(store, "b"), "_offset"), [0, 1, 2, 3]);
    };
    check(&store);
    check(&open(&device.image()));
    store.seal("a").unwrap();
    store.seal("b").unwrap();
    check(&open(&device.image()));
}

#[test]
fn either_goes_and_the_other_stays_and_the_last_takes_the_files() {
    for (first, second) in [("a", "b"), ("b", "a")] {
        for is_reopened in [false, true] {
            let device = MemoryDevice::new();
            let mut store = open(&device);
            create(&store, "a");
            append(&store, "a", vec![number(1), number(2)]);
            store.clone_log("a", "b", None).unwrap();
            let reopen = |store: Store| {
                store.close().unwrap();
                drop(store);
                open(&device)
            };
            if is_reopened {
                store = reopen(store);
            }
            assert!(store.drop_log(first).unwrap());
            assert_eq!(numbers(&store, second), [1, 2]);
            assert_eq!(files(&device, ".parquet"), 1);
            if is_reopened {
                store = reopen(store);
            }
            assert_eq!(numbers(&store, second), [1, 2]);
            assert!(store.drop_log(second).unwrap());
            assert_eq!(files(&device, ".parquet"), 0, "{first}, then {second}");
        }
    }
}

#[test]
fn a_drop_that_was_journalled_only_leaves_the_clone_its_files() {
    let device = MemoryDevice::new();
    let store = open(&device);
    create(&store, "a");
    append(&store, "a", vec![number(1)]);
    store.clone_log("a", "b", None).unwrap();
    // The journal says dropped, the manifest still names both.
    let manifests = |device: &MemoryDevice| {
        let files = device.files();
        files
            .into_iter()
            .filter(|(path, _)| path.starts_with("manifest"))
            .collect::<Vec<_>>()
    };
    let before = manifests(&device);
    store.drop_log("a").unwrap();
    let mut image = device.image().files();
    image.retain(|(path, _)| !path.starts_with("manifest"));
    image.extend(before);
    let image = MemoryDevice::with_files(image);
    let store = open(&image);
    assert_eq!(store.logs(), ["b"]);
    assert_eq!(numbers(&store, "b"), [1]);
    store.drop_log("b").unwrap();
    assert_eq!(files(&image, ".parquet"), 0);
}

fn keyed(n: i64) -> dlog_log::Row {
    row(&[("key", text(&format!("k{}", n % 3))), ("n", Datum::Int(n))])
}

fn keyed_log(store: &Store) {
    let options = LogOptions {
        key: Some("key".to_owned()),
        ..LogOptions::default()
    };
    store.create_log("a", options).unwrap();
}

fn value(store: &Store, log: &str, key: &str) -> Option<i64> {
    let found = store.find_row(log, &text(key)).unwrap()?;
    match found.row.get("n") {
        Some(Datum::Int(n)) => Some(*n),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_snapshot_of_the_past_stays_when_its_source_is_compacted_and_purged() {
    let device = MemoryDevice::new();
    let store = open(&device);
    keyed_log(&store);
    for n in 0..9 {
        append(&store, "a", vec![keyed(n)]);
    }
    store.seal("a").unwrap();
    let past = dlog_log::Cut(dlog_log::CommitNumber(store.cut().0.0 - 4));
    store.snapshot_log("a", "then", Some(past)).unwrap();
    append(&store, "a", vec![keyed(9)]);
    store.compact("a", store.cut(), 0).unwrap();
    let purged = store.purge("a", &text("k1")).unwrap();
    assert_eq!(
        (purged.records, &*purged.elsewhere),
        (1, &["then".to_owned()][..])
    );
    let check = |store: &Store| {
        assert_eq!(value(store, "a", "k0"), Some(9));
        assert_eq!(value(store, "a", "k1"), None);
        let then = ["k0", "k1", "k2"].map(|key| value(store, "then", key));
        assert_eq!(then, [Some(3), Some(4), Some(2)]);
        assert_eq!(numbers(store, "then"), [0, 1, 2, 3, 4]);
        assert!(store.describe("then").unwrap().is_snapshot);
    };
    check(&store);
    check(&open(&device.image()));
    // A snapshot takes nothing in and lets go of nothing, but what must not be kept.
    let refused = store.append(vec![AppendBatch::rows("then", vec![keyed(1)])], None);
    assert!(matches!(
        refused.map(drop),
        Err(AppendError::Refused { .. })
    ));
    assert!(store.compact("then", store.cut(), 0).is_err());
    let options = store.describe("then").unwrap().options;
    assert!(store.create_log("then", options).is_err());
    assert!(
        store
            .alter_log("then", dlog_log::Alteration::default())
            .is_err()
    );
    let purged = store.purge("then", &text("k1")).unwrap();
    assert_eq!((purged.records, purged.elsewhere.len()), (2, 0));
    assert_eq!(value(&store, "then", "k1"), None);
    // A clone of it takes appends again.
    store.clone_log("then", "on", None).unwrap();
    append(&store, "on", vec![keyed(100)]);
    assert_eq!(value(&store, "on", "k1"), Some(100));
    assert_eq!(value(&store, "then", "k1"), None);
}

#[test]
fn retention_of_one_leaves_the_other_its_records() {
    let device = MemoryDevice::new();
    let store = open(&device);
    let retention = Retention {
        max_bytes: Some(1),
        ..Retention::default()
    };
    create(&store, "a");
    append(&store, "a", vec![number(1)]);
    store.clone_log("a", "b", None).unwrap();
    let alteration = dlog_log::Alteration {
        retention: Some(retention),
        ..Default::default()
    };
    store.alter_log("a", alteration).unwrap();
    assert_eq!(store.retain("a").unwrap(), 1);
    assert!(numbers(&store, "a").is_empty());
    assert_eq!(numbers(&store, "b"), [1]);
    assert_eq!(numbers(&open(&device.image()), "b"), [1]);
}

#[test]
fn what_cannot_be_cloned_is_said() {
    let store = Store::memory();
    keyed_log(&store);
    for n in 0..6 {
        append(&store, "a", vec![keyed(n)]);
    }
    create(&store, "b");
    let taken = store.clone_log("a", "b", None);
    assert!(matches!(taken, Err(CatalogError::Taken { .. })));
    let future = dlog_log::Cut(dlog_log::CommitNumber(store.cut().0.0 + 1));
    let unseen = store.clone_log("a", "d", Some(future));
    assert!(
        unseen
            .unwrap_err()
            .to_string()
            .contains("there is no commit")
    );
    let missing = store.clone_log("c", "d", None);
    assert!(matches!(missing, Err(CatalogError::NoSuchLog { .. })));
    store.seal("a").unwrap();
    store.compact("a", store.cut(), 0).unwrap();
    let gone = store.clone_log("a", "d", Some(dlog_log::Cut(dlog_log::CommitNumber(3))));
    assert!(gone.unwrap_err().to_string().contains("history begins"));
    assert_eq!(store.logs(), ["a", "b"]);
}

#[test]
fn a_store_with_clones_is_backed_up_and_counts_shared_files_once() {
    let device = MemoryDevice::new();
    let store = open(&device);
    create(&store, "a");
    append(&store, "a", (0..2_000).map(number).collect());
    store.clone_log("a", "b", None).unwrap();
    let target = MemoryDevice::new();
    let shared: Arc<dyn Device> = Arc::new(target.clone());
    store.backup(&shared).unwrap();
    assert_eq!(files(&target, ".parquet"), 1);
    let copy = open(&target);
    assert_eq!(numbers(&copy, "a"), numbers(&copy, "b"));
    let segment = store.describe("a").unwrap().partitions[0].segment_bytes;
    store.close().unwrap();
    let (source, mended) = (device.image(), MemoryDevice::new());
    let (from, to): (Arc<dyn Device>, Arc<dyn Device>) =
        (Arc::new(source), Arc::new(mended.clone()));
    dlog_log::mend(&from, std::path::Path::new("memory"), &to).unwrap();
    assert_eq!(files(&mended, ".parquet"), 1);
    let copy = open(&mended);
    assert_eq!(numbers(&copy, "a"), numbers(&copy, "b"));
    drop(store);
    let options = StoreOptions {
        max_bytes: Some(segment + segment / 2),
        ..StoreOptions::new("memory")
    };
    let store = support::open_with(&device, options);
    append(&store, "b", vec![number(7)]);
}
