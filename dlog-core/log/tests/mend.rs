//! Checking a store names every damaged place; mending one keeps all that can be read, where it was,
//! and touches nothing of the damaged store.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use dlog_log::device::{Device, FileDevice, MemoryDevice};
use dlog_log::{
    AppendBatch, Checked, Datum, LogOptions, MendError, OpenError, PartitionId, Store,
    StoreOptions, check, mend,
};

mod support;
use support::{append, batches, create, integers, number, open, open_with, row, text};

fn options() -> StoreOptions {
    StoreOptions {
        journal_file_bytes: 4_096 + 2_000,
        ..StoreOptions::new("memory")
    }
}

/// Two logs, sealed in the middle, and a group that has read some of it.
fn fill(store: &Store) {
    let two = LogOptions {
        partitions: 2,
        ..LogOptions::default()
    };
    store.create_log("plain", two).unwrap();
    let keyed = LogOptions {
        key: Some("text".to_owned()),
        ..LogOptions::default()
    };
    store.create_log("keyed", keyed).unwrap();
    for n in 0..12 {
        append(store, "plain", vec![number(n), number(n + 100)]);
        let key = text(&format!("k{}", n % 3));
        append(
            store,
            "keyed",
            vec![row(&[("text", key), ("n", Datum::Int(n))])],
        );
        if n == 7 {
            store.seal("plain").unwrap();
            store.seal("keyed").unwrap();
        }
    }
    let deleted = AppendBatch::tombstones("keyed", vec![text("k1")]);
    store.append(vec![deleted], None).unwrap().wait().unwrap();
    let member = store.join_group("g", &["plain"]).unwrap();
    let position = ("plain", PartitionId(0), dlog_log::Offset(5));
    member.commit(&[position]).unwrap();
}

/// A closed store and its files.
fn filled() -> MemoryDevice {
    let device = MemoryDevice::new();
    let store = open_with(&device, options());
    fill(&store);
    store.close().unwrap();
    device
}

fn handle(device: &MemoryDevice) -> Arc<dyn Device> {
    Arc::new(device.clone())
}

fn checked(device: &MemoryDevice) -> Checked {
    check(&handle(device), Path::new("memory")).unwrap()
}

/// What a record is, by log, partition and offset.
type Records = BTreeMap<(String, u32, i64), String>;

fn records(store: &Store) -> Records {
    let mut found = Records::new();
    for log in store.logs() {
        for partition in store.layout(&log).unwrap() {
            let number = partition.partition;
            // What is damaged is left out: the rest is to be there.
            let read = store.read(&log, number, partition.low, usize::MAX);
            for batch in read.unwrap_or_default() {
                let offsets = integers(std::slice::from_ref(&batch), "_offset");
                let rows = support::rows(&[batch]);
                for (offset, row) in offsets.into_iter().zip(rows) {
                    found.insert((log.clone(), number.0, offset), format!("{row:?}"));
                }
            }
        }
    }
    found
}

#[test]
fn a_whole_store_is_found_so_and_looking_changes_nothing() {
    let device = filled();
    let before = device.files();
    let found = checked(&device);
    assert!(found.is_whole(), "{found:?}");
    assert_eq!((found.logs, found.segments, found.records), (2, 3, 37));
    assert_eq!(device.files(), before);
    // Beside a running writer, too.
    let store = open(&device);
    append(&store, "plain", vec![number(1000)]);
    assert_eq!(checked(&device).records, 38);
}

#[test]
fn what_is_flipped_is_named_and_mending_keeps_the_rest() {
    let device = filled();
    let files = device.files();
    let whole = records(&open_with(&device.image(), options().read_only()));
    assert_eq!(whole.len(), 37);
    let mut costly = 0;
    for (file, (path, bytes)) in files.iter().enumerate() {
        for at in (0..bytes.len()).step_by(61).filter(|_| path != "LOCK") {
            let mut changed = files.clone();
            changed[file].1[at] ^= 1 << (at % 8);
            let image = MemoryDevice::with_files(changed.clone());
            costly += usize::from(check_mending(&image, path, at, &whole));
            let after = image.files();
            let same = after.iter().filter(|(path, _)| path != "LOCK");
            assert!(same.eq(changed.iter().filter(|(path, _)| path != "LOCK")));
        }
    }
    assert!(costly > 20, "only {costly} flips cost a record");
}

/// Whether the flip cost records.
fn check_mending(image: &MemoryDevice, path: &str, at: usize, whole: &Records) -> bool {
    let what = format!("{path}, byte {at}");
    let found = checked(image);
    for damage in found.damage.iter().chain(&found.repaired) {
        let is_named = damage.file == path && damage.position as usize <= at;
        // What could not be decoded for it is named by the directory.
        assert!(is_named || damage.file == "journal", "{what}: {damage}");
    }
    let target = MemoryDevice::new();
    let mended = mend(&handle(image), Path::new("memory"), &handle(&target))
        .unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(mended.found, found, "{what}");
    assert!(mended.mended.is_whole(), "{what}: {:?}", mended.mended);
    let store = open(&target);
    let kept = records(&store);
    let renamed = |name: &str| match name.starts_with("lost-") {
        true => None,
        false => Some(name.to_owned()),
    };
    for ((log, partition, offset), row) in &kept {
        // A log whose making is lost has another name, and its options are guessed.
        if let Some(log) = renamed(log) {
            assert_eq!(whole.get(&(log, *partition, *offset)), Some(row), "{what}");
        }
    }
    let missing = whole.len() - kept.len();
    let lost: u64 = found.lost.iter().map(|lost| lost.records).sum();
    assert!(lost as usize <= missing, "{what}: {:?}", found.lost);
    assert!(
        missing == 0 || !found.damage.is_empty() || found.unfinished.is_some(),
        "{what}: {missing} records are gone and nobody says so"
    );
    // It is a store to write to, and gives no offset a second time.
    for log in store.logs() {
        let partitions = store.layout(&log).unwrap();
        let next: Vec<u64> = partitions.iter().map(|p| p.next.0).collect();
        for lost in found.lost.iter().filter(|lost| lost.log == log) {
            assert!(next[lost.partition.0 as usize] > lost.last.0, "{what}");
        }
    }
    missing > 0
}

#[test]
fn a_damaged_segment_costs_its_row_group_by_offsets() {
    let device = filled();
    let mut files = device.files();
    let path = "segments/000000000001.parquet";
    let place = files.iter().position(|(own, _)| own == path).unwrap();
    files[place].1[100] ^= 1;
    let image = MemoryDevice::with_files(files);
    let found = checked(&image);
    assert_eq!(found.damage.len(), 1);
    assert_eq!(
        (found.damage[0].file.as_str(), found.damage[0].position),
        (path, 0)
    );
    let lost = &found.lost[0];
    assert_eq!((lost.file.as_str(), lost.log.as_str()), (path, "plain"));
    assert_eq!((lost.first.0, lost.last.0, lost.records), (0, 7, 8));
    assert_eq!(found.records, 37 - 8);
}

#[test]
fn a_damaged_commit_of_the_journal_is_a_hole_in_its_log() {
    let device = MemoryDevice::new();
    let store = open(&device);
    create(&store, "a");
    for n in 0..9 {
        append(&store, "a", vec![number(n), number(-n)]);
    }
    store.close().unwrap();
    drop(store);
    let mut files = device.files();
    let journal = files
        .iter_mut()
        .find(|(path, _)| path.starts_with("journal/"))
        .unwrap();
    let at = journal.1.windows(8).position(|w| w == b"record 4").unwrap();
    journal.1[at] ^= 1;
    let file = journal.0.clone();
    let image = MemoryDevice::with_files(files);
    let found = checked(&image);
    assert_eq!(found.damage[0].file, file);
    let lost = &found.lost[0];
    assert_eq!((lost.first.0, lost.last.0, lost.records), (8, 9, 2));
    let target = MemoryDevice::new();
    mend(&handle(&image), Path::new("memory"), &handle(&target)).unwrap();
    let mended = open(&target);
    append(&mended, "a", vec![number(77)]);
    let offsets: Vec<i64> = (0..8).chain(10..19).collect();
    assert_eq!(integers(&batches(&mended, "a"), "_offset"), offsets);
}

#[test]
fn groups_producers_and_counters_come_along() {
    let device = MemoryDevice::new();
    let store = open(&device);
    fill(&store);
    let shared = handle(&device);
    let options = dlog_sequencer::CounterOptions::default;
    let counter = dlog_sequencer::Counter::open(&shared, "counters/ids", options()).unwrap();
    let last = counter.increment().unwrap();
    drop(counter);
    let target = MemoryDevice::new();
    let busy = mend(&shared, Path::new("memory"), &handle(&target)).unwrap_err();
    assert!(
        matches!(busy, MendError::Open(OpenError::Locked { .. })),
        "{busy}"
    );
    store.close().unwrap();
    drop(store);
    let mended = mend(&shared, Path::new("memory"), &handle(&target)).unwrap();
    assert!(mended.lost_counters.is_empty() && mended.found.counters == 1);
    let copy = open(&target);
    let lag = copy.group_lag("g", "plain").unwrap();
    assert_eq!(lag[0].position.0, 5);
    let counter = dlog_sequencer::Counter::open(&handle(&target), "counters/ids", options());
    assert!(counter.unwrap().increment().unwrap() > last);
    let again = mend(&shared, Path::new("memory"), &handle(&target)).unwrap_err();
    assert!(again.to_string().contains("not empty"), "{again}");
}

#[test]
fn backups_and_mended_stores_are_written_to_disks() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(StoreOptions::new(dir.path().join("store"))).unwrap();
    fill(&store);
    let expected = records(&store);
    let backup: Arc<dyn Device> = Arc::new(FileDevice::new(dir.path().join("backup")));
    store.backup(&backup).unwrap();
    store.close().unwrap();
    drop(store);
    let source: Arc<dyn Device> = Arc::new(FileDevice::new(dir.path().join("store")));
    let target: Arc<dyn Device> = Arc::new(FileDevice::new(dir.path().join("mended")));
    mend(&source, dir.path(), &target).unwrap();
    for name in ["backup", "mended"] {
        let copy = Store::open(StoreOptions::new(dir.path().join(name))).unwrap();
        assert_eq!(records(&copy), expected, "{name}");
    }
}
