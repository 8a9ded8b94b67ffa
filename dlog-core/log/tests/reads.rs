//! Records by commit, by time and by key, and all partitions in one order.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use dlog_log::device::MemoryDevice;
use dlog_log::{
    AppendBatch, Clock, CommitNumber, Cut, Datum, LogOptions, Offset, PartitionId, ReadError,
    Selection, Store, StoreOptions, Vlsn,
};

mod support;
use support::{append, create, integers, number, open, open_with, row, text};

fn keyed(n: i64) -> dlog_log::Row {
    row(&[("n", Datum::Int(n)), ("text", text(&format!("record {n}")))])
}

/// Ten keys from -5 to 4, three times each, a second between commits; two thirds sealed.
fn keyed_store() -> (Store, Vec<CommitNumber>) {
    let time = Arc::new(AtomicI64::new(0));
    let shown = time.clone();
    let options = StoreOptions {
        clock: Clock::new(move || shown.load(Ordering::SeqCst)),
        ..StoreOptions::new("memory")
    };
    let store = open_with(&MemoryDevice::new(), options);
    let options = LogOptions {
        key: Some("n".to_owned()),
        ..LogOptions::default()
    };
    store.create_log("a", options).unwrap();
    let mut commits = Vec::new();
    for turn in 0..3 {
        for n in -5..5 {
            time.fetch_add(1_000_000, Ordering::SeqCst);
            append(&store, "a", vec![keyed(n)]);
            commits.push(store.cut().0);
        }
        if turn < 2 {
            store.seal("a").unwrap();
        }
    }
    (store, commits)
}

fn selected(store: &Store, selection: &Selection) -> Vec<i64> {
    let batches = store.select("a", selection).unwrap();
    integers(&batches.collect::<Result<Vec<_>, _>>().unwrap(), "n")
}

#[test]
fn records_are_selected_by_commit_time_and_key() {
    let (store, commits) = keyed_store();
    let all = Selection::default();
    assert_eq!(selected(&store, &all).len(), 30);
    let some = Selection {
        after: Some(commits[8]),
        until: Some(Cut(commits[12])),
        ..Selection::default()
    };
    assert_eq!(selected(&store, &some), [4, -5, -4, -3]);
    // The n-th record has the n-th second.
    let some = Selection {
        from_us: Some(20_000_000),
        before_us: Some(23_000_000),
        ..Selection::default()
    };
    assert_eq!(selected(&store, &some), [4, -5, -4]);
    let some = Selection {
        first_key: Some(Datum::Int(-2)),
        last_key: Some(Datum::Int(0)),
        ..Selection::default()
    };
    assert_eq!(selected(&store, &some), [-2, -1, 0].repeat(3));
    let newest = Selection {
        newest_only: true,
        ..some.clone()
    };
    assert_eq!(selected(&store, &newest), [-2, -1, 0]);
    let then = Selection {
        until: Some(Cut(commits[15])),
        ..newest
    };
    assert_eq!(selected(&store, &then), [-2, -1, 0]);
    let from = Selection {
        first_key: Some(Datum::Int(3)),
        after: Some(commits[19]),
        ..Selection::default()
    };
    assert_eq!(selected(&store, &from), [3, 4]);
    assert_eq!(
        selected(&store, &Selection::of_key(Datum::Int(-5))),
        [-5; 3]
    );
    assert!(selected(&store, &Selection::of_key(Datum::Int(77))).is_empty());
}

#[test]
fn a_selection_that_cannot_be_is_refused() {
    let (store, _) = keyed_store();
    create(&store, "b");
    append(&store, "b", vec![number(1)]);
    let of_key = Selection::of_key(Datum::Int(1));
    let refused = store.select("b", &of_key).map(drop);
    assert!(matches!(refused, Err(ReadError::Refused { .. })));
    let wrong = Selection::of_key(Datum::List(vec![]));
    let refused = store.select("a", &wrong).map(drop);
    assert!(matches!(refused, Err(ReadError::Refused { .. })));
    // A key of another kind is only not there.
    assert!(selected(&store, &Selection::of_key(text("x"))).is_empty());
}

const PARTITIONS: u32 = 4;

fn spread(store: &Store, commits: i64) {
    for n in 0..commits {
        // Some commits are for two partitions.
        let batches = (0..1 + n % 2).map(|part| AppendBatch {
            partition: Some(PartitionId(((n * 7 + part) % i64::from(PARTITIONS)) as u32)),
            ..AppendBatch::rows("a", (0..1 + n % 3).map(|at| number(n * 100 + at)).collect())
        });
        store
            .append(batches.collect(), None)
            .unwrap()
            .wait()
            .unwrap();
    }
}

fn places(batches: &[arrow::array::RecordBatch]) -> Vec<(i64, i64, i64)> {
    use arrow::array::AsArray;
    let mut places = Vec::new();
    for batch in batches {
        let partitions = batch.column_by_name("_partition").unwrap();
        let partitions = partitions
            .as_primitive::<arrow::datatypes::Int32Type>()
            .values();
        let one = std::slice::from_ref(batch);
        let (commits, offsets) = (integers(one, "_commit"), integers(one, "_offset"));
        let own = commits.iter().zip(partitions).zip(offsets);
        places.extend(
            own.map(|((commit, partition), offset)| (*commit, i64::from(*partition), offset)),
        );
    }
    places
}

/// Partitions read one after the other, while somebody appends, at one cut.
#[test]
fn a_cut_shows_the_same_commits_in_every_partition() {
    let store = Store::memory();
    let options = LogOptions {
        partitions: PARTITIONS,
        ..LogOptions::default()
    };
    store.create_log("a", options).unwrap();
    spread(&store, 10);
    let cut = store.cut();
    let mut found = Vec::new();
    for partition in 0..PARTITIONS {
        let read = store.read_until("a", PartitionId(partition), Offset(0), usize::MAX, cut);
        found.extend(places(&read.unwrap()));
        spread(&store, 5);
    }
    let commits: BTreeSet<i64> = found.iter().map(|(commit, ..)| *commit).collect();
    let last = cut.0.0 as i64;
    assert_eq!(commits, (last - 9..=last).collect());
}

#[test]
fn all_partitions_are_read_in_the_order_of_commits_from_any_place() {
    let device = MemoryDevice::new();
    let store = open(&device);
    let options = LogOptions {
        partitions: PARTITIONS,
        ..LogOptions::default()
    };
    store.create_log("a", options).unwrap();
    spread(&store, 60);
    store.seal("a").unwrap();
    spread(&store, 40);
    let whole = |store: &Store, step: usize| {
        let mut reader = store.read_in_order("a", Vlsn::default()).unwrap();
        let mut found = Vec::new();
        loop {
            let batches = reader.read(step).unwrap();
            if batches.is_empty() {
                return found;
            }
            found.extend(places(&batches));
        }
    };
    let all = whole(&store, 1_000);
    assert_eq!(
        all.len(),
        store.describe("a").unwrap().record_count as usize
    );
    assert!(all.is_sorted(), "by commit, partition and offset");
    for step in [1, 2, 7] {
        assert_eq!(whole(&store, step), all, "by {step}");
    }
    assert_eq!(whole(&open(&device.image()), 13), all);
    for (index, (commit, partition, offset)) in all.iter().enumerate().step_by(11) {
        let place = Vlsn {
            commit: CommitNumber(*commit as u64),
            partition: PartitionId(*partition as u32),
            offset: dlog_log::Offset(*offset as u64),
        };
        let mut reader = store.read_in_order("a", place).unwrap();
        assert_eq!(
            places(&reader.read(5).unwrap()),
            all[index..(index + 5).min(all.len())]
        );
        assert!(reader.position() > place);
    }
}

#[test]
fn a_reader_of_all_partitions_is_woken_and_a_receipt_says_where() {
    let store = Store::memory();
    let options = LogOptions {
        partitions: PARTITIONS,
        ..LogOptions::default()
    };
    store.create_log("a", options).unwrap();
    let mut reader = store.read_in_order("a", Vlsn::default()).unwrap();
    assert!(
        reader
            .wait(10, Duration::from_millis(1))
            .unwrap()
            .is_empty()
    );
    std::thread::scope(|scope| {
        scope.spawn(|| spread(&store, 1));
        let batches = reader.wait(10, Duration::from_secs(60)).unwrap();
        assert_eq!(integers(&batches, "n"), [0]);
    });
    let batch = AppendBatch::rows("a", vec![number(7)]);
    let receipt = store.append(vec![batch], None).unwrap().wait().unwrap();
    let place = receipt.places("a").next().unwrap();
    let mut there = store.read_in_order("a", place).unwrap();
    assert_eq!(integers(&there.read(10).unwrap(), "n"), [7]);
}
