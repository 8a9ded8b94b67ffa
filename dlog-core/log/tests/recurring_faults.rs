//! Six faults that stores of this kind keep having, a test of each name; and limits.

use std::sync::Arc;

use dlog_log::device::faulty::{Disk, Fate, FaultyDevice, Operation, Step};
use dlog_log::device::{Device, MemoryDevice, OpenMode};
use dlog_log::{AppendBatch, AppendError, Datum, Store, StoreOptions, limits};

mod support;
use support::{append, batches, create, integers, number, open, open_with, row, text};

fn open_faulty(device: &FaultyDevice) -> Store {
    let device: Arc<dyn Device> = Arc::new(device.clone());
    let options = StoreOptions {
        journal_file_bytes: 5_000,
        ..StoreOptions::new("test")
    };
    Store::open_on(device, options).unwrap()
}

fn numbers(store: &Store) -> Vec<i64> {
    integers(&batches(store, "a"), "n")
}

#[test]
fn acknowledged_before_durable() {
    let device = FaultyDevice::new();
    let store = open_faulty(&device);
    create(&store, "a");
    for n in 0..60 {
        append(&store, "a", vec![number(n)]);
        let image = device.disk().power_cut(&[]);
        assert_eq!(numbers(&open(&image)).len() as i64, n + 1);
    }
}

#[test]
fn derived_data_trusted_as_evidence() {
    let device = MemoryDevice::new();
    let store = open(&device);
    create(&store, "a");
    for n in 0..3 {
        append(&store, "a", vec![number(n)]);
        store.seal("a").unwrap();
    }
    store.close().unwrap();
    drop(store);
    let files = device.files();
    let companions: Vec<_> = files
        .iter()
        .filter(|(path, _)| path.ends_with(".check"))
        .collect();
    // A companion of another segment, an empty one, one of zeros: the records are what counts.
    for (path, own) in &companions {
        for wrong in [
            companions[0].1.clone(),
            companions[1].1.clone(),
            vec![],
            vec![0; own.len()],
        ] {
            let image = device.image();
            image.remove(path).unwrap();
            let file = image.open(path, OpenMode::CreateNew).unwrap();
            file.write_at(&wrong, 0).unwrap();
            assert_eq!(numbers(&open(&image)), [0, 1, 2], "{path}");
        }
    }
}

#[test]
fn trimming_by_an_unpersisted_mark() {
    let device = FaultyDevice::new();
    let store = open_faulty(&device);
    create(&store, "a");
    for n in 0..100 {
        append(&store, "a", vec![number(n)]);
        if n % 20 == 19 {
            store.seal("a").unwrap();
        }
    }
    // What is removed is not needed by any manifest that a power cut could bring back.
    let mut disk = Disk::default();
    let (mut removed, mut acknowledged) = (0, 0);
    for step in device.trace() {
        let Step::Done(operation) = step else {
            continue;
        };
        let is_removal =
            matches!(&operation, Operation::Remove { path } if !path.ends_with(".new"));
        disk.apply(&operation);
        if is_removal {
            removed += 1;
            for fate in [Fate::Lost, Fate::Kept] {
                let image = disk.power_cut(&vec![fate; disk.unsynced().len()]);
                let store = open(&image);
                assert!(store.recovery().damage.is_empty(), "{}", store.recovery());
                let count = numbers(&store).len();
                assert!(count >= acknowledged);
                acknowledged = count;
            }
        }
    }
    assert!(removed > 10, "{removed}");
}

#[test]
fn recovery_that_aborts_the_host() {
    let device = MemoryDevice::new();
    let store = open(&device);
    create(&store, "a");
    (0..20).for_each(|n| append(&store, "a", vec![number(n)]));
    store.seal("a").unwrap();
    (20..30).for_each(|n| append(&store, "a", vec![number(n)]));
    store.close().unwrap();
    drop(store);
    let mut seed = 1_u64;
    let mut next = move || {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize
    };
    for round in 0..3_000 {
        let mut files = device.files();
        for _ in 0..=round % 3 {
            let file = next() % files.len();
            let bytes = &mut files[file].1;
            match next() % 5 {
                0 => bytes.truncate(next() % (bytes.len() + 1)),
                1 => bytes.extend((0..next() % 300).map(|n| n as u8)),
                2 => bytes.fill(next() as u8),
                3 => drop(files.remove(file)),
                _ => {
                    let start = next() % (bytes.len() + 1);
                    let end = (start + next() % 64).min(bytes.len());
                    bytes[start..end]
                        .iter_mut()
                        .for_each(|byte| *byte = byte.rotate_left(3) ^ 0x5a);
                }
            }
            if files.is_empty() {
                break;
            }
        }
        let image: Arc<dyn Device> = Arc::new(MemoryDevice::with_files(files));
        // An error or a store, whichever; never a panic, and never records that were not written.
        let Ok(store) = Store::open_on(image, StoreOptions::new("hostile")) else {
            continue;
        };
        for log in store.logs() {
            let Ok(scan) = store.scan(&log, store.cut()) else {
                continue;
            };
            let mut read: Vec<_> = scan.tail.clone();
            for segment in &scan.segments {
                if let Ok(batches) = segment.read(None, 100) {
                    read.extend(batches.filter_map(Result::ok));
                }
            }
            for batch in read
                .iter()
                .filter(|batch| batch.column_by_name("n").is_some())
            {
                let pairs = integers(std::slice::from_ref(batch), "n")
                    .into_iter()
                    .zip(integers(std::slice::from_ref(batch), "_offset"));
                pairs.for_each(|(n, offset)| assert_eq!(n, offset));
            }
        }
    }
}

#[test]
fn memory_without_a_ceiling() {
    let device = MemoryDevice::new();
    let options = StoreOptions {
        journal_file_bytes: 256 << 10,
        seal_bytes: 1 << 20,
        ..StoreOptions::new("test")
    };
    let store = open_with(&device, options);
    create(&store, "a");
    create(&store, "slow");
    append(&store, "slow", vec![number(0)]);
    let fill = text(&"x".repeat(20_000));
    let mut largest = 0;
    for n in 0..2_000 {
        let record = row(&[("n", Datum::Int(n)), ("fill", fill.clone())]);
        let ticket = store
            .append(vec![AppendBatch::rows("a", vec![record])], None)
            .unwrap();
        // Few wait: groups are of twenty, and sealing must hold the rest back.
        if n % 20 == 19 {
            ticket.wait().unwrap();
        }
        let waiting = store.memory_use();
        assert!(waiting.queued_bytes <= limits::QUEUE_BYTES_MAX as u64);
        largest = largest.max(waiting.tail_bytes);
    }
    store.flush().unwrap();
    // Forty megabytes went through; the tail has what the journal files may hold, and a group.
    let bound = (limits::JOURNAL_FILES_HARD_MAX as u64 + 4) * ((256 + 400) << 10);
    assert!(largest <= bound, "{largest} of {bound}");
    assert_eq!(store.describe("a").unwrap().record_count, 2_000);
}

#[test]
fn tiny_writes_never_merged() {
    let store = Store::memory();
    create(&store, "a");
    // A year of one record a minute, sealed each day.
    for day in 0..365 {
        let records = (0..1_440).map(|minute| row(&[("n", Datum::Int(day * 1_440 + minute))]));
        append(&store, "a", records.collect());
        store.seal("a").unwrap();
        let segments = store.describe("a").unwrap().partitions[0].segments;
        assert!(segments <= 20, "{segments} segments on day {day}");
    }
    assert_eq!(numbers(&store), (0..365 * 1_440).collect::<Vec<_>>());
}

#[test]
fn a_fresh_store_with_five_small_logs_is_small() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(StoreOptions::new(dir.path())).unwrap();
    for log in ["a", "b", "c", "d", "e"] {
        create(&store, log);
        append(&store, log, vec![number(1)]);
    }
    store.close().unwrap();
    let used = |dir: &std::path::Path| -> u64 {
        let output = std::process::Command::new("du")
            .arg("-sk")
            .arg(dir)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.split_whitespace().next().unwrap().parse().unwrap()
    };
    assert!(used(dir.path()) <= 2 << 10, "{} KiB", used(dir.path()));
}

#[test]
fn a_full_disk_refuses_appends_loses_nothing_and_goes_on_when_there_is_room() {
    for prewriting in [false, true] {
        let device = FaultyDevice::new();
        let device = if prewriting {
            device.prewriting()
        } else {
            device
        };
        device.set_capacity(limits::FREE_BYTES_MIN + 900_000);
        let store = open_faulty_large(&device);
        create(&store, "a");
        let fill = text(&"x".repeat(10_000));
        let record = |n| row(&[("n", Datum::Int(n)), ("fill", fill.clone())]);
        let mut stored = 0;
        let full = loop {
            let ticket = store.append(vec![AppendBatch::rows("a", vec![record(stored)])], None);
            match ticket.and_then(|ticket| ticket.wait()) {
                Ok(_) => stored += 1,
                Err(error) => break error,
            }
        };
        assert!(
            matches!(&full, AppendError::NotWritten { text } if text.contains("the disk is full")),
            "{full}"
        );
        assert!(stored > 20 && !store.is_read_only());
        assert_eq!(numbers(&store), (0..stored).collect::<Vec<_>>());
        let image = device.disk().power_cut(&[]);
        assert_eq!(numbers(&open(&image)), (0..stored).collect::<Vec<_>>());
        // What is left is enough to seal with.
        assert_eq!(store.seal("a").unwrap(), 1);
        device.set_capacity(limits::FREE_BYTES_MIN + 9_000_000);
        append(&store, "a", vec![record(stored)]);
        assert_eq!(numbers(&store), (0..=stored).collect::<Vec<_>>());
        store.close().unwrap();
        drop(store);
        assert_eq!(
            numbers(&open_faulty_large(&device)),
            (0..=stored).collect::<Vec<_>>()
        );
    }
}

fn open_faulty_large(device: &FaultyDevice) -> Store {
    let device: Arc<dyn Device> = Arc::new(device.clone());
    Store::open_on(device, StoreOptions::new("test")).unwrap()
}

#[test]
fn a_store_has_the_size_it_is_allowed() {
    let options = StoreOptions {
        max_bytes: Some(200_000),
        ..StoreOptions::new("test")
    };
    let device = MemoryDevice::new();
    let store = open_with(&device, options);
    create(&store, "a");
    let record = row(&[("n", Datum::Int(1)), ("fill", text(&"xyz".repeat(3_000)))]);
    let refused = (0..100)
        .find_map(|_| {
            let batch = AppendBatch::rows("a", vec![record.clone()]);
            store
                .append(vec![batch], None)
                .and_then(|ticket| ticket.wait())
                .err()
        })
        .unwrap();
    assert!(
        matches!(refused, AppendError::StoreFull { .. }),
        "{refused}"
    );
    assert!(store.memory_use().tail_bytes <= 210_000);
    // Sealing compresses; retention and dropping logs make room as well.
    store.seal("a").unwrap();
    append(&store, "a", vec![record]);
}
