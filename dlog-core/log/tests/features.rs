//! Following, producers, conditions, consumer groups, changes of logs, backup.

use std::sync::Arc;
use std::time::Duration;

use dlog_log::device::faulty::{Fate, FaultyDevice};
use dlog_log::device::{Device, MemoryDevice};
use dlog_log::{
    Alteration, AppendBatch, AppendError, AppendOptions, CatalogError, Datum, Durability,
    GroupMember, LogOptions, Offset, PartitionId, Producer, ProducerProblem, Receipt, Retention,
    Store, StoreOptions,
};

mod support;
use support::{append, batches, create, integers, number, open, row, text};

const P0: PartitionId = PartitionId(0);

fn with(store: &Store, n: i64, options: AppendOptions) -> Result<Receipt, AppendError> {
    let batch = AppendBatch::rows("a", vec![number(n)]);
    store.append_with(vec![batch], &options)?.wait()
}

fn by(sequence: u64) -> AppendOptions {
    let producer = Some(Producer {
        id: 9,
        epoch: 0,
        sequence,
    });
    AppendOptions {
        producer,
        ..AppendOptions::default()
    }
}

fn numbers(store: &Store, log: &str) -> Vec<i64> {
    integers(&batches(store, log), "n")
}

#[test]
fn a_partition_is_read_from_any_offset_through_segments_and_tail() {
    let store = Store::memory();
    create(&store, "a");
    for n in 0..50 {
        append(&store, "a", vec![number(n), number(n + 100)]);
        if n % 7 == 6 {
            store.seal("a").unwrap();
        }
    }
    let all = numbers(&store, "a");
    for from in 0..=100_u64 {
        for limit in [1, 3, 1000] {
            let found = store.read("a", P0, Offset(from), limit).unwrap();
            let end = (from as usize + limit).min(100);
            assert_eq!(integers(&found, "n"), all[from as usize..end]);
        }
    }
    assert!(store.read("a", PartitionId(1), Offset(0), 1).is_err());
    let times = batches(&store, "a");
    let last = store.offset_at("a", P0, i64::MAX).unwrap();
    assert_eq!(
        (store.offset_at("a", P0, 0).unwrap(), last),
        (Offset(0), Offset(100))
    );
    assert!(!times.is_empty());
}

#[test]
fn a_reader_at_the_end_is_woken_by_the_commit_itself() {
    let store = Store::memory();
    create(&store, "a");
    let reader = store.follow("a", P0, Offset(0)).unwrap();
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..4)
            .map(|_| {
                let mut reader = reader.clone();
                scope.spawn(move || {
                    let mut seen = Vec::new();
                    while seen.len() < 500 {
                        // Far longer than it takes: only being woken gets there in time.
                        let found = reader.wait(64, Duration::from_secs(60)).unwrap();
                        assert!(!found.is_empty(), "slept through a commit");
                        seen.extend(integers(&found, "n"));
                    }
                    seen
                })
            })
            .collect();
        for n in 0..500 {
            append(&store, "a", vec![number(n)]);
        }
        for reader in readers {
            assert_eq!(reader.join().unwrap(), (0..500).collect::<Vec<_>>());
        }
    });
    let mut reader = store.follow("a", P0, Offset(500)).unwrap();
    let closing = store.clone();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(move || reader.wait(1, Duration::from_secs(60)).unwrap());
        closing.close().unwrap();
        assert!(waiting.join().unwrap().is_empty());
    });
}

#[test]
fn a_retry_is_stored_once_and_answered_as_the_first_time_even_after_a_crash() {
    let device = FaultyDevice::new();
    let open = |device: &FaultyDevice| {
        let device: Arc<dyn Device> = Arc::new(device.clone());
        Store::open_on(device, StoreOptions::new("test")).unwrap()
    };
    let store = open(&device);
    create(&store, "a");
    let receipts: Vec<Receipt> = (0..4)
        .map(|n| with(&store, n, by(n as u64)).unwrap())
        .collect();
    let retry = |store: &Store| {
        for n in 0..4 {
            let again = with(store, 77, by(n as u64)).unwrap();
            assert_eq!(again, receipts[n as usize]);
        }
        assert_eq!(numbers(store, "a"), [0, 1, 2, 3]);
        let gap = with(store, 9, by(5)).unwrap_err();
        let expected = ProducerProblem::Gap { expected: 4 };
        assert!(matches!(gap, AppendError::Producer { problem, .. } if problem == expected));
    };
    retry(&store);
    let device = device.kill();
    retry(&open(&device));
    // Sealed, so that only the manifest knows; and closed.
    let device = device.kill();
    let store = open(&device);
    store.seal("a").unwrap();
    store.close().unwrap();
    retry(&open(&device));
    let unknown = AppendOptions {
        producer: Some(Producer {
            id: 10,
            epoch: 0,
            sequence: 3,
        }),
        ..AppendOptions::default()
    };
    let refused = with(&open(&device.kill()), 1, unknown).unwrap_err();
    assert!(refused.to_string().contains("unknown"), "{refused}");
}

#[test]
fn retries_that_come_at_once_are_one_commit() {
    let store = Store::memory();
    create(&store, "a");
    for sequence in 0..50 {
        let receipts: Vec<Receipt> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| with(&store, sequence, by(sequence as u64)).unwrap()))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert!(receipts.iter().all(|receipt| *receipt == receipts[0]));
    }
    assert_eq!(numbers(&store, "a"), (0..50).collect::<Vec<_>>());
}

#[test]
fn an_expected_offset_lets_one_of_many_through() {
    let store = Store::memory();
    create(&store, "a");
    for round in 0..30 {
        let wins = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let options = AppendOptions {
                            expect: Some(Offset(round)),
                            ..AppendOptions::default()
                        };
                        with(&store, round as i64, options)
                    })
                })
                .collect();
            let results = threads.into_iter().map(|thread| thread.join().unwrap());
            results.filter(|result| match result {
                Ok(receipt) => receipt.parts[0].first_offset == Offset(round),
                Err(error) => {
                    assert!(matches!(error, AppendError::Conflict { actual, .. } if actual.0 == round + 1));
                    false
                }
            })
            .count()
        });
        assert_eq!(wins, 1);
    }
}

#[test]
fn if_absent_stores_a_key_once_until_it_is_deleted() {
    let store = Store::memory();
    let options = LogOptions {
        key: Some("k".to_owned()),
        partitions: 3,
        ..LogOptions::default()
    };
    store.create_log("keyed", options).unwrap();
    let put = |key: &str, n: i64| {
        let record = row(&[("k", text(key)), ("n", Datum::Int(n))]);
        let options = AppendOptions {
            if_absent: true,
            ..AppendOptions::default()
        };
        store
            .append_with(vec![AppendBatch::rows("keyed", vec![record])], &options)
            .and_then(|ticket| ticket.wait())
    };
    for key in ["a", "b", "c"] {
        let wins = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|n| scope.spawn(move || put(key, n))).collect();
            let results = threads.into_iter().map(|thread| thread.join().unwrap());
            results.filter(Result::is_ok).count()
        });
        assert_eq!(wins, 1);
        store.seal("keyed").unwrap();
    }
    let refused = put("a", 7).unwrap_err();
    assert!(
        matches!(&refused, AppendError::Present { path, .. } if path == "row 0, :k"),
        "{refused}"
    );
    store
        .delete("keyed", &text("a"), None)
        .unwrap()
        .unwrap()
        .wait()
        .unwrap();
    put("a", 8).unwrap();
    create(&store, "a");
    let options = AppendOptions {
        if_absent: true,
        ..AppendOptions::default()
    };
    assert!(with(&store, 1, options).is_err(), "the log has no key");
}

fn partitions(member: &GroupMember) -> Vec<u32> {
    let own = member.assignment().partitions.iter();
    own.map(|(_, partition)| partition.0).collect()
}

#[test]
fn a_group_shares_partitions_and_fences_older_generations() {
    let device = FaultyDevice::new();
    let open = |device: &FaultyDevice| {
        let device: Arc<dyn Device> = Arc::new(device.clone());
        Store::open_on(device, StoreOptions::new("test")).unwrap()
    };
    let store = open(&device);
    let options = LogOptions {
        partitions: 5,
        ..LogOptions::default()
    };
    store.create_log("a", options).unwrap();
    for n in 0..10 {
        append(&store, "a", vec![number(n)]);
    }
    let mut first = store.join_group("g", &["a"]).unwrap();
    assert_eq!(partitions(&first), [0, 1, 2, 3, 4]);
    first.commit(&[("a", P0, Offset(1))]).unwrap();
    let mut second = store.join_group("g", &["a"]).unwrap();
    assert_eq!(partitions(&second), [3, 4]);
    let fenced = first.commit(&[("a", P0, Offset(2))]).unwrap_err();
    assert!(
        matches!(fenced, AppendError::NotAssigned { generation: 1, .. }),
        "{fenced}"
    );
    first.refresh();
    assert_eq!(partitions(&first), [0, 1, 2]);
    assert!(
        first.commit(&[("a", PartitionId(4), Offset(1))]).is_err(),
        "not its own"
    );
    second.refresh();
    second.commit(&[("a", PartitionId(4), Offset(2))]).unwrap();
    // Output and position in one commit: both or neither.
    create(&store, "out");
    let output = vec![AppendBatch::rows("out", vec![number(1)])];
    let committed =
        first.append_and_commit(output, &AppendOptions::default(), &[("a", P0, Offset(2))]);
    assert_eq!(committed.unwrap().parts[0].log, "out");
    assert!(
        store.join_group("g", &["out"]).is_err(),
        "the others read another log"
    );
    drop(second);
    assert!(first.commit(&[]).is_err(), "a member left");
    first.refresh();
    assert_eq!(partitions(&first).len(), 5);
    let generation = first.assignment().generation;
    let lag = |store: &Store| -> Vec<(u64, u64)> {
        let lag = store.group_lag("g", "a").unwrap();
        lag.iter().map(|lag| (lag.position.0, lag.end.0)).collect()
    };
    let expected = [(2, 2), (0, 2), (0, 2), (0, 2), (2, 2)];
    assert_eq!(lag(&store), expected);
    store.flush().unwrap();
    let image = device.disk().power_cut(&[Fate::Lost; 64]);
    let again = support::open(&image);
    assert_eq!(lag(&again), expected);
    let member = again.join_group("g", &["a"]).unwrap();
    assert!(member.assignment().generation > generation);
    again.seal("a").unwrap();
    drop(member);
    again.close().unwrap();
    drop(again);
    assert_eq!(lag(&support::open(&image)), expected);
}

#[test]
fn logs_are_altered_and_renamed_for_good() {
    let device = MemoryDevice::new();
    let store = open(&device);
    create(&store, "a");
    append(&store, "a", vec![number(1)]);
    let retention = Retention {
        max_bytes: Some(77_000_000),
        ..Retention::default()
    };
    let alteration = Alteration {
        durability: Some(Durability::Process),
        retention: Some(retention),
        ..Alteration::default()
    };
    store.alter_log("a", alteration).unwrap();
    let scan = store.scan("a", store.cut()).unwrap();
    store.rename_log("a", "b").unwrap();
    assert_eq!(scan.tail[0].num_rows(), 1);
    append(&store, "b", vec![number(2)]);
    assert!(matches!(
        store.schema("a"),
        Err(dlog_log::ReadError::NoSuchLog { .. })
    ));
    create(&store, "a");
    assert!(matches!(
        store.rename_log("a", "b"),
        Err(CatalogError::Taken { .. })
    ));
    let check = |store: &Store| {
        assert_eq!(store.logs(), ["a", "b"]);
        let options = store.describe("b").unwrap().options;
        assert_eq!(
            (options.durability, options.retention),
            (Durability::Process, retention)
        );
        assert_eq!(numbers(store, "b"), [1, 2]);
        // What is said of the log is what it does.
        let same = store.create_log("b", options);
        assert_eq!(same.unwrap(), dlog_log::Creation::AlreadyThere);
        assert!(store.create_log("b", LogOptions::default()).is_err());
    };
    check(&store);
    store.flush().unwrap();
    check(&open(&device.image()));
    let image = device.image();
    let sealed = open(&image);
    assert_eq!(sealed.seal("b").unwrap(), 1);
    sealed.close().unwrap();
    drop(sealed);
    check(&open(&image));
}

#[test]
fn a_backup_is_a_store_as_of_one_commit() {
    let store = Store::memory();
    for log in ["a", "b"] {
        create(&store, log);
    }
    let both = |n| {
        vec![
            AppendBatch::rows("a", vec![number(n)]),
            AppendBatch::rows("b", vec![number(n)]),
        ]
    };
    store.append(both(0), None).unwrap().wait().unwrap();
    let member = store.join_group("g", &["a"]).unwrap();
    member.commit(&[("a", P0, Offset(1))]).unwrap();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Bounded: it can be faster than what seals it.
            for n in 1..2_000 {
                if stop.load(std::sync::atomic::Ordering::Relaxed) {
                    return;
                }
                store.append(both(n), None).unwrap().wait().unwrap();
            }
        });
        for _ in 0..10 {
            let target = MemoryDevice::new();
            let handle: Arc<dyn Device> = Arc::new(target.clone());
            let cut = store.backup(&handle).unwrap();
            assert!(store.backup(&handle).is_err(), "the target is not empty");
            let copy = open(&target);
            assert!(copy.recovery().damage.is_empty(), "{}", copy.recovery());
            let (a, b) = (numbers(&copy, "a"), numbers(&copy, "b"));
            assert_eq!(a, b, "commits are whole");
            assert_eq!(a, (0..a.len() as i64).collect::<Vec<_>>());
            assert!(copy.cut() > cut && copy.store_id() != store.store_id());
            assert_eq!(copy.group_lag("g", "a").unwrap()[0].position, Offset(1));
            append(&copy, "a", vec![number(-1)]);
            copy.close().unwrap();
            drop(copy);
            assert_eq!(numbers(&open(&target), "a").last(), Some(&-1));
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

#[test]
fn a_writer_whose_lock_is_gone_writes_nothing_more() {
    let dir = tempfile::tempdir().unwrap();
    let old = Store::open(StoreOptions::new(dir.path())).unwrap();
    create(&old, "a");
    append(&old, "a", vec![number(0)]);
    std::process::Command::new("rm")
        .arg(dir.path().join("LOCK"))
        .status()
        .unwrap();
    let new = Store::open(StoreOptions::new(dir.path())).unwrap();
    assert!(new.epoch() > old.epoch());
    append(&new, "a", vec![number(1)]);
    let refused = old.append(vec![AppendBatch::rows("a", vec![number(2)])], None);
    let refused = refused.and_then(|ticket| ticket.wait()).unwrap_err();
    assert!(matches!(refused, AppendError::ReadOnly { .. }), "{refused}");
    assert!(old.seal("a").is_err());
    drop(old);
    append(&new, "a", vec![number(3)]);
    drop(new);
    let store = Store::open(StoreOptions::new(dir.path())).unwrap();
    assert!(store.recovery().damage.is_empty(), "{}", store.recovery());
    assert_eq!(numbers(&store, "a"), [0, 1, 3]);
}
