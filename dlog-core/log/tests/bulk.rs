//! Large columns go past the journal, and are a commit like any other.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use dlog_log::device::faulty::{Failure, FaultyDevice, Plan};
use dlog_log::device::{Device, MemoryDevice};
use dlog_log::{
    AppendBatch, AppendError, AppendOptions, Datum, LogOptions, Offset, PartitionId, Receipt,
    Store, StoreOptions,
};

mod support;
use support::{append, batches, create, integers, number, open_with};

/// A few kilobytes are many here.
fn options() -> StoreOptions {
    StoreOptions {
        bulk_bytes: 4_000,
        ..StoreOptions::new("memory")
    }
}

fn columns(numbers: std::ops::Range<i64>) -> RecordBatch {
    let text = numbers.clone().map(|n| format!("record {n}"));
    let text: ArrayRef = Arc::new(StringArray::from_iter_values(text));
    let n: ArrayRef = Arc::new(Int64Array::from_iter_values(numbers));
    RecordBatch::try_from_iter([("n", n), ("text", text)]).unwrap()
}

fn bulk(store: &Store, log: &str, numbers: std::ops::Range<i64>) -> Receipt {
    let batch = AppendBatch::arrow(log, vec![columns(numbers)]);
    store.append(vec![batch], None).unwrap().wait().unwrap()
}

fn journal_bytes(device: &MemoryDevice) -> usize {
    let files = device.files();
    let journal = files.iter().filter(|(path, _)| path.starts_with("journal"));
    journal.map(|(_, bytes)| bytes.len()).sum()
}

#[test]
fn large_columns_are_segments_at_once_and_small_ones_go_through_the_journal() {
    let device = MemoryDevice::new();
    let store = open_with(&device, options());
    create(&store, "a");
    append(&store, "a", vec![number(0)]);
    bulk(&store, "a", 1..10);
    assert!(store.scan("a", store.cut()).unwrap().segments.is_empty());
    let before = journal_bytes(&device);
    let receipt = bulk(&store, "a", 10..2_000);
    assert!(
        journal_bytes(&device) < before + 200,
        "its records are not there"
    );
    let part = &receipt.parts[0];
    assert_eq!((part.first_offset, part.count), (Offset(10), 1_990));
    assert_eq!(store.cut().0, receipt.commit);
    append(&store, "a", vec![number(2_000)]);
    let check = |store: &Store| {
        let batches = batches(store, "a");
        let expected: Vec<i64> = (0..=2_000).collect();
        assert_eq!(integers(&batches, "n"), expected);
        assert_eq!(integers(&batches, "_offset"), expected);
        let commits = integers(&batches, "_commit");
        assert!(commits.is_sorted() && commits[10] == receipt.commit.0 as i64);
        // What was before the commit is still to be seen without it.
        let before = dlog_log::Cut(dlog_log::CommitNumber(receipt.commit.0 - 1));
        let scan = store.scan("a", before).unwrap();
        let sealed: usize = scan
            .segments
            .iter()
            .map(|segment| segment.row_count() as usize)
            .sum();
        let tail: usize = scan.tail.iter().map(RecordBatch::num_rows).sum();
        assert!(
            sealed + tail >= 10
                && scan
                    .segments
                    .iter()
                    .all(|s| s.first_commit() < receipt.commit)
        );
    };
    check(&store);
    check(&open_with(&device.image(), options()));
    store.close().unwrap();
    check(&open_with(&device.image(), options()));
}

#[test]
fn one_commit_over_partitions_and_logs_with_keys_and_conditions() {
    let device = MemoryDevice::new();
    let store = open_with(&device, options());
    let keyed = LogOptions {
        key: Some("n".to_owned()),
        partitions: 3,
        ..LogOptions::default()
    };
    store.create_log("keyed", keyed).unwrap();
    create(&store, "plain");
    let both = |range: std::ops::Range<i64>| {
        ["keyed", "plain"].map(|log| AppendBatch::arrow(log, vec![columns(range.clone())]))
    };
    let receipt = store
        .append(both(0..500).into(), None)
        .unwrap()
        .wait()
        .unwrap();
    assert_eq!(receipt.parts.len(), 4);
    assert!(
        receipt
            .parts
            .iter()
            .all(|part| part.first_offset == Offset(0))
    );
    let found = store.find_row("keyed", &Datum::Int(77)).unwrap().unwrap();
    assert_eq!(found.commit, receipt.commit);
    bulk(&store, "keyed", 70..400);
    let found = store.find_row("keyed", &Datum::Int(77)).unwrap().unwrap();
    assert!(found.commit > receipt.commit);
    assert_eq!(store.describe("keyed").unwrap().live_count, Some(500));
    // An expected offset is asked for when the number is given.
    let expecting = |offset| {
        let options = AppendOptions {
            expect: Some(Offset(offset)),
            ..AppendOptions::default()
        };
        let batch = AppendBatch::arrow("plain", vec![columns(0..500)]);
        store.append_with(vec![batch], &options).unwrap().wait()
    };
    assert!(matches!(expecting(3), Err(AppendError::Conflict { .. })));
    assert_eq!(expecting(500).unwrap().parts[0].partition, PartitionId(0));
}

#[test]
fn a_full_disk_in_the_middle_leaves_nothing_of_it() {
    let faults = [Failure::Full, Failure::Half, Failure::Io];
    for (failure, is_lasting) in faults.into_iter().flat_map(|f| [(f, false), (f, true)]) {
        for after in 0..40 {
            let device = FaultyDevice::new();
            let shared: Arc<dyn Device> = Arc::new(device.clone());
            let store = Store::open_on(shared, options()).unwrap();
            create(&store, "a");
            append(&store, "a", vec![number(0)]);
            device.fail(Plan {
                after,
                failure,
                is_lasting,
            });
            let batch = AppendBatch::arrow("a", vec![columns(1..500)]);
            let outcome = store
                .append(vec![batch], None)
                .and_then(|ticket| ticket.wait());
            device.heal();
            let what = format!("{failure:?} at {after}: {outcome:?}");
            let mut expected = vec![0];
            if outcome.is_ok() {
                expected.extend(1..500);
            }
            let is_unknown = matches!(outcome, Err(AppendError::Unknown { .. }));
            if !store.is_read_only() {
                append(&store, "a", vec![number(1_000)]);
                expected.push(1_000);
                assert_eq!(integers(&batches(&store, "a"), "n"), expected, "{what}");
            }
            drop(store);
            let device: Arc<dyn Device> = Arc::new(device.kill());
            let store = Store::open_on(device, options()).unwrap();
            assert!(
                store.recovery().damage.is_empty(),
                "{what}: {}",
                store.recovery()
            );
            let found = integers(&batches(&store, "a"), "n");
            let whole: Vec<i64> = (0..500).collect();
            assert!(found == expected || is_unknown && found == whole, "{what}");
        }
    }
}

#[test]
fn other_writers_go_on_and_nothing_gets_between() {
    let device = MemoryDevice::new();
    let store = open_with(&device, options());
    create(&store, "a");
    std::thread::scope(|scope| {
        for writer in 0..3_i64 {
            let store = &store;
            scope.spawn(move || {
                for n in 0..40 {
                    let first = (writer * 1_000 + n) * 1_000;
                    if writer == 0 {
                        bulk(store, "a", first..first + 300);
                    } else {
                        append(store, "a", vec![number(first)]);
                    }
                }
            });
        }
    });
    let check = |store: &Store| {
        let batches = batches(store, "a");
        let count = 40 * 300 + 80;
        assert_eq!(
            integers(&batches, "_offset"),
            (0..count).collect::<Vec<_>>()
        );
        assert!(integers(&batches, "_commit").is_sorted());
    };
    check(&store);
    store.close().unwrap();
    check(&open_with(&device, options()));
}
